/* once: what may be shown a single time, over all workers, engines and restarts.
 *
 * Who takes a signed assertion claims its digest here; the first claim of a digest is the first,
 * each other one until it expires comes too late. It is the database that says so, by a unique row
 * that is committed before the answer: where that cannot be learnt the claim is neither, and who
 * made it must be refused (a new assertion costs the client nothing). Rows that have expired are
 * cleared away by those that come.
 *
 * A digest says nothing of what it was made of. One pipeline_once belongs to one loop; its
 * connection is made at the first claim. */
#ifndef PIPELINE_ONCE_H
#define PIPELINE_ONCE_H

#include "base/digest.h"
#include "base/time.h"

struct store_settings;
struct store_request;
struct pipeline_host;
struct pipeline_once;

enum pipeline_once_outcome {
    PIPELINE_ONCE_FIRST,  /* nobody has shown it before */
    PIPELINE_ONCE_AGAIN,  /* somebody has */
    PIPELINE_ONCE_UNKNOWN /* the store is away, or its answer was lost */
};

struct pipeline_once_claim {
    struct arena *arena; /* of the claim; the caller frees it in or after done() */
    unsigned char digest[DIGEST_SHA256_SIZE];
    instant expires; /* real time: nobody would take it after that */
    void *owner;     /* the caller's own */
    /* Exactly once, never from within pipeline_once_submit. */
    void (*done)(struct pipeline_once_claim *claim);
    /* ---- result ---- */
    enum pipeline_once_outcome outcome;
    /* ---- the module's own ---- */
    struct pipeline_once *once;
    struct store_request *request;
    instant deadline;
    struct pipeline_once_claim *next;
};

/* The settings and the host live as long. */
struct pipeline_once *pipeline_once_new(const struct store_settings *store,
                                        const struct pipeline_host *host);
/* Claims still inside end as UNKNOWN. NULL is well. */
void pipeline_once_free(struct pipeline_once *once);

/* Takes the claim until done(). It waits for the store, five seconds at most. */
void pipeline_once_submit(struct pipeline_once *once, struct pipeline_once_claim *claim);

#endif
