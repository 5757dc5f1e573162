/* Any bytes read as an answer, and answered: our answer is always one that we can read. */
#include "hl7v2/ack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data, size};
    struct issue_list issues;
    struct hl7v2_message message, again;
    struct hl7v2_header header;
    struct hl7v2_ack ack;
    struct buffer out;
    issue_list_init(&issues, arena);
    buffer_init(&out, 0);
    if (hl7v2_message_parse(input, NULL, arena, &message, &issues) == 0) {
        const struct hl7v2_ack_options options = {.control_id = SLICE("1")};
        (void)!hl7v2_ack_parse(&message, arena, &ack, &issues);
        hl7v2_header_read(&message, &header);
        if (hl7v2_ack_write(&message, &header, HL7V2_ACK_AE, &options, &issues, arena, &out) != 0 ||
            hl7v2_message_parse(buffer_slice(&out), NULL, arena, &again, NULL) != 0 ||
            hl7v2_ack_parse(&again, arena, &ack, NULL) != 0)
            __builtin_trap();
    }
    buffer_release(&out);
    arena_free(arena);
    return 0;
}
