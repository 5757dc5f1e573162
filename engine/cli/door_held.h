/* door_held: how many messages wait, asked for every few seconds and shown among the metrics, by
 * feed. A store that is away changes nothing. */
#ifndef CLI_DOOR_HELD_H
#define CLI_DOOR_HELD_H

#include "net/loop.h"
#include "pipeline/clock.h"
#include "pipeline/metrics.h"
#include "pipeline/query.h"

struct door_held;

struct door_held_options {
    struct net_loop *loop;
    struct pipeline_query *query;
    struct pipeline_metrics *metrics;
    const struct pipeline_clock *clock; /* by which messages are received; NULL: the real time */
};

/* Begins to ask. */
struct door_held *door_held_new(const struct door_held_options *options);
/* After the query is freed, which gives back what is under way. NULL is well. */
void door_held_free(struct door_held *held);

#endif
