/* Invariants: every row of the table is a published one, and is broken by its example. */
#include "base/csv.h"
#include "base/file.h"
#include "fhir/invariant.h"
#include "support/suite.h"

#define REFERRED "\"subject\":{\"reference\":\"#a\"}"

/* One row for each of the table's, in its order: content that holds and content that does not. */
static const struct {
    const char *path, *key, *holds, *breaks;
} cases[] = {
    {"AllergyIntolerance", "ait-1", "{\"clinicalStatus\":{}}", "{}"},
    {"AllergyIntolerance", "ait-2", "{\"clinicalStatus\":{}}",
     "{\"clinicalStatus\":{},\"verificationStatus\":{\"coding\":[{\"system\":"
     "\"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification\",\"code\":"
     "\"entered-in-error\"}]}}"},
    {"Appointment", "app-2", "{\"start\":1,\"end\":1}", "{\"start\":1}"},
    {"Appointment", "app-2", "{\"start\":1,\"end\":1}", "{\"end\":1}"},
    {"Appointment", "app-3", "{\"status\":\"proposed\"}", "{\"status\":\"booked\"}"},
    {"Appointment.participant", "app-1", "{\"actor\":{}}", "{\"status\":\"x\"}"},
    {"Attachment", "att-1", "{\"data\":\"\",\"contentType\":\"\"}", "{\"data\":\"\"}"},
    {"Bundle", "bdl-1", "{\"type\":\"history\",\"total\":1}", "{\"type\":\"batch\",\"total\":1}"},
    {"Bundle", "bdl-2", "{\"type\":\"searchset\",\"entry\":[{\"search\":{}}]}",
     "{\"type\":\"batch\",\"entry\":[{\"search\":{}}]}"},
    {"Bundle", "bdl-3", "{\"type\":\"batch\",\"entry\":[{\"request\":{}}]}",
     "{\"type\":\"batch\",\"entry\":[{\"request\":{}},{}]}"},
    {"Bundle", "bdl-4", "{\"type\":\"batch\",\"entry\":[{}]}",
     "{\"type\":\"batch\",\"entry\":[{\"response\":{}}]}"},
    {"Bundle", "bdl-7",
     "{\"entry\":[{\"fullUrl\":\"a\"},{\"fullUrl\":\"a\",\"resource\":{\"meta\":{\"versionId\":"
     "\"2\"}}}]}",
     "{\"entry\":[{\"fullUrl\":\"a\"},{\"fullUrl\":\"a\"}]}"},
    {"Bundle", "bdl-9", "{\"type\":\"batch\"}", "{\"type\":\"document\"}"},
    {"Bundle", "bdl-10", "{\"type\":\"document\",\"timestamp\":\"x\"}", "{\"type\":\"document\"}"},
    {"Bundle", "bdl-11",
     "{\"type\":\"document\",\"entry\":[{\"resource\":{\"resourceType\":\"Composition\"}}]}",
     "{\"type\":\"document\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}}]}"},
    {"Bundle", "bdl-12",
     "{\"type\":\"message\",\"entry\":[{\"resource\":{\"resourceType\":\"MessageHeader\"}}]}",
     "{\"type\":\"message\"}"},
    {"Bundle.entry", "bdl-5", "{\"request\":{}}", "{\"fullUrl\":\"a\"}"},
    {"Bundle.entry", "bdl-8", "{\"fullUrl\":\"http://h/Patient/1\"}",
     "{\"fullUrl\":\"http://h/Patient/1/_history/1\"}"},
    {"CarePlan.activity", "cpl-3", "{\"detail\":{}}", "{\"detail\":{},\"reference\":{}}"},
    {"CareTeam.participant", "ctm-1",
     "{\"onBehalfOf\":{},\"member\":{\"reference\":\"Practitioner/1\"}}",
     "{\"onBehalfOf\":{},\"member\":{\"reference\":\"Patient/1\"}}"},
    {"Composition.section", "cmp-1", "{\"text\":{}}", "{\"title\":\"x\"}"},
    {"Composition.section", "cmp-2", "{\"emptyReason\":{}}", "{\"emptyReason\":{},\"entry\":[]}"},
    {"Condition", "con-4",
     "{\"abatementString\":\"x\",\"clinicalStatus\":{\"coding\":[{\"system\":"
     "\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"resolved\"}]}}",
     "{\"abatementString\":\"x\",\"clinicalStatus\":{\"coding\":[{\"system\":"
     "\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"active\"}]}}"},
    {"Condition", "con-5", "{\"clinicalStatus\":{}}",
     "{\"clinicalStatus\":{},\"verificationStatus\":{\"coding\":[{\"system\":"
     "\"http://terminology.hl7.org/CodeSystem/condition-ver-status\",\"code\":"
     "\"entered-in-error\"}]}}"},
    {"Condition.evidence", "con-2", "{\"code\":[]}", "{\"id\":\"x\"}"},
    {"Condition.stage", "con-1", "{\"summary\":{}}", "{\"type\":{}}"},
    {"Consent", "ppc-1", "{\"policyRule\":{}}", "{\"status\":\"x\"}"},
    {"ContactPoint", "cpt-2", "{\"value\":\"x\",\"system\":\"y\"}", "{\"value\":\"x\"}"},
    {"DomainResource", "dom-2", "{\"contained\":[{}]}", "{\"contained\":[{\"contained\":[]}]}"},
    {"DomainResource", "dom-3", "{\"contained\":[{\"id\":\"a\"}]," REFERRED "}",
     "{\"contained\":[{\"id\":\"b\"}]," REFERRED "}"},
    {"DomainResource", "dom-4", "{\"contained\":[{\"meta\":{}}]}",
     "{\"contained\":[{\"meta\":{\"versionId\":\"1\"}}]}"},
    {"DomainResource", "dom-5", "{\"contained\":[{\"meta\":{}}]}",
     "{\"contained\":[{\"meta\":{\"security\":[]}}]}"},
    {"Extension", "ext-1", "{\"valueCode\":\"x\"}", "{\"valueCode\":\"x\",\"extension\":[]}"},
    {"Goal.target", "gol-1", "{\"detailString\":\"x\",\"measure\":{}}", "{\"detailString\":\"x\"}"},
    {"Group", "grp-1", "{\"actual\":true,\"member\":[]}", "{\"actual\":false,\"member\":[]}"},
    {"Immunization.education", "imm-1", "{\"reference\":\"x\"}", "{\"id\":\"x\"}"},
    {"List", "lst-1", "{\"emptyReason\":{}}", "{\"emptyReason\":{},\"entry\":[]}"},
    {"List", "lst-2", "{\"mode\":\"changes\",\"entry\":[{\"deleted\":true}]}",
     "{\"mode\":\"working\",\"entry\":[{\"deleted\":true}]}"},
    {"List", "lst-3", "{\"mode\":\"working\",\"entry\":[{\"date\":\"2026\"}]}",
     "{\"mode\":\"changes\",\"entry\":[{\"date\":\"2026\"}]}"},
    {"MedicationAdministration.dosage", "mad-1", "{\"rateRatio\":{}}", "{\"text\":\"x\"}"},
    {"MedicationDispense", "mdd-1",
     "{\"whenPrepared\":\"2026-01-01\",\"whenHandedOver\":\"2026-01-01\"}",
     "{\"whenPrepared\":\"2026-01-02\",\"whenHandedOver\":\"2026-01-01\"}"},
    {"Observation", "obs-6", "{\"valueString\":\"x\"}",
     "{\"valueString\":\"x\",\"dataAbsentReason\":{}}"},
    {"Observation", "obs-7",
     "{\"valueString\":\"x\",\"code\":{\"coding\":[{\"code\":\"a\"}]},\"component\":[{\"code\":{"
     "\"coding\":[{\"code\":\"b\"}]}}]}",
     "{\"valueString\":\"x\",\"code\":{\"coding\":[{\"code\":\"a\"}]},\"component\":[{\"code\":{"
     "\"coding\":[{\"code\":\"a\"}]}}]}"},
    {"Observation.referenceRange", "obs-3", "{\"text\":\"x\"}", "{\"type\":{}}"},
    {"Organization", "org-1", "{\"name\":\"x\"}", "{\"active\":true}"},
    {"Organization.address", "org-2", "{\"use\":\"work\"}", "{\"use\":\"home\"}"},
    {"Organization.telecom", "org-3", "{\"use\":\"work\"}", "{\"use\":\"home\"}"},
    {"Parameters.parameter", "inv-1", "{\"part\":[]}", "{\"part\":[],\"valueCode\":\"x\"}"},
    {"Patient.contact", "pat-1", "{\"name\":{}}", "{\"gender\":\"x\"}"},
    {"Period", "per-1", "{\"start\":\"2026-01-01\",\"end\":\"2026\"}",
     "{\"start\":\"2026-01-01\",\"end\":\"2025\"}"},
    {"Quantity", "qty-3", "{\"code\":\"x\",\"system\":\"y\"}", "{\"code\":\"x\"}"},
    {"Questionnaire", "que-2", "{\"item\":[{\"linkId\":\"a\"},{\"linkId\":\"b\"}]}",
     "{\"item\":[{\"linkId\":\"a\",\"item\":[{\"linkId\":\"a\"}]}]}"},
    {"QuestionnaireResponse.item", "qrs-1", "{\"answer\":[]}", "{\"answer\":[],\"item\":[]}"},
    {"Ratio", "rat-1", "{\"numerator\":{},\"denominator\":{}}", "{\"numerator\":{}}"},
    {"ServiceRequest", "prr-1", "{\"orderDetail\":[],\"code\":{}}", "{\"orderDetail\":[]}"},
    {"Task", "inv-1", "{\"authoredOn\":\"2026\",\"lastModified\":\"2026\"}",
     "{\"authoredOn\":\"2026\",\"lastModified\":\"2025\"}"},
    {"Timing.repeat", "tim-1", "{\"duration\":1,\"durationUnit\":\"h\"}", "{\"duration\":1}"},
    {"Timing.repeat", "tim-2", "{\"period\":1,\"periodUnit\":\"h\"}", "{\"period\":1}"},
    {"Timing.repeat", "tim-6", "{\"periodMax\":1,\"period\":1}", "{\"periodMax\":1}"},
    {"Timing.repeat", "tim-7", "{\"durationMax\":1,\"duration\":1}", "{\"durationMax\":1}"},
    {"Timing.repeat", "tim-8", "{\"countMax\":1,\"count\":1}", "{\"countMax\":1}"},
    {"Timing.repeat", "tim-10", "{\"when\":[]}", "{\"when\":[],\"timeOfDay\":[]}"},
};

START_TEST(example_breaks_its_invariant_and_its_twin_does_not)
{
    struct arena *arena = arena_new(0);
    size_t count = 0;
    const struct fhir_invariant *invariant = &fhir_invariants_all(&count)[_i];
    ck_assert_str_eq(invariant->path, cases[_i].path);
    ck_assert_str_eq(invariant->key, cases[_i].key);
    struct json *holds = NULL, *breaks = NULL;
    ck_assert_int_eq(json_parse(slice_of(cases[_i].holds), arena, &holds, NULL), 0);
    ck_assert_int_eq(json_parse(slice_of(cases[_i].breaks), arena, &breaks, NULL), 0);
    ck_assert(fhir_invariant_holds(invariant, holds, holds, arena));
    ck_assert(!fhir_invariant_holds(invariant, breaks, breaks, arena));
    arena_free(arena);
}
END_TEST

START_TEST(every_row_has_an_example_and_is_found_by_its_path)
{
    size_t count = 0;
    const struct fhir_invariant *all = fhir_invariants_all(&count);
    ck_assert_uint_eq(count, sizeof(cases) / sizeof(cases[0]));
    for (size_t i = 0; i < count; i++) {
        size_t found_count = 0;
        const struct fhir_invariant *found =
            fhir_invariants_of(slice_of(all[i].path), &found_count);
        ck_assert(found <= &all[i] && &all[i] < found + found_count);
    }
}
END_TEST

START_TEST(every_row_is_published_with_that_key_and_path)
{
    struct arena *arena = arena_new(0);
    struct slice text;
    struct csv_table table;
    ck_assert_int_eq(file_read(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4/invariants.tsv", 1 << 20,
                               arena, &text, NULL),
                     0);
    ck_assert_int_eq(csv_parse(SLICE("invariants.tsv"), text, CSV_TAB, arena, &table, NULL), 0);
    size_t count = 0;
    const struct fhir_invariant *all = fhir_invariants_all(&count);
    for (size_t i = 0; i < count; i++) {
        bool is_published = false;
        for (size_t row = 0; row < table.row_count && !is_published; row++)
            is_published = slice_equal(csv_cell(&table, row, 0), slice_of(all[i].key)) &&
                           slice_equal(csv_cell(&table, row, 1), slice_of(all[i].path));
        ck_assert_msg(is_published, "%s at %s", all[i].key, all[i].path);
    }
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("invariant");
    tcase_add_loop_test(tests, example_breaks_its_invariant_and_its_twin_does_not, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, every_row_has_an_example_and_is_found_by_its_path);
    tcase_add_test(tests, every_row_is_published_with_that_key_and_path);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("invariant", add);
}
