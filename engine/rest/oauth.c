/* oauth: see oauth.h. */
#include "rest/oauth.h"

#include "access/assertion.h"
#include "access/claims.h"
#include "access/failures.h"
#include "access/mint.h"
#include "pipeline/once.h"
#include "rest/call.h"
#include "rest/refusal.h"

#include <inttypes.h>

#define JSON_TYPE "application/json"
#define HEADER_COUNT 6

/* --- answers ---------------------------------------------------------------------------------- */

/* RFC 6749 5.2; the last three are those of 4.1.2.1 for what is not the client's fault. */
enum oauth_error {
    INVALID_REQUEST,
    INVALID_CLIENT,
    UNSUPPORTED_GRANT_TYPE,
    INVALID_SCOPE,
    PUT_OFF,
    UNAVAILABLE,
    SERVER_ERROR
};

static const struct {
    const char *name;
    int status;
    instant retry_after; /* 0: it says nothing of later */
} errors[] = {
    [INVALID_REQUEST] = {"invalid_request", 400, 0},
    [INVALID_CLIENT] = {"invalid_client", 401, 0},
    [UNSUPPORTED_GRANT_TYPE] = {"unsupported_grant_type", 400, 0},
    [INVALID_SCOPE] = {"invalid_scope", 400, 0},
    [PUT_OFF] = {"temporarily_unavailable", 429, TIME_SECOND},
    [UNAVAILABLE] = {"temporarily_unavailable", 503, 5 * TIME_SECOND},
    [SERVER_ERROR] = {"server_error", 500, 0},
};

static struct slice printed(const struct json *json, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(json, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

/* `extra` has a name or is left out. */
static void respond(struct http_exchange *exchange, int status, const char *caching,
                    struct http_header extra, const struct json *body)
{
    const struct http_request *request = http_exchange_request(exchange);
    const struct http_header headers[HEADER_COUNT] = {
        {SLICE("Content-Type"), SLICE(JSON_TYPE)},
        {SLICE("Cache-Control"), slice_of(caching)},
        {SLICE("Pragma"), SLICE("no-cache")},
        {SLICE("X-Content-Type-Options"), SLICE("nosniff")},
        {SLICE("Strict-Transport-Security"), SLICE("max-age=31536000")},
        extra};
    size_t count = extra.name.len > 0 ? HEADER_COUNT : HEADER_COUNT - 1;
    http_exchange_respond(exchange, &(struct http_response){.status = status,
                                                            .headers = headers,
                                                            .header_count = count,
                                                            .body = printed(body, request->arena)});
}

/* `wait`: how long at least, 0: as the table says. */
static void refuse_for(struct http_exchange *exchange, enum oauth_error error, instant wait,
                       struct slice words)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct json *body = json_object(request->arena);
    json_add_string(body, SLICE("error"), slice_of(errors[error].name), request->arena);
    json_add_string(body, SLICE("error_description"), words, request->arena);
    struct http_header extra = {{0}, {0}};
    if (wait == 0)
        wait = errors[error].retry_after;
    if (wait > 0)
        extra = (struct http_header){
            SLICE("Retry-After"),
            arena_format(request->arena, "%" PRId64, (wait + TIME_SECOND - 1) / TIME_SECOND)};
    /* RFC 6749 5.2: who tried by the Authorization header is told that scheme */
    if (error == INVALID_CLIENT && http_request_header(request, "Authorization").len > 0)
        extra =
            (struct http_header){SLICE("WWW-Authenticate"), SLICE("Basic realm=\"painbridge\"")};
    respond(exchange, errors[error].status, "no-store", extra, body);
}

static void refuse(struct http_exchange *exchange, enum oauth_error error, struct slice words)
{
    refuse_for(exchange, error, 0, words);
}

/* --- the request ------------------------------------------------------------------------------ */

enum token_field { GRANT_TYPE, SCOPE, CLIENT_ID, ASSERTION_TYPE, ASSERTION, TOKEN_FIELD_COUNT };

static const char *const field_names[TOKEN_FIELD_COUNT] = {
    [GRANT_TYPE] = "grant_type",      [SCOPE] = "scope",
    [CLIENT_ID] = "client_id",        [ASSERTION_TYPE] = "client_assertion_type",
    [ASSERTION] = "client_assertion",
};

/* One request for a token, in the arena of its exchange. */
struct token_call {
    struct rest_server *server;
    struct http_exchange *exchange;
    const struct http_request *request;
    struct slice fields[TOKEN_FIELD_COUNT]; /* empty: not sent */
    struct slice counted; /* the client that failures count for; empty: there is no such */
    struct access_assertion assertion;
    struct access_wait wait; /* for the client's keys */
    struct slice scope;      /* to be granted */
    struct pipeline_once_claim claim;
};

static void refuse_call(struct token_call *call, enum oauth_error error, const char *words)
{
    refuse(call->exchange, error, slice_of(words));
}

/* RFC 6749 3.2: parameters without a value are as none, those not known are passed over, and none
 * comes twice. */
static bool read_form(struct token_call *call)
{
    struct slice rest = call->request->body, name, value;
    int result;
    while ((result = http_form_next(&rest, call->request->arena, &name, &value)) == 1) {
        for (size_t i = 0; i < TOKEN_FIELD_COUNT; i++) {
            if (value.len == 0 || !slice_equal(name, slice_of(field_names[i])))
                continue;
            if (call->fields[i].len > 0)
                return false;
            call->fields[i] = value;
        }
    }
    return result == 0;
}

static bool is_form(const struct token_call *call)
{
    struct slice type = http_request_header(call->request, "Content-Type");
    return call->request->query.len == 0 && access_route_takes(access_route_of(ACCESS_TOKEN), type);
}

/* What a try came to: for who is put off, for the log and for the audit. `detail`: the scope that
 * was granted, or the error. */
static void note(const struct token_call *call, bool well, struct slice detail)
{
    const struct rest_server_options *options = rest_server_options(call->server);
    struct slice peer = call->request->peer;
    bool known = call->counted.len > 0;
    access_failures_note(rest_server_failures(call->server), peer, call->counted, well,
                         time_monotonic());
    LOG_EVENT(options->log, well ? LOG_INFO : LOG_WARNING, well ? "token-granted" : "token-refused",
              LOG_TEXT("client", call->counted), LOG_TEXT("peer", peer));
    struct pipeline_audit_row row = {.kind = SLICE("login"),
                                     .role = known ? SLICE(PIPELINE_AUDIT_CLIENT)
                                                   : SLICE(PIPELINE_AUDIT_STRANGER),
                                     .actor = known ? call->counted : SLICE("unknown"),
                                     .outcome = well ? SLICE("success") : SLICE("refused"),
                                     .site = call->assertion.client.site,
                                     .address = peer,
                                     .detail = detail};
    if (well)
        pipeline_query_note(options->query, &row);
    else
        rest_refusal_note_row(call->server, &row);
}

static void refuse_client(struct token_call *call, struct slice words)
{
    note(call, false, slice_of(errors[INVALID_CLIENT].name));
    refuse(call->exchange, INVALID_CLIENT, words);
}

/* --- the grant -------------------------------------------------------------------------------- */

static void grant(struct token_call *call)
{
    const struct rest_server_options *options = rest_server_options(call->server);
    const struct access_keeper *keeper = rest_server_keeper(call->server);
    struct arena *arena = call->request->arena;
    int64_t seconds = access_keeper_token_seconds(keeper);
    const struct access_mint mint = {.base_url = access_keeper_base_url(keeper),
                                     .client = call->assertion.client.name,
                                     .scope = call->scope,
                                     .now = time_now(),
                                     .seconds = seconds};
    struct slice token;
    if (access_mint_token(options->signer, &mint, arena, &token, NULL) != 0) {
        refuse_call(call, SERVER_ERROR, "the token could not be made");
        return;
    }
    note(call, true, call->scope);
    struct json *body = json_object(arena);
    json_add_string(body, SLICE("access_token"), token, arena);
    json_add_string(body, SLICE("token_type"), SLICE("bearer"), arena);
    json_add(body, SLICE("expires_in"), json_integer(arena, seconds));
    json_add_string(body, SLICE("scope"), call->scope, arena);
    respond(call->exchange, 200, "no-store", (struct http_header){{0}, {0}}, body);
}

static void claimed(struct pipeline_once_claim *claim)
{
    struct token_call *call = claim->owner;
    if (claim->outcome == PIPELINE_ONCE_FIRST)
        grant(call);
    else if (claim->outcome == PIPELINE_ONCE_AGAIN)
        refuse_client(call, SLICE("the assertion was shown before"));
    else
        refuse_call(call, UNAVAILABLE, "storage is not available, try again with a new assertion");
}

/* The client's name lives in the keeper, which a reload may replace while we wait. */
static void keep_client(struct token_call *call)
{
    struct arena *arena = call->request->arena;
    struct access_client *client = &call->assertion.client;
    client->name = call->counted = arena_copy(arena, client->name);
    client->site = arena_copy(arena, client->site);
    client->keys = NULL;
}

static void judge(struct token_call *call);

static void look_again(void *data)
{
    struct token_call *call = data;
    if (rest_server_keeper(call->server))
        judge(call);
    else
        refuse_call(call, UNAVAILABLE, "the server is going down");
}

static void judge(struct token_call *call)
{
    const struct access_keeper *keeper = rest_server_keeper(call->server);
    struct arena *arena = call->request->arena;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = access_assertion_verify(keeper, ACCESS_ASSERTION_CLIENT, call->fields[ASSERTION],
                                         access_token_url(access_keeper_base_url(keeper), arena),
                                         time_now(), arena, &call->assertion, &issues);
    if (result == 1) {
        call->wait = (struct access_wait){.done = look_again, .data = call};
        access_assertion_wait(keeper, ACCESS_ASSERTION_CLIENT, call->fields[ASSERTION],
                              &call->wait);
        return;
    }
    if (result != 0) {
        refuse_client(call, issue_words(&issues.items[0]));
        return;
    }
    /* RFC 7521 4.2: client_id may come too, and is then the same client */
    if (call->fields[CLIENT_ID].len > 0 &&
        !slice_equal(call->fields[CLIENT_ID], call->assertion.client.name)) {
        refuse_client(call, SLICE("client_id is another client than that of the assertion"));
        return;
    }
    call->scope = access_scopes_within(call->fields[SCOPE], &call->assertion.allowed, arena);
    if (call->scope.len == 0) {
        refuse_call(call, INVALID_SCOPE, "nothing of the scope can be granted to this client");
        return;
    }
    keep_client(call);
    call->claim = (struct pipeline_once_claim){
        .arena = arena, .expires = call->assertion.once_until, .owner = call, .done = claimed};
    memcpy(call->claim.digest, call->assertion.once, sizeof call->claim.digest);
    pipeline_once_submit(rest_server_options(call->server)->once, &call->claim);
}

/* Whose failures these are: a name that is not known here would let a stranger fill the table. */
static struct slice counted_client(const struct token_call *call)
{
    struct access_client client;
    struct access_scopes allowed;
    struct slice name = access_claims_peek(call->fields[ASSERTION], call->request->arena);
    bool known = access_keeper_find(rest_server_keeper(call->server), name, &client, &allowed);
    return known ? name : SLICE("");
}

void rest_oauth_token(struct rest_server *server, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct token_call *call = ARENA_NEW(request->arena, struct token_call);
    *call = (struct token_call){.server = server, .exchange = exchange, .request = request};
    if (!is_form(call) || !read_form(call)) {
        refuse_call(call, INVALID_REQUEST,
                    "a form is wanted (application/x-www-form-urlencoded), each parameter once");
        return;
    }
    if (call->fields[GRANT_TYPE].len == 0) {
        refuse_call(call, INVALID_REQUEST, "there is no grant_type");
        return;
    }
    if (!slice_equal(call->fields[GRANT_TYPE], SLICE("client_credentials"))) {
        refuse_call(call, UNSUPPORTED_GRANT_TYPE, "the only grant_type is client_credentials");
        return;
    }
    call->counted = counted_client(call);
    instant wait = access_failures_wait(rest_server_failures(server), request->peer, call->counted,
                                        time_monotonic());
    if (wait > 0) {
        refuse_for(exchange, PUT_OFF, wait,
                   SLICE("too many failures from this address, try again later"));
        return;
    }
    /* RFC 7523 2.2 */
    if (call->fields[ASSERTION].len == 0 ||
        !slice_equal(call->fields[ASSERTION_TYPE],
                     SLICE("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))) {
        refuse_client(call, SLICE("a client_assertion of type jwt-bearer is wanted"));
        return;
    }
    judge(call);
}

/* --- smart-configuration ---------------------------------------------------------------------- */

static void add_list(struct json *body, const char *name, const char *const *texts,
                     struct arena *arena)
{
    struct json *list = json_add(body, slice_of(name), json_array(arena));
    for (size_t i = 0; texts[i]; i++)
        json_append(list, json_string(arena, slice_of(texts[i])));
}

/* SMART App Launch 2.2, conformance: what is said here is served. */
void rest_oauth_configuration(struct rest_server *server, struct http_exchange *exchange)
{
    static const char *const grants[] = {"client_credentials", NULL};
    static const char *const methods[] = {"private_key_jwt", NULL};
    static const char *const algorithms[] = {"RS384", "ES384", "ES256", "RS256", NULL};
    static const char *const scopes[] = {"system/*.cruds", "system/*.rs", "system/*.read", NULL};
    static const char *const capabilities[] = {"client-confidential-asymmetric", "permission-v1",
                                               "permission-v2", NULL};
    struct arena *arena = http_exchange_request(exchange)->arena;
    struct slice base = access_keeper_base_url(rest_server_keeper(server));
    struct json *body = json_object(arena);
    json_add_string(body, SLICE("token_endpoint"), access_token_url(base, arena), arena);
    add_list(body, "grant_types_supported", grants, arena);
    add_list(body, "token_endpoint_auth_methods_supported", methods, arena);
    add_list(body, "token_endpoint_auth_signing_alg_values_supported", algorithms, arena);
    add_list(body, "scopes_supported", scopes, arena);
    add_list(body, "capabilities", capabilities, arena);
    respond(exchange, 200, "no-cache", (struct http_header){{0}, {0}}, body);
}
