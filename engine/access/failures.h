/* failures: how often somebody may be wrong about who he is.
 *
 * Counted by the address that asks and the client it says it is (names of clients that do not exist
 * count as one). After five failures without a success the next ones are put off: a second, two,
 * four, up to a minute, each time. What is put off is not looked at, so that a stranger costs no
 * signatures.
 *
 * Nobody is locked out by a stranger: other addresses are not touched, and an address from which
 * the client came in well before is never put off for that client. A quarter of an hour without a
 * failure forgets them. An address of IPv6 counts by its first 64 bits, which one subscriber has.
 *
 * In memory of one process, at most 4,096 pairs; when they are full it begins anew. `now` is a
 * clock that never goes back (time_monotonic). */
#ifndef ACCESS_FAILURES_H
#define ACCESS_FAILURES_H

#include "base/slice.h"
#include "base/time.h"

struct access_failures;

struct access_failures *access_failures_new(void);
/* NULL is well. */
void access_failures_free(struct access_failures *failures);

/* How long this one is put off; 0: not. `client` is empty where there is no such client. */
instant access_failures_wait(const struct access_failures *failures, struct slice address,
                             struct slice client, instant now);
/* What a try came to. */
void access_failures_note(struct access_failures *failures, struct slice address,
                          struct slice client, bool well, instant now);

#endif
