/* Connections with real sockets: our echo server against OpenSSL's own client, and against ours. */
#include "net/connection.h"
#include "net/revocation.h"

#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "fixture.h"
#include "support/same.h"
#include "support/suite.h"

static struct fixture fixture;

/* One side of a connection, and what it has seen. */
struct side {
    struct connection *connection;
    struct buffer got;
    unsigned received_calls;
    unsigned drained;
    bool opened, ended, clean, closed;
    bool echoes;
    enum connection_end end;
    struct slice words;
    char name[64]; /* common name of the peer's certificate */
};

enum { MOST_ACCEPTED = 64 };
static struct side accepted[MOST_ACCEPTED];
static struct side *server; /* the one accepted last */
static struct side client;
static unsigned accepted_count;

static void begin(void)
{
    fixture_begin(&fixture);
    client = (struct side){.echoes = false};
    buffer_init(&client.got, 0);
    for (size_t i = 0; i < MOST_ACCEPTED; i++) {
        accepted[i] = (struct side){.echoes = true};
        buffer_init(&accepted[i].got, 0);
    }
    server = &accepted[0];
    accepted_count = 0;
}

static void end(void)
{
    for (size_t i = 0; i < MOST_ACCEPTED; i++)
        buffer_release(&accepted[i].got);
    buffer_release(&client.got);
    fixture_end(&fixture);
}

static void side_opened(void *data)
{
    struct side *side = data;
    side->opened = true;
    struct certificate certificate;
    if (connection_peer_certificate(side->connection, fixture.arena, &certificate) == 0)
        snprintf(side->name, sizeof(side->name), "%.*s", SLICE_ARG(certificate.common_name));
}

static void side_received(void *data, struct slice bytes)
{
    struct side *side = data;
    side->received_calls++;
    buffer_append(&side->got, bytes);
    if (side->echoes)
        connection_write(side->connection, bytes);
}

static void side_ended(void *data, bool clean)
{
    struct side *side = data;
    side->ended = true;
    side->clean = clean;
    connection_finish(side->connection);
}

static void side_drained(void *data)
{
    struct side *side = data;
    side->drained++;
}

static void side_closed(void *data, enum connection_end how, struct slice words)
{
    struct side *side = data;
    side->closed = true;
    side->end = how;
    side->words = arena_copy(fixture.arena, words);
    side->connection = NULL;
}

static const struct connection_handlers handlers = {.opened = side_opened,
                                                    .received = side_received,
                                                    .ended = side_ended,
                                                    .drained = side_drained,
                                                    .closed = side_closed};

static void accept_echo(void *data, struct connection *connection)
{
    (void)data;
    server = &accepted[accepted_count++];
    server->connection = connection;
    connection_handle(connection, &handlers, server);
}

static struct connection_listener *listen_with(const struct tls_context *tls,
                                               const struct connection_settings *settings)
{
    struct connection_listener *listener = NULL;
    ck_assert_int_eq(connection_listener_new(fixture.loop, fixture.descriptor, tls, settings,
                                             accept_echo, NULL, &listener, &fixture.issues),
                     0);
    return listener;
}

static void open_client(const char *host, const struct tls_context *tls,
                        const struct connection_settings *settings)
{
    client.connection =
        connection_open(fixture.loop, host, fixture.port, tls, settings, &handlers, &client);
}

/* --- foreign clients
 * -------------------------------------------------------------------------------- */

/* Commands for openssl s_client; `said` must stand in its output, `ended` in our words. */
static const struct {
    const char *what;
    const char *options;
    bool opened;
    const char *said;
    const char *words;
} peers[] = {
    {"TLS 1.3 with a good certificate", "-tls1_3 -cert client.pem -key client.key", true, "TLSv1.3",
     ""},
    {"TLS 1.2 with a good certificate", "-tls1_2 -cert client.pem -key client.key", true, "TLSv1.2",
     ""},
    {"http/1.1 by ALPN", "-alpn h2,http/1.1 -cert client.pem -key client.key", true,
     "ALPN protocol: http/1.1", ""},
    {"P-384", "-groups P-384 -cert client.pem -key client.key", true, "Server Temp Key: ECDH", ""},
    {"TLS 1.1", "-tls1_1 -cipher DEFAULT@SECLEVEL=0 -cert client.pem -key client.key", false,
     "alert protocol version", "unsupported protocol"},
    {"no certificate in 1.2", "-tls1_2", false, "alert handshake failure",
     "peer did not return a certificate"},
    {"no certificate in 1.3", "-tls1_3", false, "alert certificate required",
     "peer did not return a certificate"},
    {"an expired certificate", "-cert expired.pem -key expired.key", false,
     "alert certificate expired", "certificate has expired"},
    {"a certificate of another authority", "-cert stranger.pem -key stranger.key", false,
     "alert unknown ca", "unable to get local issuer certificate"},
    {"a server's certificate as a client's", "-cert server.pem -key server.key", false,
     "alert unsupported certificate", "unsuitable certificate purpose"},
    {"a suite without forward secrecy",
     "-tls1_2 -cipher AES128-GCM-SHA256 -cert client.pem -key client.key", false,
     "alert handshake failure", "no shared cipher"},
    {"a suite without AEAD",
     "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256 -cert client.pem -key client.key", false,
     "alert handshake failure", "no shared cipher"},
    {"a group that is not ours", "-tls1_3 -groups P-521 -cert client.pem -key client.key", false,
     "alert handshake failure", "no suitable key share"},
};

START_TEST(a_foreign_client_is_served_only_by_the_rules)
{
    fixture_certificate(&fixture, "ca", "expired", CERTIFICATE_CLIENT, -3, -1);
    fixture_authority(&fixture, "strangers");
    fixture_certificate(&fixture, "strangers", "stranger", CERTIFICATE_CLIENT, -1, 5);
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    struct slice command = arena_format(
        fixture.arena,
        "(echo hello there; sleep 0.3) | openssl s_client -connect 127.0.0.1:%u -CAfile ca.pem "
        "-verify_return_error %s",
        fixture.port, peers[_i].options);
    struct slice said = fixture_peer(&fixture, command.ptr);
    fixture_until(&fixture, &server->closed);
    ck_assert_msg(fixture_says(said, peers[_i].said), "%s: %.*s", peers[_i].what, SLICE_ARG(said));
    ck_assert_msg(server->opened == peers[_i].opened, "%s", peers[_i].what);
    if (!peers[_i].opened)
        ck_assert_msg(fixture_says(server->words, peers[_i].words), "%s: %.*s", peers[_i].what,
                      SLICE_ARG(server->words));
    if (peers[_i].opened) {
        CK_SAME(server->words, "");
        CK_SAME(buffer_slice(&server->got), "hello there\n");
        ck_assert_str_eq(server->name, "client");
        ck_assert_int_eq(server->end, CONNECTION_END_FINISHED);
    }
    connection_listener_free(listener);
    tls_context_free(tls);
}
END_TEST

START_TEST(renegotiation_is_refused)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    struct slice command = arena_format(
        fixture.arena,
        "(sleep 0.2; echo R; sleep 0.3) | openssl s_client -tls1_2 -connect 127.0.0.1:%u",
        fixture.port);
    struct slice said = fixture_peer(&fixture, command.ptr);
    ck_assert_msg(fixture_says(said, "RENEGOTIATING"), "%.*s", SLICE_ARG(said));
    ck_assert_msg(fixture_says(said, "no renegotiation"), "%.*s", SLICE_ARG(said));
    fixture_until(&fixture, &server->closed);
    connection_listener_free(listener);
    tls_context_free(tls);
}
END_TEST

START_TEST(no_session_can_be_resumed)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    struct slice command =
        arena_format(fixture.arena,
                     "for v in -tls1_2 -tls1_3; do echo x | openssl s_client $v -reconnect "
                     "-connect 127.0.0.1:%u; done",
                     fixture.port);
    struct slice said = fixture_peer(&fixture, command.ptr);
    ck_assert(fixture_says(said, "New, TLSv1.2"));
    ck_assert_msg(!fixture_says(said, "Reused,"), "%.*s", SLICE_ARG(said));
    connection_listener_free(listener);
    fixture_until(&fixture, &server->closed);
    tls_context_free(tls);
}
END_TEST

START_TEST(a_revoked_certificate_is_refused)
{
    /* OpenSSL's own authority program makes the list. */
    struct slice made = fixture_peer(
        &fixture, "touch index.txt; echo 01 > crlnumber; printf '[ca]\\ndefault_ca=a\\n[a]\\n"
                  "database=index.txt\\ncrlnumber=crlnumber\\ndefault_md=sha256\\n"
                  "default_crl_days=5\\n' > ca.cnf; "
                  "openssl ca -config ca.cnf -keyfile ca.key -cert ca.pem -revoke client.pem && "
                  "openssl ca -config ca.cnf -keyfile ca.key -cert ca.pem -gencrl -out crl.pem");
    ck_assert_msg(fixture_says(made, "Database updated"), "%.*s", SLICE_ARG(made));
    fixture_certificate(&fixture, "ca", "other", CERTIFICATE_CLIENT, -1, 5);
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", "crl.pem");
    struct connection_listener *listener = listen_with(tls, NULL);
    static const char *const own[] = {"client", "other"};
    static const char *const words[] = {"certificate revoked", ""};
    for (size_t i = 0; i < 2; i++) {
        struct slice command =
            arena_format(fixture.arena,
                         "echo x | openssl s_client -connect 127.0.0.1:%u -cert %s.pem -key %s.key",
                         fixture.port, own[i], own[i]);
        fixture_peer(&fixture, command.ptr);
        fixture_until(&fixture, &server->closed);
        CK_SAME(server->words, words[i]);
        ck_assert_int_eq(server->opened, i == 1);
    }
    connection_listener_free(listener);
    tls_context_free(tls);
}
END_TEST

static void write_list(const char *serial, instant expires)
{
    struct certificate_files authority = fixture_files(&fixture, "ca");
    ck_assert_int_eq(revocation_write(&authority, fixture_path(&fixture, "crl.pem"),
                                      slice_of(serial), time_now() - TIME_DAY, expires,
                                      &fixture.issues),
                     0);
}

/* RFC 5280 6.3.3: what has expired says nothing, so it is not known that nobody was revoked. */
START_TEST(an_expired_list_lets_nobody_in)
{
    write_list("", time_now() - TIME_MINUTE);
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", "crl.pem");
    struct connection_listener *listener = listen_with(tls, NULL);
    struct slice command = arena_format(fixture.arena,
                                        "echo x | openssl s_client -connect 127.0.0.1:%u "
                                        "-cert client.pem -key client.key",
                                        fixture.port);
    fixture_peer(&fixture, command.ptr);
    fixture_until(&fixture, &server->closed);
    ck_assert(!server->opened);
    ck_assert_int_eq(server->end, CONNECTION_END_TLS);
    connection_listener_free(listener);
    tls_context_free(tls);
}
END_TEST

START_TEST(an_open_connection_knows_of_the_lists_that_came_after_it)
{
    write_list("0f", time_now() + TIME_DAY);
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", "crl.pem");
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, "client", "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    struct certificate certificate;
    open_client("localhost", own, NULL);
    fixture_until(&fixture, &client.opened);
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert(server->opened);
    ck_assert(!connection_peer_is_revoked(server->connection, tls));
    ck_assert_int_eq(connection_peer_certificate(server->connection, fixture.arena, &certificate),
                     0);
    write_list(arena_string(fixture.arena, certificate.serial), time_now() + TIME_DAY);
    ck_assert(!connection_peer_is_revoked(server->connection, tls));
    tls_context_replace(tls, fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", "crl.pem"));
    ck_assert(connection_peer_is_revoked(server->connection, tls));
    connection_abort(client.connection);
    fixture_until(&fixture, &server->closed);
    connection_listener_free(listener);
    tls_context_free(own);
    tls_context_free(tls);
}
END_TEST

/* --- our own client
 * ----------------------------------------------------------------------------------- */

START_TEST(bytes_written_in_one_turn_come_back_in_order)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER_MUTUAL, "server", "ca", NULL);
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, "client", "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    open_client("localhost", own, NULL);
    fixture_until(&fixture, &client.opened);
    ck_assert_str_eq(client.name, "server");
    for (int i = 0; i < 3; i++)
        connection_write(client.connection, SLICE("abc"));
    fixture_turn(&fixture, TIME_SECOND / 5);
    CK_SAME(buffer_slice(&client.got), "abcabcabc");
    ck_assert_uint_eq(server->received_calls, 1);
    ck_assert_uint_eq(client.drained, 1);
    connection_finish(client.connection);
    fixture_until(&fixture, &client.closed);
    fixture_until(&fixture, &server->closed);
    ck_assert(server->ended && server->clean);
    ck_assert_int_eq(client.end, CONNECTION_END_FINISHED);
    connection_listener_free(listener);
    tls_context_free(own);
    tls_context_free(tls);
}
END_TEST

/* What a server must be for our client to speak to it. */
static const struct {
    const char *what;
    const char *host;
    const char *server;
    const char *words;
} hosts[] = {
    {"by name", "localhost", "server", NULL},
    {"by address", "127.0.0.1", "server", NULL},
    {"a server with another name", "localhost", "elsewhere", "hostname mismatch"},
    {"a server with another address", "127.0.0.1", "elsewhere", "IP address mismatch"},
    {"a server of another authority", "localhost", "stranger", "unable to get local issuer"},
    {"a server whose certificate is over", "localhost", "old", "certificate has expired"},
};

static void make_wrong_servers(void)
{
    fixture_certificate(&fixture, "ca", "old", CERTIFICATE_SERVER, -3, -1);
    fixture_authority(&fixture, "strangers");
    fixture_certificate(&fixture, "strangers", "stranger", CERTIFICATE_SERVER, -1, 5);
    struct certificate_files by = fixture_files(&fixture, "ca");
    struct certificate_files made = fixture_files(&fixture, "elsewhere");
    /* The common name is the right one, and must not count (RFC 9525). */
    struct slice name = SLICE("elsewhere.example.org");
    struct certificate_subject subject = {.common_name = SLICE("localhost"),
                                          .names = &name,
                                          .name_count = 1,
                                          .use = CERTIFICATE_SERVER,
                                          .not_before = time_now() - TIME_DAY,
                                          .not_after = time_now() + TIME_DAY};
    ck_assert_int_eq(certificate_make(&by, &made, &subject, &fixture.issues), 0);
}

START_TEST(our_client_verifies_whom_it_calls)
{
    make_wrong_servers();
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, hosts[_i].server, NULL, NULL);
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, NULL, "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    open_client(hosts[_i].host, own, NULL);
    if (!hosts[_i].words) {
        fixture_until(&fixture, &client.opened);
        connection_finish(client.connection);
    }
    fixture_until(&fixture, &client.closed);
    fixture_until(&fixture, &server->closed);
    ck_assert_msg(client.opened == !hosts[_i].words, "%s", hosts[_i].what);
    if (hosts[_i].words) {
        ck_assert_int_eq(client.end, CONNECTION_END_TLS);
        ck_assert_msg(fixture_says(client.words, hosts[_i].words), "%s: %.*s", hosts[_i].what,
                      SLICE_ARG(client.words));
    }
    connection_listener_free(listener);
    tls_context_free(own);
    tls_context_free(tls);
}
END_TEST

START_TEST(a_new_certificate_is_for_new_connections_only)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, NULL, "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    open_client("localhost", own, NULL);
    fixture_until(&fixture, &client.opened);
    struct certificate before;
    ck_assert_int_eq(tls_context_certificate(tls, fixture.arena, &before), 0);

    fixture_certificate(&fixture, "ca", "server", CERTIFICATE_SERVER, -1, 6);
    tls_context_replace(tls, fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL));
    connection_write(client.connection, SLICE("still here"));
    fixture_turn(&fixture, TIME_SECOND / 5);
    CK_SAME(buffer_slice(&client.got), "still here");
    connection_finish(client.connection);
    fixture_until(&fixture, &client.closed);

    struct side second = {.echoes = false};
    buffer_init(&second.got, 0);
    second.connection =
        connection_open(fixture.loop, "localhost", fixture.port, own, NULL, &handlers, &second);
    fixture_until(&fixture, &second.opened);
    struct certificate after;
    ck_assert_int_eq(connection_peer_certificate(second.connection, fixture.arena, &after), 0);
    ck_assert(!slice_equal(before.serial, after.serial));
    connection_finish(second.connection);
    fixture_until(&fixture, &second.closed);
    buffer_release(&second.got);
    connection_listener_free(listener);
    tls_context_free(own);
    tls_context_free(tls);
}
END_TEST

static const struct {
    const char *what;
    enum tls_role role;
    const char *certificate, *key, *authority;
} broken_settings[] = {
    {"a certificate that is not there", TLS_SERVER, "none.pem", "server.key", NULL},
    {"a key that is not there", TLS_SERVER, "server.pem", "none.key", NULL},
    {"a key of another certificate", TLS_SERVER, "server.pem", "client.key", NULL},
    {"no authority for feeds", TLS_SERVER_MUTUAL, "server.pem", "server.key", NULL},
    {"an authority that is a key", TLS_CLIENT, NULL, NULL, "ca.key"},
    {"a server without a certificate", TLS_SERVER, NULL, NULL, NULL},
};

START_TEST(broken_files_make_no_context)
{
    const char *names[] = {broken_settings[_i].certificate, broken_settings[_i].key,
                           broken_settings[_i].authority};
    const char *paths[3];
    for (size_t i = 0; i < 3; i++)
        paths[i] = names[i] ? fixture_path(&fixture, names[i]) : NULL;
    struct tls_settings settings = {broken_settings[_i].role, paths[0], paths[1], paths[2], NULL};
    struct tls_context *context = NULL;
    ck_assert_msg(tls_context_new(&settings, &context, &fixture.issues) == -1, "%s",
                  broken_settings[_i].what);
    ck_assert(issue_list_failed(&fixture.issues));
}
END_TEST

/* --- time, pressure, ends
 * --------------------------------------------------------------------------------- */

static int raw_socket(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fixture.port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    return descriptor;
}

START_TEST(a_silent_peer_is_closed_when_the_handshake_takes_too_long)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    const struct connection_settings settings = {.handshake_timeout = TIME_SECOND / 5};
    struct connection_listener *listener = listen_with(tls, &settings);
    int descriptor = raw_socket();
    fixture_until(&fixture, &server->closed);
    ck_assert_int_eq(server->end, CONNECTION_END_TIMEOUT);
    ck_assert(!server->opened);
    close(descriptor);
    connection_listener_free(listener);
    tls_context_free(tls);
}
END_TEST

START_TEST(plain_words_to_a_tls_door_are_refused)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    int descriptor = raw_socket();
    ck_assert_int_eq(write(descriptor, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    shutdown(descriptor, SHUT_WR);
    fixture_until(&fixture, &server->closed);
    ck_assert_int_eq(server->end, CONNECTION_END_TLS);
    close(descriptor);
    connection_listener_free(listener);
    tls_context_free(tls);
}
END_TEST

START_TEST(after_the_peers_end_answers_are_still_sent)
{
    struct connection_listener *listener = listen_with(NULL, NULL);
    int descriptor = raw_socket();
    ck_assert_int_eq(write(descriptor, "last words", 10), 10);
    shutdown(descriptor, SHUT_WR);
    fixture_until(&fixture, &server->closed);
    char answer[32];
    ck_assert_int_eq(read(descriptor, answer, sizeof(answer)), 10);
    ck_assert_mem_eq(answer, "last words", 10);
    ck_assert_int_eq(read(descriptor, answer, sizeof(answer)), 0);
    ck_assert_int_eq(server->end, CONNECTION_END_FINISHED);
    ck_assert(server->ended && server->clean);
    close(descriptor);
    connection_listener_free(listener);
}
END_TEST

START_TEST(an_end_without_close_notify_is_not_clean)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, NULL, "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    open_client("localhost", own, NULL);
    fixture_until(&fixture, &server->opened);
    connection_abort(client.connection);
    fixture_until(&fixture, &server->closed);
    ck_assert(server->ended && !server->clean);
    ck_assert_int_eq(client.end, CONNECTION_END_ABORTED);
    connection_listener_free(listener);
    tls_context_free(own);
    tls_context_free(tls);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_not_read_either)
{
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, NULL, "ca", NULL);
    const struct connection_settings settings = {.write_limit = 64 * 1024};
    struct connection_listener *listener = listen_with(tls, &settings);
    open_client("localhost", own, NULL);
    fixture_until(&fixture, &client.opened);
    connection_pause(client.connection);
    const size_t total = (size_t)32 << 20;
    struct slice chunk = {arena_alloc(fixture.arena, total / 32), total / 32};
    for (int i = 0; i < 32; i++)
        connection_write(client.connection, chunk);
    /* The system's own buffers take their part first. */
    size_t before;
    do {
        before = server->got.len;
        fixture_turn(&fixture, TIME_SECOND / 2);
    } while (server->got.len != before || before == 0);
    ck_assert_uint_lt(before, total);
    ck_assert_uint_lt(connection_waiting(server->connection), (size_t)1 << 20);

    connection_resume(client.connection);
    for (int i = 0; i < 2000 && client.got.len < total; i++)
        fixture_turn(&fixture, 5 * TIME_SECOND / 1000);
    ck_assert_uint_eq(client.got.len, total);
    connection_finish(client.connection);
    fixture_until(&fixture, &client.closed);
    fixture_until(&fixture, &server->closed);
    connection_listener_free(listener);
    tls_context_free(own);
    tls_context_free(tls);
}
END_TEST

START_TEST(more_than_the_ceiling_waiting_ends_it)
{
    const struct connection_settings settings = {.write_ceiling = 1024};
    struct connection_listener *listener = listen_with(NULL, &settings);
    open_client("127.0.0.1", NULL, NULL);
    fixture_until(&fixture, &server->opened);
    connection_write(server->connection, (struct slice){arena_alloc(fixture.arena, 1025), 1025});
    fixture_until(&fixture, &server->closed);
    ck_assert_int_eq(server->end, CONNECTION_END_OVERFLOW);
    fixture_until(&fixture, &client.closed);
    connection_listener_free(listener);
}
END_TEST

START_TEST(a_deadline_without_a_handler_ends_it)
{
    struct connection_listener *listener = listen_with(NULL, NULL);
    open_client("127.0.0.1", NULL, NULL);
    fixture_until(&fixture, &client.opened);
    connection_set_deadline(client.connection, TIME_SECOND / 10);
    fixture_until(&fixture, &client.closed);
    ck_assert_int_eq(client.end, CONNECTION_END_TIMEOUT);
    fixture_until(&fixture, &server->closed);
    connection_listener_free(listener);
}
END_TEST

START_TEST(nobody_at_the_door_is_told_as_an_end)
{
    close(fixture.descriptor);
    open_client("localhost", NULL, NULL);
    ck_assert(!client.closed);
    fixture_until(&fixture, &client.closed);
    ck_assert_int_eq(client.end, CONNECTION_END_NETWORK);
    CK_SAME(client.words, "connection refused");
    fixture.descriptor = dup(0);
}
END_TEST

/* design: at most 40 KiB for an idle TLS connection. */
START_TEST(an_idle_tls_connection_is_small)
{
    enum { COUNT = 50 };
    struct tls_context *tls = fixture_tls(&fixture, TLS_SERVER, "server", NULL, NULL);
    struct tls_context *own = fixture_tls(&fixture, TLS_CLIENT, NULL, "ca", NULL);
    struct connection_listener *listener = listen_with(tls, NULL);
    static struct side sides[COUNT];
    size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < COUNT; i++) {
        sides[i] = (struct side){.echoes = false};
        buffer_init(&sides[i].got, 0);
        sides[i].connection = connection_open(fixture.loop, "localhost", fixture.port, own, NULL,
                                              &handlers, &sides[i]);
        fixture_until(&fixture, &sides[i].opened);
    }
    fixture_turn(&fixture, TIME_SECOND / 10);
    ck_assert_uint_eq(accepted_count, COUNT);
    /* Both ends are in this process, so that a pair may take twice as much. The sanitizers have an
     * allocator of their own, which says 0. */
    size_t each = (mallinfo2().uordblks - before) / (2 * COUNT);
    printf("idle TLS connection: %zu bytes\n", each);
    ck_assert_uint_le(each, 40 * 1024);
    for (size_t i = 0; i < COUNT; i++) {
        connection_finish(sides[i].connection);
        fixture_until(&fixture, &sides[i].closed);
        buffer_release(&sides[i].got);
    }
    connection_listener_free(listener);
    fixture_turn(&fixture, TIME_SECOND / 10);
    tls_context_free(own);
    tls_context_free(tls);
    if (each == 0)
        suite_skip("memory cannot be counted under the sanitizers");
}
END_TEST

static void accept_counted(void *data, struct connection *connection)
{
    ++*(unsigned *)data;
    accept_echo(NULL, connection);
}

/* Two processes that share a socket, played by two listeners on one loop. */
START_TEST(who_shares_a_socket_shares_the_connections)
{
    enum { COUNT = 12 };
    struct side sides[COUNT] = {{.connection = NULL}};
    unsigned taken[2] = {0, 0};
    struct connection_listener *listeners[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(connection_listener_new(fixture.loop, fixture.descriptor, NULL, NULL,
                                                 accept_counted, &taken[i], &listeners[i],
                                                 &fixture.issues),
                         0);
    for (size_t i = 0; i < COUNT; i++) {
        sides[i].connection = connection_open(fixture.loop, "127.0.0.1", fixture.port, NULL, NULL,
                                              &handlers, &sides[i]);
        /* the first half one by one, the others in one breath */
        while (i < COUNT / 2 && accepted_count <= i)
            fixture_turn(&fixture, TIME_SECOND / 1000);
    }
    while (accepted_count < COUNT)
        fixture_turn(&fixture, TIME_SECOND / 1000);
    ck_assert_uint_ge(taken[0], COUNT / 2 - 1);
    ck_assert_uint_le(taken[0], COUNT / 2 + 1);
    for (size_t i = 0; i < COUNT; i++) {
        connection_finish(sides[i].connection);
        fixture_until(&fixture, &sides[i].closed);
    }
    connection_listener_free(listeners[0]);
    connection_listener_free(listeners[1]);
}
END_TEST

static void drop_bytes(void *data, struct slice bytes)
{
    (void)data;
    (void)bytes;
}

static void forget(void *data, enum connection_end end, struct slice words)
{
    (void)data;
    (void)end;
    (void)words;
}

static void accept_quietly(void *data, struct connection *connection)
{
    static const struct connection_handlers quiet = {.received = drop_bytes, .closed = forget};
    ++*(unsigned *)data;
    connection_handle(connection, &quiet, NULL);
}

/* Anybody can open and close connections: who holds some must still take those who come. */
START_TEST(many_that_come_and_go_keep_nobody_out)
{
    enum { HELD = 15, SHORT = 400 };
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fixture.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned taken = 0;
    struct connection_listener *listener = NULL;
    ck_assert_int_eq(connection_listener_new(fixture.loop, fixture.descriptor, NULL, NULL,
                                             accept_quietly, &taken, &listener, &fixture.issues),
                     0);
    int descriptors[HELD];
    for (int i = 0; i < HELD + SHORT; i++) {
        int descriptor = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
        if (i < HELD)
            descriptors[i] = descriptor;
        else
            close(descriptor);
        while (i < HELD && taken <= (unsigned)i)
            fixture_turn(&fixture, TIME_SECOND / 1000);
    }
    /* one by one, 15 ms each, this would take six seconds */
    for (int turn = 0; turn < 150 && taken < HELD + SHORT; turn++)
        fixture_turn(&fixture, TIME_SECOND / 100);
    ck_assert_uint_eq(taken, HELD + SHORT);
    for (int i = 0; i < HELD; i++)
        close(descriptors[i]);
    fixture_turn(&fixture, TIME_SECOND / 10);
    connection_listener_free(listener);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add(Suite *suite)
{
    TCase *peer = tcase_create("peer");
    tcase_add_checked_fixture(peer, begin, end);
    tcase_set_timeout(peer, 60);
    tcase_add_loop_test(peer, a_foreign_client_is_served_only_by_the_rules, 0, ROWS(peers));
    tcase_add_test(peer, renegotiation_is_refused);
    tcase_add_test(peer, no_session_can_be_resumed);
    tcase_add_test(peer, a_revoked_certificate_is_refused);
    tcase_add_test(peer, an_expired_list_lets_nobody_in);
    tcase_add_test(peer, an_open_connection_knows_of_the_lists_that_came_after_it);
    tcase_add_test(peer, bytes_written_in_one_turn_come_back_in_order);
    tcase_add_loop_test(peer, our_client_verifies_whom_it_calls, 0, ROWS(hosts));
    tcase_add_test(peer, a_new_certificate_is_for_new_connections_only);
    tcase_add_test(peer, who_shares_a_socket_shares_the_connections);
    tcase_add_test(peer, many_that_come_and_go_keep_nobody_out);
    tcase_add_loop_test(peer, broken_files_make_no_context, 0, ROWS(broken_settings));
    suite_add_tcase(suite, peer);

    TCase *pressure = tcase_create("pressure");
    tcase_add_checked_fixture(pressure, begin, end);
    tcase_set_timeout(pressure, 60);
    tcase_add_test(pressure, a_silent_peer_is_closed_when_the_handshake_takes_too_long);
    tcase_add_test(pressure, plain_words_to_a_tls_door_are_refused);
    tcase_add_test(pressure, after_the_peers_end_answers_are_still_sent);
    tcase_add_test(pressure, an_end_without_close_notify_is_not_clean);
    tcase_add_test(pressure, a_peer_that_does_not_read_is_not_read_either);
    tcase_add_test(pressure, more_than_the_ceiling_waiting_ends_it);
    tcase_add_test(pressure, a_deadline_without_a_handler_ends_it);
    tcase_add_test(pressure, nobody_at_the_door_is_told_as_an_end);
    tcase_add_test(pressure, an_idle_tls_connection_is_small);
    suite_add_tcase(suite, pressure);
}

int main(void)
{
    return suite_main("connection", add);
}
