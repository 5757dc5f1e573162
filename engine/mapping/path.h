/* path: where a rule writes: `name[].family`, `valueQuantity.value`,
 * `birthDate.extension(patient-birthTime).valueDateTime`.
 *
 *   path = step { "." step }
 *   step = name [ "[" [ label ] "]" ] / "extension(" url ")" [ "[]" ]
 *
 * A list without brackets is the one entry shared by all rules that write it so; with a label, the
 * entry shared by all that use the label; with empty brackets a new one each time. Each step is
 * resolved by the R4 definitions at load, so that writing is a walk.
 *
 * Internal to the room. */
#ifndef MAPPING_PATH_H
#define MAPPING_PATH_H

#include "fhir/definition.h"
#include "mapping/rule.h"

struct path_step {
    struct slice name;  /* member of the JSON object; "_birthDate" on the way to its extension */
    struct slice label; /* of the entry; empty: the shared one. An extension's is its url */
    bool is_list;       /* stands in a JSON array */
    bool is_new;        /* "[]": another entry each time */
    bool is_extension;  /* entries are made with their url */
    bool ends_period;   /* Period.end: it cannot be before the start */
};

struct path {
    struct slice text;
    struct path_step *steps;
    size_t count;                       /* 0: the element at hand itself */
    const struct fhir_property *leaf;   /* NULL for the element at hand */
    const struct fhir_type *type;       /* of the last step; may be abstract (BackboneElement) */
    const struct fhir_element *content; /* where its children are looked for */
    bool is_primitive;
    bool is_choice;             /* the first step is one type of a choice (valueQuantity) */
    bool choice_takes_text;     /* and that choice may be a string as well */
    struct slice choice_text;   /* "valueString" */
    const char *choice_element; /* the same pointer for all types of one choice */
};

/* Resolves the text (a whole attribute, or a head of a code table) below `parent`. -1 with
 * *ret_wrong the part that does not fit, and words for people. ret_hint may be empty. */
int path_resolve(struct slice text, const struct fhir_element *parent,
                 const struct fhir_definitions *definitions, struct arena *arena,
                 struct path *ret_path, struct slice *ret_wrong, const char **ret_id,
                 struct slice *ret_words, struct slice *ret_hint);
/* The same for an attribute, with its errors reported. */
int path_of_rule(const struct rule *rule, enum rule_attribute attribute,
                 const struct fhir_element *parent, const struct fhir_definitions *definitions,
                 struct arena *arena, struct path *ret_path, struct issue_list *issues);

#endif
