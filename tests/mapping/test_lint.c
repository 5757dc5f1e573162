/* What is allowed and may be a slip: each is a warning with what may have been meant. */
#include "mapping/harness.h"
#include "mapping/texts.h"

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

/* --- a resource that lacks what R4 requires ----------------------------------------------------*/

#define OBSERVATION(rules)                                                                         \
    "<segment id=\"PID-Slip\" from=\"PID\" to=\"Patient\">\n"                                      \
    "<ref to=\"extension(urn:x).valueReference\" make=\"Observation\" "                            \
    "key=\"slip-result(PID-3)\">\n" rules "</ref></segment>\n"

static const struct {
    const char *text, *words;
} requireds[] = {
    {OBSERVATION("<set to=\"status\" value=\"final\"/><set to=\"code.text\" value=\"x\"/>"), NULL},
    {OBSERVATION("<set to=\"code.text\" value=\"x\"/>"),
     "R4 requires Observation.status, and no rule writes it"},
    {OBSERVATION("<first><set to=\"status\" value=\"final\"/></first>"),
     "R4 requires Observation.code, and no rule writes it"},
};

START_TEST(a_resource_without_a_required_element_is_told)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    ck_assert_int_eq(
        mapping_text_check(rules, SLICE("slip.xml"), slice_of(requireds[_i].text), arena, &issues),
        0);
    ck_assert_uint_eq(issues.count, requireds[_i].words ? 1 : 0);
    if (!requireds[_i].words)
        return;
    ck_assert(slice_equal(issues.items[0].rule, SLICE("required-never-set")));
    ck_assert(slice_equal(issues.items[0].words, slice_of(requireds[_i].words)));
    arena_free(arena);
}
END_TEST

/* --- a site's tables ---------------------------------------------------------------------------*/

#define SITE "<site id=\"slip\" version=\"2.5.1\" time-zone=\"UTC\">%s</site>"
#define HEAD_ROW "code,target_code,target_system\n"

static const struct {
    const char *rules;        /* in the site */
    const char *table, *rows; /* codes/TABLE.csv */
    size_t tests;             /* in its file */
    const char *rule, *hint;  /* of the one warning, or NULL */
    unsigned line;
} sites[] = {
    {"", "AdministrativeSex.csv", HEAD_ROW "W,female,urn:x\n", 0, NULL, NULL, 0},
    {"", "AdministrativeSx.csv", HEAD_ROW "W,female,urn:x\n", 0, "unused-table",
     "did you mean 'AdministrativeSex'?", 1},
    {"", "AdministrativeSx.csv", HEAD_ROW "#W,,\n", 0, NULL, NULL, 0},
    {"", "wards.csv", "code,concept,who\n7E,glucose,x\n", 0, "unused-table",
     "a table is asked by table=\"...\" or in codes('...')", 1},
    {"", "AdministrativeSex.csv", "code,targt_code\nW,female\n", 0, "unread-column",
     "did you mean 'target_code'?", 1},
    {"", "AdministrativeSex.csv", HEAD_ROW "W,female,urn:x\nW,male,urn:x\n", 0, "duplicate-code",
     "one of the two rows is too much", 3},
    {"<drop from=\"PID-19\" because=\"x\"/>", "AdministrativeSex.csv", HEAD_ROW, 0, "untested",
     "painbridge map capture MESSAGE --as-test NAME writes one", 1},
    {"<drop from=\"PID-19\" because=\"x\"/>", "AdministrativeSex.csv", HEAD_ROW, 1, NULL, NULL, 0},
};

START_TEST(what_a_site_asks_nobody_for_is_told)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    struct mapping_text items[] = {
        {.name = SLICE("slip.xml"), .text = arena_format(arena, SITE, sites[_i].rules)},
        {.name = arena_format(arena, "codes/%s", sites[_i].table),
         .text = slice_of(sites[_i].rows)},
    };
    struct mapping_texts texts = {.folder = "slip", .items = items, .count = 2};
    mapping_site_lint(rules, &texts, sites[_i].tests, arena, &issues);
    if (issues.count != (sites[_i].rule ? 1 : 0))
        harness_print(&issues);
    ck_assert_uint_eq(issues.count, sites[_i].rule ? 1 : 0);
    if (!sites[_i].rule)
        return;
    ck_assert(slice_equal(issues.items[0].rule, slice_of(sites[_i].rule)));
    ck_assert(slice_equal(issues.items[0].hint, slice_of(sites[_i].hint)));
    ck_assert_uint_eq(issues.items[0].place.line, sites[_i].line);
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
    tcase_add_loop_test(tests, a_resource_without_a_required_element_is_told, 0,
                        sizeof(requireds) / sizeof(requireds[0]));
    tcase_add_loop_test(tests, what_a_site_asks_nobody_for_is_told, 0,
                        sizeof(sites) / sizeof(sites[0]));
    tcase_add_test(tests, the_shipped_rules_have_no_such_slip);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("lint", add);
}
