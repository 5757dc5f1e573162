/* http_server: HTTP/1.1 on connections: keep-alive, pipelining in order, deadlines, errors.
 *
 * One request of a connection is served at a time; the next is read when the response has been
 * given. The handler gets an exchange and responds once, at once or later, also when the client has
 * gone in the meantime (it then does nothing). A response leaves in one write.
 *
 * What the reader refuses never reaches the handler: `refused` makes the response (an
 * OperationOutcome where the path asks for one), and the connection is closed after it, with the
 * rest of the client's bytes thrown away so that it can read the answer (RFC 9112 9.6). A head or
 * body that does not come in time is refused with ISSUE_TIMEOUT.
 *
 * With a budget, what a request holds is charged to its client's share: what has come of its body,
 * what the exchange weighs, the response until the peer has taken it. While there is no room, a
 * request waits when its head is there, or in the midst of its body (of each share one may pass):
 * nothing more is read from its connection. It is refused with ISSUE_OVERLOADED when that lasts
 * longer than room_timeout, and let go within a second when its client has closed its half. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "base/budget.h"
#include "net/connection.h"
#include "net/http_reader.h"

struct http_server;
struct http_exchange; /* one request and its response */

struct http_server_settings {
    struct http_limits limits;
    struct connection_settings connection;
    instant head_timeout; /* from the first byte of a request to the end of its head; 0: 10 s */
    instant idle_timeout; /* between requests; 0: 60 s */
    instant room_timeout; /* how long a request waits for room in the budget; 0: 60 s */
    unsigned minimum_body_rate; /* bytes a second, after the first 10 s; 0: 1000 */
    instant body_silence;       /* at most, however fast a body came before; 0: 30 s */
    unsigned max_connections;   /* more are closed at once; 0: 4096 */
    size_t arena_ceiling;       /* of one request; 0: 64 MiB */
    struct budget *budget;      /* borrowed; NULL: none */
};

struct http_server_handlers {
    /* The largest body of this request's route, in bytes; asked before the body is read. May set
     * request->data. */
    size_t (*body_limit)(void *data, struct http_request *request);
    /* Whose bytes the request counts, where there is a budget; NULL: nobody's, it never waits.
     * Asked once the head is whole; may set request->data. May be NULL. */
    struct budget_share *(*share)(void *data, struct http_request *request);
    /* A whole request. To be answered once, by http_exchange_respond. */
    void (*request)(void *data, struct http_exchange *exchange);
    /* Makes the response to what was refused. `request` is NULL where the head was not understood.
     * Texts live in `arena`. The status is issue_kind(issue->code)->http_status; a response left
     * untouched has that status and no body. NULL: always so. */
    void (*refused)(void *data, const struct issue *issue, const struct http_request *request,
                    struct arena *arena, struct http_response *response);
    /* A response was sent: for the access log and the metrics. `request` as above, `taken` from the
     * whole head to the response. May be NULL. */
    void (*served)(void *data, const struct http_request *request, int status, instant taken);
    /* A connection was opened (1) or is gone (-1): for the gauge. May be NULL. */
    void (*connections)(void *data, int change);
    /* http_server_stop is done. May be NULL. */
    void (*stopped)(void *data);
};

/* Serves a listening descriptor (see connection_listener_new). `settings` and `handlers` are
 * copied; `tls` is borrowed, NULL for plain TCP. */
int http_server_new(struct net_loop *loop, int descriptor, const struct tls_context *tls,
                    const struct http_server_settings *settings,
                    const struct http_server_handlers *handlers, void *data,
                    struct http_server **ret_server, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Accepts no more, closes idle connections, lets requests in work be answered. */
void http_server_stop(struct http_server *server);
/* After `stopped`, or at any time: the connections that are left are then aborted. The last
 * exchange must have been answered. NULL is well. */
void http_server_free(struct http_server *server);
/* At most so many connections from now on; those that live stay. 0: 4096. */
void http_server_limit(struct http_server *server, unsigned max_connections);
unsigned http_server_connections(const struct http_server *server);

/* The request; lives until http_exchange_respond. Its arena is the exchange's. */
const struct http_request *http_exchange_request(const struct http_exchange *exchange);
/* False once it is known that the client has gone: work for it may be left. */
bool http_exchange_is_alive(const struct http_exchange *exchange);
/* Whom it is charged to; NULL: nobody. */
struct budget_share *http_exchange_share(const struct http_exchange *exchange);
/* How many bytes the exchange holds now, in all; before that what its body has. */
void http_exchange_weigh(struct http_exchange *exchange, size_t bytes);
/* Sends the response (all copied) and ends the exchange: its arena and request are gone after it.
 * A header value with a control character would let a value forge headers: the response is then a
 * plain 500. */
void http_exchange_respond(struct http_exchange *exchange, const struct http_response *response);
/* For the handler's own use. */
void http_exchange_set_data(struct http_exchange *exchange, void *data);
void *http_exchange_data(const struct http_exchange *exchange);

#endif
