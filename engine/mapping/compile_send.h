/* compile_send: files that write v2 to operations. The parts of that compiler.
 *
 * compile_send.c        the driver: words, bodies, overlays, what a structure requires
 * compile_send_value.c  what a rule reads: paths, templates, conditions, tables
 * compile_send_place.c  where it writes, and how a value becomes what stands there
 *
 * As in compile.h each function reports what is wrong and goes on. Internal to the room. */
#ifndef MAPPING_COMPILE_SEND_H
#define MAPPING_COMPILE_SEND_H

#include "mapping/compile.h"
#include "mapping/send_internal.h"

/* What a rule got or goes through, by name. */
struct send_name {
    struct slice text;
    struct send_shape shape;
    uint32_t number;
};

/* A list of operations to be: of a map of this direction, or of one that serves both. */
struct send_body {
    const struct send_map_source *map;
    const struct map_source *both;
    uint32_t body;
};

struct send_compiler {
    struct mapping_sends *sends;
    const struct mapping_rules *rules;
    const struct site_source *site;
    struct arena *arena;
    struct issue_list *issues;
    size_t operation_capacity, fact_capacity;
    struct send_body *bodies;
    size_t body_count;
    struct map body_numbers; /* map id to its number + 1, as a pointer */
    struct map tables;       /* name to struct send_table */
    struct map site_rules;   /* ids of what the site adds */
    struct send_name *names; /* those in sight */
    size_t name_count;
};

/* What the rules of one list see. */
struct send_scope {
    struct send_shape here;                  /* the value at hand */
    const struct map *conditions;            /* of the file */
    const struct hl7v2_structure *structure; /* NULL in maps */
    uint32_t node;                           /* of the structure: the group at hand */
    uint32_t segment;                        /* HL7V2_ID of the segment at hand, or 0 */
    uint32_t segment_node;                   /* its node; 0 in maps */
    bool has_position;                       /* a field or a part of it is at hand: */
    struct slice type;                       /* and this is its v2 data type */
    bool is_site;                            /* the rules are the site's own */
};

/* --- compile_send_value.c ----------------------------------------------------------------------*/

/* Reads a path that stands `offset` bytes into an attribute. False where it was reported. */
bool send_compile_path(struct send_compiler *compiler, const struct send_scope *scope,
                       const struct rule *rule, enum rule_attribute attribute, size_t offset,
                       struct slice text, struct send_path *ret_path, struct send_shape *ret_shape);
/* from, value or text. The shape is that of the first path. False where it was reported. */
bool send_compile_source(struct send_compiler *compiler, const struct send_scope *scope,
                         const struct rule *rule, struct send_source *ret_source,
                         struct send_shape *ret_shape);
/* `from` or `of`: paths only. */
bool send_compile_paths(struct send_compiler *compiler, const struct send_scope *scope,
                        const struct rule *rule, enum rule_attribute attribute,
                        struct send_source *ret_source, struct send_shape *ret_shape);
/* A condition over the value at hand; NULL: not given, or reported. */
const struct condition *send_compile_condition(struct send_compiler *compiler,
                                               const struct send_scope *scope,
                                               const struct rule *rule,
                                               enum rule_attribute attribute);
/* pick, join, keep, like, unmapped, required. */
void send_compile_manners(struct send_compiler *compiler, const struct rule *rule,
                          struct send_operation *operation);
/* The table of the rule read backwards, from values of this shape; NULL where there is none. */
const struct send_table *send_compile_table(struct send_compiler *compiler, const struct rule *rule,
                                            const struct send_shape *shape);
bool send_is_reference(const struct send_shape *shape);
/* The resources a Reference is followed to: `type`, or the only type it may lead to. NULL where it
 * was reported. */
const struct fhir_type *send_compile_leads_to(struct send_compiler *compiler,
                                              const struct rule *rule,
                                              const struct send_shape *shape);
struct send_shape send_shape_of_resource(const struct fhir_type *type);

/* --- compile_send_place.c ----------------------------------------------------------------------*/

enum send_place_outcome { SEND_PLACE_WELL, SEND_PLACE_FAILED, SEND_PLACE_NOT_IN_VERSION };

/* The place of an attribute; *ret_type its v2 data type, perhaps empty. */
enum send_place_outcome send_compile_place(struct send_compiler *compiler,
                                           const struct send_scope *scope, const struct rule *rule,
                                           enum rule_attribute attribute,
                                           struct send_place *ret_place, struct slice *ret_type);
/* A place of a segment as a whole, as in use to="PATIENT.PID" and each segment="NTE". */
bool send_compile_segment(struct send_compiler *compiler, const struct send_scope *scope,
                          const struct rule *rule, enum rule_attribute attribute,
                          struct send_place *ret_place);
/* as, map, or what follows from shape and data type. */
void send_compile_how(struct send_compiler *compiler, const struct rule *rule,
                      const struct send_shape *shape, struct slice type, struct send_how *ret_how);
/* The number of the map of that id, whatever its direction; SEND_NO_BODY where there is none. */
uint32_t send_body_number(struct send_compiler *compiler, struct slice id);
/* The rules of a map that says both="yes" as operations from FHIR to v2. */
void send_compile_both(struct send_compiler *compiler, const struct map_source *map);

/* --- compile_send.c ----------------------------------------------------------------------------*/

/* Appends the operation; its index. */
uint32_t send_push(struct send_compiler *compiler, enum send_kind kind, const struct rule *rule,
                   const struct condition *when, const struct send_operation *made);
/* An operation to fill in. */
#define SEND_OPERATION_NEW                                                                         \
    {                                                                                              \
        .name = SEND_NO_NAME, .here = SEND_NO_NAME, .how = {.map = SEND_NO_BODY }                  \
    }

#endif
