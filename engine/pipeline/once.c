/* once: see the header.
 *
 *   submit ──▶ waiting ──link ready──▶ asked ──row──▶ done: first, again
 *                 │ five seconds         │ link lost, refused
 *                 └──────────▶ done: unknown ◀┘                                              */
#include "pipeline/once.h"

#include "pipeline/commit.h"
#include "pipeline/link.h"

#include <stdlib.h>

#define ONCE_PATIENCE (5 * TIME_SECOND)
#define ONCE_DEPTH 32 /* asked at the same time */

struct pipeline_once {
    struct pipeline_link link;
    struct pipeline_once_claim *waiting; /* the oldest first */
    struct pipeline_once_claim *ended;   /* to be given back from the loop */
    size_t asked;
};

static void append(struct pipeline_once_claim **list, struct pipeline_once_claim *claim)
{
    while (*list)
        list = &(*list)->next;
    claim->next = NULL;
    *list = claim;
}

static void give_back(struct pipeline_once *once)
{
    while (once->ended) {
        struct pipeline_once_claim *claim = once->ended;
        once->ended = claim->next;
        claim->done(claim);
    }
}

static void answered(void *data)
{
    struct pipeline_once_claim *claim = data;
    claim->once->asked--;
    claim->outcome = PIPELINE_ONCE_UNKNOWN;
    if (store_request_failure(claim->request) == STORE_DONE)
        claim->outcome =
            store_request_rows(claim->request, 0) == 1 ? PIPELINE_ONCE_FIRST : PIPELINE_ONCE_AGAIN;
    append(&claim->once->ended, claim);
}

static bool ask(struct pipeline_once *once, struct pipeline_once_claim *claim)
{
    struct slice digest = {(const char *)claim->digest, sizeof claim->digest};
    const struct store_value values[] = {store_value_bytes(digest),
                                         store_value_instant(claim->expires, claim->arena),
                                         store_value_instant(time_now(), claim->arena)};
    claim->request = store_request_new(claim->arena);
    store_request_add(claim->request, STORE_SQL_CLAIM_ASSERTION, values, 3);
    return store_connection_submit(once->link.connection, claim->request, answered, claim);
}

static void ask_waiting(struct pipeline_once *once)
{
    while (once->waiting && once->asked < ONCE_DEPTH &&
           store_connection_state(once->link.connection) == STORE_READY) {
        struct pipeline_once_claim *claim = once->waiting;
        if (!ask(once, claim))
            return;
        once->waiting = claim->next;
        once->asked++;
    }
}

static void end_late(struct pipeline_once *once, instant now)
{
    while (once->waiting && once->waiting->deadline <= now) {
        struct pipeline_once_claim *claim = once->waiting;
        once->waiting = claim->next;
        claim->outcome = PIPELINE_ONCE_UNKNOWN;
        append(&once->ended, claim);
    }
}

static void drive(void *data)
{
    struct pipeline_once *once = data;
    instant now = time_monotonic();
    store_connection_progress(once->link.connection, now);
    end_late(once, now);
    ask_waiting(once);
    give_back(once);
    ask_waiting(once); /* what came meanwhile */
    pipeline_link_settle(&once->link, once->waiting ? once->waiting->deadline : INT64_MAX);
}

struct pipeline_once *pipeline_once_new(const struct store_settings *store,
                                        const struct pipeline_host *host)
{
    struct pipeline_once *once = calloc(1, sizeof *once);
    if (!once)
        abort();
    pipeline_link_init(&once->link, store, STORE_USE_READ, host, drive, once);
    return once;
}

void pipeline_once_free(struct pipeline_once *once)
{
    if (!once)
        return;
    pipeline_link_release(&once->link);
    end_late(once, INT64_MAX);
    give_back(once);
    free(once);
}

void pipeline_once_submit(struct pipeline_once *once, struct pipeline_once_claim *claim)
{
    claim->once = once;
    claim->deadline = time_monotonic() + ONCE_PATIENCE;
    append(&once->waiting, claim);
    pipeline_link_settle(&once->link, 0); /* drive comes from the loop */
}
