/* Ids. The expected values were made with openssl and base32, not with this code:
 *   for p in Patient mrn NORTH 12345: 4-byte big-endian length, then the bytes
 *   | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY -binary | base32 | tr A-Z a-z | cut -c1-26
 */
#include "fhir/id.h"

#include "base/encode.h"
#include "support/suite.h"

#include <string.h>

static const char other_key[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                                "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

static const struct {
    bool public_key;
    const char *type, *key_name;
    const char *parts[2];
    size_t part_count;
    const char *id;
} vectors[] = {
    {true, "Patient", "mrn", {"NORTH", "12345"}, 2, "qeuzmsml4pmldzrzllxwpdgi77"},
    {true, "Observation", "filler", {"ab", "c"}, 2, "hddtfjkou66efete3iucmt4eyb"},
    {true, "Observation", "filler", {"a", "bc"}, 2, "rriqxwrmeejuygzwhm72wkpmnc"},
    {false, "Patient", "mrn", {"NORTH", "12345"}, 2, "xbhhwdz2q34mtyabsp6oyx5ztc"},
    {true, "Encounter", "visit", {""}, 1, "jckvtrez63zen5zwie6k7kvek2"},
    {true, "Encounter", "visit", {NULL}, 0, "bkrua6q5oxtptucoxoxdzlyqrk"},
};

START_TEST(id_is_the_published_function_of_type_key_and_parts)
{
    struct arena *arena = arena_new(0);
    struct slice parts[2];
    for (size_t i = 0; i < vectors[_i].part_count; i++)
        parts[i] = slice_of(vectors[_i].parts[i]);
    struct fhir_id id;
    fhir_id_derive(vectors[_i].public_key ? FHIR_ID_PUBLIC_KEY : (struct slice){other_key, 32},
                   slice_of(vectors[_i].type), slice_of(vectors[_i].key_name), parts,
                   vectors[_i].part_count, arena, &id);
    ck_assert_msg(slice_equal(fhir_id_slice(&id), slice_of(vectors[_i].id)), "%.*s is not %s",
                  SLICE_ARG(fhir_id_slice(&id)), vectors[_i].id);
    ck_assert(fhir_id_is_valid(fhir_id_slice(&id)));
    arena_free(arena);
}
END_TEST

START_TEST(digest_keeps_all_bytes)
{
    struct arena *arena = arena_new(0);
    const struct slice parts[] = {SLICE_INIT("NORTH"), SLICE_INIT("12345")};
    struct fhir_id id;
    fhir_id_derive(FHIR_ID_PUBLIC_KEY, SLICE("Patient"), SLICE("mrn"), parts, 2, arena, &id);
    const struct slice hex =
        encode_hex((struct slice){(const char *)id.digest, sizeof(id.digest)}, arena);
    ck_assert(slice_equal(
        hex, SLICE("812996498be3d8b1e6395aef678cc8ffc33e0db458cbc7401bf8d985a97753ed")));
    arena_free(arena);
}
END_TEST

START_TEST(valid_ids_are_those_of_the_standard)
{
    ck_assert(fhir_id_is_valid(SLICE("a")));
    ck_assert(fhir_id_is_valid(SLICE("A-9.z")));
    ck_assert(fhir_id_is_valid(
        SLICE("0123456789012345678901234567890123456789012345678901234567890123")));
    ck_assert(!fhir_id_is_valid(
        SLICE("01234567890123456789012345678901234567890123456789012345678901234")));
    ck_assert(!fhir_id_is_valid(SLICE("")));
    ck_assert(!fhir_id_is_valid(SLICE("a_b")));
    ck_assert(!fhir_id_is_valid(SLICE("a/b")));
    ck_assert(!fhir_id_is_valid(SLICE("\xC3\xA9")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("id");
    tcase_add_loop_test(tests, id_is_the_published_function_of_type_key_and_parts, 0,
                        sizeof(vectors) / sizeof(vectors[0]));
    tcase_add_test(tests, digest_keeps_all_bytes);
    tcase_add_test(tests, valid_ids_are_those_of_the_standard);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("id", add);
}
