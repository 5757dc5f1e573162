/* jws: signed tokens in compact form (RFC 7515), with the algorithm fixed by the key.
 *
 * ES256, ES384, RS256 and RS384 (RFC 7518 3.3, 3.4), nothing else: "none" and every HMAC are
 * refused whatever the signature says (RFC 8725 3.1, 3.2). A key is used with one algorithm only,
 * its "alg", or else the one of its curve, or RS256. The header may not bring its own key or
 * extensions: crit, jwk, x5u, x5c and b64 are refused, and a jku that is not the registered one.
 *
 * The payload is given back as bytes; claims, times and audiences are judged by `access`. An issue
 * from here is ISSUE_LOGIN for a token and ISSUE_CONFIGURATION for a key file, and holds nothing of
 * the token. */
#ifndef NET_JWS_H
#define NET_JWS_H

#include "base/issue.h"

/* --- verifying -------------------------------------------------------------------------------- */

struct jws_keys;

/* Public keys from a JWK Set (RFC 7517 section 5), or one key alone. Keys of other types, of other
 * algorithms or with a "use" that is not "sig" are skipped; with issues at severity warning. -1
 * where it is no JWK Set, larger than 256 KiB, two keys share a kid, or not one key is usable.
 * `file` names it in issues. */
int jws_keys_parse(struct slice file, struct slice json, struct jws_keys **ret_keys,
                   struct issue_list *issues) __attribute__((warn_unused_result));
/* Whose keys they are: what an RSA key is bound to that names no algorithm itself. */
enum jws_owner {
    JWS_ISSUER, /* RS256, as JOSE's issuers do; jws_keys_parse */
    JWS_CLIENT  /* RS384, as SMART App Launch has it for clients */
};
int jws_keys_parse_as(struct slice file, struct slice json, enum jws_owner owner,
                      struct jws_keys **ret_keys, struct issue_list *issues)
    __attribute__((warn_unused_result));
void jws_keys_free(struct jws_keys *keys);
size_t jws_keys_count(const struct jws_keys *keys);
/* The URL the keys were fetched from: a token may name it as "jku", and no other (SMART App Launch
 * 2.2, Backend Services). Without one every "jku" is refused. */
void jws_keys_set_address(struct jws_keys *keys, struct slice url);
/* Whether there is a key that the token could be signed with, by its header alone: false for a kid
 * that is not there, which may be there when the keys are fetched anew. */
bool jws_keys_have(const struct jws_keys *keys, struct slice compact);

struct jws_token {
    struct slice payload;
    struct slice key_id;   /* "kid" of the header; empty where it has none */
    struct slice type;     /* "typ" of the header, as it stands; may be empty */
    const char *algorithm; /* "ES256" ... */
};

/* Verifies a compact JWS of at most 16 KiB. A token with a kid is verified with the key of that
 * kid; one without only if the set has a single key of its algorithm. */
int jws_verify(const struct jws_keys *keys, struct slice compact, struct arena *arena,
               struct jws_token *ret_token, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* --- signing ---------------------------------------------------------------------------------- */

struct jws_signer;

/* A P-256 private key from a PEM file (certificate_make_key); signs with ES256. Its kid is its RFC
 * 7638 thumbprint. */
int jws_signer_read(const char *key_path, struct jws_signer **ret_signer, struct issue_list *issues)
    __attribute__((warn_unused_result));
void jws_signer_free(struct jws_signer *signer);
/* `type` becomes "typ" ("at+jwt", RFC 9068 2.1), empty for none. */
int jws_sign(const struct jws_signer *signer, struct slice type, struct slice payload,
             struct arena *arena, struct slice *ret_compact, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The public key as a JWK Set, for others to verify with and for jws_keys_parse. */
struct slice jws_signer_public_keys(const struct jws_signer *signer, struct arena *arena);
/* The kid; lives as long as the signer. */
struct slice jws_signer_key_id(const struct jws_signer *signer);

#endif
