/* scope: what a token allows, from the words of its scope claim.
 *
 * SMART App Launch 2.2 (scopes-and-launch-context): `system/Observation.rs`, the letters always in
 * the order c r u d s, at least one; `*` for every type; the older `.read`, `.write` and `.*` of
 * version 1 too. `system/` holds for everybody's records, `patient/` for those of the one patient
 * the token names, `user/` for what the person may who is signed in, where there is one.
 *
 * A query behind the letters (`?category=SYSTEM|CODE`, more with `&`) narrows one type of version
 * 2: limit.h says what it leaves. Names are those of search parameters, lower case, without
 * modifiers; every value is there. Every other word gives nothing: wrong orders, letters twice, a
 * query behind
 * `*` or a right of version 1, and what the standard does not define. */
#ifndef ACCESS_SCOPE_H
#define ACCESS_SCOPE_H

#include "base/arena.h"

enum access_permission {
    ACCESS_MAY_CREATE = 1,
    ACCESS_MAY_READ = 2,
    ACCESS_MAY_UPDATE = 4,
    ACCESS_MAY_DELETE = 8,
    ACCESS_MAY_SEARCH = 16,
    ACCESS_MAY_WRITE = ACCESS_MAY_CREATE | ACCESS_MAY_UPDATE | ACCESS_MAY_DELETE
};

enum access_whose {
    ACCESS_OF_ALL,     /* system/ */
    ACCESS_OF_PATIENT, /* patient/: only in the compartment of the token's patient */
    ACCESS_OF_USER     /* user/: only where somebody is signed in */
};

struct access_grant {
    struct slice type; /* "*" for all */
    unsigned permissions;
    enum access_whose whose;
    struct slice query; /* "category=laboratory", as written; empty: all of the type */
};

struct access_scopes {
    const struct access_grant *grants;
    size_t count;
};

/* Reads the words, blanks between. Grants and their texts live in `arena` and in `text`. */
void access_scopes_parse(struct slice text, struct arena *arena, struct access_scopes *ret_scopes);
/* One word. False where it gives nothing. */
bool access_scope_parse(struct slice word, struct access_grant *ret_grant);
/* What may be done with all resources of a type, by grants of that kind without a query. */
unsigned access_scopes_permissions(const struct access_scopes *scopes, struct slice type,
                                   enum access_whose whose);
/* The first word of `asked` that gives nothing, or more than `most` allows; false where there is
 * none. A word for all types ("*") is within `most` only by another one for all types. */
bool access_scopes_exceed(struct slice asked, const struct access_scopes *most,
                          struct slice *ret_word);
/* Those words of `asked` that are within `most`, blanks between, each once; in `arena`. A word of
 * which `most` allows the part behind a query comes as that part. */
struct slice access_scopes_within(struct slice asked, const struct access_scopes *most,
                                  struct arena *arena);

#endif
