/* test_read_send: tests of what goes out, as they stand in files: whose they are, what they are
 * given and the places they look at. */
#include "mapping/place.h"
#include "mapping/test_internal.h"

/* --- whose it is -------------------------------------------------------------------------------*/

static struct test_send_map *new_map(struct test_reader *reader, struct slice id, uint32_t segment,
                                     struct slice type)
{
    struct test_send_map *made = ARENA_NEW(reader->tests->arena, struct test_send_map);
    *made = (struct test_send_map){.id = id, .segment = segment, .type = type};
    return made;
}

/* The value at hand of a map from a resource is one of the resources. */
static const struct fhir_type *resource_of(const struct fhir_type *type,
                                           const struct fhir_element *element)
{
    bool is_resource = type && type->kind == FHIR_TYPE_RESOURCE && element == type->root;
    return is_resource ? type : NULL;
}

static void name_map(struct test_reader *reader, struct test *test,
                     const struct send_map_source *map)
{
    struct test_send_map *made = new_map(reader, map->id, map->segment, map->type);
    made->resource = resource_of(map->from_type, map->from);
    test->send_map = made;
}

/* A map of v2-to-fhir that serves both ways is called "Type-V2" in this one. */
static void name_both(struct test_reader *reader, struct test *test, const struct map_source *map)
{
    struct slice id = arena_format(reader->tests->arena, "%.*s-%.*s", SLICE_ARG(map->to_type->name),
                                   SLICE_ARG(map->type));
    if (rule_has(map->rule, ATTRIBUTE_BOTH))
        test->send_map = new_map(reader, id, 0, map->type);
    else
        test_report_incomplete(reader, test->rule, "this map makes FHIR, and is given a <json>",
                               "only a map that says both=\"yes\" writes v2 as well");
}

/* What a site's test names: a map or a message that is sent. */
static void name_of_site(struct test_reader *reader, struct test *test, struct slice id)
{
    const struct mapping_rules *rules = reader->tests->rules;
    const struct send_map_source *map = map_get(&rules->send_maps, id);
    test->send = map_get(&rules->sends, id);
    if (map)
        name_map(reader, test, map);
    if (map || test->send)
        return;
    struct slice near = test_nearest_key(&rules->send_maps, id, reader->issues->arena);
    if (near.len == 0)
        near = test_nearest_key(&rules->sends, id, reader->issues->arena);
    if (id.len)
        rule_value_error(reader->issues, test->rule, ATTRIBUTE_MAP, 0, 0, "unknown-map", near,
                         "nothing that is sent is called '%.*s'", SLICE_ARG(id));
    else
        test_report_incomplete(reader, test->rule,
                               "a site's test of what goes out says of which message or map",
                               "write map=\"results-out\" or map=\"Patient-PID\"");
}

static void name_subject(struct test_reader *reader, struct test *test)
{
    const struct mapping_rules *rules = reader->tests->rules;
    const struct rule *root = test->rule->parent;
    if (root->word == WORD_SITE) {
        name_of_site(reader, test, rule_text(test->rule, ATTRIBUTE_MAP));
        return;
    }
    if (rule_has(test->rule, ATTRIBUTE_MAP))
        rule_value_error(reader->issues, test->rule, ATTRIBUTE_MAP, 0, 0, "wrong-place",
                         SLICE("a test that stands in the file of a map is for that map"),
                         "only a site's test names a map");
    if (root->word == WORD_SEND)
        test->send = map_get(&rules->sends, root->id);
    else if (root->is_send)
        name_map(reader, test, map_get(&rules->send_maps, root->id));
    else if (root->word == WORD_DATATYPE)
        name_both(reader, test, map_get(&rules->maps, root->id));
    else
        test_report_incomplete(reader, test->rule, "these rules make FHIR, and are given a <json>",
                               "what goes out is tested in the files of fhir-to-v2");
}

/* --- what it is given --------------------------------------------------------------------------*/

static void check_json(struct test_reader *reader, const struct rule *given)
{
    struct slice text = slice_trim(given->element->text);
    struct issue_list mistakes;
    struct json *unused;
    issue_list_init(&mistakes, reader->tests->arena);
    if ((text.len > 0) == rule_has(given, ATTRIBUTE_FILE))
        test_report_incomplete(reader, given, "resources stand in a file or here",
                               "write <json file=\"fixtures/NAME.json\"/> or the resource");
    else if (text.len && json_parse(text, reader->tests->arena, &unused, &mistakes) != 0)
        rule_error(reader->issues, given, "value-syntax", (struct slice){NULL, 0},
                   "this is no JSON: %.*s", SLICE_ARG(issue_words(&mistakes.items[0])));
}

void test_read_send(struct test_reader *reader, struct test *test)
{
    bool is_given = false;
    name_subject(reader, test);
    for (const struct rule *child = test->rule->first_child; child; child = child->next) {
        if (child->word != WORD_TEST_JSON)
            continue;
        is_given = true;
        check_json(reader, child);
    }
    if (!is_given)
        test_report_incomplete(reader, test->rule, "a test of what goes out has a <json>",
                               "write <json>{\"resourceType\": ...}</json>");
}

/* --- the places that are looked at -------------------------------------------------------------*/

static void report_place(struct test_reader *reader, const struct rule *rule, const char *words,
                         const char *hint)
{
    rule_value_error(reader->issues, rule, ATTRIBUTE_PLACE, 0, 0, "wrong-place", slice_of(hint),
                     "%s", words);
}

/* Whether a message of the test may have that segment: else `absent` would always hold. */
static bool is_written(const struct test *test, uint32_t segment)
{
    bool is_local = (segment >> 16 & 0xFF) == 'Z';
    if (test->send_map)
        return test->send_map->segment == segment;
    const struct hl7v2_structure *structure = test->send ? test->send->structure : NULL;
    for (uint32_t i = 1; structure && i < structure->node_count; i++)
        if (structure->nodes[i].segment == segment)
            return true;
    return is_local || !structure;
}

/* A place of the message: every one, where no number says which. */
static void take_place(struct test_reader *reader, const struct test *test,
                       const struct place *place, struct test_expectation *expectation)
{
    bool is_value = test->send_map && test->send_map->segment == 0;
    bool is_relative = place->kind == PLACE_RELATIVE;
    if (place->kind == PLACE_FACT || place->after || place->nth.len || place->groups.len)
        report_place(reader, expectation->rule, "a place of a message is a segment or a part of it",
                     "as in OBX[2]-5.1");
    else if (is_relative != is_value)
        report_place(reader, expectation->rule, "this place is not in what the test makes",
                     is_value ? "the parts of a value are .1, .2 and .4.1" : "as in PID-3.1");
    else if (!is_relative && !is_written(test, place->segment))
        report_place(reader, expectation->rule, "what the test makes has no such segment",
                     "painbridge spec shows the segments of a structure");
    else if (is_relative)
        expectation->place = (struct hl7v2_place){.segment = HL7V2_ID(TEST_VALUE_SEGMENT),
                                                  .sequence = 1,
                                                  .field = TEST_VALUE_FIELD,
                                                  .repetition = HL7V2_PLACE_EACH,
                                                  .component = place->component,
                                                  .subcomponent = place->subcomponent};
    else
        expectation->place = (struct hl7v2_place){
            .segment = place->segment,
            .sequence = place->sequence ? place->sequence : HL7V2_PLACE_EACH,
            .field = place->field,
            .repetition = place->repetition ? place->repetition : HL7V2_PLACE_EACH,
            .component = place->component,
            .subcomponent = place->subcomponent};
}

static void read_place(struct test_reader *reader, const struct test *test,
                       struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    struct slice text = rule_text(rule, ATTRIBUTE_PLACE);
    struct place_scope scope = {.dictionary = reader->tests->rules->dictionary,
                                .type = test->send_map ? test->send_map->type : SLICE(""),
                                .version = HL7V2_VERSION_UNKNOWN};
    struct place place;
    size_t length = place_parse_front(text, &place);
    if (length == 0 || length != text.len)
        rule_value_error(reader->issues, rule, ATTRIBUTE_PLACE, length, 1, "place-syntax",
                         SLICE("as in OBX[2]-5.1, or .4.1 of a value"), "this is no place");
    else if (place_check(&place, &scope, rule, ATTRIBUTE_PLACE, 0, reader->issues))
        take_place(reader, test, &place, expectation);
}

void test_read_send_expectation(struct test_reader *reader, const struct test *test,
                                struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    if (rule_has(rule, ATTRIBUTE_PLACE))
        read_place(reader, test, expectation);
    else if (test->send_map)
        rule_error(reader->issues, rule, "missing-attribute", SLICE("write place=\"PID-3.1\""),
                   "<%.*s> needs the attribute 'place'", SLICE_ARG(RULE_WORDS[rule->word].name));
    test_check_by(reader, rule);
    if (rule->word == WORD_EXPECT_COUNT)
        test_check_count(reader, rule);
    if (rule->word == WORD_REFUSED && test->send_map)
        rule_error(reader->issues, rule, "wrong-place",
                   SLICE("only a whole message is refused, in the file of a <send>"),
                   "nothing is required of a map alone");
}
