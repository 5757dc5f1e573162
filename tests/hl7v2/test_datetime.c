#include "hl7v2/datetime.h"
#include "hl7v2/number.h"
#include "hl7v2/support.h"

/* Section 10; offsets fall back to -06:00 of MSH-7. fhir NULL: refused. */
static const struct {
    const char *raw;
    const char *fhir;
} DATETIME_ROWS[] = {
    {"2026", "2026"},
    {"202603", "2026-03"},
    {"20260310", "2026-03-10"},
    {"2026031009", "2026-03-10"}, /* hour precision has no FHIR form */
    {"202603100930", "2026-03-10T09:30:00-06:00"},
    {"20260310093015", "2026-03-10T09:30:15-06:00"},
    {"20260310093015.4", "2026-03-10T09:30:15.4-06:00"},
    {"20260310093015.4120", "2026-03-10T09:30:15.4120-06:00"},
    {"20260310093015+0530", "2026-03-10T09:30:15+05:30"},
    {"20260310093015-0000", "2026-03-10T09:30:15Z"},
    {"20260310093015+0000", "2026-03-10T09:30:15Z"},
    {"202603100000", "2026-03-10T00:00:00-06:00"}, /* the midnight that begins the day */
    {"2026-0500", "2026"},
    {"20240229", "2024-02-29"},
    {"20261231235960", "2026-12-31T23:59:59-06:00"}, /* leap second */
    {"20260310+1400", "2026-03-10"},
    {"", NULL},
    {"26", NULL},
    {"20260", NULL},
    {"2026031", NULL},
    {"20261310", NULL},
    {"20260010", NULL},
    {"20260230", NULL},
    {"20250229", NULL},
    {"20260300", NULL},
    {"2026031024", NULL},
    {"2026031099", NULL},
    {"202603100960", NULL},
    {"20260310093061", NULL},
    {"20260310093015.", NULL},
    {"20260310093015.12345", NULL},
    {"202603100930.5", NULL},
    {"20260310093015+1401", NULL},
    {"20260310093015+0560", NULL},
    {"20260310093015+05", NULL},
    {"20260310093015+05300", NULL},
    {"2026-03-10", NULL},
    {"20260310 0930", NULL},
    {"2026031O", NULL},
    {" 20260310", NULL},
    {"00000101", NULL},
    {"20260310093015Z", NULL},
};

START_TEST(rule_10_dates_and_times_to_the_letter)
{
    const struct hl7v2_datetime_defaults defaults = {.has_header_offset = true,
                                                     .header_offset_minutes = -360};
    for (size_t i = 0; i < sizeof DATETIME_ROWS / sizeof DATETIME_ROWS[0]; i++) {
        struct hl7v2_datetime datetime;
        bool valid = hl7v2_datetime_parse(slice_of(DATETIME_ROWS[i].raw), &datetime);
        ck_assert_msg(valid == (DATETIME_ROWS[i].fhir != NULL), "%s", DATETIME_ROWS[i].raw);
        if (valid)
            CK_SAME(hl7v2_datetime_fhir(&datetime, &defaults, test_arena), DATETIME_ROWS[i].fhir);
    }
}
END_TEST

START_TEST(rule_10_precision_is_the_number_of_digits)
{
    static const char *const raws[] = {
        "2026",         "202603",         "20260310",        "2026031009",
        "202603100930", "20260310093015", "20260310093015.1"};
    for (int i = 0; i < 7; i++) {
        struct hl7v2_datetime datetime;
        ck_assert(hl7v2_datetime_parse(slice_of(raws[i]), &datetime));
        ck_assert_int_eq((int)datetime.precision, i);
    }
}
END_TEST

START_TEST(date_and_time_have_their_own_forms)
{
    struct hl7v2_datetime value;
    ck_assert(hl7v2_date_parse(SLICE("20260310"), &value));
    ck_assert(hl7v2_date_parse(SLICE("2026"), &value));
    ck_assert(!hl7v2_date_parse(SLICE("2026031009"), &value));
    ck_assert(!hl7v2_date_parse(SLICE("20260310-0600"), &value));
    ck_assert(hl7v2_time_parse(SLICE("0930"), &value));
    CK_SAME(hl7v2_time_fhir(&value, test_arena), "09:30:00");
    ck_assert(hl7v2_time_parse(SLICE("093015.25-0600"), &value));
    CK_SAME(hl7v2_time_fhir(&value, test_arena), "09:30:15.25");
    ck_assert_int_eq(value.offset_minutes, -360);
    ck_assert(!hl7v2_time_parse(SLICE("2400"), &value));
    ck_assert(!hl7v2_time_parse(SLICE(""), &value));
    ck_assert(!hl7v2_time_parse(SLICE("9"), &value));
    ck_assert(!hl7v2_time_parse(SLICE("-0600"), &value));
}
END_TEST

START_TEST(rule_10_offset_of_value_then_of_msh_7_then_of_the_feed)
{
    struct hl7v2_datetime with, without;
    ck_assert(hl7v2_datetime_parse(SLICE("202607010900+0200"), &with));
    ck_assert(hl7v2_datetime_parse(SLICE("202607010900"), &without));
    struct hl7v2_datetime_defaults defaults = {
        .has_header_offset = true,
        .header_offset_minutes = -360,
        .zone = zone_load(test_arena, SLICE("America/Los_Angeles")),
    };
    ck_assert_ptr_nonnull(defaults.zone);
    enum hl7v2_offset_source source;
    ck_assert_int_eq(hl7v2_datetime_offset(&with, &defaults, &source, NULL), 120);
    ck_assert_int_eq(source, HL7V2_OFFSET_OWN);
    ck_assert_int_eq(hl7v2_datetime_offset(&without, &defaults, &source, NULL), -360);
    ck_assert_int_eq(source, HL7V2_OFFSET_HEADER);
    defaults.has_header_offset = false;
    ck_assert_int_eq(hl7v2_datetime_offset(&without, &defaults, &source, NULL), -420);
    ck_assert_int_eq(source, HL7V2_OFFSET_ZONE);
}
END_TEST

START_TEST(rule_10_gap_and_fold_take_the_offset_before_the_change_and_warn)
{
    static const struct {
        const char *raw;
        const char *when; /* UTC */
        size_t warnings;
    } rows[] = {
        /* 2026-03-08 02:00 PST becomes 03:00 PDT; 2026-11-01 02:00 PDT becomes 01:00 PST */
        {"202603080130", "2026-03-08T09:30:00Z", 0}, {"202603080230", "2026-03-08T10:30:00Z", 1},
        {"202603080330", "2026-03-08T10:30:00Z", 0}, {"202611010130", "2026-11-01T08:30:00Z", 1},
        {"202611010230", "2026-11-01T10:30:00Z", 0}, {"20261231235960", "2027-01-01T07:59:59Z", 1},
    };
    const struct hl7v2_datetime_defaults defaults = {
        .zone = zone_load(test_arena, SLICE("America/Los_Angeles"))};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hl7v2_datetime datetime;
        struct issue_list issues;
        instant want;
        issue_list_init(&issues, test_arena);
        ck_assert(time_parse(slice_of(rows[i].when), 0, &want));
        ck_assert(hl7v2_datetime_parse(slice_of(rows[i].raw), &datetime));
        ck_assert_msg(hl7v2_datetime_instant(&datetime, &defaults, ISSUE_NOWHERE, &issues) == want,
                      "%s", rows[i].raw);
        ck_assert_uint_eq(issues.count, rows[i].warnings);
        if (issues.count > 0)
            ck_assert_int_eq(issues.items[0].severity, ISSUE_WARNING);
    }
}
END_TEST

START_TEST(our_time_is_written_with_milliseconds_and_offset)
{
    instant when;
    ck_assert(time_parse(SLICE("2026-03-10T15:30:00.412Z"), 0, &when));
    CK_SAME(hl7v2_datetime_format(when, -360, test_arena), "20260310093000.412-0600");
    CK_SAME(hl7v2_datetime_format(when, 330, test_arena), "20260310210000.412+0530");
}
END_TEST

static const struct {
    const char *raw;
    const char *text; /* NULL: refused */
} NUMBER_ROWS[] = {
    {"7", "7"},
    {"7.0", "7.0"},
    {"+7.50", "7.50"},
    {"-7", "-7"},
    {"007", "7"},
    {"-007.5", "-7.5"},
    {"0", "0"},
    {"00", "0"},
    {"-0.50", "-0.50"},
    {"0.00001", "0.00001"},
    {"123456789012345678901234567890", "123456789012345678901234567890"},
    {"", NULL},
    {"+", NULL},
    {".5", NULL},
    {"5.", NULL},
    {"1e5", NULL},
    {"1 000", NULL},
    {" 1", NULL},
    {"1,5", NULL},
    {"--1", NULL},
    {"1.2.3", NULL},
    {"NaN", NULL},
    {"<5", NULL},
};

START_TEST(rule_10_numbers_keep_their_text)
{
    for (size_t i = 0; i < sizeof NUMBER_ROWS / sizeof NUMBER_ROWS[0]; i++) {
        struct slice text;
        bool valid = hl7v2_number_parse(slice_of(NUMBER_ROWS[i].raw), test_arena, &text);
        ck_assert_msg(valid == (NUMBER_ROWS[i].text != NULL), "%s", NUMBER_ROWS[i].raw);
        if (valid)
            CK_SAME(text, NUMBER_ROWS[i].text);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "datetime");
    tcase_add_test(cases, rule_10_dates_and_times_to_the_letter);
    tcase_add_test(cases, rule_10_precision_is_the_number_of_digits);
    tcase_add_test(cases, date_and_time_have_their_own_forms);
    tcase_add_test(cases, rule_10_offset_of_value_then_of_msh_7_then_of_the_feed);
    tcase_add_test(cases, rule_10_gap_and_fold_take_the_offset_before_the_change_and_warn);
    tcase_add_test(cases, our_time_is_written_with_milliseconds_and_offset);
    tcase_add_test(cases, rule_10_numbers_keep_their_text);
}

int main(void)
{
    return suite_main("datetime", add);
}
