/* Looks at code tables: which are found, page by page, and by whom. */
#include "pipeline/query.h"

#include "support/suite.h"

static const struct pipeline_table ROWS[] = {
    {SLICE_INIT("Sex"), SLICE_INIT("urn:a"), SLICE_INIT("Sex"), SLICE_INIT("Sex"),
     SLICE_INIT("{1}")},
    {SLICE_INIT("north.Sex"), SLICE_INIT("urn:b"), SLICE_INIT("Sex"), SLICE_INIT("Sex"),
     SLICE_INIT("{2}")},
    {SLICE_INIT("day-of-week"), SLICE_INIT("urn:c"), SLICE_INIT("Day_of_week"),
     SLICE_INIT("day-of-week"), SLICE_INIT("{3}")},
};
static const struct pipeline_tables TABLES = {ROWS, sizeof(ROWS) / sizeof(ROWS[0])};

static struct arena *arena;

static void set_up(void)
{
    arena = arena_new(0);
}

static void tear_down(void)
{
    arena_free(arena);
}

/* The bodies that are answered, one after the other. */
static void expect(struct pipeline_question *question, const char *bodies)
{
    struct slice text = SLICE("");
    question->arena = arena;
    pipeline_tables_answer(&TABLES, question);
    for (size_t i = 0; i < question->count; i++)
        text = arena_format(arena, "%.*s%.*s", SLICE_ARG(text), SLICE_ARG(question->found[i].body));
    ck_assert_msg(slice_equal(text, slice_of(bodies)), "%.*s, wanted %s", SLICE_ARG(text), bodies);
}

static const struct {
    struct pipeline_table_criterion criteria[2];
    const char *bodies;
} searches[] = {
    {{{0}}, "{1}{2}{3}"},
    {{{PIPELINE_TABLE_ID, SLICE_INIT("Sex")}}, "{1}"},
    {{{PIPELINE_TABLE_ID, SLICE_INIT("sex")}}, ""},
    {{{PIPELINE_TABLE_ID, SLICE_INIT("x,,north.Sex,Sex")}}, "{1}{2}"},
    {{{PIPELINE_TABLE_ID, SLICE_INIT(",")}}, ""},
    {{{PIPELINE_TABLE_URL, SLICE_INIT("urn:c")}}, "{3}"},
    {{{PIPELINE_TABLE_URL, SLICE_INIT("urn:")}}, ""},
    {{{PIPELINE_TABLE_NAME, SLICE_INIT("se")}}, "{1}{2}"},
    {{{PIPELINE_TABLE_NAME, SLICE_INIT("ex")}}, ""},
    {{{PIPELINE_TABLE_NAME, SLICE_INIT("Day_of_week_and_more")}}, ""},
    {{{PIPELINE_TABLE_TITLE, SLICE_INIT("DAY-")}}, "{3}"},
    {{{PIPELINE_TABLE_NAME, SLICE_INIT("sex")}, {PIPELINE_TABLE_URL, SLICE_INIT("urn:b")}}, "{2}"},
};

START_TEST(tables_are_found_by_what_is_asked)
{
    struct pipeline_table_criterion criteria[2] = {searches[_i].criteria[0],
                                                   searches[_i].criteria[1]};
    size_t count = 0;
    while (count < 2 && criteria[count].value.len > 0)
        count++;
    const struct pipeline_table_search search = {.criteria = criteria, .count = count};
    struct pipeline_question question = {.tables = &search, .limit = 10};
    expect(&question, searches[_i].bodies);
    ck_assert_uint_eq(question.total, question.count);
    ck_assert(question.has_total && !question.has_more);
}
END_TEST

START_TEST(a_page_ends_at_its_limit_and_the_next_goes_on_behind_it)
{
    struct pipeline_table_search search = {0};
    struct pipeline_question first = {.tables = &search, .limit = 2};
    expect(&first, "{1}{2}");
    ck_assert(first.has_more);
    ck_assert_uint_eq(first.total, 3);
    search.skip = 2;
    struct pipeline_question second = {.tables = &search, .limit = 2};
    expect(&second, "{3}");
    ck_assert(!second.has_more);
    ck_assert_uint_eq(second.total, 3);
}
END_TEST

START_TEST(a_page_ends_behind_the_body_that_passes_the_bytes)
{
    const struct pipeline_table_search search = {0};
    struct pipeline_question question = {.tables = &search, .limit = 10, .bytes = 4};
    expect(&question, "{1}{2}");
    ck_assert(question.has_more);
}
END_TEST

START_TEST(none_may_be_wanted_but_their_number)
{
    const struct pipeline_table_search search = {0};
    struct pipeline_question question = {.tables = &search};
    expect(&question, "");
    ck_assert(!question.has_more);
    ck_assert_uint_eq(question.total, 3);
}
END_TEST

START_TEST(who_is_bound_to_a_patient_sees_none)
{
    const struct pipeline_table_search search = {0};
    struct pipeline_question question = {.tables = &search, .limit = 10, .patient = SLICE("anna")};
    expect(&question, "");
    ck_assert_uint_eq(question.total, 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("tables");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, tables_are_found_by_what_is_asked, 0,
                        sizeof(searches) / sizeof(searches[0]));
    tcase_add_test(cases, a_page_ends_at_its_limit_and_the_next_goes_on_behind_it);
    tcase_add_test(cases, a_page_ends_behind_the_body_that_passes_the_bytes);
    tcase_add_test(cases, none_may_be_wanted_but_their_number);
    tcase_add_test(cases, who_is_bound_to_a_patient_sees_none);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("query_tables", add);
}
