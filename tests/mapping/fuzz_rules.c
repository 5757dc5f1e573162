/* Any bytes as a mapping file: an answer, and never a file without a rule for its mistakes. */
#include "mapping/fuzz_base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct slice text = {(const char *)data, size};
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = mapping_text_check(fuzz_base()->rules, SLICE("fuzz.xml"), text, arena, &issues);
    if ((result != 0) != issue_list_failed(&issues))
        __builtin_trap();
    arena_free(arena);
    return 0;
}
