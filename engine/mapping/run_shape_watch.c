/* run_shape_watch: what a map wrote while it was watched.
 *
 * A phase is what is watched between two rules that run anew. Each phase becomes a step: the nodes
 * that it added to the resource's tree, in the tree's order (what is added to a container comes to
 * its end, so that the order of the tree is one in which it can be built), its slots, marks and
 * entries of the trace. Into what the rules that run anew made nothing may be written by a later
 * phase: where it stands is not known the next time. */
#include <string.h>

#include "mapping/run_shape.h"

/* Of a node that was there before, or that a rule made which runs anew. */
#define NOT_OURS UINT32_MAX

/* --- numbers of nodes --------------------------------------------------------------------------*/

static struct numbered *number_slot(const struct run_record *record, const void *node)
{
    size_t at = ((uintptr_t)node >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32 & record->number_mask;
    while (record->numbers[at].node && record->numbers[at].node != node)
        at = (at + 1) & record->number_mask;
    return &record->numbers[at];
}

static void number_node(struct run *run, const struct json *node, shape_node_number number)
{
    struct run_record *record = run->record;
    if (2 * record->number_count >= record->number_mask) {
        struct numbered *old = record->numbers;
        size_t count = old ? record->number_mask + 1 : 0;
        size_t capacity = old ? 2 * count : 256;
        record->numbers = ARENA_ARRAY(run->arena, capacity, struct numbered);
        record->number_mask = capacity - 1;
        for (size_t i = 0; i < count; i++)
            if (old[i].node)
                *number_slot(record, old[i].node) = old[i];
    }
    *number_slot(record, node) = (struct numbered){node, number};
    record->number_count++;
}

/* Of a node that this run wrote by itself, or the root. */
static shape_node_number number_of(struct run_record *record, const void *node)
{
    const struct numbered *known = number_slot(record, node);
    if (!known->node || known->number == NOT_OURS)
        run_record_odd(record);
    return known->number;
}

bool run_shape_is_ours(const struct run_record *record, const struct json *node)
{
    const struct numbered *known = number_slot(record, node);
    return !known->node || known->number != NOT_OURS;
}

/* --- what was written --------------------------------------------------------------------------*/

void run_record_slot(struct run *run, const void *owner, const char *label)
{
    struct run_record *record = run->record;
    record->slots =
        run_grow(run->arena, record->slots, sizeof(*record->slots), &record->slot_size, 16);
    record->slots[record->slot_size.count++] = (struct recorded_slot){owner, label};
}

static void keep_node(struct run *run, const struct json *node, shape_node_number parent)
{
    struct run_record *record = run->record;
    struct run_shape *shape = record->shape;
    struct shape_node kept = {.parent = parent,
                              .kind = json_kind(node),
                              .name = json_name(node),
                              .text = json_text(node),
                              .value = run_shape_value_of(record, node)};
    if (kept.kind == JSON_BOOLEAN)
        kept.text = json_is_true(node) ? SLICE("true") : SLICE("false");
    if (kept.kind == JSON_NULL || parent == NOT_OURS)
        run_record_odd(record);
    shape->nodes = run_grow(run->arena, shape->nodes, sizeof(kept), &shape->node_size, 64);
    shape->nodes[shape->node_size.count++] = kept;
    number_node(run, node, (shape_node_number)shape->node_size.count);
}

/* Numbers what is new below a node: as ours, or not. Depth is bounded by the program's paths. */
static void number_below(struct run *run, const struct json *parent, shape_node_number number,
                         bool is_ours)
{
    for (const struct json *child = json_first(parent); child; child = json_next(child)) {
        const struct numbered *known = number_slot(run->record, child);
        if (!known->node && is_ours)
            keep_node(run, child, number);
        else if (!known->node)
            number_node(run, child, NOT_OURS);
        number_below(run, child, number_slot(run->record, child)->number, is_ours);
    }
}

static void keep_slots(struct run *run, struct run_record *record)
{
    struct run_shape *shape = record->shape;
    for (size_t i = 0; i < record->slot_size.count; i++) {
        const struct recorded_slot *slot = &record->slots[i];
        struct shape_slot kept = {.owner = number_of(record, slot->owner), .label = slot->label};
        kept.value = run_slot_of(run, slot->owner, slot->label)->value;
        const struct numbered *value = number_slot(record, kept.value);
        if (kept.value && value->node)
            kept.node = number_of(record, kept.value);
        shape->slots = run_grow(run->arena, shape->slots, sizeof(kept), &shape->slot_size, 16);
        shape->slots[shape->slot_size.count++] = kept;
    }
}

static void keep_marks(struct run *run, struct run_record *record)
{
    struct run_shape *shape = record->shape;
    const struct run_resource *resource = &run->resources[record->resource];
    for (size_t i = record->first_mark; i < resource->mark_size.count; i++) {
        const struct mapping_mark *mark = &resource->out.marks[i];
        shape->marks =
            run_grow(run->arena, shape->marks, sizeof(*shape->marks), &shape->mark_size, 16);
        shape->marks[shape->mark_size.count++] = (struct shape_mark){
            mark->element, mark->entry ? number_of(record, mark->entry) : 0, mark->rule};
    }
}

static void keep_trace(struct run *run, struct run_record *record)
{
    struct run_shape *shape = record->shape;
    for (size_t i = record->first_trace; i < run->trace_size.count; i++) {
        const struct mapping_trace *entry = &run->trace[i];
        struct shape_trace kept = {.node = number_of(record, entry->node),
                                   .rule = entry->rule,
                                   .row = entry->row,
                                   .kind = entry->kind};
        if (entry->kind == MAPPING_TRACE_FIELD)
            kept.place = record->traced[i - record->first_trace];
        if (entry->resource != record->resource)
            run_record_odd(record);
        shape->traces = run_grow(run->arena, shape->traces, sizeof(kept), &shape->trace_size, 32);
        shape->traces[shape->trace_size.count++] = kept;
    }
}

/* --- what writes where -------------------------------------------------------------------------*/

/* Called with the path of each element that a rule may write of the resource at hand, NULL: any;
 * true ends it. */
typedef bool path_visit(struct run *run, const struct path *path);

/* Of rules inside an element only those with `in` may write another of the resource. Depth is that
 * of the rules; calls form no circle. */
static bool visit_paths(struct run *run, const struct body *body, uint32_t index, bool is_elsewhere,
                        path_visit *visit)
{
    const struct operation *operation = &body->operations[index];
    const bool is_named = operation->to && operation->to->count;
    is_elsewhere = is_elsewhere && operation->in.count == 0;
    if (!is_elsewhere && is_named && visit(run, operation->to))
        return true;
    if (!is_elsewhere && !is_named && operation->table && !operation->columns && visit(run, NULL))
        return true;
    for (size_t i = 0; !is_elsewhere && operation->columns && i < operation->table->column_count;
         i++)
        if (operation->columns[i].count && visit(run, &operation->columns[i]))
            return true;
    is_elsewhere = is_elsewhere || is_named || operation->kind == OPERATION_REF;
    for (uint32_t i = index + 1; i < operation->end; i = body->operations[i].end)
        if (visit_paths(run, body, i, is_elsewhere, visit))
            return true;
    return operation->map != NO_MAP &&
           visit_paths(run, run->program->bodies[operation->map], 0, is_elsewhere, visit);
}

static bool is_same_element(const struct path *a, const struct path *b)
{
    if (a->is_choice && b->is_choice)
        return a->choice_element == b->choice_element;
    struct slice one = a->steps[0].name, other = b->steps[0].name; /* "_birthDate" as "birthDate" */
    return slice_equal(slice_after(one, one.ptr[0] == '_'),
                       slice_after(other, other.ptr[0] == '_'));
}

static bool keep_path(struct run *run, const struct path *path)
{
    struct run_record *record = run->record;
    record->paths = run_grow(run->arena, record->paths, sizeof(path), &record->path_size, 16);
    record->paths[record->path_size.count++] = path;
    return false;
}

static bool is_path_kept(struct run *run, const struct path *path)
{
    const struct run_record *record = run->record;
    for (size_t i = 0; i < record->path_size.count; i++)
        if (!path || !record->paths[i] || is_same_element(path, record->paths[i]))
            return true;
    return false;
}

/* --- phases ------------------------------------------------------------------------------------*/

static struct recorded_effects effects_of(const struct run *run, uint32_t number)
{
    const struct run_resource *resource = &run->resources[number];
    return (struct recorded_effects){
        .resources = run->resource_size.count,
        .instances = run->instance_size.count,
        .joins = run->join_size.count,
        .periods = run->period_size.count,
        .links = run->link_size.count,
        .acts = run->act_size.count,
        .holds = run->hold_size.count,
        .issues = run->issues->count,
        .dropped = run->issues->dropped,
        .references = resource->reference_size.count,
        .clears = resource->clear_size.count,
        .refused = run->refused,
    };
}

static bool is_same_effects(const struct recorded_effects *a, const struct recorded_effects *b)
{
    return a->resources == b->resources && a->instances == b->instances && a->joins == b->joins &&
           a->periods == b->periods && a->links == b->links && a->acts == b->acts &&
           a->holds == b->holds && a->issues == b->issues && a->dropped == b->dropped &&
           a->references == b->references && a->clears == b->clears && a->refused == b->refused;
}

static void begin_phase(struct run *run, struct run_record *record)
{
    run->record = record;
    number_below(run, record->root, 0, false);
    record->before = effects_of(run, record->resource);
    record->first_mark = run->resources[record->resource].mark_size.count;
    record->first_trace = run->trace_size.count;
    record->slot_size.count = record->traced_size.count = 0;
}

static void end_phase(struct run *run, struct run_record *record, struct shape_step step)
{
    struct run_shape *shape = record->shape;
    struct recorded_effects after = effects_of(run, record->resource);
    if (!is_same_effects(&record->before, &after))
        run_record_odd(record);
    run_record_old(run, NULL, false);
    number_below(run, record->root, 0, true);
    keep_slots(run, record);
    keep_marks(run, record);
    keep_trace(run, record);
    run->record = NULL;
    step.nodes = (uint32_t)shape->node_size.count;
    step.slots = (uint32_t)shape->slot_size.count;
    step.marks = (uint32_t)shape->mark_size.count;
    step.traces = (uint32_t)shape->trace_size.count;
    shape->steps = run_grow(run->arena, shape->steps, sizeof(step), &shape->step_size, 8);
    shape->steps[shape->step_size.count++] = step;
}

static void run_anew(struct run *run, const struct frame *frame, struct run_record *record,
                     uint32_t body, uint32_t operation, uint32_t lines_end)
{
    struct shape_step step = {.operation = operation, .body = body, .lines_end = lines_end};
    const struct body *at = run->program->bodies[body];
    for (uint32_t i = operation; i <= operation || i < lines_end; i = at->operations[i].end)
        (void)visit_paths(run, at, i, false, keep_path);
    end_phase(run, record, step);
    run_shape_run_step(run, frame, &step);
    begin_phase(run, record);
}

/* --- what runs anew ----------------------------------------------------------------------------*/

/* Whether a rule that would run anew does anything; asked as all is, so that where it does nothing
 * it is no step. `when` is asked of the rule's own value by `entry`, and by `set` where no value is
 * at hand. */
static bool seems_to_do(struct run *run, const struct frame *frame,
                        const struct operation *operation)
{
    struct cursor cursor = frame->cursor;
    if (operation->asks_far || operation->in.count || operation->required != LOSS_KEEP)
        return true;
    if (operation->source.kind == SOURCE_PLACES) {
        struct found found = run_find_first_valued(run, &cursor, &operation->source.places);
        if (found.state != FOUND_VALUE)
            return found.state == FOUND_DELETED;
        if (operation->kind == OPERATION_ENTRY ||
            (operation->kind == OPERATION_SET && !cursor.depth))
            cursor = run_cursor_at(run, &cursor, &found);
    }
    return run_holds(run, &cursor, operation->when);
}

/* In what is odd there may be more, such as repetitions; nothing is kept of it anyway. */
static bool may_do(struct run *run, const struct frame *frame, const struct operation *operation)
{
    return seems_to_do(run, frame, operation) || run->record->is_odd;
}

static bool is_plain_use(const struct run *run, const struct operation *operation)
{
    return operation->kind == OPERATION_USE && !operation->to && !operation->in.count &&
           !operation->table && operation->source.kind == SOURCE_NONE && operation->map != NO_MAP &&
           !run->program->bodies[operation->map]->operations->has_names;
}

/* What is joined is written at the end of the message, with what came later. And what may write the
 * same element as a rule that ran anew finds it written there, or not, each time. */
static bool runs_anew(struct run *run, uint32_t index)
{
    const struct operation *operation = &run->body->operations[index];
    return operation->is_far || operation->join ||
           visit_paths(run, run->body, index, false, is_path_kept);
}

/* Where a line runs anew, whether it holds is not known the next time: so do those behind it. */
static void watch_first(struct run *run, const struct frame *frame, struct run_record *record,
                        uint32_t body, uint32_t first)
{
    const struct operation *operations = run->body->operations;
    const struct operation_guard *guards = run->body->guards;
    const uint32_t end = operations[first].end;
    for (uint32_t i = first + 1; i < end; i = guards[i].end) {
        const struct operation *line = &operations[i];
        if (run_is_guarded(&guards[i], &frame->cursor))
            continue;
        const bool is_anew = runs_anew(run, i);
        if (is_anew && may_do(run, frame, line)) {
            run_anew(run, frame, record, body, i, end);
            return;
        }
        if (!is_anew && line->word(run, frame, line))
            return;
    }
}

/* Runs the rules of a body as run_list does; a map that is used as it stands is part of it. Calls
 * form no circle. */
static void watch_body(struct run *run, const struct frame *frame, struct run_record *record,
                       uint32_t number)
{
    const struct body *caller = run->body, *body = run->program->bodies[number];
    run->body = body;
    for (uint32_t i = 1; i < body->count; i = body->guards[i].end) {
        const struct operation *operation = &body->operations[i];
        bool is_list = operation->kind == OPERATION_FIRST || is_plain_use(run, operation);
        if (run_is_guarded(&body->guards[i], &frame->cursor))
            continue;
        if (!is_list && !runs_anew(run, i))
            operation->word(run, frame, operation);
        else if (!may_do(run, frame, operation))
            continue;
        else if (!is_list || operation->asks_far || record->is_odd)
            run_anew(run, frame, record, number, i, 0);
        else if (operation->kind == OPERATION_FIRST)
            watch_first(run, frame, record, number, i);
        else
            watch_body(run, frame, record, operation->map);
    }
    run->body = caller;
}

/* The rules of the body, as run_map runs them. */
static void run_watched(struct run *run, const struct frame *frame, struct run_record *record)
{
    const uint32_t number = record->shape->body;
    const struct body *caller = run->body;
    struct frame inside = *frame;
    run->body = run->program->bodies[number];
    inside.scope = run_push_scope(run, frame->scope, run->body->operations);
    run->depth++;
    begin_phase(run, record);
    if (frame->cursor.depth)
        run_record_parts(run, &frame->cursor);
    watch_body(run, &inside, record, number);
    end_phase(run, record, (struct shape_step){.operation = SHAPE_NO_OPERATION});
    run->depth--;
    run->body = caller;
    run_pop_scope(run, inside.scope, frame->scope);
}

/* --- keeping -----------------------------------------------------------------------------------*/

static void *keep_list(struct arena *arena, const void *items, struct growing *size,
                       size_t item_size)
{
    void *kept = arena_array(arena, size->count, item_size);
    if (size->count)
        memcpy(kept, items, size->count * item_size);
    size->capacity = size->count;
    return kept;
}

static void keep_text(struct arena *arena, struct slice *text)
{
    if (text->len)
        *text = arena_copy(arena, *text);
}

static void keep_question(struct shape_question *question, struct arena *arena)
{
    keep_text(arena, &question->bytes);
    if (question->kind != SHAPE_TEXT)
        return;
    const size_t count = question->text.operation->source.piece_count;
    struct shape_piece *pieces = ARENA_ARRAY(arena, count, struct shape_piece);
    memcpy(pieces, question->text.pieces, count * sizeof(*pieces));
    for (size_t i = 0; i < count; i++)
        keep_text(arena, &pieces[i].text);
    question->text.pieces = pieces;
}

/* Into the arena of the shapes, and nothing of it in the message's. */
static void keep_shape(struct run_shape *shape, const struct run_shape *made, struct arena *arena)
{
#define KEEP(list, size)                                                                           \
    shape->size = made->size;                                                                      \
    shape->list = keep_list(arena, made->list, &shape->size, sizeof(*shape->list))
    KEEP(questions, question_size);
    KEEP(nodes, node_size);
    KEEP(slots, slot_size);
    KEEP(marks, mark_size);
    KEEP(traces, trace_size);
    KEEP(reads, read_size);
    KEEP(steps, step_size);
#undef KEEP
    shape->value_count = made->value_count;
    for (size_t i = 0; i < shape->question_size.count; i++)
        keep_question(&shape->questions[i], arena);
    for (size_t i = 0; i < shape->node_size.count; i++) {
        struct shape_node *node = &shape->nodes[i];
        keep_text(arena, &node->name);
        if (node->value)
            node->text = (struct slice){NULL, 0};
        keep_text(arena, &node->text);
    }
    for (size_t i = 0; i < shape->mark_size.count; i++)
        keep_text(arena, &shape->marks[i].element);
}

void run_shape_watch(struct run *run, const struct frame *frame, struct run_shape *shape,
                     struct arena *arena)
{
    const struct target *target = frame->target;
    struct run_shape made = {.body = shape->body};
    struct run_record record = {.shape = &made,
                                .segment = frame->cursor.segment,
                                .group = frame->cursor.group,
                                .resource = target->resource,
                                .cursor = &frame->cursor,
                                .root = target->node,
                                .is_odd = run->resources[target->resource].mark_size.count > 0};
    run->record = &record;
    number_node(run, target->node, 0);
    run_watched(run, frame, &record);
    run->record = &record;
    run_shape_drop_implied(run, &made);
    run->record = NULL;
    shape->is_watched = true;
    shape->is_odd = record.is_odd;
    if (shape->is_odd)
        return;
    keep_shape(shape, &made, arena);
}
