/* query: see query.h. */
#include "pipeline/commit.h"
#include "pipeline/query_internal.h"

#include <stdlib.h>

#define DEFAULT_CONNECTIONS 2
#define FLUSH_MILLISECONDS 100
#define STATEMENT_MILLISECONDS 10000

struct query_link {
    struct pipeline_query *query;
    struct store_connection *connection;
    int fd; /* as the host watches it; -1: not at all */
    bool reads, writes;
    size_t depth;
};

/* When notes are written next. */
struct query_flush {
    struct pipeline_query *query;
    bool is_due; /* a timer runs */
};

struct pipeline_query {
    struct pipeline_query_options options;
    struct store_settings settings;
    struct query_link *links;
    size_t link_count;
    struct query_audit *audit;
    struct query_flush flush;
    struct pipeline_question *refused; /* to be given back from the loop */
    size_t depth;
};

/* One question on its way through a connection; in the question's arena. */
struct query_work {
    struct query_link *link;
    struct pipeline_question *question;
    struct store_request *request;
    bool has_count;
};

/* --- links ------------------------------------------------------------------------------------ */

static void link_ready(void *data);

static void watch(struct query_link *link, int fd, bool reads, bool writes)
{
    const struct pipeline_host *host = link->query->options.host;
    if (fd == link->fd && reads == link->reads && writes == link->writes)
        return;
    if (link->fd >= 0 && link->fd != fd)
        host->unwatch(host->context, link->fd);
    link->fd = fd;
    link->reads = reads;
    link->writes = writes;
    if (fd >= 0)
        host->watch(host->context, fd, reads, writes, link_ready, link);
}

/* Tells the host what the connection is waiting for. While it links libpq may close its socket and
 * open another of the same number, so the watch is then made anew. */
static void settle(struct query_link *link)
{
    const struct pipeline_host *host = link->query->options.host;
    struct store_connection *connection = link->connection;
    if (store_connection_state(connection) == STORE_LINKING)
        watch(link, -1, false, false);
    watch(link, store_connection_fd(connection), store_connection_wants_read(connection),
          store_connection_wants_write(connection));
    instant wake = store_connection_wake(connection);
    int64_t delay = wake == INT64_MAX ? -1 : (wake - time_monotonic()) / 1000 + 1;
    host->timer(host->context, wake != INT64_MAX && delay < 0 ? 0 : delay, link_ready, link);
}

static void link_ready(void *data)
{
    struct query_link *link = data;
    store_connection_progress(link->connection, time_monotonic());
    settle(link);
}

/* The link with the least to do, or NULL. */
static struct query_link *free_link(struct pipeline_query *query)
{
    struct query_link *best = NULL;
    for (size_t i = 0; i < query->link_count; i++) {
        struct query_link *link = &query->links[i];
        if (store_connection_state(link->connection) == STORE_READY &&
            (!best || link->depth < best->depth))
            best = link;
    }
    return best;
}

struct pipeline_query *pipeline_query_new(const struct pipeline_query_options *options)
{
    struct pipeline_query *query = calloc(1, sizeof *query);
    size_t count = options->connections ? options->connections : DEFAULT_CONNECTIONS;
    struct query_link *links = calloc(count, sizeof *links);
    if (!query || !links)
        abort();
    query->options = *options;
    query->settings = *options->store;
    if (query->settings.statement_milliseconds == 0)
        query->settings.statement_milliseconds = STATEMENT_MILLISECONDS;
    query->audit = query_audit_new(options->log);
    query->flush.query = query;
    query->links = links;
    query->link_count = count;
    for (size_t i = 0; i < count; i++) {
        links[i] = (struct query_link){.query = query,
                                       .connection =
                                           store_connection_new(&query->settings, STORE_USE_READ),
                                       .fd = -1};
        settle(&links[i]);
    }
    return query;
}

/* --- notes ------------------------------------------------------------------------------------ */

static void flush_due(void *data)
{
    struct query_flush *flush = data;
    struct pipeline_query *query = flush->query;
    const struct pipeline_host *host = query->options.host;
    flush->is_due = false;
    struct query_link *link = free_link(query);
    if (link) {
        query_audit_flush(query->audit, link->connection);
        settle(link);
    }
    if (!query_audit_has_notes(query->audit))
        return;
    flush->is_due = true;
    host->timer(host->context, FLUSH_MILLISECONDS, flush_due, flush);
}

static void note(struct pipeline_query *query, const struct query_look *look)
{
    const struct pipeline_host *host = query->options.host;
    query_audit_note(query->audit, look);
    if (query->flush.is_due)
        return;
    query->flush.is_due = true;
    host->timer(host->context, FLUSH_MILLISECONDS, flush_due, &query->flush);
}

/* --- questions -------------------------------------------------------------------------------- */

/* Columns of read_resource and its like. */
enum read_column { READ_VERSION, READ_UPDATED, READ_DELETED, READ_BODY, READ_PERSON, READ_PATIENT };
/* Columns of a search. */
enum search_column {
    SEARCH_PERSON,
    SEARCH_NUMBER,
    SEARCH_ID,
    SEARCH_VERSION,
    SEARCH_UPDATED,
    SEARCH_BODY,
    SEARCH_KEY
};

static int32_t version_of(uint64_t version)
{
    return version > INT32_MAX ? INT32_MAX : (int32_t)version;
}

static void ask_resource(struct query_work *work)
{
    const struct pipeline_question *question = work->question;
    struct arena *arena = question->arena;
    struct store_value values[4] = {store_value_bytes(question->type),
                                    store_value_bytes(question->id)};
    switch (question->kind) {
    case PIPELINE_QUESTION_READ:
        store_request_add(work->request, STORE_SQL_READ_RESOURCE, values, 2);
        return;
    case PIPELINE_QUESTION_VERSION:
        values[2] = store_value_int4(version_of(question->version), arena);
        store_request_add(work->request, STORE_SQL_READ_VERSION, values, 3);
        return;
    case PIPELINE_QUESTION_HISTORY:
        values[2] =
            store_value_int4(question->version ? version_of(question->version) : INT32_MAX, arena);
        values[3] = store_value_int4(version_of((uint64_t)question->limit + 1), arena);
        store_request_add(work->request, STORE_SQL_READ_HISTORY, values, 4);
        return;
    case PIPELINE_QUESTION_PAUSES:
        store_request_add(work->request, STORE_SQL_LIST_PAUSES, NULL, 0);
        return;
    case PIPELINE_QUESTION_SEARCH:
        return;
    }
}

static void ask_search(struct query_work *work)
{
    struct pipeline_search *search = work->question->search;
    if (work->question->patient.len > 0)
        pipeline_search_bind(search, work->question->patient);
    search->store.limit = (int64_t)search->limit + 1;
    if (search->limit > 0)
        store_search_add(work->request, &search->store);
    work->has_count = search->count_all || search->limit == 0;
    if (work->has_count)
        store_search_add_count(work->request, &search->store);
}

static const char *const look_kinds[] = {
    [PIPELINE_QUESTION_READ] = "read",
    [PIPELINE_QUESTION_VERSION] = "vread",
    [PIPELINE_QUESTION_HISTORY] = "history",
    [PIPELINE_QUESTION_SEARCH] = "search",
};

static void note_look(struct query_work *work, const char *outcome, int64_t person)
{
    const struct pipeline_question *question = work->question;
    bool is_search = question->kind == PIPELINE_QUESTION_SEARCH;
    note(work->link->query,
         &(struct query_look){.kind = look_kinds[question->kind],
                              .actor = question->actor,
                              .outcome = outcome,
                              .person = person,
                              .type = is_search ? question->search->store.type : question->type,
                              .id = is_search ? (struct slice){0} : question->id});
}

/* One note for each person whose record was in the answer. Rows of one person mostly stand
 * together; a person that comes again is noted again. */
static void note_search(struct query_work *work, size_t rows)
{
    int64_t last = -1;
    for (size_t row = 0; row < rows; row++) {
        int64_t person = store_request_int8(work->request, 0, row, SEARCH_PERSON);
        if (person != last)
            note_look(work, "success", person);
        last = person;
    }
    if (rows == 0)
        note_look(work, "success", 0);
}

static void take_search(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    const struct pipeline_search *search = question->search;
    const struct store_request *request = work->request;
    size_t rows = search->limit > 0 ? store_request_rows(request, 0) : 0;
    question->has_more = search->limit > 0 && rows > search->limit;
    if (question->has_more)
        rows = search->limit;
    question->found = ARENA_ARRAY(question->arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t row = 0; row < rows; row++) {
        question->found[row] = (struct pipeline_found){
            .id = store_request_bytes(request, 0, row, SEARCH_ID),
            .version = (uint64_t)store_request_int4(request, 0, row, SEARCH_VERSION),
            .last_updated = store_request_instant(request, 0, row, SEARCH_UPDATED),
            .body = store_request_bytes(request, 0, row, SEARCH_BODY),
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
    note_search(work, rows);
}

static void take_resource(struct query_work *work)
{
    struct pipeline_question *question = work->question;
    const struct store_request *request = work->request;
    size_t rows = store_request_rows(request, 0);
    int64_t person = rows > 0 ? store_request_int8(request, 0, 0, READ_PERSON) : 0;
    /* what is not of the patient the caller is bound to is not there for that caller */
    if (rows > 0 && question->patient.len > 0 &&
        !slice_equal(question->patient, store_request_bytes(request, 0, 0, READ_PATIENT)))
        rows = 0;
    note_look(work, rows > 0 ? "success" : "not-found", person);
    if (question->kind == PIPELINE_QUESTION_HISTORY && rows > question->limit) {
        question->has_more = true;
        rows = question->limit;
    }
    question->found = ARENA_ARRAY(question->arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t row = 0; row < rows; row++) {
        question->found[row] = (struct pipeline_found){
            .id = question->id,
            .version = (uint64_t)store_request_int4(request, 0, row, READ_VERSION),
            .last_updated = store_request_instant(request, 0, row, READ_UPDATED),
            .deleted = store_request_boolean(request, 0, row, READ_DELETED),
            .body = store_request_bytes(request, 0, row, READ_BODY),
        };
    }
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

static void answered(void *data)
{
    struct query_work *work = data;
    struct pipeline_question *question = work->question;
    work->link->depth--;
    work->link->query->depth--;
    if (store_request_failure(work->request) != STORE_DONE)
        store_request_report(work->request, &question->issues);
    else if (question->kind == PIPELINE_QUESTION_SEARCH)
        take_search(work);
    else if (question->kind == PIPELINE_QUESTION_PAUSES)
        take_pauses(work);
    else
        take_resource(work);
    question->done(question);
}

static void give_back(void *data)
{
    struct pipeline_query *query = data;
    while (query->refused) {
        struct pipeline_question *question = query->refused;
        query->refused = question->next;
        query->depth--;
        issue_report(&question->issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not reach the database");
        question->done(question);
    }
}

static void refuse(struct pipeline_query *query, struct pipeline_question *question)
{
    const struct pipeline_host *host = query->options.host;
    struct pipeline_question **end = &query->refused;
    while (*end)
        end = &(*end)->next;
    question->next = NULL;
    *end = question;
    host->timer(host->context, 0, give_back, query);
}

void pipeline_query_submit(struct pipeline_query *query, struct pipeline_question *question)
{
    query->depth++;
    struct query_link *link = free_link(query);
    if (!link) {
        refuse(query, question);
        return;
    }
    struct query_work *work = ARENA_NEW(question->arena, struct query_work);
    *work = (struct query_work){
        .link = link, .question = question, .request = store_request_new(question->arena)};
    if (question->kind == PIPELINE_QUESTION_SEARCH)
        ask_search(work);
    else
        ask_resource(work);
    if (!store_connection_submit(link->connection, work->request, answered, work)) {
        refuse(query, question);
        return;
    }
    link->depth++;
    settle(link);
}

size_t pipeline_query_depth(const struct pipeline_query *query)
{
    return query->depth;
}

bool pipeline_query_ready(const struct pipeline_query *query, struct slice *ret_reason)
{
    for (size_t i = 0; i < query->link_count; i++) {
        if (store_connection_state(query->links[i].connection) == STORE_READY)
            return true;
    }
    *ret_reason = store_connection_reason(query->links[0].connection);
    return false;
}

void pipeline_query_free(struct pipeline_query *query)
{
    if (!query)
        return;
    const struct pipeline_host *host = query->options.host;
    struct query_link *link = free_link(query);
    if (link)
        query_audit_finish(query->audit, link->connection);
    for (size_t i = 0; i < query->link_count; i++) {
        watch(&query->links[i], -1, false, false);
        host->timer(host->context, -1, link_ready, &query->links[i]);
        store_connection_free(query->links[i].connection);
    }
    give_back(query);
    host->timer(host->context, -1, give_back, query);
    host->timer(host->context, -1, flush_due, &query->flush);
    query_audit_free(query->audit);
    free(query->links);
    free(query);
}
