/* token: see token.h. */
#include "access/token.h"

#include "access/claims.h"
#include "base/digest.h"
#include "base/map.h"
#include "net/jws.h"

#include <stdlib.h>

#define KEPT_LIMIT 4096
#define KEPT_CEILING ((size_t)64 * 1024 * 1024)

struct access_keeper {
    struct arena *arena; /* of the options */
    struct access_issuer *issuers;
    size_t issuer_count;
    struct access_client *clients;
    struct access_scopes *client_scopes;
    size_t client_count;
    struct slice base_url;
    int64_t token_seconds;
    struct arena *kept_arena;
    struct map kept; /* SHA-256 of a token -> access_principal */
};

struct access_keeper *access_keeper_new(const struct access_keeper_options *options)
{
    struct access_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        abort();
    struct arena *arena = keeper->arena = arena_new(0);
    keeper->base_url = arena_copy(arena, options->base_url);
    keeper->token_seconds = options->token_seconds;
    keeper->issuer_count = options->issuer_count;
    keeper->issuers = ARENA_ARRAY(arena, options->issuer_count, struct access_issuer);
    for (size_t i = 0; i < options->issuer_count; i++) {
        keeper->issuers[i] = (struct access_issuer){
            .issuer = arena_copy(arena, options->issuers[i].issuer),
            .audience = arena_copy(arena, options->issuers[i].audience),
            .keys = options->issuers[i].keys,
        };
    }
    keeper->client_count = options->client_count;
    keeper->clients = ARENA_ARRAY(arena, options->client_count, struct access_client);
    keeper->client_scopes = ARENA_ARRAY(arena, options->client_count, struct access_scopes);
    for (size_t i = 0; i < options->client_count; i++) {
        keeper->clients[i] = (struct access_client){
            .name = arena_copy(arena, options->clients[i].name),
            .site = arena_copy(arena, options->clients[i].site),
            .scope = arena_copy(arena, options->clients[i].scope),
            .keys = options->clients[i].keys,
        };
        access_scopes_parse(keeper->clients[i].scope, arena, &keeper->client_scopes[i]);
    }
    keeper->kept_arena = arena_new(KEPT_CEILING);
    map_init(&keeper->kept, keeper->kept_arena);
    return keeper;
}

void access_keeper_free(struct access_keeper *keeper)
{
    if (!keeper)
        return;
    for (size_t i = 0; i < keeper->client_count; i++)
        jws_keys_free(keeper->clients[i].keys);
    arena_free(keeper->kept_arena);
    arena_free(keeper->arena);
    free(keeper);
}

/* --- claims ----------------------------------------------------------------------------------- */

static int refuse(struct issue_list *issues, enum issue_code code, const char *words)
{
    issue_report(issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

static size_t find_client(const struct access_keeper *keeper, struct slice name)
{
    size_t index = 0;
    while (index < keeper->client_count && !slice_equal(keeper->clients[index].name, name))
        index++;
    return index;
}

struct slice access_keeper_base_url(const struct access_keeper *keeper)
{
    return keeper->base_url;
}

int64_t access_keeper_token_seconds(const struct access_keeper *keeper)
{
    return keeper->token_seconds;
}

bool access_keeper_find(const struct access_keeper *keeper, struct slice name,
                        struct access_client *ret_client, struct access_scopes *ret_allowed)
{
    size_t client = find_client(keeper, name);
    if (client == keeper->client_count)
        return false;
    *ret_client = keeper->clients[client];
    *ret_allowed = keeper->client_scopes[client];
    return true;
}

/* The issuer of that name whose keys verify the token. */
static const struct access_issuer *verify(const struct access_keeper *keeper, struct slice compact,
                                          struct arena *arena, struct access_claims *ret_claims)
{
    for (size_t i = 0; i < keeper->issuer_count; i++) {
        const struct access_issuer *issuer = &keeper->issuers[i];
        struct jws_token token;
        if (jws_verify(issuer->keys, compact, arena, &token, NULL) == 0 &&
            access_claims_read(token.payload, arena, ret_claims, NULL) == 0 &&
            slice_equal(ret_claims->issuer, issuer->issuer))
            return issuer;
    }
    return NULL;
}

/* Everything but the cache. */
static int judge(const struct access_keeper *keeper, struct slice compact, instant now,
                 struct arena *arena, struct access_principal *ret_principal,
                 struct issue_list *issues)
{
    struct access_claims claims;
    const struct access_issuer *issuer = verify(keeper, compact, arena, &claims);
    if (!issuer)
        return refuse(issues, ISSUE_LOGIN, "the token is not valid");
    if (!access_claims_are_for(&claims, issuer->audience))
        return refuse(issues, ISSUE_LOGIN, "the token is for another server");
    if (access_claims_check_times(&claims, now, 0, issues) != 0)
        return -1;
    struct access_principal principal = {.expires = claims.expires};
    /* RFC 9068 2.2: client_id; RFC 7523: sub is the client where nobody else is. */
    size_t client = find_client(keeper, claims.client.len > 0 ? claims.client : claims.subject);
    if (client == keeper->client_count)
        return refuse(issues, ISSUE_LOGIN, "the token's client is not known here");
    principal.client = keeper->clients[client].name;
    principal.site = keeper->clients[client].site;
    principal.allowed = keeper->client_scopes[client];
    principal.patient = json_get_text(claims.all, SLICE("patient"));
    access_scopes_parse(claims.scope, arena, &principal.granted);
    *ret_principal = principal;
    return 0;
}

/* --- the tokens that were verified ------------------------------------------------------------ */

static struct access_scopes copy_scopes(const struct access_scopes *scopes, struct arena *arena)
{
    struct access_grant *grants = ARENA_ARRAY(arena, scopes->count, struct access_grant);
    for (size_t i = 0; i < scopes->count; i++) {
        grants[i] = scopes->grants[i];
        grants[i].type = arena_copy(arena, grants[i].type);
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
        .patient = arena_copy(arena, principal->patient),
        .granted = copy_scopes(&principal->granted, arena),
        .allowed = copy_scopes(&principal->allowed, arena),
        .expires = principal->expires,
    };
}

/* When it is full it begins anew: the busy ones are back at once. */
static void keep(struct access_keeper *keeper, struct slice digest,
                 const struct access_principal *principal)
{
    if (keeper->kept.count >= KEPT_LIMIT || arena_exceeded(keeper->kept_arena)) {
        arena_reset(keeper->kept_arena);
        map_init(&keeper->kept, keeper->kept_arena);
    }
    struct access_principal *kept = ARENA_NEW(keeper->kept_arena, struct access_principal);
    *kept = copy_principal(principal, keeper->kept_arena);
    map_put(&keeper->kept, arena_copy(keeper->kept_arena, digest), kept);
}

/* RFC 6750 2.1, RFC 9110 11.4: the scheme in any case, one or more blanks, the token. */
static struct slice bearer_token(struct slice authorization)
{
    size_t blank = slice_find_byte(authorization, ' ');
    if (!slice_equal_ignoring_case(slice_part(authorization, 0, blank), SLICE("Bearer")))
        return (struct slice){0};
    return slice_trim(slice_after(authorization, blank));
}

int access_keeper_verify(struct access_keeper *keeper, struct slice authorization, instant now,
                         struct arena *arena, struct access_principal *ret_principal,
                         struct issue_list *issues)
{
    struct slice compact = bearer_token(authorization);
    if (compact.len == 0)
        return refuse(issues, ISSUE_LOGIN, "a bearer token is needed");
    unsigned char bytes[DIGEST_SHA256_SIZE];
    digest_sha256(compact, bytes);
    struct slice digest = {(const char *)bytes, sizeof bytes};
    const struct access_principal *kept = map_get(&keeper->kept, digest);
    if (kept && kept->expires + ACCESS_CLOCK_SKEW <= now)
        return refuse(issues, ISSUE_EXPIRED, "the token has expired");
    if (kept) {
        *ret_principal = copy_principal(kept, arena);
        return 0;
    }
    struct access_principal principal;
    if (judge(keeper, compact, now, arena, &principal, issues) != 0)
        return -1;
    keep(keeper, digest, &principal);
    *ret_principal = copy_principal(&principal, arena);
    return 0;
}
