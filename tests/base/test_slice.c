/* slice: cutting, comparing, searching and numbers, at the ends where such things break. */
#include "base/slice.h"
#include "support/same.h"
#include "support/suite.h"

START_TEST(part_outside_is_cut_off_and_never_read)
{
    struct slice whole = SLICE("MSH|PID");
    CK_SAME(slice_part(whole, 0, 3), "MSH");
    CK_SAME(slice_part(whole, 4, 99), "PID");
    CK_SAME(slice_part(whole, 4, SIZE_MAX), "PID");
    CK_SAME(slice_part(whole, 7, 1), "");
    CK_SAME(slice_part(whole, SIZE_MAX, SIZE_MAX), "");
    CK_SAME(slice_after(whole, 6), "D");
    CK_SAME(slice_after((struct slice){NULL, 0}, 1), "");
}
END_TEST

START_TEST(slice_of_null_is_empty)
{
    ck_assert_uint_eq(slice_of(NULL).len, 0);
    ck_assert_uint_eq(slice_of("abc").len, 3);
    ck_assert(slice_equal(slice_of(NULL), SLICE("")));
}
END_TEST

START_TEST(equality_sees_nul_bytes)
{
    ck_assert(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    ck_assert(!slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    ck_assert(!slice_equal(SLICE("a"), SLICE("a\0")));
}
END_TEST

START_TEST(case_is_ignored_for_ascii_letters_only)
{
    ck_assert(slice_equal_ignoring_case(SLICE("Content-LENGTH"), SLICE("content-length")));
    ck_assert(!slice_equal_ignoring_case(SLICE("@"), SLICE("`")));
    ck_assert(!slice_equal_ignoring_case(SLICE("["), SLICE("{")));
    ck_assert(!slice_equal_ignoring_case(SLICE("\xC4"), SLICE("\xE4")));
    ck_assert(!slice_equal_ignoring_case(SLICE("ab"), SLICE("a")));
}
END_TEST

START_TEST(prefix_sorts_before_what_it_begins)
{
    ck_assert_int_lt(slice_compare(SLICE("PV1"), SLICE("PV12")), 0);
    ck_assert_int_gt(slice_compare(SLICE("b"), SLICE("a")), 0);
    ck_assert_int_gt(slice_compare(SLICE("\xFF"), SLICE("a")), 0);
    ck_assert_int_eq(slice_compare(SLICE("a"), SLICE("a")), 0);
    ck_assert_int_lt(slice_compare((struct slice){NULL, 0}, SLICE("a")), 0);
}
END_TEST

START_TEST(starts_and_ends_are_found)
{
    ck_assert(slice_starts_with(SLICE("MSH|^~"), SLICE("MSH")));
    ck_assert(slice_starts_with(SLICE(""), SLICE("")));
    ck_assert(!slice_starts_with(SLICE("MS"), SLICE("MSH")));
    ck_assert(slice_ends_with(SLICE("a.xml"), SLICE(".xml")));
    ck_assert(!slice_ends_with(SLICE("xml"), SLICE(".xml")));
}
END_TEST

START_TEST(search_without_success_gives_the_length)
{
    ck_assert_uint_eq(slice_find_byte(SLICE("a|b"), '|'), 1);
    ck_assert_uint_eq(slice_find_byte(SLICE("ab"), '|'), 2);
    ck_assert_uint_eq(slice_find_byte((struct slice){NULL, 0}, '|'), 0);
    ck_assert_uint_eq(slice_find(SLICE("aab"), SLICE("ab")), 1);
    ck_assert_uint_eq(slice_find(SLICE("aab"), SLICE("abb")), 3);
    ck_assert_uint_eq(slice_find(SLICE("a"), SLICE("")), 0);
}
END_TEST

/* Texts of all lengths around the eight bytes that are compared at once. The bytes beside the
 * wanted one differ from it in one bit. */
START_TEST(byte_is_found_wherever_it_stands)
{
    char text[40];
    for (size_t len = 1; len < sizeof(text); len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, '|' ^ 1, sizeof(text));
            text[at] = '|';
            text[len] = '|'; /* behind the end: does not count */
            ck_assert_uint_eq(slice_find_byte((struct slice){text, len}, '|'), at);
            text[at] = (char)('|' ^ 0x80);
            ck_assert_uint_eq(slice_find_byte((struct slice){text, len}, '|'), len);
            text[at] = text[len - 1] = '|';
            ck_assert_uint_eq(slice_find_byte((struct slice){text, len}, '|'), at);
        }
    }
}
END_TEST

START_TEST(trim_takes_blanks_from_both_ends_only)
{
    CK_SAME(slice_trim(SLICE(" \t a b \r\n")), "a b");
    CK_SAME(slice_trim(SLICE(" \n ")), "");
    CK_SAME(slice_trim((struct slice){NULL, 0}), "");
}
END_TEST

START_TEST(split_gives_empty_parts_too)
{
    static const struct {
        const char *line;
        const char *parts[4];
        size_t count;
    } rows[] = {
        {"a,b", {"a", "b"}, 2}, {"a,", {"a", ""}, 2}, {",", {"", ""}, 2},
        {"", {""}, 1},          {"a", {"a"}, 1},      {",,a", {"", "", "a"}, 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = 0;
        for (struct slice rest = slice_of(rows[i].line), part; slice_split(&rest, ',', &part);) {
            ck_assert_uint_lt(count, rows[i].count);
            CK_SAME(part, rows[i].parts[count]);
            count++;
        }
        ck_assert_uint_eq(count, rows[i].count);
    }
}
END_TEST

START_TEST(number_is_digits_only_and_within_its_maximum)
{
    uint64_t number = 7;
    ck_assert(slice_to_uint64(SLICE("0042"), 42, &number));
    ck_assert_uint_eq(number, 42);
    ck_assert(slice_to_uint64(SLICE("18446744073709551615"), UINT64_MAX, &number));
    ck_assert_uint_eq(number, UINT64_MAX);
    number = 7;
    static const char *const wrong[] = {
        "", "+1", "-1", " 1", "1 ", "a", "1.0", "43", "18446744073709551616"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!slice_to_uint64(slice_of(wrong[i]), 42, &number), "took '%s'", wrong[i]);
    ck_assert(!slice_to_uint64(SLICE("18446744073709551616"), UINT64_MAX, &number));
    ck_assert_uint_eq(number, 7);
}
END_TEST

START_TEST(hash_of_equal_bytes_is_equal_and_of_others_is_not)
{
    ck_assert_uint_eq(slice_hash(SLICE("PID")), slice_hash(slice_of("PID")));
    ck_assert_uint_eq(slice_hash(SLICE("")), slice_hash((struct slice){NULL, 0}));
    ck_assert_uint_ne(slice_hash(SLICE("PID")), slice_hash(SLICE("PIE")));
    ck_assert_uint_ne(slice_hash(SLICE("a")), slice_hash(SLICE("a\0")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("slice");
    tcase_add_test(tests, part_outside_is_cut_off_and_never_read);
    tcase_add_test(tests, slice_of_null_is_empty);
    tcase_add_test(tests, equality_sees_nul_bytes);
    tcase_add_test(tests, case_is_ignored_for_ascii_letters_only);
    tcase_add_test(tests, prefix_sorts_before_what_it_begins);
    tcase_add_test(tests, starts_and_ends_are_found);
    tcase_add_test(tests, search_without_success_gives_the_length);
    tcase_add_test(tests, byte_is_found_wherever_it_stands);
    tcase_add_test(tests, trim_takes_blanks_from_both_ends_only);
    tcase_add_test(tests, split_gives_empty_parts_too);
    tcase_add_test(tests, number_is_digits_only_and_within_its_maximum);
    tcase_add_test(tests, hash_of_equal_bytes_is_equal_and_of_others_is_not);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("slice", add);
}
