/* send_run: one message being made. What the files of the runner share.
 *
 * to_v2.c        the words: set, entry, use, first, each, get
 * send_value.c   what paths give, what conditions say
 * send_table.c   codes through tables, backwards
 * to_v2_send.c   which messages are called for; MSH, and the message as bytes
 *
 * Internal to the room. */
#ifndef MAPPING_SEND_RUN_H
#define MAPPING_SEND_RUN_H

#include "mapping/pool.h"
#include "mapping/send_internal.h"
#include "mapping/sent.h"

/* One value: an element or a resource, or a text that stands alone. */
struct send_value {
    const struct json *node;   /* NULL: a text */
    struct slice text;         /* of a primitive or a text */
    const struct json *holder; /* the object that a primitive is a member of, by this name */
    struct slice name;
    uint32_t resource; /* number in the pool, or POOL_NONE */
    struct slice path; /* of the rule that read it */
    enum mapping_trace_kind kind;
};

struct send_values {
    struct send_value *items;
    size_t count, capacity;
};

/* Where a rule stands. */
struct send_frame {
    struct send_value value; /* at hand */
    struct sent_group *group;
    struct sent_segment *segment; /* at hand, or NULL */
    struct sent_position at;      /* at hand, in data type maps and entries */
};

struct send_run {
    const struct mapping_sends *sends;
    const struct mapping_pool *pool;
    const struct mapping_send_context *context;
    struct arena *arena;
    struct issue_list *issues;
    struct sent_message message;
    struct send_values *names; /* by number: what was got */
};

/* --- send_value.c ------------------------------------------------------------------------------*/

struct send_value send_value_of_resource(const struct mapping_pool *pool, uint32_t number);
void send_values_push(struct send_run *run, struct send_values *values,
                      const struct send_value *value);
/* What a path gives, seen from a value. */
void send_path_values(struct send_run *run, const struct send_value *here,
                      const struct send_path *path, struct send_values *ret_values);
/* What a source gives: one literal or text, or the values of the first path that has any, filtered
 * by `where` and `pick`. */
void send_source_values(struct send_run *run, const struct send_value *here,
                        const struct send_operation *operation, struct send_values *ret_values);
/* The same, with References followed to resources of the operation's type. */
void send_resource_values(struct send_run *run, const struct send_value *here,
                          const struct send_operation *operation, struct send_values *ret_values);
/* What a condition says of the value at hand; NULL holds. */
bool send_holds(struct send_run *run, const struct send_value *here,
                const struct condition *condition);
/* What stands beside a primitive because it did not fit when it came: the code as it was sent, or
 * the text that was no value. Empty where there is nothing. */
struct slice send_as_it_came(const struct send_value *value);

/* --- send_table.c ------------------------------------------------------------------------------*/

/* The row whose answer is this value: a code, a Coding, a CodeableConcept, or what the columns of a
 * table for `fill` say. Its row is NULL where there is none. */
struct code_match send_table_row(const struct send_table *table, const struct send_value *value);
/* A CodeableConcept without the codings that the table knows; NULL where none is left. */
struct json *send_table_rest(struct send_run *run, const struct send_table *table,
                             const struct send_value *value);
/* The code of a Coding, the first one of a CodeableConcept, or a primitive's text. */
struct slice send_code_of(const struct send_value *value);

/* --- to_v2_send.c ------------------------------------------------------------------------------*/

/* A map that runs by itself, for its tests. */
struct send_alone {
    struct slice map;                        /* id of one of the compiled maps */
    const struct hl7v2_structure *structure; /* its node 1 is MSH, its node 2 the segment written */
    unsigned field;                          /* that a data type map writes; 0: a segment map */
    const struct json *value;                /* at hand, or NULL: */
    uint32_t resource;                       /* this one of the pool */
};
/* As mapping_to_v2, of that one segment; nothing is required of it. */
int send_map_to_v2(const struct mapping_sends *sends, const struct mapping_pool *pool,
                   const struct send_alone *alone, const struct mapping_send_context *context,
                   struct arena *arena, struct mapping_sent *ret_sent, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* --- to_v2.c -----------------------------------------------------------------------------------*/

/* Runs the operations of a list; in `gets_only` mode nothing is written. */
void send_run_list(struct send_run *run, const struct send_frame *frame, uint32_t first,
                   uint32_t end, bool gets_only);

#endif
