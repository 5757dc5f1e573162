/* compile_body: the operations of one map or message while they are made. Its arrays grow in the
 * scratch arena and are used again for the next; what stays is a copy at its size. */
#include "mapping/compile.h"

#include <string.h>

/* The array with room for one more. */
static void *roomy(struct compiler *compiler, void *items, size_t count, size_t size,
                   size_t *capacity)
{
    if (count < *capacity)
        return items;
    size_t more = *capacity ? 2 * *capacity : 64;
    void *grown = arena_grow(compiler->scratch, items, count * size, more * size);
    *capacity = more;
    return grown;
}

static struct rule_source source_of(struct compiler *compiler, const struct rule *rule)
{
    const struct mapping_rule_facts facts = compile_facts_of(rule);
    struct rule_source source = {.id = facts.id,
                                 .file = facts.file,
                                 .guide = facts.guide,
                                 .because = facts.because,
                                 .line = facts.line,
                                 .column = facts.column};
    if (rule->changed_by) {
        struct rule_change *change = ARENA_NEW(compiler->arena, struct rule_change);
        *change = (struct rule_change){facts.changed_file, facts.changed_line, facts.changed_column,
                                       facts.changed};
        source.change = change;
    }
    return source;
}

static uint32_t push_source(struct compiler *compiler, const struct rule *rule)
{
    struct mapping_program *program = compiler->program;
    program->sources = roomy(compiler, program->sources, program->source_count,
                             sizeof(*program->sources), &compiler->source_capacity);
    program->sources[program->source_count] = source_of(compiler, rule);
    return program->first_source + (uint32_t)program->source_count++;
}

uint32_t compile_push(struct compiler *compiler, enum operation_kind kind, const struct rule *rule,
                      const struct condition *when, const struct operation *made)
{
    struct body *body = &compiler->body;
    body->operations = roomy(compiler, body->operations, body->count, sizeof(*body->operations),
                             &compiler->operation_capacity);
    uint32_t index = body->count++;
    struct operation *operation = &body->operations[index];
    *operation = *made;
    operation->kind = kind;
    operation->rule = push_source(compiler, rule);
    operation->end = index + 1;
    operation->when = when;
    const struct path *to = operation->to;
    operation->is_many = operation->join || (to && to->count && to->steps[to->count - 1].is_new);
    return index;
}

void compile_end(struct compiler *compiler, uint32_t index)
{
    compiler->body.operations[index].end = compiler->body.count;
}

void compile_dropped(struct compiler *compiler, const struct place *place)
{
    struct body *body = &compiler->body;
    body->dropped = roomy(compiler, body->dropped, body->dropped_count, sizeof(*place),
                          &compiler->dropped_capacity);
    body->dropped[body->dropped_count++] = *place;
}

/* --- texts of which equal ones are one ---------------------------------------------------------*/

uint32_t compile_name(struct compiler *compiler, struct slice name)
{
    uintptr_t number = (uintptr_t)map_get(&compiler->name_numbers, name);
    if (number)
        return (uint32_t)(number - 1);
    struct mapping_program *program = compiler->program;
    program->names = roomy(compiler, program->names, program->name_count, sizeof(name),
                           &compiler->name_capacity);
    program->names[program->name_count++] = name;
    map_put(&compiler->name_numbers, name, (void *)(uintptr_t)program->name_count);
    return (uint32_t)program->name_count - 1;
}

struct slice compile_label(struct compiler *compiler, struct slice text)
{
    struct mapping_program *program = compiler->program;
    uintptr_t number = (uintptr_t)map_get(&compiler->labels, text);
    if (number)
        return program->labels[number - 1];
    program->labels = roomy(compiler, program->labels, program->label_count, sizeof(text),
                            &compiler->label_capacity);
    program->labels[program->label_count++] = text;
    map_put(&compiler->labels, text, (void *)(uintptr_t)program->label_count);
    return text;
}

uint32_t compile_decision(void *data, struct slice text)
{
    struct compiler *compiler = data;
    struct mapping_program *program = compiler->program;
    uintptr_t number = (uintptr_t)map_get(&compiler->decision_numbers, text);
    if (number)
        return (uint32_t)(number - 1);
    program->decisions = roomy(compiler, program->decisions, program->decision_count, sizeof(text),
                               &compiler->decision_capacity);
    program->decisions[program->decision_count++] = text;
    map_put(&compiler->decision_numbers, text, (void *)(uintptr_t)program->decision_count);
    return (uint32_t)program->decision_count - 1;
}

void *compile_settle_part(struct compiler *compiler, const void *bytes, size_t size)
{
    const struct slice key = {bytes, size};
    void *known = map_get(&compiler->parts, key);
    if (known || size == 0)
        return known;
    void *made = arena_alloc(compiler->arena, size);
    memcpy(made, bytes, size);
    map_put(&compiler->parts, (struct slice){made, size}, made);
    return made;
}

/* --- where names are given ---------------------------------------------------------------------*/

static bool is_before(const struct name_home *one, const struct name_home *other)
{
    return one->name < other->name ||
           (one->name == other->name && one->operation < other->operation);
}

void compile_declare(struct compiler *compiler, const struct compile_scope *scope, uint32_t name)
{
    struct body *body = &compiler->body;
    const struct name_home home = {.name = name, .operation = scope->container};
    size_t at = body->home_count;
    while (at > 0 && !is_before(&body->homes[at - 1], &home))
        at--;
    if (at < body->home_count && !is_before(&home, &body->homes[at]))
        return;
    body->homes =
        roomy(compiler, body->homes, body->home_count, sizeof(home), &compiler->home_capacity);
    for (size_t i = body->home_count++; i > at; i--)
        body->homes[i] = body->homes[i - 1];
    body->homes[at] = home;
}

/* Which operations have names inside: counts[i] is how many homes stand before operation i. */
static void note_scopes(const struct body *body, struct arena *scratch)
{
    uint32_t *counts = ARENA_ARRAY(scratch, body->count + 1, uint32_t);
    for (size_t i = 0; i < body->home_count; i++)
        counts[body->homes[i].operation + 1]++;
    for (uint32_t i = 1; i <= body->count; i++)
        counts[i] += counts[i - 1];
    for (uint32_t i = 0; i < body->count; i++)
        body->operations[i].has_names = counts[body->operations[i].end] > counts[i];
}

/* --- the end -----------------------------------------------------------------------------------*/

static void *settled(struct compiler *compiler, const void *items, size_t count, size_t size)
{
    void *kept = arena_array(compiler->arena, count, size);
    if (count)
        memcpy(kept, items, count * size);
    return kept;
}

struct body *compile_settle(struct compiler *compiler)
{
    struct body *body = &compiler->body;
    note_scopes(body, compiler->scratch);
    struct body *made = ARENA_NEW(compiler->arena, struct body);
    *made = *body;
    made->operations = settled(compiler, body->operations, body->count, sizeof(*body->operations));
    made->homes = settled(compiler, body->homes, body->home_count, sizeof(*body->homes));
    made->dropped = settled(compiler, body->dropped, body->dropped_count, sizeof(*body->dropped));
    body->count = 0;
    body->home_count = body->dropped_count = 0;
    return made;
}

struct body *compile_own_copy(struct compiler *compiler, const struct body *body)
{
    struct body *made = ARENA_NEW(compiler->arena, struct body);
    *made = *body;
    made->operations = settled(compiler, body->operations, body->count, sizeof(*body->operations));
    return made;
}

static void settle_decisions(struct compiler *compiler)
{
    struct mapping_program *program = compiler->program;
    const struct condition_names names = {.choices = &compiler->rules->choices,
                                          .answers = &compiler->site->answers};
    bool *decided = ARENA_ARRAY(compiler->arena, program->decision_count, bool);
    for (size_t i = 0; i < program->decision_count; i++)
        decided[i] = condition_decide(program->decisions[i], &names, compiler->scratch);
    program->decided = decided;
    program->decisions =
        settled(compiler, program->decisions, program->decision_count, sizeof(*program->decisions));
}

void compile_settle_lists(struct compiler *compiler)
{
    struct mapping_program *program = compiler->program;
    const struct mapping_program *base = compiler->base;
    program->dropped = settled(compiler, compiler->site->dropped, compiler->site->dropped_count,
                               sizeof(*program->dropped));
    program->dropped_count = compiler->site->dropped_count;
    program->sources =
        settled(compiler, program->sources, program->source_count, sizeof(*program->sources));
    if (base && base->name_count == program->name_count)
        program->names = base->names;
    else
        program->names =
            settled(compiler, program->names, program->name_count, sizeof(*program->names));
    settle_decisions(compiler);
    /* Only a base is asked for its labels. */
    program->label_count = base ? 0 : program->label_count;
    program->labels =
        settled(compiler, program->labels, program->label_count, sizeof(*program->labels));
}
