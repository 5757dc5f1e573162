/* audit_key: the key that seals the audit, DIR/secrets/audit.key (P-256, mode 0600). Whoever has it
 * can seal, so it stands where the database's owner does not reach: not in the database, nor in a
 * backup of it. Its public half is what `audit verify` judges seals and exports by. */
#ifndef CLI_AUDIT_KEY_H
#define CLI_AUDIT_KEY_H

#include "cli/instance.h"
#include "net/jws.h"

struct audit_key {
    struct jws_signer *signer;
    struct jws_keys *keys;
};

/* Reads it; with `make` it is made where there is none, as instances of earlier versions have none.
 * -1 with an issue. */
int audit_key_open(const struct instance *instance, bool make, struct arena *arena,
                   struct audit_key *ret_key, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* A released one may be released again. */
void audit_key_release(struct audit_key *key);

/* pipeline_audit_sign and pipeline_audit_read (pipeline/audit_seal.h); `data` is the key. */
int audit_key_sign(void *data, struct slice payload, struct arena *arena, struct slice *ret_token);
int audit_key_read(void *data, struct slice token, struct arena *arena, struct slice *ret_payload);

#endif
