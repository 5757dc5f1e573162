/* audit: the record of who did what, as AuditEvents. FHIR R4 auditevent.html.
 *
 * For clients of the hub itself with system/AuditEvent scopes: it tells of all sites, so that
 * neither a site's client nor a token that is bound to a patient sees any of it. Rows are read and
 * searched, never written; to look into the audit is noted in the audit. */
#include "fhir/datetime.h"
#include "rest/look.h"

static const struct {
    struct slice name;
    const char *type;
    const char *definition;
} parameters[] = {
    {SLICE_INIT("_id"), "token", "http://hl7.org/fhir/SearchParameter/Resource-id"},
    {SLICE_INIT("patient"), "reference", "http://hl7.org/fhir/SearchParameter/AuditEvent-patient"},
    {SLICE_INIT("date"), "date", "http://hl7.org/fhir/SearchParameter/AuditEvent-date"},
    {SLICE_INIT("subtype"), "token", "http://hl7.org/fhir/SearchParameter/AuditEvent-subtype"},
    {SLICE_INIT("agent-name"), "string",
     "http://hl7.org/fhir/SearchParameter/AuditEvent-agent-name"},
    {SLICE_INIT("outcome"), "token", "http://hl7.org/fhir/SearchParameter/AuditEvent-outcome"},
};
#define PARAMETER_COUNT (sizeof parameters / sizeof parameters[0])

bool rest_is_audit(struct slice type)
{
    return slice_equal(type, SLICE("AuditEvent"));
}

void rest_audit_describe(struct json *resource, struct arena *arena)
{
    json_add_string(resource, SLICE("documentation"),
                    SLICE("Who did what, newest first; for system/ scopes. subtype takes our own"
                          " words (system " PIPELINE_AUDIT_SYSTEM "), outcome 0 or 4."),
                    arena);
    struct json *list = json_add(resource, SLICE("searchParam"), json_array(arena));
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        struct json *parameter = json_append(list, json_object(arena));
        json_add_string(parameter, SLICE("name"), parameters[i].name, arena);
        json_add_string(parameter, SLICE("definition"), slice_of(parameters[i].definition), arena);
        json_add_string(parameter, SLICE("type"), slice_of(parameters[i].type), arena);
    }
}

/* The question of this call, where the caller may see the audit. NULL: the call has ended. */
static struct pipeline_question *question_of(struct rest_call *call,
                                             enum pipeline_question_kind kind,
                                             void (*done)(struct pipeline_question *question))
{
    const struct rest_server_options *options = rest_server_options(call->server);
    struct pipeline_question *question = rest_look_question(call, kind, done);
    if (!question)
        return NULL;
    if (question->patient.len > 0 || !call->principal->is_hub) {
        rest_call_fail(call, ISSUE_FORBIDDEN,
                       "the audit is for system scopes of a client that is no site's");
        return NULL;
    }
    struct pipeline_audit_origin *origin = ARENA_NEW(call->arena, struct pipeline_audit_origin);
    *origin = (struct pipeline_audit_origin){options->instance_name, options->base_url};
    question->origin = origin;
    return question;
}

/* --- read ------------------------------------------------------------------------------------- */

static void take_read(struct pipeline_question *question)
{
    struct rest_call *call = rest_look_answered(question);
    if (!call)
        return;
    if (question->count == 0) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such event");
        return;
    }
    call->entity_version = question->found[0].version;
    call->last_modified = question->found[0].last_updated;
    call->body = question->found[0].body;
    rest_call_end(call, 200);
}

static void read_event(struct rest_call *call)
{
    struct pipeline_question *question = question_of(call, PIPELINE_QUESTION_EVENT, take_read);
    if (question)
        rest_look_submit(call, question);
}

/* --- search ----------------------------------------------------------------------------------- */

/* What of the query was taken, for the links of the Bundle. */
struct event_look {
    struct rest_call *call;
    struct pipeline_audit_search search;
    struct slice id;
    struct slice self;
};

static bool take_patient(struct event_look *look, struct slice value)
{
    struct slice type = slice_part(value, 0, sizeof("Patient/") - 1);
    bool has_type = slice_equal(type, SLICE("Patient/"));
    look->search.patient = has_type ? slice_after(value, type.len) : value;
    return look->search.patient.len > 0;
}

/* FHIR R4 search.html#date: the comparisons that a time of recording can be asked by; two narrow
 * each other. */
static bool take_date(struct event_look *look, struct slice value)
{
    static const struct {
        struct slice prefix;
        bool from_lower, from_upper, before_lower, before_upper;
    } comparisons[] = {
        {SLICE_INIT("eq"), true, false, false, true},
        {SLICE_INIT("ge"), true, false, false, false},
        {SLICE_INIT("gt"), false, true, false, false},
        {SLICE_INIT("le"), false, false, false, true},
        {SLICE_INIT("lt"), false, false, true, false},
        {SLICE_INIT("sa"), false, true, false, false},
        {SLICE_INIT("eb"), false, false, true, false},
    };
    struct pipeline_audit_search *search = &look->search;
    struct fhir_datetime date;
    instant lower, upper;
    size_t at = 0;
    bool has_prefix = value.len > 2 && (value.ptr[0] < '0' || value.ptr[0] > '9');
    while (has_prefix && at < sizeof comparisons / sizeof comparisons[0] &&
           !slice_equal(comparisons[at].prefix, slice_part(value, 0, 2)))
        at++;
    if (at == sizeof comparisons / sizeof comparisons[0] ||
        !fhir_search_date_parse(has_prefix ? slice_after(value, 2) : value, &date))
        return false;
    fhir_datetime_bounds(&date, rest_server_options(look->call->server)->offset_minutes, &lower,
                         &upper);
    instant from = comparisons[at].from_lower ? lower : upper;
    instant before = comparisons[at].before_lower ? lower : upper;
    if ((comparisons[at].from_lower || comparisons[at].from_upper) && from > search->from)
        search->from = from;
    if ((comparisons[at].before_lower || comparisons[at].before_upper) &&
        (search->before == 0 || before < search->before))
        search->before = before;
    return true;
}

/* "read,search", or with our system before "|". */
static bool take_subtype(struct event_look *look, struct slice value)
{
    struct arena *arena = look->call->arena;
    struct slice *kinds = ARENA_ARRAY(arena, value.len + 1, struct slice);
    size_t count = 0;
    for (struct slice kind; slice_split(&value, ',', &kind);) {
        size_t bar = slice_find_byte(kind, '|');
        bool has_system = bar < kind.len;
        if (has_system && bar > 0 &&
            !slice_equal(slice_part(kind, 0, bar), SLICE(PIPELINE_AUDIT_SYSTEM)))
            return false;
        kinds[count++] = has_system ? slice_after(kind, bar + 1) : kind;
    }
    look->search.kinds = kinds;
    look->search.kind_count = count;
    return count > 0;
}

static bool take_outcome(struct event_look *look, struct slice value)
{
    look->search.by_outcome = true;
    look->search.went_well = slice_equal(value, SLICE("0"));
    return look->search.went_well || slice_equal(value, SLICE("4"));
}

static bool take_name(struct event_look *look, struct slice value)
{
    look->search.actor = value;
    return value.len > 0;
}

static bool take_id(struct event_look *look, struct slice value)
{
    look->id = value;
    return value.len > 0;
}

/* By the order of `parameters`. */
static bool (*const takers[])(struct event_look *look, struct slice value) = {
    take_id, take_patient, take_date, take_subtype, take_name, take_outcome,
};
_Static_assert(sizeof takers / sizeof takers[0] == PARAMETER_COUNT, "one for each parameter");

static void keep_in_self(struct event_look *look, const struct rest_parameter *parameter)
{
    struct arena *arena = look->call->arena;
    look->self = arena_format(arena, "%.*s%s%.*s=%.*s", SLICE_ARG(look->self),
                              look->self.len > 0 ? "&" : "?", SLICE_ARG(parameter->name),
                              SLICE_ARG(http_percent_encode(parameter->value, arena)));
}

static void take_parameter(struct event_look *look, size_t index)
{
    struct rest_call *call = look->call;
    const struct rest_parameter *parameter = &call->parameters[index];
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        if (!slice_equal(parameters[i].name, parameter->name))
            continue;
        if (!takers[i](look, parameter->value))
            issue_report(&call->issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                         "parameter %zu of the query has a value that cannot be searched",
                         index + 1);
        keep_in_self(look, parameter);
        return;
    }
    rest_look_leave_out(call, index);
}

/* An id is of one event: nothing else narrows it. */
static bool has_other_than_id(const struct pipeline_audit_search *search)
{
    return search->patient.len > 0 || search->from != 0 || search->before != 0 ||
           search->kind_count > 0 || search->actor.len > 0 || search->by_outcome;
}

static int read_search(struct event_look *look)
{
    struct rest_call *call = look->call;
    struct slice cursor = rest_call_parameter(call, SLICE("_cursor"));
    bool has_count = false;
    if (cursor.ptr && !pipeline_audit_continue(&look->search, cursor))
        issue_report(&call->issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "_cursor is none of ours");
    for (size_t i = 0; i < call->parameter_count; i++) {
        const struct rest_parameter *parameter = &call->parameters[i];
        bool is_count = slice_equal(parameter->name, SLICE("_count"));
        if (parameter->used)
            continue;
        if (is_count && !has_count)
            keep_in_self(look, parameter);
        has_count = has_count || is_count;
        if (!is_count)
            take_parameter(look, i);
    }
    if (look->id.len > 0 && has_other_than_id(&look->search))
        issue_report(&call->issues, ISSUE_NOT_SUPPORTED, ISSUE_ERROR, ISSUE_NOWHERE,
                     "_id goes alone here");
    if (rest_look_count(call, &look->search.limit) != 0 || issue_list_failed(&call->issues))
        return -1;
    look->search.limit += look->search.limit == 0;
    return 0;
}

static void take_search(struct pipeline_question *question)
{
    const struct event_look *look = question->owner;
    struct rest_call *call = question->owner = look->call;
    if (!rest_look_answered(question))
        return;
    struct slice self = arena_format(call->arena, "%.*s/fhir/%.*s%.*s",
                                     SLICE_ARG(rest_server_options(call->server)->base_url),
                                     SLICE_ARG(call->type), SLICE_ARG(look->self));
    struct slice next = {0};
    if (question->has_more)
        next = arena_format(call->arena, "%.*s%s_cursor=%.*s", SLICE_ARG(self),
                            look->self.len > 0 ? "&" : "?",
                            SLICE_ARG(question->found[question->count - 1].cursor));
    const struct slice links[] = {SLICE("self"), self, SLICE("next"), next};
    struct rest_bundle bundle;
    rest_bundle_begin(&bundle, "searchset", -1, links, 2);
    for (size_t i = 0; i < question->count; i++)
        rest_bundle_add_match(&bundle, rest_call_url(call, call->type, question->found[i].id),
                              question->found[i].body, "match");
    rest_look_end_search(call, &bundle);
}

static void search_events(struct rest_call *call)
{
    struct event_look *look = ARENA_NEW(call->arena, struct event_look);
    look->call = call;
    if (read_search(look) != 0) {
        rest_call_end_failed(call);
        return;
    }
    bool by_id = look->id.len > 0;
    struct pipeline_question *question =
        question_of(call, by_id ? PIPELINE_QUESTION_EVENT : PIPELINE_QUESTION_EVENTS, take_search);
    if (!question)
        return;
    question->owner = look;
    question->id = by_id ? look->id : question->id;
    question->events = by_id ? NULL : &look->search;
    rest_look_submit(call, question);
}

void rest_audit(struct rest_call *call)
{
    if (call->route->interaction == ACCESS_READ)
        read_event(call);
    else if (call->route->interaction == ACCESS_SEARCH)
        search_events(call);
    else
        rest_call_fail(call, ISSUE_NOT_FOUND, "an event has no versions here");
}
