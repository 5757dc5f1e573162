/* SMART App Launch 2.0, scopes and launch context: which words give which rights. */
#include "access/scope.h"
#include "support/suite.h"

#include <string.h>

#define READ_ALL (ACCESS_MAY_READ | ACCESS_MAY_SEARCH)
#define WRITE_ALL (ACCESS_MAY_CREATE | ACCESS_MAY_UPDATE | ACCESS_MAY_DELETE)

static const struct {
    const char *word;
    unsigned permissions; /* 0: gives nothing */
    enum access_whose whose;
    const char *type;
    const char *query; /* NULL: none */
} rows[] = {
    /* version 2 */
    {"system/Patient.rs", READ_ALL, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Observation.cruds", READ_ALL | WRITE_ALL, ACCESS_OF_ALL, "Observation", NULL},
    {"system/*.r", ACCESS_MAY_READ, ACCESS_OF_ALL, "*", NULL},
    {"system/*.cruds", READ_ALL | WRITE_ALL, ACCESS_OF_ALL, "*", NULL},
    {"system/Patient.c", ACCESS_MAY_CREATE, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.u", ACCESS_MAY_UPDATE, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.d", ACCESS_MAY_DELETE, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.s", ACCESS_MAY_SEARCH, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.cud", WRITE_ALL, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.cs", ACCESS_MAY_CREATE | ACCESS_MAY_SEARCH, ACCESS_OF_ALL, "Patient", NULL},
    {"patient/Observation.rs", READ_ALL, ACCESS_OF_PATIENT, "Observation", NULL},
    {"patient/*.r", ACCESS_MAY_READ, ACCESS_OF_PATIENT, "*", NULL},
    {"user/Patient.rs", READ_ALL, ACCESS_OF_USER, "Patient", NULL},
    {"user/*.cruds", READ_ALL | WRITE_ALL, ACCESS_OF_USER, "*", NULL},
    /* version 1 */
    {"system/Patient.read", READ_ALL, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.write", WRITE_ALL, ACCESS_OF_ALL, "Patient", NULL},
    {"system/Patient.*", READ_ALL | WRITE_ALL, ACCESS_OF_ALL, "Patient", NULL},
    {"system/*.*", READ_ALL | WRITE_ALL, ACCESS_OF_ALL, "*", NULL},
    {"system/*.read", READ_ALL, ACCESS_OF_ALL, "*", NULL},
    {"patient/*.read", READ_ALL, ACCESS_OF_PATIENT, "*", NULL},
    {"user/*.write", WRITE_ALL, ACCESS_OF_USER, "*", NULL},
    /* with a query */
    {"system/Observation.rs?category=laboratory", READ_ALL, ACCESS_OF_ALL, "Observation",
     "category=laboratory"},
    {"patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/"
     "observation-category|laboratory",
     READ_ALL, ACCESS_OF_PATIENT, "Observation",
     "category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"},
    {"system/Condition.r?category=a&clinical-status=active", ACCESS_MAY_READ, ACCESS_OF_ALL,
     "Condition", "category=a&clinical-status=active"},
    {"system/Observation.rs?code=a,b", READ_ALL, ACCESS_OF_ALL, "Observation", "code=a,b"},
    {"user/Observation.c?category=a", ACCESS_MAY_CREATE, ACCESS_OF_USER, "Observation",
     "category=a"},
    {"system/Observation.rs?code=a=b", READ_ALL, ACCESS_OF_ALL, "Observation", "code=a=b"},
    {"system/*.rs?category=a", 0, 0, NULL, NULL},
    {"system/Observation.read?category=a", 0, 0, NULL, NULL},
    {"system/Observation.*?category=a", 0, 0, NULL, NULL},
    {"system/Observation.sr?category=a", 0, 0, NULL, NULL},
    {"system/Observation?category=a", 0, 0, NULL, NULL},
    {"system/Observation?category=a.rs", 0, 0, NULL, NULL},
    {"system/Observation.rs?", 0, 0, NULL, NULL},
    {"system/Observation.rs?category", 0, 0, NULL, NULL},
    {"system/Observation.rs?category=", 0, 0, NULL, NULL},
    {"system/Observation.rs?=a", 0, 0, NULL, NULL},
    {"system/Observation.rs?category=a&", 0, 0, NULL, NULL},
    {"system/Observation.rs?&category=a", 0, 0, NULL, NULL},
    {"system/Observation.rs?category:not=a", 0, 0, NULL, NULL},
    {"system/Observation.rs?subject.name=a", 0, 0, NULL, NULL},
    {"system/Observation.rs?_id=a", 0, 0, NULL, NULL},
    {"system/Observation.rs?_has:a:b=c", 0, 0, NULL, NULL},
    {"system/Observation.rs?Category=a", 0, 0, NULL, NULL},
    {"system/Observation.rs?category=\"a\"", 0, 0, NULL, NULL},
    {"system/Observation.rs?category=a\\,b", 0, 0, NULL, NULL},
    /* what the standard does not define */
    {"system/Patient.sr", 0, 0, NULL, NULL},
    {"system/Patient.rr", 0, 0, NULL, NULL},
    {"system/Patient.rx", 0, 0, NULL, NULL},
    {"system/Patient.RS", 0, 0, NULL, NULL},
    {"system/Patient.dsurc", 0, 0, NULL, NULL},
    {"system/Patient.crudsx", 0, 0, NULL, NULL},
    {"system/Patient.read.write", 0, 0, NULL, NULL},
    {"system/Patient.readwrite", 0, 0, NULL, NULL},
    {"system/Patient.Read", 0, 0, NULL, NULL},
    {"system/Patient.", 0, 0, NULL, NULL},
    {"system/Patient", 0, 0, NULL, NULL},
    {"system/.rs", 0, 0, NULL, NULL},
    {"system/patient.rs", 0, 0, NULL, NULL},
    {"system/Pat*.rs", 0, 0, NULL, NULL},
    {"system/**.rs", 0, 0, NULL, NULL},
    {"system/Patient/1.rs", 0, 0, NULL, NULL},
    {"System/Patient.rs", 0, 0, NULL, NULL},
    {"systems/Patient.rs", 0, 0, NULL, NULL},
    {"/Patient.rs", 0, 0, NULL, NULL},
    {"*/*.*", 0, 0, NULL, NULL},
    {"*", 0, 0, NULL, NULL},
    {"launch", 0, 0, NULL, NULL},
    {"launch/patient", 0, 0, NULL, NULL},
    {"openid", 0, 0, NULL, NULL},
    {"fhirUser", 0, 0, NULL, NULL},
    {"offline_access", 0, 0, NULL, NULL},
    {"", 0, 0, NULL, NULL},
    {"/", 0, 0, NULL, NULL},
    {"./", 0, 0, NULL, NULL},
    {"?", 0, 0, NULL, NULL},
    {"?/.", 0, 0, NULL, NULL},
};

START_TEST(a_word_gives_what_smart_says_and_every_other_nothing)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access_grant grant = {0};
        bool gives = access_scope_parse(slice_of(rows[i].word), &grant);
        ck_assert_msg(gives == (rows[i].permissions != 0), "%s", rows[i].word);
        if (!gives)
            continue;
        ck_assert_msg(grant.permissions == rows[i].permissions, "%s", rows[i].word);
        ck_assert_int_eq(grant.whose, rows[i].whose);
        ck_assert_msg(slice_equal(grant.query, slice_of(rows[i].query)), "%s", rows[i].word);
        ck_assert(slice_equal(grant.type, slice_of(rows[i].type)));
    }
}
END_TEST

START_TEST(several_scopes_add_up_by_type)
{
    struct arena *arena = arena_new(0);
    struct access_scopes scopes;
    access_scopes_parse(SLICE("system/Patient.r  openid system/*.s patient/Patient.cruds"), arena,
                        &scopes);
    ck_assert_uint_eq(scopes.count, 3);
    ck_assert_uint_eq(access_scopes_permissions(&scopes, SLICE("Patient"), ACCESS_OF_ALL),
                      READ_ALL);
    ck_assert_uint_eq(access_scopes_permissions(&scopes, SLICE("Goal"), ACCESS_OF_ALL),
                      ACCESS_MAY_SEARCH);
    ck_assert_uint_eq(access_scopes_permissions(&scopes, SLICE("Patient"), ACCESS_OF_PATIENT),
                      READ_ALL | WRITE_ALL);
    ck_assert_uint_eq(access_scopes_permissions(&scopes, SLICE("Goal"), ACCESS_OF_PATIENT), 0);
    arena_free(arena);
}
END_TEST

START_TEST(more_than_the_most_is_found_word_by_word)
{
    static const struct {
        const char *most, *asked, *word; /* word: NULL where all of it is within */
    } cases[] = {
        {"system/*.rs", "system/Patient.r  system/Goal.rs", NULL},
        {"system/Patient.r system/Patient.s", "system/Patient.rs", NULL},
        {"system/*.rs", "system/Patient.rs system/Patient.cruds", "system/Patient.cruds"},
        {"system/Patient.rs", "system/*.rs", "system/*.rs"},
        {"system/Patient.rs", "system/Goal.r", "system/Goal.r"},
        {"system/*.rs", "patient/Patient.rs", "patient/Patient.rs"},
        {"system/*.cruds", "openid system/Patient.r", "openid"},
        {"", "system/Patient.r", "system/Patient.r"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *arena = arena_new(0);
        struct access_scopes most;
        struct slice word = {0};
        access_scopes_parse(slice_of(cases[i].most), arena, &most);
        bool exceeds = access_scopes_exceed(slice_of(cases[i].asked), &most, &word);
        ck_assert_msg(exceeds == (cases[i].word != NULL), "%s", cases[i].asked);
        ck_assert_msg(!exceeds || slice_equal(word, slice_of(cases[i].word)), "%s", cases[i].asked);
        arena_free(arena);
    }
}
END_TEST

START_TEST(of_what_is_asked_that_which_is_within_is_given_once)
{
    static const struct {
        const char *most, *asked, *within;
    } cases[] = {
        {"system/*.rs", "system/Patient.r  system/Goal.rs", "system/Patient.r system/Goal.rs"},
        {"system/*.rs", "system/Goal.cruds system/Patient.r", "system/Patient.r"},
        {"system/*.rs", "system/Goal.r system/Goal.r", "system/Goal.r"},
        {"system/*.rs", "openid fhirUser launch", ""},
        {"system/Patient.rs", "system/*.rs", ""},
        {"system/*.rs", "", ""},
        {"", "system/Goal.r", ""},
        {"system/Goal.rs", "system/Goal.r?code=a", "system/Goal.r?code=a"},
        {"system/Goal.rs?code=a", "system/Goal.r?code=a", "system/Goal.r?code=a"},
        {"system/Goal.rs?code=a", "system/Goal.r?code=b", ""},
        {"system/Goal.rs?code=a", "system/Goal.r", "system/Goal.r?code=a"},
        {"system/Goal.rs?code=a system/Goal.r?code=b", "system/Goal.r",
         "system/Goal.r?code=a system/Goal.r?code=b"},
        {"system/Goal.r?code=a", "system/Goal.rs", ""},
        {"system/Goal.rs?code=a", "system/Goal.read", ""},
        {"user/Goal.rs", "system/Goal.rs", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *arena = arena_new(0);
        struct access_scopes most;
        access_scopes_parse(slice_of(cases[i].most), arena, &most);
        struct slice within = access_scopes_within(slice_of(cases[i].asked), &most, arena);
        ck_assert_msg(slice_equal(within, slice_of(cases[i].within)), "%s", cases[i].asked);
        arena_free(arena);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("scope");
    tcase_add_test(cases, a_word_gives_what_smart_says_and_every_other_nothing);
    tcase_add_test(cases, several_scopes_add_up_by_type);
    tcase_add_test(cases, more_than_the_most_is_found_word_by_word);
    tcase_add_test(cases, of_what_is_asked_that_which_is_within_is_given_once);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("scope", add);
}
