/* run_element: entry, ref, use, fill and first, and what runs lists of rules. */
#include "mapping/run_shape.h"

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

static run_word *element_word_of(const struct operation *operation);

/* Runs the word once for each target of `in`. */
static bool on_targets(struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    struct targets targets = {.items = NULL};
    run_word *const word = element_word_of(operation);
    if (run->record)
        run_record_odd(run->record);
    targets_of(run, frame, operation, &targets);
    bool held = false;
    for (size_t i = 0; i < targets.size.count; i++) {
        struct frame inside = *frame;
        inside.target = targets.items[i];
        held |= word(run, &inside, operation);
    }
    return held;
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
    run_concept(run, &inside, operation, found);
    uint32_t first = (uint32_t)(operation - run->body->operations) + 1;
    run_list(run, &inside, first, operation->end);
    run_pop_scope(run, inside.scope, frame->scope);
}

static bool entry_word(struct run *run, const struct frame *frame,
                       const struct operation *operation)
{
    if (!frame->target)
        return false;
    if (operation->source.kind != SOURCE_PLACES) {
        if (!run_holds(run, &frame->cursor, operation->when))
            return false;
        run_entry(run, frame, operation, NULL);
        return true;
    }
    struct found found = run_find_first_valued(run, &frame->cursor, &operation->source.places);
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
    if (operation->map != NO_MAP && is_new)
        run_map_by_shape(run, &body, operation->map);
    else if (operation->map != NO_MAP)
        run_map(run, &body, operation->map);
    uint32_t first = (uint32_t)(operation - run->body->operations) + 1;
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
    if (!frame->target || !run_holds(run, &frame->cursor, operation->when))
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
    if (!frame->target || !run_holds(run, &frame->cursor, operation->when))
        return false;
    if (operation->to && !run_claim_choice(run, operation, frame->target, operation->to))
        return true;
    struct found found = {.state = FOUND_NOTHING};
    if (operation->source.kind == SOURCE_PLACES) {
        found = run_find_first_valued(run, &frame->cursor, &operation->source.places);
        if (found.state != FOUND_VALUE)
            return false;
    }
    run_concept_at(run, frame, operation, &found);
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
    if (!frame->target || !run_holds(run, &frame->cursor, operation->when))
        return false;
    struct found found = run_find_first_valued(run, &frame->cursor, &operation->source.places);
    if (found.state != FOUND_VALUE)
        return false;
    struct slice system, code = run_code(run, &found, &system);
    struct code_match match = run_find_row(run, operation, &found, code, system);
    if (!match.row) {
        if (!operation->is_tentative)
            run_report_unmapped(run, operation, &found);
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
    const struct operation *operations = run->body->operations;
    const struct operation_guard *guards = run->body->guards;
    uint32_t i = (uint32_t)(operation - operations) + 1;
    if (run->context->steps)
        return run_first_in_steps(run, frame, i, operation->end);
    for (; i < operation->end; i = guards[i].end)
        if (!run_is_guarded(&guards[i], &frame->cursor) &&
            operations[i].word(run, frame, &operations[i]))
            return true;
    return false;
}

/* --- lists -------------------------------------------------------------------------------------*/

/* NULL: no word of elements. */
static run_word *element_word_of(const struct operation *operation)
{
    static run_word *const WORDS[OPERATION_KIND_COUNT] = {
        [OPERATION_ENTRY] = entry_word,
        [OPERATION_REF] = ref_word,
        [OPERATION_USE] = use_word,
        [OPERATION_FILL] = fill_word,
    };
    return operation->kind == OPERATION_SET ? run_set_word_of(operation) : WORDS[operation->kind];
}

static bool no_word(struct run *run, const struct frame *frame, const struct operation *operation)
{
    (void)run, (void)frame, (void)operation;
    return false;
}

run_word *run_word_of(const struct operation *operation)
{
    run_word *word = element_word_of(operation);
    if (word)
        return operation->in.count ? on_targets : word;
    if (operation->kind == OPERATION_FIRST)
        return first_word;
    word = run_message_word_of(operation->kind);
    return word ? word : no_word;
}

void run_list(struct run *run, const struct frame *frame, uint32_t first, uint32_t end)
{
    const struct operation *operations = run->body->operations;
    const struct operation_guard *const guards = run->body->guards;
    if (run->context->steps) {
        run_list_in_steps(run, frame, first, end);
        return;
    }
    for (uint32_t i = first; i < end; i = guards[i].end)
        if (!run_is_guarded(&guards[i], &frame->cursor))
            operations[i].word(run, frame, &operations[i]);
}

void run_map(struct run *run, const struct frame *frame, uint32_t body)
{
    if (run->depth >= RUN_DEPTH_LIMIT)
        return;
    const struct body *caller = run->body;
    run->body = run->program->bodies[body];
    const struct operation *head = run->body->operations;
    struct frame inside = *frame;
    inside.scope = run_push_scope(run, frame->scope, head);
    run->depth++;
    run_list(run, &inside, 1, head->end);
    run->depth--;
    run->body = caller;
    run_pop_scope(run, inside.scope, frame->scope);
}
