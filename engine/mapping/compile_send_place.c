/* compile_send_place: where a rule writes v2, and how a value becomes what stands there. */
#include "mapping/compile_send.h"

/* --- data types --------------------------------------------------------------------------------*/

/* CNE and CF begin as CWE does, and CE became it (HL7 v2.7 2.A.13); XCN and CN, XPN and PN alike.
 */
static struct slice map_type_of(struct slice type)
{
    static const struct {
        struct slice type, map;
    } rows[] = {
        {SLICE_INIT("CE"), SLICE_INIT("CWE")},  {SLICE_INIT("CNE"), SLICE_INIT("CWE")},
        {SLICE_INIT("CF"), SLICE_INIT("CWE")},  {SLICE_INIT("CN"), SLICE_INIT("XCN")},
        {SLICE_INIT("PPN"), SLICE_INIT("XCN")}, {SLICE_INIT("PN"), SLICE_INIT("XPN")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (slice_equal(rows[i].type, type))
            return rows[i].map;
    return type;
}

/* The type of the first component of the first component, until it is simple. */
static struct slice leaf_type(const struct send_compiler *compiler, struct slice type)
{
    for (unsigned depth = 0; depth < 3 && type.len && !send_converter_named(type); depth++) {
        const struct hl7v2_component_definition *first =
            hl7v2_dictionary_component(compiler->rules->dictionary, type, 1);
        if (!first)
            return type;
        type = first->type_of;
    }
    return type;
}

/* --- places ------------------------------------------------------------------------------------*/

static enum send_place_outcome report_place(const struct send_compiler *compiler,
                                            const struct rule *rule, enum rule_attribute attribute,
                                            const char *id, const char *hint, const char *words)
{
    rule_value_error(compiler->issues, rule, attribute, 0, 0, id, slice_of(hint), "%s", words);
    return SEND_PLACE_FAILED;
}

static bool is_local(uint32_t segment)
{
    return segment >> 16 == 'Z';
}

/* The node of a segment below the group at hand; 0 where the structure has none there. */
static uint32_t node_of(const struct send_scope *scope, const struct place *place,
                        struct arena *arena)
{
    char name[] = {(char)(place->segment >> 16), (char)(place->segment >> 8), (char)place->segment};
    struct slice path = {name, sizeof name};
    if (place->groups.len)
        path = arena_format(arena, "%.*s.%.3s", SLICE_ARG(place->groups), name);
    uint32_t node = hl7v2_structure_find(scope->structure, scope->node, path);
    if (node == 0 && is_local(place->segment) && place->groups.len == 0)
        return SEND_LOCAL_NODE;
    return node;
}

/* Where the segment of a place is: at hand (node 0), or below the group at hand. */
static enum send_place_outcome find_segment(struct send_compiler *compiler,
                                            const struct send_scope *scope, const struct rule *rule,
                                            enum rule_attribute attribute,
                                            const struct place *place, uint32_t *ret_node)
{
    *ret_node = 0;
    if (place->segment == scope->segment && place->groups.len == 0)
        return SEND_PLACE_WELL;
    if (!scope->structure)
        return report_place(compiler, rule, attribute, "wrong-place",
                            "other segments are written by a <send>",
                            "a map writes into its own segment only");
    *ret_node = node_of(scope, place, compiler->arena);
    if (*ret_node)
        return SEND_PLACE_WELL;
    return report_place(compiler, rule, attribute, "unknown-segment",
                        "it is looked for in the group at hand; groups below are written in front: "
                        "PATIENT.PID-5",
                        "the group at hand has no such segment");
}

static bool parse_place(struct send_compiler *compiler, const struct rule *rule,
                        enum rule_attribute attribute, struct place *ret_place)
{
    struct slice text = rule_text(rule, attribute);
    size_t length = place_parse_front(text, ret_place);
    if (length == 0 || length < text.len || ret_place->kind == PLACE_FACT) {
        rule_value_error(compiler->issues, rule, attribute, length < text.len ? length : 0, 1,
                         "place-syntax", SLICE("a place is written as PID-3, PID-3.4 or .3"),
                         "this is no place");
        return false;
    }
    if (ret_place->nth.len == 0 && ret_place->after == 0 && ret_place->sequence == 0)
        return true;
    report_place(compiler, rule, attribute, "place-syntax",
                 "each segment and each group is made by its own <each>",
                 "a place that is written has no number of its segment");
    return false;
}

/* A number that says which repetition or part makes it no field to be repeated. */
static bool field_repeats(const struct hl7v2_field_definition *field, const struct place *place)
{
    return field && field->max_repeats != 1 && place->repetition == 0 && place->component == 0;
}

static enum send_place_outcome segment_place(struct send_compiler *compiler,
                                             const struct send_scope *scope,
                                             const struct rule *rule, enum rule_attribute attribute,
                                             struct place *place, struct send_place *ret_place,
                                             struct slice *ret_type)
{
    struct place_scope places = {.dictionary = compiler->rules->dictionary,
                                 .version = scope->is_site ? compiler->sends->version
                                                           : HL7V2_VERSION_UNKNOWN};
    if (!place_check(place, &places, rule, attribute, 0, compiler->issues))
        return SEND_PLACE_FAILED;
    uint32_t node;
    if (find_segment(compiler, scope, rule, attribute, place, &node) != SEND_PLACE_WELL)
        return SEND_PLACE_FAILED;
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(compiler->rules->dictionary, place->segment, place->field);
    *ret_place = (struct send_place){.node = node,
                                     .segment = place->segment,
                                     .field = place->field,
                                     .repetition = place->repetition,
                                     .component = place->component,
                                     .subcomponent = place->subcomponent,
                                     .repeats = field_repeats(field, place)};
    *ret_type = place_type(place, &places);
    bool is_value = place->segment == HL7V2_ID("OBX") && place->field == 5 && !place->component;
    if (is_value && rule_has(rule, ATTRIBUTE_TYPE))
        *ret_type = rule_text(rule, ATTRIBUTE_TYPE);
    if (field && !hl7v2_field_in_version(field, compiler->sends->version))
        return SEND_PLACE_NOT_IN_VERSION;
    return SEND_PLACE_WELL;
}

enum send_place_outcome send_compile_place(struct send_compiler *compiler,
                                           const struct send_scope *scope, const struct rule *rule,
                                           enum rule_attribute attribute,
                                           struct send_place *ret_place, struct slice *ret_type)
{
    struct place place;
    if (!parse_place(compiler, rule, attribute, &place))
        return SEND_PLACE_FAILED;
    if (place.kind == PLACE_SEGMENT && place.field == 0)
        return report_place(compiler, rule, attribute, "place-syntax",
                            "a field is written as PID-3", "a value is written into a field");
    if (place.kind == PLACE_SEGMENT)
        return segment_place(compiler, scope, rule, attribute, &place, ret_place, ret_type);
    if (!scope->has_position)
        return report_place(compiler, rule, attribute, "wrong-place",
                            "here a place is written as PID-3",
                            "no field is at hand that this could be a part of");
    struct place_scope places = {.dictionary = compiler->rules->dictionary, .type = scope->type};
    if (!place_check(&place, &places, rule, attribute, 0, compiler->issues))
        return SEND_PLACE_FAILED;
    *ret_place =
        (struct send_place){.component = place.component, .subcomponent = place.subcomponent};
    *ret_type = place_type(&place, &places);
    return SEND_PLACE_WELL;
}

bool send_compile_segment(struct send_compiler *compiler, const struct send_scope *scope,
                          const struct rule *rule, enum rule_attribute attribute,
                          struct send_place *ret_place)
{
    struct place place;
    struct place_scope places = {.dictionary = compiler->rules->dictionary};
    if (!parse_place(compiler, rule, attribute, &place))
        return false;
    if (place.kind != PLACE_SEGMENT || place.field) {
        report_place(compiler, rule, attribute, "place-syntax",
                     "a segment is written as PID or PATIENT.PID", "this is no segment");
        return false;
    }
    if (!place_check(&place, &places, rule, attribute, 0, compiler->issues))
        return false;
    ret_place->segment = place.segment;
    return find_segment(compiler, scope, rule, attribute, &place, &ret_place->node) ==
           SEND_PLACE_WELL;
}

/* --- how ---------------------------------------------------------------------------------------*/

static uint32_t add_body(struct send_compiler *compiler, struct slice id, struct send_body body)
{
    compiler->bodies =
        arena_grow(compiler->arena, compiler->bodies, compiler->body_count * sizeof(body),
                   (compiler->body_count + 1) * sizeof(body));
    compiler->bodies[compiler->body_count++] = body;
    map_put(&compiler->body_numbers, id, (void *)(uintptr_t)compiler->body_count);
    return (uint32_t)(compiler->body_count - 1);
}

/* "Range-NR" is the map NR-Range read backwards, where that one serves both ways. */
static const struct map_source *map_of_both(const struct send_compiler *compiler, struct slice id)
{
    size_t dash = slice_find_byte(id, '-');
    struct slice other =
        arena_format(compiler->arena, "%.*s-%.*s", SLICE_ARG(slice_after(id, dash + 1)),
                     SLICE_ARG(slice_part(id, 0, dash)));
    const struct map_source *map = map_get(&compiler->rules->maps, other);
    return map && rule_has(map->rule, ATTRIBUTE_BOTH) ? map : NULL;
}

uint32_t send_body_number(struct send_compiler *compiler, struct slice id)
{
    uintptr_t number = (uintptr_t)map_get(&compiler->body_numbers, id);
    if (number)
        return (uint32_t)(number - 1);
    const struct map_source *both = map_of_both(compiler, id);
    return both ? add_body(compiler, id, (struct send_body){.both = both}) : SEND_NO_BODY;
}

static uint32_t body_of(struct send_compiler *compiler, const struct fhir_type *from,
                        struct slice type)
{
    for (const struct fhir_type *at = from; at; at = at->base) {
        struct slice id =
            arena_format(compiler->arena, "%.*s-%.*s", SLICE_ARG(at->name), SLICE_ARG(type));
        uint32_t number = send_body_number(compiler, id);
        if (number != SEND_NO_BODY)
            return number;
    }
    return SEND_NO_BODY;
}

static void add_reference(struct send_compiler *compiler, struct send_how *how,
                          const struct fhir_type *type, uint32_t map)
{
    struct send_reference made = {type, map};
    how->references =
        arena_grow(compiler->arena, how->references, how->reference_count * sizeof(made),
                   (how->reference_count + 1) * sizeof(made));
    how->references[how->reference_count++] = made;
}

/* A Reference is written by what it leads to, or by what it says itself. */
static bool reference_how(struct send_compiler *compiler, const struct send_shape *shape,
                          struct slice type, struct send_how *how)
{
    const struct fhir_element *element = shape->element;
    how->is_reference = true;
    for (uint32_t i = 0; element && i < element->target_count; i++) {
        uint32_t map = body_of(compiler, element->targets[i], type);
        if (map != SEND_NO_BODY)
            add_reference(compiler, how, element->targets[i], map);
    }
    how->map = body_of(compiler, shape->type, type);
    return how->reference_count || how->map != SEND_NO_BODY;
}

static void named_map_how(struct send_compiler *compiler, const struct rule *rule,
                          const struct send_shape *shape, struct send_how *how)
{
    struct slice id = rule_text(rule, ATTRIBUTE_MAP);
    uint32_t number = send_body_number(compiler, id);
    if (number == SEND_NO_BODY) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "unknown-map",
                         (struct slice){NULL, 0}, "there is no map '%.*s'", SLICE_ARG(id));
        return;
    }
    const struct send_body *body = &compiler->bodies[number];
    const struct fhir_type *from = body->map ? body->map->from_type : body->both->to_type;
    if (from && from->kind == FHIR_TYPE_RESOURCE && send_is_reference(shape)) {
        how->is_reference = true;
        add_reference(compiler, how, from, number);
        return;
    }
    if (from && shape->type && !fhir_type_is(shape->type, from->name))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         (struct slice){NULL, 0}, "the map '%.*s' reads a %.*s, this is a %.*s",
                         SLICE_ARG(id), SLICE_ARG(from->name), SLICE_ARG(shape->type->name));
    how->map = number;
}

static void primitive_how(struct send_compiler *compiler, const struct rule *rule,
                          struct slice type, struct send_how *how)
{
    how->converter = send_converter_named(leaf_type(compiler, type));
    if (how->converter || !rule_has(rule, ATTRIBUTE_AS))
        return;
    struct slice *names;
    size_t count = send_converter_names(compiler->issues->arena, &names);
    struct slice as = rule_text(rule, ATTRIBUTE_AS);
    rule_value_error(compiler->issues, rule, ATTRIBUTE_AS, 0, 0, "unknown-converter",
                     rule_did_you_mean(compiler->issues->arena, as, names, count),
                     "there is no converter and no simple data type '%.*s'", SLICE_ARG(as));
}

/* A coding goes through a table into a place for one code. */
static bool is_coded(const struct fhir_type *type)
{
    return slice_equal(type->name, SLICE("CodeableConcept")) ||
           slice_equal(type->name, SLICE("Coding"));
}

void send_compile_how(struct send_compiler *compiler, const struct rule *rule,
                      const struct send_shape *shape, struct slice type, struct send_how *ret_how)
{
    struct send_how how = {.map = SEND_NO_BODY};
    struct slice as = rule_has(rule, ATTRIBUTE_AS) ? rule_text(rule, ATTRIBUTE_AS) : type;
    bool has_table = rule_has(rule, ATTRIBUTE_TABLE);
    if (rule_has(rule, ATTRIBUTE_MAP)) {
        named_map_how(compiler, rule, shape, &how);
    } else if (!shape->type || shape->type->kind == FHIR_TYPE_PRIMITIVE) {
        primitive_how(compiler, rule, as, &how);
    } else {
        bool found = as.len && (send_is_reference(shape)
                                    ? reference_how(compiler, shape, map_type_of(as), &how)
                                    : (how.map = body_of(compiler, shape->type, map_type_of(as))) !=
                                          SEND_NO_BODY);
        bool is_table_of_columns = has_table && !is_coded(shape->type);
        if (!found && !(has_table && (send_converter_named(as) || is_table_of_columns)))
            rule_error(compiler->issues, rule, as.len ? "unknown-map" : "needs-as",
                       SLICE("name an element below it, as in code.coding.code, or a map"),
                       "no map goes from %.*s to %.*s", SLICE_ARG(shape->type->name),
                       SLICE_ARG(as));
    }
    *ret_how = how;
}

/* --- maps that serve both ways -----------------------------------------------------------------*/

static void report_one_way(struct send_compiler *compiler, const struct rule *rule,
                           const char *words)
{
    rule_error(compiler->issues, rule, "not-one-to-one",
               SLICE("leave both=\"yes\" out, and write the way back below fhir-to-v2/datatypes"),
               "%s", words);
}

/* One place to one element and nothing else: what can be turned around. */
static bool is_plain(const struct rule *rule)
{
    static const enum rule_attribute ALLOWED[] = {ATTRIBUTE_ID, ATTRIBUTE_FROM, ATTRIBUTE_TO,
                                                  ATTRIBUTE_GUIDE, ATTRIBUTE_BECAUSE};
    uint64_t allowed = 0;
    for (size_t i = 0; i < sizeof(ALLOWED) / sizeof(ALLOWED[0]); i++)
        allowed |= UINT64_C(1) << ALLOWED[i];
    struct slice from = rule_text(rule, ATTRIBUTE_FROM), to = rule_text(rule, ATTRIBUTE_TO);
    return rule->word == WORD_SET && (rule->given & ~allowed) == 0 && from.len &&
           slice_find(from, SLICE(" or ")) == from.len && slice_find(to, SLICE("[")) == to.len;
}

/* The rule with `from` and `to` changing places. */
static const struct rule *turned(struct send_compiler *compiler, const struct rule *rule)
{
    struct rule *made = ARENA_NEW(compiler->arena, struct rule);
    struct rule_values values = rule_given(rule);
    struct rule_value from = values.items[ATTRIBUTE_FROM];
    *made = *rule;
    values.items[ATTRIBUTE_FROM] = values.items[ATTRIBUTE_TO];
    values.items[ATTRIBUTE_TO] = from;
    rule_give(made, &values, compiler->arena);
    return made;
}

static void turn_rule(struct send_compiler *compiler, const struct send_scope *scope,
                      const struct rule *rule)
{
    const struct rule *back = turned(compiler, rule);
    struct send_operation made = SEND_OPERATION_NEW;
    struct send_shape shape;
    struct slice type;
    if (!send_compile_source(compiler, scope, back, &made.source, &shape) ||
        send_compile_place(compiler, scope, back, ATTRIBUTE_TO, &made.to, &type) != SEND_PLACE_WELL)
        return;
    send_compile_how(compiler, back, &shape, type, &made.how);
    send_push(compiler, SEND_SET, rule, NULL, &made);
}

void send_compile_both(struct send_compiler *compiler, const struct map_source *map)
{
    struct send_scope scope = {.here = {map->to_type, map->to, NULL},
                               .conditions = &map->conditions,
                               .has_position = true,
                               .type = map->type};
    struct map targets;
    map_init(&targets, compiler->arena);
    for (const struct rule *child = map->rule->first_child; child; child = child->next) {
        if (!is_plain(child)) {
            report_one_way(compiler, child, "this rule has no way back");
            continue;
        }
        bool twice = map_put(&targets, rule_text(child, ATTRIBUTE_TO), (void *)(uintptr_t)child) ||
                     map_put(&targets, rule_text(child, ATTRIBUTE_FROM), (void *)(uintptr_t)child);
        if (twice)
            report_one_way(compiler, child,
                           "another rule of this map has the same place or element");
        else
            turn_rule(compiler, &scope, child);
    }
}
