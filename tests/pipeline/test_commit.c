/* Commit against a real server: what is stored, what is answered, and that nothing is stored twice
 * or lost. Rules: domain rules section 5, design "Durability", "Identity", "Order". */
#include "pipeline/committer.h"
#include "support/same.h"

#include <stdio.h>

/* --- messages --------------------------------------------------------------------------------- */

START_TEST(a_message_is_stored_with_its_bytes_its_answer_and_its_effects)
{
    struct test_item *test = test_item_new("north", "1", "MSH|raw\r", 1);
    test_patient(test, "M1", "\"gender\":\"female\"");
    test_of_patient(test_write(test, "Observation", "o1", "\"status\":\"final\""));
    ck_assert_int_eq(run(test), PIPELINE_COMMITTED);
    ck_assert_uint_gt(test->item.message_key, 0);
    ck_assert(slice_starts_with(test->item.answer_text, SLICE("AA 1 by pb1-")));
    ck_assert_uint_le(test->item.answer_text.len - strlen("AA 1 by "), 20);
    CK_SAME(test->item.writes[1].final_id, arena_string(test->arena, test->item.writes[1].id));
    ck_assert(test->item.writes[1].created);
    ck_assert_uint_eq(test->item.writes[1].version, 1);
    expect("select convert_from(raw, 'UTF8'), status, message_type, feed from inbox",
           "MSH|raw\r|accepted|ADT^A08|north-feed");
    expect("select count(*) from inbox i join message_key k using (inbox_id)"
           " where k.accepted",
           "1");
    expect("select type, version, body::json ->> 'resourceType', body::json -> 'meta' ->>"
           " 'versionId' from resource order by type",
           "Observation|1|Observation|1\nPatient|1|Patient|1");
    expect("select count(*) from provenance join inbox using (inbox_id)", "2");
    expect("select count(*) from marked_person join person using (person_key)", "1");
    expect("select kind, role, outcome, actor, site, place from audit",
           "message|feed|success|north-feed|north|0");
    expect("select count(*) from audit a, lateral"
           " string_to_table(a.entities, ' ') as e join resource r"
           " on e = r.type || '/' || r.id || '/' || r.version",
           "2");
    test_item_free(test);
}
END_TEST

START_TEST(the_same_message_again_has_no_effect_and_the_same_answer)
{
    struct test_item *first = patient_message("north", "1", "M1", "\"active\":true", 1);
    struct test_item *second = patient_message("north", "1", "M1", "\"active\":true", 1);
    ck_assert_int_eq(run(first), PIPELINE_COMMITTED);
    ck_assert_int_eq(run(second), PIPELINE_DUPLICATE);
    ck_assert(slice_equal(first->item.answer_text, second->item.answer_text));
    ck_assert_uint_eq(first->item.message_key, second->item.message_key);
    ck_assert_int_eq(second->answers, 0);
    expect("select count(*) from inbox", "1");
    expect("select string_agg(kind, ',' order by recorded, chain, place) from audit",
           "message,duplicate");
    test_item_free(first);
    test_item_free(second);
}
END_TEST

START_TEST(twice_in_one_breath_is_once)
{
    struct test_item *first = patient_message("north", "1", "M1", "\"active\":true", 1);
    struct test_item *second = patient_message("north", "1", "M1", "\"active\":true", 1);
    pipeline_commit_submit(commit, &first->item);
    ck_assert_int_eq(run(second), PIPELINE_DUPLICATE);
    ck_assert_int_eq(first->item.outcome, PIPELINE_COMMITTED);
    expect("select count(*) from inbox", "1");
    test_item_free(first);
    test_item_free(second);
}
END_TEST

START_TEST(another_content_under_a_taken_key_is_quarantined)
{
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    struct test_item *clash = test_item_new("north", "1", "other", 2);
    test_patient(clash, "M1", "\"active\":false");
    ck_assert_int_eq(run(clash), PIPELINE_KEY_CLASH);
    ck_assert(slice_starts_with(clash->item.answer_text, SLICE("AE 1 by pb1-")));
    expect("select string_agg(status, ',' order by inbox_id) from inbox", "accepted,quarantined");
    expect("select body::json ->> 'active' from resource", "true");
    expect("select count(*) from message_key k join inbox i using (inbox_id)"
           " where i.status = 'accepted' and k.accepted",
           "1");
    test_item_free(clash);
}
END_TEST

START_TEST(a_refused_message_is_kept_and_may_be_tried_again)
{
    struct test_item *refused = test_item_new("north", "1", "a", 1);
    refused->item.refused = true;
    run_well(refused);
    expect("select accepted from message_key", "f");
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    expect("select string_agg(status, ',' order by inbox_id) from inbox", "rejected,accepted");
    expect("select accepted from message_key", "t");
}
END_TEST

START_TEST(a_control_id_is_free_again_after_its_window)
{
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    struct test_item *later = test_item_new("north", "1", "other", 2);
    later->item.window_days = 30;
    later->item.received += 31 * TIME_DAY;
    free(database_ask("select ensure_partitions(now() + interval '31 days')"));
    run_well(later);
    expect("select count(*) from inbox where status = 'accepted'", "2");
}
END_TEST

START_TEST(a_message_without_a_control_id_is_stored_each_time)
{
    for (int i = 0; i < 2; i++) {
        struct test_item *test = test_item_new("north", "", "a", 1);
        test->item.refused = true;
        run_well(test);
    }
    expect("select count(*) from inbox", "2");
    expect("select count(*) from message_key", "0");
}
END_TEST

/* --- resources -------------------------------------------------------------------------------- */

START_TEST(the_same_facts_again_make_no_version)
{
    run_well(patient_message("north", "1", "M1", "\"meta\":{\"source\":\"a\"},\"active\":true", 1));
    struct test_item *again =
        patient_message("north", "2", "M1", "\"meta\":{\"source\":\"b\"},\"active\":true", 1);
    ck_assert_int_eq(run(again), PIPELINE_COMMITTED);
    ck_assert(again->item.writes[0].unchanged);
    ck_assert_uint_eq(again->item.writes[0].version, 1);
    expect("select version from resource", "1");
    expect("select count(*) from resource_history", "0");
    test_item_free(again);
}
END_TEST

START_TEST(a_change_makes_a_version_and_keeps_the_one_before)
{
    run_well(patient_message("north", "1", "M1", "\"gender\":\"male\",\"active\":true", 1));
    run_well(patient_message("north", "2", "M1", "\"gender\":\"female\"", 2));
    expect("select version, body::json ->> 'gender', body::json ->> 'active' from resource",
           "2|female|true");
    expect("select version, body::json ->> 'gender' from resource_history", "1|male");
    expect("select count(distinct inbox_id) from provenance", "2");
}
END_TEST

START_TEST(what_is_older_does_not_overwrite_what_is_newer)
{
    run_well(patient_message("north", "1", "M1", "\"gender\":\"male\"", 5));
    run_well(patient_message("north", "2", "M1", "\"gender\":\"female\",\"active\":true", 2));
    expect("select body::json ->> 'gender', body::json ->> 'active' from resource", "male|true");
}
END_TEST

START_TEST(the_same_said_later_makes_older_news_older)
{
    run_well(patient_message("north", "1", "M1", "\"gender\":\"male\"", 1));
    run_well(patient_message("north", "2", "M1", "\"gender\":\"male\"", 5));
    run_well(patient_message("north", "3", "M1", "\"gender\":\"female\"", 3));
    expect("select version, body::json ->> 'gender' from resource", "1|male");
}
END_TEST

START_TEST(messages_of_one_person_in_one_batch_take_effect_in_their_order)
{
    struct test_item *tests[6];
    for (int i = 0; i < 6; i++) {
        char control[2] = {(char)('1' + i), '\0'};
        char body[] = "\"language\":\"x\"";
        body[12] = (char)('a' + i);
        tests[i] = patient_message("north", control, "M1", body, i);
        pipeline_commit_submit(commit, &tests[i]->item);
    }
    ck_assert(test_host_run(&host, &tests[5]->done, 30000));
    expect("select version, body::json ->> 'language' from resource", "6|f");
    expect("select string_agg(version || (body::json ->> 'language'), ',' order by version)"
           " from resource_history",
           "1a,2b,3c,4d,5e");
    for (int i = 0; i < 6; i++) {
        ck_assert_uint_eq(tests[i]->item.writes[0].version, (unsigned)i + 1);
        test_item_free(tests[i]);
    }
}
END_TEST

static struct test_item *order(const char *control, const char *keys, const char *body, int day)
{
    struct test_item *test = patient_message("north", control, "M1", "\"active\":true", day);
    test_of_patient(test_write(test, "ServiceRequest", keys, body));
    return test;
}

START_TEST(placer_and_filler_numbers_name_one_resource_in_any_order)
{
    run_well(order("1", "placer", "\"status\":\"active\"", 1));
    struct test_item *result = order("2", "filler placer", "\"status\":\"completed\"", 2);
    ck_assert_int_eq(run(result), PIPELINE_COMMITTED);
    ck_assert(!slice_equal(result->item.writes[1].final_id, result->item.writes[1].id));
    ck_assert(!result->item.writes[1].created);
    test_item_free(result);
    run_well(order("3", "filler placer", "\"status\":\"completed\"", 2));
    run_well(order("4", "filler", "\"priority\":\"stat\"", 3));
    expect("select count(*), max(version) from resource where type = 'ServiceRequest'", "1|3");
    expect("select count(*) from resource_key where type = 'ServiceRequest'", "2");
}
END_TEST

START_TEST(references_follow_the_id_in_force)
{
    run_well(order("1", "placer", "\"status\":\"active\"", 1));
    struct test_item *test = order("2", "filler placer", "\"status\":\"completed\"", 2);
    struct pipeline_write *report = test_of_patient(
        test_write(test, "DiagnosticReport", "r1",
                   "\"basedOn\":[{\"reference\":\"ServiceRequest/wrong\"}],"
                   "\"result\":[{\"reference\":\"Observation/none\",\"display\":\"later\"}]"));
    struct pipeline_reference references[] = {
        {.node = json_at(json_get(report->body, SLICE("basedOn")), 0), .write = 1},
        {.node = json_at(json_get(report->body, SLICE("result")), 0),
         .write = SIZE_MAX,
         .type = SLICE("Observation"),
         .digest = test_key(test, "Observation", "unknown")->digest},
    };
    report->references = references;
    report->reference_count = 2;
    ck_assert_int_eq(run(test), PIPELINE_COMMITTED);
    expect("select (select count(*) from resource s where s.type = 'ServiceRequest' and"
           " 'ServiceRequest/' || s.id = r.body::json -> 'basedOn' -> 0 ->> 'reference'),"
           " r.body::json -> 'result' -> 0 from resource r where type = 'DiagnosticReport'",
           "1|{\"display\":\"later\"}");
    test_item_free(test);
}
END_TEST

START_TEST(two_sites_link_by_a_shared_identifier_and_clear_only_their_own)
{
    struct test_item *north =
        patient_message("north", "1", "M1", "\"gender\":\"male\",\"active\":true", 1);
    north->item.persons[0].links[0] = test_key(north, "Patient", "shared")->digest;
    north->item.persons[0].link_count = 1;
    run_well(north);
    struct test_item *south = patient_message("south", "1", "S1", "\"gender\":\"female\"", 2);
    south->item.persons[0].links[0] = test_key(south, "Patient", "shared")->digest;
    south->item.persons[0].link_count = 1;
    run_well(south);
    expect("select count(*) from person", "1");
    expect("select count(*), max(version), bool_and(merged) from resource", "1|2|t");
    expect("select count(*) from contribution", "2");
    expect("select body::json ->> 'gender', body::json ->> 'active' from resource", "female|true");
    struct test_item *cleared = patient_message("south", "2", "S1", "", 3);
    test_clear(cleared, &cleared->item.writes[0], "gender");
    run_well(cleared);
    expect("select body::json ->> 'gender', body::json ->> 'active' from resource", "male|true");
}
END_TEST

START_TEST(what_belongs_to_nobody_is_shared)
{
    struct test_item *test = test_item_new("north", "1", "a", 1);
    test_write(test, "Organization", "o1", "\"name\":\"Clinic\"");
    run_well(test);
    expect("select type, person_key, version from shared_resource", "Organization|0|1");
    expect("select parameter, value from shared_index_string", "Organization.name|clinic");
    struct test_item *other = test_item_new("south", "1", "b", 2);
    test_write(other, "Organization", "o1", "\"active\":true");
    run_well(other);
    expect("select body::json ->> 'name', body::json ->> 'active', merged, version"
           " from shared_resource",
           "Clinic|true|t|2");
    expect("select count(*) from shared_contribution", "2");
}
END_TEST

START_TEST(the_index_follows_the_content_and_leaves_the_subject_out)
{
    struct test_item *first = patient_message("north", "1", "M1", "\"gender\":\"male\"", 1);
    struct pipeline_write *observation = test_of_patient(
        test_write(first, "Observation", "o1",
                   "\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\","
                   "\"code\":\"91147-9\"}]},\"subject\":{\"reference\":\"Patient/x\"},"
                   "\"effectiveDateTime\":\"2026-03\""));
    struct pipeline_reference subject = {.node = json_get(observation->body, SLICE("subject")),
                                         .write = 0};
    observation->references = &subject;
    observation->reference_count = 1;
    run_well(first);
    expect("select system, code from index_token where parameter = 'Observation.code'",
           "http://loinc.org|91147-9");
    expect("select count(*) from index_reference", "0");
    expect("select lower at time zone 'UTC', upper at time zone 'UTC' from index_date"
           " where parameter = 'Observation.date'",
           "2026-03-01 00:00:00|2026-03-31 23:59:59.999999");
    run_well(patient_message("north", "2", "M1", "\"gender\":\"female\"", 2));
    expect("select code from index_token where parameter = 'Patient.gender'", "female");
}
END_TEST

/* --- FHIR requests ---------------------------------------------------------------------------- */

START_TEST(a_client_replaces_the_whole_and_gets_the_stored_text)
{
    struct test_item *first = request("Organization", "a-1", "\"name\":\"x\",\"active\":true");
    ck_assert_int_eq(run(first), PIPELINE_COMMITTED);
    struct test_item *second = request("Organization", "a-1", "\"name\":\"y\"");
    ck_assert_int_eq(run(second), PIPELINE_COMMITTED);
    char *body = database_ask("select body from shared_resource");
    ck_assert_str_eq(body, arena_string(arena, second->item.writes[0].text));
    free(body);
    expect("select id, version, body::json ->> 'active' from shared_resource", "a-1|2|");
    expect("select count(*) from inbox", "0");
    test_item_free(first);
    test_item_free(second);
}
END_TEST

START_TEST(a_request_that_expects_another_version_fails_whole)
{
    run_well(request("Organization", "a-1", "\"name\":\"x\""));
    struct test_item *stale = request("Organization", "a-1", "\"name\":\"y\"");
    struct pipeline_write *also = test_write(stale, "Location", "l1", "\"name\":\"z\"");
    also->effect = PIPELINE_REPLACE;
    stale->item.writes[0].expected_version = 4;
    ck_assert_int_eq(run(stale), PIPELINE_FAILED);
    ck_assert_int_eq(issue_list_first_error(&stale->item.issues)->code, ISSUE_PRECONDITION);
    expect("select count(*), max(version) from shared_resource", "1|1");
    test_item_free(stale);
    struct test_item *good = request("Organization", "a-1", "\"name\":\"y\"");
    good->item.writes[0].expected_version = 1;
    run_well(good);
}
END_TEST

START_TEST(what_must_be_new_is_not_written_over)
{
    run_well(request("Organization", "a-1", "\"name\":\"x\""));
    struct test_item *again = request("Organization", "a-1", "\"name\":\"y\"");
    again->item.writes[0].must_be_new = true;
    ck_assert_int_eq(run(again), PIPELINE_FAILED);
    ck_assert_int_eq(issue_list_first_error(&again->item.issues)->code, ISSUE_CONFLICT);
    test_item_free(again);
}
END_TEST

START_TEST(a_client_writes_about_a_person_by_id_or_fails)
{
    struct test_item *known = patient_message("north", "1", "M1", "\"active\":true", 1);
    ck_assert_int_eq(run(known), PIPELINE_COMMITTED);
    struct test_item *goal = request("Goal", "g-1", "\"lifecycleStatus\":\"active\"");
    goal->item.writes[0].subject = (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID,
                                                             .id = known->item.writes[0].final_id};
    run_well(goal);
    expect("select s.value from resource r join source_record s using (source_record_key)"
           " where r.type = 'Goal'",
           "M1");
    struct test_item *lost = request("Goal", "g-2", "\"lifecycleStatus\":\"active\"");
    lost->item.writes[0].subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = SLICE("nobody")};
    ck_assert_int_eq(run(lost), PIPELINE_FAILED);
    ck_assert_int_eq(issue_list_first_error(&lost->item.issues)->code, ISSUE_UNKNOWN_KEY);
    test_item_free(known);
    test_item_free(lost);
}
END_TEST

START_TEST(the_months_that_come_are_made_before_they_are_needed)
{
    free(database_ask("do $$ declare month regclass; begin for month in select inhrelid from"
                      " pg_inherits where inhparent in ('inbox'::regclass, 'audit'::regclass)"
                      " loop execute 'drop table ' || month; end loop; end $$"));
    run_well(patient_message("north", "1", "M1", "\"active\":true", 1));
    expect("select count(*) from pg_inherits where inhparent in ('inbox'::regclass,"
           " 'audit'::regclass)",
           "4");
}
END_TEST

static void add(Suite *suite)
{
    TCase *messages = tcase_create("messages");
    TCase *resources = tcase_create("resources");
    TCase *requests = tcase_create("requests");
    TCase *const cases[] = {messages, resources, requests};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tcase_set_timeout(cases[i], 90);
        tcase_add_checked_fixture(cases[i], set_up, tear_down);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_test(messages, a_message_is_stored_with_its_bytes_its_answer_and_its_effects);
    tcase_add_test(messages, the_same_message_again_has_no_effect_and_the_same_answer);
    tcase_add_test(messages, twice_in_one_breath_is_once);
    tcase_add_test(messages, another_content_under_a_taken_key_is_quarantined);
    tcase_add_test(messages, a_refused_message_is_kept_and_may_be_tried_again);
    tcase_add_test(messages, a_control_id_is_free_again_after_its_window);
    tcase_add_test(messages, a_message_without_a_control_id_is_stored_each_time);
    tcase_add_test(messages, the_months_that_come_are_made_before_they_are_needed);
    tcase_add_test(resources, the_same_facts_again_make_no_version);
    tcase_add_test(resources, a_change_makes_a_version_and_keeps_the_one_before);
    tcase_add_test(resources, what_is_older_does_not_overwrite_what_is_newer);
    tcase_add_test(resources, the_same_said_later_makes_older_news_older);
    tcase_add_test(resources, messages_of_one_person_in_one_batch_take_effect_in_their_order);
    tcase_add_test(resources, placer_and_filler_numbers_name_one_resource_in_any_order);
    tcase_add_test(resources, references_follow_the_id_in_force);
    tcase_add_test(resources, two_sites_link_by_a_shared_identifier_and_clear_only_their_own);
    tcase_add_test(resources, what_belongs_to_nobody_is_shared);
    tcase_add_test(resources, the_index_follows_the_content_and_leaves_the_subject_out);
    tcase_add_test(requests, a_client_replaces_the_whole_and_gets_the_stored_text);
    tcase_add_test(requests, a_request_that_expects_another_version_fails_whole);
    tcase_add_test(requests, what_must_be_new_is_not_written_over);
    tcase_add_test(requests, a_client_writes_about_a_person_by_id_or_fails);
}

int main(void)
{
    return database_suite_main("commit", add);
}
