/* search_path: the FHIRPath of search parameters, as far as R4's definitions use it.
 *
 *   expression = existence | term *( "|" term )
 *   existence  = path ".exists() and " path " != false"
 *   term       = path | "(" path " as " type ")" *( "." step )
 *   path       = type *( "." step )
 *   step       = name | "as(" type ")" | "where(resolve() is " type ")" | "where(" name "='" text
 * "')"
 *
 * Compiled once against the definitions, so that a choice is already the list of its JSON names and
 * every node that is found comes with its FHIR type. Room-internal. */
#ifndef FHIR_SEARCH_PATH_H
#define FHIR_SEARCH_PATH_H

#include "fhir/definition.h"

struct fhir_search_path;

/* NULL when the expression is not of the grammar above, or leads nowhere; `base` is the type it is
 * for. Lives in the arena. */
const struct fhir_search_path *fhir_search_path_compile(const struct fhir_definitions *definitions,
                                                        const struct fhir_type *base,
                                                        struct slice expression,
                                                        struct arena *arena);
/* True for an existence expression: what is found says true, nothing or false says false. */
bool fhir_search_path_is_existence(const struct fhir_search_path *path);

/* Calls found for every node the path leads to (single values, lists spread out), in order. Stops
 * at the first result that is not 0 and returns it. */
typedef int fhir_search_found(const struct json *node, const struct fhir_type *type, void *data);
int fhir_search_path_walk(const struct fhir_search_path *path, const struct json *resource,
                          fhir_search_found *found, void *data);

#endif
