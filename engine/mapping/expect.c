/* expect: what the paths and conditions of tests mean in a resource. */
#include "mapping/expect.h"

#include "mapping/convert.h"

struct evaluation {
    expect_find *find;
    const void *data;
    struct arena *arena;
};

static bool holds(const struct evaluation *evaluation, const struct expect_condition *condition,
                  struct expect_item item);

/* --- items -------------------------------------------------------------------------------------*/

static void add(const struct evaluation *evaluation, struct expect_items *items,
                const struct json *node, const struct json *extra)
{
    bool is_nothing = json_kind(node) == JSON_NONE || json_kind(node) == JSON_NULL;
    if (is_nothing && json_kind(extra) != JSON_OBJECT)
        return;
    if ((items->count & (items->count - 1)) == 0) /* full at each power of two */
        items->items =
            arena_grow(evaluation->arena, items->items, items->count * sizeof(*items->items),
                       (items->count ? 2 * items->count : 1) * sizeof(*items->items));
    items->items[items->count++] = (struct expect_item){is_nothing ? NULL : node, extra};
}

static struct expect_items one_value(const struct evaluation *evaluation, struct json *value)
{
    struct expect_items items = {.count = 0};
    add(evaluation, &items, value, NULL);
    return items;
}

/* The member of that name, each item of it where it is a list, with what stands beside it under
 * "_name" (FHIR R4 json.html#primitive). */
static void add_member(const struct evaluation *evaluation, struct expect_item of,
                       struct slice name, struct expect_items *items)
{
    const struct json *object = json_kind(of.node) == JSON_OBJECT ? of.node : of.extra;
    const struct json *member = json_get(object, name);
    const struct json *beside =
        json_get(object, arena_format(evaluation->arena, "_%.*s", SLICE_ARG(name)));
    if (json_kind(member) != JSON_ARRAY && json_kind(beside) != JSON_ARRAY) {
        add(evaluation, items, member, beside);
        return;
    }
    const struct json *item = json_first(member), *extra = json_first(beside);
    while ((item || extra) && !arena_exceeded(evaluation->arena)) {
        add(evaluation, items, item, extra);
        item = json_next(item);
        extra = json_next(extra);
    }
}

/* --- steps: each takes a collection and gives one ----------------------------------------------*/

typedef struct expect_items take_step(const struct evaluation *evaluation,
                                      const struct expect_step *step, struct expect_items items);

static struct expect_items take_member(const struct evaluation *evaluation,
                                       const struct expect_step *step, struct expect_items items)
{
    struct expect_items found = {.count = 0};
    for (size_t i = 0; i < items.count; i++)
        add_member(evaluation, items.items[i], step->text, &found);
    return found;
}

static struct expect_items take_this(const struct evaluation *evaluation,
                                     const struct expect_step *step, struct expect_items items)
{
    (void)evaluation, (void)step;
    return items;
}

static struct expect_items part_of(struct expect_items items, size_t index)
{
    if (index >= items.count)
        return (struct expect_items){.count = 0};
    return (struct expect_items){items.items + index, 1};
}

static struct expect_items take_index(const struct evaluation *evaluation,
                                      const struct expect_step *step, struct expect_items items)
{
    (void)evaluation;
    return part_of(items, step->index);
}

static struct expect_items take_first(const struct evaluation *evaluation,
                                      const struct expect_step *step, struct expect_items items)
{
    (void)evaluation, (void)step;
    return part_of(items, 0);
}

static struct expect_items take_last(const struct evaluation *evaluation,
                                     const struct expect_step *step, struct expect_items items)
{
    (void)evaluation, (void)step;
    return part_of(items, items.count - 1);
}

static struct expect_items take_where(const struct evaluation *evaluation,
                                      const struct expect_step *step, struct expect_items items)
{
    struct expect_items found = {.count = 0};
    for (size_t i = 0; i < items.count; i++)
        if (holds(evaluation, step->condition, items.items[i]))
            add(evaluation, &found, items.items[i].node, items.items[i].extra);
    return found;
}

static struct expect_items take_exists(const struct evaluation *evaluation,
                                       const struct expect_step *step, struct expect_items items)
{
    if (step->condition)
        items = take_where(evaluation, step, items);
    return one_value(evaluation, json_boolean(evaluation->arena, items.count > 0));
}

static struct expect_items take_empty(const struct evaluation *evaluation,
                                      const struct expect_step *step, struct expect_items items)
{
    (void)step;
    return one_value(evaluation, json_boolean(evaluation->arena, items.count == 0));
}

static struct expect_items take_count(const struct evaluation *evaluation,
                                      const struct expect_step *step, struct expect_items items)
{
    (void)step;
    return one_value(evaluation, json_integer(evaluation->arena, (int64_t)items.count));
}

static struct expect_items take_resolve(const struct evaluation *evaluation,
                                        const struct expect_step *step, struct expect_items items)
{
    (void)step;
    struct expect_items found = {.count = 0};
    for (size_t i = 0; i < items.count && evaluation->find; i++) {
        const struct json *node = items.items[i].node;
        struct slice text = json_kind(node) == JSON_STRING
                                ? json_text(node)
                                : json_get_text(node, SLICE("reference"));
        if (text.len)
            add(evaluation, &found, evaluation->find(text, evaluation->data), NULL);
    }
    return found;
}

static struct expect_items take_extension(const struct evaluation *evaluation,
                                          const struct expect_step *step, struct expect_items items)
{
    struct expect_items all = {.count = 0}, found = {.count = 0};
    for (size_t i = 0; i < items.count; i++)
        add_member(evaluation, items.items[i], SLICE("extension"), &all);
    for (size_t i = 0; i < all.count; i++)
        if (slice_equal(json_get_text(all.items[i].node, SLICE("url")), step->text))
            add(evaluation, &found, all.items[i].node, NULL);
    return found;
}

static take_step *const STEPS[EXPECT_STEP_KIND_COUNT] = {
    [EXPECT_MEMBER] = take_member,       [EXPECT_THIS] = take_this,
    [EXPECT_INDEX] = take_index,         [EXPECT_WHERE] = take_where,
    [EXPECT_EXISTS] = take_exists,       [EXPECT_EMPTY] = take_empty,
    [EXPECT_COUNT] = take_count,         [EXPECT_FIRST] = take_first,
    [EXPECT_LAST] = take_last,           [EXPECT_RESOLVE] = take_resolve,
    [EXPECT_EXTENSION] = take_extension,
};

static struct expect_items evaluate(const struct evaluation *evaluation,
                                    const struct expect_path *path, struct expect_item item)
{
    struct expect_items items = {.count = 0};
    add(evaluation, &items, item.node, item.extra);
    for (size_t i = 0; i < path->count && !arena_exceeded(evaluation->arena); i++)
        items = STEPS[path->steps[i].kind](evaluation, &path->steps[i], items);
    return items;
}

/* --- conditions --------------------------------------------------------------------------------*/

static bool equals_literal(const struct expect_condition *condition, const struct json *node)
{
    int order;
    if (json_kind(node) != condition->literal_kind)
        return false;
    if (condition->literal_kind == JSON_BOOLEAN)
        return json_is_true(node) == slice_equal(condition->literal, SLICE("true"));
    if (condition->literal_kind == JSON_NUMBER)
        return decimal_compare(json_text(node), condition->literal, &order) && order == 0;
    return slice_equal(json_text(node), condition->literal);
}

/* FHIRPath N1 6.1: an empty collection compares to nothing, not to unequal either; collections of
 * unequal size are not equal. */
static bool compares(const struct expect_condition *condition, struct expect_items items)
{
    if (items.count == 0)
        return false;
    bool is_equal = items.count == 1 && equals_literal(condition, items.items[0].node);
    return is_equal == (condition->kind == EXPECT_EQUAL);
}

static bool holds(const struct evaluation *evaluation, const struct expect_condition *condition,
                  struct expect_item item)
{
    if (condition->kind == EXPECT_OR)
        return holds(evaluation, condition->left, item) ||
               holds(evaluation, condition->right, item);
    if (condition->kind == EXPECT_AND)
        return holds(evaluation, condition->left, item) &&
               holds(evaluation, condition->right, item);
    struct expect_items items = evaluate(evaluation, &condition->path, item);
    if (condition->kind == EXPECT_TRUE)
        return items.count == 1 && json_is_true(items.items[0].node);
    return compares(condition, items);
}

/* --- the outside -------------------------------------------------------------------------------*/

struct expect_items expect_evaluate(const struct expect_path *path, const struct json *resource,
                                    expect_find *find, const void *data, struct arena *arena)
{
    struct evaluation evaluation = {find, data, arena};
    return evaluate(&evaluation, path, (struct expect_item){resource, NULL});
}

bool expect_holds(const struct expect_condition *condition, const struct json *object,
                  expect_find *find, const void *data, struct arena *arena)
{
    struct evaluation evaluation = {find, data, arena};
    return holds(&evaluation, condition, (struct expect_item){object, NULL});
}
