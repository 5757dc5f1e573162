/* connection: one persistent connection to PostgreSQL over TLS, driven by somebody else's loop.
 *
 * This room knows no loop. A connection says which descriptor it waits for, whether it wants to
 * write to it, and when it wants to be woken without any of that; its owner calls
 * store_connection_progress then. Nothing here blocks but the functions at the end, which are
 * for commands and tests.
 *
 *   AWAY ──wake──▶ LINKING ──TLS, SCRAM──▶ CHECKING ──durable, schema fits──▶ READY
 *    ▲                │                       │                                 │
 *    └──── back-off ──┴───────────────────────┴────── link lost ────────────────┘
 *
 * CHECKING refuses a cluster that may lose what it confirmed (fsync, full_page_writes or
 * synchronous_commit off) or whose schema is not the one this program was built with, and prepares
 * the statements of its use. A refused connection goes on trying, as someone may correct it; the
 * reason says why.
 *
 * When the link is lost, every request under way ends: as STORE_UNCERTAIN where it had a commit
 * among its statements, as STORE_DOWN otherwise. */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include "store/request.h"
#include "store/settings.h"

struct store_connection;

enum store_state {
    STORE_AWAY,     /* no link; waits for its time to try again */
    STORE_LINKING,  /* TCP, TLS, password */
    STORE_CHECKING, /* looks at the server, prepares statements */
    STORE_READY     /* takes requests */
};

/* Begins to connect at the first progress. The settings must live as long. */
struct store_connection *store_connection_new(const struct store_settings *settings,
                                              enum store_use use);
/* Ends the link. Requests under way end as when the link is lost. NULL is well. */
void store_connection_free(struct store_connection *connection);

enum store_state store_connection_state(const struct store_connection *connection);
/* Why it is not READY, for the log and for commands; empty when it is. May name host and user.
 * Lives until the next progress. */
struct slice store_connection_reason(const struct store_connection *connection);
/* The same for whoever may ask: a code and plain words, one of few, that name nothing; empty when
 * it is READY. */
struct slice store_connection_state_words(const struct store_connection *connection);
/* The descriptor to watch, or -1; it may be another one after each progress. */
int store_connection_fd(const struct store_connection *connection);
/* What to watch it for. */
bool store_connection_wants_read(const struct store_connection *connection);
bool store_connection_wants_write(const struct store_connection *connection);
/* When progress wants to be called even if nothing happens (time_monotonic); INT64_MAX: never. */
instant store_connection_wake(const struct store_connection *connection);

/* Does what can be done now; `now` is time_monotonic. Calls done() of the requests that ended, in
 * the order in which they were submitted; done() may submit, and must not free the connection. */
void store_connection_progress(struct store_connection *connection, instant now);

/* Sends the request. done(data) is called from a later progress (or from free), exactly once.
 * Several may be under way. False, and done is never called, when the state is not STORE_READY. */
bool store_connection_submit(struct store_connection *connection, struct store_request *request,
                             void (*done)(void *data), void *data)
    __attribute__((warn_unused_result));

/* --- for commands, tests and the end: these wait ---------------------------------------------- */

/* Waits for the descriptor or the wake time, at most until `until` (time_monotonic), then
 * progresses. */
void store_connection_wait(struct store_connection *connection, instant until);
/* Waits until READY. -1 with an issue when `milliseconds` have gone by, or at once when the server
 * answered and does not fit. */
int store_connection_open(struct store_connection *connection, int64_t milliseconds,
                          struct issue_list *issues) __attribute__((warn_unused_result));
/* Submits and waits for the end. -1 with an issue where the request failed. */
int store_connection_run(struct store_connection *connection, struct store_request *request,
                         struct issue_list *issues) __attribute__((warn_unused_result));

#endif
