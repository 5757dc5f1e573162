/* arena: see arena.h.
 *
 * Memory comes in blocks that double from 16 KiB to 1 MiB and stand in the order they were made;
 * pieces are taken from the current one. A piece larger than half of the next block gets an
 * allocation of its own, so that the rest of the current block is not lost.
 *
 * What is handed out must be zero: a block is zeroed when it is made, and reset wipes only the
 * bytes that were taken. Reset keeps the first blocks (496 KiB at most), because at tens of
 * thousands of messages a second giving them back would cost more than the messages. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK ((size_t)16 * 1024)
#define LARGEST_BLOCK ((size_t)1024 * 1024)
#define LARGEST_KEPT ((size_t)256 * 1024)
#define DEFAULT_CEILING ((size_t)64 * 1024 * 1024)
#define ALIGNMENT alignof(max_align_t)

struct block {
    struct block *next;
    size_t size;
    size_t used; /* of the current block only when it is left: arena->room says it meanwhile */
    alignas(max_align_t) char data[];
};

struct release {
    void (*release)(void *data);
    void *data;
    struct release *next;
};

struct arena {
    struct arena_room room; /* first: what is left of the current block */
    struct block *first;
    struct block *current; /* pieces are taken here; blocks behind it are empty */
    struct block *large;   /* pieces with an allocation of their own */
    size_t used;           /* in all but the current block */
    size_t ceiling;
    struct release *releases;
};

static void enter_block(struct arena *arena, struct block *block)
{
    arena->current = block;
    arena->room = (struct arena_room){block->data, block->data + block->size};
}

static size_t used_of_current(const struct arena *arena)
{
    return (size_t)(arena->room.at - arena->current->data);
}

static void leave_block(struct arena *arena)
{
    arena->current->used = used_of_current(arena);
}

static void die_without_memory(void)
{
    fputs("painbridge: the machine has no memory left\n", stderr);
    _Exit(EXIT_FAILURE); /* no core file: it would hold patient data */
}

static struct block *block_new(size_t size)
{
    struct block *block = NULL;
    size_t whole;
    if (!__builtin_add_overflow(size, sizeof(*block), &whole))
        block = calloc(1, whole);
    if (!block)
        die_without_memory();
    block->size = size;
    return block;
}

static void free_chain(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        explicit_bzero(block->data, block->used);
        free(block);
        block = next;
    }
}

struct arena *arena_new(size_t ceiling)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (!arena)
        die_without_memory();
    arena->ceiling = ceiling ? ceiling : DEFAULT_CEILING;
    arena->first = block_new(FIRST_BLOCK);
    enter_block(arena, arena->first);
    return arena;
}

static void run_releases(struct arena *arena)
{
    while (arena->releases) {
        struct release *first = arena->releases;
        arena->releases = first->next;
        first->release(first->data);
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    run_releases(arena);
    leave_block(arena);
    free_chain(arena->large);
    free_chain(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    run_releases(arena);
    leave_block(arena);
    free_chain(arena->large);
    arena->large = NULL;
    struct block *block = arena->first;
    for (;; block = block->next) {
        explicit_bzero(block->data, block->used);
        block->used = 0;
        if (!block->next || block->next->size > LARGEST_KEPT)
            break;
    }
    free_chain(block->next);
    block->next = NULL;
    enter_block(arena, arena->first);
    arena->used = 0;
}

/* The size rounded up, so that every piece begins aligned; the same size where that overflows,
 * which no block can hold anyway. */
static size_t aligned(size_t size)
{
    if (size == 0)
        size = 1;
    size_t up;
    return __builtin_add_overflow(size, ALIGNMENT - 1, &up) ? size : up & ~(ALIGNMENT - 1);
}

void *arena_alloc_elsewhere(struct arena *arena, size_t size)
{
    struct block *block = arena->current;
    size_t next_size = block->size < LARGEST_BLOCK ? 2 * block->size : LARGEST_BLOCK;
    size = aligned(size);
    if (size > next_size / 2) {
        block = block_new(size);
        block->used = size;
        block->next = arena->large;
        arena->large = block;
        if (__builtin_add_overflow(arena->used, size, &arena->used))
            die_without_memory();
        return block->data;
    }
    leave_block(arena);
    arena->used += block->used;
    if (!block->next)
        block->next = block_new(next_size);
    enter_block(arena, block->next);
    return arena_alloc(arena, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole))
        die_without_memory();
    return arena_alloc(arena, whole);
}

/* True when `old` is the newest piece of the current block and there was room behind it to become
 * new_size. */
static bool grew_in_place(struct arena *arena, const char *old, size_t old_size, size_t new_size)
{
    struct arena_room *room = &arena->room;
    if (old + aligned(old_size) != room->at)
        return false;
    size_t more = aligned(new_size) - aligned(old_size);
    if (more > (size_t)(room->end - room->at))
        return false;
    room->at += more;
    return true;
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size)
{
    if (!old)
        return arena_alloc(arena, new_size);
    if (new_size <= old_size || grew_in_place(arena, old, old_size, new_size))
        return old;
    void *grown = arena_alloc(arena, new_size);
    memcpy(grown, old, old_size);
    return grown;
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    return (struct slice){arena_string(arena, bytes), bytes.len};
}

char *arena_string(struct arena *arena, struct slice bytes)
{
    char *copy = arena_alloc(arena, bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

struct slice arena_format_list(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    char *text = arena_alloc(arena, size < 0 ? 1 : (size_t)size + 1);
    if (size > 0)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return (struct slice){text, size < 0 ? 0 : (size_t)size};
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct slice text = arena_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}

bool arena_exceeded(const struct arena *arena)
{
    return arena_used(arena) > arena->ceiling;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used + used_of_current(arena);
}

void arena_on_release(struct arena *arena, void (*release)(void *data), void *data)
{
    struct release *entry = ARENA_NEW(arena, struct release);
    *entry = (struct release){release, data, arena->releases};
    arena->releases = entry;
}
