/* trace: the record of why, for people and for JSON: paths of values, why, unread fields. */
#include <string.h>

#include "fhir/reference.h"
#include "hl7v2/message.h"
#include "mapping/program_internal.h"
#include "mapping/why.h"

/* --- texts, without printf: a trace has thousands ----------------------------------------------*/

static struct slice join(struct arena *arena, const struct slice *parts, size_t count)
{
    size_t len = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    char *text = arena_alloc(arena, len);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(text + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return (struct slice){text, len};
}
#define JOIN(arena, ...)                                                                           \
    join((arena), (const struct slice[]){__VA_ARGS__},                                             \
         sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))

#define DIGITS 20 /* of 2^64 */

/* The number in decimal, at the end of `digits`. */
static struct slice number_text(uint64_t number, char digits[static DIGITS])
{
    size_t at = DIGITS;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return (struct slice){digits + at, DIGITS - at};
}

/* --- paths of values ---------------------------------------------------------------------------*/

/* A value and where it stands in its resource. */
struct value_path {
    const struct json *node;
    struct slice path;
};

/* The values of one resource, found by their node. */
struct path_table {
    struct value_path *items;
    size_t count, capacity;
    uint32_t *slots; /* number of an item + 1, 0: free; a power of two, half of them free */
    size_t slot_count;
    struct arena *arena;
};

static void add_path(struct path_table *table, const struct json *node, struct slice path)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 32;
        table->items =
            arena_grow(table->arena, table->items, table->capacity * sizeof(*table->items),
                       capacity * sizeof(*table->items));
        table->capacity = capacity;
    }
    table->items[table->count++] = (struct value_path){node, path};
}

/* All values below a node, depth first. Depth is bounded by the program's paths. */
static void collect_paths(struct path_table *table, const struct json *node, struct slice path)
{
    enum json_kind kind = json_kind(node);
    if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
        add_path(table, node, path);
        return;
    }
    size_t index = 0;
    for (const struct json *child = json_first(node); child; child = json_next(child)) {
        struct slice inside = json_name(child);
        char digits[DIGITS];
        if (kind == JSON_ARRAY)
            inside = JOIN(table->arena, path, SLICE("["), number_text(index++, digits), SLICE("]"));
        else if (path.len)
            inside = JOIN(table->arena, path, SLICE("."), inside);
        collect_paths(table, child, inside);
    }
}

/* The slot of the node, or the free one where it would stand. */
static uint32_t *slot_of_node(const struct path_table *table, const struct json *node)
{
    uint64_t hash = ((uintptr_t)node >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & (table->slot_count - 1);
    while (table->slots[at] && table->items[table->slots[at] - 1].node != node)
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

/* Values of a resource by their node. */
static struct path_table paths_of(const struct mapping_result *result, uint32_t resource,
                                  struct arena *arena)
{
    struct path_table table = {.arena = arena, .slot_count = 16};
    collect_paths(&table, result->resources[resource].body, (struct slice){NULL, 0});
    while (table.slot_count < 2 * table.count)
        table.slot_count *= 2;
    table.slots = ARENA_ARRAY(arena, table.slot_count, uint32_t);
    for (size_t i = 0; i < table.count; i++)
        *slot_of_node(&table, table.items[i].node) = (uint32_t)(i + 1);
    return table;
}

static const struct value_path *path_of(const struct path_table *table, const struct json *node)
{
    uint32_t number = *slot_of_node(table, node);
    return number ? &table->items[number - 1] : NULL;
}

/* --- the trace by resource ---------------------------------------------------------------------*/

/* Numbers of the entries of resource r, in order: entries[begin[r]] up to entries[begin[r + 1]]. */
struct trace_groups {
    uint32_t *entries;
    size_t *begin;
};

static struct trace_groups group_trace(const struct mapping_result *result, struct arena *arena)
{
    size_t count = result->resource_count;
    size_t *next = ARENA_ARRAY(arena, count + 2, size_t);
    struct trace_groups groups = {ARENA_ARRAY(arena, result->trace_count, uint32_t), next};
    /* next[r + 1] is where r's next entry goes; when all have gone, where those of r + 1 begin. */
    for (size_t i = 0; i < result->trace_count; i++)
        if (result->trace[i].resource < count)
            next[result->trace[i].resource + 2]++;
    for (size_t i = 2; i < count + 2; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < result->trace_count; i++)
        if (result->trace[i].resource < count)
            groups.entries[next[result->trace[i].resource + 1]++] = (uint32_t)i;
    return groups;
}

/* --- why ---------------------------------------------------------------------------------------*/

/* Whether `path` is the asked path or below it; a list without a number means all its entries. */
static bool is_asked(struct slice path, struct slice asked)
{
    size_t at = 0;
    for (size_t i = 0; i < asked.len; i++) {
        while (at < path.len && path.ptr[at] == '[' && asked.ptr[i] != '[')
            at += slice_find_byte(slice_after(path, at), ']') + 1;
        /* FHIR R4 json.html#primitive: what belongs to a primitive stands beside it, in _name. */
        bool begins = i == 0 || asked.ptr[i - 1] == '.';
        if (begins && at < path.len && path.ptr[at] == '_' && asked.ptr[i] != '_')
            at++;
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
    struct mapping_why why = {.node = entry->node,
                              .path = path,
                              .value = text_of_value(entry->node),
                              .kind = entry->kind};
    fill_source(result, entry, &why);
    why.rule = mapping_program_rule(result->program, entry->rule);
    if (entry->row != MAPPING_NO_ROW)
        why.row = mapping_program_row(result->program, entry->row);
    return why;
}

size_t mapping_why_list(const struct mapping_result *result, uint32_t resource, struct slice path,
                        struct arena *arena, struct mapping_why **ret_list)
{
    size_t count = 0;
    if (resource >= result->resource_count)
        return 0;
    struct path_table paths = paths_of(result, resource, arena);
    struct trace_groups groups = group_trace(result, arena);
    size_t begin = groups.begin[resource], end = groups.begin[resource + 1];
    struct mapping_why *list = ARENA_ARRAY(arena, end - begin + 1, struct mapping_why);
    for (size_t i = begin; i < end; i++) {
        const struct mapping_trace *entry = &result->trace[groups.entries[i]];
        const struct value_path *value = path_of(&paths, entry->node);
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

static void add_source(struct json *object, const struct mapping_why *why, struct arena *arena)
{
    char sequence[DIGITS], field[DIGITS], start[DIGITS], length[DIGITS];
    add_text(object, SLICE("from"),
             JOIN(arena, why->segment, SLICE("["), number_text(why->sequence, sequence),
                  SLICE("]-"), number_text(why->field, field)),
             arena);
    json_add(object, SLICE("start"),
             json_number(arena, arena_copy(arena, number_text(why->start, start))));
    json_add(object, SLICE("length"),
             json_number(arena, arena_copy(arena, number_text(why->length, length))));
}

static struct json *entry_json(struct slice reference, const struct mapping_why *why,
                               struct arena *arena)
{
    static const struct slice KINDS[] = {SLICE_INIT("field"), SLICE_INIT("literal"),
                                         SLICE_INIT("fact"), SLICE_INIT("key")};
    struct json *object = json_object(arena);
    char line[DIGITS], column[DIGITS];
    add_text(object, SLICE("resource"), reference, arena);
    add_text(object, SLICE("path"), why->path, arena);
    add_text(object, SLICE("rule"), why->rule.id, arena);
    add_text(object, SLICE("at"),
             JOIN(arena, why->rule.file, SLICE(":"), number_text(why->rule.line, line), SLICE(":"),
                  number_text(why->rule.column, column)),
             arena);
    add_text(object, SLICE("guide"), why->rule.guide, arena);
    add_text(object, SLICE("kind"), KINDS[why->kind], arena);
    if (why->kind == MAPPING_TRACE_FIELD)
        add_source(object, why, arena);
    if (why->row.table.len)
        add_text(object, SLICE("table"),
                 JOIN(arena, why->row.file, SLICE(":"), number_text(why->row.line, line)), arena);
    return object;
}

struct json *mapping_trace_json(const struct mapping_result *result, struct arena *arena)
{
    struct json *array = json_array(arena);
    struct trace_groups groups = group_trace(result, arena);
    for (uint32_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *of = &result->resources[i];
        struct slice reference = fhir_reference_local(of->type, of->id, arena);
        struct path_table paths = paths_of(result, i, arena);
        for (size_t j = groups.begin[i]; j < groups.begin[i + 1]; j++) {
            const struct mapping_trace *entry = &result->trace[groups.entries[j]];
            const struct value_path *value = path_of(&paths, entry->node);
            if (!value)
                continue;
            struct mapping_why why = why_of(result, entry, value->path);
            json_append(array, entry_json(reference, &why, arena));
        }
    }
    return array;
}

/* --- what nobody read --------------------------------------------------------------------------*/

static bool are_dropping(const struct place *places, size_t count, uint32_t segment, unsigned field)
{
    for (size_t i = 0; i < count; i++)
        if (places[i].segment == segment && (places[i].field == 0 || places[i].field == field))
            return true;
    return false;
}

static bool is_dropped(const struct mapping_program *program, uint32_t segment, unsigned field)
{
    if (are_dropping(program->dropped, program->dropped_count, segment, field))
        return true;
    for (size_t i = 0; i < program->body_count; i++) {
        const struct body *body = program->bodies[i];
        if (are_dropping(body->dropped, body->dropped_count, segment, field))
            return true;
    }
    return false;
}

/* MSH-1, MSH-2 and set ids say nothing of their own (HL7 v2.5.1 2.15.9, 2.5.3.4). Not every first
 * field is a set id: ORC-1 is the order control. */
static bool needs_no_reader(const struct hl7v2_dictionary *dictionary, uint32_t segment,
                            unsigned field)
{
    if (segment == HL7V2_ID("MSH"))
        return field <= 2;
    const struct hl7v2_field_definition *definition =
        hl7v2_dictionary_field(dictionary, segment, field);
    return definition && slice_equal(definition->type, SLICE("SI"));
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
    const struct hl7v2_dictionary *dictionary = result->program->dictionary;
    struct unread_list list = {.items = NULL};
    for (size_t segment = 0; segment < message->segment_count; segment++) {
        const struct hl7v2_segment *at = &message->segments[segment];
        for (unsigned field = 1; field <= at->field_count; field++)
            if (!needs_no_reader(dictionary, at->id, field) &&
                !is_dropped(result->program, at->id, field))
                unread_of_field(result, segment, field, arena, &list);
    }
    *ret_list = list.items;
    return list.count;
}
