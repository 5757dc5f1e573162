/* audit_event: a row of the audit as a FHIR R4 AuditEvent. Pure.
 *
 * One row is one AuditEvent; it is made when it is asked for and stored nowhere. The forms are
 * those of IHE Basic Audit Log Patterns (BALP) where it has one: Read, Query, Create, Update with
 * their Patient variants, Privacy Disclosure; what it has none for (a message that came in, a
 * pause) has codes of DICOM or ISO 21089 and keeps to the same frame:
 *
 *   agents   who did it, with role, site and address, and we ourselves: source and destination as
 *            BALP has them (a read flows to its client, all else from it)
 *   entities the patient; each resource with its version; the query in base64; the stored message
 *
 * No profile is claimed: where the address of an agent is not known its `network` is missing, which
 * BALP wants. The second subtype is our own word for the act, system urn:painbridge:audit. */
#ifndef PIPELINE_AUDIT_EVENT_H
#define PIPELINE_AUDIT_EVENT_H

#include "fhir/json.h"
#include "pipeline/audit.h"

#define PIPELINE_AUDIT_SYSTEM "urn:painbridge:audit"

/* Whose record this is. */
struct pipeline_audit_origin {
    struct slice name;     /* of the instance */
    struct slice base_url; /* "https://host:port"; may be empty */
};

/* "17-4711": chain and place. */
struct slice pipeline_audit_event_id(const struct pipeline_audit_row *row, struct arena *arena);
/* False where it is no such id. */
bool pipeline_audit_event_read_id(struct slice id, int64_t *ret_chain, int64_t *ret_place);

/* `patient` is the Patient's id of the row's person, empty where there is none. */
struct json *pipeline_audit_event(const struct pipeline_audit_row *row, struct slice patient,
                                  const struct pipeline_audit_origin *origin, struct arena *arena);

#endif
