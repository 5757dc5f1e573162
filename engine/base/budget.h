/* budget: how many bytes a process has under way, and for whom.
 *
 * What holds memory for somebody else (a request and its answer, a message until it is
 * acknowledged) charges what it holds, roughly, to the share of a client or a feed. A share is
 * spent when it has its part of the whole, so that one cannot take the room of all; the whole is
 * spent when all shares together have it. A budget never refuses: who takes work in asks first, and
 * waits while the share or the whole is spent. So it is passed by one piece of work at most for
 * each that asked in time, and whoever has nothing under way is always let in when there is room.
 *
 *   used:  0 ........ 3/4 limit ........ limit ........
 *          not spent   as it was before    spent           (of the whole, a kind, and each share)
 *
 * Clients together may have three quarters of the whole, so that feeds keep room. Operators
 * together may have a quarter, on top of what the others have: whether all is well can always be
 * asked.
 *
 * What grows as it comes (a body) may find its share spent by others that are half there too; each
 * would wait for the others. Of each share one charge at a time may therefore pass.
 *
 * One budget belongs to one thread. */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include "base/slice.h"

struct budget;
struct budget_share;

enum budget_kind { BUDGET_CLIENT, BUDGET_FEED, BUDGET_OPERATOR, BUDGET_KIND_COUNT };

/* What one piece of work holds; zeroed: nothing. Read it, write it by the functions below. */
struct budget_charge {
    struct budget_share *share;
    size_t bytes;
    bool passes; /* goes on though there is no room */
};

/* Who wants to know when the whole, a kind or a share is spent or has room again, or another charge
 * may pass. The owner's memory, in the budget's list until budget_unwatch. `changed` may not charge
 * anything. */
struct budget_watch {
    void (*changed)(void *data);
    void *data;
    struct budget_watch *next; /* the budget's own */
};

/* Limits in bytes. */
struct budget *budget_new(size_t limit, size_t share_limit);
/* Charges may not be left. NULL is well. */
void budget_free(struct budget *budget);

/* The share of a name (copied), made when it is first asked for; lives as long as the budget. Names
 * are those of registered clients and feeds: there is no end to what a stranger could be called. */
struct budget_share *budget_share(struct budget *budget, enum budget_kind kind, struct slice name);

bool budget_is_spent(const struct budget *budget);
bool budget_share_is_spent(const struct budget_share *share);
/* Neither the share nor its kind nor, but for operators, the whole is spent: its owner may begin
 * something. */
bool budget_share_has_room(const struct budget_share *share);
size_t budget_used(const struct budget *budget);

/* The charge is so much of that share from now on, and nothing of another. */
void budget_charge_set(struct budget_charge *charge, struct budget_share *share, size_t bytes);
/* True when this charge, which has a share, may go on though there is no room: no other one of its
 * share does. It then may until it is released or moved to another share. */
bool budget_charge_pass(struct budget_charge *charge);
/* Gives it back. */
void budget_charge_release(struct budget_charge *charge);

void budget_watch(struct budget *budget, struct budget_watch *watch);
void budget_unwatch(struct budget *budget, struct budget_watch *watch);

#endif
