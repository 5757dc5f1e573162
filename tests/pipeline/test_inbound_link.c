/* Messages that say whose numbers are whose: HL7 v2.5.1 3.3.18 (A18), 3.3.24 (A24), 3.3.37 (A37),
 * 3.3.40 (A40), 3.3.43 (A43), from their bytes to the record. */
#include "pipeline/receiver.h"

/* A message of an event about the person of a number, with more segments. */
static struct slice event(const char *event, const char *structure, const char *control,
                          const char *number, const char *rest)
{
    return arena_format(arena,
                        "MSH|^~\\&|EHR|NORTH|PB|HUB|20260310093000+0000||ADT^%s^%s|%s|P|2.5.1\r"
                        "EVN|%s|20260310080000\rPID|1||%s^^^NORTH^MR||DOE^A%s||1980|F\r%s",
                        event, structure, control, event, number, number, rest);
}

static void visit(const char *control, const char *number, const char *visit_number)
{
    struct slice pv1 = arena_format(arena, "PV1|1|O|||||||||||||||||%s\r", visit_number);
    CK_SAYS(submit(event("A08", "ADT_A01", control, number, arena_string(arena, pv1))), "MSA|AA|");
}

static void link_event(const char *name, const char *structure, const char *control,
                       const char *number, const char *rest)
{
    struct slice answer = submit(event(name, structure, control, number, rest));
    CK_SAYS(answer, "MSA|AA|");
    CK_SAYS_NOT(answer, "carried out");
}

/* Record by record whose it is, and how many visits each person has. */
static void expect_records(const char *wanted)
{
    expect("select string_agg(s.value || ' of ' || o.value, ', ' order by s.value)"
           " from source_record s join person p using (person_key)"
           " join source_record o on o.patient_id = p.patient_id",
           wanted);
    expect("select count(*) from resource r join person p using (person_key) where"
           " r.type = 'Encounter' and (r.body::json -> 'subject' ->> 'reference')"
           " <> 'Patient/' || p.patient_id",
           "0");
}

START_TEST(a_merge_makes_the_prior_number_the_survivors)
{
    visit("1", "7", "V7");
    visit("2", "8", "V8");
    link_event("A40", "ADT_A39", "3", "7", "MRG|8^^^NORTH^MR\r");
    expect_records("7 of 7, 8 of 7");
    visit("4", "8", "V9");
    expect_records("7 of 7, 8 of 7");
    expect("select count(*) from resource r join source_record s using (person_key)"
           " where r.type = 'Encounter' and s.value = '7'",
           "3");
    expect("select verdict, who, why from identity_decision", "same|lab|ADT^A40");
}
END_TEST

START_TEST(a_prior_number_that_was_never_seen_is_remembered)
{
    visit("1", "7", "V7");
    link_event("A18", "ADT_A18", "2", "7", "MRG|8^^^NORTH^MR\rPV1|1|O\r");
    visit("3", "8", "V8");
    expect_records("7 of 7, 8 of 7");
    expect("select count(*) from person", "1");
}
END_TEST

START_TEST(a_merge_of_two_numbers_that_are_both_new_is_one_person)
{
    link_event("A40", "ADT_A39", "1", "7", "MRG|8^^^NORTH^MR\r");
    visit("2", "8", "V8");
    expect_records("7 of 7, 8 of 7");
}
END_TEST

START_TEST(a_link_and_an_unlink_of_two_numbers)
{
    visit("1", "7", "V7");
    visit("2", "8", "V8");
    link_event("A24", "ADT_A24", "3", "7", "PID|2||8^^^NORTH^MR||DOE^A8||1980|F\r");
    expect_records("7 of 7, 8 of 7");
    link_event("A37", "ADT_A37", "4", "7", "PID|2||8^^^NORTH^MR||DOE^A8||1980|F\r");
    expect_records("7 of 7, 8 of 8");
}
END_TEST

START_TEST(a_moved_number_comes_alone)
{
    visit("1", "7", "V7");
    visit("2", "8", "V8");
    visit("3", "9", "V9");
    link_event("A40", "ADT_A39", "4", "8", "MRG|9^^^NORTH^MR\r");
    link_event("A43", "ADT_A43", "5", "7", "MRG|9^^^NORTH^MR\r");
    expect_records("7 of 7, 8 of 8, 9 of 7");
}
END_TEST

START_TEST(a_site_merges_no_number_of_another_site)
{
    visit("1", "7", "V7");
    visit("2", "8", "V8");
    feed.site = SLICE("south");
    feed.name = SLICE("south-lab");
    link_event("A40", "ADT_A39", "3", "5", "MRG|8^^^NORTH^MR\r");
    visit("4", "5", "V5");
    expect("select count(*) from source_record where site = 'north' and person_key <>"
           " home_person_key",
           "0");
    expect("select count(distinct person_key) from source_record", "3");
}
END_TEST

static void add(Suite *suite)
{
    TCase *events = tcase_create("events");
    tcase_set_timeout(events, 90);
    tcase_add_checked_fixture(events, begin, end);
    suite_add_tcase(suite, events);
    tcase_add_test(events, a_merge_makes_the_prior_number_the_survivors);
    tcase_add_test(events, a_prior_number_that_was_never_seen_is_remembered);
    tcase_add_test(events, a_merge_of_two_numbers_that_are_both_new_is_one_person);
    tcase_add_test(events, a_link_and_an_unlink_of_two_numbers);
    tcase_add_test(events, a_moved_number_comes_alone);
    tcase_add_test(events, a_site_merges_no_number_of_another_site);
}

int main(void)
{
    return database_suite_main("inbound_link", add);
}
