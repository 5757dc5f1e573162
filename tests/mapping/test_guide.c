/* How much of HL7's guide the rules hold: the shipped tables against the shipped rules, and what
 * the count refuses. */
#include "mapping/guide.h"
#include "mapping/harness.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define ROWS_HEAD "map,row,place,status,rule,reason\n"
#define MAPS_HEAD                                                                                  \
    "kind,map,rows with a target,taken,said otherwise,left out,not computable,reason\n"

struct count {
    struct arena *arena;
    struct issue_list issues;
    struct mapping_guide guide;
    int outcome;
};

static struct csv_table table_of(const char *name, struct slice text, struct arena *arena)
{
    struct csv_table table;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(csv_parse(slice_of(name), text, CSV_COMMA, arena, &table, &issues), 0);
    return table;
}

/* The tables against the rules of tests/mapping/rules: PID-8 there is PID[Patient]:13. */
static struct count count_of(const char *rows, const char *maps)
{
    struct count count = {.arena = arena_new((size_t)1 << 28)};
    issue_list_init(&count.issues, count.arena);
    const struct mapping_rules *rules =
        harness_rules(HARNESS_FOLDER "rules", count.arena, &count.issues);
    struct csv_table row_table = table_of("COVERAGE.csv", slice_of(rows), count.arena);
    struct csv_table map_table = table_of("COVERAGE-MAPS.csv", slice_of(maps), count.arena);
    count.outcome = mapping_guide_count(rules, &row_table, &map_table, count.arena, &count.guide,
                                        &count.issues);
    return count;
}

static bool says(const struct count *count, const char *words)
{
    for (size_t i = 0; i < count->issues.count; i++) {
        struct slice text = issue_words(&count->issues.items[i]);
        if (slice_find(text, slice_of(words)) < text.len)
            return true;
    }
    return false;
}

static void assert_refused(const char *rows, const char *maps, const char *words)
{
    struct count count = count_of(rows, maps);
    ck_assert_int_eq(count.outcome, -1);
    ck_assert(says(&count, words));
    arena_free(count.arena);
}

START_TEST(rows_are_counted_by_what_became_of_them)
{
    struct count count =
        count_of(ROWS_HEAD "PID[Patient],13,PID-8,taken,PID-Patient.xml#pid.gender,\n"
                           "PID[Patient],14,PID-9,not mapped by the guide,,\n"
                           "PID[Patient],15,PID-10,left out,,no such element\n",
                 MAPS_HEAD "segments,PID[Patient],2,1,0,1,0,\ncodes,YesNo,3,2,1,0,0,\n");
    ck_assert_uint_eq(count.guide.map_count, 2);
    ck_assert_uint_eq(count.guide.maps[0].rows, 2);
    ck_assert_uint_eq(count.guide.maps[0].counts[MAPPING_GUIDE_TAKEN], 1);
    ck_assert_uint_eq(count.guide.maps[0].counts[MAPPING_GUIDE_LEFT_OUT], 1);
    ck_assert_uint_eq(count.guide.all.rows, 5);
    ck_assert_uint_eq(count.guide.all.counts[MAPPING_GUIDE_TAKEN], 3);
    arena_free(count.arena);
}
END_TEST

START_TEST(a_row_whose_rule_is_not_loaded_is_an_error)
{
    assert_refused(ROWS_HEAD "PID[Patient],13,PID-8,taken,PID-Patient.xml#gone,\n",
                   MAPS_HEAD "segments,PID[Patient],1,1,0,0,0,\n",
                   "no rule 'PID-Patient.xml#gone' with guide=\"PID[Patient]:13\"");
}
END_TEST

START_TEST(a_row_that_is_not_taken_needs_a_reason)
{
    assert_refused(ROWS_HEAD "PID[Patient],15,PID-10,left out,,\n",
                   MAPS_HEAD "segments,PID[Patient],1,0,0,1,0,\n", "no reason is given");
}
END_TEST

START_TEST(a_row_of_the_guide_that_only_a_rule_knows_is_an_error)
{
    assert_refused(ROWS_HEAD, MAPS_HEAD, "the guide has no row PID[Patient]:13");
}
END_TEST

START_TEST(counts_that_are_not_those_of_the_rows_are_an_error)
{
    assert_refused(ROWS_HEAD "PID[Patient],15,PID-10,left out,,no such element\n",
                   MAPS_HEAD "segments,PID[Patient],1,1,0,0,0,\n",
                   "the counts of 'PID[Patient]' are not those of its rows");
}
END_TEST

START_TEST(more_than_five_in_a_hundred_may_not_be_called_not_computable)
{
    struct count count = count_of(ROWS_HEAD, MAPS_HEAD "codes,YesNo,100,95,0,0,5,\n");
    ck_assert(!says(&count, "not computable"));
    arena_free(count.arena);
    count = count_of(ROWS_HEAD, MAPS_HEAD "codes,YesNo,100,94,0,0,6,\n");
    ck_assert(says(&count, "6 of 100 rows are said to be not computable"));
    arena_free(count.arena);
}
END_TEST

START_TEST(the_shipped_tables_are_as_the_shipped_rules_have_them)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    struct slice text;
    struct mapping_guide guide;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    ck_assert_int_eq(file_read(SHIPPED "/v2-to-fhir/COVERAGE.csv", 1 << 24, arena, &text, &issues),
                     0);
    struct csv_table rows = table_of("COVERAGE.csv", text, arena);
    ck_assert_int_eq(
        file_read(SHIPPED "/v2-to-fhir/COVERAGE-MAPS.csv", 1 << 24, arena, &text, &issues), 0);
    struct csv_table maps = table_of("COVERAGE-MAPS.csv", text, arena);
    int outcome = mapping_guide_count(rules, &rows, &maps, arena, &guide, &issues);
    harness_print(&issues);
    ck_assert_int_eq(outcome, 0);
    /* 13 messages, 75 segments, 105 data types, and the code maps that have rows */
    ck_assert_uint_eq(guide.map_count, 13 + 75 + 105 + 88);
    ck_assert_uint_ge(guide.all.rows, 2149 + 2324); /* pairs of codes */
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *guide = tcase_create("guide");
    tcase_set_timeout(guide, 60);
    tcase_add_test(guide, rows_are_counted_by_what_became_of_them);
    tcase_add_test(guide, a_row_whose_rule_is_not_loaded_is_an_error);
    tcase_add_test(guide, a_row_that_is_not_taken_needs_a_reason);
    tcase_add_test(guide, a_row_of_the_guide_that_only_a_rule_knows_is_an_error);
    tcase_add_test(guide, counts_that_are_not_those_of_the_rows_are_an_error);
    tcase_add_test(guide, more_than_five_in_a_hundred_may_not_be_called_not_computable);
    tcase_add_test(guide, the_shipped_tables_are_as_the_shipped_rules_have_them);
    suite_add_tcase(suite, guide);
}

int main(void)
{
    return suite_main("guide", add);
}
