/* The record of why: trace, why, what nobody read; decimals by table. */
#include "mapping/convert.h"
#include "mapping/harness.h"
#include "mapping/texts.h"

#define OBR "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
#define OBX "OBX|1|NM|A^a^LN||6.3|mg|||||F\r"

START_TEST(why_names_field_bytes_rule_and_guide)
{
    struct conversion made = convert(NULL, HEAD("ORU^R01^ORU_R01") PID OBR OBX);
    const struct mapping_resource *result = resource_of(&made, "Observation", 0);
    struct mapping_why *list;
    uint32_t number = mapping_why_resource(&made.result, result->type, result->id);
    ck_assert_uint_eq(
        mapping_why_list(&made.result, number, SLICE("valueQuantity.value"), made.arena, &list), 1);
    assert_slice(list[0].value, "6.3");
    assert_slice(list[0].segment, "OBX");
    ck_assert_uint_eq(list[0].field, 5);
    assert_slice(list[0].raw, "6.3");
    assert_slice(slice_part(made.message->frame, list[0].start, list[0].length), "6.3");
    assert_slice(list[0].rule.id, "obx.number");
    ck_assert(slice_ends_with(list[0].rule.file, SLICE("segments/OBX-Observation.xml")));
    ck_assert_uint_eq(list[0].rule.line, 5);
    convert_end(&made);
}
END_TEST

START_TEST(why_names_the_row_of_the_code_table)
{
    struct conversion made = convert(NULL, HEAD("ORU^R01^ORU_R01") PID OBR);
    struct mapping_why *list;
    ck_assert_uint_eq(mapping_why_list(&made.result, 0, SLICE("gender"), made.arena, &list), 1);
    assert_slice(list[0].row.table, "AdministrativeSex");
    ck_assert_uint_eq(list[0].row.line, 2);
    assert_slice(list[0].rule.guide, "PID[Patient]:13");
    convert_end(&made);
}
END_TEST

START_TEST(why_names_the_site_rule_that_changed_the_base_rule)
{
    struct conversion made = convert("mission", HEAD("ORU^R01^ORU_R01") PID OBR
                                     "OBX|1|NM|PEG3^PEG^99MISSION||6.3||||||F\r");
    struct mapping_why *list;
    uint32_t number = 2;
    assert_slice(made.result.resources[number].type, "Observation");
    ck_assert_uint_eq(
        mapping_why_list(&made.result, number, SLICE("valueQuantity"), made.arena, &list), 1);
    ck_assert(slice_ends_with(list[0].rule.changed_file, SLICE("mission.xml")));
    assert_slice(list[0].rule.changed, "invalid, min, max");
    convert_end(&made);
}
END_TEST

START_TEST(template_and_join_have_a_source_for_each_part)
{
    struct conversion made =
        convert(NULL, HEAD("ORU^R01^ORU_R01") PID OBR OBX "NTE|1||one\rNTE|2||two\r");
    struct mapping_why *list;
    ck_assert_uint_eq(mapping_why_list(&made.result, 0, SLICE("name.text"), made.arena, &list), 3);
    ck_assert_uint_eq(mapping_why_list(&made.result, 2, SLICE("note[0].text"), made.arena, &list),
                      2);
    assert_slice(list[1].raw, "two");
    ck_assert_uint_eq(list[1].sequence, 2);
    convert_end(&made);
}
END_TEST

START_TEST(every_value_of_every_resource_has_a_source)
{
    struct conversion made = convert(NULL, HEAD("ORU^R01^ORU_R01") PID OBR OBX);
    struct json *trace = mapping_trace_json(&made.result, made.arena);
    ck_assert_uint_eq(json_count(trace), made.result.trace_count);
    for (const struct json *entry = json_first(trace); entry; entry = json_next(entry))
        ck_assert_uint_gt(json_get_text(entry, SLICE("path")).len, 0);
    convert_end(&made);
}
END_TEST

START_TEST(unread_lists_what_no_rule_read_and_no_drop_names)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||||19800229~19810101|F||||||||||"
                                      "DROPPED|unread\r" OBR);
    struct mapping_unread *list;
    size_t count = mapping_unread_list(&made.result, made.arena, &list);
    bool repetition = false, field = false;
    for (size_t i = 0; i < count; i++) {
        bool is_pid = slice_equal(list[i].segment, SLICE("PID"));
        repetition |= is_pid && list[i].field == 7 && list[i].repetition == 2;
        field |= is_pid && list[i].field == 19;
        ck_assert(!(is_pid && list[i].field == 18));
        ck_assert(!(is_pid && list[i].field == 3));
    }
    ck_assert(repetition);
    ck_assert(field);
    convert_end(&made);
}
END_TEST

START_TEST(a_value_in_the_extension_of_a_primitive_is_found_by_the_element)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE||19800229|X9\r" OBR);
    static const char *const ASKED[] = {"gender", "gender.extension", "_gender.extension"};
    for (size_t i = 0; i < sizeof(ASKED) / sizeof(ASKED[0]); i++) {
        struct mapping_why *list;
        ck_assert_uint_eq(mapping_why_list(&made.result, 0, slice_of(ASKED[i]), made.arena, &list),
                          1);
        assert_slice(list[0].raw, "X9");
        assert_slice(list[0].path, "_gender.extension[0].valueCodeableConcept.text");
    }
    convert_end(&made);
}
END_TEST

START_TEST(a_first_field_is_passed_over_only_where_it_counts)
{
    struct conversion made = convert(NULL, HEAD("ORU^R01^ORU_R01") PID "ORC|RE\r" OBR);
    struct mapping_unread *list;
    size_t count = mapping_unread_list(&made.result, made.arena, &list);
    bool order_control = false;
    for (size_t i = 0; i < count; i++) {
        order_control |= slice_equal(list[i].segment, SLICE("ORC")) && list[i].field == 1;
        ck_assert(!(slice_equal(list[i].segment, SLICE("OBR")) && list[i].field == 1));
    }
    ck_assert(order_control);
    convert_end(&made);
}
END_TEST

START_TEST(decimals_compare_by_value_not_by_text)
{
    static const struct {
        const char *a, *b;
        int order;
    } ROWS[] = {
        {"7.0", "7", 0},    {"10", "9", 1},      {"-1", "1", -1},
        {"0.10", "0.1", 0}, {"-0", "0", 0},      {"-2", "-10", 1},
        {"+3", "3.0", 0},   {"0.09", "0.1", -1}, {"007", "7.000", 0},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        int order = 7;
        ck_assert(decimal_compare(slice_of(ROWS[i].a), slice_of(ROWS[i].b), &order));
        ck_assert_msg(order == ROWS[i].order || order * ROWS[i].order > 0, "%s %s", ROWS[i].a,
                      ROWS[i].b);
    }
    int order;
    ck_assert(!decimal_compare(SLICE("1e3"), SLICE("1"), &order));
    ck_assert(!decimal_compare(SLICE(""), SLICE("1"), &order));
}
END_TEST

START_TEST(revision_follows_the_files_and_not_the_moment)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    const struct mapping_program *base = harness_program(NULL, arena);
    const struct mapping_program *again = harness_program(NULL, arena);
    const struct mapping_program *site = harness_program("mission", arena);
    ck_assert(slice_equal(mapping_program_revision(base), mapping_program_revision(again)));
    ck_assert(!slice_equal(mapping_program_revision(base), mapping_program_revision(site)));
    assert_slice(mapping_program_site(site)->mrn_system, "urn:painbridge:site:mission:mrn");
    ck_assert(mapping_program_has_structure(site, SLICE("ORU_R01")));
    arena_free(arena);
}
END_TEST

/* A folder's texts, kept and called otherwise, as they are when they come from elsewhere. */
static const struct mapping_program *program_of_texts(const char *called, struct arena *arena)
{
    struct issue_list issues;
    struct mapping_texts base, site;
    const struct mapping_program *program = NULL;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = NULL;
    ck_assert_int_eq(mapping_texts_of_base(HARNESS_FOLDER "rules", arena, &base, &issues), 0);
    ck_assert_int_eq(mapping_texts_of_site(HARNESS_FOLDER "sites/mission", arena, &site, &issues),
                     0);
    base.folder = called;
    const struct hl7v2_dictionary *dictionary;
    const struct fhir_definitions *definitions;
    ck_assert_int_eq(hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", arena,
                                           &dictionary, &issues),
                     0);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, &issues),
                     0);
    ck_assert_int_eq(mapping_rules_make(&base, dictionary, definitions, arena, &rules, &issues), 0);
    ck_assert_int_eq(mapping_program_make(rules, &site, arena, &program, &issues), 0);
    return program;
}

START_TEST(texts_make_the_program_that_their_folder_makes)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    const struct mapping_program *folder = harness_program("mission", arena);
    const struct mapping_program *texts = program_of_texts("kept", arena);
    ck_assert(slice_equal(mapping_program_revision(folder), mapping_program_revision(texts)));
    ck_assert_uint_eq(mapping_program_rule_count(folder), mapping_program_rule_count(texts));
    size_t named = 0;
    for (uint32_t i = 0; i < mapping_program_rule_count(texts); i++) {
        struct mapping_rule_facts one = mapping_program_rule(folder, i);
        struct mapping_rule_facts other = mapping_program_rule(texts, i);
        ck_assert(slice_equal(one.id, other.id));
        ck_assert_uint_eq(one.line, other.line);
        named += slice_starts_with(other.file, SLICE("kept/v2-to-fhir/segments/"));
    }
    ck_assert_uint_gt(named, 0);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *why = tcase_create("why");
    tcase_set_timeout(why, 60);
    tcase_add_test(why, why_names_field_bytes_rule_and_guide);
    tcase_add_test(why, why_names_the_row_of_the_code_table);
    tcase_add_test(why, why_names_the_site_rule_that_changed_the_base_rule);
    tcase_add_test(why, template_and_join_have_a_source_for_each_part);
    tcase_add_test(why, every_value_of_every_resource_has_a_source);
    tcase_add_test(why, unread_lists_what_no_rule_read_and_no_drop_names);
    tcase_add_test(why, a_value_in_the_extension_of_a_primitive_is_found_by_the_element);
    tcase_add_test(why, a_first_field_is_passed_over_only_where_it_counts);
    tcase_add_test(why, decimals_compare_by_value_not_by_text);
    tcase_add_test(why, revision_follows_the_files_and_not_the_moment);
    tcase_add_test(why, texts_make_the_program_that_their_folder_makes);
    suite_add_tcase(suite, why);
}

int main(void)
{
    return suite_main("why", add);
}
