/* commit_audit: the audit rows of a batch, in its own transaction. See commit_internal.h.
 *
 * One row for each item, which is also how a commit is found again whose end nobody saw. The chain
 * of the batch is a copy: the committer takes it over when the batch is known to be stored. */
#include "pipeline/commit_internal.h"

static const struct {
    struct slice kind, outcome;
} audit_rows[] = {
    [PIPELINE_COMMITTED] = {SLICE_INIT("write"), SLICE_INIT("success")},
    [PIPELINE_HELD] = {SLICE_INIT("hold"), SLICE_INIT("success")},
    [PIPELINE_DUPLICATE] = {SLICE_INIT("duplicate"), SLICE_INIT("success")},
    [PIPELINE_KEY_CLASH] = {SLICE_INIT("clash"), SLICE_INIT("duplicate-key")},
    [PIPELINE_FAILED] = {SLICE_INIT("write"), SLICE_INIT("refused")},
    [PIPELINE_UNAVAILABLE] = {SLICE_INIT("write"), SLICE_INIT("refused")},
};

static struct slice kind_of(const struct commit_entry *entry)
{
    const struct pipeline_item *item = entry->item;
    if (item->waiting_key > 0 && entry->outcome == PIPELINE_COMMITTED)
        return item->drop ? SLICE("drop") : SLICE("release");
    if (item->act_count > 0 && item->raw.len == 0)
        return commit_act_name(item);
    bool takes_effect = entry->outcome == PIPELINE_COMMITTED || entry->outcome == PIPELINE_FAILED;
    if (takes_effect && item->raw.len > 0)
        return SLICE("message");
    return audit_rows[entry->outcome].kind;
}

static struct slice role_of(const struct pipeline_item *item)
{
    if (item->actor.len > 0)
        return SLICE(PIPELINE_AUDIT_ACCOUNT);
    return item->raw.len > 0 ? SLICE(PIPELINE_AUDIT_FEED) : SLICE(PIPELINE_AUDIT_CLIENT);
}

static struct slice outcome_of(const struct commit_entry *entry)
{
    const struct issue *first = issue_list_first_error(&entry->item->issues);
    if (entry->outcome == PIPELINE_FAILED && first)
        return slice_of(issue_kind(first->code)->name);
    bool refused = entry->outcome == PIPELINE_COMMITTED && entry->item->refused;
    return refused ? SLICE("refused") : audit_rows[entry->outcome].outcome;
}

/* What has a new version by the item, and which: version 1 is one that was created. */
static struct slice entities_of(const struct commit_entry *entry, struct arena *arena)
{
    const struct pipeline_item *item = entry->item;
    struct slice entities = {0};
    struct buffer text;
    if (entry->outcome != PIPELINE_COMMITTED || item->refused)
        return entities;
    buffer_init(&text, 0);
    for (size_t i = 0; i < item->write_count; i++) {
        const struct pipeline_write *write = &item->writes[i];
        if (write->unchanged)
            continue;
        if (text.len > 0)
            buffer_append_byte(&text, ' ');
        buffer_append(&text, write->type);
        buffer_append_byte(&text, '/');
        buffer_append(&text, write->final_id);
        buffer_append_format(&text, "/%llu", (unsigned long long)write->version);
    }
    if (text.len > 0)
        entities = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return entities;
}

static int64_t inbox_id_of(const struct commit_entry *entry)
{
    const struct pipeline_item *item = entry->item;
    return (int64_t)(entry->outcome == PIPELINE_DUPLICATE ? entry->first_key : item->message_key);
}

/* What was said of why. */
static struct slice detail_of(const struct pipeline_item *item)
{
    if (item->drop)
        return item->drop->why;
    return item->act_count > 0 ? item->acts[0].why : (struct slice){0};
}

void commit_audit_store(struct commit_batch *batch, struct store_value *ret_values)
{
    struct audit_columns columns;
    instant now = time_now(); /* the audit's time is real */
    audit_columns_init(&columns, &batch->audit, batch->arena);
    batch->audit_first = batch->audit.place;
    for (size_t i = 0; i < batch->count; i++) {
        const struct commit_entry *entry = &batch->entries[i];
        const struct pipeline_item *item = entry->item;
        struct pipeline_audit_row row = {.recorded = now,
                                         .person = entry->person ? entry->person->key : 0,
                                         .inbox_id = inbox_id_of(entry),
                                         .kind = kind_of(entry),
                                         .role = role_of(item),
                                         .actor = item->actor.len > 0 ? item->actor : item->source,
                                         .outcome = outcome_of(entry),
                                         .site = item->site,
                                         .address = item->address,
                                         .purpose = item->purpose,
                                         .user = item->user,
                                         .entities = entities_of(entry, batch->arena),
                                         .detail = detail_of(item)};
        audit_columns_add(&columns, &row);
    }
    audit_columns_values(&columns, ret_values);
}

struct store_request *commit_audit_ask(struct commit_batch *batch)
{
    struct arena *arena = batch->arena;
    const struct store_value orphan = store_value_int8(batch->transaction, arena);
    const struct store_value rows[] = {
        store_value_int8(batch->audit.number, arena), store_value_int8(batch->audit_first, arena),
        store_value_int8(batch->audit_first + (int64_t)batch->count - 1, arena)};
    struct store_request *request = store_request_new(arena);
    store_request_add(request, STORE_SQL_END_ORPHAN, &orphan, 1);
    store_request_add(request, STORE_SQL_TELL_TRANSACTION, &orphan, 1);
    store_request_add(request, STORE_SQL_FIND_AUDIT, rows, 3);
    return request;
}
