/* http_reader: see the header for the picture and why the head is checked before http-parser. */
#include "net/http_reader.h"

#include <http_parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "net/http_chunk.h"
#include "net/http_target.h"
#include "net/loop_internal.h"

#define DEFAULT_REQUEST_LINE ((size_t)8 << 10)
#define DEFAULT_HEADER_BYTES ((size_t)16 << 10)
#define DEFAULT_HEADERS 64
#define MOST_BLANK_LINES 2   /* RFC 9112 2.2: at least one empty line before a request is ignored */
#define NO_LENGTH UINT64_MAX /* http-parser's content_length where there is none */

struct http_reader {
    struct http_limits limits;
    size_t (*body_limit)(void *data, struct http_request *request);
    void *data;
    enum http_reader_state state;
    struct http_request *request; /* in the arena; NULL before the head was accepted */

    struct buffer head;
    size_t line_start;    /* in head, of the line being read */
    size_t lines;         /* whole ones, the request line included */
    size_t headers_start; /* in head, behind the request line */
    unsigned blank_lines;

    struct buffer body;
    size_t max_body;
    uint64_t body_left; /* without chunks */
    bool chunked;
    bool wants_continue;
    struct http_chunk_reader chunks;
};

/* What http-parser says of a head. */
struct verdict {
    struct http_header *headers;
    size_t count;
    size_t capacity;
    struct slice target;
    uint64_t content_length;
    unsigned major;
    unsigned minor;
    bool chunked;
    bool keep_alive;
    bool complete;
};

struct http_reader *http_reader_new(const struct http_limits *limits,
                                    size_t (*body_limit)(void *data, struct http_request *request),
                                    void *data)
{
    struct http_reader *reader = net_allocate(sizeof(*reader));
    struct http_limits *own = &reader->limits;
    if (limits)
        *own = *limits;
    own->max_request_line = own->max_request_line ? own->max_request_line : DEFAULT_REQUEST_LINE;
    own->max_header_bytes = own->max_header_bytes ? own->max_header_bytes : DEFAULT_HEADER_BYTES;
    own->max_headers = own->max_headers ? own->max_headers : DEFAULT_HEADERS;
    reader->body_limit = body_limit;
    reader->data = data;
    buffer_init(&reader->head, own->max_request_line + own->max_header_bytes + 8);
    buffer_init(&reader->body, 0);
    return reader;
}

void http_reader_free(struct http_reader *reader)
{
    if (!reader)
        return;
    buffer_release(&reader->head);
    buffer_release(&reader->body);
    free(reader);
}

static int refuse(struct issue_list *issues, enum issue_code code, const char *words)
{
    issue_report(issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

/* --- the head, line by line ------------------------------------------------------------------- */

/* RFC 9110 5.6.2: tchar */
static bool is_token(struct slice text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool digit = byte >= '0' && byte <= '9';
        if (!letter && !digit && !memchr(others, byte, sizeof(others) - 1))
            return false;
    }
    return text.len > 0;
}

static int check_request_line(const struct http_reader *reader, struct slice line,
                              struct issue_list *issues)
{
    if (line.len > reader->limits.max_request_line)
        return refuse(issues, ISSUE_URI_TOO_LONG, "the request line is too long");
    struct slice rest = line;
    struct slice method;
    struct slice target;
    slice_split(&rest, ' ', &method);
    if (!is_token(method) || !slice_split(&rest, ' ', &target) || target.len == 0 ||
        slice_find_byte(rest, ' ') < rest.len)
        return refuse(issues, ISSUE_SYNTAX, "the request line is not method, target, version");
    return 0;
}

/* RFC 9110 5.5; http-parser does not look at the first byte of a value. */
static bool has_control(struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool control = (unsigned char)line.ptr[i] < ' ' || line.ptr[i] == 0x7f;
        if (control && line.ptr[i] != '\t')
            return true;
    }
    return false;
}

static int check_header_line(const struct http_reader *reader, struct slice line,
                             struct issue_list *issues)
{
    if (reader->lines > reader->limits.max_headers)
        return refuse(issues, ISSUE_HEADERS_TOO_LARGE, "too many headers");
    /* RFC 9112 5.2: a server that gets a folded line in a request may refuse it. */
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return refuse(issues, ISSUE_SYNTAX, "a header is folded");
    /* RFC 9112 5.1: no whitespace between the name and the colon. */
    if (!is_token(slice_part(line, 0, slice_find_byte(line, ':'))))
        return refuse(issues, ISSUE_SYNTAX, "a header name is no token");
    if (has_control(line))
        return refuse(issues, ISSUE_SYNTAX, "a header holds a control character");
    return 0;
}

/* The line that has just ended, with its line feed. 1: the head is whole. */
static int end_line(struct http_reader *reader, struct issue_list *issues)
{
    struct slice line = slice_after(buffer_slice(&reader->head), reader->line_start);
    if (line.len < 2 || line.ptr[line.len - 2] != '\r')
        return refuse(issues, ISSUE_SYNTAX, "a line feed without a carriage return");
    line.len -= 2;
    if (slice_find_byte(line, '\r') < line.len || slice_find_byte(line, '\0') < line.len)
        return refuse(issues, ISSUE_SYNTAX, "a carriage return or NUL inside a line");
    if (line.len == 0 && reader->lines > 0)
        return 1;
    if (line.len == 0) {
        buffer_reset(&reader->head);
        reader->state = HTTP_READER_BETWEEN;
        reader->blank_lines++;
        return reader->blank_lines > MOST_BLANK_LINES
                   ? refuse(issues, ISSUE_SYNTAX, "empty lines before the request")
                   : 0;
    }
    int result = reader->lines == 0 ? check_request_line(reader, line, issues)
                                    : check_header_line(reader, line, issues);
    reader->line_start = reader->head.len;
    if (reader->lines == 0)
        reader->headers_start = reader->line_start;
    reader->lines++;
    return result;
}

/* A line without its end yet may already be too long. */
static int check_length(const struct http_reader *reader, struct issue_list *issues)
{
    size_t line_length = reader->head.len - reader->line_start;
    if (reader->lines == 0 && line_length > reader->limits.max_request_line + 2)
        return refuse(issues, ISSUE_URI_TOO_LONG, "the request line is too long");
    size_t header_bytes = reader->head.len - reader->headers_start;
    if (reader->lines > 0 && header_bytes > reader->limits.max_header_bytes)
        return refuse(issues, ISSUE_HEADERS_TOO_LARGE, "the headers are too large");
    return 0;
}

/* 1: the head is whole. */
static int read_head(struct http_reader *reader, struct slice *bytes, struct issue_list *issues)
{
    int result = 0;
    while (bytes->len > 0 && result == 0) {
        reader->state = HTTP_READER_HEAD;
        size_t room = reader->head.ceiling - reader->head.len;
        struct slice piece = slice_part(*bytes, 0, slice_find_byte(*bytes, '\n') + 1);
        piece = slice_part(piece, 0, room);
        buffer_append(&reader->head, piece);
        *bytes = slice_after(*bytes, piece.len);
        bool ended = piece.len > 0 && piece.ptr[piece.len - 1] == '\n';
        result = check_length(reader, issues);
        if (result == 0 && ended)
            result = end_line(reader, issues);
    }
    return result;
}

/* --- the head, as http-parser sees it --------------------------------------------------------- */

static int on_target(http_parser *parser, const char *at, size_t length)
{
    struct verdict *verdict = parser->data;
    verdict->target = (struct slice){at, length};
    return 0;
}

static int on_name(http_parser *parser, const char *at, size_t length)
{
    struct verdict *verdict = parser->data;
    if (verdict->count == verdict->capacity)
        return -1;
    verdict->headers[verdict->count++].name = (struct slice){at, length};
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t length)
{
    struct verdict *verdict = parser->data;
    if (verdict->count == 0)
        return -1;
    verdict->headers[verdict->count - 1].value = slice_trim((struct slice){at, length});
    return 0;
}

static int on_complete(http_parser *parser)
{
    struct verdict *verdict = parser->data;
    verdict->content_length = parser->flags & F_CONTENTLENGTH ? parser->content_length : NO_LENGTH;
    verdict->chunked = parser->flags & F_CHUNKED;
    verdict->keep_alive = http_should_keep_alive(parser) != 0;
    verdict->major = parser->http_major;
    verdict->minor = parser->http_minor;
    verdict->complete = true;
    return 0;
}

static int judge_head(struct slice head, struct verdict *verdict, struct issue_list *issues)
{
    static const http_parser_settings callbacks = {.on_url = on_target,
                                                   .on_header_field = on_name,
                                                   .on_header_value = on_value,
                                                   .on_headers_complete = on_complete};
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = verdict;
    http_parser_execute(&parser, &callbacks, head.ptr, head.len);
    enum http_errno error = HTTP_PARSER_ERRNO(&parser);
    if (error != HPE_OK)
        return refuse(issues, ISSUE_SYNTAX, http_errno_description(error));
    if (!verdict->complete)
        return refuse(issues, ISSUE_SYNTAX, "the head of the request is not whole");
    if (verdict->major != 1 || verdict->minor > 1)
        return refuse(issues, ISSUE_SYNTAX, "not HTTP/1.1 or HTTP/1.0");
    return 0;
}

/* --- from head to request --------------------------------------------------------------------- */

static int find_method(struct slice name, struct http_request *request, struct issue_list *issues)
{
    for (int method = HTTP_METHOD_GET; method <= HTTP_METHOD_OPTIONS; method++) {
        if (slice_equal(name, slice_of(http_method_name((enum http_request_method)method)))) {
            request->method = (enum http_request_method)method;
            request->method_name = name;
            return 0;
        }
    }
    return refuse(issues, ISSUE_METHOD, "no such method here");
}

/* RFC 9112 6.1: what is not chunked alone cannot be framed; 1.0 knows no Transfer-Encoding; with a
 * Content-Length beside it the request may be an attack. */
static int check_coding(const struct http_request *request, const struct verdict *verdict,
                        struct issue_list *issues)
{
    size_t position = 0;
    struct slice coding;
    struct slice another;
    if (!http_request_next_header(request, "transfer-encoding", &position, &coding))
        return 0;
    bool alone = !http_request_next_header(request, "transfer-encoding", &position, &another);
    bool chunked = slice_equal_ignoring_case(coding, SLICE("chunked")) && verdict->chunked;
    if (!alone || !chunked || request->minor == 0 || verdict->content_length != NO_LENGTH)
        return refuse(issues, ISSUE_SYNTAX, "the Transfer-Encoding is not chunked alone");
    return 0;
}

static int check_expectation(struct http_reader *reader, const struct http_request *request,
                             struct issue_list *issues)
{
    struct slice expectation = http_request_header(request, "expect");
    if (!expectation.ptr)
        return 0;
    if (!slice_equal_ignoring_case(expectation, SLICE("100-continue")))
        return refuse(issues, ISSUE_NOT_SUPPORTED, "the expectation is not supported");
    reader->wants_continue = request->minor == 1;
    return 0;
}

static int begin_body(struct http_reader *reader, const struct verdict *verdict,
                      struct issue_list *issues)
{
    reader->chunked = verdict->chunked;
    reader->chunks = (struct http_chunk_reader){.state = HTTP_CHUNK_BEGIN};
    reader->body_left =
        verdict->content_length != NO_LENGTH && !verdict->chunked ? verdict->content_length : 0;
    if (!reader->chunked && reader->body_left == 0) {
        reader->state = HTTP_READER_DONE;
        return 1;
    }
    reader->state = HTTP_READER_BODY;
    reader->max_body = reader->body_limit(reader->data, reader->request);
    buffer_init(&reader->body, reader->max_body);
    if (reader->body_left > reader->max_body)
        return refuse(issues, ISSUE_TOO_LARGE_MESSAGE, "the body is too large");
    return 0;
}

/* 1: there is no body. */
static int end_head(struct http_reader *reader, struct arena *arena, struct issue_list *issues)
{
    struct slice head = arena_copy(arena, buffer_slice(&reader->head));
    struct http_request *request = ARENA_NEW(arena, struct http_request);
    struct verdict verdict = {.capacity = reader->lines - 1};
    verdict.headers = ARENA_ARRAY(arena, verdict.capacity, struct http_header);
    buffer_release(&reader->head);
    struct slice method = slice_part(head, 0, slice_find_byte(head, ' '));
    request->arena = arena;
    if (find_method(method, request, issues) != 0 || judge_head(head, &verdict, issues) != 0)
        return -1;
    request->target = verdict.target;
    request->headers = verdict.headers;
    request->header_count = verdict.count;
    request->minor = verdict.minor;
    request->keep_alive = verdict.keep_alive;
    if (http_target_read(request, issues) != 0)
        return -1;
    reader->request = request;
    if (check_coding(request, &verdict, issues) != 0 ||
        check_expectation(reader, request, issues) != 0)
        return -1;
    return begin_body(reader, &verdict, issues);
}

/* --- the body --------------------------------------------------------------------------------- */

static int end_body(struct http_reader *reader)
{
    reader->state = HTTP_READER_DONE;
    reader->request->body = buffer_slice(&reader->body);
    return 1;
}

static int read_chunks(struct http_reader *reader, struct slice *bytes, struct issue_list *issues)
{
    struct slice data;
    int result;
    while ((result = http_chunk_read(&reader->chunks, bytes, &data)) == 1) {
        if (data.len > reader->max_body - reader->body.len)
            return refuse(issues, ISSUE_TOO_LARGE_MESSAGE, "the body is too large");
        buffer_append(&reader->body, data);
    }
    if (result < 0)
        return refuse(issues, ISSUE_SYNTAX, "the chunks of the body are not well formed");
    return reader->chunks.state == HTTP_CHUNK_DONE ? end_body(reader) : 0;
}

static int read_body(struct http_reader *reader, struct slice *bytes, struct issue_list *issues)
{
    if (reader->chunked)
        return read_chunks(reader, bytes, issues);
    struct slice part = slice_part(*bytes, 0, reader->body_left);
    buffer_append(&reader->body, part);
    *bytes = slice_after(*bytes, part.len);
    reader->body_left -= part.len;
    return reader->body_left == 0 ? end_body(reader) : 0;
}

/* --- the header's verbs ----------------------------------------------------------------------- */

int http_reader_feed(struct http_reader *reader, struct slice *bytes, struct arena *arena,
                     struct issue_list *issues)
{
    if (reader->state == HTTP_READER_DONE)
        return 1;
    if (reader->state == HTTP_READER_FAILED)
        return -1;
    int result = 0;
    if (reader->state != HTTP_READER_BODY) {
        result = read_head(reader, bytes, issues);
        if (result == 1)
            result = end_head(reader, arena, issues);
    }
    if (result == 0 && reader->state == HTTP_READER_BODY)
        result = read_body(reader, bytes, issues);
    if (result < 0)
        reader->state = HTTP_READER_FAILED;
    return result;
}

struct http_request *http_reader_request(const struct http_reader *reader)
{
    return reader->request;
}

bool http_reader_take_continue(struct http_reader *reader)
{
    bool wanted = reader->state == HTTP_READER_BODY && reader->wants_continue;
    reader->wants_continue = false;
    return wanted;
}

enum http_reader_state http_reader_state(const struct http_reader *reader)
{
    return reader->state;
}

size_t http_reader_body_bytes(const struct http_reader *reader)
{
    return reader->body.len;
}

void http_reader_next(struct http_reader *reader)
{
    buffer_release(&reader->head);
    buffer_release(&reader->body);
    reader->state = HTTP_READER_BETWEEN;
    reader->request = NULL;
    reader->line_start = 0;
    reader->lines = 0;
    reader->blank_lines = 0;
    reader->wants_continue = false;
}
