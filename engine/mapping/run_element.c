/* run_element: set, entry, ref, use, fill and first. */
#include "mapping/run.h"

#define ALTERNATE_CODES "http://hl7.org/fhir/StructureDefinition/alternate-codes"
#define UCUM "http://unitsofmeasure.org"

/* --- what a rule writes into -------------------------------------------------------------------*/

struct targets {
    struct target **items;
    struct growing size;
};

static void take_target(struct run *run, uint32_t resource, void *data)
{
    struct targets *targets = data;
    targets->items =
        run_grow(run->arena, targets->items, sizeof(*targets->items), &targets->size, 4);
    targets->items[targets->size.count++] = run->resources[resource].root;
}

/* The root of the resource that the target is in. */
static struct target *root_of(struct run *run, struct target *target)
{
    return target ? run->resources[target->resource].root : NULL;
}

/* "bed or room": each resource of the first name that was made. */
static void targets_of(struct run *run, const struct frame *frame,
                       const struct operation *operation, struct targets *ret_targets)
{
    const struct name_list *names = &operation->in;
    for (size_t i = 0; i < names->count && ret_targets->size.count == 0; i++) {
        if (names->items[i] != NAME_THIS)
            run_named_each(run, frame->scope, names->items[i], false, take_target, ret_targets);
        else if (frame->target)
            take_target(run, root_of(run, frame->target)->resource, ret_targets);
    }
}

typedef bool run_word(struct run *run, const struct frame *frame,
                      const struct operation *operation);

/* Runs the word once for each target of `in`: rare, and kept out of the way of all other rules. */
static __attribute__((noinline)) bool on_targets(struct run *run, const struct frame *frame,
                                                 const struct operation *operation, run_word *word)
{
    struct targets targets = {.items = NULL};
    targets_of(run, frame, operation, &targets);
    bool held = false;
    for (size_t i = 0; i < targets.size.count; i++) {
        struct frame inside = *frame;
        inside.target = targets.items[i];
        held |= word(run, &inside, operation);
    }
    return held;
}

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

static void write_member(struct run *run, const struct code_target *target,
                         const struct path_step *step, struct slice text)
{
    if (text.len == 0)
        return;
    struct converted value = {.kind = JSON_STRING, .text = text};
    struct json *node =
        run_write_leaf(run, target->operation, target->node, step, target->resource, false, &value);
    if (target->found)
        run_trace_found(run, node, target->resource, target->operation->rule, target->found,
                        target->row);
    else
        run_trace(run, node, target->resource, target->operation->rule, MAPPING_TRACE_LITERAL,
                  target->row);
}

static void write_coding(struct run *run, const struct code_target *target,
                         const struct coding *coding)
{
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

static bool set_template(struct run *run, const struct frame *frame,
                         const struct operation *operation)
{
    struct found *founds;
    size_t count;
    struct slice text = run_template(run, &frame->cursor, &operation->source, &founds, &count);
    if (text.len == 0)
        return false;
    struct convert_input input = {text, &run->defaults, run->arena};
    struct converted value;
    struct found nothing = {.state = FOUND_NOTHING, .segment = HL7V2_NO_SEGMENT};
    if (!operation->converter->convert(&input, &value)) {
        value_lost(run, operation, frame->target, count ? &founds[0] : &nothing, ISSUE_DATA_TYPE);
        return true;
    }
    struct json *node = run_write(run, operation, frame->target, operation->to, &value);
    for (size_t i = 0; i < count; i++)
        run_trace_found(run, node, frame->target->resource, operation->rule, &founds[i],
                        MAPPING_NO_ROW);
    if (count == 0)
        run_trace(run, node, frame->target->resource, operation->rule, MAPPING_TRACE_LITERAL,
                  MAPPING_NO_ROW);
    return true;
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

static void report_unmapped(struct run *run, const struct operation *operation,
                            const struct found *found)
{
    bool is_refused = operation->unmapped == LOSS_REFUSE;
    if (operation->unmapped == LOSS_HOLD && run_hold(run, operation, found, MAPPING_HOLD_UNMAPPED))
        return;
    run_report(run, operation, found, ISSUE_TABLE_VALUE, is_refused ? ISSUE_ERROR : ISSUE_WARNING,
               "a code is not in the code table");
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
    struct code_match match = code_table_find(operation->table, code, system);
    if (match.row) {
        struct coding coding = answer_of(run, &match);
        struct converted value = {.kind = fhir_primitive_kind(operation->to->type->primitive),
                                  .text = coding.code.len ? coding.code : coding.system};
        if (value.text.len == 0)
            return;
        struct json *node = run_write(run, operation, target, operation->to, &value);
        run_trace_found(run, node, target->resource, operation->rule, found, match.row->number);
    } else if (code.len) {
        report_unmapped(run, operation, found);
        if (is_kept(operation->unmapped))
            keep_code(run, operation, target, found, code);
    }
}

/* A Coding or CodeableConcept through the table; `target` is the element itself. */
static void concept_by_table(struct run *run, const struct operation *operation,
                             struct target *target, const struct found *found)
{
    struct slice system, code = run_code(run, found, &system);
    struct code_match match = code_table_find(operation->table, code, system);
    if (match.row) {
        struct coding coding = answer_of(run, &match);
        if (coding.code.len + coding.system.len + coding.display.len == 0)
            return;
        struct json *node = coding_node(run, operation->to, run_open(run, target));
        struct code_target at = {operation, node, target->resource, found, match.row->number};
        write_coding(run, &at, &coding);
    } else if (code.len) {
        report_unmapped(run, operation, found);
        if (is_kept(operation->unmapped))
            keep_concept(run, operation, target, found, code);
    }
}

/* In a `first` a table without a word for the unmapped leaves them to the next line. */
static bool table_knows(struct run *run, const struct operation *operation,
                        const struct found *found)
{
    struct slice system, code = run_code_for(run, found, &system, MAPPING_LOOK_CONDITION);
    return code_table_find(operation->table, code, system).row != NULL;
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
                              .container = container,
                              .resource = target->resource,
                              .at_root = path->count == 1 && !target->parent};
    return join;
}

static void add_line(struct run *run, struct run_join *join, const struct found *found)
{
    struct growing before = join->size;
    join->lines = run_grow(run->arena, join->lines, sizeof(struct slice), &join->size, 8);
    join->raws = run_grow(run->arena, join->raws, sizeof(struct slice), &before, 8);
    join->lines[join->size.count] = run_text(run, found, true);
    join->raws[join->size.count++] = found->raw;
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
        if (!operation->converter->convert(&input, &value))
            continue;
        struct json *node = run_write_leaf(run, operation, join->container,
                                           &operation->to->steps[operation->to->count - 1],
                                           join->resource, join->at_root, &value);
        for (size_t line = 0; line < join->size.count; line++) {
            struct found found = {.raw = join->raws[line]};
            run_trace_found(run, node, join->resource, operation->rule, &found, MAPPING_NO_ROW);
        }
    }
}

/* --- set ---------------------------------------------------------------------------------------*/

/* A table and a map, either or both, on the element at a path of the target, with the value at
 * hand: the table's coding first, then the original. */
static void concept_at(struct run *run, const struct frame *frame,
                       const struct operation *operation, const struct found *found)
{
    struct frame inside = *frame;
    if (operation->to && operation->to->count)
        inside.target = run_target(run, frame->target, operation->to, operation->rule);
    inside.cursor = run_cursor_at(run, &frame->cursor, found);
    if (operation->table)
        concept_by_table(run, operation, inside.target, found);
    if (operation->map != NO_MAP)
        run_map(run, &inside, operation->map);
}

static void set_value(struct run *run, const struct frame *frame, const struct operation *operation,
                      const struct found *found)
{
    if (operation->join && operation->to->is_primitive) {
        if (run_claim_choice(run, operation, frame->target, operation->to))
            add_line(run, join_of(run, operation, frame->target), found);
        return;
    }
    if (operation->span) {
        set_span(run, frame, operation, found);
        return;
    }
    if (!operation->to->is_primitive) {
        if (run_claim_choice(run, operation, frame->target, operation->to))
            concept_at(run, frame, operation, found);
    } else if (operation->table) {
        code_by_table(run, operation, frame->target, found);
    } else {
        write_primitive(run, operation, frame->target, found,
                        run_text(run, found, operation->converter->whole), MAPPING_NO_ROW);
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
    struct found found = run_find_first(run, &frame->cursor, &operation->source.places);
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

static bool set_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (operation->source.kind == SOURCE_PLACES)
        return set_from(run, frame, operation);
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    if (operation->source.kind == SOURCE_TEMPLATE)
        return set_template(run, frame, operation);
    return set_literal(run, frame, operation);
}

/* --- entry -------------------------------------------------------------------------------------*/

static void run_entry(struct run *run, const struct frame *frame, const struct operation *operation,
                      const struct found *found)
{
    struct frame inside = *frame;
    inside.target = run_target(run, frame->target, operation->to, operation->rule);
    inside.scope = run_push_scope(run, frame->scope, operation);
    if (found)
        inside.cursor = run_cursor_at(run, &frame->cursor, found);
    if (found && operation->table)
        concept_by_table(run, operation, inside.target, found);
    if (operation->map != NO_MAP)
        run_map(run, &inside, operation->map);
    uint32_t first = (uint32_t)(operation - run->program->operations) + 1;
    run_list(run, &inside, first, operation->end);
    run_pop_scope(run, inside.scope, frame->scope);
}

static bool entry_word(struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    if (operation->source.kind != SOURCE_PLACES) {
        if (!run_holds(run, &frame->cursor, operation->when))
            return false;
        run_entry(run, frame, operation, NULL);
        return true;
    }
    struct found found = run_find_first(run, &frame->cursor, &operation->source.places);
    unsigned number = 1;
    bool held = false;
    if (found.state == FOUND_DELETED)
        run_clear(run, frame->target, operation->to, operation->rule);
    bool more = found.state == FOUND_VALUE || found.whole.len;
    while (more && !arena_exceeded(run->arena)) {
        struct cursor own = run_cursor_at(run, &frame->cursor, &found);
        if (found.state == FOUND_VALUE && run_holds(run, &own, operation->when)) {
            run_entry(run, frame, operation, &found);
            held = true;
        }
        more = run_next_repetition(run, &found, &number);
    }
    return held;
}

/* --- ref ---------------------------------------------------------------------------------------*/

static void make_and_refer(struct run *run, const struct frame *frame, const struct frame *inside,
                           const struct operation *operation, const struct mapping_key *key)
{
    bool is_new;
    uint32_t resource = run_resource_of_key(run, operation, key, &is_new);
    run_name_instance(run, operation->name, resource);
    run_write_reference(run, operation, frame->target, operation->to, resource, NULL);
    struct frame body = *inside;
    body.target = run->resources[resource].root;
    body.scope = run_push_scope(run, frame->scope, operation);
    if (operation->key_count > 1)
        run_add_aliases(run, &body, operation, resource);
    if (operation->map != NO_MAP)
        run_map(run, &body, operation->map);
    uint32_t first = (uint32_t)(operation - run->program->operations) + 1;
    run_list(run, &body, first, operation->end);
    run_pop_scope(run, body.scope, frame->scope);
}

static void find_and_refer(struct run *run, const struct frame *frame,
                           const struct operation *operation, const struct mapping_key *key)
{
    uintptr_t known = (uintptr_t)map_get(&run->by_id, fhir_id_slice(&key->id));
    struct mapping_key *kept = ARENA_NEW(run->arena, struct mapping_key);
    *kept = *key;
    run_write_reference(run, operation, frame->target, operation->to,
                        known ? (uint32_t)(known - 1) : MAPPING_NO_RESOURCE, kept);
}

static bool refer(struct run *run, const struct frame *frame, const struct operation *operation,
                  const struct found *found)
{
    struct frame inside = *frame;
    struct mapping_key key;
    if (found)
        inside.cursor = run_cursor_at(run, &frame->cursor, found);
    if (!run_key(run, &inside, &operation->keys[0], operation->type, &key))
        return false;
    if (operation->is_find)
        find_and_refer(run, frame, operation, &key);
    else
        make_and_refer(run, frame, &inside, operation, &key);
    return true;
}

static bool ref_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    if (operation->source.kind != SOURCE_PLACES)
        return refer(run, frame, operation, NULL);
    struct found found = run_find_first(run, &frame->cursor, &operation->source.places);
    unsigned number = 1;
    bool held = false;
    if (found.state == FOUND_DELETED)
        run_clear(run, frame->target, operation->to, operation->rule);
    bool more = found.state == FOUND_VALUE || (operation->is_many && found.whole.len);
    while (more) {
        if (found.state == FOUND_VALUE)
            held |= refer(run, frame, operation, &found);
        more = operation->is_many && run_next_repetition(run, &found, &number);
    }
    return held;
}

/* --- use, fill, first --------------------------------------------------------------------------*/

static bool use_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    if (operation->to && !run_claim_choice(run, operation, frame->target, operation->to))
        return true;
    struct found found = {.state = FOUND_NOTHING};
    if (operation->source.kind == SOURCE_PLACES) {
        found = run_find_first(run, &frame->cursor, &operation->source.places);
        if (found.state != FOUND_VALUE)
            return false;
    }
    concept_at(run, frame, operation, &found);
    return true;
}

static void fill_column(struct run *run, const struct frame *frame,
                        const struct operation *operation, size_t column, struct slice answer,
                        const struct found *found, uint32_t row)
{
    const struct path *path = &operation->columns[column];
    if (answer.len == 0 || !path->is_primitive)
        return;
    struct converted value = {.kind = fhir_primitive_kind(path->type->primitive), .text = answer};
    struct json *node = run_write(run, operation, frame->target, path, &value);
    run_trace_found(run, node, frame->target->resource, operation->rule, found, row);
}

static bool fill_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    struct found found = run_find_first(run, &frame->cursor, &operation->source.places);
    if (found.state != FOUND_VALUE)
        return false;
    struct slice system, code = run_code(run, &found, &system);
    struct code_match match = code_table_find(operation->table, code, system);
    if (!match.row) {
        if (!operation->is_tentative)
            report_unmapped(run, operation, &found);
        return !operation->is_tentative;
    }
    for (size_t i = 0; i < operation->table->column_count; i++)
        fill_column(run, frame, operation, i,
                    code_match_answer(&match, match.row->cells[i], run->arena), &found,
                    match.row->number);
    return true;
}

static bool first_word(struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    if (!run_holds(run, &frame->cursor, operation->when))
        return false;
    const struct operation *operations = run->program->operations;
    const struct operation_guard *guards = run->program->guards;
    uint32_t i = (uint32_t)(operation - operations) + 1;
    if (run->context->steps)
        return run_first_in_steps(run, frame, i, operation->end);
    for (; i < operation->end; i = guards[i].end)
        if (!run_is_guarded(&guards[i], &frame->cursor) && run_one(run, frame, &operations[i]))
            return true;
    return false;
}

/* --- lists -------------------------------------------------------------------------------------*/

bool run_one(struct run *run, const struct frame *frame, const struct operation *operation)
{
    static run_word *const ELEMENT_WORDS[OPERATION_KIND_COUNT] = {
        [OPERATION_SET] = set_word, [OPERATION_ENTRY] = entry_word, [OPERATION_REF] = ref_word,
        [OPERATION_USE] = use_word, [OPERATION_FILL] = fill_word,
    };
    run_word *const word = ELEMENT_WORDS[operation->kind];
    if (word && operation->in.count)
        return on_targets(run, frame, operation, word);
    if (word)
        return frame->target && word(run, frame, operation);
    if (operation->kind == OPERATION_FIRST)
        return first_word(run, frame, operation);
    return run_message_word(run, frame, operation);
}

void run_list(struct run *run, const struct frame *frame, uint32_t first, uint32_t end)
{
    const struct operation *operations = run->program->operations;
    const struct operation_guard *const guards = run->program->guards;
    if (run->context->steps) {
        run_list_in_steps(run, frame, first, end);
        return;
    }
    for (uint32_t i = first; i < end; i = guards[i].end)
        if (!run_is_guarded(&guards[i], &frame->cursor))
            run_one(run, frame, &operations[i]);
}

void run_map(struct run *run, const struct frame *frame, uint32_t body)
{
    if (run->depth >= RUN_DEPTH_LIMIT)
        return;
    const struct operation *operation = &run->program->operations[body];
    struct frame inside = *frame;
    inside.scope = run_push_scope(run, frame->scope, operation);
    run->depth++;
    run_list(run, &inside, body + 1, operation->end);
    run->depth--;
    run_pop_scope(run, inside.scope, frame->scope);
}
