/* lint_tables: code tables that are read without an error and do not do what was meant: a table
 * that no rule asks, a column that no rule reads, a code that is answered twice. */
#include "base/suggest.h"
#include "mapping/lint.h"
#include "mapping/table.h"

struct table_linter {
    struct map asked; /* names of tables that rules ask */
    struct arena *arena;
    struct issue_list *issues;
};

static void warn(const struct table_linter *linter, struct issue_place place, const char *id,
                 struct slice hint, struct slice words)
{
    issue_add(linter->issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                             .severity = ISSUE_WARNING,
                                             .place = place,
                                             .words = words,
                                             .hint = hint,
                                             .rule = slice_of(id)});
}

/* --- which tables are asked --------------------------------------------------------------------*/

static void note(struct table_linter *linter, struct slice name)
{
    if (name.len)
        map_put(&linter->asked, name, linter);
}

/* Every codes('x') of a condition. */
static void note_sets(struct table_linter *linter, struct slice condition)
{
    const struct slice opening = SLICE("codes('");
    for (;;) {
        size_t at = slice_find(condition, opening);
        if (at == condition.len)
            return;
        condition = slice_after(condition, at + opening.len);
        note(linter, slice_part(condition, 0, slice_find_byte(condition, '\'')));
    }
}

static void note_rule(struct table_linter *linter, const struct rule *rule)
{
    note(linter, rule_text(rule, ATTRIBUTE_TABLE));
    note_sets(linter, rule_text(rule, ATTRIBUTE_WHEN));
    note_sets(linter, rule_text(rule, ATTRIBUTE_IS));
    note_sets(linter, rule_text(rule, ATTRIBUTE_WHERE));
    for (const struct rule *child = rule->first_child; child; child = child->next)
        note_rule(linter, child);
}

static void note_base(struct table_linter *linter, const struct mapping_rules *rules)
{
    static const char *const OWN[] = {"systems", "extensions"};
    for (size_t i = 0; i < sizeof(OWN) / sizeof(OWN[0]); i++)
        note(linter, slice_of(OWN[i]));
    for (size_t i = 0; i < rules->rules.count; i++)
        note_rule(linter, rules->rules.entries[i].value);
    for (size_t i = 0; i < rules->maps.count; i++) {
        const struct map_source *map = rules->maps.entries[i].value;
        note_rule(linter, map->rule);
    }
    for (size_t i = 0; i < rules->messages.count; i++) {
        const struct message_source *message = rules->messages.entries[i].value;
        note_rule(linter, message->rule);
    }
}

/* --- one table ---------------------------------------------------------------------------------*/

/* Its own name, or a concept of one of its rows. */
static bool is_asked(const struct table_linter *linter, const struct csv_source *source)
{
    if (map_get(&linter->asked, source->name))
        return true;
    size_t column = csv_column(&source->csv, "concept");
    for (size_t row = 0; row < source->csv.row_count; row++) {
        struct slice concept = csv_cell(&source->csv, row, column);
        if (concept.len && map_get(&linter->asked, concept))
            return true;
    }
    return false;
}

static void check_name(const struct table_linter *linter, const struct csv_source *source)
{
    if (is_asked(linter, source))
        return;
    struct slice *names = ARENA_ARRAY(linter->arena, linter->asked.count + 1, struct slice);
    for (size_t i = 0; i < linter->asked.count; i++)
        names[i] = linter->asked.entries[i].key;
    struct slice near = rule_did_you_mean(linter->arena, source->name, names, linter->asked.count);
    warn(linter, issue_place_file(source->csv.file, source->csv.head_line, 1), "unused-table",
         near.len ? near : SLICE("a table is asked by table=\"...\" or in codes('...')"),
         arena_format(linter->arena, "no rule asks the table '%.*s'", SLICE_ARG(source->name)));
}

/* FHIR paths have no '_': such a column, or one a letter away from ours, is a slip. */
static void check_columns(const struct table_linter *linter, const struct csv_table *csv)
{
    size_t count;
    const struct slice *known = code_table_columns(&count);
    for (size_t i = 0; i < csv->column_count; i++) {
        struct slice name = csv->columns[i];
        size_t nearest = suggest_nearest(name, known, count);
        bool is_known = nearest < count && slice_equal(known[nearest], name);
        bool is_near = nearest < count && suggest_distance(name, known[nearest], 2) <= 2;
        if (is_known || (!is_near && slice_find_byte(name, '_') == name.len))
            continue;
        warn(linter, issue_place_file(csv->file, csv->head_line, 1), "unread-column",
             nearest < count
                 ? arena_format(linter->arena, "did you mean '%.*s'?", SLICE_ARG(known[nearest]))
                 : SLICE("a column is one of ours or a FHIR path"),
             arena_format(linter->arena, "nobody reads the column '%.*s'", SLICE_ARG(name)));
    }
}

/* What tells rows of one code apart; a second one of the same is never reached. */
static struct slice identity_of(const struct csv_table *csv, size_t row, struct arena *arena)
{
    static const char *const PARTS[] = {"code",         "local_code", "code_system",
                                        "local_system", "site",       "concept"};
    struct slice whole = {NULL, 0};
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++)
        whole = arena_format(arena, "%.*s\x1f%.*s", SLICE_ARG(whole),
                             SLICE_ARG(csv_cell(csv, row, csv_column(csv, PARTS[i]))));
    return whole;
}

static void check_twice(const struct table_linter *linter, const struct csv_table *csv)
{
    struct map seen;
    map_init(&seen, linter->arena);
    for (size_t row = 0; row < csv->row_count; row++) {
        struct slice identity = identity_of(csv, row, linter->arena);
        const struct issue_place *first = map_get(&seen, identity);
        struct issue_place *place = ARENA_NEW(linter->arena, struct issue_place);
        *place = csv_place(csv, row, 0);
        if (!first)
            map_put(&seen, identity, place);
        else
            warn(linter, *place, "duplicate-code", SLICE("one of the two rows is too much"),
                 arena_format(linter->arena, "line %u answers this code already", first->line));
    }
}

/* --- a site ------------------------------------------------------------------------------------*/

static void check_tested(const struct rule *site, size_t test_count, struct issue_list *issues)
{
    size_t rules = 0;
    for (const struct rule *child = site->first_child; child; child = child->next)
        rules += child->word != WORD_TEST && child->word != WORD_CHOICE;
    if (rules > 0 && test_count == 0)
        rule_value_warning(issues, site, ATTRIBUTE_ID, 0, 0, "untested",
                           SLICE("painbridge map capture MESSAGE --as-test NAME writes one"),
                           "%zu rule%s of this site and no test", rules, rules == 1 ? "" : "s");
}

void mapping_site_lint(const struct mapping_rules *rules, const struct mapping_texts *texts,
                       size_t test_count, struct arena *arena, struct issue_list *issues)
{
    struct site_source site;
    struct issue_list said_before;
    issue_list_init(&said_before, arena);
    if (site_load(rules, texts, arena, &site, &said_before) != 0 || !site.rule)
        return;
    check_tested(site.rule, test_count, issues);
    lint_tables(rules, &site, arena, issues);
}

void lint_tables(const struct mapping_rules *rules, const struct site_source *site,
                 struct arena *arena, struct issue_list *issues)
{
    struct table_linter linter = {.arena = arena, .issues = issues};
    map_init(&linter.asked, arena);
    note_base(&linter, rules);
    if (site)
        note_rule(&linter, site->rule);
    const struct csv_list *tables = site ? &site->tables : &rules->tables;
    for (size_t i = 0; i < tables->count; i++) {
        /* HL7's tables are shipped whole; a table of comments only is one to be filled in */
        if (site && tables->items[i].csv.row_count > 0)
            check_name(&linter, &tables->items[i]);
        check_columns(&linter, &tables->items[i].csv);
        check_twice(&linter, &tables->items[i].csv);
    }
}
