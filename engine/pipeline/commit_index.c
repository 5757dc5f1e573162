/* commit_index: the search values of everything a batch changed. See commit_internal.h.
 *
 * A resource that changed loses its rows and gets new ones. What needs no row: `_id` and
 * `_lastUpdated` stand in the resource's own row, `subject` or `patient` that point at the person
 * whose record it is are its person_key, and so is what a Provenance names of that record. */
#include "pipeline/commit_internal.h"

#include "fhir/datetime.h"
#include "fhir/search_index.h"

#include <string.h>

enum index_table { TABLE_TOKEN, TABLE_REFERENCE, TABLE_DATE, TABLE_STRING, TABLE_QUANTITY, TABLES };

/* Which table takes the values of a parameter type. */
static const enum index_table table_of[FHIR_SEARCH_TYPE_COUNT] = {
    [FHIR_SEARCH_TOKEN] = TABLE_TOKEN,       [FHIR_SEARCH_REFERENCE] = TABLE_REFERENCE,
    [FHIR_SEARCH_DATE] = TABLE_DATE,         [FHIR_SEARCH_STRING] = TABLE_STRING,
    [FHIR_SEARCH_URI] = TABLE_STRING,        [FHIR_SEARCH_NUMBER] = TABLE_QUANTITY,
    [FHIR_SEARCH_QUANTITY] = TABLE_QUANTITY,
};

/* Columns behind person_key and number, by table. */
static const struct {
    size_t count;
    enum store_type types[4];
    enum store_statement insert, shared_insert;
} tables[TABLES] = {
    [TABLE_TOKEN] = {3,
                     {STORE_TEXT, STORE_TEXT, STORE_TEXT},
                     STORE_SQL_INSERT_INDEX_TOKEN,
                     STORE_SQL_SHARED_INSERT_INDEX_TOKEN},
    [TABLE_REFERENCE] = {3,
                         {STORE_TEXT, STORE_TEXT, STORE_TEXT},
                         STORE_SQL_INSERT_INDEX_REFERENCE,
                         STORE_SQL_SHARED_INSERT_INDEX_REFERENCE},
    [TABLE_DATE] = {3,
                    {STORE_TEXT, STORE_INSTANT, STORE_INSTANT},
                    STORE_SQL_INSERT_INDEX_DATE,
                    STORE_SQL_SHARED_INSERT_INDEX_DATE},
    [TABLE_STRING] = {2,
                      {STORE_TEXT, STORE_TEXT},
                      STORE_SQL_INSERT_INDEX_STRING,
                      STORE_SQL_SHARED_INSERT_INDEX_STRING},
    [TABLE_QUANTITY] = {4,
                        {STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_TEXT},
                        STORE_SQL_INSERT_INDEX_QUANTITY,
                        STORE_SQL_SHARED_INSERT_INDEX_QUANTITY},
};

/* timestamptz ends at 4714 BC and 294276 AD; an open side is the first or last year of FHIR. */
#define EARLIEST (INT64_C(-62135596800) * TIME_SECOND)   /* 0001-01-01T00:00:00Z */
#define LATEST (INT64_C(253402300800) * TIME_SECOND - 1) /* 9999-12-31T23:59:59.999999Z */

struct index {
    struct commit_batch *batch;
    struct store_column column[TABLES][2][6]; /* of persons, shared */
    struct store_column gone[2][2];           /* person and number of rows to take away */
};

static void index_init(struct index *index, struct commit_batch *batch)
{
    index->batch = batch;
    for (int shared = 0; shared < 2; shared++) {
        for (int table = 0; table < TABLES; table++) {
            struct store_column *column = index->column[table][shared];
            store_column_init(&column[0], STORE_INT8, batch->arena);
            store_column_init(&column[1], STORE_INT8, batch->arena);
            for (size_t i = 0; i < tables[table].count; i++)
                store_column_init(&column[2 + i], tables[table].types[i], batch->arena);
        }
        store_column_init(&index->gone[shared][0], STORE_INT8, batch->arena);
        store_column_init(&index->gone[shared][1], STORE_INT8, batch->arena);
    }
}

/* What a Provenance says of its own person's resources is looked for in its body (query_search). */
static bool is_own_target(const struct commit_batch *batch, const struct commit_resource *resource,
                          const struct fhir_search_value *value)
{
    if (!resource->person || !slice_equal(resource->type, SLICE("Provenance")) ||
        !slice_equal(value->parameter->code, SLICE("target")))
        return false;
    const struct commit_resource *target = commit_find_resource(batch, value->type, value->id);
    return target && target->person == resource->person;
}

static bool needs_row(const struct commit_batch *batch, const struct commit_resource *resource,
                      const struct fhir_search_value *value)
{
    struct slice code = value->parameter->code;
    if (is_own_target(batch, resource, value))
        return false;
    if (slice_equal(code, SLICE("_id")) || slice_equal(code, SLICE("_lastUpdated")))
        return false;
    if (!resource->person || value->parameter->type != FHIR_SEARCH_REFERENCE ||
        (!slice_equal(code, SLICE("subject")) && !slice_equal(code, SLICE("patient"))))
        return true;
    return !slice_equal(value->type, SLICE("Patient")) ||
           !slice_equal(value->id, resource->person->patient_id);
}

static instant within(instant when)
{
    if (when < EARLIEST)
        return EARLIEST;
    return when > LATEST ? LATEST : when;
}

/* "Observation.code", without a printf: this is asked forty times a message. */
static struct slice parameter_name(struct slice type, struct slice code, struct arena *arena)
{
    char *name = arena_alloc(arena, type.len + 1 + code.len);
    memcpy(name, type.ptr, type.len);
    name[type.len] = '.';
    memcpy(name + type.len + 1, code.ptr, code.len);
    return (struct slice){name, type.len + 1 + code.len};
}

/* A reference that says by its identifier alone what it means stands as a token (schema 0004). */
static enum index_table table_for(const struct fhir_search_value *value)
{
    if (value->parameter->type == FHIR_SEARCH_REFERENCE && value->id.len == 0)
        return TABLE_TOKEN;
    return table_of[value->parameter->type];
}

static void add_value(struct index *index, const struct commit_resource *resource,
                      const struct fhir_search_value *value)
{
    enum index_table table = table_for(value);
    struct store_column *column = index->column[table][resource->person ? 0 : 1];
    store_column_add_int8(column++, resource->person ? resource->person->key : 0);
    store_column_add_int8(column++, resource->number);
    store_column_add_bytes(
        column++, parameter_name(resource->type, value->parameter->code, index->batch->arena));
    switch (table) {
    case TABLE_TOKEN:
        store_column_add_bytes(&column[0], value->code);
        store_column_add_bytes(&column[1], value->system);
        return;
    case TABLE_REFERENCE:
        store_column_add_bytes(&column[0], value->type);
        store_column_add_bytes(&column[1], value->id);
        return;
    case TABLE_DATE:
        store_column_add_instant(&column[0], within(value->lower));
        store_column_add_instant(&column[1], within(value->upper));
        return;
    case TABLE_STRING:
        store_column_add_bytes(&column[0], value->text);
        return;
    case TABLE_QUANTITY:
        store_column_add_bytes(&column[0], value->text);
        store_column_add_bytes(&column[1], value->system);
        store_column_add_bytes(&column[2], value->code);
        return;
    case TABLES:
        return;
    }
}

static void index_resource(struct index *index, const struct commit_resource *resource)
{
    int shared = resource->person ? 0 : 1;
    if (resource->stored_version > 0) {
        store_column_add_int8(&index->gone[shared][0], shared ? 0 : resource->person->key);
        store_column_add_int8(&index->gone[shared][1], resource->number);
    }
    if (commit_is_replaced(resource))
        return;
    struct fhir_search_value *values = NULL;
    size_t count = 0;
    fhir_search_extract(index->batch->options->search, resource->tree, 0, index->batch->arena,
                        &values, &count);
    for (size_t i = 0; i < count; i++) {
        if (needs_row(index->batch, resource, &values[i]))
            add_value(index, resource, &values[i]);
    }
}

static void index_send(struct index *index, int shared)
{
    struct store_request *request = index->batch->request;
    struct store_column *gone = index->gone[shared];
    if (gone[0].count > 0) {
        const struct store_value values[] = {store_column_value(&gone[0]),
                                             store_column_value(&gone[1])};
        store_request_add(request, shared ? STORE_SQL_SHARED_DELETE_INDEX : STORE_SQL_DELETE_INDEX,
                          values, 2);
    }
    for (int table = 0; table < TABLES; table++) {
        struct store_column *column = index->column[table][shared];
        if (column[0].count == 0)
            continue;
        struct store_value values[6];
        size_t count = 2 + tables[table].count;
        for (size_t i = 0; i < count; i++)
            values[i] = store_column_value(&column[i]);
        store_request_add(request, shared ? tables[table].shared_insert : tables[table].insert,
                          values, count);
    }
}

void commit_batch_index(struct commit_batch *batch)
{
    if (!batch->options->search)
        return;
    struct index index;
    index_init(&index, batch);
    for (size_t i = 0; i < batch->resources.count; i++) {
        const struct commit_resource *resource = batch->resources.entries[i].value;
        if (resource->has_new_version)
            index_resource(&index, resource);
    }
    index_send(&index, 0);
    index_send(&index, 1);
}
