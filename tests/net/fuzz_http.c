/* Any bytes as requests on one connection: fed whole and in pieces it gives as many requests, and a
 * body never passes its limit. */
#include "net/http_reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t body_limit(void *data, const struct http_request *request)
{
    (void)data;
    return request->path.len;
}

static size_t count_requests(struct slice input, size_t piece_length)
{
    size_t count = 0;
    int result = 0;
    struct arena *arena = arena_new(0);
    struct http_reader *reader = http_reader_new(NULL, body_limit, NULL);
    for (size_t at = 0; at < input.len && result >= 0; at += piece_length)
        for (struct slice piece = slice_part(input, at, piece_length);
             piece.len > 0 && (result = http_reader_feed(reader, &piece, arena, NULL)) == 1;
             count++, http_reader_next(reader))
            if (http_reader_request(reader)->body.len > 8192)
                abort();
    http_reader_free(reader);
    arena_free(arena);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    if (count_requests(input, size + 1) != count_requests(input, size ? 1 + data[0] % 7U : 1))
        abort();
    return 0;
}
