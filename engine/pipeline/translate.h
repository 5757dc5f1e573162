/* translate: from what the mapping made of a message to what commit writes.
 *
 * The two rooms do not know each other: mapping speaks of rules, keys and nodes, commit of writes,
 * digests and subjects. Here one becomes the other, and each resource finds the person whose record
 * it is part of: the Patient its own patient reference names (FHIR R4
 * compartmentdefinition-patient), else the Patient of what it refers to, else the only Patient of
 * the message. */
#ifndef PIPELINE_TRANSLATE_H
#define PIPELINE_TRANSLATE_H

#include "mapping/to_fhir.h"
#include "pipeline/commit.h"

struct fhir_search_table;

/* Fills writes, persons, acts and holds of the item from the result; they live in the item's arena,
 * bodies and texts stay where the mapping put them. `site` is whose contribution it is, `id_key` as
 * in mapping_context. Never fails: what has no person becomes a write of no person. */
void pipeline_translate(const struct mapping_result *result, const struct fhir_search_table *search,
                        struct slice id_key, struct pipeline_item *item);

/* Whether what the message asks to be done is among the acts of the item. */
bool pipeline_translate_takes(const struct mapping_act *act);

/* Where the message names the resource that became this write: the first part of its keys that
 * stands in the message, else the patient's identifiers (PID-3). */
struct issue_place pipeline_translate_place(const struct mapping_result *result, size_t write);

#endif
