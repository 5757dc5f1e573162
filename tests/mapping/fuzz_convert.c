/* Any bytes as a message through a program: a bundle whose trace and references hold. */
#include "mapping/fuzz_base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct slice input = {(const char *)data, size};
    struct hl7v2_message_options options = {.accept_lf = true};
    struct mapping_context context = {.site = SLICE("fuzz"), .trace = true};
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct mapping_result result;
    struct mapping_unread *unread;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    if (hl7v2_message_parse(input, &options, arena, &message, &issues) == 0) {
        hl7v2_header_read(&message, &header);
        if (mapping_to_fhir(fuzz_base()->program, &message, header.structure, &context, arena,
                            &result, &issues) == 0) {
            mapping_unread_list(&result, arena, &unread);
            if (json_count(mapping_trace_json(&result, arena)) > result.trace_count)
                __builtin_trap();
        }
    }
    arena_free(arena);
    return 0;
}
