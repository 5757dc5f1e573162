/* site: one clinic's differences. */
#include <string.h>

#include "base/file.h"
#include "base/zone.h"
#include "hl7v2/charset.h"
#include "mapping/library.h"

struct site_reader {
    const struct mapping_rules *rules;
    struct arena *arena;
    struct site_source *site;
    struct issue_list *issues;
    struct map inside; /* ids of the rules that stand in a <replace> */
};

static void append_overlay(struct map *map, struct slice key, struct rule *rule,
                           struct arena *arena)
{
    struct overlay *made = ARENA_NEW(arena, struct overlay);
    made->rule = rule;
    struct overlay *last = map_get(map, key);
    if (!last) {
        map_put(map, key, made);
        return;
    }
    while (last->next)
        last = last->next;
    last->next = made;
}

static struct slice nearest_key(const struct map *map, struct slice wrong, struct arena *arena)
{
    struct slice *names = ARENA_ARRAY(arena, map->count + 1, struct slice);
    for (size_t i = 0; i < map->count; i++)
        names[i] = map->entries[i].key;
    return rule_did_you_mean(arena, wrong, names, map->count);
}

static void report_unknown(struct site_reader *reader, const struct rule *rule,
                           enum rule_attribute attribute, const struct map *names, const char *id,
                           const char *what)
{
    struct slice wrong = rule_text(rule, attribute);
    rule_value_error(reader->issues, rule, attribute, 0, 0, id,
                     nearest_key(names, wrong, reader->issues->arena), "there is no %s '%.*s'",
                     what, SLICE_ARG(wrong));
}

/* A change that would change nothing: no attribute, or each one as it was. */
static bool changes_nothing(const struct rule *change, const struct rule *base)
{
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (i == ATTRIBUTE_ID || i == ATTRIBUTE_WHEN || i == ATTRIBUTE_BECAUSE)
            continue;
        enum rule_attribute attribute = (enum rule_attribute)i;
        if (rule_has(change, attribute) &&
            !slice_equal(rule_text(change, attribute), rule_text(base, attribute)))
            return false;
    }
    return true;
}

/* The rules inside a <replace> stand in the place of those of its base. */
static bool read_inside(struct site_reader *reader, struct rule *rule, const struct rule *base)
{
    const struct rule_word_row *rows = base->is_send ? RULE_SENDS : RULE_WORDS;
    struct slice word = RULE_WORDS[base->word].name;
    library_name_rules(rule, rule->id, &reader->inside, library_id_arena(reader->rules),
                       reader->issues);
    for (const struct rule *child = rule->first_child; child; child = child->next)
        if (!(rows[base->word].children >> child->word & 1)) {
            rule_error(reader->issues, child, "wrong-place",
                       SLICE("a <replace> holds what the rule that it replaces may hold"),
                       "<%.*s> may not stand in a <%.*s>, which this replaces",
                       SLICE_ARG(RULE_WORDS[child->word].name), SLICE_ARG(word));
            return false;
        }
    return true;
}

static void read_overlay(struct site_reader *reader, struct rule *rule)
{
    const struct rule *base = map_get(&reader->rules->rules, rule->id);
    if (!base) {
        report_unknown(reader, rule, ATTRIBUTE_ID, &reader->rules->rules, "unknown-rule", "rule");
        return;
    }
    if (rule->word == WORD_CHANGE && changes_nothing(rule, base)) {
        rule_error(reader->issues, rule, "changes-nothing",
                   SLICE("to keep a rule from running write <drop id=\"...\" because=\"...\"/>"),
                   "this change leaves rule '%.*s' as it is", SLICE_ARG(rule->id));
        return;
    }
    if (rule->word == WORD_REPLACE && !read_inside(reader, rule, base))
        return;
    append_overlay(&reader->site->overlays, rule->id, rule, reader->arena);
}

static void read_place_drop(struct site_reader *reader, struct rule *rule)
{
    struct places places;
    size_t column;
    struct slice from = rule_text(rule, ATTRIBUTE_FROM);
    if (places_parse(from, reader->arena, &places, &column) != 0) {
        rule_value_error(reader->issues, rule, ATTRIBUTE_FROM, column, 1, "place-syntax",
                         SLICE("a place is written as PID-19"), "this is no place");
        return;
    }
    struct place_scope scope = {.dictionary = reader->rules->dictionary,
                                .version = site_version(reader->site)};
    size_t count = reader->site->dropped_count;
    for (size_t i = 0; i < places.count; i++) {
        place_check(&places.items[i], &scope, rule, ATTRIBUTE_FROM,
                    (size_t)(places.items[i].text.ptr - from.ptr), reader->issues);
        reader->site->dropped =
            arena_grow(reader->arena, reader->site->dropped, count * sizeof(struct place),
                       (count + 1) * sizeof(struct place));
        reader->site->dropped[count++] = places.items[i];
    }
    reader->site->dropped_count = count;
}

static void read_drop(struct site_reader *reader, struct rule *rule)
{
    if (rule->id_given) {
        read_overlay(reader, rule);
        return;
    }
    if (rule_has(rule, ATTRIBUTE_FROM)) {
        read_place_drop(reader, rule);
        return;
    }
    rule_error(reader->issues, rule, "missing-attribute", (struct slice){NULL, 0},
               "<drop> needs the attribute 'id' or 'from'");
}

static void read_add(struct site_reader *reader, struct rule *rule)
{
    enum rule_attribute attribute = rule_has(rule, ATTRIBUTE_MAP)  ? ATTRIBUTE_MAP
                                    : rule_has(rule, ATTRIBUTE_TO) ? ATTRIBUTE_TO
                                                                   : ATTRIBUTE_RULE;
    if (!rule_has(rule, attribute)) {
        rule_error(reader->issues, rule, "missing-attribute", (struct slice){NULL, 0},
                   "<add> needs the attribute 'map', 'rule' or 'to'");
        return;
    }
    struct slice target = rule_text(rule, attribute);
    const struct map *names =
        attribute == ATTRIBUTE_MAP ? &reader->rules->maps : &reader->rules->rules;
    bool is_send_map =
        attribute == ATTRIBUTE_TO && map_get(&reader->rules->send_maps, target) != NULL;
    if (!is_send_map && !map_get(names, target)) {
        bool is_map = attribute == ATTRIBUTE_MAP;
        report_unknown(reader, rule, attribute, names, is_map ? "unknown-map" : "unknown-rule",
                       is_map ? "map" : "rule");
        return;
    }
    append_overlay(&reader->site->additions, target, rule, reader->arena);
}

static void read_answer(struct site_reader *reader, struct rule *rule)
{
    const struct rule *choice = map_get(&reader->rules->choices, rule->id);
    if (!choice) {
        report_unknown(reader, rule, ATTRIBUTE_ID, &reader->rules->choices, "unknown-choice",
                       "choice");
        return;
    }
    struct slice is = rule_text(rule, ATTRIBUTE_IS), rest = rule_text(choice, ATTRIBUTE_VALUES);
    bool known = rest.len == 0;
    for (struct slice one; !known && slice_split(&rest, ',', &one);)
        known = slice_equal(slice_trim(one), is);
    if (!known)
        rule_value_error(reader->issues, rule, ATTRIBUTE_IS, 0, 0, "unknown-choice",
                         arena_format(reader->issues->arena, "it may be: %.*s",
                                      SLICE_ARG(rule_text(choice, ATTRIBUTE_VALUES))),
                         "the choice '%.*s' cannot be '%.*s'", SLICE_ARG(rule->id), SLICE_ARG(is));
    map_put(&reader->site->answers, rule->id, rule);
}

static void read_child(struct site_reader *reader, struct rule *child)
{
    static void (*const READERS[WORD_COUNT])(struct site_reader *, struct rule *) = {
        [WORD_CHANGE] = read_overlay, [WORD_REPLACE] = read_overlay, [WORD_DROP] = read_drop,
        [WORD_ADD] = read_add,        [WORD_CHOICE] = read_answer,
    };
    if (READERS[child->word])
        READERS[child->word](reader, child);
}

enum hl7v2_version site_version(const struct site_source *site)
{
    if (!site->rule)
        return HL7V2_VERSION_UNKNOWN;
    return hl7v2_version_of(rule_text(site->rule, ATTRIBUTE_VERSION));
}

static bool is_version(struct slice text, struct arena *arena)
{
    (void)arena;
    return hl7v2_version_of(text) != HL7V2_VERSION_UNKNOWN;
}

static bool is_zone(struct slice text, struct arena *arena)
{
    return zone_load(arena, text) != NULL;
}

static bool is_charset(struct slice text, struct arena *arena)
{
    (void)arena;
    return hl7v2_charset_of_setting(text) != HL7V2_CHARSET_UNKNOWN;
}

/* What a site says of itself must be known: an unknown zone would silently be UTC. */
static void check_head(const struct rule *rule, struct issue_list *issues)
{
    static const struct {
        enum rule_attribute attribute;
        bool (*is_known)(struct slice text, struct arena *arena);
        const char *id, *hint, *words;
    } rows[] = {
        {ATTRIBUTE_VERSION, is_version, "unknown-version",
         "a version is written as in MSH-12, such as 2.5.1", "HL7 v2 has no version"},
        {ATTRIBUTE_TIME_ZONE, is_zone, "unknown-time-zone",
         "a zone is written as in the tz database, such as America/Los_Angeles",
         "there is no time zone"},
        {ATTRIBUTE_CHARSET, is_charset, "unknown-charset",
         "it may be: ASCII, 8859/1, 8859/15, UNICODE UTF-8, windows-1252", "no charset is called"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slice text = rule_text(rule, rows[i].attribute);
        if (rule_has(rule, rows[i].attribute) && !rows[i].is_known(text, issues->arena))
            rule_value_error(issues, rule, rows[i].attribute, 0, 0, rows[i].id,
                             slice_of(rows[i].hint), "%s '%.*s'", rows[i].words, SLICE_ARG(text));
    }
}

int site_of_file(const struct mapping_rules *rules, const struct mapping_file *file,
                 struct rule *root, const struct mapping_texts *texts, struct arena *arena,
                 struct site_source *ret_site, struct issue_list *issues)
{
    struct site_source site = {.file = file, .rule = root, .digests = ret_site->digests};
    struct site_reader reader = {.rules = rules, .arena = arena, .site = &site, .issues = issues};
    map_init(&reader.inside, arena);
    map_init(&site.overlays, arena);
    map_init(&site.additions, arena);
    map_init(&site.answers, arena);
    *ret_site = site;
    if (!root)
        return 0;
    check_head(root, issues);
    for (struct rule *child = root->first_child; child; child = child->next)
        read_child(&reader, child);
    if (library_tables(texts, arena, &site.tables, &site.digests, issues) != 0 ||
        issue_list_failed(issues))
        return -1;
    *ret_site = site;
    return 0;
}

int site_load(const struct mapping_rules *rules, const struct mapping_texts *texts,
              struct arena *arena, struct site_source *ret_site, struct issue_list *issues)
{
    struct site_source site = {.file = NULL};
    if (!texts) {
        *ret_site = site;
        return site_of_file(rules, NULL, NULL, NULL, arena, ret_site, issues);
    }
    struct slice name = mapping_texts_site_name(texts->folder, arena);
    const struct mapping_text *own = mapping_texts_get(texts, name);
    struct slice path = slice_of(file_join(arena, texts->folder, name));
    if (!own) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(path, 0, 0),
                     "the site's own file is missing");
        return -1;
    }
    struct mapping_file *file =
        library_file(path, own->text, rules->kept, arena, &site.digests, issues);
    struct rule *root = NULL;
    if (file)
        root = rule_tree_on(file, UINT64_C(1) << WORD_SITE, &rules->rules, arena, issues);
    if (!root)
        return -1;
    *ret_site = site;
    return site_of_file(rules, file, root, texts, arena, ret_site, issues);
}
