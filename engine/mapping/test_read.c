/* test_read: tests as they stand in files: what they are given, what they expect, and every mistake
 * in them. */
#include <string.h>

#include "base/file.h"
#include "hl7v2/ack.h"
#include "mapping/test_internal.h"

#define W(symbol) (UINT64_C(1) << WORD_##symbol)

/* --- names -------------------------------------------------------------------------------------*/

/* The names under which rules make resources, each with their type. */
static void collect_names(struct mapping_tests *tests, const struct rule *rule)
{
    const struct fhir_definitions *definitions = tests->rules->definitions;
    struct fhir_type *any =
        (struct fhir_type *)(uintptr_t)fhir_definitions_type(definitions, SLICE("Resource"));
    for (const struct rule *child = rule->first_child; child; child = child->next) {
        enum rule_attribute attribute = child->word == WORD_MAKE ? ATTRIBUTE_TYPE : ATTRIBUTE_MAKE;
        const struct fhir_type *type =
            fhir_definitions_resource(definitions, rule_text(child, attribute));
        struct slice name = rule_text(child, ATTRIBUTE_NAME);
        if (name.len && type) {
            const struct fhir_type *known = map_get(&tests->names, name);
            map_put(&tests->names, name, known && known != type ? any : (void *)(uintptr_t)type);
        }
        collect_names(tests, child);
    }
}

/* What a site adds, and how it calls its rules. */
static void collect_ids(struct mapping_tests *tests, struct rule *rule)
{
    for (struct rule *child = rule->first_child; child; child = child->next) {
        if (child->id_given)
            map_put(&tests->rule_ids, child->id, child);
        collect_ids(tests, child);
    }
}

void test_list_init(struct mapping_tests *tests, const struct mapping_rules *rules,
                    const struct mapping_texts *site, struct arena *arena)
{
    *tests = (struct mapping_tests){.arena = arena, .rules = rules, .site = site};
    map_init(&tests->names, arena);
    map_init(&tests->rule_ids, arena);
    for (size_t i = 0; i < rules->messages.count; i++)
        collect_names(tests, ((struct message_source *)rules->messages.entries[i].value)->rule);
    for (size_t i = 0; i < rules->maps.count; i++)
        collect_names(tests, ((struct map_source *)rules->maps.entries[i].value)->rule);
}

struct slice test_nearest_key(const struct map *map, struct slice wrong, struct arena *arena)
{
    struct slice *names = ARENA_ARRAY(arena, map->count + 1, struct slice);
    for (size_t i = 0; i < map->count; i++)
        names[i] = map->entries[i].key;
    return rule_did_you_mean(arena, wrong, names, map->count);
}

/* --- what it is given --------------------------------------------------------------------------*/

void test_report_incomplete(struct test_reader *reader, const struct rule *rule, const char *words,
                            const char *hint)
{
    rule_error(reader->issues, rule, "test-incomplete", slice_of(hint), "%s", words);
}

static size_t count_of(const struct rule *rule, enum rule_word word)
{
    size_t count = 0;
    for (const struct rule *child = rule->first_child; child; child = child->next)
        count += child->word == word;
    return count;
}

static void check_message(struct test_reader *reader, const struct rule *rule)
{
    if (count_of(rule, WORD_TEST_MESSAGE) != 1 || count_of(rule, WORD_TEST_SEGMENT) ||
        count_of(rule, WORD_TEST_VALUE)) {
        test_report_incomplete(
            reader, rule, "a test of a message or a site has one <message>",
            "a test of one map stands in its file, or names it: <test name=\"\" map=\"\">");
        return;
    }
    const struct rule *message = rule->first_child;
    while (message->word != WORD_TEST_MESSAGE)
        message = message->next;
    bool has_text = slice_trim(message->element->text).len > 0;
    if (has_text == rule_has(message, ATTRIBUTE_FILE))
        test_report_incomplete(
            reader, message, "a message stands in a file or here",
            "write <message file=\"fixtures/NAME.hl7\"/> or the message's lines");
}

static void check_map(struct test_reader *reader, const struct test *test)
{
    size_t segments = count_of(test->rule, WORD_TEST_SEGMENT);
    size_t values = count_of(test->rule, WORD_TEST_VALUE);
    if (count_of(test->rule, WORD_TEST_MESSAGE))
        test_report_incomplete(
            reader, test->rule, "a test of one map has no <message>",
            "write <segment>PID|1||...</segment>; messages are tested in message files and "
            "sites");
    else if (test->map->segment && (segments == 0 || values))
        test_report_incomplete(reader, test->rule, "a test of a segment map has the segment",
                               "write <segment>PID|1||...</segment>");
    else if (!test->map->segment && values != 1)
        test_report_incomplete(reader, test->rule, "a test of a data type map has one value",
                               "write <value>DOE^JANE</value>");
}

/* The map that a test is for; NULL for a whole message, or where it was reported. */
static const struct map_source *map_of(struct test_reader *reader, const struct rule *rule)
{
    const struct map *maps = &reader->tests->rules->maps;
    const struct rule *root = rule->parent;
    struct slice id = rule_text(rule, ATTRIBUTE_MAP);
    if (root->word != WORD_SITE && rule_has(rule, ATTRIBUTE_MAP))
        rule_value_error(reader->issues, rule, ATTRIBUTE_MAP, 0, 0, "wrong-place",
                         SLICE("a test that stands in the file of a map is for that map"),
                         "only a site's test names a map");
    else if (root->word == WORD_SITE && rule_has(rule, ATTRIBUTE_MAP) && !map_get(maps, id))
        rule_value_error(reader->issues, rule, ATTRIBUTE_MAP, 0, 0, "unknown-map",
                         test_nearest_key(maps, id, reader->issues->arena),
                         "there is no map '%.*s'", SLICE_ARG(id));
    if (root->word == WORD_SEGMENT || root->word == WORD_DATATYPE)
        id = root->id;
    return id.len ? map_get(maps, id) : NULL;
}

/* --- what it expects ---------------------------------------------------------------------------*/

static void report_fault(struct test_reader *reader, const struct rule *rule,
                         enum rule_attribute attribute, const struct expect_fault *fault)
{
    struct slice text = rule_text(rule, attribute);
    bool is_inside = fault->wrong.ptr >= text.ptr && fault->wrong.ptr < text.ptr + text.len;
    size_t offset = is_inside ? (size_t)(fault->wrong.ptr - text.ptr) : text.len;
    rule_value_error(reader->issues, rule, attribute, offset, is_inside ? fault->wrong.len : 1,
                     fault->id, fault->hint, "%.*s", SLICE_ARG(fault->words));
}

/* The element whose children paths name; NULL: any resource's. False where it was reported. */
static bool subject_of(struct test_reader *reader, const struct test *test, const struct rule *rule,
                       const struct fhir_element **ret_element)
{
    struct slice in = rule_text(rule, ATTRIBUTE_IN);
    struct mapping_tests *tests = reader->tests;
    *ret_element = NULL;
    if (in.len == 0 && !test->map) {
        rule_error(reader->issues, rule, "missing-attribute", SLICE("write in=\"...\""),
                   "<%.*s> needs the attribute 'in'", SLICE_ARG(RULE_WORDS[rule->word].name));
        return false;
    }
    const struct fhir_type *type = in.len ? map_get(&tests->names, in) : test->map->to_type;
    if (!type)
        type = fhir_definitions_resource(tests->rules->definitions, in);
    if (!type) {
        rule_value_error(reader->issues, rule, ATTRIBUTE_IN, 0, 0, "unknown-name",
                         test_nearest_key(&tests->names, in, reader->issues->arena),
                         "no rule makes a resource called '%.*s', and there is no such type",
                         SLICE_ARG(in));
        return false;
    }
    *ret_element = type->abstract ? NULL : type->root;
    return true;
}

static void read_paths(struct test_reader *reader, const struct test *test,
                       struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    const struct fhir_element *element;
    struct expect_fault fault;
    struct arena *arena = reader->tests->arena;
    if (!subject_of(reader, test, rule, &element))
        return;
    if (expect_path_parse(rule_text(rule, ATTRIBUTE_PATH), element, arena, &expectation->path,
                          &fault) != 0)
        report_fault(reader, rule, ATTRIBUTE_PATH, &fault);
    if (rule_has(rule, ATTRIBUTE_WHERE) &&
        expect_condition_parse(rule_text(rule, ATTRIBUTE_WHERE), element, arena,
                               &expectation->where, &fault) != 0)
        report_fault(reader, rule, ATTRIBUTE_WHERE, &fault);
}

void test_check_by(struct test_reader *reader, const struct rule *rule)
{
    struct slice by = rule_text(rule, ATTRIBUTE_BY);
    const struct map *rules = &reader->tests->rules->rules;
    if (by.len && !map_get(rules, by) && !map_get(&reader->tests->rule_ids, by))
        rule_value_error(reader->issues, rule, ATTRIBUTE_BY, 0, 0, "unknown-rule",
                         test_nearest_key(rules, by, reader->issues->arena),
                         "there is no rule '%.*s'", SLICE_ARG(by));
}

void test_check_count(struct test_reader *reader, const struct rule *rule)
{
    uint64_t number;
    if (!slice_to_uint64(rule_text(rule, ATTRIBUTE_EQUALS), UINT32_MAX, &number))
        rule_value_error(reader->issues, rule, ATTRIBUTE_EQUALS, 0, 0, "value-syntax",
                         (struct slice){NULL, 0}, "a count is a number");
}

static void check_ack(struct test_reader *reader, const struct rule *rule)
{
    struct slice code = rule_text(rule, ATTRIBUTE_CODE);
    struct slice severity = rule_text(rule, ATTRIBUTE_SEVERITY);
    if (!rule_has(rule, ATTRIBUTE_CODE) && !rule_has(rule, ATTRIBUTE_SEVERITY))
        rule_error(reader->issues, rule, "missing-attribute", SLICE("write code=\"AA\""),
                   "<ack> needs the attribute 'code' or 'severity'");
    if (code.len && hl7v2_ack_code_of(code) == HL7V2_ACK_NONE)
        rule_value_error(reader->issues, rule, ATTRIBUTE_CODE, 0, 0, "value-syntax",
                         SLICE("it may be: AA, AE, AR, CA, CE, CR"),
                         "this is no acknowledgement code");
    if (severity.len && (severity.len != 1 || !memchr("IWEF", severity.ptr[0], 4)))
        rule_value_error(reader->issues, rule, ATTRIBUTE_SEVERITY, 0, 0, "value-syntax",
                         SLICE("it may be: I, W, E, F"), "this is no severity");
}

/* In a test that reads v2 an expectation names elements, by their path. */
static bool check_way(struct test_reader *reader, const struct rule *rule)
{
    bool has_place = rule_has(rule, ATTRIBUTE_PLACE);
    if (has_place)
        rule_value_error(reader->issues, rule, ATTRIBUTE_PLACE, 0, 0, "wrong-place",
                         SLICE("a test of what goes out is given a <json>"),
                         "this test makes FHIR, which has paths and no places");
    else if (rule->word == WORD_EXPECT && !rule_has(rule, ATTRIBUTE_PATH))
        rule_error(reader->issues, rule, "missing-attribute", SLICE("write path=\"...\""),
                   "<expect> needs the attribute 'path'");
    return !has_place;
}

static struct test_expectation *read_expectation(struct test_reader *reader,
                                                 const struct test *test, const struct rule *rule)
{
    struct test_expectation *expectation = ARENA_NEW(reader->tests->arena, struct test_expectation);
    expectation->rule = rule;
    if (test->rule->is_send) {
        test_read_send_expectation(reader, test, expectation);
        return expectation;
    }
    if (rule->word == WORD_ACK) {
        check_ack(reader, rule);
        return expectation;
    }
    if (!check_way(reader, rule))
        return expectation;
    read_paths(reader, test, expectation);
    test_check_by(reader, rule);
    if (rule->word == WORD_EXPECT_COUNT)
        test_check_count(reader, rule);
    return expectation;
}

static bool is_expectation(const struct rule *rule)
{
    static const uint64_t WORDS = W(EXPECT) | W(ABSENT) | W(EXPECT_COUNT) | W(ACK) | W(REFUSED);
    return WORDS >> rule->word & 1;
}

static void read_given(struct test_reader *reader, struct test *test)
{
    test->map = map_of(reader, test->rule);
    if (test->map)
        check_map(reader, test);
    else
        check_message(reader, test->rule);
}

/* --- tests -------------------------------------------------------------------------------------*/

static void read_test(struct test_reader *reader, const struct rule *rule)
{
    struct mapping_tests *tests = reader->tests;
    struct test *test = ARENA_NEW(tests->arena, struct test);
    struct test_expectation **end = &test->expectations;
    test->rule = rule;
    if (rule->is_send)
        test_read_send(reader, test);
    else
        read_given(reader, test);
    for (const struct rule *child = rule->first_child; child; child = child->next) {
        if (!is_expectation(child))
            continue;
        *end = read_expectation(reader, test, child);
        end = &(*end)->next;
    }
    if (!test->expectations)
        test_report_incomplete(reader, rule, "this test expects nothing",
                               "write <expect path=\"...\" equals=\"...\"/>");
    if (tests->last)
        tests->last->next = test;
    else
        tests->first = test;
    tests->last = test;
    tests->count++;
}

int test_read_file(struct mapping_tests *tests, struct slice path, struct slice text,
                   struct issue_list *issues)
{
    struct test_reader reader = {tests, issues};
    if (slice_find(text, SLICE("<test")) == text.len)
        return 0;
    struct mapping_file *file = ARENA_NEW(tests->arena, struct mapping_file);
    file->name = path;
    file->text = text;
    if (xml_parse(path, text, (struct xml_limits){.max_bytes = 0}, tests->arena, &file->document,
                  issues) != 0)
        return -1;
    struct rule *root =
        rule_tree_on(file, W(MESSAGE) | W(SEGMENT) | W(DATATYPE) | W(SEND) | W(SITE),
                     &tests->rules->rules, tests->arena, issues);
    if (!root)
        return -1;
    if (root->word == WORD_SITE) {
        collect_names(tests, root);
        collect_ids(tests, root);
    }
    for (const struct rule *child = root->first_child; child; child = child->next)
        if (child->word == WORD_TEST)
            read_test(&reader, child);
    return issue_list_failed(issues) ? -1 : 0;
}

static struct slice path_of(const struct mapping_texts *texts, size_t index, struct arena *arena)
{
    return slice_of(file_join(arena, texts->folder, texts->items[index].name));
}

static int read_texts(struct mapping_tests *tests, const struct mapping_texts *texts,
                      struct issue_list *issues)
{
    int result = 0;
    for (size_t i = 0; i < texts->count; i++)
        if (slice_ends_with(texts->items[i].name, SLICE(".xml")) &&
            test_read_file(tests, path_of(texts, i, tests->arena), texts->items[i].text, issues) !=
                0)
            result = -1;
    return result;
}

int mapping_tests_of_base(const struct mapping_rules *rules, const struct mapping_texts *texts,
                          struct arena *arena, const struct mapping_tests **ret_tests,
                          struct issue_list *issues)
{
    struct mapping_tests *tests = ARENA_NEW(arena, struct mapping_tests);
    test_list_init(tests, rules, NULL, arena);
    *ret_tests = tests;
    return read_texts(tests, texts, issues);
}

int mapping_tests_of_site(const struct mapping_rules *rules, const struct mapping_texts *texts,
                          struct arena *arena, const struct mapping_tests **ret_tests,
                          struct issue_list *issues)
{
    struct mapping_tests *tests = ARENA_NEW(arena, struct mapping_tests);
    test_list_init(tests, rules, texts, arena);
    *ret_tests = tests;
    return read_texts(tests, texts, issues);
}

size_t mapping_tests_count(const struct mapping_tests *tests)
{
    return tests->count;
}

/* The keys of a map that `tested` lacks, behind the first `count` ids. */
static size_t add_missing(const struct map *all, const struct map *tested, struct slice *ids,
                          size_t count)
{
    for (size_t i = 0; i < all->count; i++)
        if (!map_get(tested, all->entries[i].key))
            ids[count++] = all->entries[i].key;
    return count;
}

size_t mapping_tests_missing(const struct mapping_tests *tests, struct arena *arena,
                             struct slice **ret_ids)
{
    const struct mapping_rules *rules = tests->rules;
    struct map tested, sent;
    struct slice *ids = ARENA_ARRAY(
        arena, rules->maps.count + rules->send_maps.count + rules->sends.count + 1, struct slice);
    map_init(&tested, arena);
    map_init(&sent, arena);
    for (struct test *test = tests->first; test; test = test->next) {
        if (test->map)
            map_put(&tested, test->map->id, test);
        if (test->send_map)
            map_put(&sent, test->send_map->id, test);
        if (test->send)
            map_put(&sent, test->send->rule->id, test);
    }
    *ret_ids = ids;
    size_t count = add_missing(&rules->maps, &tested, ids, 0);
    count = add_missing(&rules->send_maps, &sent, ids, count);
    return add_missing(&rules->sends, &sent, ids, count);
}
