/* judge: takes up persons whose record has changed or whose time has come.
 *
 * Whoever writes marks the person in the same transaction; the judge looks for marks that are due,
 * a thousand at a time, several times a second when there are any. There are no rules to run over
 * the facts yet, so that all that is left of its work is to take the marks away.
 *
 * One judge belongs to one loop, on a connection of its own with the judge's role. */
#ifndef PIPELINE_JUDGE_H
#define PIPELINE_JUDGE_H

#include "base/log.h"

struct store_settings;
struct pipeline_clock;
struct pipeline_host;
struct pipeline_judge;

struct pipeline_judge_options {
    const struct store_settings *store; /* must live as long */
    const struct pipeline_host *host;   /* the same */
    struct log *log;
    const struct pipeline_clock *clock; /* NULL: the real time */
};

/* Starts connecting at once. */
struct pipeline_judge *pipeline_judge_new(const struct pipeline_judge_options *options);
/* Ends between two looks: what is under way is finished or undone by the server. NULL is well. */
void pipeline_judge_free(struct pipeline_judge *judge);

#endif
