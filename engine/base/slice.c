/* slice: see slice.h. */
#include "base/slice.h"

#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

struct slice slice_part(struct slice whole, size_t from, size_t len)
{
    if (from >= whole.len)
        return (struct slice){whole.ptr ? whole.ptr + whole.len : NULL, 0};
    size_t left = whole.len - from;
    return (struct slice){whole.ptr + from, len < left ? len : left};
}

struct slice slice_after(struct slice whole, size_t from)
{
    return slice_part(whole, from, SIZE_MAX);
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char lower(char byte)
{
    unsigned char c = (unsigned char)byte;
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool slice_equal_ignoring_case(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool slice_starts_with(struct slice whole, struct slice prefix)
{
    return whole.len >= prefix.len && slice_equal(slice_part(whole, 0, prefix.len), prefix);
}

bool slice_ends_with(struct slice whole, struct slice suffix)
{
    return whole.len >= suffix.len &&
           slice_equal(slice_after(whole, whole.len - suffix.len), suffix);
}

size_t slice_find(struct slice whole, struct slice part)
{
    if (part.len == 0)
        return 0;
    const char *found = whole.len ? memmem(whole.ptr, whole.len, part.ptr, part.len) : NULL;
    return found ? (size_t)(found - whole.ptr) : whole.len;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice whole)
{
    while (whole.len && is_blank(whole.ptr[whole.len - 1]))
        whole.len--;
    size_t from = 0;
    while (from < whole.len && is_blank(whole.ptr[from]))
        from++;
    return slice_after(whole, from);
}

bool slice_split(struct slice *rest, char separator, struct slice *ret_part)
{
    if (!rest->ptr)
        return false;
    size_t end = slice_find_byte(*rest, separator);
    *ret_part = slice_part(*rest, 0, end);
    *rest = end < rest->len ? slice_after(*rest, end + 1) : (struct slice){NULL, 0};
    return true;
}

bool slice_to_uint64(struct slice digits, uint64_t maximum, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned char)digits.ptr[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number) || number > maximum)
            return false;
    }
    if (digits.len == 0)
        return false;
    *ret_number = number;
    return true;
}

static uint64_t word_at(const char *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    return word;
}

/* The last eight bytes or fewer, some of them perhaps twice. */
static uint64_t last_word(struct slice bytes)
{
    if (bytes.len == 0) /* there may be no address to count from */
        return 0;
    const char *const end = bytes.ptr + bytes.len;
    if (bytes.len >= 8)
        return word_at(end - 8, 8);
    if (bytes.len >= 4)
        return word_at(bytes.ptr, 4) << 32 | word_at(end - 4, 4);
    return word_at(bytes.ptr, 1) << 16 | word_at(bytes.ptr + bytes.len / 2, 1) << 8 |
           word_at(end - 1, 1);
}

uint64_t slice_hash(struct slice bytes)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = bytes.len * factor;
    for (size_t at = 0; at + 8 < bytes.len; at += 8) {
        hash = (hash ^ word_at(bytes.ptr + at, 8)) * factor;
        hash ^= hash >> 32;
    }
    hash = (hash ^ last_word(bytes)) * factor;
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    return hash ^ (hash >> 33);
}
