/* condition_pool: equal conditions of a program become one.
 *
 * Rules of one segment ask the same again and again: "OBX-2 = 'SN'" stands in front of six. Where a
 * condition asks only about one segment, its answer there can be kept as long as that segment is at
 * hand; the pool numbers those that more than one rule asks. */
#include "mapping/condition.h"

#include <string.h>

void condition_pool_init(struct condition_pool *pool, struct arena *arena, struct arena *scratch)
{
    *pool = (struct condition_pool){.arena = arena, .scratch = scratch};
    map_init(&pool->by_key, scratch);
    buffer_init(&pool->key, 0);
}

void condition_pool_release(struct condition_pool *pool)
{
    buffer_release(&pool->key);
}

/* A literal has no quote inside, a place none either. */
static void append_operand(struct buffer *text, const struct operand *operand)
{
    buffer_append_byte(text, (char)('0' + operand->kind));
    buffer_append(text, operand->place.text);
    buffer_append_byte(text, '\'');
    buffer_append(text, operand->literal);
    buffer_append_byte(text, '\'');
}

static void append_pointer(struct buffer *text, const void *pointer)
{
    buffer_append(text, (struct slice){(const char *)&pointer, sizeof(pointer)});
}

/* Equal for equal conditions, and only for those, when their parts are of the pool. */
static void append_key(struct buffer *text, const struct condition *condition)
{
    buffer_append_byte(text, (char)('0' + condition->kind));
    append_pointer(text, condition->left);
    append_pointer(text, condition->right);
    append_pointer(text, condition->codes);
    buffer_append(text,
                  (struct slice){(const char *)&condition->decision, sizeof(condition->decision)});
    append_operand(text, &condition->a);
    if (condition->b)
        append_operand(text, condition->b);
    for (size_t i = 0; i < condition->literal_count; i++) {
        buffer_append_byte(text, '\'');
        buffer_append(text, condition->literals[i]);
    }
}

/* The segment that is asked about: NOWHERE none, ELSEWHERE more than the one at hand. */
#define NOWHERE 0
#define ELSEWHERE UINT32_MAX

static uint32_t segment_of_operand(const struct operand *operand)
{
    const struct place *place = &operand->place;
    if (operand->kind == OPERAND_LITERAL)
        return NOWHERE;
    return place->is_near && place->nth.len == 0 ? place->segment : ELSEWHERE;
}

static uint32_t both(uint32_t one, uint32_t other)
{
    if (one == NOWHERE || other == NOWHERE)
        return one + other;
    return one == other ? one : ELSEWHERE;
}

/* Of a condition whose parts know theirs. */
static uint32_t segment_of(const struct condition *condition)
{
    if (condition->left)
        return both(condition->left->segment,
                    condition->right ? condition->right->segment : condition->left->segment);
    if (condition->kind == CONDITION_TRUE || condition->kind == CONDITION_FALSE ||
        condition->kind == CONDITION_DECIDED)
        return NOWHERE;
    uint32_t segment = segment_of_operand(&condition->a);
    if (condition->kind != CONDITION_EQUAL)
        return segment;
    return both(segment, segment_of_operand(condition->b));
}

/* The one that stays: its literals and operands are its own, all text is the rules'. */
static struct condition *settle(struct condition_pool *pool, const struct condition *condition)
{
    struct condition *made = ARENA_NEW(pool->arena, struct condition);
    *made = *condition;
    if (made->b) {
        struct operand *other = ARENA_NEW(pool->arena, struct operand);
        *other = *made->b;
        made->b = other;
    }
    if (made->literal_count == 0)
        return made;
    struct slice *literals = ARENA_ARRAY(pool->arena, made->literal_count, struct slice);
    memcpy(literals, made->literals, made->literal_count * sizeof(*literals));
    made->literals = literals;
    return made;
}

const struct condition *condition_pool_share(struct condition_pool *pool,
                                             const struct condition *condition)
{
    if (!condition)
        return NULL;
    struct condition with_parts = *condition;
    with_parts.left = condition_pool_share(pool, condition->left);
    with_parts.right = condition_pool_share(pool, condition->right);
    buffer_reset(&pool->key);
    append_key(&pool->key, &with_parts);
    struct condition *known = map_get(&pool->by_key, buffer_slice(&pool->key));
    if (!known) {
        struct condition *made = settle(pool, &with_parts);
        made->segment = segment_of(made);
        map_put(&pool->by_key, arena_copy(pool->scratch, buffer_slice(&pool->key)), made);
        return made;
    }
    if (known->segment != NOWHERE && known->segment != ELSEWHERE && known->answer == 0)
        known->answer = (uint32_t)++pool->answer_count;
    return known;
}
