/* time: instants and calendar days, without the C library's clock rules.
 *
 * An instant is microseconds since 1970-01-01T00:00:00Z on the proleptic Gregorian calendar, leap
 * seconds not counted (POSIX time). Nothing here normalises: 31 February is refused, never 3 March.
 * Only time_now reads a clock; rooms below `pipeline` get their time as an argument. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/arena.h"

typedef int64_t instant; /* microseconds since 1970-01-01T00:00:00Z */

#define TIME_SECOND INT64_C(1000000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR (60 * TIME_MINUTE)
#define TIME_DAY (24 * TIME_HOUR)

/* A reading of calendar and clock somewhere; which zone is the caller's knowledge. */
struct civil_time {
    int year;        /* 1 to 9999 */
    int month;       /* 1 to 12 */
    int day;         /* 1 to the month's last */
    int hour;        /* 0 to 23 */
    int minute;      /* 0 to 59 */
    int second;      /* 0 to 59 (60 only where the caller allows leap seconds) */
    int microsecond; /* 0 to 999999 */
};

/* The real clock, UTC. */
instant time_now(void);
/* A clock that never goes back, for deadlines; only differences mean something. */
instant time_monotonic(void);

bool time_is_leap_year(int year);
/* 28 to 31; month 1 to 12. */
int time_days_in_month(int year, int month);
/* True when each field is in its range and the day exists. */
bool time_civil_is_valid(const struct civil_time *civil);
/* Days since 1970-01-01 of a valid date. */
int64_t time_days_from_civil(int year, int month, int day);
/* The instant of a valid reading at an offset (minutes east of UTC, -840 to 840). */
instant time_from_civil(const struct civil_time *civil, int offset_minutes);
/* The reading of an instant at an offset in minutes. */
struct civil_time time_to_civil(instant when, int offset_minutes);

/* "2026-11-22T14:02:11.123-08:00" with three fraction digits ("Z" for offset 0). FHIR instant, RFC
 * 3339. */
struct slice time_format(instant when, int offset_minutes, struct arena *arena);
/* Reads "2026-11-22", "2026-11-22T14:02:11Z", "...11.123456-08:00". A date alone is midnight at
 * default_offset_minutes. False for anything else. */
bool time_parse(struct slice text, int default_offset_minutes, instant *ret_when);

#endif
