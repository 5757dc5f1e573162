/* commit_move: source records that come to another person. See commit_internal.h.
 *
 * Where a resource stands follows from whose its sources are:
 *   one source       with the person of that source record
 *   several sources  where it is, as long as one of them is of that person; else with the person
 *                    they came to. Who is of somebody else now stays a source and is not heard, so
 *                    that it counts again when it comes back
 *   a Patient        with its person, for ever. What a source record says of the Patient it says of
 *                    the Patient of its person: its word moves with it
 *
 * So a link and the unlink behind it leave every body as it was, and what is said in between is
 * kept by who said it. */
#include "pipeline/commit_internal.h"

#include "fhir/reference.h"
#include "fhir/resource.h"

#include <string.h>

bool commit_source_is_view(const struct commit_source *source)
{
    return slice_equal(source->system, SLICE("Patient"));
}

struct commit_source *commit_source_by_key(const struct commit_batch *batch, int64_t key)
{
    for (size_t i = 0; i < batch->source_count; i++) {
        if (batch->source_list[i]->key == key)
            return batch->source_list[i];
    }
    return NULL;
}

/* Whose a source record is; NULL where it is of nobody at hand. */
static struct commit_person *person_of(const struct commit_batch *batch, int64_t source_key)
{
    const struct commit_source *source = commit_source_by_key(batch, source_key);
    return source ? source->person : NULL;
}

/* --- who -------------------------------------------------------------------------------------- */

static void take(struct commit_source *source, struct commit_person *person)
{
    source->person = person;
    source->is_moved = true;
}

static void set_replacement(struct commit_person *person, int64_t replaced_by)
{
    if (person->replaced_by == replaced_by)
        return;
    person->replaced_by = replaced_by;
    person->is_turned = true;
}

static bool has_record(const struct commit_batch *batch, const struct commit_person *person,
                       bool views_count)
{
    for (size_t i = 0; i < batch->source_count; i++) {
        const struct commit_source *source = batch->source_list[i];
        if (source->person == person && (views_count || !commit_source_is_view(source)))
            return true;
    }
    return false;
}

/* Views go with the last record, and back with the Patient they are of. */
static void take_views(struct commit_batch *batch, struct commit_person *origin,
                       struct commit_person *target)
{
    bool is_left = !has_record(batch, origin, false);
    for (size_t i = 0; i < batch->source_count; i++) {
        struct commit_source *source = batch->source_list[i];
        if (source->person != origin || !commit_source_is_view(source))
            continue;
        if (is_left || source->home == target->key)
            take(source, target);
    }
}

/* Who was replaced by the one who is replaced now points at the same one as that. */
static void replace_person(struct commit_batch *batch, struct commit_person *origin,
                           const struct commit_person *target)
{
    set_replacement(origin, target->key);
    for (size_t i = 0; i < batch->persons.count; i++) {
        struct commit_person *person = batch->persons.entries[i].value;
        if (person->replaced_by == origin->key)
            set_replacement(person, target->key);
    }
}

/* --- bodies ----------------------------------------------------------------------------------- */

struct renaming {
    struct slice from, to; /* "Patient/x" */
    struct arena *arena;
    bool is_needed;
};

static int rename_reference(struct json *reference, struct json *text, void *data)
{
    struct renaming *renaming = data;
    if (!slice_equal(json_text(text), renaming->from))
        return 0;
    renaming->is_needed = true;
    json_set(reference, SLICE("reference"), json_string(renaming->arena, renaming->to));
    return 0;
}

/* True when the body named the Patient. */
static bool rename_patient(struct json *body, const struct commit_person *from,
                           const struct commit_person *to, struct arena *arena)
{
    struct renaming renaming = {
        .from = fhir_reference_local(SLICE("Patient"), from->patient_id, arena),
        .to = fhir_reference_local(SLICE("Patient"), to->patient_id, arena),
        .arena = arena,
    };
    fhir_reference_walk(body, rename_reference, &renaming);
    return renaming.is_needed;
}

static void rename_voices(struct commit_batch *batch, struct commit_resource *resource,
                          const struct commit_person *from, const struct commit_person *to)
{
    for (struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        struct json *body = NULL;
        if (json_parse(voice->body, batch->arena, &body, NULL) != 0 ||
            !rename_patient(body, from, to, batch->arena))
            continue;
        voice->body = commit_print(body, batch->arena);
        voice->is_changed = true;
        voice->is_read = false;
    }
}

/* The body becomes the version at hand, unless it is what is there already. */
static void put_body(struct commit_batch *batch, struct commit_resource *resource,
                     struct json *body, bool is_other)
{
    unsigned char hash[DIGEST_SHA256_SIZE];
    fhir_resource_remove_server_meta(body);
    commit_hash_content(body, hash);
    if (!is_other && memcmp(hash, resource->hash, sizeof(hash)) == 0)
        return;
    memcpy(resource->hash, hash, sizeof(hash));
    commit_new_version(batch, resource, body, batch->arena);
    resource->tree = body;
}

/* --- what is no Patient ----------------------------------------------------------------------- */

/* With whom it stands, by its sources. */
static struct commit_person *holder_of(const struct commit_batch *batch,
                                       const struct commit_resource *resource,
                                       struct commit_person *target)
{
    if (!resource->merged) {
        struct commit_person *person = person_of(batch, resource->source_key);
        return person ? person : resource->person;
    }
    bool is_targets = false;
    for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        const struct commit_person *person = person_of(batch, voice->source_key);
        if (person == resource->person)
            return resource->person;
        is_targets |= person == target;
    }
    return is_targets ? target : resource->person;
}

/* Who is heard from now on. True when that is somebody else than before. */
static bool settle_voices(const struct commit_batch *batch, struct commit_resource *resource,
                          const struct commit_person *holder)
{
    bool is_other = false;
    for (struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        bool is_mute = person_of(batch, voice->source_key) != holder;
        is_other |= is_mute != voice->is_mute;
        voice->is_mute = is_mute;
    }
    return is_other;
}

static void move_resource(struct commit_batch *batch, struct commit_resource *resource,
                          struct commit_person *target)
{
    struct commit_person *origin = resource->person;
    struct commit_person *holder = holder_of(batch, resource, target);
    bool moves = holder != origin;
    bool is_heard_anew = resource->merged && settle_voices(batch, resource, holder);
    if (!moves && !is_heard_anew)
        return;
    if (moves)
        rename_voices(batch, resource, origin, holder);
    struct json *body = commit_tree(batch, resource);
    if (resource->merged)
        body = commit_survivors(batch, resource, body);
    else
        rename_patient(body, origin, holder, batch->arena);
    put_body(batch, resource, body, moves);
    resource->person = holder;
}

static void move_resources(struct commit_batch *batch, const struct commit_person *origin,
                           struct commit_person *target)
{
    for (size_t i = 0; i < batch->resources.count; i++) {
        struct commit_resource *resource = batch->resources.entries[i].value;
        bool is_near = resource->person == origin || resource->person == target;
        if (resource->person && is_near && resource->version > 0 &&
            !slice_equal(resource->type, SLICE("Patient")))
            move_resource(batch, resource, target);
    }
}

/* --- Patients --------------------------------------------------------------------------------- */

/* A Patient taken apart: what each source record of its person says. */
struct patient {
    struct commit_resource *resource;
    bool was_merged;
    int64_t source_key; /* who wrote the version at hand */
};

static struct patient take_apart(struct commit_batch *batch, struct commit_resource *resource)
{
    const struct commit_person *person = resource->person;
    struct patient patient = {resource, resource->merged, resource->source_key};
    /* who is of somebody else now says nothing here: this is what is left where all had gone */
    bool speaks = resource->version > 0 && person_of(batch, resource->source_key) == person;
    if (!resource->merged && speaks)
        commit_begin_voices(batch, resource);
    return patient;
}

/* Voices whose source record is the other one's go there. */
static void pass_voices(struct commit_batch *batch, struct commit_resource *from,
                        struct commit_resource *to)
{
    struct commit_voice **at = &from->voices;
    while (*at) {
        struct commit_voice *voice = *at;
        if (person_of(batch, voice->source_key) != to->person) {
            at = &voice->next;
            continue;
        }
        *at = voice->next;
        struct commit_voice *taken = commit_need_voice(batch, to, voice->source_key);
        struct commit_voice *next = taken->next;
        *taken = *voice;
        taken->next = next;
        taken->read_body = (struct slice){0};
        taken->is_mute = false;
    }
}

/* What is left of the Patient of a person who was replaced (FHIR R4 patient.html#links):
 * `replaced-by` "the patient resource containing this link must no longer be used". */
static struct json *replaced_body(const struct commit_batch *batch, struct json *head,
                                  const struct commit_person *person)
{
    struct arena *arena = batch->arena;
    const struct commit_person *other = commit_find_person(batch, person->replaced_by);
    struct json *body = pipeline_contribution_body(&(struct pipeline_contribution){0}, head, arena);
    json_add(body, SLICE("active"), json_boolean(arena, false));
    struct json *link =
        json_append(json_add(body, SLICE("link"), json_array(arena)), json_object(arena));
    struct json *reference = json_add(link, SLICE("other"), json_object(arena));
    json_add_string(reference, SLICE("reference"),
                    fhir_reference_local(SLICE("Patient"), other->patient_id, arena), arena);
    json_add_string(link, SLICE("type"), SLICE("replaced-by"), arena);
    return body;
}

static struct json *head_of(struct commit_batch *batch, struct commit_resource *resource)
{
    if (resource->version > 0)
        return commit_tree(batch, resource);
    struct json *head = fhir_resource_new(resource->type, batch->arena);
    fhir_resource_set_id(head, resource->id, batch->arena);
    return head;
}

/* It has one source, or none: its body is its contribution, and nothing is kept twice. */
static void make_single(struct commit_resource *resource, const struct commit_voice *voice)
{
    resource->voices = NULL;
    resource->merged = false;
    resource->marks = SLICE("0\n");
    if (!voice)
        return;
    resource->marks = voice->marks;
    resource->source_key = voice->source_key;
    resource->site = voice->site;
    resource->source_time = voice->source_time;
    resource->inbox_id = voice->inbox_id;
}

static void make_several(struct commit_resource *resource)
{
    const struct commit_voice *last = resource->voices;
    resource->merged = true;
    for (struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        voice->is_changed = true;
        last = voice->source_time > last->source_time ? voice : last;
    }
    resource->source_key = last->source_key;
    resource->site = last->site;
    resource->source_time = last->source_time;
    resource->inbox_id = last->inbox_id;
}

static int64_t any_source(const struct commit_batch *batch, const struct commit_person *person)
{
    for (size_t i = 0; i < batch->source_count; i++) {
        if (batch->source_list[i]->person == person)
            return batch->source_list[i]->key;
    }
    return 0;
}

/* The Patient as its voices have it now. What the store keeps of them is written anew. */
static void put_together(struct commit_batch *batch, const struct patient *patient)
{
    struct commit_resource *resource = patient->resource;
    const struct commit_voice *first = resource->voices;
    resource->has_lost_voices |= patient->was_merged && resource->stored_version > 0;
    struct json *head = head_of(batch, resource);
    struct json *body = resource->person->replaced_by != 0
                            ? replaced_body(batch, head, resource->person)
                            : commit_survivors(batch, resource, head);
    if (first && first->next)
        make_several(resource);
    else
        make_single(resource, first);
    if (resource->source_key == 0)
        resource->source_key = any_source(batch, resource->person);
    bool is_other = resource->version == 0 || resource->merged != patient->was_merged ||
                    resource->source_key != patient->source_key;
    put_body(batch, resource, body, is_other);
}

/* --- two faces -------------------------------------------------------------------------------- */

/* What the persons' Patients are, open or labelled; NULL where none of them has that face, and so
 * none is needed. What comes to somebody comes to the face that it has. */
struct faces {
    struct commit_resource *from, *to;
};

static struct commit_resource *patient_of(struct commit_batch *batch, struct commit_person *person)
{
    struct commit_resource *resource =
        commit_find_resource(batch, SLICE("Patient"), person->patient_id);
    if (resource)
        return resource;
    return commit_make_resource(batch, SLICE("Patient"), person->patient_id, person);
}

/* One of the source records says something of the Patient. */
static bool is_said_by(const struct commit_resource *patient, struct commit_source *const *sources,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!patient->merged && patient->source_key == sources[i]->key)
            return true;
        for (const struct commit_voice *voice = patient->voices; voice; voice = voice->next) {
            if (voice->source_key == sources[i]->key)
                return true;
        }
    }
    return false;
}

/* What was labelled only stays so, unless something open comes to it. */
static struct faces open_faces(struct commit_batch *batch, struct commit_source *const *moving,
                               size_t count, struct commit_person *target)
{
    struct commit_resource *from = patient_of(batch, moving[0]->person);
    struct commit_resource *to = patient_of(batch, target);
    if (from->labels || (to->labels && !is_said_by(from, moving, count)))
        return (struct faces){0};
    return (struct faces){from, commit_need_open(batch, to, target)};
}

static bool has_labelled(const struct commit_resource *patient)
{
    return patient->labels || patient->labelled;
}

/* What is labelled in one of them may come to stand in the other. */
static void share_labels(struct commit_resource *patient, const struct commit_resource *other)
{
    if (!patient->labels)
        patient->label_site = other->label_site;
    else if (other->labels && !slice_equal(patient->label_site, other->label_site))
        patient->label_site = (struct slice){0};
    patient->labels |= other->labels;
}

static struct faces labelled_faces(struct commit_batch *batch, struct commit_person *origin,
                                   struct commit_person *target)
{
    struct commit_resource *from = patient_of(batch, origin), *to = patient_of(batch, target);
    if (!has_labelled(from) && !has_labelled(to))
        return (struct faces){0};
    struct faces faces = {commit_need_labelled(batch, from, origin),
                          commit_need_labelled(batch, to, target)};
    share_labels(faces.from, faces.to);
    share_labels(faces.to, faces.from);
    return faces;
}

static void move_voices(struct commit_batch *batch, const struct patient *from,
                        const struct patient *to)
{
    pass_voices(batch, from->resource, to->resource);
    put_together(batch, from);
    put_together(batch, to);
}

/* ---------------------------------------------------------------------------------------------- */

void commit_move_sources(struct commit_batch *batch, struct commit_source *const *moving,
                         size_t count, struct commit_person *target)
{
    struct commit_person *origin = moving[0]->person;
    struct faces labelled = labelled_faces(batch, origin, target);
    struct faces open = open_faces(batch, moving, count, target);
    struct patient patients[4];
    size_t patient_count = 0;
    for (int i = 0; i < 2; i++) {
        const struct faces *faces = i == 0 ? &labelled : &open;
        if (!faces->from)
            continue;
        patients[patient_count++] = take_apart(batch, faces->from);
        patients[patient_count++] = take_apart(batch, faces->to);
    }
    for (size_t i = 0; i < count; i++)
        take(moving[i], target);
    take_views(batch, origin, target);
    set_replacement(target, 0);
    if (!has_record(batch, origin, true))
        replace_person(batch, origin, target);
    move_resources(batch, origin, target);
    for (size_t i = 0; i < patient_count; i += 2)
        move_voices(batch, &patients[i], &patients[i + 1]);
    origin->is_changed = true;
    target->is_changed = true;
}
