/* match_store: see the header. */
#include "pipeline/match_store.h"

/* Columns of load_candidates. */
enum candidate_column { COLUMN_RECORD, COLUMN_PERSON, COLUMN_SOURCE, COLUMN_BODY };

size_t pipeline_match_ask(const struct match_table *table,
                          const struct pipeline_demographics *const *records, size_t count,
                          struct store_request *request, struct arena *arena)
{
    struct store_column numbers, blocks;
    store_column_init(&numbers, STORE_INT4, arena);
    store_column_init(&blocks, STORE_INT8, arena);
    for (size_t i = 0; i < count; i++) {
        int64_t found[PIPELINE_BLOCK_LIMIT];
        size_t block_count = pipeline_match_blocks(records[i], found);
        for (size_t j = 0; j < block_count; j++) {
            store_column_add_int4(&numbers, (int32_t)i);
            store_column_add_int8(&blocks, found[j]);
        }
    }
    const struct store_value values[] = {store_column_value(&numbers), store_column_value(&blocks),
                                         store_value_int4(pipeline_match_block_cap(table), arena)};
    return store_request_add(request, STORE_SQL_LOAD_CANDIDATES, values, 3);
}

int pipeline_match_candidates(const struct match_table *table, size_t record, int64_t own,
                              const struct store_request *request, size_t statement,
                              struct arena *arena, struct pipeline_candidate **ret_candidates,
                              size_t *ret_count, struct issue_list *issues)
{
    size_t rows = store_request_rows(request, statement), count = 0;
    struct pipeline_candidate *candidates = ARENA_ARRAY(arena, rows + 1, struct pipeline_candidate);
    for (size_t row = 0; row < rows; row++) {
        struct json *patient = NULL;
        int64_t source = store_request_int8(request, statement, row, COLUMN_SOURCE);
        if ((size_t)store_request_int4(request, statement, row, COLUMN_RECORD) != record ||
            source == own)
            continue;
        if (json_parse(store_request_bytes(request, statement, row, COLUMN_BODY), arena, &patient,
                       issues) != 0)
            return -1;
        candidates[count++] =
            (struct pipeline_candidate){store_request_int8(request, statement, row, COLUMN_PERSON),
                                        source, pipeline_demographics_of(table, patient, arena)};
    }
    *ret_candidates = candidates;
    *ret_count = count;
    return 0;
}

size_t pipeline_match_keep(const struct pipeline_match_record *records, size_t count,
                           struct store_request *request, struct arena *arena)
{
    struct store_column sources, owners, blocks;
    store_column_init(&sources, STORE_INT8, arena);
    store_column_init(&owners, STORE_INT8, arena);
    store_column_init(&blocks, STORE_INT8, arena);
    for (size_t i = 0; i < count; i++) {
        int64_t found[PIPELINE_BLOCK_LIMIT];
        size_t block_count = pipeline_match_blocks(records[i].demographics, found);
        store_column_add_int8(&sources, records[i].source_key);
        for (size_t j = 0; j < block_count; j++) {
            store_column_add_int8(&owners, records[i].source_key);
            store_column_add_int8(&blocks, found[j]);
        }
    }
    const struct store_value values[] = {store_column_value(&sources), store_column_value(&owners),
                                         store_column_value(&blocks)};
    return store_request_add(request, STORE_SQL_KEEP_BLOCKS, values, 3);
}
