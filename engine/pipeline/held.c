/* held: see the header. */
#include "pipeline/held.h"

#include "pipeline/inbox_internal.h"

/* The columns of list_held and list_held_causes. */
static struct pipeline_held_cause read_cause(const struct store_request *request, size_t row)
{
    return (struct pipeline_held_cause){
        .cause = store_request_bytes(request, 0, row, 0),
        .kind = store_request_bytes(request, 0, row, 1),
        .site = store_request_bytes(request, 0, row, 2),
        .feeds = store_request_bytes(request, 0, row, 3),
        .rule = store_request_bytes(request, 0, row, 4),
        .place = store_request_bytes(request, 0, row, 5),
        .table = store_request_bytes(request, 0, row, 6),
        .code = store_request_bytes(request, 0, row, 7),
        .system = store_request_bytes(request, 0, row, 8),
        .count = store_request_int8(request, 0, row, 9),
        .oldest = store_request_instant(request, 0, row, 10),
        .examples = store_request_bytes(request, 0, row, 11),
    };
}

static int read_causes(const struct store_request *request, struct arena *arena,
                       struct pipeline_held_cause **ret_causes, size_t *ret_count)
{
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_held_cause *causes = ARENA_ARRAY(arena, count + 1, struct pipeline_held_cause);
    for (size_t i = 0; i < count; i++) {
        causes[i] = read_cause(request, i);
    }
    *ret_causes = causes;
    *ret_count = count;
    return 0;
}

int pipeline_held_causes(struct pipeline_inbox *inbox, struct arena *arena,
                         struct pipeline_held_cause **ret_causes, size_t *ret_count,
                         struct issue_list *issues)
{
    return read_causes(inbox_ask(inbox, STORE_SQL_LIST_HELD, NULL, 0, arena, issues), arena,
                       ret_causes, ret_count);
}

int pipeline_held_causes_of(struct pipeline_inbox *inbox, int64_t key, struct arena *arena,
                            struct pipeline_held_cause **ret_causes, size_t *ret_count,
                            struct issue_list *issues)
{
    const struct store_value value = store_value_int8(key, arena);
    return read_causes(inbox_ask(inbox, STORE_SQL_LIST_HELD_CAUSES, &value, 1, arena, issues),
                       arena, ret_causes, ret_count);
}

int pipeline_held_counts(struct pipeline_inbox *inbox, struct arena *arena,
                         struct pipeline_held_count **ret_counts, size_t *ret_count,
                         struct issue_list *issues)
{
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_COUNT_HELD, NULL, 0, arena, issues);
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_held_count *counts = ARENA_ARRAY(arena, count + 1, struct pipeline_held_count);
    for (size_t i = 0; i < count; i++) {
        counts[i] = (struct pipeline_held_count){.feed = store_request_bytes(request, 0, i, 0),
                                                 .count = store_request_int8(request, 0, i, 1),
                                                 .oldest = store_request_instant(request, 0, i, 2)};
    }
    *ret_counts = counts;
    *ret_count = count;
    return 0;
}

int pipeline_held_next(struct pipeline_inbox *inbox, const struct pipeline_held_choice *choice,
                       int64_t position, struct arena *arena,
                       struct pipeline_held_message **ret_messages, size_t *ret_count,
                       struct issue_list *issues)
{
    struct store_column causes, keys;
    store_column_init(&causes, STORE_TEXT, arena);
    store_column_init(&keys, STORE_INT8, arena);
    for (size_t i = 0; i < choice->cause_count; i++) {
        store_column_add_bytes(&causes, choice->causes[i]);
    }
    for (size_t i = 0; i < choice->key_count; i++) {
        store_column_add_int8(&keys, choice->keys[i]);
    }
    const struct store_value values[] = {store_column_value(&causes), store_column_value(&keys),
                                         store_value_int8(position, arena)};
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_NEXT_HELD, values, 3, arena, issues);
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_held_message *messages =
        ARENA_ARRAY(arena, count + 1, struct pipeline_held_message);
    for (size_t i = 0; i < count; i++) {
        messages[i] = (struct pipeline_held_message){
            .key = store_request_int8(request, 0, i, 0),
            .position = store_request_int8(request, 0, i, 1),
            .received = store_request_instant(request, 0, i, 2),
            .feed = store_request_bytes(request, 0, i, 3),
            .raw = store_request_bytes(request, 0, i, 4),
        };
    }
    *ret_messages = messages;
    *ret_count = count;
    return 0;
}

/* pipeline_item.done */
static void drop_done(struct pipeline_item *item)
{
    struct pipeline_drop *drop = item->owner;
    drop->outcome = item->outcome;
    drop->done(drop);
}

void pipeline_held_drop(struct pipeline_commit *commit, struct pipeline_drop *drop)
{
    drop->item = (struct pipeline_item){
        .arena = drop->arena,
        .owner = drop,
        .received = drop->received,
        .waiting_key = drop->message_key,
        .actor = drop->actor,
        .drop = &drop->note,
        .done = drop_done,
    };
    issue_list_init(&drop->item.issues, drop->arena);
    pipeline_commit_submit(commit, &drop->item);
}

int pipeline_held_dropped(struct pipeline_inbox *inbox, int64_t key, struct arena *arena,
                          struct pipeline_held_dropped *ret_dropped, bool *ret_found,
                          struct issue_list *issues)
{
    const struct store_value value = store_value_int8(key, arena);
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_FIND_DROP, &value, 1, arena, issues);
    if (request == NULL) {
        return -1;
    }
    *ret_found = store_request_rows(request, 0) > 0;
    if (*ret_found) {
        *ret_dropped =
            (struct pipeline_held_dropped){.when = store_request_instant(request, 0, 0, 0),
                                           .who = store_request_bytes(request, 0, 0, 1),
                                           .why = store_request_bytes(request, 0, 0, 2)};
    }
    return 0;
}
