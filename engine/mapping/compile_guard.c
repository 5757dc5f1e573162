/* compile_guard: what must be there for a rule to do anything.
 *
 * Most rules of HL7's guide read fields that most messages leave empty. Each operation gets a
 * guard: a segment (or the value at hand) and a set of its fields (parts), of which one at least
 * must hold a byte. The interpreter knows what is there as bits, so that a rule that reads an empty
 * field costs one AND:
 *
 *     OBX|1|NM|2345-7^Glucose^LN||4.1|...        fields of the segment    ..1 0110 1111
 *     <set from="OBX-4.1" .../>                  needs                    ..0 0001 0000   skipped
 *     <set from="OBX-3" .../>                    needs                    ..0 0000 1000   runs
 *
 * A guard may let pass what then does nothing; it never stops what would do something. */
#include "mapping/compile.h"

static const struct operation_guard NO_GUARD = {.needs = 1};

static bool is_no_guard(struct operation_guard guard)
{
    return guard.needs & 1;
}

static struct operation_guard guard_of_place(const struct place *place)
{
    if (place->kind == PLACE_RELATIVE)
        return (struct operation_guard){.needs = presence_bit(place->component)};
    if (place->is_near)
        return (struct operation_guard){.segment = place->segment,
                                        .needs = presence_bit(place->field)};
    return NO_GUARD;
}

/* Where either lets pass. */
static struct operation_guard either(struct operation_guard one, struct operation_guard other)
{
    if (one.segment != other.segment)
        return NO_GUARD;
    one.needs |= other.needs;
    return one;
}

static struct operation_guard guard_of_places(const struct places *places)
{
    struct operation_guard guard = guard_of_place(&places->items[0]);
    for (size_t i = 1; i < places->count; i++)
        guard = either(guard, guard_of_place(&places->items[i]));
    return guard;
}

/* A condition that certainly fails where its places are empty. */
static struct operation_guard guard_of_condition(const struct condition *condition)
{
    if (!condition)
        return NO_GUARD;
    if (condition->kind == CONDITION_AND) {
        struct operation_guard left = guard_of_condition(condition->left);
        return is_no_guard(left) ? guard_of_condition(condition->right) : left;
    }
    if (condition->kind == CONDITION_OR)
        return either(guard_of_condition(condition->left), guard_of_condition(condition->right));
    bool needs_value = condition->kind == CONDITION_VALUED ||
                       condition->kind == CONDITION_DELETED || condition->kind == CONDITION_IN ||
                       condition->kind == CONDITION_IN_CODES ||
                       condition->kind == CONDITION_MATCHES || condition->kind == CONDITION_EQUAL;
    bool has_place = needs_value && condition->a.kind == OPERAND_PLACE;
    return has_place ? guard_of_place(&condition->a.place) : NO_GUARD;
}

/* A `first` does something where one of its lines does; their guards are made before. */
static struct operation_guard guard_of_first(const struct body *body, uint32_t index)
{
    struct operation_guard own = guard_of_condition(body->operations[index].when);
    uint32_t end = body->operations[index].end, line = index + 1;
    if (!is_no_guard(own) || line == end)
        return own;
    struct operation_guard guard = body->guards[line];
    for (line = body->operations[line].end; line < end; line = body->operations[line].end)
        guard = either(guard, body->guards[line]);
    return guard;
}

static struct operation_guard guard_of(const struct body *body, uint32_t index)
{
    const struct operation *operation = &body->operations[index];
    bool is_element_word = operation->kind >= OPERATION_SET && operation->kind <= OPERATION_FILL;
    if (operation->kind == OPERATION_FIRST)
        return guard_of_first(body, index);
    if (!is_element_word || operation->required != LOSS_KEEP)
        return NO_GUARD;
    /* With a value of its own the condition may be asked of that value: the place alone says. */
    if (operation->source.kind == SOURCE_PLACES)
        return guard_of_places(&operation->source.places);
    return guard_of_condition(operation->when);
}

void compile_guards(struct body *body, struct arena *arena)
{
    body->guards = ARENA_ARRAY(arena, body->count, struct operation_guard);
    for (uint32_t i = body->count; i-- > 0;) {
        body->guards[i] = guard_of(body, i);
        body->operations[i].word = run_word_of(&body->operations[i]);
        body->guards[i].end = body->operations[i].end;
    }
}
