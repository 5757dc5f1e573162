/* value: what is sent along with a statement, in PostgreSQL's binary form.
 *
 * A statement of this house works on sets: most values are columns, arrays of one type and equal
 * length, which the statement unnests into rows. Nothing is ever pasted into SQL.
 *
 *   struct store_column ids;
 *   store_column_init(&ids, STORE_TEXT, arena);
 *   store_column_add_bytes(&ids, id);
 *   const struct store_value values[] = {store_column_value(&ids)};
 *
 * The binary form of each type is that of its send function (PostgreSQL 15, array_send and the
 * like): numbers most significant byte first, timestamps in microseconds since 2000-01-01. */
#ifndef STORE_VALUE_H
#define STORE_VALUE_H

#include "base/time.h"

/* The types we use, by their object id in pg_type (fixed for built-in types). */
enum store_type {
    STORE_BOOLEAN = 16,
    STORE_BYTES = 17,
    STORE_INT8 = 20,
    STORE_INT4 = 23,
    STORE_TEXT = 25,
    STORE_INSTANT = 1184 /* timestamptz */
};

/* One value; a plain one. The bytes are not copied and must live until the request is done. */
struct store_value {
    struct slice bytes;
    bool is_null;
};

/* UTF-8 without U+0000 for text; any bytes for bytea. */
struct store_value store_value_bytes(struct slice bytes);
struct store_value store_value_null(void);
struct store_value store_value_int8(int64_t number, struct arena *arena);
struct store_value store_value_int4(int32_t number, struct arena *arena);
struct store_value store_value_boolean(bool truth, struct arena *arena);
struct store_value store_value_instant(instant when, struct arena *arena);

/* An array that grows, in the arena. */
struct store_column {
    struct arena *arena;
    enum store_type type;
    char *data;
    size_t len;
    size_t capacity;
    uint32_t count;
    bool has_null;
};

void store_column_init(struct store_column *column, enum store_type type, struct arena *arena);
/* The column's type must be the one of the name; STORE_TEXT and STORE_BYTES take bytes. */
void store_column_add_bytes(struct store_column *column, struct slice bytes);
void store_column_add_int8(struct store_column *column, int64_t number);
void store_column_add_int4(struct store_column *column, int32_t number);
void store_column_add_boolean(struct store_column *column, bool truth);
void store_column_add_instant(struct store_column *column, instant when);
void store_column_add_null(struct store_column *column);
/* The array as it is now; valid until the next add. */
struct store_value store_column_value(struct store_column *column);

/* The other way: what a result holds. The caller knows the type; a value of another length gives
 * 0. */
int64_t store_read_int8(struct slice bytes);
int32_t store_read_int4(struct slice bytes);
bool store_read_boolean(struct slice bytes);
instant store_read_instant(struct slice bytes);

#endif
