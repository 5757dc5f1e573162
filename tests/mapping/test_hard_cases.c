/* The hard cases of the guide, each with a message written by hand; names, keys, sites. */
#include "mapping/harness.h"

START_TEST(case_1_value_type_follows_obx_2)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBX|1|NM|A^a^LN||6.30|mg^mg^UCUM|||||F\r"
        "OBX|2|SN|B^b^LN||>^100|mg|||||F\r"
        "OBX|3|SN|C^c^LN||^1^-^5||||||F\r"
        "OBX|4|SN|D^d^LN||<>^1^+||||||F\r"
        "OBX|5|CWE|E^e^LN||X^Ex^LN||||||F\r"
        "OBX|6|TX|F^f^LN||one~two||||||F\r");
    assert_value(&made, "Observation", 0, "valueQuantity.value", "6.30");
    assert_value(&made, "Observation", 0, "valueQuantity.unit", "mg");
    assert_value(&made, "Observation", 1, "valueQuantity.comparator", ">");
    assert_value(&made, "Observation", 1, "valueQuantity.unit", "mg");
    assert_value(&made, "Observation", 2, "valueRange.high.value", "5");
    assert_value(&made, "Observation", 3, "valueString", "<> 1 +");
    assert_value(&made, "Observation", 4, "valueCodeableConcept.coding[0].system",
                 "http://loinc.org");
    assert_value(&made, "Observation", 5, "valueString", "one\ntwo");
    convert_end(&made);
}
END_TEST

START_TEST(case_1_number_that_is_none_becomes_text_and_leaves_no_quantity)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBX|1|NM|A^a^LN||6 or so|mg|||||F\r");
    assert_value(&made, "Observation", 0, "valueString", "6 or so");
    assert_absent(&made, "Observation", 0, "valueQuantity");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "obx.number"));
    convert_end(&made);
}
END_TEST

START_TEST(case_2_repeating_numbers_become_components)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBX|1|NM|A^a^LN||1~2~3|mm|||||F\r");
    assert_value(&made, "Observation", 0, "component[2].valueQuantity.value", "3");
    assert_value(&made, "Observation", 0, "component[1].valueQuantity.unit", "mm");
    assert_value(&made, "Observation", 0, "component[0].code.coding[0].code", "A");
    assert_absent(&made, "Observation", 0, "component[3]");
    convert_end(&made);
}
END_TEST

START_TEST(case_3_first_valued_of_two_segments_gives_the_placer_number)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "ORC|RE|P9^EHR|F9^LAB\r"
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r");
    assert_value(&made, "DiagnosticReport", 0, "identifier[0].value", "P9");
    assert_value(&made, "DiagnosticReport", 0, "identifier[0].type.coding[0].code", "PLAC");
    assert_absent(&made, "DiagnosticReport", 0, "identifier[2]");
    convert_end(&made);
}
END_TEST

START_TEST(case_4_entries_have_parts_and_later_rules_find_the_location)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID
                                     "EVN|A01|2026\r"
                                     "PV1|1|I|WARD^12^A^MISSION^^^^^^LOC1&EHR||||1234^SMITH~5678^"
                                     "JONES||||||||||||V1|||||||||||||||||||||O\r");
    assert_value(&made, "Encounter", 0, "participant[1].type[0].coding[0].code", "ATND");
    assert_value(&made, "Practitioner", 1, "name[0].family", "JONES");
    assert_value(&made, "Location", 0, "operationalStatus.code", "O");
    struct slice who = value_at(&made, "Encounter", 0, "participant[1].individual.reference");
    ck_assert(slice_ends_with(who, resource_of(&made, "Practitioner", 1)->id));
    convert_end(&made);
}
END_TEST

START_TEST(case_5_references_inside_references_stay_flat_by_name)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID
                                     "EVN|A01|2026\r"
                                     "PV1|1|I|WARD^12^A^MISSION^^^^^^LOC1&EHR||||1234^SMITH~5678^"
                                     "JONES||||||||||||V1|||||||||||||||||||||O\r");
    struct slice part_of = value_at(&made, "Location", 0, "partOf.reference");
    ck_assert(slice_ends_with(part_of, resource_of(&made, "Location", 1)->id));
    convert_end(&made);
}
END_TEST

START_TEST(case_6_chain_of_locations_links_what_was_made)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID
                                     "EVN|A01|2026\r"
                                     "PV1|1|I|WARD^12^A^MISSION^^^^^^LOC1&EHR||||1234^SMITH~5678^"
                                     "JONES||||||||||||V1|||||||||||||||||||||O\r");
    assert_value(&made, "Location", 0, "name", "A");
    assert_value(&made, "Location", 1, "name", "12");
    assert_value(&made, "Location", 2, "name", "WARD");
    struct slice room = value_at(&made, "Location", 1, "partOf.reference");
    ck_assert(slice_ends_with(room, resource_of(&made, "Location", 2)->id));
    assert_value(&made, "Location", 0, "identifier[0].value", "LOC1");
    assert_absent(&made, "Location", 1, "identifier");
    convert_end(&made);
}
END_TEST

START_TEST(case_6_without_a_bed_the_ward_is_the_place)
{
    struct conversion made =
        convert(NULL, HEAD("ADT^A01^ADT_A01") PID
                "EVN|A01|2026\r"
                "PV1|1|I|WARD^^^MISSION||||||||||||||||V1|||||||||||||||||||||O\r");
    assert_value(&made, "Location", 0, "name", "WARD");
    assert_absent(&made, "Location", 0, "partOf");
    ck_assert_ptr_null(resource_of(&made, "Location", 1));
    assert_absent(&made, "Location", 0, "operationalStatus");
    convert_end(&made);
}
END_TEST

START_TEST(case_7_role_chooses_the_resource)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID "EVN|A01|2026\r"
                                                                       "ROL|1|AD|MOTHER|77^DOE\r"
                                                                       "ROL|2|AD|PP|1234^SMITH\r"
                                                                       "PV1|1|O\r");
    ck_assert_ptr_nonnull(resource_of(&made, "RelatedPerson", 0));
    assert_value(&made, "Practitioner", 0, "name[0].family", "SMITH");
    convert_end(&made);
}
END_TEST

START_TEST(case_8_same_segment_in_two_places)
{
    struct conversion made =
        convert(NULL, HEAD("ADT^A01^ADT_A01") PID "EVN|A01|2026\r"
                                                  "ROL|1|AD|PP|1^ONE\r"
                                                  "PV1|1|O\r"
                                                  "ROL|1|AD|AT|2^TWO~3^THREE\r");
    ck_assert_ptr_null(node_at(resource_of(&made, "CareTeam", 0)->body, "participant[1]"));
    ck_assert_ptr_nonnull(node_at(resource_of(&made, "CareTeam", 1)->body, "participant[1]"));
    convert_end(&made);
}
END_TEST

START_TEST(case_9_pairs_by_number_and_an_end_from_a_span)
{
    struct conversion made =
        convert(NULL, HEAD("SIU^S12^SIU_S12") "SCH|1|2||||x|||||x|||||1^x|||||||||x|O1^E~O2^E\r"
                                              "RGS|1\r"
                                              "AIS|1||S1|20261121233000-0600|||45|min\r"
                                              "AIS|2||S2|20261122|||2|d\r");
    assert_value(&made, "Appointment", 0, "identifier[0].value", "O1");
    assert_value(&made, "Appointment", 1, "identifier[0].value", "O2");
    assert_value(&made, "Appointment", 0, "end", "2026-11-22T00:15:00-06:00");
    convert_end(&made);
}
END_TEST

START_TEST(case_10_parent_is_named_by_key_and_never_made)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBR|2|P2^EHR|F2^LAB|1^Other^LN|||||||||||||||||||||F|PARENT&x&LN^7|||P1&EHR^F1&LAB\r"
        "OBX|1|NM|Z^z^LN||1||||||F\r");
    assert_value(&made, "DiagnosticReport", 1, "basedOn[0].type", "ServiceRequest");
    assert_value(&made, "DiagnosticReport", 1, "basedOn[0].identifier.value", "P1");
    ck_assert_ptr_null(resource_of(&made, "ServiceRequest", 0));
    assert_value(&made, "Observation", 0, "derivedFrom[0].type", "Observation");
    convert_end(&made);
}
END_TEST

START_TEST(case_11_notes_of_one_result_are_lines_of_one_text)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBX|1|NM|A^a^LN||1||||||F\r"
        "NTE|1||first\r"
        "NTE|2||second~third\r");
    assert_value(&made, "Observation", 0, "note[0].text", "first\nsecond\nthird");
    assert_absent(&made, "Observation", 0, "note[1]");
    convert_end(&made);
}
END_TEST

START_TEST(case_11_document_text_is_encoded_when_it_is_complete)
{
    struct conversion made =
        convert(NULL, HEAD("MDM^T02^MDM_T02") "EVN|T02|2026\r" PID "PV1|1|O\r"
                                              "TXA|1|CN|TX|||||||||D1^EHR\r"
                                              "OBX|1|TX|A^a^LN||Hello||||||F\r"
                                              "OBX|2|TX|A^a^LN||World||||||F\r");
    assert_value(&made, "DocumentReference", 0, "content[0].attachment.data", "SGVsbG8KV29ybGQ=");
    convert_end(&made);
}
END_TEST

START_TEST(case_13_goals_carry_actions_and_see_their_roles)
{
    struct conversion made =
        convert(NULL, HEAD("PGL^PC6^PGL_PC6") PID "GOL|UC|2026|1^Walk|G1^EHR\r"
                                                  "GOL|SP|2026|1^Sleep|G2^EHR\r");
    ck_assert_int_eq(resource_of(&made, "Goal", 0)->action, MAPPING_UNCHANGED);
    ck_assert_uint_eq(made.result.act_count, 1);
    ck_assert_int_eq(made.result.acts[0].kind, MAPPING_ACT_SNAPSHOT);
    assert_slice(json_get_text(made.result.acts[0].body, SLICE("lifecycleStatus")), "cancelled");
    assert_slice(made.result.acts[0].scope, "patient, sender");
    convert_end(&made);
}
END_TEST

START_TEST(case_14_merge_is_an_act_with_two_keys)
{
    struct conversion made =
        convert(NULL, HEAD("ADT^A40^ADT_A39") "EVN|A40|2026\r" PID "MRG|B7^^^MISSION^MR\r");
    ck_assert_uint_eq(made.result.act_count, 1);
    ck_assert_int_eq(made.result.acts[0].kind, MAPPING_ACT_MERGE);
    assert_slice(fhir_id_slice(&made.result.acts[0].into.id),
                 arena_string(made.arena, resource_of(&made, "Patient", 0)->id));
    assert_slice(made.result.acts[0].from.parts[1], "B7");
    convert_end(&made);
}
END_TEST

START_TEST(names_made_in_inner_groups_mean_each_of_them)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBX|1|NM|A^a^LN||1||||||F\r"
        "OBX|2|NM|B^b^LN||2||||||F||||||||||||||||||QST\r"
        "OBX|3|NM|C^c^LN||3||||||F\r"
        "OBR|2|P2^EHR|F2^LAB|1^Other^LN|||||||||||||||||||||F|PARENT&x&LN^7|||P1&EHR^F1&LAB\r"
        "OBX|1|NM|D^d^LN||4||||||F\r");
    ck_assert_ptr_nonnull(node_at(resource_of(&made, "DiagnosticReport", 0)->body, "result[1]"));
    assert_absent(&made, "DiagnosticReport", 0, "result[2]");
    assert_absent(&made, "DiagnosticReport", 1, "result[1]");
    struct slice last = value_at(&made, "DiagnosticReport", 1, "result[0].reference");
    ck_assert(slice_ends_with(last, resource_of(&made, "Observation", 3)->id));
    convert_end(&made);
}
END_TEST

START_TEST(equal_keys_in_one_message_are_numbered)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"
        "OBX|1|NM|A^a^LN||1||||||F\r"
        "OBX|2|NM|A^a^LN||2||||||F\r");
    ck_assert_uint_eq(made.result.resource_count, 4);
    ck_assert(!slice_equal(resource_of(&made, "Observation", 0)->id,
                           resource_of(&made, "Observation", 1)->id));
    convert_end(&made);
}
END_TEST

/* Each number is tried once: a monitor sends one code thousands of times in a message. */
START_TEST(equal_keys_are_numbered_however_many)
{
    enum { RESULTS = 3000 };
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(
        &text,
        SLICE(
            HEAD("ORU^R01^ORU_R01") PID
            "OBR|1|P1^EHR|F1^LAB|8867-4^Heart rate^LN|||20261121130000-0800||||||||||||||||||F\r"));
    for (int i = 1; i <= RESULTS; i++)
        buffer_append_format(&text, "OBX|%d|NM|8867-4^Heart rate^LN||%d|/min|||||F\r", i, i);
    buffer_append_byte(&text, '\0');
    struct conversion made = convert(NULL, text.data);
    ck_assert_int_eq(made.outcome, 0);
    assert_value(&made, "Observation", RESULTS - 1, "valueQuantity.value", "3000");
    const struct mapping_resource *last = &made.result.resources[made.result.resource_count - 1];
    struct slice number = last->keys[0].parts[last->keys[0].part_count - 1];
    ck_assert(slice_equal(number, SLICE("#3000")));
    convert_end(&made);
    buffer_release(&text);
}
END_TEST

START_TEST(social_security_number_is_never_a_key)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||123-45-6789^^^SSA^SS~A1^^^MISSION^MR\r"
                                      "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid "
                                      "panel^LN|||20261121130000-0800||||||||||||||||||F\r");
    assert_slice(resource_of(&made, "Patient", 0)->keys[0].parts[1], "A1");
    convert_end(&made);
}
END_TEST

START_TEST(placer_number_is_an_alias_of_the_filler_number)
{
    struct conversion made = convert(
        NULL, HEAD("ORU^R01^ORU_R01") PID
        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r");
    const struct mapping_resource *report = resource_of(&made, "DiagnosticReport", 0);
    ck_assert_uint_eq(report->key_count, 2);
    assert_slice(report->keys[0].name, "report");
    assert_slice(report->keys[1].name, "report-placed");
    assert_slice(report->keys[1].parts[1], "site:mission:EHR");
    convert_end(&made);
}
END_TEST

/* "No placer number, lipid panel" would be one report of all patients whose laboratory sends none.
 */
START_TEST(a_number_that_is_not_there_makes_no_alias)
{
    struct conversion made =
        convert(NULL, HEAD("ORU^R01^ORU_R01") PID
                "OBR|1||F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r");
    const struct mapping_resource *report = resource_of(&made, "DiagnosticReport", 0);
    ck_assert_uint_eq(report->key_count, 1);
    assert_slice(report->keys[0].name, "report");
    convert_end(&made);
}
END_TEST

/* The same for a number with an assigner and nothing else, and for a patient who is not there. */
START_TEST(what_hangs_on_a_missing_number_or_patient_is_known_by_its_message_only)
{
    static const char *const REPORTS[] = {
        HEAD("ORU^R01^ORU_R01") PID
        "OBR|1||^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r",
        HEAD("ORU^R01^ORU_R01") "OBR|1|||24331-1^Lipid "
                                "panel^LN|||20261121130000-0800||||||||||||||||||F\r"};
    for (size_t i = 0; i < sizeof(REPORTS) / sizeof(REPORTS[0]); i++) {
        struct conversion made = convert(NULL, REPORTS[i]);
        const struct mapping_resource *report = resource_of(&made, "DiagnosticReport", 0);
        ck_assert_uint_eq(report->key_count, 1);
        assert_slice(report->keys[0].name, "message");
        convert_end(&made);
    }
}
END_TEST

START_TEST(site_drops_changes_replaces_and_adds)
{
    struct conversion made =
        convert("mission",
                HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR~123^^^SSA^SS||DOE^J||||||||||||M\r"
                                        "ZPI|1||blue\r"
                                        "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid "
                                        "panel^LN|||20261121130000-0800||||||||||||||||||F\r"
                                        "OBX|1|NM|PEG3^PEG^99MISSION||11||||||F\r"
                                        "OBX|2|NM|B^b^LN||11||||||F\r");
    assert_absent(&made, "Patient", 0, "identifier[1]");
    assert_absent(&made, "Patient", 0, "maritalStatus");
    assert_value(&made, "Patient", 0, "extension[0].valueString", "blue");
    assert_value(&made, "Observation", 0, "code.coding[0].code", "91147-9");
    assert_value(&made, "Observation", 0, "valueString", "11");
    assert_value(&made, "Observation", 1, "valueQuantity.value", "11");
    assert_value(&made, "Observation", 1, "code.coding[0].code", "B");
    convert_end(&made);
}
END_TEST

START_TEST(site_table_stands_before_the_base_table)
{
    struct conversion made = convert(
        "mission", HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR|||||X\r"
                                           "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid "
                                           "panel^LN|||20261121130000-0800||||||||||||||||||F\r");
    assert_value(&made, "Patient", 0, "gender", "unknown");
    convert_end(&made);
}
END_TEST

START_TEST(site_choice_decides_what_the_guide_leaves_open)
{
    struct conversion made = convert("mission", HEAD("ADT^A01^ADT_A01") PID "EVN|A01|2026\r"
                                                                            "NK1|1|DOE^JOHN\r"
                                                                            "PV1|1|O\r");
    ck_assert_ptr_null(resource_of(&made, "RelatedPerson", 0));
    convert_end(&made);
}
END_TEST

START_TEST(base_choice_stands_where_no_site_answers)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID "EVN|A01|2026\r"
                                                                       "NK1|1|DOE^JOHN\r"
                                                                       "PV1|1|O\r");
    assert_value(&made, "RelatedPerson", 0, "name[0].family", "DOE");
    convert_end(&made);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("cases");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, case_1_value_type_follows_obx_2);
    tcase_add_test(cases, case_1_number_that_is_none_becomes_text_and_leaves_no_quantity);
    tcase_add_test(cases, case_2_repeating_numbers_become_components);
    tcase_add_test(cases, case_3_first_valued_of_two_segments_gives_the_placer_number);
    tcase_add_test(cases, case_4_entries_have_parts_and_later_rules_find_the_location);
    tcase_add_test(cases, case_5_references_inside_references_stay_flat_by_name);
    tcase_add_test(cases, case_6_chain_of_locations_links_what_was_made);
    tcase_add_test(cases, case_6_without_a_bed_the_ward_is_the_place);
    tcase_add_test(cases, case_7_role_chooses_the_resource);
    tcase_add_test(cases, case_8_same_segment_in_two_places);
    tcase_add_test(cases, case_9_pairs_by_number_and_an_end_from_a_span);
    tcase_add_test(cases, case_10_parent_is_named_by_key_and_never_made);
    tcase_add_test(cases, case_11_notes_of_one_result_are_lines_of_one_text);
    tcase_add_test(cases, case_11_document_text_is_encoded_when_it_is_complete);
    tcase_add_test(cases, case_13_goals_carry_actions_and_see_their_roles);
    tcase_add_test(cases, case_14_merge_is_an_act_with_two_keys);
    tcase_add_test(cases, names_made_in_inner_groups_mean_each_of_them);
    tcase_add_test(cases, equal_keys_in_one_message_are_numbered);
    tcase_add_test(cases, equal_keys_are_numbered_however_many);
    tcase_add_test(cases, social_security_number_is_never_a_key);
    tcase_add_test(cases, placer_number_is_an_alias_of_the_filler_number);
    tcase_add_test(cases, a_number_that_is_not_there_makes_no_alias);
    tcase_add_test(cases, what_hangs_on_a_missing_number_or_patient_is_known_by_its_message_only);
    tcase_add_test(cases, site_drops_changes_replaces_and_adds);
    tcase_add_test(cases, site_table_stands_before_the_base_table);
    tcase_add_test(cases, site_choice_decides_what_the_guide_leaves_open);
    tcase_add_test(cases, base_choice_stands_where_no_site_answers);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("hard_cases", add);
}
