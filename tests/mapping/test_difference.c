/* What two sets of rules make of the same message: the test rules without and with a site. */
#include "mapping/difference.h"
#include "mapping/harness.h"

#define MESSAGE                                                                                    \
    HEAD("ORU^R01^ORU_R01")                                                                        \
    "PID|1||A1^^^MISSION^MR~123456789^^^USSSA^SS||DOE^JANE||19800229|F||||||||M\r"                 \
    "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid^LN|||20261121130000-0800||||||||||||||||||F\r"              \
    "OBX|1|NM|PEG3^PEG^99MISSION||6.3||||||F\r"

struct pair {
    struct conversion before, after;
    struct mapping_difference difference;
};

static struct pair compare(const char *before_site, const char *before, const char *after_site,
                           const char *after, bool keeps_values)
{
    struct pair pair = {.before = convert(before_site, before),
                        .after = convert(after_site, after)};
    struct mapping_difference_side sides[2] = {{MAPPING_OUTCOME_TAKEN, &pair.before.result},
                                               {MAPPING_OUTCOME_TAKEN, &pair.after.result}};
    ck_assert_int_eq(pair.before.outcome, 0);
    ck_assert_int_eq(pair.after.outcome, 0);
    mapping_difference_init(&pair.difference, keeps_values, pair.before.arena);
    mapping_difference_add(&pair.difference, SLICE("a.hl7: message 1"), &sides[0], &sides[1],
                           pair.after.arena);
    return pair;
}

static void pair_end(struct pair *pair)
{
    convert_end(&pair->before);
    convert_end(&pair->after);
}

static const struct mapping_difference_row *row_of(const struct pair *pair, const char *element)
{
    return map_get(&pair->difference.rows, slice_of(element));
}

START_TEST(the_same_rules_make_no_difference)
{
    struct pair pair = compare(NULL, MESSAGE, NULL, MESSAGE, false);
    ck_assert_uint_eq(pair.difference.rows.count, 0);
    ck_assert_uint_eq(pair.difference.same, 1);
    pair_end(&pair);
}
END_TEST

START_TEST(what_a_site_drops_and_replaces_is_counted_by_element)
{
    struct pair pair = compare(NULL, MESSAGE, "mission", MESSAGE, true);
    const struct mapping_difference_row *marital =
        row_of(&pair, "Patient.maritalStatus.coding.display");
    ck_assert_ptr_nonnull(marital);
    ck_assert_uint_eq(marital->counts[MAPPING_DIFFERENCE_REMOVED], 1);
    /* one identifier of two is gone, and the other is no difference */
    const struct mapping_difference_row *number = row_of(&pair, "Patient.identifier.value");
    ck_assert_uint_eq(number->counts[MAPPING_DIFFERENCE_REMOVED], 1);
    ck_assert_uint_eq(number->counts[MAPPING_DIFFERENCE_CHANGED], 0);
    assert_slice(number->examples[0].before, "\"123456789\"");
    assert_slice(number->examples[0].subject, "a.hl7: message 1");
    assert_slice(number->examples[0].path, "identifier[1].value");
    ck_assert(slice_starts_with(number->examples[0].resource, SLICE("Patient/")));
    const struct mapping_difference_row *code = row_of(&pair, "Observation.code.coding.code");
    ck_assert_uint_eq(code->counts[MAPPING_DIFFERENCE_CHANGED], 1);
    assert_slice(code->examples[0].after, "\"91147-9\"");
    ck_assert_uint_eq(pair.difference.same, 0);
    pair_end(&pair);
}
END_TEST

START_TEST(values_are_kept_only_where_they_are_asked_for)
{
    struct pair pair = compare(NULL, MESSAGE, "mission", MESSAGE, false);
    const struct mapping_difference_row *number = row_of(&pair, "Patient.identifier.value");
    ck_assert_uint_eq(number->examples[0].before.len, 0);
    pair_end(&pair);
}
END_TEST

START_TEST(a_resource_on_one_side_counts_as_itself)
{
    struct pair pair = compare(NULL, MESSAGE "OBX|2|NM|B^b^LN||1||||||F\r", NULL, MESSAGE, false);
    const struct mapping_difference_row *row = row_of(&pair, "Observation");
    ck_assert_uint_eq(row->counts[MAPPING_DIFFERENCE_REMOVED], 1);
    ck_assert_uint_eq(row->examples[0].path.len, 0);
    ck_assert_ptr_null(row_of(&pair, "Observation.code.coding.code"));
    pair_end(&pair);
}
END_TEST

START_TEST(another_order_of_a_list_is_no_difference)
{
    struct pair pair = compare(
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE~ROE^ANN||19800229|F\r",
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||ROE^ANN~DOE^JANE||19800229|F\r",
        false);
    ck_assert_uint_eq(pair.difference.same, 1);
    pair_end(&pair);
}
END_TEST

START_TEST(values_that_change_places_between_entries_are_a_difference)
{
    struct pair pair = compare(
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE~ROE^ANN||19800229|F\r",
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^ANN~ROE^JANE||19800229|F\r",
        false);
    ck_assert_uint_eq(row_of(&pair, "Patient.name.given")->counts[MAPPING_DIFFERENCE_CHANGED], 2);
    ck_assert_ptr_null(row_of(&pair, "Patient.name.family"));
    pair_end(&pair);
}
END_TEST

START_TEST(messages_are_counted_by_what_became_of_them_on_both_sides)
{
    struct conversion made = convert(NULL, MESSAGE);
    struct mapping_difference difference;
    struct mapping_difference_side taken = {MAPPING_OUTCOME_TAKEN, &made.result};
    struct mapping_difference_side refused = {.outcome = MAPPING_OUTCOME_REFUSED};
    mapping_difference_init(&difference, false, made.arena);
    mapping_difference_add(&difference, SLICE("a"), &taken, &refused, made.arena);
    mapping_difference_add(&difference, SLICE("b"), &refused, &refused, made.arena);
    mapping_difference_add(&difference, SLICE("c"), &taken, &refused, made.arena);
    ck_assert_uint_eq(difference.outcomes[MAPPING_OUTCOME_TAKEN][MAPPING_OUTCOME_REFUSED], 2);
    ck_assert_uint_eq(difference.messages, 3);
    ck_assert_uint_eq(difference.same, 1);
    assert_slice(difference.examples[MAPPING_OUTCOME_TAKEN][MAPPING_OUTCOME_REFUSED], "a");
    convert_end(&made);
}
END_TEST

static void add(Suite *suite)
{
    TCase *difference = tcase_create("difference");
    tcase_set_timeout(difference, 60);
    tcase_add_test(difference, the_same_rules_make_no_difference);
    tcase_add_test(difference, what_a_site_drops_and_replaces_is_counted_by_element);
    tcase_add_test(difference, values_are_kept_only_where_they_are_asked_for);
    tcase_add_test(difference, a_resource_on_one_side_counts_as_itself);
    tcase_add_test(difference, another_order_of_a_list_is_no_difference);
    tcase_add_test(difference, values_that_change_places_between_entries_are_a_difference);
    tcase_add_test(difference, messages_are_counted_by_what_became_of_them_on_both_sides);
    suite_add_tcase(suite, difference);
}

int main(void)
{
    return suite_main("difference", add);
}
