/* match_value: see match_internal.h. */
#include "pipeline/match_internal.h"

#include "base/suggest.h"
#include "fhir/datetime.h"

#include <stdlib.h>

static bool is_slip_of_digits(struct slice a, struct slice b)
{
    return a.len == b.len && suggest_distance(a, b, 1) <= 1;
}

/* --- dates ------------------------------------------------------------------------------------ */

bool match_date_read(const struct match_table *table, struct slice text,
                     struct match_date *ret_date)
{
    struct fhir_datetime date;
    if (match_is_placeholder(table, MATCH_PLACEHOLDER_BIRTH, text) || !fhir_date_parse(text, &date))
        return false;
    *ret_date = (struct match_date){date.civil.year, date.civil.month, date.civil.day};
    return true;
}

#define DATE_DIGITS 8

/* One digit is another one, or two neighbours changed places. */
static bool is_slip_of_date(const struct match_date *a, const struct match_date *b)
{
    int one = a->year * 10000 + a->month * 100 + a->day;
    int two = b->year * 10000 + b->month * 100 + b->day;
    int first = -1, last = -1, count = 0;
    int digits[2][DATE_DIGITS];
    for (int i = 0; i < DATE_DIGITS; i++) {
        digits[0][i] = one % 10;
        digits[1][i] = two % 10;
        one /= 10;
        two /= 10;
        if (digits[0][i] == digits[1][i])
            continue;
        first = count++ == 0 ? i : first;
        last = i;
    }
    if (count == 1)
        return true;
    return count == 2 && last == first + 1 && digits[0][first] == digits[1][last] &&
           digits[0][last] == digits[1][first];
}

#define GENERATION 15

static bool is_first_of_year(const struct match_date *date)
{
    return date->month == 1 && date->day == 1;
}

enum match_level match_date_compare(const struct match_date *a, const struct match_date *b)
{
    int years = abs(a->year - b->year);
    bool same_month = a->month == b->month, same_day = a->day == b->day;
    if (a->year == 0 || b->year == 0)
        return MATCH_LEVEL_MISSING;
    if (years == 0 && same_month && same_day)
        return is_first_of_year(a) ? MATCH_LEVEL_COMMON : MATCH_LEVEL_EQUAL;
    if (years == 0 && a->month == b->day && a->day == b->month)
        return MATCH_LEVEL_SWAPPED;
    if (years == 0 && (is_first_of_year(a) || is_first_of_year(b)))
        return MATCH_LEVEL_YEAR;
    if (is_slip_of_date(a, b))
        return MATCH_LEVEL_TYPO;
    if (years == 0 ? same_month || same_day : same_month && same_day && (years == 1 || years == 10))
        return MATCH_LEVEL_NEAR;
    return years >= GENERATION ? MATCH_LEVEL_GENERATION : MATCH_LEVEL_DIFFERENT;
}

/* --- phones ----------------------------------------------------------------------------------- */

#define PHONE_LENGTH 10
#define LOCAL_LENGTH 7
#define AREA_LENGTH 3

/* The last ten digits; with fewer than ten the last seven. */
bool match_phone_read(const struct match_table *table, struct slice text, struct arena *arena,
                      struct slice *ret_digits)
{
    size_t extension = slice_find_byte(text, 'x');
    struct slice digits = match_digits(slice_part(text, 0, extension), arena);
    if (digits.len < LOCAL_LENGTH)
        return false;
    digits =
        slice_after(digits, digits.len - (digits.len < PHONE_LENGTH ? LOCAL_LENGTH : PHONE_LENGTH));
    struct slice local = slice_after(digits, digits.len - LOCAL_LENGTH);
    if (match_is_placeholder(table, MATCH_PLACEHOLDER_PHONE, digits) ||
        match_is_placeholder(table, MATCH_PLACEHOLDER_PHONE, local))
        return false;
    *ret_digits = digits;
    return true;
}

enum match_level match_phone_compare(struct slice a, struct slice b)
{
    if (slice_equal(a, b))
        return a.len == PHONE_LENGTH ? MATCH_LEVEL_EQUAL : MATCH_LEVEL_LAST;
    if (a.len != b.len) {
        bool same = slice_ends_with(a.len > b.len ? a : b, a.len > b.len ? b : a);
        return same ? MATCH_LEVEL_LAST : MATCH_LEVEL_DIFFERENT;
    }
    if (is_slip_of_digits(a, b))
        return MATCH_LEVEL_TYPO;
    bool same_area = a.len == PHONE_LENGTH &&
                     slice_equal(slice_part(a, 0, AREA_LENGTH), slice_part(b, 0, AREA_LENGTH));
    return same_area ? MATCH_LEVEL_AREA : MATCH_LEVEL_DIFFERENT;
}

/* --- addresses -------------------------------------------------------------------------------- */

#define POSTAL_LENGTH 5
#define REGION_LENGTH 3 /* of a ZIP code: the sectional center */
#define STREET_LIMIT 80

static bool is_number(struct slice word)
{
    return word.len > 0 && word.ptr[0] >= '0' && word.ptr[0] <= '9';
}

struct street {
    char text[STREET_LIMIT];
    size_t len;
};

static void add_street(struct street *street, struct slice word)
{
    if (word.len > STREET_LIMIT - street->len)
        word.len = STREET_LIMIT - street->len;
    memcpy(street->text + street->len, word.ptr, word.len);
    street->len += word.len;
}

/* The first number is the house; a unit and what it is called are left out. */
static void read_street(const struct match_table *table, struct slice folded, struct slice *house,
                        struct street *street)
{
    struct slice rest = folded, word;
    bool is_unit = false;
    while (slice_split(&rest, ' ', &word)) {
        const struct slice *value = match_word_value(table, MATCH_WORD_STREET, word);
        bool was_unit = is_unit;
        is_unit = house->len > 0 && match_word_value(table, MATCH_WORD_UNIT, word) != NULL;
        if (is_unit || was_unit)
            continue;
        if (house->len == 0 && is_number(word))
            *house = word;
        else
            add_street(street, value ? *value : word);
    }
}

bool match_address_read(const struct match_table *table, struct slice lines, struct slice postal,
                        struct arena *arena, struct match_address *ret_address)
{
    struct match_address address = {0};
    struct street street = {.len = 0};
    /* "Apt 3" without a word for it is a number sign */
    struct slice folded = match_fold(slice_part(lines, 0, slice_find_byte(lines, '#')), arena);
    if (match_is_placeholder(table, MATCH_PLACEHOLDER_ADDRESS, folded))
        return false;
    read_street(table, folded, &address.house, &street);
    address.street = arena_copy(arena, (struct slice){street.text, street.len});
    address.postal = slice_part(match_squeeze(match_fold(postal, arena), arena), 0, POSTAL_LENGTH);
    *ret_address = address;
    return address.street.len > 0;
}

#define NEAR_STREET_LENGTH 6

static bool is_same_street(struct slice a, struct slice b)
{
    struct slice shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;
    return slice_equal(a, b) || match_is_slip(a, b) ||
           (shorter.len >= NEAR_STREET_LENGTH && slice_starts_with(longer, shorter));
}

enum match_level match_address_compare(const struct match_address *a, const struct match_address *b)
{
    bool same_postal = a->postal.len > 0 && slice_equal(a->postal, b->postal);
    bool same_house = slice_equal(a->house, b->house);
    bool same_street = is_same_street(a->street, b->street);
    if (same_house && same_street && a->house.len > 0)
        return same_postal ? MATCH_LEVEL_EQUAL : MATCH_LEVEL_PART;
    if (same_postal && same_street && a->house.len > 1 && is_slip_of_digits(a->house, b->house))
        return MATCH_LEVEL_TYPO;
    if (same_postal)
        return MATCH_LEVEL_PLACE;
    bool same_region = a->postal.len > 0 && slice_equal(slice_part(a->postal, 0, REGION_LENGTH),
                                                        slice_part(b->postal, 0, REGION_LENGTH));
    return same_region ? MATCH_LEVEL_REGION : MATCH_LEVEL_DIFFERENT;
}

/* --- numbers ---------------------------------------------------------------------------------- */

#define SSN_LENGTH 9
#define SSN_LAST 4

/* Nine digits, or the last four of them ("***-**-1234"). */
bool match_ssn_read(const struct match_table *table, struct slice text, struct arena *arena,
                    struct match_ssn *ret_ssn)
{
    struct slice digits = match_digits(text, arena);
    if (digits.len != SSN_LENGTH && digits.len != SSN_LAST)
        return false;
    struct slice last = slice_after(digits, digits.len - SSN_LAST);
    bool is_whole = digits.len == SSN_LENGTH;
    if (match_is_placeholder(table, is_whole ? MATCH_PLACEHOLDER_SSN : MATCH_PLACEHOLDER_SSN4,
                             digits))
        return false;
    *ret_ssn = (struct match_ssn){is_whole ? digits : (struct slice){NULL, 0}, last};
    return true;
}

enum match_level match_ssn_compare(const struct match_ssn *a, const struct match_ssn *b)
{
    if (a->last.len == 0 || b->last.len == 0)
        return MATCH_LEVEL_MISSING;
    if (a->whole.len == 0 || b->whole.len == 0)
        return slice_equal(a->last, b->last) ? MATCH_LEVEL_LAST : MATCH_LEVEL_DIFFERENT;
    if (slice_equal(a->whole, b->whole))
        return MATCH_LEVEL_EQUAL;
    return is_slip_of_digits(a->whole, b->whole) ? MATCH_LEVEL_TYPO : MATCH_LEVEL_DIFFERENT;
}

bool match_number_read(const struct match_table *table, struct slice text, struct arena *arena,
                       struct slice *ret_value)
{
    struct slice value = match_squeeze(match_fold(text, arena), arena);
    if (match_is_placeholder(table, MATCH_PLACEHOLDER_NUMBER, value))
        return false;
    *ret_value = value;
    return true;
}
