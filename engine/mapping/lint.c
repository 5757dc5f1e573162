/* lint: see lint.h. */
#include "mapping/lint.h"

struct linter {
    const struct hl7v2_dictionary *dictionary;
    struct arena *arena;
    struct issue_list *issues;
};

/* Where a rule writes one single value, or the empty slice: the resource and the path. */
static struct slice single_target(const struct linter *linter, const struct rule *rule)
{
    struct slice to = rule_text(rule, ATTRIBUTE_TO);
    bool is_joined = rule_has(rule, ATTRIBUTE_JOIN) || rule_has(rule, ATTRIBUTE_KEEP);
    if (rule->word != WORD_SET || is_joined || rule_has(rule, ATTRIBUTE_CODE) ||
        rule_has(rule, ATTRIBUTE_UNIT) || slice_find(to, SLICE("[]")) < to.len)
        return (struct slice){NULL, 0};
    return arena_format(linter->arena, "%.*s:%.*s", SLICE_ARG(rule_text(rule, ATTRIBUTE_IN)),
                        SLICE_ARG(to));
}

/* Where a rule of the other direction writes one single value: a field that repeats takes another
 * repetition from each rule, and `where` says which values are meant. */
static struct slice single_place(const struct linter *linter, const struct rule *rule)
{
    struct slice to = rule_text(rule, ATTRIBUTE_TO);
    struct place place;
    bool is_writer = rule->word == WORD_SET || rule->word == WORD_ENTRY;
    if (!is_writer || rule_has(rule, ATTRIBUTE_KEEP) || rule_has(rule, ATTRIBUTE_WHERE) ||
        place_parse_front(to, &place) != to.len || to.len == 0)
        return (struct slice){NULL, 0};
    const struct hl7v2_field_definition *field =
        place.kind == PLACE_SEGMENT
            ? hl7v2_dictionary_field(linter->dictionary, place.segment, place.field)
            : NULL;
    bool is_one = place.component || place.repetition || (field && field->max_repeats == 1);
    return is_one ? to : (struct slice){NULL, 0};
}

/* Two literals that are the same write the same value. */
static bool same_literal(const struct rule *a, const struct rule *b)
{
    return rule_has(a, ATTRIBUTE_VALUE) && rule_has(b, ATTRIBUTE_VALUE) &&
           slice_equal(rule_text(a, ATTRIBUTE_VALUE), rule_text(b, ATTRIBUTE_VALUE));
}

static void note_writer(const struct linter *linter, const struct rule *rule, struct map *writers,
                        const struct rule *owner)
{
    struct slice target = rule->is_send ? single_place(linter, rule) : single_target(linter, rule);
    const struct rule *other = target.len ? map_get(writers, target) : NULL;
    /* What is sent is often told apart by conditions alone. */
    if (other && rule->is_send && rule_has(rule, ATTRIBUTE_WHEN) && rule_has(other, ATTRIBUTE_WHEN))
        return;
    /* Lines of one `first` exclude each other. */
    bool in_same_first = other && other->parent == owner && owner->word == WORD_FIRST;
    if (other && !in_same_first && !same_literal(rule, other)) {
        struct slice hint =
            rule->is_send
                ? SLICE("put both into a <first>, or say keep=\"first\" or keep=\"last\"")
                : SLICE("put both into a <first>, or say join=\"lines\" or keep=\"first\"");
        rule_value_error(linter->issues, rule, ATTRIBUTE_TO, 0, 0, "two-writers", hint,
                         "line %u writes this %s too", other->element->line,
                         rule->is_send ? "place" : "element");
        return;
    }
    if (target.len)
        map_put(writers, target, (void *)(uintptr_t)rule);
}

/* The rules of one list, with those inside its `first` words. */
static void lint_writers(const struct linter *linter, const struct rule *list, struct map *writers)
{
    for (const struct rule *child = list->first_child; child; child = child->next) {
        if (child->word == WORD_FIRST)
            lint_writers(linter, child, writers);
        else
            note_writer(linter, child, writers, list);
    }
}

/* A line that holds whatever the message is. */
static bool holds_always(const struct rule *rule)
{
    bool is_literal = rule_has(rule, ATTRIBUTE_VALUE) || rule_has(rule, ATTRIBUTE_CODE) ||
                      rule_has(rule, ATTRIBUTE_UNIT);
    /* with keep="first" it may leave what stands there, and the next line is asked */
    bool may_leave = rule->is_send && rule_has(rule, ATTRIBUTE_KEEP);
    return rule->word == WORD_SET && is_literal && !rule_has(rule, ATTRIBUTE_WHEN) && !may_leave;
}

static void lint_first(const struct linter *linter, const struct rule *first)
{
    for (const struct rule *child = first->first_child; child && child->next; child = child->next)
        if (holds_always(child))
            rule_error(linter->issues, child->next, "unreachable",
                       SLICE("give the line above a when, or put it last"),
                       "line %u always holds, so this one never runs", child->element->line);
}

static void lint_list(const struct linter *linter, const struct rule *list)
{
    struct map writers;
    map_init(&writers, linter->arena);
    if (list->word == WORD_FIRST)
        lint_first(linter, list);
    else
        lint_writers(linter, list, &writers);
    for (const struct rule *child = list->first_child; child; child = child->next)
        if (child->first_child)
            lint_list(linter, child);
}

void lint_tree(const struct rule *root, const struct hl7v2_dictionary *dictionary,
               struct arena *arena, struct issue_list *issues)
{
    struct linter linter = {dictionary, arena, issues};
    lint_list(&linter, root);
}
