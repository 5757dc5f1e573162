/* map: every key finds its own value, and the order is that of insertion. */
#include "base/map.h"
#include "support/same.h"
#include "support/suite.h"

START_TEST(empty_map_has_nothing)
{
    struct arena *arena = arena_new(0);
    struct map map;
    map_init(&map, arena);
    ck_assert_ptr_null(map_get(&map, SLICE("")));
    ck_assert_ptr_null(map_get(&map, SLICE("PID")));
    arena_free(arena);
}
END_TEST

START_TEST(put_replaces_and_gives_back_what_was_there)
{
    struct arena *arena = arena_new(0);
    struct map map;
    map_init(&map, arena);
    int first, second;
    ck_assert_ptr_null(map_put(&map, SLICE("PID"), &first));
    ck_assert_ptr_eq(map_put(&map, SLICE("PID"), &second), &first);
    ck_assert_ptr_eq(map_get(&map, SLICE("PID")), &second);
    ck_assert_uint_eq(map.count, 1);
    ck_assert_ptr_null(map_get(&map, SLICE("PI")));
    ck_assert_ptr_null(map_get(&map, SLICE("PID\0")));
    arena_free(arena);
}
END_TEST

START_TEST(thousands_of_keys_are_found_in_the_order_they_came)
{
    enum { COUNT = 10000 };
    struct arena *arena = arena_new(0);
    struct map map;
    map_init(&map, arena);
    int *values = ARENA_ARRAY(arena, COUNT, int);
    for (int i = 0; i < COUNT; i++)
        map_put(&map, arena_format(arena, "key %d", i), &values[i]);
    ck_assert_uint_eq(map.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        struct slice key = arena_format(arena, "key %d", i);
        if (map_get(&map, key) != &values[i] || !slice_equal(map.entries[i].key, key))
            ck_abort_msg("lost key %d", i);
    }
    ck_assert_ptr_null(map_get(&map, SLICE("key 10000")));
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("map");
    tcase_add_test(tests, empty_map_has_nothing);
    tcase_add_test(tests, put_replaces_and_gives_back_what_was_there);
    tcase_add_test(tests, thousands_of_keys_are_found_in_the_order_they_came);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("map", add);
}
