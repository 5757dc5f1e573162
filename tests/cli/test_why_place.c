/* Places of HL7 v2 as `why` takes them. */
#include "cli/why_place.h"
#include "support/suite.h"

START_TEST(a_place_has_a_segment_and_a_field_and_perhaps_more)
{
    static const struct {
        const char *text, *segment;
        unsigned sequence, field, repetition, component, subcomponent;
    } ROWS[] = {
        {"PID-5", "PID", 0, 5, 0, 0, 0},        {"OBX[2]-5", "OBX", 2, 5, 0, 0, 0},
        {"PID-3[2].4.1", "PID", 0, 3, 2, 4, 1}, {"PV1[1]-44[1].1", "PV1", 1, 44, 1, 1, 0},
        {"ZPI-3", "ZPI", 0, 3, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct why_place place;
        ck_assert_msg(why_place_parse(slice_of(ROWS[i].text), &place), "%s", ROWS[i].text);
        ck_assert(slice_equal(place.segment, slice_of(ROWS[i].segment)));
        ck_assert_uint_eq(place.sequence, ROWS[i].sequence);
        ck_assert_uint_eq(place.field, ROWS[i].field);
        ck_assert_uint_eq(place.repetition, ROWS[i].repetition);
        ck_assert_uint_eq(place.component, ROWS[i].component);
        ck_assert_uint_eq(place.subcomponent, ROWS[i].subcomponent);
    }
}
END_TEST

START_TEST(what_is_no_place_is_left_to_be_a_resource)
{
    static const char *const TEXTS[] = {
        "",
        "PID",
        "PID-",
        "PID-0",
        "PID-x",
        "pid-5",
        "1ID-5",
        "PIDX-5",
        "PID-5.",
        "PID-5.0",
        "PID-5.1.",
        "PID[0]-5",
        "PID[1-5",
        "PID-5[2",
        "PID-5 ",
        "Patient",
        "Patient/1",
        "PID-5.1.1.1",
        "PI-5",
        "PID-99999999999",
        "Observation-5",
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct why_place place = {.field = 7};
        ck_assert_msg(!why_place_parse(slice_of(TEXTS[i]), &place), "'%s'", TEXTS[i]);
        ck_assert_uint_eq(place.field, 7);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *place = tcase_create("place");
    tcase_add_test(place, a_place_has_a_segment_and_a_field_and_perhaps_more);
    tcase_add_test(place, what_is_no_place_is_left_to_be_a_resource);
    suite_add_tcase(suite, place);
}

int main(void)
{
    return suite_main("why_place", add);
}
