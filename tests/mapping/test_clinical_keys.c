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
    suite_add_tcase(suite, keys);
}

int main(void)
{
    return suite_main("clinical_keys", add);
}
