/* digest: SHA-256, HMAC-SHA-256 and random bytes, by libcrypto. The only file of this room that
 * calls it. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/slice.h"

#define DIGEST_SHA256_SIZE 32

/* ret_digest: 32 bytes. */
void digest_sha256(struct slice bytes, unsigned char *ret_digest);
void digest_hmac_sha256(struct slice key, struct slice bytes, unsigned char *ret_digest);

/* A key of HMAC-SHA-256 for many texts: of a short text half of the work is the key's, and is done
 * once here. Caller's storage, as secret as the key; digest_key_release wipes it, and so does the
 * arena it may live in. */
struct digest_key {
    uint32_t inner[28], outer[28]; /* SHA-256 over the key's two blocks, RFC 2104 section 4 */
};
void digest_key_init(struct digest_key *key, struct slice bytes);
void digest_key_hmac(const struct digest_key *key, struct slice bytes, unsigned char *ret_digest);
void digest_key_release(struct digest_key *key);

/* SHA-256 over several pieces: the same as over their concatenation. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *digest, struct slice bytes);
/* Ends and frees it. */
void digest_finish(struct digest *digest, unsigned char *ret_digest);

/* Bytes nobody can guess. Ends the process where the system gives none. */
void digest_random(void *ret_bytes, size_t size);
/* Same time for equal and unequal contents of one length. */
bool digest_equal(const void *a, const void *b, size_t size);

#endif
