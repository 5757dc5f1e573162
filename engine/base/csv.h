/* csv: tables in files (RFC 4180): comma or tab separated, a head row, quotes doubled inside
 * quotes.
 *
 * Reads the whole table into an arena; cells are slices into the text where nothing had to be
 * unquoted. Each cell knows its line and column, so that a wrong one can be pointed at. UTF-8; a
 * byte order mark is skipped; lines end with LF or CRLF; lines that begin with # and empty lines
 * are skipped (they still count as lines). */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/issue.h"

/* Where a cell begins: line and byte column, from 1. */
struct csv_spot {
    unsigned line, column;
};

struct csv_table {
    struct slice file; /* as given, for issues */
    size_t column_count;
    struct slice *columns; /* the head row */
    unsigned head_line;
    size_t row_count;
    struct slice *cells;    /* row_count * column_count, in order */
    struct csv_spot *spots; /* of each cell, in the same order */
};

/* Quoting: CSV_COMMA knows quotes; CSV_TAB has none (a cell is what stands between tabs). */
enum csv_form { CSV_COMMA, CSV_TAB };

/* -1 with issues (file:line:column) for a row with another number of cells than the head, a quote
 * that does not end, invalid UTF-8, two columns of one name. `file` names the table in issues. */
int csv_parse(struct slice file, struct slice text, enum csv_form form, struct arena *arena,
              struct csv_table *ret_table, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Column number of a name, or column_count where there is none. */
size_t csv_column(const struct csv_table *table, const char *name);
/* Cell at row (from 0) and column (from 0); empty where the column is column_count. */
struct slice csv_cell(const struct csv_table *table, size_t row, size_t column);
/* Place of that cell. */
struct issue_place csv_place(const struct csv_table *table, size_t row, size_t column);

#endif
