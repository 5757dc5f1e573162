/* definition_internal: what definition_load.c makes and definition.c reads. */
#ifndef FHIR_DEFINITION_INTERNAL_H
#define FHIR_DEFINITION_INTERNAL_H

#include "base/map.h"
#include "fhir/definition.h"

struct fhir_code {
    struct slice system;
    const struct fhir_code *next; /* the same code in another system */
};

struct fhir_value_set {
    struct slice url;
    struct map by_code; /* code -> struct fhir_code */
};

struct fhir_definitions {
    struct fhir_type *types; /* in order of name */
    size_t type_count;
    struct fhir_element *elements; /* in order of the table */
    size_t element_count;
    struct map type_by_name;     /* name -> struct fhir_type */
    struct map value_set_by_url; /* URL without version -> struct fhir_value_set */
};

/* The order of fhir_element.properties: shorter names first, then by byte. <0, 0, >0. */
int fhir_property_compare(struct slice a, struct slice b);

#endif
