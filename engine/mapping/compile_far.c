/* compile_far: which rules a shape cannot do again, and so runs anew each time.
 *
 * A shape (mapping/run_shape.h) keeps what a map asked of its segment and what it wrote into its
 * resource. Rules that reach further are marked here, at load: what makes, names or refers to other
 * resources, what writes elsewhere than into the resource at hand, what orders two places, and what
 * reads by the order or the groups of segments. A rule that holds such a rule, or calls a map that
 * does, is marked with it. */
#include "mapping/compile.h"

static bool is_far_place(const struct place *place)
{
    return place->kind == PLACE_SEGMENT &&
           (place->groups.len || place->sequence || place->after || place->nth.len);
}

static bool are_far_places(const struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        if (is_far_place(&places->items[i]))
            return true;
    return false;
}

static bool is_far_operand(const struct operand *operand)
{
    return operand->kind != OPERAND_LITERAL && is_far_place(&operand->place);
}

/* Two places that are compared have other bytes in each message; only whether they are equal is a
 * question (SHAPE_EQUAL). Depth is bounded by the rule's text. */
static bool is_far_condition(const struct condition *condition)
{
    if (!condition)
        return false;
    if (condition->left)
        return is_far_condition(condition->left) || is_far_condition(condition->right);
    const struct operand *b = condition->b;
    bool is_equal = condition->kind == CONDITION_EQUAL && condition->a.kind == OPERAND_PLACE &&
                    b->kind == OPERAND_PLACE;
    return is_far_operand(&condition->a) ||
           (b && b->kind != OPERAND_LITERAL && (!is_equal || is_far_place(&b->place)));
}

static bool is_far_source(const struct source *source)
{
    for (size_t i = 0; i < source->piece_count; i++)
        if (!source->pieces[i].literal.ptr && is_far_place(&source->pieces[i].place))
            return true;
    return source->kind == SOURCE_PLACES && are_far_places(&source->places);
}

static bool asks_far(const struct operation *operation)
{
    const struct time_span *span = operation->span;
    return is_far_condition(operation->when) || is_far_source(&operation->source) ||
           (span && (are_far_places(&span->amount) || are_far_places(&span->units)));
}

static bool reaches_far(const struct operation *operation)
{
    static const bool KINDS[OPERATION_KIND_COUNT] = {
        [OPERATION_EACH] = true, [OPERATION_MAKE] = true,  [OPERATION_ALSO] = true,
        [OPERATION_LINK] = true, [OPERATION_MERGE] = true, [OPERATION_SNAPSHOT] = true,
        [OPERATION_REF] = true,
    };
    return KINDS[operation->kind] || operation->in.count || operation->asks_far;
}

static bool judge_body(struct compiler *compiler, uint32_t number, bool *known);

/* Those that it holds are judged already. */
static bool judge(struct compiler *compiler, struct body *body, uint32_t index, bool *known)
{
    struct operation *operation = &body->operations[index];
    operation->asks_far = asks_far(operation);
    if (reaches_far(operation))
        return true;
    for (uint32_t i = index + 1; i < operation->end; i = body->operations[i].end)
        if (body->operations[i].is_far)
            return true;
    return operation->map != NO_MAP && judge_body(compiler, operation->map, known);
}

/* A body that is shared was judged with the base; what it calls may be the site's, and far. */
static bool is_misjudged(struct compiler *compiler, const struct body *body, bool *known)
{
    for (uint32_t i = 1; i < body->count; i++)
        if (body->operations[i].map != NO_MAP && !body->operations[i].is_far &&
            judge_body(compiler, body->operations[i].map, known))
            return true;
    return false;
}

/* Operations stand before those that they hold, so that the last is judged first. */
static bool judge_body(struct compiler *compiler, uint32_t number, bool *known)
{
    const struct body **body = &compiler->program->bodies[number];
    if (!*body || known[number])
        return *body && (*body)->operations->is_far;
    struct body *own = compiler->made[number];
    if (!own && is_misjudged(compiler, *body, known))
        *body = own = compiler->made[number] = compile_own_copy(compiler, *body);
    for (uint32_t i = own ? own->count : 0; i-- > 0;)
        own->operations[i].is_far = judge(compiler, own, i, known);
    known[number] = true;
    return (*body)->operations->is_far;
}

void compile_far(struct compiler *compiler)
{
    const uint32_t count = (uint32_t)compiler->program->body_count;
    bool *known = ARENA_ARRAY(compiler->scratch, count + 1, bool);
    for (uint32_t i = 0; i < count; i++)
        (void)judge_body(compiler, i, known);
}
