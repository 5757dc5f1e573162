/* bundle: Bundles written. bundle_read.c reads them. */
#include "fhir/bundle.h"

#include "fhir/resource.h"

#include <inttypes.h>

struct json *fhir_bundle_new(struct slice type, struct arena *arena)
{
    struct json *bundle = fhir_resource_new(SLICE("Bundle"), arena);
    json_add_string(bundle, SLICE("type"), type, arena);
    return bundle;
}

/* The members of a Bundle in the order of its definition. */
static const struct slice order[] = {SLICE_INIT("type"), SLICE_INIT("total"), SLICE_INIT("link"),
                                     SLICE_INIT("entry")};

/* The list of that name, made in its place where it is missing. `place` is its index in order. */
static struct json *put(struct json *bundle, size_t place, struct json *value)
{
    struct json *after = NULL;
    for (size_t i = 0; i < place; i++) {
        struct json *member = json_get(bundle, order[i]);
        after = member ? member : after;
    }
    return json_add_after(bundle, after, order[place], value);
}

static struct json *list_at(struct json *bundle, size_t place, struct arena *arena)
{
    struct json *list = json_get(bundle, order[place]);
    return list ? list : put(bundle, place, json_array(arena));
}

void fhir_bundle_set_total(struct json *bundle, uint64_t total, struct arena *arena)
{
    struct json *number = json_number(arena, arena_format(arena, "%" PRIu64, total));
    struct json *old = json_get(bundle, order[1]);
    if (old)
        json_replace(bundle, old, number);
    else
        put(bundle, 1, number);
}

void fhir_bundle_add_link(struct json *bundle, struct slice relation, struct slice url,
                          struct arena *arena)
{
    struct json *link = json_append(list_at(bundle, 2, arena), json_object(arena));
    json_add_string(link, SLICE("relation"), relation, arena);
    json_add_string(link, SLICE("url"), url, arena);
}

struct json *fhir_bundle_add_entry(struct json *bundle, struct slice full_url,
                                   struct json *resource, struct arena *arena)
{
    struct json *entry = json_append(list_at(bundle, 3, arena), json_object(arena));
    if (full_url.len > 0)
        json_add_string(entry, SLICE("fullUrl"), full_url, arena);
    if (resource)
        json_add(entry, SLICE("resource"), resource);
    return entry;
}

void fhir_bundle_set_search(struct json *entry, struct slice mode, struct arena *arena)
{
    struct json *search = json_set(entry, SLICE("search"), json_object(arena));
    json_add_string(search, SLICE("mode"), mode, arena);
}

void fhir_bundle_set_request(struct json *entry, struct slice method, struct slice url,
                             struct arena *arena)
{
    struct json *request = json_set(entry, SLICE("request"), json_object(arena));
    json_add_string(request, SLICE("method"), method, arena);
    json_add_string(request, SLICE("url"), url, arena);
}

void fhir_bundle_set_response(struct json *entry, const struct fhir_bundle_response *response,
                              struct arena *arena)
{
    struct json *object = json_set(entry, SLICE("response"), json_object(arena));
    json_add_string(object, SLICE("status"), response->status, arena);
    if (response->location.len > 0)
        json_add_string(object, SLICE("location"), response->location, arena);
    /* FHIR R4 http.html#versioning: the version id as a weak entity tag. */
    if (response->version.len > 0)
        json_add_string(object, SLICE("etag"),
                        arena_format(arena, "W/\"%.*s\"", SLICE_ARG(response->version)), arena);
    if (response->last_modified.len > 0)
        json_add_string(object, SLICE("lastModified"), response->last_modified, arena);
    if (response->outcome)
        json_add(object, SLICE("outcome"), response->outcome);
}
