/* keyring: see keyring.h.
 *
 *   NONE ──wanted──▶ fetching ──well──▶ FRESH ──max-age──▶ OLD ──wanted──▶ fetching
 *    ▲                  │ failed                            │                 │ failed
 *    └──────────────────┘ (not before 10 s)                 └──a day──▶ NONE  └──▶ OLD */
#include "access/keyring.h"

#include "net/fetch.h"

#include <stdlib.h>

#define LEAST_AGE TIME_MINUTE
#define USUAL_AGE (10 * TIME_MINUTE)
#define LARGEST_AGE TIME_DAY
#define OLD_FOR TIME_DAY
#define PAUSE TIME_MINUTE                /* after a fetch for a key that was not there */
#define TROUBLE_PAUSE (10 * TIME_SECOND) /* after one that failed */
#define LEAST_PAUSE TIME_SECOND          /* what has just come has no newer key */

struct access_keyring {
    struct jws_keys *keys; /* NULL: none yet */
    /* ---- of a URL; the rest is not used for a file ---- */
    struct arena *arena;
    struct slice name, url; /* url empty: a file */
    enum jws_owner owner;
    struct net_fetch *fetch;
    struct log *log;
    struct net_fetch_task *task; /* under way, or NULL */
    struct access_wait *waiting;
    bool is_due;      /* what is under way is no answer to a strange key */
    instant asked_at; /* what comes back is as old as the question (RFC 9111 4.2.3) */
    instant fresh_until;
    instant next_fetch; /* not before */
};

static struct access_keyring *make(void)
{
    struct access_keyring *ring = calloc(1, sizeof *ring);
    if (!ring)
        abort();
    ring->arena = arena_new(0);
    return ring;
}

struct access_keyring *access_keyring_of_keys(struct jws_keys *keys)
{
    struct access_keyring *ring = make();
    ring->keys = keys;
    return ring;
}

struct access_keyring *access_keyring_of_url(struct slice name, struct slice url,
                                             enum jws_owner owner, struct net_fetch *fetch,
                                             struct log *log)
{
    struct access_keyring *ring = make();
    ring->name = arena_copy(ring->arena, name);
    ring->url = arena_copy(ring->arena, url);
    ring->owner = owner;
    ring->fetch = fetch;
    ring->log = log;
    ring->next_fetch = INT64_MIN;
    return ring;
}

/* Who looks again may have to wait again: for what comes next, and not in this round. */
static void tell_waiting(struct access_keyring *ring)
{
    struct access_wait *waiting = ring->waiting;
    ring->waiting = NULL;
    while (waiting) {
        struct access_wait *wait = waiting;
        waiting = wait->next;
        wait->done(wait->data);
    }
}

void access_keyring_free(struct access_keyring *ring)
{
    if (!ring)
        return;
    if (ring->task)
        net_fetch_cancel(ring->task);
    tell_waiting(ring);
    jws_keys_free(ring->keys);
    arena_free(ring->arena);
    free(ring);
}

/* --- looking ---------------------------------------------------------------------------------- */

static bool may_fetch(const struct access_keyring *ring, instant now)
{
    return ring->url.len > 0 && (ring->task || now >= ring->next_fetch);
}

static const struct jws_keys *keys_at_hand(const struct access_keyring *ring, instant now)
{
    bool is_too_old = ring->url.len > 0 && now > ring->fresh_until + OLD_FOR;
    return is_too_old ? NULL : ring->keys;
}

/* False for a key that is not among keys that are fresh, or none: what a stranger can bring about.
 */
static bool is_due(const struct access_keyring *ring, instant now)
{
    return !keys_at_hand(ring, now) || now > ring->fresh_until;
}

int access_keyring_verify(const struct access_keyring *ring, struct slice compact, instant now,
                          struct arena *arena, struct jws_token *ret_token)
{
    const struct jws_keys *keys = keys_at_hand(ring, now);
    if (may_fetch(ring, now) && (is_due(ring, now) || !jws_keys_have(keys, compact)))
        return 1;
    return keys ? jws_verify(keys, compact, arena, ret_token, NULL) : -1;
}

/* --- fetching --------------------------------------------------------------------------------- */

static instant age_of(const struct net_fetch_answer *answer)
{
    instant age = answer->max_age < 0 ? USUAL_AGE : answer->max_age * TIME_SECOND;
    if (age < LEAST_AGE)
        return LEAST_AGE;
    return age < LARGEST_AGE ? age : LARGEST_AGE;
}

/* What was wrong, or NULL when the new keys are taken. */
static const char *take(struct access_keyring *ring, const struct net_fetch_answer *answer)
{
    struct jws_keys *keys = NULL;
    if (!answer->well)
        return answer->words;
    if (jws_keys_parse_as(ring->url, answer->body, ring->owner, &keys, NULL) != 0)
        return "the answer is no JWK Set with a key that can be used";
    jws_keys_set_address(keys, ring->url);
    jws_keys_free(ring->keys);
    ring->keys = keys;
    ring->fresh_until = ring->asked_at + age_of(answer);
    if (ring->is_due)
        ring->next_fetch = ring->asked_at + LEAST_PAUSE;
    return NULL;
}

static void fetched(void *data, const struct net_fetch_answer *answer)
{
    struct access_keyring *ring = data;
    ring->task = NULL;
    const char *wrong = take(ring, answer);
    if (wrong)
        LOG_EVENT(ring->log, LOG_WARNING, "keys-not-fetched", LOG_TEXT("of", ring->name),
                  LOG_TEXT("why", slice_of(wrong)));
    else
        LOG_EVENT(ring->log, LOG_INFO, "keys-fetched", LOG_TEXT("of", ring->name),
                  LOG_NUMBER("keys", jws_keys_count(ring->keys)));
    tell_waiting(ring);
}

void access_keyring_wait(struct access_keyring *ring, instant now, struct access_wait *wait)
{
    wait->next = ring->waiting;
    ring->waiting = wait;
    if (ring->task)
        return;
    ring->asked_at = now;
    ring->is_due = is_due(ring, now);
    ring->next_fetch = now + (ring->is_due ? TROUBLE_PAUSE : PAUSE);
    ring->task =
        net_fetch_start(ring->fetch, &(struct net_fetch_request){.url = ring->url}, fetched, ring);
}
