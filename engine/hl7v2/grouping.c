/* The match keeps the groups that are open, outermost first, each with the node it last stood at
 * (its cursor). A segment moves the cursors forward only; what arrives behind a cursor is reported
 * and put in without moving it. */
#include "hl7v2/grouping.h"

/* As many as dictionary.c lets groups stand inside groups. */
#define DEPTH_LIMIT 16

struct open_group {
    uint32_t group;
    uint32_t cursor; /* last node matched directly in it; the group's own node while none was */
};

struct matcher {
    const struct hl7v2_message *message;
    const struct hl7v2_node *nodes;
    struct hl7v2_grouping *grouping;
    struct arena *arena;
    struct issue_list *issues;
    enum issue_severity severity;
    bool found_fault;
    size_t group_capacity;
    struct open_group open[DEPTH_LIMIT];
    size_t depth;
};

/* --- faults ------------------------------------------------------------------------------------
 */

static void report(struct matcher *matcher, struct slice segment, unsigned sequence,
                   const char *words)
{
    matcher->found_fault = true;
    issue_report(matcher->issues, ISSUE_SEGMENT_SEQUENCE, matcher->severity,
                 issue_place_v2(segment, sequence, 0, 0, 0, 0), "%s", words);
}

/* The segment that a required group is recognised by: its first required one. */
static uint32_t first_required(const struct matcher *matcher, uint32_t node)
{
    while (matcher->nodes[node].segment == 0) {
        uint32_t child = node + 1, end = matcher->nodes[node].next;
        while (child < end && matcher->nodes[child].min == 0)
            child = matcher->nodes[child].next;
        if (child >= end)
            return 0; /* all of it may be absent */
        node = child;
    }
    return node;
}

/* Siblings from `from` up to `end` were passed without a segment. */
static void report_passed(struct matcher *matcher, uint32_t from, uint32_t end)
{
    for (uint32_t node = from; node < end; node = matcher->nodes[node].next) {
        uint32_t missing = matcher->nodes[node].min > 0 ? first_required(matcher, node) : 0;
        if (missing == 0)
            continue;
        uint32_t id = matcher->nodes[missing].segment;
        report(matcher, matcher->nodes[missing].name, hl7v2_message_count(matcher->message, id) + 1,
               "required segment missing");
    }
}

/* --- the tree ----------------------------------------------------------------------------------
 */

static uint32_t group_add(struct matcher *matcher, uint32_t parent, uint32_t node, size_t segment)
{
    struct hl7v2_grouping *grouping = matcher->grouping;
    if (grouping->group_count == matcher->group_capacity) {
        size_t size = matcher->group_capacity * sizeof *grouping->groups;
        grouping->groups = arena_grow(matcher->arena, grouping->groups, size, size * 2);
        matcher->group_capacity *= 2;
    }
    uint32_t index = (uint32_t)grouping->group_count++;
    grouping->groups[index] = (struct hl7v2_group){
        .node = node,
        .parent = parent,
        .number = 1,
        .first_segment = (uint32_t)segment,
        .end_segment = (uint32_t)segment,
        .first_own = UINT32_MAX,
        .last_own = UINT32_MAX,
        .first_child = HL7V2_NO_GROUP,
        .last_child = HL7V2_NO_GROUP,
        .next_sibling = HL7V2_NO_GROUP,
        .first_single = HL7V2_NO_GROUP,
        .last_single = HL7V2_NO_GROUP,
        .next_single = HL7V2_NO_GROUP,
    };
    if (parent == HL7V2_NO_GROUP)
        return index;
    struct hl7v2_group *around = &grouping->groups[parent];
    if (around->first_child == HL7V2_NO_GROUP)
        around->first_child = index;
    else
        grouping->groups[around->last_child].next_sibling = index;
    /* Instances of one node stand together: the last child tells the number. */
    if (around->last_child != HL7V2_NO_GROUP && grouping->groups[around->last_child].node == node)
        grouping->groups[index].number = grouping->groups[around->last_child].number + 1;
    around->last_child = index;
    if (matcher->nodes[node].max != 1)
        return index;
    if (around->first_single == HL7V2_NO_GROUP)
        around->first_single = index;
    else
        grouping->groups[around->last_single].next_single = index;
    around->last_single = index;
    return index;
}

static void own(struct matcher *matcher, size_t depth, size_t segment, uint32_t node)
{
    struct hl7v2_grouping *grouping = matcher->grouping;
    uint32_t index = matcher->open[depth].group;
    struct hl7v2_group *group = &grouping->groups[index];
    grouping->segment_group[segment] = index;
    grouping->segment_node[segment] = node;
    grouping->next_own[segment] = UINT32_MAX;
    if (group->first_own == UINT32_MAX)
        group->first_own = (uint32_t)segment;
    else
        grouping->next_own[group->last_own] = (uint32_t)segment;
    group->last_own = (uint32_t)segment;
    for (size_t i = 0; i < matcher->depth; i++)
        grouping->groups[matcher->open[i].group].end_segment = (uint32_t)segment + 1;
}

/* Closes the groups inside of open[depth]; what they still required is missing. */
static void close_inside(struct matcher *matcher, size_t depth)
{
    while (matcher->depth > depth + 1) {
        const struct open_group *inner = &matcher->open[--matcher->depth];
        uint32_t node = matcher->grouping->groups[inner->group].node;
        uint32_t from = inner->cursor == node ? node + 1 : matcher->nodes[inner->cursor].next;
        report_passed(matcher, from, matcher->nodes[node].next);
    }
}

/* The node in open[depth] that `node` is or is inside of. */
static uint32_t child_towards(const struct matcher *matcher, size_t depth, uint32_t node)
{
    uint32_t around = matcher->grouping->groups[matcher->open[depth].group].node;
    while (matcher->nodes[node].parent != around)
        node = matcher->nodes[node].parent;
    return node;
}

/* Moves the cursor of open[depth] to the node and opens the groups on the way down to it. */
static void step_to(struct matcher *matcher, size_t depth, uint32_t node, size_t segment)
{
    close_inside(matcher, depth);
    for (;;) {
        struct open_group *at = &matcher->open[depth];
        uint32_t around = matcher->grouping->groups[at->group].node;
        uint32_t child = child_towards(matcher, depth, node);
        if (child != at->cursor) {
            uint32_t from = at->cursor == around ? around + 1 : matcher->nodes[at->cursor].next;
            report_passed(matcher, from, child);
        }
        at->cursor = child;
        if (child == node)
            break;
        uint32_t opened = group_add(matcher, at->group, child, segment);
        matcher->open[matcher->depth++] = (struct open_group){opened, child};
        depth++;
    }
    own(matcher, depth, segment, node);
}

/* --- finding the place -------------------------------------------------------------------------
 */

/* True when `node`, and each group between it and the group `around`, may be the first thing in the
 * group it stands in, so that going there leaves no required segment out. */
static bool may_begin(const struct matcher *matcher, uint32_t node, uint32_t around)
{
    for (; matcher->nodes[node].parent != around; node = matcher->nodes[node].parent)
        if (!matcher->nodes[node].may_begin)
            return false;
    return true;
}

/* From the cursor of open[depth] on: the cursor's own node where it may come again. 0: none. */
static uint32_t find_forward(const struct matcher *matcher, size_t depth, uint32_t id,
                             bool only_beginning)
{
    const struct open_group *at = &matcher->open[depth];
    uint32_t around = matcher->grouping->groups[at->group].node;
    uint32_t from = at->cursor + 1;
    if (at->cursor != around)
        from = matcher->nodes[at->cursor].max == 1 ? matcher->nodes[at->cursor].next : at->cursor;
    for (uint32_t node = from; node < matcher->nodes[around].next; node++)
        if (matcher->nodes[node].segment == id &&
            (!only_beginning || may_begin(matcher, node, around)))
            return node;
    return 0;
}

/* A segment directly in open[depth], at its cursor or before it. 0: none. */
static uint32_t find_passed(const struct matcher *matcher, size_t depth, uint32_t id)
{
    const struct open_group *at = &matcher->open[depth];
    uint32_t around = matcher->grouping->groups[at->group].node;
    for (uint32_t node = around + 1; node <= at->cursor; node = matcher->nodes[node].next)
        if (matcher->nodes[node].segment == id)
            return node;
    return 0;
}

static bool step_forward(struct matcher *matcher, size_t segment, uint32_t id, bool only_beginning)
{
    for (size_t depth = matcher->depth; depth-- > 0;) {
        uint32_t node = find_forward(matcher, depth, id, only_beginning);
        if (node == 0)
            continue;
        step_to(matcher, depth, node, segment);
        return true;
    }
    return false;
}

static bool step_back(struct matcher *matcher, size_t segment, uint32_t id)
{
    for (size_t depth = matcher->depth; depth-- > 0;) {
        uint32_t node = find_passed(matcher, depth, id);
        if (node == 0)
            continue;
        close_inside(matcher, depth);
        own(matcher, depth, segment, node);
        report(matcher, hl7v2_message_segment_id(matcher->message, segment),
               matcher->message->segments[segment].sequence, "segment repeated or out of order");
        return true;
    }
    return false;
}

static bool is_in_structure(const struct matcher *matcher, uint32_t id)
{
    uint32_t end = matcher->nodes[0].next;
    for (uint32_t node = 1; node < end; node++)
        if (matcher->nodes[node].segment == id)
            return true;
    return false;
}

static void place(struct matcher *matcher, size_t segment)
{
    uint32_t id = matcher->message->segments[segment].id;
    if (is_in_structure(matcher, id) &&
        (step_forward(matcher, segment, id, /* only_beginning */ true) ||
         step_back(matcher, segment, id) ||
         step_forward(matcher, segment, id, /* only_beginning */ false)))
        return;
    own(matcher, matcher->depth - 1, segment, HL7V2_NO_NODE);
}

int hl7v2_grouping_make(const struct hl7v2_message *message,
                        const struct hl7v2_structure *structure,
                        const struct hl7v2_grouping_options *options, struct arena *arena,
                        struct hl7v2_grouping *ret_grouping, struct issue_list *issues)
{
    static const struct hl7v2_node NO_NODES[] = {{.next = 1}};
    bool strict = options != NULL && options->strict;
    struct hl7v2_grouping grouping = {
        .message = message,
        .structure = structure,
        .segment_group = ARENA_ARRAY(arena, message->segment_count, uint32_t),
        .segment_node = ARENA_ARRAY(arena, message->segment_count, uint32_t),
        .next_own = ARENA_ARRAY(arena, message->segment_count, uint32_t),
    };
    struct matcher matcher = {
        .message = message,
        .nodes = structure != NULL ? structure->nodes : NO_NODES,
        .grouping = &grouping,
        .arena = arena,
        .issues = issues,
        .severity = strict ? ISSUE_ERROR : ISSUE_WARNING,
        .group_capacity = 16,
        .open = {{.group = 0, .cursor = 0}},
        .depth = 1,
    };
    grouping.groups = ARENA_ARRAY(arena, matcher.group_capacity, struct hl7v2_group);
    group_add(&matcher, HL7V2_NO_GROUP, /* node */ 0, /* segment */ 0);
    for (size_t i = 0; i < message->segment_count && !arena_exceeded(arena); i++)
        place(&matcher, i);
    close_inside(&matcher, 0);
    uint32_t cursor = matcher.open[0].cursor;
    report_passed(&matcher, cursor == 0 ? 1 : matcher.nodes[cursor].next, matcher.nodes[0].next);
    *ret_grouping = grouping;
    return strict && matcher.found_fault ? -1 : 0;
}

/* --- looking up --------------------------------------------------------------------------------
 */

/* The group behind `group` in the tree below `top`; the groups inside it come first where `enter`.
 */
static uint32_t next_inside(const struct hl7v2_grouping *grouping, uint32_t top, uint32_t group,
                            bool enter)
{
    uint32_t next = enter ? grouping->groups[group].first_child : HL7V2_NO_GROUP;
    while (next == HL7V2_NO_GROUP && group != top) {
        next = grouping->groups[group].next_sibling;
        group = grouping->groups[group].parent;
    }
    return next;
}

uint32_t hl7v2_grouping_next_group(const struct hl7v2_grouping *grouping, uint32_t group,
                                   uint32_t node, uint32_t previous)
{
    uint32_t at = previous == HL7V2_NO_GROUP ? group : previous;
    bool enter = previous == HL7V2_NO_GROUP;
    while ((at = next_inside(grouping, group, at, enter)) != HL7V2_NO_GROUP) {
        if (grouping->groups[at].node == node)
            return at;
        enter = grouping->structure->nodes[grouping->groups[at].node].max == 1;
    }
    return HL7V2_NO_GROUP;
}

/* The number-th own segment with the id; what is not enough is counted down in *number. */
static size_t own_segment(const struct hl7v2_grouping *grouping, uint32_t group, uint32_t id,
                          unsigned *number)
{
    uint32_t segment = grouping->groups[group].first_own;
    for (; segment != UINT32_MAX; segment = grouping->next_own[segment])
        if (grouping->message->segments[segment].id == id && --*number == 0)
            return segment;
    return HL7V2_NO_SEGMENT;
}

static size_t find_segment(const struct hl7v2_grouping *grouping, uint32_t group, uint32_t id,
                           unsigned *number)
{
    size_t segment = own_segment(grouping, group, id, number);
    uint32_t inner = grouping->groups[group].first_single;
    while (segment == HL7V2_NO_SEGMENT && inner != HL7V2_NO_GROUP) {
        segment = find_segment(grouping, inner, id, number);
        inner = grouping->groups[inner].next_single;
    }
    return segment;
}

size_t hl7v2_grouping_segment(const struct hl7v2_grouping *grouping, uint32_t group, uint32_t id,
                              unsigned number)
{
    if (number == 0 || hl7v2_message_count(grouping->message, id) < number)
        return HL7V2_NO_SEGMENT;
    return find_segment(grouping, group, id, &number);
}

size_t hl7v2_grouping_segment_outward(const struct hl7v2_grouping *grouping, uint32_t group,
                                      uint32_t id, unsigned number)
{
    if (number == 0 || hl7v2_message_count(grouping->message, id) < number)
        return HL7V2_NO_SEGMENT;
    for (; group != HL7V2_NO_GROUP; group = grouping->groups[group].parent) {
        unsigned left = number;
        size_t segment = find_segment(grouping, group, id, &left);
        if (segment != HL7V2_NO_SEGMENT)
            return segment;
    }
    return HL7V2_NO_SEGMENT;
}
