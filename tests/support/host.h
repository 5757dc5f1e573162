/* host: a loop of poll(2) for tests of modules that are driven by a pipeline_host. */
#ifndef SUPPORT_HOST_H
#define SUPPORT_HOST_H

#include "pipeline/commit.h"

#define HOST_LIMIT 16

struct test_host {
    struct pipeline_host host; /* give &host to the module */
    struct {
        int fd;
        short events;
        void (*ready)(void *data);
        void *data;
    } watches[HOST_LIMIT];
    struct {
        int64_t due; /* time_monotonic */
        void (*due_call)(void *data);
        void *data;
    } timers[HOST_LIMIT];
};

void test_host_init(struct test_host *host);
/* Runs until *until is true or so many milliseconds have gone by; true when it is. */
bool test_host_run(struct test_host *host, const bool *until, int64_t milliseconds);

#endif
