#include "fhir/resource.h"

struct json *fhir_resource_new(struct slice type, struct arena *arena)
{
    struct json *resource = json_object(arena);
    json_add_string(resource, SLICE("resourceType"), type, arena);
    return resource;
}

struct slice fhir_resource_type(const struct json *resource)
{
    return json_get_text(resource, SLICE("resourceType"));
}

struct slice fhir_resource_id(const struct json *resource)
{
    return json_get_text(resource, SLICE("id"));
}

static struct slice meta_text(const struct json *resource, struct slice name)
{
    return json_get_text(json_get(resource, SLICE("meta")), name);
}

struct slice fhir_resource_version(const struct json *resource)
{
    return meta_text(resource, SLICE("versionId"));
}

struct slice fhir_resource_last_updated(const struct json *resource)
{
    return meta_text(resource, SLICE("lastUpdated"));
}

struct slice fhir_resource_source(const struct json *resource)
{
    return meta_text(resource, SLICE("source"));
}

/* Sets or adds `name` behind the last of its `before` names that is there, else at the front. */
static void put_behind(struct json *object, struct slice name, struct json *value,
                       const struct slice *before, size_t before_count)
{
    struct json *old = json_get(object, name);
    if (old) {
        json_replace(object, old, value);
        return;
    }
    struct json *after = NULL;
    for (size_t i = 0; i < before_count; i++) {
        struct json *member = json_get(object, before[i]);
        after = member ? member : after;
    }
    json_add_after(object, after, name, value);
}

static const struct slice resource_order[] = {SLICE_INIT("resourceType"), SLICE_INIT("id")};
static const struct slice meta_order[] = {SLICE_INIT("versionId"), SLICE_INIT("lastUpdated"),
                                          SLICE_INIT("source")};

void fhir_resource_set_id(struct json *resource, struct slice id, struct arena *arena)
{
    if (id.len == 0) {
        json_remove(resource, SLICE("id"));
        return;
    }
    put_behind(resource, SLICE("id"), json_string(arena, id), resource_order, 1);
}

struct json *fhir_resource_meta(struct json *resource, struct arena *arena)
{
    struct json *meta = json_get(resource, SLICE("meta"));
    if (json_kind(meta) == JSON_OBJECT)
        return meta;
    meta = json_object(arena);
    put_behind(resource, SLICE("meta"), meta, resource_order, 2);
    return meta;
}

static void remove_empty_meta(struct json *resource)
{
    struct json *meta = json_get(resource, SLICE("meta"));
    if (json_kind(meta) == JSON_OBJECT && !json_first(meta))
        json_detach(resource, meta);
}

/* `order` is how many names of meta_order stand before this one. */
static void set_meta(struct json *resource, size_t order, struct slice text, struct arena *arena)
{
    if (text.len == 0) {
        struct json *meta = json_get(resource, SLICE("meta"));
        if (meta)
            json_remove(meta, meta_order[order]);
        remove_empty_meta(resource);
        return;
    }
    put_behind(fhir_resource_meta(resource, arena), meta_order[order], json_string(arena, text),
               meta_order, order);
}

void fhir_resource_set_version(struct json *resource, struct slice version, struct arena *arena)
{
    set_meta(resource, 0, version, arena);
}

void fhir_resource_set_last_updated(struct json *resource, instant when, struct arena *arena)
{
    set_meta(resource, 1, time_format(when, 0, arena), arena);
}

void fhir_resource_set_source(struct json *resource, struct slice source, struct arena *arena)
{
    set_meta(resource, 2, source, arena);
}

bool fhir_resource_has_security(const struct json *resource, struct slice system, struct slice code)
{
    const struct json *labels = json_get(json_get(resource, SLICE("meta")), SLICE("security"));
    for (const struct json *label = json_first(labels); label; label = json_next(label)) {
        if (slice_equal(json_get_text(label, SLICE("system")), system) &&
            slice_equal(json_get_text(label, SLICE("code")), code))
            return true;
    }
    return false;
}

void fhir_resource_add_security(struct json *resource, struct slice system, struct slice code,
                                struct arena *arena)
{
    if (fhir_resource_has_security(resource, system, code))
        return;
    struct json *labels =
        json_get_or_add(fhir_resource_meta(resource, arena), SLICE("security"), JSON_ARRAY, arena);
    struct json *label = json_append(labels, json_object(arena));
    json_add_string(label, SLICE("system"), system, arena);
    json_add_string(label, SLICE("code"), code, arena);
}

void fhir_resource_add_profile(struct json *resource, struct slice url, struct arena *arena)
{
    struct json *profiles =
        json_get_or_add(fhir_resource_meta(resource, arena), SLICE("profile"), JSON_ARRAY, arena);
    for (const struct json *item = json_first(profiles); item; item = json_next(item)) {
        if (slice_equal(json_text(item), url))
            return;
    }
    json_append(profiles, json_string(arena, url));
}

void fhir_resource_remove_server_meta(struct json *resource)
{
    struct json *meta = json_get(resource, SLICE("meta"));
    if (json_kind(meta) != JSON_OBJECT)
        return;
    json_remove(meta, SLICE("versionId"));
    json_remove(meta, SLICE("lastUpdated"));
    remove_empty_meta(resource);
}
