/* What is allowed and may be a slip: each is a warning with what may have been meant. */
#include "mapping/harness.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define OPEN "<segment id=\"PID-Slip\" from=\"PID\" to=\"Patient\">\n"
#define NUMBER(label) "<set to=\"identifier[" label "].value\" from=\"PID-2.1\"/>\n"
#define SYSTEM(label) "<set to=\"identifier[" label "].system\" value=\"urn:x\"/>\n"
#define TYPE(label) "<set to=\"identifier[" label "].type.text\" value=\"x\"/>\n"
#define EXTENSION(name) "<set to=\"extension(" name ").valueString\" from=\"PID-2.1\"/>\n"
#define CLOSE "</segment>\n"

static const struct {
    const char *text, *rule, *hint;
    unsigned line;
} slips[] = {
    {OPEN NUMBER("own") SYSTEM("own") CLOSE, NULL, NULL, 0},
    {OPEN NUMBER("placer") SYSTEM("filler") CLOSE, NULL, NULL, 0},
    {OPEN NUMBER("own") TYPE("own") SYSTEM("wn") CLOSE, "lone-name", "did you mean 'own'?", 4},
    {OPEN NUMBER("placer") TYPE("placer") SYSTEM("placre") CLOSE, "lone-name",
     "did you mean 'placer'?", 4},
    {OPEN "<ref to=\"managingOrganization\" make=\"Organization\" key=\"organizatoin(PID-3)\" "
          "map=\"XON-Organization\"/>\n" CLOSE,
     "lone-name", "did you mean 'organization'?", 2},
    {OPEN EXTENSION("patient-religion") CLOSE, NULL, NULL, 0},
    {OPEN EXTENSION("urn:north:ward") CLOSE, NULL, NULL, 0},
    {OPEN EXTENSION("patient-relgion") CLOSE, "unknown-extension",
     "did you mean 'patient-religion'?", 2},
    {OPEN EXTENSION("http://hl7.org/fhir/StructureDefinition/nobody") CLOSE, "unknown-extension",
     "list it in codes/extensions.csv if it is right", 2},
    {OPEN EXTENSION("htto://hl7.org/fhir/us/core/StructureDefinition/us-core-race") CLOSE,
     "unknown-extension",
     "did you mean 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race'?", 2},
};

START_TEST(a_slip_that_is_allowed_is_a_warning_with_what_was_meant)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    ck_assert_int_eq(
        mapping_text_check(rules, SLICE("slip.xml"), slice_of(slips[_i].text), arena, &issues), 0);
    if (issues.count != (slips[_i].rule ? 1 : 0))
        harness_print(&issues);
    ck_assert_uint_eq(issues.count, slips[_i].rule ? 1 : 0);
    if (!slips[_i].rule)
        return;
    const struct issue *issue = &issues.items[0];
    ck_assert_int_eq(issue->severity, ISSUE_WARNING);
    ck_assert(slice_equal(issue->rule, slice_of(slips[_i].rule)));
    ck_assert_msg(slice_equal(issue->hint, slice_of(slips[_i].hint)), "%.*s",
                  SLICE_ARG(issue->hint));
    ck_assert_uint_eq(issue->place.line, slips[_i].line);
    arena_free(arena);
}
END_TEST

START_TEST(the_shipped_rules_have_no_such_slip)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    mapping_rules_lint(rules, arena, &issues);
    if (issues.count)
        harness_print(&issues);
    ck_assert_uint_eq(issues.count, 0);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("lint");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_slip_that_is_allowed_is_a_warning_with_what_was_meant, 0,
                        sizeof(slips) / sizeof(slips[0]));
    tcase_add_test(tests, the_shipped_rules_have_no_such_slip);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("lint", add);
}
