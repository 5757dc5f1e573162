/* Fetching from a server of our own: what is taken, and what never is. */
#include "net/fetch.h"

#include "fixture.h"
#include "net/http_server.h"
#include "support/same.h"
#include "support/suite.h"

static struct fixture fixture;
static struct http_server *server;
static struct tls_context *tls;
static struct net_fetch *fetch;
static struct http_exchange *held; /* one that is not answered */

static size_t body_limit(void *data, struct http_request *request)
{
    (void)data;
    (void)request;
    return 4096;
}

static const struct {
    const char *path;
    int status;
    const char *header, *value;
    size_t filler; /* bytes of body; 0: what was sent */
} pages[] = {
    {"/plain", 200, "X-None", "x", 2},
    {"/age", 200, "Cache-Control", "public, max-age=120", 2},
    {"/never", 200, "Cache-Control", "no-store", 2},
    {"/odd", 200, "Cache-Control", "max-age=soon", 2},
    {"/moved", 302, "Location", "/plain", 2},
    {"/missing", 404, "X-None", "x", 2},
    {"/full", 200, "X-None", "x", NET_FETCH_BYTES},
    {"/large", 200, "X-None", "x", NET_FETCH_BYTES + 1},
    {"/echo", 200, "X-None", "x", 0},
};

static void respond(struct http_exchange *exchange, size_t row)
{
    const struct http_request *request = http_exchange_request(exchange);
    const struct http_header header = {slice_of(pages[row].header), slice_of(pages[row].value)};
    struct slice body = arena_format(request->arena, "%s %.*s %.*s",
                                     http_method_name(request->method), SLICE_ARG(request->body),
                                     SLICE_ARG(http_request_header(request, "Authorization")));
    if (pages[row].filler > 0) {
        char *filler = arena_alloc(request->arena, pages[row].filler);
        memset(filler, 'x', pages[row].filler);
        body = (struct slice){filler, pages[row].filler};
    }
    http_exchange_respond(exchange, &(struct http_response){.status = pages[row].status,
                                                            .headers = &header,
                                                            .header_count = 1,
                                                            .body = body});
}

static void request_came(void *data, struct http_exchange *exchange)
{
    (void)data;
    struct slice path = http_exchange_request(exchange)->path;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!slice_equal(path, slice_of(pages[i].path)))
            continue;
        respond(exchange, i);
        return;
    }
    held = exchange;
}

static void begin(void)
{
    static const struct http_server_handlers handlers = {.body_limit = body_limit,
                                                         .request = request_came};
    const struct http_server_settings settings = {.max_connections = 10};
    fixture_begin(&fixture);
    tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    ck_assert_int_eq(http_server_new(fixture.loop, fixture.descriptor, tls, &settings, &handlers,
                                     NULL, &server, &fixture.issues),
                     0);
    fetch = net_fetch_new(fixture.loop, fixture_path(&fixture, "ca.pem"));
    held = NULL;
}

static void end(void)
{
    if (held)
        http_exchange_respond(held, &(struct http_response){.status = 500});
    net_fetch_free(fetch);
    http_server_free(server);
    tls_context_free(tls);
    fixture_end(&fixture);
}

static struct {
    bool came, well;
    struct slice body;
    const char *words;
    int64_t max_age;
} got;

static void came(void *data, const struct net_fetch_answer *answer)
{
    (void)data;
    got.came = true;
    got.well = answer->well;
    got.body = arena_copy(fixture.arena, answer->body);
    got.words = answer->words;
    got.max_age = answer->max_age;
}

static struct slice url(const char *scheme, const char *host, const char *path)
{
    return arena_format(fixture.arena, "%s://%s:%u%s", scheme, host, fixture.port, path);
}

static void ask(struct net_fetch_request request)
{
    got.came = false;
    net_fetch_start(fetch, &request, came, NULL);
    fixture_until(&fixture, &got.came);
}

static void get(const char *path)
{
    ask((struct net_fetch_request){.url = url("https", "localhost", path)});
}

START_TEST(an_answer_comes_whole_and_says_how_long_it_holds)
{
    get("/plain");
    ck_assert(got.well);
    CK_SAME(got.body, "xx");
    ck_assert_int_eq(got.max_age, -1);
    get("/age");
    ck_assert_int_eq(got.max_age, 120);
    get("/never");
    ck_assert_int_eq(got.max_age, 0);
    get("/odd");
    ck_assert_int_eq(got.max_age, 0);
    get("/full");
    ck_assert(got.well);
    ck_assert_uint_eq(got.body.len, NET_FETCH_BYTES);
}
END_TEST

START_TEST(a_form_is_posted_with_who_we_are)
{
    ask((struct net_fetch_request){.url = url("https", "localhost", "/echo"),
                                   .body = SLICE("token=a%20b"),
                                   .user = SLICE("bridge"),
                                   .password = SLICE("secret")});
    ck_assert(got.well);
    /* RFC 7617: base64 of bridge:secret */
    CK_SAME(got.body, "POST token=a%20b Basic YnJpZGdlOnNlY3JldA==");
}
END_TEST

START_TEST(a_redirect_is_not_followed_and_what_is_no_200_is_no_answer)
{
    get("/moved");
    ck_assert(!got.well);
    ck_assert_uint_eq(got.body.len, 0);
    get("/missing");
    ck_assert(!got.well);
}
END_TEST

START_TEST(an_answer_that_is_too_large_is_none)
{
    get("/large");
    ck_assert(!got.well);
    ck_assert_str_eq(got.words, "the answer is larger than 64 KiB");
}
END_TEST

START_TEST(who_does_not_answer_is_waited_for_five_seconds)
{
    instant before = time_monotonic();
    get("/slow");
    ck_assert(!got.well);
    ck_assert_str_eq(got.words, "no whole answer in five seconds");
    ck_assert_int_ge(time_monotonic() - before, 4 * TIME_SECOND);
}
END_TEST

START_TEST(only_https_and_only_whom_our_authority_knows_by_that_name)
{
    ask((struct net_fetch_request){.url = url("http", "localhost", "/plain")});
    ck_assert(!got.well);
    ask((struct net_fetch_request){.url = SLICE("file:///etc/passwd")});
    ck_assert(!got.well);
    ask((struct net_fetch_request){.url = url("https", "127.0.0.2", "/plain")});
    ck_assert(!got.well);
    net_fetch_free(fetch);
    fixture_authority(&fixture, "stranger");
    fetch = net_fetch_new(fixture.loop, fixture_path(&fixture, "stranger.pem"));
    get("/plain");
    ck_assert(!got.well);
    ck_assert_str_eq(got.words, "the certificate of the host is not trusted");
    net_fetch_free(fetch);
    fetch = net_fetch_new(fixture.loop, NULL); /* the system's, which do not know ours */
    get("/plain");
    ck_assert(!got.well);
}
END_TEST

START_TEST(nothing_of_the_environment_is_used)
{
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    get("/plain");
    ck_assert(got.well);
}
END_TEST

START_TEST(who_lost_interest_is_not_told)
{
    got.came = false;
    struct net_fetch_request request = {.url = url("https", "localhost", "/plain")};
    net_fetch_cancel(net_fetch_start(fetch, &request, came, NULL));
    net_fetch_start(fetch, &request, came, NULL);
    net_fetch_free(fetch);
    fetch = NULL;
    fixture_turn(&fixture, TIME_SECOND);
    ck_assert(!got.came);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("fetch");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, an_answer_comes_whole_and_says_how_long_it_holds);
    tcase_add_test(cases, a_form_is_posted_with_who_we_are);
    tcase_add_test(cases, a_redirect_is_not_followed_and_what_is_no_200_is_no_answer);
    tcase_add_test(cases, an_answer_that_is_too_large_is_none);
    tcase_add_test(cases, who_does_not_answer_is_waited_for_five_seconds);
    tcase_add_test(cases, only_https_and_only_whom_our_authority_knows_by_that_name);
    tcase_add_test(cases, nothing_of_the_environment_is_used);
    tcase_add_test(cases, who_lost_interest_is_not_told);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("fetch", add);
}
