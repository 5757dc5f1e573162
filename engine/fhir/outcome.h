/* outcome: OperationOutcome from an issue list (FHIR R4 operationoutcome.html).
 *
 * Each issue becomes one `issue`: severity and code from the issue's table row, `details.coding`
 * with system urn:painbridge:issue and the row's name, `diagnostics` with the words (and the hint,
 * and file:line:column where the place is a file), `expression` with the FHIRPath of the fault or,
 * for HL7 v2, the place as "PID[1]-5[1].2". `diagnostics` never carries a value of a message, since
 * issues never do. */
#ifndef FHIR_OUTCOME_H
#define FHIR_OUTCOME_H

#include "fhir/json.h"

#define FHIR_OUTCOME_ISSUE_SYSTEM "urn:painbridge:issue"

/* One OperationOutcome; an empty list gives one issue "information" that all is well. When issues
 * were dropped from a full list, the last issue says how many. */
struct json *fhir_outcome_of_list(const struct issue_list *issues, struct arena *arena);
/* One OperationOutcome with one issue. */
struct json *fhir_outcome_of_issue(const struct issue *issue, struct arena *arena);

#endif
