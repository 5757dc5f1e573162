/* Who is wrong again and again is put off, and nobody else. */
#include "access/failures.h"

#include "support/suite.h"

#define STRANGER SLICE("198.51.100.7")
#define HOME SLICE("192.0.2.1")
#define APP SLICE("app")

static struct access_failures *failures;
static instant now;

static void set_up(void)
{
    failures = access_failures_new();
    now = 1000 * TIME_SECOND;
}

static void tear_down(void)
{
    access_failures_free(failures);
}

static void be_wrong(struct slice address, struct slice client, int times)
{
    for (int i = 0; i < times; i++)
        access_failures_note(failures, address, client, false, now);
}

static instant wait_of(struct slice address, struct slice client)
{
    return access_failures_wait(failures, address, client, now);
}

START_TEST(five_are_free_and_then_each_waits_twice_as_long_up_to_a_minute)
{
    static const int64_t seconds[] = {0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        be_wrong(STRANGER, APP, 1);
        ck_assert_int_eq(wait_of(STRANGER, APP), seconds[i] * TIME_SECOND);
        now += seconds[i] * TIME_SECOND;
        ck_assert_int_eq(wait_of(STRANGER, APP), 0);
    }
}
END_TEST

START_TEST(a_stranger_does_not_put_off_the_client_he_says_he_is)
{
    be_wrong(STRANGER, APP, 100);
    ck_assert_int_gt(wait_of(STRANGER, APP), 0);
    ck_assert_int_eq(wait_of(HOME, APP), 0);
    ck_assert_int_eq(wait_of(STRANGER, SLICE("")), 0);
}
END_TEST

START_TEST(where_a_client_came_in_well_it_is_not_put_off)
{
    access_failures_note(failures, HOME, APP, true, now);
    be_wrong(HOME, APP, 100);
    ck_assert_int_eq(wait_of(HOME, APP), 0);
    be_wrong(HOME, SLICE(""), 100);
    ck_assert_int_gt(wait_of(HOME, SLICE("")), 0);
    ck_assert_int_eq(wait_of(HOME, APP), 0);
}
END_TEST

START_TEST(a_quarter_of_an_hour_forgets)
{
    be_wrong(STRANGER, APP, 20);
    now += 15 * TIME_MINUTE + TIME_SECOND;
    be_wrong(STRANGER, APP, 5);
    ck_assert_int_eq(wait_of(STRANGER, APP), 0);
}
END_TEST

START_TEST(an_ipv6_subscriber_is_one_address)
{
    be_wrong(SLICE("2001:db8:1:2:aaaa::1"), APP, 10);
    ck_assert_int_gt(wait_of(SLICE("2001:db8:1:2:bbbb:1:2:3"), APP), 0);
    ck_assert_int_eq(wait_of(SLICE("2001:db8:1:3::1"), APP), 0);
    be_wrong(SLICE("::ffff:192.0.2.9"), APP, 10);
    ck_assert_int_eq(wait_of(SLICE("::ffff:192.0.2.10"), APP), 0);
}
END_TEST

START_TEST(as_many_as_come_take_no_more_room)
{
    struct arena *arena = arena_new(0);
    for (int i = 0; i < 10000; i++)
        be_wrong(arena_format(arena, "192.0.%d.%d", i / 256, i % 256), APP, 1);
    be_wrong(STRANGER, APP, 10);
    ck_assert_int_gt(wait_of(STRANGER, APP), 0);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("failures");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, five_are_free_and_then_each_waits_twice_as_long_up_to_a_minute);
    tcase_add_test(cases, a_stranger_does_not_put_off_the_client_he_says_he_is);
    tcase_add_test(cases, where_a_client_came_in_well_it_is_not_put_off);
    tcase_add_test(cases, a_quarter_of_an_hour_forgets);
    tcase_add_test(cases, an_ipv6_subscriber_is_one_address);
    tcase_add_test(cases, as_many_as_come_take_no_more_room);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("failures", add);
}
