/* guide: how much of HL7's V2-to-FHIR guide the rules hold.
 *
 * `v2-to-fhir/COVERAGE.csv` says of each row of the guide what became of it, COVERAGE-MAPS.csv
 * counts them for each map (scripts/import-guide.mjs writes both). Here they are counted again and
 * held against the rules that are loaded: a row that is said to be taken must be named by the
 * `guide=` of the rule it says, a row that is not must have a reason, and a rule may name no row
 * that the table has not. Neither table is read by a running engine. */
#ifndef MAPPING_GUIDE_H
#define MAPPING_GUIDE_H

#include "base/csv.h"
#include "mapping/program.h"

/* What became of a row that maps something. */
enum mapping_guide_state {
    MAPPING_GUIDE_TAKEN,
    MAPPING_GUIDE_SAID_OTHERWISE, /* deliberately different */
    MAPPING_GUIDE_LEFT_OUT,
    MAPPING_GUIDE_NOT_COMPUTABLE,
    MAPPING_GUIDE_STATE_COUNT
};
/* As the tables write it: "taken", "said otherwise". */
extern const struct slice MAPPING_GUIDE_STATES[MAPPING_GUIDE_STATE_COUNT];

/* One map of the guide. Of a code map the rows are its pairs of codes. */
struct mapping_guide_map {
    struct slice kind; /* "messages", "segments", "datatypes" or "codes" */
    struct slice name; /* "PID[Patient]" */
    size_t rows;       /* that map something */
    size_t counts[MAPPING_GUIDE_STATE_COUNT];
    struct slice reason; /* of a whole map that is not taken; may be empty */
};

struct mapping_guide {
    struct mapping_guide_map *maps;
    size_t map_count;
    struct mapping_guide_map all; /* the sum; kind and name are empty */
};

/* Of all rows that map something at most so many in a hundred may be not computable. */
#define MAPPING_GUIDE_NOT_COMPUTABLE_LIMIT 5

/* `rows` is COVERAGE.csv, `maps` COVERAGE-MAPS.csv. -1 with an issue (file:line:column) for each
 * row that is not as the rules have it, and where more than the limit is not computable;
 * *ret_guide is filled in all the same. */
int mapping_guide_count(const struct mapping_rules *rules, const struct csv_table *rows,
                        const struct csv_table *maps, struct arena *arena,
                        struct mapping_guide *ret_guide, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
