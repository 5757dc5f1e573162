/* judge: see the header.
 *
 *   AWAY ──store ready──▶ RESTING ──pause over──▶ LOOKING ──fewer than a batch──▶ RESTING
 *    ▲                      │                      │  └── a whole batch ──▶ LOOKING
 *    └──────── link lost ───┴──────────────────────┘ */
#include "pipeline/judge.h"

#include "pipeline/clock.h"
#include "pipeline/commit.h"
#include "store/connection.h"

#include <stdlib.h>

#define JUDGE_BATCH 1000
#define JUDGE_PAUSE (TIME_SECOND / 5)

struct pipeline_judge {
    struct pipeline_judge_options options;
    struct store_connection *connection;
    struct arena *arena; /* of the look under way */
    struct store_request *request;
    bool looking;
    instant next_look; /* time_monotonic */
    int watched;       /* descriptor, or -1 */
};

static void drive(void *data);

static void looked(void *data)
{
    struct pipeline_judge *judge = data;
    enum store_failure failure = store_request_failure(judge->request);
    size_t taken = failure == STORE_DONE ? store_request_changed(judge->request, 0) : 0;
    if (failure != STORE_DONE) {
        LOG_EVENT(judge->options.log, LOG_WARNING, "judge-look-failed",
                  LOG_TEXT("failure", slice_of(store_failure_name(failure))),
                  LOG_TEXT("sqlstate", store_request_sqlstate(judge->request)));
    }
    judge->looking = false;
    judge->next_look = time_monotonic() + (taken == JUDGE_BATCH ? 0 : JUDGE_PAUSE);
}

static void look(struct pipeline_judge *judge)
{
    if (!pipeline_clock_is_known(judge->options.clock)) {
        judge->next_look = time_monotonic() + JUDGE_PAUSE;
        return;
    }
    arena_reset(judge->arena);
    const struct store_value values[] = {
        store_value_instant(pipeline_clock_now(judge->options.clock), judge->arena),
        store_value_int4(JUDGE_BATCH, judge->arena)};
    judge->request = store_request_new(judge->arena);
    store_request_add(judge->request, STORE_SQL_TAKE_MARKS, values, 2);
    judge->looking = store_connection_submit(judge->connection, judge->request, looked, judge);
}

/* Tells the loop what this judge waits for. */
static void wait(struct pipeline_judge *judge)
{
    const struct pipeline_host *host = judge->options.host;
    int fd = store_connection_fd(judge->connection);
    /* While it links, libpq may close a socket and open another one with the same number. */
    bool linking = store_connection_state(judge->connection) == STORE_LINKING;
    if (judge->watched >= 0 && (fd != judge->watched || linking)) {
        host->unwatch(host->context, judge->watched);
    }
    judge->watched = fd;
    if (fd >= 0) {
        host->watch(host->context, fd, store_connection_wants_read(judge->connection),
                    store_connection_wants_write(judge->connection), drive, judge);
    }
    instant wake = store_connection_wake(judge->connection);
    bool resting = store_connection_state(judge->connection) == STORE_READY && !judge->looking;
    if (resting && judge->next_look < wake) {
        wake = judge->next_look;
    }
    instant left = wake - time_monotonic();
    int64_t milliseconds = wake == INT64_MAX ? -1 : (left > 0 ? left / 1000 + 1 : 0);
    host->timer(host->context, milliseconds, drive, judge);
}

static void drive(void *data)
{
    struct pipeline_judge *judge = data;
    instant now = time_monotonic();
    store_connection_progress(judge->connection, now);
    if (store_connection_state(judge->connection) == STORE_READY && !judge->looking &&
        judge->next_look <= now) {
        look(judge);
        store_connection_progress(judge->connection, now);
    }
    wait(judge);
}

struct pipeline_judge *pipeline_judge_new(const struct pipeline_judge_options *options)
{
    struct pipeline_judge *judge = calloc(1, sizeof(*judge));
    if (judge == NULL) {
        return NULL;
    }
    judge->options = *options;
    judge->connection = store_connection_new(options->store, STORE_USE_WRITE);
    judge->arena = arena_new(0);
    judge->watched = -1;
    drive(judge);
    return judge;
}

void pipeline_judge_free(struct pipeline_judge *judge)
{
    if (judge == NULL) {
        return;
    }
    const struct pipeline_host *host = judge->options.host;
    if (judge->watched >= 0) {
        host->unwatch(host->context, judge->watched);
    }
    host->timer(host->context, -1, drive, judge);
    store_connection_free(judge->connection);
    arena_free(judge->arena);
    free(judge);
}
