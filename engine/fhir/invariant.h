/* invariant: the constraints of R4 that are simple to state, as table rows (FHIR R4
 * conformance-rules.html#constraints; keys and words as published).
 *
 * Three of four rows only name members (one of these, not both of these, this only with that); the
 * rest have a function. Invariants that need FHIRPath, terminology or other resources are not here.
 * The definitions hang each row on the element whose path it has. */
#ifndef FHIR_INVARIANT_H
#define FHIR_INVARIANT_H

#include "fhir/json.h"

struct fhir_invariant {
    const char *path; /* "Observation.referenceRange" */
    const char *key;  /* "obs-3" */
    enum issue_severity severity;
    enum {
        FHIR_INVARIANT_ONE_OF,   /* at least one of the members `first` */
        FHIR_INVARIANT_NOT_BOTH, /* not one of `first` together with one of `second` */
        FHIR_INVARIANT_IMPLIES,  /* with one of `first` there is one of `second` */
        FHIR_INVARIANT_FUNCTION
    } kind;
    const char *first; /* names with "|" between; "value[x]" for any type of a choice */
    const char *second;
    bool (*holds)(const struct json *node, const struct json *root, struct arena *arena);
    const char *words;
};

/* The rows of a path: a part of the table, which is sorted by path. */
const struct fhir_invariant *fhir_invariants_of(struct slice path, size_t *ret_count);
/* True when the invariant holds for the node. `root` is the resource that stands for itself (not
 * contained) around the node; the arena is for scratch. */
bool fhir_invariant_holds(const struct fhir_invariant *invariant, const struct json *node,
                          const struct json *root, struct arena *arena);
/* All rows, for tests. */
const struct fhir_invariant *fhir_invariants_all(size_t *ret_count);

#endif
