/* zone: see zone.h. A TZif file (RFC 8536 3) holds its data twice: with 32-bit times for old
 * readers, which is skipped, and with 64-bit times. Behind them stands a POSIX TZ rule that governs
 * what comes after the last transition (RFC 8536 3.3). */
#include "base/zone.h"

#include "base/file.h"

#define FOLDER "/usr/share/zoneinfo"
#define LARGEST_FILE ((size_t)1024 * 1024)
#define LONGEST_NAME 64
#define HEADER_SIZE 44
#define DAY_SECONDS 86400

/* When in a year the clock changes: POSIX TZ, the three forms of a date. */
struct change {
    enum {
        CHANGE_WEEKDAY,      /* Mm.w.d: the w-th such weekday of the month, 5 is the last */
        CHANGE_JULIAN,       /* Jn: 1 to 365, 29 February never counted */
        CHANGE_DAY_FROM_ZERO /* n: 0 to 365, 29 February counted */
    } form;
    int month, week, weekday;
    int day;
    int64_t time; /* seconds from midnight of the clock before the change; may be negative */
};

struct zone {
    struct slice name;
    size_t count;
    const char *times;            /* count big-endian 64-bit seconds */
    const unsigned char *indexes; /* count type numbers */
    const unsigned char *types;   /* 6 bytes each: offset in seconds, is daylight time, name */
    int64_t first_offset;         /* before the first transition; seconds, as all offsets here */
    bool has_rule;
    bool has_daylight_rule;
    int64_t standard_offset, daylight_offset;
    struct change daylight_begin, daylight_end;
};

/* --- reading the file --- */

static uint64_t big_endian(const void *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | ((const unsigned char *)bytes)[i];
    return number;
}

struct counts {
    size_t utc, standard, leap, time, type, letter;
};

static bool read_counts(struct slice file, size_t at, struct counts *ret_counts)
{
    struct slice header = slice_part(file, at, HEADER_SIZE);
    if (header.len != HEADER_SIZE || !slice_starts_with(header, SLICE("TZif")) ||
        header.ptr[4] < '2')
        return false;
    size_t numbers[6];
    for (size_t i = 0; i < 6; i++)
        numbers[i] = big_endian(header.ptr + 20 + 4 * i, 4);
    *ret_counts =
        (struct counts){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
    return true;
}

static size_t block_size(const struct counts *counts, size_t time_size)
{
    return counts->time * (time_size + 1) + counts->type * 6 + counts->letter +
           counts->leap * (time_size + 4) + counts->standard + counts->utc;
}

static int64_t type_offset(const struct zone *zone, size_t type)
{
    return (int32_t)big_endian(zone->types + 6 * type, 4);
}

/* The 64-bit block. False where it does not fit the file or names a type that is not there. */
static bool read_block(struct slice block, const struct counts *counts, struct zone *zone)
{
    if (block.len != block_size(counts, 8) || counts->type == 0)
        return false;
    zone->count = counts->time;
    zone->times = block.ptr;
    zone->indexes = (const unsigned char *)block.ptr + 8 * counts->time;
    zone->types = zone->indexes + counts->time;
    for (size_t i = 0; i < zone->count; i++)
        if (zone->indexes[i] >= counts->type)
            return false;
    zone->first_offset = type_offset(zone, 0);
    return true;
}

/* --- the rule behind the file (POSIX.1-2017 Base Definitions 8.3, TZ) --- */

static bool take_byte(struct slice *rest, char byte)
{
    if (rest->len == 0 || rest->ptr[0] != byte)
        return false;
    *rest = slice_after(*rest, 1);
    return true;
}

static bool take_number(struct slice *rest, int maximum, int *ret_number)
{
    size_t digits = 0;
    while (digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9')
        digits++;
    uint64_t number;
    if (!slice_to_uint64(slice_part(*rest, 0, digits), (uint64_t)maximum, &number))
        return false;
    *ret_number = (int)number;
    *rest = slice_after(*rest, digits);
    return true;
}

/* [+-]hh[:mm[:ss]]; RFC 8536 3.3.1 allows up to 167 hours. */
static bool take_time(struct slice *rest, int64_t *ret_seconds)
{
    bool negative = take_byte(rest, '-');
    if (!negative)
        take_byte(rest, '+');
    int hours, minutes = 0, seconds = 0;
    if (!take_number(rest, 167, &hours) ||
        (take_byte(rest, ':') && (!take_number(rest, 59, &minutes) ||
                                  (take_byte(rest, ':') && !take_number(rest, 59, &seconds)))))
        return false;
    int64_t total = hours * 3600 + minutes * 60 + seconds;
    *ret_seconds = negative ? -total : total;
    return true;
}

/* The abbreviation, which nothing here uses: letters, or anything in <>. */
static bool skip_name(struct slice *rest)
{
    size_t length = 0;
    if (take_byte(rest, '<')) {
        length = slice_find_byte(*rest, '>');
        *rest = slice_after(*rest, length);
        return take_byte(rest, '>');
    }
    while (length < rest->len && ((rest->ptr[length] | 0x20) >= 'a') &&
           ((rest->ptr[length] | 0x20) <= 'z'))
        length++;
    *rest = slice_after(*rest, length);
    return length >= 3;
}

static bool take_change(struct slice *rest, struct change *ret_change)
{
    struct change change = {.time = 2 * 3600};
    bool well;
    if (take_byte(rest, 'M')) {
        change.form = CHANGE_WEEKDAY;
        well = take_number(rest, 12, &change.month) && change.month > 0 && take_byte(rest, '.') &&
               take_number(rest, 5, &change.week) && change.week > 0 && take_byte(rest, '.') &&
               take_number(rest, 6, &change.weekday);
    } else {
        change.form = take_byte(rest, 'J') ? CHANGE_JULIAN : CHANGE_DAY_FROM_ZERO;
        well = take_number(rest, 365, &change.day) &&
               (change.form == CHANGE_DAY_FROM_ZERO || change.day > 0);
    }
    if (!well || (take_byte(rest, '/') && !take_time(rest, &change.time)))
        return false;
    *ret_change = change;
    return true;
}

static bool read_rule(struct slice rule, struct zone *zone)
{
    int64_t west;
    if (!skip_name(&rule) || !take_time(&rule, &west))
        return false;
    zone->has_rule = true;
    zone->standard_offset = -west;
    if (rule.len == 0)
        return true;
    zone->has_daylight_rule = true;
    zone->daylight_offset = zone->standard_offset + 3600;
    if (!skip_name(&rule))
        return false;
    if (rule.len && rule.ptr[0] != ',') {
        if (!take_time(&rule, &west))
            return false;
        zone->daylight_offset = -west;
    }
    return take_byte(&rule, ',') && take_change(&rule, &zone->daylight_begin) &&
           take_byte(&rule, ',') && take_change(&rule, &zone->daylight_end) && rule.len == 0;
}

/* Footer: LF, the rule or nothing, LF. */
static bool read_footer(struct slice footer, struct zone *zone)
{
    if (!take_byte(&footer, '\n') || !slice_ends_with(footer, SLICE("\n")))
        return false;
    footer.len--;
    return footer.len == 0 || read_rule(footer, zone);
}

static bool read_zone(struct slice file, struct zone *zone)
{
    struct counts counts;
    if (!read_counts(file, 0, &counts))
        return false;
    size_t second = HEADER_SIZE + block_size(&counts, 4);
    if (!read_counts(file, second, &counts))
        return false;
    size_t size = block_size(&counts, 8);
    size_t data = second + HEADER_SIZE;
    return read_block(slice_part(file, data, size), &counts, zone) &&
           read_footer(slice_after(file, data + size), zone);
}

static bool is_name(struct slice name)
{
    if (name.len == 0 || name.len > LONGEST_NAME || name.ptr[0] == '/' ||
        slice_find(name, SLICE("..")) < name.len)
        return false;
    static const struct slice allowed = SLICE_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                                   "uvwxyz0123456789_+-/");
    for (size_t i = 0; i < name.len; i++)
        if (slice_find_byte(allowed, name.ptr[i]) == allowed.len)
            return false;
    return true;
}

const struct zone *zone_load(struct arena *arena, struct slice name)
{
    if (!is_name(name))
        return NULL;
    struct zone *zone = ARENA_NEW(arena, struct zone);
    zone->name = arena_copy(arena, name);
    if (slice_equal(name, SLICE("UTC")))
        return zone;
    struct slice file;
    if (file_read(file_join(arena, FOLDER, name), LARGEST_FILE, arena, &file, NULL) != 0 ||
        !read_zone(file, zone))
        return NULL;
    return zone;
}

struct slice zone_name(const struct zone *zone)
{
    return zone->name;
}

/* --- what the clock said --- */

static int64_t day_of_change(const struct change *change, int year)
{
    int64_t new_year = time_days_from_civil(year, 1, 1);
    if (change->form == CHANGE_DAY_FROM_ZERO)
        return new_year + change->day;
    if (change->form == CHANGE_JULIAN)
        return new_year + change->day - 1 + (time_is_leap_year(year) && change->day >= 60);
    int64_t first = time_days_from_civil(year, change->month, 1);
    /* 1970-01-01 was a Thursday, weekday 4. */
    int64_t first_weekday = ((first + 4) % 7 + 7) % 7;
    int64_t day = (change->weekday - first_weekday + 7) % 7 + 7 * (change->week - 1);
    return first + (day < time_days_in_month(year, change->month) ? day : day - 7);
}

static int64_t rule_offset(const struct zone *zone, int64_t seconds)
{
    if (!zone->has_daylight_rule)
        return zone->standard_offset;
    int year = time_to_civil((seconds + zone->standard_offset) * TIME_SECOND, 0).year;
    int64_t begin = day_of_change(&zone->daylight_begin, year) * DAY_SECONDS +
                    zone->daylight_begin.time - zone->standard_offset;
    int64_t end = day_of_change(&zone->daylight_end, year) * DAY_SECONDS + zone->daylight_end.time -
                  zone->daylight_offset;
    /* South of the equator daylight time goes over the new year. */
    bool daylight =
        begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
    return daylight ? zone->daylight_offset : zone->standard_offset;
}

static int64_t transition_time(const struct zone *zone, size_t index)
{
    return (int64_t)big_endian(zone->times + 8 * index, 8);
}

static int64_t offset_at_second(const struct zone *zone, int64_t seconds)
{
    size_t from = 0;
    size_t to = zone->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (transition_time(zone, middle) <= seconds)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == zone->count && zone->has_rule)
        return rule_offset(zone, seconds);
    return from == 0 ? zone->first_offset : type_offset(zone, zone->indexes[from - 1]);
}

static int64_t second_of(instant when)
{
    return when / TIME_SECOND - (when % TIME_SECOND < 0);
}

int zone_offset_at(const struct zone *zone, instant when)
{
    return (int)(offset_at_second(zone, second_of(when)) / 60);
}

int zone_offset_of_local(const struct zone *zone, const struct civil_time *local,
                         enum zone_certainty *ret_certainty)
{
    int64_t seconds = second_of(time_from_civil(local, 0));
    /* No offset is a day long, so a change that matters lies between these two. */
    int64_t before = offset_at_second(zone, seconds - DAY_SECONDS);
    int64_t after = offset_at_second(zone, seconds + DAY_SECONDS);
    bool before_fits = offset_at_second(zone, seconds - before) == before;
    bool after_fits = offset_at_second(zone, seconds - after) == after;
    enum zone_certainty certainty = ZONE_EXACT;
    if (before != after && before_fits && after_fits)
        certainty = ZONE_FOLD;
    if (!before_fits && !after_fits)
        certainty = ZONE_GAP;
    if (ret_certainty)
        *ret_certainty = certainty;
    return (int)((certainty == ZONE_EXACT && !before_fits ? after : before) / 60);
}
