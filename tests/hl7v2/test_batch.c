#include "hl7v2/batch.h"
#include "hl7v2/support.h"

#define M1 "MSH|^~\\&|A|||||| ADT^A08|1\rPID|1\r"
#define M2 "MSH|^~\\&|A||||||ADT^A08|2\r"

/* Section 7. */
static const struct {
    const char *frame;
    int messages; /* -1: refused with `code` */
    enum issue_code code;
} ROWS[] = {
    {M1, 1, 0},
    {"BHS|^~\\&|A\r" M1 M2 "BTS|2\r", 2, 0},
    {"FHS|^~\\&|A\rBHS|^~\\&|A\r" M1 "BTS|1\rBHS|^~\\&|A\r" M2 "BTS|1\rFTS|2\r", 2, 0},
    {"FHS|^~\\&|A\r" M1 M2 "FTS\r", 2, 0},
    {"BHS|^~\\&|A\rBTS|0\r", 0, 0},
    {"BHS|^~\\&|A\r" M1 "BTS\r", 1, 0},
    {"BHS|^~\\&|A\r" M1 "BTS", 1, 0},
    {"BHS|^~\\&|A\r" M1 "BTS|1\rBHS|^~\\&|A\r" M2 "BTS|1|x\r", 2, 0},
    {"BHS:-+?*:A\rMSH:-+?*:A\rBTS:1\r", 1, 0},
    {"BHS|^~\\&|A\r" M1 "BTS|2\r", -1, ISSUE_BATCH_COUNT},
    {"BHS|^~\\&|A\r" M1 "BTS|x\r", -1, ISSUE_BATCH_COUNT},
    {"FHS|^~\\&|A\rBHS|^~\\&|A\r" M1 "BTS|1\rFTS|2\r", -1, ISSUE_BATCH_COUNT},
    {"BHS|^~\\&|A\r" M1, -1, ISSUE_NOT_A_MESSAGE},
    {"FHS|^~\\&|A\rBHS|^~\\&|A\r" M1 "BTS|1\r", -1, ISSUE_NOT_A_MESSAGE},
    {"FHS|^~\\&|A\rBHS|^~\\&|A\r" M1 "FTS|1\r", -1, ISSUE_NOT_A_MESSAGE},
    {"BHS|^~\\&|A\rBHS|^~\\&|A\r" M1 "BTS|1\r", -1, ISSUE_NOT_A_MESSAGE},
    {"FHS|^~\\&|A\rFHS|^~\\&|A\rFTS|0\r", -1, ISSUE_NOT_A_MESSAGE},
    {M1 M2, -1, ISSUE_NOT_A_MESSAGE},
    {M1 "BTS|1\r", -1, ISSUE_NOT_A_MESSAGE},
    {"BHS|^~\\&|A\rPID|1\r" M1 "BTS|1\r", -1, ISSUE_NOT_A_MESSAGE},
    {"BHS|^~\\&|A\r" M1 "BTS|1\r" M2, -1, ISSUE_NOT_A_MESSAGE},
    {"PID|1\r", -1, ISSUE_NOT_A_MESSAGE},
    {"", -1, ISSUE_NOT_A_MESSAGE},
};

START_TEST(section_7_batches_are_whole_or_refused)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct hl7v2_batch batch;
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        int result = hl7v2_batch_parse(slice_of(ROWS[i].frame), NULL, test_arena, &batch, &issues);
        ck_assert_msg(result == (ROWS[i].messages < 0 ? -1 : 0), "row %zu", i);
        if (result == 0)
            ck_assert_msg((int)batch.message_count == ROWS[i].messages, "row %zu", i);
        else
            ck_assert_msg(issues.items[0].code == ROWS[i].code, "row %zu", i);
    }
}
END_TEST

START_TEST(messages_of_a_batch_are_byte_exact)
{
    struct hl7v2_batch batch;
    ck_assert_int_eq(hl7v2_batch_parse(SLICE("BHS|^~\\&|A\r" M1 "\r" M2 "BTS|2\r"), NULL,
                                       test_arena, &batch, &test_issues),
                     0);
    ck_assert(batch.enveloped);
    CK_SAME(batch.messages[0], M1 "\r");
    CK_SAME(batch.messages[1], M2);
    ck_assert_int_eq(hl7v2_batch_parse(SLICE(M1 "\r\r"), NULL, test_arena, &batch, &test_issues),
                     0);
    ck_assert(!batch.enveloped);
    CK_SAME(batch.messages[0], M1 "\r\r");
}
END_TEST

START_TEST(section_7_one_batch_answer_with_their_control_id)
{
    struct hl7v2_batch batch;
    struct hl7v2_ack_options options = {
        .application = SLICE("HUB"), .control_id = SLICE("pb1-7"), .offset_minutes = 0};
    const struct slice answers[] = {SLICE_INIT("MSH|^~\\&|H\rMSA|AA|1\r"),
                                    SLICE_INIT("MSH|^~\\&|H\rMSA|AE|2\r")};
    struct buffer out;
    buffer_init(&out, 0);
    ck_assert(time_parse(SLICE("2026-03-10T15:30:00Z"), 0, &options.now));
    ck_assert_int_eq(
        hl7v2_batch_parse(
            SLICE("FHS|^~\\&|E|C|H|P|||||F-1\rBHS|^~\\&|E|C||P|||||B^1\r" M1 M2 "BTS|2\rFTS|1\r"),
            NULL, test_arena, &batch, &test_issues),
        0);
    ck_assert_int_eq(hl7v2_batch_write(&batch, answers, 2, &options, test_arena, &out), 0);
    CK_SAME(buffer_slice(&out), "FHS|^~\\&|H|P|E|C|20260310153000.000+0000||||pb1-7|F-1\r"
                                "BHS|^~\\&|HUB|P|E|C|20260310153000.000+0000||||pb1-7|B^1\r"
                                "MSH|^~\\&|H\rMSA|AA|1\rMSH|^~\\&|H\rMSA|AE|2\rBTS|2\rFTS|1\r");
    buffer_release(&out);
}
END_TEST

/* Files as people have them, and the first bytes of each message found. */
static const struct {
    const char *file;
    const char *starts; /* joined by ";" */
} FILES[] = {
    {M1 M2, "MSH;MSH"},
    {"MSH|^~\\&|A\nPID|1\n\nMSH|^~\\&|B\nPID|2\n", "MSH;MSH"},
    {"\xEF\xBB\xBFMSH|^~\\&|A\r\nPID|1\r\n", "MSH"},
    {"\r\nMSH|^~\\&|A\r\nPID|1\r\n", "MSH"},
    {"FHS|^~\\&|A\rBHS|^~\\&\r" M1 "BTS|1\rFTS|1\r", "MSH"},
    {"BHS|^~\\&|A\r" M1 M2, "MSH;MSH"},
    {"\x0B" M1 "\x1C\r\x0B" M2 "\x1C\r", "MSH;MSH"},
    {"\x0B" M1 "\x0B" M2 "\x1C\r", "MSH;MSH"},
    {"\x0B" M1, "MSH"},
    {M1 "\x0B" M2 "\x1C\r", "MSH;MSH"},
    {"PID|1\rPV1|1\r" M1, "PID;MSH"},
    {"hello\n", "hel"},
    {"\x1C\r\x0B", "\x1C"},
    {"\r\n\r\n", ""},
    {"", ""},
};

START_TEST(files_of_any_framing_are_split_into_messages)
{
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        struct slice *messages;
        size_t count = hl7v2_batch_split(slice_of(FILES[i].file), test_arena, &messages);
        struct slice joined = SLICE("");
        for (size_t m = 0; m < count; m++)
            joined = arena_format(test_arena, "%.*s%s%.*s", SLICE_ARG(joined), m > 0 ? ";" : "",
                                  SLICE_ARG(slice_trim(slice_part(messages[m], 0, 3))));
        ck_assert_msg(slice_equal(joined, slice_of(FILES[i].starts)), "row %zu: %.*s", i,
                      SLICE_ARG(joined));
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "batch");
    tcase_add_test(cases, section_7_batches_are_whole_or_refused);
    tcase_add_test(cases, messages_of_a_batch_are_byte_exact);
    tcase_add_test(cases, section_7_one_batch_answer_with_their_control_id);
    tcase_add_test(cases, files_of_any_framing_are_split_into_messages);
}

int main(void)
{
    return suite_main("batch", add);
}
