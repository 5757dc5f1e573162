/* connection: the bytes of a connection that has a socket.
 *
 *   socket -> input -> TLS -> received        held keeps what of input could not go on
 *   connection_write -> waiting -> TLS -> output -> sending -> socket
 *
 * All sending, and all reading on after a pause, happens in settle(), which the loop calls at the
 * end of each turn for each connection that asked for it. So nothing is re-entered: a handler may
 * call any function of the header, and what follows from it happens after the handler has returned.
 *
 * TLS works on memory: a BIO whose read end is `input` and whose write end is `output`. */
#include "net/connection.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "net/certificate_internal.h"
#include "net/connection_internal.h"
#include "net/tls_internal.h"

#define DEFAULT_WRITE_LIMIT ((size_t)256 << 10)
#define DEFAULT_WRITE_CEILING ((size_t)64 << 20)
#define DEFAULT_HANDSHAKE_TIMEOUT (10 * TIME_SECOND)
#define DEFAULT_LINGER_TIMEOUT (5 * TIME_SECOND)
#define KEEP_ALIVE_SECONDS 60 /* of silence before the system asks whether the peer lives */

static void settle_entry(struct net_flush *entry);
static void update_reading(struct connection *connection);

/* Nothing of ours is left to send; only the peer's end is missing. */
static bool all_said(const struct connection *connection)
{
    return connection->state == CONNECTION_FINISHING && connection->shut &&
           connection_waiting(connection) == 0;
}

static void settle_later(struct connection *connection)
{
    if (connection->state != CONNECTION_CLOSED)
        net_loop_flush_later(connection->loop, &connection->flush);
}

/* --- life ------------------------------------------------------------------------------------- */

struct connection *connection_new(struct net_loop *loop, const struct connection_settings *settings)
{
    struct connection *connection = net_allocate(sizeof(*connection));
    connection->loop = loop;
    connection->settings = settings ? *settings : (struct connection_settings){0};
    struct connection_settings *own = &connection->settings;
    own->write_limit = own->write_limit ? own->write_limit : DEFAULT_WRITE_LIMIT;
    own->write_ceiling = own->write_ceiling ? own->write_ceiling : DEFAULT_WRITE_CEILING;
    own->handshake_timeout =
        own->handshake_timeout ? own->handshake_timeout : DEFAULT_HANDSHAKE_TIMEOUT;
    own->linger_timeout = own->linger_timeout ? own->linger_timeout : DEFAULT_LINGER_TIMEOUT;
    connection->flush.flush = settle_entry;
    buffer_init(&connection->held, 0);
    buffer_init(&connection->waiting, own->write_ceiling);
    buffer_init(&connection->output, 2 * own->write_ceiling);
    buffer_init(&connection->sending, 2 * own->write_ceiling);
    uv_tcp_init(&loop->uv, &connection->tcp);
    uv_timer_init(&loop->uv, &connection->timer);
    connection->tcp.data = connection;
    connection->timer.data = connection;
    connection->holds = 2;
    return connection;
}

void connection_let_go(struct connection *connection)
{
    connection->holds--;
    if (connection->holds > 0)
        return;
    if (connection->handlers.closed)
        connection->handlers.closed(connection->data, connection->end, slice_of(connection->words));
    SSL_free(connection->ssl);
    connection_route_free(connection->route);
    connection_crowd_leave(connection->crowd);
    buffer_release(&connection->held);
    buffer_release(&connection->waiting);
    buffer_release(&connection->output);
    buffer_release(&connection->sending);
    free(connection);
}

static void handle_closed(uv_handle_t *handle)
{
    connection_let_go(handle->data);
}

void connection_close(struct connection *connection, enum connection_end end, const char *words)
{
    if (connection->state == CONNECTION_CLOSED)
        return;
    connection->state = CONNECTION_CLOSED;
    connection->end = end;
    connection->words = words;
    net_loop_flush_never(connection->loop, &connection->flush);
    if (!uv_is_closing((uv_handle_t *)&connection->tcp))
        uv_close((uv_handle_t *)&connection->tcp, handle_closed);
    uv_close((uv_handle_t *)&connection->timer, handle_closed);
}

void connection_abort(struct connection *connection)
{
    connection_close(connection, CONNECTION_END_ABORTED, NULL);
}

bool connection_peer_left(const struct connection *connection)
{
    uv_os_fd_t socket = -1;
    struct tcp_info info;
    socklen_t size = sizeof(info);
    if (uv_fileno((const uv_handle_t *)&connection->tcp, &socket) != 0 ||
        getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false;
    return info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE;
}

/* --- time ------------------------------------------------------------------------------------- */

static void timer_expired(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    if (all_said(connection)) {
        connection_close(connection, connection->end, connection->words);
        return;
    }
    if (connection->state == CONNECTION_OPEN && connection->handlers.expired) {
        connection->handlers.expired(connection->data);
        return;
    }
    connection_give_up(connection, CONNECTION_END_TIMEOUT);
}

void connection_give_up(struct connection *connection, enum connection_end end)
{
    bool late = end == CONNECTION_END_TIMEOUT;
    connection_close(connection, end, late ? "not finished in time" : NULL);
}

static void start_timer(struct connection *connection, instant delay)
{
    uv_timer_start(&connection->timer, timer_expired, net_loop_milliseconds(delay), 0);
}

void connection_set_deadline(struct connection *connection, instant delay)
{
    if (connection->state != CONNECTION_OPEN)
        return;
    if (delay > 0)
        start_timer(connection, delay);
    if (delay <= 0)
        uv_timer_stop(&connection->timer);
}

/* --- TLS on memory
 * -------------------------------------------------------------------------------- */

static int session_read(BIO *bio, char *bytes, int size)
{
    struct connection *connection = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (connection->input.len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    struct slice part = slice_part(connection->input, 0, (size_t)size);
    memcpy(bytes, part.ptr, part.len);
    connection->input = slice_after(connection->input, part.len);
    return (int)part.len;
}

static int session_write(BIO *bio, const char *bytes, int size)
{
    struct connection *connection = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buffer_append(&connection->output, (struct slice){bytes, (size_t)size});
    return buffer_overflowed(&connection->output) ? -1 : size;
}

static long session_control(BIO *bio, int command, long number, void *data)
{
    (void)bio;
    (void)number;
    (void)data;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *session_method(struct net_loop *loop)
{
    if (loop->session_bio)
        return loop->session_bio;
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    BIO_meth_set_read(method, session_read);
    BIO_meth_set_write(method, session_write);
    BIO_meth_set_ctrl(method, session_control);
    loop->session_bio = method;
    return method;
}

static int begin_session(struct connection *connection, const struct tls_context *tls,
                         const char *host)
{
    SSL *ssl = tls_session_new(tls, host);
    BIO *bio = ssl ? BIO_new(session_method(connection->loop)) : NULL;
    if (!bio) {
        SSL_free(ssl);
        return -1;
    }
    BIO_set_data(bio, connection);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    connection->ssl = ssl;
    return 0;
}

/* The alert that OpenSSL has written is still sent. */
static void session_failed(struct connection *connection)
{
    long verified = SSL_get_verify_result(connection->ssl);
    connection->end = CONNECTION_END_TLS;
    connection->words = verified != X509_V_OK ? X509_verify_cert_error_string(verified)
                                              : certificate_library_reason();
    ERR_clear_error();
    connection->session_broken = true;
    connection->state = CONNECTION_FINISHING;
    start_timer(connection, connection->settings.linger_timeout);
}

/* --- receiving
 * ------------------------------------------------------------------------------------- */

static bool may_receive(const struct connection *connection)
{
    return connection->state == CONNECTION_OPEN && !connection->paused && !connection->choked;
}

static void tell_ended(struct connection *connection, bool clean)
{
    if (connection->told_ended)
        return;
    connection->told_ended = true;
    if (connection->handlers.ended) {
        connection->handlers.ended(connection->data, clean);
        return;
    }
    connection_finish(connection);
}

static void opened(struct connection *connection)
{
    uv_timer_stop(&connection->timer);
    connection->state = CONNECTION_OPEN;
    if (connection->handlers.opened)
        connection->handlers.opened(connection->data);
}

static void shake_hands(struct connection *connection)
{
    ERR_clear_error();
    int result = SSL_do_handshake(connection->ssl);
    if (result == 1) {
        net_loop_trim_later(connection->loop);
        opened(connection);
        return;
    }
    if (SSL_get_error(connection->ssl, result) != SSL_ERROR_WANT_READ)
        session_failed(connection);
}

/* Decrypts and delivers what can be; stops where more is wanted or nobody may receive. */
static void read_session(struct connection *connection)
{
    while (may_receive(connection)) {
        char *bytes = connection->loop->record_bytes;
        ERR_clear_error();
        int length = SSL_read(connection->ssl, bytes, (int)NET_RECORD_BYTES);
        if (length > 0) {
            connection->handlers.received(connection->data, (struct slice){bytes, (size_t)length});
            continue;
        }
        int error = SSL_get_error(connection->ssl, length);
        if (error == SSL_ERROR_ZERO_RETURN) {
            connection->session_ended = true;
            connection->input = (struct slice){NULL, 0};
            tell_ended(connection, true);
            return;
        }
        if (error != SSL_ERROR_WANT_READ)
            session_failed(connection);
        return;
    }
}

static void read_plain(struct connection *connection)
{
    if (!may_receive(connection) || connection->input.len == 0)
        return;
    struct slice bytes = connection->input;
    connection->input = (struct slice){NULL, 0};
    connection->handlers.received(connection->data, bytes);
}

/* Takes connection->input as far as it may go; what is left of it is held. */
static void read_input(struct connection *connection)
{
    if (connection->state == CONNECTION_HANDSHAKING)
        shake_hands(connection);
    if (connection->ssl)
        read_session(connection);
    if (!connection->ssl)
        read_plain(connection);
    bool wanted =
        connection->state == CONNECTION_OPEN || connection->state == CONNECTION_HANDSHAKING;
    if (wanted && !connection->session_ended)
        buffer_append(&connection->held, connection->input);
    connection->input = (struct slice){NULL, 0};
    settle_later(connection);
}

/* Reads on where a pause left off. */
static void read_held(struct connection *connection)
{
    if (!may_receive(connection))
        return;
    if (connection->held.len > 0) {
        struct buffer held = connection->held;
        buffer_init(&connection->held, held.ceiling);
        connection->input = buffer_slice(&held);
        read_input(connection);
        buffer_release(&held);
    }
    if (connection->socket_ended && connection->held.len == 0 && may_receive(connection))
        tell_ended(connection, !connection->ssl);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    (void)suggested;
    const struct connection *connection = handle->data;
    *ret_buffer = uv_buf_init(connection->loop->read_bytes, (unsigned)NET_READ_BYTES);
}

static void socket_ended(struct connection *connection)
{
    connection->socket_ended = true;
    if (connection->state == CONNECTION_HANDSHAKING)
        connection_close(connection, CONNECTION_END_TLS, "the peer left in the handshake");
    settle_later(connection);
}

/* Only where we serve: two ends that both waited for the other to read would wait for ever. */
static void update_choked(struct connection *connection)
{
    if (connection->route)
        return;
    size_t waiting = connection_waiting(connection);
    if (waiting > connection->settings.write_limit)
        connection->choked = true;
    if (waiting <= connection->settings.write_limit / 2)
        connection->choked = false;
}

static void take_bytes(struct connection *connection, struct slice bytes)
{
    if (connection->state == CONNECTION_FINISHING)
        return;
    if (connection->held.len > 0) {
        buffer_append(&connection->held, bytes);
        settle_later(connection);
        return;
    }
    connection->input = bytes;
    read_input(connection);
}

static void socket_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *bytes)
{
    struct connection *connection = stream->data;
    if (length == 0)
        return;
    if (length == UV_EOF) {
        socket_ended(connection);
        return;
    }
    if (length < 0 && all_said(connection)) {
        connection_close(connection, connection->end, connection->words);
        return;
    }
    if (length < 0) {
        connection_close(connection, CONNECTION_END_PEER, uv_strerror((int)length));
        return;
    }
    take_bytes(connection, (struct slice){bytes->base, (size_t)length});
    /* libuv reads many times in a turn: who may not go on must say so now. */
    update_choked(connection);
    if (connection->state != CONNECTION_CLOSED)
        update_reading(connection);
}

/* Reading goes on while somebody may take it, and always while finishing, to see the peer's FIN. */
static void update_reading(struct connection *connection)
{
    bool wanted = connection->state == CONNECTION_HANDSHAKING ||
                  connection->state == CONNECTION_FINISHING || may_receive(connection);
    wanted = wanted && !connection->socket_ended;
    if (wanted == connection->reading)
        return;
    connection->reading = wanted;
    uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
    if (!wanted) {
        uv_read_stop(stream);
        return;
    }
    int result = uv_read_start(stream, lend_buffer, socket_read);
    if (result != 0)
        connection_close(connection, CONNECTION_END_NETWORK, uv_strerror(result));
}

/* --- sending
 * ---------------------------------------------------------------------------------------- */

size_t connection_waiting(const struct connection *connection)
{
    return connection->waiting.len + connection->output.len + connection->sending.len;
}

static void encrypt(struct connection *connection)
{
    size_t done = 0;
    while (done < connection->waiting.len) {
        size_t rest = connection->waiting.len - done;
        int part = rest < NET_RECORD_BYTES ? (int)rest : (int)NET_RECORD_BYTES;
        ERR_clear_error();
        int length = SSL_write(connection->ssl, connection->waiting.data + done, part);
        if (length <= 0) {
            session_failed(connection);
            break;
        }
        done += (size_t)length;
    }
    buffer_release(&connection->waiting);
}

static void fill_output(struct connection *connection)
{
    if (connection->waiting.len == 0 || connection->state < CONNECTION_OPEN)
        return;
    if (connection->session_broken) {
        buffer_release(&connection->waiting);
        return;
    }
    if (connection->ssl) {
        encrypt(connection);
        return;
    }
    buffer_append(&connection->output, buffer_slice(&connection->waiting));
    buffer_release(&connection->waiting);
}

static void written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    connection->write_pending = false;
    buffer_release(&connection->sending);
    if (status != 0) {
        connection_close(connection, CONNECTION_END_PEER, uv_strerror(status));
        return;
    }
    settle_later(connection);
}

/* Tries at once, and leaves the rest to libuv. */
static void send_output(struct connection *connection)
{
    if (connection->write_pending || connection->output.len == 0)
        return;
    uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
    uv_buf_t bytes = uv_buf_init(connection->output.data, (unsigned)connection->output.len);
    int sent = uv_try_write(stream, &bytes, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        connection_close(connection, CONNECTION_END_PEER, uv_strerror(sent));
        return;
    }
    size_t done = sent > 0 ? (size_t)sent : 0;
    if (done == connection->output.len) {
        buffer_release(&connection->output);
        return;
    }
    struct buffer emptied = connection->sending;
    connection->sending = connection->output;
    connection->output = emptied;
    bytes =
        uv_buf_init(connection->sending.data + done, (unsigned)(connection->sending.len - done));
    connection->write.data = connection;
    connection->write_pending = true;
    if (uv_write(&connection->write, stream, &bytes, 1, written) != 0)
        connection_close(connection, CONNECTION_END_NETWORK, "could not write");
}

static void shutdown_done(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status; /* a peer that is gone is seen by the read end */
}

/* RFC 8446 6.1: close_notify, then the socket's own end. */
static void say_end(struct connection *connection)
{
    if (connection->shut || connection_waiting(connection) > 0)
        return;
    connection->shut = true;
    if (connection->ssl && !connection->session_broken) {
        ERR_clear_error();
        SSL_shutdown(connection->ssl);
        ERR_clear_error();
        send_output(connection);
    }
    if (connection->state == CONNECTION_CLOSED)
        return;
    uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, shutdown_done);
}

static void tell_drained(struct connection *connection)
{
    if (!connection->wrote || connection_waiting(connection) > 0)
        return;
    connection->wrote = false;
    if (connection->state == CONNECTION_OPEN && connection->handlers.drained)
        connection->handlers.drained(connection->data);
}

/* The end of a turn: everything that follows from what happened in it. */
static void settle(struct connection *connection)
{
    fill_output(connection);
    send_output(connection);
    update_choked(connection);
    tell_drained(connection);
    read_held(connection);
    if (connection->state == CONNECTION_FINISHING)
        say_end(connection);
    if (all_said(connection) && connection->socket_ended)
        connection_close(connection, connection->end, connection->words);
    if (connection->state != CONNECTION_CLOSED)
        update_reading(connection);
}

static void settle_entry(struct net_flush *entry)
{
    settle((struct connection *)((char *)entry - offsetof(struct connection, flush)));
}

/* --- the header's verbs
 * ------------------------------------------------------------------------------ */

void connection_begin(struct connection *connection, const struct tls_context *tls,
                      const char *host)
{
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_tcp_keepalive(&connection->tcp, 1, KEEP_ALIVE_SECONDS);
    if (!tls) {
        opened(connection);
        settle_later(connection);
        return;
    }
    if (begin_session(connection, tls, host) != 0) {
        connection_close(connection, CONNECTION_END_TLS, certificate_library_reason());
        return;
    }
    connection->state = CONNECTION_HANDSHAKING;
    if (!uv_is_active((uv_handle_t *)&connection->timer))
        start_timer(connection, connection->settings.handshake_timeout);
    shake_hands(connection);
    settle_later(connection);
}

void connection_handle(struct connection *connection, const struct connection_handlers *handlers,
                       void *data)
{
    connection->handlers = *handlers;
    connection->data = data;
}

void connection_write(struct connection *connection, struct slice bytes)
{
    if (connection->state >= CONNECTION_FINISHING || bytes.len == 0)
        return;
    buffer_append(&connection->waiting, bytes);
    if (buffer_overflowed(&connection->waiting) ||
        connection_waiting(connection) > connection->settings.write_ceiling) {
        connection_close(connection, CONNECTION_END_OVERFLOW, "the peer does not read");
        return;
    }
    connection->wrote = true;
    settle_later(connection);
}

void connection_pause(struct connection *connection)
{
    connection->paused = true;
    settle_later(connection);
}

void connection_resume(struct connection *connection)
{
    connection->paused = false;
    settle_later(connection);
}

void connection_finish(struct connection *connection)
{
    if (connection->state >= CONNECTION_FINISHING)
        return;
    if (connection->state < CONNECTION_OPEN) {
        connection_close(connection, CONNECTION_END_ABORTED, NULL);
        return;
    }
    connection->state = CONNECTION_FINISHING;
    connection->end = CONNECTION_END_FINISHED;
    start_timer(connection, connection->settings.linger_timeout);
    settle_later(connection);
}

struct slice connection_peer_address(const struct connection *connection)
{
    return slice_of(connection->peer_address);
}

int connection_peer_certificate(const struct connection *connection, struct arena *arena,
                                struct certificate *ret_certificate)
{
    X509 *x509 = connection->ssl ? SSL_get0_peer_certificate(connection->ssl) : NULL;
    if (!x509 || SSL_get_verify_result(connection->ssl) != X509_V_OK)
        return -1;
    return certificate_describe(x509, arena, ret_certificate);
}

bool connection_peer_is_revoked(const struct connection *connection, const struct tls_context *tls)
{
    const X509 *x509 = connection->ssl ? SSL_get0_peer_certificate(connection->ssl) : NULL;
    return x509 && tls_context_revokes(tls, x509);
}

struct net_loop *connection_loop(const struct connection *connection)
{
    return connection->loop;
}
