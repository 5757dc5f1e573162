/* Type, id and meta of a resource, and OperationOutcome. */
#include "fhir/outcome.h"
#include "fhir/resource.h"
#include "support/suite.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new(0);
}

static void teardown(void)
{
    arena_free(arena);
}

static void assert_prints(const struct json *json, const char *expected)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    json_print(json, &buffer);
    ck_assert_msg(slice_equal(buffer_slice(&buffer), slice_of(expected)), "%.*s\nis not\n%s",
                  SLICE_ARG(buffer_slice(&buffer)), expected);
    buffer_release(&buffer);
}

START_TEST(what_the_server_sets_stands_in_its_usual_place)
{
    struct json *patient = fhir_resource_new(SLICE("Patient"), arena);
    json_add(patient, SLICE("active"), json_boolean(arena, true));
    fhir_resource_set_source(patient, SLICE("urn:x"), arena);
    fhir_resource_set_id(patient, SLICE("1"), arena);
    fhir_resource_set_last_updated(patient, 1250000, arena);
    fhir_resource_set_version(patient, SLICE("2"), arena);
    fhir_resource_set_version(patient, SLICE("3"), arena);
    assert_prints(patient,
                  "{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"versionId\":\"3\","
                  "\"lastUpdated\":\"1970-01-01T00:00:01.250Z\",\"source\":\"urn:x\"},"
                  "\"active\":true}");
    ck_assert(slice_equal(fhir_resource_type(patient), SLICE("Patient")));
    ck_assert(slice_equal(fhir_resource_id(patient), SLICE("1")));
    ck_assert(slice_equal(fhir_resource_version(patient), SLICE("3")));
    ck_assert(slice_equal(fhir_resource_source(patient), SLICE("urn:x")));
    ck_assert(slice_equal(fhir_resource_last_updated(patient), SLICE("1970-01-01T00:00:01.250Z")));
}
END_TEST

START_TEST(server_meta_goes_and_emptied_meta_with_it)
{
    struct json *patient = fhir_resource_new(SLICE("Patient"), arena);
    fhir_resource_set_version(patient, SLICE("1"), arena);
    fhir_resource_set_last_updated(patient, 0, arena);
    fhir_resource_remove_server_meta(patient);
    assert_prints(patient, "{\"resourceType\":\"Patient\"}");
    fhir_resource_remove_server_meta(patient);
    fhir_resource_set_source(patient, SLICE("urn:x"), arena);
    fhir_resource_remove_server_meta(patient);
    assert_prints(patient, "{\"resourceType\":\"Patient\",\"meta\":{\"source\":\"urn:x\"}}");
    fhir_resource_set_source(patient, SLICE(""), arena);
    assert_prints(patient, "{\"resourceType\":\"Patient\"}");
}
END_TEST

START_TEST(labels_and_profiles_are_there_once)
{
    struct json *patient = fhir_resource_new(SLICE("Patient"), arena);
    ck_assert(!fhir_resource_has_security(patient, SLICE("s"), SLICE("R")));
    for (int i = 0; i < 2; i++) {
        fhir_resource_add_security(patient, SLICE("s"), SLICE("R"), arena);
        fhir_resource_add_profile(patient, SLICE("http://p"), arena);
    }
    ck_assert(fhir_resource_has_security(patient, SLICE("s"), SLICE("R")));
    ck_assert(!fhir_resource_has_security(patient, SLICE("t"), SLICE("R")));
    assert_prints(patient, "{\"resourceType\":\"Patient\",\"meta\":{\"security\":[{\"system\":"
                           "\"s\",\"code\":\"R\"}],\"profile\":[\"http://p\"]}}");
}
END_TEST

START_TEST(outcome_says_severity_code_words_and_place)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    issue_report(&issues, ISSUE_STRUCTURE, ISSUE_ERROR,
                 issue_place_fhir(SLICE("Patient.contact[0].name")), "element is unknown");
    issue_report(&issues, ISSUE_REQUIRED_FIELD, ISSUE_WARNING,
                 issue_place_v2(SLICE("PID"), 1, 5, 1, 2, 0), "%s", "field is missing");
    assert_prints(
        fhir_outcome_of_list(&issues, arena),
        "{\"resourceType\":\"OperationOutcome\",\"issue\":["
        "{\"severity\":\"error\",\"code\":\"structure\",\"details\":{\"coding\":[{\"system\":"
        "\"urn:painbridge:issue\",\"code\":\"structure\"}]},\"diagnostics\":\"element is "
        "unknown\",\"expression\":[\"Patient.contact[0].name\"]},"
        "{\"severity\":\"warning\",\"code\":\"required\",\"details\":{\"coding\":[{\"system\":"
        "\"urn:painbridge:issue\",\"code\":\"required-field\"}]},\"diagnostics\":\"field is "
        "missing\",\"expression\":[\"PID[1]-5[1].2\"]}]}");
}
END_TEST

START_TEST(outcome_of_a_file_names_line_and_suggestion)
{
    const struct issue issue = {.code = ISSUE_CONFIGURATION,
                                .severity = ISSUE_FATAL,
                                .place = issue_place_file(SLICE("a.xml"), 3, 14),
                                .words = SLICE("no such rule"),
                                .hint = SLICE("did you mean 'b'?")};
    const struct json *outcome = fhir_outcome_of_issue(&issue, arena);
    const struct json *entry = json_at(json_get(outcome, SLICE("issue")), 0);
    ck_assert(slice_equal(json_get_text(entry, SLICE("diagnostics")),
                          SLICE("a.xml:3:14: no such rule; did you mean 'b'?")));
    ck_assert(slice_equal(json_get_text(entry, SLICE("severity")), SLICE("fatal")));
    ck_assert_ptr_null(json_get(entry, SLICE("expression")));
}
END_TEST

START_TEST(empty_list_gives_one_issue_that_all_is_well)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct json *list = json_get(fhir_outcome_of_list(&issues, arena), SLICE("issue"));
    ck_assert_uint_eq(json_count(list), 1);
    ck_assert(
        slice_equal(json_get_text(json_at(list, 0), SLICE("severity")), SLICE("information")));
}
END_TEST

START_TEST(outcome_counts_what_a_full_list_dropped)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    for (int i = 0; i < ISSUE_LIST_LIMIT + 3; i++)
        issue_report(&issues, ISSUE_STRUCTURE, ISSUE_ERROR, ISSUE_NOWHERE, "wrong");
    const struct json *list = json_get(fhir_outcome_of_list(&issues, arena), SLICE("issue"));
    ck_assert_uint_eq(json_count(list), ISSUE_LIST_LIMIT + 1);
    ck_assert(slice_equal(json_get_text(json_last(list), SLICE("diagnostics")),
                          SLICE("3 more issues are not shown")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("resource");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_the_server_sets_stands_in_its_usual_place);
    tcase_add_test(tests, server_meta_goes_and_emptied_meta_with_it);
    tcase_add_test(tests, labels_and_profiles_are_there_once);
    tcase_add_test(tests, outcome_says_severity_code_words_and_place);
    tcase_add_test(tests, outcome_of_a_file_names_line_and_suggestion);
    tcase_add_test(tests, empty_list_gives_one_issue_that_all_is_well);
    tcase_add_test(tests, outcome_counts_what_a_full_list_dropped);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("resource", add);
}
