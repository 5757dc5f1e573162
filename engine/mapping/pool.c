/* pool: resources by their names. */
#include "mapping/pool.h"

#include "fhir/reference.h"

struct mapping_pool *mapping_pool_new(struct arena *arena)
{
    struct mapping_pool *pool = ARENA_NEW(arena, struct mapping_pool);
    pool->arena = arena;
    map_init(&pool->by_type, arena);
    map_init(&pool->by_name, arena);
    return pool;
}

static void put_name(struct mapping_pool *pool, struct slice name, uint32_t number)
{
    if (name.len && !map_get(&pool->by_name, name))
        map_put(&pool->by_name, name, (void *)(uintptr_t)(number + 1));
}

static void chain_type(struct mapping_pool *pool, struct slice type, uint32_t number)
{
    struct pool_type *chain = map_get(&pool->by_type, type);
    if (chain) {
        pool->items[chain->last].next = number;
        chain->last = number;
        return;
    }
    chain = ARENA_NEW(pool->arena, struct pool_type);
    *chain = (struct pool_type){number, number};
    map_put(&pool->by_type, type, chain);
}

uint32_t pool_first(const struct mapping_pool *pool, struct slice type)
{
    const struct pool_type *chain = map_get(&pool->by_type, type);
    return chain ? chain->first : POOL_NONE;
}

static uint32_t add_one(struct mapping_pool *pool, const struct json *body, uint32_t container)
{
    if (pool->count == pool->capacity) {
        size_t capacity = pool->capacity ? 2 * pool->capacity : 32;
        pool->items = arena_grow(pool->arena, pool->items, pool->capacity * sizeof(*pool->items),
                                 capacity * sizeof(*pool->items));
        pool->capacity = capacity;
    }
    struct slice type = json_get_text(body, SLICE("resourceType"));
    struct slice id = json_get_text(body, SLICE("id"));
    uint32_t number = (uint32_t)pool->count++;
    pool->items[number] = (struct pool_resource){body, type, id, container, POOL_NONE};
    chain_type(pool, type, number);
    if (container == POOL_NONE && type.len && id.len)
        put_name(pool, fhir_reference_local(type, id, pool->arena), number);
    return number;
}

static uint32_t add_with_contained(struct mapping_pool *pool, const struct json *body)
{
    uint32_t number = add_one(pool, body, POOL_NONE);
    const struct json *contained = json_first(json_get(body, SLICE("contained")));
    for (; contained; contained = json_next(contained))
        add_one(pool, contained, number);
    return number;
}

void mapping_pool_add(struct mapping_pool *pool, const struct json *resource)
{
    if (!slice_equal(json_get_text(resource, SLICE("resourceType")), SLICE("Bundle"))) {
        add_with_contained(pool, resource);
        return;
    }
    const struct json *entry = json_first(json_get(resource, SLICE("entry")));
    for (; entry && !arena_exceeded(pool->arena); entry = json_next(entry)) {
        const struct json *body = json_get(entry, SLICE("resource"));
        if (json_kind(body) != JSON_OBJECT)
            continue;
        uint32_t number = add_with_contained(pool, body);
        put_name(pool, json_get_text(entry, SLICE("fullUrl")), number);
    }
}

size_t mapping_pool_count(const struct mapping_pool *pool)
{
    return pool->count;
}

const struct json *mapping_pool_at(const struct mapping_pool *pool, size_t number)
{
    return number < pool->count ? pool->items[number].body : NULL;
}

static uint32_t find_name(const struct mapping_pool *pool, struct slice name)
{
    uintptr_t number = (uintptr_t)map_get(&pool->by_name, name);
    return number ? (uint32_t)(number - 1) : POOL_NONE;
}

/* FHIR R4 references.html#contained: "#id" is one contained in the same container, "#" that. */
static uint32_t find_contained(const struct mapping_pool *pool, struct slice id, uint32_t from)
{
    if (from >= pool->count)
        return POOL_NONE;
    uint32_t container = pool->items[from].container;
    container = container == POOL_NONE ? from : container;
    if (id.len == 0)
        return container;
    for (uint32_t i = container + 1; i < pool->count && pool->items[i].container == container; i++)
        if (slice_equal(pool->items[i].id, id))
            return i;
    return POOL_NONE;
}

uint32_t pool_resolve(const struct mapping_pool *pool, const struct json *reference, uint32_t from)
{
    struct fhir_reference parts;
    struct slice text = json_get_text(reference, SLICE("reference"));
    if (text.len == 0 || !fhir_reference_parse(text, &parts))
        return POOL_NONE;
    if (parts.kind == FHIR_REFERENCE_CONTAINED)
        return find_contained(pool, parts.id, from);
    uint32_t number = find_name(pool, text);
    if (number != POOL_NONE || parts.type.len == 0 || parts.id.len == 0)
        return number;
    return find_name(pool, fhir_reference_local(parts.type, parts.id, pool->arena));
}
