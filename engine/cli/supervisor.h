/* supervisor: the process that `serve` starts, and parent of all others.
 *
 * It opens the listening sockets, gives up its rights, starts the workers by exec of its own
 * program and keeps them alive. It holds no patient data, no secret and no database connection: it
 * cannot lose anything, and kill -9 of it or of any worker costs connections only.
 *
 *     STARTING --ready--> RUNNING --TERM, INT--> STOPPING --exit, or killed after the drain--> GONE
 *        |  ^                |
 *        |  +-- back-off --- WAITING <-- exit
 *        +------ exit -------^
 *
 * A worker says "ready", "reloaded" or "refused" on its control socket, one datagram each. When the
 * supervisor dies the kernel kills the workers, so that the ports are free for the next one. */
#ifndef CLI_SUPERVISOR_H
#define CLI_SUPERVISOR_H

#include "base/log.h"
#include "cli/instance.h"

struct supervisor_options {
    const struct instance *instance;
    const char *data_folder; /* mappings/ and fhir/; the working folder of all processes */
    struct log *log;
};

/* Runs until TERM or INT and all workers are gone: 0. Before all of them have been ready once, a
 * worker that ends with an exit code that says "wrong configuration" ends it too: *ret_exit is then
 * that code. -1 with an issue where it could not begin. */
int supervisor_run(const struct supervisor_options *options, int *ret_exit,
                   struct issue_list *issues) __attribute__((warn_unused_result));

#endif
