/* time: days that exist, days that do not, and texts of RFC 3339. */
#include "base/time.h"
#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(0);
}

static void end(void)
{
    arena_free(arena);
}

/* Days since 1970-01-01, the ends of the range, leap days and the end of 32-bit time among them. */
static const struct {
    int year, month, day;
    int64_t days;
} dates[] = {
    {1970, 1, 1, 0},      {1969, 12, 31, -1},   {1970, 3, 1, 59},        {1972, 2, 29, 789},
    {2000, 1, 1, 10957},  {2000, 2, 29, 11016}, {2000, 3, 1, 11017},     {2038, 1, 19, 24855},
    {1900, 3, 1, -25508}, {1, 1, 1, -719162},   {9999, 12, 31, 2932896}, {2026, 11, 22, 20779},
};

START_TEST(dates_and_days_turn_into_each_other)
{
    int64_t days = time_days_from_civil(dates[_i].year, dates[_i].month, dates[_i].day);
    ck_assert_int_eq(days, dates[_i].days);
    struct civil_time civil = time_to_civil(days * TIME_DAY + TIME_DAY - 1, 0);
    ck_assert_int_eq(civil.year, dates[_i].year);
    ck_assert_int_eq(civil.month, dates[_i].month);
    ck_assert_int_eq(civil.day, dates[_i].day);
    ck_assert_int_eq(civil.hour, 23);
    ck_assert_int_eq(civil.microsecond, 999999);
}
END_TEST

START_TEST(every_day_of_800_years_follows_the_one_before)
{
    int64_t expected = time_days_from_civil(1600, 1, 1);
    for (int year = 1600; year < 2400; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= time_days_in_month(year, month); day++, expected++) {
                struct civil_time civil = time_to_civil(expected * TIME_DAY, 0);
                if (time_days_from_civil(year, month, day) != expected || civil.year != year ||
                    civil.month != month || civil.day != day)
                    ck_abort_msg("%d-%d-%d", year, month, day);
            }
}
END_TEST

START_TEST(leap_years_are_those_of_the_gregorian_calendar)
{
    ck_assert(time_is_leap_year(2024));
    ck_assert(time_is_leap_year(2000));
    ck_assert(!time_is_leap_year(1900));
    ck_assert(!time_is_leap_year(2026));
    ck_assert_int_eq(time_days_in_month(2024, 2), 29);
    ck_assert_int_eq(time_days_in_month(2026, 2), 28);
    ck_assert_int_eq(time_days_in_month(2026, 4), 30);
    ck_assert_int_eq(time_days_in_month(2026, 12), 31);
}
END_TEST

START_TEST(readings_that_do_not_exist_are_not_valid)
{
    static const struct civil_time wrong[] = {
        {0, 1, 1, 0, 0, 0, 0},     {10000, 1, 1, 0, 0, 0, 0}, {2026, 0, 1, 0, 0, 0, 0},
        {2026, 13, 1, 0, 0, 0, 0}, {2026, 2, 29, 0, 0, 0, 0}, {2026, 4, 31, 0, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0, 0},  {2026, 1, 1, 24, 0, 0, 0}, {2026, 1, 1, 0, 60, 0, 0},
        {2026, 1, 1, 0, 0, 60, 0}, {2026, 1, 1, 0, 0, 0, -1}, {2026, 1, 1, 0, 0, 0, 1000000},
        {2026, 1, 1, -1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!time_civil_is_valid(&wrong[i]), "row %zu", i);
    ck_assert(time_civil_is_valid(&(struct civil_time){2024, 2, 29, 23, 59, 59, 999999}));
}
END_TEST

static const struct {
    const char *text;
    int default_offset;
    const char *utc;
} texts[] = {
    {"2026-11-22T14:02:11Z", 0, "2026-11-22T14:02:11.000Z"},
    {"2026-11-22T14:02:11.123456-08:00", 0, "2026-11-22T22:02:11.123Z"},
    {"2026-11-22T14:02:11.9Z", 0, "2026-11-22T14:02:11.900Z"},
    {"2026-11-22T14:02:11.1234567899Z", 0, "2026-11-22T14:02:11.123Z"},
    {"2026-01-01T00:30:00+05:30", 0, "2025-12-31T19:00:00.000Z"},
    {"2026-11-22", 0, "2026-11-22T00:00:00.000Z"},
    {"2026-11-22", -480, "2026-11-22T08:00:00.000Z"},
    {"2024-02-29", 0, "2024-02-29T00:00:00.000Z"},
    {"1969-12-31T23:59:59.5Z", 0, "1969-12-31T23:59:59.500Z"},
    {"2026-11-22T14:02:11+14:00", 0, "2026-11-22T00:02:11.000Z"},
};

START_TEST(texts_of_rfc_3339_are_read)
{
    instant when;
    ck_assert(time_parse(slice_of(texts[_i].text), texts[_i].default_offset, &when));
    CK_SAME(time_format(when, 0, arena), texts[_i].utc);
}
END_TEST

static const char *const wrong_texts[] = {
    "",
    "2026",
    "2026-11",
    "2026-02-29",
    "2026-13-01",
    "2026-11-22T14:02Z",
    "2026-11-22T14:02:11",
    "2026-11-22T24:00:00Z",
    "2026-11-22T14:02:60Z",
    "2026-11-22T14:02:11.Z",
    "2026-11-22T14:02:11+8:00",
    "2026-11-22T14:02:11+0800",
    "2026-11-22T14:02:11+14:01",
    "2026-11-22T14:02:11+08:60",
    "2026-11-22T14:02:11ZZ",
    "2026-11-22 14:02:11Z",
    " 2026-11-22",
    "2026-11-22 ",
    "+2026-11-22",
    "02026-11-22",
};

START_TEST(other_texts_are_refused_and_store_nothing)
{
    instant when = 7;
    ck_assert_msg(!time_parse(slice_of(wrong_texts[_i]), 0, &when), "took '%s'", wrong_texts[_i]);
    ck_assert_int_eq(when, 7);
}
END_TEST

START_TEST(offset_is_written_with_its_sign)
{
    instant when;
    ck_assert(time_parse(SLICE("2026-11-22T22:02:11.123Z"), 0, &when));
    CK_SAME(time_format(when, -480, arena), "2026-11-22T14:02:11.123-08:00");
    CK_SAME(time_format(when, 330, arena), "2026-11-23T03:32:11.123+05:30");
    CK_SAME(time_format(when, -30, arena), "2026-11-22T21:32:11.123-00:30");
}
END_TEST

START_TEST(clocks_run)
{
    /* This code was not written before 2026 and does not run after 2126. */
    ck_assert_int_gt(time_now(), time_days_from_civil(2026, 1, 1) * TIME_DAY);
    ck_assert_int_lt(time_now(), time_days_from_civil(2126, 1, 1) * TIME_DAY);
    instant before = time_monotonic();
    ck_assert_int_ge(time_monotonic(), before);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("time");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, dates_and_days_turn_into_each_other, 0,
                        sizeof(dates) / sizeof(dates[0]));
    tcase_add_test(tests, every_day_of_800_years_follows_the_one_before);
    tcase_add_test(tests, leap_years_are_those_of_the_gregorian_calendar);
    tcase_add_test(tests, readings_that_do_not_exist_are_not_valid);
    tcase_add_loop_test(tests, texts_of_rfc_3339_are_read, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_loop_test(tests, other_texts_are_refused_and_store_nothing, 0,
                        sizeof(wrong_texts) / sizeof(wrong_texts[0]));
    tcase_add_test(tests, offset_is_written_with_its_sign);
    tcase_add_test(tests, clocks_run);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("time", add);
}
