/* digest: see digest.h. libcrypto fails here only without memory or without its own algorithms; the
 * process then ends, because a key or an id that is wrong is worse than no process. */
/* SHA256_Init and its like are the plain functions under EVP. OpenSSL 3 would rather have EVP used,
 * but an HMAC through EVP_MAC costs 12,000 instructions of set-up, and every resource id is one; a
 * digest through EVP_Digest, or through SHA256(), costs 9,300, and every stored body is one. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void insist(bool well, const char *what)
{
    if (well)
        return;
    fprintf(stderr, "painbridge: cannot go on without %s\n", what);
    _Exit(EXIT_FAILURE);
}

static const void *bytes_or_empty(struct slice bytes)
{
    return bytes.ptr ? bytes.ptr : "";
}

void digest_sha256(struct slice bytes, unsigned char *ret_digest)
{
    SHA256_CTX state;
    insist(SHA256_Init(&state) && SHA256_Update(&state, bytes_or_empty(bytes), bytes.len) &&
               SHA256_Final(ret_digest, &state),
           "SHA-256");
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct digest_key *)NULL)->inner),
               "room for a state");

/* RFC 2104 section 2: SHA-256 over the key, padded to a block and xored. */
static void start_padded(const unsigned char *block, unsigned char pad, uint32_t *ret_state)
{
    unsigned char padded[SHA256_CBLOCK];
    SHA256_CTX state;
    for (size_t i = 0; i < sizeof(padded); i++)
        padded[i] = block[i] ^ pad;
    insist(SHA256_Init(&state) && SHA256_Update(&state, padded, sizeof(padded)), "SHA-256");
    memcpy(ret_state, &state, sizeof(state));
    OPENSSL_cleanse(padded, sizeof(padded));
    OPENSSL_cleanse(&state, sizeof(state));
}

void digest_key_init(struct digest_key *key, struct slice bytes)
{
    unsigned char block[SHA256_CBLOCK] = {0};
    if (bytes.len > sizeof(block))
        digest_sha256(bytes, block);
    else if (bytes.len > 0)
        memcpy(block, bytes.ptr, bytes.len);
    start_padded(block, 0x36, key->inner);
    start_padded(block, 0x5c, key->outer);
    OPENSSL_cleanse(block, sizeof(block));
}

void digest_key_hmac(const struct digest_key *key, struct slice bytes, unsigned char *ret_digest)
{
    unsigned char inner[DIGEST_SHA256_SIZE];
    SHA256_CTX state;
    memcpy(&state, key->inner, sizeof(state));
    insist(SHA256_Update(&state, bytes_or_empty(bytes), bytes.len) && SHA256_Final(inner, &state),
           "SHA-256");
    memcpy(&state, key->outer, sizeof(state));
    insist(SHA256_Update(&state, inner, sizeof(inner)) && SHA256_Final(ret_digest, &state),
           "SHA-256");
    OPENSSL_cleanse(&state, sizeof(state));
}

void digest_key_release(struct digest_key *key)
{
    OPENSSL_cleanse(key, sizeof(*key));
}

void digest_hmac_sha256(struct slice key, struct slice bytes, unsigned char *ret_digest)
{
    struct digest_key once;
    digest_key_init(&once, key);
    digest_key_hmac(&once, bytes, ret_digest);
    digest_key_release(&once);
}

struct digest {
    SHA256_CTX state;
};

struct digest *digest_new(void)
{
    struct digest *digest = malloc(sizeof(*digest));
    insist(digest != NULL, "memory");
    insist(SHA256_Init(&digest->state), "SHA-256");
    return digest;
}

void digest_add(struct digest *digest, struct slice bytes)
{
    insist(SHA256_Update(&digest->state, bytes_or_empty(bytes), bytes.len), "SHA-256");
}

void digest_finish(struct digest *digest, unsigned char *ret_digest)
{
    insist(SHA256_Final(ret_digest, &digest->state), "SHA-256");
    free(digest);
}

void digest_random(void *ret_bytes, size_t size)
{
    char *at = ret_bytes;
    while (size) {
        /* Up to 256 bytes come whole and without interruption (getrandom(2)). */
        size_t part = size < 256 ? size : 256;
        insist(getrandom(at, part, 0) == (ssize_t)part, "random bytes");
        at += part;
        size -= part;
    }
}

bool digest_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}
