#include "hl7v2/grouping.h"
#include "hl7v2/support.h"

/* HL7 v2.5.1 7.3.1, shortened: what the rules of the match need. */
#define STRUCTURES                                                                                 \
    "structure,position,path,segment,min,max,from_version\n"                                       \
    "ORU_R01,1,ORU_R01.MSH,MSH,1,1,\n"                                                             \
    "ORU_R01,2,ORU_R01.PATIENT_RESULT,,1,*,\n"                                                     \
    "ORU_R01,3,ORU_R01.PATIENT_RESULT.PATIENT,,0,1,\n"                                             \
    "ORU_R01,4,ORU_R01.PATIENT_RESULT.PATIENT.PID,PID,1,1,\n"                                      \
    "ORU_R01,5,ORU_R01.PATIENT_RESULT.PATIENT.PD1,PD1,0,1,\n"                                      \
    "ORU_R01,6,ORU_R01.PATIENT_RESULT.PATIENT.NTE,NTE,0,*,\n"                                      \
    "ORU_R01,7,ORU_R01.PATIENT_RESULT.PATIENT.VISIT,,0,1,\n"                                       \
    "ORU_R01,8,ORU_R01.PATIENT_RESULT.PATIENT.VISIT.PV1,PV1,1,1,\n"                                \
    "ORU_R01,9,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION,,1,*,\n"                                   \
    "ORU_R01,10,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.ORC,ORC,0,1,\n"                           \
    "ORU_R01,11,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.OBR,OBR,1,1,\n"                           \
    "ORU_R01,12,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.NTE,NTE,0,*,\n"                           \
    "ORU_R01,13,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.OBSERVATION,,0,*,\n"                      \
    "ORU_R01,14,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.OBSERVATION.OBX,OBX,1,1,\n"               \
    "ORU_R01,15,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.OBSERVATION.NTE,NTE,0,*,\n"               \
    "ORU_R01,16,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.SPECIMEN,,0,*,\n"                         \
    "ORU_R01,17,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.SPECIMEN.SPM,SPM,1,1,\n"                  \
    "ORU_R01,18,ORU_R01.PATIENT_RESULT.ORDER_OBSERVATION.SPECIMEN.OBX,OBX,0,*,\n"                  \
    "ORU_R01,19,ORU_R01.DSC,DSC,0,1,\n"                                                            \
    "ADT_A01,1,ADT_A01.MSH,MSH,1,1,\n"                                                             \
    "ADT_A01,2,ADT_A01.EVN,EVN,1,1,\n"                                                             \
    "ADT_A01,3,ADT_A01.PID,PID,1,1,\n"                                                             \
    "ADT_A01,4,ADT_A01.ROL,ROL,0,*,\n"                                                             \
    "ADT_A01,5,ADT_A01.PV1,PV1,1,1,\n"                                                             \
    "ADT_A01,6,ADT_A01.ROL,ROL,0,*,\n"                                                             \
    "ADT_A01,7,ADT_A01.OBX,OBX,0,*,\n"                                                             \
    "ADT_A01,8,ADT_A01.DG1,DG1,0,*,\n"                                                             \
    "ADT_A01,9,ADT_A01.PROCEDURE,,0,*,\n"                                                          \
    "ADT_A01,10,ADT_A01.PROCEDURE.PR1,PR1,1,1,\n"                                                  \
    "ADT_A01,11,ADT_A01.PROCEDURE.ROL,ROL,0,*,\n"                                                  \
    "ADT_A01,12,ADT_A01.INSURANCE,,0,*,\n"                                                         \
    "ADT_A01,13,ADT_A01.INSURANCE.IN1,IN1,1,1,\n"                                                  \
    "ADT_A01,14,ADT_A01.INSURANCE.IN2,IN2,0,1,\n"                                                  \
    "ADT_A01,15,ADT_A01.INSURANCE.IN3,IN3,0,*,\n"

static const struct hl7v2_structure *structure(const char *name)
{
    const struct hl7v2_dictionary *dictionary = NULL;
    const struct hl7v2_dictionary_texts texts = {.structures = SLICE_INIT(STRUCTURES)};
    ck_assert_int_eq(hl7v2_dictionary_parse(&texts, test_arena, &dictionary, &test_issues), 0);
    return hl7v2_dictionary_structure(dictionary, slice_of(name));
}

/* Segment ids, blanks between, as a message of segments without fields. */
static struct hl7v2_message message_of(const char *ids)
{
    struct slice rest = slice_of(ids), id;
    struct slice text = SLICE("MSH|^~\\&|A\r");
    while (slice_split(&rest, ' ', &id))
        text = arena_format(test_arena, "%.*s%.*s|\r", SLICE_ARG(text), SLICE_ARG(id));
    return parsed(arena_string(test_arena, text));
}

/* "GROUP[2].GROUP[1].OBX" for a segment; "?" in front where it matched no node. */
static struct slice path_of(const struct hl7v2_grouping *grouping, size_t segment)
{
    struct slice path = hl7v2_message_segment_id(grouping->message, segment);
    uint32_t group = grouping->segment_group[segment];
    for (; grouping->groups[group].parent != HL7V2_NO_GROUP; group = grouping->groups[group].parent)
        path =
            arena_format(test_arena, "%.*s[%u].%.*s",
                         SLICE_ARG(grouping->structure->nodes[grouping->groups[group].node].name),
                         grouping->groups[group].number, SLICE_ARG(path));
    if (grouping->segment_node[segment] == HL7V2_NO_NODE)
        path = arena_format(test_arena, "?%.*s", SLICE_ARG(path));
    return path;
}

#define R "PATIENT_RESULT[1]."
#define O1 R "ORDER_OBSERVATION[1]."
#define O2 R "ORDER_OBSERVATION[2]."

/* The paths of all segments behind MSH, and the places of what is reported. */
static const struct {
    const char *structure;
    const char *segments;
    const char *paths;
    const char *faults;
} ROWS[] = {
    {"ORU_R01", "PID PV1 ORC OBR OBX NTE OBX",
     R "PATIENT[1].PID " R "PATIENT[1].VISIT[1].PV1 " O1 "ORC " O1 "OBR " O1
       "OBSERVATION[1].OBX " O1 "OBSERVATION[1].NTE " O1 "OBSERVATION[2].OBX",
     ""},
    {"ORU_R01", "PID OBR NTE OBX SPM OBX OBR OBX",
     R "PATIENT[1].PID " O1 "OBR " O1 "NTE " O1 "OBSERVATION[1].OBX " O1 "SPECIMEN[1].SPM " O1
       "SPECIMEN[1].OBX " O2 "OBR " O2 "OBSERVATION[1].OBX",
     ""},
    {"ORU_R01", "PID OBR PID OBR DSC",
     R "PATIENT[1].PID " O1 "OBR PATIENT_RESULT[2].PATIENT[1].PID "
       "PATIENT_RESULT[2].ORDER_OBSERVATION[1].OBR DSC",
     ""},
    {"ORU_R01", "OBR OBX", O1 "OBR " O1 "OBSERVATION[1].OBX", ""},
    {"ORU_R01", "PID OBR OBX ZDS ZDT OBX",
     R "PATIENT[1].PID " O1 "OBR " O1 "OBSERVATION[1].OBX ?" O1 "OBSERVATION[1].ZDS ?" O1
       "OBSERVATION[1].ZDT " O1 "OBSERVATION[2].OBX",
     ""},
    {"ORU_R01", "PID OBX", R "PATIENT[1].PID " O1 "OBSERVATION[1].OBX", "OBR[1]"},
    {"ORU_R01", "PID PV1 NTE OBR",
     R "PATIENT[1].PID " R "PATIENT[1].VISIT[1].PV1 " R "PATIENT[1].NTE " O1 "OBR", "NTE[1]"},
    {"ORU_R01", "PID", R "PATIENT[1].PID", "OBR[1]"},
    {"ADT_A01", "EVN PID ROL PV1 ROL PR1 ROL IN1 IN2 IN1",
     "EVN PID ROL PV1 ROL PROCEDURE[1].PR1 PROCEDURE[1].ROL INSURANCE[1].IN1 INSURANCE[1].IN2 "
     "INSURANCE[2].IN1",
     ""},
    {"ADT_A01", "EVN PID PV1 DG1 OBX DG1", "EVN PID PV1 DG1 OBX DG1", "OBX[1]"},
    {"ADT_A01", "EVN PID PV1 DG1 ROL", "EVN PID PV1 DG1 ROL", "ROL[1]"},
    {"ADT_A01", "EVN PID PV1 IN1 IN3 IN2",
     "EVN PID PV1 INSURANCE[1].IN1 INSURANCE[1].IN3 INSURANCE[1].IN2", "IN2[1]"},
    {"ADT_A01", "PID PV1 PV1", "PID PV1 PV1", "EVN[1] PV1[2]"},
    {"ADT_A01", "EVN PID PV1 IN2", "EVN PID PV1 INSURANCE[1].IN2", "IN1[1]"},
};

START_TEST(segments_go_to_the_groups_of_their_structure)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct hl7v2_message message = message_of(ROWS[i].segments);
        struct hl7v2_grouping grouping;
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        ck_assert_int_eq(hl7v2_grouping_make(&message, structure(ROWS[i].structure), NULL,
                                             test_arena, &grouping, &issues),
                         0);
        struct slice rest = slice_of(ROWS[i].paths), want;
        for (size_t segment = 1; segment < message.segment_count; segment++) {
            ck_assert(slice_split(&rest, ' ', &want));
            struct slice path = path_of(&grouping, segment);
            ck_assert_msg(slice_equal(path, want), "row %zu: %.*s, not %.*s", i, SLICE_ARG(path),
                          SLICE_ARG(want));
        }
        struct slice faults = SLICE("");
        for (size_t fault = 0; fault < issues.count; fault++)
            faults =
                arena_format(test_arena, "%.*s%s%.*s", SLICE_ARG(faults), fault > 0 ? " " : "",
                             SLICE_ARG(issue_place_text(&issues.items[fault].place, test_arena)));
        ck_assert_msg(slice_equal(faults, slice_of(ROWS[i].faults)), "row %zu: %.*s", i,
                      SLICE_ARG(faults));
    }
}
END_TEST

START_TEST(wrong_order_is_a_warning_and_an_error_when_strict)
{
    struct hl7v2_message message = message_of("PID PV1");
    struct hl7v2_grouping grouping;
    const struct hl7v2_grouping_options strict = {.strict = true};
    ck_assert_int_eq(hl7v2_grouping_make(&message, structure("ADT_A01"), &strict, test_arena,
                                         &grouping, &test_issues),
                     -1);
    ck_assert_int_eq(the_issue()->severity, ISSUE_ERROR);
    ck_assert_int_eq(the_issue()->code, ISSUE_SEGMENT_SEQUENCE);
    ck_assert_uint_eq(grouping.group_count, 1);
}
END_TEST

START_TEST(without_a_structure_all_segments_are_in_the_message)
{
    struct hl7v2_message message = message_of("PID ZZZ PID");
    struct hl7v2_grouping grouping;
    ck_assert_int_eq(hl7v2_grouping_make(&message, NULL, NULL, test_arena, &grouping, &test_issues),
                     0);
    ck_assert_uint_eq(grouping.group_count, 1);
    ck_assert_uint_eq(hl7v2_grouping_segment(&grouping, 0, HL7V2_ID("PID"), 2), 3);
    ck_assert_uint_eq(test_issues.count, 0);
}
END_TEST

START_TEST(a_place_is_looked_up_in_the_group_then_outward_never_sideways)
{
    /*                                        1   2   3   4   5   6   7   8 */
    struct hl7v2_message message = message_of("PID PV1 OBR OBX NTE OBX OBR OBX");
    struct hl7v2_grouping grouping;
    ck_assert_int_eq(hl7v2_grouping_make(&message, structure("ORU_R01"), NULL, test_arena,
                                         &grouping, &test_issues),
                     0);
    uint32_t first = grouping.segment_group[4], second = grouping.segment_group[6];
    uint32_t last = grouping.segment_group[8], order = grouping.segment_group[3];
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, first, HL7V2_ID("OBX"), 1), 4);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, first, HL7V2_ID("NTE"), 1), 5);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, first, HL7V2_ID("OBR"), 1), 3);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, last, HL7V2_ID("OBR"), 1), 7);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, last, HL7V2_ID("PID"), 1), 1);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, last, HL7V2_ID("PV1"), 1), 2);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, last, HL7V2_ID("MSH"), 1), 0);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, second, HL7V2_ID("NTE"), 1),
                      HL7V2_NO_SEGMENT);
    ck_assert_uint_eq(hl7v2_grouping_segment_outward(&grouping, last, HL7V2_ID("OBR"), 2),
                      HL7V2_NO_SEGMENT);
    ck_assert_uint_eq(hl7v2_grouping_segment(&grouping, order, HL7V2_ID("OBX"), 1),
                      HL7V2_NO_SEGMENT);
}
END_TEST

START_TEST(instances_of_a_group_are_walked_in_order)
{
    struct hl7v2_message message = message_of("PID OBR OBX OBX OBR OBX");
    const struct hl7v2_structure *oru = structure("ORU_R01");
    struct hl7v2_grouping grouping;
    ck_assert_int_eq(hl7v2_grouping_make(&message, oru, NULL, test_arena, &grouping, &test_issues),
                     0);
    uint32_t order = hl7v2_structure_find(oru, 0, SLICE("PATIENT_RESULT.ORDER_OBSERVATION"));
    uint32_t observation = hl7v2_structure_find(oru, order, SLICE("OBSERVATION"));
    uint32_t result = grouping.groups[0].first_child;
    uint32_t one = hl7v2_grouping_next_group(&grouping, result, order, HL7V2_NO_GROUP);
    uint32_t two = hl7v2_grouping_next_group(&grouping, result, order, one);
    ck_assert_uint_eq(grouping.groups[one].first_segment, 2);
    ck_assert_uint_eq(grouping.groups[one].end_segment, 5);
    ck_assert_uint_eq(grouping.groups[two].number, 2);
    ck_assert_uint_eq(hl7v2_grouping_next_group(&grouping, result, order, two), HL7V2_NO_GROUP);
    uint32_t inner = hl7v2_grouping_next_group(&grouping, one, observation, HL7V2_NO_GROUP);
    inner = hl7v2_grouping_next_group(&grouping, one, observation, inner);
    ck_assert_uint_eq(grouping.groups[inner].first_segment, 4);
    ck_assert_uint_eq(hl7v2_grouping_next_group(&grouping, one, observation, inner),
                      HL7V2_NO_GROUP);
    /* From the message an observation is two repeating groups deep: not looked through. */
    ck_assert_uint_eq(hl7v2_grouping_next_group(&grouping, 0, observation, HL7V2_NO_GROUP),
                      HL7V2_NO_GROUP);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "grouping");
    tcase_add_test(cases, segments_go_to_the_groups_of_their_structure);
    tcase_add_test(cases, wrong_order_is_a_warning_and_an_error_when_strict);
    tcase_add_test(cases, without_a_structure_all_segments_are_in_the_message);
    tcase_add_test(cases, a_place_is_looked_up_in_the_group_then_outward_never_sideways);
    tcase_add_test(cases, instances_of_a_group_are_walked_in_order);
}

int main(void)
{
    return suite_main("grouping", add);
}
