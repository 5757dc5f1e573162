/* Whose a record is: what lacks a number is nobody else's, what has one is found again. */
#include "mapping/clinical.h"

#define ADMISSION(number, fields)                                                                  \
    CLINICAL_HEAD("ADT^A01^ADT_A01") "EVN|A01|20261101\r" PATIENT_NUMBERED(number) fields "\r"
#define VISIT_PLACES "PV1|1|O|||||||||||||||||"

START_TEST(visit_number_that_is_only_an_assigner_is_no_key)
{
    ck_assert_str_ne(clinical_id(ADMISSION("1", VISIT_PLACES "^^^HOSP"), "Encounter"),
                     clinical_id(ADMISSION("2", VISIT_PLACES "^^^HOSP"), "Encounter"));
    ck_assert_str_eq(clinical_id(ADMISSION("1", VISIT_PLACES "V7^^^HOSP"), "Encounter"),
                     clinical_id(ADMISSION("2", VISIT_PLACES "V7^^^HOSP"), "Encounter"));
}
END_TEST

START_TEST(episode_number_that_is_only_an_assigner_makes_no_episode)
{
    MADE("ADT^A01^ADT_A01", "EVN|A01|20261101\r" PATIENT VISIT_PLACES
                            "V1|||||||||||||||||||||||||||||||||||^^^HOSP\r");
    ck_assert_ptr_nonnull(resource_of(&made, "Encounter", 0));
    ck_assert_ptr_null(resource_of(&made, "EpisodeOfCare", 0));
    clinical_end(&made);
}
END_TEST

#define REPORT(number, visit)                                                                      \
    CLINICAL_HEAD("ORU^R01^ORU_R01")                                                               \
    PATIENT_NUMBERED(number) VISIT_PLACES visit "\rOBR|1|A1|F" number "|G^x\rOBX|1|NM|G^x||1\r"

START_TEST(visit_of_a_result_without_its_number_is_not_made)
{
    struct conversion made = clinical_convert(REPORT("1", "^^^HOSP^VN"));
    ck_assert_ptr_null(resource_of(&made, "Encounter", 0));
    clinical_end(&made);
}
END_TEST

#define PROBLEM(number, instance)                                                                  \
    CLINICAL_HEAD("PPR^PC1^PPR_PC1")                                                               \
    PATIENT_NUMBERED(number) "PRB|AD|20261101|M54^Back|" instance "\r"
#define GOAL(number, instance)                                                                     \
    CLINICAL_HEAD("PGL^PC6^PGL_PC6")                                                               \
    PATIENT_NUMBERED(number) "GOL|AD|20261101|G^walk|" instance "\r"
#define PATHWAY(number, instance)                                                                  \
    CLINICAL_HEAD("PPP^PCB^PPP_PCB")                                                               \
    PATIENT_NUMBERED(number) "PTH|AD|P^path|" instance "|20261101\r"

/* HL7 v2.5.1 12.4.2.4: EI.2 to EI.4 make the number of a problem the only one; many systems count
 * the problems of each patient and send no assigner. */
START_TEST(plan_number_without_an_assigner_is_one_of_its_patient)
{
    ck_assert_str_ne(clinical_id(PROBLEM("1", "1"), "Condition"),
                     clinical_id(PROBLEM("2", "1"), "Condition"));
    ck_assert_str_ne(clinical_id(GOAL("1", "1"), "Goal"), clinical_id(GOAL("2", "1"), "Goal"));
    ck_assert_str_ne(clinical_id(PATHWAY("1", "1"), "CarePlan"),
                     clinical_id(PATHWAY("2", "1"), "CarePlan"));
    ck_assert_str_eq(clinical_id(PROBLEM("1", "1"), "Condition"),
                     clinical_id(PROBLEM("1", "1"), "Condition"));
}
END_TEST

START_TEST(plan_number_with_an_assigner_is_the_same_wherever_it_stands)
{
    ck_assert_str_eq(clinical_id(PROBLEM("1", "1^EHR"), "Condition"),
                     clinical_id(PROBLEM("2", "1^EHR"), "Condition"));
    ck_assert_str_eq(clinical_id(GOAL("1", "1^^1.2.3^ISO"), "Goal"),
                     clinical_id(GOAL("2", "1^^1.2.3^ISO"), "Goal"));
}
END_TEST

START_TEST(goal_and_pathway_without_a_number_are_known_by_what_they_are)
{
    ck_assert_str_eq(clinical_id(GOAL("1", ""), "Goal"), clinical_id(GOAL("1", ""), "Goal"));
    ck_assert_str_ne(clinical_id(GOAL("1", ""), "Goal"), clinical_id(GOAL("2", ""), "Goal"));
    ck_assert_str_eq(clinical_id(PATHWAY("1", ""), "CarePlan"),
                     clinical_id(PATHWAY("1", "^EHR"), "CarePlan"));
}
END_TEST

/* Whether two messages write the same resource: the key of one is among the keys of the other. */
static bool share_a_key(const char *one, const char *other, const char *type)
{
    struct conversion first = clinical_convert(one), second = clinical_convert(other);
    const struct mapping_resource *left = resource_of(&first, type, 0);
    const struct mapping_resource *right = resource_of(&second, type, 0);
    ck_assert_msg(left && right, "no %s", type);
    bool is_shared = false;
    for (size_t i = 0; i < left->key_count; i++)
        for (size_t j = 0; j < right->key_count; j++)
            is_shared |=
                slice_equal(fhir_id_slice(&left->keys[i].id), fhir_id_slice(&right->keys[j].id));
    clinical_end(&first);
    clinical_end(&second);
    return is_shared;
}

#define BOOKING(event, numbers, order)                                                             \
    CLINICAL_HEAD("SIU^" event "^SIU_S12")                                                         \
    "SCH|" numbers "||||||30|min|^^^20261101100000|||||||||||||||" order "\r" PATIENT "RGS|1\r"

START_TEST(appointment_is_found_by_the_number_it_was_asked_for_with)
{
    ck_assert(share_a_key(BOOKING("S12", "A1||", ""), BOOKING("S15", "A1|F1|", ""), "Appointment"));
    ck_assert(share_a_key(BOOKING("S12", "A1|F1|", ""), BOOKING("S15", "A1||", ""), "Appointment"));
    ck_assert(share_a_key(BOOKING("S12", "A1|F1|", ""), BOOKING("S15", "|F1|", ""), "Appointment"));
    /* a referral's number and the number of a series are those of several appointments */
    ck_assert(!share_a_key(BOOKING("S12", "R1|F1|", "R1"), BOOKING("S12", "R1|F2|", "R1"),
                           "Appointment"));
    ck_assert(
        !share_a_key(BOOKING("S12", "A1|F1|1", ""), BOOKING("S12", "A1|F2|2", ""), "Appointment"));
}
END_TEST

#define VACCINATION(order)                                                                         \
    CLINICAL_HEAD("VXU^V04^VXU_V04")                                                               \
    PATIENT order "RXA|0|1|20261101|20261101|08^HepB^CVX|1|mL|||||||||||||CP|A\r"
#define OLD_VACCINATION                                                                            \
    "MSH|^~\\&|EHR|NORTH|PB|HUB|20261101100000-0600||VXU^V04|M1|P|2.3.1\r" PATIENT                 \
    "RXA|0|1|20261101|20261101|08^HepB^CVX|1|mL|||||||||||||CP|A\r"

START_TEST(vaccination_is_the_same_with_a_number_and_without)
{
    ck_assert(share_a_key(OLD_VACCINATION, VACCINATION("ORC|RE|A1|F1\r"), "Immunization"));
    ck_assert(
        share_a_key(VACCINATION("ORC|RE|A1\r"), VACCINATION("ORC|RE|A1|F1\r"), "Immunization"));
}
END_TEST

#define DISPENSE(control, number)                                                                  \
    CLINICAL_HEAD("RDS^O13^RDS_O13")                                                               \
    PATIENT "ORC|" control "\rRXD|1|123^Morph^NDC|20261101|30|TAB||" number "\r"

START_TEST(dispense_is_the_same_with_its_prescription_number_and_without)
{
    ck_assert(
        share_a_key(DISPENSE("RE|A1|F1", "RX1"), DISPENSE("CA|A1|F1", ""), "MedicationDispense"));
    ck_assert(
        share_a_key(DISPENSE("RE|A1|F1", "RX1"), DISPENSE("CA||F1", ""), "MedicationDispense"));
    ck_assert(
        share_a_key(DISPENSE("RE|A1|F1", "RX1"), DISPENSE("CA|A1", ""), "MedicationDispense"));
    ck_assert(!share_a_key(DISPENSE("RE||F1", ""), DISPENSE("RE||F2", ""), "MedicationDispense"));
}
END_TEST

#define NUMBERLESS(control, at)                                                                    \
    "MSH|^~\\&|EHR|NORTH|PB|HUB|" at "||RDE^O11^RDE_O11|M1|P|2.5.1\r" PATIENT "ORC|" control       \
    "||||||||" at "\rRXE||1^Morph^NDC|5||mg\rTQ1|1\rRXR|PO\r"

START_TEST(order_without_a_number_is_ended_by_a_later_message)
{
    ck_assert(share_a_key(NUMBERLESS("NW", "20261101100000"), NUMBERLESS("DC", "20261105100000"),
                          "MedicationRequest"));
}
END_TEST

#define REFERRAL(number, provider)                                                                 \
    CLINICAL_HEAD("REF^I12^REF_I12")                                                               \
    "RF1||R|PAIN^Pain^L|||" number "\rPRD|RP|" provider "\r" PATIENT

START_TEST(clinician_who_is_only_a_name_is_not_the_one_of_another_referral)
{
    ck_assert(!share_a_key(REFERRAL("R1^EHR", "SMITH^JOHN"), REFERRAL("R2^EHR", "SMITH^JOHN"),
                           "PractitionerRole"));
    ck_assert(share_a_key(REFERRAL("R1^EHR", "SMITH^JOHN"), REFERRAL("R1^EHR", "SMITH^JOHN"),
                          "PractitionerRole"));
    ck_assert(share_a_key(REFERRAL("R1^EHR", "SMITH^JOHN|||||77^LIC"),
                          REFERRAL("R2^EHR", "SMITH^JOHN|||||77^LIC"), "PractitionerRole"));
}
END_TEST

#define LOT(fields)                                                                                \
    CLINICAL_HEAD("RAS^O17^RAS_O17")                                                               \
    PATIENT "ORC|RE|A1|F1\rRXA|0|1|20261101||123^Morph^NDC|5|mg|TAB|||||||" fields "\rRXR|PO\r"
#define PACK(fields)                                                                               \
    CLINICAL_HEAD("RDS^O13^RDS_O13")                                                               \
    PATIENT "ORC|RE|A1|F1\rRXD|1|123^Morph^NDC|20261101|30|TAB|TAB|RX1|||||||||||" fields "\r"

START_TEST(product_of_another_maker_is_another_product)
{
    ck_assert(!share_a_key(LOT("||PFIZER"), LOT("||TEVA"), "Medication"));
    ck_assert(!share_a_key(LOT("L1|20270101"), LOT("L1|20280101"), "Medication"));
    ck_assert(share_a_key(LOT("L1|20270101|TEVA"), LOT("L1|20270101|TEVA"), "Medication"));
    ck_assert(!share_a_key(PACK("L1|20270101|TEVA"), PACK("L1|20270101|PFIZER"), "Medication"));
    ck_assert(!share_a_key(PACK("L1|20270101"), PACK("L1|20280101"), "Medication"));
}
END_TEST

static void add(Suite *suite)
{
    TCase *keys = tcase_create("keys");
    tcase_set_timeout(keys, 60);
    tcase_add_unchecked_fixture(keys, clinical_load, clinical_unload);
    tcase_add_test(keys, visit_number_that_is_only_an_assigner_is_no_key);
    tcase_add_test(keys, episode_number_that_is_only_an_assigner_makes_no_episode);
    tcase_add_test(keys, visit_of_a_result_without_its_number_is_not_made);
    tcase_add_test(keys, plan_number_without_an_assigner_is_one_of_its_patient);
    tcase_add_test(keys, plan_number_with_an_assigner_is_the_same_wherever_it_stands);
    tcase_add_test(keys, goal_and_pathway_without_a_number_are_known_by_what_they_are);
    tcase_add_test(keys, appointment_is_found_by_the_number_it_was_asked_for_with);
    tcase_add_test(keys, vaccination_is_the_same_with_a_number_and_without);
    tcase_add_test(keys, dispense_is_the_same_with_its_prescription_number_and_without);
    tcase_add_test(keys, order_without_a_number_is_ended_by_a_later_message);
    tcase_add_test(keys, clinician_who_is_only_a_name_is_not_the_one_of_another_referral);
    tcase_add_test(keys, product_of_another_maker_is_another_product);
    suite_add_tcase(suite, keys);
}

int main(void)
{
    return suite_main("clinical_keys", add);
}
