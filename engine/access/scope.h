/* scope: what a token allows, from the words of its scope claim.
 *
 * SMART App Launch 2.0 (scopes-and-launch-context): `system/Observation.rs`, the letters always in
 * the order c r u d s, at least one; `*` for every type; the older `.read`, `.write` and `.*` of
 * version 1 too. `system/` holds for everybody's records, `patient/` for those of the one patient
 * the token names. Every other word gives nothing: `user/` (no person is signed in behind a token
 * here), wrong orders, and a scope with a query (`?category=...`), because one that is not enforced
 * must not be granted. */
#ifndef ACCESS_SCOPE_H
#define ACCESS_SCOPE_H

#include "base/arena.h"

enum access_permission {
    ACCESS_MAY_CREATE = 1,
    ACCESS_MAY_READ = 2,
    ACCESS_MAY_UPDATE = 4,
    ACCESS_MAY_DELETE = 8,
    ACCESS_MAY_SEARCH = 16
};

struct access_grant {
    struct slice type; /* "*" for all */
    unsigned permissions;
    bool of_patient; /* patient/: only in the compartment of the token's patient */
};

struct access_scopes {
    const struct access_grant *grants;
    size_t count;
};

/* Reads the words, blanks between. Grants and their texts live in `arena` and in `text`. */
void access_scopes_parse(struct slice text, struct arena *arena, struct access_scopes *ret_scopes);
/* One word. False where it gives nothing. */
bool access_scope_parse(struct slice word, struct access_grant *ret_grant);
/* What may be done with resources of a type, by system/ grants or by patient/ grants. */
unsigned access_scopes_permissions(const struct access_scopes *scopes, struct slice type,
                                   bool of_patient);
/* The first word of `asked` that gives nothing, or more than `most` allows; false where there is
 * none. A word for all types ("*") is within `most` only by another one for all types. */
bool access_scopes_exceed(struct slice asked, const struct access_scopes *most,
                          struct slice *ret_word);
/* Those words of `asked` that are within `most`, blanks between, each once; in `arena`. */
struct slice access_scopes_within(struct slice asked, const struct access_scopes *most,
                                  struct arena *arena);

#endif
