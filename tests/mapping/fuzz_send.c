/* Any bytes as FHIR to be sent: messages that can be read, or issues that say why not. */
#include "mapping/fuzz_base.h"
#include "mapping/to_v2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct slice NAME = SLICE_INIT("ORU_R01");
    struct arena *arena = arena_new((size_t)1 << 26);
    struct json *resource;
    struct mapping_call *calls;
    struct mapping_sent sent;
    struct hl7v2_message message;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    struct mapping_pool *pool = mapping_pool_new(arena);
    struct mapping_send_context context = {.trace = true};
    if (json_parse((struct slice){(const char *)data, size}, arena, &resource, &issues) == 0)
        mapping_pool_add(pool, resource);
    size_t count = mapping_calls(fuzz_sends(), pool, &context, &NAME, 1, arena, &calls);
    for (size_t i = 0; i < count && i < 8; i++)
        if (mapping_to_v2(fuzz_sends(), pool, &calls[i], &context, arena, &sent, &issues) == 0 &&
            hl7v2_message_parse(sent.text, NULL, arena, &message, &issues) != 0)
            __builtin_trap();
    arena_free(arena);
    return 0;
}
