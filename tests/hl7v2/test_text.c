#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "hl7v2/support.h"
#include "hl7v2/text.h"

/* Raw bytes of a field and the text they mean, with the usual delimiters; NULL: refused. */
struct decode_row {
    enum hl7v2_charset charset;
    const char *raw;
    const char *text;
    bool warned;
};

#define ASCII HL7V2_CHARSET_ASCII
#define UTF_8 HL7V2_CHARSET_UTF_8

static const struct decode_row DECODE_ROWS[] = {
    {ASCII, "plain", "plain", false},
    {ASCII, "", "", false},
    {ASCII, "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f", false},
    {ASCII, "\\E\\F\\E\\", "\\F\\", false},
    {ASCII, "up \\T\\ down \\E\\ end", "up & down \\ end", false},
    {ASCII, "\\H\\bold\\N\\ text", "bold text", false},
    {ASCII, "one\\.br\\two", "one\ntwo", false},
    {ASCII, "one\\.sp\\two\\.sp3\\three", "one\ntwo\n\n\nthree", false},
    {ASCII, "\\.in+4\\a\\.ti-2\\b\\.sk3\\c\\.fi\\\\.nf\\\\.ce\\d", "ab   c\nd", false},
    {ASCII, "\\X0D\\x\\X0A\\y\\X0D0A\\z", "\nx\ny\nz", false},
    {ASCII, "\\X41\\\\X42\\", "AB", false},
    {ASCII, "\\X4142\\", "AB", false},
    {UTF_8, "\\XC3BC\\", "\xC3\xBC", false},
    {HL7V2_CHARSET_8859_1, "M\xFCller \\XFC\\", "M\xC3\xBCller \xC3\xBC", false},
    {HL7V2_CHARSET_8859_15, "\xA4\xBD", "\xE2\x82\xAC\xC5\x93", false},
    {HL7V2_CHARSET_WINDOWS_1252, "\x80\x93x\x94", "\xE2\x82\xAC\xE2\x80\x9Cx\xE2\x80\x9D", false},
    {UTF_8, "Jos\xC3\xA9", "Jos\xC3\xA9", false},
    /* what cannot be read stays as it is */
    {ASCII, "a\\b", "a\\b", true},
    {ASCII, "a\\Q\\b", "a\\Q\\b", true},
    {ASCII, "\\X4\\", "\\X4\\", true},
    {ASCII, "\\X4G\\", "\\X4G\\", true},
    {ASCII, "\\X\\", "\\X\\", true},
    {ASCII, "\\Z42\\", "\\Z42\\", true},
    {ASCII, "\\C2842\\", "\\C2842\\", true},
    {ASCII, "\\M242842\\", "\\M242842\\", true},
    {ASCII, "\\.sp99\\", "\\.sp99\\", true},
    {ASCII, "\\\\", "\\\\", true},
    {ASCII, "\\XFC\\", "\\XFC\\", true},
    {UTF_8, "\\XC3\\", "\\XC3\\", true},
    {ASCII, "\\X01\\", "\\X01\\", true},
    {ASCII, "\\F", "\\F", true},
    {ASCII, "x \\foo\\F\\bar\\ y", "x \\foo\\F\\bar\\ y", true},
    /* refused */
    {ASCII, "\\X00\\", NULL, false},
    {ASCII, "\\X410042\\", NULL, false},
    {ASCII, "M\xFCller", NULL, false},
    {UTF_8, "\xC0\xAF", NULL, false},
    {UTF_8, "\xED\xA0\x80", NULL, false},
    {UTF_8, "\xE2\x82", NULL, false},
    {UTF_8, "\xEF\xBF\xBE", NULL, false},
    {HL7V2_CHARSET_8859_1, "\x80", NULL, false},
    {HL7V2_CHARSET_WINDOWS_1252, "\x81", NULL, false},
};

START_TEST(rule_8_unescape_exactly_once)
{
    for (size_t i = 0; i < sizeof DECODE_ROWS / sizeof DECODE_ROWS[0]; i++) {
        const struct decode_row *row = &DECODE_ROWS[i];
        struct issue_list issues;
        struct slice text = {0};
        issue_list_init(&issues, test_arena);
        int result =
            hl7v2_text_decode_bytes(&HL7V2_DELIMITERS, row->charset, HL7V2_TEXT_FHIR,
                                    slice_of(row->raw), ISSUE_NOWHERE, test_arena, &text, &issues);
        ck_assert_msg(result == (row->text != NULL ? 0 : -1), "row %zu", i);
        if (result == 0)
            ck_assert_msg(slice_equal(text, slice_of(row->text)), "row %zu: %.*s", i,
                          SLICE_ARG(text));
        ck_assert_msg(issues.count == (row->warned || result != 0 ? 1 : 0), "row %zu", i);
        if (issues.count > 0) {
            ck_assert_int_eq(issues.items[0].code, ISSUE_DATA_TYPE);
            ck_assert_int_eq(issues.items[0].severity, result != 0 ? ISSUE_ERROR : ISSUE_WARNING);
        }
    }
}
END_TEST

START_TEST(plain_text_is_the_slice_of_the_frame)
{
    struct hl7v2_message message = parsed("MSH|^~\\&|A\rPID|1||plain^a\\T\\b\r");
    struct slice raw = hl7v2_message_value(&message, 1, 3, 1, 1, 0), text;
    ck_assert(hl7v2_text_is_plain(&message, raw));
    ck_assert_int_eq(hl7v2_text_decode(&message, raw, test_arena, &text, &test_issues), 0);
    ck_assert_ptr_eq(text.ptr, raw.ptr);
    ck_assert(!hl7v2_text_is_plain(&message, hl7v2_message_value(&message, 1, 3, 1, 2, 0)));
}
END_TEST

START_TEST(byte_that_is_not_plain_is_seen_wherever_it_stands)
{
    const struct hl7v2_message message = {.frame = SLICE("MSH|^~\\&|"),
                                          .delimiters = HL7V2_DELIMITERS};
    for (unsigned byte = 0; byte < 256; byte++) {
        bool expected = byte >= 0x20 && byte < 0x7F && byte != '\\';
        for (size_t len = 1; len <= 18; len++) {
            for (size_t at = 0; at < len; at++) {
                char text[18];
                memset(text, 'x', sizeof(text));
                text[at] = (char)byte;
                ck_assert_int_eq(hl7v2_text_is_plain(&message, (struct slice){text, len}),
                                 expected);
            }
        }
    }
}
END_TEST

START_TEST(msh_2_is_never_unescaped)
{
    struct hl7v2_message message = parsed("MSH|^~\\&|A\r");
    struct slice text;
    ck_assert_int_eq(hl7v2_text_decode(&message, hl7v2_message_field(&message, 0, 2), test_arena,
                                       &text, &test_issues),
                     0);
    CK_SAME(text, "^~\\&");
    ck_assert_uint_eq(test_issues.count, 0);
}
END_TEST

START_TEST(a_warning_carries_the_place_and_no_value)
{
    struct hl7v2_message message = parsed("MSH|^~\\&|A\rPID|1||a~x^SECRET\\Q\\\r");
    struct slice raw = hl7v2_message_value(&message, 1, 3, 2, 2, 0), text;
    ck_assert_int_eq(hl7v2_text_decode(&message, raw, test_arena, &text, &test_issues), 0);
    CK_PLACE(the_issue()->place, "PID[1]-3[2].2.1");
    ck_assert_uint_eq(slice_find(the_issue()->words, SLICE("SECRET")), the_issue()->words.len);
}
END_TEST

START_TEST(without_an_escape_character_a_backslash_is_text)
{
    struct hl7v2_message message = parsed("MSH|^~|A\rPID|1||a\\F\\b\r");
    struct slice text;
    ck_assert_int_eq(hl7v2_text_decode(&message, hl7v2_message_field(&message, 1, 3), test_arena,
                                       &text, &test_issues),
                     0);
    CK_SAME(text, "a\\F\\b");
}
END_TEST

/* --- encoding ----------------------------------------------------------------------------------
 */

static int encoded(const struct hl7v2_delimiters *delimiters, enum hl7v2_charset charset,
                   struct slice text, struct slice *ret_raw)
{
    struct buffer out;
    buffer_init(&out, 0);
    int result = hl7v2_text_encode(delimiters, charset, text, test_arena, &out, &test_issues);
    *ret_raw = arena_copy(test_arena, buffer_slice(&out));
    buffer_release(&out);
    return result;
}

static const struct {
    enum hl7v2_charset charset;
    const char *text;
    const char *raw; /* NULL: refused */
} ENCODE_ROWS[] = {
    {ASCII, "a|b^c&d~e\\f", "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f"},
    {ASCII, "a\rb\nc\x0B\x1C\t\x7F", "a\\X0D\\b\\X0A\\c\\X0B\\\\X1C\\\\X09\\\\X7F\\"},
    {ASCII, "\"\"", "\\X2222\\"},
    {ASCII, "\"\" ", "\"\" "},
    {UTF_8, "M\xC3\xBCller", "M\xC3\xBCller"},
    {HL7V2_CHARSET_8859_1, "M\xC3\xBCller", "M\xFCller"},
    {HL7V2_CHARSET_8859_15, "\xE2\x82\xAC", "\xA4"},
    {HL7V2_CHARSET_8859_15, "\xC2\xA4", NULL},
    {HL7V2_CHARSET_8859_1, "\xE2\x82\xAC", NULL},
    {ASCII, "M\xC3\xBCller", NULL},
    {UTF_8, "\xC0\xAF", NULL},
};

START_TEST(rule_8_escape_on_output)
{
    for (size_t i = 0; i < sizeof ENCODE_ROWS / sizeof ENCODE_ROWS[0]; i++) {
        struct slice raw;
        int result =
            encoded(&HL7V2_DELIMITERS, ENCODE_ROWS[i].charset, slice_of(ENCODE_ROWS[i].text), &raw);
        ck_assert_msg(result == (ENCODE_ROWS[i].raw != NULL ? 0 : -1), "row %zu", i);
        if (result == 0)
            CK_SAME(raw, ENCODE_ROWS[i].raw);
        else
            ck_assert_uint_eq(raw.len, 0);
    }
}
END_TEST

START_TEST(truncation_character_is_escaped_where_there_is_one)
{
    const struct hl7v2_delimiters delimiters = {'|', '^', '~', '\\', '&', '#'};
    struct slice raw, text;
    ck_assert_int_eq(encoded(&delimiters, ASCII, SLICE("A#1"), &raw), 0);
    CK_SAME(raw, "A\\P\\1");
    ck_assert_int_eq(hl7v2_text_decode_bytes(&delimiters, ASCII, HL7V2_TEXT_FHIR, raw,
                                             ISSUE_NOWHERE, test_arena, &text, &test_issues),
                     0);
    CK_SAME(text, "A#1");
}
END_TEST

START_TEST(without_an_escape_character_a_delimiter_cannot_be_sent)
{
    const struct hl7v2_delimiters delimiters = {'|', '^', '~', '\0', '\0', '\0'};
    struct slice raw;
    ck_assert_int_eq(encoded(&delimiters, ASCII, SLICE("a|b"), &raw), -1);
    ck_assert_int_eq(encoded(&delimiters, ASCII, SLICE("a\\b"), &raw), 0);
    CK_SAME(raw, "a\\b");
}
END_TEST

static struct slice random_text(unsigned *seed)
{
    struct buffer text;
    buffer_init(&text, 0);
    size_t count = (size_t)rand_r(seed) % 20;
    for (size_t i = 0; i < count; i++) {
        static const uint32_t LIMITS[] = {0x20, 0x80, 0x100, 0x10000, 0x110000};
        uint32_t limit = LIMITS[rand_r(seed) % 5];
        uint32_t code_point = 1 + (uint32_t)rand_r(seed) % (limit - 1);
        if (code_point >= 0xD800 && code_point < 0xE000)
            code_point = '\\';
        utf8_append(&text,
                    rand_r(seed) % 4 == 0 ? (uint32_t) "|^~\\&\"XF"[rand_r(seed) % 8] : code_point);
    }
    struct slice copy = arena_copy(test_arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

START_TEST(unescape_of_escape_is_the_same_for_every_unicode_string)
{
    unsigned seed = 1;
    const struct hl7v2_delimiters others = {'!', '@', '$', '%', '*', '\0'};
    for (int round = 0; round < 20000; round++) {
        const struct hl7v2_delimiters *delimiters = round % 2 ? &others : &HL7V2_DELIMITERS;
        struct slice text = random_text(&seed), raw, again;
        ck_assert_int_eq(encoded(delimiters, UTF_8, text, &raw), 0);
        ck_assert_uint_eq(slice_find_byte(raw, delimiters->field), raw.len);
        ck_assert_uint_eq(slice_find_byte(raw, '\r'), raw.len);
        ck_assert_int_eq(hl7v2_text_decode_bytes(delimiters, UTF_8, HL7V2_TEXT_EXACT, raw,
                                                 ISSUE_NOWHERE, test_arena, &again, &test_issues),
                         0);
        ck_assert_msg(slice_equal(text, again), "round %d", round);
    }
    ck_assert_uint_eq(test_issues.count, 0);
}
END_TEST

/* --- character sets ----------------------------------------------------------------------------
 */

START_TEST(rule_9_names_of_character_sets)
{
    static const struct {
        const char *name;
        enum hl7v2_charset charset, setting;
    } rows[] = {
        {"ASCII", ASCII, ASCII},
        {"8859/1", HL7V2_CHARSET_8859_1, HL7V2_CHARSET_8859_1},
        {"8859/15", HL7V2_CHARSET_8859_15, HL7V2_CHARSET_8859_15},
        {"UNICODE UTF-8", UTF_8, UTF_8},
        {"utf-8", UTF_8, UTF_8},
        {"UNICODE", UTF_8, UTF_8},
        {"windows-1252", HL7V2_CHARSET_UNKNOWN, HL7V2_CHARSET_WINDOWS_1252},
        {"8859/2", HL7V2_CHARSET_UNKNOWN, HL7V2_CHARSET_UNKNOWN},
        {"UNICODE UTF-16", HL7V2_CHARSET_UNKNOWN, HL7V2_CHARSET_UNKNOWN},
        {"", HL7V2_CHARSET_UNKNOWN, HL7V2_CHARSET_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(hl7v2_charset_of(slice_of(rows[i].name)), rows[i].charset);
        ck_assert_int_eq(hl7v2_charset_of_setting(slice_of(rows[i].name)), rows[i].setting);
    }
}
END_TEST

START_TEST(every_byte_of_a_set_comes_back)
{
    static const enum hl7v2_charset sets[] = {ASCII, HL7V2_CHARSET_8859_1, HL7V2_CHARSET_8859_15,
                                              HL7V2_CHARSET_WINDOWS_1252};
    static const unsigned characters[] = {127, 223, 223, 250};
    for (size_t set = 0; set < 4; set++) {
        unsigned count = 0;
        for (unsigned byte = 1; byte < 256; byte++) {
            char one = (char)byte;
            struct slice text, again;
            if (!hl7v2_charset_decode(sets[set], (struct slice){&one, 1}, test_arena, &text))
                continue;
            count++;
            ck_assert(hl7v2_charset_encode(sets[set], text, test_arena, &again, NULL));
            ck_assert(slice_equal(again, (struct slice){&one, 1}));
        }
        ck_assert_uint_eq(count, characters[set]);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "text");
    tcase_add_test(cases, rule_8_unescape_exactly_once);
    tcase_add_test(cases, plain_text_is_the_slice_of_the_frame);
    tcase_add_test(cases, byte_that_is_not_plain_is_seen_wherever_it_stands);
    tcase_add_test(cases, msh_2_is_never_unescaped);
    tcase_add_test(cases, a_warning_carries_the_place_and_no_value);
    tcase_add_test(cases, without_an_escape_character_a_backslash_is_text);
    tcase_add_test(cases, rule_8_escape_on_output);
    tcase_add_test(cases, truncation_character_is_escaped_where_there_is_one);
    tcase_add_test(cases, without_an_escape_character_a_delimiter_cannot_be_sent);
    tcase_add_test(cases, unescape_of_escape_is_the_same_for_every_unicode_string);
    tcase_add_test(cases, rule_9_names_of_character_sets);
    tcase_add_test(cases, every_byte_of_a_set_comes_back);
}

int main(void)
{
    return suite_main("text", add);
}
