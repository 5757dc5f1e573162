/* roster: which feeds a certificate may speak for, and which of them a frame is of.
 *
 * A feed is known by the SHA-256 fingerprint of its certificate. Several feeds may share one
 * certificate (one interface engine that sends for many clinics) as long as MSH-3/MSH-4 tell them
 * apart, which who reads the configuration has checked: the certificate names the candidates at the
 * handshake, and each frame's MSH names the one.
 *
 * Made from a set of feeds, in the set's arena; never changed after that. No sockets here. */
#ifndef FEED_ROSTER_H
#define FEED_ROSTER_H

#include "net/mllp_server.h"
#include "pipeline/inbound.h"

/* One feed and who it is on the wire. */
struct feed_entry {
    struct pipeline_feed feed;
    const struct slice *fingerprints; /* SHA-256 of its certificates, 64 lower hex digits: one, or
                                         several while a sender changes over */
    size_t fingerprint_count;
    struct mllp_link_limits limits;
    unsigned max_connections; /* of this feed, in this process; 0: no limit of its own */
};

/* A set of feeds in an arena of its own, which the set frees with itself. */
struct feed_set {
    struct arena *arena;
    const struct feed_entry *entries;
    size_t count;
    unsigned max_connections; /* of all feeds together, in this process; 0: 1024 */
};

#define FEED_FINGERPRINT_SIZE 64

/* The feeds of one certificate, in the order of the set; never NULL in `entry`. */
struct feed_candidate {
    const struct feed_entry *entry;
    const struct feed_candidate *next;
};

struct feed_roster;

const struct feed_roster *feed_roster_new(const struct feed_set *set);
/* NULL where the certificate is no feed's. */
const struct feed_candidate *feed_roster_find(const struct feed_roster *roster,
                                              struct slice fingerprint);
/* The one whose allowed senders hold the frame's MSH-3/MSH-4 (of its first MSH, in a batch), or
 * the only one there is, whatever the frame says; NULL where none does. */
const struct feed_entry *feed_candidate_find(const struct feed_candidate *candidates,
                                             struct slice frame);
/* The same for a message that wants its answer: the first where none is found, whose header rules
 * then refuse it. */
const struct feed_entry *feed_candidate_choose(const struct feed_candidate *candidates,
                                               struct slice frame);
/* The limits of a connection on which any of them may come: of one feed its own, of several the
 * widest. The feed's own size is judged again when its frame is there. */
struct mllp_link_limits feed_candidate_limits(const struct feed_candidate *candidates);

#endif
