/* fetch: one small HTTPS request to somebody who was registered: keys, or a question about a token.
 *
 * By libcurl on a thread of the pool, so that the loop never waits. https only; the certificate and
 * its name are always checked; no redirect is followed, so what is asked is the URL that an admin
 * wrote and nothing a server, a token or a stranger says; no proxy, no .netrc, no cookies, nothing
 * of the environment. A URL may well name an address inside the house: it is the admin's word. An
 * answer has at most 64 KiB and five seconds.
 *
 * What failed is said by a code and plain words, without the other side's. */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include "base/arena.h"
#include "base/time.h"

#define NET_FETCH_BYTES ((size_t)64 << 10)
#define NET_FETCH_TIME (5 * TIME_SECOND)

struct net_loop;
struct net_fetch;
struct net_fetch_task;

/* What is asked. A body is a form that is POSTed (application/x-www-form-urlencoded); {NULL, 0}:
 * GET. user.ptr set: RFC 7617 Basic. All are copied. */
struct net_fetch_request {
    struct slice url;
    struct slice body;
    struct slice user, password;
};

struct net_fetch_answer {
    bool well;         /* it was answered with 200, whole */
    const char *words; /* what was wrong, for a log: "no answer in time"; never NULL */
    struct slice body; /* of a 200; lives until done returns */
    int64_t
        max_age; /* seconds, of Cache-Control (RFC 9111 5.2.2); 0: not to be kept; -1: not said */
};

/* `authority_path`: PEM file of those who may have signed the certificates; NULL: the system's. */
struct net_fetch *net_fetch_new(struct net_loop *loop, const char *authority_path);
/* done is not called any more for what is under way. NULL is well. */
void net_fetch_free(struct net_fetch *fetch);

/* done(data, answer) is called once from the loop, never from within this call, unless it is
 * cancelled before. */
struct net_fetch_task *
net_fetch_start(struct net_fetch *fetch, const struct net_fetch_request *request,
                void (*done)(void *data, const struct net_fetch_answer *answer), void *data);
/* Before done was called only. */
void net_fetch_cancel(struct net_fetch_task *task);

#endif
