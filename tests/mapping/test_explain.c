/* What a rule is and by whom it was said; which rules of a message ran. */
#include "mapping/explain.h"
#include "mapping/harness.h"
#include "mapping/texts.h"

#define OBR "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid^LN|||20261121130000-0800||||||||||||||||||F\r"
#define OBX "OBX|1|NM|A^a^LN||6.3||||||F\r"

struct explanation {
    struct arena *arena;
    struct issue_list issues;
    struct mapping_explained_rule rule;
    int outcome;
};

static struct explanation explain(const char *site, const char *id)
{
    struct explanation made = {.arena = arena_new((size_t)1 << 28)};
    struct mapping_texts texts;
    issue_list_init(&made.issues, made.arena);
    const struct mapping_rules *rules =
        harness_rules(HARNESS_FOLDER "rules", made.arena, &made.issues);
    if (site)
        ck_assert_int_eq(
            mapping_texts_of_site(file_join(made.arena, HARNESS_FOLDER "sites", slice_of(site)),
                                  made.arena, &texts, &made.issues),
            0);
    made.outcome = mapping_explain_rule(rules, site ? &texts : NULL, slice_of(id), made.arena,
                                        &made.rule, &made.issues);
    return made;
}

static const struct mapping_explained_attribute *
attribute_of(const struct mapping_explained_way *way, const char *name)
{
    for (size_t i = 0; i < way->attribute_count; i++)
        if (slice_equal(way->attributes[i].name, slice_of(name)))
            return &way->attributes[i];
    ck_abort_msg("there is no attribute %s", name);
}

START_TEST(a_base_rule_runs_in_one_way)
{
    struct explanation made = explain(NULL, "pid.gender");
    ck_assert_int_eq(made.outcome, 0);
    assert_slice(made.rule.word, "set");
    assert_slice(made.rule.owner, "PID-Patient");
    ck_assert_uint_eq(made.rule.way_count, 1);
    const struct mapping_explained_way *way = &made.rule.ways[0];
    ck_assert_uint_eq(way->word.len, 0);
    assert_slice(attribute_of(way, "from")->value, "PID-8");
    ck_assert(slice_ends_with(attribute_of(way, "from")->file, SLICE("PID-Patient.xml")));
    ck_assert_uint_eq(attribute_of(way, "from")->line, 6);
    ck_assert_uint_eq(attribute_of(way, "from")->column, 30);
    arena_free(made.arena);
}
END_TEST

START_TEST(a_change_names_the_attributes_that_are_the_sites)
{
    struct explanation made = explain("mission", "obx.number");
    ck_assert_uint_eq(made.rule.way_count, 2);
    const struct mapping_explained_way *change = &made.rule.ways[0], *base = &made.rule.ways[1];
    assert_slice(change->word, "change");
    assert_slice(change->when, "OBX-3 in codes('peg-mean')");
    assert_slice(attribute_of(change, "max")->value, "10");
    ck_assert(slice_ends_with(attribute_of(change, "max")->file, SLICE("mission.xml")));
    assert_slice(attribute_of(change, "when")->value, "OBX-2 = 'NM'");
    ck_assert(slice_ends_with(attribute_of(change, "when")->file, SLICE("OBX-Observation.xml")));
    ck_assert_uint_eq(base->word.len, 0);
    ck_assert(slice_ends_with(base->file, SLICE("OBX-Observation.xml")));
    arena_free(made.arena);
}
END_TEST

START_TEST(a_drop_has_its_reason_and_no_attributes)
{
    struct explanation made = explain("mission", "pid.identifier");
    ck_assert_uint_eq(made.rule.way_count, 2);
    assert_slice(made.rule.ways[0].word, "drop");
    assert_slice(made.rule.ways[0].when, ".5 = 'SS'");
    assert_slice(made.rule.ways[0].because, "social security numbers are not shared");
    ck_assert_uint_eq(made.rule.ways[0].attribute_count, 0);
    arena_free(made.arena);
}
END_TEST

START_TEST(a_map_lists_its_rules_and_what_the_site_adds)
{
    struct explanation made = explain("mission", "PID-Patient");
    assert_slice(made.rule.word, "segment");
    assert_slice(made.rule.inside[0], "pid.identifier");
    assert_slice(made.rule.inside[made.rule.inside_count - 1], "mission.note");
    arena_free(made.arena);
    made = explain("mission", "mission.note");
    ck_assert_int_eq(made.outcome, 0);
    ck_assert(slice_ends_with(made.rule.file, SLICE("mission.xml")));
    arena_free(made.arena);
}
END_TEST

START_TEST(an_unknown_rule_is_not_found_with_the_nearest)
{
    struct explanation made = explain(NULL, "pid.gendre");
    ck_assert_int_eq(made.outcome, -1);
    ck_assert_int_eq(made.issues.items[0].code, ISSUE_NOT_FOUND);
    assert_slice(made.issues.items[0].hint, "did you mean 'pid.gender'?");
    arena_free(made.arena);
}
END_TEST

/* --- steps -------------------------------------------------------------------------------------*/

static struct mapping_result steps_of(const struct conversion *made, struct arena *arena)
{
    struct mapping_result result;
    struct issue_list issues;
    struct mapping_context context = {.received = 20000 * TIME_DAY,
                                      .site = SLICE("mission"),
                                      .source = SLICE("urn:painbridge:feed:mission#1"),
                                      .message = SLICE("urn:painbridge:message:1"),
                                      .steps = true};
    issue_list_init(&issues, arena);
    ck_assert_int_eq(mapping_to_fhir(made->program, made->message, SLICE("ORU_R01"), &context,
                                     arena, &result, &issues),
                     0);
    return result;
}

static const struct mapping_step *step_of(const struct mapping_result *result, const char *id)
{
    for (size_t i = 0; i < result->step_count; i++)
        if (slice_equal(mapping_program_rule(result->program, result->steps[i].rule).id,
                        slice_of(id)))
            return &result->steps[i];
    ck_abort_msg("rule %s has no step", id);
}

START_TEST(steps_say_which_rules_ran_which_conditions_were_false_and_what_was_not_there)
{
    struct conversion made = convert(NULL, HEAD("ORU^R01^ORU_R01") PID OBR OBX);
    struct mapping_result result = steps_of(&made, made.arena);
    ck_assert_int_eq(step_of(&result, "obx.number")->outcome, MAPPING_STEP_RAN);
    ck_assert_int_eq(step_of(&result, "pid.birthtime")->outcome, MAPPING_STEP_FALSE);
    ck_assert_int_eq(step_of(&result, "pid.phone-home")->outcome, MAPPING_STEP_NOTHING);
    /* it stands behind the line of the `first` that held */
    for (size_t i = 0; i < result.step_count; i++)
        ck_assert(!slice_equal(mapping_program_rule(result.program, result.steps[i].rule).id,
                               SLICE("obx.range")));
    const struct mapping_step *number = step_of(&result, "obx.number");
    assert_slice(number->group, "OBSERVATION");
    ck_assert_uint_eq(number->group_number, 1);
    assert_slice(number->segment, "OBX");
    ck_assert_uint_gt(number->depth, step_of(&result, "oru.result")->depth);
    assert_slice(result.resources[number->resource].type, "Observation");
    convert_end(&made);
}
END_TEST

START_TEST(steps_change_nothing_of_the_result)
{
    struct conversion made = convert(NULL, HEAD("ORU^R01^ORU_R01") PID OBR OBX "NTE|1||one\r");
    struct mapping_result result = steps_of(&made, made.arena);
    ck_assert(
        json_equal(mapping_bundle(&result, made.arena), mapping_bundle(&made.result, made.arena)));
    ck_assert_uint_eq(made.result.step_count, 0);
    convert_end(&made);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("explain");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_base_rule_runs_in_one_way);
    tcase_add_test(tests, a_change_names_the_attributes_that_are_the_sites);
    tcase_add_test(tests, a_drop_has_its_reason_and_no_attributes);
    tcase_add_test(tests, a_map_lists_its_rules_and_what_the_site_adds);
    tcase_add_test(tests, an_unknown_rule_is_not_found_with_the_nearest);
    tcase_add_test(tests,
                   steps_say_which_rules_ran_which_conditions_were_false_and_what_was_not_there);
    tcase_add_test(tests, steps_change_nothing_of_the_result);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("explain", add);
}
