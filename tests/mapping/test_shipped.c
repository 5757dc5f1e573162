/* The shipped mappings load without an issue, with and without the example site. */
#include "hl7v2/version.h"
#include "mapping/harness.h"
#include "mapping/texts.h"
#include "mapping/to_v2.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"

/* Those of HL7's guide (its ADT_A11 is HL7's ADT_A09), those of referrals, plans and drugs,
 * and the other events of patients, visits and accounts. */
static const char *const STRUCTURES[] = {
    "ADT_A01", "ADT_A02", "ADT_A03", "ADT_A05", "ADT_A06", "ADT_A09", "ADT_A12", "ADT_A17",
    "MDM_T02", "OML_O21", "ORM_O01", "ORU_R01", "SIU_S12", "VXU_V04", "OMG_O19", "OMP_O09",
    "RDE_O11", "RDS_O13", "RAS_O17", "REF_I12", "RRI_I12", "PPR_PC1", "PGL_PC6", "PPP_PCB",
    "ADT_A15", "ADT_A16", "ADT_A18", "ADT_A20", "ADT_A21", "ADT_A24", "ADT_A30", "ADT_A37",
    "ADT_A38", "ADT_A39", "ADT_A43", "ADT_A45", "ADT_A50", "ADT_A52", "ADT_A54", "ADT_A60",
    "ADT_A61", "BAR_P01", "BAR_P02", "BAR_P05", "BAR_P06", "BAR_P10", "BAR_P12", "DFT_P03",
    "DFT_P11", "PPG_PCG", "MDM_T01", "OUL_R21", "OUL_R22", "OUL_R23", "OUL_R24", "ORU_R30",
    "OML_O33", "OML_O35", "OMI_O23",
};

static void load(const char *site)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    const struct mapping_program *program = NULL;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    if (!rules || mapping_program_load(rules, site, arena, &program, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(program);
    ck_assert_uint_eq(issues.count, 0);
    for (size_t i = 0; i < sizeof(STRUCTURES) / sizeof(STRUCTURES[0]); i++)
        ck_assert_msg(mapping_program_has_structure(program, slice_of(STRUCTURES[i])), "%s",
                      STRUCTURES[i]);
    arena_free(arena);
}

START_TEST(shipped_base_loads_without_an_issue)
{
    load(NULL);
}
END_TEST

START_TEST(example_site_loads_without_an_issue)
{
    if (!file_is_folder(SHIPPED "/example-site"))
        suite_skip("there is no example site");
    load(SHIPPED "/example-site");
}
END_TEST

START_TEST(site_of_any_version_is_sent_to)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(SHIPPED, arena, &issues);
    ck_assert_ptr_nonnull(rules);
    struct slice version = hl7v2_version_name((enum hl7v2_version)_i);
    struct mapping_text text = {
        SLICE("north.xml"),
        arena_format(arena, "<site id=\"north\" version=\"%.*s\"/>", SLICE_ARG(version))};
    struct mapping_texts texts = {"north", &text, 1};
    const struct mapping_sends *sends = NULL;
    int outcome = mapping_sends_make(rules, &texts, arena, &sends, &issues);
    harness_print(&issues);
    ck_assert_msg(outcome == 0 && issues.count == 0, "version %.*s", SLICE_ARG(version));
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *shipped = tcase_create("shipped");
    tcase_set_timeout(shipped, 60);
    tcase_add_test(shipped, shipped_base_loads_without_an_issue);
    tcase_add_test(shipped, example_site_loads_without_an_issue);
    tcase_add_loop_test(shipped, site_of_any_version_is_sent_to, HL7V2_VERSION_2_1,
                        HL7V2_VERSION_COUNT);
    suite_add_tcase(suite, shipped);
}

int main(void)
{
    return suite_main("shipped", add);
}
