/* Two Patients, a line each, compared with the shipped tables: whatever they say, the order does
 * not matter. */
#include "pipeline/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct match_table *load(void)
{
    const struct match_table *table = NULL;
    struct arena *kept = arena_new(0); /* as long as the process */
    struct mapping_texts texts;
    if (mapping_texts_of_base(PAINBRIDGE_SOURCE_DIR "/mappings", kept, &texts, NULL) != 0 ||
        pipeline_match_table_load(&texts, kept, &table, NULL) != 0)
        __builtin_trap();
    return table;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct match_table *table;
    table = table ? table : load();
    struct arena *arena = arena_new(0);
    struct slice rest = {(const char *)data, size}, text;
    struct json *one = NULL, *two = NULL;
    if (slice_split(&rest, '\n', &text) && json_parse(text, arena, &one, NULL) == 0 &&
        json_parse(rest, arena, &two, NULL) == 0) {
        const struct pipeline_demographics *a = pipeline_demographics_of(table, one, arena);
        const struct pipeline_demographics *b = pipeline_demographics_of(table, two, arena);
        struct pipeline_match there = pipeline_match_compare(table, a, b);
        struct pipeline_match back = pipeline_match_compare(table, b, a);
        if (there.verdict != back.verdict || there.weight != back.weight)
            __builtin_trap();
    }
    arena_free(arena);
    return 0;
}
