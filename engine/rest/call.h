/* call: one interaction with the server, wherever it came from.
 *
 * An HTTP request is one call; so is each entry of a batch, and each GET in a transaction. Who runs
 * a call fills the upper part; what it came to stands in the lower part when done() is called,
 * which may be before rest_call_run returns. Bodies are text: a stored resource goes from the
 * database to the client without being parsed. Everything lives in the arena of the HTTP request.
 */
#ifndef REST_CALL_H
#define REST_CALL_H

#include "access/limit.h"
#include "fhir/json.h"
#include "rest/negotiate.h"
#include "rest/server.h"

/* One parameter of a query or a form, decoded. */
struct rest_parameter {
    struct slice name;
    struct slice value;
    bool used; /* an interaction, or the format, took it */
};

struct rest_call {
    struct rest_server *server;
    struct arena *arena;
    const struct access_principal *principal; /* NULL where the route needs none */
    const struct access_route *route;
    struct budget_share *share;     /* a look waits until this has room; NULL: it does not wait */
    struct slice type, id, version; /* of the path */
    struct rest_parameter *parameters;
    size_t parameter_count;
    struct access_limits limits; /* within which it may; none where all of the type is its to see */
    struct slice query;          /* as received, for conditional updates */
    struct slice asked;          /* what it was asked by, query or form, for the audit */
    struct slice address;        /* of the caller */
    struct slice if_match, if_none_match, if_none_exist, if_modified_since;
    struct rest_preferences preferences;
    int64_t bytes; /* of bodies in its answer; a page ends early, behind the body that passes it */
    struct json *resource; /* of a write; checked by the definitions already */
    void *owner;
    void (*done)(struct rest_call *call);

    /* ---- result ---- */
    int status;               /* 0: `issues` say what was wrong */
    struct issue_list issues; /* also warnings of what went well */
    struct slice body;        /* JSON text, or empty */
    struct slice location;    /* "Patient/1/_history/2", below the base */
    uint64_t entity_version;  /* 0: none */
    struct slice entity_tag;  /* of what has no versions; empty: none */
    instant last_modified;    /* with entity_version */
};

/* Whether there is such a type and the principal (NULL where the route needs none) may; -1 with an
 * issue. To be asked before a body is read: who may not is not worth the work. */
int rest_check(const struct rest_server *server, const struct access_route *route,
               struct slice type, const struct access_principal *principal,
               struct issue_list *issues) __attribute__((warn_unused_result));
/* That a resource of the type may be written at all; -1 with an ISSUE_METHOD for code tables, which
 * are files. */
int rest_check_write(struct slice type, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Decides for a call that keeps to call->limits, which is set. -1 with an issue. */
int rest_call_decide(struct rest_call *call, struct access_decision *ret_decision)
    __attribute__((warn_unused_result));
/* Whether a resource is within the limits; `body` as it is stored, or NULL for `resource`. */
bool rest_call_allows(struct rest_call *call, struct slice body, const struct json *resource);
/* Checks and does it. */
void rest_call_run(struct rest_call *call);
/* True when the caller may read any resource of the type: else what it wrote is not shown to it,
 * because others may have written in it too. */
bool rest_call_shows(const struct rest_call *call, struct slice type);
/* Says what the call holds besides its arena, for the budget; a call of an HTTP request only. */
void rest_call_weigh(struct rest_call *call, size_t more);
/* Cuts a query or a form into call->parameters (appended). -1 with an issue. */
int rest_call_read_parameters(struct rest_call *call, struct slice text)
    __attribute__((warn_unused_result));
/* The value of the first parameter of that name, which then counts as used; {NULL, 0}: none. */
struct slice rest_call_parameter(struct rest_call *call, struct slice name);

/* --- for what does the work: each ends with done() -------------------------------------------- */

void rest_call_end(struct rest_call *call, int status);
/* Adds the issue and ends. */
void rest_call_fail(struct rest_call *call, enum issue_code code, const char *words);
/* Ends with the issues that are in the list already. */
void rest_call_end_failed(struct rest_call *call);
/* "https://host/fhir/TYPE/ID". */
struct slice rest_call_url(const struct rest_call *call, struct slice type, struct slice id);
/* The status and the text of an OperationOutcome for the call's issues. */
int rest_call_outcome(const struct rest_call *call, struct slice *ret_text);

void rest_read(struct rest_call *call);        /* read, vread */
void rest_history(struct rest_call *call);     /* of one resource */
void rest_search(struct rest_call *call);      /* by GET and POST */
void rest_create(struct rest_call *call);      /* also conditional */
void rest_update(struct rest_call *call);      /* also conditional */
void rest_transaction(struct rest_call *call); /* transaction and batch Bundles */
void rest_capabilities(struct rest_call *call);
void rest_tables(struct rest_call *call); /* all of a type that rest_is_table */

/* ConceptMap: the code tables, which are files and not in the store (tables.c). */
bool rest_is_table(struct slice type);
/* What the CapabilityStatement says of them besides the interactions. */
void rest_tables_describe(struct json *resource, struct arena *arena);

/* AuditEvent: made of the audit's rows, which nobody writes (audit.c). */
bool rest_is_audit(struct slice type);
void rest_audit(struct rest_call *call); /* read and search */
void rest_audit_describe(struct json *resource, struct arena *arena);

/* What is made once, when the server is: the text of the CapabilityStatement. */
void rest_capability_print(const struct rest_server_options *options, struct buffer *out);
const struct rest_server_options *rest_server_options(const struct rest_server *server);
struct pipeline_audit_limit *rest_server_audit_limit(struct rest_server *server);
struct access_keeper *rest_server_keeper(const struct rest_server *server);
struct access_failures *rest_server_failures(const struct rest_server *server);
struct slice rest_server_capability(const struct rest_server *server);

#endif
