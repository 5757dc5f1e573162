/* primitive: the syntax of each FHIR R4 primitive type (FHIR R4 datatypes.html#primitive).
 *
 * Hand-written checks for the regular expressions and the words of the page, one table row each:
 * the JSON kind that carries the value, and the function that says whether its text is well
 * formed. R4's decimal is JSON's number with any number of digits; R5 has limits, R4 has none. What
 * needs more than the text (a code's value set, a reference's target) is not here. */
#ifndef FHIR_PRIMITIVE_H
#define FHIR_PRIMITIVE_H

#include "fhir/json.h"

#define FHIR_STRING_LIMIT (1024 * 1024) /* FHIR R4 datatypes.html#string: at most 1 MB */

enum fhir_primitive {
    FHIR_PRIMITIVE_NONE,
    FHIR_PRIMITIVE_BASE64_BINARY,
    FHIR_PRIMITIVE_BOOLEAN,
    FHIR_PRIMITIVE_CANONICAL,
    FHIR_PRIMITIVE_CODE,
    FHIR_PRIMITIVE_DATE,
    FHIR_PRIMITIVE_DATE_TIME,
    FHIR_PRIMITIVE_DECIMAL,
    FHIR_PRIMITIVE_ID,
    FHIR_PRIMITIVE_INSTANT,
    FHIR_PRIMITIVE_INTEGER,
    FHIR_PRIMITIVE_MARKDOWN,
    FHIR_PRIMITIVE_OID,
    FHIR_PRIMITIVE_POSITIVE_INT,
    FHIR_PRIMITIVE_STRING,
    FHIR_PRIMITIVE_TIME,
    FHIR_PRIMITIVE_UNSIGNED_INT,
    FHIR_PRIMITIVE_URI,
    FHIR_PRIMITIVE_URL,
    FHIR_PRIMITIVE_UUID,
    FHIR_PRIMITIVE_XHTML,
    FHIR_PRIMITIVE_COUNT
};

/* The primitive of that FHIR name ("dateTime"), or FHIR_PRIMITIVE_NONE. */
enum fhir_primitive fhir_primitive_of_name(struct slice name);
/* "dateTime". */
struct slice fhir_primitive_name(enum fhir_primitive primitive);
/* How JSON carries it: JSON_STRING, JSON_NUMBER or JSON_BOOLEAN (FHIR R4 json.html#primitive). */
enum json_kind fhir_primitive_kind(enum fhir_primitive primitive);
/* True when the text is well formed for the type ("true" and "false" for boolean). For xhtml only
 * that it is not empty; fhir/narrative looks inside. */
bool fhir_primitive_is_valid(enum fhir_primitive primitive, struct slice text);

#endif
