/* Sites share the base's program, and each has its own where it says something: in a data type, in
 * a code table, in a segment. Files and rules are gone when messages run. */
#include "mapping/compile.h"
#include "mapping/harness.h"
#include "mapping/texts.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define GOLDEN PAINBRIDGE_SOURCE_DIR "/tests/mappings/golden"
#define HEAD_OF_SITE(id) "<site id='" id "' version='2.5.1' organization='Clinic'>"

#define ADMISSION                                                                                  \
    HEAD("ADT^A01^ADT_A01")                                                                        \
    "PID|1||A1^^^MISSION^MR||DOE^JANE^Q||19800229|F|||1 ELM^^OAKLAND\r"                            \
    "NK1|1|ROE^RICHARD|SPO\r"                                                                      \
    "PV1|1|O|CLINIC^^^MISSION||||1234567893^RIVERA^LUZ\r"

/* --- sites -------------------------------------------------------------------------------------*/

/* A site in memory: its file, and at most one code table. */
struct spoken_site {
    const char *name, *text, *table, *rows;
};

static const struct spoken_site PLAIN = {"plain", HEAD_OF_SITE("plain") "</site>", NULL, NULL};
static const struct spoken_site DEEP = {
    "deep",
    HEAD_OF_SITE("deep") "<change id='xpn.family' to='text'/>"
                         "<choice id='nk1-place' is='person' because='one place'/></site>",
    NULL, NULL};
static const struct spoken_site WORDS = {
    "words", HEAD_OF_SITE("words") "</site>", "codes/AdministrativeSex.csv",
    "code,target_code,target_system\nF,other,http://hl7.org/fhir/administrative-gender\n"};
static const struct spoken_site PATIENTS = {
    "patients",
    HEAD_OF_SITE("patients") "<drop id='pid.birthdate' because='not shared'/>"
                             "<drop from='NK1-2' because='not shared'/>"
                             "<add map='PID-Patient'><set id='patients.note' from='PID-5.1' "
                             "to='extension(urn:patients:note).valueString'/></add></site>",
    NULL, NULL};
static const struct spoken_site SYSTEMS = {
    "systems",
    HEAD_OF_SITE("systems") "<choice id='visit-without-number' is='make' because='each is one'/>"
                            "<choice id='nk1-place' is='contact' because='one place'/></site>",
    "codes/systems.csv", "code,target_code\nv2-0203,urn:test:kinds\n"};

static struct mapping_texts texts_of(const struct spoken_site *site, struct arena *arena)
{
    struct mapping_text *items = ARENA_ARRAY(arena, 2, struct mapping_text);
    items[0] = (struct mapping_text){arena_format(arena, "%s.xml", site->name),
                                     arena_copy(arena, slice_of(site->text))};
    if (site->table)
        items[1] = (struct mapping_text){arena_copy(arena, slice_of(site->table)),
                                         arena_copy(arena, slice_of(site->rows))};
    const char *folder = arena_string(arena, arena_format(arena, "sites/%s", site->name));
    return (struct mapping_texts){folder, items, site->table ? 2 : 1};
}

/* --- programs ----------------------------------------------------------------------------------*/

static struct arena *standards;
static const struct hl7v2_dictionary *dictionary;
static const struct fhir_definitions *definitions;

static void load_standards(void)
{
    struct issue_list issues;
    standards = arena_new((size_t)1 << 28);
    issue_list_init(&issues, standards);
    ck_assert_int_eq(hl7v2_dictionary_load(SHIPPED "/dictionary", standards, &dictionary, &issues),
                     0);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", standards,
                                           &definitions, &issues),
                     0);
}

static void unload_standards(void)
{
    arena_free(standards);
}

/* As a door makes them; what they were made of is gone. */
static void make_programs(const struct spoken_site *const *sites, size_t count, struct arena *arena,
                          const struct mapping_program **ret_programs)
{
    struct arena *scratch = arena_new((size_t)1 << 28);
    struct mapping_texts base, *texts = ARENA_ARRAY(scratch, count, struct mapping_texts);
    struct issue_list issues;
    issue_list_init(&issues, scratch);
    ck_assert_int_eq(mapping_texts_of_base(SHIPPED, scratch, &base, &issues), 0);
    for (size_t i = 0; i < count; i++)
        texts[i] = texts_of(sites[i], scratch);
    int result = mapping_programs_make(&base, texts, count, dictionary, definitions, arena,
                                       ret_programs, &issues);
    harness_print(&issues);
    ck_assert_int_eq(result, 0);
    arena_free(scratch);
}

/* --- messages ----------------------------------------------------------------------------------*/

static struct conversion convert_by(const struct mapping_program *program, struct slice text)
{
    struct conversion made = {.program = program, .arena = arena_new((size_t)1 << 26)};
    struct hl7v2_header header;
    const struct mapping_context context = {.received = 20000 * TIME_DAY,
                                            .site = SLICE("here"),
                                            .source = SLICE("urn:painbridge:feed:here#1"),
                                            .message = SLICE("urn:painbridge:message:1"),
                                            .trace = true};
    issue_list_init(&made.issues, made.arena);
    made.message = ARENA_NEW(made.arena, struct hl7v2_message);
    ck_assert_int_eq(hl7v2_message_parse(text, NULL, made.arena, made.message, &made.issues), 0);
    hl7v2_header_read(made.message, &header);
    made.outcome = mapping_to_fhir(program, made.message, header.structure, &context, made.arena,
                                   &made.result, &made.issues);
    return made;
}

/* All that is said of a message: Bundle, record of why, issues. */
static void append_said(const struct mapping_program *program, struct slice text,
                        struct buffer *out)
{
    struct conversion made = convert_by(program, text);
    if (made.outcome == 0) {
        json_print(mapping_bundle(&made.result, made.arena), out);
        json_print(mapping_trace_json(&made.result, made.arena), out);
    }
    mapping_issue_print_list(&made.issues, out);
    arena_free(made.arena);
}

static void append_golden(const struct mapping_program *program, struct buffer *out)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    struct slice *names, text;
    size_t count;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_list(GOLDEN, ".hl7", arena, &names, &count, &issues), 0);
    ck_assert_uint_gt(count, 30);
    for (size_t i = 0; i < count; i++) {
        const char *path = file_join(arena, GOLDEN, names[i]);
        ck_assert_int_eq(file_read(path, 1 << 20, arena, &text, &issues), 0);
        append_said(program, text, out);
    }
    arena_free(arena);
}

static size_t own_bodies(const struct mapping_program *program)
{
    size_t count = 0;
    ck_assert_ptr_nonnull(program->base);
    for (size_t i = 0; i < program->body_count; i++)
        count += program->bodies[i] != program->base->bodies[i];
    return count;
}

/* --- tests -------------------------------------------------------------------------------------*/

START_TEST(each_site_has_its_own_rules_and_no_other_has_them)
{
    static const struct spoken_site *const SITES[] = {&PLAIN, &DEEP, &WORDS, &PATIENTS};
    struct arena *arena = arena_new((size_t)1 << 28);
    const struct mapping_program *programs[4];
    struct conversion made[4];
    make_programs(SITES, 4, arena, programs);
    for (size_t i = 0; i < 4; i++)
        made[i] = convert_by(programs[i], slice_of(ADMISSION));
    /* the family name is a data type's: seen in PID-5 and in NK1-2, which reads it by another map
     */
    for (size_t i = 0; i < 4; i++) {
        bool is_deep = i == 1, is_shared = i != 3;
        assert_value(&made[i], "Patient", 0, "name[0].family", is_deep ? "" : "DOE");
        assert_value(&made[i], "Patient", 0, "name[0].text", is_deep ? "DOE" : "");
        assert_value(&made[i], "RelatedPerson", 0, "name[0].family",
                     is_deep || !is_shared ? "" : "ROE");
        assert_value(&made[i], "RelatedPerson", 0, "name[0].text", is_deep ? "ROE" : "");
        /* the choice: the next of kin is a person only, or a contact as well */
        assert_value(&made[i], "Patient", 0, "contact[0].name.family",
                     is_deep || !is_shared ? "" : "ROE");
        assert_value(&made[i], "Patient", 0, "gender", i == 2 ? "other" : "female");
        assert_value(&made[i], "Patient", 0, "birthDate", is_shared ? "1980-02-29" : "");
        assert_value(&made[i], "Patient", 0, "extension[0].valueString", is_shared ? "" : "DOE");
        arena_free(made[i].arena);
    }
    arena_free(arena);
}
END_TEST

START_TEST(site_that_says_nothing_has_no_body_of_its_own)
{
    static const struct spoken_site *const SITES[] = {&PLAIN, &DEEP, &WORDS, &PATIENTS, &SYSTEMS};
    static const size_t MOST[] = {0, 1, 12, 12, 40};
    struct arena *arena = arena_new((size_t)1 << 28);
    const struct mapping_program *programs[5];
    make_programs(SITES, 5, arena, programs);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_le(own_bodies(programs[i]), MOST[i]);
    for (size_t i = 1; i < 4; i++)
        ck_assert_uint_ge(own_bodies(programs[i]), 1);
    arena_free(arena);
}
END_TEST

/* What is shared makes no difference: a program that stands alone says the same, word for word. */
START_TEST(shared_program_says_what_one_that_stands_alone_says)
{
    static const struct spoken_site *const SITES[] = {&PLAIN, &DEEP, &WORDS, &PATIENTS, &SYSTEMS};
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    const struct mapping_rules *rules;
    const struct mapping_program *shared = NULL, *alone = NULL;
    struct site_source site;
    struct buffer said, expected;
    buffer_init(&said, 0);
    buffer_init(&expected, 0);
    make_programs(&SITES[_i], 1, arena, &shared);
    issue_list_init(&issues, arena);
    struct mapping_texts texts = texts_of(SITES[_i], arena);
    ck_assert_int_eq(mapping_rules_load(SHIPPED, dictionary, definitions, arena, &rules, &issues),
                     0);
    ck_assert_int_eq(site_load(rules, &texts, arena, &site, &issues), 0);
    ck_assert_int_eq(compile_program(rules, &site, NULL, arena, &alone, &issues), 0);
    ck_assert(slice_equal(mapping_program_revision(shared), mapping_program_revision(alone)));
    append_said(shared, slice_of(ADMISSION), &said);
    append_said(alone, slice_of(ADMISSION), &expected);
    append_golden(shared, &said);
    append_golden(alone, &expected);
    ck_assert_uint_gt(expected.len, 100000);
    ck_assert(slice_equal(buffer_slice(&said), buffer_slice(&expected)));
    buffer_release(&said);
    buffer_release(&expected);
    arena_free(arena);
}
END_TEST

/* Shapes skip what does not reach far (mapping/shapes.h): who calls such a rule of the site must
 * know, though nothing else of it is changed. */
START_TEST(what_calls_a_site_s_rule_that_reaches_far_is_marked)
{
    static const struct spoken_site FAR = {
        "far",
        HEAD_OF_SITE("far") "<add map='CX-Identifier'><set id='far.text' from='PID[1]-5.1' "
                            "to='assigner.display'/></add></site>",
        NULL, NULL};
    static const struct spoken_site *const SITES[] = {&FAR};
    struct arena *arena = arena_new((size_t)1 << 28);
    const struct mapping_program *program;
    size_t calls = 0;
    make_programs(SITES, 1, arena, &program);
    for (size_t number = 0; number < program->body_count; number++) {
        const struct body *body = program->bodies[number];
        for (uint32_t i = 1; i < body->count; i++) {
            const struct operation *operation = &body->operations[i];
            if (operation->map == NO_MAP || !program->bodies[operation->map]->operations->is_far)
                continue;
            calls++;
            ck_assert(operation->is_far);
            ck_assert(body->operations->is_far);
        }
    }
    ck_assert_uint_gt(calls, 10);
    ck_assert_uint_lt(own_bodies(program), program->body_count / 2);
    arena_free(arena);
}
END_TEST

/* A reload while messages still run on the old programs: sites come and go. */
START_TEST(programs_outlive_those_that_were_made_before_and_after)
{
    static const struct spoken_site *const BEFORE[] = {&DEEP, &WORDS, &PLAIN};
    static const struct spoken_site *const AFTER[] = {&PATIENTS, &DEEP};
    struct arena *old = arena_new((size_t)1 << 28), *fresh = arena_new((size_t)1 << 28);
    const struct mapping_program *before[3], *after[2];
    make_programs(BEFORE, 3, old, before);
    make_programs(AFTER, 2, fresh, after);
    struct conversion one = convert_by(before[0], slice_of(ADMISSION));
    struct conversion other = convert_by(after[1], slice_of(ADMISSION));
    assert_value(&one, "Patient", 0, "name[0].text", "DOE");
    arena_free(one.arena);
    arena_free(old);
    assert_value(&other, "Patient", 0, "name[0].text", "DOE");
    arena_free(other.arena);
    other = convert_by(after[0], slice_of(ADMISSION));
    assert_value(&other, "Patient", 0, "name[0].family", "DOE");
    arena_free(other.arena);
    arena_free(fresh);
}
END_TEST

START_TEST(faults_of_all_sites_are_told_and_outlive_the_files)
{
    static const struct spoken_site WRONG[] = {
        {"one", HEAD_OF_SITE("one") "<drop id='xpn.famly' because='x'/></site>", NULL, NULL},
        {"two", HEAD_OF_SITE("two") "<change id='xpn.family' to='txt'/></site>", NULL, NULL}};
    struct arena *arena = arena_new((size_t)1 << 28), *scratch = arena_new((size_t)1 << 28);
    struct issue_list issues;
    struct mapping_texts base, texts[2];
    const struct mapping_program *programs[2];
    issue_list_init(&issues, arena);
    ck_assert_int_eq(mapping_texts_of_base(SHIPPED, scratch, &base, &issues), 0);
    for (size_t i = 0; i < 2; i++)
        texts[i] = texts_of(&WRONG[i], scratch);
    ck_assert_int_eq(
        mapping_programs_make(&base, texts, 2, dictionary, definitions, arena, programs, &issues),
        -1);
    arena_free(scratch);
    ck_assert_uint_eq(issues.count, 2);
    assert_slice(issues.items[0].hint, "did you mean 'xpn.family'?");
    assert_slice(issues.items[0].place.name, "sites/one/one.xml");
    assert_slice(issues.items[1].place.name, "sites/two/two.xml");
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *share = tcase_create("share");
    tcase_set_timeout(share, 120);
    tcase_add_unchecked_fixture(share, load_standards, unload_standards);
    tcase_add_test(share, each_site_has_its_own_rules_and_no_other_has_them);
    tcase_add_test(share, site_that_says_nothing_has_no_body_of_its_own);
    tcase_add_loop_test(share, shared_program_says_what_one_that_stands_alone_says, 0, 5);
    tcase_add_test(share, what_calls_a_site_s_rule_that_reaches_far_is_marked);
    tcase_add_test(share, programs_outlive_those_that_were_made_before_and_after);
    tcase_add_test(share, faults_of_all_sites_are_told_and_outlive_the_files);
    suite_add_tcase(suite, share);
}

int main(void)
{
    return suite_main("share", add);
}
