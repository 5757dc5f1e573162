/* worker: the frame of every worker process. */
#include "cli/worker.h"

#include "cli/command.h"
#include "cli/confinement.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct worker_role *const roles[] = {&worker_role_door, &worker_role_judge,
                                                  &worker_role_courier};

static const struct worker_role *find_role(const char *name)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (slice_equal(slice_of(roles[i]->name), slice_of(name))) {
            return roles[i];
        }
    }
    return NULL;
}

/* --- to the supervisor ------------------------------------------------------------------------ */

static void tell(const struct worker *worker, struct slice word)
{
    if (worker->order.control >= 0) {
        (void)!send(worker->order.control, word.ptr, word.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

void worker_ready(struct worker *worker)
{
    tell(worker, SLICE("ready"));
}

void worker_log_issues(struct worker *worker, const char *event, const struct issue_list *issues)
{
    for (size_t i = 0; i < issues->count; i++) {
        const struct issue *issue = &issues->items[i];
        enum log_level level = issue->severity >= ISSUE_ERROR ? LOG_ERROR : LOG_WARNING;
        LOG_EVENT(worker->log, level, event,
                  LOG_TEXT("code", slice_of(issue_kind(issue->code)->name)),
                  LOG_TEXT("place", issue_place_text(&issue->place, issues->arena)),
                  LOG_TEXT("words", issue_words(issue)));
    }
}

/* --- reload ----------------------------------------------------------------------------------- */

static void begin_reload(void *data)
{
    struct worker *worker = data;
    if (worker->draining) {
        return;
    }
    if (worker->fresh_arena != NULL) {
        worker->reload_again = true;
        return;
    }
    struct issue_list issues;
    worker->fresh_arena = arena_new(0);
    issue_list_init(&issues, worker->fresh_arena);
    if (instance_open(worker->order.directory, &worker->fresh, &issues) != 0) {
        worker_reloaded(worker, false, &issues);
        return;
    }
    if (worker->kind->reload == NULL) {
        worker_reloaded(worker, true, &issues);
        return;
    }
    worker->kind->reload(worker, &worker->fresh);
}

void worker_reloaded(struct worker *worker, bool taken, const struct issue_list *issues)
{
    worker_log_issues(worker, "reload-issue", issues);
    struct arena *old = taken ? worker->arena : worker->fresh_arena;
    if (taken) {
        worker->instance = worker->fresh;
        worker->arena = worker->fresh_arena;
        log_set_lowest(worker->log, (enum log_level)worker->instance.settings.log_level);
    }
    worker->fresh_arena = NULL;
    arena_free(old);
    tell(worker, taken ? SLICE("reloaded") : SLICE("refused"));
    if (worker->reload_again) {
        worker->reload_again = false;
        begin_reload(worker);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void begin_drain(void *data)
{
    struct worker *worker = data;
    if (!worker->draining) {
        worker->draining = true;
        worker->kind->drain(worker);
    }
}

void worker_drained(struct worker *worker)
{
    net_loop_stop(worker->loop);
}

/* Nothing is ever said by the supervisor: what can be read is its end. */
static void supervisor_gone(void *data, unsigned events)
{
    (void)events;
    struct worker *worker = data;
    net_loop_stop(worker->loop);
}

/* --- a life ----------------------------------------------------------------------------------- */

/* Starts the role and logs why it could not. The issues do not live as long as the process does. */
static int start(struct worker *worker)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = worker->kind->start(worker, &issues);
    worker_log_issues(worker, "start-issue", &issues);
    arena_free(arena);
    return result;
}

/* Before there is a thread, and before anything of a stranger was read. */
static void confine(const struct worker *worker)
{
    if (confinement_enter(confinement_of_worker) != 0) {
        LOG_EVENT(worker->log, LOG_WARNING, "not-confined", LOG_NUMBER("errno", errno));
    }
}

static int live(struct worker *worker)
{
    worker->loop = net_loop_new();
    struct net_signal *stop = net_loop_signal(worker->loop, SIGTERM, begin_drain, worker);
    struct net_signal *reload = net_loop_signal(worker->loop, SIGHUP, begin_reload, worker);
    struct net_watch *watch =
        net_loop_watch(worker->loop, worker->order.control, supervisor_gone, worker);
    int result = -1;
    if (watch == NULL) {
        LOG_EVENT(worker->log, LOG_ERROR, "no-supervisor");
    }
    if (watch != NULL) {
        net_watch_set(watch, NET_READABLE);
        result = start(worker);
    }
    if (result == 0) {
        net_loop_run(worker->loop);
    }
    worker->kind->release(worker);
    net_watch_free(watch);
    net_signal_free(stop);
    net_signal_free(reload);
    net_loop_free(worker->loop);
    return result;
}

int worker_run(const struct worker_order *order, struct issue_list *issues)
{
    struct worker worker = {.order = *order, .kind = find_role(order->role)};
    if (worker.kind == NULL) {
        issue_report(issues, ISSUE_NOT_SUPPORTED, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no worker '%s'", order->role);
        return COMMAND_USAGE;
    }
    struct issue_list read;
    worker.arena = arena_new(0);
    issue_list_init(&read, worker.arena);
    worker.name = arena_format(issues->arena, "%s-%s", order->role, order->number).ptr;
    worker.log = log_new(STDERR_FILENO, LOG_INFO, worker.name);
    int result = instance_open(order->directory, &worker.instance, &read);
    worker_log_issues(&worker, "start-issue", &read);
    if (result == 0) {
        log_set_lowest(worker.log, (enum log_level)worker.instance.settings.log_level);
        worker.metrics = pipeline_metrics_open(order->metrics);
        confine(&worker);
        result = live(&worker);
    }
    pipeline_metrics_close(worker.metrics);
    arena_free(worker.fresh_arena);
    arena_free(worker.arena);
    log_free(worker.log);
    return result == 0 ? COMMAND_DONE : COMMAND_CONFIGURATION;
}
