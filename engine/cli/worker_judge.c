/* judge: gathers the facts of marked persons and lets the rules run over them. There are no rules
 * yet: it takes the marks away. */
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

const struct worker_role worker_role_judge = {
    .name = "judge", .start = start, .drain = worker_drained, .release = release};
