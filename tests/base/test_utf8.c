/* utf8: the borders of RFC 3629 section 4, from both sides. */
#include "base/arena.h"
#include "base/utf8.h"
#include "support/same.h"
#include "support/suite.h"

static const struct {
    const char *bytes;
    uint32_t code_point;
} valid[] = {
    {"\x01", 0x01},
    {"\x7F", 0x7F},
    {"\xC2\x80", 0x80},
    {"\xDF\xBF", 0x7FF},
    {"\xE0\xA0\x80", 0x800},
    {"\xE2\x82\xAC", 0x20AC},
    {"\xED\x9F\xBF", 0xD7FF},
    {"\xEE\x80\x80", 0xE000},
    {"\xEF\xBF\xBF", 0xFFFF},
    {"\xF0\x90\x80\x80", 0x10000},
    {"\xF4\x8F\xBF\xBF", 0x10FFFF},
};

START_TEST(borders_are_read_and_written_alike)
{
    struct slice bytes = slice_of(valid[_i].bytes);
    uint32_t code_point = 0;
    ck_assert_uint_eq(utf8_decode(bytes, &code_point), bytes.len);
    ck_assert_uint_eq(code_point, valid[_i].code_point);
    ck_assert_uint_eq(utf8_check(bytes), bytes.len);
    char out[4];
    size_t size = utf8_encode(valid[_i].code_point, out);
    ck_assert(slice_equal((struct slice){out, size}, bytes));
}
END_TEST

static const char *const invalid[] = {
    "\x80",             /* continuation alone */
    "\xC0\x80",         /* overlong NUL */
    "\xC1\xBF",         /* overlong U+007F */
    "\xE0\x9F\xBF",     /* overlong U+07FF */
    "\xF0\x8F\xBF\xBF", /* overlong U+FFFF */
    "\xED\xA0\x80",     /* surrogate U+D800 */
    "\xED\xBF\xBF",     /* surrogate U+DFFF */
    "\xF4\x90\x80\x80", /* U+110000 */
    "\xF5\x80\x80\x80",
    "\xFF",
    "\xC2",         /* cut off */
    "\xE2\x82",     /* cut off */
    "\xF0\x90\x80", /* cut off */
    "\xC2"
    "A",
    "\xE2\x82"
    "A",
};

START_TEST(what_is_not_utf8_is_refused_at_its_place)
{
    struct slice bytes = slice_of(invalid[_i]);
    uint32_t code_point = 7;
    ck_assert_uint_eq(utf8_decode(bytes, &code_point), 0);
    ck_assert_uint_eq(code_point, 7);
    ck_assert_uint_eq(utf8_check(bytes), 0);
    struct arena *arena = arena_new(0);
    struct slice behind = arena_format(arena, "0123456789\xC3\xA4%s", invalid[_i]);
    ck_assert_uint_eq(utf8_check(behind), 12);
    arena_free(arena);
}
END_TEST

START_TEST(nul_is_valid_and_empty_is_nothing)
{
    uint32_t code_point = 7;
    ck_assert_uint_eq(utf8_decode(SLICE("\0"), &code_point), 1);
    ck_assert_uint_eq(code_point, 0);
    ck_assert_uint_eq(utf8_check(SLICE("a\0b")), 3);
    ck_assert_uint_eq(utf8_decode(SLICE(""), &code_point), 0);
    ck_assert_uint_eq(utf8_check((struct slice){NULL, 0}), 0);
}
END_TEST

START_TEST(what_is_no_scalar_value_is_written_as_replacement)
{
    static const uint32_t wrong[] = {0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct buffer buffer;
        buffer_init(&buffer, 0);
        utf8_append(&buffer, wrong[i]);
        CK_SAME(buffer_slice(&buffer), "\xEF\xBF\xBD");
        buffer_release(&buffer);
    }
}
END_TEST

START_TEST(length_counts_code_points)
{
    ck_assert_uint_eq(utf8_length(SLICE("")), 0);
    ck_assert_uint_eq(utf8_length(SLICE("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), 4);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("utf8");
    tcase_add_loop_test(tests, borders_are_read_and_written_alike, 0,
                        sizeof(valid) / sizeof(valid[0]));
    tcase_add_loop_test(tests, what_is_not_utf8_is_refused_at_its_place, 0,
                        sizeof(invalid) / sizeof(invalid[0]));
    tcase_add_test(tests, nul_is_valid_and_empty_is_nothing);
    tcase_add_test(tests, what_is_no_scalar_value_is_written_as_replacement);
    tcase_add_test(tests, length_counts_code_points);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("utf8", add);
}
