/* What is a place prints in a form that is the same place. */
#include "hl7v2/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data, size};
    struct hl7v2_message message;
    struct hl7v2_place place, again;
    struct slice *values;
    if (hl7v2_place_parse(input, &place, NULL) == 0) {
        struct slice text = hl7v2_place_text(&place, arena);
        if (hl7v2_place_parse(text, &again, NULL) != 0 ||
            __builtin_memcmp(&place, &again, sizeof place) != 0)
            __builtin_trap();
        if (hl7v2_message_parse(SLICE("MSH|^~\\&|A~B^C&D|E\rPID|1||2~3^4&5\r"), NULL, arena,
                                &message, NULL) == 0)
            hl7v2_place_resolve(&place, &message, arena, &values);
    }
    arena_free(arena);
    return 0;
}
