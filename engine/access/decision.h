/* decision: may this caller do this? The only place where that is decided.
 *
 * Scopes with a query count for nothing here (limit.h). user/ scopes count when somebody is signed
 * in.
 *
 * It needs both: that the token grants it, and that the client may be granted it. A patient/ grant
 * allows to read and search within the compartment of the token's patient and nothing else; the
 * answer says so, and pipeline/query holds to it. */
#ifndef ACCESS_DECISION_H
#define ACCESS_DECISION_H

#include "access/route.h"
#include "access/token.h"
#include "pipeline/viewer.h"

struct access_decision {
    struct slice patient; /* only what is of the person of this Patient; empty: everything */
};

/* The enum access_permission bits an interaction needs. */
unsigned access_needs(enum access_interaction interaction);

/* `type` is the resource type, empty where the interaction has none (metrics: any system/ grant
 * that reads every type). A transaction is decided entry by entry. -1 with
 * ISSUE_FORBIDDEN. */
int access_decide(const struct access_principal *principal, enum access_interaction interaction,
                  struct slice type, struct access_decision *ret_decision,
                  struct issue_list *issues) __attribute__((warn_unused_result));

/* Whose eyes the principal looks with, for pipeline/query and pipeline/commit: those of its site,
 * by the names of client and site; a system of the instance that belongs to no clinic sees
 * every person's open facts. Its purpose is treatment. Lists live in the arena, texts as long as
 * the principal. */
struct pipeline_viewer access_viewer(const struct access_principal *principal, struct arena *arena);

#endif
