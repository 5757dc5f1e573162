/* Media types, preferences, entity tags, dates. RFC 9110, RFC 7240, FHIR R4 http.html. */
#include "rest/negotiate.h"
#include "support/suite.h"

static const struct {
    const char *accept;
    bool json;
} accepts[] = {
    {"", true},
    {"*/*", true},
    {"application/fhir+json", true},
    {"application/json", true},
    {"APPLICATION/FHIR+JSON; fhirVersion=4.0", true},
    {"application/fhir+json;fhirVersion=3.0", false},
    {"application/fhir+xml", false},
    {"text/html,application/xhtml+xml,*/*;q=0.8", true},
    {"application/fhir+xml, application/fhir+json;q=0.1", true},
    {"application/fhir+json;q=0", false},
    {"application/fhir+json;q=0.000, */*;q=0", false},
    {"application/fhir+json; charset=iso-8859-1", false},
    {",,;", false},
};

START_TEST(accept_takes_json_of_r4)
{
    for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++)
        ck_assert_msg(rest_accepts_json(slice_of(accepts[i].accept)) == accepts[i].json, "%s",
                      accepts[i].accept);
}
END_TEST

START_TEST(format_is_json_in_all_its_spellings)
{
    static const char *const well[] = {"json", "application/json", "application/fhir+json",
                                       "application/fhir json", "text/json"};
    static const char *const wrong[] = {"", "xml", "application/fhir+xml", "ttl", "html/json"};
    for (size_t i = 0; i < 5; i++) {
        ck_assert_msg(rest_format_is_json(slice_of(well[i])), "%s", well[i]);
        ck_assert_msg(!rest_format_is_json(slice_of(wrong[i])), "%s", wrong[i]);
    }
}
END_TEST

START_TEST(a_body_of_another_charset_or_version_does_not_fit)
{
    ck_assert(rest_content_type_fits(SLICE("application/fhir+json")));
    ck_assert(rest_content_type_fits(SLICE("application/fhir+json; charset=\"UTF-8\"")));
    ck_assert(!rest_content_type_fits(SLICE("application/fhir+json; charset=utf-16")));
    ck_assert(!rest_content_type_fits(SLICE("application/fhir+json; fhirVersion=5.0")));
}
END_TEST

START_TEST(prefer_says_what_comes_back_and_how_strictly)
{
    struct rest_preferences preferences = {0};
    ck_assert_int_eq(preferences.what, REST_RETURN_REPRESENTATION);
    rest_read_preference(SLICE("return=minimal; handling=strict"), &preferences);
    ck_assert_int_eq(preferences.what, REST_RETURN_MINIMAL);
    ck_assert(preferences.is_said && preferences.is_strict);
    rest_read_preference(SLICE("respond-async, return=OperationOutcome"), &preferences);
    ck_assert_int_eq(preferences.what, REST_RETURN_OUTCOME);
    rest_read_preference(SLICE("return=everything, handling=lenient"), &preferences);
    ck_assert_int_eq(preferences.what, REST_RETURN_OUTCOME);
    ck_assert(!preferences.is_strict);
}
END_TEST

START_TEST(an_entity_tag_is_a_version_in_quotes)
{
    struct slice version;
    ck_assert(rest_read_entity_tag(SLICE("W/\"3\""), &version));
    ck_assert(slice_equal(version, SLICE("3")));
    ck_assert(rest_read_entity_tag(SLICE(" \"abc\" "), &version));
    ck_assert(slice_equal(version, SLICE("abc")));
    static const char *const wrong[] = {"", "3", "W/3", "\"\"", "W/\"3", "\"a\"b\"", "w/\"3\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!rest_read_entity_tag(slice_of(wrong[i]), &version), "%s", wrong[i]);
    ck_assert(rest_names_version(SLICE("W/\"2\", W/\"3\""), 3));
    ck_assert(rest_names_version(SLICE("*"), 3));
    ck_assert(!rest_names_version(SLICE("W/\"2\""), 3));
    ck_assert(!rest_names_version(SLICE("3"), 3));
    ck_assert(rest_names_tag(SLICE("W/\"x\", W/\"1f\""), SLICE("1f")));
    ck_assert(rest_names_tag(SLICE("*"), SLICE("1f")));
    ck_assert(!rest_names_tag(SLICE("W/\"1f0\""), SLICE("1f")));
    ck_assert(!rest_names_tag(SLICE("1f"), SLICE("1f")));
}
END_TEST

/* RFC 9110 5.6.7 has this date as its example. */
START_TEST(a_date_is_written_and_read_as_the_rfc_has_it)
{
    struct arena *arena = arena_new(0);
    const instant example = INT64_C(784111777) * TIME_SECOND;
    ck_assert(slice_equal(rest_print_date(example + 999999, arena),
                          SLICE("Sun, 06 Nov 1994 08:49:37 GMT")));
    instant when = 0;
    ck_assert(rest_read_date(SLICE("Sun, 06 Nov 1994 08:49:37 GMT"), &when));
    ck_assert_int_eq(when, example);
    static const char *const wrong[] = {"",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994",
                                        "Sun, 31 Feb 1994 08:49:37 GMT",
                                        "Sun, 06 Now 1994 08:49:37 GMT",
                                        "Sun, 06 ovD 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:37 UTC"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!rest_read_date(slice_of(wrong[i]), &when), "%s", wrong[i]);
    ck_assert(slice_equal(rest_print_date(0, arena), SLICE("Thu, 01 Jan 1970 00:00:00 GMT")));
    arena_free(arena);
}
END_TEST

/* RFC 9110 13.1.2: "*" is false when there is a current representation. */
START_TEST(a_write_may_ask_that_there_is_none_yet)
{
    bool must = true;
    ck_assert(rest_read_must_be_new((struct slice){0}, &must));
    ck_assert(!must);
    ck_assert(rest_read_must_be_new(SLICE(" * "), &must));
    ck_assert(must);
    ck_assert(!rest_read_must_be_new(SLICE("W/\"1\""), &must));
    ck_assert(!rest_read_must_be_new(SLICE("*, \"1\""), &must));
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("negotiate");
    tcase_add_test(cases, accept_takes_json_of_r4);
    tcase_add_test(cases, format_is_json_in_all_its_spellings);
    tcase_add_test(cases, a_body_of_another_charset_or_version_does_not_fit);
    tcase_add_test(cases, prefer_says_what_comes_back_and_how_strictly);
    tcase_add_test(cases, an_entity_tag_is_a_version_in_quotes);
    tcase_add_test(cases, a_date_is_written_and_read_as_the_rfc_has_it);
    tcase_add_test(cases, a_write_may_ask_that_there_is_none_yet);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("negotiate", add);
}
