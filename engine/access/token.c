/* token: see token.h. */
#include "access/claims.h"
#include "access/token_internal.h"

#define KEPT_LIMIT 4096
#define ANSWER_KEPT TIME_MINUTE        /* of an issuer */
#define TROUBLE_KEPT (5 * TIME_SECOND) /* of one that could not be asked */
#define CLIENT_NAME_LIMIT 200

static int refuse(struct issue_list *issues, enum issue_code code, const char *words)
{
    issue_report(issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

/* --- claims ----------------------------------------------------------------------------------- */

/* Of our own issuer: a client that the instance knows. RFC 9068 2.2: client_id; RFC 7523: sub is
 * the client where nobody else is. */
static int take_own(const struct access_keeper *keeper, const struct access_claims *claims,
                    struct access_principal *principal, struct issue_list *issues)
{
    struct access_client client;
    struct slice name = claims->client.len > 0 ? claims->client : claims->subject;
    if (!access_keeper_find(keeper, name, &client, &principal->allowed))
        return refuse(issues, ISSUE_LOGIN, "the token's client is not known here");
    principal->client = client.name;
    principal->site = client.site;
    principal->labels = client.labels;
    principal->known_as = client.known_as;
    principal->is_hub = client.site.len == 0;
    principal->patient = json_get_text(claims->all, SLICE("patient"));
    return 0;
}

/* Of an outside issuer: whoever it says, with what its file allows. */
static int take_foreign(const struct keeper_issuer *issuer, const struct access_claims *claims,
                        struct arena *arena, struct access_principal *principal,
                        struct issue_list *issues)
{
    const struct access_issuer *of = &issuer->of;
    struct slice name = json_get_text(claims->all, of->client_claim);
    if (name.len == 0)
        name = claims->subject;
    if (name.len == 0 || name.len > CLIENT_NAME_LIMIT)
        return refuse(issues, ISSUE_LOGIN, "the token does not say whose it is");
    principal->client = arena_format(arena, "%.*s/%.*s", SLICE_ARG(of->name), SLICE_ARG(name));
    principal->site = of->site;
    principal->labels = of->labels;
    principal->known_as = of->known_as;
    principal->allowed = issuer->scopes;
    principal->user = json_get_text(claims->all, of->user_claim);
    if (of->patient_claim.len > 0)
        principal->patient = json_get_text(claims->all, of->patient_claim);
    return 0;
}

static int take_claims(const struct keeper_issuer *issuer, const struct access_claims *claims,
                       instant now, struct arena *arena, struct access_principal *ret_principal,
                       struct issue_list *issues)
{
    if (access_claims_check_times(claims, now, 0, issues) != 0)
        return -1;
    struct access_principal principal = {.expires = claims->expires};
    int result = issuer->of.name.len == 0 ? take_own(issuer->keeper, claims, &principal, issues)
                                          : take_foreign(issuer, claims, arena, &principal, issues);
    if (result != 0)
        return -1;
    access_scopes_parse(claims->scope, arena, &principal.granted);
    *ret_principal = principal;
    return 0;
}

/* --- whose it is ------------------------------------------------------------------------------ */

/* The issuer that a token says; of one that says none, the only one that is asked about tokens. */
static struct keeper_issuer *issuer_of(const struct access_keeper *keeper, struct slice compact,
                                       struct arena *arena, bool *ret_signed)
{
    struct keeper_issuer *asked = NULL;
    struct slice named = access_claims_peek(compact, arena);
    size_t asked_count = 0;
    for (size_t i = 0; i < keeper->issuer_count; i++) {
        struct keeper_issuer *issuer = &keeper->issuers[i];
        *ret_signed = issuer->of.keys != NULL;
        if (named.len > 0 && slice_equal(named, issuer->of.issuer))
            return issuer;
        if (!issuer->introspection)
            continue;
        asked = issuer;
        asked_count++;
    }
    *ret_signed = false;
    /* a token of somebody we do not trust is nobody else's to read either */
    return named.len == 0 && asked_count == 1 ? asked : NULL;
}

/* 1: its keys have to be fetched. */
static int judge_signed(const struct keeper_issuer *issuer, struct slice compact, instant now,
                        struct arena *arena, struct access_principal *ret_principal,
                        struct issue_list *issues)
{
    struct jws_token token;
    struct access_claims claims;
    int result = access_keyring_verify(issuer->of.keys, compact, time_monotonic(), arena, &token);
    if (result == 1)
        return 1;
    if (result != 0)
        return refuse(issues, ISSUE_LOGIN, "the token is not valid");
    if (access_claims_read(token.payload, arena, &claims, issues) != 0)
        return -1;
    if (!access_claims_are_for(&claims, issuer->of.audience))
        return refuse(issues, ISSUE_LOGIN, "the token is for another server");
    return take_claims(issuer, &claims, now, arena, ret_principal, issues);
}

/* --- the tokens that were judged -------------------------------------------------------------- */

struct kept {
    instant until;
    bool is_answer;       /* of an issuer: it is asked again when the time is up */
    enum issue_code code; /* ISSUE_NONE: it is good */
    const char *words;    /* else why not; lives for ever */
    struct access_principal principal;
};

static struct access_scopes copy_scopes(const struct access_scopes *scopes, struct arena *arena)
{
    struct access_grant *grants = ARENA_ARRAY(arena, scopes->count, struct access_grant);
    for (size_t i = 0; i < scopes->count; i++) {
        grants[i] = scopes->grants[i];
        grants[i].type = arena_copy(arena, grants[i].type);
        grants[i].query = arena_copy(arena, grants[i].query);
    }
    return (struct access_scopes){grants, scopes->count};
}

/* Whole: a principal outlives the keeper when that is replaced while a request is under way. */
static struct access_principal copy_principal(const struct access_principal *principal,
                                              struct arena *arena)
{
    return (struct access_principal){
        .client = arena_copy(arena, principal->client),
        .site = arena_copy(arena, principal->site),
        .labels = principal->labels,
        .known_as = arena_copy(arena, principal->known_as),
        .is_hub = principal->is_hub,
        .patient = arena_copy(arena, principal->patient),
        .user = arena_copy(arena, principal->user),
        .granted = copy_scopes(&principal->granted, arena),
        .allowed = copy_scopes(&principal->allowed, arena),
        .expires = principal->expires,
    };
}

/* When it is full it begins anew: the busy ones are back at once. */
static void keep(struct access_keeper *keeper, const unsigned char *digest, struct kept value)
{
    struct arena *arena = keeper->kept_arena;
    if (keeper->kept.count >= KEPT_LIMIT || arena_exceeded(arena)) {
        arena_reset(arena);
        map_init(&keeper->kept, arena);
    }
    struct kept *kept = ARENA_NEW(arena, struct kept);
    *kept = value;
    kept->principal = copy_principal(&value.principal, arena);
    map_put(&keeper->kept,
            arena_copy(arena, (struct slice){(const char *)digest, DIGEST_SHA256_SIZE}), kept);
}

/* RFC 7662 2.2: what an issuer says of a token of its own. */
static int judge_answer(const struct keeper_issuer *issuer, struct slice body, instant now,
                        struct arena *arena, struct access_principal *ret_principal,
                        struct issue_list *issues)
{
    struct json *answer = NULL;
    struct access_claims claims;
    if (json_parse(body, arena, &answer, NULL) != 0 ||
        access_claims_take(answer, &claims, issues) != 0 ||
        !json_is_true(json_get(answer, SLICE("active"))) ||
        (claims.issuer.len > 0 && !slice_equal(claims.issuer, issuer->of.issuer)))
        return -1;
    if (claims.audience && !access_claims_are_for(&claims, issuer->of.audience))
        return -1;
    if (claims.expires == 0)
        claims.expires = now + ANSWER_KEPT;
    return take_claims(issuer, &claims, now, arena, ret_principal, issues);
}

void keeper_take_answer(void *data, const unsigned char *digest, struct slice body)
{
    struct keeper_issuer *issuer = data;
    instant now = time_now();
    struct arena *arena = arena_new(0);
    struct kept kept = {.until = now + ANSWER_KEPT, .is_answer = true};
    if (!body.ptr) {
        kept.until = now + TROUBLE_KEPT;
        kept.code = ISSUE_STORE_DOWN;
        kept.words = "the token's issuer could not be asked";
    } else if (judge_answer(issuer, body, now, arena, &kept.principal, NULL) != 0) {
        kept.principal = (struct access_principal){0};
        kept.code = ISSUE_LOGIN;
        kept.words = "the token is not valid";
    } else if (kept.principal.expires + ACCESS_CLOCK_SKEW < kept.until) {
        kept.until = kept.principal.expires + ACCESS_CLOCK_SKEW;
    }
    keep(issuer->keeper, digest, kept);
    arena_free(arena);
}

/* --- a request's token ------------------------------------------------------------------------ */

/* RFC 6750 2.1, RFC 9110 11.4: the scheme in any case, one or more blanks, the token. */
static struct slice bearer_token(struct slice authorization)
{
    size_t blank = slice_find_byte(authorization, ' ');
    if (!slice_equal_ignoring_case(slice_part(authorization, 0, blank), SLICE("Bearer")))
        return (struct slice){0};
    return slice_trim(slice_after(authorization, blank));
}

static const struct kept *find_kept(const struct access_keeper *keeper, const unsigned char *digest,
                                    instant now)
{
    const struct kept *kept =
        map_get(&keeper->kept, (struct slice){(const char *)digest, DIGEST_SHA256_SIZE});
    return kept && kept->is_answer && kept->until <= now ? NULL : kept;
}

static int answer_kept(const struct kept *kept, instant now, struct arena *arena,
                       struct access_principal *ret_principal, struct issue_list *issues)
{
    if (kept->code != ISSUE_NONE)
        return refuse(issues, kept->code, kept->words);
    if (kept->until <= now)
        return refuse(issues, ISSUE_EXPIRED, "the token has expired");
    *ret_principal = copy_principal(&kept->principal, arena);
    return 0;
}

int access_keeper_verify(struct access_keeper *keeper, struct slice authorization, instant now,
                         struct arena *arena, struct access_principal *ret_principal,
                         struct issue_list *issues)
{
    struct slice compact = bearer_token(authorization);
    if (compact.len == 0)
        return refuse(issues, ISSUE_LOGIN, "a bearer token is needed");
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(compact, digest);
    const struct kept *kept = find_kept(keeper, digest, now);
    if (kept)
        return answer_kept(kept, now, arena, ret_principal, issues);
    bool is_signed = false;
    const struct keeper_issuer *issuer = issuer_of(keeper, compact, arena, &is_signed);
    if (!issuer)
        return refuse(issues, ISSUE_LOGIN, "the token is not valid");
    if (!is_signed)
        return 1;
    struct access_principal principal;
    int result = judge_signed(issuer, compact, now, arena, &principal, issues);
    if (result != 0)
        return result;
    keep(keeper, digest,
         (struct kept){.until = principal.expires + ACCESS_CLOCK_SKEW, .principal = principal});
    *ret_principal = copy_principal(&principal, arena);
    return 0;
}

bool access_keeper_wait(struct access_keeper *keeper, struct slice authorization,
                        struct access_wait *wait)
{
    struct slice compact = bearer_token(authorization);
    unsigned char digest[DIGEST_SHA256_SIZE];
    struct arena *arena = arena_new(0);
    bool is_signed = false;
    const struct keeper_issuer *issuer = issuer_of(keeper, compact, arena, &is_signed);
    arena_free(arena);
    if (!issuer)
        return false;
    if (is_signed) {
        access_keyring_wait(issuer->of.keys, time_monotonic(), wait);
        return true;
    }
    digest_sha256(compact, digest);
    return access_introspection_ask(issuer->introspection, compact, digest, wait);
}
