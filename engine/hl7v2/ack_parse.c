/* Answers of others, as `send` and the outbox read them. */
#include "hl7v2/ack.h"

#include "hl7v2/text.h"

static struct slice value(const struct hl7v2_message *message, size_t segment, unsigned field,
                          unsigned component)
{
    return hl7v2_message_value(message, segment, field, 1, component, 0);
}

/* Text for a person; what cannot be read is left out. */
static struct slice text(const struct hl7v2_message *message, struct slice raw, struct arena *arena)
{
    struct slice decoded = {0};
    if (hl7v2_text_decode(message, raw, arena, &decoded, /* issues */ NULL) != 0)
        return (struct slice){0};
    return decoded;
}

static unsigned number(struct slice digits)
{
    uint64_t parsed = 0;
    return slice_to_uint64(digits, 999999, &parsed) ? (unsigned)parsed : 0;
}

static struct issue_place place_of(const struct hl7v2_message *message, struct slice repetition,
                                   bool whole)
{
    struct slice segment = hl7v2_message_component(message, repetition, 1);
    unsigned parts[5] = {0};
    for (unsigned i = 0; i < (whole ? 5 : 2); i++)
        parts[i] = number(hl7v2_message_component(message, repetition, i + 2));
    if (segment.len == 0)
        return ISSUE_NOWHERE;
    return issue_place_v2(segment, parts[0], parts[1], parts[2], parts[3], parts[4]);
}

/* HL7 v2.5.1 2.15.5. */
static struct hl7v2_ack_error new_error(const struct hl7v2_message *message, size_t segment,
                                        struct arena *arena)
{
    struct slice severity = value(message, segment, 4, 1);
    struct hl7v2_ack_error error = {
        .place = place_of(message, hl7v2_message_value(message, segment, 2, 1, 0, 0), true),
        .code = number(value(message, segment, 3, 1)),
        .severity = severity.len > 0 ? severity.ptr[0] : 'E',
    };
    const struct slice words[] = {value(message, segment, 8, 1), value(message, segment, 7, 1),
                                  value(message, segment, 3, 2)};
    for (size_t i = 0; i < 3 && error.message.len == 0; i++)
        error.message = text(message, words[i], arena);
    return error;
}

/* Up to 2.4: one repetition of ERR-1, segment^sequence^field^code&text&table. */
static struct hl7v2_ack_error old_error(const struct hl7v2_message *message,
                                        struct slice repetition, struct arena *arena)
{
    struct slice code = hl7v2_message_component(message, repetition, 4);
    return (struct hl7v2_ack_error){
        .place = place_of(message, repetition, false),
        .code = number(hl7v2_message_subcomponent(message, code, 1)),
        .severity = 'E',
        .message = text(message, hl7v2_message_subcomponent(message, code, 2), arena),
    };
}

static bool is_new_form(const struct hl7v2_message *message, size_t segment)
{
    return hl7v2_message_field(message, segment, 2).len > 0 ||
           hl7v2_message_field(message, segment, 3).len > 0;
}

static unsigned error_count(const struct hl7v2_message *message, size_t segment)
{
    if (is_new_form(message, segment))
        return 1;
    return hl7v2_message_repetition_count(message, hl7v2_message_field(message, segment, 1));
}

static void read_errors(const struct hl7v2_message *message, struct arena *arena,
                        struct hl7v2_ack *ack)
{
    size_t first = hl7v2_message_find(message, HL7V2_ID("ERR"), 1), count = 0;
    for (size_t i = first; i < message->segment_count; i = message->segments[i].next_same)
        count += error_count(message, i);
    ack->errors = ARENA_ARRAY(arena, count, struct hl7v2_ack_error);
    for (size_t i = first; i < message->segment_count; i = message->segments[i].next_same) {
        if (is_new_form(message, i)) {
            ack->errors[ack->error_count++] = new_error(message, i, arena);
            continue;
        }
        struct slice rest = hl7v2_message_field(message, i, 1), repetition;
        while (rest.len > 0 && slice_split(&rest, message->delimiters.repetition, &repetition))
            ack->errors[ack->error_count++] = old_error(message, repetition, arena);
    }
}

int hl7v2_ack_parse(const struct hl7v2_message *message, struct arena *arena,
                    struct hl7v2_ack *ret_ack, struct issue_list *issues)
{
    size_t msa = hl7v2_message_find(message, HL7V2_ID("MSA"), 1);
    struct hl7v2_ack ack = {
        .code = hl7v2_ack_code_of(value(message, msa, 1, 1)),
        .control_id = hl7v2_message_field(message, msa, 2),
        .expected_number = hl7v2_message_field(message, msa, 4),
    };
    if (ack.code == HL7V2_ACK_NONE) {
        issue_report(issues, ISSUE_NOT_A_MESSAGE, ISSUE_ERROR,
                     issue_place_v2(SLICE("MSA"), 1, 1, 0, 0, 0),
                     "no acknowledgement: MSA-1 is missing or not in table 0008");
        return -1;
    }
    ack.text = text(message, hl7v2_message_value(message, msa, 3, 1, 0, 0), arena);
    read_errors(message, arena, &ack);
    *ret_ack = ack;
    return 0;
}
