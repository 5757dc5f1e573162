/* The clock of the record against a real server: what follows it and what stays real. */
#include "pipeline/clock.h"

#include "fhir/search_index.h"
#include "pipeline/inbox.h"
#include "pipeline/items.h"
#include "pipeline/judge.h"
#include "store/migrate.h"
#include "support/database.h"
#include "support/host.h"
#include "support/same.h"

static struct test_host host;
static struct store_settings door, judge_settings;
static struct pipeline_clock *test_clock;
static struct pipeline_inbox *inbox;
static struct issue_list issues;
static struct arena *arena;

static void set_up(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    free(database_ask("set client_min_messages = warning; drop schema public cascade;"
                      "create schema public; alter schema public owner to pg_database_owner;"
                      "grant usage on schema public to public"));
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, NULL), 0);
    door = database_settings("painbridge_door");
    judge_settings = database_settings("painbridge_judge");
    test_host_init(&host);
    ck_assert_int_eq(pipeline_inbox_open(&door, &inbox, &issues), 0);
    test_clock =
        pipeline_clock_new(&(struct pipeline_clock_options){.store = &door, .host = &host.host});
}

static void tear_down(void)
{
    pipeline_inbox_close(inbox);
    pipeline_clock_free(test_clock);
    arena_free(arena);
}

static void let_run(int64_t milliseconds)
{
    const bool never = false;
    ck_assert(!test_host_run(&host, &never, milliseconds));
}

static void expect(const char *sql, const char *wanted)
{
    char *answer = database_ask(sql);
    ck_assert_str_eq(answer, wanted);
    free(answer);
}

/* Two instants of one clock may be a slow machine's minute apart, never an hour. */
static bool is_near(instant a, instant b)
{
    return a - b < TIME_MINUTE && b - a < TIME_MINUTE;
}

static instant at(const char *text)
{
    instant when = 0;
    ck_assert(time_parse(slice_of(text), 0, &when));
    return when;
}

START_TEST(clock_is_the_real_one_until_it_is_set)
{
    ck_assert(!pipeline_clock_is_known(test_clock));
    let_run(500);
    ck_assert(pipeline_clock_is_known(test_clock));
    ck_assert(is_near(pipeline_clock_now(test_clock), time_now()));
    struct pipeline_clock_setting setting = {1, 1};
    ck_assert_int_eq(pipeline_clock_read(inbox, &setting, &issues), 0);
    ck_assert_int_eq(setting.set, 0);
    ck_assert(is_near(pipeline_clock_at(&setting, time_now()), time_now()));
    ck_assert(is_near(pipeline_clock_now(NULL), time_now()));
    ck_assert(pipeline_clock_is_known(NULL));
}
END_TEST

START_TEST(clock_ticks_on_from_what_was_set_also_back)
{
    static const char *const SET[] = {"2031-05-17T10:00:00Z", "1999-12-31T23:59:59Z"};
    for (size_t i = 0; i < 2; i++) {
        unsigned changes = pipeline_clock_changes(test_clock);
        ck_assert_int_eq(pipeline_clock_set(inbox, at(SET[i]), &issues), 0);
        let_run(300);
        instant first = pipeline_clock_now(test_clock);
        ck_assert(is_near(first, at(SET[i])));
        ck_assert_int_ge(first, at(SET[i]) + PIPELINE_CLOCK_PATIENCE);
        let_run(100);
        ck_assert_int_ge(pipeline_clock_now(test_clock), first + TIME_SECOND / 20);
        ck_assert_uint_gt(pipeline_clock_changes(test_clock), changes);
    }
}
END_TEST

START_TEST(clock_that_cannot_be_read_is_as_if_never_set)
{
    free(database_ask("insert into instance_setting values ('test-clock', 'noon')"));
    let_run(500);
    ck_assert(pipeline_clock_is_known(test_clock));
    ck_assert(is_near(pipeline_clock_now(test_clock), time_now()));
}
END_TEST

START_TEST(judge_takes_a_person_up_when_the_clock_says_so)
{
    struct pipeline_judge *judge = pipeline_judge_new(
        &(struct pipeline_judge_options){&judge_settings, &host.host, NULL, test_clock});
    struct pipeline_inbox_work work;
    free(database_ask("insert into marked_person values (7, now(), now() + interval '1 hour')"));
    let_run(700);
    expect("select count(*) from marked_person", "1");
    ck_assert_int_eq(pipeline_inbox_work(inbox, time_now(), &work, &issues), 0);
    ck_assert_int_eq(work.persons, 0);
    instant later = time_now() + 2 * TIME_HOUR;
    ck_assert_int_eq(pipeline_inbox_work(inbox, later, &work, &issues), 0);
    ck_assert_int_eq(work.persons, 1);
    ck_assert_int_eq(pipeline_clock_set(inbox, later, &issues), 0);
    let_run(700);
    expect("select count(*) from marked_person", "0");
    pipeline_judge_free(judge);
}
END_TEST

static struct pipeline_commit *make_commit(void)
{
    const struct fhir_definitions *definitions = NULL;
    const struct fhir_search_table *search = NULL;
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
    ck_assert_int_eq(
        fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/fhir", arena, &search, NULL), 0);
    return pipeline_commit_new(&(struct pipeline_commit_options){.store = &door,
                                                                 .definitions = definitions,
                                                                 .search = search,
                                                                 .host = &host.host,
                                                                 .instance_name = SLICE("pb1"),
                                                                 .grace_milliseconds = 20000,
                                                                 .clock = test_clock});
}

static void commit_one(struct pipeline_commit *commit, const char *control)
{
    struct test_item *test = test_item_new("north", control, control, 1);
    test->item.received = pipeline_clock_now(test_clock);
    test_patient(test, control, "\"active\":true");
    pipeline_commit_submit(commit, &test->item);
    ck_assert(test_host_run(&host, &test->done, 30000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    test_item_free(test);
}

/* The months of the inbox are made whenever the clock is set, without a restart. */
START_TEST(commit_writes_the_time_of_the_clock_and_audits_the_real_one)
{
    static const char *const SET[] = {"2031-05-31T23:00:00Z", "2041-01-01T00:00:00Z",
                                      "1999-12-31T23:59:00Z"};
    struct pipeline_commit *commit = make_commit();
    for (size_t i = 0; i < 3; i++) {
        const char *control = SET[i];
        ck_assert_int_eq(pipeline_clock_set(inbox, at(SET[i]), &issues), 0);
        let_run(300);
        commit_one(commit, control);
    }
    expect("select string_agg(to_char(received at time zone 'UTC', 'YYYY-MM-DD HH24'), ','"
           " order by inbox_id) from inbox",
           "2031-05-31 23,2041-01-01 00,1999-12-31 23");
    expect("select string_agg(left(body::json -> 'meta' ->> 'lastUpdated', 10), ','"
           " order by number) from resource",
           "2031-05-31,2041-01-01,1999-12-31");
    expect("select string_agg(to_char(marked at time zone 'UTC', 'YYYY'), ',' order by person_key)"
           " from marked_person",
           "2031,2041,1999");
    expect("select count(*) from audit where recorded between now() - interval '1 hour' and now()",
           "3");
    pipeline_commit_free(commit);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("clock");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, clock_is_the_real_one_until_it_is_set);
    tcase_add_test(tests, clock_ticks_on_from_what_was_set_also_back);
    tcase_add_test(tests, clock_that_cannot_be_read_is_as_if_never_set);
    tcase_add_test(tests, judge_takes_a_person_up_when_the_clock_says_so);
    tcase_add_test(tests, commit_writes_the_time_of_the_clock_and_audits_the_real_one);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return database_suite_main("clock", add);
}
