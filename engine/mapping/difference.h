/* difference: what two sets of rules make of the same messages.
 *
 * Two results of one message are compared resource by resource: the same resource is one with a key
 * in common. Members are compared by name, entries of a list by what they are (an entry that is
 * equal elsewhere in the list is no difference, the rest is compared in order). A difference is
 * counted by its element, a path without numbers: "Observation.valueQuantity.unit"; a whole
 * resource that is only on one side counts as itself: "Observation".
 *
 * Values are patient data. They are kept with the examples only where the caller asks for it. */
#ifndef MAPPING_DIFFERENCE_H
#define MAPPING_DIFFERENCE_H

#include "base/map.h"
#include "mapping/to_fhir.h"

enum mapping_difference_kind {
    MAPPING_DIFFERENCE_ADDED,
    MAPPING_DIFFERENCE_REMOVED,
    MAPPING_DIFFERENCE_CHANGED,
    MAPPING_DIFFERENCE_KIND_COUNT
};

struct mapping_difference_example {
    enum mapping_difference_kind kind;
    struct slice subject;       /* the message */
    struct slice resource;      /* "Observation/7f3k..." */
    struct slice path;          /* "component[1].valueQuantity.unit"; empty: the resource */
    struct slice before, after; /* empty where they are not kept */
};

#define MAPPING_DIFFERENCE_EXAMPLES 3

struct mapping_difference_row {
    struct slice element;
    size_t counts[MAPPING_DIFFERENCE_KIND_COUNT];
    size_t messages; /* that have it */
    struct mapping_difference_example examples[MAPPING_DIFFERENCE_EXAMPLES];
    size_t example_count;
};

/* What became of a message on one side. */
enum mapping_outcome {
    MAPPING_OUTCOME_TAKEN,
    MAPPING_OUTCOME_HELD, /* it waits for a mapping */
    MAPPING_OUTCOME_REFUSED,
    MAPPING_OUTCOME_COUNT
};

struct mapping_difference_side {
    enum mapping_outcome outcome;
    const struct mapping_result *result; /* where taken */
};

struct mapping_difference {
    struct arena *arena;
    bool keeps_values;
    struct map rows; /* element to struct mapping_difference_row */
    size_t counts[MAPPING_DIFFERENCE_KIND_COUNT];
    size_t messages;
    size_t same; /* both sides make the same */
    /* by what became of them before and after, and one message of each */
    size_t outcomes[MAPPING_OUTCOME_COUNT][MAPPING_OUTCOME_COUNT];
    struct slice examples[MAPPING_OUTCOME_COUNT][MAPPING_OUTCOME_COUNT];
};

void mapping_difference_init(struct mapping_difference *difference, bool keeps_values,
                             struct arena *arena);
/* Compares what became of one message. `subject` names it in examples; the arena is the message's.
 */
void mapping_difference_add(struct mapping_difference *difference, struct slice subject,
                            const struct mapping_difference_side *before,
                            const struct mapping_difference_side *after, struct arena *arena);
/* All rows by element. */
size_t mapping_difference_rows(const struct mapping_difference *difference,
                               const struct mapping_difference_row ***ret_rows);

#endif
