/* query: the one way to look. Nothing is read from the store for a caller except by this module.
 *
 * A door asks a question: one resource, one of its versions, its history, a search. It gets the
 * stored bodies as they stand, byte for byte: nothing is parsed or printed on the way (the version
 * and the time of the last change are inside the body). done() comes in any order.
 *
 * Searches have connections of their own, so that what is asked by key (a read, what is paused, the
 * notes of the audit) never stands behind them. One actor has a few questions under way and no
 * more; what else it asks waits here, where it is in nobody's way: actors take turns. A search that
 * takes too long ends with ISSUE_TOO_SLOW; what waited too long, or behind too many of its own
 * actor, with ISSUE_BUSY.
 *
 * Every answer is noted in the audit: who looked, at what, at whose record. The notes are gathered
 * and appended in the background, at least every 100 ms, and an answer does not wait for them; when
 * the store is away they wait too, and questions are then refused anyway.
 *
 * Who may see what is decided in one place, statements/permit.fragment, by the same words for a
 * read, a version, a history, a search and its total: the viewer treats the person (it is a patient
 * of the site, its care team or an open referral names the site, or somebody broke the glass); no
 * consent denies it; and what is labelled is the site's own or a consent permits it now. What a
 * viewer may not see is not there: the same answer in the same time as for what never was.
 *
 * One pipeline_query belongs to one loop and is not shared between threads. */
#ifndef PIPELINE_QUERY_H
#define PIPELINE_QUERY_H

#include "base/budget.h"
#include "base/issue.h"
#include "base/log.h"
#include "base/time.h"
#include "pipeline/audit_search.h"
#include "pipeline/query_search.h"
#include "pipeline/query_tables.h"
#include "pipeline/viewer.h"

struct store_settings;
struct pipeline_host;
struct pipeline_query;

enum pipeline_question_kind {
    PIPELINE_QUESTION_READ,    /* type, id; a replaced Patient answers as its survivor */
    PIPELINE_QUESTION_VERSION, /* type, id, version */
    PIPELINE_QUESTION_HISTORY, /* type, id; newest first, `limit` of them, below `version` if set */
    PIPELINE_QUESTION_SEARCH,  /* search */
    PIPELINE_QUESTION_PAUSES,  /* nothing; the names of the paused feeds, as ids. The engine's own
                                  question, about nobody: not noted */
    PIPELINE_QUESTION_HELD,    /* the same; the feeds of which messages wait, as ids, how many as
                                  versions, and when the first came as last_updated */
    PIPELINE_QUESTION_EVENT,  /* id, origin; a row of the audit as AuditEvent. A row of the audit is
                                 for whoever may see all of it: not for who is bound to a patient */
    PIPELINE_QUESTION_EVENTS, /* events, origin; the same, newest first */
    PIPELINE_QUESTION_TABLES  /* tables, limit; code tables, which have no version. The store is not
                                 asked */
};

/* One resource as it is stored. Texts live in the question's arena. */
struct pipeline_found {
    struct slice id;
    uint64_t version;
    instant last_updated;
    bool deleted;    /* body is then the last one before */
    uint32_t labels; /* pipeline/label.h */
    struct slice body;
    struct slice cursor; /* of a search, the last one only: where the next page begins */
};

struct pipeline_question {
    struct arena *arena; /* of the question; the caller frees it in or after done() */
    void *owner;         /* the caller's own */
    void (*done)(struct pipeline_question *question);

    enum pipeline_question_kind kind;
    struct slice actor; /* client id or account, for the audit */
    /* For the audit, each may be empty: the client's site, who is signed in there, where it called
     * from, for what use, and the query as it came. */
    struct slice site, user, address, purpose, asked;
    struct pipeline_viewer viewer;
    struct budget_share *share; /* when set: it waits until this has room. Not for a question of
                                   something that is charged to it already and waits for this */
    struct slice patient; /* when set: only what is of the person of this Patient's id; a version is
                             of the person it was about, whose record it stands in now or not */
    struct slice type, id;
    uint64_t version; /* 1 to INT32_MAX; what is larger is not there */
    uint32_t limit;   /* of a history, and of tables */
    /* Of a search or a history: the answer ends early (has_more) behind the first body with which
     * it has so many bytes. 0: it does not. */
    int64_t bytes;
    bool without_bodies; /* of a search: only ids and versions are wanted */
    struct pipeline_search *search;
    const struct pipeline_table_search *tables;
    struct pipeline_audit_search *events;
    const struct pipeline_audit_origin *origin;

    /* ---- result ---- */
    struct pipeline_found *found; /* none: there is no such thing, or not for this caller */
    size_t count;
    bool has_more;  /* behind the last of `found` */
    bool has_total; /* of a search, a history or tables: `total` is exact */
    uint64_t total;
    struct issue_list issues; /* why there is no answer (ISSUE_STORE_DOWN and the like); initialised
                                 by the caller */

    struct pipeline_question *next; /* the module's own while it has the question */
};

struct pipeline_query_options {
    const struct store_settings *store;
    const struct pipeline_host *host; /* lives as long as the query */
    struct log *log;
    struct budget *budget;              /* of the shares; NULL: none */
    const struct pipeline_clock *clock; /* by which consents are judged; NULL: the real time */
    /* The notice that goes with what is under 42 CFR Part 2 (2.32), as meta.extension of each body.
     * Empty: nothing labelled is shown to others than its own site, whatever a consent says. Lives
     * as long as the query. */
    struct slice notice;
    unsigned searches;           /* connections for searches; 0: 3. One more is for all else */
    unsigned searches_of_actor;  /* of one actor under way at most; 0: 2 */
    int64_t search_milliseconds; /* a search may take, and may wait; 0: 10,000 */
};

/* Starts connecting at once. */
struct pipeline_query *pipeline_query_new(const struct pipeline_query_options *options);
/* Questions still inside end with ISSUE_STORE_DOWN; notes that wait are appended if the store
 * answers within a second. NULL is well. */
void pipeline_query_free(struct pipeline_query *query);

/* The tables that questions are answered from, from now on; they stay the caller's and must live
 * until the next call or the end. */
void pipeline_query_use_tables(struct pipeline_query *query, const struct pipeline_tables *tables);

/* Takes the question until done(), which is called exactly once and never from within this call. */
void pipeline_query_submit(struct pipeline_query *query, struct pipeline_question *question);
/* Notes in the audit what was no question: a refusal, a login. Texts are copied, and made text
 * where they are none; the time is now. */
void pipeline_query_note(struct pipeline_query *query, const struct pipeline_audit_row *row);
/* Questions under way. */
size_t pipeline_query_depth(const struct pipeline_query *query);
/* True when the store answers and its schema fits; else *ret_reason says what is missing. */
bool pipeline_query_ready(const struct pipeline_query *query, struct slice *ret_reason);

#endif
