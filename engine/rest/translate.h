/* translate: the operation ConceptMap/$translate, on the code tables of the mappings in force.
 *
 * GET with url, code, system, targetsystem and reverse; POST with a Parameters of the same, or of
 * coding or codeableConcept. Any other parameter is refused. */
#ifndef REST_TRANSLATE_H
#define REST_TRANSLATE_H

#include "rest/call.h"

void rest_translate(struct rest_call *call);

#endif
