/* to_fhir: one HL7 v2 message through a program: FHIR resources, and the record of why.
 *
 * A pure function of the message, the context and the program: no clock, no database. What it may
 * remember between two calls (context.shapes) makes it faster and changes nothing. The result lives
 * in the caller's arena and points into the message's frame, the program and the shapes; all must
 * live as long.
 *
 * Ids follow from keys (fhir/id.h), references inside the message are written with the id of the
 * target's first key. Who keeps resources resolves keys and aliases to the id that was given first
 * and corrects the references through the list of references. */
#ifndef MAPPING_TO_FHIR_H
#define MAPPING_TO_FHIR_H

#include "base/zone.h"
#include "fhir/id.h"
#include "fhir/json.h"
#include "mapping/program.h"

struct hl7v2_message;
struct mapping_shapes;

/* What the message does not say itself. Slices may be empty. */
struct mapping_context {
    instant received;                 /* T: engine.now */
    const struct zone *zone;          /* of the feed; NULL is UTC */
    struct slice default_charset;     /* where MSH-18 is empty; empty is ASCII */
    struct slice site;                /* sender.site; empty takes the program's site */
    struct slice organization;        /* sender.organization; empty takes the program's site's */
    struct slice mrn_system;          /* sender.mrn-system; empty takes the program's site's */
    struct slice receiver_mrn_system; /* receiver.mrn-system */
    struct slice source;              /* engine.source; goes into meta.source of each resource */
    struct slice message;             /* engine.message: where the raw message is kept */
    struct slice revision;            /* engine.revision: that the message is translated under */
    struct slice id_key;              /* of the instance; empty is FHIR_ID_PUBLIC_KEY */
    bool trace;                       /* keep the record of why */
    bool looks;                       /* keep what was read, and what for */
    bool as_text; /* nothing waits for a code or a fitting value: `hold` is as `keep` there */
    bool steps;   /* keep which rules ran */
    /* What was learnt of the messages before, see mapping/shapes.h; NULL: nothing. What comes of
     * the message is the same. */
    struct mapping_shapes *shapes;
};

#define MAPPING_NO_RESOURCE UINT32_MAX
#define MAPPING_NO_ROW UINT32_MAX
#define MAPPING_NO_RULE UINT32_MAX

/* A name and its parts; equal names and parts are the same resource. */
struct mapping_key {
    struct slice name;
    struct slice *parts; /* canonical text */
    size_t part_count;
    struct fhir_id id; /* of type, name, parts; its digest is what a store keeps */
};

/* The rule that wrote a top-level element, or one entry of a top-level list. */
struct mapping_mark {
    struct slice element; /* "birthDate", "identifier" */
    struct json *entry;   /* the list's item; NULL when the element is no list */
    uint32_t rule;
};

/* A rule was told "" by the sender: what it wrote before is to go (HL7 v2.5.1 2.10.2). */
struct mapping_clear {
    struct slice element;
    uint32_t rule;
};

/* One Reference inside a resource. */
struct mapping_reference {
    struct json *node;             /* the Reference object */
    uint32_t target;               /* index of a resource of this result, or MAPPING_NO_RESOURCE */
    struct slice find_type;        /* otherwise: what is looked for by key and never made */
    const struct mapping_key *key; /* of what is looked for */
};

/* What is to be done with a resource; from `action` and its table. */
enum mapping_action {
    MAPPING_UPSERT, /* not said: create or update */
    MAPPING_CREATE,
    MAPPING_UPDATE,
    MAPPING_END,
    MAPPING_LINK,
    MAPPING_UNLINK,
    MAPPING_UNCHANGED,
    MAPPING_SNAPSHOT
};

struct mapping_resource {
    struct slice type;
    struct slice id;          /* of keys[0] */
    struct slice name;        /* the rule's name for it: "patient" */
    struct json *body;        /* with id and meta.source */
    struct mapping_key *keys; /* first the key, then aliases */
    size_t key_count;
    struct mapping_reference *references;
    size_t reference_count;
    struct mapping_mark *marks;
    size_t mark_count;
    struct mapping_clear *clears;
    size_t clear_count;
    enum mapping_action action;
    struct slice merge; /* word of the make's `merge`, "identity", or empty */
    uint32_t rule;      /* that made it */
};

enum mapping_act_kind {
    MAPPING_ACT_MERGE,    /* `from` is the same as `into`, and goes */
    MAPPING_ACT_LINK,     /* both stay, and are one person's */
    MAPPING_ACT_UNLINK,   /* both stay, and are not */
    MAPPING_ACT_MOVE,     /* what `from` names now belongs to `into` */
    MAPPING_ACT_SNAPSHOT, /* those of the type that the message does not list get what is set */
    MAPPING_ACT_KIND_COUNT
};
/* "merge", "link"... */
struct slice mapping_act_name(enum mapping_act_kind kind);

/* An effect beside the resources. */
struct mapping_act {
    enum mapping_act_kind kind;
    struct slice type;       /* "Patient" */
    struct mapping_key into; /* all but snapshot: who stays */
    struct mapping_key from; /* all but snapshot: the other */
    struct slice scope;      /* snapshot: as the rule says */
    struct json *body;       /* snapshot: the elements to set on those not listed */
    uint32_t rule;
};

enum mapping_hold_kind {
    MAPPING_HOLD_UNMAPPED, /* a code that its table does not know */
    MAPPING_HOLD_INVALID,  /* a value that does not fit, or is beyond its limits */
    MAPPING_HOLD_REQUIRED, /* a value that is not there */
    MAPPING_HOLD_CLASH     /* two resources of one key */
};

/* What the message has to wait for, by a rule that says `hold`. */
struct mapping_hold {
    enum mapping_hold_kind kind;
    uint32_t rule;
    struct issue_place place;  /* of the first such value; none where nothing was read */
    struct slice table;        /* MAPPING_HOLD_UNMAPPED: the name of the code table, */
    struct slice code, system; /* and what it does not know, as it was sent */
};

/* At most so many different ones are told of a message; it waits for the others when these are
 * mended. */
#define MAPPING_HOLD_LIMIT 100

enum mapping_trace_kind {
    MAPPING_TRACE_FIELD,   /* bytes of the frame */
    MAPPING_TRACE_LITERAL, /* value, code, unit of the rule */
    MAPPING_TRACE_FACT,    /* engine.now and the like */
    MAPPING_TRACE_KEY      /* a reference: by the key of its target */
};

/* One entry of the record of why. A value with several sources has several. */
struct mapping_trace {
    const struct json *node; /* the string, number or boolean */
    uint32_t resource;
    uint32_t rule;
    uint32_t start, length; /* bytes in the frame, for MAPPING_TRACE_FIELD */
    uint32_t row;           /* code table row, or MAPPING_NO_ROW */
    enum mapping_trace_kind kind;
};

/* What a text of the message was read for. That a rule wrote it is said by the trace. */
enum mapping_look_kind { MAPPING_LOOK_VALUE, MAPPING_LOOK_KEY, MAPPING_LOOK_CONDITION };

struct mapping_look {
    uint32_t start, length; /* bytes in the frame, of what was read and no more */
    enum mapping_look_kind kind;
};

enum mapping_step_outcome {
    MAPPING_STEP_RAN,
    MAPPING_STEP_FALSE,  /* its condition did not hold */
    MAPPING_STEP_NOTHING /* what it reads is not there */
};

/* A rule that came to its turn. Those that run inside it follow, one deeper. */
struct mapping_step {
    uint32_t rule;
    unsigned depth;
    enum mapping_step_outcome outcome;
    struct slice group; /* at hand: "PATIENT_RESULT"; empty for the message itself */
    unsigned group_number;
    struct slice segment; /* at hand, or empty */
    unsigned sequence;
    uint32_t resource; /* written to, or MAPPING_NO_RESOURCE */
};

struct mapping_result {
    struct mapping_resource *resources;
    size_t resource_count;
    struct mapping_act *acts;
    size_t act_count;
    struct mapping_hold *holds; /* where there is one, nothing of the rest may take effect yet */
    size_t hold_count;
    struct mapping_trace *trace; /* empty without context.trace */
    size_t trace_count;
    struct mapping_look *looks; /* empty without context.looks; see mapping/leaf.h */
    size_t look_count;
    struct mapping_step *steps; /* empty without context.steps */
    size_t step_count;
    uint32_t
        *read; /* for each field of the message a bit for each repetition; see mapping_unread */
    const struct hl7v2_message *message;
    const struct mapping_program *program;
};

/* -1 with issues when the message cannot be translated: no rules for its structure, `refuse`, the
 * arena's ceiling. What could be translated with a loss is a warning (places in the message, rule =
 * the rule's id); so is what the message has to wait for (ISSUE_HELD), whose resources are as they
 * would be with `keep`. `structure` is what MSH-9 asks for ("ORU_R01"). */
int mapping_to_fhir(const struct mapping_program *program, const struct hl7v2_message *message,
                    struct slice structure, const struct mapping_context *context,
                    struct arena *arena, struct mapping_result *ret_result,
                    struct issue_list *issues) __attribute__((warn_unused_result));

/* One transaction Bundle: an entry with PUT Type/id for each resource, in order. FHIR R4
 * http.html#transaction. */
struct json *mapping_bundle(const struct mapping_result *result, struct arena *arena);

/* A field repetition with a value that no rule read, and that no `drop` names. */
struct mapping_unread {
    struct slice segment;
    unsigned sequence; /* among the segments of its name, from 1 */
    unsigned field;
    unsigned repetition;
    uint32_t start, length; /* bytes in the frame */
};
/* All of them, in the order of the message. MSH-1, MSH-2 and set ids count as read. */
size_t mapping_unread_list(const struct mapping_result *result, struct arena *arena,
                           struct mapping_unread **ret_list);

/* The trace as JSON, for `convert --trace`: an array of
 * {"resource":"Patient/x","path":"name[0].family","rule":"pid.name","at":"FILE:12:3",
 *  "from":"PID[1]-5","start":n,"length":n,"table":"...","guide":"..."}. */
struct json *mapping_trace_json(const struct mapping_result *result, struct arena *arena);
/* The acts, for the same: an array of
 * {"act":"merge","type":"Patient","into":"Patient/x","from":"Patient/y","rule":"...",
 *  "at":"FILE:12:3"}; a snapshot has "scope" and "set" instead. */
struct json *mapping_acts_json(const struct mapping_result *result, struct arena *arena);

#endif
