/* match, inside: the tables as they are used, and what is taken from a record.
 *
 *   match_table.c   the files of mappings/identity, checked and made ready
 *   match_fold.c    letters made alike; when two words are a slip apart, or sound the same
 *   match_name.c    names: reading and comparing
 *   match_value.c   dates, phones, addresses, numbers: reading and comparing
 *   match_read.c    a FHIR Patient to demographics
 *   match_block.c   demographics to blocks
 *   match.c         levels to a verdict, one record against the persons it may be */
#ifndef PIPELINE_MATCH_INTERNAL_H
#define PIPELINE_MATCH_INTERNAL_H

#include "base/map.h"
#include "pipeline/match.h"

/* --- the tables ------------------------------------------------------------------------------- */

/* clang-format off */
/* What a rule says, and how it is called in rules.csv. */
#define MATCH_SAYS(row)                                                                            \
    row(SAME, "same")                                                                              \
    row(REVIEW, "review")                                                                          \
    row(DIFFERENT, "different")                                                                    \
    row(APART, "apart")                                                                            \
    row(AT_MOST_REVIEW, "at-most-review")                                                          \
    row(WEIGH, "weigh")
/* clang-format on */

enum match_says {
#define MATCH_SAYS_ROW(constant, name) MATCH_SAYS_##constant,
    MATCH_SAYS(MATCH_SAYS_ROW)
#undef MATCH_SAYS_ROW
        MATCH_SAYS_COUNT
};

struct match_rule {
    struct slice name;
    uint32_t fits[MATCH_FIELD_COUNT]; /* a bit for each level */
    enum match_says says;
};

/* What a number of a type counts as. */
enum match_counts { MATCH_COUNTS_NOTHING, MATCH_COUNTS_PROOF, MATCH_COUNTS_SSN };

enum match_name_kind { MATCH_NAME_FAMILY, MATCH_NAME_GIVEN, MATCH_NAME_KIND_COUNT };

/* The names a word stands for, itself among them, by number; ascending. */
struct match_forms {
    uint32_t *names;
    size_t count;
};

enum match_placeholder {
    MATCH_PLACEHOLDER_NAME,
    MATCH_PLACEHOLDER_GIVEN,
    MATCH_PLACEHOLDER_FAMILY,
    MATCH_PLACEHOLDER_BIRTH,
    MATCH_PLACEHOLDER_SSN,
    MATCH_PLACEHOLDER_SSN4,
    MATCH_PLACEHOLDER_PHONE,
    MATCH_PLACEHOLDER_ADDRESS,
    MATCH_PLACEHOLDER_NUMBER,
    MATCH_PLACEHOLDER_COUNT
};

enum match_word_kind {
    MATCH_WORD_PARTICLE,
    MATCH_WORD_SUFFIX,
    MATCH_WORD_TITLE,
    MATCH_WORD_GIVEN,
    MATCH_WORD_STREET,
    MATCH_WORD_UNIT,
    MATCH_WORD_COUNT
};

struct match_table {
    double weights[MATCH_FIELD_COUNT][MATCH_LEVEL_COUNT]; /* bits; MISSING: 0 */
    struct match_rule *rules;
    size_t rule_count;
    double link, review;
    double second; /* link, where the clinic has numbered the person otherwise */
    int32_t block_cap;
    struct map identifiers;                  /* type to enum match_counts */
    enum match_counts other_identifiers;     /* of types that are not listed */
    struct map forms[MATCH_NAME_KIND_COUNT]; /* folded word to struct match_forms */
    struct map names[MATCH_NAME_KIND_COUNT]; /* folded words to bool: a frequent one */
    struct map placeholders[MATCH_PLACEHOLDER_COUNT];
    bool repeated_digit[MATCH_PLACEHOLDER_COUNT]; /* "#": one digit all over is one */
    struct map words[MATCH_WORD_COUNT];           /* folded word to struct slice: its value */
};

/* Whether folded text is a placeholder of that kind: whole, or the words at its front ("baby boy"
 * in "baby boy garcia"). */
bool match_is_placeholder(const struct match_table *table, enum match_placeholder kind,
                          struct slice text);
/* The value of a word of that kind; NULL: it is none. */
const struct slice *match_word_value(const struct match_table *table, enum match_word_kind kind,
                                     struct slice word);

/* --- match_fold.c ----------------------------------------------------------------------------- */

/* Lower case, without accents; an apostrophe goes, other punctuation becomes a blank, blanks come
 * one at a time and not at the ends; "?" and U+FFFD, by which accents are lost, become "?". Letters
 * of other scripts stay as they are. */
struct slice match_fold(struct slice text, struct arena *arena);
/* A blank before each capital inside of a word: "XiaLong" is two names written as one. */
struct slice match_part(struct slice text, struct arena *arena);
/* Only letters and digits of folded text. */
struct slice match_squeeze(struct slice folded, struct arena *arena);
/* Only digits. */
struct slice match_digits(struct slice text, struct arena *arena);
/* How a folded word sounds, to Spanish and English ears alike: up to eight consonants, in a number;
 * 0 for the empty word. */
uint64_t match_sound(struct slice word);
/* One slip of the keyboard apart, in long words two; in short ones not in the first letter. */
bool match_is_slip(struct slice a, struct slice b);

/* --- names ------------------------------------------------------------------------------------ */

#define MATCH_WORD_LIMIT 6

struct match_word {
    struct slice text;
    uint64_t sound;
    const struct match_forms *forms; /* NULL: none are known */
    bool is_known, is_frequent;      /* as a family or given name, whichever it is here */
};

struct match_words {
    struct match_word words[MATCH_WORD_LIMIT];
    size_t count;       /* 0: not said */
    struct slice whole; /* squeezed, particles left out */
};

struct match_name {
    struct match_words family, given;
    struct slice suffix; /* its value; empty: none */
    bool is_shifted;     /* by match_name_shift */
};

struct match_name_levels {
    enum match_level family, given, suffix;
};

/* The parts as they stand in a HumanName; given names with blanks between. False where nothing but
 * placeholders is said. */
bool match_name_read(const struct match_table *table, struct slice family, struct slice given,
                     struct slice suffix, struct arena *arena, struct match_name *ret_name);
/* The same name with the last of several given names as the first surname, which it is where a
 * system took the second of two surnames for the only one ("García", "José López"). False where the
 * last one is known as a given name, or is the only one. */
bool match_name_shift(const struct match_name *name, struct arena *arena,
                      struct match_name *ret_name);
struct match_name_levels match_name_compare(const struct match_name *a, const struct match_name *b);

/* --- values ----------------------------------------------------------------------------------- */

struct match_date {
    int year, month, day; /* year 0: not said; a date without day is the first of January */
};

struct match_address {
    struct slice house;  /* "12"; empty: none */
    struct slice street; /* squeezed, abbreviated */
    struct slice postal; /* first five characters */
};

struct match_ssn {
    struct slice whole; /* nine digits, or empty */
    struct slice last;  /* four digits, or empty */
};

struct match_number {
    struct slice system, type, value; /* value squeezed */
};

/* Each is false where nothing is said, or a placeholder. */
bool match_date_read(const struct match_table *table, struct slice text,
                     struct match_date *ret_date);
bool match_phone_read(const struct match_table *table, struct slice text, struct arena *arena,
                      struct slice *ret_digits);
bool match_address_read(const struct match_table *table, struct slice lines, struct slice postal,
                        struct arena *arena, struct match_address *ret_address);
bool match_ssn_read(const struct match_table *table, struct slice text, struct arena *arena,
                    struct match_ssn *ret_ssn);
bool match_number_read(const struct match_table *table, struct slice text, struct arena *arena,
                       struct slice *ret_value);

enum match_level match_date_compare(const struct match_date *a, const struct match_date *b);
enum match_level match_phone_compare(struct slice a, struct slice b);
enum match_level match_address_compare(const struct match_address *a,
                                       const struct match_address *b);
enum match_level match_ssn_compare(const struct match_ssn *a, const struct match_ssn *b);

/* --- a record --------------------------------------------------------------------------------- */

#define MATCH_NAME_LIMIT 6
#define MATCH_ADDRESS_LIMIT 3
#define MATCH_PHONE_LIMIT 5
#define MATCH_NUMBER_LIMIT 8

struct pipeline_demographics {
    struct match_name names[MATCH_NAME_LIMIT];
    size_t name_count;
    struct match_date birth;
    char sex; /* 'm', 'f'; 0: not said */
    struct match_address addresses[MATCH_ADDRESS_LIMIT];
    size_t address_count;
    struct slice phones[MATCH_PHONE_LIMIT]; /* ten digits or seven */
    size_t phone_count;
    struct match_ssn ssn;
    struct match_number numbers[MATCH_NUMBER_LIMIT];
    size_t number_count;
};

#endif
