/* supervisor: the process that `serve` starts, and parent of all others.
 *
 * It opens the listening sockets, gives up its rights, starts the workers by exec of its own
 * program and keeps them alive. It holds no patient data, no secret and no database connection: it
 * cannot lose anything, and kill -9 of it or of any worker costs connections only.
 *
 *     starting --ready--> running --TERM--> stopping --exit--> gone
 *        |                   |                 |
 *        +------- exit ------+                 +--drain time over--> killed
 *                   |
 *                   +--> waiting --back-off over--> starting
 *
 * A worker says "ready", "reloaded" or "refused" on its control socket (one datagram each). The end
 * of that socket tells a worker that its supervisor is gone; it then stops at once, so that the
 * ports are free for the next one. */
#ifndef CLI_SUPERVISOR_H
#define CLI_SUPERVISOR_H

#include "base/log.h"
#include "cli/instance.h"

/* Runs until TERM or INT and all workers are gone. Returns an enum command_exit. `program` is a
 * descriptor of our own executable (O_PATH). */
int supervisor_run(const struct instance *instance, int program, struct log *log,
                   struct issue_list *issues);

#endif
