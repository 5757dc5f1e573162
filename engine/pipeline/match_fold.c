/* match_fold: see match_internal.h. Letters of the Latin script with marks are those without
 * (Unicode 15, Latin-1 Supplement, Latin Extended-A and what Vietnamese has of the rest); to
 * compare names that is enough, and to print them nobody uses it. */
#include "pipeline/match_internal.h"

#include "base/suggest.h"
#include "base/utf8.h"

/* U+00C0 to U+017F, a letter each; a blank is no letter. */
static const char LATIN[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts"
                            "aaaaaaaceeeeiiiidnooooo ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggg"
                            "gggghhhhiiiiiiiiiiiijjkkklllllll"
                            "lllnnnnnnnnnoooooooorrrrrrssssss"
                            "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static const struct {
    uint32_t first, last;
    char letter; /* 0: nothing */
} MORE[] = {
    {0x01A0, 0x01A1, 'o'}, {0x01AF, 0x01B0, 'u'}, {0x0300, 0x036F, 0},   {0x1EA0, 0x1EB7, 'a'},
    {0x1EB8, 0x1EC7, 'e'}, {0x1EC8, 0x1ECB, 'i'}, {0x1ECC, 0x1EE3, 'o'}, {0x1EE4, 0x1EF1, 'u'},
    {0x1EF2, 0x1EF9, 'y'}, {0x02B9, 0x02BC, 0},   {0x2018, 0x2019, 0},   {0xFFFD, 0xFFFD, '?'},
};

static bool is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* The character for a code point of no other script; 0: nothing, -1: it stays as it is. */
static int fold_one(uint32_t point)
{
    if (point >= 'A' && point <= 'Z')
        return (int)(point - 'A' + 'a');
    if (point == '\'' || point == '`')
        return 0;
    if (point < 0x80)
        return is_letter_or_digit((char)point) || point == '?' ? (int)point : ' ';
    if (point >= 0xC0 && point <= 0x17F)
        return LATIN[point - 0xC0];
    for (size_t i = 0; i < sizeof(MORE) / sizeof(MORE[0]); i++)
        if (point >= MORE[i].first && point <= MORE[i].last)
            return MORE[i].letter;
    return point < 0xC0 || (point >= 0x2000 && point <= 0x206F) ? ' ' : -1;
}

struct slice match_fold(struct slice text, struct arena *arena)
{
    char *folded = arena_alloc(arena, text.len);
    size_t len = 0;
    for (struct slice rest = text; rest.len > 0;) {
        uint32_t point;
        size_t size = utf8_decode(rest, &point);
        if (size == 0) {
            size = 1;
            point = 0xFFFD;
        }
        int letter = fold_one(point);
        if (letter == -1) {
            memcpy(folded + len, rest.ptr, size);
            len += size;
        }
        if (letter > 0 && (letter != ' ' || (len > 0 && folded[len - 1] != ' ')))
            folded[len++] = (char)letter;
        rest = slice_after(rest, size);
    }
    return slice_trim((struct slice){folded, len});
}

static bool is_capital(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

struct slice match_part(struct slice text, struct arena *arena)
{
    char *parted = arena_alloc(arena, 2 * text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i > 0 && is_capital(text.ptr[i]) && text.ptr[i - 1] >= 'a' && text.ptr[i - 1] <= 'z')
            parted[len++] = ' ';
        parted[len++] = text.ptr[i];
    }
    return (struct slice){parted, len};
}

static struct slice keep(struct slice text, bool (*is_kept)(char byte), struct arena *arena)
{
    char *kept = arena_alloc(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (is_kept(text.ptr[i]))
            kept[len++] = text.ptr[i];
    return (struct slice){kept, len};
}

static bool is_no_blank(char byte)
{
    return byte != ' ';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

struct slice match_squeeze(struct slice folded, struct arena *arena)
{
    return keep(folded, is_no_blank, arena);
}

struct slice match_digits(struct slice text, struct arena *arena)
{
    return keep(text, is_digit, arena);
}

/* --- sound ------------------------------------------------------------------------------------ */

static bool is_vowel(char letter)
{
    return letter != 0 && strchr("aeiouyw", letter) != NULL;
}

/* Two letters that are heard as one; before the single ones. */
static const struct {
    char pair[3];
    char sound;
} PAIRS[] = {{"ch", 'c'}, {"sh", 's'}, {"ph", 'f'}, {"gh", 0}, {"th", 't'}, {"ck", 'k'}};

static char sound_of_letter(char letter, char next)
{
    bool is_soft = next == 'e' || next == 'i' || next == 'y';
    switch (letter) {
    case 'h':
        return 0; /* silent in Spanish */
    case 'v':
        return 'b';
    case 'c':
        return is_soft ? 's' : 'k';
    case 'q':
        return 'k';
    case 'x':
    case 'z':
        return 's';
    case 'g':
        return is_soft ? 'j' : 'g';
    default:
        return is_vowel(letter) ? 0 : letter;
    }
}

uint64_t match_sound(struct slice word)
{
    uint64_t sound = 0;
    char last = 0;
    size_t count = 0;
    for (size_t i = 0; i < word.len && count < sizeof(sound); i++) {
        char letter = word.ptr[i], next = i + 1 < word.len ? word.ptr[i + 1] : 0;
        char heard = i == 0 && is_vowel(letter) ? 'a' : sound_of_letter(letter, next);
        for (size_t pair = 0; pair < sizeof(PAIRS) / sizeof(PAIRS[0]); pair++)
            if (letter == PAIRS[pair].pair[0] && next == PAIRS[pair].pair[1]) {
                heard = PAIRS[pair].sound;
                i++;
                break;
            }
        if (heard != 0 && heard != last) {
            sound = sound << 8 | (unsigned char)heard;
            count++;
        }
        last = heard;
    }
    return sound ? sound : word.len > 0;
}

/* --- slips ------------------------------------------------------------------------------------ */

#define LEAST_LENGTH 2
#define SHORT_LENGTH 3 /* shorter words that differ in a letter are other words */
#define LONG_LENGTH 6

bool match_is_slip(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len, longer = a.len + b.len - shorter;
    if (shorter < LEAST_LENGTH || longer - shorter > 2)
        return false;
    if (shorter <= SHORT_LENGTH && a.ptr[0] != b.ptr[0])
        return false;
    unsigned limit = shorter >= LONG_LENGTH ? 2 : 1;
    return suggest_distance(a, b, limit) <= limit;
}
