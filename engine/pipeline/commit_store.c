/* commit_store: round trip 2 of a batch, every set in one statement. See commit_internal.h.
 *
 * Sets that more than one transaction may touch go out in one order everywhere (sources, keys,
 * places; each sorted by the statement itself), so that two engines wait for each other and never
 * both. What every batch has, and what is always written together, shares a statement: each costs
 * the server some 15 microseconds of its own. */
#include "pipeline/commit_internal.h"

#define HASH_SLICE(hash) ((struct slice){(const char *)(hash), DIGEST_SHA256_SIZE})

static void add_inbox_id(struct store_column *column, int64_t inbox_id)
{
    if (inbox_id == 0)
        store_column_add_null(column);
    else
        store_column_add_int8(column, inbox_id);
}

static void add_marks(struct store_column *column, const struct commit_resource *resource)
{
    if (resource->merged)
        store_column_add_null(column);
    else
        store_column_add_bytes(column, resource->marks);
}

static int64_t person_key(const struct commit_resource *resource)
{
    return resource->person ? resource->person->key : 0;
}

/* --- who -------------------------------------------------------------------------------------- */

static void store_persons(struct commit_batch *batch)
{
    struct commit_columns fresh;
    COMMIT_COLUMNS_INIT(&fresh, batch->arena, STORE_INT8, STORE_TEXT);
    for (size_t i = 0; i < batch->persons.count; i++) {
        const struct commit_person *person = batch->persons.entries[i].value;
        if (!person->is_new)
            continue;
        store_column_add_int8(&fresh.column[0], person->key);
        store_column_add_bytes(&fresh.column[1], person->patient_id);
    }
    commit_columns_send_at(&fresh, batch, STORE_SQL_INSERT_PERSONS, batch->now);
}

static void store_sources(struct commit_batch *batch)
{
    struct commit_columns fresh;
    COMMIT_COLUMNS_INIT(&fresh, batch->arena, STORE_INT8, STORE_TEXT, STORE_TEXT, STORE_TEXT,
                        STORE_INT8, STORE_INT8, STORE_TEXT);
    struct store_column *column = fresh.column;
    for (size_t i = 0; i < batch->source_count; i++) {
        const struct commit_source *source = batch->source_list[i];
        if (!source->is_new)
            continue;
        store_column_add_int8(&column[0], source->key);
        store_column_add_bytes(&column[1], source->site);
        store_column_add_bytes(&column[2], source->system);
        store_column_add_bytes(&column[3], source->value);
        store_column_add_int8(&column[4], source->person ? source->person->key : 0);
        store_column_add_int8(&column[5], source->home);
        store_column_add_bytes(&column[6], source->patient_id);
    }
    commit_columns_send_at(&fresh, batch, STORE_SQL_INSERT_SOURCES, batch->now);
}

/* --- where ------------------------------------------------------------------------------------ */

static void store_keys(struct commit_batch *batch)
{
    struct commit_columns keys;
    COMMIT_COLUMNS_INIT(&keys, batch->arena, STORE_BYTES, STORE_TEXT, STORE_TEXT);
    for (size_t i = 0; i < batch->new_key_count; i++) {
        const struct commit_key *key = &batch->new_keys[i];
        store_column_add_bytes(&keys.column[0], HASH_SLICE(key->digest));
        store_column_add_bytes(&keys.column[1], key->resource->type);
        store_column_add_bytes(&keys.column[2], key->resource->id);
    }
    commit_columns_send(&keys, batch->request, STORE_SQL_INSERT_KEYS);
}

/* The row is in another person's record than its body at hand. */
static bool moves(const struct commit_resource *resource)
{
    return resource->stored_version > 0 && resource->stored_person != person_key(resource);
}

/* What has come to another person: its row moves, and versions that only this batch has seen stay
 * with whom they were about. Both are rare. */
static void store_moves(struct commit_batch *batch)
{
    struct commit_columns moved, lost, former;
    COMMIT_COLUMNS_INIT(&moved, batch->arena, STORE_INT8, STORE_INT8, STORE_INT8);
    COMMIT_COLUMNS_INIT(&lost, batch->arena, STORE_INT8, STORE_TEXT, STORE_INT8);
    COMMIT_COLUMNS_INIT(&former, batch->arena, STORE_INT8, STORE_INT8);
    for (size_t i = 0; i < batch->resources.count; i++) {
        const struct commit_resource *resource = batch->resources.entries[i].value;
        if (resource->has_lost_voices) {
            store_column_add_int8(&lost.column[0], resource->stored_person);
            store_column_add_bytes(&lost.column[1], resource->type);
            store_column_add_int8(&lost.column[2], resource->number);
        }
        if (moves(resource)) {
            store_column_add_int8(&moved.column[0], resource->stored_person);
            store_column_add_int8(&moved.column[1], person_key(resource));
            store_column_add_int8(&moved.column[2], resource->number);
        }
        for (const struct commit_version *passed = resource->passed; passed;
             passed = passed->next) {
            if (passed->person == resource->person)
                continue;
            store_column_add_int8(&former.column[0], resource->number);
            store_column_add_int8(&former.column[1], passed->person->key);
        }
    }
    commit_columns_send(&lost, batch->request, STORE_SQL_DROP_CONTRIBUTIONS);
    commit_columns_send(&moved, batch->request, STORE_SQL_MOVE_RESOURCES);
    commit_columns_send(&former, batch->request, STORE_SQL_INSERT_FORMER_PLACES);
}

/* --- what ------------------------------------------------------------------------------------- */

/* One twin of the record's tables. */
struct twin {
    bool shared;
    enum store_statement insert, update, update_marks, archive, history, contributions;
};

static const struct twin twins[] = {
    {false, STORE_SQL_INSERT_RESOURCES, STORE_SQL_UPDATE_RESOURCES, STORE_SQL_UPDATE_MARKS,
     STORE_SQL_ARCHIVE_RESOURCES, STORE_SQL_INSERT_HISTORY, STORE_SQL_PUT_CONTRIBUTIONS},
    {true, STORE_SQL_SHARED_INSERT_RESOURCES, STORE_SQL_SHARED_UPDATE_RESOURCES,
     STORE_SQL_SHARED_UPDATE_MARKS, STORE_SQL_SHARED_ARCHIVE_RESOURCES,
     STORE_SQL_SHARED_INSERT_HISTORY, STORE_SQL_SHARED_PUT_CONTRIBUTIONS},
};

static void add_place(struct store_column *column, const struct commit_resource *resource)
{
    store_column_add_int8(&column[0], person_key(resource));
    store_column_add_bytes(&column[1], resource->type);
    store_column_add_int8(&column[2], resource->number);
}

static void add_resource(struct store_column *column, const struct commit_resource *resource)
{
    add_place(column, resource);
    store_column_add_bytes(&column[3], resource->id);
    store_column_add_int4(&column[4], resource->version);
    store_column_add_instant(&column[5], resource->last_updated);
    store_column_add_boolean(&column[6], resource->merged);
    store_column_add_int8(&column[7], resource->source_key);
    store_column_add_instant(&column[8], resource->source_time);
    add_inbox_id(&column[9], resource->inbox_id);
    store_column_add_bytes(&column[10], HASH_SLICE(resource->hash));
    add_marks(&column[11], resource);
    store_column_add_bytes(&column[12], resource->body);
    store_column_add_int4(&column[13], (int32_t)resource->labels);
    store_column_add_bytes(&column[14], resource->label_site);
}

static void add_read_marks(struct store_column *column, const struct commit_resource *resource)
{
    if (resource->read_marks.ptr)
        store_column_add_bytes(column, resource->read_marks);
    else
        store_column_add_null(column);
}

static void add_updated(struct store_column *column, const struct commit_resource *resource)
{
    add_resource(column, resource);
    store_column_add_int4(&column[15], resource->stored_version);
    if (resource->person)
        store_column_add_null(&column[16]);
    else
        add_read_marks(&column[16], resource);
}

static void add_marked(struct store_column *column, const struct commit_resource *resource)
{
    add_place(column, resource);
    store_column_add_instant(&column[3], resource->source_time);
    add_marks(&column[4], resource);
    store_column_add_boolean(&column[5], resource->merged);
    store_column_add_int4(&column[6], resource->stored_version);
    if (resource->merged)
        add_read_marks(&column[7], resource);
    else
        store_column_add_null(&column[7]);
}

static bool has_changed_voice(const struct commit_resource *resource)
{
    for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        if (voice->is_changed)
            return true;
    }
    return false;
}

/* Nobody locks the resources of no person. Who changes what a source says of one changes its row,
 * too, so that two engines wait for each other there; then each may look whether what it has read
 * of the sources still holds. */
static bool needs_marking(const struct commit_resource *resource)
{
    return resource->has_new_marks || (!resource->person && has_changed_voice(resource));
}

static void add_read_voices(struct store_column *column, const struct commit_resource *resource)
{
    if (!resource->has_new_version && !has_changed_voice(resource))
        return;
    for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        if (!voice->read_body.ptr)
            continue;
        store_column_add_bytes(&column[0], resource->type);
        store_column_add_int8(&column[1], resource->number);
        store_column_add_int8(&column[2], voice->source_key);
        store_column_add_bytes(&column[3], voice->read_body);
    }
}

static void add_passed(struct store_column *column, const struct commit_resource *resource)
{
    for (const struct commit_version *passed = resource->passed; passed; passed = passed->next) {
        store_column_add_int8(&column[0], passed->person ? passed->person->key : 0);
        store_column_add_bytes(&column[1], resource->type);
        store_column_add_int8(&column[2], resource->number);
        store_column_add_bytes(&column[3], resource->id);
        store_column_add_int4(&column[4], passed->version);
        store_column_add_instant(&column[5], passed->last_updated);
        store_column_add_int8(&column[6], passed->source_key);
        store_column_add_instant(&column[7], passed->source_time);
        add_inbox_id(&column[8], passed->inbox_id);
        store_column_add_bytes(&column[9], passed->body);
    }
}

static void add_voices(struct store_column *column, const struct commit_resource *resource)
{
    for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        if (!voice->is_changed)
            continue;
        add_place(column, resource);
        store_column_add_int8(&column[3], voice->source_key);
        store_column_add_instant(&column[4], voice->source_time);
        add_inbox_id(&column[5], voice->inbox_id);
        store_column_add_bytes(&column[6], voice->marks);
        store_column_add_bytes(&column[7], voice->body);
    }
}

#define RESOURCE_TYPES                                                                             \
    STORE_INT8, STORE_TEXT, STORE_INT8, STORE_TEXT, STORE_INT4, STORE_INSTANT, STORE_BOOLEAN,      \
        STORE_INT8, STORE_INSTANT, STORE_INT8, STORE_BYTES, STORE_TEXT, STORE_TEXT, STORE_INT4,    \
        STORE_TEXT

static void store_resources(struct commit_batch *batch, const struct twin *twin)
{
    struct commit_columns inserted, updated, marked, archived, passed, read_voices, voices;
    struct arena *arena = batch->arena;
    COMMIT_COLUMNS_INIT(&inserted, arena, RESOURCE_TYPES);
    COMMIT_COLUMNS_INIT(&updated, arena, RESOURCE_TYPES, STORE_INT4, STORE_TEXT);
    COMMIT_COLUMNS_INIT(&marked, arena, STORE_INT8, STORE_TEXT, STORE_INT8, STORE_INSTANT,
                        STORE_TEXT, STORE_BOOLEAN, STORE_INT4, STORE_TEXT);
    COMMIT_COLUMNS_INIT(&archived, arena, STORE_INT8, STORE_TEXT, STORE_INT8);
    COMMIT_COLUMNS_INIT(&passed, arena, STORE_INT8, STORE_TEXT, STORE_INT8, STORE_TEXT, STORE_INT4,
                        STORE_INSTANT, STORE_INT8, STORE_INSTANT, STORE_INT8, STORE_TEXT);
    COMMIT_COLUMNS_INIT(&read_voices, arena, STORE_TEXT, STORE_INT8, STORE_INT8, STORE_TEXT);
    COMMIT_COLUMNS_INIT(&voices, arena, STORE_INT8, STORE_TEXT, STORE_INT8, STORE_INT8,
                        STORE_INSTANT, STORE_INT8, STORE_TEXT, STORE_TEXT);
    for (size_t i = 0; i < batch->resources.count; i++) {
        const struct commit_resource *resource = batch->resources.entries[i].value;
        if (twin->shared != (resource->person == NULL))
            continue;
        add_passed(passed.column, resource);
        if (twin->shared)
            add_read_voices(read_voices.column, resource);
        add_voices(voices.column, resource);
        if (resource->has_new_version && resource->stored_version == 0) {
            add_resource(inserted.column, resource);
        } else if (resource->has_new_version) {
            if (!moves(resource)) /* a move has kept it already */
                add_place(archived.column, resource);
            add_updated(updated.column, resource);
        } else if (needs_marking(resource)) {
            add_marked(marked.column, resource);
        }
    }
    commit_columns_send(&archived, batch->request, twin->archive);
    commit_columns_send(&inserted, batch->request, twin->insert);
    commit_columns_send(&updated, batch->request, twin->update);
    commit_columns_send(&marked, batch->request, twin->update_marks);
    commit_columns_send(&read_voices, batch->request, STORE_SQL_CONFIRM_CONTRIBUTIONS);
    commit_columns_send(&passed, batch->request, twin->history);
    commit_columns_send(&voices, batch->request, twin->contributions);
}

/* --- the messages ----------------------------------------------------------------------------- */

static struct slice status_of(const struct commit_entry *entry)
{
    if (entry->outcome == PIPELINE_KEY_CLASH)
        return SLICE("quarantined");
    if (entry->outcome == PIPELINE_HELD)
        return SLICE("held");
    return entry->item->refused ? SLICE("rejected") : SLICE("accepted");
}

/* A duplicate is in the inbox already, and so is what waited; a failed item has no effect at all.
 */
static bool goes_to_inbox(const struct commit_entry *entry)
{
    return entry->item->raw.len > 0 && entry->item->waiting_key == 0 &&
           (entry->outcome == PIPELINE_COMMITTED || entry->outcome == PIPELINE_HELD ||
            entry->outcome == PIPELINE_KEY_CLASH);
}

static void add_message(struct store_column *column, const struct commit_entry *entry)
{
    const struct pipeline_item *item = entry->item;
    store_column_add_int8(&column[0], (int64_t)item->message_key);
    store_column_add_instant(&column[1], item->received);
    store_column_add_bytes(&column[2], item->source);
    store_column_add_bytes(&column[3], item->control_id);
    store_column_add_bytes(&column[4], item->message_type);
    store_column_add_bytes(&column[5], status_of(entry));
    store_column_add_int8(&column[6], entry->person ? entry->person->key : 0);
    store_column_add_bytes(&column[7], item->revision);
    store_column_add_bytes(&column[8], HASH_SLICE(item->content_hash));
    store_column_add_bytes(&column[9], item->raw);
    store_column_add_bytes(&column[10], item->answer_text);
}

/* The claim of a new key says already what most messages come to: accepted or refused. */
static bool needs_settling(const struct commit_entry *entry)
{
    if (entry->claim != COMMIT_CLAIM_MINE)
        return false;
    return entry->reclaimed ? goes_to_inbox(entry) : entry->outcome == PIPELINE_FAILED;
}

static void store_settled(struct commit_batch *batch)
{
    struct commit_columns settled;
    COMMIT_COLUMNS_INIT(&settled, batch->arena, STORE_TEXT, STORE_BYTES, STORE_BYTES, STORE_BYTES,
                        STORE_BYTES, STORE_BOOLEAN, STORE_INSTANT, STORE_INT8);
    for (size_t i = 0; i < batch->count; i++) {
        const struct commit_entry *entry = &batch->entries[i];
        const struct pipeline_item *item = entry->item;
        if (!needs_settling(entry))
            continue;
        struct store_column *column = settled.column;
        store_column_add_bytes(&column[0], item->source);
        store_column_add_bytes(&column[1], item->sending_application);
        store_column_add_bytes(&column[2], item->sending_facility);
        store_column_add_bytes(&column[3], item->control_id);
        store_column_add_bytes(&column[4], HASH_SLICE(item->content_hash));
        store_column_add_boolean(&column[5],
                                 entry->outcome == PIPELINE_HELD ||
                                     (entry->outcome == PIPELINE_COMMITTED && !item->refused));
        store_column_add_instant(&column[6], item->received);
        store_column_add_int8(&column[7], (int64_t)item->message_key);
    }
    commit_columns_send(&settled, batch->request, STORE_SQL_SETTLE_MESSAGES);
}

/* The end of every batch is one statement: messages ($1 to $11), marks ($12), audit (from $14). */
static void store_end(struct commit_batch *batch)
{
    struct commit_columns inbox, marked;
    COMMIT_COLUMNS_INIT(&inbox, batch->arena, STORE_INT8, STORE_INSTANT, STORE_TEXT, STORE_BYTES,
                        STORE_TEXT, STORE_TEXT, STORE_INT8, STORE_BYTES, STORE_BYTES, STORE_BYTES,
                        STORE_BYTES);
    COMMIT_COLUMNS_INIT(&marked, batch->arena, STORE_INT8);
    for (size_t i = 0; i < batch->count; i++) {
        if (goes_to_inbox(&batch->entries[i]))
            add_message(inbox.column, &batch->entries[i]);
    }
    for (size_t i = 0; i < batch->persons.count; i++) {
        const struct commit_person *person = batch->persons.entries[i].value;
        if (person->is_changed)
            store_column_add_int8(&marked.column[0], person->key);
    }
    struct store_value values[13 + AUDIT_VALUE_COUNT];
    size_t count = commit_columns_values(&inbox, values);
    count += commit_columns_values(&marked, &values[count]);
    values[count++] = store_value_instant(batch->now, batch->arena);
    commit_audit_store(batch, &values[count]);
    store_request_add(batch->request, STORE_SQL_CLOSE_BATCH, values, count + AUDIT_VALUE_COUNT);
}

void commit_batch_store(struct commit_batch *batch)
{
    batch->request = store_request_new(batch->arena);
    store_persons(batch);
    store_sources(batch);
    commit_act_store(batch);
    store_keys(batch);
    store_moves(batch);
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
        store_resources(batch, &twins[i]);
    commit_batch_index(batch);
    commit_consent_store(batch);
    store_settled(batch);
    commit_held_store(batch);
    store_end(batch);
    store_request_add(batch->request, STORE_SQL_COMMIT, NULL, 0);
}

void commit_batch_probe(struct commit_batch *batch)
{
    batch->request = store_request_new(batch->arena);
    map_init(&batch->persons, batch->arena);
    batch->entries[0].outcome = PIPELINE_FAILED;
    store_request_add(batch->request, STORE_SQL_ROLLBACK, NULL, 0);
    store_request_add(batch->request, STORE_SQL_BEGIN, NULL, 0);
    store_end(batch);
    store_request_add(batch->request, STORE_SQL_ROLLBACK, NULL, 0);
}
