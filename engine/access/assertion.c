/* assertion: see assertion.h. */
#include "access/assertion.h"

#include "access/claims.h"

static int refuse(struct issue_list *issues, const char *words)
{
    issue_report(issues, ISSUE_LOGIN, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

/* The client it says it is of. */
static bool find_client(const struct access_keeper *keeper, enum access_assertion_use use,
                        struct slice compact, struct arena *arena,
                        struct access_assertion *assertion)
{
    struct slice issuer = access_claims_peek(compact, arena);
    bool found =
        use == ACCESS_ASSERTION_CLIENT
            ? access_keeper_find(keeper, issuer, &assertion->client, &assertion->allowed)
            : access_keeper_find_issuer(keeper, issuer, &assertion->client, &assertion->allowed);
    return found && assertion->client.keys;
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

/* What only one of the uses asks. */
static int judge_use(enum access_assertion_use use, const struct access_claims *claims,
                     struct issue_list *issues)
{
    /* RFC 7523 3: sub is the client_id; SMART Backend Services: and iss is the same */
    if (use == ACCESS_ASSERTION_CLIENT && !slice_equal(claims->subject, claims->issuer))
        return refuse(issues, "the assertion speaks for another client");
    if (use == ACCESS_ASSERTION_CALL && claims->issued == 0)
        return refuse(issues, "the assertion does not say when it was made");
    return 0;
}

int access_assertion_verify(const struct access_keeper *keeper, enum access_assertion_use use,
                            struct slice compact, struct slice audience, instant now,
                            struct arena *arena, struct access_assertion *ret_assertion,
                            struct issue_list *issues)
{
    struct access_assertion assertion = {0};
    struct access_claims claims;
    struct jws_token token;
    int result = -1;
    if (find_client(keeper, use, compact, arena, &assertion))
        result =
            access_keyring_verify(assertion.client.keys, compact, time_monotonic(), arena, &token);
    if (result == 1)
        return 1;
    if (result != 0)
        return refuse(issues, "the assertion is not that of a client that is known here");
    if (access_claims_read(token.payload, arena, &claims, issues) != 0 ||
        judge_use(use, &claims, issues) != 0 || judge(&claims, audience, now, issues) != 0)
        return -1;
    digest_once(use == ACCESS_ASSERTION_CLIENT ? "client" : "call", &claims, assertion.once);
    assertion.once_until = claims.expires + ACCESS_CLOCK_SKEW;
    *ret_assertion = assertion;
    return 0;
}

void access_assertion_wait(const struct access_keeper *keeper, enum access_assertion_use use,
                           struct slice compact, struct access_wait *wait)
{
    struct access_assertion assertion = {0};
    struct arena *arena = arena_new(0);
    if (find_client(keeper, use, compact, arena, &assertion))
        access_keyring_wait(assertion.client.keys, time_monotonic(), wait);
    arena_free(arena);
}
