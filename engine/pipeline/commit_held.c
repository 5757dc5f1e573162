/* commit_held: messages that wait. See commit_internal.h and pipeline/held.h.
 *
 * A message stands in the lane of each source record it is about, by its feed. Who comes and finds
 * somebody in one of its lanes lines up there. The one who lines up and the one who lets go on meet
 * at the last row of the lane: it is locked shared by the first, and for good by the second, before
 * either locks a person. */
#include "pipeline/commit_internal.h"

#include <string.h>

/* Lengths keep ("a", "bc") and ("ab", "c") apart. */
static struct slice lane_of(struct arena *arena, struct slice feed,
                            const struct pipeline_person *person)
{
    struct slice name =
        arena_format(arena, "%zu %zu %zu %.*s%.*s%.*s%.*s", feed.len, person->site.len,
                     person->system.len, SLICE_ARG(feed), SLICE_ARG(person->site),
                     SLICE_ARG(person->system), SLICE_ARG(person->value));
    unsigned char *digest = arena_alloc(arena, DIGEST_SHA256_SIZE);
    digest_sha256(name, digest);
    return (struct slice){(const char *)digest, DIGEST_SHA256_SIZE};
}

/* A message without effect overtakes nobody, and waits for nothing. */
static bool may_wait(const struct pipeline_item *item)
{
    return item->raw.len > 0 && !item->refused && item->waiting_key == 0;
}

static void name_lanes(struct commit_batch *batch, struct commit_entry *entry,
                       struct store_column *lanes)
{
    const struct pipeline_item *item = entry->item;
    entry->lanes = ARENA_ARRAY(batch->arena, item->person_count + 1, struct slice);
    for (size_t i = 0; i < item->person_count; i++) {
        struct slice lane = lane_of(batch->arena, item->source, &item->persons[i]);
        entry->lanes[entry->lane_count++] = lane;
        store_column_add_bytes(lanes, lane);
    }
}

void commit_held_ask(struct commit_batch *batch)
{
    struct commit_columns lanes, waiting;
    COMMIT_COLUMNS_INIT(&lanes, batch->arena, STORE_BYTES);
    COMMIT_COLUMNS_INIT(&waiting, batch->arena, STORE_INT8);
    for (size_t i = 0; i < batch->count; i++) {
        struct commit_entry *entry = &batch->entries[i];
        if (may_wait(entry->item))
            name_lanes(batch, entry, &lanes.column[0]);
        if (entry->item->waiting_key > 0)
            store_column_add_int8(&waiting.column[0], (int64_t)entry->item->waiting_key);
    }
    batch->lanes_found = commit_columns_send(&lanes, batch->request, STORE_SQL_LOCK_LANES);
    batch->held_found = commit_columns_send(&waiting, batch->request, STORE_SQL_LOCK_HELD);
}

/* A message that somebody else has let go on meanwhile is as one that comes again. */
static void read_waiting(struct commit_batch *batch, struct commit_entry *entry)
{
    const struct store_request *request = batch->request;
    size_t statement = batch->held_found, rows = store_request_rows(request, statement);
    bool found = false;
    entry->lanes = ARENA_ARRAY(batch->arena, rows + 1, struct slice);
    for (size_t row = 0; row < rows; row++) {
        if (store_request_int8(request, statement, row, 0) != (int64_t)entry->item->waiting_key)
            continue;
        struct slice lane = store_request_bytes(request, statement, row, 1);
        found = true;
        entry->is_behind |= store_request_boolean(request, statement, row, 2);
        if (lane.len > 0)
            entry->lanes[entry->lane_count++] = lane;
    }
    if (found)
        return;
    entry->claim = COMMIT_CLAIM_DUPLICATE;
    entry->first_key = entry->item->waiting_key;
}

void commit_held_read(struct commit_batch *batch)
{
    const struct store_request *request = batch->request;
    map_init(&batch->lanes, batch->arena);
    for (size_t row = 0; row < store_request_rows(request, batch->lanes_found); row++)
        map_put(&batch->lanes, store_request_bytes(request, batch->lanes_found, row, 0), batch);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->entries[i].item->waiting_key > 0)
            read_waiting(batch, &batch->entries[i]);
    }
}

static bool share_lane(const struct commit_entry *a, const struct commit_entry *b)
{
    for (size_t i = 0; i < a->lane_count; i++) {
        for (size_t j = 0; j < b->lane_count; j++) {
            if (slice_equal(a->lanes[i], b->lanes[j]))
                return true;
        }
    }
    return false;
}

/* Of those that are to go on together each waits for the one before it that does not. */
static bool stays_behind(const struct commit_batch *batch, const struct commit_entry *entry)
{
    for (const struct commit_entry *before = batch->entries; before < entry; before++) {
        bool stays = before->outcome == PIPELINE_HELD || before->outcome == PIPELINE_FAILED;
        if (before->item->waiting_key > 0 && stays && share_lane(before, entry))
            return true;
    }
    return false;
}

bool commit_held_waits(struct commit_batch *batch, const struct commit_entry *entry)
{
    const struct pipeline_item *item = entry->item;
    if (item->drop)
        return false;
    bool waits = entry->is_behind || item->hold_count > 0;
    if (item->waiting_key > 0)
        return waits || stays_behind(batch, entry);
    if (!may_wait(item))
        return false;
    for (size_t i = 0; i < entry->lane_count && !waits; i++)
        waits = map_get(&batch->lanes, entry->lanes[i]) != NULL;
    for (size_t i = 0; i < entry->lane_count && waits; i++)
        map_put(&batch->lanes, entry->lanes[i], batch);
    return waits;
}

/* --- round trip 2 ----------------------------------------------------------------------------- */

static void store_new(struct commit_batch *batch)
{
    struct commit_columns held;
    COMMIT_COLUMNS_INIT(&held, batch->arena, STORE_INT8, STORE_INSTANT, STORE_TEXT, STORE_TEXT,
                        STORE_INT8, STORE_BYTES);
    for (size_t i = 0; i < batch->count; i++) {
        const struct commit_entry *entry = &batch->entries[i];
        const struct pipeline_item *item = entry->item;
        if (entry->outcome != PIPELINE_HELD || item->waiting_key > 0)
            continue;
        store_column_add_int8(&held.column[0], (int64_t)item->message_key);
        store_column_add_instant(&held.column[1], item->received);
        store_column_add_bytes(&held.column[2], item->source);
        store_column_add_bytes(&held.column[3], item->site);
        for (size_t lane = 0; lane < entry->lane_count; lane++) {
            store_column_add_int8(&held.column[4], (int64_t)item->message_key);
            store_column_add_bytes(&held.column[5], entry->lanes[lane]);
        }
    }
    commit_columns_send(&held, batch->request, STORE_SQL_HOLD_MESSAGES);
}

/* Under another revision a message may wait for something else than before. */
static void forget_causes(struct commit_batch *batch)
{
    struct commit_columns keys;
    COMMIT_COLUMNS_INIT(&keys, batch->arena, STORE_INT8);
    for (size_t i = 0; i < batch->count; i++) {
        const struct commit_entry *entry = &batch->entries[i];
        const struct pipeline_item *item = entry->item;
        if (entry->outcome == PIPELINE_HELD && item->waiting_key > 0 && !item->as_text)
            store_column_add_int8(&keys.column[0], (int64_t)item->waiting_key);
    }
    commit_columns_send(&keys, batch->request, STORE_SQL_DROP_HELD_CAUSES);
}

static void store_causes(struct commit_batch *batch)
{
    struct commit_columns causes;
    COMMIT_COLUMNS_INIT(&causes, batch->arena, STORE_INT8, STORE_TEXT, STORE_TEXT, STORE_TEXT,
                        STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_TEXT);
    for (size_t i = 0; i < batch->count; i++) {
        const struct pipeline_item *item = batch->entries[i].item;
        bool held = batch->entries[i].outcome == PIPELINE_HELD;
        for (size_t hold = 0; held && hold < item->hold_count; hold++) {
            const struct pipeline_hold *each = &item->holds[hold];
            store_column_add_int8(&causes.column[0], (int64_t)item->message_key);
            store_column_add_bytes(&causes.column[1], each->cause);
            store_column_add_bytes(&causes.column[2], each->kind);
            store_column_add_bytes(&causes.column[3], each->rule);
            store_column_add_bytes(&causes.column[4], each->place);
            store_column_add_bytes(&causes.column[5], each->table);
            store_column_add_bytes(&causes.column[6], each->code);
            store_column_add_bytes(&causes.column[7], each->system);
        }
    }
    commit_columns_send(&causes, batch->request, STORE_SQL_INSERT_HELD_CAUSES);
}

static void store_gone(struct commit_batch *batch)
{
    struct commit_columns gone;
    COMMIT_COLUMNS_INIT(&gone, batch->arena, STORE_INT8, STORE_INSTANT, STORE_INT8, STORE_BYTES);
    for (size_t i = 0; i < batch->count; i++) {
        const struct commit_entry *entry = &batch->entries[i];
        const struct pipeline_item *item = entry->item;
        if (entry->outcome != PIPELINE_COMMITTED || item->waiting_key == 0 || item->drop)
            continue;
        store_column_add_int8(&gone.column[0], (int64_t)item->waiting_key);
        store_column_add_instant(&gone.column[1], item->received);
        store_column_add_int8(&gone.column[2], entry->person ? entry->person->key : 0);
        store_column_add_bytes(&gone.column[3], item->revision);
    }
    commit_columns_send(&gone, batch->request, STORE_SQL_RELEASE_MESSAGES);
}

static void store_dropped(struct commit_batch *batch)
{
    struct commit_columns dropped;
    COMMIT_COLUMNS_INIT(&dropped, batch->arena, STORE_INT8, STORE_INSTANT, STORE_TEXT, STORE_TEXT);
    for (size_t i = 0; i < batch->count; i++) {
        const struct commit_entry *entry = &batch->entries[i];
        const struct pipeline_item *item = entry->item;
        if (entry->outcome != PIPELINE_COMMITTED || !item->drop)
            continue;
        store_column_add_int8(&dropped.column[0], (int64_t)item->waiting_key);
        store_column_add_instant(&dropped.column[1], item->received);
        store_column_add_bytes(&dropped.column[2], item->drop->who);
        store_column_add_bytes(&dropped.column[3], item->drop->why);
    }
    commit_columns_send_at(&dropped, batch, STORE_SQL_DROP_MESSAGES, time_now());
}

void commit_held_store(struct commit_batch *batch)
{
    store_new(batch);
    forget_causes(batch);
    store_causes(batch);
    store_gone(batch);
    store_dropped(batch);
}
