/* supervisor_internal: what the files of the module share. */
#ifndef CLI_SUPERVISOR_INTERNAL_H
#define CLI_SUPERVISOR_INTERNAL_H

#include "base/log.h"
#include "base/time.h"
#include "cli/serving.h"

#include <sys/types.h>

enum child_state {
    CHILD_WAITING,  /* no process; `due` says when it is started */
    CHILD_STARTING, /* started, has not said that it is ready */
    CHILD_RUNNING,
    CHILD_STOPPING, /* was told to stop */
    CHILD_GONE      /* ended, and is not started again */
};

struct child {
    const char *role;
    unsigned number;
    const char *name; /* "door-1" */
    bool has_doors;   /* gets the listening sockets */
    enum child_state state;
    pid_t process; /* -1: none */
    int control;   /* our end; -1: none */
    instant started, due;
    unsigned failures; /* one after the other */
    bool is_reloading; /* was told to read the files again, has not said what came of it */
};

struct supervisor {
    struct log *log;
    struct arena *arena;
    const char *directory;
    int mllp, https, metrics;
    int signals, lock, program; /* program: our own executable */
    struct slice mllp_address, https_address;
    struct child *children;
    size_t child_count;
    instant drain;
    bool was_ready, stopping;
    struct serving_count reloads;
    bool was_refused, reload_again; /* the reload at hand, by one of them; when it is done */
    instant kill_at;
    int exit_code;
};

/* Starts the child's process: sets process and control. -1 with errno. */
int supervisor_spawn(struct supervisor *supervisor, struct child *child);
/* Asks all to end; asked again, kills them. */
void supervisor_stop(struct supervisor *supervisor);

#endif
