/* audit_search: which rows of the audit somebody wants. A plain struct that the caller fills; used
 * by pipeline/query for clients, and by commands. */
#ifndef PIPELINE_AUDIT_SEARCH_H
#define PIPELINE_AUDIT_SEARCH_H

#include "pipeline/audit_event.h"

/* Kinds by which something of a person's record left us. */
extern const struct slice pipeline_audit_disclosing[];
extern const size_t pipeline_audit_disclosing_count;

struct pipeline_audit_search {
    instant from, before; /* recorded; 0: at any time */
    struct slice patient; /* id; with all whose records that person has; empty: any row */
    const struct slice *kinds;
    size_t kind_count; /* 0: any */
    const struct slice *roles;
    size_t role_count;  /* 0: any */
    struct slice actor; /* beginning of the name, case does not count (A to Z); empty: any */
    bool by_outcome;    /* only what went well, or only what did not */
    bool went_well;
    /* The row before the page: pages go from the newest to the oldest. */
    bool has_cursor;
    instant cursor_recorded;
    int64_t cursor_chain, cursor_place;
    uint32_t limit;
};

/* The cursor's text, and back; false where it is none. */
struct slice pipeline_audit_cursor(const struct pipeline_audit_row *row, struct arena *arena);
bool pipeline_audit_continue(struct pipeline_audit_search *search, struct slice cursor);

#endif
