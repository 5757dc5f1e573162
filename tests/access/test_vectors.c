/* Project Wycheproof's vectors as they lie in the shared folder, each group's key as the only one
 * of a client: what is said to be invalid, or signed with an algorithm that is not ours, gets
 * nowhere. */
#include "access/keyring.h"

#include "base/file.h"
#include "fhir/json.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define VECTORS "samples/badinput/jwt/wycheproof_jws_shared.json"

static struct slice print(const struct json *json, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(json, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

/* How many of the group's tokens are taken; each must be one that may be. */
static size_t run_group(const struct json *group, struct slice key, bool is_ours,
                        struct arena *arena)
{
    struct jws_keys *keys = NULL;
    size_t taken = 0;
    if (jws_keys_parse_as(SLICE("vector"), key, JWS_CLIENT, &keys, NULL) != 0)
        return 0;
    struct access_keyring *ring = access_keyring_of_keys(keys);
    const struct json *tests = json_get(group, SLICE("tests"));
    for (const struct json *test = json_first(tests); test; test = json_next(test)) {
        struct jws_token token;
        bool valid = slice_equal(json_get_text(test, SLICE("result")), SLICE("valid"));
        struct slice compact = json_get_text(test, SLICE("jws"));
        bool well = access_keyring_verify(ring, compact, time_monotonic(), arena, &token) == 0;
        ck_assert_msg(well == (valid && is_ours), "vector %.*s",
                      SLICE_ARG(json_text(json_get(test, SLICE("tcId")))));
        taken += well;
    }
    access_keyring_free(ring);
    return taken;
}

START_TEST(the_shared_vectors_are_judged_as_they_say)
{
    struct arena *arena = arena_new(0);
    const char *shared = getenv("PAINBRIDGE_SHARED");
    char *path =
        file_join(arena, shared ? shared : PAINBRIDGE_SOURCE_DIR "/../shared", SLICE(VECTORS));
    struct slice text;
    struct json *vectors = NULL;
    size_t taken = 0;
    if (!file_exists(path)) {
        fprintf(stderr, "skipped: there is no shared folder\n");
        arena_free(arena);
        return;
    }
    ck_assert_int_eq(file_read(path, 1 << 20, arena, &text, NULL), 0);
    ck_assert_int_eq(json_parse(text, arena, &vectors, NULL), 0);
    const struct json *groups = json_get(vectors, SLICE("testGroups"));
    for (const struct json *group = json_first(groups); group; group = json_next(group)) {
        struct json *key = json_get(group, SLICE("public"));
        bool is_ours = slice_equal(json_get_text(key, SLICE("alg")), SLICE("ES256"));
        taken += run_group(group, print(key, arena), is_ours, arena);
        if (is_ours)
            continue;
        json_remove(key, SLICE("alg")); /* a key of RSA that we would use, were it for that */
        taken += run_group(group, print(key, arena), false, arena);
    }
    ck_assert_uint_ge(taken, 1);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("vectors");
    tcase_add_test(cases, the_shared_vectors_are_judged_as_they_say);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("vectors", add);
}
