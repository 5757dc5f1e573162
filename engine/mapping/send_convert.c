/* send_convert: the rows. */
#include "mapping/send_convert.h"

#include "base/encode.h"
#include "fhir/datetime.h"
#include "hl7v2/datetime.h"

#define FRACTION_DIGITS 4

static struct slice day_text(const struct fhir_datetime *datetime, struct arena *arena)
{
    const struct civil_time *civil = &datetime->civil;
    if (datetime->precision == FHIR_PRECISION_YEAR)
        return arena_format(arena, "%04d", civil->year);
    if (datetime->precision == FHIR_PRECISION_MONTH)
        return arena_format(arena, "%04d%02d", civil->year, civil->month);
    return arena_format(arena, "%04d%02d%02d", civil->year, civil->month, civil->day);
}

static struct slice clock_text(const struct fhir_datetime *datetime, struct arena *arena)
{
    const struct civil_time *civil = &datetime->civil;
    struct slice text =
        arena_format(arena, "%02d%02d%02d", civil->hour, civil->minute, civil->second);
    if (datetime->precision != FHIR_PRECISION_FRACTION)
        return text;
    unsigned digits = datetime->fraction_digits;
    struct slice fraction = arena_format(arena, "%06d", civil->microsecond);
    return arena_format(arena, "%.*s.%.*s", SLICE_ARG(text),
                        (int)(digits < FRACTION_DIGITS ? digits : FRACTION_DIGITS), fraction.ptr);
}

struct slice send_convert_datetime(struct slice text, struct arena *arena)
{
    struct fhir_datetime datetime;
    if (!fhir_datetime_parse(text, &datetime))
        return text;
    struct slice day = day_text(&datetime, arena);
    if (datetime.precision <= FHIR_PRECISION_DAY)
        return day;
    struct slice whole =
        arena_format(arena, "%.*s%.*s", SLICE_ARG(day), SLICE_ARG(clock_text(&datetime, arena)));
    if (!datetime.has_offset)
        return whole;
    int offset = datetime.offset_minutes;
    unsigned minutes = (unsigned)(offset < 0 ? -offset : offset);
    return arena_format(arena, "%.*s%c%02u%02u", SLICE_ARG(whole), offset < 0 ? '-' : '+',
                        minutes / 60, minutes % 60);
}

static struct slice convert_date(struct slice text, struct arena *arena)
{
    struct fhir_datetime datetime;
    return fhir_datetime_parse(text, &datetime) ? day_text(&datetime, arena) : text;
}

static struct slice convert_time(struct slice text, struct arena *arena)
{
    struct fhir_datetime time;
    return fhir_time_parse(text, &time) ? clock_text(&time, arena) : text;
}

/* The clock of a dateTime, for fields that hold the time alone. */
static struct slice convert_clock(struct slice text, struct arena *arena)
{
    struct fhir_datetime datetime;
    if (!fhir_datetime_parse(text, &datetime) || datetime.precision <= FHIR_PRECISION_DAY)
        return (struct slice){NULL, 0};
    return clock_text(&datetime, arena);
}

/* What was encoded to stand in FHIR. */
static struct slice convert_decoded(struct slice text, struct arena *arena)
{
    struct slice bytes;
    return decode_base64(text, arena, &bytes) ? bytes : text;
}

/* The last part of a MIME type: "pdf" of "application/pdf". */
static struct slice convert_subtype(struct slice text, struct arena *arena)
{
    (void)arena;
    size_t slash = slice_find_byte(text, '/');
    struct slice end = slash < text.len ? slice_after(text, slash + 1) : text;
    return slice_part(end, 0, slice_find_byte(end, ';'));
}

/* The first part: "application". */
static struct slice convert_main_type(struct slice text, struct arena *arena)
{
    (void)arena;
    return slice_part(text, 0, slice_find_byte(text, '/'));
}

static const struct send_converter CONVERTERS[] = {
    {SLICE_INIT("DTM"), false, false, send_convert_datetime},
    {SLICE_INIT("TS"), false, false, send_convert_datetime},
    {SLICE_INIT("DT"), false, false, convert_date},
    {SLICE_INIT("TM"), false, false, convert_time},
    {SLICE_INIT("clock"), false, false, convert_clock},
    {SLICE_INIT("base64-text"), true, false, convert_decoded},
    {SLICE_INIT("subtype"), false, false, convert_subtype},
    {SLICE_INIT("main-type"), false, false, convert_main_type},
    {SLICE_INIT("FT"), true, false, NULL},
    {SLICE_INIT("TX"), false, true, NULL},
    {SLICE_INIT("ST"), false, false, NULL},
    {SLICE_INIT("ID"), false, false, NULL},
    {SLICE_INIT("IS"), false, false, NULL},
    {SLICE_INIT("NM"), false, false, NULL},
    {SLICE_INIT("SI"), false, false, NULL},
    {SLICE_INIT("GTS"), false, false, NULL},
};
#define CONVERTER_COUNT (sizeof(CONVERTERS) / sizeof(CONVERTERS[0]))

const struct send_converter *send_converter_named(struct slice name)
{
    for (size_t i = 0; i < CONVERTER_COUNT; i++)
        if (slice_equal(CONVERTERS[i].name, name))
            return &CONVERTERS[i];
    return NULL;
}

size_t send_converter_names(struct arena *arena, struct slice **ret_names)
{
    struct slice *names = ARENA_ARRAY(arena, CONVERTER_COUNT, struct slice);
    for (size_t i = 0; i < CONVERTER_COUNT; i++)
        names[i] = CONVERTERS[i].name;
    *ret_names = names;
    return CONVERTER_COUNT;
}
