/* verify: see the header. */
#include "pipeline/verify.h"

#include "fhir/resource.h"
#include "pipeline/commit_internal.h"

#include <string.h>

#define VERIFY_PATIENCE 3000                  /* milliseconds, for the connection */
#define VERIFY_STATEMENT_PATIENCE (3600000)   /* for one look at everything */
#define VERIFY_PAGE 500                       /* bodies */
#define VERIFY_PAGE_CEILING ((size_t)1 << 30) /* of a page, whatever its bodies' size */

struct verification {
    struct store_connection *connection;
    struct arena *arena; /* of the report */
    struct arena *page;  /* of one answer */
    struct arena *tree;  /* of one body */
    struct pipeline_verify_report *report;
    size_t fault_capacity;
    struct issue_list *issues;
};

static void add_fault(struct verification *verification, struct slice table, struct slice key,
                      struct slice fault)
{
    struct pipeline_verify_report *report = verification->report;
    if (report->fault_count == verification->fault_capacity) {
        size_t capacity = verification->fault_capacity + PIPELINE_VERIFY_NAMED;
        report->faults = arena_grow(verification->arena, report->faults,
                                    verification->fault_capacity * sizeof(*report->faults),
                                    capacity * sizeof(*report->faults));
        verification->fault_capacity = capacity;
    }
    report->faults[report->fault_count++] =
        (struct pipeline_verify_fault){.table = arena_copy(verification->arena, table),
                                       .key = arena_copy(verification->arena, key),
                                       .fault = fault};
}

/* The answer lives until the next one is asked for. */
static struct store_request *ask(struct verification *verification, enum store_statement statement,
                                 const struct store_value *values, size_t count)
{
    arena_reset(verification->page);
    struct store_request *request = store_request_new(verification->page);
    store_request_add(request, statement, values, count);
    int result = store_connection_run(verification->connection, request, verification->issues);
    return result == 0 ? request : NULL;
}

/* --- relations -------------------------------------------------------------------------------- */

static const enum store_statement relations[] = {
    STORE_SQL_VERIFY_MESSAGES,        STORE_SQL_VERIFY_HELD,
    STORE_SQL_VERIFY_PERSONS,         STORE_SQL_VERIFY_PLACES,
    STORE_SQL_VERIFY_VERSIONS,        STORE_SQL_VERIFY_SOURCES,
    STORE_SQL_VERIFY_INDEX,           STORE_SQL_SHARED_VERIFY_PLACES,
    STORE_SQL_SHARED_VERIFY_VERSIONS, STORE_SQL_SHARED_VERIFY_SOURCES,
    STORE_SQL_SHARED_VERIFY_INDEX,
};

static int verify_relation(struct verification *verification, enum store_statement statement)
{
    struct arena *arena = verification->arena;
    const struct store_value values[] = {store_value_int4(PIPELINE_VERIFY_NAMED, arena)};
    const struct store_request *request = ask(verification, statement, values, 1);
    if (request == NULL) {
        return -1;
    }
    size_t rows = store_request_rows(request, 0);
    for (size_t row = 0; row < rows; row++) {
        add_fault(verification, store_request_bytes(request, 0, row, 0),
                  store_request_bytes(request, 0, row, 1),
                  arena_copy(arena, store_request_bytes(request, 0, row, 2)));
    }
    verification->report->broken += store_request_int8(request, 0, 0, 3);
    return 0;
}

/* --- bodies ----------------------------------------------------------------------------------- */

enum body_column {
    BODY_PERSON,
    BODY_TYPE,
    BODY_NUMBER,
    BODY_ID,
    BODY_VERSION,
    BODY_TEXT,
    BODY_HASH
};

static const struct {
    struct slice table;
    enum store_statement statement;
    bool has_versions;
} body_tables[] = {
    {SLICE_INIT("resource"), STORE_SQL_VERIFY_BODIES, false},
    {SLICE_INIT("shared_resource"), STORE_SQL_SHARED_VERIFY_BODIES, false},
    {SLICE_INIT("resource_history"), STORE_SQL_VERIFY_HISTORY, true},
    {SLICE_INIT("shared_resource_history"), STORE_SQL_SHARED_VERIFY_HISTORY, true},
};

/* What is wrong with the body of a row, or an empty slice. */
static struct slice judge_body(struct verification *verification,
                               const struct store_request *request, size_t row)
{
    struct arena *tree = verification->tree;
    struct json *body = NULL;
    arena_reset(tree);
    if (json_parse(store_request_bytes(request, 0, row, BODY_TEXT), tree, &body, NULL) != 0 ||
        json_kind(body) != JSON_OBJECT) {
        return SLICE("has a body that is no JSON object");
    }
    if (!slice_equal(fhir_resource_type(body), store_request_bytes(request, 0, row, BODY_TYPE))) {
        return SLICE("has a body of another type");
    }
    if (!slice_equal(fhir_resource_id(body), store_request_bytes(request, 0, row, BODY_ID))) {
        return SLICE("has a body with another id");
    }
    struct slice version =
        arena_format(tree, "%d", store_request_int4(request, 0, row, BODY_VERSION));
    if (!slice_equal(fhir_resource_version(body), version)) {
        return SLICE("has a body of another version");
    }
    if (store_request_is_null(request, 0, row, BODY_HASH)) {
        return (struct slice){0};
    }
    unsigned char hash[DIGEST_SHA256_SIZE];
    fhir_resource_remove_server_meta(body);
    commit_hash_content(body, hash);
    struct slice content = {(const char *)hash, sizeof(hash)};
    if (!slice_equal(content, store_request_bytes(request, 0, row, BODY_HASH))) {
        return SLICE("has a body that is not what was stored");
    }
    return (struct slice){0};
}

/* Where a page begins: after this row. */
struct body_cursor {
    int64_t person, number;
    struct slice type;
    int32_t version;
};

static struct slice body_key(struct verification *verification, const struct store_request *request,
                             size_t row, bool has_versions)
{
    struct slice type = store_request_bytes(request, 0, row, BODY_TYPE);
    struct slice id = store_request_bytes(request, 0, row, BODY_ID);
    if (!has_versions) {
        return arena_format(verification->page, "%.*s/%.*s", SLICE_ARG(type), SLICE_ARG(id));
    }
    return arena_format(verification->page, "%.*s/%.*s/_history/%d", SLICE_ARG(type), SLICE_ARG(id),
                        store_request_int4(request, 0, row, BODY_VERSION));
}

static void judge_page(struct verification *verification, const struct store_request *request,
                       size_t table, size_t *named)
{
    size_t rows = store_request_rows(request, 0);
    for (size_t row = 0; row < rows; row++) {
        struct slice fault = judge_body(verification, request, row);
        if (fault.len == 0) {
            continue;
        }
        verification->report->broken++;
        if (*named == PIPELINE_VERIFY_NAMED) {
            continue;
        }
        (*named)++;
        add_fault(verification, body_tables[table].table,
                  body_key(verification, request, row, body_tables[table].has_versions), fault);
    }
}

static int verify_bodies(struct verification *verification, size_t table)
{
    struct arena *cursor_arena = arena_new(0);
    struct body_cursor cursor = {.person = -1, .number = -1, .type = SLICE("")};
    size_t rows = VERIFY_PAGE;
    size_t named = 0;
    while (rows == VERIFY_PAGE) {
        const struct store_value values[] = {
            store_value_int8(cursor.person, cursor_arena),
            store_value_bytes(cursor.type),
            store_value_int8(cursor.number, cursor_arena),
            store_value_int4(VERIFY_PAGE, cursor_arena),
            store_value_int4(cursor.version, cursor_arena),
        };
        const struct store_request *request = ask(verification, body_tables[table].statement,
                                                  values, body_tables[table].has_versions ? 5 : 4);
        if (request == NULL) {
            arena_free(cursor_arena);
            return -1;
        }
        judge_page(verification, request, table, &named);
        rows = store_request_rows(request, 0);
        arena_reset(cursor_arena);
        if (rows > 0) {
            cursor = (struct body_cursor){
                .person = store_request_int8(request, 0, rows - 1, BODY_PERSON),
                .type =
                    arena_copy(cursor_arena, store_request_bytes(request, 0, rows - 1, BODY_TYPE)),
                .number = store_request_int8(request, 0, rows - 1, BODY_NUMBER),
                .version = store_request_int4(request, 0, rows - 1, BODY_VERSION)};
        }
    }
    arena_free(cursor_arena);
    return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int count_rows(struct verification *verification)
{
    struct pipeline_verify_report *report = verification->report;
    const struct store_request *request = ask(verification, STORE_SQL_VERIFY_COUNTS, NULL, 0);
    if (request == NULL) {
        return -1;
    }
    report->count_count = store_request_rows(request, 0);
    report->counts =
        ARENA_ARRAY(verification->arena, report->count_count, struct pipeline_verify_count);
    for (size_t row = 0; row < report->count_count; row++) {
        report->counts[row] = (struct pipeline_verify_count){
            .table = arena_copy(verification->arena, store_request_bytes(request, 0, row, 0)),
            .rows = store_request_int8(request, 0, row, 1)};
    }
    return 0;
}

static int list_revisions(struct verification *verification)
{
    struct pipeline_verify_report *report = verification->report;
    struct arena *arena = verification->arena;
    const struct store_request *request = ask(verification, STORE_SQL_VERIFY_REVISIONS, NULL, 0);
    if (request == NULL) {
        return -1;
    }
    report->revision_count = store_request_rows(request, 0);
    report->revisions = ARENA_ARRAY(arena, report->revision_count, struct pipeline_verify_revision);
    for (size_t row = 0; row < report->revision_count; row++) {
        report->revisions[row] = (struct pipeline_verify_revision){
            .revision = arena_copy(arena, store_request_bytes(request, 0, row, 0)),
            .messages = store_request_int8(request, 0, row, 1),
            .last = store_request_instant(request, 0, row, 2)};
    }
    return 0;
}

static int verify_all(struct verification *verification)
{
    if (store_connection_open(verification->connection, VERIFY_PATIENCE, verification->issues) !=
            0 ||
        count_rows(verification) != 0 || list_revisions(verification) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
        if (verify_relation(verification, relations[i]) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof(body_tables) / sizeof(body_tables[0]); i++) {
        if (verify_bodies(verification, i) != 0) {
            return -1;
        }
    }
    return 0;
}

int pipeline_verify(const struct store_settings *settings, struct arena *arena,
                    struct pipeline_verify_report *ret_report, struct issue_list *issues)
{
    struct store_settings patient = *settings;
    patient.statement_milliseconds = VERIFY_STATEMENT_PATIENCE;
    struct pipeline_verify_report report = {0};
    struct verification verification = {
        .connection = store_connection_new(&patient, STORE_USE_VERIFY),
        .arena = arena,
        .page = arena_new(VERIFY_PAGE_CEILING),
        .tree = arena_new(0),
        .report = &report,
        .issues = issues,
    };
    int result = verify_all(&verification);
    if (result == 0) {
        *ret_report = report;
    }
    store_connection_free(verification.connection);
    arena_free(verification.page);
    arena_free(verification.tree);
    return result;
}
