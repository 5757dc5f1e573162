/* The router's table: each row is reached by its own path, and only so. FHIR R4 http.html. */
#include "access/decision.h"
#include "support/suite.h"

#include <string.h>

static struct arena *arena;

static void set_up(void)
{
    arena = arena_new(0);
}

static void tear_down(void)
{
    arena_free(arena);
}

static const struct {
    enum http_request_method method;
    const char *path;
    int interaction; /* -1: not served */
    const char *type, *id, *version;
} rows[] = {
    {HTTP_METHOD_GET, "/healthz", ACCESS_HEALTH, "", "", ""},
    {HTTP_METHOD_GET, "/readyz", ACCESS_READINESS, "", "", ""},
    {HTTP_METHOD_GET, "/metrics", ACCESS_METRICS, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/metadata", ACCESS_CAPABILITIES, "", "", ""},
    {HTTP_METHOD_POST, "/fhir", ACCESS_TRANSACTION, "", "", ""},
    {HTTP_METHOD_POST, "/fhir/", ACCESS_TRANSACTION, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/Patient", ACCESS_SEARCH, "Patient", "", ""},
    {HTTP_METHOD_HEAD, "/fhir/Patient", ACCESS_SEARCH, "Patient", "", ""},
    {HTTP_METHOD_POST, "/fhir/Patient/_search", ACCESS_SEARCH, "Patient", "", ""},
    {HTTP_METHOD_POST, "/fhir/Patient", ACCESS_CREATE, "Patient", "", ""},
    {HTTP_METHOD_PUT, "/fhir/Patient", ACCESS_CONDITIONAL_UPDATE, "Patient", "", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/1", ACCESS_READ, "Patient", "1", ""},
    {HTTP_METHOD_GET, "/fhir/ConceptMap/$translate", ACCESS_TRANSLATE, "ConceptMap", "", ""},
    {HTTP_METHOD_POST, "/fhir/ConceptMap/1/$translate", ACCESS_TRANSLATE, "ConceptMap", "1", ""},
    {HTTP_METHOD_PUT, "/fhir/Patient/1", ACCESS_UPDATE, "Patient", "1", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/1/_history", ACCESS_HISTORY, "Patient", "1", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/1/_history/2", ACCESS_VREAD, "Patient", "1", "2"},
    {HTTP_METHOD_DELETE, "/fhir/Patient/1", -1, "", "", ""},
    {HTTP_METHOD_PATCH, "/fhir/Patient/1", -1, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/_search", -1, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/patient/1", -1, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/$everything", -1, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/1/2", -1, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/Patient/1/_history/2/3", -1, "", "", ""},
    {HTTP_METHOD_GET, "/fhir//1", -1, "", "", ""},
    {HTTP_METHOD_GET, "/", -1, "", "", ""},
    {HTTP_METHOD_OPTIONS, "*", -1, "", "", ""},
    {HTTP_METHOD_GET, "/.well-known/smart-configuration", ACCESS_SMART, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/.well-known/smart-configuration", ACCESS_SMART, "", "", ""},
    {HTTP_METHOD_GET, "/fhir/.well-known/openid-configuration", -1, "", "", ""},
    {HTTP_METHOD_POST, "/oauth/token", ACCESS_TOKEN, "", "", ""},
    {HTTP_METHOD_GET, "/oauth/token", -1, "", "", ""},
};

START_TEST(a_path_leads_to_its_row)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access_match match;
        access_route_find(rows[i].method, slice_of(rows[i].path), arena, &match);
        int found = match.route ? (int)match.route->interaction : -1;
        ck_assert_msg(found == rows[i].interaction, "%s gave %d", rows[i].path, found);
        if (found < 0)
            continue;
        ck_assert(slice_equal(match.type, slice_of(rows[i].type)));
        ck_assert(slice_equal(match.id, slice_of(rows[i].id)));
        ck_assert(slice_equal(match.version, slice_of(rows[i].version)));
    }
}
END_TEST

START_TEST(a_known_path_by_another_method_says_which_are_allowed)
{
    struct access_match match;
    access_route_find(HTTP_METHOD_DELETE, SLICE("/fhir/Patient/1"), arena, &match);
    ck_assert(match.path_is_known);
    ck_assert(slice_equal(match.allowed, SLICE("GET, HEAD, PUT")));
    access_route_find(HTTP_METHOD_GET, SLICE("/nowhere"), arena, &match);
    ck_assert(!match.path_is_known);
}
END_TEST

START_TEST(every_row_needs_a_token_but_those_that_say_how_to_come_in)
{
    for (size_t i = 0; i < access_route_count(); i++) {
        const struct access_route *route = access_route_at(i);
        bool open = route->interaction == ACCESS_HEALTH || route->interaction == ACCESS_READINESS ||
                    route->interaction == ACCESS_CAPABILITIES ||
                    route->interaction == ACCESS_SMART || route->interaction == ACCESS_TOKEN;
        ck_assert_msg(route->needs_token == !open, "%s", route->pattern);
        bool has_body = route->method == HTTP_METHOD_POST || route->method == HTTP_METHOD_PUT;
        ck_assert_msg((route->max_body > 0) == has_body, "%s", route->pattern);
        ck_assert_msg((route->media_types != NULL) == has_body, "%s", route->pattern);
        ck_assert_int_eq(access_route_of(route->interaction)->interaction, route->interaction);
    }
}
END_TEST

START_TEST(a_body_must_be_of_a_type_the_row_takes)
{
    const struct access_route *create = access_route_of(ACCESS_CREATE);
    ck_assert(access_route_takes(create, SLICE("application/fhir+json; charset=utf-8")));
    ck_assert(access_route_takes(create, SLICE("Application/JSON")));
    ck_assert(!access_route_takes(create, SLICE("application/fhir+xml")));
    ck_assert(!access_route_takes(create, SLICE("text/xml")));
    ck_assert(!access_route_takes(create, SLICE("")));
}
END_TEST

/* --- decisions -------------------------------------------------------------------------------- */

static const struct {
    const char *granted, *allowed, *site, *patient;
    enum access_interaction interaction;
    const char *type;
    bool well;
    bool bound;
} decisions[] = {
    {"system/Patient.r", "system/*.cruds", "s", "", ACCESS_READ, "Patient", true, false},
    {"system/Patient.r", "system/*.cruds", "s", "", ACCESS_SEARCH, "Patient", false, false},
    {"system/Patient.r", "system/*.cruds", "s", "", ACCESS_READ, "Goal", false, false},
    {"system/*.cruds", "system/Patient.r", "s", "", ACCESS_READ, "Goal", false, false},
    {"system/*.cruds", "system/Patient.r", "s", "", ACCESS_CREATE, "Patient", false, false},
    {"system/*.cruds", "system/*.cruds", "s", "", ACCESS_CREATE, "Patient", true, false},
    {"system/*.cruds", "system/*.cruds", "", "", ACCESS_CREATE, "Patient", false, false},
    {"system/*.cruds", "system/*.cruds", "", "", ACCESS_SEARCH, "Patient", true, false},
    {"system/*.cu", "system/*.cruds", "s", "", ACCESS_CONDITIONAL_UPDATE, "Patient", false, false},
    {"", "system/*.cruds", "s", "", ACCESS_READ, "Patient", false, false},
    {"patient/*.rs", "patient/*.rs", "s", "p1", ACCESS_READ, "Goal", true, true},
    {"patient/*.rs", "patient/*.rs", "s", "", ACCESS_READ, "Goal", false, false},
    {"patient/*.cruds", "patient/*.cruds", "s", "p1", ACCESS_UPDATE, "Goal", false, false},
    {"patient/*.rs", "system/*.rs", "s", "p1", ACCESS_READ, "Goal", false, false},
    {"system/*.r", "system/*.r", "", "", ACCESS_METRICS, "", true, false},
    {"system/Patient.r", "system/*.r", "", "", ACCESS_METRICS, "", false, false},
    {"patient/*.r", "patient/*.r", "", "p1", ACCESS_METRICS, "", false, false},
};

START_TEST(both_the_token_and_the_client_must_allow)
{
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        struct access_principal principal = {.site = slice_of(decisions[i].site),
                                             .patient = slice_of(decisions[i].patient)};
        access_scopes_parse(slice_of(decisions[i].granted), arena, &principal.granted);
        access_scopes_parse(slice_of(decisions[i].allowed), arena, &principal.allowed);
        struct issue_list issues;
        issue_list_init(&issues, arena);
        struct access_decision decision = {0};
        int result = access_decide(&principal, decisions[i].interaction,
                                   slice_of(decisions[i].type), &decision, &issues);
        ck_assert_msg((result == 0) == decisions[i].well, "row %zu", i);
        ck_assert_int_eq(decision.patient.len > 0, decisions[i].bound);
        if (result != 0)
            ck_assert_int_eq(issue_list_first_error(&issues)->code, ISSUE_FORBIDDEN);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("route");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_path_leads_to_its_row);
    tcase_add_test(cases, a_known_path_by_another_method_says_which_are_allowed);
    tcase_add_test(cases, every_row_needs_a_token_but_those_that_say_how_to_come_in);
    tcase_add_test(cases, a_body_must_be_of_a_type_the_row_takes);
    tcase_add_test(cases, both_the_token_and_the_client_must_allow);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("route", add);
}
