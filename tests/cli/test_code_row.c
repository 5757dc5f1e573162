/* One row more in a code table. */
#include "cli/code_row.h"

#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;
static struct issue_list issues;

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void end(void)
{
    arena_free(arena);
}

static int add_row(const char *table, const char *code, const char *target, const char *why,
                   struct slice *ret_text)
{
    const struct code_row_cell cells[] = {{"code", slice_of(code)},
                                          {"code_system", SLICE("")},
                                          {"target_code", slice_of(target)},
                                          {"why", slice_of(why)}};
    return code_row_add(SLICE("codes/T.csv"), slice_of(table), cells, 4, arena, ret_text, &issues);
}

START_TEST(table_that_is_not_there_begins_with_its_head_row)
{
    struct slice text;
    ck_assert_int_eq(add_row("", "X9", "other", "asked", &text), 0);
    CK_SAME(text, "code,code_system,target_code,why\nX9,,other,asked\n");
}
END_TEST

START_TEST(row_follows_the_columns_of_the_table_and_leaves_the_rest_as_it_is)
{
    struct slice text;
    ck_assert_int_eq(
        add_row("# ours\nwhy,code,site,target_code\r\nx,A,,a", "X9", "other", "asked", &text), 0);
    CK_SAME(text, "# ours\nwhy,code,site,target_code\r\nx,A,,a\nasked,X9,,other\n");
}
END_TEST

/* RFC 4180 2.6, 2.7; a line that begins with # is a comment to our reader. */
START_TEST(what_has_commas_quotes_or_a_hash_is_quoted)
{
    struct slice text;
    ck_assert_int_eq(add_row("", "#1", "a,b", "the \"word\"", &text), 0);
    CK_SAME(text, "code,code_system,target_code,why\n\"#1\",,\"a,b\",\"the \"\"word\"\"\"\n");
}
END_TEST

START_TEST(column_that_is_missing_is_named)
{
    struct slice text;
    ck_assert_int_eq(add_row("code,target_code\nA,a\n", "X9", "other", "asked", &text), -1);
    CK_SAME(issues.items[0].words, "the table has no column 'why' for what the row is to say");
    ck_assert_uint_eq(issues.items[0].place.line, 1);
}
END_TEST

START_TEST(code_that_has_a_row_is_a_conflict_at_its_place)
{
    struct slice text;
    ck_assert_int_eq(add_row("code,target_code,why\nA,a,\nX9,b,\n", "X9", "c", "asked", &text), -1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_CONFLICT);
    ck_assert_uint_eq(issues.items[0].place.line, 3);
}
END_TEST

START_TEST(common_value_is_that_of_all_rows_or_none)
{
    static const char TABLE[] =
        "code,target_code,target_system\nF,female,urn:sex\nM,male,urn:sex\nZ,,\n";
    const struct slice none = {NULL, 0};
    CK_SAME(code_row_common(slice_of(TABLE), "target_system", NULL, none, arena), "urn:sex");
    CK_SAME(code_row_common(slice_of(TABLE), "target_code", NULL, none, arena), "");
    CK_SAME(code_row_common(slice_of(TABLE), "code", "target_code", SLICE("male"), arena), "M");
    CK_SAME(code_row_common(slice_of(TABLE), "unit", NULL, none, arena), "");
    CK_SAME(code_row_common(slice_of(""), "code", NULL, none, arena), "");
}
END_TEST

static void add(Suite *suite)
{
    TCase *rows = tcase_create("rows");
    tcase_add_checked_fixture(rows, begin, end);
    tcase_add_test(rows, table_that_is_not_there_begins_with_its_head_row);
    tcase_add_test(rows, row_follows_the_columns_of_the_table_and_leaves_the_rest_as_it_is);
    tcase_add_test(rows, what_has_commas_quotes_or_a_hash_is_quoted);
    tcase_add_test(rows, column_that_is_missing_is_named);
    tcase_add_test(rows, code_that_has_a_row_is_a_conflict_at_its_place);
    tcase_add_test(rows, common_value_is_that_of_all_rows_or_none);
    suite_add_tcase(suite, rows);
}

int main(void)
{
    return suite_main("code row", add);
}
