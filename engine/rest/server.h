/* server: the HTTPS door. FHIR R4 for clients, and what operators ask.
 *
 *   net/http_server ─▶ access/route ─▶ access/token, access/decision ─▶ pipeline/query (look)
 *                                                                     ▶ pipeline/commit (write)
 *   /fhir/...       FHIR R4 (http.html): what the router's table says, JSON only
 *   /fhir/metadata  the CapabilityStatement, made from that table and the search parameters
 *   /healthz        200 while the process runs
 *   /readyz         200 when everything it needs answers, else 503 with a code and plain words for
 *                   each reason; names of hosts and users stay in the log
 *   /metrics        Prometheus text; needs a token that may read everything
 *   /oauth/token, /.well-known/smart-configuration: oauth.h
 *
 * All else is 404. Every refusal, also of what was no HTTP, carries an OperationOutcome and never a
 * value of a request. A 200 or 201 for a write leaves after its COMMIT only. A 503 says that
 * nothing was changed, unless its issue is of code `timeout` and comes without Retry-After: then
 * the end of a COMMIT could not be learnt, it may have been done, and the words say how to find
 * out. One server belongs to one loop; several processes may serve one socket. */
#ifndef REST_SERVER_H
#define REST_SERVER_H

#include "access/token.h"
#include "base/log.h"
#include "net/http_server.h"
#include "pipeline/clock.h"
#include "pipeline/commit.h"
#include "pipeline/metrics.h"
#include "pipeline/query.h"

struct rest_server;

struct rest_server_options {
    struct net_loop *loop;
    int descriptor;                     /* listening; stays the caller's */
    const struct tls_context *tls;      /* borrowed */
    struct http_server_settings server; /* zeros are its usual values; each client has a share of
                                           its budget */

    struct pipeline_commit *commit;
    struct pipeline_query *query;
    struct pipeline_once *once;      /* assertions of clients */
    const struct jws_signer *signer; /* of the tokens that are given out */
    const struct fhir_definitions *definitions;
    const struct fhir_search_table *search;
    const struct pipeline_clock *clock; /* of the record; NULL: the real time */
    struct pipeline_metrics *metrics;   /* may be NULL */
    struct log *log;

    /* Of the bodies in one answer; 0: 8 MiB. A page that has so many ends there, with a link to the
     * next; of a Bundle's looks those that come after are refused. One body is always given. */
    int64_t answer_bytes;
    struct slice id_key;        /* of the instance, 32 bytes: ids of conditional creates */
    struct slice base_url;      /* "https://host:port", no slash at its end */
    struct slice software;      /* version of the program, for the CapabilityStatement */
    struct slice instance_name; /* likewise */
    instant started;            /* real time; the CapabilityStatement's date */
    int offset_minutes;         /* of dates in searches that have no zone */

    /* Appends one line for each thing that is missing ("listener of feed ... not open"), none when
     * the process is ready. The store is asked by the server itself. May be NULL. */
    void (*readiness)(void *data, struct buffer *reasons);
    /* The hash of the mappings in force, said by /readyz. May be NULL. */
    struct slice (*revision)(void *data);
    /* Called before /metrics is printed, to set gauges. May be NULL. */
    void (*measure)(void *data);
    /* The last connection is gone after rest_server_stop. */
    void (*stopped)(void *data);
    void *data;
};

/* Options are copied, their texts are not. Takes over `keeper`. -1 where the descriptor cannot be
 * listened on; the keeper is then the caller's. */
int rest_server_new(const struct rest_server_options *options, struct access_keeper *keeper,
                    struct rest_server **ret_server, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Other issuers and clients from the next request on; takes over `keeper`, frees the old one. */
void rest_server_replace(struct rest_server *server, struct access_keeper *keeper);
/* At most so many connections from now on (http_server_limit). */
void rest_server_limit(struct rest_server *server, unsigned max_connections);
/* Accepts no more; `stopped` comes when all requests are answered. */
void rest_server_stop(struct rest_server *server);
/* After `stopped`, or at any time once no request is under way. NULL is well. */
void rest_server_free(struct rest_server *server);
unsigned rest_server_connections(const struct rest_server *server);

#endif
