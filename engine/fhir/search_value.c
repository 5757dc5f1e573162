#include "fhir/search_value.h"

#include "base/map.h"
#include "fhir/datetime.h"
#include "fhir/reference.h"

#include <string.h>

struct fhir_search_values {
    struct arena *arena;
    int offset_minutes;
    struct fhir_search_value *items;
    size_t count, capacity;
    struct map keys; /* what is there already */
};

struct fhir_search_values *fhir_search_values_new(int offset_minutes, struct arena *arena)
{
    struct fhir_search_values *values = ARENA_NEW(arena, struct fhir_search_values);
    values->arena = arena;
    values->offset_minutes = offset_minutes;
    map_init(&values->keys, arena);
    return values;
}

struct fhir_search_value *fhir_search_values_all(const struct fhir_search_values *values,
                                                 size_t *ret_count)
{
    *ret_count = values->count;
    return values->items;
}

static char *write_bytes(char *out, const void *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

/* All fields of the value as bytes, each text behind its length: the same for equal values only. */
static struct slice key_of(const struct fhir_search_value *value, struct arena *arena)
{
    const struct slice texts[] = {value->system, value->code, value->unit,
                                  value->text,   value->type, value->id};
    const size_t text_count = sizeof(texts) / sizeof(texts[0]);
    size_t size = sizeof(value->parameter->number) + 2 * sizeof(instant);
    for (size_t i = 0; i < text_count; i++)
        size += sizeof(texts[i].len) + texts[i].len;

    char *const key = arena_alloc(arena, size);
    char *out = write_bytes(key, &value->parameter->number, sizeof(value->parameter->number));
    out = write_bytes(out, &value->lower, sizeof(instant));
    out = write_bytes(out, &value->upper, sizeof(instant));
    for (size_t i = 0; i < text_count; i++) {
        out = write_bytes(out, &texts[i].len, sizeof(texts[i].len));
        if (texts[i].len > 0)
            out = write_bytes(out, texts[i].ptr, texts[i].len);
    }
    return (struct slice){key, size};
}

static void add(struct fhir_search_values *values, const struct fhir_search_value *value)
{
    const struct slice key = key_of(value, values->arena);
    if (map_put(&values->keys, key, values))
        return;
    if (values->count == values->capacity) {
        const size_t capacity = values->capacity > 0 ? values->capacity * 2 : 16;
        values->items =
            arena_grow(values->arena, values->items, values->capacity * sizeof(*values->items),
                       capacity * sizeof(*values->items));
        values->capacity = capacity;
    }
    values->items[values->count++] = *value;
}

/* --- token
 * ------------------------------------------------------------------------------------------ */

typedef void add_node(struct fhir_search_values *values, struct fhir_search_value value,
                      const struct json *node);

static void add_code(struct fhir_search_values *values, struct fhir_search_value value,
                     const struct json *node)
{
    value.code = json_text(node);
    if (json_kind(node) == JSON_BOOLEAN)
        value.code = json_is_true(node) ? SLICE("true") : SLICE("false");
    if (value.code.len > 0)
        add(values, &value);
}

static void add_system_and(struct fhir_search_values *values, struct fhir_search_value value,
                           const struct json *node, struct slice name)
{
    value.system = json_get_text(node, SLICE("system"));
    value.code = json_get_text(node, name);
    if (value.system.len + value.code.len > 0)
        add(values, &value);
}

static void add_coding(struct fhir_search_values *values, struct fhir_search_value value,
                       const struct json *node)
{
    add_system_and(values, value, node, SLICE("code"));
}

static void add_concept(struct fhir_search_values *values, struct fhir_search_value value,
                        const struct json *node)
{
    const struct json *list = json_get(node, SLICE("coding"));
    for (const struct json *coding = json_first(list); coding; coding = json_next(coding))
        add_coding(values, value, coding);
}

static void add_identifier(struct fhir_search_values *values, struct fhir_search_value value,
                           const struct json *node)
{
    add_system_and(values, value, node, SLICE("value"));
}

/* FHIR R4 search.html#token: of a ContactPoint the value; its system says phone or email and is not
 * a code system. */
static void add_contact(struct fhir_search_values *values, struct fhir_search_value value,
                        const struct json *node)
{
    value.code = json_get_text(node, SLICE("value"));
    if (value.code.len > 0)
        add(values, &value);
}

/* --- reference
 * -------------------------------------------------------------------------------------- */

static void add_reference(struct fhir_search_values *values, struct fhir_search_value value,
                          const struct json *node)
{
    const struct slice text = json_get_text(node, SLICE("reference"));
    const struct json *identifier = json_get(node, SLICE("identifier"));
    value.type = json_get_text(node, SLICE("type"));
    value.system = json_get_text(identifier, SLICE("system"));
    value.code = json_get_text(identifier, SLICE("value"));

    struct fhir_reference reference;
    if (fhir_reference_parse(text, &reference)) {
        if (reference.type.len > 0)
            value.type = reference.type;
        if (reference.kind == FHIR_REFERENCE_RELATIVE)
            value.id = reference.id;
        else if (reference.kind != FHIR_REFERENCE_CONTAINED &&
                 reference.kind != FHIR_REFERENCE_CONDITIONAL)
            value.id = text;
    }
    if (value.id.len + value.code.len > 0)
        add(values, &value);
}

static void add_canonical(struct fhir_search_values *values, struct fhir_search_value value,
                          const struct json *node)
{
    value.id = fhir_canonical_parse(json_text(node)).url;
    if (value.id.len > 0)
        add(values, &value);
}

/* --- date
 * ------------------------------------------------------------------------------------------- */

/* Widens the range by a date; false, and nothing done, for what is none. */
static bool read_bounds(const struct fhir_search_values *values, struct slice text, instant *lower,
                        instant *upper)
{
    struct fhir_datetime datetime;
    if (!fhir_datetime_parse(text, &datetime))
        return false;
    fhir_datetime_bounds(&datetime, values->offset_minutes, lower, upper);
    return true;
}

static void add_date(struct fhir_search_values *values, struct fhir_search_value value,
                     const struct json *node)
{
    if (read_bounds(values, json_text(node), &value.lower, &value.upper))
        add(values, &value);
}

/* FHIR R4 search.html#date: a Period without start or end is open on that side. */
static void add_period(struct fhir_search_values *values, struct fhir_search_value value,
                       const struct json *node)
{
    instant ignored;
    const bool has_start =
        read_bounds(values, json_get_text(node, SLICE("start")), &value.lower, &ignored);
    const bool has_end =
        read_bounds(values, json_get_text(node, SLICE("end")), &ignored, &value.upper);
    if (!has_start && !has_end)
        return;
    if (!has_start)
        value.lower = FHIR_INSTANT_OPEN_LOWER;
    if (!has_end)
        value.upper = FHIR_INSTANT_OPEN_UPPER;
    add(values, &value);
}

/* FHIR R4 search.html#date: of a Timing only the outer limits count. */
static void add_timing(struct fhir_search_values *values, struct fhir_search_value value,
                       const struct json *node)
{
    const struct json *events = json_get(node, SLICE("event"));
    bool has_event = false;
    for (const struct json *event = json_first(events); event; event = json_next(event)) {
        instant lower, upper;
        if (!read_bounds(values, json_text(event), &lower, &upper))
            continue;
        value.lower = has_event && value.lower < lower ? value.lower : lower;
        value.upper = has_event && value.upper > upper ? value.upper : upper;
        has_event = true;
    }
    if (has_event)
        add(values, &value);
    else
        add_period(values, value, json_get(json_get(node, SLICE("repeat")), SLICE("boundsPeriod")));
}

/* --- string, uri, number, quantity
 * -------------------------------------------------------------------- */

static void add_string(struct fhir_search_values *values, struct fhir_search_value value,
                       const struct json *node)
{
    value.text = fhir_search_normalise(json_text(node), values->arena);
    if (value.text.len > 0)
        add(values, &value);
}

/* Every text of the object and of its lists, but not the codes (use, type) and not the objects. */
static void add_texts(struct fhir_search_values *values, struct fhir_search_value value,
                      const struct json *node)
{
    for (const struct json *member = json_first(node); member; member = json_next(member)) {
        const struct slice name = json_name(member);
        if (slice_equal(name, SLICE("use")) || slice_equal(name, SLICE("type")) ||
            slice_equal(name, SLICE("id")) || slice_starts_with(name, SLICE("_")))
            continue;
        if (json_kind(member) == JSON_STRING)
            add_string(values, value, member);
        for (const struct json *item = json_first(member); item; item = json_next(item)) {
            if (json_kind(member) == JSON_ARRAY && json_kind(item) == JSON_STRING)
                add_string(values, value, item);
        }
    }
}

static void add_text(struct fhir_search_values *values, struct fhir_search_value value,
                     const struct json *node)
{
    value.text = json_text(node);
    if (value.text.len > 0)
        add(values, &value);
}

static void add_quantity(struct fhir_search_values *values, struct fhir_search_value value,
                         const struct json *node)
{
    value.text = json_get_text(node, SLICE("value"));
    value.system = json_get_text(node, SLICE("system"));
    value.code = json_get_text(node, SLICE("code"));
    value.unit = json_get_text(node, SLICE("unit"));
    if (value.text.len > 0)
        add(values, &value);
}

static void add_money(struct fhir_search_values *values, struct fhir_search_value value,
                      const struct json *node)
{
    value.text = json_get_text(node, SLICE("value"));
    value.system = SLICE("urn:iso:std:iso:4217");
    value.code = json_get_text(node, SLICE("currency"));
    if (value.text.len > 0)
        add(values, &value);
}

static void add_range(struct fhir_search_values *values, struct fhir_search_value value,
                      const struct json *node)
{
    add_quantity(values, value, json_get(node, SLICE("low")));
    add_quantity(values, value, json_get(node, SLICE("high")));
}

/* FHIR R4 search.html: for each parameter type the data types it applies to. A derived type (Age of
 * Quantity, code of string) goes as its base where it has no row. */
static const struct {
    enum fhir_search_type search;
    struct slice type;
    add_node *add;
} rows[] = {
    {FHIR_SEARCH_TOKEN, SLICE_INIT("CodeableConcept"), add_concept},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("code"), add_code},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("Identifier"), add_identifier},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("Coding"), add_coding},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("boolean"), add_code},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("string"), add_code},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("uri"), add_code},
    {FHIR_SEARCH_TOKEN, SLICE_INIT("ContactPoint"), add_contact},
    {FHIR_SEARCH_REFERENCE, SLICE_INIT("Reference"), add_reference},
    {FHIR_SEARCH_REFERENCE, SLICE_INIT("uri"), add_canonical},
    {FHIR_SEARCH_DATE, SLICE_INIT("dateTime"), add_date},
    {FHIR_SEARCH_DATE, SLICE_INIT("Period"), add_period},
    {FHIR_SEARCH_DATE, SLICE_INIT("date"), add_date},
    {FHIR_SEARCH_DATE, SLICE_INIT("instant"), add_date},
    {FHIR_SEARCH_DATE, SLICE_INIT("Timing"), add_timing},
    {FHIR_SEARCH_STRING, SLICE_INIT("string"), add_string},
    {FHIR_SEARCH_STRING, SLICE_INIT("HumanName"), add_texts},
    {FHIR_SEARCH_STRING, SLICE_INIT("Address"), add_texts},
    {FHIR_SEARCH_URI, SLICE_INIT("uri"), add_text},
    {FHIR_SEARCH_NUMBER, SLICE_INIT("integer"), add_text},
    {FHIR_SEARCH_NUMBER, SLICE_INIT("decimal"), add_text},
    {FHIR_SEARCH_QUANTITY, SLICE_INIT("Quantity"), add_quantity},
    {FHIR_SEARCH_QUANTITY, SLICE_INIT("Money"), add_money},
    {FHIR_SEARCH_QUANTITY, SLICE_INIT("Range"), add_range},
};

static add_node *find_row(enum fhir_search_type search, const struct fhir_type *type)
{
    for (; type; type = type->base) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (rows[i].search == search && slice_equal(rows[i].type, type->name))
                return rows[i].add;
        }
    }
    return NULL;
}

void fhir_search_values_add(struct fhir_search_values *values,
                            const struct fhir_search_parameter *parameter, const struct json *node,
                            const struct fhir_type *type)
{
    const bool is_primitive = type->primitive != FHIR_PRIMITIVE_NONE;
    if (json_kind(node) != (is_primitive ? fhir_primitive_kind(type->primitive) : JSON_OBJECT))
        return;
    add_node *const row = find_row(parameter->type, type);
    if (row)
        row(values, (struct fhir_search_value){.parameter = parameter}, node);
}

void fhir_search_values_add_boolean(struct fhir_search_values *values,
                                    const struct fhir_search_parameter *parameter, bool truth)
{
    const struct fhir_search_value value = {.parameter = parameter,
                                            .code = truth ? SLICE("true") : SLICE("false")};
    add(values, &value);
}
