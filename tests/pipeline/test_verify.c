/* Verify against a real server: a record that the engine wrote is whole, also where it refused a
 * message, and each relation that is broken by hand is named. */
#include "pipeline/verify.h"

#include "pipeline/committer.h"

/* The faults as "TABLE FAULT", a line each. */
static void expect_faults(const char *wanted)
{
    struct store_settings reader = database_settings("painbridge_reader");
    struct pipeline_verify_report report;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(pipeline_verify(&reader, arena, &report, &issues), 0);
    struct slice faults = SLICE("");
    for (size_t i = 0; i < report.fault_count; i++)
        faults = arena_format(arena, "%.*s%.*s %.*s\n", SLICE_ARG(faults),
                              SLICE_ARG(report.faults[i].table), SLICE_ARG(report.faults[i].fault));
    ck_assert_str_eq(arena_string(arena, faults), wanted);
    ck_assert_int_eq(report.broken, (int64_t)report.fault_count);
}

START_TEST(what_the_engine_wrote_is_whole)
{
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    test_of_patient(test_write(test, "Observation", "o1", "\"status\":\"final\""));
    test_write(test, "Organization", "clinic", "\"name\":\"Clinic\"");
    run_well(test);
    run_well(patient_message("north", "2", "M1", "\"active\":false", 2));
    expect_faults("");
}
END_TEST

START_TEST(a_message_that_was_refused_is_no_fault_before_it_is_kept)
{
    struct test_item *device = test_item_new("north", "1", "1", 1);
    test_write(device, "Device", "d1", "\"status\":\"active\"");
    run_well(device);
    struct test_item *personal = patient_message("north", "2", "M1", "\"active\":true", 2);
    test_of_patient(test_write(personal, "Device", "d1", "\"status\":\"inactive\""));
    ck_assert_int_eq(run(personal), PIPELINE_FAILED);
    test_item_free(personal);
    expect("select accepted, count(*) from message_key group by 1 order by 1", "f|1\nt|1");
    expect_faults("");
}
END_TEST

static const struct {
    const char *damage, *faults;
} damages[] = {
    {"delete from inbox", "message_key has no message in the inbox\n"},
    {"update inbox set status = 'rejected'",
     "message_key does not agree with its message in the inbox\n"},
    {"delete from message_key; update inbox set feed = 'x'", ""},
    {"delete from person", "source_record has no person\n"},
    {"delete from resource; delete from resource_place; delete from resource_key;"
     "truncate index_token, index_reference, index_date, index_string, index_quantity",
     "person has no Patient\n"},
    {"update person set patient_id = 'other'", "person has no Patient\n"},
};

START_TEST(what_is_broken_is_named)
{
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    free(database_ask(damages[_i].damage));
    expect_faults(damages[_i].faults);
}
END_TEST

static const struct {
    const char *damage, *faults;
} held_damages[] = {
    {"delete from held_message where inbox_id = (select min(inbox_id) from held_message)",
     "held_cause is of no message that waits\nheld_lane is of no message that waits\n"
     "inbox waits, and would wait for ever\n"},
    {"update inbox set status = 'accepted' where control_id = '2'",
     "held_message is of no message of the inbox that waits\n"},
    {"delete from held_message; delete from held_lane; delete from held_cause;"
     "update inbox set status = 'dropped'; insert into held_drop select inbox_id, now(), 'a', 'b'"
     " from inbox where control_id = '1'",
     "inbox was let go, and nobody says why\n"},
};

START_TEST(what_waits_is_known_to_the_inbox_and_the_other_way_round)
{
    static const struct pipeline_hold hold = {.cause = SLICE_INIT("unmapped-0"),
                                              .kind = SLICE_INIT("unmapped")};
    struct test_item *first = patient_message("north", "1", "M1", "\"active\":true", 1);
    first->item.holds = &hold;
    first->item.hold_count = 1;
    ck_assert_int_eq(run(first), PIPELINE_HELD);
    struct test_item *second = patient_message("north", "2", "M1", "\"active\":true", 2);
    ck_assert_int_eq(run(second), PIPELINE_HELD);
    test_item_free(first);
    test_item_free(second);
    expect_faults("");
    free(database_ask(held_damages[_i].damage));
    expect_faults(held_damages[_i].faults);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("verify");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_the_engine_wrote_is_whole);
    tcase_add_test(cases, a_message_that_was_refused_is_no_fault_before_it_is_kept);
    tcase_add_loop_test(cases, what_waits_is_known_to_the_inbox_and_the_other_way_round, 0,
                        sizeof held_damages / sizeof held_damages[0]);
    tcase_add_loop_test(cases, what_is_broken_is_named, 0, sizeof damages / sizeof damages[0]);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return database_suite_main("verify", add);
}
