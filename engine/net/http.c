/* http: names, headers and escapes; nothing here reads a connection. */
#include "net/http.h"

#include <http_parser.h>

#include "base/buffer.h"
#include "base/utf8.h"

static const char *const method_names[] = {
    [HTTP_METHOD_GET] = "GET",         [HTTP_METHOD_HEAD] = "HEAD",
    [HTTP_METHOD_POST] = "POST",       [HTTP_METHOD_PUT] = "PUT",
    [HTTP_METHOD_PATCH] = "PATCH",     [HTTP_METHOD_DELETE] = "DELETE",
    [HTTP_METHOD_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_request_method method)
{
    return method_names[method];
}

const char *http_status_words(int status)
{
    const char *words = http_status_str((enum http_status)status);
    return words[0] == '<' ? "" : words;
}

bool http_request_next_header(const struct http_request *request, const char *name,
                              size_t *position, struct slice *ret_value)
{
    struct slice wanted = slice_of(name);
    while (*position < request->header_count) {
        const struct http_header *header = &request->headers[(*position)++];
        if (slice_equal_ignoring_case(header->name, wanted)) {
            *ret_value = header->value;
            return true;
        }
    }
    return false;
}

struct slice http_request_header(const struct http_request *request, const char *name)
{
    size_t position = 0;
    struct slice value = {NULL, 0};
    http_request_next_header(request, name, &position, &value);
    return value;
}

/* --- escapes ---------------------------------------------------------------------------------- */

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* Decodes one byte at *at and moves on; -1 for an escape that is none. */
static int decode_byte(struct slice text, size_t *at)
{
    char byte = text.ptr[(*at)++];
    if (byte != '%')
        return (unsigned char)byte;
    if (text.len - *at < 2)
        return -1;
    int high = hex_value(text.ptr[*at]);
    int low = hex_value(text.ptr[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool decode(struct slice text, bool form, struct arena *arena, struct slice *ret_text)
{
    char *decoded = arena_alloc(arena, text.len);
    size_t length = 0;
    for (size_t at = 0; at < text.len;) {
        bool blank = form && text.ptr[at] == '+';
        int byte = decode_byte(text, &at);
        bool control = byte < ' ' || byte == 0x7f;
        if (byte <= 0 || (control && !form))
            return false;
        decoded[length++] = blank ? ' ' : (char)byte;
    }
    struct slice whole = {decoded, length};
    if (utf8_check(whole) != whole.len)
        return false;
    *ret_text = whole;
    return true;
}

bool http_percent_decode(struct slice text, struct arena *arena, struct slice *ret_text)
{
    return decode(text, false, arena, ret_text);
}

int http_form_next(struct slice *rest, struct arena *arena, struct slice *ret_name,
                   struct slice *ret_value)
{
    struct slice pair;
    do {
        if (rest->len == 0 || !slice_split(rest, '&', &pair))
            return 0;
    } while (pair.len == 0);
    struct slice name;
    struct slice value = pair;
    slice_split(&value, '=', &name);
    if (!decode(name, true, arena, &name) || !decode(value, true, arena, &value))
        return -1;
    *ret_name = name;
    *ret_value = value;
    return 1;
}

/* RFC 3986 2.3 */
static bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

struct slice http_percent_encode(struct slice text, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = arena_array(arena, text.len, 3);
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (is_unreserved(text.ptr[i])) {
            encoded[length++] = text.ptr[i];
            continue;
        }
        encoded[length++] = '%';
        encoded[length++] = digits[byte >> 4];
        encoded[length++] = digits[byte & 15];
    }
    return (struct slice){encoded, length};
}
