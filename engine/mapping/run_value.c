/* run_value: what rules read. */
#include "mapping/run.h"

#include "hl7v2/text.h"

/* --- segments and fields -----------------------------------------------------------------------*/

/* The segment in any instance of the groups "PATIENT.VISIT" below a group: the one whose turn it is
 * when `left` of them have been counted, over all instances. Instances are looked through only
 * where the structure has such a group there, and a group that stands once is not looked for among
 * those that repeat: a message may have thousands. */
static size_t segment_below(const struct run *run, uint32_t group, struct slice groups,
                            const struct place *place, uint32_t *left)
{
    const struct hl7v2_grouping *grouping = &run->grouping;
    const struct hl7v2_group *at = &grouping->groups[group];
    size_t found = HL7V2_NO_SEGMENT;
    struct slice name;
    if (!slice_split(&groups, '.', &name)) {
        for (uint32_t i = 1; *left > 0; i++, (*left)--) {
            found = hl7v2_grouping_segment(grouping, group, place->segment, i);
            if (found == HL7V2_NO_SEGMENT)
                return found;
        }
        return found;
    }
    uint32_t node = hl7v2_structure_find(grouping->structure, at->node, name);
    if (node == 0)
        return found;
    bool is_single = grouping->structure->nodes[node].max == 1;
    uint32_t i = is_single ? at->first_single : at->first_child;
    while (i != HL7V2_NO_GROUP && found == HL7V2_NO_SEGMENT) {
        const struct hl7v2_group *below = &grouping->groups[i];
        if (below->node == node)
            found = segment_below(run, i, groups, place, left);
        i = is_single ? below->next_single : below->next_sibling;
    }
    return found;
}

/* The same below the group at hand, then outward. */
static size_t find_in_groups(const struct run *run, uint32_t group, const struct place *place)
{
    size_t found = HL7V2_NO_SEGMENT;
    for (; group != HL7V2_NO_GROUP && found == HL7V2_NO_SEGMENT;
         group = run->grouping.groups[group].parent) {
        uint32_t left = place->sequence ? place->sequence : 1;
        found = segment_below(run, group, place->groups, place, &left);
    }
    return found;
}

/* Conditions of one group ask for the same few. */
static size_t segment_in_groups(struct run *run, uint32_t group, const struct place *place)
{
    struct run_in_groups *known =
        &run->in_groups[(((uintptr_t)place >> 4) + group) % RUN_IN_GROUPS_COUNT];
    if (known->place != place || known->group != group)
        *known = (struct run_in_groups){place, group, find_in_groups(run, group, place)};
    return known->segment;
}

/* The first segment of an id in the group or outward. Rules of one group ask for the same few. */
size_t run_segment_outward(struct run *run, uint32_t group, uint32_t id)
{
    struct run_outward *known = &run->outward[(id * 31 + group) % RUN_OUTWARD_COUNT];
    if (known->id == id && known->group == group)
        return known->segment;
    *known = (struct run_outward){id, group,
                                  hl7v2_grouping_segment_outward(&run->grouping, group, id, 1)};
    return known->segment;
}

static size_t find_segment(struct run *run, const struct cursor *cursor, const struct place *place)
{
    const struct hl7v2_message *message = run->message;
    if (place->groups.len)
        return segment_in_groups(run, cursor->group, place);
    if (cursor->segment != HL7V2_NO_SEGMENT && place->sequence == 0 &&
        message->segments[cursor->segment].id == place->segment)
        return cursor->segment;
    if (place->sequence > 1)
        return hl7v2_grouping_segment_outward(&run->grouping, cursor->group, place->segment,
                                              place->sequence);
    return run_segment_outward(run, cursor->group, place->segment);
}

static size_t segment_of(struct run *run, const struct cursor *cursor, const struct place *place)
{
    size_t found = find_segment(run, cursor, place);
    if (run->record)
        run_record_segment(run, place, found);
    return found;
}

/* The number of the group at hand, or around it, that has this name: "[nth SERVICE]". */
static unsigned number_of_group(const struct run *run, uint32_t group, struct slice name)
{
    if (run->record)
        run_record_odd(run->record);
    for (; group != HL7V2_NO_GROUP; group = run->grouping.groups[group].parent) {
        const struct hl7v2_group *at = &run->grouping.groups[group];
        if (slice_equal(run->grouping.structure->nodes[at->node].name, name))
            return at->number;
    }
    return 1;
}

/* One bit for each of the first 31 repetitions, the last for all others. */
static inline void note_read(struct run *run, const struct hl7v2_segment *at, unsigned field,
                             unsigned repetition)
{
    unsigned bit = repetition > 31 ? 31 : repetition - 1;
    run->read[at->first_field + field - 1] |= UINT32_C(1) << bit;
}

static inline struct slice part_of(const struct run *run, struct slice raw, unsigned component,
                                   unsigned subcomponent, unsigned *depth)
{
    if (component == 0)
        return raw;
    if (component && *depth == 1) {
        raw = hl7v2_message_component(run->message, raw, component);
        component = subcomponent;
        subcomponent = 0;
        *depth = 2;
    }
    if (component && *depth == 2) {
        raw = hl7v2_message_subcomponent(run->message, raw, component);
        component = subcomponent;
        *depth = 3;
    }
    /* A part of a subcomponent: only its first, which is itself. */
    return component > 1 && *depth == 3 ? (struct slice){NULL, 0} : raw;
}

/* Blanks and separators only. FHIR R4 datatypes.html#string: a string has at least one character
 * that is no blank, so that a value of blanks could not be written anywhere. */
static bool is_blank(const struct run *run, struct slice raw)
{
    const struct hl7v2_delimiters *delimiters = &run->message->delimiters;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c != ' ' && c != delimiters->component && c != delimiters->repetition &&
            c != delimiters->subcomponent)
            return false;
    }
    return true;
}

/* Of a value that begins with a separator, a blank or a quotation mark, or is empty. */
static __attribute__((noinline)) enum found_state state_of_odd(const struct run *run,
                                                               struct slice raw)
{
    if (raw.len == 0)
        return FOUND_NOTHING;
    if (hl7v2_is_delete(raw))
        return FOUND_DELETED;
    bool is_valued = hl7v2_message_is_valued(run->message, raw) && !is_blank(run, raw);
    return is_valued ? FOUND_VALUE : FOUND_NOTHING;
}

static inline enum found_state state_of(const struct run *run, struct slice raw)
{
    if (raw.len && run->begins_value[(unsigned char)raw.ptr[0]])
        return FOUND_VALUE;
    return state_of_odd(run, raw);
}

enum found_state run_state_of(const struct run *run, struct slice raw)
{
    return state_of(run, raw);
}

static struct slice repetition_of(const struct run *run, struct slice whole, unsigned number)
{
    if (!run->has_repetitions)
        return number == 1 ? whole : (struct slice){NULL, 0};
    return hl7v2_message_repetition(run->message, whole, number);
}

static inline struct slice field_of(const struct hl7v2_message *message,
                                    const struct hl7v2_segment *segment, unsigned field)
{
    static const struct slice NONE = {NULL, 0};
    if (field > segment->field_count)
        return NONE;
    const uint32_t *starts = message->fields + segment->first_field + field - 1;
    /* MSH-1 is the separator itself. */
    size_t len = field == 1 && segment->id == HL7V2_ID("MSH") ? 1 : starts[1] - 1 - starts[0];
    return (struct slice){message->frame.ptr + starts[0], len};
}

/* What is found is filled in where the caller has it: its address is taken nowhere, or the compiler
 * would build it aside and copy it, and a copy of what was written just now waits for the writes.
 */
static struct found find_field(struct run *run, const struct cursor *cursor,
                               const struct place *place)
{
    struct found found = {
        .state = FOUND_NOTHING, .depth = 1, .place = place, .segment = cursor->segment};
    if (!place->is_near || place->segment != cursor->segment_id)
        found.segment = segment_of(run, cursor, place);
    if (found.segment == HL7V2_NO_SEGMENT ||
        !(run->present[found.segment] & presence_bit(place->field)))
        return found;
    if (place->field == 0) {
        found.state = FOUND_VALUE;
        found.raw = hl7v2_message_segment(run->message, found.segment);
        return found;
    }
    unsigned repetition = place->repetition ? place->repetition : 1;
    if (place->nth.len)
        repetition = number_of_group(run, cursor->group, place->nth);
    const struct hl7v2_segment *at = &run->message->segments[found.segment];
    struct slice raw = field_of(run->message, at, place->field);
    found.whole = raw;
    if (raw.len == 0)
        return found;
    raw = repetition_of(run, raw, repetition);
    note_read(run, at, place->field, repetition);
    if (run->record)
        run_record_read(run, found.segment, place->field);
    if (place->component) {
        unsigned depth = 1;
        raw = part_of(run, raw, place->component, place->subcomponent, &depth);
        found.depth = depth;
    }
    found.raw = raw;
    found.state = state_of(run, raw);
    return found;
}

/* A part of a value that was cut. */
static struct slice part_at_hand(const struct run *run, const struct cursor *cursor,
                                 unsigned number)
{
    unsigned depth = cursor->depth;
    if (number <= cursor->cut_count)
        return cursor->cut[number - 1];
    bool may_have_more = cursor->parts >> 63;
    return may_have_more ? part_of(run, cursor->value, number, 0, &depth) : (struct slice){NULL, 0};
}

static struct found find_relative(struct run *run, const struct cursor *cursor,
                                  const struct place *place)
{
    struct found found = {
        .state = FOUND_NOTHING, .depth = cursor->depth, .segment = cursor->segment, .place = place};
    unsigned depth = cursor->depth;
    struct slice raw;
    if (depth == 0)
        return found;
    if (cursor->cut && place->component) {
        depth++;
        raw = part_at_hand(run, cursor, place->component);
        raw = part_of(run, raw, place->subcomponent, 0, &depth);
    } else {
        raw = part_of(run, cursor->value, place->component, place->subcomponent, &depth);
    }
    found.raw = raw;
    found.depth = depth;
    found.state = state_of(run, raw);
    return found;
}

struct found run_peek(struct run *run, const struct cursor *cursor, const struct place *place)
{
    if (place->kind == PLACE_RELATIVE)
        return find_relative(run, cursor, place);
    if (place->kind == PLACE_SEGMENT)
        return find_field(run, cursor, place);
    struct slice text = run->facts[place->fact];
    return (struct found){.state = text.len ? FOUND_VALUE : FOUND_NOTHING,
                          .raw = text,
                          .depth = 3,
                          .is_fact = true,
                          .segment = HL7V2_NO_SEGMENT,
                          .place = place};
}

static __attribute__((noinline)) struct found
find_watched(struct run *run, const struct cursor *cursor, const struct place *place)
{
    struct found found = run_peek(run, cursor, place);
    run_record_bytes(run, &found);
    return found;
}

struct found run_find(struct run *run, const struct cursor *cursor, const struct place *place)
{
    return run->record ? find_watched(run, cursor, place) : run_peek(run, cursor, place);
}

static struct found peek_first(struct run *run, const struct cursor *cursor,
                               const struct places *places,
                               void (*record)(struct run *run, const struct found *found))
{
    struct found best = {.state = FOUND_NOTHING};
    for (size_t i = 0; i < places->count; i++) {
        struct found found = run_peek(run, cursor, &places->items[i]);
        if (run->record)
            record(run, &found);
        if (places->count == 1)
            return found;
        if (found.state == FOUND_VALUE)
            return found;
        if (found.state == FOUND_DELETED && best.state == FOUND_NOTHING)
            best = found;
    }
    return best;
}

struct found run_find_first(struct run *run, const struct cursor *cursor,
                            const struct places *places)
{
    if (places->count == 1 && !run->record)
        return run_peek(run, cursor, &places->items[0]);
    return peek_first(run, cursor, places, run_record_bytes);
}

struct found run_find_first_valued(struct run *run, const struct cursor *cursor,
                                   const struct places *places)
{
    if (places->count == 1 && !run->record)
        return run_peek(run, cursor, &places->items[0]);
    return peek_first(run, cursor, places, run_record_state);
}

bool run_next_repetition(struct run *run, struct found *found, unsigned *number)
{
    const struct place *place = found->place;
    if (found->is_fact || place->kind != PLACE_SEGMENT || place->field == 0 || place->repetition ||
        place->nth.len || !run->has_repetitions)
        return false;
    struct slice rest = found->whole;
    /* The repetition at hand ends at the separator that the next one begins behind. */
    size_t begin = (size_t)(found->raw.ptr ? found->raw.ptr - rest.ptr : 0);
    struct slice behind = slice_after(rest, begin);
    size_t end = slice_find_byte(behind, run->message->delimiters.repetition);
    if (end >= behind.len || hl7v2_message_is_literal(run->message, found->whole))
        return false;
    struct slice next = slice_after(behind, end + 1);
    struct slice one =
        slice_part(next, 0, slice_find_byte(next, run->message->delimiters.repetition));
    ++*number;
    note_read(run, &run->message->segments[found->segment], place->field, *number);
    found->depth = 1;
    found->raw = part_of(run, one, place->component, place->subcomponent, &found->depth);
    found->state = state_of(run, found->raw);
    if (!found->raw.ptr)
        found->raw = (struct slice){one.ptr, 0};
    return true;
}

struct cursor run_cursor_of_segment(const struct run *run, uint32_t group, size_t segment)
{
    struct cursor cursor = {.group = group, .segment = segment, .fields = 1, .parts = 1};
    if (segment == HL7V2_NO_SEGMENT)
        return cursor;
    cursor.segment_id = run->message->segments[segment].id;
    cursor.first_field = run->message->segments[segment].first_field;
    cursor.fields = run->present[segment];
    return cursor;
}

/* Cuts the value at the separator of its depth. The parts grow in place: nothing else takes memory
 * meanwhile. */
static struct run_cut cut_of(struct run *run, struct slice value, unsigned depth)
{
    const struct hl7v2_delimiters *delimiters = &run->message->delimiters;
    char separator = depth == 1 ? delimiters->component : delimiters->subcomponent;
    struct run_cut cut = {.value = value, .depth = depth};
    cut.present = presence_bit(0) | presence_bit(1);
    if (depth > 2 || !separator || hl7v2_message_is_literal(run->message, value))
        return cut;
    cut.present = presence_bit(0);
    struct slice *parts = NULL, rest = value;
    struct growing size = {0};
    for (bool more = true; more && size.count < RUN_CUT_LIMIT;) {
        const size_t end = slice_find_byte(rest, separator);
        parts = run_grow(run->arena, parts, sizeof(*parts), &size, 4);
        parts[size.count++] = (struct slice){rest.ptr, end};
        cut.present |= end ? presence_bit((unsigned)size.count) : 0;
        more = end < rest.len;
        rest = slice_after(rest, end + 1);
        if (more && size.count == RUN_CUT_LIMIT)
            cut.present = UINT64_MAX;
    }
    cut.parts = parts;
    cut.count = (unsigned)size.count;
    return cut;
}

/* Once for all rules that read its parts: conditions and maps ask for the same value in turn. */
static void cut_value(struct run *run, struct cursor *cursor)
{
    struct run_cut *last = &run->cut;
    if (last->value.ptr != cursor->value.ptr || last->value.len != cursor->value.len ||
        last->depth != cursor->depth)
        *last = cut_of(run, cursor->value, cursor->depth);
    cursor->parts = last->present;
    cursor->cut = last->parts;
    cursor->cut_count = last->count;
}

struct cursor run_cursor_at(struct run *run, const struct cursor *cursor, const struct found *found)
{
    if (found->is_fact || found->state != FOUND_VALUE)
        return *cursor;
    struct cursor inside = *cursor;
    if (found->segment != cursor->segment)
        inside = run_cursor_of_segment(run, cursor->group, found->segment);
    inside.value = found->raw;
    inside.depth = found->depth;
    cut_value(run, &inside);
    if (run->record)
        run_record_parts(run, &inside);
    return inside;
}

/* --- text --------------------------------------------------------------------------------------*/

/* Kept only for who asks what becomes of each value: see mapping/leaf.h. A fact is no part of the
 * frame. */
static __attribute__((noinline)) void keep_look(struct run *run, struct slice raw,
                                                enum mapping_look_kind kind)
{
    struct slice frame = run->message->frame;
    if (raw.ptr < frame.ptr || raw.ptr >= frame.ptr + frame.len)
        return;
    run->looks = run_grow(run->arena, run->looks, sizeof(*run->looks), &run->look_size, 256);
    run->looks[run->look_size.count++] = (struct mapping_look){
        (uint32_t)(raw.ptr - run->message->frame.ptr), (uint32_t)raw.len, kind};
}

static inline void note_look(struct run *run, struct slice raw, enum mapping_look_kind kind)
{
    if (run->context->looks && raw.len)
        keep_look(run, raw, kind);
}

static struct slice decode(struct run *run, struct slice raw)
{
    struct slice text = {NULL, 0};
    if (run->is_plain || hl7v2_text_is_plain(run->message, raw))
        return raw;
    if (hl7v2_text_decode(run->message, raw, run->arena, &text, run->issues) != 0)
        run->refused = true;
    return text;
}

static struct slice first_part(const struct run *run, struct slice raw, unsigned depth)
{
    if (depth == 1)
        raw = slice_part(raw, 0, slice_find_byte(raw, run->message->delimiters.component));
    if (depth <= 2 && run->has_subcomponents)
        raw = slice_part(raw, 0, slice_find_byte(raw, run->message->delimiters.subcomponent));
    return raw;
}

struct slice run_text_for(struct run *run, const struct found *found, bool whole,
                          enum mapping_look_kind kind)
{
    if (found->is_fact || found->state != FOUND_VALUE)
        return found->is_fact ? found->raw : (struct slice){NULL, 0};
    if (hl7v2_message_is_literal(run->message, found->raw))
        return found->raw;
    bool cut = !whole || found->place->is_composite;
    struct slice raw = cut ? first_part(run, found->raw, found->depth) : found->raw;
    note_look(run, raw, kind);
    return decode(run, raw);
}

struct slice run_part_for(struct run *run, const struct found *found, unsigned number, unsigned sub,
                          enum mapping_look_kind kind)
{
    unsigned depth = found->depth;
    if (depth == 0 || found->is_fact)
        return (struct slice){NULL, 0};
    struct slice raw = part_of(run, found->raw, number, sub, &depth);
    if (state_of(run, raw) != FOUND_VALUE)
        return (struct slice){NULL, 0};
    if (hl7v2_message_is_literal(run->message, raw))
        return raw;
    raw = first_part(run, raw, depth);
    note_look(run, raw, kind);
    return decode(run, raw);
}

struct slice run_code_for(struct run *run, const struct found *found, struct slice *ret_system,
                          enum mapping_look_kind kind)
{
    *ret_system = (struct slice){NULL, 0};
    if (run->is_simple && found->state == FOUND_VALUE && !found->is_fact && found->depth == 1 &&
        !hl7v2_message_is_literal(run->message, found->raw)) {
        size_t end = slice_find_byte(found->raw, run->message->delimiters.component);
        if (end < found->raw.len)
            *ret_system =
                hl7v2_message_component(run->message, slice_after(found->raw, end + 1), 2);
        return slice_trim(slice_part(found->raw, 0, end));
    }
    if (!found->is_fact && found->depth == 1) {
        struct slice raw = hl7v2_message_component(run->message, found->raw, 3);
        note_look(run, raw, kind);
        *ret_system = decode(run, raw);
    }
    return slice_trim(run_text_for(run, found, false, kind));
}

/* --- conditions --------------------------------------------------------------------------------*/

static struct slice asked_text(struct run *run, const struct found *found)
{
    return run_text_for(run, found, false, MAPPING_LOOK_CONDITION);
}

typedef bool found_test(struct run *run, const struct found *found, const void *data);

/* A repeating place: whether any of its repetitions passes. */
static bool any_repetition(struct run *run, const struct cursor *cursor, const struct place *place,
                           found_test *test, const void *data)
{
    struct found found = run_find(run, cursor, place);
    unsigned number = 1;
    do {
        if (found.state == FOUND_VALUE && test(run, &found, data))
            return true;
    } while (found.whole.len && run_next_repetition(run, &found, &number));
    return false;
}

static bool test_equal(struct run *run, const struct found *found, const void *data)
{
    const struct slice *literal = data;
    return slice_equal(asked_text(run, found), *literal);
}

static bool test_in(struct run *run, const struct found *found, const void *data)
{
    const struct condition *condition = data;
    struct slice text = asked_text(run, found);
    for (size_t i = 0; i < condition->literal_count; i++)
        if (slice_equal(text, condition->literals[i]))
            return true;
    return false;
}

static bool test_codes(struct run *run, const struct found *found, const void *data)
{
    const struct condition *condition = data;
    struct slice system, code = run_code_for(run, found, &system, MAPPING_LOOK_CONDITION);
    return code_set_has(condition->codes, code, system);
}

static bool test_matches(struct run *run, const struct found *found, const void *data)
{
    const struct condition *condition = data;
    return condition_matches(asked_text(run, found), condition->b->literal);
}

/* The text of an operand's first repetition; counts and lengths are numbers, see operand_number. */
static struct slice operand_text(struct run *run, const struct cursor *cursor,
                                 const struct operand *operand)
{
    if (operand->kind == OPERAND_LITERAL)
        return operand->literal;
    struct found found = run_find(run, cursor, &operand->place);
    return asked_text(run, &found);
}

static uint64_t operand_number(struct run *run, const struct cursor *cursor,
                               const struct operand *operand)
{
    if (operand->kind == OPERAND_COUNT) {
        struct found counted = run_peek(run, cursor, &operand->place);
        if (run->record)
            run_record_count(run, &counted);
        return hl7v2_message_repetition_count(run->message, counted.whole);
    }
    struct found found = run_find(run, cursor, &operand->place);
    return asked_text(run, &found).len;
}

/* <0, 0, >0; false where a side is no number. */
static bool compare(struct run *run, const struct cursor *cursor, const struct condition *condition,
                    int *ret_order)
{
    bool is_number = condition->a.kind == OPERAND_COUNT || condition->a.kind == OPERAND_LENGTH;
    uint64_t limit;
    if (is_number && slice_to_uint64(condition->b->literal, UINT32_MAX, &limit)) {
        uint64_t number = operand_number(run, cursor, &condition->a);
        *ret_order = number < limit ? -1 : number > limit;
        return true;
    }
    return decimal_compare(operand_text(run, cursor, &condition->a),
                           operand_text(run, cursor, condition->b), ret_order);
}

/* Certainly neither valued nor deleted: one look at the bits of what is at hand. */
static inline bool is_absent(const struct cursor *cursor, const struct place *place)
{
    if (place->kind == PLACE_RELATIVE)
        return !(cursor->parts & presence_bit(place->component));
    return place->is_near && place->segment == cursor->segment_id &&
           !(cursor->fields & presence_bit(place->field));
}

/* One function for each kind of condition. */
typedef bool condition_test(struct run *run, const struct cursor *cursor,
                            const struct condition *condition);

/* The common question: whether a whole field here or outward, or a part of the value at hand, says
 * anything. True where that is plain: nothing is there, or its first byte tells. */
static bool answers_valued(struct run *run, const struct cursor *cursor, const struct place *place,
                           bool *ret_valued)
{
    struct slice raw = {NULL, 0};
    if (place->kind == PLACE_RELATIVE) {
        if (!place->component || place->subcomponent || place->component > cursor->cut_count)
            return false;
        raw = cursor->cut[place->component - 1];
    } else {
        if (!place->is_near || !place->field || place->component || place->repetition > 1 ||
            place->nth.len)
            return false;
        size_t segment = cursor->segment;
        if (place->segment != cursor->segment_id)
            segment = segment_of(run, cursor, place);
        if (segment != HL7V2_NO_SEGMENT && run->present[segment] & presence_bit(place->field)) {
            const struct hl7v2_segment *at = &run->message->segments[segment];
            raw = field_of(run->message, at, place->field);
            if (raw.len)
                note_read(run, at, place->field, 1);
        }
    }
    *ret_valued = raw.len && run->begins_value[(unsigned char)raw.ptr[0]];
    return *ret_valued || raw.len == 0;
}

static bool holds_valued(struct run *run, const struct cursor *cursor,
                         const struct condition *condition)
{
    bool is_valued;
    if (is_absent(cursor, &condition->a.place))
        return false;
    if (run->is_simple && !run->record &&
        answers_valued(run, cursor, &condition->a.place, &is_valued))
        return is_valued;
    struct found found = run_peek(run, cursor, &condition->a.place);
    if (run->record)
        run_record_state(run, &found);
    unsigned number = 1;
    while (found.state != FOUND_VALUE && found.whole.len &&
           run_next_repetition(run, &found, &number))
        ;
    if (found.state == FOUND_VALUE)
        note_look(run, found.raw, MAPPING_LOOK_CONDITION);
    return found.state == FOUND_VALUE;
}

static bool holds_deleted(struct run *run, const struct cursor *cursor,
                          const struct condition *condition)
{
    return run_find(run, cursor, &condition->a.place).state == FOUND_DELETED;
}

static bool holds_equal(struct run *run, const struct cursor *cursor,
                        const struct condition *condition);

/* Only whether they are equal is a question, not their bytes. */
static bool holds_equal_watched(struct run *run, const struct cursor *cursor,
                                const struct condition *condition)
{
    struct run_record *record = run->record;
    struct found right = run_peek(run, cursor, &condition->b->place);
    bool is_left_absent = is_absent(cursor, &condition->a.place);
    if (is_left_absent || asked_text(run, &right).len == 0) { /* the left one is not read */
        (is_left_absent ? run_record_state : run_record_bytes)(run, &right);
        return false;
    }
    struct found left = run_peek(run, cursor, &condition->a.place);
    run->record = NULL;
    bool is_so = holds_equal(run, cursor, condition);
    run->record = record;
    run_record_equal(run, &left, &right, is_so);
    return is_so;
}

static bool holds_equal(struct run *run, const struct cursor *cursor,
                        const struct condition *condition)
{
    if (run->record && condition->a.kind == OPERAND_PLACE && condition->b->kind == OPERAND_PLACE)
        return holds_equal_watched(run, cursor, condition);
    struct slice right = operand_text(run, cursor, condition->b);
    if (condition->a.kind == OPERAND_COUNT || condition->a.kind == OPERAND_LENGTH) {
        int order;
        return compare(run, cursor, condition, &order) && order == 0;
    }
    if (condition->a.kind == OPERAND_LITERAL)
        return slice_equal(condition->a.literal, right);
    if (right.len == 0 || is_absent(cursor, &condition->a.place))
        return false;
    return any_repetition(run, cursor, &condition->a.place, test_equal, &right);
}

static bool holds_in(struct run *run, const struct cursor *cursor,
                     const struct condition *condition)
{
    return !is_absent(cursor, &condition->a.place) &&
           any_repetition(run, cursor, &condition->a.place, test_in, condition);
}

static bool holds_in_codes(struct run *run, const struct cursor *cursor,
                           const struct condition *condition)
{
    return any_repetition(run, cursor, &condition->a.place, test_codes, condition);
}

static bool holds_matches(struct run *run, const struct cursor *cursor,
                          const struct condition *condition)
{
    return any_repetition(run, cursor, &condition->a.place, test_matches, condition);
}

static bool holds_over(struct run *run, const struct cursor *cursor,
                       const struct condition *condition)
{
    int order;
    return compare(run, cursor, condition, &order) && order > 0;
}

static bool holds_under(struct run *run, const struct cursor *cursor,
                        const struct condition *condition)
{
    int order;
    return compare(run, cursor, condition, &order) && order < 0;
}

static bool holds_true(struct run *run, const struct cursor *cursor,
                       const struct condition *condition)
{
    (void)run, (void)cursor;
    return condition->kind == CONDITION_TRUE;
}

static bool holds_decided(struct run *run, const struct cursor *cursor,
                          const struct condition *condition)
{
    (void)cursor;
    return run->program->decided[condition->decision];
}

/* The tree, from the left: what decides ends it, and the last branch is walked, not called. */
static bool test(struct run *run, const struct cursor *cursor, const struct condition *condition)
{
    static condition_test *const TESTS[] = {
        [CONDITION_TRUE] = holds_true,         [CONDITION_FALSE] = holds_true,
        [CONDITION_VALUED] = holds_valued,     [CONDITION_DELETED] = holds_deleted,
        [CONDITION_EQUAL] = holds_equal,       [CONDITION_IN] = holds_in,
        [CONDITION_IN_CODES] = holds_in_codes, [CONDITION_MATCHES] = holds_matches,
        [CONDITION_OVER] = holds_over,         [CONDITION_UNDER] = holds_under,
        [CONDITION_DECIDED] = holds_decided,
    };
    bool wanted = true;
    do {
        const bool is_or = condition->kind == CONDITION_OR;
        if (condition->kind == CONDITION_NOT) {
            wanted = !wanted;
            condition = condition->left;
        } else if (is_or || condition->kind == CONDITION_AND) {
            if (run_holds(run, cursor, condition->left) == is_or)
                return is_or == wanted;
            condition = condition->right;
        } else {
            return TESTS[condition->kind](run, cursor, condition) == wanted;
        }
    } while (condition->answer == 0);
    return run_holds(run, cursor, condition) == wanted;
}

/* An answer is kept until it is asked of another segment. Not where text is to be decoded: what
 * cannot be is reported as often as it is read; nor where it is to be seen what is asked. */
bool run_test(struct run *run, const struct cursor *cursor, const struct condition *condition)
{
    if (condition->answer == 0 || !run->is_plain || run->record)
        return test(run, cursor, condition);
    size_t segment = cursor->segment;
    if (condition->segment != cursor->segment_id)
        segment = run_segment_outward(run, cursor->group, condition->segment);
    uint32_t *kept = &run->answers[condition->answer];
    uint32_t of_segment = (uint32_t)(segment + 2); /* 1: of none, for HL7V2_NO_SEGMENT */
    if (*kept >> 1 != of_segment)
        *kept = of_segment << 1 | test(run, cursor, condition);
    return *kept & 1;
}
