/* HTTP on real sockets: responses, keep-alive, pipelining, deadlines, refusals; over TLS against
 * OpenSSL's client and the shared corpus. */
#include "net/http_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "fixture.h"
#include "support/same.h"
#include "support/suite.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct fixture fixture;
static struct http_server *server;

static struct {
    struct http_exchange *waiting; /* of a request for /later */
    unsigned requests, served;
    int last_status;
    int connections;
    bool stopped;
} owner;

static size_t body_limit(void *data, struct http_request *request)
{
    (void)data;
    return slice_starts_with(request->path, SLICE("/small")) ? 4 : (size_t)1 << 20;
}

/* Says back what it was asked, /later excepted. */
static void serve_request(void *data, struct http_exchange *exchange)
{
    (void)data;
    const struct http_request *request = http_exchange_request(exchange);
    owner.requests++;
    if (slice_equal(request->path, SLICE("/later"))) {
        owner.waiting = exchange;
        return;
    }
    struct http_header header = {SLICE("Content-Type"), SLICE("text/plain")};
    if (slice_equal(request->path, SLICE("/forge")))
        header.value = SLICE("a\r\nSet-Cookie: b");
    struct http_response response = {
        .status = slice_equal(request->path, SLICE("/empty")) ? 204 : 200,
        .headers = &header,
        .header_count = 1,
        .body = arena_format(request->arena, "%.*s %.*s %.*s", SLICE_ARG(request->method_name),
                             SLICE_ARG(request->path), SLICE_ARG(request->body))};
    http_exchange_respond(exchange, &response);
}

static void refuse_request(void *data, const struct issue *issue,
                           const struct http_request *request, struct arena *arena,
                           struct http_response *response)
{
    (void)data;
    struct slice path = request ? request->path : SLICE("nothing");
    response->body =
        arena_format(arena, "refused %s at %.*s", issue_kind(issue->code)->name, SLICE_ARG(path));
}

static void request_served(void *data, const struct http_request *request, int status,
                           instant taken)
{
    (void)data;
    (void)request;
    ck_assert_int_ge(taken, 0);
    owner.served++;
    owner.last_status = status;
}

static void count_connections(void *data, int change)
{
    (void)data;
    owner.connections += change;
}

static void server_stopped(void *data)
{
    (void)data;
    owner.stopped = true;
}

static struct budget *budget;

/* /mine is somebody's, all else nobody's. */
static struct budget_share *share_of(void *data, struct http_request *request)
{
    (void)data;
    if (!slice_starts_with(request->path, SLICE("/mine")))
        return NULL;
    return budget_share(budget, BUDGET_CLIENT, SLICE("me"));
}

static const struct http_server_handlers handlers = {.body_limit = body_limit,
                                                     .share = share_of,
                                                     .request = serve_request,
                                                     .refused = refuse_request,
                                                     .served = request_served,
                                                     .connections = count_connections,
                                                     .stopped = server_stopped};

static void begin(void)
{
    fixture_begin(&fixture);
    memset(&owner, 0, sizeof(owner));
}

static void end(void)
{
    if (server) {
        http_server_stop(server);
        fixture_until(&fixture, &owner.stopped);
        http_server_free(server);
    }
    fixture_end(&fixture);
}

static void serve(const struct tls_context *tls, const struct http_server_settings *settings)
{
    static const struct http_server_settings usual;
    ck_assert_int_eq(http_server_new(fixture.loop, fixture.descriptor, tls,
                                     settings ? settings : &usual, &handlers, NULL, &server,
                                     &fixture.issues),
                     0);
}

/* --- a bare client -----------------------------------------------------------------------------
 */

static int client_open(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fixture.port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    return descriptor;
}

static void client_send(int descriptor, struct slice bytes)
{
    ck_assert_int_eq(write(descriptor, bytes.ptr, bytes.len), (ssize_t)bytes.len);
}

/* What has come within that time, or until the server closed (*ret_closed). */
static struct slice client_read(int descriptor, instant time, bool *ret_closed)
{
    struct buffer got;
    buffer_init(&got, 0);
    ssize_t length = -1;
    instant until = time_monotonic() + time;
    while (length != 0 && time_monotonic() < until) {
        fixture_turn(&fixture, 5 * TIME_SECOND / 1000);
        length = read(descriptor, buffer_reserve(&got, 65536), 65536);
        if (length > 0)
            buffer_commit(&got, (size_t)length);
    }
    struct slice copy = arena_copy(fixture.arena, buffer_slice(&got));
    buffer_release(&got);
    if (ret_closed)
        *ret_closed = length == 0;
    return copy;
}

static unsigned count_of(struct slice text, const char *part)
{
    unsigned count = 0;
    struct slice wanted = slice_of(part);
    for (size_t at; (at = slice_find(text, wanted)) < text.len; count++)
        text = slice_after(text, at + wanted.len);
    return count;
}

static struct slice ask(const char *request, bool *ret_closed)
{
    int client = client_open();
    client_send(client, slice_of(request));
    struct slice got = client_read(client, TIME_SECOND / 5, ret_closed);
    close(client);
    return got;
}

/* --- responses ---------------------------------------------------------------------------------
 */

static const struct {
    const char *what;
    const char *request;
    const char *contains[4];
    const char *lacks;
    bool closed;
} rows[] = {
    {"a response is whole and stays open",
     GET("/a"),
     {"HTTP/1.1 200 OK\r\n", "Content-Length: 7\r\n", "Content-Type: text/plain\r\n",
      "\r\n\r\nGET /a "},
     "Connection:",
     false},
    {"HEAD counts the body and sends none",
     "HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n",
     {"200 OK", "Content-Length: 8\r\n"},
     "HEAD /a",
     false},
    {"204 has no length and no body", GET("/empty"), {"204 No Content"}, "Content-Length", false},
    {"Connection: close is done",
     "GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
     {"200 OK", "Connection: close\r\n"},
     "refused",
     true},
    {"HTTP/1.0 is closed",
     "GET /a HTTP/1.0\r\n\r\n",
     {"200 OK", "Connection: close\r\n"},
     "refused",
     true},
    {"HTTP/1.0 with keep-alive stays",
     "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     {"200 OK", "Connection: keep-alive\r\n"},
     "close",
     false},
    {"a value cannot forge a header", GET("/forge"), {"500 Internal"}, "Set-Cookie", false},
    {"100 Continue comes before the response",
     "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
     {"HTTP/1.1 100 Continue\r\n\r\n"},
     "200",
     false},
    {"what is refused is told and closed",
     "GET / HTTP/1.1\r\n\r\n",
     {"HTTP/1.1 400 Bad Request", "refused syntax at nothing", "Connection: close\r\n"},
     "200",
     true},
    {"a body too large for its route is refused before it comes",
     "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
     {"HTTP/1.1 413 ", "refused message-too-large at /small"},
     "100 Continue",
     true},
    {"an unknown method is refused",
     "BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
     {"HTTP/1.1 405 Method Not Allowed"},
     "200",
     true},
};

START_TEST(each_request_gets_its_response)
{
    serve(NULL, NULL);
    bool closed = false;
    struct slice got = ask(rows[_i].request, &closed);
    for (size_t i = 0; i < 4 && rows[_i].contains[i]; i++)
        ck_assert_msg(fixture_says(got, rows[_i].contains[i]), "%s: %.*s", rows[_i].what,
                      SLICE_ARG(got));
    ck_assert_msg(!fixture_says(got, rows[_i].lacks), "%s: %.*s", rows[_i].what, SLICE_ARG(got));
    ck_assert_msg(closed == rows[_i].closed, "%s", rows[_i].what);
}
END_TEST

/* RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT */
START_TEST(a_response_carries_the_date)
{
    serve(NULL, NULL);
    struct slice got = ask(GET("/a"), NULL);
    struct slice date = slice_after(got, slice_find(got, SLICE("Date: ")) + 6);
    struct slice system = fixture_peer(&fixture, "LC_ALL=C date -u '+%a, %d %b %Y %H:'");
    ck_assert_msg(slice_starts_with(date, slice_trim(system)), "%.*s", SLICE_ARG(got));
    ck_assert(slice_starts_with(slice_after(date, 25), SLICE(" GMT\r\n")));
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    serve(NULL, NULL);
    struct slice got =
        ask(GET("/1") "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" GET("/3"), NULL);
    size_t first = slice_find(got, SLICE("GET /1 "));
    size_t second = slice_find(got, SLICE("POST /2 hi"));
    size_t third = slice_find(got, SLICE("GET /3 "));
    ck_assert_uint_lt(first, second);
    ck_assert_uint_lt(second, third);
    ck_assert_uint_lt(third, got.len);
    ck_assert_uint_eq(owner.served, 3);
}
END_TEST

START_TEST(a_request_is_served_only_when_the_one_before_it_was_answered)
{
    serve(NULL, NULL);
    int client = client_open();
    client_send(client, SLICE(GET("/later") GET("/after")));
    CK_SAME(client_read(client, TIME_SECOND / 5, NULL), "");
    ck_assert_uint_eq(owner.requests, 1);
    struct http_response response = {.status = 200, .body = SLICE("now")};
    http_exchange_respond(owner.waiting, &response);
    struct slice got = client_read(client, TIME_SECOND / 5, NULL);
    ck_assert_uint_lt(slice_find(got, SLICE("now")), slice_find(got, SLICE("GET /after ")));
    ck_assert_uint_eq(owner.requests, 2);
    close(client);
}
END_TEST

START_TEST(an_exchange_outlives_its_client)
{
    const struct http_server_settings settings = {.idle_timeout = TIME_SECOND / 10};
    serve(NULL, &settings);
    int client = client_open();
    client_send(client, SLICE(GET("/later")));
    client_read(client, TIME_SECOND / 5, NULL);
    struct linger at_once = {1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(client);
    fixture_turn(&fixture, TIME_SECOND / 10);
    CK_SAME(http_exchange_request(owner.waiting)->path, "/later");
    struct http_response response = {.status = 200, .body = SLICE("for nobody")};
    http_exchange_respond(owner.waiting, &response);
}
END_TEST

START_TEST(a_large_body_and_response_come_whole)
{
    serve(NULL, NULL);
    int client = client_open();
    size_t length = (size_t)1 << 20;
    char *body = arena_alloc(fixture.arena, length);
    memset(body, 'x', length);
    client_send(client,
                arena_format(fixture.arena,
                             "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", length));
    for (size_t at = 0; at < length;) {
        ssize_t sent = write(client, body + at, length - at);
        at += sent > 0 ? (size_t)sent : 0;
        fixture_turn(&fixture, TIME_SECOND / 1000);
    }
    struct slice got = client_read(client, TIME_SECOND, NULL);
    size_t head = slice_find(got, SLICE("\r\n\r\n")) + 4;
    ck_assert_uint_eq(got.len - head, length + strlen("PUT /a "));
    close(client);
}
END_TEST

/* --- the budget ---------------------------------------------------------------------------------
 */

/* Serves with a budget whose one share is spent by the charge. */
static void serve_spent_for(struct budget_charge *charge, instant room_timeout)
{
    budget = budget_new(2 << 20, 1 << 20);
    budget_charge_set(charge, budget_share(budget, BUDGET_CLIENT, SLICE("me")), 1 << 20);
    const struct http_server_settings settings = {.budget = budget, .room_timeout = room_timeout};
    serve(NULL, &settings);
}

static void serve_spent(struct budget_charge *charge)
{
    serve_spent_for(charge, 0);
}

/* Nothing is left of what was charged. */
static void end_spent(void)
{
    fixture_turn(&fixture, TIME_SECOND / 20);
    ck_assert_uint_eq(budget_used(budget), 0);
    http_server_free(server);
    server = NULL;
    budget_free(budget);
}

START_TEST(a_request_waits_until_its_share_has_room)
{
    struct budget_charge charge = {0};
    serve_spent(&charge);
    int client = client_open();
    client_send(client, SLICE(GET("/mine")));
    CK_SAME(client_read(client, TIME_SECOND / 5, NULL), "");
    ck_assert_uint_eq(owner.requests, 0);
    ck_assert_uint_eq(count_of(ask(GET("/other"), NULL), "200 OK"), 1);
    budget_charge_release(&charge);
    ck_assert_uint_eq(count_of(client_read(client, TIME_SECOND / 5, NULL), "200 OK"), 1);
    close(client);
    end_spent();
}
END_TEST

START_TEST(a_body_is_not_read_before_its_share_has_room)
{
    struct budget_charge charge = {0};
    serve_spent(&charge);
    int client = client_open();
    client_send(client, SLICE("POST /mine HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                              "Expect: 100-continue\r\n\r\n"));
    CK_SAME(client_read(client, TIME_SECOND / 5, NULL), "");
    budget_charge_release(&charge);
    CK_SAME(client_read(client, TIME_SECOND / 5, NULL), "HTTP/1.1 100 Continue\r\n\r\n");
    ck_assert_uint_gt(budget_used(budget), 0);
    client_send(client, SLICE("abc"));
    ck_assert_uint_eq(count_of(client_read(client, TIME_SECOND / 5, NULL), "/mine abc"), 1);
    close(client);
    end_spent();
}
END_TEST

START_TEST(what_a_client_leaves_half_sent_weighs_nothing)
{
    struct budget_charge charge = {0};
    serve_spent(&charge);
    budget_charge_release(&charge);
    int client = client_open();
    client_send(client, SLICE("PUT /mine HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"));
    client_read(client, TIME_SECOND / 5, NULL);
    ck_assert_uint_gt(budget_used(budget), 0);
    close(client); /* in the midst of its body: what was charged is given back */
    end_spent();
}
END_TEST

static const char *const announced[] = {
    "PUT /mine HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc",
    "PUT /mine HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
};

START_TEST(a_body_that_is_only_announced_takes_no_room)
{
    struct budget_charge charge = {0};
    serve_spent(&charge);
    budget_charge_release(&charge);
    int clients[8];
    for (size_t i = 0; i < 8; i++) {
        clients[i] = client_open();
        client_send(clients[i], slice_of(announced[_i]));
    }
    ck_assert_uint_eq(count_of(ask(GET("/mine"), NULL), "200 OK"), 1);
    ck_assert_uint_gt(budget_used(budget), 0);
    ck_assert_uint_lt(budget_used(budget), 512 << 10);
    for (size_t i = 0; i < 8; i++)
        close(clients[i]);
    end_spent();
}
END_TEST

enum { UPLOADS = 4, UPLOAD_BYTES = 800000 };

/* Writes on with each of them what its socket takes. */
static void send_bodies(const int *clients, size_t *left)
{
    static const char zeros[16384];
    for (size_t i = 0; i < UPLOADS; i++) {
        ssize_t sent = left[i] ? write(clients[i], zeros, left[i] < 16384 ? left[i] : 16384) : 0;
        left[i] -= sent > 0 ? (size_t)sent : 0;
    }
    fixture_turn(&fixture, TIME_SECOND / 1000);
}

/* Each counts twice: two half ones have spent the share, and none could be finished. */
START_TEST(bodies_that_come_together_wait_for_each_other_and_all_are_taken)
{
    struct budget_charge charge = {0};
    serve_spent(&charge);
    budget_charge_release(&charge);
    int clients[UPLOADS];
    size_t left[UPLOADS];
    size_t most = 0;
    for (size_t i = 0; i < UPLOADS; i++) {
        clients[i] = client_open();
        left[i] = UPLOAD_BYTES;
        client_send(clients[i], arena_format(fixture.arena,
                                             "PUT /mine HTTP/1.1\r\nHost: a\r\n"
                                             "Content-Length: %d\r\n\r\n",
                                             UPLOAD_BYTES));
    }
    instant until = time_monotonic() + 10 * TIME_SECOND;
    while (owner.requests < UPLOADS && time_monotonic() < until) {
        send_bodies(clients, left);
        most = budget_used(budget) > most ? budget_used(budget) : most;
    }
    ck_assert_uint_eq(owner.requests, UPLOADS);
    ck_assert_uint_gt(most, 1 << 20);
    ck_assert_uint_lt(most, (1 << 20) + 2 * UPLOAD_BYTES);
    for (size_t i = 0; i < UPLOADS; i++)
        close(clients[i]);
    end_spent();
}
END_TEST

static const char *const waiting[] = {
    GET("/mine"),
    "PUT /mine HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
};

START_TEST(who_waits_for_room_too_long_is_told_to_come_again)
{
    struct budget_charge charge = {0};
    serve_spent_for(&charge, TIME_SECOND / 4);
    int client = client_open();
    client_send(client, slice_of(waiting[_i]));
    CK_SAME(client_read(client, TIME_SECOND / 10, NULL), "");
    bool closed = false;
    struct slice got = client_read(client, TIME_SECOND, &closed);
    ck_assert_msg(fixture_says(got, "HTTP/1.1 503 "), "%.*s", SLICE_ARG(got));
    ck_assert(fixture_says(got, "refused overloaded at /mine"));
    ck_assert(closed);
    ck_assert_uint_eq(owner.requests, 0);
    close(client);
    budget_charge_release(&charge);
    end_spent();
}
END_TEST

START_TEST(who_leaves_while_it_waits_for_room_is_let_go)
{
    struct budget_charge charge = {0};
    serve_spent(&charge);
    int client = client_open();
    client_send(client, slice_of(waiting[_i]));
    CK_SAME(client_read(client, TIME_SECOND / 10, NULL), "");
    ck_assert_int_eq(owner.connections, 1);
    close(client);
    instant until = time_monotonic() + 3 * TIME_SECOND;
    while (owner.connections > 0 && time_monotonic() < until)
        fixture_turn(&fixture, TIME_SECOND / 100);
    ck_assert_int_eq(owner.connections, 0);
    ck_assert_uint_eq(owner.requests, 0);
    budget_charge_release(&charge);
    end_spent();
}
END_TEST

/* --- deadlines and limits ----------------------------------------------------------------------
 */

START_TEST(a_slow_head_is_refused_however_its_bytes_come)
{
    const struct http_server_settings settings = {.head_timeout = 3 * TIME_SECOND / 10};
    serve(NULL, &settings);
    int client = client_open();
    client_send(client, SLICE("GET / HTTP/1.1\r\n"));
    struct slice got = SLICE("");
    bool closed = false;
    for (int i = 0; i < 10 && !closed && got.len == 0; i++) {
        if (i < 2)
            client_send(client, SLICE("A"));
        got = client_read(client, TIME_SECOND / 10, &closed);
    }
    ck_assert_msg(fixture_says(got, "408 Request Timeout"), "%.*s", SLICE_ARG(got));
    close(client);
}
END_TEST

/* Else what came fast would buy hours of holding it. */
START_TEST(a_body_that_came_fast_may_not_rest_for_long)
{
    const struct http_server_settings settings = {.body_silence = 3 * TIME_SECOND / 10};
    static const char zeros[100000];
    serve(NULL, &settings);
    int client = client_open();
    client_send(client, SLICE("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
    struct slice got = SLICE("");
    bool closed = false;
    for (int i = 0; i < 15 && !closed && got.len == 0; i++) {
        if (i < 2)
            client_send(client, (struct slice){zeros, sizeof(zeros)});
        got = client_read(client, TIME_SECOND / 10, &closed);
        ck_assert(i > 2 || got.len == 0);
    }
    ck_assert_msg(fixture_says(got, "408 Request Timeout"), "%.*s", SLICE_ARG(got));
    close(client);
}
END_TEST

START_TEST(a_silent_connection_is_closed_without_words)
{
    const struct http_server_settings settings = {.idle_timeout = TIME_SECOND / 5};
    serve(NULL, &settings);
    int client = client_open();
    bool closed = false;
    CK_SAME(client_read(client, TIME_SECOND, &closed), "");
    ck_assert(closed);
    close(client);
}
END_TEST

START_TEST(more_connections_than_the_most_are_closed)
{
    const struct http_server_settings settings = {.max_connections = 1};
    serve(NULL, &settings);
    int first = client_open();
    client_send(first, SLICE(GET("/a")));
    ck_assert(fixture_says(client_read(first, TIME_SECOND / 5, NULL), "200 OK"));
    int second = client_open();
    bool closed = false;
    client_read(second, TIME_SECOND, &closed);
    ck_assert(closed);
    close(first);
    close(second);
}
END_TEST

/* A reload may set another limit; who is in stays in. */
START_TEST(another_limit_counts_for_the_next_connection)
{
    serve(NULL, NULL);
    int first = client_open();
    client_send(first, SLICE(GET("/a")));
    ck_assert(fixture_says(client_read(first, TIME_SECOND / 5, NULL), "200 OK"));
    http_server_limit(server, 1);
    int second = client_open();
    bool closed = false;
    client_read(second, TIME_SECOND, &closed);
    ck_assert(closed);
    client_send(first, SLICE(GET("/b")));
    ck_assert(fixture_says(client_read(first, TIME_SECOND / 5, NULL), "200 OK"));
    close(first);
    close(second);
}
END_TEST

START_TEST(stop_lets_the_request_in_work_be_answered)
{
    serve(NULL, NULL);
    int idle = client_open();
    int client = client_open();
    client_send(client, SLICE(GET("/later")));
    client_read(client, TIME_SECOND / 10, NULL);
    http_server_stop(server);
    bool closed = false;
    client_read(idle, TIME_SECOND, &closed);
    ck_assert(closed);
    ck_assert(!owner.stopped);
    struct http_response response = {.status = 200, .body = SLICE("last")};
    http_exchange_respond(owner.waiting, &response);
    struct slice got = client_read(client, TIME_SECOND, &closed);
    ck_assert(fixture_says(got, "Connection: close"));
    ck_assert(fixture_says(got, "last"));
    ck_assert(closed);
    close(idle);
    close(client);
}
END_TEST

/* A start that fails half way, a supervisor that is gone: nobody waits for the connections then. */
START_TEST(a_server_may_be_freed_with_its_sockets_alive)
{
    serve(NULL, NULL);
    int client = client_open();
    client_send(client, SLICE(GET("/a") "GET /half"));
    ck_assert(fixture_says(client_read(client, TIME_SECOND / 5, NULL), "200 OK"));
    ck_assert_int_eq(owner.connections, 1);
    int late = client_open(); /* in the backlog, not accepted yet */
    http_server_free(server);
    server = NULL;
    ck_assert_int_eq(owner.connections, 0);
    bool closed = false;
    client_read(client, TIME_SECOND / 5, &closed);
    ck_assert(closed);
    ck_assert(!owner.stopped);
    close(late);
    close(client);
}
END_TEST

/* --- over TLS ----------------------------------------------------------------------------------
 */

START_TEST(a_refusal_arrives_over_tls_though_the_client_still_sends)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    serve(tls, NULL);
    struct slice command =
        arena_format(fixture.arena,
                     "(printf 'POST /small HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: "
                     "900000\\r\\n\\r\\n'; head -c 900000 /dev/zero; sleep 1) | "
                     "openssl s_client -quiet -no_ign_eof -CAfile ca.pem -connect 127.0.0.1:%u",
                     fixture.port);
    struct slice said = fixture_peer(&fixture, command.ptr);
    ck_assert_msg(fixture_says(said, "HTTP/1.1 413"), "%.*s", SLICE_ARG(said));
    tls_context_free(tls);
}
END_TEST

/* What the manifest of the corpus wants of the wire; "" where it is for the upper rooms to refuse.
 */
static const struct {
    const char *file;
    const char *status;
} corpus[] = {
    {"llhttp-content-length-content-length-with-cr-instead-of-dash", "400"},
    {"llhttp-content-length-spaces-in-content-length-3", "400"},
    {"llhttp-invalid-corrupted-connection-header", "400"},
    {"llhttp-sample-line-folding-in-header-value-with-lf", "400"},
    {"llhttp-transfer-encoding-post-with-transfer-encoding-and-content-length", "400"},
    {"llhttp-transfer-encoding-validate-chunk-parameters", "400"},
    {"llhttp-uri-space-in-uri", "400"},
    {"own-s-chunk-letters", "400"},
    {"own-s-cl-letters", "400"},
    {"own-s-cr-in-value", "400"},
    {"own-s-dotdot", "400"},
    {"own-s-header-60k", "431"},
    {"own-s-missing-host", "400"},
    {"own-s-te-and-cl", "400"},
    {"own-s-uri-20k", "414"},
    {"own-s-no-token", "200"},
    {"own-s-text-xml-body", "200"},
};

START_TEST(the_shared_corpus_is_answered_over_tls)
{
    struct slice name =
        arena_format(fixture.arena, "samples/badinput/http/%s.raw", corpus[_i].file);
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    serve(tls, NULL);
    char *path = suite_shared(name.ptr);
    if (!path) {
        end();
        suite_skip("the shared folder has no HTTP corpus here");
    }
    struct slice command = arena_format(
        fixture.arena,
        "(cat %s; printf '\\r\\n\\r\\n'; sleep 0.3) | openssl s_client -quiet -no_ign_eof "
        "-CAfile ca.pem -connect 127.0.0.1:%u",
        path, fixture.port);
    struct slice said = fixture_peer(&fixture, command.ptr);
    struct slice line = arena_format(fixture.arena, "HTTP/1.1 %s", corpus[_i].status);
    ck_assert_msg(count_of(said, "HTTP/1.1 ") == 1 && fixture_says(said, line.ptr), "%.*s",
                  SLICE_ARG(said));
    free(path);
    tls_context_free(tls);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add(Suite *suite)
{
    TCase *wire = tcase_create("wire");
    tcase_add_checked_fixture(wire, begin, end);
    tcase_set_timeout(wire, 60);
    tcase_add_loop_test(wire, each_request_gets_its_response, 0, ROWS(rows));
    tcase_add_test(wire, a_response_carries_the_date);
    tcase_add_test(wire, pipelined_requests_are_answered_in_order);
    tcase_add_test(wire, a_request_is_served_only_when_the_one_before_it_was_answered);
    tcase_add_test(wire, an_exchange_outlives_its_client);
    tcase_add_test(wire, a_large_body_and_response_come_whole);
    tcase_add_test(wire, a_request_waits_until_its_share_has_room);
    tcase_add_test(wire, a_body_is_not_read_before_its_share_has_room);
    tcase_add_test(wire, what_a_client_leaves_half_sent_weighs_nothing);
    tcase_add_loop_test(wire, a_body_that_is_only_announced_takes_no_room, 0, ROWS(announced));
    tcase_add_test(wire, bodies_that_come_together_wait_for_each_other_and_all_are_taken);
    tcase_add_loop_test(wire, who_waits_for_room_too_long_is_told_to_come_again, 0, ROWS(waiting));
    tcase_add_loop_test(wire, who_leaves_while_it_waits_for_room_is_let_go, 0, ROWS(waiting));
    tcase_add_test(wire, a_slow_head_is_refused_however_its_bytes_come);
    tcase_add_test(wire, a_body_that_came_fast_may_not_rest_for_long);
    tcase_add_test(wire, a_silent_connection_is_closed_without_words);
    tcase_add_test(wire, more_connections_than_the_most_are_closed);
    tcase_add_test(wire, another_limit_counts_for_the_next_connection);
    tcase_add_test(wire, stop_lets_the_request_in_work_be_answered);
    tcase_add_test(wire, a_server_may_be_freed_with_its_sockets_alive);
    tcase_add_test(wire, a_refusal_arrives_over_tls_though_the_client_still_sends);
    tcase_add_loop_test(wire, the_shared_corpus_is_answered_over_tls, 0, ROWS(corpus));
    suite_add_tcase(suite, wire);
}

int main(void)
{
    return suite_main("http_server", add);
}
