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

/* What stands behind MSH-2, which names the separators, uses them. */
static struct slice content_of(const struct hl7v2_message *message, size_t segment)
{
    struct slice text = hl7v2_message_segment(message, segment);
    if (segment > 0)
        return text;
    struct slice names = hl7v2_message_field(message, 0, 2);
    return names.len ? slice_after(text, (size_t)(names.ptr + names.len - text.ptr))
                     : (struct slice){NULL, 0};
}

/* Which segments have repetitions, subcomponents or something to decode. */
static void note_odd_segments(struct run *run)
{
    const struct hl7v2_message *message = run->message;
    if (run->is_plain && !run->has_repetitions && !run->has_subcomponents)
        return;
    run->odd_segments = ARENA_ARRAY(run->arena, message->segment_count, bool);
    for (size_t i = 0; i < message->segment_count; i++) {
        struct slice text = content_of(message, i);
        run->odd_segments[i] = has_byte(text, message->delimiters.repetition) ||
                               has_byte(text, message->delimiters.subcomponent) ||
                               !hl7v2_text_is_plain(message, text);
    }
}

void run_look_through(struct run *run)
{
    const struct hl7v2_message *message = run->message;
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
    run->is_plain = begin > 0;
    for (size_t i = 0; i < message->segment_count && run->is_plain; i++)
        run->is_plain = hl7v2_text_is_plain(message, content_of(message, i));
    run->is_simple = run->is_plain && !run->has_subcomponents && !run->context->looks;
    note_odd_segments(run);
}
