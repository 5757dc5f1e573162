/* run_shape_record: what a map asked of a segment, and what it wrote. */
#include <string.h>

#include "mapping/run_shape.h"

/* A node whose text is what a converter made of a question's value. */
struct recorded_value {
    const struct json *node;
    uint32_t value; /* its number, from 1 */
};

struct recorded_slot {
    const void *owner;
    const char *label;
};

/* What a run may have done besides writing; all of it must be the same afterwards. */
struct recorded_effects {
    size_t resources, instances, joins, periods, links, acts, holds, issues, dropped;
    size_t references, clears;
    const struct json *meta;
    bool refused;
};

struct run_record {
    struct run_shape *shape;
    struct arena *arena;
    size_t segment; /* that is watched */
    size_t trace;   /* entries that were there before */
    bool is_odd;
    struct recorded_value *values;
    struct recorded_slot *slots;
    struct shape_place *traced; /* by entry of the trace, from `trace` on */
    const struct json **nodes;  /* by number */
    struct growing value_size, slot_size, traced_size, node_size;
};

void run_record_odd(struct run_record *record)
{
    record->is_odd = true;
}

/* --- where something stands in the segment -----------------------------------------------------*/

/* The field, and the component where the value is one (depth beyond 1). */
static struct shape_place place_of_bytes(const struct run *run, struct slice raw, unsigned depth)
{
    const struct hl7v2_message *message = run->message;
    const struct hl7v2_segment *at = &message->segments[run->record->segment];
    const uint32_t *starts = message->fields + at->first_field;
    const size_t offset = (size_t)(raw.ptr - message->frame.ptr);
    struct shape_place place = {.field = 1};
    while (place.field < at->field_count && starts[place.field] <= offset)
        place.field++;
    if (depth > 1) {
        place.component = 1;
        for (size_t i = starts[place.field - 1]; i < offset; i++)
            place.component += message->frame.ptr[i] == message->delimiters.component;
    }
    if (place.component > RUN_CUT_LIMIT ||
        !slice_equal(run_shape_part(run, run->record->segment, place), raw))
        run_record_odd(run->record);
    return place;
}

/* Field 0 where it is none of the watched segment's, or a part that is not there: which parts are,
 * is a question of its own. */
static struct shape_place place_of(const struct run *run, const struct found *found)
{
    static const struct shape_place NONE = {.field = 0};
    if (found->is_fact || found->segment != run->record->segment)
        return NONE;
    if (!found->place) {
        run_record_odd(run->record);
        return NONE;
    }
    if (found->place->kind == PLACE_SEGMENT) {
        if (found->place->field == 0 || found->place->component > RUN_CUT_LIMIT)
            run_record_odd(run->record);
        return (struct shape_place){found->place->field, found->place->component};
    }
    return found->raw.len ? place_of_bytes(run, found->raw, found->depth) : NONE;
}

/* --- questions ---------------------------------------------------------------------------------*/

static bool is_same(const struct shape_question *a, const struct shape_question *b)
{
    return a->kind == b->kind && a->place.field == b->place.field &&
           a->place.component == b->place.component && a->table == b->table &&
           a->converter == b->converter && a->is_cut == b->is_cut && a->id == b->id;
}

/* The same question is asked once. */
static struct shape_question *ask(struct run_record *record, struct shape_question question)
{
    struct run_shape *shape = record->shape;
    for (size_t i = 0; i < shape->question_size.count; i++)
        if (is_same(&shape->questions[i], &question))
            return &shape->questions[i];
    shape->questions =
        run_grow(record->arena, shape->questions, sizeof(question), &shape->question_size, 16);
    shape->questions[shape->question_size.count] = question;
    return &shape->questions[shape->question_size.count++];
}

void run_record_bytes(struct run *run, const struct found *found)
{
    struct shape_place place = place_of(run, found);
    if (place.field)
        ask(run->record,
            (struct shape_question){.kind = SHAPE_BYTES,
                                    .place = place,
                                    .bytes = run_shape_part(run, run->record->segment, place)});
}

void run_record_state(struct run *run, const struct found *found)
{
    struct shape_place place = place_of(run, found);
    if (place.field == 0)
        return;
    struct slice part = run_shape_part(run, run->record->segment, place);
    ask(run->record, (struct shape_question){
                         .kind = SHAPE_STATE, .place = place, .state = run_state_of(run, part)});
}

/* A component has no parts in a message without subcomponents. */
void run_record_parts(struct run *run, const struct cursor *cursor)
{
    if (cursor->segment != run->record->segment || cursor->depth != 1)
        return;
    struct shape_place place = place_of_bytes(run, cursor->value, cursor->depth);
    if (cursor->parts == UINT64_MAX)
        run_record_odd(run->record);
    ask(run->record,
        (struct shape_question){.kind = SHAPE_PARTS, .place = place, .parts = cursor->parts});
}

/* An answer with a number in it is another for each number. */
void run_record_row(struct run *run, const struct found *found, const struct code_table *table,
                    const struct code_match *match, struct slice code)
{
    if (match->number.len) {
        run_record_bytes(run, found);
        return;
    }
    struct shape_place place = place_of(run, found);
    if (place.field)
        ask(run->record, (struct shape_question){.kind = SHAPE_ROW,
                                                 .place = place,
                                                 .table = table,
                                                 .row = match->row,
                                                 .has_code = code.len > 0});
}

void run_record_value(struct run *run, const struct found *found, const struct operation *operation,
                      const struct json *node)
{
    struct run_record *record = run->record;
    struct shape_place place = place_of(run, found);
    if (!node || operation->min.len || operation->max.len) {
        run_record_bytes(run, found);
        return;
    }
    if (place.field == 0)
        return;
    bool is_whole = operation->converter->whole && !found->place->is_composite;
    struct shape_question *question =
        ask(record, (struct shape_question){.kind = SHAPE_VALUE,
                                            .place = place,
                                            .converter = operation->converter,
                                            .is_cut = !is_whole && !place.component});
    if (question->value == 0)
        question->value = ++record->shape->value_count;
    record->values =
        run_grow(record->arena, record->values, sizeof(*record->values), &record->value_size, 16);
    record->values[record->value_size.count++] = (struct recorded_value){node, question->value};
}

/* Found by its group, its number or what it follows, or another of the watched one's kind: that may
 * be another from the next segment on. */
void run_record_segment(struct run *run, const struct place *place, size_t segment)
{
    struct run_record *record = run->record;
    if (place->groups.len || place->sequence || place->after ||
        place->segment == run->message->segments[record->segment].id)
        run_record_odd(record);
    else
        ask(record, (struct shape_question){
                        .kind = SHAPE_OUTWARD, .id = place->segment, .segment = segment});
}

static bool is_implied(const struct run_shape *shape, const struct shape_question *question)
{
    for (size_t i = 0; i < shape->question_size.count; i++) {
        const struct shape_question *other = &shape->questions[i];
        bool is_valued = other->kind == SHAPE_VALUE || other->kind == SHAPE_ROW;
        if (other->place.field == question->place.field &&
            other->place.component == question->place.component &&
            (other->kind == SHAPE_BYTES || is_valued))
            return true;
    }
    return false;
}

/* Whether a place is valued need not be asked where more is asked of it. */
static void drop_implied(struct run_shape *shape)
{
    size_t kept = 0;
    for (size_t i = 0; i < shape->question_size.count; i++) {
        struct shape_question question = shape->questions[i];
        if (question.kind != SHAPE_STATE || !is_implied(shape, &question))
            shape->questions[kept++] = question;
    }
    shape->question_size.count = kept;
}

/* --- what was written --------------------------------------------------------------------------*/

void run_record_slot(struct run_record *record, const void *owner, const char *label)
{
    record->slots =
        run_grow(record->arena, record->slots, sizeof(*record->slots), &record->slot_size, 16);
    record->slots[record->slot_size.count++] = (struct recorded_slot){owner, label};
}

void run_record_trace(struct run *run, const struct found *found)
{
    struct run_record *record = run->record;
    size_t number = run->trace_size.count - 1 - record->trace;
    while (record->traced_size.count <= number) {
        record->traced = run_grow(record->arena, record->traced, sizeof(*record->traced),
                                  &record->traced_size, 32);
        record->traced[record->traced_size.count++] = (struct shape_place){.field = 0};
    }
    struct shape_place place = place_of(run, found);
    record->traced[number] = place;
    if (place.field && run_shape_part(run, record->segment, place).ptr != found->raw.ptr)
        run_record_odd(record);
}

static shape_node_number number_of(struct run_record *record, const struct json *node)
{
    for (size_t i = 0; i < record->node_size.count; i++)
        if (record->nodes[i] == node)
            return (shape_node_number)i;
    run_record_odd(record);
    return 0;
}

static uint32_t value_of(const struct run_record *record, const struct json *node)
{
    for (size_t i = 0; i < record->value_size.count; i++)
        if (record->values[i].node == node)
            return record->values[i].value;
    return 0;
}

static void keep_node(struct run_record *record, const struct json *node, shape_node_number parent);

/* Depth is bounded by the program's paths. */
static void keep_nodes(struct run_record *record, const struct json *first,
                       shape_node_number parent)
{
    for (const struct json *child = first; child; child = json_next(child))
        keep_node(record, child, parent);
}

static void keep_node(struct run_record *record, const struct json *node, shape_node_number parent)
{
    struct run_shape *shape = record->shape;
    struct shape_node kept = {.parent = parent,
                              .kind = json_kind(node),
                              .name = json_name(node),
                              .text = json_text(node),
                              .value = value_of(record, node)};
    if (kept.kind == JSON_BOOLEAN)
        kept.text = json_is_true(node) ? SLICE("true") : SLICE("false");
    if (kept.kind == JSON_NULL)
        run_record_odd(record);
    shape->nodes = run_grow(record->arena, shape->nodes, sizeof(kept), &shape->node_size, 64);
    shape->nodes[shape->node_size.count++] = kept;
    record->nodes =
        run_grow(record->arena, record->nodes, sizeof(*record->nodes), &record->node_size, 64);
    record->nodes[record->node_size.count++] = node;
    keep_nodes(record, json_first(node), (shape_node_number)shape->node_size.count);
}

static void keep_slots(struct run *run, struct run_record *record)
{
    struct run_shape *shape = record->shape;
    shape->slots = ARENA_ARRAY(record->arena, record->slot_size.count, struct shape_slot);
    for (size_t i = 0; i < record->slot_size.count; i++) {
        const struct recorded_slot *slot = &record->slots[i];
        struct shape_slot kept = {.owner = number_of(record, slot->owner), .label = slot->label};
        kept.value = run_slot_of(run, slot->owner, slot->label)->value;
        for (size_t k = 1; k < record->node_size.count; k++)
            if (record->nodes[k] == kept.value)
                kept.node = (shape_node_number)k;
        shape->slots[shape->slot_size.count++] = kept;
    }
}

static void keep_marks(struct run_record *record, const struct run_resource *resource)
{
    struct run_shape *shape = record->shape;
    shape->marks = ARENA_ARRAY(record->arena, resource->mark_size.count, struct shape_mark);
    for (size_t i = 0; i < resource->mark_size.count; i++) {
        const struct mapping_mark *mark = &resource->out.marks[i];
        shape->marks[shape->mark_size.count++] = (struct shape_mark){
            mark->element, mark->entry ? number_of(record, mark->entry) : 0, mark->rule};
    }
}

static void keep_trace(const struct run *run, struct run_record *record, uint32_t resource)
{
    struct run_shape *shape = record->shape;
    size_t count = run->trace_size.count - record->trace;
    shape->trace = ARENA_ARRAY(record->arena, count, struct shape_trace);
    for (size_t i = 0; i < count; i++) {
        struct shape_trace kept = {.entry = run->trace[record->trace + i]};
        kept.node = number_of(record, kept.entry.node);
        if (i < record->traced_size.count)
            kept.place = record->traced[i];
        if (kept.entry.resource != resource)
            run_record_odd(record);
        shape->trace[shape->trace_size.count++] = kept;
    }
}

/* --- the run -----------------------------------------------------------------------------------*/

static struct recorded_effects effects_of(const struct run *run, const struct target *target)
{
    const struct run_resource *resource = &run->resources[target->resource];
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
        .meta = json_last(json_get(target->node, SLICE("meta"))),
        .refused = run->refused,
    };
}

static bool is_same_effects(const struct recorded_effects *a, const struct recorded_effects *b)
{
    return a->resources == b->resources && a->instances == b->instances && a->joins == b->joins &&
           a->periods == b->periods && a->links == b->links && a->acts == b->acts &&
           a->holds == b->holds && a->issues == b->issues && a->dropped == b->dropped &&
           a->references == b->references && a->clears == b->clears && a->meta == b->meta &&
           a->refused == b->refused;
}

/* Runs the body; what it read of the segment goes into the shape. */
static void run_watched(struct run *run, const struct frame *frame, struct run_shape *shape)
{
    const struct hl7v2_segment *at = &run->message->segments[frame->cursor.segment];
    uint32_t *read = run->read + at->first_field;
    size_t size = at->field_count * sizeof(*read);
    uint32_t *before = ARENA_ARRAY(run->arena, at->field_count, uint32_t);
    shape->read = ARENA_ARRAY(run->arena, at->field_count, uint32_t);
    memcpy(before, read, size);
    memset(read, 0, size);
    run_map(run, frame, shape->body);
    memcpy(shape->read, read, size);
    for (unsigned i = 0; i < at->field_count; i++)
        read[i] |= before[i];
}

struct run_shape *run_shape_record(struct run *run, const struct frame *frame, uint32_t body)
{
    const struct target *target = frame->target;
    const struct run_resource *resource = &run->resources[target->resource];
    struct run_shape *shape = ARENA_NEW(run->arena, struct run_shape);
    *shape = (struct run_shape){.body = body, .segment = frame->cursor.segment};
    struct run_record record = {.shape = shape,
                                .arena = run->arena,
                                .segment = frame->cursor.segment,
                                .trace = run->trace_size.count,
                                .is_odd = resource->mark_size.count > 0};
    struct recorded_effects before = effects_of(run, target);
    const struct json *last = json_last(target->node);
    run->record = &record;
    run_watched(run, frame, shape);
    run->record = NULL;
    struct recorded_effects after = effects_of(run, target);
    shape->is_odd = record.is_odd || !is_same_effects(&before, &after);
    if (shape->is_odd)
        return shape;
    drop_implied(shape);
    record.nodes = run_grow(run->arena, NULL, sizeof(*record.nodes), &record.node_size, 64);
    record.nodes[record.node_size.count++] = target->node;
    keep_nodes(&record, json_next(last), 0);
    keep_slots(run, &record);
    keep_marks(&record, &run->resources[target->resource]);
    keep_trace(run, &record, target->resource);
    shape->is_odd = record.is_odd;
    return shape;
}
