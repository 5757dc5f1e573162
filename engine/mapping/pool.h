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
    uint32_t next;      /* of the same type; POOL_NONE at the end */
};

/* All resources of one type, in order. */
struct pool_type {
    uint32_t first, last;
};

struct mapping_pool {
    struct arena *arena;
    struct pool_resource *items;
    size_t count, capacity;
    struct map by_type; /* type to struct pool_type */
    struct map by_name; /* "Type/id" and full URLs to the number + 1, as a pointer */
};

/* The first resource of a type; POOL_NONE where there is none. */
uint32_t pool_first(const struct mapping_pool *pool, struct slice type);
/* The resource that a Reference leads to; `from` is the resource it stands in. POOL_NONE where it
 * leads to none at hand. */
uint32_t pool_resolve(const struct mapping_pool *pool, const struct json *reference, uint32_t from);

#endif
