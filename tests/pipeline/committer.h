/* committer: a committer on a real server, for the suites of this room that submit items. */
#ifndef TESTS_PIPELINE_COMMITTER_H
#define TESTS_PIPELINE_COMMITTER_H

#include "pipeline/commit.h"

#include "fhir/search_index.h"
#include "pipeline/items.h"
#include "store/migrate.h"
#include "support/database.h"
#include "support/host.h"

static struct test_host host;
static struct pipeline_commit_options options;
static struct store_settings door;
static struct pipeline_commit *commit;
static struct arena *arena;

static inline void set_up(void)
{
    arena = arena_new(0);
    free(database_ask("set client_min_messages = warning; drop schema public cascade;"
                      "create schema public; alter schema public owner to pg_database_owner;"
                      "grant usage on schema public to public"));
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, NULL), 0);
    const struct fhir_definitions *definitions = NULL;
    const struct fhir_search_table *search = NULL;
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
    ck_assert_int_eq(
        fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/fhir", arena, &search, NULL), 0);
    door = database_settings("painbridge_door");
    test_host_init(&host);
    options = (struct pipeline_commit_options){.store = &door,
                                               .definitions = definitions,
                                               .search = search,
                                               .host = &host.host,
                                               .instance_name = SLICE("pb1"),
                                               .grace_milliseconds = 20000};
    commit = pipeline_commit_new(&options);
}

static inline void tear_down(void)
{
    pipeline_commit_free(commit);
    arena_free(arena);
}

static inline void wait_for(struct test_item *test)
{
    ck_assert(test_host_run(&host, &test->done, 30000));
}

/* Submits and waits. */
static inline enum pipeline_outcome run(struct test_item *test)
{
    pipeline_commit_submit(commit, &test->item);
    ck_assert(!test->done);
    wait_for(test);
    return test->item.outcome;
}

static inline void run_well(struct test_item *test)
{
    ck_assert_int_eq(run(test), PIPELINE_COMMITTED);
    test_item_free(test);
}

static inline void expect(const char *sql, const char *wanted)
{
    char *answer = database_ask(sql);
    ck_assert_str_eq(answer, wanted);
    free(answer);
}

/* A message of the site's about one person. */
static inline struct test_item *patient_message(const char *site, const char *control,
                                                const char *record, const char *body, int day)
{
    struct test_item *test = test_item_new(site, control, control, day);
    test_patient(test, record, body);
    return test;
}

/* A request of a client: no message, the body as it is. */
static inline struct test_item *request(const char *type, const char *id, const char *body)
{
    struct test_item *test = test_item_new("north", "", "", 9);
    test->item.raw = (struct slice){0};
    test->item.answer = NULL;
    struct pipeline_write *write = test_write(test, type, "unused", body);
    write->digest_count = 0;
    write->id = slice_of(id);
    write->effect = PIPELINE_REPLACE;
    return test;
}

#endif
