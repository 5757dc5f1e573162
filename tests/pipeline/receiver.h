/* receiver: frames to their answers on a real server, for the suites of this room that send them.
 * The feed is "lab" of the site "north", without rules of its own. */
#ifndef TESTS_PIPELINE_RECEIVER_H
#define TESTS_PIPELINE_RECEIVER_H

#include "pipeline/inbound.h"

#include "base/file.h"
#include "fhir/id.h"
#include "fhir/search_index.h"
#include "pipeline/server.h"
#include "support/same.h"

#include <stdlib.h>

#define SHIPPED(path) PAINBRIDGE_SOURCE_DIR "/" path

static struct pipeline_inbound *inbound;
static struct pipeline_metrics *metrics;
static struct pipeline_feed feed;
static const struct mapping_rules *rules;
static struct pipeline_inbound_options inbound_options;

/* What the frame at hand was answered. */
static struct {
    struct slice text; /* all blocks, one behind the other */
    size_t count;
    bool close, done;
} answered;

static inline void begin(void)
{
    arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct fhir_definitions *definitions = NULL;
    const struct fhir_search_table *search = NULL;
    const struct hl7v2_dictionary *dictionary = NULL;
    migrate();
    ck_assert_int_eq(
        fhir_definitions_load(SHIPPED("fhir/definitions/r4"), arena, &definitions, &issues), 0);
    ck_assert_int_eq(fhir_search_load(definitions, SHIPPED("fhir"), arena, &search, &issues), 0);
    ck_assert_int_eq(
        hl7v2_dictionary_load(SHIPPED("mappings/dictionary"), arena, &dictionary, &issues), 0);
    ck_assert_int_eq(
        mapping_rules_load(SHIPPED("mappings"), dictionary, definitions, arena, &rules, &issues),
        0);
    feed = (struct pipeline_feed){.name = SLICE("lab"),
                                  .site = SLICE("north"),
                                  .zone = zone_load(arena, SLICE("UTC")),
                                  .mrn_system = SLICE("urn:north")};
    ck_assert_int_eq(mapping_program_load(rules, NULL, arena, &feed.program, &issues), 0);
    begin_commit(definitions, search);
    metrics = pipeline_metrics_open(-1);
    inbound_options = (struct pipeline_inbound_options){.commit = commit,
                                                        .definitions = definitions,
                                                        .search = search,
                                                        .dictionary = dictionary,
                                                        .metrics = metrics,
                                                        .id_key = FHIR_ID_PUBLIC_KEY,
                                                        .application = SLICE("pb1")};
    inbound = pipeline_inbound_new(&inbound_options);
}

static inline void end(void)
{
    pipeline_commit_free(commit);
    pipeline_inbound_free(inbound);
    pipeline_metrics_close(metrics);
    arena_free(arena);
}

static inline void take_answer(void *data, const struct slice *answers, size_t count, bool close)
{
    (void)data;
    struct buffer all;
    buffer_init(&all, 0);
    for (size_t i = 0; i < count; i++)
        buffer_append(&all, answers[i]);
    answered.text = arena_copy(arena, buffer_slice(&all));
    buffer_release(&all);
    answered.count = count;
    answered.close = close;
    answered.done = true;
}

/* For frames beside others: sets the bool that `data` points to. */
static inline void note_end(void *data, const struct slice *answers, size_t count, bool close)
{
    (void)answers, (void)count, (void)close;
    *(bool *)data = true;
}

static inline struct slice submit_as(struct slice frame, enum pipeline_frame_fault fault)
{
    answered.done = false;
    pipeline_inbound_submit(inbound, &feed, frame, fault, time_now(), take_answer, NULL);
    ck_assert(test_host_run(&host, &answered.done, 30000));
    return answered.text;
}

static inline struct slice submit(struct slice frame)
{
    return submit_as(frame, PIPELINE_FRAME_WHOLE);
}

static inline bool says(struct slice text, const char *words)
{
    return slice_find(text, slice_of(words)) < text.len;
}

#define CK_SAYS(text, words)                                                                       \
    ck_assert_msg(says(text, words), "'%s' is not in: %.*s", words, SLICE_ARG(text))
#define CK_SAYS_NOT(text, words)                                                                   \
    ck_assert_msg(!says(text, words), "'%s' is in: %.*s", words, SLICE_ARG(text))

static inline size_t count_of(struct slice text, const char *words)
{
    size_t count = 0;
    for (size_t at = slice_find(text, slice_of(words)); at < text.len;
         at += 1 + slice_find(slice_after(text, at + 1), slice_of(words)))
        count++;
    return count;
}

/* A message about one person; `rest` are its segments between MSH and PV1. */
static inline struct slice message(const char *control_id, const char *version, const char *rest)
{
    return arena_format(
        arena,
        "MSH|^~\\&|EHR|NORTH|PB|HUB|20260310093000+0000||ADT^A08^ADT_A01|%s|P|%s\r%sPV1|1|O\r",
        control_id, version, rest);
}

#endif
