/* Any table as a ConceptMap, and as a table again: the second ConceptMap is the first. */
#include "mapping/concept_map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct mapping_text text = {SLICE("codes/x.csv"), {(const char *)data, size}};
    struct concept_map_tables tables;
    struct json *map = NULL, *again = NULL;
    struct issue_list issues;
    struct buffer out;
    buffer_init(&out, 0);
    issue_list_init(&issues, arena);
    concept_map_tables(&(struct mapping_texts){"f", &text, 1}, NULL, 0, arena, &tables);
    struct concept_map_import import = {.tables = &tables, .title = SLICE("x")};
    if (concept_map_of_table(&tables, tables.items, arena, &map, &issues) == 0 &&
        concept_map_to_table(map, &import, arena, &out, &issues) == 0) {
        tables.items->text = buffer_slice(&out);
        if (concept_map_of_table(&tables, tables.items, arena, &again, &issues) != 0 ||
            !json_remove(map, SLICE("version")) || !json_remove(again, SLICE("version")) ||
            !json_equal(map, again))
            abort();
    }
    buffer_release(&out);
    arena_free(arena);
    return 0;
}
