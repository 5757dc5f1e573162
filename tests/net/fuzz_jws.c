/* The first line is a JWK Set, the rest a token: both may be anything. */
#include "net/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice key = SLICE_INIT(
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice token = {(const char *)data, size};
    struct slice set;
    struct jws_keys *keys = NULL;
    struct jws_token read;
    if (slice_split(&token, '\n', &set) && jws_keys_parse(SLICE("fuzz"), set, &keys, NULL) != 0 &&
        jws_keys_parse(SLICE("fuzz"), key, &keys, NULL) != 0)
        __builtin_trap();
    if (jws_verify(keys, token, arena, &read, NULL) == 0 && !read.algorithm)
        __builtin_trap();
    jws_keys_free(keys);
    arena_free(arena);
    return 0;
}
