/* The words of the files that write v2, on the rules of tests/mapping/rules/fhir-to-v2. */
#include "mapping/sending.h"

#define RULES HARNESS_FOLDER "rules"

#define PATIENT                                                                                    \
    "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\",\"identifier\":["                    \
    "{\"system\":\"urn:oid:1.2.3\",\"value\":\"N1\"},"                                             \
    "{\"system\":\"urn:mission:mrn\",\"value\":\"A1\"},"                                           \
    "{\"system\":\"urn:x:authority:LAB\",\"value\":\"L1\"}],"                                      \
    "\"name\":[{\"family\":\"DOE\",\"given\":[\"JANE\",\"Q\",\"R\"]},{\"family\":\"ROE\"}],"       \
    "\"gender\":\"male\",\"deceasedBoolean\":false,"                                               \
    "\"telecom\":[{\"value\":\"1\"},{\"value\":\"2\"},{\"value\":\"3\"}],"                         \
    "\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"d\",\"name\":[{\"family\":"        \
    "\"RUIZ\"}]}],\"generalPractitioner\":[{\"reference\":\"#d\"}]}}"
#define FLAGS                                                                                      \
    "{\"resource\":{\"resourceType\":\"Flag\",\"id\":\"f1\",\"status\":\"active\",\"code\":"       \
    "{\"text\":\"falls\"},\"subject\":{\"reference\":\"Patient/p\"}}},"                            \
    "{\"resource\":{\"resourceType\":\"Flag\",\"id\":\"f2\",\"status\":\"inactive\",\"code\":"     \
    "{\"text\":\"old\"},\"subject\":{\"reference\":\"Patient/p\"}}},"                              \
    "{\"resource\":{\"resourceType\":\"Flag\",\"id\":\"f3\",\"status\":\"active\",\"code\":"       \
    "{\"text\":\"of another\"},\"subject\":{\"reference\":\"Patient/q\"}}}"
#define REPORT                                                                                     \
    "{\"resource\":{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"status\":\"final\","      \
    "\"code\":{\"coding\":[{\"code\":\"PEG\",\"display\":\"a|b\"}]},"                              \
    "\"subject\":{\"reference\":\"Patient/p\"},\"effectiveDateTime\":"                             \
    "\"2026-11-21T14:02:11.5-08:00\",\"conclusionCode\":[{\"text\":\"one\"},{\"text\":\"two\"}],"  \
    "\"conclusion\":\"walks two miles\\nsleeps\",\"result\":["                                     \
    "{\"reference\":\"Observation/o1\"},{\"reference\":\"urn:uuid:2\"},"                           \
    "{\"reference\":\"Observation/o3\"},{\"reference\":\"Observation/gone\"}]}}"
#define OBSERVATIONS                                                                               \
    "{\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o1\",\"status\":\"final\",\"code\":" \
    "{\"coding\":[{\"code\":\"P\"}]},\"valueQuantity\":{\"value\":7.0}}},"                         \
    "{\"fullUrl\":\"urn:uuid:2\",\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o2\","    \
    "\"status\":\"registered\",\"code\":{\"coding\":[{\"code\":\"E\"}]}}},"                        \
    "{\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o3\",\"status\":\"amended\","        \
    "\"code\":{\"coding\":[{\"code\":\"G\"}]},\"valueRange\":{\"low\":{\"value\":1},\"high\":"     \
    "{\"value\":2}}}}"
#define BUNDLE                                                                                     \
    "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[" PATIENT "," FLAGS           \
    "," REPORT "," OBSERVATIONS "]}"

START_TEST(message_is_written_in_the_order_of_its_structure)
{
    struct sending sending = sending_of(RULES, NULL, BUNDLE);
    struct mapping_sent sent = send_first(&sending, NULL);
    ck_assert_int_eq(sending.outcome, 0);
    assert_slice(
        sent.text,
        "MSH|^~\\&|painbridge||||20241004000000.000+0000||ORU^R01^ORU_R01|C1|P|2.5.1||||||"
        "UNICODE UTF-8\r"
        "PID|||A1~N1^^^&1.2.3^XX~L1^^^LAB^XX||DOE^JANE^Q R~ROE|||M|RUIZ||||1|3||||||||||||||||N\r"
        "NTE|1||falls\r"
        "OBR||||PEG|||20261121140211.5-0800||||||a\\F\\b of "
        "2026-11-21T14:02:11.5-08:00||||||||||||F||||||^one two\r"
        "NTE|1||walks two\r"
        "NTE|2||miles\r"
        "NTE|3||sleeps\r"
        "OBX|1|NM|P||7.0||||||F\r"
        "OBX|2|NR|G||1^2||||||F\r");
    sending_end(&sending);
}
END_TEST

START_TEST(what_does_not_call_for_a_message_may_be_sent_when_asked_for)
{
    struct sending sending =
        sending_of(RULES, NULL,
                   "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"status\":\"cancelled\","
                   "\"code\":{\"coding\":[{\"code\":\"PEG\"}]}}");
    struct mapping_call *calls;
    struct slice name = SLICE("ORU_R01");
    ck_assert_uint_eq(mapping_calls(sending.sends, sending.pool, &sending.context, NULL, 0,
                                    sending.arena, &calls),
                      0);
    ck_assert_uint_eq(mapping_calls(sending.sends, sending.pool, &sending.context, &name, 1,
                                    sending.arena, &calls),
                      1);
    sending_end(&sending);
}
END_TEST

/* HL7 v2.5.1 7.4.1: OBR-4 is required. */
START_TEST(required_field_without_a_value_is_not_sent)
{
    struct sending sending = sending_of(
        RULES, NULL, "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"status\":\"final\"}");
    send_first(&sending, "ORU_R01");
    ck_assert_int_eq(sending.outcome, -1);
    ck_assert(has_issue(&sending.issues, ISSUE_ERROR, "test.code"));
    ck_assert_int_eq(sending.issues.items[0].code, ISSUE_REQUIRED_FIELD);
    sending_end(&sending);
}
END_TEST

START_TEST(same_content_has_the_same_control_id_and_other_content_another)
{
    struct arena *arena = arena_new(0);
    struct slice ids[3];
    static const char *const STATUS[] = {"final", "final", "amended"};
    for (size_t i = 0; i < 3; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"status\":\"%s\",\"code\":{"
                 "\"coding\":[{\"code\":\"PEG\"}]},\"effectiveDateTime\":\"2026\"}",
                 STATUS[i]);
        struct sending sending = sending_of(RULES, NULL, text);
        sending.context.control_id = (struct slice){NULL, 0};
        sending.context.now += (instant)i * TIME_DAY;
        struct mapping_sent sent = send_first(&sending, NULL);
        ids[i] = arena_copy(arena, sent.control_id);
        ck_assert_uint_eq(ids[i].len, 20);
        sending_end(&sending);
    }
    ck_assert(slice_equal(ids[0], ids[1]));
    ck_assert(!slice_equal(ids[0], ids[2]));
    arena_free(arena);
}
END_TEST

START_TEST(record_of_why_names_element_and_rule_of_each_part)
{
    static const struct {
        const char *segment;
        unsigned sequence, field, repetition, component;
        const char *rule, *path;
    } rows[] = {
        {"PID", 1, 3, 1, 1, "test.cx.value", "identifier[1].value"},
        {"PID", 1, 3, 2, 5, "test.pid.other.type", ""},
        {"PID", 1, 5, 1, 2, "test.xpn.given", "name[0].given[0]"},
        {"PID", 1, 8, 1, 1, "test.pid.sex", "gender"},
        {"OBX", 2, 5, 1, 2, "test.nr.high", "valueRange.high.value"},
        {"NTE", 3, 3, 1, 1, "test.line", "conclusion"},
    };
    struct sending sending = sending_of(RULES, NULL, BUNDLE);
    struct mapping_sent sent = send_first(&sending, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct mapping_sent_trace *found = NULL;
        for (size_t k = 0; k < sent.trace_count; k++) {
            const struct mapping_sent_trace *at = &sent.trace[k];
            if (slice_equal(at->segment, slice_of(rows[i].segment)) &&
                at->sequence == rows[i].sequence && at->field == rows[i].field &&
                at->repetition == rows[i].repetition && at->component == rows[i].component)
                found = at;
        }
        ck_assert_msg(found, "row %zu", i);
        assert_slice(mapping_sends_rule(sending.sends, found->rule).id, rows[i].rule);
        assert_slice(found->path, rows[i].path);
    }
    sending_end(&sending);
}
END_TEST

START_TEST(site_changes_drops_and_adds_rules_of_what_is_sent)
{
    struct sending sending = sending_of(RULES, HARNESS_FOLDER "sites/receiver", BUNDLE);
    struct mapping_sent sent = send_first(&sending, NULL);
    ck_assert_int_eq(sending.outcome, 0);
    assert_slice(segment_of(sent.text, "PID", 1),
                 "PID|||A1||DOE^JANE^Q R~ROE|||M|||||1|2||||||||||||||||N");
    assert_slice(segment_of(sent.text, "ZPI", 1), "ZPI|seen");
    sending_end(&sending);
}
END_TEST

static void add(Suite *suite)
{
    TCase *send = tcase_create("send");
    tcase_set_timeout(send, 60);
    tcase_add_test(send, message_is_written_in_the_order_of_its_structure);
    tcase_add_test(send, what_does_not_call_for_a_message_may_be_sent_when_asked_for);
    tcase_add_test(send, required_field_without_a_value_is_not_sent);
    tcase_add_test(send, same_content_has_the_same_control_id_and_other_content_another);
    tcase_add_test(send, record_of_why_names_element_and_rule_of_each_part);
    tcase_add_test(send, site_changes_drops_and_adds_rules_of_what_is_sent);
    suite_add_tcase(suite, send);
}

int main(void)
{
    return suite_main("send", add);
}
