/* connection: see connection.h for the picture. Each state has one function that moves it on. */
#include "store/connection.h"

#include "store/link_internal.h"
#include "store/migrate.h"
#include "store/request_internal.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BACK_OFF_FIRST (100 * INT64_C(1000)) /* microseconds */
#define BACK_OFF_LAST (5 * TIME_SECOND)
#define DEFAULT_CONNECT_TIME (10 * TIME_SECOND)

struct store_connection {
    const struct store_settings *settings;
    enum store_use use;
    enum store_state state;
    struct arena *words; /* of the reason */
    struct slice reason;
    bool misfit; /* the server answered, and is not one to work with */
    PGconn *link;
    PostgresPollingStatusType polling; /* while LINKING: what libpq waits for */
    bool unsent;                       /* output waits for the socket */
    instant wake;
    instant back_off;
    size_t checked; /* while CHECKING: answers that came */
    struct store_request *first, *last;
};

/* What a server must say before it gets a record: the columns of this question, in order. */
static const char check_server[] =
    "select current_setting('fsync'), current_setting('full_page_writes'),"
    " current_setting('synchronous_commit')";
static const char check_schema[] = "select coalesce(max(version), 0)::text from schema_version";
static const char *const durable_settings[] = {"fsync", "full_page_writes", "synchronous_commit"};

struct store_connection *store_connection_new(const struct store_settings *settings,
                                              enum store_use use)
{
    struct store_connection *connection = calloc(1, sizeof(*connection));
    if (!connection)
        abort();
    connection->settings = settings;
    connection->use = use;
    connection->words = arena_new(0);
    connection->reason = SLICE("not connected yet");
    connection->back_off = BACK_OFF_FIRST;
    return connection;
}

static void end_requests(struct store_connection *connection)
{
    while (connection->first) {
        struct store_request *request = connection->first;
        connection->first = request->next;
        store_request_lose(request);
        request->done(request->data);
    }
    connection->last = NULL;
}

/* Ends the link, gives every request under way back, and sets the time of the next try. */
static void lose(struct store_connection *connection, instant now, struct slice reason)
{
    arena_reset(connection->words);
    connection->reason = arena_copy(connection->words, reason);
    if (connection->link)
        PQfinish(connection->link);
    connection->link = NULL;
    connection->unsent = false;
    connection->state = STORE_AWAY;
    connection->wake = now + connection->back_off;
    connection->back_off = connection->back_off * 2;
    if (connection->back_off > BACK_OFF_LAST)
        connection->back_off = BACK_OFF_LAST;
    end_requests(connection);
}

static void lose_link(struct store_connection *connection, instant now)
{
    struct arena *arena = arena_new(0);
    struct slice words = SLICE("no memory for a link");
    if (connection->link)
        words = store_link_words(connection->link, arena);
    lose(connection, now, words.len > 0 ? words : SLICE("the link was lost"));
    arena_free(arena);
}

void store_connection_free(struct store_connection *connection)
{
    if (!connection)
        return;
    lose(connection, 0, SLICE("closed"));
    arena_free(connection->words);
    free(connection);
}

static bool belongs(enum store_statement statement, enum store_use use)
{
    static const enum store_set set_of[] = {
        [STORE_USE_BARE] = STORE_SET_BOTH,
        [STORE_USE_WRITE] = STORE_SET_WRITE,
        [STORE_USE_READ] = STORE_SET_READ,
        [STORE_USE_VERIFY] = STORE_SET_VERIFY,
    };
    enum store_set set = store_statement_set(statement);
    return set == STORE_SET_BOTH || set == set_of[use];
}

/* Sends the questions and the statements to prepare, in one round trip. */
static bool begin_check(struct store_connection *connection)
{
    PGconn *link = connection->link;
    if (PQsetnonblocking(link, 1) != 0 || !PQenterPipelineMode(link) ||
        !PQsendQueryParams(link, check_server, 0, NULL, NULL, NULL, NULL, 0))
        return false;
    connection->checked = 0;
    if (connection->use == STORE_USE_BARE)
        return PQpipelineSync(link) == 1;
    if (!PQsendQueryParams(link, check_schema, 0, NULL, NULL, NULL, NULL, 0))
        return false;
    for (enum store_statement s = 0; s < STORE_SQL_COUNT; s++) {
        if (belongs(s, connection->use) &&
            !PQsendPrepare(link, store_statement_name(s), store_statement_text(s).ptr, 0, NULL))
            return false;
    }
    return PQpipelineSync(link) == 1;
}

/* The server's own answers: durable, and of our schema? Gives the reason where it is not. */
static struct slice judge_answer(const struct store_connection *connection, const PGresult *result,
                                 struct arena *arena)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (connection->checked == 1 && state && strcmp(state, "42P01") == 0)
            return SLICE("the database has no schema yet (painbridge db migrate)");
        return arena_format(arena, "could not prepare for work: SQLSTATE %s", state ? state : "-");
    }
    if (connection->checked == 0) {
        for (int i = 0; i < 3; i++) {
            if (strcmp(PQgetvalue(result, 0, i), "off") == 0)
                return arena_format(arena, "cannot work with a server that has %s off",
                                    durable_settings[i]);
        }
        return (struct slice){0};
    }
    if (connection->checked > 1)
        return (struct slice){0};
    int version = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    if (version == store_schema_version())
        return (struct slice){0};
    return arena_format(arena, "the schema is version %d, this program needs %d (%s)", version,
                        store_schema_version(),
                        version < store_schema_version() ? "painbridge db migrate"
                                                         : "a newer painbridge was here");
}

static void enter_ready(struct store_connection *connection)
{
    connection->state = STORE_READY;
    connection->reason = (struct slice){0};
    connection->misfit = false;
    connection->back_off = BACK_OFF_FIRST;
    connection->wake = INT64_MAX;
}

/* Takes one result of CHECKING. False when the link was given up. */
static bool take_check(struct store_connection *connection, PGresult *result, instant now)
{
    if (!result) {
        connection->checked++;
        return true;
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        enter_ready(connection);
        return true;
    }
    struct arena *arena = arena_new(0);
    struct slice reason = judge_answer(connection, result, arena);
    PQclear(result);
    if (reason.len > 0) {
        connection->misfit = true;
        lose(connection, now, reason);
    }
    arena_free(arena);
    return reason.len == 0;
}

/* Takes one result of the first request under way. */
static void take_result(struct store_connection *connection, PGresult *result)
{
    struct store_request *request = connection->first;
    if (!result) {
        request->arrived++;
        return;
    }
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
        store_request_take(request, result);
        return;
    }
    PQclear(result);
    connection->first = request->next;
    if (!connection->first)
        connection->last = NULL;
    request->done(request->data);
}

static bool flush(struct store_connection *connection, instant now)
{
    int left = PQflush(connection->link);
    connection->unsent = left > 0;
    if (left >= 0)
        return true;
    lose_link(connection, now);
    return false;
}

/* READY and CHECKING: sends what waits, takes what came. */
static void exchange(struct store_connection *connection, instant now)
{
    if (!flush(connection, now))
        return;
    if (!PQconsumeInput(connection->link)) {
        lose_link(connection, now);
        return;
    }
    while (connection->link && !PQisBusy(connection->link)) {
        bool checking = connection->state == STORE_CHECKING;
        if (!checking && !connection->first)
            break;
        PGresult *result = PQgetResult(connection->link);
        if (!result && PQstatus(connection->link) == CONNECTION_BAD) {
            lose_link(connection, now);
            return;
        }
        if (!checking)
            take_result(connection, result);
        else if (!take_check(connection, result, now))
            return;
    }
    /* what done() has submitted goes out at once */
    if (connection->link)
        flush(connection, now);
}

static void begin_link(struct store_connection *connection, instant now)
{
    connection->link = store_link_start(connection->settings, connection->use);
    if (!connection->link || PQstatus(connection->link) == CONNECTION_BAD) {
        lose_link(connection, now);
        return;
    }
    int64_t milliseconds = connection->settings->connect_milliseconds;
    connection->state = STORE_LINKING;
    connection->polling = PGRES_POLLING_WRITING;
    connection->wake = now + (milliseconds ? milliseconds * 1000 : DEFAULT_CONNECT_TIME);
}

/* LINKING: libpq must only be asked when its socket is ready for what it waits for. */
static void go_on_linking(struct store_connection *connection, instant now)
{
    struct pollfd socket = {.fd = PQsocket(connection->link),
                            .events =
                                connection->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT};
    if (poll(&socket, 1, 0) <= 0) {
        if (now >= connection->wake)
            lose(connection, now, SLICE("the server did not answer in time"));
        return;
    }
    connection->polling = PQconnectPoll(connection->link);
    if (connection->polling == PGRES_POLLING_FAILED) {
        lose_link(connection, now);
        return;
    }
    if (connection->polling != PGRES_POLLING_OK)
        return;
    connection->state = STORE_CHECKING;
    if (!begin_check(connection)) {
        lose_link(connection, now);
        return;
    }
    exchange(connection, now);
}

void store_connection_progress(struct store_connection *connection, instant now)
{
    switch (connection->state) {
    case STORE_AWAY:
        if (now >= connection->wake)
            begin_link(connection, now);
        return;
    case STORE_LINKING:
        go_on_linking(connection, now);
        return;
    case STORE_CHECKING:
        exchange(connection, now);
        if (connection->state == STORE_CHECKING && now >= connection->wake)
            lose(connection, now, SLICE("the server did not answer in time"));
        return;
    case STORE_READY:
        exchange(connection, now);
        return;
    }
}

enum store_state store_connection_state(const struct store_connection *connection)
{
    return connection->state;
}

struct slice store_connection_state_words(const struct store_connection *connection)
{
    if (connection->state == STORE_READY)
        return (struct slice){0};
    if (connection->misfit)
        return SLICE("store-misfit: the schema or the settings of the database do not fit");
    return SLICE("store-down: the database does not answer");
}

struct slice store_connection_reason(const struct store_connection *connection)
{
    return connection->reason;
}

int store_connection_fd(const struct store_connection *connection)
{
    return connection->link ? PQsocket(connection->link) : -1;
}

bool store_connection_wants_read(const struct store_connection *connection)
{
    if (connection->state == STORE_LINKING)
        return connection->polling == PGRES_POLLING_READING;
    return connection->state != STORE_AWAY;
}

bool store_connection_wants_write(const struct store_connection *connection)
{
    if (connection->state == STORE_LINKING)
        return connection->polling == PGRES_POLLING_WRITING;
    return connection->unsent;
}

instant store_connection_wake(const struct store_connection *connection)
{
    return connection->wake;
}

static bool send_steps(PGconn *link, const struct store_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        const struct store_step *step = &request->steps[i];
        int sent = step->text ? PQsendQueryParams(link, step->text, step->count, NULL, step->values,
                                                  step->lengths, step->formats, 1)
                              : PQsendQueryPrepared(link, store_statement_name(step->statement),
                                                    step->count, step->values, step->lengths,
                                                    step->formats, 1);
        if (!sent)
            return false;
    }
    return PQpipelineSync(link) == 1;
}

bool store_connection_submit(struct store_connection *connection, struct store_request *request,
                             void (*done)(void *data), void *data)
{
    if (connection->state != STORE_READY)
        return false;
    request->done = done;
    request->data = data;
    request->next = NULL;
    if (connection->last)
        connection->last->next = request;
    else
        connection->first = request;
    connection->last = request;
    /* a failure to send shows at the next progress, which then loses the link */
    connection->unsent = true;
    if (send_steps(connection->link, request))
        connection->unsent = PQflush(connection->link) != 0;
    return true;
}

void store_connection_wait(struct store_connection *connection, instant until)
{
    struct pollfd socket = {.fd = store_connection_fd(connection)};
    if (store_connection_wants_read(connection))
        socket.events |= POLLIN;
    if (store_connection_wants_write(connection))
        socket.events |= POLLOUT;
    instant wake = connection->wake < until ? connection->wake : until;
    int64_t milliseconds = (wake - time_monotonic()) / 1000 + 1;
    if (milliseconds < 0)
        milliseconds = 0;
    poll(&socket, 1, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds);
    store_connection_progress(connection, time_monotonic());
}

int store_connection_open(struct store_connection *connection, int64_t milliseconds,
                          struct issue_list *issues)
{
    instant until = time_monotonic() + milliseconds * 1000;
    while (connection->state != STORE_READY && time_monotonic() < until && !connection->misfit)
        store_connection_wait(connection, until);
    if (connection->state == STORE_READY)
        return 0;
    issue_report(issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not open the database: %.*s", SLICE_ARG(connection->reason));
    return -1;
}

static void note_done(void *data)
{
    *(bool *)data = true;
}

int store_connection_run(struct store_connection *connection, struct store_request *request,
                         struct issue_list *issues)
{
    bool done = false;
    if (!store_connection_submit(connection, request, note_done, &done)) {
        issue_report(issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not reach the database: %.*s", SLICE_ARG(connection->reason));
        return -1;
    }
    while (!done)
        store_connection_wait(connection, INT64_MAX);
    if (store_request_failure(request) == STORE_DONE)
        return 0;
    store_request_report(request, issues);
    return -1;
}
