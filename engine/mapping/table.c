/* table: code tables, hashed at load. */
#include "mapping/table.h"

/* Columns that this file reads, and those for people; any other is a FHIR path. */
static const struct slice COLUMNS[] = {
    SLICE_INIT("code"),          SLICE_INIT("code_system"),   SLICE_INIT("concept"),
    SLICE_INIT("target_code"),   SLICE_INIT("target_system"), SLICE_INIT("target_display"),
    SLICE_INIT("site"),          SLICE_INIT("local_code"),    SLICE_INIT("local_system"),
    SLICE_INIT("local_display"), SLICE_INIT("both"),          SLICE_INIT("code_display"),
    SLICE_INIT("text"),          SLICE_INIT("guide"),         SLICE_INIT("who"),
    SLICE_INIT("when"),          SLICE_INIT("why"),           SLICE_INIT("note"),
    SLICE_INIT("source"),        SLICE_INIT("equivalence"),
};
#define COLUMN_COUNT (sizeof(COLUMNS) / sizeof(COLUMNS[0]))

const struct slice *code_table_columns(size_t *ret_count)
{
    *ret_count = COLUMN_COUNT;
    return COLUMNS;
}

bool code_table_is_path(struct slice column)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (slice_equal(column, COLUMNS[i]))
            return false;
    return true;
}

void code_tables_init(struct code_tables *tables, struct slice site, struct arena *arena)
{
    *tables = (struct code_tables){.arena = arena, .site = site};
    map_init(&tables->tables, arena);
    map_init(&tables->sets, arena);
}

void code_tables_share(struct code_tables *tables, const struct code_tables *base)
{
    tables->base = base;
    tables->first_row = base->first_row + (uint32_t)base->row_count;
}

void code_tables_take(struct code_tables *tables, struct slice name)
{
    struct code_table *table = map_get(&tables->base->tables, name);
    if (table)
        map_put(&tables->tables, name, table);
}

static struct code_table *table_named(struct code_tables *tables, struct slice name)
{
    struct code_table *table = map_get(&tables->tables, name);
    if (table)
        return table;
    table = ARENA_NEW(tables->arena, struct code_table);
    table->name = text_pool_keep(tables->kept, name);
    map_init(&table->rows, tables->arena);
    map_put(&tables->tables, table->name, table);
    return table;
}

/* --- adding ------------------------------------------------------------------------------------*/

static size_t column_of(const struct code_tables *tables, struct code_table *table,
                        struct slice name, struct issue_place place)
{
    struct arena *arena = tables->arena;
    size_t count = table->column_count;
    for (size_t i = 0; i < count; i++)
        if (slice_equal(table->columns[i], name))
            return i;
    table->columns =
        arena_grow(arena, table->columns, count * sizeof(name), (count + 1) * sizeof(name));
    table->column_places =
        arena_grow(arena, table->column_places, count * sizeof(place), (count + 1) * sizeof(place));
    place.name = text_pool_keep(tables->kept, place.name);
    table->columns[count] = text_pool_keep(tables->kept, name);
    table->column_places[count] = place;
    return table->column_count++;
}

/* The first of two spellings of a column that the table has. */
static struct slice cell_of(const struct code_tables *tables, const struct csv_table *csv,
                            size_t row, const char *name, const char *other)
{
    struct slice cell = csv_cell(csv, row, csv_column(csv, name));
    if (cell.len == 0 && other)
        cell = csv_cell(csv, row, csv_column(csv, other));
    return text_pool_keep(tables->kept, cell);
}

static void append_chain(struct map *rows, struct slice code, struct code_row *row)
{
    struct code_row *first = map_get(rows, code);
    if (!first) {
        map_put(rows, code, row);
        return;
    }
    while (first->next)
        first = first->next;
    first->next = row;
}

static bool is_pattern(const struct code_row *row)
{
    return slice_find(row->code, SLICE("{n}")) < row->code.len;
}

static struct code_set *new_set(struct code_tables *tables, struct slice name)
{
    struct code_set *set = ARENA_NEW(tables->arena, struct code_set);
    set->name = name;
    map_init(&set->rows, tables->arena);
    map_put(&tables->sets, name, set);
    return set;
}

/* A row of the concept; what the base has of it counts, too. */
static struct code_set *set_of_concept(struct code_tables *tables, struct slice concept)
{
    struct code_set *set = map_get(&tables->sets, concept);
    if (set)
        return set;
    set = new_set(tables, concept);
    const struct code_set *base = tables->base ? map_get(&tables->base->sets, concept) : NULL;
    if (base && !base->is_table)
        set->base = base;
    return set;
}

static void add_to_set(const struct code_tables *tables, struct code_set *set,
                       const struct code_row *row)
{
    struct code_row *copy = ARENA_NEW(tables->arena, struct code_row);
    *copy = *row;
    copy->next = NULL;
    if (!is_pattern(row)) {
        append_chain(&set->rows, copy->code, copy);
        return;
    }
    copy->next = set->patterns;
    set->patterns = copy;
}

void code_tables_reserve(struct code_tables *tables, size_t more)
{
    size_t capacity = tables->row_count + more;
    tables->rows =
        arena_grow(tables->arena, tables->rows, tables->row_capacity * sizeof(*tables->rows),
                   capacity * sizeof(*tables->rows));
    tables->row_capacity = capacity;
}

static uint32_t number_row(struct code_tables *tables, const struct code_table *table,
                           const struct csv_table *csv, size_t row)
{
    if (tables->row_count == tables->row_capacity)
        code_tables_reserve(tables, tables->row_count ? tables->row_count : 256);
    tables->rows[tables->row_count] = (struct code_row_place){
        table, text_pool_keep(tables->kept, csv->file), csv_place(csv, row, 0).line};
    return tables->first_row + (uint32_t)tables->row_count++;
}

static void add_row(struct code_tables *tables, struct code_table *table,
                    const struct csv_table *csv, size_t number)
{
    struct slice site = cell_of(tables, csv, number, "site", NULL);
    if (site.len && !slice_equal(site, tables->site))
        return;
    struct code_row *row = ARENA_NEW(tables->arena, struct code_row);
    row->code = cell_of(tables, csv, number, "code", "local_code");
    row->code_system = cell_of(tables, csv, number, "code_system", "local_system");
    row->target_code = cell_of(tables, csv, number, "target_code", NULL);
    row->target_system = cell_of(tables, csv, number, "target_system", NULL);
    row->target_display = cell_of(tables, csv, number, "target_display", NULL);
    row->both = slice_equal(cell_of(tables, csv, number, "both", NULL), SLICE("yes"));
    row->number = number_row(tables, table, csv, number);
    row->cells = ARENA_ARRAY(tables->arena, table->column_count, struct slice);
    for (size_t i = 0; i < csv->column_count; i++) {
        if (!code_table_is_path(csv->columns[i]))
            continue;
        size_t column = column_of(tables, table, csv->columns[i], ISSUE_NOWHERE);
        row->cells[column] = text_pool_keep(tables->kept, csv_cell(csv, number, i));
    }
    struct slice concept = cell_of(tables, csv, number, "concept", NULL);
    if (concept.len)
        add_to_set(tables, set_of_concept(tables, concept), row);
    if (!is_pattern(row)) {
        append_chain(&table->rows, row->code, row);
        return;
    }
    *(table->last_pattern ? &table->last_pattern->next : &table->patterns) = row;
    table->last_pattern = row;
}

void code_tables_add(struct code_tables *tables, struct slice name, const struct csv_table *csv)
{
    struct code_table *table = table_named(tables, name);
    for (size_t i = 0; i < csv->column_count; i++)
        if (code_table_is_path(csv->columns[i]))
            column_of(tables, table, csv->columns[i],
                      issue_place_file(csv->file, csv->head_line, 1));
    map_reserve(&table->rows, csv->row_count);
    for (size_t row = 0; row < csv->row_count; row++)
        add_row(tables, table, csv, row);
}

/* --- asking ------------------------------------------------------------------------------------*/

const struct code_table *code_tables_get(const struct code_tables *tables, struct slice name)
{
    return map_get(&tables->tables, name);
}

const struct code_set *code_tables_set(struct code_tables *tables, struct slice name)
{
    const struct code_table *table = map_get(&tables->tables, name);
    struct code_set *set = map_get(&tables->sets, name);
    if (set)
        return set;
    const struct code_set *base = tables->base ? map_get(&tables->base->sets, name) : NULL;
    if (base && (!base->is_table || table == map_get(&tables->base->tables, name)))
        return base;
    if (!table)
        return NULL;
    set = new_set(tables, name);
    set->is_table = true;
    for (size_t i = 0; i < table->rows.count; i++)
        for (const struct code_row *row = table->rows.entries[i].value; row; row = row->next)
            add_to_set(tables, set, row);
    for (const struct code_row *row = table->patterns; row; row = row->next)
        add_to_set(tables, set, row);
    return set;
}

const struct code_row_place *code_tables_place(const struct code_tables *tables, uint32_t number)
{
    while (tables && number < tables->first_row)
        tables = tables->base;
    return tables && number - tables->first_row < tables->row_count
               ? &tables->rows[number - tables->first_row]
               : NULL;
}

bool code_table_names_site(const struct csv_table *csv, struct slice site)
{
    const size_t column = csv_column(csv, "site");
    for (size_t row = 0; row < csv->row_count && site.len; row++)
        if (slice_equal(csv_cell(csv, row, column), site))
            return true;
    return false;
}

bool code_tables_differ(const struct code_tables *tables, struct slice name)
{
    if (!tables->base)
        return true;
    const struct code_set *set = map_get(&tables->sets, name);
    return (set && !set->is_table) ||
           map_get(&tables->tables, name) != map_get(&tables->base->tables, name);
}

static bool system_fits(const struct code_row *row, struct slice system)
{
    return row->code_system.len == 0 || system.len == 0 || slice_equal(row->code_system, system);
}

/* "6" or "0.5", as {n} stands for one. */
static bool is_one_number(struct slice text)
{
    uint64_t value;
    size_t point = slice_find_byte(text, '.');
    return slice_to_uint64(slice_part(text, 0, point), UINT32_MAX, &value) &&
           (point == text.len || slice_to_uint64(slice_after(text, point + 1), UINT32_MAX, &value));
}

bool code_pattern_fits(struct slice pattern, struct slice code, struct slice *ret_number)
{
    /* Most fail at the first byte; a pattern may begin with its number. */
    if (code.len == 0 || (pattern.ptr[0] != '{' && pattern.ptr[0] != code.ptr[0]))
        return false;
    size_t before = slice_find(pattern, SLICE("{n}"));
    struct slice tail = slice_after(pattern, before + 3);
    if (code.len <= before + tail.len || !slice_starts_with(code, slice_part(pattern, 0, before)) ||
        !slice_ends_with(code, tail))
        return false;
    struct slice number = slice_part(code, before, code.len - before - tail.len);
    if (!is_one_number(number))
        return false;
    *ret_number = number;
    return true;
}

struct code_match code_table_find(const struct code_table *table, struct slice code,
                                  struct slice system)
{
    struct code_match match = {NULL, {NULL, 0}};
    for (const struct code_row *row = map_get(&table->rows, code); row; row = row->next)
        if (system_fits(row, system))
            return (struct code_match){row, {NULL, 0}};
    for (const struct code_row *row = table->patterns; row && !match.row; row = row->next)
        if (system_fits(row, system) && code_pattern_fits(row->code, code, &match.number))
            match.row = row;
    return match;
}

struct slice code_match_answer(const struct code_match *match, struct slice answer,
                               struct arena *arena)
{
    if (match->number.len == 0)
        return answer;
    size_t at = slice_find(answer, SLICE("{n}"));
    if (at == answer.len)
        return answer;
    return arena_format(arena, "%.*s%.*s%.*s", (int)at, answer.ptr, SLICE_ARG(match->number),
                        SLICE_ARG(slice_after(answer, at + 3)));
}

static bool has_itself(const struct code_set *set, struct slice code, struct slice system)
{
    struct slice number;
    for (const struct code_row *row = map_get(&set->rows, code); row; row = row->next)
        if (system_fits(row, system))
            return true;
    for (const struct code_row *row = set->patterns; row; row = row->next)
        if (system_fits(row, system) && code_pattern_fits(row->code, code, &number))
            return true;
    return false;
}

bool code_set_has(const struct code_set *set, struct slice code, struct slice system)
{
    return has_itself(set, code, system) || (set->base && has_itself(set->base, code, system));
}
