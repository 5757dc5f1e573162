/* bundle: the result as one transaction. */
#include "fhir/reference.h"
#include "mapping/to_fhir.h"

static struct json *entry_of(const struct mapping_resource *resource, struct arena *arena)
{
    struct json *entry = json_object(arena);
    struct slice url = fhir_reference_local(resource->type, resource->id, arena);
    json_add(entry, SLICE("resource"), resource->body);
    struct json *request = json_add(entry, SLICE("request"), json_object(arena));
    json_add_string(request, SLICE("method"), SLICE("PUT"), arena);
    json_add_string(request, SLICE("url"), url, arena);
    return entry;
}

struct json *mapping_bundle(const struct mapping_result *result, struct arena *arena)
{
    struct json *bundle = json_object(arena);
    json_add_string(bundle, SLICE("resourceType"), SLICE("Bundle"), arena);
    json_add_string(bundle, SLICE("type"), SLICE("transaction"), arena);
    if (result->resource_count == 0)
        return bundle;
    struct json *entries = json_add(bundle, SLICE("entry"), json_array(arena));
    for (size_t i = 0; i < result->resource_count; i++)
        json_append(entries, entry_of(&result->resources[i], arena));
    return bundle;
}
