/* What captured messages say of the system that sends them. */
#include "mapping/harness.h"
#include "mapping/survey.h"

struct surveyed {
    struct arena *arena;
    struct mapping_survey survey;
};

static struct surveyed survey_of(const char *const *texts, size_t count)
{
    struct surveyed made = {.arena = arena_new((size_t)1 << 28)};
    struct mapping_context context = {.received = 20000 * TIME_DAY, .site = SLICE("mission")};
    const struct mapping_leaf_reader *reader;
    struct issue_list issues;
    issue_list_init(&issues, made.arena);
    const struct mapping_program *program = harness_program(NULL, made.arena);
    ck_assert_int_eq(mapping_leaf_reader_new(program, NULL, made.arena, &reader, &issues), 0);
    mapping_survey_init(&made.survey, program, made.arena);
    for (size_t i = 0; i < count; i++) {
        struct hl7v2_message *message = ARENA_NEW(made.arena, struct hl7v2_message);
        struct hl7v2_message_options options = {.default_charset = HL7V2_CHARSET_8859_1};
        struct mapping_result result;
        struct mapping_leaf *leaves;
        struct hl7v2_header header;
        size_t leaf_count;
        issue_list_init(&issues, made.arena);
        ck_assert_int_eq(
            hl7v2_message_parse(slice_of(texts[i]), &options, made.arena, message, &issues), 0);
        hl7v2_header_read(message, &header);
        ck_assert_int_eq(mapping_leaf_read(reader, message, header.structure, &context, made.arena,
                                           &result, &leaves, &leaf_count, &issues),
                         0);
        mapping_survey_add(&made.survey, message, header.structure, leaves, leaf_count, &issues,
                           made.arena);
    }
    return made;
}

/* How often the topic has the name at the place (NULL: any), 0 where it has not. */
static size_t count_of(const struct surveyed *made, enum mapping_survey_topic topic,
                       const char *name, const char *place)
{
    const struct mapping_survey_item **items;
    size_t found = 0, count = mapping_survey_items(&made->survey, topic, &items);
    for (size_t i = 0; i < count; i++)
        if (slice_equal(items[i]->name, slice_of(name)) &&
            (!place || slice_equal(items[i]->place, slice_of(place))))
            found += items[i]->count;
    return found;
}

#define OBR "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid^LN|||20261121130000||||||||||||||||||F\r"

static const char *const TEXTS[] = {
    "MSH|^~\\&|EHR|NORTH|||20261121140211-0800||ORU^R01^ORU_R01|M1|P|2.3\r"
    "PID|1||A1^^^NORTH^MR||DOE^JANE||19800229|X9\r" OBR "OBX|1|NM|GLU^Glucose^99LAB||105||||||F\r"
    "ZPI|1|x\r",
    "MSH|^~\\&|EHR|NORTH|||20261121140211-0800||ORU^R01^ORU_R01|M2|P|2.3||||||8859/1\r"
    "PID|1||A2^^^NORTH^MR||NU\xf1"
    "EZ^ANA||19800229|X9\r" OBR "OBX|1|NM|718-7^Hb^LN||7||||||F\r",
};

START_TEST(versions_senders_sets_and_structures_are_counted)
{
    struct surveyed made = survey_of(TEXTS, 2);
    ck_assert_uint_eq(made.survey.messages, 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_VERSION, "2.3", NULL), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_SENDER, "EHR/NORTH", NULL), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_STRUCTURE, "ORU_R01", NULL), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_DELIMITERS, "|^~\\&", NULL), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_CHARSET, "", NULL), 1);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_BYTES, "8859/1", NULL), 1);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_BYTES, "ASCII", NULL), 1);
    arena_free(made.arena);
}
END_TEST

START_TEST(codes_that_no_table_knows_are_counted_by_field_and_table)
{
    struct surveyed made = survey_of(TEXTS, 2);
    const struct mapping_survey_item **items;
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_CODE, "X9", "PID-8"), 2);
    mapping_survey_items(&made.survey, MAPPING_SURVEY_CODE, &items);
    assert_slice(items[0]->table, "AdministrativeSex");
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_SYSTEM, "99LAB", "OBX-3"), 1);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_LOCAL_CODE, "GLU", "OBX-3"), 1);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_LOCAL_CODE, "718-7", "OBX-3"), 0);
    arena_free(made.arena);
}
END_TEST

START_TEST(assigners_z_fields_and_offsets_are_counted)
{
    struct surveyed made = survey_of(TEXTS, 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_AUTHORITY, "NORTH", "PID-3"), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_AUTHORITY, "LAB", "OBR-3"), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_Z_FIELD, "ZPI-2", "OBX"), 1);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_OFFSET, "with", NULL), 2);
    ck_assert_uint_eq(count_of(&made, MAPPING_SURVEY_OFFSET, "without", NULL), 2);
    arena_free(made.arena);
}
END_TEST

START_TEST(nothing_of_a_person_is_kept)
{
    struct surveyed made = survey_of(TEXTS, 2);
    for (size_t topic = 0; topic < MAPPING_SURVEY_TOPIC_COUNT; topic++) {
        const struct mapping_survey_item **items;
        size_t count = mapping_survey_items(&made.survey, (enum mapping_survey_topic)topic, &items);
        for (size_t i = 0; i < count; i++) {
            ck_assert(slice_find(items[i]->name, SLICE("DOE")) == items[i]->name.len);
            ck_assert(slice_find(items[i]->name, SLICE("ANA")) == items[i]->name.len);
            ck_assert(!slice_equal(items[i]->name, SLICE("A1")));
            ck_assert(!slice_equal(items[i]->name, SLICE("19800229")));
        }
    }
    arena_free(made.arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *survey = tcase_create("survey");
    tcase_set_timeout(survey, 60);
    tcase_add_test(survey, versions_senders_sets_and_structures_are_counted);
    tcase_add_test(survey, codes_that_no_table_knows_are_counted_by_field_and_table);
    tcase_add_test(survey, assigners_z_fields_and_offsets_are_counted);
    tcase_add_test(survey, nothing_of_a_person_is_kept);
    suite_add_tcase(suite, survey);
}

int main(void)
{
    return suite_main("survey", add);
}
