/* Escape sequences (HL7 v2.5.1 2.7): between two escape characters stands a name, for some with
 * digits behind it. They do not nest, so one pass from the left pairs the escape characters; what
 * is between a pair is looked up in the table below. A sequence that cannot be read stays as it is,
 * both escape characters included, so nothing is lost and \E\F\E\ is the text \F\. */
#include "hl7v2/text.h"

#include <string.h>

#include "base/utf8.h"

/* More lines or blanks than this in one formatting command are not believed. */
#define FORMAT_COUNT_LIMIT 50

enum escape_kind {
    ESCAPE_DELIMITER, /* `argument` is the index of the delimiter */
    ESCAPE_HEX,       /* hex digits behind the name */
    ESCAPE_NOTHING,   /* layout that plain text cannot show */
    ESCAPE_LINES,     /* that many line feeds: the number behind the name, else one */
    ESCAPE_BLANKS,    /* the same with blanks */
    ESCAPE_KEEP       /* stays as it is, with a warning */
};

enum delimiter_index {
    FIELD,
    COMPONENT,
    SUBCOMPONENT,
    REPETITION,
    ESCAPE,
    TRUNCATION,
    DELIMITER_COUNT
};

struct escape {
    struct slice name;
    enum escape_kind kind;
    enum delimiter_index argument;
    bool has_tail; /* something may stand behind the name */
};

/* HL7 v2.5.1 2.7.1 to 2.7.6. Longer names before their beginnings. */
static const struct escape ESCAPES[] = {
    {SLICE_INIT("F"), ESCAPE_DELIMITER, FIELD, false},
    {SLICE_INIT("S"), ESCAPE_DELIMITER, COMPONENT, false},
    {SLICE_INIT("T"), ESCAPE_DELIMITER, SUBCOMPONENT, false},
    {SLICE_INIT("R"), ESCAPE_DELIMITER, REPETITION, false},
    {SLICE_INIT("E"), ESCAPE_DELIMITER, ESCAPE, false},
    {SLICE_INIT("P"), ESCAPE_DELIMITER, TRUNCATION, false}, /* v2.7 2.7.1 */
    {SLICE_INIT("X"), ESCAPE_HEX, 0, true},
    {SLICE_INIT("H"), ESCAPE_NOTHING, 0, false},
    {SLICE_INIT("N"), ESCAPE_NOTHING, 0, false},
    {SLICE_INIT(".br"), ESCAPE_LINES, 0, false},
    {SLICE_INIT(".ce"), ESCAPE_LINES, 0, false},
    {SLICE_INIT(".sp"), ESCAPE_LINES, 0, true},
    {SLICE_INIT(".sk"), ESCAPE_BLANKS, 0, true},
    {SLICE_INIT(".fi"), ESCAPE_NOTHING, 0, false},
    {SLICE_INIT(".nf"), ESCAPE_NOTHING, 0, false},
    {SLICE_INIT(".in"), ESCAPE_NOTHING, 0, true},
    {SLICE_INIT(".ti"), ESCAPE_NOTHING, 0, true},
    {SLICE_INIT("C"), ESCAPE_KEEP, 0, true},
    {SLICE_INIT("M"), ESCAPE_KEEP, 0, true},
    {SLICE_INIT("Z"), ESCAPE_KEEP, 0, true},
};

struct decoder {
    char delimiters[DELIMITER_COUNT]; /* by delimiter_index; '\0' where there is none */
    enum hl7v2_charset charset;
    enum hl7v2_text_form form;
    const struct hl7v2_message *message; /* to find the place of `raw`; may be NULL */
    struct slice raw;
    struct issue_place place;
    struct arena *arena;
    struct issue_list *issues;
    char *out;
    size_t len;
    bool warned;
};

static void delimiters_in_order(const struct hl7v2_delimiters *delimiters, char *ret_order)
{
    ret_order[FIELD] = delimiters->field;
    ret_order[COMPONENT] = delimiters->component;
    ret_order[SUBCOMPONENT] = delimiters->subcomponent;
    ret_order[REPETITION] = delimiters->repetition;
    ret_order[ESCAPE] = delimiters->escape;
    ret_order[TRUNCATION] = delimiters->truncation;
}

static void report(struct decoder *decoder, enum issue_severity severity, const char *words)
{
    if (decoder->issues == NULL)
        return;
    if (decoder->message != NULL)
        decoder->place = hl7v2_message_place_at(
            decoder->message, (size_t)(decoder->raw.ptr - decoder->message->frame.ptr));
    issue_report(decoder->issues, ISSUE_DATA_TYPE, severity, decoder->place, "%s", words);
}

/* Once for each value: a text full of stray backslashes is one warning, not a hundred. */
static void warn_kept(struct decoder *decoder)
{
    if (!decoder->warned)
        report(decoder, ISSUE_WARNING, "an escape sequence that cannot be read was kept as it is");
    decoder->warned = true;
}

static void put(struct decoder *decoder, struct slice text)
{
    memcpy(decoder->out + decoder->len, text.ptr, text.len);
    decoder->len += text.len;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* False where it is not pairs of hex digits. */
static bool hex_decode(struct slice digits, struct arena *arena, struct slice *ret_bytes)
{
    if (digits.len == 0 || digits.len % 2 != 0)
        return false;
    char *bytes = arena_alloc(arena, digits.len / 2);
    for (size_t i = 0; i < digits.len; i += 2) {
        int high = hex_value(digits.ptr[i]), low = hex_value(digits.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *ret_bytes = (struct slice){bytes, digits.len / 2};
    return true;
}

/* XML 1.0 2.2 Char: what FHIR text cannot hold (U+0000 is refused before). */
static bool is_fhir_character(uint32_t code_point)
{
    if (code_point < 0x20)
        return code_point == '\t' || code_point == '\n' || code_point == '\r';
    return code_point != 0xFFFE && code_point != 0xFFFF;
}

static bool fits_fhir(struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t code_point = 0;
        size_t width = utf8_decode(slice_after(text, i), &code_point);
        if (width == 0 || !is_fhir_character(code_point))
            return false;
        i += width;
    }
    return true;
}

/* Appends text of an escape; for FHIR every line end (CR, LF, CRLF) becomes one LF. */
static void put_lines(struct decoder *decoder, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n')
            continue;
        decoder->out[decoder->len++] = byte == '\r' ? '\n' : byte;
    }
}

/* \Xdd..\: bytes of the message's character set. -1: refused; 1: not readable, to be kept. */
static int put_hex(struct decoder *decoder, struct slice digits)
{
    struct slice bytes, text;
    if (!hex_decode(digits, decoder->arena, &bytes))
        return 1;
    if (slice_find_byte(bytes, '\0') < bytes.len) {
        report(decoder, ISSUE_ERROR, "an escape asks for the character NUL");
        return -1;
    }
    if (!hl7v2_charset_decode(decoder->charset, bytes, decoder->arena, &text))
        return 1;
    if (decoder->form == HL7V2_TEXT_EXACT) {
        put(decoder, text);
        return 0;
    }
    if (!fits_fhir(text))
        return 1;
    put_lines(decoder, text);
    return 0;
}

/* The number behind .sp and .sk: none means one, a plus sign is allowed. */
static bool format_count(struct slice digits, uint64_t *ret_count)
{
    if (digits.len == 0) {
        *ret_count = 1;
        return true;
    }
    if (digits.ptr[0] == '+')
        digits = slice_after(digits, 1);
    return slice_to_uint64(digits, FORMAT_COUNT_LIMIT, ret_count);
}

static const struct escape *escape_find(struct slice body)
{
    for (size_t i = 0; i < sizeof ESCAPES / sizeof ESCAPES[0]; i++) {
        const struct escape *escape = &ESCAPES[i];
        if (escape->has_tail ? slice_starts_with(body, escape->name)
                             : slice_equal(body, escape->name))
            return escape;
    }
    return NULL;
}

/* What stands between two escape characters. 0 done, 1 to be kept as it is, -1 refused. */
static int put_escape(struct decoder *decoder, struct slice body)
{
    const struct escape *escape = escape_find(body);
    if (escape == NULL || escape->kind == ESCAPE_KEEP)
        return 1;
    struct slice tail = slice_after(body, escape->name.len);
    if (escape->kind == ESCAPE_HEX)
        return put_hex(decoder, tail);
    if (escape->kind == ESCAPE_NOTHING)
        return 0;
    if (escape->kind == ESCAPE_DELIMITER) {
        char delimiter = decoder->delimiters[escape->argument];
        if (delimiter == '\0')
            return 1;
        put(decoder, (struct slice){&delimiter, 1});
        return 0;
    }
    uint64_t count;
    if (!format_count(tail, &count))
        return 1;
    memset(decoder->out + decoder->len, escape->kind == ESCAPE_LINES ? '\n' : ' ', count);
    decoder->len += count;
    return 0;
}

/* Room that decoding cannot outgrow. Hex: two digits become at most three bytes of UTF-8. The
 * commands .sp and .sk give at most FORMAT_COUNT_LIMIT bytes each. */
static size_t room_for(struct slice text, char escape)
{
    size_t commands = 0;
    for (size_t i = 0; i + 2 < text.len; i++)
        commands += text.ptr[i] == escape && text.ptr[i + 1] == '.' && text.ptr[i + 2] == 's';
    return text.len * 2 + commands * FORMAT_COUNT_LIMIT;
}

static int unescape(struct decoder *decoder, struct slice text, struct slice *ret_text)
{
    const char escape = decoder->delimiters[ESCAPE];
    decoder->out = arena_alloc(decoder->arena, room_for(text, escape));
    while (text.len > 0) {
        size_t plain = slice_find_byte(text, escape);
        put(decoder, slice_part(text, 0, plain));
        text = slice_after(text, plain);
        if (text.len == 0)
            break;
        struct slice body = slice_after(text, 1);
        size_t length = slice_find_byte(body, escape);
        if (length == body.len) { /* unterminated */
            put(decoder, text);
            warn_kept(decoder);
            break;
        }
        int result = put_escape(decoder, slice_part(body, 0, length));
        if (result < 0)
            return -1;
        if (result > 0) {
            put(decoder, slice_part(text, 0, length + 2));
            warn_kept(decoder);
        }
        text = slice_after(body, length + 1);
    }
    *ret_text = (struct slice){decoder->out, decoder->len};
    return 0;
}

/* Raw LF and TAB may stand in FT and TX where the feed allows it; CR never reaches a value. */
static int decode(struct decoder *decoder, struct slice *ret_text)
{
    struct slice text;
    if (!hl7v2_charset_decode(decoder->charset, decoder->raw, decoder->arena, &text)) {
        report(decoder, ISSUE_ERROR, "a byte is no character of the message's character set");
        return -1;
    }
    if (decoder->form == HL7V2_TEXT_FHIR && !fits_fhir(text)) {
        report(decoder, ISSUE_ERROR, "a character that FHIR text cannot hold");
        return -1;
    }
    char escape = decoder->delimiters[ESCAPE];
    if (escape == '\0' || slice_find_byte(text, escape) == text.len) {
        *ret_text = text;
        return 0;
    }
    return unescape(decoder, text, ret_text);
}

static bool is_plain_byte(unsigned char byte, char escape)
{
    return byte >= 0x20 && byte < 0x7F && byte != (unsigned char)escape;
}

/* Sixteen at once: the compiler makes of it what the processor has. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Sixteen bytes: none below 0x20, none from 0x7F on, none that is the escape. */
static bool sixteen_are_plain(const char *sixteen, char escape)
{
    bytes16 bytes;
    memcpy(&bytes, sixteen, sizeof(bytes));
    const words2 odd = (words2)((bytes16)((bytes16)(bytes - 0x20) >= 0x7F - 0x20) |
                                (bytes16)(bytes == (unsigned char)escape));
    return !(odd[0] | odd[1]);
}

static bool is_plain(struct slice raw, char escape)
{
    size_t at = 0;
    for (; raw.len - at >= sizeof(bytes16); at += sizeof(bytes16))
        if (!sixteen_are_plain(raw.ptr + at, escape))
            break;
    while (at < raw.len && is_plain_byte((unsigned char)raw.ptr[at], escape))
        at++;
    return at == raw.len;
}

bool hl7v2_text_is_plain(const struct hl7v2_message *message, struct slice raw)
{
    return hl7v2_message_is_literal(message, raw) || is_plain(raw, message->delimiters.escape);
}

int hl7v2_text_decode(const struct hl7v2_message *message, struct slice raw, struct arena *arena,
                      struct slice *ret_text, struct issue_list *issues)
{
    if (hl7v2_text_is_plain(message, raw)) {
        *ret_text = raw;
        return 0;
    }
    struct decoder decoder = {
        .charset = message->charset,
        .form = HL7V2_TEXT_FHIR,
        .message = message,
        .raw = raw,
        .arena = arena,
        .issues = issues,
    };
    delimiters_in_order(&message->delimiters, decoder.delimiters);
    return decode(&decoder, ret_text);
}

int hl7v2_text_decode_bytes(const struct hl7v2_delimiters *delimiters, enum hl7v2_charset charset,
                            enum hl7v2_text_form form, struct slice raw, struct issue_place place,
                            struct arena *arena, struct slice *ret_text, struct issue_list *issues)
{
    if (is_plain(raw, delimiters->escape)) {
        *ret_text = raw;
        return 0;
    }
    struct decoder decoder = {
        .charset = charset,
        .form = form,
        .raw = raw,
        .place = place,
        .arena = arena,
        .issues = issues,
    };
    delimiters_in_order(delimiters, decoder.delimiters);
    return decode(&decoder, ret_text);
}

/* --- encoding ----------------------------------------------------------------------------------
 */

/* The name of the escape for a delimiter, or '\0' where the byte is none. */
static char delimiter_name(const char *delimiters, char byte)
{
    static const char NAMES[] = {[FIELD] = 'F',      [COMPONENT] = 'S', [SUBCOMPONENT] = 'T',
                                 [REPETITION] = 'R', [ESCAPE] = 'E',    [TRUNCATION] = 'P'};
    for (size_t i = 0; i < sizeof NAMES; i++)
        if (delimiters[i] != '\0' && delimiters[i] == byte)
            return NAMES[i];
    return '\0';
}

static bool must_escape(const char *delimiters, char byte)
{
    unsigned char code = (unsigned char)byte;
    return code < 0x20 || code == 0x7F || delimiter_name(delimiters, byte) != '\0';
}

static void put_escaped(struct buffer *out, const char *delimiters, char byte)
{
    char name = delimiter_name(delimiters, byte);
    buffer_append_byte(out, delimiters[ESCAPE]);
    if (name != '\0')
        buffer_append_byte(out, name);
    else
        buffer_append_format(out, "X%02X", (unsigned)(unsigned char)byte);
    buffer_append_byte(out, delimiters[ESCAPE]);
}

/* -1 for what no character set and no escape can carry. */
static int check_encodable(const char *delimiters, struct slice text, struct issue_list *issues)
{
    const char *words = NULL;
    if (utf8_check(text) < text.len || slice_find_byte(text, '\0') < text.len)
        words = "text that is not UTF-8 or holds NUL cannot be sent";
    for (size_t i = 0; words == NULL && delimiters[ESCAPE] == '\0' && i < text.len; i++)
        if (must_escape(delimiters, text.ptr[i]))
            words = "a delimiter in a value cannot be sent: the message has no escape character";
    if (words == NULL)
        return 0;
    issue_report(issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

int hl7v2_text_encode(const struct hl7v2_delimiters *delimiters, enum hl7v2_charset charset,
                      struct slice text, struct arena *arena, struct buffer *out,
                      struct issue_list *issues)
{
    char order[DELIMITER_COUNT];
    struct slice bytes;
    delimiters_in_order(delimiters, order);
    if (check_encodable(order, text, issues) != 0)
        return -1;
    if (!hl7v2_charset_encode(charset, text, arena, &bytes, /* ret_missing */ NULL)) {
        issue_report(issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "a character cannot be sent in the character set %s",
                     hl7v2_charset_name(charset).ptr);
        return -1;
    }
    if (hl7v2_is_delete(bytes) && order[ESCAPE] != '\0') { /* two quotes as text, not as an order */
        buffer_append_format(out, "%cX2222%c", order[ESCAPE], order[ESCAPE]);
        return 0;
    }
    size_t done = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (!must_escape(order, bytes.ptr[i]))
            continue;
        buffer_append(out, slice_part(bytes, done, i - done));
        put_escaped(out, order, bytes.ptr[i]);
        done = i + 1;
    }
    buffer_append(out, slice_after(bytes, done));
    return 0;
}
