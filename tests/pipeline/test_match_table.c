/* The tables of mappings/identity: what is wrong in them is said with file, line and column. */
#include "pipeline/match_table.h"

#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;
static struct issue_list issues;
static struct mapping_texts texts;

static void set_up(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    ck_assert_int_eq(mapping_texts_of_base(PAINBRIDGE_SOURCE_DIR "/mappings", arena, &texts, NULL),
                     0);
    texts.folder = "m";
}

static void tear_down(void)
{
    arena_free(arena);
}

static struct mapping_text *file_of(const char *name)
{
    for (size_t i = 0; i < texts.count; i++)
        if (slice_equal(texts.items[i].name, slice_of(name)))
            return &texts.items[i];
    ck_abort_msg("there is no %s", name);
}

static int load(void)
{
    const struct match_table *table = NULL;
    return pipeline_match_table_load(&texts, arena, &table, &issues);
}

/* The shipped file with one row more at its end; where the issue stands in it, and what it says. */
struct row {
    const char *file, *row, *place, *words;
};

static void expect_issue(const struct row *row)
{
    struct mapping_text *file = file_of(row->file);
    struct slice shipped = file->text;
    unsigned line = 1;
    for (size_t i = 0; i < shipped.len; i++)
        line += shipped.ptr[i] == '\n';
    file->text = arena_format(arena, "%.*s%s\n", SLICE_ARG(shipped), row->row);
    issue_list_init(&issues, arena);
    ck_assert_msg(load() != 0, "%s: '%s' is taken", row->file, row->row);
    struct slice place = arena_format(arena, "m/%s:%u:%s", row->file, line, row->place);
    ck_assert_msg(slice_equal(issue_place_text(&issues.items[0].place, arena), place),
                  "'%s' is at %.*s", row->row,
                  SLICE_ARG(issue_place_text(&issues.items[0].place, arena)));
    ck_assert_msg(slice_find(issue_words(&issues.items[0]), slice_of(row->words)) <
                      issue_words(&issues.items[0]).len,
                  "'%s' %.*s", row->row, SLICE_ARG(issue_words(&issues.items[0])));
    file->text = shipped;
}

START_TEST(the_shipped_tables_load)
{
    ck_assert_int_eq(load(), 0);
    ck_assert_uint_eq(issues.count, 0);
}
END_TEST

START_TEST(a_wrong_cell_is_named)
{
    static const struct row ROWS[] = {
        {"identity/weights.csv", "birht,equal,0.9,0.1,", "1", "is no field"},
        {"identity/weights.csv", "birth,eqal,0.9,0.1,", "7", "is no level"},
        {"identity/weights.csv", "sex,typo,0.9,0.1,", "5", "no level of this field"},
        {"identity/weights.csv", "sex,missing,0.9,0.1,", "5", "weighs nothing"},
        {"identity/weights.csv", "sex,equal,0,0.1,", "11", "no frequency"},
        {"identity/weights.csv", "sex,equal,0.9,1.5,", "15", "no frequency"},
        {"identity/weights.csv", "sex,equal,0.9,1e-3,", "15", "no frequency"},
        {"identity/weights.csv", "sex,equal,0.9,0.5,", "1", "already"},
        {"identity/rules.csv", "x,,,,,,,,,,maybe,", "12", "nothing a rule says"},
        {"identity/rules.csv", "x,,,,,,,female,,,same,", "9", "no level"},
        {"identity/rules.csv", "x,,,,,,,typo,,,same,", "9", "does not know"},
        {"identity/rules.csv", ",,,,,,,,,,same,", "1", "needs a name"},
        {"identity/thresholds.csv", "lnk,22,", "1", "is no threshold"},
        {"identity/thresholds.csv", "link,high,", "6", "is no number"},
        {"identity/thresholds.csv", "block-cap,0,", "11", "from 1 to 100000"},
        {"identity/thresholds.csv", "link,22,", "1", "is there twice"},
        {"identity/identifiers.csv", "MR,proof,", "1", "is there twice"},
        {"identity/identifiers.csv", "XX,evidence,", "4", "nothing a number counts as"},
        {"identity/nicknames.csv", "surname,a,b", "1", "no kind of a name"},
        {"identity/nicknames.csv", "given,ana,", "11", "no letter"},
        {"identity/names.csv", "given,ana,often", "11", "nothing a name can be"},
        {"identity/words.csv", "unit,apt,apt", "10", "has no value"},
        {"identity/words.csv", "street,lane,", "13", "written as"},
        {"identity/placeholders.csv", "town,x", "1", "nothing a placeholder"},
        {"identity/placeholders.csv", "given,x,y", "9", ""},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
        expect_issue(&ROWS[i]);
}
END_TEST

START_TEST(a_slip_gets_a_suggestion)
{
    const struct row row = {"identity/weights.csv", "birht,equal,0.9,0.1,", "1", "is no field"};
    expect_issue(&row);
    CK_SAME(issues.items[0].hint, "did you mean 'birth'?");
}
END_TEST

START_TEST(a_missing_file_a_missing_column_and_a_missing_row_are_named)
{
    struct mapping_text *file = file_of("identity/weights.csv");
    file->name = SLICE("identity/elsewhere.csv");
    ck_assert_int_ne(load(), 0);
    CK_SAME(issue_words(&issues.items[0]), "could not find 'identity/weights.csv'");

    file->name = SLICE("identity/weights.csv");
    file->text = SLICE("field,level,m\nsex,equal,0.9\n");
    issue_list_init(&issues, arena);
    ck_assert_int_ne(load(), 0);
    CK_SAME(issue_words(&issues.items[0]), "there is no column 'u'");

    file->text = SLICE("field,level,m,u\nsex,equal,0.9,0.5\n");
    issue_list_init(&issues, arena);
    ck_assert_int_ne(load(), 0);
    CK_SAME(issue_words(&issues.items[0]), "there is no row for 'number,different'");
}
END_TEST

START_TEST(the_thresholds_stand_in_their_order)
{
    file_of("identity/thresholds.csv")->text =
        SLICE("name,value\nlink,10\nreview,12\nblock-cap,200\nsecond,10\n");
    ck_assert_int_ne(load(), 0);
    CK_SAME(issue_words(&issues.items[0]), "'review' is above 'link'");

    file_of("identity/thresholds.csv")->text =
        SLICE("name,value\nlink,20\nreview,12\nblock-cap,200\nsecond,10\n");
    issue_list_init(&issues, arena);
    ck_assert_int_ne(load(), 0);
    CK_SAME(issue_words(&issues.items[0]), "'link' is above 'second'");
}
END_TEST

static void add(Suite *suite)
{
    TCase *table = tcase_create("match_table");
    tcase_add_checked_fixture(table, set_up, tear_down);
    tcase_add_test(table, the_shipped_tables_load);
    tcase_add_test(table, a_wrong_cell_is_named);
    tcase_add_test(table, a_slip_gets_a_suggestion);
    tcase_add_test(table, a_missing_file_a_missing_column_and_a_missing_row_are_named);
    tcase_add_test(table, the_thresholds_stand_in_their_order);
    suite_add_tcase(suite, table);
}

int main(void)
{
    return suite_main("match_table", add);
}
