/* process: another program, run to its end.
 *
 * For the programs of PostgreSQL and of the system that a command needs. Never for the engine's own
 * workers (see supervisor), and never once a loop or TLS is up: it forks. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "cli/account.h"

struct process_order {
    const char *const *words;      /* program and arguments, NULL at the end; a program without a
                                      slash is searched in PATH */
    struct slice input;            /* its standard input */
    const struct account *account; /* NULL: as we are */
    const char *folder;            /* working folder; NULL: "/" */
};

struct process_result {
    int exit_code;       /* 128 + signal where one ended it */
    struct slice output; /* standard output and error together, at most 1 MiB; in the arena */
};

/* Runs it and waits. -1 with an issue only where it could not be started; its own failure is its
 * exit code. */
int process_run(const struct process_order *order, struct arena *arena,
                struct process_result *ret_result, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
