/* What becomes of each value of a message, and the counts of many. */
#include "mapping/coverage.h"
#include "mapping/harness.h"
#include "mapping/texts.h"

#define OBR "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid^LN|||20261121130000-0800||||||||||||||||||F\r"

struct reading {
    struct arena *arena;
    struct issue_list issues;
    const struct mapping_leaf_reader *reader;
    struct hl7v2_message message;
    struct mapping_result result;
    struct mapping_leaf *leaves;
    size_t count;
    int outcome;
};

static struct reading read_leaves(const char *site, const char *text)
{
    struct reading reading = {.arena = arena_new((size_t)1 << 28)};
    struct arena *arena = reading.arena;
    struct hl7v2_header header;
    struct mapping_texts texts;
    struct mapping_context context = {.received = 20000 * TIME_DAY, .site = SLICE("mission")};
    issue_list_init(&reading.issues, arena);
    const struct mapping_program *program = harness_program(site, arena);
    if (site)
        ck_assert_int_eq(
            mapping_texts_of_site(file_join(arena, HARNESS_FOLDER "sites", slice_of(site)), arena,
                                  &texts, &reading.issues),
            0);
    ck_assert_int_eq(mapping_leaf_reader_new(program, site ? &texts : NULL, arena, &reading.reader,
                                             &reading.issues),
                     0);
    ck_assert_int_eq(
        hl7v2_message_parse(slice_of(text), NULL, arena, &reading.message, &reading.issues), 0);
    hl7v2_header_read(&reading.message, &header);
    reading.outcome =
        mapping_leaf_read(reading.reader, &reading.message, header.structure, &context, arena,
                          &reading.result, &reading.leaves, &reading.count, &reading.issues);
    return reading;
}

/* The state of the leaf with this place and these bytes. */
static const struct mapping_leaf *leaf_at(const struct reading *reading, const char *place,
                                          const char *bytes)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct mapping_leaf *leaf = &reading->leaves[i];
        struct slice raw = slice_part(reading->message.frame, leaf->start, leaf->length);
        if (slice_equal(mapping_leaf_place(leaf, reading->arena), slice_of(place)) &&
            slice_equal(raw, slice_of(bytes)))
            return leaf;
    }
    ck_abort_msg("there is no leaf %s '%s'", place, bytes);
}

static void assert_states(const char *site, const char *text, const char *const (*rows)[2],
                          const enum mapping_leaf_state *states, size_t count)
{
    struct reading reading = read_leaves(site, text);
    ck_assert_int_eq(reading.outcome, 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(leaf_at(&reading, rows[i][0], rows[i][1])->state == states[i],
                      "%s '%s': state %d, expected %d", rows[i][0], rows[i][1],
                      leaf_at(&reading, rows[i][0], rows[i][1])->state, states[i]);
    arena_free(reading.arena);
}

START_TEST(each_leaf_has_the_state_of_what_became_of_it)
{
    static const char *const LEAVES[][2] = {
        {"PID-3.1", "A1"},       {"PID-3.5", "MR"},  {"PID-5.1.1", "DOE"},    {"PID-5.4", "JR"},
        {"PID-7.1", "19800229"}, {"PID-8", "F"},     {"PID-18.1", "ACCOUNT"}, {"PID-19", "123"},
        {"PID-25", "many"},      {"PID-1", "1"},     {"MSH-9.1", "ORU"},      {"MSH-12.1", "2.5.1"},
        {"OBR-25", "F"},         {"OBX-2", "NM"},    {"OBX-5", "6.3"},        {"OBX-4", "1.1"},
        {"OBR-29.1.1", "PAR"},   {"ZPI-1", "local"},
    };
    static const enum mapping_leaf_state STATES[] = {
        MAPPING_LEAF_MAPPED,     MAPPING_LEAF_MAPPED,     MAPPING_LEAF_MAPPED,
        MAPPING_LEAF_NEVER_READ, MAPPING_LEAF_MAPPED,     MAPPING_LEAF_MAPPED,
        MAPPING_LEAF_SUPPRESSED, MAPPING_LEAF_NEVER_READ, MAPPING_LEAF_NOT_WRITTEN,
        MAPPING_LEAF_ENGINE,     MAPPING_LEAF_ENGINE,     MAPPING_LEAF_ENGINE,
        MAPPING_LEAF_MAPPED,     MAPPING_LEAF_CONDITION,  MAPPING_LEAF_MAPPED,
        MAPPING_LEAF_KEY,        MAPPING_LEAF_KEY,        MAPPING_LEAF_NEVER_READ,
    };
    assert_states(NULL,
                  HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE^^JR||19800229|F||||||||"
                                          "||ACCOUNT|123||||||many\r"
                                          "ZPI|local\r"
                                          "OBR|1|P1^EHR|F1^LAB|24331-1^Lipid^LN|||20261121130000-"
                                          "0800|||||||||||||||||"
                                          "|F||||PAR&X\r"
                                          "OBX|1|NM|A^a^LN|1.1|6.3||||||F\r",
                  LEAVES, STATES, sizeof(LEAVES) / sizeof(LEAVES[0]));
}
END_TEST

START_TEST(a_code_that_is_looked_up_gives_its_code_and_system_and_no_other_component)
{
    static const char *const LEAVES[][2] = {{"PID-8.1", "F"}, {"PID-8.2", "woman"}};
    static const enum mapping_leaf_state STATES[] = {MAPPING_LEAF_MAPPED, MAPPING_LEAF_NEVER_READ};
    assert_states(
        NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE||19800229|F^woman\r" OBR,
        LEAVES, STATES, 2);
}
END_TEST

START_TEST(what_a_site_drops_by_id_is_suppressed_with_its_reason)
{
    static const char *const TEXT =
        HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR~123456789^^^USSSA^SS||DOE^JANE||19800229|F|"
                                "|||||||M^x\r" OBR;
    struct reading reading = read_leaves("mission", TEXT);
    const struct mapping_leaf *number = leaf_at(&reading, "PID-3.1", "123456789");
    ck_assert_int_eq(number->state, MAPPING_LEAF_SUPPRESSED);
    assert_slice(number->suppression->because, "social security numbers are not shared");
    assert_slice(number->suppression->rule, "pid.identifier");
    ck_assert(slice_ends_with(number->suppression->file, SLICE("mission.xml")));
    ck_assert_int_eq(leaf_at(&reading, "PID-3.1", "A1")->state, MAPPING_LEAF_MAPPED);
    const struct mapping_leaf *marital = leaf_at(&reading, "PID-16.1", "M");
    ck_assert_int_eq(marital->state, MAPPING_LEAF_SUPPRESSED);
    assert_slice(marital->suppression->because, "nobody asks here");
    arena_free(reading.arena);
}
END_TEST

START_TEST(a_deletion_that_cleared_an_element_is_mapped)
{
    static const char *const LEAVES[][2] = {{"PID-7.1", "\"\""}, {"PID-19", "\"\""}};
    static const enum mapping_leaf_state STATES[] = {MAPPING_LEAF_MAPPED, MAPPING_LEAF_NEVER_READ};
    assert_states(
        NULL,
        HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE||\"\"||||||||||||\"\"\r" OBR,
        LEAVES, STATES, 2);
}
END_TEST

START_TEST(every_valued_byte_of_the_message_is_in_one_leaf)
{
    struct reading reading =
        read_leaves(NULL, HEAD("ORU^R01^ORU_R01") PID OBR "OBX|1|NM|A^a^LN||6.3~ ~7|mg\r");
    size_t bytes = 0;
    for (size_t i = 0; i < reading.count; i++) {
        bytes += reading.leaves[i].length;
        if (i)
            ck_assert_uint_ge(reading.leaves[i].start,
                              reading.leaves[i - 1].start + reading.leaves[i - 1].length);
    }
    struct slice frame = reading.message.frame;
    size_t valued = 1; /* MSH-1 is the separator itself */
    for (size_t i = 0; i < frame.len; i++)
        valued += slice_find_byte(SLICE("|^~\\&\r "), frame.ptr[i]) == 7;
    /* the encoding characters of MSH-2, and the names of four segments */
    ck_assert_uint_eq(bytes, valued + 4 - 4 * 3);
    arena_free(reading.arena);
}
END_TEST

START_TEST(coverage_lists_every_leaf_that_neither_arrives_nor_is_suppressed)
{
    struct reading reading =
        read_leaves(NULL, HEAD("ORU^R01^ORU_R01") "PID|1||A1^^^MISSION^MR||DOE^JANE^^JR~ROE^J^^SR||"
                                                  "19800229|F||||||||||ACC|123\r" OBR);
    struct mapping_coverage coverage;
    const struct mapping_coverage_row **rows;
    mapping_coverage_init(&coverage, reading.arena);
    mapping_coverage_add(&coverage, SLICE("a.hl7: message 1"), reading.leaves, reading.count);
    size_t listed = 0, seen = 0, count = mapping_coverage_lost_rows(&coverage, &rows);
    assert_slice(rows[0]->place, "PID-5.4");
    ck_assert_uint_eq(rows[0]->counts.states[MAPPING_LEAF_NEVER_READ], 2);
    assert_slice(rows[0]->example, "a.hl7: message 1, PID[1]-5[1].4");
    for (size_t i = 0; i < count; i++)
        listed += mapping_coverage_lost(&rows[i]->counts);
    count = mapping_coverage_rows(&coverage, &rows);
    for (size_t i = 0; i < count; i++) {
        size_t states = 0;
        for (size_t state = 0; state < MAPPING_LEAF_STATE_COUNT; state++)
            states += rows[i]->counts.states[state];
        ck_assert_uint_eq(states, rows[i]->counts.seen);
        seen += rows[i]->counts.seen;
    }
    ck_assert_uint_eq(seen, reading.count);
    ck_assert_uint_eq(seen, mapping_coverage_arrived(&coverage.all) + listed +
                                coverage.all.states[MAPPING_LEAF_ENGINE] +
                                coverage.all.states[MAPPING_LEAF_SUPPRESSED]);
    ck_assert_uint_eq(coverage.all.states[MAPPING_LEAF_SUPPRESSED], 1);
    arena_free(reading.arena);
}
END_TEST

START_TEST(leaves_of_a_message_that_is_refused_are_counted_apart_with_the_cause)
{
    /* OBR-25 is required by the rules */
    struct reading reading = read_leaves(NULL, HEAD("ORU^R01^ORU_R01") PID "OBR|1\r");
    struct mapping_coverage coverage;
    ck_assert_int_eq(reading.outcome, -1);
    reading.count =
        mapping_leaf_list_refused(reading.reader, &reading.message, reading.arena, &reading.leaves);
    mapping_coverage_init(&coverage, reading.arena);
    const struct mapping_coverage_refusal **refusals;
    mapping_coverage_add_refused(&coverage, SLICE("a.hl7: message 1"), &reading.issues,
                                 reading.leaves, reading.count);
    ck_assert_uint_eq(coverage.refused, 1);
    ck_assert_uint_eq(coverage.all.states[MAPPING_LEAF_REFUSED], reading.count);
    ck_assert_uint_eq(mapping_coverage_lost(&coverage.all), 0);
    ck_assert_uint_eq(mapping_coverage_refusals(&coverage, &refusals), 1);
    assert_slice(refusals[0]->cause, "required field missing");
    assert_slice(refusals[0]->example, "a.hl7: message 1");
    arena_free(reading.arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *leaf = tcase_create("leaf");
    tcase_set_timeout(leaf, 60);
    tcase_add_test(leaf, each_leaf_has_the_state_of_what_became_of_it);
    tcase_add_test(leaf, a_code_that_is_looked_up_gives_its_code_and_system_and_no_other_component);
    tcase_add_test(leaf, what_a_site_drops_by_id_is_suppressed_with_its_reason);
    tcase_add_test(leaf, a_deletion_that_cleared_an_element_is_mapped);
    tcase_add_test(leaf, every_valued_byte_of_the_message_is_in_one_leaf);
    tcase_add_test(leaf, coverage_lists_every_leaf_that_neither_arrives_nor_is_suppressed);
    tcase_add_test(leaf, leaves_of_a_message_that_is_refused_are_counted_apart_with_the_cause);
    suite_add_tcase(suite, leaf);
}

int main(void)
{
    return suite_main("leaf", add);
}
