/* What stands, what is over, what was never done: the states that a reader acts on. */
#include "mapping/clinical.h"

#define VACCINATION(completion, reason)                                                            \
    CLINICAL_HEAD("VXU^V04^VXU_V04")                                                               \
    PATIENT "ORC|RE|A1|F1\rRXA|0|1|20261101|20261101|08^HepB^CVX|1|mL|||||||||||" reason           \
            "||" completion "|A\r"

/* HL7 table 0322: CP complete, RE refused, NA not administered, PA partially administered. */
START_TEST(vaccination_that_was_not_given_is_not_shown_as_given)
{
    static const struct clinical_row ROWS[] = {
        {VACCINATION("CP", ""), "Immunization", "status", "completed"},
        {VACCINATION("PA", ""), "Immunization", "status", "completed"},
        {VACCINATION("RE", ""), "Immunization", "status", "not-done"},
        {VACCINATION("NA", ""), "Immunization", "status", "not-done"},
        {VACCINATION("re", ""), "Immunization", "status", "not-done"},
        {VACCINATION("REFUSED", ""), "Immunization", "status", "not-done"},
        {VACCINATION("Not administered", ""), "Immunization", "status", "not-done"},
        {VACCINATION("", "00^PARENTAL DECISION^NIP002"), "Immunization", "status", "not-done"},
        {VACCINATION("", "00^PARENTAL DECISION^NIP002"), "Immunization",
         "statusReason.coding[0].code", "00"},
        {VACCINATION("XX", "00^PARENTAL DECISION^NIP002"), "Immunization", "status", "not-done"},
        {VACCINATION("", ""), "Immunization", "status", "completed"},
        {VACCINATION("\"\"", ""), "Immunization", "status", "completed"},
        /* a word that nobody knows: neither given nor not given is claimed */
        {VACCINATION("XX", ""), "Immunization", "status", NULL},
        {VACCINATION("XX", ""), "Immunization", "_status.extension[0].valueCodeableConcept.text",
         "XX"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define DOSE(completion, reason)                                                                   \
    CLINICAL_HEAD("RAS^O17^RAS_O17")                                                               \
    PATIENT "ORC|RE|A1|F1\rRXA|0|1|20261101||123^Morph^NDC|5|mg|||||||||||" reason "||" completion \
            "|A\rRXR|IV\r"

START_TEST(dose_that_was_not_given_is_not_shown_as_given)
{
    static const struct clinical_row ROWS[] = {
        {DOSE("CP", ""), "MedicationAdministration", "status", "completed"},
        {DOSE("", ""), "MedicationAdministration", "status", "completed"},
        {DOSE("Refused", ""), "MedicationAdministration", "status", "not-done"},
        {DOSE("NA", ""), "MedicationAdministration", "status", "not-done"},
        {DOSE("", "NPO^Fasting^L"), "MedicationAdministration", "status", "not-done"},
        {DOSE("XX", ""), "MedicationAdministration", "status", "unknown"},
        {DOSE("\"\"", ""), "MedicationAdministration", "status", "completed"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define PRESCRIPTION(control, state)                                                               \
    CLINICAL_HEAD("RDE^O11^RDE_O11")                                                               \
    PATIENT "ORC|" control "|A1|F1||" state "\rRXE||123^Morph^NDC|5||mg\rTQ1|1||Q6H\rRXR|PO\r"

/* HL7 tables 0119 and 0038. */
START_TEST(prescription_that_an_order_control_ends_is_not_active)
{
    static const struct clinical_row ROWS[] = {
        {PRESCRIPTION("NW", "IP"), "MedicationRequest", "status", "active"},
        {PRESCRIPTION("CA", "IP"), "MedicationRequest", "status", "cancelled"},
        {PRESCRIPTION("OC", "SC"), "MedicationRequest", "status", "cancelled"},
        {PRESCRIPTION("CR", "CM"), "MedicationRequest", "status", "cancelled"},
        {PRESCRIPTION("OD", "A"), "MedicationRequest", "status", "stopped"},
        {PRESCRIPTION("DC", "IP"), "MedicationRequest", "status", "stopped"},
        {PRESCRIPTION("DR", "SC"), "MedicationRequest", "status", "stopped"},
        {PRESCRIPTION("RP", "IP"), "MedicationRequest", "status", "stopped"},
        {PRESCRIPTION("DE", "IP"), "MedicationRequest", "status", "entered-in-error"},
        {PRESCRIPTION("SC", "CA"), "MedicationRequest", "status", "cancelled"},
        {PRESCRIPTION("SC", "DC"), "MedicationRequest", "status", "stopped"},
        {PRESCRIPTION("SC", "HD"), "MedicationRequest", "status", "on-hold"},
        {PRESCRIPTION("UC", ""), "MedicationRequest", "status", "active"},
        {PRESCRIPTION("UD", ""), "MedicationRequest", "status", "active"},
        {PRESCRIPTION("HD", "IP"), "MedicationRequest", "status", "on-hold"},
        {PRESCRIPTION("DC", "\"\""), "MedicationRequest", "status", "stopped"},
        {PRESCRIPTION("NW", "\"\""), "MedicationRequest", "status", "active"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define ORDER(control, state)                                                                      \
    CLINICAL_HEAD("ORM^O01^ORM_O01")                                                               \
    PATIENT "ORC|" control "|A1|F1||" state "\rOBR|1|A1|F1|CT^CT^L\r"

START_TEST(order_that_an_order_control_ends_is_not_active)
{
    static const struct clinical_row ROWS[] = {
        {ORDER("NW", ""), "ServiceRequest", "status", "active"},
        {ORDER("SC", "IP"), "ServiceRequest", "status", "active"},
        {ORDER("CA", ""), "ServiceRequest", "status", "revoked"},
        {ORDER("CA", "IP"), "ServiceRequest", "status", "revoked"},
        {ORDER("OC", "SC"), "ServiceRequest", "status", "revoked"},
        {ORDER("DC", "IP"), "ServiceRequest", "status", "revoked"},
        {ORDER("OD", "A"), "ServiceRequest", "status", "revoked"},
        {ORDER("DE", ""), "ServiceRequest", "status", "entered-in-error"},
        {ORDER("SC", "CA"), "ServiceRequest", "status", "revoked"},
        {ORDER("UC", ""), "ServiceRequest", "status", "active"},
        {ORDER("DC", "\"\""), "ServiceRequest", "status", "revoked"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define DISPENSE(control, state)                                                                   \
    CLINICAL_HEAD("RDS^O13^RDS_O13")                                                               \
    PATIENT "ORC|" control "|A1|F1||" state "\rRXD|1|123^Morph^NDC|20261101|30|TAB||RX1\r"

START_TEST(dispense_that_was_called_off_is_not_shown_as_handed_over)
{
    static const struct clinical_row ROWS[] = {
        {DISPENSE("RE", ""), "MedicationDispense", "status", "completed"},
        {DISPENSE("RE", "CM"), "MedicationDispense", "status", "completed"},
        {DISPENSE("CA", ""), "MedicationDispense", "status", "cancelled"},
        {DISPENSE("OC", ""), "MedicationDispense", "status", "cancelled"},
        {DISPENSE("UA", ""), "MedicationDispense", "status", "declined"},
        {DISPENSE("HD", "HD"), "MedicationDispense", "status", "on-hold"},
        {DISPENSE("OH", ""), "MedicationDispense", "status", "on-hold"},
        {DISPENSE("OD", ""), "MedicationDispense", "status", "stopped"},
        {DISPENSE("DC", "DC"), "MedicationDispense", "status", "stopped"},
        {DISPENSE("DE", ""), "MedicationDispense", "status", "entered-in-error"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define PROBLEM(action, confirmation, cycle)                                                       \
    CLINICAL_HEAD("PPR^PC1^PPR_PC1")                                                               \
    PATIENT "PRB|" action "|20261101|M54^Back pain^I10|1^EHR|||||||||" confirmation "|" cycle "\r"
#define CLINICAL_STATE "clinicalStatus.coding[0].code"
#define CONFIRMED "verificationStatus.coding[0].code"

/* FHIR R4 Condition: con-5, an error has no clinical state; what is refuted is not active. */
START_TEST(problem_that_was_ruled_out_is_not_active)
{
    static const struct clinical_row ROWS[] = {
        {PROBLEM("UP", "", ""), "Condition", CLINICAL_STATE, "active"},
        {PROBLEM("UP", "C", "ACTIVE"), "Condition", CONFIRMED, "confirmed"},
        {PROBLEM("UP", "Refuted", ""), "Condition", CONFIRMED, "refuted"},
        {PROBLEM("UP", "Refuted", ""), "Condition", CLINICAL_STATE, "inactive"},
        {PROBLEM("UP", "RULED OUT", "ACTIVE"), "Condition", CONFIRMED, "refuted"},
        {PROBLEM("UP", "RULED OUT", "ACTIVE"), "Condition", CLINICAL_STATE, "inactive"},
        {PROBLEM("UP", "Ruled out", "RESOLVED"), "Condition", CLINICAL_STATE, "resolved"},
        /* HL7 v2.5.1 12.4.2.13 names "Rule-out" beside Differential: it is looked for, not gone */
        {PROBLEM("UP", "Rule-out", ""), "Condition", CONFIRMED, "differential"},
        {PROBLEM("UP", "Rule-out", ""), "Condition", CLINICAL_STATE, "active"},
        {PROBLEM("UP", "RO^Ruled out^L", "ACTIVE"), "Condition", CONFIRMED, "refuted"},
        {PROBLEM("UP", "RO^Ruled out^L", "ACTIVE"), "Condition", CLINICAL_STATE, "inactive"},
        {PROBLEM("UP", "C1^Confirmed^L", "X1^Resolved^L"), "Condition", CONFIRMED, "confirmed"},
        {PROBLEM("UP", "C1^Confirmed^L", "X1^Resolved^L"), "Condition", CLINICAL_STATE, "resolved"},
        {PROBLEM("UP", "ENTERED IN ERROR", ""), "Condition", CONFIRMED, "entered-in-error"},
        {PROBLEM("UP", "ENTERED IN ERROR", "ACTIVE"), "Condition", CLINICAL_STATE, NULL},
        {PROBLEM("UP", "Z9^Who knows^L", ""), "Condition", CONFIRMED, "unconfirmed"},
        {PROBLEM("UP", "Z9^Who knows^L", ""), "Condition", "verificationStatus.coding[1].display",
         "Who knows"},
        {PROBLEM("UP", "", "RULED OUT"), "Condition", CLINICAL_STATE, "inactive"},
        {PROBLEM("UP", "", "RULED OUT"), "Condition", CONFIRMED, "refuted"},
        {PROBLEM("UP", "", "Z9"), "Condition", CLINICAL_STATE, NULL},
        {PROBLEM("UP", "", "Z9"), "Condition", "clinicalStatus.extension[0].valueString", "Z9"},
        {PROBLEM("UP", "\"\"", "\"\""), "Condition", CLINICAL_STATE, "active"},
        {PROBLEM("DE", "", "ACTIVE"), "Condition", CLINICAL_STATE, "inactive"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define GOAL(state)                                                                                \
    CLINICAL_HEAD("PGL^PC6^PGL_PC6")                                                               \
    PATIENT "GOL|UP|20261101|G^walk^L|9^EHR||||||||||||||" state "\r"

START_TEST(goal_of_a_word_nobody_knows_is_not_shown_as_active)
{
    static const struct clinical_row ROWS[] = {
        {GOAL(""), "Goal", "lifecycleStatus", "active"},
        {GOAL("\"\""), "Goal", "lifecycleStatus", "active"},
        {GOAL("Suspended"), "Goal", "lifecycleStatus", "on-hold"},
        {GOAL("ABANDONED"), "Goal", "lifecycleStatus", "cancelled"},
        {GOAL("Rejected"), "Goal", "lifecycleStatus", "rejected"},
        {GOAL("Entered in error"), "Goal", "lifecycleStatus", "entered-in-error"},
        {GOAL("C^Cancelled^L"), "Goal", "lifecycleStatus", "cancelled"},
        {GOAL("Z9"), "Goal", "lifecycleStatus", NULL},
        {GOAL("Z9"), "Goal", "_lifecycleStatus.extension[0].valueCodeableConcept.text", "Z9"},
    };
    CLINICAL_CHECK(ROWS);
    MADE("PGL^PC6^PGL_PC6", PATIENT "GOL|UP|20261101|G^walk^L|9^EHR||||||||||||||Z9\r");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "gol.state-as-sent"));
    clinical_end(&made);
}
END_TEST

#define PATHWAY(state)                                                                             \
    CLINICAL_HEAD("PPP^PCC^PPP_PCB") PATIENT "PTH|UP|P^path^L|1^EHR|20261101|" state "\r"

START_TEST(pathway_of_a_word_nobody_knows_is_unknown)
{
    static const struct clinical_row ROWS[] = {
        {PATHWAY(""), "CarePlan", "status", "active"},
        {PATHWAY("\"\""), "CarePlan", "status", "active"},
        {PATHWAY("Suspended"), "CarePlan", "status", "on-hold"},
        {PATHWAY("ABANDONED"), "CarePlan", "status", "revoked"},
        {PATHWAY("Entered in error"), "CarePlan", "status", "entered-in-error"},
        {PATHWAY("C^Cancelled^L"), "CarePlan", "status", "revoked"},
        {PATHWAY("Z9"), "CarePlan", "status", "unknown"},
        {PATHWAY("Z9"), "CarePlan", "_status.extension[0].valueCodeableConcept.text", "Z9"},
    };
    CLINICAL_CHECK(ROWS);
    MADE("PPP^PCC", PATIENT "PTH|UP|P^path^L|1^EHR|20261101|ACTIVE\r");
    assert_value(&made, "CarePlan", 0, "status", "active");
    clinical_end(&made);
}
END_TEST

#define APPOINTMENT(event, state)                                                                  \
    CLINICAL_HEAD("SIU^" event "^SIU_S12")                                                         \
    "SCH|A1^P|F1^F|||||||30|min|^^^20261101100000||||||||||||||" state "\r" PATIENT "RGS|1\r"

START_TEST(appointment_that_was_called_off_or_missed_is_not_booked)
{
    static const struct clinical_row ROWS[] = {
        {APPOINTMENT("S12", ""), "Appointment", "status", "booked"},
        {APPOINTMENT("S12", "CANC"), "Appointment", "status", "cancelled"},
        {APPOINTMENT("S14", "Canceled"), "Appointment", "status", "cancelled"},
        {APPOINTMENT("S14", "CANCELED"), "Appointment", "status", "cancelled"},
        {APPOINTMENT("S12", "cancelled"), "Appointment", "status", "cancelled"},
        {APPOINTMENT("S14", "No Show"), "Appointment", "status", "noshow"},
        {APPOINTMENT("S14", "NO-SHOW"), "Appointment", "status", "noshow"},
        {APPOINTMENT("S14", "CXL"), "Appointment", "status", "cancelled"},
        {APPOINTMENT("S15", "Booked"), "Appointment", "status", "cancelled"},
        {APPOINTMENT("S14", "\"\""), "Appointment", "status", "pending"},
        {APPOINTMENT("S14", "7^No Show^L"), "Appointment", "status", "noshow"},
        {APPOINTMENT("S14", "Z9"), "Appointment", "status", "pending"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define REFERRAL(type, event, state)                                                               \
    CLINICAL_HEAD(type "^" event "^" type "_I12")                                                  \
    "RF1|" state "|R|PAIN^Pain^L|||R1^EHR|20261101\rPRD|RP|SMITH^JOHN\r" PATIENT

/* HL7 v2.5.1 11.5: I14 says that who asked gives it up; whoever was asked answers by RRI I14. */
START_TEST(referral_that_was_given_up_is_not_active)
{
    static const struct clinical_row ROWS[] = {
        {REFERRAL("REF", "I12", "P"), "ServiceRequest", "status", "active"},
        {REFERRAL("REF", "I13", "R"), "ServiceRequest", "status", "active"},
        {REFERRAL("REF", "I14", ""), "ServiceRequest", "status", "revoked"},
        {REFERRAL("REF", "I14", "P"), "ServiceRequest", "status", "revoked"},
        {REFERRAL("REF", "I14", "P"), "Task", "status", "in-progress"},
        {REFERRAL("REF", "I14", "P"), "Task", "businessStatus.coding[0].code", "5.2"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

static void add(Suite *suite)
{
    TCase *states = tcase_create("states");
    tcase_set_timeout(states, 60);
    tcase_add_unchecked_fixture(states, clinical_load, clinical_unload);
    tcase_add_test(states, vaccination_that_was_not_given_is_not_shown_as_given);
    tcase_add_test(states, dose_that_was_not_given_is_not_shown_as_given);
    tcase_add_test(states, prescription_that_an_order_control_ends_is_not_active);
    tcase_add_test(states, order_that_an_order_control_ends_is_not_active);
    tcase_add_test(states, dispense_that_was_called_off_is_not_shown_as_handed_over);
    tcase_add_test(states, problem_that_was_ruled_out_is_not_active);
    tcase_add_test(states, goal_of_a_word_nobody_knows_is_not_shown_as_active);
    tcase_add_test(states, pathway_of_a_word_nobody_knows_is_unknown);
    tcase_add_test(states, appointment_that_was_called_off_or_missed_is_not_booked);
    tcase_add_test(states, referral_that_was_given_up_is_not_active);
    suite_add_tcase(suite, states);
}

int main(void)
{
    return suite_main("clinical_states", add);
}
