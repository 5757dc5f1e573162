/* send_internal: what the files that write v2 are compiled to.
 *
 * As in program_internal.h: rules are operations in one flat array, one that holds others is
 * followed by them, `end` is the index behind the last. A map is a list of its own, called by the
 * index of its head; calls form no circle. Paths are resolved by the R4 definitions and places by
 * the dictionary at load, so that sending is a walk.
 *
 * Internal to the room. */
#ifndef MAPPING_SEND_INTERNAL_H
#define MAPPING_SEND_INTERNAL_H

#include "mapping/condition.h"
#include "mapping/library.h"
#include "mapping/path.h"
#include "mapping/send_convert.h"
#include "mapping/to_v2.h"

#define SEND_NO_BODY UINT32_MAX
#define SEND_NO_NAME UINT32_MAX
#define SEND_LOCAL_NODE UINT32_MAX /* of a Z segment: no structure has it */

/* --- what is read ------------------------------------------------------------------------------*/

enum send_root { SEND_ROOT_HERE, SEND_ROOT_NAME, SEND_ROOT_FACT };

/* `identifier[]`, `patient.name[].family`, `.`, `engine.now`. */
struct send_path {
    enum send_root root;
    uint32_t name;    /* SEND_ROOT_NAME: what a rule got */
    bool all_of_name; /* each of them; else the first */
    enum place_fact fact;
    struct path path; /* below it */
    bool is_many;     /* may give several values */
};

/* What values are, known at load. */
struct send_shape {
    const struct fhir_type *type;       /* NULL: a text (a fact, a line) */
    const struct fhir_element *content; /* where its children are looked for */
    const struct fhir_element *element; /* its definition; NULL for a resource */
};

struct send_piece { /* of a text="...": literal, or a path when literal.ptr is NULL */
    struct slice literal;
    struct send_path path;
};

enum send_source_kind { SEND_SOURCE_PATHS, SEND_SOURCE_VALUE, SEND_SOURCE_TEMPLATE };

struct send_source {
    enum send_source_kind kind;
    struct send_path *paths; /* the first that gives something counts */
    size_t path_count;
    struct slice value;
    struct send_piece *pieces;
    size_t piece_count;
};

enum send_pick {
    SEND_PICK_ALL,
    SEND_PICK_FIRST,
    SEND_PICK_SECOND,
    SEND_PICK_THIRD,
    SEND_PICK_REST, /* all but the first */
    SEND_PICK_LAST
};
enum send_join { SEND_JOIN_NO, SEND_JOIN_LINES, SEND_JOIN_WORDS };
enum send_keep { SEND_KEEP_NOT_SAID, SEND_KEEP_FIRST, SEND_KEEP_LAST };

/* like="urn:oid:{}": `*` is anything, what stands for {} is taken. */
struct send_like {
    struct slice before, after; /* patterns around the braces */
};

/* A code table read backwards: only rows that say both="yes". */
struct send_table {
    const struct code_table *table;
    struct map by_target;      /* target_code to struct send_row, chained */
    struct send_row *patterns; /* rows with {n} in code and answer */
    const struct code_row *
        *filling; /* all rows; those of a table for `fill` are compared one by one */
    size_t filling_count;
    struct path *columns;
};

struct send_row {
    const struct code_row *row;
    struct send_row *next;
};

/* --- what is written ---------------------------------------------------------------------------*/

struct send_place {
    uint32_t node;    /* of the structure; 0: the segment at hand */
    uint32_t segment; /* HL7V2_ID; 0: relative to the position at hand */
    unsigned field, repetition, component, subcomponent; /* 0 not said; relative: the last two */
    bool repeats; /* a whole field that may repeat, and no number said */
    bool is_code; /* table of the standard is Y and N: nothing else asks */
};

struct send_reference {
    const struct fhir_type *type;
    uint32_t map;
};

/* How a value becomes what stands at the place. All empty: as text. */
struct send_how {
    const struct send_converter *converter;
    uint32_t map;                      /* body, or SEND_NO_BODY */
    struct send_reference *references; /* by the type that a Reference leads to */
    size_t reference_count;
    bool is_reference;
};

enum send_kind { SEND_BODY, SEND_GET, SEND_EACH, SEND_SET, SEND_ENTRY, SEND_USE, SEND_FIRST };

struct send_operation {
    enum send_kind kind;
    uint32_t rule;
    uint32_t end;
    const struct condition *when;
    const struct condition *where; /* of each value of the source */
    struct send_source source;
    struct send_place to;
    struct send_how how;
    enum send_pick pick;
    enum send_join join;
    enum send_keep keep;
    const struct send_like *like;
    const struct send_table *table;
    bool drops_unmapped, refuses_unmapped;
    bool is_tentative; /* in a `first`: holds only where the table knows the code */
    bool is_required;
    struct slice type; /* set: OBX-2 */
    /* get and each */
    uint32_t name;                    /* what is got, or SEND_NO_NAME */
    const struct fhir_type *leads_to; /* the resources that References are followed to, or NULL */
    const struct path *back;          /* get: the path that leads here, in resources of leads_to */
    uint32_t here;                    /* get: the name it leads to, or SEND_NO_NAME: at hand */
    uint32_t group;                   /* each: node of the group that it makes, or 0 */
    uint32_t group_parent;            /* the group at hand when it was compiled */
    bool makes_segment;               /* each: of `to` */
    struct send_place number;         /* each: field 0 where it is not said */
    bool splits;                      /* each: texts by lines */
    unsigned width;                   /* and by this many characters; 0: as long as they are */
    bool has_source;
};

/* --- the whole ---------------------------------------------------------------------------------*/

struct send_program {
    struct mapping_send_facts facts;
    const struct fhir_type *from;
    const struct hl7v2_structure *structure;
    const struct condition *when;
    bool alone;
    uint32_t body;
    uint32_t rule;
};

struct mapping_sends {
    const struct mapping_rules *rules;
    struct mapping_site site;
    enum hl7v2_version version;
    struct send_operation *operations;
    size_t operation_count;
    struct mapping_rule_facts *facts;
    size_t fact_count;
    struct send_program *sends;
    size_t send_count;
    struct map bodies; /* map id to the index of its head + 1, as a pointer */
    size_t name_count;
    struct code_tables tables;
};

#endif
