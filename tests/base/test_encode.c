/* encode: the test vectors of RFC 4648 section 10, and what a strict decoder refuses. */
#include "base/encode.h"
#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(0);
}

static void end(void)
{
    arena_free(arena);
}

static const struct {
    const char *bytes, *hex, *base32, *base64, *base64url;
} vectors[] = {
    {"", "", "", "", ""},
    {"f", "66", "my", "Zg==", "Zg"},
    {"fo", "666f", "mzxq", "Zm8=", "Zm8"},
    {"foo", "666f6f", "mzxw6", "Zm9v", "Zm9v"},
    {"foob", "666f6f62", "mzxw6yq", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "666f6f6261", "mzxw6ytb", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "666f6f626172", "mzxw6ytboi", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xFB\xFF\xBE", "fbffbe", "7p734", "+/++", "-_--"},
};

START_TEST(vectors_are_written_and_read)
{
    struct slice bytes = slice_of(vectors[_i].bytes);
    CK_SAME(encode_hex(bytes, arena), vectors[_i].hex);
    CK_SAME(encode_base32(bytes, arena), vectors[_i].base32);
    CK_SAME(encode_base64(bytes, arena), vectors[_i].base64);
    CK_SAME(encode_base64url(bytes, arena), vectors[_i].base64url);
    struct slice back;
    ck_assert(decode_hex(slice_of(vectors[_i].hex), arena, &back));
    CK_SAME(back, vectors[_i].bytes);
    ck_assert(decode_base64(slice_of(vectors[_i].base64), arena, &back));
    CK_SAME(back, vectors[_i].bytes);
    ck_assert(decode_base64url(slice_of(vectors[_i].base64url), arena, &back));
    CK_SAME(back, vectors[_i].bytes);
}
END_TEST

START_TEST(every_byte_survives)
{
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    for (size_t len = 0; len <= 256; len++) {
        struct slice part = {bytes, len};
        struct slice back;
        ck_assert(decode_base64(encode_base64(part, arena), arena, &back));
        ck_assert(slice_equal(back, part));
        ck_assert(decode_base64url(encode_base64url(part, arena), arena, &back));
        ck_assert(slice_equal(back, part));
        ck_assert(decode_hex(encode_hex(part, arena), arena, &back));
        ck_assert(slice_equal(back, part));
    }
}
END_TEST

START_TEST(hex_takes_both_cases_and_whole_bytes_only)
{
    struct slice back = SLICE("kept");
    ck_assert(decode_hex(SLICE("aBCd"), arena, &back));
    CK_SAME(back, "\xAB\xCD");
    back = SLICE("kept");
    ck_assert(!decode_hex(SLICE("abc"), arena, &back));
    ck_assert(!decode_hex(SLICE("ag"), arena, &back));
    ck_assert(!decode_hex(SLICE(" a"), arena, &back));
    CK_SAME(back, "kept");
}
END_TEST

START_TEST(base64_of_another_form_is_refused)
{
    static const char *const wrong[] = {
        "Zg",                              /* no padding */
        "Zg=",                             /* too little */
        "Zg===",                           /* too much */
        "====",  "=Zg=",   "Zm=v", "Zh==", /* bits that only fill up are not zero (RFC 4648 3.5) */
        "Zm9=",                            /* the same */
        "Zm 8=", "Zm8=\n", "-_--", "Zm9vYg==Zm9v",
    };
    struct slice back = SLICE("kept");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!decode_base64(slice_of(wrong[i]), arena, &back), "took '%s'", wrong[i]);
    static const char *const wrong_url[] = {"Zg==", "Zh", "Z", "Zm9vZ", "+/++", "Zg "};
    for (size_t i = 0; i < sizeof(wrong_url) / sizeof(wrong_url[0]); i++)
        ck_assert_msg(!decode_base64url(slice_of(wrong_url[i]), arena, &back), "took '%s'",
                      wrong_url[i]);
    CK_SAME(back, "kept");
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("encode");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, vectors_are_written_and_read, 0,
                        sizeof(vectors) / sizeof(vectors[0]));
    tcase_add_test(tests, every_byte_survives);
    tcase_add_test(tests, hex_takes_both_cases_and_whole_bytes_only);
    tcase_add_test(tests, base64_of_another_form_is_refused);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("encode", add);
}
