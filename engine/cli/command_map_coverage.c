/* map coverage: how much the rules hold of HL7's guide. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/knowledge.h"
#include "mapping/guide.h"

#include <stdio.h>

#define COVERAGE_TABLE_LIMIT ((size_t)16 << 20)

/* --- the guide -------------------------------------------------------------------------------- */

static const char *const state_names[MAPPING_GUIDE_STATE_COUNT] = {
    [MAPPING_GUIDE_TAKEN] = "taken",
    [MAPPING_GUIDE_SAID_OTHERWISE] = "said_otherwise",
    [MAPPING_GUIDE_LEFT_OUT] = "left_out",
    [MAPPING_GUIDE_NOT_COMPUTABLE] = "not_computable",
};

static int read_table(struct command_call *call, const char *mappings, struct slice name,
                      struct csv_table *ret_table)
{
    struct slice text;
    char *path =
        file_join(call->arena, file_join(call->arena, mappings, SLICE("v2-to-fhir")), name);
    if (file_read(path, COVERAGE_TABLE_LIMIT, call->arena, &text, &call->issues) != 0) {
        return -1;
    }
    return csv_parse(slice_of(path), text, CSV_COMMA, call->arena, ret_table, &call->issues);
}

static struct json *guide_map_json(const struct mapping_guide_map *map, struct arena *arena)
{
    struct json *answer = json_object(arena);
    if (map->name.len > 0) {
        json_add_string(answer, SLICE("kind"), map->kind, arena);
        json_add_string(answer, SLICE("map"), map->name, arena);
    }
    json_add(answer, SLICE("rows"), json_integer(arena, (int64_t)map->rows));
    for (size_t i = 0; i < MAPPING_GUIDE_STATE_COUNT; i++) {
        json_add(answer, slice_of(state_names[i]), json_integer(arena, (int64_t)map->counts[i]));
    }
    if (map->reason.len > 0) {
        json_add_string(answer, SLICE("reason"), map->reason, arena);
    }
    return answer;
}

static void print_guide_map(const struct mapping_guide_map *map)
{
    printf("%-10.*s %-42.*s %5zu", SLICE_ARG(map->kind), SLICE_ARG(map->name), map->rows);
    for (size_t i = 0; i < MAPPING_GUIDE_STATE_COUNT; i++) {
        printf(" %14zu", map->counts[i]);
    }
    printf("\n");
}

static void print_guide(const struct mapping_guide *guide)
{
    struct mapping_guide_map all = guide->all;
    all.kind = SLICE("in all");
    printf("%-10s %-42s %5s", "kind", "map", "rows");
    for (size_t i = 0; i < MAPPING_GUIDE_STATE_COUNT; i++) {
        printf(" %14.*s", SLICE_ARG(MAPPING_GUIDE_STATES[i]));
    }
    printf("\n");
    for (size_t i = 0; i < guide->map_count; i++) {
        print_guide_map(&guide->maps[i]);
    }
    print_guide_map(&all);
    if (all.rows > 0) {
        printf("not computable: %.1f %% of the rows that map something\n",
               100.0 * (double)all.counts[MAPPING_GUIDE_NOT_COMPUTABLE] / (double)all.rows);
    }
}

static struct json *guide_json(const struct mapping_guide *guide, struct arena *arena)
{
    struct json *answer = json_object(arena);
    struct json *maps = json_add(answer, SLICE("maps"), json_array(arena));
    for (size_t i = 0; i < guide->map_count; i++) {
        json_append(maps, guide_map_json(&guide->maps[i], arena));
    }
    json_add(answer, SLICE("all"), guide_map_json(&guide->all, arena));
    return answer;
}

static enum command_exit cover_guide(struct command_call *call)
{
    struct knowledge knowledge;
    struct csv_table rows, maps;
    struct mapping_guide guide;
    const struct mapping_rules *rules = NULL;
    if (knowledge_load(option_value(&call->options, "mappings"), call->arena, &knowledge,
                       &call->issues) != 0 ||
        mapping_rules_load(knowledge.mappings, knowledge.dictionary, knowledge.definitions,
                           call->arena, &rules, &call->issues) != 0 ||
        read_table(call, knowledge.mappings, SLICE("COVERAGE.csv"), &rows) != 0 ||
        read_table(call, knowledge.mappings, SLICE("COVERAGE-MAPS.csv"), &maps) != 0) {
        return COMMAND_CONFIGURATION;
    }
    int result = mapping_guide_count(rules, &rows, &maps, call->arena, &guide, &call->issues);
    if (call->json) {
        command_print(guide_json(&guide, call->arena));
    } else {
        print_guide(&guide);
    }
    return result == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

enum command_exit command_map_coverage(struct command_call *call)
{
    if (!option_given(&call->options, "guide")) {
        return command_wrong(call, "what is to be counted is missing: --guide");
    }
    return cover_guide(call);
}
