/* sent: the message that is being made: groups, segments and the parts of fields in them.
 *
 * Rules write in any order; segments stand in the order of the structure when the message is
 * printed. Groups and segments that nothing was written into are not sent. Internal to the room. */
#ifndef MAPPING_SENT_H
#define MAPPING_SENT_H

#include "hl7v2/builder.h"
#include "hl7v2/dictionary.h"
#include "mapping/to_v2.h"

/* Where a value goes: a part of a field of a segment. 0: not said. */
struct sent_position {
    unsigned field, repetition, component, subcomponent;
};

/* Where a value came from. */
struct sent_origin {
    uint32_t rule;
    uint32_t row;
    enum mapping_trace_kind kind;
    uint32_t resource;       /* number in the pool, or POOL_NONE */
    const struct json *node; /* or NULL */
    struct slice path;       /* of the rule, for a node that is not in the resource */
};

struct sent_entry {
    struct sent_position at;
    struct slice text;
    bool is_formatted; /* line feeds are \.br\ */
    struct sent_origin origin;
};

struct sent_group;

struct sent_segment {
    const struct sent_group *group; /* that it stands in */
    uint32_t node;
    uint32_t id;
    struct sent_entry *entries;
    size_t count, capacity;
    struct sent_segment *next;
};

struct sent_group {
    uint32_t node;
    struct sent_group *parent;
    struct sent_segment *first_segment, *last_segment;
    struct sent_group *first_child, *last_child, *next;
};

struct sent_message {
    struct arena *arena;
    const struct hl7v2_dictionary *dictionary;
    const struct hl7v2_structure *structure;
    enum hl7v2_version version;
    struct sent_group *root;
    bool is_part;   /* one segment for a test: nothing is required */
    size_t written; /* entries so far: whether a rule wrote anything shows in it */
};

void sent_init(struct sent_message *message, const struct hl7v2_dictionary *dictionary,
               const struct hl7v2_structure *structure, enum hl7v2_version version,
               struct arena *arena);
/* A new instance of a group: `node` lies below the group, groups between are made where they are
 * not there. */
struct sent_group *sent_group_new(struct sent_message *message, struct sent_group *group,
                                  uint32_t node);
/* A new segment, or the last one of that node where `is_new` is false. Groups between as above. */
struct sent_segment *sent_segment_get(struct sent_message *message, struct sent_group *group,
                                      uint32_t node, uint32_t id, bool is_new);
/* How many segments, or instances of a group, of that node something was written into. */
unsigned sent_segment_number(const struct sent_group *group, uint32_t node, uint32_t id);
unsigned sent_group_number(const struct sent_group *group, uint32_t node);
bool sent_group_is_empty(const struct sent_group *group);

/* The number of the last repetition of a field that something was written into; 0: none. */
unsigned sent_repetitions(const struct sent_segment *segment, unsigned field);
/* What stands at a place, or NULL. */
struct sent_entry *sent_at(const struct sent_segment *segment, const struct sent_position *at);
void sent_write(struct sent_message *message, struct sent_segment *segment,
                const struct sent_entry *entry);

/* All segments with something in them, in the order of the structure, into the builder; and what
 * was written into each, for the record. Reports required fields, segments and groups that are not
 * there. */
struct sent_visitor {
    void (*visit)(const struct sent_segment *segment, unsigned sequence, void *data);
    void *data;
};
void sent_walk(const struct sent_message *message, const struct sent_visitor *visitor,
               struct issue_list *issues);
/* Appends one segment. */
void sent_build(const struct sent_segment *segment, struct hl7v2_builder *builder);

#endif
