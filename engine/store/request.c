/* request: see request.h. */
#include "store/request_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void clear_results(void *data)
{
    struct store_request *request = data;
    for (size_t i = 0; i < request->count; i++)
        PQclear(request->steps[i].result);
}

struct store_request *store_request_new(struct arena *arena)
{
    struct store_request *request = ARENA_NEW(arena, struct store_request);
    request->arena = arena;
    request->commit = SIZE_MAX;
    request->culprit = SIZE_MAX;
    arena_on_release(arena, clear_results, request);
    return request;
}

static size_t add_step(struct store_request *request, enum store_statement statement,
                       const char *text, const struct store_value *values, size_t count)
{
    if (request->count == request->capacity) {
        size_t capacity = request->capacity ? request->capacity * 2 : 8;
        request->steps =
            arena_grow(request->arena, request->steps, request->capacity * sizeof(*request->steps),
                       capacity * sizeof(*request->steps));
        request->capacity = capacity;
    }
    struct store_step *step = &request->steps[request->count];
    step->statement = statement;
    step->text = text;
    step->count = (int)count;
    step->values = ARENA_ARRAY(request->arena, count, const char *);
    step->lengths = ARENA_ARRAY(request->arena, count, int);
    step->formats = ARENA_ARRAY(request->arena, count, int);
    for (size_t i = 0; i < count; i++) {
        step->values[i] = values[i].is_null ? NULL : values[i].bytes.ptr;
        /* a value beyond what the protocol carries is cut to nothing here and refused there */
        step->lengths[i] = values[i].bytes.len > INT_MAX ? INT_MAX : (int)values[i].bytes.len;
        step->formats[i] = 1;
    }
    if (statement == STORE_SQL_COMMIT)
        request->commit = request->count;
    return request->count++;
}

size_t store_request_add(struct store_request *request, enum store_statement statement,
                         const struct store_value *values, size_t count)
{
    return add_step(request, statement, NULL, values, count);
}

size_t store_request_add_text(struct store_request *request, const char *text,
                              const struct store_value *values, size_t count)
{
    return add_step(request, STORE_SQL_COUNT, text, values, count);
}

/* A COMMIT that ends as an ERROR has had no effect; after the record of the commit is written the
 * server knows only PANIC. With FATAL the session ends, and 08 is what a pooler says of a server it
 * lost: then nobody knows. */
static bool is_of_the_link(const PGresult *result, struct slice sqlstate)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return !severity || strcmp(severity, "ERROR") != 0 || slice_starts_with(sqlstate, SLICE("08"));
}

void store_request_take(struct store_request *request, PGresult *result)
{
    if (request->arrived >= request->count) {
        PQclear(result);
        return;
    }
    struct store_step *step = &request->steps[request->arrived];
    PQclear(step->result);
    step->result = result;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        if (request->arrived != request->commit)
            return;
        /* a commit of a failed transaction succeeds, and says ROLLBACK */
        request->commit_done = strcmp(PQcmdStatus(result), "COMMIT") == 0;
        if (!request->commit_done)
            request->failure = STORE_RETRY;
        return;
    }
    if (request->culprit != SIZE_MAX || status == PGRES_PIPELINE_ABORTED)
        return;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state) { /* libpq's own words for a lost link: the server may have gone on to the commit */
        store_request_lose(request);
        return;
    }
    request->culprit = request->arrived;
    request->sqlstate = slice_of(state);
    request->failure = store_failure_of(request->sqlstate);
    if (request->arrived == request->commit && is_of_the_link(result, request->sqlstate))
        request->failure = STORE_UNCERTAIN;
}

void store_request_lose(struct store_request *request)
{
    if (request->failure != STORE_DONE || request->commit_done)
        return;
    request->failure = request->commit == SIZE_MAX ? STORE_DOWN : STORE_UNCERTAIN;
}

enum store_failure store_request_failure(const struct store_request *request)
{
    return request->failure;
}

struct slice store_request_sqlstate(const struct store_request *request)
{
    return request->sqlstate;
}

const char *store_request_culprit(const struct store_request *request)
{
    if (request->culprit == SIZE_MAX)
        return NULL;
    const struct store_step *step = &request->steps[request->culprit];
    return step->text ? "search" : store_statement_name(step->statement);
}

void store_request_report(const struct store_request *request, struct issue_list *issues)
{
    const char *culprit = store_request_culprit(request);
    if (!culprit) {
        issue_report(issues, store_failure_issue(request->failure), ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not reach the database");
        return;
    }
    issue_report(issues, store_failure_issue(request->failure), ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not run statement '%s': SQLSTATE %.*s", culprit,
                 SLICE_ARG(request->sqlstate));
}

static const PGresult *result_of(const struct store_request *request, size_t statement)
{
    return statement < request->count ? request->steps[statement].result : NULL;
}

size_t store_request_rows(const struct store_request *request, size_t statement)
{
    const PGresult *result = result_of(request, statement);
    return result && PQresultStatus(result) == PGRES_TUPLES_OK ? (size_t)PQntuples(result) : 0;
}

size_t store_request_changed(const struct store_request *request, size_t statement)
{
    const PGresult *result = result_of(request, statement);
    if (!result)
        return 0;
    /* PQcmdTuples reads only; its parameter lacks the const */
    union {
        const PGresult *given;
        PGresult *taken;
    } same = {result};
    uint64_t changed = 0;
    return slice_to_uint64(slice_of(PQcmdTuples(same.taken)), SIZE_MAX, &changed) ? (size_t)changed
                                                                                  : 0;
}

struct slice store_request_bytes(const struct store_request *request, size_t statement, size_t row,
                                 int column)
{
    if (store_request_is_null(request, statement, row, column))
        return (struct slice){0};
    const PGresult *result = result_of(request, statement);
    return (struct slice){PQgetvalue(result, (int)row, column),
                          (size_t)PQgetlength(result, (int)row, column)};
}

bool store_request_is_null(const struct store_request *request, size_t statement, size_t row,
                           int column)
{
    if (row >= store_request_rows(request, statement))
        return true;
    const PGresult *result = result_of(request, statement);
    return column < 0 || column >= PQnfields(result) || PQgetisnull(result, (int)row, column);
}

int64_t store_request_int8(const struct store_request *request, size_t statement, size_t row,
                           int column)
{
    return store_read_int8(store_request_bytes(request, statement, row, column));
}

int32_t store_request_int4(const struct store_request *request, size_t statement, size_t row,
                           int column)
{
    return store_read_int4(store_request_bytes(request, statement, row, column));
}

bool store_request_boolean(const struct store_request *request, size_t statement, size_t row,
                           int column)
{
    return store_read_boolean(store_request_bytes(request, statement, row, column));
}

instant store_request_instant(const struct store_request *request, size_t statement, size_t row,
                              int column)
{
    if (store_request_is_null(request, statement, row, column))
        return 0;
    return store_read_instant(store_request_bytes(request, statement, row, column));
}
