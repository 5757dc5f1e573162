/* judge: see the header.
 *
 *   AWAY ──store ready──▶ RESTING ──pause over──▶ LOOKING ──fewer than a batch──▶ RESTING
 *    ▲                      │                      │  └── a whole batch ──▶ LOOKING
 *    └──────── link lost ───┴──────────────────────┘ */
#include "pipeline/judge.h"

#include "pipeline/clock.h"
#include "pipeline/commit.h"
#include "pipeline/link.h"

#include <stdlib.h>

#define JUDGE_BATCH 1000
#define JUDGE_PAUSE (TIME_SECOND / 5)

struct pipeline_judge {
    struct pipeline_judge_options options;
    struct pipeline_link link;
    struct arena *arena; /* of the look under way */
    struct store_request *request;
    bool looking;
    instant next_look; /* time_monotonic */
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
    judge->looking = store_connection_submit(judge->link.connection, judge->request, looked, judge);
}

static void drive(void *data)
{
    struct pipeline_judge *judge = data;
    struct store_connection *connection = judge->link.connection;
    instant now = time_monotonic();
    store_connection_progress(connection, now);
    if (store_connection_state(connection) == STORE_READY && !judge->looking &&
        judge->next_look <= now) {
        look(judge);
        store_connection_progress(connection, now);
    }
    bool resting = store_connection_state(connection) == STORE_READY && !judge->looking;
    pipeline_link_settle(&judge->link, resting ? judge->next_look : INT64_MAX);
}

struct pipeline_judge *pipeline_judge_new(const struct pipeline_judge_options *options)
{
    struct pipeline_judge *judge = calloc(1, sizeof(*judge));
    if (judge == NULL) {
        return NULL;
    }
    judge->options = *options;
    judge->arena = arena_new(0);
    pipeline_link_init(&judge->link, options->store, STORE_USE_WRITE, options->host, drive, judge);
    drive(judge);
    return judge;
}

void pipeline_judge_free(struct pipeline_judge *judge)
{
    if (judge == NULL) {
        return;
    }
    pipeline_link_release(&judge->link);
    arena_free(judge->arena);
    free(judge);
}
