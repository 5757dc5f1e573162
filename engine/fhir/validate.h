/* validate: is this resource what FHIR R4 says it may be?
 *
 * Checks the structure by the definitions: the resource type, members that are not defined, how
 * often each may stand, arrays where a list is and only there, the JSON kind and the syntax of each
 * primitive, `_name` companions, one type for a choice, the codes of required value sets, the
 * target types of literal references, contained resources, nothing empty (FHIR R4 json.html: "no
 * empty arrays, objects, strings"), the narrative (fhir/narrative) and a table of invariants
 * (fhir/invariant). Profiles, slices and the other FHIRPath invariants are not looked at; a
 * reference is not followed.
 *
 * Every issue has the FHIRPath of its fault as place ("Patient.contact[0].name.family") and never
 * the value that was found. All faults are reported, up to the issue list's limit. */
#ifndef FHIR_VALIDATE_H
#define FHIR_VALIDATE_H

#include "fhir/definition.h"

/* 0 when no error was found (warnings may have been added to the list), else -1. Places are made in
 * the arena of `issues`, which must not be NULL. */
int fhir_validate(const struct fhir_definitions *definitions, const struct json *resource,
                  struct issue_list *issues) __attribute__((warn_unused_result));

#endif
