/* xml: see xml.h. libxml2 says what the text means, by its SAX2 events; it does not say where, so a
 * cursor of ours walks the same text beside it. Without a DOCTYPE the places of tags are plain to
 * see:
 *
 *   "<!--" to "-->", "<![CDATA[" to "]]>", "<?" to "?>", "</" to ">"    skipped
 *   "<" name *(blank name "=" quoted) ["/"] ">"                         a start tag
 *
 * Each startElement event takes the next start tag, and its attributes come in the order of the
 * text. Where the text is not well formed libxml2 stops with an error before the two could part. */
#include "base/xml.h"

#include "base/utf8.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <string.h>

#define DEFAULT_BYTES ((size_t)16 * 1024 * 1024)
#define DEFAULT_ELEMENTS 200000
#define DEFAULT_DEPTH 64
/* libxml2 compares each attribute of a tag with all others. */
#define MOST_ATTRIBUTES 256
#define LONGEST_WORDS 200

/* --- the cursor --- */

struct cursor {
    struct slice source;
    size_t at;
    /* Where line and column were last asked for; the questions go forward only. */
    size_t line_start;
    size_t counted;
    unsigned line;
};

static void locate(struct cursor *cursor, size_t at, unsigned *ret_line, unsigned *ret_column)
{
    for (; cursor->counted < at; cursor->counted++) {
        if (cursor->source.ptr[cursor->counted] != '\n')
            continue;
        cursor->line++;
        cursor->line_start = cursor->counted + 1;
    }
    *ret_line = cursor->line;
    *ret_column = (unsigned)(at - cursor->line_start + 1);
}

/* What is between these is no start tag. */
static const struct {
    struct slice begin, end;
} skipped[] = {
    {SLICE_INIT("<!--"), SLICE_INIT("-->")}, {SLICE_INIT("<![CDATA["), SLICE_INIT("]]>")},
    {SLICE_INIT("<?"), SLICE_INIT("?>")},    {SLICE_INIT("</"), SLICE_INIT(">")},
    {SLICE_INIT("<!"), SLICE_INIT(">")},
};

/* Bytes to skip at the front of rest, which begins with "<"; 0 where it is a start tag. */
static size_t skip_length(struct slice rest)
{
    for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
        if (!slice_starts_with(rest, skipped[i].begin))
            continue;
        struct slice inside = slice_after(rest, skipped[i].begin.len);
        size_t end = slice_find(inside, skipped[i].end);
        return end == inside.len ? rest.len : skipped[i].begin.len + end + skipped[i].end.len;
    }
    return 0;
}

/* Moves to the "<" of the next start tag; false at the end of the text. */
static bool next_tag(struct cursor *cursor)
{
    for (;;) {
        struct slice rest = slice_after(cursor->source, cursor->at);
        size_t found = slice_find_byte(rest, '<');
        cursor->at += found;
        if (found == rest.len)
            return false;
        size_t skip = skip_length(slice_after(rest, found));
        if (skip == 0)
            return true;
        cursor->at += skip;
    }
}

static bool ends_name(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '=' ||
           byte == '/' || byte == '>';
}

static struct slice take_name(struct cursor *cursor)
{
    struct slice rest = slice_after(cursor->source, cursor->at);
    size_t length = 0;
    while (length < rest.len && !ends_name(rest.ptr[length]))
        length++;
    cursor->at += length;
    return slice_part(rest, 0, length);
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->source.len) {
        char byte = cursor->source.ptr[cursor->at];
        if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')
            return;
        cursor->at++;
    }
}

struct raw_attribute {
    size_t name_at;
    size_t value_at;
    struct slice name;  /* with its prefix */
    struct slice value; /* as written */
};

/* The next attribute of the tag the cursor is in; false at the tag's end. */
static bool next_attribute(struct cursor *cursor, struct raw_attribute *ret_attribute)
{
    skip_blanks(cursor);
    struct raw_attribute attribute = {.name_at = cursor->at, .name = take_name(cursor)};
    skip_blanks(cursor);
    struct slice rest = slice_after(cursor->source, cursor->at);
    if (attribute.name.len == 0 || !slice_starts_with(rest, SLICE("=")))
        return false;
    cursor->at++;
    skip_blanks(cursor);
    rest = slice_after(cursor->source, cursor->at);
    if (rest.len == 0 || (rest.ptr[0] != '"' && rest.ptr[0] != '\''))
        return false;
    struct slice inside = slice_after(rest, 1);
    attribute.value = slice_part(inside, 0, slice_find_byte(inside, rest.ptr[0]));
    attribute.value_at = cursor->at + 1;
    cursor->at += attribute.value.len + 2;
    if (cursor->at > cursor->source.len)
        cursor->at = cursor->source.len;
    *ret_attribute = attribute;
    return true;
}

/* --- the builder --- */

#define NAMES_KEPT 64

/* An element that is open, with the room its text has. */
struct open_element {
    struct xml_element *element;
    size_t capacity;
};

struct builder {
    xmlParserCtxtPtr parser;
    struct cursor cursor;
    struct slice file;
    struct arena *arena;
    struct issue_list *issues;
    struct xml_limits limits;
    size_t element_count;
    struct xml_element *root;
    struct open_element *open;      /* max_depth of them */
    struct slice names[NAMES_KEPT]; /* of attributes and elements, each once in the arena */
    size_t name_count;
    unsigned depth;
    unsigned passed_over; /* elements that are open and not kept */
    bool failed;
};

/* The first failure is the only one: what libxml2 says behind it is guesswork. */
static void fail(struct builder *builder, unsigned line, unsigned column, struct slice words)
{
    if (builder->failed)
        return;
    builder->failed = true;
    issue_report(builder->issues, ISSUE_SYNTAX, ISSUE_ERROR,
                 issue_place_file(builder->file, line, column), "%.*s", SLICE_ARG(words));
    if (builder->parser)
        xmlStopParser(builder->parser);
}

static void fail_at(struct builder *builder, size_t at, struct slice words)
{
    /* A cursor of its own: this place may lie before the last one that was asked for. */
    struct cursor cursor = {.source = builder->cursor.source, .line = 1};
    unsigned line, column;
    locate(&cursor, at < cursor.source.len ? at : cursor.source.len, &line, &column);
    fail(builder, line, column, words);
}

static struct slice text_of(const xmlChar *text)
{
    return slice_of((const char *)text);
}

/* A file says few names often, and its tree may stay for years. */
static struct slice keep_name(struct builder *builder, struct slice name)
{
    for (size_t i = 0; i < builder->name_count; i++)
        if (slice_equal(builder->names[i], name))
            return builder->names[i];
    struct slice copy = arena_copy(builder->arena, name);
    if (builder->name_count < NAMES_KEPT)
        builder->names[builder->name_count++] = copy;
    return copy;
}

static struct xml_element *add_element(struct builder *builder, const xmlChar *name,
                                       const xmlChar *name_space)
{
    struct xml_element *element = ARENA_NEW(builder->arena, struct xml_element);
    element->name = keep_name(builder, text_of(name));
    if (name_space)
        element->name_space = arena_copy(builder->arena, text_of(name_space));
    locate(&builder->cursor, builder->cursor.at, &element->line, &element->column);
    if (builder->depth == 0) {
        builder->root = element;
        return element;
    }
    struct xml_element *parent = builder->open[builder->depth - 1].element;
    element->parent = parent;
    if (parent->last_child)
        parent->last_child->next = element;
    else
        parent->first_child = element;
    parent->last_child = element;
    return element;
}

static bool declares_name_space(struct slice name)
{
    return slice_equal(name, SLICE("xmlns")) || slice_starts_with(name, SLICE("xmlns:"));
}

/* libxml2 gives five pointers an attribute: local name, prefix, URI, value, end of value. */
static void add_attributes(struct builder *builder, struct xml_element *element,
                           const xmlChar **events, size_t count)
{
    struct cursor *cursor = &builder->cursor;
    cursor->at++;
    take_name(cursor);
    element->attributes = ARENA_ARRAY(builder->arena, count, struct xml_attribute);
    element->attribute_count = count;
    for (size_t i = 0; i < count;) {
        struct raw_attribute raw;
        if (!next_attribute(cursor, &raw)) {
            fail_at(builder, cursor->at, SLICE("cannot be read as XML"));
            return;
        }
        if (declares_name_space(raw.name))
            continue;
        struct xml_attribute *attribute = &element->attributes[i];
        const xmlChar **event = events + 5 * i++;
        struct slice value = {(const char *)event[3], (size_t)(event[4] - event[3])};
        attribute->name = keep_name(builder, text_of(event[0]));
        attribute->value = arena_copy(builder->arena, value);
        attribute->value_exact = slice_equal(value, raw.value);
        locate(cursor, raw.name_at, &attribute->line, &attribute->column);
        locate(cursor, raw.value_at, &attribute->value_line, &attribute->value_column);
    }
}

/* True where the element is not kept, or is inside one that is not. */
static bool pass_over(struct builder *builder, const xmlChar *name)
{
    struct slice unwanted = builder->limits.passed_over;
    bool begins = builder->depth == 1 && unwanted.len && slice_equal(text_of(name), unwanted);
    if (builder->passed_over == 0 && !begins)
        return false;
    builder->passed_over++;
    builder->cursor.at++;
    return true;
}

static void on_start_element(void *data, const xmlChar *name, const xmlChar *prefix,
                             const xmlChar *uri, int name_space_count, const xmlChar **name_spaces,
                             int count, int defaulted_count, const xmlChar **attributes)
{
    (void)prefix, (void)name_space_count, (void)name_spaces, (void)defaulted_count;
    struct builder *builder = data;
    if (builder->failed)
        return;
    bool found = next_tag(&builder->cursor);
    size_t at = builder->cursor.at;
    if (!found)
        return fail_at(builder, at, SLICE("cannot be read as XML"));
    if (builder->depth + builder->passed_over == builder->limits.max_depth)
        return fail_at(builder, at, SLICE("elements are nested too deep"));
    if (builder->element_count++ == builder->limits.max_elements)
        return fail_at(builder, at, SLICE("too many elements"));
    if (arena_exceeded(builder->arena))
        return fail_at(builder, at, SLICE("too large"));
    if (pass_over(builder, name))
        return;
    struct xml_element *element = add_element(builder, name, uri);
    builder->open[builder->depth++] = (struct open_element){element, 0};
    add_attributes(builder, element, attributes, (size_t)count);
}

static void on_end_element(void *data, const xmlChar *name, const xmlChar *prefix,
                           const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    struct builder *builder = data;
    if (!builder->failed && builder->passed_over > 0)
        builder->passed_over--;
    else if (!builder->failed && builder->depth > 0)
        builder->depth--;
}

static void on_text(void *data, const xmlChar *text, int length)
{
    struct builder *builder = data;
    if (builder->failed || builder->depth == 0 || builder->passed_over || length <= 0)
        return;
    if (arena_exceeded(builder->arena))
        return fail_at(builder, builder->cursor.at, SLICE("too large"));
    struct open_element *open = &builder->open[builder->depth - 1];
    struct slice *all = &open->element->text;
    size_t needed = all->len + (size_t)length;
    char *grown = (char *)(uintptr_t)all->ptr;
    if (needed > open->capacity) {
        size_t capacity = needed > 2 * open->capacity ? needed : 2 * open->capacity;
        grown = arena_grow(builder->arena, grown, open->capacity, capacity);
        open->capacity = capacity;
    }
    memcpy(grown + all->len, text, (size_t)length);
    *all = (struct slice){grown, needed};
}

static void on_doctype(void *data, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    struct builder *builder = data;
    size_t at = slice_find(builder->cursor.source, SLICE("<!DOCTYPE"));
    fail_at(builder, at, SLICE("DOCTYPE is not allowed"));
}

/* Either tag may be the one that is misspelt: it is said at the first, with the line of the other.
 */
static void fail_mismatch(struct builder *builder, xmlErrorPtr error)
{
    const struct xml_element *open = builder->open[builder->depth - 1].element;
    struct slice closing = error->str2 ? slice_of(error->str2) : SLICE("...");
    closing = slice_part(closing, 0, LONGEST_WORDS);
    closing = slice_part(closing, 0, utf8_check(closing));
    fail(builder, open->line, open->column,
         arena_format(builder->arena, "<%.*s> is closed by </%.*s> in line %d",
                      SLICE_ARG(open->name), SLICE_ARG(closing), error->line));
}

static void on_error(void *data, xmlErrorPtr error)
{
    struct builder *builder = data;
    if (builder->failed || error->level < XML_ERR_ERROR)
        return;
    if (error->code == XML_ERR_TAG_NAME_MISMATCH && builder->depth > 0)
        return fail_mismatch(builder, error);
    /* libxml2's messages name tags and attributes, never their contents. */
    struct slice words = slice_trim(slice_of(error->message));
    words = slice_part(words, 0, slice_find_byte(words, '\n'));
    words = slice_part(words, 0, LONGEST_WORDS);
    words = slice_part(words, 0, utf8_check(words));
    char *copy = arena_string(builder->arena, words.len ? words : SLICE("not well formed"));
    if (copy[0] >= 'A' && copy[0] <= 'Z' && !(copy[1] >= 'A' && copy[1] <= 'Z'))
        copy[0] = (char)(copy[0] + ('a' - 'A'));
    long at = xmlByteConsumed(builder->parser);
    if (at >= 0)
        return fail_at(builder, (size_t)at, slice_of(copy));
    fail(builder, error->line > 0 ? (unsigned)error->line : 1, 0, slice_of(copy));
}

/* --- the whole --- */

/* What can be refused before libxml2 looks at it. */
static void check_source(struct builder *builder)
{
    struct slice source = builder->cursor.source;
    struct slice begin = slice_trim(
        slice_starts_with(source, SLICE("\xEF\xBB\xBF")) ? slice_after(source, 3) : source);
    /* Said without a line, which whoever prints issues would show: it may be a message. */
    if (begin.len > 0 && begin.ptr[0] != '<')
        return fail(builder, 0, 0, SLICE("is no XML: it does not begin with '<'"));
    if (source.len > builder->limits.max_bytes || source.len > INT_MAX)
        return fail(builder, 0, 0, SLICE("too large"));
    size_t wrong = utf8_check(source);
    if (wrong < source.len)
        return fail_at(builder, wrong, SLICE("text is not valid UTF-8"));
    /* XML 1.0 2.2: no NUL; libxml2 takes one behind the root element for the end. */
    size_t nul = slice_find_byte(source, '\0');
    if (nul < source.len)
        return fail_at(builder, nul, SLICE("text has a NUL byte"));
    struct cursor cursor = {.source = source};
    while (next_tag(&cursor)) {
        size_t tag = cursor.at++;
        struct raw_attribute attribute;
        take_name(&cursor);
        for (int count = 0; next_attribute(&cursor, &attribute);)
            if (++count > MOST_ATTRIBUTES)
                return fail_at(builder, tag, SLICE("too many attributes in one element"));
    }
}

static void run_parser(struct builder *builder)
{
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start_element,
        .endElementNs = on_end_element,
        .characters = on_text,
        .cdataBlock = on_text,
        .ignorableWhitespace = on_text,
        .internalSubset = on_doctype,
        .serror = on_error,
    };
    builder->parser = xmlNewParserCtxt();
    if (!builder->parser)
        return fail(builder, 0, 0, SLICE("could not be read: no memory"));
    *builder->parser->sax = handler;
    builder->parser->userData = builder;
    /* NOENT: else libxml2 leaves "&amp;" in attributes as "&#38;". There is nothing else it could
     * substitute, because a DOCTYPE ends the parse. IGNORE_ENC: the text is UTF-8, which was
     * checked, whatever its declaration says. */
    int options = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC;
    struct slice source = builder->cursor.source;
    xmlDocPtr none = xmlCtxtReadMemory(builder->parser, source.ptr ? source.ptr : "",
                                       (int)source.len, NULL, NULL, options);
    bool well_formed = builder->parser->wellFormed && builder->parser->nsWellFormed;
    xmlFreeDoc(none);
    xmlFreeParserCtxt(builder->parser);
    builder->parser = NULL;
    if (!well_formed || !builder->root)
        fail_at(builder, 0, SLICE("no XML document"));
}

int xml_parse(struct slice file, struct slice text, struct xml_limits limits, struct arena *arena,
              struct xml_document *ret_document, struct issue_list *issues)
{
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
        text = slice_after(text, 3);
    struct builder builder = {
        .cursor = {.source = text, .line = 1},
        .file = file,
        .arena = arena,
        .issues = issues,
        .limits = {.max_bytes = limits.max_bytes ? limits.max_bytes : DEFAULT_BYTES,
                   .max_elements = limits.max_elements ? limits.max_elements : DEFAULT_ELEMENTS,
                   .max_depth = limits.max_depth ? limits.max_depth : DEFAULT_DEPTH,
                   .passed_over = limits.passed_over},
    };
    struct arena *scratch = arena_new(0);
    builder.open = ARENA_ARRAY(scratch, builder.limits.max_depth, struct open_element);
    check_source(&builder);
    if (!builder.failed)
        run_parser(&builder);
    arena_free(scratch);
    if (builder.failed)
        return -1;
    *ret_document = (struct xml_document){file, text, builder.root};
    return 0;
}

const struct xml_attribute *xml_attribute(const struct xml_element *element, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (slice_equal(element->attributes[i].name, slice_of(name)))
            return &element->attributes[i];
    return NULL;
}

struct slice xml_value(const struct xml_element *element, const char *name)
{
    const struct xml_attribute *attribute = xml_attribute(element, name);
    return attribute ? attribute->value : SLICE("");
}

const struct xml_element *xml_child(const struct xml_element *parent, const char *name,
                                    const struct xml_element *previous)
{
    const struct xml_element *child = previous ? previous->next : parent->first_child;
    while (child && name && !slice_equal(child->name, slice_of(name)))
        child = child->next;
    return child;
}

struct issue_place xml_place(const struct xml_document *document, const struct xml_element *element)
{
    return issue_place_file(document->file, element->line, element->column);
}

struct issue_place xml_value_place(const struct xml_document *document,
                                   const struct xml_attribute *attribute, size_t offset,
                                   size_t length)
{
    struct issue_place place =
        issue_place_file(document->file, attribute->value_line, attribute->value_column);
    if (!attribute->value_exact)
        return place;
    place.column += (unsigned)offset;
    place.length = (unsigned)length;
    return place;
}
