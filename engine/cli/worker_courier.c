/* courier: sends what is owed to destinations and subscribers. Nothing is owed yet by any rule: the
 * process stands, is watched, stops and reloads as its brothers do. */
#include "cli/worker.h"

static int start(struct worker *worker, struct issue_list *issues)
{
    (void)issues;
    worker_ready(worker);
    return 0;
}

static void release(struct worker *worker)
{
    (void)worker;
}

const struct worker_role worker_role_courier = {
    .name = "courier", .start = start, .drain = worker_drained, .release = release};
