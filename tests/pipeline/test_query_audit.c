/* The notes of who looked at what, on a real server that is in trouble: none is lost that can still
 * be written, and nobody waits for long at the end. */
#include "pipeline/query_internal.h"

#include "pipeline/committer.h"

#include <stdio.h>

static struct store_connection *connection;
static struct query_audit *audit;

static void tear_down_audit(void)
{
    store_connection_free(connection);
    query_audit_free(audit);
    tear_down();
}

static void note(const char *actor)
{
    const struct pipeline_audit_row row = {.kind = SLICE("read"),
                                           .role = SLICE(PIPELINE_AUDIT_CLIENT),
                                           .actor = slice_of(actor),
                                           .outcome = SLICE("success"),
                                           .entities = SLICE("Patient/anna/1")};
    query_audit_note(audit, &row);
}

/* Whatever is written to the audit runs this first. */
static void before_notes(const char *statement)
{
    char sql[400];
    snprintf(sql, sizeof(sql),
             "create or replace function meanwhile() returns trigger language plpgsql as"
             " $$ begin %s; return null; end $$;"
             "create or replace trigger meanwhile before insert on audit"
             " execute function meanwhile()",
             statement);
    free(database_ask(sql));
}

static void write_all(void)
{
    instant until = time_monotonic() + 10 * TIME_SECOND;
    while (query_audit_has_notes(audit) && time_monotonic() < until) {
        query_audit_flush(audit, connection);
        store_connection_wait(connection, until);
    }
    ck_assert(!query_audit_has_notes(audit));
}

static void set_up_audit(void)
{
    set_up();
    connection = store_connection_new(&door, STORE_USE_READ);
    ck_assert_int_eq(store_connection_open(connection, 5000, NULL), 0);
    audit = query_audit_new(SLICE("test"), NULL);
    note("chain");
    write_all();
}

static void expect_actors(const char *wanted)
{
    expect("select string_agg(actor, ',' order by place) from audit where place > 0", wanted);
}

START_TEST(notes_that_could_not_be_written_go_out_again_beside_those_that_came_since)
{
    before_notes("raise 'not now' using errcode = '40001'");
    note("first");
    query_audit_flush(audit, connection);
    note("second");
    store_connection_wait(connection, time_monotonic() + 5 * TIME_SECOND);
    note("third");
    before_notes("null");
    write_all();
    expect_actors("first,second,third");
}
END_TEST

START_TEST(notes_outlive_a_link_that_is_lost)
{
    before_notes("perform pg_sleep(5)");
    note("first");
    query_audit_flush(audit, connection);
    note("second");
    free(database_ask("select pg_sleep(0.2); select pg_terminate_backend(pid) from pg_stat_activity"
                      " where wait_event = 'PgSleep'"));
    before_notes("null");
    write_all();
    expect_actors("first,second");
}
END_TEST

START_TEST(the_end_waits_for_what_is_being_written_and_writes_the_rest)
{
    before_notes("perform pg_sleep(0.2)");
    note("first");
    query_audit_flush(audit, connection);
    note("second");
    query_audit_finish(audit, connection);
    ck_assert(!query_audit_has_notes(audit));
    expect_actors("first,second");
}
END_TEST

START_TEST(the_end_waits_for_a_second_and_no_longer)
{
    before_notes("perform pg_sleep(8)");
    note("first");
    instant began = time_monotonic();
    query_audit_finish(audit, connection);
    instant taken = time_monotonic() - began;
    ck_assert_int_ge(taken, TIME_SECOND);
    ck_assert_int_lt(taken, 3 * TIME_SECOND);
    ck_assert(query_audit_has_notes(audit));
    free(database_ask("select pg_terminate_backend(pid) from pg_stat_activity"
                      " where wait_event = 'PgSleep'"));
}
END_TEST

START_TEST(where_too_many_wait_those_that_come_are_lost_and_a_row_says_how_many)
{
    for (int i = 0; i < 50000; i++)
        note("early");
    note("late");
    note("late");
    write_all();
    expect("select kind, actor, detail, min(place), max(place), count(*) from audit"
           " where place > 0 group by 1, 2, 3 order by 4",
           "read|early||1|50000|50000\nlost||2|50001|50001|1");
    expect("select detail from audit where kind = 'lost'", "2");
}
END_TEST

START_TEST(a_row_that_the_store_refuses_takes_no_other_with_it)
{
    free(database_ask("alter table audit add constraint odd check (actor <> 'odd')"));
    note("first");
    note("odd");
    note("second");
    write_all();
    expect_actors("first,second,");
    expect("select kind, outcome, detail from audit where actor = '' and place > 0", "lost|lost|1");
}
END_TEST

START_TEST(what_is_no_text_becomes_text)
{
    query_audit_note(audit, &(struct pipeline_audit_row){.kind = SLICE("refuse"),
                                                         .role = SLICE("stranger"),
                                                         .outcome = SLICE("login"),
                                                         .detail = SLICE("a\0b\xffz\xc3\xa9")});
    write_all();
    expect("select detail from audit where kind = 'refuse'", "a?b?z\xc3\xa9");
}
END_TEST

/* A server that stored the rows, and whose word of it was lost. */
START_TEST(rows_that_were_stored_after_all_are_not_stored_twice)
{
    note("first");
    query_audit_flush(audit, connection);
    free(database_ask("select pg_sleep(0.3); select pg_terminate_backend(pid) from"
                      " pg_stat_activity where usename = 'painbridge_door'"));
    note("second");
    write_all();
    expect_actors("first,second");
    expect("select count(*) from audit_chain", "1");
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("query_audit");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up_audit, tear_down_audit);
    tcase_add_test(cases,
                   notes_that_could_not_be_written_go_out_again_beside_those_that_came_since);
    tcase_add_test(cases, notes_outlive_a_link_that_is_lost);
    tcase_add_test(cases, the_end_waits_for_what_is_being_written_and_writes_the_rest);
    tcase_add_test(cases, the_end_waits_for_a_second_and_no_longer);
    tcase_add_test(cases, where_too_many_wait_those_that_come_are_lost_and_a_row_says_how_many);
    tcase_add_test(cases, a_row_that_the_store_refuses_takes_no_other_with_it);
    tcase_add_test(cases, what_is_no_text_becomes_text);
    tcase_add_test(cases, rows_that_were_stored_after_all_are_not_stored_twice);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return database_suite_main("query_audit", add);
}
