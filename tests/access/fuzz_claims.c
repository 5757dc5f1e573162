/* Claims, assertions nobody signed, and scopes, from anybody: every byte of them may be hostile. */
#include "access/claims.h"
#include "access/scope.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct arena *arena = arena_new((size_t)16 << 20);
    struct access_claims claims;
    struct access_scopes scopes;
    access_claims_peek(text, arena);
    access_scopes_parse(text, arena, &scopes);
    access_scopes_within(text, &scopes, arena);
    if (access_claims_read(text, arena, &claims, NULL) == 0 &&
        access_claims_check_times(&claims, 0, TIME_DAY, NULL) == 0)
        access_claims_are_for(&claims, SLICE("https://here/oauth/token"));
    arena_free(arena);
    return 0;
}
