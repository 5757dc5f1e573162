/* sent: the tree, and its walk in the order of the structure. */
#include "mapping/sent.h"

#include "base/map.h"

void sent_init(struct sent_message *message, const struct hl7v2_dictionary *dictionary,
               const struct hl7v2_structure *structure, enum hl7v2_version version,
               struct arena *arena)
{
    *message = (struct sent_message){.arena = arena,
                                     .dictionary = dictionary,
                                     .structure = structure,
                                     .version = version,
                                     .root = ARENA_NEW(arena, struct sent_group)};
}

/* --- making ------------------------------------------------------------------------------------*/

static struct sent_group *add_group(struct sent_message *message, struct sent_group *parent,
                                    uint32_t node)
{
    struct sent_group *made = ARENA_NEW(message->arena, struct sent_group);
    made->node = node;
    made->parent = parent;
    if (parent->last_child)
        parent->last_child->next = made;
    else
        parent->first_child = made;
    parent->last_child = made;
    return made;
}

static struct sent_group *last_group(const struct sent_group *parent, uint32_t node)
{
    struct sent_group *last = NULL;
    for (struct sent_group *i = parent->first_child; i; i = i->next)
        if (i->node == node)
            last = i;
    return last;
}

/* The instance of `node` that is at hand below the group; made where there is none. */
static struct sent_group *group_at_hand(struct sent_message *message, struct sent_group *group,
                                        uint32_t node)
{
    if (node == group->node)
        return group;
    struct sent_group *parent =
        group_at_hand(message, group, message->structure->nodes[node].parent);
    struct sent_group *last = last_group(parent, node);
    return last ? last : add_group(message, parent, node);
}

struct sent_group *sent_group_new(struct sent_message *message, struct sent_group *group,
                                  uint32_t node)
{
    uint32_t parent = message->structure->nodes[node].parent;
    return add_group(message, group_at_hand(message, group, parent), node);
}

static bool is_of(const struct sent_segment *segment, uint32_t node, uint32_t id)
{
    return segment->node == node && segment->id == id;
}

struct sent_segment *sent_segment_get(struct sent_message *message, struct sent_group *group,
                                      uint32_t node, uint32_t id, bool is_new)
{
    bool is_known = node < message->structure->node_count;
    if (is_known)
        group = group_at_hand(message, group, message->structure->nodes[node].parent);
    struct sent_segment *found = NULL;
    for (struct sent_segment *i = group->first_segment; i && !is_new; i = i->next)
        if (is_of(i, node, id))
            found = i;
    if (found)
        return found;
    found = ARENA_NEW(message->arena, struct sent_segment);
    found->group = group;
    found->node = node;
    found->id = id;
    if (group->last_segment)
        group->last_segment->next = found;
    else
        group->first_segment = found;
    group->last_segment = found;
    return found;
}

unsigned sent_segment_number(const struct sent_group *group, uint32_t node, uint32_t id)
{
    unsigned count = 0;
    for (const struct sent_segment *i = group->first_segment; i; i = i->next)
        count += is_of(i, node, id) && i->count > 0;
    return count;
}

bool sent_group_is_empty(const struct sent_group *group)
{
    for (const struct sent_segment *i = group->first_segment; i; i = i->next)
        if (i->count)
            return false;
    for (const struct sent_group *i = group->first_child; i; i = i->next)
        if (!sent_group_is_empty(i))
            return false;
    return true;
}

unsigned sent_group_number(const struct sent_group *group, uint32_t node)
{
    unsigned count = 0;
    for (const struct sent_group *i = group->first_child; i; i = i->next)
        count += i->node == node && !sent_group_is_empty(i);
    return count;
}

/* --- writing -----------------------------------------------------------------------------------*/

static unsigned from_one(unsigned number)
{
    return number ? number : 1;
}

unsigned sent_repetitions(const struct sent_segment *segment, unsigned field)
{
    unsigned last = 0;
    for (size_t i = 0; i < segment->count; i++)
        if (segment->entries[i].at.field == field && segment->entries[i].at.repetition > last)
            last = segment->entries[i].at.repetition;
    return last;
}

struct sent_entry *sent_at(const struct sent_segment *segment, const struct sent_position *at)
{
    for (size_t i = 0; i < segment->count; i++) {
        const struct sent_position *other = &segment->entries[i].at;
        if (other->field == at->field && other->repetition == from_one(at->repetition) &&
            other->component == from_one(at->component) &&
            other->subcomponent == from_one(at->subcomponent))
            return &segment->entries[i];
    }
    return NULL;
}

void sent_write(struct sent_message *message, struct sent_segment *segment,
                const struct sent_entry *entry)
{
    if (segment->count == segment->capacity) {
        size_t capacity = segment->capacity ? 2 * segment->capacity : 16;
        segment->entries = arena_grow(message->arena, segment->entries,
                                      segment->count * sizeof(*entry), capacity * sizeof(*entry));
        segment->capacity = capacity;
    }
    struct sent_entry *made = &segment->entries[segment->count++];
    *made = *entry;
    made->at.repetition = from_one(entry->at.repetition);
    made->at.component = from_one(entry->at.component);
    made->at.subcomponent = from_one(entry->at.subcomponent);
    message->written++;
}

/* --- walking -----------------------------------------------------------------------------------*/

struct walk {
    const struct sent_message *message;
    const struct sent_visitor *visitor;
    struct issue_list *issues;
    struct map sequences; /* segment id to how many there were, as a pointer */
};

static struct slice name_of(uint32_t id, struct arena *arena)
{
    return arena_format(arena, "%c%c%c", (char)(id >> 16), (char)(id >> 8), (char)id);
}

static void check_fields(struct walk *walk, const struct sent_segment *segment, struct slice name,
                         unsigned sequence)
{
    const struct hl7v2_dictionary *dictionary = walk->message->dictionary;
    unsigned last =
        walk->message->is_part ? 0 : hl7v2_dictionary_last_required(dictionary, segment->id);
    for (unsigned field = 1; field <= last; field++) {
        const struct hl7v2_field_definition *definition =
            hl7v2_dictionary_field(dictionary, segment->id, field);
        bool is_separator = segment->id == HL7V2_ID("MSH") && field < 3;
        if (!definition || !definition->required || is_separator ||
            !hl7v2_field_in_version(definition, walk->message->version) ||
            sent_repetitions(segment, field))
            continue;
        issue_report(
            walk->issues, ISSUE_REQUIRED_FIELD, ISSUE_ERROR,
            issue_place_v2(name, sequence, field, 0, 0, 0),
            "%.*s (%.*s) is required, and nothing at hand says it",
            SLICE_ARG(arena_format(walk->issues->arena, "%.*s-%u", SLICE_ARG(name), field)),
            SLICE_ARG(definition->name));
    }
}

static void visit_segment(struct walk *walk, const struct sent_segment *segment)
{
    struct slice name = name_of(segment->id, walk->issues->arena);
    uintptr_t before = (uintptr_t)map_get(&walk->sequences, name);
    map_put(&walk->sequences, name, (void *)(before + 1));
    check_fields(walk, segment, name, (unsigned)(before + 1));
    walk->visitor->visit(segment, (unsigned)(before + 1), walk->visitor->data);
}

static void walk_group(struct walk *walk, const struct sent_group *group);

/* The segments or groups of one node; how many there were. */
static size_t walk_node(struct walk *walk, const struct sent_group *group, uint32_t node)
{
    size_t count = 0;
    for (const struct sent_segment *i = group->first_segment; i; i = i->next)
        if (i->node == node && i->count) {
            visit_segment(walk, i);
            count++;
        }
    for (const struct sent_group *i = group->first_child; i; i = i->next)
        if (i->node == node && !sent_group_is_empty(i)) {
            walk_group(walk, i);
            count++;
        }
    return count;
}

static void walk_group(struct walk *walk, const struct sent_group *group)
{
    const struct hl7v2_node *nodes = walk->message->structure->nodes;
    for (uint32_t node = group->node + 1; node < nodes[group->node].next; node = nodes[node].next) {
        size_t count = walk_node(walk, group, node);
        if (count == 0 && nodes[node].min && !walk->message->is_part)
            issue_report(walk->issues, ISSUE_SEGMENT_SEQUENCE, ISSUE_ERROR,
                         issue_place_v2(nodes[node].name, 0, 0, 0, 0, 0),
                         "%.*s requires %.*s, and nothing at hand makes it",
                         SLICE_ARG(nodes[group->node].name), SLICE_ARG(nodes[node].name));
        if (count > 1 && nodes[node].max == 1)
            issue_report(walk->issues, ISSUE_CARDINALITY, ISSUE_ERROR,
                         issue_place_v2(nodes[node].name, 0, 0, 0, 0, 0),
                         "%.*s takes one %.*s, and there are %zu",
                         SLICE_ARG(nodes[group->node].name), SLICE_ARG(nodes[node].name), count);
    }
    walk_node(walk, group, UINT32_MAX); /* segments of the site's own stand at the end */
}

void sent_walk(const struct sent_message *message, const struct sent_visitor *visitor,
               struct issue_list *issues)
{
    struct walk walk = {.message = message, .visitor = visitor, .issues = issues};
    map_init(&walk.sequences, message->arena);
    walk_group(&walk, message->root);
}

void sent_build(const struct sent_segment *segment, struct hl7v2_builder *builder)
{
    hl7v2_builder_segment(builder, segment->id);
    for (size_t i = 0; i < segment->count; i++) {
        const struct sent_entry *entry = &segment->entries[i];
        const struct sent_position *at = &entry->at;
        if (entry->is_formatted)
            hl7v2_builder_set_lines(builder, at->field, at->repetition, at->component,
                                    at->subcomponent, entry->text);
        else
            hl7v2_builder_set(builder, at->field, at->repetition, at->component, at->subcomponent,
                              entry->text);
    }
}
