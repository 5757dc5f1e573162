/* commit_load: round trip 1 of a batch. See commit_internal.h. */
#include "pipeline/commit_internal.h"

#include <string.h>

#define DIGEST_SLICE(digest) ((struct slice){(const char *)(digest), DIGEST_SHA256_SIZE})

/* --- the working set -------------------------------------------------------------------------- */

int64_t commit_number(struct commit_batch *batch)
{
    struct commit_numbers *numbers = batch->numbers;
    if (numbers->next == numbers->end && numbers->block_count > 0) {
        numbers->next = numbers->blocks[--numbers->block_count];
        numbers->end = numbers->next + NUMBER_BLOCK_SIZE;
    }
    return numbers->next++;
}

static struct slice key_bytes(struct arena *arena, const int64_t *key)
{
    return arena_copy(arena, (struct slice){(const char *)key, sizeof(*key)});
}

struct commit_person *commit_find_person(const struct commit_batch *batch, int64_t key)
{
    return map_get(&batch->persons, (struct slice){(const char *)&key, sizeof(key)});
}

void commit_add_person(struct commit_batch *batch, struct commit_person *person)
{
    map_put(&batch->persons, key_bytes(batch->arena, &person->key), person);
}

/* "Type/id", without a printf: this is asked a hundred times a message. */
static struct slice place_name(struct arena *arena, struct slice type, struct slice id)
{
    char *name = arena_alloc(arena, type.len + 1 + id.len);
    memcpy(name, type.ptr, type.len);
    name[type.len] = '/';
    if (id.len > 0)
        memcpy(name + type.len + 1, id.ptr, id.len);
    return (struct slice){name, type.len + 1 + id.len};
}

struct commit_resource *commit_find_resource(const struct commit_batch *batch, struct slice type,
                                             struct slice id)
{
    return map_get(&batch->resources, place_name(batch->arena, type, id));
}

void commit_add_resource(struct commit_batch *batch, struct commit_resource *resource)
{
    map_put(&batch->resources, place_name(batch->arena, resource->type, resource->id), resource);
}

/* No id holds a slash. */
void commit_add_labelled(struct commit_batch *batch, struct commit_resource *resource)
{
    struct slice name = arena_format(batch->arena, "%.*s/%.*s/", SLICE_ARG(resource->type),
                                     SLICE_ARG(resource->id));
    map_put(&batch->resources, name, resource);
}

struct commit_resource *commit_find_key(const struct commit_batch *batch,
                                        const unsigned char *digest)
{
    struct commit_resource *found = map_get(&batch->keys, DIGEST_SLICE(digest));
    return found && found->open ? found->open : found;
}

/* Lengths keep ("a", "bc") and ("ab", "c") apart. */
static struct slice source_name(struct arena *arena, struct slice site, struct slice system,
                                struct slice value)
{
    return arena_format(arena, "%zu %zu %.*s%.*s%.*s", site.len, system.len, SLICE_ARG(site),
                        SLICE_ARG(system), SLICE_ARG(value));
}

struct commit_source *commit_find_source(const struct commit_batch *batch, struct slice site,
                                         struct slice system, struct slice value)
{
    return map_get(&batch->sources, source_name(batch->arena, site, system, value));
}

struct commit_source *commit_find_source_of(const struct commit_batch *batch, struct slice site,
                                            const struct commit_person *person)
{
    for (size_t i = 0; i < batch->source_count; i++) {
        struct commit_source *source = batch->source_list[i];
        if (source->person == person && slice_equal(source->site, site))
            return source;
    }
    return NULL;
}

void commit_add_source(struct commit_batch *batch, struct commit_source *source)
{
    struct slice name = source_name(batch->arena, source->site, source->system, source->value);
    if (map_put(&batch->sources, name, source))
        return;
    if (batch->source_count == batch->source_capacity) {
        size_t capacity = batch->source_capacity ? batch->source_capacity * 2 : 64;
        batch->source_list =
            arena_grow(batch->arena, batch->source_list, batch->source_capacity * sizeof(void *),
                       capacity * sizeof(void *));
        batch->source_capacity = capacity;
    }
    batch->source_list[batch->source_count++] = source;
}

const struct pipeline_person *commit_item_person(const struct pipeline_item *item, size_t write)
{
    for (size_t i = 0; i < item->person_count; i++) {
        if (item->persons[i].write == write)
            return &item->persons[i];
    }
    return NULL;
}

int64_t commit_item_need(const struct pipeline_item *item)
{
    /* an inbox row; for each write two resources, a person, a source */
    return 1 + 4 * (int64_t)item->write_count + commit_act_need(item);
}

int64_t commit_batch_need(const struct commit_batch *batch)
{
    int64_t need = 0;
    for (size_t i = 0; i < batch->count; i++)
        need += commit_item_need(batch->entries[i].item);
    return need;
}

/* --- what to ask ------------------------------------------------------------------------------ */

static void add_claims(struct commit_batch *batch)
{
    struct commit_columns claims;
    COMMIT_COLUMNS_INIT(&claims, batch->arena, STORE_TEXT, STORE_BYTES, STORE_BYTES, STORE_BYTES,
                        STORE_BYTES, STORE_INSTANT, STORE_INT8, STORE_BOOLEAN);
    for (size_t i = 0; i < batch->count; i++) {
        struct pipeline_item *item = batch->entries[i].item;
        if (item->waiting_key > 0)
            item->message_key = item->waiting_key;
        else if (item->message_key == 0 && item->raw.len > 0)
            item->message_key = (uint64_t)commit_number(batch);
        if (!commit_item_is_keyed(item))
            continue;
        store_column_add_bytes(&claims.column[0], item->source);
        store_column_add_bytes(&claims.column[1], item->sending_application);
        store_column_add_bytes(&claims.column[2], item->sending_facility);
        store_column_add_bytes(&claims.column[3], item->control_id);
        store_column_add_bytes(&claims.column[4], DIGEST_SLICE(item->content_hash));
        store_column_add_instant(&claims.column[5], item->received);
        store_column_add_int8(&claims.column[6], (int64_t)item->message_key);
        store_column_add_boolean(&claims.column[7], !item->refused);
    }
    batch->claims = commit_columns_send(&claims, batch->request, STORE_SQL_CLAIM_MESSAGES);
}

/* Everything by which the items name resources and sources. */
struct names {
    struct store_column digests;
    struct store_column types, ids;              /* places */
    struct store_column sites, systems, values;  /* source records */
    struct store_column patient_sites, patients; /* a site's records of a Patient */
    struct map seen;
};

static void name_digest(struct names *names, const unsigned char *digest)
{
    if (!map_put(&names->seen, DIGEST_SLICE(digest), names))
        store_column_add_bytes(&names->digests, DIGEST_SLICE(digest));
}

static void name_place(struct names *names, struct slice type, struct slice id)
{
    store_column_add_bytes(&names->types, type);
    store_column_add_bytes(&names->ids, id);
}

static void name_source(struct names *names, struct slice site, struct slice system,
                        struct slice value)
{
    struct slice name = source_name(names->seen.arena, site, system, value);
    if (map_put(&names->seen, name, names))
        return;
    store_column_add_bytes(&names->sites, site);
    store_column_add_bytes(&names->systems, system);
    store_column_add_bytes(&names->values, value);
}

static void name_patient(struct names *names, struct slice site, struct slice id)
{
    name_place(names, SLICE("Patient"), id);
    store_column_add_bytes(&names->patient_sites, site);
    store_column_add_bytes(&names->patients, id);
}

static void name_write(struct names *names, const struct pipeline_item *item, size_t number)
{
    const struct pipeline_write *write = &item->writes[number];
    for (size_t i = 0; i < write->digest_count; i++)
        name_digest(names, write->digests[i]);
    if (write->digest_count == 0)
        name_place(names, write->type, write->id);
    for (size_t i = 0; i < write->reference_count; i++) {
        if (write->references[i].digest)
            name_digest(names, write->references[i].digest);
    }
    if (write->subject.kind == PIPELINE_SUBJECT_NONE)
        name_source(names, item->site, SLICE(""), SLICE(""));
    if (write->subject.kind == PIPELINE_SUBJECT_ID)
        name_patient(names, item->site, write->subject.id);
    if (!slice_equal(write->type, SLICE("Patient")))
        return;
    const struct pipeline_person *person = commit_item_person(item, number);
    if (!person) {
        name_patient(names, item->site, write->id);
        return;
    }
    name_source(names, person->site, person->system, person->value);
    for (size_t i = 0; i < person->link_count; i++)
        name_digest(names, person->links[i]);
}

static void name_parties(struct names *names, const struct pipeline_act *act)
{
    if (act->from.digest)
        name_digest(names, act->from.digest);
    if (act->into.digest)
        name_digest(names, act->into.digest);
}

static void names_init(struct names *names, struct arena *arena)
{
    store_column_init(&names->digests, STORE_BYTES, arena);
    struct store_column *const texts[] = {&names->types,   &names->ids,    &names->sites,
                                          &names->systems, &names->values, &names->patient_sites,
                                          &names->patients};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        store_column_init(texts[i], STORE_TEXT, arena);
    map_init(&names->seen, arena);
}

void commit_batch_ask(struct commit_batch *batch)
{
    batch->request = store_request_new(batch->arena);
    store_request_add(batch->request, STORE_SQL_BEGIN, NULL, 0);
    add_claims(batch);
    commit_held_ask(batch);
    struct names names;
    names_init(&names, batch->arena);
    for (size_t i = 0; i < batch->count; i++) {
        const struct pipeline_item *item = batch->entries[i].item;
        for (size_t write = 0; write < item->write_count; write++)
            name_write(&names, item, write);
        for (size_t act = 0; act < item->act_count; act++)
            name_parties(&names, &item->acts[act]);
    }
    const struct store_value reach[] = {
        store_column_value(&names.digests), store_column_value(&names.types),
        store_column_value(&names.ids),     store_column_value(&names.sites),
        store_column_value(&names.systems), store_column_value(&names.values),
    };
    const struct store_value patients[] = {store_column_value(&names.patient_sites),
                                           store_column_value(&names.patients)};
    struct store_column no_digests;
    store_column_init(&no_digests, STORE_BYTES, batch->arena);
    struct store_value locked[6];
    memcpy(locked, reach, sizeof(locked));
    if (!batch->lock_by_key)
        locked[0] = store_column_value(&no_digests);
    batch->persons_found = commit_act_lock(batch, locked, 6);
    batch->sources_found = store_request_add(batch->request, STORE_SQL_LOAD_SOURCES, &reach[3], 3);
    batch->site_sources_found = SIZE_MAX;
    if (names.patients.count > 0)
        batch->site_sources_found =
            store_request_add(batch->request, STORE_SQL_LOAD_SITE_SOURCES, patients, 2);
    commit_sight_ask(batch);
    batch->resources_found = store_request_add(batch->request, STORE_SQL_LOAD_RESOURCES, reach, 6);
    commit_act_ask(batch);
}

/* --- what came back --------------------------------------------------------------------------- */

static void read_persons(struct commit_batch *batch)
{
    const struct store_request *request = batch->request;
    size_t statement = batch->persons_found;
    for (size_t row = 0; row < store_request_rows(request, statement); row++) {
        struct commit_person *person = ARENA_NEW(batch->arena, struct commit_person);
        person->key = store_request_int8(request, statement, row, 0);
        person->patient_id = store_request_bytes(request, statement, row, 1);
        person->replaced_by = store_request_int8(request, statement, row, 2);
        person->created = store_request_instant(request, statement, row, 3);
        commit_add_person(batch, person);
    }
}

/* False when a source's person is not among those we locked. Home and Patient id are there where
 * they were asked for; a row without a source record only tells of a person. */
static bool read_sources(struct commit_batch *batch, size_t statement)
{
    const struct store_request *request = batch->request;
    for (size_t row = 0; row < store_request_rows(request, statement); row++) {
        int64_t person = store_request_int8(request, statement, row, 4);
        struct commit_source *source = ARENA_NEW(batch->arena, struct commit_source);
        source->key = store_request_int8(request, statement, row, 0);
        source->site = store_request_bytes(request, statement, row, 1);
        source->system = store_request_bytes(request, statement, row, 2);
        source->value = store_request_bytes(request, statement, row, 3);
        source->person = commit_find_person(batch, person);
        source->home = store_request_int8(request, statement, row, 5);
        source->patient_id = store_request_bytes(request, statement, row, 6);
        if (person != 0 && !source->person)
            return false;
        bool is_there =
            commit_find_source(batch, source->site, source->system, source->value) != NULL;
        if (source->key != 0 && !is_there) /* it may be reached in two ways */
            commit_add_source(batch, source);
    }
    return true;
}

enum resource_kind { KIND_RESOURCE, KIND_CONTRIBUTION, KIND_KEY, KIND_TRANSACTION };

enum resource_column {
    COLUMN_KIND,
    COLUMN_PERSON,
    COLUMN_TYPE,
    COLUMN_NUMBER,
    COLUMN_ID,
    COLUMN_VERSION,
    COLUMN_UPDATED,
    COLUMN_DELETED,
    COLUMN_MERGED,
    COLUMN_SOURCE,
    COLUMN_TIME,
    COLUMN_INBOX,
    COLUMN_HASH,
    COLUMN_MARKS,
    COLUMN_BODY,
    COLUMN_SITE,
    COLUMN_LABELS,
    COLUMN_LABEL_SITE
};

static struct commit_resource *read_resource(struct commit_batch *batch, size_t statement,
                                             size_t row)
{
    const struct store_request *request = batch->request;
    struct commit_resource *resource = ARENA_NEW(batch->arena, struct commit_resource);
    resource->type = store_request_bytes(request, statement, row, COLUMN_TYPE);
    resource->id = store_request_bytes(request, statement, row, COLUMN_ID);
    resource->number = store_request_int8(request, statement, row, COLUMN_NUMBER);
    resource->stored_person = store_request_int8(request, statement, row, COLUMN_PERSON);
    resource->person = commit_find_person(batch, resource->stored_person);
    resource->stored_version = store_request_int4(request, statement, row, COLUMN_VERSION);
    resource->version = resource->stored_version;
    resource->last_updated = store_request_instant(request, statement, row, COLUMN_UPDATED);
    resource->deleted = store_request_boolean(request, statement, row, COLUMN_DELETED);
    resource->merged = store_request_boolean(request, statement, row, COLUMN_MERGED);
    resource->source_key = store_request_int8(request, statement, row, COLUMN_SOURCE);
    resource->source_time = store_request_instant(request, statement, row, COLUMN_TIME);
    resource->inbox_id = store_request_int8(request, statement, row, COLUMN_INBOX);
    resource->marks = store_request_bytes(request, statement, row, COLUMN_MARKS);
    resource->read_marks = resource->marks;
    resource->body = store_request_bytes(request, statement, row, COLUMN_BODY);
    resource->site = store_request_bytes(request, statement, row, COLUMN_SITE);
    resource->labels = (uint32_t)store_request_int4(request, statement, row, COLUMN_LABELS);
    resource->label_site = store_request_bytes(request, statement, row, COLUMN_LABEL_SITE);
    struct slice hash = store_request_bytes(request, statement, row, COLUMN_HASH);
    if (hash.len == sizeof(resource->hash))
        memcpy(resource->hash, hash.ptr, hash.len);
    return resource;
}

struct commit_voice *commit_need_voice(struct commit_batch *batch, struct commit_resource *resource,
                                       int64_t source_key)
{
    struct commit_voice **at = &resource->voices;
    while (*at && (*at)->source_key < source_key)
        at = &(*at)->next;
    if (*at && (*at)->source_key == source_key)
        return *at;
    struct commit_voice *voice = ARENA_NEW(batch->arena, struct commit_voice);
    voice->source_key = source_key;
    voice->next = *at;
    *at = voice;
    return voice;
}

static void read_voice(struct commit_batch *batch, size_t statement, size_t row,
                       struct commit_resource *resource)
{
    const struct store_request *request = batch->request;
    struct commit_voice *voice = commit_need_voice(
        batch, resource, store_request_int8(request, statement, row, COLUMN_SOURCE));
    voice->source_time = store_request_instant(request, statement, row, COLUMN_TIME);
    voice->inbox_id = store_request_int8(request, statement, row, COLUMN_INBOX);
    voice->marks = store_request_bytes(request, statement, row, COLUMN_MARKS);
    voice->body = store_request_bytes(request, statement, row, COLUMN_BODY);
    voice->read_body = voice->body;
    voice->is_mute = store_request_boolean(request, statement, row, COLUMN_DELETED);
    voice->site = store_request_bytes(request, statement, row, COLUMN_SITE);
}

/* Open ones come before labelled ones. */
static void add_read_resource(struct commit_batch *batch, struct commit_resource *resource)
{
    struct commit_resource *open = NULL;
    if (resource->labels)
        open = commit_find_resource(batch, resource->type, resource->id);
    if (!open) {
        commit_add_resource(batch, resource);
        return;
    }
    commit_add_labelled(batch, resource);
    if (open->stored_person == resource->stored_person)
        open->labelled = resource;
}

/* Resources come first, then contributions, keys, and the id of the transaction. */
static bool read_resources(struct commit_batch *batch, size_t statement, struct map *by_number)
{
    const struct store_request *request = batch->request;
    for (size_t row = 0; row < store_request_rows(request, statement); row++) {
        struct slice number = store_request_bytes(request, statement, row, COLUMN_NUMBER);
        struct commit_resource *resource = map_get(by_number, number);
        int32_t kind = store_request_int4(request, statement, row, COLUMN_KIND);
        if (kind == KIND_KEY && resource)
            map_put(&batch->keys, store_request_bytes(request, statement, row, COLUMN_HASH),
                    commit_find_resource(batch, resource->type, resource->id));
        if (kind == KIND_CONTRIBUTION && resource)
            read_voice(batch, statement, row, resource);
        if (kind == KIND_TRANSACTION)
            batch->transaction = store_request_int8(request, statement, row, COLUMN_NUMBER);
        if (kind != KIND_RESOURCE)
            continue;
        if (resource)
            continue; /* reached in two ways */
        resource = read_resource(batch, statement, row);
        if (resource->stored_person != 0 && !resource->person)
            return false;
        map_put(by_number, number, resource);
        add_read_resource(batch, resource);
    }
    return true;
}

bool commit_item_is_keyed(const struct pipeline_item *item)
{
    return item->raw.len > 0 && item->control_id.len > 0 && !item->unkeyed &&
           item->waiting_key == 0;
}

static bool is_claim_of(const struct commit_batch *batch, size_t row,
                        const struct pipeline_item *item)
{
    const struct store_request *request = batch->request;
    return slice_equal(item->control_id, store_request_bytes(request, batch->claims, row, 3)) &&
           slice_equal(item->source, store_request_bytes(request, batch->claims, row, 0)) &&
           slice_equal(item->sending_application,
                       store_request_bytes(request, batch->claims, row, 1)) &&
           slice_equal(item->sending_facility, store_request_bytes(request, batch->claims, row, 2));
}

/* domain rules, section 5: what an earlier message under the same key means for this one. */
static enum commit_claim judge_claim(const struct commit_batch *batch, size_t row,
                                     const struct pipeline_item *item)
{
    const struct store_request *request = batch->request;
    if (store_request_int8(request, batch->claims, row, 7) == (int64_t)item->message_key)
        return COMMIT_CLAIM_MINE;
    if (!store_request_boolean(request, batch->claims, row, 5))
        return COMMIT_CLAIM_MINE; /* rejected then: it may be tried again */
    instant received = store_request_instant(request, batch->claims, row, 6);
    if (item->window_days > 0 && received < item->received - item->window_days * TIME_DAY)
        return COMMIT_CLAIM_MINE; /* a feed that uses its control ids again */
    struct slice hash = store_request_bytes(request, batch->claims, row, 4);
    return slice_equal(hash, DIGEST_SLICE(item->content_hash)) ? COMMIT_CLAIM_DUPLICATE
                                                               : COMMIT_CLAIM_CLASH;
}

static void read_claim(struct commit_batch *batch, struct commit_entry *entry)
{
    if (!commit_item_is_keyed(entry->item))
        return;
    for (size_t row = 0; row < store_request_rows(batch->request, batch->claims); row++) {
        if (!is_claim_of(batch, row, entry->item))
            continue;
        entry->claim = judge_claim(batch, row, entry->item);
        entry->reclaimed = entry->claim == COMMIT_CLAIM_MINE &&
                           store_request_int8(batch->request, batch->claims, row, 7) !=
                               (int64_t)entry->item->message_key;
        if (entry->claim == COMMIT_CLAIM_DUPLICATE) {
            entry->first_answer = store_request_bytes(batch->request, batch->claims, row, 8);
            entry->first_key = (uint64_t)store_request_int8(batch->request, batch->claims, row, 7);
        }
        return;
    }
}

bool commit_batch_read(struct commit_batch *batch)
{
    map_init(&batch->persons, batch->arena);
    map_init(&batch->resources, batch->arena);
    map_init(&batch->keys, batch->arena);
    map_init(&batch->sources, batch->arena);
    for (size_t i = 0; i < batch->count; i++)
        read_claim(batch, &batch->entries[i]);
    commit_held_read(batch);
    read_persons(batch);
    struct map by_number;
    map_init(&by_number, batch->arena);
    return read_sources(batch, batch->linked_sources) &&
           read_sources(batch, batch->sources_found) &&
           read_sources(batch, batch->site_sources_found) &&
           read_resources(batch, batch->resources_found, &by_number) &&
           read_resources(batch, batch->linked_resources, &by_number);
}
