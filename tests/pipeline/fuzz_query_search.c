/* Any search parameter: the first line is its name, the rest its value. */
#include "pipeline/query_search.h"

#include "fhir/search_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fhir_search_table *table;
    static struct arena *kept;
    const struct fhir_definitions *definitions = NULL;
    if (!kept) {
        kept = arena_new(0);
        if (fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", kept, &definitions,
                                  NULL) != 0 ||
            fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/tests/support/fhir", kept, &table,
                             NULL) != 0)
            __builtin_trap();
    }
    struct arena *arena = arena_new(0);
    struct slice value = {(const char *)data, size}, name;
    slice_split(&value, '\n', &name);
    const struct pipeline_search_options options = {.table = table, .type = SLICE("Observation")};
    struct pipeline_search *search = pipeline_search_new(&options, arena);
    if (pipeline_search_add(search, name, value, NULL) == 0 &&
        pipeline_search_sort(search, value, NULL) == 0 && pipeline_search_continue(search, value))
        pipeline_search_limit(search, 1);
    arena_free(arena);
    return 0;
}
