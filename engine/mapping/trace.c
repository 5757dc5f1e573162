/* trace: the record of why, for people and for JSON: paths of values, why, unread fields. */
#include "fhir/reference.h"
#include "hl7v2/message.h"
#include "mapping/program_internal.h"
#include "mapping/why.h"

/* --- paths of values ---------------------------------------------------------------------------*/

/* A value and where it stands in its resource. */
struct value_path {
    const struct json *node;
    struct slice path;
};

struct path_list {
    struct value_path *items;
    size_t count, capacity;
    struct arena *arena;
};

static void add_path(struct path_list *list, const struct json *node, struct slice path)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        list->items = arena_grow(list->arena, list->items, list->capacity * sizeof(*list->items),
                                 capacity * sizeof(*list->items));
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct value_path){node, path};
}

/* All values below a node, depth first. Depth is bounded by the program's paths. */
static void collect_paths(struct path_list *list, const struct json *node, struct slice path)
{
    enum json_kind kind = json_kind(node);
    if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
        add_path(list, node, path);
        return;
    }
    size_t index = 0;
    for (const struct json *child = json_first(node); child; child = json_next(child)) {
        struct slice name = json_name(child);
        struct slice inside;
        if (kind == JSON_ARRAY)
            inside = arena_format(list->arena, "%.*s[%zu]", SLICE_ARG(path), index++);
        else if (path.len == 0)
            inside = name;
        else
            inside = arena_format(list->arena, "%.*s.%.*s", SLICE_ARG(path), SLICE_ARG(name));
        collect_paths(list, child, inside);
    }
}

/* Values of a resource by the pointer of their node. */
static void paths_by_node(const struct mapping_result *result, uint32_t resource,
                          struct arena *arena, struct map *ret_map)
{
    struct path_list list = {.arena = arena};
    collect_paths(&list, result->resources[resource].body, (struct slice){NULL, 0});
    map_init(ret_map, arena);
    for (size_t i = 0; i < list.count; i++) {
        struct slice key = {(const char *)&list.items[i].node, sizeof(list.items[i].node)};
        map_put(ret_map, key, &list.items[i]);
    }
}

static const struct value_path *path_of(const struct map *paths, const struct json *node)
{
    return map_get(paths, (struct slice){(const char *)&node, sizeof(node)});
}

/* --- why ---------------------------------------------------------------------------------------*/

/* Whether `path` is the asked path or below it; a list without a number means all its entries. */
static bool is_asked(struct slice path, struct slice asked)
{
    size_t at = 0;
    for (size_t i = 0; i < asked.len; i++) {
        while (at < path.len && path.ptr[at] == '[' && asked.ptr[i] != '[')
            at += slice_find_byte(slice_after(path, at), ']') + 1;
        if (at >= path.len || path.ptr[at++] != asked.ptr[i])
            return false;
    }
    return at == path.len || path.ptr[at] == '.' || path.ptr[at] == '[';
}

static struct slice text_of_value(const struct json *node)
{
    if (json_kind(node) == JSON_BOOLEAN)
        return json_is_true(node) ? SLICE("true") : SLICE("false");
    return json_text(node);
}

static void fill_source(const struct mapping_result *result, const struct mapping_trace *entry,
                        struct mapping_why *why)
{
    if (entry->kind != MAPPING_TRACE_FIELD)
        return;
    struct issue_place place = hl7v2_message_place_at(result->message, entry->start);
    why->segment = place.name;
    why->sequence = place.sequence;
    why->field = place.field;
    why->repetition = place.repetition;
    why->start = entry->start;
    why->length = entry->length;
    why->raw = slice_part(result->message->frame, entry->start, entry->length);
}

static struct mapping_why why_of(const struct mapping_result *result,
                                 const struct mapping_trace *entry, struct slice path)
{
    struct mapping_why why = {
        .path = path, .value = text_of_value(entry->node), .kind = entry->kind};
    fill_source(result, entry, &why);
    why.rule = mapping_program_rule(result->program, entry->rule);
    if (entry->row != MAPPING_NO_ROW)
        why.row = mapping_program_row(result->program, entry->row);
    return why;
}

size_t mapping_why_list(const struct mapping_result *result, uint32_t resource, struct slice path,
                        struct arena *arena, struct mapping_why **ret_list)
{
    struct map paths;
    size_t count = 0;
    if (resource >= result->resource_count)
        return 0;
    paths_by_node(result, resource, arena, &paths);
    struct mapping_why *list = ARENA_ARRAY(arena, result->trace_count + 1, struct mapping_why);
    for (size_t i = 0; i < result->trace_count; i++) {
        const struct mapping_trace *entry = &result->trace[i];
        const struct value_path *value =
            entry->resource == resource ? path_of(&paths, entry->node) : NULL;
        if (value && (path.len == 0 || is_asked(value->path, path)))
            list[count++] = why_of(result, entry, value->path);
    }
    *ret_list = list;
    return count;
}

uint32_t mapping_why_resource(const struct mapping_result *result, struct slice type,
                              struct slice id)
{
    for (size_t i = 0; i < result->resource_count; i++)
        if (slice_equal(result->resources[i].type, type) &&
            slice_equal(result->resources[i].id, id))
            return (uint32_t)i;
    return MAPPING_NO_RESOURCE;
}

/* --- the trace as JSON -------------------------------------------------------------------------*/

static void add_text(struct json *object, struct slice name, struct slice text, struct arena *arena)
{
    if (text.len)
        json_add_string(object, name, text, arena);
}

static struct json *entry_json(const struct mapping_result *result, uint32_t resource,
                               const struct mapping_why *why, struct arena *arena)
{
    const struct mapping_resource *of = &result->resources[resource];
    struct json *object = json_object(arena);
    add_text(object, SLICE("resource"), fhir_reference_local(of->type, of->id, arena), arena);
    add_text(object, SLICE("path"), why->path, arena);
    add_text(object, SLICE("rule"), why->rule.id, arena);
    add_text(object, SLICE("at"),
             arena_format(arena, "%.*s:%u:%u", SLICE_ARG(why->rule.file), why->rule.line,
                          why->rule.column),
             arena);
    add_text(object, SLICE("guide"), why->rule.guide, arena);
    static const struct slice KINDS[] = {SLICE_INIT("field"), SLICE_INIT("literal"),
                                         SLICE_INIT("fact"), SLICE_INIT("key")};
    add_text(object, SLICE("kind"), KINDS[why->kind], arena);
    if (why->kind == MAPPING_TRACE_FIELD) {
        add_text(
            object, SLICE("from"),
            arena_format(arena, "%.*s[%u]-%u", SLICE_ARG(why->segment), why->sequence, why->field),
            arena);
        json_add(object, SLICE("start"), json_integer(arena, why->start));
        json_add(object, SLICE("length"), json_integer(arena, why->length));
    }
    if (why->row.table.len)
        add_text(object, SLICE("table"),
                 arena_format(arena, "%.*s:%u", SLICE_ARG(why->row.file), why->row.line), arena);
    return object;
}

struct json *mapping_trace_json(const struct mapping_result *result, struct arena *arena)
{
    struct json *array = json_array(arena);
    for (uint32_t i = 0; i < result->resource_count; i++) {
        struct mapping_why *list;
        size_t count = mapping_why_list(result, i, (struct slice){NULL, 0}, arena, &list);
        for (size_t j = 0; j < count; j++)
            json_append(array, entry_json(result, i, &list[j], arena));
    }
    return array;
}

/* --- what nobody read --------------------------------------------------------------------------*/

static bool is_dropped(const struct mapping_program *program, uint32_t segment, unsigned field)
{
    for (size_t i = 0; i < program->dropped_count; i++)
        if (program->dropped[i].segment == segment &&
            (program->dropped[i].field == 0 || program->dropped[i].field == field))
            return true;
    return false;
}

/* MSH-1, MSH-2 and set ids say nothing of their own (HL7 v2.5.1 2.15.9, 2.5.3.4). */
static bool needs_no_reader(uint32_t segment, unsigned field)
{
    return segment == HL7V2_ID("MSH") ? field <= 2 : field == 1;
}

static struct mapping_unread unread_at(const struct hl7v2_message *message, size_t segment,
                                       unsigned field, unsigned repetition, struct slice raw)
{
    return (struct mapping_unread){.segment = hl7v2_message_segment_id(message, segment),
                                   .sequence = message->segments[segment].sequence,
                                   .field = field,
                                   .repetition = repetition,
                                   .start = (uint32_t)(raw.ptr - message->frame.ptr),
                                   .length = (uint32_t)raw.len};
}

struct unread_list {
    struct mapping_unread *items;
    size_t count, capacity;
};

static void unread_of_field(const struct mapping_result *result, size_t segment, unsigned field,
                            struct arena *arena, struct unread_list *list)
{
    const struct hl7v2_message *message = result->message;
    struct slice whole = hl7v2_message_field(message, segment, field);
    uint32_t read = result->read[message->segments[segment].first_field + field - 1];
    unsigned count = hl7v2_message_repetition_count(message, whole);
    /* Beyond the 31st repetition one bit stands for all. */
    for (unsigned repetition = 1; repetition <= count && repetition <= 32; repetition++) {
        unsigned bit = repetition > 31 ? 31 : repetition - 1;
        struct slice raw = hl7v2_message_repetition(message, whole, repetition);
        if (read >> bit & 1 || !hl7v2_message_is_valued(message, raw))
            continue;
        if (list->count == list->capacity) {
            size_t capacity = list->capacity ? 2 * list->capacity : 32;
            list->items = arena_grow(arena, list->items, list->capacity * sizeof(*list->items),
                                     capacity * sizeof(*list->items));
            list->capacity = capacity;
        }
        list->items[list->count++] = unread_at(message, segment, field, repetition, raw);
    }
}

size_t mapping_unread_list(const struct mapping_result *result, struct arena *arena,
                           struct mapping_unread **ret_list)
{
    const struct hl7v2_message *message = result->message;
    struct unread_list list = {.items = NULL};
    for (size_t segment = 0; segment < message->segment_count; segment++) {
        const struct hl7v2_segment *at = &message->segments[segment];
        for (unsigned field = 1; field <= at->field_count; field++)
            if (!needs_no_reader(at->id, field) && !is_dropped(result->program, at->id, field))
                unread_of_field(result, segment, field, arena, &list);
    }
    *ret_list = list.items;
    return list.count;
}
