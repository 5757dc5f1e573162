#include "hl7v2/datetime.h"

#include <string.h>

/* Reads `count` digits, four at most, at *rest and cuts them off. -1 where there are not that many.
 */
static int take_digits(struct slice *rest, size_t count)
{
    int number = 0;
    if (rest->len < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const unsigned digit = (unsigned char)rest->ptr[i] - (unsigned)'0';
        if (digit > 9)
            return -1;
        number = 10 * number + (int)digit;
    }
    rest->ptr += count;
    rest->len -= count;
    return number;
}

static bool digit_next(struct slice rest)
{
    return rest.len > 0 && rest.ptr[0] >= '0' && rest.ptr[0] <= '9';
}

/* One to four digits after the point (HL7 v2.5.1 2.A.22); more are kept, but the engine compares
 * only microseconds. */
static bool take_fraction(struct slice *rest, struct hl7v2_datetime *datetime)
{
    struct slice digits = slice_after(*rest, 1);
    size_t count = 0;
    int microsecond = 0;
    while (digit_next(slice_after(digits, count))) {
        if (count < 6)
            microsecond = microsecond * 10 + (digits.ptr[count] - '0');
        count++;
    }
    if (count < 1 || count > 4)
        return false;
    for (size_t i = count; i < 6; i++)
        microsecond *= 10;
    datetime->civil.microsecond = microsecond;
    datetime->fraction = slice_part(digits, 0, count);
    *rest = slice_after(digits, count);
    return true;
}

/* +ZZZZ at the end; nothing may follow. Rule 10: hours to 14, minutes to 59. */
static bool take_offset(struct slice rest, struct hl7v2_datetime *datetime)
{
    if (rest.len == 0)
        return true;
    bool negative = rest.ptr[0] == '-';
    if (rest.len != 5 || (!negative && rest.ptr[0] != '+'))
        return false;
    struct slice digits = slice_after(rest, 1);
    int hours = take_digits(&digits, 2), minutes = take_digits(&digits, 2);
    if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    int offset = hours * 60 + minutes;
    datetime->has_offset = true;
    datetime->offset_minutes = negative ? -offset : offset;
    datetime->utc_unknown = negative && offset == 0;
    return true;
}

/* The two-digit parts in their order; the number of them that are there is the precision. */
struct part {
    enum hl7v2_precision precision;
    size_t field; /* offsetof in struct civil_time */
    int lowest, highest;
};

static const struct part PARTS[] = {
    {HL7V2_PRECISION_MONTH, offsetof(struct civil_time, month), 1, 12},
    {HL7V2_PRECISION_DAY, offsetof(struct civil_time, day), 1, 31},
    {HL7V2_PRECISION_HOUR, offsetof(struct civil_time, hour), 0, 23},
    {HL7V2_PRECISION_MINUTE, offsetof(struct civil_time, minute), 0, 59},
    {HL7V2_PRECISION_SECOND, offsetof(struct civil_time, second), 0, 60},
};
enum { FIRST_DATE_PART = 0, FIRST_TIME_PART = 2, PART_COUNT = sizeof PARTS / sizeof PARTS[0] };

static bool take_parts(struct slice *rest, size_t first, size_t end,
                       struct hl7v2_datetime *datetime)
{
    for (size_t i = first; i < end && digit_next(*rest); i++) {
        int number = take_digits(rest, 2);
        if (number < PARTS[i].lowest || number > PARTS[i].highest)
            return false;
        *(int *)((char *)&datetime->civil + PARTS[i].field) = number;
        datetime->precision = PARTS[i].precision;
    }
    return true;
}

/* What may stand behind the parts of a time: fraction after seconds, offset. */
static bool take_tail(struct slice rest, struct hl7v2_datetime *datetime)
{
    datetime->is_leap_second = datetime->civil.second == 60;
    if (rest.len > 0 && rest.ptr[0] == '.') {
        if (datetime->precision != HL7V2_PRECISION_SECOND || !take_fraction(&rest, datetime))
            return false;
        datetime->precision = HL7V2_PRECISION_FRACTION;
    }
    return take_offset(rest, datetime);
}

static bool parse_from_year(struct slice raw, size_t end, struct hl7v2_datetime *ret_datetime)
{
    struct hl7v2_datetime datetime = {.precision = HL7V2_PRECISION_YEAR,
                                      .civil = {.month = 1, .day = 1}};
    datetime.civil.year = take_digits(&raw, 4);
    if (datetime.civil.year < 1 || !take_parts(&raw, FIRST_DATE_PART, end, &datetime) ||
        datetime.civil.day > time_days_in_month(datetime.civil.year, datetime.civil.month))
        return false;
    if (end == FIRST_TIME_PART ? raw.len > 0 : !take_tail(raw, &datetime))
        return false;
    *ret_datetime = datetime;
    return true;
}

bool hl7v2_datetime_parse(struct slice raw, struct hl7v2_datetime *ret_datetime)
{
    return parse_from_year(raw, PART_COUNT, ret_datetime);
}

bool hl7v2_date_parse(struct slice raw, struct hl7v2_datetime *ret_date)
{
    return parse_from_year(raw, FIRST_TIME_PART, ret_date);
}

bool hl7v2_time_parse(struct slice raw, struct hl7v2_datetime *ret_time)
{
    struct hl7v2_datetime time = {.precision = HL7V2_PRECISION_DAY};
    if (!digit_next(raw) || !take_parts(&raw, FIRST_TIME_PART, PART_COUNT, &time) ||
        !take_tail(raw, &time))
        return false;
    *ret_time = time;
    return true;
}

/* --- instants ----------------------------------------------------------------------------------
 */

static struct civil_time without_leap_second(const struct hl7v2_datetime *datetime)
{
    struct civil_time civil = datetime->civil;
    if (civil.second == 60)
        civil.second = 59;
    return civil;
}

int hl7v2_datetime_offset(const struct hl7v2_datetime *datetime,
                          const struct hl7v2_datetime_defaults *defaults,
                          enum hl7v2_offset_source *ret_source, enum zone_certainty *ret_certainty)
{
    enum hl7v2_offset_source source = HL7V2_OFFSET_ZONE;
    enum zone_certainty certainty = ZONE_EXACT;
    int offset = 0;
    if (datetime->has_offset) {
        source = HL7V2_OFFSET_OWN;
        offset = datetime->offset_minutes;
    } else if (defaults->has_header_offset) {
        source = HL7V2_OFFSET_HEADER;
        offset = defaults->header_offset_minutes;
    } else if (defaults->zone != NULL) {
        struct civil_time civil = without_leap_second(datetime);
        offset = zone_offset_of_local(defaults->zone, &civil, &certainty);
    }
    if (ret_source != NULL)
        *ret_source = source;
    if (ret_certainty != NULL)
        *ret_certainty = certainty;
    return offset;
}

instant hl7v2_datetime_instant(const struct hl7v2_datetime *datetime,
                               const struct hl7v2_datetime_defaults *defaults,
                               struct issue_place place, struct issue_list *issues)
{
    enum zone_certainty certainty;
    int offset = hl7v2_datetime_offset(datetime, defaults, /* ret_source */ NULL, &certainty);
    if (datetime->is_leap_second)
        issue_report(issues, ISSUE_DATA_TYPE, ISSUE_WARNING, place,
                     "a leap second was taken as second 59");
    if (certainty == ZONE_GAP && datetime->precision >= HL7V2_PRECISION_HOUR)
        issue_report(issues, ISSUE_DATA_TYPE, ISSUE_WARNING, place,
                     "a local time that the clock change skipped; the offset before it was taken");
    if (certainty == ZONE_FOLD && datetime->precision >= HL7V2_PRECISION_HOUR)
        issue_report(issues, ISSUE_DATA_TYPE, ISSUE_WARNING, place,
                     "a local time that came twice; the offset before the clock change was taken");
    struct civil_time civil = without_leap_second(datetime);
    return time_from_civil(&civil, offset);
}

/* --- text --------------------------------------------------------------------------------------
 */

/* Room for "2026-11-21T13:05:00", a fraction is extra, and "-08:00". */
#define TEXT_SIZE 32

static char *put_digits(char *at, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + digits;
}

/* A separator, then the digits. */
static char *put_part(char *at, char separator, int number)
{
    *at = separator;
    return put_digits(at + 1, number, 2);
}

static char *put_offset(char *at, int offset_minutes)
{
    if (offset_minutes == 0) {
        *at = 'Z';
        return at + 1;
    }
    int size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    return put_part(put_part(at, offset_minutes < 0 ? '-' : '+', size / 60), ':', size % 60);
}

static char *put_fraction(char *at, struct slice fraction)
{
    if (fraction.len == 0)
        return at;
    *at = '.';
    memcpy(at + 1, fraction.ptr, fraction.len);
    return at + 1 + fraction.len;
}

/* printf is too slow here: a message has dozens of dates. */
struct slice hl7v2_datetime_fhir(const struct hl7v2_datetime *datetime,
                                 const struct hl7v2_datetime_defaults *defaults,
                                 struct arena *arena)
{
    struct civil_time civil = without_leap_second(datetime);
    char *const text = arena_alloc(arena, TEXT_SIZE + datetime->fraction.len);
    char *at = put_digits(text, civil.year, 4);
    if (datetime->precision >= HL7V2_PRECISION_MONTH)
        at = put_part(at, '-', civil.month);
    if (datetime->precision >= HL7V2_PRECISION_DAY)
        at = put_part(at, '-', civil.day);
    if (datetime->precision >= HL7V2_PRECISION_MINUTE) {
        at =
            put_part(put_part(put_part(at, 'T', civil.hour), ':', civil.minute), ':', civil.second);
        at = put_fraction(at, datetime->fraction);
        at = put_offset(at, hl7v2_datetime_offset(datetime, defaults, NULL, NULL));
    }
    return (struct slice){text, (size_t)(at - text)};
}

struct slice hl7v2_time_fhir(const struct hl7v2_datetime *time, struct arena *arena)
{
    struct civil_time civil = without_leap_second(time);
    char *const text = arena_alloc(arena, TEXT_SIZE + time->fraction.len);
    char *at = put_digits(text, civil.hour, 2);
    at = put_part(put_part(at, ':', civil.minute), ':', civil.second);
    return (struct slice){text, (size_t)(put_fraction(at, time->fraction) - text)};
}

struct slice hl7v2_datetime_format(instant when, int offset_minutes, struct arena *arena)
{
    struct civil_time civil = time_to_civil(when, offset_minutes);
    int size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    char *const text = arena_alloc(arena, TEXT_SIZE);
    char *at = put_digits(text, civil.year, civil.year > 9999 ? 5 : 4);
    at = put_digits(put_digits(at, civil.month, 2), civil.day, 2);
    at = put_digits(put_digits(put_digits(at, civil.hour, 2), civil.minute, 2), civil.second, 2);
    *at++ = '.';
    at = put_digits(at, civil.microsecond / 1000, 3);
    *at++ = offset_minutes < 0 ? '-' : '+';
    at = put_digits(put_digits(at, size / 60, 2), size % 60, 2);
    return (struct slice){text, (size_t)(at - text)};
}
