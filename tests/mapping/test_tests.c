/* Tests in mapping files: what passes, what fails and what is then said, what is no test at all. */
#include "mapping/harness.h"
#include "mapping/test.h"

/* A site whose file has these tests, on the rules of tests/mapping/rules. */
struct trial {
    struct arena *arena;
    struct issue_list issues;
    const struct mapping_rules *rules;
    const struct mapping_tests *tests;
    int read, run;
    size_t passed, failed;
    struct slice said; /* "expected / actual" of each failure, "; " between */
    struct slice rule; /* that the trace of the last failure names first */
};

static void note(const struct mapping_test_outcome *outcome, void *data)
{
    struct trial *trial = data;
    trial->passed += outcome->failure_count == 0;
    trial->failed += outcome->failure_count > 0;
    for (size_t i = 0; i < outcome->failure_count; i++) {
        const struct mapping_test_failure *failure = &outcome->failures[i];
        trial->said = arena_format(trial->arena, "%.*s%s%.*s / %.*s", SLICE_ARG(trial->said),
                                   trial->said.len ? "; " : "", SLICE_ARG(failure->expected),
                                   SLICE_ARG(failure->actual));
        if (failure->trace_count)
            trial->rule = arena_copy(trial->arena, failure->trace[0].rule.id);
    }
}

static struct trial try_site(const char *inside)
{
    struct trial trial = {.arena = arena_new((size_t)1 << 28)};
    struct mapping_text *text = ARENA_NEW(trial.arena, struct mapping_text);
    struct mapping_texts *texts = ARENA_NEW(trial.arena, struct mapping_texts);
    issue_list_init(&trial.issues, trial.arena);
    trial.rules = harness_rules(HARNESS_FOLDER "rules", trial.arena, &trial.issues);
    ck_assert_ptr_nonnull(trial.rules);
    text->name = SLICE("north.xml");
    text->text = arena_format(trial.arena, "<site id=\"north\">%s</site>", inside);
    *texts = (struct mapping_texts){HARNESS_FOLDER "sites/north", text, 1};
    trial.read =
        mapping_tests_of_site(trial.rules, texts, trial.arena, &trial.tests, &trial.issues);
    if (trial.read == 0)
        trial.run = mapping_tests_run(trial.tests, SLICE(""), note, &trial, &trial.issues);
    return trial;
}

#define PID_TEST(expectations)                                                                     \
    "<test name='t' "                                                                              \
    "map='PID-Patient'><segment>PID|1||A1^^^M^MR||DOE^JANE^Q||19800229|F</segment>" expectations   \
    "</test>"
#define ORU_TEST(expectations)                                                                     \
    "<test name='t'><message>\n"                                                                   \
    "  MSH|^~\\&amp;|LAB|M|PB|HUB|20261121140211-0800||ORU^R01^ORU_R01|M1|P|2.5.1\n"               \
    "  PID|1||A1^^^M^MR||DOE^JANE\n"                                                               \
    "  OBR|1|P1^EHR|F1^LAB|X^x^LN|||20261121130000-0800||||||||||||||||||F\n"                      \
    "  OBX|1|NM|A^a^LN||6.30|mg|||||F\n"                                                           \
    "  OBX|2|ST|B^b^LN||text||||||F\n"                                                             \
    "</message>" expectations "</test>"

#define PATIENT "{\"resourceType\":\"Patient\",\"id\":\"p\",\"name\":[{\"family\":\"Doe\"}]}"
#define REPORT(code)                                                                               \
    "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"status\":\"final\",\"subject\":"        \
    "{\"reference\":\"Patient/p\"}" code "}"
#define RECORD                                                                                     \
    "{\"resourceType\":\"Patient\",\"id\":\"p\",\"identifier\":[{\"value\":\"A1\"}],\"name\":["    \
    "{\"family\":\"Doe\"}]}"
#define CODE ",\"code\":{\"coding\":[{\"code\":\"A&amp;B\"}]}"
#define RESULT_SENT(expectations)                                                                  \
    "<test name='t' map='test-results'><json>" REPORT(CODE) "</json><json>" RECORD                 \
                                                            "</json>" expectations "</test>"
#define NAME_SENT(expectations)                                                                    \
    "<test name='t' map='HumanName-XPN'><json>{\"family\":\"Doe\",\"given\":[\"Jane\",\"Q\"]}"     \
    "</json>" expectations "</test>"
#define PID_SENT(expectations)                                                                     \
    "<test name='t' map='Patient-PID'><json>" PATIENT "</json>" expectations "</test>"

/* What a test says; empty: it passes. */
static const struct {
    const char *test, *said;
} TRIALS[] = {
    {PID_TEST("<expect path='birthDate' equals='1980-02-29' by='pid.birthdate'/>"), ""},
    {PID_TEST("<expect path='name.given[1]' equals='Q'/>"
              "<expect path='identifier.count()' equals='1'/>"
              "<count path='name.given' equals='2'/><absent path='telecom'/>"),
     ""},
    {PID_TEST("<expect path='birthDate' equals='1980-02-28'/>"),
     "Patient.birthDate = '1980-02-28' / '1980-02-29'"},
    {PID_TEST("<expect path='deceasedBoolean' equals='true'/>"),
     "Patient.deceasedBoolean = 'true' / nothing"},
    {PID_TEST("<expect path='name.given' equals='JANE'/>"),
     "Patient.name.given = 'JANE' / 'JANE', 'Q'"},
    {PID_TEST("<expect path='birthDate' equals='1980-02-29' by='pid.gender'/>"),
     "Patient.birthDate = '1980-02-29' by pid.gender / '1980-02-29' by pid.birthdate"},
    {PID_TEST("<absent path='birthDate'/>"), "no Patient.birthDate / '1980-02-29'"},
    {PID_TEST("<absent in='Encounter'/>"), ""},
    {PID_TEST("<absent in='Patient'/>"), "no Patient / '{\"resourceType\":\"Patient\""},
    /* what looks at a resource that is not there proves nothing */
    {PID_TEST("<absent in='Encounter' path='status'/>"), "no Encounter.status / no such resource"},
    {PID_TEST("<count path='name.given' equals='1'/>"), "1 of Patient.name.given / 2"},
    {PID_TEST("<ack severity='W'/>"), "ack of severity W / nothing"},
    /* a value alone, to a type and to a resource */
    {"<test name='t' map='XPN-HumanName'><value>DOE^JANE</value>"
     "<expect path='text' equals='JANE DOE'/><absent path='given[1]'/></test>",
     ""},
    {"<test name='t' map='XPN-HumanName'><value>DOE</value><expect path='family' "
     "equals='ROE'/></test>",
     "HumanName.family = 'ROE' / 'DOE'"},
    {"<test name='t' map='XCN-Practitioner'><value>7^DOE&amp;x</value>"
     "<expect path='name.family' equals='DOE'/><count equals='1'/></test>",
     ""},
    /* segments that become a type */
    {"<test name='t' map='NTE-Annotation'><segment>NTE|1||one~two</segment>"
     "<expect path='text' equals='one\ntwo'/></test>",
     "Annotation.text = 'one two' / 'one\ntwo'"}, /* XML makes a line end in an attribute a blank */
    {"<test name='t' map='NTE-Annotation'><segment>NTE|1||one~two</segment>"
     "<expect path='text' equals='one&#10;two'/></test>",
     ""},
    {"<test name='t' map='NTE-Annotation'><segment>NTE|1||a\nNTE|2||b</segment>"
     "<count path='text' equals='2'/></test>",
     ""},
    /* other segments are found where the map looks for them */
    {"<test name='t' map='OBX-Observation'><segment>OBR|1||F1|||||||||||||||||||||||</segment>"
     "<segment>OBR|2||F1||||20261121130000-0800</segment>"
     "<segment>OBX|1|NM|A^a^LN||6.3|mg|||||F</segment>"
     "<expect path='valueQuantity.value' equals='6.3' by='obx.number'/></test>",
     ""},
    /* a date without an offset takes that of the header that a map's test gets */
    {"<test name='t' map='OBX-Observation'>"
     "<segment>OBX|1|NM|A^a^LN||6.3|mg|||||F|||20260101120000</segment>"
     "<expect path='effectiveDateTime' equals='2026-01-01T12:00:00Z'/></test>",
     ""},
    /* whole messages */
    {ORU_TEST("<expect in='patient' path='name.family' equals='DOE'/>"
              "<expect in='result' where=\"code.coding.code = 'A'\" path='valueQuantity.value' "
              "equals='6.30'/>"
              "<expect in='Observation' where=\"code.coding.code = 'B'\" path='valueString' "
              "equals='text'/>"
              "<count in='result' equals='2'/><absent in='visit'/>"
              "<expect in='report' path='subject.resolve().name.family' equals='DOE'/>"
              "<ack code='AA'/><ack code='CA'/>"),
     ""},
    {ORU_TEST("<expect in='result' where=\"code.coding.code = 'C'\" path='valueString' "
              "equals='text'/>"),
     "result.where(code.coding.code = 'C').valueString = 'text' / no such resource"},
    {ORU_TEST("<ack code='AE'/>"), "ack AE / AA"},
    {"<test name='t'><message>MSH|^~\\&amp;|LAB|M|PB|HUB|2026||ZZZ^Z01|M1|P|2.5.1</message>"
     "<expect in='patient' path='birthDate' equals='1980'/><ack code='AA'/></test>",
     "patient.birthDate / the message was refused: unsupported message type; ack AA / AR"},
    /* with the differences of the site */
    {"<change id='obx.number' max='5' invalid='drop'/>"
     "<test name='t' map='OBX-Observation'><segment>OBX|1|NM|A^a^LN||6.3|mg|||||F</segment>"
     "<absent path='valueQuantity.value'/><ack severity='W'/></test>",
     ""},
    {"<add map='PID-Patient'><set id='n.note' from='ZPI-3' "
     "to='extension(urn:n).valueString'/></add>"
     "<test name='t' map='PID-Patient'><segment>PID|1</segment><segment>ZPI|1||x</segment>"
     "<expect path=\"extension('urn:n').valueString\" equals='x' by='n.note'/></test>",
     ""},
    /* what goes out: a value, a map alone, a message */
    {NAME_SENT("<expect place='.1.1' equals='Doe' by='test.xpn.family'/>"
               "<expect place='.3' equals='Q'/><absent place='.4'/><count place='.2' equals='1'/>"),
     ""},
    {NAME_SENT("<expect place='.' equals='Doe^Jane^Q'/>"), ""},
    {NAME_SENT("<expect place='.2' equals='Joan'/>"), ".2 = 'Joan' / 'Jane'"},
    {NAME_SENT("<expect place='.2' equals='Jane' by='test.xpn.family'/>"),
     ".2 = 'Jane' by test.xpn.family / 'Jane' by another rule"},
    {NAME_SENT("<absent place='.2'/>"), "no .2 / 'Jane'"},
    {PID_SENT("<expect place='PID-5' equals='Doe'/><absent place='PID-3'/>"
              "<count place='PID' equals='1'/>"),
     ""},
    {PID_SENT("<count place='PID-5' equals='2'/>"), "2 of PID-5 / 1"},
    {"<test name='t' map='Patient-PID'><json>{\"resourceType\":\"Observation\"}</json>"
     "<absent place='PID-3'/></test>",
     "PID-3 / the message cannot be sent: there is no Patient in what the test is given"},
    {RESULT_SENT("<count equals='1'/><expect place='PID-5.1' equals='Doe'/>"
                 "<expect place='OBR-4.1' equals='A&amp;B'/><absent place='OBX'/>"
                 "<expect place='MSH-7' equals='20260102030405.000+0000'/>"),
     ""},
    {RESULT_SENT("<absent/>"), "no message / 'MSH|"},
    {RESULT_SENT("<refused place='OBR-4.1'/>"), "refused for OBR-4.1 / it can be sent"},
    {"<test name='t' map='test-results'><json>" REPORT(
         "") "</json><refused place='OBR-4'/><expect place='OBR-25' equals='F'/></test>",
     "OBR-25 / the message cannot be sent: nothing at hand says this, and the rule requires it"},
    {"<test name='t' map='test-results'><json>" PATIENT "</json><absent/><count equals='0'/>"
     "<absent place='PID-3'/></test>",
     "no PID-3 / no message is called for"},
    /* with the differences of the site that receives */
    {"<drop id='test.xpn.middle' because='x'/>" NAME_SENT("<absent place='.3'/>"), ""},
    {"<replace id='test.pid.other' from='identifier[]' to='PID-3' pick='first'>"
     "<set to='.1' from='value' like='x{}'/><set id='n.kind' to='.5' value='YY'/></replace>"
     "<test name='t' map='Patient-PID'><json>" RECORD "</json><absent place='PID-3.1'/>"
     "<expect place='PID-3.5' equals='YY' by='n.kind'/></test>",
     ""},
};

START_TEST(test_says_what_it_expected_and_what_is_there)
{
    struct trial trial = try_site(TRIALS[_i].test);
    if (trial.read != 0 || trial.run != 0)
        harness_print(&trial.issues);
    ck_assert_int_eq(trial.read, 0);
    ck_assert_int_eq(trial.run, 0);
    ck_assert_uint_eq(trial.passed + trial.failed, 1);
    struct slice expected = slice_of(TRIALS[_i].said);
    bool is_begin = expected.len && slice_starts_with(trial.said, expected);
    ck_assert_msg(slice_equal(trial.said, expected) || is_begin, "%s: %.*s", TRIALS[_i].test,
                  SLICE_ARG(trial.said));
    arena_free(trial.arena);
}
END_TEST

START_TEST(failure_names_the_rule_that_wrote_the_value)
{
    struct trial trial = try_site(PID_TEST("<expect path='name.family' equals='ROE'/>"));
    assert_slice(trial.rule, "XPN-HumanName.family");
    arena_free(trial.arena);
}
END_TEST

START_TEST(failure_names_the_rule_that_sent_the_value)
{
    struct trial trial = try_site(PID_SENT("<expect place='PID-5.1' equals='Roe'/>"));
    assert_slice(trial.rule, "test.xpn.family");
    arena_free(trial.arena);
}
END_TEST

START_TEST(tests_of_another_file_are_left_out)
{
    struct trial trial = try_site(PID_TEST("<count equals='1'/>"));
    ck_assert_int_eq(
        mapping_tests_run(trial.tests, SLICE("other.xml"), note, &trial, &trial.issues), 0);
    ck_assert_uint_eq(trial.passed, 1);
    arena_free(trial.arena);
}
END_TEST

START_TEST(maps_without_a_test_are_known)
{
    struct trial trial = try_site(PID_TEST("<count equals='1'/>"));
    struct slice *ids;
    size_t count = mapping_tests_missing(trial.tests, trial.arena, &ids);
    ck_assert_uint_eq(count, 20 + 5); /* of 21 maps, and what goes out */
    for (size_t i = 0; i < count; i++)
        ck_assert(!slice_equal(ids[i], SLICE("PID-Patient")));
    arena_free(trial.arena);
}
END_TEST

static const struct {
    const char *test, *rule, *place;
} MISTAKES[] = {
    {"<test><message file='a.hl7'/><ack code='AA'/></test>", "missing-attribute", ":1:18"},
    {"<test name='t'><message file='a.hl7'/></test>", "test-incomplete", ":1:18"},
    {"<test name='t'><ack code='AA'/></test>", "test-incomplete", ":1:18"},
    {"<test name='t'><message/><ack code='AA'/></test>", "test-incomplete", ":1:33"},
    {"<test name='t'><message file='a'>MSH|</message><ack code='AA'/></test>", "test-incomplete",
     ":1:33"},
    {"<test name='t'><segment>PID|1</segment><ack code='AA'/></test>", "test-incomplete", ":1:18"},
    {"<test name='t' map='PID-Patient'><value>1</value><count equals='1'/></test>",
     "test-incomplete", ":1:18"},
    {"<test name='t' map='XPN-HumanName'><segment>PID|1</segment><count equals='1'/></test>",
     "test-incomplete", ":1:18"},
    {"<test name='t' map='PID-Patient'><message file='a'/><count equals='1'/></test>",
     "test-incomplete", ":1:18"},
    {"<test name='t' map='PID-Pationt'><segment>PID|1</segment><count equals='1'/></test>",
     "unknown-map", ":1:38"},
    {PID_TEST("<expects path='birthDate' equals='1'/>"), "unknown-word", NULL},
    {PID_TEST("<expect path='birthDate' equal='1'/>"), "unknown-attribute", NULL},
    {PID_TEST("<expect path='birthDate'/>"), "missing-attribute", NULL},
    {PID_TEST("<expect path='birthDatum' equals='1'/>"), "unknown-element", ":1:124"},
    {PID_TEST("<expect path='name[' equals='1'/>"), "path-syntax", ":1:129"},
    {PID_TEST("<expect path='birthDate' equals='1' by='pid.birthdat'/>"), "unknown-rule", NULL},
    {PID_TEST("<expect in='patiant' path='birthDate' equals='1'/>"), "unknown-name", ":1:122"},
    {PID_TEST("<absent path='birthDate' where='a b'/>"), "unknown-element", NULL},
    {PID_TEST("<count path='name' equals='some'/>"), "value-syntax", NULL},
    {PID_TEST("<ack code='OK'/>"), "value-syntax", NULL},
    {PID_TEST("<ack severity='error'/>"), "value-syntax", NULL},
    {PID_TEST("<ack/>"), "missing-attribute", NULL},
    {ORU_TEST("<expect path='birthDate' equals='1'/>"), "missing-attribute", NULL},
    {PID_TEST("<expect equals='1'/>"), "missing-attribute", NULL},
    {PID_TEST("<absent place='PID-3'/>"), "wrong-place", NULL},
    {PID_TEST("<refused place='PID-3'/>"), "wrong-place", NULL},
    /* what goes out */
    {"<test name='t'><json>" PATIENT "</json><count equals='1'/></test>", "test-incomplete", NULL},
    {"<test name='t' map='Patient-PIT'><json>" PATIENT "</json><absent place='PID-3'/></test>",
     "unknown-map", ":1:38"},
    {"<test name='t' map='PID-Patient'><json>{}</json><absent place='PID-3'/></test>",
     "unknown-map", NULL},
    {"<test name='t' map='Patient-PID'><json>{</json><absent place='PID-3'/></test>",
     "value-syntax", NULL},
    {"<test name='t' map='Patient-PID'><json/><absent place='PID-3'/></test>", "test-incomplete",
     NULL},
    {PID_SENT(""), "test-incomplete", NULL},
    {PID_SENT("<absent/>"), "missing-attribute", NULL},
    {PID_SENT("<absent path='name'/>"), "unknown-attribute", NULL},
    {PID_SENT("<ack code='AA'/>"), "unknown-word", NULL},
    {PID_SENT("<absent place='PID-99'/>"), "unknown-field", NULL},
    {PID_SENT("<absent place='PID_3'/>"), "place-syntax", NULL},
    /* a place that the test can never make proves nothing */
    {PID_SENT("<absent place='OBX-3'/>"), "wrong-place", NULL},
    {PID_SENT("<absent place='.3'/>"), "wrong-place", NULL},
    {PID_SENT("<refused place='PID-3'/>"), "wrong-place", NULL},
    {NAME_SENT("<absent place='PID-3'/>"), "wrong-place", NULL},
    {RESULT_SENT("<absent place='SCH-3'/>"), "wrong-place", NULL},
    {RESULT_SENT("<absent place='PATIENT.PID-3'/>"), "wrong-place", NULL},
    {RESULT_SENT("<expect place='OBR-25' equals='F' by='test.finel'/>"), "unknown-rule", NULL},
};

START_TEST(what_is_no_test_is_told_at_its_place)
{
    struct trial trial = try_site(MISTAKES[_i].test);
    ck_assert_int_eq(trial.read, -1);
    ck_assert_uint_ge(trial.issues.count, 1);
    const struct issue *issue = &trial.issues.items[0];
    struct slice place = issue_place_text(&issue->place, trial.arena);
    assert_slice(issue->rule, MISTAKES[_i].rule);
    ck_assert_msg(!MISTAKES[_i].place || slice_ends_with(place, slice_of(MISTAKES[_i].place)),
                  "%s: %.*s", MISTAKES[_i].test, SLICE_ARG(place));
    arena_free(trial.arena);
}
END_TEST

START_TEST(file_that_is_missing_is_told)
{
    struct trial trial =
        try_site("<test name='t'><message file='none.hl7'/><ack code='AA'/></test>");
    ck_assert_int_eq(trial.read, 0);
    ck_assert_int_eq(trial.run, -1);
    assert_slice(trial.issues.items[0].rule, "no-fixture");
    arena_free(trial.arena);
}
END_TEST

START_TEST(mistake_of_the_site_is_told_at_its_place)
{
    struct trial trial =
        try_site("<replace id='test.pid.sex' from='gender' to='PID-8'><set to='.1' value='F'/>"
                 "</replace>" PID_SENT("<absent place='PID-3'/>"));
    ck_assert_int_eq(trial.read, 0);
    ck_assert_int_eq(trial.run, -1);
    assert_slice(trial.issues.items[0].rule, "wrong-place");
    struct slice place = issue_place_text(&trial.issues.items[0].place, trial.arena);
    ck_assert(slice_find(place, SLICE("north.xml:1:")) < place.len);
    arena_free(trial.arena);
}
END_TEST

START_TEST(engine_passes_tests_over)
{
    /* a mistake in a test keeps no site from being served, and what it says takes no memory */
    struct trial plain = try_site(""), broken = try_site("<test name='t'><expects/></test>");
    ck_assert_int_eq(broken.read, -1);
    struct issue_list issues;
    issue_list_init(&issues, plain.arena);
    struct slice text = SLICE("<site id='north'><test name='t'><expects/></test></site>");
    struct mapping_text one = {SLICE("north.xml"), text};
    struct mapping_texts texts = {"north", &one, 1};
    const struct mapping_program *program = NULL;
    ck_assert_int_eq(mapping_program_make(plain.rules, &texts, plain.arena, &program, &issues), 0);
    ck_assert_int_eq(
        mapping_text_check(plain.rules, SLICE("north.xml"), text, plain.arena, &issues), -1);
    arena_free(plain.arena);
    arena_free(broken.arena);
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

static void add(Suite *suite)
{
    TCase *tests = tcase_create("tests");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_says_what_it_expected_and_what_is_there, 0, COUNT(TRIALS));
    tcase_add_test(tests, failure_names_the_rule_that_wrote_the_value);
    tcase_add_test(tests, failure_names_the_rule_that_sent_the_value);
    tcase_add_test(tests, tests_of_another_file_are_left_out);
    tcase_add_test(tests, maps_without_a_test_are_known);
    tcase_add_loop_test(tests, what_is_no_test_is_told_at_its_place, 0, COUNT(MISTAKES));
    tcase_add_test(tests, file_that_is_missing_is_told);
    tcase_add_test(tests, mistake_of_the_site_is_told_at_its_place);
    tcase_add_test(tests, engine_passes_tests_over);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("tests", add);
}
