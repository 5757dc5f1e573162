/* Requests from bytes: what is taken, what is refused, and with which status. Every row is fed
 * whole and byte by byte, and must give the same. */
#include "net/http_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "support/same.h"
#include "support/suite.h"

#define HOST "Host: localhost\r\n"
#define END "\r\n"

enum { BODY_LIMIT = 8 };

static size_t body_limit(void *data, struct http_request *request)
{
    (void)data;
    ck_assert_uint_gt(request->path.len, 0);
    return BODY_LIMIT;
}

/* Feeds until one request is whole or refused; gives what feed gave last. */
static int feed_in_pieces(struct http_reader *reader, struct slice input, size_t length,
                          struct arena *arena, struct issue_list *issues)
{
    int result = 0;
    for (size_t at = 0; at < input.len && result == 0; at += length) {
        struct slice piece = slice_part(input, at, length);
        char *copy = malloc(piece.len);
        memcpy(copy, piece.ptr, piece.len);
        struct slice rest = {copy, piece.len};
        result = http_reader_feed(reader, &rest, arena, issues);
        ck_assert(result != 0 || rest.len == 0);
        free(copy);
    }
    return result;
}

/* --- taken -------------------------------------------------------------------------------------
 */

static const struct {
    const char *what;
    struct slice input;
    enum http_request_method method;
    const char *path, *query, *host, *body;
    bool keep_alive;
} taken[] = {
    {"a plain request", SLICE_INIT("GET /fhir/Patient?_id=1 HTTP/1.1\r\n" HOST END),
     HTTP_METHOD_GET, "/fhir/Patient", "_id=1", "localhost", "", true},
    {"HTTP/1.0 needs no Host and does not stay", SLICE_INIT("GET / HTTP/1.0\r\n\r\n"),
     HTTP_METHOD_GET, "/", "", "", "", false},
    {"HTTP/1.0 may stay", SLICE_INIT("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
     HTTP_METHOD_GET, "/", "", "", "", true},
    {"Connection: close", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n" END),
     HTTP_METHOD_GET, "/", "", "localhost", "", false},
    {"a body by its length",
     SLICE_INIT("POST /a HTTP/1.1\r\n" HOST "Content-Length: 8\r\n" END "12345678"),
     HTTP_METHOD_POST, "/a", "", "localhost", "12345678", true},
    {"a body in chunks",
     SLICE_INIT("PUT /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END
                "3\r\nabc\r\n0002;x=\"y\"\r\nde\r\n0\r\nTrailer: t\r\n\r\n"),
     HTTP_METHOD_PUT, "/a", "", "localhost", "abcde", true},
    {"an empty body in chunks",
     SLICE_INIT("PUT /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n"),
     HTTP_METHOD_PUT, "/a", "", "localhost", "", true},
    {"escapes in the path are decoded once",
     SLICE_INIT("GET /a%20b/%C3%A9/%252e?x=%2F HTTP/1.1\r\n" HOST END), HTTP_METHOD_GET,
     "/a b/\xc3\xa9/%2e", "x=%2F", "localhost", "", true},
    {"the absolute form of a proxy (RFC 9112 3.2.2)",
     SLICE_INIT("GET https://localhost/a?b HTTP/1.1\r\n" HOST END), HTTP_METHOD_GET, "/a", "b",
     "localhost", "", true},
    {"the absolute form without a path", SLICE_INIT("GET http://localhost?b HTTP/1.1\r\n" HOST END),
     HTTP_METHOD_GET, "/", "b", "localhost", "", true},
    {"the asterisk form", SLICE_INIT("OPTIONS * HTTP/1.1\r\n" HOST END), HTTP_METHOD_OPTIONS, "*",
     "", "localhost", "", true},
    {"an empty line before it (RFC 9112 2.2)", SLICE_INIT("\r\nGET / HTTP/1.1\r\n" HOST END),
     HTTP_METHOD_GET, "/", "", "localhost", "", true},
    {"a host with its port", SLICE_INIT("HEAD / HTTP/1.1\r\nHost: example.org:8443\r\n" END),
     HTTP_METHOD_HEAD, "/", "", "example.org", "", true},
    {"an IPv6 host", SLICE_INIT("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n" END), HTTP_METHOD_GET, "/",
     "", "[::1]", "", true},
    {"a bar in a query, as clients send it",
     SLICE_INIT("GET /a?identifier=urn:x|A1 HTTP/1.1\r\n" HOST END), HTTP_METHOD_GET, "/a",
     "identifier=urn:x|A1", "localhost", "", true},
    {"names of headers in any case", SLICE_INIT("GET / HTTP/1.1\r\nhOsT:localhost \r\n" END),
     HTTP_METHOD_GET, "/", "", "localhost", "", true},
};

static void check_taken(struct http_reader *reader, size_t row, size_t length)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = feed_in_pieces(reader, taken[row].input, length, arena, &issues);
    const struct issue *issue = issue_list_first_error(&issues);
    ck_assert_msg(result == 1, "%s, pieces of %zu: %.*s", taken[row].what, length,
                  issue ? (int)issue->words.len : 0, issue ? issue->words.ptr : "");
    const struct http_request *request = http_reader_request(reader);
    ck_assert_int_eq(request->method, taken[row].method);
    CK_SAME(request->path, taken[row].path);
    CK_SAME(request->query, taken[row].query);
    CK_SAME(request->host, taken[row].host);
    CK_SAME(request->body, taken[row].body);
    ck_assert_int_eq(request->keep_alive, taken[row].keep_alive);
    http_reader_next(reader);
    ck_assert_ptr_null(http_reader_request(reader));
    arena_free(arena);
}

START_TEST(a_good_request_is_taken_for_any_split)
{
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    check_taken(reader, (size_t)_i, taken[_i].input.len);
    check_taken(reader, (size_t)_i, 1);
    check_taken(reader, (size_t)_i, 3);
    http_reader_free(reader);
}
END_TEST

START_TEST(what_follows_a_request_is_left_for_the_next)
{
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    struct arena *arena = arena_new(0);
    struct slice input =
        SLICE("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nxGET /2 HTTP/1.1\r\n" HOST END);
    ck_assert_int_eq(http_reader_feed(reader, &input, arena, NULL), 1);
    CK_SAME(http_reader_request(reader)->path, "/1");
    CK_SAME(http_reader_request(reader)->body, "x");
    ck_assert_int_eq(http_reader_state(reader), HTTP_READER_DONE);
    http_reader_next(reader);
    ck_assert_int_eq(http_reader_feed(reader, &input, arena, NULL), 1);
    CK_SAME(http_reader_request(reader)->path, "/2");
    ck_assert_uint_eq(input.len, 0);
    http_reader_free(reader);
    arena_free(arena);
}
END_TEST

START_TEST(who_waits_for_100_continue_is_told_once)
{
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    struct arena *arena = arena_new(0);
    struct slice input =
        SLICE("POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
    ck_assert_int_eq(http_reader_feed(reader, &input, arena, NULL), 0);
    ck_assert(http_reader_take_continue(reader));
    ck_assert(!http_reader_take_continue(reader));
    http_reader_free(reader);
    arena_free(arena);
}
END_TEST

START_TEST(headers_are_found_in_any_case_and_all_of_a_name)
{
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    struct arena *arena = arena_new(0);
    struct slice input =
        SLICE("GET / HTTP/1.1\r\n" HOST "Accept: a\r\nX-Empty:\r\naccept:  b c \r\n\r\n");
    ck_assert_int_eq(http_reader_feed(reader, &input, arena, NULL), 1);
    const struct http_request *request = http_reader_request(reader);
    CK_SAME(http_request_header(request, "ACCEPT"), "a");
    CK_SAME(http_request_header(request, "x-empty"), "");
    ck_assert_ptr_null(http_request_header(request, "x-none").ptr);
    size_t position = 0;
    struct slice value;
    ck_assert(http_request_next_header(request, "accept", &position, &value));
    ck_assert(http_request_next_header(request, "accept", &position, &value));
    CK_SAME(value, "b c");
    ck_assert(!http_request_next_header(request, "accept", &position, &value));
    http_reader_free(reader);
    arena_free(arena);
}
END_TEST

/* --- refused -----------------------------------------------------------------------------------
 */

#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST

static const struct {
    const char *what;
    struct slice input;
    enum issue_code code;
} refused[] = {
    {"a blank before the colon", SLICE_INIT("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), ISSUE_SYNTAX},
    {"a blank in a name", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X Y: a\r\n\r\n"), ISSUE_SYNTAX},
    {"a header without a colon", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"), ISSUE_SYNTAX},
    {"a header without a name", SLICE_INIT("GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"), ISSUE_SYNTAX},
    {"a folded header", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), ISSUE_SYNTAX},
    {"a folded first header", SLICE_INIT("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), ISSUE_SYNTAX},
    {"a bare line feed after the request line", SLICE_INIT("GET / HTTP/1.1\n" HOST END),
     ISSUE_SYNTAX},
    {"a bare line feed after a header", SLICE_INIT("GET / HTTP/1.1\r\nHost: a\n\r\n"),
     ISSUE_SYNTAX},
    {"a bare line feed at the end", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "\n"), ISSUE_SYNTAX},
    {"a bare carriage return in a value", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"),
     ISSUE_SYNTAX},
    {"NUL in a value", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), ISSUE_SYNTAX},
    {"a control character in a value", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: \x01\r\n\r\n"),
     ISSUE_SYNTAX},
    {"no Host", SLICE_INIT("GET / HTTP/1.1\r\n\r\n"), ISSUE_SYNTAX},
    {"two Host", SLICE_INIT("GET / HTTP/1.1\r\n" HOST HOST END), ISSUE_SYNTAX},
    {"an empty Host", SLICE_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), ISSUE_SYNTAX},
    {"a Host that is none", SLICE_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), ISSUE_SYNTAX},
    {"a Host with a port that is none", SLICE_INIT("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
     ISSUE_SYNTAX},
    {"a target for another host", SLICE_INIT("GET http://other/ HTTP/1.1\r\n" HOST END),
     ISSUE_SYNTAX},
    {"HTTP/0.9", SLICE_INIT("GET /\r\n\r\n"), ISSUE_SYNTAX},
    {"HTTP/2.0", SLICE_INIT("GET / HTTP/2.0\r\n" HOST END), ISSUE_SYNTAX},
    {"HTTP/1.2", SLICE_INIT("GET / HTTP/1.2\r\n" HOST END), ISSUE_SYNTAX},
    {"two blanks in the request line", SLICE_INIT("GET  / HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a blank in the target", SLICE_INIT("GET /a b HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a method nobody serves", SLICE_INIT("BREW / HTTP/1.1\r\n" HOST END), ISSUE_METHOD},
    {"TRACE", SLICE_INIT("TRACE / HTTP/1.1\r\n" HOST END), ISSUE_METHOD},
    {"CONNECT", SLICE_INIT("CONNECT localhost:1 HTTP/1.1\r\n" HOST END), ISSUE_METHOD},
    {"a method that is no token", SLICE_INIT("G(T / HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a handshake of TLS", SLICE_INIT("\x16\x03\x01\x02\x01\r\n\r\n"), ISSUE_SYNTAX},
    {"a target without a slash", SLICE_INIT("GET a HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"the asterisk form of GET", SLICE_INIT("GET * HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a fragment", SLICE_INIT("GET /a#b HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a byte above ASCII in the target", SLICE_INIT("GET /\xc3\xa9 HTTP/1.1\r\n" HOST END),
     ISSUE_SYNTAX},
    {"dot segments", SLICE_INIT("GET /a/../b HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"dot segments at the end", SLICE_INIT("GET /a/. HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"escaped dot segments", SLICE_INIT("GET /a/%2e%2E/b HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"an escaped slash", SLICE_INIT("GET /a%2fb HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"an escaped backslash", SLICE_INIT("GET /a%5Cb HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a backslash", SLICE_INIT("GET /a\\b HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"NUL in the path", SLICE_INIT("GET /a%00 HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"a line feed in the path", SLICE_INIT("GET /a%0a HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"half an escape", SLICE_INIT("GET /a%4 HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"an escape that is none", SLICE_INIT("GET /a%zz HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"overlong UTF-8 in the path", SLICE_INIT("GET /%c0%af HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"NUL in the query", SLICE_INIT("GET /?a=%00 HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"half an escape in the query", SLICE_INIT("GET /?a=% HTTP/1.1\r\n" HOST END), ISSUE_SYNTAX},
    {"two lengths", SLICE_INIT(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
     ISSUE_SYNTAX},
    {"two lengths in one", SLICE_INIT(POST "Content-Length: 1, 1\r\n\r\n"), ISSUE_SYNTAX},
    {"a length with a sign", SLICE_INIT(POST "Content-Length: +5\r\n\r\n"), ISSUE_SYNTAX},
    {"a length in hex", SLICE_INIT(POST "Content-Length: 0x5\r\n\r\n"), ISSUE_SYNTAX},
    {"a negative length", SLICE_INIT(POST "Content-Length: -1\r\n\r\n"), ISSUE_SYNTAX},
    {"a length beyond 64 bits", SLICE_INIT(POST "Content-Length: 18446744073709551616\r\n\r\n"),
     ISSUE_SYNTAX},
    {"length and chunks", SLICE_INIT(POST "Content-Length: 1\r\n" CHUNKED), ISSUE_SYNTAX},
    {"chunks and length",
     SLICE_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"), ISSUE_SYNTAX},
    {"a coding that is not chunked", SLICE_INIT(POST "Transfer-Encoding: gzip\r\n\r\n"),
     ISSUE_SYNTAX},
    {"chunked inside another", SLICE_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
     ISSUE_SYNTAX},
    {"chunked that is not last", SLICE_INIT(POST "Transfer-Encoding: chunked, x\r\n\r\n"),
     ISSUE_SYNTAX},
    {"chunked twice", SLICE_INIT(POST "Transfer-Encoding: chunked\r\n" CHUNKED), ISSUE_SYNTAX},
    {"chunked with something in front", SLICE_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n"),
     ISSUE_SYNTAX},
    {"chunks in HTTP/1.0", SLICE_INIT("POST / HTTP/1.0\r\n" CHUNKED), ISSUE_SYNTAX},
    {"an expectation of something else", SLICE_INIT(POST "Expect: wonders\r\n\r\n"),
     ISSUE_NOT_SUPPORTED},
    {"a body above the limit of its route", SLICE_INIT(POST "Content-Length: 9\r\n\r\n"),
     ISSUE_TOO_LARGE_MESSAGE},
    {"chunks above the limit of the route", SLICE_INIT(POST CHUNKED "5\r\nabcde\r\n4\r\nfghi\r\n"),
     ISSUE_TOO_LARGE_MESSAGE},
    {"a chunk size without digits", SLICE_INIT(POST CHUNKED "\r\n"), ISSUE_SYNTAX},
    {"a chunk size with a sign", SLICE_INIT(POST CHUNKED "+1\r\na\r\n"), ISSUE_SYNTAX},
    {"a chunk size in hex style", SLICE_INIT(POST CHUNKED "0x1\r\na\r\n"), ISSUE_SYNTAX},
    {"a blank after a chunk size", SLICE_INIT(POST CHUNKED "1 \r\na\r\n"), ISSUE_SYNTAX},
    {"a chunk size of nine digits", SLICE_INIT(POST CHUNKED "000000001\r\na\r\n"), ISSUE_SYNTAX},
    {"a bare line feed after a chunk size", SLICE_INIT(POST CHUNKED "1\na\r\n"), ISSUE_SYNTAX},
    {"another byte after a chunk's carriage return", SLICE_INIT(POST CHUNKED "1\rXa\r\n"),
     ISSUE_SYNTAX},
    {"a chunk longer than it says", SLICE_INIT(POST CHUNKED "1\r\nab\r\n"), ISSUE_SYNTAX},
    {"a bare line feed after a chunk", SLICE_INIT(POST CHUNKED "1\r\na\n0\r\n\r\n"), ISSUE_SYNTAX},
    {"a bare line feed in a trailer", SLICE_INIT(POST CHUNKED "0\r\nA: b\n\r\n"), ISSUE_SYNTAX},
    {"a control character in an extension", SLICE_INIT(POST CHUNKED "1;\x01\r\na\r\n"),
     ISSUE_SYNTAX},
};

static void check_refused(size_t row, size_t length)
{
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = feed_in_pieces(reader, refused[row].input, length, arena, &issues);
    ck_assert_msg(result == -1, "%s, pieces of %zu: gave %d", refused[row].what, length, result);
    ck_assert_msg(issues.count == 1 && issues.items[0].code == refused[row].code,
                  "%s, pieces of %zu: %s", refused[row].what, length,
                  issue_kind(issues.items[0].code)->name);
    struct slice good = SLICE("GET / HTTP/1.1\r\n" HOST END);
    ck_assert_int_eq(http_reader_feed(reader, &good, arena, &issues), -1);
    ck_assert_uint_eq(issues.count, 1);
    http_reader_free(reader);
    arena_free(arena);
}

START_TEST(a_bad_request_is_refused_for_any_split)
{
    check_refused((size_t)_i, refused[_i].input.len);
    check_refused((size_t)_i, 1);
}
END_TEST

/* --- caps --------------------------------------------------------------------------------------
 */

static struct slice repeat(struct arena *arena, const char *before, char byte, size_t count,
                           const char *after)
{
    char *bytes = arena_alloc(arena, count);
    memset(bytes, byte, count);
    return arena_format(arena, "%s%.*s%s", before, (int)count, bytes, after);
}

/* A request line of `line` bytes; headers of `headers` bytes, Host included, in `count` lines. */
static struct slice request_of(struct arena *arena, size_t line, size_t headers, size_t count)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    buffer_append(&buffer, repeat(arena, "GET /", 'a', line - strlen("GET / HTTP/1.1"),
                                  " HTTP/1.1\r\n" HOST));
    size_t used = strlen(HOST);
    for (size_t i = 2; i < count; i++, used += strlen("A: b\r\n"))
        buffer_append(&buffer, SLICE("A: b\r\n"));
    if (count > 1)
        buffer_append(&buffer,
                      repeat(arena, "B: ", 'b', headers - used - strlen("B: \r\n\r\n"), "\r\n"));
    buffer_append(&buffer, SLICE("\r\n"));
    struct slice request = arena_copy(arena, buffer_slice(&buffer));
    buffer_release(&buffer);
    return request;
}

static const struct {
    const char *what;
    size_t line, headers, count;
    enum issue_code code; /* ISSUE_NONE: taken */
} caps[] = {
    {"the longest request line", 8192, 0, 1, ISSUE_NONE},
    {"one byte more", 8193, 0, 1, ISSUE_URI_TOO_LONG},
    {"a very long request line", 60000, 0, 1, ISSUE_URI_TOO_LONG},
    {"the largest headers", 100, 16384, 2, ISSUE_NONE},
    {"one byte more of headers", 100, 16385, 2, ISSUE_HEADERS_TOO_LARGE},
    {"very large headers", 100, 70000, 2, ISSUE_HEADERS_TOO_LARGE},
    {"the most headers", 100, 2000, 64, ISSUE_NONE},
    {"one header more", 100, 2000, 65, ISSUE_HEADERS_TOO_LARGE},
};

START_TEST(caps_hold_to_the_byte)
{
    struct arena *arena = arena_new(0);
    struct slice input = request_of(arena, caps[_i].line, caps[_i].headers, caps[_i].count);
    for (size_t length = input.len; length >= 1; length = length > 1000 ? 1000 : length - 999) {
        struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
        struct issue_list issues;
        issue_list_init(&issues, arena);
        int result = feed_in_pieces(reader, input, length, arena, &issues);
        ck_assert_msg(result == (caps[_i].code == ISSUE_NONE ? 1 : -1), "%s, pieces of %zu: %d",
                      caps[_i].what, length, result);
        if (result < 0)
            ck_assert_int_eq(issues.items[0].code, caps[_i].code);
        http_reader_free(reader);
        if (length == 1)
            break;
    }
    arena_free(arena);
}
END_TEST

START_TEST(too_many_extensions_of_chunks_are_refused)
{
    struct arena *arena = arena_new(0);
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    struct slice input = repeat(arena, POST CHUNKED "1;", 'x', 5000, "\r\na\r\n");
    ck_assert_int_eq(feed_in_pieces(reader, input, input.len, arena, NULL), -1);
    http_reader_free(reader);
    arena_free(arena);
}
END_TEST

/* --- forms and escapes -------------------------------------------------------------------------
 */

START_TEST(forms_give_decoded_names_and_values)
{
    struct arena *arena = arena_new(0);
    struct slice rest = SLICE("a=1&&b=x+y%2B%26&c&=d&e=%C3%A9%0A");
    static const char *const expected[][2] = {
        {"a", "1"}, {"b", "x y+&"}, {"c", ""}, {"", "d"}, {"e", "\xc3\xa9\n"}};
    struct slice name;
    struct slice value;
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(http_form_next(&rest, arena, &name, &value), 1);
        CK_SAME(name, expected[i][0]);
        CK_SAME(value, expected[i][1]);
    }
    ck_assert_int_eq(http_form_next(&rest, arena, &name, &value), 0);
    static const struct slice wrong[] = {SLICE_INIT("a=%"), SLICE_INIT("%0=a"), SLICE_INIT("a=%00"),
                                         SLICE_INIT("a=%ff")};
    for (size_t i = 0; i < 4; i++) {
        rest = wrong[i];
        ck_assert_int_eq(http_form_next(&rest, arena, &name, &value), -1);
    }
    arena_free(arena);
}
END_TEST

START_TEST(what_is_encoded_is_decoded_back)
{
    struct arena *arena = arena_new(0);
    struct slice text = SLICE("a b/%\xc3\xa9~-._");
    struct slice encoded = http_percent_encode(text, arena);
    CK_SAME(encoded, "a%20b%2F%25%C3%A9~-._");
    struct slice decoded;
    ck_assert(http_percent_decode(encoded, arena, &decoded));
    ck_assert(slice_equal(decoded, text));
    arena_free(arena);
}
END_TEST

/* --- the shared corpus -------------------------------------------------------------------------
 */

/* What the manifest wants refused that is for the reader to refuse; the others are for the doors.
 */
static const struct {
    const char *file;
    int status;
} corpus[] = {
    {"llhttp-content-length-content-length-with-cr-instead-of-dash", 400},
    {"llhttp-content-length-spaces-in-content-length-3", 400},
    {"llhttp-invalid-corrupted-connection-header", 400},
    {"llhttp-sample-line-folding-in-header-value-with-lf", 400},
    {"llhttp-transfer-encoding-post-with-transfer-encoding-and-content-length", 400},
    {"llhttp-transfer-encoding-validate-chunk-parameters", 400},
    {"llhttp-uri-space-in-uri", 400},
    {"own-s-chunk-letters", 400},
    {"own-s-cl-letters", 400},
    {"own-s-cr-in-value", 400},
    {"own-s-dotdot", 400},
    {"own-s-header-60k", 431},
    {"own-s-missing-host", 400},
    {"own-s-te-and-cl", 400},
    {"own-s-uri-20k", 414},
    {"own-s-no-token", 0},
    {"own-s-text-xml-body", 0},
};

START_TEST(files_of_the_shared_corpus_are_answered_as_the_manifest_says)
{
    struct arena *arena = arena_new(0);
    char *path =
        suite_need_shared(arena_format(arena, "samples/badinput/http/%s.raw", corpus[_i].file).ptr);
    struct slice bytes;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_read(path, 1 << 20, arena, &bytes, &issues), 0);
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    int result = feed_in_pieces(reader, bytes, bytes.len, arena, &issues);
    /* Files that end in the middle are not refused before more has come: their head is closed. */
    if (result == 0)
        result = feed_in_pieces(reader, SLICE("\r\n\r\n"), 4, arena, &issues);
    ck_assert_int_eq(result, corpus[_i].status ? -1 : 1);
    if (result < 0)
        ck_assert_int_eq(issue_kind(issues.items[0].code)->http_status, corpus[_i].status);
    http_reader_free(reader);
    free(path);
    arena_free(arena);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add(Suite *suite)
{
    TCase *requests = tcase_create("requests");
    tcase_add_loop_test(requests, a_good_request_is_taken_for_any_split, 0, ROWS(taken));
    tcase_add_test(requests, what_follows_a_request_is_left_for_the_next);
    tcase_add_test(requests, who_waits_for_100_continue_is_told_once);
    tcase_add_test(requests, headers_are_found_in_any_case_and_all_of_a_name);
    tcase_add_loop_test(requests, a_bad_request_is_refused_for_any_split, 0, ROWS(refused));
    tcase_add_loop_test(requests, caps_hold_to_the_byte, 0, ROWS(caps));
    tcase_add_test(requests, too_many_extensions_of_chunks_are_refused);
    tcase_add_test(requests, forms_give_decoded_names_and_values);
    tcase_add_test(requests, what_is_encoded_is_decoded_back);
    tcase_add_loop_test(requests, files_of_the_shared_corpus_are_answered_as_the_manifest_says, 0,
                        ROWS(corpus));
    suite_add_tcase(suite, requests);
}

int main(void)
{
    return suite_main("http_reader", add);
}
