/* slice: bytes somewhere else, by value.
 *
 * A slice is two machine words: where the bytes begin and how many there are. It owns nothing; the
 * bytes live as long as the frame, file or arena they stand in. It may hold any byte, NUL included,
 * and is never assumed to be terminated: no function here calls strlen on input.
 *
 * The empty slice is {NULL, 0} or any pointer with length 0; both are equal to each other. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *ptr;
    size_t len;
};

/* A slice of a string literal; the length is known to the compiler. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* The same where C wants a constant initializer (static tables). */
#define SLICE_INIT(literal)                                                                        \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
/* printf("%.*s", SLICE_ARG(s)); never with patient data into a log. */
#define SLICE_ARG(s) (int)(s).len, (s).ptr

/* A slice of a terminated C string of our own (argv, getenv, literals by pointer). NULL is empty.
 */
struct slice slice_of(const char *text);

/* The bytes from `from` on, at most `len` of them; what lies outside is cut off, never read. */
struct slice slice_part(struct slice whole, size_t from, size_t len);
/* The bytes from `from` on. */
struct slice slice_after(struct slice whole, size_t from);

bool slice_equal(struct slice a, struct slice b);
/* Equal when A to Z and a to z are the same; other bytes are compared as they are. */
bool slice_equal_ignoring_case(struct slice a, struct slice b);
/* Byte order; a prefix sorts before what it begins. <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);
bool slice_starts_with(struct slice whole, struct slice prefix);
bool slice_ends_with(struct slice whole, struct slice suffix);

/* Index of the first such byte, or whole.len where there is none. */
static inline size_t slice_find_byte(struct slice whole, char byte);
/* Index of the first occurrence of part, or whole.len where there is none. */
size_t slice_find(struct slice whole, struct slice part);

/* Without the blanks (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice whole);

/* Cuts the bytes up to the first `separator` off the front of *rest and returns them; the separator
 * is consumed. With no separator the whole rest is returned and *rest becomes {NULL, 0}.
 *   for (struct slice rest = line, part; slice_split(&rest, ',', &part);) ...
 * False once *rest.ptr is NULL: nothing is left ("a," gives "a" and ""; "" gives one empty part).
 */
bool slice_split(struct slice *rest, char separator, struct slice *ret_part);

/* Digits only (no sign, no blank), at most `maximum`. False, and nothing stored, for anything else.
 */
bool slice_to_uint64(struct slice digits, uint64_t maximum, uint64_t *ret_number);

/* A 64-bit hash for tables in memory: eight bytes a step, multiplied and folded. Not for keys that
 * leave the process: it differs with the byte order of the machine. */
uint64_t slice_hash(struct slice bytes);

/* --- inline, because a message is hundreds of searches through a few bytes ---------------------*/

static inline size_t slice_find_byte(struct slice whole, char byte)
{
    enum { WORD = 8, FEW = 16 };
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t at = 0;
    /* Eight at once: a byte that is found becomes zero, and the first of them is told exactly. */
    for (; whole.len - at >= WORD && at < FEW; at += WORD) {
        uint64_t word;
        memcpy(&word, whole.ptr + at, WORD);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        word ^= ones * (unsigned char)byte;
        const uint64_t found = (word - ones) & ~word & ones * 0x80;
        if (found)
            return at + (size_t)__builtin_ctzll(found) / 8;
    }
    if (at == FEW) {
        const char *found = memchr(whole.ptr + at, byte, whole.len - at);
        return found ? (size_t)(found - whole.ptr) : whole.len;
    }
    while (at < whole.len && whole.ptr[at] != byte)
        at++;
    return at;
}

#endif
