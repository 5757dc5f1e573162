/* What is sent by the rules that are shipped says of a patient what the resources say: nothing that
 * was refuted, withdrawn or never ordered, no dose that another step has, nobody else's number. */
#include "mapping/sending.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define BUNDLE(entries)                                                                            \
    "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":" PATIENT       \
    "}," entries "]}"
#define PATIENT                                                                                    \
    "{\"resourceType\":\"Patient\",\"id\":\"p\",\"identifier\":["                                  \
    "{\"system\":\"urn:painbridge:site:north:mrn\",\"value\":\"N7\"},"                             \
    "{\"system\":\"urn:mission:mrn\",\"value\":\"M1\"}],\"name\":[{\"family\":\"DOE\"}]}"
#define OF_PATIENT "\"subject\":{\"reference\":\"Patient/p\"}"
#define DRUG(fields)                                                                               \
    "{\"resource\":{\"resourceType\":\"MedicationRequest\",\"id\":\"m\",\"intent\":\"order\","     \
    "\"medicationCodeableConcept\":{\"text\":\"Morphine\"}," OF_PATIENT "," fields "}}"
#define DOSE(amount, fields)                                                                       \
    "{\"doseAndRate\":[{\"doseQuantity\":{\"value\":" amount ",\"unit\":\"mg\"}}]" fields "}"
#define DOSES(doses) "\"dosageInstruction\":[" doses "]"
#define DRUG_OF_STATUS(status) DRUG("\"status\":\"" status "\"," DOSES(DOSE("5", "")))
#define EVERY_SIX_HOURS ",\"timing\":{\"code\":{\"coding\":[{\"code\":\"Q6H\"}]}}"
#define LABEL(system, code)                                                                        \
    "\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/" system          \
    "\",\"code\":\"" code "\"}]}"
#define ALLERGY(number, substance, field, state)                                                   \
    "{\"resource\":{\"resourceType\":\"AllergyIntolerance\",\"id\":\"" number                      \
    "\",\"patient\":{\"reference\":\"Patient/p\"},\"code\":{\"text\":\"" substance "\"},\"" field  \
    "\":{\"coding\":[{\"code\":\"" state "\"}]}}}"
#define DIAGNOSIS(number, text, state)                                                             \
    "{\"resource\":{\"resourceType\":\"Condition\",\"id\":\"" number "\"," OF_PATIENT              \
    ",\"category\":[{\"coding\":[{\"code\":\"encounter-diagnosis\"}]}],\"code\":{\"text\":\"" text \
    "\"},\"verificationStatus\":{\"coding\":[{\"code\":\"" state "\"}]}}}"
#define REPORT(fields)                                                                             \
    "{\"resource\":{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"code\":{\"text\":"        \
    "\"Lipids\"}," OF_PATIENT ",\"result\":[{\"reference\":\"Observation/o\"}]," fields "}},"      \
    "{\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\",\"code\":"  \
    "{\"text\":\"LDL\"},\"valueQuantity\":{\"value\":98}}}"

static const struct row {
    const char *name, *bundle;
    const char *structure; /* that is called for */
    const char *said;      /* a line of it, or NULL */
    const char *not_said;  /* nowhere in it, or NULL */
} ROWS[] = {
    {"a number of another clinic has the clinic's name, the receiver's own has none",
     BUNDLE(DRUG_OF_STATUS("active")), "RDE_O11", "PID|1||M1~N7^^^north||DOE\r", NULL},
    {"an order to be given", BUNDLE(DRUG_OF_STATUS("active")), "RDE_O11", "ORC|NW|m|||A\r", NULL},
    {"what was completed is no new order", BUNDLE(DRUG_OF_STATUS("completed")), "RDE_O11",
     "ORC|SC|m|||CM\r", NULL},
    {"a draft is no order", BUNDLE(DRUG_OF_STATUS("draft")), "ADT_A01", NULL, "Morphine"},
    {"what nobody knows to stand is no order", BUNDLE(DRUG_OF_STATUS("unknown")), "ADT_A01", NULL,
     "Morphine"},
    {"what is not to be given is no order",
     BUNDLE(DRUG("\"status\":\"active\",\"doNotPerform\":true," DOSES(DOSE("5", "")))), "ADT_A01",
     NULL, "Morphine"},
    {"as needed beside a pattern",
     BUNDLE(DRUG(
         "\"status\":\"active\"," DOSES(DOSE("5", ",\"asNeededBoolean\":true" EVERY_SIX_HOURS)))),
     "RDE_O11", "TQ1|1||Q6H||||||PRN\r", NULL},
    {"as needed for what",
     BUNDLE(DRUG("\"status\":\"active\"," DOSES(
         DOSE("5", ",\"asNeededCodeableConcept\":{\"text\":\"cramps\"}" EVERY_SIX_HOURS)))),
     "RDE_O11", "TQ1|1||Q6H||||||PRN|PRN cramps\r", NULL},
    {"as needed without a pattern",
     BUNDLE(DRUG("\"status\":\"active\"," DOSES(DOSE("5", ",\"asNeededBoolean\":true")))),
     "RDE_O11", "TQ1|1||PRN\r", NULL},
    {"a scheduled dose is not one as needed",
     BUNDLE(DRUG(
         "\"status\":\"active\"," DOSES(DOSE("5", ",\"asNeededBoolean\":false" EVERY_SIX_HOURS)))),
     "RDE_O11", "TQ1|1||Q6H\r", "PRN"},
    {"each step of a taper has its dose",
     BUNDLE(DRUG("\"status\":\"active\"," DOSES(DOSE("20", "") "," DOSE("5", "")))), "RDE_O11",
     "TQ1|1|20^mg\rTQ1|2|5^mg\r", NULL},
    {"a restricted order says so",
     BUNDLE(DRUG(LABEL("v3-Confidentiality", "R") ",\"status\":\"active\"," DOSES(DOSE("5", "")))),
     "RDE_O11", "ORC|NW|m|||A|||||||||||||||||||||||R\r", NULL},
    {"a label that v2 has no code for is sent as it is",
     BUNDLE(DRUG(LABEL("v3-ActCode", "42CFRPart2") ",\"status\":\"active\"," DOSES(DOSE("5", "")))),
     "RDE_O11", "|42CFRPart2^", NULL},
    {"a restricted report says so",
     BUNDLE(REPORT("\"status\":\"final\"," LABEL("v3-Confidentiality", "R"))), "ORU_R01",
     "ORC|RE|||||||||||||||||||||||||||R\r", NULL},
    {"a final report keeps its results", BUNDLE(REPORT("\"status\":\"final\"")), "ORU_R01",
     "OBX|1|NM|^LDL||98||||||F\r", NULL},
    {"a withdrawn report takes its results with it",
     BUNDLE(REPORT("\"status\":\"entered-in-error\"")), "ORU_R01", "OBX|1|NM|^LDL||98||||||D\r",
     "||F\r"},
    {"an allergy that was refuted, entered in error or is over is not sent as one",
     BUNDLE(ALLERGY("a1", "Penicillin", "verificationStatus", "refuted") "," ALLERGY(
         "a2", "Latex", "verificationStatus",
         "entered-in-error") "," ALLERGY("a3", "Codeine", "clinicalStatus",
                                         "resolved") "," ALLERGY("a4", "Nuts", "clinicalStatus",
                                                                 "active")),
     "ADT_A01", "AL1|1||^Nuts\r", "AL1|2"},
    {"a diagnosis that was refuted is not sent as one",
     BUNDLE(DIAGNOSIS("c1", "Cancer", "refuted") "," DIAGNOSIS("c2", "Migraine", "confirmed")),
     "ADT_A01", "DG1|1||^Migraine|||W\r", "Cancer"},
};

START_TEST(what_is_sent_is_what_is_known)
{
    const struct row *row = &ROWS[_i];
    struct sending sending = sending_of(SHIPPED, NULL, row->bundle);
    struct mapping_sent sent = send_first(&sending, NULL);
    ck_assert_int_eq(sending.outcome, 0);
    char *text = arena_string(sending.arena, sent.text);
    ck_assert_msg(strstr(text, row->structure) != NULL, "%s: %s", row->name, text);
    ck_assert_msg(!row->said || strstr(text, row->said), "%s: %s", row->name, text);
    ck_assert_msg(!row->not_said || !strstr(text, row->not_said), "%s: %s", row->name, text);
    sending_end(&sending);
}
END_TEST

static void add(Suite *suite)
{
    TCase *clinical = tcase_create("clinical");
    tcase_set_timeout(clinical, 60);
    tcase_add_loop_test(clinical, what_is_sent_is_what_is_known, 0, sizeof(ROWS) / sizeof(ROWS[0]));
    suite_add_tcase(suite, clinical);
}

int main(void)
{
    return suite_main("clinical_sending", add);
}
