/* How much of a drug, how often, and whether only as needed. */
#include "mapping/clinical.h"

#define ENCODED(order, drug, timing)                                                               \
    CLINICAL_HEAD("RDE^O11^RDE_O11")                                                               \
    PATIENT "ORC|NW|A1|F1" order "\rRXE|" drug "\r" timing "RXR|PO\r"
#define TIMED(pattern, priority, rest)                                                             \
    ENCODED("", "|123^Morph^NDC|5||mg", "TQ1|1||" pattern "||||||" priority rest "\r")
#define OLD_TIMED(timing) ENCODED("||||" timing, "|123^Morph^NDC|5||mg", "")
#define AS_NEEDED "dosageInstruction[0].asNeededBoolean"
#define PERIOD "dosageInstruction[0].timing.repeat.period"

/* HL7 v2.5.1: table 0335 (PRN before a pattern), table 0485 (PRN as a priority), TQ1-10 and TQ.7
 * ("PRN pain"). */
START_TEST(drug_as_needed_says_so_wherever_it_was_said)
{
    static const struct clinical_row ROWS[] = {
        {TIMED("Q6H", "", ""), "MedicationRequest", AS_NEEDED, NULL},
        {TIMED("PRN", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("prn", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("PRNQ6H", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6HPRN", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6HPRN", "", ""), "MedicationRequest", PERIOD, "6"},
        {TIMED("Q6H PRN", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6H PRN", "", ""), "MedicationRequest", PERIOD, "6"},
        {TIMED("PRN Q6H", "", ""), "MedicationRequest", PERIOD, "6"},
        {TIMED("Q6H~PRN", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("PRN~Q6H", "", ""), "MedicationRequest", PERIOD, "6"},
        {TIMED("Q4H&Every 4 hours as needed&L", "", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6H", "PRN", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6H", "PRN^As needed^HL70485", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6H", "R~PRN", ""), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6H", "PRN~S", ""), "MedicationRequest", "priority", "stat"},
        {TIMED("Q6H", "", "|PRN pain"), "MedicationRequest", AS_NEEDED, "true"},
        {TIMED("Q6H", "", "||take as needed"), "MedicationRequest", AS_NEEDED, "true"},
        {OLD_TIMED("^Q6H"), "MedicationRequest", AS_NEEDED, NULL},
        {OLD_TIMED("^PRN"), "MedicationRequest", AS_NEEDED, "true"},
        {OLD_TIMED("^Q6HPRN"), "MedicationRequest", AS_NEEDED, "true"},
        {OLD_TIMED("^Q6H&PRN"), "MedicationRequest", AS_NEEDED, "true"},
        {OLD_TIMED("^Q6H^^^^PRN"), "MedicationRequest", AS_NEEDED, "true"},
        {OLD_TIMED("^Q6H^^^^^PRN pain"), "MedicationRequest", AS_NEEDED, "true"},
        {ENCODED("", "2&TAB^Q6H PRN^D10|123^Morph^NDC|5||mg", ""), "MedicationRequest", AS_NEEDED,
         "true"},
        {ENCODED("", "2&TAB^Q6H PRN^D10|123^Morph^NDC|5||mg", ""), "MedicationRequest", PERIOD,
         "6"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define SERVICE(control, timing)                                                                   \
    CLINICAL_HEAD("OMG^O19^OMG_O19") PATIENT "ORC|NW|A1" control "\r" timing "OBR|1|A1||PT^PT^L\r"

START_TEST(service_as_needed_says_so)
{
    static const struct clinical_row ROWS[] = {
        {SERVICE("", "TQ1|1||QD\r"), "ServiceRequest", "asNeededBoolean", NULL},
        {SERVICE("", "TQ1|1||QD||||||PRN\r"), "ServiceRequest", "asNeededBoolean", "true"},
        {SERVICE("", "TQ1|1||PRN\r"), "ServiceRequest", "asNeededBoolean", "true"},
        {SERVICE("|||||^QD^^^^PRN", ""), "ServiceRequest", "asNeededBoolean", "true"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

#define DOSES(least, most) ENCODED("", "|123^Morph^NDC|" least "|" most "|mg", "TQ1|1||Q6H\r")
#define DOSE "dosageInstruction[0].doseAndRate[0]."

/* HL7 v2.5.1 4.14.4.3: RXE-4 is there for a variable dose; what is not above RXE-3 is no range. */
START_TEST(range_of_a_dose_goes_upward_or_is_none)
{
    static const struct clinical_row ROWS[] = {
        {DOSES("5", "10"), "MedicationRequest", DOSE "doseRange.low.value", "5"},
        {DOSES("5", "10"), "MedicationRequest", DOSE "doseRange.high.value", "10"},
        {DOSES("5", "5"), "MedicationRequest", DOSE "doseQuantity.value", "5"},
        {DOSES("9", "10"), "MedicationRequest", DOSE "doseRange.high.value", "10"},
        {DOSES("10", "0"), "MedicationRequest", DOSE "doseQuantity.value", "10"},
        {DOSES("10", "0"), "MedicationRequest", DOSE "doseRange.high.value", NULL},
        {DOSES("10", "5"), "MedicationRequest", DOSE "doseQuantity.value", "10"},
        {DOSES("10", "5"), "MedicationRequest", DOSE "doseRange.high.value", NULL},
        {DOSES("10", "5"), "MedicationRequest",
         "dosageInstruction[0].additionalInstruction[0].text", "maximum 5 mg"},
        {DOSES("", "10"), "MedicationRequest", DOSE "doseRange.high.value", "10"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

START_TEST(rate_of_an_order_is_not_lost)
{
    MADE("OMP^O09^OMP_O09",
         PATIENT "ORC|NW|A1|F1\r"
                 "RXO|123^Morph^NDC|5||mg|||||||||||||H1||||100|ml^ml^UCUM\rRXR|IV\r");
    assert_value(&made, "MedicationRequest", 0, DOSE "rateQuantity.value", "100");
    assert_value(&made, "MedicationRequest", 0, DOSE "rateQuantity.unit", "ml/H1");
    clinical_end(&made);
}
END_TEST

#define GIVEN(fields)                                                                              \
    CLINICAL_HEAD("RAS^O17^RAS_O17")                                                               \
    PATIENT "ORC|RE|A1|F1\rRXA|0|1|20261101||123^Morph^NDC|" fields "\rRXR|IV\r"

/* HL7 v2.5.1 4.14.7.6: 999 is an amount that was not recorded. FHIR mad-1: a dosage has a dose or a
 * rate, or says that it does not know them. */
START_TEST(dose_of_an_amount_that_was_not_recorded_keeps_how_it_was_given)
{
    static const struct clinical_row ROWS[] = {
        {GIVEN("5|mg"), "MedicationAdministration", "dosage.dose.value", "5"},
        {GIVEN("999||||||5 ml/h"), "MedicationAdministration", "dosage.dose.value", NULL},
        {GIVEN("999||||||5 ml/h"), "MedicationAdministration", "dosage.dose.extension[0].valueCode",
         "unknown"},
        {GIVEN("999||||||5 ml/h"), "MedicationAdministration", "dosage.text", "5 ml/h"},
        {GIVEN("999"), "MedicationAdministration", "dosage.route.coding[1].code", "IV"},
        {GIVEN(""), "MedicationAdministration", "dosage.dose.extension[0].valueCode", "unknown"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

static void add(Suite *suite)
{
    TCase *drugs = tcase_create("drugs");
    tcase_set_timeout(drugs, 60);
    tcase_add_unchecked_fixture(drugs, clinical_load, clinical_unload);
    tcase_add_test(drugs, drug_as_needed_says_so_wherever_it_was_said);
    tcase_add_test(drugs, service_as_needed_says_so);
    tcase_add_test(drugs, range_of_a_dose_goes_upward_or_is_none);
    tcase_add_test(drugs, rate_of_an_order_is_not_lost);
    tcase_add_test(drugs, dose_of_an_amount_that_was_not_recorded_keeps_how_it_was_given);
    suite_add_tcase(suite, drugs);
}

int main(void)
{
    return suite_main("clinical_drugs", add);
}
