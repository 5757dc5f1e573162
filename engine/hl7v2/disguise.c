/* disguise: which leaves stay, and what the others become. */
#include "hl7v2/disguise.h"

#include <string.h>

#include "base/map.h"
#include "base/utf8.h"
#include "hl7v2/datetime.h"
#include "hl7v2/version.h"

#define FREE_TEXT "Free text was here."
#define LONGEST_DATE 8    /* YYYYMMDD */
#define SHORTEST_NAME 3   /* letters of a word that is looked for in what stays */
#define SHORTEST_NUMBER 4 /* signs of one with digits */
#define SHORTEST_RUN 5    /* digits of a person's number without its letters */
#define SHORTEST_JOINED 6 /* digits of a number without its signs, or of one of nobody's */
#define LONGEST_RESULT 12 /* of an OBX-5 ST that may be a result and no text */
#define MOST_BLANKS 2     /* of a code */
#define MOST_DIGITS 6     /* of a result: a phone, a day, a person's number has more */
#define MOST_APART 2      /* signs between two groups of a number */
#define MOST_WEEKS 50
#define MOST_ATTEMPTS 8 /* to find a word that nobody said */

enum treatment {
    TREAT_KEEP,    /* stays, but for words that were replaced elsewhere, and somebody's number */
    TREAT_EXACT,   /* stays as it is: it says how the message is read, or is a word of results */
    TREAT_DISPLAY, /* stays beside a code */
    TREAT_CODE,    /* stays, where it can be a code */
    TREAT_TABLE,   /* stays, where it can be a code of one of the numbered tables */
    TREAT_NUMBER,  /* stays, where it can be a number */
    TREAT_SHAPE,
    TREAT_DATE,
    TREAT_TEXT,
    TREAT_RESULT /* an OBX-5 of type ST */
};

/* --- what stays --------------------------------------------------------------------------------*/

/* Data types without parts. All others are replaced. */
static const struct {
    struct slice type;
    enum treatment treatment;
} PRIMITIVES[] = {
    {SLICE_INIT("ID"), TREAT_TABLE},  {SLICE_INIT("IS"), TREAT_TABLE},
    {SLICE_INIT("NM"), TREAT_NUMBER}, {SLICE_INIT("SI"), TREAT_NUMBER},
    {SLICE_INIT("TM"), TREAT_KEEP},   {SLICE_INIT("DT"), TREAT_DATE},
    {SLICE_INIT("TS"), TREAT_DATE},   {SLICE_INIT("TX"), TREAT_TEXT},
    {SLICE_INIT("DTM"), TREAT_DATE},  {SLICE_INIT("FT"), TREAT_TEXT},
};

/* Components whose data type alone does not say it. HL7 v2.5.1 2.A. */
static const struct {
    struct slice type;
    unsigned component;
    enum treatment treatment;
} COMPONENTS[] = {
    {SLICE_INIT("CWE"), 1, TREAT_CODE},
    {SLICE_INIT("CWE"), 2, TREAT_DISPLAY},
    {SLICE_INIT("CWE"), 4, TREAT_CODE},
    {SLICE_INIT("CWE"), 5, TREAT_DISPLAY},
    {SLICE_INIT("CWE"), 7, TREAT_KEEP},
    {SLICE_INIT("CWE"), 8, TREAT_KEEP},
    {SLICE_INIT("CWE"), 9, TREAT_TEXT},
    {SLICE_INIT("CNE"), 1, TREAT_CODE},
    {SLICE_INIT("CNE"), 2, TREAT_DISPLAY},
    {SLICE_INIT("CNE"), 4, TREAT_CODE},
    {SLICE_INIT("CNE"), 5, TREAT_DISPLAY},
    {SLICE_INIT("CNE"), 9, TREAT_TEXT},
    {SLICE_INIT("CE"), 1, TREAT_CODE},
    {SLICE_INIT("CE"), 2, TREAT_DISPLAY},
    {SLICE_INIT("CE"), 4, TREAT_CODE},
    {SLICE_INIT("CE"), 5, TREAT_DISPLAY},
    {SLICE_INIT("CF"), 1, TREAT_CODE},
    {SLICE_INIT("CF"), 2, TREAT_TEXT},
    {SLICE_INIT("HD"), 1, TREAT_KEEP},
    {SLICE_INIT("HD"), 2, TREAT_KEEP},
    {SLICE_INIT("EI"), 2, TREAT_KEEP},
    {SLICE_INIT("EI"), 3, TREAT_KEEP},
    {SLICE_INIT("TS"), 1, TREAT_DATE},
    {SLICE_INIT("SN"), 1, TREAT_NUMBER},
    {SLICE_INIT("SN"), 3, TREAT_NUMBER},
    {SLICE_INIT("RI"), 2, TREAT_NUMBER},
    {SLICE_INIT("TQ"), 3, TREAT_KEEP},
    {SLICE_INIT("TQ"), 6, TREAT_KEEP},
    {SLICE_INIT("XTN"), 5, TREAT_SHAPE},
    {SLICE_INIT("XTN"), 6, TREAT_SHAPE},
    {SLICE_INIT("XTN"), 7, TREAT_SHAPE},
    {SLICE_INIT("XTN"), 8, TREAT_SHAPE},
    {SLICE_INIT("XON"), 3, TREAT_SHAPE},
    {SLICE_INIT("CK"), 1, TREAT_SHAPE},
    {SLICE_INIT("CK_ACCOUNT_NO"), 1, TREAT_SHAPE},
    {SLICE_INIT("CN_PERSON"), 1, TREAT_SHAPE},
    {SLICE_INIT("CM_FILLER"), 1, TREAT_SHAPE},
    {SLICE_INIT("CM_PLACER"), 1, TREAT_SHAPE},
    {SLICE_INIT("CM_GROUP_ID"), 1, TREAT_SHAPE},
    {SLICE_INIT("XAD"), 9, TREAT_SHAPE},
};

/* Fields whose data type alone does not say it; field 0 is every field of the segment. */
static const struct {
    uint32_t segment;
    unsigned field;
    enum treatment treatment;
} FIELDS[] = {
    {HL7V2_ID("MSH"), 7, TREAT_DATE},   {HL7V2_ID("MSH"), 8, TREAT_SHAPE},
    {HL7V2_ID("MSH"), 9, TREAT_EXACT},  {HL7V2_ID("MSH"), 10, TREAT_SHAPE},
    {HL7V2_ID("MSH"), 11, TREAT_EXACT}, {HL7V2_ID("MSH"), 12, TREAT_EXACT},
    {HL7V2_ID("MSH"), 18, TREAT_EXACT}, {HL7V2_ID("MSH"), 0, TREAT_KEEP},
    {HL7V2_ID("SFT"), 5, TREAT_TEXT},   {HL7V2_ID("SFT"), 6, TREAT_DATE},
    {HL7V2_ID("SFT"), 0, TREAT_KEEP},   {HL7V2_ID("PID"), 12, TREAT_SHAPE},
    {HL7V2_ID("GT1"), 2, TREAT_SHAPE},  {HL7V2_ID("IN2"), 6, TREAT_SHAPE},
    {HL7V2_ID("IN2"), 8, TREAT_SHAPE},  {HL7V2_ID("IN2"), 10, TREAT_SHAPE},
    {HL7V2_ID("OBX"), 2, TREAT_EXACT},  {HL7V2_ID("OBX"), 4, TREAT_CODE},
    {HL7V2_ID("OBX"), 7, TREAT_KEEP},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static enum treatment treat_primitive(struct slice type)
{
    for (size_t i = 0; i < COUNT(PRIMITIVES); i++)
        if (slice_equal(type, PRIMITIVES[i].type))
            return PRIMITIVES[i].treatment;
    return TREAT_SHAPE;
}

/* Of a component, then down to the data type of the subcomponent. */
static enum treatment treat_component(const struct hl7v2_dictionary *dictionary, struct slice type,
                                      unsigned component, unsigned subcomponent)
{
    for (size_t i = 0; i < COUNT(COMPONENTS); i++)
        if (COMPONENTS[i].component == component && slice_equal(type, COMPONENTS[i].type))
            return COMPONENTS[i].treatment;
    if (hl7v2_dictionary_component_count(dictionary, type) == 0)
        return component == 1 ? treat_primitive(type) : TREAT_SHAPE;
    const struct hl7v2_component_definition *definition =
        hl7v2_dictionary_component(dictionary, type, component);
    if (!definition)
        return TREAT_SHAPE;
    if (subcomponent && hl7v2_dictionary_component_count(dictionary, definition->type_of) > 0)
        return treat_component(dictionary, definition->type_of, subcomponent, 0);
    return treat_primitive(definition->type_of);
}

/* --- one leaf at hand --------------------------------------------------------------------------*/

struct work {
    const struct hl7v2_disguise *disguise;
    const struct hl7v2_message *message;
    struct arena *arena;
    struct buffer *out;
    struct map replaced; /* words that were replaced, in small letters */
    bool is_collecting;  /* nothing is written */
    bool is_person;      /* the segment at hand says who somebody is */
    bool is_defined;     /* the dictionary has the field at hand */
    size_t at;           /* bytes of the frame before this are dealt with */
    enum hl7v2_version version;
};

struct leaf {
    size_t segment;
    unsigned field;
    struct slice type; /* of the field */
    unsigned component, subcomponent;
    struct slice before; /* the part before it, of the same whole */
    struct slice text;
};

static enum treatment treat_leaf(const struct work *work, const struct leaf *leaf)
{
    uint32_t segment = work->message->segments[leaf->segment].id;
    if (segment == HL7V2_ID("OBX") && leaf->field == 5 && slice_equal(leaf->type, SLICE("ST")))
        return TREAT_RESULT;
    for (size_t i = 0; i < COUNT(FIELDS); i++)
        if (FIELDS[i].segment == segment &&
            (FIELDS[i].field == leaf->field || FIELDS[i].field == 0))
            return FIELDS[i].treatment;
    return treat_component(work->disguise->dictionary, leaf->type, leaf->component,
                           leaf->subcomponent);
}

/* --- words -------------------------------------------------------------------------------------*/

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A byte of a word: a letter or digit, or a byte of a letter beyond ASCII. */
static bool is_word_byte(char c)
{
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static size_t word_length(struct slice text)
{
    size_t length = 0;
    while (length < text.len && is_word_byte(text.ptr[length]))
        length++;
    return length;
}

/* The letters of U+00C0 to U+00FF without their marks. */
static const char UNMARKED[] = "aaaaaaaceeeeiiiidnoooooxouuuuyts"
                               "aaaaaaaceeeeiiiidnoooooxouuuuyty";

/* A letter of two bytes as what it is the capital of, or what it is without its mark; 0 for a mark
 * that stands by itself. */
static uint32_t plain_letter(uint32_t letter)
{
    static const struct {
        uint32_t first, last, step, to_small;
    } CAPITALS[] = {
        {0x100, 0x136, 2, 1},  {0x139, 0x147, 2, 1},  {0x14A, 0x176, 2, 1},  {0x179, 0x17D, 2, 1},
        {0x391, 0x3A9, 1, 32}, {0x400, 0x40F, 1, 80}, {0x410, 0x42F, 1, 32},
    };
    if (letter >= 0xC0 && letter <= 0xFF)
        return (unsigned char)UNMARKED[letter - 0xC0];
    if (letter >= 0x300 && letter <= 0x36F)
        return 0;
    for (size_t i = 0; i < sizeof(CAPITALS) / sizeof(CAPITALS[0]); i++)
        if (letter >= CAPITALS[i].first && letter <= CAPITALS[i].last &&
            (letter - CAPITALS[i].first) % CAPITALS[i].step == 0)
            return letter + CAPITALS[i].to_small;
    return letter;
}

/* What makes words the same: small letters without marks, whatever the charset. */
static struct slice small_letters(struct slice word, struct arena *arena)
{
    char *small = arena_alloc(arena, word.len + 4); /* room of utf8_encode behind the last */
    size_t length = 0;
    while (word.len) {
        uint32_t letter = 0;
        size_t used = utf8_decode(word, &letter);
        unsigned char byte = (unsigned char)word.ptr[0];
        if (used == 2) {
            letter = plain_letter(letter);
            length += letter ? utf8_encode(letter, small + length) : 0;
        } else if (used == 0 && byte >= 0xC0) { /* ISO 8859-1 and its like */
            small[length++] = UNMARKED[byte - 0xC0];
        } else {
            small[length++] = is_upper(word.ptr[0]) ? (char)(byte + ('a' - 'A')) : word.ptr[0];
            used = 1;
        }
        word = slice_after(word, used ? used : 1);
    }
    return (struct slice){small, length};
}

/* So long that it can be told from a code. */
static bool is_telling(struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (is_digit(word.ptr[i]))
            return word.len >= SHORTEST_NUMBER;
    return word.len >= SHORTEST_NAME;
}

static size_t count_digits(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += is_digit(text.ptr[i]);
    return count;
}

/* The digits of a text, one after the other: 987654321 of 987-65-4321. */
static struct slice joined_digits(struct slice text, struct arena *arena)
{
    char *digits = arena_alloc(arena, text.len + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++)
        if (is_digit(text.ptr[i]))
            digits[length++] = text.ptr[i];
    return (struct slice){digits, length};
}

/* The longest run of digits: 4455667 of MRN4455667. */
static struct slice longest_run(struct slice text)
{
    struct slice longest = {NULL, 0};
    for (size_t i = 0; i < text.len; i++) {
        size_t end = i;
        while (end < text.len && is_digit(text.ptr[end]))
            end++;
        if (end - i > longest.len)
            longest = slice_part(text, i, end - i);
        i = end;
    }
    return longest;
}

/* The byte beyond the first of a letter of UTF-8. */
static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Letters that can be said: consonants and vowels in turn. */
static char replacement_of(char c, unsigned char random, size_t letter)
{
    static const char CONSONANTS[] = "bdfgklmnprstvz", VOWELS[] = "aeiou";
    if (is_digit(c))
        return (char)('0' + random % 10);
    char made = letter % 2 ? VOWELS[random % (sizeof(VOWELS) - 1)]
                           : CONSONANTS[random % (sizeof(CONSONANTS) - 1)];
    return is_upper(c) ? (char)(made - ('a' - 'A')) : made;
}

static struct slice make_word(const struct work *work, struct slice word, struct slice small,
                              unsigned attempt)
{
    unsigned char random[DIGEST_SHA256_SIZE];
    struct slice input = arena_format(work->arena, "%.*s/%u", SLICE_ARG(small), attempt);
    char *made = arena_alloc(work->arena, word.len + 1);
    size_t length = 0;
    digest_key_hmac(&work->disguise->key, input, random);
    for (size_t i = 0; i < word.len; i++)
        if (!is_continuation(word.ptr[i])) {
            unsigned char byte = (unsigned char)(random[length % sizeof(random)] + length);
            made[length] = replacement_of(word.ptr[i], byte, length);
            length++;
        }
    return (struct slice){made, length};
}

/* Never the word itself, nor another one that is to go, where there is one more of its shape: whose
 * name it is cannot be told, and who looks for a name in what came out finds none. */
static struct slice replace_word(const struct work *work, struct slice word)
{
    struct slice small = small_letters(word, work->arena);
    for (unsigned attempt = 0;; attempt++) {
        struct slice made = make_word(work, word, small, attempt);
        struct slice made_small = small_letters(made, work->arena);
        if (attempt == MOST_ATTEMPTS ||
            (!slice_equal(made_small, small) && !map_get(&work->replaced, made_small)))
            return made;
    }
}

/* --- values ------------------------------------------------------------------------------------*/

static void put(struct work *work, struct slice bytes)
{
    if (!work->is_collecting)
        buffer_append(work->out, bytes);
}

static void note(struct work *work, struct slice word)
{
    if (work->is_collecting)
        map_put(&work->replaced, small_letters(word, work->arena), work);
}

/* A long number of anybody: of a visit, an order, somebody of the staff. */
static bool is_long_number(struct slice word)
{
    return count_digits(word) >= SHORTEST_JOINED;
}

static void note_word(struct work *work, struct slice word)
{
    struct slice run = longest_run(word);
    if (work->is_person ? is_telling(word) : work->is_defined && is_long_number(word))
        note(work, word);
    if (run.len >= (work->is_person ? SHORTEST_RUN : SHORTEST_JOINED) && work->is_defined)
        note(work, run);
}

/* A number of a person without the signs in it, as others may write it. */
static void note_number(struct work *work, struct slice text)
{
    struct slice digits = joined_digits(text, work->arena);
    if (work->is_person && digits.len >= SHORTEST_JOINED)
        note(work, digits);
}

/* A day of a person: as HL7 writes it, and with the year at its end. */
static void note_day(struct work *work, struct slice date)
{
    if (!work->is_person || date.len < LONGEST_DATE)
        return;
    note(work, slice_part(date, 0, LONGEST_DATE));
    note(work, arena_format(work->arena, "%.*s%.*s", 4, date.ptr + 4, 4, date.ptr));
    note(work,
         arena_format(work->arena, "%.*s%.*s%.*s", 2, date.ptr + 6, 2, date.ptr + 4, 4, date.ptr));
}

/* Whether the word, or the number in it, stands elsewhere as that of a person. */
static bool was_replaced(const struct work *work, struct slice word)
{
    struct slice run = longest_run(word);
    return map_get(&work->replaced, small_letters(word, work->arena)) ||
           (run.len >= SHORTEST_RUN && map_get(&work->replaced, run));
}

/* An escape sequence at the front: its length with both signs, 0 where there is none. */
static size_t escape_length(const struct work *work, struct slice text)
{
    char escape = work->message->delimiters.escape;
    if (!escape || text.ptr[0] != escape)
        return 0;
    size_t end = slice_find_byte(slice_after(text, 1), escape);
    return end + 1 < text.len ? end + 2 : 0;
}

/* Each word by itself. \F\ and its like, of three signs, stay; an escape that may hold letters
 * goes. `all`: every word, else only those that were replaced elsewhere. */
static void put_words(struct work *work, struct slice text, bool all)
{
    while (text.len) {
        size_t escape = escape_length(work, text), length = word_length(text);
        struct slice word = slice_part(text, 0, escape ? escape : length ? length : 1);
        text = slice_after(text, word.len);
        if (escape && all && word.len != 3)
            continue;
        bool is_word = !escape && length;
        if (is_word && all)
            note_word(work, word);
        if (is_word && (all || was_replaced(work, word)))
            word = replace_word(work, word);
        put(work, word);
    }
}

static void put_date(struct work *work, struct slice text)
{
    struct hl7v2_datetime date;
    if (!hl7v2_datetime_parse(text, &date)) {
        put_words(work, text, true);
        return;
    }
    instant moved = time_from_civil(&(struct civil_time){.year = date.civil.year,
                                                         .month = date.civil.month,
                                                         .day = date.civil.day},
                                    0) +
                    work->disguise->days * TIME_DAY;
    struct civil_time civil = time_to_civil(moved, 0);
    struct slice digits =
        arena_format(work->arena, "%04d%02d%02d", civil.year, civil.month, civil.day);
    size_t length = date.precision == HL7V2_PRECISION_YEAR    ? 4
                    : date.precision == HL7V2_PRECISION_MONTH ? 6
                                                              : LONGEST_DATE;
    put(work, slice_part(digits, 0, length));
    put(work, slice_after(text, length));
}

/* At most so many letters as a unit or a comparator has. */
static bool is_number(struct slice text)
{
    size_t letters = 0;
    for (size_t i = 0; i < text.len; i++)
        letters += is_word_byte(text.ptr[i]) && !is_digit(text.ptr[i]);
    return letters < SHORTEST_NAME;
}

/* Of a number: few digits, and not in three groups, as a day has them: 2/15/30. */
static bool is_measure(struct slice text)
{
    size_t digits = 0, dashes = 0, slashes = 0, dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits += is_digit(text.ptr[i]);
        dashes += i > 0 && text.ptr[i] == '-';
        slashes += text.ptr[i] == '/';
        dots += text.ptr[i] == '.';
    }
    return digits <= MOST_DIGITS && dashes < 2 && slashes < 2 && dots < 2;
}

/* The digits at the front of a text, which goes on behind them. */
static size_t take_digits(struct slice *text)
{
    size_t count = 0;
    while (count < text->len && is_digit(text->ptr[count]))
        count++;
    *text = slice_after(*text, count);
    return count;
}

/* A day with its year, as people write it: 1953-04-17, 4/17/1953, 17.04.1953. The first of `text`,
 * which begins with a digit; not an OID. */
static bool begins_with_day(struct slice text)
{
    size_t groups[3] = {0};
    char apart = '\0';
    for (size_t i = 0; i < COUNT(groups); i++) {
        bool is_apart =
            text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '/' || text.ptr[0] == '.');
        if (i > 0 && (!is_apart || (i > 1 && text.ptr[0] != apart)))
            return false;
        if (i > 0) {
            apart = text.ptr[0];
            text = slice_after(text, 1);
        }
        groups[i] = take_digits(&text);
    }
    bool is_last = text.len == 0 || (!is_word_byte(text.ptr[0]) && text.ptr[0] != '.');
    bool has_middle = groups[1] == 1 || groups[1] == 2;
    if (!is_last || !has_middle)
        return false;
    if (groups[0] == 4)
        return apart != '.' && (groups[2] == 1 || groups[2] == 2);
    return groups[2] == 4 && (groups[0] == 1 || groups[0] == 2);
}

/* A phone of North America or a number of its social security: groups of 3, 3 and 4 digits, or of
 * 3, 2 and 4. The first of `text`, which begins with a digit. */
static bool begins_with_private_number(struct slice text)
{
    static const struct slice APART = SLICE_INIT("-) ");
    size_t groups[3] = {0};
    for (size_t i = 0; i < COUNT(groups); i++) {
        size_t apart = 0;
        while (i > 0 && apart < MOST_APART && apart < text.len &&
               slice_find_byte(APART, text.ptr[apart]) < APART.len)
            apart++;
        if (i > 0 && apart == 0)
            return false;
        text = slice_after(text, apart);
        groups[i] = take_digits(&text);
    }
    return groups[0] == 3 && (groups[1] == 2 || groups[1] == 3) && groups[2] == 4;
}

static bool has_private_number(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char before = i > 0 ? text.ptr[i - 1] : ' ';
        struct slice rest = slice_after(text, i);
        if (!is_digit(text.ptr[i]) || is_word_byte(before))
            continue;
        if (begins_with_private_number(rest) || (before != '.' && begins_with_day(rest)))
            return true;
    }
    return false;
}

static bool is_code(struct slice text)
{
    size_t blanks = 0;
    for (size_t i = 0; i < text.len; i++)
        blanks += text.ptr[i] == ' ';
    return blanks <= MOST_BLANKS;
}

/* A word of results. All else may be a sentence, or a name. */
static bool is_result_word(struct slice text)
{
    static const struct slice WORDS[] = {
        SLICE_INIT("positive"), SLICE_INIT("negative"),    SLICE_INIT("normal"),
        SLICE_INIT("abnormal"), SLICE_INIT("detected"),    SLICE_INIT("not detected"),
        SLICE_INIT("reactive"), SLICE_INIT("nonreactive"), SLICE_INIT("trace"),
        SLICE_INIT("none"),     SLICE_INIT("yes"),         SLICE_INIT("no")};
    for (size_t i = 0; i < COUNT(WORDS); i++)
        if (slice_equal_ignoring_case(text, WORDS[i]))
            return true;
    return false;
}

static enum treatment settle_number(struct slice text)
{
    if (!is_number(text))
        return TREAT_TEXT;
    return is_measure(text) ? TREAT_KEEP : TREAT_SHAPE;
}

/* Whether it stands elsewhere as the number or the birthday of a person, with or without signs. */
static bool is_known_number(const struct work *work, struct slice text)
{
    struct slice digits = joined_digits(text, work->arena);
    bool has_letters = false;
    for (size_t i = 0; i < text.len; i++)
        has_letters |= is_word_byte(text.ptr[i]) && !is_digit(text.ptr[i]);
    return !has_letters && digits.len >= SHORTEST_JOINED && map_get(&work->replaced, digits);
}

/* What depends on the value itself. */
static enum treatment settle(const struct work *work, const struct leaf *leaf,
                             enum treatment treatment)
{
    bool is_settled = treatment == TREAT_EXACT || treatment == TREAT_SHAPE ||
                      treatment == TREAT_DATE || treatment == TREAT_TEXT;
    if (is_settled)
        return treatment;
    if (was_replaced(work, leaf->text) || is_known_number(work, leaf->text))
        return TREAT_SHAPE;
    if (treatment == TREAT_RESULT && is_result_word(leaf->text))
        return TREAT_EXACT;
    if (treatment == TREAT_RESULT && leaf->text.len > LONGEST_RESULT)
        return TREAT_TEXT;
    if (treatment == TREAT_NUMBER || treatment == TREAT_RESULT)
        return settle_number(leaf->text);
    if (treatment == TREAT_DISPLAY && !leaf->before.len)
        return TREAT_TEXT;
    if ((treatment == TREAT_CODE || treatment == TREAT_TABLE) && !is_code(leaf->text))
        return TREAT_TEXT;
    if (treatment == TREAT_TABLE && count_digits(leaf->text) > MOST_DIGITS)
        return TREAT_SHAPE;
    return has_private_number(leaf->text) ? TREAT_SHAPE : TREAT_KEEP;
}

static void put_leaf(struct work *work, const struct leaf *leaf)
{
    enum treatment treatment = settle(work, leaf, treat_leaf(work, leaf));
    size_t start = (size_t)(leaf->text.ptr - work->message->frame.ptr);
    put(work, slice_part(work->message->frame, work->at, start - work->at));
    work->at = start + leaf->text.len;
    if (treatment == TREAT_SHAPE) {
        note_word(work, leaf->text);
        note_number(work, leaf->text);
    }
    if (treatment == TREAT_DATE)
        note_day(work, leaf->text);
    if (hl7v2_is_delete(leaf->text) || treatment == TREAT_EXACT)
        put(work, leaf->text);
    else if (treatment == TREAT_KEEP || treatment == TREAT_SHAPE)
        put_words(work, leaf->text, treatment == TREAT_SHAPE);
    else if (treatment == TREAT_DATE)
        put_date(work, leaf->text);
    else
        put(work, SLICE(FREE_TEXT));
}

/* --- the message -------------------------------------------------------------------------------*/

static void put_component(struct work *work, struct leaf *leaf, struct slice component,
                          struct slice before)
{
    unsigned count = hl7v2_message_subcomponent_count(work->message, component);
    for (unsigned i = 1; i <= count; i++) {
        leaf->subcomponent = i;
        leaf->text = hl7v2_message_subcomponent(work->message, component, i);
        leaf->before = i > 1 ? hl7v2_message_subcomponent(work->message, component, i - 1) : before;
        if (leaf->text.len)
            put_leaf(work, leaf);
    }
}

static void put_field(struct work *work, struct leaf *leaf)
{
    const struct hl7v2_message *message = work->message;
    struct slice field = hl7v2_message_field(message, leaf->segment, leaf->field);
    if (hl7v2_message_is_literal(message, field))
        return;
    unsigned repetitions = hl7v2_message_repetition_count(message, field);
    for (unsigned i = 1; i <= repetitions; i++) {
        struct slice repetition = hl7v2_message_repetition(message, field, i), before = {NULL, 0};
        unsigned components = hl7v2_message_component_count(message, repetition);
        for (leaf->component = 1; leaf->component <= components; leaf->component++) {
            struct slice component = hl7v2_message_component(message, repetition, leaf->component);
            put_component(work, leaf, component, before);
            before = component;
        }
    }
}

static struct slice type_of(const struct work *work, size_t segment, unsigned field)
{
    uint32_t id = work->message->segments[segment].id;
    if (id == HL7V2_ID("OBX") && field == 5)
        return hl7v2_message_value(work->message, segment, 2, 1, 1, 1);
    return hl7v2_dictionary_field_type(work->disguise->dictionary, id, field, work->version);
}

/* Words of other segments may be those of codes. */
static bool is_about_person(uint32_t segment)
{
    static const uint32_t SEGMENTS[] = {HL7V2_ID("PID"), HL7V2_ID("PD1"), HL7V2_ID("NK1"),
                                        HL7V2_ID("MRG"), HL7V2_ID("GT1"), HL7V2_ID("IN1"),
                                        HL7V2_ID("IN2")};
    for (size_t i = 0; i < COUNT(SEGMENTS); i++)
        if (SEGMENTS[i] == segment)
            return true;
    return false;
}

static void put_segment(struct work *work, size_t segment)
{
    const struct hl7v2_segment *at = &work->message->segments[segment];
    work->at = at->start;
    work->is_person = is_about_person(at->id);
    for (unsigned field = 1; field <= at->field_count; field++) {
        struct leaf leaf = {.segment = segment, .field = field};
        leaf.type = type_of(work, segment, field);
        work->is_defined = leaf.type.len > 0;
        put_field(work, &leaf);
    }
    put(work, slice_part(work->message->frame, work->at, at->end - work->at));
    put(work, SLICE("\r"));
}

void hl7v2_disguise_init(struct hl7v2_disguise *disguise, struct slice key,
                         const struct hl7v2_dictionary *dictionary)
{
    unsigned char random[DIGEST_SHA256_SIZE];
    digest_key_init(&disguise->key, key);
    digest_key_hmac(&disguise->key, SLICE("days"), random);
    int weeks = 1 + random[0] % MOST_WEEKS;
    disguise->days = random[1] % 2 ? 7 * weeks : -7 * weeks;
    disguise->dictionary = dictionary;
}

void hl7v2_disguise_release(struct hl7v2_disguise *disguise)
{
    digest_key_release(&disguise->key);
}

void hl7v2_disguise_message(const struct hl7v2_disguise *disguise,
                            const struct hl7v2_message *message, struct arena *arena,
                            struct buffer *out)
{
    struct work work = {.disguise = disguise, .message = message, .arena = arena, .out = out};
    size_t header = hl7v2_message_find(message, HL7V2_ID("MSH"), 1);
    work.version = hl7v2_version_of(hl7v2_message_value(message, header, 12, 1, 1, 1));
    map_init(&work.replaced, arena);
    /* The first pass learns which words are replaced. */
    work.is_collecting = true;
    for (size_t i = 0; i < message->segment_count; i++)
        put_segment(&work, i);
    work.is_collecting = false;
    for (size_t i = 0; i < message->segment_count; i++)
        put_segment(&work, i);
}
