/* plan: some resources that are written together, and what must be looked up before.
 *
 *   prepare ──▶ look up conditions ──▶ point references at ids ──▶ find persons ──▶ commit ──▶ done
 *                    ▲                                                                │
 *                    └──────────── somebody else was faster with the same condition ──┘
 *
 * A create, an update and a transaction are all plans, of one entry or of many. A conditional
 * create gets an id that follows from its condition, so that of two at the same moment, in whatever
 * worker, only one can be the first; the other looks again and finds it (FHIR R4
 * http.html#ccreate).
 *
 * References: a urn or fullUrl of another entry becomes its id; a conditional reference
 * (`Patient?identifier=...`) becomes what it finds, exactly one; our own absolute URL becomes
 * relative. A resource belongs to the person of the Patient that it names as its subject. */
#ifndef REST_PLAN_H
#define REST_PLAN_H

#include "rest/call.h"

/* One write. Filled by the caller up to the line. */
struct rest_plan_entry {
    size_t number; /* of a Bundle's entry, for issues */
    struct slice type;
    struct slice id;        /* update: the client's; empty: create, or update by condition */
    struct slice full_url;  /* of a Bundle's entry; may be empty */
    struct slice condition; /* If-None-Exist, or the query of a conditional update */
    bool is_update;
    uint64_t expected_version; /* 0: any */
    bool must_be_new;          /* of an update: If-None-Match: * */
    struct json *resource;
    /* ---- inside, then result ---- */
    bool has_found; /* the condition matched one */
    struct slice found_id, found_body;
    uint64_t found_version;
    instant found_updated;
    size_t write; /* its number in the commit, SIZE_MAX: nothing is written */
    struct slice final_id, text;
    uint64_t version;
    instant last_updated;
    bool created;
};

struct rest_plan {
    struct rest_call *call;
    struct rest_plan_entry *entries;
    size_t count;
    void *owner;
    /* call->issues says why when it failed */
    void (*done)(struct rest_plan *plan, bool well);
    /* ---- the module's own ---- */
    struct rest_link *links;
    struct rest_lookup *lookups;
    struct rest_lookup *next; /* to be asked */
    size_t pending;           /* asked and not answered yet */
    unsigned attempt;
    struct pipeline_item item;
};

/* Runs it. done() is called once, perhaps before this returns. The plan and all it points at live
 * in the call's arena. */
void rest_plan_run(struct rest_plan *plan);
/* "TYPE/ID/_history/VERSION" of an entry that is done. */
struct slice rest_plan_location(const struct rest_plan *plan, const struct rest_plan_entry *entry);

#endif
