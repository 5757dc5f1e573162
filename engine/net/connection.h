/* connection: a TCP connection with or without TLS, as bytes in and bytes out.
 *
 * Below mllp and http, and blind to both. It does the handshake, decrypts, coalesces what is
 * written in one turn into one write (TCP_NODELAY is on), holds back a peer that does not read,
 * keeps deadlines, and closes so that the last answer arrives.
 *
 *                    accepted / connect
 *                          |
 *                     HANDSHAKING ---- deadline, bad certificate ----.
 *                          | opened                                  |
 *                         OPEN  <- received, drained, ended          |
 *                          | connection_finish                       |
 *                      FINISHING: all written, close_notify, FIN,    |
 *                          | then what comes in is thrown away        |
 *                          v                                         v
 *                        CLOSED  (closed is called, memory goes after it) <- connection_abort,
 * reset
 *
 * The peer may close its half first (`ended`): what we owe can still be written. Back-pressure goes
 * both ways: connection_pause stops reading; and on an accepted connection, while more than
 * write_limit bytes wait to be taken by the peer, reading stops by itself: who does not read is not
 * served.
 *
 * An idle TLS connection holds no buffers of ours and none of OpenSSL's (SSL_MODE_RELEASE_BUFFERS).
 * The bytes of a write are copied; `received` lends its bytes until it returns. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "net/loop.h"
#include "net/tls.h"

struct connection;

enum connection_end {
    CONNECTION_END_FINISHED, /* both sides were done */
    CONNECTION_END_PEER,     /* the peer closed or reset it before we were done */
    CONNECTION_END_TIMEOUT,  /* a deadline passed */
    CONNECTION_END_TLS,      /* handshake or record failed, certificate not accepted */
    CONNECTION_END_ABORTED,  /* connection_abort */
    CONNECTION_END_OVERFLOW, /* write_ceiling was passed */
    CONNECTION_END_NETWORK   /* could not resolve, connect, read or write */
};

/* All optional but `closed`. `data` is what was given with the handlers. From within any of them
 * every function of this header may be called. */
struct connection_handlers {
    /* The handshake is done; writing and receiving begin. */
    void (*opened)(void *data);
    /* Decrypted bytes, at least one; lent until it returns. While the connection is paused none
     * come. */
    void (*received)(void *data, struct slice bytes);
    /* The peer sends no more. `clean` is false for TLS without close_notify (RFC 8446 6.1). Without
     * this handler the connection finishes. */
    void (*ended)(void *data, bool clean);
    /* All that was written has been taken by the system. */
    void (*drained)(void *data);
    /* The deadline set by connection_set_deadline has passed. Without this handler the connection
     * is aborted with CONNECTION_END_TIMEOUT. */
    void (*expired)(void *data);
    /* The last call; the connection may not be used after it. `words` says why in English ("sslv3
     * alert certificate expired"), and is empty for a plain end. */
    void (*closed)(void *data, enum connection_end end, struct slice words);
};

struct connection_settings {
    size_t write_limit;        /* bytes waiting before reading stops (accepted only); 0: 256 KiB */
    size_t write_ceiling;      /* bytes waiting before it is aborted; 0: 64 MiB */
    instant handshake_timeout; /* connect and handshake together; 0: 10 s */
    instant linger_timeout;    /* how long FINISHING may take; 0: 5 s */
};

/* --- servers ---------------------------------------------------------------------------------- */

struct connection_listener;

/* Takes connections on a listening descriptor, which stays the caller's (several processes may
 * share it, and then share the connections evenly: each lets those with fewer go first, for a
 * millisecond for each it has, 21 at most) and must outlive the listener. `tls` may be NULL for
 * plain TCP; it is borrowed and may be replaced at any time. `accepted` gets each new connection
 * and answers with connection_handle, or with connection_abort where there are too many. -1 with an
 * issue where it cannot be listened on. */
int connection_listener_new(struct net_loop *loop, int descriptor, const struct tls_context *tls,
                            const struct connection_settings *settings,
                            void (*accepted)(void *data, struct connection *connection), void *data,
                            struct connection_listener **ret_listener, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* No more connections; those that live are untouched. NULL is well. */
void connection_listener_free(struct connection_listener *listener);

/* --- callers ---------------------------------------------------------------------------------- */

/* Connects to host (a name or an IP address; all its addresses are tried in turn) and port.
 * Certificates are verified for `host`. Failure comes as `closed`, never within this call. */
struct connection *connection_open(struct net_loop *loop, const char *host, unsigned port,
                                   const struct tls_context *tls,
                                   const struct connection_settings *settings,
                                   const struct connection_handlers *handlers, void *data);

/* --- both ------------------------------------------------------------------------------------- */

/* Sets or replaces the handlers (copied) and their data. */
void connection_handle(struct connection *connection, const struct connection_handlers *handlers,
                       void *data);
/* Queues a copy of the bytes; what one turn writes leaves together at its end. Does nothing once
 * the connection is finishing or closed. */
void connection_write(struct connection *connection, struct slice bytes);
/* Bytes written and not yet taken by the system. */
size_t connection_waiting(const struct connection *connection);
/* Stops and resumes `received`. Bytes that have come in already wait; none are lost. */
void connection_pause(struct connection *connection);
void connection_resume(struct connection *connection);
/* One deadline at a time, `delay` from now; 0 for none. Not before `opened`. */
void connection_set_deadline(struct connection *connection, instant delay);
/* Whether the peer has closed its half, reset the connection or died, also where that was not read
 * yet because the connection is paused. Asks the system; a peer that died is known to it after some
 * minutes of silence (TCP keep-alive). */
bool connection_peer_left(const struct connection *connection);
/* Sends what waits, says that no more comes, and closes when the peer has done so too. */
void connection_finish(struct connection *connection);
/* The same as connection_abort, but `closed` says this end: for owners with an `expired` handler.
 */
void connection_give_up(struct connection *connection, enum connection_end end);
/* Closes at once; what waits is lost. `closed` is called in a later turn. */
void connection_abort(struct connection *connection);
/* The peer's address as text: "127.0.0.1", "2001:db8::1"; lives as long as the connection. */
struct slice connection_peer_address(const struct connection *connection);
/* The certificate the peer has shown and we have verified. -1 where there is none. */
int connection_peer_certificate(const struct connection *connection, struct arena *arena,
                                struct certificate *ret_certificate)
    __attribute__((warn_unused_result));
/* Whether that certificate stands in a revocation list of the context as it is now: for connections
 * that were opened under an earlier one. */
bool connection_peer_is_revoked(const struct connection *connection, const struct tls_context *tls);
struct net_loop *connection_loop(const struct connection *connection);

#endif
