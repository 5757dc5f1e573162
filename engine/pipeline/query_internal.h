/* query, inside: what its files share.
 *
 *   query.c         the connections, the questions under way
 *   query_search.c  FHIR's search parameters made into store/search.h
 *   query_audit.c   the notes of who looked at what */
#ifndef PIPELINE_QUERY_INTERNAL_H
#define PIPELINE_QUERY_INTERNAL_H

#include "pipeline/query.h"
#include "store/connection.h"
#include "store/search.h"

struct pipeline_search {
    struct pipeline_search_options options;
    struct arena *arena;
    struct store_search store;
    struct store_criterion *criteria;
    size_t capacity;
    uint32_t limit;
    bool count_all;
};

/* Only what is of the person of this Patient. */
void pipeline_search_bind(struct pipeline_search *search, struct slice patient);
/* The cursor text of a row. */
struct slice pipeline_search_cursor(instant key, int64_t number, struct arena *arena);

/* --- query_audit.c ---------------------------------------------------------------------------- */

struct query_audit;

struct query_look {
    const char *kind; /* "read", "search" ... */
    struct slice actor;
    const char *outcome; /* "success", "not-found" */
    int64_t person;      /* 0: nobody's */
    struct slice type;
    struct slice id; /* empty: none */
};

struct query_audit *query_audit_new(struct log *log);
void query_audit_free(struct query_audit *audit);
/* Notes are kept until they are written; when 100,000 wait the oldest are lost, and the log says
 * so. */
void query_audit_note(struct query_audit *audit, const struct query_look *look);
bool query_audit_has_notes(const struct query_audit *audit);
/* Sends what waits, where nothing is being sent. */
void query_audit_flush(struct query_audit *audit, struct store_connection *connection);
/* The same, and waits for the end. */
void query_audit_finish(struct query_audit *audit, struct store_connection *connection);

#endif
