/* run_shape_record: what a map asked of a segment or a value. See run_shape.h. */
#include "mapping/run_shape.h"

void run_record_odd(struct run_record *record)
{
    record->is_odd = true;
}

/* --- where something stands --------------------------------------------------------------------*/

static const struct shape_place NOWHERE = {.field = 0};

static bool is_fact_place(struct shape_place place)
{
    return place.of && place.of <= FACT_COUNT;
}

static bool is_nowhere(struct shape_place place)
{
    return place.of == 0 && place.field == 0;
}

/* How a segment is found again: 0 the watched one, else its id outward. */
static uint32_t name_of_segment(struct run *run, size_t segment)
{
    struct run_record *record = run->record;
    if (segment == record->segment)
        return 0;
    uint32_t id = run->message->segments[segment].id;
    if (run_shape_is_odd(run, segment) || run_segment_outward(run, record->group, id) != segment)
        run_record_odd(record);
    return id;
}

/* Part of a value at hand. */
static struct shape_place place_of_bytes(struct run *run, size_t segment, struct slice raw,
                                         unsigned depth)
{
    struct shape_place place;
    uint32_t of = name_of_segment(run, segment);
    if (!run_shape_place_of(run, segment, raw, depth, &place))
        run_record_odd(run->record);
    place.of = of;
    return place;
}

/* Nowhere where it is a part that is not there: which parts are, is a question of its own. */
static struct shape_place place_of(struct run *run, const struct found *found)
{
    const struct place *place = found->place;
    if (found->is_fact)
        return (struct shape_place){.of = place->fact + 1};
    if (!place)
        run_record_odd(run->record);
    if (!place || found->segment == HL7V2_NO_SEGMENT)
        return NOWHERE;
    if (place->kind != PLACE_SEGMENT)
        return found->raw.len ? place_of_bytes(run, found->segment, found->raw, found->depth)
                              : NOWHERE;
    uint32_t of = name_of_segment(run, found->segment);
    bool is_header = run->message->segments[found->segment].id == HL7V2_ID("MSH");
    if (place->field == 0 || place->field > UINT16_MAX || place->component > RUN_CUT_LIMIT ||
        place->subcomponent || (is_header && place->field <= 2))
        run_record_odd(run->record);
    if (place->repetition > 1) /* of what has no repetitions */
        return NOWHERE;
    return (struct shape_place){of, (uint16_t)place->field, (uint16_t)place->component};
}

static struct slice part_at(struct run *run, struct shape_place place)
{
    return run_shape_part(run, run->record->group, run->record->segment, place);
}

/* --- questions ---------------------------------------------------------------------------------*/

static bool is_same_place(struct shape_place a, struct shape_place b)
{
    return a.of == b.of && a.field == b.field && a.component == b.component;
}

static bool is_same(const struct shape_question *a, const struct shape_question *b)
{
    if (a->kind != b->kind || !is_same_place(a->place, b->place))
        return false;
    if (a->kind == SHAPE_VALUE)
        return a->by == b->by && a->is_cut == b->is_cut;
    if (a->kind == SHAPE_EQUAL)
        return is_same_place(a->other, b->other);
    if (a->kind == SHAPE_TEXT)
        return false;
    if (a->kind == SHAPE_AGAIN)
        return a->first == b->first && a->value == b->value;
    return a->kind != SHAPE_ROW || a->table == b->table;
}

/* What is longer hardly comes again, and would stay in the memory of a feed: a note, a document. Of
 * a code the row is the answer, and its bytes only the short way to it. */
#define KEPT_LENGTH 256

static struct slice kept_bytes(struct run *run, const struct shape_question *question)
{
    if (question->bytes.len <= KEPT_LENGTH)
        return question->bytes;
    if (question->kind != SHAPE_ROW)
        run_record_odd(run->record);
    return (struct slice){NULL, 0};
}

/* The same question is asked once. */
static struct shape_question *ask(struct run *run, struct shape_question question)
{
    const struct run_record *record = run->record;
    struct run_shape *shape = record->shape;
    for (size_t i = 0; i < shape->question_size.count; i++)
        if (is_same(&shape->questions[i], &question))
            return &shape->questions[i];
    question.bytes = kept_bytes(run, &question);
    question.has_field = run_shape_has_field(run, record->group, record->segment, question.place);
    shape->questions =
        run_grow(run->arena, shape->questions, sizeof(question), &shape->question_size, 32);
    shape->questions[shape->question_size.count] = question;
    return &shape->questions[shape->question_size.count++];
}

void run_record_bytes(struct run *run, const struct found *found)
{
    struct shape_place place = place_of(run, found);
    if (!is_nowhere(place))
        ask(run, (struct shape_question){
                     .kind = SHAPE_BYTES, .place = place, .bytes = part_at(run, place)});
}

void run_record_state(struct run *run, const struct found *found)
{
    struct shape_place place = place_of(run, found);
    if (found->is_fact)
        run_record_bytes(run, found);
    else if (!is_nowhere(place))
        ask(run, (struct shape_question){.kind = SHAPE_STATE,
                                         .place = place,
                                         .state = run_state_of(run, part_at(run, place))});
}

/* Not at all, in segments that are watched: it is there, or it is not. */
void run_record_count(struct run *run, const struct found *found)
{
    if (found->segment == run->record->segment)
        run_record_state(run, found);
    else
        run_record_bytes(run, found);
}

/* A component has no parts in a message without subcomponents. */
void run_record_parts(struct run *run, const struct cursor *cursor)
{
    uint32_t of = name_of_segment(run, cursor->segment);
    if (of)
        ask(run, (struct shape_question){
                     .kind = SHAPE_FIELDS, .place = {.of = of}, .present = cursor->fields});
    if (cursor->depth != 1)
        return;
    if (cursor->parts == UINT64_MAX)
        run_record_odd(run->record);
    ask(run, (struct shape_question){
                 .kind = SHAPE_PARTS,
                 .place = place_of_bytes(run, cursor->segment, cursor->value, cursor->depth),
                 .present = cursor->parts});
}

/* An answer with a number in it is another for each number. */
void run_record_row(struct run *run, const struct found *found, const struct code_table *table,
                    const struct code_match *match, struct slice code)
{
    if (match->number.len || found->is_fact) {
        run_record_bytes(run, found);
        return;
    }
    struct shape_place place = place_of(run, found);
    if (!is_nowhere(place))
        ask(run, (struct shape_question){.kind = SHAPE_ROW,
                                         .place = place,
                                         .has_code = code.len > 0,
                                         .bytes = part_at(run, place),
                                         .table = table,
                                         .row = match->row});
}

uint32_t run_shape_value_of(const struct run_record *record, const struct json *node)
{
    for (size_t i = 0; i < record->value_size.count; i++)
        if (record->values[i].node == node)
            return record->values[i].value;
    return 0;
}

/* A value that is there already is met by one that says the same, or need not (keep="first"). */
void run_record_old(struct run *run, const struct json *old, bool must_equal)
{
    struct run_record *record = run->record;
    if (record->old && record->must_equal && run_shape_value_of(record, record->old))
        run_record_odd(record); /* who wrote it did not say of what */
    if (old && !run_shape_is_ours(record, old))
        run_record_odd(record);
    record->old = old;
    record->must_equal = must_equal;
}

static void note_value(struct run *run, const struct json *node, uint32_t value)
{
    struct run_record *record = run->record;
    record->values =
        run_grow(run->arena, record->values, sizeof(*record->values), &record->value_size, 16);
    record->values[record->value_size.count++] = (struct recorded_value){node, value};
}

/* `found` is what gave the value; NULL: several did. */
static bool is_old(struct run *run, const struct found *found, const struct json *node,
                   uint32_t value)
{
    struct run_record *record = run->record;
    if (node != record->old)
        return false;
    uint32_t first = run_shape_value_of(record, node);
    record->old = NULL;
    if (record->must_equal && first)
        ask(run, (struct shape_question){.kind = SHAPE_AGAIN, .first = first, .value = value});
    else if (record->must_equal && found)
        run_record_bytes(run, found);
    else if (record->must_equal)
        run_record_odd(record);
    return true;
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
    if (is_nowhere(place)) {
        run_record_odd(record);
        return;
    }
    bool is_whole = operation->converter->whole && !found->place->is_composite;
    struct shape_question *question =
        ask(run, (struct shape_question){.kind = SHAPE_VALUE,
                                         .place = place,
                                         .is_cut = !is_whole && !place.component && !found->is_fact,
                                         .by = operation->converter});
    if (question->value == 0)
        question->value = ++record->shape->value_count;
    uint32_t value = question->value;
    if (is_old(run, found, node, value))
        return;
    note_value(run, node, value);
}

/* A text of a template: of each place it has to be known that it says anything or nothing. */
void run_record_text(struct run *run, const struct operation *operation, const struct found *founds,
                     const struct slice *texts, const struct json *node)
{
    struct run_record *record = run->record;
    const struct source *source = &operation->source;
    struct shape_piece *pieces = ARENA_ARRAY(run->arena, source->piece_count, struct shape_piece);
    for (size_t i = 0; i < source->piece_count; i++) {
        if (source->pieces[i].literal.ptr)
            continue;
        run_record_state(run, &founds[i]);
        pieces[i].place = place_of(run, &founds[i]);
        pieces[i].is_cut = source->pieces[i].place.is_composite && !pieces[i].place.component;
        pieces[i].text = texts[i];
    }
    if (!node)
        return;
    uint32_t value = ++record->shape->value_count;
    ask(run, (struct shape_question){.kind = SHAPE_TEXT,
                                     .value = value,
                                     .bytes = json_text(node),
                                     .text = {operation, pieces}});
    if (is_old(run, NULL, node, value))
        return;
    note_value(run, node, value);
}

/* Of a part that is not there nothing is equal; that it is not, is asked elsewhere. */
void run_record_equal(struct run *run, const struct found *a, const struct found *b, bool is_so)
{
    struct shape_place one = place_of(run, a), other = place_of(run, b);
    if (is_nowhere(one) || is_nowhere(other))
        return;
    if (a->is_fact || b->is_fact || run_shape_equal(run, run->record->cursor, one, other) != is_so)
        run_record_odd(run->record);
    ask(run,
        (struct shape_question){.kind = SHAPE_EQUAL, .place = one, .other = other, .is_so = is_so});
}

/* Found by its group, its number or what it follows, or another of the watched one's kind: that may
 * be another the next time. */
void run_record_segment(struct run *run, const struct place *place, size_t segment)
{
    struct run_record *record = run->record;
    if (place->groups.len || place->sequence || place->after ||
        place->segment == run->message->segments[record->segment].id)
        run_record_odd(record);
    else
        ask(run, (struct shape_question){.kind = SHAPE_THERE,
                                         .place = {.of = place->segment},
                                         .is_so = segment != HL7V2_NO_SEGMENT});
}

void run_record_read(struct run *run, size_t segment, unsigned field)
{
    struct run_shape *shape = run->record->shape;
    struct shape_read read = {name_of_segment(run, segment), field};
    for (size_t i = 0; i < shape->read_size.count; i++)
        if (shape->reads[i].of == read.of && shape->reads[i].field == read.field)
            return;
    shape->reads = run_grow(run->arena, shape->reads, sizeof(read), &shape->read_size, 16);
    shape->reads[shape->read_size.count++] = read;
}

/* Nothing is there, as the fields of its segment say, that are asked for. */
static bool is_empty(const struct run *run, const struct run_shape *shape, struct shape_place place)
{
    if (place.of == 0)
        return !(run->record->cursor->fields & presence_bit(place.field));
    for (size_t i = 0; i < shape->question_size.count; i++) {
        const struct shape_question *other = &shape->questions[i];
        if (other->kind == SHAPE_FIELDS && other->place.of == place.of)
            return !(other->present & presence_bit(place.field));
    }
    return false;
}

/* What is asked of the place says more; or of its first component, that there is a value, so that
 * there is one in the whole. */
static bool says_more(const struct shape_question *other, const struct shape_question *question)
{
    bool is_value = other->kind == SHAPE_VALUE || other->kind == SHAPE_ROW;
    bool is_first = other->place.of == question->place.of &&
                    other->place.field == question->place.field && other->place.component == 1;
    if (is_same_place(other->place, question->place))
        return other->kind == SHAPE_BYTES || (question->kind == SHAPE_STATE && is_value);
    return question->kind == SHAPE_STATE && question->place.component == 0 &&
           question->state == FOUND_VALUE && is_first && is_value;
}

static bool is_implied(const struct run *run, const struct run_shape *shape,
                       const struct shape_question *question)
{
    bool may_be = question->kind == SHAPE_STATE || question->kind == SHAPE_ROW ||
                  question->kind == SHAPE_PARTS;
    if (!may_be || is_fact_place(question->place))
        return false;
    if (question->kind == SHAPE_STATE && is_empty(run, shape, question->place))
        return true;
    for (size_t i = 0; i < shape->question_size.count; i++)
        if (says_more(&shape->questions[i], question))
            return true;
    return false;
}

/* Fewer questions, the same answers. */
void run_shape_drop_implied(const struct run *run, struct run_shape *shape)
{
    size_t kept = 0;
    for (size_t i = 0; i < shape->question_size.count; i++) {
        struct shape_question question = shape->questions[i];
        if (!is_implied(run, shape, &question))
            shape->questions[kept++] = question;
    }
    shape->question_size.count = kept;
}

/* --- the trace ---------------------------------------------------------------------------------*/

void run_record_trace(struct run *run, const struct found *found)
{
    struct run_record *record = run->record;
    size_t number = run->trace_size.count - 1 - record->first_trace;
    while (record->traced_size.count <= number) {
        record->traced =
            run_grow(run->arena, record->traced, sizeof(*record->traced), &record->traced_size, 32);
        record->traced[record->traced_size.count++] = NOWHERE;
    }
    struct shape_place place = place_of(run, found);
    record->traced[number] = place;
    if (is_nowhere(place) || part_at(run, place).ptr != found->raw.ptr)
        run_record_odd(record);
}
