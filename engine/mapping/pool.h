/* pool: the resources at hand when a message is made. See to_v2.h for what callers may do.
 *
 * Internal to the room. */
#ifndef MAPPING_POOL_H
#define MAPPING_POOL_H

#include "base/map.h"
#include "mapping/to_v2.h"

#define POOL_NONE UINT32_MAX

struct pool_resource {
    const struct json *body;
    struct slice type, id;
    uint32_t container; /* of a contained one; POOL_NONE */
};

struct mapping_pool {
    struct arena *arena;
    struct pool_resource *items;
    size_t count, capacity;
    struct map by_name; /* "Type/id" and full URLs to the number + 1, as a pointer */
};

/* The resource that a Reference leads to; `from` is the resource it stands in. POOL_NONE where it
 * leads to none at hand. */
uint32_t pool_resolve(const struct mapping_pool *pool, const struct json *reference, uint32_t from);

#endif
