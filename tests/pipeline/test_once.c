/* What may be shown a single time, against a real server: over connections, restarts and races. */
#include "pipeline/once.h"

#include "pipeline/server.h"

#define IN_AN_HOUR (time_now() + TIME_HOUR)

static struct pipeline_once *one, *two;
static int left;

static void set_up(void)
{
    migrate();
    arena = arena_new(0);
    door = database_settings("painbridge_door");
    test_host_init(&host);
    one = pipeline_once_new(&door, &host.host);
    two = pipeline_once_new(&door, &host.host);
    left = 0;
}

static void tear_down(void)
{
    pipeline_once_free(one);
    pipeline_once_free(two);
    arena_free(arena);
}

static bool all_done;

static void done(struct pipeline_once_claim *claim)
{
    (void)claim;
    all_done = --left == 0;
}

static struct pipeline_once_claim *submit(struct pipeline_once *once, char digest, instant expires)
{
    struct pipeline_once_claim *claim = ARENA_NEW(arena, struct pipeline_once_claim);
    *claim = (struct pipeline_once_claim){.arena = arena, .expires = expires, .done = done};
    memset(claim->digest, digest, sizeof claim->digest);
    left++;
    all_done = false;
    pipeline_once_submit(once, claim);
    return claim;
}

static void run(void)
{
    ck_assert(test_host_run(&host, &all_done, 10000));
}

START_TEST(the_first_is_the_first_and_every_other_comes_too_late)
{
    const struct pipeline_once_claim *first = submit(one, 'a', IN_AN_HOUR);
    run();
    const struct pipeline_once_claim *again = submit(one, 'a', IN_AN_HOUR);
    const struct pipeline_once_claim *elsewhere = submit(two, 'a', IN_AN_HOUR);
    const struct pipeline_once_claim *other = submit(two, 'b', IN_AN_HOUR);
    run();
    ck_assert_int_eq(first->outcome, PIPELINE_ONCE_FIRST);
    ck_assert_int_eq(again->outcome, PIPELINE_ONCE_AGAIN);
    ck_assert_int_eq(elsewhere->outcome, PIPELINE_ONCE_AGAIN);
    ck_assert_int_eq(other->outcome, PIPELINE_ONCE_FIRST);
}
END_TEST

START_TEST(of_many_at_once_one_is_the_first)
{
    const struct pipeline_once_claim *claims[100];
    int firsts = 0;
    for (int i = 0; i < 100; i++)
        claims[i] = submit(i % 2 ? one : two, 'r', IN_AN_HOUR);
    run();
    for (int i = 0; i < 100; i++) {
        ck_assert_int_ne(claims[i]->outcome, PIPELINE_ONCE_UNKNOWN);
        firsts += claims[i]->outcome == PIPELINE_ONCE_FIRST;
    }
    ck_assert_int_eq(firsts, 1);
}
END_TEST

START_TEST(a_server_that_was_killed_remembers)
{
    submit(one, 'k', IN_AN_HOUR);
    run();
    database_kill();
    database_restart();
    const struct pipeline_once_claim *again = NULL;
    do { /* what is lost with the link is refused, and tried again */
        again = submit(one, 'k', IN_AN_HOUR);
        run();
    } while (again->outcome == PIPELINE_ONCE_UNKNOWN);
    ck_assert_int_eq(again->outcome, PIPELINE_ONCE_AGAIN);
}
END_TEST

START_TEST(without_a_server_it_is_neither)
{
    submit(one, 'a', IN_AN_HOUR);
    run();
    database_kill();
    const struct pipeline_once_claim *claim = submit(one, 'u', IN_AN_HOUR);
    run();
    ck_assert_int_eq(claim->outcome, PIPELINE_ONCE_UNKNOWN);
    database_restart();
}
END_TEST

START_TEST(what_is_inside_at_the_end_is_given_back)
{
    const struct pipeline_once_claim *claim = submit(one, 'e', IN_AN_HOUR);
    pipeline_once_free(one);
    one = NULL;
    ck_assert_int_eq(left, 0);
    ck_assert_int_eq(claim->outcome, PIPELINE_ONCE_UNKNOWN);
}
END_TEST

START_TEST(what_has_expired_is_cleared_away_by_those_that_come)
{
    for (char i = 0; i < 40; i++)
        submit(one, i, time_now() - TIME_SECOND);
    run();
    for (char i = 40; i < 44; i++)
        submit(one, i, IN_AN_HOUR);
    run();
    expect("select count(*) from used_assertion", "4");
    const struct pipeline_once_claim *old = submit(one, 'o', time_now() - TIME_SECOND);
    run();
    const struct pipeline_once_claim *anew = submit(one, 'o', IN_AN_HOUR);
    run();
    ck_assert_int_eq(old->outcome, PIPELINE_ONCE_FIRST);
    ck_assert_int_eq(anew->outcome, PIPELINE_ONCE_FIRST);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("once");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_first_is_the_first_and_every_other_comes_too_late);
    tcase_add_test(cases, of_many_at_once_one_is_the_first);
    tcase_add_test(cases, a_server_that_was_killed_remembers);
    tcase_add_test(cases, without_a_server_it_is_neither);
    tcase_add_test(cases, what_is_inside_at_the_end_is_given_back);
    tcase_add_test(cases, what_has_expired_is_cleared_away_by_those_that_come);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return database_suite_main("once", add);
}
