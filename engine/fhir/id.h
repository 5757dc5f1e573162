/* id: resource ids that follow from a key, so that a resend is an update and needs no database.
 *
 * id = the first 26 characters of lower-case base32 (RFC 4648, a-z2-7) of
 *      HMAC-SHA-256(id key of the instance, P(type) P(key name) P(part 1) ... P(part n))
 * where P(x) is x's length as four bytes, most significant first, then x. The lengths keep
 * ("ab", "c") and ("a", "bc") apart. 26 characters are 130 bits and a valid FHIR id
 * (FHIR R4 datatypes#id: [A-Za-z0-9\-\.]{1,64}).
 *
 * It is keyed because a record number can be guessed: with a bare hash, whoever sees an id could
 * try all numbers of a clinic. Where there is no instance (`painbridge convert`) the published key
 * is used, and ids then hide nothing.
 *
 * Keys never hold social security or account numbers; that is the mapping's business. */
#ifndef FHIR_ID_H
#define FHIR_ID_H

#include "base/arena.h"
#include "base/digest.h"

#define FHIR_ID_SIZE 26 /* characters of a derived id */

/* The published key (32 bytes) for use without an instance. */
extern const struct slice FHIR_ID_PUBLIC_KEY;

struct fhir_id {
    char text[FHIR_ID_SIZE];                  /* not terminated */
    unsigned char digest[DIGEST_SHA256_SIZE]; /* all 32 bytes; the store's key of the key */
};

/* `key` is the instance's id key (32 bytes; any length works). type as in FHIR ("Patient"),
 * key_name as the mapping says ("mrn"), then the parts in the mapping's order. */
void fhir_id_derive(struct slice key, struct slice type, struct slice key_name,
                    const struct slice *parts, size_t part_count, struct arena *arena,
                    struct fhir_id *ret_id);
/* The same with the id key made ready once (digest_key_init) for many ids. */
void fhir_id_derive_with(const struct digest_key *key, struct slice type, struct slice key_name,
                         const struct slice *parts, size_t part_count, struct arena *arena,
                         struct fhir_id *ret_id);
/* The id as a slice; lives as long as `id`. */
struct slice fhir_id_slice(const struct fhir_id *id);
/* FHIR R4 datatypes#id: 1 to 64 of A-Z a-z 0-9 - . */
bool fhir_id_is_valid(struct slice text);

#endif
