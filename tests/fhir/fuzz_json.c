/* Any bytes: refused, or read, and then printing and reading again gives the same content. */
#include "fhir/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(1 << 24);
    struct json *json = NULL, *again = NULL;
    if (json_parse((struct slice){(const char *)data, size}, arena, &json, NULL) == 0) {
        struct buffer buffer;
        buffer_init(&buffer, 1 << 24);
        json_print(json, &buffer);
        if (json_parse(buffer_slice(&buffer), arena, &again, NULL) || !json_equal(json, again))
            abort();
        buffer_release(&buffer);
    }
    arena_free(arena);
    return 0;
}
