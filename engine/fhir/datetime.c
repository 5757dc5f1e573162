/* datetime: one reader for all forms; each public function says which precisions it takes. */
#include "fhir/datetime.h"

#define OFFSET_LIMIT (14 * 60) /* FHIR R4 datatypes.html#dateTime: offsets go to 14:00 */

struct reader {
    struct slice text;
    size_t at;
};

static bool take(struct reader *reader, char byte)
{
    if (reader->at >= reader->text.len || reader->text.ptr[reader->at] != byte)
        return false;
    reader->at++;
    return true;
}

static bool at_end(const struct reader *reader)
{
    return reader->at == reader->text.len;
}

/* Exactly `count` digits. */
static bool take_number(struct reader *reader, size_t count, int *ret_number)
{
    const struct slice digits = slice_part(reader->text, reader->at, count);
    uint64_t number = 0;
    if (digits.len != count || !slice_to_uint64(digits, 9999, &number))
        return false;
    reader->at += count;
    *ret_number = (int)number;
    return true;
}

static bool read_date(struct reader *reader, struct fhir_datetime *value)
{
    value->civil = (struct civil_time){.month = 1, .day = 1};
    value->precision = FHIR_PRECISION_YEAR;
    if (!take_number(reader, 4, &value->civil.year))
        return false;
    if (take(reader, '-')) {
        value->precision = FHIR_PRECISION_MONTH;
        if (!take_number(reader, 2, &value->civil.month))
            return false;
        if (take(reader, '-')) {
            value->precision = FHIR_PRECISION_DAY;
            if (!take_number(reader, 2, &value->civil.day))
                return false;
        }
    }
    return time_civil_is_valid(&value->civil);
}

/* ".123": any number of digits; what is finer than a microsecond is read and not counted. */
static bool read_fraction(struct reader *reader, struct fhir_datetime *value)
{
    int scale = 100000;
    int digit = 0;
    while (take_number(reader, 1, &digit)) {
        value->fraction_digits++;
        value->civil.microsecond += digit * scale;
        scale /= 10;
    }
    value->precision = FHIR_PRECISION_FRACTION;
    return value->fraction_digits > 0;
}

static bool read_clock(struct reader *reader, bool needs_seconds, struct fhir_datetime *value)
{
    struct civil_time *civil = &value->civil;
    if (!take_number(reader, 2, &civil->hour) || !take(reader, ':') ||
        !take_number(reader, 2, &civil->minute))
        return false;
    value->precision = FHIR_PRECISION_MINUTE;
    if (take(reader, ':')) {
        if (!take_number(reader, 2, &civil->second))
            return false;
        value->precision = FHIR_PRECISION_SECOND;
        if (take(reader, '.') && !read_fraction(reader, value))
            return false;
    }
    if (needs_seconds && value->precision < FHIR_PRECISION_SECOND)
        return false;
    return civil->hour <= 23 && civil->minute <= 59 && civil->second <= 60;
}

static bool read_offset(struct reader *reader, struct fhir_datetime *value)
{
    if (take(reader, 'Z')) {
        value->has_offset = true;
        return true;
    }
    const bool is_west = take(reader, '-');
    if (!is_west && !take(reader, '+'))
        return true;
    int hours = 0, minutes = 0;
    if (!take_number(reader, 2, &hours) || !take(reader, ':') ||
        !take_number(reader, 2, &minutes) || minutes > 59)
        return false;
    const int offset = hours * 60 + minutes;
    if (offset > OFFSET_LIMIT)
        return false;
    value->has_offset = true;
    value->offset_minutes = is_west ? -offset : offset;
    return true;
}

bool fhir_date_parse(struct slice text, struct fhir_datetime *ret_datetime)
{
    struct reader reader = {text, 0};
    struct fhir_datetime value = {0};
    if (!read_date(&reader, &value) || !at_end(&reader))
        return false;
    *ret_datetime = value;
    return true;
}

/* A date, or a date with a time; `strict` asks for seconds and an offset. */
static bool parse_datetime(struct slice text, bool strict, struct fhir_datetime *ret_datetime)
{
    struct reader reader = {text, 0};
    struct fhir_datetime value = {0};
    if (!read_date(&reader, &value))
        return false;
    if (!at_end(&reader)) {
        if (value.precision != FHIR_PRECISION_DAY || !take(&reader, 'T') ||
            !read_clock(&reader, strict, &value) || !read_offset(&reader, &value))
            return false;
        if (!at_end(&reader) || (strict && !value.has_offset))
            return false;
    }
    *ret_datetime = value;
    return true;
}

bool fhir_datetime_parse(struct slice text, struct fhir_datetime *ret_datetime)
{
    return parse_datetime(text, true, ret_datetime);
}

bool fhir_instant_parse(struct slice text, struct fhir_datetime *ret_datetime)
{
    struct fhir_datetime value;
    if (!parse_datetime(text, true, &value) || value.precision < FHIR_PRECISION_SECOND)
        return false;
    *ret_datetime = value;
    return true;
}

bool fhir_time_parse(struct slice text, struct fhir_datetime *ret_datetime)
{
    struct reader reader = {text, 0};
    struct fhir_datetime value = {.civil = {.year = 1970, .month = 1, .day = 1}};
    if (!read_clock(&reader, true, &value) || !at_end(&reader))
        return false;
    *ret_datetime = value;
    return true;
}

bool fhir_search_date_parse(struct slice text, struct fhir_datetime *ret_datetime)
{
    return parse_datetime(text, false, ret_datetime);
}

/* How long a value of that precision lasts, from its lower instant. */
static instant duration_of(const struct fhir_datetime *datetime)
{
    const struct civil_time *civil = &datetime->civil;
    switch (datetime->precision) {
    case FHIR_PRECISION_YEAR:
        return TIME_DAY * (time_is_leap_year(civil->year) ? 366 : 365);
    case FHIR_PRECISION_MONTH:
        return TIME_DAY * time_days_in_month(civil->year, civil->month);
    case FHIR_PRECISION_DAY:
        return TIME_DAY;
    case FHIR_PRECISION_MINUTE:
        return TIME_MINUTE;
    case FHIR_PRECISION_SECOND:
    case FHIR_PRECISION_FRACTION:
        break;
    }
    instant duration = TIME_SECOND;
    for (unsigned i = 0; i < datetime->fraction_digits && duration > 1; i++)
        duration /= 10;
    return duration;
}

void fhir_datetime_bounds(const struct fhir_datetime *datetime, int default_offset_minutes,
                          instant *ret_lower, instant *ret_upper)
{
    const int offset = datetime->has_offset ? datetime->offset_minutes : default_offset_minutes;
    struct civil_time civil = datetime->civil;
    const instant leap = civil.second == 60 ? TIME_SECOND : 0;
    if (leap)
        civil.second = 59;
    *ret_lower = time_from_civil(&civil, offset) + leap;
    *ret_upper = *ret_lower + duration_of(datetime) - 1;
}

static struct slice print_offset(const struct fhir_datetime *datetime, struct arena *arena)
{
    if (!datetime->has_offset)
        return (struct slice){NULL, 0};
    if (datetime->offset_minutes == 0)
        return SLICE("Z");
    const int minutes =
        datetime->offset_minutes < 0 ? -datetime->offset_minutes : datetime->offset_minutes;
    return arena_format(arena, "%c%02d:%02d", datetime->offset_minutes < 0 ? '-' : '+',
                        minutes / 60, minutes % 60);
}

bool fhir_datetime_in_order(struct slice first, struct slice second)
{
    struct fhir_datetime start, end;
    instant start_lower, start_upper, end_lower, end_upper;
    if (!fhir_datetime_parse(first, &start) || !fhir_datetime_parse(second, &end))
        return true;
    fhir_datetime_bounds(&start, 0, &start_lower, &start_upper);
    fhir_datetime_bounds(&end, 0, &end_lower, &end_upper);
    return start_lower <= end_upper;
}

struct slice fhir_datetime_print(const struct fhir_datetime *datetime, struct arena *arena)
{
    const struct civil_time *civil = &datetime->civil;
    struct slice text = arena_format(arena, "%04d", civil->year);
    if (datetime->precision >= FHIR_PRECISION_MONTH)
        text = arena_format(arena, "%.*s-%02d", SLICE_ARG(text), civil->month);
    if (datetime->precision >= FHIR_PRECISION_DAY)
        text = arena_format(arena, "%.*s-%02d", SLICE_ARG(text), civil->day);
    if (datetime->precision >= FHIR_PRECISION_MINUTE)
        text = arena_format(arena, "%.*sT%02d:%02d", SLICE_ARG(text), civil->hour, civil->minute);
    if (datetime->precision >= FHIR_PRECISION_SECOND)
        text = arena_format(arena, "%.*s:%02d", SLICE_ARG(text), civil->second);
    if (datetime->precision == FHIR_PRECISION_FRACTION) {
        const struct slice digits = arena_format(arena, "%06d", civil->microsecond);
        text = arena_format(arena, "%.*s.%.*s", SLICE_ARG(text),
                            SLICE_ARG(slice_part(digits, 0, datetime->fraction_digits)));
    }
    return arena_format(arena, "%.*s%.*s", SLICE_ARG(text),
                        SLICE_ARG(print_offset(datetime, arena)));
}
