/* query: see query.h. */
#include "pipeline/clock.h"
#include "pipeline/commit.h"
#include "pipeline/label.h"
#include "pipeline/query_internal.h"

#include <stdlib.h>

#define SEARCH_LINKS 3
#define SEARCHES_OF_ACTOR 2
#define SEARCHES_WAITING 100 /* of one actor */
#define SEARCH_MILLISECONDS 10000
/* What is asked by key is answered in a moment: a few at once keep the server busy, and nobody
 * waits behind many. */
#define LOOKUP_DEPTH 12
#define LOOKUPS_OF_ACTOR 8
#define LOOKUP_MILLISECONDS 10000
#define FLUSH_MILLISECONDS 100

/* SQLSTATE query_canceled: the statement's time was up (PostgreSQL 15 appendix A). */
static const struct slice canceled = SLICE_INIT("57014");

/* When notes are written next. */
struct query_flush {
    struct pipeline_query *query;
    bool is_due; /* a timer runs */
};

struct pipeline_query {
    struct pipeline_query_options options;
    struct store_settings lookup_store, search_store;
    struct query_lane *lookups, *searches;
    struct query_audit *audit;
    struct query_flush flush;
    struct pipeline_tables tables;
    struct pipeline_question *told; /* answered from the tables, to be given back from the loop */
    size_t depth;
};

static void open_lookups(struct pipeline_query *query)
{
    const struct query_lane_options options = {.host = query->options.host,
                                               .store = &query->lookup_store,
                                               .budget = query->options.budget,
                                               .links = 1,
                                               .depth = LOOKUP_DEPTH,
                                               .per_actor = LOOKUPS_OF_ACTOR,
                                               .patience =
                                                   LOOKUP_MILLISECONDS * (TIME_SECOND / 1000)};
    query->lookup_store = *query->options.store;
    query->lookup_store.plans_once = true;
    if (query->lookup_store.statement_milliseconds == 0)
        query->lookup_store.statement_milliseconds = LOOKUP_MILLISECONDS;
    query->lookups = query_lane_new(&options);
}

static void open_searches(struct pipeline_query *query)
{
    const struct pipeline_query_options *given = &query->options;
    int64_t milliseconds =
        given->search_milliseconds ? given->search_milliseconds : SEARCH_MILLISECONDS;
    const struct query_lane_options options = {
        .host = given->host,
        .store = &query->search_store,
        .budget = given->budget,
        .links = given->searches ? given->searches : SEARCH_LINKS,
        .depth = 1,
        .per_actor = given->searches_of_actor ? given->searches_of_actor : SEARCHES_OF_ACTOR,
        .waiting = SEARCHES_WAITING,
        .patience = milliseconds * (TIME_SECOND / 1000)};
    query->search_store = *given->store;
    query->search_store.statement_milliseconds = milliseconds;
    query->searches = query_lane_new(&options);
}

struct pipeline_query *pipeline_query_new(const struct pipeline_query_options *options)
{
    struct pipeline_query *query = calloc(1, sizeof *query);
    if (!query)
        abort();
    query->options = *options;
    query->audit = query_audit_new(options->store->application, options->log);
    query->flush.query = query;
    open_lookups(query);
    open_searches(query);
    return query;
}

/* --- notes ------------------------------------------------------------------------------------ */

static void flush_due(void *data)
{
    struct query_flush *flush = data;
    struct pipeline_query *query = flush->query;
    const struct pipeline_host *host = query->options.host;
    flush->is_due = false;
    query_lane_flush(query->lookups, query->audit);
    if (!query_audit_has_notes(query->audit))
        return;
    flush->is_due = true;
    host->timer(host->context, FLUSH_MILLISECONDS, flush_due, flush);
}

void pipeline_query_note(struct pipeline_query *query, const struct pipeline_audit_row *row)
{
    const struct pipeline_host *host = query->options.host;
    query_audit_note(query->audit, row);
    if (query->flush.is_due)
        return;
    query->flush.is_due = true;
    host->timer(host->context, FLUSH_MILLISECONDS, flush_due, &query->flush);
}

/* Who asked, and how it went; what was asked is the caller's to add. */
static struct pipeline_audit_row row_of(const struct pipeline_question *question, const char *kind,
                                        const char *outcome)
{
    return (struct pipeline_audit_row){.kind = slice_of(kind),
                                       .role = SLICE(PIPELINE_AUDIT_CLIENT),
                                       .actor = question->actor,
                                       .outcome = slice_of(outcome),
                                       .site = question->site,
                                       .address = question->address,
                                       .purpose = question->purpose,
                                       .user = question->user,
                                       .detail = question->asked};
}

/* --- questions -------------------------------------------------------------------------------- */

/* Columns of read_resource and its like. */
enum read_column {
    READ_VERSION,
    READ_UPDATED,
    READ_DELETED,
    READ_BODY,
    READ_PERSON,
    READ_VISIBLE,
    READ_ID,
    READ_LABELS
};
/* Columns of a search. */
enum search_column {
    SEARCH_PERSON,
    SEARCH_NUMBER,
    SEARCH_ID,
    SEARCH_VERSION,
    SEARCH_UPDATED,
    SEARCH_BODY,
    SEARCH_KEY,
    SEARCH_LABELS
};

static int32_t version_of(uint64_t version)
{
    return version > INT32_MAX ? INT32_MAX : (int32_t)version;
}

/* What question->bytes is to the store, which gives one body more. */
static int64_t bytes_of(const struct pipeline_question *question)
{
    if (question->without_bodies)
        return 0;
    return question->bytes > 0 ? question->bytes : INT64_MAX;
}

static struct store_viewer viewer_of(const struct query_work *work)
{
    const struct pipeline_query_options *options = &work->query->options;
    const struct pipeline_viewer *viewer = &work->question->viewer;
    return (struct store_viewer){.site = viewer->site,
                                 .names = viewer->names,
                                 .name_count = viewer->name_count,
                                 .sees_all = viewer->sees_all,
                                 .purposes = options->notice.len > 0 ? viewer->purposes : 0,
                                 .moment = pipeline_clock_now(options->clock)};
}

static void ask_resource(struct query_work *work)
{
    const struct pipeline_question *question = work->question;
    struct arena *arena = question->arena;
    struct slice patient = question->patient.ptr ? question->patient : SLICE("");
    struct store_value all[STORE_VIEWER_VALUES + 6], *values = all + STORE_VIEWER_VALUES;
    const struct store_viewer viewer = viewer_of(work);
    store_viewer_values(&viewer, arena, all);
    values[0] = store_value_bytes(question->type);
    values[1] = store_value_bytes(question->id);
    switch (question->kind) {
    case PIPELINE_QUESTION_READ:
        values[2] = store_value_bytes(patient);
        store_request_add(work->request, STORE_SQL_READ_RESOURCE, all, STORE_VIEWER_VALUES + 3);
        return;
    case PIPELINE_QUESTION_VERSION:
        values[2] = store_value_int4(version_of(question->version), arena);
        values[3] = store_value_bytes(patient);
        store_request_add(work->request, STORE_SQL_READ_VERSION, all, STORE_VIEWER_VALUES + 4);
        return;
    case PIPELINE_QUESTION_HISTORY:
        values[2] =
            store_value_int4(question->version ? version_of(question->version) : INT32_MAX, arena);
        values[3] = store_value_int4(version_of((uint64_t)question->limit + 1), arena);
        values[4] = store_value_int8(bytes_of(question), arena);
        values[5] = store_value_bytes(patient);
        store_request_add(work->request, STORE_SQL_READ_HISTORY, all, STORE_VIEWER_VALUES + 6);
        return;
    case PIPELINE_QUESTION_PAUSES:
        store_request_add(work->request, STORE_SQL_LIST_PAUSES, NULL, 0);
        return;
    case PIPELINE_QUESTION_HELD:
        store_request_add(work->request, STORE_SQL_COUNT_HELD, NULL, 0);
        return;
    case PIPELINE_QUESTION_EVENT:
    case PIPELINE_QUESTION_EVENTS:
        query_events_ask(work->request, question);
        return;
    case PIPELINE_QUESTION_SEARCH:
    case PIPELINE_QUESTION_TABLES:
        return;
    }
}

static void ask_search(struct query_work *work)
{
    struct pipeline_search *search = work->question->search;
    if (work->question->patient.len > 0)
        pipeline_search_bind(search, work->question->patient);
    search->store.viewer = viewer_of(work);
    search->store.limit = (int64_t)search->limit + 1;
    search->store.bytes = bytes_of(work->question);
    if (search->limit > 0)
        store_search_add(work->request, &search->store);
    work->has_count = search->count_all || search->limit == 0;
    if (work->has_count)
        store_search_add_count(work->request, &search->store);
}

static const char *const look_kinds[] = {
    [PIPELINE_QUESTION_READ] = "read",       [PIPELINE_QUESTION_VERSION] = "vread",
    [PIPELINE_QUESTION_HISTORY] = "history", [PIPELINE_QUESTION_SEARCH] = "search",
    [PIPELINE_QUESTION_EVENT] = "read",      [PIPELINE_QUESTION_EVENTS] = "search",
};

/* What was asked for; a read of one resource says which version was given (0: none). */
static struct slice entities_of(const struct pipeline_question *question, int32_t version)
{
    if (question->kind == PIPELINE_QUESTION_SEARCH)
        return question->search->store.type;
    if (question->kind == PIPELINE_QUESTION_EVENTS)
        return question->type;
    if (question->kind == PIPELINE_QUESTION_HISTORY || version == 0)
        return arena_format(question->arena, "%.*s/%.*s", SLICE_ARG(question->type),
                            SLICE_ARG(question->id));
    return arena_format(question->arena, "%.*s/%.*s/%d", SLICE_ARG(question->type),
                        SLICE_ARG(question->id), version);
}

static void note_look(struct query_work *work, const char *outcome, int64_t person, int32_t version)
{
    const struct pipeline_question *question = work->question;
    struct pipeline_audit_row row = row_of(question, look_kinds[question->kind], outcome);
    row.person = person;
    row.entities = entities_of(question, version);
    pipeline_query_note(work->query, &row);
}

/* One note for each person whose record was in the answer. Rows of one person mostly stand
 * together; a person that comes again is noted again. */
static void note_rows(struct query_work *work, size_t rows, int person_column, int version_column)
{
    int64_t last = -1;
    for (size_t row = 0; row < rows; row++) {
        int64_t person = store_request_int8(work->request, 0, row, person_column);
        if (person != last)
            note_look(work, "success", person,
                      store_request_int4(work->request, 0, row, version_column));
        last = person;
    }
    if (rows == 0)
        note_look(work, "success", 0, 0);
}

/* The rows of a page: at most `limit`, and none behind the bytes of the question. True when there
 * are more. */
static bool cut_rows(const struct query_work *work, size_t limit, int body, size_t *rows)
{
    const struct pipeline_question *question = work->question;
    size_t taken = 0;
    while (taken < *rows && taken < limit &&
           (question->without_bodies || !store_request_is_null(work->request, 0, taken, body)))
        taken++;
    bool has_more = taken < *rows;
    *rows = taken;
    return has_more;
}

/* The body as it is stored; with the notice where it is under 42 CFR Part 2. */
static struct slice noticed(const struct query_work *work, size_t row, int labels, int body)
{
    struct slice text = store_request_bytes(work->request, 0, row, body);
    uint32_t bits = (uint32_t)store_request_int4(work->request, 0, row, labels);
    struct slice notice = work->query->options.notice;
    if (!(bits & PIPELINE_LABEL_PART2) || notice.len == 0 || text.len == 0)
        return text;
    return pipeline_label_notice(text, notice, work->question->arena);
}

static void take_search(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    const struct pipeline_search *search = question->search;
    const struct store_request *request = work->request;
    size_t rows = search->limit > 0 ? store_request_rows(request, 0) : 0;
    question->has_more = cut_rows(work, search->limit, SEARCH_BODY, &rows);
    question->found = ARENA_ARRAY(question->arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t row = 0; row < rows; row++) {
        question->found[row] = (struct pipeline_found){
            .id = store_request_bytes(request, 0, row, SEARCH_ID),
            .version = (uint64_t)store_request_int4(request, 0, row, SEARCH_VERSION),
            .last_updated = store_request_instant(request, 0, row, SEARCH_UPDATED),
            .labels = (uint32_t)store_request_int4(request, 0, row, SEARCH_LABELS),
            .body = noticed(work, row, SEARCH_LABELS, SEARCH_BODY),
        };
    }
    if (rows > 0)
        question->found[rows - 1].cursor = pipeline_search_cursor(
            store_request_instant(request, 0, rows - 1, SEARCH_KEY),
            store_request_int8(request, 0, rows - 1, SEARCH_NUMBER), question->arena);
    question->has_total = work->has_count || (!question->has_more && !search->store.has_cursor);
    question->total = rows;
    if (work->has_count)
        question->total = (uint64_t)store_request_int8(request, search->limit > 0 ? 1 : 0, 0, 0);
    note_rows(work, rows, SEARCH_PERSON, SEARCH_VERSION);
}

/* What is not of the patient the caller is bound to is not there for that caller. Such rows come
 * last. */
static size_t count_visible(const struct store_request *request)
{
    size_t rows = store_request_rows(request, 0);
    while (rows > 0 && !store_request_boolean(request, 0, rows - 1, READ_VISIBLE))
        rows--;
    return rows;
}

/* Versions are numbered without gaps, so the newest says how many there are; to a caller who may
 * see some of them only those are told. */
static void count_history(const struct query_work *work, size_t *rows)
{
    struct pipeline_question *question = work->question;
    bool sees_all = question->viewer.sees_all && question->patient.len == 0;
    question->has_more = cut_rows(work, question->limit, READ_BODY, rows);
    question->has_total = *rows > 0 && question->version == 0 && (sees_all || !question->has_more);
    question->total = *rows;
    if (question->has_total && sees_all)
        question->total = (uint64_t)store_request_int4(work->request, 0, 0, READ_VERSION);
}

static void take_resource(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    const struct store_request *request = work->request;
    size_t rows = count_visible(request);
    if (question->kind == PIPELINE_QUESTION_HISTORY)
        count_history(work, &rows);
    question->found = ARENA_ARRAY(question->arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t row = 0; row < rows; row++) {
        question->found[row] = (struct pipeline_found){
            .id = store_request_bytes(request, 0, row, READ_ID),
            .version = (uint64_t)store_request_int4(request, 0, row, READ_VERSION),
            .last_updated = store_request_instant(request, 0, row, READ_UPDATED),
            .deleted = store_request_boolean(request, 0, row, READ_DELETED),
            .labels = (uint32_t)store_request_int4(request, 0, row, READ_LABELS),
            .body = noticed(work, row, READ_LABELS, READ_BODY),
        };
    }
    if (rows > 0)
        note_rows(work, rows, READ_PERSON, READ_VERSION);
    else if (store_request_rows(request, 0) > 0)
        note_look(work, "not-found", store_request_int8(request, 0, 0, READ_PERSON), 0);
    else
        note_look(work, "not-found", 0, 0);
}

/* Who looked into the audit is in the audit: of the person whose rows were asked for, if any. */
static void take_events(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    query_events_take(work->request, question);
    note_look(work, question->count > 0 || question->events ? "success" : "not-found", 0, 0);
}

static void take_pauses(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    size_t rows = store_request_rows(work->request, 0);
    question->found = ARENA_ARRAY(question->arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t row = 0; row < rows; row++)
        question->found[row].id = store_request_bytes(work->request, 0, row, 0);
}

static void take_held(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    size_t rows = store_request_rows(work->request, 0);
    question->found = ARENA_ARRAY(question->arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t row = 0; row < rows; row++)
        question->found[row] = (struct pipeline_found){
            .id = store_request_bytes(work->request, 0, row, 0),
            .version = (uint64_t)store_request_int8(work->request, 0, row, 1),
            .last_updated = store_request_instant(work->request, 0, row, 2)};
}

/* Why there is no answer. */
static void report(const struct query_work *work)
{
    struct issue_list *issues = &work->question->issues;
    switch (work->end) {
    case QUERY_AWAY:
        issue_report(issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not reach the database");
        return;
    case QUERY_CROWDED:
        issue_report(issues, ISSUE_BUSY, ISSUE_ERROR, ISSUE_NOWHERE,
                     "too many searches of this client wait already");
        return;
    case QUERY_LATE:
        issue_report(issues, ISSUE_BUSY, ISSUE_ERROR, ISSUE_NOWHERE,
                     "waited too long for those before it");
        return;
    case QUERY_ANSWERED:
        break;
    }
    if (slice_equal(store_request_sqlstate(work->request), canceled))
        issue_report(issues, ISSUE_TOO_SLOW, ISSUE_ERROR, ISSUE_NOWHERE,
                     "took too long and was ended, ask for less");
    else
        store_request_report(work->request, issues);
}

static void work_done(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    work->query->depth--;
    if (work->end != QUERY_ANSWERED || store_request_failure(work->request) != STORE_DONE)
        report(work);
    else if (question->kind == PIPELINE_QUESTION_SEARCH)
        take_search(work);
    else if (question->kind == PIPELINE_QUESTION_PAUSES)
        take_pauses(work);
    else if (question->kind == PIPELINE_QUESTION_HELD)
        take_held(work);
    else if (question->kind == PIPELINE_QUESTION_EVENT ||
             question->kind == PIPELINE_QUESTION_EVENTS)
        take_events(work);
    else
        take_resource(work);
    question->done(question);
}

/* --- code tables ------------------------------------------------------------------------------ */

static void give_back_told(void *data)
{
    struct pipeline_query *query =
        (struct pipeline_query *)((char *)data - offsetof(struct pipeline_query, told));
    while (query->told) {
        struct pipeline_question *question = query->told;
        query->told = question->next;
        query->depth--;
        question->done(question);
    }
}

static void tell_tables(struct pipeline_query *query, struct pipeline_question *question)
{
    const struct pipeline_host *host = query->options.host;
    struct pipeline_question **last = &query->told;
    bool is_read = question->id.len > 0;
    pipeline_tables_answer(&query->tables, question);
    struct pipeline_audit_row row =
        row_of(question, is_read ? "read" : "search",
               is_read && question->count == 0 ? "not-found" : "success");
    row.entities = question->type;
    if (is_read)
        row.entities = arena_format(question->arena, "%.*s/%.*s", SLICE_ARG(question->type),
                                    SLICE_ARG(question->id));
    pipeline_query_note(query, &row);
    while (*last)
        last = &(*last)->next;
    question->next = NULL;
    *last = question;
    query->depth++;
    host->timer(host->context, 0, give_back_told, &query->told);
}

void pipeline_query_use_tables(struct pipeline_query *query, const struct pipeline_tables *tables)
{
    query->tables = *tables;
}

/* ---------------------------------------------------------------------------------------------- */

void pipeline_query_submit(struct pipeline_query *query, struct pipeline_question *question)
{
    if (question->kind == PIPELINE_QUESTION_TABLES) {
        tell_tables(query, question);
        return;
    }
    struct query_work *work = ARENA_NEW(question->arena, struct query_work);
    bool is_search = question->kind == PIPELINE_QUESTION_SEARCH;
    bool is_long = is_search || question->kind == PIPELINE_QUESTION_EVENTS;
    *work = (struct query_work){.query = query,
                                .question = question,
                                .request = store_request_new(question->arena),
                                .done = work_done};
    query->depth++;
    if (is_search)
        ask_search(work);
    else
        ask_resource(work);
    query_lane_submit(is_long ? query->searches : query->lookups, work);
}

size_t pipeline_query_depth(const struct pipeline_query *query)
{
    return query->depth;
}

bool pipeline_query_ready(const struct pipeline_query *query, struct slice *ret_reason)
{
    return query_lane_ready(query->lookups, ret_reason) &&
           query_lane_ready(query->searches, ret_reason);
}

void pipeline_query_free(struct pipeline_query *query)
{
    if (!query)
        return;
    const struct pipeline_host *host = query->options.host;
    host->timer(host->context, -1, give_back_told, &query->told);
    give_back_told(&query->told);
    query_lane_finish(query->lookups, query->audit);
    query_lane_free(query->searches);
    query_lane_free(query->lookups);
    host->timer(host->context, -1, flush_due, &query->flush);
    query_audit_free(query->audit);
    free(query);
}
