/* process: fork, exec, feed its input, gather its output, wait. */
#include "cli/process.h"

#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESS_OUTPUT_LIMIT ((size_t)1 << 20)
#define PROCESS_READ_SIZE 4096

struct process_pipes {
    int input[2];  /* we write [1] */
    int output[2]; /* we read [0] */
};

static void close_all(struct process_pipes *pipes)
{
    int *ends[] = {&pipes->input[0], &pipes->input[1], &pipes->output[0], &pipes->output[1]};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (*ends[i] >= 0) {
            close(*ends[i]);
            *ends[i] = -1;
        }
    }
}

/* In the child: never returns. 127 is what shells say for "could not be started". */
static _Noreturn void become(const struct process_order *order, struct process_pipes *pipes)
{
    const char *folder = order->folder != NULL ? order->folder : "/";
    bool ready = dup2(pipes->input[0], 0) >= 0 && dup2(pipes->output[1], 1) >= 0 &&
                 dup2(pipes->output[1], 2) >= 0 && chdir(folder) == 0 &&
                 (order->account == NULL || account_drop(order->account) == 0);
    if (ready) {
        /* execvp promises not to write through the pointers (POSIX.1-2017 exec, rationale). */
        union {
            const char *const *read_only;
            char *const *plain;
        } words = {.read_only = order->words};
        execvp(words.plain[0], words.plain);
    }
    _exit(127);
}

/* Reads what is there; false at the end. What is beyond the limit is read and dropped, so that the
 * program does not wait for ever. */
static bool gather(int fd, struct buffer *output)
{
    char *room = buffer_reserve(output, PROCESS_READ_SIZE);
    char spill[PROCESS_READ_SIZE];
    ssize_t got = read(fd, room != NULL ? room : spill, PROCESS_READ_SIZE);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    if (room != NULL) {
        buffer_commit(output, (size_t)got);
    }
    return got > 0;
}

/* Writes what the program takes; false when all is written or it takes no more. */
static bool feed(int fd, struct slice *input)
{
    ssize_t sent = write(fd, input->ptr, input->len);
    if (sent < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    *input = slice_after(*input, (size_t)sent);
    return input->len > 0;
}

static void converse(struct process_pipes *pipes, struct slice input, struct buffer *output)
{
    bool reading = true;
    while (reading) {
        if (input.len == 0 && pipes->input[1] >= 0) {
            close(pipes->input[1]);
            pipes->input[1] = -1;
        }
        struct pollfd polled[] = {{.fd = pipes->output[0], .events = POLLIN},
                                  {.fd = pipes->input[1], .events = POLLOUT}};
        if (poll(polled, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (polled[1].revents != 0 && !feed(pipes->input[1], &input)) {
            input.len = 0;
        }
        if (polled[0].revents != 0) {
            reading = gather(pipes->output[0], output);
        }
    }
}

static int open_pipes(struct process_pipes *pipes)
{
    *pipes = (struct process_pipes){{-1, -1}, {-1, -1}};
    if (pipe2(pipes->input, O_CLOEXEC) != 0 || pipe2(pipes->output, O_CLOEXEC) != 0) {
        close_all(pipes);
        return -1;
    }
    return fcntl(pipes->input[1], F_SETFL, O_NONBLOCK);
}

int process_run(const struct process_order *order, struct arena *arena,
                struct process_result *ret_result, struct issue_list *issues)
{
    struct process_pipes pipes;
    pid_t child = open_pipes(&pipes) == 0 ? fork() : -1;
    if (child < 0) {
        issue_report(issues, ISSUE_APPLICATION, ISSUE_FATAL, ISSUE_NOWHERE,
                     "could not start '%s': %s", order->words[0], strerror(errno));
        close_all(&pipes);
        return -1;
    }
    if (child == 0) {
        become(order, &pipes);
    }
    close(pipes.input[0]);
    close(pipes.output[1]);
    pipes.input[0] = pipes.output[1] = -1;

    struct buffer output;
    buffer_init(&output, PROCESS_OUTPUT_LIMIT);
    void (*previous)(int) = signal(SIGPIPE, SIG_IGN);
    converse(&pipes, order->input, &output);
    signal(SIGPIPE, previous);
    close_all(&pipes);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ret_result->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    ret_result->output = arena_copy(arena, buffer_slice(&output));
    buffer_release(&output);
    if (ret_result->exit_code == 127) {
        issue_report(issues, ISSUE_APPLICATION, ISSUE_FATAL, ISSUE_NOWHERE,
                     "could not start '%s': not found or not allowed", order->words[0]);
        return -1;
    }
    return 0;
}
