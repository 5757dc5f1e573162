/* program_internal: what a program is made of.
 *
 * The rules of a map or of a message, its body, become operations in one flat array. An operation
 * that holds others is followed by them; `end` is the index behind the last, so that running a list
 * is
 *
 *     for (i = first; i < end; i = operations[i].end)
 *
 * and skipping is one assignment. Bodies call each other by number; calls form no circle (checked
 * at load), so a program always ends: loops are bounded by the message.
 *
 * Internal to the room. */
#ifndef MAPPING_PROGRAM_INTERNAL_H
#define MAPPING_PROGRAM_INTERNAL_H

#include "mapping/condition.h"
#include "mapping/convert.h"
#include "mapping/library.h"
#include "mapping/path.h"
#include "mapping/to_fhir.h"

#define NO_MAP UINT32_MAX

enum operation_kind {
    OPERATION_BODY, /* head of a map or a message: holds its rules */
    OPERATION_EACH,
    OPERATION_MAKE,
    OPERATION_ALSO,
    OPERATION_LINK,
    OPERATION_MERGE,
    OPERATION_SNAPSHOT,
    OPERATION_SET,
    OPERATION_ENTRY,
    OPERATION_REF,
    OPERATION_USE,
    OPERATION_FILL,
    OPERATION_FIRST,
    OPERATION_KIND_COUNT
};

enum source_kind {
    SOURCE_NONE,
    SOURCE_PLACES,
    SOURCE_VALUE, /* literal text */
    SOURCE_TEMPLATE,
    SOURCE_CODE,
    SOURCE_UNIT
};

/* One piece of a text="...": literal, or a place when literal.ptr is NULL. */
struct template_piece {
    struct slice literal;
    struct place place;
};

struct coding {
    struct slice system, code, display;
};

struct source {
    enum source_kind kind;
    struct places places;
    struct slice value;
    const struct coding *code; /* SOURCE_CODE; for SOURCE_UNIT code is the unit */
    const struct template_piece *pieces;
    size_t piece_count;
};

enum loss { LOSS_KEEP, LOSS_DROP, LOSS_REFUSE, LOSS_HOLD };
enum keep { KEEP_NOT_SAID, KEEP_FIRST, KEEP_LAST };
enum clash { CLASH_NOT_SAID, CLASH_NUMBER, CLASH_SAME, CLASH_HOLD };

/* What of a field a key part takes; follows from its data type. */
enum part_kind { PART_TEXT, PART_CX, PART_EI, PART_CWE, PART_NAME };

struct key_part {
    enum part_kind kind;
    bool is_assigner; /* who gave a number: alone it names nothing */
    bool has_owner;   /* PART_EI: without an assigner it is the number of `name` */
    struct places places;
    uint32_t name; /* PART_NAME, has_owner */
};

struct key_rule {
    struct slice name;
    struct key_part *parts;
    size_t part_count;
};

/* Names of resources, in order of preference: "bed or room". */
#define NAME_THIS UINT32_MAX
#define NAME_ALL (UINT32_MAX - 1)
struct name_list {
    uint32_t *items;
    size_t count;
};

/* What a segment place means in a structure, for make and also. */
struct segment_source {
    struct place place;
    uint32_t *nodes; /* of the structure: the segments it finds; none for Z segments */
    size_t node_count;
};

/* plus, minus: a length of time. */
struct time_span {
    struct places amount;
    struct places units; /* units-from, or none: */
    struct slice unit;   /* units */
    bool is_minus;
};

/* What is there, one bit a field of a segment or a part of a value: bit n says that the n-th holds
 * at least a byte, bit 63 that one from the 63rd on may, and bit 0 is always set. */
static inline uint64_t presence_bit(unsigned number)
{
    return UINT64_C(1) << (number < 63 ? number : 63);
}

/* Of a segment id (HL7V2_ID): where it is not set, no segment of that id is there. */
static inline uint64_t segment_bit(uint32_t id)
{
    return UINT64_C(1) << (id * UINT32_C(2654435761) >> 26);
}

/* What each rule is asked first, apart from the operations so that asking a whole list touches
 * little memory. Most rules of the guide read what most messages do not say: they cost one look at
 * the bits of what is at hand. See compile_guard.c. */
struct operation_guard {
    uint32_t end;     /* as in the operation */
    uint32_t segment; /* HL7V2_ID: of this segment, where it is at hand; 0: of the value at hand */
    uint64_t needs;   /* one of these must be there, or the rule does nothing; bit 0: none asked */
};

/* What a rule does with a frame; true when it held (for `first`). */
struct run;
struct frame;
struct operation;
typedef bool run_word(struct run *run, const struct frame *frame,
                      const struct operation *operation);

/* The fields that every run of a rule needs stand first. What is large and few rules have stands
 * behind a pointer: there are thousands of operations, and they stay. */
struct operation {
    run_word *word; /* that runs it, chosen at load; see run_word_of */
    enum operation_kind kind;
    uint32_t rule; /* its number */
    uint32_t end;
    uint32_t map; /* number of the body it calls, or NO_MAP */
    const struct condition *when;
    struct path *to; /* NULL: the element at hand */
    const struct converter *converter;
    const struct code_table *table;
    struct name_list in; /* none: the resource at hand */
    struct source source;
    struct key_rule *keys; /* first the key, then aliases; merge: into, from */
    size_t key_count;
    uint32_t name;     /* make, ref: what the resource is called; NAME_THIS: nothing */
    bool has_names;    /* something inside is given a name: it needs a scope */
    bool is_find;      /* ref */
    bool is_tentative; /* in a `first`: holds only where the table knows the code */
    bool join;
    bool is_many;  /* each repetition of the place is written */
    bool is_far;   /* it, or one inside, reaches beyond segment and resource: see compile_far.c */
    bool asks_far; /* what it reads, or depends on, is beyond the segment */
    enum loss unmapped;
    enum loss invalid;
    enum loss required; /* LOSS_KEEP: it is not */
    enum keep keep;
    enum clash clash;
    struct slice type;       /* make, ref, merge, snapshot: resource type */
    struct name_list target; /* link */
    struct slice min, max;
    const struct time_span *span;         /* plus, minus; or NULL */
    struct path *columns;                 /* fill: one for each column of the table */
    uint32_t group_node;                  /* each */
    struct slice merge;                   /* make: its word */
    enum mapping_act_kind act;            /* merge */
    struct slice scope;                   /* snapshot */
    const struct segment_source *segment; /* make, also; NULL: no segment is asked for */
    const struct place *action;           /* make; or NULL */
    const struct code_table *action_table;
};

/* The word for what the operation is, as special as it can be. */
run_word *run_word_of(const struct operation *operation);

/* Where a name is given: an operation whose scope it lives in. */
struct name_home {
    uint32_t name;
    uint32_t operation;
};

/* The rules of one map or message. */
struct body {
    struct operation *operations;   /* the first is the OPERATION_BODY, around all others */
    struct operation_guard *guards; /* one for each operation */
    uint32_t count;
    struct name_home *homes; /* of the names given in it: by name, then by operation */
    size_t home_count;
    struct place *dropped; /* places that nobody reads on purpose */
    size_t dropped_count;
};

/* What people are told of a rule; see mapping_rule_facts. */
struct rule_source {
    struct slice id, file, guide, because;
    unsigned line, column;
    const struct rule_change *change; /* NULL: it is as the base has it */
};
struct rule_change {
    struct slice file;
    unsigned line, column;
    struct slice attributes; /* "min, max" */
};

/* A message's rules. */
struct message_program {
    const struct hl7v2_structure *structure;
    uint32_t body; /* its number */
};

/* A site's program is the base's but for the bodies, tables and texts that the site changes.
 * Numbers (of bodies, rules, rows, names, answers) mean the same in both; those of the site's own
 * follow those of the base. */
struct mapping_program {
    const struct mapping_program *base; /* whose parts it shares; NULL: it stands alone */
    const struct mapping_rules *rules;  /* as they were read; NULL: they were given back */
    const struct hl7v2_dictionary *dictionary;
    struct mapping_site site;
    struct slice revision;
    const struct body **bodies; /* of maps, by number; then of messages */
    size_t body_count;
    size_t answer_count;         /* of conditions whose answer is kept, see condition.h */
    struct rule_source *sources; /* of its own operations, by number from first_source on */
    uint32_t first_source;
    size_t source_count;
    struct map messages; /* structure to struct message_program */
    struct code_tables tables;
    struct slice *names; /* of resources, by number */
    size_t name_count;
    struct slice *labels; /* of entries: equal ones are one pointer */
    size_t label_count;
    struct slice *decisions; /* what hangs on choices, by number: "x = 'y'" */
    size_t decision_count;
    const bool *decided;         /* by number: whether it holds here */
    const struct place *dropped; /* places that the site wants nobody to read */
    size_t dropped_count;
};

#endif
