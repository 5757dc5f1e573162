/* The receiving side on real sockets: order of answers, limits, deadlines, ends. Plain TCP where
 * TLS adds nothing (tests/net/test_connection.c has it), and once over mutual TLS with our own
 * client. */
#include "net/mllp_server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "fixture.h"
#include "net/mllp_client.h"
#include "support/same.h"
#include "support/suite.h"

#define SB "\x0b"
#define EB "\x1c"
#define CR "\x0d"
#define BLOCK(content) SB content EB CR

enum { MOST_TICKETS = 64 };

static struct fixture fixture;
static struct mllp_server *server;

/* What the owner of the server has seen. */
static struct {
    struct mllp_link *link;
    uint64_t tickets[MOST_TICKETS];
    size_t count; /* frames */
    struct buffer frames;
    struct buffer truncated;
    bool answers_at_once;
    bool opened, closed, stopped;
    enum connection_end end;
    char name[64];
} owner;

static void answer(size_t index, const char *content)
{
    struct slice contents = slice_of(content);
    mllp_link_answer(owner.link, owner.tickets[index], &contents, content ? 1 : 0);
}

static void link_opened(void *data, struct mllp_link *link)
{
    (void)data;
    owner.link = link;
    owner.opened = true;
    struct certificate certificate;
    if (connection_peer_certificate(mllp_link_connection(link), fixture.arena, &certificate) == 0)
        snprintf(owner.name, sizeof(owner.name), "%.*s", SLICE_ARG(certificate.common_name));
}

static void link_frame(void *data, struct mllp_link *link, uint64_t ticket,
                       const struct mllp_frame *frame)
{
    (void)data;
    owner.link = link;
    buffer_append_format(&owner.frames, "%d[", (int)frame->kind);
    buffer_append(&owner.frames, frame->content);
    buffer_append_byte(&owner.frames, ']');
    owner.tickets[owner.count++ % MOST_TICKETS] = ticket;
    if (owner.answers_at_once)
        mllp_link_answer(link, ticket, &frame->content, 1);
}

static void link_truncated(void *data, struct mllp_link *link, struct slice fragment)
{
    (void)data;
    (void)link;
    buffer_append(&owner.truncated, fragment);
}

static void link_closed(void *data, struct mllp_link *link, enum connection_end end,
                        struct slice words)
{
    (void)data;
    (void)link;
    (void)words;
    owner.closed = true;
    owner.end = end;
}

static void server_stopped(void *data)
{
    (void)data;
    owner.stopped = true;
}

static const struct mllp_server_handlers handlers = {.opened = link_opened,
                                                     .frame = link_frame,
                                                     .truncated = link_truncated,
                                                     .closed = link_closed,
                                                     .stopped = server_stopped};

static void begin(void)
{
    fixture_begin(&fixture);
    memset(&owner, 0, sizeof(owner));
    buffer_init(&owner.frames, 0);
    buffer_init(&owner.truncated, 0);
}

static void end(void)
{
    if (server) {
        mllp_server_stop(server);
        fixture_until(&fixture, &owner.stopped);
        mllp_server_free(server);
    }
    buffer_release(&owner.frames);
    buffer_release(&owner.truncated);
    fixture_end(&fixture);
}

static void serve(const struct tls_context *tls, const struct mllp_server_settings *settings)
{
    static const struct mllp_server_settings usual;
    ck_assert_int_eq(mllp_server_new(fixture.loop, fixture.descriptor, tls,
                                     settings ? settings : &usual, &handlers, NULL, &server,
                                     &fixture.issues),
                     0);
}

/* --- a bare sender -----------------------------------------------------------------------------
 */

static int sender_open(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fixture.port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    return descriptor;
}

static void sender_send(int descriptor, const char *bytes)
{
    ck_assert_int_eq(write(descriptor, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

/* All that has come back within a moment. */
static struct slice sender_read(int descriptor)
{
    struct buffer got;
    buffer_init(&got, 0);
    for (int i = 0; i < 40; i++) {
        fixture_turn(&fixture, 5 * TIME_SECOND / 1000);
        ssize_t length = read(descriptor, buffer_reserve(&got, 65536), 65536);
        if (length > 0)
            buffer_commit(&got, (size_t)length);
    }
    struct slice copy = arena_copy(fixture.arena, buffer_slice(&got));
    buffer_release(&got);
    return copy;
}

/* 1 when the server has closed or reset it. */
static int sender_reads_end(int descriptor)
{
    char bytes[64];
    ssize_t length = read(descriptor, bytes, sizeof(bytes));
    while (length > 0)
        length = read(descriptor, bytes, sizeof(bytes));
    return length == 0 || errno == ECONNRESET;
}

static void wait_for_frames(size_t count)
{
    for (int i = 0; i < 2000 && owner.count < count; i++)
        fixture_turn(&fixture, 5 * TIME_SECOND / 1000);
    ck_assert_uint_eq(owner.count, count);
}

/* --- order -------------------------------------------------------------------------------------
 */

START_TEST(answers_leave_in_the_order_of_the_frames)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("one") BLOCK("two") BLOCK("three"));
    wait_for_frames(3);
    CK_SAME(buffer_slice(&owner.frames), "0[one]0[two]0[three]");
    answer(2, "3");
    answer(1, "2");
    CK_SAME(sender_read(sender), "");
    answer(0, "1");
    CK_SAME(sender_read(sender), BLOCK("1") BLOCK("2") BLOCK("3"));
    close(sender);
}
END_TEST

START_TEST(a_frame_may_have_no_answer_or_two)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("none") BLOCK("both"));
    wait_for_frames(2);
    answer(0, NULL);
    const struct slice both[] = {SLICE("CA"), SLICE("AA")};
    mllp_link_answer(owner.link, owner.tickets[1], both, 2);
    mllp_link_send(owner.link, SLICE("later"));
    CK_SAME(sender_read(sender), BLOCK("CA") BLOCK("AA") BLOCK("later"));
    close(sender);
}
END_TEST

START_TEST(an_answer_may_be_given_within_the_call)
{
    owner.answers_at_once = true;
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("a") BLOCK("b"));
    CK_SAME(sender_read(sender), BLOCK("a") BLOCK("b"));
    close(sender);
}
END_TEST

/* --- ends --------------------------------------------------------------------------------------
 */

START_TEST(after_the_senders_end_its_answer_is_still_sent)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("last"));
    shutdown(sender, SHUT_WR);
    wait_for_frames(1);
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert(!owner.closed);
    answer(0, "AA");
    CK_SAME(sender_read(sender), BLOCK("AA"));
    fixture_until(&fixture, &owner.closed);
    ck_assert_int_eq(owner.end, CONNECTION_END_FINISHED);
    close(sender);
}
END_TEST

START_TEST(a_ticket_may_be_answered_after_its_connection_has_gone)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("a") BLOCK("b"));
    wait_for_frames(2);
    struct linger at_once = {1, 0};
    setsockopt(sender, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(sender);
    fixture_until(&fixture, &owner.closed);
    ck_assert_ptr_null(mllp_link_connection(owner.link));
    answer(1, "AA");
    answer(0, "AA");
}
END_TEST

START_TEST(a_fragment_is_told_and_never_a_frame)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("whole") SB "half");
    wait_for_frames(1);
    answer(0, "AA");
    shutdown(sender, SHUT_WR);
    fixture_until(&fixture, &owner.closed);
    ck_assert_uint_eq(owner.count, 1);
    CK_SAME(buffer_slice(&owner.truncated), "half");
    struct mllp_counters counters = mllp_server_counters(server);
    ck_assert_uint_eq(counters.frames, 1);
    ck_assert_uint_eq(counters.truncated_frames, 1);
    close(sender);
}
END_TEST

START_TEST(stop_waits_for_open_tickets)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("a"));
    wait_for_frames(1);
    mllp_server_stop(server);
    sender_send(sender, BLOCK("too late"));
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert(!owner.stopped);
    ck_assert_uint_eq(owner.count, 1);
    answer(0, "AA");
    CK_SAME(sender_read(sender), BLOCK("AA"));
    close(sender);
    fixture_until(&fixture, &owner.stopped);
}
END_TEST

/* A start that fails half way, a supervisor that is gone: nobody waits for the connections then. */
START_TEST(a_server_may_be_freed_with_its_sockets_alive)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("a") SB "half of");
    wait_for_frames(1);
    answer(0, "AA");
    int late = sender_open(); /* in the backlog, not accepted yet */
    mllp_server_free(server);
    server = NULL;
    ck_assert(owner.closed);
    ck_assert_int_eq(owner.end, CONNECTION_END_ABORTED);
    ck_assert_uint_eq(owner.truncated.len, 0);
    fixture_turn(&fixture, TIME_SECOND / 20);
    ck_assert_int_eq(sender_reads_end(sender), 1);
    ck_assert(!owner.stopped);
    close(late);
    close(sender);
}
END_TEST

/* --- limits ------------------------------------------------------------------------------------
 */

START_TEST(no_more_is_read_than_may_be_unanswered)
{
    const struct mllp_server_settings settings = {.max_unanswered = 2};
    serve(NULL, &settings);
    int sender = sender_open();
    sender_send(sender, BLOCK("1") BLOCK("2") BLOCK("3") BLOCK("4"));
    wait_for_frames(2);
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert_uint_eq(owner.count, 2);
    answer(1, "b"); /* answered, but it waits for the first: no room yet */
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert_uint_eq(owner.count, 2);
    answer(0, "a");
    wait_for_frames(4);
    answer(2, "c");
    answer(3, "d");
    CK_SAME(sender_read(sender), BLOCK("a") BLOCK("b") BLOCK("c") BLOCK("d"));
    close(sender);
}
END_TEST

START_TEST(large_frames_unanswered_stop_reading_by_their_bytes)
{
    const struct mllp_server_settings settings = {.max_unanswered_bytes = 4};
    serve(NULL, &settings);
    int sender = sender_open();
    sender_send(sender, BLOCK("12345") BLOCK("6"));
    wait_for_frames(1);
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert_uint_eq(owner.count, 1);
    answer(0, "a");
    wait_for_frames(2);
    answer(1, "b");
    close(sender);
}
END_TEST

START_TEST(a_paused_link_reads_nothing_until_it_is_resumed)
{
    serve(NULL, NULL);
    int sender = sender_open();
    fixture_until(&fixture, &owner.opened);
    mllp_link_pause(owner.link);
    sender_send(sender, BLOCK("a"));
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert_uint_eq(owner.count, 0);
    mllp_link_resume(owner.link);
    wait_for_frames(1);
    answer(0, "AA");
    close(sender);
}
END_TEST

START_TEST(an_oversized_frame_is_answered_and_then_closed)
{
    const struct mllp_server_settings settings = {.limits = {.max_message_bytes = 8}};
    serve(NULL, &settings);
    int sender = sender_open();
    sender_send(sender, SB "MSH|123456789 and more of it");
    wait_for_frames(1);
    CK_SAME(buffer_slice(&owner.frames), "2[MSH|1234]");
    answer(0, "AR");
    CK_SAME(sender_read(sender), BLOCK("AR"));
    close(sender);
    fixture_until(&fixture, &owner.closed);
}
END_TEST

/* The certificate names the sender, and the owner its limits; a reload changes them. */
START_TEST(a_link_lives_by_its_own_limits_from_the_next_frame_on)
{
    const struct mllp_link_limits narrow = {.max_message_bytes = 4};
    const struct mllp_link_limits wide = {.max_message_bytes = 32};
    const struct mllp_server_settings settings = {.limits = {.max_message_bytes = 8}};
    owner.answers_at_once = true;
    serve(NULL, &settings);
    int sender = sender_open();
    fixture_until(&fixture, &owner.opened);
    mllp_link_set_limits(owner.link, &wide);
    sender_send(sender, BLOCK("123456789") SB "1234");
    wait_for_frames(1);
    mllp_link_set_limits(owner.link, &narrow);
    sender_send(sender, "56789" EB CR BLOCK("1234") SB "12345");
    wait_for_frames(4);
    CK_SAME(buffer_slice(&owner.frames), "0[123456789]0[123456789]0[1234]2[1234]");
    fixture_until(&fixture, &owner.closed);
    close(sender);
}
END_TEST

START_TEST(a_links_own_frame_timeout_and_idle_timeout_count)
{
    const struct mllp_link_limits quick[] = {{.frame_timeout = TIME_SECOND / 5},
                                             {.idle_timeout = TIME_SECOND / 5}};
    serve(NULL, NULL);
    int sender = sender_open();
    fixture_until(&fixture, &owner.opened);
    mllp_link_set_limits(owner.link, &quick[_i]);
    if (_i == 0)
        sender_send(sender, SB "never whole");
    fixture_until(&fixture, &owner.closed);
    ck_assert_int_eq(owner.end, CONNECTION_END_TIMEOUT);
    close(sender);
}
END_TEST

/* Nobody reads from it, so only the system knows that the other end has gone. */
START_TEST(a_paused_link_whose_peer_has_left_is_closed)
{
    const struct mllp_server_settings settings = {.watch_interval = TIME_SECOND / 10};
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    serve(NULL, &settings);
    int sender = sender_open();
    fixture_until(&fixture, &owner.opened);
    mllp_link_pause(owner.link);
    sender_send(sender, BLOCK("never read"));
    fixture_turn(&fixture, TIME_SECOND / 2);
    ck_assert_msg(!owner.closed, "a peer that waits is not one that has left");
    if (_i == 1)
        setsockopt(sender, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(sender);
    fixture_until(&fixture, &owner.closed);
    ck_assert_int_eq(owner.end, CONNECTION_END_PEER);
    ck_assert_uint_eq(owner.count, 0);
}
END_TEST

START_TEST(a_link_that_is_finished_answers_what_it_took_and_reads_no_more)
{
    serve(NULL, NULL);
    int sender = sender_open();
    sender_send(sender, BLOCK("a"));
    wait_for_frames(1);
    mllp_link_finish(owner.link);
    sender_send(sender, BLOCK("b"));
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert(!owner.closed);
    answer(0, "AR");
    CK_SAME(sender_read(sender), BLOCK("AR"));
    ck_assert_uint_eq(owner.count, 1);
    close(sender);
    fixture_until(&fixture, &owner.closed);
}
END_TEST

START_TEST(too_much_garbage_is_closed)
{
    const struct mllp_server_settings settings = {.limits = {.max_garbage_bytes = 4}};
    serve(NULL, &settings);
    int sender = sender_open();
    sender_send(sender, "GET / HTTP/1.1\r\n");
    CK_SAME(sender_read(sender), "");
    char byte;
    ck_assert_int_eq(read(sender, &byte, 1), 0);
    ck_assert_uint_eq(owner.count, 0);
    close(sender);
    fixture_until(&fixture, &owner.closed);
}
END_TEST

START_TEST(more_connections_than_the_most_are_closed)
{
    const struct mllp_server_settings settings = {.max_connections = 1};
    serve(NULL, &settings);
    int first = sender_open();
    fixture_until(&fixture, &owner.opened);
    int second = sender_open();
    CK_SAME(sender_read(second), "");
    char byte;
    ck_assert_int_eq(read(second, &byte, 1), 0);
    ck_assert_uint_eq(mllp_server_connections(server), 1);
    sender_send(first, BLOCK("a"));
    wait_for_frames(1);
    answer(0, "AA");
    close(first);
    close(second);
}
END_TEST

/* --- deadlines ---------------------------------------------------------------------------------
 */

START_TEST(a_frame_must_be_whole_in_time_however_its_bytes_come)
{
    const struct mllp_server_settings settings = {.frame_timeout = 3 * TIME_SECOND / 10};
    serve(NULL, &settings);
    int sender = sender_open();
    sender_send(sender, SB "M");
    for (int i = 0; i < 100 && !owner.closed; i++) {
        if (i < 4)
            sender_send(sender, "x");
        fixture_turn(&fixture, TIME_SECOND / 10);
    }
    ck_assert(owner.closed);
    ck_assert_int_eq(owner.end, CONNECTION_END_TIMEOUT);
    ck_assert_uint_ge(owner.truncated.len, 2);
    ck_assert_uint_le(owner.truncated.len, 5);
    close(sender);
}
END_TEST

START_TEST(a_silent_sender_is_closed_but_not_while_it_waits_for_us)
{
    const struct mllp_server_settings settings = {.idle_timeout = TIME_SECOND / 5};
    serve(NULL, &settings);
    int sender = sender_open();
    sender_send(sender, BLOCK("a"));
    wait_for_frames(1);
    fixture_turn(&fixture, TIME_SECOND / 2);
    ck_assert(!owner.closed);
    answer(0, "AA");
    fixture_until(&fixture, &owner.closed);
    ck_assert_int_eq(owner.end, CONNECTION_END_TIMEOUT);
    close(sender);
}
END_TEST

/* --- our own client, over mutual TLS -----------------------------------------------------------
 */

static struct {
    bool opened, closed;
    size_t frames;
    enum connection_end end;
    struct buffer got;
} caller;

static void client_opened(void *data, struct mllp_client *client)
{
    (void)data;
    caller.opened = true;
    mllp_client_send(client, SLICE("MSH|1"));
    mllp_client_send(client, SLICE("MSH|2"));
}

static void client_frame(void *data, struct mllp_client *client, const struct mllp_frame *frame)
{
    (void)data;
    buffer_append(&caller.got, frame->content);
    caller.frames++;
    if (caller.frames == 2)
        mllp_client_finish(client);
}

static void client_closed(void *data, enum connection_end end, struct slice words)
{
    (void)data;
    (void)words;
    caller.closed = true;
    caller.end = end;
}

START_TEST(our_client_and_our_server_understand_each_other)
{
    static const struct mllp_client_handlers own = {client_opened, client_frame, client_closed};
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", NULL);
    struct tls_context *own_tls = fixture_tls(&fixture, TLS_CLIENT, "client", "ca", NULL);
    owner.answers_at_once = true;
    buffer_init(&caller.got, 0);
    serve(tls, NULL);
    mllp_client_open(fixture.loop, "localhost", fixture.port, own_tls, NULL, &own, NULL);
    fixture_until(&fixture, &caller.closed);
    fixture_until(&fixture, &owner.closed);
    CK_SAME(buffer_slice(&caller.got), "MSH|1MSH|2");
    ck_assert_int_eq(caller.end, CONNECTION_END_FINISHED);
    ck_assert_str_eq(owner.name, "client");
    buffer_release(&caller.got);
    tls_context_free(own_tls);
    tls_context_free(tls);
}
END_TEST

static void add(Suite *suite)
{
    TCase *links = tcase_create("links");
    tcase_add_checked_fixture(links, begin, end);
    tcase_set_timeout(links, 60);
    tcase_add_test(links, answers_leave_in_the_order_of_the_frames);
    tcase_add_test(links, a_frame_may_have_no_answer_or_two);
    tcase_add_test(links, an_answer_may_be_given_within_the_call);
    tcase_add_test(links, after_the_senders_end_its_answer_is_still_sent);
    tcase_add_test(links, a_ticket_may_be_answered_after_its_connection_has_gone);
    tcase_add_test(links, a_fragment_is_told_and_never_a_frame);
    tcase_add_test(links, stop_waits_for_open_tickets);
    tcase_add_test(links, a_server_may_be_freed_with_its_sockets_alive);
    tcase_add_test(links, no_more_is_read_than_may_be_unanswered);
    tcase_add_test(links, large_frames_unanswered_stop_reading_by_their_bytes);
    tcase_add_test(links, a_paused_link_reads_nothing_until_it_is_resumed);
    tcase_add_test(links, an_oversized_frame_is_answered_and_then_closed);
    tcase_add_test(links, a_link_lives_by_its_own_limits_from_the_next_frame_on);
    tcase_add_loop_test(links, a_links_own_frame_timeout_and_idle_timeout_count, 0, 2);
    tcase_add_loop_test(links, a_paused_link_whose_peer_has_left_is_closed, 0, 2);
    tcase_add_test(links, a_link_that_is_finished_answers_what_it_took_and_reads_no_more);
    tcase_add_test(links, too_much_garbage_is_closed);
    tcase_add_test(links, more_connections_than_the_most_are_closed);
    tcase_add_test(links, a_frame_must_be_whole_in_time_however_its_bytes_come);
    tcase_add_test(links, a_silent_sender_is_closed_but_not_while_it_waits_for_us);
    tcase_add_test(links, our_client_and_our_server_understand_each_other);
    suite_add_tcase(suite, links);
}

int main(void)
{
    return suite_main("mllp_server", add);
}
