/* supervisor: one poll over the signals, the control sockets and the nearest moment to act. */
#include "cli/supervisor.h"

#include "base/time.h"
#include "cli/command.h"
#include "cli/confinement.h"
#include "cli/supervisor_internal.h"
#include "cli/worker.h"
#include "net/loop.h"
#include "pipeline/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUPERVISOR_MESSAGE_LIMIT 64
/* A supervisor that was killed leaves its ports to the next one as soon as the kernel has killed
 * its workers. */
#define SUPERVISOR_PORT_PATIENCE (10 * TIME_SECOND)
#define SUPERVISOR_PORT_PAUSE 100000 /* microseconds */
#define SUPERVISOR_FIRST_BACK_OFF (TIME_SECOND / 10)
#define SUPERVISOR_LAST_BACK_OFF (10 * TIME_SECOND)
/* A worker that lived this long is not one that fails at once. */
#define SUPERVISOR_LONG_LIFE (30 * TIME_SECOND)

static const char *const state_names[] = {
    [CHILD_WAITING] = "waiting",   [CHILD_STARTING] = "starting", [CHILD_RUNNING] = "running",
    [CHILD_STOPPING] = "stopping", [CHILD_GONE] = "gone",
};

/* --- one child -------------------------------------------------------------------------------- */

static void enter_state(struct supervisor *supervisor, struct child *child, enum child_state state)
{
    child->state = state;
    LOG_EVENT(supervisor->log, LOG_DEBUG, "worker-state", LOG_TEXT("worker", slice_of(child->name)),
              LOG_TEXT("state", slice_of(state_names[state])));
}

static void start_child(struct supervisor *supervisor, struct child *child)
{
    child->started = time_monotonic();
    if (supervisor_spawn(supervisor, child) != 0) {
        child->due = child->started + SUPERVISOR_LAST_BACK_OFF;
        LOG_EVENT(supervisor->log, LOG_ERROR, "worker-not-started",
                  LOG_TEXT("worker", slice_of(child->name)), LOG_NUMBER("errno", errno));
        return;
    }
    enter_state(supervisor, child, CHILD_STARTING);
    LOG_EVENT(supervisor->log, LOG_INFO, "worker-started",
              LOG_TEXT("worker", slice_of(child->name)), LOG_NUMBER("pid", child->process));
}

/* --- reloads ---------------------------------------------------------------------------------- */

static void note_reloads(const struct supervisor *supervisor)
{
    if (!serving_note(supervisor->directory, &supervisor->reloads)) {
        LOG_EVENT(supervisor->log, LOG_WARNING, "serving-not-noted");
    }
}

static void begin_reload(struct supervisor *supervisor);

/* When the last worker has said what came of it, or has ended: the next one reads the new files. */
static void look_at_reload(struct supervisor *supervisor)
{
    bool waits = supervisor->reloads.begun == supervisor->reloads.done;
    for (size_t i = 0; i < supervisor->child_count; i++) {
        waits = waits || supervisor->children[i].is_reloading;
    }
    if (waits) {
        return;
    }
    supervisor->reloads.done++;
    supervisor->reloads.refused = supervisor->was_refused;
    note_reloads(supervisor);
    if (supervisor->reload_again) {
        begin_reload(supervisor);
    }
}

/* One after the other: an answer belongs to the reload at hand. */
static void begin_reload(struct supervisor *supervisor)
{
    supervisor->reload_again = supervisor->reloads.begun > supervisor->reloads.done;
    if (supervisor->reload_again) {
        return;
    }
    LOG_EVENT(supervisor->log, LOG_INFO, "reload");
    supervisor->reloads.begun++;
    supervisor->was_refused = false;
    note_reloads(supervisor);
    for (size_t i = 0; i < supervisor->child_count; i++) {
        struct child *child = &supervisor->children[i];
        child->is_reloading = child->state == CHILD_RUNNING;
        if (child->process > 0) {
            kill(child->process, SIGHUP);
        }
    }
    look_at_reload(supervisor);
}

static void end_reload_of(struct supervisor *supervisor, struct child *child, bool refused)
{
    child->is_reloading = false;
    supervisor->was_refused |= refused;
    look_at_reload(supervisor);
}

/* --- one child, its end ----------------------------------------------------------------------- */

static instant back_off(const struct child *child)
{
    instant delay = SUPERVISOR_FIRST_BACK_OFF;
    for (unsigned i = 1; i < child->failures && delay < SUPERVISOR_LAST_BACK_OFF; i++) {
        delay *= 2;
    }
    return delay < SUPERVISOR_LAST_BACK_OFF ? delay : SUPERVISOR_LAST_BACK_OFF;
}

static void end_child(struct supervisor *supervisor, struct child *child, int status)
{
    instant now = time_monotonic();
    int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    LOG_EVENT(supervisor->log, supervisor->stopping ? LOG_INFO : LOG_WARNING, "worker-ended",
              LOG_TEXT("worker", slice_of(child->name)), LOG_NUMBER("exit", exit_code),
              LOG_NUMBER("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
    close(child->control);
    child->control = -1;
    child->process = -1;
    end_reload_of(supervisor, child, false);
    if (supervisor->stopping) {
        enter_state(supervisor, child, CHILD_GONE);
        return;
    }
    if (!supervisor->was_ready && exit_code == COMMAND_CONFIGURATION) {
        enter_state(supervisor, child, CHILD_GONE);
        supervisor->exit_code = exit_code;
        supervisor_stop(supervisor);
        return;
    }
    child->failures = now - child->started > SUPERVISOR_LONG_LIFE ? 1 : child->failures + 1;
    child->due = now + back_off(child);
    enter_state(supervisor, child, CHILD_WAITING);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void signal_children(const struct supervisor *supervisor, int number)
{
    for (size_t i = 0; i < supervisor->child_count; i++) {
        if (supervisor->children[i].process > 0) {
            kill(supervisor->children[i].process, number);
        }
    }
}

void supervisor_stop(struct supervisor *supervisor)
{
    if (supervisor->stopping) {
        signal_children(supervisor, SIGKILL);
        return;
    }
    supervisor->stopping = true;
    supervisor->kill_at = time_monotonic() + supervisor->drain;
    LOG_EVENT(supervisor->log, LOG_INFO, "stopping",
              LOG_NUMBER("seconds", supervisor->drain / TIME_SECOND));
    for (size_t i = 0; i < supervisor->child_count; i++) {
        struct child *child = &supervisor->children[i];
        enter_state(supervisor, child, child->process > 0 ? CHILD_STOPPING : CHILD_GONE);
    }
    signal_children(supervisor, SIGTERM);
}

static bool all_in_state(const struct supervisor *supervisor, enum child_state state)
{
    for (size_t i = 0; i < supervisor->child_count; i++) {
        if (supervisor->children[i].state != state) {
            return false;
        }
    }
    return true;
}

static void announce(struct supervisor *supervisor)
{
    supervisor->was_ready = true;
    LOG_EVENT(supervisor->log, LOG_INFO, "ready", LOG_LIST("mllp", supervisor->mllp_address),
              LOG_TEXT("https", supervisor->https_address));
}

static void hear_child(struct supervisor *supervisor, struct child *child)
{
    char text[SUPERVISOR_MESSAGE_LIMIT];
    ssize_t length = recv(child->control, text, sizeof(text), MSG_DONTWAIT);
    if (length <= 0) {
        return;
    }
    struct slice word = {text, (size_t)length};
    if (slice_equal(word, SLICE("ready")) && child->state == CHILD_STARTING) {
        enter_state(supervisor, child, CHILD_RUNNING);
        if (!supervisor->was_ready && all_in_state(supervisor, CHILD_RUNNING)) {
            announce(supervisor);
        }
        return;
    }
    if (slice_equal(word, SLICE("reloaded")) || slice_equal(word, SLICE("refused"))) {
        bool refused = slice_equal(word, SLICE("refused"));
        LOG_EVENT(supervisor->log, refused ? LOG_ERROR : LOG_INFO,
                  refused ? "reload-refused" : "reloaded",
                  LOG_TEXT("worker", slice_of(child->name)));
        end_reload_of(supervisor, child, refused);
    }
}

static void reap(struct supervisor *supervisor)
{
    int status;
    pid_t process;
    while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < supervisor->child_count; i++) {
            if (supervisor->children[i].process == process) {
                end_child(supervisor, &supervisor->children[i], status);
            }
        }
    }
}

static void hear_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo signal_info;
    while (read(supervisor->signals, &signal_info, sizeof(signal_info)) ==
           (ssize_t)sizeof(signal_info)) {
        switch (signal_info.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            supervisor_stop(supervisor);
            break;
        case SIGHUP:
            begin_reload(supervisor);
            break;
        default:
            reap(supervisor);
            break;
        }
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Starts what is due, kills what did not stop in time. Returns milliseconds until the next moment,
 * -1 for none. */
static int act(struct supervisor *supervisor)
{
    instant now = time_monotonic();
    instant next = INT64_MAX;
    for (size_t i = 0; i < supervisor->child_count; i++) {
        struct child *child = &supervisor->children[i];
        if (child->state == CHILD_WAITING && child->due <= now) {
            start_child(supervisor, child);
        }
        if (child->state == CHILD_WAITING && child->due < next) {
            next = child->due;
        }
    }
    if (supervisor->stopping && supervisor->kill_at <= now) {
        LOG_EVENT(supervisor->log, LOG_WARNING, "killing");
        signal_children(supervisor, SIGKILL);
        supervisor->kill_at = INT64_MAX;
    }
    if (supervisor->stopping && supervisor->kill_at < next) {
        next = supervisor->kill_at;
    }
    if (next == INT64_MAX) {
        return -1;
    }
    return next <= now ? 0 : (int)((next - now) / 1000) + 1;
}

static void loop(struct supervisor *supervisor)
{
    size_t count = supervisor->child_count + 1;
    struct pollfd *polled = ARENA_ARRAY(supervisor->arena, count, struct pollfd);
    while (!all_in_state(supervisor, CHILD_GONE)) {
        int wait = act(supervisor);
        polled[0] = (struct pollfd){.fd = supervisor->signals, .events = POLLIN};
        for (size_t i = 0; i < supervisor->child_count; i++) {
            polled[i + 1] =
                (struct pollfd){.fd = supervisor->children[i].control, .events = POLLIN};
        }
        if (poll(polled, (nfds_t)count, wait) < 0 && errno != EINTR) {
            supervisor_stop(supervisor);
        }
        for (size_t i = 0; i < supervisor->child_count; i++) {
            if (polled[i + 1].revents & POLLIN) {
                hear_child(supervisor, &supervisor->children[i]);
            }
        }
        if (polled[0].revents & POLLIN) {
            hear_signal(supervisor);
        }
        /* A worker closes its control socket only by ending; until it is reaped, look away. */
        reap(supervisor);
    }
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* One serve for one instance: the lock is on the folder itself and goes with the process. */
static int lock_instance(struct supervisor *supervisor, const char *directory,
                         struct issue_list *issues)
{
    supervisor->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (supervisor->lock < 0 || flock(supervisor->lock, LOCK_EX | LOCK_NB) != 0) {
        issue_report(issues, ISSUE_CONFLICT, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not take '%s': it is being served already", directory);
        return -1;
    }
    return 0;
}

static int listen_patiently(struct supervisor *supervisor, struct slice address, int64_t port,
                            int *ret_descriptor, struct issue_list *issues)
{
    instant deadline = time_monotonic() + SUPERVISOR_PORT_PATIENCE;
    const char *host = arena_string(supervisor->arena, address);
    for (;;) {
        bool last = time_monotonic() >= deadline;
        if (net_socket_listen(host, (unsigned)port, false, ret_descriptor, last ? issues : NULL) ==
            0) {
            return 0;
        }
        if (last) {
            return -1;
        }
        usleep(SUPERVISOR_PORT_PAUSE);
    }
}

static struct slice address_text(struct supervisor *supervisor, struct slice address, int64_t port)
{
    bool bracketed = slice_find_byte(address, ':') < address.len;
    return arena_format(supervisor->arena, bracketed ? "[%.*s]:%" PRId64 : "%.*s:%" PRId64,
                        SLICE_ARG(address), port);
}

static int open_doors(struct supervisor *supervisor, const struct instance_settings *settings,
                      struct issue_list *issues)
{
    if (listen_patiently(supervisor, settings->mllp_address, settings->mllp_port, &supervisor->mllp,
                         issues) != 0 ||
        listen_patiently(supervisor, settings->https_address, settings->https_port,
                         &supervisor->https, issues) != 0) {
        return -1;
    }
    supervisor->mllp_address =
        address_text(supervisor, settings->mllp_address, settings->mllp_port);
    supervisor->https_address =
        address_text(supervisor, settings->https_address, settings->https_port);
    supervisor->metrics = pipeline_metrics_create(false);
    return supervisor->metrics < 0 ? -1 : 0;
}

static int take_signals(struct supervisor *supervisor)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    supervisor->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return supervisor->signals < 0 ? -1 : 0;
}

/* From here on we are the instance's owner, in the folder of the data: its path need not be
 * reachable for that user, the folder itself is enough. */
static int give_up_rights(struct supervisor *supervisor, const struct supervisor_options *options)
{
    supervisor->program = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (supervisor->program < 0 || chdir(options->data_folder) != 0 ||
        setenv("PAINBRIDGE_DATA", ".", 1) != 0) {
        return -1;
    }
    return account_drop(&options->instance->account);
}

static void list_children(struct supervisor *supervisor, int64_t doors)
{
    static const char *const singles[] = {"judge", "courier"};
    size_t single_count = sizeof(singles) / sizeof(singles[0]);
    supervisor->child_count = (size_t)doors + single_count;
    supervisor->children = ARENA_ARRAY(supervisor->arena, supervisor->child_count, struct child);
    for (size_t i = 0; i < supervisor->child_count; i++) {
        struct child *child = &supervisor->children[i];
        bool door = i < (size_t)doors;
        child->role = door ? "door" : singles[i - (size_t)doors];
        child->number = door ? (unsigned)i + 1 : 1;
        child->name = arena_format(supervisor->arena, "%s-%u", child->role, child->number).ptr;
        child->has_doors = door;
        child->process = -1;
        child->control = -1;
    }
}

static void release(struct supervisor *supervisor)
{
    const int descriptors[] = {supervisor->mllp,    supervisor->https, supervisor->metrics,
                               supervisor->signals, supervisor->lock,  supervisor->program};
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
}

int supervisor_run(const struct supervisor_options *options, int *ret_exit,
                   struct issue_list *issues)
{
    const struct instance_settings *settings = &options->instance->settings;
    struct supervisor supervisor = {.log = options->log,
                                    .arena = issues->arena,
                                    .directory = options->instance->directory,
                                    .drain = settings->drain_seconds * TIME_SECOND,
                                    .mllp = -1,
                                    .https = -1,
                                    .metrics = -1,
                                    .signals = -1,
                                    .lock = -1,
                                    .program = -1};
    if (lock_instance(&supervisor, supervisor.directory, issues) != 0 ||
        open_doors(&supervisor, settings, issues) != 0) {
        release(&supervisor);
        return -1;
    }
    if (take_signals(&supervisor) != 0 || give_up_rights(&supervisor, options) != 0) {
        issue_report(issues, ISSUE_APPLICATION, ISSUE_FATAL, ISSUE_NOWHERE,
                     "could not become the owner of the instance: %s", strerror(errno));
        release(&supervisor);
        return -1;
    }
    confinement_limit();
    if (confinement_enter(confinement_of_supervisor) != 0) {
        LOG_EVENT(supervisor.log, LOG_WARNING, "not-confined", LOG_NUMBER("errno", errno));
    }
    list_children(&supervisor, settings->doors);
    note_reloads(&supervisor);
    loop(&supervisor);
    LOG_EVENT(supervisor.log, LOG_INFO, "stopped");
    *ret_exit = supervisor.exit_code;
    release(&supervisor);
    return 0;
}
