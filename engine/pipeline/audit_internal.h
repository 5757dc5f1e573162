/* audit, inside: rows on their way to the store. */
#ifndef PIPELINE_AUDIT_INTERNAL_H
#define PIPELINE_AUDIT_INTERNAL_H

#include "pipeline/audit_search.h"
#include "store/request.h"

/* Rows of one chain that follow each other, as the columns of append_audit and close_batch. */
#define AUDIT_COLUMN_COUNT 14
#define AUDIT_VALUE_COUNT (AUDIT_COLUMN_COUNT + 2)
struct audit_columns {
    struct arena *arena;
    struct pipeline_audit_chain *chain; /* whose head each row moves */
    int64_t first;                      /* place of the first one */
    struct store_column column[AUDIT_COLUMN_COUNT];
};

void audit_columns_init(struct audit_columns *columns, struct pipeline_audit_chain *chain,
                        struct arena *arena);
/* Puts the row at the end of the chain, and its values into the columns. */
void audit_columns_add(struct audit_columns *columns, struct pipeline_audit_row *row);
/* AUDIT_VALUE_COUNT values; valid until the next add. */
void audit_columns_values(struct audit_columns *columns, struct store_value *ret_values);

/* A row as list_audit_rows and list_events give it; texts in the request's arena. */
void audit_row_read(const struct store_request *request, size_t row,
                    struct pipeline_audit_row *ret_row);

/* Adds the question for the rows of a search; they have the Patient's id in a column behind those
 * of audit_row_read. */
#define AUDIT_PATIENT_COLUMN 16
size_t audit_search_ask(struct store_request *request, const struct pipeline_audit_search *search,
                        struct arena *arena);

/* Adds open_chain to a request; its number in it. */
size_t audit_chain_ask(struct store_request *request, struct slice name, instant now,
                       struct arena *arena);
/* What it came to. */
void audit_chain_read(const struct store_request *request, size_t statement, struct slice name,
                      instant now, struct pipeline_audit_chain *ret_chain);

#endif
