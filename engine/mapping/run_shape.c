/* run_shape: see run_shape.h. This file compares and does again; run_shape_record.c watches. */
#include "mapping/run_shape.h"

/* Messages of one kind have results of a few shapes; who differs each time is not watched forever.
 */
#define SHAPES_OF_BODY 6
/* It costs as much as half a segment to watch one. */
#define FOLLOWERS 2

struct slice run_shape_part(const struct run *run, size_t segment, struct shape_place place)
{
    struct slice field = hl7v2_message_field(run->message, segment, place.field);
    return place.component ? hl7v2_message_component(run->message, field, place.component) : field;
}

/* --- is it of that shape? ----------------------------------------------------------------------*/

/* A field of the segment that is compared; cut once for all questions after its components. */
struct view {
    const struct hl7v2_message *message;
    const struct hl7v2_segment *segment;
    uint32_t field; /* 0: none yet */
    struct slice whole;
    uint64_t parts; /* as in a cursor */
    unsigned count;
    struct slice items[RUN_CUT_LIMIT];
};

static void view_field(struct view *view, uint32_t field)
{
    const struct hl7v2_message *message = view->message;
    const uint32_t *starts = message->fields + view->segment->first_field + field - 1;
    view->field = field;
    view->count = 0;
    view->whole = (struct slice){NULL, 0};
    if (field <= view->segment->field_count)
        view->whole = (struct slice){message->frame.ptr + starts[0], starts[1] - 1 - starts[0]};
}

static void view_parts(struct view *view)
{
    struct slice rest = view->whole;
    view->parts = presence_bit(0);
    for (bool more = true; more && view->count < RUN_CUT_LIMIT;) {
        const size_t end = slice_find_byte(rest, view->message->delimiters.component);
        view->items[view->count++] = (struct slice){rest.ptr, end};
        view->parts |= end ? presence_bit(view->count) : 0;
        more = end < rest.len;
        rest = slice_after(rest, end + 1);
        if (more && view->count == RUN_CUT_LIMIT)
            view->parts = UINT64_MAX;
    }
}

static struct slice part_in_view(struct view *view, const struct shape_question *question)
{
    static const struct slice NONE = {NULL, 0};
    const struct shape_place place = question->place;
    if (place.field != view->field)
        view_field(view, place.field);
    if (place.component == 0 && question->kind != SHAPE_PARTS)
        return view->whole;
    if (view->count == 0)
        view_parts(view);
    if (place.component == 0)
        return view->whole;
    return place.component <= view->count ? view->items[place.component - 1] : NONE;
}

static bool gives_row(struct run *run, const struct shape_question *question, struct slice part)
{
    struct found found = {
        .state = FOUND_VALUE, .depth = question->place.component ? 2 : 1, .raw = part};
    struct slice system, code = run_code(run, &found, &system);
    return run_state_of(run, part) == FOUND_VALUE && (code.len > 0) == question->has_code &&
           code_table_find(question->table, code, system).row == question->row;
}

static bool takes_value(struct run *run, const struct shape_question *question, struct slice part,
                        struct converted *ret_value)
{
    struct slice text = part;
    if (run_state_of(run, part) != FOUND_VALUE)
        return false;
    if (question->is_cut)
        text = slice_part(part, 0, slice_find_byte(part, run->message->delimiters.component));
    struct convert_input input = {text, &run->defaults, run->arena};
    *ret_value = (struct converted){.kind = JSON_STRING, .text = text};
    if (text.len && text.len <= question->converter->takes_plain)
        return true;
    return question->converter->convert(&input, ret_value) && !ret_value->lost;
}

static bool is_alike(struct run *run, const struct shape_question *question, struct view *view,
                     struct converted *ret_values)
{
    struct slice part = part_in_view(view, question);
    if (question->kind == SHAPE_VALUE)
        return takes_value(run, question, part, &ret_values[question->value - 1]);
    if (question->kind == SHAPE_BYTES)
        return slice_equal(part, question->bytes);
    if (question->kind == SHAPE_STATE)
        return run_state_of(run, part) == question->state;
    if (question->kind == SHAPE_PARTS)
        return view->parts == question->parts;
    return gives_row(run, question, part);
}

static bool has_answers(struct run *run, const struct run_shape *shape, const struct cursor *cursor,
                        struct converted *ret_values)
{
    struct view view; /* its items stay as they are: few fields have 32 */
    view.message = run->message;
    view.segment = &run->message->segments[cursor->segment];
    view.field = view.count = 0;
    view.parts = 0;
    view.whole = (struct slice){NULL, 0};
    for (size_t i = 0; i < shape->question_size.count; i++) {
        const struct shape_question *question = &shape->questions[i];
        bool is_same =
            question->kind == SHAPE_OUTWARD
                ? run_segment_outward(run, cursor->group, question->id) == question->segment
                : is_alike(run, question, &view, ret_values);
        if (!is_same)
            return false;
    }
    return true;
}

/* --- again -------------------------------------------------------------------------------------*/

static struct json *node_at(const struct target *target, struct json *const *nodes,
                            shape_node_number number)
{
    return number ? nodes[number] : target->node;
}

static struct json **write_nodes(struct run *run, const struct run_shape *shape,
                                 const struct target *target, const struct converted *values)
{
    struct json **nodes = ARENA_ARRAY(run->arena, shape->node_size.count + 1, struct json *);
    nodes[0] = target->node;
    for (size_t i = 0; i < shape->node_size.count; i++) {
        const struct shape_node *node = &shape->nodes[i];
        struct json *parent = nodes[node->parent];
        if (node->value)
            nodes[i + 1] = json_add_primitive(parent, node->name, values[node->value - 1].kind,
                                              values[node->value - 1].text, run->arena);
        else if (node->kind == JSON_OBJECT)
            nodes[i + 1] = json_add(parent, node->name, json_object(run->arena));
        else if (node->kind == JSON_ARRAY)
            nodes[i + 1] = json_add(parent, node->name, json_array(run->arena));
        else
            nodes[i + 1] =
                json_add_primitive(parent, node->name, node->kind, node->text, run->arena);
    }
    return nodes;
}

static void write_marks(struct run *run, const struct run_shape *shape, const struct target *target,
                        struct json *const *nodes)
{
    struct run_resource *resource = &run->resources[target->resource];
    for (size_t i = 0; i < shape->mark_size.count; i++) {
        const struct shape_mark *mark = &shape->marks[i];
        resource->out.marks = run_grow(run->arena, resource->out.marks, sizeof(struct mapping_mark),
                                       &resource->mark_size, 16);
        resource->out.marks[resource->mark_size.count++] = (struct mapping_mark){
            mark->element, mark->entry ? nodes[mark->entry] : NULL, mark->rule};
    }
}

static void write_trace(struct run *run, const struct run_shape *shape, const struct target *target,
                        size_t segment, struct json *const *nodes)
{
    for (size_t i = 0; i < shape->trace_size.count; i++) {
        const struct shape_trace *trace = &shape->trace[i];
        run->trace = run_grow(run->arena, run->trace, sizeof(*run->trace), &run->trace_size, 256);
        struct mapping_trace *entry = &run->trace[run->trace_size.count++];
        *entry = trace->entry;
        entry->node = node_at(target, nodes, trace->node);
        entry->resource = target->resource;
        if (trace->place.field == 0)
            continue;
        struct slice part = run_shape_part(run, segment, trace->place);
        entry->start = (uint32_t)(part.ptr - run->message->frame.ptr);
        entry->length = (uint32_t)part.len;
    }
}

static void do_again(struct run *run, const struct run_shape *shape, const struct frame *frame,
                     const struct converted *values)
{
    const struct target *target = frame->target;
    size_t segment = frame->cursor.segment;
    struct json **nodes = write_nodes(run, shape, target, values);
    for (size_t i = 0; i < shape->slot_size.count; i++) {
        const struct shape_slot *slot = &shape->slots[i];
        run_slot_of(run, nodes[slot->owner], slot->label)->value =
            slot->node ? nodes[slot->node] : slot->value;
    }
    write_marks(run, shape, target, nodes);
    write_trace(run, shape, target, segment, nodes);
    const struct hl7v2_segment *at = &run->message->segments[segment];
    for (unsigned i = 0; i < at->field_count; i++)
        run->read[at->first_field + i] |= shape->read[i];
}

/* --- which one ---------------------------------------------------------------------------------*/

/* So many of its id come after it. */
static bool has_followers(const struct run *run, size_t segment)
{
    const struct hl7v2_message *message = run->message;
    unsigned count = 0;
    for (size_t i = segment + 1; i < message->segment_count && count < FOLLOWERS; i++)
        count += message->segments[i].id == message->segments[segment].id;
    return count == FOLLOWERS;
}

static bool has_shape(const struct run *run, const struct frame *frame)
{
    const struct cursor *cursor = &frame->cursor;
    if (!run->is_simple || run->context->steps || run->record || !frame->target ||
        frame->target->parent || cursor->segment == HL7V2_NO_SEGMENT || cursor->depth ||
        cursor->fields & presence_bit(63) || cursor->segment_id == HL7V2_ID("MSH"))
        return false;
    struct slice text = hl7v2_message_segment(run->message, cursor->segment);
    return !run->has_repetitions ||
           slice_find_byte(text, run->message->delimiters.repetition) == text.len;
}

void run_map_by_shape(struct run *run, const struct frame *frame, uint32_t body)
{
    const struct cursor *cursor = &frame->cursor;
    unsigned count = 0;
    if (!has_shape(run, frame)) {
        run_map(run, frame, body);
        return;
    }
    for (struct run_shape *shape = run->shapes; shape; shape = shape->next) {
        if (shape->body != body || cursor->segment_id != run->message->segments[shape->segment].id)
            continue;
        count++;
        if (shape->is_odd || run->present[shape->segment] != cursor->fields)
            continue;
        struct converted *values = ARENA_ARRAY(run->arena, shape->value_count, struct converted);
        if (has_answers(run, shape, cursor, values)) {
            do_again(run, shape, frame, values);
            return;
        }
    }
    if (count == SHAPES_OF_BODY || !has_followers(run, cursor->segment)) {
        run_map(run, frame, body);
        return;
    }
    struct run_shape *shape = run_shape_record(run, frame, body);
    shape->next = run->shapes;
    run->shapes = shape;
}
