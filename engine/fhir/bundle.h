/* bundle: Bundles written (searchset, history, the answers to transaction and batch) and read
 * (transaction and batch), FHIR R4 bundle.html and http.html#transaction. */
#ifndef FHIR_BUNDLE_H
#define FHIR_BUNDLE_H

#include "base/time.h"
#include "fhir/json.h"

/* --- writing ---------------------------------------------------------------------------------- */

/* A new Bundle: "searchset", "history", "transaction", "transaction-response", "batch-response",
 * "collection". Members stand in the order of the definition whatever the order of the calls. */
struct json *fhir_bundle_new(struct slice type, struct arena *arena);
/* Bundle.total (searchset and history only, FHIR R4 invariant bdl-1). */
void fhir_bundle_set_total(struct json *bundle, uint64_t total, struct arena *arena);
/* relation: "self", "next", "previous", "first". */
void fhir_bundle_add_link(struct json *bundle, struct slice relation, struct slice url,
                          struct arena *arena);
/* Adds an entry and returns it; full_url may be empty, resource NULL. */
struct json *fhir_bundle_add_entry(struct json *bundle, struct slice full_url,
                                   struct json *resource, struct arena *arena);
/* entry.search.mode: "match", "include", "outcome". */
void fhir_bundle_set_search(struct json *entry, struct slice mode, struct arena *arena);
/* entry.request, for transactions and history. */
void fhir_bundle_set_request(struct json *entry, struct slice method, struct slice url,
                             struct arena *arena);

struct fhir_bundle_response {
    struct slice status;        /* "201 Created" */
    struct slice location;      /* "Patient/1/_history/1"; may be empty */
    struct slice version;       /* becomes etag W/"..."; may be empty */
    struct slice last_modified; /* FHIR instant; may be empty */
    struct json *outcome;       /* OperationOutcome; may be NULL */
};
void fhir_bundle_set_response(struct json *entry, const struct fhir_bundle_response *response,
                              struct arena *arena);

/* --- reading ---------------------------------------------------------------------------------- */

enum fhir_bundle_method {
    FHIR_BUNDLE_GET,
    FHIR_BUNDLE_HEAD,
    FHIR_BUNDLE_POST,
    FHIR_BUNDLE_PUT,
    FHIR_BUNDLE_DELETE,
    FHIR_BUNDLE_PATCH
};

struct fhir_bundle_request {
    size_t index; /* of the entry, from 0 */
    enum fhir_bundle_method method;
    struct slice full_url;
    struct slice url;           /* as written */
    struct slice type;          /* "Patient"; empty only for a GET of something else */
    struct slice id;            /* empty for a create, a search, a conditional request */
    struct slice query;         /* behind "?": conditional update or delete, search */
    struct slice if_match;      /* the version of W/"version", without the rest */
    struct slice if_none_match; /* as written */
    struct slice if_none_exist; /* the query */
    struct json *resource;      /* NULL where the method has none */
};

/* Reads the entries of a transaction or batch in their order. -1 with issues (place
 * "Bundle.entry[2].request.url") when the Bundle is of neither type, a request is missing or of no
 * known method, POST, PUT or PATCH without a resource, the resource's type or id is not the url's,
 * a condition has no text, an If-Match is not an entity tag, or two entries of a transaction have
 * one fullUrl or change one resource (FHIR R4 http.html#transaction: identities must not overlap).
 */
int fhir_bundle_read_requests(const struct json *bundle, struct arena *arena,
                              struct fhir_bundle_request **ret_requests, size_t *ret_count,
                              struct issue_list *issues) __attribute__((warn_unused_result));

#endif
