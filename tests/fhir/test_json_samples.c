/* Every JSON text of the shared samples, by its manifest: `accept` must be read, `reject` must not,
 * and `either` must do the same each time (here: what the table below says). */
#include "base/csv.h"
#include "base/file.h"
#include "fhir/json.h"
#include "support/suite.h"

#include <stdlib.h>

/* Left open by RFC 8259 and decided here: numbers of any size keep their text, what is not UTF-8 or
 * half of a surrogate pair is refused. */
static const char *const read_though_open[] = {
    "i_number_double_huge_neg_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
};

static bool is_expected(struct slice file, struct slice expect)
{
    if (slice_equal(expect, SLICE("either"))) {
        for (size_t i = 0; i < sizeof(read_though_open) / sizeof(read_though_open[0]); i++) {
            if (slice_equal(file, slice_of(read_though_open[i])))
                return true;
        }
        return false;
    }
    return slice_equal(expect, SLICE("accept"));
}

START_TEST(every_sample_is_read_or_refused_as_its_manifest_says)
{
    char *folder = suite_need_shared("samples/badinput/json");
    struct arena *arena = arena_new(0);
    struct slice text;
    struct csv_table manifest;
    ck_assert_int_eq(
        file_read(file_join(arena, folder, SLICE("manifest.csv")), 1 << 20, arena, &text, NULL), 0);
    ck_assert_int_eq(csv_parse(SLICE("manifest.csv"), text, CSV_COMMA, arena, &manifest, NULL), 0);
    ck_assert_uint_gt(manifest.row_count, 70);
    for (size_t row = 0; row < manifest.row_count; row++) {
        const struct slice file = csv_cell(&manifest, row, csv_column(&manifest, "file"));
        const bool expected =
            is_expected(file, csv_cell(&manifest, row, csv_column(&manifest, "expect")));
        struct issue_list issues;
        issue_list_init(&issues, arena);
        struct json *json = NULL;
        ck_assert_int_eq(file_read(file_join(arena, folder, file), 1 << 20, arena, &text, NULL), 0);
        const bool was_read = json_parse(text, arena, &json, &issues) == 0;
        ck_assert_msg(was_read == expected, "%.*s", SLICE_ARG(file));
        ck_assert_uint_eq(issues.count, expected ? 0 : 1);
    }
    arena_free(arena);
    free(folder);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("json samples");
    tcase_add_test(tests, every_sample_is_read_or_refused_as_its_manifest_says);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("json samples", add);
}
