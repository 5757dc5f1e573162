/* Connections and migrations against a real server over TLS. */
#include "store/connection.h"
#include "store/migrate.h"

#include "support/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *arena;
static struct issue_list issues;

static void set_up(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, &issues), 0);
}

static void tear_down(void)
{
    arena_free(arena);
}

static const char *first_words(void)
{
    ck_assert_uint_ge(issues.count, 1);
    return arena_string(arena, issue_words(&issues.items[0]));
}

static void expect_answer(const char *sql, const char *wanted)
{
    char *answer = database_ask(sql);
    ck_assert_str_eq(answer, wanted);
    free(answer);
}

START_TEST(migrating_again_changes_nothing)
{
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 99;
    ck_assert_int_eq(store_migrate(&owner, &count, &issues), 0);
    ck_assert_uint_eq(count, 0);
    int version = 0;
    ck_assert_int_eq(store_migrate_status(&owner, &version, &issues), 0);
    ck_assert_int_eq(version, store_schema_version());
}
END_TEST

START_TEST(a_migration_that_was_changed_is_refused)
{
    free(database_ask("begin; update schema_version set digest = '' where version = 2; commit"));
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 99;
    ck_assert_int_eq(store_migrate(&owner, &count, &issues), -1);
    ck_assert_str_eq(first_words(), "migration 0002_identity was changed after it was run");
    ck_assert_uint_eq(count, 99);
    free(database_ask(
        "set client_min_messages = warning; drop schema public cascade; create schema public;"
        "alter schema public owner to pg_database_owner;"
        "grant usage on schema public to public"));
}
END_TEST

START_TEST(a_request_gives_what_the_server_says)
{
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), 0);
    ck_assert_uint_eq(store_connection_reason(connection).len, 0);
    struct store_request *request = store_request_new(arena);
    store_request_add(request, STORE_SQL_BEGIN, NULL, 0);
    struct store_value blocks = store_value_int4(3, arena);
    size_t numbers = store_request_add(request, STORE_SQL_RESERVE_NUMBERS, &blocks, 1);
    size_t commit = store_request_add(request, STORE_SQL_COMMIT, NULL, 0);
    ck_assert_int_eq(store_connection_run(connection, request, &issues), 0);
    ck_assert_uint_eq(store_request_rows(request, numbers), 3);
    ck_assert_uint_eq(store_request_rows(request, commit), 0);
    int64_t first = store_request_int8(request, numbers, 0, 0);
    ck_assert_int_ge(first, 65536);
    ck_assert_int_eq(store_request_int8(request, numbers, 2, 0), first + 2 * 65536);
    ck_assert(store_request_is_null(request, numbers, 3, 0));
    ck_assert(store_request_is_null(request, 17, 0, 0));
    store_connection_free(connection);
}
END_TEST

START_TEST(a_request_that_fails_names_statement_and_state_and_leaves_the_link_whole)
{
    struct store_settings reader = database_settings("painbridge_reader");
    struct store_connection *connection = store_connection_new(&reader, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), 0);
    struct store_request *request = store_request_new(arena);
    struct store_value blocks = store_value_int4(1, arena);
    store_request_add(request, STORE_SQL_RESERVE_NUMBERS, &blocks, 1);
    store_request_add(request, STORE_SQL_BEGIN, NULL, 0);
    ck_assert_int_eq(store_connection_run(connection, request, &issues), -1);
    ck_assert_int_eq(store_request_failure(request), STORE_SUSPECT);
    ck_assert_str_eq(store_request_culprit(request), "reserve_numbers");
    ck_assert_str_eq(first_words(), "could not run statement 'reserve_numbers': SQLSTATE 42501");
    ck_assert_int_eq(store_connection_state(connection), STORE_READY);
    struct store_request *next = store_request_new(arena);
    store_request_add(next, STORE_SQL_BEGIN, NULL, 0);
    store_request_add(next, STORE_SQL_ROLLBACK, NULL, 0);
    ck_assert_int_eq(store_connection_run(connection, next, &issues), 0);
    store_connection_free(connection);
}
END_TEST

START_TEST(a_warning_of_the_server_is_not_printed)
{
    FILE *printed = tmpfile();
    ck_assert_ptr_nonnull(printed);
    int before = dup(STDERR_FILENO);
    dup2(fileno(printed), STDERR_FILENO);
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_READ);
    int opened = store_connection_open(connection, 10000, &issues);
    struct store_request *request = store_request_new(arena);
    /* outside of a transaction this is warned of */
    store_request_add(request, STORE_SQL_ROLLBACK, NULL, 0);
    int ran = opened == 0 ? store_connection_run(connection, request, &issues) : -1;
    store_connection_free(connection);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    ck_assert_int_eq(ran, 0);
    ck_assert_int_eq(fseek(printed, 0, SEEK_END), 0);
    ck_assert_int_eq(ftell(printed), 0);
    fclose(printed);
}
END_TEST

START_TEST(a_server_of_another_name_is_not_ours)
{
    struct store_settings door = database_settings("painbridge_door");
    door.host = SLICE("localhost.localdomain");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 1500, &issues), -1);
    store_connection_free(connection);
}
END_TEST

START_TEST(a_wrong_authority_is_not_trusted)
{
    struct store_settings door = database_settings("painbridge_door");
    door.ca_file = SLICE("/etc/ssl/certs/ca-certificates.crt");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 1500, &issues), -1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_STORE_DOWN);
    store_connection_free(connection);
}
END_TEST

START_TEST(a_server_that_may_lose_a_commit_is_refused)
{
    free(database_ask("alter role painbridge_door set synchronous_commit = off"));
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), -1);
    ck_assert_str_eq(first_words(), "could not open the database: cannot work with a server that "
                                    "has synchronous_commit off");
    store_connection_free(connection);
    free(database_ask("alter role painbridge_door reset synchronous_commit"));
}
END_TEST

START_TEST(a_schema_of_another_version_is_refused)
{
    free(database_ask("insert into schema_version values (999, 'later', '')"));
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_READ);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), -1);
    ck_assert_ptr_nonnull(strstr(first_words(), "the schema is version 999"));
    store_connection_free(connection);
    free(database_ask("delete from schema_version where version = 999"));
}
END_TEST

START_TEST(a_lost_link_ends_what_is_under_way_and_comes_back)
{
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), 0);
    free(database_ask("select pg_terminate_backend(pid) from pg_stat_activity"
                      " where usename = 'painbridge_door'"));
    struct store_request *plain = store_request_new(arena);
    store_request_add(plain, STORE_SQL_BEGIN, NULL, 0);
    ck_assert_int_eq(store_connection_run(connection, plain, &issues), -1);
    ck_assert_int_eq(store_request_failure(plain), STORE_DOWN);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), 0);
    store_connection_free(connection);
}
END_TEST

START_TEST(a_link_lost_with_a_commit_on_its_way_is_uncertain)
{
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    ck_assert_int_eq(store_connection_open(connection, 10000, &issues), 0);
    database_kill();
    struct store_request *request = store_request_new(arena);
    store_request_add(request, STORE_SQL_BEGIN, NULL, 0);
    store_request_add(request, STORE_SQL_COMMIT, NULL, 0);
    ck_assert_int_eq(store_connection_run(connection, request, &issues), -1);
    /* a server that still said its end in answer to BEGIN has not run the commit: that is known */
    bool told = store_request_sqlstate(request).len > 0;
    ck_assert_int_eq(store_request_failure(request), told ? STORE_DOWN : STORE_UNCERTAIN);
    ck_assert_int_eq(store_connection_state(connection), STORE_AWAY);
    database_restart();
    ck_assert_int_eq(store_connection_open(connection, 30000, &issues), 0);
    store_connection_free(connection);
    expect_answer("select count(*) from schema_version where version = 1", "1");
}
END_TEST

static void add(Suite *suite)
{
    TCase *connection = tcase_create("connection");
    tcase_set_timeout(connection, 60);
    tcase_add_checked_fixture(connection, set_up, tear_down);
    tcase_add_test(connection, migrating_again_changes_nothing);
    tcase_add_test(connection, a_migration_that_was_changed_is_refused);
    tcase_add_test(connection, a_request_gives_what_the_server_says);
    tcase_add_test(connection,
                   a_request_that_fails_names_statement_and_state_and_leaves_the_link_whole);
    tcase_add_test(connection, a_warning_of_the_server_is_not_printed);
    tcase_add_test(connection, a_server_of_another_name_is_not_ours);
    tcase_add_test(connection, a_wrong_authority_is_not_trusted);
    tcase_add_test(connection, a_server_that_may_lose_a_commit_is_refused);
    tcase_add_test(connection, a_schema_of_another_version_is_refused);
    tcase_add_test(connection, a_lost_link_ends_what_is_under_way_and_comes_back);
    tcase_add_test(connection, a_link_lost_with_a_commit_on_its_way_is_uncertain);
    suite_add_tcase(suite, connection);
}

int main(void)
{
    return database_suite_main("connection", add);
}
