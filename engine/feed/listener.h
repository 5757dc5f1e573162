/* listener: the MLLP door. Frames in from clinics, answers out, nothing else.
 *
 * One port serves all feeds: who is calling is decided by the certificate (its SHA-256
 * fingerprint), and which MSH-3/MSH-4 that certificate may speak for is part of the feed's header
 * rules. A certificate that is valid but belongs to no feed is hung up on.
 *
 *   net/mllp_server ──frame──▶ listener ──▶ pipeline/inbound ──answers──▶ net/mllp_server
 *
 * The set of feeds can be replaced while connections live: each connection takes its feed by name
 * from the newest set with its next frame; frames under way keep the set they began with. A
 * connection whose feed is gone, or whose certificate is no longer the feed's, is closed.
 *
 * A feed can be paused: its connections stay, new ones are taken, and nothing is read from them.
 * TCP holds the sender back; what it sent and we did not read was never acknowledged.
 *
 * Back-pressure: while more than `pause_depth` frames are under way in this process nothing more is
 * read from any connection. */
#ifndef FEED_LISTENER_H
#define FEED_LISTENER_H

#include "base/log.h"
#include "net/mllp_server.h"
#include "pipeline/inbound.h"

struct feed_listener;

/* One feed and who it is on the wire. */
struct feed_entry {
    struct pipeline_feed feed;
    struct slice fingerprint; /* SHA-256 of its certificate, 64 lower hex digits */
    size_t max_message_bytes; /* 0: 16 MiB */
    unsigned max_connections; /* of this feed, in this process; 0: no limit of its own */
};

/* A set of feeds in an arena of its own, which the set frees with itself. */
struct feed_set {
    struct arena *arena;
    const struct feed_entry *entries;
    size_t count;
};

struct feed_listener_options {
    struct net_loop *loop;
    int descriptor;                     /* listening; stays the caller's */
    const struct tls_context *tls;      /* mutual; borrowed */
    struct mllp_server_settings server; /* limits are the widest of all feeds */
    struct pipeline_inbound *inbound;
    struct pipeline_metrics *metrics; /* may be NULL */
    struct log *log;
    size_t pause_depth; /* 0: 4096 */
    /* The last connection is gone after feed_listener_stop. */
    void (*stopped)(void *data);
    void *data;
};

/* Takes over `set`. -1 where the descriptor cannot be listened on; the set is then the caller's. */
int feed_listener_new(const struct feed_listener_options *options, const struct feed_set *set,
                      struct feed_listener **ret_listener, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Another set of feeds from the next frame on; the old one is freed when nothing needs it. */
void feed_listener_replace(struct feed_listener *listener, const struct feed_set *set);
/* The feeds that are paused from now on, by name; all others are not. The names are copied. */
void feed_listener_pause(struct feed_listener *listener, const struct slice *names, size_t count);
/* Accepts and reads no more; `stopped` comes when all frames are answered and sent. */
void feed_listener_stop(struct feed_listener *listener);
/* Only after `stopped`. NULL is well. */
void feed_listener_free(struct feed_listener *listener);
unsigned feed_listener_connections(const struct feed_listener *listener);

#endif
