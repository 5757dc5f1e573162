/* What is open and what is labelled, against a real server: who may not see labels finds what he
 * would find if the labelled source did not exist, down to versions and counts. Rules: 42 CFR Part
 * 2; HL7 Data Segmentation for Privacy (high-water mark). */
#include "pipeline/committer.h"
#include "pipeline/label.h"
#include "support/suite.h"

#define PART2 "http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"42CFRPart2"

/* As patient_message, of a site whose records are under 42 CFR Part 2. */
static struct test_item *labelled_message(const char *control, const char *record, const char *body,
                                          int day)
{
    struct test_item *test = patient_message("program", control, record, body, day);
    test->item.labels = PIPELINE_LABEL_PART2;
    return test;
}

/* A number by which both sites know the person. */
static struct test_item *linked(struct test_item *test)
{
    struct pipeline_person *person = &test->item.persons[0];
    person->links[person->link_count++] = test_key(test, "Patient", "shared number")->digest;
    return test;
}

#define OPEN                                                                                       \
    "select version, body::json ->> 'gender', body::json ->> 'active' from resource"               \
    " where type = 'Patient' and labels = 0"
#define ALL                                                                                        \
    "select version, body::json ->> 'gender', body::json ->> 'active' from resource"               \
    " where type = 'Patient' and labels <> 0"

START_TEST(all_that_a_labelled_site_says_is_labelled)
{
    struct test_item *test = labelled_message("1", "P1", "\"gender\":\"female\"", 1);
    test_of_patient(test_write(test, "Observation", "o1", "\"status\":\"final\""));
    run_well(test);
    expect("select type, labels, label_site, strpos(body, '" PART2 "') > 0,"
           " strpos(body, 'NORDSCLCD') > 0 from resource order by 1",
           "Observation|1|program|t|t\nPatient|1|program|t|t");
    expect("select bool_and(labelled) from resource_place", "t");
}
END_TEST

START_TEST(open_source_that_comes_later_has_a_record_of_its_own_under_the_same_id)
{
    run_well(linked(labelled_message("1", "P1", "\"gender\":\"female\"", 1)));
    run_well(linked(patient_message("north", "1", "N1", "\"active\":true", 2)));
    expect(OPEN, "1||true");
    expect(ALL, "2|female|true");
    expect("select count(distinct id), count(*) from resource", "1|2");
    expect("select count(*) from person", "1");
    expect("select string_agg(labelled::text, ',' order by labelled) from resource_place",
           "false,true");
}
END_TEST

START_TEST(labelled_source_that_comes_later_leaves_no_trace_in_what_is_open)
{
    run_well(linked(patient_message("north", "1", "N1", "\"active\":true", 1)));
    run_well(linked(labelled_message("1", "P1", "\"gender\":\"female\"", 2)));
    run_well(linked(labelled_message("2", "P1", "\"gender\":\"other\"", 3)));
    expect(OPEN, "1||true");
    expect(ALL, "2|other|true");
    expect("select count(*) from resource_history h join resource r using (number)"
           " where r.labels = 0",
           "0");
    expect("select count(*) from contribution c join resource r using (number) where r.labels = 0",
           "0");
    expect("select count(*) from contribution c join resource r using (number) where r.labels <> 0",
           "2");
}
END_TEST

START_TEST(what_an_open_source_says_goes_into_both)
{
    run_well(linked(patient_message("north", "1", "N1", "\"active\":true", 1)));
    run_well(linked(labelled_message("1", "P1", "\"gender\":\"female\"", 2)));
    run_well(linked(patient_message("north", "2", "N1", "\"active\":false", 3)));
    expect(OPEN, "2||false");
    expect(ALL, "2|female|false");
    struct test_item *again = linked(patient_message("north", "3", "N1", "\"active\":false", 4));
    ck_assert_int_eq(run(again), PIPELINE_COMMITTED);
    ck_assert(again->item.writes[0].unchanged);
    ck_assert_uint_eq(again->item.writes[0].version, 2);
    test_item_free(again);
    expect(ALL, "2|female|false");
}
END_TEST

START_TEST(both_in_one_batch_come_to_the_same)
{
    struct test_item *items[] = {
        linked(labelled_message("1", "P1", "\"gender\":\"female\"", 1)),
        linked(patient_message("north", "1", "N1", "\"active\":true", 2)),
        linked(patient_message("north", "2", "N1", "\"active\":false", 3)),
        linked(labelled_message("2", "P1", "\"gender\":\"other\"", 4)),
    };
    for (size_t i = 0; i < 4; i++)
        pipeline_commit_submit(commit, &items[i]->item);
    for (size_t i = 0; i < 4; i++) {
        wait_for(items[i]);
        ck_assert_int_eq(items[i]->item.outcome, PIPELINE_COMMITTED);
        test_item_free(items[i]);
    }
    expect(OPEN, "2||false");
    expect("select body::json ->> 'gender', body::json ->> 'active' from resource"
           " where labels <> 0",
           "other|false");
}
END_TEST

START_TEST(version_that_is_told_is_that_of_what_the_writer_may_see)
{
    run_well(linked(patient_message("north", "1", "N1", "\"active\":true", 1)));
    run_well(linked(labelled_message("1", "P1", "\"gender\":\"female\"", 2)));
    run_well(linked(labelled_message("2", "P1", "\"gender\":\"other\"", 3)));
    struct test_item *open = linked(patient_message("north", "2", "N1", "\"active\":false", 4));
    ck_assert_int_eq(run(open), PIPELINE_COMMITTED);
    ck_assert_uint_eq(open->item.writes[0].version, 2);
    test_item_free(open);
    struct test_item *labelled = linked(labelled_message("3", "P1", "\"gender\":\"male\"", 5));
    ck_assert_int_eq(run(labelled), PIPELINE_COMMITTED);
    ck_assert_uint_eq(labelled->item.writes[0].version, 4);
    test_item_free(labelled);
}
END_TEST

START_TEST(label_in_the_body_counts_as_one_of_the_site)
{
    run_well(patient_message("north", "1", "N1", "\"active\":true", 1));
    struct test_item *test = patient_message("north", "2", "N1", "\"active\":true", 2);
    test_of_patient(test_write(test, "Condition", "c1",
                               "\"meta\":{\"security\":[{\"system\":\"" PART2
                               "\"}]},\"recordedDate\":\"2026\""));
    run_well(test);
    expect("select type, labels from resource order by 1", "Condition|1\nPatient|0");
}
END_TEST

START_TEST(client_that_may_not_see_it_makes_its_own_under_an_id_that_is_taken_there)
{
    struct test_item *hidden = labelled_message("1", "P1", "\"active\":true", 1);
    ck_assert_int_eq(run(hidden), PIPELINE_COMMITTED);
    struct test_item *own = patient_message("north", "1", "N1", "\"active\":true", 1);
    struct pipeline_write *write =
        test_of_patient(test_write(own, "Observation", "unused", "\"status\":\"final\""));
    write->digest_count = 0;
    write->id = SLICE("taken");
    write->must_be_new = true;
    struct test_item *theirs = labelled_message("2", "P1", "\"active\":true", 2);
    write = test_of_patient(test_write(theirs, "Observation", "unused", "\"status\":\"final\""));
    write->digest_count = 0;
    write->id = SLICE("taken");
    run_well(theirs);
    ck_assert_int_eq(run(own), PIPELINE_COMMITTED);
    ck_assert(own->item.writes[1].created);
    ck_assert_uint_eq(own->item.writes[1].version, 1);
    test_item_free(own);
    test_item_free(hidden);
    expect("select count(*), count(distinct person_key) from resource where id = 'taken'", "2|2");
}
END_TEST

START_TEST(what_belongs_to_nobody_is_labelled_too)
{
    struct test_item *theirs = labelled_message("1", "P1", "\"active\":true", 1);
    test_write(theirs, "Organization", "org", "\"name\":\"a program\"");
    run_well(theirs);
    struct test_item *open = test_item_new("north", "1", "1", 2);
    test_write(open, "Organization", "org", "\"active\":true");
    run_well(open);
    expect("select labels, version, body::json ->> 'name', body::json ->> 'active'"
           " from shared_resource order by 1",
           "0|1||true\n1|2|a program|true");
}
END_TEST

START_TEST(reference_does_not_lead_to_what_is_only_labelled)
{
    struct test_item *theirs = labelled_message("1", "P1", "\"active\":true", 1);
    test_write(theirs, "Organization", "org", "\"name\":\"a program\"");
    run_well(theirs);
    struct test_item *open = patient_message("north", "1", "N1", "\"active\":true", 2);
    struct pipeline_write *write = test_of_patient(
        test_write(open, "Observation", "o1", "\"performer\":[{\"reference\":\"x\"}]"));
    write->references = ARENA_NEW(open->arena, struct pipeline_reference);
    *write->references =
        (struct pipeline_reference){.node = json_at(json_get(write->body, SLICE("performer")), 0),
                                    .write = SIZE_MAX,
                                    .type = SLICE("Organization"),
                                    .digest = test_key(open, "Organization", "org")->digest};
    write->reference_count = 1;
    run_well(open);
    expect("select body::json -> 'performer' -> 0 ->> 'reference' is null from resource"
           " where type = 'Observation'",
           "t");
}
END_TEST

#define FACES                                                                                      \
    "select string_agg(s.value || ' ' || (r.labels <> 0)::text || ' ' ||"                          \
    " (r.body::jsonb - 'meta' - 'id' - 'resourceType' - 'link')::text, ', '"                       \
    " order by s.value, r.labels) from resource r join source_record s on s.patient_id = r.id"

START_TEST(link_with_a_labelled_person_leaves_no_trace_in_the_open_one)
{
    run_well(patient_message("north", "1", "N1", "\"gender\":\"female\"", 1));
    run_well(labelled_message("1", "P1", "\"birthDate\":\"1970-01-01\"", 2));
    run_act(PIPELINE_ACT_LINK, "program P1", "north N1");
    expect("select version, body::jsonb - 'meta' - 'id' - 'resourceType' from resource"
           " where labels = 0",
           "1|{\"gender\": \"female\"}");
    expect(FACES, "N1 false {\"gender\": \"female\"},"
                  " N1 true {\"gender\": \"female\", \"birthDate\": \"1970-01-01\"},"
                  " P1 true {\"active\": false}");
    run_well(patient_message("north", "2", "N1", "\"gender\":\"other\"", 3));
    expect(FACES, "N1 false {\"gender\": \"other\"},"
                  " N1 true {\"gender\": \"other\", \"birthDate\": \"1970-01-01\"},"
                  " P1 true {\"active\": false}");
    run_act(PIPELINE_ACT_UNLINK, "program P1", "");
    expect(FACES, "N1 false {\"gender\": \"other\"}, N1 true {\"gender\": \"other\"},"
                  " P1 true {\"birthDate\": \"1970-01-01\"}");
    expect("select version from resource where labels = 0", "2");
}
END_TEST

START_TEST(open_person_that_is_linked_into_a_labelled_one_stays_open)
{
    run_well(labelled_message("1", "P1", "\"birthDate\":\"1970-01-01\"", 1));
    run_well(patient_message("north", "1", "N1", "\"gender\":\"female\"", 2));
    run_act(PIPELINE_ACT_LINK, "north N1", "program P1");
    expect("select bool_or(strpos(body, '1970') > 0) from resource where labels = 0", "f");
    expect("select count(*) from resource r join source_record s using (person_key)"
           " where r.labels = 0 and strpos(r.body, 'female') > 0 and s.value = 'N1'",
           "1");
    expect("select r.version, strpos(r.body, 'link') > 0 from resource r"
           " join source_record s on s.patient_id = r.id where r.labels = 0 and s.value = 'N1'",
           "1|f");
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("labels");
    tcase_set_timeout(tests, 90);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, all_that_a_labelled_site_says_is_labelled);
    tcase_add_test(tests, open_source_that_comes_later_has_a_record_of_its_own_under_the_same_id);
    tcase_add_test(tests, labelled_source_that_comes_later_leaves_no_trace_in_what_is_open);
    tcase_add_test(tests, what_an_open_source_says_goes_into_both);
    tcase_add_test(tests, both_in_one_batch_come_to_the_same);
    tcase_add_test(tests, version_that_is_told_is_that_of_what_the_writer_may_see);
    tcase_add_test(tests, label_in_the_body_counts_as_one_of_the_site);
    tcase_add_test(tests, client_that_may_not_see_it_makes_its_own_under_an_id_that_is_taken_there);
    tcase_add_test(tests, what_belongs_to_nobody_is_labelled_too);
    tcase_add_test(tests, reference_does_not_lead_to_what_is_only_labelled);
    tcase_add_test(tests, link_with_a_labelled_person_leaves_no_trace_in_the_open_one);
    tcase_add_test(tests, open_person_that_is_linked_into_a_labelled_one_stays_open);
}

int main(void)
{
    return database_suite_main("commit_label", add);
}
