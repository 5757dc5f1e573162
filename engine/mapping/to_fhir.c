/* to_fhir: a message through a program. */
#include "mapping/to_fhir.h"

#include <string.h>

#include "fhir/reference.h"
#include "fhir/resource.h"
#include "hl7v2/header.h"
#include "mapping/run_shape.h"

/* --- scopes ------------------------------------------------------------------------------------*/

struct run_scope *run_push_scope(struct run *run, struct run_scope *parent,
                                 const struct operation *operation)
{
    if (!operation->has_names)
        return parent;
    struct run_scope *scope = ARENA_NEW(run->arena, struct run_scope);
    *scope = (struct run_scope){.parent = parent,
                                .body = run->body,
                                .operation = (uint32_t)(operation - run->body->operations),
                                .first = (uint32_t)run->instance_size.count,
                                .end = UINT32_MAX};
    return scope;
}

void run_pop_scope(struct run *run, struct run_scope *scope, const struct run_scope *parent)
{
    if (scope != parent)
        scope->end = (uint32_t)run->instance_size.count;
}

/* --- resources ---------------------------------------------------------------------------------*/

static uint32_t new_resource(struct run *run, const struct operation *operation,
                             const struct mapping_key *key)
{
    run->resources =
        run_grow(run->arena, run->resources, sizeof(*run->resources), &run->resource_size, 16);
    uint32_t number = (uint32_t)run->resource_size.count++;
    struct run_resource *resource = &run->resources[number];
    struct mapping_key *kept = ARENA_NEW(run->arena, struct mapping_key);
    *kept = *key;
    resource->out = (struct mapping_resource){.type = operation->type,
                                              .id = fhir_id_slice(&kept->id),
                                              .keys = kept,
                                              .key_count = 1,
                                              .merge = operation->merge,
                                              .rule = operation->rule};
    resource->reference = fhir_reference_local(resource->out.type, resource->out.id, run->arena);
    if (operation->name != NAME_THIS)
        resource->out.name = run->program->names[operation->name];
    struct json *body = resource->out.body = fhir_resource_new(operation->type, run->arena);
    json_add_string(body, SLICE("id"), resource->out.id, run->arena);
    if (run->context->source.len)
        json_add_string(json_add(body, SLICE("meta"), json_object(run->arena)), SLICE("source"),
                        run->context->source, run->arena);
    resource->root = run_target(run, NULL, NULL, operation->rule);
    resource->root->node = resource->out.body;
    resource->root->resource = number;
    map_put(&run->by_id, resource->out.id, (void *)(uintptr_t)(number + 1));
    return number;
}

uint32_t run_resource_of_key(struct run *run, const struct operation *operation,
                             const struct mapping_key *key, bool *ret_new)
{
    uintptr_t known = (uintptr_t)map_get(&run->by_id, fhir_id_slice(&key->id));
    *ret_new = known == 0;
    if (*ret_new)
        return new_resource(run, operation, key);
    run->resources[known - 1].is_met_again = true;
    return (uint32_t)(known - 1);
}

static void add_key(struct run *run, uint32_t resource, const struct mapping_key *key)
{
    struct mapping_resource *at = &run->resources[resource].out;
    for (size_t i = 0; i < at->key_count; i++)
        if (slice_equal(fhir_id_slice(&at->keys[i].id), fhir_id_slice(&key->id)))
            return;
    at->keys = arena_grow(run->arena, at->keys, at->key_count * sizeof(*key),
                          (at->key_count + 1) * sizeof(*key));
    at->keys[at->key_count++] = *key;
    struct slice id = arena_copy(run->arena, fhir_id_slice(&key->id));
    if (!map_get(&run->by_id, id))
        map_put(&run->by_id, id, (void *)(uintptr_t)(resource + 1));
}

void run_add_aliases(struct run *run, const struct frame *frame, const struct operation *operation,
                     uint32_t resource)
{
    struct mapping_key key;
    for (size_t i = 1; i < operation->key_count; i++)
        if (run_key(run, frame, &operation->keys[i], operation->type, &key))
            add_key(run, resource, &key);
}

/* --- segments ----------------------------------------------------------------------------------*/

static bool is_wanted(const struct run *run, const struct segment_source *source, size_t segment,
                      uint32_t group)
{
    uint32_t node = run->grouping.segment_node[segment];
    for (size_t i = 0; i < source->node_count; i++)
        if (source->nodes[i] == node)
            return true;
    /* A segment that the structure does not know belongs to the group at hand. */
    return source->node_count == 0 && run->message->segments[segment].id == source->place.segment &&
           run->grouping.segment_group[segment] == group;
}

/* The next segment of the source in the group, from `at` on; HL7V2_NO_SEGMENT at the end. */
static size_t next_segment(const struct run *run, const struct segment_source *source,
                           uint32_t group, size_t at)
{
    const struct hl7v2_group *in = &run->grouping.groups[group];
    for (; at < in->end_segment; at++)
        if (is_wanted(run, source, at, group))
            return at;
    return HL7V2_NO_SEGMENT;
}

static size_t first_segment(const struct run *run, const struct segment_source *source,
                            uint32_t group)
{
    if (!(run->segments & segment_bit(source->place.segment)))
        return HL7V2_NO_SEGMENT;
    size_t at = next_segment(run, source, group, run->grouping.groups[group].first_segment);
    for (uint32_t number = 1; number < source->place.sequence && at != HL7V2_NO_SEGMENT; number++)
        at = next_segment(run, source, group, at + 1);
    return at;
}

static struct frame frame_at(const struct run *run, const struct frame *frame, size_t segment)
{
    struct frame inside = *frame;
    inside.cursor = run_cursor_of_segment(run, frame->cursor.group, segment);
    return inside;
}

/* --- each --------------------------------------------------------------------------------------*/

static bool each_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    uint32_t first = (uint32_t)(operation - run->body->operations) + 1;
    uint32_t group = hl7v2_grouping_next_group(&run->grouping, frame->cursor.group,
                                               operation->group_node, HL7V2_NO_GROUP);
    while (group != HL7V2_NO_GROUP && !arena_exceeded(run->arena)) {
        struct frame inside = *frame;
        inside.cursor = run_cursor_of_segment(run, group, HL7V2_NO_SEGMENT);
        if (run_holds(run, &inside.cursor, operation->when)) {
            inside.scope = run_push_scope(run, frame->scope, operation);
            run_list(run, &inside, first, operation->end);
            run_pop_scope(run, inside.scope, frame->scope);
        }
        group = hl7v2_grouping_next_group(&run->grouping, frame->cursor.group,
                                          operation->group_node, group);
    }
    return true;
}

/* --- make --------------------------------------------------------------------------------------*/

static const struct {
    struct slice word;
    enum mapping_action action;
} ACTIONS[] = {
    {SLICE_INIT("create"), MAPPING_CREATE},     {SLICE_INIT("update"), MAPPING_UPDATE},
    {SLICE_INIT("end"), MAPPING_END},           {SLICE_INIT("link"), MAPPING_LINK},
    {SLICE_INIT("unlink"), MAPPING_UNLINK},     {SLICE_INIT("unchanged"), MAPPING_UNCHANGED},
    {SLICE_INIT("snapshot"), MAPPING_SNAPSHOT},
};

static enum mapping_action action_of(struct run *run, const struct cursor *cursor,
                                     const struct operation *operation)
{
    if (!operation->action || !operation->action_table)
        return MAPPING_UPSERT;
    struct found found = run_find(run, cursor, operation->action);
    struct slice system, code = run_code_for(run, &found, &system, MAPPING_LOOK_CONDITION);
    struct code_match match = code_table_find(operation->action_table, code, system);
    for (size_t i = 0; match.row && i < sizeof(ACTIONS) / sizeof(ACTIONS[0]); i++)
        if (slice_equal(match.row->target_code, ACTIONS[i].word))
            return ACTIONS[i].action;
    if (code.len && !match.row)
        run_report(run, operation, &found, ISSUE_TABLE_VALUE, ISSUE_WARNING,
                   "an action code is not in the code table");
    return MAPPING_UPSERT;
}

/* A key of last resort: this message, this name, this number. Systems of one site may count from 1
 * each, and begin anew: the sender and the time of the message belong to its control id. */
static void key_of_message(struct run *run, const struct operation *operation,
                           struct mapping_key *ret_key)
{
    static const unsigned HEADER[] = {3, 4, 7, 10};
    enum { HEADER_COUNT = sizeof(HEADER) / sizeof(HEADER[0]) };
    size_t header = hl7v2_message_find(run->message, HL7V2_ID("MSH"), 1);
    struct mapping_key key = {.name = SLICE("message"), .part_count = HEADER_COUNT + 3};
    key.parts = ARENA_ARRAY(run->arena, key.part_count, struct slice);
    struct slice *part = key.parts;
    *part++ = run->facts[FACT_SITE];
    for (size_t i = 0; i < HEADER_COUNT; i++)
        *part++ = hl7v2_message_field(run->message, header, HEADER[i]);
    *part++ = operation->name == NAME_THIS ? operation->type : run->program->names[operation->name];
    size_t number = operation->name == NAME_THIS ? run->resource_size.count
                                                 : run->named[operation->name].size.count;
    *part = arena_format(run->arena, "%zu", number + 1);
    run_derive(run, operation->type, &key);
    *ret_key = key;
    run_report(run, operation, NULL, ISSUE_MAPPING, ISSUE_WARNING,
               "no part of the key is valued; the resource is known by its message only");
}

/* The second resource of one key in a message gets a number behind the parts; the thousandth does
 * not try those of all before it. */
static void number_key(struct run *run, const struct operation *operation, struct mapping_key *key)
{
    struct mapping_key plain = *key;
    struct slice id = arena_copy(run->arena, fhir_id_slice(&plain.id));
    uintptr_t last = (uintptr_t)map_get(&run->numbers, id);
    for (size_t number = last ? last + 1 : 2;; number++) {
        map_put(&run->numbers, id, (void *)number);
        key->part_count = plain.part_count + 1;
        key->parts = ARENA_ARRAY(run->arena, key->part_count, struct slice);
        memcpy(key->parts, plain.parts, plain.part_count * sizeof(struct slice));
        key->parts[plain.part_count] = arena_format(run->arena, "#%zu", number);
        run_derive(run, operation->type, key);
        if (!map_get(&run->by_id, fhir_id_slice(&key->id)))
            return;
    }
}

static uint32_t resource_of_make(struct run *run, const struct frame *frame,
                                 const struct operation *operation)
{
    struct mapping_key key;
    bool is_new;
    if (operation->key_count == 0 ||
        !run_key(run, frame, &operation->keys[0], operation->type, &key))
        key_of_message(run, operation, &key);
    if (operation->clash != CLASH_SAME && map_get(&run->by_id, fhir_id_slice(&key.id))) {
        number_key(run, operation, &key);
        if (operation->clash == CLASH_NOT_SAID)
            run_report(run, operation, NULL, ISSUE_DUPLICATE_KEY, ISSUE_WARNING,
                       "two resources of one message have the same key; they are numbered");
        if (operation->clash == CLASH_HOLD)
            (void)!run_hold(run, operation, NULL, MAPPING_HOLD_CLASH);
    }
    return run_resource_of_key(run, operation, &key, &is_new);
}

static void make_one(struct run *run, const struct frame *frame, const struct operation *operation)
{
    size_t known = run->resource_size.count;
    uint32_t resource = resource_of_make(run, frame, operation);
    run->resources[resource].out.action = action_of(run, &frame->cursor, operation);
    run_name_instance(run, operation->name, resource);
    struct frame inside = *frame;
    inside.target = run->resources[resource].root;
    inside.scope = run_push_scope(run, frame->scope, operation);
    run_add_aliases(run, frame, operation, resource);
    if (operation->map != NO_MAP && resource == known)
        run_map_by_shape(run, &inside, operation->map);
    else if (operation->map != NO_MAP)
        run_map(run, &inside, operation->map);
    uint32_t first = (uint32_t)(operation - run->body->operations) + 1;
    run_list(run, &inside, first, operation->end);
    run_pop_scope(run, inside.scope, frame->scope);
}

/* A make without `from` is made by the first `also` that is present; one without either, always. */
static bool has_source(const struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    const struct operation *operations = run->body->operations;
    uint32_t i = (uint32_t)(operation - operations) + 1;
    bool has_also = false;
    for (; i < operation->end; i = operations[i].end) {
        if (operations[i].kind != OPERATION_ALSO)
            continue;
        has_also = true;
        if (first_segment(run, operations[i].segment, frame->cursor.group) != HL7V2_NO_SEGMENT)
            return true;
    }
    return !has_also;
}

bool run_finds_segment(const struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    if (operation->segment)
        return first_segment(run, operation->segment, frame->cursor.group) != HL7V2_NO_SEGMENT;
    return has_source(run, frame, operation);
}

static bool make_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (!operation->segment) {
        if (!has_source(run, frame, operation) || !run_holds(run, &frame->cursor, operation->when))
            return false;
        make_one(run, frame, operation);
        return true;
    }
    const struct segment_source *source = operation->segment;
    size_t at = first_segment(run, source, frame->cursor.group);
    while (at != HL7V2_NO_SEGMENT && !arena_exceeded(run->arena)) {
        struct frame inside = frame_at(run, frame, at);
        if (run_holds(run, &inside.cursor, operation->when))
            make_one(run, &inside, operation);
        if (source->place.sequence)
            break;
        at = next_segment(run, source, frame->cursor.group, at + 1);
    }
    return true;
}

static bool also_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    const struct segment_source *source = operation->segment;
    size_t at = first_segment(run, source, frame->cursor.group);
    while (at != HL7V2_NO_SEGMENT && !arena_exceeded(run->arena)) {
        struct frame inside = frame_at(run, frame, at);
        if (operation->to)
            inside.target = run_target(run, frame->target, operation->to, operation->rule);
        if (operation->map != NO_MAP && run_holds(run, &inside.cursor, operation->when))
            run_map(run, &inside, operation->map);
        if (source->place.sequence)
            break;
        at = next_segment(run, source, frame->cursor.group, at + 1);
    }
    return true;
}

/* --- links -------------------------------------------------------------------------------------*/

static bool link_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    run->links = run_grow(run->arena, run->links, sizeof(*run->links), &run->link_size, 16);
    run->links[run->link_size.count++] = (struct run_link){operation, *frame};
    return true;
}

/* One end of a link while the other is looked for. */
struct link_ends {
    const struct operation *operation;
    const struct frame *frame;
    uint32_t source;
    size_t written;
};

static void write_link(struct run *run, uint32_t target, void *data)
{
    struct link_ends *ends = data;
    ends->written++;
    run_write_reference(run, ends->operation, run->resources[ends->source].root,
                        ends->operation->to, target, NULL);
}

static void link_to_all(struct run *run, struct link_ends *ends)
{
    for (uint32_t i = 0; i < run->resource_size.count; i++)
        if (i != ends->source)
            write_link(run, i, ends);
}

static void link_source(struct run *run, uint32_t source, void *data)
{
    struct link_ends *ends = data;
    const struct name_list *target = &ends->operation->target;
    ends->source = source;
    ends->written = 0;
    for (size_t i = 0; i < target->count && ends->written == 0; i++) {
        if (target->items[i] == NAME_ALL)
            link_to_all(run, ends);
        else if (target->items[i] == NAME_THIS && ends->frame->target)
            write_link(run, ends->frame->target->resource, ends);
        else if (target->items[i] != NAME_THIS)
            run_named_each(run, ends->frame->scope, target->items[i], false, write_link, ends);
    }
}

static void finish_link(struct run *run, const struct run_link *link)
{
    const struct name_list *sources = &link->operation->in;
    struct link_ends ends = {.operation = link->operation, .frame = &link->frame};
    if (sources->count == 0 && link->frame.target)
        link_source(run, link->frame.target->resource, &ends);
    size_t found = 0;
    for (size_t i = 0; i < sources->count && found == 0; i++) {
        if (sources->items[i] != NAME_THIS)
            found = run_named_each(run, link->frame.scope, sources->items[i], false, link_source,
                                   &ends);
        else if (link->frame.target)
            link_source(run, link->frame.target->resource, &ends);
    }
}

/* --- acts --------------------------------------------------------------------------------------*/

static struct mapping_act *push_act(struct run *run, const struct operation *operation,
                                    enum mapping_act_kind kind)
{
    run->acts = run_grow(run->arena, run->acts, sizeof(*run->acts), &run->act_size, 4);
    struct mapping_act *act = &run->acts[run->act_size.count++];
    *act = (struct mapping_act){.kind = kind, .type = operation->type, .rule = operation->rule};
    return act;
}

static bool merge_word(struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    struct mapping_key into, from;
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    if (!run_key(run, frame, &operation->keys[0], operation->type, &into) ||
        !run_key(run, frame, &operation->keys[1], operation->type, &from)) {
        run_report(run, operation, NULL, ISSUE_REQUIRED_FIELD, ISSUE_ERROR,
                   "a merge names no record on one side");
        return false;
    }
    struct mapping_act *act = push_act(run, operation, operation->act);
    act->into = into;
    act->from = from;
    return true;
}

/* The elements to set are written by the rules inside into a body that is no resource. */
static bool snapshot_word(struct run *run, const struct frame *frame,
                          const struct operation *operation)
{
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    struct target *root = run_target(run, NULL, NULL, operation->rule);
    struct target *inside = run_target(run, root, NULL, operation->rule);
    inside->node = json_object(run->arena);
    struct frame body = *frame;
    body.target = inside;
    uint32_t first = (uint32_t)(operation - run->body->operations) + 1;
    run_list(run, &body, first, operation->end);
    struct mapping_act *act = push_act(run, operation, MAPPING_ACT_SNAPSHOT);
    act->scope = operation->scope;
    act->body = inside->node;
    return true;
}

run_word *run_message_word_of(enum operation_kind kind)
{
    static run_word *const MESSAGE_WORDS[OPERATION_KIND_COUNT] = {
        [OPERATION_EACH] = each_word,   [OPERATION_MAKE] = make_word,
        [OPERATION_ALSO] = also_word,   [OPERATION_LINK] = link_word,
        [OPERATION_MERGE] = merge_word, [OPERATION_SNAPSHOT] = snapshot_word,
    };
    return MESSAGE_WORDS[kind];
}

/* --- the message -------------------------------------------------------------------------------*/

static struct slice first_of(struct slice said, struct slice otherwise)
{
    return said.len ? said : otherwise;
}

static void take_facts(struct run *run)
{
    const struct mapping_context *context = run->context;
    const struct mapping_site *site = &run->program->site;
    int offset = context->zone ? zone_offset_at(context->zone, context->received) : 0;
    run->facts[FACT_NOW] = hl7v2_datetime_format(context->received, offset, run->arena);
    run->facts[FACT_MESSAGE] = context->message;
    run->facts[FACT_SOURCE] = context->source;
    run->facts[FACT_SITE] = first_of(context->site, site->id);
    run->facts[FACT_ORGANIZATION] = first_of(context->organization, site->organization);
    run->facts[FACT_TIME_ZONE] =
        context->zone ? zone_name(context->zone) : first_of(site->time_zone, SLICE("UTC"));
    run->facts[FACT_MRN_SYSTEM] = first_of(context->mrn_system, site->mrn_system);
    if (run->facts[FACT_MRN_SYSTEM].len == 0 && run->facts[FACT_SITE].len)
        run->facts[FACT_MRN_SYSTEM] = arena_format(run->arena, "urn:painbridge:site:%.*s:mrn",
                                                   SLICE_ARG(run->facts[FACT_SITE]));
    run->facts[FACT_RECEIVER_MRN_SYSTEM] = context->receiver_mrn_system;
    run->facts[FACT_REVISION] = context->revision;
}

static size_t field_total(const struct hl7v2_message *message)
{
    if (message->segment_count == 0)
        return 0;
    const struct hl7v2_segment *last = &message->segments[message->segment_count - 1];
    return (size_t)last->first_field + last->field_count + 1;
}

static void prepare(struct run *run)
{
    struct hl7v2_header header;
    hl7v2_header_read(run->message, &header);
    run->defaults = (struct hl7v2_datetime_defaults){.has_header_offset = header.has_offset,
                                                     .header_offset_minutes = header.offset_minutes,
                                                     .zone = run->context->zone};
    take_facts(run);
    run_look_through(run);
    run->id_key = ARENA_NEW(run->arena, struct digest_key);
    digest_key_init(run->id_key, first_of(run->context->id_key, FHIR_ID_PUBLIC_KEY));
    run->read = ARENA_ARRAY(run->arena, field_total(run->message) + 1, uint32_t);
    run->answers = ARENA_ARRAY(run->arena, run->program->answer_count + 1, uint32_t);
    run->named = ARENA_ARRAY(run->arena, run->program->name_count + 1, struct run_named);
    run->outward = ARENA_ARRAY(run->arena, RUN_OUTWARD_COUNT, struct run_outward);
    run->in_groups = ARENA_ARRAY(run->arena, RUN_IN_GROUPS_COUNT, struct run_in_groups);
    run->slot_mask = 255;
    run->slots = ARENA_ARRAY(run->arena, run->slot_mask + 1, struct run_slot);
    map_init(&run->by_id, run->arena);
    map_init(&run->numbers, run->arena);
    run_take_shapes(run);
}

static void finish(struct run *run, struct mapping_result *ret_result)
{
    size_t count = run->resource_size.count;
    struct mapping_result result = {.resource_count = count,
                                    .acts = run->acts,
                                    .act_count = run->act_size.count,
                                    .holds = run->holds,
                                    .hold_count = run->hold_size.count,
                                    .trace = run->trace,
                                    .trace_count = run->trace_size.count,
                                    .looks = run->looks,
                                    .look_count = run->look_size.count,
                                    .steps = run->steps,
                                    .step_count = run->step_size.count,
                                    .read = run->read,
                                    .message = run->message,
                                    .program = run->program};
    result.resources = ARENA_ARRAY(run->arena, count, struct mapping_resource);
    for (size_t i = 0; i < count; i++) {
        struct run_resource *resource = &run->resources[i];
        if (resource->is_met_again)
            run_drop_repeated(run, resource);
        resource->out.reference_count = resource->reference_size.count;
        resource->out.mark_count = resource->mark_size.count;
        resource->out.clear_count = resource->clear_size.count;
        result.resources[i] = resource->out;
    }
    *ret_result = result;
}

int mapping_to_fhir(const struct mapping_program *program, const struct hl7v2_message *message,
                    struct slice structure, const struct mapping_context *context,
                    struct arena *arena, struct mapping_result *ret_result,
                    struct issue_list *issues)
{
    const struct message_program *rules = map_get(&program->messages, structure);
    struct run run = {.program = program,
                      .message = message,
                      .context = context,
                      .arena = arena,
                      .issues = issues};
    if (!rules) {
        issue_report(issues, ISSUE_MESSAGE_TYPE, ISSUE_ERROR,
                     issue_place_v2(SLICE("MSH"), 1, 9, 0, 3, 0),
                     "there are no rules for this message structure");
        return -1;
    }
    struct hl7v2_grouping_options options = {.strict = false};
    if (hl7v2_grouping_make(message, rules->structure, &options, arena, &run.grouping, issues) != 0)
        return -1;
    prepare(&run);
    run.body = program->bodies[rules->body];
    const struct operation *head = run.body->operations;
    struct frame frame = {.cursor = run_cursor_of_segment(&run, 0, HL7V2_NO_SEGMENT)};
    frame.scope = run_push_scope(&run, NULL, head);
    run_list(&run, &frame, 1, head->end);
    run_pop_scope(&run, frame.scope, NULL);
    for (size_t i = 0; i < run.link_size.count && !arena_exceeded(arena); i++)
        finish_link(&run, &run.links[i]);
    run_finish_joins(&run);
    run_finish_periods(&run);
    if (arena_exceeded(arena)) {
        issue_report(issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the message needs more memory than one message may take");
        return -1;
    }
    if (run.refused)
        return -1;
    finish(&run, ret_result);
    return 0;
}
