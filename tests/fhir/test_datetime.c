/* Dates and times (FHIR R4 datatypes.html#dateTime, search.html#date). */
#include "fhir/datetime.h"

#include "support/suite.h"

enum form { DATE = 1, DATE_TIME = 2, INSTANT = 4, TIME = 8, SEARCH = 16 };

/* Which of the five forms take the text. */
static const struct {
    const char *text;
    int forms;
} texts[] = {
    {"2026", DATE | DATE_TIME | SEARCH},
    {"2026-11", DATE | DATE_TIME | SEARCH},
    {"2024-02-29", DATE | DATE_TIME | SEARCH},
    {"2026-11-22T14:02:11Z", DATE_TIME | INSTANT | SEARCH},
    {"2026-11-22T14:02:11.1234567-08:00", DATE_TIME | INSTANT | SEARCH},
    {"2026-11-22T23:59:60+14:00", DATE_TIME | INSTANT | SEARCH},
    {"2026-11-22T14:02:11", SEARCH},
    {"2026-11-22T14:02", SEARCH},
    {"2026-11-22T14:02Z", SEARCH},
    {"14:02:11", TIME},
    {"14:02:11.5", TIME},
    {"14:02", 0},
    {"14:02:11Z", 0},
    {"", 0},
    {"26", 0},
    {"2026-", 0},
    {"2026-13", 0},
    {"2026-00", 0},
    {"2026-02-29", 0},
    {"2026-2-9", 0},
    {"20261122", 0},
    {"0000", 0},
    {"2026-11-22T", 0},
    {"2026-11T10:00:00Z", 0},
    {"2026-11-22T24:00:00Z", 0},
    {"2026-11-22T14:60:00Z", 0},
    {"2026-11-22T14:02:61Z", 0},
    {"2026-11-22T14:02:11.Z", 0},
    {"2026-11-22T14:02:11+14:01", 0},
    {"2026-11-22T14:02:11+0800", 0},
    {"2026-11-22T14:02:11z", 0},
    {"2026-11-22 14:02:11Z", 0},
    {" 2026", 0},
    {"2026\n", 0},
};

START_TEST(each_form_takes_its_own_texts_only)
{
    const struct slice text = slice_of(texts[_i].text);
    struct fhir_datetime ignored;
    int forms = 0;
    forms |= fhir_date_parse(text, &ignored) ? DATE : 0;
    forms |= fhir_datetime_parse(text, &ignored) ? DATE_TIME : 0;
    forms |= fhir_instant_parse(text, &ignored) ? INSTANT : 0;
    forms |= fhir_time_parse(text, &ignored) ? TIME : 0;
    forms |= fhir_search_date_parse(text, &ignored) ? SEARCH : 0;
    ck_assert_msg(forms == texts[_i].forms, "%s: %d", texts[_i].text, forms);
}
END_TEST

/* Expected seconds are `date -u -d ... +%s`. */
static const struct {
    const char *text;
    int default_offset;
    int64_t lower, upper; /* seconds; upper is the first that no longer belongs */
} ranges[] = {
    {"2026", 0, 1767225600, 1798761600},
    {"2024-02", 0, 1706745600, 1709251200},
    {"2026-11-22", 0, 1795305600, 1795392000},
    {"2026-11-22", -480, 1795334400, 1795420800},
    {"2026-11-22T14:02", 0, 1795356120, 1795356180},
    {"2026-11-22T14:02:11-08:00", 600, 1795384931, 1795384932},
    {"2026-12-31T23:59:60Z", 0, 1798761600, 1798761601},
};

START_TEST(bounds_cover_the_whole_precision)
{
    struct fhir_datetime value;
    instant lower, upper;
    ck_assert(fhir_search_date_parse(slice_of(ranges[_i].text), &value));
    fhir_datetime_bounds(&value, ranges[_i].default_offset, &lower, &upper);
    ck_assert_int_eq(lower, ranges[_i].lower * TIME_SECOND);
    ck_assert_int_eq(upper, ranges[_i].upper * TIME_SECOND - 1);
}
END_TEST

START_TEST(fraction_bounds_are_as_fine_as_its_digits)
{
    struct fhir_datetime value;
    instant lower, upper;
    ck_assert(fhir_instant_parse(SLICE("1970-01-01T00:00:01.25Z"), &value));
    fhir_datetime_bounds(&value, 0, &lower, &upper);
    ck_assert_int_eq(lower, 1250000);
    ck_assert_int_eq(upper, 1259999);
    ck_assert(fhir_instant_parse(SLICE("1970-01-01T00:00:01.12345678Z"), &value));
    fhir_datetime_bounds(&value, 0, &lower, &upper);
    ck_assert_int_eq(lower, 1123456);
    ck_assert_int_eq(upper, 1123456);
}
END_TEST

START_TEST(text_is_printed_in_its_own_precision)
{
    static const char *const same[] = {"2026",
                                       "2026-11",
                                       "2026-11-02",
                                       "2026-11-22T14:02:11Z",
                                       "2026-11-22T04:02:11.120-08:00",
                                       "2026-11-22T14:02:11.000001+05:45"};
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct fhir_datetime value;
        ck_assert(fhir_datetime_parse(slice_of(same[i]), &value));
        ck_assert(slice_equal(fhir_datetime_print(&value, arena), slice_of(same[i])));
    }
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("datetime");
    tcase_add_loop_test(tests, each_form_takes_its_own_texts_only, 0,
                        sizeof(texts) / sizeof(texts[0]));
    tcase_add_loop_test(tests, bounds_cover_the_whole_precision, 0,
                        sizeof(ranges) / sizeof(ranges[0]));
    tcase_add_test(tests, fraction_bounds_are_as_fine_as_its_digits);
    tcase_add_test(tests, text_is_printed_in_its_own_precision);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("datetime", add);
}
