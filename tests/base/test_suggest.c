/* suggest: distances by hand, and when it is better to say nothing. */
#include "base/suggest.h"
#include "support/same.h"
#include "support/suite.h"

static const struct {
    const char *a, *b;
    unsigned distance;
} pairs[] = {
    {"", "", 0},
    {"abc", "", 3},
    {"abc", "abc", 0},
    {"abc", "ABC", 0},
    {"abc", "abd", 1},
    {"abc", "ab", 1},
    {"abc", "acb", 1},
    {"abc", "cba", 2},
    {"kitten", "sitting", 3},
    {"ca", "abc", 3},
    {"Observaton", "Observation", 1},
    {"PID", "PDI", 1},
    {"abcdef", "badcfe", 3},
};

START_TEST(distance_counts_letters_wrong_missing_and_swapped)
{
    struct slice a = slice_of(pairs[_i].a);
    struct slice b = slice_of(pairs[_i].b);
    ck_assert_uint_eq(suggest_distance(a, b, 9), pairs[_i].distance);
    ck_assert_uint_eq(suggest_distance(b, a, 9), pairs[_i].distance);
    ck_assert_uint_eq(suggest_distance(a, b, pairs[_i].distance), pairs[_i].distance);
}
END_TEST

START_TEST(distance_beyond_the_limit_is_limit_plus_one)
{
    ck_assert_uint_eq(suggest_distance(SLICE("kitten"), SLICE("sitting"), 2), 3);
    ck_assert_uint_eq(suggest_distance(SLICE("a"), SLICE("abcdefgh"), 2), 3);
    ck_assert_uint_eq(suggest_distance(SLICE("aaaa"), SLICE("bbbb"), 0), 1);
    char long_name[500];
    for (size_t i = 0; i < sizeof(long_name); i++)
        long_name[i] = 'a';
    struct slice name = {long_name, sizeof(long_name)};
    ck_assert_uint_eq(suggest_distance(name, name, 3), 4);
}
END_TEST

START_TEST(nearest_name_is_found_and_nonsense_is_not)
{
    static const struct slice names[] = {SLICE_INIT("from"), SLICE_INIT("to"), SLICE_INIT("table"),
                                         SLICE_INIT("tablet")};
    ck_assert_uint_eq(suggest_nearest(SLICE("form"), names, 4), 0);
    ck_assert_uint_eq(suggest_nearest(SLICE("tabel"), names, 4), 2);
    ck_assert_uint_eq(suggest_nearest(SLICE("TABLET"), names, 4), 3);
    ck_assert_uint_eq(suggest_nearest(SLICE("quantity"), names, 4), 4);
    ck_assert_uint_eq(suggest_nearest(SLICE("xy"), names, 4), 4);
    /* of two letters one may be wrong */
    ck_assert_uint_eq(suggest_nearest(SLICE("ot"), names, 4), 1);
    ck_assert_uint_eq(suggest_nearest(SLICE("t"), names, 4), 1);
    ck_assert_uint_eq(suggest_nearest(SLICE("from"), NULL, 0), 0);
}
END_TEST

START_TEST(of_equally_near_names_the_first_is_taken)
{
    static const struct slice names[] = {SLICE_INIT("cat"), SLICE_INIT("car")};
    ck_assert_uint_eq(suggest_nearest(SLICE("cab"), names, 2), 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("suggest");
    tcase_add_loop_test(tests, distance_counts_letters_wrong_missing_and_swapped, 0,
                        sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_test(tests, distance_beyond_the_limit_is_limit_plus_one);
    tcase_add_test(tests, nearest_name_is_found_and_nonsense_is_not);
    tcase_add_test(tests, of_equally_near_names_the_first_is_taken);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("suggest", add);
}
