/* commit_apply: the items of a batch on the working set. See commit_internal.h.
 *
 * Each item in two passes, because it is all or nothing: first every condition is looked at and
 * nothing is changed, then persons, ids and references are settled and the writes are merged. */
#include "pipeline/commit_internal.h"

#include "fhir/resource.h"

static bool is_patient(struct slice type)
{
    return slice_equal(type, SLICE("Patient"));
}

/* The Patient of a person. */
static struct commit_resource *patient_of(const struct commit_batch *batch,
                                          const struct commit_person *person)
{
    return person ? commit_find_resource(batch, SLICE("Patient"), person->patient_id) : NULL;
}

/* --- which resource a write means ------------------------------------------------------------- */

static struct commit_resource *find_by_keys(const struct commit_batch *batch,
                                            const struct pipeline_write *write)
{
    if (write->digest_count == 0)
        return commit_find_resource(batch, write->type, write->id);
    for (size_t i = 0; i < write->digest_count; i++) {
        struct commit_resource *found = commit_find_key(batch, write->digests[i]);
        if (found)
            return found;
    }
    return NULL;
}

/* A Patient by its source record, by its keys, or by an identifier it shares with a record of
 * another site, in this order. */
static struct commit_resource *find_patient(const struct commit_batch *batch,
                                            const struct pipeline_item *item, size_t number)
{
    const struct pipeline_person *person = commit_item_person(item, number);
    const struct commit_source *source =
        person ? commit_find_source(batch, person->site, person->system, person->value) : NULL;
    if (source && source->person)
        return patient_of(batch, commit_survivor(batch, source->person));
    struct commit_resource *found = find_by_keys(batch, &item->writes[number]);
    for (size_t i = 0; person && !found && i < person->link_count; i++)
        found = commit_find_key(batch, person->links[i]);
    if (found && found->person)
        return patient_of(batch, commit_survivor(batch, found->person));
    return found;
}

/* The resource a write means, or NULL for a new one. */
static struct commit_resource *find_target(const struct commit_batch *batch,
                                           const struct pipeline_item *item, size_t number)
{
    if (is_patient(item->writes[number].type))
        return find_patient(batch, item, number);
    return find_by_keys(batch, &item->writes[number]);
}

/* Whose record a write is part of, as far as is known before anything is made; NULL for nobody's
 * and for a person who is new. */
static struct commit_person *find_person(const struct commit_batch *batch,
                                         const struct pipeline_item *item,
                                         const struct pipeline_subject *subject)
{
    const struct commit_resource *patient = NULL;
    switch (subject->kind) {
    case PIPELINE_SUBJECT_NONE:
        return NULL;
    case PIPELINE_SUBJECT_WRITE:
        patient = find_patient(batch, item, subject->write);
        return patient ? patient->person : NULL;
    case PIPELINE_SUBJECT_ID:
        return commit_find_subject(batch, subject->id);
    }
    return NULL;
}

/* --- first pass: may it be? ------------------------------------------------------------------- */

bool commit_refuse(struct pipeline_item *item, size_t number, enum issue_code code,
                   const char *words)
{
    item->refused_write = number;
    if (!issue_list_failed(&item->issues)) /* said already when the batch was run before */
        issue_report(&item->issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return false;
}

/* What is stored of one person may be said to be another's by its only source and nobody else. */
static bool may_move(const struct commit_batch *batch, struct commit_entry *entry, size_t number,
                     const struct commit_resource *target)
{
    struct pipeline_item *item = entry->item;
    const struct commit_person *person = find_person(batch, item, &item->writes[number].subject);
    if (!commit_is_anothers(target, person) || commit_is_only_source(target, item->site))
        return true;
    entry->person = target->person; /* whose record it would have been, for the audit */
    return commit_refuse(
        item, number, ISSUE_CONFLICT,
        "what is named here is stored of another patient, and another site has written "
        "of it; send an identifier by which both sites know the patient, or a number of "
        "your own");
}

/* A client's sight ends where persons begin whom it does not treat, and at labels. Nobody becomes a
 * clinic of somebody by the id of a Patient alone, whatever stands under it; and what is told of a
 * write under a label would hold what others say there. */
static bool may_see(const struct commit_batch *batch, const struct commit_entry *entry,
                    size_t number, struct commit_resource *target)
{
    struct pipeline_item *item = entry->item;
    const struct pipeline_write *write = &item->writes[number];
    uint32_t labels = commit_write_labels(item, write);
    const struct commit_resource *face = commit_face(target, labels);
    const struct commit_resource *stored = is_patient(write->type) ? target : face;
    if (!item->viewer)
        return true;
    if (write->subject.kind == PIPELINE_SUBJECT_ID &&
        !commit_sight_has(batch, entry, SLICE("Patient"), write->subject.id, false))
        return commit_refuse(item, number, ISSUE_UNKNOWN_KEY, "the subject is not known here");
    if (labels && !item->labels)
        return commit_refuse(item, number, ISSUE_BUSINESS_RULE,
                             "a label is given by the settings of the site that writes");
    bool is_seen =
        !stored || stored->deleted || commit_sight_has(batch, entry, write->type, write->id, false);
    bool is_seen_labelled = !face || !face->labels || face->deleted ||
                            commit_sight_has(batch, entry, write->type, write->id, true);
    if (is_seen && is_seen_labelled)
        return true;
    return commit_refuse(item, number, ISSUE_CONFLICT, "the resource is there already");
}

static bool may_write(const struct commit_batch *batch, struct commit_entry *entry, size_t number)
{
    struct pipeline_item *item = entry->item;
    const struct pipeline_write *write = &item->writes[number];
    struct commit_resource *target = find_target(batch, item, number);
    const struct commit_resource *face = commit_face(target, commit_write_labels(item, write));
    bool is_there = face && !face->deleted;
    bool personal = write->subject.kind != PIPELINE_SUBJECT_NONE || is_patient(write->type);
    bool fits = !target || personal == (target->person != NULL);
    if (write->effect == PIPELINE_TOUCH)
        return is_patient(write->type) || !face || !fits || may_move(batch, entry, number, face);
    if (!may_see(batch, entry, number, target))
        return false;
    if (write->must_be_new && is_there)
        return commit_refuse(item, number, ISSUE_CONFLICT, "the resource is there already");
    if (write->expected_version != 0 &&
        (!is_there || (uint64_t)face->version != write->expected_version))
        return commit_refuse(item, number, ISSUE_PRECONDITION, "the resource has another version");
    if (write->subject.kind == PIPELINE_SUBJECT_ID &&
        !commit_find_subject(batch, write->subject.id))
        return commit_refuse(item, number, ISSUE_UNKNOWN_KEY, "the subject is not known here");
    if (!fits)
        return commit_refuse(item, number, ISSUE_CONFLICT,
                             personal
                                 ? "the resource is stored as one of no person"
                                 : "the resource is stored as a person's, and names none here");
    return is_patient(write->type) || !face || may_move(batch, entry, number, face);
}

static bool are_of_one_person(const struct commit_batch *batch, const struct pipeline_item *item,
                              const struct pipeline_subject *a, const struct pipeline_subject *b)
{
    if (a->write == b->write)
        return true;
    const struct commit_person *one = find_person(batch, item, a);
    const struct commit_person *two = find_person(batch, item, b);
    if (one || two || a->write >= item->write_count || b->write >= item->write_count)
        return one == two;
    return slice_equal(item->writes[a->write].id, item->writes[b->write].id); /* both are new */
}

/* Two writes of one request that mean the same resource (FHIR R4 http.html#transaction: "If any
 * resource identities (including resolved identities from conditional update/delete) overlap in
 * steps 1-3, then the transaction SHALL fail."), and two of one message that say that it is of two
 * persons. */
static bool is_said_once(const struct commit_batch *batch, struct pipeline_item *item)
{
    struct map named;
    map_init(&named, batch->arena);
    for (size_t number = 0; number < item->write_count; number++) {
        struct pipeline_write *write = &item->writes[number];
        const struct commit_resource *target = find_target(batch, item, number);
        struct slice id = target ? target->id : write->id;
        struct slice name =
            arena_format(batch->arena, "%.*s/%.*s", SLICE_ARG(write->type), SLICE_ARG(id));
        const struct pipeline_write *other = map_put(&named, name, write);
        if (!other || write->effect == PIPELINE_TOUCH)
            continue;
        if (write->effect == PIPELINE_REPLACE)
            return commit_refuse(item, number, ISSUE_STRUCTURE,
                                 "the same resource is written twice");
        if (!are_of_one_person(batch, item, &write->subject, &other->subject))
            return commit_refuse(item, number, ISSUE_CONFLICT, "it is said to be of two patients");
    }
    return true;
}

static bool may_run(const struct commit_batch *batch, struct commit_entry *entry)
{
    struct pipeline_item *item = entry->item;
    bool is_request = item->raw.len == 0;
    item->refused_write = SIZE_MAX;
    for (size_t number = 0; number < item->write_count; number++) {
        if (!may_write(batch, entry, number))
            return false;
    }
    bool may_double = is_request ? item->write_count > 1 : item->person_count > 1;
    if (may_double && !is_said_once(batch, item))
        return false;
    return commit_act_may_run(batch, item);
}

/* --- second pass: persons and ids ------------------------------------------------------------- */

void commit_give_key(struct commit_batch *batch, const unsigned char *digest,
                     struct commit_resource *resource)
{
    if (commit_find_key(batch, digest))
        return;
    if (batch->new_key_count == batch->new_key_capacity) {
        size_t capacity = batch->new_key_capacity ? batch->new_key_capacity * 2 : 256;
        batch->new_keys = arena_grow(batch->arena, batch->new_keys,
                                     batch->new_key_capacity * sizeof(*batch->new_keys),
                                     capacity * sizeof(*batch->new_keys));
        batch->new_key_capacity = capacity;
    }
    batch->new_keys[batch->new_key_count++] = (struct commit_key){digest, resource};
    map_put(&batch->keys, (struct slice){(const char *)digest, DIGEST_SHA256_SIZE}, resource);
}

struct commit_resource *commit_make_resource(struct commit_batch *batch, struct slice type,
                                             struct slice id, struct commit_person *person)
{
    struct commit_resource *resource = ARENA_NEW(batch->arena, struct commit_resource);
    resource->type = type;
    resource->id = id;
    resource->number = commit_number(batch);
    resource->person = person;
    commit_add_resource(batch, resource);
    return resource;
}

struct commit_person *commit_make_person(struct commit_batch *batch, struct slice patient_id)
{
    struct commit_person *person = ARENA_NEW(batch->arena, struct commit_person);
    person->key = commit_number(batch);
    person->patient_id = patient_id;
    person->created = batch->now;
    person->is_new = true;
    commit_add_person(batch, person);
    return person;
}

struct commit_source *commit_need_source(struct commit_batch *batch, struct slice site,
                                         struct slice system, struct slice value,
                                         struct commit_person *person, struct slice patient_id)
{
    struct commit_source *source = commit_find_source(batch, site, system, value);
    if (source)
        return source;
    source = ARENA_NEW(batch->arena, struct commit_source);
    *source = (struct commit_source){.key = commit_number(batch),
                                     .site = site,
                                     .system = system,
                                     .value = value,
                                     .person = person,
                                     .patient_id = patient_id,
                                     .home = person ? person->key : 0,
                                     .is_new = true};
    commit_add_source(batch, source);
    return source;
}

/* Who speaks: the record the message itself names, else the site's record of the person, else the
 * site's view of the Patient under our own id. */
static struct commit_source *source_of_person(struct commit_batch *batch,
                                              const struct pipeline_item *item,
                                              struct commit_person *person,
                                              const struct pipeline_person *named,
                                              struct slice patient_id)
{
    if (named)
        return commit_need_source(batch, named->site, named->system, named->value, person,
                                  patient_id);
    struct commit_source *source = commit_find_source_of(batch, item->site, person);
    if (source)
        return source;
    return commit_need_source(batch, item->site, SLICE("Patient"), person->patient_id, person,
                              patient_id);
}

/* What becomes of one write. */
struct step {
    struct commit_resource *target; /* NULL for a touch of what is not there */
    struct commit_source *source;
    struct commit_person *person; /* whom it is about; NULL: nobody */
    bool is_mute;                 /* it changes nothing, */
    bool is_overtaken;            /* because its site has said something newer */
};

/* The state of one item while it is run. The item itself stays as it was handed over, because it
 * may be run again. */
struct run {
    struct commit_batch *batch;
    struct commit_entry *entry;
    struct step *steps; /* one for each write */
};

static void settle_patient(struct run *run, size_t number)
{
    struct commit_batch *batch = run->batch;
    struct pipeline_item *item = run->entry->item;
    const struct pipeline_write *write = &item->writes[number];
    const struct pipeline_person *named = commit_item_person(item, number);
    struct commit_resource *patient = find_patient(batch, item, number);
    /* nobody is without a Patient: what was only to be touched is written if it is not there */
    bool is_mute =
        commit_face(patient, commit_write_labels(item, write)) && write->effect == PIPELINE_TOUCH;
    if (!patient)
        patient = commit_make_resource(batch, write->type, write->id,
                                       commit_make_person(batch, write->id));
    run->steps[number] =
        (struct step){.target = patient,
                      .source = source_of_person(batch, item, patient->person, named, write->id),
                      .person = patient->person,
                      .is_mute = is_mute};
    for (size_t i = 0; i < write->digest_count; i++)
        commit_give_key(batch, write->digests[i], patient);
    for (size_t i = 0; named && i < named->link_count; i++)
        commit_give_key(batch, named->links[i], patient);
    if (!run->entry->person)
        run->entry->person = patient->person;
}

static struct commit_person *subject_of(const struct run *run, const struct pipeline_write *write)
{
    switch (write->subject.kind) {
    case PIPELINE_SUBJECT_NONE:
        return NULL;
    case PIPELINE_SUBJECT_WRITE:
        return run->steps[write->subject.write].person;
    case PIPELINE_SUBJECT_ID:
        return commit_find_subject(run->batch, write->subject.id);
    }
    return NULL;
}

/* A message that is older than what is stored does not make the resource another person's again. */
static bool is_overtaken(const struct pipeline_item *item, const struct pipeline_write *write,
                         const struct commit_resource *target, const struct commit_person *person)
{
    return write->effect == PIPELINE_OVERLAY && commit_is_anothers(target, person) &&
           commit_item_time(item) < target->source_time;
}

static struct commit_source *source_of(const struct run *run, const struct pipeline_write *write,
                                       struct commit_person *person)
{
    const struct pipeline_item *item = run->entry->item;
    if (!person)
        return commit_need_source(run->batch, item->site, SLICE(""), SLICE(""), NULL, SLICE(""));
    if (write->subject.kind == PIPELINE_SUBJECT_WRITE)
        return run->steps[write->subject.write].source;
    return source_of_person(run->batch, item, person, NULL, person->patient_id);
}

static void settle_other(struct run *run, size_t number)
{
    struct commit_batch *batch = run->batch;
    const struct pipeline_item *item = run->entry->item;
    const struct pipeline_write *write = &item->writes[number];
    struct step *step = &run->steps[number];
    *step = (struct step){.target = find_by_keys(batch, write), .is_mute = true};
    if (!step->target && write->effect == PIPELINE_TOUCH)
        return;
    step->person = subject_of(run, write);
    if (!step->target)
        step->target = commit_make_resource(batch, write->type, write->id, step->person);
    for (size_t i = 0; i < write->digest_count; i++)
        commit_give_key(batch, write->digests[i], step->target);
    const struct commit_resource *face =
        commit_face(step->target, commit_write_labels(item, write));
    step->is_overtaken = face && is_overtaken(item, write, face, step->person);
    if (write->effect == PIPELINE_TOUCH || step->is_overtaken)
        return;
    step->is_mute = false;
    step->source = source_of(run, write, step->person);
    if (!run->entry->person)
        run->entry->person = step->person;
}

/* --- second pass: references ------------------------------------------------------------------ */

static void set_reference(const struct pipeline_reference *reference,
                          const struct commit_resource *target, struct arena *arena)
{
    struct slice text =
        arena_format(arena, "%.*s/%.*s", SLICE_ARG(target->type), SLICE_ARG(target->id));
    if (!slice_equal(json_get_text(reference->node, SLICE("reference")), text))
        json_set(reference->node, SLICE("reference"), json_string(arena, text));
}

/* What is looked for and is not there stays a logical reference: only `reference` goes. */
static void settle_references(const struct run *run, const struct pipeline_write *write)
{
    struct arena *arena = run->entry->item->arena;
    uint32_t labels = commit_write_labels(run->entry->item, write);
    for (size_t i = 0; i < write->reference_count; i++) {
        const struct pipeline_reference *reference = &write->references[i];
        bool inside = reference->write < run->entry->item->write_count;
        const struct commit_resource *target = NULL;
        if (inside)
            target = run->steps[reference->write].target;
        else if (reference->digest)
            target = commit_face(commit_find_key(run->batch, reference->digest), labels);
        if (target)
            set_reference(reference, target, arena);
        else if (!inside && reference->digest)
            json_remove(reference->node, SLICE("reference"));
    }
}

static void run_write(const struct run *run, size_t number)
{
    struct pipeline_item *item = run->entry->item;
    struct pipeline_write *write = &item->writes[number];
    const struct step *step = &run->steps[number];
    write->final_id = arena_copy(item->arena, step->target ? step->target->id : write->id);
    write->created = false;
    write->unchanged = true;
    write->outdated = step->is_overtaken;
    const struct commit_resource *face =
        commit_face(step->target, commit_write_labels(item, write));
    if (!step->is_mute) {
        settle_references(run, write);
        commit_name_subject(run->batch, item, number, step->person);
        fhir_resource_set_id(write->body, write->final_id, item->arena);
        face = commit_label_merge(run->batch, run->entry, write, step->target, step->person,
                                  step->source);
    }
    write->version = face ? (uint64_t)face->version : 0;
    write->last_updated = face ? face->last_updated : 0;
}

static void run_item(struct commit_batch *batch, struct commit_entry *entry)
{
    const struct pipeline_item *item = entry->item;
    struct run run = {
        .batch = batch,
        .entry = entry,
        .steps = ARENA_ARRAY(batch->arena, item->write_count + 1, struct step),
    };
    for (size_t number = 0; number < item->write_count; number++) {
        if (is_patient(item->writes[number].type))
            settle_patient(&run, number);
    }
    for (size_t number = 0; number < item->write_count; number++) {
        if (!is_patient(item->writes[number].type))
            settle_other(&run, number);
    }
    for (size_t number = 0; number < item->write_count; number++)
        run_write(&run, number);
    commit_act_run(batch, entry);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Our control id: the instance's name and the message's number in base 36, at most 20 characters
 * for ever (older versions' limit of MSH-10). */
static struct slice control_id_of(const struct commit_batch *batch,
                                  const struct pipeline_item *item)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char text[13];
    size_t at = sizeof(text);
    for (uint64_t number = item->message_key; number > 0; number /= 36)
        text[--at] = digits[number % 36];
    struct slice name = slice_part(batch->options->instance_name, 0, 8);
    return arena_format(item->arena, "%.*s-%.*s", SLICE_ARG(name), (int)(sizeof(text) - at),
                        text + at);
}

/* The answer is made once for each outcome, also when the batch is run again: the same outcome may
 * only be said in one way, and another one (a race that was lost) must be said anew. */
static void make_answer(struct commit_batch *batch, struct commit_entry *entry)
{
    struct pipeline_item *item = entry->item;
    if (!item->answer || (item->answer_text.len > 0 && item->answered == entry->outcome))
        return;
    item->answered = entry->outcome;
    struct buffer text;
    buffer_init(&text, 0);
    item->answer(item, entry->outcome, control_id_of(batch, item), &text);
    item->answer_text = arena_copy(item->arena, buffer_slice(&text));
    buffer_release(&text);
}

static void apply_entry(struct commit_batch *batch, struct commit_entry *entry)
{
    struct pipeline_item *item = entry->item;
    entry->outcome = PIPELINE_COMMITTED;
    if (entry->claim == COMMIT_CLAIM_DUPLICATE) {
        entry->outcome = PIPELINE_DUPLICATE;
        item->answer_text = arena_copy(item->arena, entry->first_answer);
        return;
    }
    if (entry->claim == COMMIT_CLAIM_CLASH)
        entry->outcome = PIPELINE_KEY_CLASH;
    else if (commit_held_waits(batch, entry))
        entry->outcome = PIPELINE_HELD;
    else if (!item->refused && !may_run(batch, entry))
        entry->outcome = PIPELINE_FAILED;
    else if (!item->refused)
        run_item(batch, entry);
    if (entry->outcome != PIPELINE_FAILED)
        make_answer(batch, entry);
}

void commit_batch_apply(struct commit_batch *batch)
{
    batch->now = pipeline_clock_now(batch->options->clock) / 1000 * 1000;
    for (size_t i = 0; i < batch->count; i++)
        apply_entry(batch, &batch->entries[i]);
}
