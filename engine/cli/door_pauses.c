/* door_pauses: see the header. */
#include "cli/door_pauses.h"

#include <stdlib.h>

#define PAUSE_INTERVAL TIME_SECOND
#define PAUSE_FIRST_INTERVAL (TIME_SECOND / 10)

struct door_pauses {
    struct pipeline_query *query;
    struct feed_listener *listener;
    struct net_timer *timer;
    struct arena *arena; /* of the question under way */
};

static void told(struct pipeline_question *question)
{
    struct door_pauses *pauses = question->owner;
    instant next = PAUSE_FIRST_INTERVAL;
    if (!issue_list_failed(&question->issues)) {
        struct slice *names = ARENA_ARRAY(pauses->arena, question->count, struct slice);
        for (size_t i = 0; i < question->count; i++) {
            names[i] = question->found[i].id;
        }
        feed_listener_pause(pauses->listener, names, question->count);
        next = PAUSE_INTERVAL;
    }
    net_timer_start(pauses->timer, next, 0);
}

static void ask(void *data)
{
    struct door_pauses *pauses = data;
    arena_reset(pauses->arena);
    struct pipeline_question *question = ARENA_NEW(pauses->arena, struct pipeline_question);
    *question = (struct pipeline_question){
        .arena = pauses->arena, .owner = pauses, .done = told, .kind = PIPELINE_QUESTION_PAUSES};
    issue_list_init(&question->issues, pauses->arena);
    pipeline_query_submit(pauses->query, question);
}

struct door_pauses *door_pauses_new(struct net_loop *loop, struct pipeline_query *query,
                                    struct feed_listener *listener)
{
    struct door_pauses *pauses = calloc(1, sizeof(*pauses));
    if (pauses == NULL) {
        abort();
    }
    *pauses = (struct door_pauses){.query = query,
                                   .listener = listener,
                                   .timer = net_timer_new(loop, ask, pauses),
                                   .arena = arena_new(0)};
    ask(pauses);
    return pauses;
}

void door_pauses_free(struct door_pauses *pauses)
{
    if (pauses == NULL) {
        return;
    }
    net_timer_free(pauses->timer);
    arena_free(pauses->arena);
    free(pauses);
}
