/* Commit against a real server: in whose record a resource stands, and who may say so. What one
 * site wrote is not moved nor rewritten by another; what is about one person is never shown as
 * another's (SECURITY.md, "What one site can do to another's record"). */
#include "pipeline/committer.h"
#include "pipeline/query.h"
#include "support/same.h"

static struct pipeline_query *query;

static void set_up_readers(void)
{
    set_up();
    query =
        pipeline_query_new(&(struct pipeline_query_options){.store = &door, .host = &host.host});
}

static void tear_down_readers(void)
{
    pipeline_query_free(query);
    tear_down();
}

/* Fails for this reason, by this write. */
static void run_refused(struct test_item *test, enum issue_code code, size_t write)
{
    ck_assert_int_eq(run(test), PIPELINE_FAILED);
    ck_assert_int_eq(issue_list_first_error(&test->item.issues)->code, code);
    ck_assert_uint_eq(test->item.refused_write, write);
    test_item_free(test);
}

/* --- two feeds -------------------------------------------------------------------------------- */

#define ORDER_BODY(subject, status)                                                                \
    "\"status\":\"" status "\",\"subject\":{\"reference\":\"Patient/" subject "\"}"

/* A message about the person of a record, with an order known by these keys. */
static struct test_item *order(const char *site, const char *control, const char *record,
                               const char *keys, const char *body, int day)
{
    struct test_item *test = test_item_new(site, control, control, day);
    test_patient(test, record, "\"active\":true");
    struct pipeline_write *write = test_of_patient(test_write(test, "ServiceRequest", keys, body));
    struct json *subject = json_get(write->body, SLICE("subject"));
    if (!subject)
        return test;
    write->references = ARENA_NEW(test->arena, struct pipeline_reference);
    *write->references = (struct pipeline_reference){.node = subject, .write = 0};
    write->reference_count = 1;
    return test;
}

/* The record numbers of the person in whose record the orders stand, and whom the bodies name. */
static void expect_orders(const char *wanted)
{
    expect("select string_agg(s.value || ' ' || r.version || ' ' ||"
           " (r.body::json -> 'subject' ->> 'reference' = 'Patient/' || p.patient_id), ','"
           " order by r.number)"
           " from resource r join person p using (person_key)"
           " join source_record s using (person_key) where r.type = 'ServiceRequest'",
           wanted);
}

START_TEST(a_site_cannot_take_what_another_site_wrote_of_another_person)
{
    run_well(order("north", "1", "N1", "shared", ORDER_BODY("x", "active"), 1));
    run_refused(order("south", "1", "S1", "shared", ORDER_BODY("x", "revoked"), 2), ISSUE_CONFLICT,
                1);
    expect_orders("N1 1 true");
    expect("select body::json ->> 'status' from resource where type = 'ServiceRequest'", "active");
    expect("select count(*) from person", "1");
    expect("select count(*) from source_record", "1");
    expect("select count(*) from resource_key", "2");
    expect("select count(*) from message_key where accepted", "1");
    expect("select a.kind, a.outcome, a.actor, s.value from audit a"
           " join source_record s using (person_key) where a.outcome <> 'success'",
           "message|conflict|south-feed|N1");
}
END_TEST

START_TEST(nor_by_an_alias_nor_with_an_older_time_nor_by_a_mere_mention)
{
    run_well(order("north", "1", "N1", "shared", ORDER_BODY("x", "active"), 5));
    run_refused(order("south", "1", "S1", "own shared", ORDER_BODY("x", "revoked"), 9),
                ISSUE_CONFLICT, 1);
    run_refused(order("south", "2", "S1", "shared", ORDER_BODY("x", "revoked"), 2), ISSUE_CONFLICT,
                1);
    struct test_item *mention = order("south", "3", "S1", "shared alias", "", 9);
    mention->item.writes[1].effect = PIPELINE_TOUCH;
    run_refused(mention, ISSUE_CONFLICT, 1);
    expect_orders("N1 1 true");
    expect("select count(*) from resource_key where type = 'ServiceRequest'", "1");
}
END_TEST

START_TEST(in_one_batch_the_first_site_keeps_what_it_wrote)
{
    struct test_item *first = order("north", "1", "N1", "shared", ORDER_BODY("x", "active"), 1);
    struct test_item *second = order("south", "1", "S1", "shared", ORDER_BODY("x", "revoked"), 2);
    struct test_item *third = order("south", "2", "S1", "own", ORDER_BODY("x", "active"), 3);
    pipeline_commit_submit(commit, &first->item);
    pipeline_commit_submit(commit, &second->item);
    pipeline_commit_submit(commit, &third->item);
    wait_for(third);
    ck_assert_int_eq(first->item.outcome, PIPELINE_COMMITTED);
    ck_assert_int_eq(second->item.outcome, PIPELINE_FAILED);
    ck_assert_int_eq(third->item.outcome, PIPELINE_COMMITTED);
    expect_orders("N1 1 true,S1 1 true");
    test_item_free(first);
    test_item_free(second);
    test_item_free(third);
}
END_TEST

/* Both sites know the person by the same number. */
static struct test_item *of_shared_person(struct test_item *test)
{
    test->item.persons[0].links[0] = test_key(test, "Patient", "known to both")->digest;
    test->item.persons[0].link_count = 1;
    return test;
}

START_TEST(two_sites_contribute_to_one_resource_of_the_same_person)
{
    run_well(of_shared_person(order("north", "1", "N1", "shared", "\"status\":\"active\"", 1)));
    run_well(of_shared_person(order("south", "1", "S1", "shared", "\"priority\":\"stat\"", 2)));
    expect("select body::json ->> 'status', body::json ->> 'priority', merged, version"
           " from resource where type = 'ServiceRequest'",
           "active|stat|t|2");
    expect("select count(*) from contribution where type = 'ServiceRequest'", "2");
}
END_TEST

START_TEST(what_two_sites_wrote_is_moved_by_none_of_them)
{
    run_well(of_shared_person(order("north", "1", "N1", "shared", "\"status\":\"active\"", 1)));
    run_well(of_shared_person(order("south", "1", "S1", "shared", "\"priority\":\"stat\"", 2)));
    run_refused(order("south", "2", "S2", "shared", "\"status\":\"active\"", 3), ISSUE_CONFLICT, 1);
    run_refused(order("north", "2", "N2", "shared", "\"status\":\"active\"", 3), ISSUE_CONFLICT, 1);
    expect("select version from resource where type = 'ServiceRequest'", "2");
}
END_TEST

#define IDENTIFIERS 10000

/* A message about a person who has very many identifiers, all of them links. */
static struct test_item *of_many_identifiers(const char *site, const char *record)
{
    struct test_item *test = test_item_new(site, "", "raw", 1);
    struct buffer body;
    buffer_init(&body, 0);
    for (int i = 0; i < IDENTIFIERS; i++)
        buffer_append_format(&body,
                             "%s{\"system\":\"urn:oid:2.16.840.1.113883.19.5\",\"value\":\"%d\"}",
                             i == 0 ? "\"identifier\":[" : ",", i);
    buffer_append(&body, SLICE("]"));
    test_patient(test, record, arena_string(test->arena, buffer_slice(&body)));
    buffer_release(&body);
    struct pipeline_person *person = &test->item.persons[0];
    person->links = ARENA_ARRAY(test->arena, IDENTIFIERS, const unsigned char *);
    for (int i = 0; i < IDENTIFIERS; i++) {
        struct slice key = arena_format(test->arena, "link %d", i);
        person->links[person->link_count++] = test_key(test, "Patient", key.ptr)->digest;
    }
    return test;
}

START_TEST(a_person_who_is_found_by_thousands_of_identifiers_is_read_once)
{
    run_well(of_many_identifiers("north", "N1"));
    run_well(of_many_identifiers("south", "S1"));
    expect("select count(*), bool_and(merged), sum(json_array_length(body::json -> 'identifier'))"
           " from resource",
           "1|t|10000");
}
END_TEST

/* --- a site corrects itself ------------------------------------------------------------------- */

START_TEST(the_only_source_may_say_that_it_was_another_person)
{
    run_well(
        order("north", "1", "N1", "placer", ORDER_BODY("x", "active") ",\"priority\":\"stat\"", 1));
    run_well(order("north", "2", "N2", "placer", ORDER_BODY("x", "active"), 2));
    expect_orders("N2 2 true");
    /* of the person it was not about, nothing stays in the body */
    expect("select body::json ->> 'priority' from resource where type = 'ServiceRequest'", "");
    /* and the version before stays in the record it was about */
    expect("select s.value, h.version, h.body::json ->> 'priority' from resource_history h"
           " join source_record s using (person_key)",
           "N1|1|stat");
    expect("select count(*) from resource_place p join resource r using (person_key, type, number)",
           "3");
    expect("select count(*) from marked_person", "2");
}
END_TEST

START_TEST(an_older_message_does_not_take_it_back)
{
    run_well(order("north", "1", "N1", "placer", ORDER_BODY("x", "active"), 1));
    run_well(order("north", "2", "N2", "placer", ORDER_BODY("x", "active"), 5));
    struct test_item *late =
        order("north", "3", "N1", "placer", ORDER_BODY("x", "revoked") ",\"priority\":\"stat\"", 3);
    pipeline_commit_submit(commit, &late->item);
    wait_for(late);
    ck_assert_int_eq(late->item.outcome, PIPELINE_COMMITTED);
    ck_assert(late->item.writes[1].unchanged);
    ck_assert(late->item.writes[1].outdated);
    ck_assert_uint_eq(late->item.writes[1].version, 2);
    test_item_free(late);
    expect_orders("N2 2 true");
    expect("select body::json ->> 'status', body::json ->> 'priority' from resource"
           " where type = 'ServiceRequest'",
           "active|");
}
END_TEST

START_TEST(a_correction_of_what_several_of_its_records_wrote_begins_anew)
{
    run_well(of_shared_person(order("north", "1", "N1", "placer", ORDER_BODY("x", "active"), 1)));
    run_well(of_shared_person(order("north", "2", "N9", "placer",
                                    ORDER_BODY("x", "active") ",\"priority\":\"stat\"", 2)));
    expect("select count(*) from contribution where type = 'ServiceRequest'", "2");
    run_well(order("north", "3", "N2", "placer", ORDER_BODY("x", "active"), 3));
    expect("select s.value, r.merged, r.body::json ->> 'priority' from resource r"
           " join source_record s using (person_key) where r.type = 'ServiceRequest'",
           "N2|f|");
    expect("select count(*) from contribution where type = 'ServiceRequest'", "0");
}
END_TEST

START_TEST(every_version_of_one_batch_stands_where_it_was_about)
{
    static const char *const records[] = {"N1", "N2", "N1", "N3"};
    struct test_item *tests[4];
    for (int i = 0; i < 4; i++) {
        char control[2] = {(char)('1' + i), '\0'};
        tests[i] = order("north", control, records[i], "placer", ORDER_BODY("x", "active"), i);
        pipeline_commit_submit(commit, &tests[i]->item);
    }
    wait_for(tests[3]);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(tests[i]->item.outcome, PIPELINE_COMMITTED);
        test_item_free(tests[i]);
    }
    expect_orders("N3 4 true");
    expect("select string_agg(h.version || s.value || (h.body::json -> 'subject' ->> 'reference' ="
           " 'Patient/' || p.patient_id), ',' order by h.version) from resource_history h"
           " join person p using (person_key) join source_record s using (person_key)",
           "1N1true,2N2true,3N1true");
    run_well(order("north", "5", "N1", "placer", ORDER_BODY("x", "active"), 5));
    expect_orders("N1 5 true");
}
END_TEST

/* --- who sees what ---------------------------------------------------------------------------- */

static void note_done(struct pipeline_question *question)
{
    *(bool *)question->owner = true;
}

/* A question about the order that there is, by a caller who is bound to the Patient of a record
 * ("" for one who may see all). */
static struct pipeline_question ask(enum pipeline_question_kind kind, uint64_t version,
                                    const char *record)
{
    struct slice find = arena_format(arena,
                                     "select p.patient_id from person p join source_record s"
                                     " on s.home_person_key = p.person_key where s.value = '%s'",
                                     record);
    char *id = database_ask("select id from resource where type = 'ServiceRequest'");
    char *patient = *record ? database_ask(find.ptr) : NULL;
    bool done = false;
    struct pipeline_question question = {.arena = arena,
                                         .owner = &done,
                                         .done = note_done,
                                         .kind = kind,
                                         .viewer.sees_all = true,
                                         .actor = SLICE("client-1"),
                                         .patient = arena_copy(arena, slice_of(patient)),
                                         .type = SLICE("ServiceRequest"),
                                         .id = arena_copy(arena, slice_of(id)),
                                         .version = version,
                                         .limit = 10};
    free(id);
    free(patient);
    issue_list_init(&question.issues, arena);
    struct slice reason;
    for (int i = 0; i < 200 && !pipeline_query_ready(query, &reason); i++)
        test_host_run(&host, &done, 20);
    pipeline_query_submit(query, &question);
    ck_assert(test_host_run(&host, &done, 30000));
    ck_assert(!issue_list_failed(&question.issues));
    return question;
}

/* The numbers of the versions that such a caller finds in the history. */
static const char *history(const char *record)
{
    struct pipeline_question question = ask(PIPELINE_QUESTION_HISTORY, 0, record);
    struct slice numbers = SLICE("");
    for (size_t i = 0; i < question.count; i++)
        numbers = arena_format(arena, "%.*s%d", SLICE_ARG(numbers), (int)question.found[i].version);
    return arena_string(arena, numbers);
}

/* Orders about N1, N2, N2 and N1 again. */
static void add_moves(void)
{
    run_well(order("north", "1", "N1", "placer", ORDER_BODY("x", "draft"), 1));
    run_well(order("north", "2", "N2", "placer", ORDER_BODY("x", "active"), 2));
    run_well(order("north", "3", "N2", "placer", ORDER_BODY("x", "on-hold"), 3));
    run_well(order("north", "4", "N1", "placer", ORDER_BODY("x", "completed"), 4));
}

START_TEST(a_version_is_read_by_whom_it_was_about)
{
    static const struct {
        uint64_t version;
        const char *record;
    } versions[] = {{1, "N1"}, {2, "N2"}, {3, "N2"}, {4, "N1"}};
    add_moves();
    for (size_t i = 0; i < 4; i++) {
        bool first = strcmp(versions[i].record, "N1") == 0;
        uint64_t version = versions[i].version;
        ck_assert_uint_eq(ask(PIPELINE_QUESTION_VERSION, version, "").count, 1);
        ck_assert_uint_eq(ask(PIPELINE_QUESTION_VERSION, version, "N1").count, first);
        ck_assert_uint_eq(ask(PIPELINE_QUESTION_VERSION, version, "N2").count, !first);
    }
    ck_assert_uint_eq(ask(PIPELINE_QUESTION_READ, 0, "N1").count, 1);
    ck_assert_uint_eq(ask(PIPELINE_QUESTION_READ, 0, "N2").count, 0);
}
END_TEST

START_TEST(a_history_holds_the_versions_about_the_patient_a_caller_is_bound_to)
{
    add_moves();
    ck_assert_str_eq(history(""), "4321");
    ck_assert_str_eq(history("N1"), "41");
    ck_assert_str_eq(history("N2"), "32");
    struct pipeline_question whole = ask(PIPELINE_QUESTION_HISTORY, 0, "");
    ck_assert(whole.has_total);
    ck_assert_uint_eq(whole.total, 4);
    struct pipeline_question bound = ask(PIPELINE_QUESTION_HISTORY, 0, "N2");
    ck_assert(bound.has_total);
    ck_assert_uint_eq(bound.total, 2);
}
END_TEST

START_TEST(who_was_looked_at_is_noted_for_each_person_of_a_history)
{
    add_moves();
    history("");
    bool never = false;
    test_host_run(&host, &never, 300);
    expect("select string_agg(distinct s.value, ',' order by s.value) from audit a"
           " join source_record s using (person_key) where a.kind = 'history'",
           "N1,N2");
}
END_TEST

START_TEST(what_was_linked_is_of_one_person_by_either_id)
{
    run_well(order("north", "1", "N1", "other", "\"status\":\"active\"", 1));
    free(database_ask("delete from resource where type = 'ServiceRequest'"));
    run_well(order("north", "2", "N2", "placer", ORDER_BODY("x", "active"), 1));
    run_act(PIPELINE_ACT_LINK, "north N1", "north N2");
    ck_assert_str_eq(history(""), "21");
    ck_assert_str_eq(history("N1"), "21");
    ck_assert_str_eq(history("N2"), "21");
    ck_assert_uint_eq(ask(PIPELINE_QUESTION_READ, 0, "N2").count, 1);
}
END_TEST

START_TEST(a_read_by_a_replaced_patients_id_answers_with_the_survivor)
{
    run_well(order("north", "1", "N1", "other", "\"status\":\"active\"", 1));
    run_well(order("north", "2", "N2", "placer", ORDER_BODY("x", "active"), 1));
    char *one = database_ask("select p.patient_id from person p join source_record s using"
                             " (person_key) where value = 'N1'");
    char *two = database_ask("select p.patient_id from person p join source_record s using"
                             " (person_key) where value = 'N2'");
    free(database_ask("update person p set replaced_by = q.person_key from source_record s,"
                      " source_record q where s.person_key = p.person_key and s.value = 'N2'"
                      " and q.value = 'N1'"));
    bool done = false;
    struct pipeline_question question = {.arena = arena,
                                         .owner = &done,
                                         .done = note_done,
                                         .kind = PIPELINE_QUESTION_READ,
                                         .viewer.sees_all = true,
                                         .actor = SLICE("client-1"),
                                         .type = SLICE("Patient"),
                                         .id = slice_of(two)};
    issue_list_init(&question.issues, arena);
    ask(PIPELINE_QUESTION_HISTORY, 0, "");
    pipeline_query_submit(query, &question);
    ck_assert(test_host_run(&host, &done, 30000));
    ck_assert_uint_eq(question.count, 1);
    CK_SAME(question.found[0].id, one);
    free(one);
    free(two);
}
END_TEST

/* --- two clients ------------------------------------------------------------------------------ */

/* A request of a site's client: no message, the body as it is. */
static struct test_item *request_of(const char *site, const char *type, const char *id,
                                    const char *patient, const char *body)
{
    struct test_item *test = test_item_new(site, "", "", 9);
    test->item.raw = (struct slice){0};
    test->item.answer = NULL;
    test->item.source_time = 0;
    struct pipeline_write *write = test_write(test, type, "unused", body);
    write->digest_count = 0;
    write->id = slice_of(id);
    write->effect = PIPELINE_REPLACE;
    if (*patient)
        write->subject =
            (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = slice_of(patient)};
    else
        write->subject = (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = 0};
    return test;
}

START_TEST(a_client_cannot_put_another_sites_resource_under_another_subject)
{
    run_well(request_of("north", "Patient", "anna", "", "\"active\":true"));
    run_well(request_of("south", "Patient", "ben", "", "\"active\":true"));
    run_well(request_of("north", "ServiceRequest", "r-1", "anna", ORDER_BODY("anna", "active")));
    run_refused(request_of("south", "ServiceRequest", "r-1", "ben", ORDER_BODY("ben", "revoked")),
                ISSUE_CONFLICT, 0);
    expect("select p.patient_id, version, body::json ->> 'status' from resource"
           " join person p using (person_key) where type = 'ServiceRequest'",
           "anna|1|active");
    run_well(request_of("north", "ServiceRequest", "r-1", "ben", ORDER_BODY("ben", "active")));
    expect("select p.patient_id, version, body::json -> 'subject' ->> 'reference' from resource"
           " join person p using (person_key) where type = 'ServiceRequest'",
           "ben|2|Patient/ben");
    expect("select p.patient_id, version from resource_history join person p using (person_key)",
           "anna|1");
}
END_TEST

START_TEST(one_request_names_a_resource_once)
{
    struct test_item *twice =
        request_of("north", "Organization", "o-1", "nobody", "\"name\":\"one\"");
    twice->item.writes[0].subject.kind = PIPELINE_SUBJECT_NONE;
    struct pipeline_write *second = test_write(twice, "Organization", "unused", "\"name\":\"two\"");
    second->digest_count = 0;
    second->id = SLICE("o-1");
    second->effect = PIPELINE_REPLACE;
    run_refused(twice, ISSUE_STRUCTURE, 1);
    expect("select count(*) from shared_resource", "0");
}
END_TEST

START_TEST(a_subject_that_was_replaced_is_written_as_the_one_that_has_its_records)
{
    run_well(request_of("north", "Patient", "anna", "", "\"active\":true"));
    run_well(request_of("north", "Patient", "ben", "", "\"active\":true"));
    free(database_ask("update person p set replaced_by = q.person_key from person q"
                      " where p.patient_id = 'ben' and q.patient_id = 'anna'"));
    run_well(request_of("north", "ServiceRequest", "r-1", "ben", ORDER_BODY("ben", "active")));
    expect("select p.patient_id, body::json -> 'subject' ->> 'reference' from resource"
           " join person p using (person_key) where type = 'ServiceRequest'",
           "anna|Patient/anna");
}
END_TEST

/* --- run again -------------------------------------------------------------------------------- */

START_TEST(a_mention_stays_a_mention_when_the_item_is_run_again)
{
    struct test_item *mention = test_item_new("north", "", "raw", 1);
    test_patient(mention, "N1", "\"gender\":\"unknown\"");
    mention->item.writes[0].effect = PIPELINE_TOUCH;
    pipeline_commit_submit(commit, &mention->item);
    wait_for(mention);
    expect("select version, body::json ->> 'gender' from resource", "1|unknown");
    struct test_item *said = test_item_new("north", "1", "1", 2);
    test_patient(said, "N1", "\"gender\":\"female\"");
    run_well(said);
    mention->done = false;
    mention->item.source_time += 5 * TIME_DAY;
    pipeline_commit_submit(commit, &mention->item);
    wait_for(mention);
    ck_assert_int_eq(mention->item.outcome, PIPELINE_COMMITTED);
    expect("select version, body::json ->> 'gender' from resource", "2|female");
    test_item_free(mention);
}
END_TEST

static void add(Suite *suite)
{
    TCase *feeds = tcase_create("feeds");
    TCase *corrections = tcase_create("corrections");
    TCase *looks = tcase_create("looks");
    TCase *requests = tcase_create("requests");
    TCase *const cases[] = {feeds, corrections, looks, requests};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tcase_set_timeout(cases[i], 90);
        tcase_add_checked_fixture(cases[i], set_up_readers, tear_down_readers);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_test(feeds, a_site_cannot_take_what_another_site_wrote_of_another_person);
    tcase_add_test(feeds, nor_by_an_alias_nor_with_an_older_time_nor_by_a_mere_mention);
    tcase_add_test(feeds, in_one_batch_the_first_site_keeps_what_it_wrote);
    tcase_add_test(feeds, two_sites_contribute_to_one_resource_of_the_same_person);
    tcase_add_test(feeds, what_two_sites_wrote_is_moved_by_none_of_them);
    tcase_add_test(feeds, a_person_who_is_found_by_thousands_of_identifiers_is_read_once);
    tcase_add_test(feeds, a_mention_stays_a_mention_when_the_item_is_run_again);
    tcase_add_test(corrections, the_only_source_may_say_that_it_was_another_person);
    tcase_add_test(corrections, an_older_message_does_not_take_it_back);
    tcase_add_test(corrections, a_correction_of_what_several_of_its_records_wrote_begins_anew);
    tcase_add_test(corrections, every_version_of_one_batch_stands_where_it_was_about);
    tcase_add_test(looks, a_version_is_read_by_whom_it_was_about);
    tcase_add_test(looks, a_history_holds_the_versions_about_the_patient_a_caller_is_bound_to);
    tcase_add_test(looks, who_was_looked_at_is_noted_for_each_person_of_a_history);
    tcase_add_test(looks, what_was_linked_is_of_one_person_by_either_id);
    tcase_add_test(looks, a_read_by_a_replaced_patients_id_answers_with_the_survivor);
    tcase_add_test(requests, a_client_cannot_put_another_sites_resource_under_another_subject);
    tcase_add_test(requests, one_request_names_a_resource_once);
    tcase_add_test(requests,
                   a_subject_that_was_replaced_is_written_as_the_one_that_has_its_records);
}

int main(void)
{
    return database_suite_main("commit_person", add);
}
