/* jws: the header is read and judged here, strictly; signatures are cjose's.
 *
 * cjose takes the algorithm from the token's header. So a token goes to it only when its header's
 * algorithm is, byte for byte, the one its key is bound to. Keys are made from their public members
 * alone. JSON is read by jansson, which cjose brings along, and only here: this room cannot see
 * fhir/json. */
#include "net/jws.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/file.h"
#include "net/certificate_internal.h"
#include "net/loop_internal.h"

#define MOST_TOKEN_BYTES ((size_t)16 << 10)
#define MOST_SET_BYTES ((size_t)256 << 10)
#define MOST_KEYS 256
#define LEAST_RSA_BITS 2048 /* RFC 7518 3.3 */
#define COORDINATE_BYTES 32 /* of P-256 */

/* RFC 7518 3.1 and 6.1; the only row of a key type and curve is its algorithm when it names none.
 * Of RSA it is the first for an issuer and the last for a client. */
static const struct algorithm {
    const char *name;
    const char *key_type;
    const char *curve; /* NULL for RSA */
} algorithms[] = {
    {"ES256", "EC", "P-256"},
    {"ES384", "EC", "P-384"},
    {"RS256", "RSA", NULL},
    {"RS384", "RSA", NULL},
};
#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

struct key {
    cjose_jwk_t *jwk;
    const struct algorithm *algorithm;
    struct slice key_id; /* in the set's arena; empty where it has none */
};

struct jws_keys {
    struct arena *arena;
    enum jws_owner owner;
    struct slice address; /* empty: none */
    struct key *keys;
    size_t count;
};

struct jws_signer {
    struct arena *arena;
    cjose_jwk_t *jwk;
    struct slice key_id;
    struct slice public_key; /* as a JWK */
};

/* --- keys --------------------------------------------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The algorithm a JWK is bound to, or NULL where it is not for us. */
static const struct algorithm *algorithm_of_key(const json_t *jwk, enum jws_owner owner)
{
    const struct algorithm *found = NULL;
    const char *named = member(jwk, "alg");
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *row = &algorithms[i];
        if (same_text(row->key_type, member(jwk, "kty")) &&
            (!row->curve || same_text(row->curve, member(jwk, "crv"))) &&
            (!json_object_get(jwk, "alg") || same_text(row->name, named)) &&
            (!found || owner == JWS_CLIENT))
            found = row;
    }
    return found;
}

/* RFC 7517 4.2 and 4.3 */
static bool is_for_verifying(const json_t *jwk)
{
    if (json_object_get(jwk, "use") && !same_text(member(jwk, "use"), "sig"))
        return false;
    const json_t *operations = json_object_get(jwk, "key_ops");
    if (!operations)
        return true;
    size_t i;
    json_t *operation;
    json_array_foreach(operations, i, operation)
    {
        if (same_text(json_string_value(operation), "verify"))
            return true;
    }
    return false;
}

/* RFC 7515 2: base64url without padding. cjose ends the process on what is not. */
static bool is_base64url(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return len % 4 != 1 && (!text || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                                  "uvwxyz0123456789-_") == len);
}

static cjose_jwk_t *import_public(const json_t *jwk)
{
    if (!is_base64url(member(jwk, "x")) || !is_base64url(member(jwk, "y")) ||
        !is_base64url(member(jwk, "n")) || !is_base64url(member(jwk, "e")))
        return NULL;
    static const char *const members[] = {"kty", "crv", "x", "y", "n", "e"};
    json_t *bare = json_object();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (member(jwk, members[i]))
            json_object_set(bare, members[i], json_object_get(jwk, members[i]));
    char *text = json_dumps(bare, JSON_COMPACT);
    cjose_jwk_t *key = text ? cjose_jwk_import(text, strlen(text), NULL) : NULL;
    free(text);
    json_decref(bare);
    return key;
}

static bool is_strong(const cjose_jwk_t *key)
{
    return cjose_jwk_get_kty(key, NULL) != CJOSE_JWK_KTY_RSA ||
           cjose_jwk_get_keysize(key, NULL) >= LEAST_RSA_BITS;
}

/* False where the key is not usable; the set is then as before. */
static bool add_key(struct jws_keys *keys, const json_t *jwk)
{
    const struct algorithm *algorithm = algorithm_of_key(jwk, keys->owner);
    if (!algorithm || !is_for_verifying(jwk))
        return false;
    cjose_jwk_t *imported = import_public(jwk);
    if (!imported || !is_strong(imported)) {
        cjose_jwk_release(imported);
        return false;
    }
    struct slice key_id = slice_of(member(jwk, "kid"));
    keys->keys[keys->count++] = (struct key){imported, algorithm, arena_copy(keys->arena, key_id)};
    return true;
}

static bool has_doubles(const struct jws_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = i + 1; j < keys->count; j++)
            if (keys->keys[i].key_id.len > 0 &&
                slice_equal(keys->keys[i].key_id, keys->keys[j].key_id))
                return true;
    return false;
}

static int refuse_set(struct slice file, const char *words, struct issue_list *issues)
{
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(file, 0, 0), "%s",
                 words);
    return -1;
}

static int fill_keys(struct jws_keys *keys, struct slice file, const json_t *set,
                     struct issue_list *issues)
{
    const json_t *list = json_object_get(set, "keys");
    bool single = !list && json_object_get(set, "kty");
    size_t count = single ? 1 : json_array_size(list);
    if (!single && !json_is_array(list))
        return refuse_set(file, "not a JWK Set: no 'keys'", issues);
    if (count > MOST_KEYS)
        return refuse_set(file, "too many keys", issues);
    keys->keys = ARENA_ARRAY(keys->arena, count, struct key);
    for (size_t i = 0; i < count; i++)
        if (!add_key(keys, single ? set : json_array_get(list, i)))
            issue_report(issues, ISSUE_CONFIGURATION, ISSUE_WARNING, issue_place_file(file, 0, 0),
                         "key %zu of the set is not used: not a public key for ES256, ES384, "
                         "RS256 or RS384",
                         i + 1);
    if (keys->count == 0)
        return refuse_set(file, "no key of the set can be used", issues);
    return has_doubles(keys) ? refuse_set(file, "two keys have the same 'kid'", issues) : 0;
}

int jws_keys_parse(struct slice file, struct slice json, struct jws_keys **ret_keys,
                   struct issue_list *issues)
{
    return jws_keys_parse_as(file, json, JWS_ISSUER, ret_keys, issues);
}

int jws_keys_parse_as(struct slice file, struct slice json, enum jws_owner owner,
                      struct jws_keys **ret_keys, struct issue_list *issues)
{
    if (json.len > MOST_SET_BYTES)
        return refuse_set(file, "larger than a JWK Set may be", issues);
    json_t *set = json_loadb(json.ptr ? json.ptr : "", json.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(set)) {
        json_decref(set);
        return refuse_set(file, "not a JWK Set: no JSON object", issues);
    }
    struct jws_keys *keys = net_allocate(sizeof(*keys));
    keys->arena = arena_new(0);
    keys->owner = owner;
    int result = fill_keys(keys, file, set, issues);
    json_decref(set);
    if (result != 0) {
        jws_keys_free(keys);
        return -1;
    }
    *ret_keys = keys;
    return 0;
}

void jws_keys_free(struct jws_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        cjose_jwk_release(keys->keys[i].jwk);
    arena_free(keys->arena);
    free(keys);
}

size_t jws_keys_count(const struct jws_keys *keys)
{
    return keys->count;
}

/* --- verifying ---------------------------------------------------------------------------------
 */

static int refuse_token(struct issue_list *issues, const char *words)
{
    issue_report(issues, ISSUE_LOGIN, ISSUE_ERROR, ISSUE_NOWHERE, "cannot accept the token: %s",
                 words);
    return -1;
}

/* What a header says, copied into the arena. */
struct header {
    const struct algorithm *algorithm;
    struct slice key_id;
    struct slice type;
    struct slice address; /* "jku"; {NULL, 0}: none */
};

static bool read_text(const json_t *object, const char *name, struct arena *arena,
                      struct slice *ret_text)
{
    const json_t *value = json_object_get(object, name);
    if (value && !json_is_string(value))
        return false;
    *ret_text = (struct slice){NULL, 0};
    if (value)
        *ret_text = arena_copy(arena, slice_of(json_string_value(value)));
    return true;
}

/* RFC 7515 4.1: what would change the key or the meaning is not taken from the token itself. */
static const char *judge_header(const json_t *object, struct arena *arena,
                                struct header *ret_header)
{
    static const char *const forbidden[] = {"crit", "jwk", "x5u", "x5c", "b64"};
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        if (json_object_get(object, forbidden[i]))
            return "its header brings a key or an extension";
    const char *named = member(object, "alg");
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        if (same_text(algorithms[i].name, named))
            ret_header->algorithm = &algorithms[i];
    if (!ret_header->algorithm)
        return "its algorithm is not one of ours";
    if (!read_text(object, "kid", arena, &ret_header->key_id) ||
        !read_text(object, "typ", arena, &ret_header->type) ||
        !read_text(object, "jku", arena, &ret_header->address))
        return "its header is not well formed";
    return NULL;
}

static const char *read_header(struct slice text, struct arena *arena, struct header *ret_header)
{
    json_t *object = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *wrong = json_is_object(object) ? judge_header(object, arena, ret_header)
                                               : "its header is no JSON object";
    json_decref(object);
    return wrong;
}

/* The key of the header's kid; without one, the only key of its algorithm. */
static const struct key *find_key(const struct jws_keys *keys, const struct header *header)
{
    const struct key *found = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->keys[i];
        if (key->algorithm != header->algorithm)
            continue;
        if (header->key_id.ptr && !slice_equal(key->key_id, header->key_id))
            continue;
        if (found)
            return NULL;
        found = key;
    }
    return found;
}

/* RFC 7518 3.3 and 3.4: a signature has the length of its key; cjose takes longer ones. */
static size_t signature_bytes(const struct key *key)
{
    size_t bytes = (cjose_jwk_get_keysize(key->jwk, NULL) + 7) / 8;
    return key->algorithm->curve ? 2 * bytes : bytes;
}

static bool is_signed_by(struct slice compact, const struct key *key)
{
    cjose_jws_t *jws = cjose_jws_import(compact.ptr, compact.len, NULL);
    bool well = jws && cjose_jws_verify(jws, key->jwk, NULL);
    cjose_jws_release(jws);
    return well;
}

/* What is refused by the set whatever the signature says; NULL where nothing is. */
static const char *judge_address(const struct jws_keys *keys, const struct header *header)
{
    bool is_ours = keys->address.len > 0 && slice_equal(header->address, keys->address);
    return header->address.ptr && !is_ours ? "its header brings a key or an extension" : NULL;
}

void jws_keys_set_address(struct jws_keys *keys, struct slice url)
{
    keys->address = arena_copy(keys->arena, url);
}

bool jws_keys_have(const struct jws_keys *keys, struct slice compact)
{
    struct header header = {.algorithm = NULL};
    struct slice decoded;
    struct arena *arena = arena_new(0);
    bool have =
        compact.len <= MOST_TOKEN_BYTES &&
        decode_base64url(slice_part(compact, 0, slice_find_byte(compact, '.')), arena, &decoded) &&
        !read_header(decoded, arena, &header) && find_key(keys, &header);
    arena_free(arena);
    return have;
}

int jws_verify(const struct jws_keys *keys, struct slice compact, struct arena *arena,
               struct jws_token *ret_token, struct issue_list *issues)
{
    if (compact.len > MOST_TOKEN_BYTES)
        return refuse_token(issues, "it is too long");
    struct slice rest = compact;
    struct slice parts[3];
    struct slice decoded[3];
    for (size_t i = 0; i < 3; i++)
        if (!slice_split(&rest, '.', &parts[i]) || parts[i].len == 0 ||
            !decode_base64url(parts[i], arena, &decoded[i]))
            return refuse_token(issues, "it is not in three parts of base64url");
    if (rest.ptr)
        return refuse_token(issues, "it is not in three parts of base64url");
    struct header header = {.algorithm = NULL};
    const char *wrong = read_header(decoded[0], arena, &header);
    if (!wrong)
        wrong = judge_address(keys, &header);
    if (wrong)
        return refuse_token(issues, wrong);
    const struct key *key = find_key(keys, &header);
    if (!key)
        return refuse_token(issues, "no key for it is known");
    if (decoded[2].len != signature_bytes(key) || !is_signed_by(arena_copy(arena, compact), key))
        return refuse_token(issues, "its signature does not hold");
    *ret_token = (struct jws_token){.payload = decoded[1],
                                    .key_id = header.key_id,
                                    .type = header.type,
                                    .algorithm = header.algorithm->name};
    return 0;
}

/* --- signing -----------------------------------------------------------------------------------
 */

/* RFC 7638 3.2: the members in this order, without blanks. */
static void describe_public(struct jws_signer *signer, const unsigned char *point)
{
    struct slice x = {(const char *)point + 1, COORDINATE_BYTES};
    struct slice y = {(const char *)point + 1 + COORDINATE_BYTES, COORDINATE_BYTES};
    struct slice x_text = encode_base64url(x, signer->arena);
    struct slice y_text = encode_base64url(y, signer->arena);
    struct slice bare = arena_format(
        signer->arena, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}",
        SLICE_ARG(x_text), SLICE_ARG(y_text));
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(bare, digest);
    signer->key_id =
        encode_base64url((struct slice){(const char *)digest, sizeof(digest)}, signer->arena);
    signer->public_key = arena_format(
        signer->arena,
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%.*s\",\"y\":\"%.*s\",\"use\":\"sig\","
        "\"alg\":\"ES256\",\"kid\":\"%.*s\"}",
        SLICE_ARG(x_text), SLICE_ARG(y_text), SLICE_ARG(signer->key_id));
}

/* -1 where the key is not on P-256. */
static int take_key(struct jws_signer *signer, const EVP_PKEY *key)
{
    char curve[sizeof("prime256v1")];
    unsigned char point[1 + 2 * COORDINATE_BYTES]; /* SEC 1 2.3.3: 04, x, y */
    unsigned char secret[COORDINATE_BYTES];
    size_t length = 0;
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve),
                                       NULL) != 1 ||
        !same_text(curve, "prime256v1") ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                        &length) != 1 ||
        length != sizeof(point) ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
        return -1;
    BN_bn2binpad(number, secret, sizeof(secret));
    BN_clear_free(number);
    describe_public(signer, point);
    const cjose_jwk_ec_keyspec parts = {.crv = CJOSE_JWK_EC_P_256,
                                        .d = secret,
                                        .dlen = sizeof(secret),
                                        .x = point + 1,
                                        .xlen = COORDINATE_BYTES,
                                        .y = point + 1 + COORDINATE_BYTES,
                                        .ylen = COORDINATE_BYTES};
    signer->jwk = cjose_jwk_create_EC_spec(&parts, NULL);
    explicit_bzero(secret, sizeof(secret));
    return signer->jwk ? 0 : -1;
}

int jws_signer_read(const char *key_path, struct jws_signer **ret_signer, struct issue_list *issues)
{
    struct jws_signer *signer = net_allocate(sizeof(*signer));
    signer->arena = arena_new(0);
    struct slice pem;
    if (file_read(key_path, MOST_TOKEN_BYTES, signer->arena, &pem, issues) != 0) {
        jws_signer_free(signer);
        return -1;
    }
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, certificate_no_password, NULL);
    int result = key ? take_key(signer, key) : -1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    if (result != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                     issue_place_file(slice_of(key_path), 0, 0),
                     "cannot read a P-256 private key: %s", certificate_library_reason());
        jws_signer_free(signer);
        return -1;
    }
    *ret_signer = signer;
    return 0;
}

void jws_signer_free(struct jws_signer *signer)
{
    if (!signer)
        return;
    cjose_jwk_release(signer->jwk);
    arena_free(signer->arena);
    free(signer);
}

static cjose_jws_t *sign(const struct jws_signer *signer, struct slice type, struct slice payload,
                         struct arena *arena)
{
    cjose_header_t *header = cjose_header_new(NULL);
    bool well = header && cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, NULL) &&
                cjose_header_set(header, CJOSE_HDR_KID, signer->key_id.ptr, NULL) &&
                (type.len == 0 || cjose_header_set(header, "typ", arena_string(arena, type), NULL));
    cjose_jws_t *jws = NULL;
    if (well)
        jws = cjose_jws_sign(signer->jwk, header, (const uint8_t *)payload.ptr, payload.len, NULL);
    cjose_header_release(header);
    return jws;
}

int jws_sign(const struct jws_signer *signer, struct slice type, struct slice payload,
             struct arena *arena, struct slice *ret_compact, struct issue_list *issues)
{
    cjose_jws_t *jws = sign(signer, type, payload, arena);
    const char *text = NULL;
    if (!jws || !cjose_jws_export(jws, &text, NULL)) {
        cjose_jws_release(jws);
        issue_report(issues, ISSUE_APPLICATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not sign a token");
        return -1;
    }
    *ret_compact = arena_copy(arena, slice_of(text));
    cjose_jws_release(jws);
    return 0;
}

struct slice jws_signer_public_keys(const struct jws_signer *signer, struct arena *arena)
{
    return arena_format(arena, "{\"keys\":[%.*s]}", SLICE_ARG(signer->public_key));
}

struct slice jws_signer_key_id(const struct jws_signer *signer)
{
    return signer->key_id;
}
