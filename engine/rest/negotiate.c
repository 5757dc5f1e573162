/* negotiate: see negotiate.h. */
#include "rest/negotiate.h"

#include <string.h>

static const struct slice json_types[] = {
    SLICE_INIT("application/fhir+json"),
    SLICE_INIT("application/json"),
    SLICE_INIT("text/json"),
    SLICE_INIT("application/*"),
    SLICE_INIT("*/*"),
};
/* FHIR R4 http.html#parameters. */
static const struct slice json_formats[] = {
    SLICE_INIT("json"),
    SLICE_INIT("application/json"),
    SLICE_INIT("application/fhir+json"),
    SLICE_INIT("application/fhir json"),
    SLICE_INIT("text/json"),
};

static bool is_one_of(struct slice text, const struct slice *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal_ignoring_case(text, list[i]))
            return true;
    }
    return false;
}

/* "name=value" behind a ";"; quotes around the value are taken off. */
static void split_parameter(struct slice text, struct slice *ret_name, struct slice *ret_value)
{
    size_t equals = slice_find_byte(text, '=');
    struct slice value = slice_trim(slice_after(text, equals + 1));
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = slice_part(value, 1, value.len - 2);
    *ret_name = slice_trim(slice_part(text, 0, equals));
    *ret_value = value;
}

static bool is_zero(struct slice weight)
{
    for (size_t i = 0; i < weight.len; i++) {
        if (weight.ptr[i] != '0' && weight.ptr[i] != '.')
            return false;
    }
    return weight.len > 0;
}

/* The parameters of a media type: none that asks for another FHIR version, charset, or weighs it
 * with 0. */
static bool parameters_fit(struct slice rest)
{
    struct slice part, name, value;
    while (slice_split(&rest, ';', &part)) {
        split_parameter(part, &name, &value);
        if (slice_equal_ignoring_case(name, SLICE("fhirVersion")) &&
            !slice_equal(value, SLICE("4.0")) && !slice_equal(value, SLICE("4.0.1")))
            return false;
        if (slice_equal_ignoring_case(name, SLICE("charset")) &&
            !slice_equal_ignoring_case(value, SLICE("utf-8")))
            return false;
        if (slice_equal_ignoring_case(name, SLICE("q")) && is_zero(value))
            return false;
    }
    return true;
}

bool rest_accepts_json(struct slice accept)
{
    if (accept.len == 0)
        return true;
    for (struct slice rest = accept, each; slice_split(&rest, ',', &each);) {
        struct slice media;
        slice_split(&each, ';', &media);
        if (is_one_of(slice_trim(media), json_types, sizeof json_types / sizeof json_types[0]) &&
            parameters_fit(each))
            return true;
    }
    return false;
}

bool rest_format_is_json(struct slice format)
{
    struct slice media;
    if (!slice_split(&format, ';', &media))
        return false;
    return is_one_of(slice_trim(media), json_formats, sizeof json_formats / sizeof json_formats[0]);
}

bool rest_content_type_fits(struct slice content_type)
{
    struct slice media;
    if (!slice_split(&content_type, ';', &media))
        return true;
    return parameters_fit(content_type);
}

/* --- Prefer ----------------------------------------------------------------------------------- */

static const struct {
    struct slice word;
    enum rest_return what;
} returns[] = {
    {SLICE_INIT("representation"), REST_RETURN_REPRESENTATION},
    {SLICE_INIT("minimal"), REST_RETURN_MINIMAL},
    {SLICE_INIT("OperationOutcome"), REST_RETURN_OUTCOME},
};

static void read_return(struct slice value, struct rest_preferences *preferences)
{
    for (size_t i = 0; i < sizeof returns / sizeof returns[0]; i++) {
        if (!slice_equal_ignoring_case(value, returns[i].word))
            continue;
        preferences->what = returns[i].what;
        preferences->is_said = true;
    }
}

void rest_read_preference(struct slice prefer, struct rest_preferences *preferences)
{
    for (struct slice rest = prefer, each; slice_split(&rest, ',', &each);) {
        for (struct slice part; slice_split(&each, ';', &part);) {
            struct slice name, value;
            split_parameter(part, &name, &value);
            if (slice_equal_ignoring_case(name, SLICE("return")))
                read_return(value, preferences);
            if (slice_equal_ignoring_case(name, SLICE("handling")))
                preferences->is_strict = slice_equal_ignoring_case(value, SLICE("strict"));
        }
    }
}

/* --- entity tags ------------------------------------------------------------------------------ */

bool rest_read_entity_tag(struct slice tag, struct slice *ret_version)
{
    tag = slice_trim(tag);
    if (slice_starts_with(tag, SLICE("W/")))
        tag = slice_after(tag, 2);
    if (tag.len < 3 || tag.ptr[0] != '"' || tag.ptr[tag.len - 1] != '"')
        return false;
    struct slice version = slice_part(tag, 1, tag.len - 2);
    if (slice_find_byte(version, '"') < version.len)
        return false;
    *ret_version = version;
    return true;
}

bool rest_read_must_be_new(struct slice if_none_match, bool *ret_must_be_new)
{
    *ret_must_be_new = slice_equal(slice_trim(if_none_match), SLICE("*"));
    return *ret_must_be_new || if_none_match.len == 0;
}

bool rest_names_version(struct slice if_none_match, uint64_t version)
{
    if (slice_equal(slice_trim(if_none_match), SLICE("*")))
        return true;
    for (struct slice rest = if_none_match, each; slice_split(&rest, ',', &each);) {
        struct slice text;
        uint64_t number = 0;
        if (rest_read_entity_tag(each, &text) && slice_to_uint64(text, UINT64_MAX, &number) &&
            number == version)
            return true;
    }
    return false;
}

bool rest_names_tag(struct slice if_none_match, struct slice tag)
{
    if (slice_equal(slice_trim(if_none_match), SLICE("*")))
        return true;
    for (struct slice rest = if_none_match, each; slice_split(&rest, ',', &each);) {
        struct slice text;
        if (rest_read_entity_tag(each, &text) && slice_equal(text, tag))
            return true;
    }
    return false;
}

/* --- dates ------------------------------------------------------------------------------------ */

static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct slice rest_print_date(instant when, struct arena *arena)
{
    struct civil_time civil = time_to_civil(when, 0);
    int64_t day = time_days_from_civil(civil.year, civil.month, civil.day) % 7;
    if (day < 0)
        day += 7;
    return arena_format(arena, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", day_names + 3 * day,
                        civil.day, month_names + 3 * ((ptrdiff_t)civil.month - 1), civil.year,
                        civil.hour, civil.minute, civil.second);
}

static bool read_number(struct slice text, size_t at, size_t len, int *ret_number)
{
    uint64_t number = 0;
    if (!slice_to_uint64(slice_part(text, at, len), 9999, &number))
        return false;
    *ret_number = (int)number;
    return true;
}

bool rest_read_date(struct slice text, instant *ret_when)
{
    /* "Sun, 22 Nov 2026 02:45:00 GMT" */
    struct civil_time civil = {0};
    if (text.len != 29 || !slice_ends_with(text, SLICE(" GMT")))
        return false;
    size_t month = slice_find(slice_of(month_names), slice_part(text, 8, 3));
    if (month % 3 != 0 || month >= sizeof month_names - 1)
        return false;
    civil.month = (int)(month / 3) + 1;
    if (!read_number(text, 5, 2, &civil.day) || !read_number(text, 12, 4, &civil.year) ||
        !read_number(text, 17, 2, &civil.hour) || !read_number(text, 20, 2, &civil.minute) ||
        !read_number(text, 23, 2, &civil.second) || !time_civil_is_valid(&civil))
        return false;
    *ret_when = time_from_civil(&civil, 0);
    return true;
}
