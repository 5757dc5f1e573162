/* The definitions of R4, as loaded; expected values are read off the pages of the standard. */
#include "definitions.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;
static const struct fhir_definitions *definitions;

static void setup(void)
{
    arena = arena_new(0);
    definitions = need_definitions(arena);
}

static void teardown(void)
{
    arena_free(arena);
}

static const struct fhir_type *type_named(const char *name)
{
    const struct fhir_type *type = fhir_definitions_type(definitions, slice_of(name));
    ck_assert_ptr_nonnull(type);
    return type;
}

static void assert_text(struct slice text, const char *expected)
{
    ck_assert_msg(slice_equal(text, slice_of(expected)), "%.*s is not %s", SLICE_ARG(text),
                  expected);
}

START_TEST(patient_is_a_domain_resource_with_its_own_id_syntax)
{
    const struct fhir_type *patient = type_named("Patient");
    ck_assert(fhir_type_is(patient, SLICE("DomainResource")));
    ck_assert(fhir_type_is(patient, SLICE("Resource")));
    ck_assert(!fhir_type_is(patient, SLICE("Element")));
    ck_assert_ptr_eq(fhir_definitions_resource(definitions, SLICE("Patient")), patient);
    ck_assert_ptr_null(fhir_definitions_resource(definitions, SLICE("DomainResource")));
    ck_assert_ptr_null(fhir_definitions_resource(definitions, SLICE("HumanName")));
    ck_assert_ptr_null(fhir_definitions_resource(definitions, SLICE("patient")));
    ck_assert_int_eq(fhir_definition_child(patient->root, SLICE("id"))->type->primitive,
                     FHIR_PRIMITIVE_ID);
    ck_assert_int_eq(
        fhir_definition_child(type_named("HumanName")->root, SLICE("id"))->type->primitive,
        FHIR_PRIMITIVE_STRING);
}
END_TEST

static const struct {
    const char *type, *path, *found_type, *found_path;
    uint32_t minimum, maximum;
} paths[] = {
    {"Patient", "name", "HumanName", "Patient.name", 0, FHIR_MANY},
    {"Patient", "name.family", "string", "HumanName.family", 0, 1},
    {"Patient", "birthDate.extension.valueDateTime", "dateTime", "Extension.value[x]", 0, 1},
    {"Patient", "contact.name.given", "string", "HumanName.given", 0, FHIR_MANY},
    {"Patient", "deceasedBoolean", "boolean", "Patient.deceased[x]", 0, 1},
    {"Observation", "status", "code", "Observation.status", 1, 1},
    {"Observation", "valueQuantity.value", "decimal", "Quantity.value", 0, 1},
    {"Observation", "component.valueQuantity.unit", "string", "Quantity.unit", 0, 1},
    {"Observation", "component.referenceRange.low.value", "decimal", "Quantity.value", 0, 1},
    {"Questionnaire", "item.item.item.linkId", "string", "Questionnaire.item.linkId", 1, 1},
    {"Bundle", "entry.link.url", "uri", "Bundle.link.url", 1, 1},
    {"Bundle", "entry.resource", "Resource", "Bundle.entry.resource", 0, 1},
    {"MedicationRequest", "dosageInstruction.doseAndRate.doseQuantity.value", "decimal",
     "Quantity.value", 0, 1},
};

START_TEST(paths_lead_to_elements_through_types_and_content_references)
{
    const struct fhir_property *property =
        fhir_definition_path(type_named(paths[_i].type), slice_of(paths[_i].path), NULL, NULL);
    ck_assert_ptr_nonnull(property);
    assert_text(property->type->name, paths[_i].found_type);
    assert_text(property->element->path, paths[_i].found_path);
    ck_assert_uint_eq(property->element->minimum, paths[_i].minimum);
    ck_assert_uint_eq(property->element->maximum, paths[_i].maximum);
}
END_TEST

START_TEST(wrong_part_of_a_path_is_named)
{
    struct slice wrong = {NULL, 0};
    const struct fhir_element *parent = NULL;
    ck_assert_ptr_null(fhir_definition_path(type_named("Observation"),
                                            SLICE("component.value.unit"), &wrong, &parent));
    assert_text(wrong, "value");
    assert_text(parent->path, "Observation.component");
    assert_text(fhir_definition_choice(parent, wrong)->path, "Observation.component.value[x]");
    ck_assert_ptr_null(fhir_definition_choice(parent, SLICE("code")));
    ck_assert_ptr_null(fhir_definition_path(type_named("Patient"), SLICE(""), NULL, NULL));
}
END_TEST

START_TEST(references_know_their_targets)
{
    const struct fhir_property *subject =
        fhir_definition_path(type_named("Encounter"), SLICE("subject"), NULL, NULL);
    ck_assert_uint_eq(subject->element->target_count, 2);
    assert_text(subject->element->targets[0]->name, "Patient");
    assert_text(subject->element->targets[1]->name, "Group");
    ck_assert_uint_eq(fhir_definition_path(type_named("Provenance"), SLICE("target"), NULL, NULL)
                          ->element->target_count,
                      0);
}
END_TEST

START_TEST(required_bindings_know_their_codes)
{
    const struct fhir_element *status =
        fhir_definition_path(type_named("Observation"), SLICE("status"), NULL, NULL)->element;
    ck_assert_int_eq(status->binding, FHIR_BINDING_REQUIRED);
    assert_text(status->value_set_url, "http://hl7.org/fhir/ValueSet/observation-status");
    ck_assert(fhir_value_set_has(status->value_set, SLICE(""), SLICE("final")));
    ck_assert(!fhir_value_set_has(status->value_set, SLICE(""), SLICE("Final")));
    ck_assert(fhir_value_set_has(status->value_set, SLICE("http://hl7.org/fhir/observation-status"),
                                 SLICE("final")));
    ck_assert(!fhir_value_set_has(status->value_set, SLICE("http://x"), SLICE("final")));
    ck_assert_int_eq(fhir_definition_path(type_named("Observation"), SLICE("code"), NULL, NULL)
                         ->element->binding,
                     FHIR_BINDING_EXAMPLE);
}
END_TEST

START_TEST(summary_and_modifier_are_marked)
{
    const struct fhir_type *patient = type_named("Patient");
    ck_assert(fhir_definition_path(patient, SLICE("active"), NULL, NULL)->element->is_modifier);
    ck_assert(fhir_definition_path(patient, SLICE("active"), NULL, NULL)->element->is_summary);
    ck_assert(!fhir_definition_path(patient, SLICE("photo"), NULL, NULL)->element->is_summary);
}
END_TEST

START_TEST(types_are_in_order_of_name)
{
    const size_t count = fhir_definitions_type_count(definitions);
    ck_assert_uint_gt(count, 200);
    for (size_t i = 0; i < count; i++) {
        const struct fhir_type *type = fhir_definitions_type_at(definitions, i);
        ck_assert_uint_eq(type->number, i);
        ck_assert(i == 0 || slice_compare(fhir_definitions_type_at(definitions, i - 1)->name,
                                          type->name) < 0);
    }
}
END_TEST

START_TEST(memory_stays_below_eight_mebibytes)
{
    ck_assert_uint_lt(arena_used(arena), 8u << 20);
}
END_TEST

START_TEST(broken_table_is_refused_with_its_line)
{
    static const struct {
        const char *types, *elements, *words;
        unsigned line;
    } broken[] = {
        {"name\tkind\tabstract\n", "", "column 'base' is missing", 1},
        {"name\tkind\tabstract\tbase\nA\tresource\t0\tB\n", "", "base type is not in the table", 2},
        {"name\tkind\tabstract\tbase\nA\tprimitive-type\t0\t\n", "", "primitive type is not known",
         2},
        {"name\tkind\tabstract\tbase\nA\tresource\t0\t\n", "A\tx\t*\t\t\t\t\t\t\n",
         "min is not a number", 2},
        {"name\tkind\tabstract\tbase\nA\tresource\t0\t\n", "A\t0\tx\t\t\t\t\t\t\n",
         "max is neither a number nor *", 2},
        {"name\tkind\tabstract\tbase\nA\tresource\t0\t\n", "A.b\t0\t1\tA\t\t\t\t\t\n",
         "parent path has no row before it", 2},
        {"name\tkind\tabstract\tbase\nA\tresource\t0\t\n",
         "A\t0\t*\t\t\t\t\t\t\nA.b\t0\t1\tQ\t\t\t\t\t\n", "type is not known", 3},
        {"name\tkind\tabstract\tbase\nA\tresource\t0\t\n",
         "A\t0\t*\t\t\t\t\t\t\nA.b\t0\t1\t\tA.c\t\t\t\t\n", "path is not in the table", 3},
    };
    char folder[] = "/tmp/definitionXXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *types = file_join(arena, folder, SLICE("types.tsv"));
    char *elements = file_join(arena, folder, SLICE("elements.tsv"));
    char *codes = file_join(arena, folder, SLICE("valueset-codes.tsv"));
    ck_assert_int_eq(file_write(codes, SLICE("valueSet\tsystem\tcode\n"), 0600, NULL), 0);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const struct slice rows = arena_format(
            arena,
            "path\tmin\tmax\ttypes\tcontentReference\tisSummary\tisModifier\tbinding\tvalueSet\n%s",
            broken[i].elements);
        const struct fhir_definitions *result = NULL;
        struct issue_list issues;
        issue_list_init(&issues, arena);
        ck_assert_int_eq(file_write(types, slice_of(broken[i].types), 0600, NULL), 0);
        ck_assert_int_eq(file_write(elements, rows, 0600, NULL), 0);
        ck_assert_int_eq(fhir_definitions_load(folder, arena, &result, &issues), -1);
        ck_assert_uint_eq(issues.count, 1);
        assert_text(issue_words(&issues.items[0]), broken[i].words);
        ck_assert_uint_eq(issues.items[0].place.line, broken[i].line);
    }
    unlink(types);
    unlink(elements);
    unlink(codes);
    rmdir(folder);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("definition");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, patient_is_a_domain_resource_with_its_own_id_syntax);
    tcase_add_loop_test(tests, paths_lead_to_elements_through_types_and_content_references, 0,
                        sizeof(paths) / sizeof(paths[0]));
    tcase_add_test(tests, wrong_part_of_a_path_is_named);
    tcase_add_test(tests, references_know_their_targets);
    tcase_add_test(tests, required_bindings_know_their_codes);
    tcase_add_test(tests, summary_and_modifier_are_marked);
    tcase_add_test(tests, types_are_in_order_of_name);
    tcase_add_test(tests, memory_stays_below_eight_mebibytes);
    tcase_add_test(tests, broken_table_is_refused_with_its_line);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("definition", add);
}
