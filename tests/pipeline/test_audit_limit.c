/* What a stranger can make us write. */
#include "pipeline/audit_limit.h"
#include "support/suite.h"

#include <stdio.h>

static struct pipeline_audit_limit limit;

static void set_up(void)
{
    limit = (struct pipeline_audit_limit){0};
}

/* How many of so many are noted. */
static size_t try_address(const char *address, size_t count, instant now)
{
    size_t noted = 0, passed_over;
    for (size_t i = 0; i < count; i++)
        noted += pipeline_audit_limit_take(&limit, slice_of(address), now, &passed_over);
    return noted;
}

START_TEST(one_address_is_noted_so_often_a_minute_and_again_in_the_next)
{
    ck_assert_uint_eq(try_address("192.0.2.1", 1000, 5), PIPELINE_AUDIT_OF_ADDRESS);
    ck_assert_uint_eq(try_address("192.0.2.1", 1, 5 + TIME_MINUTE - 1), 0);
    ck_assert_uint_eq(try_address("192.0.2.1", 1, 5 + TIME_MINUTE), 1);
}
END_TEST

START_TEST(another_address_is_noted_meanwhile_and_says_how_many_were_not)
{
    size_t passed_over = 99;
    ck_assert(pipeline_audit_limit_take(&limit, SLICE("192.0.2.1"), 5, &passed_over));
    ck_assert_uint_eq(passed_over, 0);
    try_address("192.0.2.1", PIPELINE_AUDIT_OF_ADDRESS + 6, 5);
    ck_assert(pipeline_audit_limit_take(&limit, SLICE("192.0.2.2"), 5, &passed_over));
    ck_assert_uint_eq(passed_over, 7);
    ck_assert(pipeline_audit_limit_take(&limit, SLICE("192.0.2.2"), 5, &passed_over));
    ck_assert_uint_eq(passed_over, 0);
}
END_TEST

START_TEST(many_addresses_together_are_noted_so_often_a_minute)
{
    size_t noted = 0;
    for (int i = 0; i < 5000; i++) {
        char address[20];
        snprintf(address, sizeof address, "10.0.%d.%d", i / 250, i % 250);
        noted += try_address(address, 1, 5);
    }
    ck_assert_uint_eq(noted, PIPELINE_AUDIT_OF_ALL);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("audit_limit");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, one_address_is_noted_so_often_a_minute_and_again_in_the_next);
    tcase_add_test(cases, another_address_is_noted_meanwhile_and_says_how_many_were_not);
    tcase_add_test(cases, many_addresses_together_are_noted_so_often_a_minute);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("audit_limit", add);
}
