/* query_tables: looks at the code tables of the mappings in force, as FHIR ConceptMaps.
 *
 * They are files and not in the store, so no look waits for it; all else is as with any other look:
 * it is asked of pipeline/query and noted in the audit, and done() comes later. A table is
 * nobody's, so who is bound to a patient sees none. */
#ifndef PIPELINE_QUERY_TABLES_H
#define PIPELINE_QUERY_TABLES_H

#include "base/slice.h"

/* One table as it is answered. */
struct pipeline_table {
    struct slice id, url, name, title; /* mapping/concept_map.h */
    struct slice body;                 /* the ConceptMap's text */
};

struct pipeline_tables {
    const struct pipeline_table *items;
    size_t count;
};

enum pipeline_table_field {
    PIPELINE_TABLE_ID,   /* equal */
    PIPELINE_TABLE_URL,  /* equal */
    PIPELINE_TABLE_NAME, /* begins with it; case does not count (FHIR R4 search.html#string) */
    PIPELINE_TABLE_TITLE /* the same */
};

struct pipeline_table_criterion {
    enum pipeline_table_field field;
    struct slice value; /* alternatives with a comma between */
};

/* Which tables: all criteria must hold. The answer gives `limit` of the question, behind the first
 * `skip` that fit. */
struct pipeline_table_search {
    struct pipeline_table_criterion *criteria;
    size_t count;
    uint64_t skip;
};

struct pipeline_question;
/* Fills found, has_more and total of the question; bodies are copied into its arena. */
void pipeline_tables_answer(const struct pipeline_tables *tables,
                            struct pipeline_question *question);

#endif
