/* code_row: one row more at the end of a code table's text. What stands there stays byte for byte.
 */
#ifndef CLI_CODE_ROW_H
#define CLI_CODE_ROW_H

#include "base/issue.h"

struct code_row_cell {
    const char *column;
    struct slice value;
};

/* The table's text with the row; `table` is what `file` holds, empty where there is none yet: then
 * the columns of the cells become the head row, in their order. -1 with issues where the table
 * cannot be read, lacks the column of a value that is not empty, or has a row of this `code` and
 * `code_system` already. */
int code_row_add(struct slice file, struct slice table, const struct code_row_cell *cells,
                 size_t count, struct arena *arena, struct slice *ret_text,
                 struct issue_list *issues) __attribute__((warn_unused_result));

/* The value of a column that all rows of a table share, those with an empty one left out; empty
 * where they differ, or where there is no such column. With `key_column` only rows count that have
 * `key` there. */
struct slice code_row_common(struct slice table, const char *column, const char *key_column,
                             struct slice key, struct arena *arena);

#endif
