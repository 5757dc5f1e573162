/* commit_link: acts. See commit_internal.h and struct pipeline_act.
 *
 *   LINK     both persons' records come together with the survivor (commit_choose_survivor)
 *   MERGE    all records of the person of `from` go to the person of `into`
 *   MOVE     one record does
 *   UNLINK   one record goes back to its home; or, where it was another record's from the start,
 *            to a new person, whose Patient has the id that was kept for it. The record that the
 *            Patient has its id of keeps it: then it is the others who leave, together
 *
 * Who said so is kept for the pairs of records it was said of. A comparison never overrules it. */
#include "pipeline/commit_internal.h"

#include <string.h>

/* What is known of a pair of source records, or was decided just now. */
struct commit_decision {
    int64_t one, two; /* the lower key first */
    struct slice verdict, who, why;
    bool is_new;
    struct commit_decision *next;
};

static const struct slice SAME = SLICE_INIT("same");
static const struct slice DIFFERENT = SLICE_INIT("different");

struct slice commit_act_name(const struct pipeline_item *item)
{
    static const struct slice NAMES[] = {
        [PIPELINE_ACT_LINK] = SLICE_INIT("link"),
        [PIPELINE_ACT_MERGE] = SLICE_INIT("merge"),
        [PIPELINE_ACT_MOVE] = SLICE_INIT("move"),
        [PIPELINE_ACT_UNLINK] = SLICE_INIT("unlink"),
    };
    return NAMES[item->acts[0].kind];
}

/* --- round trip 1 ----------------------------------------------------------------------------- */

int64_t commit_act_need(const struct pipeline_item *item)
{
    /* each a source record, a person and a Patient; what is decided is counted where it is known:
     * no person has so many records */
    return item->act_count > 0 ? 1024 + 3 * (int64_t)item->act_count : 0;
}

static bool has_acts(const struct commit_batch *batch)
{
    return batch->entries[0].item->act_count > 0; /* it is alone */
}

#define PARTY_COLUMNS 5

static void name_digest(const unsigned char *digest, struct store_column *digests)
{
    store_column_add_bytes(digests, (struct slice){(const char *)digest, DIGEST_SHA256_SIZE});
}

/* Who is meant may be known by whatever finds the Patients that the item writes. */
static void name_writes(const struct pipeline_item *item, struct store_column *digests)
{
    for (size_t i = 0; i < item->person_count; i++) {
        const struct pipeline_person *person = &item->persons[i];
        const struct pipeline_write *write = &item->writes[person->write];
        for (size_t key = 0; key < write->digest_count; key++)
            name_digest(write->digests[key], digests);
        for (size_t link = 0; link < person->link_count; link++)
            name_digest(person->links[link], digests);
    }
}

/* Parameters of act_persons: sites, systems, values, Patient ids, digests of keys. */
static void name_parties(const struct commit_batch *batch, struct store_value *ret_values)
{
    struct commit_columns names;
    COMMIT_COLUMNS_INIT(&names, batch->arena, STORE_TEXT, STORE_TEXT, STORE_TEXT, STORE_TEXT,
                        STORE_BYTES);
    const struct pipeline_item *item = batch->entries[0].item;
    for (size_t i = 0; i < item->act_count * 2; i++) {
        const struct pipeline_act *act = &item->acts[i / 2];
        const struct pipeline_party *party = i % 2 == 0 ? &act->from : &act->into;
        if (party->digest)
            name_digest(party->digest, &names.column[4]);
        if (party->patient.len > 0) {
            store_column_add_bytes(&names.column[3], party->patient);
            continue;
        }
        store_column_add_bytes(&names.column[0], party->site);
        store_column_add_bytes(&names.column[1], party->system);
        store_column_add_bytes(&names.column[2], party->value);
    }
    name_writes(item, &names.column[4]);
    commit_columns_values(&names, ret_values);
}

size_t commit_act_lock(struct commit_batch *batch, const struct store_value *reach, size_t count)
{
    if (!has_acts(batch))
        return store_request_add(batch->request, STORE_SQL_LOCK_PERSONS, reach, count);
    struct store_value values[6 + PARTY_COLUMNS];
    memcpy(values, reach, count * sizeof(*reach));
    name_parties(batch, &values[count]);
    return store_request_add(batch->request, STORE_SQL_LOCK_ACT_PERSONS, values,
                             count + PARTY_COLUMNS);
}

void commit_act_ask(struct commit_batch *batch)
{
    batch->linked_sources = batch->linked_resources = batch->linked_decisions = SIZE_MAX;
    if (!has_acts(batch))
        return;
    struct store_value values[PARTY_COLUMNS];
    name_parties(batch, values);
    struct store_request *request = batch->request;
    batch->linked_sources =
        store_request_add(request, STORE_SQL_LOAD_ACT_SOURCES, values, PARTY_COLUMNS);
    batch->linked_decisions =
        store_request_add(request, STORE_SQL_LOAD_ACT_DECISIONS, values, PARTY_COLUMNS);
    batch->linked_resources =
        store_request_add(request, STORE_SQL_LOAD_ACT_RESOURCES, values, PARTY_COLUMNS);
}

/* --- decisions -------------------------------------------------------------------------------- */

static void add_decision(struct commit_batch *batch, struct commit_decision decision)
{
    struct commit_decision *kept = ARENA_NEW(batch->arena, struct commit_decision);
    *kept = decision;
    kept->next = batch->decisions;
    batch->decisions = kept;
}

static void read_decisions(struct commit_batch *batch)
{
    const struct store_request *request = batch->request;
    size_t statement = batch->linked_decisions;
    batch->decisions = NULL;
    for (size_t row = 0; row < store_request_rows(request, statement); row++)
        add_decision(batch, (struct commit_decision){
                                .one = store_request_int8(request, statement, row, 0),
                                .two = store_request_int8(request, statement, row, 1),
                                .verdict = store_request_bytes(request, statement, row, 2),
                            });
}

/* What was said last of two records; empty: nothing. */
static struct slice verdict_of(const struct commit_batch *batch, const struct commit_source *a,
                               const struct commit_source *b)
{
    int64_t one = a->key < b->key ? a->key : b->key, two = a->key < b->key ? b->key : a->key;
    for (const struct commit_decision *each = batch->decisions; each; each = each->next) {
        if (each->one == one && each->two == two)
            return each->verdict;
    }
    return (struct slice){0};
}

static void decide(struct commit_batch *batch, const struct commit_entry *entry,
                   const struct pipeline_act *act, const struct commit_source *a,
                   const struct commit_source *b, struct slice verdict)
{
    const struct pipeline_item *item = entry->item;
    if (act->automatic || !a || !b || a == b || slice_equal(verdict_of(batch, a, b), verdict))
        return;
    add_decision(batch, (struct commit_decision){
                            .one = a->key < b->key ? a->key : b->key,
                            .two = a->key < b->key ? b->key : a->key,
                            .verdict = verdict,
                            .who = item->actor.len > 0 ? item->actor : item->source,
                            .why = act->why,
                            .is_new = true,
                        });
}

/* Somebody said of a record of each that they are not of one person. */
static bool are_kept_apart(const struct commit_batch *batch, const struct commit_person *one,
                           const struct commit_person *other)
{
    for (size_t i = 0; i < batch->source_count; i++) {
        for (size_t j = 0; j < batch->source_count; j++) {
            const struct commit_source *a = batch->source_list[i], *b = batch->source_list[j];
            if (a->person == one && b->person == other &&
                slice_equal(verdict_of(batch, a, b), DIFFERENT))
                return true;
        }
    }
    return false;
}

/* --- who is meant ----------------------------------------------------------------------------- */

/* The source record that a party names; NULL where it names none, or one that is not known. */
static struct commit_source *source_of(const struct commit_batch *batch,
                                       const struct pipeline_party *party)
{
    if (party->patient.len == 0)
        return commit_find_source(batch, party->site, party->system, party->value);
    for (size_t i = 0; i < batch->source_count && party->site.len > 0; i++) {
        struct commit_source *source = batch->source_list[i];
        if (slice_equal(source->site, party->site) &&
            slice_equal(source->patient_id, party->patient) && !commit_source_is_view(source))
            return source;
    }
    return NULL;
}

static struct commit_person *person_of(const struct commit_batch *batch,
                                       const struct pipeline_party *party)
{
    const struct commit_source *source = source_of(batch, party);
    if (source)
        return commit_survivor(batch, source->person);
    if (party->site.len == 0)
        return commit_find_subject(batch, party->patient);
    const struct commit_resource *patient =
        party->digest ? commit_find_key(batch, party->digest) : NULL;
    return patient ? commit_survivor(batch, patient->person) : NULL;
}

/* The record that stands for a party: the one it names; else the oldest of its person. */
static struct commit_source *record_of(const struct commit_batch *batch,
                                       const struct pipeline_party *party)
{
    struct commit_source *oldest = source_of(batch, party);
    const struct commit_person *person = oldest ? NULL : person_of(batch, party);
    for (size_t i = 0; i < batch->source_count && person; i++) {
        struct commit_source *source = batch->source_list[i];
        if (source->person == person && (!oldest || source->key < oldest->key))
            oldest = source;
    }
    return oldest;
}

struct commit_person *commit_choose_survivor(struct commit_person *one, bool one_is_open,
                                             struct commit_person *other, bool other_is_open)
{
    if (one_is_open != other_is_open)
        return one_is_open ? one : other;
    if (one->created != other->created)
        return one->created < other->created ? one : other;
    return one->key < other->key ? one : other;
}

/* Something open is said of the person: whoever sees only that must not be led to an id of which
 * nothing is open, and so learn that there is more. */
static bool is_open(const struct commit_batch *batch, const struct commit_person *person)
{
    const struct commit_resource *patient =
        commit_find_resource(batch, SLICE("Patient"), person->patient_id);
    return patient && !patient->labels;
}

/* --- may it be? ------------------------------------------------------------------------------- */

/* Its Patient is one that the item itself writes. */
static bool is_written_by(const struct pipeline_item *item, const struct pipeline_party *party)
{
    for (size_t i = 0; i < item->write_count; i++) {
        const struct pipeline_write *write = &item->writes[i];
        if (slice_equal(write->type, SLICE("Patient")) && slice_equal(write->id, party->patient))
            return true;
    }
    return false;
}

static bool is_known(const struct commit_batch *batch, const struct pipeline_item *item,
                     const struct pipeline_party *party)
{
    return person_of(batch, party) || is_written_by(item, party);
}

/* Only what is one record can be taken from another one. */
static bool names_record(const struct commit_batch *batch, const struct pipeline_item *item,
                         const struct pipeline_act *act)
{
    bool is_joined = act->kind == PIPELINE_ACT_LINK || act->kind == PIPELINE_ACT_MERGE;
    return is_joined || source_of(batch, &act->from) || is_written_by(item, &act->from);
}

bool commit_act_may_run(const struct commit_batch *batch, struct pipeline_item *item)
{
    for (size_t i = 0; i < item->act_count; i++) {
        const struct pipeline_act *act = &item->acts[i];
        bool has_into = act->into.patient.len > 0 || act->into.value.len > 0;
        bool from_known = is_known(batch, item, &act->from) && names_record(batch, item, act);
        if (!from_known && !act->remembers)
            return commit_refuse(item, SIZE_MAX, ISSUE_UNKNOWN_KEY,
                                 "the record that is to come to another person is not known");
        if ((has_into || act->kind != PIPELINE_ACT_UNLINK) && !is_known(batch, item, &act->into))
            return commit_refuse(item, SIZE_MAX, ISSUE_UNKNOWN_KEY,
                                 "the record it is to be one person with is not known");
    }
    return true;
}

/* --- what is done ----------------------------------------------------------------------------- */

/* The records of a person but one, without views: those follow by themselves. */
static size_t others_of(const struct commit_batch *batch, const struct commit_person *person,
                        const struct commit_source *but, struct commit_source **ret_list)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->source_count; i++) {
        struct commit_source *source = batch->source_list[i];
        if (source->person == person && source != but && !commit_source_is_view(source))
            ret_list[count++] = source;
    }
    return count;
}

static void join(struct commit_batch *batch, struct commit_person *from, struct commit_person *into)
{
    struct commit_source **all =
        ARENA_ARRAY(batch->arena, batch->source_count, struct commit_source *);
    size_t count = others_of(batch, from, NULL, all);
    for (size_t i = 0; i < batch->source_count && count == 0; i++) {
        if (batch->source_list[i]->person == from) /* all it has are views */
            all[count++] = batch->source_list[i];
    }
    if (count > 0)
        commit_move_sources(batch, all, count, into);
}

/* A person for a record that was another one's from the start. */
static struct commit_person *make_home(struct commit_batch *batch, struct commit_source *source)
{
    struct commit_person *home = commit_make_person(batch, source->patient_id);
    source->home = home->key;
    return home;
}

static bool owns_patient(const struct commit_source *source)
{
    return slice_equal(source->patient_id, source->person->patient_id);
}

/* Where the others go when a record keeps the Patient: all of them to a home where nobody is, or to
 * a new one. NULL: each has a home of its own, where others are. */
static struct commit_person *common_home(struct commit_batch *batch,
                                         struct commit_source *const *others, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct commit_person *home = commit_find_person(batch, others[i]->home);
        if (home && home->replaced_by != 0)
            return home;
    }
    for (size_t i = 0; i < count; i++) {
        if (others[i]->home == others[i]->person->key)
            return make_home(batch, others[i]);
    }
    return NULL;
}

static void leave(struct commit_batch *batch, struct commit_source *source)
{
    struct commit_person *home = commit_find_person(batch, source->home);
    if (!home || home == source->person)
        home = make_home(batch, source);
    commit_move_sources(batch, &source, 1, home);
}

/* False where the record is alone already. */
static bool unlink_record(struct commit_batch *batch, struct commit_source *source)
{
    struct commit_source **others =
        ARENA_ARRAY(batch->arena, batch->source_count, struct commit_source *);
    size_t count = others_of(batch, source->person, source, others);
    bool is_view = commit_source_is_view(source);
    if (is_view ? source->home == source->person->key : count == 0)
        return false;
    if (!owns_patient(source)) {
        leave(batch, source);
        return true;
    }
    struct commit_person *home = common_home(batch, others, count);
    if (home)
        commit_move_sources(batch, others, count, home);
    for (size_t i = 0; i < count && !home; i++)
        leave(batch, others[i]);
    return true;
}

static bool run_unlink(struct commit_batch *batch, const struct commit_entry *entry,
                       const struct pipeline_act *act)
{
    struct commit_source *source = record_of(batch, &act->from);
    struct commit_source *other = record_of(batch, &act->into);
    for (size_t i = 0; i < batch->source_count; i++) {
        struct commit_source *each = batch->source_list[i];
        bool is_of_same = each->person == source->person && !commit_source_is_view(each);
        if (other ? each == other : is_of_same)
            decide(batch, entry, act, source, each, DIFFERENT);
    }
    if (other && other->person != source->person)
        return false;
    return unlink_record(batch, source);
}

static bool run_join(struct commit_batch *batch, const struct commit_entry *entry,
                     const struct pipeline_act *act)
{
    struct commit_person *from = person_of(batch, &act->from), *into = person_of(batch, &act->into);
    struct commit_source *source = record_of(batch, &act->from);
    if (act->automatic && are_kept_apart(batch, from, into))
        return false;
    decide(batch, entry, act, source, record_of(batch, &act->into), SAME);
    if (from == into)
        return false;
    struct commit_person *survivor = into;
    bool hides = is_open(batch, from) && !is_open(batch, into);
    if (act->kind == PIPELINE_ACT_LINK || (act->kind == PIPELINE_ACT_MERGE && hides))
        survivor = commit_choose_survivor(from, is_open(batch, from), into, is_open(batch, into));
    if (act->kind == PIPELINE_ACT_MOVE)
        commit_move_sources(batch, &source, 1, into);
    else
        join(batch, survivor == into ? from : into, survivor);
    return true;
}

/* A message that comes late for a number that was not known until now is about the person whose it
 * was said to be. */
static void remember(struct commit_batch *batch, const struct pipeline_act *act)
{
    const struct commit_person *person = person_of(batch, &act->into);
    if (act->kind != PIPELINE_ACT_UNLINK && act->from.digest)
        commit_give_key(batch, act->from.digest,
                        commit_find_resource(batch, SLICE("Patient"), person->patient_id));
}

void commit_act_run(struct commit_batch *batch, struct commit_entry *entry)
{
    struct pipeline_item *item = entry->item;
    if (item->act_count > 0)
        read_decisions(batch);
    for (size_t i = 0; i < item->act_count; i++) {
        struct pipeline_act *act = &item->acts[i];
        bool is_unlink = act->kind == PIPELINE_ACT_UNLINK;
        act->changed = false;
        if (!person_of(batch, &act->from) || !names_record(batch, item, act)) {
            remember(batch, act);
            continue;
        }
        act->changed = is_unlink ? run_unlink(batch, entry, act) : run_join(batch, entry, act);
        entry->person = person_of(batch, &act->from);
        act->patient = arena_copy(item->arena, entry->person->patient_id);
    }
}

/* --- round trip 2 ----------------------------------------------------------------------------- */

static void store_decisions(struct commit_batch *batch)
{
    struct commit_columns rows;
    COMMIT_COLUMNS_INIT(&rows, batch->arena, STORE_INT8, STORE_INT8, STORE_INT8, STORE_TEXT,
                        STORE_TEXT, STORE_TEXT);
    for (const struct commit_decision *each = batch->decisions; each; each = each->next) {
        if (!each->is_new)
            continue;
        store_column_add_int8(&rows.column[0], commit_number(batch));
        store_column_add_int8(&rows.column[1], each->one);
        store_column_add_int8(&rows.column[2], each->two);
        store_column_add_bytes(&rows.column[3], each->verdict);
        store_column_add_bytes(&rows.column[4], each->who);
        store_column_add_bytes(&rows.column[5], each->why);
    }
    commit_columns_send_at(&rows, batch, STORE_SQL_INSERT_DECISIONS, time_now());
}

void commit_act_store(struct commit_batch *batch)
{
    struct commit_columns persons, sources;
    COMMIT_COLUMNS_INIT(&persons, batch->arena, STORE_INT8, STORE_INT8);
    COMMIT_COLUMNS_INIT(&sources, batch->arena, STORE_INT8, STORE_INT8, STORE_INT8);
    for (size_t i = 0; i < batch->persons.count; i++) {
        const struct commit_person *person = batch->persons.entries[i].value;
        if (!person->is_turned)
            continue;
        store_column_add_int8(&persons.column[0], person->key);
        if (person->replaced_by == 0)
            store_column_add_null(&persons.column[1]);
        else
            store_column_add_int8(&persons.column[1], person->replaced_by);
    }
    for (size_t i = 0; i < batch->source_count; i++) {
        const struct commit_source *source = batch->source_list[i];
        if (!source->is_moved || source->is_new)
            continue;
        store_column_add_int8(&sources.column[0], source->key);
        store_column_add_int8(&sources.column[1], source->person->key);
        store_column_add_int8(&sources.column[2], source->home);
    }
    commit_columns_send(&persons, batch->request, STORE_SQL_UPDATE_PERSONS);
    commit_columns_send(&sources, batch->request, STORE_SQL_MOVE_SOURCES);
    store_decisions(batch);
}
