/* utf8: see utf8.h. The lead bytes and the range of the byte behind them are RFC 3629 section 4. */
#include "base/utf8.h"

#include <string.h>

static const struct lead {
    unsigned char from, to;               /* first byte */
    unsigned char second_from, second_to; /* second byte; any further ones are 80 to BF */
    unsigned char length;
    unsigned char bits; /* what of the first byte belongs to the value */
} leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2, 0x1F}, {0xE0, 0xE0, 0xA0, 0xBF, 3, 0x0F},
    {0xE1, 0xEC, 0x80, 0xBF, 3, 0x0F}, {0xED, 0xED, 0x80, 0x9F, 3, 0x0F},
    {0xEE, 0xEF, 0x80, 0xBF, 3, 0x0F}, {0xF0, 0xF0, 0x90, 0xBF, 4, 0x07},
    {0xF1, 0xF3, 0x80, 0xBF, 4, 0x07}, {0xF4, 0xF4, 0x80, 0x8F, 4, 0x07},
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
        if (byte >= leads[i].from && byte <= leads[i].to)
            return &leads[i];
    return NULL;
}

size_t utf8_decode(struct slice bytes, uint32_t *ret_code_point)
{
    if (bytes.len == 0)
        return 0;
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    if (at[0] < 0x80) {
        *ret_code_point = at[0];
        return 1;
    }
    const struct lead *lead = find_lead(at[0]);
    if (!lead || bytes.len < lead->length || at[1] < lead->second_from || at[1] > lead->second_to)
        return 0;
    uint32_t code_point = at[0] & lead->bits;
    for (size_t i = 1; i < lead->length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        code_point = code_point << 6 | (at[i] & 0x3F);
    }
    *ret_code_point = code_point;
    return lead->length;
}

/* Length of the ASCII run at the front, eight bytes at a time: nearly all input is ASCII. */
static size_t ascii_run(const char *at, size_t len)
{
    size_t done = 0;
    for (uint64_t word; len - done >= sizeof(word); done += sizeof(word)) {
        memcpy(&word, at + done, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (done < len && (unsigned char)at[done] < 0x80)
        done++;
    return done;
}

size_t utf8_check(struct slice bytes)
{
    size_t at = 0;
    while (at < bytes.len) {
        at += ascii_run(bytes.ptr + at, bytes.len - at);
        if (at == bytes.len)
            break;
        uint32_t code_point;
        size_t length = utf8_decode(slice_after(bytes, at), &code_point);
        if (length == 0)
            return at;
        at += length;
    }
    return bytes.len;
}

size_t utf8_encode(uint32_t code_point, char *out)
{
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        code_point = 0xFFFD;
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    /* The lead byte begins with as many ones as there are bytes. */
    out[0] = (char)((0xF00u >> length & 0xFFu) | code_point);
    return length;
}

void utf8_append(struct buffer *buffer, uint32_t code_point)
{
    char bytes[4];
    size_t length = utf8_encode(code_point, bytes);
    buffer_append(buffer, (struct slice){bytes, length});
}

size_t utf8_length(struct slice bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < bytes.len; i++)
        length += ((unsigned char)bytes.ptr[i] & 0xC0) != 0x80;
    return length;
}
