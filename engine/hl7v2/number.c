#include "hl7v2/number.h"

#include <string.h>

static size_t digits_at(struct slice text, size_t from)
{
    size_t i = from;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    return i - from;
}

/* HL7 v2.5.1 2.A.47: "an optional leading sign, the digits and an optional decimal point". A point
 * without digits on both sides is refused: FHIR decimal cannot hold it as sent. */
bool hl7v2_number_parse(struct slice raw, struct arena *arena, struct slice *ret_text)
{
    bool has_sign = raw.len > 0 && (raw.ptr[0] == '+' || raw.ptr[0] == '-');
    bool negative = has_sign && raw.ptr[0] == '-';
    struct slice digits = slice_after(raw, has_sign ? 1 : 0);
    size_t whole = digits_at(digits, 0);
    if (whole == 0)
        return false;
    if (whole < digits.len) {
        size_t fraction = digits_at(digits, whole + 1);
        if (digits.ptr[whole] != '.' || fraction == 0 || whole + 1 + fraction != digits.len)
            return false;
    }
    size_t zeros = 0;
    while (zeros + 1 < whole && digits.ptr[zeros] == '0')
        zeros++;
    digits = slice_after(digits, zeros);
    if (!negative) {
        *ret_text = digits;
        return true;
    }
    if (zeros == 0) {
        *ret_text = raw;
        return true;
    }
    char *text = arena_alloc(arena, digits.len + 1);
    text[0] = '-';
    memcpy(text + 1, digits.ptr, digits.len);
    *ret_text = (struct slice){text, digits.len + 1};
    return true;
}

bool hl7v2_number_parse_count(struct slice raw, uint64_t maximum, uint64_t *ret_number)
{
    return slice_to_uint64(raw, maximum, ret_number);
}
