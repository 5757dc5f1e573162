/* verify: is the record whole? For `db verify`, which waits for it; never for a door.
 *
 * Every relation between the tables that the database itself does not hold is asked for, one
 * statement each, so that an engine that goes on writing is no fault. Every body, the earlier
 * versions too, is then read page by page and must be a resource of its row's type, id and version;
 * a current one must have the content that its row's hash was made from.
 *
 * Faults name tables and keys, never what stands in them. */
#ifndef PIPELINE_VERIFY_H
#define PIPELINE_VERIFY_H

#include "base/issue.h"
#include "base/time.h"

struct store_settings;

/* A row that is not as it should be. */
struct pipeline_verify_fault {
    struct slice table;
    struct slice key;   /* "Observation/7f3k...", "lab/65537" */
    struct slice fault; /* "has no place" */
};

struct pipeline_verify_count {
    struct slice table;
    int64_t rows;
};

/* What some messages were stored under. Whether its files are still kept is for the caller to find
 * out: they are no part of the database. */
struct pipeline_verify_revision {
    struct slice revision;
    int64_t messages;
    instant last; /* received */
};

#define PIPELINE_VERIFY_NAMED 10 /* faults named of each kind */

struct pipeline_verify_report {
    struct pipeline_verify_count *counts;
    size_t count_count;
    struct pipeline_verify_fault *faults; /* the first of each kind */
    size_t fault_count;
    struct pipeline_verify_revision *revisions;
    size_t revision_count;
    int64_t broken; /* faults in all; 0: the record is whole */
};

/* Reads the whole record with the role of the settings; everything of the report is in the arena.
 * Memory does not grow with the record. -1 with an issue where the database could not be used or
 * its schema does not fit. */
int pipeline_verify(const struct store_settings *settings, struct arena *arena,
                    struct pipeline_verify_report *ret_report, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
