/* search_text: how texts are made alike before they are compared. */
#include "fhir/search_index.h"

#include "base/utf8.h"

#define FOLD_FIRST 0xC0
#define FOLD_LAST 0x17F

/* U+00C0 to U+017F (Latin-1 Supplement and Latin Extended-A) without case and accents: the first
 * letter of each one's canonical decomposition, and the usual spelling where there is none. */
static const char folds[FOLD_LAST - FOLD_FIRST + 1][3] = {
    "a", "a", "a",  "a",  "a", "a", "ae", "c",  "e",  "e", "e", "e", "i",  "i",  "i", "i", "d", "n",
    "o", "o", "o",  "o",  "o", "-", "o",  "u",  "u",  "u", "u", "y", "th", "ss", "a", "a", "a", "a",
    "a", "a", "ae", "c",  "e", "e", "e",  "e",  "i",  "i", "i", "i", "d",  "n",  "o", "o", "o", "o",
    "o", "-", "o",  "u",  "u", "u", "u",  "y",  "th", "y", "a", "a", "a",  "a",  "a", "a", "c", "c",
    "c", "c", "c",  "c",  "c", "c", "d",  "d",  "d",  "d", "e", "e", "e",  "e",  "e", "e", "e", "e",
    "e", "e", "g",  "g",  "g", "g", "g",  "g",  "g",  "g", "h", "h", "h",  "h",  "i", "i", "i", "i",
    "i", "i", "i",  "i",  "i", "i", "ij", "ij", "j",  "j", "k", "k", "k",  "l",  "l", "l", "l", "l",
    "l", "l", "l",  "l",  "l", "n", "n",  "n",  "n",  "n", "n", "n", "n",  "n",  "o", "o", "o", "o",
    "o", "o", "oe", "oe", "r", "r", "r",  "r",  "r",  "r", "s", "s", "s",  "s",  "s", "s", "s", "s",
    "t", "t", "t",  "t",  "t", "t", "u",  "u",  "u",  "u", "u", "u", "u",  "u",  "u", "u", "u", "u",
    "w", "w", "y",  "y",  "y", "z", "z",  "z",  "z",  "z", "z", "s"};

static bool is_combining_mark(uint32_t code_point)
{
    return code_point >= 0x300 && code_point <= 0x36F;
}

static bool is_separator(uint32_t code_point)
{
    const bool is_letter_or_digit = (code_point >= '0' && code_point <= '9') ||
                                    (code_point >= 'A' && code_point <= 'Z') ||
                                    (code_point >= 'a' && code_point <= 'z');
    const bool is_times_or_divide = code_point == 0xD7 || code_point == 0xF7;
    return (code_point < FOLD_FIRST && !is_letter_or_digit) || is_times_or_divide;
}

/* Writes what the code point becomes; at most as many bytes as it had, as folds are ASCII. */
static size_t fold(uint32_t code_point, char *out)
{
    if (code_point >= 'A' && code_point <= 'Z') {
        *out = (char)(code_point - 'A' + 'a');
        return 1;
    }
    if (code_point < FOLD_FIRST || code_point > FOLD_LAST)
        return utf8_encode(code_point, out);
    const char *const letters = folds[code_point - FOLD_FIRST];
    out[0] = letters[0];
    if (letters[1] == '\0')
        return 1;
    out[1] = letters[1];
    return 2;
}

struct slice fhir_search_normalise(struct slice text, struct arena *arena)
{
    char *const start = arena_alloc(arena, text.len + 4);
    char *out = start;
    bool owes_blank = false;
    /* A blank and a letter have room yet: both sides of a comparison end at the same letter. */
    while (text.len > 0 && (size_t)(out - start) + 1 + 4 <= FHIR_SEARCH_TEXT_LIMIT) {
        uint32_t code_point = 0;
        const size_t size = utf8_decode(text, &code_point);
        if (size == 0)
            break;
        text = slice_after(text, size);
        if (is_combining_mark(code_point))
            continue;
        if (is_separator(code_point)) {
            owes_blank = out > start;
            continue;
        }
        if (owes_blank)
            *out++ = ' ';
        owes_blank = false;
        out += fold(code_point, out);
    }
    return (struct slice){start, (size_t)(out - start)};
}
