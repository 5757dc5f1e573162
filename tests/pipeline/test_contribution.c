/* Overlay and survivorship, by the rules of design: a message replaces what the same rule of the
 * same source wrote before; "" clears it (HL7 v2.5.1 2.10.2); absence says nothing; the newest
 * source time wins for single elements, lists are joined without doubles. */
#include "pipeline/contribution.h"

#include "support/same.h"
#include "support/suite.h"

static struct arena *arena;
static const struct fhir_element *observation;

static void set_up(void)
{
    arena = arena_new(0);
    const struct fhir_definitions *definitions = NULL;
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, NULL),
                     0);
    observation = fhir_definitions_type(definitions, SLICE("Observation"))->root;
}

static void tear_down(void)
{
    arena_free(arena);
}

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    ck_assert_int_eq(json_parse(slice_of(text), arena, &json, NULL), 0);
    return json;
}

/* A contribution of a body. `rules` names the rule of each part in order, blanks between. */
static struct pipeline_contribution said(const char *body, const char *rules, instant when)
{
    struct pipeline_contribution contribution;
    pipeline_contribution_of(parse(body), NULL, 0, when, observation, arena, &contribution);
    struct slice rest = slice_of(rules), rule;
    for (size_t i = 0; i < contribution.part_count && slice_split(&rest, ' ', &rule); i++)
        contribution.parts[i].rule = rule;
    return contribution;
}

static void expect(const struct pipeline_contribution *contribution, const char *wanted)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(pipeline_contribution_body(contribution, NULL, arena), &text);
    CK_SAME(buffer_slice(&text), wanted);
    buffer_release(&text);
}

static void overlay(struct pipeline_contribution *base, const char *body, const char *rules,
                    instant when)
{
    struct pipeline_contribution fresh = said(body, rules, when);
    pipeline_contribution_overlay(base, &fresh, NULL, 0, when);
}

static void clear(struct pipeline_contribution *base, const char *element, const char *rule,
                  instant when)
{
    struct pipeline_contribution nothing = said("{}", "", when);
    struct pipeline_clear one = {slice_of(element), slice_of(rule)};
    pipeline_contribution_overlay(base, &nothing, &one, 1, when);
}

START_TEST(what_a_message_does_not_mention_stays)
{
    struct pipeline_contribution base = said("{\"gender\":\"male\",\"active\":true}", "g a", 1);
    overlay(&base, "{\"gender\":\"female\"}", "g", 2);
    expect(&base, "{\"gender\":\"female\",\"active\":true}");
}
END_TEST

START_TEST(older_news_does_not_overwrite_and_still_adds)
{
    struct pipeline_contribution base = said("{\"gender\":\"male\"}", "g", 5);
    overlay(&base, "{\"gender\":\"female\",\"active\":true}", "g a", 2);
    expect(&base, "{\"gender\":\"male\",\"active\":true}");
}
END_TEST

START_TEST(entries_of_the_same_rule_are_replaced_and_the_others_stay)
{
    struct pipeline_contribution base =
        said("{\"note\":[{\"text\":\"a\"},{\"text\":\"b\"},{\"text\":\"c\"}]}", "r1 r2 r1", 1);
    overlay(&base, "{\"note\":[{\"text\":\"x\"}]}", "r1", 2);
    expect(&base, "{\"note\":[{\"text\":\"x\"},{\"text\":\"b\"}]}");
    overlay(&base, "{\"note\":[{\"text\":\"y\"},{\"text\":\"z\"}]}", "r1 r1", 3);
    expect(&base, "{\"note\":[{\"text\":\"y\"},{\"text\":\"z\"},{\"text\":\"b\"}]}");
}
END_TEST

START_TEST(the_same_list_again_keeps_its_order)
{
    const char *body = "{\"note\":[{\"text\":\"a\"},{\"text\":\"b\"},{\"text\":\"c\"}]}";
    struct pipeline_contribution base = said(body, "r1 r2 r1", 1);
    overlay(&base, body, "r1 r2 r1", 2);
    expect(&base, body);
}
END_TEST

START_TEST(a_new_rules_entries_go_behind_the_others)
{
    struct pipeline_contribution base = said("{\"note\":[1],\"active\":true}", "r1 a", 1);
    overlay(&base, "{\"note\":[2]}", "r2", 2);
    expect(&base, "{\"note\":[1,2],\"active\":true}");
}
END_TEST

START_TEST(a_clear_takes_what_its_own_rule_wrote)
{
    struct pipeline_contribution base = said("{\"note\":[1,2],\"gender\":\"male\"}", "r1 r2 g", 1);
    clear(&base, "note", "r1", 2);
    expect(&base, "{\"note\":[2],\"gender\":\"male\"}");
    clear(&base, "gender", "other", 2);
    expect(&base, "{\"note\":[2],\"gender\":\"male\"}");
    clear(&base, "gender", "g", 2);
    expect(&base, "{\"note\":[2]}");
}
END_TEST

START_TEST(an_older_clear_does_nothing)
{
    struct pipeline_contribution base = said("{\"gender\":\"male\"}", "g", 5);
    clear(&base, "gender", "g", 2);
    expect(&base, "{\"gender\":\"male\"}");
}
END_TEST

START_TEST(older_news_does_not_bring_back_what_was_cleared)
{
    struct pipeline_contribution base = said("{\"gender\":\"male\"}", "g", 1);
    clear(&base, "gender", "g", 5);
    overlay(&base, "{\"gender\":\"male\"}", "g", 3);
    expect(&base, "{}");
    overlay(&base, "{\"gender\":\"female\"}", "g", 6);
    expect(&base, "{\"gender\":\"female\"}");
}
END_TEST

START_TEST(one_type_of_a_choice_takes_the_place_of_another)
{
    struct pipeline_contribution base =
        said("{\"valueQuantity\":{\"value\":7.0},\"status\":\"final\"}", "number status", 1);
    overlay(&base, "{\"valueString\":\"seven\"}", "text", 2);
    expect(&base, "{\"valueString\":\"seven\",\"status\":\"final\"}");
    overlay(&base, "{\"valueQuantity\":{\"value\":6}}", "number", 1);
    expect(&base, "{\"valueString\":\"seven\",\"status\":\"final\"}");
}
END_TEST

START_TEST(a_companion_travels_with_its_element)
{
    struct pipeline_contribution base =
        said("{\"birthDate\":\"1970\",\"_birthDate\":{\"id\":\"a\"}}", "b", 1);
    overlay(&base, "{\"active\":true}", "a", 2);
    expect(&base, "{\"birthDate\":\"1970\",\"_birthDate\":{\"id\":\"a\"},\"active\":true}");
    overlay(&base, "{\"birthDate\":\"1971\"}", "b", 3);
    expect(&base, "{\"birthDate\":\"1971\",\"active\":true}");
}
END_TEST

START_TEST(a_companion_alone_is_an_element)
{
    struct pipeline_contribution base = said("{\"_birthDate\":{\"id\":\"a\"}}", "b", 1);
    expect(&base, "{\"_birthDate\":{\"id\":\"a\"}}");
    overlay(&base, "{\"birthDate\":\"1970\"}", "b", 2);
    expect(&base, "{\"birthDate\":\"1970\"}");
}
END_TEST

START_TEST(odd_names_and_bodies_do_no_harm)
{
    struct pipeline_contribution base = said("{\"\":1,\"_\":2}", "r r", 1);
    expect(&base, "{\"\":1,\"_\":2}");
    base = said("[1,2]", "", 1);
    expect(&base, "{}");
}
END_TEST

START_TEST(marks_are_read_as_they_were_written)
{
    const char *body = "{\"note\":[1,2],\"gender\":\"male\"}";
    struct pipeline_contribution base = said(body, "r1 r2 g", 7);
    base.parts[1].when = -3;
    clear(&base, "language", "l", 9);
    struct slice marks = pipeline_contribution_marks(&base, arena);
    CK_SAME(marks, "7\nr1\nr2 -3\ng\n!l language 9\n");
    struct pipeline_contribution again;
    pipeline_contribution_read(parse(body), marks, 0, observation, arena, &again);
    CK_SAME(pipeline_contribution_marks(&again, arena), "7\nr1\nr2 -3\ng\n!l language 9\n");
    CK_SAME(again.tombstones[0].element, "language");
}
END_TEST

static const char *const broken_marks[] = {
    "", "x", "1\nr1\n", "1\na\nb\nc\nd\n", "1\na x\nb\n", "1\na\nb\n!c\n"};

START_TEST(marks_that_do_not_fit_count_as_absent)
{
    struct pipeline_contribution again;
    pipeline_contribution_read(parse("{\"note\":[1,2]}"), slice_of(broken_marks[_i]), 4,
                               observation, arena, &again);
    CK_SAME(pipeline_contribution_marks(&again, arena), "4\n-\n-\n");
}
END_TEST

START_TEST(the_newest_of_several_sources_is_shown)
{
    struct pipeline_contribution a = said("{\"gender\":\"male\",\"active\":true}", "g a", 3);
    struct pipeline_contribution b = said("{\"gender\":\"female\",\"active\":false}", "g a", 2);
    b.parts[0].when = 4;
    const struct pipeline_contribution *sources[] = {&a, &b};
    struct pipeline_contribution joined;
    pipeline_contribution_survive(sources, 2, arena, &joined);
    expect(&joined, "{\"gender\":\"female\",\"active\":true}");
}
END_TEST

START_TEST(lists_of_several_sources_are_joined_without_doubles)
{
    struct pipeline_contribution a =
        said("{\"note\":[{\"text\":\"x\",\"id\":\"1\"},2],\"status\":\"final\"}", "r r s", 1);
    struct pipeline_contribution b = said("{\"note\":[{\"id\":\"1\",\"text\":\"x\"},3]}", "r r", 2);
    const struct pipeline_contribution *sources[] = {&a, &b};
    struct pipeline_contribution joined;
    pipeline_contribution_survive(sources, 2, arena, &joined);
    expect(&joined, "{\"note\":[{\"text\":\"x\",\"id\":\"1\"},2,3],\"status\":\"final\"}");
}
END_TEST

START_TEST(the_newer_type_of_a_choice_survives)
{
    struct pipeline_contribution a = said("{\"valueString\":\"a\"}", "r", 1);
    struct pipeline_contribution b = said("{\"valueBoolean\":true}", "r", 2);
    const struct pipeline_contribution *sources[] = {&a, &b};
    struct pipeline_contribution joined;
    pipeline_contribution_survive(sources, 2, arena, &joined);
    expect(&joined, "{\"valueBoolean\":true}");
}
END_TEST

/* A body with so many notes, each of a text of its own, from `first` on. */
static const char *notes(int first, int count)
{
    struct buffer text;
    buffer_init(&text, 0);
    for (int i = first; i < first + count; i++)
        buffer_append_format(&text, "%s{\"text\":\"%d\"}", i == first ? "{\"note\":[" : ",", i);
    buffer_append(&text, SLICE("],\"status\":\"final\"}"));
    const char *body = arena_string(arena, buffer_slice(&text));
    buffer_release(&text);
    return body;
}

#define MANY 50000

/* The rules take turns. */
static void mark_in_turn(struct pipeline_contribution *contribution)
{
    static const struct slice rules[] = {SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT("c")};
    for (size_t i = 0; i < contribution->part_count; i++)
        contribution->parts[i].rule = rules[i % 3];
}

START_TEST(fifty_thousand_entries_are_overlaid_in_seconds)
{
    struct pipeline_contribution base = said(notes(0, MANY), "", 1);
    mark_in_turn(&base);
    struct pipeline_contribution again = said(notes(1, MANY), "", 2);
    mark_in_turn(&again);
    struct pipeline_clear *clears = ARENA_ARRAY(arena, MANY, struct pipeline_clear);
    for (size_t i = 0; i < MANY; i++)
        clears[i] = (struct pipeline_clear){SLICE("note"), SLICE("d")};
    pipeline_contribution_overlay(&base, &again, clears, MANY, 2);
    ck_assert_uint_eq(base.part_count, MANY + 1);
    ck_assert_uint_eq(base.tombstone_count, 1);
    CK_SAME(json_get_text(base.parts[MANY - 1].value, SLICE("text")), "50000");
    struct pipeline_contribution fewer = said("{\"note\":[{\"text\":\"x\"}]}", "a", 3);
    pipeline_contribution_overlay(&base, &fewer, NULL, 0, 3);
    ck_assert_uint_eq(base.part_count, MANY - MANY / 3 + 1);
}
END_TEST

START_TEST(fifty_thousand_entries_of_each_source_are_joined_in_seconds)
{
    const struct pipeline_contribution a = said(notes(0, MANY), "", 1);
    const struct pipeline_contribution b = said(notes(MANY / 2, MANY), "", 2);
    const struct pipeline_contribution *both[] = {&a, &b};
    struct pipeline_contribution joined;
    pipeline_contribution_survive(both, 2, arena, &joined);
    ck_assert_uint_eq(joined.part_count, MANY + MANY / 2 + 1);
}
END_TEST

START_TEST(what_is_said_is_held_or_not_also_of_fifty_thousand_entries)
{
    const struct pipeline_contribution all = said(notes(0, MANY), "", 1);
    const struct pipeline_contribution same = said(notes(0, MANY), "other", 2);
    const struct pipeline_contribution more = said(notes(1, MANY), "", 1);
    const struct pipeline_contribution another = said("{\"code\":{}}", "", 1);
    ck_assert(pipeline_contribution_holds(&all, &same));
    ck_assert(!pipeline_contribution_holds(&all, &more));
    ck_assert(!pipeline_contribution_holds(&all, &another));
    ck_assert(pipeline_contribution_holds(&another, &(struct pipeline_contribution){0}));
}
END_TEST

START_TEST(fifty_thousand_entries_find_their_marks_in_any_order)
{
    const struct json *body = parse(notes(0, MANY));
    struct pipeline_mark *marks = ARENA_ARRAY(arena, MANY, struct pipeline_mark);
    size_t count = 0;
    const struct json *note = json_first(json_get(body, SLICE("note")));
    for (; note; note = json_next(note)) {
        count++;
        marks[MANY - count] =
            (struct pipeline_mark){SLICE("note"), note, arena_format(arena, "%zu", count % 7)};
    }
    struct pipeline_contribution contribution;
    pipeline_contribution_of(body, marks, count, 1, observation, arena, &contribution);
    CK_SAME(contribution.parts[0].rule, "1");
    CK_SAME(contribution.parts[6].rule, "0");
    CK_SAME(contribution.parts[MANY - 1].rule, "6"); /* 50000 mod 7 */
    CK_SAME(contribution.parts[MANY].rule, "-");
}
END_TEST

START_TEST(the_body_has_the_head_of_the_resource)
{
    struct pipeline_contribution base = said("{\"gender\":\"male\"}", "g", 1);
    struct json *head = parse("{\"resourceType\":\"Patient\",\"id\":\"x\",\"meta\":{},\"y\":1}");
    struct buffer text;
    buffer_init(&text, 0);
    json_print(pipeline_contribution_body(&base, head, arena), &text);
    CK_SAME(buffer_slice(&text),
            "{\"resourceType\":\"Patient\",\"id\":\"x\",\"meta\":{},\"gender\":\"male\"}");
    buffer_release(&text);
}
END_TEST

static void add(Suite *suite)
{
    TCase *contribution = tcase_create("contribution");
    tcase_add_checked_fixture(contribution, set_up, tear_down);
    tcase_add_test(contribution, what_a_message_does_not_mention_stays);
    tcase_add_test(contribution, older_news_does_not_overwrite_and_still_adds);
    tcase_add_test(contribution, entries_of_the_same_rule_are_replaced_and_the_others_stay);
    tcase_add_test(contribution, the_same_list_again_keeps_its_order);
    tcase_add_test(contribution, a_new_rules_entries_go_behind_the_others);
    tcase_add_test(contribution, a_clear_takes_what_its_own_rule_wrote);
    tcase_add_test(contribution, an_older_clear_does_nothing);
    tcase_add_test(contribution, older_news_does_not_bring_back_what_was_cleared);
    tcase_add_test(contribution, one_type_of_a_choice_takes_the_place_of_another);
    tcase_add_test(contribution, a_companion_travels_with_its_element);
    tcase_add_test(contribution, a_companion_alone_is_an_element);
    tcase_add_test(contribution, odd_names_and_bodies_do_no_harm);
    tcase_add_test(contribution, marks_are_read_as_they_were_written);
    tcase_add_loop_test(contribution, marks_that_do_not_fit_count_as_absent, 0,
                        sizeof(broken_marks) / sizeof(broken_marks[0]));
    tcase_add_test(contribution, the_newest_of_several_sources_is_shown);
    tcase_add_test(contribution, lists_of_several_sources_are_joined_without_doubles);
    tcase_add_test(contribution, the_newer_type_of_a_choice_survives);
    tcase_add_test(contribution, the_body_has_the_head_of_the_resource);
    suite_add_tcase(suite, contribution);
    TCase *many = tcase_create("many"); /* each pair of entries looked at once would take minutes */
    tcase_set_timeout(many, 30);
    tcase_add_checked_fixture(many, set_up, tear_down);
    tcase_add_test(many, fifty_thousand_entries_are_overlaid_in_seconds);
    tcase_add_test(many, fifty_thousand_entries_of_each_source_are_joined_in_seconds);
    tcase_add_test(many, what_is_said_is_held_or_not_also_of_fifty_thousand_entries);
    tcase_add_test(many, fifty_thousand_entries_find_their_marks_in_any_order);
    suite_add_tcase(suite, many);
}

int main(void)
{
    return suite_main("contribution", add);
}
