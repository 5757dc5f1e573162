/* run_shape: what a map did with one segment, done again with the next one of the same shape.
 *
 * A message of results has eight, forty, thousands of OBX, and the map asks of each the same
 * questions to write the same elements. So the second of many is watched: each question that the
 * rules asked of the segment is kept with its answer, and so is what they wrote. A later segment of
 * which every question has the same answer gets the same elements, and no rule is asked. One that
 * answers otherwise is mapped by the rules, and may be watched in its turn.
 *
 * It is the cautious side that needs no words: what a rule reads counts as a question after its
 * bytes, so that a segment with other bytes there is of another shape, and all that is written is
 * kept as it is. Only where a reader says that it looks at less does less have to be the same:
 *
 *   SHAPE_BYTES     the same bytes
 *   SHAPE_STATE     the same of nothing, deleted and valued
 *   SHAPE_PARTS     the same components hold something
 *   SHAPE_ROW       the code table gives the same row, or none
 *   SHAPE_VALUE     a value that its converter takes: the leaf gets what is made of it
 *   SHAPE_OUTWARD   the same other segment is found outward, or none
 *
 * With them, the segments must be of one id and have the same fields filled. What the segment does
 * not say is the same anyway, because a shape never leaves its message: the facts, the other
 * segments, the site, the program.
 *
 * Nothing is kept of a run that did more than write below the root of a resource made just now:
 * made, referred to, cleared, joined, held or reported anything, met a value that was there, or
 * read in a way that is none of the above ("odd"). Only in messages without escapes, subcomponents
 * and charsets, of segments without repetitions, and where nobody asks for looks or steps.
 *
 * Internal to the room. */
#ifndef MAPPING_RUN_SHAPE_H
#define MAPPING_RUN_SHAPE_H

#include "mapping/run.h"

enum shape_kind { SHAPE_BYTES, SHAPE_STATE, SHAPE_PARTS, SHAPE_ROW, SHAPE_VALUE, SHAPE_OUTWARD };

/* A field of the segment, or a component of it; field 0: no part of the segment. */
struct shape_place {
    uint32_t field;
    uint32_t component; /* 0: the whole field */
};

/* What was asked, and the answer. */
struct shape_question {
    enum shape_kind kind;
    struct shape_place place;
    struct slice bytes;             /* SHAPE_BYTES */
    enum found_state state;         /* SHAPE_STATE */
    uint64_t parts;                 /* SHAPE_PARTS */
    const struct code_table *table; /* SHAPE_ROW */
    const struct code_row *row;
    bool has_code;
    const struct converter *converter; /* SHAPE_VALUE */
    bool is_cut;                       /* to its first component */
    uint32_t value;                    /* its number, from 1 */
    uint32_t id;                       /* SHAPE_OUTWARD: HL7V2_ID */
    size_t segment;                    /* or HL7V2_NO_SEGMENT */
};

/* Of the nodes below: 0 is the root of the resource, n the n-th node. */
typedef uint32_t shape_node_number;

struct shape_node {
    shape_node_number parent;
    enum json_kind kind;
    struct slice name; /* empty in an array */
    struct slice text; /* "true" or "false" of a boolean; where no value is written */
    uint32_t value;    /* its number, from 1; 0: none */
};

struct shape_slot {
    shape_node_number owner;
    const char *label;
    shape_node_number node; /* of the value; 0: the value is no node */
    void *value;
};

struct shape_mark {
    struct slice element;
    shape_node_number entry; /* 0: none */
    uint32_t rule;
};

struct shape_trace {
    struct mapping_trace entry; /* without its node and resource */
    shape_node_number node;
    struct shape_place place; /* of the segment; field 0: as in the entry */
};

struct run_shape {
    struct run_shape *next;
    uint32_t body;
    bool is_odd; /* nothing was kept */
    size_t segment;
    struct shape_question *questions;
    struct shape_node *nodes;
    struct shape_slot *slots;
    struct shape_mark *marks;
    struct shape_trace *trace;
    uint32_t *read; /* by field, see struct run */
    struct growing question_size, node_size, slot_size, mark_size, trace_size;
    uint32_t value_count;
};

/* Runs the map's body on the segment at hand, for a resource that was made just now and has nothing
 * but what it was made with. */
void run_map_by_shape(struct run *run, const struct frame *frame, uint32_t body);

/* --- run_shape_record.c ------------------------------------------------------------------------*/

/* Runs the body and watches it; the shape has is_odd where nothing could be kept. */
struct run_shape *run_shape_record(struct run *run, const struct frame *frame, uint32_t body);
/* The bytes of a place in a segment. */
struct slice run_shape_part(const struct run *run, size_t segment, struct shape_place place);

#endif
