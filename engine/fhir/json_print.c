/* json_print: the tree as text. The same tree always gives the same bytes. */
#include "fhir/json.h"

#include <string.h>

/* RFC 8259 7: quotation mark, reverse solidus and U+0000 to U+001F must be escaped, nothing else.
 */
static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void print_escape(char c, struct buffer *buffer)
{
    static const struct {
        char byte;
        char letter;
    } short_escapes[] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'},
                         {'\t', 't'}, {'\b', 'b'},  {'\f', 'f'}};
    for (size_t i = 0; i < sizeof(short_escapes) / sizeof(short_escapes[0]); i++) {
        if (short_escapes[i].byte == c) {
            const char escape[2] = {'\\', short_escapes[i].letter};
            buffer_append(buffer, (struct slice){escape, sizeof(escape)});
            return;
        }
    }
    buffer_append_format(buffer, "\\u%04x", (unsigned)(unsigned char)c);
}

/* Whether one of eight bytes needs an escape: below 0x20, or zero once the wanted byte is taken out
 * by exclusive or. A borrow into the next byte starts in one that is found, so the answer for all
 * eight together is exact. */
static bool eight_have_escape(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t quotes = word ^ ones * '"';
    const uint64_t solidi = word ^ ones * '\\';
    const uint64_t found =
        ((word - ones * 0x20) & ~word) | ((quotes - ones) & ~quotes) | ((solidi - ones) & ~solidi);
    return (found & ones * 0x80) != 0;
}

static uint64_t eight_at(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* One to seven bytes, some of them twice, as eight. */
static uint64_t few_as_eight(const char *bytes, size_t len)
{
    if (len < sizeof(uint32_t)) {
        const char three[8] = {bytes[0], bytes[len / 2], bytes[len - 1], ' ', ' ', ' ', ' ', ' '};
        return eight_at(three);
    }
    uint32_t front, back;
    memcpy(&front, bytes, sizeof(front));
    memcpy(&back, bytes + len - sizeof(back), sizeof(back));
    return (uint64_t)front << 32 | back;
}

static bool is_all_plain(struct slice text)
{
    const size_t width = sizeof(uint64_t);
    if (text.len < width)
        return text.len == 0 || !eight_have_escape(few_as_eight(text.ptr, text.len));
    for (size_t at = 0; at + width < text.len; at += width)
        if (eight_have_escape(eight_at(text.ptr + at)))
            return false;
    return !eight_have_escape(eight_at(text.ptr + text.len - width)); /* it may overlap */
}

static void print_escaped(struct slice text, struct buffer *buffer)
{
    buffer_append_byte(buffer, '"');
    size_t at = 0;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && is_plain(text.ptr[end]))
            end++;
        buffer_append(buffer, slice_part(text, at, end - at));
        if (end < text.len)
            print_escape(text.ptr[end++], buffer);
        at = end;
    }
    buffer_append_byte(buffer, '"');
}

/* Most strings are plain and short: they are reserved and copied once. */
static void print_string(struct slice text, struct buffer *buffer)
{
    if (!is_all_plain(text)) {
        print_escaped(text, buffer);
        return;
    }
    char *room = buffer_reserve(buffer, text.len + 2);
    if (!room)
        return;
    room[0] = '"';
    if (text.len)
        memcpy(room + 1, text.ptr, text.len);
    room[text.len + 1] = '"';
    buffer->len += text.len + 2;
}

static void print_line(unsigned level, struct buffer *buffer)
{
    buffer_append_byte(buffer, '\n');
    for (unsigned i = 0; i < level; i++)
        buffer_append(buffer, SLICE("  "));
}

static void print_value(const struct json *json, bool indented, unsigned level,
                        struct buffer *buffer);

static void print_container(const struct json *json, bool indented, unsigned level,
                            struct buffer *buffer)
{
    const bool is_object = json_kind(json) == JSON_OBJECT;
    buffer_append_byte(buffer, is_object ? '{' : '[');
    const struct json *child = json_first(json);
    const bool on_lines = indented && child;
    for (bool is_first = true; child; child = json_next(child), is_first = false) {
        if (!is_first)
            buffer_append_byte(buffer, ',');
        if (on_lines)
            print_line(level + 1, buffer);
        if (is_object) {
            print_string(json_name(child), buffer);
            buffer_append(buffer, indented ? SLICE(": ") : SLICE(":"));
        }
        print_value(child, indented, level + 1, buffer);
    }
    if (on_lines)
        print_line(level, buffer);
    buffer_append_byte(buffer, is_object ? '}' : ']');
}

static void print_value(const struct json *json, bool indented, unsigned level,
                        struct buffer *buffer)
{
    switch (json_kind(json)) {
    case JSON_STRING:
        print_string(json_text(json), buffer);
        break;
    case JSON_NUMBER:
        buffer_append(buffer, json_text(json));
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
        print_container(json, indented, level, buffer);
        break;
    case JSON_BOOLEAN:
        buffer_append(buffer, json_is_true(json) ? SLICE("true") : SLICE("false"));
        break;
    case JSON_NULL:
        buffer_append(buffer, SLICE("null"));
        break;
    case JSON_NONE:
        break;
    }
}

void json_print(const struct json *json, struct buffer *buffer)
{
    print_value(json, false, 0, buffer);
}

void json_print_indented(const struct json *json, struct buffer *buffer)
{
    print_value(json, true, 0, buffer);
}
