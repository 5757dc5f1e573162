/* audit_key: see the header. */
#include "cli/audit_key.h"

#include "base/file.h"
#include "net/certificate.h"

#define AUDIT_KEY SLICE("secrets/audit.key")
/* What the tokens are, so that a token for something else is never taken for a seal. */
#define AUDIT_TYPE SLICE("painbridge-audit+jwt")

int audit_key_open(const struct instance *instance, bool make, struct arena *arena,
                   struct audit_key *ret_key, struct issue_list *issues)
{
    struct audit_key key = {0};
    char *path = instance_path(instance, AUDIT_KEY, arena);
    if (make && !file_exists(path) && certificate_make_key(path, issues) != 0) {
        return -1;
    }
    if (jws_signer_read(path, &key.signer, issues) != 0) {
        return -1;
    }
    if (jws_keys_parse(AUDIT_KEY, jws_signer_public_keys(key.signer, arena), &key.keys, issues) !=
        0) {
        jws_signer_free(key.signer);
        return -1;
    }
    *ret_key = key;
    return 0;
}

void audit_key_release(struct audit_key *key)
{
    jws_signer_free(key->signer);
    jws_keys_free(key->keys);
    *key = (struct audit_key){0};
}

int audit_key_sign(void *data, struct slice payload, struct arena *arena, struct slice *ret_token)
{
    const struct audit_key *key = data;
    return jws_sign(key->signer, AUDIT_TYPE, payload, arena, ret_token, NULL);
}

int audit_key_read(void *data, struct slice token, struct arena *arena, struct slice *ret_payload)
{
    const struct audit_key *key = data;
    struct jws_token parsed;
    if (jws_verify(key->keys, token, arena, &parsed, NULL) != 0 ||
        !slice_equal(parsed.type, AUDIT_TYPE)) {
        return -1;
    }
    *ret_payload = parsed.payload;
    return 0;
}
