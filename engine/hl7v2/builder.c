/* What is set is kept as a list of (place, value) for each segment; order is made once, when the
 * message is printed. So a segment needs no idea of how many fields it will have. */
#include "hl7v2/builder.h"

#include <stdlib.h>

#include "hl7v2/text.h"

enum entry_kind { ENTRY_TEXT, ENTRY_LINES, ENTRY_RAW };

struct entry {
    unsigned field, repetition, component, subcomponent;
    size_t order; /* of two at one place the later counts */
    enum entry_kind kind;
    struct slice value;
};

struct builder_segment {
    uint32_t id;
    uint32_t sequence;
    struct entry *entries;
    size_t count, capacity;
};

struct hl7v2_builder {
    struct arena *arena;
    struct hl7v2_delimiters delimiters;
    enum hl7v2_charset charset;
    struct builder_segment *segments;
    size_t count, capacity;
};

static unsigned from_one(unsigned number)
{
    return number > 0 ? number : 1;
}

static bool is_header(uint32_t id)
{
    return id == HL7V2_ID("MSH") || id == HL7V2_ID("FHS") || id == HL7V2_ID("BHS");
}

struct hl7v2_builder *hl7v2_builder_new(struct arena *arena,
                                        const struct hl7v2_delimiters *delimiters,
                                        enum hl7v2_charset charset)
{
    struct hl7v2_builder *builder = ARENA_NEW(arena, struct hl7v2_builder);
    *builder = (struct hl7v2_builder){
        .arena = arena,
        .delimiters = delimiters != NULL ? *delimiters : HL7V2_DELIMITERS,
        .charset = charset,
    };
    return builder;
}

/* The array with room for one more. */
static void *with_room(struct arena *arena, void *items, size_t count, size_t *capacity,
                       size_t size)
{
    if (count < *capacity)
        return items;
    size_t old = *capacity;
    *capacity = old > 0 ? old * 2 : 8;
    return arena_grow(arena, items, old * size, *capacity * size);
}

static struct builder_segment *find_segment(const struct hl7v2_builder *builder, uint32_t id,
                                            uint32_t sequence)
{
    for (size_t i = 0; i < builder->count; i++)
        if (builder->segments[i].id == id && builder->segments[i].sequence == sequence)
            return &builder->segments[i];
    return NULL;
}

void hl7v2_builder_segment(struct hl7v2_builder *builder, uint32_t id)
{
    uint32_t sequence = 1;
    for (size_t i = builder->count; i-- > 0 && sequence == 1;)
        if (builder->segments[i].id == id)
            sequence = builder->segments[i].sequence + 1;
    builder->segments = with_room(builder->arena, builder->segments, builder->count,
                                  &builder->capacity, sizeof *builder->segments);
    builder->segments[builder->count++] = (struct builder_segment){.id = id, .sequence = sequence};
}

static void add_entry(struct hl7v2_builder *builder, struct builder_segment *segment,
                      struct entry entry)
{
    if (entry.value.len == 0 || entry.field == 0 || (is_header(segment->id) && entry.field < 3))
        return;
    segment->entries = with_room(builder->arena, segment->entries, segment->count,
                                 &segment->capacity, sizeof *segment->entries);
    entry.order = segment->count;
    segment->entries[segment->count++] = entry;
}

static void set(struct hl7v2_builder *builder, struct builder_segment *segment,
                const struct hl7v2_place *place, enum entry_kind kind, struct slice value)
{
    add_entry(builder, segment,
              (struct entry){
                  .field = place->field,
                  .repetition = from_one(place->repetition),
                  .component = from_one(place->component),
                  .subcomponent = from_one(place->subcomponent),
                  .kind = kind,
                  .value = value,
              });
}

static void set_current(struct hl7v2_builder *builder, const struct hl7v2_place *place,
                        enum entry_kind kind, struct slice value)
{
    if (builder->count > 0)
        set(builder, &builder->segments[builder->count - 1], place, kind, value);
}

void hl7v2_builder_set(struct hl7v2_builder *builder, unsigned field, unsigned repetition,
                       unsigned component, unsigned subcomponent, struct slice text)
{
    const struct hl7v2_place place = {0, 0, field, repetition, component, subcomponent};
    set_current(builder, &place, ENTRY_TEXT, text);
}

void hl7v2_builder_set_lines(struct hl7v2_builder *builder, unsigned field, unsigned repetition,
                             unsigned component, unsigned subcomponent, struct slice text)
{
    const struct hl7v2_place place = {0, 0, field, repetition, component, subcomponent};
    set_current(builder, &place, ENTRY_LINES, text);
}

void hl7v2_builder_set_raw(struct hl7v2_builder *builder, unsigned field, struct slice raw)
{
    const struct hl7v2_place place = {.field = field};
    set_current(builder, &place, ENTRY_RAW, raw);
}

void hl7v2_builder_set_delete(struct hl7v2_builder *builder, unsigned field, unsigned repetition,
                              unsigned component, unsigned subcomponent)
{
    const struct hl7v2_place place = {0, 0, field, repetition, component, subcomponent};
    set_current(builder, &place, ENTRY_RAW, SLICE("\"\""));
}

int hl7v2_builder_set_place(struct hl7v2_builder *builder, const struct hl7v2_place *place,
                            struct slice text)
{
    uint32_t sequence = from_one(place->sequence);
    if (place->field == 0 || sequence == HL7V2_PLACE_EACH || place->repetition == HL7V2_PLACE_EACH)
        return -1;
    struct builder_segment *segment = find_segment(builder, place->segment, sequence);
    if (segment == NULL) {
        if (sequence > 1 && find_segment(builder, place->segment, sequence - 1) == NULL)
            return -1;
        hl7v2_builder_segment(builder, place->segment);
        segment = &builder->segments[builder->count - 1];
    }
    set(builder, segment, place, ENTRY_TEXT, text);
    return 0;
}

/* --- printing ----------------------------------------------------------------------------------
 */

static int compare_places(const struct entry *a, const struct entry *b)
{
    const unsigned parts[][2] = {{a->field, b->field},
                                 {a->repetition, b->repetition},
                                 {a->component, b->component},
                                 {a->subcomponent, b->subcomponent}};
    for (size_t i = 0; i < 4; i++)
        if (parts[i][0] != parts[i][1])
            return parts[i][0] < parts[i][1] ? -1 : 1;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *first = a, *second = b;
    int places = compare_places(first, second);
    if (places != 0)
        return places;
    return first->order < second->order ? -1 : 1;
}

static void put_separators(struct buffer *out, char separator, unsigned *at, unsigned to)
{
    for (; *at < to; (*at)++)
        buffer_append_byte(out, separator);
}

/* The separators from where the print stands to the entry; parts below a separator start anew. */
static void move_to(struct buffer *out, const struct hl7v2_delimiters *delimiters, struct entry *at,
                    const struct entry *to)
{
    if (at->field < to->field) {
        put_separators(out, delimiters->field, &at->field, to->field);
        at->repetition = at->component = at->subcomponent = 1;
    }
    if (at->repetition < to->repetition) {
        put_separators(out, delimiters->repetition, &at->repetition, to->repetition);
        at->component = at->subcomponent = 1;
    }
    if (at->component < to->component) {
        put_separators(out, delimiters->component, &at->component, to->component);
        at->subcomponent = 1;
    }
    put_separators(out, delimiters->subcomponent, &at->subcomponent, to->subcomponent);
}

static int print_lines(const struct hl7v2_builder *builder, struct slice text, struct buffer *out,
                       struct issue_list *issues)
{
    const char escape = builder->delimiters.escape;
    bool is_first = true;
    for (struct slice line; slice_split(&text, '\n', &line); is_first = false) {
        if (!is_first) {
            buffer_append_byte(out, escape);
            buffer_append(out, SLICE(".br"));
            buffer_append_byte(out, escape);
        }
        if (hl7v2_text_encode(&builder->delimiters, builder->charset, line, builder->arena, out,
                              issues) != 0)
            return -1;
    }
    return 0;
}

static int print_entry(const struct hl7v2_builder *builder, const struct entry *entry,
                       struct buffer *out, struct issue_list *issues)
{
    if (entry->kind == ENTRY_RAW) {
        buffer_append(out, entry->value);
        return 0;
    }
    if (entry->kind == ENTRY_LINES && builder->delimiters.escape != '\0')
        return print_lines(builder, entry->value, out, issues);
    return hl7v2_text_encode(&builder->delimiters, builder->charset, entry->value, builder->arena,
                             out, issues);
}

static void print_id(const struct hl7v2_builder *builder, uint32_t id, struct buffer *out)
{
    const char name[] = {(char)(id >> 16), (char)(id >> 8), (char)id};
    buffer_append(out, (struct slice){name, sizeof name});
    if (!is_header(id))
        return;
    const struct hl7v2_delimiters *delimiters = &builder->delimiters;
    const char all[] = {delimiters->field,  delimiters->component,    delimiters->repetition,
                        delimiters->escape, delimiters->subcomponent, delimiters->truncation};
    for (size_t i = 0; i < sizeof all && all[i] != '\0'; i++)
        buffer_append_byte(out, all[i]);
}

static int print_segment(const struct hl7v2_builder *builder, const struct builder_segment *segment,
                         struct buffer *out, struct issue_list *issues)
{
    struct entry at = {is_header(segment->id) ? 2 : 0, 1, 1, 1, 0, ENTRY_RAW, {0}};
    if (segment->count > 0)
        qsort(segment->entries, segment->count, sizeof *segment->entries, compare_entries);
    print_id(builder, segment->id, out);
    for (size_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        if (i + 1 < segment->count && compare_places(entry, entry + 1) == 0)
            continue;
        if (entry->subcomponent > 1 && builder->delimiters.subcomponent == '\0') {
            issue_report(issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                         "a subcomponent cannot be sent: the message has no delimiter for it");
            return -1;
        }
        move_to(out, &builder->delimiters, &at, entry);
        if (print_entry(builder, entry, out, issues) != 0)
            return -1;
    }
    buffer_append_byte(out, '\r');
    return 0;
}

int hl7v2_builder_print(const struct hl7v2_builder *builder, struct buffer *out,
                        struct issue_list *issues)
{
    struct buffer text;
    int result = 0;
    buffer_init(&text, 0);
    for (size_t i = 0; i < builder->count && result == 0; i++)
        result = print_segment(builder, &builder->segments[i], &text, issues);
    if (result == 0)
        buffer_append(out, buffer_slice(&text));
    buffer_release(&text);
    return result;
}
