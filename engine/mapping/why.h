/* why: where a value came from.
 *
 * Works on a result that was made with context.trace: who stored a message without its trace runs
 * mapping_to_fhir again under the stored revision, time and feed, which gives the same result. */
#ifndef MAPPING_WHY_H
#define MAPPING_WHY_H

#include "mapping/to_fhir.h"

struct mapping_why {
    const struct json *node; /* the value */
    struct slice path;       /* "valueQuantity.value" */
    struct slice value; /* as the resource has it; patient data: the caller decides who sees it */
    enum mapping_trace_kind kind;
    struct slice segment; /* for MAPPING_TRACE_FIELD */
    unsigned sequence, field, repetition;
    struct slice raw; /* the bytes in the frame */
    uint32_t start, length;
    struct mapping_rule_facts rule;
    struct mapping_row_facts row; /* table empty where there was none */
};

/* The sources of every value at or below `path` ("name[0].family", "valueQuantity"; a list without
 * a number means all its entries, a primitive also what stands in its extensions; empty:
 * everything) of resource number `resource`. Returns how
 * many; 0 where nothing is there. */
size_t mapping_why_list(const struct mapping_result *result, uint32_t resource, struct slice path,
                        struct arena *arena, struct mapping_why **ret_list);
/* Index of the resource "Observation/abc...", or MAPPING_NO_RESOURCE. */
uint32_t mapping_why_resource(const struct mapping_result *result, struct slice type,
                              struct slice id);

#endif
