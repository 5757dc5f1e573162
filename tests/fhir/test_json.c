/* The JSON door: what RFC 8259, RFC 3629 and design ask of it. */
#include "fhir/json.h"
#include "support/suite.h"

#include <string.h>

static struct arena *arena;
static struct issue_list issues;

static void setup(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void teardown(void)
{
    arena_free(arena);
}

static struct json *parsed(const char *text)
{
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(slice_of(text), arena, &json, &issues), 0);
    ck_assert_uint_eq(issues.count, 0);
    return json;
}

static void assert_prints(const struct json *json, const char *expected)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    json_print(json, &buffer);
    const struct slice text = buffer_slice(&buffer);
    ck_assert_msg(slice_equal(text, slice_of(expected)), "%.*s is not %s", SLICE_ARG(text),
                  expected);
    buffer_release(&buffer);
}

static void assert_text(struct slice text, const char *expected)
{
    ck_assert_msg(slice_equal(text, slice_of(expected)), "%.*s is not %s", SLICE_ARG(text),
                  expected);
}

/* A 64-level text: 64 opening brackets and as many closing ones. */
static struct slice nested(unsigned levels)
{
    char *text = arena_alloc(arena, levels * 2);
    memset(text, '[', levels);
    memset(text + levels, ']', levels);
    return (struct slice){text, levels * 2};
}

START_TEST(text_comes_out_as_it_went_in)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "true",
        "\"\"",
        "{\"a\":[1,2.50,-0.0,1E400,0.1e-7,true,false,null,\"x\"],\"b\":{\"c\":{}}}",
        "[7.0,7,7.00,123456789012345678901234567890]",
        "\"\\\"\\\\/\\n\\r\\t\\b\\f\\u0001\x7f\"",
        "\"\xE4\xB8\xAD\xF0\x9F\x98\x80\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_prints(parsed(texts[i]), texts[i]);
}
END_TEST

START_TEST(blanks_and_escapes_are_read_and_not_written)
{
    assert_prints(
        parsed(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"\\u0062\" : \"\\/\\u00e9\\ud83d\\ude00\" } "),
        "{\"a\":[1,2],\"b\":\"/\xC3\xA9\xF0\x9F\x98\x80\"}");
}
END_TEST

/* RFC 8259 7: what must be escaped, in the shortest form it allows. */
static const char *escape_of(unsigned char c)
{
    static const char *const named[128] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r",
        ['\t'] = "\\t", ['\b'] = "\\b",  ['\f'] = "\\f"};
    if (named[c])
        return named[c];
    return arena_format(arena, c < 0x20 ? "\\u%04x" : "%c", (unsigned)c).ptr;
}

START_TEST(byte_is_escaped_wherever_it_stands)
{
    for (unsigned char c = 1; c < 0x80; c++) {
        const char *written = escape_of(c);
        for (int before = 0; before < 18; before++) {
            for (int behind = 0; before + behind < 18; behind++) {
                struct slice text = arena_format(arena, "%.*s%c%.*s", before, "xxxxxxxxxxxxxxxxxx",
                                                 c, behind, "xxxxxxxxxxxxxxxxxx");
                struct slice expected =
                    arena_format(arena, "\"%.*s%s%.*s\"", before, "xxxxxxxxxxxxxxxxxx", written,
                                 behind, "xxxxxxxxxxxxxxxxxx");
                assert_prints(json_string(arena, text), expected.ptr);
            }
        }
    }
}
END_TEST

static const struct {
    const char *text;
    const char *words;
} refused[] = {
    {"", "text ends where a value was expected at line 1, column 1"},
    {"{\"a\":1,\n\"a\":2}", "member name used twice in one object at line 2, column 1"},
    {"{\"a\":1}x", "bytes after the end of the value at line 1, column 8"},
    {"\"\\u0000\"", "character U+0000 cannot be stored at line 1, column 4"},
    {"\"\\ud83d\"", "half of a surrogate pair stands alone at line 1, column 4"},
    {"\"\\ude00\\ud83d\"", "half of a surrogate pair stands alone at line 1, column 4"},
    {"\xEF\xBB\xBF{}", "byte order mark is not allowed at line 1, column 1"},
    {"\"\xC0\x80\"", "bytes are not UTF-8 at line 1, column 2"},
    {"[1,]", "a value was expected at line 1, column 4"},
    {"[1 2]", "a comma or the end of the array was expected at line 1, column 4"},
    {"{\"a\" 1}", "a colon was expected at line 1, column 6"},
    {"{a:1}", "a string was expected at line 1, column 2"},
    {"{\"a\":1,}", "a string was expected at line 1, column 8"},
    {"[01]", "a comma or the end of the array was expected at line 1, column 3"},
    {"[-]", "number is not well formed at line 1, column 2"},
    {"[1.]", "number is not well formed at line 1, column 2"},
    {"[.5]", "a value was expected at line 1, column 2"},
    {"[1e]", "number is not well formed at line 1, column 2"},
    {"[+1]", "a value was expected at line 1, column 2"},
    {"[NaN]", "a value was expected at line 1, column 2"},
    {"\"a\nb\"", "control character in a string at line 1, column 3"},
    {"\"\\x\"", "unknown escape in a string at line 1, column 3"},
    {"\"\\u12g4\"", "escape \\u without four hexadecimal digits at line 1, column 4"},
    {"\"abc", "string does not end at line 1, column 2"},
    {"\"abc\\", "string does not end at line 1, column 2"},
    {"// x\n1", "a value was expected at line 1, column 1"},
    {"tru", "a value was expected at line 1, column 1"},
};

START_TEST(text_outside_the_grammar_is_refused_with_its_place)
{
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(slice_of(refused[_i].text), arena, &json, &issues), -1);
    ck_assert_ptr_null(json);
    ck_assert_uint_eq(issues.count, 1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_SYNTAX);
    assert_text(issue_words(&issues.items[0]), refused[_i].words);
}
END_TEST

START_TEST(place_of_a_fault_is_the_path_in_the_resource)
{
    struct json *json = NULL;
    const char *text = "{\"resourceType\":\"Patient\",\"name\":[{},{\"given\":[\"a\",x]}]}";
    ck_assert_int_eq(json_parse(slice_of(text), arena, &json, &issues), -1);
    assert_text(issues.items[0].place.name, "Patient.name[1].given[1]");
    ck_assert_uint_eq(issues.items[0].place.line, 1);
    ck_assert_uint_eq(issues.items[0].place.column, 52);
}
END_TEST

START_TEST(place_never_repeats_a_member_name_that_is_no_name)
{
    struct json *json = NULL;
    const char *text = "{\"Jane Doe\":{\"b\":x}}";
    ck_assert_int_eq(json_parse(slice_of(text), arena, &json, &issues), -1);
    assert_text(issues.items[0].place.name, "?.b");
}
END_TEST

START_TEST(sixty_four_levels_are_read_and_one_more_is_refused)
{
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(nested(64), arena, &json, &issues), 0);
    ck_assert_int_eq(json_parse(nested(65), arena, &json, &issues), -1);
}
END_TEST

START_TEST(names_used_twice_are_found_in_large_objects_too)
{
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append_byte(&text, '{');
    for (int i = 0; i < 500; i++)
        buffer_append_format(&text, "\"n%d\":%d,", i, i);
    struct json *json = NULL;
    struct slice start = arena_copy(arena, buffer_slice(&text));
    ck_assert_int_eq(
        json_parse(arena_format(arena, "%.*s\"x\":1}", SLICE_ARG(start)), arena, &json, &issues),
        0);
    ck_assert_uint_eq(json_count(json), 501);
    ck_assert_int_eq(
        json_parse(arena_format(arena, "%.*s\"n7\":1}", SLICE_ARG(start)), arena, &json, &issues),
        -1);
    ck_assert_int_eq(
        json_parse(arena_format(arena, "%.*s\"n400\":1}", SLICE_ARG(start)), arena, &json, &issues),
        -1);
    buffer_release(&text);
}
END_TEST

START_TEST(content_beyond_the_ceiling_of_the_arena_is_refused)
{
    struct arena *small = arena_new(4096);
    struct json *json = NULL;
    struct slice text = arena_copy(arena, SLICE("[1"));
    for (int i = 0; i < 400; i++)
        text = arena_format(arena, "%.*s,1", SLICE_ARG(text));
    text = arena_format(arena, "%.*s]", SLICE_ARG(text));
    ck_assert_int_eq(json_parse(text, small, &json, &issues), -1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_TOO_LARGE_MESSAGE);
    arena_free(small);
}
END_TEST

START_TEST(reading_tells_kinds_apart_and_forgives_what_is_missing)
{
    struct json *json =
        parsed("{\"s\":\"t\",\"n\":7.0,\"i\":-12,\"b\":true,\"z\":null,\"a\":[1,2]}");
    assert_text(json_get_text(json, SLICE("s")), "t");
    assert_text(json_get_text(json, SLICE("n")), "7.0");
    ck_assert(json_is_true(json_get(json, SLICE("b"))));
    ck_assert_int_eq(json_kind(json_get(json, SLICE("z"))), JSON_NULL);
    ck_assert_int_eq(json_kind(json_get(json, SLICE("S"))), JSON_NONE);
    ck_assert_uint_eq(json_count(json_get(json, SLICE("a"))), 2);
    assert_text(json_text(json_at(json_get(json, SLICE("a")), 1)), "2");
    ck_assert_ptr_null(json_at(json_get(json, SLICE("a")), 2));
    ck_assert_ptr_null(json_at(json_get(json, SLICE("s")), 0));
    ck_assert_uint_eq(
        json_get_text(json_get(json_get(json, SLICE("s")), SLICE("x")), SLICE("y")).len, 0);
    int64_t number = 0;
    ck_assert(json_to_int64(json_get(json, SLICE("i")), &number));
    ck_assert_int_eq(number, -12);
    ck_assert(!json_to_int64(json_get(json, SLICE("n")), &number));
    assert_text(json_name(json_first(json)), "s");
    assert_text(json_name(json_last(json)), "a");
}
END_TEST

START_TEST(members_keep_the_order_in_which_they_were_added)
{
    struct json *object = json_object(arena);
    json_add_string(object, SLICE("b"), SLICE("1"), arena);
    json_add(object, SLICE("a"), json_integer(arena, -5));
    json_add(object, SLICE("c"), json_boolean(arena, false));
    assert_prints(object, "{\"b\":\"1\",\"a\":-5,\"c\":false}");

    json_set(object, SLICE("a"), json_number(arena, SLICE("5.10")));
    json_set(object, SLICE("d"), json_null(arena));
    assert_prints(object, "{\"b\":\"1\",\"a\":5.10,\"c\":false,\"d\":null}");

    json_add_after(object, json_get(object, SLICE("b")), SLICE("e"), json_array(arena));
    json_add_after(object, NULL, SLICE("f"), json_object(arena));
    json_add_after(object, json_last(object), SLICE("g"), json_boolean(arena, true));
    assert_prints(object, "{\"f\":{},\"b\":\"1\",\"e\":[],\"a\":5.10,\"c\":false,\"d\":null,"
                          "\"g\":true}");

    ck_assert_ptr_nonnull(json_remove(object, SLICE("f")));
    ck_assert_ptr_nonnull(json_remove(object, SLICE("g")));
    ck_assert_ptr_nonnull(json_remove(object, SLICE("a")));
    ck_assert_ptr_null(json_remove(object, SLICE("a")));
    json_add(object, SLICE("h"), json_null(arena));
    assert_prints(object, "{\"b\":\"1\",\"e\":[],\"c\":false,\"d\":null,\"h\":null}");
}
END_TEST

START_TEST(first_middle_and_last_item_can_be_replaced)
{
    struct json *array = parsed("[1,2,3]");
    json_replace(array, json_at(array, 0), json_string(arena, SLICE("a")));
    json_replace(array, json_at(array, 1), json_string(arena, SLICE("b")));
    json_replace(array, json_at(array, 2), json_string(arena, SLICE("c")));
    json_append(array, json_string(arena, SLICE("d")));
    assert_prints(array, "[\"a\",\"b\",\"c\",\"d\"]");
    json_replace(array, json_at(array, 0), json_string(arena, SLICE("A")));
    assert_prints(array, "[\"A\",\"b\",\"c\",\"d\"]");
}
END_TEST

START_TEST(missing_or_odd_member_becomes_the_wanted_container)
{
    struct json *object = parsed("{\"a\":1}");
    struct json *array = json_get_or_add(object, SLICE("a"), JSON_ARRAY, arena);
    ck_assert_ptr_eq(json_get_or_add(object, SLICE("a"), JSON_ARRAY, arena), array);
    json_get_or_add(object, SLICE("b"), JSON_OBJECT, arena);
    assert_prints(object, "{\"a\":[],\"b\":{}}");
}
END_TEST

START_TEST(copy_is_equal_and_of_its_own)
{
    struct json *json = parsed("{\"a\":[1,{\"b\":\"c\"}],\"d\":null}");
    struct json *twin = json_copy(json, arena);
    struct json *whole = json_copy_whole(json, arena);
    ck_assert(json_equal(json, twin));
    ck_assert(json_equal(json, whole));
    ck_assert_ptr_eq(json_name(json_first(twin)).ptr, json_name(json_first(json)).ptr);
    ck_assert_ptr_ne(json_name(json_first(whole)).ptr, json_name(json_first(json)).ptr);
    json_remove(twin, SLICE("d"));
    ck_assert(!json_equal(json, twin));
}
END_TEST

static const struct {
    const char *a, *b;
    bool equal;
} pairs[] = {
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
    {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
    {"{\"a\":1,\"b\":2}", "{\"a\":1}", false},
    {"{\"a\":1}", "{\"A\":1}", false},
    {"[1,2]", "[2,1]", false},
    {"[1,2]", "[1]", false},
    {"[1]", "[1,2]", false},
    {"7.0", "7", false},
    {"7.0", "7.0", true},
    {"\"7\"", "7", false},
    {"true", "false", false},
    {"\"\\u0041\"", "\"A\"", true},
    {"[]", "{}", false},
};

START_TEST(equality_is_of_content_not_of_order_of_members)
{
    const struct json *a = parsed(pairs[_i].a), *b = parsed(pairs[_i].b);
    ck_assert_int_eq(json_equal(a, b), pairs[_i].equal);
    ck_assert_int_eq(json_hash(a) == json_hash(b), pairs[_i].equal);
}
END_TEST

START_TEST(indented_form_has_two_blanks_a_level)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    json_print_indented(parsed("{\"a\":[1,{}],\"b\":\"c\"}"), &buffer);
    assert_text(buffer_slice(&buffer), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"c\"\n}");
    buffer_release(&buffer);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("json");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, text_comes_out_as_it_went_in);
    tcase_add_test(tests, blanks_and_escapes_are_read_and_not_written);
    tcase_add_test(tests, byte_is_escaped_wherever_it_stands);
    tcase_add_loop_test(tests, text_outside_the_grammar_is_refused_with_its_place, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, place_of_a_fault_is_the_path_in_the_resource);
    tcase_add_test(tests, place_never_repeats_a_member_name_that_is_no_name);
    tcase_add_test(tests, sixty_four_levels_are_read_and_one_more_is_refused);
    tcase_add_test(tests, names_used_twice_are_found_in_large_objects_too);
    tcase_add_test(tests, content_beyond_the_ceiling_of_the_arena_is_refused);
    tcase_add_test(tests, reading_tells_kinds_apart_and_forgives_what_is_missing);
    tcase_add_test(tests, members_keep_the_order_in_which_they_were_added);
    tcase_add_test(tests, first_middle_and_last_item_can_be_replaced);
    tcase_add_test(tests, missing_or_odd_member_becomes_the_wanted_container);
    tcase_add_test(tests, copy_is_equal_and_of_its_own);
    tcase_add_loop_test(tests, equality_is_of_content_not_of_order_of_members, 0,
                        sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_test(tests, indented_form_has_two_blanks_a_level);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("json", add);
}
