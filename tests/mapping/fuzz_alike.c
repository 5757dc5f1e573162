/* Any bytes as a message: what segments like one before become is what the rules alone make. */
#include "mapping/fuzz_base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct hl7v2_message_options options = {.accept_lf = true};
    struct mapping_context context = {.site = SLICE("fuzz"), .trace = true};
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct mapping_result short_way, long_way;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    if (hl7v2_message_parse((struct slice){(const char *)data, size}, &options, arena, &message,
                            &issues) == 0) {
        hl7v2_header_read(&message, &header);
        int made = mapping_to_fhir(fuzz_base()->program, &message, header.structure, &context,
                                   arena, &short_way, &issues);
        context.steps = true;
        if (made != mapping_to_fhir(fuzz_base()->program, &message, header.structure, &context,
                                    arena, &long_way, &issues) ||
            (made == 0 &&
             !json_equal(mapping_bundle(&short_way, arena), mapping_bundle(&long_way, arena))))
            __builtin_trap();
    }
    arena_free(arena);
    return 0;
}
