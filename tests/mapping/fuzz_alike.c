/* Any bytes as a message: what is like something before, in it or in a message before, becomes what
 * the rules alone make. */
#include "mapping/fuzz_base.h"
#include "mapping/shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The Bundle, or NULL where there is none. */
static struct json *made_of(struct hl7v2_message *message, const struct mapping_context *context,
                            struct arena *arena)
{
    struct hl7v2_header header;
    struct mapping_result result;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    hl7v2_header_read(message, &header);
    if (mapping_to_fhir(fuzz_base()->program, message, header.structure, context, arena, &result,
                        &issues) != 0)
        return NULL;
    return mapping_bundle(&result, arena);
}

static bool is_same(const struct json *one, const struct json *other)
{
    return one && other ? json_equal(one, other) : one == other;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct hl7v2_message_options options = {.accept_lf = true};
    struct mapping_context context = {.site = SLICE("fuzz"), .trace = true};
    struct hl7v2_message message;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    if (hl7v2_message_parse((struct slice){(const char *)data, size}, &options, arena, &message,
                            &issues) == 0) {
        const struct json *alone = made_of(&message, &context, arena);
        context.shapes = mapping_shapes_make(fuzz_base()->program, arena);
        for (unsigned i = 0; i < 3; i++)
            if (!is_same(alone, made_of(&message, &context, arena)))
                __builtin_trap();
        context.steps = true;
        if (!is_same(alone, made_of(&message, &context, arena)))
            __builtin_trap();
    }
    arena_free(arena);
    return 0;
}
