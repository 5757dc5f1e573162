/* Who may see what, against a real server: one table of viewers, relations, labels and consents,
 * and every way to ask. Rules: domain rules, consent, section "Decision"; 42 CFR Part 2. */
#include "pipeline/committer.h"
#include "pipeline/consent.h"
#include "pipeline/label.h"
#include "pipeline/query.h"
#include "support/suite.h"

static struct pipeline_query *query;
static const struct fhir_search_table *search_table;
static struct pipeline_query_options query_options;

/* --- the record ------------------------------------------------------------------------------- */

/* Anna is a patient of "north" (open) and of "program" (part 2); "south" knows her not at all, and
 * "east" only as a member of her care team. Bob is a patient of "south". */
static void store_persons(void)
{
    struct test_item *north = test_item_new("north", "1", "1", 1);
    test_patient(north, "N1", "\"gender\":\"female\"");
    north->item.persons[0].links[north->item.persons[0].link_count++] =
        test_key(north, "Patient", "shared number")->digest;
    test_of_patient(test_write(north, "Observation", "open", "\"status\":\"final\""));
    test_of_patient(
        test_write(north, "CareTeam", "team",
                   "\"status\":\"active\",\"participant\":[{\"member\":"
                   "{\"identifier\":{\"system\":\"urn:painbridge:site\",\"value\":\"east\"}}}]"));
    run_well(north);
    struct test_item *program = test_item_new("program", "2", "2", 2);
    test_patient(program, "P1", "\"active\":true");
    program->item.persons[0].links[program->item.persons[0].link_count++] =
        test_key(program, "Patient", "shared number")->digest;
    test_of_patient(test_write(program, "Observation", "hidden", "\"status\":\"final\""));
    program->item.labels = PIPELINE_LABEL_PART2;
    run_well(program);
    struct test_item *south = test_item_new("south", "3", "3", 3);
    test_patient(south, "S1", "\"gender\":\"male\"");
    run_well(south);
}

/* A Consent of one provision. */
#define CONSENT(status, policy, type, actors, more)                                                \
    "\"status\":\"" status "\",\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/"   \
    "CodeSystem/consentscope\",\"code\":\"patient-privacy\"}]},\"policyRule\":{\"coding\":[{"      \
    "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"" policy           \
    "\"}]},\"provision\":{\"type\":\"" type "\"," actors more                                      \
    "\"purpose\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":"    \
    "\"TREAT\"}]}"
#define ACTOR(role, site)                                                                          \
    "{\"role\":{\"coding\":[{\"code\":\"" role "\"}]},\"reference\":{\"identifier\":{\"system\":"  \
    "\"urn:painbridge:site\",\"value\":\"" site "\"}}}"
#define TO(site) "\"actor\":[" ACTOR("IRCP", site) "],"
#define FROM_TO(from, to) "\"actor\":[" ACTOR("CST", from) "," ACTOR("IRCP", to) "],"
#define PERIOD(start, end) "\"period\":{\"start\":\"" start "\",\"end\":\"" end "\"},"

struct state {
    const char *name;
    const char *site; /* that records it */
    const char *body; /* of the first Consent; NULL: none */
    const char *body2;
};

static const struct state states[] = {
    {"none", NULL, NULL, NULL},
    {"to north", "program", CONSENT("active", "42CFRPart2", "permit", TO("north"), ""), NULL},
    {"to south", "program", CONSENT("active", "42CFRPart2", "permit", TO("south"), ""), NULL},
    {"to a client of that name", "program",
     CONSENT(
         "active", "42CFRPart2", "permit",
         "\"actor\":[{\"role\":{\"coding\":[{\"code\":\"IRCP\"}]},\"reference\":{\"identifier\":{"
         "\"system\":\"urn:painbridge:client\",\"value\":\"north\"}}}],",
         ""),
     NULL},
    {"to treating", "program", CONSENT("active", "42CFRPart2", "permit", "", ""), NULL},
    {"inactive", "program", CONSENT("inactive", "42CFRPart2", "permit", TO("north"), ""), NULL},
    {"over", "program",
     CONSENT("active", "42CFRPart2", "permit", TO("north"), PERIOD("2020-01-01", "YESTERDAY")),
     NULL},
    {"last day", "program",
     CONSENT("active", "42CFRPart2", "permit", TO("north"), PERIOD("2020-01-01", "TODAY")), NULL},
    {"not begun", "program",
     CONSENT("active", "42CFRPart2", "permit", TO("north"), PERIOD("TOMORROW", "2030-01-01")),
     NULL},
    {"other policy", "program", CONSENT("active", "OPTIN", "permit", TO("north"), ""), NULL},
    {"by north of itself", "north", CONSENT("active", "42CFRPart2", "permit", TO("north"), ""),
     NULL},
    {"by north of program", "north",
     CONSENT("active", "42CFRPart2", "permit", FROM_TO("program", "north"), ""), NULL},
    {"narrowed", "program",
     CONSENT("active", "42CFRPart2", "permit", TO("north"),
             "\"code\":[{\"text\":\"counselling\"}],"),
     NULL},
    {"to an unknown role", "program",
     CONSENT("active", "42CFRPart2", "permit", "\"actor\":[" ACTOR("XYZ", "north") "],", ""), NULL},
    {"permit and deny", "program", CONSENT("active", "42CFRPart2", "permit", TO("north"), ""),
     CONSENT("active", "42CFRPart2", "deny", TO("north"), "")},
    {"deny open to north", "program", CONSENT("active", "OPTOUT", "deny", TO("north"), ""), NULL},
    {"permit inside", "program",
     "\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/"
     "CodeSystem/"
     "consentscope\",\"code\":\"patient-privacy\"}]},\"policyRule\":{\"coding\":[{\"system\":"
     "\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"42CFRPart2\"}]},"
     "\"provision\":{\"provision\":[{\"type\":\"permit\",\"purpose\":[{\"system\":"
     "\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\"TREAT\"}]}]}",
     NULL},
    {"changed by what we do not know", "program",
     CONSENT("active", "42CFRPart2", "permit", TO("north"),
             "\"modifierExtension\":[{\"url\":\"urn:x\",\"valueBoolean\":true}],"),
     NULL},
    {"deny by reference", "north",
     CONSENT("active", "OPTOUT", "deny",
             "\"actor\":[{\"role\":{\"coding\":[{\"code\":\"IRCP\"}]},\"reference\":{\"reference\":"
             "\"Organization/x\"}}],",
             ""),
     NULL},
    {"deny for research", "north",
     "\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/"
     "CodeSystem/"
     "consentscope\",\"code\":\"patient-privacy\"}]},\"provision\":{\"type\":\"deny\",\"purpose\":["
     "{"
     "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\"HRESCH\"}]}",
     NULL},
    {"deny open to team", "north", CONSENT("active", "OPTOUT", "deny", TO("east"), ""), NULL},
};

/* --- who looks -------------------------------------------------------------------------------- */

enum who { HUB, NORTH, PROGRAM, SOUTH, EAST, NOBODY, WHO_COUNT };

static const struct slice hub_names[] = {SLICE_INIT("urn:painbridge:client|hub")};
static const struct slice north_names[] = {SLICE_INIT("urn:painbridge:client|n"),
                                           SLICE_INIT("urn:painbridge:site|north")};
static const struct slice program_names[] = {SLICE_INIT("urn:painbridge:client|p"),
                                             SLICE_INIT("urn:painbridge:site|program")};
static const struct slice south_names[] = {SLICE_INIT("urn:painbridge:client|s"),
                                           SLICE_INIT("urn:painbridge:site|south")};
static const struct slice east_names[] = {SLICE_INIT("urn:painbridge:client|e"),
                                          SLICE_INIT("urn:painbridge:site|east")};

static const struct {
    const char *name;
    struct pipeline_viewer viewer;
} viewers[WHO_COUNT] = {
    [HUB] = {"hub", {{"", 0}, hub_names, 1, true, PIPELINE_PURPOSE_TREATMENT}},
    [NORTH] = {"north", {SLICE_INIT("north"), north_names, 2, false, PIPELINE_PURPOSE_TREATMENT}},
    [PROGRAM] = {"program",
                 {SLICE_INIT("program"), program_names, 2, false, PIPELINE_PURPOSE_TREATMENT}},
    [SOUTH] = {"south", {SLICE_INIT("south"), south_names, 2, false, PIPELINE_PURPOSE_TREATMENT}},
    [EAST] = {"east", {SLICE_INIT("east"), east_names, 2, false, PIPELINE_PURPOSE_TREATMENT}},
    [NOBODY] = {"nobody", {{"", 0}, NULL, 0, false, 0}},
};

/* What is seen of Anna: nothing, the open face, or all. */
enum sight { NONE, OPEN, ALL, SOME /* its own alone: not looked at here */ };

static const struct {
    const char *state;
    enum sight sees[WHO_COUNT]; /* HUB, NORTH, PROGRAM, SOUTH, EAST, NOBODY */
} rows[] = {
    {"none", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"to north", {OPEN, ALL, ALL, NONE, OPEN, NONE}},
    {"to south", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"to a client of that name", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"to treating", {OPEN, ALL, ALL, NONE, ALL, NONE}},
    {"inactive", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"over", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"last day", {OPEN, ALL, ALL, NONE, OPEN, NONE}},
    {"not begun", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"other policy", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"by north of itself", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"by north of program", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"narrowed", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"to an unknown role", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"permit and deny", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"deny open to north", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"permit inside", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"changed by what we do not know", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"deny by reference", {NONE, OPEN, SOME, NONE, NONE, NONE}},
    {"deny for research", {OPEN, OPEN, ALL, NONE, OPEN, NONE}},
    {"deny open to team", {OPEN, OPEN, ALL, NONE, NONE, NONE}},
};

/* --- ways to ask ------------------------------------------------------------------------------ */

static void note_done(struct pipeline_question *question)
{
    *(bool *)question->owner = true;
}

static struct pipeline_question ask(struct pipeline_question question, enum who who)
{
    bool done = false;
    struct slice reason;
    question.arena = arena;
    question.owner = &done;
    question.done = note_done;
    question.actor = SLICE("client-1");
    question.viewer = viewers[who].viewer;
    question.limit = 10;
    issue_list_init(&question.issues, arena);
    for (int i = 0; i < 200 && !pipeline_query_ready(query, &reason); i++)
        test_host_run(&host, &done, 20);
    pipeline_query_submit(query, &question);
    ck_assert(test_host_run(&host, &done, 30000));
    ck_assert(!issue_list_failed(&question.issues));
    return question;
}

static struct slice id_of(const char *type, const char *key)
{
    struct slice part = slice_of(key);
    struct fhir_id *id = ARENA_NEW(arena, struct fhir_id);
    fhir_id_derive(FHIR_ID_PUBLIC_KEY, slice_of(type), SLICE("key"), &part, 1, arena, id);
    return fhir_id_slice(id);
}

static struct pipeline_search *search_of(const char *type, const char *name, struct slice value)
{
    const struct pipeline_search_options options = {
        .table = search_table, .type = slice_of(type), .base_url = SLICE("https://here")};
    struct pipeline_search *search = pipeline_search_new(&options, arena);
    if (name)
        ck_assert_int_eq(pipeline_search_add(search, slice_of(name), value, NULL), 1);
    pipeline_search_limit(search, 10);
    pipeline_search_count_all(search);
    return search;
}

struct way {
    const char *name;
    /* How much is seen of the resource of a type and key: bodies and total, which must agree. */
    size_t (*look)(enum who who, const char *type, struct slice id, struct slice *ret_bodies);
};

static struct slice bodies_of(const struct pipeline_question *question)
{
    struct slice all = SLICE("");
    for (size_t i = 0; i < question->count; i++)
        all = arena_format(arena, "%.*s%.*s", SLICE_ARG(all), SLICE_ARG(question->found[i].body));
    return all;
}

static size_t look_read(enum who who, const char *type, struct slice id, struct slice *ret_bodies)
{
    struct pipeline_question question = ask(
        (struct pipeline_question){
            .kind = PIPELINE_QUESTION_READ, .type = slice_of(type), .id = id},
        who);
    *ret_bodies = bodies_of(&question);
    return question.count > 0;
}

static size_t look_version(enum who who, const char *type, struct slice id,
                           struct slice *ret_bodies)
{
    struct pipeline_question question = ask(
        (struct pipeline_question){
            .kind = PIPELINE_QUESTION_VERSION, .type = slice_of(type), .id = id, .version = 1},
        who);
    *ret_bodies = bodies_of(&question);
    return question.count > 0;
}

static size_t look_history(enum who who, const char *type, struct slice id,
                           struct slice *ret_bodies)
{
    struct pipeline_question question =
        ask((struct pipeline_question){.kind = PIPELINE_QUESTION_HISTORY,
                                       .type = slice_of(type),
                                       .id = id,
                                       .bytes = INT64_MAX},
            who);
    *ret_bodies = bodies_of(&question);
    if (question.has_total)
        ck_assert_uint_eq(question.total, question.count);
    return question.count > 0;
}

static size_t look_search(enum who who, const char *type, const char *name, struct slice value,
                          struct slice *ret_bodies)
{
    struct pipeline_question question =
        ask((struct pipeline_question){.kind = PIPELINE_QUESTION_SEARCH,
                                       .type = slice_of(type),
                                       .bytes = INT64_MAX,
                                       .search = search_of(type, name, value)},
            who);
    *ret_bodies = bodies_of(&question);
    ck_assert(question.has_total);
    ck_assert_uint_eq(question.total, question.count);
    return question.count;
}

static size_t look_by_id(enum who who, const char *type, struct slice id, struct slice *ret_bodies)
{
    return look_search(who, type, "_id", id, ret_bodies);
}

static size_t look_by_status(enum who who, const char *type, struct slice id,
                             struct slice *ret_bodies)
{
    size_t count = look_search(who, type, NULL, id, ret_bodies);
    /* of all of the type, is it this one? */
    return count > 0 && slice_find(*ret_bodies, id) < ret_bodies->len;
}

static const struct way doors[] = {
    {"read", look_read},
    {"vread", look_version},
    {"history", look_history},
    {"search by id", look_by_id},
    {"search for all", look_by_status},
};

static void put_consent(const char *site, const char *control, const char *key, const char *body,
                        int day)
{
    struct test_item *test = test_item_new(site, control, control, day);
    bool is_program = strcmp(site, "program") == 0;
    test_patient(test, is_program ? "P1" : "N1", is_program ? "\"active\":true" : "");
    test_of_patient(test_write(test, "Consent", key, body));
    test->item.labels = is_program ? PIPELINE_LABEL_PART2 : 0;
    run_well(test);
}

static void check_row(size_t row, enum who who, const struct way *way)
{
    enum sight wanted = rows[row].sees[who];
    struct slice text;
    if (wanted == SOME)
        return;
    size_t open = way->look(who, "Observation", id_of("Observation", "open"), &text);
    ck_assert_msg((open > 0) == (wanted >= OPEN), "%s: %s sees open by %s: %zu", rows[row].state,
                  viewers[who].name, way->name, open);
    ck_assert(wanted == ALL || slice_find(text, SLICE("42CFRPart2")) == text.len);
    size_t hidden = way->look(who, "Observation", id_of("Observation", "hidden"), &text);
    ck_assert_msg((hidden > 0) == (wanted == ALL), "%s: %s sees hidden by %s: %zu", rows[row].state,
                  viewers[who].name, way->name, hidden);
    size_t patient = way->look(who, "Patient", id_of("Patient", "north/N1"), &text);
    ck_assert_msg((patient > 0) == (wanted >= OPEN), "%s: %s sees her by %s", rows[row].state,
                  viewers[who].name, way->name);
    bool shows_all = slice_find(text, SLICE("\"active\":true")) < text.len;
    ck_assert_msg(shows_all == (wanted == ALL), "%s: %s sees all of her by %s: %.*s",
                  rows[row].state, viewers[who].name, way->name, SLICE_ARG(text));
    /* 42 CFR 2.32: a notice goes with each disclosure */
    bool has_notice = slice_find(text, SLICE("urn:painbridge:redisclosure-notice")) < text.len;
    ck_assert_int_eq(has_notice, wanted == ALL);
}

static void open_query(void)
{
    query_options = (struct pipeline_query_options){
        .store = &door, .host = &host.host, .notice = SLICE("42 CFR part 2 protects this.")};
    query = pipeline_query_new(&query_options);
}

static void set_up_record(void)
{
    set_up();
    search_table = commit_options.search;
    open_query();
    store_persons();
}

static void tear_down_record(void)
{
    pipeline_query_free(query);
    tear_down();
}

/* The days a consent speaks of are days around this one. */
static const char *dated(const char *body)
{
    static const char *const words[] = {"YESTERDAY", "TODAY", "TOMORROW"};
    struct slice text = slice_of(body);
    for (int i = 0; i < 3; i++) {
        struct slice word = slice_of(words[i]);
        size_t at;
        while ((at = slice_find(text, word)) < text.len) {
            struct slice day = time_format(time_now() + (i - 1) * TIME_DAY, 0, arena);
            text = arena_format(arena, "%.*s%.10s%.*s", (int)at, text.ptr, day.ptr,
                                SLICE_ARG(slice_after(text, at + word.len)));
        }
    }
    return arena_string(arena, text);
}

static void put_state(const struct state *state, size_t row, bool active, int day)
{
    const char *const bodies[] = {state->body, state->body2};
    for (int i = 0; i < 2; i++) {
        if (!bodies[i])
            continue;
        struct slice key = arena_format(arena, "%s-%zu-%d-%d", active ? "on" : "off", row, i, day);
        struct slice name = arena_format(arena, "consent-%zu-%d", row, i);
        put_consent(state->site, key.ptr, name.ptr,
                    active ? dated(bodies[i]) : "\"status\":\"inactive\"", day);
    }
}

static const struct state *state_named(const char *name)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i].name, name) == 0)
            return &states[i];
    }
    ck_abort_msg("no state %s", name);
    return NULL;
}

START_TEST(every_viewer_sees_by_every_door_what_the_table_says)
{
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        put_state(state_named(rows[row].state), row, true, (int)(10 + 2 * row));
        for (enum who who = 0; who < WHO_COUNT; who++) {
            for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++)
                check_row(row, who, &doors[i]);
        }
        /* taken back: from that second it is as if there had been none */
        put_state(state_named(rows[row].state), row, false, (int)(11 + 2 * row));
        check_row(0, NORTH, &doors[0]);
        check_row(0, EAST, &doors[3]);
    }
}
END_TEST

START_TEST(without_a_notice_nothing_labelled_leaves_its_site)
{
    pipeline_query_free(query);
    query_options.notice = (struct slice){0};
    query = pipeline_query_new(&query_options);
    put_state(state_named("to north"), 1, true, 10);
    struct slice text;
    ck_assert_uint_eq(look_read(NORTH, "Observation", id_of("Observation", "hidden"), &text), 0);
    ck_assert_uint_eq(look_read(PROGRAM, "Observation", id_of("Observation", "hidden"), &text), 1);
}
END_TEST

START_TEST(who_broke_the_glass_sees_all_until_its_time_is_over)
{
    struct slice text;
    ck_assert_uint_eq(look_read(SOUTH, "Observation", id_of("Observation", "hidden"), &text), 0);
    free(database_ask(
        "insert into emergency_access select 1, s.person_key, 'urn:painbridge:client|s',"
        " 'unconscious',"
        " now() - interval '1 hour', now() + interval '3 hours', now()"
        " from source_record s where s.site = 'north' and s.person_key <> 0"));
    ck_assert_uint_eq(look_read(SOUTH, "Observation", id_of("Observation", "hidden"), &text), 1);
    ck_assert_uint_eq(look_by_id(SOUTH, "Observation", id_of("Observation", "open"), &text), 1);
    ck_assert_uint_eq(look_read(EAST, "Observation", id_of("Observation", "hidden"), &text), 0);
    free(database_ask("update emergency_access set upper = now() - interval '1 second'"));
    ck_assert_uint_eq(look_read(SOUTH, "Observation", id_of("Observation", "hidden"), &text), 0);
    ck_assert_uint_eq(look_by_id(SOUTH, "Observation", id_of("Observation", "open"), &text), 0);
}
END_TEST

/* A request of the viewer's client that writes an Observation about a Patient. */
static enum pipeline_outcome write_as(enum who who, const char *observation, struct slice patient)
{
    struct test_item *test = request("Observation", observation, "\"status\":\"final\"");
    test->item.site = viewers[who].viewer.site;
    test->item.viewer = &viewers[who].viewer;
    test->item.writes[0].subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = patient};
    enum pipeline_outcome outcome = run(test);
    test_item_free(test);
    return outcome;
}

START_TEST(client_writes_only_of_persons_whom_it_may_see)
{
    struct slice anna = id_of("Patient", "north/N1");
    ck_assert_int_eq(write_as(NORTH, "by-north", anna), PIPELINE_COMMITTED);
    ck_assert_int_eq(write_as(EAST, "by-east", anna), PIPELINE_COMMITTED);
    ck_assert_int_eq(write_as(SOUTH, "by-south", anna), PIPELINE_FAILED);
    ck_assert_int_eq(write_as(SOUTH, "by-south", id_of("Patient", "south/S1")), PIPELINE_COMMITTED);
    /* an id that is taken where it cannot be seen */
    ck_assert_int_eq(write_as(SOUTH, "by-north", id_of("Patient", "south/S1")), PIPELINE_FAILED);
    expect("select count(*) from source_record where site = 'south'", "1");
}
END_TEST

START_TEST(client_cannot_make_itself_a_clinic_of_somebody_by_writing_over_the_patient)
{
    struct slice anna = id_of("Patient", "north/N1");
    struct test_item *test = request("Patient", arena_string(arena, anna), "\"gender\":\"other\"");
    test->item.site = viewers[SOUTH].viewer.site;
    test->item.viewer = &viewers[SOUTH].viewer;
    test->item.writes[0].subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = 0};
    ck_assert_int_eq(run(test), PIPELINE_FAILED);
    test_item_free(test);
    struct slice text;
    ck_assert_uint_eq(look_read(SOUTH, "Patient", anna, &text), 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("permit");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, set_up_record, tear_down_record);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, every_viewer_sees_by_every_door_what_the_table_says);
    tcase_add_test(tests, without_a_notice_nothing_labelled_leaves_its_site);
    tcase_add_test(tests, who_broke_the_glass_sees_all_until_its_time_is_over);
    tcase_add_test(tests, client_writes_only_of_persons_whom_it_may_see);
    tcase_add_test(tests,
                   client_cannot_make_itself_a_clinic_of_somebody_by_writing_over_the_patient);
}

int main(void)
{
    return database_suite_main("permit", add);
}
