/* Search values (FHIR R4 search.html) and the patient compartment. Each value is written as one
 * line: code, then what its type has. */
#include "definitions.h"

#include "base/file.h"
#include "fhir/datetime.h"
#include "fhir/search_index.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *load_arena;
static const struct fhir_definitions *definitions;
static const struct fhir_search_table *table;
static struct arena *arena;

static void setup_once(void)
{
    load_arena = arena_new(0);
    definitions = need_definitions(load_arena);
    struct issue_list issues;
    issue_list_init(&issues, load_arena);
    const int result = fhir_search_load(definitions, FHIR_TEST_FOLDER, load_arena, &table, &issues);
    ck_assert_msg(result == 0, "%.*s: %.*s",
                  SLICE_ARG(issue_place_text(&issues.items[0].place, load_arena)),
                  SLICE_ARG(issue_words(&issues.items[0])));
}

static void teardown_once(void)
{
    arena_free(load_arena);
}

static void setup(void)
{
    arena = arena_new(0);
}

static void teardown(void)
{
    arena_free(arena);
}

static struct json *parsed(const char *text)
{
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(slice_of(text), arena, &json, NULL), 0);
    return json;
}

static struct slice bound(instant when)
{
    if (when == FHIR_INSTANT_OPEN_LOWER || when == FHIR_INSTANT_OPEN_UPPER)
        return SLICE("open");
    return time_format(when, 0, arena);
}

static struct slice line_of(const struct fhir_search_value *value)
{
    const struct slice code = value->parameter->code;
    switch (value->parameter->type) {
    case FHIR_SEARCH_TOKEN:
        return arena_format(arena, "%.*s %.*s|%.*s", SLICE_ARG(code), SLICE_ARG(value->system),
                            SLICE_ARG(value->code));
    case FHIR_SEARCH_REFERENCE:
        return arena_format(arena, "%.*s %.*s/%.*s %.*s|%.*s", SLICE_ARG(code),
                            SLICE_ARG(value->type), SLICE_ARG(value->id), SLICE_ARG(value->system),
                            SLICE_ARG(value->code));
    case FHIR_SEARCH_DATE:
        return arena_format(arena, "%.*s %.*s %.*s", SLICE_ARG(code),
                            SLICE_ARG(bound(value->lower)), SLICE_ARG(bound(value->upper)));
    case FHIR_SEARCH_QUANTITY:
        return arena_format(arena, "%.*s %.*s %.*s|%.*s %.*s", SLICE_ARG(code),
                            SLICE_ARG(value->text), SLICE_ARG(value->system),
                            SLICE_ARG(value->code), SLICE_ARG(value->unit));
    default:
        return arena_format(arena, "%.*s %.*s", SLICE_ARG(code), SLICE_ARG(value->text));
    }
}

static void assert_values(const char *resource, const char *expected)
{
    struct fhir_search_value *values = NULL;
    size_t count = 0;
    fhir_search_extract(table, parsed(resource), -480, arena, &values, &count);
    struct slice lines = {NULL, 0};
    for (size_t i = 0; i < count; i++)
        lines = arena_format(arena, "%.*s%.*s\n", SLICE_ARG(lines), SLICE_ARG(line_of(&values[i])));
    ck_assert_msg(slice_equal(lines, slice_of(expected)), "%.*s\nis not\n%s", SLICE_ARG(lines),
                  expected);
}

START_TEST(observation_is_found_by_what_it_says)
{
    assert_values(
        "{\"resourceType\":\"Observation\",\"id\":\"1\",\"meta\":{\"lastUpdated\":"
        "\"2026-01-01T00:00:00Z\"},\"identifier\":[{\"system\":\"urn:s\",\"value\":\"A1\"},"
        "{\"value\":\"A2\"}],\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":\"c\","
        "\"code\":\"laboratory\"}],\"text\":\"x\"}],\"code\":{\"coding\":[{\"system\":"
        "\"http://loinc.org\",\"code\":\"718-7\"},{\"system\":\"http://loinc.org\",\"code\":"
        "\"718-7\"}]},\"subject\":{\"reference\":\"Patient/p1\"},\"effectiveDateTime\":"
        "\"2026-11-22\",\"valueQuantity\":{\"value\":7.20,\"unit\":\"g/dL\",\"system\":\"u\","
        "\"code\":\"g/dL\"},\"performer\":[{\"reference\":\"https://h/fhir/Practitioner/2\"},"
        "{\"identifier\":{\"system\":\"n\",\"value\":\"9\"},\"type\":\"Organization\"},"
        "{\"reference\":\"#x\"}]}",
        "category c|laboratory\n"
        "code http://loinc.org|718-7\n"
        "combo-code http://loinc.org|718-7\n"
        "date 2026-11-22T08:00:00.000Z 2026-11-23T07:59:59.999Z\n"
        "identifier urn:s|A1\n"
        "identifier |A2\n"
        "patient Patient/p1 |\n"
        "performer Practitioner/https://h/fhir/Practitioner/2 |\n"
        "performer Organization/ n|9\n"
        "status |final\n"
        "subject Patient/p1 |\n"
        "value-quantity 7.20 u|g/dL g/dL\n");
}
END_TEST

START_TEST(patient_is_found_by_names_contacts_and_dates)
{
    assert_values(
        "{\"resourceType\":\"Patient\",\"active\":true,\"name\":[{\"use\":\"official\",\"family\":"
        "\"Mu\xC3\xB1oz-O'Brien\",\"given\":[\"Jos\xC3\xA9\",\"A.\"]}],\"telecom\":[{\"system\":"
        "\"phone\",\"value\":\"+1 555\"},{\"system\":\"email\",\"value\":\"a@b\"}],\"gender\":"
        "\"male\",\"birthDate\":\"1980-02\",\"deceasedDateTime\":\"2020\"}",
        "active |true\n"
        "birthdate 1980-02-01T08:00:00.000Z 1980-03-01T07:59:59.999Z\n"
        "death-date 2020-01-01T08:00:00.000Z 2021-01-01T07:59:59.999Z\n"
        "deceased |true\n"
        "email |a@b\n"
        "family munoz o brien\n"
        "gender |male\n"
        "given jose\n"
        "given a\n"
        "name munoz o brien\n"
        "name jose\n"
        "name a\n"
        "phone |+1 555\n"
        "telecom |+1 555\n"
        "telecom |a@b\n");
}
END_TEST

START_TEST(living_patient_is_found_as_not_deceased)
{
    assert_values("{\"resourceType\":\"Patient\"}", "deceased |false\n");
    assert_values("{\"resourceType\":\"Patient\",\"deceasedBoolean\":false}", "deceased |false\n");
    assert_values("{\"resourceType\":\"Patient\",\"deceasedBoolean\":true}", "deceased |true\n");
}
END_TEST

START_TEST(periods_without_an_end_are_open)
{
    assert_values("{\"resourceType\":\"Encounter\",\"period\":{\"start\":\"2026-01-01T00:00:00Z\"},"
                  "\"subject\":{\"reference\":\"Group/g\"}}",
                  "date 2026-01-01T00:00:00.000Z open\nsubject Group/g |\n");
    assert_values("{\"resourceType\":\"Encounter\",\"period\":{\"end\":\"2026-01-01T00:00:00Z\"}}",
                  "date open 2026-01-01T00:00:00.999Z\n");
    assert_values("{\"resourceType\":\"Encounter\",\"period\":{\"start\":\"soon\"}}", "");
}
END_TEST

START_TEST(timing_counts_by_its_outer_limits)
{
    assert_values("{\"resourceType\":\"Procedure\",\"performedString\":\"x\"}", "");
    assert_values("{\"resourceType\":\"ServiceRequest\",\"occurrenceTiming\":{\"event\":["
                  "\"2026-01-02T00:00:00Z\",\"2026-01-01T00:00:00Z\",\"2026-01-03T00:00:00Z\"]}}",
                  "occurrence 2026-01-01T00:00:00.000Z 2026-01-03T00:00:00.999Z\n");
}
END_TEST

START_TEST(unknown_type_and_wrong_kinds_give_nothing)
{
    assert_values("{\"resourceType\":\"Nothing\"}", "");
    assert_values("[]", "");
    assert_values("{\"resourceType\":\"Location\",\"name\":[7],\"status\":{\"x\":1},\"identifier\":"
                  "\"x\",\"partOf\":[[]]}",
                  "");
}
END_TEST

START_TEST(every_type_can_be_found_by_id_and_date_of_change)
{
    const struct fhir_search_parameter *parameter =
        fhir_search_parameter(table, SLICE("Basic"), SLICE("_lastUpdated"));
    ck_assert_ptr_nonnull(parameter);
    ck_assert_int_eq(parameter->type, FHIR_SEARCH_DATE);
    ck_assert_ptr_nonnull(fhir_search_parameter(table, SLICE("Patient"), SLICE("_id")));
    ck_assert_ptr_null(fhir_search_parameter(table, SLICE("Patient"), SLICE("code")));
    ck_assert_ptr_null(fhir_search_parameter(table, SLICE("Nothing"), SLICE("_id")));
    const struct fhir_search_parameter *const *all;
    const size_t count = fhir_search_parameters(table, SLICE("Observation"), &all);
    ck_assert_uint_gt(count, 10);
    for (size_t i = 1; i < count; i++)
        ck_assert_int_lt(slice_compare(all[i - 1]->code, all[i]->code), 0);
    ck_assert_ptr_eq(fhir_search_parameter(table, SLICE("Observation"), all[3]->code), all[3]);
}
END_TEST

static const struct {
    const char *resource, *patient;
} placed[] = {
    {"{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/1\"}}", "Patient/1"},
    {"{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Group/1\"}}", NULL},
    {"{\"resourceType\":\"AllergyIntolerance\",\"asserter\":{\"reference\":\"Patient/2\"},"
     "\"patient\":{\"reference\":\"Patient/1\"}}",
     "Patient/1"},
    {"{\"resourceType\":\"Task\",\"for\":{\"reference\":\"Patient/1\"}}", "Patient/1"},
    {"{\"resourceType\":\"Coverage\",\"beneficiary\":{\"reference\":\"https://h/Patient/1\"}}",
     "https://h/Patient/1"},
    {"{\"resourceType\":\"Immunization\",\"patient\":{\"reference\":\"Patient?identifier=1\"}}",
     "Patient?identifier=1"},
    {"{\"resourceType\":\"Patient\",\"link\":[{\"other\":{\"reference\":\"Patient/2\"}}]}", NULL},
    {"{\"resourceType\":\"Location\",\"name\":\"x\"}", NULL},
    {"{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"Observation/1\"},"
     "{\"reference\":\"Patient/3\"}]}",
     "Patient/3"},
};

START_TEST(resource_belongs_to_the_patient_of_its_compartment)
{
    const struct json *found = fhir_search_patient(table, parsed(placed[_i].resource), NULL);
    if (!placed[_i].patient) {
        ck_assert_ptr_null(found);
        return;
    }
    ck_assert_ptr_nonnull(found);
    ck_assert(slice_equal(json_text(found), slice_of(placed[_i].patient)));
}
END_TEST

START_TEST(personal_types_are_those_of_the_compartment)
{
    ck_assert(fhir_search_is_personal(table, SLICE("Observation")));
    ck_assert(fhir_search_is_personal(table, SLICE("CarePlan")));
    ck_assert(!fhir_search_is_personal(table, SLICE("Practitioner")));
    ck_assert(!fhir_search_is_personal(table, SLICE("Nothing")));
}
END_TEST

START_TEST(texts_are_made_alike)
{
    static const struct {
        const char *text, *expected;
    } texts[] = {
        {"Mu\xC3\xB1oz", "munoz"},
        {"O'Brien-Smith, Jr.", "o brien smith jr"},
        {"  a \t b  ", "a b"},
        {"STRASSE Stra\xC3\x9F"
         "e",
         "strasse strasse"},
        {"e\xCC\x81t\xC3\x89", "ete"},
        {"\xC5\x81\xC3\xB3"
         "d\xC5\xBA",
         "lodz"},
        {"\xE4\xB8\xAD", "\xE4\xB8\xAD"},
        {"", ""},
        {"--", ""},
        {"3\xC3\x97"
         "4",
         "3 4"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct slice result = fhir_search_normalise(slice_of(texts[i].text), arena);
        ck_assert_msg(slice_equal(result, slice_of(texts[i].expected)), "'%.*s' is not '%s'",
                      SLICE_ARG(result), texts[i].expected);
    }
}
END_TEST

START_TEST(a_long_text_is_alike_as_far_as_the_index_holds_it)
{
    char text[3000];
    memset(text, 'C', sizeof(text));
    memset(text, 'B', 1015);
    memcpy(text + 1015, "\xE4\xB8\xAD\xE4\xB8\xAD\xE4\xB8\xAD", 9);
    const struct slice all = fhir_search_normalise((struct slice){text, sizeof(text)}, arena);
    ck_assert_uint_le(all.len, FHIR_SEARCH_TEXT_LIMIT);
    ck_assert_uint_ge(all.len, FHIR_SEARCH_TEXT_LIMIT - 5);
    const struct slice less = fhir_search_normalise((struct slice){text, 2000}, arena);
    ck_assert(slice_equal(less, all));
    const struct slice begin = fhir_search_normalise((struct slice){text, 1018}, arena);
    ck_assert(slice_starts_with(all, begin));
    ck_assert_uint_eq(begin.len, 1018);
}
END_TEST

START_TEST(shipped_list_loads_without_an_issue)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct fhir_search_table *shipped = NULL;
    ck_assert_int_eq(fhir_search_load(definitions, FHIR_FOLDER, arena, &shipped, &issues), 0);
    ck_assert_uint_eq(issues.count, 0);
    ck_assert_ptr_nonnull(fhir_search_parameter(shipped, SLICE("Observation"), SLICE("code")));
    ck_assert_ptr_null(fhir_search_parameter(shipped, SLICE("Observation"), SLICE("combo-code")));
}
END_TEST

START_TEST(parameter_that_is_not_defined_is_refused_with_a_suggestion)
{
    char folder[] = "/tmp/searchXXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *search = file_join(arena, folder, SLICE("search"));
    char *link = file_join(arena, folder, SLICE("definitions"));
    char *enabled = file_join(arena, search, SLICE("enabled.tsv"));
    ck_assert_int_eq(mkdir(search, 0700), 0);
    ck_assert_int_eq(symlink(FHIR_FOLDER "/definitions", link), 0);
    ck_assert_int_eq(file_write(enabled,
                                SLICE("type\tcode\nPatient\tbirthdat\nPatients\tname\n"
                                      "Observation\tcode-value-quantity\n"),
                                0600, NULL),
                     0);
    const struct fhir_search_table *result = NULL;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(fhir_search_load(definitions, folder, arena, &result, &issues), -1);
    ck_assert_uint_eq(issues.count, 3);
    ck_assert_uint_eq(issues.items[0].place.line, 2);
    ck_assert(slice_equal(issues.items[0].hint, SLICE("did you mean 'birthdate'?")));
    ck_assert_uint_eq(issues.items[1].place.line, 3);
    ck_assert_uint_eq(issues.items[2].place.line, 4);
    unlink(enabled);
    rmdir(search);
    unlink(link);
    rmdir(folder);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("search index");
    tcase_add_unchecked_fixture(tests, setup_once, teardown_once);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, observation_is_found_by_what_it_says);
    tcase_add_test(tests, patient_is_found_by_names_contacts_and_dates);
    tcase_add_test(tests, living_patient_is_found_as_not_deceased);
    tcase_add_test(tests, periods_without_an_end_are_open);
    tcase_add_test(tests, timing_counts_by_its_outer_limits);
    tcase_add_test(tests, unknown_type_and_wrong_kinds_give_nothing);
    tcase_add_test(tests, every_type_can_be_found_by_id_and_date_of_change);
    tcase_add_loop_test(tests, resource_belongs_to_the_patient_of_its_compartment, 0,
                        sizeof(placed) / sizeof(placed[0]));
    tcase_add_test(tests, personal_types_are_those_of_the_compartment);
    tcase_add_test(tests, texts_are_made_alike);
    tcase_add_test(tests, a_long_text_is_alike_as_far_as_the_index_holds_it);
    tcase_add_test(tests, shipped_list_loads_without_an_issue);
    tcase_add_test(tests, parameter_that_is_not_defined_is_refused_with_a_suggestion);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("search index", add);
}
