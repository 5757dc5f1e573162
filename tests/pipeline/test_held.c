/* Messages that wait, from their frames to the record, against a real server. The site `holding`
 * waits for a sex that the table does not know; `knowing` has a row for X9; `asking` waits for a
 * birth date, `requiring` refuses a message without one. */
#include "pipeline/receiver.h"

#include "pipeline/held.h"

#include <string.h>

#define SITES PAINBRIDGE_SOURCE_DIR "/tests/pipeline/sites/"

static const struct mapping_program *holding, *knowing, *asking, *requiring;

static const struct mapping_program *load(const char *site)
{
    const struct mapping_program *program = NULL;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(mapping_program_load(rules, file_join(arena, SITES, slice_of(site)), arena,
                                          &program, &issues),
                     0);
    return program;
}

static void begin_held(void)
{
    begin();
    holding = load("holding");
    knowing = load("knowing");
    asking = load("asking");
    requiring = load("requiring");
    feed.program = holding;
    feed.revision = SLICE("aa01");
}

/* A message about the patient of a number: family name and sex are what it says. */
static struct slice about(const char *control_id, const char *number, const char *family,
                          const char *sex)
{
    return message(control_id, "2.5.1",
                   arena_format(arena, "EVN|A08|20260310\rPID|1||%s^^^NORTH^MR||%s^A||1970|%s\r",
                                number, family, sex)
                       .ptr);
}

#define STATUS "select string_agg(status, ' ' order by inbox_id) from inbox"
#define FAMILIES                                                                                   \
    "select string_agg(body::json #>> '{name,0,family}', ' ' order by inbox_id) from resource"     \
    " where type = 'Patient'"
#define VERSIONS                                                                                   \
    "select string_agg(family, ' ' order by version) from ("                                       \
    "select version, body::json #>> '{name,0,family}' as family from resource where type ="        \
    " 'Patient' union all select version, body::json #>> '{name,0,family}' from resource_history"  \
    " where type = 'Patient') as said"

/* --- who waits -------------------------------------------------------------------------------- */

START_TEST(message_that_holds_is_aa_with_a_warning_and_has_no_effect)
{
    struct slice answer = submit(about("1", "7", "DOE", "X9"));
    CK_SAYS(answer, "\rMSA|AA|1\rERR||PID^1^8^1^1^1|0^Message accepted^HL70357|W|");
    CK_SAYS_NOT(answer, "X9");
    ck_assert_uint_eq(count_of(answer, "|W|"), 1);
    expect(STATUS, "held");
    expect("select count(*) from resource", "0");
    expect("select kind || ' ' || rule || ' ' || place || ' ' || code_table || ' ' || code"
           " from held_cause",
           "unmapped pid.gender PID[1]-8[1].1.1 AdministrativeSex X9");
}
END_TEST

/* HL7 v2.4 2.16.5: ERR has no severity there. */
START_TEST(before_2_5_the_words_of_a_hold_stand_in_msa_3)
{
    struct slice answer =
        submit(message("1", "2.3", "EVN|A08|20260310\rPID|1||7^^^NORTH^MR||DOE^A||1970|X9\r"));
    CK_SAYS(answer, "\rMSA|AA|1|warning: PID[1]-8[1]");
    CK_SAYS(answer, "the message waits for it");
    CK_SAYS_NOT(answer, "\rERR");
}
END_TEST

/* HL7 v2.5.1 2.9.3: the accept answer says that it is safe, the other that it is processed. */
START_TEST(in_enhanced_mode_ca_is_given)
{
    feed.ack_mode = HL7V2_ACK_MODE_ENHANCED;
    struct slice answer = submit(about("1", "7", "DOE", "X9"));
    CK_SAYS(answer, "\rMSA|CA|1");
    expect(STATUS, "held");
}
END_TEST

START_TEST(later_messages_of_the_patient_wait_behind_and_others_go_on)
{
    submit(about("1", "7", "DOE", "X9"));
    struct slice answer = submit(about("2", "7", "ROE", "F"));
    CK_SAYS(answer, "\rMSA|AA|2\rERR||PID^1^3|0^Message accepted^HL70357|W|");
    CK_SAYS(answer, "an earlier message about this patient waits");
    CK_SAYS_NOT(submit(about("3", "8", "POE", "F")), "\rERR");
    expect(STATUS, "held held accepted");
    expect(FAMILIES, "POE");
    expect("select count(*) from held_cause", "1");
}
END_TEST

START_TEST(message_of_the_same_commit_waits_behind_too)
{
    bool first = false, second = false, third = false;
    struct slice texts[] = {about("1", "7", "DOE", "X9"), about("2", "7", "ROE", "F"),
                            about("3", "8", "POE", "F")};
    bool *ends[] = {&first, &second, &third};
    for (size_t i = 0; i < 3; i++)
        pipeline_inbound_submit(inbound, &feed, texts[i], PIPELINE_FRAME_WHOLE, time_now(),
                                note_end, ends[i]);
    ck_assert(test_host_run(&host, &third, 30000));
    ck_assert(first && second);
    expect(STATUS, "held held accepted");
    expect("select string_agg(control_id::text, ' ' order by position)"
           " from held_message join inbox using (inbox_id)",
           "\\x31 \\x32");
}
END_TEST

START_TEST(another_feed_of_the_patient_goes_on)
{
    submit(about("1", "7", "DOE", "X9"));
    feed.name = SLICE("desk");
    CK_SAYS_NOT(submit(about("2", "7", "ROE", "F")), "\rERR");
    expect(STATUS, "held accepted");
}
END_TEST

START_TEST(resend_of_what_waits_gets_the_first_answer)
{
    struct slice text = about("1", "7", "DOE", "X9");
    struct slice answer = arena_copy(arena, submit(text));
    ck_assert(slice_equal(submit(text), answer));
    expect(STATUS, "held");
    expect("select count(*) from held_message", "1");
}
END_TEST

START_TEST(message_that_is_refused_waits_for_nobody)
{
    submit(about("1", "7", "DOE", "X9"));
    CK_SAYS(submit(message("2", "2.5.1", "EVN|A08|no date\rPID|1||7^^^NORTH^MR||DOE^A||1970|F\r")),
            "\rMSA|AE|2");
    expect(STATUS, "held rejected");
}
END_TEST

/* What cannot be held has no effect, and is kept all the same. */
START_TEST(message_that_cannot_be_held_is_kept_as_refused)
{
    free(database_ask("create function fail() returns trigger language plpgsql as"
                      " $$ begin raise 'no' using errcode = '22000'; end $$;"
                      "create trigger fail before insert on held_cause for each row"
                      " execute function fail()"));
    CK_SAYS(submit(about("1", "7", "DOE", "X9")), "\rMSA|AR|1");
    expect(STATUS, "rejected");
    expect("select (select count(*) from held_message) + (select count(*) from held_lane)", "0");
}
END_TEST

/* --- how they go on --------------------------------------------------------------------------- */

static struct pipeline_release released;
static bool release_ended;

static void end_release(struct pipeline_release *release)
{
    (void)release;
    release_ended = true;
}

static int64_t key_of(const char *control_id)
{
    char *text = database_ask(
        arena_format(arena, "select inbox_id from inbox where control_id = '%s'", control_id).ptr);
    int64_t key = strtoll(text, NULL, 10);
    free(text);
    return key;
}

static struct pipeline_inbox *open_inbox(void)
{
    struct pipeline_inbox *inbox = NULL;
    ck_assert_int_eq(pipeline_inbox_open(&door, &inbox, NULL), 0);
    return inbox;
}

/* Tries the stored message of a control id again. */
static enum pipeline_outcome release(const char *control_id, bool as_text)
{
    struct pipeline_inbox *inbox = open_inbox();
    struct pipeline_inbox_message stored;
    bool found = false;
    ck_assert_int_eq(pipeline_inbox_find(inbox, slice_of(control_id), arena, &stored, &found, NULL),
                     0);
    ck_assert(found);
    pipeline_inbox_close(inbox);
    released = (struct pipeline_release){.message_key = (uint64_t)stored.row.id,
                                         .raw = stored.raw,
                                         .received = stored.row.received,
                                         .actor = SLICE("machine:analyst"),
                                         .as_text = as_text,
                                         .done = end_release};
    issue_list_init(&released.issues, arena);
    release_ended = false;
    pipeline_inbound_release(inbound, &feed, &released);
    ck_assert(test_host_run(&host, &release_ended, 30000));
    return released.outcome;
}

START_TEST(what_waited_goes_on_in_its_order_under_the_revision_of_today)
{
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "7", "ROE", "F"));
    feed.program = knowing;
    feed.revision = SLICE("bb02");
    ck_assert_int_eq(release("a1", false), PIPELINE_COMMITTED);
    expect("select body::json ->> 'gender' from resource where type = 'Patient'", "other");
    expect(STATUS, "accepted held");
    ck_assert_int_eq(release("a2", false), PIPELINE_COMMITTED);
    expect(STATUS, "accepted accepted");
    expect(VERSIONS, "DOE ROE");
    expect("select string_agg(encode(revision, 'escape'), ' ') from inbox", "bb02 bb02");
    expect("select count(distinct person_key) from inbox where person_key <> 0", "1");
    expect("select (select count(*) from held_message) + (select count(*) from held_lane)"
           " + (select count(*) from held_cause)",
           "0");
    expect(
        "select string_agg(kind || ' ' || actor, ', ' order by recorded, chain, place) from audit",
        "hold lab, hold lab, release machine:analyst, release machine:analyst");
    CK_SAYS_NOT(submit(about("a3", "7", "LOE", "F")), "\rERR");
}
END_TEST

START_TEST(answer_of_what_went_on_stays_as_it_was_given)
{
    struct slice text = about("a1", "7", "DOE", "X9");
    struct slice answer = arena_copy(arena, submit(text));
    feed.program = knowing;
    ck_assert_int_eq(release("a1", false), PIPELINE_COMMITTED);
    ck_assert(slice_equal(submit(text), answer));
    expect(STATUS, "accepted");
}
END_TEST

START_TEST(message_behind_another_cannot_go_first)
{
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "7", "ROE", "F"));
    ck_assert_int_eq(release("a2", false), PIPELINE_HELD);
    expect(STATUS, "held held");
    expect("select count(*) from resource", "0");
}
END_TEST

START_TEST(what_still_holds_waits_for_what_it_holds_for_now)
{
    submit(message("a1", "2.5.1", "EVN|A08|20260310\rPID|1||7^^^NORTH^MR||DOE^A|||X9\r"));
    feed.program = asking;
    ck_assert_int_eq(release("a1", false), PIPELINE_HELD);
    expect("select string_agg(kind || ' ' || rule, ', ') from held_cause",
           "required pid.birthdate");
    expect(STATUS, "held");
    expect("select count(*) from held_message", "1");
    feed.program = knowing;
    ck_assert_int_eq(release("a1", false), PIPELINE_COMMITTED);
}
END_TEST

START_TEST(as_text_a_code_goes_on_as_it_was_sent)
{
    submit(about("a1", "7", "DOE", "X9"));
    ck_assert_int_eq(release("a1", false), PIPELINE_HELD);
    ck_assert_int_eq(release("a1", true), PIPELINE_COMMITTED);
    expect("select body::json #>> '{_gender,extension,0,valueCodeableConcept,text}' from resource"
           " where type = 'Patient'",
           "X9");
}
END_TEST

/* As text it would wait for nothing; who then goes on with those before it must still find it. */
START_TEST(what_stays_behind_as_text_still_waits_for_its_code)
{
    submit(about("a1", "7", "DOE", "Q"));
    submit(about("a2", "7", "ROE", "X9"));
    ck_assert_int_eq(release("a2", true), PIPELINE_HELD);
    expect("select string_agg(code, ' ' order by inbox_id) from held_cause", "Q X9");
    feed.program = knowing;
    ck_assert_int_eq(release("a2", false), PIPELINE_HELD);
    expect("select string_agg(code, ' ' order by inbox_id) from held_cause", "Q");
}
END_TEST

START_TEST(message_goes_on_once)
{
    submit(about("a1", "7", "DOE", "X9"));
    feed.program = knowing;
    ck_assert_int_eq(release("a1", false), PIPELINE_COMMITTED);
    ck_assert_int_eq(release("a1", false), PIPELINE_DUPLICATE);
    expect(VERSIONS, "DOE");
    expect("select count(*) from inbox", "1");
}
END_TEST

START_TEST(message_that_the_rules_of_today_refuse_waits_on)
{
    submit(about("a1", "7", "DOE", "X9"));
    feed.rules.processing_ids = SLICE("T");
    ck_assert_int_eq(release("a1", false), PIPELINE_FAILED);
    ck_assert(issue_list_failed(&released.issues));
    expect(STATUS, "held");
}
END_TEST

static void end_drop(struct pipeline_drop *drop)
{
    *(bool *)drop->owner = true;
}

/* Lets the message of a control id go for good. */
static enum pipeline_outcome drop(const char *control_id)
{
    struct pipeline_inbox *inbox = open_inbox();
    struct pipeline_inbox_message stored;
    bool found = false, ended = false;
    ck_assert_int_eq(pipeline_inbox_find(inbox, slice_of(control_id), arena, &stored, &found, NULL),
                     0);
    ck_assert(found);
    pipeline_inbox_close(inbox);
    struct pipeline_drop drop = {.arena = arena,
                                 .message_key = (uint64_t)stored.row.id,
                                 .received = stored.row.received,
                                 .actor = SLICE("machine:analyst"),
                                 .note = {SLICE("Ruth Abel"), SLICE("nobody knows the code")},
                                 .done = end_drop,
                                 .owner = &ended};
    pipeline_held_drop(commit, &drop);
    ck_assert(test_host_run(&host, &ended, 30000));
    return drop.outcome;
}

START_TEST(what_is_let_go_for_good_is_kept_with_who_and_why)
{
    struct slice text = about("a1", "7", "DOE", "X9");
    struct slice answer = arena_copy(arena, submit(text));
    submit(about("a2", "7", "ROE", "F"));
    ck_assert_int_eq(drop("a1"), PIPELINE_COMMITTED);
    expect(STATUS, "dropped held");
    expect("select encode(revision, 'escape'), length(raw) > 0, person_key from inbox"
           " where control_id = 'a1'",
           "aa01|t|0");
    expect("select control_id, who, why from held_drop join inbox using (inbox_id)",
           "\\x6131|Ruth Abel|nobody knows the code");
    expect("select string_agg(kind || ' ' || actor || ' ' || outcome, ', ' order by recorded, "
           "chain, place)"
           " from audit",
           "hold lab success, hold lab success, drop machine:analyst success");
    expect("select (select count(*) from held_message), (select count(*) from held_lane),"
           " (select count(*) from held_cause)",
           "1|1|0");
    ck_assert(slice_equal(submit(text), answer));
    ck_assert_int_eq(release("a2", false), PIPELINE_COMMITTED);
    expect(STATUS, "dropped accepted");
    expect(VERSIONS, "ROE");
    CK_SAYS_NOT(submit(about("a3", "7", "LOE", "F")), "\rERR");
}
END_TEST

START_TEST(who_is_let_go_from_the_middle_leaves_those_before_and_behind)
{
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "7", "ROE", "F"));
    submit(about("a3", "7", "POE", "F"));
    ck_assert_int_eq(drop("a2"), PIPELINE_COMMITTED);
    ck_assert_int_eq(release("a3", false), PIPELINE_HELD);
    expect(STATUS, "held dropped held");
    feed.program = knowing;
    ck_assert_int_eq(release("a1", false), PIPELINE_COMMITTED);
    ck_assert_int_eq(release("a3", false), PIPELINE_COMMITTED);
    expect(VERSIONS, "DOE POE");
}
END_TEST

START_TEST(message_that_waits_no_more_is_neither_let_go_nor_dropped)
{
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "8", "ROE", "X9"));
    feed.program = knowing;
    ck_assert_int_eq(drop("a1"), PIPELINE_COMMITTED);
    ck_assert_int_eq(drop("a1"), PIPELINE_DUPLICATE);
    ck_assert_int_eq(release("a1", false), PIPELINE_DUPLICATE);
    ck_assert_int_eq(release("a2", false), PIPELINE_COMMITTED);
    ck_assert_int_eq(drop("a2"), PIPELINE_DUPLICATE);
    expect(STATUS, "dropped accepted");
    expect("select count(*) from held_drop", "1");
    expect(FAMILIES, "ROE");
}
END_TEST

/* Lets the next one go on; false where there is none. */
static bool release_next(void)
{
    const struct pipeline_held_choice all = {.cause_count = 0};
    struct pipeline_inbox *inbox = open_inbox();
    struct pipeline_held_message *next = NULL;
    size_t count = 0;
    ck_assert_int_eq(pipeline_held_next(inbox, &all, 0, arena, &next, &count, NULL), 0);
    pipeline_inbox_close(inbox);
    if (count > 0)
        ck_assert_int_eq(release(arena_format(arena, "%lld", (long long)next[0].key).ptr, false),
                         PIPELINE_COMMITTED);
    return count > 0;
}

/* HL7 v2.5.1 3.3.24: A24 is about two patients, so it stands in two lanes. */
START_TEST(message_about_two_patients_keeps_those_of_both_in_their_order)
{
    submit(about("a1", "7", "DOE", "X9"));
    CK_SAYS(submit(message("a2", "2.5.1",
                           "EVN|A24|20260310\rPID|1||7^^^NORTH^MR||ROE^A||1970|F\r"
                           "PID|2||8^^^NORTH^MR||ROE^A||1970|F\r")),
            "an earlier message about this patient waits");
    CK_SAYS(submit(about("a3", "8", "POE", "F")), "an earlier message about this patient waits");
    expect("select count(*), count(distinct lane) from held_lane", "4|2");
    ck_assert_int_eq(release("a3", false), PIPELINE_HELD);
    ck_assert_int_eq(release("a2", false), PIPELINE_HELD);
    feed.program = knowing;
    ck_assert_int_eq(release("a3", false), PIPELINE_HELD);
    ck_assert_int_eq(release("a1", false), PIPELINE_COMMITTED);
    ck_assert_int_eq(release("a3", false), PIPELINE_HELD);
    ck_assert_int_eq(release("a2", false), PIPELINE_COMMITTED);
    ck_assert_int_eq(release("a3", false), PIPELINE_COMMITTED);
    expect(STATUS, "accepted accepted accepted");
    expect("select count(*) from held_lane", "0");
}
END_TEST

static void end_one(struct pipeline_release *one)
{
    release_ended = ++*(size_t *)one->owner == 3;
}

/* Tries the first three at once, as they share a commit; their outcomes. */
static void release_three(struct pipeline_release *ret_releases)
{
    const struct pipeline_held_choice all = {.cause_count = 0};
    struct pipeline_inbox *inbox = open_inbox();
    struct pipeline_held_message *next = NULL;
    size_t count = 0, ended = 0;
    ck_assert_int_eq(pipeline_held_next(inbox, &all, 0, arena, &next, &count, NULL), 0);
    pipeline_inbox_close(inbox);
    ck_assert_uint_eq(count, 3);
    release_ended = false;
    for (size_t i = 0; i < 3; i++) {
        ret_releases[i] = (struct pipeline_release){.message_key = (uint64_t)next[i].key,
                                                    .raw = next[i].raw,
                                                    .received = next[i].received,
                                                    .done = end_one,
                                                    .owner = &ended};
        issue_list_init(&ret_releases[i].issues, arena);
        pipeline_inbound_release(inbound, &feed, &ret_releases[i]);
    }
    ck_assert(test_host_run(&host, &release_ended, 30000));
}

START_TEST(those_of_a_lane_go_on_together_in_their_order)
{
    struct pipeline_release releases[3];
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "7", "ROE", "X9"));
    submit(about("a3", "7", "POE", "F"));
    feed.program = knowing;
    release_three(releases);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(releases[i].outcome, PIPELINE_COMMITTED);
    expect(VERSIONS, "DOE ROE POE");
    expect("select count(*) from held_lane", "0");
}
END_TEST

START_TEST(who_stays_keeps_those_behind_it_and_nobody_else)
{
    struct pipeline_release releases[3];
    submit(about("a1", "7", "DOE", "Q"));
    submit(about("a2", "7", "ROE", "F"));
    submit(about("a3", "8", "POE", "X9"));
    feed.program = knowing;
    release_three(releases);
    ck_assert_int_eq(releases[0].outcome, PIPELINE_HELD);
    ck_assert_int_eq(releases[1].outcome, PIPELINE_HELD);
    ck_assert_int_eq(releases[2].outcome, PIPELINE_COMMITTED);
    expect(STATUS, "held held accepted");
    expect(FAMILIES, "POE");
}
END_TEST

START_TEST(who_is_refused_keeps_those_behind_it)
{
    struct pipeline_release releases[3];
    submit(message("a1", "2.5.1", "EVN|A08|20260310\rPID|1||7^^^NORTH^MR||DOE^A|||X9\r"));
    submit(about("a2", "7", "ROE", "F"));
    submit(about("a3", "7", "POE", "F"));
    feed.program = requiring;
    release_three(releases);
    ck_assert_int_eq(releases[0].outcome, PIPELINE_FAILED);
    ck_assert_int_eq(releases[1].outcome, PIPELINE_HELD);
    ck_assert_int_eq(releases[2].outcome, PIPELINE_HELD);
    expect(STATUS, "held held held");
}
END_TEST

/* What the database refuses is run alone, and so are those that shared its commit. */
START_TEST(who_is_refused_by_the_database_keeps_those_behind_it_and_nobody_else)
{
    struct pipeline_release releases[3];
    submit(about("a1", "7", "BAD", "X9"));
    submit(about("a2", "7", "ROE", "F"));
    submit(about("a3", "8", "POE", "X9"));
    free(database_ask("create function fail() returns trigger language plpgsql as"
                      " $$ begin raise 'no' using errcode = '22000'; end $$;"
                      "create trigger fail before insert on resource for each row"
                      " when (new.body like '%BAD%') execute function fail()"));
    feed.program = knowing;
    release_three(releases);
    ck_assert_int_eq(releases[0].outcome, PIPELINE_FAILED);
    ck_assert_int_eq(releases[1].outcome, PIPELINE_HELD);
    ck_assert_int_eq(releases[2].outcome, PIPELINE_COMMITTED);
    expect(STATUS, "held held accepted");
    ck_assert_int_eq(drop("a1"), PIPELINE_COMMITTED);
    ck_assert_int_eq(release("a2", false), PIPELINE_COMMITTED);
    expect(STATUS, "dropped accepted accepted");
}
END_TEST

/* One door takes messages of a patient while another process lets go on: nobody is left behind, and
 * what was said later is not overwritten by what was said before. */
START_TEST(who_lines_up_while_others_go_on_is_not_forgotten)
{
    enum { COUNT = 40, WAITING = 10 };
    struct pipeline_inbound_options options = inbound_options;
    options.commit = pipeline_commit_new(&commit_options);
    struct pipeline_inbound *other = pipeline_inbound_new(&options);
    const struct pipeline_feed told = feed;
    submit(about("first", "7", "DOE", "X9"));
    feed.program = knowing;
    for (int i = 0; i < COUNT; i++) {
        struct slice text =
            about(arena_format(arena, "b%d", i).ptr, "7", arena_format(arena, "N%02d", i).ptr, "F");
        bool done = false;
        pipeline_inbound_submit(other, &told, text, PIPELINE_FRAME_WHOLE, time_now(), note_end,
                                &done);
        for (int turn = 0; turn < 2 && i >= WAITING; turn++)
            release_next();
        ck_assert(done || test_host_run(&host, &done, 30000));
    }
    while (release_next())
        ;
    pipeline_commit_free(options.commit);
    pipeline_inbound_free(other);
    expect("select count(*) from inbox where status <> 'accepted'", "0");
    expect("select body::json #>> '{name,0,family}' from resource where type = 'Patient'", "N39");
    expect("select count(*) from (select family, lag(family) over (order by version) as before"
           " from (select version, body::json #>> '{name,0,family}' as family"
           " from resource_history where type = 'Patient') as said) as pair"
           " where before <> 'DOE' and family < before",
           "0");
}
END_TEST

/* Who goes on by position would pass over one that comes to be there with an earlier one. */
START_TEST(who_waits_later_is_not_there_before_who_waits_earlier)
{
    struct pipeline_inbound_options options = inbound_options;
    options.commit = pipeline_commit_new(&commit_options);
    struct pipeline_inbound *other = pipeline_inbound_new(&options);
    bool earlier = false, later = false;
    submit(about("a1", "8", "DOE", "X9"));
    slow_commit("held_cause", "1.5");
    pipeline_inbound_submit(other, &feed, about("a2", "7", "POE", "X9"), PIPELINE_FRAME_WHOLE,
                            time_now(), note_end, &earlier);
    run_until_it("PgSleep");
    pipeline_inbound_submit(inbound, &feed, about("a3", "8", "ROE", "F"), PIPELINE_FRAME_WHOLE,
                            time_now(), note_end, &later);
    ck_assert(test_host_run(&host, &later, 30000));
    expect("select string_agg(convert_from(control_id, 'UTF8'), ' ' order by position)"
           " from held_message join inbox using (inbox_id)",
           "a1 a2 a3");
    ck_assert(earlier || test_host_run(&host, &earlier, 30000));
    pipeline_commit_free(options.commit);
    pipeline_inbound_free(other);
}
END_TEST

/* --- what the commands ask -------------------------------------------------------------------- */

START_TEST(causes_are_grouped_and_counted)
{
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "7", "ROE", "F"));
    submit(about("a3", "8", "POE", "X9"));
    submit(about("a4", "9", "LOE", "Q"));
    struct pipeline_inbox *inbox = open_inbox();
    struct pipeline_held_cause *causes = NULL;
    size_t count = 0;
    ck_assert_int_eq(pipeline_held_causes(inbox, arena, &causes, &count, NULL), 0);
    ck_assert_uint_eq(count, 3);
    CK_SAME(causes[0].code, "X9");
    ck_assert_int_eq(causes[0].count, 2);
    CK_SAME(causes[0].site, "north");
    CK_SAME(causes[0].feeds, "lab");
    CK_SAME(causes[0].examples,
            arena_format(arena, "%lld %lld", (long long)key_of("a1"), (long long)key_of("a3")).ptr);
    ck_assert(slice_starts_with(causes[0].cause, SLICE("unmapped-")));
    CK_SAME(causes[1].code, "Q");
    CK_SAME(causes[2].cause, "behind");
    ck_assert_int_eq(causes[2].count, 1);
    ck_assert_int_eq(pipeline_held_causes_of(inbox, key_of("a2"), arena, &causes, &count, NULL), 0);
    ck_assert_uint_eq(count, 1);
    CK_SAME(causes[0].cause, "behind");
    struct pipeline_held_count *counts = NULL;
    ck_assert_int_eq(pipeline_held_counts(inbox, arena, &counts, &count, NULL), 0);
    ck_assert_uint_eq(count, 1);
    CK_SAME(counts[0].feed, "lab");
    ck_assert_int_eq(counts[0].count, 4);
    pipeline_inbox_close(inbox);
}
END_TEST

/* The name of the cause that is a code which no table knows. */
static struct slice cause_of(const char *code)
{
    char *name = database_ask(
        arena_format(arena, "select distinct cause from held_cause where code = '%s'", code).ptr);
    struct slice cause = arena_copy(arena, slice_of(name));
    free(name);
    return cause;
}

/* The keys of the next ones, by control id. */
static void expect_next(const struct pipeline_held_choice *choice, int64_t position,
                        const char *wanted)
{
    struct pipeline_inbox *inbox = open_inbox();
    struct pipeline_held_message *next = NULL;
    struct slice ids = SLICE("");
    size_t count = 0;
    ck_assert_int_eq(pipeline_held_next(inbox, choice, position, arena, &next, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        struct pipeline_inbox_message stored;
        bool found = false;
        struct slice key = arena_format(arena, "%lld", (long long)next[i].key);
        ck_assert_int_eq(pipeline_inbox_find(inbox, key, arena, &stored, &found, NULL), 0);
        ids = arena_format(arena, "%.*s%s%.*s", SLICE_ARG(ids), i > 0 ? " " : "",
                           SLICE_ARG(stored.row.control_id));
    }
    pipeline_inbox_close(inbox);
    CK_SAME(ids, wanted);
}

START_TEST(next_are_the_chosen_and_who_stands_behind_them)
{
    submit(about("a1", "7", "DOE", "X9"));
    submit(about("a2", "7", "ROE", "F"));
    submit(about("a3", "8", "POE", "Q"));
    submit(about("a4", "8", "LOE", "F"));
    const struct slice code = cause_of("Q");
    expect_next(&(struct pipeline_held_choice){.cause_count = 0}, 0, "a1 a2 a3 a4");
    expect_next(&(struct pipeline_held_choice){.cause_count = 0}, 2, "a3 a4");
    expect_next(&(struct pipeline_held_choice){.causes = &code, .cause_count = 1}, 0, "a3 a4");
    const int64_t behind = key_of("a2"), first = key_of("a1");
    expect_next(&(struct pipeline_held_choice){.keys = &behind, .key_count = 1}, 0, "a2");
    expect_next(&(struct pipeline_held_choice){.keys = &first, .key_count = 1}, 0, "a1 a2");
}
END_TEST

static void add(Suite *suite)
{
    TCase *held = tcase_create("held");
    tcase_add_checked_fixture(held, begin_held, end);
    tcase_set_timeout(held, 120);
    tcase_add_test(held, message_that_holds_is_aa_with_a_warning_and_has_no_effect);
    tcase_add_test(held, before_2_5_the_words_of_a_hold_stand_in_msa_3);
    tcase_add_test(held, in_enhanced_mode_ca_is_given);
    tcase_add_test(held, later_messages_of_the_patient_wait_behind_and_others_go_on);
    tcase_add_test(held, message_of_the_same_commit_waits_behind_too);
    tcase_add_test(held, another_feed_of_the_patient_goes_on);
    tcase_add_test(held, resend_of_what_waits_gets_the_first_answer);
    tcase_add_test(held, message_that_is_refused_waits_for_nobody);
    tcase_add_test(held, message_that_cannot_be_held_is_kept_as_refused);
    tcase_add_test(held, what_waited_goes_on_in_its_order_under_the_revision_of_today);
    tcase_add_test(held, answer_of_what_went_on_stays_as_it_was_given);
    tcase_add_test(held, message_behind_another_cannot_go_first);
    tcase_add_test(held, what_still_holds_waits_for_what_it_holds_for_now);
    tcase_add_test(held, what_is_let_go_for_good_is_kept_with_who_and_why);
    tcase_add_test(held, who_is_let_go_from_the_middle_leaves_those_before_and_behind);
    tcase_add_test(held, message_that_waits_no_more_is_neither_let_go_nor_dropped);
    tcase_add_test(held, message_about_two_patients_keeps_those_of_both_in_their_order);
    tcase_add_test(held, as_text_a_code_goes_on_as_it_was_sent);
    tcase_add_test(held, what_stays_behind_as_text_still_waits_for_its_code);
    tcase_add_test(held, message_goes_on_once);
    tcase_add_test(held, message_that_the_rules_of_today_refuse_waits_on);
    tcase_add_test(held, those_of_a_lane_go_on_together_in_their_order);
    tcase_add_test(held, who_stays_keeps_those_behind_it_and_nobody_else);
    tcase_add_test(held, who_is_refused_keeps_those_behind_it);
    tcase_add_test(held, who_is_refused_by_the_database_keeps_those_behind_it_and_nobody_else);
    tcase_add_test(held, who_lines_up_while_others_go_on_is_not_forgotten);
    tcase_add_test(held, who_waits_later_is_not_there_before_who_waits_earlier);
    tcase_add_test(held, causes_are_grouped_and_counted);
    tcase_add_test(held, next_are_the_chosen_and_who_stands_behind_them);
    suite_add_tcase(suite, held);
}

int main(void)
{
    return database_suite_main("held", add);
}
