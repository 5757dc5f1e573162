/* Any bytes as requests of one connection: pieces give as many as the whole does. */
#include "net/http_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static size_t limit(void *data, struct http_request *request)
{
    return data ? 0 : request->path.len;
}

static size_t count_requests(struct slice input, size_t piece_length, struct arena *arena)
{
    size_t count = 0;
    struct http_reader *reader = http_reader_new(NULL, limit, NULL);
    for (size_t at = 0; at < input.len; at += piece_length)
        for (struct slice piece = slice_part(input, at, piece_length);
             piece.len && http_reader_feed(reader, &piece, arena, NULL) == 1; count++)
            http_reader_next(reader);
    http_reader_free(reader);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data, size};
    size_t piece = size ? 1 + data[0] % 7U : 1;
    if (count_requests(input, size + 1, arena) != count_requests(input, piece, arena))
        __builtin_trap();
    arena_free(arena);
    return 0;
}
