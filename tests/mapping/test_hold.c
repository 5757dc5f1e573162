/* What a rule that says `hold` makes of a message: it waits, and is told what for. */
#include "mapping/harness.h"

#define ORU HEAD("ORU^R01^ORU_R01")
#define OBR(status) "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid panel^LN|||||||||||||||||||||" status "\r"
#define OBX(number, code, value) "OBX|" number "|NM|" code "||" value "|mg|||||F\r"

/* The only thing the message waits for. */
static const struct mapping_hold *only_hold(const struct conversion *made)
{
    ck_assert_int_eq(made->outcome, 0);
    ck_assert_uint_eq(made->result.hold_count, 1);
    ck_assert(!issue_list_failed(&made->issues));
    return &made->result.holds[0];
}

static void assert_rule(const struct conversion *made, uint32_t rule, const char *id)
{
    ck_assert(slice_equal(mapping_program_rule(made->program, rule).id, slice_of(id)));
}

static void assert_place(const struct conversion *made, const struct mapping_hold *hold,
                         const char *place)
{
    struct slice text = issue_place_text(&hold->place, made->arena);
    ck_assert_msg(slice_equal(text, slice_of(place)), "%.*s", SLICE_ARG(text));
}

START_TEST(unmapped_hold_names_the_table_and_the_code)
{
    struct conversion made =
        convert("holding", ORU "PID|1||A1^^^MISSION^MR||DOE^JANE||19800229|QX\r" OBR("F"));
    const struct mapping_hold *hold = only_hold(&made);
    ck_assert_int_eq(hold->kind, MAPPING_HOLD_UNMAPPED);
    assert_rule(&made, hold->rule, "pid.gender");
    assert_place(&made, hold, "PID[1]-8[1].1.1");
    ck_assert(slice_equal(hold->table, SLICE("AdministrativeSex")));
    ck_assert(slice_equal(hold->code, SLICE("QX")));
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "pid.gender"));
    convert_end(&made);
}
END_TEST

START_TEST(warning_of_a_hold_has_no_value_in_it)
{
    struct conversion made =
        convert("holding", ORU "PID|1||A1^^^MISSION^MR||DOE^JANE||19800229|QX\r" OBR("F"));
    for (size_t i = 0; i < made.issues.count; i++) {
        struct slice words = issue_words(&made.issues.items[i]);
        ck_assert_uint_eq(slice_find(words, SLICE("QX")), words.len);
    }
    convert_end(&made);
}
END_TEST

START_TEST(code_is_waited_for_once)
{
    struct conversion made = convert("holding", ORU PID OBR("F") "OBX|1|NM|A^a^LN||1||||||ZZ\r"
                                                                 "OBX|2|NM|B^b^LN||2||||||ZZ\r");
    const struct mapping_hold *hold = only_hold(&made);
    assert_place(&made, hold, "OBX[1]-11[1].1.1");
    convert_end(&made);
}
END_TEST

START_TEST(two_codes_are_two_things_to_wait_for)
{
    struct conversion made = convert("holding", ORU PID OBR("F") "OBX|1|NM|A^a^LN||1||||||ZZ\r"
                                                                 "OBX|2|NM|B^b^LN||2||||||YY\r");
    ck_assert_uint_eq(made.result.hold_count, 2);
    ck_assert(slice_equal(made.result.holds[1].code, SLICE("YY")));
    convert_end(&made);
}
END_TEST

START_TEST(value_beyond_its_limits_is_waited_for)
{
    struct conversion made = convert("holding", ORU PID OBR("F") OBX("1", "A^a^LN", "11"));
    const struct mapping_hold *hold = only_hold(&made);
    ck_assert_int_eq(hold->kind, MAPPING_HOLD_INVALID);
    assert_rule(&made, hold->rule, "obx.number");
    assert_place(&made, hold, "OBX[1]-5[1].1.1");
    ck_assert_uint_eq(hold->code.len, 0);
    convert_end(&made);
}
END_TEST

START_TEST(missing_value_is_waited_for)
{
    struct conversion made = convert("holding", ORU PID OBR(""));
    const struct mapping_hold *hold = only_hold(&made);
    ck_assert_int_eq(hold->kind, MAPPING_HOLD_REQUIRED);
    assert_rule(&made, hold->rule, "obr.status");
    ck_assert_int_eq(hold->place.kind, ISSUE_PLACE_NONE);
    convert_end(&made);
}
END_TEST

START_TEST(equal_keys_are_waited_for)
{
    struct conversion made =
        convert("holding", ORU PID OBR("F") OBX("1", "A^a^LN", "1") OBX("2", "A^a^LN", "2"));
    const struct mapping_hold *hold = only_hold(&made);
    ck_assert_int_eq(hold->kind, MAPPING_HOLD_CLASH);
    assert_rule(&made, hold->rule, "oru.result");
    convert_end(&made);
}
END_TEST

/* The patient must be known, for what comes later waits behind it. */
START_TEST(resources_of_a_held_message_are_those_of_keep)
{
    struct conversion made = convert("holding", ORU PID OBR("F") "OBX|1|NM|A^a^LN||11|mg|||||F\r");
    only_hold(&made);
    assert_value(&made, "Patient", 0, "identifier[0].value", "A1");
    assert_value(&made, "Observation", 0, "valueString", "11");
    convert_end(&made);
}
END_TEST

START_TEST(as_text_codes_and_values_go_on_as_they_were_sent)
{
    struct conversion made = convert_with(
        "holding",
        ORU "PID|1||A1^^^MISSION^MR||DOE^JANE||19800229|QX\r" OBR("F") OBX("1", "A^a^LN", "11"),
        true);
    ck_assert_uint_eq(made.result.hold_count, 0);
    assert_value(&made, "Patient", 0, "_gender.extension[0].valueCodeableConcept.text", "QX");
    assert_value(&made, "Observation", 0, "valueString", "11");
    ck_assert(has_issue(&made.issues, ISSUE_WARNING, "pid.gender"));
    convert_end(&made);
}
END_TEST

START_TEST(as_text_a_missing_value_is_still_waited_for)
{
    struct conversion made = convert_with("holding", ORU PID OBR(""), true);
    ck_assert_int_eq(only_hold(&made)->kind, MAPPING_HOLD_REQUIRED);
    convert_end(&made);
}
END_TEST

/* The lines are one value; what it was to be is known when the last has come. */
START_TEST(joined_lines_that_do_not_fit_are_waited_for)
{
    static const char LINES[] = ORU PID OBR("F") "OBX|1|NA|A^a^LN||1^2~3^4||||||F\r";
    struct conversion made = convert("holding", LINES);
    const struct mapping_hold *hold = only_hold(&made);
    ck_assert_int_eq(hold->kind, MAPPING_HOLD_INVALID);
    assert_rule(&made, hold->rule, "holding.array");
    assert_place(&made, hold, "OBX[1]-5[1].1.1");
    ck_assert_uint_eq(made.issues.count, 1);
    assert_slice(issue_words(&made.issues.items[0]),
                 "a value does not fit its element; the message waits; an array is no number");
    convert_end(&made);
    made = convert_with("holding", LINES, true);
    ck_assert_uint_eq(made.result.hold_count, 0);
    assert_value(&made, "Observation", 0, "valueString", "1^2~3^4");
    assert_absent(&made, "Observation", 0, "valueInteger");
    convert_end(&made);
}
END_TEST

START_TEST(message_that_is_refused_does_not_wait)
{
    struct conversion made =
        convert("holding", HEAD("ADT^A01^ADT_A01") "PID|1||A1^^^MISSION^MR||DOE^JANE||19800229|QX\r"
                                                   "PV1|1|Z\r");
    ck_assert_int_eq(made.outcome, -1);
    convert_end(&made);
}
END_TEST

static void add(Suite *suite)
{
    TCase *holds = tcase_create("holds");
    tcase_set_timeout(holds, 60);
    tcase_add_test(holds, unmapped_hold_names_the_table_and_the_code);
    tcase_add_test(holds, warning_of_a_hold_has_no_value_in_it);
    tcase_add_test(holds, code_is_waited_for_once);
    tcase_add_test(holds, two_codes_are_two_things_to_wait_for);
    tcase_add_test(holds, value_beyond_its_limits_is_waited_for);
    tcase_add_test(holds, missing_value_is_waited_for);
    tcase_add_test(holds, equal_keys_are_waited_for);
    tcase_add_test(holds, resources_of_a_held_message_are_those_of_keep);
    tcase_add_test(holds, as_text_codes_and_values_go_on_as_they_were_sent);
    tcase_add_test(holds, as_text_a_missing_value_is_still_waited_for);
    tcase_add_test(holds, joined_lines_that_do_not_fit_are_waited_for);
    tcase_add_test(holds, message_that_is_refused_does_not_wait);
    suite_add_tcase(suite, holds);
}

int main(void)
{
    return suite_main("hold", add);
}
