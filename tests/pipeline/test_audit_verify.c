/* The audit on a real server: what the engine wrote is whole and sealed, and what somebody with all
 * rights does to it is named. Seals are signed by a word here; the real key is the program's. */
#include "pipeline/audit_verify.h"

#include "pipeline/committer.h"

#define SIGNED SLICE("signed ")

static int sign(void *data, struct slice payload, struct arena *of, struct slice *ret_token)
{
    (void)data;
    *ret_token = arena_format(of, "signed %.*s", SLICE_ARG(payload));
    return 0;
}

static int read_token(void *data, struct slice token, struct arena *of, struct slice *ret_payload)
{
    (void)data;
    *ret_payload = slice_after(token, SIGNED.len);
    (void)of;
    return slice_equal(slice_part(token, 0, SIGNED.len), SIGNED) ? 0 : -1;
}

static void note_end(void *data)
{
    *(bool *)data = true;
}

/* One that begins, seals and ends. */
static void seal(void)
{
    struct store_settings judge = database_settings("painbridge_judge");
    struct pipeline_sealer *sealer = pipeline_sealer_new(
        &(struct pipeline_sealer_options){.store = &judge, .host = &host.host, .sign = sign});
    bool done = false;
    pipeline_sealer_finish(sealer, note_end, &done);
    ck_assert(test_host_run(&host, &done, 5000));
    pipeline_sealer_free(sealer);
}

static void verify(struct pipeline_audit_report *ret_report)
{
    struct store_settings reader = database_settings("painbridge_reader");
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(pipeline_audit_verify(&reader, read_token, NULL, arena, ret_report, &issues),
                     0);
}

/* The findings as "CHAIN PLACE FAULT", a line each; a seal by its number, as "seal 2 FAULT". */
static void expect_findings(const char *wanted)
{
    struct pipeline_audit_report report;
    verify(&report);
    struct slice text = SLICE("");
    for (size_t i = 0; i < report.finding_count; i++) {
        const struct pipeline_audit_finding *finding = &report.findings[i];
        const char *fault = pipeline_audit_fault_name(finding->verdict.fault);
        if (finding->of_seal)
            text = arena_format(arena, "%.*sseal %lld %s\n", SLICE_ARG(text),
                                (long long)finding->chain, fault);
        else
            text =
                arena_format(arena, "%.*s%lld %lld %s\n", SLICE_ARG(text),
                             (long long)finding->chain, (long long)finding->verdict.place, fault);
    }
    ck_assert_str_eq(arena_string(arena, text), wanted);
    ck_assert_int_eq(report.broken, (int64_t)report.finding_count);
}

static void send(int from, int to)
{
    for (int i = from; i < to; i++) {
        char control[12];
        snprintf(control, sizeof(control), "%d", i);
        run_well(patient_message("north", control, control, "\"active\":true", 1));
    }
}

static void restart(void)
{
    pipeline_commit_free(commit);
    begin_commit(commit_options.definitions, commit_options.search);
}

/* Chain 1: 12 rows, sealed at the 6th and the last; then chain 2 of the same name, with 4. */
static void fill(void)
{
    send(0, 6);
    seal();
    send(6, 12);
    seal();
    restart();
    send(12, 16);
    seal();
}

START_TEST(what_the_engine_wrote_is_whole)
{
    struct pipeline_audit_report report;
    fill();
    send(16, 18);
    verify(&report);
    ck_assert_int_eq(report.broken, 0);
    ck_assert_int_eq(report.chains, 2);
    ck_assert_int_eq(report.rows, 18);
    ck_assert_int_eq(report.seals, 3);
    ck_assert_int_eq(report.unsealed, 2);
    expect("select chain, previous_chain, previous_place from audit_chain order by 1",
           "1||\n2|1|11");
}
END_TEST

START_TEST(where_nothing_grew_nothing_is_sealed)
{
    send(0, 2);
    seal();
    struct store_settings judge = database_settings("painbridge_judge");
    struct pipeline_sealer *sealer = pipeline_sealer_new(&(struct pipeline_sealer_options){
        .store = &judge, .host = &host.host, .sign = sign, .pause = TIME_SECOND / 20});
    bool never = false;
    test_host_run(&host, &never, 700);
    expect("select count(*) from audit_seal", "2"); /* who begins seals what there is */
    send(2, 3);
    test_host_run(&host, &never, 300);
    expect("select count(*), max(seal) from audit_seal", "3|3");
    pipeline_sealer_free(sealer);
    expect_findings("");
}
END_TEST

START_TEST(what_was_rolled_back_or_lost_breaks_no_chain)
{
    send(0, 2);
    /* the third is refused by the server, together with its batch */
    free(database_ask("create function fail() returns trigger language plpgsql as"
                      " $$ begin raise 'no' using errcode = '23514'; end $$;"
                      "create trigger fail before insert on resource for each row"
                      " when (new.type = 'Observation') execute function fail()"));
    struct test_item *bad = test_item_new("north", "bad", "bad", 1);
    test_patient(bad, "bad", "\"active\":true");
    test_of_patient(test_write(bad, "Observation", "o1", "\"status\":\"final\""));
    ck_assert_int_eq(run(bad), PIPELINE_FAILED);
    test_item_free(bad);
    send(3, 5);
    free(database_ask("select pg_terminate_backend(pid) from pg_stat_activity"
                      " where usename = 'painbridge_door'"));
    send(5, 8);
    database_kill();
    database_restart();
    send(8, 9);
    seal();
    expect_findings("");
    expect("select count(*), max(place), count(distinct chain) from audit", "8|7|1");
}
END_TEST

static const struct {
    const char *damage, *findings;
} damages[] = {
    {"update audit set actor = 'nobody' where chain = 1 and place = 4", "1 4 changed\n"},
    {"update audit set person_key = 0 where chain = 2 and place = 3", "2 3 changed\n"},
    {"update audit set recorded = recorded - interval '1 microsecond' where chain = 1 and place = "
     "0",
     "1 0 changed\n"},
    {"update audit set detail = 'x' where chain = 1 and place = 11", "1 11 changed\n"},
    {"update audit set entities = null where chain = 1 and place = 1", "1 1 changed\n"},
    {"update audit set hash = sha256('x') where chain = 1 and place = 2", "1 2 changed\n"},
    {"delete from audit where chain = 1 and place = 0", "1 0 deleted\n"},
    {"delete from audit where chain = 1 and place in (7, 8)", "1 7 deleted\n"},
    {"delete from audit where chain = 2 and place = 1;"
     "update audit set place = place - 1 where chain = 2 and place > 1",
     "2 1 deleted\n"},
    {"insert into audit select chain, place, recorded + interval '1 second', person_key, inbox_id,"
     " kind, role, 'nobody', outcome, site, address, purpose, entities, detail, user_name, hash "
     "from audit"
     " where chain = 1 and place = 5",
     "1 5 inserted\n"},
    {"update audit set place = -1 - place where chain = 1 and place = 2;"
     "update audit set place = 2 where chain = 1 and place = 9;"
     "update audit set place = 9 where chain = 1 and place = -3",
     "1 2 reordered\n"},
    {"delete from audit where chain = 1 and place > 8", "1 9 cut off\n"},
    {"delete from audit where chain = 2", "2 0 cut off\n"},
    {"delete from audit where chain = 1 and place > 8; delete from audit_seal", "1 9 cut off\n"},
    {"update audit_chain set name = 'other' where chain = 1", "1 0 changed\n"},
    {"delete from audit where chain = 2; delete from audit_chain where chain = 2", "2 0 deleted\n"},
    {"delete from audit_chain where chain = 2", "2 0 deleted\n2 0 inserted\n"},
    {"insert into audit select 99, place, recorded, person_key, inbox_id, kind, role, actor,"
     " outcome, site, address, purpose, entities, detail, user_name, hash from audit where chain = "
     "2",
     "99 0 inserted\n"},
    {"update audit_seal set token = replace(token, 'signed', 'forged') where seal = 2",
     "seal 2 changed\nseal 3 changed\n"},
    {"update audit_seal set token = replace(token, '\"place\":5', '\"place\":4') where seal = 1",
     "seal 2 changed\n1 4 changed\n"},
    {"delete from audit_seal where seal = 2", "seal 2 deleted\n"},
};

START_TEST(what_was_done_to_it_is_named)
{
    fill();
    expect_findings("");
    free(database_ask(damages[_i].damage));
    expect_findings(damages[_i].findings);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("audit_verify");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_the_engine_wrote_is_whole);
    tcase_add_test(cases, where_nothing_grew_nothing_is_sealed);
    tcase_add_test(cases, what_was_rolled_back_or_lost_breaks_no_chain);
    tcase_add_loop_test(cases, what_was_done_to_it_is_named, 0,
                        (int)(sizeof(damages) / sizeof(damages[0])));
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return database_suite_main("audit_verify", add);
}
