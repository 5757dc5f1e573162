/* door_revision: what a door worker holds between a reload and the next: its feeds and its
 * certificates.
 *
 * A revision is built from an instance's files on a work thread, checked whole, and then taken by
 * the loop between two messages; connections stay. What is broken is never taken, nor is what could
 * not be kept for those who ask later why (cli/revision.h). */
#ifndef CLI_DOOR_REVISION_H
#define CLI_DOOR_REVISION_H

#include "cli/knowledge.h"
#include "feed/listener.h"
#include "pipeline/query_tables.h"

/* When something ends that nobody should find out by it. */
struct door_expiry {
    struct slice name; /* "server", "feed NAME": the label of the metric */
    instant when;
};

struct door_revision {
    struct feed_set feeds;           /* its arena holds mappings, programs, zones and all texts */
    struct slice mapping;            /* hash of the shipped mappings and all sites, hex */
    struct pipeline_tables tables;   /* as ConceptMaps, in the same arena */
    const struct match_table *match; /* who is the same person, in the same arena */
    struct door_expiry *expiries;    /* in the same arena */
    size_t expiry_count;
    struct tls_context *mllp; /* mutual */
    struct tls_context *https;
};

/* Builds it. -1 with every fault of every file. `knowledge` must outlive it. */
int door_revision_build(const struct knowledge *knowledge, const struct instance *instance,
                        struct door_revision **ret_revision, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Frees what is still in it: `feeds.arena`, contexts; set to NULL what was taken. NULL is well. */
void door_revision_free(struct door_revision *revision);

#endif
