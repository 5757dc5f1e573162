/* audit_check: does a chain hold, and if not, what was done to it? Pure.
 *
 * Rows are given in the order of their places. While each stands on the one before it nothing is
 * looked at twice; at the first that does not, the rows from there on are compared with each other
 * to say what happened:
 *
 *   deleted    a place is empty, or the rows behind it fit when they are counted on
 *   inserted   a row that the others do not know of: the row that belongs there stands behind it
 *   reordered  the row that belongs there stands elsewhere, and so does this one
 *   changed    the row that belongs there is nowhere
 *   cut off    the chain ends before the place that a seal, or the next chain, knows of
 *
 * A row that was changed together with its hash fits, and the next one does not: it is the next one
 * that is named then, and the words say so. A chain that was written anew as a whole holds by
 * itself: it is named at the first place where a seal knows another hash. */
#ifndef PIPELINE_AUDIT_CHECK_H
#define PIPELINE_AUDIT_CHECK_H

#include "pipeline/audit.h"

enum pipeline_audit_fault {
    PIPELINE_AUDIT_WHOLE,
    PIPELINE_AUDIT_CHANGED,
    PIPELINE_AUDIT_DELETED,
    PIPELINE_AUDIT_INSERTED,
    PIPELINE_AUDIT_REORDERED,
    PIPELINE_AUDIT_CUT_OFF
};
/* "changed", "cut off"; "whole". */
const char *pipeline_audit_fault_name(enum pipeline_audit_fault fault);

struct pipeline_audit_verdict {
    enum pipeline_audit_fault fault;
    int64_t place;     /* of the first bad row; of what is missing where it is missing */
    const char *words; /* what is wrong with it */
};

/* What is known of a chain from elsewhere: the hash of the row at a place. */
struct pipeline_audit_point {
    int64_t chain, place;
    unsigned char hash[DIGEST_SHA256_SIZE];
};

/* How far a chain was looked at. */
struct pipeline_audit_check {
    struct pipeline_audit_chain head;
    unsigned char before[DIGEST_SHA256_SIZE];  /* the hash under the last row */
    const struct pipeline_audit_point *points; /* of this chain, by place */
    size_t point_count, next_point;
};

/* `head` is as pipeline_audit_begin gave it. The points must live as long. */
void pipeline_audit_check_begin(struct pipeline_audit_check *check,
                                const struct pipeline_audit_chain *head,
                                const struct pipeline_audit_point *points, size_t count);
/* Rows that follow those before. Returns how many of them hold; where that is not all, the next one
 * is bad: pipeline_audit_check_judge says how. */
size_t pipeline_audit_check_rows(struct pipeline_audit_check *check,
                                 const struct pipeline_audit_row *rows, size_t count);
/* `rows` begin with the bad one; the more there are, the surer the word. */
void pipeline_audit_check_judge(const struct pipeline_audit_check *check,
                                const struct pipeline_audit_row *rows, size_t count,
                                struct pipeline_audit_verdict *ret_verdict);
/* There are no more rows: whether there should be. */
void pipeline_audit_check_end(const struct pipeline_audit_check *check,
                              struct pipeline_audit_verdict *ret_verdict);

#endif
