/* Places in a message, and the check of its characters that needs them. */
#include "hl7v2/message.h"

#include <string.h>

struct issue_place hl7v2_message_place(const struct hl7v2_message *message, size_t segment,
                                       unsigned field, unsigned repetition, unsigned component,
                                       unsigned subcomponent)
{
    if (segment >= message->segment_count)
        return ISSUE_NOWHERE;
    return issue_place_v2(hl7v2_message_segment_id(message, segment),
                          message->segments[segment].sequence, field, repetition, component,
                          subcomponent);
}

/* Index of the last segment that begins at or before the offset. */
static size_t segment_at(const struct hl7v2_message *message, size_t offset)
{
    size_t low = 0, high = message->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (message->segments[middle].start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? HL7V2_NO_SEGMENT : low - 1;
}

/* Number of the last field of the segment that begins at or before the offset; 0: in the id. */
static unsigned field_at(const struct hl7v2_message *message, const struct hl7v2_segment *segment,
                         size_t offset)
{
    const uint32_t *starts = message->fields + segment->first_field;
    unsigned low = 0, high = segment->field_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (starts[middle] <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Number of the part in which `offset` lies; the parts before it are cut off *whole. */
static unsigned part_at(struct slice *whole, const char *byte, char separator)
{
    unsigned number = 1;
    const char *start = whole->ptr;
    for (const char *at = whole->ptr; at < byte; at++)
        if (*at == separator && separator != '\0') {
            number++;
            start = at + 1;
        }
    *whole = (struct slice){start, whole->len - (size_t)(start - whole->ptr)};
    return number;
}

struct issue_place hl7v2_message_place_at(const struct hl7v2_message *message, size_t offset)
{
    size_t index = segment_at(message, offset);
    if (index == HL7V2_NO_SEGMENT || offset > message->segments[index].end ||
        offset >= message->frame.len)
        return ISSUE_NOWHERE;
    unsigned field = field_at(message, &message->segments[index], offset);
    struct slice value = hl7v2_message_field(message, index, field);
    if (field == 0 || hl7v2_message_is_literal(message, value))
        return hl7v2_message_place(message, index, field, 0, 0, 0);
    const char *byte = message->frame.ptr + offset;
    unsigned repetition = part_at(&value, byte, message->delimiters.repetition);
    unsigned component = part_at(&value, byte, message->delimiters.component);
    unsigned subcomponent = part_at(&value, byte, message->delimiters.subcomponent);
    return hl7v2_message_place(message, index, field, repetition, component, subcomponent);
}

/* Fields of type FT or TX in which an admin may allow TAB and LF. OBX-5 only where OBX-2 says so.
 */
static bool is_text_field(const struct hl7v2_message *message, size_t segment, unsigned field)
{
    uint32_t id = message->segments[segment].id;
    if (id == HL7V2_ID("NTE"))
        return field == 3;
    if (id != HL7V2_ID("OBX") || field != 5)
        return false;
    struct slice type = hl7v2_message_field(message, segment, 2);
    return slice_equal(type, SLICE("FT")) || slice_equal(type, SLICE("TX"));
}

/* A control character, or not ASCII. */
static bool is_special(char byte)
{
    unsigned char code = (unsigned char)byte;
    return code < 0x20 || code >= 0x7F;
}

static size_t plain_run(struct slice bytes, size_t from)
{
    size_t i = from;
    for (; i + 8 <= bytes.len; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.ptr + i, sizeof word);
        const uint64_t ones = UINT64_C(0x0101010101010101);
        /* A byte below 20 borrows; 7F carries into the high bit; 80 and above has it. */
        if (((word - ones * 0x20) | (word + ones) | word) & (ones << 7))
            break;
    }
    while (i < bytes.len && !is_special(bytes.ptr[i]))
        i++;
    return i;
}

/* The first offending byte of a segment's part, or its length. */
static size_t first_fault(const struct hl7v2_message *message, struct slice bytes,
                          bool text_controls, const char **ret_words)
{
    for (size_t i = plain_run(bytes, 0); i < bytes.len; i = plain_run(bytes, i)) {
        unsigned char code = (unsigned char)bytes.ptr[i];
        if (code < 0x80 && text_controls && (code == '\t' || code == '\n')) {
            i++;
            continue;
        }
        if (code < 0x80) {
            *ret_words = "control character";
            return i;
        }
        size_t run = 1;
        while (i + run < bytes.len && (unsigned char)bytes.ptr[i + run] >= 0x80)
            run++;
        size_t fault = message->charset == HL7V2_CHARSET_UNKNOWN
                           ? run
                           : hl7v2_charset_check(message->charset, slice_part(bytes, i, run));
        if (fault < run) {
            *ret_words = "a byte is no character of the message's character set";
            return i + fault;
        }
        i += run;
    }
    return bytes.len;
}

static int check_segment(const struct hl7v2_message *message, size_t segment, bool text_controls,
                         struct issue_list *issues)
{
    int result = 0;
    unsigned count = message->segments[segment].field_count;
    for (unsigned field = 1; field <= count; field++) {
        struct slice value = hl7v2_message_field(message, segment, field);
        const char *words = NULL;
        bool allowed = text_controls && is_text_field(message, segment, field);
        size_t fault = first_fault(message, value, allowed, &words);
        if (fault == value.len)
            continue;
        size_t offset = (size_t)(value.ptr - message->frame.ptr) + fault;
        issue_report(issues, ISSUE_DATA_TYPE, ISSUE_ERROR, hl7v2_message_place_at(message, offset),
                     "%s at byte %zu of the message", words, offset);
        result = -1;
    }
    return result;
}

int hl7v2_message_check_text(const struct hl7v2_message *message,
                             const struct hl7v2_message_options *options, struct issue_list *issues)
{
    bool text_controls = options != NULL && options->accept_text_controls;
    int result = 0;
    for (size_t i = 0; i < message->segment_count; i++) {
        struct slice segment = hl7v2_message_segment(message, i);
        if (plain_run(segment, 0) < segment.len &&
            check_segment(message, i, text_controls, issues) != 0)
            result = -1;
    }
    return result;
}
