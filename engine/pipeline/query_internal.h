/* query, inside: what its files share.
 *
 *   query.c         the questions and their answers
 *   query_lane.c    the connections, and who goes first
 *   query_search.c  FHIR's search parameters made into store/search.h
 *   query_tables.c  code tables, which are not in the store
 *   query_audit.c   the notes of who looked at what
 *   query_events.c  these notes themselves, as AuditEvents */
#ifndef PIPELINE_QUERY_INTERNAL_H
#define PIPELINE_QUERY_INTERNAL_H

#include "pipeline/audit.h"
#include "pipeline/query.h"
#include "store/connection.h"
#include "store/search.h"

struct pipeline_search {
    struct pipeline_search_options options;
    struct arena *arena;
    struct store_search store;
    struct store_criterion *criteria;
    size_t capacity;
    size_t alternative_count; /* of all criteria */
    uint32_t limit;
    bool count_all;
};

/* Only what is of the person of this Patient. */
void pipeline_search_bind(struct pipeline_search *search, struct slice patient);
/* The cursor text of a row. */
struct slice pipeline_search_cursor(instant key, int64_t number, struct arena *arena);

/* --- query_lane.c ----------------------------------------------------------------------------- */

struct query_audit;
struct query_lane;
struct query_link;

/* How a question came back. */
enum query_end {
    QUERY_ANSWERED, /* the request has the answer, or says why not */
    QUERY_AWAY,     /* there is no connection */
    QUERY_CROWDED,  /* too many of this actor wait already */
    QUERY_LATE      /* it waited too long for a connection */
};

/* One question on its way; in the question's arena. */
struct query_work {
    struct pipeline_query *query;
    struct pipeline_question *question;
    struct store_request *request;
    bool has_count;
    void (*done)(struct query_work *work); /* never from within query_lane_submit */
    enum query_end end;
    /* ---- the lane's own ---- */
    struct query_link *link;
    instant deadline;
    uint64_t turn;
    struct query_work *next;
};

struct query_lane_options {
    const struct pipeline_host *host;
    const struct store_settings *store;
    struct budget *budget; /* NULL: none */
    size_t links;
    size_t depth;     /* requests under way on one link at most */
    size_t per_actor; /* of one actor under way in the lane at most */
    size_t waiting;   /* of one actor that wait at most; 0: any number */
    instant patience; /* how long one waits at most */
};

/* Begins to connect. The options are copied, what they point at is not. */
struct query_lane *query_lane_new(const struct query_lane_options *options);
/* What is inside is given back first. NULL is well. */
void query_lane_free(struct query_lane *lane);
void query_lane_submit(struct query_lane *lane, struct query_work *work);
/* Sends the notes that wait, ahead of what waits here; `finish` waits for their end, a second at
 * most. */
void query_lane_flush(struct query_lane *lane, struct query_audit *audit);
void query_lane_finish(struct query_lane *lane, struct query_audit *audit);
bool query_lane_ready(const struct query_lane *lane, struct slice *ret_reason);

/* --- query_events.c --------------------------------------------------------------------------- */

/* Adds what a question of the audit asks, and takes the answer. */
void query_events_ask(struct store_request *request, const struct pipeline_question *question);
void query_events_take(const struct store_request *request, struct pipeline_question *question);

/* --- query_audit.c ---------------------------------------------------------------------------- */

/* `application` names the process in the name of its chain. */
struct query_audit *query_audit_new(struct slice application, struct log *log);
void query_audit_free(struct query_audit *audit);
/* Notes are kept until they are written; their time is now. At most 50,000 wait beside those that
 * are being written; what comes then is lost, and a row and the log say how many. */
void query_audit_note(struct query_audit *audit, const struct pipeline_audit_row *row);
bool query_audit_has_notes(const struct query_audit *audit);
/* Sends what waits, where nothing is being sent: first what could not be written before. */
void query_audit_flush(struct query_audit *audit, struct store_connection *connection);
/* Writes everything, and waits for its end; for a second at most, and no longer than the link
 * stands. */
void query_audit_finish(struct query_audit *audit, struct store_connection *connection);

#endif
