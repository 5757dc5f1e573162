/* explain: see the header. */
#include "mapping/explain.h"

#include "mapping/compile.h"
#include "mapping/library.h"

struct explainer {
    const struct mapping_rules *rules;
    struct site_source site;
    struct map added; /* id to struct rule: what the site adds */
    struct arena *arena;
    struct mapping_explained_rule *explained;
};

/* --- ways --------------------------------------------------------------------------------------*/

static struct mapping_explained_way *push_way(struct explainer *explainer)
{
    struct mapping_explained_rule *explained = explainer->explained;
    size_t count = explained->way_count++;
    explained->ways =
        arena_grow(explainer->arena, explained->ways, count * sizeof(struct mapping_explained_way),
                   (count + 1) * sizeof(struct mapping_explained_way));
    return &explained->ways[count];
}

static void list_attributes(struct explainer *explainer, const struct rule *rule,
                            struct mapping_explained_way *way)
{
    struct rule_values values = rule_given(rule);
    way->attributes =
        ARENA_ARRAY(explainer->arena, ATTRIBUTE_COUNT, struct mapping_explained_attribute);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        const struct rule_value *value = &values.items[i];
        if (i == ATTRIBUTE_ID || !value->attribute)
            continue;
        struct issue_place place = xml_value_place(&value->file->document, value->attribute, 0, 0);
        way->attributes[way->attribute_count++] =
            (struct mapping_explained_attribute){.name = RULE_ATTRIBUTE_NAMES[i],
                                                 .value = value->attribute->value,
                                                 .file = value->file->name,
                                                 .line = place.line,
                                                 .column = place.column};
    }
}

static void add_way(struct explainer *explainer, const struct rule *base,
                    const struct rule *overlay)
{
    struct mapping_explained_way *way = push_way(explainer);
    const struct rule *said = overlay ? overlay : base;
    *way = (struct mapping_explained_way){.because = rule_text(said, ATTRIBUTE_BECAUSE),
                                          .file = said->file->name,
                                          .line = said->element->line,
                                          .column = said->element->column};
    if (!overlay) {
        list_attributes(explainer, base, way);
        return;
    }
    way->word = RULE_WORDS[overlay->word].name;
    way->when = rule_text(overlay, ATTRIBUTE_WHEN);
    if (overlay->word == WORD_CHANGE)
        list_attributes(explainer, compile_changed(base, overlay, explainer->arena), way);
    else if (overlay->word == WORD_REPLACE)
        list_attributes(explainer, compile_replacing(base, overlay, explainer->arena), way);
}

/* As compile_rule asks them: a word without a condition leaves nothing to the next. */
static void list_ways(struct explainer *explainer, const struct rule *rule)
{
    const struct overlay *overlay =
        explainer->site.rule ? map_get(&explainer->site.overlays, rule->id) : NULL;
    for (; overlay; overlay = overlay->next) {
        add_way(explainer, rule, overlay->rule);
        if (!rule_has(overlay->rule, ATTRIBUTE_WHEN))
            return;
    }
    add_way(explainer, rule, NULL);
}

/* --- what stands in it -------------------------------------------------------------------------*/

static void push_inside(struct explainer *explainer, const struct rule *rule)
{
    struct mapping_explained_rule *explained = explainer->explained;
    for (const struct rule *child = rule->first_child; child; child = child->next) {
        if (child->id.len == 0)
            continue;
        size_t count = explained->inside_count++;
        explained->inside =
            arena_grow(explainer->arena, explained->inside, count * sizeof(struct slice),
                       (count + 1) * sizeof(struct slice));
        explained->inside[count] = child->id;
    }
}

static void list_inside(struct explainer *explainer, const struct rule *rule)
{
    push_inside(explainer, rule);
    const struct overlay *added =
        explainer->site.rule ? map_get(&explainer->site.additions, rule->id) : NULL;
    for (; added; added = added->next)
        push_inside(explainer, added->rule);
}

/* --- which rule --------------------------------------------------------------------------------*/

/* As the compiler does, so that rules without an id are called the same. */
static void name_added(struct explainer *explainer, struct issue_list *issues)
{
    for (size_t i = 0; i < explainer->site.additions.count; i++) {
        const struct overlay *added = explainer->site.additions.entries[i].value;
        for (; added; added = added->next)
            library_name_rules(added->rule, explainer->site.rule->id, &explainer->added,
                               explainer->arena, issues);
    }
}

static const struct rule *rule_named(const struct explainer *explainer, struct slice id)
{
    const struct rule *rule = map_get(&explainer->rules->rules, id);
    if (!rule)
        rule = map_get(&explainer->added, id);
    const struct map_source *map = rule ? NULL : map_get(&explainer->rules->maps, id);
    const struct message_source *message =
        rule || map ? NULL : map_get(&explainer->rules->messages, id);
    return rule ? rule : map ? map->rule : message ? message->rule : NULL;
}

static void report_unknown(const struct explainer *explainer, struct slice id,
                           struct issue_list *issues)
{
    const struct map *maps[] = {&explainer->rules->rules, &explainer->added,
                                &explainer->rules->maps, &explainer->rules->messages};
    size_t count = 0, total = 0;
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
        total += maps[i]->count;
    struct slice *names = ARENA_ARRAY(explainer->arena, total + 1, struct slice);
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
        for (size_t k = 0; k < maps[i]->count; k++)
            names[count++] = maps[i]->entries[k].key;
    issue_add(issues, (struct issue){.code = ISSUE_NOT_FOUND,
                                     .severity = ISSUE_ERROR,
                                     .words = arena_format(issues->arena, "there is no rule '%.*s'",
                                                           SLICE_ARG(id)),
                                     .hint = rule_did_you_mean(issues->arena, id, names, count)});
}

int mapping_explain_rule(const struct mapping_rules *rules, const struct mapping_texts *site_texts,
                         struct slice id, struct arena *arena,
                         struct mapping_explained_rule *ret_explained, struct issue_list *issues)
{
    struct mapping_explained_rule explained = {0};
    struct explainer explainer = {.rules = rules, .arena = arena, .explained = &explained};
    map_init(&explainer.added, arena);
    if (site_load(rules, site_texts, arena, &explainer.site, issues) != 0)
        return -1;
    if (explainer.site.rule)
        name_added(&explainer, issues);
    const struct rule *rule = rule_named(&explainer, id), *root = rule;
    if (!rule) {
        report_unknown(&explainer, id, issues);
        return -1;
    }
    while (root->parent)
        root = root->parent;
    explained.id = rule->id;
    explained.word = RULE_WORDS[rule->word].name;
    explained.owner = root->id;
    explained.parent = rule->parent ? rule->parent->id : (struct slice){NULL, 0};
    explained.file = rule->file->name;
    explained.line = rule->element->line;
    explained.column = rule->element->column;
    list_ways(&explainer, rule);
    list_inside(&explainer, rule);
    *ret_explained = explained;
    return 0;
}

struct slice mapping_explain_when(const struct mapping_program *program, struct slice id)
{
    const struct rule *rule = map_get(&program->rules->rules, id);
    return rule ? rule_text(rule, ATTRIBUTE_WHEN) : (struct slice){NULL, 0};
}
