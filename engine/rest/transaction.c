/* transaction: transaction and batch Bundles. FHIR R4 http.html#transaction.
 *
 * A transaction is one plan (rest/plan.h), all or nothing; its reads are done when the writes are
 * committed. In a batch each entry is a call of its own and none knows of the others.
 *
 * A few entries are under way at a time, so that a Bundle stands in nobody's way, and all answers
 * together have the bytes of one: a look that comes when they are spent is refused with
 * ISSUE_TOO_COSTLY, and the Bundle goes on. */
#include "fhir/bundle.h"
#include "fhir/resource.h"
#include "fhir/validate.h"
#include "rest/bundle_text.h"
#include "rest/plan.h"

#define ENTRY_LIMIT 1000
/* Entries that are calls under way at the same time. */
#define CALL_WINDOW 4

struct transaction {
    struct rest_call *call;
    bool is_batch;
    struct fhir_bundle_request *requests;
    size_t count;
    struct rest_call **calls; /* of each entry that is a call, else NULL */
    struct rest_plan plan;
    size_t *plan_entries; /* number in the plan of each entry, or SIZE_MAX */
    size_t next;          /* entry to be looked at for a call */
    size_t pending;       /* calls under way */
    bool is_starting;     /* those that end at once start no others */
    int64_t spent;        /* bytes of their answers so far */
};

static const enum http_request_method methods[] = {
    [FHIR_BUNDLE_GET] = HTTP_METHOD_GET,       [FHIR_BUNDLE_HEAD] = HTTP_METHOD_HEAD,
    [FHIR_BUNDLE_POST] = HTTP_METHOD_POST,     [FHIR_BUNDLE_PUT] = HTTP_METHOD_PUT,
    [FHIR_BUNDLE_DELETE] = HTTP_METHOD_DELETE, [FHIR_BUNDLE_PATCH] = HTTP_METHOD_PATCH,
};

static bool is_look(const struct fhir_bundle_request *request)
{
    return request->method == FHIR_BUNDLE_GET || request->method == FHIR_BUNDLE_HEAD;
}

static void fail_entry(struct rest_call *call, size_t index, enum issue_code code,
                       const char *words)
{
    struct slice name = arena_format(call->arena, "Bundle.entry[%zu].request", index);
    issue_report(&call->issues, code, ISSUE_ERROR, issue_place_fhir(name), "%s", words);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void add_call(const struct transaction *transaction, struct rest_bundle *bundle,
                     struct rest_call *call, bool is_write)
{
    struct rest_entry_response response = {.status = call->status,
                                           .version = call->entity_version,
                                           .last_modified = call->last_modified};
    if (call->location.len > 0)
        response.location = arena_format(call->arena, "%.*s/fhir/%.*s",
                                         SLICE_ARG(rest_server_options(call->server)->base_url),
                                         SLICE_ARG(call->location));
    const struct rest_preferences *wanted = &transaction->call->preferences;
    bool shown = !is_write || (wanted->is_said && wanted->what == REST_RETURN_REPRESENTATION);
    if (call->status == 0)
        response.status = rest_call_outcome(call, &response.outcome);
    rest_bundle_add_response(bundle, (struct slice){0},
                             shown && call->status == 200 + (is_write && call->status == 201)
                                 ? call->body
                                 : (struct slice){0},
                             NULL, (struct slice){0}, &response);
}

/* The result of a plan's entry in the form of a call's. */
static struct rest_call call_of_entry(const struct transaction *transaction, size_t index)
{
    const struct rest_plan *plan = &transaction->plan;
    const struct rest_plan_entry *entry = &plan->entries[transaction->plan_entries[index]];
    struct rest_call call = *transaction->call;
    call.status = entry->created ? 201 : 200;
    call.entity_version = entry->version;
    call.last_modified = entry->last_updated;
    call.location = rest_plan_location(plan, entry);
    if (rest_call_shows(&call, entry->type))
        call.body = entry->text;
    return call;
}

static void end(struct transaction *transaction)
{
    struct rest_call *call = transaction->call;
    struct rest_bundle bundle;
    rest_bundle_begin(&bundle, transaction->is_batch ? "batch-response" : "transaction-response",
                      -1, NULL, 0);
    for (size_t i = 0; i < transaction->count; i++) {
        bool is_write = !is_look(&transaction->requests[i]);
        if (transaction->calls[i]) {
            add_call(transaction, &bundle, transaction->calls[i], is_write);
            continue;
        }
        struct rest_call entry = call_of_entry(transaction, i);
        add_call(transaction, &bundle, &entry, is_write);
    }
    if (!rest_bundle_end(&bundle, call->arena, &call->body)) {
        rest_call_fail(call, ISSUE_TOO_LARGE_MESSAGE, "the answer is too large, ask for less");
        return;
    }
    rest_call_end(call, 200);
}

/* --- entries that are calls ------------------------------------------------------------------- */

static void run_on(struct transaction *transaction);

static void call_done(struct rest_call *call)
{
    struct transaction *transaction = call->owner;
    transaction->pending--;
    transaction->spent += (int64_t)call->body.len;
    if (transaction->spent > transaction->call->bytes)
        rest_call_weigh(transaction->call, (size_t)transaction->spent);
    run_on(transaction);
}

static bool is_served(enum access_interaction interaction)
{
    return access_route_of(interaction)->level == ACCESS_OF_TYPE;
}

static size_t count_byte(struct slice text, char byte)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == byte;
    return count;
}

/* False with an issue in entry->issues. */
static bool find_route(struct rest_call *entry, const struct fhir_bundle_request *request)
{
    struct slice path = slice_part(request->url, 0, slice_find_byte(request->url, '?'));
    struct access_match match;
    size_t slashes = count_byte(path, '/');
    /* an escaped slash would be a slash to one reader and a letter to another (net/http_target) */
    if (!http_percent_decode(path, entry->arena, &path) || count_byte(path, '/') != slashes ||
        count_byte(path, '\\') > 0) {
        issue_report(&entry->issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the address is not well formed");
        return false;
    }
    access_route_find(methods[request->method],
                      arena_format(entry->arena, "/fhir/%.*s", SLICE_ARG(path)), entry->arena,
                      &match);
    if (!match.route || !is_served(match.route->interaction)) {
        issue_report(&entry->issues, match.path_is_known ? ISSUE_METHOD : ISSUE_NOT_FOUND,
                     ISSUE_ERROR, ISSUE_NOWHERE, "there is no such interaction");
        return false;
    }
    entry->route = match.route;
    entry->type = match.type;
    entry->id = match.id;
    entry->version = match.version;
    entry->query = entry->asked = slice_after(request->url, slice_find_byte(request->url, '?') + 1);
    return rest_call_read_parameters(entry, entry->query) == 0;
}

static void run_call(struct transaction *transaction, size_t index)
{
    struct rest_call *call = transaction->call;
    const struct fhir_bundle_request *request = &transaction->requests[index];
    struct rest_call *entry = ARENA_NEW(call->arena, struct rest_call);
    *entry = (struct rest_call){.server = call->server,
                                .arena = call->arena,
                                .principal = call->principal,
                                .address = call->address,
                                .preferences = call->preferences,
                                .bytes = call->bytes - transaction->spent,
                                .if_none_match = request->if_none_match,
                                .if_none_exist = request->if_none_exist,
                                .resource = request->resource,
                                .owner = transaction,
                                .done = call_done};
    issue_list_init(&entry->issues, call->arena);
    if (request->if_match.len > 0)
        entry->if_match = arena_format(call->arena, "W/\"%.*s\"", SLICE_ARG(request->if_match));
    transaction->calls[index] = entry;
    transaction->pending++;
    if (is_look(request) && entry->bytes <= 0) {
        rest_call_fail(entry, ISSUE_TOO_COSTLY, "the answers before have used up the room of one");
        return;
    }
    if (!find_route(entry, request) ||
        (entry->resource && fhir_validate(rest_server_options(call->server)->definitions,
                                          entry->resource, &entry->issues) != 0)) {
        rest_call_end_failed(entry);
        return;
    }
    rest_call_run(entry);
}

/* Runs all that are looks, or all of a batch; answers when the last is done. */
static void run_on(struct transaction *transaction)
{
    if (transaction->is_starting)
        return;
    transaction->is_starting = true;
    while (transaction->pending < CALL_WINDOW && transaction->next < transaction->count) {
        size_t index = transaction->next++;
        if (transaction->is_batch || is_look(&transaction->requests[index]))
            run_call(transaction, index);
    }
    transaction->is_starting = false;
    if (transaction->pending == 0 && transaction->next == transaction->count)
        end(transaction);
}

/* --- the plan of a transaction ---------------------------------------------------------------- */

static void planned(struct rest_plan *plan, bool well)
{
    struct transaction *transaction = plan->owner;
    if (!well) {
        rest_call_end_failed(plan->call);
        return;
    }
    run_on(transaction);
}

static bool may_write(struct rest_call *call, size_t index,
                      const struct fhir_bundle_request *request)
{
    bool is_update = request->method == FHIR_BUNDLE_PUT;
    struct access_decision decision;
    enum access_interaction interaction = is_update ? ACCESS_UPDATE : ACCESS_CREATE;
    if (!is_update && request->method != FHIR_BUNDLE_POST) {
        fail_entry(call, index, ISSUE_NOT_SUPPORTED, "this method is not served");
        return false;
    }
    return access_decide(call->principal, interaction, request->type, &decision, &call->issues) ==
               0 &&
           rest_check_write(request->type, &call->issues) == 0;
}

static bool plan_entry(struct transaction *transaction, size_t index)
{
    struct rest_call *call = transaction->call;
    const struct fhir_bundle_request *request = &transaction->requests[index];
    struct rest_plan_entry *entry = &transaction->plan.entries[transaction->plan.count];
    bool is_update = request->method == FHIR_BUNDLE_PUT;
    transaction->plan_entries[index] = SIZE_MAX;
    if (is_look(request))
        return true;
    if (!may_write(call, index, request))
        return false;
    *entry = (struct rest_plan_entry){
        .number = index,
        .type = request->type,
        .id = is_update && request->id.len > 0 ? request->id : (struct slice){0},
        .full_url = request->full_url,
        .condition = is_update && request->id.len == 0 ? request->query : request->if_none_exist,
        .is_update = is_update,
        .resource = request->resource};
    if (is_update && entry->id.len == 0 && entry->condition.len == 0) {
        fail_entry(call, index, ISSUE_PRECONDITION, "an update needs an id or a condition");
        return false;
    }
    if (request->if_match.len > 0 &&
        (!slice_to_uint64(request->if_match, INT32_MAX, &entry->expected_version) ||
         entry->expected_version == 0)) {
        fail_entry(call, index, ISSUE_PRECONDITION, "the resource has another version");
        return false;
    }
    if (!rest_read_must_be_new(request->if_none_match, &entry->must_be_new)) {
        fail_entry(call, index, ISSUE_NOT_SUPPORTED, "ifNoneMatch of a write takes * only");
        return false;
    }
    transaction->plan_entries[index] = transaction->plan.count++;
    return true;
}

static void run_plan(struct transaction *transaction)
{
    struct rest_call *call = transaction->call;
    struct rest_plan *plan = &transaction->plan;
    plan->call = call;
    plan->owner = transaction;
    plan->done = planned;
    plan->entries = ARENA_ARRAY(call->arena, transaction->count, struct rest_plan_entry);
    for (size_t i = 0; i < transaction->count; i++) {
        if (!plan_entry(transaction, i)) {
            rest_call_end_failed(call);
            return;
        }
    }
    if (plan->count == 0) {
        run_on(transaction);
        return;
    }
    rest_plan_run(plan);
}

void rest_transaction(struct rest_call *call)
{
    struct transaction *transaction = ARENA_NEW(call->arena, struct transaction);
    transaction->call = call;
    transaction->is_batch =
        slice_equal(json_get_text(call->resource, SLICE("type")), SLICE("batch"));
    if (!slice_equal(fhir_resource_type(call->resource), SLICE("Bundle"))) {
        rest_call_fail(call, ISSUE_STRUCTURE, "this address takes a Bundle");
        return;
    }
    if (fhir_bundle_read_requests(call->resource, call->arena, &transaction->requests,
                                  &transaction->count, &call->issues) != 0) {
        rest_call_end_failed(call);
        return;
    }
    if (transaction->count > ENTRY_LIMIT) {
        rest_call_fail(call, ISSUE_TOO_LARGE_MESSAGE, "the Bundle has too many entries");
        return;
    }
    /* what it may answer is reserved: it is let in or not, and waits for no room on its way */
    rest_call_weigh(call, (size_t)call->bytes);
    transaction->calls = ARENA_ARRAY(call->arena, transaction->count + 1, struct rest_call *);
    transaction->plan_entries = ARENA_ARRAY(call->arena, transaction->count + 1, size_t);
    if (transaction->is_batch)
        run_on(transaction);
    else
        run_plan(transaction);
}
