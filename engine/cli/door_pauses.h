/* door_pauses: which feeds an admin has paused, asked for once a second and told to the listener.
 *
 * The first time is at once, and every tenth of a second while the store does not answer. A store
 * that is away changes nothing: what was paused stays paused. */
#ifndef CLI_DOOR_PAUSES_H
#define CLI_DOOR_PAUSES_H

#include "feed/listener.h"
#include "pipeline/query.h"

struct door_pauses;

/* Begins to ask. */
struct door_pauses *door_pauses_new(struct net_loop *loop, struct pipeline_query *query,
                                    struct feed_listener *listener);
/* After the query is freed, which gives back what is under way, and before the listener is. NULL is
 * well. */
void door_pauses_free(struct door_pauses *pauses);

#endif
