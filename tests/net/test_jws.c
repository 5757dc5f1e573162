/* Tokens: the vectors of RFC 7515 and of Project Wycheproof, our own, and those that must never be
 * taken. Keys and tokens of the other algorithms are made here with cjose. */
#include "net/jws.h"

#include <cjose/cjose.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/encode.h"
#include "base/file.h"
#include "fixture.h"
#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;
static struct issue_list issues;
static struct jws_signer *signer;
static struct jws_keys *keys; /* of the signer */

static void begin(void)
{
    char path[] = "/tmp/painbridge-jws-XXXXXX";
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    close(mkstemp(path));
    ck_assert_int_eq(certificate_make_key(path, &issues), 0);
    ck_assert_int_eq(jws_signer_read(path, &signer, &issues), 0);
    unlink(path);
    ck_assert_int_eq(
        jws_keys_parse(SLICE("own"), jws_signer_public_keys(signer, arena), &keys, &issues), 0);
}

static void end(void)
{
    jws_keys_free(keys);
    jws_signer_free(signer);
    arena_free(arena);
}

static struct jws_keys *parse(const char *json)
{
    struct jws_keys *parsed = NULL;
    ck_assert_int_eq(jws_keys_parse(SLICE("test"), slice_of(json), &parsed, &issues), 0);
    return parsed;
}

static bool accepts(const struct jws_keys *by, struct slice token)
{
    struct jws_token read;
    return jws_verify(by, token, arena, &read, &issues) == 0;
}

/* --- vectors -----------------------------------------------------------------------------------
 */

START_TEST(the_example_of_rfc_7515_a_3_is_accepted)
{
    struct jws_keys *example = parse("{\"kty\":\"EC\",\"crv\":\"P-256\","
                                     "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                                     "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}");
    struct slice token =
        SLICE("eyJhbGciOiJFUzI1NiJ9."
              "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
              "Ijp0cnVlfQ."
              "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
              "Kg6NU1Q");
    struct jws_token read;
    ck_assert_int_eq(jws_verify(example, token, arena, &read, &issues), 0);
    CK_SAME(read.payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                          "\"http://example.com/is_root\":true}");
    ck_assert_str_eq(read.algorithm, "ES256");
    jws_keys_free(example);
}
END_TEST

START_TEST(vectors_of_wycheproof_are_judged_as_they_say)
{
    struct slice text;
    struct csv_table table;
    ck_assert_int_eq(file_read(PAINBRIDGE_SOURCE_DIR "/tests/net/data/wycheproof_jws.tsv", 1 << 20,
                               arena, &text, &issues),
                     0);
    ck_assert_int_eq(csv_parse(SLICE("wycheproof"), text, CSV_TAB, arena, &table, &issues), 0);
    ck_assert_uint_eq(table.row_count, 31);
    for (size_t row = 0; row < table.row_count; row++) {
        struct jws_keys *one = NULL;
        struct slice key = csv_cell(&table, row, csv_column(&table, "key"));
        ck_assert_int_eq(jws_keys_parse(SLICE("wycheproof"), key, &one, &issues), 0);
        bool expected =
            slice_equal(csv_cell(&table, row, csv_column(&table, "expected")), SLICE("accepted"));
        struct slice comment = csv_cell(&table, row, csv_column(&table, "comment"));
        ck_assert_msg(accepts(one, csv_cell(&table, row, csv_column(&table, "token"))) == expected,
                      "%.*s", SLICE_ARG(comment));
        jws_keys_free(one);
    }
}
END_TEST

/* --- our own -----------------------------------------------------------------------------------
 */

START_TEST(what_we_sign_is_verified_and_comes_back)
{
    struct slice token;
    struct jws_token read;
    ck_assert_int_eq(
        jws_sign(signer, SLICE("at+jwt"), SLICE("{\"sub\":\"a\"}"), arena, &token, &issues), 0);
    ck_assert_int_eq(jws_verify(keys, token, arena, &read, &issues), 0);
    CK_SAME(read.payload, "{\"sub\":\"a\"}");
    CK_SAME(read.type, "at+jwt");
    ck_assert(slice_equal(read.key_id, jws_signer_key_id(signer)));
    ck_assert_uint_eq(read.key_id.len, 43);
    ck_assert_str_eq(read.algorithm, "ES256");
}
END_TEST

START_TEST(a_changed_byte_anywhere_breaks_it)
{
    struct slice token;
    ck_assert_int_eq(jws_sign(signer, SLICE(""), SLICE("{\"a\":1}"), arena, &token, &issues), 0);
    for (size_t i = 0; i < token.len; i++) {
        char *changed = arena_string(arena, token);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        ck_assert_msg(!accepts(keys, (struct slice){changed, token.len}), "byte %zu", i);
    }
    for (size_t length = 0; length < token.len; length++)
        ck_assert_msg(!accepts(keys, slice_part(token, 0, length)), "%zu bytes", length);
}
END_TEST

START_TEST(the_key_of_another_issuer_does_not_verify_it)
{
    struct jws_signer *first = signer;
    struct jws_keys *first_keys = keys;
    struct slice token;
    ck_assert_int_eq(jws_sign(signer, SLICE(""), SLICE("{}"), arena, &token, &issues), 0);
    struct arena *first_arena = arena;
    begin();
    ck_assert(!accepts(keys, token));
    ck_assert_int_eq(issue_list_first_error(&issues)->code, ISSUE_LOGIN);
    end();
    arena = first_arena;
    signer = first;
    keys = first_keys;
}
END_TEST

START_TEST(a_file_that_is_no_p_256_key_makes_no_signer)
{
    struct jws_signer *none = NULL;
    char path[] = "/tmp/painbridge-jws-XXXXXX";
    close(mkstemp(path));
    struct slice command =
        arena_format(arena, "openssl ecparam -name secp384r1 -genkey -noout -out %s", path);
    ck_assert_int_eq(system(command.ptr), 0);
    ck_assert_int_eq(jws_signer_read(path, &none, &issues), -1);
    ck_assert_int_eq(file_write(path, SLICE("not a key"), 0600, &issues), 0);
    ck_assert_int_eq(jws_signer_read(path, &none, &issues), -1);
    unlink(path);
    ck_assert_int_eq(jws_signer_read(path, &none, &issues), -1);
}
END_TEST

/* --- other algorithms --------------------------------------------------------------------------
 */

static struct slice sign_as(const cjose_jwk_t *key, const char *algorithm, const char *key_id)
{
    cjose_header_t *header = cjose_header_new(NULL);
    cjose_header_set(header, CJOSE_HDR_ALG, algorithm, NULL);
    if (key_id)
        cjose_header_set(header, CJOSE_HDR_KID, key_id, NULL);
    cjose_jws_t *jws = cjose_jws_sign(key, header, (const uint8_t *)"{}", 2, NULL);
    const char *text = NULL;
    ck_assert(jws && cjose_jws_export(jws, &text, NULL));
    struct slice token = arena_copy(arena, slice_of(text));
    cjose_jws_release(jws);
    cjose_header_release(header);
    return token;
}

/* A set of one key, with its algorithm and key id added. */
static struct jws_keys *set_of(const cjose_jwk_t *key, const char *algorithm)
{
    char *json = cjose_jwk_to_json(key, false, NULL);
    struct slice bare = slice_of(json);
    struct slice set = arena_format(arena, "{\"keys\":[%.*s%s%s%s}]}", (int)bare.len - 1, json,
                                    algorithm ? ",\"alg\":\"" : "", algorithm ? algorithm : "",
                                    algorithm ? "\"" : "");
    free(json);
    return parse(arena_string(arena, set));
}

static const struct {
    const char *named; /* "alg" of the key */
    const char *token; /* "alg" of the token */
    bool rsa;
    bool accepted;
} pinned[] = {
    {"RS256", "RS256", true, true},  {"RS384", "RS384", true, true},
    {NULL, "RS256", true, true},     {NULL, "RS384", true, false},
    {"RS256", "RS384", true, false}, {"RS256", "PS256", true, false},
    {"RS384", "RS256", true, false}, {"RS256", "RS512", true, false},
    {"ES384", "ES384", false, true}, {NULL, "ES384", false, true},
};

START_TEST(a_key_is_used_with_its_own_algorithm_only)
{
    cjose_jwk_t *rsa = cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, NULL);
    cjose_jwk_t *ec = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_384, NULL);
    for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
        const cjose_jwk_t *key = pinned[i].rsa ? rsa : ec;
        struct jws_keys *set = set_of(key, pinned[i].named);
        ck_assert_msg(accepts(set, sign_as(key, pinned[i].token, NULL)) == pinned[i].accepted,
                      "row %zu", i);
        jws_keys_free(set);
    }
    cjose_jwk_release(rsa);
    cjose_jwk_release(ec);
}
END_TEST

START_TEST(an_rsa_key_of_a_client_that_names_no_algorithm_is_for_rs384)
{
    static const struct {
        const char *named, *token;
        bool accepted;
    } rows[] = {
        {NULL, "RS384", true},
        {NULL, "RS256", false},
        {"RS256", "RS256", true},
        {"RS256", "RS384", false},
    };
    cjose_jwk_t *rsa = cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, NULL);
    char *json = cjose_jwk_to_json(rsa, false, NULL);
    struct slice bare = slice_part(slice_of(json), 0, slice_of(json).len - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slice key = arena_format(arena, "%.*s}", SLICE_ARG(bare));
        if (rows[i].named)
            key = arena_format(arena, "%.*s,\"alg\":\"%s\"}", SLICE_ARG(bare), rows[i].named);
        struct jws_keys *set = NULL;
        ck_assert_int_eq(jws_keys_parse_as(SLICE("client"), key, JWS_CLIENT, &set, &issues), 0);
        ck_assert_msg(accepts(set, sign_as(rsa, rows[i].token, NULL)) == rows[i].accepted,
                      "row %zu", i);
        jws_keys_free(set);
    }
    free(json);
    cjose_jwk_release(rsa);
}
END_TEST

START_TEST(a_public_key_is_never_a_secret_of_hmac)
{
    struct slice set = jws_signer_public_keys(signer, arena);
    cjose_jwk_t *secret = cjose_jwk_create_oct_spec((const uint8_t *)set.ptr, set.len, NULL);
    struct slice token = sign_as(secret, "HS256", jws_signer_key_id(signer).ptr);
    ck_assert(!accepts(keys, token));
    cjose_jwk_release(secret);
}
END_TEST

START_TEST(a_key_is_found_by_its_id)
{
    cjose_jwk_t *ec[2];
    struct slice set = SLICE("");
    for (int i = 0; i < 2; i++) {
        ec[i] = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL);
        cjose_jwk_set_kid(ec[i], i == 0 ? "one" : "two", 3, NULL);
        char *json = cjose_jwk_to_json(ec[i], false, NULL);
        set = arena_format(arena, "%.*s%s%s", SLICE_ARG(set), i == 0 ? "" : ",", json);
        free(json);
    }
    struct jws_keys *both = parse(arena_format(arena, "{\"keys\":[%.*s]}", SLICE_ARG(set)).ptr);
    ck_assert_uint_eq(jws_keys_count(both), 2);
    ck_assert(accepts(both, sign_as(ec[0], "ES256", "one")));
    ck_assert(accepts(both, sign_as(ec[1], "ES256", "two")));
    ck_assert(!accepts(both, sign_as(ec[0], "ES256", "two")));
    ck_assert(!accepts(both, sign_as(ec[0], "ES256", "three")));
    ck_assert(!accepts(both, sign_as(ec[0], "ES256", "")));   /* an empty id is an id */
    ck_assert(!accepts(both, sign_as(ec[0], "ES256", NULL))); /* which of the two? */
    jws_keys_free(both);
    cjose_jwk_release(ec[0]);
    cjose_jwk_release(ec[1]);
}
END_TEST

/* --- never -------------------------------------------------------------------------------------
 */

/* Headers put before a payload and a signature that hold for another header: what is refused here
 * is refused by its header. The signature of "none" is left away too. */
static const char *const headers[] = {
    "{\"alg\":\"none\"}",
    "{\"alg\":\"None\"}",
    "{\"alg\":\"es256\"}",
    "{\"alg\":\"HS256\"}",
    "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}",
    "{\"alg\":\"ES256\",\"b64\":false}",
    "{\"alg\":\"ES256\",\"jku\":\"https://example.org/keys\"}",
    "{\"alg\":\"ES256\",\"x5u\":\"https://example.org/keys\"}",
    "{\"alg\":\"ES256\",\"x5c\":[]}",
    "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
    "{\"alg\":[\"ES256\"]}",
    "{\"alg\":null}",
    "{}",
    "[]",
    "\"ES256\"",
    "{\"alg\":\"ES256\",\"alg\":\"none\"}",
    "{\"alg\":\"ES256\",\"kid\":1}",
    "{\"alg\":\"ES256\",\"typ\":{}}",
    "{\"alg\":\"ES256\"} x",
    "{\"alg\":\"ES256\"",
    "{\"alg\":\"ES256\\u0000\"}",
};

START_TEST(a_header_that_asks_for_trust_gets_none)
{
    struct slice header = encode_base64url(slice_of(headers[_i]), arena);
    struct slice forms[] = {
        arena_format(arena, "%.*s.e30.", SLICE_ARG(header)),
        arena_format(arena, "%.*s.e30.AAAA", SLICE_ARG(header)),
    };
    for (size_t i = 0; i < 2; i++)
        ck_assert_msg(!accepts(keys, forms[i]), "%s", headers[_i]);
}
END_TEST

/* The same with a signature that does hold, so that only the header can be the reason. */
START_TEST(extensions_are_refused_though_the_signature_holds)
{
    static const char *const names[] = {"crit", "jwk", "jku", "x5u", "x5c", "b64"};
    cjose_jwk_t *key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL);
    struct jws_keys *set = set_of(key, NULL);
    for (size_t i = 0; i < 6; i++) {
        cjose_header_t *header = cjose_header_new(NULL);
        cjose_header_set(header, CJOSE_HDR_ALG, "ES256", NULL);
        cjose_header_set(header, names[i], "x", NULL);
        cjose_jws_t *jws = cjose_jws_sign(key, header, (const uint8_t *)"{}", 2, NULL);
        const char *text = NULL;
        ck_assert(jws && cjose_jws_export(jws, &text, NULL));
        ck_assert_msg(!accepts(set, slice_of(text)), "%s", names[i]);
        cjose_jws_release(jws);
        cjose_header_release(header);
    }
    jws_keys_free(set);
    cjose_jwk_release(key);
}
END_TEST

START_TEST(a_token_may_say_where_its_key_is_if_that_is_where_it_is)
{
    cjose_jwk_t *key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL);
    struct jws_keys *set = set_of(key, NULL);
    cjose_header_t *header = cjose_header_new(NULL);
    cjose_header_set(header, CJOSE_HDR_ALG, "ES256", NULL);
    cjose_header_set(header, "jku", "https://ehr.example/keys", NULL);
    cjose_jws_t *jws = cjose_jws_sign(key, header, (const uint8_t *)"{}", 2, NULL);
    const char *text = NULL;
    ck_assert(jws && cjose_jws_export(jws, &text, NULL));
    ck_assert(!accepts(set, slice_of(text)));
    jws_keys_set_address(set, SLICE("https://ehr.example/key"));
    ck_assert(!accepts(set, slice_of(text)));
    jws_keys_set_address(set, SLICE("https://ehr.example/keys"));
    ck_assert(accepts(set, slice_of(text)));
    cjose_jws_release(jws);
    cjose_header_release(header);
    jws_keys_free(set);
    cjose_jwk_release(key);
}
END_TEST

START_TEST(it_is_known_by_its_header_whether_there_is_a_key)
{
    struct slice token;
    ck_assert_int_eq(jws_sign(signer, SLICE(""), SLICE("{}"), arena, &token, &issues), 0);
    ck_assert(jws_keys_have(keys, token));
    ck_assert(jws_keys_have(keys, slice_part(token, 0, token.len - 5)));
    ck_assert(!jws_keys_have(keys, SLICE("")));
    ck_assert(!jws_keys_have(keys, SLICE("e30.e30.AAAA")));
    struct slice strange =
        encode_base64url(SLICE("{\"alg\":\"ES256\",\"kid\":\"strange\"}"), arena);
    ck_assert(!jws_keys_have(keys, arena_format(arena, "%.*s.e30.AAAA", SLICE_ARG(strange))));
}
END_TEST

START_TEST(what_is_not_three_parts_of_base64url_is_refused)
{
    struct slice token;
    ck_assert_int_eq(jws_sign(signer, SLICE(""), SLICE("{}"), arena, &token, &issues), 0);
    const struct slice wrong[] = {
        SLICE(""),
        SLICE(".."),
        SLICE("a.b"),
        arena_format(arena, "%.*s.", SLICE_ARG(token)),
        arena_format(arena, "%.*s=", SLICE_ARG(token)),
        arena_format(arena, " %.*s", SLICE_ARG(token)),
        arena_format(arena, "%.*s\n", SLICE_ARG(token)),
        arena_format(arena, "%.*s.%.*s", SLICE_ARG(token), SLICE_ARG(token)),
        (struct slice){arena_alloc(arena, 20000), 20000},
    };
    ck_assert(accepts(keys, token));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!accepts(keys, wrong[i]), "row %zu", i);
}
END_TEST

/* --- sets --------------------------------------------------------------------------------------
 */

#define EC_KEY                                                                                     \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","      \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""

static const struct {
    const char *what;
    const char *json;
    int count; /* of usable keys; -1: refused */
} sets[] = {
    {"one key", "{\"keys\":[{" EC_KEY "}]}", 1},
    {"a key alone", "{" EC_KEY ",\"kid\":\"a\"}", 1},
    {"a private key is used as its public one",
     "{\"keys\":[{" EC_KEY ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}]}", 1},
    {"a key for encryption is skipped", "{\"keys\":[{" EC_KEY ",\"use\":\"enc\"},{" EC_KEY "}]}",
     1},
    {"a key that may not verify", "{\"keys\":[{" EC_KEY ",\"key_ops\":[\"sign\"]}]}", -1},
    {"an algorithm of another curve", "{\"keys\":[{" EC_KEY ",\"alg\":\"ES384\"}]}", -1},
    {"an algorithm of another type", "{\"keys\":[{" EC_KEY ",\"alg\":\"RS256\"}]}", -1},
    {"a secret key", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", -1},
    {"a point that is not on the curve",
     "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAE\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
     -1},
    {"a key without its point", "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"}]}", -1},
    {"RSA of 1024 bits",
     "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
     "\"wdBP1ZYd7Ro1RcXWlMCKyVK5yVrGmUcVFHXCXQOVk5sWH"
     "8yUv1QYJqYyNCfMZ4v1w0mVYgFrVLvSWjv1rs2rMIZSfL5YeAbWbWc3YxVgb5vXlBqEnNsbq3NQxWqqd8zUTmqQ5Yy1a"
     "zJvTqWqZ1r9m0yWgRS7oWbXlOoY0cKQv0E\"}]}",
     -1},
    {"two keys of one id", "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{" EC_KEY ",\"kid\":\"a\"}]}",
     -1},
    {"no keys", "{\"keys\":[]}", -1},
    {"keys that are no list", "{\"keys\":{}}", -1},
    {"a key that is no object", "{\"keys\":[1]}", -1},
    {"no set", "{}", -1},
    {"a list", "[]", -1},
    {"two members of one name", "{\"keys\":[],\"keys\":[{" EC_KEY "}]}", -1},
    {"no JSON", "keys", -1},
    {"nothing", "", -1},
};

START_TEST(a_set_gives_the_keys_that_are_ours)
{
    struct jws_keys *set = NULL;
    int result = jws_keys_parse(SLICE("set"), slice_of(sets[_i].json), &set, &issues);
    ck_assert_msg(result == (sets[_i].count < 0 ? -1 : 0), "%s", sets[_i].what);
    ck_assert_int_eq(issue_list_failed(&issues), result < 0);
    if (result == 0)
        ck_assert_uint_eq(jws_keys_count(set), (size_t)sets[_i].count);
    jws_keys_free(set);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add(Suite *suite)
{
    TCase *tokens = tcase_create("tokens");
    tcase_add_checked_fixture(tokens, begin, end);
    tcase_set_timeout(tokens, 60);
    tcase_add_test(tokens, the_example_of_rfc_7515_a_3_is_accepted);
    tcase_add_test(tokens, vectors_of_wycheproof_are_judged_as_they_say);
    tcase_add_test(tokens, what_we_sign_is_verified_and_comes_back);
    tcase_add_test(tokens, a_changed_byte_anywhere_breaks_it);
    tcase_add_test(tokens, the_key_of_another_issuer_does_not_verify_it);
    tcase_add_test(tokens, a_file_that_is_no_p_256_key_makes_no_signer);
    tcase_add_test(tokens, a_key_is_used_with_its_own_algorithm_only);
    tcase_add_test(tokens, an_rsa_key_of_a_client_that_names_no_algorithm_is_for_rs384);
    tcase_add_test(tokens, a_public_key_is_never_a_secret_of_hmac);
    tcase_add_test(tokens, a_key_is_found_by_its_id);
    tcase_add_loop_test(tokens, a_header_that_asks_for_trust_gets_none, 0, ROWS(headers));
    tcase_add_test(tokens, extensions_are_refused_though_the_signature_holds);
    tcase_add_test(tokens, what_is_not_three_parts_of_base64url_is_refused);
    tcase_add_test(tokens, a_token_may_say_where_its_key_is_if_that_is_where_it_is);
    tcase_add_test(tokens, it_is_known_by_its_header_whether_there_is_a_key);
    tcase_add_loop_test(tokens, a_set_gives_the_keys_that_are_ours, 0, ROWS(sets));
    suite_add_tcase(suite, tokens);
}

int main(void)
{
    return suite_main("jws", add);
}
