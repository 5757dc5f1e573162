/* Blocks and candidates in a real store. */
#include "pipeline/match_store.h"

#include "pipeline/match_records.h"
#include "store/connection.h"
#include "store/migrate.h"
#include "support/database.h"

#include <stdlib.h>

static struct store_connection *connection;

static void open_store(void)
{
    set_up();
    free(database_ask("set client_min_messages = warning; drop schema public cascade;"
                      "create schema public; alter schema public owner to pg_database_owner;"
                      "grant usage on schema public to public"));
    struct store_settings owner = database_settings("painbridge_owner");
    static struct store_settings door;
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, NULL), 0);
    door = database_settings("painbridge_door");
    connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 20000, NULL), 0);
}

static void close_store(void)
{
    store_connection_free(connection);
    tear_down();
}

/* A source record of this number, the only one of the person. */
static void store_record(int number, int person, const char *line)
{
    struct buffer body;
    buffer_init(&body, 0);
    json_print(patient_of(line), &body);
    const char *sql =
        arena_format(
            arena,
            "insert into person values (%d, 'p%d', null, now()) on conflict do nothing;"
            "insert into source_record values (%d, 'bay', 's', '%d', %d, %d, 'p%d', now());"
            "insert into resource (person_key, type, number, id, version, last_updated,"
            " deleted, merged, source_record_key, source_time, labels, label_site, content_hash, "
            "body) values"
            " (%d, 'Patient', %d, 'p%d', 1, now(), false, false, %d, now(), 0, '', '', '%.*s')",
            person, person, number, number, person, person, person, person, 1000 + number, person,
            number, SLICE_ARG(buffer_slice(&body)))
            .ptr;
    buffer_release(&body);
    free(database_ask(sql));
}

static void run(struct store_request *request)
{
    ck_assert_int_eq(store_connection_run(connection, request, NULL), 0);
}

static void keep(int64_t number, const char *line)
{
    const struct pipeline_match_record record = {number, record_of(line)};
    struct store_request *request = store_request_new(arena);
    pipeline_match_keep(&record, 1, request, arena);
    run(request);
}

static size_t ask(const char *line, int64_t own, struct pipeline_candidate **ret_candidates)
{
    const struct pipeline_demographics *records[] = {record_of("Nobody|Nix||1911-02-03|M"),
                                                     record_of(line)};
    struct store_request *request = store_request_new(arena);
    size_t statement = pipeline_match_ask(table, records, 2, request, arena), count = 99;
    run(request);
    ck_assert_int_eq(pipeline_match_candidates(table, 0, 0, request, statement, arena,
                                               ret_candidates, &count, NULL),
                     0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(pipeline_match_candidates(table, 1, own, request, statement, arena,
                                               ret_candidates, &count, NULL),
                     0);
    return count;
}

static const char ANA[] = "Zepeda|Ana||1970-04-12|F|12 Oak St|97301|503-555-0142";
static const char EVA[] = "Orozco|Eva||1982-09-30|F|7 Elm St|97305|503-555-0177";

START_TEST(who_shares_a_block_is_a_candidate_and_strangers_are_not)
{
    struct pipeline_candidate *candidates = NULL;
    store_record(11, 1, ANA);
    store_record(12, 2, EVA);
    keep(11, ANA);
    keep(12, EVA);
    ck_assert_uint_eq(ask(ANA, 0, &candidates), 1);
    ck_assert_int_eq(candidates[0].person_key, 1);
    ck_assert_int_eq(candidates[0].source_key, 11);
    struct pipeline_match match =
        pipeline_match_compare(table, record_of(ANA), candidates[0].demographics);
    ck_assert_int_eq(match.verdict, PIPELINE_SAME);
    ck_assert_uint_eq(ask(ANA, 11, &candidates), 0);
}
END_TEST

START_TEST(all_records_of_a_person_come_along)
{
    struct pipeline_candidate *candidates = NULL;
    store_record(11, 1, ANA);
    store_record(12, 1, EVA);
    keep(11, ANA);
    keep(12, EVA);
    ck_assert_uint_eq(ask(ANA, 0, &candidates), 2);
    ck_assert_int_eq(candidates[0].person_key, candidates[1].person_key);
}
END_TEST

START_TEST(what_the_source_said_counts_and_not_what_was_merged)
{
    struct pipeline_candidate *candidates = NULL;
    store_record(11, 1, EVA);
    free(database_ask("update resource set merged = true;"
                      "insert into contribution (person_key, type, number, source_record_key,"
                      " source_time, body) values (1, 'Patient', 1011, 11, now(),"
                      " '{\"name\":[{\"family\":\"Nordlund\"}]}')"));
    keep(11, ANA);
    ck_assert_uint_eq(ask(ANA, 0, &candidates), 1);
    struct pipeline_match match = pipeline_match_compare(
        table, record_of("Nordlund|||1970-04-12|F"), candidates[0].demographics);
    ck_assert_int_eq(match.levels[MATCH_FAMILY], MATCH_LEVEL_EQUAL);
}
END_TEST

START_TEST(blocks_follow_what_is_said)
{
    struct pipeline_candidate *candidates = NULL;
    store_record(11, 1, ANA);
    keep(11, ANA);
    keep(11, ANA);
    keep(11, EVA);
    ck_assert_uint_eq(ask(ANA, 0, &candidates), 0);
    ck_assert_uint_eq(ask(EVA, 0, &candidates), 1);
    keep(11, "||||");
    ck_assert_uint_eq(ask(EVA, 0, &candidates), 0);
    char *rows = database_ask("select count(*) from match_block");
    ck_assert_str_eq(rows, "0");
    free(rows);
}
END_TEST

START_TEST(a_block_that_many_share_finds_nobody)
{
    struct pipeline_candidate *candidates = NULL;
    int64_t blocks[PIPELINE_BLOCK_LIMIT];
    store_record(11, 1, "|||||||503-555-0142");
    keep(11, "|||||||503-555-0142");
    ck_assert_uint_eq(pipeline_match_blocks(record_of("|||||||503-555-0142"), blocks), 1);
    int cap = pipeline_match_block_cap(table);
    const char *more = arena_format(arena,
                                    "insert into match_block select %lld, 100000 + n"
                                    " from generate_series(1, %d) as n",
                                    (long long)blocks[0], cap - 1)
                           .ptr;
    free(database_ask(more));
    ck_assert_uint_eq(ask("|||||||503-555-0142", 0, &candidates), 1);
    free(database_ask(
        arena_format(arena, "insert into match_block values (%lld, 1)", (long long)blocks[0]).ptr));
    ck_assert_uint_eq(ask("|||||||503-555-0142", 0, &candidates), 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *store = tcase_create("match_store");
    tcase_set_timeout(store, 60);
    tcase_add_checked_fixture(store, open_store, close_store);
    tcase_add_test(store, who_shares_a_block_is_a_candidate_and_strangers_are_not);
    tcase_add_test(store, all_records_of_a_person_come_along);
    tcase_add_test(store, what_the_source_said_counts_and_not_what_was_merged);
    tcase_add_test(store, blocks_follow_what_is_said);
    tcase_add_test(store, a_block_that_many_share_finds_nobody);
    suite_add_tcase(suite, store);
}

int main(void)
{
    return database_suite_main("match_store", add);
}
