/* run_repeated: entries that a second rule wrote again.
 *
 * Each list is gone through once: an entry is compared only with earlier ones of the same hash, so
 * that a list of a hundred thousand entries costs no more than they are. */
#include "base/map.h"
#include "mapping/run.h"

/* Entries of one list that have the same hash. */
struct same_hash {
    uint64_t hash; /* the key of the map points here */
    const struct json *entry;
    struct same_hash *next;
};

/* As json_equal sees it: the order of members makes no difference. Depth is bounded by the
 * program's paths. */
static uint64_t hash_of(const struct json *node)
{
    enum json_kind kind = json_kind(node);
    if (kind != JSON_OBJECT && kind != JSON_ARRAY)
        return slice_hash(json_text(node)) + kind;
    uint64_t hash = kind;
    for (const struct json *child = json_first(node); child; child = json_next(child)) {
        uint64_t inside = hash_of(child) * UINT64_C(0x9E3779B97F4A7C15);
        hash = kind == JSON_OBJECT ? hash + (inside ^ slice_hash(json_name(child)))
                                   : (hash ^ inside) * UINT64_C(0xC2B2AE3D27D4EB4F);
    }
    return hash ^ hash >> 32;
}

/* True where an earlier entry is equal; otherwise it is one of the earlier ones from now on. */
static bool is_repeated(struct map *earlier, const struct json *entry)
{
    struct same_hash *own = ARENA_NEW(earlier->arena, struct same_hash);
    own->hash = hash_of(entry);
    own->entry = entry;
    struct slice key = {(const char *)&own->hash, sizeof(own->hash)};
    own->next = map_get(earlier, key);
    for (const struct same_hash *one = own->next; one; one = one->next)
        if (json_equal(one->entry, entry))
            return true;
    map_put(earlier, key, own);
    return false;
}

/* Inner lists first, so that entries are compared without their own repetitions. Depth is bounded
 * by the program's paths. */
static void drop_repeated(struct json *node, struct arena *arena)
{
    bool is_list = json_kind(node) == JSON_ARRAY && json_first(node) != json_last(node);
    struct map earlier;
    struct json *next;
    map_init(&earlier, arena);
    for (struct json *child = json_first(node); child; child = next) {
        next = json_next(child);
        if (json_kind(child) == JSON_OBJECT || json_kind(child) == JSON_ARRAY)
            drop_repeated(child, arena);
        if (is_list && is_repeated(&earlier, child))
            json_detach(node, child);
    }
}

static struct slice key_of(const struct json *const *entry)
{
    return (struct slice){(const char *)entry, sizeof(*entry)};
}

/* Entries of the lists of a body, each with its list. */
static void list_entries(struct json *body, struct map *entries)
{
    for (struct json *list = json_first(body); list; list = json_next(list)) {
        if (json_kind(list) != JSON_ARRAY)
            continue;
        for (struct json *entry = json_first(list); entry; entry = json_next(entry)) {
            const struct json **known = ARENA_NEW(entries->arena, const struct json *);
            *known = entry;
            map_put(entries, key_of(known), list);
        }
    }
}

void run_drop_repeated(struct run *run, struct run_resource *resource)
{
    struct mapping_resource *out = &resource->out;
    struct map entries;
    size_t kept = 0;
    drop_repeated(out->body, run->arena);
    map_init(&entries, run->arena);
    list_entries(out->body, &entries);
    for (size_t i = 0; i < resource->mark_size.count; i++) {
        const struct mapping_mark *mark = &out->marks[i];
        const struct json *entry = mark->entry;
        const struct json *list = entry ? map_get(&entries, key_of(&entry)) : NULL;
        if (!entry || (list && list == json_get(out->body, mark->element)))
            out->marks[kept++] = *mark;
    }
    resource->mark_size.count = kept;
}
