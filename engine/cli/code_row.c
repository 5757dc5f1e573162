/* code_row: see the header. */
#include "cli/code_row.h"

#include "base/buffer.h"
#include "base/csv.h"

static struct slice cell_of(const struct code_row_cell *cells, size_t count, struct slice column)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(slice_of(cells[i].column), column)) {
            return cells[i].value;
        }
    }
    return (struct slice){NULL, 0};
}

static bool needs_quotes(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == ',' || c == '"' || c == '\r' || c == '\n' || c == '#') {
            return true;
        }
    }
    return value.len > 0 && (value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' ');
}

/* RFC 4180 2.6 and 2.7. */
static void append_cell(struct buffer *text, struct slice value, bool is_first)
{
    if (!is_first) {
        buffer_append_byte(text, ',');
    }
    if (!needs_quotes(value)) {
        buffer_append(text, value);
        return;
    }
    buffer_append_byte(text, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"') {
            buffer_append_byte(text, '"');
        }
        buffer_append_byte(text, value.ptr[i]);
    }
    buffer_append_byte(text, '"');
}

static int check_columns(const struct csv_table *table, const struct code_row_cell *cells,
                         size_t count, struct issue_list *issues)
{
    for (size_t i = 0; i < count; i++) {
        if (cells[i].value.len > 0 && csv_column(table, cells[i].column) == table->column_count) {
            issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                         issue_place_file(table->file, table->head_line, 1),
                         "the table has no column '%s' for what the row is to say",
                         cells[i].column);
            return -1;
        }
    }
    return 0;
}

static int check_code(const struct csv_table *table, const struct code_row_cell *cells,
                      size_t count, struct issue_list *issues)
{
    size_t code = csv_column(table, "code"), system = csv_column(table, "code_system");
    for (size_t row = 0; row < table->row_count; row++) {
        if (slice_equal(csv_cell(table, row, code), cell_of(cells, count, SLICE("code"))) &&
            slice_equal(csv_cell(table, row, system),
                        cell_of(cells, count, SLICE("code_system")))) {
            issue_report(issues, ISSUE_CONFLICT, ISSUE_ERROR, csv_place(table, row, code),
                         "the table has a row of this code already; 'held release' lets go on "
                         "what waits for it");
            return -1;
        }
    }
    return 0;
}

static void append_row(struct buffer *text, const struct csv_table *table,
                       const struct code_row_cell *cells, size_t count)
{
    for (size_t i = 0; i < table->column_count; i++) {
        append_cell(text, cell_of(cells, count, table->columns[i]), i == 0);
    }
    buffer_append_byte(text, '\n');
}

static struct slice head_of(const struct code_row_cell *cells, size_t count, struct arena *arena)
{
    struct slice head = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        head = arena_format(arena, "%.*s%s%s", SLICE_ARG(head), i > 0 ? "," : "", cells[i].column);
    }
    return arena_format(arena, "%.*s\n", SLICE_ARG(head));
}

int code_row_add(struct slice file, struct slice table, const struct code_row_cell *cells,
                 size_t count, struct arena *arena, struct slice *ret_text,
                 struct issue_list *issues)
{
    struct csv_table parsed;
    if (slice_trim(table).len == 0) {
        table = head_of(cells, count, arena);
    }
    if (csv_parse(file, table, CSV_COMMA, arena, &parsed, issues) != 0 ||
        check_columns(&parsed, cells, count, issues) != 0 ||
        check_code(&parsed, cells, count, issues) != 0) {
        return -1;
    }
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, table);
    if (table.ptr[table.len - 1] != '\n') {
        buffer_append_byte(&text, '\n');
    }
    append_row(&text, &parsed, cells, count);
    *ret_text = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return 0;
}

struct slice code_row_common(struct slice table, const char *column, const char *key_column,
                             struct slice key, struct arena *arena)
{
    const struct slice none = {NULL, 0};
    struct csv_table parsed;
    struct issue_list passed_over;
    struct slice common = none;
    issue_list_init(&passed_over, arena);
    if (csv_parse(SLICE("table"), table, CSV_COMMA, arena, &parsed, &passed_over) != 0) {
        return none;
    }
    size_t wanted = csv_column(&parsed, column);
    size_t named = key_column != NULL ? csv_column(&parsed, key_column) : parsed.column_count;
    for (size_t row = 0; row < parsed.row_count; row++) {
        struct slice value = csv_cell(&parsed, row, wanted);
        if (value.len == 0 ||
            (key_column != NULL && !slice_equal(csv_cell(&parsed, row, named), key))) {
            continue;
        }
        if (common.len > 0 && !slice_equal(common, value)) {
            return none;
        }
        common = value;
    }
    return common;
}
