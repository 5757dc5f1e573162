/* Every event of a structure that comes in: what it says of a patient is there, and what it asks to
 * be done beside that is an act. */
#include "mapping/clinical.h"

#define NUMBERED PATIENT_NUMBERED("1")
#define ACCOUNT "PID|1||1^^^EHR^MR||DOE^JANE||19700101|F||||||||||A1^^^EHR\r"
#define OTHER "PID|2||2^^^EHR^MR||DOE^JAN||19700101|F\r"
#define VISIT                                                                                      \
    "PV1|1|I|WARD^1^A||||77^DOC^A||88^CON^B||||||||||V1^^^EHR|||||||||||||||||||||||||20261101\r"

static struct conversion made_of(const char *structure, const char *text)
{
    struct arena *arena = arena_new(0);
    struct conversion made = clinical_convert(
        arena_format(arena, "MSH|^~\\&|EHR|NORTH|PB|HUB|20261101100000-0600||%s|M1|P|2.5.1\r%s",
                     structure, text)
            .ptr);
    made.program_arena = arena; /* the text of the message */
    return made;
}

START_TEST(every_event_of_a_visit_makes_its_patient_and_its_visit)
{
    static const struct {
        const char *event, *structure, *text, *status;
    } ROWS[] = {
        {"A15", "ADT^A15^ADT_A15", "EVN|A15|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A16", "ADT^A16^ADT_A16", "EVN|A16|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A21", "ADT^A21^ADT_A21", "EVN|A21|20261101\r" NUMBERED VISIT, "onleave"},
        {"A22", "ADT^A22^ADT_A21", "EVN|A22|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A23", "ADT^A23^ADT_A21", "EVN|A23|20261101\r" NUMBERED VISIT, "cancelled"},
        {"A25", "ADT^A25^ADT_A21", "EVN|A25|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A26", "ADT^A26^ADT_A21", "EVN|A26|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A27", "ADT^A27^ADT_A21", "EVN|A27|20261101\r" NUMBERED VISIT, "cancelled"},
        {"A32", "ADT^A32^ADT_A21", "EVN|A32|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A33", "ADT^A33^ADT_A21", "EVN|A33|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A38", "ADT^A38^ADT_A38", "EVN|A38|20261101\r" NUMBERED VISIT, "cancelled"},
        {"A52", "ADT^A52^ADT_A52", "EVN|A52|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A53", "ADT^A53^ADT_A52", "EVN|A53|20261101\r" NUMBERED VISIT, "onleave"},
        {"A54", "ADT^A54^ADT_A54", "EVN|A54|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A55", "ADT^A55^ADT_A54", "EVN|A55|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A60", "ADT^A60^ADT_A60", "EVN|A60|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A61", "ADT^A61^ADT_A61", "EVN|A61|20261101\r" NUMBERED VISIT, "in-progress"},
        {"A62", "ADT^A62^ADT_A61", "EVN|A62|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P01", "BAR^P01^BAR_P01", "EVN|P01|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P02", "BAR^P02^BAR_P02", "EVN|P02|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P05", "BAR^P05^BAR_P05", "EVN|P05|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P06", "BAR^P06^BAR_P06", "EVN|P06|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P10", "BAR^P10^BAR_P10", "EVN|P10|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P12", "BAR^P12^BAR_P12", "EVN|P12|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P03", "DFT^P03^DFT_P03", "EVN|P03|20261101\r" NUMBERED VISIT, "in-progress"},
        {"P11", "DFT^P11^DFT_P11", "EVN|P11|20261101\r" NUMBERED VISIT, "in-progress"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct conversion made = made_of(ROWS[i].structure, ROWS[i].text);
        ck_assert_msg(made.outcome == 0, "%s is refused", ROWS[i].event);
        assert_value(&made, "Patient", 0, "name[0].family", "DOE");
        assert_value(&made, "Encounter", 0, "identifier[0].value", "V1");
        struct slice status = value_at(&made, "Encounter", 0, "status");
        ck_assert_msg(slice_equal(status, slice_of(ROWS[i].status)), "%s: got '%.*s'",
                      ROWS[i].event, SLICE_ARG(status));
        clinical_end(&made);
    }
}
END_TEST

START_TEST(merges_links_and_moves_are_acts)
{
    static const struct {
        const char *structure, *text;
        enum mapping_act_kind kind;
        const char *type;
    } ROWS[] = {
        {"ADT^A18^ADT_A18", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A24^ADT_A24", NUMBERED OTHER, MAPPING_ACT_LINK, "Patient"},
        {"ADT^A30^ADT_A30", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A34^ADT_A30", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A35^ADT_A30", ACCOUNT "MRG|1^^^EHR^MR||A0^^^EHR\r", MAPPING_ACT_MERGE, "Account"},
        {"ADT^A37^ADT_A37", NUMBERED OTHER, MAPPING_ACT_UNLINK, "Patient"},
        {"ADT^A39^ADT_A39", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A40^ADT_A39", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A41^ADT_A39", ACCOUNT "MRG|1^^^EHR^MR||A0^^^EHR\r", MAPPING_ACT_MERGE, "Account"},
        {"ADT^A42^ADT_A39", NUMBERED "MRG|1^^^EHR^MR||||V0^^^EHR\r" VISIT, MAPPING_ACT_MERGE,
         "Encounter"},
        {"ADT^A43^ADT_A43", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MOVE, "Patient"},
        {"ADT^A46^ADT_A30", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A47^ADT_A30", NUMBERED "MRG|2^^^EHR^MR\r", MAPPING_ACT_MERGE, "Patient"},
        {"ADT^A50^ADT_A50", NUMBERED "MRG|1^^^EHR^MR||||V0^^^EHR\r" VISIT, MAPPING_ACT_MERGE,
         "Encounter"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct arena *arena = arena_new(0);
        struct slice text = arena_format(arena, "EVN||20261101\r%s", ROWS[i].text);
        struct conversion made = made_of(ROWS[i].structure, text.ptr);
        ck_assert_msg(made.outcome == 0 && made.result.act_count == 1, "%s: %zu acts",
                      ROWS[i].structure, made.result.act_count);
        const struct mapping_act *act = &made.result.acts[0];
        ck_assert_msg(act->kind == ROWS[i].kind, "%s: %d", ROWS[i].structure, (int)act->kind);
        assert_slice(act->type, ROWS[i].type);
        ck_assert(!slice_equal(fhir_id_slice(&act->into.id), fhir_id_slice(&act->from.id)));
        clinical_end(&made);
        arena_free(arena);
    }
}
END_TEST

START_TEST(who_stays_names_who_goes)
{
    struct conversion made =
        made_of("ADT^A40^ADT_A39", "EVN|A40|20261101\r" NUMBERED "MRG|2^^^EHR^MR\r");
    assert_value(&made, "Patient", 0, "link[0].type", "replaces");
    assert_value(&made, "Patient", 0, "link[0].other.identifier.value", "2");
    const struct mapping_resource *patient = resource_of(&made, "Patient", 0);
    assert_slice(patient->id,
                 clinical_id(CLINICAL_HEAD("ADT^A04^ADT_A01") "EVN|A04|2026\r" PATIENT, "Patient"));
    assert_slice(
        fhir_id_slice(&made.result.acts[0].from.id),
        clinical_id(CLINICAL_HEAD("ADT^A04^ADT_A01") "EVN|A04|2026\r" PATIENT_NUMBERED("2"),
                    "Patient"));
    clinical_end(&made);
}
END_TEST

START_TEST(two_patients_of_a_link_name_each_other)
{
    struct conversion made = made_of("ADT^A24^ADT_A24", "EVN|A24|20261101\r" NUMBERED OTHER);
    assert_value(&made, "Patient", 0, "link[0].type", "seealso");
    ck_assert(slice_ends_with(value_at(&made, "Patient", 0, "link[0].other.reference"),
                              resource_of(&made, "Patient", 1)->id));
    ck_assert(slice_ends_with(value_at(&made, "Patient", 1, "link[0].other.reference"),
                              resource_of(&made, "Patient", 0)->id));
    clinical_end(&made);
}
END_TEST

START_TEST(merge_without_a_number_is_no_act_and_no_refusal)
{
    struct conversion made = made_of("ADT^A40^ADT_A39", "EVN|A40|20261101\r" NUMBERED "MRG|\"\"\r");
    ck_assert_int_eq(made.outcome, 0);
    ck_assert_uint_eq(made.result.act_count, 0);
    clinical_end(&made);
}
END_TEST

START_TEST(account_that_ended_is_not_active)
{
    struct conversion made = made_of("BAR^P06^BAR_P06", "EVN|P06|20261101\r" ACCOUNT VISIT);
    assert_value(&made, "Account", 0, "status", "inactive");
    clinical_end(&made);
    made = made_of("BAR^P01^BAR_P01", "EVN|P01|20261101\r" ACCOUNT VISIT);
    assert_value(&made, "Account", 0, "status", "active");
    clinical_end(&made);
}
END_TEST

START_TEST(charge_message_keeps_diagnosis_procedure_insurance_and_charge)
{
    struct conversion made =
        made_of("DFT^P03^DFT_P03",
                "EVN|P03|20261101\r" ACCOUNT VISIT "FT1|1|T1||20261101|20261102|CG|C1^Visit^L|||2\r"
                "PR1|1||64450^Block^CPT||20261101\rDG1|1||M54^Back^I10\r"
                "GT1|1||DOE^JIM\rIN1|1|PL|CO|CIGNA\r");
    assert_value(&made, "ChargeItem", 0, "code.coding[0].code", "C1");
    assert_value(&made, "ChargeItem", 0, "quantity.value", "2");
    assert_value(&made, "ChargeItem", 0, "status", "billable");
    assert_value(&made, "Procedure", 0, "code.coding[0].code", "64450");
    assert_value(&made, "Condition", 0, "code.coding[0].code", "M54");
    ck_assert_ptr_nonnull(resource_of(&made, "Coverage", 0));
    ck_assert_ptr_nonnull(resource_of(&made, "RelatedPerson", 0));
    clinical_end(&made);
}
END_TEST

START_TEST(bed_status_is_that_of_the_bed)
{
    struct conversion made = made_of("ADT^A20^ADT_A20", "EVN|A20|20261101\rNPU|WARD^1^A^NORTH|H\r");
    assert_value(&made, "Location", 0, "name", "A");
    assert_value(&made, "Location", 0, "operationalStatus.code", "H");
    clinical_end(&made);
}
END_TEST

START_TEST(pathway_seen_from_the_goal_has_its_goal_and_its_problem)
{
    struct conversion made =
        made_of("PPG^PCG^PPG_PCG", NUMBERED "PTH|AD|P^Path^L|1^EHR|20261101\r"
                                            "GOL|AD|20261101|G^Walk^L|2^EHR\r"
                                            "PRB|AD|20261101|M54^Back^I10|3^EHR\r");
    ck_assert(slice_ends_with(value_at(&made, "CarePlan", 0, "goal[0].reference"),
                              resource_of(&made, "Goal", 0)->id));
    ck_assert(slice_ends_with(value_at(&made, "CarePlan", 0, "addresses[0].reference"),
                              resource_of(&made, "Condition", 0)->id));
    ck_assert(slice_ends_with(value_at(&made, "Goal", 0, "addresses[0].reference"),
                              resource_of(&made, "Condition", 0)->id));
    clinical_end(&made);
}
END_TEST

static struct slice diagnosis_rule(const struct conversion *made)
{
    const struct mapping_resource *visit = resource_of(made, "Encounter", 0);
    for (size_t i = 0; i < visit->mark_count; i++)
        if (slice_equal(visit->marks[i].element, SLICE("diagnosis")) && visit->marks[i].entry)
            return mapping_program_rule(made->program, visit->marks[i].rule).id;
    return SLICE("");
}

/* HL7 v2.5.1 2.10.4.1: without action codes what an update lists replaces what was listed. The
 * entries of a list that one rule wrote are replaced as one, so the diagnoses of the visit must be
 * all of one rule, with numbers or without. What was diagnosed before is another Condition and
 * stands: only DG1-21 D takes it back. */
START_TEST(update_replaces_the_diagnoses_of_a_visit_and_takes_none_back)
{
    struct conversion before = made_of("ADT^A01^ADT_A01", "EVN|A01|20261101\r" NUMBERED VISIT
                                                          "DG1|1||I20.9^Angina^I10C|||A\r");
    struct conversion after =
        made_of("ADT^A08^ADT_A01", "EVN|A08|20261102\r" NUMBERED VISIT
                                   "DG1|1||K21.0^Reflux^I10C||||||||||||||||||D7^EHR|A\r");
    ck_assert(slice_equal(resource_of(&before, "Encounter", 0)->id,
                          resource_of(&after, "Encounter", 0)->id));
    ck_assert(!slice_equal(resource_of(&before, "Condition", 0)->id,
                           resource_of(&after, "Condition", 0)->id));
    assert_slice(diagnosis_rule(&before), "dg1.visit");
    assert_slice(diagnosis_rule(&after), "dg1.visit");
    assert_absent(&after, "Encounter", 0, "diagnosis[1]");
    ck_assert_ptr_null(resource_of(&after, "Condition", 1));
    assert_absent(&before, "Condition", 0, "verificationStatus");
    clinical_end(&before);
    clinical_end(&after);
}
END_TEST

/* HL7 table 0287: a snapshot is all that there is. What it does not list ended at the sender; that
 * is an act, as other sources may list it. */
START_TEST(snapshot_is_an_act_on_what_it_does_not_list)
{
    static const struct {
        const char *structure, *segment, *rest, *type, *element, *value;
    } ROWS[] = {
        {"PGL^PC6^PGL_PC6", "GOL", "20261101|W^Walk^L|G1^EHR", "Goal", "lifecycleStatus",
         "cancelled"},
        {"PPR^PC1^PPR_PC1", "PRB", "20261101|P^Pain^L|P1^EHR", "Condition",
         "clinicalStatus.coding[0].code", "inactive"},
        {"PPP^PCB^PPP_PCB", "PTH", "H^Hip^L|W1^EHR", "CarePlan", "status", "revoked"},
        {"PPG^PCG^PPG_PCG", "PTH", "H^Hip^L|W1^EHR", "CarePlan", "status", "revoked"},
    };
    static const char *const ACTIONS[] = {"UP", "SP"};
    for (size_t i = 0; i < 2 * sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        bool is_whole = i % 2 == 1;
        struct arena *arena = arena_new(0);
        struct conversion made = made_of(
            ROWS[i / 2].structure, arena_format(arena, NUMBERED "%s|%s|%s\r", ROWS[i / 2].segment,
                                                ACTIONS[i % 2], ROWS[i / 2].rest)
                                       .ptr);
        ck_assert_int_eq(made.outcome, 0);
        ck_assert_uint_eq(made.result.act_count, is_whole ? 1 : 0);
        if (is_whole) {
            const struct mapping_act *act = &made.result.acts[0];
            ck_assert_int_eq(act->kind, MAPPING_ACT_SNAPSHOT);
            assert_slice(act->type, ROWS[i / 2].type);
            assert_slice(json_text(node_at(act->body, ROWS[i / 2].element)), ROWS[i / 2].value);
        }
        clinical_end(&made);
        arena_free(arena);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *events = tcase_create("events");
    tcase_set_timeout(events, 60);
    tcase_add_unchecked_fixture(events, clinical_load, clinical_unload);
    tcase_add_test(events, every_event_of_a_visit_makes_its_patient_and_its_visit);
    tcase_add_test(events, merges_links_and_moves_are_acts);
    tcase_add_test(events, who_stays_names_who_goes);
    tcase_add_test(events, two_patients_of_a_link_name_each_other);
    tcase_add_test(events, merge_without_a_number_is_no_act_and_no_refusal);
    tcase_add_test(events, account_that_ended_is_not_active);
    tcase_add_test(events, charge_message_keeps_diagnosis_procedure_insurance_and_charge);
    tcase_add_test(events, bed_status_is_that_of_the_bed);
    tcase_add_test(events, pathway_seen_from_the_goal_has_its_goal_and_its_problem);
    tcase_add_test(events, update_replaces_the_diagnoses_of_a_visit_and_takes_none_back);
    tcase_add_test(events, snapshot_is_an_act_on_what_it_does_not_list);
    suite_add_tcase(suite, events);
}

int main(void)
{
    return suite_main("clinical_events", add);
}
