/* supervisor: how a worker is started: by exec of our own program, with the descriptors it may have
 * and no others. */
#include "cli/supervisor_internal.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPAWN_MAX_WORDS 16

struct spawn_words {
    char *words[SPAWN_MAX_WORDS];
    size_t count;
};

static void add_word(struct spawn_words *list, struct arena *arena, const char *word)
{
    list->words[list->count++] = arena_string(arena, slice_of(word));
}

/* "--name FD", and the descriptor is kept open over exec. */
static void add_descriptor(struct spawn_words *list, struct arena *arena, const char *name,
                           int descriptor)
{
    add_word(list, arena, name);
    add_word(list, arena, arena_format(arena, "%d", descriptor).ptr);
    fcntl(descriptor, F_SETFD, 0);
}

/* In the child. The kernel kills us when the supervisor dies; where it died before we could ask for
 * that, we have another parent already. */
static _Noreturn void become(const struct supervisor *supervisor, const struct child *child,
                             int control, pid_t parent)
{
    struct arena *arena = arena_new(0);
    struct spawn_words list = {.count = 0};
    add_word(&list, arena, "painbridge");
    add_word(&list, arena, "worker");
    add_word(&list, arena, child->role);
    add_word(&list, arena, arena_format(arena, "%u", child->number).ptr);
    add_word(&list, arena, supervisor->directory);
    add_descriptor(&list, arena, "--control", control);
    add_descriptor(&list, arena, "--metrics", supervisor->metrics);
    if (child->has_doors) {
        add_descriptor(&list, arena, "--mllp", supervisor->mllp);
        add_descriptor(&list, arena, "--https", supervisor->https);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Ctrl-C at the terminal reaches the whole group; only the supervisor decides. */
    signal(SIGINT, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) {
        execveat(supervisor->program, "", list.words, environ, AT_EMPTY_PATH);
    }
    _exit(127);
}

int supervisor_spawn(struct supervisor *supervisor, struct child *child)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    pid_t parent = getpid();
    pid_t process = fork();
    if (process == 0) {
        become(supervisor, child, ends[1], parent);
    }
    int reason = errno;
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        errno = reason;
        return -1;
    }
    child->process = process;
    child->control = ends[0];
    return 0;
}
