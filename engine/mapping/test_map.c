/* test_map: a segment or data type map that runs alone.
 *
 * The map is called by a message of our own, written in the language like any other:
 *
 *   a resource from a segment    <make type="Patient" from="PID" map="PID-Patient"/>
 *   a resource from a value      <make type="Basic" from="ZZT">
 *                                  <ref to="..." make="Practitioner" map="XCN-Practitioner"/>
 *   a value                      <make type="Basic"> written to its extension, which takes any type
 *
 * so that a test runs what an engine runs. All segments stand in one group. */
#include "mapping/test_internal.h"

#include <string.h>

#define VALUE_SEGMENT                                                                              \
    TEST_VALUE_SEGMENT /* holds the value of a data type map in its second field */
#define VALUE_PATH "extension(urn:painbridge:test)"
#define RESOURCE_NAME "(test)" /* no rule can say this name */

static const char HEADER[] =
    "MSH|^~\\&|SENDER|CLINIC|PAINBRIDGE|HUB|20260102030405+0000||ZZT^Z01|1|P|2.5.1\r";

struct slice test_structure_of(const struct map_source *map, struct arena *arena)
{
    return arena_format(arena, "test %.*s", SLICE_ARG(map->id));
}

static bool makes_resource(const struct map_source *map)
{
    return map->to_type->kind == FHIR_TYPE_RESOURCE;
}

/* "valueHumanName" */
static struct slice value_name(const struct map_source *map, struct arena *arena)
{
    return arena_format(arena, "value%.*s", SLICE_ARG(map->to_type->name));
}

static struct slice segment_of(const struct map_source *map)
{
    return map->segment ? rule_text(map->rule, ATTRIBUTE_FROM) : SLICE(VALUE_SEGMENT);
}

/* --- the message's rules -----------------------------------------------------------------------*/

/* What stands inside the <make>, and what its attributes are but type and key. */
static struct slice body_of(const struct map_source *map, struct arena *arena,
                            struct slice *ret_attributes)
{
    struct slice id = map->id, segment = segment_of(map), type = map->to_type->name;
    if (map->segment && makes_resource(map)) {
        *ret_attributes =
            arena_format(arena, "from=\"%.*s\" map=\"%.*s\"", SLICE_ARG(segment), SLICE_ARG(id));
        return (struct slice){NULL, 0};
    }
    if (map->segment) {
        *ret_attributes = (struct slice){NULL, 0};
        return arena_format(
            arena, "<also id=\"test\" from=\"%.*s\" map=\"%.*s\" into=\"" VALUE_PATH "[].%.*s\"/>",
            SLICE_ARG(segment), SLICE_ARG(id), SLICE_ARG(value_name(map, arena)));
    }
    *ret_attributes = SLICE("from=\"" VALUE_SEGMENT "\"");
    if (makes_resource(map))
        return arena_format(arena,
                            "<ref id=\"test\" to=\"" VALUE_PATH ".valueReference\" make=\"%.*s\" "
                            "name=\"" RESOURCE_NAME "\" from=\"" VALUE_SEGMENT "-2\" "
                            "map=\"%.*s\" key=\"test(MSH-10)\"/>",
                            SLICE_ARG(type), SLICE_ARG(id));
    return arena_format(arena,
                        "<set id=\"test\" to=\"" VALUE_PATH ".%.*s\" from=\"" VALUE_SEGMENT
                        "-2\" map=\"%.*s\"/>",
                        SLICE_ARG(value_name(map, arena)), SLICE_ARG(id));
}

static struct slice message_text(const struct map_source *map, struct arena *arena)
{
    bool is_made = map->segment && makes_resource(map);
    struct slice attributes, body = body_of(map, arena, &attributes);
    return arena_format(arena,
                        "<message structure=\"%.*s\"><make id=\"test\" name=\"%s\" type=\"%.*s\" "
                        "key=\"test(MSH-10)\" clash=\"number\" %.*s>%.*s</make></message>",
                        SLICE_ARG(test_structure_of(map, arena)),
                        is_made ? RESOURCE_NAME : "(test value)",
                        SLICE_ARG(is_made ? map->to_type->name : SLICE("Basic")),
                        SLICE_ARG(attributes), SLICE_ARG(body));
}

/* One group with the map's own segment, as often as it comes; all others have no place of their
 * own and stand in the group as well. */
static const struct hl7v2_structure *structure_for(const struct map_source *map,
                                                   struct arena *arena)
{
    struct hl7v2_node *nodes = ARENA_ARRAY(arena, 2, struct hl7v2_node);
    struct hl7v2_structure *structure = ARENA_NEW(arena, struct hl7v2_structure);
    struct slice segment = segment_of(map), name = test_structure_of(map, arena);
    nodes[0] = (struct hl7v2_node){.name = name, .next = 2, .min = 1, .max = 1, .may_begin = true};
    nodes[1] = (struct hl7v2_node){
        .name = segment, .segment = HL7V2_ID(segment.ptr), .next = 2, .may_begin = true};
    *structure = (struct hl7v2_structure){name, nodes, 2};
    return structure;
}

static int add_structure(struct mapping_rules *rules, const struct map_source *map,
                         struct arena *arena, struct issue_list *issues)
{
    struct mapping_file *file = ARENA_NEW(arena, struct mapping_file);
    struct message_source *source = ARENA_NEW(arena, struct message_source);
    file->name = map->rule->file->name;
    file->text = message_text(map, arena);
    if (xml_parse(file->name, file->text, (struct xml_limits){.max_bytes = 0}, arena,
                  &file->document, issues) != 0)
        return -1;
    source->rule = rule_tree(file, UINT64_C(1) << WORD_MESSAGE, arena, issues);
    if (!source->rule)
        return -1;
    source->rule->id = test_structure_of(map, arena);
    source->structure = structure_for(map, arena);
    map_init(&source->conditions, arena);
    map_put(&rules->messages, source->rule->id, source);
    return 0;
}

int test_add_structures(const struct mapping_tests *tests, struct mapping_rules *rules,
                        struct arena *arena, struct issue_list *issues)
{
    for (const struct test *test = tests->first; test; test = test->next)
        if (test->map && !map_get(&rules->messages, test_structure_of(test->map, arena)) &&
            add_structure(rules, test->map, arena, issues) != 0)
            return -1;
    return 0;
}

/* --- its message -------------------------------------------------------------------------------*/

struct slice test_lines(struct slice text, struct arena *arena)
{
    struct slice lines = {NULL, 0};
    for (struct slice line; slice_split(&text, '\n', &line);)
        if (slice_trim(line).len)
            lines =
                arena_format(arena, "%.*s%.*s\r", SLICE_ARG(lines), SLICE_ARG(slice_trim(line)));
    return lines;
}

struct slice test_message_of_map(const struct test *test, struct arena *arena)
{
    struct slice lines = {NULL, 0};
    for (const struct rule *child = test->rule->first_child; child; child = child->next) {
        if (child->word == WORD_TEST_SEGMENT)
            lines = arena_format(arena, "%.*s%.*s", SLICE_ARG(lines),
                                 SLICE_ARG(test_lines(child->element->text, arena)));
        if (child->word == WORD_TEST_VALUE)
            lines = arena_format(arena, "%.*s" VALUE_SEGMENT "|1|%.*s\r", SLICE_ARG(lines),
                                 SLICE_ARG(slice_trim(child->element->text)));
    }
    if (slice_starts_with(lines, SLICE("MSH")))
        return lines;
    return arena_format(arena, "%s%.*s", HEADER, SLICE_ARG(lines));
}

/* --- what it wrote -----------------------------------------------------------------------------*/

size_t test_subjects_of_map(const struct map_source *map, const struct mapping_result *result,
                            struct arena *arena, struct test_subject **ret_subjects)
{
    bool is_resource = makes_resource(map);
    struct slice name = value_name(map, arena);
    struct test_subject *subjects = NULL;
    size_t count = 0;
    for (uint32_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *resource = &result->resources[i];
        if (is_resource && !slice_equal(resource->name, SLICE(RESOURCE_NAME)))
            continue;
        const struct json *extension = json_first(json_get(resource->body, SLICE("extension")));
        const struct json *node = is_resource ? resource->body : json_get(extension, name);
        while (node) {
            subjects = arena_grow(arena, subjects, count * sizeof(*subjects),
                                  (count + 1) * sizeof(*subjects));
            subjects[count++] = (struct test_subject){node, i};
            extension = is_resource ? NULL : json_next(extension);
            node = json_get(extension, name);
        }
        if (!is_resource)
            break; /* the first is the one that holds the value */
    }
    *ret_subjects = subjects;
    return count;
}
