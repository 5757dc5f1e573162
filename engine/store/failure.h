/* failure: what went wrong with a request to the database, in six words.
 *
 * The caller acts on the word, never on the text of the server: that may hold values of a record
 * and goes nowhere. SQLSTATE is PostgreSQL 15 appendix A. */
#ifndef STORE_FAILURE_H
#define STORE_FAILURE_H

#include "base/issue.h"

enum store_failure {
    STORE_DONE,  /* nothing did */
    STORE_RETRY, /* lost a race (lock, serialization, a unique key): the same may go through now */
    STORE_REFUSED,  /* this content never will */
    STORE_SUSPECT,  /* this content, or the server: one failure does not tell which */
    STORE_DOWN,     /* the server is away, full or ending: the same may go through later */
    STORE_UNCERTAIN /* the link broke after COMMIT was sent: ask, do not guess */
};

/* The word for a SQLSTATE (five characters). Unknown ones are STORE_REFUSED. */
enum store_failure store_failure_of(struct slice sqlstate);
/* "retry", "refused" ...: for log lines and tests. */
const char *store_failure_name(enum store_failure failure);
/* The issue code that tells a sender of it. */
enum issue_code store_failure_issue(enum store_failure failure);

#endif
