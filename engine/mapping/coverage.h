/* coverage: what becomes of the values of many messages, counted by field and component.
 *
 * Each leaf (leaf.h) is counted once: seen is the sum of the states. A leaf arrives where a rule
 * wrote it, a key holds it or a condition hung on it; it is lost where it was read and not written
 * or was never read. What the engine obeys itself, what is suppressed with a reason, and what stood
 * in a message that cannot be translated (its sender was told so) is counted, and is neither.
 * Places and counts only: nothing of a patient. */
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

/* Messages that cannot be translated, by the first of what is wrong. */
struct mapping_coverage_refusal {
    struct slice cause; /* "required field missing, MSH-10" */
    size_t messages;
    struct slice example; /* "a.hl7: message 3" */
};

struct mapping_coverage {
    struct arena *arena;
    struct map by_place; /* key of a row to the row */
    struct map refusals; /* cause to struct mapping_coverage_refusal */
    struct mapping_coverage_counts all;
    size_t messages, refused;
    size_t held; /* translated, and waiting for a mapping; counted by who translates */
};

void mapping_coverage_init(struct mapping_coverage *coverage, struct arena *arena);
/* Counts the leaves of one message. `subject` names it in examples: "a.hl7: message 3". */
void mapping_coverage_add(struct mapping_coverage *coverage, struct slice subject,
                          const struct mapping_leaf *leaves, size_t count);
/* The same for one that cannot be translated, for the first error of the issues. */
void mapping_coverage_add_refused(struct mapping_coverage *coverage, struct slice subject,
                                  const struct issue_list *issues,
                                  const struct mapping_leaf *leaves, size_t count);

/* All rows, sorted by segment, field and component. */
size_t mapping_coverage_rows(const struct mapping_coverage *coverage,
                             const struct mapping_coverage_row ***ret_rows);
/* Those with leaves that are lost, most of them first. */
size_t mapping_coverage_lost_rows(const struct mapping_coverage *coverage,
                                  const struct mapping_coverage_row ***ret_rows);

size_t mapping_coverage_arrived(const struct mapping_coverage_counts *counts);
size_t mapping_coverage_lost(const struct mapping_coverage_counts *counts);
/* All refusals, the most frequent first. */
size_t mapping_coverage_refusals(const struct mapping_coverage *coverage,
                                 const struct mapping_coverage_refusal ***ret_refusals);
/* Of the leaves that arrive or are lost, the share that arrives; 1 where there are none. */
double mapping_coverage_share(const struct mapping_coverage_counts *counts);

#endif
