/* worker: one process of the engine, started by the supervisor.
 *
 *   painbridge worker ROLE NUMBER DIR --control FD --metrics FD [--mllp FD --https FD]
 *
 * The frame that all roles share: settings read, loop made, signals watched, ready said, drain at
 * TERM, reload at HUP. What a role does stands in its own file. One thread, one loop; a role's
 * callbacks never block it.
 *
 * Reload: a fresh instance is read and offered to the role; only when the role has taken it is the
 * old one let go. A fault changes nothing, is logged, and the supervisor hears "refused". */
#ifndef CLI_WORKER_H
#define CLI_WORKER_H

#include "base/log.h"
#include "cli/instance.h"
#include "net/loop.h"
#include "pipeline/metrics.h"

/* What the supervisor hands over. */
struct worker_order {
    const char *role;
    const char *number; /* "1" */
    const char *directory;
    int control;     /* socket to the supervisor */
    int metrics;     /* shared memory of the counters */
    int mllp, https; /* listening; -1 where the role has none */
};

struct worker;

/* A kind of worker. All functions are called on the loop's thread. */
struct worker_role {
    const char *name;
    /* Begins to serve; worker_ready is called when it does. -1 with issues ends the process; the
     * arena of the issues lives until it returns. */
    int (*start)(struct worker *worker, struct issue_list *issues);
    /* Takes a fresh instance, now or later; ends with worker_reloaded. NULL: nothing to do. */
    void (*reload)(struct worker *worker, const struct instance *fresh);
    /* Takes nothing new, finishes what is under way; ends with worker_drained. */
    void (*drain)(struct worker *worker);
    /* Frees the role's own, also after a start that failed; the loop still stands. */
    void (*release)(struct worker *worker);
};

struct worker {
    struct worker_order order;
    const struct worker_role *kind;
    const char *name; /* "door-1" */
    struct log *log;
    struct net_loop *loop;
    struct pipeline_metrics *metrics;
    struct instance instance; /* the one in force */
    void *role;               /* the role's own */
    /* the frame's own */
    struct arena *arena;       /* of the instance in force */
    struct arena *fresh_arena; /* of the one that is being taken; NULL: none */
    struct instance fresh;
    bool reload_again, draining;
};

/* The main function of a worker process; an enum command_exit. */
int worker_run(const struct worker_order *order, struct issue_list *issues);

/* Tells the supervisor that this worker serves. */
void worker_ready(struct worker *worker);
/* The end of a reload. `taken`: the fresh instance is in force now, the old one may go. Issues are
 * logged. */
void worker_reloaded(struct worker *worker, bool taken, const struct issue_list *issues);
/* Nothing is under way any more: ends the loop. */
void worker_drained(struct worker *worker);
/* Logs each issue as an event of its own. */
void worker_log_issues(struct worker *worker, const char *event, const struct issue_list *issues);

extern const struct worker_role worker_role_door;
extern const struct worker_role worker_role_judge;
extern const struct worker_role worker_role_courier;

#endif
