/* host: see host.h. */
#include "support/host.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

static void watch(void *context, int fd, bool read, bool write, void (*ready)(void *data),
                  void *data)
{
    struct test_host *host = context;
    int place = -1;
    for (int i = 0; i < HOST_LIMIT; i++) {
        if (host->watches[i].fd == fd || (place < 0 && host->watches[i].fd < 0))
            place = i;
        if (host->watches[i].fd == fd)
            break;
    }
    if (place < 0)
        abort();
    host->watches[place].fd = fd;
    host->watches[place].events = (short)((read ? POLLIN : 0) | (write ? POLLOUT : 0));
    host->watches[place].ready = ready;
    host->watches[place].data = data;
}

static void unwatch(void *context, int fd, void *data)
{
    struct test_host *host = context;
    for (int i = 0; i < HOST_LIMIT; i++) {
        if (host->watches[i].fd == fd && host->watches[i].data == data)
            host->watches[i].fd = -1;
    }
}

static void timer(void *context, int64_t milliseconds, void (*due)(void *data), void *data)
{
    struct test_host *host = context;
    int place = -1;
    for (int i = 0; i < HOST_LIMIT; i++) {
        if (host->timers[i].data == data) {
            place = i;
            break;
        }
        if (place < 0 && !host->timers[i].data)
            place = i;
    }
    if (place < 0)
        abort();
    host->timers[place].data = milliseconds < 0 ? NULL : data;
    host->timers[place].due_call = due;
    host->timers[place].due = now() + milliseconds * 1000;
}

void test_host_init(struct test_host *host)
{
    *host = (struct test_host){.host = {host, watch, unwatch, timer}};
    for (int i = 0; i < HOST_LIMIT; i++)
        host->watches[i].fd = -1;
}

static void run_timers(struct test_host *host)
{
    for (int i = 0; i < HOST_LIMIT; i++) {
        void *data = host->timers[i].data;
        if (!data || host->timers[i].due > now())
            continue;
        host->timers[i].data = NULL;
        host->timers[i].due_call(data);
    }
}

static int64_t next_timer(const struct test_host *host, int64_t until)
{
    for (int i = 0; i < HOST_LIMIT; i++) {
        if (host->timers[i].data && host->timers[i].due < until)
            until = host->timers[i].due;
    }
    return until;
}

bool test_host_run(struct test_host *host, const bool *until, int64_t milliseconds)
{
    int64_t end = now() + milliseconds * 1000;
    while (!*until && now() < end) {
        struct pollfd sockets[HOST_LIMIT];
        for (int i = 0; i < HOST_LIMIT; i++)
            sockets[i] = (struct pollfd){host->watches[i].fd, host->watches[i].events, 0};
        int64_t wait = (next_timer(host, end) - now() + 999) / 1000;
        poll(sockets, HOST_LIMIT, wait < 0 ? 0 : (int)(wait > INT_MAX ? INT_MAX : wait));
        for (int i = 0; i < HOST_LIMIT; i++) {
            if (sockets[i].revents && host->watches[i].fd == sockets[i].fd)
                host->watches[i].ready(host->watches[i].data);
        }
        run_timers(host);
    }
    return *until;
}
