/* audit_verify: is the record of who did what whole? For `audit verify`, which waits for it; never
 * for a door.
 *
 * Every seal is read and its signature judged, then every chain row by row, page by page. What a
 * seal knows of a chain, and what the chain after it knows, must be so. Of each chain the first bad
 * row is named. An engine that goes on writing is no fault: the seals are read before the rows.
 *
 * Memory grows with the seals (48 bytes for each head in each), not with the rows. */
#ifndef PIPELINE_AUDIT_VERIFY_H
#define PIPELINE_AUDIT_VERIFY_H

#include "pipeline/audit_seal.h"

#define PIPELINE_AUDIT_NAMED 10 /* faults named at most */

struct pipeline_audit_finding {
    bool of_seal; /* `chain` is then the number of a seal */
    int64_t chain;
    struct slice name; /* of the chain, "door-1/commit" */
    struct pipeline_audit_verdict verdict;
};

struct pipeline_audit_report {
    int64_t chains, rows, seals;
    int64_t unsealed;    /* rows of whole chains behind the last seal that knows the chain */
    instant last_sealed; /* 0: never */
    struct pipeline_audit_finding *findings;
    size_t finding_count;
    int64_t broken; /* chains and seals; 0: whole */
};

/* -1 with an issue where the database could not be used. `read` judges a token (audit_seal.h). */
int pipeline_audit_verify(const struct store_settings *settings, pipeline_audit_read *read,
                          void *read_data, struct arena *arena,
                          struct pipeline_audit_report *ret_report, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
