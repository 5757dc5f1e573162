/* primitive: one row for each type; each check is the page's regular expression by hand. */
#include "fhir/primitive.h"

#include "fhir/datetime.h"
#include "fhir/id.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return false;
    }
    return text.len > 0;
}

/* ^\s*(?:\s*[A-Za-z0-9+/]{4})*...: blanks are allowed between, the groups must be whole. */
static bool is_base64(struct slice text)
{
    size_t letters = 0, padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const char low = (char)(c | 0x20);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            padding++;
            continue;
        }
        if (padding > 0 || (!(low >= 'a' && low <= 'z') && !is_digit(c) && c != '+' && c != '/'))
            return false;
        letters++;
    }
    return letters > 0 && padding <= 2 && (letters + padding) % 4 == 0;
}

static bool is_boolean(struct slice text)
{
    return slice_equal(text, SLICE("true")) || slice_equal(text, SLICE("false"));
}

/* \S*, and at least one character as for any value. */
static bool is_uri(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ')
            return false;
    }
    return text.len > 0 && text.len <= FHIR_STRING_LIMIT;
}

/* [^\s]+(\s[^\s]+)*: no blank at the ends, never two in a row. */
static bool is_code(struct slice text)
{
    bool after_blank = true;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        const bool is_blank = c <= ' ';
        if (is_blank && after_blank)
            return false;
        after_blank = is_blank;
    }
    return text.len > 0 && !after_blank;
}

/* FHIR R4 datatypes.html#string: no characters below 32 but tab, CR and LF; some non-blank. */
static bool is_string(struct slice text)
{
    bool has_content = false;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
            return false;
        has_content = has_content || c > ' ';
    }
    return has_content && text.len <= FHIR_STRING_LIMIT;
}

static bool is_date(struct slice text)
{
    struct fhir_datetime ignored;
    return fhir_date_parse(text, &ignored);
}

static bool is_datetime(struct slice text)
{
    struct fhir_datetime ignored;
    return fhir_datetime_parse(text, &ignored);
}

static bool is_instant(struct slice text)
{
    struct fhir_datetime ignored;
    return fhir_instant_parse(text, &ignored);
}

static bool is_time(struct slice text)
{
    struct fhir_datetime ignored;
    return fhir_time_parse(text, &ignored);
}

/* [0]|[-+]?[1-9][0-9]*, 32 bits, as JSON writes it. */
static bool is_integer(struct slice text)
{
    const bool is_negative = text.len > 0 && text.ptr[0] == '-';
    const struct slice digits = slice_after(text, is_negative ? 1 : 0);
    uint64_t number = 0;
    if (!all_digits(digits) || (digits.len > 1 && digits.ptr[0] == '0'))
        return false;
    const uint64_t limit = is_negative ? UINT64_C(2147483648) : UINT64_C(2147483647);
    return slice_to_uint64(digits, limit, &number) && !(is_negative && number == 0);
}

static bool is_unsigned(struct slice text)
{
    return is_integer(text) && text.ptr[0] != '-';
}

static bool is_positive(struct slice text)
{
    return is_unsigned(text) && text.ptr[0] != '0';
}

/* urn:oid:[0-2](\.(0|[1-9][0-9]*))+ */
static bool is_oid(struct slice text)
{
    if (!slice_starts_with(text, SLICE("urn:oid:")))
        return false;
    size_t arcs = 0;
    for (struct slice rest = slice_after(text, 8), arc; slice_split(&rest, '.', &arc); arcs++) {
        if (!all_digits(arc) || (arc.len > 1 && arc.ptr[0] == '0'))
            return false;
        if (arcs == 0 && (arc.len != 1 || arc.ptr[0] > '2'))
            return false;
    }
    return arcs >= 2;
}

/* urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} */
static bool is_uuid(struct slice text)
{
    static const char form[] = "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.len != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool is_hex = is_digit(c) || (c >= 'a' && c <= 'f');
        if (i >= 9 && form[i] == 'x' ? !is_hex : c != form[i])
            return false;
    }
    return true;
}

static bool is_not_empty(struct slice text)
{
    return text.len > 0;
}

/* FHIR R4 datatypes.html#primitive, json.html#primitive. */
static const struct {
    struct slice name;
    enum json_kind kind;
    bool (*is_valid)(struct slice text);
} primitives[FHIR_PRIMITIVE_COUNT] = {
    [FHIR_PRIMITIVE_NONE] = {{"", 0}, JSON_NONE, is_not_empty},
    [FHIR_PRIMITIVE_BASE64_BINARY] = {SLICE_INIT("base64Binary"), JSON_STRING, is_base64},
    [FHIR_PRIMITIVE_BOOLEAN] = {SLICE_INIT("boolean"), JSON_BOOLEAN, is_boolean},
    [FHIR_PRIMITIVE_CANONICAL] = {SLICE_INIT("canonical"), JSON_STRING, is_uri},
    [FHIR_PRIMITIVE_CODE] = {SLICE_INIT("code"), JSON_STRING, is_code},
    [FHIR_PRIMITIVE_DATE] = {SLICE_INIT("date"), JSON_STRING, is_date},
    [FHIR_PRIMITIVE_DATE_TIME] = {SLICE_INIT("dateTime"), JSON_STRING, is_datetime},
    [FHIR_PRIMITIVE_DECIMAL] = {SLICE_INIT("decimal"), JSON_NUMBER, json_is_number},
    [FHIR_PRIMITIVE_ID] = {SLICE_INIT("id"), JSON_STRING, fhir_id_is_valid},
    [FHIR_PRIMITIVE_INSTANT] = {SLICE_INIT("instant"), JSON_STRING, is_instant},
    [FHIR_PRIMITIVE_INTEGER] = {SLICE_INIT("integer"), JSON_NUMBER, is_integer},
    [FHIR_PRIMITIVE_MARKDOWN] = {SLICE_INIT("markdown"), JSON_STRING, is_string},
    [FHIR_PRIMITIVE_OID] = {SLICE_INIT("oid"), JSON_STRING, is_oid},
    [FHIR_PRIMITIVE_POSITIVE_INT] = {SLICE_INIT("positiveInt"), JSON_NUMBER, is_positive},
    [FHIR_PRIMITIVE_STRING] = {SLICE_INIT("string"), JSON_STRING, is_string},
    [FHIR_PRIMITIVE_TIME] = {SLICE_INIT("time"), JSON_STRING, is_time},
    [FHIR_PRIMITIVE_UNSIGNED_INT] = {SLICE_INIT("unsignedInt"), JSON_NUMBER, is_unsigned},
    [FHIR_PRIMITIVE_URI] = {SLICE_INIT("uri"), JSON_STRING, is_uri},
    [FHIR_PRIMITIVE_URL] = {SLICE_INIT("url"), JSON_STRING, is_uri},
    [FHIR_PRIMITIVE_UUID] = {SLICE_INIT("uuid"), JSON_STRING, is_uuid},
    [FHIR_PRIMITIVE_XHTML] = {SLICE_INIT("xhtml"), JSON_STRING, is_not_empty},
};

enum fhir_primitive fhir_primitive_of_name(struct slice name)
{
    for (unsigned i = 1; i < FHIR_PRIMITIVE_COUNT; i++) {
        if (slice_equal(name, primitives[i].name))
            return (enum fhir_primitive)i;
    }
    return FHIR_PRIMITIVE_NONE;
}

struct slice fhir_primitive_name(enum fhir_primitive primitive)
{
    return primitives[primitive].name;
}

enum json_kind fhir_primitive_kind(enum fhir_primitive primitive)
{
    return primitives[primitive].kind;
}

bool fhir_primitive_is_valid(enum fhir_primitive primitive, struct slice text)
{
    return primitives[primitive].is_valid(text);
}
