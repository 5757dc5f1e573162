/* listener: the MLLP door. Frames in from clinics, answers out, nothing else.
 *
 * One port serves all feeds: which feeds may be calling is decided by the certificate, and where
 * that names several, which of them a frame is of by its MSH-3/MSH-4 (feed/roster.h). A certificate
 * that is valid but belongs to no feed is hung up on. A connection lives by the limits of its own
 * feed; a frame that is longer is answered AR (rule 1.9) and the connection closed.
 *
 *   net/mllp_server ──frame──▶ listener ──▶ pipeline/inbound ──answers──▶ net/mllp_server
 *
 * The set of feeds can be replaced while connections live: each connection takes its feed and its
 * limits from the newest set with its next frame; frames under way keep the set they began with. A
 * connection whose certificate is no longer any feed's is closed with its next frame, one whose
 * certificate the context's lists take back at once: replace the context before the feeds.
 *
 * A feed can be paused: its connections stay, new ones are taken, and nothing is read from them.
 * TCP holds the sender back; what it sent and we did not read was never acknowledged. Until it was
 * first told which feeds are paused the listener takes all of them for paused.
 *
 * A fragment whose end never came is never processed and never answered (rules 1.7, 1.8). It is
 * counted and logged, and its beginning kept where `message list` shows it, at most ten a minute.
 *
 * Back-pressure: while more than `pause_depth` frames are under way in this process nothing more is
 * read from any connection. With a budget each feed has a share of it: while the frames of one feed
 * have spent theirs nothing more is read from its connections, and while the whole is spent from
 * none. One frame is always let in. */
#ifndef FEED_LISTENER_H
#define FEED_LISTENER_H

#include "base/budget.h"
#include "base/log.h"
#include "feed/roster.h"
#include "pipeline/clock.h"

struct feed_listener;
struct pipeline_query;

struct feed_listener_options {
    struct net_loop *loop;
    int descriptor;                     /* listening; stays the caller's */
    const struct tls_context *tls;      /* mutual; borrowed */
    struct mllp_server_settings server; /* zeros are its usual values */
    struct pipeline_inbound *inbound;
    const struct pipeline_clock *clock; /* when a message was received; NULL: the real time */
    struct pipeline_metrics *metrics;   /* may be NULL */
    struct log *log;
    struct pipeline_query
        *notes;            /* where refused connections are noted in the audit; may be NULL */
    size_t pause_depth;    /* 0: 4096 */
    struct budget *budget; /* borrowed; NULL: none */
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
/* After `stopped`, or at any time once no frame is under way: connections that are left are
 * aborted. NULL is well. */
void feed_listener_free(struct feed_listener *listener);
unsigned feed_listener_connections(const struct feed_listener *listener);

#endif
