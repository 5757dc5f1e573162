/* Sets of one byte a character differ from Unicode's first 256 in a few rows only, so they are said
 * by those rows. */
#include "hl7v2/charset.h"

#include <string.h>

#include "base/utf8.h"

/* HL7 table 0211, with the spellings that senders really use. */
static const struct {
    struct slice name;
    enum hl7v2_charset charset;
    bool setting_only;
} SPELLINGS[] = {
    {SLICE_INIT("ASCII"), HL7V2_CHARSET_ASCII, false},
    {SLICE_INIT("US-ASCII"), HL7V2_CHARSET_ASCII, false},
    {SLICE_INIT("8859/1"), HL7V2_CHARSET_8859_1, false},
    {SLICE_INIT("8859/15"), HL7V2_CHARSET_8859_15, false},
    {SLICE_INIT("UNICODE UTF-8"), HL7V2_CHARSET_UTF_8, false},
    {SLICE_INIT("UTF-8"), HL7V2_CHARSET_UTF_8, false},
    {SLICE_INIT("UTF8"), HL7V2_CHARSET_UTF_8, false},
    {SLICE_INIT("UNICODE"), HL7V2_CHARSET_UTF_8, false},
    {SLICE_INIT("windows-1252"), HL7V2_CHARSET_WINDOWS_1252, true},
};

struct byte_row {
    unsigned char byte;
    uint16_t code_point; /* 0: the byte is no character */
};

/* ISO/IEC 8859-15: where it differs from 8859-1. */
static const struct byte_row ROWS_8859_15[] = {
    {0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D},
    {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178},
};

/* windows-1252: 80 to 9F; the rest is 8859-1. */
static const struct byte_row ROWS_WINDOWS_1252[] = {
    {0x80, 0x20AC}, {0x81, 0},      {0x82, 0x201A}, {0x83, 0x0192}, {0x84, 0x201E}, {0x85, 0x2026},
    {0x86, 0x2020}, {0x87, 0x2021}, {0x88, 0x02C6}, {0x89, 0x2030}, {0x8A, 0x0160}, {0x8B, 0x2039},
    {0x8C, 0x0152}, {0x8D, 0},      {0x8E, 0x017D}, {0x8F, 0},      {0x90, 0},      {0x91, 0x2018},
    {0x92, 0x2019}, {0x93, 0x201C}, {0x94, 0x201D}, {0x95, 0x2022}, {0x96, 0x2013}, {0x97, 0x2014},
    {0x98, 0x02DC}, {0x99, 0x2122}, {0x9A, 0x0161}, {0x9B, 0x203A}, {0x9C, 0x0153}, {0x9D, 0},
    {0x9E, 0x017E}, {0x9F, 0x0178},
};

/* How a set of one byte a character is made. */
struct byte_set {
    struct slice name;
    unsigned limit; /* bytes from here on are no characters: 0x80 or 0x100 */
    bool has_c1;    /* 80 to 9F are in the rows; else they are no characters (ISO/IEC 8859-1) */
    const struct byte_row *rows;
    size_t row_count;
};

static const struct byte_set SETS[] = {
    [HL7V2_CHARSET_UNKNOWN] = {SLICE_INIT(""), 0x80, false, NULL, 0},
    [HL7V2_CHARSET_ASCII] = {SLICE_INIT("ASCII"), 0x80, false, NULL, 0},
    [HL7V2_CHARSET_8859_1] = {SLICE_INIT("8859/1"), 0x100, false, NULL, 0},
    [HL7V2_CHARSET_8859_15] = {SLICE_INIT("8859/15"), 0x100, false, ROWS_8859_15,
                               sizeof ROWS_8859_15 / sizeof ROWS_8859_15[0]},
    [HL7V2_CHARSET_UTF_8] = {SLICE_INIT("UNICODE UTF-8"), 0x80, false, NULL, 0},
    [HL7V2_CHARSET_WINDOWS_1252] = {SLICE_INIT("windows-1252"), 0x100, true, ROWS_WINDOWS_1252,
                                    sizeof ROWS_WINDOWS_1252 / sizeof ROWS_WINDOWS_1252[0]},
};

static enum hl7v2_charset charset_of(struct slice text, bool with_settings)
{
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof SPELLINGS[0]; i++)
        if (slice_equal_ignoring_case(text, SPELLINGS[i].name))
            return SPELLINGS[i].setting_only && !with_settings ? HL7V2_CHARSET_UNKNOWN
                                                               : SPELLINGS[i].charset;
    return HL7V2_CHARSET_UNKNOWN;
}

enum hl7v2_charset hl7v2_charset_of(struct slice text)
{
    return charset_of(text, /* with_settings */ false);
}

enum hl7v2_charset hl7v2_charset_of_setting(struct slice text)
{
    return charset_of(text, /* with_settings */ true);
}

struct slice hl7v2_charset_name(enum hl7v2_charset charset)
{
    return SETS[charset].name;
}

/* Code point of a byte of 80 or above, 0 where it is no character of the set. */
static uint32_t byte_to_code_point(const struct byte_set *set, unsigned char byte)
{
    for (size_t i = 0; i < set->row_count; i++)
        if (set->rows[i].byte == byte)
            return set->rows[i].code_point;
    if (byte >= set->limit || (byte < 0xA0 && !set->has_c1))
        return 0;
    return byte;
}

/* The byte, or -1 where the set has no such character. */
static int code_point_to_byte(const struct byte_set *set, uint32_t code_point)
{
    if (code_point < 0x80)
        return (int)code_point;
    for (size_t i = 0; i < set->row_count; i++)
        if (set->rows[i].code_point == code_point)
            return set->rows[i].byte;
    if (code_point > 0xFF || byte_to_code_point(set, (unsigned char)code_point) != code_point)
        return -1;
    return (int)code_point;
}

/* Index of the first NUL or byte of 80 and above, from `from` on. */
static size_t ascii_run(struct slice bytes, size_t from)
{
    size_t i = from;
    for (; i + 8 <= bytes.len; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.ptr + i, sizeof word);
        const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
        if ((word | ((word - ones) & ~word)) & highs)
            break;
    }
    while (i < bytes.len && (unsigned char)(bytes.ptr[i] - 1) < 0x7F)
        i++;
    return i;
}

size_t hl7v2_charset_check(enum hl7v2_charset charset, struct slice bytes)
{
    const struct byte_set *set = &SETS[charset];
    size_t i = ascii_run(bytes, 0);
    while (i < bytes.len && bytes.ptr[i] != '\0') {
        if (charset == HL7V2_CHARSET_UTF_8) {
            uint32_t code_point;
            size_t width = utf8_decode(slice_after(bytes, i), &code_point);
            if (width == 0)
                return i;
            i = ascii_run(bytes, i + width);
            continue;
        }
        if (byte_to_code_point(set, (unsigned char)bytes.ptr[i]) == 0)
            return i;
        i = ascii_run(bytes, i + 1);
    }
    return i;
}

bool hl7v2_charset_decode(enum hl7v2_charset charset, struct slice bytes, struct arena *arena,
                          struct slice *ret_text)
{
    if (hl7v2_charset_check(charset, bytes) < bytes.len)
        return false;
    if (charset == HL7V2_CHARSET_UTF_8 || ascii_run(bytes, 0) == bytes.len) {
        *ret_text = bytes;
        return true;
    }
    /* No character of these sets needs more than three bytes of UTF-8. */
    char *out = arena_alloc(arena, bytes.len * 3);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];
        len +=
            utf8_encode(byte < 0x80 ? byte : byte_to_code_point(&SETS[charset], byte), out + len);
    }
    *ret_text = (struct slice){out, len};
    return true;
}

bool hl7v2_charset_encode(enum hl7v2_charset charset, struct slice text, struct arena *arena,
                          struct slice *ret_bytes, uint32_t *ret_missing)
{
    if (charset == HL7V2_CHARSET_UTF_8 || ascii_run(text, 0) == text.len) {
        *ret_bytes = text;
        return true;
    }
    char *out = arena_alloc(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        uint32_t code_point = 0;
        size_t width = utf8_decode(slice_after(text, i), &code_point);
        int byte = width > 0 ? code_point_to_byte(&SETS[charset], code_point) : -1;
        if (byte < 0) {
            if (ret_missing != NULL)
                *ret_missing = code_point;
            return false;
        }
        out[len++] = (char)byte;
        i += width;
    }
    *ret_bytes = (struct slice){out, len};
    return true;
}
