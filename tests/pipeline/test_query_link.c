/* Query and commit against a real server: the id of a Patient who was replaced answers for the one
 * who has the records now, at every door. */
#include "pipeline/committer.h"
#include "pipeline/query.h"
#include "support/same.h"

static struct pipeline_query *query;
static char *old_id, *new_id; /* S1 of south was merged into N1 of north */

static void set_up_link(void)
{
    set_up();
    query =
        pipeline_query_new(&(struct pipeline_query_options){.store = &door, .host = &host.host});
    const char *const sites[] = {"north", "south"}, *const records[] = {"N1", "S1"};
    for (int i = 0; i < 2; i++) {
        struct test_item *test =
            patient_message(sites[i], "1", records[i],
                            i == 0 ? "\"gender\":\"female\"" : "\"birthDate\":\"1970-01-01\"", 1);
        test_of_patient(test_write(test, "Condition", records[i], "\"recordedDate\":\"2026\""));
        run_well(test);
    }
    run_act(PIPELINE_ACT_MERGE, "south S1", "north N1");
    old_id = database_ask("select patient_id from source_record where value = 'S1'");
    new_id = database_ask("select patient_id from source_record where value = 'N1'");
}

static void tear_down_link(void)
{
    free(old_id);
    free(new_id);
    pipeline_query_free(query);
    tear_down();
}

static void note_done(struct pipeline_question *question)
{
    *(bool *)question->owner = true;
}

static void ask(struct pipeline_question *question)
{
    bool done = false;
    struct slice reason;
    question->arena = arena;
    question->owner = &done;
    question->done = note_done;
    question->actor = SLICE("client-1");
    question->viewer.sees_all = true;
    question->limit = 10;
    issue_list_init(&question->issues, arena);
    for (int i = 0; i < 200 && !pipeline_query_ready(query, &reason); i++)
        test_host_run(&host, &done, 20);
    pipeline_query_submit(query, question);
    ck_assert(test_host_run(&host, &done, 30000));
    ck_assert(!issue_list_failed(&question->issues));
}

static struct pipeline_question of_old(enum pipeline_question_kind kind, uint64_t version)
{
    struct pipeline_question question = {
        .kind = kind, .type = SLICE("Patient"), .id = slice_of(old_id), .version = version};
    ask(&question);
    return question;
}

START_TEST(a_read_is_the_survivor)
{
    struct pipeline_question read = of_old(PIPELINE_QUESTION_READ, 0);
    ck_assert_uint_eq(read.count, 1);
    CK_SAME(read.found[0].id, new_id);
}
END_TEST

START_TEST(a_caller_bound_to_either_id_reads_the_survivor_and_what_both_had)
{
    const char *const ids[] = {old_id, new_id};
    for (int i = 0; i < 2; i++) {
        struct pipeline_question read = {.kind = PIPELINE_QUESTION_READ,
                                         .type = SLICE("Patient"),
                                         .id = slice_of(ids[i]),
                                         .patient = slice_of(ids[1 - i])};
        ask(&read);
        ck_assert_uint_eq(read.count, 1);
        CK_SAME(read.found[0].id, new_id);
    }
}
END_TEST

START_TEST(a_version_and_the_history_of_the_id_are_what_was_said_under_it)
{
    struct pipeline_question version = of_old(PIPELINE_QUESTION_VERSION, 1);
    ck_assert_uint_eq(version.count, 1);
    ck_assert_uint_ne(slice_find(version.found[0].body, SLICE("1970-01-01")), SIZE_MAX);
    struct pipeline_question history = of_old(PIPELINE_QUESTION_HISTORY, 0);
    ck_assert_uint_eq(history.count, 2);
    ck_assert_uint_ne(slice_find(history.found[0].body, SLICE("replaced-by")), SIZE_MAX);
    ck_assert_uint_ne(slice_find(history.found[0].body, slice_of(new_id)), SIZE_MAX);
}
END_TEST

/* The number of resources found, and the id of the first. */
static size_t search(const char *type, const char *name, const char *value, struct slice *ret_id)
{
    struct pipeline_search *search = pipeline_search_new(
        &(struct pipeline_search_options){.table = commit_options.search, .type = slice_of(type)},
        arena);
    if (*name)
        ck_assert_int_eq(pipeline_search_add(search, slice_of(name), slice_of(value), NULL), 1);
    struct pipeline_question question = {.kind = PIPELINE_QUESTION_SEARCH, .search = search};
    ask(&question);
    if (question.count > 0)
        *ret_id = question.found[0].id;
    return question.count;
}

START_TEST(a_search_finds_one_patient_by_whatever_either_record_says)
{
    static const char *const criteria[][2] = {
        {"gender", "female"}, {"birthdate", "1970-01-01"}, {"", ""}};
    struct slice id;
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(search("Patient", criteria[i][0], criteria[i][1], &id), 1);
        CK_SAME(id, new_id);
    }
    ck_assert_uint_eq(search("Patient", "_id", old_id, &id), 1);
    CK_SAME(id, new_id);
}
END_TEST

START_TEST(a_search_by_patient_finds_what_both_had_by_either_id)
{
    struct slice id;
    ck_assert_uint_eq(search("Condition", "patient", old_id, &id), 2);
    ck_assert_uint_eq(search("Condition", "patient", new_id, &id), 2);
}
END_TEST

START_TEST(what_is_written_under_the_id_is_the_survivors)
{
    struct test_item *put = request("Patient", old_id, "\"maritalStatus\":{\"text\":\"x\"}");
    put->item.writes[0].subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = 0};
    pipeline_commit_submit(commit, &put->item);
    wait_for(put);
    ck_assert_int_eq(put->item.outcome, PIPELINE_COMMITTED);
    CK_SAME(put->item.writes[0].final_id, new_id);
    test_item_free(put);
    put = request("Observation", "o-1", "\"status\":\"final\"");
    put->item.writes[0].subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = slice_of(old_id)};
    run_well(put);
    struct slice id;
    ck_assert_uint_eq(search("Observation", "patient", new_id, &id), 1);
}
END_TEST

static void add(Suite *suite)
{
    TCase *doors = tcase_create("doors");
    tcase_set_timeout(doors, 90);
    tcase_add_checked_fixture(doors, set_up_link, tear_down_link);
    suite_add_tcase(suite, doors);
    tcase_add_test(doors, a_read_is_the_survivor);
    tcase_add_test(doors, a_caller_bound_to_either_id_reads_the_survivor_and_what_both_had);
    tcase_add_test(doors, a_version_and_the_history_of_the_id_are_what_was_said_under_it);
    tcase_add_test(doors, a_search_finds_one_patient_by_whatever_either_record_says);
    tcase_add_test(doors, a_search_by_patient_finds_what_both_had_by_either_id);
    tcase_add_test(doors, what_is_written_under_the_id_is_the_survivors);
}

int main(void)
{
    return database_suite_main("query_link", add);
}
