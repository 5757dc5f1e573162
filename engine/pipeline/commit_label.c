/* commit_label: what is open and what is labelled. See commit_internal.h.
 *
 * Of a resource of which open and labelled sources speak there are two under one id:
 *
 *   open sources ──▶ the open one, as if there were no other
 *        └─────────▶ the labelled one ◀── labelled sources
 *
 * Who may not see labels is shown the open one, with its own versions, and can tell by nothing that
 * there is more. Who may is shown the labelled one, which holds all.
 *
 * A client writes of persons whom it may see, and over what it may see; the rest is as if it were
 * not there, but that an open id is taken. */
#include "pipeline/commit_internal.h"

#include "pipeline/label.h"
#include "store/search.h"

uint32_t commit_write_labels(const struct pipeline_item *item, const struct pipeline_write *write)
{
    return item->labels | write->labels | pipeline_labels_of(write->body);
}

struct commit_resource *commit_face(struct commit_resource *resource, uint32_t labels)
{
    if (!resource)
        return NULL;
    if (labels)
        return resource->labelled ? resource->labelled : resource;
    return resource->labels ? NULL : resource;
}

/* --- who may write ---------------------------------------------------------------------------- */

static bool sees_all(const struct pipeline_item *item)
{
    return !item->viewer || item->viewer->sees_all;
}

static void ask_sight(struct commit_batch *batch, struct commit_entry *entry)
{
    const struct pipeline_item *item = entry->item;
    const struct pipeline_viewer *viewer = item->viewer;
    const struct store_viewer looks = {.site = viewer->site,
                                       .names = viewer->names,
                                       .name_count = viewer->name_count,
                                       .sees_all = viewer->sees_all,
                                       .purposes = viewer->purposes,
                                       .moment = pipeline_clock_now(batch->options->clock)};
    struct store_value values[STORE_VIEWER_VALUES + 2];
    struct store_column types, ids;
    store_column_init(&types, STORE_TEXT, batch->arena);
    store_column_init(&ids, STORE_TEXT, batch->arena);
    for (size_t i = 0; i < item->write_count; i++) {
        const struct pipeline_write *write = &item->writes[i];
        store_column_add_bytes(&types, write->type);
        store_column_add_bytes(&ids, write->id);
        if (write->subject.kind != PIPELINE_SUBJECT_ID)
            continue;
        store_column_add_bytes(&types, SLICE("Patient"));
        store_column_add_bytes(&ids, write->subject.id);
    }
    store_viewer_values(&looks, batch->arena, values);
    values[STORE_VIEWER_VALUES] = store_column_value(&types);
    values[STORE_VIEWER_VALUES + 1] = store_column_value(&ids);
    entry->sight =
        store_request_add(batch->request, STORE_SQL_FIND_SIGHT, values, STORE_VIEWER_VALUES + 2);
}

void commit_sight_ask(struct commit_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct commit_entry *entry = &batch->entries[i];
        entry->sight = SIZE_MAX;
        if (!sees_all(entry->item))
            ask_sight(batch, entry);
    }
}

bool commit_sight_has(const struct commit_batch *batch, const struct commit_entry *entry,
                      struct slice type, struct slice id, bool labelled)
{
    if (entry->sight == SIZE_MAX)
        return true;
    for (size_t row = 0; row < store_request_rows(batch->request, entry->sight); row++) {
        if (slice_equal(store_request_bytes(batch->request, entry->sight, row, 0), type) &&
            slice_equal(store_request_bytes(batch->request, entry->sight, row, 1), id) &&
            (!labelled || store_request_boolean(batch->request, entry->sight, row, 2)))
            return true;
    }
    return false;
}

/* --- two faces -------------------------------------------------------------------------------- */

static void add_labels(struct commit_resource *resource, uint32_t labels, struct slice site)
{
    if (!resource->labels)
        resource->label_site = site;
    else if (!slice_equal(resource->label_site, site))
        resource->label_site = (struct slice){0};
    resource->labels |= labels;
}

static struct commit_resource *make_face(struct commit_batch *batch,
                                         const struct commit_resource *other,
                                         struct commit_person *person)
{
    struct commit_resource *resource = ARENA_NEW(batch->arena, struct commit_resource);
    resource->type = other->type;
    resource->id = other->id;
    resource->number = commit_number(batch);
    resource->person = person;
    return resource;
}

/* The labelled one: what stands there, a new resource itself, or one that begins with all that the
 * open one says now. */
struct commit_resource *commit_need_labelled(struct commit_batch *batch,
                                             struct commit_resource *resource,
                                             struct commit_person *person)
{
    if (resource->labels || resource->version == 0)
        return resource;
    if (resource->labelled)
        return resource->labelled;
    struct commit_resource *labelled = make_face(batch, resource, person);
    commit_add_labelled(batch, labelled);
    if (commit_is_anothers(resource, person))
        return labelled;
    commit_begin_with(batch, labelled, resource);
    resource->labelled = labelled;
    return labelled;
}

/* The open one beside what was only labelled until now. */
struct commit_resource *commit_need_open(struct commit_batch *batch,
                                         struct commit_resource *labelled,
                                         struct commit_person *person)
{
    if (!labelled->labels)
        return labelled;
    struct commit_resource *open = make_face(batch, labelled, person);
    commit_add_resource(batch, open);
    commit_add_labelled(batch, labelled);
    labelled->open = open;
    if (!commit_is_anothers(labelled, person))
        open->labelled = labelled;
    return open;
}

struct commit_resource *
commit_label_merge(struct commit_batch *batch, const struct commit_entry *entry,
                   struct pipeline_write *write, struct commit_resource *resource,
                   struct commit_person *person, const struct commit_source *source)
{
    uint32_t labels = commit_write_labels(entry->item, write);
    if (labels) {
        struct commit_resource *labelled = commit_need_labelled(batch, resource, person);
        add_labels(labelled, labels, source->site);
        commit_merge(batch, entry, write, labelled, person, source);
        return labelled;
    }
    struct commit_resource *open = commit_need_open(batch, resource, person);
    /* what it says of another person from now on is no part of what is labelled of this one */
    if (open->labelled && commit_is_anothers(open->labelled, person))
        open->labelled = NULL;
    if (open->labelled)
        commit_merge(batch, entry, write, open->labelled, person, source);
    commit_merge(batch, entry, write, open, person, source);
    return open;
}
