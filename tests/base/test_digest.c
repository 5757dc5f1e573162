/* digest: the vectors of FIPS 180-4 and RFC 4231. */
#include "base/digest.h"
#include "base/encode.h"
#include "support/same.h"
#include "support/suite.h"

#include <string.h>

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(0);
}

static void end(void)
{
    arena_free(arena);
}

static struct slice hex(const unsigned char *digest)
{
    return encode_hex((struct slice){(const char *)digest, DIGEST_SHA256_SIZE}, arena);
}

#define SHA256_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

START_TEST(sha256_of_known_texts)
{
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(SLICE("abc"), digest);
    CK_SAME(hex(digest), SHA256_OF_ABC);
    digest_sha256((struct slice){NULL, 0}, digest);
    CK_SAME(hex(digest), SHA256_OF_NOTHING);
}
END_TEST

START_TEST(sha256_in_pieces_is_that_of_the_whole)
{
    unsigned char got[DIGEST_SHA256_SIZE];
    struct digest *digest = digest_new();
    digest_add(digest, SLICE("a"));
    digest_add(digest, (struct slice){NULL, 0});
    digest_add(digest, SLICE("bc"));
    digest_finish(digest, got);
    CK_SAME(hex(got), SHA256_OF_ABC);
    digest_finish(digest_new(), got);
    CK_SAME(hex(got), SHA256_OF_NOTHING);
}
END_TEST

START_TEST(hmac_of_rfc_4231)
{
    unsigned char got[DIGEST_SHA256_SIZE];
    digest_hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), got);
    CK_SAME(hex(got), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    char key[131];
    memset(key, 0xAA, sizeof(key));
    digest_hmac_sha256((struct slice){key, sizeof(key)},
                       SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), got);
    CK_SAME(hex(got), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(one_key_serves_many_texts)
{
    unsigned char first[DIGEST_SHA256_SIZE], again[DIGEST_SHA256_SIZE], other[DIGEST_SHA256_SIZE];
    struct digest_key key;
    digest_key_init(&key, SLICE("Jefe"));
    digest_key_hmac(&key, SLICE("what do ya want for nothing?"), first);
    digest_key_hmac(&key, SLICE(""), other);
    digest_key_hmac(&key, SLICE("what do ya want for nothing?"), again);
    digest_key_release(&key);
    CK_SAME(hex(first), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CK_SAME(hex(again), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    ck_assert(memcmp(first, other, sizeof(first)) != 0);
}
END_TEST

START_TEST(random_bytes_fill_all_and_differ)
{
    unsigned char first[1000] = {0};
    unsigned char second[1000] = {0};
    digest_random(first, sizeof(first));
    digest_random(second, sizeof(second));
    ck_assert(!digest_equal(first, second, sizeof(first)));
    /* 64 zero bytes at the end by chance: once in 2^512. */
    unsigned char zero[64] = {0};
    ck_assert(!digest_equal(first + sizeof(first) - 64, zero, 64));
    digest_random(first, 0);
}
END_TEST

START_TEST(equality_is_that_of_all_bytes)
{
    ck_assert(digest_equal("abc", "abc", 3));
    ck_assert(!digest_equal("abc", "abd", 3));
    ck_assert(!digest_equal("xbc", "abc", 3));
    ck_assert(digest_equal("abc", "abd", 2));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("digest");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, sha256_of_known_texts);
    tcase_add_test(tests, sha256_in_pieces_is_that_of_the_whole);
    tcase_add_test(tests, hmac_of_rfc_4231);
    tcase_add_test(tests, one_key_serves_many_texts);
    tcase_add_test(tests, random_bytes_fill_all_and_differ);
    tcase_add_test(tests, equality_is_that_of_all_bytes);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("digest", add);
}
