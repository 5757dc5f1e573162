/* run_write: what rules write. */
#include <string.h>

#include "hl7v2/text.h"
#include "mapping/run.h"

void *run_grow(struct arena *arena, void *items, size_t item_size, struct growing *size,
               size_t first_capacity)
{
    if (size->count < size->capacity)
        return items;
    size_t capacity = size->capacity ? 2 * size->capacity : first_capacity;
    items = arena_grow(arena, items, size->capacity * item_size, capacity * item_size);
    size->capacity = capacity;
    return items;
}

/* --- slots: what has been written where, by list and label -------------------------------------*/

static size_t slot_hash(const void *owner, const char *label)
{
    uint64_t mixed = ((uintptr_t)owner >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    mixed ^= ((uintptr_t)label >> 2) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (size_t)(mixed ^ mixed >> 29);
}

static struct run_slot *slot_at(struct run *run, const void *owner, const char *label)
{
    size_t at = slot_hash(owner, label) & run->slot_mask;
    while (run->slots[at].owner && (run->slots[at].owner != owner || run->slots[at].label != label))
        at = (at + 1) & run->slot_mask;
    return &run->slots[at];
}

static void double_slots(struct run *run)
{
    struct run_slot *old = run->slots;
    size_t count = run->slot_mask + 1;
    run->slots = ARENA_ARRAY(run->arena, 2 * count, struct run_slot);
    run->slot_mask = 2 * count - 1;
    for (size_t i = 0; i < count; i++)
        if (old[i].owner)
            *slot_at(run, old[i].owner, old[i].label) = old[i];
}

struct run_slot *run_slot_of(struct run *run, const void *owner, const char *label)
{
    if (2 * run->slot_count > run->slot_mask)
        double_slots(run);
    struct run_slot *slot = slot_at(run, owner, label);
    if (!slot->owner) {
        *slot = (struct run_slot){owner, label, NULL};
        run->slot_count++;
        if (run->record)
            run_record_slot(run, owner, label);
    }
    return slot;
}

/* --- trace, marks, issues ----------------------------------------------------------------------*/

static struct mapping_trace *push_trace(struct run *run)
{
    run->trace = run_grow(run->arena, run->trace, sizeof(*run->trace), &run->trace_size, 256);
    return &run->trace[run->trace_size.count++];
}

void run_trace(struct run *run, const struct json *node, uint32_t resource, uint32_t rule,
               enum mapping_trace_kind kind, uint32_t row)
{
    if (run->context->trace && node)
        *push_trace(run) = (struct mapping_trace){
            .node = node, .resource = resource, .rule = rule, .row = row, .kind = kind};
}

void run_trace_found(struct run *run, const struct json *node, uint32_t resource, uint32_t rule,
                     const struct found *found, uint32_t row)
{
    if (!run->context->trace || !node)
        return;
    struct mapping_trace *entry = push_trace(run);
    *entry = (struct mapping_trace){
        .node = node, .resource = resource, .rule = rule, .row = row, .kind = MAPPING_TRACE_FACT};
    if (found->is_fact)
        return;
    if (run->record)
        run_record_trace(run, found);
    entry->kind = MAPPING_TRACE_FIELD;
    entry->start = (uint32_t)(found->raw.ptr - run->message->frame.ptr);
    entry->length = (uint32_t)found->raw.len;
}

/* "birthDate" of "_birthDate". */
static struct slice element_of(struct slice name)
{
    return name.len && name.ptr[0] == '_' ? slice_after(name, 1) : name;
}

/* `is_new`: the entry was made just now, so that no mark can be there: else a field of many
 * repetitions would be looked through for each. */
static void mark(struct run *run, uint32_t resource, struct slice name, struct json *entry,
                 bool is_new, uint32_t rule)
{
    struct run_resource *at = &run->resources[resource];
    struct slice element = element_of(name);
    for (size_t i = is_new ? 0 : at->mark_size.count; i > 0; i--) {
        const struct mapping_mark *known = &at->out.marks[i - 1];
        if (known->rule == rule && known->entry == entry && slice_equal(known->element, element))
            return;
    }
    at->out.marks =
        run_grow(run->arena, at->out.marks, sizeof(struct mapping_mark), &at->mark_size, 16);
    at->out.marks[at->mark_size.count++] = (struct mapping_mark){element, entry, rule};
}

void run_clear(struct run *run, const struct target *target, const struct path *path, uint32_t rule)
{
    /* HL7 v2.5.1 2.10.2: "" deletes a field; a part of a value that is there deletes nothing. */
    if (!target || target->parent || path->count == 0)
        return;
    struct run_resource *at = &run->resources[target->resource];
    struct slice element = element_of(path->steps[0].name);
    at->out.clears =
        run_grow(run->arena, at->out.clears, sizeof(struct mapping_clear), &at->clear_size, 4);
    at->out.clears[at->clear_size.count++] = (struct mapping_clear){element, rule};
}

struct issue_place run_place(const struct run *run, const struct found *found)
{
    if (!found || found->is_fact || !found->raw.ptr || found->segment == HL7V2_NO_SEGMENT)
        return ISSUE_NOWHERE;
    return hl7v2_message_place_at(run->message, (size_t)(found->raw.ptr - run->message->frame.ptr));
}

void run_report(struct run *run, const struct operation *operation, const struct found *found,
                enum issue_code code, enum issue_severity severity, const char *words)
{
    const struct mapping_rule_facts rule = mapping_program_rule(run->program, operation->rule);
    struct slice told = slice_of(words);
    if (severity >= ISSUE_ERROR)
        run->refused = true;
    if (rule.because.len && run->issues)
        told = arena_format(run->issues->arena, "%s; %.*s", words, SLICE_ARG(rule.because));
    issue_add(run->issues, (struct issue){.code = code,
                                          .severity = severity,
                                          .place = run_place(run, found),
                                          .words = told,
                                          .rule = rule.id});
}

/* --- the walk ----------------------------------------------------------------------------------*/

struct target *run_target(struct run *run, struct target *parent, const struct path *path,
                          uint32_t rule)
{
    struct target *made = ARENA_NEW(run->arena, struct target);
    *made = (struct target){.parent = parent,
                            .path = path,
                            .resource = parent ? parent->resource : MAPPING_NO_RESOURCE,
                            .rule = rule};
    return made;
}

static struct json *new_entry(struct run *run, struct json *list, const struct path_step *step)
{
    struct json *entry = json_append(list, json_object(run->arena));
    if (step->is_extension)
        json_add_string(entry, SLICE("url"), step->label, run->arena);
    return entry;
}

/* The container that a step leads to; *ret_new where it was made for this. */
static struct json *step_into(struct run *run, struct json *object, const struct path_step *step,
                              bool *ret_new)
{
    struct json *member = json_get(object, step->name);
    *ret_new = !member;
    if (!step->is_list)
        return member ? member : json_add(object, step->name, json_object(run->arena));
    if (!member)
        member = json_add(object, step->name, json_array(run->arena));
    if (step->is_new) {
        *ret_new = true;
        return new_entry(run, member, step);
    }
    struct run_slot *slot = run_slot_of(run, member, step->label.ptr);
    *ret_new = !slot->value;
    if (!slot->value)
        slot->value = new_entry(run, member, step);
    return slot->value;
}

struct json *run_walk(struct run *run, struct target *target, const struct path *path, size_t steps,
                      uint32_t rule)
{
    struct json *node = run_open(run, target);
    bool is_new;
    if (steps == 0)
        return node;
    node = step_into(run, node, &path->steps[0], &is_new);
    if (!target->parent)
        mark(run, target->resource, path->steps[0].name, path->steps[0].is_list ? node : NULL,
             is_new, rule);
    for (size_t i = 1; i < steps; i++)
        node = step_into(run, node, &path->steps[i], &is_new);
    return node;
}

struct json *run_make_target(struct run *run, struct target *target)
{
    target->node = run_walk(run, target->parent, target->path, target->path->count, target->rule);
    return target->node;
}

bool run_claim_type(struct run *run, const struct operation *operation, struct target *target,
                    const struct path *path)
{
    const struct path_step *step = &path->steps[0];
    struct run_slot *slot = run_slot_of(run, run_open(run, target), path->choice_element);
    if (!slot->value) {
        slot->value = (void *)(uintptr_t)step;
        return true;
    }
    const struct path_step *other = slot->value;
    if (slice_equal(element_of(other->name), element_of(step->name)))
        return true;
    run_report(run, operation, NULL, ISSUE_MAPPING, ISSUE_WARNING,
               "a second type of the same element was not written");
    return false;
}

/* --- primitives --------------------------------------------------------------------------------*/

static struct json *primitive(struct run *run, const struct converted *value)
{
    if (value->kind == JSON_NUMBER)
        return json_number(run->arena, value->text);
    if (value->kind == JSON_BOOLEAN)
        return json_boolean(run->arena, slice_equal(value->text, SLICE("true")));
    return json_string(run->arena, value->text);
}

static bool same_value(const struct json *node, const struct converted *value)
{
    if (json_kind(node) == JSON_BOOLEAN)
        return json_is_true(node) == slice_equal(value->text, SLICE("true"));
    return slice_equal(json_text(node), value->text);
}

/* A single element has a value already: an equal one is well, another needs a word of the rule. */
static struct json *second_value(struct run *run, const struct operation *operation,
                                 struct json *container, struct json *old,
                                 const struct converted *value)
{
    const bool is_same = same_value(old, value);
    if (run->record)
        run_record_old(run, old, operation->keep != KEEP_FIRST);
    if (is_same || operation->keep == KEEP_FIRST)
        return old;
    if (run->record)
        run_record_odd(run->record);
    if (operation->keep == KEEP_LAST)
        return json_replace(container, old, primitive(run, value));
    run_report(run, operation, NULL, ISSUE_MAPPING, ISSUE_WARNING,
               "a second value for a single element was not written");
    return NULL;
}

static struct json *write_entry(struct run *run, const struct operation *operation,
                                struct json *container, const struct path_step *step,
                                const struct converted *value, bool *ret_new)
{
    static const struct slice NO_NAME = {NULL, 0};
    struct json *list = json_get_or_add(container, step->name, JSON_ARRAY, run->arena);
    struct run_slot *slot = step->is_new ? NULL : run_slot_of(run, list, step->label.ptr);
    *ret_new = !slot || !slot->value;
    if (!*ret_new)
        return second_value(run, operation, list, slot->value, value);
    struct json *node = json_add_primitive(list, NO_NAME, value->kind, value->text, run->arena);
    if (slot)
        slot->value = node;
    return node;
}

struct json *run_write_leaf(struct run *run, const struct operation *operation,
                            struct json *container, const struct path_step *step, uint32_t resource,
                            bool at_root, const struct converted *value)
{
    struct json *node, *old = NULL;
    bool is_new = true;
    if (step->is_list)
        node = write_entry(run, operation, container, step, value, &is_new);
    else if ((old = json_get(container, step->name)))
        return second_value(run, operation, container, old, value);
    else
        node = json_add_primitive(container, step->name, value->kind, value->text, run->arena);
    if (step->ends_period)
        run_note_period(run, operation, container, resource);
    if (at_root && is_new)
        mark(run, resource, step->name, step->is_list ? node : NULL, true, operation->rule);
    return node;
}

struct json *run_write(struct run *run, const struct operation *operation, struct target *target,
                       const struct path *path, const struct converted *value)
{
    if (!run_claim_choice(run, operation, target, path))
        return NULL;
    struct json *container = run_walk(run, target, path, path->count - 1, operation->rule);
    return run_write_leaf(run, operation, container, &path->steps[path->count - 1],
                          target->resource, path->count == 1 && !target->parent, value);
}

/* --- what does not fit -------------------------------------------------------------------------*/

void run_write_extension(struct run *run, struct target *target, const struct path *path,
                         uint32_t rule, struct slice url, const struct found *found,
                         struct slice text, bool is_code)
{
    const struct path_step *leaf = &path->steps[path->count - 1];
    if (leaf->is_list || text.len == 0)
        return;
    struct json *container = run_walk(run, target, path, path->count - 1, rule);
    struct slice name = arena_format(run->arena, "_%.*s", SLICE_ARG(leaf->name));
    struct json *companion = json_get_or_add(container, name, JSON_OBJECT, run->arena);
    struct json *list = json_get_or_add(companion, SLICE("extension"), JSON_ARRAY, run->arena);
    struct json *entry = json_append(list, json_object(run->arena));
    json_add_string(entry, SLICE("url"), url, run->arena);
    if (path->count == 1 && !target->parent)
        mark(run, target->resource, leaf->name, NULL, false, rule);
    struct json *node;
    if (is_code) {
        struct json *concept = json_object(run->arena);
        json_add(entry, SLICE("valueCodeableConcept"), concept);
        node = json_add_string(concept, SLICE("text"), text, run->arena);
    } else {
        node = json_add_string(entry, SLICE("valueString"), text, run->arena);
    }
    run_trace_found(run, node, target->resource, rule, found, MAPPING_NO_ROW);
}

/* value[x] becomes valueString: what was written of another type goes. */
static void choice_as_text(struct run *run, const struct operation *operation,
                           struct target *target, const struct path *path,
                           const struct found *found, struct slice text)
{
    struct json *node = run_open(run, target);
    struct path_step *step = ARENA_NEW(run->arena, struct path_step);
    step->name = path->choice_text;
    struct run_slot *slot = run_slot_of(run, node, path->choice_element);
    if (slot->value)
        json_remove(node, ((const struct path_step *)slot->value)->name);
    slot->value = step;
    struct converted value = {.kind = JSON_STRING, .text = text};
    struct json *leaf =
        run_write_leaf(run, operation, node, step, target->resource, !target->parent, &value);
    run_trace_found(run, leaf, target->resource, operation->rule, found, MAPPING_NO_ROW);
}

void run_keep_text(struct run *run, const struct operation *operation, struct target *target,
                   const struct path *path, const struct found *found)
{
    struct slice text = run_text(run, found, true);
    if (path->is_choice && path->choice_takes_text)
        choice_as_text(run, operation, target, path, found, text);
    else
        run_write_extension(run, target, path, operation->rule, SLICE(RUN_ORIGINAL_TEXT), found,
                            text, false);
}

/* --- references --------------------------------------------------------------------------------*/

static void note_reference(struct run *run, uint32_t resource, struct mapping_reference reference)
{
    struct run_resource *at = &run->resources[resource];
    at->out.references = run_grow(run->arena, at->out.references, sizeof(struct mapping_reference),
                                  &at->reference_size, 8);
    at->out.references[at->reference_size.count++] = reference;
}

/* The first part that stands in the message: before it are facts and other resources, of which each
 * is one part of the key. */
static size_t first_in_message(const struct key_rule *rule)
{
    size_t i = 0;
    while (i + 1 < rule->part_count &&
           (rule->parts[i].kind == PART_NAME || rule->parts[i].places.items[0].kind == PLACE_FACT))
        i++;
    return i;
}

/* What is looked for and may not be there: a logical reference with its identifier (FHIR R4
 * references.html#logical). */
static void write_logical(struct run *run, const struct operation *operation, struct json *node,
                          const struct mapping_key *key)
{
    json_add_string(node, SLICE("type"), operation->type, run->arena);
    struct json *identifier = json_add(node, SLICE("identifier"), json_object(run->arena));
    size_t number = first_in_message(&operation->keys[0]);
    json_add_string(identifier, SLICE("value"), key->parts[number], run->arena);
}

static struct json *reference_node(struct run *run, struct target *target, const struct path *path,
                                   struct slice text, uint32_t rule)
{
    if (path->count == 0)
        return run_open(run, target);
    const struct path_step *step = &path->steps[path->count - 1];
    bool is_new = step->is_list;
    for (size_t i = 0; i + 1 < path->count; i++)
        is_new |= path->steps[i].is_new; /* its entry is made by the walk, and only once */
    if (is_new || !text.len)
        return run_walk(run, target, path, path->count, rule);
    struct json *container = run_walk(run, target, path, path->count - 1, rule);
    const struct json *old = json_get(container, step->name);
    if (old && !slice_equal(json_get_text(old, SLICE("reference")), text))
        return NULL;
    return run_walk(run, target, path, path->count, rule);
}

void run_write_reference(struct run *run, const struct operation *operation, struct target *target,
                         const struct path *path, uint32_t resource,
                         const struct mapping_key *find_key)
{
    struct slice text = {NULL, 0};
    if (resource != MAPPING_NO_RESOURCE)
        text = run->resources[resource].reference;
    if (!run_claim_choice(run, operation, target, path))
        return;
    struct json *node = reference_node(run, target, path, text, operation->rule);
    if (!node) {
        run_report(run, operation, NULL, ISSUE_MAPPING, ISSUE_WARNING,
                   "a second value for a single element was not written");
        return;
    }
    if (json_first(node))
        return;
    note_reference(
        run, target->resource,
        (struct mapping_reference){
            .node = node, .target = resource, .find_type = operation->type, .key = find_key});
    if (resource == MAPPING_NO_RESOURCE) {
        write_logical(run, operation, node, find_key);
        return;
    }
    struct json *leaf = json_add_string(node, SLICE("reference"), text, run->arena);
    run_trace(run, leaf, target->resource, operation->rule, MAPPING_TRACE_KEY, MAPPING_NO_ROW);
}
