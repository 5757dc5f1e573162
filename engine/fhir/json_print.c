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

static inline __attribute__((always_inline)) bytes16 copy_text(char *at, const char *text,
                                                               size_t len)
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

static bool is_container(const struct json *json)
{
    return json->tree.type & (cJSON_Object | cJSON_Array);
}

static char opening(const struct json *container)
{
    return container->tree.type == cJSON_Object ? '{' : '[';
}

static char closing(const struct json *container)
{
    return container->tree.type == cJSON_Object ? '}' : ']';
}

/* What a node without children says; a string's text stands between quotation marks. */
static inline __attribute__((always_inline)) struct slice word_of(const struct json *json)
{
    switch (json->tree.type) {
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
    if (is_container(json))
        buffer_append_byte(buffer, opening(json));
    else if (json->tree.type == cJSON_String)
        print_escaped(json_text(json), buffer);
    else
        buffer_append(buffer, word_of(json));
}

/* --- compact -----------------------------------------------------------------------------------*/

/* The free room of the buffer ends here; where it begins goes from hand to hand, and the buffer is
 * told when it has to do something itself. */
struct printer {
    struct buffer *buffer;
    const char *end;
};

static char *take_room(struct printer *printer, size_t size)
{
    char *at = buffer_reserve(printer->buffer, size);
    printer->end = at ? printer->buffer->data + printer->buffer->capacity : NULL;
    return at;
}

static void give_back(struct printer *printer, const char *at)
{
    printer->buffer->len = (size_t)(at - printer->buffer->data);
}

static __attribute__((noinline)) char *take_more_room(struct printer *printer, char *at,
                                                      size_t size)
{
    give_back(printer, at);
    return take_room(printer, size);
}

/* The same as print_head, where a text needs escapes. */
static __attribute__((noinline)) char *print_head_escaped(struct printer *printer, char *at,
                                                          const struct json *json, bool is_member,
                                                          bool has_comma)
{
    give_back(printer, at);
    if (has_comma)
        buffer_append_byte(printer->buffer, ',');
    append_head(json, is_member, SLICE(":"), printer->buffer);
    return take_room(printer, 1);
}

/* The node without its children: room is asked for once, and most often filled once. Where the next
 * byte goes; NULL at the buffer's ceiling. */
static inline __attribute__((always_inline)) char *print_head(struct printer *printer, char *at,
                                                              const struct json *json,
                                                              bool is_member, bool has_comma)
{
    /* A comma, the quotation marks of name and text, a colon, and "false". */
    enum { SIGNS = 11 };
    const struct slice name = is_member ? json_node_name(json) : (struct slice){NULL, 0};
    const struct slice text = json_node_text(json);
    if ((size_t)(printer->end - at) < name.len + text.len + SIGNS) {
        at = take_more_room(printer, at, name.len + text.len + SIGNS);
        if (!at)
            return NULL;
    }
    char *const begin = at;
    bytes16 escapes = {0};
    *at = ',';
    at += has_comma;
    if (is_member) {
        *at = '"';
        escapes = copy_text(at + 1, name.ptr, name.len);
        at += name.len + 1;
        memcpy(at, "\":", 2);
        at += 2;
    }
    if (is_container(json)) {
        *at++ = opening(json);
    } else if (json->tree.type == cJSON_String) {
        *at = '"';
        escapes |= copy_text(at + 1, text.ptr, text.len);
        at += text.len + 1;
        *at++ = '"';
    } else {
        const struct slice word = word_of(json);
        copy_text(at, word.ptr, word.len);
        at += word.len;
    }
    return is_any(escapes) ? print_head_escaped(printer, begin, json, is_member, has_comma) : at;
}

/* Its members or items and its closing bracket; as print_head. */
static char *print_children(struct printer *printer, char *at, const struct json *container)
{
    const bool is_object = container->tree.type == cJSON_Object;
    bool has_comma = false;
    for (const struct json *child = json_first(container); child; child = json_next(child)) {
        at = print_head(printer, at, child, is_object, has_comma);
        if (at && is_container(child))
            at = print_children(printer, at, child);
        if (!at)
            return NULL;
        has_comma = true;
    }
    if (at == printer->end) {
        at = take_more_room(printer, at, 1);
        if (!at)
            return NULL;
    }
    *at = closing(container);
    return at + 1;
}

void json_print(const struct json *json, struct buffer *buffer)
{
    struct printer printer = {.buffer = buffer};
    if (!json)
        return;
    char *at = take_room(&printer, 1);
    if (at)
        at = print_head(&printer, at, json, false, false);
    if (at && is_container(json))
        at = print_children(&printer, at, json);
    if (at)
        give_back(&printer, at);
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
