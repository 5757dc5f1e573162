/* connection, for its own two files: connection.c moves the bytes, connection_open.c makes
 * connections (listener and caller). */
#ifndef NET_CONNECTION_INTERNAL_H
#define NET_CONNECTION_INTERNAL_H

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "base/buffer.h"
#include "net/connection.h"
#include "net/loop_internal.h"

enum connection_state {
    CONNECTION_CONNECTING,  /* resolving, connecting */
    CONNECTION_HANDSHAKING, /* TLS only */
    CONNECTION_OPEN,        /* bytes go both ways */
    CONNECTION_FINISHING,   /* we send the rest and then throw away what comes */
    CONNECTION_CLOSED       /* waits for libuv to let go of its handles */
};

struct connection {
    uv_tcp_t tcp;
    uv_timer_t timer; /* by state: handshake, the owner's deadline, lingering */
    struct net_flush flush;
    struct net_loop *loop;
    struct connection_settings settings;
    struct connection_handlers handlers;
    void *data;
    enum connection_state state;
    enum connection_end end; /* what `closed` will say */
    const char *words;       /* static text, or NULL */
    unsigned holds;          /* handles and requests that libuv still knows */

    SSL *ssl;            /* NULL for plain TCP */
    bool session_broken; /* no close_notify may follow */
    struct slice input;  /* what has just come from the socket; only within a turn */
    struct buffer held;  /* what came and could not be read on (paused) */
    bool paused;         /* by its owner */
    bool choked;         /* by write_limit */
    bool reading;        /* libuv reads */
    bool socket_ended;   /* FIN has come */
    bool session_ended;  /* close_notify has come */
    bool told_ended;     /* `ended` was called */

    struct buffer waiting; /* written by the owner */
    struct buffer output;  /* encrypted, for the socket */
    struct buffer sending; /* lent to libuv */
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool write_pending;
    bool wrote; /* since the last `drained` */
    bool shut;  /* our FIN is on its way */

    struct connection_route *route; /* callers only: addresses still to be tried */
    struct connection_crowd *crowd; /* accepted only: those of one listener */
    char peer_address[INET6_ADDRSTRLEN];
};

/* A connection in state CONNECTING whose handles are ready. */
struct connection *connection_new(struct net_loop *loop,
                                  const struct connection_settings *settings);
/* The socket is connected: handshake and reading begin. `host` is NULL on the server's side. */
void connection_begin(struct connection *connection, const struct tls_context *tls,
                      const char *host);
/* Closes at once; `closed` will say this end and these words. */
void connection_close(struct connection *connection, enum connection_end end, const char *words);
/* One of `holds` is gone; the last one ends the connection. */
void connection_let_go(struct connection *connection);
/* Frees the route; NULL is well. */
void connection_route_free(struct connection_route *route);
/* One connection less; NULL is well. */
void connection_crowd_leave(struct connection_crowd *crowd);

#endif
