/* Any message disguised is a message with the same segments. */
#include "hl7v2/disguise.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hl7v2_disguise disguise;
    static const struct hl7v2_dictionary *dictionary;
    struct hl7v2_message message, again;
    struct buffer out;
    if (!dictionary && hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary",
                                             arena_new(0), &dictionary, NULL) != 0)
        abort();
    if (!disguise.dictionary)
        hl7v2_disguise_init(&disguise, SLICE("k"), dictionary);
    struct arena *arena = arena_new((size_t)1 << 26);
    buffer_init(&out, 0);
    if (hl7v2_message_parse((struct slice){(const char *)data, size}, NULL, arena, &message,
                            NULL) == 0) {
        hl7v2_disguise_message(&disguise, &message, arena, &out);
        if (hl7v2_message_parse(buffer_slice(&out), NULL, arena, &again, NULL) != 0 ||
            again.segment_count != message.segment_count)
            abort();
    }
    buffer_release(&out);
    arena_free(arena);
    return 0;
}
