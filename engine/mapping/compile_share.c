/* compile_share: what a site's program shares with the base's.
 *
 * A site says little: some rules, some rows of code tables, some places. Whatever body none of that
 * touches is the base's own; choices touch none, see condition.h. What touches a body is looked for
 * in the texts of its rules, and what only may touch it counts. A map that calls another needs
 * nothing for it: bodies are called by number, and the number leads to the site's body in the
 * site's program. */
#include "mapping/compile.h"

/* --- code tables -------------------------------------------------------------------------------*/

static size_t row_count_of(const struct csv_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->items[i].csv.row_count;
    return count;
}

static bool has_table(const struct csv_list *list, struct slice name)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->items[i].name, name))
            return true;
    return false;
}

static bool is_shared(const struct compiler *compiler, const struct csv_source *source)
{
    return compiler->base && !has_table(&compiler->site->tables, source->name) &&
           !code_table_names_site(&source->csv, compiler->program->site.id);
}

void compile_tables(struct compiler *compiler)
{
    struct code_tables *tables = &compiler->program->tables;
    const struct csv_list *own = &compiler->site->tables, *all = &compiler->rules->tables;
    if (!compiler->base)
        code_tables_reserve(tables, row_count_of(own) + row_count_of(all));
    for (size_t i = 0; i < own->count; i++)
        code_tables_add(tables, own->items[i].name, &own->items[i].csv);
    for (size_t i = 0; i < all->count; i++) {
        if (is_shared(compiler, &all->items[i]))
            code_tables_take(tables, all->items[i].name);
        else
            code_tables_add(tables, all->items[i].name, &all->items[i].csv);
    }
}

/* --- bodies ------------------------------------------------------------------------------------*/

/* Texts that a rule says where it depends on what the site changes. */
struct wanted {
    struct slice *items;
    size_t count;
};

struct changes {
    const struct compiler *compiler;
    struct wanted sets;   /* in any attribute: "'SET'" */
    struct wanted tables; /* as table="..." */
};

static void want(struct wanted *wanted, struct slice text, struct arena *arena)
{
    size_t count = wanted->count++;
    wanted->items =
        arena_grow(arena, wanted->items, count * sizeof(text), (count + 1) * sizeof(text));
    wanted->items[count] = text;
}

static bool names_one(const struct wanted *wanted, struct slice text)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (slice_find(text, wanted->items[i]) < text.len)
            return true;
    return false;
}

static bool is_one(const struct wanted *wanted, struct slice text)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (slice_equal(text, wanted->items[i]))
            return true;
    return false;
}

static void want_names(struct changes *changes, const struct map *names)
{
    struct arena *scratch = changes->compiler->scratch;
    for (size_t i = 0; i < names->count; i++) {
        struct slice name = names->entries[i].key;
        if (!code_tables_differ(&changes->compiler->program->tables, name))
            continue;
        want(&changes->tables, name, scratch);
        want(&changes->sets, arena_format(scratch, "'%.*s'", SLICE_ARG(name)), scratch);
    }
}

static struct changes changes_of(const struct compiler *compiler)
{
    struct changes changes = {.compiler = compiler};
    const struct code_tables *tables = &compiler->program->tables;
    want_names(&changes, &tables->tables);
    want_names(&changes, &tables->sets);
    return changes;
}

/* A place may be "PID-19", "PATIENT.PID-19.1" or "PID[2]-19". */
static bool may_read(struct slice from, const struct place *place, struct arena *scratch)
{
    const uint32_t id = place->segment;
    struct slice segment =
        arena_format(scratch, "%c%c%c", (char)(id >> 16), (char)(id >> 8), (char)id);
    struct slice field = arena_format(scratch, "-%u", place->field);
    return slice_find(from, segment) < from.len &&
           (place->field == 0 || slice_find(from, field) < from.len);
}

static bool reads_dropped(const struct compiler *compiler, struct slice from)
{
    for (size_t i = 0; i < compiler->site->dropped_count; i++)
        if (may_read(from, &compiler->site->dropped[i], compiler->scratch))
            return true;
    return false;
}

/* code="LN 2345-7": the tables `systems` say what LN is. */
static bool is_code_of_another_system(const struct compiler *compiler, const struct rule *rule)
{
    if (!rule_has(rule, ATTRIBUTE_CODE))
        return false;
    struct slice text = rule_text(rule, ATTRIBUTE_CODE);
    struct slice name = slice_part(text, 0, slice_find_byte(text, ' '));
    return !slice_equal(compile_system(&compiler->program->tables, name),
                        compile_system(&compiler->base->tables, name));
}

static bool touches_rule(const struct changes *changes, const struct rule *rule)
{
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++)
        if (names_one(&changes->sets, rule_text(rule, (enum rule_attribute)i)))
            return true;
    return is_one(&changes->tables, rule_text(rule, ATTRIBUTE_TABLE)) ||
           reads_dropped(changes->compiler, rule_text(rule, ATTRIBUTE_FROM)) ||
           is_code_of_another_system(changes->compiler, rule) ||
           map_get(&changes->compiler->site->overlays, rule->id) ||
           map_get(&changes->compiler->site->additions, rule->id);
}

static bool touches(const struct changes *changes, const struct rule *rule)
{
    if (touches_rule(changes, rule))
        return true;
    for (const struct rule *child = rule->first_child; child; child = child->next)
        if (touches(changes, child))
            return true;
    return false;
}

void compile_changes(const struct compiler *compiler, bool *ret_changed)
{
    const struct map *maps = &compiler->rules->maps, *messages = &compiler->rules->messages;
    struct changes changes = {.compiler = compiler};
    if (compiler->base)
        changes = changes_of(compiler);
    for (size_t i = 0; i < maps->count; i++) {
        const struct map_source *map = maps->entries[i].value;
        ret_changed[i] = !compiler->base || touches(&changes, map->rule);
    }
    for (size_t i = 0; i < messages->count; i++) {
        const struct message_source *message = messages->entries[i].value;
        ret_changed[maps->count + i] = !compiler->base || touches(&changes, message->rule);
    }
}
