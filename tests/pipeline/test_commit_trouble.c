/* Commit against a real server in trouble: nothing is lost, nothing is stored twice, nothing is
 * said that may be wrong, and one bad item stops nobody. Rules: domain rules section 3, rows 18 and
 * 19, design "Durability". */
#include "pipeline/committer.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- faults ----------------------------------------------------------------------------------- */

/* The descriptor of the committer's link, which is the only one that is watched here. */
static int link_descriptor(void)
{
    for (int i = 0; i < HOST_LIMIT; i++) {
        if (host.watches[i].fd >= 0)
            return host.watches[i].fd;
    }
    ck_abort_msg("no link");
}

/* The link is lost while the server is in the COMMIT, and does not notice. */
static void cut_in_commit(void)
{
    run_until_it("PgSleep");
    ck_assert_int_eq(shutdown(link_descriptor(), SHUT_RDWR), 0);
}

static void run_link(void)
{
    struct slice reason;
    bool never = false;
    for (int tries = 0; tries < 200 && !pipeline_commit_ready(commit, &reason); tries++)
        test_host_run(&host, &never, 50);
    ck_assert(pipeline_commit_ready(commit, &reason));
}

/* --- when things go wrong --------------------------------------------------------------------- */

START_TEST(one_bad_item_fails_alone)
{
    struct test_item *tests[5];
    for (int i = 0; i < 5; i++) {
        char control[2] = {(char)('1' + i), '\0'};
        tests[i] = patient_message("north", control, control, "\"active\":true", 1);
        /* no text of PostgreSQL: only the server can tell */
        if (i == 2)
            tests[i]->item.message_type = (struct slice){"A\0B", 3};
        pipeline_commit_submit(commit, &tests[i]->item);
    }
    ck_assert(test_host_run(&host, &tests[4]->done, 30000));
    for (int i = 0; i < 5; i++) {
        ck_assert(tests[i]->done);
        ck_assert_int_eq(tests[i]->item.outcome, i == 2 ? PIPELINE_FAILED : PIPELINE_COMMITTED);
    }
    ck_assert_uint_gt(tests[2]->item.issues.count, 0);
    expect("select count(*) from resource", "4");
    expect("select count(*) from message_key", "4");
    for (int i = 0; i < 5; i++)
        test_item_free(tests[i]);
}
END_TEST

START_TEST(a_store_that_is_away_for_long_gives_the_items_back)
{
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    pipeline_commit_free(commit);
    commit_options.grace_milliseconds = 300;
    door.port = 1;
    commit = pipeline_commit_new(&commit_options);
    struct test_item *test = patient_message("north", "2", "M1", "\"active\":false", 2);
    ck_assert_int_eq(run(test), PIPELINE_UNAVAILABLE);
    struct slice reason = {0};
    ck_assert(!pipeline_commit_ready(commit, &reason));
    ck_assert_uint_gt(reason.len, 0);
    ck_assert_uint_eq(pipeline_commit_depth(commit), 0);
    test_item_free(test);
}
END_TEST

START_TEST(a_server_that_cannot_store_is_tried_again_and_not_for_ever)
{
    /* As when the disk is full: 53100 is what every insert then says. It ends by an update, because
     * to drop the trigger would wait for a transaction that waits for this loop. */
    free(database_ask("create table disk as select true as is_full;"
                      "create function full_disk() returns trigger language plpgsql"
                      " security definer as $$ begin if (select is_full from disk) then"
                      " raise 'full' using errcode = '53100'; end if; return null; end $$;"
                      "create trigger full_disk before insert on resource"
                      " execute function full_disk()"));
    struct test_item *first = patient_message("north", "1", "M1", "\"active\":true", 1);
    bool never = false;
    pipeline_commit_submit(commit, &first->item);
    test_host_run(&host, &never, 1500);
    ck_assert(!first->done);
    struct slice reason = {0};
    ck_assert(!pipeline_commit_ready(commit, &reason));
    free(database_ask("update disk set is_full = false"));
    ck_assert(test_host_run(&host, &first->done, 10000));
    ck_assert_int_eq(first->item.outcome, PIPELINE_COMMITTED);
    ck_assert(pipeline_commit_ready(commit, &reason));
    expect("select count(*) from inbox", "1");
    test_item_free(first);
}
END_TEST

START_TEST(nothing_is_lost_or_doubled_when_the_server_dies_under_load)
{
    enum { COUNT = 400 };
    struct test_item *tests[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i);
        tests[i] = patient_message("north", text, text, "\"active\":true", 1);
        pipeline_commit_submit(commit, &tests[i]->item);
    }
    ck_assert(test_host_run(&host, &tests[COUNT / 4]->done, 30000));
    database_kill();
    database_restart();
    ck_assert(test_host_run(&host, &tests[COUNT - 1]->done, 30000));
    for (int i = 0; i < COUNT; i++) {
        ck_assert(tests[i]->done);
        ck_assert_int_ne(tests[i]->item.outcome, PIPELINE_FAILED);
        ck_assert_int_ne(tests[i]->item.outcome, PIPELINE_UNAVAILABLE);
        test_item_free(tests[i]);
    }
    expect("select count(*), count(distinct control_id) from inbox", "400|400");
    expect("select count(*), max(version) from resource", "400|1");
}
END_TEST

START_TEST(a_commit_whose_end_nobody_saw_is_looked_up)
{
    /* the server dies at many different moments of one commit */
    for (int round = 0; round < 8; round++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", round);
        struct test_item *test = patient_message("north", text, text, "\"active\":true", 1);
        bool never = false;
        test_host_run(&host, &never, 700); /* link */
        pipeline_commit_submit(commit, &test->item);
        test_host_run(&host, &never, round / 2);
        if (!test->done) {
            free(database_ask("select pg_terminate_backend(pid) from pg_stat_activity"
                              " where usename = 'painbridge_door'"));
            ck_assert(test_host_run(&host, &test->done, 30000));
        }
        ck_assert(test->item.outcome == PIPELINE_COMMITTED ||
                  test->item.outcome == PIPELINE_DUPLICATE);
        test_item_free(test);
    }
    expect("select count(*) from inbox", "8");
    expect("select count(*) from resource", "8");
}
END_TEST

START_TEST(a_commit_that_goes_on_after_the_link_is_waited_for)
{
    slow_commit("shared_resource", "2");
    struct test_item *test = request("Organization", "a-1", "\"name\":\"x\"");
    test->item.writes[0].must_be_new = true;
    pipeline_commit_submit(commit, &test->item);
    cut_in_commit();
    ck_assert(test_host_run(&host, &test->done, 30000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    ck_assert_uint_eq(test->item.writes[0].version, 1);
    expect("select count(*), max(version) from shared_resource", "1|1");
    expect("select string_agg(kind || ' ' || outcome, ',') from audit", "write success");
    test_item_free(test);
}
END_TEST

START_TEST(a_message_whose_commit_went_on_is_answered_once_and_as_new)
{
    slow_commit("resource", "2");
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    pipeline_commit_submit(commit, &test->item);
    cut_in_commit();
    ck_assert(test_host_run(&host, &test->done, 30000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    ck_assert_int_eq(test->answers, 1);
    test_item_free(test);
}
END_TEST

START_TEST(a_commit_that_failed_after_the_link_is_run_again)
{
    slow_commit("shared_resource", "2");
    struct test_item *test = request("Organization", "a-1", "\"name\":\"x\"");
    test->item.writes[0].must_be_new = true;
    pipeline_commit_submit(commit, &test->item);
    cut_in_commit();
    bool never = false;
    test_host_run(&host, &never, 500); /* it is being asked for */
    ck_assert(!test->done);
    free(database_ask("select pg_terminate_backend(pid) from pg_stat_activity"
                      " where usename = 'painbridge_door' and wait_event = 'PgSleep'"));
    ck_assert(test_host_run(&host, &test->done, 30000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    expect("select count(*), max(version) from shared_resource", "1|1");
    test_item_free(test);
}
END_TEST

START_TEST(a_server_that_waits_for_the_rest_of_a_lost_link_is_not_waited_for)
{
    /* a message larger than what sockets hold is half sent when the link goes, and the server is
     * not told that it is gone: as when a firewall forgets a connection */
    enum { SIZE = 15 << 20 };
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    char *raw = arena_alloc(test->arena, SIZE);
    memset(raw, 'x', SIZE);
    test->item.raw = (struct slice){raw, SIZE};
    free(database_ask("create function slow() returns trigger language plpgsql as"
                      " $$ begin perform pg_sleep(1); return null; end $$;"
                      "create trigger slow after insert on person execute function slow()"));
    pipeline_commit_submit(commit, &test->item);
    run_until_it("PgSleep");
    int fd = link_descriptor();
    int held = dup(fd);
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    dup2(pair[0], fd); /* the committer sees the end of its link, the server does not */
    close(pair[0]);
    ck_assert(test_host_run(&host, &test->done, 10000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    expect("select count(*) from inbox", "1");
    close(held);
    test_item_free(test);
}
END_TEST

START_TEST(what_may_be_stored_is_not_given_back_as_not_stored)
{
    pipeline_commit_free(commit);
    commit_options.grace_milliseconds = 1000;
    commit = pipeline_commit_new(&commit_options);
    run_link();
    slow_commit("resource", "6");
    struct test_item *first = patient_message("north", "1", "M1", "\"active\":true", 1);
    struct test_item *second = patient_message("north", "2", "M2", "\"active\":true", 1);
    pipeline_commit_submit(commit, &first->item);
    run_until_it("PgSleep");
    pipeline_commit_submit(commit, &second->item);
    cut_in_commit();
    ck_assert(test_host_run(&host, &second->done, 5000));
    ck_assert(first->done);
    ck_assert_int_eq(first->item.outcome, PIPELINE_UNKNOWN);
    ck_assert_int_eq(second->item.outcome, PIPELINE_UNAVAILABLE);
    ck_assert_uint_eq(pipeline_commit_depth(commit), 0);
    test_item_free(first);
    test_item_free(second);
}
END_TEST

START_TEST(an_end_in_the_middle_of_a_commit_says_that_nobody_knows)
{
    slow_commit("resource", "3");
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    pipeline_commit_submit(commit, &test->item);
    run_until_it("PgSleep");
    pipeline_commit_free(commit);
    ck_assert(test->done);
    ck_assert_int_eq(test->item.outcome, PIPELINE_UNKNOWN);
    test_item_free(test);
    commit = pipeline_commit_new(&commit_options);
}
END_TEST

START_TEST(a_question_that_fails_is_not_asked_without_a_breath)
{
    slow_commit("resource", "1");
    /* whoever looks into the audit is refused, and the sequence counts how often */
    free(database_ask("create sequence asked; grant usage on asked to public;"
                      "alter table audit enable row level security;"
                      "create function refuse() returns boolean language plpgsql as"
                      " $$ begin perform nextval('asked'); raise 'no'; end $$;"
                      "create policy look on audit for select using (refuse());"
                      "create policy note on audit for insert with check (true)"));
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    pipeline_commit_submit(commit, &test->item);
    run_until_it("PgSleep");
    ck_assert_int_eq(shutdown(link_descriptor(), SHUT_RDWR), 0);
    bool never = false;
    test_host_run(&host, &never, 3500);
    ck_assert(!test->done);
    free(database_ask("do $$ begin if nextval('asked') not between 2 and 30 then raise"
                      " 'asked % times', currval('asked'); end if; end $$"));
    free(database_ask("alter table audit disable row level security"));
    ck_assert(test_host_run(&host, &test->done, 10000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    test_item_free(test);
}
END_TEST

/* One statement fails for whatever is about the record, as if its page were damaged. */
static void fail_record(const char *table, const char *condition, const char *sqlstate)
{
    char sql[500];
    snprintf(sql, sizeof(sql),
             "create function fail() returns trigger language plpgsql as"
             " $$ begin raise 'no' using errcode = '%s'; end $$;"
             "create trigger fail before insert or update on %s for each row when (%s)"
             " execute function fail()",
             sqlstate, table, condition);
    free(database_ask(sql));
}

static const char *const suspects[] = {"XX000", "XX001", "53200", "53400",
                                       "54000", "22003", "42501", "0A000"};
enum { SUSPECT_COUNT = sizeof(suspects) / sizeof(suspects[0]) };

START_TEST(what_follows_one_message_is_that_messages_fault)
{
    fail_record("resource", "new.body like '%Bad%'", suspects[_i]);
    struct test_item *tests[5];
    for (int i = 0; i < 5; i++) {
        char control[2] = {(char)('1' + i), '\0'};
        tests[i] = patient_message("north", control, control,
                                   i == 1 ? "\"language\":\"Bad\"" : "\"active\":true", 1);
        pipeline_commit_submit(commit, &tests[i]->item);
    }
    ck_assert(test_host_run(&host, &tests[4]->done, 5000));
    for (int i = 0; i < 5; i++) {
        ck_assert(tests[i]->done);
        ck_assert_int_eq(tests[i]->item.outcome, i == 1 ? PIPELINE_FAILED : PIPELINE_COMMITTED);
    }
    const struct issue *issue = issue_list_first_error(&tests[1]->item.issues);
    ck_assert_ptr_nonnull(issue);
    ck_assert_int_eq(issue_kind(issue->code)->hl7_code, 207);
    struct slice reason;
    ck_assert(pipeline_commit_ready(commit, &reason));
    expect("select count(*) from resource", "4");
    expect("select count(*) from audit", "4"); /* what was tried out left nothing behind */
    for (int i = 0; i < 5; i++)
        test_item_free(tests[i]);
}
END_TEST

START_TEST(a_fault_of_one_message_in_its_commit_is_that_messages_fault)
{
    free(database_ask("create function fail() returns trigger language plpgsql as"
                      " $$ begin raise 'no' using errcode = 'XX000'; end $$;"
                      "create constraint trigger fail after insert on resource deferrable"
                      " initially deferred for each row when (new.body like '%Bad%')"
                      " execute function fail()"));
    struct test_item *bad = patient_message("north", "1", "M1", "\"language\":\"Bad\"", 1);
    struct test_item *good = patient_message("north", "2", "M2", "\"active\":true", 1);
    pipeline_commit_submit(commit, &bad->item);
    pipeline_commit_submit(commit, &good->item);
    ck_assert(test_host_run(&host, &good->done, 5000));
    ck_assert_int_eq(bad->item.outcome, PIPELINE_FAILED);
    ck_assert_int_eq(good->item.outcome, PIPELINE_COMMITTED);
    test_item_free(bad);
    test_item_free(good);
}
END_TEST

START_TEST(a_server_that_can_store_nothing_at_all_refuses_nobody)
{
    pipeline_commit_free(commit);
    commit_options.grace_milliseconds = 3000;
    commit = pipeline_commit_new(&commit_options);
    run_link();
    free(database_ask("create function fail() returns trigger language plpgsql as"
                      " $$ begin raise 'no' using errcode = 'XX001'; end $$;"
                      "create trigger fail before insert on audit for each row"
                      " execute function fail()"));
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    ck_assert_int_eq(run(test), PIPELINE_UNAVAILABLE);
    ck_assert_uint_eq(test->item.issues.count, 0);
    test_item_free(test);
}
END_TEST

START_TEST(where_every_message_fails_few_are_refused)
{
    pipeline_commit_free(commit);
    commit_options.grace_milliseconds = 4000;
    commit = pipeline_commit_new(&commit_options);
    run_link();
    fail_record("resource", "true", "XX001");
    struct test_item *tests[20];
    for (int i = 0; i < 20; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i);
        tests[i] = patient_message("north", text, text, "\"active\":true", 1);
        pipeline_commit_submit(commit, &tests[i]->item);
    }
    ck_assert(test_host_run(&host, &tests[19]->done, 30000));
    int refused = 0;
    for (int i = 0; i < 20; i++) {
        refused += tests[i]->item.outcome == PIPELINE_FAILED;
        test_item_free(tests[i]);
    }
    ck_assert_int_ge(refused, 1);
    ck_assert_int_le(refused, 3);
}
END_TEST

START_TEST(a_race_that_is_lost_again_and_again_is_told_as_a_lock)
{
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    /* the person is never among those that could be locked, as if each time just moved */
    free(database_ask("alter table person enable row level security;"
                      "create policy look on person for select using (true);"
                      "create policy hold on person for update using (false)"));
    struct test_item *test = patient_message("north", "2", "M1", "\"active\":false", 2);
    ck_assert_int_eq(run(test), PIPELINE_FAILED);
    const struct issue *issue = issue_list_first_error(&test->item.issues);
    ck_assert_ptr_nonnull(issue);
    ck_assert_int_eq(issue->code, ISSUE_RECORD_LOCKED);
    test_item_free(test);
}
END_TEST

START_TEST(months_that_cannot_be_made_are_no_messages_fault)
{
    free(database_ask("revoke execute on function ensure_partitions from painbridge_door"));
    struct test_item *test = patient_message("north", "1", "M1", "\"active\":true", 1);
    pipeline_commit_submit(commit, &test->item);
    bool never = false;
    test_host_run(&host, &never, 1500);
    ck_assert(!test->done);
    free(database_ask("grant execute on function ensure_partitions to painbridge_door"));
    ck_assert(test_host_run(&host, &test->done, 10000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    test_item_free(test);
}
END_TEST

START_TEST(two_engines_make_one_person_and_one_organization)
{
    struct pipeline_commit *other = pipeline_commit_new(&commit_options);
    struct test_item *tests[20];
    for (int i = 0; i < 20; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i);
        tests[i] = patient_message("north", text, i < 10 ? "M1" : "M2", "\"active\":true", i);
        test_write(tests[i], "Organization", "o1", "\"name\":\"Clinic\"");
        test_of_patient(test_write(tests[i], "Observation", text, "\"status\":\"final\""));
        pipeline_commit_submit(i % 2 ? commit : other, &tests[i]->item);
    }
    for (int i = 0; i < 20; i++) {
        ck_assert(test_host_run(&host, &tests[i]->done, 30000));
        ck_assert_int_eq(tests[i]->item.outcome, PIPELINE_COMMITTED);
        test_item_free(tests[i]);
    }
    expect("select count(*) from person", "2");
    expect("select count(*), max(version) from shared_resource", "1|1");
    expect("select type, count(*) from resource group by 1 order by 1",
           "Observation|20\nPatient|2");
    pipeline_commit_free(other);
}
END_TEST

/* A message of the site's about a practitioner, who is in nobody's record: nobody is locked. */
static struct test_item *practitioner_message(const char *site, const char *control,
                                              const char *body, int day)
{
    struct test_item *test = test_item_new(site, control, control, day);
    test_write(test, "Practitioner", "npi", body);
    return test;
}

/* North says what is stored, and this site again by another engine; then that engine's COMMIT of
 * the one item is slow, and the other item begins with what was there before. */
static void race(const char *site, const char *stored, struct test_item *slow,
                 struct test_item *beside)
{
    struct pipeline_commit *other = pipeline_commit_new(&commit_options);
    run_well(practitioner_message("north", "1", stored, 1));
    struct test_item *warm = practitioner_message(site, "2", stored, 2);
    pipeline_commit_submit(other, &warm->item);
    wait_for(warm);
    slow_commit("inbox", "1.5");
    pipeline_commit_submit(other, &slow->item);
    run_until_it("PgSleep");
    pipeline_commit_submit(commit, &beside->item);
    wait_for(slow);
    wait_for(beside);
    ck_assert_int_eq(slow->item.outcome, PIPELINE_COMMITTED);
    ck_assert_int_eq(beside->item.outcome, PIPELINE_COMMITTED);
    test_item_free(warm);
    pipeline_commit_free(other);
}

static const struct {
    const char *site, *body;
    const char *stored; /* family names and merged, after both */
    const char *contributions;
} news[] = {
    {"south", "\"name\":[{\"family\":\"Old\"},{\"family\":\"New\"}],\"gender\":\"female\"",
     "2|t|Old,New", "2"},
    {"south", "\"name\":[{\"family\":\"Old\"}],\"active\":true", "1|t|Old", "2"},
    {"north", "\"name\":[{\"family\":\"New\"},{\"family\":\"Third\"}],\"active\":true",
     "2|f|New,Third", "0"},
};

START_TEST(who_repeats_old_content_leaves_what_another_engine_says_meanwhile)
{
    const char *old = "\"name\":[{\"family\":\"Old\"}],\"active\":true";
    struct test_item *said = practitioner_message(news[_i].site, "3", news[_i].body, 4);
    struct test_item *again = practitioner_message("north", "4", old, 3);
    race("north", old, said, again);
    expect("select version, merged, (select string_agg(e ->> 'family', ',')"
           " from json_array_elements(body::json -> 'name') e) from shared_resource",
           news[_i].stored);
    expect("select count(*) from shared_contribution", news[_i].contributions);
    expect("select count(*) from shared_resource where source_time = timestamptz 'epoch'"
           " + interval '20004 days' and merged = (marks is null)",
           "1");
    test_item_free(said);
    test_item_free(again);
}
END_TEST

START_TEST(what_is_said_anew_waits_for_the_second_source_of_the_old)
{
    const char *old = "\"name\":[{\"family\":\"Old\"}],\"active\":true";
    struct test_item *same = practitioner_message("south", "3", old, 3);
    struct test_item *fresh = practitioner_message("north", "4", "\"active\":false", 4);
    race("north", old, same, fresh);
    expect("select merged, marks is null from shared_resource", "t|t");
    expect("select count(*) from shared_contribution", "2");
    test_item_free(same);
    test_item_free(fresh);
}
END_TEST

static const struct {
    const char *site, *body;
    const char *stored;        /* family names of the resource, after both */
    const char *contributions; /* and of each source */
} behind[] = {
    {"south", "\"name\":[{\"family\":\"Old\"}]", "Old", "Old,Old"},
    {"north", "\"gender\":\"female\"", "Old,Gone", "Old,Old,Gone"},
};

START_TEST(what_sources_change_behind_a_body_that_stays_is_not_lost)
{
    const char *both = "\"name\":[{\"family\":\"Old\"},{\"family\":\"Gone\"}]";
    /* south still says the other name, too */
    struct test_item *said =
        practitioner_message("north", "3", "\"name\":[{\"family\":\"Old\"}]", 3);
    struct test_item *meanwhile = practitioner_message(behind[_i].site, "4", behind[_i].body, 4);
    race("south", both, said, meanwhile);
    expect("select string_agg(e ->> 'family', ',') from shared_resource,"
           " json_array_elements(body::json -> 'name') e",
           behind[_i].stored);
    expect("select string_agg(e ->> 'family', ',' order by c.source_record_key)"
           " from shared_contribution c, json_array_elements(c.body::json -> 'name') e",
           behind[_i].contributions);
    test_item_free(said);
    test_item_free(meanwhile);
}
END_TEST

static void add(Suite *suite)
{
    TCase *trouble = tcase_create("trouble");
    tcase_set_timeout(trouble, 90);
    tcase_add_checked_fixture(trouble, set_up, tear_down);
    tcase_add_test(trouble, one_bad_item_fails_alone);
    tcase_add_test(trouble, a_store_that_is_away_for_long_gives_the_items_back);
    tcase_add_test(trouble, a_server_that_cannot_store_is_tried_again_and_not_for_ever);
    tcase_add_test(trouble, nothing_is_lost_or_doubled_when_the_server_dies_under_load);
    tcase_add_test(trouble, a_commit_whose_end_nobody_saw_is_looked_up);
    tcase_add_test(trouble, a_commit_that_goes_on_after_the_link_is_waited_for);
    tcase_add_test(trouble, a_message_whose_commit_went_on_is_answered_once_and_as_new);
    tcase_add_test(trouble, a_commit_that_failed_after_the_link_is_run_again);
    tcase_add_test(trouble, a_server_that_waits_for_the_rest_of_a_lost_link_is_not_waited_for);
    tcase_add_test(trouble, what_may_be_stored_is_not_given_back_as_not_stored);
    tcase_add_test(trouble, an_end_in_the_middle_of_a_commit_says_that_nobody_knows);
    tcase_add_test(trouble, a_question_that_fails_is_not_asked_without_a_breath);
    tcase_add_loop_test(trouble, what_follows_one_message_is_that_messages_fault, 0, SUSPECT_COUNT);
    tcase_add_test(trouble, a_fault_of_one_message_in_its_commit_is_that_messages_fault);
    tcase_add_test(trouble, a_server_that_can_store_nothing_at_all_refuses_nobody);
    tcase_add_test(trouble, where_every_message_fails_few_are_refused);
    tcase_add_test(trouble, a_race_that_is_lost_again_and_again_is_told_as_a_lock);
    tcase_add_test(trouble, months_that_cannot_be_made_are_no_messages_fault);
    suite_add_tcase(suite, trouble);
    TCase *engines = tcase_create("two engines");
    tcase_set_timeout(engines, 90);
    tcase_add_checked_fixture(engines, set_up, tear_down);
    tcase_add_test(engines, two_engines_make_one_person_and_one_organization);
    tcase_add_loop_test(engines, who_repeats_old_content_leaves_what_another_engine_says_meanwhile,
                        0, sizeof(news) / sizeof(news[0]));
    tcase_add_test(engines, what_is_said_anew_waits_for_the_second_source_of_the_old);
    tcase_add_loop_test(engines, what_sources_change_behind_a_body_that_stays_is_not_lost, 0,
                        sizeof(behind) / sizeof(behind[0]));
    suite_add_tcase(suite, engines);
}

int main(void)
{
    return database_suite_main("commit_trouble", add);
}
