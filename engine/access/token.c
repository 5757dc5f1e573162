/* token: see token.h. */
#include "access/token.h"

#include "base/digest.h"
#include "base/map.h"
#include "fhir/json.h"
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
    struct arena *kept_arena;
    struct map kept; /* SHA-256 of a token -> access_principal */
};

struct access_keeper *access_keeper_new(const struct access_keeper_options *options)
{
    struct access_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        abort();
    struct arena *arena = keeper->arena = arena_new(0);
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

/* RFC 7519 4.1.3: `aud` is a text or a list of texts. */
static bool names_audience(const struct json *audience, struct slice wanted)
{
    if (json_kind(audience) == JSON_STRING)
        return slice_equal(json_text(audience), wanted);
    for (const struct json *each = json_first(audience); each; each = json_next(each)) {
        if (json_kind(each) == JSON_STRING && slice_equal(json_text(each), wanted))
            return true;
    }
    return false;
}

/* RFC 7519 2, NumericDate: seconds, perhaps with a fraction, which is cut off. False where the
 * claim is there and is none. */
static bool read_time(const struct json *claims, struct slice name, bool *ret_there,
                      instant *ret_when)
{
    const struct json *claim = json_get(claims, name);
    *ret_there = claim != NULL;
    if (!claim)
        return true;
    struct slice text = json_text(claim);
    uint64_t seconds = 0;
    if (json_kind(claim) != JSON_NUMBER ||
        !slice_to_uint64(slice_part(text, 0, slice_find_byte(text, '.')),
                         INT64_MAX / TIME_SECOND / 2, &seconds))
        return false;
    *ret_when = (instant)seconds * TIME_SECOND;
    return true;
}

static int check_times(const struct json *claims, instant now, instant *ret_expires,
                       struct issue_list *issues)
{
    bool there = false;
    instant when = 0;
    if (!read_time(claims, SLICE("nbf"), &there, &when) ||
        (there && when - ACCESS_CLOCK_SKEW > now))
        return refuse(issues, ISSUE_LOGIN, "the token is not valid yet");
    if (!read_time(claims, SLICE("iat"), &there, &when) ||
        (there && when - ACCESS_CLOCK_SKEW > now))
        return refuse(issues, ISSUE_LOGIN, "the token is not valid yet");
    if (!read_time(claims, SLICE("exp"), &there, &when) || !there)
        return refuse(issues, ISSUE_LOGIN, "the token does not say when it expires");
    if (when + ACCESS_CLOCK_SKEW <= now)
        return refuse(issues, ISSUE_EXPIRED, "the token has expired");
    *ret_expires = when;
    return 0;
}

static size_t find_client(const struct access_keeper *keeper, struct slice name)
{
    size_t index = 0;
    while (index < keeper->client_count && !slice_equal(keeper->clients[index].name, name))
        index++;
    return index;
}

/* The issuer of that name whose keys verify the token. */
static const struct access_issuer *verify(const struct access_keeper *keeper, struct slice compact,
                                          struct arena *arena, struct json **ret_claims)
{
    for (size_t i = 0; i < keeper->issuer_count; i++) {
        const struct access_issuer *issuer = &keeper->issuers[i];
        struct jws_token token;
        struct json *claims = NULL;
        if (jws_verify(issuer->keys, compact, arena, &token, NULL) != 0 ||
            json_parse(token.payload, arena, &claims, NULL) != 0 ||
            json_kind(claims) != JSON_OBJECT ||
            !slice_equal(json_get_text(claims, SLICE("iss")), issuer->issuer))
            continue;
        *ret_claims = claims;
        return issuer;
    }
    return NULL;
}

/* Everything but the cache. */
static int judge(const struct access_keeper *keeper, struct slice compact, instant now,
                 struct arena *arena, struct access_principal *ret_principal,
                 struct issue_list *issues)
{
    struct json *claims = NULL;
    const struct access_issuer *issuer = verify(keeper, compact, arena, &claims);
    if (!issuer)
        return refuse(issues, ISSUE_LOGIN, "the token is not valid");
    if (!names_audience(json_get(claims, SLICE("aud")), issuer->audience))
        return refuse(issues, ISSUE_LOGIN, "the token is for another server");
    struct access_principal principal = {0};
    if (check_times(claims, now, &principal.expires, issues) != 0)
        return -1;
    /* RFC 9068 2.2: client_id; RFC 7523: sub is the client where nobody else is. */
    struct slice name = json_get_text(claims, SLICE("client_id"));
    if (name.len == 0)
        name = json_get_text(claims, SLICE("sub"));
    size_t client = find_client(keeper, name);
    if (client == keeper->client_count)
        return refuse(issues, ISSUE_LOGIN, "the token's client is not known here");
    principal.client = keeper->clients[client].name;
    principal.site = keeper->clients[client].site;
    principal.allowed = keeper->client_scopes[client];
    principal.patient = json_get_text(claims, SLICE("patient"));
    access_scopes_parse(json_get_text(claims, SLICE("scope")), arena, &principal.granted);
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
