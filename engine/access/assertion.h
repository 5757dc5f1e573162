/* assertion: a JWT by which a registered client says that it is itself, once.
 *
 * Two uses, one judgement:
 *   at the token endpoint   private_key_jwt (SMART App Launch 2.2, Backend Services; RFC 7523 3):
 *                           `iss` and `sub` are the client's name, `aud` is the endpoint's URL
 *   with a call             CDS Hooks 2.0 "Trusting CDS Clients": `iss` is the issuer that was
 *                           registered for the client, `aud` the URL of the service that is called;
 *                           `iat` must be there
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

enum access_assertion_use {
    ACCESS_ASSERTION_CLIENT, /* at the token endpoint */
    ACCESS_ASSERTION_CALL    /* with a call of CDS Hooks */
};

/* Judges an assertion for `audience`; `now` is the real time. -1 with one ISSUE_LOGIN or
 * ISSUE_EXPIRED. 1 where the client's keys have to be fetched first: wait, and call again. */
int access_assertion_verify(const struct access_keeper *keeper, enum access_assertion_use use,
                            struct slice compact, struct slice audience, instant now,
                            struct arena *arena, struct access_assertion *ret_assertion,
                            struct issue_list *issues) __attribute__((warn_unused_result));
/* After a 1 only, in the same turn of the loop. */
void access_assertion_wait(const struct access_keeper *keeper, enum access_assertion_use use,
                           struct slice compact, struct access_wait *wait);

#endif
