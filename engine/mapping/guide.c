/* guide: see the header.
 *
 *   guide="PID[Patient]:10,11-13; PV1[Patient]:4"     rows = map ":" range { "," range }
 */
#include "mapping/guide.h"

#include "mapping/library.h"

#define NUMBER_LIMIT 100000

const struct slice MAPPING_GUIDE_STATES[MAPPING_GUIDE_STATE_COUNT] = {
    [MAPPING_GUIDE_TAKEN] = SLICE_INIT("taken"),
    [MAPPING_GUIDE_SAID_OTHERWISE] = SLICE_INIT("said otherwise"),
    [MAPPING_GUIDE_LEFT_OUT] = SLICE_INIT("left out"),
    [MAPPING_GUIDE_NOT_COMPUTABLE] = SLICE_INIT("not computable"),
};
static const struct slice NOT_MAPPED = SLICE_INIT("not mapped by the guide");

/* A rule that names a row of the guide. */
struct naming {
    const struct rule *rule;
    struct naming *next; /* of the same row */
};

struct counter {
    struct map named; /* "PID[Patient]:10" to the first struct naming */
    struct map maps;  /* name to struct mapping_guide_map; two kinds share no name */
    const struct csv_table *rows;
    struct mapping_guide *guide;
    struct arena *arena;
    struct issue_list *issues;
};

/* --- what the rules name -----------------------------------------------------------------------*/

static void name_row(struct counter *counter, const struct rule *rule, struct slice map,
                     uint64_t number)
{
    struct slice key =
        arena_format(counter->arena, "%.*s:%llu", SLICE_ARG(map), (unsigned long long)number);
    struct naming *made = ARENA_NEW(counter->arena, struct naming);
    *made = (struct naming){.rule = rule, .next = map_get(&counter->named, key)};
    map_put(&counter->named, key, made);
}

/* "10" or "11-13". False where it is neither. */
static bool name_range(struct counter *counter, const struct rule *rule, struct slice map,
                       struct slice range)
{
    size_t dash = slice_find_byte(range, '-');
    struct slice last = dash < range.len ? slice_after(range, dash + 1) : range;
    uint64_t from, to;
    if (!slice_to_uint64(slice_trim(slice_part(range, 0, dash)), NUMBER_LIMIT, &from) ||
        !slice_to_uint64(slice_trim(last), NUMBER_LIMIT, &to))
        return false;
    for (uint64_t number = from; number <= to; number++)
        name_row(counter, rule, map, number);
    return true;
}

static void name_rows(struct counter *counter, const struct rule *rule)
{
    struct slice rest = rule_text(rule, ATTRIBUTE_GUIDE), part;
    while (slice_split(&rest, ';', &part)) {
        part = slice_trim(part);
        size_t colon = slice_find_byte(part, ':');
        struct slice ranges = slice_after(part, colon + 1), range;
        bool is_row = colon < part.len;
        while (is_row && slice_split(&ranges, ',', &range))
            is_row = name_range(counter, rule, slice_part(part, 0, colon), slice_trim(range));
        if (!is_row)
            rule_value_error(counter->issues, rule, ATTRIBUTE_GUIDE, 0, 0, "guide-syntax",
                             SLICE("a row is written as PID[Patient]:10"),
                             "this names no row of the guide");
    }
}

/* The rule and all that stand in it. Depth is bounded by the XML reader. */
static void name_tree(struct counter *counter, const struct rule *rule)
{
    if (rule_has(rule, ATTRIBUTE_GUIDE))
        name_rows(counter, rule);
    for (const struct rule *child = rule->first_child; child; child = child->next)
        name_tree(counter, child);
}

static void name_all(struct counter *counter, const struct mapping_rules *rules)
{
    for (size_t i = 0; i < rules->maps.count; i++)
        name_tree(counter, ((const struct map_source *)rules->maps.entries[i].value)->rule);
    for (size_t i = 0; i < rules->messages.count; i++)
        name_tree(counter, ((const struct message_source *)rules->messages.entries[i].value)->rule);
}

/* --- the maps ----------------------------------------------------------------------------------*/

static size_t number_in(const struct csv_table *maps, size_t row, const char *column)
{
    uint64_t number = 0;
    (void)slice_to_uint64(csv_cell(maps, row, csv_column(maps, column)), NUMBER_LIMIT, &number);
    return number;
}

/* Code maps are counted by who compared the tables; of the others the rows are counted here. */
static void take_maps(struct counter *counter, const struct csv_table *maps)
{
    struct mapping_guide *guide = counter->guide;
    guide->maps = ARENA_ARRAY(counter->arena, maps->row_count, struct mapping_guide_map);
    guide->map_count = maps->row_count;
    for (size_t i = 0; i < maps->row_count; i++) {
        struct mapping_guide_map *map = &guide->maps[i];
        map->kind = csv_cell(maps, i, csv_column(maps, "kind"));
        map->name = csv_cell(maps, i, csv_column(maps, "map"));
        map->reason = csv_cell(maps, i, csv_column(maps, "reason"));
        if (!slice_equal(map->kind, SLICE("codes"))) {
            map_put(&counter->maps, map->name, map);
            continue;
        }
        map->rows = number_in(maps, i, "rows with a target");
        for (size_t state = 0; state < MAPPING_GUIDE_STATE_COUNT; state++)
            map->counts[state] = number_in(maps, i, MAPPING_GUIDE_STATES[state].ptr);
    }
}

/* What COVERAGE-MAPS.csv says, where it is not what was counted. */
static void compare_counts(struct counter *counter, const struct csv_table *maps)
{
    for (size_t i = 0; i < maps->row_count; i++) {
        const struct mapping_guide_map *map = &counter->guide->maps[i];
        bool same = map->rows == number_in(maps, i, "rows with a target");
        for (size_t state = 0; state < MAPPING_GUIDE_STATE_COUNT; state++)
            same &= map->counts[state] == number_in(maps, i, MAPPING_GUIDE_STATES[state].ptr);
        if (!same)
            issue_report(counter->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, csv_place(maps, i, 1),
                         "the counts of '%.*s' are not those of its rows", SLICE_ARG(map->name));
    }
}

/* --- the rows ----------------------------------------------------------------------------------*/

static enum mapping_guide_state state_named(struct slice name)
{
    enum mapping_guide_state state = MAPPING_GUIDE_TAKEN;
    while (state < MAPPING_GUIDE_STATE_COUNT && !slice_equal(MAPPING_GUIDE_STATES[state], name))
        state++;
    return state;
}

static struct slice last_part(struct slice path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/')
            return slice_after(path, i);
    return path;
}

/* "PID-Patient.xml#pid.birthdate": the file, and what the rule is called in it. */
static bool is_called(const struct rule *rule, struct slice name)
{
    static const enum rule_attribute NAMES[] = {ATTRIBUTE_ID, ATTRIBUTE_MAP, ATTRIBUTE_NAME};
    size_t hash = slice_find_byte(name, '#');
    struct slice own = {NULL, 0};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]) && own.len == 0; i++)
        own = rule_text(rule, NAMES[i]);
    return slice_equal(last_part(rule->file->name), slice_part(name, 0, hash)) &&
           slice_equal(own, slice_after(name, hash + 1));
}

static void check_row(struct counter *counter, size_t row, enum mapping_guide_state state)
{
    const struct csv_table *rows = counter->rows;
    size_t column = csv_column(rows, "rule");
    struct slice name = csv_cell(rows, row, column);
    struct slice key = arena_format(counter->arena, "%.*s:%.*s",
                                    SLICE_ARG(csv_cell(rows, row, csv_column(rows, "map"))),
                                    SLICE_ARG(csv_cell(rows, row, csv_column(rows, "row"))));
    bool is_named = name.len == 0;
    for (const struct naming *at = map_get(&counter->named, key); at; at = at->next)
        is_named |= is_called(at->rule, name);
    if (!is_named)
        issue_report(counter->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                     csv_place(rows, row, column), "no rule '%.*s' with guide=\"%.*s\" is loaded",
                     SLICE_ARG(name), SLICE_ARG(key));
    if (state == MAPPING_GUIDE_TAKEN && name.len == 0)
        issue_report(counter->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                     csv_place(rows, row, column), "a row is taken, and no rule is named");
    column = csv_column(rows, "reason");
    if (state != MAPPING_GUIDE_TAKEN && csv_cell(rows, row, column).len == 0)
        issue_report(counter->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                     csv_place(rows, row, column), "a row is not taken, and no reason is given");
}

static void take_row(struct counter *counter, size_t row)
{
    const struct csv_table *rows = counter->rows;
    struct slice status = csv_cell(rows, row, csv_column(rows, "status"));
    struct slice name = csv_cell(rows, row, csv_column(rows, "map"));
    enum mapping_guide_state state = state_named(status);
    if (slice_equal(status, NOT_MAPPED))
        return;
    struct mapping_guide_map *map = map_get(&counter->maps, name);
    if (!map || state == MAPPING_GUIDE_STATE_COUNT) {
        issue_report(counter->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, csv_place(rows, row, 0),
                     "unknown %s '%.*s'", map ? "status" : "map", SLICE_ARG(map ? status : name));
        return;
    }
    map->rows++;
    map->counts[state]++;
    check_row(counter, row, state);
}

/* A rule may also name rows that map nothing. */
static void check_names(struct counter *counter)
{
    struct map known;
    const struct csv_table *rows = counter->rows;
    map_init(&known, counter->arena);
    for (size_t row = 0; row < rows->row_count; row++)
        map_put(&known,
                arena_format(counter->arena, "%.*s:%.*s",
                             SLICE_ARG(csv_cell(rows, row, csv_column(rows, "map"))),
                             SLICE_ARG(csv_cell(rows, row, csv_column(rows, "row")))),
                counter);
    for (size_t i = 0; i < counter->named.count; i++) {
        const struct map_entry *entry = &counter->named.entries[i];
        const struct naming *naming = entry->value;
        if (!map_get(&known, entry->key))
            rule_value_error(counter->issues, naming->rule, ATTRIBUTE_GUIDE, 0, 0, "guide-row",
                             (struct slice){NULL, 0}, "the guide has no row %.*s",
                             SLICE_ARG(entry->key));
    }
}

/* --- the whole ---------------------------------------------------------------------------------*/

static void sum_up(struct mapping_guide *guide)
{
    for (size_t i = 0; i < guide->map_count; i++) {
        guide->all.rows += guide->maps[i].rows;
        for (size_t state = 0; state < MAPPING_GUIDE_STATE_COUNT; state++)
            guide->all.counts[state] += guide->maps[i].counts[state];
    }
}

int mapping_guide_count(const struct mapping_rules *rules, const struct csv_table *rows,
                        const struct csv_table *maps, struct arena *arena,
                        struct mapping_guide *ret_guide, struct issue_list *issues)
{
    struct counter counter = {.rows = rows, .guide = ret_guide, .arena = arena, .issues = issues};
    *ret_guide = (struct mapping_guide){0};
    map_init(&counter.named, arena);
    map_init(&counter.maps, arena);
    name_all(&counter, rules);
    take_maps(&counter, maps);
    for (size_t row = 0; row < rows->row_count; row++)
        take_row(&counter, row);
    compare_counts(&counter, maps);
    check_names(&counter);
    sum_up(ret_guide);
    size_t missing = ret_guide->all.counts[MAPPING_GUIDE_NOT_COMPUTABLE];
    if (missing * 100 > ret_guide->all.rows * MAPPING_GUIDE_NOT_COMPUTABLE_LIMIT)
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "%zu of %zu rows are said to be not computable, more than %d %%", missing,
                     ret_guide->all.rows, MAPPING_GUIDE_NOT_COMPUTABLE_LIMIT);
    return issue_list_failed(issues) ? -1 : 0;
}
