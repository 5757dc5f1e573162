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

/* A side of an act: "north N1" is a site's record, anything else the id of a Patient. */
static inline struct pipeline_party party_of(struct test_item *test, const char *name)
{
    struct slice rest = arena_copy(test->arena, slice_of(name)), site;
    slice_split(&rest, ' ', &site);
    if (rest.len == 0)
        return (struct pipeline_party){.patient = site};
    return (struct pipeline_party){.site = site, .system = SLICE("urn:records"), .value = rest};
}

/* What somebody asks for by hand. */
static inline struct test_item *act(enum pipeline_act_kind kind, const char *from, const char *into)
{
    struct test_item *test = test_item_new("hub", "", "", 9);
    test->item.raw = (struct slice){0};
    test->item.answer = NULL;
    test->item.source = SLICE("ann");
    test->item.acts = ARENA_NEW(test->arena, struct pipeline_act);
    test->item.act_count = 1;
    *test->item.acts = (struct pipeline_act){
        .kind = kind, .from = party_of(test, from), .why = SLICE("the same face")};
    if (*into)
        test->item.acts->into = party_of(test, into);
    return test;
}

static inline void run_act(enum pipeline_act_kind kind, const char *from, const char *into)
{
    run_well(act(kind, from, into));
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
