/* map: see map.h. Open addressing with linear probing; at most half of the slots are taken, so
 * that a search always meets a free one. */
#include "base/map.h"

#define FIRST_CAPACITY 8

void map_init(struct map *map, struct arena *arena)
{
    *map = (struct map){.arena = arena};
}

/* The slot of the key, or the free slot where it would stand. */
static size_t find_slot(const struct map *map, struct slice key, uint64_t hash)
{
    size_t mask = map->slot_count - 1;
    for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
        if (map->slots[slot] == 0)
            return slot;
        const struct map_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && slice_equal(entry->key, key))
            return slot;
    }
}

void *map_get(const struct map *map, struct slice key)
{
    if (map->count == 0)
        return NULL;
    uint32_t index = map->slots[find_slot(map, key, slice_hash(key))];
    return index ? map->entries[index - 1].value : NULL;
}

static void make_room(struct map *map, size_t capacity)
{
    map->entries = arena_grow(map->arena, map->entries, map->capacity * sizeof(*map->entries),
                              capacity * sizeof(*map->entries));
    map->capacity = capacity;
    for (map->slot_count = 2 * FIRST_CAPACITY; map->slot_count < 2 * capacity;)
        map->slot_count *= 2;
    map->slots = ARENA_ARRAY(map->arena, map->slot_count, uint32_t);
    for (size_t i = 0; i < map->count; i++)
        map->slots[find_slot(map, map->entries[i].key, map->entries[i].hash)] = (uint32_t)(i + 1);
}

void map_reserve(struct map *map, size_t count)
{
    if (count > 0 && map->capacity == 0)
        make_room(map, count);
}

void *map_put(struct map *map, struct slice key, void *value)
{
    if (map->count == map->capacity)
        make_room(map, map->capacity ? 2 * map->capacity : FIRST_CAPACITY);
    uint64_t hash = slice_hash(key);
    size_t slot = find_slot(map, key, hash);
    if (map->slots[slot]) {
        struct map_entry *entry = &map->entries[map->slots[slot] - 1];
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    map->entries[map->count++] = (struct map_entry){key, hash, value};
    map->slots[slot] = (uint32_t)map->count;
    return NULL;
}
