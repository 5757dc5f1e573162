/* place: where a rule reads: `PID-3[2].4.1`, `PATIENT.PID`, `ROL after PID`, `SCH-26[nth SERVICE]`,
 * `.3.2`, `engine.now`.
 *
 *   places   = place { " or " place }
 *   place    = relative / fact / segment [ "-" field ]
 *   relative = "." [ number [ "." number ] ]
 *   segment  = { GROUP "." } SEG [ "[" number "]" ] [ " after " SEG ]
 *   field    = number [ "[" ( number / "nth " GROUP ) "]" ] [ "." number [ "." number ] ]
 *
 * Internal to the room. */
#ifndef MAPPING_PLACE_H
#define MAPPING_PLACE_H

#include "hl7v2/dictionary.h"
#include "mapping/rule.h"

enum place_kind {
    PLACE_SEGMENT,  /* a segment or something in it */
    PLACE_RELATIVE, /* the value at hand or a part of it */
    PLACE_FACT
};

enum place_fact {
    FACT_NOW,
    FACT_MESSAGE,
    FACT_SOURCE,
    FACT_SITE,
    FACT_ORGANIZATION,
    FACT_TIME_ZONE,
    FACT_MRN_SYSTEM,
    FACT_RECEIVER_MRN_SYSTEM,
    FACT_REVISION,
    FACT_COUNT
};
extern const struct slice PLACE_FACTS[FACT_COUNT];

/* What a lookup needs stands first. */
struct place {
    enum place_kind kind;
    uint32_t segment;      /* HL7V2_ID */
    uint32_t sequence;     /* [n] behind the segment; 0 not said */
    unsigned field;        /* 0: the segment itself */
    unsigned repetition;   /* 0: not said */
    unsigned component;    /* for PLACE_RELATIVE the first number; 0 not said */
    unsigned subcomponent; /* for PLACE_RELATIVE the second */
    enum place_fact fact;
    bool is_composite;   /* by the dictionary: it has parts, and none was named */
    bool is_near;        /* of a segment by its name alone: where one is at hand, that one */
    struct slice nth;    /* group whose number is the repetition, or empty */
    uint32_t after;      /* HL7V2_ID of the segment it follows; 0 not said */
    struct slice text;   /* as written */
    struct slice groups; /* "PATIENT.VISIT" before the segment, or empty */
};

struct places {
    struct place *items;
    size_t count; /* the first that is valued counts */
};

/* Reads a place at the front of the text; its length in bytes, or 0 where none is there. */
size_t place_parse_front(struct slice text, struct place *ret_place);
/* Reads the whole text as places. -1 with *ret_column the byte that does not fit. */
int places_parse(struct slice text, struct arena *arena, struct places *ret_places,
                 size_t *ret_column);

/* What is known where a place is used, for checks. */
struct place_scope {
    const struct hl7v2_dictionary *dictionary;
    struct slice type;          /* v2 data type of the value at hand, or empty: not known */
    enum hl7v2_version version; /* the field must be in it; UNKNOWN: any */
    const struct hl7v2_structure *structure; /* of a message file; NULL in a map */
    uint32_t node;                           /* the group at hand in it */
};
/* The v2 data type of a place, or empty: not known (a Z segment, OBX-5, a segment). */
struct slice place_type(const struct place *place, const struct place_scope *scope);
/* Checks that the dictionary has it, and notes whether it is composite. An error at `offset` bytes
 * into the attribute. False where it was reported. */
bool place_check(struct place *place, const struct place_scope *scope, const struct rule *rule,
                 enum rule_attribute attribute, size_t offset, struct issue_list *issues);
/* "did you mean 'ORC'?" of a text that is no place or begins with a segment that is none: by the
 * segment that the rule's own map reads, then by those that HL7 knows. Empty when nothing is near.
 */
struct slice place_did_you_mean(struct slice text, const struct place_scope *scope,
                                const struct rule *rule, struct arena *arena);

#endif
