#include "hl7v2/ack.h"
#include "hl7v2/support.h"

/* --- which answers -----------------------------------------------------------------------------
 */

enum fault { GOOD, BAD_AT_ACCEPT, REJECTED_HEADER, BAD_IN_APPLICATION };

/* The table of section 2; an empty text is "not valued". */
static const struct {
    const char *accept, *application;
    enum fault fault;
    const char *answers;
} PLAN_ROWS[] = {
    {"", "", GOOD, "AA"},
    {"", "", BAD_AT_ACCEPT, "AE"},
    {"", "", REJECTED_HEADER, "AR"},
    {"", "", BAD_IN_APPLICATION, "AE"},
    {"\"\"", "\"\"", GOOD, "AA"},
    {"AL", "NE", GOOD, "CA"},
    {"AL", "NE", BAD_AT_ACCEPT, "CE"},
    {"AL", "NE", REJECTED_HEADER, "CR"},
    {"AL", "NE", BAD_IN_APPLICATION, "CA"},
    {"AL", "AL", GOOD, "CA AA"},
    {"AL", "AL", BAD_AT_ACCEPT, "CE"},
    {"AL", "AL", REJECTED_HEADER, "CR"},
    {"AL", "AL", BAD_IN_APPLICATION, "CA AE"},
    {"AL", "ER", GOOD, "CA"},
    {"AL", "ER", BAD_AT_ACCEPT, "CE"},
    {"AL", "ER", BAD_IN_APPLICATION, "CA AE"},
    {"NE", "AL", GOOD, "AA"},
    {"NE", "AL", BAD_AT_ACCEPT, "AE"},
    {"NE", "AL", REJECTED_HEADER, "AR"},
    {"NE", "AL", BAD_IN_APPLICATION, "AE"},
    {"ER", "ER", GOOD, ""},
    {"ER", "ER", BAD_AT_ACCEPT, "CE"},
    {"ER", "ER", BAD_IN_APPLICATION, "AE"},
    {"SU", "SU", GOOD, "CA AA"},
    {"SU", "SU", BAD_AT_ACCEPT, ""},
    {"NE", "NE", GOOD, ""},
    {"NE", "NE", BAD_AT_ACCEPT, ""},
    {"AL", "", GOOD, "CA"},
    {"", "AL", GOOD, "AA"},
    {"XX", "NE", REJECTED_HEADER, "CR"},
    {"NE", "XX", REJECTED_HEADER, "AR"},
};

static struct hl7v2_header header_of(const char *accept, const char *application)
{
    struct slice text = arena_format(test_arena, "MSH|^~\\&|||||||ADT^A08|7|P|2.5.1|||%s|%s\r",
                                     accept, application);
    struct hl7v2_message message = parsed(arena_string(test_arena, text));
    struct hl7v2_header header;
    hl7v2_header_read(&message, &header);
    return header;
}

static struct slice plan_text(struct hl7v2_ack_plan plan)
{
    struct slice accept = hl7v2_ack_code_name(plan.accept);
    struct slice application = hl7v2_ack_code_name(plan.application);
    return arena_format(test_arena, "%.*s%s%.*s", SLICE_ARG(accept),
                        accept.len > 0 && application.len > 0 ? " " : "", SLICE_ARG(application));
}

START_TEST(section_2_answers_by_mode)
{
    const struct issue content = {.code = ISSUE_DATA_TYPE,
                                  .severity = ISSUE_ERROR,
                                  .place = issue_place_v2(SLICE("EVN"), 1, 2, 0, 0, 0)};
    const struct issue reject = {.code = ISSUE_VERSION_ID,
                                 .severity = ISSUE_ERROR,
                                 .place = issue_place_v2(SLICE("MSH"), 1, 12, 0, 0, 0)};
    for (size_t i = 0; i < sizeof PLAN_ROWS / sizeof PLAN_ROWS[0]; i++) {
        enum fault fault = PLAN_ROWS[i].fault;
        struct hl7v2_header header = header_of(PLAN_ROWS[i].accept, PLAN_ROWS[i].application);
        const struct issue *error = fault == REJECTED_HEADER ? &reject : &content;
        struct hl7v2_ack_plan plan = hl7v2_ack_plan(
            &header, HL7V2_ACK_MODE_AUTO, fault == GOOD ? NULL : error,
            fault == BAD_IN_APPLICATION ? HL7V2_ACK_STAGE_APPLICATION : HL7V2_ACK_STAGE_ACCEPT);
        struct slice text = plan_text(plan);
        ck_assert_msg(slice_equal(text, slice_of(PLAN_ROWS[i].answers)), "row %zu: %.*s", i,
                      SLICE_ARG(text));
    }
}
END_TEST

START_TEST(section_2_a_feed_may_pin_the_mode)
{
    struct hl7v2_header empty = header_of("", ""), asked = header_of("AL", "AL");
    CK_SAME(plan_text(
                hl7v2_ack_plan(&asked, HL7V2_ACK_MODE_ORIGINAL, NULL, HL7V2_ACK_STAGE_APPLICATION)),
            "AA");
    CK_SAME(plan_text(
                hl7v2_ack_plan(&empty, HL7V2_ACK_MODE_ENHANCED, NULL, HL7V2_ACK_STAGE_APPLICATION)),
            "CA");
    CK_SAME(plan_text(hl7v2_ack_plan(NULL, HL7V2_ACK_MODE_AUTO, NULL, HL7V2_ACK_STAGE_APPLICATION)),
            "AA");
}
END_TEST

/* Row 8: only MSH-9, MSH-11 and MSH-12 make a CR. */
START_TEST(row_8_not_ours_is_ar_or_ce)
{
    const struct issue issue = {.code = ISSUE_NOT_OURS,
                                .severity = ISSUE_ERROR,
                                .place = issue_place_v2(SLICE("MSH"), 1, 5, 0, 0, 0)};
    struct hl7v2_header empty = header_of("", ""), asked = header_of("AL", "NE");
    CK_SAME(plan_text(hl7v2_ack_plan(&empty, HL7V2_ACK_MODE_AUTO, &issue, HL7V2_ACK_STAGE_ACCEPT)),
            "AR");
    CK_SAME(plan_text(hl7v2_ack_plan(&asked, HL7V2_ACK_MODE_AUTO, &issue, HL7V2_ACK_STAGE_ACCEPT)),
            "CE");
}
END_TEST

START_TEST(section_2_an_acknowledgement_is_never_acknowledged)
{
    struct hl7v2_message message = parsed("MSH|^~\\&|||||||ACK^A08|7|P|2.5.1|||AL|AL\rMSA|AA|1\r");
    struct hl7v2_header header;
    hl7v2_header_read(&message, &header);
    CK_SAME(plan_text(hl7v2_ack_plan(&header, HL7V2_ACK_MODE_ORIGINAL, NULL,
                                     HL7V2_ACK_STAGE_APPLICATION)),
            "");
}
END_TEST

/* --- the text ----------------------------------------------------------------------------------
 */

static struct hl7v2_ack_options options_of(const char *control_id)
{
    struct hl7v2_ack_options options = {
        .application = SLICE("PAINBRIDGE"),
        .facility = SLICE("HUB"),
        .control_id = slice_of(control_id),
        .offset_minutes = -360,
    };
    ck_assert(time_parse(SLICE("2026-03-10T15:30:00.412Z"), 0, &options.now));
    return options;
}

static struct slice written(const char *text, enum hl7v2_ack_code code,
                            const struct issue_list *issues, bool typed)
{
    struct hl7v2_message message = parsed(text);
    struct hl7v2_header header;
    struct hl7v2_ack_options options = options_of("pb1-000000042");
    struct buffer out;
    options.typed_response = typed;
    hl7v2_header_read(&message, &header);
    buffer_init(&out, 0);
    ck_assert_int_eq(hl7v2_ack_write(&message, &header, code, &options, issues, test_arena, &out),
                     0);
    struct slice copy = arena_copy(test_arena, buffer_slice(&out));
    buffer_release(&out);
    return copy;
}

#define ADT(version)                                                                               \
    "MSH|^~\\&|NEXTEHR|CLINIC_A|PAINBRIDGE|HUB|20260310093000-0600||ADT^A08^ADT_A01|7741|"         \
    "P|" version "\r"

/* The example of section 4. */
START_TEST(section_4_bad_date_in_original_mode)
{
    issue_report(&test_issues, ISSUE_DATA_TYPE, ISSUE_ERROR,
                 issue_place_v2(SLICE("EVN"), 1, 2, 0, 0, 0), "not a valid date");
    CK_SAME(written(ADT("2.5.1"), HL7V2_ACK_AE, &test_issues, false),
            "MSH|^~\\&|PAINBRIDGE|HUB|NEXTEHR|CLINIC_A|20260310093000.412-0600||ACK^A08^ACK|"
            "pb1-000000042|P|2.5.1\r"
            "MSA|AE|7741|EVN[1]-2: not a valid date\r"
            "ERR||EVN^1^2|102^Data type error^HL70357|E|||not a valid date\r");
}
END_TEST

START_TEST(section_4_up_to_2_4_only_err_1)
{
    issue_report(&test_issues, ISSUE_DATA_TYPE, ISSUE_ERROR,
                 issue_place_v2(SLICE("PID"), 1, 5, 1, 2, 0), "wrong");
    issue_report(&test_issues, ISSUE_REQUIRED_FIELD, ISSUE_ERROR,
                 issue_place_v2(SLICE("PID"), 1, 3, 0, 0, 0), "missing");
    struct slice answer = written(ADT("2.4"), HL7V2_ACK_AE, &test_issues, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("\rERR|PID^1^5^102&Data type error&HL70357~"
                                               "PID^1^3^101&Required field missing&HL70357\r")),
                      answer.len);
}
END_TEST

START_TEST(section_4_msh_9_by_version)
{
    static const struct {
        const char *message, *type;
    } rows[] = {
        {ADT("2.3"), "||ACK|pb1"},
        {ADT("2.3.1"), "||ACK^A08|pb1"},
        {ADT("2.4"), "||ACK^A08^ACK|pb1"},
        {ADT("2.9"), "||ACK^A08^ACK|pb1"},
    };
    for (size_t i = 0; i < 4; i++) {
        struct slice answer = written(rows[i].message, HL7V2_ACK_AA, NULL, false);
        ck_assert_msg(slice_find(answer, slice_of(rows[i].type)) < answer.len, "%.*s",
                      SLICE_ARG(answer));
    }
}
END_TEST

START_TEST(section_4_unknown_version_is_answered_in_the_highest_we_speak)
{
    struct slice answer = written(ADT("1.0"), HL7V2_ACK_AR, NULL, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("|P|2.5.1\r")), answer.len);
}
END_TEST

START_TEST(section_4_control_id_and_delimiters_come_back_byte_for_byte)
{
    CK_SAME(written("MSH:-+?*:E-x:A:::::ADT-A08: 7|7?F? :P:2.5.1::::::8859/1\r", HL7V2_ACK_AA, NULL,
                    false),
            "MSH:-+?*:PAINBRIDGE:HUB:E-x:A:20260310093000.412?S?0600::ACK-A08-ACK:"
            "pb1?S?000000042:P:2.5.1::::::8859/1\rMSA:AA: 7|7?F? \r");
}
END_TEST

START_TEST(section_4_without_escape_character_our_words_lose_delimiters_only)
{
    issue_report(&test_issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE, "a ^ b");
    struct slice answer =
        written("MSH|^~|E|A|||||ADT^A08|7|P|2.5.1\r", HL7V2_ACK_AE, &test_issues, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("MSA|AE|7|a   b\r")), answer.len);
}
END_TEST

START_TEST(section_4_typed_response_where_the_feed_says_so)
{
    const char *ref = "MSH|^~\\&|E|A|P|H|2026||REF^I12^REF_I12|7|P|2.5.1\r";
    struct slice answer = written(ref, HL7V2_ACK_AA, NULL, true);
    ck_assert_uint_lt(slice_find(answer, SLICE("||RRI^I12^RRI_I12|")), answer.len);
    answer = written(ref, HL7V2_ACK_AA, NULL, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("||ACK^I12^ACK|")), answer.len);
    answer = written(ref, HL7V2_ACK_CA, NULL, true);
    ck_assert_uint_lt(slice_find(answer, SLICE("||ACK^I12^ACK|")), answer.len);
}
END_TEST

START_TEST(section_2_application_answer_in_enhanced_mode_asks_nothing_back)
{
    const char *text = "MSH|^~\\&|E|A|P|H|2026||ADT^A08|7|P|2.5.1|||AL|AL\r";
    struct slice answer = written(text, HL7V2_ACK_AA, NULL, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("|P|2.5.1|||NE|NE\rMSA|AA|7\r")), answer.len);
    answer = written(text, HL7V2_ACK_CA, NULL, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("|P|2.5.1\rMSA|CA|7\r")), answer.len);
}
END_TEST

START_TEST(row_1_unreadable_message_is_answered_with_the_usual_delimiters)
{
    struct hl7v2_ack_options options = options_of("pb1-1");
    struct buffer out;
    buffer_init(&out, 0);
    issue_report(&test_issues, ISSUE_NOT_A_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE, "no MSH");
    ck_assert_int_eq(
        hl7v2_ack_write(NULL, NULL, HL7V2_ACK_AR, &options, &test_issues, test_arena, &out), 0);
    CK_SAME(buffer_slice(&out),
            "MSH|^~\\&|PAINBRIDGE|HUB|||20260310093000.412-0600||ACK|pb1-1|P|2.5.1\r"
            "MSA|AR||no MSH\r"
            "ERR|||100^Segment sequence error^HL70357|E|||no MSH\r");
    buffer_release(&out);
}
END_TEST

START_TEST(row_10_duplicate_key_by_version)
{
    issue_report(&test_issues, ISSUE_DUPLICATE_KEY, ISSUE_ERROR,
                 issue_place_v2(SLICE("MSH"), 1, 10, 0, 0, 0), "other content");
    struct slice answer = written(ADT("2.8"), HL7V2_ACK_AE, &test_issues, false);
    ck_assert_uint_lt(
        slice_find(answer, SLICE("ERR||MSH^1^10|205^Duplicate key identifier^HL70357|E|||")),
        answer.len);
    answer = written(ADT("2.8.1"), HL7V2_ACK_AE, &test_issues, false);
    ck_assert_uint_lt(slice_find(answer, SLICE("ERR||MSH^1^10|207^Application error^HL70357|E|102^"
                                               "Duplicate Key Identifier^HL70533||")),
                      answer.len);
}
END_TEST

static size_t count_of(struct slice text, struct slice part)
{
    size_t count = 0;
    for (size_t at = slice_find(text, part); at < text.len; at = slice_find(text, part)) {
        count++;
        text = slice_after(text, at + part.len);
    }
    return count;
}

START_TEST(section_3_at_most_twenty_err_and_the_last_counts_the_rest)
{
    for (unsigned i = 1; i <= 250; i++)
        issue_report(&test_issues, ISSUE_REQUIRED_FIELD, ISSUE_ERROR,
                     issue_place_v2(SLICE("OBX"), i, 3, 0, 0, 0), "missing");
    struct slice answer = written(ADT("2.5.1"), HL7V2_ACK_AE, &test_issues, false);
    ck_assert_uint_eq(count_of(answer, SLICE("\rERR|")), 20);
    ck_assert_uint_lt(slice_find(answer, SLICE("ERR||OBX^20^3|101^Required field missing^HL70357|E|"
                                               "||missing; 230 more issues are not listed\r")),
                      answer.len);
}
END_TEST

START_TEST(section_3_accepted_with_warnings)
{
    issue_report(&test_issues, ISSUE_TABLE_VALUE, ISSUE_WARNING,
                 issue_place_v2(SLICE("PID"), 1, 8, 0, 0, 0), "kept as text");
    issue_report(&test_issues, ISSUE_NONE, ISSUE_INFORMATION, ISSUE_NOWHERE, "nothing");
    struct slice answer = written(ADT("2.5.1"), HL7V2_ACK_AA, &test_issues, false);
    ck_assert_uint_eq(count_of(answer, SLICE("\rERR|")), 1);
    ck_assert_uint_lt(slice_find(answer, SLICE("MSA|AA|7741\rERR||PID^1^8|103^Table value not "
                                               "found^HL70357|W|||kept as text\r")),
                      answer.len);
    /* before 2.5 ERR has no severity: the first warning stands in MSA-3 */
    answer = written(ADT("2.4"), HL7V2_ACK_AA, &test_issues, false);
    ck_assert_uint_eq(count_of(answer, SLICE("\rERR")), 0);
    ck_assert_uint_lt(slice_find(answer, SLICE("MSA|AA|7741|warning: PID[1]-8: kept as text\r")),
                      answer.len);
}
END_TEST

/* --- reading -----------------------------------------------------------------------------------
 */

START_TEST(an_answer_is_read_in_both_forms)
{
    struct hl7v2_message message =
        parsed("MSH|^~\\&|A|B|C|D|2026||ACK^A08^ACK|9|P|2.5.1\rMSA|AE| 77\\F\\1|bad\\T\\worse||\r"
               "ERR||PID^1^5^1^2|102^Data type error^HL70357|E|||diagnostic|for the user\r"
               "ERR|OBX^2^5^103&Table value not found&HL70357~OBX^3^1^101\r");
    struct hl7v2_ack ack;
    ck_assert_int_eq(hl7v2_ack_parse(&message, test_arena, &ack, &test_issues), 0);
    ck_assert_int_eq(ack.code, HL7V2_ACK_AE);
    CK_SAME(ack.control_id, " 77\\F\\1");
    CK_SAME(ack.text, "bad&worse");
    ck_assert_uint_eq(ack.error_count, 3);
    CK_PLACE(ack.errors[0].place, "PID[1]-5[1].2");
    ck_assert_uint_eq(ack.errors[0].code, 102);
    CK_SAME(ack.errors[0].message, "for the user");
    CK_PLACE(ack.errors[1].place, "OBX[2]-5");
    ck_assert_uint_eq(ack.errors[1].code, 103);
    CK_SAME(ack.errors[1].message, "Table value not found");
    ck_assert_uint_eq(ack.errors[2].code, 101);
}
END_TEST

START_TEST(what_we_write_we_read)
{
    issue_report(&test_issues, ISSUE_DATA_TYPE, ISSUE_ERROR,
                 issue_place_v2(SLICE("PID"), 1, 5, 1, 2, 0), "bad | value");
    struct slice text = written(ADT("2.5.1"), HL7V2_ACK_CE, &test_issues, false);
    struct hl7v2_message message = parsed(arena_string(test_arena, text));
    struct hl7v2_ack ack;
    ck_assert_int_eq(hl7v2_ack_parse(&message, test_arena, &ack, &test_issues), 0);
    ck_assert_int_eq(ack.code, HL7V2_ACK_CE);
    CK_SAME(ack.control_id, "7741");
    CK_SAME(ack.text, "PID[1]-5[1].2: bad | value");
    CK_SAME(ack.errors[0].message, "bad | value");
}
END_TEST

START_TEST(no_msa_or_an_unknown_code_is_no_answer)
{
    static const char *const rows[] = {"MSH|^~\\&|A\r", "MSH|^~\\&|A\rMSA|XX|7\r",
                                       "MSH|^~\\&|A\rMSA||7\r", "MSH|^~\\&|A\rMSA\r"};
    for (size_t i = 0; i < 4; i++) {
        struct hl7v2_message message = parsed(rows[i]);
        struct hl7v2_ack ack;
        ck_assert_int_eq(hl7v2_ack_parse(&message, test_arena, &ack, &test_issues), -1);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "ack");
    tcase_add_test(cases, section_2_answers_by_mode);
    tcase_add_test(cases, section_2_a_feed_may_pin_the_mode);
    tcase_add_test(cases, row_8_not_ours_is_ar_or_ce);
    tcase_add_test(cases, section_2_an_acknowledgement_is_never_acknowledged);
    tcase_add_test(cases, section_4_bad_date_in_original_mode);
    tcase_add_test(cases, section_4_up_to_2_4_only_err_1);
    tcase_add_test(cases, section_4_msh_9_by_version);
    tcase_add_test(cases, section_4_unknown_version_is_answered_in_the_highest_we_speak);
    tcase_add_test(cases, section_4_control_id_and_delimiters_come_back_byte_for_byte);
    tcase_add_test(cases, section_4_without_escape_character_our_words_lose_delimiters_only);
    tcase_add_test(cases, section_4_typed_response_where_the_feed_says_so);
    tcase_add_test(cases, section_2_application_answer_in_enhanced_mode_asks_nothing_back);
    tcase_add_test(cases, row_1_unreadable_message_is_answered_with_the_usual_delimiters);
    tcase_add_test(cases, row_10_duplicate_key_by_version);
    tcase_add_test(cases, section_3_at_most_twenty_err_and_the_last_counts_the_rest);
    tcase_add_test(cases, section_3_accepted_with_warnings);
    tcase_add_test(cases, an_answer_is_read_in_both_forms);
    tcase_add_test(cases, what_we_write_we_read);
    tcase_add_test(cases, no_msa_or_an_unknown_code_is_no_answer);
}

int main(void)
{
    return suite_main("ack", add);
}
