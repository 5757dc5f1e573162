/* Any text: refused, or read, and then printed as the same text. */
#include "fhir/reference.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice text = {(const char *)data, size};
    struct arena *arena = arena_new(0);
    struct fhir_reference reference;
    if (fhir_reference_parse(text, &reference) &&
        !slice_equal(fhir_reference_print(&reference, arena), text))
        abort();
    const struct fhir_canonical canonical = fhir_canonical_parse(text);
    if (canonical.url.len + canonical.version.len + canonical.fragment.len > size)
        abort();
    arena_free(arena);
    return 0;
}
