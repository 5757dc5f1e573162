/* time: see time.h. Days and dates are turned into each other with years that begin in March, so
 * that the leap day is a year's last: then a month begins at (153 * month + 2) / 5 days, and 400
 * years have always 146097. */
#include "base/time.h"

#include <time.h>

#define DAYS_IN_400_YEARS 146097
/* Days from 0000-03-01 to 1970-01-01. */
#define DAYS_TO_EPOCH 719468

static instant read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

instant time_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

instant time_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

bool time_is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int time_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && time_is_leap_year(year) ? 29 : days[month - 1];
}

static bool within(int number, int from, int to)
{
    return number >= from && number <= to;
}

bool time_civil_is_valid(const struct civil_time *civil)
{
    return within(civil->year, 1, 9999) && within(civil->month, 1, 12) &&
           within(civil->day, 1, time_days_in_month(civil->year, civil->month)) &&
           within(civil->hour, 0, 23) && within(civil->minute, 0, 59) &&
           within(civil->second, 0, 59) && within(civil->microsecond, 0, 999999);
}

int64_t time_days_from_civil(int year, int month, int day)
{
    int shifted_month = (month + 9) % 12;
    int64_t shifted_year = month <= 2 ? year - 1 : year;
    int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
    int64_t year_of_era = shifted_year - era * 400;
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_IN_400_YEARS + day_of_era - DAYS_TO_EPOCH;
}

/* Sets year, month and day. */
static void set_date(int64_t days, struct civil_time *civil)
{
    days += DAYS_TO_EPOCH;
    int64_t era = (days >= 0 ? days : days - (DAYS_IN_400_YEARS - 1)) / DAYS_IN_400_YEARS;
    int64_t day_of_era = days - era * DAYS_IN_400_YEARS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    civil->day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    civil->month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    civil->year = (int)(year_of_era + era * 400 + (civil->month <= 2));
}

instant time_from_civil(const struct civil_time *civil, int offset_minutes)
{
    return time_days_from_civil(civil->year, civil->month, civil->day) * TIME_DAY +
           civil->hour * TIME_HOUR + (civil->minute - offset_minutes) * TIME_MINUTE +
           civil->second * TIME_SECOND + civil->microsecond;
}

struct civil_time time_to_civil(instant when, int offset_minutes)
{
    int64_t local = when + offset_minutes * TIME_MINUTE;
    int64_t days = local / TIME_DAY - (local % TIME_DAY < 0);
    int64_t of_day = local - days * TIME_DAY;
    struct civil_time civil = {
        .hour = (int)(of_day / TIME_HOUR),
        .minute = (int)(of_day % TIME_HOUR / TIME_MINUTE),
        .second = (int)(of_day % TIME_MINUTE / TIME_SECOND),
        .microsecond = (int)(of_day % TIME_SECOND),
    };
    set_date(days, &civil);
    return civil;
}

struct slice time_format(instant when, int offset_minutes, struct arena *arena)
{
    struct civil_time civil = time_to_civil(when, offset_minutes);
    struct slice zone = SLICE("Z");
    int distance = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    if (offset_minutes != 0)
        zone = arena_format(arena, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', distance / 60,
                            distance % 60);
    return arena_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%.*s", civil.year, civil.month,
                        civil.day, civil.hour, civil.minute, civil.second, civil.microsecond / 1000,
                        SLICE_ARG(zone));
}

/* Cuts exactly `count` digits off the front. */
static bool take_digits(struct slice *rest, size_t count, int *ret_number)
{
    uint64_t number;
    if (rest->len < count || !slice_to_uint64(slice_part(*rest, 0, count), 9999, &number))
        return false;
    *ret_number = (int)number;
    *rest = slice_after(*rest, count);
    return true;
}

static bool take_byte(struct slice *rest, char byte)
{
    if (rest->len == 0 || rest->ptr[0] != byte)
        return false;
    *rest = slice_after(*rest, 1);
    return true;
}

/* RFC 3339 time-secfrac; digits beyond the sixth are read and dropped. */
static bool take_fraction(struct slice *rest, int *ret_microsecond)
{
    *ret_microsecond = 0;
    if (!take_byte(rest, '.'))
        return true;
    int unit = 100000;
    size_t digits = 0;
    while (digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9') {
        *ret_microsecond += (rest->ptr[digits++] - '0') * unit;
        unit /= 10;
    }
    *rest = slice_after(*rest, digits);
    return digits > 0;
}

/* RFC 3339 time-offset. */
static bool take_offset(struct slice *rest, int *ret_minutes)
{
    *ret_minutes = 0;
    if (take_byte(rest, 'Z'))
        return true;
    bool west = rest->len && rest->ptr[0] == '-';
    int hours, minutes;
    if (!(take_byte(rest, '-') || take_byte(rest, '+')) || !take_digits(rest, 2, &hours) ||
        !take_byte(rest, ':') || !take_digits(rest, 2, &minutes))
        return false;
    int total = hours * 60 + minutes;
    *ret_minutes = west ? -total : total;
    return minutes <= 59 && total <= 840;
}

bool time_parse(struct slice text, int default_offset_minutes, instant *ret_when)
{
    struct civil_time civil = {0};
    int offset = default_offset_minutes;
    if (!take_digits(&text, 4, &civil.year) || !take_byte(&text, '-') ||
        !take_digits(&text, 2, &civil.month) || !take_byte(&text, '-') ||
        !take_digits(&text, 2, &civil.day))
        return false;
    if (text.len && (!take_byte(&text, 'T') || !take_digits(&text, 2, &civil.hour) ||
                     !take_byte(&text, ':') || !take_digits(&text, 2, &civil.minute) ||
                     !take_byte(&text, ':') || !take_digits(&text, 2, &civil.second) ||
                     !take_fraction(&text, &civil.microsecond) || !take_offset(&text, &offset)))
        return false;
    if (text.len || !time_civil_is_valid(&civil))
        return false;
    *ret_when = time_from_civil(&civil, offset);
    return true;
}
