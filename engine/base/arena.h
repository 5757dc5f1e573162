/* arena: the memory of one message or one request.
 *
 * Everything that is made while one message is worked on is taken from its arena and given back at
 * once, wiped, when the turn ends: patient data does not linger in freed memory. There is no free
 * of a single piece.
 *
 * Limits: an arena is made with a ceiling. Allocation beyond it still succeeds (so that callers
 * need no check at each of a thousand small pieces) but arena_exceeded() turns true for good; every
 * loop over input asks it once a turn and refuses the message. Where the machine has no memory left
 * at all, the process ends with a word on stderr: a worker may die at any time, nothing that was
 * acknowledged is lost by it.
 *
 * What is not memory (a file, a library handle) hangs on the arena by arena_on_release. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

#include <stdarg.h>

struct arena;

/* An arena of its own; ceiling in bytes (0 means 64 MiB). Freed by arena_free. */
struct arena *arena_new(size_t ceiling);
/* Runs the release callbacks (last registered first), wipes and frees all. NULL is well. */
void arena_free(struct arena *arena);
/* The same, but keeps the first blocks (496 KiB at most) for the next turn. */
void arena_reset(struct arena *arena);

/* Zeroed memory, aligned for any type. Never NULL; size 0 gives a valid pointer. */
static inline void *arena_alloc(struct arena *arena, size_t size);
/* count * size with overflow check; zeroed. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of `old` (old_size bytes of this arena, or NULL) grown to new_size, the rest zeroed. Grows
 * in place when `old` was the last piece taken. */
void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size);

/* A copy of the bytes, with a NUL behind them that does not count. */
struct slice arena_copy(struct arena *arena, struct slice bytes);
/* The same as a C string; for libraries that want one. */
char *arena_string(struct arena *arena, struct slice bytes);
/* printf into the arena. */
struct slice arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for a function that has the arguments already. */
struct slice arena_format_list(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* True once more than the ceiling was taken since the last reset. */
bool arena_exceeded(const struct arena *arena);
/* Bytes taken since the last reset. */
size_t arena_used(const struct arena *arena);

/* release(data) is called by arena_reset and arena_free. */
void arena_on_release(struct arena *arena, void (*release)(void *data), void *data);

/* --- inline, because a message takes a thousand pieces -----------------------------------------*/

/* What is left of the block at hand; begins and ends aligned. An arena begins with it. */
struct arena_room {
    char *at, *end;
};

/* arena_alloc where the room does not do. */
void *arena_alloc_elsewhere(struct arena *arena, size_t size);

static inline void *arena_alloc(struct arena *arena, size_t size)
{
    enum { ALIGNED_TO = _Alignof(max_align_t) };
    struct arena_room *room = (struct arena_room *)arena;
    char *piece = room->at;
    if (size == 0)
        size = 1;
    /* What is left is a multiple of the alignment, so that a size that fits does so rounded up, and
     * what fits cannot overflow. */
    if (size > (size_t)(room->end - piece))
        return arena_alloc_elsewhere(arena, size);
    room->at = piece + ((size + ALIGNED_TO - 1) & ~(size_t)(ALIGNED_TO - 1));
    return piece;
}

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

#endif
