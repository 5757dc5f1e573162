/* First byte: the character set. Decoded text is UTF-8, and encoding it comes back the same. */
#include <stdlib.h>

#include "base/utf8.h"
#include "hl7v2/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data + 1, size - 1};
    enum hl7v2_charset charset = (enum hl7v2_charset)(data[0] % 6);
    struct slice text, again;
    struct buffer raw = {.ceiling = 1 << 20};
    if (hl7v2_text_decode_bytes(&HL7V2_DELIMITERS, charset, HL7V2_TEXT_EXACT, input, ISSUE_NOWHERE,
                                arena, &text, NULL) == 0) {
        if (utf8_check(text) < text.len ||
            hl7v2_text_encode(&HL7V2_DELIMITERS, charset, text, arena, &raw, NULL) != 0 ||
            hl7v2_text_decode_bytes(&HL7V2_DELIMITERS, charset, HL7V2_TEXT_EXACT,
                                    buffer_slice(&raw), ISSUE_NOWHERE, arena, &again, NULL) != 0 ||
            !slice_equal(text, again))
            abort();
    }
    buffer_release(&raw);
    arena_free(arena);
    return 0;
}
