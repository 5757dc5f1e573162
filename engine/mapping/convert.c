/* convert: the converters. */
#include "mapping/convert.h"

#include <string.h>

#include "base/encode.h"
#include "hl7v2/number.h"

static bool as_text(struct slice text, struct converted *ret_converted)
{
    if (text.len == 0)
        return false;
    *ret_converted = (struct converted){.kind = JSON_STRING, .text = text};
    return true;
}

/* A string that the primitive's grammar takes. */
static bool as_primitive(enum fhir_primitive primitive, struct slice text,
                         struct converted *ret_converted)
{
    return fhir_primitive_is_valid(primitive, text) && as_text(text, ret_converted);
}

static bool convert_string(const struct convert_input *input, struct converted *ret_converted)
{
    return as_primitive(FHIR_PRIMITIVE_STRING, input->text, ret_converted);
}

static bool convert_markdown(const struct convert_input *input, struct converted *ret_converted)
{
    return as_primitive(FHIR_PRIMITIVE_MARKDOWN, input->text, ret_converted);
}

static bool convert_code(const struct convert_input *input, struct converted *ret_converted)
{
    return as_primitive(FHIR_PRIMITIVE_CODE, slice_trim(input->text), ret_converted);
}

static bool convert_id(const struct convert_input *input, struct converted *ret_converted)
{
    return as_primitive(FHIR_PRIMITIVE_ID, slice_trim(input->text), ret_converted);
}

static bool convert_uri(const struct convert_input *input, struct converted *ret_converted)
{
    return as_primitive(FHIR_PRIMITIVE_URI, slice_trim(input->text), ret_converted);
}

static bool convert_oid(const struct convert_input *input, struct converted *ret_converted)
{
    struct slice text =
        arena_format(input->arena, "urn:oid:%.*s", SLICE_ARG(slice_trim(input->text)));
    return as_primitive(FHIR_PRIMITIVE_OID, text, ret_converted);
}

static bool convert_uuid(const struct convert_input *input, struct converted *ret_converted)
{
    struct slice text =
        arena_format(input->arena, "urn:uuid:%.*s", SLICE_ARG(slice_trim(input->text)));
    /* FHIR R4 datatypes#uuid: hexadecimal digits in lower case. */
    char *bytes = arena_string(input->arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'F')
            bytes[i] = (char)(bytes[i] - 'A' + 'a');
    return as_primitive(FHIR_PRIMITIVE_UUID, (struct slice){bytes, text.len}, ret_converted);
}

static bool convert_date(const struct convert_input *input, struct converted *ret_converted)
{
    struct hl7v2_datetime date;
    if (!hl7v2_datetime_parse(slice_trim(input->text), &date))
        return false;
    /* hl7-mllp-ack-rules 10: dates are dates, never shifted by a time zone. */
    if (date.precision > HL7V2_PRECISION_DAY)
        date.precision = HL7V2_PRECISION_DAY;
    return as_text(hl7v2_datetime_fhir(&date, input->defaults, input->arena), ret_converted);
}

static bool convert_datetime(const struct convert_input *input, struct converted *ret_converted)
{
    struct hl7v2_datetime date;
    if (!hl7v2_datetime_parse(slice_trim(input->text), &date))
        return false;
    if (!as_text(hl7v2_datetime_fhir(&date, input->defaults, input->arena), ret_converted))
        return false;
    ret_converted->lost = date.precision == HL7V2_PRECISION_HOUR;
    return true;
}

static bool convert_instant(const struct convert_input *input, struct converted *ret_converted)
{
    struct hl7v2_datetime date;
    /* FHIR R4 datatypes#instant: at least the second; minutes are filled as for dateTime. */
    return hl7v2_datetime_parse(slice_trim(input->text), &date) &&
           date.precision >= HL7V2_PRECISION_MINUTE &&
           as_text(hl7v2_datetime_fhir(&date, input->defaults, input->arena), ret_converted);
}

static bool convert_time(const struct convert_input *input, struct converted *ret_converted)
{
    struct hl7v2_datetime time;
    return hl7v2_time_parse(slice_trim(input->text), &time) &&
           time.precision >= HL7V2_PRECISION_MINUTE &&
           as_text(hl7v2_time_fhir(&time, input->arena), ret_converted);
}

static bool convert_decimal(const struct convert_input *input, struct converted *ret_converted)
{
    struct slice number;
    if (!hl7v2_number_parse(slice_trim(input->text), input->arena, &number))
        return false;
    *ret_converted = (struct converted){.kind = JSON_NUMBER, .text = number};
    return true;
}

static bool as_integer(enum fhir_primitive primitive, const struct convert_input *input,
                       struct converted *ret_converted)
{
    return convert_decimal(input, ret_converted) &&
           fhir_primitive_is_valid(primitive, ret_converted->text);
}

static bool convert_integer(const struct convert_input *input, struct converted *ret_converted)
{
    return as_integer(FHIR_PRIMITIVE_INTEGER, input, ret_converted);
}

static bool convert_unsigned(const struct convert_input *input, struct converted *ret_converted)
{
    return as_integer(FHIR_PRIMITIVE_UNSIGNED_INT, input, ret_converted);
}

static bool convert_positive(const struct convert_input *input, struct converted *ret_converted)
{
    return as_integer(FHIR_PRIMITIVE_POSITIVE_INT, input, ret_converted);
}

/* HL7 table 0136. */
static bool convert_yes_no(const struct convert_input *input, struct converted *ret_converted)
{
    struct slice text = slice_trim(input->text);
    bool yes = slice_equal_ignoring_case(text, SLICE("Y"));
    if (!yes && !slice_equal_ignoring_case(text, SLICE("N")))
        return false;
    *ret_converted =
        (struct converted){.kind = JSON_BOOLEAN, .text = yes ? SLICE("true") : SLICE("false")};
    return true;
}

static bool convert_base64(const struct convert_input *input, struct converted *ret_converted)
{
    return as_text(encode_base64(input->text, input->arena), ret_converted);
}

static bool convert_base64_as_sent(const struct convert_input *input,
                                   struct converted *ret_converted)
{
    return as_primitive(FHIR_PRIMITIVE_BASE64_BINARY, slice_trim(input->text), ret_converted);
}

static const struct converter CONVERTERS[] = {
    {SLICE_INIT("string"), true, convert_string, FHIR_STRING_LIMIT},
    {SLICE_INIT("text"), true, convert_string, FHIR_STRING_LIMIT},
    {SLICE_INIT("markdown"), true, convert_markdown, FHIR_STRING_LIMIT},
    {SLICE_INIT("code"), false, convert_code, 0},
    {SLICE_INIT("id"), false, convert_id, 0},
    {SLICE_INIT("uri"), false, convert_uri, 0},
    {SLICE_INIT("oid"), false, convert_oid, 0},
    {SLICE_INIT("uuid"), false, convert_uuid, 0},
    {SLICE_INIT("date"), false, convert_date, 0},
    {SLICE_INIT("dateTime"), false, convert_datetime, 0},
    {SLICE_INIT("instant"), false, convert_instant, 0},
    {SLICE_INIT("time"), false, convert_time, 0},
    {SLICE_INIT("decimal"), false, convert_decimal, 0},
    {SLICE_INIT("integer"), false, convert_integer, 0},
    {SLICE_INIT("unsignedInt"), false, convert_unsigned, 0},
    {SLICE_INIT("positiveInt"), false, convert_positive, 0},
    {SLICE_INIT("yes-no"), false, convert_yes_no, 0},
    {SLICE_INIT("base64"), true, convert_base64, 0},
    {SLICE_INIT("base64-as-sent"), true, convert_base64_as_sent, 0},
};
#define CONVERTER_COUNT (sizeof(CONVERTERS) / sizeof(CONVERTERS[0]))

/* FHIR R4 datatypes.html: which converter a primitive takes by itself. */
static const struct slice OF_PRIMITIVE[FHIR_PRIMITIVE_COUNT] = {
    [FHIR_PRIMITIVE_BASE64_BINARY] = SLICE_INIT("base64"),
    [FHIR_PRIMITIVE_BOOLEAN] = SLICE_INIT("yes-no"),
    [FHIR_PRIMITIVE_CANONICAL] = SLICE_INIT("uri"),
    [FHIR_PRIMITIVE_CODE] = SLICE_INIT("code"),
    [FHIR_PRIMITIVE_DATE] = SLICE_INIT("date"),
    [FHIR_PRIMITIVE_DATE_TIME] = SLICE_INIT("dateTime"),
    [FHIR_PRIMITIVE_DECIMAL] = SLICE_INIT("decimal"),
    [FHIR_PRIMITIVE_ID] = SLICE_INIT("id"),
    [FHIR_PRIMITIVE_INSTANT] = SLICE_INIT("instant"),
    [FHIR_PRIMITIVE_INTEGER] = SLICE_INIT("integer"),
    [FHIR_PRIMITIVE_MARKDOWN] = SLICE_INIT("markdown"),
    [FHIR_PRIMITIVE_OID] = SLICE_INIT("oid"),
    [FHIR_PRIMITIVE_POSITIVE_INT] = SLICE_INIT("positiveInt"),
    [FHIR_PRIMITIVE_STRING] = SLICE_INIT("string"),
    [FHIR_PRIMITIVE_TIME] = SLICE_INIT("time"),
    [FHIR_PRIMITIVE_UNSIGNED_INT] = SLICE_INIT("unsignedInt"),
    [FHIR_PRIMITIVE_URI] = SLICE_INIT("uri"),
    [FHIR_PRIMITIVE_URL] = SLICE_INIT("uri"),
    [FHIR_PRIMITIVE_UUID] = SLICE_INIT("uuid"),
};

const struct converter *converter_named(struct slice name)
{
    for (size_t i = 0; i < CONVERTER_COUNT; i++)
        if (slice_equal(CONVERTERS[i].name, name))
            return &CONVERTERS[i];
    return NULL;
}

const struct converter *converter_of_primitive(enum fhir_primitive primitive)
{
    return converter_named(OF_PRIMITIVE[primitive]);
}

size_t converter_names(struct arena *arena, struct slice **ret_names)
{
    struct slice *names = ARENA_ARRAY(arena, CONVERTER_COUNT, struct slice);
    for (size_t i = 0; i < CONVERTER_COUNT; i++)
        names[i] = CONVERTERS[i].name;
    *ret_names = names;
    return CONVERTER_COUNT;
}

/* --- decimals ----------------------------------------------------------------------------------*/

struct decimal {
    bool negative;
    struct slice whole;    /* no leading zeros */
    struct slice fraction; /* no trailing zeros */
};

static size_t digits_at(struct slice text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end - at;
}

static bool read_decimal(struct slice text, struct decimal *ret_decimal)
{
    struct decimal decimal = {.negative = text.len && text.ptr[0] == '-'};
    size_t at = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
    decimal.whole = slice_part(text, at, digits_at(text, at));
    at += decimal.whole.len;
    if (at < text.len && text.ptr[at] == '.') {
        decimal.fraction = slice_part(text, at + 1, digits_at(text, at + 1));
        at += 1 + decimal.fraction.len;
    }
    if (at != text.len || decimal.whole.len + decimal.fraction.len == 0)
        return false;
    while (decimal.whole.len && decimal.whole.ptr[0] == '0')
        decimal.whole = slice_after(decimal.whole, 1);
    while (decimal.fraction.len && decimal.fraction.ptr[decimal.fraction.len - 1] == '0')
        decimal.fraction.len--;
    *ret_decimal = decimal;
    return true;
}

bool decimal_compare(struct slice a, struct slice b, int *ret_order)
{
    struct decimal left, right;
    if (!read_decimal(slice_trim(a), &left) || !read_decimal(slice_trim(b), &right))
        return false;
    if (left.whole.len + left.fraction.len == 0)
        left.negative = false;
    if (right.whole.len + right.fraction.len == 0)
        right.negative = false;
    if (left.negative != right.negative) {
        *ret_order = left.negative ? -1 : 1;
        return true;
    }
    int order = left.whole.len != right.whole.len ? (left.whole.len < right.whole.len ? -1 : 1)
                                                  : slice_compare(left.whole, right.whole);
    if (order == 0)
        order = slice_compare(left.fraction, right.fraction);
    *ret_order = left.negative ? -order : order;
    return true;
}

/* --- time spans --------------------------------------------------------------------------------*/

instant time_unit_length(struct slice unit)
{
    static const struct {
        struct slice unit;
        instant length;
    } UNITS[] = {
        {SLICE_INIT("s"), TIME_SECOND},      {SLICE_INIT("sec"), TIME_SECOND},
        {SLICE_INIT("min"), TIME_MINUTE},    {SLICE_INIT("m"), TIME_MINUTE},
        {SLICE_INIT("h"), TIME_HOUR},        {SLICE_INIT("hr"), TIME_HOUR},
        {SLICE_INIT("d"), TIME_DAY},         {SLICE_INIT("day"), TIME_DAY},
        {SLICE_INIT("wk"), 7 * TIME_DAY},    {SLICE_INIT("week"), 7 * TIME_DAY},
        {SLICE_INIT("minute"), TIME_MINUTE}, {SLICE_INIT("minutes"), TIME_MINUTE},
        {SLICE_INIT("hour"), TIME_HOUR},     {SLICE_INIT("hours"), TIME_HOUR},
        {SLICE_INIT("days"), TIME_DAY},      {SLICE_INIT("weeks"), 7 * TIME_DAY},
    };
    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++)
        if (slice_equal_ignoring_case(unit, UNITS[i].unit))
            return UNITS[i].length;
    return 0;
}
