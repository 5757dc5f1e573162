/* audit_export: AuditEvents in a file, one a line, and the manifest that says they are all.
 *
 * FILE holds the events from the newest to the oldest (NDJSON), FILE.manifest a JWS by the
 * instance's audit key of this payload:
 *   {"export":{"made":T,"from":T,"to":T,"patient":ID,"events":N,"sha256":HEX,
 *    "seal":N,"seal_sha256":HEX,"heads":[{"chain":3,"place":17,"hash":HEX}]}}
 * `sha256` is that of FILE, the seal the last one there was, and the heads are the last exported
 * row of each of at most 64 chains. What was not asked for by (from, to, patient) is missing. */
#ifndef CLI_AUDIT_EXPORT_H
#define CLI_AUDIT_EXPORT_H

#include "cli/audit_key.h"
#include "pipeline/audit_list.h"
#include "pipeline/audit_seal.h"

struct audit_export {
    const char *path;
    struct pipeline_inbox *inbox;
    const struct pipeline_audit_search *search;
    const struct pipeline_audit_origin *origin;
    struct audit_key *key;
    struct arena *arena;
    struct issue_list *issues;
};

/* Writes both files, which must not be there yet (mode 0600). */
int audit_export_write(const struct audit_export *export, size_t *ret_count)
    __attribute__((warn_unused_result));
/* Judges both: 0 they are as they were written, with the number of events; 1 they are not, *ret_why
 * says what is wrong; -1 they cannot be read. */
int audit_export_verify(const char *path, struct audit_key *key, struct arena *arena,
                        int64_t *ret_count, const char **ret_why, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
