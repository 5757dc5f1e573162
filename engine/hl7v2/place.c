#include "hl7v2/place.h"

#include "base/buffer.h"

#define NUMBER_MAXIMUM 9999999

/* Reads a number without leading zeros at `at`; moves it behind. */
static bool take_number(struct slice text, size_t *at, uint32_t *ret_number)
{
    size_t start = *at, end = start;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    uint64_t number;
    if (end == start || text.ptr[start] == '0' ||
        !slice_to_uint64(slice_part(text, start, end - start), NUMBER_MAXIMUM, &number))
        return false;
    *ret_number = (uint32_t)number;
    *at = end;
    return true;
}

/* "[2]" or "[*]". True also where there is none. */
static bool take_index(struct slice text, size_t *at, uint32_t *ret_number)
{
    if (*at >= text.len || text.ptr[*at] != '[')
        return true;
    size_t inside = *at + 1;
    uint32_t number = HL7V2_PLACE_EACH;
    if (inside < text.len && text.ptr[inside] == '*')
        inside++;
    else if (!take_number(text, &inside, &number))
        return false;
    if (inside >= text.len || text.ptr[inside] != ']')
        return false;
    *at = inside + 1;
    *ret_number = number;
    return true;
}

static bool take_part(struct slice text, size_t *at, uint32_t *ret_number)
{
    size_t inside = *at + 1;
    if (*at >= text.len || text.ptr[*at] != '.' || !take_number(text, &inside, ret_number))
        return false;
    *at = inside;
    return true;
}

static bool is_segment_id(struct slice text)
{
    for (size_t i = 0; i < 3; i++) {
        if (i >= text.len)
            return false;
        char byte = text.ptr[i];
        bool digit = byte >= '0' && byte <= '9';
        if (!(byte >= 'A' && byte <= 'Z') && !(digit && i > 0))
            return false;
    }
    return true;
}

/* Length of the place at the front; 0 where there is none. Stops before what does not fit. */
size_t hl7v2_place_parse_front(struct slice text, struct hl7v2_place *ret_place)
{
    struct hl7v2_place place = {0};
    if (!is_segment_id(text))
        return 0;
    place.segment = HL7V2_ID(text.ptr);
    size_t at = 3;
    if (take_index(text, &at, &place.sequence)) {
        size_t field = at + 1;
        if (at < text.len && text.ptr[at] == '-' && take_number(text, &field, &place.field)) {
            at = field;
            if (take_index(text, &at, &place.repetition) && take_part(text, &at, &place.component))
                take_part(text, &at, &place.subcomponent);
        }
    }
    *ret_place = place;
    return at;
}

int hl7v2_place_parse(struct slice text, struct hl7v2_place *ret_place, size_t *ret_column)
{
    struct hl7v2_place place;
    size_t length = hl7v2_place_parse_front(text, &place);
    if (length == 0 || length != text.len) {
        if (ret_column != NULL)
            *ret_column = length;
        return -1;
    }
    *ret_place = place;
    return 0;
}

static void put_index(struct buffer *out, uint32_t number)
{
    if (number == HL7V2_PLACE_EACH)
        buffer_append(out, SLICE("[*]"));
    else if (number != 0)
        buffer_append_format(out, "[%u]", number);
}

struct slice hl7v2_place_text(const struct hl7v2_place *place, struct arena *arena)
{
    struct buffer out;
    buffer_init(&out, 0);
    buffer_append_byte(&out, (char)(place->segment >> 16));
    buffer_append_byte(&out, (char)(place->segment >> 8));
    buffer_append_byte(&out, (char)place->segment);
    put_index(&out, place->sequence);
    if (place->field != 0) {
        buffer_append_format(&out, "-%u", place->field);
        put_index(&out, place->repetition);
    }
    if (place->component != 0)
        buffer_append_format(&out, ".%u", place->component);
    if (place->subcomponent != 0)
        buffer_append_format(&out, ".%u", place->subcomponent);
    struct slice text = arena_copy(arena, buffer_slice(&out));
    buffer_release(&out);
    return text;
}

/* --- resolving ---------------------------------------------------------------------------------
 */

struct values {
    struct arena *arena;
    struct slice *items;
    size_t count, capacity;
};

static void values_add(struct values *values, struct slice value)
{
    if (value.ptr == NULL)
        return;
    if (values->count == values->capacity) {
        size_t size = values->capacity * sizeof value;
        values->capacity = values->capacity > 0 ? values->capacity * 2 : 4;
        values->items =
            arena_grow(values->arena, values->items, size, values->capacity * sizeof value);
    }
    values->items[values->count++] = value;
}

static struct slice value_in(const struct hl7v2_place *place, const struct hl7v2_message *message,
                             size_t segment, uint32_t repetition)
{
    if (place->field == 0)
        return hl7v2_message_segment(message, segment);
    return hl7v2_message_value(message, segment, place->field, repetition, place->component,
                               place->subcomponent);
}

static void resolve_segment(const struct hl7v2_place *place, const struct hl7v2_message *message,
                            size_t segment, struct values *values)
{
    if (place->repetition != HL7V2_PLACE_EACH) {
        values_add(values, value_in(place, message, segment, place->repetition));
        return;
    }
    struct slice field = hl7v2_message_field(message, segment, place->field);
    struct slice rest = field, repetition;
    if (hl7v2_message_is_literal(message, field)) {
        values_add(values, value_in(place, message, segment, 1));
        return;
    }
    while (rest.ptr != NULL && slice_split(&rest, message->delimiters.repetition, &repetition)) {
        if (place->component > 0)
            repetition = hl7v2_message_component(message, repetition, place->component);
        if (place->subcomponent > 0)
            repetition = hl7v2_message_subcomponent(message, repetition, place->subcomponent);
        values_add(values, repetition);
    }
}

size_t hl7v2_place_resolve(const struct hl7v2_place *place, const struct hl7v2_message *message,
                           struct arena *arena, struct slice **ret_values)
{
    struct values values = {.arena = arena};
    bool each = place->sequence == HL7V2_PLACE_EACH;
    unsigned number = each || place->sequence == 0 ? 1 : place->sequence;
    size_t segment = hl7v2_message_find(message, place->segment, number);
    while (segment < message->segment_count) {
        resolve_segment(place, message, segment, &values);
        segment = each ? message->segments[segment].next_same : HL7V2_NO_SEGMENT;
    }
    *ret_values = values.items;
    return values.count;
}

struct slice hl7v2_place_first(const struct hl7v2_place *place, const struct hl7v2_message *message)
{
    bool any = place->sequence == HL7V2_PLACE_EACH || place->sequence == 0;
    size_t segment = hl7v2_message_find(message, place->segment, any ? 1 : place->sequence);
    if (segment == HL7V2_NO_SEGMENT)
        return (struct slice){0};
    bool each = place->repetition == HL7V2_PLACE_EACH;
    return value_in(place, message, segment, each ? 1 : place->repetition);
}
