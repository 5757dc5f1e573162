/* assertion: a JWT by which a registered client says that it is itself, once.
 *
 * Two uses, one judgement:
 *   at the token endpoint   private_key_jwt (SMART App Launch 2.2, Backend Services; RFC 7523 3):
 *                           `iss` and `sub` are the client's name, `aud` is the endpoint's URL
 *   with a call             CDS Hooks 2.0 "Trusting CDS Clients": `iss` is the client's issuer,
 * `aud` the URL of the service that is called
 *
 * The signature is by a key that was registered for that client, the algorithm the one the key is
 * bound to. `exp` is at most five minutes ahead. `jti` must be there: who takes the assertion
 * claims its digest by pipeline/once, which lets each go through a single time, and only then
 * believes it. What is wrong is said in general words. Nothing is kept here. */
#ifndef ACCESS_ASSERTION_H
#define ACCESS_ASSERTION_H

#include "access/token.h"
#include "base/digest.h"

#define ACCESS_ASSERTION_LONGEST (5 * TIME_MINUTE)
#define ACCESS_TOKEN_ID_LIMIT 512 /* bytes of a jti */

struct access_assertion {
    struct access_client client;            /* as it is known here; lives as long as the keeper */
    struct access_scopes allowed;           /* to it at most */
    unsigned char once[DIGEST_SHA256_SIZE]; /* of use, issuer and jti: to be claimed */
    instant once_until;                     /* until when it could be shown again */
};

/* The client an assertion says it is of, unverified, for counting failures; empty where it cannot
 * be read. In `arena`. */
struct slice access_assertion_claimed(struct slice compact, struct arena *arena);

/* Judges a client assertion for the token endpoint at `audience`. -1 with one ISSUE_LOGIN or
 * ISSUE_EXPIRED. */
int access_assertion_verify(const struct access_keeper *keeper, struct slice compact,
                            struct slice audience, instant now, struct arena *arena,
                            struct access_assertion *ret_assertion, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
