/* run_set: set: one value, as a primitive, through a table, joined to a text, or by a map. */
#include "mapping/run.h"

#define ALTERNATE_CODES "http://hl7.org/fhir/StructureDefinition/alternate-codes"
#define UCUM "http://unitsofmeasure.org"

/* What a held message would become as text is made too: the resources say whose it is, and are what
 * a release as text takes. */
static bool is_kept(enum loss loss)
{
    return loss == LOSS_KEEP || loss == LOSS_HOLD;
}

/* --- one value ---------------------------------------------------------------------------------*/

static bool within_limits(const struct operation *operation, struct slice number)
{
    int order;
    if (operation->min.len && (!decimal_compare(number, operation->min, &order) || order < 0))
        return false;
    return !operation->max.len || (decimal_compare(number, operation->max, &order) && order <= 0);
}

/* A value that is not of the element's type is a data type error (ERR-3 102); one that is, but
 * beyond the limits that the rule sets, breaks a rule of this place (207). */
static void value_lost(struct run *run, const struct operation *operation, struct target *target,
                       const struct found *found, enum issue_code code)
{
    enum issue_severity severity = operation->invalid == LOSS_REFUSE ? ISSUE_ERROR : ISSUE_WARNING;
    bool kept = is_kept(operation->invalid);
    if (operation->invalid != LOSS_HOLD || !run_hold(run, operation, found, MAPPING_HOLD_INVALID))
        run_report(run, operation, found, code, severity,
                   code == ISSUE_BUSINESS_RULE
                       ? (kept ? "a value is beyond its limits; kept as text"
                               : "a value is beyond its limits")
                       : (kept ? "a value does not fit its element; kept as text"
                               : "a value does not fit its element"));
    if (kept)
        run_keep_text(run, operation, target, operation->to, found);
}

/* The node, or NULL where the value was not written as what it should be. */
static struct json *write_primitive(struct run *run, const struct operation *operation,
                                    struct target *target, const struct found *found,
                                    struct slice text, uint32_t row)
{
    struct convert_input input = {text, &run->defaults, run->arena};
    struct converted value;
    if (!operation->converter->convert(&input, &value)) {
        value_lost(run, operation, target, found, ISSUE_DATA_TYPE);
        return NULL;
    }
    if (!within_limits(operation, value.text)) {
        value_lost(run, operation, target, found, ISSUE_BUSINESS_RULE);
        return NULL;
    }
    struct json *node = run_write(run, operation, target, operation->to, &value);
    run_trace_found(run, node, target->resource, operation->rule, found, row);
    if (!value.lost)
        return node;
    run_report(run, operation, found, ISSUE_DATA_TYPE, ISSUE_WARNING,
               "an hour without minutes has no form here; cut to the day");
    run_write_extension(run, target, operation->to, operation->rule, SLICE(RUN_ORIGINAL_TEXT),
                        found, text, false);
    return node;
}

/* --- literals ----------------------------------------------------------------------------------*/

static const struct path_step STEP_CODING = {.name = SLICE_INIT("coding"), .is_list = true};
static const struct path_step STEP_SYSTEM = {.name = SLICE_INIT("system")};
static const struct path_step STEP_CODE = {.name = SLICE_INIT("code")};
static const struct path_step STEP_DISPLAY = {.name = SLICE_INIT("display")};
static const struct path_step STEP_UNIT = {.name = SLICE_INIT("unit")};

/* Where the members of a code go, and what the trace says of them. */
struct code_target {
    const struct operation *operation;
    struct json *node;
    uint32_t resource;
    const struct found *found; /* NULL: a literal of the rule */
    uint32_t row;
};

static void trace_member(struct run *run, const struct code_target *target, const struct json *node)
{
    if (target->found)
        run_trace_found(run, node, target->resource, target->operation->rule, target->found,
                        target->row);
    else
        run_trace(run, node, target->resource, target->operation->rule, MAPPING_TRACE_LITERAL,
                  target->row);
}

static void write_member(struct run *run, const struct code_target *target,
                         const struct path_step *step, struct slice text)
{
    if (text.len == 0)
        return;
    struct converted value = {.kind = JSON_STRING, .text = text};
    struct json *node =
        run_write_leaf(run, target->operation, target->node, step, target->resource, false, &value);
    trace_member(run, target, node);
}

/* The same into an object that was made just now and has no such member. */
static void write_new_member(struct run *run, const struct code_target *target, struct slice name,
                             struct slice text)
{
    if (text.len)
        trace_member(run, target, json_add_string(target->node, name, text, run->arena));
}

static void write_coding(struct run *run, const struct code_target *target,
                         const struct coding *coding)
{
    if (!json_first(target->node)) {
        write_new_member(run, target, STEP_SYSTEM.name, coding->system);
        write_new_member(run, target, STEP_CODE.name, coding->code);
        write_new_member(run, target, STEP_DISPLAY.name, coding->display);
        return;
    }
    write_member(run, target, &STEP_SYSTEM, coding->system);
    write_member(run, target, &STEP_CODE, coding->code);
    write_member(run, target, &STEP_DISPLAY, coding->display);
}

/* The Coding to write into: the element itself, or a new one of a CodeableConcept. */
static struct json *coding_node(struct run *run, const struct path *path, struct json *element)
{
    if (slice_equal(path->type->name, SLICE("Coding")))
        return element;
    struct json *list = json_get_or_add(element, STEP_CODING.name, JSON_ARRAY, run->arena);
    return json_append(list, json_object(run->arena));
}

static bool set_literal(struct run *run, const struct frame *frame,
                        const struct operation *operation)
{
    if (!frame->target || !run_holds(run, &frame->cursor, operation->when))
        return false;
    const struct source *source = &operation->source;
    struct slice text = source->kind == SOURCE_CODE ? source->code->code : source->value;
    if (operation->to->is_primitive) {
        struct converted value = {.kind = fhir_primitive_kind(operation->to->type->primitive),
                                  .text = text};
        struct json *node = run_write(run, operation, frame->target, operation->to, &value);
        run_trace(run, node, frame->target->resource, operation->rule, MAPPING_TRACE_LITERAL,
                  MAPPING_NO_ROW);
        return true;
    }
    if (!run_claim_choice(run, operation, frame->target, operation->to))
        return true;
    struct json *element =
        run_walk(run, frame->target, operation->to, operation->to->count, operation->rule);
    struct code_target target = {.operation = operation,
                                 .node = element,
                                 .resource = frame->target->resource,
                                 .row = MAPPING_NO_ROW};
    if (source->kind == SOURCE_UNIT) {
        write_member(run, &target, &STEP_UNIT, source->code->code);
        write_member(run, &target, &STEP_SYSTEM, SLICE(UCUM));
        write_member(run, &target, &STEP_CODE, source->code->code);
        return true;
    }
    target.node = coding_node(run, operation->to, element);
    write_coding(run, &target, source->code);
    return true;
}

/* --- joined lines ------------------------------------------------------------------------------*/

static struct run_join *join_of(struct run *run, const struct operation *operation,
                                struct target *target)
{
    const struct path *path = operation->to;
    struct json *container = run_walk(run, target, path, path->count - 1, operation->rule);
    for (size_t i = run->join_size.count; i > 0; i--)
        if (run->joins[i - 1].container == container &&
            run->joins[i - 1].operation->to->steps[path->count - 1].name.ptr ==
                path->steps[path->count - 1].name.ptr)
            return &run->joins[i - 1];
    run->joins = run_grow(run->arena, run->joins, sizeof(*run->joins), &run->join_size, 8);
    struct run_join *join = &run->joins[run->join_size.count++];
    *join = (struct run_join){.operation = operation,
                              .target = target,
                              .container = container,
                              .resource = target->resource,
                              .at_root = path->count == 1 && !target->parent};
    return join;
}

static void add_place(struct run *run, struct run_join *join, const struct found *found)
{
    if (!join->first) {
        join->first = ARENA_NEW(run->arena, struct found);
        *join->first = *found;
    }
    join->raws = run_grow(run->arena, join->raws, sizeof(struct slice), &join->raw_size, 8);
    join->raws[join->raw_size.count++] = found->raw;
}

/* One line, from as many places. */
static void add_line(struct run *run, const struct operation *operation, struct target *target,
                     struct slice line, const struct found *founds, size_t count)
{
    if (!run_claim_choice(run, operation, target, operation->to))
        return;
    if (run->record) /* it may go to a text that was begun elsewhere */
        run_record_odd(run->record);
    struct run_join *join = join_of(run, operation, target);
    for (size_t i = 0; i < count; i++)
        add_place(run, join, &founds[i]);
    join->lines = run_grow(run->arena, join->lines, sizeof(struct slice), &join->size, 8);
    join->lines[join->size.count++] = line;
}

/* --- templates ---------------------------------------------------------------------------------*/

/* An empty place takes its neighbouring blanks with it: one of them, when both are there. */
static void append_piece(struct buffer *text, struct slice piece, bool *after_gap)
{
    bool begins_blank = piece.len && piece.ptr[0] == ' ';
    bool ends_blank = text->len == 0 || text->data[text->len - 1] == ' ';
    if (*after_gap && begins_blank && ends_blank)
        piece = slice_after(piece, 1);
    *after_gap = false;
    buffer_append(text, piece);
}

struct slice run_join_pieces(struct run *run, const struct source *source,
                             const struct slice *texts)
{
    struct buffer text;
    bool after_gap = false, has_places = false, is_said = false;
    buffer_init(&text, 1 << 20);
    for (size_t i = 0; i < source->piece_count; i++) {
        const struct template_piece *piece = &source->pieces[i];
        if (piece->literal.ptr)
            append_piece(&text, piece->literal, &after_gap);
        else if (texts[i].len)
            append_piece(&text, texts[i], &after_gap);
        else
            after_gap = true;
        has_places |= !piece->literal.ptr;
        is_said |= !piece->literal.ptr && texts[i].len;
    }
    struct slice result = {NULL, 0};
    if (is_said || !has_places)
        result = slice_trim(arena_copy(run->arena, buffer_slice(&text)));
    buffer_release(&text);
    return result;
}

/* What the template says now: by piece where it stands and its text. */
struct template_said {
    struct found *founds;
    struct slice *texts;
    const struct found *first; /* that says anything; NULL: none does */
    struct slice text;
};

static struct template_said read_template(struct run *run, const struct cursor *cursor,
                                          const struct source *source)
{
    struct template_said said = {
        .founds = ARENA_ARRAY(run->arena, source->piece_count, struct found),
        .texts = ARENA_ARRAY(run->arena, source->piece_count, struct slice)};
    for (size_t i = 0; i < source->piece_count; i++) {
        if (source->pieces[i].literal.ptr)
            continue;
        said.founds[i] = run_peek(run, cursor, &source->pieces[i].place);
        said.texts[i] = run_text(run, &said.founds[i], true);
        if (said.texts[i].len && !said.first)
            said.first = &said.founds[i];
    }
    said.text = run_join_pieces(run, source, said.texts);
    return said;
}

/* Each that says anything is a line's origin. */
static void join_template(struct run *run, const struct frame *frame,
                          const struct operation *operation, const struct template_said *said)
{
    size_t count = 0;
    for (size_t i = 0; i < operation->source.piece_count; i++)
        if (said->texts[i].len)
            said->founds[count++] = said->founds[i];
    add_line(run, operation, frame->target, said->text, said->founds, count);
}

static struct json *write_template(struct run *run, const struct frame *frame,
                                   const struct operation *operation,
                                   const struct template_said *said)
{
    static const struct found NOTHING = {.state = FOUND_NOTHING, .segment = HL7V2_NO_SEGMENT};
    struct convert_input input = {said->text, &run->defaults, run->arena};
    struct converted value;
    if (!operation->converter->convert(&input, &value)) {
        value_lost(run, operation, frame->target, said->first ? said->first : &NOTHING,
                   ISSUE_DATA_TYPE);
        return NULL;
    }
    const uint32_t resource = frame->target->resource;
    struct json *node = run_write(run, operation, frame->target, operation->to, &value);
    for (size_t i = 0; i < operation->source.piece_count; i++)
        if (said->texts[i].len)
            run_trace_found(run, node, resource, operation->rule, &said->founds[i], MAPPING_NO_ROW);
    if (!said->first)
        run_trace(run, node, resource, operation->rule, MAPPING_TRACE_LITERAL, MAPPING_NO_ROW);
    return node;
}

static bool set_template(struct run *run, const struct frame *frame,
                         const struct operation *operation)
{
    if (!frame->target || !run_holds(run, &frame->cursor, operation->when))
        return false;
    struct template_said said = read_template(run, &frame->cursor, &operation->source);
    const struct json *node = NULL;
    if (said.text.len && operation->join && said.first)
        join_template(run, frame, operation, &said);
    else if (said.text.len)
        node = write_template(run, frame, operation, &said);
    if (run->record)
        run_record_text(run, operation, said.founds, said.texts, node);
    return said.text.len > 0;
}

/* --- tables ------------------------------------------------------------------------------------*/

/* What the table does not know of an element with parts: as text, unless a map follows that writes
 * the original. `target` is the element itself. */
static void keep_concept(struct run *run, const struct operation *operation, struct target *target,
                         const struct found *found, struct slice code)
{
    static const struct path_step STEP_TEXT = {.name = SLICE_INIT("text")};
    if (operation->map != NO_MAP)
        return;
    bool is_coding = slice_equal(operation->to->type->name, SLICE("Coding"));
    struct code_target at = {operation, run_open(run, target), target->resource, found,
                             MAPPING_NO_ROW};
    write_member(run, &at, is_coding ? &STEP_CODE : &STEP_TEXT, code);
}

static void keep_code(struct run *run, const struct operation *operation, struct target *target,
                      const struct found *found, struct slice code)
{
    const struct path *path = operation->to;
    const struct fhir_element *element = path->leaf ? path->leaf->element : NULL;
    if (element && element->binding == FHIR_BINDING_REQUIRED)
        run_write_extension(run, target, path, operation->rule, SLICE(ALTERNATE_CODES), found, code,
                            true);
    else if (path->type->primitive == FHIR_PRIMITIVE_URI)
        write_primitive(run, operation, target, found,
                        arena_format(run->arena, "urn:painbridge:%.*s:%.*s",
                                     SLICE_ARG(operation->table->name), SLICE_ARG(code)),
                        MAPPING_NO_ROW);
    else
        write_primitive(run, operation, target, found, code, MAPPING_NO_ROW);
}

void run_report_unmapped(struct run *run, const struct operation *operation,
                         const struct found *found)
{
    bool is_refused = operation->unmapped == LOSS_REFUSE;
    if (operation->unmapped == LOSS_HOLD && run_hold(run, operation, found, MAPPING_HOLD_UNMAPPED))
        return;
    run_report(run, operation, found, ISSUE_TABLE_VALUE, is_refused ? ISSUE_ERROR : ISSUE_WARNING,
               "a code is not in the code table");
}

struct code_match run_find_row(struct run *run, const struct operation *operation,
                               const struct found *found, struct slice code, struct slice system)
{
    struct code_match match = code_table_find(operation->table, code, system);
    if (run->record)
        run_record_row(run, found, operation->table, &match, code);
    return match;
}

static struct coding answer_of(struct run *run, const struct code_match *match)
{
    return (struct coding){.system = match->row->target_system,
                           .code = code_match_answer(match, match->row->target_code, run->arena),
                           .display =
                               code_match_answer(match, match->row->target_display, run->arena)};
}

/* A code, string or uri through the table. */
static void code_by_table(struct run *run, const struct operation *operation, struct target *target,
                          const struct found *found)
{
    struct slice system, code = run_code(run, found, &system);
    struct code_match match = run_find_row(run, operation, found, code, system);
    if (match.row) {
        struct coding coding = answer_of(run, &match);
        struct converted value = {.kind = fhir_primitive_kind(operation->to->type->primitive),
                                  .text = coding.code.len ? coding.code : coding.system};
        if (value.text.len == 0)
            return;
        struct json *node = run_write(run, operation, target, operation->to, &value);
        run_trace_found(run, node, target->resource, operation->rule, found, match.row->number);
    } else if (code.len) {
        run_report_unmapped(run, operation, found);
        if (is_kept(operation->unmapped))
            keep_code(run, operation, target, found, code);
    }
}

/* The table's coding, or NULL where it wrote none. */
static struct json *concept_by_table(struct run *run, const struct operation *operation,
                                     struct target *target, const struct found *found)
{
    struct slice system, code = run_code(run, found, &system);
    struct code_match match = run_find_row(run, operation, found, code, system);
    if (match.row) {
        struct coding coding = answer_of(run, &match);
        if (coding.code.len + coding.system.len + coding.display.len == 0)
            return NULL;
        struct json *node = coding_node(run, operation->to, run_open(run, target));
        struct code_target at = {operation, node, target->resource, found, match.row->number};
        write_coding(run, &at, &coding);
        return node;
    }
    if (code.len) {
        run_report_unmapped(run, operation, found);
        if (is_kept(operation->unmapped))
            keep_concept(run, operation, target, found, code);
    }
    return NULL;
}

static bool same_member(const struct json *a, const struct json *b, struct slice name)
{
    return slice_equal(json_get_text(a, name), json_get_text(b, name));
}

/* A table that answers with what was sent says it a second time: what was sent stays, as it has the
 * words and the version of its sender. */
static void drop_equal_answer(struct json *concept, struct json *answer)
{
    struct json *list = json_get(concept, STEP_CODING.name);
    struct json *sent = list ? json_next(answer) : NULL;
    while (sent && (!same_member(answer, sent, STEP_CODE.name) ||
                    !same_member(answer, sent, STEP_SYSTEM.name)))
        sent = json_next(sent);
    if (!sent)
        return;
    struct json *display = json_get(answer, STEP_DISPLAY.name);
    if (display && !json_get(sent, STEP_DISPLAY.name))
        json_add(sent, STEP_DISPLAY.name, json_detach(answer, display));
    json_detach(list, answer);
}

void run_concept(struct run *run, const struct frame *frame, const struct operation *operation,
                 const struct found *found)
{
    struct json *answer = NULL;
    if (found && operation->table)
        answer = concept_by_table(run, operation, frame->target, found);
    if (operation->map == NO_MAP)
        return;
    run_map(run, frame, operation->map);
    if (answer)
        drop_equal_answer(frame->target->node, answer);
}

/* In a `first` a table without a word for the unmapped leaves them to the next line. */
static bool table_knows(struct run *run, const struct operation *operation,
                        const struct found *found)
{
    struct slice system, code = run_code_for(run, found, &system, MAPPING_LOOK_CONDITION);
    return run_find_row(run, operation, found, code, system).row != NULL;
}

/* --- time spans --------------------------------------------------------------------------------*/

static bool span_of(struct run *run, const struct cursor *cursor, const struct time_span *rule,
                    instant *ret_span, bool *ret_of_days)
{
    struct found amount = run_find_first(run, cursor, &rule->amount);
    struct slice digits = slice_trim(run_text(run, &amount, false));
    struct slice name = rule->unit;
    uint64_t number;
    if (name.len == 0) {
        struct found unit = run_find_first(run, cursor, &rule->units);
        name = slice_trim(run_text_for(run, &unit, false, MAPPING_LOOK_CONDITION));
    }
    instant length = time_unit_length(name);
    if (length == 0 || !slice_to_uint64(digits, 1000000, &number))
        return false;
    *ret_span = (instant)number * length * (rule->is_minus ? -1 : 1);
    *ret_of_days = length >= TIME_DAY;
    return true;
}

/* A date and a span, as HL7 writes it. Hours and minutes pass; days and weeks are those of the
 * calendar, which at the change of the clock have 23 hours or 25. */
static struct slice date_and_span(struct run *run, const struct hl7v2_datetime *date, instant span,
                                  bool of_days)
{
    enum hl7v2_offset_source source;
    int offset = hl7v2_datetime_offset(date, &run->defaults, &source, NULL);
    instant begin = hl7v2_datetime_instant(date, &run->defaults, ISSUE_NOWHERE, NULL);
    bool of_zone = source == HL7V2_OFFSET_ZONE && run->defaults.zone;
    if (of_zone && !of_days)
        offset = zone_offset_at(run->defaults.zone, begin + span);
    struct slice text = hl7v2_datetime_format(begin + span, offset, run->arena);
    struct slice seconds = slice_part(text, 0, 14);
    if (date->precision <= HL7V2_PRECISION_DAY && span % TIME_DAY == 0)
        return slice_part(text, 0, 8);
    if (of_zone && of_days)
        return seconds;
    if (date->precision == HL7V2_PRECISION_FRACTION)
        return text;
    return arena_format(run->arena, "%.*s%.*s", SLICE_ARG(seconds),
                        SLICE_ARG(slice_after(text, 18))); /* no fraction that nobody said */
}

static bool set_span(struct run *run, const struct frame *frame, const struct operation *operation,
                     const struct found *found)
{
    struct hl7v2_datetime date;
    instant span;
    bool of_days;
    if (!hl7v2_datetime_parse(slice_trim(run_text(run, found, false)), &date) ||
        !span_of(run, &frame->cursor, operation->span, &span, &of_days)) {
        value_lost(run, operation, frame->target, found, ISSUE_DATA_TYPE);
        return true;
    }
    struct slice text = date_and_span(run, &date, span, of_days);
    struct json *node = write_primitive(run, operation, frame->target, found, text, MAPPING_NO_ROW);
    struct found amount = run_find_first(run, &frame->cursor, &operation->span->amount);
    run_trace_found(run, node, frame->target->resource, operation->rule, &amount, MAPPING_NO_ROW);
    return true;
}

/* --- the end of joined lines -------------------------------------------------------------------*/

/* Where all lines are repetitions of one field, that of them all. */
static struct found joined_found(const struct run_join *join)
{
    struct found found = *join->first;
    struct slice last = join->raws[join->raw_size.count - 1];
    if (last.ptr > found.raw.ptr && last.ptr + last.len <= found.whole.ptr + found.whole.len)
        found.raw.len = (size_t)(last.ptr + last.len - found.raw.ptr);
    return found;
}

void run_finish_joins(struct run *run)
{
    for (size_t i = 0; i < run->join_size.count; i++) {
        struct run_join *join = &run->joins[i];
        const struct operation *operation = join->operation;
        struct buffer text;
        buffer_init(&text, 0);
        for (size_t line = 0; line < join->size.count; line++) {
            if (line)
                buffer_append_byte(&text, '\n');
            buffer_append(&text, join->lines[line]);
        }
        struct convert_input input = {arena_copy(run->arena, buffer_slice(&text)), &run->defaults,
                                      run->arena};
        buffer_release(&text);
        struct converted value;
        if (!operation->converter->convert(&input, &value)) {
            struct found found = joined_found(join);
            value_lost(run, operation, join->target, &found, ISSUE_DATA_TYPE);
            continue;
        }
        struct json *node = run_write_leaf(run, operation, join->container,
                                           &operation->to->steps[operation->to->count - 1],
                                           join->resource, join->at_root, &value);
        for (size_t place = 0; place < join->raw_size.count; place++) {
            struct found found = {.raw = join->raws[place]};
            run_trace_found(run, node, join->resource, operation->rule, &found, MAPPING_NO_ROW);
        }
    }
}

/* --- set ---------------------------------------------------------------------------------------*/

/* A table and a map, either or both, on the element at a path of the target, with the value at
 * hand: the table's coding first, then the original. */
void run_concept_at(struct run *run, const struct frame *frame, const struct operation *operation,
                    const struct found *found)
{
    struct frame inside = *frame;
    if (operation->to && operation->to->count)
        inside.target = run_target(run, frame->target, operation->to, operation->rule);
    inside.cursor = run_cursor_at(run, &frame->cursor, found);
    run_concept(run, &inside, operation, found);
}

static void set_value(struct run *run, const struct frame *frame, const struct operation *operation,
                      const struct found *found)
{
    if (operation->join && operation->to->is_primitive) {
        add_line(run, operation, frame->target, run_text(run, found, true), found, 1);
        return;
    }
    if (operation->span) {
        if (run->record)
            run_record_bytes(run, found);
        set_span(run, frame, operation, found);
        return;
    }
    if (!operation->to->is_primitive) {
        if (run_claim_choice(run, operation, frame->target, operation->to))
            run_concept_at(run, frame, operation, found);
    } else if (operation->table) {
        code_by_table(run, operation, frame->target, found);
    } else {
        const struct json *node =
            write_primitive(run, operation, frame->target, found,
                            run_text(run, found, operation->converter->whole), MAPPING_NO_ROW);
        if (run->record)
            run_record_value(run, found, operation, node);
    }
}

/* Where no value is at hand, `when` sees the rule's own. */
static bool set_holds(struct run *run, const struct frame *frame, const struct operation *operation,
                      const struct found *found)
{
    if (!operation->when)
        return true;
    if (frame->cursor.depth)
        return run_holds(run, &frame->cursor, operation->when);
    struct cursor own = run_cursor_at(run, &frame->cursor, found);
    return run_holds(run, &own, operation->when);
}

static void value_missing(struct run *run, const struct operation *operation)
{
    if (operation->required == LOSS_HOLD)
        (void)!run_hold(run, operation, NULL, MAPPING_HOLD_REQUIRED);
    else
        run_report(run, operation, NULL, ISSUE_REQUIRED_FIELD, ISSUE_ERROR,
                   "a value that the rule requires is missing");
}

/* `""` clears and says nothing else: in a `first` the next lines still have their say, so that an
 * element which has to be there is. */
static bool set_from(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (!frame->target)
        return false;
    struct found found = run_find_first_valued(run, &frame->cursor, &operation->source.places);
    unsigned number = 1;
    bool held = false;
    if (found.state == FOUND_DELETED && set_holds(run, frame, operation, &found)) {
        run_clear(run, frame->target, operation->to, operation->rule);
        return false;
    }
    if (found.state == FOUND_NOTHING && operation->required != LOSS_KEEP &&
        run_holds(run, &frame->cursor, operation->when))
        value_missing(run, operation);
    bool more = found.state == FOUND_VALUE || (operation->is_many && found.whole.len);
    while (more) {
        bool counts = found.state == FOUND_VALUE && set_holds(run, frame, operation, &found);
        if (counts && operation->is_tentative)
            counts = table_knows(run, operation, &found);
        held |= counts;
        if (counts)
            set_value(run, frame, operation, &found);
        more = operation->is_many && run_next_repetition(run, &found, &number);
    }
    return held;
}

/* --- one plain value ---------------------------------------------------------------------------*/

/* A field of the segment at hand, or a part of the value at hand; empty: not so simple. */
static struct slice plain_value(struct run *run, const struct cursor *cursor,
                                const struct place *place)
{
    static const struct slice NONE = {NULL, 0};
    if (place->kind == PLACE_RELATIVE)
        return place->component <= cursor->cut_count ? cursor->cut[place->component - 1] : NONE;
    if (place->segment != cursor->segment_id || !(cursor->fields & presence_bit(place->field)))
        return NONE;
    const uint32_t *starts = run->message->fields + cursor->first_field + place->field - 1;
    struct slice raw = {run->message->frame.ptr + starts[0], starts[1] - 1 - starts[0]};
    if (run->has_repetitions && slice_find_byte(raw, run->message->delimiters.repetition) < raw.len)
        return NONE;
    return place->component ? hl7v2_message_component(run->message, raw, place->component) : raw;
}

/* One value from one place into one element, as it is: nine of ten. What is odd about it, or about
 * the message, is left to the long way, which begins anew. */
static bool set_plain(struct run *run, const struct frame *frame, const struct operation *operation)
{
    const struct place *place = &operation->source.places.items[0];
    const struct converter *converter = operation->converter;
    bool is_whole = place->component || (converter->whole && !place->is_composite);
    struct slice raw = {NULL, 0};
    if (run->is_simple && frame->target && !run->record)
        raw = plain_value(run, &frame->cursor, place);
    if (raw.len == 0 || !run->begins_value[(unsigned char)raw.ptr[0]])
        return set_from(run, frame, operation);
    if (place->kind != PLACE_RELATIVE)
        run->read[frame->cursor.first_field + place->field - 1] |= 1;
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    struct slice text = raw;
    if (!is_whole)
        text = slice_part(raw, 0, slice_find_byte(raw, run->message->delimiters.component));
    struct convert_input input = {text, &run->defaults, run->arena};
    struct converted value = {.kind = JSON_STRING, .text = text};
    if (text.len > converter->takes_plain && (!converter->convert(&input, &value) || value.lost))
        return set_from(run, frame, operation);
    struct json *node = run_write(run, operation, frame->target, operation->to, &value);
    if (run->context->trace)
        run_trace_found(run, node, frame->target->resource, operation->rule,
                        &(struct found){.raw = raw}, MAPPING_NO_ROW);
    return true;
}

static bool is_plain_place(const struct place *place)
{
    if (place->kind == PLACE_RELATIVE)
        return place->component > 0 && place->subcomponent == 0;
    return place->is_near && place->field > 0 && place->field < 63 && place->repetition == 0 &&
           place->nth.len == 0 && place->subcomponent == 0 && place->segment != HL7V2_ID("MSH");
}

/* A condition that asks about the value of the rule itself is none that the frame can answer. */
static bool asks_of_value(const struct condition *condition)
{
    if (condition->left)
        return asks_of_value(condition->left) ||
               (condition->right && asks_of_value(condition->right));
    return condition->a.place.kind == PLACE_RELATIVE ||
           (condition->b && condition->b->place.kind == PLACE_RELATIVE);
}

static bool is_plain_set(const struct operation *operation)
{
    const struct places *places = &operation->source.places;
    if (places->count != 1 || !is_plain_place(&places->items[0]))
        return false;
    if (operation->required != LOSS_KEEP || operation->join || operation->span ||
        operation->table || operation->map != NO_MAP || operation->is_tentative ||
        operation->min.len || operation->max.len)
        return false;
    if (!operation->to || operation->to->count == 0 || !operation->to->is_primitive)
        return false;
    return !operation->when || places->items[0].kind == PLACE_RELATIVE ||
           !asks_of_value(operation->when);
}

run_word *run_set_word_of(const struct operation *operation)
{
    if (operation->source.kind == SOURCE_TEMPLATE)
        return set_template;
    if (operation->source.kind != SOURCE_PLACES)
        return set_literal;
    return is_plain_set(operation) ? set_plain : set_from;
}
