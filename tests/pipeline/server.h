/* server: a fresh schema and a committer on a real server, and what the suites of this room ask it.
 */
#ifndef TESTS_PIPELINE_SERVER_H
#define TESTS_PIPELINE_SERVER_H

#include "pipeline/commit.h"

#include "store/migrate.h"
#include "support/database.h"
#include "support/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct test_host host;
static struct store_settings door;
static struct pipeline_commit_options commit_options;
static struct pipeline_commit *commit;

static inline void migrate(void)
{
    free(database_ask("set client_min_messages = warning; drop schema public cascade;"
                      "create schema public; alter schema public owner to pg_database_owner;"
                      "grant usage on schema public to public"));
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, NULL), 0);
}

static inline void begin_commit(const struct fhir_definitions *definitions,
                                const struct fhir_search_table *search)
{
    door = database_settings("painbridge_door");
    test_host_init(&host);
    commit_options = (struct pipeline_commit_options){.store = &door,
                                                      .definitions = definitions,
                                                      .search = search,
                                                      .host = &host.host,
                                                      .instance_name = SLICE("pb1"),
                                                      .grace_milliseconds = 20000};
    commit = pipeline_commit_new(&commit_options);
}

static inline void expect(const char *sql, const char *wanted)
{
    char *answer = database_ask(sql);
    ck_assert_str_eq(answer, wanted);
    free(answer);
}

/* Makes the COMMIT of whatever inserts into the table take so long. */
static inline void slow_commit(const char *table, const char *seconds)
{
    char sql[400];
    snprintf(sql, sizeof(sql),
             "create function slow() returns trigger language plpgsql as"
             " $$ begin perform pg_sleep(%s); return null; end $$;"
             "create constraint trigger slow after insert on %s deferrable initially deferred"
             " for each row execute function slow()",
             seconds, table);
    free(database_ask(sql));
}

/* Runs until a statement or a COMMIT of the committer waits in the server as is said. */
static inline void run_until_it(const char *waits)
{
    char sql[200];
    snprintf(sql, sizeof(sql),
             "select count(*) from pg_stat_activity where usename = 'painbridge_door'"
             " and wait_event = '%s'",
             waits);
    for (int tries = 0; tries < 200; tries++) {
        bool never = false;
        test_host_run(&host, &never, 20);
        char *count = database_ask(sql);
        bool waiting = strcmp(count, "1") == 0;
        free(count);
        if (waiting)
            return;
    }
    ck_abort_msg("it never waited");
}

#endif
