/* http_reader: bytes of a connection to requests, strictly (RFC 9112), without sockets or clock.
 *
 *             first byte            CR LF CR LF               all of it
 *     BETWEEN ----------> HEAD ------------------> BODY ------------------> DONE, a request stands
 *        ^                 | no body: DONE          (length or chunks)        |
 *        '-------------------------- http_reader_next ------------------------'
 *     anything wrong, anywhere: FAILED, and the connection must be closed after the answer
 *
 * The head is gathered whole and checked line by line before http-parser sees it, because the
 * library of the distributions is built without its strict mode: it takes bare line feeds, blanks
 * in header names and wrong bytes after a CR. Chunks are decoded here for the same reason.
 * http-parser judges the request line, tokens, Content-Length and Transfer-Encoding.
 *
 * Refused beyond what the RFC demands: folded lines, bare CR or LF, two Host, empty Host, an
 * authority that is not the Host, encoded slash or backslash, dot segments, control characters,
 * invalid UTF-8, Transfer-Encoding other than chunked alone, methods nobody here serves.
 * The issue's code gives the status (base/issue.h). */
#ifndef NET_HTTP_READER_H
#define NET_HTTP_READER_H

#include "net/http.h"

struct http_limits {
    size_t max_request_line; /* bytes, without CR LF; 0: 8 KiB. Beyond: ISSUE_URI_TOO_LONG */
    size_t max_header_bytes; /* all header lines; 0: 16 KiB. Beyond: ISSUE_HEADERS_TOO_LARGE */
    size_t max_headers;      /* 0: 64. Beyond: ISSUE_HEADERS_TOO_LARGE */
};

enum http_reader_state {
    HTTP_READER_BETWEEN,
    HTTP_READER_HEAD,
    HTTP_READER_BODY,
    HTTP_READER_DONE,
    HTTP_READER_FAILED
};

struct http_reader;

/* body_limit is asked once the head is whole and before a body is read; it gives the largest body
 * this route takes, in bytes. Beyond: ISSUE_TOO_LARGE_MESSAGE. `limits` may be NULL. */
struct http_reader *http_reader_new(const struct http_limits *limits,
                                    size_t (*body_limit)(void *data, struct http_request *request),
                                    void *data);
void http_reader_free(struct http_reader *reader);

/* Reads on and cuts what it has read off the front of *bytes; the request is built in `arena`,
 * which must be the same until it is done. 1: http_reader_request is whole (the rest of *bytes
 * belongs to the next one). 0: wants more. -1: an issue was added, and stays so. */
int http_reader_feed(struct http_reader *reader, struct slice *bytes, struct arena *arena,
                     struct issue_list *issues) __attribute__((warn_unused_result));
/* The request as far as it is read: whole in DONE; in BODY and after a failure there all but the
 * body; NULL before the head was accepted. Lives until http_reader_next and as long as the arena.
 */
struct http_request *http_reader_request(const struct http_reader *reader);
/* True once in BODY, when the client waits for "100 Continue" (RFC 9110 10.1.1): it is then taken
 * as said. */
bool http_reader_take_continue(struct http_reader *reader);
enum http_reader_state http_reader_state(const struct http_reader *reader);
/* Bytes of the body so far. */
size_t http_reader_body_bytes(const struct http_reader *reader);
/* Makes ready for the next request; from DONE only. */
void http_reader_next(struct http_reader *reader);

#endif
