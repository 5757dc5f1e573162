/* Any text: refused, or its bounds are in order and it prints as something that reads the same. */
#include "fhir/datetime.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice text = {(const char *)data, size};
    struct arena *arena = arena_new(0);
    struct fhir_datetime value, again;
    instant lower, upper, lower_again, upper_again;
    fhir_time_parse(text, &value);
    if (fhir_search_date_parse(text, &value)) {
        fhir_datetime_bounds(&value, -480, &lower, &upper);
        if (lower > upper || !fhir_search_date_parse(fhir_datetime_print(&value, arena), &again))
            abort();
        fhir_datetime_bounds(&again, -480, &lower_again, &upper_again);
        if (lower != lower_again)
            abort();
    }
    arena_free(arena);
    return 0;
}
