/* audit_verify: see the header. */
#include "pipeline/audit_verify.h"

#include "pipeline/audit_internal.h"
#include "store/connection.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE 3000                /* milliseconds, for the connection */
#define STATEMENT_PATIENCE (3600000) /* for one look */
#define SEAL_PAGE 500
#define ROW_PAGE 2000
#define JUDGE_ROWS 10000 /* from the bad one on: what happened to it is told by those behind it */

struct verification {
    struct store_connection *connection;
    struct arena *arena; /* of the report */
    struct arena *page;  /* of one answer */
    struct pipeline_audit_report *report;
    struct pipeline_audit_beginning *chains;
    size_t chain_count;
    struct pipeline_audit_point *points; /* by chain and place */
    size_t point_count, point_capacity;
    pipeline_audit_read *read;
    void *read_data;
    struct issue_list *issues;
};

/* The answer lives until the next one is asked for. */
static const struct store_request *ask(struct verification *verification,
                                       enum store_statement statement,
                                       const struct store_value *values, size_t count)
{
    struct store_request *request = store_request_new(verification->page);
    store_request_add(request, statement, values, count);
    int result = store_connection_run(verification->connection, request, verification->issues);
    return result == 0 ? request : NULL;
}

static void add_finding(struct verification *verification, bool of_seal, int64_t chain,
                        struct slice name, struct pipeline_audit_verdict verdict)
{
    struct pipeline_audit_report *report = verification->report;
    report->broken++;
    if (report->finding_count < PIPELINE_AUDIT_NAMED)
        report->findings[report->finding_count++] =
            (struct pipeline_audit_finding){of_seal, chain, name, verdict};
}

static void add_point(struct verification *verification, const struct pipeline_audit_point *point)
{
    if (verification->point_count == verification->point_capacity) {
        size_t capacity = verification->point_capacity * 2 + 1024;
        verification->points =
            realloc(verification->points, capacity * sizeof *verification->points);
        if (!verification->points)
            abort();
        verification->point_capacity = capacity;
    }
    verification->points[verification->point_count++] = *point;
}

/* --- seals ------------------------------------------------------------------------------------ */

static const char *judge_seal(struct verification *verification, int64_t number, struct slice token,
                              const unsigned char *previous, struct pipeline_seal *ret_seal)
{
    struct slice payload;
    if (verification->read(verification->read_data, token, verification->page, &payload) != 0)
        return "its signature is not good";
    if (!pipeline_seal_parse(payload, verification->page, ret_seal) || ret_seal->number != number)
        return "it is another seal than its number says";
    if (number == 1 && ret_seal->previous.len == 0)
        return NULL;
    if (ret_seal->previous.len != DIGEST_SHA256_SIZE ||
        memcmp(ret_seal->previous.ptr, previous, DIGEST_SHA256_SIZE) != 0)
        return "it does not stand on the seal before";
    return NULL;
}

static void take_seal(struct verification *verification, int64_t number, struct slice token,
                      int64_t before, unsigned char *previous)
{
    struct pipeline_seal seal;
    if (number != before + 1) {
        add_finding(verification, true, before + 1, (struct slice){0},
                    (struct pipeline_audit_verdict){PIPELINE_AUDIT_DELETED, 0, "it is gone"});
        digest_sha256(token, previous);
        return;
    }
    const char *fault = judge_seal(verification, number, token, previous, &seal);
    digest_sha256(token, previous);
    if (fault) {
        add_finding(verification, true, number, (struct slice){0},
                    (struct pipeline_audit_verdict){PIPELINE_AUDIT_CHANGED, 0, fault});
        return;
    }
    for (size_t i = 0; i < seal.head_count; i++)
        add_point(verification, &seal.heads[i]);
}

static int take_seals(struct verification *verification)
{
    unsigned char previous[DIGEST_SHA256_SIZE] = {0};
    int64_t last = 0;
    for (size_t rows = SEAL_PAGE; rows == SEAL_PAGE;) {
        arena_reset(verification->page);
        const struct store_value values[] = {store_value_int8(last, verification->page),
                                             store_value_int8(SEAL_PAGE, verification->page)};
        const struct store_request *request = ask(verification, STORE_SQL_LIST_SEALS, values, 2);
        if (!request)
            return -1;
        rows = store_request_rows(request, 0);
        for (size_t row = 0; row < rows; row++) {
            int64_t number = store_request_int8(request, 0, row, 0);
            take_seal(verification, number, store_request_bytes(request, 0, row, 2), last,
                      previous);
            last = number;
            verification->report->seals++;
            verification->report->last_sealed = store_request_instant(request, 0, row, 1);
        }
    }
    return 0;
}

/* --- chains ----------------------------------------------------------------------------------- */

static void take_beginning(struct verification *verification, const struct store_request *request,
                           size_t row)
{
    struct pipeline_audit_beginning *beginning = &verification->chains[verification->chain_count++];
    struct slice hash = store_request_bytes(request, 0, row, 5);
    *beginning = (struct pipeline_audit_beginning){
        .chain = store_request_int8(request, 0, row, 0),
        .name = arena_copy(verification->arena, store_request_bytes(request, 0, row, 1)),
        .opened = store_request_instant(request, 0, row, 2),
        .has_previous = !store_request_is_null(request, 0, row, 3),
        .previous_chain = store_request_int8(request, 0, row, 3),
        .has_head = !store_request_is_null(request, 0, row, 4),
        .previous_place = store_request_int8(request, 0, row, 4)};
    if (hash.len == DIGEST_SHA256_SIZE)
        memcpy(beginning->previous_hash, hash.ptr, hash.len);
}

static int take_chains(struct verification *verification)
{
    arena_reset(verification->page);
    const struct store_request *request = ask(verification, STORE_SQL_LIST_CHAINS, NULL, 0);
    if (!request)
        return -1;
    size_t rows = store_request_rows(request, 0);
    verification->chains =
        ARENA_ARRAY(verification->arena, rows + 1, struct pipeline_audit_beginning);
    for (size_t row = 0; row < rows; row++) {
        take_beginning(verification, request, row);
        const struct pipeline_audit_beginning *beginning = &verification->chains[row];
        struct pipeline_audit_point point = {
            beginning->previous_chain, beginning->previous_place, {0}};
        memcpy(point.hash, beginning->previous_hash, sizeof(point.hash));
        if (beginning->has_head)
            add_point(verification, &point);
    }
    verification->report->chains = (int64_t)rows;
    return 0;
}

static int compare_points(const void *a, const void *b)
{
    const struct pipeline_audit_point *one = a, *other = b;
    if (one->chain != other->chain)
        return one->chain < other->chain ? -1 : 1;
    return (one->place > other->place) - (one->place < other->place);
}

/* A chain that somebody knows of and nobody began. The chains are in the order of their numbers. */
static void find_missing(struct verification *verification)
{
    size_t at = 0;
    int64_t named = 0;
    for (size_t i = 0; i < verification->point_count; i++) {
        int64_t chain = verification->points[i].chain;
        while (at < verification->chain_count && verification->chains[at].chain < chain)
            at++;
        bool there = at < verification->chain_count && verification->chains[at].chain == chain;
        if (there || chain == named)
            continue;
        named = chain;
        add_finding(verification, false, chain, (struct slice){0},
                    (struct pipeline_audit_verdict){PIPELINE_AUDIT_DELETED, 0,
                                                    "the beginning of the chain is gone"});
    }
}

static int find_lone(struct verification *verification)
{
    arena_reset(verification->page);
    const struct store_request *request = ask(verification, STORE_SQL_LIST_LONE_ROWS, NULL, 0);
    if (!request)
        return -1;
    for (size_t row = 0; row < store_request_rows(request, 0); row++)
        add_finding(verification, false, store_request_int8(request, 0, row, 0), (struct slice){0},
                    (struct pipeline_audit_verdict){PIPELINE_AUDIT_INSERTED,
                                                    store_request_int8(request, 0, row, 1),
                                                    "nobody began this chain"});
    return 0;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* At most `limit` rows of the chain behind the last one; in the page's arena. */
static int take_rows(struct verification *verification, int64_t chain, int64_t place,
                     instant recorded, int64_t limit, struct pipeline_audit_row **ret_rows,
                     size_t *ret_count)
{
    arena_reset(verification->page);
    const struct store_value values[] = {store_value_int8(chain, verification->page),
                                         store_value_int8(place, verification->page),
                                         store_value_instant(recorded, verification->page),
                                         store_value_int8(limit, verification->page)};
    const struct store_request *request = ask(verification, STORE_SQL_LIST_AUDIT_ROWS, values, 4);
    if (!request)
        return -1;
    *ret_count = store_request_rows(request, 0);
    *ret_rows = ARENA_ARRAY(verification->page, *ret_count + 1, struct pipeline_audit_row);
    for (size_t row = 0; row < *ret_count; row++)
        audit_row_read(request, row, &(*ret_rows)[row]);
    return 0;
}

struct cursor {
    int64_t place;
    instant recorded;
};

/* Judges the chain whose rows behind the cursor begin with a bad one. */
static int judge_chain(struct verification *verification,
                       const struct pipeline_audit_beginning *chain,
                       const struct pipeline_audit_check *check, struct cursor cursor)
{
    struct pipeline_audit_row *rows;
    struct pipeline_audit_verdict verdict;
    size_t count;
    if (take_rows(verification, chain->chain, cursor.place, cursor.recorded, JUDGE_ROWS, &rows,
                  &count) != 0)
        return -1;
    if (count == 0) /* it was taken away meanwhile */
        return 0;
    pipeline_audit_check_judge(check, rows, count, &verdict);
    add_finding(verification, false, chain->chain, chain->name, verdict);
    return 0;
}

static void end_chain(struct verification *verification,
                      const struct pipeline_audit_beginning *chain,
                      const struct pipeline_audit_check *check)
{
    struct pipeline_audit_verdict verdict;
    int64_t known = check->point_count > 0 ? check->points[check->point_count - 1].place + 1 : 0;
    pipeline_audit_check_end(check, &verdict);
    if (verdict.fault != PIPELINE_AUDIT_WHOLE)
        add_finding(verification, false, chain->chain, chain->name, verdict);
    else
        verification->report->unsealed += check->head.place - known;
}

static int verify_chain(struct verification *verification,
                        const struct pipeline_audit_beginning *chain,
                        const struct pipeline_audit_point *points, size_t point_count)
{
    struct pipeline_audit_check check;
    struct pipeline_audit_chain head;
    struct cursor cursor = {.place = INT64_MIN};
    pipeline_audit_begin(chain, &head);
    pipeline_audit_check_begin(&check, &head, points, point_count);
    for (size_t count = ROW_PAGE; count == ROW_PAGE;) {
        struct pipeline_audit_row *rows;
        if (take_rows(verification, chain->chain, cursor.place, cursor.recorded, ROW_PAGE, &rows,
                      &count) != 0)
            return -1;
        size_t held = pipeline_audit_check_rows(&check, rows, count);
        verification->report->rows += (int64_t)held;
        if (held > 0)
            cursor = (struct cursor){rows[held - 1].place, rows[held - 1].recorded};
        if (held < count)
            return judge_chain(verification, chain, &check, cursor);
    }
    end_chain(verification, chain, &check);
    return 0;
}

static int verify_chains(struct verification *verification)
{
    size_t first = 0;
    for (size_t i = 0; i < verification->chain_count; i++) {
        const struct pipeline_audit_beginning *chain = &verification->chains[i];
        while (first < verification->point_count &&
               verification->points[first].chain < chain->chain)
            first++;
        size_t end = first;
        while (end < verification->point_count && verification->points[end].chain == chain->chain)
            end++;
        if (verify_chain(verification, chain, &verification->points[first], end - first) != 0)
            return -1;
    }
    return 0;
}

static int verify_all(struct verification *verification)
{
    if (store_connection_open(verification->connection, PATIENCE, verification->issues) != 0 ||
        take_seals(verification) != 0 || take_chains(verification) != 0)
        return -1;
    qsort(verification->points, verification->point_count, sizeof *verification->points,
          compare_points);
    find_missing(verification);
    return find_lone(verification) == 0 ? verify_chains(verification) : -1;
}

int pipeline_audit_verify(const struct store_settings *settings, pipeline_audit_read *read,
                          void *read_data, struct arena *arena,
                          struct pipeline_audit_report *ret_report, struct issue_list *issues)
{
    struct store_settings patient = *settings;
    patient.statement_milliseconds = STATEMENT_PATIENCE;
    struct pipeline_audit_report report = {
        .findings = ARENA_ARRAY(arena, PIPELINE_AUDIT_NAMED, struct pipeline_audit_finding)};
    struct verification verification = {.connection =
                                            store_connection_new(&patient, STORE_USE_VERIFY),
                                        .arena = arena,
                                        .page = arena_new(0),
                                        .report = &report,
                                        .read = read,
                                        .read_data = read_data,
                                        .issues = issues};
    int result = verify_all(&verification);
    if (result == 0)
        *ret_report = report;
    store_connection_free(verification.connection);
    arena_free(verification.page);
    free(verification.points);
    return result;
}
