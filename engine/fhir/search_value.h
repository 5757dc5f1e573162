/* search_value: what a node of a FHIR type gives a search parameter (FHIR R4 search.html, the table
 * of each parameter type). Room-internal. */
#ifndef FHIR_SEARCH_VALUE_H
#define FHIR_SEARCH_VALUE_H

#include "fhir/search_index.h"

/* Values in the order in which they were found; doubles are dropped. */
struct fhir_search_values;

struct fhir_search_values *fhir_search_values_new(int offset_minutes, struct arena *arena);
/* Adds what the node gives for the parameter; nothing for a type that it takes nothing of. */
void fhir_search_values_add(struct fhir_search_values *values,
                            const struct fhir_search_parameter *parameter, const struct json *node,
                            const struct fhir_type *type);
/* Adds a token "true" or "false". */
void fhir_search_values_add_boolean(struct fhir_search_values *values,
                                    const struct fhir_search_parameter *parameter, bool truth);
struct fhir_search_value *fhir_search_values_all(const struct fhir_search_values *values,
                                                 size_t *ret_count);

#endif
