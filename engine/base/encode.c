/* encode: see encode.h. All but hex are one thing with different tables: groups of bits from the
 * front, the last one filled up with zero bits (RFC 4648 sections 4 to 6). */
#include "base/encode.h"

#include <endian.h>
#include <string.h>

#define HEX "0123456789abcdef"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define BASE64 LETTERS "0123456789+/"
#define BASE64URL LETTERS "0123456789-_"

/* Each `bits` of input give one letter; the text is padded with = to a multiple of `group`. Inline,
 * so that each encoding is compiled with its own constants. */
static inline __attribute__((always_inline)) struct slice encode_bits(struct slice bytes,
                                                                      const char *alphabet,
                                                                      unsigned bits, size_t group,
                                                                      struct arena *arena)
{
    size_t letters = bytes.len / bits * 8 + (bytes.len % bits * 8 + bits - 1) / bits;
    size_t size = (letters + group - 1) / group * group;
    char *text = arena_alloc(arena, size + 1);
    /* So many bytes are whole letters: they are taken at once. */
    const size_t unit = bits == 5 ? 5 : bits == 6 ? 3 : 1;
    const unsigned unit_letters = (unsigned)unit * 8 / bits;
    size_t at = 0, i = 0;
    for (; bytes.len - i >= unit; i += unit) {
        uint64_t held = 0;
        for (size_t k = 0; k < unit; k++)
            held = held << 8 | (unsigned char)bytes.ptr[i + k];
        for (unsigned letter = unit_letters; letter > 0; letter--, held >>= bits)
            text[at + letter - 1] = alphabet[held & ((1u << bits) - 1)];
        at += unit_letters;
    }
    uint32_t held = 0; /* at most 12 bits wait */
    unsigned held_bits = 0;
    for (; i < bytes.len; i++) {
        held = (held << 8 | (unsigned char)bytes.ptr[i]) & 0xFFFF;
        for (held_bits += 8; held_bits >= bits; held_bits -= bits)
            text[at++] = alphabet[held >> (held_bits - bits) & ((1u << bits) - 1)];
    }
    if (held_bits)
        text[at++] = alphabet[held << (bits - held_bits) & ((1u << bits) - 1)];
    while (at < size)
        text[at++] = '=';
    return (struct slice){text, size};
}

struct slice encode_hex(struct slice bytes, struct arena *arena)
{
    return encode_bits(bytes, HEX, 4, 1, arena);
}

/* Eight letters of forty bits, in the order of their bytes. The bits are spread in three steps, to
 * 20, 10 and 5 of them; from 26 on letters are digits, all eight told at once: '2' to '7' stand 73
 * below where letters would go on. */
static uint64_t base32_letters(uint64_t bits)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    bits = (bits & UINT64_C(0xFFFFF00000)) << 12 | (bits & UINT64_C(0xFFFFF));
    bits = (bits & UINT64_C(0x000FFC00000FFC00)) << 6 | (bits & UINT64_C(0x000003FF000003FF));
    bits = (bits & UINT64_C(0x03E003E003E003E0)) << 3 | (bits & UINT64_C(0x001F001F001F001F));
    const uint64_t digits = (bits + ones * (0x80 - 26)) >> 7 & ones;
    return htobe64(bits + ones * 'a' - digits * ('a' + 26 - '2'));
}

static uint64_t forty_bits(const char *five)
{
    uint32_t front;
    memcpy(&front, five, sizeof(front));
    return (uint64_t)be32toh(front) << 8 | (unsigned char)five[4];
}

struct slice encode_base32(struct slice bytes, struct arena *arena)
{
    enum { FIVE = 5, EIGHT = 8 };
    char *const text = arena_alloc(arena, (bytes.len + FIVE - 1) / FIVE * EIGHT + 1);
    char *at = text;
    size_t i = 0;
    for (; bytes.len - i >= FIVE; i += FIVE, at += EIGHT)
        memcpy(at, &(uint64_t){base32_letters(forty_bits(bytes.ptr + i))}, EIGHT);
    if (i < bytes.len) {
        char rest[FIVE] = {0};
        memcpy(rest, bytes.ptr + i, bytes.len - i);
        size_t letters = ((bytes.len - i) * 8 + FIVE - 1) / FIVE;
        memcpy(at, &(uint64_t){base32_letters(forty_bits(rest))}, letters);
        at += letters;
    }
    return (struct slice){text, (size_t)(at - text)};
}

struct slice encode_base64(struct slice bytes, struct arena *arena)
{
    return encode_bits(bytes, BASE64, 6, 4, arena);
}

struct slice encode_base64url(struct slice bytes, struct arena *arena)
{
    return encode_bits(bytes, BASE64URL, 6, 1, arena);
}

static int hex_value(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F')
        return letter - 'A' + 10;
    return -1;
}

bool decode_hex(struct slice text, struct arena *arena, struct slice *ret_bytes)
{
    if (text.len % 2 != 0)
        return false;
    char *bytes = arena_alloc(arena, text.len / 2 + 1);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.ptr[i]);
        int low = hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *ret_bytes = (struct slice){bytes, text.len / 2};
    return true;
}

/* -1 for a letter that is not of the alphabet, whose last two letters are given. */
static int base64_value(char letter, char letter62, char letter63)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    if (letter == letter62)
        return 62;
    return letter == letter63 ? 63 : -1;
}

/* text without its padding */
static bool decode_letters(struct slice text, char letter62, char letter63, struct arena *arena,
                           struct slice *ret_bytes)
{
    if (text.len % 4 == 1)
        return false;
    size_t size = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
    char *bytes = arena_alloc(arena, size + 1);
    uint32_t held = 0;
    unsigned held_bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = base64_value(text.ptr[i], letter62, letter63);
        if (value < 0)
            return false;
        held = (held << 6 | (unsigned)value) & 0xFFFF;
        held_bits += 6;
        if (held_bits < 8)
            continue;
        held_bits -= 8;
        bytes[at++] = (char)(held >> held_bits & 0xFF);
    }
    /* RFC 4648 3.5: bits that only fill up are zero, so that one content has one text. */
    if (held & ((1u << held_bits) - 1))
        return false;
    *ret_bytes = (struct slice){bytes, size};
    return true;
}

bool decode_base64(struct slice text, struct arena *arena, struct slice *ret_bytes)
{
    if (text.len % 4 != 0)
        return false;
    for (int i = 0; i < 2 && slice_ends_with(text, SLICE("=")); i++)
        text.len--;
    return decode_letters(text, '+', '/', arena, ret_bytes);
}

bool decode_base64url(struct slice text, struct arena *arena, struct slice *ret_bytes)
{
    return decode_letters(text, '-', '_', arena, ret_bytes);
}
