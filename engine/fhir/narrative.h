/* narrative: is the XHTML of a Narrative safe and of the allowed kind?
 *
 * FHIR R4 narrative.html: one `div` in the XHTML namespace with only the formatting elements and
 * attributes of HTML 4 chapters 7 to 11 and 15, `a` and `img`; no head, body, scripts, forms,
 * frames, objects, event attributes, external style sheets: nothing that runs, and nothing that
 * loads when the page is shown. Invariants txt-1 and txt-2. */
#ifndef FHIR_NARRATIVE_H
#define FHIR_NARRATIVE_H

#include "base/issue.h"

/* NULL when the text is well; else what is wrong, as words for an issue, and how bad it is: an
 * error, but a warning for a div without content (txt-2), which R4's own examples have. */
const char *fhir_narrative_check(struct slice div, struct arena *arena,
                                 enum issue_severity *ret_severity);

#endif
