/* commit: the one way in. Nothing is written to the store except by this module.
 *
 * A door hands over items: one HL7 v2 message with what was made of it, or one FHIR request with
 * its resources. Each item is all or nothing. Items are gathered while the previous commit is on
 * its way, at most 64 or 512 KiB of them, and then written in one transaction in two round trips:
 *
 *   1. claim the dedupe keys, find persons and ids by keys, lock the persons in sorted order, fetch
 *      what is stored of the resources that are touched
 *   2. merge, print; write bodies, history, index, provenance, audit, marked persons, inbox rows
 *      with the answers; COMMIT
 *
 * A lone sender waits for nobody; where several were answered together, the next batch waits a
 * moment (a quarter of the last one's time) for as many to come again. done() is called after the
 * COMMIT, in the order of submission within one source (connection); an answer that says AA, CA,
 * 200 or 201 may leave only then. When the database refuses a batch it is rolled back and run again
 * item by item, so that only the bad one fails. Where a failure does not tell whether it is the
 * item's or the server's (an internal error, a damaged page, no memory), an item that fails alone,
 * again and again, while something else can be stored, is refused too; one that nothing can be
 * stored beside waits.
 *
 *   gathering ──▶ claiming ──rows──▶ merging ──▶ writing ──COMMIT well──▶ done, gathering
 *    ▲  ▲             │                              │  │
 *    │  └─ one by one ┴───────── error ──────────────┘  └─ link lost ─▶ asking
 *    └──────────────────── the transaction has ended ──────────────────────┘
 *
 * When the link is lost in a COMMIT nobody knows yet whether it took place, and the server may
 * still be at it: rows that are not there now may be there in a moment. So the transaction itself
 * is asked for, by its id, until the server says that it has ended. The id comes with the rows of
 * round trip 1, without which there is no round trip 2 and no COMMIT: there is no commit whose id
 * we do not know. What it came to is then read from the record, where its audit rows stand if, and
 * only if, it was committed; its own word is not enough, as a server that crashed or a standby that
 * took over may give the same id out again. A session that still waits for the rest of a lost
 * link's statements is ended, so that it is not waited for in vain. Who cannot learn the end within
 * the grace gets PIPELINE_UNKNOWN; nothing is guessed.
 *
 * Order: items of one person take effect in the order of submission; an item whose source time is
 * older than what is stored of a resource does not overwrite newer values (it is kept in history).
 * What belongs to no person is locked by nobody: where another engine has written of it since it
 * was read, the batch is run again, so that neither's word is lost.
 *
 * A message that has to wait, or whose feed has one waiting about the same source record, is stored
 * with its answer and applied later: see pipeline/held.h.
 *
 * One pipeline_commit belongs to one loop and is not shared between threads. It opens its own
 * connection and drives it through the host. */
#ifndef PIPELINE_COMMIT_H
#define PIPELINE_COMMIT_H

#include "base/buffer.h"
#include "base/issue.h"
#include "base/log.h"
#include "base/time.h"
#include "fhir/json.h"
#include "pipeline/viewer.h"

struct fhir_definitions;
struct fhir_search_table;
struct store_settings;
struct pipeline_commit;
struct pipeline_clock;
struct pipeline_host;

/* What an item came to. */
enum pipeline_outcome {
    PIPELINE_COMMITTED, /* stored now; what was asked for is in force */
    PIPELINE_HELD,      /* stored now, and it waits: nothing of it is in force */
    PIPELINE_DUPLICATE, /* the same message was stored before; `answer` is the first one */
    PIPELINE_KEY_CLASH, /* the same control id was stored with another content: no effect */
    PIPELINE_FAILED,    /* a condition did not hold or the database refused this item: see issues */
    PIPELINE_UNAVAILABLE, /* not stored, the store cannot be reached; the same item may go through
                             later */
    PIPELINE_UNKNOWN /* the link was lost in the COMMIT and its end could not be learnt: it may be
                        stored now, or soon. Nothing may be said that claims the one or the other */
};

enum pipeline_subject_kind {
    PIPELINE_SUBJECT_NONE,  /* of no person: Practitioner, Organization, Location and the like */
    PIPELINE_SUBJECT_WRITE, /* of the person of write number `write` of this item, a Patient */
    PIPELINE_SUBJECT_ID     /* of the person whose Patient has this id; fails where there is none */
};

/* Whose record a resource is part of. */
struct pipeline_subject {
    enum pipeline_subject_kind kind;
    size_t write;
    struct slice id;
};

/* The rule that wrote a top-level element, or one entry of a top-level list, of a body. */
struct pipeline_mark {
    struct slice element;
    const struct json *entry; /* the list's item; NULL when the element is no list */
    struct slice rule;        /* rule id */
};

/* A rule that was told to clear what it wrote before. */
struct pipeline_clear {
    struct slice element;
    struct slice rule;
};

/* One Reference in a body. */
struct pipeline_reference {
    struct json *node;           /* the Reference object; `reference` is set to the id in force */
    size_t write;                /* target: number of a write of this item, or SIZE_MAX */
    struct slice type;           /* otherwise: type and key of what is looked for and never made; */
    const unsigned char *digest; /* where it is not there, `reference` is taken away and the logical
                                    identifier (if any) stays */
};

enum pipeline_effect {
    PIPELINE_OVERLAY, /* v2: replaces what the same rules of this source wrote before, keeps the
                         rest */
    PIPELINE_REPLACE, /* FHIR create and update: the body is this source's whole contribution */
    PIPELINE_TOUCH    /* writes nothing; only resolves the id (for references) */
};

/* One resource to be written. Filled by the caller up to the line; the rest is the result. */
struct pipeline_write {
    struct slice type;
    struct slice id; /* wanted: derived from the first key, or the client's own */
    const unsigned char *
        *digests; /* of the key and its aliases (fhir/id.h), 32 bytes each; the first
                     of them that is known decides the id. None: the id itself */
    size_t digest_count;
    struct json *body; /* without meta.versionId and meta.lastUpdated; changed in place */
    enum pipeline_effect effect;
    struct pipeline_subject subject;
    struct pipeline_mark *marks;
    size_t mark_count;
    struct pipeline_clear *clears;
    size_t clear_count;
    uint32_t labels; /* besides the item's (pipeline/label.h); labels in the body count by
                        themselves */
    struct pipeline_reference *references;
    size_t reference_count;
    uint64_t expected_version; /* If-Match: fails with ISSUE_PRECONDITION when another is in force;
                                  0: any */
    bool must_be_new;          /* fails with ISSUE_CONFLICT when the id is taken */
    /* ---- result, for PIPELINE_COMMITTED; slices in the item's arena ---- */
    struct slice final_id;
    uint64_t version;
    instant last_updated;
    struct slice text; /* the stored body, printed */
    bool created;      /* there was none before */
    bool unchanged;    /* equal to what was stored: no new version */
    bool outdated;     /* its source had said something newer, which was kept; known to `answer` */
};

/* The source record of a Patient write: which clinic's record of a person this is. */
struct pipeline_person {
    size_t write; /* number of the Patient write */
    struct slice site;
    struct slice system, value;  /* the record number that names it at this site */
    const unsigned char **links; /* digests of identifiers (system and value) by which a record of
                                    another site is the same person's; 32 bytes each */
    size_t link_count;
};

/* One side of an act: a source record by its number; or, with a Patient id and a site, by the id
 * that its own Patient has or would have; or, with a Patient id alone, whoever has the records of
 * that Patient. */
struct pipeline_party {
    struct slice site, system, value;
    struct slice patient;
    const unsigned char *digest; /* of a key of its Patient, 32 bytes: where there is no such record
                                    the person is found by this; may be NULL */
};

enum pipeline_act_kind {
    PIPELINE_ACT_LINK,  /* both are one person's; whose Patient is shown follows from the records */
    PIPELINE_ACT_MERGE, /* the same, and the Patient of `into` is shown */
    PIPELINE_ACT_MOVE,  /* the record `from`, and no other one of its person, is of the person of
                           `into` */
    PIPELINE_ACT_UNLINK /* the record `from` is nobody else's: it goes back to the person it was
                           before, or becomes one of its own. With `into`: only where both are of
                           one person */
};

/* What is to become of source records (pipeline/commit_link). An item with an act runs in a batch
 * of its own, its acts behind its writes. What is so already has no effect. */
struct pipeline_act {
    enum pipeline_act_kind kind;
    struct pipeline_party from, into;
    bool remembers;   /* where `from` is not known its digest is a key of the Patient of `into` from
                         now on; else an unknown record fails with ISSUE_UNKNOWN_KEY */
    bool automatic;   /* by comparison: nothing that was decided is overruled */
    struct slice why; /* as was said; kept with the decision */
    /* ---- result, for PIPELINE_COMMITTED ---- */
    bool changed;         /* somebody's records moved */
    struct slice patient; /* the Patient that answers for `from` now; in the item's arena */
};

/* What a message has to wait for. Texts may hold a code as it was sent, and nothing else of it. */
struct pipeline_hold {
    struct slice cause; /* a name for it, the same for all messages of a site that wait for it */
    struct slice kind;  /* unmapped, invalid, required, clash */
    struct slice rule;
    struct slice place;               /* "OBX[2]-3[1].1"; may be empty */
    struct slice table, code, system; /* of what is unmapped */
};

/* Who lets go of a message that waits for good, and why; not empty. */
struct pipeline_drop_note {
    struct slice who, why;
};

struct pipeline_item {
    struct arena *arena; /* of the item; the caller frees it in or after done() */
    void *owner;         /* the caller's own */

    /* who and when */
    struct slice source; /* feed name, or client id */
    struct slice site;   /* whose contribution it is */
    /* For the audit, each may be empty: where the source called from, who is signed in there, and
     * for what use. */
    struct slice address, user, purpose;
    uint32_t labels; /* of all that it says (pipeline/label.h): the site's; 0: none */
    const struct pipeline_viewer *viewer; /* who asks: may write only of persons whom he may see,
                                             and over nothing else; NULL: a feed */
    instant received;                     /* real time of arrival */
    instant source_time;   /* when it happened, by the sender (event time); 0: received */
    struct slice revision; /* of the mappings, hex; empty for FHIR */

    /* the stored message; empty raw for FHIR requests */
    struct slice raw;
    struct slice message_type; /* "ADT^A01^ADT_A01" */
    struct slice sending_application, sending_facility,
        control_id; /* with `source` the dedupe key;
                       control_id empty: no dedupe */
    unsigned char content_hash[32];
    bool unkeyed;        /* the header was refused: the control id is kept, and claims no key */
    bool refused;        /* keep the message and its answer, with no effect (AE, AR) */
    int64_t window_days; /* control ids older than this may be used again; 0: never */
    int64_t grace_milliseconds; /* how long it waits for a store that is away; 0: as the options
                                   of the committer say */

    struct pipeline_write *writes;
    size_t write_count;
    struct pipeline_person *persons;
    size_t person_count;

    struct pipeline_act *acts;
    size_t act_count;

    const struct pipeline_hold *holds; /* a message with one is stored, and waits */
    size_t hold_count;
    uint64_t waiting_key; /* of a stored message that waits and may go on now (pipeline/held.h): its
                             raw bytes are not stored again; 0: the item is a new one */
    struct slice actor;   /* who lets it go on, for the audit; empty: the source */
    bool as_text; /* it was translated as if no code were waited for: where it has to stay, what it
                     waits for stays too */
    const struct pipeline_drop_note *drop; /* it goes for good, without effect; NULL: it goes on */

    /* Writes the answer once our control id is known (about to be stored with it); may be NULL.
     * `outcome` is COMMITTED or HELD, or KEY_CLASH when the answer is for that. Must not fail. */
    void (*answer)(struct pipeline_item *item, enum pipeline_outcome outcome,
                   struct slice control_id, struct buffer *out);
    /* The end of the item; called exactly once, never from within pipeline_commit_submit. */
    void (*done)(struct pipeline_item *item);

    /* ---- result ---- */
    enum pipeline_outcome outcome;
    struct slice answer_text; /* as stored: of this message, or of the first for a duplicate */
    uint64_t message_key;     /* of the stored message */
    struct issue_list issues; /* why it failed; initialised by the caller. Places are the door's to
                                 say, which knows where the write came from: */
    size_t refused_write;     /* number of the write that could not be; SIZE_MAX: none of them */

    enum pipeline_outcome answered; /* the module's own: what answer_text was made for */
    struct pipeline_item *next;     /* the module's own while it has the item */
};

/* How a connection's socket gets into the loop of the process, which this room does not know. */
struct pipeline_host {
    void *context;
    /* Watches fd: call ready(data) when it can be read or (where wanted) written. watch of a known
     * fd changes what is wanted; fd may change over time (reconnect): the old one is unwatched
     * first. */
    void (*watch)(void *context, int fd, bool read, bool write, void (*ready)(void *data),
                  void *data);
    /* Of the one that has the data; where the number is another's by now it does nothing. */
    void (*unwatch)(void *context, int fd, void *data);
    /* Calls due(data) once after so many milliseconds. A second call with the same data replaces
     * the first; milliseconds < 0 takes it back. */
    void (*timer)(void *context, int64_t milliseconds, void (*due)(void *data), void *data);
};

struct pipeline_commit_options {
    const struct store_settings *store;
    const struct fhir_definitions *definitions;
    const struct fhir_search_table *search; /* which values are indexed */
    const struct pipeline_host *host;       /* lives as long as the committer */
    struct log *log;
    struct slice instance_name; /* begins our control ids; at most 8 characters */
    int64_t grace_milliseconds; /* how long items that do not say it themselves wait for a store
                                   that is away, or for the end of a commit; then UNAVAILABLE, or
                                   UNKNOWN */
    const struct pipeline_clock *clock; /* NULL: the real time */
};

/* Starts connecting at once. */
struct pipeline_commit *pipeline_commit_new(const struct pipeline_commit_options *options);
/* Items still inside are given back as UNAVAILABLE, those in a COMMIT as UNKNOWN. */
void pipeline_commit_free(struct pipeline_commit *commit);

/* Takes the item until done(). */
void pipeline_commit_submit(struct pipeline_commit *commit, struct pipeline_item *item);
/* Items that wait or are under way. */
size_t pipeline_commit_depth(const struct pipeline_commit *commit);
/* True when the store answered and its schema fits; else *ret_reason says what is missing, as a
 * code and plain words that whoever asks may read. What the database said itself goes to the log.
 */
bool pipeline_commit_ready(const struct pipeline_commit *commit, struct slice *ret_reason);

#endif
