/* search_index: what a resource can be found by.
 *
 * Loaded once: the search parameters of R4 (`search-parameters.tsv`), those of them that are
 * switched on (`fhir/search/enabled.tsv`: type, code), their expressions compiled against the
 * definitions (fhir/search_path), and the patient compartment (`compartments.tsv`). Then, for each
 * resource that is stored: the values under which it is indexed. Only values are made here; what a
 * query means is `store`'s and `rest`'s business.
 *
 * FHIR R4 search.html: which data types each parameter type takes, and what it makes of them. */
#ifndef FHIR_SEARCH_INDEX_H
#define FHIR_SEARCH_INDEX_H

#include "base/time.h"
#include "fhir/definition.h"

struct fhir_search_table;

enum fhir_search_type {
    FHIR_SEARCH_TOKEN,
    FHIR_SEARCH_REFERENCE,
    FHIR_SEARCH_DATE,
    FHIR_SEARCH_STRING,
    FHIR_SEARCH_URI,
    FHIR_SEARCH_NUMBER,
    FHIR_SEARCH_QUANTITY,
    FHIR_SEARCH_TYPE_COUNT
};

struct fhir_search_parameter {
    struct slice resource; /* "Observation" */
    struct slice code;     /* "patient", "_id" */
    enum fhir_search_type type;
    struct slice expression;     /* as published */
    struct slice url;            /* canonical URL of the SearchParameter */
    const struct slice *targets; /* of a reference parameter: resource types; none: any */
    size_t target_count;
    uint32_t number; /* its place among all that are switched on, from 0 */
};

/* One value. Which fields count is said by parameter->type; what is not said is empty. */
struct fhir_search_value {
    const struct fhir_search_parameter *parameter;
    struct slice system; /* token: code system or identifier system; quantity: unit system */
    struct slice
        code; /* token: code, value of an identifier, "true"/"false"; quantity: unit code */
    struct slice unit;    /* quantity: the unit as people read it */
    struct slice text;    /* string: normalised (see fhir_search_normalise); uri: as it is;
                             number, quantity: the decimal as written */
    struct slice type;    /* reference: target type (empty where only an identifier is known) */
    struct slice id;      /* reference: target id, or the whole URL of something elsewhere */
    instant lower, upper; /* date: first and last microsecond; FHIR_INSTANT_OPEN_* where open */
};

/* Reads definitions/r4/search-parameters.tsv, definitions/r4/compartments.tsv and
 * search/enabled.tsv below `folder` (the top-level `fhir/`). -1 with file:line:column issues; a row
 * of enabled.tsv that no parameter matches is one, with a suggestion. Lives in `arena`;
 * `definitions` must live as long. */
int fhir_search_load(const struct fhir_definitions *definitions, const char *folder,
                     struct arena *arena, const struct fhir_search_table **ret_table,
                     struct issue_list *issues) __attribute__((warn_unused_result));

/* The parameter of that code for a resource type when it is switched on, else NULL. */
const struct fhir_search_parameter *fhir_search_parameter(const struct fhir_search_table *table,
                                                          struct slice resource, struct slice code);
/* Those of a resource type, in order of code (for the CapabilityStatement). */
size_t fhir_search_parameters(const struct fhir_search_table *table, struct slice resource,
                              const struct fhir_search_parameter *const **ret_parameters);

/* All values of a resource, in order of parameter, without doubles; none for _id and _lastUpdated,
 * which every stored resource has as columns of its own. Dates without an offset are
 * read at `offset_minutes`. What is not well formed is left out: the validator's business. */
void fhir_search_extract(const struct fhir_search_table *table, const struct json *resource,
                         int offset_minutes, struct arena *arena,
                         struct fhir_search_value **ret_values, size_t *ret_count);

/* The person a resource belongs to: the first of its patient compartment's parameters (FHIR R4
 * compartmentdefinition-patient.html), `patient` and `subject` before all others, that holds a
 * literal (or conditional) reference to a Patient. A type that is not in the compartment but has a
 * parameter `patient` (Task, Device) belongs by that. Returns the JSON string of
 * Reference.reference, or NULL where the type is of no person or nothing refers to a Patient. A
 * Patient belongs to itself: NULL. `ret_reference` (may be NULL) gets the Reference object. */
struct json *fhir_search_patient(const struct fhir_search_table *table, const struct json *resource,
                                 struct json **ret_reference);
/* True when instances of the type can belong to a person in that way. */
bool fhir_search_is_personal(const struct fhir_search_table *table, struct slice resource);

/* What of a text is compared: a row of PostgreSQL's index holds 2,704 bytes. */
#define FHIR_SEARCH_TEXT_LIMIT 1024

/* Lower case, accents of Latin letters folded, runs of blanks and punctuation as one blank, none at
 * the ends (FHIR R4 search.html#string: case and accents do not count), and nothing behind
 * FHIR_SEARCH_TEXT_LIMIT bytes. For both sides. */
struct slice fhir_search_normalise(struct slice text, struct arena *arena);

#endif
