/* What scopes with queries leave: SMART App Launch 2.2, finer-grained resource constraints; FHIR R4
 * search.html#token. */
#include "access/limit.h"

#include "support/suite.h"

static struct arena *arena;
static const struct fhir_search_table *table;

static void set_up(void)
{
    const struct fhir_definitions *definitions = NULL;
    arena = arena_new(0);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
    ck_assert_int_eq(
        fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/fhir", arena, &table, NULL), 0);
}

static void tear_down(void)
{
    arena_free(arena);
}

static struct access_principal principal_of(const char *granted, const char *allowed)
{
    struct access_principal principal = {.client = SLICE("app"), .site = SLICE("north")};
    access_scopes_parse(slice_of(granted), arena, &principal.granted);
    access_scopes_parse(slice_of(allowed), arena, &principal.allowed);
    return principal;
}

static bool find(const char *granted, const char *allowed, enum access_interaction interaction,
                 struct access_limits *ret_limits)
{
    struct access_principal principal = principal_of(granted, allowed);
    return access_limits_find(&principal, interaction, SLICE("Observation"), table, arena,
                              ret_limits);
}

#define SYSTEM "http://terminology.hl7.org/CodeSystem/observation-category"
#define ALL "system/*.cruds"

/* The search that the scopes leave of Observations, "-" for none at all. */
static const struct {
    const char *granted, *allowed;
    const char *search; /* "name=value" with "&" between */
} rows[] = {
    {"system/Observation.rs?category=" SYSTEM "|laboratory", ALL, "category=" SYSTEM "|laboratory"},
    {"system/Observation.rs?category=a system/Observation.rs?category=b", ALL, "category=a,b"},
    {"system/Observation.rs?category=a&status=final", ALL, "category=a&status=final"},
    {ALL, "system/Observation.rs?category=a", "category=a"},
    {"system/Observation.rs?category=a", "system/Observation.rs?status=final",
     "category=a&status=final"},
    {"system/Observation.rs?category=a system/Observation.rs?category=b",
     "system/Observation.rs?category=a system/Observation.rs?category=b", "category=a,b"},
    {"system/Observation.rs?category=a system/Observation.rs?category=a&status=final", ALL,
     "category=a"},
    {"system/Observation.rs?category=a&status=final system/Observation.rs?category=a", ALL,
     "category=a"},
    {"system/Observation.rs?category=a%7Cb", ALL, "category=a|b"},
    /* nothing */
    {"system/Observation.rs?category=a", "system/Patient.rs", "-"},
    {"system/Condition.rs?category=a", ALL, "-"},
    {"system/Observation.s?category=a", "system/Observation.r", "-"},
    {"patient/Observation.rs?category=a", ALL, "-"},
    {"user/Observation.rs?category=a", ALL " user/*.rs", "-"},
    {"system/Observation.rs?subject=Patient/1", ALL, "-"}, /* no token parameter */
    {"system/Observation.rs?date=2020", ALL, "-"},
    {"system/Observation.rs?value-string=a", ALL, "-"}, /* not switched on */
    {"system/Observation.rs?color=red", ALL, "-"},
    {"system/Observation.rs?category=%zz", ALL, "-"},
    {"system/Observation.rs?category=a%5C,b", ALL, "-"}, /* an escape of FHIR's search */
    {"system/Observation.rs", ALL, "-"},                 /* decision.h's */
    {"", ALL, "-"},
};

static struct slice search_of(const struct access_limits *limits)
{
    struct access_limit parameters;
    struct slice text = SLICE("");
    if (!access_limits_to_search(limits, arena, &parameters))
        return SLICE("?");
    for (size_t i = 0; i < parameters.count; i++)
        text = arena_format(arena, "%.*s%s%.*s=%.*s", SLICE_ARG(text), i > 0 ? "&" : "",
                            SLICE_ARG(parameters.conditions[i].name),
                            SLICE_ARG(parameters.conditions[i].value));
    return text;
}

START_TEST(scopes_with_queries_leave_a_search)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access_limits limits;
        bool found = find(rows[i].granted, rows[i].allowed, ACCESS_SEARCH, &limits);
        struct slice search = found ? search_of(&limits) : SLICE("-");
        ck_assert_msg(slice_equal(search, slice_of(rows[i].search)), "%s gave %.*s",
                      rows[i].granted, SLICE_ARG(search));
    }
}
END_TEST

START_TEST(what_a_search_cannot_say_is_not_searched)
{
    struct access_limits limits;
    ck_assert(find("system/Observation.rs?category=a system/Observation.rs?status=final", ALL,
                   ACCESS_SEARCH, &limits));
    ck_assert_uint_eq(limits.count, 2);
    ck_assert(slice_equal(search_of(&limits), SLICE("?")));
}
END_TEST

START_TEST(a_decision_knows_nothing_of_them)
{
    struct access_principal principal = principal_of("system/Observation.cruds?category=a", ALL);
    struct access_decision decision;
    for (int i = 0; i < ACCESS_INTERACTION_COUNT; i++)
        if (access_needs((enum access_interaction)i) != 0)
            ck_assert_int_eq(access_decide(&principal, (enum access_interaction)i,
                                           SLICE("Observation"), &decision, NULL),
                             -1);
}
END_TEST

START_TEST(who_is_signed_in_has_user_scopes_and_a_patient_has_its_own)
{
    struct access_principal principal =
        principal_of("user/Observation.rs?category=a patient/Observation.rs?category=b",
                     "user/*.rs patient/*.rs");
    struct access_limits limits;
    struct access_decision decision;
    struct slice type = SLICE("Observation");
    ck_assert(!access_limits_find(&principal, ACCESS_READ, type, table, arena, &limits));
    principal.patient = SLICE("p1");
    ck_assert(access_limits_find(&principal, ACCESS_READ, type, table, arena, &limits));
    ck_assert(slice_equal(limits.patient, SLICE("p1")));
    principal.user = SLICE("Practitioner/7");
    ck_assert(access_limits_find(&principal, ACCESS_READ, type, table, arena, &limits));
    ck_assert_uint_eq(limits.patient.len, 0);
    principal = principal_of("user/Observation.rs", "user/*.rs system/Goal.r");
    ck_assert_int_eq(access_decide(&principal, ACCESS_READ, type, &decision, NULL), -1);
    principal.user = SLICE("Practitioner/7");
    ck_assert_int_eq(access_decide(&principal, ACCESS_READ, type, &decision, NULL), 0);
    ck_assert_int_eq(access_decide(&principal, ACCESS_READ, SLICE("Goal"), &decision, NULL), -1);
}
END_TEST

START_TEST(writes_need_a_site_and_their_own_letters)
{
    struct access_limits limits;
    struct access_principal principal =
        principal_of("system/Observation.cr?category=a", "system/*.cruds");
    ck_assert(
        access_limits_find(&principal, ACCESS_CREATE, SLICE("Observation"), table, arena, &limits));
    ck_assert(!access_limits_find(&principal, ACCESS_UPDATE, SLICE("Observation"), table, arena,
                                  &limits));
    ck_assert(!access_limits_find(&principal, ACCESS_SEARCH, SLICE("Observation"), table, arena,
                                  &limits));
    principal.site = (struct slice){0};
    ck_assert(!access_limits_find(&principal, ACCESS_CREATE, SLICE("Observation"), table, arena,
                                  &limits));
}
END_TEST

#define LAB                                                                                        \
    "{\"resourceType\":\"Observation\",\"status\":\"final\",\"category\":[{\"coding\":[{"          \
    "\"system\":\"" SYSTEM "\",\"code\":\"laboratory\"},{\"code\":\"bare\"}]}]}"
#define NONE "{\"resourceType\":\"Observation\",\"status\":\"final\"}"

static const struct {
    const char *query;
    const char *resource;
    bool holds;
} resources[] = {
    {"category=laboratory", LAB, true},
    {"category=" SYSTEM "|laboratory", LAB, true},
    {"category=" SYSTEM "|", LAB, true},
    {"category=|bare", LAB, true},
    {"category=|laboratory", LAB, false},
    {"category=other|laboratory", LAB, false},
    {"category=Laboratory", LAB, false},
    {"category=lab", LAB, false},
    {"category=vital-signs,laboratory", LAB, true},
    {"category=vital-signs,exam", LAB, false},
    {"category=,", LAB, false},
    {"category=laboratory&status=final", LAB, true},
    {"category=laboratory&status=preliminary", LAB, false},
    {"category=laboratory", NONE, false},
    {"status=final", NONE, true},
};

START_TEST(a_resource_is_within_them_or_not)
{
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        struct access_limits limits;
        struct json *resource = NULL;
        const char *scope =
            arena_string(arena, arena_format(arena, "system/Observation.r?%s", resources[i].query));
        ck_assert(find(scope, ALL, ACCESS_READ, &limits));
        ck_assert_int_eq(json_parse(slice_of(resources[i].resource), arena, &resource, NULL), 0);
        ck_assert_msg(access_limits_hold(&limits, table, resource, arena) == resources[i].holds,
                      "%s", resources[i].query);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("limit");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, scopes_with_queries_leave_a_search);
    tcase_add_test(cases, what_a_search_cannot_say_is_not_searched);
    tcase_add_test(cases, a_decision_knows_nothing_of_them);
    tcase_add_test(cases, who_is_signed_in_has_user_scopes_and_a_patient_has_its_own);
    tcase_add_test(cases, writes_need_a_site_and_their_own_letters);
    tcase_add_test(cases, a_resource_is_within_them_or_not);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("limit", add);
}
