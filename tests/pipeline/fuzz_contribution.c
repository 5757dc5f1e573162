/* Marks as text beside a body, overlaid by themselves: nothing but the parts may come out. The
 * first line is the body, the rest are the marks. */
#include "pipeline/contribution.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice rest = {(const char *)data, size}, text;
    struct json *body = NULL;
    if (slice_split(&rest, '\n', &text) && json_parse(text, arena, &body, NULL) == 0) {
        struct pipeline_contribution base, again;
        pipeline_contribution_read(body, rest, 1, NULL, arena, &base);
        struct slice marks = pipeline_contribution_marks(&base, arena);
        struct json *printed = pipeline_contribution_body(&base, body, arena);
        pipeline_contribution_read(printed, marks, 2, NULL, arena, &again);
        pipeline_contribution_overlay(&base, &again, NULL, 0, 3);
        if (base.part_count > 2 * again.part_count)
            __builtin_trap();
    }
    arena_free(arena);
    return 0;
}
