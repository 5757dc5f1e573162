/* http_chunk: the chunked coding of a body, strictly (RFC 9112 7.1).
 *
 *   body = *( size [ ";" extension ] CR LF data CR LF ) "0" [ ";" extension ] CR LF *( line CR LF )
 * CR LF
 *
 * Line ends are CR LF and nothing else; a size is 1 to 8 hex digits and nothing else; extensions
 * and trailer lines hold no control characters, are bounded together, and are thrown away. */
#ifndef NET_HTTP_CHUNK_H
#define NET_HTTP_CHUNK_H

#include "base/slice.h"

enum http_chunk_state {
    HTTP_CHUNK_BEGIN,     /* before the first digit of a size */
    HTTP_CHUNK_SIZE,      /* in it */
    HTTP_CHUNK_EXTENSION, /* after ";" */
    HTTP_CHUNK_SIZE_LF,   /* its CR was read */
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_CR, /* all data was read */
    HTTP_CHUNK_DATA_LF,
    HTTP_CHUNK_TRAILER,      /* at the beginning of a line after the last chunk */
    HTTP_CHUNK_TRAILER_LINE, /* in one */
    HTTP_CHUNK_TRAILER_LF,
    HTTP_CHUNK_END_LF,
    HTTP_CHUNK_DONE,
    HTTP_CHUNK_FAILED,
    HTTP_CHUNK_STATE_COUNT
};

/* A plain value; all zero is a new one. */
struct http_chunk_reader {
    enum http_chunk_state state;
    uint32_t size;   /* of this chunk; while in DATA: what is missing of it */
    unsigned digits; /* of the size */
    size_t overhead; /* bytes of extensions and trailers so far */
};

/* Reads on, and cuts what was read off the front of *bytes. 1: data of the body is in ret_data (a
 * part of the input), call again. 0: either the body is whole (state DONE) or all was read. -1: it
 * is not chunked coding. */
int http_chunk_read(struct http_chunk_reader *reader, struct slice *bytes, struct slice *ret_data)
    __attribute__((warn_unused_result));

#endif
