/* query_audit: notes of who looked at what. See query_internal.h.
 *
 * Two lists: one is filled while the other, which is closed, is being written. A list that could
 * not be written, as when the store is away, stays closed and is the next to be written; one that
 * the store refused is lost, and the log says how many notes it held. */
#include "pipeline/query_internal.h"

#include <stdlib.h>

#define NOTE_LIMIT 50000 /* in each list */
#define FINISH_TIME TIME_SECOND

struct notes {
    struct arena *arena;
    struct store_column recorded, kinds, actors, outcomes, persons, types, ids;
    size_t count;
};

struct query_audit {
    struct log *log;
    struct notes lists[2];
    struct notes *open;            /* takes what comes */
    struct notes *closed;          /* what is written before it, or NULL */
    struct arena *sending;         /* of the request */
    struct store_request *request; /* while it is under way */
    size_t lost;
};

static void notes_begin(struct notes *notes)
{
    struct arena *arena = notes->arena;
    store_column_init(&notes->recorded, STORE_INSTANT, arena);
    store_column_init(&notes->persons, STORE_INT8, arena);
    struct store_column *const texts[] = {&notes->kinds, &notes->actors, &notes->outcomes,
                                          &notes->types, &notes->ids};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        store_column_init(texts[i], STORE_TEXT, arena);
    notes->count = 0;
}

struct query_audit *query_audit_new(struct log *log)
{
    struct query_audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        abort();
    audit->log = log;
    for (size_t i = 0; i < 2; i++) {
        audit->lists[i].arena = arena_new(0);
        notes_begin(&audit->lists[i]);
    }
    audit->open = &audit->lists[0];
    audit->sending = arena_new(0);
    return audit;
}

void query_audit_free(struct query_audit *audit)
{
    if (!audit)
        return;
    size_t lost = audit->lost + audit->lists[0].count + audit->lists[1].count;
    if (lost > 0)
        LOG_EVENT(audit->log, LOG_ERROR, "audit-lost", LOG_NUMBER("notes", lost));
    arena_free(audit->lists[0].arena);
    arena_free(audit->lists[1].arena);
    arena_free(audit->sending);
    free(audit);
}

void query_audit_note(struct query_audit *audit, const struct query_look *look)
{
    struct notes *notes = audit->open;
    if (notes->count == NOTE_LIMIT) {
        audit->lost++;
        return;
    }
    notes->count++;
    store_column_add_instant(&notes->recorded, time_now());
    store_column_add_bytes(&notes->kinds, slice_of(look->kind));
    store_column_add_bytes(&notes->actors, look->actor);
    store_column_add_bytes(&notes->outcomes, slice_of(look->outcome));
    store_column_add_int8(&notes->persons, look->person);
    store_column_add_bytes(&notes->types, look->type);
    if (look->id.len > 0)
        store_column_add_bytes(&notes->ids, look->id);
    else
        store_column_add_null(&notes->ids);
}

bool query_audit_has_notes(const struct query_audit *audit)
{
    return audit->open->count > 0 || audit->closed;
}

static void sent(void *data)
{
    struct query_audit *audit = data;
    struct notes *notes = audit->closed;
    enum store_failure failure = store_request_failure(audit->request);
    audit->request = NULL;
    if (failure != STORE_DONE && failure != STORE_REFUSED)
        return;
    audit->closed = NULL;
    if (failure == STORE_REFUSED)
        audit->lost += notes->count;
    arena_reset(notes->arena);
    notes_begin(notes);
    if (audit->lost == 0)
        return;
    LOG_EVENT(audit->log, LOG_ERROR, "audit-lost", LOG_NUMBER("notes", audit->lost));
    audit->lost = 0;
}

static void close_list(struct query_audit *audit)
{
    audit->closed = audit->open;
    audit->open = audit->closed == &audit->lists[0] ? &audit->lists[1] : &audit->lists[0];
}

void query_audit_flush(struct query_audit *audit, struct store_connection *connection)
{
    if (audit->request || !query_audit_has_notes(audit) ||
        store_connection_state(connection) != STORE_READY)
        return;
    if (!audit->closed)
        close_list(audit);
    struct notes *notes = audit->closed;
    const struct store_value values[] = {
        store_column_value(&notes->recorded), store_column_value(&notes->kinds),
        store_column_value(&notes->actors),   store_column_value(&notes->outcomes),
        store_column_value(&notes->persons),  store_column_value(&notes->types),
        store_column_value(&notes->ids),
    };
    arena_reset(audit->sending);
    audit->request = store_request_new(audit->sending);
    store_request_add(audit->request, STORE_SQL_APPEND_LOOKS, values, 7);
    if (!store_connection_submit(connection, audit->request, sent, audit))
        audit->request = NULL;
}

void query_audit_finish(struct query_audit *audit, struct store_connection *connection)
{
    instant until = time_monotonic() + FINISH_TIME;
    while (query_audit_has_notes(audit) && time_monotonic() < until &&
           store_connection_state(connection) == STORE_READY) {
        query_audit_flush(audit, connection);
        store_connection_wait(connection, until);
    }
}
