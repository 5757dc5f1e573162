/* host: the loop of this process as `pipeline` sees it: descriptors to watch and times to wake at.
 * pipeline may not know the loop (it looks down, not sideways), so the one who knows both joins
 * them here. */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "net/loop.h"
#include "pipeline/commit.h"

struct host;

/* Lives until host_free; the loop must outlive it. */
struct host *host_new(struct net_loop *loop);
/* Only after everything that uses it is freed. NULL is well. */
void host_free(struct host *host);
const struct pipeline_host *host_pipeline(struct host *host);

#endif
