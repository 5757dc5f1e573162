/* audit_limit: how many refusals are noted. Pure, in memory of one process.
 *
 * Every refusal is worth a row, and a stranger who is refused a thousand times a second must not
 * fill the disk: of one address at most 20 are noted a minute, of all together 600. What is passed
 * over is counted, and said by the next row that is noted. Addresses share 1,024 places by hash:
 * two that meet share their 20. */
#ifndef PIPELINE_AUDIT_LIMIT_H
#define PIPELINE_AUDIT_LIMIT_H

#include "base/slice.h"
#include "base/time.h"

#define PIPELINE_AUDIT_OF_ADDRESS 20
#define PIPELINE_AUDIT_OF_ALL 600
#define PIPELINE_AUDIT_PLACES 1024

struct pipeline_audit_count {
    instant since; /* when the minute at hand began; 0: never */
    unsigned count;
};

/* All zero at first. */
struct pipeline_audit_limit {
    struct pipeline_audit_count all, places[PIPELINE_AUDIT_PLACES];
    size_t passed_over; /* since the last one that was noted */
};

/* Whether this one is noted; then *ret_passed_over says how many before it were not. `now` is
 * time_monotonic. */
bool pipeline_audit_limit_take(struct pipeline_audit_limit *limit, struct slice address,
                               instant now, size_t *ret_passed_over);

#endif
