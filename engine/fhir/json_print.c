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

/* --- plain texts: copied and looked at in one step ---------------------------------------------
 */

/* In each of eight bytes the highest bit where an escape is needed: below 0x20, or zero once the
 * wanted byte is taken out by exclusive or. A borrow into the next byte starts in one that is
 * found, so the answer for all eight together is exact. */
static inline uint64_t escapes_in(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t quotes = word ^ ones * '"';
    const uint64_t solidi = word ^ ones * '\\';
    const uint64_t found =
        ((word - ones * 0x20) & ~word) | ((quotes - ones) & ~quotes) | ((solidi - ones) & ~solidi);
    return found & ones * 0x80;
}

/* Sixteen at once: the compiler makes of it what the processor has. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

static inline bytes16 copy_sixteen(char *at, const char *text)
{
    bytes16 bytes;
    memcpy(&bytes, text, sizeof(bytes));
    memcpy(at, &bytes, sizeof(bytes));
    return (bytes16)(bytes < 0x20) | (bytes16)(bytes == '"') | (bytes16)(bytes == '\\');
}

/* Sixteen bytes and more; the last sixteen may overlap those before. */
static inline uint64_t copy_long(char *at, struct slice text)
{
    bytes16 found = copy_sixteen(at + text.len - 16, text.ptr + text.len - 16);
    for (size_t from = 0; from + 16 < text.len; from += 16)
        found |= copy_sixteen(at + from, text.ptr + from);
    const words2 words = (words2)found;
    return words[0] | words[1];
}

static inline uint64_t copy_eight(char *at, const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    memcpy(at, &word, sizeof(word));
    return escapes_in(word);
}

/* Four to seven bytes as both ends, which may overlap: nothing outside of the text is touched. */
static inline uint64_t copy_four(char *at, const char *text, size_t len)
{
    uint32_t front, back;
    memcpy(&front, text, sizeof(front));
    memcpy(&back, text + len - sizeof(back), sizeof(back));
    memcpy(at, &front, sizeof(front));
    memcpy(at + len - sizeof(back), &back, sizeof(back));
    return escapes_in((uint64_t)front << 32 | back);
}

/* One to three bytes, one of them perhaps twice. */
static inline uint64_t copy_few(char *at, const char *text, size_t len)
{
    const char first = text[0], middle = text[len / 2], last = text[len - 1];
    at[0] = first;
    at[len / 2] = middle;
    at[len - 1] = last;
    return escapes_in(UINT64_C(0x2020202020000000) | (uint64_t)(unsigned char)first << 16 |
                      (uint64_t)(unsigned char)middle << 8 | (unsigned char)last);
}

/* The text between quotation marks, as it is; where the next byte goes. *escapes is no longer 0
 * where it may not stand so. */
static inline __attribute__((always_inline)) char *put_string(char *at, struct slice text,
                                                              uint64_t *escapes)
{
    *at++ = '"';
    if (text.len >= 16) {
        *escapes |= copy_long(at, text);
    } else if (text.len >= 8) {
        *escapes |= copy_eight(at, text.ptr);
        *escapes |= copy_eight(at + text.len - 8, text.ptr + text.len - 8);
    } else if (text.len >= 4) {
        *escapes |= copy_four(at, text.ptr, text.len);
    } else if (text.len > 0) {
        *escapes |= copy_few(at, text.ptr, text.len);
    }
    at[text.len] = '"';
    return at + text.len + 1;
}

/* --- nodes ------------------------------------------------------------------------------------ */

struct printer {
    struct buffer *buffer;
    bool indented;
};

/* What stands between a name and the node's children; a string's stands between quotation marks. */
static inline struct slice word_of(const struct json *json, enum json_kind kind)
{
    if (kind == JSON_STRING || kind == JSON_NUMBER)
        return json_text(json);
    if (kind == JSON_BOOLEAN)
        return json_is_true(json) ? SLICE("true") : SLICE("false");
    if (kind == JSON_OBJECT)
        return SLICE("{");
    if (kind == JSON_ARRAY)
        return SLICE("[");
    return kind == JSON_NULL ? SLICE("null") : (struct slice){NULL, 0};
}

/* The same as print_head, where a text needs escapes. */
static __attribute__((noinline)) void print_head_escaped(const struct printer *printer,
                                                         const struct json *json, bool is_member,
                                                         bool has_comma)
{
    struct buffer *buffer = printer->buffer;
    const enum json_kind kind = json_kind(json);
    if (has_comma)
        buffer_append_byte(buffer, ',');
    if (is_member) {
        print_escaped(json_name(json), buffer);
        buffer_append(buffer, printer->indented ? SLICE(": ") : SLICE(":"));
    }
    if (kind == JSON_STRING)
        print_escaped(json_text(json), buffer);
    else
        buffer_append(buffer, word_of(json, kind));
}

/* The node without its children: room is taken once, and most often filled once. */
static void print_head(const struct printer *printer, const struct json *json, enum json_kind kind,
                       bool is_member, bool has_comma)
{
    const struct slice name = json_name(json), word = word_of(json, kind);
    const size_t of_name = is_member ? name.len + 3 + printer->indented : 0;
    const size_t of_word = word.len + (kind == JSON_STRING ? 2 : 0);
    const size_t size = has_comma + of_name + of_word;
    char *at = buffer_reserve(printer->buffer, size);
    if (!at)
        return;
    uint64_t escapes = 0;
    if (has_comma)
        *at++ = ',';
    if (is_member) {
        at = put_string(at, name, &escapes);
        *at++ = ':';
        if (printer->indented)
            *at++ = ' ';
    }
    /* Every third node is an object or a list: one byte, and no call. */
    if (kind == JSON_STRING)
        put_string(at, word, &escapes);
    else if (word.len == 1)
        *at = word.ptr[0];
    else if (word.len)
        memcpy(at, word.ptr, word.len);
    if (escapes)
        print_head_escaped(printer, json, is_member, has_comma);
    else
        printer->buffer->len += size;
}

static void print_line(unsigned level, struct buffer *buffer)
{
    buffer_append_byte(buffer, '\n');
    for (unsigned i = 0; i < level; i++)
        buffer_append(buffer, SLICE("  "));
}

static void print_node(const struct printer *printer, const struct json *json, bool is_member,
                       bool has_comma, unsigned level)
{
    const enum json_kind kind = json_kind(json);
    print_head(printer, json, kind, is_member, has_comma);
    if (kind != JSON_OBJECT && kind != JSON_ARRAY)
        return;
    const struct json *first = json_first(json);
    for (const struct json *child = first; child; child = json_next(child)) {
        if (printer->indented && child != first)
            buffer_append_byte(printer->buffer, ',');
        if (printer->indented)
            print_line(level + 1, printer->buffer);
        print_node(printer, child, kind == JSON_OBJECT, child != first && !printer->indented,
                   level + 1);
    }
    if (printer->indented && first)
        print_line(level, printer->buffer);
    buffer_append_byte(printer->buffer, kind == JSON_OBJECT ? '}' : ']');
}

void json_print(const struct json *json, struct buffer *buffer)
{
    print_node(&(struct printer){buffer, false}, json, false, false, 0);
}

void json_print_indented(const struct json *json, struct buffer *buffer)
{
    print_node(&(struct printer){buffer, true}, json, false, false, 0);
}
