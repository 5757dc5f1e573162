/* Structure validation: one fault each, with its place; and the shared samples by their manifests.
 */
#include "definitions.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/time.h"
#include "fhir/validate.h"

#include <stdlib.h>

static struct arena *definition_arena;
static const struct fhir_definitions *definitions;
static struct arena *arena;
static struct issue_list issues;

/* The definitions are loaded once, before check forks for each test. */
static void setup_once(void)
{
    definition_arena = arena_new(0);
    definitions = need_definitions(definition_arena);
}

static void teardown_once(void)
{
    arena_free(definition_arena);
}

static void setup(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void teardown(void)
{
    arena_free(arena);
}

static int validate(struct slice text)
{
    struct json *json = NULL;
    if (json_parse(text, arena, &json, &issues))
        return -1;
    return fhir_validate(definitions, json, &issues);
}

static const char *const valid[] = {
    "{\"resourceType\":\"Patient\"}",
    "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"A\",null],\"_given\":[null,"
    "{\"extension\":[{\"url\":\"u\",\"valueCode\":\"x\"}]}]}]}",
    "{\"resourceType\":\"Patient\",\"_birthDate\":{\"extension\":[{\"url\":\"u\","
    "\"valueDateTime\":\"2026\"}]}}",
    "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns="
    "\\\"http://www.w3.org/1999/xhtml\\\"><p class=\\\"a\\\" style=\\\"color:red\\\">x<a href="
    "\\\"https://h/\\\">y</a></p></div>\"}}",
    "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
    "\"valueQuantity\":{\"value\":7.10},\"subject\":{\"reference\":\"Patient/1\"}}",
    "{\"resourceType\":\"Observation\",\"_status\":{\"extension\":[{\"url\":\"u\",\"valueCode\":"
    "\"unknown\"}]},\"code\":{\"text\":\"x\"}}",
    "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
    "\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\"}],\"subject\":{\"reference\":"
    "\"#p\"}}",
    "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{"
    "\"resourceType\":\"Patient\",\"id\":\"1\"}}]}",
    "{\"resourceType\":\"Encounter\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},"
    "\"period\":{\"start\":\"2026-01-02\",\"end\":\"2026-01-02T10:00:00Z\"}}",
};

START_TEST(well_formed_resource_passes)
{
    const int result = validate(slice_of(valid[_i]));
    ck_assert_msg(result == 0, "%s: %.*s", valid[_i],
                  SLICE_ARG(result ? issue_words(&issues.items[0]) : SLICE("")));
    ck_assert_uint_eq(issues.count, 0);
}
END_TEST

static const struct {
    const char *text;
    enum issue_code code;
    const char *place;
} faults[] = {
    {"[]", ISSUE_STRUCTURE, ""},
    {"{\"resourceType\":7}", ISSUE_STRUCTURE, ""},
    {"{\"resourceType\":\"Patients\"}", ISSUE_STRUCTURE, ""},
    {"{\"resourceType\":\"DomainResource\"}", ISSUE_STRUCTURE, ""},
    {"{\"resourceType\":\"Patient\",\"nickname\":\"x\"}", ISSUE_STRUCTURE, "Patient.nickname"},
    {"{\"resourceType\":\"Patient\",\"Active\":true}", ISSUE_STRUCTURE, "Patient.Active"},
    {"{\"resourceType\":\"Patient\",\"fhir_comments\":[\"x\"]}", ISSUE_STRUCTURE,
     "Patient.fhir_comments"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"resourceType\":\"x\",\"text\":\"y\"}]}",
     ISSUE_STRUCTURE, "Patient.name[0].resourceType"},
    {"{\"resourceType\":\"Patient\",\"contact\":[{\"name\":{\"family\":1}}]}", ISSUE_DATA_TYPE,
     "Patient.contact[0].name.family"},
    {"{\"resourceType\":\"Patient\",\"name\":{\"family\":\"x\"}}", ISSUE_STRUCTURE, "Patient.name"},
    {"{\"resourceType\":\"Patient\",\"name\":[]}", ISSUE_STRUCTURE, "Patient.name"},
    {"{\"resourceType\":\"Patient\",\"name\":[{}]}", ISSUE_STRUCTURE, "Patient.name[0]"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"id\":\"x\"}]}", ISSUE_STRUCTURE,
     "Patient.name[0]"},
    {"{\"resourceType\":\"Patient\",\"name\":[null]}", ISSUE_STRUCTURE, "Patient.name[0]"},
    {"{\"resourceType\":\"Patient\",\"name\":[\"x\"]}", ISSUE_STRUCTURE, "Patient.name[0]"},
    {"{\"resourceType\":\"Patient\",\"gender\":[\"male\"]}", ISSUE_STRUCTURE, "Patient.gender"},
    {"{\"resourceType\":\"Patient\",\"gender\":\"\"}", ISSUE_DATA_TYPE, "Patient.gender"},
    {"{\"resourceType\":\"Patient\",\"gender\":null}", ISSUE_DATA_TYPE, "Patient.gender"},
    {"{\"resourceType\":\"Patient\",\"gender\":\"m\"}", ISSUE_TABLE_VALUE, "Patient.gender"},
    {"{\"resourceType\":\"Patient\",\"active\":\"true\"}", ISSUE_DATA_TYPE, "Patient.active"},
    {"{\"resourceType\":\"Patient\",\"birthDate\":\"1980-02-30\"}", ISSUE_DATA_TYPE,
     "Patient.birthDate"},
    {"{\"resourceType\":\"Patient\",\"id\":\"a_b\"}", ISSUE_DATA_TYPE, "Patient.id"},
    {"{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1.0}", ISSUE_DATA_TYPE,
     "Patient.multipleBirthInteger"},
    {"{\"resourceType\":\"Patient\",\"deceasedBoolean\":true,\"deceasedDateTime\":\"2026\"}",
     ISSUE_STRUCTURE, "Patient.deceasedDateTime"},
    {"{\"resourceType\":\"Patient\",\"deceasedString\":\"x\"}", ISSUE_STRUCTURE,
     "Patient.deceasedString"},
    {"{\"resourceType\":\"Patient\",\"deceased\":true}", ISSUE_STRUCTURE, "Patient.deceased"},
    {"{\"resourceType\":\"Patient\",\"_name\":[{\"id\":\"x\"}]}", ISSUE_STRUCTURE, "Patient._name"},
    {"{\"resourceType\":\"Patient\",\"_gender\":[]}", ISSUE_STRUCTURE, "Patient._gender"},
    {"{\"resourceType\":\"Patient\",\"_gender\":{\"value\":\"male\"}}", ISSUE_STRUCTURE,
     "Patient._gender.value"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"A\",null]}]}", ISSUE_DATA_TYPE,
     "Patient.name[0].given[1]"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"text\":\"x\",\"_given\":[null]}]}",
     ISSUE_STRUCTURE, "Patient.name[0]._given[0]"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"A\",\"B\"],\"_given\":[{\"extension\":"
     "[{\"url\":\"u\",\"valueCode\":\"c\"}]}]}]}",
     ISSUE_STRUCTURE, "Patient.name[0]._given"},
    {"{\"resourceType\":\"Patient\",\"extension\":[{\"valueCode\":\"c\"}]}", ISSUE_REQUIRED_FIELD,
     "Patient.extension[0].url"},
    {"{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"u\"}]}", ISSUE_INVARIANT,
     "Patient.extension[0]"},
    {"{\"resourceType\":\"Patient\",\"generalPractitioner\":[{\"reference\":\"Patient/1\"}]}",
     ISSUE_STRUCTURE, "Patient.generalPractitioner[0].reference"},
    {"{\"resourceType\":\"Patient\",\"generalPractitioner\":[{\"reference\":\"Doctor/1\"}]}",
     ISSUE_STRUCTURE, "Patient.generalPractitioner[0].reference"},
    {"{\"resourceType\":\"Patient\",\"generalPractitioner\":[{\"reference\":\"Dr Who\"}]}",
     ISSUE_DATA_TYPE, "Patient.generalPractitioner[0].reference"},
    {"{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"#o\"}}",
     ISSUE_INVARIANT, "Patient.managingOrganization.reference"},
    {"{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Organization\",\"id\":"
     "\"o\",\"name\":\"x\"}]}",
     ISSUE_INVARIANT, "Patient"},
    {"{\"resourceType\":\"Patient\",\"contact\":[{\"gender\":\"male\"}]}", ISSUE_INVARIANT,
     "Patient.contact[0]"},
    {"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"x\"}}", ISSUE_REQUIRED_FIELD,
     "Observation.status"},
    {"{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
     "\"valueQuantity\":{\"value\":\"7\"}}",
     ISSUE_DATA_TYPE, "Observation.valueQuantity.value"},
    {"{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
     "\"valueQuantity\":{\"value\":7,\"code\":\"mg\"}}",
     ISSUE_INVARIANT, "Observation.valueQuantity"},
    {"{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
     "\"effectivePeriod\":{\"start\":\"2026-02\",\"end\":\"2026-01-31\"}}",
     ISSUE_INVARIANT, "Observation.effectivePeriod"},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns="
     "\\\"http://www.w3.org/1999/xhtml\\\" onclick=\\\"x()\\\">x</div>\"}}",
     ISSUE_DATA_TYPE, "Patient.text.div"},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns="
     "\\\"http://www.w3.org/1999/xhtml\\\"><a href=\\\"javascript:x()\\\">x</a></div>\"}}",
     ISSUE_DATA_TYPE, "Patient.text.div"},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns="
     "\\\"http://www.w3.org/1999/xhtml\\\"><img src=\\\"https://x/y.png\\\"/></div>\"}}",
     ISSUE_DATA_TYPE, "Patient.text.div"},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns="
     "\\\"http://www.w3.org/1999/xhtml\\\"><p style=\\\"a:URL(x)\\\">x</p></div>\"}}",
     ISSUE_DATA_TYPE, "Patient.text.div"},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div>x</div>\"}}",
     ISSUE_DATA_TYPE, "Patient.text.div"},
    {"{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{"
     "\"resourceType\":\"Patient\",\"gender\":\"x\"}}]}",
     ISSUE_TABLE_VALUE, "Bundle.entry[0].resource.gender"},
    {"{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{"
     "\"resourceType\":\"Patient\"}}]}",
     ISSUE_INVARIANT, "Bundle"},
};

START_TEST(each_fault_is_found_once_and_at_its_place)
{
    ck_assert_int_eq(validate(slice_of(faults[_i].text)), -1);
    ck_assert_msg(issues.count == 1, "%s: %zu issues, the second: %.*s", faults[_i].text,
                  issues.count, SLICE_ARG(issue_words(&issues.items[issues.count - 1])));
    ck_assert_int_eq(issues.items[0].code, faults[_i].code);
    ck_assert_msg(slice_equal(issues.items[0].place.name, slice_of(faults[_i].place)),
                  "%.*s is not %s", SLICE_ARG(issues.items[0].place.name), faults[_i].place);
}
END_TEST

/* A body of 1 MiB that asks the same question for each of its parts ("@" in a part is its number):
 * the answer must not take time that grows with the square of its size. */
static struct slice repeated(const char *before, const char *part, const char *after)
{
    const size_t mark = slice_find_byte(slice_of(part), '@');
    struct buffer buffer;
    buffer_init(&buffer, 0);
    buffer_append(&buffer, slice_of(before));
    for (int i = 0; buffer_slice(&buffer).len < (1 << 20); i++) {
        buffer_append_byte(&buffer, i > 0 ? ',' : ' ');
        buffer_append(&buffer, slice_part(slice_of(part), 0, mark));
        if (mark < slice_of(part).len)
            buffer_append_format(&buffer, "%d", i);
        buffer_append(&buffer, slice_after(slice_of(part), mark + 1));
    }
    buffer_append(&buffer, slice_of(after));
    const struct slice text = arena_copy(arena, buffer_slice(&buffer));
    buffer_release(&buffer);
    return text;
}

START_TEST(large_bodies_take_time_in_step_with_their_size)
{
    const struct slice texts[] = {
        repeated("{\"resourceType\":\"Patient\",\"name\":[{\"given\":[", "null", "]}]}"),
        repeated("{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"},\"contained\":[",
                 "{\"resourceType\":\"Basic\",\"id\":\"a@\",\"subject\":{\"reference\":"
                 "\"#b\"}}",
                 "]}"),
        repeated("{\"resourceType\":\"Observation\",\"valueString\":\"x\",\"component\":[{"
                 "\"code\":{\"coding\":[{\"code\":\"x\"}]}}],\"code\":{\"coding\":[",
                 "{\"code\":\"@\"}", "]}}"),
        repeated("{\"resourceType\":\"Patient\",", "\"n@\":1", "}"),
        repeated("{\"resourceType\":\"Questionnaire\",\"item\":[", "{\"linkId\":\"@\"}", "]}"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const instant start = time_monotonic();
        ck_assert_int_eq(validate(texts[i]), -1);
        ck_assert_int_lt(time_monotonic() - start, 5 * TIME_SECOND);
    }
}
END_TEST

START_TEST(issue_never_shows_a_value)
{
    ck_assert_int_eq(
        validate(SLICE("{\"resourceType\":\"Patient\",\"Jane Doe\":1,\"gender\":\"Jane Doe\","
                       "\"birthDate\":\"Jane Doe\",\"link\":\"Jane Doe\"}")),
        -1);
    ck_assert_uint_eq(issues.count, 4);
    for (size_t i = 0; i < issues.count; i++) {
        const struct slice text =
            arena_format(arena, "%.*s %.*s %.*s", SLICE_ARG(issue_words(&issues.items[i])),
                         SLICE_ARG(issues.items[i].place.name), SLICE_ARG(issues.items[i].hint));
        ck_assert_uint_eq(slice_find(text, SLICE("Jane")), text.len);
    }
}
END_TEST

/* --- shared samples ----------------------------------------------------------------------------
 */

static struct slice sample(const char *folder, struct slice file)
{
    struct slice text;
    ck_assert_int_eq(file_read(file_join(arena, folder, file), 4 << 20, arena, &text, NULL), 0);
    return text;
}

static struct csv_table manifest_of(const char *folder)
{
    struct csv_table table;
    ck_assert_int_eq(csv_parse(SLICE("manifest.csv"), sample(folder, SLICE("manifest.csv")),
                               CSV_COMMA, arena, &table, NULL),
                     0);
    return table;
}

/* Invalid, and passed with a warning only: R4's own examples, which must pass, have an empty div.
 */
static const char *const only_warned[] = {"invalid/xhtml-empty.json"};

static bool is_only_warned(struct slice file)
{
    for (size_t i = 0; i < sizeof(only_warned) / sizeof(only_warned[0]); i++) {
        if (slice_equal(file, slice_of(only_warned[i])))
            return issues.count == 1 && issues.highest == ISSUE_WARNING;
    }
    return false;
}

START_TEST(every_valid_sample_passes_and_every_invalid_one_fails)
{
    char *folder = suite_need_shared("samples/fhir");
    const struct csv_table manifest = manifest_of(folder);
    size_t valid_count = 0, invalid_count = 0;
    for (size_t row = 0; row < manifest.row_count; row++) {
        const struct slice file = csv_cell(&manifest, row, csv_column(&manifest, "file"));
        if (!slice_ends_with(file, SLICE(".json")))
            continue;
        const bool is_valid =
            slice_equal(csv_cell(&manifest, row, csv_column(&manifest, "valid")), SLICE("valid"));
        issue_list_init(&issues, arena);
        const int result = validate(sample(folder, file));
        const struct issue *first = issues.count > 0 ? &issues.items[0] : NULL;
        ck_assert_msg((result == 0) == is_valid || is_only_warned(file), "%.*s: %.*s at %.*s",
                      SLICE_ARG(file), SLICE_ARG(first ? issue_words(first) : SLICE("no issue")),
                      SLICE_ARG(first ? first->place.name : SLICE("")));
        valid_count += is_valid;
        invalid_count += !is_valid;
    }
    ck_assert_uint_ge(valid_count, 59);
    ck_assert_uint_ge(invalid_count, 26);
    free(folder);
}
END_TEST

/* Bad input that passes structure validation, with the reason. */
static const char *const not_structural[] = {
    "encounter-period.json", /* SHOULD; a day and a time in it: which comes first is not known */
    "bundle-document-versioned-references-bad.json", /* SHOULD; needs references to be resolved */
    "obs-decimal.json", /* refused by R5's limit of 18 digits; R4 has none, and its own example
                           Observation/decimal, which must pass, has the same value */
};

START_TEST(every_bad_body_is_refused)
{
    char *folder = suite_need_shared("samples/badinput/fhir");
    const struct csv_table manifest = manifest_of(folder);
    size_t count = 0;
    for (size_t row = 0; row < manifest.row_count; row++) {
        const struct slice file = csv_cell(&manifest, row, csv_column(&manifest, "file"));
        if (!slice_ends_with(file, SLICE(".json")))
            continue;
        bool is_listed = false;
        for (size_t i = 0; i < sizeof(not_structural) / sizeof(not_structural[0]); i++)
            is_listed = is_listed || slice_equal(file, slice_of(not_structural[i]));
        issue_list_init(&issues, arena);
        const int result = validate(sample(folder, file));
        ck_assert_msg((result == -1) != is_listed, "%.*s", SLICE_ARG(file));
        count++;
    }
    ck_assert_uint_ge(count, 20);
    free(folder);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("validate");
    tcase_add_unchecked_fixture(tests, setup_once, teardown_once);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, well_formed_resource_passes, 0, sizeof(valid) / sizeof(valid[0]));
    tcase_add_loop_test(tests, each_fault_is_found_once_and_at_its_place, 0,
                        sizeof(faults) / sizeof(faults[0]));
    tcase_add_test(tests, large_bodies_take_time_in_step_with_their_size);
    tcase_add_test(tests, issue_never_shows_a_value);
    tcase_add_test(tests, every_valid_sample_passes_and_every_invalid_one_fails);
    tcase_add_test(tests, every_bad_body_is_refused);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("validate", add);
}
