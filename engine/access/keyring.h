/* keyring: the public keys of one client or issuer, from a file or from the URL that was
 * registered.
 *
 * Keys of a URL are fetched when they are wanted and kept as long as its answer says (Cache-Control
 * max-age; at least a minute, at most a day, ten minutes where nothing is said). Whoever comes when
 * they have grown old, or with a key that is not among them, waits for them to be fetched anew: for
 * a key that is not there once a minute at most, whatever strangers send; after a failure not
 * before ten seconds. While fetching fails the old ones are used, for a day behind their time at
 * most; then there are none. A reload of the instance makes new rings and so drops what was
 * fetched.
 *
 * Only the registered URL is asked (net/fetch.h), never one that a token names; a token may say its
 * own as "jku". One ring belongs to one loop, but may be made elsewhere. */
#ifndef ACCESS_KEYRING_H
#define ACCESS_KEYRING_H

#include "base/log.h"
#include "base/time.h"
#include "net/jws.h"

struct access_keyring;
struct net_fetch;

/* Who waits for something to be looked up. done(data) says "look again", once, never from within
 * the call that took it; also where nothing was found, or who looked it up is freed. */
struct access_wait {
    void (*done)(void *data);
    void *data;
    struct access_wait *next; /* the keeper's own */
};

/* Takes over the keys, which never change. */
struct access_keyring *access_keyring_of_keys(struct jws_keys *keys);
/* `fetch` and `log` are used from the loop alone; `name` is whose keys they are, for the log. */
struct access_keyring *access_keyring_of_url(struct slice name, struct slice url,
                                             enum jws_owner owner, struct net_fetch *fetch,
                                             struct log *log);
/* Who waits is told. NULL is well. */
void access_keyring_free(struct access_keyring *ring);

/* jws_verify with the keys at hand. 0; -1 where it does not hold; 1 where that cannot be said
 * before the keys have come: wait, and look again. `now` is a clock that never goes back. */
int access_keyring_verify(const struct access_keyring *ring, struct slice compact, instant now,
                          struct arena *arena, struct jws_token *ret_token)
    __attribute__((warn_unused_result));
/* After a 1 only, in the same turn of the loop: fetches, where that is not under way. */
void access_keyring_wait(struct access_keyring *ring, instant now, struct access_wait *wait);

#endif
