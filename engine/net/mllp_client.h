/* mllp_client: the sending side of MLLP on one connection.
 *
 * Sends blocks and gives back the blocks that come in, in order. Which answer belongs to which
 * message (MSA-2), what to send again and when to connect anew is the sender's knowledge (feed),
 * not this module's. */
#ifndef NET_MLLP_CLIENT_H
#define NET_MLLP_CLIENT_H

#include "net/connection.h"
#include "net/mllp.h"

struct mllp_client;

struct mllp_client_handlers {
    /* Connected and verified; mllp_client_send may begin. */
    void (*opened)(void *data, struct mllp_client *client);
    /* A block of kind WHOLE or MALFORMED; lent until it returns. */
    void (*frame)(void *data, struct mllp_client *client, const struct mllp_frame *frame);
    /* The last call; the client is freed after it. Comes without `opened` where it could not
     * connect. */
    void (*closed)(void *data, enum connection_end end, struct slice words);
};

/* Connects (see connection_open). `limits` may be NULL. */
struct mllp_client *mllp_client_open(struct net_loop *loop, const char *host, unsigned port,
                                     const struct tls_context *tls,
                                     const struct mllp_limits *limits,
                                     const struct mllp_client_handlers *handlers, void *data);
/* Frames and sends a copy. */
void mllp_client_send(struct mllp_client *client, struct slice content);
/* Closes with abort where nothing arrives for that long from now on; 0 for no deadline. Sending or
 * receiving does not move it. */
void mllp_client_set_deadline(struct mllp_client *client, instant delay);
/* Sends what waits and closes; blocks that still come are dropped. */
void mllp_client_finish(struct mllp_client *client);
void mllp_client_abort(struct mllp_client *client);
/* For its address and certificate only. */
const struct connection *mllp_client_connection(const struct mllp_client *client);

#endif
