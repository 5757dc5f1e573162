/* run_message: what is asked of the message as a whole, once. */
#include <string.h>

#include "hl7v2/text.h"
#include "mapping/run.h"

static bool has_byte(struct slice text, char separator)
{
    return separator && slice_find_byte(text, separator) < text.len;
}

/* HL7 v2.5.1 2.5.3: two separators side by side have nothing between them. */
static uint64_t fields_of(const struct hl7v2_message *message, const struct hl7v2_segment *segment)
{
    const uint32_t *starts = message->fields + segment->first_field;
    /* MSH-1 is the separator itself. */
    uint64_t fields = segment->id == HL7V2_ID("MSH") ? 3 : 1;
    for (unsigned i = 0; i < segment->field_count; i++)
        fields |= starts[i + 1] - starts[i] > 1 ? presence_bit(i + 1) : 0;
    return fields;
}

/* Most values begin with a letter or a digit: then they are valued, and need no second look. */
static void note_beginnings(struct run *run)
{
    const struct hl7v2_delimiters *delimiters = &run->message->delimiters;
    memset(run->begins_value, true, sizeof(run->begins_value));
    run->begins_value[(unsigned char)delimiters->component] = false;
    run->begins_value[(unsigned char)delimiters->repetition] = false;
    run->begins_value[(unsigned char)delimiters->subcomponent] = false;
    run->begins_value['"'] = false;
    run->begins_value[' '] = false;
}

void run_look_through(struct run *run)
{
    const struct hl7v2_message *message = run->message;
    /* MSH-2 names the separators; what stands behind it uses them. */
    struct slice names = hl7v2_message_field(message, 0, 2);
    size_t begin = names.len ? (size_t)(names.ptr + names.len - message->frame.ptr) : 0;
    struct slice content = slice_after(message->frame, begin);
    run->has_repetitions = has_byte(content, message->delimiters.repetition);
    run->has_subcomponents = has_byte(content, message->delimiters.subcomponent);
    run->present = ARENA_ARRAY(run->arena, message->segment_count, uint64_t);
    for (size_t i = 0; i < message->segment_count; i++) {
        run->present[i] = fields_of(message, &message->segments[i]);
        run->segments |= segment_bit(message->segments[i].id);
    }
    note_beginnings(run);
    struct slice rest_of_header = slice_part(content, 0, message->segments[0].end - begin);
    run->is_plain = begin > 0 && hl7v2_text_is_plain(message, rest_of_header);
    for (size_t i = 1; i < message->segment_count && run->is_plain; i++)
        run->is_plain = hl7v2_text_is_plain(message, hl7v2_message_segment(message, i));
    run->is_simple = run->is_plain && !run->has_subcomponents && !run->context->looks;
}
