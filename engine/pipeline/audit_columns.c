/* audit_columns: see audit_internal.h. */
#include "pipeline/audit_internal.h"

#include <string.h>

static const enum store_type types[AUDIT_COLUMN_COUNT] = {
    STORE_INSTANT, STORE_INT8, STORE_INT8, STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_TEXT,
    STORE_TEXT,    STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_BYTES};

void audit_columns_init(struct audit_columns *columns, struct pipeline_audit_chain *chain,
                        struct arena *arena)
{
    columns->arena = arena;
    columns->chain = chain;
    columns->first = chain->place;
    for (size_t i = 0; i < AUDIT_COLUMN_COUNT; i++)
        store_column_init(&columns->column[i], types[i], arena);
}

static void add_optional(struct store_column *column, struct slice text)
{
    if (text.len > 0)
        store_column_add_bytes(column, text);
    else
        store_column_add_null(column);
}

void audit_columns_add(struct audit_columns *columns, struct pipeline_audit_row *row)
{
    struct store_column *column = columns->column;
    pipeline_audit_add(columns->chain, row);
    store_column_add_instant(&column[0], row->recorded);
    store_column_add_int8(&column[1], row->person);
    if (row->inbox_id > 0)
        store_column_add_int8(&column[2], row->inbox_id);
    else
        store_column_add_null(&column[2]);
    store_column_add_bytes(&column[3], row->kind);
    store_column_add_bytes(&column[4], row->role);
    store_column_add_bytes(&column[5], row->actor);
    store_column_add_bytes(&column[6], row->outcome);
    add_optional(&column[7], row->site);
    add_optional(&column[8], row->address);
    add_optional(&column[9], row->purpose);
    add_optional(&column[10], row->entities);
    add_optional(&column[11], row->detail);
    add_optional(&column[12], row->user);
    store_column_add_bytes(&column[13], (struct slice){(const char *)row->hash, sizeof(row->hash)});
}

void audit_columns_values(struct audit_columns *columns, struct store_value *ret_values)
{
    ret_values[0] = store_value_int8(columns->chain->number, columns->arena);
    ret_values[1] = store_value_int8(columns->first, columns->arena);
    for (size_t i = 0; i < AUDIT_COLUMN_COUNT; i++)
        ret_values[2 + i] = store_column_value(&columns->column[i]);
}

size_t audit_chain_ask(struct store_request *request, struct slice name, instant now,
                       struct arena *arena)
{
    const struct store_value values[] = {store_value_bytes(name), store_value_instant(now, arena)};
    return store_request_add(request, STORE_SQL_OPEN_CHAIN, values, 2);
}

void audit_chain_read(const struct store_request *request, size_t statement, struct slice name,
                      instant now, struct pipeline_audit_chain *ret_chain)
{
    struct pipeline_audit_beginning beginning = {
        .chain = store_request_int8(request, statement, 0, 0),
        .name = name,
        .opened = now,
        .has_previous = !store_request_is_null(request, statement, 0, 1),
        .previous_chain = store_request_int8(request, statement, 0, 1),
        .has_head = !store_request_is_null(request, statement, 0, 2),
        .previous_place = store_request_int8(request, statement, 0, 2)};
    struct slice hash = store_request_bytes(request, statement, 0, 3);
    if (hash.len == sizeof(beginning.previous_hash))
        memcpy(beginning.previous_hash, hash.ptr, hash.len);
    pipeline_audit_begin(&beginning, ret_chain);
}

void audit_row_read(const struct store_request *request, size_t row,
                    struct pipeline_audit_row *ret_row)
{
    struct slice *const texts[] = {&ret_row->kind,    &ret_row->role,     &ret_row->actor,
                                   &ret_row->outcome, &ret_row->site,     &ret_row->address,
                                   &ret_row->purpose, &ret_row->entities, &ret_row->detail,
                                   &ret_row->user};
    struct slice hash = store_request_bytes(request, 0, row, 15);
    *ret_row = (struct pipeline_audit_row){.chain = store_request_int8(request, 0, row, 0),
                                           .place = store_request_int8(request, 0, row, 1),
                                           .recorded = store_request_instant(request, 0, row, 2),
                                           .person = store_request_int8(request, 0, row, 3),
                                           .inbox_id = store_request_int8(request, 0, row, 4)};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = store_request_bytes(request, 0, row, 5 + (int)i);
    if (hash.len == sizeof(ret_row->hash))
        memcpy(ret_row->hash, hash.ptr, hash.len);
}
