/* value: see value.h.
 *
 * An array on the wire (PostgreSQL 15 src/backend/utils/adt/arrayfuncs.c, array_recv):
 *   int4 dimensions (0 for an empty array, else 1)   int4 has nulls   int4 element type
 *   int4 length   int4 lower bound (1)   then each element: int4 size (-1 for null) and its bytes
 */
#include "store/value.h"

#include <endian.h>
#include <string.h>

#define ARRAY_HEADER_SIZE 20
#define EMPTY_ARRAY_SIZE 12

/* 2000-01-01T00:00:00Z, where PostgreSQL counts from. */
static const int64_t postgres_epoch = INT64_C(946684800) * TIME_SECOND;

static void put_int4(char *at, uint32_t number)
{
    uint32_t wire = htobe32(number);
    memcpy(at, &wire, sizeof(wire));
}

static void put_int8(char *at, int64_t number)
{
    uint64_t wire = htobe64((uint64_t)number);
    memcpy(at, &wire, sizeof(wire));
}

struct store_value store_value_bytes(struct slice bytes)
{
    /* libpq takes a NULL pointer for null; an empty value needs an address */
    return (struct store_value){.bytes = bytes.ptr ? bytes : SLICE("")};
}

struct store_value store_value_null(void)
{
    return (struct store_value){.is_null = true};
}

struct store_value store_value_int8(int64_t number, struct arena *arena)
{
    char *wire = arena_alloc(arena, sizeof(int64_t));
    put_int8(wire, number);
    return (struct store_value){.bytes = {wire, sizeof(int64_t)}};
}

struct store_value store_value_int4(int32_t number, struct arena *arena)
{
    char *wire = arena_alloc(arena, sizeof(int32_t));
    put_int4(wire, (uint32_t)number);
    return (struct store_value){.bytes = {wire, sizeof(int32_t)}};
}

struct store_value store_value_boolean(bool truth, struct arena *arena)
{
    char *wire = arena_alloc(arena, 1);
    *wire = truth ? 1 : 0;
    return (struct store_value){.bytes = {wire, 1}};
}

struct store_value store_value_instant(instant when, struct arena *arena)
{
    return store_value_int8(when - postgres_epoch, arena);
}

void store_column_init(struct store_column *column, enum store_type type, struct arena *arena)
{
    *column = (struct store_column){.arena = arena, .type = type, .len = ARRAY_HEADER_SIZE};
}

/* Room for `size` more bytes; the column's length then counts them. */
static char *extend(struct store_column *column, size_t size)
{
    size_t needed = column->len + size;
    if (needed > column->capacity) {
        size_t capacity = column->capacity ? column->capacity * 2 : 256;
        while (capacity < needed)
            capacity *= 2;
        column->data = arena_grow(column->arena, column->data, column->capacity, capacity);
        column->capacity = capacity;
    }
    char *at = column->data + column->len;
    column->len = needed;
    return at;
}

static char *add_element(struct store_column *column, size_t size)
{
    char *at = extend(column, sizeof(uint32_t) + size);
    put_int4(at, (uint32_t)size);
    column->count++;
    return at + sizeof(uint32_t);
}

void store_column_add_bytes(struct store_column *column, struct slice bytes)
{
    char *at = add_element(column, bytes.len);
    if (bytes.len > 0)
        memcpy(at, bytes.ptr, bytes.len);
}

void store_column_add_int8(struct store_column *column, int64_t number)
{
    put_int8(add_element(column, sizeof(int64_t)), number);
}

void store_column_add_int4(struct store_column *column, int32_t number)
{
    put_int4(add_element(column, sizeof(int32_t)), (uint32_t)number);
}

void store_column_add_boolean(struct store_column *column, bool truth)
{
    *add_element(column, 1) = truth ? 1 : 0;
}

void store_column_add_instant(struct store_column *column, instant when)
{
    store_column_add_int8(column, when - postgres_epoch);
}

void store_column_add_null(struct store_column *column)
{
    put_int4(extend(column, sizeof(uint32_t)), UINT32_MAX);
    column->count++;
    column->has_null = true;
}

struct store_value store_column_value(struct store_column *column)
{
    if (!column->data) { /* nothing was added: only the header is needed */
        column->len = 0;
        extend(column, ARRAY_HEADER_SIZE);
    }
    put_int4(column->data, column->count > 0 ? 1 : 0);
    put_int4(column->data + 4, column->has_null ? 1 : 0);
    put_int4(column->data + 8, (uint32_t)column->type);
    put_int4(column->data + 12, column->count);
    put_int4(column->data + 16, 1);
    size_t len = column->count > 0 ? column->len : EMPTY_ARRAY_SIZE;
    return (struct store_value){.bytes = {column->data, len}};
}

int64_t store_read_int8(struct slice bytes)
{
    uint64_t wire = 0;
    if (bytes.len != sizeof(wire))
        return 0;
    memcpy(&wire, bytes.ptr, sizeof(wire));
    return (int64_t)be64toh(wire);
}

int32_t store_read_int4(struct slice bytes)
{
    uint32_t wire = 0;
    if (bytes.len != sizeof(wire))
        return 0;
    memcpy(&wire, bytes.ptr, sizeof(wire));
    return (int32_t)be32toh(wire);
}

bool store_read_boolean(struct slice bytes)
{
    return bytes.len == 1 && bytes.ptr[0] != 0;
}

instant store_read_instant(struct slice bytes)
{
    return store_read_int8(bytes) + postgres_epoch;
}
