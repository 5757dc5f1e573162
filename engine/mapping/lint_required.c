/* lint_required: resources that rules make without an element that R4 requires of them. Whether the
 * rule that writes it runs is for each message to see; here it is asked whether there is one. */
#include "mapping/lint.h"

#define DEPTH_LIMIT 16 /* of maps that use maps */

struct required_linter {
    const struct mapping_rules *rules;
    struct arena *arena;
    struct issue_list *issues;
    const struct rule *root; /* of the file at hand */
};

/* What one resource gets: names of elements below it. */
struct gathering {
    struct required_linter *linter;
    struct map written;
    unsigned depth;
};

static void gather_map(struct gathering *gathering, struct slice name);

/* The first step of "identifier[own].value" is "identifier". */
static void gather_path(struct gathering *gathering, struct slice path)
{
    size_t end = 0;
    while (end < path.len && path.ptr[end] != '.' && path.ptr[end] != '[' && path.ptr[end] != '(')
        end++;
    if (end > 0)
        map_put(&gathering->written, slice_part(path, 0, end), gathering);
}

static void gather_columns(struct gathering *gathering, struct slice table)
{
    const struct csv_list *tables = &gathering->linter->rules->tables;
    for (size_t i = 0; i < tables->count; i++) {
        if (!slice_equal(tables->items[i].name, table))
            continue;
        for (size_t column = 0; column < tables->items[i].csv.column_count; column++)
            gather_path(gathering, tables->items[i].csv.columns[column]);
    }
}

static void gather_children(struct gathering *gathering, const struct rule *rule);

static void gather_rule(struct gathering *gathering, const struct rule *rule)
{
    if (rule_has(rule, ATTRIBUTE_IN) && !slice_equal(rule_text(rule, ATTRIBUTE_IN), SLICE("this")))
        return;
    switch (rule->word) {
    case WORD_SET:
    case WORD_ENTRY:
    case WORD_REF:
        gather_path(gathering, rule_text(rule, ATTRIBUTE_TO));
        break;
    case WORD_LINK:
        if (!rule_has(rule, ATTRIBUTE_FROM))
            gather_path(gathering, rule_text(rule, ATTRIBUTE_PATH));
        break;
    case WORD_ALSO:
        gather_path(gathering, rule_text(rule, ATTRIBUTE_INTO));
        if (!rule_has(rule, ATTRIBUTE_INTO))
            gather_map(gathering, rule_text(rule, ATTRIBUTE_MAP));
        break;
    case WORD_USE:
        gather_path(gathering, rule_text(rule, ATTRIBUTE_TO));
        if (!rule_has(rule, ATTRIBUTE_TO))
            gather_map(gathering, rule_text(rule, ATTRIBUTE_MAP));
        break;
    case WORD_FILL:
        gather_columns(gathering, rule_text(rule, ATTRIBUTE_TABLE));
        break;
    case WORD_FIRST:
        gather_children(gathering, rule);
        break;
    default:
        break;
    }
}

static void gather_children(struct gathering *gathering, const struct rule *rule)
{
    for (const struct rule *child = rule->first_child; child; child = child->next)
        gather_rule(gathering, child);
}

static void gather_map(struct gathering *gathering, struct slice name)
{
    const struct map_source *map = map_get(&gathering->linter->rules->maps, name);
    if (!map || gathering->depth == DEPTH_LIMIT)
        return;
    gathering->depth++;
    gather_children(gathering, map->rule);
    gathering->depth--;
}

/* What other rules of the file write into the resource by its name. */
static void gather_by_name(struct gathering *gathering, const struct rule *rule, struct slice name)
{
    for (const struct rule *child = rule->first_child; child; child = child->next) {
        bool is_link = child->word == WORD_LINK && rule_has(child, ATTRIBUTE_FROM);
        struct slice in = rule_text(child, is_link ? ATTRIBUTE_FROM : ATTRIBUTE_IN);
        enum rule_attribute path = is_link ? ATTRIBUTE_PATH : ATTRIBUTE_TO;
        if (name.len && slice_find(in, name) < in.len)
            gather_path(gathering, rule_text(child, path));
        gather_by_name(gathering, child, name);
    }
}

static bool is_written(const struct gathering *gathering, const struct fhir_element *element)
{
    if (!element->is_choice)
        return map_get(&gathering->written, element->name) != NULL;
    for (size_t i = 0; i < gathering->written.count; i++)
        if (slice_starts_with(gathering->written.entries[i].key, element->name))
            return true;
    return false;
}

static void check_resource(struct required_linter *linter, const struct rule *rule,
                           enum rule_attribute attribute)
{
    const struct fhir_type *type =
        fhir_definitions_resource(linter->rules->definitions, rule_text(rule, attribute));
    if (!type)
        return;
    struct gathering gathering = {.linter = linter};
    map_init(&gathering.written, linter->arena);
    gather_map(&gathering, rule_text(rule, ATTRIBUTE_MAP));
    gather_children(&gathering, rule);
    gather_by_name(&gathering, linter->root, rule_text(rule, ATTRIBUTE_NAME));
    for (uint32_t i = 0; i < type->root->child_count; i++) {
        const struct fhir_element *element = type->root->children[i];
        if (element->minimum == 0 || is_written(&gathering, element))
            continue;
        rule_value_warning(linter->issues, rule, attribute, 0, 0, "required-never-set",
                           arena_format(linter->arena, "write <set to=\"%.*s\" .../> into its map",
                                        SLICE_ARG(element->name)),
                           "R4 requires %.*s, and no rule writes it", SLICE_ARG(element->path));
    }
}

static void walk(struct required_linter *linter, const struct rule *rule)
{
    if (rule->word == WORD_MAKE)
        check_resource(linter, rule, ATTRIBUTE_TYPE);
    if (rule->word == WORD_REF && rule_has(rule, ATTRIBUTE_MAKE))
        check_resource(linter, rule, ATTRIBUTE_MAKE);
    for (const struct rule *child = rule->first_child; child; child = child->next)
        walk(linter, child);
}

void lint_required(const struct mapping_rules *rules, struct arena *arena,
                   struct issue_list *issues)
{
    struct required_linter linter = {.rules = rules, .arena = arena, .issues = issues};
    for (size_t i = 0; i < rules->maps.count; i++) {
        const struct map_source *map = rules->maps.entries[i].value;
        linter.root = map->rule;
        walk(&linter, map->rule);
    }
    for (size_t i = 0; i < rules->messages.count; i++) {
        const struct message_source *message = rules->messages.entries[i].value;
        linter.root = message->rule;
        walk(&linter, message->rule);
    }
}
