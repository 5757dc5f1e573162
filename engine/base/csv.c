/* csv: see csv.h. The grammar (RFC 4180 2), one row at a time:
 *
 *   row    = cell *(separator cell) end
 *   cell   = quoted / plain
 *   quoted = DQUOTE *(any but DQUOTE / DQUOTE DQUOTE) DQUOTE     (CSV_COMMA only)
 *   plain  = *any but separator, CR LF, LF                       (a quote inside is an error)
 *   end    = CRLF / LF / end of text                                                          */
#include "base/csv.h"

#include "base/utf8.h"

#include <string.h>

struct reader {
    struct csv_table *table;
    struct issue_list *issues;
    struct arena *arena;
    struct slice text;
    size_t at;
    size_t line_start; /* index of the first byte of the line `at` is in */
    unsigned line;
    bool quotes;
    char separator;
};

/* One row while it is read; used again for each. */
struct row {
    struct slice *cells;
    struct csv_spot *spots;
    size_t count;
    size_t capacity;
};

static int fail(struct reader *reader, unsigned line, size_t at, const char *words)
{
    size_t start = reader->line_start;
    unsigned column = at >= start ? (unsigned)(at - start + 1) : 1;
    issue_report(reader->issues, ISSUE_SYNTAX, ISSUE_ERROR,
                 issue_place_file(reader->table->file, line, column), "%s", words);
    return -1;
}

static bool at_end_of_line(const struct reader *reader)
{
    struct slice rest = slice_after(reader->text, reader->at);
    return rest.len == 0 || rest.ptr[0] == '\n' || slice_starts_with(rest, SLICE("\r\n"));
}

static void next_line(struct reader *reader)
{
    size_t rest = slice_find_byte(slice_after(reader->text, reader->at), '\n');
    reader->at += rest < reader->text.len - reader->at ? rest + 1 : rest;
    reader->line_start = reader->at;
    reader->line++;
}

static void skip_comments_and_empty_lines(struct reader *reader)
{
    while (reader->at < reader->text.len &&
           (reader->text.ptr[reader->at] == '#' || at_end_of_line(reader)))
        next_line(reader);
}

/* What stands between the quotes with "" as ". */
static struct slice unquote(struct arena *arena, struct slice inside)
{
    if (slice_find_byte(inside, '"') == inside.len)
        return inside;
    char *text = arena_alloc(arena, inside.len);
    size_t len = 0;
    for (size_t i = 0; i < inside.len; i++) {
        text[len++] = inside.ptr[i];
        if (inside.ptr[i] == '"')
            i++;
    }
    return (struct slice){text, len};
}

static int read_quoted(struct reader *reader, struct slice *ret_cell)
{
    size_t opening = reader->at;
    unsigned opening_line = reader->line;
    size_t opening_line_start = reader->line_start;
    for (reader->at++; reader->at < reader->text.len; reader->at++) {
        char byte = reader->text.ptr[reader->at];
        if (byte == '\n') {
            reader->line++;
            reader->line_start = reader->at + 1;
        }
        if (byte != '"')
            continue;
        struct slice behind = slice_after(reader->text, reader->at + 1);
        if (!slice_starts_with(behind, SLICE("\""))) {
            struct slice inside = slice_part(reader->text, opening + 1, reader->at - opening - 1);
            *ret_cell = unquote(reader->arena, inside);
            reader->at++;
            return 0;
        }
        reader->at++;
    }
    reader->line_start = opening_line_start;
    return fail(reader, opening_line, opening, "quoted cell does not end");
}

static int read_plain(struct reader *reader, struct slice *ret_cell)
{
    size_t from = reader->at;
    for (; !at_end_of_line(reader); reader->at++) {
        char byte = reader->text.ptr[reader->at];
        if (byte == reader->separator)
            break;
        if (byte == '"' && reader->quotes)
            return fail(reader, reader->line, reader->at, "quote inside a cell without quotes");
    }
    *ret_cell = slice_part(reader->text, from, reader->at - from);
    return 0;
}

static void add_cell(struct reader *reader, struct row *row, struct slice cell,
                     struct csv_spot spot)
{
    if (row->count == row->capacity) {
        size_t old = row->capacity;
        size_t new = old ? 2 * old : 16;
        row->cells = arena_grow(reader->arena, row->cells, old * sizeof(*row->cells),
                                new * sizeof(*row->cells));
        row->spots = arena_grow(reader->arena, row->spots, old * sizeof(*row->spots),
                                new * sizeof(*row->spots));
        row->capacity = new;
    }
    row->cells[row->count] = cell;
    row->spots[row->count++] = spot;
}

static int read_row(struct reader *reader, struct row *row)
{
    row->count = 0;
    for (;;) {
        struct slice rest = slice_after(reader->text, reader->at);
        struct csv_spot spot = {reader->line, (unsigned)(reader->at - reader->line_start + 1)};
        bool quoted = reader->quotes && slice_starts_with(rest, SLICE("\""));
        struct slice cell = {0};
        if ((quoted ? read_quoted(reader, &cell) : read_plain(reader, &cell)) != 0)
            return -1;
        add_cell(reader, row, cell, spot);
        if (at_end_of_line(reader))
            break;
        if (reader->text.ptr[reader->at] != reader->separator)
            return fail(reader, reader->line, reader->at, "text behind a closing quote");
        reader->at++;
    }
    next_line(reader);
    return 0;
}

static struct issue_place place_of(const struct csv_table *table, struct csv_spot spot)
{
    return issue_place_file(table->file, spot.line, spot.column);
}

static int take_head(struct reader *reader, const struct row *row)
{
    struct csv_table *table = reader->table;
    table->head_line = row->spots[0].line;
    table->column_count = row->count;
    table->columns = ARENA_ARRAY(reader->arena, row->count, struct slice);
    for (size_t i = 0; i < row->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (!slice_equal(table->columns[k], row->cells[i]))
                continue;
            issue_report(reader->issues, ISSUE_SYNTAX, ISSUE_ERROR, place_of(table, row->spots[i]),
                         "two columns of one name");
            return -1;
        }
        table->columns[i] = row->cells[i];
    }
    return 0;
}

static int take_row(struct reader *reader, const struct row *row)
{
    struct csv_table *table = reader->table;
    size_t width = table->column_count;
    if (row->count != width) {
        issue_report(reader->issues, ISSUE_SYNTAX, ISSUE_ERROR,
                     place_of(table, row->spots[row->count - 1]),
                     "row has %zu cells, the head has %zu", row->count, width);
        return -1;
    }
    size_t first = table->row_count++ * width;
    memcpy(table->cells + first, row->cells, width * sizeof(*row->cells));
    memcpy(table->spots + first, row->spots, width * sizeof(*row->spots));
    return 0;
}

/* Room for all rows at once: tables stay as long as their arena does, and an array that grows
 * leaves its smaller selves behind. No row is without a line of its own. */
static void make_room(struct reader *reader)
{
    struct csv_table *table = reader->table;
    size_t lines = 1;
    for (size_t i = reader->at; i < reader->text.len; i++)
        lines += reader->text.ptr[i] == '\n';
    table->cells = ARENA_ARRAY(reader->arena, lines * table->column_count, struct slice);
    table->spots = ARENA_ARRAY(reader->arena, lines * table->column_count, struct csv_spot);
}

/* Every wrong row is reported; after a wrong quote nothing behind it could be trusted. */
static int read_rows(struct reader *reader)
{
    struct row row = {0};
    int result = 0;
    skip_comments_and_empty_lines(reader);
    if (reader->at == reader->text.len)
        return fail(reader, reader->line, reader->at, "table has no head row");
    if (read_row(reader, &row) != 0 || take_head(reader, &row) != 0)
        return -1;
    make_room(reader);
    for (skip_comments_and_empty_lines(reader); reader->at < reader->text.len;
         skip_comments_and_empty_lines(reader)) {
        if (read_row(reader, &row) != 0)
            return -1;
        if (take_row(reader, &row) != 0)
            result = -1;
        if (arena_exceeded(reader->arena))
            return fail(reader, reader->line, reader->at, "table is too large");
    }
    return result;
}

static int check_utf8(struct reader *reader)
{
    size_t wrong = utf8_check(reader->text);
    if (wrong == reader->text.len)
        return 0;
    while (slice_find_byte(slice_after(reader->text, reader->at), '\n') < wrong - reader->at)
        next_line(reader);
    return fail(reader, reader->line, wrong, "text is not valid UTF-8");
}

int csv_parse(struct slice file, struct slice text, enum csv_form form, struct arena *arena,
              struct csv_table *ret_table, struct issue_list *issues)
{
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
        text = slice_after(text, 3);
    struct csv_table table = {.file = file};
    struct reader reader = {.table = &table,
                            .issues = issues,
                            .arena = arena,
                            .text = text,
                            .line = 1,
                            .quotes = form == CSV_COMMA,
                            .separator = form == CSV_COMMA ? ',' : '\t'};
    if (check_utf8(&reader) != 0 || read_rows(&reader) != 0)
        return -1;
    *ret_table = table;
    return 0;
}

size_t csv_column(const struct csv_table *table, const char *name)
{
    size_t column = 0;
    while (column < table->column_count && !slice_equal(table->columns[column], slice_of(name)))
        column++;
    return column;
}

struct slice csv_cell(const struct csv_table *table, size_t row, size_t column)
{
    if (row >= table->row_count || column >= table->column_count)
        return SLICE("");
    return table->cells[row * table->column_count + column];
}

struct issue_place csv_place(const struct csv_table *table, size_t row, size_t column)
{
    if (row >= table->row_count)
        return issue_place_file(table->file, table->head_line, 0);
    const struct csv_spot *spots = table->spots + row * table->column_count;
    if (column >= table->column_count)
        return issue_place_file(table->file, spots[0].line, 0);
    return place_of(table, spots[column]);
}
