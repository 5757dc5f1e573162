/* match_name: see match_internal.h.
 *
 * A Spanish surname is two, the father's and the mother's, and many systems keep the first one
 * only, or join both with a hyphen: one of two is no contradiction, two that differ in one are two
 * families. Of given names the first one tells most, and the second one tells brothers apart. */
#include "pipeline/match_internal.h"

/* --- reading ---------------------------------------------------------------------------------- */

static void add_word(struct match_words *words, struct slice word)
{
    if (words->count < MATCH_WORD_LIMIT)
        words->words[words->count++].text = word;
}

/* Suffixes and titles belong to no name; particles only where nothing else is left. */
static void split_words(const struct match_table *table, enum match_name_kind kind,
                        struct slice folded, struct match_words *words, struct slice *suffix)
{
    struct match_words particles = {0};
    struct slice rest = folded, word;
    while (slice_split(&rest, ' ', &word)) {
        const struct slice *value = match_word_value(table, MATCH_WORD_SUFFIX, word);
        /* "Ma. Luisa", but not "Ma" */
        const struct slice *given = kind == MATCH_NAME_GIVEN && rest.len > 0
                                        ? match_word_value(table, MATCH_WORD_GIVEN, word)
                                        : NULL;
        if (word.len == 0 || match_word_value(table, MATCH_WORD_TITLE, word))
            continue;
        if (value && words->count > 0)
            *suffix = *value;
        else
            add_word(match_word_value(table, MATCH_WORD_PARTICLE, word) ? &particles : words,
                     given ? *given : word);
    }
    if (words->count == 0)
        *words = particles;
}

static void join_words(struct match_words *words, struct arena *arena)
{
    size_t len = 0;
    for (size_t i = 0; i < words->count; i++)
        len += words->words[i].text.len;
    char *whole = arena_alloc(arena, len);
    words->whole = (struct slice){whole, len};
    for (size_t i = 0; i < words->count; i++) {
        memcpy(whole, words->words[i].text.ptr, words->words[i].text.len);
        whole += words->words[i].text.len;
    }
}

static void finish_words(const struct match_table *table, enum match_name_kind kind,
                         struct match_words *words, struct arena *arena)
{
    join_words(words, arena);
    for (size_t i = 0; i < words->count; i++) {
        struct match_word *word = &words->words[i];
        word->sound = match_sound(word->text);
        word->forms = map_get(&table->forms[kind], word->text);
        const bool *is_frequent = map_get(&table->names[kind], word->text);
        word->is_known = word->forms || is_frequent;
        word->is_frequent = is_frequent && *is_frequent;
    }
}

bool match_name_read(const struct match_table *table, struct slice family, struct slice given,
                     struct slice suffix, struct arena *arena, struct match_name *ret_name)
{
    struct match_name name = {0};
    struct slice folded_family = match_fold(family, arena),
                 folded_given = match_fold(match_part(given, arena), arena);
    struct slice folded_suffix = match_fold(suffix, arena);
    struct slice both =
        arena_format(arena, "%.*s %.*s", SLICE_ARG(folded_given), SLICE_ARG(folded_family));
    const struct slice *said = match_word_value(table, MATCH_WORD_SUFFIX, folded_suffix);
    if (match_is_placeholder(table, MATCH_PLACEHOLDER_NAME, slice_trim(both)))
        return false;
    if (!match_is_placeholder(table, MATCH_PLACEHOLDER_FAMILY, folded_family))
        split_words(table, MATCH_NAME_FAMILY, folded_family, &name.family, &name.suffix);
    if (!match_is_placeholder(table, MATCH_PLACEHOLDER_GIVEN, folded_given))
        split_words(table, MATCH_NAME_GIVEN, folded_given, &name.given, &name.suffix);
    if (said)
        name.suffix = *said;
    finish_words(table, MATCH_NAME_FAMILY, &name.family, arena);
    finish_words(table, MATCH_NAME_GIVEN, &name.given, arena);
    *ret_name = name;
    return name.family.count > 0 || name.given.count > 0;
}

/* --- words ------------------------------------------------------------------------------------ */

#define SOUND_LENGTH 4

/* Mario and Maria are a letter apart and two names: both are known. */
static bool is_near(const struct match_word *a, const struct match_word *b)
{
    if (a->is_known && b->is_known)
        return false;
    if (match_is_slip(a->text, b->text))
        return true;
    return a->sound == b->sound && a->text.len >= SOUND_LENGTH && b->text.len >= SOUND_LENGTH &&
           a->text.ptr[0] == b->text.ptr[0];
}

static bool share_form(const struct match_word *a, const struct match_word *b)
{
    if (!a->forms || !b->forms)
        return false;
    for (size_t i = 0; i < a->forms->count; i++)
        for (size_t j = 0; j < b->forms->count; j++)
            if (a->forms->names[i] == b->forms->names[j])
                return true;
    return false;
}

static bool is_initial_of(const struct match_word *a, const struct match_word *b)
{
    return (a->text.len == 1 || b->text.len == 1) && a->text.ptr[0] == b->text.ptr[0];
}

#define SHORT_FORM_LENGTH 3

static bool is_short_form(struct slice a, struct slice b)
{
    struct slice shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;
    return shorter.len >= SHORT_FORM_LENGTH && longer.len > shorter.len + 1 &&
           (slice_starts_with(longer, shorter) || slice_ends_with(longer, shorter));
}

/* How alike two words are; each is more than the one before. */
enum likeness { UNLIKE, INITIAL, NEAR, FORM, SAME };

static enum likeness compare_words(const struct match_word *a, const struct match_word *b)
{
    if (slice_equal(a->text, b->text))
        return SAME;
    if (is_initial_of(a, b))
        return INITIAL;
    bool are_known = a->is_known && b->is_known;
    if (share_form(a, b) || (!are_known && is_short_form(a->text, b->text)))
        return FORM;
    return is_near(a, b) ? NEAR : UNLIKE;
}

/* The words of the shorter name and those of the longer one that they are most like. */
struct pairing {
    const struct match_words *shorter, *longer;
    enum likeness likeness[MATCH_WORD_LIMIT]; /* of each word of the shorter one */
    size_t partner[MATCH_WORD_LIMIT];         /* and with whom */
    size_t count[SAME + 1];                   /* words by likeness */
};

static struct pairing pair_words(const struct match_words *a, const struct match_words *b)
{
    struct pairing pairing = {
        a->count <= b->count ? a : b, a->count <= b->count ? b : a, {UNLIKE}, {0}, {0}};
    enum likeness like[MATCH_WORD_LIMIT][MATCH_WORD_LIMIT];
    bool taken[MATCH_WORD_LIMIT] = {false};
    for (size_t i = 0; i < pairing.shorter->count; i++)
        for (size_t j = 0; j < pairing.longer->count; j++)
            like[i][j] = compare_words(&pairing.shorter->words[i], &pairing.longer->words[j]);
    for (int wanted = SAME; wanted > UNLIKE; wanted--)
        for (size_t i = 0; i < pairing.shorter->count; i++)
            for (size_t j = 0; j < pairing.longer->count && pairing.likeness[i] == UNLIKE; j++) {
                if (taken[j] || (int)like[i][j] != wanted)
                    continue;
                taken[j] = true;
                pairing.likeness[i] = like[i][j];
                pairing.partner[i] = j;
            }
    for (size_t i = 0; i < pairing.shorter->count; i++)
        pairing.count[pairing.likeness[i]]++;
    return pairing;
}

/* Cut off after so many letters, as narrow fields do. */
#define CUT_LENGTH 5
static bool is_cut(struct slice a, struct slice b)
{
    struct slice shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;
    return shorter.len >= CUT_LENGTH && slice_starts_with(longer, shorter);
}

static enum match_level level_of_equal(const struct match_words *a, const struct match_words *b)
{
    if (a->count > 1 && b->count > 1)
        return MATCH_LEVEL_FULL;
    bool are_frequent = a->words[0].is_frequent && b->words[0].is_frequent;
    return are_frequent ? MATCH_LEVEL_COMMON : MATCH_LEVEL_EQUAL;
}

/* --- family names ----------------------------------------------------------------------------- */

static bool is_frequent(const struct match_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        if (!words->words[i].is_frequent)
            return false;
    return words->count == 1; /* both surnames together are rare */
}

static enum match_level compare_family(const struct match_words *a, const struct match_words *b)
{
    if (a->count == 0 || b->count == 0)
        return MATCH_LEVEL_MISSING;
    if (slice_equal(a->whole, b->whole))
        return level_of_equal(a, b);
    const struct pairing pairing = pair_words(a, b);
    const struct match_words *shorter = pairing.shorter;
    const size_t *count = pairing.count;
    if (count[SAME] == shorter->count && a->count == b->count)
        return MATCH_LEVEL_FULL; /* in another order */
    if (count[SAME] == shorter->count)
        return is_frequent(shorter) ? MATCH_LEVEL_FREQUENT : MATCH_LEVEL_PART;
    if (count[UNLIKE] + count[INITIAL] == 0)
        return count[NEAR] > 0 ? MATCH_LEVEL_TYPO : MATCH_LEVEL_NICKNAME;
    if (match_is_slip(a->whole, b->whole) || (count[SAME] > 0 && count[UNLIKE] == 0))
        return MATCH_LEVEL_TYPO;
    if (count[SAME] > 0)
        return MATCH_LEVEL_CROSSED;
    return is_cut(a->whole, b->whole) ? MATCH_LEVEL_TYPO : MATCH_LEVEL_DIFFERENT;
}

/* --- given names ------------------------------------------------------------------------------ */

/* Every word of the shorter name is one of the longer one, or a form of it, or its initial. */
static enum match_level level_of_first(const struct pairing *pairing)
{
    const size_t *count = pairing->count;
    const struct match_word *first = &pairing->shorter->words[0];
    bool in_order = pairing->partner[0] == 0;
    if (count[INITIAL] == pairing->shorter->count)
        return in_order || count[INITIAL] > 1 ? MATCH_LEVEL_INITIAL : MATCH_LEVEL_DIFFERENT;
    if (!in_order)
        return MATCH_LEVEL_ORDER;
    switch (pairing->likeness[0]) {
    case FORM:
        return MATCH_LEVEL_NICKNAME;
    case NEAR:
        return MATCH_LEVEL_TYPO;
    default:
        return first->is_frequent ? MATCH_LEVEL_FREQUENT : MATCH_LEVEL_PART;
    }
}

static enum match_level compare_given(const struct match_words *a, const struct match_words *b)
{
    if (a->count == 0 || b->count == 0)
        return MATCH_LEVEL_MISSING;
    if (slice_equal(a->whole, b->whole))
        return level_of_equal(a, b);
    const struct pairing pairing = pair_words(a, b);
    if (pairing.count[UNLIKE] == 0)
        return level_of_first(&pairing);
    /* Mary Ann and Maryann are equal by now, Mari Ann is not */
    if (a->count != b->count && match_is_slip(a->whole, b->whole))
        return MATCH_LEVEL_TYPO;
    return pairing.count[SAME] > 0 ? MATCH_LEVEL_CROSSED : MATCH_LEVEL_DIFFERENT;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Whether the family names of one are the given names of the other. */
static bool is_swapped(const struct match_words *family, const struct match_words *given)
{
    enum match_level level = compare_family(family, given);
    return level != MATCH_LEVEL_DIFFERENT && level != MATCH_LEVEL_CROSSED &&
           level != MATCH_LEVEL_MISSING;
}

bool match_name_shift(const struct match_name *name, struct arena *arena,
                      struct match_name *ret_name)
{
    size_t count = name->given.count;
    if (count < 2 || name->family.count == 0 || name->family.count == MATCH_WORD_LIMIT)
        return false;
    const struct match_word *last = &name->given.words[count - 1];
    if (last->text.len < SHORT_FORM_LENGTH || last->is_known)
        return false;
    struct match_name shifted = *name;
    shifted.is_shifted = true;
    shifted.given.count--;
    memmove(&shifted.family.words[1], &shifted.family.words[0],
            shifted.family.count * sizeof(*last));
    shifted.family.words[0] = *last;
    shifted.family.words[0].is_frequent = false;
    shifted.family.count++;
    join_words(&shifted.family, arena);
    join_words(&shifted.given, arena);
    *ret_name = shifted;
    return true;
}

/* Whether the surname that was found among the given names of one is a surname of the other. */
static bool is_shift_borne_out(const struct match_name *shifted, const struct match_name *other)
{
    for (size_t i = 0; i < other->family.count; i++)
        if (compare_words(&shifted->family.words[0], &other->family.words[i]) >= NEAR)
            return true;
    return false;
}

struct match_name_levels match_name_compare(const struct match_name *a, const struct match_name *b)
{
    if ((a->is_shifted && !is_shift_borne_out(a, b)) ||
        (b->is_shifted && !is_shift_borne_out(b, a)))
        return (struct match_name_levels){MATCH_LEVEL_DIFFERENT, MATCH_LEVEL_DIFFERENT,
                                          MATCH_LEVEL_MISSING};
    struct match_name_levels levels = {compare_family(&a->family, &b->family),
                                       compare_given(&a->given, &b->given), MATCH_LEVEL_MISSING};
    if (a->suffix.len > 0 && b->suffix.len > 0)
        levels.suffix =
            slice_equal(a->suffix, b->suffix) ? MATCH_LEVEL_EQUAL : MATCH_LEVEL_DIFFERENT;
    bool is_other = levels.family == MATCH_LEVEL_DIFFERENT && levels.given == MATCH_LEVEL_DIFFERENT;
    if (is_other && is_swapped(&a->family, &b->given) && is_swapped(&b->family, &a->given))
        levels.family = levels.given = MATCH_LEVEL_SWAPPED;
    return levels;
}
