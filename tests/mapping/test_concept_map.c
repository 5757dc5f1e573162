/* Code tables as ConceptMaps and back: what stands where, and that nothing is lost on the way. */
#include "mapping/concept_map.h"

#include "fhir/validate.h"
#include "mapping/harness.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define SITE_FOLDER "/instance/sites/mission"
#define SYSTEMS "code,target_code,both\nLOINC,http://loinc.org,\nLN,http://loinc.org,yes\n"
#define GENDER "http://hl7.org/fhir/administrative-gender"

static struct arena *arena;
static struct issue_list issues;
static const struct fhir_definitions *definitions;
static struct concept_map_notes notes; /* of each import */

static void setup(void)
{
    notes = (struct concept_map_notes){SLICE("ana"), SLICE("2026-11-22"), SLICE("asked")};
    arena = arena_new((size_t)1 << 28);
    issue_list_init(&issues, arena);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, &issues),
                     0);
}

static void teardown(void)
{
    arena_free(arena);
}

/* The shipped tables `systems` and, where they are given, `NAME` of the base and of a site. */
static struct concept_map_tables tables_of(const char *name, const char *base, const char *site)
{
    struct slice file = arena_format(arena, "codes/%s.csv", name);
    struct mapping_text *items = ARENA_ARRAY(arena, 2, struct mapping_text);
    struct mapping_text *site_items = ARENA_ARRAY(arena, 1, struct mapping_text);
    struct mapping_texts *texts = ARENA_ARRAY(arena, 1, struct mapping_texts);
    struct concept_map_tables tables;
    items[0] = (struct mapping_text){SLICE("codes/systems.csv"), SLICE(SYSTEMS)};
    items[1] = (struct mapping_text){file, slice_of(base)};
    site_items[0] = (struct mapping_text){file, slice_of(site)};
    texts[0] = (struct mapping_texts){SITE_FOLDER, site_items, site ? 1 : 0};
    concept_map_tables(&(struct mapping_texts){"/mappings", items, base ? 2 : 1}, texts, 1, arena,
                       &tables);
    return tables;
}

static struct json *export_of(const struct concept_map_tables *tables, const char *site,
                              const char *title)
{
    struct json *map = NULL;
    const struct concept_map_table *table =
        concept_map_table(tables, slice_of(site), slice_of(title));
    ck_assert_ptr_nonnull(table);
    if (concept_map_of_table(tables, table, arena, &map, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(map);
    return map;
}

static void assert_valid(const struct json *map)
{
    struct issue_list found;
    issue_list_init(&found, arena);
    int result = fhir_validate(definitions, map, &found);
    if (found.count > 0)
        harness_print(&found);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(found.count, 0);
}

static struct slice text_of(const struct json *json)
{
    struct buffer buffer;
    buffer_init(&buffer, 0);
    json_print_indented(json, &buffer);
    struct slice text = arena_copy(arena, buffer_slice(&buffer));
    buffer_release(&buffer);
    return text;
}

static struct json *parsed(const char *text)
{
    struct json *json = NULL;
    if (json_parse(slice_of(text), arena, &json, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(json);
    return json;
}

static int import_of(const struct json *map, const struct concept_map_tables *tables,
                     const char *site, const char *title, struct slice present,
                     struct slice *ret_table)
{
    struct buffer out;
    const struct concept_map_import import = {.tables = tables,
                                              .site = slice_of(site),
                                              .title = slice_of(title),
                                              .present = present,
                                              .notes = notes};
    buffer_init(&out, 0);
    int result = concept_map_to_table(map, &import, arena, &out, &issues);
    *ret_table = arena_copy(arena, buffer_slice(&out));
    buffer_release(&out);
    return result;
}

static void assert_text(struct slice text, const char *expected)
{
    ck_assert_msg(slice_equal(text, slice_of(expected)), "is:\n%.*s\nshould be:\n%s",
                  SLICE_ARG(text), expected);
}

/* --- export ------------------------------------------------------------------------------------*/

/* FHIR R4 conceptmap.html */
static const char *const GENDER_MAP =
    "{\"resourceType\":\"ConceptMap\",\"id\":\"sex-codes\","
    "\"extension\":[{\"url\":\"urn:painbridge:table:columns\",\"valueString\":"
    "\"code,code_display,target_code,target_system,target_display,guide,who,when,why\"}],"
    "\"url\":\"urn:painbridge:table:sex-codes\","
    "\"name\":\"Sex_codes\",\"title\":\"sex-codes\",\"status\":\"active\",\"date\":\"2026-03-01\","
    "\"description\":\"What PID-8 says.\\n  Two lines.\","
    "\"group\":[{\"target\":\"" GENDER "\",\"element\":["
    "{\"extension\":[{\"url\":\"urn:painbridge:column:guide\",\"valueString\":\"Sex:3\"},"
    "{\"url\":\"urn:painbridge:column:who\",\"valueString\":\"HL7\"},"
    "{\"url\":\"urn:painbridge:column:when\",\"valueString\":\"2025-08-25\"}],"
    "\"code\":\"F\",\"display\":\"woman\",\"target\":[{\"code\":\"female\",\"display\":\"Female\","
    "\"equivalence\":\"equivalent\",\"comment\":\"as sent, mostly\"}]},"
    "{\"extension\":[{\"url\":\"urn:painbridge:column:who\",\"valueString\":\"ana\"},"
    "{\"url\":\"urn:painbridge:column:when\",\"valueString\":\"2026-03-01\"}],"
    "\"code\":\"X\",\"target\":[{\"code\":\"other\",\"equivalence\":\"relatedto\"}]},"
    "{\"code\":\"Y\",\"target\":[{\"code\":\"other\",\"equivalence\":\"relatedto\"}]}]}]}";

#define GENDER_TABLE                                                                               \
    "# What PID-8 says.\n#   Two lines.\n"                                                         \
    "code,code_display,target_code,target_system,target_display,guide,who,when,why\n"              \
    "F,woman,female," GENDER ",Female,Sex:3,HL7,2025-08-25,\"as sent, mostly\"\n"                  \
    "X,,other," GENDER ",,,ana,2026-03-01,\n"                                                      \
    "Y,,other," GENDER ",,,,,\n"

START_TEST(a_table_stands_in_the_elements_of_a_concept_map)
{
    struct concept_map_tables tables = tables_of("sex-codes", GENDER_TABLE, NULL);
    struct json *map = export_of(&tables, "", "sex-codes");
    struct json *expected = parsed(GENDER_MAP);
    assert_valid(map);
    ck_assert_uint_eq(json_get_text(map, SLICE("version")).len, 64);
    json_remove(map, SLICE("version"));
    json_remove(expected, SLICE("version"));
    assert_text(text_of(map), text_of(expected).ptr);
}
END_TEST

START_TEST(columns_for_fill_are_products)
{
    struct concept_map_tables tables =
        tables_of("pattern", "code,repeat.frequency,repeat.period\nBID,2,1\nQ{n}H,,{n}\n", NULL);
    struct json *map = export_of(&tables, "", "pattern");
    struct json *group = json_at(json_get(map, SLICE("group")), 0);
    assert_valid(map);
    assert_text(text_of(json_get(group, SLICE("element"))),
                text_of(parsed("[{\"code\":\"BID\",\"target\":[{\"equivalence\":\"relatedto\","
                               "\"product\":[{\"property\":\"repeat.frequency\",\"value\":\"2\"},"
                               "{\"property\":\"repeat.period\",\"value\":\"1\"}]}]},"
                               "{\"code\":\"Q{n}H\",\"target\":[{\"equivalence\":\"relatedto\","
                               "\"product\":[{\"property\":\"repeat.period\",\"value\":\"{n}\"}]}"
                               "]}]"))
                    .ptr);
}
END_TEST

START_TEST(a_table_of_a_site_goes_on_to_the_shipped_one)
{
    struct concept_map_tables tables = tables_of("sex", "code,target_code\nF,female\n",
                                                 "code,code_system,target_code\nW,LN,female\n"
                                                 "D,99EHR,other\n");
    struct json *map = export_of(&tables, "mission", "sex");
    const struct json *first = json_at(json_get(map, SLICE("group")), 0);
    const struct json *second = json_at(json_get(map, SLICE("group")), 1);
    assert_valid(map);
    assert_text(json_get_text(map, SLICE("id")), "mission.sex");
    assert_text(json_get_text(map, SLICE("url")), "urn:painbridge:site:mission:table:sex");
    assert_text(json_get_text(first, SLICE("source")), "http://loinc.org");
    assert_text(json_get_text(second, SLICE("source")),
                "urn:painbridge:site:mission:code-system:99EHR");
    assert_text(json_get_text(json_get(first, SLICE("unmapped")), SLICE("url")),
                "urn:painbridge:table:sex");
    assert_text(concept_map_title(map), "sex");
}
END_TEST

START_TEST(the_order_of_rows_is_kept_where_systems_take_turns)
{
    struct concept_map_tables tables =
        tables_of("turns", "code,code_system,target_code\nA,,1\nX,LN,2\nX,,3\n", NULL);
    struct json *map = export_of(&tables, "", "turns");
    struct slice table;
    ck_assert_uint_eq(json_count(json_get(map, SLICE("group"))), 3);
    ck_assert_int_eq(import_of(map, &tables, "", "turns", SLICE(""), &table), 0);
    assert_text(table, "code,code_system,target_code,who,when,why\n"
                       "A,,1,ana,2026-11-22,asked\n"
                       "X,LN,2,ana,2026-11-22,asked\n"
                       "X,,3,ana,2026-11-22,asked\n");
}
END_TEST

static const struct {
    const char *table, *place;
} WRONG_TABLES[] = {
    {"name,target_code\nF,female\n", "/mappings/codes/x.csv:1:1"},
    {"code,a b\nF,female\n", "/mappings/codes/x.csv:1:1"},
    {"code,target_code\nF,female\nM,\"ma\001le\"\n", "/mappings/codes/x.csv:3:3"},
    {"code,target_code\n  ,unknown\n", "/mappings/codes/x.csv:2:1"},
};

START_TEST(what_is_no_code_table_is_told)
{
    struct concept_map_tables tables = tables_of("x", WRONG_TABLES[_i].table, NULL);
    struct json *map = NULL;
    ck_assert_int_ne(concept_map_of_table(&tables,
                                          concept_map_table(&tables, SLICE(""), SLICE("x")), arena,
                                          &map, &issues),
                     0);
    assert_text(issue_place_text(&issues.items[0].place, arena), WRONG_TABLES[_i].place);
}
END_TEST

/* --- there and back ----------------------------------------------------------------------------*/

static void go_round(const struct concept_map_tables *tables, const struct concept_map_table *table)
{
    struct json *map = NULL, *again = NULL;
    struct slice text;
    const char *site = arena_string(arena, table->site), *title = arena_string(arena, table->title);
    ck_assert_int_eq(concept_map_of_table(tables, table, arena, &map, &issues), 0);
    assert_valid(map);
    ck_assert_int_eq(import_of(map, tables, site, title, SLICE(""), &text), 0);
    assert_text(text, arena_string(arena, table->text));
    ck_assert_int_eq(import_of(map, tables, site, title, table->text, &text), 0);
    assert_text(text, arena_string(arena, table->text));
    struct concept_map_table copy = *table;
    copy.text = text;
    ck_assert_int_eq(concept_map_of_table(tables, &copy, arena, &again, &issues), 0);
    ck_assert(json_equal(map, again));
    ck_assert_uint_eq(issues.count, 0);
}

START_TEST(every_shipped_table_comes_back_byte_for_byte)
{
    struct mapping_texts base, site;
    struct concept_map_tables tables;
    ck_assert_int_eq(mapping_texts_of_base(SHIPPED, arena, &base, &issues), 0);
    ck_assert_int_eq(mapping_texts_of_site(SHIPPED "/example-site", arena, &site, &issues), 0);
    concept_map_tables(&base, &site, 1, arena, &tables);
    ck_assert_uint_ge(tables.count, 90);
    for (size_t i = 0; i < tables.count; i++)
        go_round(&tables, &tables.items[i]);
}
END_TEST

/* Whatever a table has, its ConceptMap is what the imported table's is. */
static const char *const ODD_TABLES[] = {
    "code\n",
    "code\n\"\"\nA\n",
    "code,why\nA,in a set\n",
    "code,target_code\nA  B,two  blanks\n,x\n",
    "code,target_code,equivalence,why\nA,1,narrower,less\nB,2,wider,\nC,3,inexact,\nD,4,odd,\n",
    "# head\ncode,target_code\n# one\n# two\nA,1\n#three\n\"#4\",2\n# end\n",
    "code,site,concept,both,note\nA,mission,set,yes,\"a \"\"note\"\"\n# of two lines\"\n",
    "local_code,local_system,local_display,target_system\nA,L,a display,not a uri\n",
    "code,code_system,target_code\nA,LOINC,1\nB,LN,1\nC,LN,1\n",
    "code,x.y,x.z\nA,,2\nB,1,2\n",
};

START_TEST(odd_tables_lose_nothing)
{
    struct concept_map_tables tables = tables_of("odd", ODD_TABLES[_i], NULL);
    struct json *map = export_of(&tables, "", "odd");
    struct slice text;
    notes = (struct concept_map_notes){0};
    assert_valid(map);
    ck_assert_int_eq(import_of(map, &tables, "", "odd", slice_of(ODD_TABLES[_i]), &text), 0);
    struct concept_map_tables after = tables_of("odd", arena_string(arena, text), NULL);
    struct json *again = export_of(&after, "", "odd");
    json_remove(map, SLICE("version"));
    json_remove(again, SLICE("version"));
    assert_text(text_of(again), text_of(map).ptr);
}
END_TEST

/* --- import ------------------------------------------------------------------------------------*/

#define MAP(groups)                                                                                \
    "{\"resourceType\":\"ConceptMap\",\"url\":\"urn:painbridge:table:sex\",\"status\":\"active\"," \
    "\"group\":[" groups "]}"
#define ONE(code, target)                                                                          \
    "{\"code\":\"" code "\",\"target\":[{\"code\":\"" target "\",\"equivalence\":\"equivalent\"}]" \
    "}"

START_TEST(a_foreign_map_becomes_a_table_with_who_when_and_why)
{
    struct concept_map_tables tables = tables_of("none", NULL, NULL);
    struct slice text;
    const struct json *map = parsed(
        MAP("{\"source\":\"http://loinc.org\",\"target\":\"" GENDER "\",\"element\":["
            "{\"code\":\"F\",\"display\":\"Woman, adult\",\"target\":[{\"code\":\"female\","
            "\"equivalence\":\"wider\",\"comment\":\"by the desk\"}]}," ONE("M", "male") "]}"));
    ck_assert_int_eq(import_of(map, &tables, "", "sex", SLICE(""), &text), 0);
    ck_assert_uint_eq(issues.count, 0);
    assert_text(text, "code,code_system,code_display,target_code,target_system,equivalence,who,"
                      "when,why\n"
                      "F,LN,\"Woman, adult\",female," GENDER ",wider,,,by the desk\n"
                      "M,LN,,male," GENDER ",,ana,2026-11-22,asked\n");
}
END_TEST

START_TEST(rows_that_say_the_same_keep_their_notes_and_comments)
{
    const char *present = "# our own\ncode,target_code,who,when,why\n"
                          "# women\nF,female,eva,2020-01-01,first\n"
                          "M,male,eva,2020-01-01,\n"
                          "# gone\nG,other,eva,2020-01-01,\n# end\n";
    struct concept_map_tables tables = tables_of("sex", present, NULL);
    struct slice text;
    const struct json *map = parsed(
        MAP("{\"element\":[" ONE("F", "female") "," ONE("M", "man") "," ONE("D", "other") "]}"));
    ck_assert_int_eq(import_of(map, &tables, "", "sex", slice_of(present), &text), 0);
    assert_text(text, "# our own\ncode,target_code,who,when,why\n"
                      "# women\nF,female,eva,2020-01-01,first\n"
                      "M,man,ana,2026-11-22,asked\n"
                      "D,other,ana,2026-11-22,asked\n"
                      "# gone\n# end\n");
}
END_TEST

/* A tool that knows nothing of our extensions hands the old ones back. */
START_TEST(a_changed_row_with_its_old_notes_has_new_ones)
{
    const char *present = "code,target_code,who,when,why\nF,female,eva,2020-01-01,first\n";
    struct concept_map_tables tables = tables_of("sex", present, NULL);
    struct json *map = export_of(&tables, "", "sex");
    struct json *element =
        json_first(json_get(json_first(json_get(map, SLICE("group"))), SLICE("element")));
    struct json *target = json_first(json_get(element, SLICE("target")));
    struct slice text;
    json_set(target, SLICE("code"), json_string(arena, SLICE("woman")));
    ck_assert_int_eq(import_of(map, &tables, "", "sex", slice_of(present), &text), 0);
    assert_text(text, "code,target_code,who,when,why\nF,woman,ana,2026-11-22,asked\n");
}
END_TEST

#define TARGET(members)                                                                            \
    MAP("{\"element\":[{\"code\":\"F\",\"target\":[{\"code\":\"a\",\"equivalence\":\"equivalent\"" \
        "," members "}]}]}")
#define ELEMENT "ConceptMap.group[0].element[0].target"

static const struct {
    const char *map, *place;
} REFUSED[] = {
    {TARGET("\"dependsOn\":[{\"property\":\"http://x\",\"value\":\"1\"}]"),
     ELEMENT "[0].dependsOn"},
    {TARGET("\"modifierExtension\":[{\"url\":\"http://x\",\"valueBoolean\":true}]"),
     ELEMENT "[0].modifierExtension"},
    {TARGET("\"product\":[{\"property\":\"who\",\"value\":\"1\"}]"), ELEMENT "[0].product[0]"},
    {TARGET("\"product\":[{\"property\":\"a.b\",\"value\":\"1\",\"system\":\"http://x\"}]"),
     ELEMENT "[0].product[0].system"},
    {MAP("{\"element\":[{\"code\":\"F\",\"target\":[{\"code\":\"a\",\"equivalence\":\"equal\"},"
         "{\"code\":\"b\",\"equivalence\":\"equal\"}]}]}"),
     ELEMENT "[1]"},
    {MAP("{\"element\":[{\"code\":\"F\",\"target\":[{\"equivalence\":\"unmatched\"}]}]}"),
     ELEMENT "[0].equivalence"},
    {MAP("{\"source\":\"http://nobody\",\"element\":[" ONE("F", "female") "]}"),
     "ConceptMap.group[0].source"},
    {MAP("{\"sourceVersion\":\"1\",\"element\":[" ONE("F", "female") "]}"),
     "ConceptMap.group[0].sourceVersion"},
    {MAP("{\"element\":[" ONE("F", "female") "],\"unmapped\":{\"mode\":\"provided\"}}"),
     "ConceptMap.group[0].unmapped"},
    {MAP("{\"element\":[" ONE("F", "female") "],\"unmapped\":{\"mode\":\"other-map\","
                                             "\"url\":\"urn:painbridge:table:sex\"}}"),
     "ConceptMap.group[0].unmapped"},
};

START_TEST(what_a_table_cannot_say_is_refused_with_its_place)
{
    struct concept_map_tables tables = tables_of("sex", "code\nF\n", NULL);
    struct slice text;
    const struct json *map = parsed(REFUSED[_i].map);
    assert_valid(map);
    ck_assert_int_eq(import_of(map, &tables, "", "sex", SLICE(""), &text), -1);
    ck_assert_uint_eq(text.len, 0);
    ck_assert_uint_eq(issues.count, 1);
    assert_text(issue_place_text(&issues.items[0].place, arena), REFUSED[_i].place);
}
END_TEST

START_TEST(what_changes_no_translation_is_left_out_with_a_warning)
{
    struct concept_map_tables tables = tables_of("none", NULL, NULL);
    struct slice text;
    const struct json *map =
        parsed("{\"resourceType\":\"ConceptMap\",\"status\":\"active\",\"publisher\":\"them\","
               "\"group\":[{\"element\":[" ONE("F", "female") "]}]}");
    ck_assert_int_eq(import_of(map, &tables, "", "sex", SLICE(""), &text), 0);
    ck_assert_uint_eq(issues.count, 1);
    ck_assert_int_eq(issues.items[0].severity, ISSUE_WARNING);
    assert_text(issue_place_text(&issues.items[0].place, arena), "ConceptMap.publisher");
}
END_TEST

static void add(Suite *suite)
{
    TCase *out = tcase_create("export"), *round = tcase_create("round"),
          *in = tcase_create("import");
    tcase_add_checked_fixture(out, setup, teardown);
    tcase_add_test(out, a_table_stands_in_the_elements_of_a_concept_map);
    tcase_add_test(out, columns_for_fill_are_products);
    tcase_add_test(out, a_table_of_a_site_goes_on_to_the_shipped_one);
    tcase_add_test(out, the_order_of_rows_is_kept_where_systems_take_turns);
    tcase_add_loop_test(out, what_is_no_code_table_is_told, 0,
                        sizeof(WRONG_TABLES) / sizeof(WRONG_TABLES[0]));
    suite_add_tcase(suite, out);
    tcase_add_checked_fixture(round, setup, teardown);
    tcase_set_timeout(round, 60);
    tcase_add_test(round, every_shipped_table_comes_back_byte_for_byte);
    tcase_add_loop_test(round, odd_tables_lose_nothing, 0,
                        sizeof(ODD_TABLES) / sizeof(ODD_TABLES[0]));
    suite_add_tcase(suite, round);
    tcase_add_checked_fixture(in, setup, teardown);
    tcase_add_test(in, a_foreign_map_becomes_a_table_with_who_when_and_why);
    tcase_add_test(in, rows_that_say_the_same_keep_their_notes_and_comments);
    tcase_add_test(in, a_changed_row_with_its_old_notes_has_new_ones);
    tcase_add_loop_test(in, what_a_table_cannot_say_is_refused_with_its_place, 0,
                        sizeof(REFUSED) / sizeof(REFUSED[0]));
    tcase_add_test(in, what_changes_no_translation_is_left_out_with_a_warning);
    suite_add_tcase(suite, in);
}

int main(void)
{
    return suite_main("concept_map", add);
}
