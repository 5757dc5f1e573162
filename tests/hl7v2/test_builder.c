#include "hl7v2/builder.h"
#include "hl7v2/support.h"

static struct slice printed(struct hl7v2_builder *builder, int *ret_result)
{
    struct buffer out;
    buffer_init(&out, 0);
    *ret_result = hl7v2_builder_print(builder, &out, &test_issues);
    struct slice copy = arena_copy(test_arena, buffer_slice(&out));
    buffer_release(&out);
    return copy;
}

static struct hl7v2_builder *begun(const struct hl7v2_delimiters *delimiters)
{
    struct hl7v2_builder *builder = hl7v2_builder_new(test_arena, delimiters, HL7V2_CHARSET_UTF_8);
    hl7v2_builder_segment(builder, HL7V2_ID("MSH"));
    return builder;
}

START_TEST(values_are_printed_at_their_places_whatever_the_order)
{
    struct hl7v2_builder *builder = begun(NULL);
    int result;
    hl7v2_builder_set(builder, 10, 0, 0, 0, SLICE("7"));
    hl7v2_builder_set(builder, 3, 0, 0, 0, SLICE("EHR"));
    hl7v2_builder_set(builder, 1, 0, 0, 0, SLICE("never"));
    hl7v2_builder_segment(builder, HL7V2_ID("PID"));
    hl7v2_builder_set(builder, 5, 2, 2, 0, SLICE("JO"));
    hl7v2_builder_set(builder, 3, 1, 4, 2, SLICE("1.2"));
    hl7v2_builder_set(builder, 3, 1, 1, 1, SLICE("77"));
    hl7v2_builder_set(builder, 3, 2, 1, 1, SLICE("88"));
    hl7v2_builder_set(builder, 5, 1, 1, 1, SLICE("DOE|X"));
    hl7v2_builder_set(builder, 8, 1, 1, 1, SLICE(""));
    hl7v2_builder_set(builder, 3, 1, 1, 1, SLICE("78"));
    hl7v2_builder_segment(builder, HL7V2_ID("PV1"));
    CK_SAME(printed(builder, &result), "MSH|^~\\&|EHR|||||||7\r"
                                       "PID|||78^^^&1.2~88||DOE\\F\\X~^JO\rPV1\r");
    ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(what_is_built_is_parsed_back)
{
    struct hl7v2_builder *builder = begun(NULL);
    static const struct {
        const char *place, *text;
    } rows[] = {{"PID-3[2].4.2", "a"},   {"PID-3.1", "b&c"}, {"OBX-5", "x"},
                {"OBX[2]-5.3", "y\nz"},  {"MSH-9.2", "A08"}, {"OBX-5[3]", "w"},
                {"NTE-3", "J\xC3\xBCrg"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hl7v2_place place;
        ck_assert_int_eq(hl7v2_place_parse(slice_of(rows[i].place), &place, NULL), 0);
        ck_assert_int_eq(hl7v2_builder_set_place(builder, &place, slice_of(rows[i].text)), 0);
    }
    int result;
    struct hl7v2_message message = parsed(arena_string(test_arena, printed(builder, &result)));
    CK_SAME(hl7v2_message_value(&message, 1, 3, 2, 4, 2), "a");
    CK_SAME(hl7v2_message_value(&message, 1, 3, 1, 1, 0), "b\\T\\c");
    CK_SAME(hl7v2_message_value(&message, 3, 5, 1, 3, 0), "y\\X0A\\z");
    CK_SAME(hl7v2_message_value(&message, 0, 9, 1, 2, 0), "A08");
    CK_SAME(hl7v2_message_value(&message, 2, 5, 3, 0, 0), "w");
    ck_assert_uint_eq(hl7v2_message_count(&message, HL7V2_ID("OBX")), 2);
}
END_TEST

START_TEST(places_with_gaps_or_for_each_are_refused)
{
    static const char *const rows[] = {"OBX[2]-5", "OBX[*]-5", "OBX-5[*]", "OBX"};
    for (size_t i = 0; i < 4; i++) {
        struct hl7v2_place place;
        ck_assert_int_eq(hl7v2_place_parse(slice_of(rows[i]), &place, NULL), 0);
        ck_assert_int_eq(hl7v2_builder_set_place(begun(NULL), &place, SLICE("x")), -1);
    }
}
END_TEST

START_TEST(delete_indicator_and_raw_fields_are_not_escaped)
{
    struct hl7v2_builder *builder = begun(NULL);
    int result;
    hl7v2_builder_set_raw(builder, 3, SLICE("E^1\\F\\"));
    hl7v2_builder_set_delete(builder, 4, 1, 2, 0);
    hl7v2_builder_set(builder, 5, 1, 1, 1, SLICE("\"\""));
    CK_SAME(printed(builder, &result), "MSH|^~\\&|E^1\\F\\|^\"\"|\\X2222\\\r");
}
END_TEST

/* HL7 v2.5.1 2.7.6 */
START_TEST(lines_of_formatted_text_are_divided_by_the_escape_for_it)
{
    struct hl7v2_builder *builder = begun(NULL);
    int result;
    hl7v2_builder_set_lines(builder, 3, 1, 1, 1, SLICE("a|b\n\nc"));
    CK_SAME(printed(builder, &result), "MSH|^~\\&|a\\F\\b\\.br\\\\.br\\c\r");
    ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(what_the_delimiters_cannot_say_prints_nothing)
{
    const struct hl7v2_delimiters short_ones = {'|', '^', '~', '\0', '\0', '\0'};
    struct hl7v2_builder *builder = begun(&short_ones);
    int result;
    hl7v2_builder_set(builder, 3, 1, 1, 2, SLICE("x"));
    CK_SAME(printed(builder, &result), "");
    ck_assert_int_eq(result, -1);
    builder = begun(&short_ones);
    hl7v2_builder_set(builder, 3, 1, 1, 1, SLICE("x^y"));
    CK_SAME(printed(builder, &result), "");
    ck_assert_int_eq(result, -1);
    builder = begun(&short_ones);
    hl7v2_builder_set(builder, 3, 1, 1, 1, SLICE("x&y"));
    CK_SAME(printed(builder, &result), "MSH|^~|x&y\r");
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "builder");
    tcase_add_test(cases, values_are_printed_at_their_places_whatever_the_order);
    tcase_add_test(cases, what_is_built_is_parsed_back);
    tcase_add_test(cases, places_with_gaps_or_for_each_are_refused);
    tcase_add_test(cases, delete_indicator_and_raw_fields_are_not_escaped);
    tcase_add_test(cases, lines_of_formatted_text_are_divided_by_the_escape_for_it);
    tcase_add_test(cases, what_the_delimiters_cannot_say_prints_nothing);
}

int main(void)
{
    return suite_main("builder", add);
}
