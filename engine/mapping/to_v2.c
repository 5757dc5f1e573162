/* to_v2: the words of the files that write v2. */
#include "mapping/send_run.h"

/* --- where -------------------------------------------------------------------------------------*/

struct target {
    struct sent_segment *segment;
    struct sent_position at;
};

/* A part of the position at hand: of a field its components, of a component its subcomponents. */
static struct sent_position part_of(struct sent_position at, const struct send_place *place)
{
    if (place->component == 0)
        return at;
    if (at.component == 0) {
        at.component = place->component;
        at.subcomponent = place->subcomponent;
    } else {
        at.subcomponent = place->component;
    }
    return at;
}

static struct target target_of(struct send_run *run, const struct send_frame *frame,
                               const struct send_place *place)
{
    if (place->segment == 0)
        return (struct target){frame->segment, part_of(frame->at, place)};
    struct target target = {
        frame->segment, {place->field, place->repetition, place->component, place->subcomponent}};
    if (place->node || !target.segment)
        target.segment =
            sent_segment_get(&run->message, frame->group, place->node, place->segment, false);
    if (place->repeats)
        target.at.repetition = sent_repetitions(target.segment, place->field) + 1;
    return target;
}

/* --- one text ----------------------------------------------------------------------------------*/

static struct issue_place place_of(const struct send_run *run, const struct target *target)
{
    uint32_t id = target->segment->id;
    struct slice name =
        arena_format(run->issues->arena, "%c%c%c", (char)(id >> 16), (char)(id >> 8), (char)id);
    return issue_place_v2(name, 0, target->at.field, target->at.repetition, target->at.component,
                          target->at.subcomponent);
}

static void report(struct send_run *run, const struct send_operation *operation,
                   enum issue_code code, enum issue_severity severity, const struct target *target,
                   const char *words)
{
    issue_add(run->issues, (struct issue){.code = code,
                                          .severity = severity,
                                          .place = place_of(run, target),
                                          .words = slice_of(words),
                                          .rule = run->sends->facts[operation->rule].id});
}

/* What {} stands for; false where the text is not like that. `*` in front is anything. */
static bool take_like(const struct send_like *like, struct slice text, struct slice *ret_text)
{
    struct slice before = like->before;
    size_t star = slice_find_byte(before, '*');
    struct slice head = slice_part(before, 0, star), tail = slice_after(before, star + 1);
    if (!slice_starts_with(text, head))
        return false;
    struct slice rest = slice_after(text, head.len);
    if (star < before.len) {
        size_t at = slice_find(rest, tail);
        if (at == rest.len)
            return false;
        rest = slice_after(rest, at + tail.len);
    }
    if (!slice_ends_with(rest, like->after))
        return false;
    rest.len -= like->after.len;
    *ret_text = rest;
    return rest.len > 0;
}

static void put(struct send_run *run, const struct send_operation *operation,
                const struct send_value *value, const struct target *target, struct slice text,
                uint32_t row)
{
    struct sent_entry *there = sent_at(target->segment, &target->at);
    if (text.len == 0 || (there && operation->keep == SEND_KEEP_FIRST))
        return;
    struct sent_entry entry = {
        .at = target->at,
        .text = text,
        .is_formatted = operation->how.converter && operation->how.converter->is_formatted,
        .origin = {operation->rule, row, value->kind, value->resource, value->node, value->path}};
    if (!there) {
        sent_write(&run->message, target->segment, &entry);
        return;
    }
    if (operation->keep == SEND_KEEP_LAST)
        *there = entry;
    else if (!slice_equal(there->text, text))
        report(run, operation, ISSUE_CARDINALITY, ISSUE_WARNING, target,
               "there are two values for this place; the first is sent");
}

/* JSON's true and false are Y and N (HL7 table 0136). */
static struct slice plain_text(const struct send_operation *operation,
                               const struct send_value *value, struct arena *arena)
{
    if (json_kind(value->node) == JSON_BOOLEAN)
        return json_is_true(value->node) ? SLICE("Y") : SLICE("N");
    const struct send_converter *converter = operation->how.converter;
    return converter && converter->convert ? converter->convert(value->text, arena) : value->text;
}

static void put_unmapped(struct send_run *run, const struct send_operation *operation,
                         const struct send_value *value, const struct target *target)
{
    if (operation->is_tentative)
        return;
    if (operation->refuses_unmapped) {
        report(run, operation, ISSUE_MAPPING, ISSUE_ERROR, target,
               "the code table does not know this code, and the rule refuses it");
        return;
    }
    if (!operation->drops_unmapped)
        put(run, operation, value, target, send_code_of(value), MAPPING_NO_ROW);
    else
        report(run, operation, ISSUE_TABLE_VALUE, ISSUE_WARNING, target,
               "the code table does not know this code; nothing is sent");
}

/* A text by lines: each is a repetition where the field repeats. */
static void put_lines(struct send_run *run, const struct send_operation *operation,
                      const struct send_value *value, const struct target *target,
                      struct slice text)
{
    struct target own = *target;
    for (struct slice line; slice_split(&text, '\n', &line) && !arena_exceeded(run->arena);
         own.at.repetition++)
        put(run, operation, value, &own, line, MAPPING_NO_ROW);
}

static void put_primitive(struct send_run *run, const struct send_operation *operation,
                          const struct send_value *value, const struct target *target)
{
    struct slice came = value->holder ? send_as_it_came(value) : (struct slice){NULL, 0};
    struct send_value own = *value;
    if (came.len) {
        own.text = came;
        own.node = NULL;
    }
    struct slice text = plain_text(operation, &own, run->arena);
    uint32_t row = MAPPING_NO_ROW;
    if (operation->like && !take_like(operation->like, text, &text))
        return;
    if (operation->table && !came.len) {
        struct send_value code = *value;
        code.text = text;
        struct code_match found = send_table_row(operation->table, &code);
        if (!found.row) {
            put_unmapped(run, operation, &code, target);
            return;
        }
        text = code_match_answer(&found, found.row->code, run->arena);
        row = found.row->number;
    }
    const struct send_converter *converter = operation->how.converter;
    if (converter && converter->is_lines && operation->to.repeats)
        put_lines(run, operation, value, target, text);
    else
        put(run, operation, value, target, text, row);
}

/* --- one value ---------------------------------------------------------------------------------*/

static void run_map(struct send_run *run, const struct send_frame *frame, uint32_t map,
                    const struct send_value *value, const struct target *target)
{
    struct send_frame inside = *frame;
    inside.value = *value;
    inside.segment = target->segment;
    inside.at = target->at;
    send_run_list(run, &inside, map + 1, run->sends->operations[map].end, false);
}

/* By what the Reference leads to; else by what it says itself. */
static void put_reference(struct send_run *run, const struct send_frame *frame,
                          const struct send_operation *operation, const struct send_value *value,
                          const struct target *target)
{
    const struct send_how *how = &operation->how;
    uint32_t number = pool_resolve(run->pool, value->node, value->resource);
    for (size_t i = 0; i < how->reference_count && number != POOL_NONE; i++) {
        if (!slice_equal(how->references[i].type->name, run->pool->items[number].type))
            continue;
        struct send_value resource = send_value_of_resource(run->pool, number);
        size_t before = run->message.written;
        run_map(run, frame, how->references[i].map, &resource, target);
        if (run->message.written > before)
            return;
    }
    if (how->map != SEND_NO_BODY)
        run_map(run, frame, how->map, value, target);
}

/* A concept whose code came through the table: what was there before is what goes out. */
static void put_through_table(struct send_run *run, const struct send_frame *frame,
                              const struct send_operation *operation,
                              const struct send_value *value, const struct target *target)
{
    struct code_match match = send_table_row(operation->table, value);
    bool has_map = operation->how.map != SEND_NO_BODY;
    if (!match.row && (!has_map || operation->is_tentative)) {
        put_unmapped(run, operation, value, target);
        return;
    }
    struct send_value rest = *value;
    if (match.row && has_map)
        rest.node = send_table_rest(run, operation->table, value);
    if (rest.node && has_map)
        run_map(run, frame, operation->how.map, &rest, target);
    else if (match.row)
        put(run, operation, value, target, code_match_answer(&match, match.row->code, run->arena),
            match.row->number);
}

static void put_value(struct send_run *run, const struct send_frame *frame,
                      const struct send_operation *operation, const struct send_value *value,
                      const struct target *target)
{
    const struct send_how *how = &operation->how;
    if (json_kind(value->node) != JSON_OBJECT)
        put_primitive(run, operation, value, target);
    else if (operation->table)
        put_through_table(run, frame, operation, value, target);
    else if (how->is_reference)
        put_reference(run, frame, operation, value, target);
    else if (how->map != SEND_NO_BODY)
        run_map(run, frame, how->map, value, target);
}

/* --- set and entry -----------------------------------------------------------------------------*/

/* All values as one text. */
static void join_values(struct send_run *run, const struct send_operation *operation,
                        struct send_values *values)
{
    struct slice text = {NULL, 0};
    const char *between = operation->join == SEND_JOIN_LINES ? "\n" : " ";
    for (size_t i = 0; i < values->count; i++) {
        struct slice one = plain_text(operation, &values->items[i], run->arena);
        text = text.len ? arena_format(run->arena, "%.*s%s%.*s", SLICE_ARG(text), between,
                                       SLICE_ARG(one))
                        : one;
    }
    if (values->count < 2 && !operation->how.converter)
        return;
    if (values->count == 0)
        return;
    values->count = 1;
    values->items[0].text = text;
    values->items[0].node = NULL;
    values->items[0].holder = NULL;
}

static void write_type(struct send_run *run, const struct send_operation *operation,
                       const struct target *target)
{
    struct target type = {target->segment, {.field = 2, .repetition = 1}};
    struct send_value value = {.resource = POOL_NONE, .kind = MAPPING_TRACE_LITERAL};
    struct send_operation plain = *operation;
    plain.how.converter = NULL;
    put(run, &plain, &value, &type, operation->type, MAPPING_NO_ROW);
}

static bool run_set(struct send_run *run, const struct send_frame *frame,
                    const struct send_operation *operation)
{
    struct send_values values = {0};
    size_t before = run->message.written;
    send_source_values(run, &frame->value, operation, &values);
    struct send_operation joined = *operation;
    if (operation->join) {
        join_values(run, operation, &values);
        static const struct send_converter LINES = {SLICE_INIT("FT"), true, false, NULL};
        joined.how.converter = operation->join == SEND_JOIN_LINES ? &LINES : NULL;
    }
    struct target target = {NULL, {0}};
    for (size_t i = 0; i < values.count; i++) {
        target = target_of(run, frame, &operation->to);
        put_value(run, frame, operation->join ? &joined : operation, &values.items[i], &target);
    }
    bool is_written = run->message.written > before;
    if (is_written && operation->type.len)
        write_type(run, operation, &target);
    if (!is_written && operation->is_required) {
        target = target_of(run, frame, &operation->to);
        report(run, operation, ISSUE_REQUIRED_FIELD, ISSUE_ERROR, &target,
               "nothing at hand says this, and the rule requires it");
    }
    return is_written;
}

static bool run_entry(struct send_run *run, const struct send_frame *frame,
                      const struct send_operation *operation)
{
    struct send_values values = {0};
    size_t before = run->message.written;
    bool has_map = operation->how.map != SEND_NO_BODY || operation->how.is_reference ||
                   operation->how.converter;
    send_source_values(run, &frame->value, operation, &values);
    uint32_t index = (uint32_t)(operation - run->sends->operations);
    for (size_t i = 0; i < values.count; i++) {
        struct target target = target_of(run, frame, &operation->to);
        size_t own = run->message.written;
        put_value(run, frame, operation, &values.items[i], &target);
        if (has_map && run->message.written == own)
            continue;
        struct send_frame inside = *frame;
        inside.value = values.items[i];
        inside.segment = target.segment;
        inside.at = target.at;
        send_run_list(run, &inside, index + 1, operation->end, false);
    }
    return run->message.written > before;
}

/* --- use, first --------------------------------------------------------------------------------*/

static bool run_use(struct send_run *run, const struct send_frame *frame,
                    const struct send_operation *operation)
{
    struct send_values values = {0};
    size_t before = run->message.written;
    if (operation->has_source)
        send_source_values(run, &frame->value, operation, &values);
    else
        send_values_push(run, &values, &frame->value);
    for (size_t i = 0; i < values.count; i++) {
        struct target target = {frame->segment, frame->at};
        if (operation->to.node)
            target.segment = sent_segment_get(&run->message, frame->group, operation->to.node,
                                              operation->to.segment, false);
        run_map(run, frame, operation->how.map, &values.items[i], &target);
    }
    return run->message.written > before;
}

static bool run_one(struct send_run *run, const struct send_frame *frame,
                    const struct send_operation *operation);

static bool run_first(struct send_run *run, const struct send_frame *frame,
                      const struct send_operation *operation)
{
    uint32_t index = (uint32_t)(operation - run->sends->operations);
    for (uint32_t i = index + 1; i < operation->end; i = run->sends->operations[i].end)
        if (run_one(run, frame, &run->sends->operations[i]))
            return true;
    return false;
}

/* --- each --------------------------------------------------------------------------------------*/

/* How many bytes of the text are one line of at most `width` characters: up to the last blank in
 * it, or cut where there is none. */
static size_t line_length(struct slice text, unsigned width)
{
    size_t end = 0, blank = 0;
    unsigned characters = 0;
    while (end < text.len && characters < width) {
        if (text.ptr[end] == ' ')
            blank = end;
        end++;
        while (end < text.len && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
            end++;
        characters++;
    }
    if (end == text.len || text.ptr[end] == ' ' || blank == 0)
        return end;
    return blank;
}

static void split_line(struct send_run *run, const struct send_operation *operation,
                       const struct send_value *value, struct slice line, struct send_values *lines)
{
    struct send_value one = *value;
    one.node = NULL;
    one.holder = NULL;
    do {
        size_t length = operation->width ? line_length(line, operation->width) : line.len;
        one.text = slice_part(line, 0, length);
        send_values_push(run, lines, &one);
        line = slice_after(line, length);
        while (line.len && line.ptr[0] == ' ')
            line = slice_after(line, 1);
    } while (line.len && !arena_exceeded(run->arena));
}

/* Texts by lines; what is no text stays as it is. */
static void split_values(struct send_run *run, const struct send_operation *operation,
                         struct send_values *values)
{
    struct send_values lines = {0};
    for (size_t i = 0; i < values->count; i++) {
        struct slice rest = plain_text(operation, &values->items[i], run->arena);
        for (struct slice line; slice_split(&rest, '\n', &line);) {
            if (line.len && line.ptr[line.len - 1] == '\r')
                line.len--;
            if (line.len)
                split_line(run, operation, &values->items[i], line, &lines);
        }
    }
    *values = lines;
}

/* The number of what was made, where anything was. */
static void write_number(struct send_run *run, const struct send_frame *frame,
                         const struct send_operation *operation)
{
    struct target target = target_of(run, frame, &operation->number);
    const struct sent_segment *segment = frame->segment;
    unsigned number = operation->group
                          ? sent_group_number(frame->group->parent, operation->group)
                          : sent_segment_number(segment->group, segment->node, segment->id);
    struct send_value value = {.resource = POOL_NONE, .kind = MAPPING_TRACE_LITERAL};
    put(run, operation, &value, &target, arena_format(run->arena, "%u", number), MAPPING_NO_ROW);
}

static void run_each_one(struct send_run *run, const struct send_frame *frame,
                         const struct send_operation *operation, const struct send_value *value)
{
    struct send_frame inside = *frame;
    uint32_t index = (uint32_t)(operation - run->sends->operations);
    inside.value = *value;
    if (operation->group) {
        inside.group = sent_group_new(&run->message, frame->group, operation->group);
        inside.segment = NULL;
    }
    if (operation->makes_segment) {
        uint32_t node = operation->to.node, id = operation->to.segment;
        inside.segment = sent_segment_get(&run->message, inside.group, node, id, true);
    }
    if (operation->name != SEND_NO_NAME) {
        run->names[operation->name] = (struct send_values){0};
        send_values_push(run, &run->names[operation->name], value);
    }
    size_t before = run->message.written;
    send_run_list(run, &inside, index + 1, operation->end, false);
    if (run->message.written > before && operation->number.field)
        write_number(run, &inside, operation);
}

static bool run_each(struct send_run *run, const struct send_frame *frame,
                     const struct send_operation *operation)
{
    struct send_values values = {0};
    size_t before = run->message.written;
    if (!operation->has_source)
        send_values_push(run, &values, &frame->value);
    else
        send_resource_values(run, &frame->value, operation, &values);
    if (operation->splits)
        split_values(run, operation, &values);
    for (size_t i = 0; i < values.count && !arena_exceeded(run->arena); i++)
        run_each_one(run, frame, operation, &values.items[i]);
    return run->message.written > before;
}

/* --- get ---------------------------------------------------------------------------------------*/

static bool leads_to(struct send_run *run, const struct send_path *path, uint32_t from,
                     const struct json *here)
{
    struct send_values references = {0};
    struct send_value resource = send_value_of_resource(run->pool, from);
    send_path_values(run, &resource, path, &references);
    for (size_t i = 0; i < references.count; i++) {
        uint32_t number = pool_resolve(run->pool, references.items[i].node, from);
        if (number != POOL_NONE && run->pool->items[number].body == here)
            return true;
    }
    return false;
}

/* The resources of a type that lead to the one at hand. */
static void find_back(struct send_run *run, const struct send_value *here,
                      const struct send_operation *operation, struct send_values *values)
{
    struct send_path path = {.root = SEND_ROOT_HERE, .path = *operation->back};
    uint32_t i = pool_first(run->pool, operation->leads_to->name);
    for (; i != POOL_NONE && !arena_exceeded(run->arena); i = run->pool->items[i].next) {
        if (!leads_to(run, &path, i, here->node))
            continue;
        struct send_value found = send_value_of_resource(run->pool, i);
        if (send_holds(run, &found, operation->where))
            send_values_push(run, values, &found);
    }
}

static bool run_get(struct send_run *run, const struct send_frame *frame,
                    const struct send_operation *operation)
{
    struct send_values values = {0};
    const struct send_value *here = &frame->value;
    if (operation->here != SEND_NO_NAME)
        here = run->names[operation->here].count ? &run->names[operation->here].items[0] : NULL;
    if (operation->has_source)
        send_resource_values(run, &frame->value, operation, &values);
    else if (here)
        find_back(run, here, operation, &values);
    run->names[operation->name] = values;
    return false;
}

/* --- lists -------------------------------------------------------------------------------------*/

static bool run_one(struct send_run *run, const struct send_frame *frame,
                    const struct send_operation *operation)
{
    static bool (*const WORDS[])(struct send_run *, const struct send_frame *,
                                 const struct send_operation *) = {
        [SEND_GET] = run_get,     [SEND_EACH] = run_each, [SEND_SET] = run_set,
        [SEND_ENTRY] = run_entry, [SEND_USE] = run_use,   [SEND_FIRST] = run_first,
    };
    if (!send_holds(run, &frame->value, operation->when))
        return false;
    return WORDS[operation->kind](run, frame, operation);
}

void send_run_list(struct send_run *run, const struct send_frame *frame, uint32_t first,
                   uint32_t end, bool gets_only)
{
    const struct send_operation *operations = run->sends->operations;
    for (uint32_t i = first; i < end; i = operations[i].end)
        if (!gets_only || operations[i].kind == SEND_GET)
            run_one(run, frame, &operations[i]);
}
