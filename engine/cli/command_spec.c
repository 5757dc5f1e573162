/* spec: what the standards call a thing, offline.
 *
 *   PID  PID-5  PID-5.2   a segment, a field, a component
 *   CX   CX.4             a data type of v2, a component of it
 *   ADT_A01               a message structure, with its groups
 *   0001  HL70001         a table of v2
 *   Observation  Observation.valueQuantity.unit   a FHIR type, an element */
#include "base/csv.h"
#include "base/file.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/knowledge.h"

#include "hl7v2/place.h"

#include <stdio.h>
#include <string.h>

#define TABLES_LIMIT ((size_t)1 << 20)

/* What was found, in the order in which it is told; as JSON the object itself. */
struct spec {
    struct arena *arena;
    struct json *answer;
    struct json *parts; /* fields, components or elements */
};

static void tell(struct spec *spec, const char *name, struct slice text)
{
    if (text.len > 0) {
        json_add_string(spec->answer, slice_of(name), text, spec->arena);
    }
}

static struct json *add_part(struct spec *spec, struct slice name, struct slice words)
{
    struct json *part = json_append(spec->parts, json_object(spec->arena));
    json_add_string(part, SLICE("name"), name, spec->arena);
    json_add_string(part, SLICE("words"), words, spec->arena);
    return part;
}

/* --- v2 --------------------------------------------------------------------------------------- */

static void list_components(struct spec *spec, const struct hl7v2_dictionary *dictionary,
                            struct slice type)
{
    unsigned count = hl7v2_dictionary_component_count(dictionary, type);
    for (unsigned i = 1; i <= count; i++) {
        const struct hl7v2_component_definition *component =
            hl7v2_dictionary_component(dictionary, type, i);
        if (component != NULL) {
            add_part(spec, arena_format(spec->arena, "%.*s.%u", SLICE_ARG(type), i),
                     arena_format(spec->arena, "%.*s (%.*s)", SLICE_ARG(component->name),
                                  SLICE_ARG(component->type_of)));
        }
    }
}

static bool tell_component(struct spec *spec, const struct hl7v2_dictionary *dictionary,
                           struct slice type, unsigned number)
{
    const struct hl7v2_component_definition *component =
        hl7v2_dictionary_component(dictionary, type, number);
    if (component == NULL) {
        return false;
    }
    tell(spec, "name", component->name);
    tell(spec, "type", component->type_of);
    tell(spec, "table", component->table);
    tell(spec, "required", component->required ? SLICE("yes") : SLICE("no"));
    list_components(spec, dictionary, component->type_of);
    return true;
}

static bool tell_field(struct spec *spec, const struct hl7v2_dictionary *dictionary,
                       uint32_t segment, unsigned number)
{
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(dictionary, segment, number);
    if (field == NULL) {
        return false;
    }
    struct slice from = hl7v2_version_name(field->from);
    struct slice to = hl7v2_version_name(field->to);
    tell(spec, "name", field->name);
    tell(spec, "type", field->type);
    tell(spec, "table", field->table);
    tell(spec, "required", field->required ? SLICE("yes") : SLICE("no"));
    tell(spec, "repeats",
         field->max_repeats == 1   ? SLICE("no")
         : field->max_repeats == 0 ? SLICE("yes")
                                   : arena_format(spec->arena, "at most %u", field->max_repeats));
    tell(spec, "versions",
         to.len > 0 ? arena_format(spec->arena, "%.*s to %.*s", SLICE_ARG(from), SLICE_ARG(to))
                    : arena_format(spec->arena, "from %.*s on", SLICE_ARG(from)));
    list_components(spec, dictionary, field->type);
    return true;
}

static bool tell_segment(struct spec *spec, const struct hl7v2_dictionary *dictionary,
                         struct slice name, uint32_t segment)
{
    unsigned count = hl7v2_dictionary_field_count(dictionary, segment);
    for (unsigned i = 1; i <= count; i++) {
        const struct hl7v2_field_definition *field = hl7v2_dictionary_field(dictionary, segment, i);
        if (field != NULL) {
            add_part(spec, arena_format(spec->arena, "%.*s-%u", SLICE_ARG(name), i),
                     arena_format(spec->arena, "%.*s (%.*s)", SLICE_ARG(field->name),
                                  SLICE_ARG(field->type)));
        }
    }
    return count > 0;
}

static unsigned depth_of(const struct hl7v2_structure *structure, uint32_t node)
{
    unsigned depth = 0;
    for (; structure->nodes[node].parent != 0; node = structure->nodes[node].parent) {
        depth++;
    }
    return depth;
}

/* Groups and segments in their order, those inside a group further in. */
static bool tell_structure(struct spec *spec, const struct hl7v2_dictionary *dictionary,
                           struct slice name)
{
    const struct hl7v2_structure *structure = hl7v2_dictionary_structure(dictionary, name);
    if (structure == NULL) {
        return false;
    }
    for (uint32_t i = 1; i < structure->node_count; i++) {
        const struct hl7v2_node *node = &structure->nodes[i];
        add_part(spec,
                 arena_format(spec->arena, "%*s%.*s", (int)(2 * depth_of(structure, i)), "",
                              SLICE_ARG(node->name)),
                 arena_format(spec->arena, "%s%s%s", node->segment != 0 ? "" : "group, ",
                              node->min > 0 ? "required" : "optional",
                              node->max == 1 ? "" : ", repeats"));
    }
    return true;
}

/* "0001" or "HL70001"; of a table the dictionary knows the name. */
static bool tell_table(struct spec *spec, const struct knowledge *knowledge, struct slice what)
{
    struct csv_table table;
    struct slice text;
    struct issue_list issues;
    issue_list_init(&issues, spec->arena);
    struct slice number = slice_starts_with(what, SLICE("HL7")) ? slice_after(what, 3) : what;
    const char *path = file_join(spec->arena, knowledge->mappings, SLICE("dictionary/tables.csv"));
    if (number.len != 4 || file_read(path, TABLES_LIMIT, spec->arena, &text, &issues) != 0 ||
        csv_parse(slice_of(path), text, CSV_COMMA, spec->arena, &table, &issues) != 0) {
        return false;
    }
    for (size_t row = 0; row < table.row_count; row++) {
        if (slice_equal(csv_cell(&table, row, 0), number)) {
            tell(spec, "table", number);
            tell(spec, "name", csv_cell(&table, row, 1));
            return true;
        }
    }
    return false;
}

/* "PID", "PID-5", "PID-5.2", "CX", "CX.4". */
static bool tell_v2(struct spec *spec, const struct hl7v2_dictionary *dictionary, struct slice what)
{
    size_t dash = slice_find_byte(what, '-');
    size_t dot = slice_find_byte(what, '.');
    uint64_t field = 0;
    uint64_t component = 0;
    bool has_component = dot < what.len;
    if (has_component && !slice_to_uint64(slice_after(what, dot + 1), 999, &component)) {
        return false;
    }
    if (dash == what.len) {
        struct slice type = slice_part(what, 0, dot);
        if (has_component) {
            return tell_component(spec, dictionary, type, (unsigned)component);
        }
        list_components(spec, dictionary, type);
        return json_first(spec->parts) != NULL ||
               (what.len == 3 && tell_segment(spec, dictionary, what, HL7V2_ID(what.ptr)));
    }
    if (dash != 3 || !slice_to_uint64(slice_part(what, dash + 1, dot - dash - 1), 999, &field)) {
        return false;
    }
    uint32_t segment = HL7V2_ID(what.ptr);
    if (!has_component) {
        return tell_field(spec, dictionary, segment, (unsigned)field);
    }
    const struct hl7v2_field_definition *found =
        hl7v2_dictionary_field(dictionary, segment, (unsigned)field);
    return found != NULL && tell_component(spec, dictionary, found->type, (unsigned)component);
}

/* --- FHIR ------------------------------------------------------------------------------------- */

static struct slice cardinality(const struct fhir_element *element, struct arena *arena)
{
    if (element->maximum == FHIR_MANY) {
        return arena_format(arena, "%u..*", element->minimum);
    }
    return arena_format(arena, "%u..%u", element->minimum, element->maximum);
}

static struct slice type_names(const struct fhir_element *element, struct arena *arena)
{
    struct slice names = {0};
    for (uint32_t i = 0; i < element->type_count; i++) {
        names = arena_format(arena, "%.*s%s%.*s", SLICE_ARG(names), i > 0 ? ", " : "",
                             SLICE_ARG(element->types[i]->name));
    }
    return names;
}

static struct slice target_names(const struct fhir_element *element, struct arena *arena)
{
    struct slice names = {0};
    for (uint32_t i = 0; i < element->target_count; i++) {
        names = arena_format(arena, "%.*s%s%.*s", SLICE_ARG(names), i > 0 ? ", " : "",
                             SLICE_ARG(element->targets[i]->name));
    }
    return names;
}

static void list_children(struct spec *spec, const struct fhir_element *parent)
{
    for (uint32_t i = 0; i < parent->child_count; i++) {
        const struct fhir_element *child = parent->children[i];
        add_part(spec, child->path,
                 arena_format(spec->arena, "%.*s (%.*s)",
                              SLICE_ARG(cardinality(child, spec->arena)),
                              SLICE_ARG(type_names(child, spec->arena))));
    }
}

static void tell_element(struct spec *spec, const struct fhir_element *element,
                         const struct fhir_element *content)
{
    static const char *const bindings[] = {[FHIR_BINDING_NONE] = "",
                                           [FHIR_BINDING_EXAMPLE] = "example",
                                           [FHIR_BINDING_PREFERRED] = "preferred",
                                           [FHIR_BINDING_EXTENSIBLE] = "extensible",
                                           [FHIR_BINDING_REQUIRED] = "required"};
    tell(spec, "element", element->path);
    tell(spec, "cardinality", cardinality(element, spec->arena));
    tell(spec, "types", type_names(element, spec->arena));
    tell(spec, "targets", target_names(element, spec->arena));
    tell(spec, "binding", slice_of(bindings[element->binding]));
    tell(spec, "value_set", element->value_set_url);
    list_children(spec, content);
}

static bool tell_fhir(struct spec *spec, const struct fhir_definitions *definitions,
                      struct slice what)
{
    size_t dot = slice_find_byte(what, '.');
    const struct fhir_type *type = fhir_definitions_type(definitions, slice_part(what, 0, dot));
    if (type == NULL) {
        return false;
    }
    if (dot == what.len) {
        tell(spec, "base", type->base != NULL ? type->base->name : (struct slice){0});
        list_children(spec, type->root);
        return true;
    }
    struct slice path = slice_after(what, dot + 1);
    const struct fhir_element *choice = fhir_definition_choice(type->root, path);
    if (choice != NULL) {
        tell_element(spec, choice, choice);
        return true;
    }
    const struct fhir_property *property = fhir_definition_path(type, path, NULL, NULL);
    if (property == NULL) {
        return false;
    }
    tell_element(spec, property->element, property->content);
    return true;
}

/* --- what was meant --------------------------------------------------------------------------- */

static struct slice upper_case(struct slice text, struct arena *arena)
{
    char *copy = arena_string(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = copy[i] >= 'a' && copy[i] <= 'z' ? (char)(copy[i] - ('a' - 'A')) : copy[i];
    }
    return (struct slice){copy, text.len};
}

/* Among segments, data types of v2 and types of FHIR, by what stands before '-' or '.'. Empty where
 * none is near. */
static struct slice nearest_place(const struct knowledge *knowledge, struct slice what,
                                  struct arena *arena)
{
    size_t end = slice_find_byte(what, '-');
    struct slice first = slice_part(what, 0, end < what.len ? end : slice_find_byte(what, '.'));
    size_t segments, types, count = fhir_definitions_type_count(knowledge->definitions);
    const struct slice *segment =
        hl7v2_dictionary_segments(knowledge->dictionary, arena, &segments);
    const struct slice *type = hl7v2_dictionary_types(knowledge->dictionary, arena, &types);
    struct slice *names = ARENA_ARRAY(arena, segments + types + count, struct slice);
    memcpy(names, segment, segments * sizeof(*names));
    memcpy(names + segments, type, types * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        names[segments + types + i] = fhir_definitions_type_at(knowledge->definitions, i)->name;
    }
    size_t nearest = suggest_nearest(first, names, segments + types + count);
    if (nearest == segments + types + count || slice_equal(names[nearest], first)) {
        return (struct slice){0};
    }
    return arena_format(arena, "%.*s%.*s", SLICE_ARG(names[nearest]),
                        SLICE_ARG(slice_after(what, first.len)));
}

static bool tell_any(struct spec *spec, const struct knowledge *knowledge, struct slice what)
{
    return tell_fhir(spec, knowledge->definitions, what) ||
           tell_v2(spec, knowledge->dictionary, what) ||
           tell_structure(spec, knowledge->dictionary, what) || tell_table(spec, knowledge, what);
}

/* A hint that names only what is known. */
static struct slice did_you_mean(const struct knowledge *knowledge, struct slice what,
                                 struct arena *arena)
{
    struct slice place = nearest_place(knowledge, what, arena);
    struct spec spec = {.arena = arena, .answer = json_object(arena), .parts = json_array(arena)};
    if (place.len == 0 || !tell_any(&spec, knowledge, place)) {
        return (struct slice){0};
    }
    return arena_format(arena, "did you mean '%.*s'?", SLICE_ARG(place));
}

static enum command_exit not_known(struct command_call *call, const struct knowledge *knowledge)
{
    struct slice what = slice_of(call->operands[0]);
    issue_add(
        &call->issues,
        (struct issue){.code = ISSUE_NOT_FOUND,
                       .severity = ISSUE_ERROR,
                       .words = arena_format(call->arena, "neither HL7 v2 nor FHIR R4 knows '%.*s'",
                                             SLICE_ARG(what)),
                       .hint = did_you_mean(knowledge, what, call->arena)});
    return COMMAND_FOUND;
}

/* --- the command ------------------------------------------------------------------------------ */

static void print_spec(const struct spec *spec)
{
    for (struct json *member = json_first(spec->answer); member != NULL;
         member = json_next(member)) {
        if (json_kind(member) == JSON_STRING) {
            printf("%-12.*s %.*s\n", SLICE_ARG(json_name(member)), SLICE_ARG(json_text(member)));
        }
    }
    for (struct json *part = json_first(spec->parts); part != NULL; part = json_next(part)) {
        struct slice name = json_get_text(part, SLICE("name"));
        struct slice words = json_get_text(part, SLICE("words"));
        printf("  %-32.*s %.*s\n", SLICE_ARG(name), SLICE_ARG(words));
    }
}

enum command_exit command_spec(struct command_call *call)
{
    struct knowledge knowledge;
    if (knowledge_load(NULL, call->arena, &knowledge, &call->issues) != 0) {
        return command_failed(call);
    }
    struct slice what = slice_of(call->operands[0]);
    struct spec spec = {
        .arena = call->arena, .answer = json_object(call->arena), .parts = json_array(call->arena)};
    tell(&spec, "place", what);
    if (!tell_any(&spec, &knowledge, what) &&
        !tell_any(&spec, &knowledge, upper_case(what, call->arena))) {
        return not_known(call, &knowledge);
    }
    if (call->json) {
        json_add(spec.answer, SLICE("parts"), spec.parts);
        command_print(spec.answer);
        return COMMAND_DONE;
    }
    print_spec(&spec);
    return COMMAND_DONE;
}
