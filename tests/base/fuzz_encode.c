/* fuzz_encode: what is encoded comes back, what is decoded is written the same again, and valid
 * UTF-8 is the same when it is taken apart and put together. */
#include "base/encode.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice bytes = {(const char *)data, size}, back;
    bool well = decode_base64(encode_base64(bytes, arena), arena, &back) &&
                slice_equal(back, bytes) && decode_hex(encode_hex(bytes, arena), arena, &back) &&
                slice_equal(back, bytes);
    if (decode_base64url(bytes, arena, &back))
        well = well && slice_equal(encode_base64url(back, arena), bytes);
    char out[4];
    uint32_t code_point;
    for (size_t at = 0, valid = utf8_check(bytes), length; at < valid && well; at += length) {
        length = utf8_decode(slice_after(bytes, at), &code_point);
        well = length > 0 && utf8_encode(code_point, out) == length;
    }
    if (!well)
        abort();
    arena_free(arena);
    return 0;
}
