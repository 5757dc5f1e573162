/* Query against a real server: what is found, in which order and pages, and that every look is
 * noted. FHIR R4 search.html. */
#include "pipeline/query.h"

#include "fhir/search_index.h"
#include "pipeline/items.h"
#include "store/migrate.h"
#include "support/database.h"
#include "support/host.h"
#include "support/same.h"

static struct test_host host;
static struct store_settings door;
static struct pipeline_commit *commit;
static struct pipeline_query *query;
static const struct fhir_search_table *table;
static struct arena *arena;

static void add_resources(void);

static void set_up(void)
{
    arena = arena_new(0);
    free(database_ask("set client_min_messages = warning; drop schema public cascade;"
                      "create schema public; alter schema public owner to pg_database_owner;"
                      "grant usage on schema public to public"));
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, NULL), 0);
    const struct fhir_definitions *definitions = NULL;
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
    ck_assert_int_eq(fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/tests/support/fhir",
                                      arena, &table, NULL),
                     0);
    door = database_settings("painbridge_door");
    test_host_init(&host);
    commit = pipeline_commit_new(&(struct pipeline_commit_options){.store = &door,
                                                                   .definitions = definitions,
                                                                   .search = table,
                                                                   .host = &host.host,
                                                                   .instance_name = SLICE("pb1"),
                                                                   .grace_milliseconds = 20000});
    query = pipeline_query_new(
        &(struct pipeline_query_options){.store = &door, .host = &host.host, .searches = 1});
    add_resources();
}

static void tear_down(void)
{
    pipeline_query_free(query);
    pipeline_commit_free(commit);
    arena_free(arena);
}

/* --- what is there ---------------------------------------------------------------------------- */

static struct test_item *new_request(void)
{
    struct test_item *test = test_item_new("north", "", "", 1);
    test->item.answer = NULL;
    return test;
}

/* One resource of a FHIR request. `patient` NULL: of nobody. */
static void add_put(struct test_item *test, const char *type, const char *id, const char *patient,
                    const char *body)
{
    struct pipeline_write *write = test_write(test, type, "", body);
    write->digest_count = 0;
    write->id = slice_of(id);
    write->effect = PIPELINE_REPLACE;
    write->subject.kind = PIPELINE_SUBJECT_NONE;
    if (strcmp(type, "Patient") == 0)
        write->subject = (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = 0};
    else if (patient)
        write->subject =
            (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = slice_of(patient)};
}

static void submit(struct test_item *test)
{
    pipeline_commit_submit(commit, &test->item);
    ck_assert(test_host_run(&host, &test->done, 30000));
    ck_assert_int_eq(test->item.outcome, PIPELINE_COMMITTED);
    test_item_free(test);
}

static void put(const char *type, const char *id, const char *patient, const char *body)
{
    struct test_item *test = new_request();
    add_put(test, type, id, patient, body);
    submit(test);
}

#define SUBJECT(id) "\"subject\":{\"reference\":\"Patient/" id "\"}"
#define LOINC(code)                                                                                \
    "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"" code "\"}]}"

#define TARGETS(first, second)                                                                     \
    "\"target\":[{\"reference\":\"" first "\"},{\"reference\":\"" second "\"}],"                   \
    "\"recorded\":\"2026-01-10T10:00:00Z\",\"agent\":[{\"who\":{\"display\":\"x\"}}]"

static void add_resources(void)
{
    put("Patient", "anna", NULL,
        "\"identifier\":[{\"system\":\"urn:north\",\"value\":\"A1001\"}],"
        "\"name\":[{\"family\":\"M\xc3\xbcller\",\"given\":[\"Anna\",\"Maria\"]}],"
        "\"gender\":\"female\",\"birthDate\":\"1980-02-03\"");
    put("Patient", "ben", NULL,
        "\"identifier\":[{\"value\":\"A1002\"}],\"name\":[{\"family\":\"Muller\"}],"
        "\"gender\":\"male\",\"birthDate\":\"1980-02\"");
    put("Observation", "o1", "anna",
        "\"status\":\"final\"," LOINC("72514-3") "," SUBJECT(
            "anna") ",\"effectiveDateTime\":\"2026-01-10T10:00:00Z\",\"valueQuantity\":{\"value\":"
                    "5.4,"
                    "\"system\":\"http://unitsofmeasure.org\",\"code\":\"1\"}");
    put("Observation", "o2", "anna",
        "\"status\":\"amended\"," LOINC("72514-3") "," SUBJECT(
            "anna") ",\"effectiveDateTime\":\"2026-02\"");
    put("Observation", "o3", "ben",
        "\"status\":\"final\"," LOINC("8480-6") "," SUBJECT(
            "ben") ",\"effectivePeriod\":{\"start\":\"2026-01-01T00:00:00Z\"}");
    put("Observation", "o4", NULL,
        "\"status\":\"final\"," LOINC("8480-6") ",\"subject\":{\"reference\":\"Group/g1\"}");
    put("Practitioner", "p1", NULL, "\"name\":[{\"family\":\"Ruiz\"}],\"active\":true");
    put("Provenance", "v1", "anna", TARGETS("Patient/anna", "Observation/o1"));
    put("Provenance", "v2", "anna", TARGETS("Observation/o2", "Practitioner/p1"));
    put("Provenance", "v3", "ben", TARGETS("Patient/ben", "Practitioner/p1"));
}

/* --- asking ----------------------------------------------------------------------------------- */

static void note_done(struct pipeline_question *question)
{
    *(bool *)question->owner = true;
}

static struct pipeline_question *ask(struct pipeline_question *question)
{
    bool done = false;
    question->arena = arena;
    question->actor = SLICE("client-1");
    question->viewer.sees_all = true;
    question->owner = &done;
    question->done = note_done;
    issue_list_init(&question->issues, arena);
    struct slice reason;
    for (int i = 0; i < 200 && !pipeline_query_ready(query, &reason); i++)
        test_host_run(&host, &done, 20);
    pipeline_query_submit(query, question);
    ck_assert(!done);
    ck_assert(test_host_run(&host, &done, 30000));
    ck_assert(!issue_list_failed(&question->issues));
    return question;
}

static struct pipeline_search *new_search(const char *type)
{
    const struct pipeline_search_options search_options = {.table = table,
                                                           .type = slice_of(type),
                                                           .base_url = SLICE("https://here"),
                                                           .now = INT64_C(1768000000) *
                                                                  TIME_SECOND /* 2026-01-09 */};
    return pipeline_search_new(&search_options, arena);
}

/* Adds "name=value&name=value"; nothing is encoded. */
static void add_all(struct pipeline_search *search, const char *parameters)
{
    struct slice rest = slice_of(parameters), part;
    while (*parameters && slice_split(&rest, '&', &part)) {
        size_t equals = slice_find_byte(part, '=');
        struct slice name = slice_part(part, 0, equals);
        struct slice value = slice_after(part, equals + 1);
        int result = slice_equal(name, SLICE("_sort"))
                         ? pipeline_search_sort(search, value, NULL)
                         : pipeline_search_add(search, name, value, NULL);
        ck_assert_int_eq(result, 1);
    }
}

/* The ids that were found, blanks between. */
static const char *ids_of(const struct pipeline_question *question)
{
    struct slice ids = SLICE("");
    for (size_t i = 0; i < question->count; i++)
        ids = arena_format(arena, "%.*s%s%.*s", SLICE_ARG(ids), i > 0 ? " " : "",
                           SLICE_ARG(question->found[i].id));
    return arena_string(arena, ids);
}

static const struct {
    const char *type;
    const char *parameters;
    const char *ids;
} searches[] = {
    {"Patient", "", "anna ben"},
    {"Patient", "_id=anna", "anna"},
    {"Patient", "_id=ben,anna", "anna ben"},
    {"Patient", "_id=nobody", ""},
    {"Patient", "identifier=A1001", "anna"},
    {"Patient", "identifier=urn:north|A1001", "anna"},
    {"Patient", "identifier=|A1001", ""},
    {"Patient", "identifier=|A1002", "ben"},
    {"Patient", "identifier=urn:north|", "anna"},
    {"Patient", "identifier=urn:south|A1001", ""},
    {"Patient", "identifier=A1001,A1002", "anna ben"},
    {"Patient", "family=mull", "anna ben"},
    {"Patient", "family=M\xc3\xbcll", "anna ben"},
    {"Patient", "family:exact=Muller", "ben"},
    {"Patient", "family:exact=M\xc3\xbcller", "anna"},
    {"Patient", "family:exact=muller", ""},
    {"Patient", "family:contains=LLER", "anna ben"},
    {"Patient", "given=maria", "anna"},
    {"Patient", "name=anna&name=muller", "anna"},
    {"Patient", "gender=female", "anna"},
    {"Patient", "gender:not=female", "ben"},
    {"Patient", "birthdate=1980-02-03", "anna"},
    {"Patient", "birthdate=1980-02", "anna ben"},
    {"Patient", "birthdate=ne1980-02-03", "ben"},
    {"Patient", "birthdate=lt1980-02-03", "ben"},
    {"Patient", "birthdate=ge1980-02-04", "ben"},
    {"Patient", "birthdate=sa1980-01-31", "anna ben"},
    {"Patient", "birthdate=eb1980-02-01", ""},
    {"Observation", "", "o1 o2 o3 o4"},
    {"Observation", "patient=Patient/anna", "o1 o2"},
    {"Observation", "patient=anna", "o1 o2"},
    {"Observation", "subject=https://here/fhir/Patient/ben", "o3"},
    {"Observation", "subject=Group/g1", "o4"},
    {"Observation", "subject:Patient=ben", "o3"},
    {"Observation", "patient=anna,ben", "o1 o2 o3"},
    {"Observation", "patient=nobody", ""},
    {"Observation", "code=72514-3", "o1 o2"},
    {"Observation", "code=http://loinc.org|8480-6", "o3 o4"},
    {"Observation", "code=72514-3,8480-6&status=final", "o1 o3 o4"},
    {"Observation", "status:not=final", "o2"},
    {"Observation", "date=2026-01-10", "o1"},
    {"Observation", "date=2026", "o1 o2"},
    {"Observation", "date=gt2026-02-15", "o2 o3"},
    {"Observation", "date=le2026-01-10", "o1 o3"},
    {"Observation", "date=ap2026-01-10T10:00:00Z", "o1 o3"},
    {"Observation", "date=ge2026-01-01&date=lt2026-02-01", "o1 o3"},
    {"Observation", "value-quantity=5.4", "o1"},
    {"Observation", "value-quantity=5", "o1"},
    {"Observation", "value-quantity=5.0", ""},
    {"Observation", "value-quantity=gt5|http://unitsofmeasure.org|1", "o1"},
    {"Observation", "value-quantity=gt5||mg", ""},
    {"Observation", "_lastUpdated=gt2020-01-01", "o1 o2 o3 o4"},
    {"Observation", "_lastUpdated=lt2020-01-01", ""},
    {"Observation", "_sort=date", "o3 o1 o2 o4"},
    {"Observation", "_sort=-date", "o2 o1 o3 o4"},
    {"Observation", "_sort=-_lastUpdated", "o4 o3 o2 o1"},
    {"Practitioner", "family=ruiz", "p1"},
    {"Provenance", "target=Observation/o1", "v1"},
    {"Provenance", "target=Patient/anna", "v1"},
    {"Provenance", "target:Patient=ben", "v3"},
    {"Provenance", "target=Practitioner/p1", "v2 v3"},
    {"Provenance", "target=Observation/o1,Observation/o2", "v1 v2"},
    {"Provenance", "target=Observation/o3", ""},
    {"Provenance", "target=Observation/o2&patient=ben", ""},
    {"Practitioner", "active=true", "p1"},
};

START_TEST(a_search_finds_what_fhir_says)
{
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
        struct pipeline_search *search = new_search(searches[i].type);
        add_all(search, searches[i].parameters);
        struct pipeline_question question = {.kind = PIPELINE_QUESTION_SEARCH, .search = search};
        ask(&question);
        ck_assert_msg(strcmp(ids_of(&question), searches[i].ids) == 0, "%s?%s found '%s', not '%s'",
                      searches[i].type, searches[i].parameters, ids_of(&question), searches[i].ids);
        ck_assert(question.has_total && question.total == question.count);
    }
}
END_TEST

START_TEST(what_was_noted_of_a_resource_is_found_when_it_has_come_to_another_person)
{
    static const char *const patients[] = {"anna", "ben"};
    static const char *const notes[] = {"w1", "w2"};
    for (size_t i = 0; i < 2; i++) {
        struct test_item *test = new_request();
        add_put(test, "Observation", "o5", patients[i], "\"status\":\"final\"");
        add_put(test, "Provenance", notes[i], patients[i],
                TARGETS("Observation/o5", "Practitioner/p1"));
        submit(test);
    }
    static const char *const targets[][2] = {
        {"target=Observation/o5", "w1 w2"},
        {"target=Observation/o5&patient=anna", "w1"},
        {"target=Observation/o5&patient=ben", "w2"},
        {"target=Observation/o5,Observation/o2", "v2 w1 w2"},
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct pipeline_search *search = new_search("Provenance");
        add_all(search, targets[i][0]);
        struct pipeline_question question = {.kind = PIPELINE_QUESTION_SEARCH, .search = search};
        ck_assert_str_eq(ids_of(ask(&question)), targets[i][1]);
    }
}
END_TEST

static const struct {
    const char *type, *name, *value;
    int result;
} parameters[] = {
    {"Patient", "birthdate", "1980-13", -1},
    {"Patient", "birthdate", "tomorrow", -1},
    {"Patient", "identifier", "", -1},
    {"Patient", "identifier", "a|b|c", -1},
    {"Patient", "identifier", "|", -1},
    {"Patient", "identifier:text", "a", -1},
    {"Patient", "family", "--", -1},
    {"Patient", "general-practitioner.name", "a", -1},
    {"Patient", "_has:Observation:patient:code", "a", -1},
    {"Patient", "shoe-size", "44", 0},
    {"Observation", "subject:Practitioner", "a", -1},
    {"Observation", "subject", "anna,Group/g1", -1},
    {"Observation", "value-quantity", "many", -1},
    {"Provenance", "target", "o1", -1},
    {"Observation", "value-quantity", "1e999999", -1},
    {"Observation", "value-quantity", "5|mg", -1},
    {"Observation", "code:missing", "true", -1},
};

START_TEST(what_cannot_be_searched_is_refused_and_what_is_not_known_is_told)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        struct issue_list issues;
        issue_list_init(&issues, arena);
        int result =
            pipeline_search_add(new_search(parameters[i].type), slice_of(parameters[i].name),
                                slice_of(parameters[i].value), &issues);
        ck_assert_msg(result == parameters[i].result, "%s=%s gave %d", parameters[i].name,
                      parameters[i].value, result);
        ck_assert_uint_eq(issues.count, result < 0 ? 1U : 0U);
    }
}
END_TEST

START_TEST(an_escaped_comma_is_part_of_the_value)
{
    put("Patient", "carla", NULL, "\"identifier\":[{\"value\":\"a,b|c\"}]");
    struct pipeline_search *search = new_search("Patient");
    ck_assert_int_eq(pipeline_search_add(search, SLICE("identifier"), SLICE("a\\,b\\|c"), NULL), 1);
    struct pipeline_question question = {.kind = PIPELINE_QUESTION_SEARCH, .search = search};
    CK_SAME(ask(&question)->found[0].id, "carla");
}
END_TEST

START_TEST(pages_cover_everything_once_in_order)
{
    static const char *const sorts[] = {"_sort=_lastUpdated", "_sort=-_lastUpdated", "_sort=date",
                                        "_sort=-date"};
    for (size_t sort = 0; sort < 4; sort++) {
        struct pipeline_search *whole = new_search("Observation");
        add_all(whole, sorts[sort]);
        struct pipeline_question all = {.kind = PIPELINE_QUESTION_SEARCH, .search = whole};
        const char *expected = ids_of(ask(&all));
        struct slice seen = SLICE("");
        struct slice cursor = {0};
        for (int page = 0; page < 4; page++) {
            struct pipeline_search *search = new_search("Observation");
            add_all(search, sorts[sort]);
            pipeline_search_limit(search, 1);
            ck_assert(page == 0 || pipeline_search_continue(search, cursor));
            struct pipeline_question question = {.kind = PIPELINE_QUESTION_SEARCH,
                                                 .search = search};
            ask(&question);
            ck_assert_uint_eq(question.count, 1);
            ck_assert(question.has_more == (page < 3));
            ck_assert(!question.has_total);
            cursor = question.found[0].cursor;
            seen = arena_format(arena, "%.*s%s%s", SLICE_ARG(seen), page ? " " : "",
                                ids_of(&question));
        }
        ck_assert_str_eq(arena_string(arena, seen), expected);
    }
}
END_TEST

/* Each page has one body at least and ends behind the one that passes the bytes. */
START_TEST(a_page_ends_where_its_bytes_do)
{
    static const char *const pages[] = {"anna", "ben"};
    struct slice cursor = {0};
    for (int page = 0; page < 2; page++) {
        struct pipeline_search *search = new_search("Patient");
        if (cursor.ptr)
            ck_assert(pipeline_search_continue(search, cursor));
        struct pipeline_question question = {
            .kind = PIPELINE_QUESTION_SEARCH, .search = search, .bytes = 1};
        ask(&question);
        ck_assert(question.has_more == (page == 0));
        ck_assert_uint_gt(question.found[0].body.len, 0);
        ck_assert_str_eq(ids_of(&question), pages[page]);
        cursor = question.found[0].cursor;
    }
}
END_TEST

START_TEST(a_search_may_go_without_bodies)
{
    struct pipeline_search *search = new_search("Patient");
    struct pipeline_question question = {
        .kind = PIPELINE_QUESTION_SEARCH, .search = search, .without_bodies = true};
    ck_assert_str_eq(ids_of(ask(&question)), "anna ben");
    ck_assert_uint_eq(question.found[0].body.len, 0);
}
END_TEST

START_TEST(a_search_with_too_many_parts_is_refused)
{
    struct pipeline_search *search = new_search("Patient");
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = 1;
    for (int i = 0; i < 100 && result == 1; i++)
        result = pipeline_search_add(search, SLICE("gender"), SLICE("male"), &issues);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(issue_list_first_error(&issues)->code, ISSUE_TOO_COSTLY);
}
END_TEST

START_TEST(a_cursor_that_is_none_of_ours_is_refused)
{
    static const char *const texts[] = {"", "x", "!!!!", "AAAA",
                                        "gAAAAAAAAAAAAAAAAAAAAQ" /* key INT64_MIN */};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert(!pipeline_search_continue(new_search("Patient"), slice_of(texts[i])));
}
END_TEST

START_TEST(all_that_match_can_be_counted_without_being_read)
{
    struct pipeline_search *search = new_search("Observation");
    add_all(search, "status=final");
    pipeline_search_limit(search, 0);
    struct pipeline_question question = {.kind = PIPELINE_QUESTION_SEARCH, .search = search};
    ask(&question);
    ck_assert_uint_eq(question.count, 0);
    ck_assert(question.has_total);
    ck_assert_uint_eq(question.total, 3);
    search = new_search("Observation");
    pipeline_search_limit(search, 1);
    pipeline_search_count_all(search);
    question = (struct pipeline_question){.kind = PIPELINE_QUESTION_SEARCH, .search = search};
    ask(&question);
    ck_assert_uint_eq(question.count, 1);
    ck_assert_uint_eq(question.total, 4);
}
END_TEST

START_TEST(a_read_gives_the_stored_text_and_its_version)
{
    struct pipeline_question question = {
        .kind = PIPELINE_QUESTION_READ, .type = SLICE("Observation"), .id = SLICE("o1")};
    ask(&question);
    ck_assert_uint_eq(question.count, 1);
    ck_assert_uint_eq(question.found[0].version, 1);
    ck_assert(!question.found[0].deleted);
    char *body = database_ask("select body from resource where id = 'o1'");
    CK_SAME(question.found[0].body, body);
    free(body);
    question = (struct pipeline_question){
        .kind = PIPELINE_QUESTION_READ, .type = SLICE("Patient"), .id = SLICE("o1")};
    ck_assert_uint_eq(ask(&question)->count, 0);
}
END_TEST

START_TEST(every_version_can_be_read_and_the_history_is_paged)
{
    put("Practitioner", "p1", NULL, "\"active\":false");
    put("Practitioner", "p1", NULL, "\"active\":true,\"gender\":\"female\"");
    struct pipeline_question question = {.kind = PIPELINE_QUESTION_VERSION,
                                         .type = SLICE("Practitioner"),
                                         .id = SLICE("p1"),
                                         .version = 2};
    ask(&question);
    ck_assert_uint_eq(question.count, 1);
    ck_assert_uint_lt(slice_find(question.found[0].body, SLICE("\"active\":false")),
                      question.found[0].body.len);
    question.version = 4;
    ck_assert_uint_eq(ask(&question)->count, 0);
    question = (struct pipeline_question){.kind = PIPELINE_QUESTION_HISTORY,
                                          .type = SLICE("Practitioner"),
                                          .id = SLICE("p1"),
                                          .limit = 2};
    ask(&question);
    ck_assert_uint_eq(question.count, 2);
    ck_assert(question.has_more);
    ck_assert_uint_eq(question.found[0].version, 3);
    ck_assert_uint_eq(question.found[1].version, 2);
    question.version = 2;
    question.has_more = false;
    ask(&question);
    ck_assert_uint_eq(question.count, 1);
    ck_assert_uint_eq(question.found[0].version, 1);
    ck_assert(!question.has_more);
}
END_TEST

START_TEST(who_is_bound_to_a_patient_sees_nothing_of_others)
{
    struct pipeline_question question = {.kind = PIPELINE_QUESTION_READ,
                                         .type = SLICE("Observation"),
                                         .id = SLICE("o3"),
                                         .patient = SLICE("anna")};
    ck_assert_uint_eq(ask(&question)->count, 0);
    question.id = SLICE("o1");
    ck_assert_uint_eq(ask(&question)->count, 1);
    question = (struct pipeline_question){.kind = PIPELINE_QUESTION_SEARCH,
                                          .search = new_search("Observation"),
                                          .patient = SLICE("anna")};
    ck_assert_str_eq(ids_of(ask(&question)), "o1 o2");
    question = (struct pipeline_question){.kind = PIPELINE_QUESTION_SEARCH,
                                          .search = new_search("Practitioner"),
                                          .patient = SLICE("anna")};
    ck_assert_str_eq(ids_of(ask(&question)), "");
}
END_TEST

START_TEST(every_look_is_noted_in_the_audit)
{
    struct pipeline_question question = {
        .kind = PIPELINE_QUESTION_READ, .type = SLICE("Patient"), .id = SLICE("anna")};
    ask(&question);
    question.id = SLICE("nobody");
    ask(&question);
    question = (struct pipeline_question){.kind = PIPELINE_QUESTION_SEARCH,
                                          .search = new_search("Patient")};
    ask(&question);
    const struct pipeline_table_search all = {0};
    question = (struct pipeline_question){
        .kind = PIPELINE_QUESTION_TABLES, .type = SLICE("ConceptMap"), .tables = &all};
    ask(&question);
    bool never = false;
    test_host_run(&host, &never, 300);
    char *notes = database_ask(
        "select string_agg(concat_ws(' ', kind, actor, outcome, entities, person_key <> 0), ','"
        " order by recorded, chain, place) from audit where kind <> 'write'");
    ck_assert_str_eq(notes, "read client-1 success Patient/anna/1 t,"
                            "read client-1 not-found Patient/nobody f,"
                            "search client-1 success Patient t,search client-1 success Patient t,"
                            "search client-1 success ConceptMap f");
    free(notes);
}
END_TEST

START_TEST(without_a_database_a_question_is_refused_and_later_answered)
{
    struct pipeline_question question = {
        .kind = PIPELINE_QUESTION_READ, .type = SLICE("Patient"), .id = SLICE("anna")};
    ask(&question);
    database_kill();
    bool done = false;
    test_host_run(&host, &done, 100);
    question.owner = &done;
    question.count = 0;
    issue_list_init(&question.issues, arena);
    pipeline_query_submit(query, &question);
    ck_assert(!done);
    ck_assert(test_host_run(&host, &done, 5000));
    ck_assert_int_eq(issue_list_first_error(&question.issues)->code, ISSUE_STORE_DOWN);
    database_restart();
    struct slice reason;
    bool never = false;
    for (int i = 0; i < 200 && !pipeline_query_ready(query, &reason); i++)
        test_host_run(&host, &never, 50);
    ck_assert_uint_eq(ask(&question)->count, 1);
}
END_TEST

/* --- who goes first --------------------------------------------------------------------------- */

#define ASKED 6

struct order {
    size_t count;
    bool all;
    struct slice actors[ASKED];
};

static void note_order(struct pipeline_question *question)
{
    struct order *order = question->owner;
    ck_assert(!issue_list_failed(&question->issues));
    order->actors[order->count++] = question->actor;
    order->all = order->count == ASKED;
}

/* There is one connection for searches: what comes last of another goes third, not sixth. */
START_TEST(actors_take_turns)
{
    struct order order = {0};
    struct pipeline_question first = {.kind = PIPELINE_QUESTION_SEARCH,
                                      .search = new_search("Patient")};
    ask(&first); /* the connection stands */
    for (size_t i = 0; i < ASKED; i++) {
        struct pipeline_question *question = ARENA_NEW(arena, struct pipeline_question);
        *question =
            (struct pipeline_question){.arena = arena,
                                       .owner = &order,
                                       .done = note_order,
                                       .kind = PIPELINE_QUESTION_SEARCH,
                                       .viewer.sees_all = true,
                                       .actor = i < ASKED - 1 ? SLICE("many") : SLICE("one"),
                                       .search = new_search("Patient")};
        issue_list_init(&question->issues, arena);
        pipeline_query_submit(query, question);
    }
    ck_assert(test_host_run(&host, &order.all, 30000));
    ck_assert(slice_equal(order.actors[0], SLICE("many")));
    ck_assert(slice_equal(order.actors[2], SLICE("one")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = tcase_create("query");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_search_finds_what_fhir_says);
    tcase_add_test(cases, what_was_noted_of_a_resource_is_found_when_it_has_come_to_another_person);
    tcase_add_test(cases, what_cannot_be_searched_is_refused_and_what_is_not_known_is_told);
    tcase_add_test(cases, an_escaped_comma_is_part_of_the_value);
    tcase_add_test(cases, pages_cover_everything_once_in_order);
    tcase_add_test(cases, a_page_ends_where_its_bytes_do);
    tcase_add_test(cases, a_search_may_go_without_bodies);
    tcase_add_test(cases, a_search_with_too_many_parts_is_refused);
    tcase_add_test(cases, actors_take_turns);
    tcase_add_test(cases, a_cursor_that_is_none_of_ours_is_refused);
    tcase_add_test(cases, all_that_match_can_be_counted_without_being_read);
    tcase_add_test(cases, a_read_gives_the_stored_text_and_its_version);
    tcase_add_test(cases, every_version_can_be_read_and_the_history_is_paged);
    tcase_add_test(cases, who_is_bound_to_a_patient_sees_nothing_of_others);
    tcase_add_test(cases, every_look_is_noted_in_the_audit);
    tcase_add_test(cases, without_a_database_a_question_is_refused_and_later_answered);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return database_suite_main("query", add);
}
