/* compile_codes: literals and rows of code tables that the element cannot hold. What R4 binds as
 * required has a closed list of codes: one outside it would be refused by every reader. */
#include "mapping/compile.h"

static const struct fhir_value_set *codes_of(const struct path *path)
{
    return path->leaf ? path->leaf->element->value_set : NULL;
}

static struct slice nearest_code(struct compiler *compiler, const struct fhir_value_set *codes,
                                 struct slice wrong)
{
    size_t count;
    const struct slice *names = fhir_value_set_codes(codes, compiler->issues->arena, &count);
    return rule_did_you_mean(compiler->issues->arena, wrong, names, count);
}

/* --- literals ----------------------------------------------------------------------------------*/

void compile_check_value(struct compiler *compiler, const struct rule *rule,
                         const struct path *path)
{
    struct slice value = rule_text(rule, ATTRIBUTE_VALUE);
    if (!rule_has(rule, ATTRIBUTE_VALUE) || !path->is_primitive || rule_has(rule, ATTRIBUTE_AS))
        return;
    if (!fhir_primitive_is_valid(path->type->primitive, value)) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_VALUE, 0, 0, "value-type",
                         (struct slice){NULL, 0}, "'%.*s' is no %.*s", SLICE_ARG(value),
                         SLICE_ARG(path->type->name));
        return;
    }
    const struct fhir_value_set *codes = codes_of(path);
    if (codes && !fhir_value_set_has(codes, (struct slice){NULL, 0}, value))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_VALUE, 0, 0, "not-in-value-set",
                         nearest_code(compiler, codes, value),
                         "R4 has a closed list for %.*s, without '%.*s'",
                         SLICE_ARG(path->leaf->element->path), SLICE_ARG(value));
}

/* --- rows --------------------------------------------------------------------------------------*/

struct cell_check {
    struct compiler *compiler;
    const struct code_table *table;
    const struct path *path;
    size_t column; /* of the table's fill columns; beyond them: target_code */
};

static void report_cell(const struct cell_check *check, const struct code_row *row,
                        struct slice text, const struct fhir_value_set *codes)
{
    const struct code_row_place *place =
        code_tables_place(&check->compiler->program->tables, row->number);
    struct issue issue = {.code = ISSUE_CONFIGURATION,
                          .severity = ISSUE_ERROR,
                          .place = issue_place_file(place->file, place->line, 1),
                          .rule = SLICE("not-in-value-set")};
    struct arena *arena = check->compiler->issues->arena;
    if (codes) {
        issue.words = arena_format(arena, "R4 has a closed list for %.*s, without '%.*s'",
                                   SLICE_ARG(check->path->leaf->element->path), SLICE_ARG(text));
        issue.hint = nearest_code(check->compiler, codes, text);
    } else {
        issue.rule = SLICE("value-type");
        issue.words = arena_format(arena, "'%.*s' is no %.*s", SLICE_ARG(text),
                                   SLICE_ARG(check->path->type->name));
    }
    issue_add(check->compiler->issues, issue);
}

static void check_row(const struct cell_check *check, const struct code_row *row)
{
    const struct fhir_value_set *codes = codes_of(check->path);
    bool is_fill = check->column < check->table->column_count;
    struct slice text = is_fill ? row->cells[check->column] : row->target_code;
    if (text.len == 0 || slice_find(text, SLICE("{n}")) < text.len)
        return;
    if (check->path->is_primitive && !fhir_primitive_is_valid(check->path->type->primitive, text))
        report_cell(check, row, text, NULL);
    else if (codes && !fhir_value_set_has(codes, (struct slice){NULL, 0}, text))
        report_cell(check, row, text, codes);
}

static void check_rows(const struct cell_check *check)
{
    const struct map *rows = &check->table->rows;
    for (size_t i = 0; i < rows->count; i++)
        for (const struct code_row *row = rows->entries[i].value; row; row = row->next)
            check_row(check, row);
    for (const struct code_row *row = check->table->patterns; row; row = row->next)
        check_row(check, row);
}

/* Rules share tables, elements their value sets: each is looked at once with each. */
static bool is_first_time(struct compiler *compiler, const struct code_table *table,
                          const struct path *path)
{
    struct slice element = path->leaf ? path->leaf->element->path : path->type->name;
    struct slice both =
        arena_format(compiler->scratch, "%.*s %.*s", SLICE_ARG(table->name), SLICE_ARG(element));
    return map_put(&compiler->checked_tables, both, compiler) == NULL;
}

void compile_check_rows(struct compiler *compiler, const struct code_table *table,
                        const struct path *path, size_t column)
{
    struct cell_check check = {compiler, table, path, column};
    bool is_closed = path->is_primitive || codes_of(path);
    if (is_closed && (column < table->column_count || is_first_time(compiler, table, path)))
        check_rows(&check);
}
