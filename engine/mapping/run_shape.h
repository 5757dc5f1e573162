/* run_shape: what a map did with a segment or a value, done again with the next of the same shape.
 *
 * Results stand by eight, forty, thousands in a message, and the messages of one sender are alike:
 * the map asks of each the same questions to write the same elements. So a run is watched: each
 * question that the rules asked is kept with its answer, and so is what they wrote. Where later all
 * questions have the same answers, the same elements are written and no rule is asked. What answers
 * otherwise is mapped by the rules, and may be watched in its turn.
 *
 * It is the cautious side that needs no words: what a rule reads counts as a question after its
 * bytes, so that other bytes there are another shape, and all that is written is kept as it is.
 * Only where a reader says that it looks at less does less have to be the same:
 *
 *   SHAPE_BYTES     the same bytes
 *   SHAPE_STATE     the same of nothing, deleted and valued
 *   SHAPE_PARTS     the same components hold something
 *   SHAPE_ROW       the code table gives the same row, or none
 *   SHAPE_VALUE     a value that its converter takes: the leaf gets what is made of it
 *   SHAPE_TEXT      a template that its converter takes, made of the same places that are valued
 *   SHAPE_EQUAL     the first components of two places, the second not empty, are equal, or not
 *   SHAPE_AGAIN     of two values the converters make the same
 *   SHAPE_THERE     another segment is found outward, or none
 *   SHAPE_FIELDS    the same fields of it hold something
 *
 * Besides, the segment must be of one id and have the same fields filled, and the message must read
 * its values the same way (struct shape_setting). A map's rules that reach further than that are
 * marked at load (compile_far.c): they are run anew, in their turn. So the record of a run is a
 * list of steps: what is written, a rule that runs, what is written, and so on. What a later rule
 * may write into the same element is run anew with it.
 *
 *     OBX-Observation          step 0   code, status, value      written again
 *                                       <entry OBX-16 ...>       run anew: it makes a Practitioner
 *                              step 1   method, identifier       written again
 *
 * Nothing is kept of a run that did more by itself than write below the root of a resource made
 * just now: reported or held something, met a value that was there, or read in a way that is none
 * of the above ("odd"). Only of segments without escapes, subcomponents, repetitions and characters
 * beyond ASCII, and where nobody asks for looks or steps.
 *
 * Shapes are kept over all messages of a feed (struct mapping_shapes), and one is watched when its
 * like comes a second time: watching costs as much as mapping. They hold bytes of messages: codes
 * and names of assigners as a rule, but what a rule reads in full may be anything of up to 256
 * bytes (what is longer is odd); they are wiped with their owner. Bytes are compared, never hashed.
 *
 * Internal to the room. */
#ifndef MAPPING_RUN_SHAPE_H
#define MAPPING_RUN_SHAPE_H

#include "mapping/run.h"
#include "mapping/shapes.h"

enum shape_kind {
    SHAPE_BYTES,
    SHAPE_STATE,
    SHAPE_PARTS,
    SHAPE_ROW,
    SHAPE_VALUE,
    SHAPE_EQUAL, /* the last of a place */
    SHAPE_TEXT,
    SHAPE_AGAIN,
    SHAPE_THERE,
    SHAPE_FIELDS
};

/* A field, or a component of it, of the segment that is watched (`of` is 0), of the first segment
 * of the id `of` outward, or the fact `of` - 1. Ids are beyond any number of facts. */
struct shape_place {
    uint32_t of;
    uint16_t field;     /* 0: of no segment, or a segment itself */
    uint16_t component; /* 0: the whole field */
};

/* A piece of a template, by its number there. */
struct shape_piece {
    struct shape_place place; /* nowhere: a literal, or a part that is not there */
    bool is_cut;              /* to its first component */
    struct slice text;        /* then */
};

/* What was asked, and the answer. */
struct shape_question {
    enum shape_kind kind;
    struct shape_place place;
    bool is_cut;        /* SHAPE_VALUE: to its first component */
    bool has_code;      /* SHAPE_ROW */
    bool is_so;         /* SHAPE_EQUAL, SHAPE_THERE */
    bool has_field;     /* there is a field there, whatever it says: it counts as read */
    uint32_t value;     /* SHAPE_VALUE, SHAPE_TEXT: its number, from 1; SHAPE_AGAIN: the second's */
    struct slice bytes; /* SHAPE_BYTES; SHAPE_ROW: that give the row; SHAPE_TEXT: the text then */
    union {
        struct {
            const struct operation *operation;
            struct shape_piece *pieces;
        } text;                     /* SHAPE_TEXT */
        struct shape_place other;   /* SHAPE_EQUAL */
        uint32_t first;             /* SHAPE_AGAIN: a value */
        enum found_state state;     /* SHAPE_STATE */
        uint64_t present;           /* SHAPE_PARTS, SHAPE_FIELDS: see presence_bit */
        const struct converter *by; /* SHAPE_VALUE */
        struct {
            const struct code_table *table;
            const struct code_row *row;
        }; /* SHAPE_ROW */
    };
};

/* Of the nodes below: 0 is the root of the resource, n the n-th node. */
typedef uint32_t shape_node_number;

struct shape_node {
    shape_node_number parent;
    enum json_kind kind;
    uint32_t value;    /* its number, from 1; 0: none */
    struct slice name; /* empty in an array */
    struct slice text; /* "true" or "false" of a boolean; where no value is written */
};

struct shape_slot {
    shape_node_number owner;
    shape_node_number node; /* of the value; 0: the value is no node */
    const char *label;
    void *value;
};

struct shape_mark {
    struct slice element;
    shape_node_number entry; /* 0: none */
    uint32_t rule;
};

struct shape_trace {
    shape_node_number node;
    uint32_t rule, row;
    enum mapping_trace_kind kind;
    struct shape_place place; /* MAPPING_TRACE_FIELD */
};

/* A field that was read, of a segment. */
struct shape_read {
    uint32_t of; /* as in a shape_place */
    uint32_t field;
};

#define SHAPE_NO_OPERATION UINT32_MAX

/* What is written, up to these numbers of nodes and so on, and the operation that runs then: or the
 * lines of a `first`, from it on, until one holds. */
struct shape_step {
    uint32_t nodes, slots, marks, traces;
    uint32_t operation; /* SHAPE_NO_OPERATION: none, the last step */
    uint32_t body;      /* that the operation is in */
    uint32_t lines_end; /* 0: it is no line of a `first` */
};

/* How a message reads its values; where it is another, shapes are others. */
struct shape_setting {
    const struct zone *zone;
    struct hl7v2_delimiters delimiters;
    int header_offset_minutes;
    bool has_header_offset;
    bool trace, as_text;
};

struct run_shape {
    struct run_shape *next; /* in its chain */
    const struct shape_setting *setting;
    uint32_t body;
    uint32_t segment_id;
    struct shape_place value; /* at hand when it began; field 0: the segment itself */
    uint64_t fields;          /* of the segment, see presence_bit */
    bool is_odd;              /* nothing was kept */
    bool is_watched;          /* else its like was seen once, and nothing is kept yet */
    uint32_t value_count;
    struct shape_question *questions;
    struct shape_node *nodes;
    struct shape_slot *slots;
    struct shape_mark *marks;
    struct shape_trace *traces;
    struct shape_read *reads;
    struct shape_step *steps;
    struct growing question_size, node_size, slot_size, mark_size, trace_size, read_size, step_size;
};

/* Runs the map's body on what is at hand, for a resource that was made just now and has nothing but
 * what it was made with. */
void run_map_by_shape(struct run *run, const struct frame *frame, uint32_t body);
/* Takes the shapes that the context has, if they are of this program; before anything is mapped. */
void run_take_shapes(struct run *run);

/* Whether it is more than fields and components as they stand. */
static inline bool run_shape_is_odd(const struct run *run, size_t segment)
{
    return run->odd_segments && run->odd_segments[segment];
}
/* Runs what a step runs anew. */
void run_shape_run_step(struct run *run, const struct frame *frame, const struct shape_step *step);

/* Whether a condition that compares the two says so. */
bool run_shape_equal(struct run *run, const struct cursor *cursor, struct shape_place a,
                     struct shape_place b);

/* Where the value at hand stands in its segment. False where that cannot be said. */
bool run_shape_place_of(const struct run *run, size_t segment, struct slice raw, unsigned depth,
                        struct shape_place *ret_place);
/* Whether the field of a place holds anything; `segment` is the watched one, seen from the group.
 */
bool run_shape_has_field(struct run *run, uint32_t group, size_t segment, struct shape_place place);
/* The bytes of a place, likewise. */
struct slice run_shape_part(struct run *run, uint32_t group, size_t segment,
                            struct shape_place place);

/* --- what is watched ---------------------------------------------------------------------------*/

/* A node whose text is what a converter made of a question's value. */
struct recorded_value {
    const struct json *node;
    uint32_t value; /* its number, from 1 */
};

struct recorded_slot {
    const void *owner;
    const char *label;
};

/* What a phase may have done besides writing; all of it must be the same afterwards. */
struct recorded_effects {
    size_t resources, instances, joins, periods, links, acts, holds, issues, dropped;
    size_t references, clears;
    bool refused;
};

/* The number of a node of the tree. */
struct numbered {
    const struct json *node;
    shape_node_number number;
};

struct run_record {
    struct run_shape *shape; /* its lists in the arena of the message, until they are kept */
    size_t segment;          /* that is watched, */
    uint32_t group;          /* from this group */
    uint32_t resource;
    const struct cursor *cursor; /* at what is watched */
    const struct json *root;
    bool is_odd;
    const struct json *old; /* met by the write at hand, and not written; NULL: none */
    bool must_equal;        /* it is what would have been written */
    /* of the phase at hand */
    struct recorded_effects before;
    size_t first_mark, first_trace; /* that are its own */
    struct recorded_slot *slots;
    struct shape_place *traced; /* by entry of the trace, from first_trace on */
    struct growing slot_size, traced_size;
    /* of all */
    const struct path **paths; /* that rules which ran anew may have written; NULL: any */
    struct growing path_size;
    struct recorded_value *values;
    struct growing value_size;
    struct numbered *numbers; /* by address */
    size_t number_count, number_mask;
};

/* --- run_shape_record.c ------------------------------------------------------------------------*/

/* The value that the node says, or 0. */
uint32_t run_shape_value_of(const struct run_record *record, const struct json *node);
/* Fewer questions, the same answers. */
void run_shape_drop_implied(const struct run *run, struct run_shape *shape);

/* --- run_shape_watch.c -------------------------------------------------------------------------*/

/* Whether it was not made before, or by a rule that runs anew. */
bool run_shape_is_ours(const struct run_record *record, const struct json *node);

/* Runs the body, watches it, and fills in the shape from the arena; with is_odd where nothing could
 * be kept. */
void run_shape_watch(struct run *run, const struct frame *frame, struct run_shape *shape,
                     struct arena *arena);

#endif
