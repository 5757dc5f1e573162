/* difference: see the header. */
#include "mapping/difference.h"

#include <stdlib.h>

#include "fhir/reference.h"

/* A step of the path to the value at hand; the first is the resource. */
struct step {
    const struct step *parent;
    struct slice name; /* of a member; empty for an entry of a list */
    size_t index;      /* of an entry */
};

/* One message being compared. */
struct comparison {
    struct mapping_difference *difference;
    struct slice subject, type, resource;
    struct map met; /* rows that this message has */
    struct arena *arena;
    size_t found;
};

/* An entry of a list, by its hash. */
struct entry {
    uint64_t hash; /* the key of the map points here */
    struct json *node;
    bool is_taken;
    struct entry *next; /* of the same hash */
};

void mapping_difference_init(struct mapping_difference *difference, bool keeps_values,
                             struct arena *arena)
{
    *difference = (struct mapping_difference){.arena = arena, .keeps_values = keeps_values};
    map_init(&difference->rows, arena);
}

/* --- paths -------------------------------------------------------------------------------------*/

static void append_path(struct buffer *text, const struct step *step, bool with_numbers)
{
    if (!step->parent)
        return;
    append_path(text, step->parent, with_numbers);
    if (step->name.len) {
        if (text->len)
            buffer_append_byte(text, '.');
        buffer_append(text, step->name);
    } else if (with_numbers) {
        buffer_append_format(text, "[%zu]", step->index);
    }
}

static struct slice path_of(const struct step *step, bool with_numbers, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    append_path(&text, step, with_numbers);
    struct slice path = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return path;
}

/* --- what was found ----------------------------------------------------------------------------*/

static struct slice shown(const struct json *node, struct arena *arena)
{
    if (!node)
        return (struct slice){NULL, 0};
    struct buffer text;
    buffer_init(&text, 0);
    json_print(node, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

static struct mapping_difference_row *row_of(struct mapping_difference *difference,
                                             struct slice element)
{
    struct mapping_difference_row *row = map_get(&difference->rows, element);
    if (row)
        return row;
    row = ARENA_NEW(difference->arena, struct mapping_difference_row);
    row->element = arena_copy(difference->arena, element);
    map_put(&difference->rows, row->element, row);
    return row;
}

static void note(struct comparison *comparison, const struct step *step, const struct json *before,
                 const struct json *after)
{
    struct mapping_difference *difference = comparison->difference;
    enum mapping_difference_kind kind = !before  ? MAPPING_DIFFERENCE_ADDED
                                        : !after ? MAPPING_DIFFERENCE_REMOVED
                                                 : MAPPING_DIFFERENCE_CHANGED;
    struct slice path = path_of(step, /* with_numbers= */ false, comparison->arena);
    struct slice element = comparison->type;
    if (path.len)
        element = arena_format(comparison->arena, "%.*s.%.*s", SLICE_ARG(element), SLICE_ARG(path));
    struct mapping_difference_row *row = row_of(difference, element);
    row->counts[kind]++;
    difference->counts[kind]++;
    comparison->found++;
    if (map_get(&comparison->met, row->element))
        return;
    map_put(&comparison->met, row->element, row);
    row->messages++;
    if (row->example_count == MAPPING_DIFFERENCE_EXAMPLES)
        return;
    struct arena *arena = difference->arena;
    struct mapping_difference_example *example = &row->examples[row->example_count++];
    *example =
        (struct mapping_difference_example){.kind = kind,
                                            .subject = arena_copy(arena, comparison->subject),
                                            .resource = arena_copy(arena, comparison->resource),
                                            .path = path_of(step, /* with_numbers= */ true, arena)};
    if (difference->keeps_values) {
        example->before = shown(before, arena);
        example->after = shown(after, arena);
    }
}

/* --- trees -------------------------------------------------------------------------------------*/

/* Every value below a node that is on one side only. Depth is bounded by the program's paths, here
 * and below. */
static void note_all(struct comparison *comparison, const struct step *step,
                     const struct json *before, const struct json *after)
{
    const struct json *node = before ? before : after;
    enum json_kind kind = json_kind(node);
    if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
        note(comparison, step, before, after);
        return;
    }
    size_t index = 0;
    for (const struct json *child = json_first(node); child; child = json_next(child)) {
        struct step inside = {step, json_name(child), index++};
        note_all(comparison, &inside, before ? child : NULL, before ? NULL : child);
    }
}

static void compare(struct comparison *comparison, const struct step *step,
                    const struct json *before, const struct json *after);

static void compare_objects(struct comparison *comparison, const struct step *step,
                            const struct json *before, const struct json *after)
{
    for (const struct json *child = json_first(before); child; child = json_next(child)) {
        struct step inside = {step, json_name(child), 0};
        compare(comparison, &inside, child, json_get(after, json_name(child)));
    }
    for (const struct json *child = json_first(after); child; child = json_next(child)) {
        struct step inside = {step, json_name(child), 0};
        if (!json_get(before, json_name(child)))
            note_all(comparison, &inside, NULL, child);
    }
}

static struct entry *entries_of(const struct json *list, struct arena *arena, size_t *ret_count)
{
    size_t count = json_count(list), at = 0;
    struct entry *entries = ARENA_ARRAY(arena, count + 1, struct entry);
    for (struct json *child = json_first(list); child; child = json_next(child))
        entries[at++] = (struct entry){.hash = json_hash(child), .node = child};
    *ret_count = count;
    return entries;
}

static struct slice hash_key(const struct entry *entry)
{
    return (struct slice){(const char *)&entry->hash, sizeof(entry->hash)};
}

/* Marks entries that stand on both sides, each once. */
static void take_equal(struct entry *before, size_t before_count, struct entry *after,
                       size_t after_count, struct arena *arena)
{
    struct map by_hash;
    map_init(&by_hash, arena);
    for (size_t i = after_count; i > 0; i--) {
        after[i - 1].next = map_get(&by_hash, hash_key(&after[i - 1]));
        map_put(&by_hash, hash_key(&after[i - 1]), &after[i - 1]);
    }
    for (size_t i = 0; i < before_count; i++) {
        struct entry *other = map_get(&by_hash, hash_key(&before[i]));
        while (other && (other->is_taken || !json_equal(other->node, before[i].node)))
            other = other->next;
        if (!other)
            continue;
        other->is_taken = before[i].is_taken = true;
        if (other->next)
            map_put(&by_hash, hash_key(other), other->next);
    }
}

static void compare_lists(struct comparison *comparison, const struct step *step,
                          const struct json *before, const struct json *after)
{
    size_t before_count, after_count, i = 0, j = 0;
    struct entry *left = entries_of(before, comparison->arena, &before_count);
    struct entry *right = entries_of(after, comparison->arena, &after_count);
    take_equal(left, before_count, right, after_count, comparison->arena);
    while (i < before_count || j < after_count) {
        while (i < before_count && left[i].is_taken)
            i++;
        while (j < after_count && right[j].is_taken)
            j++;
        bool has_left = i < before_count, has_right = j < after_count;
        struct step inside = {step, {NULL, 0}, has_right ? j : i};
        if (has_left || has_right)
            compare(comparison, &inside, has_left ? left[i].node : NULL,
                    has_right ? right[j].node : NULL);
        i += has_left;
        j += has_right;
    }
}

static void compare(struct comparison *comparison, const struct step *step,
                    const struct json *before, const struct json *after)
{
    if (!before || !after) {
        note_all(comparison, step, before, after);
        return;
    }
    enum json_kind kind = json_kind(before);
    if (json_equal(before, after))
        return;
    if (kind == json_kind(after) && kind == JSON_OBJECT)
        compare_objects(comparison, step, before, after);
    else if (kind == json_kind(after) && kind == JSON_ARRAY)
        compare_lists(comparison, step, before, after);
    else
        note(comparison, step, before, after);
}

/* --- resources ---------------------------------------------------------------------------------*/

static void begin_resource(struct comparison *comparison, const struct mapping_resource *resource)
{
    comparison->type = resource->type;
    comparison->resource = fhir_reference_local(resource->type, resource->id, comparison->arena);
}

/* The id follows from the first key; that another key came to stand first is a difference of its
 * own, said by the member id. */
static void compare_resources(struct comparison *comparison, const struct mapping_resource *before,
                              const struct mapping_resource *after)
{
    struct step root = {NULL, {NULL, 0}, 0};
    begin_resource(comparison, after);
    compare(comparison, &root, before->body, after->body);
    if (before->action != after->action) {
        struct step action = {&root, SLICE("(action)"), 0};
        note(comparison, &action, before->body, after->body);
    }
}

static struct mapping_resource *same_in(const struct map *by_id,
                                        const struct mapping_resource *resource)
{
    struct mapping_resource *same = NULL;
    for (size_t i = 0; i < resource->key_count && !same; i++)
        same = map_get(by_id, fhir_id_slice(&resource->keys[i].id));
    return same;
}

static void compare_results(struct comparison *comparison, const struct mapping_result *before,
                            const struct mapping_result *after)
{
    struct step root = {NULL, {NULL, 0}, 0};
    struct map by_id, met;
    map_init(&by_id, comparison->arena);
    map_init(&met, comparison->arena);
    for (size_t i = 0; i < after->resource_count; i++)
        for (size_t k = 0; k < after->resources[i].key_count; k++)
            map_put(&by_id, fhir_id_slice(&after->resources[i].keys[k].id), &after->resources[i]);
    for (size_t i = 0; i < before->resource_count; i++) {
        const struct mapping_resource *resource = &before->resources[i];
        struct mapping_resource *same = same_in(&by_id, resource);
        if (same && !map_put(&met, same->id, same)) {
            compare_resources(comparison, resource, same);
            continue;
        }
        begin_resource(comparison, resource);
        note(comparison, &root, resource->body, NULL);
    }
    for (size_t i = 0; i < after->resource_count; i++) {
        const struct mapping_resource *resource = &after->resources[i];
        if (map_get(&met, resource->id))
            continue;
        begin_resource(comparison, resource);
        note(comparison, &root, NULL, resource->body);
    }
}

/* --- acts --------------------------------------------------------------------------------------*/

/* An act as a tree, so that it is compared as a resource is. */
static struct json *act_json(const struct mapping_act *act, struct arena *arena)
{
    struct json *json = json_object(arena);
    if (act->kind != MAPPING_ACT_SNAPSHOT) {
        json_add_string(json, SLICE("into"), fhir_id_slice(&act->into.id), arena);
        json_add_string(json, SLICE("from"), fhir_id_slice(&act->from.id), arena);
        return json;
    }
    json_add_string(json, SLICE("scope"), act->scope, arena);
    json_add(json, SLICE("set"), json_copy(act->body, arena));
    return json;
}

static void compare_acts(struct comparison *comparison, const struct mapping_result *before,
                         const struct mapping_result *after)
{
    size_t count = before->act_count > after->act_count ? before->act_count : after->act_count;
    for (size_t i = 0; i < count; i++) {
        const struct mapping_act *left = i < before->act_count ? &before->acts[i] : NULL;
        const struct mapping_act *right = i < after->act_count ? &after->acts[i] : NULL;
        const struct mapping_act *either = right ? right : left;
        struct step root = {NULL, {NULL, 0}, 0};
        struct slice name = mapping_act_name(either->kind);
        struct step act = {&root, arena_format(comparison->arena, "(%.*s)", SLICE_ARG(name)), 0};
        comparison->type = comparison->resource = either->type;
        compare(comparison, &act, left ? act_json(left, comparison->arena) : NULL,
                right ? act_json(right, comparison->arena) : NULL);
    }
}

/* --- messages ----------------------------------------------------------------------------------*/

void mapping_difference_add(struct mapping_difference *difference, struct slice subject,
                            const struct mapping_difference_side *before,
                            const struct mapping_difference_side *after, struct arena *arena)
{
    struct comparison comparison = {.difference = difference, .subject = subject, .arena = arena};
    struct slice *example = &difference->examples[before->outcome][after->outcome];
    map_init(&comparison.met, arena);
    difference->messages++;
    difference->outcomes[before->outcome][after->outcome]++;
    if (example->len == 0)
        *example = arena_copy(difference->arena, subject);
    bool is_taken = before->outcome == MAPPING_OUTCOME_TAKEN;
    if (before->outcome == after->outcome && is_taken) {
        compare_results(&comparison, before->result, after->result);
        compare_acts(&comparison, before->result, after->result);
    }
    difference->same += before->outcome == after->outcome && comparison.found == 0;
}

static int compare_elements(const void *a, const void *b)
{
    const struct mapping_difference_row *const *left = a, *const *right = b;
    return slice_compare((*left)->element, (*right)->element);
}

size_t mapping_difference_rows(const struct mapping_difference *difference,
                               const struct mapping_difference_row ***ret_rows)
{
    size_t count = difference->rows.count;
    const struct mapping_difference_row **rows =
        ARENA_ARRAY(difference->arena, count + 1, const struct mapping_difference_row *);
    for (size_t i = 0; i < count; i++)
        rows[i] = difference->rows.entries[i].value;
    qsort(rows, count, sizeof(*rows), compare_elements);
    *ret_rows = rows;
    return count;
}
