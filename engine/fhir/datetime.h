/* datetime: FHIR date, dateTime, instant and time, with the precision they were written in.
 *
 * FHIR R4 datatypes.html#dateTime: a date may stop at the year or the month; from the hour on,
 * minutes, seconds and (but for `time`) an offset are all there. "2026-11" is not the first of
 * November: it is the whole month. So each value has a lower and an upper instant, and search
 * compares with both (FHIR R4 search.html#date). */
#ifndef FHIR_DATETIME_H
#define FHIR_DATETIME_H

#include "base/time.h"

enum fhir_precision {
    FHIR_PRECISION_YEAR,
    FHIR_PRECISION_MONTH,
    FHIR_PRECISION_DAY,
    FHIR_PRECISION_MINUTE, /* in search values only */
    FHIR_PRECISION_SECOND,
    FHIR_PRECISION_FRACTION
};

struct fhir_datetime {
    struct civil_time civil; /* parts beyond the precision: month 1, day 1, the rest 0 */
    enum fhir_precision precision;
    unsigned fraction_digits; /* as written, 1 or more, with FHIR_PRECISION_FRACTION; else 0 */
    bool has_offset;          /* "Z" or "+hh:mm" was there */
    int offset_minutes;       /* -840 to 840 */
};

/* No bound on that side: a Period without start or end. */
#define FHIR_INSTANT_OPEN_LOWER INT64_MIN
#define FHIR_INSTANT_OPEN_UPPER INT64_MAX

/* Each is false for anything but its own form; days that do not exist are refused; second 60 is
 * taken (the regular expressions allow it) and counted as the next minute's first. */
bool fhir_date_parse(struct slice text, struct fhir_datetime *ret_datetime);
/* With a time there must be seconds and an offset. */
bool fhir_datetime_parse(struct slice text, struct fhir_datetime *ret_datetime);
bool fhir_instant_parse(struct slice text, struct fhir_datetime *ret_datetime);
bool fhir_time_parse(struct slice text, struct fhir_datetime *ret_datetime);
/* What a search may say (FHIR R4 search.html#date): any precision, seconds and offset optional. */
bool fhir_search_date_parse(struct slice text, struct fhir_datetime *ret_datetime);

/* The first and the last microsecond that belong to the value. Without an offset of its own,
 * `default_offset_minutes` holds (FHIR R4 search.html#date: the server's zone). */
void fhir_datetime_bounds(const struct fhir_datetime *datetime, int default_offset_minutes,
                          instant *ret_lower, instant *ret_upper);
/* False where both are dateTimes and `first` begins after `second` has ended (FHIR R4 per-1). A
 * value without an offset is taken as UTC. */
bool fhir_datetime_in_order(struct slice first, struct slice second);
/* The text in its own precision and offset ("Z" for offset 0). A date-time that is to carry an
 * offset must have one. */
struct slice fhir_datetime_print(const struct fhir_datetime *datetime, struct arena *arena);

#endif
