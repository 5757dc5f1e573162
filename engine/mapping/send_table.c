/* send_table: codes through tables, backwards. */
#include "mapping/send_run.h"

static bool is_concept(const struct json *node)
{
    return json_kind(json_get(node, SLICE("coding"))) == JSON_ARRAY;
}

static bool system_fits(const struct code_row *row, struct slice system)
{
    return system.len == 0 || row->target_system.len == 0 ||
           slice_equal(system, row->target_system);
}

static struct code_match row_of_code(const struct send_table *table, struct slice system,
                                     struct slice code)
{
    struct code_match match = {NULL, {NULL, 0}};
    for (const struct send_row *i = map_get(&table->by_target, code); i; i = i->next)
        if (system_fits(i->row, system))
            return (struct code_match){i->row, {NULL, 0}};
    for (const struct send_row *i = table->patterns; i && !match.row; i = i->next)
        if (system_fits(i->row, system) &&
            code_pattern_fits(i->row->target_code, code, &match.number))
            match.row = i->row;
    return match;
}

static struct code_match row_of_coding(const struct send_table *table, const struct json *coding)
{
    return row_of_code(table, json_get_text(coding, SLICE("system")),
                       json_get_text(coding, SLICE("code")));
}

/* What stands at the path of a column: its first text. */
static struct slice column_text(const struct json *node, const struct path *column)
{
    for (size_t i = 0; i < column->count; i++) {
        node = json_get(node, column->steps[i].name);
        node = column->steps[i].is_list ? json_first(node) : node;
    }
    return json_text(node);
}

/* A row of a table for `fill`: each cell with something in it is what the value says. */
static bool is_filled(const struct send_table *table, const struct code_row *row,
                      const struct json *node, struct slice *ret_number)
{
    size_t said = 0;
    for (size_t i = 0; i < table->table->column_count; i++) {
        struct slice cell = row->cells[i], text = column_text(node, &table->columns[i]);
        if (cell.len == 0)
            continue;
        bool is_pattern = slice_find(cell, SLICE("{n}")) < cell.len;
        if (is_pattern ? !code_pattern_fits(cell, text, ret_number) : !slice_equal(cell, text))
            return false;
        said++;
    }
    return said > 0;
}

static struct code_match row_of_filling(const struct send_table *table, const struct json *node)
{
    struct code_match match = {NULL, {NULL, 0}};
    for (size_t i = 0; i < table->filling_count && !match.row; i++)
        if (is_filled(table, table->filling[i], node, &match.number))
            match.row = table->filling[i];
    return match;
}

struct code_match send_table_row(const struct send_table *table, const struct send_value *value)
{
    if (json_kind(value->node) != JSON_OBJECT)
        return row_of_code(table, (struct slice){NULL, 0}, value->text);
    if (table->table->column_count)
        return row_of_filling(table, value->node);
    if (!is_concept(value->node))
        return row_of_coding(table, value->node);
    const struct json *coding = json_first(json_get(value->node, SLICE("coding")));
    struct code_match match = {NULL, {NULL, 0}};
    for (; coding && !match.row; coding = json_next(coding))
        match = row_of_coding(table, coding);
    return match;
}

struct json *send_table_rest(struct send_run *run, const struct send_table *table,
                             const struct send_value *value)
{
    struct json *rest = json_object(run->arena), *codings = json_array(run->arena);
    const struct json *coding = json_first(json_get(value->node, SLICE("coding")));
    for (; coding; coding = json_next(coding))
        if (!row_of_coding(table, coding).row)
            json_append(codings, json_copy(coding, run->arena));
    struct slice text = json_get_text(value->node, SLICE("text"));
    if (json_count(codings) == 0)
        return NULL;
    json_add(rest, SLICE("coding"), codings);
    if (text.len)
        json_add_string(rest, SLICE("text"), text, run->arena);
    return rest;
}

struct slice send_code_of(const struct send_value *value)
{
    if (json_kind(value->node) != JSON_OBJECT)
        return value->text;
    const struct json *coding =
        is_concept(value->node) ? json_first(json_get(value->node, SLICE("coding"))) : value->node;
    return json_get_text(coding, SLICE("code"));
}
