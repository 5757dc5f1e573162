/* mllp: see the picture in the header.
 *
 * The body is always gathered in one buffer, also where the input holds a whole block: a copy of a
 * kilobyte costs less than a second way through the machine that could differ from the first. */
#include "net/mllp.h"

#include <string.h>

#define DEFAULT_MESSAGE_BYTES ((size_t)16 << 20)
#define DEFAULT_GARBAGE_BYTES ((size_t)64 << 10)
#define DEFAULT_EMPTY_BLOCKS 100

/* MLLP release 2: the content of a commit block, affirmative and negative. */
#define RELEASE_2_ACK '\x06'
#define RELEASE_2_NAK '\x15'

#define LINE_FEED '\x0a'

enum { FEED_MORE = 0, FEED_FRAME = 1, FEED_FAILED = -1 };

void mllp_reader_init(struct mllp_reader *reader, const struct mllp_limits *limits)
{
    *reader = (struct mllp_reader){.state = MLLP_IDLE};
    if (limits != NULL)
        reader->limits = *limits;
    if (reader->limits.max_garbage_bytes == 0)
        reader->limits.max_garbage_bytes = DEFAULT_GARBAGE_BYTES;
    if (reader->limits.max_empty_blocks == 0)
        reader->limits.max_empty_blocks = DEFAULT_EMPTY_BLOCKS;
    mllp_reader_limit(reader, reader->limits.max_message_bytes);
    buffer_init(&reader->body, reader->limits.max_message_bytes);
}

void mllp_reader_limit(struct mllp_reader *reader, size_t max_message_bytes)
{
    reader->limits.max_message_bytes =
        max_message_bytes > 0 ? max_message_bytes : DEFAULT_MESSAGE_BYTES;
}

void mllp_reader_release(struct mllp_reader *reader)
{
    buffer_release(&reader->body);
}

static void begin_block(struct mllp_reader *reader)
{
    reader->state = MLLP_BODY;
    reader->malformed = false;
    reader->garbage_in_row = 0;
    reader->block_bytes = reader->limits.max_message_bytes;
    buffer_release(&reader->body);
    buffer_init(&reader->body, reader->block_bytes);
}

static int give(struct mllp_reader *reader, enum mllp_frame_kind kind, struct mllp_frame *ret_frame)
{
    *ret_frame = (struct mllp_frame){kind, buffer_slice(&reader->body)};
    reader->lent = true;
    return FEED_FRAME;
}

static int give_truncated(struct mllp_reader *reader, struct mllp_frame *ret_frame)
{
    reader->counters.truncated_frames++;
    return give(reader, MLLP_FRAME_TRUNCATED, ret_frame);
}

/* Content that still fits; the first byte beyond makes the block oversized. */
static int take_content(struct mllp_reader *reader, struct slice content,
                        struct mllp_frame *ret_frame)
{
    size_t room = reader->block_bytes - reader->body.len;
    buffer_append(&reader->body, slice_part(content, 0, room));
    if (content.len <= room)
        return FEED_MORE;
    reader->counters.oversized_frames++;
    reader->state = MLLP_CLOSED;
    return give(reader, MLLP_FRAME_OVERSIZED, ret_frame);
}

static int end_block(struct mllp_reader *reader, struct mllp_frame *ret_frame)
{
    reader->state = MLLP_IDLE;
    reader->after_block = true;
    struct slice content = buffer_slice(&reader->body);
    if (content.len == 0) {
        reader->counters.empty_blocks++;
        reader->empty_in_row++;
        bool too_many = reader->empty_in_row >= reader->limits.max_empty_blocks;
        reader->state = too_many ? MLLP_CLOSED : MLLP_IDLE;
        return too_many ? FEED_FAILED : FEED_MORE;
    }
    reader->empty_in_row = 0;
    if (content.len == 1 && (content.ptr[0] == RELEASE_2_ACK || content.ptr[0] == RELEASE_2_NAK)) {
        reader->counters.release_2_blocks++;
        return FEED_MORE;
    }
    reader->counters.frames++;
    if (!reader->malformed)
        return give(reader, MLLP_FRAME_WHOLE, ret_frame);
    reader->counters.malformed_frames++;
    return give(reader, MLLP_FRAME_MALFORMED, ret_frame);
}

static size_t content_run(struct slice bytes)
{
    const char *stop = memchr(bytes.ptr, MLLP_START_BLOCK, bytes.len);
    size_t length = stop != NULL ? (size_t)(stop - bytes.ptr) : bytes.len;
    stop = memchr(bytes.ptr, MLLP_END_BLOCK, length);
    return stop != NULL ? (size_t)(stop - bytes.ptr) : length;
}

/* --- one function per state: reads at least one byte of *bytes, which is not empty ------------ */

static int read_idle(struct mllp_reader *reader, struct slice *bytes)
{
    char byte = bytes->ptr[0];
    *bytes = slice_after(*bytes, 1);
    if (byte == MLLP_START_BLOCK) {
        begin_block(reader);
        return FEED_MORE;
    }
    if (reader->after_block && (byte == MLLP_CARRIAGE_RETURN || byte == LINE_FEED))
        return FEED_MORE;
    reader->after_block = false;
    reader->counters.garbage_bytes++;
    reader->garbage_in_row++;
    if (reader->garbage_in_row > reader->limits.max_garbage_bytes) {
        reader->state = MLLP_CLOSED;
        return FEED_FAILED;
    }
    return FEED_MORE;
}

static int read_body(struct mllp_reader *reader, struct slice *bytes, struct mllp_frame *ret_frame)
{
    struct slice content = slice_part(*bytes, 0, content_run(*bytes));
    *bytes = slice_after(*bytes, content.len);
    int result = take_content(reader, content, ret_frame);
    if (result != FEED_MORE || bytes->len == 0)
        return result;
    if (bytes->ptr[0] == MLLP_END_BLOCK) {
        *bytes = slice_after(*bytes, 1);
        reader->state = MLLP_END_BLOCK_SEEN;
        return FEED_MORE;
    }
    /* A start block: the fragment is given out first, and this byte read again as IDLE's. */
    reader->state = MLLP_IDLE;
    return give_truncated(reader, ret_frame);
}

static int read_end_block_seen(struct mllp_reader *reader, struct slice *bytes,
                               struct mllp_frame *ret_frame)
{
    if (bytes->ptr[0] == MLLP_CARRIAGE_RETURN) {
        *bytes = slice_after(*bytes, 1);
        return end_block(reader, ret_frame);
    }
    static const char end_block_byte = MLLP_END_BLOCK;
    reader->malformed = true;
    if (bytes->ptr[0] == MLLP_END_BLOCK) {
        *bytes = slice_after(*bytes, 1);
        return take_content(reader, (struct slice){&end_block_byte, 1}, ret_frame);
    }
    reader->state = MLLP_BODY;
    return take_content(reader, (struct slice){&end_block_byte, 1}, ret_frame);
}

int mllp_reader_feed(struct mllp_reader *reader, struct slice *bytes, struct mllp_frame *ret_frame)
{
    if (reader->lent) {
        buffer_release(&reader->body);
        reader->lent = false;
    }
    int result = FEED_MORE;
    while (result == FEED_MORE && bytes->len > 0) {
        switch (reader->state) {
        case MLLP_IDLE:
            result = read_idle(reader, bytes);
            break;
        case MLLP_BODY:
            result = read_body(reader, bytes, ret_frame);
            break;
        case MLLP_END_BLOCK_SEEN:
            result = read_end_block_seen(reader, bytes, ret_frame);
            break;
        case MLLP_CLOSED:
            return FEED_FAILED;
        }
    }
    return result;
}

int mllp_reader_end(struct mllp_reader *reader, struct mllp_frame *ret_frame)
{
    bool fragment = reader->state == MLLP_BODY || reader->state == MLLP_END_BLOCK_SEEN;
    reader->state = MLLP_CLOSED;
    return fragment ? give_truncated(reader, ret_frame) : 0;
}

void mllp_frame_append(struct buffer *buffer, struct slice content)
{
    static const char end[] = {MLLP_END_BLOCK, MLLP_CARRIAGE_RETURN};
    buffer_append_byte(buffer, MLLP_START_BLOCK);
    buffer_append(buffer, content);
    buffer_append(buffer, (struct slice){end, sizeof(end)});
}
