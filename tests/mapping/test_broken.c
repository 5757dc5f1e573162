/* Ten broken files and more: what an analyst is told, byte for byte.
 *
 * tests/mapping/broken/NAME.xml is checked against the rules of tests/mapping/rules; what is
 * printed must be broken/NAME.expected. */
#include "mapping/harness.h"

#define FOLDER HARNESS_FOLDER "broken"

/* Without the path of the working copy. */
static struct slice without_root(struct slice text, struct arena *arena)
{
    struct slice root = slice_of(PAINBRIDGE_SOURCE_DIR "/"), result = {NULL, 0};
    while (text.len) {
        size_t at = slice_find(text, root);
        result = arena_format(arena, "%.*s%.*s", SLICE_ARG(result), (int)at, text.ptr);
        text = slice_after(text, at + root.len);
    }
    return result;
}

static struct slice printed(const char *path, struct arena *arena)
{
    struct issue_list issues;
    struct buffer text;
    issue_list_init(&issues, arena);
    buffer_init(&text, 0);
    const struct mapping_rules *rules = harness_rules(HARNESS_FOLDER "rules", arena, &issues);
    ck_assert_ptr_nonnull(rules);
    ck_assert_int_eq(mapping_file_check(rules, path, arena, &issues), -1);
    mapping_issue_print_list(&issues, &text);
    struct slice result = without_root(arena_copy(arena, buffer_slice(&text)), arena);
    buffer_release(&text);
    return result;
}

START_TEST(broken_file_is_told_as_expected)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    struct slice *names, expected;
    size_t count;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_list(FOLDER, ".xml", arena, &names, &count, &issues), 0);
    ck_assert_uint_ge(count, 10);
    for (size_t i = 0; i < count; i++) {
        struct slice stem = slice_part(names[i], 0, names[i].len - 4);
        struct slice name = arena_format(arena, "%.*s.expected", SLICE_ARG(stem));
        struct slice got = printed(file_join(arena, FOLDER, names[i]), arena);
        ck_assert_int_eq(
            file_read(file_join(arena, FOLDER, name), 65536, arena, &expected, &issues), 0);
        ck_assert_msg(slice_equal(got, expected), "%.*s: got\n%.*s", SLICE_ARG(names[i]),
                      SLICE_ARG(got));
    }
    arena_free(arena);
}
END_TEST

START_TEST(file_of_the_base_passes_in_its_own_place)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(HARNESS_FOLDER "rules", arena, &issues);
    ck_assert_int_eq(mapping_file_check(rules,
                                        HARNESS_FOLDER "rules/v2-to-fhir/segments/PID-Patient.xml",
                                        arena, &issues),
                     0);
    ck_assert_int_eq(
        mapping_file_check(rules, HARNESS_FOLDER "sites/mission/mission.xml", arena, &issues), 0);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 60);
    tcase_add_test(files, broken_file_is_told_as_expected);
    tcase_add_test(files, file_of_the_base_passes_in_its_own_place);
    suite_add_tcase(suite, files);
}

int main(void)
{
    return suite_main("broken", add);
}
