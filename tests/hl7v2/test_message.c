#include "base/buffer.h"
#include "hl7v2/support.h"

#define HEAD "MSH|^~\\&|EHR|CLINIC|HUB|PB|20260310093000-0600||ADT^A08^ADT_A01|7741|P|2.5.1\r"

START_TEST(msh_1_and_msh_2_count_as_fields)
{
    struct hl7v2_message message = parsed(HEAD);
    CK_SAME(hl7v2_message_field(&message, 0, 1), "|");
    CK_SAME(hl7v2_message_field(&message, 0, 2), "^~\\&");
    CK_SAME(hl7v2_message_field(&message, 0, 3), "EHR");
    CK_SAME(hl7v2_message_field(&message, 0, 10), "7741");
    CK_SAME(hl7v2_message_value(&message, 0, 2, 1, 1, 1), "^~\\&");
    ck_assert_uint_eq(message.segments[0].field_count, 12);
}
END_TEST

START_TEST(fields_of_other_segments_count_from_the_first_separator)
{
    struct hl7v2_message message = parsed(HEAD "PID|1||77^^^A&1.2&ISO^MR~88^^^B^SS||DOE^JO\r");
    size_t pid = hl7v2_message_find(&message, HL7V2_ID("PID"), 1);
    CK_SAME(hl7v2_message_field(&message, pid, 0), "PID");
    CK_SAME(hl7v2_message_field(&message, pid, 1), "1");
    CK_SAME(hl7v2_message_value(&message, pid, 3, 2, 1, 0), "88");
    CK_SAME(hl7v2_message_value(&message, pid, 3, 1, 4, 2), "1.2");
    CK_SAME(hl7v2_message_value(&message, pid, 3, 0, 5, 0), "MR");
    CK_SAME(hl7v2_message_value(&message, pid, 5, 1, 2, 1), "JO");
    ck_assert_uint_eq(
        hl7v2_message_repetition_count(&message, hl7v2_message_field(&message, pid, 3)), 2);
    ck_assert_uint_eq(
        hl7v2_message_component_count(&message, hl7v2_message_value(&message, pid, 3, 1, 0, 0)), 5);
    ck_assert_uint_eq(
        hl7v2_message_subcomponent_count(&message, hl7v2_message_value(&message, pid, 3, 1, 4, 0)),
        3);
}
END_TEST

START_TEST(what_is_not_there_has_no_pointer_and_what_is_empty_has_one)
{
    struct hl7v2_message message = parsed(HEAD "PID|1||77\r");
    ck_assert_ptr_null(hl7v2_message_field(&message, 1, 4).ptr);
    ck_assert_ptr_null(hl7v2_message_field(&message, 7, 1).ptr);
    ck_assert_ptr_null(hl7v2_message_field(&message, HL7V2_NO_SEGMENT, 1).ptr);
    ck_assert_ptr_null(hl7v2_message_value(&message, 1, 3, 1, 2, 0).ptr);
    ck_assert_ptr_null(hl7v2_message_value(&message, 1, 3, 2, 0, 0).ptr);
    ck_assert_ptr_nonnull(hl7v2_message_field(&message, 1, 2).ptr);
    ck_assert_uint_eq(hl7v2_message_field(&message, 1, 2).len, 0);
}
END_TEST

START_TEST(each_value_is_a_slice_of_the_frame)
{
    struct hl7v2_message message = parsed(HEAD "PID|1||77^^^A\r");
    struct slice value = hl7v2_message_value(&message, 1, 3, 1, 4, 0);
    ck_assert_uint_eq((size_t)(value.ptr - message.frame.ptr), sizeof HEAD - 1 + 12);
}
END_TEST

START_TEST(segments_are_numbered_among_their_name)
{
    struct hl7v2_message message = parsed(HEAD "OBX|1\rNTE|1\rOBX|2\rOBX|3\r");
    ck_assert_uint_eq(hl7v2_message_count(&message, HL7V2_ID("OBX")), 3);
    ck_assert_uint_eq(hl7v2_message_find(&message, HL7V2_ID("OBX"), 2), 3);
    ck_assert_uint_eq(hl7v2_message_find(&message, HL7V2_ID("OBX"), 3), 4);
    ck_assert_uint_eq(hl7v2_message_find(&message, HL7V2_ID("OBX"), 4), HL7V2_NO_SEGMENT);
    ck_assert_uint_eq(hl7v2_message_find(&message, HL7V2_ID("OBX"), 0), HL7V2_NO_SEGMENT);
    ck_assert_uint_eq(hl7v2_message_find(&message, HL7V2_ID("ZZZ"), 1), HL7V2_NO_SEGMENT);
    ck_assert_uint_eq(message.segments[4].sequence, 3);
}
END_TEST

START_TEST(more_names_than_the_first_table_holds_are_found)
{
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, SLICE(HEAD));
    for (int i = 0; i < 100; i++)
        buffer_append_format(&text, "Z%02d|%d\r", i, i);
    buffer_append_byte(&text, '\0');
    struct hl7v2_message message = parsed(text.data);
    for (int i = 0; i < 100; i++) {
        const char id[] = {'Z', (char)('0' + i / 10), (char)('0' + i % 10)};
        ck_assert_uint_eq(hl7v2_message_find(&message, HL7V2_ID(id), 1), (size_t)i + 1);
    }
    buffer_release(&text);
}
END_TEST

/* Section 8: what MSH-1 and MSH-2 may be. */
static const struct {
    const char *front;
    bool usable;
} DELIMITER_ROWS[] = {
    {"MSH|^~\\&|A\r", true},     {"MSH|^~\\&#|A\r", true}, {"MSH|^~|A\r", true},
    {"MSH|^~\\|A\r", true},      {"MSH:-+?*:A\r", true},   {"MSH|^~\\&", true},
    {"MSH$%~\\&$A\r", true},     {"MSH|^|A\r", false},     {"MSH||A\r", false},
    {"MSH|^^\\&|A\r", false},    {"MSH|^|\\&|A\r", false}, {"MSH|^~y&|A\r", false},
    {"MSH|^~ &|A\r", false},     {"MSH|^~\"&|A\r", false}, {"MSH|^~\\&#%|A\r", false},
    {"MSH1^~\\&1A\r", false},    {"MSH", false},           {"", false},
    {"PID|1\r", false},          {"msh|^~\\&|A\r", false}, {" MSH|^~\\&|A\r", false},
    {"MSH|^~\\\x01|A\r", false},
};

START_TEST(rule_8_delimiters_are_taken_or_refused)
{
    for (size_t i = 0; i < sizeof DELIMITER_ROWS / sizeof DELIMITER_ROWS[0]; i++) {
        struct hl7v2_message message;
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        int result = hl7v2_message_parse(slice_of(DELIMITER_ROWS[i].front), NULL, test_arena,
                                         &message, &issues);
        ck_assert_msg(result == (DELIMITER_ROWS[i].usable ? 0 : -1), "row %zu", i);
        if (result != 0)
            ck_assert_int_eq(issues.items[0].code, ISSUE_NOT_A_MESSAGE);
    }
}
END_TEST

START_TEST(rule_8_other_delimiters_split_as_said)
{
    struct hl7v2_message message = parsed("MSH:-+?*:A-B:C+D*E:F\rPID:1::7|^7\r");
    CK_SAME(hl7v2_message_value(&message, 0, 3, 1, 2, 0), "B");
    CK_SAME(hl7v2_message_value(&message, 0, 4, 2, 1, 2), "E");
    CK_SAME(hl7v2_message_value(&message, 1, 3, 1, 1, 1), "7|^7");
}
END_TEST

START_TEST(rule_8_missing_subcomponent_delimiter_splits_nothing)
{
    struct hl7v2_message message = parsed("MSH|^~|A&B\r");
    CK_SAME(hl7v2_message_value(&message, 0, 3, 1, 1, 1), "A&B");
    ck_assert_uint_eq(
        hl7v2_message_subcomponent_count(&message, hl7v2_message_field(&message, 0, 3)), 1);
}
END_TEST

START_TEST(rule_8_only_cr_ends_a_segment_unless_lf_is_accepted)
{
    const char *text = "MSH|^~\\&|A\nPID|1\r\nPV1|1\rEVN|2";
    struct hl7v2_message message = parsed(text);
    ck_assert_uint_eq(hl7v2_message_count(&message, HL7V2_ID("PID")), 0);
    const struct hl7v2_message_options options = {.accept_lf = true};
    struct issue_list issues;
    issue_list_init(&issues, test_arena);
    ck_assert_int_eq(hl7v2_message_parse(slice_of(text), &options, test_arena, &message, &issues),
                     0);
    ck_assert_uint_eq(message.segment_count, 4);
    ck_assert_uint_eq(issues.count, 0);
    CK_SAME(hl7v2_message_segment(&message, 3), "EVN|2");
}
END_TEST

START_TEST(rule_8_delete_indicator_is_two_quotes_and_nothing_else)
{
    struct hl7v2_message message = parsed(HEAD "PID|1|\"\"|\"\"^\"\"|\"\"\"|x\"\"|^^|~|0\r");
    ck_assert(hl7v2_is_delete(hl7v2_message_field(&message, 1, 2)));
    ck_assert(hl7v2_is_delete(hl7v2_message_value(&message, 1, 3, 1, 2, 0)));
    ck_assert(!hl7v2_is_delete(hl7v2_message_field(&message, 1, 4)));
    ck_assert(!hl7v2_is_delete(hl7v2_message_field(&message, 1, 5)));
    ck_assert(!hl7v2_message_is_valued(&message, hl7v2_message_field(&message, 1, 2)));
    ck_assert(!hl7v2_message_is_valued(&message, hl7v2_message_field(&message, 1, 6)));
    ck_assert(!hl7v2_message_is_valued(&message, hl7v2_message_field(&message, 1, 7)));
    ck_assert(hl7v2_message_is_valued(&message, hl7v2_message_field(&message, 1, 8)));
    ck_assert(!hl7v2_message_is_valued(&message, hl7v2_message_field(&message, 1, 9)));
    ck_assert(hl7v2_message_is_valued(&message, hl7v2_message_field(&message, 0, 2)));
}
END_TEST

START_TEST(a_line_that_is_no_segment_is_an_error_behind_the_segment_before_it)
{
    struct hl7v2_message message = parsed(HEAD "OBX|1|FT|||first\rsecond line\rNTE|1\r");
    ck_assert_uint_eq(message.segment_count, 3);
    ck_assert_int_eq(the_issue()->code, ISSUE_SEGMENT_SEQUENCE);
    ck_assert_int_eq(the_issue()->severity, ISSUE_ERROR);
    CK_PLACE(the_issue()->place, "OBX[1]");
}
END_TEST

START_TEST(rule_7_second_msh_without_batch_header_is_no_message)
{
    parsed(HEAD "PID|1\r" HEAD);
    ck_assert_int_eq(the_issue()->code, ISSUE_NOT_A_MESSAGE);
    CK_PLACE(the_issue()->place, "MSH[2]");
}
END_TEST

START_TEST(empty_lines_and_a_missing_last_cr_mean_nothing)
{
    struct hl7v2_message message = parsed(HEAD "\r\rPID|1");
    ck_assert_uint_eq(message.segment_count, 2);
    CK_SAME(hl7v2_message_segment(&message, 1), "PID|1");
    ck_assert_uint_eq(test_issues.count, 0);
}
END_TEST

START_TEST(limits_refuse_the_message)
{
    const struct hl7v2_message_options rows[] = {
        {.max_bytes = 20}, {.max_segments = 2}, {.max_fields = 5}};
    for (size_t i = 0; i < 3; i++) {
        struct hl7v2_message message;
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        ck_assert_int_eq(hl7v2_message_parse(slice_of(HEAD "PID|1\rPV1|1\r"), &rows[i], test_arena,
                                             &message, &issues),
                         -1);
        ck_assert_int_eq(issues.items[0].code, ISSUE_TOO_LARGE_MESSAGE);
    }
}
END_TEST

START_TEST(place_of_a_byte_goes_down_to_the_subcomponent)
{
    static const struct {
        size_t offset;
        const char *place;
    } rows[] = {
        {0, "MSH[1]"},           {4, "MSH[1]-2"},         {9, "MSH[1]-3[1].1.1"},  {11, "PID[1]"},
        {15, "PID[1]-1[1].1.1"}, {18, "PID[1]-1[2].2.1"}, {20, "PID[1]-1[2].2.2"},
    };
    struct hl7v2_message message = parsed("MSH|^~\\&|A\rPID|1~^2&3\r");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct issue_place place = hl7v2_message_place_at(&message, rows[i].offset);
        CK_PLACE(place, rows[i].place);
    }
    ck_assert_int_eq(hl7v2_message_place_at(&message, 99).kind, ISSUE_PLACE_NONE);
}
END_TEST

/* Row 3 of section 3. */
static const struct {
    const char *segments;
    const char *charset;
    bool text_controls;
    const char *place; /* NULL: taken */
} TEXT_ROWS[] = {
    {"PID|1||7", "", false, NULL},
    {"PID|1||M\xC3\xBCller", "", false, "PID[1]-3[1].1.1"},
    {"PID|1||x^M\xC3\xBCller", "UNICODE UTF-8", false, NULL},
    {"PID|1||x^M\xFCller", "UNICODE UTF-8", false, "PID[1]-3[1].2.1"},
    {"PID|1||M\xFCller", "8859/1", false, NULL},
    {"PID|1||M\x81ller", "8859/1", false, "PID[1]-3[1].1.1"},
    {"PID|1||a\tb", "", true, "PID[1]-3[1].1.1"},
    {"PID|1||a\x01", "", false, "PID[1]-3[1].1.1"},
    {"OBX|1|FT|||a\tb\nc", "", false, "OBX[1]-5[1].1.1"},
    {"OBX|1|FT|||a\tb\nc", "", true, NULL},
    {"OBX|1|ST|||a\tb", "", true, "OBX[1]-5[1].1.1"},
    {"NTE|1||a\tb", "", true, NULL},
    {"PID|1||\xC0\xAF", "UNICODE UTF-8", false, "PID[1]-3[1].1.1"},
    {"PID|1||\xED\xA0\x80", "UNICODE UTF-8", false, "PID[1]-3[1].1.1"},
};

START_TEST(row_3_illegal_bytes_are_named_by_their_field)
{
    for (size_t i = 0; i < sizeof TEXT_ROWS / sizeof TEXT_ROWS[0]; i++) {
        char *text =
            arena_string(test_arena, arena_format(test_arena, "MSH|^~\\&||||||||||||||||%s\r%s\r",
                                                  TEXT_ROWS[i].charset, TEXT_ROWS[i].segments));
        struct hl7v2_message message = parsed(text);
        const struct hl7v2_message_options options = {.accept_text_controls =
                                                          TEXT_ROWS[i].text_controls};
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        int result = hl7v2_message_check_text(&message, &options, &issues);
        ck_assert_msg(result == (TEXT_ROWS[i].place == NULL ? 0 : -1), "row %zu", i);
        if (result == 0)
            continue;
        ck_assert_int_eq(issues.items[0].code, ISSUE_DATA_TYPE);
        CK_PLACE(issues.items[0].place, TEXT_ROWS[i].place);
    }
}
END_TEST

START_TEST(row_3_nul_byte_is_refused)
{
    static const char text[] = HEAD "PID|1||a\0b\r";
    struct hl7v2_message message;
    ck_assert_int_eq(hl7v2_message_parse((struct slice){text, sizeof text - 1}, NULL, test_arena,
                                         &message, &test_issues),
                     0);
    ck_assert_int_eq(hl7v2_message_check_text(&message, NULL, &test_issues), -1);
    CK_PLACE(the_issue()->place, "PID[1]-3[1].1.1");
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "message");
    tcase_add_test(cases, msh_1_and_msh_2_count_as_fields);
    tcase_add_test(cases, fields_of_other_segments_count_from_the_first_separator);
    tcase_add_test(cases, what_is_not_there_has_no_pointer_and_what_is_empty_has_one);
    tcase_add_test(cases, each_value_is_a_slice_of_the_frame);
    tcase_add_test(cases, segments_are_numbered_among_their_name);
    tcase_add_test(cases, more_names_than_the_first_table_holds_are_found);
    tcase_add_test(cases, rule_8_delimiters_are_taken_or_refused);
    tcase_add_test(cases, rule_8_other_delimiters_split_as_said);
    tcase_add_test(cases, rule_8_missing_subcomponent_delimiter_splits_nothing);
    tcase_add_test(cases, rule_8_only_cr_ends_a_segment_unless_lf_is_accepted);
    tcase_add_test(cases, rule_8_delete_indicator_is_two_quotes_and_nothing_else);
    tcase_add_test(cases, a_line_that_is_no_segment_is_an_error_behind_the_segment_before_it);
    tcase_add_test(cases, rule_7_second_msh_without_batch_header_is_no_message);
    tcase_add_test(cases, empty_lines_and_a_missing_last_cr_mean_nothing);
    tcase_add_test(cases, limits_refuse_the_message);
    tcase_add_test(cases, place_of_a_byte_goes_down_to_the_subcomponent);
    tcase_add_test(cases, row_3_illegal_bytes_are_named_by_their_field);
    tcase_add_test(cases, row_3_nul_byte_is_refused);
}

int main(void)
{
    return suite_main("message", add);
}
