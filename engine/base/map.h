/* map: a hash table from bytes to a pointer, in an arena.
 *
 * For names: segment ids, rule ids, code table rows, file texts. Keys are slices and are not
 * copied. Iteration goes in the order of insertion, so that everything made from a map is the same
 * each time. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_entry {
    struct slice key;
    uint64_t hash;
    void *value;
};

struct map {
    struct arena *arena;
    struct map_entry *entries; /* in order of insertion */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* index + 1 into entries, 0 = free; a power of two of them */
    size_t slot_count;
};

void map_init(struct map *map, struct arena *arena);
/* Room for `count` keys at once, where the map is empty: one that grows leaves its smaller selves
 * behind in the arena. */
void map_reserve(struct map *map, size_t count);
/* The value, or NULL where the key is not there. */
void *map_get(const struct map *map, struct slice key);
/* Sets or replaces. The key's bytes must live as long as the map. Returns the value that was there
 * before, or NULL. `value` must not be NULL. */
void *map_put(struct map *map, struct slice key, void *value);

#endif
