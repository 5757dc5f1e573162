/* loop: a thin coat over libuv.
 *
 * What is written in a turn leaves at its end: libuv's prepare phase comes after all callbacks of a
 * turn and before it waits, so each connection that has something to send is on a list that is
 * worked off there. */
#include "net/loop.h"

#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop_internal.h"

#define LISTEN_BACKLOG 1024
#define TRIM_DELAY (10 * TIME_SECOND)

static void die(const char *what)
{
    fprintf(stderr, "painbridge: could not %s\n", what);
    _Exit(EXIT_FAILURE);
}

void *net_allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        die("get memory");
    return memory;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void flush_all(uv_prepare_t *prepare)
{
    struct net_loop *loop = prepare->data;
    while (loop->flushes) {
        struct net_flush *entry = loop->flushes;
        loop->flushes = entry->next;
        entry->queued = false;
        entry->flush(entry);
    }
}

void net_loop_flush_later(struct net_loop *loop, struct net_flush *entry)
{
    if (entry->queued)
        return;
    entry->queued = true;
    entry->next = loop->flushes;
    loop->flushes = entry;
}

void net_loop_flush_never(struct net_loop *loop, struct net_flush *entry)
{
    if (!entry->queued)
        return;
    struct net_flush **link = &loop->flushes;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry->queued = false;
}

static void trim(uv_timer_t *timer)
{
    (void)timer;
    malloc_trim(0);
}

void net_loop_trim_later(struct net_loop *loop)
{
    if (!uv_is_active((uv_handle_t *)&loop->trim))
        uv_timer_start(&loop->trim, trim, net_loop_milliseconds(TRIM_DELAY), 0);
}

struct net_loop *net_loop_new(void)
{
    struct net_loop *loop = net_allocate(sizeof(*loop));
    signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&loop->uv) != 0)
        die("make an event loop");
    loop->read_bytes = net_allocate(NET_READ_BYTES);
    loop->record_bytes = net_allocate(NET_RECORD_BYTES);
    uv_prepare_init(&loop->uv, &loop->before_wait);
    loop->before_wait.data = loop;
    uv_prepare_start(&loop->before_wait, flush_all);
    uv_unref((uv_handle_t *)&loop->before_wait);
    uv_timer_init(&loop->uv, &loop->trim);
    uv_unref((uv_handle_t *)&loop->trim);
    return loop;
}

void net_loop_free(struct net_loop *loop)
{
    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->trim, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) != 0)
        die("close an event loop: something still stands on it");
    explicit_bzero(loop->read_bytes, NET_READ_BYTES);
    explicit_bzero(loop->record_bytes, NET_RECORD_BYTES);
    free(loop->read_bytes);
    free(loop->record_bytes);
    BIO_meth_free(loop->session_bio);
    free(loop);
}

void net_loop_run(struct net_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void net_loop_stop(struct net_loop *loop)
{
    uv_stop(&loop->uv);
}

instant net_loop_now(const struct net_loop *loop)
{
    return (instant)uv_now(&loop->uv) * (TIME_SECOND / 1000);
}

uint64_t net_loop_milliseconds(instant duration)
{
    return duration <= 0 ? 0 : (uint64_t)((duration + 999) / 1000);
}

/* --- timers ----------------------------------------------------------------------------------- */

struct net_timer {
    uv_timer_t uv; /* first, so that its address is the timer's */
    void (*expired)(void *data);
    void *data;
};

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

struct net_timer *net_timer_new(struct net_loop *loop, void (*expired)(void *data), void *data)
{
    struct net_timer *timer = net_allocate(sizeof(*timer));
    timer->expired = expired;
    timer->data = data;
    uv_timer_init(&loop->uv, &timer->uv);
    return timer;
}

static void timer_expired(uv_timer_t *uv)
{
    struct net_timer *timer = (struct net_timer *)uv;
    timer->expired(timer->data);
}

void net_timer_start(struct net_timer *timer, instant delay, instant repeat)
{
    uv_timer_start(&timer->uv, timer_expired, net_loop_milliseconds(delay),
                   net_loop_milliseconds(repeat));
}

void net_timer_stop(struct net_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

void net_timer_free(struct net_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_handle);
}

/* --- foreign descriptors
 * -------------------------------------------------------------------------- */

struct net_watch {
    uv_poll_t uv; /* first */
    void (*ready)(void *data, unsigned events);
    void *data;
};

struct net_watch *net_loop_watch(struct net_loop *loop, int descriptor,
                                 void (*ready)(void *data, unsigned events), void *data)
{
    struct net_watch *watch = net_allocate(sizeof(*watch));
    watch->ready = ready;
    watch->data = data;
    if (uv_poll_init(&loop->uv, &watch->uv, descriptor) != 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

static void watch_ready(uv_poll_t *uv, int status, int events)
{
    struct net_watch *watch = (struct net_watch *)uv;
    unsigned ready = status != 0 || (events & (UV_READABLE | UV_DISCONNECT)) ? NET_READABLE : 0;
    if (events & UV_WRITABLE)
        ready |= NET_WRITABLE;
    watch->ready(watch->data, ready);
}

void net_watch_set(struct net_watch *watch, unsigned events)
{
    if (events == 0) {
        uv_poll_stop(&watch->uv);
        return;
    }
    int wanted =
        (events & NET_READABLE ? UV_READABLE : 0) | (events & NET_WRITABLE ? UV_WRITABLE : 0);
    uv_poll_start(&watch->uv, wanted, watch_ready);
}

void net_watch_free(struct net_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->uv, free_handle);
}

/* --- signals
 * -------------------------------------------------------------------------------------- */

struct net_signal {
    uv_signal_t uv; /* first */
    void (*received)(void *data);
    void *data;
};

static void signal_received(uv_signal_t *uv, int number)
{
    (void)number;
    struct net_signal *signal = (struct net_signal *)uv;
    signal->received(signal->data);
}

struct net_signal *net_loop_signal(struct net_loop *loop, int number, void (*received)(void *data),
                                   void *data)
{
    struct net_signal *signal = net_allocate(sizeof(*signal));
    signal->received = received;
    signal->data = data;
    uv_signal_init(&loop->uv, &signal->uv);
    if (uv_signal_start(&signal->uv, signal_received, number) != 0)
        die("watch for a signal");
    uv_unref((uv_handle_t *)&signal->uv);
    return signal;
}

void net_signal_free(struct net_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, free_handle);
}

/* --- work elsewhere
 * ------------------------------------------------------------------------------- */

struct work {
    uv_work_t uv; /* first */
    void (*work)(void *data);
    void (*done)(void *data);
    void *data;
};

static void work_run(uv_work_t *uv)
{
    struct work *work = (struct work *)uv;
    work->work(work->data);
}

static void work_done(uv_work_t *uv, int status)
{
    (void)status; /* only uv_cancel makes it other than 0, and nothing here cancels */
    struct work *work = (struct work *)uv;
    work->done(work->data);
    free(work);
}

void net_loop_work(struct net_loop *loop, void (*work)(void *data), void (*done)(void *data),
                   void *data)
{
    struct work *request = net_allocate(sizeof(*request));
    request->work = work;
    request->done = done;
    request->data = data;
    uv_queue_work(&loop->uv, &request->uv, work_run, work_done);
}

/* --- listening sockets
 * ----------------------------------------------------------------------------- */

static int listen_on(const struct addrinfo *address, bool inherited)
{
    int flags = inherited ? 0 : SOCK_CLOEXEC;
    int descriptor = socket(address->ai_family, address->ai_socktype | flags, address->ai_protocol);
    if (descriptor < 0)
        return -1;
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(descriptor, LISTEN_BACKLOG) == 0)
        return descriptor;
    int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
}

int net_socket_listen(const char *host, unsigned port, bool inherited, int *ret_descriptor,
                      struct issue_list *issues)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char service[sizeof("4294967295")];
    snprintf(service, sizeof(service), "%u", port);
    int resolved = getaddrinfo(host, service, &hints, &addresses);
    if (resolved != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not find the address of %s: %s", host, gai_strerror(resolved));
        return -1;
    }
    int descriptor = -1;
    for (struct addrinfo *at = addresses; at && descriptor < 0; at = at->ai_next)
        descriptor = listen_on(at, inherited);
    int reason = errno;
    freeaddrinfo(addresses);
    if (descriptor < 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not listen on %s port %u: %s", host, port, strerror(reason));
        return -1;
    }
    *ret_descriptor = descriptor;
    return 0;
}

unsigned net_socket_port(int descriptor)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    char service[sizeof("65535")];
    unsigned port = 0;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((struct sockaddr *)&address, length, NULL, 0, service, sizeof(service),
                    NI_NUMERICSERV) != 0 ||
        sscanf(service, "%u", &port) != 1)
        return 0;
    return port;
}
