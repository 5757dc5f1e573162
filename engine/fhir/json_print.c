/* json_print: the tree as text. The same tree always gives the same bytes. */
#include "fhir/json_node.h"

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

/* Sixteen at once: the compiler makes of it what the processor has. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Not zero in each byte that needs an escape. */
static inline bytes16 escapes_in(bytes16 bytes)
{
    return (bytes16)(bytes < 0x20) | (bytes16)(bytes == '"') | (bytes16)(bytes == '\\');
}

static inline bytes16 copy_sixteen(char *at, const char *text)
{
    bytes16 bytes;
    memcpy(&bytes, text, sizeof(bytes));
    memcpy(at, &bytes, sizeof(bytes));
    return escapes_in(bytes);
}

/* Sixteen bytes and more; the last sixteen may overlap those before. */
static inline bytes16 copy_long(char *at, const char *text, size_t len)
{
    bytes16 found = copy_sixteen(at + len - 16, text + len - 16);
    for (size_t from = 0; from + 16 < len; from += 16)
        found |= copy_sixteen(at + from, text + from);
    return found;
}

/* Eight to fifteen bytes as both ends, which may overlap: nothing outside of the text is touched.
 */
static inline bytes16 copy_eight(char *at, const char *text, size_t len)
{
    words2 ends;
    memcpy(&ends, text, 8);
    memcpy((char *)&ends + 8, text + len - 8, 8);
    memcpy(at, &ends, 8);
    memcpy(at + len - 8, (const char *)&ends + 8, 8);
    return escapes_in((bytes16)ends);
}

/* Four to seven bytes in the same way. */
static inline bytes16 copy_four(char *at, const char *text, size_t len)
{
    uint32_t front, back;
    memcpy(&front, text, sizeof(front));
    memcpy(&back, text + len - sizeof(back), sizeof(back));
    memcpy(at, &front, sizeof(front));
    memcpy(at + len - sizeof(back), &back, sizeof(back));
    const uint64_t both = (uint64_t)front << 32 | back;
    return escapes_in((bytes16)(words2){both, both});
}

/* One to three bytes, one of them perhaps twice. */
static inline bytes16 copy_few(char *at, const char *text, size_t len)
{
    const char first = text[0], middle = text[len / 2], last = text[len - 1];
    at[0] = first;
    at[len / 2] = middle;
    at[len - 1] = last;
    const uint64_t three = UINT64_C(0x2020202020000000) | (uint64_t)(unsigned char)first << 16 |
                           (uint64_t)(unsigned char)middle << 8 | (unsigned char)last;
    return escapes_in((bytes16)(words2){three, three});
}

static inline bytes16 copy_text(char *at, const char *text, size_t len)
{
    if (len >= 16)
        return copy_long(at, text, len);
    if (len >= 8)
        return copy_eight(at, text, len);
    if (len >= 4)
        return copy_four(at, text, len);
    return len ? copy_few(at, text, len) : (bytes16){0};
}

static inline bool is_any(bytes16 found)
{
    const words2 words = (words2)found;
    return words[0] | words[1];
}

/* --- nodes -------------------------------------------------------------------------------------*/

/* What stands between a name and the node's children; a string's stands between quotation marks. */
static inline __attribute__((always_inline)) struct slice word_of(const struct json *json)
{
    switch (json->tree.type) {
    case cJSON_Object:
        return SLICE("{");
    case cJSON_Array:
        return SLICE("[");
    case cJSON_True:
        return SLICE("true");
    case cJSON_False:
        return SLICE("false");
    case cJSON_NULL:
        return SLICE("null");
    default:
        return json_text(json);
    }
}

static void append_head(const struct json *json, bool is_member, struct slice colon,
                        struct buffer *buffer)
{
    if (is_member) {
        print_escaped(json_name(json), buffer);
        buffer_append(buffer, colon);
    }
    if (json->tree.type == cJSON_String)
        print_escaped(json_text(json), buffer);
    else
        buffer_append(buffer, word_of(json));
}

static bool is_container(const struct json *json)
{
    return json->tree.type == cJSON_Object || json->tree.type == cJSON_Array;
}

static char closing(const struct json *container)
{
    return container->tree.type == cJSON_Object ? '}' : ']';
}

/* --- compact -----------------------------------------------------------------------------------*/

/* The free room of the buffer, which knows of what stands in it when `at` is given back. */
struct printer {
    struct buffer *buffer;
    char *at, *end;
};

static void give_back(struct printer *printer)
{
    if (printer->at)
        printer->buffer->len = (size_t)(printer->at - printer->buffer->data);
}

static bool take_room(struct printer *printer, size_t size)
{
    struct buffer *buffer = printer->buffer;
    printer->at = buffer_reserve(buffer, size);
    printer->end = printer->at ? buffer->data + buffer->capacity : NULL;
    return printer->at != NULL;
}

static __attribute__((noinline)) bool take_more_room(struct printer *printer, size_t size)
{
    give_back(printer);
    return take_room(printer, size);
}

/* The same as print_head, where a text needs escapes. */
static __attribute__((noinline)) bool
print_head_escaped(struct printer *printer, const struct json *json, bool is_member, bool has_comma)
{
    give_back(printer);
    if (has_comma)
        buffer_append_byte(printer->buffer, ',');
    append_head(json, is_member, SLICE(":"), printer->buffer);
    return take_room(printer, 1);
}

/* The node without its children: room is asked for once, and most often filled once. False at the
 * buffer's ceiling. */
static inline __attribute__((always_inline)) bool
print_head(struct printer *printer, const struct json *json, bool is_member, bool has_comma)
{
    /* A comma, the quotation marks of name and text, a colon. */
    enum { SIGNS = 6 };
    const struct slice word = word_of(json);
    const size_t name = is_member ? json->name_length : 0;
    if ((size_t)(printer->end - printer->at) < name + word.len + SIGNS &&
        !take_more_room(printer, name + word.len + SIGNS))
        return false;
    char *at = printer->at;
    bytes16 escapes = {0};
    *at = ',';
    at += has_comma;
    if (is_member) {
        *at++ = '"';
        escapes = copy_text(at, json->tree.string, name);
        at += name;
        *at++ = '"';
        *at++ = ':';
    }
    if (json->tree.type == cJSON_String) {
        *at++ = '"';
        escapes |= copy_text(at, word.ptr, word.len);
        at[word.len] = '"';
        at += word.len + 1;
    } else if (word.len == 1) {
        *at++ = word.ptr[0];
    } else {
        copy_text(at, word.ptr, word.len);
        at += word.len;
    }
    if (is_any(escapes))
        return print_head_escaped(printer, json, is_member, has_comma);
    printer->at = at;
    return true;
}

/* Its members or items and its closing bracket. */
static bool print_children(struct printer *printer, const struct json *container)
{
    const bool is_object = container->tree.type == cJSON_Object;
    bool has_comma = false;
    for (const struct json *child = json_first(container); child; child = json_next(child)) {
        if (!print_head(printer, child, is_object, has_comma) ||
            (is_container(child) && !print_children(printer, child)))
            return false;
        has_comma = true;
    }
    if (printer->at == printer->end && !take_more_room(printer, 1))
        return false;
    *printer->at++ = closing(container);
    return true;
}

void json_print(const struct json *json, struct buffer *buffer)
{
    struct printer printer = {.buffer = buffer};
    if (json && take_room(&printer, 1) && print_head(&printer, json, false, false) &&
        is_container(json))
        (void)print_children(&printer, json);
    give_back(&printer);
}

/* --- indented: for people ----------------------------------------------------------------------*/

static void print_line(unsigned level, struct buffer *buffer)
{
    buffer_append_byte(buffer, '\n');
    for (unsigned i = 0; i < level; i++)
        buffer_append(buffer, SLICE("  "));
}

static void print_indented(const struct json *json, bool is_member, unsigned level,
                           struct buffer *buffer)
{
    append_head(json, is_member, SLICE(": "), buffer);
    if (!is_container(json))
        return;
    for (const struct json *child = json_first(json); child; child = json_next(child)) {
        print_line(level + 1, buffer);
        print_indented(child, json->tree.type == cJSON_Object, level + 1, buffer);
        if (json_next(child))
            buffer_append_byte(buffer, ',');
    }
    if (json_first(json))
        print_line(level, buffer);
    buffer_append_byte(buffer, closing(json));
}

void json_print_indented(const struct json *json, struct buffer *buffer)
{
    if (json)
        print_indented(json, false, 0, buffer);
}
