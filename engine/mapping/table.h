/* table: code tables (CSV) and code sets.
 *
 * Columns: `code` what is sent, `code_system` (empty: any), `concept`; `target_code`,
 * `target_system`, `target_display` the answer; `both` is yes where the row serves both ways (what
 * is sent to others, too); `site` limits a row to one site; `code_display`, `equivalence`, `guide`,
 * `who`, `when`, `why` and other words of a list are for people; each other column is a FHIR path
 * for `fill`. `{n}` in a code stands for one number.
 *
 * Rows of a site's table stand in front of the base's. A site has tables of its own only where it
 * has rows of its own; all others are the base's. Internal to the room. */
#ifndef MAPPING_TABLE_H
#define MAPPING_TABLE_H

#include "base/csv.h"
#include "base/map.h"
#include "mapping/text_pool.h"

struct code_row {
    struct slice code;
    struct slice code_system;
    struct slice target_code;
    struct slice target_system;
    struct slice target_display;
    bool both;             /* `both` is yes: the row serves both ways */
    struct slice *cells;   /* one for each fill column of the table */
    uint32_t number;       /* among all rows of the program */
    struct code_row *next; /* the next row of the same code, or the next pattern */
};

struct code_table {
    struct slice name;
    struct map rows;           /* code to struct code_row, chained */
    struct code_row *patterns; /* rows with {n} */
    struct code_row *last_pattern;
    struct slice *columns; /* fill columns: FHIR paths */
    struct issue_place *column_places;
    size_t column_count;
};

/* A set for `in codes('x')`. */
struct code_set {
    struct slice name;
    struct map rows;             /* code to struct code_row (copies), chained */
    struct code_row *patterns;   /* copies of rows with {n} */
    const struct code_set *base; /* of a site: what the base has, too; or NULL */
    bool is_table;               /* it is the table of that name: no row says that concept */
};

/* Where a row stands, by its number. */
struct code_row_place {
    const struct code_table *table;
    struct slice file;
    unsigned line;
};

struct code_tables {
    struct arena *arena;
    struct text_pool *kept;         /* of the texts, where files go before the tables do; or NULL */
    struct slice site;              /* rows of other sites are left out */
    struct map tables;              /* name to struct code_table */
    struct map sets;                /* concept to struct code_set */
    const struct code_tables *base; /* of a site: whose tables it shares; or NULL */
    struct code_row_place *rows;    /* its own, by number from first_row on */
    uint32_t first_row;
    size_t row_count;
    size_t row_capacity;
};

/* The names of all columns that are no FHIR path. */
const struct slice *code_table_columns(size_t *ret_count);
void code_tables_init(struct code_tables *tables, struct slice site, struct arena *arena);
/* The tables are to share those of the base, which has to live as long. Before any is added. */
void code_tables_share(struct code_tables *tables, const struct code_tables *base);
/* The base's table of that name, as it is. */
void code_tables_take(struct code_tables *tables, struct slice name);
/* Room for that many more rows at once. */
void code_tables_reserve(struct code_tables *tables, size_t more);
/* Adds the rows of a CSV to the table `name`, behind those it has. */
void code_tables_add(struct code_tables *tables, struct slice name, const struct csv_table *csv);

const struct code_table *code_tables_get(const struct code_tables *tables, struct slice name);
/* Where the row of that number stands; NULL where there is none. */
const struct code_row_place *code_tables_place(const struct code_tables *tables, uint32_t number);
/* Whether some row is meant for that site alone. */
bool code_table_names_site(const struct csv_table *csv, struct slice site);
/* Whether the table or set of that name is not the base's. */
bool code_tables_differ(const struct code_tables *tables, struct slice name);
/* The set of that concept, else the table of that name as a set; NULL where there is neither. */
const struct code_set *code_tables_set(struct code_tables *tables, struct slice name);

/* True for a column that is a FHIR path: none of the words that tables know. */
bool code_table_is_path(struct slice column);

/* What a table says of a code. */
struct code_match {
    const struct code_row *row; /* NULL: it does not know the code */
    struct slice number;        /* what {n} stood for */
};
/* `system` is as the message has it; empty matches rows of any system. */
struct code_match code_table_find(const struct code_table *table, struct slice code,
                                  struct slice system);
/* "Q{n}H" against "Q6H": the digits, or no match. */
bool code_pattern_fits(struct slice pattern, struct slice code, struct slice *ret_number);
/* An answer of the row with {n} filled in. */
struct slice code_match_answer(const struct code_match *match, struct slice answer,
                               struct arena *arena);
bool code_set_has(const struct code_set *set, struct slice code, struct slice system);

#endif
