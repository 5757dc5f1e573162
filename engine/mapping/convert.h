/* convert: text of a message to a FHIR primitive: a closed list.
 *
 * Each converter is a row: the name rules use in `as=`, and a function. Internal to the room. */
#ifndef MAPPING_CONVERT_H
#define MAPPING_CONVERT_H

#include "fhir/primitive.h"
#include "hl7v2/datetime.h"

struct convert_input {
    struct slice text; /* decoded: UTF-8, unescaped; the first part only unless whole */
    const struct hl7v2_datetime_defaults *defaults;
    struct arena *arena;
};

struct converted {
    enum json_kind kind; /* JSON_STRING, JSON_NUMBER or JSON_BOOLEAN */
    struct slice text;   /* of a string or number; "true" or "false" */
    bool lost;           /* precision was lost (an hour without minutes) */
};

struct converter {
    struct slice name;
    bool whole; /* takes the value with its separators; otherwise its first component only */
    bool (*convert)(const struct convert_input *input, struct converted *ret_converted);
    /* Printable ASCII that begins with no blank is taken as it is, up to this length; 0: not. */
    size_t takes_plain;
};

/* The converter of that name, or NULL. */
const struct converter *converter_named(struct slice name);
/* The one that a primitive type takes when the rule names none. */
const struct converter *converter_of_primitive(enum fhir_primitive primitive);
/* For suggestions: names of all; returns how many. */
size_t converter_names(struct arena *arena, struct slice **ret_names);

/* Compares two decimal texts (grammar of NM). <0, 0, >0. False when one is no number. */
bool decimal_compare(struct slice a, struct slice b, int *ret_order);

/* How long a unit of a time span is: HL7 v2.5.1 2.A.67 and table 0255 in the words that AIS-8,
 * AIP-10 and TQ1-6 use, whatever their case. 0 where it is none. */
instant time_unit_length(struct slice unit);

#endif
