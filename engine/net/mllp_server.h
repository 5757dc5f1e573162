/* mllp_server: the receiving side of MLLP on many connections.
 *
 * Frames of one connection are delivered in their order, each with a ticket. The owner answers each
 * ticket once, at once or much later, in any order; the answers leave in the order of the frames
 * (HL7 v2.5.1 2.9: the responses of one connection are told apart by their order). While more than
 * max_unanswered frames (or max_unanswered_bytes of their content) wait for their answers, nothing
 * more is read from that connection.
 *
 * A link outlives its connection until its last ticket is answered: who holds a ticket may always
 * answer it, and on a dead link that does nothing. */
#ifndef NET_MLLP_SERVER_H
#define NET_MLLP_SERVER_H

#include "net/connection.h"
#include "net/mllp.h"

struct mllp_server;
struct mllp_link; /* one connection to the server */

struct mllp_server_settings {
    struct mllp_limits limits;
    struct connection_settings connection;
    instant frame_timeout;       /* from SB to the final CR, for the whole frame; 0: 30 s */
    instant idle_timeout;        /* between frames with nothing unanswered; 0: 300 s */
    unsigned max_connections;    /* more are closed at once; 0: 1024 */
    unsigned max_unanswered;     /* frames of one connection; 0: 1024 */
    size_t max_unanswered_bytes; /* of one connection; 0: 4 MiB. One frame is always let in */
    instant watch_interval;      /* how often a paused link is looked at; 0: 15 s */
};

/* The limits of one link, where its owner knows better than the server; 0: as the server's. */
struct mllp_link_limits {
    size_t max_message_bytes;
    instant frame_timeout;
    instant idle_timeout;
};

/* Called on the loop's thread. */
struct mllp_server_handlers {
    /* The handshake is done. The certificate and address can be asked for; mllp_link_set_data. */
    void (*opened)(void *data, struct mllp_link *link);
    /* A frame of kind WHOLE, MALFORMED or OVERSIZED; its content is lent until this returns. The
     * ticket must be answered once by mllp_link_answer. After OVERSIZED nothing more is read and
     * the connection is closed when that answer has been sent. */
    void (*frame)(void *data, struct mllp_link *link, uint64_t ticket,
                  const struct mllp_frame *frame);
    /* A fragment that will never be whole; no ticket. May be NULL. */
    void (*truncated)(void *data, struct mllp_link *link, struct slice fragment);
    /* The connection is gone (opened may never have been called: a failed handshake). Tickets not
     * yet answered must still be answered. The link may not be used for anything else after. */
    void (*closed)(void *data, struct mllp_link *link, enum connection_end end, struct slice words);
    /* mllp_server_stop is done: no connection is left. May be NULL. */
    void (*stopped)(void *data);
};

/* Serves a listening descriptor (see connection_listener_new). `settings` and `handlers` are
 * copied; `tls` is borrowed, NULL for plain TCP. */
int mllp_server_new(struct net_loop *loop, int descriptor, const struct tls_context *tls,
                    const struct mllp_server_settings *settings,
                    const struct mllp_server_handlers *handlers, void *data,
                    struct mllp_server **ret_server, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Accepts no more and reads no more; connections are finished as their tickets are answered. */
void mllp_server_stop(struct mllp_server *server);
/* After `stopped`, or at any time: the connections that are left are then aborted (`closed` is
 * told), and what was half read is told to nobody. The last ticket must have been answered. NULL is
 * well. */
void mllp_server_free(struct mllp_server *server);
/* At most so many connections from now on; those that live stay. 0: 1024. */
void mllp_server_limit(struct mllp_server *server, unsigned max_connections);
/* All connections together, the closed ones included. */
struct mllp_counters mllp_server_counters(const struct mllp_server *server);
unsigned mllp_server_connections(const struct mllp_server *server);

/* Answers a ticket with no, one or more blocks, each framed (an accept acknowledgement and then an
 * application acknowledgement are two). The contents are copied. */
void mllp_link_answer(struct mllp_link *link, uint64_t ticket, const struct slice *contents,
                      size_t count);
/* Sends a block that answers nothing in particular, after what has been sent. Not after closed. */
void mllp_link_send(struct mllp_link *link, struct slice content);
/* Holds from the next frame on; the one that is being read keeps what it began with. Not after
 * closed. */
void mllp_link_set_limits(struct mllp_link *link, const struct mllp_link_limits *limits);
/* Stops and resumes reading, on top of the limits (a database that is down). While it is paused
 * with nothing unanswered, a peer that has left or died is still noticed: what it sent and we did
 * not read is lost to us, and was never acknowledged. Not after closed. */
void mllp_link_pause(struct mllp_link *link);
void mllp_link_resume(struct mllp_link *link);
/* Reads nothing more, and closes when all open tickets are answered. Not after closed. */
void mllp_link_finish(struct mllp_link *link);
/* Closes without waiting for open tickets, which must still be answered. Not after closed. */
void mllp_link_abort(struct mllp_link *link);
void mllp_link_set_data(struct mllp_link *link, void *data);
void *mllp_link_data(const struct mllp_link *link);
/* NULL from closed on. For its address and certificate only. */
const struct connection *mllp_link_connection(const struct mllp_link *link);

#endif
