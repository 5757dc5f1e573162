/* refusal: notes in the audit of who was turned away. */
#ifndef REST_REFUSAL_H
#define REST_REFUSAL_H

#include "rest/call.h"

/* Notes a 401 or a 403 by the first error of the issues, and nothing of another kind. `principal`
 * is NULL where nobody knows who it is; `what` is what was asked for, or empty. At most so many are
 * noted as pipeline/audit_limit.h says. */
void rest_refusal_note(struct rest_server *server, const struct access_principal *principal,
                       struct slice address, const struct issue_list *issues,
                       const struct access_route *route, struct slice what);
/* Notes another refusal, with the same limit. The row is changed. */
void rest_refusal_note_row(struct rest_server *server, struct pipeline_audit_row *row);

#endif
