/* What a command line means. */
#include "cli/option.h"

#include "support/suite.h"

static const struct option_row rows[] = {
    {"site", "SITE", "", false},
    {"allow", "APP/FACILITY", "", true},
    {"json", NULL, "", false},
    {"help", NULL, "", false},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))
#define MAX_WORDS 8

/* Words, and what must come of them. */
struct example {
    const char *words[MAX_WORDS];
    int result;
    const char *operands; /* comma between */
    const char *site, *allow0, *allow1;
    bool json;
    const char *issue, *hint;
};

static const struct example examples[] = {
    {.words = {NULL}, .operands = ""},
    {.words = {"a", "b"}, .operands = "a,b"},
    {.words = {"--site", "x", "a"}, .operands = "a", .site = "x"},
    {.words = {"a", "--site=x", "--json", "b"}, .operands = "a,b", .site = "x", .json = true},
    {.words = {"--site="}, .operands = "", .site = ""},
    {.words = {"--site=a=b"}, .operands = "", .site = "a=b"},
    {.words = {"--site", "--json"}, .operands = "", .site = "--json"},
    {.words = {"--allow", "A/B", "--allow=C/D"}, .operands = "", .allow0 = "A/B", .allow1 = "C/D"},
    {.words = {"-"}, .operands = "-"},
    {.words = {"--", "--json", "-x"}, .operands = "--json,-x"},
    {.words = {""}, .operands = ""},
    {.words = {"--siet", "x"},
     .result = -1,
     .issue = "unknown option '--siet'",
     .hint = "did you mean '--site'?"},
    {.words = {"--zzzzzz"}, .result = -1, .issue = "unknown option '--zzzzzz'", .hint = ""},
    {.words = {"-j"}, .result = -1, .issue = "unknown option '--j'"},
    {.words = {"a", "--site"}, .result = -1, .issue = "option '--site' needs a value: SITE"},
    {.words = {"--json=yes"}, .result = -1, .issue = "option '--json' takes no value"},
    {.words = {"--site", "x", "--site", "y"},
     .result = -1,
     .issue = "option '--site' is given twice"},
};

static void same_text(const char *expected, const char *actual)
{
    if (expected == NULL) {
        ck_assert_ptr_null(actual);
        return;
    }
    ck_assert_str_eq(actual, expected);
}

static void check_values(const struct example *example, const struct option_values *values,
                         struct arena *arena)
{
    struct slice operands = {0};
    for (size_t i = 0; i < values->operand_count; i++) {
        operands = arena_format(arena, "%.*s%s%s", SLICE_ARG(operands), i > 0 ? "," : "",
                                values->operands[i]);
    }
    ck_assert(slice_equal(operands, slice_of(example->operands)));
    same_text(example->site, option_value(values, "site"));
    same_text(example->allow0, option_value_at(values, "allow", 0));
    same_text(example->allow1, option_value_at(values, "allow", 1));
    ck_assert(option_given(values, "json") == example->json);
}

START_TEST(each_command_line_gives_its_options_and_operands)
{
    const struct example *example = &examples[_i];
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    char *words[MAX_WORDS];
    size_t count = 0;
    while (example->words[count] != NULL) {
        words[count] = arena_string(arena, slice_of(example->words[count]));
        count++;
    }
    struct option_values values;
    int result = option_parse(rows, ROW_COUNT, words, count, arena, &values, &issues);
    ck_assert_int_eq(result, example->result);
    if (result == 0) {
        check_values(example, &values, arena);
    }
    if (example->issue != NULL) {
        ck_assert_uint_eq(issues.count, 1);
        ck_assert(slice_equal(issues.items[0].words, slice_of(example->issue)));
    }
    if (example->hint != NULL) {
        ck_assert(slice_equal(issues.items[0].hint, slice_of(example->hint)));
    }
    arena_free(arena);
}
END_TEST

START_TEST(h_alone_asks_for_help)
{
    struct arena *arena = arena_new(0);
    char word[] = "-h";
    char *words[] = {word};
    struct option_values values;
    ck_assert_int_eq(option_parse(rows, ROW_COUNT, words, 1, arena, &values, NULL), 0);
    ck_assert(option_given(&values, "help"));
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *parse = tcase_create("parse");
    tcase_add_loop_test(parse, each_command_line_gives_its_options_and_operands, 0,
                        sizeof(examples) / sizeof(examples[0]));
    tcase_add_test(parse, h_alone_asks_for_help);
    suite_add_tcase(suite, parse);
}

int main(void)
{
    return suite_main("option", add);
}
