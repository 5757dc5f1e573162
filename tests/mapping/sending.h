/* sending: FHIR of a test through files that write v2.
 *
 *   struct sending sending = sending_of(HARNESS_FOLDER "rules", NULL, "{\"resourceType\":...}");
 *   struct mapping_sent sent = send_first(&sending, "ORU_R01");
 *
 * A sending lives until sending_end. */
#ifndef TESTS_MAPPING_SENDING_H
#define TESTS_MAPPING_SENDING_H

#include "mapping/harness.h"
#include "mapping/to_v2.h"

struct sending {
    struct arena *arena;
    struct issue_list issues;
    const struct mapping_sends *sends;
    struct mapping_pool *pool;
    struct mapping_send_context context;
    int outcome; /* of mapping_to_v2 */
};

static inline struct sending sending_of(const char *rules_folder, const char *site_folder,
                                        const char *text)
{
    struct sending sending = {.arena = arena_new((size_t)1 << 29)};
    struct json *resource = NULL;
    issue_list_init(&sending.issues, sending.arena);
    sending.context = (struct mapping_send_context){.now = 20000 * TIME_DAY,
                                                    .mrn_system = SLICE("urn:mission:mrn"),
                                                    .control_id = SLICE("C1"),
                                                    .trace = true};
    const struct mapping_rules *rules = harness_rules(rules_folder, sending.arena, &sending.issues);
    if (!rules ||
        mapping_sends_load(rules, site_folder, sending.arena, &sending.sends, &sending.issues) != 0)
        harness_print(&sending.issues);
    ck_assert_ptr_nonnull(sending.sends);
    ck_assert_int_eq(json_parse(slice_of(text), sending.arena, &resource, &sending.issues), 0);
    sending.pool = mapping_pool_new(sending.arena);
    mapping_pool_add(sending.pool, resource);
    return sending;
}

static inline void sending_end(struct sending *sending)
{
    arena_free(sending->arena);
}

/* The first message that is called for, or asked for by its structure (NULL: called for). */
static inline struct mapping_sent send_first(struct sending *sending, const char *structure)
{
    struct mapping_sent sent = {.text = {NULL, 0}};
    struct mapping_call *calls = NULL;
    struct slice name = slice_of(structure);
    size_t count = mapping_calls(sending->sends, sending->pool, &sending->context,
                                 structure ? &name : NULL, 1, sending->arena, &calls);
    ck_assert_uint_ge(count, 1);
    sending->outcome = mapping_to_v2(sending->sends, sending->pool, &calls[0], &sending->context,
                                     sending->arena, &sent, &sending->issues);
    return sent;
}

/* The number-th segment of that name, from 1, without its CR; empty where there is none. */
static inline struct slice segment_of(struct slice message, const char *name, unsigned number)
{
    for (struct slice line; slice_split(&message, '\r', &line);)
        if (slice_starts_with(line, slice_of(name)) && --number == 0)
            return line;
    return (struct slice){NULL, 0};
}

#endif
