/* call: see call.h. */
#include "rest/call.h"
#include "rest/refusal.h"

#include "fhir/definition.h"
#include "fhir/outcome.h"

#define PARAMETER_LIMIT 200

/* Only code tables translate (tables.c). */
static void refuse_operation(struct rest_call *call)
{
    rest_call_fail(call, ISSUE_NOT_FOUND, "resources of this type have no such operation");
}

static void (*const runners[ACCESS_INTERACTION_COUNT])(struct rest_call *call) = {
    [ACCESS_CAPABILITIES] = rest_capabilities,
    [ACCESS_READ] = rest_read,
    [ACCESS_VREAD] = rest_read,
    [ACCESS_HISTORY] = rest_history,
    [ACCESS_SEARCH] = rest_search,
    [ACCESS_CREATE] = rest_create,
    [ACCESS_UPDATE] = rest_update,
    [ACCESS_CONDITIONAL_UPDATE] = rest_update,
    [ACCESS_TRANSACTION] = rest_transaction,
    [ACCESS_TRANSLATE] = refuse_operation,
};

/* Those that keep to limits: all others need a scope without a query. */
static bool keeps_limits(enum access_interaction interaction)
{
    return interaction == ACCESS_READ || interaction == ACCESS_VREAD ||
           interaction == ACCESS_HISTORY || interaction == ACCESS_SEARCH ||
           interaction == ACCESS_CREATE || interaction == ACCESS_UPDATE;
}

static int decide(const struct rest_server *server, enum access_interaction interaction,
                  struct slice type, const struct access_principal *principal, struct arena *arena,
                  struct access_decision *ret_decision, struct access_limits *ret_limits,
                  struct issue_list *issues)
{
    *ret_limits = (struct access_limits){0};
    if (access_decide(principal, interaction, type, ret_decision, NULL) == 0)
        return 0;
    if (!keeps_limits(interaction) || rest_is_table(type) || rest_is_audit(type) ||
        !access_limits_find(principal, interaction, type, rest_server_options(server)->search,
                            arena, ret_limits))
        return access_decide(principal, interaction, type, ret_decision, issues);
    *ret_decision = (struct access_decision){.patient = ret_limits->patient};
    return 0;
}

int rest_call_decide(struct rest_call *call, struct access_decision *ret_decision)
{
    return decide(call->server, call->route->interaction, call->type, call->principal, call->arena,
                  ret_decision, &call->limits, &call->issues);
}

bool rest_call_allows(struct rest_call *call, struct slice body, const struct json *resource)
{
    struct json *parsed = NULL;
    if (call->limits.count == 0)
        return true;
    if (!resource && json_parse(body, call->arena, &parsed, NULL) != 0)
        return false;
    return access_limits_hold(&call->limits, rest_server_options(call->server)->search,
                              resource ? resource : parsed, call->arena);
}

static bool is_write(enum access_interaction interaction)
{
    return interaction == ACCESS_CREATE || interaction == ACCESS_UPDATE ||
           interaction == ACCESS_CONDITIONAL_UPDATE;
}

int rest_check(const struct rest_server *server, const struct access_route *route,
               struct slice type, const struct access_principal *principal,
               struct issue_list *issues)
{
    const struct rest_server_options *options = rest_server_options(server);
    struct access_decision decision;
    struct access_limits limits;
    if (type.len > 0 && !fhir_definitions_resource(options->definitions, type)) {
        issue_report(issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no such resource type");
        return -1;
    }
    /* a transaction is decided entry by entry, and capabilities are for everybody */
    if (route->level == ACCESS_OF_SYSTEM || !route->needs_token)
        return 0;
    if (decide(server, route->interaction, type, principal, issues->arena, &decision, &limits,
               issues) != 0)
        return -1;
    return is_write(route->interaction) ? rest_check_write(type, issues) : 0;
}

int rest_check_write(struct slice type, struct issue_list *issues)
{
    if (!rest_is_table(type) && !rest_is_audit(type))
        return 0;
    issue_report(issues, ISSUE_METHOD, ISSUE_ERROR, ISSUE_NOWHERE, "%s",
                 rest_is_audit(type)
                     ? "the audit is written by what is done and is only read here"
                     : "code tables are files of the mappings and are only read here");
    return -1;
}

void rest_call_run(struct rest_call *call)
{
    if (rest_check(call->server, call->route, call->type, call->principal, &call->issues) != 0) {
        rest_call_end_failed(call);
        return;
    }
    if (rest_is_table(call->type))
        rest_tables(call);
    else if (rest_is_audit(call->type))
        rest_audit(call);
    else
        runners[call->route->interaction](call);
}

bool rest_call_shows(const struct rest_call *call, struct slice type)
{
    struct access_decision decision;
    return access_decide(call->principal, ACCESS_READ, type, &decision, NULL) == 0 &&
           decision.patient.len == 0;
}

/* --- parameters ------------------------------------------------------------------------------- */

static int refuse(struct rest_call *call, const char *words)
{
    issue_report(&call->issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

int rest_call_read_parameters(struct rest_call *call, struct slice text)
{
    size_t before = call->parameter_count;
    size_t most = before + 1;
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == '&';
    if (most > PARAMETER_LIMIT)
        return refuse(call, "too many parameters");
    call->parameters =
        arena_grow(call->arena, call->parameters, before * sizeof(struct rest_parameter),
                   most * sizeof(struct rest_parameter));
    for (;;) {
        struct rest_parameter parameter = {0};
        int result = http_form_next(&text, call->arena, &parameter.name, &parameter.value);
        if (result < 0)
            return refuse(call, "the query is not well formed");
        if (result == 0)
            return 0;
        if (parameter.name.len > 0 && call->parameter_count < most)
            call->parameters[call->parameter_count++] = parameter;
    }
}

struct slice rest_call_parameter(struct rest_call *call, struct slice name)
{
    struct slice value = {0};
    for (size_t i = 0; i < call->parameter_count; i++) {
        struct rest_parameter *parameter = &call->parameters[i];
        if (!slice_equal(parameter->name, name))
            continue;
        if (!parameter->used && !value.ptr)
            value = parameter->value;
        parameter->used = true;
    }
    return value;
}

/* --- ends ------------------------------------------------------------------------------------- */

void rest_call_end(struct rest_call *call, int status)
{
    call->status = status;
    call->done(call);
}

void rest_call_end_failed(struct rest_call *call)
{
    struct slice what = call->type;
    if (call->id.len > 0)
        what = arena_format(call->arena, "%.*s/%.*s", SLICE_ARG(call->type), SLICE_ARG(call->id));
    rest_refusal_note(call->server, call->principal, call->address, &call->issues, call->route,
                      what);
    call->status = 0;
    call->done(call);
}

void rest_call_fail(struct rest_call *call, enum issue_code code, const char *words)
{
    issue_report(&call->issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    rest_call_end_failed(call);
}

struct slice rest_call_url(const struct rest_call *call, struct slice type, struct slice id)
{
    return arena_format(call->arena, "%.*s/fhir/%.*s/%.*s",
                        SLICE_ARG(rest_server_options(call->server)->base_url), SLICE_ARG(type),
                        SLICE_ARG(id));
}

int rest_call_outcome(const struct rest_call *call, struct slice *ret_text)
{
    const struct issue *first = issue_list_first_error(&call->issues);
    struct buffer text;
    buffer_init(&text, 0);
    json_print(fhir_outcome_of_list(&call->issues, call->arena), &text);
    *ret_text = arena_copy(call->arena, buffer_slice(&text));
    buffer_release(&text);
    return issue_kind(first ? first->code : ISSUE_APPLICATION)->http_status;
}
