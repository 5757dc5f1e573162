/* commit_merge: one write on one resource. See commit_internal.h.
 *
 * A resource with one source is its own contribution. When a second source speaks, both become
 * voices, and the body is what survives of them. A body that comes out as it was makes no version,
 * whatever message it came from; only its marks move on, so that older news does not win later. */
#include "pipeline/commit_internal.h"

#include "fhir/resource.h"
#include "pipeline/label.h"

#include <string.h>

struct slice commit_print(const struct json *body, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(body, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

void commit_hash_content(struct json *body, unsigned char *ret_hash)
{
    struct json *meta = json_get(body, SLICE("meta"));
    struct json *source = meta ? json_remove(meta, SLICE("source")) : NULL;
    struct buffer text;
    buffer_init(&text, 0);
    json_print(body, &text);
    digest_sha256(buffer_slice(&text), ret_hash);
    buffer_release(&text);
    if (source)
        json_add(meta, SLICE("source"), source);
}

static const struct fhir_element *root_of(const struct commit_batch *batch, struct slice type)
{
    if (!batch->options->definitions)
        return NULL;
    const struct fhir_type *definition = fhir_definitions_type(batch->options->definitions, type);
    return definition ? definition->root : NULL;
}

/* The stored body as a tree. What we stored ourselves is JSON; were it not, nothing of it could be
 * kept anyway. */
static struct json *parse_stored(struct slice body, struct arena *arena)
{
    struct json *tree = NULL;
    if (json_parse(body, arena, &tree, NULL) != 0)
        return json_object(arena);
    fhir_resource_remove_server_meta(tree);
    return tree;
}

struct json *commit_tree(struct commit_batch *batch, struct commit_resource *resource)
{
    if (!resource->tree)
        resource->tree = parse_stored(resource->body, batch->arena);
    return resource->tree;
}

/* What the write leaves of its own source. */
struct said {
    struct json *body;
    struct slice marks;
    struct pipeline_contribution contribution;
};

/* --- one source ------------------------------------------------------------------------------- */

static void say_alone(struct commit_batch *batch, const struct pipeline_write *write, instant when,
                      struct said *ret_said)
{
    pipeline_contribution_of(write->body, write->marks, write->mark_count, when,
                             root_of(batch, write->type), batch->arena, &ret_said->contribution);
    pipeline_contribution_overlay(&ret_said->contribution, &(struct pipeline_contribution){0},
                                  write->clears, write->clear_count, when);
    ret_said->body = write->body;
    ret_said->marks = pipeline_contribution_marks(&ret_said->contribution, batch->arena);
}

/* On top of what the same source said before. */
static void say_over(struct commit_batch *batch, struct pipeline_write *write, instant when,
                     const struct json *body, struct slice marks, instant stored_time,
                     struct said *ret_said)
{
    if (write->effect == PIPELINE_REPLACE) {
        say_alone(batch, write, when, ret_said);
        return;
    }
    const struct fhir_element *root = root_of(batch, write->type);
    struct pipeline_contribution fresh;
    pipeline_contribution_of(write->body, write->marks, write->mark_count, when, root, batch->arena,
                             &fresh);
    pipeline_contribution_read(body, marks, stored_time, root, batch->arena,
                               &ret_said->contribution);
    pipeline_contribution_overlay(&ret_said->contribution, &fresh, write->clears,
                                  write->clear_count, when);
    write->outdated =
        when < stored_time && !pipeline_contribution_holds(&ret_said->contribution, &fresh);
    const struct json *head = when >= stored_time ? write->body : body;
    ret_said->body = pipeline_contribution_body(&ret_said->contribution, head, batch->arena);
    ret_said->marks = pipeline_contribution_marks(&ret_said->contribution, batch->arena);
}

/* --- several sources -------------------------------------------------------------------------- */

/* What `other`, which has one source, says becomes a voice of the resource, of which there may be
 * more from here on. */
static void begin_voices(struct commit_batch *batch, struct commit_resource *resource,
                         const struct commit_resource *other)
{
    struct commit_voice *first = commit_need_voice(batch, resource, other->source_key);
    first->site = other->site;
    first->source_time = other->source_time;
    first->inbox_id = other->inbox_id;
    first->marks = other->marks;
    first->body = other->body;
    first->is_changed = true;
    resource->merged = true;
}

void commit_begin_voices(struct commit_batch *batch, struct commit_resource *resource)
{
    begin_voices(batch, resource, resource);
}

void commit_begin_with(struct commit_batch *batch, struct commit_resource *resource,
                       struct commit_resource *other)
{
    resource->has_first_voices = true;
    resource->last_updated = other->last_updated;
    if (!other->merged) {
        begin_voices(batch, resource, other);
        return;
    }
    resource->merged = true;
    for (const struct commit_voice *voice = other->voices; voice; voice = voice->next) {
        struct commit_voice *same = commit_need_voice(batch, resource, voice->source_key);
        struct commit_voice *next = same->next;
        *same = *voice;
        same->read_body = (struct slice){0};
        same->is_changed = true;
        same->next = next;
    }
}

static void read_voice(struct commit_batch *batch, const struct commit_resource *resource,
                       struct commit_voice *voice)
{
    if (voice->is_read)
        return;
    pipeline_contribution_read(parse_stored(voice->body, batch->arena), voice->marks,
                               voice->source_time, root_of(batch, resource->type), batch->arena,
                               &voice->contribution);
    voice->is_read = true;
}

struct json *commit_survivors(struct commit_batch *batch, struct commit_resource *resource,
                              const struct json *head)
{
    size_t count = 0;
    for (struct commit_voice *voice = resource->voices; voice; voice = voice->next)
        count++;
    const struct pipeline_contribution **all =
        ARENA_ARRAY(batch->arena, count, const struct pipeline_contribution *);
    count = 0;
    for (struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        if (voice->is_mute)
            continue;
        read_voice(batch, resource, voice);
        all[count++] = &voice->contribution;
    }
    if (count == 1)
        return pipeline_contribution_body(all[0], head, batch->arena);
    struct pipeline_contribution joined;
    pipeline_contribution_survive(all, count, batch->arena, &joined);
    return pipeline_contribution_body(&joined, head, batch->arena);
}

static struct json *say_as_voice(struct commit_batch *batch, const struct commit_entry *entry,
                                 struct pipeline_write *write, instant when,
                                 struct commit_resource *resource,
                                 const struct commit_source *source)
{
    if (!resource->merged)
        begin_voices(batch, resource, resource);
    struct commit_voice *voice = commit_need_voice(batch, resource, source->key);
    voice->site = source->site;
    struct said said;
    if (voice->body.len == 0)
        say_alone(batch, write, when, &said);
    else
        say_over(batch, write, when, parse_stored(voice->body, batch->arena), voice->marks,
                 voice->source_time, &said);
    voice->contribution = said.contribution;
    voice->is_read = true;
    /* without the head: meta.source differs with each message that says the same */
    struct slice body = commit_print(
        pipeline_contribution_body(&said.contribution, NULL, batch->arena), batch->arena);
    if (!slice_equal(body, voice->body) || !slice_equal(said.marks, voice->marks)) {
        voice->body = body;
        voice->marks = said.marks;
        voice->inbox_id = (int64_t)entry->item->message_key;
        voice->is_changed = true;
    }
    if (voice->source_time < when)
        voice->source_time = when;
    return commit_survivors(batch, resource, write->body);
}

/* --- versions --------------------------------------------------------------------------------- */

/* Keeps the version at hand when it was made by this batch and never gets into the table. */
static void pass_version(struct commit_batch *batch, struct commit_resource *resource)
{
    if (!resource->has_new_version)
        return;
    struct commit_version *passed = ARENA_NEW(batch->arena, struct commit_version);
    *passed = (struct commit_version){.person = resource->person,
                                      .version = resource->version,
                                      .last_updated = resource->last_updated,
                                      .source_key = resource->source_key,
                                      .source_time = resource->source_time,
                                      .inbox_id = resource->inbox_id,
                                      .body = resource->body,
                                      .next = resource->passed};
    resource->passed = passed;
}

void commit_new_version(struct commit_batch *batch, struct commit_resource *resource,
                        struct json *body, struct arena *arena)
{
    pass_version(batch, resource);
    resource->version++;
    /* never before the version it follows, even where the clock was set back */
    instant earliest = resource->last_updated + 1000;
    resource->last_updated = batch->now > earliest ? batch->now : earliest;
    fhir_resource_set_version(body, arena_format(arena, "%d", resource->version), arena);
    fhir_resource_set_last_updated(body, resource->last_updated, arena);
    resource->body = commit_print(body, batch->arena);
    resource->deleted = false;
    resource->has_new_version = true;
}

/* It was another person's: what was said of that one is no part of what is said of this one. */
static void forget_voices(struct commit_resource *resource)
{
    resource->has_lost_voices |= resource->merged;
    resource->merged = false;
    resource->voices = NULL;
}

instant commit_item_time(const struct pipeline_item *item)
{
    return item->source_time ? item->source_time : item->received;
}

void commit_merge(struct commit_batch *batch, const struct commit_entry *entry,
                  struct pipeline_write *write, struct commit_resource *resource,
                  struct commit_person *person, const struct commit_source *source)
{
    const struct pipeline_item *item = entry->item;
    instant when = commit_item_time(item);
    bool was_there = resource->version > 0 && !resource->deleted;
    bool moves = resource->person != person;
    bool begins = (!was_there && !resource->has_first_voices) ||
                  (resource->person && commit_is_anothers(resource, person));
    fhir_resource_remove_server_meta(write->body);
    if (begins)
        forget_voices(resource);

    struct said said = {0};
    write->outdated = false;
    if (begins)
        say_alone(batch, write, when, &said);
    else if (resource->merged || resource->source_key != source->key)
        said.body = say_as_voice(batch, entry, write, when, resource, source);
    else
        say_over(batch, write, when, commit_tree(batch, resource), resource->marks,
                 resource->source_time, &said);

    unsigned char hash[DIGEST_SHA256_SIZE];
    fhir_resource_remove_server_meta(said.body);
    pipeline_labels_put(said.body, resource->labels, item->arena);
    commit_hash_content(said.body, hash);
    write->created = !was_there;
    write->unchanged = was_there && !moves && memcmp(hash, resource->hash, sizeof(hash)) == 0;
    resource->has_new_marks |= !slice_equal(said.marks, resource->marks);
    resource->marks = said.marks;
    if (!write->unchanged) {
        if (resource->person)
            resource->person->is_changed = true;
        /* the body may be the item's own, and outlives a batch that is run again */
        commit_new_version(batch, resource, said.body, item->arena);
        memcpy(resource->hash, hash, sizeof(hash));
        resource->tree = said.body;
        resource->person = person;
        resource->source_key = source->key;
        resource->site = source->site;
        resource->inbox_id = (int64_t)item->message_key;
    }
    if (resource->source_time < when || begins)
        resource->source_time = when;
    if (person)
        person->is_changed |= !write->unchanged;
    if (item->raw.len == 0)
        write->text = arena_copy(item->arena, resource->body);
}
