#include "hl7v2/place.h"
#include "hl7v2/support.h"

#define MESSAGE                                                                                    \
    "MSH|^~\\&|A\r"                                                                                \
    "PID|1||77^^^X&1.2&ISO^MR~88^^^Y&3.4&ISO^SS\r"                                                 \
    "OBX|1|NM|c^d||5\r"                                                                            \
    "OBX|2|NM|e^f||6~7\r"

/* Text, its shortest form, and what it names in the message, joined by ";". */
static const struct {
    const char *text, *shortest, *values;
} ROWS[] = {
    {"PID-3[2].4.1", "PID-3[2].4.1", "Y"},
    {"PID-3.4.2", "PID-3.4.2", "1.2"},
    {"PID-3", "PID-3", "77^^^X&1.2&ISO^MR~88^^^Y&3.4&ISO^SS"},
    {"PID-3[1]", "PID-3[1]", "77^^^X&1.2&ISO^MR"},
    {"PID-3[*].1", "PID-3[*].1", "77;88"},
    {"PID-3[*].4.1", "PID-3[*].4.1", "X;Y"},
    {"OBX[2]-5", "OBX[2]-5", "6~7"},
    {"OBX-5", "OBX-5", "5"},
    {"OBX[*]-5", "OBX[*]-5", "5;6~7"},
    {"OBX[*]-5[*]", "OBX[*]-5[*]", "5;6;7"},
    {"OBX[*]-3.2", "OBX[*]-3.2", "d;f"},
    {"OBX", "OBX", "OBX|1|NM|c^d||5"},
    {"OBX[3]-5", "OBX[3]-5", ""},
    {"OBX-5[3]", "OBX-5[3]", ""},
    {"PV1-2", "PV1-2", ""},
    {"MSH-1", "MSH-1", "|"},
    {"MSH-2", "MSH-2", "^~\\&"},
    {"MSH-2[*].1", "MSH-2[*].1", "^~\\&"},
};

START_TEST(places_are_parsed_printed_and_resolved)
{
    struct hl7v2_message message = parsed(MESSAGE);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct hl7v2_place place;
        struct slice *values;
        ck_assert_msg(hl7v2_place_parse(slice_of(ROWS[i].text), &place, NULL) == 0, "%s",
                      ROWS[i].text);
        CK_SAME(hl7v2_place_text(&place, test_arena), ROWS[i].shortest);
        size_t count = hl7v2_place_resolve(&place, &message, test_arena, &values);
        struct slice joined = SLICE("");
        for (size_t v = 0; v < count; v++)
            joined = arena_format(test_arena, "%.*s%s%.*s", SLICE_ARG(joined), v > 0 ? ";" : "",
                                  SLICE_ARG(values[v]));
        CK_SAME(joined, ROWS[i].values);
        struct slice first = hl7v2_place_first(&place, &message);
        ck_assert_msg(count > 0 ? first.ptr == values[0].ptr : first.ptr == NULL, "%s",
                      ROWS[i].text);
    }
}
END_TEST

static const struct {
    const char *text;
    size_t column;
} WRONG[] = {
    {"", 0},        {"PI-3", 0},         {"pid-3", 0},       {"1ID-3", 0},
    {"PID-", 3},    {"PID-0", 3},        {"PID-03", 3},      {"PID-3.", 5},
    {"PID-3.0", 5}, {"PID-3.1.", 7},     {"PID-3.1.2.3", 9}, {"PID[0]-3", 3},
    {"PID[-3", 3},  {"PID-3[2", 5},      {"PID-3[x]", 5},    {"PID-3 ", 5},
    {"PID3", 3},    {"PID-99999999", 3}, {"PID[*", 3},
};

START_TEST(what_is_no_place_is_told_by_column)
{
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct hl7v2_place place;
        size_t column = 99;
        ck_assert_int_eq(hl7v2_place_parse(slice_of(WRONG[i].text), &place, &column), -1);
        ck_assert_msg(column == WRONG[i].column, "%s: %zu", WRONG[i].text, column);
    }
}
END_TEST

START_TEST(a_place_at_the_front_leaves_the_rest)
{
    struct hl7v2_place place;
    ck_assert_uint_eq(hl7v2_place_parse_front(SLICE("PID-3.4 valued"), &place), 7);
    ck_assert_uint_eq(place.component, 4);
    ck_assert_uint_eq(hl7v2_place_parse_front(SLICE("PID-3[nth SERVICE]"), &place), 5);
    ck_assert_uint_eq(place.repetition, 0);
    ck_assert_uint_eq(hl7v2_place_parse_front(SLICE("patient"), &place), 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "place");
    tcase_add_test(cases, places_are_parsed_printed_and_resolved);
    tcase_add_test(cases, what_is_no_place_is_told_by_column);
    tcase_add_test(cases, a_place_at_the_front_leaves_the_rest);
}

int main(void)
{
    return suite_main("place", add);
}
