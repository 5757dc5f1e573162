/* confinement: what a process of the engine may still ask of the kernel once it stands.
 *
 * A worker reads what strangers send. Whoever got hold of one should find that it starts no
 * program, traces no process, opens no raw socket, mounts and loads nothing, maps no memory that
 * is both written and run, and leaves no image of its memory behind: seccomp(2) by libseccomp, no
 * new privileges, no core files, not dumpable. It keeps its files, its sockets and its threads.
 *
 * Two kinds of answers. What only an attacker asks for ends the process at once (SIGSYS; the
 * supervisor says so in the log and starts another one). What is merely not on the list answers
 * ENOSYS, as an older kernel would: libraries try new calls and fall back to old ones.
 *
 * The supervisor starts workers, so it keeps exec, and what it takes from itself it takes from
 * them. */
#ifndef CLI_CONFINEMENT_H
#define CLI_CONFINEMENT_H

#include <stdbool.h>

enum confinement {
    CONFINEMENT_SUPERVISOR, /* all but what only an attacker asks for; exec stays */
    CONFINEMENT_WORKER,     /* what is on the list alone */
    /* of a build with sanitizers, whose leak checker traces its own process at the end: */
    CONFINEMENT_SANITIZED_SUPERVISOR, /* as the supervisor, and ptrace stays */
    CONFINEMENT_SANITIZED_WORKER      /* the same, without exec */
};

/* What the processes of this build are confined to. */
extern const enum confinement confinement_of_supervisor, confinement_of_worker;

/* No core files, for this process and its children; as many descriptors as the system allows. */
void confinement_limit(void);
/* For good, and for all threads. Call it before there are any. -1 with errno where the kernel, or
 * the container, has no seccomp: the process is then as it was. */
int confinement_enter(enum confinement confinement) __attribute__((warn_unused_result));
/* Whether it would work here: tried in a child. */
bool confinement_is_possible(void);

#endif
