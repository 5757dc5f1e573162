/* Any JSON: refused with issues, or passed without an error; never a crash. */
#include "fhir/validate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fhir_definitions *definitions;
    if (!definitions && fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4",
                                              arena_new(0), &definitions, NULL))
        abort();
    struct arena *arena = arena_new(1 << 24);
    struct issue_list issues;
    struct json *json = NULL;
    issue_list_init(&issues, arena);
    if (json_parse((struct slice){(const char *)data, size}, arena, &json, NULL) == 0 &&
        (fhir_validate(definitions, json, &issues) != 0) != issue_list_failed(&issues))
        abort();
    arena_free(arena);
    return 0;
}
