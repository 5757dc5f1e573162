/* query_audit: notes of who looked at what. See query_internal.h.
 *
 * Two lists: one is filled while the other, which is closed, is being written. A list that could
 * not be written, as when the store is away, stays closed and is the next to be written: its rows
 * keep their places in the chain, and those that were stored after all are not stored twice. Where
 * the store refuses a list it is written row by row, so that only the bad one is lost; how many
 * were lost is noted in their place, and said in the log.
 *
 *   open ──full or due──▶ closed ──chain begun──▶ sent ──stored──▶ open again
 *                           ▲                      │
 *                           └──── could not ───────┘ */
#include "pipeline/audit_internal.h"
#include "pipeline/query_internal.h"

#include "base/utf8.h"

#include <stdlib.h>

#define NOTE_LIMIT 50000 /* in each list */
#define FINISH_TIME TIME_SECOND
#define TEXT_LIMIT 4096 /* bytes of one text of a note */

struct notes {
    struct arena *arena;
    struct pipeline_audit_row *rows;
    size_t count, capacity;
};

struct query_audit {
    struct log *log;
    struct arena *name_arena;
    struct slice name; /* of the chain */
    struct pipeline_audit_chain chain;
    instant opened;
    struct notes lists[2];
    struct notes *open;               /* takes what comes */
    struct notes *closed;             /* what is written before it, or NULL */
    size_t written;                   /* rows of the closed one */
    bool one_by_one;                  /* it was refused as a whole */
    struct arena *sending;            /* of the request */
    struct store_request *request;    /* while it is under way */
    struct pipeline_audit_chain sent; /* as the chain will be then */
    size_t sent_count;
    instant months_asked, months_made; /* when the coming months were last seen to: once a day */
    size_t lost;
};

struct query_audit *query_audit_new(struct slice application, struct log *log)
{
    struct query_audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        abort();
    audit->log = log;
    audit->name_arena = arena_new(0);
    audit->name = arena_format(audit->name_arena, "%.*s/notes", SLICE_ARG(application));
    for (size_t i = 0; i < 2; i++)
        audit->lists[i].arena = arena_new(0);
    audit->open = &audit->lists[0];
    audit->sending = arena_new(0);
    return audit;
}

static void tell_lost(const struct query_audit *audit, size_t lost)
{
    if (lost > 0)
        LOG_EVENT(audit->log, LOG_ERROR, "audit-lost", LOG_NUMBER("notes", lost));
}

void query_audit_free(struct query_audit *audit)
{
    if (!audit)
        return;
    tell_lost(audit, audit->lost + audit->lists[0].count + audit->lists[1].count - audit->written);
    arena_free(audit->lists[0].arena);
    arena_free(audit->lists[1].arena);
    arena_free(audit->name_arena);
    arena_free(audit->sending);
    free(audit);
}

/* --- taking ----------------------------------------------------------------------------------- */

/* What somebody else wrote becomes text that the store takes. */
static struct slice kept(struct arena *arena, struct slice text)
{
    struct buffer clean;
    text = slice_part(text, 0, TEXT_LIMIT);
    if (utf8_check(text) == text.len && slice_find_byte(text, '\0') == text.len)
        return arena_copy(arena, text);
    buffer_init(&clean, 0);
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = 0;
        size_t size = utf8_decode(slice_after(text, at), &code_point);
        bool well = size > 0 && code_point != 0;
        buffer_append(&clean, well ? slice_part(text, at, size) : SLICE("?"));
        at += size > 0 ? size : 1;
    }
    struct slice copy = arena_copy(arena, buffer_slice(&clean));
    buffer_release(&clean);
    return copy;
}

static struct pipeline_audit_row *next_row(struct notes *notes)
{
    if (notes->count == notes->capacity) {
        size_t more = notes->capacity > 0 ? notes->capacity * 2 : 16;
        notes->rows = arena_grow(notes->arena, notes->rows, notes->capacity * sizeof *notes->rows,
                                 more * sizeof *notes->rows);
        notes->capacity = more;
    }
    return &notes->rows[notes->count++];
}

void query_audit_note(struct query_audit *audit, const struct pipeline_audit_row *row)
{
    struct notes *notes = audit->open;
    if (notes->count == NOTE_LIMIT) {
        audit->lost++;
        return;
    }
    struct pipeline_audit_row *note = next_row(notes);
    struct slice *const texts[] = {&note->kind,   &note->role,    &note->actor,   &note->outcome,
                                   &note->site,   &note->address, &note->purpose, &note->entities,
                                   &note->detail, &note->user};
    *note = *row;
    note->recorded = time_now();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = kept(notes->arena, *texts[i]);
}

bool query_audit_has_notes(const struct query_audit *audit)
{
    return audit->open->count > 0 || audit->closed;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void note_lost(struct query_audit *audit)
{
    size_t lost = audit->lost;
    tell_lost(audit, lost);
    audit->lost = 0;
    if (lost == 0)
        return;
    struct arena *arena = audit->open->arena;
    query_audit_note(audit,
                     &(struct pipeline_audit_row){.kind = SLICE("lost"),
                                                  .role = SLICE(PIPELINE_AUDIT_ENGINE),
                                                  .outcome = SLICE("lost"),
                                                  .detail = arena_format(arena, "%zu", lost)});
}

static void end_list(struct query_audit *audit)
{
    struct notes *notes = audit->closed;
    audit->closed = NULL;
    audit->written = 0;
    audit->one_by_one = false;
    arena_reset(notes->arena);
    *notes = (struct notes){.arena = notes->arena};
    note_lost(audit);
}

static void sent(void *data)
{
    struct query_audit *audit = data;
    enum store_failure failure = store_request_failure(audit->request);
    audit->request = NULL;
    if (failure == STORE_REFUSED && audit->sent_count > 1)
        audit->one_by_one = true;
    if (failure == STORE_REFUSED && audit->sent_count == 1) {
        audit->lost++;
        audit->written++;
    }
    if (failure == STORE_DONE) {
        audit->chain = audit->sent;
        audit->months_made = audit->months_asked;
        audit->written += audit->sent_count;
    }
    if (audit->written == audit->closed->count)
        end_list(audit);
}

static void opened(void *data)
{
    struct query_audit *audit = data;
    const struct store_request *request = audit->request;
    audit->request = NULL;
    if (store_request_failure(request) == STORE_DONE)
        audit_chain_read(request, 0, audit->name, audit->opened, &audit->chain);
}

static void close_list(struct query_audit *audit)
{
    audit->closed = audit->open;
    audit->open = audit->closed == &audit->lists[0] ? &audit->lists[1] : &audit->lists[0];
}

static void begin_chain(struct query_audit *audit, struct store_connection *connection)
{
    audit->opened = time_now();
    audit->request = store_request_new(audit->sending);
    audit_chain_ask(audit->request, audit->name, audit->opened, audit->sending);
    if (!store_connection_submit(connection, audit->request, opened, audit))
        audit->request = NULL;
}

static void send(struct query_audit *audit, struct store_connection *connection)
{
    const struct notes *notes = audit->closed;
    struct audit_columns columns;
    struct store_value values[AUDIT_VALUE_COUNT];
    instant now = time_now();
    struct store_value month = store_value_instant(now, audit->sending);
    audit->sent = audit->chain;
    audit->sent_count = audit->one_by_one ? 1 : notes->count - audit->written;
    audit_columns_init(&columns, &audit->sent, audit->sending);
    for (size_t i = 0; i < audit->sent_count; i++)
        audit_columns_add(&columns, &notes->rows[audit->written + i]);
    audit_columns_values(&columns, values);
    audit->request = store_request_new(audit->sending);
    if (now - audit->months_made >= TIME_DAY) {
        store_request_add(audit->request, STORE_SQL_ENSURE_PARTITIONS, &month, 1);
        audit->months_asked = now;
    }
    store_request_add(audit->request, STORE_SQL_APPEND_AUDIT, values, AUDIT_VALUE_COUNT);
    if (!store_connection_submit(connection, audit->request, sent, audit))
        audit->request = NULL;
}

void query_audit_flush(struct query_audit *audit, struct store_connection *connection)
{
    if (audit->request || !query_audit_has_notes(audit) ||
        store_connection_state(connection) != STORE_READY)
        return;
    arena_reset(audit->sending);
    if (audit->chain.number == 0) {
        begin_chain(audit, connection);
        return;
    }
    if (!audit->closed)
        close_list(audit);
    send(audit, connection);
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
