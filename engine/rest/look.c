/* look: read, vread, history and search. FHIR R4 http.html, search.html.
 *
 * Each asks pipeline/query one question and frames the stored texts it gets. */
#include "rest/look.h"
#include "fhir/id.h"
#include "fhir/outcome.h"

#include <inttypes.h>

#define PAGE_USUAL 50
#define PAGE_LIMIT 500

struct pipeline_question *rest_look_question(struct rest_call *call,
                                             enum pipeline_question_kind kind,
                                             void (*done)(struct pipeline_question *question))
{
    struct access_decision decision;
    if (rest_call_decide(call, &decision) != 0) {
        rest_call_end_failed(call);
        return NULL;
    }
    struct pipeline_question *question = ARENA_NEW(call->arena, struct pipeline_question);
    *question = (struct pipeline_question){.arena = call->arena,
                                           .owner = call,
                                           .done = done,
                                           .kind = kind,
                                           .actor = call->principal->client,
                                           .site = call->principal->site,
                                           .user = call->principal->user,
                                           .address = call->address,
                                           .asked = call->asked,
                                           .viewer = access_viewer(call->principal, call->arena),
                                           .share = call->share,
                                           .patient = decision.patient,
                                           .type = call->type,
                                           .id = call->id,
                                           .bytes = call->bytes};
    issue_list_init(&question->issues, call->arena);
    return question;
}

void rest_look_submit(struct rest_call *call, struct pipeline_question *question)
{
    pipeline_query_submit(rest_server_options(call->server)->query, question);
}

struct rest_call *rest_look_answered(struct pipeline_question *question)
{
    struct rest_call *call = question->owner;
    if (!issue_list_failed(&question->issues))
        return call;
    call->issues = question->issues;
    rest_call_end_failed(call);
    return NULL;
}

/* --- read and vread --------------------------------------------------------------------------- */

/* FHIR R4 http.html#cread: If-None-Match goes before If-Modified-Since (RFC 9110 13.2.2). */
static bool is_known_to_client(const struct rest_call *call, const struct pipeline_found *found)
{
    instant since = 0;
    if (call->if_none_match.len > 0)
        return rest_names_version(call->if_none_match, found->version);
    return rest_read_date(call->if_modified_since, &since) &&
           found->last_updated / TIME_SECOND <= since / TIME_SECOND;
}

static void take_read(struct pipeline_question *question)
{
    struct rest_call *call = rest_look_answered(question);
    if (!call)
        return;
    if (question->count == 0 || !rest_call_allows(call, question->found[0].body, NULL)) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such resource");
        return;
    }
    const struct pipeline_found *found = &question->found[0];
    if (found->deleted) {
        rest_call_fail(call, ISSUE_DELETED, "the resource has been deleted");
        return;
    }
    call->entity_version = found->version;
    call->last_modified = found->last_updated;
    if (is_known_to_client(call, found)) {
        rest_call_end(call, 304);
        return;
    }
    call->body = found->body;
    rest_call_end(call, 200);
}

/* Versions and history of what is outside the limits now are not there, whatever it was before: it
 * is looked at first. */
struct guard {
    struct rest_call *call;
    struct pipeline_question *question; /* what was asked */
};

static void guarded(struct pipeline_question *question)
{
    const struct guard *guard = question->owner;
    struct rest_call *call = question->owner = guard->call;
    if (!rest_look_answered(question))
        return;
    if (question->count == 0 || !rest_call_allows(call, question->found[0].body, NULL))
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such resource");
    else
        rest_look_submit(call, guard->question);
}

static void submit_guarded(struct rest_call *call, struct pipeline_question *question)
{
    if (call->limits.count == 0) {
        rest_look_submit(call, question);
        return;
    }
    struct pipeline_question *first = rest_look_question(call, PIPELINE_QUESTION_READ, guarded);
    struct guard *guard = ARENA_NEW(call->arena, struct guard);
    if (!first)
        return;
    *guard = (struct guard){call, question};
    first->owner = guard;
    rest_look_submit(call, first);
}

void rest_read(struct rest_call *call)
{
    bool is_vread = call->route->interaction == ACCESS_VREAD;
    uint64_t version = 0;
    if (!fhir_id_is_valid(call->id) ||
        (is_vread && !slice_to_uint64(call->version, INT32_MAX, &version))) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such resource");
        return;
    }
    struct pipeline_question *question = rest_look_question(
        call, is_vread ? PIPELINE_QUESTION_VERSION : PIPELINE_QUESTION_READ, take_read);
    if (!question)
        return;
    question->version = version;
    if (is_vread)
        submit_guarded(call, question);
    else
        rest_look_submit(call, question);
}

/* --- pages ------------------------------------------------------------------------------------ */

int rest_look_count(struct rest_call *call, uint32_t *ret_count)
{
    struct slice text = rest_call_parameter(call, SLICE("_count"));
    uint64_t count = 0;
    *ret_count = PAGE_USUAL;
    if (!text.ptr)
        return 0;
    if (!slice_to_uint64(text, UINT64_MAX, &count)) {
        issue_report(&call->issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "_count is no number");
        return -1;
    }
    *ret_count = count > PAGE_LIMIT ? PAGE_LIMIT : (uint32_t)count;
    return 0;
}

static void end_bundle(struct rest_call *call, struct rest_bundle *bundle)
{
    if (!rest_bundle_end(bundle, call->arena, &call->body)) {
        rest_call_fail(call, ISSUE_TOO_LARGE_MESSAGE, "the answer is too large, ask for less");
        return;
    }
    rest_call_end(call, 200);
}

void rest_look_end_search(struct rest_call *call, struct rest_bundle *bundle)
{
    struct slice outcome;
    if (call->issues.count > 0) {
        rest_call_outcome(call, &outcome);
        rest_bundle_add_match(bundle, (struct slice){0}, outcome, "outcome");
    }
    end_bundle(call, bundle);
}

/* --- history ---------------------------------------------------------------------------------- */

static void add_version(struct rest_call *call, struct rest_bundle *bundle,
                        const struct pipeline_found *found)
{
    struct slice local =
        arena_format(call->arena, "%.*s/%.*s", SLICE_ARG(call->type), SLICE_ARG(call->id));
    bool first = found->version == 1;
    const char *method = first ? "POST" : "PUT";
    rest_bundle_add_response(bundle, rest_call_url(call, call->type, call->id),
                             found->deleted ? (struct slice){0} : found->body,
                             found->deleted ? "DELETE" : method, first ? call->type : local,
                             &(struct rest_entry_response){.status = first ? 201 : 200,
                                                           .version = found->version,
                                                           .last_modified = found->last_updated});
}

static void take_history(struct pipeline_question *question)
{
    struct rest_call *call = rest_look_answered(question);
    if (!call)
        return;
    if (question->count == 0 && question->version == 0) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such resource");
        return;
    }
    struct slice self = arena_format(call->arena, "%.*s/_history",
                                     SLICE_ARG(rest_call_url(call, call->type, call->id)));
    struct slice next = {0};
    if (question->has_more)
        next =
            arena_format(call->arena, "%.*s?_count=%" PRIu32 "&_cursor=%" PRIu64, SLICE_ARG(self),
                         question->limit, question->found[question->count - 1].version);
    struct rest_bundle bundle;
    const struct slice links[] = {SLICE("self"), self, SLICE("next"), next};
    /* how many there are is not said where some are not shown */
    bool has_total = question->has_total && call->limits.count == 0;
    rest_bundle_begin(&bundle, "history", has_total ? (int64_t)question->total : -1, links, 2);
    for (size_t i = 0; i < question->count; i++)
        if (rest_call_allows(call, question->found[i].body, NULL))
            add_version(call, &bundle, &question->found[i]);
    end_bundle(call, &bundle);
}

void rest_history(struct rest_call *call)
{
    struct slice cursor = rest_call_parameter(call, SLICE("_cursor"));
    uint64_t below = 0;
    uint32_t count = 0;
    if (!fhir_id_is_valid(call->id)) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such resource");
        return;
    }
    if (rest_look_count(call, &count) != 0) {
        rest_call_end_failed(call);
        return;
    }
    if (cursor.ptr && !slice_to_uint64(cursor, INT32_MAX, &below)) {
        rest_call_fail(call, ISSUE_DATA_TYPE, "_cursor is none of ours");
        return;
    }
    struct pipeline_question *question =
        rest_look_question(call, PIPELINE_QUESTION_HISTORY, take_history);
    if (!question)
        return;
    question->version = below;
    question->limit = count > 0 ? count : 1;
    submit_guarded(call, question);
}

/* --- search ----------------------------------------------------------------------------------- */

/* A search while it is read, and until it is answered. */
struct look {
    struct rest_call *call;
    struct pipeline_search *search;
    struct buffer self; /* what was taken of the query, encoded again */
    bool only_counts;
};

/* Known parameters that change the form of an answer only, or ask for more than was found: leaving
 * them out is within FHIR R4 search.html (a server may return more elements). */
static bool is_left_out(struct slice name)
{
    static const struct slice names[] = {
        SLICE_INIT("_elements"),           SLICE_INIT("_include"),
        SLICE_INIT("_revinclude"),         SLICE_INIT("_contained"),
        SLICE_INIT("_containedType"),      SLICE_INIT("_include:iterate"),
        SLICE_INIT("_revinclude:iterate"),
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_equal(names[i], name))
            return true;
    }
    return false;
}

void rest_look_leave_out(struct rest_call *call, size_t index)
{
    bool strict = call->preferences.is_strict;
    struct slice name = call->parameters[index].name;
    const char *end = strict ? "is not supported" : "is not supported and was left out";
    if (is_left_out(name) || slice_equal(name, SLICE("_sort")) ||
        slice_equal(name, SLICE("_summary")))
        issue_report(&call->issues, ISSUE_NOT_SUPPORTED, strict ? ISSUE_ERROR : ISSUE_WARNING,
                     ISSUE_NOWHERE, "%.*s %s", SLICE_ARG(name), end);
    else
        issue_report(&call->issues, ISSUE_NOT_SUPPORTED, strict ? ISSUE_ERROR : ISSUE_WARNING,
                     ISSUE_NOWHERE, "parameter %zu of the query %s", index + 1, end);
}

static void keep_in_self(struct look *look, const struct rest_parameter *parameter)
{
    struct arena *arena = look->call->arena;
    buffer_append_format(&look->self, "%s%.*s=%.*s", look->self.len > 0 ? "&" : "",
                         SLICE_ARG(http_percent_encode(parameter->name, arena)),
                         SLICE_ARG(http_percent_encode(parameter->value, arena)));
}

/* What an interaction result parameter does: 1 taken, 0 left out, -1 an issue. */
static int take_count(struct look *look, struct rest_parameter *parameter)
{
    uint32_t count = 0;
    parameter->used = false;
    if (rest_look_count(look->call, &count) != 0)
        return -1;
    pipeline_search_limit(look->search, count);
    return 1;
}

static int take_sort(struct look *look, struct rest_parameter *parameter)
{
    return pipeline_search_sort(look->search, parameter->value, &look->call->issues);
}

static int take_total(struct look *look, struct rest_parameter *parameter)
{
    if (slice_equal(parameter->value, SLICE("accurate")))
        pipeline_search_count_all(look->search);
    return 1;
}

static int take_summary(struct look *look, struct rest_parameter *parameter)
{
    look->only_counts = slice_equal(parameter->value, SLICE("count"));
    return look->only_counts || slice_equal(parameter->value, SLICE("false"));
}

static int take_cursor(struct look *look, struct rest_parameter *parameter)
{
    if (pipeline_search_continue(look->search, parameter->value))
        return 1;
    issue_report(&look->call->issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "_cursor is none of ours");
    return -1;
}

static const struct {
    struct slice name;
    int (*take)(struct look *look, struct rest_parameter *parameter);
    bool in_self;
} results[] = {
    {SLICE_INIT("_count"), take_count, true},    {SLICE_INIT("_sort"), take_sort, true},
    {SLICE_INIT("_total"), take_total, true},    {SLICE_INIT("_summary"), take_summary, true},
    {SLICE_INIT("_cursor"), take_cursor, false},
};

static int take_parameter(struct look *look, struct rest_parameter *parameter, bool *ret_in_self)
{
    *ret_in_self = true;
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (!slice_equal(results[i].name, parameter->name))
            continue;
        *ret_in_self = results[i].in_self;
        return results[i].take(look, parameter);
    }
    return pipeline_search_add(look->search, parameter->name, parameter->value,
                               &look->call->issues);
}

static int read_search(struct look *look)
{
    struct rest_call *call = look->call;
    for (size_t i = 0; i < call->parameter_count; i++) {
        struct rest_parameter *parameter = &call->parameters[i];
        bool in_self = false;
        if (parameter->used)
            continue;
        int result = take_parameter(look, parameter, &in_self);
        if (result == 0)
            rest_look_leave_out(call, i);
        if (result > 0 && in_self)
            keep_in_self(look, parameter);
    }
    if (look->only_counts)
        pipeline_search_limit(look->search, 0);
    return issue_list_failed(&call->issues) ? -1 : 0;
}

/* The limits become part of the search, and no part of what is said of it. */
static int add_limits(struct look *look)
{
    struct rest_call *call = look->call;
    struct access_limit parameters;
    if (call->limits.count == 0)
        return 0;
    if (!access_limits_to_search(&call->limits, call->arena, &parameters)) {
        issue_report(&call->issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the token's scopes for this type cannot be searched together, ask with one");
        return -1;
    }
    for (size_t i = 0; i < parameters.count; i++)
        if (pipeline_search_add(look->search, parameters.conditions[i].name,
                                parameters.conditions[i].value, &call->issues) != 1) {
            issue_report(&call->issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                         "the token's scope does not allow this search");
            return -1;
        }
    return 0;
}

static void take_search(struct pipeline_question *question)
{
    struct look *look = question->owner;
    struct rest_call *call = question->owner = look->call;
    struct slice base =
        arena_format(call->arena, "%.*s/fhir/%.*s",
                     SLICE_ARG(rest_server_options(call->server)->base_url), SLICE_ARG(call->type));
    struct slice query = arena_copy(call->arena, buffer_slice(&look->self));
    buffer_release(&look->self);
    if (!rest_look_answered(question))
        return;
    const char *mark = query.len > 0 ? "?" : "";
    struct slice self =
        arena_format(call->arena, "%.*s%s%.*s", SLICE_ARG(base), mark, SLICE_ARG(query));
    struct slice next = {0};
    if (question->has_more)
        next = arena_format(call->arena, "%.*s%s_cursor=%.*s", SLICE_ARG(self),
                            query.len > 0 ? "&" : "?",
                            SLICE_ARG(question->found[question->count - 1].cursor));
    const struct slice links[] = {SLICE("self"), self, SLICE("next"), next};
    struct rest_bundle bundle;
    rest_bundle_begin(&bundle, "searchset", question->has_total ? (int64_t)question->total : -1,
                      links, 2);
    for (size_t i = 0; i < question->count; i++)
        rest_bundle_add_match(&bundle, rest_call_url(call, call->type, question->found[i].id),
                              question->found[i].body, "match");
    rest_look_end_search(call, &bundle);
}

void rest_search(struct rest_call *call)
{
    const struct rest_server_options *options = rest_server_options(call->server);
    const struct pipeline_search_options search_options = {
        .table = options->search,
        .type = call->type,
        .base_url = options->base_url,
        .offset_minutes = options->offset_minutes,
        .now = pipeline_clock_now(options->clock)};
    struct look *look = ARENA_NEW(call->arena, struct look);
    look->call = call;
    look->search = pipeline_search_new(&search_options, call->arena);
    buffer_init(&look->self, 0);
    if (read_search(look) != 0) {
        buffer_release(&look->self);
        rest_call_end_failed(call);
        return;
    }
    struct pipeline_question *question =
        rest_look_question(call, PIPELINE_QUESTION_SEARCH, take_search);
    if (question && add_limits(look) != 0) {
        question = NULL;
        rest_call_end_failed(call);
    }
    if (!question) {
        buffer_release(&look->self);
        return;
    }
    question->owner = look;
    question->search = look->search;
    rest_look_submit(call, question);
}
