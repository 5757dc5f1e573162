/* inbox: see the header. Each question is a request of its own on one connection. */
#include "pipeline/audit_internal.h"
#include "pipeline/inbox_internal.h"

#include <stdlib.h>

#define INBOX_PATIENCE 3000 /* milliseconds */

struct pipeline_inbox {
    struct store_connection *connection;
    struct pipeline_audit_chain chain; /* of its notes */
};

int pipeline_inbox_open(const struct store_settings *settings, struct pipeline_inbox **ret_inbox,
                        struct issue_list *issues)
{
    struct store_connection *connection = store_connection_new(settings, STORE_USE_READ);
    if (store_connection_open(connection, INBOX_PATIENCE, issues) != 0) {
        store_connection_free(connection);
        return -1;
    }
    struct pipeline_inbox *inbox = calloc(1, sizeof(*inbox));
    if (inbox == NULL) {
        abort();
    }
    inbox->connection = connection;
    *ret_inbox = inbox;
    return 0;
}

void pipeline_inbox_close(struct pipeline_inbox *inbox)
{
    if (inbox == NULL) {
        return;
    }
    store_connection_free(inbox->connection);
    free(inbox);
}

static struct store_value bytes_or_null(struct slice bytes)
{
    return bytes.len > 0 ? store_value_bytes(bytes) : store_value_null();
}

int inbox_run(struct pipeline_inbox *inbox, struct store_request *request,
              struct issue_list *issues)
{
    return store_connection_run(inbox->connection, request, issues);
}

struct store_request *inbox_ask(struct pipeline_inbox *inbox, enum store_statement statement,
                                const struct store_value *values, size_t count, struct arena *arena,
                                struct issue_list *issues)
{
    struct store_request *request = store_request_new(arena);
    store_request_add(request, statement, values, count);
    return inbox_run(inbox, request, issues) == 0 ? request : NULL;
}

/* The columns of list_messages. */
static struct pipeline_inbox_row read_row(const struct store_request *request, size_t row)
{
    return (struct pipeline_inbox_row){
        .id = store_request_int8(request, 0, row, 0),
        .received = store_request_instant(request, 0, row, 1),
        .feed = store_request_bytes(request, 0, row, 2),
        .control_id = store_request_bytes(request, 0, row, 3),
        .type = store_request_bytes(request, 0, row, 4),
        .status = store_request_bytes(request, 0, row, 5),
        .answer = store_request_bytes(request, 0, row, 6),
    };
}

/* The columns of find_message. */
static struct pipeline_inbox_message read_message(const struct store_request *request, size_t row)
{
    return (struct pipeline_inbox_message){.row = read_row(request, row),
                                           .raw = store_request_bytes(request, 0, row, 7),
                                           .revision = store_request_bytes(request, 0, row, 8)};
}

int pipeline_inbox_list(struct pipeline_inbox *inbox, const struct pipeline_inbox_filter *filter,
                        struct arena *arena, struct pipeline_inbox_row **ret_rows,
                        size_t *ret_count, struct issue_list *issues)
{
    const struct store_value values[] = {
        bytes_or_null(filter->feed),
        bytes_or_null(filter->status),
        filter->below > 0 ? store_value_int8(filter->below, arena) : store_value_null(),
        store_value_int4(filter->limit > 0 ? filter->limit : INT32_MAX, arena),
    };
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_LIST_MESSAGES, values, 4, arena, issues);
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_inbox_row *rows = ARENA_ARRAY(arena, count, struct pipeline_inbox_row);
    for (size_t i = 0; i < count; i++) {
        rows[i] = read_row(request, i);
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

int pipeline_inbox_find(struct pipeline_inbox *inbox, struct slice key, struct arena *arena,
                        struct pipeline_inbox_message *ret_message, bool *ret_found,
                        struct issue_list *issues)
{
    uint64_t id;
    bool is_number = slice_to_uint64(key, INT64_MAX, &id);
    const struct store_value values[] = {
        is_number ? store_value_int8((int64_t)id, arena) : store_value_null(),
        store_value_bytes(key),
    };
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_FIND_MESSAGE, values, 2, arena, issues);
    if (request == NULL) {
        return -1;
    }
    *ret_found = store_request_rows(request, 0) > 0;
    if (*ret_found) {
        *ret_message = read_message(request, 0);
    }
    return 0;
}

int pipeline_inbox_sources(struct pipeline_inbox *inbox, struct slice type, struct slice id,
                           struct arena *arena, struct pipeline_inbox_message **ret_messages,
                           size_t *ret_count, struct issue_list *issues)
{
    const struct store_value values[] = {store_value_bytes(type), store_value_bytes(id)};
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_FIND_SOURCES, values, 2, arena, issues);
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_inbox_message *messages =
        ARENA_ARRAY(arena, count, struct pipeline_inbox_message);
    for (size_t i = 0; i < count; i++) {
        messages[i] = read_message(request, i);
    }
    *ret_messages = messages;
    *ret_count = count;
    return 0;
}

/* --- notes ------------------------------------------------------------------------------------ */

/* The chain of this connection's notes; most have none. */
static int need_chain(struct pipeline_inbox *inbox, struct issue_list *issues)
{
    if (inbox->chain.number > 0)
        return 0;
    struct arena *arena = arena_new(0);
    struct store_request *request = store_request_new(arena);
    instant now = time_now();
    struct store_value month = store_value_instant(now, arena);
    size_t chain = audit_chain_ask(request, SLICE("command"), now, arena);
    store_request_add(request, STORE_SQL_ENSURE_PARTITIONS, &month, 1);
    int result = store_connection_run(inbox->connection, request, issues);
    if (result == 0)
        audit_chain_read(request, chain, SLICE("command"), now, &inbox->chain);
    arena_free(arena);
    return result;
}

/* Runs the request together with the note, or neither of them. Frees the request's arena. */
static int run_noted(struct pipeline_inbox *inbox, struct store_request *request,
                     struct arena *arena, struct pipeline_audit_row *row, struct issue_list *issues)
{
    struct audit_columns columns;
    struct store_value values[AUDIT_VALUE_COUNT];
    int result = need_chain(inbox, issues);
    if (result == 0) {
        struct pipeline_audit_chain chain = inbox->chain;
        audit_columns_init(&columns, &chain, arena);
        audit_columns_add(&columns, row);
        audit_columns_values(&columns, values);
        store_request_add(request, STORE_SQL_APPEND_AUDIT, values, AUDIT_VALUE_COUNT);
        result = store_connection_run(inbox->connection, request, issues);
        /* whether a row is there is not always known: then the next one begins another chain */
        inbox->chain = result == 0 ? chain : (struct pipeline_audit_chain){0};
    }
    arena_free(arena);
    return result;
}

int pipeline_inbox_note(struct pipeline_inbox *inbox, const struct pipeline_audit_row *note,
                        struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct pipeline_audit_row row = *note;
    row.recorded = time_now();
    return run_noted(inbox, store_request_new(arena), arena, &row, issues);
}

int pipeline_inbox_note_look(struct pipeline_inbox *inbox, struct slice actor, int64_t id,
                             instant now, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    const struct store_value message = store_value_int8(id, arena);
    const struct store_request *found =
        inbox_ask(inbox, STORE_SQL_READ_MESSAGE_PERSON, &message, 1, arena, issues);
    if (found == NULL) {
        arena_free(arena);
        return -1;
    }
    struct pipeline_audit_row row = {.recorded = now,
                                     .person = store_request_int8(found, 0, 0, 0),
                                     .inbox_id = id,
                                     .kind = SLICE("show"),
                                     .role = SLICE(PIPELINE_AUDIT_ACCOUNT),
                                     .actor = actor,
                                     .outcome = SLICE("success")};
    return run_noted(inbox, store_request_new(arena), arena, &row, issues);
}

static struct pipeline_audit_row feed_note(const char *kind, struct slice actor, struct slice feed,
                                           instant now, struct arena *arena)
{
    return (struct pipeline_audit_row){.recorded = now,
                                       .kind = slice_of(kind),
                                       .role = SLICE(PIPELINE_AUDIT_ACCOUNT),
                                       .actor = actor,
                                       .outcome = SLICE("success"),
                                       .entities =
                                           arena_format(arena, "feed/%.*s", SLICE_ARG(feed))};
}

int pipeline_inbox_pause(struct pipeline_inbox *inbox, struct slice feed, struct slice actor,
                         instant now, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct store_request *request = store_request_new(arena);
    const struct store_value values[] = {store_value_bytes(feed), store_value_instant(now, arena),
                                         store_value_bytes(actor)};
    struct pipeline_audit_row row = feed_note("pause", actor, feed, now, arena);
    store_request_add(request, STORE_SQL_PAUSE_FEED, values, 3);
    return run_noted(inbox, request, arena, &row, issues);
}

int pipeline_inbox_resume(struct pipeline_inbox *inbox, struct slice feed, struct slice actor,
                          instant now, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct store_request *request = store_request_new(arena);
    const struct store_value values[] = {store_value_bytes(feed)};
    struct pipeline_audit_row row = feed_note("resume", actor, feed, now, arena);
    store_request_add(request, STORE_SQL_RESUME_FEED, values, 1);
    return run_noted(inbox, request, arena, &row, issues);
}

/* ---------------------------------------------------------------------------------------------- */

int pipeline_inbox_pauses(struct pipeline_inbox *inbox, struct arena *arena,
                          struct pipeline_inbox_pause **ret_pauses, size_t *ret_count,
                          struct issue_list *issues)
{
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_LIST_PAUSES, NULL, 0, arena, issues);
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_inbox_pause *pauses = ARENA_ARRAY(arena, count, struct pipeline_inbox_pause);
    for (size_t i = 0; i < count; i++) {
        pauses[i] = (struct pipeline_inbox_pause){.feed = store_request_bytes(request, 0, i, 0),
                                                  .since = store_request_instant(request, 0, i, 1),
                                                  .actor = store_request_bytes(request, 0, i, 2)};
    }
    *ret_pauses = pauses;
    *ret_count = count;
    return 0;
}

int pipeline_inbox_work(struct pipeline_inbox *inbox, instant now,
                        struct pipeline_inbox_work *ret_work, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    const struct store_value values[] = {store_value_instant(now, arena)};
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_COUNT_WORK, values, 1, arena, issues);
    if (request != NULL) {
        ret_work->persons = store_request_int8(request, 0, 0, 0);
        ret_work->sendings = store_request_int8(request, 0, 0, 1);
    }
    int result = request != NULL ? 0 : -1;
    arena_free(arena);
    return result;
}

int pipeline_inbox_read_setting(struct pipeline_inbox *inbox, struct slice name,
                                struct arena *arena, struct slice *ret_value,
                                struct issue_list *issues)
{
    const struct store_value values[] = {store_value_bytes(name)};
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_READ_SETTING, values, 1, arena, issues);
    if (request == NULL) {
        return -1;
    }
    *ret_value = store_request_bytes(request, 0, 0, 0);
    return 0;
}

int pipeline_inbox_put_setting(struct pipeline_inbox *inbox, struct slice name, struct slice value,
                               struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    const struct store_value values[] = {store_value_bytes(name), store_value_bytes(value)};
    int result = inbox_ask(inbox, STORE_SQL_PUT_SETTING, values, 2, arena, issues) != NULL ? 0 : -1;
    arena_free(arena);
    return result;
}
