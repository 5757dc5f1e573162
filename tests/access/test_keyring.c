/* Keys that are fetched: when they are asked for, how long they hold, and that a stranger cannot
 * have them fetched at will. */
#include "access/keyring.h"

#include "access/keys.h"
#include "net/fetch.h"
#include "net/fixture.h"
#include "net/http_server.h"

static struct fixture fixture;
static struct http_server *server;
static struct tls_context *tls;
static struct net_fetch *fetch;
static struct access_keyring *ring;
static struct jws_signer *first, *second;
static struct slice first_token, second_token;

/* What the server of the keys does now. */
static struct {
    const struct jws_signer *keys; /* NULL: it is out of order */
    const char *caching;
    int asked;
} remote;

static size_t body_limit(void *data, struct http_request *request)
{
    (void)data;
    (void)request;
    return 0;
}

static void request_came(void *data, struct http_exchange *exchange)
{
    (void)data;
    remote.asked++;
    struct arena *arena = http_exchange_request(exchange)->arena;
    const struct http_header header = {SLICE("Cache-Control"), slice_of(remote.caching)};
    struct http_response response = {.status = 503};
    if (remote.keys)
        response = (struct http_response){.status = 200,
                                          .headers = &header,
                                          .header_count = 1,
                                          .body = jws_signer_public_keys(remote.keys, arena)};
    http_exchange_respond(exchange, &response);
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
    ring = access_keyring_of_url(
        SLICE("app"), arena_format(fixture.arena, "https://localhost:%u/keys", fixture.port),
        JWS_CLIENT, fetch, NULL);
    first = make_signer();
    second = make_signer();
    first_token = sign_claims(first, "", SLICE("{}"), fixture.arena);
    second_token = sign_claims(second, "", SLICE("{}"), fixture.arena);
    remote.keys = first;
    remote.caching = "max-age=600";
    remote.asked = 0;
}

static void end(void)
{
    access_keyring_free(ring);
    net_fetch_free(fetch);
    http_server_free(server);
    tls_context_free(tls);
    jws_signer_free(first);
    jws_signer_free(second);
    fixture_end(&fixture);
}

static bool is_told;

static void told(void *data)
{
    (void)data;
    is_told = true;
}

/* What comes of a token so much later, waiting once where it has to. */
static int verify(struct slice token, instant later)
{
    struct jws_token read;
    struct access_wait wait = {.done = told};
    instant now = time_monotonic() + later;
    int result = access_keyring_verify(ring, token, now, fixture.arena, &read);
    if (result != 1)
        return result;
    is_told = false;
    access_keyring_wait(ring, now, &wait);
    ck_assert(!is_told);
    fixture_until(&fixture, &is_told);
    return access_keyring_verify(ring, token, now, fixture.arena, &read);
}

START_TEST(keys_are_fetched_when_they_are_wanted_and_then_kept)
{
    ck_assert_int_eq(remote.asked, 0);
    ck_assert_int_eq(verify(first_token, 0), 0);
    ck_assert_int_eq(verify(first_token, 599 * TIME_SECOND), 0);
    ck_assert_int_eq(remote.asked, 1);
    ck_assert_int_eq(verify(first_token, 601 * TIME_SECOND), 0);
    ck_assert_int_eq(remote.asked, 2);
}
END_TEST

START_TEST(what_is_said_of_caching_is_held_to_within_a_minute_and_a_day)
{
    static const struct {
        const char *caching;
        int64_t kept, gone; /* seconds */
    } rows[] = {
        {"no-store", 58, 61},
        {"max-age=1", 58, 61},
        {"public", 598, 601},
        {"max-age=3600", 3598, 3601},
        {"max-age=31536000", 86398, 86401},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        end();
        begin();
        remote.caching = rows[i].caching;
        ck_assert_int_eq(verify(first_token, 0), 0);
        ck_assert_int_eq(verify(first_token, rows[i].kept * TIME_SECOND), 0);
        ck_assert_msg(remote.asked == 1, "%s", rows[i].caching);
        ck_assert_int_eq(verify(first_token, rows[i].gone * TIME_SECOND), 0);
        ck_assert_msg(remote.asked == 2, "%s", rows[i].caching);
    }
}
END_TEST

START_TEST(a_new_key_is_found_at_once_and_a_stranger_asks_once_a_minute)
{
    ck_assert_int_eq(verify(first_token, 0), 0);
    remote.keys = second;
    ck_assert_int_eq(verify(second_token, 2 * TIME_SECOND), 0);
    ck_assert_int_eq(remote.asked, 2);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(verify(first_token, 3 * TIME_SECOND), -1);
    ck_assert_int_eq(remote.asked, 2);
    ck_assert_int_eq(verify(first_token, 63 * TIME_SECOND), -1);
    ck_assert_int_eq(remote.asked, 3);
    ck_assert_int_eq(verify(second_token, 63 * TIME_SECOND), 0);
}
END_TEST

/* As the doors do: told is followed by another look at once, in the same turn. */
static struct jws_token looked_at;
static struct access_wait looking;
static int looks;
static bool is_refused;

static void look_again(void *data)
{
    (void)data;
    instant now = time_monotonic();
    int result = access_keyring_verify(ring, second_token, now, fixture.arena, &looked_at);
    is_refused = result == -1;
    ck_assert_int_lt(++looks, 10);
    if (result == 1)
        access_keyring_wait(ring, now, &looking);
}

START_TEST(a_key_that_is_not_there_the_first_time_is_refused_after_one_look)
{
    looks = 0;
    is_refused = false;
    looking = (struct access_wait){.done = look_again};
    look_again(NULL);
    fixture_until(&fixture, &is_refused);
    ck_assert_int_eq(looks, 2);
    ck_assert_int_eq(remote.asked, 1);
}
END_TEST

START_TEST(while_fetching_fails_old_keys_hold_for_a_day)
{
    ck_assert_int_eq(verify(first_token, 0), 0);
    remote.keys = NULL;
    ck_assert_int_eq(verify(first_token, 601 * TIME_SECOND), 0);
    ck_assert_int_eq(verify(first_token, 605 * TIME_SECOND), 0);
    ck_assert_int_eq(remote.asked, 2); /* not again before ten seconds */
    ck_assert_int_eq(verify(first_token, 612 * TIME_SECOND), 0);
    ck_assert_int_eq(remote.asked, 3);
    ck_assert_int_eq(verify(first_token, TIME_DAY + 590 * TIME_SECOND), 0);
    ck_assert_int_eq(verify(first_token, TIME_DAY + 603 * TIME_SECOND), -1);
    remote.keys = first;
    ck_assert_int_eq(verify(first_token, TIME_DAY + 620 * TIME_SECOND), 0);
}
END_TEST

START_TEST(without_keys_nobody_is_believed_and_a_later_try_finds_them)
{
    remote.keys = NULL;
    ck_assert_int_eq(verify(first_token, 0), -1);
    ck_assert_int_eq(verify(first_token, TIME_SECOND), -1);
    ck_assert_int_eq(remote.asked, 1);
    remote.keys = first;
    ck_assert_int_eq(verify(first_token, 11 * TIME_SECOND), 0);
}
END_TEST

START_TEST(who_waits_at_the_end_is_told)
{
    struct access_wait wait = {.done = told};
    struct jws_token read;
    instant now = time_monotonic();
    ck_assert_int_eq(access_keyring_verify(ring, first_token, now, fixture.arena, &read), 1);
    is_told = false;
    access_keyring_wait(ring, now, &wait);
    access_keyring_free(ring);
    ring = NULL;
    ck_assert(is_told);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("keyring");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, keys_are_fetched_when_they_are_wanted_and_then_kept);
    tcase_add_test(cases, what_is_said_of_caching_is_held_to_within_a_minute_and_a_day);
    tcase_add_test(cases, a_new_key_is_found_at_once_and_a_stranger_asks_once_a_minute);
    tcase_add_test(cases, a_key_that_is_not_there_the_first_time_is_refused_after_one_look);
    tcase_add_test(cases, while_fetching_fails_old_keys_hold_for_a_day);
    tcase_add_test(cases, without_keys_nobody_is_believed_and_a_later_try_finds_them);
    tcase_add_test(cases, who_waits_at_the_end_is_told);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("keyring", add);
}
