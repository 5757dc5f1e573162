/* json_parse: the strict scanner. It builds the tree in the one pass in which it checks it.
 *
 *   value  = object | array | string | number | "true" | "false" | "null"
 *   object = "{" [ string ":" value *( "," string ":" value ) ] "}"
 *   array  = "[" [ value *( "," value ) ] "]"
 *   number = ["-"] ( "0" | digit1-9 *digit ) [ "." 1*digit ] [ ("e"|"E") ["+"|"-"] 1*digit ]
 *   string = DQUOTE *( plain | "\" ( one of "\/bfnrt or DQUOTE | "u" 4hex ) ) DQUOTE
 *
 * RFC 8259 leaves duplicate names, lone surrogates and depth to the reader; here all three are
 * refused, because two readers that choose differently see two different patients. U+0000 is
 * refused because neither PostgreSQL text nor FHIR strings can hold it (FHIR R4
 * datatypes.html#string: no characters below 32 but tab, CR and LF; the definitions check that). */
#include "fhir/json.h"

#include "base/map.h"
#include "base/utf8.h"
#include "fhir/path.h"

#include <string.h>

/* Beyond this many members an object's names are kept in a table: looking for a twin of each of n
 * names by comparing would take n * n steps. */
#define LINEAR_MEMBERS 32

struct scanner {
    struct slice text;
    const char *at;
    const char *end;
    struct arena *arena;
    struct issue_list *issues;
    struct fhir_path top; /* its name is the resource type, once that was read */
};

/* --- where the fault is ----------------------------------------------------------------------- */

static int fail_at(const struct scanner *scanner, const struct fhir_path *path, const char *at,
                   const char *words)
{
    unsigned line = 1;
    const char *line_start = scanner->text.ptr;
    for (const char *c = scanner->text.ptr; c < at; c++) {
        if (*c == '\n') {
            line++;
            line_start = c + 1;
        }
    }
    const unsigned column = (unsigned)(at - line_start) + 1;
    struct issue_place place = fhir_path_place(path, scanner->arena);
    place.line = line;
    place.column = column;
    issue_report(scanner->issues, ISSUE_SYNTAX, ISSUE_ERROR, place, "%s at line %u, column %u",
                 words, line, column);
    return -1;
}

static int fail(const struct scanner *scanner, const struct fhir_path *path, const char *words)
{
    return fail_at(scanner, path, scanner->at, words);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && (*scanner->at == ' ' || *scanner->at == '\t' ||
                                          *scanner->at == '\n' || *scanner->at == '\r'))
        scanner->at++;
}

static bool next_is(const struct scanner *scanner, char byte)
{
    return scanner->at < scanner->end && *scanner->at == byte;
}

static bool take(struct scanner *scanner, char byte)
{
    if (!next_is(scanner, byte))
        return false;
    scanner->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at))
        at++;
    return at;
}

/* The end of the number that begins at `at`, or NULL where none does. */
static const char *number_end(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    at = *at == '0' ? at + 1 : skip_digits(at, end);
    if (at < end && *at == '.') {
        const char *const digits = at + 1;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        const char *const digits = at;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    return at;
}

bool json_is_number(struct slice text)
{
    return text.len > 0 && number_end(text.ptr, text.ptr + text.len) == text.ptr + text.len;
}

static bool hex4(const char *at, const char *end, uint32_t *ret_unit)
{
    if (end - at < 4)
        return false;
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const char c = at[i];
        const char low = (char)(c | 0x20);
        if (is_digit(c))
            unit = unit << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            unit = unit << 4 | (uint32_t)(low - 'a' + 10);
        else
            return false;
    }
    *ret_unit = unit;
    return true;
}

/* Reads \uXXXX (scanner behind the u), with its second half where it is a surrogate. */
static int scan_unicode(struct scanner *scanner, const struct fhir_path *path, char **out)
{
    const char *const digits = scanner->at;
    uint32_t unit = 0;
    if (!hex4(digits, scanner->end, &unit))
        return fail(scanner, path, "escape \\u without four hexadecimal digits");
    if (unit == 0)
        return fail(scanner, path, "character U+0000 cannot be stored");
    scanner->at += 4;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        /* RFC 8259 7: beyond the basic plane a pair of escapes stands for one character. */
        uint32_t low = 0;
        const bool pair = unit < 0xDC00 && scanner->end - scanner->at >= 6 &&
                          scanner->at[0] == '\\' && scanner->at[1] == 'u' &&
                          hex4(scanner->at + 2, scanner->end, &low) && low >= 0xDC00 &&
                          low <= 0xDFFF;
        if (!pair)
            return fail_at(scanner, path, digits, "half of a surrogate pair stands alone");
        scanner->at += 6;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    *out += utf8_encode(unit, *out);
    return 0;
}

/* A string with escapes, decoded into the arena: never longer than it is written. `start` is behind
 * the opening quote, the scanner at the first backslash. */
static int scan_escaped(struct scanner *scanner, const struct fhir_path *path, const char *start,
                        const char *closing, struct slice *ret_text)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";

    char *const text = arena_alloc(scanner->arena, (size_t)(closing - start));
    char *out = text;
    scanner->at = start;
    while (scanner->at < closing) {
        if (*scanner->at != '\\') {
            *out++ = *scanner->at++;
            continue;
        }
        scanner->at++;
        const char *const letter = memchr(letters, *scanner->at, sizeof(letters) - 1);
        if (letter) {
            *out++ = meanings[letter - letters];
            scanner->at++;
            continue;
        }
        if (!take(scanner, 'u'))
            return fail(scanner, path, "unknown escape in a string");
        if (scan_unicode(scanner, path, &out))
            return -1;
    }
    scanner->at = closing + 1;
    *ret_text = (struct slice){text, (size_t)(out - text)};
    return 0;
}

static int scan_string(struct scanner *scanner, const struct fhir_path *path,
                       struct slice *ret_text)
{
    if (!take(scanner, '"'))
        return fail(scanner, path, "a string was expected");
    const char *const start = scanner->at;
    bool has_escape = false;
    const char *at = start;
    for (; at < scanner->end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return fail_at(scanner, path, at, "control character in a string");
        if (*at == '\\') {
            has_escape = true;
            if (++at == scanner->end)
                break;
        }
    }
    if (at >= scanner->end)
        return fail(scanner, path, "string does not end");
    if (has_escape)
        return scan_escaped(scanner, path, start, at, ret_text);
    scanner->at = at + 1;
    *ret_text = (struct slice){start, (size_t)(at - start)};
    return 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static int scan_value(struct scanner *scanner, const struct fhir_path *path, unsigned depth,
                      struct json **ret_json);

static int scan_array(struct scanner *scanner, const struct fhir_path *path, unsigned depth,
                      struct json **ret_json)
{
    struct json *array = json_array(scanner->arena);
    struct fhir_path item = {.outer = path, .is_item = true};
    scanner->at++;
    skip_blanks(scanner);
    if (take(scanner, ']')) {
        *ret_json = array;
        return 0;
    }
    for (;; item.index++) {
        struct json *value = NULL;
        if (scan_value(scanner, &item, depth + 1, &value))
            return -1;
        json_append(array, value);
        skip_blanks(scanner);
        if (take(scanner, ']'))
            break;
        if (!take(scanner, ','))
            return fail(scanner, &item, "a comma or the end of the array was expected");
    }
    *ret_json = array;
    return 0;
}

/* True when the name is new in the object; remembers it. */
static bool name_is_new(struct json *object, size_t count, struct map *names, struct slice name)
{
    if (count < LINEAR_MEMBERS)
        return !json_get(object, name);
    if (names->count == 0) {
        for (struct json *member = json_first(object); member; member = json_next(member))
            map_put(names, json_name(member), member);
    }
    return !map_put(names, name, object);
}

static int scan_member(struct scanner *scanner, struct fhir_path *path, unsigned depth,
                       struct json *object, size_t count, struct map *names)
{
    const char *const start = scanner->at;
    struct slice name;
    if (scan_string(scanner, path, &name))
        return -1;
    path->name = name;
    if (!name_is_new(object, count, names, name))
        return fail_at(scanner, path, start, "member name used twice in one object");
    skip_blanks(scanner);
    if (!take(scanner, ':'))
        return fail(scanner, path, "a colon was expected");
    struct json *value = NULL;
    if (scan_value(scanner, path, depth + 1, &value))
        return -1;
    json_add(object, name, value);
    if (depth == 0 && slice_equal(name, SLICE("resourceType")))
        scanner->top.name = json_text(value);
    return 0;
}

static int scan_object(struct scanner *scanner, const struct fhir_path *path, unsigned depth,
                       struct json **ret_json)
{
    struct json *object = json_object(scanner->arena);
    struct fhir_path member = {.outer = path};
    struct map names;
    map_init(&names, scanner->arena);
    scanner->at++;
    skip_blanks(scanner);
    if (take(scanner, '}')) {
        *ret_json = object;
        return 0;
    }
    for (size_t count = 0;; count++) {
        skip_blanks(scanner);
        if (scan_member(scanner, &member, depth, object, count, &names))
            return -1;
        skip_blanks(scanner);
        if (take(scanner, '}'))
            break;
        if (!take(scanner, ','))
            return fail(scanner, path, "a comma or the end of the object was expected");
    }
    *ret_json = object;
    return 0;
}

static int scan_word(struct scanner *scanner, const struct fhir_path *path, struct json **ret_json)
{
    const struct slice rest = {scanner->at, (size_t)(scanner->end - scanner->at)};
    if (slice_starts_with(rest, SLICE("true"))) {
        *ret_json = json_boolean(scanner->arena, true);
        scanner->at += 4;
        return 0;
    }
    if (slice_starts_with(rest, SLICE("false"))) {
        *ret_json = json_boolean(scanner->arena, false);
        scanner->at += 5;
        return 0;
    }
    if (slice_starts_with(rest, SLICE("null"))) {
        *ret_json = json_null(scanner->arena);
        scanner->at += 4;
        return 0;
    }
    return fail(scanner, path, "a value was expected");
}

static int scan_number(struct scanner *scanner, const struct fhir_path *path,
                       struct json **ret_json)
{
    const char *const end = number_end(scanner->at, scanner->end);
    if (!end)
        return fail(scanner, path, "number is not well formed");
    const struct slice text = {scanner->at, (size_t)(end - scanner->at)};
    *ret_json = json_number(scanner->arena, text);
    scanner->at = end;
    return 0;
}

static int scan_value(struct scanner *scanner, const struct fhir_path *path, unsigned depth,
                      struct json **ret_json)
{
    skip_blanks(scanner);
    if (scanner->at == scanner->end)
        return fail(scanner, path, "text ends where a value was expected");
    if (arena_exceeded(scanner->arena)) {
        issue_report(scanner->issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "content has more values than can be held");
        return -1;
    }
    const char first = *scanner->at;
    if (first == '"') {
        struct slice text;
        if (scan_string(scanner, path, &text))
            return -1;
        *ret_json = json_string(scanner->arena, text);
        return 0;
    }
    if (first == '{' || first == '[') {
        if (depth >= JSON_DEPTH_LIMIT)
            return fail(scanner, path, "too many levels of arrays and objects");
        return first == '{' ? scan_object(scanner, path, depth, ret_json)
                            : scan_array(scanner, path, depth, ret_json);
    }
    if (first == '-' || is_digit(first))
        return scan_number(scanner, path, ret_json);
    return scan_word(scanner, path, ret_json);
}

int json_parse(struct slice text, struct arena *arena, struct json **ret_json,
               struct issue_list *issues)
{
    if (text.len > INT32_MAX) {
        issue_report(issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "content is larger than 2 GiB");
        return -1;
    }
    struct scanner scanner = {.text = text, .arena = arena, .issues = issues};
    scanner.at = text.ptr;
    scanner.end = text.len > 0 ? text.ptr + text.len : text.ptr;

    const size_t valid = utf8_check(text);
    if (valid < text.len)
        return fail_at(&scanner, NULL, text.ptr + valid, "bytes are not UTF-8");
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
        return fail(&scanner, NULL, "byte order mark is not allowed");

    struct json *json = NULL;
    if (scan_value(&scanner, &scanner.top, 0, &json))
        return -1;
    skip_blanks(&scanner);
    if (scanner.at < scanner.end)
        return fail(&scanner, NULL, "bytes after the end of the value");
    *ret_json = json;
    return 0;
}
