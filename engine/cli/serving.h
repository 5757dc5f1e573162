/* serving: whether an instance is being served, and how to make the engine read its files again.
 *
 * The supervisor holds a lock on the instance's folder and writes DIR/serving: its process id, how
 * often it began to have the files read again, how often that came to an end, and what the last end
 * was ("taken", "refused"). The file may be left over; the lock is not. */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include "base/time.h"
#include "cli/instance.h"

struct serving_count {
    uint64_t begun, done; /* reloads */
    bool refused;         /* by a worker, the last that was done */
};

/* Written by the supervisor at its start and whenever a count changes. False where it could not be.
 */
bool serving_note(const char *directory, const struct serving_count *count);

/* What came of asking. */
enum serving_answer {
    SERVING_NOBODY, /* it is not served: there is nobody to ask */
    SERVING_TAKEN,  /* every worker has the files as they are now */
    SERVING_REFUSED /* a worker found a fault in them; the old ones stay in force */
};

/* Sends HUP to the engine and waits until every worker has said what came of it. -1 with an issue
 * where that is not known in time, or may not be asked by this account. */
int serving_reload(const struct instance *instance, instant patience,
                   enum serving_answer *ret_answer, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
