/* parse: a message as JSON, decoded.
 *
 *   {"charset":"ASCII","segments":[{"segment":"PID","sequence":1,"fields":{"3":[[["A1001"]]]}}]}
 *
 * A field is a list of repetitions, each a list of components, each a list of subcomponents; fields
 * without a byte are left out, so that a place is read off by its numbers. */
#include "cli/commands.h"
#include "cli/input.h"
#include "hl7v2/text.h"

static struct json *component_json(const struct input_message *input, struct slice component)
{
    struct json *list = json_array(input->arena);
    unsigned count = hl7v2_message_subcomponent_count(&input->message, component);
    for (unsigned i = 1; i <= count; i++) {
        struct slice raw = hl7v2_message_subcomponent(&input->message, component, i);
        struct slice text = {0};
        if (hl7v2_text_decode(&input->message, raw, input->arena, &text, input->issues) == 0) {
            json_append(list, json_string(input->arena, text));
            continue;
        }
        json_append(list, json_null(input->arena));
    }
    return list;
}

static struct json *field_json(const struct input_message *input, struct slice field)
{
    struct json *repetitions = json_array(input->arena);
    unsigned repetition_count = hl7v2_message_repetition_count(&input->message, field);
    for (unsigned r = 1; r <= repetition_count; r++) {
        struct slice repetition = hl7v2_message_repetition(&input->message, field, r);
        struct json *components = json_append(repetitions, json_array(input->arena));
        unsigned count = hl7v2_message_component_count(&input->message, repetition);
        for (unsigned c = 1; c <= count; c++) {
            struct slice component = hl7v2_message_component(&input->message, repetition, c);
            json_append(components, component_json(input, component));
        }
    }
    return repetitions;
}

static struct json *segment_json(const struct input_message *input, size_t number)
{
    const struct hl7v2_segment *segment = &input->message.segments[number];
    struct json *answer = json_object(input->arena);
    json_add_string(answer, SLICE("segment"), hl7v2_message_segment_id(&input->message, number),
                    input->arena);
    json_add(answer, SLICE("sequence"), json_integer(input->arena, segment->sequence));
    struct json *fields = json_add(answer, SLICE("fields"), json_object(input->arena));
    for (unsigned field = 1; field <= segment->field_count; field++) {
        struct slice raw = hl7v2_message_field(&input->message, number, field);
        if (raw.len > 0) {
            json_add(fields, arena_format(input->arena, "%u", field), field_json(input, raw));
        }
    }
    return answer;
}

static bool parse(struct input_message *input, void *data)
{
    (void)data;
    if (!input->parsed) {
        input_print_outcome(input);
        return false;
    }
    struct json *answer = json_object(input->arena);
    json_add_string(answer, SLICE("charset"), hl7v2_charset_name(input->message.charset),
                    input->arena);
    struct json *segments = json_add(answer, SLICE("segments"), json_array(input->arena));
    for (size_t i = 0; i < input->message.segment_count; i++) {
        json_append(segments, segment_json(input, i));
    }
    command_print(answer);
    return !issue_list_failed(input->issues);
}

enum command_exit command_parse(struct command_call *call)
{
    return input_each_message(call, call->operand_count, HL7V2_CHARSET_ASCII, parse,
                              /* data= */ NULL);
}
