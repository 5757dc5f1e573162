/* failures: see failures.h. */
#include "access/failures.h"

#include "base/map.h"

#include <stdlib.h>

#define PAIR_LIMIT 4096
#define FREE_FAILURES 5
#define LONGEST_WAIT (60 * TIME_SECOND)
#define FORGET_AFTER (15 * TIME_MINUTE)
#define SUBSCRIBER_GROUPS 4 /* of 16 bits, of an IPv6 address */

struct pair {
    unsigned failures;
    bool is_good; /* it came in well before */
    instant last; /* failure */
    instant until;
};

struct access_failures {
    struct arena *arena;
    struct map pairs; /* "address client" -> struct pair */
};

struct access_failures *access_failures_new(void)
{
    struct access_failures *failures = calloc(1, sizeof *failures);
    if (!failures)
        abort();
    failures->arena = arena_new(0);
    map_init(&failures->pairs, failures->arena);
    return failures;
}

void access_failures_free(struct access_failures *failures)
{
    if (!failures)
        return;
    arena_free(failures->arena);
    free(failures);
}

/* The groups before "::", four at most: all that an address whose first half has zeros says of it.
 */
static struct slice subscriber(struct slice address)
{
    size_t groups = 0;
    if (slice_find_byte(address, '.') < address.len) /* IPv4, also written as ::ffff:192.0.2.1 */
        return address;
    for (size_t i = 0; i < address.len; i++) {
        if (address.ptr[i] != ':')
            continue;
        groups++;
        if (groups == SUBSCRIBER_GROUPS || (i + 1 < address.len && address.ptr[i + 1] == ':'))
            return slice_part(address, 0, i);
    }
    return address;
}

static struct slice key_of(struct slice address, struct slice client, struct arena *arena)
{
    return arena_format(arena, "%.*s %.*s", SLICE_ARG(subscriber(address)), SLICE_ARG(client));
}

instant access_failures_wait(const struct access_failures *failures, struct slice address,
                             struct slice client, instant now)
{
    struct arena *arena = arena_new(0);
    const struct pair *pair = map_get(&failures->pairs, key_of(address, client, arena));
    arena_free(arena);
    if (!pair || pair->is_good || pair->until <= now)
        return 0;
    return pair->until - now;
}

static struct pair *find_or_add(struct access_failures *failures, struct slice key)
{
    struct pair *pair = map_get(&failures->pairs, key);
    if (pair)
        return pair;
    if (failures->pairs.count >= PAIR_LIMIT) {
        arena_reset(failures->arena);
        map_init(&failures->pairs, failures->arena);
    }
    pair = ARENA_NEW(failures->arena, struct pair);
    *pair = (struct pair){0};
    map_put(&failures->pairs, arena_copy(failures->arena, key), pair);
    return pair;
}

static instant wait_after(unsigned count)
{
    unsigned doubled = count - FREE_FAILURES - 1;
    instant wait = doubled < 6 ? TIME_SECOND << doubled : LONGEST_WAIT;
    return wait < LONGEST_WAIT ? wait : LONGEST_WAIT;
}

void access_failures_note(struct access_failures *failures, struct slice address,
                          struct slice client, bool well, instant now)
{
    struct arena *arena = arena_new(0);
    struct pair *pair = find_or_add(failures, key_of(address, client, arena));
    arena_free(arena);
    if (well) {
        *pair = (struct pair){.is_good = true};
        return;
    }
    if (now - pair->last > FORGET_AFTER)
        pair->failures = 0;
    pair->last = now;
    pair->failures++;
    if (pair->failures > FREE_FAILURES)
        pair->until = now + wait_after(pair->failures);
}
