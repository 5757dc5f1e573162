/* When it is: appointments and spans of time, at a site that changes its clocks (America/Chicago:
 * back by an hour on 2026-11-01 at 02:00). */
#include "mapping/clinical.h"

#define HEAD_WITHOUT_OFFSET "MSH|^~\\&|EHR|NORTH|PB|HUB|20261031||SIU^S12^SIU_S12|M1|P|2.5.1\r"
#define APPOINTMENT(length, unit, start)                                                           \
    HEAD_WITHOUT_OFFSET "SCH|A1|F1|||||||" length "|" unit "|^^^" start "\r" PATIENT "RGS|1\r"

START_TEST(hours_pass_and_days_are_those_of_the_calendar)
{
    static const struct clinical_row ROWS[] = {
        {APPOINTMENT("120", "min", "20261101003000"), "Appointment", "end",
         "2026-11-01T01:30:00-06:00"},
        {APPOINTMENT("1", "d", "20261031103000"), "Appointment", "start",
         "2026-10-31T10:30:00-05:00"},
        {APPOINTMENT("1", "d", "20261031103000"), "Appointment", "end",
         "2026-11-01T10:30:00-06:00"},
        {APPOINTMENT("1", "wk", "20261031103000"), "Appointment", "end",
         "2026-11-07T10:30:00-06:00"},
        {APPOINTMENT("24", "h", "20261031103000"), "Appointment", "end",
         "2026-11-01T09:30:00-06:00"},
        /* with an offset of its own it is not the site's calendar that counts */
        {APPOINTMENT("1", "d", "20261031103000-0500"), "Appointment", "end",
         "2026-11-01T10:30:00-05:00"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

/* app-3: an appointment has a start and an end or is not booked yet; a day is no time of it. */
START_TEST(appointment_of_a_day_without_a_time_claims_no_midnight)
{
    static const struct clinical_row ROWS[] = {
        {APPOINTMENT("60", "MIN^Minutes", "20261101"), "Appointment", "start", NULL},
        {APPOINTMENT("60", "MIN^Minutes", "20261101"), "Appointment", "end", NULL},
        {APPOINTMENT("60", "MIN^Minutes", "20261101"), "Appointment",
         "_start.extension[0].valueString", "20261101"},
        {APPOINTMENT("60", "minutes", "20261101093000"), "Appointment", "end",
         "2026-11-01T10:30:00-06:00"},
        {APPOINTMENT("60", "minutes", "20261101093000"), "Appointment", "minutesDuration", "60"},
    };
    CLINICAL_CHECK(ROWS);
}
END_TEST

static void load(void)
{
    clinical_load();
    clinical_zone = zone_load(clinical_arena, SLICE("America/Chicago"));
    ck_assert_ptr_nonnull(clinical_zone);
}

static void add(Suite *suite)
{
    TCase *times = tcase_create("times");
    tcase_set_timeout(times, 60);
    tcase_add_unchecked_fixture(times, load, clinical_unload);
    tcase_add_test(times, hours_pass_and_days_are_those_of_the_calendar);
    tcase_add_test(times, appointment_of_a_day_without_a_time_claims_no_midnight);
    suite_add_tcase(suite, times);
}

int main(void)
{
    return suite_main("clinical_times", add);
}
