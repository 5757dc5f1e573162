/* buffer: bytes that grow, up to a ceiling that is set at birth.
 *
 * For output (a printed resource, an answer, a line) and for input that arrives in parts. An append
 * that would pass the ceiling appends nothing and marks the buffer as overflowed; so does every
 * later one, so that a writer of fifty appends asks once, at the end. The memory is the buffer's
 * own and is wiped when it is released or outgrown. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <string.h>

#include "base/slice.h"

struct buffer {
    char *data; /* NULL while nothing was appended */
    size_t len;
    size_t capacity;
    size_t ceiling;
    bool overflowed;
};

/* ceiling in bytes; 0 means 64 MiB. Takes no memory yet. */
void buffer_init(struct buffer *buffer, size_t ceiling);
/* Wipes and gives back the memory; the buffer is then as after buffer_init. */
void buffer_release(struct buffer *buffer);
/* Empty again, overflow forgotten, memory wiped and kept. */
void buffer_reset(struct buffer *buffer);

static inline void buffer_append(struct buffer *buffer, struct slice bytes);
static inline void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes to be written by the caller (read() and the like), or NULL at the
 * ceiling; buffer_commit(n) then says how many were. */
static inline char *buffer_reserve(struct buffer *buffer, size_t size);
static inline void buffer_commit(struct buffer *buffer, size_t size);
/* Drops the first `size` bytes; the rest moves to the front. */
void buffer_consume(struct buffer *buffer, size_t size);

/* What was appended; valid until the next change. */
struct slice buffer_slice(const struct buffer *buffer);
bool buffer_overflowed(const struct buffer *buffer);

/* --- inline, because a printed resource is thousands of appends of a few bytes
 * ------------------*/

/* buffer_reserve where the room is not there yet. */
char *buffer_reserve_more(struct buffer *buffer, size_t size);

static inline char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->data && !buffer->overflowed && size <= buffer->capacity - buffer->len)
        return buffer->data + buffer->len;
    return buffer_reserve_more(buffer, size);
}

static inline void buffer_commit(struct buffer *buffer, size_t size)
{
    size_t room = buffer->capacity - buffer->len;
    buffer->len += size < room ? size : room;
}

static inline void buffer_append(struct buffer *buffer, struct slice bytes)
{
    char *room = bytes.len ? buffer_reserve(buffer, bytes.len) : NULL;
    if (!room)
        return;
    memcpy(room, bytes.ptr, bytes.len);
    buffer->len += bytes.len;
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
    char *room = buffer_reserve(buffer, 1);
    if (!room)
        return;
    *room = byte;
    buffer->len++;
}

#endif
