/* route: the router's table. Which requests there are, and what each of them is.
 *
 * One row says: method, path, which interaction it is, whether it needs a token, how large its body
 * may be and of which media types. The HTTP door dispatches by it, and the CapabilityStatement is
 * made from it, so that what is published and what is served are one thing (FHIR R4 http.html).
 *
 * A path pattern is matched segment by segment; {type}, {id} and {version} stand for one segment
 * that is not empty. HEAD is served wherever GET is. Nothing here looks at tokens or content. */
#ifndef ACCESS_ROUTE_H
#define ACCESS_ROUTE_H

#include "net/http.h"

enum access_interaction {
    ACCESS_HEALTH,       /* is the process up */
    ACCESS_READINESS,    /* can it serve */
    ACCESS_METRICS,      /* Prometheus */
    ACCESS_SMART,        /* SMART App Launch, conformance */
    ACCESS_TOKEN,        /* RFC 6749 3.2 */
    ACCESS_CAPABILITIES, /* FHIR R4 http.html#capabilities */
    ACCESS_READ,
    ACCESS_VREAD,
    ACCESS_HISTORY, /* of one resource */
    ACCESS_SEARCH,
    ACCESS_CREATE, /* also conditional */
    ACCESS_UPDATE,
    ACCESS_CONDITIONAL_UPDATE,
    ACCESS_TRANSACTION, /* transaction and batch */
    ACCESS_TRANSLATE,   /* ConceptMap/$translate */
    ACCESS_INTERACTION_COUNT
};

enum access_level {
    ACCESS_OF_SERVER, /* no part of FHIR */
    ACCESS_OF_SYSTEM, /* FHIR, the server as a whole */
    ACCESS_OF_TYPE    /* FHIR, one resource type */
};

struct access_route {
    enum http_request_method method;
    const char *pattern;
    enum access_interaction interaction;
    const char *name; /* as FHIR names it (restful-interaction), else our own; for metrics too */
    enum access_level level;
    bool is_published; /* has a row of its own in the CapabilityStatement */
    bool needs_token;
    size_t max_body;         /* bytes; 0: a body is refused */
    const char *media_types; /* of the body, comma between; NULL where there is none */
};

/* What the path said. */
struct access_match {
    const struct access_route *route; /* NULL: no such path, or not by this method */
    bool path_is_known;               /* by another method; then `allowed` lists the methods */
    struct slice allowed;             /* "GET, HEAD, POST"; in the arena */
    struct slice type, id, version;   /* parts of `path`; empty where the pattern has none */
};

/* The table, in its order. */
size_t access_route_count(void);
const struct access_route *access_route_at(size_t index);
/* The first row of an interaction; never NULL. */
const struct access_route *access_route_of(enum access_interaction interaction);

/* Finds the row of a request. `path` is decoded and begins with "/"; one slash at its end is as
 * none. */
void access_route_find(enum http_request_method method, struct slice path, struct arena *arena,
                       struct access_match *ret_match);
/* True when a body of this Content-Type may come here (parameters behind ";" are not looked at). */
bool access_route_takes(const struct access_route *route, struct slice content_type);

#endif
