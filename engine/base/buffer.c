/* buffer: see buffer.h. realloc is not used: it would leave what it outgrew unwiped. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CEILING ((size_t)64 * 1024 * 1024)
#define FIRST_CAPACITY ((size_t)256)

void buffer_init(struct buffer *buffer, size_t ceiling)
{
    *buffer = (struct buffer){.ceiling = ceiling ? ceiling : DEFAULT_CEILING};
}

static void wipe_and_free(char *data, size_t size)
{
    if (!data)
        return;
    explicit_bzero(data, size);
    free(data);
}

void buffer_release(struct buffer *buffer)
{
    wipe_and_free(buffer->data, buffer->capacity);
    buffer_init(buffer, buffer->ceiling);
}

void buffer_reset(struct buffer *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->len);
    buffer->len = 0;
    buffer->overflowed = false;
}

static size_t capacity_for(const struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity = capacity <= SIZE_MAX / 2 ? 2 * capacity : SIZE_MAX;
    return capacity < buffer->ceiling ? capacity : buffer->ceiling;
}

static void grow_to(struct buffer *buffer, size_t capacity)
{
    char *grown = malloc(capacity);
    if (!grown) {
        fputs("painbridge: the machine has no memory left\n", stderr);
        _Exit(EXIT_FAILURE);
    }
    if (buffer->len)
        memcpy(grown, buffer->data, buffer->len);
    wipe_and_free(buffer->data, buffer->capacity);
    buffer->data = grown;
    buffer->capacity = capacity;
}

char *buffer_reserve_more(struct buffer *buffer, size_t size)
{
    size_t needed;
    if (buffer->overflowed || __builtin_add_overflow(buffer->len, size, &needed) ||
        needed > buffer->ceiling) {
        buffer->overflowed = true;
        return NULL;
    }
    if (needed > buffer->capacity || !buffer->data)
        grow_to(buffer, capacity_for(buffer, needed));
    return buffer->data + buffer->len;
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    /* The ceiling counts what was appended; the NUL that vsnprintf writes needs a place too. */
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (!text) {
        buffer->overflowed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer_append(buffer, (struct slice){text, (size_t)size});
    wipe_and_free(text, (size_t)size);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    if (size > buffer->len)
        size = buffer->len;
    if (size == 0)
        return;
    size_t left = buffer->len - size;
    memmove(buffer->data, buffer->data + size, left);
    explicit_bzero(buffer->data + left, size);
    buffer->len = left;
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->data, buffer->len};
}

bool buffer_overflowed(const struct buffer *buffer)
{
    return buffer->overflowed;
}
