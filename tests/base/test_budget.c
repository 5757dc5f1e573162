/* budget: shares and the whole fill up and have room again, and who watches is told. */
#include "base/budget.h"
#include "support/suite.h"

static struct budget *budget;
static struct budget_share *app, *lab;
static int changes;

static void note_change(void *data)
{
    (void)data;
    changes++;
}

static struct budget_watch watch = {.changed = note_change};

static void begin(void)
{
    budget = budget_new(100, 40);
    app = budget_share(budget, BUDGET_CLIENT, SLICE("app"));
    lab = budget_share(budget, BUDGET_FEED, SLICE("lab"));
    changes = 0;
    budget_watch(budget, &watch);
}

static void end(void)
{
    budget_free(budget);
}

START_TEST(a_share_has_a_name_of_its_kind)
{
    ck_assert_ptr_eq(budget_share(budget, BUDGET_CLIENT, SLICE("app")), app);
    ck_assert_ptr_ne(budget_share(budget, BUDGET_FEED, SLICE("app")), app);
}
END_TEST

START_TEST(a_share_is_spent_before_the_whole)
{
    struct budget_charge one = {0}, two = {0};
    budget_charge_set(&one, app, 39);
    ck_assert(!budget_share_is_spent(app));
    budget_charge_set(&two, app, 1);
    ck_assert(budget_share_is_spent(app));
    ck_assert(!budget_share_is_spent(lab));
    ck_assert(!budget_is_spent(budget));
    ck_assert_int_eq(changes, 1);
    budget_charge_release(&two);
    ck_assert(budget_share_is_spent(app)); /* room only at three quarters */
    budget_charge_set(&one, app, 30);
    ck_assert(!budget_share_is_spent(app));
    ck_assert_int_eq(changes, 2);
    budget_charge_release(&one);
    ck_assert_uint_eq(budget_used(budget), 0);
}
END_TEST

START_TEST(the_whole_is_spent_by_many)
{
    struct budget_charge one = {0}, two = {0};
    budget_charge_set(&one, app, 30);
    budget_charge_set(&two, lab, 70);
    ck_assert(budget_is_spent(budget));
    ck_assert(!budget_share_is_spent(app));
    ck_assert(!budget_share_has_room(app));
    budget_charge_release(&two);
    budget_charge_release(&two);
    ck_assert(budget_share_has_room(app));
    ck_assert(!budget_is_spent(budget));
    ck_assert_uint_eq(budget_used(budget), 30);
    budget_charge_release(&one);
}
END_TEST

START_TEST(a_charge_moves_from_share_to_share)
{
    struct budget_charge charge = {0};
    budget_charge_set(&charge, app, 50);
    budget_charge_set(&charge, lab, 20);
    ck_assert(!budget_share_is_spent(app));
    ck_assert_uint_eq(budget_used(budget), 20);
    budget_charge_release(&charge);
}
END_TEST

START_TEST(clients_together_leave_a_quarter_to_feeds)
{
    struct budget_charge one = {0}, two = {0}, three = {0};
    budget_charge_set(&one, app, 38);
    budget_charge_set(&two, budget_share(budget, BUDGET_CLIENT, SLICE("other")), 38);
    ck_assert(!budget_is_spent(budget));
    ck_assert(!budget_share_is_spent(app));
    ck_assert(!budget_share_has_room(app));
    ck_assert(!budget_share_has_room(budget_share(budget, BUDGET_CLIENT, SLICE("third"))));
    ck_assert(budget_share_has_room(lab));
    ck_assert_int_eq(changes, 1);
    budget_charge_set(&three, lab, 24);
    ck_assert(!budget_share_has_room(lab));
    budget_charge_release(&two);
    ck_assert(budget_share_has_room(app));
    budget_charge_release(&one);
    budget_charge_release(&three);
}
END_TEST

START_TEST(operators_have_a_quarter_whatever_the_others_have)
{
    struct budget_share *operator= budget_share(budget, BUDGET_OPERATOR, SLICE("app"));
    struct budget_charge one = {0}, two = {0};
    budget_charge_set(&one, lab, 100);
    ck_assert(budget_is_spent(budget));
    ck_assert(budget_share_has_room(operator));
    budget_charge_set(&two, operator, 25);
    ck_assert(!budget_share_has_room(operator));
    budget_charge_release(&one);
    budget_charge_release(&two);
}
END_TEST

START_TEST(one_charge_of_a_share_may_pass_at_a_time)
{
    struct budget_charge one = {0}, two = {0}, other = {0};
    budget_charge_set(&one, app, 10);
    budget_charge_set(&two, app, 40);
    budget_charge_set(&other, lab, 10);
    ck_assert(budget_charge_pass(&one));
    ck_assert(!budget_charge_pass(&two));
    ck_assert(budget_charge_pass(&other));
    budget_charge_set(&one, app, 11);
    ck_assert(budget_charge_pass(&one));
    ck_assert(!budget_charge_pass(&two));
    changes = 0;
    budget_charge_release(&one);
    ck_assert(budget_share_is_spent(app));
    ck_assert_int_eq(changes, 1); /* who waits may try */
    ck_assert(budget_charge_pass(&two));
    budget_charge_release(&two);
    budget_charge_release(&other);
}
END_TEST

START_TEST(who_no_longer_watches_is_not_told)
{
    struct budget_charge charge = {0};
    budget_unwatch(budget, &watch);
    budget_charge_set(&charge, app, 50);
    ck_assert_int_eq(changes, 0);
    budget_charge_release(&charge);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("budget");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, a_share_has_a_name_of_its_kind);
    tcase_add_test(cases, a_share_is_spent_before_the_whole);
    tcase_add_test(cases, the_whole_is_spent_by_many);
    tcase_add_test(cases, a_charge_moves_from_share_to_share);
    tcase_add_test(cases, clients_together_leave_a_quarter_to_feeds);
    tcase_add_test(cases, operators_have_a_quarter_whatever_the_others_have);
    tcase_add_test(cases, one_charge_of_a_share_may_pass_at_a_time);
    tcase_add_test(cases, who_no_longer_watches_is_not_told);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("budget", add);
}
