/* compile_element: the words of segment and data type maps. */
#include "mapping/compile.h"

/* --- in ----------------------------------------------------------------------------------------*/

/* The element that `in` names: the root of the first resource. The scope for the rule's path. */
static struct compile_scope target_scope(struct compiler *compiler,
                                         const struct compile_scope *scope, const struct rule *rule,
                                         struct operation *operation)
{
    struct compile_scope inside = *scope;
    if (!rule_has(rule, ATTRIBUTE_IN))
        return inside;
    operation->in = compile_names(compiler, scope, rule, ATTRIBUTE_IN);
    for (size_t i = 0; i < operation->in.count; i++) {
        if (operation->in.items[i] == NAME_THIS)
            continue;
        const struct fhir_type *type =
            map_get(scope->names, compiler->program->names[operation->in.items[i]]);
        if (!type)
            type =
                map_get(&compiler->message_names, compiler->program->names[operation->in.items[i]]);
        if (!type)
            continue;
        inside.element = type->root;
        inside.type = type;
        return inside;
    }
    return inside;
}

static bool has_target(struct compiler *compiler, const struct compile_scope *scope,
                       const struct rule *rule)
{
    if (scope->element)
        return true;
    rule_error(compiler->issues, rule, "wrong-place",
               SLICE("put it into a <make>, or say in=\"name\""),
               "there is no element at hand for this rule");
    return false;
}

/* Sees the value of the source: scope for what stands inside. */
static struct compile_scope value_scope(const struct compile_scope *scope,
                                        const struct source *source)
{
    struct compile_scope inside = *scope;
    if (source->kind == SOURCE_PLACES)
        inside.places.type = compile_source_type(scope, source);
    return inside;
}

/* --- set ---------------------------------------------------------------------------------------*/

static void compile_span(struct compiler *compiler, const struct compile_scope *scope,
                         const struct rule *rule, struct operation *operation)
{
    bool is_plus = rule_has(rule, ATTRIBUTE_PLUS);
    bool is_minus = rule_has(rule, ATTRIBUTE_MINUS);
    if (!is_plus && !is_minus)
        return;
    bool has_place = rule_has(rule, ATTRIBUTE_UNITS_FROM);
    if (is_plus == is_minus || has_place == rule_has(rule, ATTRIBUTE_UNITS)) {
        rule_error(compiler->issues, rule, "value-syntax",
                   SLICE("write from=\"AIP-6\" plus=\"AIP-9\" units-from=\"AIP-10\""),
                   "a time span is either plus or minus, and has either units-from or units");
        return;
    }
    struct time_span *span = ARENA_NEW(compiler->arena, struct time_span);
    operation->span = span;
    span->is_minus = is_minus;
    span->unit = rule_text(rule, ATTRIBUTE_UNITS);
    compile_places(compiler, scope, rule, is_plus ? ATTRIBUTE_PLUS : ATTRIBUTE_MINUS,
                   &span->amount);
    if (has_place)
        compile_places(compiler, scope, rule, ATTRIBUTE_UNITS_FROM, &span->units);
    else if (!time_unit_length(span->unit))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_UNITS, 0, 0, "value-syntax",
                         SLICE("a unit is one of s, min, h, d, wk"), "this is no unit of time");
}

static void check_set(struct compiler *compiler, const struct rule *rule,
                      const struct operation *operation)
{
    if (operation->source.kind == SOURCE_NONE)
        rule_error(compiler->issues, rule, "missing-attribute",
                   SLICE("write one of from, value, text, code, unit"), "the rule has no value");
    if (operation->to && operation->to->count == 0)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TO, 0, 0, "path-syntax",
                         SLICE("<use> runs a map on the element at hand"),
                         "<set> names an element");
}

void compile_set(struct compiler *compiler, const struct compile_scope *scope,
                 const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    struct compile_scope target = target_scope(compiler, scope, rule, &made);
    if (!has_target(compiler, &target, rule) ||
        !compile_source(compiler, scope, rule, &made.source))
        return;
    made.to = compile_path(compiler, rule, ATTRIBUTE_TO, target.element);
    check_set(compiler, rule, &made);
    compile_manners(compiler, rule, &made);
    compile_span(compiler, scope, rule, &made);
    if (made.to)
        compile_how(compiler, scope, rule, &made);
    compile_push(compiler, OPERATION_SET, rule, when, &made);
}

/* --- entry -------------------------------------------------------------------------------------*/

void compile_entry(struct compiler *compiler, const struct compile_scope *scope,
                   const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    struct compile_scope target = target_scope(compiler, scope, rule, &made);
    if (!has_target(compiler, &target, rule) ||
        !compile_source(compiler, scope, rule, &made.source))
        return;
    made.to = compile_path(compiler, rule, ATTRIBUTE_TO, target.element);
    if (!made.to)
        return;
    if (made.to->is_primitive || made.to->count == 0) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TO, 0, 0, "value-type",
                         SLICE("write <set to=\"x[]\">"), "'%.*s' has no elements of its own",
                         SLICE_ARG(made.to->text));
        return;
    }
    compile_manners(compiler, rule, &made);
    bool has_how = rule_has(rule, ATTRIBUTE_AS) || rule_has(rule, ATTRIBUTE_MAP) ||
                   rule_has(rule, ATTRIBUTE_TABLE) || !rule->first_child;
    if (has_how)
        compile_how(compiler, scope, rule, &made);
    uint32_t index = compile_push(compiler, OPERATION_ENTRY, rule, when, &made);
    struct compile_scope inside = value_scope(scope, &made.source);
    inside.element = made.to->content;
    inside.type = made.to->type;
    inside.container = index;
    compile_children(compiler, &inside, rule, rule->id);
    compile_end(compiler, index);
}

/* --- ref ---------------------------------------------------------------------------------------*/

static const struct fhir_type *resource_of(struct compiler *compiler, const struct rule *rule,
                                           enum rule_attribute attribute)
{
    struct slice name = rule_text(rule, attribute);
    const struct fhir_definitions *definitions = compiler->rules->definitions;
    const struct fhir_type *type = fhir_definitions_resource(definitions, name);
    if (type)
        return type;
    size_t count = fhir_definitions_type_count(definitions);
    struct slice *names = ARENA_ARRAY(compiler->arena, count + 1, struct slice);
    for (size_t i = 0; i < count; i++)
        names[i] = fhir_definitions_type_at(definitions, i)->name;
    rule_value_error(compiler->issues, rule, attribute, 0, 0, "unknown-type",
                     rule_did_you_mean(compiler->arena, name, names, count),
                     "FHIR R4 has no resource '%.*s'", SLICE_ARG(name));
    return NULL;
}

static void check_reference(struct compiler *compiler, const struct rule *rule,
                            const struct path *path, const struct fhir_type *type)
{
    if (!slice_equal(path->type->name, SLICE("Reference"))) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TO, 0, 0, "value-type",
                         SLICE("name an element of type Reference"),
                         "'%.*s' is a %.*s and takes no reference", SLICE_ARG(path->text),
                         SLICE_ARG(path->type->name));
        return;
    }
    const struct fhir_element *element = path->leaf ? path->leaf->element : NULL;
    if (!element || element->target_count == 0)
        return;
    for (uint32_t i = 0; i < element->target_count; i++)
        if (fhir_type_is(type, element->targets[i]->name))
            return;
    rule_value_error(compiler->issues, rule, ATTRIBUTE_TO, 0, 0, "reference-target",
                     (struct slice){NULL, 0}, "%.*s may not refer to a %.*s",
                     SLICE_ARG(element->path), SLICE_ARG(type->name));
}

/* Without a key the value at hand is the key, whole. */
static void default_key(struct compiler *compiler, const struct compile_scope *scope,
                        struct operation *operation)
{
    struct key_rule *key = ARENA_NEW(compiler->arena, struct key_rule);
    struct place *place = ARENA_NEW(compiler->arena, struct place);
    *place = (struct place){.kind = PLACE_RELATIVE, .text = SLICE(".")};
    key->name = operation->type;
    key->parts = ARENA_NEW(compiler->arena, struct key_part);
    key->part_count = 1;
    bool is_text = scope->places.type.len == 0;
    key->parts[0] = (struct key_part){.kind = PART_TEXT, .places = {place, 1}};
    if (!is_text && slice_equal(scope->places.type, SLICE("EI")))
        key->parts[0].kind = PART_EI;
    operation->keys = key;
    operation->key_count = 1;
}

static void compile_ref_children(struct compiler *compiler, const struct compile_scope *scope,
                                 const struct rule *rule, uint32_t index,
                                 const struct fhir_type *type)
{
    struct compile_scope inside = *scope;
    inside.element = type->root;
    inside.type = type;
    inside.resource = type;
    inside.container = index;
    compile_children(compiler, &inside, rule, rule->id);
    compile_end(compiler, index);
}

static void ref_map(struct compiler *compiler, const struct rule *rule,
                    const struct fhir_type *type, struct operation *operation)
{
    const struct map_source *map = compile_map(compiler, rule, ATTRIBUTE_MAP);
    if (!map)
        return;
    operation->map = compile_map_number(compiler, map);
    if (map->to && map->to_type != type)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         (struct slice){NULL, 0}, "the map '%.*s' writes a %.*s, not a %.*s",
                         SLICE_ARG(map->id), SLICE_ARG(map->to_type->name), SLICE_ARG(type->name));
}

void compile_ref(struct compiler *compiler, const struct compile_scope *scope,
                 const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    made.is_find = rule_has(rule, ATTRIBUTE_FIND);
    struct compile_scope target = target_scope(compiler, scope, rule, &made);
    enum rule_attribute attribute = made.is_find ? ATTRIBUTE_FIND : ATTRIBUTE_MAKE;
    if (made.is_find == rule_has(rule, ATTRIBUTE_MAKE)) {
        rule_error(compiler->issues, rule, "missing-attribute",
                   SLICE("an existing resource of this map is referred to by <link>"),
                   "<ref> has either make or find");
        return;
    }
    const struct fhir_type *type = resource_of(compiler, rule, attribute);
    if (!type || !has_target(compiler, &target, rule) ||
        !compile_source(compiler, scope, rule, &made.source))
        return;
    struct compile_scope inside = value_scope(scope, &made.source);
    made.type = type->name;
    made.to = compile_path(compiler, rule, ATTRIBUTE_TO, target.element);
    if (made.to)
        check_reference(compiler, rule, made.to, type);
    ref_map(compiler, rule, type, &made);
    compile_keys(compiler, &inside, rule, ATTRIBUTE_KEY, &made);
    if (!rule_has(rule, ATTRIBUTE_KEY))
        default_key(compiler, &inside, &made);
    compile_keys(compiler, &inside, rule, ATTRIBUTE_ALIAS, &made);
    if (rule_has(rule, ATTRIBUTE_NAME)) {
        made.name = compile_name(compiler, rule_text(rule, ATTRIBUTE_NAME));
        compile_declare(compiler, scope, made.name);
    }
    uint32_t index = compile_push(compiler, OPERATION_REF, rule, when, &made);
    compile_ref_children(compiler, &inside, rule, index, type);
}

/* --- use, fill, first, link, drop --------------------------------------------------------------*/

void compile_use(struct compiler *compiler, const struct compile_scope *scope,
                 const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    struct compile_scope target = target_scope(compiler, scope, rule, &made);
    const struct map_source *map = compile_map(compiler, rule, ATTRIBUTE_MAP);
    if (!map || !has_target(compiler, &target, rule) ||
        !compile_source(compiler, scope, rule, &made.source))
        return;
    struct path here = {.content = target.element, .type = target.type, .text = SLICE("$this")};
    const struct path *path = &here;
    if (rule_has(rule, ATTRIBUTE_TO))
        path = made.to = compile_path(compiler, rule, ATTRIBUTE_TO, target.element);
    if (path && map->to && map->to != path->content && path->type != map->to_type)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         (struct slice){NULL, 0}, "the map '%.*s' writes a %.*s, not a %.*s",
                         SLICE_ARG(map->id), SLICE_ARG(map->to_type->name),
                         SLICE_ARG(path->type->name));
    made.map = compile_map_number(compiler, map);
    compile_push(compiler, OPERATION_USE, rule, when, &made);
}

/* The paths of a table's columns below the element. */
static void fill_columns(struct compiler *compiler, const struct rule *rule,
                         const struct compile_scope *target, struct operation *operation)
{
    const struct code_table *table = operation->table;
    struct slice wrong, words, hint;
    const char *id;
    operation->columns = ARENA_ARRAY(compiler->arena, table->column_count + 1, struct path);
    for (size_t i = 0; i < table->column_count; i++) {
        struct path *path = &operation->columns[i];
        if (path_resolve(table->columns[i], target->element, compiler->rules->definitions,
                         compiler->arena, path, &wrong, &id, &words, &hint) != 0) {
            rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "unknown-column", hint,
                             "column '%.*s' of the table fits no element: %.*s",
                             SLICE_ARG(table->columns[i]), SLICE_ARG(words));
            continue;
        }
        if (!path->is_primitive)
            rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "unknown-column",
                             SLICE("name an element below it"),
                             "column '%.*s' of the table is a %.*s", SLICE_ARG(table->columns[i]),
                             SLICE_ARG(path->type->name));
        else
            compile_check_rows(compiler, table, path, i);
    }
}

void compile_fill(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    struct compile_scope target = target_scope(compiler, scope, rule, &made);
    made.table = compile_table(compiler, rule);
    if (!made.table || !has_target(compiler, &target, rule) ||
        !compile_source(compiler, scope, rule, &made.source))
        return;
    compile_manners(compiler, rule, &made);
    fill_columns(compiler, rule, &target, &made);
    compile_push(compiler, OPERATION_FILL, rule, when, &made);
}

void compile_first(struct compiler *compiler, const struct compile_scope *scope,
                   const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    uint32_t index = compile_push(compiler, OPERATION_FIRST, rule, when, &made);
    compile_children(compiler, scope, rule, rule->id);
    compile_end(compiler, index);
}

static const struct fhir_type *type_of_names(struct compiler *compiler,
                                             const struct compile_scope *scope,
                                             const struct name_list *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i] == NAME_THIS)
            return scope->resource;
        if (names->items[i] == NAME_ALL)
            return NULL;
        struct slice name = compiler->program->names[names->items[i]];
        const struct fhir_type *type = map_get(scope->names, name);
        return type ? type : map_get(&compiler->message_names, name);
    }
    return NULL;
}

void compile_link(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    const struct fhir_element *element = scope->resource ? scope->resource->root : NULL;
    if (rule_has(rule, ATTRIBUTE_FROM)) {
        made.in = compile_names(compiler, scope, rule, ATTRIBUTE_FROM);
        const struct fhir_type *type = type_of_names(compiler, scope, &made.in);
        element = type ? type->root : element;
    }
    made.target = compile_names(compiler, scope, rule, ATTRIBUTE_TO);
    if (!element) {
        rule_error(compiler->issues, rule, "wrong-place", SLICE("write from=\"name\""),
                   "there is no resource at hand for this link");
        return;
    }
    const struct path *path = made.to = compile_path(compiler, rule, ATTRIBUTE_PATH, element);
    if (!path)
        return;
    if (!slice_equal(path->type->name, SLICE("Reference")))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_PATH, 0, 0, "value-type",
                         SLICE("name an element of type Reference"),
                         "'%.*s' is a %.*s and takes no reference", SLICE_ARG(path->text),
                         SLICE_ARG(path->type->name));
    const struct fhir_type *type = type_of_names(compiler, scope, &made.target);
    if (type && slice_equal(path->type->name, SLICE("Reference")))
        check_reference(compiler, rule, path, type);
    compile_push(compiler, OPERATION_LINK, rule, when, &made);
}

void compile_drop(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, const struct condition *when)
{
    (void)when;
    struct places places;
    if (!compile_places(compiler, scope, rule, ATTRIBUTE_FROM, &places))
        return;
    for (size_t i = 0; i < places.count; i++)
        compile_dropped(compiler, &places.items[i]);
}
