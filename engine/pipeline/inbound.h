/* inbound: one HL7 v2 frame from a feed, from its bytes to its answer.
 *
 *   frame ─▶ index, header checks, batch ─▶ map to FHIR ─▶ validate ─▶ commit ─▶ answer text
 *                 │ fault                       │ fault       │ fault
 *                 └─────────────────────────────┴─────────────┴──▶ commit as refused (bytes,
 * answer)
 *
 * Everything before the commit is pure and takes no time of the database. Whatever arrives is kept
 * with its answer, also what is refused, so that an analyst can look at it; the only exceptions are
 * acknowledgements, which are never answered (rule 2) and are counted and logged where nothing
 * waits for them, and a store that cannot be reached, where the connection is closed without an
 * answer and the sender sends again (section 3, row 19). A feed may ask for AR instead; where the
 * end of a COMMIT could not be learnt it is closed all the same, because the message may be stored.
 * The beginning of a fragment is kept too, without an answer (rule 1.7).
 *
 * A batch (FHS/BHS) is split here; each message is an item of its own, and one batch answer is
 * built when the last of them is done.
 *
 * Sections and rows are those of the wire rules: HL7 v2.5.1 chapter 2 and what this project adds.
 */
#ifndef PIPELINE_INBOUND_H
#define PIPELINE_INBOUND_H

#include "base/zone.h"
#include "hl7v2/ack.h"
#include "hl7v2/content.h"
#include "mapping/program.h"
#include "pipeline/commit.h"
#include "pipeline/metrics.h"

struct fhir_search_table;

/* A feed as this room needs it; immutable while a frame of it is under way. */
struct pipeline_feed {
    struct slice name;
    struct slice site;
    uint32_t labels; /* of all that it sends (pipeline/label.h): the site's */
    const struct mapping_program *program;
    struct mapping_shapes *shapes; /* what was learnt of its messages; of this program, or NULL */
    struct slice revision;         /* of the files behind all this; stored with each message */
    const struct zone *zone;       /* of times without an offset */
    struct slice default_charset;  /* where MSH-18 is empty; empty is ASCII */
    struct slice mrn_system;       /* of record numbers without an assigner */
    struct hl7v2_header_rules rules;
    struct hl7v2_message_options message;
    enum hl7v2_ack_mode ack_mode;
    enum hl7v2_strictness content; /* of fields that are not as the standard has them: rows 12, 13,
                                      15 and 16 */
    bool typed_response;           /* REF^I12 is answered by RRI^I12 and so on */
    bool batch_errors_only;        /* a batch answer holds only what was not accepted */
    bool reject_when_unavailable;  /* answer AR instead of closing where the store is away and
                                      the message is known not to be stored */
    int64_t window_days;           /* control ids older than this may come again; 0: never */
    int64_t grace_milliseconds;    /* how long a message waits for a store that is away; 0: as long
                                      as the committer's own */
};

enum pipeline_frame_fault {
    PIPELINE_FRAME_WHOLE,
    PIPELINE_FRAME_MALFORMED, /* has an end block byte inside (rule 1.5) */
    PIPELINE_FRAME_OVERSIZED, /* cut at the limit (rule 1.9) */
    PIPELINE_FRAME_TRUNCATED  /* its end never came (rules 1.7, 1.8): kept, with no answer */
};

/* The end of a frame. `count` answers (0 to 2) are to be sent in order, each as a block; with
 * `close` the connection is closed after them. The texts live until this returns. */
typedef void pipeline_answered(void *data, const struct slice *answers, size_t count, bool close);

struct pipeline_inbound_options {
    struct pipeline_commit *commit;
    const struct fhir_definitions *definitions;
    const struct fhir_search_table *search;
    const struct hl7v2_dictionary *dictionary; /* NULL: no content is judged */
    struct pipeline_metrics *metrics;          /* may be NULL */
    struct log *log;                           /* may be NULL */
    struct slice id_key;                       /* of the instance; 32 bytes */
    struct slice application; /* our name in MSH-3 where the message has no MSH-5 */
    struct slice facility;
    const struct zone *zone; /* in which MSH-7 of answers is written; NULL: UTC */
};

struct pipeline_inbound;

/* `options` is copied; what it points at must outlive the inbound. */
struct pipeline_inbound *pipeline_inbound_new(const struct pipeline_inbound_options *options);
/* Only when no frame is under way. NULL is well. */
void pipeline_inbound_free(struct pipeline_inbound *inbound);

/* Takes one frame (its bytes are copied). `received` is the time of its last byte
 * by the clock of the record.
 * answered(data) is called once, later or before this returns, unless the store's end of it is
 * still to come: then after the commit. `feed` must live until then. */
void pipeline_inbound_submit(struct pipeline_inbound *inbound, const struct pipeline_feed *feed,
                             struct slice frame, enum pipeline_frame_fault fault, instant received,
                             pipeline_answered *answered, void *data);

/* A stored message that waits (pipeline/held.h), tried again. Filled by the caller up to the line;
 * it must live until done(). */
struct pipeline_release {
    uint64_t message_key;
    struct slice raw;
    instant received;   /* as stored: what the message becomes may depend on it */
    struct slice actor; /* who lets it go on, for the audit */
    bool as_text;       /* no code and no value that does not fit is waited for any more */
    void (*done)(struct pipeline_release *release);
    void *owner;
    /* ---- result ---- */
    enum pipeline_outcome outcome; /* COMMITTED: in force. HELD: waits still, by itself (a warning
                                      ISSUE_HELD says for what) or behind another. DUPLICATE:
                                      somebody else let it go. FAILED: cannot take effect as it
                                      is, and waits still. UNAVAILABLE, UNKNOWN: as always */
    struct issue_list issues;      /* initialised by the caller */
};

/* Translates it as the feed reads messages now, and lets it go on unless it has to wait. What was
 * answered stays as it is. done() may be called before this returns. Several may be under
 * way, in the order in which they waited. Releases may not share their committer with frames. */
void pipeline_inbound_release(struct pipeline_inbound *inbound, const struct pipeline_feed *feed,
                              struct pipeline_release *release);

/* How a message is called in what is made of it (meta.source, Provenance): its feed and MSH-10. */
struct slice pipeline_inbound_source(struct slice feed, struct slice control_id,
                                     struct arena *arena);
/* Frames under way. */
size_t pipeline_inbound_depth(const struct pipeline_inbound *inbound);

/* The arena of one message may take this much (a 16 MiB document and its resource). */
#define PIPELINE_MESSAGE_CEILING ((size_t)192 * 1024 * 1024)
/* At most so much of a fragment is kept. */
#define PIPELINE_FRAGMENT_LIMIT ((size_t)64 * 1024)

#endif
