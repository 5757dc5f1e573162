/* The scenarios of pain care: each fact of their messages stands in the element where a reader of
 * FHIR looks for it. tests/mapping/scenarios/S01.csv and on: message, resource, which of them
 * ("code.coding[0].code=75893-8"; empty: the first), element, and what the scenario says of it
 * (empty: nothing). The messages stand in the shared folder. */
#include "base/csv.h"
#include "mapping/clinical.h"

#define TABLES PAINBRIDGE_SOURCE_DIR "/tests/mapping/scenarios/"

static const char *const SCENARIOS[] = {"S01", "S02", "S03", "S04", "S05", "S06", "S07", "S08"};

/* One segment a line, as the files have it, becomes what stands on the wire. */
static char *read_message(const char *folder, struct slice name, struct arena *arena)
{
    struct slice text;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_msg(file_read(file_join(arena, folder, name), 1 << 20, arena, &text, &issues) == 0,
                  "no %.*s", SLICE_ARG(name));
    struct slice copy = arena_copy(arena, text);
    char *bytes = arena_alloc(arena, copy.len + 1);
    for (size_t i = 0; i < copy.len; i++)
        bytes[i] = copy.ptr[i] == '\n' ? '\r' : copy.ptr[i];
    bytes[copy.len] = '\0';
    return bytes;
}

static struct slice text_of(const struct json *body, struct slice path, struct arena *arena)
{
    char *element = arena_alloc(arena, path.len + 1);
    memcpy(element, path.ptr, path.len);
    element[path.len] = '\0';
    const struct json *node = node_at(body, element);
    return json_is_true(node) ? SLICE("true") : json_text(node);
}

/* NULL where there is none. */
static const struct json *find(const struct mapping_result *result, struct slice type,
                               struct slice where, struct arena *arena)
{
    size_t sign = slice_find_byte(where, '=');
    for (size_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *resource = &result->resources[i];
        if (!slice_equal(resource->type, type))
            continue;
        if (where.len == 0 ||
            slice_equal(text_of(resource->body, slice_part(where, 0, sign), arena),
                        slice_after(where, sign + 1)))
            return resource->body;
    }
    return NULL;
}

static size_t check_row(const struct csv_table *table, size_t row, const char *folder)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct slice cells[5];
    for (size_t i = 0; i < 5; i++)
        cells[i] = csv_cell(table, row, i);
    struct conversion made = clinical_convert(read_message(folder, cells[0], arena));
    ck_assert_int_eq(made.outcome, 0);
    const struct json *body = find(&made.result, cells[1], cells[2], arena);
    struct slice got = body ? text_of(body, cells[3], arena) : SLICE("(no such resource)");
    bool is_same = slice_equal(got, cells[4]);
    if (!is_same)
        fprintf(stderr, "%.*s: %.*s (%.*s) %.*s: got '%.*s', expected '%.*s'\n",
                SLICE_ARG(cells[0]), SLICE_ARG(cells[1]), SLICE_ARG(cells[2]), SLICE_ARG(cells[3]),
                SLICE_ARG(got), SLICE_ARG(cells[4]));
    clinical_end(&made);
    arena_free(arena);
    return !is_same;
}

START_TEST(every_fact_of_a_scenario_is_in_its_element)
{
    const char *scenario = SCENARIOS[_i];
    char *shared = suite_need_shared("domain/scenarios");
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    struct csv_table table;
    struct slice text;
    issue_list_init(&issues, arena);
    struct slice name = arena_format(arena, "%s.csv", scenario);
    ck_assert_int_eq(file_read(file_join(arena, TABLES, name), 1 << 20, arena, &text, &issues), 0);
    ck_assert_int_eq(csv_parse(name, text, CSV_COMMA, arena, &table, &issues), 0);
    char *folder = file_join(arena, shared, slice_of(scenario));
    size_t wrong = 0;
    for (size_t row = 0; row < table.row_count; row++)
        wrong += check_row(&table, row, folder);
    ck_assert_uint_gt(table.row_count, 0);
    ck_assert_msg(wrong == 0, "%s: %zu of %zu are not", scenario, wrong, table.row_count);
    arena_free(arena);
    free(shared);
}
END_TEST

static void add(Suite *suite)
{
    TCase *scenarios = tcase_create("scenarios");
    tcase_set_timeout(scenarios, 120);
    tcase_add_unchecked_fixture(scenarios, clinical_load, clinical_unload);
    tcase_add_loop_test(scenarios, every_fact_of_a_scenario_is_in_its_element, 0,
                        (int)(sizeof(SCENARIOS) / sizeof(SCENARIOS[0])));
    suite_add_tcase(suite, scenarios);
}

int main(void)
{
    return suite_main("scenarios", add);
}
