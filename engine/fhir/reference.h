/* reference: the text of Reference.reference and of canonical, read and written.
 *
 * FHIR R4 references.html: a literal reference is relative (`Patient/1`, `Patient/1/_history/2`),
 * absolute (`https://host/fhir/Patient/1`), internal (`#p1`, `#`), or `urn:uuid:` / `urn:oid:` (in
 * a Bundle: the fullUrl of an entry). In a transaction it may be a search
 * (`Patient?identifier=a|b`). A logical reference has no text, only Reference.identifier. */
#ifndef FHIR_REFERENCE_H
#define FHIR_REFERENCE_H

#include "fhir/json.h"

enum fhir_reference_kind {
    FHIR_REFERENCE_RELATIVE,    /* type, id, perhaps version */
    FHIR_REFERENCE_ABSOLUTE,    /* base, type, id, perhaps version */
    FHIR_REFERENCE_CONTAINED,   /* id; empty for "#", the container itself */
    FHIR_REFERENCE_URN,         /* id holds the whole urn:uuid:... or urn:oid:... */
    FHIR_REFERENCE_CONDITIONAL, /* type, query (without "?") */
    FHIR_REFERENCE_OTHER        /* some other absolute URI: id holds it whole */
};

struct fhir_reference {
    enum fhir_reference_kind kind;
    struct slice base; /* with no slash at the end: "https://host/fhir" */
    struct slice type;
    struct slice id;
    struct slice version;
    struct slice query;
};

/* False for what none of these forms is (empty, "Patient/", "patient 1"). All slices are parts of
 * `text`. The type's existence is not checked, only its form (a capital letter, then letters). */
bool fhir_reference_parse(struct slice text, struct fhir_reference *ret_reference);
/* The text again. */
struct slice fhir_reference_print(const struct fhir_reference *reference, struct arena *arena);
/* "type/id". */
struct slice fhir_reference_local(struct slice type, struct slice id, struct arena *arena);

/* FHIR R4 datatypes#canonical: url, then perhaps |version, then perhaps #fragment. */
struct fhir_canonical {
    struct slice url;
    struct slice version;
    struct slice fragment;
};
struct fhir_canonical fhir_canonical_parse(struct slice text);

/* Calls visit for every Reference object in the tree that has a literal `reference` text: contained
 * resources and Bundle entries included, depth first, in order. `text` is the JSON string (replace
 * it in `reference` by json_set), `reference` the Reference object. Stops at the first result that
 * is not 0 and returns it. */
typedef int fhir_reference_visit(struct json *reference, struct json *text, void *data);
int fhir_reference_walk(struct json *json, fhir_reference_visit *visit, void *data);

#endif
