/* Dates, times and numbers of any bytes: what is taken prints as FHIR without a fault. */
#include "hl7v2/datetime.h"
#include "hl7v2/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data, size};
    const struct hl7v2_datetime_defaults defaults = {0};
    struct hl7v2_datetime datetime;
    struct slice number;
    if (hl7v2_datetime_parse(input, &datetime)) {
        hl7v2_datetime_fhir(&datetime, &defaults, arena);
        hl7v2_datetime_instant(&datetime, &defaults, ISSUE_NOWHERE, NULL);
    }
    if (hl7v2_time_parse(input, &datetime))
        hl7v2_time_fhir(&datetime, arena);
    if (hl7v2_date_parse(input, &datetime))
        hl7v2_datetime_fhir(&datetime, &defaults, arena);
    if (hl7v2_number_parse(input, arena, &number) && number.len == 0)
        __builtin_trap();
    arena_free(arena);
    return 0;
}
