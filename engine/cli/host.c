/* host: see the header. A process has a handful of connections, so both lists are short. */
#include "cli/host.h"

#include <stdlib.h>

struct host_watch {
    struct host_watch *next;
    int fd;
    struct net_watch *watch;
    void (*ready)(void *data);
    void *data;
};

struct host_timer {
    struct host_timer *next;
    struct net_timer *timer;
    void (*due)(void *data);
    void *data;
};

struct host {
    struct net_loop *loop;
    struct pipeline_host pipeline;
    struct host_watch *watches;
    struct host_timer *timers;
};

static void watch_ready(void *data, unsigned events)
{
    struct host_watch *watch = data;
    (void)events;
    watch->ready(watch->data);
}

static void timer_expired(void *data)
{
    struct host_timer *timer = data;
    timer->due(timer->data);
}

static void *host_alloc(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

static void remove_watch(struct host *host, struct host_watch *watch)
{
    struct host_watch **each = &host->watches;
    while (*each != watch)
        each = &(*each)->next;
    *each = watch->next;
    net_watch_free(watch->watch);
    free(watch);
}

static void host_watch_fd(void *context, int fd, bool read, bool write, void (*ready)(void *data),
                          void *data)
{
    struct host *host = context;
    struct host_watch *watch = host->watches;
    while (watch && watch->fd != fd)
        watch = watch->next;
    if (watch && watch->data != data) { /* of a socket that was closed: the number is another's */
        remove_watch(host, watch);
        watch = NULL;
    }
    if (!watch) {
        watch = host_alloc(sizeof *watch);
        watch->fd = fd;
        watch->watch = net_loop_watch(host->loop, fd, watch_ready, watch);
        watch->next = host->watches;
        host->watches = watch;
    }
    watch->ready = ready;
    watch->data = data;
    if (watch->watch)
        net_watch_set(watch->watch,
                      (read ? (unsigned)NET_READABLE : 0U) | (write ? (unsigned)NET_WRITABLE : 0U));
}

static void host_unwatch_fd(void *context, int fd, void *data)
{
    struct host *host = context;
    struct host_watch *watch = host->watches;
    while (watch && (watch->fd != fd || watch->data != data))
        watch = watch->next;
    if (watch)
        remove_watch(host, watch);
}

static void host_set_timer(void *context, int64_t milliseconds, void (*due)(void *data), void *data)
{
    struct host *host = context;
    struct host_timer *timer = host->timers;
    while (timer && timer->data != data)
        timer = timer->next;
    if (!timer && milliseconds < 0)
        return;
    if (!timer) {
        timer = host_alloc(sizeof *timer);
        timer->data = data;
        timer->timer = net_timer_new(host->loop, timer_expired, timer);
        timer->next = host->timers;
        host->timers = timer;
    }
    timer->due = due;
    if (milliseconds < 0)
        net_timer_stop(timer->timer);
    else
        net_timer_start(timer->timer, milliseconds * (TIME_SECOND / 1000), 0);
}

struct host *host_new(struct net_loop *loop)
{
    struct host *host = host_alloc(sizeof *host);
    host->loop = loop;
    host->pipeline = (struct pipeline_host){host, host_watch_fd, host_unwatch_fd, host_set_timer};
    return host;
}

void host_free(struct host *host)
{
    if (!host)
        return;
    while (host->watches)
        remove_watch(host, host->watches);
    while (host->timers) {
        struct host_timer *timer = host->timers;
        host->timers = timer->next;
        net_timer_free(timer->timer);
        free(timer);
    }
    free(host);
}

const struct pipeline_host *host_pipeline(struct host *host)
{
    return &host->pipeline;
}
