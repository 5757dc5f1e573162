/* datetime: DT, TM and DTM/TS as they were written (section 10; HL7 v2.5.1 2.A.21, 2.A.22, 2.A.75).
 *
 *   DTM = YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]      DT = YYYY[MM[DD]]
 *   TM  = HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]
 *
 * The number of digits is the precision: 2026 is a year, not 1 January. Nothing is normalised:
 * 30 February is an error. Fraction digits are kept as written. An instant needs an offset: the
 * value's own, else that of MSH-7, else the zone of the feed, in this order; which one was used is
 * told. */
#ifndef HL7V2_DATETIME_H
#define HL7V2_DATETIME_H

#include "base/issue.h"
#include "base/zone.h"

enum hl7v2_precision {
    HL7V2_PRECISION_YEAR,
    HL7V2_PRECISION_MONTH,
    HL7V2_PRECISION_DAY,
    HL7V2_PRECISION_HOUR, /* no FHIR form: dateTime needs minutes */
    HL7V2_PRECISION_MINUTE,
    HL7V2_PRECISION_SECOND,
    HL7V2_PRECISION_FRACTION
};

struct hl7v2_datetime {
    enum hl7v2_precision precision;
    struct civil_time civil; /* fields beyond the precision are 0 (month and day 1); second 60 as
                                written; microsecond from the fraction, for comparing */
    struct slice fraction;   /* the digits after the point, as written; a slice of the input */
    bool has_offset;
    int offset_minutes;  /* east of UTC; 0 without has_offset */
    bool is_leap_second; /* second 60: AA with a warning */
    bool utc_unknown;    /* offset written -0000: UTC, local offset not known (v2.9 2.A.22) */
};

enum hl7v2_offset_source {
    HL7V2_OFFSET_OWN,    /* in the value */
    HL7V2_OFFSET_HEADER, /* MSH-7 */
    HL7V2_OFFSET_ZONE    /* the feed's time zone */
};

/* What a value without an offset falls back to. */
struct hl7v2_datetime_defaults {
    bool has_header_offset; /* MSH-7 had one (struct hl7v2_header) */
    int header_offset_minutes;
    const struct zone *zone; /* of the feed; NULL: UTC */
};

/* Each reads the whole slice (a component: the second component of TS must be cut off before).
 * False for anything that is not the form, a day that does not exist, an hour above 23, an offset
 * beyond 14:00. Second 60 is taken only as a leap second (hour and minute may be any: zones). */
bool hl7v2_datetime_parse(struct slice raw, struct hl7v2_datetime *ret_datetime)
    __attribute__((warn_unused_result));
/* DT: at most the day, no offset. */
bool hl7v2_date_parse(struct slice raw, struct hl7v2_datetime *ret_date)
    __attribute__((warn_unused_result));
/* TM: the date fields are 0. */
bool hl7v2_time_parse(struct slice raw, struct hl7v2_datetime *ret_time)
    __attribute__((warn_unused_result));

/* The offset in force for it, minutes east of UTC, and where it came from (both may be NULL). In a
 * gap or a fold of the zone the offset before the change (rule 10), *ret_certainty says so. */
int hl7v2_datetime_offset(const struct hl7v2_datetime *datetime,
                          const struct hl7v2_datetime_defaults *defaults,
                          enum hl7v2_offset_source *ret_source, enum zone_certainty *ret_certainty);
/* The instant of the earliest moment it may mean (2026 is its first microsecond). A leap second
 * counts as :59. Reports warnings (gap, fold, leap second) at `place`; issues may be NULL. */
instant hl7v2_datetime_instant(const struct hl7v2_datetime *datetime,
                               const struct hl7v2_datetime_defaults *defaults,
                               struct issue_place place, struct issue_list *issues);

/* FHIR R4 date or dateTime: "2026", "2026-03", "2026-03-10", "2026-03-10T09:30:00-06:00",
 * "...:00.412Z". Minutes get seconds 00; hour precision is cut to the day (tell the loss: the
 * precision is HOUR); second 60 is written 59, as FHIR's regular expression allows it but few read
 * it. */
struct slice hl7v2_datetime_fhir(const struct hl7v2_datetime *datetime,
                                 const struct hl7v2_datetime_defaults *defaults,
                                 struct arena *arena);
/* FHIR R4 time, "09:30:00" or with the fraction as written. */
struct slice hl7v2_time_fhir(const struct hl7v2_datetime *time, struct arena *arena);
/* "20260310093000.412-0600", as MSH-7 of our answers carries it. */
struct slice hl7v2_datetime_format(instant when, int offset_minutes, struct arena *arena);

#endif
