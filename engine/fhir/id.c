#include "fhir/id.h"

#include "base/encode.h"

#include <endian.h>
#include <string.h>

/* SHA-256 of "painbridge public id key", so that nobody need believe that it was chosen at random.
 */
static const unsigned char public_key[DIGEST_SHA256_SIZE] = {
    0xad, 0xab, 0xcb, 0x89, 0x4d, 0xdf, 0x84, 0x93, 0x79, 0x8c, 0x10, 0x04, 0xff, 0x61, 0xce, 0xa2,
    0x17, 0x91, 0x81, 0xaf, 0xf6, 0x76, 0x00, 0xc3, 0x14, 0xea, 0xa4, 0xa4, 0xfc, 0x2a, 0x01, 0x0b};

const struct slice FHIR_ID_PUBLIC_KEY = {(const char *)public_key, sizeof(public_key)};

/* P(x) of the header: four bytes of length, most significant first, then the bytes. */
static char *write_part(char *out, struct slice part)
{
    const uint32_t size = htobe32((uint32_t)part.len);
    memcpy(out, &size, sizeof(size));
    if (part.len > 0)
        memcpy(out + sizeof(size), part.ptr, part.len);
    return out + sizeof(size) + part.len;
}

void fhir_id_derive_with(const struct digest_key *key, struct slice type, struct slice key_name,
                         const struct slice *parts, size_t part_count, struct arena *arena,
                         struct fhir_id *ret_id)
{
    size_t size = 4 + type.len + 4 + key_name.len;
    for (size_t i = 0; i < part_count; i++)
        size += 4 + parts[i].len;

    char *const bytes = arena_alloc(arena, size);
    char *out = write_part(write_part(bytes, type), key_name);
    for (size_t i = 0; i < part_count; i++)
        out = write_part(out, parts[i]);

    digest_key_hmac(key, (struct slice){bytes, size}, ret_id->digest);
    const struct slice front = {(const char *)ret_id->digest, (FHIR_ID_SIZE * 5 + 7) / 8};
    memcpy(ret_id->text, encode_base32(front, arena).ptr, FHIR_ID_SIZE);
}

void fhir_id_derive(struct slice key, struct slice type, struct slice key_name,
                    const struct slice *parts, size_t part_count, struct arena *arena,
                    struct fhir_id *ret_id)
{
    struct digest_key ready;
    digest_key_init(&ready, key);
    fhir_id_derive_with(&ready, type, key_name, parts, part_count, arena, ret_id);
    digest_key_release(&ready);
}

struct slice fhir_id_slice(const struct fhir_id *id)
{
    return (struct slice){id->text, FHIR_ID_SIZE};
}

bool fhir_id_is_valid(struct slice text)
{
    if (text.len < 1 || text.len > 64)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const char low = (char)(c | 0x20);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return true;
}
