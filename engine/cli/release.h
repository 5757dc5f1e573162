/* release: lets messages that wait go on, as the files of the instance say now.
 *
 * Each is translated by the rules, tables and settings that are on disk (which are those in force
 * once the engine was told to read them again), and applied by a committer of this process, some
 * together; the engine may run meanwhile, and may be stopped. Who is killed on the
 * way has let some go on and not the others; doing it again does the rest.
 *
 * What is to be let go for good (dropped) goes the same way, untranslated, and so does what
 * somebody decided of source records. */
#ifndef CLI_RELEASE_H
#define CLI_RELEASE_H

#include "cli/instance.h"
#include "pipeline/held.h"

/* Why one did not go on. */
struct release_fault {
    int64_t key;
    struct slice feed;
    struct issue issue; /* the first error */
};

/* At most so many faults are told; all are counted. */
#define RELEASE_FAULT_LIMIT 20

struct release_tally {
    int64_t released;
    int64_t waiting; /* tried, and waits on */
    int64_t failed;  /* tried, and cannot take effect as it is; waits on */
    int64_t dropped; /* gone for good */
    struct release_fault faults[RELEASE_FAULT_LIMIT];
    size_t fault_count;
};

/* Tries all that are chosen, in their order. With `as_text` no code and no value that does not fit
 * is waited for. `actor` is for the audit. -1 with issues where files or database are not usable;
 * what was released until then stays so. */
int release_run(const struct instance *instance, const struct pipeline_held_choice *choice,
                bool as_text, struct slice actor, struct release_tally *ret_tally,
                struct issue_list *issues) __attribute__((warn_unused_result));

/* Lets the messages of the keys go for good, with a note of who says so and why, and then lets go
 * on those that waited for nothing but them. -1 as above. */
int release_drop(const struct instance *instance, const struct pipeline_held_choice *choice,
                 const struct pipeline_drop_note *note, struct slice actor,
                 struct release_tally *ret_tally, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Carries out one act on source records; fills its result. -1 as above, and where it cannot be. */
int release_act(const struct instance *instance, struct pipeline_act *act, struct slice actor,
                struct issue_list *issues) __attribute__((warn_unused_result));

#endif
