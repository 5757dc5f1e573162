/* concept_map, inside: what export and import share. */
#ifndef MAPPING_CONCEPT_MAP_INTERNAL_H
#define MAPPING_CONCEPT_MAP_INTERNAL_H

#include "base/csv.h"
#include "fhir/primitive.h"
#include "mapping/concept_map.h"

#define CONCEPT_COLUMN "urn:painbridge:column:"
#define CONCEPT_COLUMNS SLICE("urn:painbridge:table:columns")
#define CONCEPT_COMMENT SLICE("urn:painbridge:table:comment")
#define CONCEPT_SYSTEM SLICE("urn:painbridge:table:code-system")
#define CONCEPT_TEXT SLICE("urn:painbridge:table:text")

/* Where the cells of a column stand in a ConceptMap. */
enum concept_role {
    CONCEPT_CODE,
    CONCEPT_CODE_SYSTEM,
    CONCEPT_CODE_DISPLAY,
    CONCEPT_TARGET_CODE,
    CONCEPT_TARGET_SYSTEM,
    CONCEPT_TARGET_DISPLAY,
    CONCEPT_EQUIVALENCE,
    CONCEPT_WHY,
    CONCEPT_SINGLE_COUNT, /* those above are one column each */
    CONCEPT_NOTE = CONCEPT_SINGLE_COUNT,
    CONCEPT_PRODUCT
};
enum concept_role concept_role_of(struct slice column);

/* A CSV with the # lines that csv_parse passes over. */
struct concept_csv {
    struct csv_table csv;
    struct slice head;    /* lines before the head row, without the #, joined with LF; or empty */
    struct slice *before; /* the same before each row; the last one is behind all rows */
    size_t of[CONCEPT_SINGLE_COUNT]; /* columns; column_count where there is none */
};
/* -1 with issues, also where no column has the codes. */
int concept_csv_read(struct slice file, struct slice text, struct arena *arena,
                     struct concept_csv *ret_csv, struct issue_list *issues);
struct slice concept_csv_cell(const struct concept_csv *csv, size_t row, enum concept_role role);

/* How many rows have this key; for what stands once. */
struct slice concept_key(struct slice a, struct slice b, struct arena *arena);
/* The equivalence of each row of a table, where the row says none: by code and code system, and by
 * answer and its system, all of `count`. */
struct concept_pair {
    struct slice code, system, target, target_system;
};
const char **concept_equivalences(const struct concept_pair *pairs, size_t count,
                                  struct arena *arena);

/* What the codes of a code system are called as a URI, by the site's and the shipped table
 * `systems`, else a URN of our own; and back, empty where it has no name. */
struct slice concept_system_uri(const struct concept_map_tables *tables, struct slice site,
                                struct slice system, struct arena *arena);
struct slice concept_system_name(const struct concept_map_tables *tables, struct slice site,
                                 struct slice uri, struct arena *arena);

#endif
