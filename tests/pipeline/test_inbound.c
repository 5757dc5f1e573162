/* From the bytes of a frame to its answer, against a real server. Rows and rules are those of the
 * wire rules (sections 1, 2, 3 and 5). */
#include "pipeline/receiver.h"

#include <stdio.h>

/* --- rows 12, 13, 15 and 16 ------------------------------------------------------------------- */

static const struct fault {
    int row;
    const char *segments; /* HL7 v2.5.1 chapter 3: EVN, PID */
    const char *place;    /* ERR-2 */
    const char *code;     /* ERR-3.1, table 0357; 198 came with 2.8 */
} faults[] = {
    {12, "EVN|A08|20260310\rPID|1||7^^^NORTH^MR\r", "PID^1^5", "101^Required field missing"},
    {13, "EVN|A08|20260310\rPID|x||7^^^NORTH^MR||DOE^A\r", "PID^1^1", "102^Data type error"},
    {15, "EVN|A08|20260310\rPID|1|123456789012345678901|7^^^NORTH^MR||DOE^A||1970|F\r", "PID^1^2",
     "104^Value too long"},
    {16, "EVN|A08|20260310\rPID|1||7^^^NORTH^MR||DOE^A||1970~1971|F\r", "PID^1^7",
     "207^Application error"},
};

static void check_fault(const struct fault *fault, struct slice answer, const char *severity)
{
    CK_SAYS(answer, arena_format(arena, "\rERR||%s", fault->place).ptr);
    CK_SAYS(answer, arena_format(arena, "|%s^HL70357|%s|", fault->code, severity).ptr);
}

START_TEST(a_feed_that_ignores_them_says_nothing_of_content)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char id[] = {'I', (char)('0' + i), '\0'};
        struct slice answer = submit(message(id, "2.5.1", faults[i].segments));
        CK_SAYS(answer, arena_format(arena, "\rMSA|AA|%s\r", id).ptr);
        CK_SAYS_NOT(answer, "\rERR");
    }
}
END_TEST

START_TEST(a_feed_that_warns_takes_it_and_names_row_12_13_15_16_with_w)
{
    feed.content = HL7V2_WARN;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char id[] = {'W', (char)('0' + i), '\0'};
        struct slice answer = submit(message(id, "2.5.1", faults[i].segments));
        CK_SAYS(answer, arena_format(arena, "\rMSA|AA|%s\r", id).ptr);
        check_fault(&faults[i], answer, "W");
    }
    expect("select status, count(*) from inbox group by 1", "accepted|4");
}
END_TEST

START_TEST(a_feed_that_refuses_answers_ae_for_row_12_13_15_16_and_keeps_no_effect)
{
    feed.content = HL7V2_REFUSE;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char id[] = {'R', (char)('0' + i), '\0'};
        struct slice answer = submit(message(id, "2.5.1", faults[i].segments));
        CK_SAYS(answer, arena_format(arena, "\rMSA|AE|%s|", id).ptr);
        check_fault(&faults[i], answer, "E");
    }
    expect("select status, count(*) from inbox group by 1", "rejected|4");
    expect("select count(*) from resource", "0");
    struct slice well =
        submit(message("R9", "2.5.1", "EVN|A08|20260310\rPID|1||7^^^NORTH^MR||DOE^A||1970|F\r"));
    CK_SAYS(well, "\rMSA|AA|R9\r");
}
END_TEST

/* Section 4: at most 20 ERR segments, the last says how many were left out. */
START_TEST(warnings_are_bounded_in_number)
{
    feed.content = HL7V2_WARN;
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, SLICE("EVN|A08|20260310\rPID|1||7^^^NORTH^MR||DOE^A\r"));
    for (int i = 1; i <= 30; i++)
        buffer_append_format(&text, "NK1|x\r");
    buffer_append_byte(&text, '\0');
    struct slice answer = submit(message("MANY", "2.5.1", buffer_slice(&text).ptr));
    buffer_release(&text);
    CK_SAYS(answer, "\rMSA|AA|MANY\r");
    ck_assert_uint_eq(count_of(answer, "\rERR|"), 20);
    CK_SAYS(answer, " more issues are not listed");
}
END_TEST

/* --- section 5: order ------------------------------------------------------------------------- */

#define PERSON(event, family) "EVN|A08|" event "\rPID|1||7^^^NORTH^MR||" family "^A||1970|F\r"

START_TEST(an_older_event_that_did_not_overwrite_is_aa_with_a_warning)
{
    CK_SAYS_NOT(submit(message("1", "2.5.1", PERSON("20260310080000", "NEW"))), "\rERR");
    struct slice answer = submit(message("2", "2.5.1", PERSON("20260309080000", "OLD")));
    CK_SAYS(answer, "\rMSA|AA|2\rERR||EVN^1^2|207^Application error^HL70357|W|||");
    CK_SAYS(answer, "older than what is stored");
    ck_assert_uint_eq(count_of(answer, "\rERR"), 1);
    expect("select body::json #>> '{name,0,family}' from resource where type = 'Patient'", "NEW");
}
END_TEST

/* HL7 v2.4 2.16.5: ERR has no severity there, so the words stand in MSA-3. */
START_TEST(before_2_5_the_warning_of_an_older_event_stands_in_msa_3)
{
    submit(message("1", "2.3", PERSON("20260310080000", "NEW")));
    struct slice answer = submit(message("2", "2.3", PERSON("20260309080000", "OLD")));
    CK_SAYS(answer, "\rMSA|AA|2|warning: EVN[1]-2: the event is older than what is stored");
    CK_SAYS_NOT(answer, "\rERR");
}
END_TEST

START_TEST(an_older_event_that_says_the_same_or_something_new_is_no_warning)
{
    submit(message("1", "2.5.1", "EVN|A08|20260310080000\rPID|1||7^^^NORTH^MR||NEW^A\r"));
    CK_SAYS_NOT(submit(message("2", "2.5.1",
                               "EVN|A08|20260309080000\rPID|1||7^^^NORTH^MR||NEW^A||1970|F\r")),
                "\rERR");
    expect("select body::json ->> 'gender' from resource where type = 'Patient'", "female");
}
END_TEST

/* --- what is no message ----------------------------------------------------------------------- */

START_TEST(rule_2_an_acknowledgement_is_counted_and_not_answered)
{
    submit(SLICE("MSH|^~\\&|EHR|NORTH|PB|HUB|20260310||ACK^A01^ACK|K1|P|2.5.1\rMSA|AA|pb1-7\r"));
    ck_assert_uint_eq(answered.count, 0);
    ck_assert(!answered.close);
    ck_assert_int_eq(
        pipeline_metrics_value(metrics, PIPELINE_METRIC_ACKS_RECEIVED, SLICE("lab"), SLICE("AA")),
        1);
    submit(SLICE("MSH|^~\\&|EHR|NORTH|PB|HUB|20260310||ACK|K2|P|2.5.1\rMSA|secret|1\r"));
    ck_assert_int_eq(
        pipeline_metrics_value(metrics, PIPELINE_METRIC_ACKS_RECEIVED, SLICE("lab"), SLICE("none")),
        1);
    expect("select count(*) from inbox", "0");
}
END_TEST

START_TEST(rule_1_7_a_fragment_is_kept_and_neither_answered_nor_processed)
{
    struct slice fragment = slice_part(message("CUT", "2.5.1", PERSON("20260310", "DOE")), 0, 110);
    submit_as(fragment, PIPELINE_FRAME_TRUNCATED);
    ck_assert_uint_eq(answered.count, 0);
    expect("select status, message_type, convert_from(control_id, 'UTF8'), length(raw),"
           " length(answer) from inbox",
           "rejected|fragment|CUT|110|0");
    expect("select count(*) from message_key", "0");
    /* the whole message may come under the same id afterwards */
    CK_SAYS(submit(message("CUT", "2.5.1", PERSON("20260310", "DOE"))), "\rMSA|AA|CUT\r");
    char *large = calloc(1, 100000);
    submit_as((struct slice){large, 100000}, PIPELINE_FRAME_TRUNCATED);
    free(large);
    expect("select length(raw) from inbox where control_id = ''", "65536");
}
END_TEST

START_TEST(rule_1_9_an_oversized_frame_is_answered_ar_104_and_closed)
{
    struct slice answer =
        submit_as(message("BIG", "2.5.1", PERSON("20260310", "DOE")), PIPELINE_FRAME_OVERSIZED);
    CK_SAYS(answer, "\rMSA|AR|BIG|");
    CK_SAYS(answer, "|104^Value too long^HL70357|E|");
    ck_assert(answered.close);
    expect("select count(*) from inbox", "0");
}
END_TEST

/* Row 19: closed without an answer, or AR on a connection that stays. */
START_TEST(row_19_a_message_that_cannot_be_stored_waits_as_long_as_its_feed_says)
{
    database_kill();
    feed.grace_milliseconds = 300;
    instant began = time_monotonic();
    submit(message("1", "2.5.1", PERSON("20260310", "DOE")));
    ck_assert_int_lt(time_monotonic() - began, 5 * TIME_SECOND);
    ck_assert_uint_eq(answered.count, 0);
    ck_assert(answered.close);
    feed.reject_when_unavailable = true;
    CK_SAYS(submit(message("2", "2.5.1", PERSON("20260310", "DOE"))), "\rMSA|AR|2|");
    ck_assert(!answered.close);
    database_restart();
}
END_TEST

static void add(Suite *suite)
{
    TCase *made = tcase_create("inbound");
    tcase_add_checked_fixture(made, begin, end);
    tcase_set_timeout(made, 120);
    tcase_add_test(made, a_feed_that_ignores_them_says_nothing_of_content);
    tcase_add_test(made, a_feed_that_warns_takes_it_and_names_row_12_13_15_16_with_w);
    tcase_add_test(made, a_feed_that_refuses_answers_ae_for_row_12_13_15_16_and_keeps_no_effect);
    tcase_add_test(made, warnings_are_bounded_in_number);
    tcase_add_test(made, an_older_event_that_did_not_overwrite_is_aa_with_a_warning);
    tcase_add_test(made, before_2_5_the_warning_of_an_older_event_stands_in_msa_3);
    tcase_add_test(made, an_older_event_that_says_the_same_or_something_new_is_no_warning);
    tcase_add_test(made, rule_2_an_acknowledgement_is_counted_and_not_answered);
    tcase_add_test(made, rule_1_7_a_fragment_is_kept_and_neither_answered_nor_processed);
    tcase_add_test(made, rule_1_9_an_oversized_frame_is_answered_ar_104_and_closed);
    tcase_add_test(made, row_19_a_message_that_cannot_be_stored_waits_as_long_as_its_feed_says);
    suite_add_tcase(suite, made);
}

int main(void)
{
    return database_suite_main("inbound", add);
}
