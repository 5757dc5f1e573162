/* server: what every server of this room has in common: the listening socket, the links, the end.
 *
 * A protocol makes a link of each connection (its struct begins with a struct net_link) and says in
 * a struct net_protocol what it does with it. Which links there are, how many there may be, and how
 * serving ends is said here and nowhere else.
 *
 *              stop             the last link is gone
 *   SERVING ---------> STOPPING ----------------------> STOPPED (`stopped` is told)
 *      |                  |                                |
 *      '------------------+----- net_server_release -------'-> nothing of it stands on the loop
 *
 * It may be released at any time: what is still open is then aborted, and no protocol function is
 * called after. For the files of this room only. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "net/connection.h"
#include "net/loop_internal.h"

struct net_server;

/* The first member of a protocol's link; zeroed by who makes it. */
struct net_link {
    struct net_server *server;
    struct net_link *next, *previous;
    struct connection *connection; /* NULL once it is closed */
    struct net_flush flush;        /* runs `settle` */
    bool opened;
};

/* All but `expired` and `drained` are wanted. Bytes and words are lent until the function returns.
 */
struct net_protocol {
    struct net_link *(*link_new)(struct net_server *server);
    void (*opened)(struct net_link *link); /* the handshake is done */
    void (*received)(struct net_link *link, struct slice bytes);
    void (*ended)(struct net_link *link);   /* the peer sends no more */
    void (*expired)(struct net_link *link); /* its deadline; NULL: it is aborted */
    void (*drained)(struct net_link *link); /* all that was written has left; may be NULL */
    /* The end of a turn, where net_link_settle_later asked for it. */
    void (*settle)(struct net_link *link);
    /* The server stops: an opened link takes nothing new, and finishes when nothing is owed. */
    void (*finish)(struct net_link *link);
    /* The connection is gone, and the link no longer the server's: frees it, now or later. */
    void (*closed)(struct net_link *link, enum connection_end end, struct slice words);
    /* Stopped: no link is left. */
    void (*stopped)(struct net_server *server);
};

/* A member of a protocol's server. Read it, write only `link_limit`. */
struct net_server {
    struct net_loop *loop;
    const struct net_protocol *protocol;
    struct connection_listener *listener; /* NULL once it stops */
    struct net_link *links;
    unsigned link_count;
    unsigned link_limit;    /* may be changed at any time */
    struct net_flush flush; /* tells `stopped` */
    bool stopping;
};

/* Begins to serve. Settings are copied; descriptor and `tls` as for connection_listener_new. -1
 * where the descriptor cannot be listened on: nothing is to be released then. */
int net_server_init(struct net_server *server, const struct net_protocol *protocol,
                    struct net_loop *loop, int descriptor, const struct tls_context *tls,
                    const struct connection_settings *settings, unsigned link_limit,
                    struct issue_list *issues) __attribute__((warn_unused_result));
/* Accepts no more; each link finishes. A second call does nothing. */
void net_server_stop(struct net_server *server);
/* `closed` is called for every link that is left. */
void net_server_release(struct net_server *server);
/* `settle` is called once at the end of this turn. */
void net_link_settle_later(struct net_link *link);

#endif
