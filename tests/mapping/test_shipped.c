/* The shipped mappings load without an issue, with and without the example site. */
#include "mapping/harness.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"

static void load(const char *site)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    const struct mapping_program *program = NULL;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    if (!rules || mapping_program_load(rules, site, arena, &program, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(program);
    ck_assert_uint_eq(issues.count, 0);
    ck_assert(mapping_program_has_structure(program, SLICE("ORU_R01")));
    arena_free(arena);
}

START_TEST(shipped_base_loads_without_an_issue)
{
    load(NULL);
}
END_TEST

START_TEST(example_site_loads_without_an_issue)
{
    if (!file_is_folder(SHIPPED "/example-site"))
        suite_skip("there is no example site");
    load(SHIPPED "/example-site");
}
END_TEST

static void add(Suite *suite)
{
    TCase *shipped = tcase_create("shipped");
    tcase_set_timeout(shipped, 60);
    tcase_add_test(shipped, shipped_base_loads_without_an_issue);
    tcase_add_test(shipped, example_site_loads_without_an_issue);
    suite_add_tcase(suite, shipped);
}

int main(void)
{
    return suite_main("shipped", add);
}
