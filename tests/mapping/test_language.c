/* Each word of the language, and how values meet elements. */
#include "mapping/harness.h"

#define ORU HEAD("ORU^R01^ORU_R01")
#define OBR "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||20261121130000-0800||||||||||||||||||F\r"

START_TEST(entry_makes_one_list_entry_for_each_repetition)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR~B2^^^&1.2.3&ISO^XX||DOE^JANE~ROE^JANE\r" OBR);
    assert_value(&made, "Patient", 0, "identifier[0].value", "A1");
    assert_value(&made, "Patient", 0, "identifier[1].value", "B2");
    assert_value(&made, "Patient", 0, "name[1].family", "ROE");
    convert_end(&made);
}
END_TEST

START_TEST(segment_is_found_in_any_instance_of_the_groups_named_before_it)
{
    struct conversion made = convert(NULL, ORU PID "PV1|1|O|||||||||||||||||V1^^^MISSION\r" OBR);
    assert_value(&made, "Encounter", 0, "class.code", "AMB");
    convert_end(&made);
    made = convert(NULL, ORU PID "PV1|1|O|||||||||||||||||V1^^^MISSION\r");
    ck_assert_uint_eq(made.result.resource_count, 1); /* the Patient */
    convert_end(&made);
}
END_TEST

START_TEST(second_segment_is_counted_over_all_instances_of_the_groups_before_it)
{
#define SCH HEAD("SIU^S12^SIU_S12") "SCH|A1|B1||||||||||||||||||||||||P1~P2\rRGS|1\r"
    struct conversion one = convert(NULL, SCH "AIS|1||X^Visit^L|20270104090000-0600\r");
    assert_absent(&one, "Appointment", 0, "comment");
    convert_end(&one);
    struct conversion two = convert(NULL, SCH "AIS|1||X^Visit^L|20270104090000-0600\r"
                                              "AIS|2||Y^Talk^L|20270104100000-0600\r");
    assert_value(&two, "Appointment", 0, "comment", "several services");
    convert_end(&two);
}
END_TEST

START_TEST(link_into_a_new_entry_makes_one_entry)
{
    struct conversion made =
        convert(NULL, HEAD("SIU^S12^SIU_S12") "SCH|A1|B1\r" PID
                                              "RGS|1\rAIS|1||X^Visit^L|20270104090000-0600\r");
    assert_absent(&made, "Appointment", 0, "participant[1]");
    ck_assert(value_at(&made, "Appointment", 0, "participant[0].actor.reference").len > 0);
    convert_end(&made);
}
END_TEST

START_TEST(set_takes_the_converter_of_its_element)
{
    struct conversion made = convert(NULL, ORU PID OBR);
    assert_value(&made, "Patient", 0, "birthDate", "1980-02-29");
    convert_end(&made);
}
END_TEST

START_TEST(hour_and_minute_of_birth_go_into_the_extension_of_the_primitive)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR||||19800229063015-0600\r" OBR);
    assert_value(&made, "Patient", 0, "birthDate", "1980-02-29");
    assert_value(&made, "Patient", 0, "_birthDate.extension[0].url",
                 "http://hl7.org/fhir/StructureDefinition/patient-birthTime");
    assert_value(&made, "Patient", 0, "_birthDate.extension[0].valueDateTime",
                 "1980-02-29T06:30:15-06:00");
    convert_end(&made);
}
END_TEST

START_TEST(table_answers_and_keeps_what_it_does_not_know_beside_a_required_code)
{
    struct conversion known = convert(NULL, ORU PID OBR);
    assert_value(&known, "Patient", 0, "gender", "female");
    convert_end(&known);
    struct conversion unknown = convert(NULL, ORU "PID|1||A1^^^MISSION^MR|||||Q\r" OBR);
    assert_absent(&unknown, "Patient", 0, "gender");
    assert_value(&unknown, "Patient", 0, "_gender.extension[0].url",
                 "http://hl7.org/fhir/StructureDefinition/alternate-codes");
    assert_value(&unknown, "Patient", 0, "_gender.extension[0].valueCodeableConcept.text", "Q");
    ck_assert(has_issue(&unknown.issues, ISSUE_WARNING, "pid.gender"));
    convert_end(&unknown);
}
END_TEST

START_TEST(table_with_as_puts_its_coding_before_the_original)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR|||||||||||||M^Married^99L\r" OBR);
    assert_value(&made, "Patient", 0, "maritalStatus.coding[0].system",
                 "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus");
    assert_value(&made, "Patient", 0, "maritalStatus.coding[1].display", "Married");
    convert_end(&made);
}
END_TEST

START_TEST(number_of_a_code_stands_in_the_display_too)
{
    struct conversion made = convert(NULL, ORU "PID|1||A1^^^MISSION^MR|||||||||||||U7\r" OBR);
    assert_value(&made, "Patient", 0, "maritalStatus.coding[0].display", "single for 7 years");
    convert_end(&made);
}
END_TEST

START_TEST(unmapped_drop_writes_nothing_and_says_so)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR||||||||||555-1212^ZZZ\r" OBR);
    assert_value(&made, "Patient", 0, "telecom[0].value", "555-1212");
    assert_absent(&made, "Patient", 0, "telecom[0].use");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "XTN-ContactPoint.use"));
    convert_end(&made);
}
END_TEST

START_TEST(unmapped_refuse_refuses_the_message)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID "PV1|1|Z\r");
    ck_assert_int_eq(made.outcome, -1);
    ck_assert(has_issue(&made.issues, ISSUE_ERROR, "PV1-Encounter.class"));
    convert_end(&made);
}
END_TEST

START_TEST(required_refuse_refuses_a_message_without_the_value)
{
    struct conversion made = convert(NULL, ORU PID "OBR|1|P1|F1|1^x^LN\r");
    ck_assert_int_eq(made.outcome, -1);
    ck_assert(has_issue(&made.issues, ISSUE_ERROR, "obr.status"));
    convert_end(&made);
}
END_TEST

START_TEST(when_sees_the_value_at_hand)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR||||||||||555-1212~555-1313^WPN\r" OBR);
    assert_value(&made, "Patient", 0, "telecom[0].use", "home");
    assert_value(&made, "Patient", 0, "telecom[1].use", "work");
    convert_end(&made);
}
END_TEST

START_TEST(template_takes_the_blanks_of_empty_places_with_it)
{
    struct conversion made = convert(NULL, ORU "PID|1||A1^^^MISSION^MR||DOE^JANE\r" OBR);
    assert_value(&made, "Patient", 0, "name[0].text", "JANE DOE");
    convert_end(&made);
}
END_TEST

START_TEST(fill_writes_each_column_of_a_row_and_fills_in_the_number)
{
    struct conversion made = convert(NULL, HEAD("PGL^PC6^PGL_PC6") PID
                                     "GOL|AD|20261121|1^Walk|G1^EHR||||||||||||||WK6\r");
    assert_value(&made, "Goal", 0, "lifecycleStatus", "active");
    assert_value(&made, "Goal", 0, "achievementStatus.coding[0].code", "sustaining");
    assert_value(&made, "Goal", 0, "achievementStatus.text", "after 6 weeks");
    convert_end(&made);
}
END_TEST

START_TEST(first_leaves_a_code_that_its_table_does_not_know_to_the_next_line)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR~B2^^^&1.2.3&ISO^XX~C3^^^OTHER^MR\r" OBR);
    assert_value(&made, "Patient", 0, "identifier[0].system", "http://mission.example/mrn");
    assert_value(&made, "Patient", 0, "identifier[1].system", "urn:oid:1.2.3");
    assert_value(&made, "Patient", 0, "identifier[2].system", "urn:painbridge:site:mission:mrn");
    convert_end(&made);
}
END_TEST

START_TEST(labels_share_an_entry_and_empty_brackets_do_not)
{
    struct conversion made = convert(NULL, ORU PID OBR);
    assert_value(&made, "DiagnosticReport", 0, "identifier[0].value", "P1");
    assert_value(&made, "DiagnosticReport", 0, "identifier[0].type.coding[0].code", "PLAC");
    assert_value(&made, "DiagnosticReport", 0, "identifier[1].value", "F1");
    assert_absent(&made, "DiagnosticReport", 0, "identifier[2]");
    convert_end(&made);
}
END_TEST

START_TEST(invalid_drop_writes_nothing_and_says_so)
{
    struct conversion made =
        convert(NULL, ORU "PID|1||A1^^^MISSION^MR||||||||||||||||||||||two\r" OBR);
    assert_absent(&made, "Patient", 0, "multipleBirthInteger");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "pid.order"));
    convert_end(&made);
}
END_TEST

START_TEST(value_that_does_not_fit_is_kept_as_original_text)
{
    struct conversion made = convert(NULL, ORU "PID|1||A1^^^MISSION^MR||||1980-02-29\r" OBR);
    assert_absent(&made, "Patient", 0, "birthDate");
    assert_value(&made, "Patient", 0, "_birthDate.extension[0].valueString", "1980-02-29");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "pid.birthdate"));
    convert_end(&made);
}
END_TEST

START_TEST(delete_clears_and_absent_says_nothing)
{
    struct conversion made = convert(NULL, ORU "PID|1||A1^^^MISSION^MR||\"\"||\"\"\r" OBR);
    const struct mapping_resource *patient = resource_of(&made, "Patient", 0);
    assert_absent(&made, "Patient", 0, "birthDate");
    ck_assert_uint_eq(patient->clear_count, 2);
    assert_slice(patient->clears[0].element, "name");
    assert_slice(mapping_program_rule(made.program, patient->clears[1].rule).id, "pid.birthdate");
    convert_end(&made);
}
END_TEST

START_TEST(facts_come_from_the_context)
{
    struct conversion made = convert("mission", HEAD("ADT^A01^ADT_A01") PID "PV1|1|O\r");
    assert_value(&made, "Provenance", 0, "recorded", "2024-10-04T00:00:00.000Z");
    assert_value(&made, "Provenance", 0, "agent[0].who.display", "Mission Clinic");
    assert_value(&made, "Patient", 0, "meta.source", "urn:painbridge:feed:mission#1");
    convert_end(&made);
}
END_TEST

START_TEST(link_to_all_refers_to_every_other_resource)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID "PV1|1|O\r");
    const struct mapping_resource *source = resource_of(&made, "Provenance", 0);
    ck_assert_uint_eq(source->reference_count, made.result.resource_count - 1);
    convert_end(&made);
}
END_TEST

START_TEST(second_value_for_a_single_element_is_told_and_not_written)
{
    struct conversion made = convert(NULL, ORU PID OBR PID OBR);
    assert_value(&made, "Patient", 0, "birthDate", "1980-02-29");
    ck_assert_ptr_null(resource_of(&made, "Patient", 1));
    convert_end(&made);
    made = convert(NULL, ORU PID OBR "PID|1||A1^^^MISSION^MR||||19800301\r" OBR);
    assert_value(&made, "Patient", 0, "birthDate", "1980-02-29");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "pid.birthdate"));
    convert_end(&made);
}
END_TEST

START_TEST(structure_without_rules_is_refused)
{
    struct conversion made = convert(NULL, HEAD("ADT^A12^ADT_A09") PID);
    ck_assert_int_eq(made.outcome, -1);
    ck_assert_int_eq(made.issues.items[made.issues.count - 1].code, ISSUE_MESSAGE_TYPE);
    convert_end(&made);
}
END_TEST

START_TEST(marks_name_the_rule_of_each_element_and_entry)
{
    struct conversion made = convert(NULL, ORU PID OBR);
    const struct mapping_resource *patient = resource_of(&made, "Patient", 0);
    bool found = false;
    for (size_t i = 0; i < patient->mark_count; i++) {
        const struct mapping_mark *mark = &patient->marks[i];
        struct slice rule = mapping_program_rule(made.program, mark->rule).id;
        if (slice_equal(mark->element, SLICE("birthDate")))
            assert_slice(rule, "pid.birthdate");
        if (slice_equal(mark->element, SLICE("identifier"))) {
            found = true;
            assert_slice(rule, "pid.identifier");
            ck_assert_ptr_eq(mark->entry, node_at(patient->body, "identifier[0]"));
        }
    }
    ck_assert(found);
    convert_end(&made);
}
END_TEST

START_TEST(blank_note_makes_no_entry_and_no_line)
{
    struct conversion made = convert(
        NULL, ORU PID OBR "OBX|1|NM|A^a^LN||1||||||F\rNTE|1||  \rOBX|2|NM|B^b^LN||1||||||F\r"
                          "NTE|1||one\rNTE|2|| \rNTE|3||two\r");
    assert_absent(&made, "Observation", 0, "note");
    assert_value(&made, "Observation", 1, "note[0].text", "one\ntwo");
    convert_end(&made);
}
END_TEST

START_TEST(table_and_map_share_a_new_list_entry)
{
    struct conversion made = convert(NULL, HEAD("ADT^A01^ADT_A01") PID
                                     "NK1|1|DOE^J|M^Married^99L\rNK1|2|DOE^K|Q\rPV1|1|O\r");
    assert_value(&made, "RelatedPerson", 0, "relationship[0].coding[1].display", "Married");
    assert_absent(&made, "RelatedPerson", 0, "relationship[1]");
    assert_value(&made, "RelatedPerson", 1, "relationship[0].coding[0].code", "Q");
    convert_end(&made);
}
END_TEST

START_TEST(bundle_is_a_transaction_of_puts)
{
    struct conversion made = convert(NULL, ORU PID OBR);
    struct json *bundle = mapping_bundle(&made.result, made.arena);
    assert_slice(json_get_text(bundle, SLICE("type")), "transaction");
    assert_slice(json_text(node_at(bundle, "entry[0].request.method")), "PUT");
    struct slice url = json_text(node_at(bundle, "entry[0].request.url"));
    ck_assert(slice_starts_with(url, SLICE("Patient/")));
    assert_slice(json_text(node_at(bundle, "entry[1].resource.subject.reference")),
                 arena_string(made.arena, url));
    convert_end(&made);
}
END_TEST

START_TEST(resource_that_is_met_again_has_each_entry_once)
{
    struct conversion made = convert(
        NULL, HEAD("ADT^A01^ADT_A01") "EVN|A01|20261121\r" PID
                                      "PV1|1|I|||||55^HOUSE^GREG~56^WILSON^JIM~55^HOUSE^GREG\r");
    assert_value(&made, "Practitioner", 0, "name[0].given[0]", "GREG");
    assert_absent(&made, "Practitioner", 0, "name[0].given[1]");
    assert_value(&made, "Practitioner", 1, "name[0].given[0]", "JIM");
    assert_value(&made, "Encounter", 0, "participant[2].type[0].coding[0].code", "ATND");
    convert_end(&made);
}
END_TEST

START_TEST(condition_is_asked_anew_in_each_segment)
{
    struct conversion made = convert(NULL, ORU PID OBR "OBX|1|NM|A^a^LN||6.3|mg|||||F\r"
                                                       "OBX|2|ST|B^b^LN||trace|mg|||||F\r"
                                                       "OBX|3|NM|C^c^LN||6.4|kg|||||F\r");
    assert_value(&made, "Observation", 0, "valueQuantity.unit", "mg");
    assert_absent(&made, "Observation", 1, "valueQuantity.unit");
    assert_value(&made, "Observation", 1, "valueString", "trace");
    assert_value(&made, "Observation", 2, "valueQuantity.value", "6.4");
    assert_value(&made, "Observation", 2, "valueQuantity.unit", "kg");
    convert_end(&made);
}
END_TEST

START_TEST(condition_about_another_segment_is_asked_anew_where_that_is_another_or_none)
{
    struct conversion made =
        convert(NULL, ORU PID
                "OBR|1|P1^EHR|F1^LAB|1-8^One^LN|||20261121130000-0800||||||fasting||||||||||||F\r"
                "OBX|1|NM|A^a^LN||6.3|mg|||||F\r"
                "OBR|2|P2^EHR|F2^LAB|2-6^Two^LN|||20261121130000-0800||||||||||||||||||F\r"
                "OBX|1|NM|A^a^LN||6.4|mg|||||F\r"
                "OBR|3|P3^EHR|F3^LAB|3-4^Three^LN|||20261121130000-0800||||||fasting||||||||||||F\r"
                "OBX|1|NM|A^a^LN||6.5|mg|||||F\r");
    assert_value(&made, "Observation", 0, "method.text", "prepared");
    assert_value(&made, "Observation", 0, "bodySite.text", "at home");
    assert_value(&made, "Observation", 0, "device.display", "own");
    assert_absent(&made, "Observation", 1, "method");
    assert_absent(&made, "Observation", 1, "bodySite");
    assert_value(&made, "Observation", 2, "device.display", "own");
    convert_end(&made);
}
END_TEST

START_TEST(long_list_of_a_resource_met_again_has_each_entry_once)
{
    struct arena *arena = arena_new(0);
    struct slice field = SLICE("55^HOUSE^N0");
    for (size_t i = 1; i < 300; i++)
        field = arena_format(arena, "%.*s~55^HOUSE^N%zu", SLICE_ARG(field), i % 100);
    struct conversion made = convert(
        NULL, arena_string(arena, arena_format(arena, "%sPV1|1|I|||||%.*s\r",
                                               HEAD("ADT^A01^ADT_A01") "EVN|A01|20261121\r" PID,
                                               SLICE_ARG(field))));
    assert_value(&made, "Practitioner", 0, "name[0].given[0]", "N0");
    assert_value(&made, "Practitioner", 0, "name[0].given[99]", "N99");
    assert_absent(&made, "Practitioner", 0, "name[0].given[100]");
    convert_end(&made);
    arena_free(arena);
}
END_TEST

START_TEST(blanks_alone_are_no_value)
{
    struct conversion made = convert(NULL, ORU "PID|1||A1^^^MISSION^MR|| ^JANE~ ^ ||  \r" OBR);
    assert_absent(&made, "Patient", 0, "name[0].family");
    assert_value(&made, "Patient", 0, "name[0].given[0]", "JANE");
    assert_absent(&made, "Patient", 0, "name[1]");
    assert_absent(&made, "Patient", 0, "birthDate");
    assert_absent(&made, "Patient", 0, "_birthDate");
    convert_end(&made);
}
END_TEST

START_TEST(name_of_a_made_resource_is_a_key_by_itself)
{
    struct conversion made =
        convert(NULL, HEAD("ADT^A01^ADT_A01") "EVN|A01|20261121\r" PID "PV1|1|I\rPV2|||COUGH\r");
    const struct mapping_resource *alert = resource_of(&made, "Flag", 0);
    ck_assert_ptr_nonnull(alert);
    assert_slice(alert->keys[0].name, "alert");
    ck_assert(!has_issue(&made.issues, ISSUE_WARNING, "adt.alert"));
    convert_end(&made);
}
END_TEST

static void add(Suite *suite)
{
    TCase *words = tcase_create("words");
    tcase_set_timeout(words, 60);
    tcase_add_test(words, entry_makes_one_list_entry_for_each_repetition);
    tcase_add_test(words, segment_is_found_in_any_instance_of_the_groups_named_before_it);
    tcase_add_test(words, second_segment_is_counted_over_all_instances_of_the_groups_before_it);
    tcase_add_test(words, link_into_a_new_entry_makes_one_entry);
    tcase_add_test(words, set_takes_the_converter_of_its_element);
    tcase_add_test(words, hour_and_minute_of_birth_go_into_the_extension_of_the_primitive);
    tcase_add_test(words, table_answers_and_keeps_what_it_does_not_know_beside_a_required_code);
    tcase_add_test(words, table_with_as_puts_its_coding_before_the_original);
    tcase_add_test(words, number_of_a_code_stands_in_the_display_too);
    tcase_add_test(words, unmapped_drop_writes_nothing_and_says_so);
    tcase_add_test(words, unmapped_refuse_refuses_the_message);
    tcase_add_test(words, required_refuse_refuses_a_message_without_the_value);
    tcase_add_test(words, when_sees_the_value_at_hand);
    tcase_add_test(words, template_takes_the_blanks_of_empty_places_with_it);
    tcase_add_test(words, fill_writes_each_column_of_a_row_and_fills_in_the_number);
    tcase_add_test(words, first_leaves_a_code_that_its_table_does_not_know_to_the_next_line);
    tcase_add_test(words, labels_share_an_entry_and_empty_brackets_do_not);
    tcase_add_test(words, invalid_drop_writes_nothing_and_says_so);
    tcase_add_test(words, value_that_does_not_fit_is_kept_as_original_text);
    tcase_add_test(words, delete_clears_and_absent_says_nothing);
    tcase_add_test(words, facts_come_from_the_context);
    tcase_add_test(words, link_to_all_refers_to_every_other_resource);
    tcase_add_test(words, second_value_for_a_single_element_is_told_and_not_written);
    tcase_add_test(words, structure_without_rules_is_refused);
    tcase_add_test(words, marks_name_the_rule_of_each_element_and_entry);
    tcase_add_test(words, blank_note_makes_no_entry_and_no_line);
    tcase_add_test(words, table_and_map_share_a_new_list_entry);
    tcase_add_test(words, bundle_is_a_transaction_of_puts);
    tcase_add_test(words, resource_that_is_met_again_has_each_entry_once);
    tcase_add_test(words, long_list_of_a_resource_met_again_has_each_entry_once);
    tcase_add_test(words, condition_is_asked_anew_in_each_segment);
    tcase_add_test(words,
                   condition_about_another_segment_is_asked_anew_where_that_is_another_or_none);
    tcase_add_test(words, blanks_alone_are_no_value);
    tcase_add_test(words, name_of_a_made_resource_is_a_key_by_itself);
    suite_add_tcase(suite, words);
}

int main(void)
{
    return suite_main("language", add);
}
