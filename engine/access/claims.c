/* claims: see claims.h. */
#include "access/claims.h"

#include "base/encode.h"

#define PEEK_LIMIT ((size_t)16 * 1024)

static int refuse(struct issue_list *issues, enum issue_code code, const char *words)
{
    issue_report(issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

/* False where the claim is there and is no text. */
static bool read_text(const struct json *object, struct slice name, struct slice *ret_text)
{
    const struct json *claim = json_get(object, name);
    *ret_text = json_text(claim);
    return !claim || json_kind(claim) == JSON_STRING;
}

/* RFC 7519 2, NumericDate: seconds, perhaps with a fraction, which is cut off. A sign or an
 * exponent is legal JSON and no time that anybody sends; it is refused. 0 is taken for a time, the
 * first. */
static bool read_time(const struct json *object, struct slice name, instant *ret_when)
{
    const struct json *claim = json_get(object, name);
    if (!claim)
        return true;
    struct slice text = json_text(claim);
    size_t point = slice_find_byte(text, '.');
    uint64_t seconds = 0, fraction = 0;
    if (json_kind(claim) != JSON_NUMBER || text.len > 32 ||
        !slice_to_uint64(slice_part(text, 0, point), INT64_MAX / TIME_SECOND / 2, &seconds) ||
        (point < text.len &&
         !slice_to_uint64(slice_part(text, point + 1, 9), UINT64_MAX, &fraction)))
        return false;
    for (size_t i = point + 1; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    *ret_when = seconds > 0 ? (instant)seconds * TIME_SECOND : 1;
    return true;
}

/* RFC 7519 4.1.3: `aud` is a text or a list of texts. */
static bool is_audience(const struct json *audience)
{
    if (!audience || json_kind(audience) == JSON_STRING)
        return true;
    for (const struct json *each = json_first(audience); each; each = json_next(each))
        if (json_kind(each) != JSON_STRING)
            return false;
    return json_kind(audience) == JSON_ARRAY;
}

int access_claims_take(const struct json *object, struct access_claims *ret_claims,
                       struct issue_list *issues)
{
    struct access_claims claims = {.all = object, .audience = json_get(object, SLICE("aud"))};
    if (json_kind(object) != JSON_OBJECT || !is_audience(claims.audience) ||
        !read_text(object, SLICE("iss"), &claims.issuer) ||
        !read_text(object, SLICE("sub"), &claims.subject) ||
        !read_text(object, SLICE("client_id"), &claims.client) ||
        !read_text(object, SLICE("jti"), &claims.token_id) ||
        !read_text(object, SLICE("scope"), &claims.scope) ||
        !read_time(object, SLICE("exp"), &claims.expires) ||
        !read_time(object, SLICE("nbf"), &claims.not_before) ||
        !read_time(object, SLICE("iat"), &claims.issued))
        return refuse(issues, ISSUE_LOGIN, "the token's claims are not well formed");
    *ret_claims = claims;
    return 0;
}

int access_claims_read(struct slice payload, struct arena *arena, struct access_claims *ret_claims,
                       struct issue_list *issues)
{
    struct json *object = NULL;
    if (json_parse(payload, arena, &object, NULL) != 0)
        return refuse(issues, ISSUE_LOGIN, "the token's claims are not well formed");
    return access_claims_take(object, ret_claims, issues);
}

struct slice access_claims_peek(struct slice compact, struct arena *arena)
{
    struct slice part = {0}, payload;
    struct access_claims claims;
    if (compact.len > PEEK_LIMIT || !slice_split(&compact, '.', &part) ||
        !slice_split(&compact, '.', &part) || !decode_base64url(part, arena, &payload) ||
        access_claims_read(payload, arena, &claims, NULL) != 0)
        return (struct slice){0};
    return claims.issuer;
}

bool access_claims_are_for(const struct access_claims *claims, struct slice audience)
{
    if (json_kind(claims->audience) == JSON_STRING)
        return slice_equal(json_text(claims->audience), audience);
    for (const struct json *each = json_first(claims->audience); each; each = json_next(each))
        if (slice_equal(json_text(each), audience))
            return true;
    return false;
}

int access_claims_check_times(const struct access_claims *claims, instant now, instant longest,
                              struct issue_list *issues)
{
    if (claims->not_before > now + ACCESS_CLOCK_SKEW || claims->issued > now + ACCESS_CLOCK_SKEW)
        return refuse(issues, ISSUE_LOGIN, "the token is not valid yet");
    if (claims->expires == 0)
        return refuse(issues, ISSUE_LOGIN, "the token does not say when it expires");
    if (claims->expires + ACCESS_CLOCK_SKEW <= now)
        return refuse(issues, ISSUE_EXPIRED, "the token has expired");
    if (longest > 0 && claims->expires > now + longest + ACCESS_CLOCK_SKEW)
        return refuse(issues, ISSUE_LOGIN, "the token is valid for too long");
    return 0;
}
