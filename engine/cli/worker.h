/* worker: one process of the engine, started by the supervisor.
 *
 *   painbridge worker ROLE NUMBER DIR --control FD [--mllp FD] [--https FD]
 *
 * The frame that all roles share: rights given up, settings read, loop made, signals and control
 * socket watched, ready said, drain at TERM, reload at HUP. What a role does stands in its own
 * file. One thread, one loop; a role's callbacks never block it. */
#ifndef CLI_WORKER_H
#define CLI_WORKER_H

#include "base/log.h"
#include "cli/instance.h"

struct net_loop;

/* What the supervisor hands over. */
struct worker_order {
    const char *role;
    int64_t number; /* from 1 */
    const char *directory;
    int control_fd;
    int mllp_fd, https_fd; /* -1 where the role has none */
};

struct worker {
    struct worker_order order;
    struct log *log;
    struct net_loop *loop;
    struct arena *arena;      /* of the instance below; changed at a reload */
    struct instance instance; /* as last read without a fault */
    void *role;               /* the role's own */
};

/* A kind of worker. `start` calls worker_ready when it serves; `reload` gives up the old instance's
 * texts before it returns 0, or changes nothing and returns -1; `drain` finishes what is under way
 * and then calls worker_drained. */
struct worker_role {
    const char *name;
    int (*start)(struct worker *worker, struct issue_list *issues);
    int (*reload)(struct worker *worker, const struct instance *fresh, struct issue_list *issues);
    void (*drain)(struct worker *worker);
    void (*release)(struct worker *worker);
};

/* The main function of a worker process: its exit code. */
int worker_run(const struct worker_order *order, struct issue_list *issues);
/* Tells the supervisor that this worker serves. */
void worker_ready(struct worker *worker);
/* Ends the loop: nothing is under way any more. */
void worker_drained(struct worker *worker);

extern const struct worker_role worker_role_door;
extern const struct worker_role worker_role_judge;
extern const struct worker_role worker_role_courier;

#endif
