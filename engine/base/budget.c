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
    struct gauge *kind; /* of the budget */
    struct gauge gauge;
    bool is_passed; /* by one of its charges */
};

struct budget {
    struct arena *arena;
    struct map shares[BUDGET_KIND_COUNT]; /* of struct budget_share */
    struct gauge kinds[BUDGET_KIND_COUNT];
    struct gauge gauge;
    size_t share_limit;
    struct budget_watch *watches;
};

/* What all shares of a kind may have together, in quarters of the whole. */
static const unsigned char quarters[BUDGET_KIND_COUNT] = {
    [BUDGET_CLIENT] = 3, [BUDGET_FEED] = 4, [BUDGET_OPERATOR] = 1};

struct budget *budget_new(size_t limit, size_t share_limit)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        abort();
    budget->arena = arena_new(0);
    for (size_t i = 0; i < BUDGET_KIND_COUNT; i++) {
        map_init(&budget->shares[i], budget->arena);
        budget->kinds[i].limit = limit / 4 * quarters[i];
    }
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
    *share = (struct budget_share){
        .budget = budget, .kind = &budget->kinds[kind], .gauge = {.limit = budget->share_limit}};
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
    bool is_operator = share->kind == &share->budget->kinds[BUDGET_OPERATOR];
    return !share->gauge.spent && !share->kind->spent &&
           (is_operator || !share->budget->gauge.spent);
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

static void tell(const struct budget *budget)
{
    for (const struct budget_watch *each = budget->watches; each; each = each->next)
        each->changed(each->data);
}

/* `over`: the charge that moves passed until now. */
static void move(struct budget_share *share, size_t more, size_t less, bool over)
{
    bool own = gauge_move(&share->gauge, more, less);
    bool kind = gauge_move(share->kind, more, less);
    bool whole = gauge_move(&share->budget->gauge, more, less);
    if (over)
        share->is_passed = false;
    if (own || kind || whole || over)
        tell(share->budget);
}

void budget_charge_set(struct budget_charge *charge, struct budget_share *share, size_t bytes)
{
    struct budget_charge old = *charge;
    bool same = old.share == share;
    *charge = (struct budget_charge){share, bytes, same && old.passes};
    if (same) {
        move(share, bytes, old.bytes, false);
        return;
    }
    move(share, bytes, 0, false);
    if (old.share)
        move(old.share, 0, old.bytes, old.passes);
}

bool budget_charge_pass(struct budget_charge *charge)
{
    if (charge->passes)
        return true;
    if (charge->share->is_passed)
        return false;
    charge->share->is_passed = true;
    charge->passes = true;
    return true;
}

void budget_charge_release(struct budget_charge *charge)
{
    struct budget_charge old = *charge;
    *charge = (struct budget_charge){0};
    if (old.share)
        move(old.share, 0, old.bytes, old.passes);
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
