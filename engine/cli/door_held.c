/* door_held: see the header. */
#include "cli/door_held.h"

#include "base/map.h"

#include <stdlib.h>

#define HELD_INTERVAL (5 * TIME_SECOND)
#define QUEUE SLICE("held")

struct door_held {
    struct door_held_options options;
    struct net_timer *timer;
    struct arena *arena; /* of the question under way */
    struct arena *names; /* of the feeds that were ever shown: */
    struct map shown;
};

static void show(struct door_held *held, struct slice feed, int64_t count, instant oldest)
{
    instant age = oldest > 0 ? pipeline_clock_now(held->options.clock) - oldest : 0;
    pipeline_metrics_set(held->options.metrics, PIPELINE_METRIC_QUEUE_DEPTH, QUEUE, feed, count);
    pipeline_metrics_set(held->options.metrics, PIPELINE_METRIC_QUEUE_OLDEST, QUEUE, feed,
                         age > 0 ? age / TIME_SECOND : 0);
}

static bool waits(const struct pipeline_question *question, struct slice feed)
{
    for (size_t i = 0; i < question->count; i++) {
        if (slice_equal(question->found[i].id, feed)) {
            return true;
        }
    }
    return false;
}

static void told(struct pipeline_question *question)
{
    struct door_held *held = question->owner;
    net_timer_start(held->timer, HELD_INTERVAL, 0);
    if (issue_list_failed(&question->issues)) {
        return;
    }
    for (size_t i = 0; i < question->count; i++) {
        const struct pipeline_found *found = &question->found[i];
        if (map_get(&held->shown, found->id) == NULL) {
            map_put(&held->shown, arena_copy(held->names, found->id), held);
        }
        show(held, found->id, (int64_t)found->version, found->last_updated);
    }
    for (size_t i = 0; i < held->shown.count; i++) {
        struct slice feed = held->shown.entries[i].key;
        if (!waits(question, feed)) {
            show(held, feed, 0, 0);
        }
    }
}

static void ask(void *data)
{
    struct door_held *held = data;
    arena_reset(held->arena);
    struct pipeline_question *question = ARENA_NEW(held->arena, struct pipeline_question);
    *question = (struct pipeline_question){
        .arena = held->arena, .owner = held, .done = told, .kind = PIPELINE_QUESTION_HELD};
    issue_list_init(&question->issues, held->arena);
    pipeline_query_submit(held->options.query, question);
}

struct door_held *door_held_new(const struct door_held_options *options)
{
    struct door_held *held = calloc(1, sizeof(*held));
    if (held == NULL) {
        abort();
    }
    *held = (struct door_held){.options = *options,
                               .timer = net_timer_new(options->loop, ask, held),
                               .arena = arena_new(0),
                               .names = arena_new(0)};
    map_init(&held->shown, held->names);
    ask(held);
    return held;
}

void door_held_free(struct door_held *held)
{
    if (held == NULL) {
        return;
    }
    net_timer_free(held->timer);
    arena_free(held->arena);
    arena_free(held->names);
    free(held);
}
