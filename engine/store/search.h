/* search: one search as one SQL statement, put together from fixed pieces.
 *
 * The only SQL that is not a file in statements/: a search may name any number of criteria, and a
 * statement for every combination would be either thousands or one that no planner can read. The
 * pieces are constants of search.c; what a caller gives is sent as a parameter and never becomes
 * SQL. Each criterion is a look into one index table; what belongs to persons and what belongs to
 * nobody are two branches of one union.
 *
 * What the parameters of FHIR mean is decided above (pipeline/query_search.h). */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/request.h"

enum store_match {
    STORE_MATCH_PERSON,    /* `id`: of the person whose Patient has this id, or who replaced that */
    STORE_MATCH_ID,        /* `id`: the resource's own */
    STORE_MATCH_UPDATED,   /* last_updated against lower and upper */
    STORE_MATCH_TOKEN,     /* `code` where has_code, `system` where has_system */
    STORE_MATCH_REFERENCE, /* `id`, and `type` where it is set */
    STORE_MATCH_OWN,       /* the same, or `quoted` stands in a body of a person in whose record the
                              target stands or stood */
    STORE_MATCH_DATE,      /* lower and upper */
    STORE_MATCH_STRING,    /* `text` */
    STORE_MATCH_QUANTITY,  /* `text` is a decimal; `code`, `system` as for a token */
    STORE_MATCH_COUNT
};

/* How a stored value and a given one are compared (FHIR R4 search.html#prefix). */
enum store_compare {
    STORE_EQUAL,
    STORE_NOT_EQUAL,
    STORE_GREATER,
    STORE_LESS,
    STORE_GREATER_EQUAL,
    STORE_LESS_EQUAL,
    STORE_STARTS_AFTER,
    STORE_ENDS_BEFORE,
    STORE_OVERLAPS, /* dates: any instant in common; decimals: within a tenth */
    STORE_BEGINS,   /* strings */
    STORE_CONTAINS, /* strings */
    STORE_EXACT,    /* strings: equal, and `quoted` stands in the body */
    STORE_COMPARE_COUNT
};

/* One of several values of which one must fit. */
struct store_alternative {
    enum store_compare compare;
    bool has_system, has_code;
    struct slice system, code;
    struct slice type, id;
    struct slice text;
    struct slice quoted; /* the value (of a reference "Type/id") as JSON, in its quotes */
    instant lower, upper;
};

struct store_criterion {
    enum store_match match;
    struct slice parameter; /* of the index tables: "Observation.code" */
    bool negated;
    const struct store_alternative *alternatives;
    size_t count;
};

/* Who looks: the parameters of statements/permit.fragment. */
struct store_viewer {
    struct slice site;         /* in whose name; empty: no clinic's */
    const struct slice *names; /* by which consents, teams and referrals may name him */
    size_t name_count;
    bool sees_all;     /* persons that no clinic of his treats, too */
    uint32_t purposes; /* pipeline/consent.h; 0: nothing is seen by consent */
    instant moment;    /* at which consents are judged */
};

#define STORE_VIEWER_VALUES 5
/* Its parameters, in their order. */
void store_viewer_values(const struct store_viewer *viewer, struct arena *arena,
                         struct store_value *ret_values);

struct store_search {
    struct store_viewer viewer;
    struct slice type;
    bool of_persons, of_nobody; /* which tables; at least one */
    const struct store_criterion *criteria;
    size_t criterion_count;
    struct slice sort; /* a date parameter ("Observation.date"), or empty: last_updated */
    bool descending;
    bool has_cursor; /* only what comes behind this one */
    instant cursor_key;
    int64_t cursor_number;
    int64_t limit;
    /* Once the bodies of a page have so many bytes, the rows behind come without (null): a page is
     * one body more than this at most. INT64_MAX: no bound; 0: no row has a body. */
    int64_t bytes;
};

/* Adds the search. Columns: person_key, number, id, version, last_updated, body or null, sort key
 * (an instant; what has no such date comes last or, descending, first), labels. Deleted ones are
 * left out.
 */
size_t store_search_add(struct store_request *request, const struct store_search *search);
/* Adds the same without cursor and limit; one row, one column: how many. */
size_t store_search_add_count(struct store_request *request, const struct store_search *search);

#endif
