/* fuzz_csv: any bytes give a table or an issue; the first byte chooses the form. */
#include "base/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    struct csv_table table;
    struct slice text = slice_after((struct slice){(const char *)data, size}, 1);
    enum csv_form form = size && data[0] % 2 ? CSV_TAB : CSV_COMMA;
    int result = csv_parse(SLICE("f"), text, form, arena, &table, &issues);
    if ((result == 0) == issue_list_failed(&issues))
        abort();
    for (size_t i = 0; result == 0 && i < table.row_count * table.column_count; i++)
        if (table.spots[i].line == 0 || table.spots[i].column == 0)
            abort();
    arena_free(arena);
    return 0;
}
