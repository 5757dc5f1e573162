/* committer: a committer on a real server, for the suites of this room that submit items. */
#ifndef TESTS_PIPELINE_COMMITTER_H
#define TESTS_PIPELINE_COMMITTER_H

#include "pipeline/server.h"

#include "fhir/search_index.h"
#include "pipeline/items.h"

static inline void set_up(void)
{
    arena = arena_new(0);
    migrate();
    const struct fhir_definitions *definitions = NULL;
    const struct fhir_search_table *search = NULL;
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
    ck_assert_int_eq(
        fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/fhir", arena, &search, NULL), 0);
    begin_commit(definitions, search);
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
