/* Commit against a real server: source records that come to another person, and back. */
#include "pipeline/commit_internal.h"
#include "pipeline/committer.h"

/* A message of the site about the person of a record, with an order that names its Patient. */
static struct test_item *order(const char *site, const char *control, const char *record,
                               const char *key, const char *demographics, int day)
{
    struct test_item *test = patient_message(site, control, record, demographics, day);
    struct pipeline_write *write = test_of_patient(test_write(
        test, "ServiceRequest", key, "\"status\":\"active\",\"subject\":{\"reference\":\"x\"}"));
    write->references = ARENA_NEW(test->arena, struct pipeline_reference);
    *write->references =
        (struct pipeline_reference){.node = json_get(write->body, SLICE("subject")), .write = 0};
    write->reference_count = 1;
    return test;
}

/* N1 of north and S1 of south, who are two persons, with an order of each. */
static void add_two(void)
{
    run_well(order("north", "1", "N1", "n-order",
                   "\"gender\":\"female\",\"address\":[{\"city\":\"Ames\"}]", 1));
    run_well(order("south", "1", "S1", "s-order",
                   "\"birthDate\":\"1970-01-01\",\"address\":[{\"city\":\"Boone\"}]", 2));
}

/* Record by record: whose Patient has it, and what this says. */
#define RECORDS                                                                                    \
    "select string_agg(s.value || ' of ' || o.value, ', ' order by s.source_record_key)"           \
    " from source_record s join person p using (person_key)"                                       \
    " join source_record o on o.patient_id = p.patient_id"
/* Order by order: in whose record it stands, and whether it says so itself. */
#define ORDERS                                                                                     \
    "select string_agg(o.value || ' ' || (r.body::json -> 'subject' ->> 'reference'"               \
    " = 'Patient/' || p.patient_id), ', ' order by r.number) from resource r"                      \
    " join person p using (person_key) join source_record o on o.patient_id = p.patient_id"        \
    " where r.type = 'ServiceRequest'"
/* What the Patient of a record shows. */
#define PATIENT(record)                                                                            \
    "select (r.body::jsonb - 'meta' - 'id' - 'resourceType')::text from resource r"                \
    " join source_record s on s.patient_id = r.id where s.value = '" record "'"

#define N1_ALONE "{\"gender\": \"female\", \"address\": [{\"city\": \"Ames\"}]}"
#define S1_ALONE "{\"address\": [{\"city\": \"Boone\"}], \"birthDate\": \"1970-01-01\"}"

START_TEST(a_link_brings_both_histories_together)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    expect(RECORDS, "N1 of N1, S1 of N1");
    expect(ORDERS, "N1 true, N1 true");
    expect(PATIENT("N1"), "{\"gender\": \"female\", \"address\": [{\"city\": \"Ames\"},"
                          " {\"city\": \"Boone\"}], \"birthDate\": \"1970-01-01\"}");
    expect("select (r.body::json -> 'link' -> 0 ->> 'type') || (r.body::json -> 'link' -> 0 ->"
           " 'other' ->> 'reference' = 'Patient/' || n.patient_id) from resource r"
           " join source_record s on s.patient_id = r.id join source_record n on n.value = 'N1'"
           " where s.value = 'S1'",
           "replaced-bytrue");
    expect("select count(*) from index_date i join resource r using (person_key, number)"
           " join source_record s on s.patient_id = r.id where s.value = 'S1'",
           "0");
    expect("select count(*) from marked_person", "2");
    expect("select kind, actor, outcome, detail from audit order by chain desc, place desc limit 1",
           "link|ann|success|the same face");
    expect("select verdict, who, why from identity_decision", "same|ann|the same face");
}
END_TEST

START_TEST(a_link_and_the_unlink_behind_it_leave_everything_as_it_was)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    expect(RECORDS, "N1 of N1, S1 of S1");
    expect(ORDERS, "N1 true, S1 true");
    expect(PATIENT("N1"), N1_ALONE);
    expect(PATIENT("S1"), S1_ALONE);
    expect("select count(*) from resource where merged", "0");
    expect("select count(*) from contribution", "0");
    expect("select count(*) from person where replaced_by is not null", "0");
    expect("select string_agg(verdict, ',' order by decision_id) from identity_decision",
           "same,different");
}
END_TEST

START_TEST(what_was_said_while_linked_is_kept_by_who_said_it)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "north N1", "south S1");
    run_well(order("south", "2", "S1", "s-late", "\"birthDate\":\"1971-01-01\"", 5));
    run_well(order("north", "2", "N1", "n-order", "\"gender\":\"other\"", 6));
    expect(ORDERS, "N1 true, N1 true, N1 true");
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    expect(ORDERS, "N1 true, S1 true, S1 true");
    expect(PATIENT("N1"), "{\"gender\": \"other\", \"address\": [{\"city\": \"Ames\"}]}");
    expect(PATIENT("S1"), "{\"address\": [{\"city\": \"Boone\"}], \"birthDate\": \"1971-01-01\"}");
}
END_TEST

START_TEST(the_record_whose_number_the_patient_has_keeps_it_when_it_is_unlinked)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    run_act(PIPELINE_ACT_UNLINK, "north N1", "");
    expect(RECORDS, "N1 of N1, S1 of S1");
    expect(PATIENT("N1"), N1_ALONE);
    expect(PATIENT("S1"), S1_ALONE);
}
END_TEST

/* A record that was another one's person from the start, by an identifier that both have. */
static void add_known(void)
{
    struct test_item *test = order("north", "1", "N1", "n-order", "\"gender\":\"female\"", 1);
    test->item.persons[0].links[0] = test_key(test, "Patient", "ssn")->digest;
    test->item.persons[0].link_count = 1;
    run_well(test);
    test = order("south", "1", "S1", "s-order", "\"birthDate\":\"1970-01-01\"", 2);
    test->item.persons[0].links[0] = test_key(test, "Patient", "ssn")->digest;
    test->item.persons[0].link_count = 1;
    run_well(test);
    expect("select count(*) from person", "1");
}

START_TEST(a_record_without_a_person_of_its_own_gets_one_when_it_is_unlinked)
{
    add_known();
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    expect(RECORDS, "N1 of N1, S1 of S1");
    expect(ORDERS, "N1 true, S1 true");
    expect(PATIENT("N1"), "{\"gender\": \"female\"}");
    expect(PATIENT("S1"), "{\"birthDate\": \"1970-01-01\"}");
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    run_act(PIPELINE_ACT_UNLINK, "north N1", "");
    expect(RECORDS, "N1 of N1, S1 of S1");
    expect("select count(*) from person", "2");
}
END_TEST

START_TEST(a_merge_shows_the_patient_it_names)
{
    add_two();
    run_act(PIPELINE_ACT_MERGE, "north N1", "south S1");
    expect(RECORDS, "N1 of S1, S1 of S1");
    expect(ORDERS, "S1 true, S1 true");
    run_act(PIPELINE_ACT_UNLINK, "north N1", "");
    expect(RECORDS, "N1 of N1, S1 of S1");
    expect(PATIENT("N1"), N1_ALONE);
}
END_TEST

START_TEST(who_was_replaced_by_one_who_is_replaced_points_at_the_last)
{
    add_two();
    run_well(order("west", "1", "W1", "w-order", "\"active\":true", 3));
    run_act(PIPELINE_ACT_MERGE, "north N1", "south S1");
    run_act(PIPELINE_ACT_MERGE, "south S1", "west W1");
    expect(RECORDS, "N1 of W1, S1 of W1, W1 of W1");
    expect("select count(distinct replaced_by) || ' ' || count(replaced_by) from person", "1 2");
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    expect(RECORDS, "N1 of W1, S1 of S1, W1 of W1");
    run_act(PIPELINE_ACT_UNLINK, "west W1", "");
    expect(RECORDS, "N1 of N1, S1 of S1, W1 of W1");
    expect("select count(replaced_by) from person", "0");
}
END_TEST

START_TEST(a_move_takes_one_record_of_several)
{
    add_two();
    run_well(order("west", "1", "W1", "w-order", "\"active\":true", 3));
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    run_act(PIPELINE_ACT_MOVE, "north N1", "west W1");
    expect(RECORDS, "N1 of W1, S1 of N1, W1 of W1");
    expect(ORDERS, "W1 true, N1 true, W1 true");
    run_act(PIPELINE_ACT_UNLINK, "north N1", "");
    expect(RECORDS, "N1 of N1, S1 of N1, W1 of W1");
}
END_TEST

START_TEST(what_two_records_said_stays_where_one_of_them_is)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    struct test_item *said = order("south", "2", "S1", "n-order", "\"active\":true", 3);
    json_set(said->item.writes[1].body, SLICE("status"),
             json_string(said->arena, SLICE("revoked")));
    run_well(said);
    const char *status = "select o.value || ' ' || (r.body::json ->> 'status') from resource r"
                         " join person p using (person_key) join source_record o"
                         " on o.patient_id = p.patient_id where r.type = 'ServiceRequest'"
                         " order by r.number limit 1";
    expect(status, "N1 revoked");
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    expect(status, "N1 active");
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    expect(status, "N1 revoked");
}
END_TEST

START_TEST(what_a_client_wrote_under_our_id_goes_with_the_last_record)
{
    add_two();
    char *id = database_ask("select patient_id from source_record where value = 'S1'");
    struct test_item *put = request("Observation", "o-1", "\"status\":\"final\"");
    put->item.site = SLICE("west");
    put->item.writes[0].subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = slice_of(id)};
    run_well(put);
    run_act(PIPELINE_ACT_MERGE, "south S1", "north N1");
    expect("select count(*) from person p where not exists (select from source_record s"
           " where s.person_key = p.person_key) and replaced_by is not null",
           "1");
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    expect("select count(*) from resource r join person p using (person_key)"
           " join source_record s on s.patient_id = p.patient_id and s.value = 'S1'"
           " where r.type = 'Observation'",
           "1");
    free(id);
}
END_TEST

START_TEST(what_was_decided_is_not_overruled_by_a_comparison)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    run_act(PIPELINE_ACT_UNLINK, "south S1", "");
    struct test_item *compared = act(PIPELINE_ACT_LINK, "south S1", "north N1");
    compared->item.acts->automatic = true;
    ck_assert_int_eq(run(compared), PIPELINE_COMMITTED);
    ck_assert(!compared->item.acts->changed);
    test_item_free(compared);
    expect(RECORDS, "N1 of N1, S1 of S1");
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    expect(RECORDS, "N1 of N1, S1 of N1");
}
END_TEST

START_TEST(a_link_twice_has_one_effect)
{
    add_two();
    run_act(PIPELINE_ACT_LINK, "south S1", "north N1");
    char *versions = database_ask("select sum(version) from resource");
    run_act(PIPELINE_ACT_LINK, "north N1", "south S1");
    expect("select sum(version) from resource", versions);
    expect("select count(*) from identity_decision", "1");
    free(versions);
}
END_TEST

START_TEST(who_is_not_known_is_not_linked)
{
    add_two();
    struct test_item *unknown = act(PIPELINE_ACT_LINK, "south S2", "north N1");
    ck_assert_int_eq(run(unknown), PIPELINE_FAILED);
    ck_assert_int_eq(issue_list_first_error(&unknown->item.issues)->code, ISSUE_UNKNOWN_KEY);
    test_item_free(unknown);
    expect("select count(*) from identity_decision", "0");
}
END_TEST

START_TEST(a_number_that_is_not_known_yet_is_remembered)
{
    add_two();
    struct test_item *merge = act(PIPELINE_ACT_MERGE, "north N0", "north N1");
    merge->item.acts->remembers = true;
    merge->item.acts->from.digest = test_key(merge, "Patient", "north/N0")->digest;
    run_well(merge);
    run_well(order("north", "7", "N0", "late", "\"maritalStatus\":{\"text\":\"x\"}", 1));
    expect("select count(*) from person", "2");
    expect(ORDERS, "N1 true, S1 true, N1 true");
    run_act(PIPELINE_ACT_UNLINK, "north N0", "");
    expect(RECORDS, "N1 of N1, S1 of S1, N0 of N0");
    expect(ORDERS, "N1 true, S1 true, N0 true");
}
END_TEST

START_TEST(the_one_with_an_open_record_stays_then_the_older)
{
    struct commit_person old = {.key = 2, .created = 10}, late = {.key = 1, .created = 20};
    struct commit_person twin = {.key = 3, .created = 10};
    ck_assert_ptr_eq(commit_choose_survivor(&late, true, &old, true), &old);
    ck_assert_ptr_eq(commit_choose_survivor(&late, true, &old, false), &late);
    ck_assert_ptr_eq(commit_choose_survivor(&old, false, &late, false), &old);
    ck_assert_ptr_eq(commit_choose_survivor(&twin, true, &old, true), &old);
}
END_TEST

static void add(Suite *suite)
{
    TCase *acts = tcase_create("acts");
    tcase_set_timeout(acts, 90);
    tcase_add_checked_fixture(acts, set_up, tear_down);
    suite_add_tcase(suite, acts);
    tcase_add_test(acts, a_link_brings_both_histories_together);
    tcase_add_test(acts, a_link_and_the_unlink_behind_it_leave_everything_as_it_was);
    tcase_add_test(acts, what_was_said_while_linked_is_kept_by_who_said_it);
    tcase_add_test(acts, the_record_whose_number_the_patient_has_keeps_it_when_it_is_unlinked);
    tcase_add_test(acts, a_record_without_a_person_of_its_own_gets_one_when_it_is_unlinked);
    tcase_add_test(acts, a_merge_shows_the_patient_it_names);
    tcase_add_test(acts, who_was_replaced_by_one_who_is_replaced_points_at_the_last);
    tcase_add_test(acts, a_move_takes_one_record_of_several);
    tcase_add_test(acts, what_two_records_said_stays_where_one_of_them_is);
    tcase_add_test(acts, what_a_client_wrote_under_our_id_goes_with_the_last_record);
    tcase_add_test(acts, what_was_decided_is_not_overruled_by_a_comparison);
    tcase_add_test(acts, a_link_twice_has_one_effect);
    tcase_add_test(acts, who_is_not_known_is_not_linked);
    tcase_add_test(acts, a_number_that_is_not_known_yet_is_remembered);
    tcase_add_test(acts, the_one_with_an_open_record_stays_then_the_older);
}

int main(void)
{
    return database_suite_main("commit_link", add);
}
