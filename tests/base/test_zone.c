/* zone: offsets that tzdata publishes, before and behind the last transition of the files, and the
 * local times that do not exist or exist twice. */
#include "base/zone.h"
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

static const struct {
    const char *zone;
    const char *when;
    int minutes;
} instants[] = {
    {"UTC", "2026-11-22T00:00:00Z", 0},
    {"Asia/Kolkata", "2026-11-22T00:00:00Z", 330},
    /* US rule since 2007: second Sunday of March to first Sunday of November, at 2:00. */
    {"America/Los_Angeles", "2026-03-08T09:59:59Z", -480},
    {"America/Los_Angeles", "2026-03-08T10:00:00Z", -420},
    {"America/Los_Angeles", "2026-11-01T08:59:59Z", -420},
    {"America/Los_Angeles", "2026-11-01T09:00:00Z", -480},
    {"America/Los_Angeles", "2026-01-01T00:00:00Z", -480},
    {"America/Los_Angeles", "1969-12-31T23:59:59.5Z", -480},
    /* Until 2006: first Sunday of April to last Sunday of October. */
    {"America/Los_Angeles", "2006-03-20T12:00:00Z", -480},
    {"America/Los_Angeles", "2006-10-29T08:59:59Z", -420},
    /* Far behind the last transition of any file: the rule in its footer. */
    {"America/Los_Angeles", "2099-03-08T09:59:59Z", -480},
    {"America/Los_Angeles", "2099-03-08T10:00:00Z", -420},
    {"America/Los_Angeles", "2099-11-01T09:00:00Z", -480},
    {"America/Chicago", "2099-07-01T00:00:00Z", -300},
    {"Asia/Kolkata", "2099-07-01T00:00:00Z", 330},
    /* South of the equator summer goes over the new year. */
    {"Australia/Sydney", "2099-01-01T00:00:00Z", 660},
    {"Australia/Sydney", "2099-07-01T00:00:00Z", 600},
    {"Australia/Sydney", "2099-12-31T23:00:00Z", 660},
    /* The last Sunday of a month. */
    {"Europe/Berlin", "2099-03-29T00:59:59Z", 60},
    {"Europe/Berlin", "2099-03-29T01:00:00Z", 120},
    {"Europe/Berlin", "2099-10-25T01:00:00Z", 60},
    {"Pacific/Apia", "2011-12-30T09:59:59Z", -600},
    {"Pacific/Apia", "2011-12-30T10:00:00Z", 840},
    {"Asia/Kathmandu", "2026-01-01T00:00:00Z", 345},
    /* Local mean time, -7:52:58, cut to the minute. */
    {"America/Los_Angeles", "1800-01-01T00:00:00Z", -472},
};

START_TEST(offset_in_force_at_an_instant)
{
    const struct zone *zone = zone_load(arena, slice_of(instants[_i].zone));
    ck_assert_ptr_nonnull(zone);
    CK_SAME(zone_name(zone), instants[_i].zone);
    instant when;
    ck_assert(time_parse(slice_of(instants[_i].when), 0, &when));
    int minutes = zone_offset_at(zone, when);
    ck_assert_msg(minutes == instants[_i].minutes, "%s at %s is %d", instants[_i].zone,
                  instants[_i].when, minutes);
}
END_TEST

static const struct {
    const char *zone;
    struct civil_time local;
    int minutes;
    enum zone_certainty certainty;
} readings[] = {
    {"America/Los_Angeles", {2026, 3, 8, 1, 59, 59, 0}, -480, ZONE_EXACT},
    {"America/Los_Angeles", {2026, 3, 8, 2, 0, 0, 0}, -480, ZONE_GAP},
    {"America/Los_Angeles", {2026, 3, 8, 2, 59, 59, 0}, -480, ZONE_GAP},
    {"America/Los_Angeles", {2026, 3, 8, 3, 0, 0, 0}, -420, ZONE_EXACT},
    {"America/Los_Angeles", {2026, 11, 1, 0, 59, 59, 0}, -420, ZONE_EXACT},
    {"America/Los_Angeles", {2026, 11, 1, 1, 0, 0, 0}, -420, ZONE_FOLD},
    {"America/Los_Angeles", {2026, 11, 1, 1, 59, 59, 0}, -420, ZONE_FOLD},
    {"America/Los_Angeles", {2026, 11, 1, 2, 0, 0, 0}, -480, ZONE_EXACT},
    {"America/Chicago", {2026, 3, 8, 2, 30, 0, 0}, -360, ZONE_GAP},
    {"America/Chicago", {2026, 11, 1, 1, 30, 0, 0}, -300, ZONE_FOLD},
    {"America/Chicago", {2099, 3, 8, 2, 30, 0, 0}, -360, ZONE_GAP},
    {"America/Chicago", {2099, 11, 1, 1, 30, 0, 0}, -300, ZONE_FOLD},
    {"Asia/Kolkata", {2026, 3, 8, 2, 30, 0, 0}, 330, ZONE_EXACT},
    {"UTC", {2026, 3, 8, 2, 30, 0, 0}, 0, ZONE_EXACT},
    /* Samoa skipped all of 30 December 2011. */
    {"Pacific/Apia", {2011, 12, 29, 23, 59, 59, 0}, -600, ZONE_EXACT},
    {"Pacific/Apia", {2011, 12, 30, 12, 0, 0, 0}, -600, ZONE_GAP},
    {"Pacific/Apia", {2011, 12, 31, 0, 0, 0, 0}, 840, ZONE_EXACT},
    {"Australia/Sydney", {2099, 1, 1, 0, 0, 0, 0}, 660, ZONE_EXACT},
};

START_TEST(offset_of_a_local_reading_and_how_sure_it_is)
{
    const struct zone *zone = zone_load(arena, slice_of(readings[_i].zone));
    ck_assert_ptr_nonnull(zone);
    enum zone_certainty certainty;
    ck_assert_int_eq(zone_offset_of_local(zone, &readings[_i].local, &certainty),
                     readings[_i].minutes);
    ck_assert_int_eq(certainty, readings[_i].certainty);
    ck_assert_int_eq(zone_offset_of_local(zone, &readings[_i].local, NULL), readings[_i].minutes);
}
END_TEST

START_TEST(names_that_are_no_zone_are_refused)
{
    static const char *const names[] = {"",
                                        "America",
                                        "America/Nowhere",
                                        "../../../etc/passwd",
                                        "/etc/localtime",
                                        "America/../UTC",
                                        "zone.tab",
                                        "tzdata.zi",
                                        "America/Los Angeles",
                                        "EST5EDT4,M3.2.0,M11.1.0"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_msg(!zone_load(arena, slice_of(names[i])), "took '%s'", names[i]);
    ck_assert_ptr_null(zone_load(arena, SLICE("UTC\0")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("zone");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, offset_in_force_at_an_instant, 0,
                        sizeof(instants) / sizeof(instants[0]));
    tcase_add_loop_test(tests, offset_of_a_local_reading_and_how_sure_it_is, 0,
                        sizeof(readings) / sizeof(readings[0]));
    tcase_add_test(tests, names_that_are_no_zone_are_refused);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("zone", add);
}
