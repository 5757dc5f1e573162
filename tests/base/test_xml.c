/* xml: what the tree says, where each thing stands, and everything that is refused. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/xml.h"
#include "support/same.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct issue_list issues;
static struct xml_document document;

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void end(void)
{
    arena_free(arena);
}

static int parse(struct slice text)
{
    return xml_parse(SLICE("a.xml"), text, (struct xml_limits){0}, arena, &document, &issues);
}

static const struct xml_element *must_parse(struct slice text)
{
    int result = parse(text);
    ck_assert_msg(result == 0, "refused: %.*s",
                  SLICE_ARG(issues.count ? issues.items[0].words : SLICE("")));
    return document.root;
}

START_TEST(tree_has_names_values_and_text_in_order)
{
    const struct xml_element *root =
        must_parse(SLICE("<map id='PID'>one<set to=\"a.b\"/>two<set to='c'>x</set><![CDATA[<3]]>"
                         "</map>"));
    CK_SAME(root->name, "map");
    CK_SAME(root->text, "onetwo<3");
    CK_SAME(xml_value(root, "id"), "PID");
    CK_SAME(xml_value(root, "none"), "");
    ck_assert_ptr_null(xml_attribute(root, "none"));
    const struct xml_element *first = xml_child(root, "set", NULL);
    const struct xml_element *second = xml_child(root, "set", first);
    CK_SAME(xml_value(first, "to"), "a.b");
    CK_SAME(second->text, "x");
    ck_assert_ptr_eq(second->parent, root);
    ck_assert_ptr_null(xml_child(root, NULL, second));
    ck_assert_ptr_null(xml_child(root, "get", NULL));
}
END_TEST

START_TEST(references_are_resolved_and_said_not_to_be_exact)
{
    const struct xml_element *root =
        must_parse(SLICE("<a plain='x' ref='a&amp;b&lt;&#38;&#x20AC;'>&gt;&quot;&#65;</a>"));
    CK_SAME(root->text, ">\"A");
    CK_SAME(xml_value(root, "ref"), "a&b<&\xE2\x82\xAC");
    ck_assert(xml_attribute(root, "plain")->value_exact);
    ck_assert(!xml_attribute(root, "ref")->value_exact);
}
END_TEST

START_TEST(name_spaces_are_kept_apart_from_names)
{
    const struct xml_element *root = must_parse(
        SLICE("<f:Bundle xmlns:f='http://hl7.org/fhir' id='1' xmlns='urn:x'><b/></f:Bundle>"));
    CK_SAME(root->name, "Bundle");
    CK_SAME(root->name_space, "http://hl7.org/fhir");
    ck_assert_uint_eq(root->attribute_count, 1);
    CK_SAME(xml_value(root, "id"), "1");
    CK_SAME(root->first_child->name_space, "urn:x");
}
END_TEST

START_TEST(elements_and_attributes_know_line_and_column)
{
    struct slice text = SLICE("\xEF\xBB\xBF<?xml version='1.0'?>\n"
                              "<!-- <no at='1'/> -->\n"
                              "<map   id = \"m\"\r\n"
                              "  xmlns:x='urn:x' name='n'><![CDATA[<no/>]]>\n"
                              "\t\xC3\xA4<set x:to='a > b' from='c'/><?no <no/>?><set\n"
                              "\n"
                              "to='d'/></map>\n");
    const struct xml_element *root = must_parse(text);
    const struct xml_element *first = xml_child(root, NULL, NULL);
    const struct xml_element *second = xml_child(root, NULL, first);
    const struct {
        unsigned got_line, got_column, line, column;
    } places[] = {
        {root->line, root->column, 3, 1},
        {first->line, first->column, 5, 4},
        {second->line, second->column, 5, 44},
        {xml_attribute(root, "id")->line, xml_attribute(root, "id")->column, 3, 8},
        {xml_attribute(root, "id")->value_line, xml_attribute(root, "id")->value_column, 3, 14},
        {xml_attribute(root, "name")->line, xml_attribute(root, "name")->column, 4, 19},
        {xml_attribute(first, "to")->line, xml_attribute(first, "to")->column, 5, 9},
        {xml_attribute(first, "to")->value_line, xml_attribute(first, "to")->value_column, 5, 15},
        {xml_attribute(first, "from")->line, xml_attribute(first, "from")->value_column, 5, 28},
        {xml_attribute(second, "to")->line, xml_attribute(second, "to")->value_column, 7, 5},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        ck_assert_msg(places[i].got_line == places[i].line &&
                          places[i].got_column == places[i].column,
                      "row %zu: %u:%u", i, places[i].got_line, places[i].got_column);
}
END_TEST

START_TEST(value_place_points_into_the_value)
{
    const struct xml_element *root = must_parse(SLICE("<a when=\"OBX-2 = 'NM'\" ref='&amp;x'/>"));
    struct issue_place exact =
        xml_value_place(&document, xml_attribute(root, "when"), 8, strlen("'NM'"));
    CK_SAME(issue_place_text(&exact, arena), "a.xml:1:18");
    ck_assert_uint_eq(exact.length, 4);
    struct issue_place inexact = xml_value_place(&document, xml_attribute(root, "ref"), 1, 1);
    CK_SAME(issue_place_text(&inexact, arena), "a.xml:1:29");
    ck_assert_uint_eq(inexact.length, 0);
    struct issue_place element = xml_place(&document, root);
    CK_SAME(issue_place_text(&element, arena), "a.xml:1:1");
}
END_TEST

static const struct {
    const char *text;
    unsigned line;
} refused[] = {
    {"", 1},
    {" \n ", 0},
    {"text", 0}, /* may be a message: no line, which would be shown */
    {"<a>", 1},
    {"<a>\n<b></a>", 2},
    {"<a/>\n<b/>", 2},
    {"<a b='1' b='2'/>", 1},
    {"<a b=1/>", 1},
    {"<a b='<'/>", 1},
    {"<a>\n&nbsp;</a>", 2},
    {"<a>&#0;</a>", 1},
    {"<a b='&x;'/>", 1},
    {"<x:a/>", 1},
    {"<!DOCTYPE a><a/>", 1},
    {"\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 2},
    {"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 1},
    {"<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>", 1},
    {"<a>\n\n\xFF</a>", 3},
    {"<a>\xED\xA0\x80</a>", 1},
    {"<a><!-- </a>", 1},
    {"<a><![CDATA[</a>", 1},
    {"<a b='>", 1},
};

START_TEST(what_is_not_well_formed_is_refused_with_its_line)
{
    ck_assert_int_eq(parse(slice_of(refused[_i].text)), -1);
    ck_assert_uint_eq(issues.count, 1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_SYNTAX);
    ck_assert_uint_gt(issues.items[0].words.len, 0);
    CK_SAME(issues.items[0].place.name, "a.xml");
    if (refused[_i].line)
        ck_assert_uint_eq(issues.items[0].place.line, refused[_i].line);
}
END_TEST

START_TEST(tags_that_do_not_match_are_said_at_the_first_of_them)
{
    ck_assert_int_eq(parse(SLICE("<a>\n <bb>\n  <c/>\n </b>\n</a>")), -1);
    ck_assert_uint_eq(issues.items[0].place.line, 2);
    ck_assert_uint_eq(issues.items[0].place.column, 2);
    CK_SAME(issues.items[0].words, "<bb> is closed by </b> in line 4");
}
END_TEST

START_TEST(nul_byte_is_refused)
{
    ck_assert_int_eq(parse(SLICE("<a>\0</a>")), -1);
    ck_assert_int_eq(parse(SLICE("<a/>\0")), -1);
}
END_TEST

START_TEST(declared_encoding_does_not_change_the_bytes)
{
    const struct xml_element *root =
        must_parse(SLICE("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xC3\xA4</a>"));
    CK_SAME(root->text, "\xC3\xA4");
}
END_TEST

static int parse_within(const char *text, struct xml_limits limits)
{
    return xml_parse(SLICE("a.xml"), slice_of(text), limits, arena, &document, &issues);
}

START_TEST(limits_are_kept_to_the_last_one)
{
    const char *three_deep = "<a><b><c/></b></a>";
    ck_assert_int_eq(parse_within(three_deep, (struct xml_limits){.max_depth = 3}), 0);
    ck_assert_int_eq(parse_within(three_deep, (struct xml_limits){.max_depth = 2}), -1);
    CK_SAME(issue_place_text(&issues.items[0].place, arena), "a.xml:1:7");
    ck_assert_int_eq(parse_within(three_deep, (struct xml_limits){.max_elements = 3}), 0);
    ck_assert_int_eq(parse_within(three_deep, (struct xml_limits){.max_elements = 2}), -1);
    ck_assert_int_eq(parse_within(three_deep, (struct xml_limits){.max_bytes = 18}), 0);
    ck_assert_int_eq(parse_within(three_deep, (struct xml_limits){.max_bytes = 17}), -1);
}
END_TEST

START_TEST(children_that_are_passed_over_leave_nothing_behind)
{
    struct slice text = SLICE("<a x='1'>one<skip y='&gt;2'>two<skip/><b/></skip><skip/>\n"
                              "<b><skip z='3'>four</skip></b>five</a>");
    struct xml_limits limits = {.passed_over = SLICE("skip")};
    ck_assert_int_eq(xml_parse(SLICE("a.xml"), text, limits, arena, &document, &issues), 0);
    const struct xml_element *b = xml_child(document.root, NULL, NULL);
    CK_SAME(document.root->text, "one\nfive");
    CK_SAME(b->name, "b");
    ck_assert_uint_eq(b->line, 2);
    ck_assert_uint_eq(b->column, 1);
    ck_assert_ptr_null(xml_child(document.root, NULL, b));
    /* only children of the root are meant */
    CK_SAME(xml_value(xml_child(b, "skip", NULL), "z"), "3");
}
END_TEST

START_TEST(children_that_are_passed_over_must_be_well_formed_and_within_limits)
{
    struct xml_limits limits = {.passed_over = SLICE("skip"), .max_depth = 3};
    ck_assert_int_eq(xml_parse(SLICE("a.xml"), SLICE("<a><skip><b></skip></a>"), limits, arena,
                               &document, &issues),
                     -1);
    ck_assert_int_eq(xml_parse(SLICE("a.xml"), SLICE("<a><skip><b/></skip></a>"), limits, arena,
                               &document, &issues),
                     0);
    ck_assert_int_eq(xml_parse(SLICE("a.xml"), SLICE("<a><skip><b><c/></b></skip></a>"), limits,
                               arena, &document, &issues),
                     -1);
}
END_TEST

START_TEST(too_many_attributes_are_refused_before_they_cost_time)
{
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, SLICE("<a"));
    for (int i = 0; i < 100000; i++)
        buffer_append_format(&text, " a%d=''", i);
    buffer_append(&text, SLICE("/>"));
    ck_assert_int_eq(parse(buffer_slice(&text)), -1);
    CK_SAME(issues.items[0].words, "too many attributes in one element");
    buffer_release(&text);
}
END_TEST

START_TEST(text_between_many_children_stays_cheap)
{
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, SLICE("<a>"));
    for (int i = 0; i < 50000; i++)
        buffer_append(&text, SLICE("x<b/>"));
    buffer_append(&text, SLICE("</a>"));
    ck_assert_uint_eq(must_parse(buffer_slice(&text))->text.len, 50000);
    ck_assert(!arena_exceeded(arena));
    buffer_release(&text);
}
END_TEST

START_TEST(hostile_files_of_others_give_an_error_or_a_tree)
{
    char *folder = suite_need_shared("samples/badinput/xml");
    struct slice *names;
    size_t count;
    ck_assert_int_eq(file_list(folder, ".xml", arena, &names, &count, &issues), 0);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        struct slice text;
        ck_assert_int_eq(
            file_read(file_join(arena, folder, names[i]), 1 << 24, arena, &text, &issues), 0);
        size_t before = issues.count;
        if (parse(text) == 0)
            ck_assert_ptr_nonnull(document.root);
        else
            ck_assert_uint_gt(issues.count, before);
    }
    free(folder);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("xml");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, tree_has_names_values_and_text_in_order);
    tcase_add_test(tests, references_are_resolved_and_said_not_to_be_exact);
    tcase_add_test(tests, name_spaces_are_kept_apart_from_names);
    tcase_add_test(tests, elements_and_attributes_know_line_and_column);
    tcase_add_test(tests, value_place_points_into_the_value);
    tcase_add_loop_test(tests, what_is_not_well_formed_is_refused_with_its_line, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, tags_that_do_not_match_are_said_at_the_first_of_them);
    tcase_add_test(tests, nul_byte_is_refused);
    tcase_add_test(tests, declared_encoding_does_not_change_the_bytes);
    tcase_add_test(tests, limits_are_kept_to_the_last_one);
    tcase_add_test(tests, children_that_are_passed_over_leave_nothing_behind);
    tcase_add_test(tests, children_that_are_passed_over_must_be_well_formed_and_within_limits);
    tcase_add_test(tests, too_many_attributes_are_refused_before_they_cost_time);
    tcase_add_test(tests, text_between_many_children_stays_cheap);
    tcase_add_test(tests, hostile_files_of_others_give_an_error_or_a_tree);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("xml", add);
}
