/* query_tables: see query_tables.h. */
#include "pipeline/query.h"

static bool begins_with(struct slice text, struct slice beginning)
{
    return slice_equal_ignoring_case(slice_part(text, 0, beginning.len), beginning);
}

static bool has_value(const struct pipeline_table *table, enum pipeline_table_field field,
                      struct slice value)
{
    switch (field) {
    case PIPELINE_TABLE_ID:
        return slice_equal(table->id, value);
    case PIPELINE_TABLE_URL:
        return slice_equal(table->url, value);
    case PIPELINE_TABLE_NAME:
        return begins_with(table->name, value);
    case PIPELINE_TABLE_TITLE:
        return begins_with(table->title, value);
    }
    return false;
}

static bool meets(const struct pipeline_table *table,
                  const struct pipeline_table_criterion *criterion)
{
    for (struct slice rest = criterion->value, value; slice_split(&rest, ',', &value);)
        if (value.len > 0 && has_value(table, criterion->field, value))
            return true;
    return false;
}

static bool fits(const struct pipeline_table *table, const struct pipeline_table_search *search)
{
    for (size_t i = 0; i < search->count; i++)
        if (!meets(table, &search->criteria[i]))
            return false;
    return true;
}

/* A page ends where the store's would: at its limit, or behind the body that passes the bytes. */
void pipeline_tables_answer(const struct pipeline_tables *tables,
                            struct pipeline_question *question)
{
    const struct pipeline_table_search *search = question->tables;
    size_t count = question->patient.len > 0 ? 0 : tables->count;
    int64_t bytes = 0;
    question->found = ARENA_ARRAY(question->arena, count + 1, struct pipeline_found);
    question->has_total = true;
    for (size_t i = 0; i < count; i++) {
        const struct pipeline_table *table = &tables->items[i];
        if (!fits(table, search) || question->total++ < search->skip)
            continue;
        if (question->count == question->limit ||
            (question->bytes > 0 && bytes >= question->bytes)) {
            question->has_more = question->limit > 0;
            continue;
        }
        question->found[question->count++] =
            (struct pipeline_found){.id = arena_copy(question->arena, table->id),
                                    .body = arena_copy(question->arena, table->body)};
        bytes += (int64_t)table->body.len;
    }
}
