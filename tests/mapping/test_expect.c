/* The path language of tests: what it reads, what it means, what it refuses. Expected values are
 * those of FHIRPath N1. */
#include "mapping/expect.h"
#include "mapping/harness.h"

static const char PATIENT[] =
    "{\"resourceType\":\"Patient\",\"active\":true,"
    "\"identifier\":["
    "{\"system\":\"urn:a\",\"value\":\"1\",\"type\":{\"coding\":[{\"code\":\"MR\"},{\"code\":"
    "\"PI\"}]}},"
    "{\"system\":\"urn:b\",\"value\":\"2\",\"type\":{\"coding\":[{\"code\":\"SS\"}]}}],"
    "\"name\":[{\"family\":\"Doe\",\"given\":[\"Jane\",\"Q\"],"
    "\"_given\":[null,{\"extension\":[{\"url\":\"urn:x\",\"valueCode\":\"middle\"}]}]}],"
    "\"birthDate\":\"1980-02-29\",\"_birthDate\":{\"extension\":[{\"url\":\"urn:t\","
    "\"valueDateTime\":\"1980-02-29T06:30:00-06:00\"}]},"
    "\"_gender\":{\"extension\":[{\"url\":\"urn:g\",\"valueCode\":\"Q\"}]},"
    "\"multipleBirthInteger\":2,"
    "\"managingOrganization\":{\"reference\":\"Organization/o\"}}";
static const char ORGANIZATION[] = "{\"resourceType\":\"Organization\",\"name\":\"Clinic\"}";

struct world {
    struct arena *arena;
    const struct fhir_element *patient_root;
    struct json *patient, *organization;
};

static struct world begin(void)
{
    struct world world = {.arena = arena_new((size_t)1 << 26)};
    const struct fhir_definitions *definitions;
    struct issue_list issues;
    issue_list_init(&issues, world.arena);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4",
                                           world.arena, &definitions, &issues),
                     0);
    world.patient_root = fhir_definitions_type(definitions, SLICE("Patient"))->root;
    ck_assert_int_eq(json_parse(slice_of(PATIENT), world.arena, &world.patient, &issues), 0);
    ck_assert_int_eq(json_parse(slice_of(ORGANIZATION), world.arena, &world.organization, &issues),
                     0);
    return world;
}

static const struct json *find(struct slice reference, const void *data)
{
    const struct world *world = data;
    return slice_equal(reference, SLICE("Organization/o")) ? world->organization : NULL;
}

/* The values with "|" between; a value without text as "?". */
static struct slice values_of(struct world *world, const char *text)
{
    struct expect_path path;
    struct expect_fault fault;
    ck_assert_msg(
        expect_path_parse(slice_of(text), world->patient_root, world->arena, &path, &fault) == 0,
        "%s: %.*s", text, SLICE_ARG(fault.words));
    struct expect_items items = expect_evaluate(&path, world->patient, find, world, world->arena);
    struct slice all = {NULL, 0};
    for (size_t i = 0; i < items.count; i++) {
        const struct json *node = items.items[i].node;
        struct slice one = json_text(node);
        if (json_kind(node) == JSON_BOOLEAN)
            one = json_is_true(node) ? SLICE("true") : SLICE("false");
        if (one.len == 0)
            one = SLICE("?");
        all =
            arena_format(world->arena, "%.*s%s%.*s", SLICE_ARG(all), i ? "|" : "", SLICE_ARG(one));
    }
    return all;
}

static const struct {
    const char *path, *values;
} MEANINGS[] = {
    {"birthDate", "1980-02-29"},
    {"Patient.birthDate", "1980-02-29"},
    {"active", "true"},
    {"identifier.value", "1|2"},
    {"identifier[1].value", "2"},
    {"identifier[2].value", ""},
    {"identifier.first().value", "1"},
    {"identifier.last().value", "2"},
    {"identifier.type.coding.code", "MR|PI|SS"},
    {"identifier.type.coding[2].code", "SS"},
    {"identifier.where(system = 'urn:b').value", "2"},
    {"identifier.where(system != 'urn:b').value", "1"},
    {"identifier.where(type.coding.code = 'SS').value", "2"},
    /* two codes are not equal to one text */
    {"identifier.where(type.coding.code = 'MR').value", ""},
    {"identifier.where(type.coding.code != 'MR').value", "1|2"},
    {"identifier.where(type.coding.where(code = 'MR').exists()).value", "1"},
    {"identifier.where(type.coding.exists(code = 'PI')).value", "1"},
    {"identifier.where(system = 'urn:a' or system = 'urn:b').value", "1|2"},
    {"identifier.where(system = 'urn:a' and value = '2')", ""},
    {"identifier.where((system = 'urn:a' or system = 'urn:b') and value = '2').value", "2"},
    /* nothing is not unequal to something */
    {"identifier.where(use != 'old').value", ""},
    {"identifier.count()", "2"},
    {"identifier.where(value = '3').count()", "0"},
    {"identifier.exists()", "true"},
    {"photo.exists()", "false"},
    {"photo.empty()", "true"},
    {"name.given", "Jane|Q"},
    {"name.given.where($this = 'Q')", "Q"},
    {"name.given[1].extension('urn:x').valueCode", "middle"},
    {"name.given[0].extension('urn:x').valueCode", ""},
    {"birthDate.extension('urn:t').valueDateTime", "1980-02-29T06:30:00-06:00"},
    {"gender.extension('urn:g').valueCode", "Q"},
    {"gender.exists()", "true"},
    {"multipleBirthInteger", "2"},
    {"$this.multipleBirthInteger", "2"},
    {"managingOrganization.resolve().name", "Clinic"},
    {"managingOrganization.reference.resolve().name", "Clinic"},
    {"generalPractitioner.resolve().practitioner.resolve().name.family", ""},
    {"name.where( family = 'Doe' ) . given [ 0 ]", "Jane"},
};

START_TEST(path_means_what_fhirpath_says)
{
    struct world world = begin();
    struct slice got = values_of(&world, MEANINGS[_i].path);
    ck_assert_msg(slice_equal(got, slice_of(MEANINGS[_i].values)), "%s: got '%.*s'",
                  MEANINGS[_i].path, SLICE_ARG(got));
    arena_free(world.arena);
}
END_TEST

static const struct {
    const char *condition;
    bool holds;
} CONDITIONS[] = {
    {"active = true", true},
    {"active = false", false},
    {"active != false", true},
    {"active", true},
    {"birthDate = '1980-02-29'", true},
    {"multipleBirthInteger = 2", true},
    {"multipleBirthInteger = 2.0", true},
    {"multipleBirthInteger = '2'", false}, /* a text is no number */
    {"multipleBirthInteger = -2", false},
    {"identifier.count() = 2", true},
    {"photo.empty() and name.exists()", true},
    {"deceasedBoolean", false},
    {"deceasedBoolean = false", false},
};

START_TEST(condition_means_what_fhirpath_says)
{
    struct world world = begin();
    const struct expect_condition *condition;
    struct expect_fault fault;
    ck_assert_int_eq(expect_condition_parse(slice_of(CONDITIONS[_i].condition), world.patient_root,
                                            world.arena, &condition, &fault),
                     0);
    ck_assert_msg(expect_holds(condition, world.patient, find, &world, world.arena) ==
                      CONDITIONS[_i].holds,
                  "%s", CONDITIONS[_i].condition);
    arena_free(world.arena);
}
END_TEST

static const struct {
    const char *path, *wrong, *id, *hint;
} FAULTS[] = {
    {"birthdate", "birthdate", "unknown-element", "did you mean 'birthDate'?"},
    {"name.familly", "familly", "unknown-element", "did you mean 'family'?"},
    {"deceased", "deceased", "unknown-element",
     "deceased[x] is written by its real name, such as deceasedBoolean"},
    {"birthDate.value", "value", "unknown-element", NULL},
    {"birthDate.extension('u').valueDatTime", "valueDatTime", "unknown-element",
     "did you mean 'valueDateTime'?"},
    {"identifier.where(valu = '1')", "valu", "unknown-element", "did you mean 'value'?"},
    {"Observation.code", "Observation", "unknown-element", NULL},
    /* in what is referred to, whatever it may be: Organization, Practitioner, PractitionerRole */
    {"managingOrganization.resolve().nam", "nam", "unknown-element", "did you mean 'name'?"},
    {"generalPractitioner.resolve().name.fmily", "fmily", "unknown-element",
     "did you mean 'family'?"},
    {"generalPractitioner.resolve().birthPlace", "birthPlace", "unknown-element", NULL},
    {"birthDate.where(valu = 'x')", "valu", "unknown-element", NULL},
    {"identifier.were(value = '1')", "were", "path-syntax", "did you mean 'where'?"},
    {"identifier.ofType(Identifier)", "ofType", "path-syntax", NULL},
    {"identifier[]", "]", "path-syntax", NULL},
    {"identifier[-1]", "-", "path-syntax", NULL},
    {"identifier[1", "", "path-syntax", NULL},
    {"identifier.", "", "path-syntax", NULL},
    {"identifier value", "value", "path-syntax", NULL},
    {"identifier.where(value = 1", "", "path-syntax", NULL},
    {"identifier.where(value = '1)", "'", "path-syntax", NULL},
    {"identifier.where(value = one)", "one", "path-syntax", NULL},
    {"identifier.where()", ")", "path-syntax", NULL},
    {"identifier.count(1)", "1", "path-syntax", NULL},
    {"extension(urn)", "urn", "path-syntax", NULL},
};

START_TEST(what_is_no_path_is_told_with_the_part_that_is_wrong)
{
    struct world world = begin();
    struct expect_path path;
    struct expect_fault fault = {.id = ""};
    ck_assert_int_eq(expect_path_parse(slice_of(FAULTS[_i].path), world.patient_root, world.arena,
                                       &path, &fault),
                     -1);
    ck_assert_str_eq(fault.id, FAULTS[_i].id);
    ck_assert_msg(slice_equal(fault.wrong, slice_of(FAULTS[_i].wrong)), "%s: '%.*s'",
                  FAULTS[_i].path, SLICE_ARG(fault.wrong));
    ck_assert(fault.words.len > 0);
    if (FAULTS[_i].hint)
        assert_slice(fault.hint, FAULTS[_i].hint);
    arena_free(world.arena);
}
END_TEST

START_TEST(brackets_inside_brackets_end_somewhere)
{
    struct world world = begin();
    const struct expect_condition *condition;
    struct expect_fault fault;
    char deep[200];
    memset(deep, '(', sizeof(deep));
    ck_assert_int_eq(expect_condition_parse((struct slice){deep, sizeof(deep)}, NULL, world.arena,
                                            &condition, &fault),
                     -1);
    assert_slice(fault.words, "conditions are nested too deep");
    arena_free(world.arena);
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

static void add(Suite *suite)
{
    TCase *paths = tcase_create("paths");
    tcase_set_timeout(paths, 60);
    tcase_add_loop_test(paths, path_means_what_fhirpath_says, 0, COUNT(MEANINGS));
    tcase_add_loop_test(paths, condition_means_what_fhirpath_says, 0, COUNT(CONDITIONS));
    tcase_add_loop_test(paths, what_is_no_path_is_told_with_the_part_that_is_wrong, 0,
                        COUNT(FAULTS));
    tcase_add_test(paths, brackets_inside_brackets_end_somewhere);
    suite_add_tcase(suite, paths);
}

int main(void)
{
    return suite_main("expect", add);
}
