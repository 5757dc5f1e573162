/* buffer: growth, the ceiling that says no for good, and input that arrives in parts. */
#include "base/buffer.h"
#include "support/same.h"
#include "support/suite.h"

#include <string.h>

START_TEST(appends_stand_one_behind_the_other)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    CK_SAME(buffer_slice(&buffer), "");
    buffer_append(&buffer, SLICE("MSH"));
    buffer_append(&buffer, (struct slice){NULL, 0});
    buffer_append_byte(&buffer, '|');
    buffer_append_format(&buffer, "%d%s", 42, "x");
    CK_SAME(buffer_slice(&buffer), "MSH|42x");
    buffer_release(&buffer);
    buffer_release(&buffer);
}
END_TEST

START_TEST(growth_keeps_what_was_there)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    for (unsigned i = 0; i < 20000; i++)
        buffer_append_byte(&buffer, (char)('a' + i % 26));
    struct slice all = buffer_slice(&buffer);
    ck_assert_uint_eq(all.len, 20000);
    for (unsigned i = 0; i < 20000; i++)
        if (all.ptr[i] != (char)('a' + i % 26))
            ck_abort_msg("byte %u was not kept", i);
    buffer_release(&buffer);
}
END_TEST

START_TEST(ceiling_itself_is_allowed_and_one_more_is_not)
{
    struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_append(&buffer, SLICE("abcd"));
    ck_assert(!buffer_overflowed(&buffer));
    buffer_append_byte(&buffer, 'e');
    ck_assert(buffer_overflowed(&buffer));
    CK_SAME(buffer_slice(&buffer), "abcd");
    buffer_release(&buffer);
}
END_TEST

START_TEST(after_an_overflow_nothing_is_appended_until_the_reset)
{
    struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_append(&buffer, SLICE("ab"));
    buffer_append(&buffer, SLICE("cde"));
    buffer_append(&buffer, SLICE("f"));
    buffer_append_format(&buffer, "%d", 1);
    ck_assert_ptr_null(buffer_reserve(&buffer, 1));
    CK_SAME(buffer_slice(&buffer), "ab");
    buffer_reset(&buffer);
    ck_assert(!buffer_overflowed(&buffer));
    buffer_append(&buffer, SLICE("wxyz"));
    CK_SAME(buffer_slice(&buffer), "wxyz");
    buffer_release(&buffer);
}
END_TEST

START_TEST(reserved_room_counts_only_when_committed)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    buffer_append(&buffer, SLICE("ab"));
    char *room = buffer_reserve(&buffer, 1000);
    memcpy(room, "cdef", 4);
    CK_SAME(buffer_slice(&buffer), "ab");
    buffer_commit(&buffer, 3);
    CK_SAME(buffer_slice(&buffer), "abcde");
    ck_assert_ptr_null(buffer_reserve(&buffer, SIZE_MAX));
    buffer_release(&buffer);
}
END_TEST

START_TEST(consumed_bytes_leave_from_the_front)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    buffer_consume(&buffer, 1);
    buffer_append(&buffer, SLICE("abcdef"));
    buffer_consume(&buffer, 2);
    CK_SAME(buffer_slice(&buffer), "cdef");
    buffer_append(&buffer, SLICE("g"));
    CK_SAME(buffer_slice(&buffer), "cdefg");
    buffer_consume(&buffer, 99);
    CK_SAME(buffer_slice(&buffer), "");
    buffer_release(&buffer);
}
END_TEST

START_TEST(what_was_consumed_or_reset_is_wiped)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    buffer_append(&buffer, SLICE("secret"));
    buffer_consume(&buffer, 3);
    ck_assert_mem_eq(buffer.data, "ret\0\0\0", 6);
    buffer_reset(&buffer);
    ck_assert_mem_eq(buffer.data, "\0\0\0\0\0\0", 6);
    buffer_release(&buffer);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("buffer");
    tcase_add_test(tests, appends_stand_one_behind_the_other);
    tcase_add_test(tests, growth_keeps_what_was_there);
    tcase_add_test(tests, ceiling_itself_is_allowed_and_one_more_is_not);
    tcase_add_test(tests, after_an_overflow_nothing_is_appended_until_the_reset);
    tcase_add_test(tests, reserved_room_counts_only_when_committed);
    tcase_add_test(tests, consumed_bytes_leave_from_the_front);
    tcase_add_test(tests, what_was_consumed_or_reset_is_wiped);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("buffer", add);
}
