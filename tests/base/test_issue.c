/* issue: the rows of the table, the list and its cap, and places as text. */
#include "base/issue.h"
#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;
static struct issue_list issues;

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void end(void)
{
    arena_free(arena);
}

/* http://hl7.org/fhir/R4/valueset-issue-type.html, all of it. */
static const char *const fhir_types[] = {
    "invalid",       "structure", "required",         "value",         "invariant",  "security",
    "login",         "unknown",   "expired",          "forbidden",     "suppressed", "processing",
    "not-supported", "duplicate", "multiple-matches", "not-found",     "deleted",    "too-long",
    "code-invalid",  "extension", "too-costly",       "business-rule", "conflict",   "transient",
    "lock-error",    "no-store",  "exception",        "timeout",       "incomplete", "throttled",
    "informational",
};

/* HL7 table 0357, v2.5.1, and 198 of v2.7. */
static const int hl7_codes[] = {0,   100, 101, 102, 103, 104, 198, 200,
                                201, 202, 203, 204, 205, 206, 207};

static bool is_fhir_type(const char *type)
{
    for (size_t i = 0; i < sizeof(fhir_types) / sizeof(fhir_types[0]); i++)
        if (slice_equal(slice_of(fhir_types[i]), slice_of(type)))
            return true;
    return false;
}

static bool is_hl7_code(int code)
{
    for (size_t i = 0; i < sizeof(hl7_codes) / sizeof(hl7_codes[0]); i++)
        if (hl7_codes[i] == code)
            return true;
    return false;
}

START_TEST(every_row_uses_codes_that_the_standards_have)
{
    const struct issue_kind *kind = issue_kind((enum issue_code)_i);
    ck_assert_msg(is_fhir_type(kind->fhir_type), "%s: no issue-type %s", kind->name,
                  kind->fhir_type);
    ck_assert_msg(is_hl7_code(kind->hl7_code), "%s: no code %d", kind->name, kind->hl7_code);
    ck_assert_int_ge(kind->http_status, 200);
    ck_assert_int_lt(kind->http_status, 600);
    bool accepted = kind->answer == ISSUE_ANSWER_ACCEPT;
    ck_assert_msg(accepted == (kind->http_status < 300), "%s: answer and status differ",
                  kind->name);
    ck_assert_msg(accepted == (kind->hl7_code == 0), "%s: answer and code differ", kind->name);
}
END_TEST

START_TEST(every_row_has_a_name_of_its_own_and_words_without_a_stop)
{
    const struct issue_kind *kind = issue_kind((enum issue_code)_i);
    ck_assert_uint_gt(slice_of(kind->words).len, 0);
    ck_assert(!slice_ends_with(slice_of(kind->words), SLICE(".")));
    for (int other = 0; other < _i; other++)
        ck_assert_str_ne(kind->name, issue_kind((enum issue_code)other)->name);
}
END_TEST

START_TEST(unknown_code_is_an_application_error)
{
    ck_assert_str_eq(issue_kind(ISSUE_CODE_COUNT)->name, "application");
}
END_TEST

START_TEST(severity_has_the_names_of_fhir_and_the_letters_of_table_0516)
{
    ck_assert_str_eq(issue_severity_name(ISSUE_INFORMATION), "information");
    ck_assert_str_eq(issue_severity_name(ISSUE_WARNING), "warning");
    ck_assert_str_eq(issue_severity_name(ISSUE_ERROR), "error");
    ck_assert_str_eq(issue_severity_name(ISSUE_FATAL), "fatal");
    ck_assert_int_eq(issue_severity_letter(ISSUE_INFORMATION), 'I');
    ck_assert_int_eq(issue_severity_letter(ISSUE_WARNING), 'W');
    ck_assert_int_eq(issue_severity_letter(ISSUE_ERROR), 'E');
    ck_assert_int_eq(issue_severity_letter(ISSUE_FATAL), 'F');
}
END_TEST

START_TEST(warnings_alone_are_no_failure)
{
    ck_assert(!issue_list_failed(&issues));
    ck_assert_ptr_null(issue_list_first_error(&issues));
    issue_report(&issues, ISSUE_TABLE_VALUE, ISSUE_WARNING, ISSUE_NOWHERE, "no row %d", 3);
    ck_assert(!issue_list_failed(&issues));
    issue_report(&issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE, "first");
    issue_report(&issues, ISSUE_DATA_TYPE, ISSUE_FATAL, ISSUE_NOWHERE, "second");
    ck_assert(issue_list_failed(&issues));
    CK_SAME(issue_list_first_error(&issues)->words, "first");
    CK_SAME(issue_words(&issues.items[0]), "no row 3");
}
END_TEST

START_TEST(issue_without_words_has_those_of_its_code)
{
    struct issue issue = {.code = ISSUE_REQUIRED_FIELD};
    CK_SAME(issue_words(&issue), "required field missing");
}
END_TEST

START_TEST(full_list_counts_on_and_remembers_the_worst)
{
    for (int i = 0; i < ISSUE_LIST_LIMIT + 5; i++)
        issue_report(&issues, ISSUE_TABLE_VALUE, ISSUE_WARNING, ISSUE_NOWHERE, "row %d", i);
    issue_report(&issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE, "late");
    ck_assert_uint_eq(issues.count, ISSUE_LIST_LIMIT);
    ck_assert_uint_eq(issues.dropped, 6);
    ck_assert(issue_list_failed(&issues));
    CK_SAME(issues.items[ISSUE_LIST_LIMIT - 1].words, "row 199");
}
END_TEST

START_TEST(issues_are_taken_over_with_their_texts)
{
    struct arena *passing = arena_new(0);
    struct issue_list found, kept;
    issue_list_init(&found, passing);
    issue_list_init(&kept, arena);
    issue_add(&found,
              (struct issue){.code = ISSUE_SYNTAX,
                             .severity = ISSUE_ERROR,
                             .place = issue_place_file(arena_copy(passing, SLICE("a.xml")), 3, 14),
                             .words = arena_copy(passing, SLICE("words")),
                             .hint = arena_copy(passing, SLICE("hint")),
                             .rule = arena_copy(passing, SLICE("rule"))});
    found.dropped = 2;
    issue_list_take(&kept, &found);
    arena_free(passing);
    ck_assert_uint_eq(kept.count, 1);
    ck_assert_uint_eq(kept.dropped, 2);
    ck_assert_int_eq(kept.highest, ISSUE_ERROR);
    CK_SAME(issue_place_text(&kept.items[0].place, arena), "a.xml:3:14");
    CK_SAME(kept.items[0].words, "words");
    CK_SAME(kept.items[0].hint, "hint");
    CK_SAME(kept.items[0].rule, "rule");
}
END_TEST

START_TEST(null_list_takes_everything_silently)
{
    issue_report(NULL, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE, "x");
    issue_add(NULL, (struct issue){.code = ISSUE_DATA_TYPE});
}
END_TEST

START_TEST(places_read_as_people_write_them)
{
    const struct {
        struct issue_place place;
        const char *text;
    } rows[] = {
        {ISSUE_NOWHERE, ""},
        {issue_place_v2(SLICE("PID"), 1, 5, 1, 2, 0), "PID[1]-5[1].2"},
        {issue_place_v2(SLICE("OBX"), 12, 5, 0, 1, 3), "OBX[12]-5.1.3"},
        {issue_place_v2(SLICE("MSH"), 0, 9, 0, 0, 0), "MSH-9"},
        {issue_place_v2(SLICE("ZZZ"), 2, 0, 0, 0, 0), "ZZZ[2]"},
        {issue_place_fhir(SLICE("Patient.name[0]")), "Patient.name[0]"},
        {issue_place_file(SLICE("a.xml"), 3, 14), "a.xml:3:14"},
        {issue_place_file(SLICE("a.xml"), 3, 0), "a.xml:3"},
        {issue_place_file(SLICE("a.xml"), 0, 0), "a.xml"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CK_SAME(issue_place_text(&rows[i].place, arena), rows[i].text);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("issue");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, every_row_uses_codes_that_the_standards_have, 0, ISSUE_CODE_COUNT);
    tcase_add_loop_test(tests, every_row_has_a_name_of_its_own_and_words_without_a_stop, 0,
                        ISSUE_CODE_COUNT);
    tcase_add_test(tests, unknown_code_is_an_application_error);
    tcase_add_test(tests, severity_has_the_names_of_fhir_and_the_letters_of_table_0516);
    tcase_add_test(tests, warnings_alone_are_no_failure);
    tcase_add_test(tests, issue_without_words_has_those_of_its_code);
    tcase_add_test(tests, full_list_counts_on_and_remembers_the_worst);
    tcase_add_test(tests, issues_are_taken_over_with_their_texts);
    tcase_add_test(tests, null_list_takes_everything_silently);
    tcase_add_test(tests, places_read_as_people_write_them);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("issue", add);
}
