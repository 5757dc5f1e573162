/* commit_columns: the columns of one statement. See commit_internal.h. */
#include "pipeline/commit_internal.h"

void commit_columns_init(struct commit_columns *columns, const enum store_type *types, size_t count,
                         struct arena *arena)
{
    columns->count = count;
    for (size_t i = 0; i < count; i++)
        store_column_init(&columns->column[i], types[i], arena);
}

size_t commit_columns_values(struct commit_columns *columns, struct store_value *ret_values)
{
    for (size_t i = 0; i < columns->count; i++)
        ret_values[i] = store_column_value(&columns->column[i]);
    return columns->count;
}

size_t commit_columns_send(struct commit_columns *columns, struct store_request *request,
                           enum store_statement statement)
{
    if (columns->column[0].count == 0)
        return SIZE_MAX;
    struct store_value values[COMMIT_COLUMN_LIMIT];
    size_t count = commit_columns_values(columns, values);
    return store_request_add(request, statement, values, count);
}

void commit_columns_send_at(struct commit_columns *columns, struct commit_batch *batch,
                            enum store_statement statement, instant at)
{
    if (columns->column[0].count == 0)
        return;
    struct store_value values[COMMIT_COLUMN_LIMIT + 1];
    size_t count = commit_columns_values(columns, values);
    values[count++] = store_value_instant(at, batch->arena);
    store_request_add(batch->request, statement, values, count);
}
