/* What a file seems to be that is not what a command wants. */
#include "cli/guess.h"
#include "support/suite.h"

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(0);
}

static void end(void)
{
    arena_free(arena);
}

#define BYTES(literal) SLICE_INIT(literal)

static const struct {
    struct slice bytes;
    const char *no_message, *no_resource; /* a word of the hint; NULL: no hint */
} ROWS[] = {
    {BYTES(""), "nothing in it", "nothing in it"},
    {BYTES(" \r\n\t"), "nothing in it", "nothing in it"},
    {BYTES("{\"resourceType\":\"Patient\"}"), "--to v2", NULL},
    {BYTES("\xef\xbb\xbf\n{}"), "--to v2", NULL},
    {BYTES("[{}]"), "--to v2", "Bundle"},
    {BYTES("MSH|^~\\&|A"), "separators", "painbridge convert"},
    {BYTES("\x0bMSH|^~\\&|A"), "separators", "painbridge convert"},
    {BYTES("BHS|^~\\&|A"), "MSH", "painbridge convert"},
    {BYTES("PID|1||A1"), "head is missing", "without its MSH"},
    {BYTES("Pid|1||A1"), NULL, NULL},
    {BYTES("PID"), NULL, NULL},
    {BYTES("\xff\xfeM\0S\0H\0|\0"), "UTF-16", "UTF-16"},
    {BYTES("\0M\0S\0H\0|"), "UTF-16", "UTF-16"},
    {BYTES("M\0S\0H\0|\0"), "UTF-16", "UTF-16"},
    {BYTES("{\0\"\0"), "UTF-16", "UTF-16"},
    {BYTES("<Patient/>"), "XML", "XML"},
    {BYTES("\x1f\x8b\x08"), "compressed", "compressed"},
    {BYTES("PK\x03\x04"), "compressed", "compressed"},
    {BYTES("%PDF-1.7"), "PDF", "PDF"},
    {BYTES("ISA*00*"), "X12", "X12"},
    {BYTES("UNB+UNOA:1"), "EDIFACT", "EDIFACT"},
    {BYTES("hello"), NULL, NULL},
};

static void check(struct slice hint, const char *word, int row)
{
    if (word == NULL) {
        ck_assert_msg(hint.len == 0, "row %d says %.*s", row, SLICE_ARG(hint));
        return;
    }
    ck_assert_msg(slice_find(hint, slice_of(word)) < hint.len, "row %d says %.*s", row,
                  SLICE_ARG(hint));
}

START_TEST(a_file_of_another_kind_is_named)
{
    check(guess_no_message(ROWS[_i].bytes), ROWS[_i].no_message, _i);
    check(guess_no_resource(ROWS[_i].bytes), ROWS[_i].no_resource, _i);
}
END_TEST

START_TEST(the_first_error_gets_the_hint_where_it_has_none)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    issue_report(&issues, ISSUE_SYNTAX, ISSUE_WARNING, ISSUE_NOWHERE, "one");
    issue_report(&issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE, "two");
    guess_add(&issues, SLICE("hint"));
    guess_add(&issues, SLICE("another"));
    ck_assert_uint_eq(issues.items[0].hint.len, 0);
    ck_assert(slice_equal(issues.items[1].hint, SLICE("hint")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("guess");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, a_file_of_another_kind_is_named, 0, sizeof(ROWS) / sizeof(ROWS[0]));
    tcase_add_test(tests, the_first_error_gets_the_hint_where_it_has_none);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("guess", add);
}
