/* lint_names: names that rules give each other. A slip in one of them makes a new name, and no rule
 * is wrong for it: what stands alone and looks like another is asked for. */
#include "base/suggest.h"
#include "mapping/lint.h"

/* So many letters wrong are a slip; more are another name. */
#define SLIP_LETTERS 2

/* A name as it stands in an attribute. Names of one `scope` can be mixed up. */
struct mention {
    struct slice scope;
    struct slice name;
    const struct rule *rule;
    enum rule_attribute attribute;
};

struct name_linter {
    const struct mapping_rules *rules;
    struct arena *arena;
    struct issue_list *issues;
    struct mention *mentions;
    size_t count, capacity;
    struct slice owner; /* the map or message at hand */
};

static void mention(struct name_linter *linter, struct slice scope, struct slice name,
                    const struct rule *rule, enum rule_attribute attribute)
{
    if (linter->count == linter->capacity) {
        size_t capacity = linter->capacity ? 2 * linter->capacity : 1024;
        linter->mentions =
            arena_grow(linter->arena, linter->mentions, linter->count * sizeof(struct mention),
                       capacity * sizeof(struct mention));
        linter->capacity = capacity;
    }
    linter->mentions[linter->count++] = (struct mention){scope, name, rule, attribute};
}

/* --- keys: "order(ORC-2)", several divided by ';' ----------------------------------------------*/

static void mention_keys(struct name_linter *linter, const struct rule *rule,
                         enum rule_attribute attribute)
{
    struct slice rest = rule_text(rule, attribute);
    for (struct slice key; slice_split(&rest, ';', &key);) {
        size_t bracket = slice_find_byte(key, '(');
        if (bracket < key.len)
            mention(linter, SLICE("key"), slice_trim(slice_part(key, 0, bracket)), rule, attribute);
    }
}

/* --- labels: "identifier[placer].value" --------------------------------------------------------*/

static bool is_label(struct slice text)
{
    return text.len > 0 && text.ptr[0] >= 'a' && text.ptr[0] <= 'z' &&
           !slice_equal(text, SLICE("each"));
}

static void mention_labels(struct name_linter *linter, const struct rule *rule,
                           enum rule_attribute attribute)
{
    struct slice text = rule_text(rule, attribute);
    size_t at = slice_find_byte(text, '[');
    if (at == text.len)
        return;
    struct slice inside = slice_after(text, at + 1);
    inside = slice_part(inside, 0, slice_find_byte(inside, ']'));
    if (is_label(inside))
        mention(linter,
                arena_format(linter->arena, "%.*s:%.*s:%.*s", SLICE_ARG(linter->owner),
                             SLICE_ARG(rule_text(rule, ATTRIBUTE_IN)),
                             SLICE_ARG(slice_part(text, 0, at))),
                inside, rule, attribute);
}

/* --- extensions: "extension(patient-birthTime)" ------------------------------------------------*/

static const struct csv_table *known_extensions(const struct mapping_rules *rules)
{
    for (size_t i = 0; i < rules->tables.count; i++)
        if (slice_equal(rules->tables.items[i].name, SLICE("extensions")))
            return &rules->tables.items[i].csv;
    return NULL;
}

/* Extensions inside another one have the names that the outer one gives them. */
static bool stands_in_extension(const struct rule *rule)
{
    for (const struct rule *outer = rule->parent; outer; outer = outer->parent) {
        struct slice to = rule_text(outer, ATTRIBUTE_TO);
        if (slice_find(to, SLICE("extension(")) < to.len)
            return true;
    }
    return false;
}

static void check_extension(struct name_linter *linter, const struct rule *rule,
                            enum rule_attribute attribute)
{
    const struct csv_table *table = known_extensions(linter->rules);
    struct slice text = rule_text(rule, attribute);
    size_t at = slice_find(text, SLICE("extension("));
    if (!table || at == text.len || stands_in_extension(rule))
        return;
    at += SLICE("extension(").len;
    struct slice name = slice_after(text, at);
    name = slice_part(name, 0, slice_find_byte(name, ')'));
    size_t column = csv_column(table, "code");
    struct slice near = {NULL, 0};
    for (size_t i = 0; i < table->row_count; i++) {
        struct slice known = csv_cell(table, i, column);
        if (slice_equal(known, name))
            return;
        if (suggest_distance(name, known, SLIP_LETTERS) <= SLIP_LETTERS)
            near = arena_format(linter->arena, "did you mean '%.*s'?", SLICE_ARG(known));
    }
    bool is_url = slice_find_byte(name, ':') < name.len;
    bool is_hl7s = !is_url || slice_find(name, SLICE("hl7.org")) < name.len;
    if (is_hl7s || near.len)
        rule_value_warning(linter->issues, rule, attribute, at, name.len, "unknown-extension",
                           near.len ? near
                                    : SLICE("list it in codes/extensions.csv if it is right"),
                           "codes/extensions.csv knows no extension '%.*s'", SLICE_ARG(name));
}

/* --- the walk ----------------------------------------------------------------------------------*/

static void walk(struct name_linter *linter, const struct rule *rule)
{
    static const enum rule_attribute KEYS[] = {ATTRIBUTE_KEY, ATTRIBUTE_ALIAS};
    static const enum rule_attribute PATHS[] = {ATTRIBUTE_TO, ATTRIBUTE_INTO, ATTRIBUTE_PATH};
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++)
        mention_keys(linter, rule, KEYS[i]);
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        mention_labels(linter, rule, PATHS[i]);
        check_extension(linter, rule, PATHS[i]);
    }
    for (const struct rule *child = rule->first_child; child; child = child->next)
        walk(linter, child);
}

static size_t count_of(const struct name_linter *linter, const struct mention *one)
{
    size_t count = 0;
    for (size_t i = 0; i < linter->count; i++)
        count += slice_equal(linter->mentions[i].scope, one->scope) &&
                 slice_equal(linter->mentions[i].name, one->name);
    return count;
}

/* The other name of the scope that this one is a slip away from: one letter, or two where the name
 * is long. NULL where there is none. */
static const struct mention *look_alike(const struct name_linter *linter, const struct mention *one)
{
    unsigned limit = one->name.len < 6 ? 1 : SLIP_LETTERS;
    for (size_t i = 0; i < linter->count; i++) {
        const struct mention *other = &linter->mentions[i];
        if (!slice_equal(other->name, one->name) && slice_equal(other->scope, one->scope) &&
            suggest_distance(one->name, other->name, limit) <= limit)
            return other;
    }
    return NULL;
}

static void report_alone(struct name_linter *linter)
{
    for (size_t i = 0; i < linter->count; i++) {
        const struct mention *one = &linter->mentions[i];
        const struct mention *other = look_alike(linter, one);
        if (!other || count_of(linter, one) > 1)
            continue;
        struct slice text = rule_text(one->rule, one->attribute);
        rule_value_warning(
            linter->issues, one->rule, one->attribute, (size_t)(one->name.ptr - text.ptr),
            one->name.len, "lone-name",
            arena_format(linter->arena, "did you mean '%.*s'?", SLICE_ARG(other->name)),
            "'%.*s' stands nowhere else", SLICE_ARG(one->name));
    }
}

void mapping_rules_lint(const struct mapping_rules *rules, struct arena *arena,
                        struct issue_list *issues)
{
    struct name_linter linter = {.rules = rules, .arena = arena, .issues = issues};
    for (size_t i = 0; i < rules->maps.count; i++) {
        const struct map_source *map = rules->maps.entries[i].value;
        linter.owner = map->id;
        walk(&linter, map->rule);
    }
    for (size_t i = 0; i < rules->messages.count; i++) {
        const struct message_source *message = rules->messages.entries[i].value;
        linter.owner = rules->messages.entries[i].key;
        walk(&linter, message->rule);
    }
    report_alone(&linter);
    lint_tables(rules, NULL, arena, issues);
    lint_required(rules, arena, issues);
}
