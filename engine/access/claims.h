/* claims: what a verified JWT says (RFC 7519), read strictly.
 *
 * The payload must be one JSON object, no name in it twice (RFC 7519 4 leaves that open, and two
 * readers that take different ones of two are how tokens are forged). A registered claim of another
 * type than the standard gives it makes the whole token unreadable; one that is not there is empty.
 * Signatures are net/jws's business; whose claims these are and what they are good for is that of
 * who reads them: an access token (token.h), an assertion (assertion.h).
 *
 * Times are real times; the clocks of others may be ACCESS_CLOCK_SKEW off. What is wrong is said in
 * general words and holds nothing of the token. */
#ifndef ACCESS_CLAIMS_H
#define ACCESS_CLAIMS_H

#include "base/issue.h"
#include "base/time.h"
#include "fhir/json.h"

#define ACCESS_CLOCK_SKEW (30 * TIME_SECOND)

struct access_claims {
    const struct json *all; /* the object, for claims that an issuer names by itself */
    struct slice issuer, subject, client, token_id, scope;
    const struct json *audience;         /* a text or a list of texts; NULL: none */
    instant expires, not_before, issued; /* 0: not said */
};

/* Texts live in `payload` or in `arena`. -1 with one ISSUE_LOGIN. */
int access_claims_read(struct slice payload, struct arena *arena, struct access_claims *ret_claims,
                       struct issue_list *issues) __attribute__((warn_unused_result));
/* The same of what is parsed already. */
int access_claims_take(const struct json *object, struct access_claims *ret_claims,
                       struct issue_list *issues) __attribute__((warn_unused_result));
/* The `iss` that a compact JWT says, unverified: good for finding out whose keys judge it, and for
 * nothing else. Empty where it cannot be read. In `arena`. */
struct slice access_claims_peek(struct slice compact, struct arena *arena);
/* RFC 7519 4.1.3: `aud` names us, alone or among others; compared byte by byte. */
bool access_claims_are_for(const struct access_claims *claims, struct slice audience);
/* `exp` must be there, not gone by, and at most `longest` ahead (0: any time); `nbf` and `iat`
 * where they are there not ahead of us. -1 with one ISSUE_LOGIN, or ISSUE_EXPIRED. */
int access_claims_check_times(const struct access_claims *claims, instant now, instant longest,
                              struct issue_list *issues) __attribute__((warn_unused_result));

#endif
