/* What a Consent allows and denies. Rules: 42 CFR 2.31, FHIR R4 consent.html; see consent.h. */
#include "pipeline/consent.h"

#include "base/buffer.h"
#include "pipeline/label.h"
#include "support/suite.h"

static struct arena *arena;

static void set_up(void)
{
    arena = arena_new(0);
}

static void tear_down(void)
{
    arena_free(arena);
}

/* A Consent of one provision with so many actors in each role. */
static size_t rules_of(const char *type, size_t disclosers, size_t recipients,
                       struct pipeline_consent_rule **ret_rules)
{
    struct buffer text;
    struct json *consent = NULL;
    buffer_init(&text, 0);
    buffer_append_format(
        &text,
        "{\"resourceType\":\"Consent\",\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":"
        "\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":\"patient-privacy\"}]},"
        "\"policyRule\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
        "v3-ActCode\",\"code\":\"42CFRPart2\"}]},\"provision\":{\"type\":\"%s\",\"purpose\":[{"
        "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\"TREAT\"}],"
        "\"actor\":[",
        type);
    for (size_t i = 0; i < disclosers + recipients; i++)
        buffer_append_format(&text,
                             "%s{\"role\":{\"coding\":[{\"code\":\"%s\"}]},\"reference\":{"
                             "\"identifier\":{\"system\":\"urn:painbridge:site\",\"value\":\"%s%zu"
                             "\"}}}",
                             i > 0 ? "," : "", i < disclosers ? "CST" : "IRCP",
                             i < disclosers ? "program" : "clinic", i < disclosers ? 0 : i);
    buffer_append(&text, SLICE("]}}"));
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    ck_assert_int_eq(json_parse(copy, arena, &consent, NULL), 0);
    return pipeline_consent_rules(consent, SLICE("program0"), arena, ret_rules);
}

START_TEST(permit_is_a_rule_for_each_recipient)
{
    struct pipeline_consent_rule *rules = NULL;
    ck_assert_uint_eq(rules_of("permit", 1, 3, &rules), 3);
    ck_assert(rules[0].permits);
    ck_assert(slice_equal(rules[0].discloser, SLICE("program0")));
    ck_assert(slice_equal(rules[0].recipient, SLICE("urn:painbridge:site|clinic1")));
    ck_assert_uint_eq(rules[0].purposes, PIPELINE_PURPOSE_TREATMENT);
    ck_assert_uint_eq(rules[0].labels, PIPELINE_LABELS_ALL);
}
END_TEST

START_TEST(more_actors_than_anybody_names_permit_nothing_and_deny_everybody)
{
    struct pipeline_consent_rule *rules = NULL;
    ck_assert_uint_eq(rules_of("permit", 0, 257, &rules), 0);
    ck_assert_uint_eq(rules_of("deny", 1000, 1000, &rules), 1);
    ck_assert(!rules[0].permits);
    ck_assert_uint_eq(rules[0].discloser.len, 0);
    ck_assert_uint_eq(rules[0].recipient.len, 0);
    ck_assert_uint_eq(rules_of("deny", 16, 16, &rules), 256);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("consent");
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, permit_is_a_rule_for_each_recipient);
    tcase_add_test(tests, more_actors_than_anybody_names_permit_nothing_and_deny_everybody);
}

int main(void)
{
    return suite_main("consent", add);
}
