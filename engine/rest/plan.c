/* plan: see plan.h for the picture. */
#include "rest/plan.h"

#include "base/digest.h"
#include "base/encode.h"
#include "fhir/definition.h"
#include "fhir/id.h"
#include "fhir/reference.h"
#include "fhir/resource.h"
#include "fhir/search_index.h"

#include <inttypes.h>

#define ATTEMPT_LIMIT 3
/* Lookups under way of one plan: the rest waits here, not in front of others. */
#define LOOKUP_WINDOW 4
/* Of a condition; what is longer or has more parts is nothing a person wrote. */
#define CONDITION_LENGTH 8192

/* A reference from one entry to another. */
struct rest_link {
    struct json *reference; /* the Reference object */
    size_t entry;
    struct rest_link *next;
};

/* A condition that must be looked up: of an entry, or of a reference. */
struct rest_lookup {
    struct rest_plan *plan;
    size_t entry;
    struct json *reference; /* NULL: the entry's own condition */
    struct slice type;
    struct slice query;
    struct pipeline_question question;
    struct rest_lookup *next;
};

static struct issue_place place_of(const struct rest_plan *plan, size_t entry)
{
    const struct rest_call *call = plan->call;
    if (call->route->interaction != ACCESS_TRANSACTION)
        return issue_place_fhir(plan->entries[entry].type);
    size_t number = plan->entries[entry].number;
    return issue_place_fhir(arena_format(call->arena, "Bundle.entry[%zu]", number));
}

static void fail(struct rest_plan *plan, enum issue_code code, size_t entry, const char *words)
{
    issue_report(&plan->call->issues, code, ISSUE_ERROR, place_of(plan, entry), "%s", words);
}

/* --- references ------------------------------------------------------------------------------- */

/* The entry that a reference text means, by its fullUrl; plan->count: none. */
static size_t find_entry(const struct rest_plan *plan, struct slice text)
{
    size_t index = 0;
    while (index < plan->count && (plan->entries[index].full_url.len == 0 ||
                                   !slice_equal(plan->entries[index].full_url, text)))
        index++;
    return index;
}

static void add_lookup(struct rest_plan *plan, size_t entry, struct json *reference,
                       struct slice type, struct slice query)
{
    struct rest_lookup *lookup = ARENA_NEW(plan->call->arena, struct rest_lookup);
    *lookup = (struct rest_lookup){.plan = plan,
                                   .entry = entry,
                                   .reference = reference,
                                   .type = type,
                                   .query = query,
                                   .next = plan->lookups};
    plan->lookups = lookup;
}

static void set_reference(struct rest_plan *plan, struct json *reference, struct slice type,
                          struct slice id)
{
    struct arena *arena = plan->call->arena;
    json_set(reference, SLICE("reference"),
             json_string(arena, fhir_reference_local(type, id, arena)));
}

struct walk {
    struct rest_plan *plan;
    size_t entry;
};

/* Our own absolute URL becomes relative, so that it is found when searched for. */
static void shorten(struct rest_plan *plan, struct json *reference,
                    const struct fhir_reference *parsed)
{
    struct slice base = rest_server_options(plan->call->server)->base_url;
    struct slice path = slice_after(parsed->base, base.len);
    if (slice_starts_with(parsed->base, base) && slice_equal(path, SLICE("/fhir")))
        set_reference(plan, reference, parsed->type, parsed->id);
}

static int visit(struct json *reference, struct json *text, void *data)
{
    const struct walk *walk = data;
    struct rest_plan *plan = walk->plan;
    size_t target = find_entry(plan, json_text(text));
    if (target < plan->count) {
        struct rest_link *link = ARENA_NEW(plan->call->arena, struct rest_link);
        *link = (struct rest_link){reference, target, plan->links};
        plan->links = link;
        return 0;
    }
    struct fhir_reference parsed;
    if (!fhir_reference_parse(json_text(text), &parsed))
        return 0;
    bool in_bundle = plan->call->route->interaction == ACCESS_TRANSACTION;
    if (parsed.kind == FHIR_REFERENCE_CONDITIONAL)
        add_lookup(plan, walk->entry, reference, parsed.type, parsed.query);
    if (parsed.kind == FHIR_REFERENCE_ABSOLUTE)
        shorten(plan, reference, &parsed);
    /* FHIR R4 http.html#transaction: a urn that no entry has points nowhere */
    if (in_bundle && parsed.kind == FHIR_REFERENCE_URN)
        fail(plan, ISSUE_STRUCTURE, walk->entry, "a reference names no entry of the Bundle");
    return 0;
}

/* --- conditions ------------------------------------------------------------------------------- */

static void ask_on(struct rest_plan *plan);

static void take_lookup(struct rest_lookup *lookup)
{
    struct rest_plan *plan = lookup->plan;
    const struct pipeline_question *question = &lookup->question;
    struct rest_plan_entry *entry = &plan->entries[lookup->entry];
    if (question->count > 1 || question->has_more) {
        fail(plan, ISSUE_MULTIPLE_MATCHES, lookup->entry, "the condition matches more than one");
        return;
    }
    if (lookup->reference && question->count == 0) {
        fail(plan, ISSUE_BUSINESS_RULE, lookup->entry, "a conditional reference matches nothing");
        return;
    }
    if (lookup->reference) {
        set_reference(plan, lookup->reference, lookup->type, question->found[0].id);
        return;
    }
    entry->has_found = question->count == 1;
    if (!entry->has_found)
        return;
    /* FHIR R4 http.html#cond-update */
    if (entry->id.len > 0 && !slice_equal(entry->id, question->found[0].id)) {
        fail(plan, ISSUE_STRUCTURE, lookup->entry, "the condition matches another id");
        return;
    }
    entry->found_id = question->found[0].id;
    entry->found_body = question->found[0].body;
    entry->found_version = question->found[0].version;
    entry->found_updated = question->found[0].last_updated;
}

static void looked_up(struct pipeline_question *question)
{
    struct rest_lookup *lookup = question->owner;
    struct rest_plan *plan = lookup->plan;
    if (issue_list_failed(&question->issues))
        issue_add(&plan->call->issues, question->issues.items[0]);
    else
        take_lookup(lookup);
    plan->pending--;
    ask_on(plan);
}

/* What is about the answer and no part of the condition it stands beside. */
static bool is_of_answer(struct slice name)
{
    return slice_equal(name, SLICE("_format")) || slice_equal(name, SLICE("_pretty"));
}

/* Makes the search of a condition. Unknown parameters are errors here: a condition that is wider
 * than what was meant would change the wrong resource (FHIR R4 http.html#ccreate). */
static struct pipeline_search *condition_search(struct rest_lookup *lookup)
{
    struct rest_plan *plan = lookup->plan;
    struct rest_call *call = plan->call;
    const struct rest_server_options *options = rest_server_options(call->server);
    if (!fhir_definitions_resource(options->definitions, lookup->type)) {
        fail(plan, ISSUE_NOT_FOUND, lookup->entry, "there is no such resource type");
        return NULL;
    }
    const struct pipeline_search_options search_options = {
        .table = options->search,
        .type = lookup->type,
        .base_url = options->base_url,
        .offset_minutes = options->offset_minutes,
        .now = pipeline_clock_now(options->clock)};
    if (lookup->query.len > CONDITION_LENGTH) {
        fail(plan, ISSUE_TOO_COSTLY, lookup->entry, "the condition is too long");
        return NULL;
    }
    struct pipeline_search *search = pipeline_search_new(&search_options, call->arena);
    struct slice rest = lookup->query, name, value;
    size_t taken = 0;
    int result;
    while ((result = http_form_next(&rest, call->arena, &name, &value)) > 0) {
        if (is_of_answer(name))
            continue;
        if (pipeline_search_add(search, name, value, &call->issues) <= 0) {
            fail(plan, ISSUE_PRECONDITION, lookup->entry, "the condition cannot be understood");
            return NULL;
        }
        taken++;
    }
    if (result < 0 || taken == 0) {
        fail(plan, ISSUE_PRECONDITION, lookup->entry, "the condition is empty or not well formed");
        return NULL;
    }
    pipeline_search_limit(search, 2);
    return search;
}

static bool ask(struct rest_lookup *lookup)
{
    struct rest_call *call = lookup->plan->call;
    struct access_decision decision;
    if (access_decide(call->principal, ACCESS_SEARCH, lookup->type, &decision, &call->issues) != 0)
        return false;
    struct pipeline_search *search = condition_search(lookup);
    if (!search)
        return false;
    lookup->question =
        (struct pipeline_question){.arena = call->arena,
                                   .owner = lookup,
                                   .done = looked_up,
                                   .kind = PIPELINE_QUESTION_SEARCH,
                                   .actor = call->principal->client,
                                   .viewer = access_viewer(call->principal, call->arena),
                                   .patient = decision.patient,
                                   .type = lookup->type,
                                   .bytes = 1, /* the first body and no other */
                                   .without_bodies = lookup->reference != NULL,
                                   .search = search};
    issue_list_init(&lookup->question.issues, call->arena);
    return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct slice random_id(struct arena *arena)
{
    char bytes[16];
    digest_random(bytes, sizeof bytes);
    return encode_base32((struct slice){bytes, sizeof bytes}, arena);
}

/* The id of what a condition creates: the same for the same words, until it turns out that it is
 * taken by something that no longer matches them. */
static struct slice condition_id(const struct rest_plan *plan, const struct rest_plan_entry *entry)
{
    struct arena *arena = plan->call->arena;
    if (plan->attempt > 1)
        return random_id(arena);
    struct fhir_id *id = ARENA_NEW(arena, struct fhir_id);
    fhir_id_derive(rest_server_options(plan->call->server)->id_key, entry->type,
                   SLICE("if-none-exist"), &entry->condition, 1, arena, id);
    return fhir_id_slice(id);
}

static void choose_id(struct rest_plan *plan, struct rest_plan_entry *entry)
{
    if (entry->has_found)
        entry->final_id = entry->found_id;
    else if (entry->id.len > 0)
        entry->final_id = entry->id;
    else if (entry->condition.len > 0)
        entry->final_id = condition_id(plan, entry);
    else
        entry->final_id = random_id(plan->call->arena);
}

static bool is_written(const struct rest_plan_entry *entry)
{
    return entry->is_update || !entry->has_found;
}

/* The write of that Patient in this plan, or SIZE_MAX. */
static size_t patient_write(const struct rest_plan *plan, struct slice id)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct rest_plan_entry *entry = &plan->entries[i];
        if (is_written(entry) && slice_equal(entry->type, SLICE("Patient")) &&
            slice_equal(entry->final_id, id))
            return entry->write;
    }
    return SIZE_MAX;
}

/* Whose record the entry is part of. False with an issue where it says so in a way that leads
 * nowhere. */
static bool find_subject(struct rest_plan *plan, size_t index, struct pipeline_subject *ret_subject)
{
    const struct rest_server_options *options = rest_server_options(plan->call->server);
    const struct rest_plan_entry *entry = &plan->entries[index];
    *ret_subject = (struct pipeline_subject){.kind = PIPELINE_SUBJECT_NONE, .write = SIZE_MAX};
    if (slice_equal(entry->type, SLICE("Patient"))) {
        *ret_subject =
            (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = entry->write};
        return true;
    }
    struct json *text = fhir_search_patient(options->search, entry->resource, NULL);
    struct fhir_reference reference;
    if (!text)
        return true;
    if (!fhir_reference_parse(json_text(text), &reference) ||
        reference.kind != FHIR_REFERENCE_RELATIVE ||
        !slice_equal(reference.type, SLICE("Patient"))) {
        fail(plan, ISSUE_BUSINESS_RULE, index, "the subject is no Patient of this server");
        return false;
    }
    size_t write = patient_write(plan, reference.id);
    *ret_subject = write == SIZE_MAX
                       ? (struct pipeline_subject){.kind = PIPELINE_SUBJECT_ID, .id = reference.id}
                       : (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = write};
    return true;
}

static void committed(struct pipeline_item *item);

/* Numbers the writes and gives every entry its id, then points the references at them. */
static void settle_ids(struct rest_plan *plan)
{
    size_t writes = 0;
    for (size_t i = 0; i < plan->count; i++) {
        struct rest_plan_entry *entry = &plan->entries[i];
        choose_id(plan, entry);
        entry->write = is_written(entry) ? writes++ : SIZE_MAX;
    }
    plan->item.write_count = writes;
    for (struct rest_link *link = plan->links; link; link = link->next)
        set_reference(plan, link->reference, plan->entries[link->entry].type,
                      plan->entries[link->entry].final_id);
}

static bool fill_writes(struct rest_plan *plan)
{
    struct arena *arena = plan->call->arena;
    plan->item.writes = ARENA_ARRAY(arena, plan->item.write_count + 1, struct pipeline_write);
    for (size_t i = 0; i < plan->count; i++) {
        struct rest_plan_entry *entry = &plan->entries[i];
        if (entry->write == SIZE_MAX)
            continue;
        struct pipeline_write *write = &plan->item.writes[entry->write];
        fhir_resource_set_id(entry->resource, entry->final_id, arena);
        *write = (struct pipeline_write){.type = entry->type,
                                         .id = entry->final_id,
                                         .body = entry->resource,
                                         .effect = PIPELINE_REPLACE,
                                         .expected_version = entry->expected_version,
                                         .must_be_new = !entry->is_update || entry->must_be_new};
        if (!find_subject(plan, i, &write->subject))
            return false;
    }
    return true;
}

/* All conditions are known. */
static void go_on(struct rest_plan *plan)
{
    struct rest_call *call = plan->call;
    if (issue_list_failed(&call->issues)) {
        plan->done(plan, false);
        return;
    }
    struct pipeline_viewer *viewer = ARENA_NEW(call->arena, struct pipeline_viewer);
    *viewer = access_viewer(call->principal, call->arena);
    plan->item = (struct pipeline_item){
        .arena = call->arena,
        .owner = plan,
        .source = call->principal->client,
        .site = call->principal->site,
        .user = call->principal->user,
        .address = call->address,
        .labels = call->principal->labels,
        .viewer = viewer,
        .received = pipeline_clock_now(rest_server_options(call->server)->clock),
        .done = committed};
    issue_list_init(&plan->item.issues, call->arena);
    settle_ids(plan);
    if (!fill_writes(plan)) {
        plan->done(plan, false);
        return;
    }
    if (plan->item.write_count == 0) {
        plan->item.outcome = PIPELINE_COMMITTED;
        committed(&plan->item);
        return;
    }
    pipeline_commit_submit(rest_server_options(call->server)->commit, &plan->item);
}

static void take_entry(struct rest_plan *plan, struct rest_plan_entry *entry)
{
    if (entry->write == SIZE_MAX) {
        entry->text = entry->found_body;
        entry->version = entry->found_version;
        entry->last_updated = entry->found_updated;
        return;
    }
    const struct pipeline_write *write = &plan->item.writes[entry->write];
    entry->final_id = write->final_id;
    entry->text = write->text;
    entry->version = write->version;
    entry->last_updated = write->last_updated;
    entry->created = write->created;
}

static bool has_condition(const struct rest_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->entries[i].condition.len > 0)
            return true;
    }
    return false;
}

static bool wants_new(const struct rest_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->entries[i].must_be_new)
            return true;
    }
    return false;
}

static void begin(struct rest_plan *plan);

/* Where the write stands that the commit refused. */
static struct issue_place refused_place(const struct rest_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        size_t write = plan->entries[i].write;
        if (write != SIZE_MAX && write == plan->item.refused_write)
            return place_of(plan, i);
    }
    return ISSUE_NOWHERE;
}

/* Why the commit did not take it. A subject that is not there is the content's fault, not that of
 * the address. */
static void take_failure(struct rest_plan *plan)
{
    struct rest_call *call = plan->call;
    const struct issue *first = issue_list_first_error(&plan->item.issues);
    if (plan->item.outcome == PIPELINE_UNKNOWN) {
        issue_report(
            &call->issues, ISSUE_OUTCOME_UNKNOWN, ISSUE_ERROR, ISSUE_NOWHERE,
            "the database did not say in time whether it is stored: it may have been done. "
            "Read or search for it before it is sent again, or send it again with "
            "If-None-Exist or If-Match");
        plan->done(plan, false);
        return;
    }
    if (plan->item.outcome == PIPELINE_UNAVAILABLE || !first) {
        issue_report(&call->issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not store it, nothing was changed");
        plan->done(plan, false);
        return;
    }
    if (first->code == ISSUE_CONFLICT && has_condition(plan) && ++plan->attempt < ATTEMPT_LIMIT) {
        begin(plan);
        return;
    }
    for (size_t i = 0; i < plan->item.issues.count; i++) {
        struct issue issue = plan->item.issues.items[i];
        issue.place = refused_place(plan);
        if (issue.code == ISSUE_UNKNOWN_KEY)
            issue.code = ISSUE_BUSINESS_RULE;
        if (issue.code == ISSUE_CONFLICT && wants_new(plan))
            issue.code = ISSUE_PRECONDITION;
        issue_add(&call->issues, issue);
    }
    plan->done(plan, false);
}

static void committed(struct pipeline_item *item)
{
    struct rest_plan *plan = item->owner;
    if (item->outcome != PIPELINE_COMMITTED) {
        take_failure(plan);
        return;
    }
    for (size_t i = 0; i < plan->count; i++)
        take_entry(plan, &plan->entries[i]);
    plan->done(plan, true);
}

/* --- from the beginning ----------------------------------------------------------------------- */

/* Asks the next conditions, and goes on when the last has been answered. */
static void ask_on(struct rest_plan *plan)
{
    if (issue_list_failed(&plan->call->issues))
        plan->next = NULL;
    while (plan->next && plan->pending < LOOKUP_WINDOW) {
        struct rest_lookup *lookup = plan->next;
        plan->next = ask(lookup) ? lookup->next : NULL;
        if (issue_list_failed(&plan->call->issues))
            break;
        plan->pending++;
        pipeline_query_submit(rest_server_options(plan->call->server)->query, &lookup->question);
    }
    if (plan->pending == 0)
        go_on(plan);
}

static void begin(struct rest_plan *plan)
{
    plan->next = plan->lookups;
    ask_on(plan);
}

void rest_plan_run(struct rest_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct rest_plan_entry *entry = &plan->entries[i];
        struct walk walk = {plan, i};
        fhir_reference_walk(entry->resource, visit, &walk);
        if (entry->condition.len > 0)
            add_lookup(plan, i, NULL, entry->type, entry->condition);
    }
    begin(plan);
}

struct slice rest_plan_location(const struct rest_plan *plan, const struct rest_plan_entry *entry)
{
    return arena_format(plan->call->arena, "%.*s/%.*s/_history/%" PRIu64, SLICE_ARG(entry->type),
                        SLICE_ARG(entry->final_id), entry->version);
}
