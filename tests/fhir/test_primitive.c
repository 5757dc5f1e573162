/* Primitive types (FHIR R4 datatypes.html#primitive). */
#include "fhir/primitive.h"

#include "support/suite.h"

static const struct {
    enum fhir_primitive primitive;
    const char *text;
    bool valid;
} cases[] = {
    {FHIR_PRIMITIVE_BASE64_BINARY, "TWFu", true},
    {FHIR_PRIMITIVE_BASE64_BINARY, "TWE=", true},
    {FHIR_PRIMITIVE_BASE64_BINARY, "TQ==", true},
    {FHIR_PRIMITIVE_BASE64_BINARY, "TW Fu\n", true},
    {FHIR_PRIMITIVE_BASE64_BINARY, "TWF", false},
    {FHIR_PRIMITIVE_BASE64_BINARY, "T===", false},
    {FHIR_PRIMITIVE_BASE64_BINARY, "TQ=a", false},
    {FHIR_PRIMITIVE_BASE64_BINARY, "TW_u", false},
    {FHIR_PRIMITIVE_BASE64_BINARY, "", false},
    {FHIR_PRIMITIVE_BOOLEAN, "true", true},
    {FHIR_PRIMITIVE_BOOLEAN, "True", false},
    {FHIR_PRIMITIVE_CANONICAL, "http://h/a|1", true},
    {FHIR_PRIMITIVE_CODE, "a b", true},
    {FHIR_PRIMITIVE_CODE, "a  b", false},
    {FHIR_PRIMITIVE_CODE, " a", false},
    {FHIR_PRIMITIVE_CODE, "a ", false},
    {FHIR_PRIMITIVE_CODE, "", false},
    {FHIR_PRIMITIVE_DATE, "2026-11", true},
    {FHIR_PRIMITIVE_DATE, "2026-11-22T10:00:00Z", false},
    {FHIR_PRIMITIVE_DATE_TIME, "2026-11-22T10:00:00Z", true},
    {FHIR_PRIMITIVE_DATE_TIME, "2026-11-22T10:00Z", false},
    {FHIR_PRIMITIVE_DECIMAL, "0.00", true},
    {FHIR_PRIMITIVE_DECIMAL, "-1.0e-245", true},
    {FHIR_PRIMITIVE_DECIMAL, "123456789012345678", true},
    {FHIR_PRIMITIVE_DECIMAL, "1.000000000000000000E-245", true},
    {FHIR_PRIMITIVE_DECIMAL, "0.000000000000000000001", true},
    {FHIR_PRIMITIVE_DECIMAL, "01", false},
    {FHIR_PRIMITIVE_ID, "a.b-C9", true},
    {FHIR_PRIMITIVE_ID, "a_b", false},
    {FHIR_PRIMITIVE_INSTANT, "2026-11-22T10:00:00.1Z", true},
    {FHIR_PRIMITIVE_INSTANT, "2026-11-22", false},
    {FHIR_PRIMITIVE_INTEGER, "0", true},
    {FHIR_PRIMITIVE_INTEGER, "-2147483648", true},
    {FHIR_PRIMITIVE_INTEGER, "2147483647", true},
    {FHIR_PRIMITIVE_INTEGER, "2147483648", false},
    {FHIR_PRIMITIVE_INTEGER, "-0", false},
    {FHIR_PRIMITIVE_INTEGER, "007", false},
    {FHIR_PRIMITIVE_INTEGER, "1.0", false},
    {FHIR_PRIMITIVE_INTEGER, "1e3", false},
    {FHIR_PRIMITIVE_MARKDOWN, "# a\n", true},
    {FHIR_PRIMITIVE_OID, "urn:oid:1.2.840", true},
    {FHIR_PRIMITIVE_OID, "urn:oid:3.2", false},
    {FHIR_PRIMITIVE_OID, "urn:oid:1", false},
    {FHIR_PRIMITIVE_OID, "urn:oid:1..2", false},
    {FHIR_PRIMITIVE_OID, "urn:oid:1.02", false},
    {FHIR_PRIMITIVE_OID, "1.2.3", false},
    {FHIR_PRIMITIVE_POSITIVE_INT, "1", true},
    {FHIR_PRIMITIVE_POSITIVE_INT, "0", false},
    {FHIR_PRIMITIVE_STRING, "a\tb\r\n", true},
    {FHIR_PRIMITIVE_STRING, "a\x01", false},
    {FHIR_PRIMITIVE_STRING, " \n", false},
    {FHIR_PRIMITIVE_STRING, "", false},
    {FHIR_PRIMITIVE_TIME, "10:00:00", true},
    {FHIR_PRIMITIVE_TIME, "10:00", false},
    {FHIR_PRIMITIVE_UNSIGNED_INT, "0", true},
    {FHIR_PRIMITIVE_UNSIGNED_INT, "-1", false},
    {FHIR_PRIMITIVE_URI, "urn:x:y", true},
    {FHIR_PRIMITIVE_URI, "a b", false},
    {FHIR_PRIMITIVE_URI, "", false},
    {FHIR_PRIMITIVE_UUID, "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", true},
    {FHIR_PRIMITIVE_UUID, "urn:uuid:C757873D-ec9a-4326-a141-556f43239520", false},
    {FHIR_PRIMITIVE_UUID, "urn:uuid:c757873dxec9a-4326-a141-556f43239520", false},
    {FHIR_PRIMITIVE_UUID, "urn:uuid:c757873d", false},
};

START_TEST(each_type_takes_what_its_expression_takes)
{
    ck_assert_msg(fhir_primitive_is_valid(cases[_i].primitive, slice_of(cases[_i].text)) ==
                      cases[_i].valid,
                  "%.*s %s", SLICE_ARG(fhir_primitive_name(cases[_i].primitive)), cases[_i].text);
}
END_TEST

START_TEST(every_row_has_a_name_that_finds_it)
{
    for (unsigned i = 1; i < FHIR_PRIMITIVE_COUNT; i++) {
        const struct slice name = fhir_primitive_name((enum fhir_primitive)i);
        ck_assert_uint_gt(name.len, 0);
        ck_assert_uint_eq(fhir_primitive_of_name(name), i);
        ck_assert_int_ne(fhir_primitive_kind((enum fhir_primitive)i), JSON_NONE);
    }
    ck_assert_int_eq(fhir_primitive_of_name(SLICE("String")), FHIR_PRIMITIVE_NONE);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("primitive");
    tcase_add_loop_test(tests, each_type_takes_what_its_expression_takes, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, every_row_has_a_name_that_finds_it);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("primitive", add);
}
