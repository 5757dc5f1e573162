/* match_store: the blocks of source records in the store, and the candidates they give.
 *
 * What `commit` does with it, for each Patient of a batch that a source record says something new
 * of:
 *
 *   round trip 1   pipeline_match_ask adds one statement for the whole batch: the persons that
 * share a block with one of its records, and all their source records with what each said. It takes
 * no lock. Whoever wants to link to such a person has to lock it with the others, in ascending
 * order, before it is read; a record that is not linked after all costs nothing more. computing
 * pipeline_match_candidates for each record, then pipeline_match_persons round trip 2
 * pipeline_match_keep adds one statement for the whole batch: the blocks of each record as they are
 * from now on
 *
 * Blocks say whom to compare with and nothing else; the comparison reads what the source said.
 * After a change of the tables each record has the blocks of the old ones until it is kept again.
 */
#ifndef PIPELINE_MATCH_STORE_H
#define PIPELINE_MATCH_STORE_H

#include "pipeline/match.h"
#include "store/request.h"

/* Adds the question for the candidates of these records, who are numbered from 0; its number in the
 * request. */
size_t pipeline_match_ask(const struct match_table *table,
                          const struct pipeline_demographics *const *records, size_t count,
                          struct store_request *request, struct arena *arena);

/* The candidates of record number `record` of those that were asked for: all source records of each
 * person that shares a block with it, those of one person side by side, without the source record
 * `own` (0: a new one). -1 with an issue where a stored Patient cannot be read. */
int pipeline_match_candidates(const struct match_table *table, size_t record, int64_t own,
                              const struct store_request *request, size_t statement,
                              struct arena *arena, struct pipeline_candidate **ret_candidates,
                              size_t *ret_count, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* What is to be kept of one source record. */
struct pipeline_match_record {
    int64_t source_key;
    const struct pipeline_demographics *demographics;
};

/* Adds the statement by which the blocks of these source records are what their demographics say,
 * and nothing else; its number in the request. A source record is there once. */
size_t pipeline_match_keep(const struct pipeline_match_record *records, size_t count,
                           struct store_request *request, struct arena *arena);

#endif
