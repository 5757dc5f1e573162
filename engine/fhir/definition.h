/* definition: what FHIR R4 says a resource may hold, as one read-only structure.
 *
 * Loaded once from a folder of tab-separated tables (`fhir/definitions/r4`): every type, every
 * element of every type, the codes of the value sets that are required. Everything is resolved at
 * load, so that a walk along a resource is a walk along pointers: the children of an element are
 * one sorted array of *properties*, a property being a name as it stands in JSON. A choice element
 * (`value[x]`) gives one property for each of its types (`valueQuantity`, `valueString`, ...).
 *
 * After load nothing is written: workers of one process may share it. It lives in the arena it was
 * loaded into. */
#ifndef FHIR_DEFINITION_H
#define FHIR_DEFINITION_H

#include "base/issue.h"
#include "fhir/primitive.h"

struct fhir_definitions;

enum fhir_type_kind {
    FHIR_TYPE_PRIMITIVE, /* string, dateTime, ... */
    FHIR_TYPE_COMPLEX,   /* HumanName, Quantity, BackboneElement, ... */
    FHIR_TYPE_RESOURCE   /* Patient, Bundle, ... */
};

enum fhir_binding {
    FHIR_BINDING_NONE,
    FHIR_BINDING_EXAMPLE,
    FHIR_BINDING_PREFERRED,
    FHIR_BINDING_EXTENSIBLE,
    FHIR_BINDING_REQUIRED
};

#define FHIR_MANY UINT32_MAX /* max "*" */

struct fhir_value_set;
struct fhir_invariant;

struct fhir_type {
    struct slice name; /* "Observation" */
    enum fhir_type_kind kind;
    bool abstract;                   /* Resource, DomainResource, Element, BackboneElement */
    const struct fhir_type *base;    /* DomainResource for Patient; NULL for Element, Resource */
    enum fhir_primitive primitive;   /* FHIR_PRIMITIVE_NONE unless kind is FHIR_TYPE_PRIMITIVE */
    const struct fhir_element *root; /* the element whose path is the type's name */
    uint32_t number;                 /* its place among all types, from 0 */
};

struct fhir_element {
    struct slice path; /* "Observation.component.value[x]" */
    struct slice name; /* "value": the last part, without [x] */
    uint32_t minimum;
    uint32_t maximum; /* FHIR_MANY for "*" */
    bool is_choice;   /* value[x] */
    bool is_summary;
    bool is_modifier;
    enum fhir_binding binding;
    struct slice value_set_url;             /* without version; empty without a binding */
    const struct fhir_value_set *value_set; /* only where its codes are known (required) */
    const struct fhir_type *const *types;   /* one, or several for a choice; none at a root */
    uint32_t type_count;
    const struct fhir_type *const *targets; /* of a Reference; none: any resource */
    uint32_t target_count;
    const struct fhir_property *properties; /* own children, sorted; see fhir_definition_child */
    uint32_t property_count;
    const struct fhir_element *const *children; /* own children in the order of the definition */
    uint32_t child_count;
    const struct fhir_type *owner;           /* the type this element's path begins with */
    const struct fhir_element *parent;       /* NULL at a root */
    uint32_t order;                          /* its place among the parent's children, from 0 */
    const struct fhir_invariant *invariants; /* rows of fhir/invariant for this path */
    size_t invariant_count;
    uint32_t number; /* its place among all elements, from 0 */
};

/* One JSON member name below an element. */
struct fhir_property {
    struct slice name;                  /* "valueQuantity", "family" */
    const struct fhir_element *element; /* Observation.value[x] */
    const struct fhir_type *type;       /* Quantity; the abstract BackboneElement or Element where
                                           the children stand below the element itself; Resource
                                           where any resource may stand */
    const struct fhir_element *content; /* where to look for children: the element itself, what its
                                           contentReference names, or the root of `type` */
};

/* Reads types.tsv, elements.tsv and valueset-codes.tsv of the folder. -1 with file:line:column
 * issues for a table that is not whole. ret_definitions lives in `arena` (about 4 MiB, so give it
 * an arena of at least 16 MiB). */
int fhir_definitions_load(const char *folder, struct arena *arena,
                          const struct fhir_definitions **ret_definitions,
                          struct issue_list *issues) __attribute__((warn_unused_result));

/* The type of that name (case counts), or NULL. */
const struct fhir_type *fhir_definitions_type(const struct fhir_definitions *definitions,
                                              struct slice name);
/* A resource type that can be instantiated, or NULL. */
const struct fhir_type *fhir_definitions_resource(const struct fhir_definitions *definitions,
                                                  struct slice name);
/* All types in order of name: for the CapabilityStatement and for suggestions. */
size_t fhir_definitions_type_count(const struct fhir_definitions *definitions);
const struct fhir_type *fhir_definitions_type_at(const struct fhir_definitions *definitions,
                                                 size_t index);
/* The value set of that URL (without version) when its codes are known, or NULL. */
const struct fhir_value_set *fhir_definitions_value_set(const struct fhir_definitions *definitions,
                                                        struct slice url);
/* True when the type is `ancestor` or derives from it (Patient: DomainResource, Resource). */
bool fhir_type_is(const struct fhir_type *type, struct slice ancestor);

/* The property of that JSON name below an element (a type's root, or a property's `content`), or
 * NULL. Choice names are whole: "valueQuantity", not "value". Below a property of type Resource
 * look at the resource's own type instead. */
const struct fhir_property *fhir_definition_child(const struct fhir_element *parent,
                                                  struct slice name);
/* The choice element of that bare name below an element ("value" for value[x]), or NULL. */
const struct fhir_element *fhir_definition_choice(const struct fhir_element *parent,
                                                  struct slice name);
/* Resolves a dotted path of JSON names below a type: "name.family", "component.valueQuantity.unit".
 * Indexes must not be in it. NULL where it leads nowhere; *ret_wrong (may be NULL) is then the part
 * of `path` that is not known and *ret_parent (may be NULL) the element it was looked for in. */
const struct fhir_property *fhir_definition_path(const struct fhir_type *type, struct slice path,
                                                 struct slice *ret_wrong,
                                                 const struct fhir_element **ret_parent);

/* True when the value set holds the code; with an empty system in any system. */
bool fhir_value_set_has(const struct fhir_value_set *value_set, struct slice system,
                        struct slice code);
/* Its codes, in the arena; for suggestions. */
const struct slice *fhir_value_set_codes(const struct fhir_value_set *value_set,
                                         struct arena *arena, size_t *ret_count);

#endif
