/* audit_seal: the heads of the audit's chains, signed at intervals.
 *
 * A chain alone shows what somebody changed in it who did not write it anew from there to its end;
 * a seal shows the rest: a chain that is shorter than it was, another one than it was, or gone. It
 * is signed by a key that is not in the database (secrets/audit.key), and names the seal before it.
 * What came after the last seal is not sealed yet, and a seal that was taken away together with all
 * after it is missed by nobody but who kept a copy: each is said in the log, with its hash.
 *
 * A seal is a JWS (RFC 7515) of this payload:
 *   {"seal":7,"sealed":"2026-11-22T18:00:00.000Z","previous":"<hex>",
 *    "heads":[{"chain":3,"place":17,"hash":"<hex>"}]}
 * `previous` is SHA-256 of the token before it, empty in the first. At most 64 heads each.
 *
 * The sealer looks every minute; where nothing grew it seals nothing. One sealer belongs to one
 * loop, on a connection of its own; several engines on one database seal in turns. */
#ifndef PIPELINE_AUDIT_SEAL_H
#define PIPELINE_AUDIT_SEAL_H

#include "base/issue.h"
#include "base/log.h"
#include "pipeline/audit_check.h"

struct store_settings;
struct pipeline_host;
struct pipeline_sealer;

#define PIPELINE_SEAL_HEADS 64

/* Signs a payload, and gives back the payload of what was signed; 0, or -1. This room knows no
 * keys. */
typedef int pipeline_audit_sign(void *data, struct slice payload, struct arena *arena,
                                struct slice *ret_token);
typedef int pipeline_audit_read(void *data, struct slice token, struct arena *arena,
                                struct slice *ret_payload);

struct pipeline_seal {
    int64_t number;
    instant sealed;
    struct slice previous; /* SHA-256, empty in the first */
    struct pipeline_audit_point *heads;
    size_t head_count;
};

struct slice pipeline_seal_print(const struct pipeline_seal *seal, struct arena *arena);
/* False where it is none. */
bool pipeline_seal_parse(struct slice payload, struct arena *arena, struct pipeline_seal *ret_seal);

struct pipeline_sealer_options {
    const struct store_settings *store; /* of a role that may seal; must live as long */
    const struct pipeline_host *host;   /* the same */
    struct log *log;
    pipeline_audit_sign *sign;
    void *sign_data;
    instant pause; /* between two seals; 0: a minute */
};

/* Starts connecting at once. */
struct pipeline_sealer *pipeline_sealer_new(const struct pipeline_sealer_options *options);
/* NULL is well. */
void pipeline_sealer_free(struct pipeline_sealer *sealer);
/* Seals what there is and calls done(data), once and never from within this call: when it is done,
 * or could not be within two seconds. Rows that others write later wait for the next start. Nothing
 * is sealed after. */
void pipeline_sealer_finish(struct pipeline_sealer *sealer, void (*done)(void *data), void *data);

#endif
