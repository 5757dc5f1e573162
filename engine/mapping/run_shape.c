/* run_shape: see run_shape.h. This file compares and does again; run_shape_record.c keeps what is
 * asked, run_shape_watch.c what is written. */
#include "mapping/run_shape.h"

#include <string.h>

/* Messages of one kind have segments of a few shapes; who differs each time is not watched forever.
 */
#define SHAPES_OF_BODY 24
#define CHAIN_COUNT 128
/* A zone has two offsets a year, a feed one or two senders. */
#define SETTING_COUNT 8

struct mapping_shapes {
    struct arena *arena; /* of what is learnt; NULL: nothing is yet */
    const struct mapping_program *program;
    size_t setting_count;
    struct shape_setting settings[SETTING_COUNT];
    struct run_shape *chains[CHAIN_COUNT];
};

static void release_shapes(void *data)
{
    const struct mapping_shapes *shapes = data;
    arena_free(shapes->arena);
}

struct mapping_shapes *mapping_shapes_make(const struct mapping_program *program,
                                           struct arena *arena)
{
    struct mapping_shapes *shapes = ARENA_NEW(arena, struct mapping_shapes);
    shapes->program = program;
    arena_on_release(arena, release_shapes, shapes);
    return shapes;
}

size_t mapping_shapes_used(const struct mapping_shapes *shapes)
{
    return shapes->arena ? arena_used(shapes->arena) : 0;
}

/* --- places ------------------------------------------------------------------------------------*/

static const struct slice NONE = {NULL, 0};

static bool is_fact(struct shape_place place)
{
    return place.of && place.of <= FACT_COUNT;
}

static size_t segment_of(struct run *run, uint32_t group, size_t segment, uint32_t of)
{
    return of ? run_segment_outward(run, group, of) : segment;
}

static struct slice field_elsewhere(struct run *run, uint32_t group, struct shape_place place)
{
    if (is_fact(place))
        return run->facts[place.of - 1];
    const size_t segment = run_segment_outward(run, group, place.of);
    return segment == HL7V2_NO_SEGMENT ? NONE
                                       : hl7v2_message_field(run->message, segment, place.field);
}

/* Nobody asks for MSH-1, which has no separator before it. */
static inline struct slice field_of(struct run *run, uint32_t group, size_t segment,
                                    struct shape_place place)
{
    if (place.of)
        return field_elsewhere(run, group, place);
    const struct hl7v2_message *message = run->message;
    const struct hl7v2_segment *at = &message->segments[segment];
    if (place.field == 0 || place.field > at->field_count)
        return NONE;
    const uint32_t *starts = message->fields + at->first_field + place.field - 1;
    return (struct slice){message->frame.ptr + starts[0], starts[1] - 1 - starts[0]};
}

bool run_shape_has_field(struct run *run, uint32_t group, size_t segment, struct shape_place place)
{
    return place.field && field_of(run, group, segment, place).len > 0;
}

struct slice run_shape_part(struct run *run, uint32_t group, size_t segment,
                            struct shape_place place)
{
    struct slice field = field_of(run, group, segment, place);
    return place.component ? hl7v2_message_component(run->message, field, place.component) : field;
}

bool run_shape_place_of(const struct run *run, size_t segment, struct slice raw, unsigned depth,
                        struct shape_place *ret_place)
{
    const struct hl7v2_message *message = run->message;
    const struct hl7v2_segment *at = &message->segments[segment];
    const uint32_t *starts = message->fields + at->first_field;
    const size_t offset = (size_t)(raw.ptr - message->frame.ptr);
    unsigned field = 1, component = 0;
    while (field < at->field_count && starts[field] <= offset)
        field++;
    struct slice part = hl7v2_message_field(message, segment, field);
    if (depth > 1) {
        component = 1;
        for (size_t i = starts[field - 1]; i < offset; i++)
            component += message->frame.ptr[i] == message->delimiters.component;
        part = hl7v2_message_component(message, part, component);
    }
    *ret_place = (struct shape_place){.field = (uint16_t)field, .component = (uint16_t)component};
    return field < 63 && component <= RUN_CUT_LIMIT && part.ptr == raw.ptr && part.len == raw.len;
}

/* Of another segment; those that are watched are not odd. */
static bool is_odd_elsewhere(struct run *run, uint32_t group, struct shape_place place)
{
    if (!run->odd_segments || place.of == 0 || is_fact(place))
        return false;
    const size_t segment = run_segment_outward(run, group, place.of);
    return segment != HL7V2_NO_SEGMENT && run->odd_segments[segment];
}

/* --- is it of that shape? ----------------------------------------------------------------------*/

/* A field that is compared; cut once for all questions after its components. */
struct view {
    struct run *run;
    const struct cursor *cursor; /* at what may be of the shape */
    struct shape_place at;       /* the field; none yet where it is 0 */
    bool is_odd;                 /* of another segment, as the watched one was not */
    struct slice whole;
    uint64_t parts; /* as in a cursor */
    unsigned count;
    struct slice items[RUN_CUT_LIMIT];
};

static void view_field(struct view *view, struct shape_place place)
{
    struct run *run = view->run;
    view->at = place;
    view->count = 0;
    view->whole = field_of(run, view->cursor->group, view->cursor->segment, place);
    view->is_odd = is_odd_elsewhere(run, view->cursor->group, place);
}

static void view_parts(struct view *view)
{
    const char separator = view->run->message->delimiters.component;
    const char *begin = view->whole.ptr, *at = begin, *end = begin + view->whole.len;
    view->parts = presence_bit(0);
    for (;; at++) {
        if (at < end && *at != separator)
            continue;
        view->items[view->count++] = (struct slice){begin, (size_t)(at - begin)};
        view->parts |= at > begin ? presence_bit(view->count) : 0;
        begin = at + 1;
        if (at == end)
            return;
        if (view->count == RUN_CUT_LIMIT) {
            view->parts = UINT64_MAX;
            return;
        }
    }
}

static struct slice part_in_view(struct view *view, const struct shape_question *question)
{
    const struct shape_place place = question->place;
    if (place.field != view->at.field || place.of != view->at.of)
        view_field(view, place);
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
    if (question->bytes.len && slice_equal(part, question->bytes))
        return true;
    struct slice system, code = run_code(run, &found, &system);
    return run_state_of(run, part) == FOUND_VALUE && (code.len > 0) == question->has_code &&
           code_table_find(question->table, code, system).row == question->row;
}

static bool takes_value(struct run *run, const struct shape_question *question, struct slice part,
                        struct converted *ret_value)
{
    struct slice text = part;
    bool is_valued = part.len && run->begins_value[(unsigned char)part.ptr[0]];
    if (!is_valued)
        is_valued =
            is_fact(question->place) ? part.len > 0 : run_state_of(run, part) == FOUND_VALUE;
    if (!is_valued)
        return false;
    if (question->is_cut)
        text = slice_part(part, 0, slice_find_byte(part, run->message->delimiters.component));
    struct convert_input input = {text, &run->defaults, run->arena};
    *ret_value = (struct converted){.kind = JSON_STRING, .text = text};
    if (text.len && text.len <= question->by->takes_plain)
        return true;
    return question->by->convert(&input, ret_value) && !ret_value->lost;
}

/* What a condition compares of a place. */
static struct slice compared(struct run *run, const struct cursor *cursor, struct shape_place place)
{
    struct slice part = run_shape_part(run, cursor->group, cursor->segment, place);
    if (run_state_of(run, part) != FOUND_VALUE)
        return NONE;
    return slice_part(part, 0, slice_find_byte(part, run->message->delimiters.component));
}

bool run_shape_equal(struct run *run, const struct cursor *cursor, struct shape_place a,
                     struct shape_place b)
{
    struct slice left = compared(run, cursor, a);
    return left.len && slice_equal(left, compared(run, cursor, b));
}

static bool is_as_equal(struct run *run, const struct cursor *cursor,
                        const struct shape_question *question)
{
    return !is_odd_elsewhere(run, cursor->group, question->other) &&
           compared(run, cursor, question->other).len > 0 &&
           run_shape_equal(run, cursor, question->place, question->other) == question->is_so;
}

static bool is_made_again(const struct converted *first, const struct converted *second)
{
    return first->kind == second->kind && slice_equal(first->text, second->text);
}

/* Empty, as the text of no piece is that was said, where it is an odd one. */
static struct slice text_of_piece(struct run *run, const struct cursor *cursor,
                                  const struct shape_piece *piece)
{
    const struct shape_place place = piece->place;
    struct slice field = field_of(run, cursor->group, cursor->segment, place);
    if (is_odd_elsewhere(run, cursor->group, place))
        return NONE;
    if (piece->is_cut && !is_fact(place))
        return slice_part(field, 0, slice_find_byte(field, run->message->delimiters.component));
    return place.component ? hl7v2_message_component(run->message, field, place.component) : field;
}

/* Which places say anything is asked before. */
static bool takes_text(struct run *run, const struct cursor *cursor,
                       const struct shape_question *question, struct converted *ret_value)
{
    const struct operation *operation = question->text.operation;
    const struct source *source = &operation->source;
    struct slice *texts = ARENA_ARRAY(run->arena, source->piece_count, struct slice);
    bool is_same = true;
    for (size_t i = 0; i < source->piece_count; i++) {
        const struct shape_piece *piece = &question->text.pieces[i];
        if (piece->text.len)
            texts[i] = text_of_piece(run, cursor, piece);
        if (piece->text.len && texts[i].len == 0)
            return false;
        is_same = is_same && slice_equal(texts[i], piece->text);
    }
    *ret_value = (struct converted){.kind = JSON_STRING, .text = question->bytes};
    if (is_same && question->bytes.len <= operation->converter->takes_plain)
        return true;
    struct convert_input input = {run_join_pieces(run, source, texts), &run->defaults, run->arena};
    return input.text.len && operation->converter->convert(&input, ret_value) && !ret_value->lost;
}

static bool is_alike_outward(struct run *run, const struct cursor *cursor,
                             const struct shape_question *question)
{
    const size_t segment = run_segment_outward(run, cursor->group, question->place.of);
    if (question->kind == SHAPE_THERE)
        return (segment != HL7V2_NO_SEGMENT) == question->is_so;
    return segment != HL7V2_NO_SEGMENT && run->present[segment] == question->present;
}

/* Of a place. */
static bool is_alike_there(struct view *view, const struct shape_question *question,
                           struct converted *ret_values)
{
    struct run *run = view->run;
    struct slice part = part_in_view(view, question);
    if (view->is_odd || (question->place.field && (view->whole.len > 0) != question->has_field))
        return false;
    switch (question->kind) {
    case SHAPE_VALUE:
        return takes_value(run, question, part, &ret_values[question->value - 1]);
    case SHAPE_PARTS:
        return view->parts == question->present;
    case SHAPE_STATE:
        return run_state_of(run, part) == question->state;
    case SHAPE_BYTES:
        return slice_equal(part, question->bytes);
    case SHAPE_ROW:
        return gives_row(run, question, part);
    default:
        return is_as_equal(run, view->cursor, question);
    }
}

static bool is_alike(struct view *view, const struct shape_question *question,
                     struct converted *ret_values)
{
    if (question->kind <= SHAPE_EQUAL)
        return is_alike_there(view, question, ret_values);
    if (question->kind == SHAPE_TEXT)
        return takes_text(view->run, view->cursor, question, &ret_values[question->value - 1]);
    if (question->kind == SHAPE_AGAIN)
        return is_made_again(&ret_values[question->first - 1], &ret_values[question->value - 1]);
    return is_alike_outward(view->run, view->cursor, question);
}

static bool has_answers(struct run *run, const struct run_shape *shape, const struct cursor *cursor,
                        struct converted *ret_values)
{
    struct view view; /* its items stay as they are: few fields have 32 */
    view.run = run;
    view.cursor = cursor;
    view.at = (struct shape_place){.field = 0};
    view.is_odd = false;
    view.whole = NONE;
    view.count = 0;
    view.parts = 0;
    for (size_t i = 0; i < shape->question_size.count; i++) {
        const struct shape_question *question = &shape->questions[i];
        if (!is_alike(&view, question, ret_values))
            return false;
    }
    return true;
}

/* --- again -------------------------------------------------------------------------------------*/

/* What is done again, up to the step at hand. */
struct again {
    struct run *run;
    const struct run_shape *shape;
    const struct frame *frame;
    const struct converted *values;
    struct json **nodes;
    struct shape_step done;
};

static void write_nodes(struct again *again, size_t end)
{
    struct arena *arena = again->run->arena;
    struct json **nodes = again->nodes;
    for (size_t i = again->done.nodes; i < end; i++) {
        const struct shape_node *node = &again->shape->nodes[i];
        struct json *parent = nodes[node->parent];
        const struct converted *value = node->value ? &again->values[node->value - 1] : NULL;
        if (value)
            nodes[i + 1] = json_add_primitive(parent, node->name, value->kind, value->text, arena);
        else if (node->kind == JSON_OBJECT)
            nodes[i + 1] = json_add(parent, node->name, json_object(arena));
        else if (node->kind == JSON_ARRAY)
            nodes[i + 1] = json_add(parent, node->name, json_array(arena));
        else
            nodes[i + 1] = json_add_primitive(parent, node->name, node->kind, node->text, arena);
    }
}

static void write_slots(struct again *again, size_t end)
{
    for (size_t i = again->done.slots; i < end; i++) {
        const struct shape_slot *slot = &again->shape->slots[i];
        run_slot_of(again->run, again->nodes[slot->owner], slot->label)->value =
            slot->node ? again->nodes[slot->node] : slot->value;
    }
}

static void write_marks(struct again *again, size_t end)
{
    struct run *run = again->run;
    struct run_resource *resource = &run->resources[again->frame->target->resource];
    for (size_t i = again->done.marks; i < end; i++) {
        const struct shape_mark *mark = &again->shape->marks[i];
        resource->out.marks = run_grow(run->arena, resource->out.marks, sizeof(struct mapping_mark),
                                       &resource->mark_size, 16);
        resource->out.marks[resource->mark_size.count++] = (struct mapping_mark){
            mark->element, mark->entry ? again->nodes[mark->entry] : NULL, mark->rule};
    }
}

static void write_trace(struct again *again, size_t end)
{
    struct run *run = again->run;
    const struct cursor *cursor = &again->frame->cursor;
    for (size_t i = again->done.traces; i < end; i++) {
        const struct shape_trace *trace = &again->shape->traces[i];
        run->trace = run_grow(run->arena, run->trace, sizeof(*run->trace), &run->trace_size, 256);
        struct mapping_trace *entry = &run->trace[run->trace_size.count++];
        *entry = (struct mapping_trace){.node = again->nodes[trace->node],
                                        .resource = again->frame->target->resource,
                                        .rule = trace->rule,
                                        .row = trace->row,
                                        .kind = trace->kind};
        if (trace->kind != MAPPING_TRACE_FIELD)
            continue;
        struct slice part = run_shape_part(run, cursor->group, cursor->segment, trace->place);
        entry->start = (uint32_t)(part.ptr - run->message->frame.ptr);
        entry->length = (uint32_t)part.len;
    }
}

static void note_reads(struct again *again)
{
    struct run *run = again->run;
    const struct cursor *cursor = &again->frame->cursor;
    for (size_t i = 0; i < again->shape->read_size.count; i++) {
        const struct shape_read *read = &again->shape->reads[i];
        size_t segment = segment_of(run, cursor->group, cursor->segment, read->of);
        run->read[run->message->segments[segment].first_field + read->field - 1] |= 1;
    }
}

void run_shape_run_step(struct run *run, const struct frame *frame, const struct shape_step *step)
{
    const struct body *caller = run->body, *body = run->program->bodies[step->body];
    const struct operation *operations = body->operations;
    const struct operation_guard *guards = body->guards;
    uint32_t i = step->operation;
    if (i == SHAPE_NO_OPERATION)
        return;
    run->body = body;
    bool held = operations[i].word(run, frame, &operations[i]);
    for (i = guards[i].end; i < step->lines_end && !held; i = guards[i].end)
        held = !run_is_guarded(&guards[i], &frame->cursor) &&
               operations[i].word(run, frame, &operations[i]);
    run->body = caller;
}

static void do_again(struct run *run, const struct run_shape *shape, const struct frame *frame,
                     const struct converted *values)
{
    const struct body *caller = run->body;
    run->body = run->program->bodies[shape->body];
    struct frame inside = *frame;
    inside.scope = run_push_scope(run, frame->scope, run->body->operations);
    struct again again = {.run = run, .shape = shape, .frame = &inside, .values = values};
    again.nodes = ARENA_ARRAY(run->arena, shape->node_size.count + 1, struct json *);
    again.nodes[0] = frame->target->node;
    note_reads(&again);
    run->depth++;
    for (size_t i = 0; i < shape->step_size.count; i++) {
        const struct shape_step *step = &shape->steps[i];
        write_nodes(&again, step->nodes);
        write_slots(&again, step->slots);
        write_marks(&again, step->marks);
        write_trace(&again, step->traces);
        again.done = *step;
        run_shape_run_step(run, &inside, step);
    }
    run->depth--;
    run->body = caller;
    run_pop_scope(run, inside.scope, frame->scope);
}

/* --- whose shapes ------------------------------------------------------------------------------*/

static bool is_same_setting(const struct shape_setting *a, const struct shape_setting *b)
{
    return a->zone == b->zone && a->header_offset_minutes == b->header_offset_minutes &&
           a->has_header_offset == b->has_header_offset && a->trace == b->trace &&
           a->as_text == b->as_text &&
           memcmp(&a->delimiters, &b->delimiters, sizeof(a->delimiters)) == 0;
}

/* NULL where there are too many. */
static const struct shape_setting *setting_of(const struct run *run, struct mapping_shapes *shapes)
{
    const struct shape_setting own = {.zone = run->context->zone,
                                      .delimiters = run->message->delimiters,
                                      .header_offset_minutes = run->defaults.header_offset_minutes,
                                      .has_header_offset = run->defaults.has_header_offset,
                                      .trace = run->context->trace,
                                      .as_text = run->context->as_text};
    for (size_t i = 0; i < shapes->setting_count; i++)
        if (is_same_setting(&own, &shapes->settings[i]))
            return &shapes->settings[i];
    if (shapes->setting_count == SETTING_COUNT)
        return NULL;
    shapes->settings[shapes->setting_count] = own;
    return &shapes->settings[shapes->setting_count++];
}

void run_take_shapes(struct run *run)
{
    struct mapping_shapes *shapes = run->context->shapes;
    if (!shapes || shapes->program != run->program)
        return;
    run->setting = setting_of(run, shapes);
    run->shapes = run->setting ? shapes : NULL;
    if (!shapes->arena)
        shapes->arena = arena_new(2 * MAPPING_SHAPES_LIMIT);
}

/* --- which one ---------------------------------------------------------------------------------*/

static bool has_shape(const struct run *run, const struct frame *frame)
{
    const struct cursor *cursor = &frame->cursor;
    if (!run->shapes || run->context->looks || run->context->steps || run->record ||
        !frame->target || frame->target->parent || cursor->segment == HL7V2_NO_SEGMENT ||
        cursor->fields & presence_bit(63) || run->depth >= RUN_DEPTH_LIMIT)
        return false;
    return !run_shape_is_odd(run, cursor->segment);
}

/* What a shape is looked for by. */
struct wanted {
    const struct frame *frame;
    uint32_t body;
    struct shape_place value;
    struct run_shape **chain;
    unsigned count;         /* of this body and place, whatever their fields */
    struct run_shape *seen; /* whose like was seen once; NULL: none */
    bool is_known, is_vain; /* there is one of these fields; one that is odd */
};

static bool is_wanted(const struct wanted *wanted, const struct run_shape *shape)
{
    return shape->body == wanted->body && shape->segment_id == wanted->frame->cursor.segment_id &&
           shape->value.field == wanted->value.field &&
           shape->value.component == wanted->value.component;
}

/* True when one was found and done again. */
static bool done_again(struct run *run, struct wanted *wanted)
{
    const struct cursor *cursor = &wanted->frame->cursor;
    for (struct run_shape *shape = *wanted->chain; shape; shape = shape->next) {
        if (!is_wanted(wanted, shape))
            continue;
        wanted->count++;
        if (shape->fields != cursor->fields || shape->setting != run->setting)
            continue;
        wanted->is_known = true;
        wanted->is_vain |= shape->is_odd;
        if (!shape->is_watched)
            wanted->seen = shape;
        if (!shape->is_watched || shape->is_odd)
            continue;
        struct converted *values = ARENA_ARRAY(run->arena, shape->value_count, struct converted);
        if (has_answers(run, shape, cursor, values)) {
            do_again(run, shape, wanted->frame, values);
            return true;
        }
    }
    return false;
}

/* The shape to watch this one with; NULL: it is not watched, or only when its like comes again. */
static struct run_shape *shape_to_watch(struct run *run, const struct wanted *wanted)
{
    struct arena *arena = run->shapes->arena;
    const struct cursor *cursor = &wanted->frame->cursor;
    if (wanted->is_vain || wanted->count >= SHAPES_OF_BODY ||
        arena_used(arena) > MAPPING_SHAPES_LIMIT)
        return NULL;
    if (wanted->seen)
        return wanted->seen;
    struct run_shape *shape = ARENA_NEW(arena, struct run_shape);
    *shape = (struct run_shape){.next = *wanted->chain,
                                .setting = run->setting,
                                .body = wanted->body,
                                .segment_id = cursor->segment_id,
                                .value = wanted->value,
                                .fields = cursor->fields};
    *wanted->chain = shape;
    return wanted->is_known ? shape : NULL;
}

void run_map_by_shape(struct run *run, const struct frame *frame, uint32_t body)
{
    const struct cursor *cursor = &frame->cursor;
    struct wanted wanted = {.frame = frame, .body = body};
    if (!has_shape(run, frame) ||
        (cursor->depth &&
         !run_shape_place_of(run, cursor->segment, cursor->value, cursor->depth, &wanted.value))) {
        run_map(run, frame, body);
        return;
    }
    const uint32_t place = wanted.value.field * 32u + wanted.value.component;
    wanted.chain = &run->shapes->chains[(body * 31 + place) % CHAIN_COUNT];
    if (done_again(run, &wanted))
        return;
    struct run_shape *shape = shape_to_watch(run, &wanted);
    if (shape)
        run_shape_watch(run, frame, shape, run->shapes->arena);
    else
        run_map(run, frame, body);
}
