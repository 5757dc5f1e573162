/* References (FHIR R4 references.html). */
#include "fhir/reference.h"

#include "support/suite.h"

static const struct {
    const char *text;
    enum fhir_reference_kind kind;
    const char *base, *type, *id, *version, *query;
} forms[] = {
    {"Patient/1", FHIR_REFERENCE_RELATIVE, "", "Patient", "1", "", ""},
    {"Patient/1/_history/2", FHIR_REFERENCE_RELATIVE, "", "Patient", "1", "2", ""},
    {"https://h/fhir/Patient/a-b.c", FHIR_REFERENCE_ABSOLUTE, "https://h/fhir", "Patient", "a-b.c",
     "", ""},
    {"http://h:80/a/b/Observation/1/_history/2", FHIR_REFERENCE_ABSOLUTE, "http://h:80/a/b",
     "Observation", "1", "2", ""},
    {"#p1", FHIR_REFERENCE_CONTAINED, "", "", "p1", "", ""},
    {"#", FHIR_REFERENCE_CONTAINED, "", "", "", "", ""},
    {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", FHIR_REFERENCE_URN, "", "",
     "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "", ""},
    {"urn:oid:1.2.3", FHIR_REFERENCE_URN, "", "", "urn:oid:1.2.3", "", ""},
    {"Patient?identifier=http://s|1", FHIR_REFERENCE_CONDITIONAL, "", "Patient", "", "",
     "identifier=http://s|1"},
    {"http://example.org/", FHIR_REFERENCE_OTHER, "", "", "http://example.org/", "", ""},
    {"ldap://host/x", FHIR_REFERENCE_OTHER, "", "", "ldap://host/x", "", ""},
};

START_TEST(each_form_is_read_and_written_again)
{
    struct fhir_reference reference;
    struct arena *arena = arena_new(0);
    const struct slice text = slice_of(forms[_i].text);
    ck_assert(fhir_reference_parse(text, &reference));
    ck_assert_int_eq(reference.kind, forms[_i].kind);
    ck_assert(slice_equal(reference.base, slice_of(forms[_i].base)));
    ck_assert(slice_equal(reference.type, slice_of(forms[_i].type)));
    ck_assert(slice_equal(reference.id, slice_of(forms[_i].id)));
    ck_assert(slice_equal(reference.version, slice_of(forms[_i].version)));
    ck_assert(slice_equal(reference.query, slice_of(forms[_i].query)));
    ck_assert(slice_equal(fhir_reference_print(&reference, arena), text));
    arena_free(arena);
}
END_TEST

static const char *const wrong[] = {
    "",
    "Patient",
    "Patient/",
    "/Patient/1",
    "patient/1",
    "Patient/1/",
    "Patient/1/2",
    "Patient/a b",
    "Patient /1",
    "Patient/a_b",
    "x/Patient/1",
    "Patient/1/_history/",
    "Patient/1/_history/a b",
    "#a b",
    "#a/b",
    "Patient?",
    "?x=1",
    "1/2",
};

START_TEST(what_no_form_allows_is_refused)
{
    struct fhir_reference reference;
    ck_assert_msg(!fhir_reference_parse(slice_of(wrong[_i]), &reference), "%s", wrong[_i]);
}
END_TEST

START_TEST(canonical_has_url_version_and_fragment)
{
    struct fhir_canonical canonical = fhir_canonical_parse(SLICE("http://h/a|1.0#f"));
    ck_assert(slice_equal(canonical.url, SLICE("http://h/a")));
    ck_assert(slice_equal(canonical.version, SLICE("1.0")));
    ck_assert(slice_equal(canonical.fragment, SLICE("f")));
    canonical = fhir_canonical_parse(SLICE("http://h/a"));
    ck_assert(slice_equal(canonical.url, SLICE("http://h/a")));
    ck_assert_uint_eq(canonical.version.len + canonical.fragment.len, 0);
}
END_TEST

struct seen {
    struct arena *arena;
    struct slice text;
    const char *stop_at;
};

static int collect(struct json *reference, struct json *text, void *data)
{
    struct seen *seen = data;
    ck_assert_ptr_eq(json_get(reference, SLICE("reference")), text);
    seen->text =
        arena_format(seen->arena, "%.*s %.*s", SLICE_ARG(seen->text), SLICE_ARG(json_text(text)));
    return seen->stop_at && slice_equal(json_text(text), slice_of(seen->stop_at));
}

static const char tree[] =
    "{\"subject\":{\"reference\":\"Patient/1\",\"display\":\"x\"},"
    "\"contained\":[{\"resourceType\":\"Observation\",\"focus\":[{\"reference\":\"#\"},"
    "{\"identifier\":{\"value\":\"v\"}}]}],"
    "\"rule\":{\"language\":\"text/cql\",\"reference\":\"http://not/Patient/9\"},"
    "\"extension\":[{\"url\":\"u\",\"valueReference\":{\"reference\":\"urn:uuid:1\"}}]}";

START_TEST(walk_shows_every_literal_reference_and_no_other_uri)
{
    struct arena *arena = arena_new(0);
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(slice_of(tree), arena, &json, NULL), 0);
    struct seen seen = {.arena = arena};
    ck_assert_int_eq(fhir_reference_walk(json, collect, &seen), 0);
    ck_assert(slice_equal(seen.text, SLICE(" Patient/1 # urn:uuid:1")));
    arena_free(arena);
}
END_TEST

START_TEST(walk_stops_where_the_visitor_says)
{
    struct arena *arena = arena_new(0);
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(slice_of(tree), arena, &json, NULL), 0);
    struct seen seen = {.arena = arena, .stop_at = "#"};
    ck_assert_int_eq(fhir_reference_walk(json, collect, &seen), 1);
    ck_assert(slice_equal(seen.text, SLICE(" Patient/1 #")));
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("reference");
    tcase_add_loop_test(tests, each_form_is_read_and_written_again, 0,
                        sizeof(forms) / sizeof(forms[0]));
    tcase_add_loop_test(tests, what_no_form_allows_is_refused, 0, sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(tests, canonical_has_url_version_and_fragment);
    tcase_add_test(tests, walk_shows_every_literal_reference_and_no_other_uri);
    tcase_add_test(tests, walk_stops_where_the_visitor_says);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("reference", add);
}
