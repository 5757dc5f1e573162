/* One pass over the bytes: each is compared with the field separator and the segment terminators,
 * nothing else is looked at. Repetitions and components are found when they are asked for. */
#include "hl7v2/message.h"

#include <endian.h>
#include <string.h>

#define MAX_BYTES_DEFAULT ((size_t)16 << 20)
#define MAX_SEGMENTS_DEFAULT 200000
#define MAX_FIELDS_DEFAULT 2000000
#define NAME_SLOTS_START 32
/* What is longer has a document in it more often than more fields; the index grows where it has. */
#define USUAL_LENGTH ((size_t)256 * 1024)

const struct hl7v2_delimiters HL7V2_DELIMITERS = {'|', '^', '~', '\\', '&', '\0'};

struct parser {
    struct hl7v2_message *message;
    struct arena *arena;
    struct issue_list *issues;
    bool accept_lf;
    size_t max_segments, max_fields;
    size_t segment_capacity;
    size_t field_count, field_capacity;
};

static size_t limit_or(size_t limit, size_t usual)
{
    return limit > 0 ? limit : usual;
}

static bool is_header_id(uint32_t id)
{
    return id == HL7V2_ID("MSH") || id == HL7V2_ID("FHS") || id == HL7V2_ID("BHS");
}

static uint32_t id_at(const char *bytes)
{
    return HL7V2_ID(bytes);
}

static bool is_id_byte(char byte, bool first)
{
    return (byte >= 'A' && byte <= 'Z') || (!first && byte >= '0' && byte <= '9');
}

/* --- names -------------------------------------------------------------------------------------
 */

static struct hl7v2_segment_name *name_slot(const struct hl7v2_message *message, uint32_t id)
{
    size_t mask = message->name_slots - 1;
    size_t i = (id * UINT32_C(2654435761) >> 16) & mask;
    while (message->names[i].id != 0 && message->names[i].id != id)
        i = (i + 1) & mask;
    return &message->names[i];
}

static void names_grow(struct parser *parser)
{
    struct hl7v2_message *message = parser->message;
    struct hl7v2_segment_name *old = message->names;
    size_t old_slots = message->name_slots;
    message->name_slots = old_slots * 2;
    message->names = ARENA_ARRAY(parser->arena, message->name_slots, struct hl7v2_segment_name);
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].id != 0)
            *name_slot(message, old[i].id) = old[i];
}

/* Puts segment `index` at the end of the chain of its id. */
static void name_add(struct parser *parser, uint32_t index)
{
    struct hl7v2_message *message = parser->message;
    struct hl7v2_segment *segment = &message->segments[index];
    struct hl7v2_segment_name *name = name_slot(message, segment->id);
    if (name->id == 0) {
        if ((message->name_count + 1) * 2 > message->name_slots) {
            names_grow(parser);
            name = name_slot(message, segment->id);
        }
        message->name_count++;
        *name = (struct hl7v2_segment_name){.id = segment->id, .first = index, .last = index};
    }
    if (name->count > 0)
        message->segments[name->last].next_same = index;
    name->last = index;
    segment->sequence = ++name->count;
    segment->next_same = UINT32_MAX;
}

/* --- delimiters --------------------------------------------------------------------------------
 */

/* Rule 8: printable ASCII, no letter, digit, space or quote. */
static bool is_delimiter(char byte)
{
    bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
    bool digit = byte >= '0' && byte <= '9';
    return byte > ' ' && byte < 0x7F && !letter && !digit && byte != '"' && byte != '\'';
}

/* HL7 v2.5.1 2.15.9.2: component, repetition, escape, subcomponent; v2.7: truncation. Escape and
 * what follows may be missing. */
static bool delimiters_read(struct slice frame, struct hl7v2_delimiters *ret_delimiters)
{
    if (frame.len < 4 || !is_delimiter(frame.ptr[3]))
        return false;
    char all[6] = {frame.ptr[3]};
    size_t count = 1;
    for (size_t i = 4; i < frame.len; i++) {
        char byte = frame.ptr[i];
        if (byte == all[0] || byte == '\r' || byte == '\n')
            break;
        if (count == sizeof all || !is_delimiter(byte) || memchr(all, byte, count) != NULL)
            return false;
        all[count++] = byte;
    }
    if (count < 3)
        return false;
    *ret_delimiters = (struct hl7v2_delimiters){all[0], all[1], all[2], all[3], all[4], all[5]};
    return true;
}

/* --- the pass ----------------------------------------------------------------------------------
 */

/* Room for that many more field starts. */
static void fields_reserve(struct parser *parser, size_t count)
{
    struct hl7v2_message *message = parser->message;
    if (parser->field_count + count <= parser->field_capacity)
        return;
    size_t size = parser->field_capacity * sizeof *message->fields;
    message->fields = arena_grow(parser->arena, message->fields, size, size * 2);
    parser->field_capacity *= 2;
}

static void field_add(struct parser *parser, size_t offset)
{
    fields_reserve(parser, 1);
    parser->message->fields[parser->field_count++] = (uint32_t)offset;
}

/* Eight bytes, the first lowest; past the end of the line none is a separator. */
static uint64_t word_at(const char *bytes, size_t size, char separator)
{
    uint64_t word = 0;
    if (size < sizeof(word)) {
        memset(&word, ~separator, sizeof(word));
        memcpy(&word, bytes, size);
    } else {
        memcpy(&word, bytes, sizeof(word));
    }
    return le64toh(word);
}

/* Notes what stands behind each separator, of which eight bytes have two or three: eight are
 * compared at once, the highest bit of each that is one is set, and those bits are gone through. */
static void fields_add(struct parser *parser, size_t from, size_t end)
{
    enum { WORD = 8 };
    const uint64_t ones = UINT64_C(0x0101010101010101), low = ones * 0x7F;
    const char *bytes = parser->message->frame.ptr;
    const char separator = parser->message->delimiters.field;
    for (; from < end; from += WORD) {
        const uint64_t word =
            word_at(bytes + from, end - from, separator) ^ ones * (unsigned char)separator;
        uint64_t found = ~(((word & low) + low) | word | low);
        fields_reserve(parser, WORD);
        for (; found; found &= found - 1)
            parser->message->fields[parser->field_count++] =
                (uint32_t)(from + (size_t)__builtin_ctzll(found) / 8 + 1);
    }
}

static struct hl7v2_segment *segment_add(struct parser *parser, size_t start)
{
    struct hl7v2_message *message = parser->message;
    if (message->segment_count == parser->segment_capacity) {
        size_t size = parser->segment_capacity * sizeof *message->segments;
        message->segments = arena_grow(parser->arena, message->segments, size, size * 2);
        parser->segment_capacity *= 2;
    }
    struct hl7v2_segment *segment = &message->segments[message->segment_count++];
    *segment = (struct hl7v2_segment){
        .id = id_at(message->frame.ptr + start),
        .start = (uint32_t)start,
        .first_field = (uint32_t)parser->field_count,
    };
    return segment;
}

/* Index of the end of the line that begins at `start`: its CR (or LF), or the end of the frame. */
static size_t line_end(const struct parser *parser, size_t start)
{
    struct slice rest = slice_after(parser->message->frame, start);
    size_t end = slice_find_byte(rest, '\r');
    if (parser->accept_lf)
        end = slice_find_byte((struct slice){rest.ptr, end}, '\n');
    return start + end;
}

static bool is_segment(const struct hl7v2_message *message, size_t start, size_t end)
{
    const char *bytes = message->frame.ptr + start;
    if (end - start < 3 || !is_id_byte(bytes[0], true) || !is_id_byte(bytes[1], false) ||
        !is_id_byte(bytes[2], false))
        return false;
    return end - start == 3 || bytes[3] == message->delimiters.field;
}

static void report_line(const struct parser *parser)
{
    const struct hl7v2_message *message = parser->message;
    issue_report(parser->issues, ISSUE_SEGMENT_SEQUENCE, ISSUE_ERROR,
                 hl7v2_message_place(message, message->segment_count - 1, 0, 0, 0, 0),
                 "the line after this segment does not begin with a segment id");
}

/* Notes where the fields of one line begin. */
static void segment_index(struct parser *parser, size_t start, size_t end)
{
    struct hl7v2_segment *segment = segment_add(parser, start);
    size_t i = start + 3;
    if (is_header_id(segment->id) && i < end) {
        field_add(parser, i); /* MSH-1 is the separator itself */
        field_add(parser, i + 1);
        i++;
    }
    fields_add(parser, i, end);
    segment->field_count = (uint32_t)parser->field_count - segment->first_field;
    segment->end = (uint32_t)end;
    field_add(parser, end + 1);
    name_add(parser, (uint32_t)parser->message->segment_count - 1);
}

static int index_all(struct parser *parser)
{
    struct hl7v2_message *message = parser->message;
    for (size_t start = 0; start < message->frame.len;) {
        size_t end = line_end(parser, start);
        if (end > start && is_segment(message, start, end))
            segment_index(parser, start, end);
        else if (end > start)
            report_line(parser);
        start = end + 1;
        if (message->segment_count > parser->max_segments ||
            parser->field_count > parser->max_fields || arena_exceeded(parser->arena)) {
            issue_report(parser->issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                         "more segments or fields than this feed takes");
            return -1;
        }
    }
    return 0;
}

/* HL7 v2.5.1 2.15.9.18: the first repetition of MSH-18 names the set; without one it is ASCII. */
static enum hl7v2_charset charset_read(const struct hl7v2_message *message,
                                       const struct hl7v2_message_options *options)
{
    struct slice name = hl7v2_message_value(message, 0, 18, 1, 0, 0);
    if (hl7v2_message_is_valued(message, name))
        return hl7v2_charset_of(name);
    if (options->default_charset != HL7V2_CHARSET_UNKNOWN)
        return options->default_charset;
    return HL7V2_CHARSET_ASCII;
}

static void report_second_header(const struct hl7v2_message *message, struct issue_list *issues)
{
    size_t second = hl7v2_message_find(message, HL7V2_ID("MSH"), 2);
    if (second != HL7V2_NO_SEGMENT)
        issue_report(issues, ISSUE_NOT_A_MESSAGE, ISSUE_ERROR,
                     hl7v2_message_place(message, second, 0, 0, 0, 0),
                     "a second MSH in one message, and no batch header");
}

int hl7v2_message_parse(struct slice frame, const struct hl7v2_message_options *options,
                        struct arena *arena, struct hl7v2_message *ret_message,
                        struct issue_list *issues)
{
    static const struct hl7v2_message_options NO_OPTIONS = {0};
    if (options == NULL)
        options = &NO_OPTIONS;
    size_t max_bytes = limit_or(options->max_bytes, MAX_BYTES_DEFAULT);
    if (frame.len > max_bytes || frame.len >= UINT32_MAX) {
        issue_report(issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "more than %zu bytes", max_bytes);
        return -1;
    }
    struct hl7v2_message message = {.frame = frame, .name_slots = NAME_SLOTS_START};
    if (frame.len < 4 || !is_header_id(id_at(frame.ptr)) ||
        !delimiters_read(frame, &message.delimiters)) {
        issue_report(issues, ISSUE_NOT_A_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "no MSH with usable delimiters at the front");
        return -1;
    }
    const size_t usual = frame.len < USUAL_LENGTH ? frame.len : USUAL_LENGTH;
    struct parser parser = {
        .message = &message,
        .arena = arena,
        .issues = issues,
        .accept_lf = options->accept_lf,
        .max_segments = limit_or(options->max_segments, MAX_SEGMENTS_DEFAULT),
        .max_fields = limit_or(options->max_fields, MAX_FIELDS_DEFAULT),
        .segment_capacity = 16 + usual / 128,
        .field_capacity = 128 + usual / 4,
    };
    message.names = ARENA_ARRAY(arena, message.name_slots, struct hl7v2_segment_name);
    message.segments = ARENA_ARRAY(arena, parser.segment_capacity, struct hl7v2_segment);
    message.fields = ARENA_ARRAY(arena, parser.field_capacity, uint32_t);
    if (index_all(&parser) != 0)
        return -1;
    message.charset = charset_read(&message, options);
    report_second_header(&message, issues);
    *ret_message = message;
    return 0;
}

/* --- access ------------------------------------------------------------------------------------
 */

size_t hl7v2_message_find(const struct hl7v2_message *message, uint32_t id, unsigned sequence)
{
    const struct hl7v2_segment_name *name = name_slot(message, id);
    if (name->id == 0 || sequence == 0 || sequence > name->count)
        return HL7V2_NO_SEGMENT;
    if (sequence == name->count)
        return name->last;
    uint32_t index = name->first;
    for (unsigned i = 1; i < sequence; i++)
        index = message->segments[index].next_same;
    return index;
}

unsigned hl7v2_message_count(const struct hl7v2_message *message, uint32_t id)
{
    return name_slot(message, id)->count;
}

struct slice hl7v2_message_segment(const struct hl7v2_message *message, size_t segment)
{
    if (segment >= message->segment_count)
        return (struct slice){0};
    const struct hl7v2_segment *row = &message->segments[segment];
    return (struct slice){message->frame.ptr + row->start, row->end - row->start};
}

struct slice hl7v2_message_segment_id(const struct hl7v2_message *message, size_t segment)
{
    return slice_part(hl7v2_message_segment(message, segment), 0, 3);
}

struct slice hl7v2_message_field(const struct hl7v2_message *message, size_t segment,
                                 unsigned field)
{
    if (segment >= message->segment_count || field > message->segments[segment].field_count)
        return (struct slice){0};
    const struct hl7v2_segment *row = &message->segments[segment];
    if (field == 0)
        return (struct slice){message->frame.ptr + row->start, 3};
    const uint32_t *starts = message->fields + row->first_field + field - 1;
    if (field == 1 && is_header_id(row->id))
        return (struct slice){message->frame.ptr + starts[0], 1};
    return (struct slice){message->frame.ptr + starts[0], starts[1] - 1 - starts[0]};
}

/* How many parts `separator` ('\0': none) makes of it. */
static unsigned part_count(const struct hl7v2_message *message, struct slice whole, char separator)
{
    if (whole.len == 0)
        return 0;
    if (separator == '\0' || hl7v2_message_is_literal(message, whole))
        return 1;
    unsigned count = 1;
    for (size_t i = 0; i < whole.len; i++)
        count += whole.ptr[i] == separator;
    return count;
}

static struct slice part(const struct hl7v2_message *message, struct slice whole, char separator,
                         unsigned number)
{
    if (whole.ptr == NULL || number == 0)
        return (struct slice){0};
    if (separator == '\0' || hl7v2_message_is_literal(message, whole))
        return number == 1 ? whole : (struct slice){0};
    for (;;) {
        size_t end = slice_find_byte(whole, separator);
        if (--number == 0)
            return (struct slice){whole.ptr, end};
        if (end == whole.len)
            return (struct slice){0};
        whole.ptr += end + 1;
        whole.len -= end + 1;
    }
}

unsigned hl7v2_message_repetition_count(const struct hl7v2_message *message, struct slice field)
{
    return part_count(message, field, message->delimiters.repetition);
}

struct slice hl7v2_message_repetition(const struct hl7v2_message *message, struct slice field,
                                      unsigned repetition)
{
    return part(message, field, message->delimiters.repetition, repetition);
}

unsigned hl7v2_message_component_count(const struct hl7v2_message *message, struct slice repetition)
{
    return part_count(message, repetition, message->delimiters.component);
}

struct slice hl7v2_message_component(const struct hl7v2_message *message, struct slice repetition,
                                     unsigned component)
{
    return part(message, repetition, message->delimiters.component, component);
}

unsigned hl7v2_message_subcomponent_count(const struct hl7v2_message *message,
                                          struct slice component)
{
    return part_count(message, component, message->delimiters.subcomponent);
}

struct slice hl7v2_message_subcomponent(const struct hl7v2_message *message, struct slice component,
                                        unsigned subcomponent)
{
    return part(message, component, message->delimiters.subcomponent, subcomponent);
}

struct slice hl7v2_message_value(const struct hl7v2_message *message, size_t segment,
                                 unsigned field, unsigned repetition, unsigned component,
                                 unsigned subcomponent)
{
    struct slice value = hl7v2_message_field(message, segment, field);
    if (field == 0 || (repetition == 0 && component == 0))
        return value;
    value = hl7v2_message_repetition(message, value, repetition == 0 ? 1 : repetition);
    if (component == 0)
        return value;
    value = hl7v2_message_component(message, value, component);
    return subcomponent == 0 ? value : hl7v2_message_subcomponent(message, value, subcomponent);
}

bool hl7v2_is_delete(struct slice raw)
{
    return raw.len == 2 && raw.ptr[0] == '"' && raw.ptr[1] == '"';
}

bool hl7v2_message_is_valued(const struct hl7v2_message *message, struct slice raw)
{
    if (hl7v2_is_delete(raw))
        return false;
    if (hl7v2_message_is_literal(message, raw))
        return raw.len > 0;
    const struct hl7v2_delimiters *delimiters = &message->delimiters;
    for (size_t i = 0; i < raw.len; i++) {
        char byte = raw.ptr[i];
        if (byte != delimiters->component && byte != delimiters->repetition &&
            (byte != delimiters->subcomponent || byte == '\0'))
            return true;
    }
    return false;
}
