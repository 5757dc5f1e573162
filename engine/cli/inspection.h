/* inspection: would the engine serve this instance?
 *
 * What `check DIR` looks at, and `serve` before it starts anything: what a worker would fail on is
 * said at once, by file, line and column, and not by a process that ends again and again. Files
 * only, and no private key among them: a database that is away is no fault of the instance. */
#ifndef CLI_INSPECTION_H
#define CLI_INSPECTION_H

#include "base/time.h"
#include "cli/knowledge.h"

/* Reads every certificate that the instance's files name. -1 with every one that cannot be read.
 * What expires within 30 days is a warning; what has expired at `now` is reported as an error but
 * fails nothing: one clinic's certificate must not keep all others from being served. */
int inspection_certificates(const struct instance *instance, instant now, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Several feeds may have the same certificate where MSH-3/MSH-4 tell them apart. -1 with each pair
 * that would both take a message of the same sender: nobody could say whose it is. */
int inspection_shared_certificates(const struct instance *instance, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* False, with a warning, where the instance was made with a test clock: nobody should find out by
 * the dates in a patient's record. */
bool inspection_clock(const struct instance *instance, struct issue_list *issues);

/* The certificates, the keys of clients, the clock, and the mappings with the rules of every site.
 * -1 with every fault of every file that a worker would fail on. Needs some ten MiB in the arena of
 * the issues. */
int inspection_run(const struct knowledge *knowledge, const struct instance *instance, instant now,
                   struct issue_list *issues) __attribute__((warn_unused_result));

#endif
