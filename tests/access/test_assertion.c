/* Assertions of clients: SMART App Launch 2.2 Backend Services, RFC 7521, RFC 7523 3. */
#include "access/assertion.h"

#include "access/keys.h"
#include "access/mint.h"

#define NOW (INT64_C(1800000000) * TIME_SECOND)
#define AUDIENCE SLICE("https://here/oauth/token")

static struct arena *arena;
static struct jws_signer *signer, *stranger, *own;
static struct access_keeper *keeper;

static struct access_keyring *keyring(const struct jws_signer *of)
{
    return access_keyring_of_keys(public_keys(of, arena));
}

static void set_up(void)
{
    arena = arena_new(0);
    signer = make_signer();
    stranger = make_signer();
    own = make_signer();
    const struct access_issuer issuer = {.issuer = SLICE("https://here/oauth"),
                                         .audience = SLICE("https://here/fhir"),
                                         .keys = keyring(own)};
    const struct access_client clients[] = {
        {.name = SLICE("app"),
         .site = SLICE("north"),
         .scope = SLICE("system/*.rs"),
         .issuer = SLICE("https://ehr"),
         .keys = keyring(signer)},
        {.name = SLICE("other"), .scope = SLICE("system/*.rs"), .keys = keyring(own)},
        {.name = SLICE("keyless"), .scope = SLICE("system/*.rs")},
    };
    keeper = access_keeper_new(&(struct access_keeper_options){.issuers = &issuer,
                                                               .issuer_count = 1,
                                                               .clients = clients,
                                                               .client_count = 3,
                                                               .base_url = SLICE("https://here"),
                                                               .token_seconds = 300});
}

static void tear_down(void)
{
    access_keeper_free(keeper);
    jws_signer_free(signer);
    jws_signer_free(stranger);
    jws_signer_free(own);
    arena_free(arena);
}

static enum issue_code verify(struct slice compact, struct access_assertion *ret_assertion)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    if (access_assertion_verify(keeper, ACCESS_ASSERTION_CLIENT, compact, AUDIENCE, NOW, arena,
                                ret_assertion, &issues) == 0)
        return ISSUE_NONE;
    ck_assert_uint_eq(issues.count, 1);
    return issues.items[0].code;
}

#define WHO "\"iss\":\"app\",\"sub\":\"app\""
#define AUD ",\"aud\":\"https://here/oauth/token\""
#define EXP ",\"exp\":1800000300"
#define JTI ",\"jti\":\"j1\""
#define X16 "xxxxxxxxxxxxxxxx"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16

static const struct {
    const char *claims;
    enum issue_code code;
} rows[] = {
    {WHO AUD EXP JTI, ISSUE_NONE},
    {WHO AUD EXP JTI ",\"iat\":1800000000,\"nbf\":1800000000", ISSUE_NONE},
    {WHO EXP JTI ",\"aud\":[\"https://here/oauth/token\"]", ISSUE_NONE},
    {WHO AUD ",\"exp\":1800000330" JTI, ISSUE_NONE}, /* five minutes by a clock 30 s ahead */
    {WHO AUD ",\"exp\":1799999971" JTI, ISSUE_NONE},
    /* who */
    {"\"iss\":\"app\",\"sub\":\"other\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":\"app\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"sub\":\"app\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":\"other\",\"sub\":\"other\"" AUD EXP JTI, ISSUE_LOGIN}, /* with the key of app */
    {"\"iss\":\"keyless\",\"sub\":\"keyless\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":\"nobody\",\"sub\":\"nobody\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":\"APP\",\"sub\":\"APP\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":[\"app\"],\"sub\":\"app\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":\"app\",\"iss\":\"app\",\"sub\":\"app\"" AUD EXP JTI, ISSUE_LOGIN},
    {"\"iss\":\"other\"," WHO AUD EXP JTI, ISSUE_LOGIN},
    /* for whom */
    {WHO EXP JTI, ISSUE_LOGIN},
    {WHO EXP JTI ",\"aud\":\"https://there/oauth/token\"", ISSUE_LOGIN},
    {WHO EXP JTI ",\"aud\":\"https://here\"", ISSUE_LOGIN},
    {WHO EXP JTI ",\"aud\":\"https://here/fhir\"", ISSUE_LOGIN},
    {WHO EXP JTI ",\"aud\":\"https://here/oauth/token/\"", ISSUE_LOGIN},
    {WHO EXP JTI ",\"aud\":[]", ISSUE_LOGIN},
    {WHO EXP JTI ",\"aud\":[[\"https://here/oauth/token\"]]", ISSUE_LOGIN},
    /* when */
    {WHO AUD JTI, ISSUE_LOGIN},
    {WHO AUD ",\"exp\":1799999970" JTI, ISSUE_EXPIRED},
    {WHO AUD ",\"exp\":1799913600" JTI, ISSUE_EXPIRED},
    {WHO AUD ",\"exp\":1800000331" JTI, ISSUE_LOGIN},
    {WHO AUD ",\"exp\":1800003600" JTI, ISSUE_LOGIN},
    {WHO AUD ",\"exp\":-1800000300" JTI, ISSUE_LOGIN},
    {WHO AUD ",\"exp\":\"1800000300\"" JTI, ISSUE_LOGIN},
    {WHO AUD ",\"exp\":18.000003e8" JTI, ISSUE_LOGIN},
    {WHO AUD ",\"exp\":true" JTI, ISSUE_LOGIN},
    {WHO AUD EXP JTI ",\"nbf\":1800000031", ISSUE_LOGIN},
    {WHO AUD EXP JTI ",\"iat\":1800000031", ISSUE_LOGIN},
    /* once */
    {WHO AUD EXP, ISSUE_LOGIN},
    {WHO AUD EXP ",\"jti\":\"\"", ISSUE_LOGIN},
    {WHO AUD EXP ",\"jti\":1", ISSUE_LOGIN},
    {WHO AUD EXP ",\"jti\":\"" X128 X128 X128 X128 "\"", ISSUE_NONE},
    {WHO AUD EXP ",\"jti\":\"" X128 X128 X128 X128 "x\"", ISSUE_LOGIN},
};

START_TEST(claims_are_judged_one_by_one)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access_assertion assertion;
        struct slice claims = arena_format(arena, "{%s}", rows[i].claims);
        enum issue_code code = verify(sign_claims(signer, "JWT", claims, arena), &assertion);
        ck_assert_msg(code == rows[i].code, "%s gave %s", rows[i].claims, issue_kind(code)->name);
    }
}
END_TEST

START_TEST(what_is_not_signed_by_the_client_is_refused)
{
    struct slice good = sign_claims(signer, "JWT", SLICE("{" WHO AUD EXP JTI "}"), arena);
    size_t dot = slice_find_byte(good, '.');
    struct slice payload = slice_after(good, dot + 1);
    payload = slice_part(payload, 0, slice_find_byte(payload, '.'));
    const struct slice tokens[] = {
        SLICE(""),
        SLICE("."),
        SLICE(".."),
        SLICE("a.b.c"),
        payload,
        sign_claims(stranger, "JWT", SLICE("{" WHO AUD EXP JTI "}"), arena),
        /* {"alg":"none"} */
        arena_format(arena, "eyJhbGciOiJub25lIn0.%.*s.", SLICE_ARG(payload)),
        arena_format(arena, "%.*s.e30", SLICE_ARG(good)),
        slice_part(good, 0, good.len - 1),
        /* an access token of our own, which is no assertion */
        sign_claims(own, "at+jwt",
                    SLICE("{\"iss\":\"https://here/oauth\",\"sub\":\"app\"" AUD EXP JTI "}"),
                    arena),
    };
    struct access_assertion assertion;
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        ck_assert_msg(verify(tokens[i], &assertion) == ISSUE_LOGIN, "token %zu", i);
    ck_assert_int_eq(verify(good, &assertion), ISSUE_NONE);
}
END_TEST

START_TEST(a_digest_is_of_one_client_and_one_id)
{
    struct access_assertion a, b, c, d;
    ck_assert_int_eq(verify(sign_claims(signer, "", SLICE("{" WHO AUD EXP JTI "}"), arena), &a),
                     ISSUE_NONE);
    ck_assert_int_eq(
        verify(sign_claims(signer, "", SLICE("{" WHO AUD ",\"exp\":1800000200" JTI "}"), arena),
               &b),
        ISSUE_NONE);
    ck_assert_int_eq(
        verify(sign_claims(signer, "", SLICE("{" WHO AUD EXP ",\"jti\":\"j2\"}"), arena), &c),
        ISSUE_NONE);
    ck_assert_int_eq(
        verify(sign_claims(own, "", SLICE("{\"iss\":\"other\",\"sub\":\"other\"" AUD EXP JTI "}"),
                           arena),
               &d),
        ISSUE_NONE);
    ck_assert(digest_equal(a.once, b.once, sizeof a.once));
    ck_assert(!digest_equal(a.once, c.once, sizeof a.once));
    ck_assert(!digest_equal(a.once, d.once, sizeof a.once));
    ck_assert_int_ge(a.once_until, INT64_C(1800000330) * TIME_SECOND);
    ck_assert(slice_equal(a.client.site, SLICE("north")));
    ck_assert_uint_eq(a.allowed.count, 1);
}
END_TEST

/* CDS Hooks 2.0, Trusting CDS Clients. */
START_TEST(a_call_is_judged_by_the_issuer_of_its_client)
{
#define CALL "\"iss\":\"https://ehr\",\"aud\":\"https://here/cds-services/a\""
    static const struct {
        const char *claims;
        enum issue_code code;
    } calls[] = {
        {CALL EXP JTI ",\"iat\":1800000000", ISSUE_NONE},
        {CALL EXP JTI, ISSUE_LOGIN},
        {CALL EXP ",\"iat\":1800000000", ISSUE_LOGIN},
        {CALL JTI ",\"iat\":1800000000", ISSUE_LOGIN},
        {CALL ",\"exp\":1799990000,\"iat\":1799989900" JTI, ISSUE_EXPIRED},
        {CALL ",\"exp\":1800003600,\"iat\":1800000000" JTI, ISSUE_LOGIN},
        {"\"iss\":\"https://ehr\",\"aud\":\"https://here/cds-services\"" EXP JTI
         ",\"iat\":1800000000",
         ISSUE_LOGIN},
        {"\"iss\":\"app\",\"aud\":\"https://here/cds-services/a\"" EXP JTI ",\"iat\":1800000000",
         ISSUE_LOGIN},
        {"\"iss\":\"\",\"aud\":\"https://here/cds-services/a\"" EXP JTI ",\"iat\":1800000000",
         ISSUE_LOGIN},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct access_assertion assertion;
        struct issue_list issues;
        issue_list_init(&issues, arena);
        struct slice claims = arena_format(arena, "{%s}", calls[i].claims);
        int result = access_assertion_verify(
            keeper, ACCESS_ASSERTION_CALL, sign_claims(signer, "JWT", claims, arena),
            SLICE("https://here/cds-services/a"), NOW, arena, &assertion, &issues);
        enum issue_code code = result == 0 ? ISSUE_NONE : issues.items[0].code;
        ck_assert_msg(code == calls[i].code, "%s gave %s", calls[i].claims, issue_kind(code)->name);
        ck_assert(result != 0 || slice_equal(assertion.client.name, SLICE("app")));
    }
}
END_TEST

START_TEST(a_minted_token_is_taken_and_says_no_more_than_was_granted)
{
    const struct access_mint mint = {.base_url = SLICE("https://here"),
                                     .client = SLICE("app"),
                                     .scope = SLICE("system/Patient.rs"),
                                     .now = NOW,
                                     .seconds = 300};
    struct slice first, second;
    struct access_principal principal;
    ck_assert_int_eq(access_mint_token(own, &mint, arena, &first, NULL), 0);
    ck_assert_int_eq(access_mint_token(own, &mint, arena, &second, NULL), 0);
    ck_assert(!slice_equal(first, second));
    ck_assert_int_eq(access_keeper_verify(keeper,
                                          arena_format(arena, "Bearer %.*s", SLICE_ARG(first)), NOW,
                                          arena, &principal, NULL),
                     0);
    ck_assert(slice_equal(principal.client, SLICE("app")));
    ck_assert_int_eq(principal.expires, NOW + 300 * TIME_SECOND);
    ck_assert_uint_eq(principal.granted.count, 1);
    ck_assert_uint_eq(principal.patient.len, 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("assertion");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, claims_are_judged_one_by_one);
    tcase_add_test(cases, what_is_not_signed_by_the_client_is_refused);
    tcase_add_test(cases, a_digest_is_of_one_client_and_one_id);
    tcase_add_test(cases, a_call_is_judged_by_the_issuer_of_its_client);
    tcase_add_test(cases, a_minted_token_is_taken_and_says_no_more_than_was_granted);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("assertion", add);
}
