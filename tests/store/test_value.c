/* Expected bytes by hand from PostgreSQL's array_send, int8send and timestamptz_send. */
#include "store/value.h"

#include "support/suite.h"

#include <string.h>

static void expect_bytes(struct store_value value, const char *bytes, size_t len)
{
    ck_assert_uint_eq(value.bytes.len, len);
    ck_assert_mem_eq(value.bytes.ptr, bytes, len);
    ck_assert(!value.is_null);
}

START_TEST(a_number_is_most_significant_byte_first)
{
    struct arena *arena = arena_new(0);
    expect_bytes(store_value_int8(258, arena), "\0\0\0\0\0\0\1\2", 8);
    expect_bytes(store_value_int4(-2, arena), "\xff\xff\xff\xfe", 4);
    expect_bytes(store_value_boolean(true, arena), "\1", 1);
    arena_free(arena);
}
END_TEST

START_TEST(an_instant_counts_from_the_year_2000)
{
    struct arena *arena = arena_new(0);
    expect_bytes(store_value_instant(INT64_C(946684800) * TIME_SECOND + 1, arena),
                 "\0\0\0\0\0\0\0\1", 8);
    ck_assert_int_eq(store_read_instant((struct slice){"\0\0\0\0\0\0\0\1", 8}),
                     INT64_C(946684800) * TIME_SECOND + 1);
    arena_free(arena);
}
END_TEST

START_TEST(an_empty_column_has_no_dimension)
{
    struct arena *arena = arena_new(0);
    struct store_column column;
    store_column_init(&column, STORE_TEXT, arena);
    expect_bytes(store_column_value(&column), "\0\0\0\0\0\0\0\0\0\0\0\x19", 12);
    arena_free(arena);
}
END_TEST

START_TEST(a_column_of_texts_holds_each_with_its_length)
{
    struct arena *arena = arena_new(0);
    struct store_column column;
    store_column_init(&column, STORE_TEXT, arena);
    store_column_add_bytes(&column, SLICE("ab"));
    store_column_add_bytes(&column, (struct slice){0});
    expect_bytes(store_column_value(&column),
                 "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1"
                 "\0\0\0\2ab\0\0\0\0",
                 30);
    arena_free(arena);
}
END_TEST

START_TEST(a_null_in_a_column_is_said_in_its_head)
{
    struct arena *arena = arena_new(0);
    struct store_column column;
    store_column_init(&column, STORE_INT8, arena);
    store_column_add_int8(&column, 1);
    store_column_add_null(&column);
    expect_bytes(store_column_value(&column),
                 "\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\2\0\0\0\1"
                 "\0\0\0\x8\0\0\0\0\0\0\0\1\xff\xff\xff\xff",
                 36);
    arena_free(arena);
}
END_TEST

START_TEST(a_column_grows_beyond_its_first_room)
{
    struct arena *arena = arena_new(0);
    struct store_column column;
    store_column_init(&column, STORE_INT4, arena);
    for (int32_t i = 0; i < 1000; i++) {
        store_column_add_int4(&column, i);
        arena_alloc(arena, 3);
    }
    struct store_value value = store_column_value(&column);
    ck_assert_uint_eq(value.bytes.len, 20 + 1000 * 8);
    ck_assert_int_eq(store_read_int4(slice_part(value.bytes, 20 + 999 * 8 + 4, 4)), 999);
    arena_free(arena);
}
END_TEST

START_TEST(an_empty_text_is_not_null)
{
    ck_assert_ptr_nonnull(store_value_bytes((struct slice){0}).bytes.ptr);
    ck_assert(store_value_null().is_null);
}
END_TEST

START_TEST(a_value_of_another_length_reads_as_nothing)
{
    ck_assert_int_eq(store_read_int8(SLICE("abc")), 0);
    ck_assert_int_eq(store_read_int4(SLICE("abcdefgh")), 0);
    ck_assert(!store_read_boolean(SLICE("")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *value = tcase_create("value");
    tcase_add_test(value, a_number_is_most_significant_byte_first);
    tcase_add_test(value, an_instant_counts_from_the_year_2000);
    tcase_add_test(value, an_empty_column_has_no_dimension);
    tcase_add_test(value, a_column_of_texts_holds_each_with_its_length);
    tcase_add_test(value, a_null_in_a_column_is_said_in_its_head);
    tcase_add_test(value, a_column_grows_beyond_its_first_room);
    tcase_add_test(value, an_empty_text_is_not_null);
    tcase_add_test(value, a_value_of_another_length_reads_as_nothing);
    suite_add_tcase(suite, value);
}

int main(void)
{
    return suite_main("value", add);
}
