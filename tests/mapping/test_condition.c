/* Patterns of `matches`: `*` is any bytes, `?` is one, all else is itself. Sets of `in codes`. */
#include "mapping/condition.h"
#include "mapping/table.h"
#include "support/suite.h"

static const struct {
    const char *text, *pattern;
    bool is_like;
} ROWS[] = {
    {"Q6H", "Q*H", true},    {"QH", "Q*H", true},      {"Q6HP", "Q*H", false},
    {"", "", true},          {"", "*", true},          {"", "?", false},
    {"A", "", false},        {"A", "?", true},         {"AB", "?", false},
    {"AB", "A?*", true},     {"A", "A?*", false},      {"ABAB", "*AB", true},
    {"ABABC", "*AB", false}, {"AXBXC", "A*B*C", true}, {"AXCXB", "A*B*C", false},
    {"AAAB", "*AAB", true},  {"**", "*", true},        {"*ABC", "*", true},
    {"*ABC", "*C", true},    {"A*BC", "A*C", true},    {"A*B", "A*", true},
    {"A?B", "A?B", true},    {"*A", "?A", true},       {"a", "A", false},
};

START_TEST(text_is_like_its_pattern_and_like_no_other)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
        ck_assert_msg(condition_matches(slice_of(ROWS[i].text), slice_of(ROWS[i].pattern)) ==
                          ROWS[i].is_like,
                      "'%s' and '%s'", ROWS[i].text, ROWS[i].pattern);
}
END_TEST

/* `{n}` is one number, in a table that is a set by its name and in a set of a column `concept`. */
START_TEST(set_has_the_codes_of_rows_with_a_number)
{
    static const char TABLE[] =
        "code,concept,target_code\nBID,often,2\nQ{n}H,often,{n}\nQ{n}D,,1\n";
    static const struct {
        const char *set, *code;
        bool is_in;
    } CODES[] = {{"pattern", "BID", true},  {"pattern", "Q6H", true}, {"pattern", "Q2D", true},
                 {"pattern", "QXH", false}, {"often", "Q0.5H", true}, {"often", "BID", true},
                 {"often", "Q2D", false},   {"often", "Q{n}H", false}};
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    struct csv_table csv;
    struct code_tables tables;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(
        csv_parse(SLICE("pattern.csv"), slice_of(TABLE), CSV_COMMA, arena, &csv, &issues), 0);
    code_tables_init(&tables, SLICE(""), arena);
    code_tables_add(&tables, SLICE("pattern"), &csv);
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++)
        ck_assert_msg(code_set_has(code_tables_set(&tables, slice_of(CODES[i].set)),
                                   slice_of(CODES[i].code), SLICE("")) == CODES[i].is_in,
                      "'%s' in '%s'", CODES[i].code, CODES[i].set);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *condition = tcase_create("condition");
    tcase_add_test(condition, text_is_like_its_pattern_and_like_no_other);
    tcase_add_test(condition, set_has_the_codes_of_rows_with_a_number);
    suite_add_tcase(suite, condition);
}

int main(void)
{
    return suite_main("condition", add);
}
