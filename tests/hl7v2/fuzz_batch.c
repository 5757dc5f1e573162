/* Any bytes, split both ways: each message lies inside the input. */
#include "hl7v2/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data, size};
    const struct hl7v2_message_options options = {.accept_lf = size % 2 == 1};
    struct hl7v2_batch batch;
    struct slice *messages;
    struct buffer out;
    buffer_init(&out, 0);
    if (hl7v2_batch_parse(input, &options, arena, &batch, NULL) == 0) {
        const struct hl7v2_ack_options answer = {0};
        (void)!hl7v2_batch_write(&batch, batch.messages, batch.message_count, &answer, arena, &out);
    }
    size_t count = hl7v2_batch_split(input, arena, &messages);
    for (size_t i = 0; i < count; i++)
        if (messages[i].ptr < input.ptr || messages[i].ptr + messages[i].len > input.ptr + size)
            __builtin_trap();
    buffer_release(&out);
    arena_free(arena);
    return 0;
}
