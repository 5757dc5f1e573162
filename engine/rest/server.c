/* server: see server.h. Here a request of HTTP becomes a call, and what the call came to becomes a
 * response. */
#include "rest/server.h"

#include "access/failures.h"
#include "fhir/outcome.h"
#include "fhir/validate.h"
#include "pipeline/audit_limit.h"
#include "rest/call.h"
#include "rest/oauth.h"
#include "rest/refusal.h"

#include <inttypes.h>
#include <stdlib.h>

#define REQUEST_CEILING ((size_t)192 * 1024 * 1024)
#define UNKNOWN_BODY_LIMIT ((size_t)64 * 1024)
#define HEADER_LIMIT 12
#define ANSWER_BYTES ((int64_t)8 * 1024 * 1024)
/* What is larger is sent as it is stored: to print it anew would keep all others waiting. */
#define PRETTY_LIMIT ((size_t)1024 * 1024)

#define JSON_TYPE "application/fhir+json; charset=utf-8"
#define TEXT_TYPE "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct rest_server {
    struct rest_server_options options;
    struct access_keeper *keeper;
    struct access_failures *failures;
    struct http_server *http;
    struct buffer capability;
    struct pipeline_audit_limit limit; /* of refusals in the audit */
};

struct pipeline_audit_limit *rest_server_audit_limit(struct rest_server *server)
{
    return &server->limit;
}

const struct rest_server_options *rest_server_options(const struct rest_server *server)
{
    return &server->options;
}

struct access_keeper *rest_server_keeper(const struct rest_server *server)
{
    return server->keeper;
}

struct access_failures *rest_server_failures(const struct rest_server *server)
{
    return server->failures;
}

struct slice rest_server_capability(const struct rest_server *server)
{
    return buffer_slice(&server->capability);
}

/* --- responses -------------------------------------------------------------------------------- */

struct reply {
    struct arena *arena;
    struct http_header headers[HEADER_LIMIT];
    size_t count;
};

static void add_header(struct reply *reply, const char *name, struct slice value)
{
    if (reply->count < HEADER_LIMIT)
        reply->headers[reply->count++] = (struct http_header){slice_of(name), value};
}

/* What every response carries. Caches may keep it for one user, and must ask each time. */
static void reply_init(struct reply *reply, struct arena *arena, const char *media_type)
{
    *reply = (struct reply){.arena = arena};
    if (media_type)
        add_header(reply, "Content-Type", slice_of(media_type));
    add_header(reply, "Cache-Control", SLICE("private, no-cache"));
    add_header(reply, "X-Content-Type-Options", SLICE("nosniff"));
    add_header(reply, "Strict-Transport-Security", SLICE("max-age=31536000"));
}

static void send_reply(struct http_exchange *exchange, const struct reply *reply, int status,
                       struct slice body)
{
    http_exchange_respond(exchange, &(struct http_response){.status = status,
                                                            .headers = reply->headers,
                                                            .header_count = reply->count,
                                                            .body = body});
}

/* RFC 6750 3: what kind of credentials are wanted, and what was wrong with those that came. */
static void add_challenge(struct reply *reply, const struct issue_list *issues, bool had_token)
{
    const struct issue *first = issue_list_first_error(issues);
    int status = first ? issue_kind(first->code)->http_status : 0;
    if (status == 401)
        add_header(reply, "WWW-Authenticate",
                   had_token ? SLICE("Bearer realm=\"painbridge\", error=\"invalid_token\"")
                             : SLICE("Bearer realm=\"painbridge\""));
    if (status == 403)
        add_header(reply, "WWW-Authenticate",
                   SLICE("Bearer realm=\"painbridge\", error=\"insufficient_scope\""));
    /* what may have been done is not to be sent again without a look */
    if ((status == 503 || status == 429) && first->code != ISSUE_OUTCOME_UNKNOWN)
        add_header(reply, "Retry-After", SLICE("5"));
}

static struct slice outcome_text(const struct issue_list *issues, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(fhir_outcome_of_list(issues, arena), &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

/* `request` is NULL where the head was not understood; `allowed` empty unless the method is wrong.
 */
static void refusal_init(struct reply *reply, const struct http_request *request,
                         struct arena *arena, const struct issue_list *issues, struct slice allowed)
{
    reply_init(reply, arena, JSON_TYPE);
    add_challenge(reply, issues, request && http_request_header(request, "Authorization").len > 0);
    if (allowed.len > 0)
        add_header(reply, "Allow", allowed);
}

static int refusal_status(const struct issue_list *issues)
{
    const struct issue *first = issue_list_first_error(issues);
    return issue_kind(first ? first->code : ISSUE_APPLICATION)->http_status;
}

static void send_refusal(struct http_exchange *exchange, const struct issue_list *issues,
                         struct slice allowed)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct reply reply;
    refusal_init(&reply, request, request->arena, issues, allowed);
    send_reply(exchange, &reply, refusal_status(issues), outcome_text(issues, request->arena));
}

/* --- what operators ask ----------------------------------------------------------------------- */

static void send_text(struct http_exchange *exchange, int status, const char *media_type,
                      struct buffer *text)
{
    struct arena *arena = http_exchange_request(exchange)->arena;
    struct reply reply;
    reply_init(&reply, arena, media_type);
    struct slice body = arena_copy(arena, buffer_slice(text));
    buffer_release(text);
    send_reply(exchange, &reply, status, body);
}

static void send_health(struct rest_server *server, struct http_exchange *exchange)
{
    (void)server;
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, SLICE("ok\n"));
    send_text(exchange, 200, TEXT_TYPE, &text);
}

static void send_readiness(struct rest_server *server, struct http_exchange *exchange)
{
    const struct rest_server_options *options = &server->options;
    struct slice reason = {0};
    struct buffer text;
    buffer_init(&text, 0);
    if (!pipeline_commit_ready(options->commit, &reason))
        buffer_append_format(&text, "writing: %.*s\n", SLICE_ARG(reason));
    if (!pipeline_query_ready(options->query, &reason))
        buffer_append_format(&text, "reading: %.*s\n", SLICE_ARG(reason));
    if (options->readiness)
        options->readiness(options->data, &text);
    bool ready = text.len == 0;
    if (ready)
        buffer_append(&text, SLICE("ready\n"));
    if (ready && options->revision)
        buffer_append_format(&text, "mappings: %.*s\n",
                             SLICE_ARG(options->revision(options->data)));
    send_text(exchange, ready ? 200 : 503, TEXT_TYPE, &text);
}

static void send_metrics(struct rest_server *server, struct http_exchange *exchange)
{
    const struct rest_server_options *options = &server->options;
    struct buffer text;
    buffer_init(&text, 0);
    if (options->measure)
        options->measure(options->data);
    if (options->metrics)
        pipeline_metrics_print(options->metrics, &text);
    send_text(exchange, 200, METRICS_TYPE, &text);
}

static void (*const senders[ACCESS_INTERACTION_COUNT])(struct rest_server *server,
                                                       struct http_exchange *exchange) = {
    [ACCESS_HEALTH] = send_health,     [ACCESS_READINESS] = send_readiness,
    [ACCESS_METRICS] = send_metrics,   [ACCESS_SMART] = rest_oauth_configuration,
    [ACCESS_TOKEN] = rest_oauth_token,
};

/* --- FHIR: the answer ------------------------------------------------------------------------- */

static struct slice indented(struct slice body, struct arena *arena)
{
    struct json *tree = NULL;
    struct buffer text;
    if (body.len == 0 || body.len > PRETTY_LIMIT || json_parse(body, arena, &tree, NULL) != 0)
        return body;
    buffer_init(&text, 0);
    json_print_indented(tree, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

static bool is_write(const struct rest_call *call)
{
    enum access_interaction interaction = call->route->interaction;
    return interaction == ACCESS_CREATE || interaction == ACCESS_UPDATE ||
           interaction == ACCESS_CONDITIONAL_UPDATE;
}

/* FHIR R4 http.html#ops: what a write gives back. */
static struct slice body_of(const struct rest_call *call)
{
    if (!is_write(call) || call->preferences.what == REST_RETURN_REPRESENTATION)
        return call->body;
    if (call->preferences.what == REST_RETURN_MINIMAL)
        return (struct slice){0};
    return outcome_text(&call->issues, call->arena);
}

static void call_done(struct rest_call *call)
{
    struct http_exchange *exchange = call->owner;
    if (call->status == 0) {
        send_refusal(exchange, &call->issues, (struct slice){0});
        return;
    }
    struct slice body = body_of(call);
    if (call->preferences.is_pretty)
        body = indented(body, call->arena);
    struct reply reply;
    reply_init(&reply, call->arena, body.len > 0 ? JSON_TYPE : NULL);
    if (call->entity_version > 0) {
        add_header(&reply, "ETag",
                   arena_format(call->arena, "W/\"%" PRIu64 "\"", call->entity_version));
        add_header(&reply, "Last-Modified", rest_print_date(call->last_modified, call->arena));
    }
    if (call->entity_tag.len > 0)
        add_header(&reply, "ETag",
                   arena_format(call->arena, "W/\"%.*s\"", SLICE_ARG(call->entity_tag)));
    if (call->location.len > 0)
        add_header(&reply, "Location",
                   arena_format(call->arena, "%.*s/fhir/%.*s",
                                SLICE_ARG(call->server->options.base_url),
                                SLICE_ARG(call->location)));
    send_reply(exchange, &reply, call->status, body);
}

/* --- FHIR: the request ------------------------------------------------------------------------ */

/* FHIR R4 http.html#mime-type: _format goes before Accept. */
static int check_accept(struct rest_call *call, const struct http_request *request)
{
    struct slice format = rest_call_parameter(call, SLICE("_format"));
    bool well = format.ptr ? rest_format_is_json(format)
                           : rest_accepts_json(http_request_header(request, "Accept"));
    if (well)
        return 0;
    issue_report(&call->issues, ISSUE_NOT_ACCEPTABLE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "only application/fhir+json of FHIR R4 is served");
    return -1;
}

static int check_content_type(struct rest_call *call, const struct http_request *request)
{
    struct slice type = http_request_header(request, "Content-Type");
    if (!call->route->media_types)
        return 0;
    if (access_route_takes(call->route, type) && rest_content_type_fits(type))
        return 0;
    issue_report(&call->issues, ISSUE_MEDIA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE, "%s is wanted here",
                 call->route->media_types);
    return -1;
}

static void read_preferences(struct rest_call *call, const struct http_request *request)
{
    size_t position = 0;
    struct slice prefer;
    while (http_request_next_header(request, "Prefer", &position, &prefer))
        rest_read_preference(prefer, &call->preferences);
    call->preferences.is_pretty =
        slice_equal(rest_call_parameter(call, SLICE("_pretty")), SLICE("true"));
}

/* The parts of a batch are checked one by one: a bad one leaves the others alone. */
static int read_body(struct rest_call *call, const struct http_request *request)
{
    if (call->route->interaction == ACCESS_SEARCH) {
        call->asked = request->body;
        return rest_call_read_parameters(call, request->body);
    }
    if (json_parse(request->body, call->arena, &call->resource, &call->issues) != 0)
        return -1;
    bool is_batch = call->route->interaction == ACCESS_TRANSACTION &&
                    slice_equal(json_get_text(call->resource, SLICE("type")), SLICE("batch"));
    if (!is_batch &&
        fhir_validate(call->server->options.definitions, call->resource, &call->issues) != 0)
        return -1;
    if (!arena_exceeded(call->arena))
        return 0;
    issue_report(&call->issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "the resource is too large");
    return -1;
}

static bool is_doubled(const struct http_request *request, const char *name)
{
    size_t position = 0;
    struct slice value;
    return http_request_next_header(request, name, &position, &value) &&
           http_request_next_header(request, name, &position, &value);
}

/* Headers that can stand once: of two, what is judged here could be another than what a proxy
 * before us judged. */
static int check_headers(struct rest_call *call, const struct http_request *request)
{
    static const char *const once[] = {"Authorization", "Content-Type", "If-Match", "If-None-Exist",
                                       "If-Modified-Since"};
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        if (!is_doubled(request, once[i]))
            continue;
        issue_report(&call->issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE,
                     "more than one %s header", once[i]);
        return -1;
    }
    return 0;
}

/* Conditions of a write: one that says nothing, or of which the second is not looked at, would
 * protect nothing. On a read If-None-Match is a list (RFC 9110 13.1.2), which may come in parts. */
static int check_guards(struct rest_call *call, const struct http_request *request)
{
    static const char *const guards[] = {"If-Match", "If-None-Match", "If-None-Exist"};
    if (request->method != HTTP_METHOD_PUT && request->method != HTTP_METHOD_POST)
        return 0;
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++) {
        struct slice value = http_request_header(request, guards[i]);
        if (!value.ptr || (value.len > 0 && !is_doubled(request, guards[i])))
            continue;
        issue_report(&call->issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the %s header is empty or comes twice", guards[i]);
        return -1;
    }
    return 0;
}

static int read_request(struct rest_call *call, const struct http_request *request)
{
    if (check_headers(call, request) != 0 || check_guards(call, request) != 0)
        return -1;
    call->query = call->asked = request->query;
    call->if_match = http_request_header(request, "If-Match");
    call->if_none_match = http_request_header(request, "If-None-Match");
    call->if_none_exist = http_request_header(request, "If-None-Exist");
    call->if_modified_since = http_request_header(request, "If-Modified-Since");
    if (rest_call_read_parameters(call, request->query) != 0 || check_accept(call, request) != 0 ||
        check_content_type(call, request) != 0)
        return -1;
    read_preferences(call, request);
    return call->route->media_types ? read_body(call, request) : 0;
}

/* --- the head: what can be said before the body has come ---------------------------------------
 */

/* Where a request goes, who calls, and whether that may be; in the request's arena. */
struct head {
    struct access_match match;
    struct access_principal principal; /* where the route needs a token */
    bool is_welcome;
    bool is_awaited;          /* who calls has to be looked up elsewhere first */
    struct issue_list issues; /* why not */
};

static int refuse_head(struct head *head, enum issue_code code, const char *words)
{
    issue_report(&head->issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

static const struct access_principal *principal_of(const struct head *head)
{
    return head->match.route->needs_token ? &head->principal : NULL;
}

/* RFC 9110 15.5.6: a 405 names the methods that are served there. */
static struct slice allowed_of(const struct head *head)
{
    const struct issue *first = issue_list_first_error(&head->issues);
    if (!head->match.route)
        return head->match.allowed;
    return first && first->code == ISSUE_METHOD ? SLICE("GET, HEAD") : (struct slice){0};
}

static int check_head(struct rest_server *server, const struct http_request *request,
                      struct head *head)
{
    const struct access_route *route = head->match.route;
    if (!head->match.path_is_known)
        return refuse_head(head, ISSUE_NOT_FOUND, "there is nothing at this address");
    if (!route)
        return refuse_head(head, ISSUE_METHOD, "this method is not served here");
    int known = 0;
    if (route->needs_token)
        known = access_keeper_verify(server->keeper, http_request_header(request, "Authorization"),
                                     time_now(), request->arena, &head->principal, &head->issues);
    head->is_awaited = known == 1;
    if (known != 0)
        return known == 1 ? 0 : -1;
    return rest_check(server, route, head->match.type, principal_of(head), &head->issues);
}

static struct head *judge_head(struct rest_server *server, const struct http_request *request)
{
    struct head *head = ARENA_NEW(request->arena, struct head);
    issue_list_init(&head->issues, request->arena);
    access_route_find(request->method, request->path, request->arena, &head->match);
    head->is_welcome = check_head(server, request, head) == 0;
    return head;
}

/* Judged once for each request. */
static const struct head *keep_head(struct rest_server *server, struct http_request *request)
{
    if (!request->data)
        request->data = judge_head(server, request);
    return request->data;
}

/* http_server_handlers.share. Who is refused by the head is answered at once and holds next to
 * nothing. */
static struct budget_share *share(void *data, struct http_request *request)
{
    struct rest_server *server = data;
    const struct head *head = keep_head(server, request);
    if (!head->is_welcome || !head->match.route->needs_token)
        return NULL;
    /* those whom nobody knows yet share one part */
    if (head->is_awaited)
        return budget_share(server->options.server.budget, BUDGET_CLIENT, SLICE(""));
    bool is_operator = head->match.route->level == ACCESS_OF_SERVER;
    return budget_share(server->options.server.budget,
                        is_operator ? BUDGET_OPERATOR : BUDGET_CLIENT, head->principal.client);
}

/* Who is refused by the head gets a little room, so that the 404, 401 or 403 is heard by whoever
 * sends all before reading, and does not make us read megabytes. */
static size_t body_limit(void *data, struct http_request *request)
{
    const struct head *head = keep_head(data, request);
    if (!head->is_welcome || head->match.route->max_body <= UNKNOWN_BODY_LIMIT)
        return UNKNOWN_BODY_LIMIT;
    return head->match.route->max_body;
}

/* --- the whole request -------------------------------------------------------------------------
 */

void rest_call_weigh(struct rest_call *call, size_t more)
{
    http_exchange_weigh(call->owner, arena_used(call->arena) + more);
}

static void serve_fhir(struct rest_server *server, struct http_exchange *exchange,
                       const struct head *head)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct rest_call *call = ARENA_NEW(request->arena, struct rest_call);
    *call = (struct rest_call){.server = server,
                               .arena = request->arena,
                               .principal = principal_of(head),
                               .route = head->match.route,
                               .share = http_exchange_share(exchange),
                               .type = head->match.type,
                               .id = head->match.id,
                               .version = head->match.version,
                               .address = request->peer,
                               .bytes = server->options.answer_bytes,
                               .owner = exchange,
                               .done = call_done};
    issue_list_init(&call->issues, request->arena);
    if (read_request(call, request) != 0) {
        rest_call_end_failed(call);
        return;
    }
    rest_call_weigh(call, 0);
    rest_call_run(call);
}

static void note_refusal(struct rest_server *server, const struct http_request *request,
                         const struct head *head)
{
    struct slice what = head->match.type;
    if (head->match.id.len > 0)
        what = arena_format(request->arena, "%.*s/%.*s", SLICE_ARG(head->match.type),
                            SLICE_ARG(head->match.id));
    rest_refusal_note(server, &head->principal, request->peer, &head->issues, head->match.route,
                      what);
}

/* A request whose caller is looked up; in its arena. */
struct awaited {
    struct rest_server *server;
    struct http_exchange *exchange;
    struct access_wait wait;
};

static void serve_head(struct rest_server *server, struct http_exchange *exchange,
                       struct head *head);

static void look_again(void *data)
{
    struct awaited *awaited = data;
    const struct http_request *request = http_exchange_request(awaited->exchange);
    struct rest_server *server = awaited->server;
    if (server->keeper) {
        serve_head(server, awaited->exchange, judge_head(server, request));
        return;
    }
    struct issue_list issues;
    issue_list_init(&issues, request->arena);
    issue_report(&issues, ISSUE_OVERLOADED, ISSUE_ERROR, ISSUE_NOWHERE, "the server is going down");
    send_refusal(awaited->exchange, &issues, (struct slice){0});
}

/* The body may have taken its time, and the keeper is another now: it is asked anew. */
static void await_caller(struct rest_server *server, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct head *head = judge_head(server, request);
    struct awaited *awaited = ARENA_NEW(request->arena, struct awaited);
    *awaited = (struct awaited){
        .server = server, .exchange = exchange, .wait = {.done = look_again, .data = awaited}};
    if (!head->is_awaited) {
        serve_head(server, exchange, head);
        return;
    }
    if (access_keeper_wait(server->keeper, http_request_header(request, "Authorization"),
                           &awaited->wait))
        return;
    refuse_head(head, ISSUE_BUSY, "too many tokens are being looked up, try again later");
    send_refusal(exchange, &head->issues, (struct slice){0});
}

static void serve(void *data, struct http_exchange *exchange)
{
    struct rest_server *server = data;
    const struct http_request *request = http_exchange_request(exchange);
    serve_head(server, exchange, request->data ? request->data : judge_head(server, request));
}

static void serve_head(struct rest_server *server, struct http_exchange *exchange,
                       struct head *head)
{
    if (head->is_awaited) {
        await_caller(server, exchange);
        return;
    }
    if (!head->is_welcome) {
        note_refusal(server, http_exchange_request(exchange), head);
        send_refusal(exchange, &head->issues, allowed_of(head));
        return;
    }
    if (head->match.route->level == ACCESS_OF_SERVER)
        senders[head->match.route->interaction](server, exchange);
    else
        serve_fhir(server, exchange, head);
}

/* --- the frame -------------------------------------------------------------------------------- */

/* Who it is, and whether that may be, comes before how large its body is. */
static void refused(void *data, const struct issue *issue, const struct http_request *request,
                    struct arena *arena, struct http_response *response)
{
    const struct head *head = request ? request->data : NULL;
    struct slice allowed = {0};
    struct issue_list issues;
    issue_list_init(&issues, arena);
    issue_add(&issues, *issue);
    if (head && !head->is_welcome && issue->code == ISSUE_TOO_LARGE_MESSAGE) {
        note_refusal(data, request, head);
        issues = head->issues;
        allowed = allowed_of(head);
    }
    struct reply *reply = ARENA_NEW(arena, struct reply);
    refusal_init(reply, request, arena, &issues, allowed);
    *response = (struct http_response){.status = refusal_status(&issues),
                                       .headers = reply->headers,
                                       .header_count = reply->count,
                                       .body = outcome_text(&issues, arena)};
}

static void served(void *data, const struct http_request *request, int status, instant taken)
{
    const struct rest_server *server = data;
    struct access_match match = {0};
    if (request)
        access_route_find(request->method, request->path, request->arena, &match);
    struct slice name = match.route ? slice_of(match.route->name) : SLICE("none");
    char digits[4] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
                      (char)('0' + status % 10), '\0'};
    pipeline_metrics_add(server->options.metrics, PIPELINE_METRIC_HTTP_REQUESTS, name,
                         (struct slice){digits, 3}, 1);
    pipeline_metrics_observe(server->options.metrics, PIPELINE_METRIC_HTTP_SECONDS, name, taken);
    if (status >= 500)
        LOG_EVENT(server->options.log, LOG_WARNING, "request-failed", LOG_TEXT("interaction", name),
                  LOG_NUMBER("status", status));
}

/* A gauge that several processes move: added to, not set. */
static void connections(void *data, int change)
{
    const struct rest_server *server = data;
    pipeline_metrics_add(server->options.metrics, PIPELINE_METRIC_CONNECTIONS, SLICE("https"),
                         (struct slice){NULL, 0}, change);
}

static void stopped(void *data)
{
    const struct rest_server *server = data;
    if (server->options.stopped)
        server->options.stopped(server->options.data);
}

int rest_server_new(const struct rest_server_options *options, struct access_keeper *keeper,
                    struct rest_server **ret_server, struct issue_list *issues)
{
    static const struct http_server_handlers handlers = {.body_limit = body_limit,
                                                         .share = share,
                                                         .request = serve,
                                                         .refused = refused,
                                                         .served = served,
                                                         .connections = connections,
                                                         .stopped = stopped};
    struct rest_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->options = *options;
    if (server->options.answer_bytes == 0)
        server->options.answer_bytes = ANSWER_BYTES;
    if (server->options.server.arena_ceiling == 0)
        server->options.server.arena_ceiling = REQUEST_CEILING;
    if (http_server_new(options->loop, options->descriptor, options->tls, &server->options.server,
                        &handlers, server, &server->http, issues) != 0) {
        free(server);
        return -1;
    }
    server->keeper = keeper;
    server->failures = access_failures_new();
    buffer_init(&server->capability, 0);
    rest_capability_print(&server->options, &server->capability);
    *ret_server = server;
    return 0;
}

void rest_server_replace(struct rest_server *server, struct access_keeper *keeper)
{
    struct access_keeper *old = server->keeper;
    server->keeper = keeper; /* who waits for the old one looks into this */
    access_keeper_free(old);
}

void rest_server_limit(struct rest_server *server, unsigned max_connections)
{
    http_server_limit(server->http, max_connections);
}

void rest_server_stop(struct rest_server *server)
{
    http_server_stop(server->http);
}

void rest_server_free(struct rest_server *server)
{
    if (!server)
        return;
    struct access_keeper *old = server->keeper;
    server->keeper = NULL; /* who waits is told that it ends */
    access_keeper_free(old);
    http_server_free(server->http);
    access_failures_free(server->failures);
    buffer_release(&server->capability);
    free(server);
}

unsigned rest_server_connections(const struct rest_server *server)
{
    return http_server_connections(server->http);
}
