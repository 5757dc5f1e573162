/* Random messages of several sites, links, unlinks, merges and moves, against a model: which record
 * said what, and which record is of whom. After every few steps the whole record must be as the
 * model says, and whole (pipeline/verify).
 *
 * The seed is printed; PAINBRIDGE_SEED runs one again, PAINBRIDGE_STEPS so many steps. */
#include "pipeline/committer.h"
#include "pipeline/verify.h"

#include <inttypes.h>

#define RECORDS 9 /* R0, R3 and R6 are north's, R1, R4, R7 south's, the others west's */
#define NOBODY (-1)
#define NUMBERS 3 /* identifiers by which records of several sites are known to be one person's */
#define ORDERS 3  /* of each record alone */
#define SHARED 6  /* orders of which several may speak */
#define LOOK_EVERY 20

static const char *const sites[] = {"north", "south", "west"};

/* --- the model -------------------------------------------------------------------------------- */

/* What one record says of one thing. */
struct word {
    int day; /* 0: nothing */
    int value;
};

/* A person is called by the record whose number its Patient has. */
static struct {
    bool known;
    int person, home;
    int born; /* the lower, the earlier it was known */
    struct word birth, city;
    struct word orders[ORDERS];
} records[RECORDS];

static struct {
    bool exists;
    int replaced_by;
    int born;
} persons[RECORDS];

static int numbers[NUMBERS]; /* the person first known by it */

static struct {
    int holder; /* NOBODY: not there */
    struct word words[RECORDS];
} shared[SHARED];

static int births, day;
static uint64_t randomness;
static struct pipeline_commit *second; /* another connection */

static int pick(int count)
{
    randomness ^= randomness << 13;
    randomness ^= randomness >> 7;
    randomness ^= randomness << 17;
    return (int)((randomness >> 11) % (uint64_t)count);
}

static int survivor(int person)
{
    return persons[person].replaced_by == NOBODY ? person : persons[person].replaced_by;
}

static void make_person(int person)
{
    persons[person].exists = true;
    persons[person].replaced_by = NOBODY;
    persons[person].born = births++;
}

static bool has_records(int person)
{
    for (int r = 0; r < RECORDS; r++) {
        if (records[r].known && records[r].person == person)
            return true;
    }
    return false;
}

static bool speaks_of(int order, int person)
{
    for (int r = 0; r < RECORDS; r++) {
        if (shared[order].words[r].day > 0 && records[r].person == person)
            return true;
    }
    return false;
}

static void move_records(const bool *moving, int origin, int target)
{
    for (int r = 0; r < RECORDS; r++) {
        if (moving[r])
            records[r].person = target;
    }
    persons[target].replaced_by = NOBODY;
    for (int p = 0; p < RECORDS && !has_records(origin); p++) {
        if (persons[p].exists && (p == origin || persons[p].replaced_by == origin))
            persons[p].replaced_by = target;
    }
    for (int order = 0; order < SHARED; order++) {
        if (shared[order].holder == origin && !speaks_of(order, origin) && speaks_of(order, target))
            shared[order].holder = target;
    }
}

static void move_all(int origin, int target)
{
    bool moving[RECORDS];
    for (int r = 0; r < RECORDS; r++)
        moving[r] = records[r].known && records[r].person == origin;
    if (origin != target)
        move_records(moving, origin, target);
}

static void move_one(int record, int target)
{
    bool moving[RECORDS] = {false};
    moving[record] = true;
    if (records[record].person != target)
        move_records(moving, records[record].person, target);
}

static void leave(int record)
{
    if (records[record].home == records[record].person) {
        records[record].home = record;
        make_person(record);
    }
    move_one(record, records[record].home);
}

/* The eldest other record of the person with (or without) a home to go back to. */
static int eldest_other(int record, bool has_home)
{
    int eldest = NOBODY, person = records[record].person;
    for (int r = 0; r < RECORDS; r++) {
        if (!records[r].known || r == record || records[r].person != person)
            continue;
        bool goes_home = persons[records[r].home].replaced_by != NOBODY;
        bool fits = has_home ? goes_home : records[r].home == person;
        if (fits && (eldest == NOBODY || records[r].born < records[eldest].born))
            eldest = r;
    }
    return eldest;
}

/* The Patient keeps the id of the record, so all others leave, together where they can. */
static void leave_it(int record)
{
    int person = records[record].person;
    bool others[RECORDS];
    for (int r = 0; r < RECORDS; r++)
        others[r] = r != record && records[r].known && records[r].person == person;
    int eldest = eldest_other(record, true);
    if (eldest == NOBODY) {
        eldest = eldest_other(record, false);
        if (eldest != NOBODY) {
            records[eldest].home = eldest;
            make_person(eldest);
        }
    }
    if (eldest != NOBODY) {
        move_records(others, person, records[eldest].home);
        return;
    }
    for (int born = 0; born < births; born++) {
        for (int r = 0; r < RECORDS; r++) {
            if (others[r] && records[r].born == born)
                move_one(r, records[r].home);
        }
    }
}

static void model_unlink(int record)
{
    bool alone = true;
    for (int r = 0; r < RECORDS; r++)
        alone &= r == record || !records[r].known || records[r].person != records[record].person;
    if (alone)
        return;
    if (records[record].person == record)
        leave_it(record);
    else
        leave(record);
}

static void model_act(enum pipeline_act_kind kind, int from, int into)
{
    int one = records[from].person, other = into == NOBODY ? NOBODY : records[into].person;
    switch (kind) {
    case PIPELINE_ACT_LINK:
        if (persons[one].born < persons[other].born)
            move_all(other, one);
        else
            move_all(one, other);
        return;
    case PIPELINE_ACT_MERGE:
        move_all(one, other);
        return;
    case PIPELINE_ACT_MOVE:
        move_one(from, other);
        return;
    case PIPELINE_ACT_UNLINK:
        model_unlink(from);
        return;
    }
}

static void say(struct word *word, int when, int value)
{
    if (when >= word->day)
        *word = (struct word){when, value};
}

/* --- what the model expects ------------------------------------------------------------------- */

/* The newest word of the person's records. */
static struct word newest(int person, struct word (*word_of)(int record, int number), int number)
{
    struct word best = {0};
    for (int r = 0; r < RECORDS; r++) {
        struct word word = word_of(r, number);
        if (records[r].known && records[r].person == person && word.day > best.day)
            best = word;
    }
    return best;
}

static struct word birth_of(int record, int number)
{
    (void)number;
    return records[record].birth;
}

static struct word shared_of(int record, int number)
{
    return shared[number].words[record];
}

static void add_patients(struct buffer *lines)
{
    for (int p = 0; p < RECORDS; p++) {
        if (!persons[p].exists || persons[p].replaced_by != NOBODY)
            continue;
        buffer_append_format(lines, "Patient R%d %d", p, newest(p, birth_of, 0).value);
        bool seen[100] = {false};
        for (int r = 0; r < RECORDS; r++) {
            if (records[r].known && records[r].person == p && records[r].city.day > 0)
                seen[records[r].city.value] = true;
        }
        for (int city = 0; city < 100; city++) {
            if (seen[city])
                buffer_append_format(lines, " %02d", city);
        }
        buffer_append_byte(lines, '\n');
    }
}

static void add_orders(struct buffer *lines)
{
    for (int r = 0; r < RECORDS; r++) {
        for (int order = 0; order < ORDERS; order++) {
            if (records[r].orders[order].day > 0)
                buffer_append_format(lines, "order-%d-%d of R%d says %d\n", r, order,
                                     records[r].person, records[r].orders[order].value);
        }
    }
    for (int order = 0; order < SHARED; order++) {
        if (shared[order].holder != NOBODY)
            buffer_append_format(lines, "shared-%d of R%d says %d\n", order, shared[order].holder,
                                 newest(shared[order].holder, shared_of, order).value);
    }
}

static void add_records(struct buffer *lines)
{
    for (int r = 0; r < RECORDS; r++) {
        if (records[r].known)
            buffer_append_format(lines, "R%d is R%d, home R%d\n", r, records[r].person,
                                 records[r].home);
    }
    for (int p = 0; p < RECORDS; p++) {
        if (persons[p].exists && persons[p].replaced_by != NOBODY)
            buffer_append_format(lines, "R%d went to R%d\n", p, persons[p].replaced_by);
    }
}

static const char question[] =
    "with owner as (select s.value as name, s.patient_id from source_record s),"
    " person_name as (select p.person_key, p.replaced_by, o.name, p.patient_id"
    "  from person p join owner o using (patient_id))"
    " select line from ("
    " select 1 as part, n.name as a, '' as b, 'Patient ' || n.name || ' ' || coalesce("
    "  r.body::jsonb ->> 'multipleBirthInteger', '0') || coalesce((select"
    "  string_agg(' ' || (c ->> 'city'), '' order by c ->> 'city')"
    "  from jsonb_array_elements(r.body::jsonb -> 'address') c), '') as line"
    " from person_name n join resource r on r.id = n.patient_id and r.person_key = n.person_key"
    " where n.replaced_by is null"
    " union all"
    " select 2, r.body::jsonb -> 'identifier' -> 0 ->> 'value', '',"
    "  (r.body::jsonb -> 'identifier' -> 0 ->> 'value')"
    "  || ' of ' || n.name || ' says ' || (r.body::jsonb ->> 'patientInstruction')"
    "  || case when (r.body::jsonb -> 'subject' ->> 'reference') = 'Patient/' || n.patient_id"
    "     then '' else ' and names another' end"
    "  || case when exists (select from index_token i where i.person_key = r.person_key"
    "     and i.number = r.number) then '' else ' without index' end"
    " from resource r join person_name n using (person_key) where r.type = 'ServiceRequest'"
    " union all"
    " select 3, s.value, '', s.value || ' is ' || n.name || ', home ' || h.name"
    " from source_record s join person_name n using (person_key)"
    " join person_name h on h.person_key = s.home_person_key"
    " union all"
    " select 4, n.name, '', n.name || ' went to ' || m.name"
    " from person_name n join person_name m on m.person_key = n.replaced_by"
    ") l order by part, a, b";

static void look(uint64_t seed, int step)
{
    struct buffer lines;
    buffer_init(&lines, 0);
    add_patients(&lines);
    add_orders(&lines);
    add_records(&lines);
    char *found = database_ask(question);
    struct slice wanted = slice_trim(buffer_slice(&lines));
    ck_assert_msg(slice_equal(wanted, slice_of(found)),
                  "seed %" PRIu64 ", step %d: wanted\n%.*s\n\nfound\n%s", seed, step,
                  SLICE_ARG(wanted), found);
    free(found);
    buffer_release(&lines);
    struct arena *own = arena_new(0);
    struct pipeline_verify_report report;
    struct issue_list issues;
    issue_list_init(&issues, own);
    ck_assert_int_eq(pipeline_verify(&door, own, &report, &issues), 0);
    ck_assert_msg(report.broken == 0, "seed %" PRIu64 ", step %d: %.*s %.*s %.*s", seed, step,
                  SLICE_ARG(report.faults[0].table), SLICE_ARG(report.faults[0].key),
                  SLICE_ARG(report.faults[0].fault));
    arena_free(own);
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Mostly later than all before, sometimes long ago; never twice the same. */
static int choose_day(void)
{
    day += 1000;
    return pick(4) == 0 ? 1 + pick(day - 1) : day;
}

static void add_order(struct test_item *test, const char *name, int value)
{
    const char *body = arena_string(
        test->arena,
        arena_format(test->arena,
                     "\"identifier\":[{\"value\":\"%s\"}],\"patientInstruction\":\"%d\","
                     "\"status\":\"active\",\"subject\":{\"reference\":\"x\"}",
                     name, value));
    struct pipeline_write *write = test_of_patient(test_write(test, "ServiceRequest", name, body));
    write->references = ARENA_NEW(test->arena, struct pipeline_reference);
    *write->references =
        (struct pipeline_reference){.node = json_get(write->body, SLICE("subject")), .write = 0};
    write->reference_count = 1;
}

/* A record that is new and known by a number that others have, too. */
static void model_arrival(struct test_item *test, int record)
{
    int number = pick(3 * NUMBERS), person = record;
    records[record].known = true;
    records[record].born = births++;
    if (number < NUMBERS) {
        char name[20];
        snprintf(name, sizeof(name), "number-%d", number);
        test->item.persons[0].links[0] = test_key(test, "Patient", name)->digest;
        test->item.persons[0].link_count = 1;
        if (numbers[number] == NOBODY)
            numbers[number] = record;
        person = survivor(numbers[number]);
    }
    if (person == record)
        make_person(record);
    records[record].person = records[record].home = person;
}

static void say_order(struct test_item *test, int record, int when, int value)
{
    char name[40];
    int order = pick(ORDERS + SHARED);
    if (order < ORDERS) {
        snprintf(name, sizeof(name), "order-%d-%d", record, order);
        say(&records[record].orders[order], when, value);
        add_order(test, name, value);
        return;
    }
    order -= ORDERS;
    if (shared[order].holder != NOBODY && shared[order].holder != records[record].person)
        return; /* it is another person's: test_commit_person */
    shared[order].holder = records[record].person;
    snprintf(name, sizeof(name), "shared-%d", order);
    say(&shared[order].words[record], when, value);
    add_order(test, name, value);
}

/* What a message of the record would say next; the model has heard it. */
static struct test_item *message(int record, int step)
{
    int when = choose_day(), value = pick(1000), city = pick(100);
    char control[20], name[10], body[100];
    snprintf(control, sizeof(control), "%d", step);
    snprintf(name, sizeof(name), "R%d", record);
    int length = snprintf(body, sizeof(body), "\"multipleBirthInteger\":%d", value);
    bool has_city = pick(2) == 0;
    if (has_city)
        snprintf(body + length, sizeof(body) - (size_t)length, ",\"address\":[{\"city\":\"%02d\"}]",
                 city);
    struct test_item *test = patient_message(sites[record % 3], control, name, body, 1);
    test->item.source_time = (INT64_C(1000000000) + when) * TIME_SECOND;
    if (!records[record].known)
        model_arrival(test, record);
    say(&records[record].birth, when, value);
    if (has_city)
        say(&records[record].city, when, city);
    for (int i = pick(3); i > 0; i--)
        say_order(test, record, when, value);
    return test;
}

static int pick_known(void)
{
    int record = pick(RECORDS);
    while (!records[record].known)
        record = (record + 1) % RECORDS;
    return record;
}

static struct test_item *act_of(enum pipeline_act_kind kind, int from, int into)
{
    char one[20], other[20] = "";
    snprintf(one, sizeof(one), "%s R%d", sites[from % 3], from);
    if (into != NOBODY)
        snprintf(other, sizeof(other), "%s R%d", sites[into % 3], into);
    return act(kind, one, other);
}

static void finish(struct test_item *test)
{
    wait_for(test);
    const struct issue *issue = issue_list_first_error(&test->item.issues);
    ck_assert_msg(test->item.outcome == PIPELINE_COMMITTED, "outcome %d: %s", test->item.outcome,
                  issue ? arena_string(test->arena, issue->words) : "no reason");
    test_item_free(test);
}

/* A message with an order that nobody else speaks of. */
static struct test_item *order_alone(int record, int step)
{
    int value = pick(1000), when = choose_day();
    char control[20], name[10], key[40], body[100];
    snprintf(control, sizeof(control), "%d", step);
    snprintf(name, sizeof(name), "R%d", record);
    snprintf(key, sizeof(key), "order-%d-0", record);
    snprintf(body, sizeof(body), "\"multipleBirthInteger\":%d", value);
    struct test_item *test = patient_message(sites[record % 3], control, name, body, 1);
    test->item.source_time = (INT64_C(1000000000) + when) * TIME_SECOND;
    say(&records[record].birth, when, value);
    say(&records[record].orders[0], when, value);
    add_order(test, key, value);
    return test;
}

/* One after the other, or on two connections at once: what may then come in either order comes to
 * the same. */
static void step_act(int step)
{
    static const enum pipeline_act_kind kinds[] = {
        PIPELINE_ACT_LINK,   PIPELINE_ACT_LINK,   PIPELINE_ACT_MERGE, PIPELINE_ACT_MOVE,
        PIPELINE_ACT_UNLINK, PIPELINE_ACT_UNLINK, PIPELINE_ACT_UNLINK};
    enum pipeline_act_kind kind = kinds[pick(7)];
    int from = pick_known(), into = kind == PIPELINE_ACT_UNLINK ? NOBODY : pick_known();
    struct test_item *first = act_of(kind, from, into), *other = NULL;
    model_act(kind, from, into);
    int beside = pick(4);
    if (kind == PIPELINE_ACT_LINK && beside < 2) {
        int one = pick_known(), two = pick_known();
        other = act_of(PIPELINE_ACT_LINK, one, two);
        model_act(PIPELINE_ACT_LINK, one, two);
    } else if (beside < 3) {
        other = order_alone(pick_known(), step);
    }
    pipeline_commit_submit(commit, &first->item);
    if (other) {
        pipeline_commit_submit(second, &other->item);
        finish(other);
    }
    finish(first);
}

/* The same message once more. */
static void step_again(int record, int step)
{
    struct test_item *once = message(record, step), *again = NULL;
    char name[10], control[20];
    snprintf(name, sizeof(name), "R%d", record);
    snprintf(control, sizeof(control), "%d", step);
    again = patient_message(sites[record % 3], control, name, "\"active\":false", 1);
    pipeline_commit_submit(commit, &once->item);
    pipeline_commit_submit(commit, &again->item);
    wait_for(again);
    ck_assert_int_eq(again->item.outcome, PIPELINE_DUPLICATE);
    test_item_free(again);
    finish(once);
}

static void begin(uint64_t seed)
{
    randomness = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    births = day = 0;
    memset(records, 0, sizeof(records));
    memset(persons, 0, sizeof(persons));
    memset(shared, 0, sizeof(shared));
    for (int i = 0; i < RECORDS; i++)
        persons[i].replaced_by = NOBODY;
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = NOBODY;
    for (int i = 0; i < SHARED; i++)
        shared[i].holder = NOBODY;
    set_up();
    second = pipeline_commit_new(&commit_options);
}

static void end(void)
{
    pipeline_commit_free(second);
    tear_down();
}

static uint64_t setting(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : usual;
}

START_TEST(whatever_is_linked_and_unlinked_the_record_is_as_the_model_says)
{
    uint64_t seed = setting("PAINBRIDGE_SEED", (uint64_t)time_now() % 1000000);
    int steps = (int)setting("PAINBRIDGE_STEPS", 600);
    printf("links against a model: seed %" PRIu64 ", %d steps\n", seed, steps);
    fflush(stdout);
    begin(seed);
    struct test_item *test = message(0, 0);
    pipeline_commit_submit(commit, &test->item);
    finish(test);
    for (int step = 1; step <= steps; step++) {
        int kind = pick(10);
        if (kind < 4)
            step_act(step);
        else if (kind < 5)
            step_again(pick(RECORDS), step);
        else {
            test = message(pick(RECORDS), step);
            pipeline_commit_submit(commit, &test->item);
            finish(test);
        }
        if (step % LOOK_EVERY == 0 || step == steps)
            look(seed, step);
    }
    end();
}
END_TEST

static void add(Suite *suite)
{
    TCase *model = tcase_create("model");
    tcase_set_timeout(model, 3600);
    suite_add_tcase(suite, model);
    tcase_add_test(model, whatever_is_linked_and_unlinked_the_record_is_as_the_model_says);
}

int main(void)
{
    return database_suite_main("link_model", add);
}
