/* Expected classes by PostgreSQL 15 appendix A and what each state means for a sender. */
#include "store/failure.h"

#include "support/suite.h"

static const struct {
    struct slice sqlstate;
    enum store_failure failure;
} rows[] = {
    {SLICE_INIT("00000"), STORE_DONE},    {SLICE_INIT("08006"), STORE_DOWN},
    {SLICE_INIT("22021"), STORE_REFUSED}, /* character_not_in_repertoire */
    {SLICE_INIT("22P05"), STORE_REFUSED}, {SLICE_INIT("23505"), STORE_RETRY},
    {SLICE_INIT("23514"), STORE_REFUSED}, /* check_violation */
    {SLICE_INIT("25006"), STORE_DOWN},    {SLICE_INIT("28P01"), STORE_DOWN},
    {SLICE_INIT("40001"), STORE_RETRY},   {SLICE_INIT("40P01"), STORE_RETRY},
    {SLICE_INIT("0A000"), STORE_SUSPECT}, /* feature_not_supported */
    {SLICE_INIT("26000"), STORE_SUSPECT}, /* invalid_sql_statement_name */
    {SLICE_INIT("42501"), STORE_SUSPECT}, /* insufficient_privilege */
    {SLICE_INIT("53100"), STORE_DOWN},    /* disk_full */
    {SLICE_INIT("53200"), STORE_SUSPECT}, /* out_of_memory */
    {SLICE_INIT("53300"), STORE_DOWN},    /* too_many_connections */
    {SLICE_INIT("53400"), STORE_SUSPECT}, /* configuration_limit_exceeded */
    {SLICE_INIT("54000"), STORE_REFUSED}, /* program_limit_exceeded */
    {SLICE_INIT("57014"), STORE_RETRY},   {SLICE_INIT("57P01"), STORE_DOWN},
    {SLICE_INIT("57P03"), STORE_DOWN},    {SLICE_INIT("58030"), STORE_DOWN},
    {SLICE_INIT("XX001"), STORE_SUSPECT}, {SLICE_INIT(""), STORE_REFUSED},
};

START_TEST(each_sqlstate_has_its_word)
{
    ck_assert_int_eq(store_failure_of(rows[_i].sqlstate), rows[_i].failure);
}
END_TEST

START_TEST(only_a_passing_failure_is_told_as_one)
{
    ck_assert_int_eq(store_failure_issue(STORE_DOWN), ISSUE_STORE_DOWN);
    ck_assert_int_eq(store_failure_issue(STORE_UNCERTAIN), ISSUE_STORE_DOWN);
    ck_assert_int_eq(store_failure_issue(STORE_RETRY), ISSUE_RECORD_LOCKED);
    ck_assert_int_eq(store_failure_issue(STORE_REFUSED), ISSUE_APPLICATION);
    ck_assert_int_eq(store_failure_issue(STORE_SUSPECT), ISSUE_APPLICATION);
    ck_assert_str_eq(store_failure_name(STORE_UNCERTAIN), "uncertain");
}
END_TEST

static void add(Suite *suite)
{
    TCase *failure = tcase_create("failure");
    tcase_add_loop_test(failure, each_sqlstate_has_its_word, 0, sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(failure, only_a_passing_failure_is_told_as_one);
    suite_add_tcase(suite, failure);
}

int main(void)
{
    return suite_main("failure", add);
}
