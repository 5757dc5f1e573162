/* coverage: what becomes of the values of many messages, counted by field and component.
 *
 * Each leaf (leaf.h) is counted once: seen is the sum of the states. A leaf arrives where a rule
 * wrote it, a key holds it or a condition hung on it; it is lost where it was read and not written,
 * was never read, or stood in a message that cannot be translated. What the engine obeys itself and
 * what is suppressed with a reason is counted, and is neither. Places and counts only: nothing of a
 * patient. */
#ifndef MAPPING_COVERAGE_H
#define MAPPING_COVERAGE_H

#include "base/map.h"
#include "mapping/leaf.h"

struct mapping_coverage_counts {
    size_t seen;
    size_t states[MAPPING_LEAF_STATE_COUNT];
};

/* One field, or component where the field has any. */
struct mapping_coverage_row {
    struct slice place;   /* "PID-3.4" */
    struct slice segment; /* what the rows are sorted by */
    unsigned field, component, subcomponent;
    struct mapping_coverage_counts counts;
    struct slice example; /* of one that is lost: "a.hl7: message 3, PID[1]-3[2].4"; or empty */
};

struct mapping_coverage {
    struct arena *arena;
    struct map by_place; /* key of a row to the row */
    struct mapping_coverage_counts all;
    size_t messages, refused;
};

void mapping_coverage_init(struct mapping_coverage *coverage, struct arena *arena);
/* Counts the leaves of one message. `subject` names it in examples: "a.hl7: message 3". */
void mapping_coverage_add(struct mapping_coverage *coverage, struct slice subject, bool is_refused,
                          const struct mapping_leaf *leaves, size_t count);

/* All rows, sorted by segment, field and component. */
size_t mapping_coverage_rows(const struct mapping_coverage *coverage,
                             const struct mapping_coverage_row ***ret_rows);
/* Those with leaves that are lost, most of them first. */
size_t mapping_coverage_lost_rows(const struct mapping_coverage *coverage,
                                  const struct mapping_coverage_row ***ret_rows);

size_t mapping_coverage_arrived(const struct mapping_coverage_counts *counts);
size_t mapping_coverage_lost(const struct mapping_coverage_counts *counts);
/* Of the leaves that arrive or are lost, the share that arrives; 1 where there are none. */
double mapping_coverage_share(const struct mapping_coverage_counts *counts);

#endif
