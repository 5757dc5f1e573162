/* budget: see budget.h. */
#include "base/budget.h"

#include "base/map.h"

#include <stdlib.h>

/* One line that fills up to `limit`, and is free again some way below it. */
struct gauge {
    size_t limit;
    size_t used;
    bool spent;
};

struct budget_share {
    struct budget *budget;
    struct gauge gauge;
};

struct budget {
    struct arena *arena;
    struct map shares[BUDGET_KIND_COUNT]; /* of struct budget_share */
    struct gauge gauge;
    size_t share_limit;
    struct budget_watch *watches;
};

struct budget *budget_new(size_t limit, size_t share_limit)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        abort();
    budget->arena = arena_new(0);
    for (size_t i = 0; i < BUDGET_KIND_COUNT; i++)
        map_init(&budget->shares[i], budget->arena);
    budget->gauge.limit = limit;
    budget->share_limit = share_limit;
    return budget;
}

void budget_free(struct budget *budget)
{
    if (!budget)
        return;
    arena_free(budget->arena);
    free(budget);
}

struct budget_share *budget_share(struct budget *budget, enum budget_kind kind, struct slice name)
{
    struct budget_share *share = map_get(&budget->shares[kind], name);
    if (share)
        return share;
    share = ARENA_NEW(budget->arena, struct budget_share);
    *share = (struct budget_share){.budget = budget, .gauge = {.limit = budget->share_limit}};
    map_put(&budget->shares[kind], arena_copy(budget->arena, name), share);
    return share;
}

bool budget_is_spent(const struct budget *budget)
{
    return budget->gauge.spent;
}

bool budget_share_is_spent(const struct budget_share *share)
{
    return share->gauge.spent;
}

bool budget_share_has_room(const struct budget_share *share)
{
    return !share->gauge.spent && !share->budget->gauge.spent;
}

size_t budget_used(const struct budget *budget)
{
    return budget->gauge.used;
}

/* True when it is spent now and was not, or the other way. */
static bool gauge_move(struct gauge *gauge, size_t more, size_t less)
{
    bool before = gauge->spent;
    gauge->used += more;
    gauge->used -= less;
    if (gauge->used >= gauge->limit)
        gauge->spent = true;
    if (gauge->used <= gauge->limit / 4 * 3)
        gauge->spent = false;
    return gauge->spent != before;
}

static void move(struct budget_share *share, size_t more, size_t less)
{
    bool own = gauge_move(&share->gauge, more, less);
    bool whole = gauge_move(&share->budget->gauge, more, less);
    if (!own && !whole)
        return;
    for (const struct budget_watch *each = share->budget->watches; each; each = each->next)
        each->changed(each->data);
}

void budget_charge_set(struct budget_charge *charge, struct budget_share *share, size_t bytes)
{
    struct budget_charge old = *charge;
    *charge = (struct budget_charge){share, bytes};
    if (old.share == share) {
        move(share, bytes, old.bytes);
        return;
    }
    move(share, bytes, 0);
    if (old.share)
        move(old.share, 0, old.bytes);
}

void budget_charge_release(struct budget_charge *charge)
{
    struct budget_charge old = *charge;
    *charge = (struct budget_charge){NULL, 0};
    if (old.share)
        move(old.share, 0, old.bytes);
}

void budget_watch(struct budget *budget, struct budget_watch *watch)
{
    watch->next = budget->watches;
    budget->watches = watch;
}

void budget_unwatch(struct budget *budget, struct budget_watch *watch)
{
    struct budget_watch **each = &budget->watches;
    while (*each && *each != watch)
        each = &(*each)->next;
    if (*each)
        *each = watch->next;
}
