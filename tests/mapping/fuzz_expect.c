/* Any bytes as a path of a test: values of a resource, or a fault that points into the text. */
#include "mapping/expect.h"
#include "mapping/fuzz_base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct slice body = SLICE("{\"name\":[{\"given\":[\"a\",null],\"_given\":[null,{\"extension\":"
                              "[{\"url\":\"u\"}]}]}],\"active\":true}");
    struct arena *arena = arena_new((size_t)1 << 24);
    struct expect_path path;
    struct expect_fault fault;
    struct issue_list issues;
    struct json *patient = NULL;
    issue_list_init(&issues, arena);
    if (json_parse(body, arena, &patient, &issues) != 0)
        __builtin_trap();
    if (expect_path_parse(text, NULL, arena, &path, &fault) == 0)
        (void)expect_evaluate(&path, patient, NULL, NULL, arena);
    else if (fault.wrong.len && (fault.wrong.ptr < text.ptr ||
                                 fault.wrong.ptr + fault.wrong.len > text.ptr + text.len))
        __builtin_trap();
    arena_free(arena);
    return 0;
}
