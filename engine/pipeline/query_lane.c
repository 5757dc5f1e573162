/* query_lane: connections that do the same kind of work, and what waits for them. See
 * query_internal.h.
 *
 *   submit ──▶ waiting ──its turn, and its actor has room──▶ running ──▶ done
 *                 │ too many of one actor, too long                 │
 *                 └──────────────▶ done (crowded, late)             └─ link lost ▶ done (answered,
 *                                                                      and the request says so)
 *
 * Nothing is sent to a connection that has `depth` requests under way: what waits, waits here. The
 * actors take turns: the third that waits of one goes when every other has had three, so nobody
 * stands behind the many of another. */
#include "pipeline/commit.h"
#include "pipeline/link.h"
#include "pipeline/query_internal.h"

#include <stdlib.h>

struct query_link {
    struct query_lane *lane;
    struct pipeline_link store;
    size_t depth;
};

struct query_lane {
    struct query_lane_options options;
    struct query_link *links;
    struct query_work *waiting; /* in the order they came */
    struct query_work *running;
    struct query_work *ended; /* to be given back from the loop */
    uint64_t turn;            /* of what was sent last */
    struct budget_watch watch;
    bool closing;
};

/* --- giving back ------------------------------------------------------------------------------ */

static void give_back(void *data)
{
    struct query_lane *lane = data;
    while (lane->ended) {
        struct query_work *work = lane->ended;
        lane->ended = work->next;
        work->done(work);
    }
}

static void end_work(struct query_lane *lane, struct query_work *work, enum query_end end)
{
    const struct pipeline_host *host = lane->options.host;
    struct query_work **last = &lane->ended;
    while (*last)
        last = &(*last)->next;
    work->end = end;
    work->next = NULL;
    *last = work;
    host->timer(host->context, 0, give_back, lane);
}

static void remove_work(struct query_work **list, struct query_work *work)
{
    while (*list != work)
        list = &(*list)->next;
    *list = work->next;
}

/* --- what waits ------------------------------------------------------------------------------- */

static size_t count_of(const struct query_work *list, struct slice actor)
{
    size_t count = 0;
    for (; list; list = list->next)
        count += slice_equal(list->question->actor, actor);
    return count;
}

static uint64_t last_turn(const struct query_work *list, struct slice actor, uint64_t turn)
{
    for (; list; list = list->next)
        if (list->turn > turn && slice_equal(list->question->actor, actor))
            turn = list->turn;
    return turn;
}

/* One behind the last of its actor that waits or runs. */
static uint64_t next_turn(const struct query_lane *lane, struct slice actor)
{
    uint64_t turn = last_turn(lane->running, actor, lane->turn);
    return last_turn(lane->waiting, actor, turn) + 1;
}

static void patience_over(void *data);

/* The first that came is the first whose patience ends. */
static void watch_patience(struct query_lane *lane)
{
    const struct pipeline_host *host = lane->options.host;
    int64_t delay = -1;
    if (lane->waiting)
        delay = (lane->waiting->deadline - time_monotonic()) / 1000 + 1;
    if (lane->waiting && delay < 0)
        delay = 0;
    host->timer(host->context, delay, patience_over, &lane->waiting);
}

static void patience_over(void *data)
{
    struct query_lane *lane =
        (struct query_lane *)((char *)data - offsetof(struct query_lane, waiting));
    instant now = time_monotonic();
    while (lane->waiting && lane->waiting->deadline <= now) {
        struct query_work *work = lane->waiting;
        lane->waiting = work->next;
        end_work(lane, work, QUERY_LATE);
    }
    watch_patience(lane);
}

static bool may_go(const struct query_lane *lane, const struct query_work *work)
{
    const struct pipeline_question *question = work->question;
    return (!question->share || budget_share_has_room(question->share)) &&
           count_of(lane->running, question->actor) < lane->options.per_actor;
}

/* Whose turn it is, of those that may go. NULL: none may. */
static struct query_work *next_work(const struct query_lane *lane)
{
    struct query_work *best = NULL;
    for (struct query_work *work = lane->waiting; work; work = work->next) {
        if ((!best || work->turn < best->turn) && may_go(lane, work))
            best = work;
    }
    return best;
}

/* --- links ------------------------------------------------------------------------------------ */

static void settle(struct query_link *link)
{
    pipeline_link_settle(&link->store, INT64_MAX);
}

/* The link with the least to do, or NULL. */
static struct query_link *ready_link(const struct query_lane *lane)
{
    struct query_link *best = NULL;
    for (size_t i = 0; i < lane->options.links && !lane->closing; i++) {
        struct query_link *link = &lane->links[i];
        if (store_connection_state(link->store.connection) == STORE_READY &&
            (!best || link->depth < best->depth))
            best = link;
    }
    return best;
}

static void advance(struct query_lane *lane);

static void answered(void *data)
{
    struct query_work *work = data;
    struct query_lane *lane = work->link->lane;
    work->link->depth--;
    remove_work(&lane->running, work);
    work->end = QUERY_ANSWERED;
    work->done(work);
    advance(lane);
}

/* Sends what may go; where no link is there, what waits is given back. */
static void advance(struct query_lane *lane)
{
    struct query_work *work = NULL;
    struct query_link *link = ready_link(lane);
    while (link && link->depth < lane->options.depth && (work = next_work(lane))) {
        remove_work(&lane->waiting, work);
        work->link = link;
        if (!store_connection_submit(link->store.connection, work->request, answered, work)) {
            end_work(lane, work, QUERY_AWAY);
            return;
        }
        link->depth++;
        lane->turn = work->turn > lane->turn ? work->turn : lane->turn;
        work->next = lane->running;
        lane->running = work;
        settle(link);
        link = ready_link(lane);
    }
    while (!link && lane->waiting) {
        work = lane->waiting;
        lane->waiting = work->next;
        end_work(lane, work, QUERY_AWAY);
    }
    watch_patience(lane);
}

static void room_again(void *data)
{
    advance((struct query_lane *)((char *)data - offsetof(struct query_lane, watch)));
}

static void link_ready(void *data)
{
    struct query_link *link = data;
    store_connection_progress(link->store.connection, time_monotonic());
    settle(link);
    advance(link->lane);
}

/* budget_watch.changed: from the loop, because a charge is set in the midst of anything. */
static void budget_changed(void *data)
{
    struct query_lane *lane = data;
    const struct pipeline_host *host = lane->options.host;
    if (lane->waiting)
        host->timer(host->context, 0, room_again, &lane->watch);
}

/* --- the lane --------------------------------------------------------------------------------- */

struct query_lane *query_lane_new(const struct query_lane_options *options)
{
    struct query_lane *lane = calloc(1, sizeof *lane);
    struct query_link *links = calloc(options->links, sizeof *links);
    if (!lane || !links)
        abort();
    lane->options = *options;
    lane->links = links;
    lane->watch = (struct budget_watch){.changed = budget_changed, .data = lane};
    if (options->budget)
        budget_watch(options->budget, &lane->watch);
    for (size_t i = 0; i < options->links; i++) {
        links[i].lane = lane;
        pipeline_link_init(&links[i].store, options->store, STORE_USE_READ, options->host,
                           link_ready, &links[i]);
        settle(&links[i]);
    }
    return lane;
}

void query_lane_free(struct query_lane *lane)
{
    if (!lane)
        return;
    const struct pipeline_host *host = lane->options.host;
    lane->closing = true;
    if (lane->options.budget)
        budget_unwatch(lane->options.budget, &lane->watch);
    host->timer(host->context, -1, room_again, &lane->watch);
    for (size_t i = 0; i < lane->options.links; i++)
        pipeline_link_release(&lane->links[i].store);
    advance(lane);
    give_back(lane);
    host->timer(host->context, -1, give_back, lane);
    host->timer(host->context, -1, patience_over, &lane->waiting);
    free(lane->links);
    free(lane);
}

void query_lane_submit(struct query_lane *lane, struct query_work *work)
{
    struct query_work **last = &lane->waiting;
    size_t limit = lane->options.waiting;
    if (limit > 0 && count_of(lane->waiting, work->question->actor) >= limit) {
        end_work(lane, work, QUERY_CROWDED);
        return;
    }
    while (*last)
        last = &(*last)->next;
    work->deadline = time_monotonic() + lane->options.patience;
    work->turn = next_turn(lane, work->question->actor);
    work->next = NULL;
    *last = work;
    advance(lane);
}

void query_lane_flush(struct query_lane *lane, struct query_audit *audit)
{
    struct query_link *link = ready_link(lane);
    if (!link)
        return;
    query_audit_flush(audit, link->store.connection);
    settle(link);
}

void query_lane_finish(struct query_lane *lane, struct query_audit *audit)
{
    const struct query_link *link = ready_link(lane);
    if (link)
        query_audit_finish(audit, link->store.connection);
}

bool query_lane_ready(const struct query_lane *lane, struct slice *ret_reason)
{
    if (ready_link(lane))
        return true;
    *ret_reason = store_connection_state_words(lane->links[0].store.connection);
    return false;
}
