/* mint: see mint.h. */
#include "access/mint.h"

#include "base/digest.h"
#include "base/encode.h"
#include "fhir/json.h"
#include "net/jws.h"

#define TOKEN_ID_BYTES 16

struct slice access_own_issuer(struct slice base_url, struct arena *arena)
{
    return arena_format(arena, "%.*s/oauth", SLICE_ARG(base_url));
}

struct slice access_own_audience(struct slice base_url, struct arena *arena)
{
    return arena_format(arena, "%.*s/fhir", SLICE_ARG(base_url));
}

struct slice access_token_url(struct slice base_url, struct arena *arena)
{
    return arena_format(arena, "%.*s/oauth/token", SLICE_ARG(base_url));
}

/* RFC 9068 2.2. */
static struct slice print_claims(const struct access_mint *mint, struct arena *arena)
{
    char identity[TOKEN_ID_BYTES];
    digest_random(identity, sizeof(identity));
    int64_t now = mint->now / TIME_SECOND;
    struct json *claims = json_object(arena);
    json_add_string(claims, SLICE("iss"), access_own_issuer(mint->base_url, arena), arena);
    json_add_string(claims, SLICE("sub"), mint->client, arena);
    json_add_string(claims, SLICE("client_id"), mint->client, arena);
    json_add_string(claims, SLICE("aud"), access_own_audience(mint->base_url, arena), arena);
    json_add_string(claims, SLICE("scope"), mint->scope, arena);
    json_add(claims, SLICE("iat"), json_integer(arena, now));
    json_add(claims, SLICE("exp"), json_integer(arena, now + mint->seconds));
    json_add_string(claims, SLICE("jti"),
                    encode_base64url((struct slice){identity, sizeof(identity)}, arena), arena);
    if (mint->patient.len > 0)
        json_add_string(claims, SLICE("patient"), mint->patient, arena);
    struct buffer text;
    buffer_init(&text, 0);
    json_print(claims, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

int access_mint_token(const struct jws_signer *signer, const struct access_mint *mint,
                      struct arena *arena, struct slice *ret_token, struct issue_list *issues)
{
    return jws_sign(signer, SLICE("at+jwt"), print_claims(mint, arena), arena, ret_token, issues);
}
