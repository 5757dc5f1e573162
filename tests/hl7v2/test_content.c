#include "hl7v2/content.h"
#include "hl7v2/support.h"

#define REFUSE_ALL                                                                                 \
    {                                                                                              \
        HL7V2_VERSION_2_5_1, HL7V2_REFUSE, HL7V2_REFUSE, HL7V2_REFUSE, HL7V2_REFUSE                \
    }

static const struct hl7v2_dictionary *shipped(void)
{
    const struct hl7v2_dictionary *dictionary = NULL;
    ck_assert_int_eq(hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", test_arena,
                                           &dictionary, &test_issues),
                     0);
    return dictionary;
}

/* Types of fields: HL7 v2.5.1 chapters 3 and 7. NULL: nothing is wrong. */
static const struct {
    const char *segment;
    const char *place;
    enum issue_code code;
} ROWS[] = {
    {"EVN|A08|20260310", NULL, 0},
    {"EVN|A08|20260230", "EVN[1]-2", ISSUE_DATA_TYPE},
    {"EVN|A08|20260310^D", NULL, 0},
    {"EVN|A08|\"\"", "EVN[1]-2", ISSUE_REQUIRED_FIELD},
    {"EVN|A08", "EVN[1]-2", ISSUE_REQUIRED_FIELD},
    {"PID|x||7||DOE", "PID[1]-1", ISSUE_DATA_TYPE},
    {"PID|1||||DOE", "PID[1]-3", ISSUE_REQUIRED_FIELD},
    {"PID|1||7||DOE||19700001", "PID[1]-7", ISSUE_DATA_TYPE},
    {"PID|1||7||DOE||1970", NULL, 0},
    {"PID|1||7||DOE||\"\"", NULL, 0},
    {"PID|1||7^^^^^^2026|x|DOE", NULL, 0},
    {"PID|1||7^^^^^^20261301||DOE", "PID[1]-3.7", ISSUE_DATA_TYPE},
    {"PID|1||7~8^^^^^^20261301||DOE", "PID[1]-3[2].7", ISSUE_DATA_TYPE},
    {"PID|1||7||DOE||1970|F~M", "PID[1]-8", ISSUE_CARDINALITY},
    {"OBX|1|NM|1^x||6.3||||||F", NULL, 0},
    {"OBX|1|NM|1^x||six||||||F", "OBX[1]-5", ISSUE_DATA_TYPE},
    {"OBX|1|ST|1^x||six||||||F", NULL, 0},
    {"OBX|1|DT|1^x||20260230||||||F", "OBX[1]-5", ISSUE_DATA_TYPE},
    {"OBX|1|SN|1^x||>^5||||||F", NULL, 0},
    {"OBX|1|SN|1^x||>^five||||||F", "OBX[1]-5.2", ISSUE_DATA_TYPE},
    /* lengths: PID-8 has 1 character, PID-23 250, OBX-4 20, OBX-5 99999 */
    {"PID|1||7||DOE||1970|FF", "PID[1]-8", ISSUE_TOO_LONG_VALUE},
    {"PID|1||7||DOE||1970|\xc3\xa9", NULL, 0},
    {"OBX|1|ST|1^x|12345678901234567890|six||||||F", NULL, 0},
    {"OBX|1|ST|1^x|123456789012345678901|six||||||F", "OBX[1]-4", ISSUE_TOO_LONG_VALUE},
    {"ZZZ|anything|20269999", NULL, 0},
};

START_TEST(rows_12_13_15_and_16_name_the_field)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    const struct hl7v2_content_rules rules = REFUSE_ALL;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct slice text = arena_format(
            test_arena,
            "MSH|^~\\&|A|B|C|D|20260310||ADT^A08^ADT_A01|1|P|2.5.1||||||UNICODE UTF-8\r%s\r",
            ROWS[i].segment);
        struct hl7v2_message message = parsed(arena_string(test_arena, text));
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        int result = hl7v2_content_check(&message, dictionary, &rules, test_arena, &issues);
        ck_assert_msg(result == (ROWS[i].place == NULL ? 0 : -1), "row %zu", i);
        ck_assert_msg(issues.count == (ROWS[i].place == NULL ? 0 : 1), "row %zu", i);
        if (result == 0)
            continue;
        ck_assert_msg(issues.items[0].code == ROWS[i].code, "row %zu", i);
        CK_PLACE(issues.items[0].place, ROWS[i].place);
    }
}
END_TEST

START_TEST(a_feed_may_pass_or_warn)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    struct hl7v2_message message = parsed("MSH|^~\\&|A|B|C|D|2026x||ADT^A08|1|P|2.5.1\r");
    struct hl7v2_content_rules rules = {.version = HL7V2_VERSION_2_5_1};
    ck_assert_int_eq(hl7v2_content_check(&message, dictionary, &rules, test_arena, &test_issues),
                     0);
    ck_assert_uint_eq(test_issues.count, 0);
    rules.data_types = HL7V2_WARN;
    ck_assert_int_eq(hl7v2_content_check(&message, dictionary, &rules, test_arena, &test_issues),
                     0);
    ck_assert_int_eq(the_issue()->severity, ISSUE_WARNING);
    CK_PLACE(the_issue()->place, "MSH[1]-7");
}
END_TEST

START_TEST(fields_of_later_versions_are_not_judged)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    struct hl7v2_message message =
        parsed("MSH|^~\\&|A\rPID|1||7||DOE||||||||||||||||||||||||||||never\r");
    struct hl7v2_content_rules rules = {.version = HL7V2_VERSION_2_3, .data_types = HL7V2_REFUSE};
    ck_assert_int_eq(hl7v2_content_check(&message, dictionary, &rules, test_arena, &test_issues),
                     0);
    rules.version = HL7V2_VERSION_2_5_1;
    ck_assert_int_eq(hl7v2_content_check(&message, dictionary, &rules, test_arena, &test_issues),
                     -1);
    CK_PLACE(the_issue()->place, "PID[1]-33");
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "content");
    tcase_add_test(cases, rows_12_13_15_and_16_name_the_field);
    tcase_add_test(cases, a_feed_may_pass_or_warn);
    tcase_add_test(cases, fields_of_later_versions_are_not_judged);
}

int main(void)
{
    return suite_main("content", add);
}
