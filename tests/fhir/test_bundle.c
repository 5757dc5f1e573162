/* Bundles (FHIR R4 bundle.html, http.html#transaction). */
#include "definitions.h"

#include "fhir/bundle.h"
#include "fhir/outcome.h"
#include "fhir/resource.h"
#include "fhir/validate.h"

static struct arena *arena;
static struct issue_list issues;

static void setup(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void teardown(void)
{
    arena_free(arena);
}

static void assert_prints(const struct json *json, const char *expected)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    json_print(json, &buffer);
    ck_assert_msg(slice_equal(buffer_slice(&buffer), slice_of(expected)), "%.*s\nis not\n%s",
                  SLICE_ARG(buffer_slice(&buffer)), expected);
    buffer_release(&buffer);
}

static struct json *patient(const char *id)
{
    struct json *resource = fhir_resource_new(SLICE("Patient"), arena);
    fhir_resource_set_id(resource, slice_of(id), arena);
    return resource;
}

START_TEST(searchset_has_total_links_and_matches)
{
    struct json *bundle = fhir_bundle_new(SLICE("searchset"), arena);
    struct json *entry =
        fhir_bundle_add_entry(bundle, SLICE("https://h/fhir/Patient/1"), patient("1"), arena);
    fhir_bundle_set_search(entry, SLICE("match"), arena);
    fhir_bundle_add_link(bundle, SLICE("self"), SLICE("https://h/fhir/Patient?_id=1"), arena);
    fhir_bundle_set_total(bundle, 0, arena);
    fhir_bundle_set_total(bundle, 1, arena);
    assert_prints(bundle, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":1,"
                          "\"link\":[{\"relation\":\"self\",\"url\":"
                          "\"https://h/fhir/Patient?_id=1\"}],\"entry\":[{\"fullUrl\":"
                          "\"https://h/fhir/Patient/1\",\"resource\":{\"resourceType\":"
                          "\"Patient\",\"id\":\"1\"},\"search\":{\"mode\":\"match\"}}]}");
    ck_assert_int_eq(fhir_validate(need_definitions(arena), bundle, &issues), 0);
}
END_TEST

START_TEST(history_and_responses_are_valid_bundles)
{
    const struct fhir_definitions *definitions = need_definitions(arena);
    const struct fhir_bundle_response created = {
        .status = SLICE("201 Created"),
        .location = SLICE("Patient/1/_history/1"),
        .version = SLICE("1"),
        .last_modified = SLICE("2026-11-22T00:00:00.000Z"),
    };
    struct json *history = fhir_bundle_new(SLICE("history"), arena);
    struct json *entry = fhir_bundle_add_entry(history, SLICE(""), patient("1"), arena);
    fhir_bundle_set_request(entry, SLICE("PUT"), SLICE("Patient/1"), arena);
    fhir_bundle_set_response(entry, &created, arena);
    ck_assert_int_eq(fhir_validate(definitions, history, &issues), 0);

    const struct issue issue = {.code = ISSUE_NOT_FOUND, .severity = ISSUE_ERROR};
    struct json *batch = fhir_bundle_new(SLICE("batch-response"), arena);
    const struct fhir_bundle_response missing = {.status = SLICE("404 Not Found"),
                                                 .outcome = fhir_outcome_of_issue(&issue, arena)};
    entry = fhir_bundle_add_entry(batch, SLICE(""), NULL, arena);
    fhir_bundle_set_response(entry, &missing, arena);
    ck_assert_int_eq(fhir_validate(definitions, batch, &issues), 0);

    struct json *transaction = fhir_bundle_new(SLICE("transaction-response"), arena);
    entry = fhir_bundle_add_entry(transaction, SLICE(""), NULL, arena);
    fhir_bundle_set_response(entry, &created, arena);
    assert_prints(transaction,
                  "{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[{"
                  "\"response\":{\"status\":\"201 Created\",\"location\":\"Patient/1/_history/1\","
                  "\"etag\":\"W/\\\"1\\\"\",\"lastModified\":\"2026-11-22T00:00:00.000Z\"}}]}");
}
END_TEST

static int read_requests(const char *type, const char *entries,
                         struct fhir_bundle_request **ret_requests, size_t *ret_count)
{
    const struct slice text = arena_format(
        arena, "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"entry\":[%s]}", type, entries);
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(text, arena, &json, NULL), 0);
    return fhir_bundle_read_requests(json, arena, ret_requests, ret_count, &issues);
}

static void assert_text(struct slice text, const char *expected)
{
    ck_assert_msg(slice_equal(text, slice_of(expected)), "%.*s is not %s", SLICE_ARG(text),
                  expected);
}

START_TEST(requests_are_read_in_their_order)
{
    struct fhir_bundle_request *requests = NULL;
    size_t count = 0;
    ck_assert_int_eq(
        read_requests(
            "transaction",
            "{\"fullUrl\":\"urn:uuid:1\",\"resource\":{\"resourceType\":\"Patient\"},\"request\":{"
            "\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"identifier=a|b\"}},"
            "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"2\"},\"request\":{\"method\":"
            "\"PUT\",\"url\":\"Patient/2\",\"ifMatch\":\"W/\\\"7\\\"\"}},"
            "{\"resource\":{\"resourceType\":\"Observation\"},\"request\":{\"method\":\"PUT\","
            "\"url\":\"Observation?identifier=c\"}},"
            "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/3\"}},"
            "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/4/_history/1\",\"ifNoneMatch\":"
            "\"W/\\\"1\\\"\"}}",
            &requests, &count),
        0);
    ck_assert_uint_eq(count, 5);
    ck_assert_int_eq(requests[0].method, FHIR_BUNDLE_POST);
    assert_text(requests[0].full_url, "urn:uuid:1");
    assert_text(requests[0].type, "Patient");
    assert_text(requests[0].if_none_exist, "identifier=a|b");
    ck_assert_ptr_nonnull(requests[0].resource);
    ck_assert_uint_eq(requests[0].id.len, 0);
    assert_text(requests[1].id, "2");
    assert_text(requests[1].if_match, "7");
    assert_text(requests[2].type, "Observation");
    assert_text(requests[2].query, "identifier=c");
    ck_assert_int_eq(requests[3].method, FHIR_BUNDLE_DELETE);
    ck_assert_ptr_null(requests[3].resource);
    ck_assert_uint_eq(requests[4].index, 4);
    assert_text(requests[4].url, "Patient/4/_history/1");
    assert_text(requests[4].if_none_match, "W/\"1\"");
}
END_TEST

#define PATIENT "\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\"}"

static const struct {
    const char *type, *entries, *place;
} faults[] = {
    {"searchset", "", "Bundle.type"},
    {"transaction", "{" PATIENT "}", "Bundle.entry[0].request.method"},
    {"transaction", "7", "Bundle.entry[0].request.method"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"post\",\"url\":\"Patient\"}}",
     "Bundle.entry[0].request.method"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"POST\"}}", "Bundle.entry[0].request.url"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"POST\",\"url\":\"Patient/1\"}}",
     "Bundle.entry[0].request.url"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient\"}}",
     "Bundle.entry[0].request.url"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/a_b\"}}",
     "Bundle.entry[0].request.url"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"../Patient/1\"}}",
     "Bundle.entry[0].request.url"},
    {"batch", "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/1?x=1\"}}",
     "Bundle.entry[0].request.url"},
    {"batch", "{\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}",
     "Bundle.entry[0].request.method"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"POST\",\"url\":\"Task\"}}",
     "Bundle.entry[0].resource"},
    {"batch", "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/2\"}}",
     "Bundle.entry[0].resource"},
    {"batch",
     "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/1\",\"ifMatch\":\"7\"}}",
     "Bundle.entry[0].request.ifMatch"},
    {"batch",
     "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/1\",\"ifMatch\":\"\"}}",
     "Bundle.entry[0].request.ifMatch"},
    {"batch",
     "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/1\",\"ifNoneMatch\":\"\"}}",
     "Bundle.entry[0].request.ifNoneMatch"},
    {"batch",
     "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/1\",\"ifNoneMatch\":[\"*\"]}}",
     "Bundle.entry[0].request.ifNoneMatch"},
    {"batch",
     "{" PATIENT ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"\"}}",
     "Bundle.entry[0].request.ifNoneExist"},
    {"transaction",
     "{\"fullUrl\":\"urn:uuid:1\"," PATIENT
     ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}},"
     "{\"fullUrl\":\"urn:uuid:1\"," PATIENT
     ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}",
     "Bundle.entry[1].fullUrl"},
    {"transaction",
     "{" PATIENT ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/1\"}},"
     "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/1\"}}",
     "Bundle.entry[1].request.url"},
};

START_TEST(request_that_cannot_be_done_is_named)
{
    struct fhir_bundle_request *requests = NULL;
    size_t count = 0;
    ck_assert_int_eq(read_requests(faults[_i].type, faults[_i].entries, &requests, &count), -1);
    ck_assert_ptr_null(requests);
    ck_assert_uint_eq(issues.count, 1);
    assert_text(issues.items[0].place.name, faults[_i].place);
}
END_TEST

START_TEST(batch_may_change_one_resource_twice)
{
    struct fhir_bundle_request *requests = NULL;
    size_t count = 0;
    ck_assert_int_eq(read_requests("batch",
                                   "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/1\"}},"
                                   "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/1\"}}",
                                   &requests, &count),
                     0);
    ck_assert_uint_eq(count, 2);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("bundle");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, searchset_has_total_links_and_matches);
    tcase_add_test(tests, history_and_responses_are_valid_bundles);
    tcase_add_test(tests, requests_are_read_in_their_order);
    tcase_add_loop_test(tests, request_that_cannot_be_done_is_named, 0,
                        sizeof(faults) / sizeof(faults[0]));
    tcase_add_test(tests, batch_may_change_one_resource_twice);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("bundle", add);
}
