/* Rows as AuditEvents: each is valid FHIR R4, whatever the row says, and says what BALP wants said.
 * Expected values are those of IHE BALP 1.1 and FHIR R4 auditevent.html. */
#include "pipeline/audit_event.h"

#include "fhir/definition.h"
#include "fhir/validate.h"
#include "support/suite.h"

static struct arena *arena;
static const struct fhir_definitions *definitions;
static const struct pipeline_audit_origin origin = {SLICE_INIT("painbridge"),
                                                    SLICE_INIT("https://localhost:8443")};

static void set_up(void)
{
    arena = arena_new(0);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
}

static void tear_down(void)
{
    arena_free(arena);
}

static struct pipeline_audit_row row_of(const char *kind)
{
    return (struct pipeline_audit_row){.chain = 17,
                                       .place = 4711,
                                       .recorded = 1793318400123456,
                                       .person = 5,
                                       .kind = slice_of(kind),
                                       .role = SLICE("client"),
                                       .actor = SLICE("reader"),
                                       .outcome = SLICE("success")};
}

static const char *print(const struct json *json)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(json, &text);
    char *copy = arena_string(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

/* Valid, too. */
static struct json *event_of(const struct pipeline_audit_row *row, const char *patient)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    struct json *event = pipeline_audit_event(row, slice_of(patient), &origin, arena);
    int valid = fhir_validate(definitions, event, &issues);
    for (size_t i = 0; i < issues.count; i++)
        ck_assert_msg(issues.items[i].severity < ISSUE_ERROR, "%.*s in %s",
                      SLICE_ARG(issue_words(&issues.items[i])), print(event));
    ck_assert_int_eq(valid, 0);
    return event;
}

static void expect(const struct json *json, const char *wanted)
{
    ck_assert_str_eq(print(json), wanted);
}

START_TEST(a_read_of_a_person_is_the_form_of_balp)
{
    struct pipeline_audit_row row = row_of("read");
    row.entities = SLICE("Observation/o1/3");
    row.address = SLICE("192.0.2.7");
    row.site = SLICE("mission");
    row.purpose = SLICE("TREAT");
    struct json *event = event_of(&row, "anna");
    expect(event,
           "{\"resourceType\":\"AuditEvent\",\"id\":\"17-4711\",\"meta\":{\"versionId\":\"1\","
           "\"lastUpdated\":\"2026-10-30T00:00:00.123Z\"},\"type\":{\"system\":"
           "\"http://terminology.hl7.org/CodeSystem/audit-event-type\",\"code\":\"rest\","
           "\"display\":\"Restful Operation\"},\"subtype\":[{\"system\":"
           "\"http://hl7.org/fhir/restful-interaction\",\"code\":\"read\",\"display\":\"read\"},"
           "{\"system\":\"urn:painbridge:audit\",\"code\":\"read\"}],\"action\":\"R\","
           "\"recorded\":\"2026-10-30T00:00:00.123Z\",\"outcome\":\"0\",\"purposeOfEvent\":["
           "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\","
           "\"code\":\"TREAT\"}]}],\"agent\":[{\"type\":{\"coding\":[{\"system\":"
           "\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110152\",\"display\":"
           "\"Destination Role ID\"}]},\"role\":[{\"coding\":[{\"system\":"
           "\"urn:painbridge:audit:role\",\"code\":\"client\"}]}],\"who\":{\"identifier\":"
           "{\"system\":\"urn:painbridge:audit:client\",\"value\":\"reader\"}},\"name\":"
           "\"reader\",\"requestor\":true,\"location\":{\"identifier\":{\"system\":"
           "\"urn:painbridge:audit:site\",\"value\":\"mission\"}},\"network\":{\"address\":"
           "\"192.0.2.7\",\"type\":\"2\"}},{\"type\":{\"coding\":[{\"system\":"
           "\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110153\",\"display\":"
           "\"Source Role ID\"}]},\"who\":{\"identifier\":{\"system\":"
           "\"urn:painbridge:audit:engine\",\"value\":\"painbridge\"}},\"requestor\":false,"
           "\"network\":{\"address\":\"https://localhost:8443\",\"type\":\"5\"}}],\"source\":"
           "{\"observer\":{\"identifier\":{\"system\":\"urn:painbridge:audit:engine\",\"value\":"
           "\"painbridge\"}},\"type\":[{\"system\":"
           "\"http://terminology.hl7.org/CodeSystem/security-source-type\",\"code\":\"4\","
           "\"display\":\"Application Server\"}]},\"entity\":[{\"type\":{\"system\":"
           "\"http://terminology.hl7.org/CodeSystem/audit-entity-type\",\"code\":\"1\","
           "\"display\":\"Person\"},\"role\":{\"system\":"
           "\"http://terminology.hl7.org/CodeSystem/object-role\",\"code\":\"1\",\"display\":"
           "\"Patient\"},\"what\":{\"reference\":\"Patient/anna\"}},{\"type\":{\"system\":"
           "\"http://terminology.hl7.org/CodeSystem/audit-entity-type\",\"code\":\"2\","
           "\"display\":\"System Object\"},\"role\":{\"system\":"
           "\"http://terminology.hl7.org/CodeSystem/object-role\",\"code\":\"4\",\"display\":"
           "\"Domain Resource\"},\"what\":{\"reference\":\"Observation/o1/_history/3\"}}]}");
}
END_TEST

static const struct {
    const char *kind, *entities, *type, *subtype, *action;
} forms[] = {
    {"write", "Patient/a/1", "rest", "create", "C"},
    {"write", "Patient/a/2", "rest", "update", "U"},
    {"write", "Patient/a/1 Observation/b/1", "rest", "transaction", "E"},
    {"write", "", "rest", "update", "U"},
    {"vread", "Patient/a/2", "rest", "vread", "R"},
    {"history", "Patient/a", "rest", "history-instance", "R"},
    {"search", "Patient", "rest", "search-type", "E"},
    {"message", "Patient/a/1 Observation/b/1", "110107", "receive", "C"},
    {"disclose", "Patient/a/1", "110106", "disclose", "R"},
    {"login", "", "110114", "110122", "E"},
    {"merge", "", "110110", "merge", "U"},
    {"activate", "revision/0a1b", "110113", "110131", "U"},
    {"pause", "feed/lab", "110100", "pause", "E"},
    {"refuse", "", "110113", "refuse", "E"},
    {"never heard of", "", "110100", "never heard of", "E"},
};

START_TEST(each_act_has_its_codes)
{
    struct pipeline_audit_row row = row_of(forms[_i].kind);
    row.entities = slice_of(forms[_i].entities);
    row.inbox_id = 3;
    const struct json *event = event_of(&row, "");
    const struct json *subtype = json_at(json_get(event, SLICE("subtype")), 0);
    ck_assert(slice_equal(json_get_text(json_get(event, SLICE("type")), SLICE("code")),
                          slice_of(forms[_i].type)));
    ck_assert(slice_equal(json_get_text(subtype, SLICE("code")), slice_of(forms[_i].subtype)));
    ck_assert(slice_equal(json_get_text(event, SLICE("action")), slice_of(forms[_i].action)));
}
END_TEST

START_TEST(a_search_has_its_query_in_base64)
{
    struct pipeline_audit_row row = row_of("search");
    row.entities = SLICE("Observation");
    row.detail = SLICE("code=x");
    const struct json *event = event_of(&row, "");
    ck_assert_uint_eq(json_count(json_get(event, SLICE("entity"))), 1);
    const struct json *entity = json_at(json_get(event, SLICE("entity")), 0);
    /* "Observation?code=x", RFC 4648 section 4 */
    ck_assert(
        slice_equal(json_get_text(entity, SLICE("query")), SLICE("T2JzZXJ2YXRpb24/Y29kZT14")));
    ck_assert_ptr_null(json_get(event, SLICE("outcomeDesc")));
}
END_TEST

/* BALP: the client is who asked unless somebody is signed in there. */
START_TEST(who_is_signed_in_is_an_agent_of_his_own)
{
    struct pipeline_audit_row row = row_of("read");
    row.user = SLICE("https://ehr.example/Practitioner/7");
    const struct json *agents = json_get(event_of(&row, ""), SLICE("agent"));
    ck_assert_uint_eq(json_count(agents), 3);
    ck_assert(!json_is_true(json_get(json_at(agents, 0), SLICE("requestor"))));
    ck_assert(json_is_true(json_get(json_at(agents, 1), SLICE("requestor"))));
    ck_assert(slice_equal(json_get_text(json_at(agents, 1), SLICE("name")), row.user));
    const struct json *type = json_get(json_at(agents, 1), SLICE("type"));
    ck_assert(slice_equal(json_get_text(json_at(json_get(type, SLICE("coding")), 0), SLICE("code")),
                          SLICE("IRCP")));
}
END_TEST

START_TEST(what_went_wrong_is_said_with_its_words)
{
    struct pipeline_audit_row row = row_of("refuse");
    row.role = SLICE(PIPELINE_AUDIT_STRANGER);
    row.actor = (struct slice){0};
    row.person = 0;
    row.outcome = SLICE("login");
    row.detail = SLICE("GET");
    const struct json *event = event_of(&row, "");
    ck_assert(slice_equal(json_get_text(event, SLICE("outcome")), SLICE("4")));
    ck_assert(slice_equal(json_get_text(event, SLICE("outcomeDesc")), SLICE("login: GET")));
}
END_TEST

START_TEST(an_id_is_chain_and_place_and_nothing_else)
{
    static const char *const wrong[] = {
        "", "1", "1-", "-1", "1-2-3", "a-1", "1-99999999999999999999"};
    int64_t chain = 0, place = 0;
    ck_assert(pipeline_audit_event_read_id(SLICE("17-4711"), &chain, &place));
    ck_assert(chain == 17 && place == 4711);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert(!pipeline_audit_event_read_id(slice_of(wrong[i]), &chain, &place));
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("audit_event");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_read_of_a_person_is_the_form_of_balp);
    tcase_add_loop_test(cases, each_act_has_its_codes, 0, (int)(sizeof forms / sizeof forms[0]));
    tcase_add_test(cases, a_search_has_its_query_in_base64);
    tcase_add_test(cases, who_is_signed_in_is_an_agent_of_his_own);
    tcase_add_test(cases, what_went_wrong_is_said_with_its_words);
    tcase_add_test(cases, an_id_is_chain_and_place_and_nothing_else);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("audit_event", add);
}
