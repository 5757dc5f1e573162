/* compile_message: the words of message files: groups, resources, acts. */
#include "mapping/compile.h"

/* --- where segments come from ------------------------------------------------------------------*/

static bool is_local(uint32_t segment)
{
    return segment >> 16 == 'Z';
}

/* The node number behind node 0 is the end of the structure, not 0. */
static uint32_t end_of(const struct hl7v2_structure *structure, uint32_t node)
{
    uint32_t next = structure->nodes[node].next;
    return next ? next : (uint32_t)structure->node_count;
}

/* Whether a node stands behind the last segment called `after` among its siblings, with no other
 * kind of segment but repeating ones between: "ROL after PID" is the ROL that comes before PV1. */
static bool follows(const struct hl7v2_structure *structure, uint32_t node, uint32_t after)
{
    uint32_t parent = structure->nodes[node].parent;
    uint32_t anchor = 0;
    for (uint32_t i = parent + 1; i < node; i = structure->nodes[i].next) {
        if (structure->nodes[i].segment == after)
            anchor = i;
        else if (anchor && structure->nodes[i].segment == structure->nodes[node].segment)
            anchor = 0;
    }
    return anchor != 0;
}

static void add_node(struct compiler *compiler, struct segment_source *source, uint32_t node)
{
    source->nodes =
        arena_grow(compiler->arena, source->nodes, source->node_count * sizeof(uint32_t),
                   (source->node_count + 1) * sizeof(uint32_t));
    source->nodes[source->node_count++] = node;
}

/* All segments of that name directly in a group, or those in groups that stand once. */
static void find_nodes(struct compiler *compiler, const struct hl7v2_structure *structure,
                       uint32_t group, const struct place *place, struct segment_source *source)
{
    for (uint32_t node = group + 1; node < end_of(structure, group);
         node = structure->nodes[node].next) {
        if (structure->nodes[node].segment != place->segment)
            continue;
        if (!place->after || follows(structure, node, place->after))
            add_node(compiler, source, node);
        if (place->after && source->node_count)
            return;
    }
}

/* NULL where it was reported. */
static const struct segment_source *compile_segment(struct compiler *compiler,
                                                    const struct compile_scope *scope,
                                                    const struct rule *rule)
{
    struct places places;
    if (!compile_places(compiler, scope, rule, ATTRIBUTE_FROM, &places))
        return NULL;
    struct segment_source source = {.place = places.items[0]};
    if (places.count != 1 || source.place.kind != PLACE_SEGMENT || source.place.field) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_FROM, 0, 0, "place-syntax",
                         SLICE("write PID, PATIENT.PID or ROL after PID"), "this is no segment");
        return NULL;
    }
    uint32_t group = scope->node;
    if (source.place.groups.len)
        group = hl7v2_structure_find(scope->structure, scope->node, source.place.groups);
    if (source.place.groups.len && group == 0) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_FROM, 0, source.place.groups.len,
                         "unknown-group", SLICE("the groups inside the one at hand may be named"),
                         "%.*s has no group %.*s here", SLICE_ARG(scope->structure->name),
                         SLICE_ARG(source.place.groups));
        return NULL;
    }
    find_nodes(compiler, scope->structure, group, &source.place, &source);
    if (source.node_count || is_local(source.place.segment)) {
        struct segment_source *made = ARENA_NEW(compiler->arena, struct segment_source);
        *made = source;
        return made;
    }
    rule_value_error(compiler->issues, rule, ATTRIBUTE_FROM, 0, 0, "unknown-segment",
                     SLICE("painbridge spec shows the segments of a structure"),
                     "%.*s has no segment %.*s here", SLICE_ARG(scope->structure->name),
                     SLICE_ARG(source.place.text));
    return NULL;
}

static bool in_message(struct compiler *compiler, const struct compile_scope *scope,
                       const struct rule *rule)
{
    if (scope->structure)
        return true;
    rule_error(compiler->issues, rule, "wrong-place",
               SLICE("a map makes resources by <ref make=\"...\">"),
               "<%.*s> belongs into a message file", SLICE_ARG(RULE_WORDS[rule->word].name));
    return false;
}

/* "did you mean" among the groups inside the one at hand. */
static struct slice nearest_group(struct compiler *compiler, const struct compile_scope *scope,
                                  struct slice wrong)
{
    const struct hl7v2_structure *structure = scope->structure;
    struct slice *names = ARENA_ARRAY(compiler->arena, structure->node_count + 1, struct slice);
    size_t count = 0;
    for (uint32_t node = scope->node + 1; node < end_of(structure, scope->node); node++)
        if (structure->nodes[node].segment == 0)
            names[count++] = structure->nodes[node].name;
    struct slice near = rule_did_you_mean(compiler->arena, wrong, names, count);
    return near.len ? near : SLICE("painbridge spec shows the groups of a structure");
}

/* --- each --------------------------------------------------------------------------------------*/

void compile_each(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, const struct condition *when)
{
    if (!in_message(compiler, scope, rule))
        return;
    struct operation made = OPERATION_NEW;
    struct slice group = rule_text(rule, ATTRIBUTE_GROUP);
    made.group_node = hl7v2_structure_find(scope->structure, scope->node, group);
    if (made.group_node == 0 || scope->structure->nodes[made.group_node].segment) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_GROUP, 0, 0, "unknown-group",
                         nearest_group(compiler, scope, group), "%.*s has no group %.*s here",
                         SLICE_ARG(scope->structure->name), SLICE_ARG(group));
        return;
    }
    uint32_t index = compile_push(compiler, OPERATION_EACH, rule, when, &made);
    struct compile_scope inside = *scope;
    inside.node = inside.places.node = made.group_node;
    inside.container = index;
    compile_children(compiler, &inside, rule, rule->id);
    compile_end(compiler, index);
}

/* --- make, also --------------------------------------------------------------------------------*/

static void segment_map(struct compiler *compiler, const struct rule *rule,
                        const struct fhir_element *element, const struct fhir_type *type,
                        struct operation *operation)
{
    const struct map_source *map = compile_map(compiler, rule, ATTRIBUTE_MAP);
    if (!map)
        return;
    operation->map = compile_map_number(compiler, map);
    if (map->to && map->to != element && map->to_type != type)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         (struct slice){NULL, 0}, "the map '%.*s' writes a %.*s, not a %.*s",
                         SLICE_ARG(map->id), SLICE_ARG(map->to_type->name), SLICE_ARG(type->name));
    const struct segment_source *source = operation->segment;
    if (source && map->segment && map->segment != source->place.segment)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         (struct slice){NULL, 0}, "the map '%.*s' is for another segment than %.*s",
                         SLICE_ARG(map->id), SLICE_ARG(source->place.text));
}

static const struct fhir_type *make_type(struct compiler *compiler, const struct rule *rule)
{
    struct slice name = rule_text(rule, ATTRIBUTE_TYPE);
    const struct fhir_definitions *definitions = compiler->rules->definitions;
    const struct fhir_type *type = fhir_definitions_resource(definitions, name);
    if (type)
        return type;
    size_t count = fhir_definitions_type_count(definitions);
    struct slice *names = ARENA_ARRAY(compiler->arena, count + 1, struct slice);
    for (size_t i = 0; i < count; i++)
        names[i] = fhir_definitions_type_at(definitions, i)->name;
    rule_value_error(compiler->issues, rule, ATTRIBUTE_TYPE, 0, 0, "unknown-type",
                     rule_did_you_mean(compiler->arena, name, names, count),
                     "FHIR R4 has no resource '%.*s'", SLICE_ARG(name));
    return NULL;
}

static void compile_clash(struct compiler *compiler, const struct rule *rule,
                          struct operation *operation)
{
    static const struct {
        struct slice word;
        enum clash clash;
    } WORDS[] = {{SLICE_INIT("number"), CLASH_NUMBER},
                 {SLICE_INIT("same"), CLASH_SAME},
                 {SLICE_INIT("hold"), CLASH_HOLD}};
    struct slice clash = rule_text(rule, ATTRIBUTE_CLASH);
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
        if (slice_equal(clash, WORDS[i].word))
            operation->clash = WORDS[i].clash;
    if (rule_has(rule, ATTRIBUTE_CLASH) && operation->clash == CLASH_NOT_SAID)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_CLASH, 0, 0, "value-syntax",
                         SLICE("it may be: number, same, hold"), "this is no value of 'clash'");
}

static void compile_action(struct compiler *compiler, const struct compile_scope *scope,
                           const struct rule *rule, struct operation *operation)
{
    struct places places;
    if (!rule_has(rule, ATTRIBUTE_ACTION) ||
        !compile_places(compiler, scope, rule, ATTRIBUTE_ACTION, &places))
        return;
    operation->action = &places.items[0];
    operation->action_table = compile_table(compiler, rule);
}

static struct operation make_operation(struct compiler *compiler, const struct compile_scope *scope,
                                       const struct rule *rule, const struct fhir_type *type)
{
    struct operation made = OPERATION_NEW;
    made.type = type->name;
    made.merge = rule_text(rule, ATTRIBUTE_MERGE);
    if (rule_has(rule, ATTRIBUTE_FROM))
        made.segment = compile_segment(compiler, scope, rule);
    segment_map(compiler, rule, type->root, type, &made);
    compile_keys(compiler, scope, rule, ATTRIBUTE_KEY, &made);
    if (rule_has(rule, ATTRIBUTE_ALIAS))
        compile_keys(compiler, scope, rule, ATTRIBUTE_ALIAS, &made);
    compile_clash(compiler, rule, &made);
    compile_action(compiler, scope, rule, &made);
    made.name = compile_name(compiler, rule_text(rule, ATTRIBUTE_NAME));
    compile_declare(compiler, scope, made.name);
    return made;
}

void compile_make(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, const struct condition *when)
{
    const struct fhir_type *type = make_type(compiler, rule);
    if (!type || !in_message(compiler, scope, rule))
        return;
    struct operation made = make_operation(compiler, scope, rule, type);
    uint32_t index = compile_push(compiler, OPERATION_MAKE, rule, when, &made);
    struct compile_scope inside = *scope;
    inside.element = type->root;
    inside.type = type;
    inside.resource = type;
    inside.container = index;
    compile_children(compiler, &inside, rule, rule->id);
    compile_end(compiler, index);
}

void compile_also(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, const struct condition *when)
{
    struct operation made = OPERATION_NEW;
    if (!in_message(compiler, scope, rule))
        return;
    made.segment = compile_segment(compiler, scope, rule);
    const struct fhir_element *element = scope->element;
    const struct fhir_type *type = scope->type;
    if (rule_has(rule, ATTRIBUTE_INTO)) {
        made.to = compile_path(compiler, rule, ATTRIBUTE_INTO, scope->element);
        if (!made.to)
            return;
        element = made.to->content;
        type = made.to->type;
    }
    segment_map(compiler, rule, element, type, &made);
    if (made.segment)
        compile_push(compiler, OPERATION_ALSO, rule, when, &made);
}

/* --- acts --------------------------------------------------------------------------------------*/

/* `as`: what is to be done with the two; merge where it is left out. */
static enum mapping_act_kind act_of(struct compiler *compiler, const struct rule *rule)
{
    struct slice text = rule_text(rule, ATTRIBUTE_AS);
    for (enum mapping_act_kind kind = 0; kind < MAPPING_ACT_SNAPSHOT; kind++)
        if (slice_equal(text, mapping_act_name(kind)))
            return kind;
    if (rule_has(rule, ATTRIBUTE_AS))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_AS, 0, 0, "value-syntax",
                         SLICE("it may be: merge, link, unlink, move"),
                         "this is nothing that is done with two records");
    return MAPPING_ACT_MERGE;
}

void compile_merge(struct compiler *compiler, const struct compile_scope *scope,
                   const struct rule *rule, const struct condition *when)
{
    const struct fhir_type *type = make_type(compiler, rule);
    struct operation made = OPERATION_NEW;
    if (!type || !in_message(compiler, scope, rule))
        return;
    made.type = type->name;
    made.act = act_of(compiler, rule);
    compile_keys(compiler, scope, rule, ATTRIBUTE_INTO, &made);
    compile_keys(compiler, scope, rule, ATTRIBUTE_FROM, &made);
    if (made.key_count == 2)
        compile_push(compiler, OPERATION_MERGE, rule, when, &made);
}

void compile_snapshot(struct compiler *compiler, const struct compile_scope *scope,
                      const struct rule *rule, const struct condition *when)
{
    const struct fhir_type *type = make_type(compiler, rule);
    struct operation made = OPERATION_NEW;
    if (!type || !in_message(compiler, scope, rule))
        return;
    made.type = type->name;
    made.scope = rule_text(rule, ATTRIBUTE_SCOPE);
    uint32_t index = compile_push(compiler, OPERATION_SNAPSHOT, rule, when, &made);
    struct compile_scope inside = *scope;
    inside.element = type->root;
    inside.type = type;
    inside.resource = type;
    inside.container = index;
    compile_children(compiler, &inside, rule, rule->id);
    compile_end(compiler, index);
}
