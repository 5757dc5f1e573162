/* Any bytes, in pieces whose length the input gives: they are counted as the whole is. */
#include "net/mllp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mllp_counters read_all(struct slice input, size_t piece_length)
{
    const struct mllp_limits limits = {64, 64, 8};
    struct mllp_reader reader;
    struct mllp_frame frame;
    int result = 0;
    mllp_reader_init(&reader, &limits);
    for (size_t at = 0; at < input.len && result == 0; at += piece_length)
        for (struct slice piece = slice_part(input, at, piece_length);
             (result = mllp_reader_feed(&reader, &piece, &frame)) == 1;)
            if (frame.content.len > limits.max_message_bytes)
                __builtin_trap();
    mllp_reader_release(&reader);
    return reader.counters;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct mllp_counters whole = read_all(input, size + 1);
    struct mllp_counters pieces = read_all(input, size ? 1 + data[0] % 5U : 1);
    if (__builtin_memcmp(&whole, &pieces, sizeof(whole)) != 0)
        __builtin_trap();
    return 0;
}
