/* Patterns of `matches`: `*` is any bytes, `?` is one, all else is itself. */
#include "mapping/condition.h"
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

static void add(Suite *suite)
{
    TCase *condition = tcase_create("condition");
    tcase_add_test(condition, text_is_like_its_pattern_and_like_no_other);
    suite_add_tcase(suite, condition);
}

int main(void)
{
    return suite_main("condition", add);
}
