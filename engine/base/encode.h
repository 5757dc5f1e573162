/* encode: bytes as text and back: hex, base32, base64, base64url (RFC 4648).
 *
 * Encoders write into the arena. Decoders are strict: no blanks, no letters outside the alphabet,
 * padding as the form asks (base64 with it, base64url without it). */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/arena.h"

struct slice encode_hex(struct slice bytes, struct arena *arena); /* lower case */
/* RFC 4648 base32 in lower case (a-z2-7), no padding. */
struct slice encode_base32(struct slice bytes, struct arena *arena);
struct slice encode_base64(struct slice bytes, struct arena *arena);
struct slice encode_base64url(struct slice bytes, struct arena *arena);

/* False for anything that is not the form; nothing stored then. Hex takes both cases. */
bool decode_hex(struct slice text, struct arena *arena, struct slice *ret_bytes);
bool decode_base64(struct slice text, struct arena *arena, struct slice *ret_bytes);
bool decode_base64url(struct slice text, struct arena *arena, struct slice *ret_bytes);

#endif
