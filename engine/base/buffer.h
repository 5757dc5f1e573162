/* buffer: bytes that grow, up to a ceiling that is set at birth.
 *
 * For output (a printed resource, an answer, a line) and for input that arrives in parts. An append
 * that would pass the ceiling appends nothing and marks the buffer as overflowed; so does every
 * later one, so that a writer of fifty appends asks once, at the end. The memory is the buffer's
 * own and is wiped when it is released or outgrown. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

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

void buffer_append(struct buffer *buffer, struct slice bytes);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes to be written by the caller (read() and the like), or NULL at the
 * ceiling; buffer_commit(n) then says how many were. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);
/* Drops the first `size` bytes; the rest moves to the front. */
void buffer_consume(struct buffer *buffer, size_t size);

/* What was appended; valid until the next change. */
struct slice buffer_slice(const struct buffer *buffer);
bool buffer_overflowed(const struct buffer *buffer);

#endif
