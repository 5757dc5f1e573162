/* What was measured, in each data type of OBX-5; who pays; who takes part. */
#include "mapping/clinical.h"

#define RESULT(type, value, unit)                                                                  \
    CLINICAL_HEAD("ORU^R01^ORU_R01")                                                               \
    PATIENT "OBR|1|A1|F1|G^x^L|||20261101\rOBX|1|" type "|C^c^LN||" value "|" unit "|||||F\r"
#define ATTACHMENT "extension[0].valueAttachment."

/* HL7 v2.5.1 table 0440. */
START_TEST(value_of_each_data_type_is_the_one_of_fhir)
{
    static const struct clinical_row ROWS[] = {
        {RESULT("NM", "7.50", "mg"), "Observation", "valueQuantity.value", "7.50"},
        {RESULT("NM", "7.50", "mg"), "Observation", "valueQuantity.unit", "mg"},
        {RESULT("NM", "<0.5", "mg"), "Observation", "valueQuantity.value", "0.5"},
        {RESULT("NM", "<0.5", "mg"), "Observation", "valueQuantity.comparator", "<"},
        {RESULT("NM", ">= 60", "mL"), "Observation", "valueQuantity.comparator", ">="},
        {RESULT("NM", ">= 60", "mL"), "Observation", "valueQuantity.unit", "mL"},
        {RESULT("NM", "few", ""), "Observation", "valueString", "few"},
        {RESULT("SN", ">^5", "mg"), "Observation", "valueQuantity.comparator", ">"},
        {RESULT("SN", "^1^-^5", "mg"), "Observation", "valueRange.high.unit", "mg"},
        {RESULT("SN", "^1^:^128", ""), "Observation", "valueRatio.denominator.value", "128"},
        {RESULT("SN", "^3^+", ""), "Observation", "valueString", "3 +"},
        {RESULT("CE", "A^Alpha^LN", ""), "Observation", "valueCodeableConcept.coding[0].code", "A"},
        {RESULT("CWE", "^Alpha", ""), "Observation", "valueCodeableConcept.text", "Alpha"},
        {RESULT("CNE", "A^Alpha^LN", ""), "Observation", "valueCodeableConcept.coding[0].system",
         "http://loinc.org"},
        {RESULT("IS", "A", ""), "Observation", "valueCodeableConcept.coding[0].code", "A"},
        {RESULT("ST", "a text", ""), "Observation", "valueString", "a text"},
        {RESULT("TX", "one~two", ""), "Observation", "valueString", "one\ntwo"},
        {RESULT("FT", "one\\.br\\two", ""), "Observation", "valueString", "one\ntwo"},
        {RESULT("DT", "20260301", ""), "Observation", "valueDateTime", "2026-03-01"},
        {RESULT("TS", "202603011200-0600", ""), "Observation", "valueDateTime",
         "2026-03-01T12:00:00-06:00"},
        {RESULT("DTM", "2026", ""), "Observation", "valueDateTime", "2026"},
        {RESULT("TM", "1230", ""), "Observation", "valueTime", "12:30:00"},
        {RESULT("TM", "noon", ""), "Observation", "valueString", "noon"},
        {RESULT("DR", "20260301^20260302", ""), "Observation", "valuePeriod.end", "2026-03-02"},
        {RESULT("NR", "1^5", ""), "Observation", "valueRange.low.value", "1"},
        {RESULT("ED", "^AP^PDF^Base64^SGVsbG8=", ""), "Observation", ATTACHMENT "data", "SGVsbG8="},
        {RESULT("ED", "^AP^PDF^Base64^SGVsbG8=", ""), "Observation", ATTACHMENT "contentType",
         "application/pdf"},
        {RESULT("ED", "^TEXT^PLAIN^A^hello", ""), "Observation", ATTACHMENT "data", "aGVsbG8="},
        {RESULT("RP", "http://x/y^EHR^Application^PDF", ""), "Observation", ATTACHMENT "url",
         "http://x/y"},
        {RESULT("NA", "7.5", "mg"), "Observation", "valueQuantity.value", "7.5"},
        {RESULT("NA", "7.5", "mg"), "Observation", "valueQuantity.unit", "mg"},
        {RESULT("CX", "123^^^A", ""), "Observation", "valueString", "123^^^A"},
        {RESULT("ZZ", "as sent", ""), "Observation", "valueString", "as sent"},
        {RESULT("", "no type", ""), "Observation", "valueString", "no type"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

/* HL7 v2.5.1 table 0125, NA and MA: numbers without the origin and the interval that FHIR's
 * SampledData requires. The value is refused, with what to do about it; the rest of the result and
 * of the message is taken. */
START_TEST(array_of_numbers_is_refused_with_a_reason)
{
    static const char *const ARRAYS[] = {"NA||1^2", "NA||1^2~3^4", "NA||1~2", "NA||7^^9",
                                         "MA||1^2", "MA||1^2~3^4", "MA||1~2"};
    for (size_t i = 0; i < sizeof(ARRAYS) / sizeof(ARRAYS[0]); i++) {
        struct arena *arena = arena_new(0);
        struct conversion made = clinical_convert(
            arena_format(arena,
                         CLINICAL_HEAD("ORU^R01^ORU_R01") PATIENT
                         "OBR|1|A1|F1|G^x^L|||20261101\rOBX|1|%.2s|C^c^LN|%s|mg|||||F\r"
                         "OBX|2|NM|D^d^LN||5|mg|||||F\r",
                         ARRAYS[i], ARRAYS[i] + 3)
                .ptr);
        ck_assert_int_eq(made.outcome, 0);
        assert_absent(&made, "Observation", 0, "valueString");
        assert_absent(&made, "Observation", 0, "valueQuantity");
        assert_absent(&made, "Observation", 0, "valueInteger");
        assert_absent(&made, "Observation", 0, "component");
        assert_value(&made, "Observation", 0, "code.coding[0].code", "C");
        assert_value(&made, "Observation", 0, "dataAbsentReason.coding[0].code", "unsupported");
        assert_value(&made, "Observation", 1, "valueQuantity.value", "5");
        ck_assert_uint_eq(made.issues.count, 1);
        assert_slice(issue_place_text(&made.issues.items[0].place, arena), "OBX[1]-5[1].1.1");
        assert_slice(issue_words(&made.issues.items[0]),
                     "a value does not fit its element; an array of numbers says neither its "
                     "origin nor its interval; send one OBX for each number (NM), or a file (ED)");
        clinical_end(&made);
        arena_free(arena);
    }
}
END_TEST

START_TEST(deleted_value_is_no_value)
{
    static const char *const TYPES[] = {"NM", "SN", "CE", "CWE", "ST", "TX",  "FT", "DT", "TS",
                                        "TM", "ED", "RP", "NA",  "IS", "CNE", "CF", "ID", "DTM",
                                        "DR", "NR", "VR", "MA",  "CX", "ZZ",  ""};
    static const char *const VALUES[] = {
        "valueQuantity", "valueString",  "valueCodeableConcept", "valueDateTime", "valueTime",
        "extension",     "_valueString", "valuePeriod",          "valueRange",    "valueRatio",
        "valueInteger",  "component",    "dataAbsentReason"};
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        struct arena *arena = arena_new(0);
        struct conversion made =
            clinical_convert(arena_format(arena,
                                          CLINICAL_HEAD("ORU^R01^ORU_R01") PATIENT
                                          "OBR|1|A1|F1|G^x^L\rOBX|1|%s|C^c^LN||\"\"||||||F\r",
                                          TYPES[i])
                                 .ptr);
        ck_assert_ptr_nonnull(resource_of(&made, "Observation", 0));
        for (size_t j = 0; j < sizeof(VALUES) / sizeof(VALUES[0]); j++)
            assert_absent(&made, "Observation", 0, VALUES[j]);
        clinical_end(&made);
        arena_free(arena);
    }
}
END_TEST

START_TEST(each_repetition_of_a_number_is_a_component)
{
    MADE("ORU^R01^ORU_R01", PATIENT "OBR|1|A1|F1|G^x^L\rOBX|1|NM|C^c^LN||1~<2|mg|||||F\r");
    assert_value(&made, "Observation", 0, "component[0].valueQuantity.value", "1");
    assert_value(&made, "Observation", 0, "component[1].valueQuantity.comparator", "<");
    assert_value(&made, "Observation", 0, "component[1].valueQuantity.unit", "mg");
    clinical_end(&made);
}
END_TEST

START_TEST(guarantor_and_insurance_of_an_order_are_there)
{
    MADE("RDE^O11^RDE_O11",
         PATIENT "IN1|1|PLAN^Gold|C1^^^PAYER|ACME\r"
                 "IN2||||||M123||D456||ML789|||||||||||||||||||||||||||||||||||||||||||||||||||"
                 "MB1^^^PAYER\r"
                 "GT1|1|G1^^^EHR|DOE^JIM||1 Road^^Town|5551||19500101|M||SPO^Spouse^HL70063\r"
                 "ORC|NW|A1|F1\rRXE||1^m^NDC|5||mg\rTQ1|1\rRXR|PO\r");
    assert_value(&made, "RelatedPerson", 0, "name[0].family", "DOE");
    assert_value(&made, "RelatedPerson", 0, "relationship[0].coding[0].code", "GUAR");
    assert_value(&made, "RelatedPerson", 0, "relationship[1].coding[0].code", "SPS");
    assert_value(&made, "RelatedPerson", 0, "relationship[1].coding[1].code", "SPO");
    assert_value(&made, "RelatedPerson", 0, "telecom[0].use", "home");
    assert_value(&made, "Coverage", 0, "identifier[1].value", "M123");
    assert_value(&made, "Coverage", 0, "identifier[2].value", "D456");
    assert_value(&made, "Coverage", 0, "identifier[3].value", "ML789");
    assert_value(&made, "Coverage", 0, "identifier[4].value", "MB1");
    clinical_end(&made);
}
END_TEST

START_TEST(role_makes_a_member_and_primary_care_the_general_practitioner)
{
    MADE("ADT^A01^ADT_A01",
         "EVN|A01|20261101\r" PATIENT "ROL|1|AD|PP^Primary care^HL70443|77^WELBY^M^^^^^^NPI\r"
         "ROL|2|AD|NUR^Nurse^L|78^LEE^A^^^^^^NPI\r"
         "PV1|1|O|||||||||||||||||V1\r");
    ck_assert_ptr_nonnull(
        node_at(resource_of(&made, "Patient", 0)->body, "generalPractitioner[0]"));
    assert_value(&made, "CareTeam", 0, "participant[0].role[0].coding[0].code", "NUR");
    assert_absent(&made, "CareTeam", 0, "participant[1]");
    clinical_end(&made);
}
END_TEST

static void add(Suite *suite)
{
    TCase *values = tcase_create("values");
    tcase_set_timeout(values, 60);
    tcase_add_unchecked_fixture(values, clinical_load, clinical_unload);
    tcase_add_test(values, value_of_each_data_type_is_the_one_of_fhir);
    tcase_add_test(values, deleted_value_is_no_value);
    tcase_add_test(values, array_of_numbers_is_refused_with_a_reason);
    tcase_add_test(values, each_repetition_of_a_number_is_a_component);
    tcase_add_test(values, guarantor_and_insurance_of_an_order_are_there);
    tcase_add_test(values, role_makes_a_member_and_primary_care_the_general_practitioner);
    suite_add_tcase(suite, values);
}

int main(void)
{
    return suite_main("clinical_values", add);
}
