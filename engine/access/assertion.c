/* assertion: see assertion.h. */
#include "access/assertion.h"

#include "access/claims.h"
#include "base/encode.h"
#include "net/jws.h"

#define CLAIMED_LIMIT ((size_t)16 * 1024)

static int refuse(struct issue_list *issues, const char *words)
{
    issue_report(issues, ISSUE_LOGIN, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

struct slice access_assertion_claimed(struct slice compact, struct arena *arena)
{
    struct slice part = {0}, payload;
    struct access_claims claims;
    if (compact.len > CLAIMED_LIMIT || !slice_split(&compact, '.', &part) ||
        !slice_split(&compact, '.', &part) || !decode_base64url(part, arena, &payload) ||
        access_claims_read(payload, arena, &claims, NULL) != 0)
        return (struct slice){0};
    return claims.issuer;
}

/* Each with its length before it, so that no two are one text. */
static void digest_once(const char *use, const struct access_claims *claims,
                        unsigned char *ret_digest)
{
    const struct slice parts[] = {slice_of(use), claims->issuer, claims->token_id};
    struct digest *digest = digest_new();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint64_t len = parts[i].len;
        digest_add(digest, (struct slice){(const char *)&len, sizeof len});
        digest_add(digest, parts[i]);
    }
    digest_finish(digest, ret_digest);
}

/* What both uses ask of the claims, once the signature holds. */
static int judge(const struct access_claims *claims, struct slice audience, instant now,
                 struct issue_list *issues)
{
    if (!access_claims_are_for(claims, audience))
        return refuse(issues, "the assertion is for another address");
    if (access_claims_check_times(claims, now, ACCESS_ASSERTION_LONGEST, issues) != 0)
        return -1;
    if (claims->token_id.len == 0 || claims->token_id.len > ACCESS_TOKEN_ID_LIMIT)
        return refuse(issues, "the assertion has no id of its own, or one that is too long");
    return 0;
}

int access_assertion_verify(const struct access_keeper *keeper, struct slice compact,
                            struct slice audience, instant now, struct arena *arena,
                            struct access_assertion *ret_assertion, struct issue_list *issues)
{
    struct access_assertion assertion = {0};
    struct access_claims claims;
    struct jws_token token;
    struct slice name = access_assertion_claimed(compact, arena);
    if (!access_keeper_find(keeper, name, &assertion.client, &assertion.allowed) ||
        !assertion.client.keys ||
        jws_verify(assertion.client.keys, compact, arena, &token, NULL) != 0)
        return refuse(issues, "the assertion is not that of a client that is known here");
    if (access_claims_read(token.payload, arena, &claims, issues) != 0)
        return -1;
    /* RFC 7523 3: sub is the client_id; SMART Backend Services: and iss is the same */
    if (!slice_equal(claims.subject, claims.issuer))
        return refuse(issues, "the assertion speaks for another client");
    if (judge(&claims, audience, now, issues) != 0)
        return -1;
    digest_once("client", &claims, assertion.once);
    assertion.once_until = claims.expires + ACCESS_CLOCK_SKEW;
    *ret_assertion = assertion;
    return 0;
}
