/* test_run: tests run, and what they expected beside what is there. */
#include "base/file.h"
#include "hl7v2/ack.h"
#include "hl7v2/header.h"
#include "mapping/test_internal.h"

#define FIXTURE_LIMIT ((size_t)16 << 20)
#define TEST_CEILING ((size_t)256 << 20)

/* --- the message -------------------------------------------------------------------------------*/

static const struct rule *message_of(const struct test *test)
{
    const struct rule *child = test->rule->first_child;
    while (child->word != WORD_TEST_MESSAGE)
        child = child->next;
    return child;
}

/* A file that is named relative to the file of the test. */
static char *fixture_path(const struct test *test, struct slice name, struct arena *arena)
{
    struct slice file = test->rule->file->name;
    size_t end = file.len;
    while (end > 0 && file.ptr[end - 1] != '/')
        end--;
    char *folder =
        end ? arena_string(arena, slice_part(file, 0, end - 1)) : arena_string(arena, SLICE("."));
    return file_join(arena, folder, name);
}

int test_fixture(const struct test_run *run, const struct rule *rule, struct slice *ret_bytes,
                 struct issue_list *issues)
{
    const char *path = fixture_path(run->test, rule_text(rule, ATTRIBUTE_FILE), run->arena);
    struct issue_list of_file;
    issue_list_init(&of_file, run->arena);
    if (file_read(path, FIXTURE_LIMIT, run->arena, ret_bytes, &of_file) == 0)
        return 0;
    rule_value_error(issues, rule, ATTRIBUTE_FILE, 0, 0, "no-fixture", (struct slice){NULL, 0},
                     "%.*s", SLICE_ARG(issue_words(&of_file.items[0])));
    return -1;
}

static int message_bytes(struct test_run *run, struct slice *ret_bytes, struct issue_list *issues)
{
    const struct test *test = run->test;
    if (test->map) {
        *ret_bytes = test_message_of_map(test, run->arena);
        return 0;
    }
    const struct rule *message = message_of(test);
    if (!rule_has(message, ATTRIBUTE_FILE)) {
        *ret_bytes = test_lines(message->element->text, run->arena);
        return 0;
    }
    return test_fixture(run, message, ret_bytes, issues);
}

/* What stands in a mapping file is UTF-8; a file has the charset that the site declares. */
static struct slice charset_of(const struct test_run *run)
{
    const struct mapping_site *site = mapping_program_site(run->program);
    bool is_file = !run->test->map && rule_has(message_of(run->test), ATTRIBUTE_FILE);
    return is_file && site->charset.len ? site->charset : SLICE("UNICODE UTF-8");
}

/* --- what an expectation looks at --------------------------------------------------------------*/

static const struct json *find_resource(struct slice reference, const void *data)
{
    const struct mapping_result *result = data;
    size_t slash = slice_find_byte(reference, '/');
    uint32_t number = mapping_why_resource(result, slice_part(reference, 0, slash),
                                           slice_after(reference, slash + 1));
    return number == MAPPING_NO_RESOURCE ? NULL : result->resources[number].body;
}

static bool has_name(const struct mapping_resource *resource, struct slice in)
{
    return slice_equal(resource->name, in) || slice_equal(resource->type, in);
}

/* The resources that `in` names; without it what the map alone wrote. */
static size_t all_subjects(const struct test_run *run, const struct rule *rule,
                           struct test_subject **ret_subjects)
{
    const struct mapping_result *result = &run->made.result;
    struct slice in = rule_text(rule, ATTRIBUTE_IN);
    if (in.len == 0)
        return test_subjects_of_map(run->test->map, result, run->arena, ret_subjects);
    struct test_subject *subjects =
        ARENA_ARRAY(run->arena, result->resource_count + 1, struct test_subject);
    size_t count = 0;
    for (uint32_t i = 0; i < result->resource_count; i++)
        if (has_name(&result->resources[i], in))
            subjects[count++] = (struct test_subject){result->resources[i].body, i};
    *ret_subjects = subjects;
    return count;
}

/* Those of them for which `where` holds. */
static size_t subjects_of(const struct test_run *run, const struct test_expectation *expectation,
                          struct test_subject **ret_subjects)
{
    size_t all = all_subjects(run, expectation->rule, ret_subjects), count = 0;
    struct test_subject *subjects = *ret_subjects;
    for (size_t i = 0; i < all; i++)
        if (!expectation->where || expect_holds(expectation->where, subjects[i].node, find_resource,
                                                &run->made.result, run->arena))
            subjects[count++] = subjects[i];
    return count;
}

/* Values of all subjects. */
struct values {
    const struct json **items;
    size_t count;
    size_t subject_count;
};

static struct values values_of(const struct test_run *run,
                               const struct test_expectation *expectation)
{
    struct test_subject *subjects;
    struct values values = {.subject_count = subjects_of(run, expectation, &subjects)};
    for (size_t i = 0; i < values.subject_count; i++) {
        struct expect_items found = expect_evaluate(&expectation->path, subjects[i].node,
                                                    find_resource, &run->made.result, run->arena);
        values.items = arena_grow(run->arena, values.items, values.count * sizeof(*values.items),
                                  (values.count + found.count) * sizeof(*values.items));
        for (size_t j = 0; j < found.count; j++)
            values.items[values.count++] =
                found.items[j].node ? found.items[j].node : found.items[j].extra;
    }
    return values;
}

/* --- where it came from ------------------------------------------------------------------------*/

static bool is_inside(const struct json *tree, const struct json *node)
{
    if (tree == node)
        return true;
    for (const struct json *child = json_first(tree); child; child = json_next(child))
        if (is_inside(child, node))
            return true;
    return false;
}

/* The sources of the values, of all resources. */
static size_t why_of(const struct test_run *run, const struct values *values,
                     struct mapping_why **ret_list)
{
    struct mapping_why *list =
        ARENA_ARRAY(run->arena, run->made.result.trace_count + 1, struct mapping_why);
    size_t count = 0;
    for (uint32_t i = 0; i < run->made.result.resource_count; i++) {
        struct mapping_why *all = NULL;
        size_t found =
            mapping_why_list(&run->made.result, i, (struct slice){NULL, 0}, run->arena, &all);
        for (size_t j = 0; j < found; j++)
            for (size_t k = 0; k < values->count; k++)
                if (is_inside(values->items[k], all[j].node)) {
                    list[count++] = all[j];
                    break;
                }
    }
    *ret_list = list;
    return count;
}

/* The rules that wrote the values, "a, b". */
static struct slice writers(const struct test_run *run, const struct values *values)
{
    struct mapping_why *list;
    size_t count = why_of(run, values, &list);
    struct slice words = {NULL, 0};
    for (size_t i = 0; i < count; i++)
        words = arena_format(run->arena, "%.*s%s%.*s", SLICE_ARG(words), i ? ", " : "",
                             SLICE_ARG(list[i].rule.id));
    return words;
}

static bool is_by(const struct test_run *run, const struct values *values, struct slice by)
{
    struct mapping_why *list;
    size_t count = by.len ? why_of(run, values, &list) : 0;
    for (size_t i = 0; i < count; i++)
        if (slice_equal(list[i].rule.id, by))
            return true;
    return by.len == 0;
}

/* --- words -------------------------------------------------------------------------------------*/

static struct slice value_text(const struct json *node, struct arena *arena)
{
    if (json_kind(node) == JSON_STRING)
        return json_text(node);
    struct buffer buffer;
    buffer_init(&buffer, 0);
    json_print(node, &buffer);
    struct slice text = arena_copy(arena, buffer_slice(&buffer));
    buffer_release(&buffer);
    return text;
}

static struct slice shown(const struct test_run *run, const struct values *values)
{
    struct slice words = {NULL, 0};
    if (values->subject_count == 0)
        return SLICE("no such resource");
    if (values->count == 0)
        return SLICE("nothing");
    for (size_t i = 0; i < values->count && words.len < TEST_LONGEST_VALUE; i++)
        words = arena_format(
            run->arena, "%.*s%s'%.*s'", SLICE_ARG(words), i ? ", " : "",
            SLICE_ARG(slice_part(value_text(values->items[i], run->arena), 0, TEST_LONGEST_VALUE)));
    return words;
}

/* "patient.birthDate", "result.where(status = 'final').valueString" */
static struct slice subject_words(const struct test_run *run, const struct rule *rule)
{
    struct slice in = rule_text(rule, ATTRIBUTE_IN), where = rule_text(rule, ATTRIBUTE_WHERE);
    struct slice path = rule_text(rule, ATTRIBUTE_PATH);
    if (in.len == 0)
        in = run->test->map->to_type->name;
    if (where.len)
        in = arena_format(run->arena, "%.*s.where(%.*s)", SLICE_ARG(in), SLICE_ARG(where));
    if (path.len == 0)
        return in;
    return arena_format(run->arena, "%.*s.%.*s", SLICE_ARG(in), SLICE_ARG(path));
}

struct mapping_test_failure *test_add_failure(struct test_run *run, const struct rule *rule,
                                              struct slice expected, struct slice actual)
{
    struct mapping_test_outcome *outcome = &run->outcome;
    size_t count = outcome->failure_count++;
    outcome->failures =
        arena_grow(run->arena, outcome->failures, count * sizeof(*outcome->failures),
                   (count + 1) * sizeof(*outcome->failures));
    struct mapping_test_failure *failure = &outcome->failures[count];
    *failure = (struct mapping_test_failure){.line = rule->element->line,
                                             .column = rule->element->column,
                                             .expected = expected,
                                             .actual = actual};
    return failure;
}

static struct slice source_of(const struct mapping_why *why, struct arena *arena)
{
    static const struct slice KINDS[] = {[MAPPING_TRACE_FIELD] = {NULL, 0},
                                         [MAPPING_TRACE_LITERAL] = SLICE_INIT("a literal"),
                                         [MAPPING_TRACE_FACT] = SLICE_INIT("a fact of the engine"),
                                         [MAPPING_TRACE_KEY] = SLICE_INIT("a key")};
    if (why->kind != MAPPING_TRACE_FIELD)
        return KINDS[why->kind];
    struct issue_place place =
        issue_place_v2(why->segment, why->sequence, why->field, why->repetition, 0, 0);
    return issue_place_text(&place, arena);
}

/* A failure with the sources of the values that are there (NULL: none). */
static void add_failure(struct test_run *run, const struct rule *rule, struct slice expected,
                        struct slice actual, const struct values *values)
{
    struct mapping_test_failure *failure = test_add_failure(run, rule, expected, actual);
    struct mapping_why *list;
    size_t count = values ? why_of(run, values, &list) : 0;
    failure->trace = ARENA_ARRAY(run->arena, count + 1, struct mapping_test_source);
    failure->trace_count = count;
    for (size_t i = 0; i < count; i++)
        failure->trace[i] = (struct mapping_test_source){
            list[i].path, list[i].value, source_of(&list[i], run->arena), list[i].rule};
}

/* --- verdicts ----------------------------------------------------------------------------------*/

static void judge_value(struct test_run *run, const struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    struct slice equals = rule_text(rule, ATTRIBUTE_EQUALS), by = rule_text(rule, ATTRIBUTE_BY);
    struct values values = values_of(run, expectation);
    bool is_equal =
        values.count == 1 && slice_equal(value_text(values.items[0], run->arena), equals);
    bool is_written = is_equal && is_by(run, &values, by);
    if (is_written)
        return;
    struct slice expected =
        arena_format(run->arena, "%.*s = '%.*s'%s%.*s", SLICE_ARG(subject_words(run, rule)),
                     SLICE_ARG(equals), by.len ? " by " : "", SLICE_ARG(by));
    struct slice actual = shown(run, &values);
    if (is_equal)
        actual = arena_format(run->arena, "%.*s by %.*s", SLICE_ARG(actual),
                              SLICE_ARG(writers(run, &values)));
    add_failure(run, rule, expected, actual, &values);
}

/* Of a resource that is not there nothing is absent: the test looks at the wrong one. */
static void judge_absent(struct test_run *run, const struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    bool needs_subject = rule_has(rule, ATTRIBUTE_PATH) && rule_has(rule, ATTRIBUTE_IN);
    struct values values = values_of(run, expectation);
    if (values.count == 0 && (values.subject_count > 0 || !needs_subject))
        return;
    struct slice expected =
        arena_format(run->arena, "no %.*s", SLICE_ARG(subject_words(run, rule)));
    add_failure(run, rule, expected, shown(run, &values), &values);
}

static void judge_count(struct test_run *run, const struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    struct values values = values_of(run, expectation);
    uint64_t wanted = 0;
    if (slice_to_uint64(rule_text(rule, ATTRIBUTE_EQUALS), UINT32_MAX, &wanted) &&
        wanted == values.count)
        return;
    struct slice expected = arena_format(run->arena, "%zu of %.*s", (size_t)wanted,
                                         SLICE_ARG(subject_words(run, rule)));
    add_failure(run, rule, expected, arena_format(run->arena, "%zu", values.count), &values);
}

static struct slice answer_code(const struct test_run *run, bool is_accept)
{
    enum hl7v2_ack_mode mode = is_accept ? HL7V2_ACK_MODE_ENHANCED : HL7V2_ACK_MODE_ORIGINAL;
    if (!run->made.parsed)
        return SLICE("AR");
    struct hl7v2_ack_plan plan =
        hl7v2_ack_plan(&run->made.header, mode, issue_list_first_error(&run->made.issues),
                       HL7V2_ACK_STAGE_APPLICATION);
    return hl7v2_ack_code_name(is_accept ? plan.accept : plan.application);
}

static struct slice answer_severity(const struct test_run *run, struct arena *arena)
{
    char letter = issue_severity_letter(run->made.issues.highest);
    if (run->made.issues.count == 0)
        return SLICE("nothing");
    return arena_copy(arena, (struct slice){&letter, 1});
}

static void judge_ack(struct test_run *run, const struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    struct slice code = rule_text(rule, ATTRIBUTE_CODE);
    struct slice severity = rule_text(rule, ATTRIBUTE_SEVERITY);
    struct slice actual_code = answer_code(run, slice_starts_with(code, SLICE("C")));
    struct slice actual_severity = answer_severity(run, run->arena);
    if (code.len && !slice_equal(code, actual_code))
        add_failure(run, rule, arena_format(run->arena, "ack %.*s", SLICE_ARG(code)),
                    arena_format(run->arena, "%.*s", SLICE_ARG(actual_code)), NULL);
    if (severity.len && !slice_equal(severity, actual_severity))
        add_failure(run, rule,
                    arena_format(run->arena, "ack of severity %.*s", SLICE_ARG(severity)),
                    actual_severity, NULL);
}

static void judge_refused(struct test_run *run, const struct test_expectation *expectation)
{
    const struct issue *error = issue_list_first_error(&run->made.issues);
    struct slice actual = SLICE("the message was refused");
    if (error)
        actual = arena_format(run->arena, "%.*s: %.*s", SLICE_ARG(actual),
                              SLICE_ARG(issue_words(error)));
    add_failure(run, expectation->rule, subject_words(run, expectation->rule), actual, NULL);
}

static void judge(struct test_run *run, const struct test_expectation *expectation)
{
    typedef void judge_word(struct test_run * run, const struct test_expectation *expectation);
    static judge_word *const JUDGES[WORD_COUNT] = {[WORD_EXPECT] = judge_value,
                                                   [WORD_ABSENT] = judge_absent,
                                                   [WORD_EXPECT_COUNT] = judge_count,
                                                   [WORD_ACK] = judge_ack};
    judge_word *word = JUDGES[expectation->rule->word];
    if (!run->made.translated && word != judge_ack)
        word = judge_refused;
    word(run, expectation);
}

/* --- the whole ---------------------------------------------------------------------------------*/

static int run_translation(struct test_run *run, struct issue_list *issues)
{
    struct slice bytes;
    if (message_bytes(run, &bytes, issues) != 0)
        return -1;
    test_translate(run->program, run->test->map, bytes, charset_of(run), run->arena, &run->made);
    for (const struct test_expectation *one = run->test->expectations; one; one = one->next)
        judge(run, one);
    return 0;
}

static int run_one(struct test_run *run, mapping_test_visit *visit, void *data,
                   struct issue_list *issues)
{
    const struct rule *rule = run->test->rule;
    run->outcome = (struct mapping_test_outcome){.name = rule_text(rule, ATTRIBUTE_NAME),
                                                 .file = rule->file->name,
                                                 .line = rule->element->line,
                                                 .column = rule->element->column,
                                                 .issues = &run->made.issues};
    if (rule->is_send && test_run_send(run, issues) != 0)
        return -1;
    if (!rule->is_send && run_translation(run, issues) != 0)
        return -1;
    visit(&run->outcome, data);
    return 0;
}

/* The program of the tests: the rules, the site's differences, and a message for each map that runs
 * alone. */
static int make_program(const struct mapping_tests *tests, struct arena *arena,
                        const struct mapping_program **ret_program, struct issue_list *issues)
{
    struct mapping_rules *rules = ARENA_NEW(arena, struct mapping_rules);
    *rules = *tests->rules;
    rules->arena = arena;
    map_init(&rules->messages, arena);
    for (size_t i = 0; i < tests->rules->messages.count; i++)
        map_put(&rules->messages, tests->rules->messages.entries[i].key,
                tests->rules->messages.entries[i].value);
    if (test_add_structures(tests, rules, arena, issues) != 0)
        return -1;
    return mapping_program_make(rules, tests->site, arena, ret_program, issues);
}

/* What goes out, where any test asks. */
static int make_sends(const struct mapping_tests *tests, struct arena *arena,
                      const struct mapping_sends **ret_sends, struct issue_list *issues)
{
    const struct test *test = tests->first;
    while (test && !test->rule->is_send)
        test = test->next;
    return test ? mapping_sends_make(tests->rules, tests->site, arena, ret_sends, issues) : 0;
}

int mapping_tests_run(const struct mapping_tests *tests, struct slice file,
                      mapping_test_visit *visit, void *data, struct issue_list *issues)
{
    /* what issues name stands in the files of the program: it lives as long as the tests */
    struct arena *program_arena = tests->arena, *arena = arena_new(TEST_CEILING);
    struct test_run run = {.tests = tests, .arena = arena};
    int result = make_program(tests, program_arena, &run.program, issues);
    if (result == 0)
        result = make_sends(tests, program_arena, &run.sends, issues);
    bool is_made = result == 0;
    for (run.test = tests->first; run.test && is_made; run.test = run.test->next) {
        if (file.len && !slice_equal(file, run.test->rule->file->name))
            continue;
        if (run_one(&run, visit, data, issues) != 0)
            result = -1;
        arena_reset(arena);
    }
    arena_free(arena);
    return result;
}
