/* audit: the record of who did what. Rows, and the chains they stand in.
 *
 * Whoever writes the record writes a row in the same transaction (commit), whoever looks leaves a
 * note that is appended soon after (query), a command notes what it does before it does it. Rows
 * are only ever appended. One row is one act of one actor; an AuditEvent is made of it when one is
 * asked for (audit_event.h).
 *
 * Each connection that writes rows has a chain of its own, so that nobody waits for another's. A
 * row's hash is SHA-256 over the hash before it and all that the row says, its place included; the
 * first stands on the hash of the chain's own beginning, which names the chain before it:
 *
 *   beginning ◀── row 0 ◀── row 1 ◀── ... ◀── head          the next chain of the same name
 *      │                                       ▲─────────────── names it and its head
 *      └──▶ the chain of that name before it, and its head
 *
 * The head moves when a row is known to be stored, and not before: what was rolled back was never
 * there. Where the end of a COMMIT cannot be learnt the chain is left, and another one begun.
 *
 * This keeps nobody with the rights of the database's owner from writing a whole chain anew: what
 * shows that are the seals (audit_seal.h), and copies of them elsewhere. */
#ifndef PIPELINE_AUDIT_H
#define PIPELINE_AUDIT_H

#include "base/digest.h"
#include "base/time.h"

/* What the actor of a row is. */
#define PIPELINE_AUDIT_FEED "feed"         /* a clinic's system that sends messages */
#define PIPELINE_AUDIT_CLIENT "client"     /* a system with a token */
#define PIPELINE_AUDIT_ACCOUNT "account"   /* a person at a command: "machine:root" */
#define PIPELINE_AUDIT_ENGINE "engine"     /* we ourselves */
#define PIPELINE_AUDIT_STRANGER "stranger" /* nobody knows who */

struct pipeline_audit_row {
    int64_t chain, place;
    instant recorded; /* by the real clock */
    int64_t person;   /* 0: nobody's */
    int64_t inbox_id; /* the message it is about; 0: none */
    struct slice kind, role, actor, outcome;
    /* Empty where there is nothing to say. */
    struct slice site, address;
    struct slice purpose;  /* a code of HL7 v3 ActReason: TREAT, ETREAT ... */
    struct slice entities; /* "Patient/a1/3 Observation/b2/1"; "Observation" of a search */
    struct slice detail;
    struct slice user; /* who is signed in at the client, as its issuer says (fhirUser) */
    unsigned char hash[DIGEST_SHA256_SIZE];
};

struct pipeline_audit_chain {
    int64_t number; /* 0: none was begun */
    int64_t place;  /* of the next row */
    unsigned char hash[DIGEST_SHA256_SIZE];
};

/* How a chain begins. */
struct pipeline_audit_beginning {
    int64_t chain;
    struct slice name; /* "door-1/commit" */
    instant opened;
    bool has_previous;
    int64_t previous_chain;
    bool has_head; /* of the previous one: it had rows then */
    int64_t previous_place;
    unsigned char previous_hash[DIGEST_SHA256_SIZE];
};

void pipeline_audit_begin(const struct pipeline_audit_beginning *beginning,
                          struct pipeline_audit_chain *ret_chain);
/* The hash of a row that stands on `before`; row->hash is not looked at. */
void pipeline_audit_hash(const unsigned char *before, const struct pipeline_audit_row *row,
                         unsigned char *ret_hash);
/* Puts the row at the chain's next place: sets chain, place and hash, and moves the head. */
void pipeline_audit_add(struct pipeline_audit_chain *chain, struct pipeline_audit_row *row);

#endif
