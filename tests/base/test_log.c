/* log: one line an event, whatever stands in a field. */
#include "base/arena.h"
#include "base/log.h"
#include "support/same.h"
#include "support/suite.h"

#include <stdlib.h>
#include <unistd.h>

static int ends[2];
static struct log *events;
static char line[200000];

static void begin(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    events = log_new(ends[1], LOG_INFO, "door-1");
}

static void end(void)
{
    log_free(events);
    close(ends[0]);
    close(ends[1]);
}

/* What was written, without the time stamp, which must look like one. */
static struct slice written(void)
{
    ssize_t size = read(ends[0], line, sizeof(line));
    ck_assert_int_gt(size, 0);
    struct slice all = {line, (size_t)size};
    struct slice stamp = SLICE("{\"ts\":\"2026-11-22T22:02:11.123Z\",");
    ck_assert(slice_starts_with(all, SLICE("{\"ts\":\"")));
    ck_assert(slice_ends_with(slice_part(all, 0, stamp.len), SLICE("Z\",")));
    return slice_after(all, stamp.len);
}

START_TEST(event_is_one_json_line)
{
    LOG_EVENT(events, LOG_WARNING, "feed-open", LOG_TEXT("feed", SLICE("lab")),
              LOG_NUMBER("port", 2575), LOG_NUMBER("least", INT64_MIN));
    CK_SAME(written(), "\"level\":\"warning\",\"process\":\"door-1\",\"event\":\"feed-open\","
                       "\"feed\":\"lab\",\"port\":2575,\"least\":-9223372036854775808}\n");
}
END_TEST

START_TEST(field_cannot_forge_a_line)
{
    LOG_EVENT(events, LOG_INFO, "x",
              LOG_TEXT("a", SLICE("q\"\\\n\r\t\0\x1B[2J\x7F\xC2\x85\xE2\x80\xA8")),
              LOG_TEXT("b", SLICE("\xC3\xA4\xFF\xED\xA0\x80z")));
    CK_SAME(written(), "\"level\":\"info\",\"process\":\"door-1\",\"event\":\"x\","
                       "\"a\":\"q\\\"\\\\\\u000a\\u000d\\u0009\\u0000\\u001b[2J\\u007f\\u0085"
                       "\\u2028\",\"b\":\"\xC3\xA4\\\\xff\\\\xed\\\\xa0\\\\x80z\"}\n");
}
END_TEST

START_TEST(list_is_an_array_of_its_words)
{
    LOG_EVENT(events, LOG_INFO, "x", LOG_LIST("a", SLICE("127.0.0.1:1 [::1]:1")),
              LOG_LIST("b", SLICE("")), LOG_LIST("c", SLICE("\"")));
    CK_SAME(written(), "\"level\":\"info\",\"process\":\"door-1\",\"event\":\"x\","
                       "\"a\":[\"127.0.0.1:1\",\"[::1]:1\"],\"b\":[],\"c\":[\"\\\"\"]}\n");
}
END_TEST

START_TEST(lower_levels_are_not_written)
{
    LOG_EVENT(events, LOG_DEBUG, "not", LOG_NUMBER("n", 1));
    log_set_lowest(events, LOG_ERROR);
    LOG_EVENT(events, LOG_WARNING, "not", LOG_NUMBER("n", 1));
    log_write(events, LOG_ERROR, "yes", NULL, 0);
    CK_SAME(written(), "\"level\":\"error\",\"process\":\"door-1\",\"event\":\"yes\"}\n");
}
END_TEST

START_TEST(too_long_fields_leave_the_event)
{
    char *text = calloc(1, 100000);
    for (size_t i = 0; i < 100000; i++)
        text[i] = 'a';
    LOG_EVENT(events, LOG_INFO, "long", LOG_TEXT("a", ((struct slice){text, 100000})));
    CK_SAME(written(), "\"level\":\"info\",\"process\":\"door-1\",\"event\":\"long\","
                       "\"fields\":\"too long to log\"}\n");
    free(text);
}
END_TEST

START_TEST(null_log_writes_nothing)
{
    LOG_EVENT(NULL, LOG_ERROR, "x", LOG_NUMBER("n", 1));
    log_set_lowest(NULL, LOG_DEBUG);
    log_free(NULL);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("log");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, event_is_one_json_line);
    tcase_add_test(tests, field_cannot_forge_a_line);
    tcase_add_test(tests, list_is_an_array_of_its_words);
    tcase_add_test(tests, lower_levels_are_not_written);
    tcase_add_test(tests, too_long_fields_leave_the_event);
    tcase_add_test(tests, null_log_writes_nothing);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("log", add);
}
