/* inbox: see the header. Each question is a request of its own on one connection. */
#include "pipeline/inbox_internal.h"

#include <stdlib.h>

#define INBOX_PATIENCE 3000 /* milliseconds */

struct pipeline_inbox {
    struct store_connection *connection;
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

struct store_request *inbox_ask(struct pipeline_inbox *inbox, enum store_statement statement,
                                const struct store_value *values, size_t count, struct arena *arena,
                                struct issue_list *issues)
{
    struct store_request *request = store_request_new(arena);
    store_request_add(request, statement, values, count);
    return store_connection_run(inbox->connection, request, issues) == 0 ? request : NULL;
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

/* One row of a column of texts. */
static struct store_value text_column(struct slice text, struct arena *arena)
{
    struct store_column *column = ARENA_NEW(arena, struct store_column);
    store_column_init(column, STORE_TEXT, arena);
    store_column_add_bytes(column, text);
    return store_column_value(column);
}

/* The note of one act on what is nobody's. */
static void add_note(struct store_request *request, const char *kind, struct slice actor,
                     struct slice type, struct slice id, instant now, struct arena *arena)
{
    struct store_column recorded, persons;
    store_column_init(&recorded, STORE_INSTANT, arena);
    store_column_add_instant(&recorded, now);
    store_column_init(&persons, STORE_INT8, arena);
    store_column_add_int8(&persons, 0);
    const struct store_value values[] = {
        store_column_value(&recorded), text_column(slice_of(kind), arena),
        text_column(actor, arena),     text_column(SLICE("success"), arena),
        store_column_value(&persons),  text_column(type, arena),
        text_column(id, arena),
    };
    store_request_add(request, STORE_SQL_APPEND_LOOKS, values, 7);
}

int pipeline_inbox_note_look(struct pipeline_inbox *inbox, struct slice actor, int64_t id,
                             instant now, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct store_request *request = store_request_new(arena);
    add_note(request, "read", actor, SLICE("message"), arena_format(arena, "%lld", (long long)id),
             now, arena);
    int result = store_connection_run(inbox->connection, request, issues);
    arena_free(arena);
    return result;
}

int pipeline_inbox_pause(struct pipeline_inbox *inbox, struct slice feed, struct slice actor,
                         instant now, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct store_request *request = store_request_new(arena);
    const struct store_value values[] = {store_value_bytes(feed), store_value_instant(now, arena),
                                         store_value_bytes(actor)};
    store_request_add(request, STORE_SQL_PAUSE_FEED, values, 3);
    add_note(request, "pause", actor, SLICE("feed"), feed, now, arena);
    int result = store_connection_run(inbox->connection, request, issues);
    arena_free(arena);
    return result;
}

int pipeline_inbox_resume(struct pipeline_inbox *inbox, struct slice feed, struct slice actor,
                          instant now, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct store_request *request = store_request_new(arena);
    const struct store_value values[] = {store_value_bytes(feed)};
    store_request_add(request, STORE_SQL_RESUME_FEED, values, 1);
    add_note(request, "resume", actor, SLICE("feed"), feed, now, arena);
    int result = store_connection_run(inbox->connection, request, issues);
    arena_free(arena);
    return result;
}

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
