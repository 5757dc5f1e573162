#include "hl7v2/dictionary.h"
#include "hl7v2/support.h"

/* The shipped tables, by facts of HL7 v2.5.1. */
static const struct hl7v2_dictionary *shipped(void)
{
    const struct hl7v2_dictionary *dictionary = NULL;
    int result = hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", test_arena,
                                       &dictionary, &test_issues);
    ck_assert_msg(
        result == 0, "%.*s",
        SLICE_ARG(test_issues.count > 0 ? issue_words(&test_issues.items[0]) : SLICE("no issue")));
    return dictionary;
}

START_TEST(fields_have_name_type_table_and_repetition)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(dictionary, HL7V2_ID("PID"), 3);
    ck_assert_ptr_nonnull(field);
    CK_SAME(field->name, "Patient Identifier List");
    CK_SAME(field->type, "CX");
    ck_assert_uint_eq(field->max_repeats, 0);
    ck_assert(field->required);
    field = hl7v2_dictionary_field(dictionary, HL7V2_ID("PID"), 8);
    CK_SAME(field->table, "0001");
    ck_assert_uint_eq(field->max_repeats, 1);
    ck_assert_ptr_null(hl7v2_dictionary_field(dictionary, HL7V2_ID("PID"), 99));
    ck_assert_ptr_null(hl7v2_dictionary_field(dictionary, HL7V2_ID("PID"), 0));
    ck_assert_ptr_null(hl7v2_dictionary_field(dictionary, HL7V2_ID("ZZZ"), 1));
    ck_assert_uint_ge(hl7v2_dictionary_field_count(dictionary, HL7V2_ID("PID")), 39);
    /* HL7 v2.5.1 3.4.2: PID-3 and PID-5 are required, and nothing behind them */
    ck_assert_uint_eq(hl7v2_dictionary_last_required(dictionary, HL7V2_ID("PID")), 5);
    ck_assert_uint_eq(hl7v2_dictionary_last_required(dictionary, HL7V2_ID("ZZZ")), 0);
}
END_TEST

START_TEST(a_field_belongs_to_some_versions)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(dictionary, HL7V2_ID("PID"), 33);
    CK_SAME(field->name, "Last Update Date/Time");
    ck_assert(!hl7v2_field_in_version(field, HL7V2_VERSION_2_3));
    ck_assert(hl7v2_field_in_version(field, HL7V2_VERSION_2_5_1));
    ck_assert(hl7v2_field_in_version(field, HL7V2_VERSION_UNKNOWN));
    /* HL7 v2.6 made TS of v2.5.1 DTM. */
    CK_SAME(hl7v2_dictionary_field_type(dictionary, HL7V2_ID("PID"), 33, HL7V2_VERSION_2_5_1),
            "TS");
    CK_SAME(hl7v2_dictionary_field_type(dictionary, HL7V2_ID("PID"), 33, HL7V2_VERSION_2_6), "DTM");
}
END_TEST

START_TEST(components_have_names_and_types)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    const struct hl7v2_component_definition *component =
        hl7v2_dictionary_component(dictionary, SLICE("CX"), 4);
    CK_SAME(component->name, "Assigning Authority");
    CK_SAME(component->type_of, "HD");
    ck_assert_uint_eq(hl7v2_dictionary_component_count(dictionary, SLICE("HD")), 3);
    ck_assert_uint_eq(hl7v2_dictionary_component_count(dictionary, SLICE("ST")), 0);
    ck_assert_ptr_null(hl7v2_dictionary_component(dictionary, SLICE("HD"), 4));
}
END_TEST

START_TEST(structures_are_trees_of_groups)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    const struct hl7v2_structure *oru = hl7v2_dictionary_structure(dictionary, SLICE("ORU_R01"));
    uint32_t pid = hl7v2_structure_find(oru, 0, SLICE("PATIENT_RESULT.PATIENT.PID"));
    uint32_t order = hl7v2_structure_find(oru, 0, SLICE("PATIENT_RESULT.ORDER_OBSERVATION"));
    uint32_t obx = hl7v2_structure_find(oru, order, SLICE("OBSERVATION.OBX"));
    ck_assert_uint_ne(pid, 0);
    ck_assert_uint_eq(oru->nodes[pid].segment, HL7V2_ID("PID"));
    ck_assert_uint_eq(oru->nodes[order].max, 0);
    ck_assert_uint_eq(oru->nodes[oru->nodes[obx].parent].parent, order);
    ck_assert(oru->nodes[obx].may_begin);
    ck_assert_uint_eq(oru->nodes[0].next, oru->node_count);
    ck_assert_uint_eq(hl7v2_structure_find(oru, 0, SLICE("PID")), 0);
    ck_assert_uint_eq(hl7v2_structure_find(oru, order, SLICE("OBSERVATION.ZZZ")), 0);
    ck_assert_uint_eq(hl7v2_structure_find(oru, order, SLICE("")), 0);
    ck_assert_ptr_null(hl7v2_dictionary_structure(dictionary, SLICE("XXX_X01")));
}
END_TEST

/* The engine's own table 0354 and the dictionary's never tell two stories. */
START_TEST(events_have_the_structure_of_table_0354)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    CK_SAME(hl7v2_dictionary_event_structure(dictionary, SLICE("ADT"), SLICE("A08")), "ADT_A01");
    CK_SAME(hl7v2_dictionary_event_structure(dictionary, SLICE("ADT"), SLICE("A31")), "ADT_A05");
    CK_SAME(hl7v2_dictionary_event_structure(dictionary, SLICE("ADT"), SLICE("A40")), "ADT_A39");
    CK_SAME(hl7v2_dictionary_event_structure(dictionary, SLICE("ADT"), SLICE("X99")), "");
    CK_SAME(hl7v2_dictionary_event_structure(dictionary, SLICE("TOOLONG"), SLICE("A01")), "");
}
END_TEST

static const struct {
    const char *table;
    const char *words;
    unsigned line, column;
} BROKEN[] = {
    {"structure,path,segment,min,max\nA,A.MSH,MSH,1,1\nA,A.G.PID,PID,1,1\n",
     "this path does not begin with a group that is open here", 3, 3},
    {"structure,path,segment,min,max\nA,A.MSH,MSH,x,1\n", "a number is expected here", 2, 13},
    {"structure,path,segment,min,max\nA,A.MSH,MS,1,1\n",
     "a segment id of three characters is expected here", 2, 9},
    {"structure,path,segment,min\nA,A.MSH,MSH,1\n", "column 'max' is missing", 1, 1},
};

START_TEST(a_broken_table_is_told_by_line_and_column)
{
    for (size_t i = 0; i < sizeof BROKEN / sizeof BROKEN[0]; i++) {
        const struct hl7v2_dictionary *dictionary = NULL;
        const struct hl7v2_dictionary_texts texts = {.structures = slice_of(BROKEN[i].table)};
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        ck_assert_int_eq(hl7v2_dictionary_parse(&texts, test_arena, &dictionary, &issues), -1);
        ck_assert_ptr_null(dictionary);
        CK_SAME(issue_words(&issues.items[0]), BROKEN[i].words);
        ck_assert_uint_eq(issues.items[0].place.line, BROKEN[i].line);
        ck_assert_uint_eq(issues.items[0].place.column, BROKEN[i].column);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "dictionary");
    tcase_add_test(cases, fields_have_name_type_table_and_repetition);
    tcase_add_test(cases, a_field_belongs_to_some_versions);
    tcase_add_test(cases, components_have_names_and_types);
    tcase_add_test(cases, structures_are_trees_of_groups);
    tcase_add_test(cases, events_have_the_structure_of_table_0354);
    tcase_add_test(cases, a_broken_table_is_told_by_line_and_column);
}

int main(void)
{
    return suite_main("dictionary", add);
}
