/* Bearer tokens: which claims are believed, and which are not. RFC 7519, 9068, 6750. */
#include "access/token.h"

#include "access/keys.h"

#define NOW (INT64_C(1800000000) * TIME_SECOND)

static struct arena *arena;
static struct jws_signer *signer, *stranger;
static struct jws_keys *keys;
static struct access_keeper *keeper;

static void set_up(void)
{
    arena = arena_new(0);
    signer = make_signer();
    stranger = make_signer();
    keys = public_keys(signer, arena);
    const struct access_issuer issuer = {.issuer = SLICE("https://here/oauth"),
                                         .audience = SLICE("https://here/fhir"),
                                         .keys = access_keyring_of_keys(keys)};
    const struct access_client client = {
        .name = SLICE("app"), .site = SLICE("north"), .scope = SLICE("system/*.cruds")};
    keeper = access_keeper_new(&(struct access_keeper_options){
        .issuers = &issuer, .issuer_count = 1, .clients = &client, .client_count = 1});
}

static void tear_down(void)
{
    access_keeper_free(keeper);
    jws_signer_free(signer);
    jws_signer_free(stranger);
    arena_free(arena);
}

static struct slice sign(const struct jws_signer *by, const char *claims)
{
    struct slice compact = sign_claims(by, "at+jwt", slice_of(claims), arena);
    return arena_format(arena, "Bearer %.*s", SLICE_ARG(compact));
}

/* The code of the refusal, or ISSUE_NONE. */
static enum issue_code verify(struct slice authorization, instant now,
                              struct access_principal *ret_principal)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    if (access_keeper_verify(keeper, authorization, now, arena, ret_principal, &issues) == 0)
        return ISSUE_NONE;
    ck_assert_uint_eq(issues.count, 1);
    return issues.items[0].code;
}

#define GOOD "\"iss\":\"https://here/oauth\",\"client_id\":\"app\",\"scope\":\"system/Patient.rs\""
#define AUDIENCE ",\"aud\":\"https://here/fhir\""
#define EXPIRES ",\"exp\":1800000300"

static const struct {
    const char *claims;
    enum issue_code code;
} rows[] = {
    {"{" GOOD AUDIENCE EXPIRES "}", ISSUE_NONE},
    {"{" GOOD ",\"aud\":[\"x\",\"https://here/fhir\"]" EXPIRES "}", ISSUE_NONE},
    {"{" GOOD AUDIENCE EXPIRES ",\"nbf\":1800000029,\"iat\":1800000029}", ISSUE_NONE},
    {"{" GOOD AUDIENCE ",\"exp\":1799999971}", ISSUE_NONE}, /* within 30 s */
    {"{" GOOD AUDIENCE ",\"exp\":1799999970}", ISSUE_EXPIRED},
    {"{" GOOD AUDIENCE ",\"exp\":1799913600}", ISSUE_EXPIRED},
    {"{" GOOD AUDIENCE EXPIRES ",\"nbf\":1800000031}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE EXPIRES ",\"iat\":1800000031}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE "}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE ",\"exp\":\"1800000300\"}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE ",\"exp\":-1}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE ",\"exp\":99999999999999999999}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE ",\"exp\":1800000300.75}", ISSUE_NONE},
    {"{" GOOD AUDIENCE ",\"exp\":1.8e9}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE ",\"exp\":1800000300.5e3}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE EXPIRES ",\"nbf\":1.9e9}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE EXPIRES ",\"nbf\":null}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE EXPIRES ",\"exp\":1800000400}", ISSUE_LOGIN},
    {"{" GOOD AUDIENCE EXPIRES ",\"jti\":7}", ISSUE_LOGIN},
    {"{" GOOD EXPIRES ",\"aud\":[\"https://here/fhir\",1]}", ISSUE_LOGIN},
    {"{" GOOD EXPIRES ",\"aud\":{\"https://here/fhir\":1}}", ISSUE_LOGIN},
    {"{" GOOD EXPIRES "}", ISSUE_LOGIN},
    {"{" GOOD ",\"aud\":\"https://there/fhir\"" EXPIRES "}", ISSUE_LOGIN},
    {"{" GOOD ",\"aud\":[]" EXPIRES "}", ISSUE_LOGIN},
    {"{\"iss\":\"https://there/oauth\",\"client_id\":\"app\"" AUDIENCE EXPIRES "}", ISSUE_LOGIN},
    {"{\"client_id\":\"app\"" AUDIENCE EXPIRES "}", ISSUE_LOGIN},
    {"{\"iss\":\"https://here/oauth\",\"client_id\":\"other\"" AUDIENCE EXPIRES "}", ISSUE_LOGIN},
    {"{\"iss\":\"https://here/oauth\"" AUDIENCE EXPIRES "}", ISSUE_LOGIN},
    {"{\"iss\":\"https://here/oauth\",\"sub\":\"app\"" AUDIENCE EXPIRES "}", ISSUE_NONE},
    {"[]", ISSUE_LOGIN},
    {"\"text\"", ISSUE_LOGIN},
    {"{\"iss\"", ISSUE_LOGIN},
};

START_TEST(claims_are_judged_one_by_one)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access_principal principal;
        enum issue_code code = verify(sign(signer, rows[i].claims), NOW, &principal);
        ck_assert_msg(code == rows[i].code, "%s gave %s", rows[i].claims, issue_kind(code)->name);
    }
}
END_TEST

START_TEST(a_principal_is_who_the_instance_says_the_client_is)
{
    struct access_principal principal;
    struct slice token = sign(signer, "{" GOOD AUDIENCE EXPIRES ",\"patient\":\"p1\"}");
    for (int i = 0; i < 2; i++) { /* the second time it is known already */
        ck_assert_int_eq(verify(token, NOW, &principal), ISSUE_NONE);
        ck_assert(slice_equal(principal.client, SLICE("app")));
        ck_assert(slice_equal(principal.site, SLICE("north")));
        ck_assert(slice_equal(principal.patient, SLICE("p1")));
        ck_assert_uint_eq(principal.granted.count, 1);
        ck_assert_uint_eq(principal.allowed.count, 1);
    }
}
END_TEST

START_TEST(a_known_token_still_expires)
{
    struct access_principal principal;
    struct slice token = sign(signer, "{" GOOD AUDIENCE EXPIRES "}");
    ck_assert_int_eq(verify(token, NOW, &principal), ISSUE_NONE);
    ck_assert_int_eq(verify(token, NOW + 329 * TIME_SECOND, &principal), ISSUE_NONE);
    ck_assert_int_eq(verify(token, NOW + 330 * TIME_SECOND, &principal), ISSUE_EXPIRED);
}
END_TEST

START_TEST(what_is_no_valid_token_is_no_login)
{
    struct slice good = sign(signer, "{" GOOD AUDIENCE EXPIRES "}");
    struct slice compact = slice_after(good, sizeof "Bearer " - 1);
    /* RFC 7515 A.5: alg none, no signature; the header is {"alg":"none"} */
    size_t dot = slice_find_byte(compact, '.');
    struct slice rest = slice_after(compact, dot + 1);
    struct slice payload = slice_part(rest, 0, slice_find_byte(rest, '.'));
    const struct slice headers[] = {
        SLICE(""),
        SLICE("Bearer"),
        SLICE("Bearer "),
        SLICE("Basic YTpi"),
        compact,
        sign(stranger, "{" GOOD AUDIENCE EXPIRES "}"),
        arena_format(arena, "Bearer eyJhbGciOiJub25lIn0.%.*s.", SLICE_ARG(payload)),
        slice_part(good, 0, good.len - 4),
        arena_format(arena, "%.*sAAAA", SLICE_ARG(good)),
        SLICE("Bearer a.b.c"),
    };
    struct access_principal principal;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        ck_assert_msg(verify(headers[i], NOW, &principal) == ISSUE_LOGIN, "header %zu", i);
    ck_assert_int_eq(
        verify(arena_format(arena, "bearer   %.*s", SLICE_ARG(compact)), NOW, &principal),
        ISSUE_NONE);
}
END_TEST

START_TEST(more_tokens_than_are_kept_are_verified_all_the_same)
{
    struct access_principal principal;
    struct slice first = sign(signer, "{" GOOD AUDIENCE EXPIRES "}");
    ck_assert_int_eq(verify(first, NOW, &principal), ISSUE_NONE);
    for (int i = 0; i < 64; i++) {
        const char *claims = arena_string(
            arena, arena_format(arena, "{" GOOD AUDIENCE EXPIRES ",\"jti\":\"%d\"}", i));
        ck_assert_int_eq(verify(sign(signer, claims), NOW, &principal), ISSUE_NONE);
    }
    ck_assert_int_eq(verify(first, NOW, &principal), ISSUE_NONE);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("token");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, claims_are_judged_one_by_one);
    tcase_add_test(cases, a_principal_is_who_the_instance_says_the_client_is);
    tcase_add_test(cases, a_known_token_still_expires);
    tcase_add_test(cases, what_is_no_valid_token_is_no_login);
    tcase_add_test(cases, more_tokens_than_are_kept_are_verified_all_the_same);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("token", add);
}
