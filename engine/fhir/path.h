/* path: where we are in a resource while walking it, as a chain on the C stack.
 *
 * A walker keeps one link for each level it is in; nothing is formatted until an issue needs the
 * FHIRPath expression ("Patient.contact[0].name.family"). Only names that look like FHIR names are
 * shown; any other member name comes from the sender, could be anything, and is shown as "?". */
#ifndef FHIR_PATH_H
#define FHIR_PATH_H

#include "base/issue.h"

struct fhir_path {
    const struct fhir_path *outer; /* NULL at the resource (or whatever the top is) */
    struct slice name; /* of the member, or the resource type at the top; may be empty */
    size_t index;      /* counts when is_item */
    bool is_item;      /* an item of an array: "[index]" */
};

/* The expression as text in the arena. */
struct slice fhir_path_text(const struct fhir_path *path, struct arena *arena);
/* issue_place_fhir of that text. */
struct issue_place fhir_path_place(const struct fhir_path *path, struct arena *arena);

#endif
