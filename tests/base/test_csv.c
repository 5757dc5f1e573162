/* csv: RFC 4180, tabs without quotes, and the place of every mistake. */
#include "base/csv.h"
#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;
static struct issue_list issues;
static struct csv_table table;

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void end(void)
{
    arena_free(arena);
}

static int parse(enum csv_form form, struct slice text)
{
    return csv_parse(SLICE("t.csv"), text, form, arena, &table, &issues);
}

static void check_place(size_t row, size_t column, const char *text)
{
    struct issue_place place = csv_place(&table, row, column);
    CK_SAME(issue_place_text(&place, arena), text);
}

START_TEST(cells_are_found_by_name)
{
    ck_assert_int_eq(parse(CSV_COMMA, SLICE("code,display\nM,Male\nF,\n")), 0);
    ck_assert_uint_eq(table.column_count, 2);
    ck_assert_uint_eq(table.row_count, 2);
    ck_assert_uint_eq(csv_column(&table, "display"), 1);
    ck_assert_uint_eq(csv_column(&table, "none"), 2);
    CK_SAME(csv_cell(&table, 0, 1), "Male");
    CK_SAME(csv_cell(&table, 1, 0), "F");
    CK_SAME(csv_cell(&table, 1, 1), "");
    CK_SAME(csv_cell(&table, 1, 2), "");
    CK_SAME(csv_cell(&table, 2, 0), "");
}
END_TEST

START_TEST(quoted_cells_hold_separators_quotes_and_line_ends)
{
    ck_assert_int_eq(parse(CSV_COMMA, SLICE("a,b,c\r\n\"x,y\",\"say \"\"no\"\"\",\"\"\r\n"
                                            "\"one\r\ntwo\",z,\"\"\"\"")),
                     0);
    CK_SAME(csv_cell(&table, 0, 0), "x,y");
    CK_SAME(csv_cell(&table, 0, 1), "say \"no\"");
    CK_SAME(csv_cell(&table, 0, 2), "");
    CK_SAME(csv_cell(&table, 1, 0), "one\r\ntwo");
    CK_SAME(csv_cell(&table, 1, 1), "z");
    CK_SAME(csv_cell(&table, 1, 2), "\"");
    check_place(1, 0, "t.csv:3:1");
    check_place(1, 1, "t.csv:4:6");
}
END_TEST

START_TEST(tabs_know_no_quotes)
{
    ck_assert_int_eq(parse(CSV_TAB, SLICE("a\tb\n\"x\t,\n")), 0);
    CK_SAME(csv_cell(&table, 0, 0), "\"x");
    CK_SAME(csv_cell(&table, 0, 1), ",");
}
END_TEST

START_TEST(comments_empty_lines_and_the_byte_order_mark_are_skipped_and_counted)
{
    ck_assert_int_eq(
        parse(CSV_COMMA, SLICE("\xEF\xBB\xBF# head, with, commas\n\na,b\n#\n\r\n1,#2\n")), 0);
    ck_assert_uint_eq(table.head_line, 3);
    ck_assert_uint_eq(table.row_count, 1);
    CK_SAME(csv_cell(&table, 0, 1), "#2");
    check_place(0, 1, "t.csv:6:3");
    check_place(0, 9, "t.csv:6");
    check_place(9, 0, "t.csv:3");
}
END_TEST

START_TEST(last_line_needs_no_end_and_head_alone_is_a_table)
{
    ck_assert_int_eq(parse(CSV_COMMA, SLICE("a,b\n1,2")), 0);
    CK_SAME(csv_cell(&table, 0, 1), "2");
    ck_assert_int_eq(parse(CSV_COMMA, SLICE("a,b,")), 0);
    ck_assert_uint_eq(table.column_count, 3);
    ck_assert_uint_eq(table.row_count, 0);
}
END_TEST

static const struct {
    const char *text;
    const char *place;
    const char *words;
} refused[] = {
    {"", "t.csv:1:1", "table has no head row"},
    {"# only\n", "t.csv:2:1", "table has no head row"},
    {"a,b\n1\n", "t.csv:2:1", "row has 1 cells, the head has 2"},
    {"a,b\n1,2,3\n", "t.csv:2:5", "row has 3 cells, the head has 2"},
    {"a,b\n1,\"2\n3\n", "t.csv:2:3", "quoted cell does not end"},
    {"a,b\n1,2\"\n", "t.csv:2:4", "quote inside a cell without quotes"},
    {"a,b\n\"1\"x,2\n", "t.csv:2:4", "text behind a closing quote"},
    {"a,b,a\n", "t.csv:1:5", "two columns of one name"},
    {"a,b\n1,\xFF\n", "t.csv:2:3", "text is not valid UTF-8"},
};

START_TEST(mistakes_are_refused_at_their_place)
{
    ck_assert_int_eq(parse(CSV_COMMA, slice_of(refused[_i].text)), -1);
    ck_assert_uint_eq(issues.count, 1);
    CK_SAME(issue_place_text(&issues.items[0].place, arena), refused[_i].place);
    CK_SAME(issues.items[0].words, refused[_i].words);
}
END_TEST

START_TEST(every_row_of_wrong_width_is_told)
{
    ck_assert_int_eq(parse(CSV_COMMA, SLICE("a,b\n1\n1,2\n3\n")), -1);
    ck_assert_uint_eq(issues.count, 2);
    ck_assert_uint_eq(issues.items[1].place.line, 4);
}
END_TEST

START_TEST(large_table_keeps_every_cell)
{
    struct slice text = SLICE("n,m\n");
    for (int i = 0; i < 1000; i++)
        text = arena_format(arena, "%.*s%d,%d\n", SLICE_ARG(text), i, 2 * i);
    ck_assert_int_eq(parse(CSV_COMMA, text), 0);
    ck_assert_uint_eq(table.row_count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        struct slice expected = arena_format(arena, "%zu", 2 * i);
        ck_assert(slice_equal(csv_cell(&table, i, 1), expected));
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("csv");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, cells_are_found_by_name);
    tcase_add_test(tests, quoted_cells_hold_separators_quotes_and_line_ends);
    tcase_add_test(tests, tabs_know_no_quotes);
    tcase_add_test(tests, comments_empty_lines_and_the_byte_order_mark_are_skipped_and_counted);
    tcase_add_test(tests, last_line_needs_no_end_and_head_alone_is_a_table);
    tcase_add_loop_test(tests, mistakes_are_refused_at_their_place, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, every_row_of_wrong_width_is_told);
    tcase_add_test(tests, large_table_keeps_every_cell);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("csv", add);
}
