/* fuzz_xml: any bytes give a tree or an issue, and every place lies inside the text. */
#include "base/xml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    struct xml_document document;
    struct slice text = {(const char *)data, size};
    int result = xml_parse(SLICE("f"), text, (struct xml_limits){0}, arena, &document, &issues);
    if ((result == 0) == issue_list_failed(&issues))
        abort();
    if (result == 0 && (document.root->line == 0 || document.root->column == 0))
        abort();
    arena_free(arena);
    return 0;
}
