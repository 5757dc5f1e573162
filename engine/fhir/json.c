/* json: the tree, its builders and getters. The scanner is json_parse.c's, the printer
 * json_print.c's. */
#include "fhir/json.h"

#include <inttypes.h>
#include <string.h>

#include "fhir/json_node.h"

static struct json *node_of(cJSON *tree)
{
    return (struct json *)tree;
}

static struct json *node_new(struct arena *arena, int type)
{
    struct json *json = ARENA_NEW(arena, struct json);
    json->tree.type = type;
    return json;
}

static struct json *text_new(struct arena *arena, int type, struct slice text)
{
    struct json *json = node_new(arena, type);
    json_node_set_text(json, text);
    return json;
}

static bool is_container(const struct json *json)
{
    return json && (json->tree.type == cJSON_Array || json->tree.type == cJSON_Object);
}

/* --- reading ---------------------------------------------------------------------------------- */

enum json_kind json_kind(const struct json *json)
{
    if (!json)
        return JSON_NONE;
    switch (json->tree.type) {
    case cJSON_Object:
        return JSON_OBJECT;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_String:
        return JSON_STRING;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_NULL:
        return JSON_NULL;
    default:
        return JSON_BOOLEAN;
    }
}

struct slice json_text(const struct json *json)
{
    if (!json)
        return (struct slice){NULL, 0};
    return json_node_text(json);
}

bool json_is_true(const struct json *json)
{
    return json && json->tree.type == cJSON_True;
}

bool json_to_int64(const struct json *json, int64_t *ret_number)
{
    if (json_kind(json) != JSON_NUMBER)
        return false;
    struct slice digits = json_text(json);
    const bool negative = digits.ptr[0] == '-';
    if (negative)
        digits = slice_after(digits, 1);
    uint64_t magnitude = 0;
    if (!slice_to_uint64(digits, INT64_MAX, &magnitude))
        return false;
    *ret_number = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

struct slice json_name(const struct json *json)
{
    if (!json)
        return (struct slice){NULL, 0};
    return json_node_name(json);
}

/* Names of definitions and our own words are mostly the same bytes, not only equal ones; and of
 * those that differ most do so in the first byte. */
static bool is_named(const struct json *member, struct slice name)
{
    const char *own = member->tree.string;
    if (json_node_name(member).len != name.len)
        return false;
    if (own == name.ptr || name.len == 0)
        return true;
    return own[0] == name.ptr[0] && memcmp(own, name.ptr, name.len) == 0;
}

struct json *json_get(const struct json *object, struct slice name)
{
    if (!object || object->tree.type != cJSON_Object)
        return NULL;
    for (cJSON *tree = object->tree.child; tree; tree = tree->next) {
        struct json *member = node_of(tree);
        if (is_named(member, name))
            return member;
    }
    return NULL;
}

struct slice json_get_text(const struct json *object, struct slice name)
{
    return json_text(json_get(object, name));
}

struct json *json_at(const struct json *array, size_t index)
{
    if (!array || array->tree.type != cJSON_Array)
        return NULL;
    cJSON *tree = array->tree.child;
    for (; tree && index > 0; index--)
        tree = tree->next;
    return node_of(tree);
}

struct json *json_first(const struct json *container)
{
    return container ? node_of(container->tree.child) : NULL;
}

struct json *json_last(const struct json *container)
{
    /* cJSON keeps the last child as the first one's `prev`. */
    return container && container->tree.child ? node_of(container->tree.child->prev) : NULL;
}

struct json *json_next(const struct json *json)
{
    return json ? node_of(json->tree.next) : NULL;
}

size_t json_count(const struct json *container)
{
    return container ? (size_t)cJSON_GetArraySize(&container->tree) : 0;
}

/* --- building --------------------------------------------------------------------------------- */

struct json *json_object(struct arena *arena)
{
    return node_new(arena, cJSON_Object);
}

struct json *json_array(struct arena *arena)
{
    return node_new(arena, cJSON_Array);
}

struct json *json_string(struct arena *arena, struct slice text)
{
    return text_new(arena, cJSON_String, text);
}

struct json *json_number(struct arena *arena, struct slice text)
{
    return text_new(arena, cJSON_Number, text);
}

struct json *json_integer(struct arena *arena, int64_t number)
{
    return json_number(arena, arena_format(arena, "%" PRId64, number));
}

struct json *json_boolean(struct arena *arena, bool truth)
{
    return node_new(arena, truth ? cJSON_True : cJSON_False);
}

struct json *json_null(struct arena *arena)
{
    return node_new(arena, cJSON_NULL);
}

/* As cJSON_AddItemToArray does, without the way into the library: this is done for each node of
 * each message. cJSON keeps the last child as the first one's `prev`. */
static struct json *link_last(struct json *container, struct json *value)
{
    cJSON *const first = container->tree.child, *const added = &value->tree;
    added->next = NULL;
    added->prev = first ? first->prev : added;
    if (first) {
        first->prev->next = added;
        first->prev = added;
    } else {
        container->tree.child = added;
    }
    return value;
}

struct json *json_add(struct json *object, struct slice name, struct json *value)
{
    json_node_set_name(value, name);
    return link_last(object, value);
}

struct json *json_add_primitive(struct json *object, struct slice name, enum json_kind kind,
                                struct slice text, struct arena *arena)
{
    struct json *value = node_new(arena, cJSON_String);
    if (kind == JSON_BOOLEAN) {
        value->tree.type = slice_equal(text, SLICE("true")) ? cJSON_True : cJSON_False;
    } else {
        value->tree.type = kind == JSON_NUMBER ? cJSON_Number : cJSON_String;
        json_node_set_text(value, text);
    }
    json_node_set_name(value, name);
    return link_last(object, value);
}

struct json *json_add_string(struct json *object, struct slice name, struct slice text,
                             struct arena *arena)
{
    return json_add(object, name, json_string(arena, text));
}

struct json *json_append(struct json *array, struct json *value)
{
    return link_last(array, value);
}

struct json *json_add_after(struct json *object, struct json *after, struct slice name,
                            struct json *value)
{
    cJSON *const next = after ? after->tree.next : object->tree.child;
    if (!next)
        return json_add(object, name, value);

    json_node_set_name(value, name);
    value->tree.next = next;
    value->tree.prev = next->prev;
    next->prev = &value->tree;
    if (after)
        after->tree.next = &value->tree;
    else
        object->tree.child = &value->tree;
    return value;
}

struct json *json_detach(struct json *container, struct json *child)
{
    return node_of(cJSON_DetachItemViaPointer(&container->tree, &child->tree));
}

struct json *json_replace(struct json *container, struct json *old, struct json *value)
{
    const bool is_first = container->tree.child == &old->tree;
    struct json *before = is_first ? NULL : node_of(old->tree.prev);
    struct slice name = json_name(old);
    json_detach(container, old);
    return json_add_after(container, before, name, value);
}

struct json *json_set(struct json *object, struct slice name, struct json *value)
{
    struct json *old = json_get(object, name);
    return old ? json_replace(object, old, value) : json_add(object, name, value);
}

struct json *json_get_or_add(struct json *object, struct slice name, enum json_kind kind,
                             struct arena *arena)
{
    const int type = kind == JSON_ARRAY ? cJSON_Array : cJSON_Object;
    struct json *member = json_get(object, name);
    if (!member)
        return json_add(object, name, node_new(arena, type));
    if (member->tree.type == type)
        return member;
    return json_replace(object, member, node_new(arena, type));
}

struct json *json_remove(struct json *object, struct slice name)
{
    struct json *member = json_get(object, name);
    return member ? json_detach(object, member) : NULL;
}

/* --- copying and comparing -------------------------------------------------------------------- */

static struct slice keep(struct slice text, struct arena *owner)
{
    return owner && text.len > 0 ? arena_copy(owner, text) : text;
}

/* `owner` is where texts are copied to; NULL: they are shared. */
static struct json *copy(const struct json *json, struct arena *arena, struct arena *owner)
{
    if (!json)
        return NULL;
    struct json *twin = text_new(arena, json->tree.type, keep(json_text(json), owner));
    for (const struct json *child = json_first(json); child; child = json_next(child))
        json_add(twin, keep(json_name(child), owner), copy(child, arena, owner));
    return twin;
}

struct json *json_copy(const struct json *json, struct arena *arena)
{
    return copy(json, arena, NULL);
}

struct json *json_copy_whole(const struct json *json, struct arena *arena)
{
    return copy(json, arena, arena);
}

static bool object_equal(const struct json *a, const struct json *b)
{
    const struct json *same_place = json_first(b);
    size_t count = 0;
    for (const struct json *member = json_first(a); member; member = json_next(member), count++) {
        const struct json *twin = same_place;
        if (!twin || !slice_equal(json_name(member), json_name(twin)))
            twin = json_get(b, json_name(member));
        if (!twin || !json_equal(member, twin))
            return false;
        same_place = json_next(same_place);
    }
    return json_count(b) == count;
}

static bool array_equal(const struct json *a, const struct json *b)
{
    const struct json *left = json_first(a);
    const struct json *right = json_first(b);
    while (left && right && json_equal(left, right)) {
        left = json_next(left);
        right = json_next(right);
    }
    return !left && !right;
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (!a || !b)
        return a == b;
    if (a->tree.type != b->tree.type)
        return false;
    if (a->tree.type == cJSON_Object)
        return object_equal(a, b);
    if (is_container(a))
        return array_equal(a, b);
    return slice_equal(json_text(a), json_text(b));
}

/* An object's members are added up, so that their order makes no difference. */
uint64_t json_hash(const struct json *json)
{
    enum json_kind kind = json_kind(json);
    if (kind == JSON_NONE)
        return 0;
    uint64_t hash = slice_hash(json_text(json)) + (unsigned)json->tree.type;
    for (const struct json *child = json_first(json); child; child = json_next(child)) {
        uint64_t inside = json_hash(child) * UINT64_C(0x9E3779B97F4A7C15);
        hash = kind == JSON_OBJECT ? hash + (inside ^ slice_hash(json_name(child)))
                                   : (hash ^ inside) * UINT64_C(0xC2B2AE3D27D4EB4F);
    }
    return hash ^ hash >> 32;
}
