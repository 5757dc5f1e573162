/* grouping: the segments of a message in the groups of its structure.
 *
 * A greedy match, tolerant as receivers must be (HL7 v2.5.1 2.8: ignore what is not expected):
 * segments that the structure does not know (Z segments, newer ones) belong to the group at hand; a
 * segment in the wrong place is put where it fits best and reported. Segments are never lost and
 * never reordered.
 *
 * The result is a tree of group instances. Group 0 is the message. A group's segments and inner
 * groups lie one behind the other, so each has a range of segment numbers. */
#ifndef HL7V2_GROUPING_H
#define HL7V2_GROUPING_H

#include "hl7v2/dictionary.h"

#define HL7V2_NO_GROUP UINT32_MAX
#define HL7V2_NO_NODE UINT32_MAX

struct hl7v2_group {
    uint32_t node;          /* of the structure */
    uint32_t parent;        /* group number; HL7V2_NO_GROUP for group 0 */
    uint32_t number;        /* among the instances of this node in its parent, from 1 */
    uint32_t first_segment; /* segment numbers of the message: first and behind the last */
    uint32_t end_segment;
    uint32_t first_own;   /* first segment directly in this group, UINT32_MAX for none */
    uint32_t last_own;    /* the last */
    uint32_t first_child; /* group numbers; HL7V2_NO_GROUP for none */
    uint32_t last_child;
    uint32_t next_sibling;
    uint32_t
        first_single; /* the children that cannot repeat, chained apart: lookups pass them only */
    uint32_t last_single;
    uint32_t next_single;
};

struct hl7v2_grouping {
    const struct hl7v2_message *message;
    const struct hl7v2_structure *structure;
    struct hl7v2_group *groups;
    size_t group_count;
    uint32_t *segment_group; /* for each segment the group that holds it directly */
    uint32_t *segment_node;  /* the node it matched, or HL7V2_NO_NODE (unexpected) */
    uint32_t *next_own;      /* the next segment directly in the same group, UINT32_MAX for none */
};

struct hl7v2_grouping_options {
    bool strict; /* missing required segments and wrong order are errors, not warnings */
};

/* Each segment goes, first that holds:
 *   1. to the next place in the order of the structure: in the group at hand, or a new instance of
 * a group that may begin with it, then the same in the groups around, inner ones first;
 *   2. to a place that was passed already, in the group at hand or one around it (wrong order);
 *   3. into a group whose first required segments are missing;
 *   4. where the structure does not know it, or has no place left: to the group at hand, without a
 *      node.
 * Reports ISSUE_SEGMENT_SEQUENCE (wrong order, one too many, required segment or group missing) as
 * warnings, or as errors when strict; -1 only when strict and there was one (the result is complete
 * all the same). A structure of NULL puts all segments into group 0 with no nodes. */
int hl7v2_grouping_make(const struct hl7v2_message *message,
                        const struct hl7v2_structure *structure,
                        const struct hl7v2_grouping_options *options, struct arena *arena,
                        struct hl7v2_grouping *ret_grouping, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The first instance of a node inside a group, or the next one after `previous` (HL7V2_NO_GROUP:
 * start); HL7V2_NO_GROUP at the end. The node may lie deeper than one level: instances in inner
 * groups that do not repeat count too. */
uint32_t hl7v2_grouping_next_group(const struct hl7v2_grouping *grouping, uint32_t group,
                                   uint32_t node, uint32_t previous);
/* The number-th (from 1) segment with this id directly in the group, or in inner groups that cannot
 * repeat, its own ones first; HL7V2_NO_SEGMENT where there is none. The cost does not grow with the
 * number of instances of repeating groups. */
size_t hl7v2_grouping_segment(const struct hl7v2_grouping *grouping, uint32_t group, uint32_t id,
                              unsigned number);
/* The same, then outward to the message: "in the group at hand, then outward, never sideways". A
 * group that cannot repeat is no side way: from an ORDER_OBSERVATION the PID of the PATIENT beside
 * it is found, the OBR of another ORDER_OBSERVATION is not. */
size_t hl7v2_grouping_segment_outward(const struct hl7v2_grouping *grouping, uint32_t group,
                                      uint32_t id, unsigned number);

#endif
