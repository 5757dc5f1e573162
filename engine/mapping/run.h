/* run: one message going through a program. What the files of the interpreter share.
 *
 *   to_fhir.c      the message: groups, resources, acts, links, the end
 *   run_message.c  what the message has nowhere
 *   run_value.c    reading: places, conditions, templates, keys
 *   run_set.c      set
 *   run_element.c  entry, ref, use, fill, first
 *   run_write.c    writing: the walk along a path, slots, marks, trace
 *   run_repeated.c entries of a list that were written twice
 *   run_hold.c     what the message has to wait for
 *   run_steps.c    the same rules in the same order, with the record of which ran
 *   run_shape.c    what a map did with a segment or value, done again with the next of its shape
 *   run_period.c   periods that end before they start
 *
 * Everything lives in the arena of the message. Internal to the room. */
#ifndef MAPPING_RUN_H
#define MAPPING_RUN_H

#include "hl7v2/grouping.h"
#include "mapping/program_internal.h"

/* An array that grows in the run's arena. */
struct growing {
    size_t count, capacity;
};

/* Where names live: one for each instance of a group, each resource made, each repetition of an
 * entry, each map that runs, where names are given inside. Instances made while it was open are
 * instances [first, end). */
struct run_scope {
    struct run_scope *parent;
    const struct body *body;
    uint32_t operation;  /* of the body */
    uint32_t first, end; /* end is UINT32_MAX while it is open */
};

/* A resource under a name. */
struct run_instance {
    uint32_t name;
    uint32_t resource;
};

/* Indexes of instances of one name, ascending. */
struct run_named {
    uint32_t *items;
    struct growing size;
};

/* What is read from. depth: 0 nothing at hand, 1 a repetition, 2 a component, 3 a subcomponent. */
struct cursor {
    uint32_t group;
    uint32_t segment_id;  /* of the segment at hand, or 0 */
    uint32_t first_field; /* of the segment at hand, in the message's list of fields */
    size_t segment;       /* at hand, or HL7V2_NO_SEGMENT */
    uint64_t fields;      /* of the segment at hand: see presence_bit */
    uint64_t parts;       /* of the value at hand: its components or subcomponents */
    unsigned depth;
    unsigned cut_count;
    const struct slice *cut; /* the first parts of the value at hand, or NULL */
    struct slice value;
};

/* Where a segment was found before. */
struct run_outward {
    uint32_t id, group;
    size_t segment;
};
#define RUN_OUTWARD_COUNT 64

/* Where a segment was found before by the groups that its place names. */
struct run_in_groups {
    const struct place *place; /* of the program */
    uint32_t group;
    size_t segment;
};
#define RUN_IN_GROUPS_COUNT 32

/* So many parts are cut; only where the last bit of `parts` is set may there be more. */
#define RUN_CUT_LIMIT 32

/* A value that was cut into its parts; depth 0: none was. */
struct run_cut {
    struct slice value;
    unsigned depth;
    unsigned count;
    uint64_t present; /* see presence_bit */
    const struct slice *parts;
};

/* What is written to. Made in the JSON tree when something is first written into it. */
struct target {
    struct target *parent;   /* NULL: the root of a resource */
    const struct path *path; /* from the parent's element */
    struct json *node;       /* NULL: not made yet */
    uint32_t resource;
    uint32_t rule;
};

struct frame {
    struct cursor cursor;
    struct target *target; /* NULL outside resources */
    struct run_scope *scope;
};

struct run_resource {
    struct mapping_resource out;
    struct target *root;
    struct slice reference; /* "Patient/ID" */
    struct growing mark_size, clear_size, reference_size;
    bool is_met_again; /* a second rule made it by the same key: its lists may repeat entries */
};

/* The shared entry of a list, by list and label. */
struct run_slot {
    const void *owner;
    const char *label;
    void *value;
};

/* A text that is joined from several values; written at the end. */
struct run_join {
    const struct operation *operation;
    struct target *target;
    struct found *first; /* where the first line stands */
    struct json *container;
    uint32_t resource;
    bool at_root;
    struct slice *lines;
    struct growing size;
    struct slice *raws; /* of the places that gave the lines */
    struct growing raw_size;
};

/* A Period whose end was written: start may come after it. */
struct run_period {
    const struct operation *operation;
    struct json *period;
    uint32_t resource;
};

/* A link waits until the whole message is read. */
struct run_link {
    const struct operation *operation;
    struct frame frame;
};

struct run {
    const struct mapping_program *program;
    const struct body *body; /* whose operations run */
    const struct hl7v2_message *message;
    const struct mapping_context *context;
    struct arena *arena;
    struct issue_list *issues;
    struct hl7v2_grouping grouping;
    struct hl7v2_datetime_defaults defaults;
    struct slice facts[FACT_COUNT];
    struct digest_key *id_key; /* in the arena, which is wiped */
    uint64_t *present;         /* by segment: its fields, see presence_bit */
    uint64_t segments;         /* what is there: see segment_bit */
    uint32_t *read;
    uint32_t *answers;  /* of conditions, by number: segment + 2, and the answer in the last bit */
    struct run_cut cut; /* the last */
    struct run_outward *outward;     /* by id and group; RUN_OUTWARD_COUNT of them */
    struct run_in_groups *in_groups; /* by place and group; RUN_IN_GROUPS_COUNT of them */
    /* What most messages have nowhere is looked for once, not in every value. */
    bool has_repetitions, has_subcomponents;
    bool is_plain;      /* nothing to decode: see hl7v2_text_is_plain */
    bool is_simple;     /* nor subcomponents, nor does anybody want to know of each look */
    bool *odd_segments; /* those with repetitions, subcomponents, something to decode; NULL: none */
    bool begins_value[256]; /* by first byte: what begins so is valued */
    struct run_resource *resources;
    struct growing resource_size;
    struct map by_id;   /* id text to resource number + 1 */
    struct map numbers; /* id text of a key that was met again to the last number it was given */
    struct run_instance *instances;
    struct growing instance_size;
    struct run_named *named; /* by name number */
    struct run_slot *slots;
    size_t slot_count, slot_mask;
    struct mapping_trace *trace;
    struct growing trace_size;
    struct mapping_look *looks;
    struct growing look_size;
    struct mapping_step *steps;
    struct growing step_size;
    unsigned step_depth;
    struct run_join *joins;
    struct growing join_size;
    struct run_period *periods;
    struct growing period_size;
    struct run_link *links;
    struct growing link_size;
    struct mapping_act *acts;
    struct growing act_size;
    struct mapping_hold *holds;
    struct growing hold_size;
    struct mapping_shapes *shapes;       /* see run_shape.h; NULL: nothing is learnt */
    const struct shape_setting *setting; /* of the shapes */
    struct run_record *record;           /* while a run is watched; else NULL */
    unsigned depth;
    bool refused;
};

#define RUN_DEPTH_LIMIT 64
/* Extension of an element whose value did not fit: what was sent. */
#define RUN_ORIGINAL_TEXT "http://hl7.org/fhir/StructureDefinition/originalText"

/* The array with room for one more; capacity doubles. */
void *run_grow(struct arena *arena, void *items, size_t item_size, struct growing *size,
               size_t first_capacity);

/* --- run_message.c -----------------------------------------------------------------------------*/

/* Fills in what the message has nowhere; before anything is read. */
void run_look_through(struct run *run);

/* --- run_value.c -------------------------------------------------------------------------------*/

enum found_state { FOUND_NOTHING, FOUND_DELETED, FOUND_VALUE };

struct found {
    enum found_state state;
    unsigned depth;
    struct slice raw; /* bytes of the frame, or the text of a fact */
    const struct place *place;
    size_t segment;
    struct slice whole; /* the field, for going through its repetitions */
    bool is_fact;
};

/* The place, its first repetition where none is named. */
struct found run_find(struct run *run, const struct cursor *cursor, const struct place *place);
/* The same; for who says itself what it looks at: see run_record_bytes. */
struct found run_peek(struct run *run, const struct cursor *cursor, const struct place *place);
/* The first of the places that is valued, else one that is deleted, else nothing. */
struct found run_find_first(struct run *run, const struct cursor *cursor,
                            const struct places *places);
/* The same, of which only the state counts as seen: see run_record_state. */
struct found run_find_first_valued(struct run *run, const struct cursor *cursor,
                                   const struct places *places);
/* Whether bytes of the message say anything. */
enum found_state run_state_of(const struct run *run, struct slice raw);
/* The first segment of an id in the group or outward, or HL7V2_NO_SEGMENT. */
size_t run_segment_outward(struct run *run, uint32_t group, uint32_t id);
/* The same place in the next repetition of its field; false at the end. `number` counts from 1. */
bool run_next_repetition(struct run *run, struct found *found, unsigned *number);
/* Whether a condition that is there holds. */
bool run_test(struct run *run, const struct cursor *cursor, const struct condition *condition);
/* Most rules have none: that holds always. */
static inline bool run_holds(struct run *run, const struct cursor *cursor,
                             const struct condition *condition)
{
    return !condition || run_test(run, cursor, condition);
}
/* Decoded text of raw bytes: the first component only unless `whole`. `kind` says what for. */
struct slice run_text_for(struct run *run, const struct found *found, bool whole,
                          enum mapping_look_kind kind);
static inline struct slice run_text(struct run *run, const struct found *found, bool whole)
{
    return run_text_for(run, found, whole, MAPPING_LOOK_VALUE);
}
/* The same of a part of what was found: its component (and of that a subcomponent, or 0), or its
 * subcomponent where it is a component itself. */
struct slice run_part_for(struct run *run, const struct found *found, unsigned number, unsigned sub,
                          enum mapping_look_kind kind);
/* The code (component 1) and its system (component 3 of a whole repetition). */
struct slice run_code_for(struct run *run, const struct found *found, struct slice *ret_system,
                          enum mapping_look_kind kind);
static inline struct slice run_code(struct run *run, const struct found *found,
                                    struct slice *ret_system)
{
    return run_code_for(run, found, ret_system, MAPPING_LOOK_VALUE);
}
/* The key; false where no part is valued, or a part that is a number (EI, CX) or the name of a
 * resource is not there. */
bool run_key(struct run *run, const struct frame *frame, const struct key_rule *rule,
             struct slice type, struct mapping_key *ret_key);
void run_derive(struct run *run, struct slice type, struct mapping_key *key);
/* True where the operation certainly does nothing. */
static inline bool run_is_guarded(const struct operation_guard *guard, const struct cursor *cursor)
{
    if (guard->segment == 0)
        return !(guard->needs & cursor->parts);
    return guard->segment == cursor->segment_id && !(guard->needs & cursor->fields);
}
/* A segment at hand, with no value. */
struct cursor run_cursor_of_segment(const struct run *run, uint32_t group, size_t segment);
/* A value at hand for what stands inside. */
struct cursor run_cursor_at(struct run *run, const struct cursor *cursor,
                            const struct found *found);
/* Instances of a name as seen from a scope: calls visit for each, stops at the first when `single`;
 * how many there were. */
typedef void run_visit(struct run *run, uint32_t resource, void *data);
size_t run_named_each(struct run *run, const struct run_scope *scope, uint32_t name, bool single,
                      run_visit *visit, void *data);

/* --- run_write.c -------------------------------------------------------------------------------*/

struct target *run_target(struct run *run, struct target *parent, const struct path *path,
                          uint32_t rule);
/* Its JSON object, made where it is missing. */
struct json *run_make_target(struct run *run, struct target *target);
static inline struct json *run_open(struct run *run, struct target *target)
{
    return target->node ? target->node : run_make_target(run, target);
}
/* Writes a primitive at a path below the target; the node, or NULL where it was not written. */
struct json *run_write(struct run *run, const struct operation *operation, struct target *target,
                       const struct path *path, const struct converted *value);
/* The container that holds the last step of the path. */
struct json *run_walk(struct run *run, struct target *target, const struct path *path, size_t steps,
                      uint32_t rule);
struct json *run_write_leaf(struct run *run, const struct operation *operation,
                            struct json *container, const struct path_step *step, uint32_t resource,
                            bool at_root, const struct converted *value);
/* False where another type of the same choice was written before. */
bool run_claim_type(struct run *run, const struct operation *operation, struct target *target,
                    const struct path *path);
static inline bool run_claim_choice(struct run *run, const struct operation *operation,
                                    struct target *target, const struct path *path)
{
    return !path->is_choice || run_claim_type(run, operation, target, path);
}
/* What does not fit is kept as text (invalid="keep-text"). */
void run_keep_text(struct run *run, const struct operation *operation, struct target *target,
                   const struct path *path, const struct found *found);
/* A Reference object at the path with the id of a resource. */
void run_write_reference(struct run *run, const struct operation *operation, struct target *target,
                         const struct path *path, uint32_t resource,
                         const struct mapping_key *find_key);
/* Writes an extension of a primitive: _name.extension[url].valueString or alternate-codes. */
void run_write_extension(struct run *run, struct target *target, const struct path *path,
                         uint32_t rule, struct slice url, const struct found *found,
                         struct slice text, bool is_code);
void run_clear(struct run *run, const struct target *target, const struct path *path,
               uint32_t rule);
void run_trace_found(struct run *run, const struct json *node, uint32_t resource, uint32_t rule,
                     const struct found *found, uint32_t row);
void run_trace(struct run *run, const struct json *node, uint32_t resource, uint32_t rule,
               enum mapping_trace_kind kind, uint32_t row);
/* Where in the message it stands; none where it is NULL or a fact. */
struct issue_place run_place(const struct run *run, const struct found *found);
/* A warning (or error) of a rule at what it read; where the rule says why it is so, that follows.
 */
void run_report(struct run *run, const struct operation *operation, const struct found *found,
                enum issue_code code, enum issue_severity severity, const char *words);

/* The slot of a list and a label; its value is NULL while nothing was put there. */
struct run_slot *run_slot_of(struct run *run, const void *owner, const char *label);

/* --- run_shape_record.c, run_shape_watch.c: what a watched run saw and did; see run_shape.h ----*/

/* Something that cannot be done again without the rules. */
void run_record_odd(struct run_record *record);
/* The bytes of what was found; most readers need not say it, run_find does. */
void run_record_bytes(struct run *run, const struct found *found);
/* Whether it is valued, and no more. */
void run_record_state(struct run *run, const struct found *found);
/* How often its field is repeated. */
void run_record_count(struct run *run, const struct found *found);
/* Which parts of the value at hand hold something. */
void run_record_parts(struct run *run, const struct cursor *cursor);
/* The row of its code; NULL: the table has none. */
void run_record_row(struct run *run, const struct found *found, const struct code_table *table,
                    const struct code_match *match, struct slice code);
/* What was written of a value, by the operation's converter alone. */
void run_record_value(struct run *run, const struct found *found, const struct operation *operation,
                      const struct json *node);
/* What was written of a template: of each of its pieces where it stands, and what it says. */
void run_record_text(struct run *run, const struct operation *operation, const struct found *founds,
                     const struct slice *texts, const struct json *node);
/* A value is there where one is written: the write says the same, or may say another. */
void run_record_old(struct run *run, const struct json *old, bool must_equal);
/* Whether two values are equal, by their first components. */
void run_record_equal(struct run *run, const struct found *a, const struct found *b, bool is_so);
/* Another segment, looked for by its place. */
void run_record_segment(struct run *run, const struct place *place, size_t segment);
void run_record_slot(struct run *run, const void *owner, const char *label);
/* A field, which was read. */
void run_record_read(struct run *run, size_t segment, unsigned field);
/* Of the newest entry of the trace. */
void run_record_trace(struct run *run, const struct found *found);

/* --- run_repeated.c ----------------------------------------------------------------------------*/

/* Entries of the resource's lists that equal an earlier one of the same list are taken out, and
 * their marks with them. For a resource that several rules made: the same clinician who admits and
 * attends has one name, the same laboratory in each result one address. */
void run_drop_repeated(struct run *run, struct run_resource *resource);

/* --- run_hold.c --------------------------------------------------------------------------------*/

/* The message is to wait, for what the rule read (may be NULL), and a warning says so. False where
 * it need not: the context lets such go on as text. */
bool run_hold(struct run *run, const struct operation *operation, const struct found *found,
              enum mapping_hold_kind kind);

/* --- run_period.c ------------------------------------------------------------------------------*/

/* Remembers a Period whose end the operation has written. */
void run_note_period(struct run *run, const struct operation *operation, struct json *period,
                     uint32_t resource);
/* An end before its start stays as text in the extension originalText, with a warning: who reads
 * the resource gets a valid one, and still sees what was sent. */
void run_finish_periods(struct run *run);

/* --- run_set.c ---------------------------------------------------------------------------------*/

run_word *run_set_word_of(const struct operation *operation);
/* The text of a template, where its places say this, each at the number of its piece; empty where
 * it has places and all are empty. */
struct slice run_join_pieces(struct run *run, const struct source *source,
                             const struct slice *texts);
/* A table and a map, either or both, on the element at a path of the target, with the value at
 * hand: the table's coding first, then the original. */
void run_concept_at(struct run *run, const struct frame *frame, const struct operation *operation,
                    const struct found *found);
/* A Coding or CodeableConcept through the table, then by the map; either or both. `target` is the
 * element itself, `frame` has it and the value at hand. */
void run_concept(struct run *run, const struct frame *frame, const struct operation *operation,
                 const struct found *found);
/* The row of the operation's table for what was found, or none. */
struct code_match run_find_row(struct run *run, const struct operation *operation,
                               const struct found *found, struct slice code, struct slice system);
void run_report_unmapped(struct run *run, const struct operation *operation,
                         const struct found *found);
void run_finish_joins(struct run *run);

/* --- run_element.c -----------------------------------------------------------------------------*/

/* Runs the operations [first, end). */
void run_list(struct run *run, const struct frame *frame, uint32_t first, uint32_t end);
/* Runs a map's body on a frame. */
void run_map(struct run *run, const struct frame *frame, uint32_t body);

/* --- run_steps.c -------------------------------------------------------------------------------*/

/* run_list and the lines of a `first`, where context.steps asks for the record. */
void run_list_in_steps(struct run *run, const struct frame *frame, uint32_t first, uint32_t end);
bool run_first_in_steps(struct run *run, const struct frame *frame, uint32_t first, uint32_t end);

/* --- to_fhir.c ---------------------------------------------------------------------------------*/

/* Whether make or also find a segment in the group at hand. */
bool run_finds_segment(const struct run *run, const struct frame *frame,
                       const struct operation *operation);
/* A scope for what the operation runs; the parent itself where nothing inside is given a name. */
struct run_scope *run_push_scope(struct run *run, struct run_scope *parent,
                                 const struct operation *operation);
void run_pop_scope(struct run *run, struct run_scope *scope, const struct run_scope *parent);
/* A resource of that key: one that is there, or a new one (*ret_new). */
uint32_t run_resource_of_key(struct run *run, const struct operation *operation,
                             const struct mapping_key *key, bool *ret_new);
void run_name_instance(struct run *run, uint32_t name, uint32_t resource);
void run_add_aliases(struct run *run, const struct frame *frame, const struct operation *operation,
                     uint32_t resource);
/* The word of what builds messages and not elements; NULL: it is none of those. */
run_word *run_message_word_of(enum operation_kind kind);

#endif
