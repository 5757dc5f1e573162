/* text_pool: see the header. Most texts are short: they stand close together. */
#include "mapping/text_pool.h"

#include <string.h>

#define BLOCK ((size_t)16 * 1024)

void text_pool_init(struct text_pool *pool, struct arena *arena, struct arena *scratch)
{
    *pool = (struct text_pool){.arena = arena};
    map_init(&pool->known, scratch);
}

static char *room_for(struct text_pool *pool, size_t length)
{
    if (length > (size_t)(pool->end - pool->at)) {
        if (length > BLOCK / 4)
            return arena_alloc(pool->arena, length);
        pool->at = arena_alloc(pool->arena, BLOCK);
        pool->end = pool->at + BLOCK;
    }
    char *room = pool->at;
    pool->at += length;
    return room;
}

struct slice text_pool_keep(struct text_pool *pool, struct slice text)
{
    if (!pool || text.len == 0)
        return pool && text.ptr ? SLICE("") : text;
    const char *known = map_get(&pool->known, text);
    if (known)
        return (struct slice){known, text.len};
    char *kept = room_for(pool, text.len);
    memcpy(kept, text.ptr, text.len);
    struct slice made = {kept, text.len};
    map_put(&pool->known, made, kept);
    return made;
}
