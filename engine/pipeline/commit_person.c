/* commit_person: in whose record a resource stands, and who may say so. See commit_internal.h.
 *
 * A number with a universal assigner names the same resource at every site, so a message can name
 * what another site wrote. Sites may write together of one person. That a resource is another
 * person's than is stored may only be said by a site that is its only source: for that site it is a
 * correction of its own word, for any other it would be the taking of a stranger's record. */
#include "pipeline/commit_internal.h"

#include "fhir/reference.h"
#include "fhir/search_index.h"

struct commit_person *commit_survivor(const struct commit_batch *batch,
                                      struct commit_person *person)
{
    if (!person || person->replaced_by == 0)
        return person;
    return commit_find_person(batch, person->replaced_by);
}

bool commit_is_replaced(const struct commit_resource *resource)
{
    return resource->person && resource->person->replaced_by != 0 &&
           slice_equal(resource->type, SLICE("Patient"));
}

struct commit_person *commit_find_subject(const struct commit_batch *batch, struct slice patient_id)
{
    const struct commit_resource *patient =
        commit_find_resource(batch, SLICE("Patient"), patient_id);
    return patient ? commit_survivor(batch, patient->person) : NULL;
}

bool commit_is_anothers(const struct commit_resource *resource, const struct commit_person *person)
{
    const struct commit_person *holder = resource->person;
    if (!holder || holder == person)
        return false;
    return !person || holder->replaced_by != person->key;
}

bool commit_is_only_source(const struct commit_resource *resource, struct slice site)
{
    if (!resource->merged)
        return slice_equal(resource->site, site);
    for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        if (!slice_equal(voice->site, site))
            return false;
    }
    return true;
}

void commit_name_subject(const struct commit_batch *batch, const struct pipeline_item *item,
                         size_t number, const struct commit_person *person)
{
    const struct fhir_search_table *search = batch->options->search;
    const struct pipeline_write *write = &item->writes[number];
    const struct pipeline_subject *subject = &write->subject;
    struct slice named = subject->id;
    if (!search || !person)
        return;
    if (subject->kind == PIPELINE_SUBJECT_WRITE)
        named = item->writes[subject->write].id;
    struct json *reference = NULL;
    if (slice_equal(named, person->patient_id) ||
        !fhir_search_patient(search, write->body, &reference))
        return;
    struct slice text = fhir_reference_local(SLICE("Patient"), person->patient_id, item->arena);
    json_set(reference, SLICE("reference"), json_string(item->arena, text));
}
