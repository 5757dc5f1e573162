/* limit: what a scope with a query leaves of a resource type.
 *
 * SMART App Launch 2.2, finer-grained resource constraints: `system/Observation.rs?category=X` is
 * good for those Observations alone that a search with this query would find. All others are not
 * there: not read, not listed, not counted, not written. Several such scopes add up; what the
 * client may have at most narrows them further.
 *
 * The parameters are token parameters that are switched on for the type, without modifiers; a scope
 * with any other gives nothing. decision.h knows nothing of such scopes: what does not ask here is
 * refused, so that a door that forgets to ask shows nothing. */
#ifndef ACCESS_LIMIT_H
#define ACCESS_LIMIT_H

#include "access/decision.h"
#include "fhir/search_index.h"

/* One parameter of a query, decoded: alternatives with commas between, as in a search. */
struct access_condition {
    struct slice name, value;
};

/* All of these must hold. */
struct access_limit {
    struct access_condition *conditions;
    size_t count;
};

/* One of these must hold. None: nothing limits. */
struct access_limits {
    struct access_limit *any;
    size_t count;
    struct slice patient; /* as of a decision */
};

/* What is left to the principal of a type by scopes with queries alone. False where that is
 * nothing. Lives in `arena`. */
bool access_limits_find(const struct access_principal *principal,
                        enum access_interaction interaction, struct slice type,
                        const struct fhir_search_table *table, struct arena *arena,
                        struct access_limits *ret_limits);

/* Whether a resource is within them. */
bool access_limits_hold(const struct access_limits *limits, const struct fhir_search_table *table,
                        const struct json *resource, struct arena *arena);

/* The limits as parameters to be added to a search; in `arena`. False where a search cannot say it:
 * several scopes with different parameters. */
bool access_limits_to_search(const struct access_limits *limits, struct arena *arena,
                             struct access_limit *ret_parameters);

#endif
