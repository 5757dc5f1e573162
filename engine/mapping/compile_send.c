/* compile_send: the driver. */
#include "mapping/compile_send.h"

#include <string.h>

typedef void compile_send_word(struct send_compiler *compiler, const struct send_scope *scope,
                               const struct rule *rule, const struct condition *when);

static void compile_children_of(struct send_compiler *compiler, const struct send_scope *scope,
                                const struct rule *rule, struct slice owner);

/* --- operations --------------------------------------------------------------------------------*/

static uint32_t push_facts(struct send_compiler *compiler, const struct rule *rule)
{
    struct mapping_sends *sends = compiler->sends;
    if (sends->fact_count == compiler->fact_capacity) {
        size_t capacity = compiler->fact_capacity ? 2 * compiler->fact_capacity : 256;
        sends->facts =
            arena_grow(compiler->arena, sends->facts, sends->fact_count * sizeof(*sends->facts),
                       capacity * sizeof(*sends->facts));
        compiler->fact_capacity = capacity;
    }
    sends->facts[sends->fact_count] = compile_facts_of(rule);
    return (uint32_t)sends->fact_count++;
}

uint32_t send_push(struct send_compiler *compiler, enum send_kind kind, const struct rule *rule,
                   const struct condition *when, const struct send_operation *made)
{
    struct mapping_sends *sends = compiler->sends;
    if (sends->operation_count == compiler->operation_capacity) {
        size_t capacity = compiler->operation_capacity ? 2 * compiler->operation_capacity : 256;
        sends->operations = arena_grow(compiler->arena, sends->operations,
                                       sends->operation_count * sizeof(*sends->operations),
                                       capacity * sizeof(*sends->operations));
        compiler->operation_capacity = capacity;
    }
    uint32_t index = (uint32_t)sends->operation_count++;
    struct send_operation *operation = &sends->operations[index];
    *operation = *made;
    operation->kind = kind;
    operation->rule = push_facts(compiler, rule);
    operation->end = index + 1;
    operation->when = when;
    return index;
}

static void end_operation(struct send_compiler *compiler, uint32_t index)
{
    compiler->sends->operations[index].end = (uint32_t)compiler->sends->operation_count;
}

/* --- names -------------------------------------------------------------------------------------*/

static uint32_t give_name(struct send_compiler *compiler, const struct rule *rule,
                          const struct send_shape *shape)
{
    if (!rule_has(rule, ATTRIBUTE_NAME))
        return SEND_NO_NAME;
    size_t count = compiler->name_count;
    compiler->names = arena_grow(compiler->arena, compiler->names, count * sizeof(*compiler->names),
                                 (count + 1) * sizeof(*compiler->names));
    uint32_t number = (uint32_t)compiler->sends->name_count++;
    compiler->names[count] = (struct send_name){rule_text(rule, ATTRIBUTE_NAME), *shape, number};
    compiler->name_count++;
    return number;
}

/* --- set, entry --------------------------------------------------------------------------------*/

/* What is read and where it goes; false where there is nothing to compile. */
static bool compile_value(struct send_compiler *compiler, const struct send_scope *scope,
                          const struct rule *rule, struct send_operation *made,
                          struct send_shape *ret_shape, struct slice *ret_type)
{
    bool well = send_compile_source(compiler, scope, rule, &made->source, ret_shape);
    enum send_place_outcome placed =
        send_compile_place(compiler, scope, rule, ATTRIBUTE_TO, &made->to, ret_type);
    if (!well || placed != SEND_PLACE_WELL)
        return false;
    struct send_scope inside = *scope;
    inside.here = *ret_shape;
    made->where = send_compile_condition(compiler, &inside, rule, ATTRIBUTE_WHERE);
    send_compile_manners(compiler, rule, made);
    made->type = rule_text(rule, ATTRIBUTE_TYPE);
    return true;
}

static bool may_be_many(const struct send_operation *operation)
{
    bool is_one = operation->join || (operation->pick && operation->pick != SEND_PICK_REST);
    for (size_t i = 0; i < operation->source.path_count; i++)
        if (operation->source.paths[i].is_many && !is_one)
            return true;
    return false;
}

static void check_one(struct send_compiler *compiler, const struct rule *rule,
                      const struct send_operation *operation)
{
    if (!operation->to.repeats && may_be_many(operation))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TO, 0, 0, "two-values",
                         SLICE("say which one by pick=\"first\", or join=\"lines\""),
                         "this place holds one value, and there may be several");
}

static void compile_set_word(struct send_compiler *compiler, const struct send_scope *scope,
                             const struct rule *rule, const struct condition *when)
{
    struct send_operation made = SEND_OPERATION_NEW;
    struct send_shape shape;
    struct slice type;
    if (!compile_value(compiler, scope, rule, &made, &shape, &type))
        return;
    made.table = send_compile_table(compiler, rule, &shape);
    send_compile_how(compiler, rule, &shape, type, &made.how);
    check_one(compiler, rule, &made);
    bool is_value = made.to.segment == HL7V2_ID("OBX") && made.to.field == 5;
    if (made.type.len && !is_value)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TYPE, 0, 0, "value-type",
                         SLICE("the data type of another place follows from the standard"),
                         "only OBX-5 is told its data type");
    send_push(compiler, SEND_SET, rule, when, &made);
}

static void compile_entry_word(struct send_compiler *compiler, const struct send_scope *scope,
                               const struct rule *rule, const struct condition *when)
{
    struct send_operation made = SEND_OPERATION_NEW;
    struct send_scope inside = *scope;
    struct slice type;
    if (!compile_value(compiler, scope, rule, &made, &inside.here, &type))
        return;
    bool has_map = rule_has(rule, ATTRIBUTE_AS) || rule_has(rule, ATTRIBUTE_MAP);
    if (has_map)
        send_compile_how(compiler, rule, &inside.here, type, &made.how);
    check_one(compiler, rule, &made);
    inside.has_position = true;
    inside.type = rule_has(rule, ATTRIBUTE_AS) ? rule_text(rule, ATTRIBUTE_AS) : type;
    uint32_t index = send_push(compiler, SEND_ENTRY, rule, when, &made);
    compile_children_of(compiler, &inside, rule, rule->id);
    end_operation(compiler, index);
}

/* --- get, use, first ---------------------------------------------------------------------------*/

/* The name that `in` says, or the value at hand. */
static void compile_here(struct send_compiler *compiler, const struct rule *rule,
                         struct send_operation *made)
{
    struct slice in = rule_text(rule, ATTRIBUTE_IN);
    for (size_t i = compiler->name_count; i-- > 0 && in.len;)
        if (slice_equal(compiler->names[i].text, in)) {
            made->here = compiler->names[i].number;
            return;
        }
    if (in.len)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_IN, 0, 0, "unknown-name",
                         SLICE("a name is given by <get name=\"...\"> above"),
                         "nothing is called '%.*s' here", SLICE_ARG(in));
}

static bool compile_get_back(struct send_compiler *compiler, const struct rule *rule,
                             struct send_operation *made)
{
    struct slice name = rule_text(rule, ATTRIBUTE_TYPE);
    made->leads_to = fhir_definitions_resource(compiler->rules->definitions, name);
    if (!made->leads_to) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TYPE, 0, 0, "unknown-type",
                         SLICE("write the type of the resources that are looked for"),
                         "FHIR R4 has no resource '%.*s'", SLICE_ARG(name));
        return false;
    }
    struct path *back = ARENA_NEW(compiler->arena, struct path);
    made->back = back;
    compile_here(compiler, rule, made);
    return path_of_rule(rule, ATTRIBUTE_PATH, made->leads_to->root, compiler->rules->definitions,
                        compiler->issues->arena, back, compiler->issues) == 0;
}

static void compile_get_word(struct send_compiler *compiler, const struct send_scope *scope,
                             const struct rule *rule, const struct condition *when)
{
    struct send_operation made = SEND_OPERATION_NEW;
    struct send_shape shape = {NULL, NULL, NULL};
    bool is_back = rule_has(rule, ATTRIBUTE_PATH);
    if (is_back == rule_has(rule, ATTRIBUTE_FROM)) {
        rule_error(
            compiler->issues, rule, "missing-attribute",
            SLICE("from=\"subject\" follows a reference, path=\"subject\" type=\"Goal\" finds "
                  "the goals whose subject leads here"),
            "<get> needs one of 'from' and 'path'");
        return;
    }
    made.has_source = !is_back;
    bool well =
        is_back ? compile_get_back(compiler, rule, &made)
                : send_compile_paths(compiler, scope, rule, ATTRIBUTE_FROM, &made.source, &shape);
    if (well && !is_back && send_is_reference(&shape))
        made.leads_to = send_compile_leads_to(compiler, rule, &shape);
    if (made.leads_to)
        shape = send_shape_of_resource(made.leads_to);
    if (!well) { /* the name is known all the same: one mistake is told once */
        give_name(compiler, rule, &shape);
        return;
    }
    send_compile_manners(compiler, rule, &made);
    struct send_scope inside = *scope;
    inside.here = shape;
    made.where = send_compile_condition(compiler, &inside, rule, ATTRIBUTE_WHERE);
    made.name = give_name(compiler, rule, &shape);
    send_push(compiler, SEND_GET, rule, when, &made);
}

/* The segment or data type that a map writes must be the one it is used for. */
static void check_use(struct send_compiler *compiler, const struct send_scope *scope,
                      const struct rule *rule, const struct send_operation *made)
{
    const struct send_map_source *map = compiler->bodies[made->how.map].map;
    uint32_t segment = made->to.segment ? made->to.segment : scope->segment;
    bool fits = map && (map->segment ? map->segment == segment : scope->has_position);
    if (!fits)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         SLICE("the segment is named by to=\"PID\", or made by an <each> around"),
                         "the map '%.*s' does not write what is at hand",
                         SLICE_ARG(rule_text(rule, ATTRIBUTE_MAP)));
}

static void compile_use_word(struct send_compiler *compiler, const struct send_scope *scope,
                             const struct rule *rule, const struct condition *when)
{
    struct send_operation made = SEND_OPERATION_NEW;
    struct send_shape shape = scope->here;
    made.has_source = rule_has(rule, ATTRIBUTE_FROM);
    if (made.has_source &&
        !send_compile_paths(compiler, scope, rule, ATTRIBUTE_FROM, &made.source, &shape))
        return;
    if (rule_has(rule, ATTRIBUTE_TO) &&
        !send_compile_segment(compiler, scope, rule, ATTRIBUTE_TO, &made.to))
        return;
    send_compile_how(compiler, rule, &shape, (struct slice){NULL, 0}, &made.how);
    if (made.how.map == SEND_NO_BODY)
        return;
    check_use(compiler, scope, rule, &made);
    send_push(compiler, SEND_USE, rule, when, &made);
}

static void compile_first_word(struct send_compiler *compiler, const struct send_scope *scope,
                               const struct rule *rule, const struct condition *when)
{
    struct send_operation made = SEND_OPERATION_NEW;
    uint32_t index = send_push(compiler, SEND_FIRST, rule, when, &made);
    compile_children_of(compiler, scope, rule, rule->id);
    end_operation(compiler, index);
}

/* --- each --------------------------------------------------------------------------------------*/

/* The group that is made; false where it was reported. */
static bool compile_group(struct send_compiler *compiler, const struct send_scope *scope,
                          const struct rule *rule, struct send_operation *made)
{
    struct slice name = rule_text(rule, ATTRIBUTE_GROUP);
    made->group = scope->structure ? hl7v2_structure_find(scope->structure, scope->node, name) : 0;
    made->group_parent = scope->node;
    if (made->group && !scope->structure->nodes[made->group].segment)
        return true;
    rule_value_error(compiler->issues, rule, ATTRIBUTE_GROUP, 0, 0, "unknown-group",
                     SLICE("the group is named below the one at hand, as in ORDER_OBSERVATION"),
                     "there is no group '%.*s' here", SLICE_ARG(name));
    return false;
}

static bool compile_of(struct send_compiler *compiler, const struct send_scope *scope,
                       const struct rule *rule, struct send_operation *made,
                       struct send_scope *inside)
{
    if (!rule_has(rule, ATTRIBUTE_OF))
        return true;
    made->has_source = true;
    if (!send_compile_paths(compiler, scope, rule, ATTRIBUTE_OF, &made->source, &inside->here))
        return false;
    if (send_is_reference(&inside->here)) {
        made->leads_to = send_compile_leads_to(compiler, rule, &inside->here);
        if (!made->leads_to)
            return false;
        inside->here = send_shape_of_resource(made->leads_to);
    }
    if (rule_has(rule, ATTRIBUTE_AS))
        send_compile_how(compiler, rule, &inside->here, (struct slice){NULL, 0}, &made->how);
    struct slice width = rule_text(rule, ATTRIBUTE_WIDTH), split = rule_text(rule, ATTRIBUTE_SPLIT);
    uint64_t number = 0;
    made->splits = slice_equal(split, SLICE("lines"));
    if ((split.len && !made->splits) || (width.len && !slice_to_uint64(width, 65536, &number)))
        rule_error(compiler->issues, rule, "value-syntax",
                   SLICE("as in split=\"lines\" width=\"200\""), "this is no way to split a text");
    made->width = (unsigned)number;
    return true;
}

static void compile_each_word(struct send_compiler *compiler, const struct send_scope *scope,
                              const struct rule *rule, const struct condition *when)
{
    struct send_operation made = SEND_OPERATION_NEW;
    struct send_scope inside = *scope;
    struct slice type;
    if (!compile_of(compiler, scope, rule, &made, &inside))
        return;
    made.where = send_compile_condition(compiler, &inside, rule, ATTRIBUTE_WHERE);
    send_compile_manners(compiler, rule, &made);
    if (rule_has(rule, ATTRIBUTE_GROUP)) {
        if (!compile_group(compiler, scope, rule, &made))
            return;
        inside.node = made.group;
        inside.segment = inside.segment_node = 0;
    }
    if (rule_has(rule, ATTRIBUTE_SEGMENT)) {
        if (!send_compile_segment(compiler, &inside, rule, ATTRIBUTE_SEGMENT, &made.to))
            return;
        made.makes_segment = true;
        inside.segment = made.to.segment;
        inside.segment_node = made.to.node;
    }
    if (rule_has(rule, ATTRIBUTE_NUMBER) &&
        send_compile_place(compiler, &inside, rule, ATTRIBUTE_NUMBER, &made.number, &type) ==
            SEND_PLACE_FAILED)
        return;
    if (rule_has(rule, ATTRIBUTE_NUMBER) && !made.group && !made.makes_segment)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_NUMBER, 0, 0, "wrong-place",
                         SLICE("write group=\"...\" or segment=\"...\" as well"),
                         "only what makes segments or groups can number them");
    size_t names = compiler->name_count;
    made.name = give_name(compiler, rule, &inside.here);
    uint32_t index = send_push(compiler, SEND_EACH, rule, when, &made);
    compile_children_of(compiler, &inside, rule, rule->id);
    end_operation(compiler, index);
    compiler->name_count = names;
}

/* --- rules and overlays ------------------------------------------------------------------------*/

static compile_send_word *const WORDS[WORD_COUNT] = {
    [WORD_SET] = compile_set_word,     [WORD_ENTRY] = compile_entry_word,
    [WORD_GET] = compile_get_word,     [WORD_USE] = compile_use_word,
    [WORD_FIRST] = compile_first_word, [WORD_EACH] = compile_each_word,
};

static void compile_plain(struct send_compiler *compiler, const struct send_scope *scope,
                          const struct rule *rule, const struct condition *extra)
{
    const struct condition *when = condition_and(
        extra, send_compile_condition(compiler, scope, rule, ATTRIBUTE_WHEN), compiler->arena);
    if (WORDS[rule->word])
        WORDS[rule->word](compiler, scope, rule, when);
}

static void compile_variant(struct send_compiler *compiler, const struct send_scope *scope,
                            const struct rule *base, const struct rule *overlay,
                            const struct condition *when)
{
    if (overlay->word == WORD_DROP)
        return;
    struct send_scope own = *scope;
    own.is_site = true;
    bool is_change = overlay->word == WORD_CHANGE;
    compile_plain(compiler, is_change ? scope : &own,
                  is_change ? compile_changed(base, overlay, compiler->arena)
                            : compile_replacing(base, overlay, compiler->arena),
                  when);
}

static void compile_one(struct send_compiler *compiler, const struct send_scope *scope,
                        const struct rule *rule)
{
    const struct overlay *overlay =
        scope->is_site ? NULL : map_get(&compiler->site->overlays, rule->id);
    /* What no overlay claimed so far is left to the next, at last to the base rule. */
    const struct condition *rest = NULL;
    for (; overlay; overlay = overlay->next) {
        const struct condition *when =
            send_compile_condition(compiler, scope, overlay->rule, ATTRIBUTE_WHEN);
        compile_variant(compiler, scope, rule, overlay->rule,
                        condition_and(rest, when, compiler->arena));
        if (!when)
            return;
        rest = condition_and(rest, condition_not(when, compiler->arena), compiler->arena);
    }
    compile_plain(compiler, scope, rule, rest);
}

static void compile_children_of(struct send_compiler *compiler, const struct send_scope *scope,
                                const struct rule *rule, struct slice owner)
{
    for (const struct rule *child = rule->first_child; child; child = child->next)
        compile_one(compiler, scope, child);
    const struct overlay *added = map_get(&compiler->site->additions, owner);
    for (; added; added = added->next) {
        if (!rule_has(added->rule, ATTRIBUTE_TO))
            continue;
        struct send_scope own = *scope;
        own.is_site = true;
        library_name_rules(added->rule, compiler->sends->site.id, &compiler->site_rules,
                           compiler->issues->arena, compiler->issues);
        for (const struct rule *child = added->rule->first_child; child; child = child->next)
            compile_one(compiler, &own, child);
    }
}

/* --- bodies ------------------------------------------------------------------------------------*/

static uint32_t compile_body(struct send_compiler *compiler, const struct send_scope *scope,
                             const struct rule *rule)
{
    struct send_operation made = SEND_OPERATION_NEW;
    compiler->name_count = 0;
    uint32_t body = send_push(compiler, SEND_BODY, rule, NULL, &made);
    compile_children_of(compiler, scope, rule, rule->id);
    end_operation(compiler, body);
    return body;
}

static void compile_map_body(struct send_compiler *compiler, size_t number)
{
    const struct send_body body = compiler->bodies[number];
    if (body.both) {
        struct send_operation made = SEND_OPERATION_NEW;
        uint32_t index = send_push(compiler, SEND_BODY, body.both->rule, NULL, &made);
        send_compile_both(compiler, body.both);
        end_operation(compiler, index);
        compiler->bodies[number].body = index;
        return;
    }
    const struct send_map_source *map = body.map;
    struct send_scope scope = {.here = {map->from_type, map->from, NULL},
                               .conditions = &map->conditions,
                               .segment = map->segment,
                               .has_position = map->type.len > 0,
                               .type = map->type};
    compiler->bodies[number].body = compile_body(compiler, &scope, map->rule);
}

/* --- what a structure requires -----------------------------------------------------------------*/

/* The nodes that some rule of a send writes into. */
static void note_nodes(const struct send_compiler *compiler,
                       const struct hl7v2_structure *structure, uint32_t first, uint32_t end,
                       bool *written)
{
    for (uint32_t i = first; i < end; i++) {
        const struct send_operation *operation = &compiler->sends->operations[i];
        uint32_t nodes[] = {operation->to.node, operation->group};
        for (size_t k = 0; k < 2; k++)
            for (uint32_t node = nodes[k]; node && node != SEND_LOCAL_NODE;
                 node = structure->nodes[node].parent)
                written[node] = true;
    }
}

static void report_missing(struct send_compiler *compiler, const struct rule *rule,
                           const struct hl7v2_structure *structure, uint32_t node)
{
    const struct hl7v2_node *missing = &structure->nodes[node];
    rule_value_error(compiler->issues, rule, ATTRIBUTE_STRUCTURE, 0, 0, "missing-segment",
                     SLICE("every group that is written needs its required segments"),
                     "no rule writes %.*s, which %.*s requires", SLICE_ARG(missing->name),
                     SLICE_ARG(structure->nodes[missing->parent].name));
}

/* Whether the version that is sent has the segment at all; a message that needs one it has not is
 * refused when it is to be sent. */
static bool is_in_version(const struct send_compiler *compiler, uint32_t segment)
{
    const struct hl7v2_field_definition *first =
        hl7v2_dictionary_field(compiler->rules->dictionary, segment, 1);
    return !first || hl7v2_field_in_version(first, compiler->sends->version);
}

/* Each group that is written must have what it requires; MSH writes itself. */
static void check_structure(struct send_compiler *compiler, const struct send_file *file,
                            uint32_t body)
{
    const struct hl7v2_structure *structure = file->structure;
    bool *written = ARENA_ARRAY(compiler->arena, structure->node_count, bool);
    note_nodes(compiler, structure, body, compiler->sends->operations[body].end, written);
    written[0] = true;
    for (uint32_t node = 1; node < structure->node_count; node++) {
        const struct hl7v2_node *at = &structure->nodes[node];
        bool is_lacking = at->min && !written[node] && written[at->parent];
        if (is_lacking && at->segment != HL7V2_ID("MSH") && is_in_version(compiler, at->segment))
            report_missing(compiler, file->rule, structure, node);
    }
}

static void compile_file(struct send_compiler *compiler, const struct send_file *file,
                         struct send_program *program)
{
    struct send_scope scope = {.here = send_shape_of_resource(file->from),
                               .conditions = &file->conditions,
                               .structure = file->structure};
    const struct rule *rule = file->rule;
    struct slice structure = file->structure->name;
    *program = (struct send_program){
        .from = file->from,
        .structure = file->structure,
        .alone = rule_has(rule, ATTRIBUTE_ALONE),
        .facts = {.id = rule->id,
                  .structure = structure,
                  .type = rule_has(rule, ATTRIBUTE_TYPE)
                              ? rule_text(rule, ATTRIBUTE_TYPE)
                              : slice_part(structure, 0, slice_find_byte(structure, '_')),
                  .event = rule_text(rule, ATTRIBUTE_EVENT),
                  .from = file->from->name}};
    program->body = compile_body(compiler, &scope, rule);
    program->rule = compiler->sends->operations[program->body].rule;
    /* Its names are those that stand at the top of the file: what is got there is asked. */
    program->when = send_compile_condition(compiler, &scope, rule, ATTRIBUTE_WHEN);
    check_structure(compiler, file, program->body);
}

/* --- the whole ---------------------------------------------------------------------------------*/

enum visit { VISIT_NOT_YET, VISIT_NOW, VISIT_DONE };

static bool visit_body(const struct mapping_sends *sends, uint32_t body, unsigned char *marks);

static bool visit_how(const struct mapping_sends *sends, const struct send_how *how,
                      unsigned char *marks)
{
    for (size_t i = 0; i < how->reference_count; i++)
        if (!visit_body(sends, how->references[i].map, marks))
            return false;
    return how->map == SEND_NO_BODY || visit_body(sends, how->map, marks);
}

/* False where a map comes back to itself. */
static bool visit_body(const struct mapping_sends *sends, uint32_t body, unsigned char *marks)
{
    if (marks[body] != VISIT_NOT_YET)
        return marks[body] == VISIT_DONE;
    marks[body] = VISIT_NOW;
    for (uint32_t i = body + 1; i < sends->operations[body].end; i++)
        if (!visit_how(sends, &sends->operations[i].how, marks))
            return false;
    marks[body] = VISIT_DONE;
    return true;
}

static void check_circles(struct send_compiler *compiler)
{
    const struct mapping_sends *sends = compiler->sends;
    unsigned char *marks = ARENA_ARRAY(compiler->arena, sends->operation_count + 1, unsigned char);
    for (size_t i = 0; i < compiler->body_count; i++) {
        const struct send_body *body = &compiler->bodies[i];
        if (visit_body(sends, body->body, marks))
            continue;
        rule_error(compiler->issues, body->map ? body->map->rule : body->both->rule, "map-circle",
                   SLICE("a map may not use itself, not through another either"),
                   "the map comes back to itself");
        return;
    }
}

static void link_bodies(struct send_compiler *compiler)
{
    for (size_t i = 0; i < compiler->sends->operation_count; i++) {
        struct send_how *how = &compiler->sends->operations[i].how;
        if (how->map != SEND_NO_BODY)
            how->map = compiler->bodies[how->map].body;
        for (size_t k = 0; k < how->reference_count; k++)
            how->references[k].map = compiler->bodies[how->references[k].map].body;
    }
}

static void add_tables(struct send_compiler *compiler, const struct csv_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        code_tables_add(&compiler->sends->tables, list->items[i].name, &list->items[i].csv);
}

static void number_maps(struct send_compiler *compiler)
{
    const struct map *maps = &compiler->rules->send_maps;
    compiler->bodies = ARENA_ARRAY(compiler->arena, maps->count + 1, struct send_body);
    for (size_t i = 0; i < maps->count; i++) {
        const struct send_map_source *map = maps->entries[i].value;
        compiler->bodies[i] = (struct send_body){.map = map};
        map_put(&compiler->body_numbers, map->id, (void *)(uintptr_t)(i + 1));
    }
    compiler->body_count = maps->count;
}

/* The maps of v2-to-fhir that say they serve both ways must do so, used or not. */
static void number_both(struct send_compiler *compiler)
{
    const struct map *maps = &compiler->rules->maps;
    for (size_t i = 0; i < maps->count; i++) {
        const struct map_source *map = maps->entries[i].value;
        if (!rule_has(map->rule, ATTRIBUTE_BOTH) || !map->to_type)
            continue;
        struct slice id = arena_format(compiler->arena, "%.*s-%.*s", SLICE_ARG(map->to_type->name),
                                       SLICE_ARG(map->type));
        const struct send_map_source *other = map_get(&compiler->rules->send_maps, id);
        if (other)
            rule_error(compiler->issues, map->rule, "duplicate-id",
                       arena_format(compiler->issues->arena, "the other one is %.*s:%u",
                                    SLICE_ARG(other->rule->file->name), other->rule->element->line),
                       "both=\"yes\" makes a map '%.*s', and there is one", SLICE_ARG(id));
        else
            send_body_number(compiler, id);
    }
}

static void compile_files(struct send_compiler *compiler)
{
    const struct map *files = &compiler->rules->sends;
    number_maps(compiler);
    number_both(compiler);
    compiler->sends->sends = ARENA_ARRAY(compiler->arena, files->count + 1, struct send_program);
    for (size_t i = 0; i < files->count; i++) {
        const struct send_file *file = files->entries[i].value;
        if (file->structure && file->from)
            compile_file(compiler, file, &compiler->sends->sends[compiler->sends->send_count++]);
    }
    for (size_t i = 0; i < compiler->body_count; i++)
        if (compiler->bodies[i].both || compiler->bodies[i].map->from_type)
            compile_map_body(compiler, i);
    link_bodies(compiler);
    check_circles(compiler);
    for (size_t i = 0; i < compiler->body_numbers.count; i++) {
        const struct map_entry *entry = &compiler->body_numbers.entries[i];
        const struct send_body *body = &compiler->bodies[(uintptr_t)entry->value - 1];
        map_put(&compiler->sends->bodies, entry->key, (void *)(uintptr_t)(body->body + 1));
    }
}

/* Compiles all files with the site's differences. NULL where the issues say why. */
static const struct mapping_sends *compile_sends(const struct mapping_rules *rules,
                                                 const struct site_source *site,
                                                 struct arena *arena, struct issue_list *issues)
{
    struct mapping_sends *sends = ARENA_NEW(arena, struct mapping_sends);
    struct send_compiler compiler = {
        .sends = sends, .rules = rules, .site = site, .arena = arena, .issues = issues};
    sends->rules = rules;
    sends->site = compile_site_facts(site, arena);
    sends->version = hl7v2_version_of(sends->site.version);
    map_init(&sends->bodies, arena);
    map_init(&compiler.body_numbers, arena);
    map_init(&compiler.tables, arena);
    map_init(&compiler.site_rules, arena);
    code_tables_init(&sends->tables, sends->site.id, arena);
    add_tables(&compiler, &site->tables);
    add_tables(&compiler, &rules->tables);
    compile_files(&compiler);
    return issue_list_failed(issues) ? NULL : sends;
}

void compile_sends_check(const struct mapping_rules *rules, const struct site_source *site,
                         struct issue_list *issues)
{
    struct arena *scratch = arena_new(0);
    if (rules->sends.count || rules->send_maps.count)
        compile_sends(rules, site, scratch, issues);
    arena_free(scratch);
}

int mapping_sends_make(const struct mapping_rules *rules, const struct mapping_texts *site_texts,
                       struct arena *arena, const struct mapping_sends **ret_sends,
                       struct issue_list *issues)
{
    struct site_source site;
    if (site_load(rules, site_texts, arena, &site, issues) != 0)
        return -1;
    const struct mapping_sends *sends = compile_sends(rules, &site, arena, issues);
    if (!sends)
        return -1;
    *ret_sends = sends;
    return 0;
}

int mapping_sends_load(const struct mapping_rules *rules, const char *site_folder,
                       struct arena *arena, const struct mapping_sends **ret_sends,
                       struct issue_list *issues)
{
    struct mapping_texts texts;
    if (site_folder && mapping_texts_of_site(site_folder, arena, &texts, issues) != 0)
        return -1;
    return mapping_sends_make(rules, site_folder ? &texts : NULL, arena, ret_sends, issues);
}

/* --- what people may ask -----------------------------------------------------------------------*/

size_t mapping_sends_count(const struct mapping_sends *sends)
{
    return sends->send_count;
}

struct mapping_send_facts mapping_sends_at(const struct mapping_sends *sends, size_t number)
{
    return sends->sends[number].facts;
}

const struct mapping_site *mapping_sends_site(const struct mapping_sends *sends)
{
    return &sends->site;
}

struct mapping_rule_facts mapping_sends_rule(const struct mapping_sends *sends, uint32_t number)
{
    if (number >= sends->fact_count)
        return (struct mapping_rule_facts){.line = 0};
    return sends->facts[number];
}

struct mapping_row_facts mapping_sends_row(const struct mapping_sends *sends, uint32_t number)
{
    if (number >= sends->tables.row_count)
        return (struct mapping_row_facts){.line = 0};
    const struct code_row_place *row = &sends->tables.rows[number];
    return (struct mapping_row_facts){row->table->name, row->file, row->line};
}
