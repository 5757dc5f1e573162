/* The schemas for editors and the tables of the README name the words and attributes that the
 * tables of the language have, and no others. */
#include "mapping/harness.h"
#include "mapping/rule.h"

#define MAPPINGS PAINBRIDGE_SOURCE_DIR "/mappings/"

static enum rule_attribute attribute_of(struct slice name)
{
    enum rule_attribute attribute = 0;
    while (attribute < ATTRIBUTE_COUNT && !slice_equal(RULE_ATTRIBUTE_NAMES[attribute], name))
        attribute++;
    return attribute;
}

static struct slice text_of(const char *file, struct arena *arena)
{
    struct issue_list issues;
    struct slice text;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(
        file_read(file_join(arena, MAPPINGS, slice_of(file)), 1 << 20, arena, &text, &issues), 0);
    return text;
}

/* --- schemas -----------------------------------------------------------------------------------*/

static struct slice schema_name(const struct rule_word_row *row)
{
    return row == &RULE_WORDS[WORD_TEST_MESSAGE] ? SLICE("test-message") : row->name;
}

static const struct xml_element *type_of(const struct xml_element *root, struct slice name)
{
    const struct xml_element *type = NULL;
    do
        type = xml_child(root, "complexType", type);
    while (type && !slice_equal(xml_value(type, "name"), name));
    return type;
}

static void assert_attributes(const struct xml_element *type, const struct rule_word_row *row)
{
    uint64_t attributes = 0, required = 0;
    for (const struct xml_element *i = NULL; (i = xml_child(type, "attribute", i));) {
        enum rule_attribute attribute = attribute_of(xml_value(i, "name"));
        if (rule_is_setting((enum rule_word)(row - RULE_WORDS), xml_value(i, "name")))
            continue;
        ck_assert_msg(attribute < ATTRIBUTE_COUNT, "%.*s: %.*s", SLICE_ARG(row->name),
                      SLICE_ARG(xml_value(i, "name")));
        attributes |= UINT64_C(1) << attribute;
        if (slice_equal(xml_value(i, "use"), SLICE("required")))
            required |= UINT64_C(1) << attribute;
    }
    ck_assert_msg(attributes == row->attributes, "attributes of %.*s", SLICE_ARG(row->name));
    ck_assert_msg(required == row->required, "required of %.*s", SLICE_ARG(row->name));
}

static void assert_children(const struct xml_element *type, const struct rule_word_row *row,
                            const struct rule_word_row *rows)
{
    const struct xml_element *choice = xml_child(type, "choice", NULL);
    uint64_t children = 0;
    int count = 0;
    for (const struct xml_element *i = NULL; choice && (i = xml_child(choice, "element", i));) {
        count++;
        for (size_t word = 0; word < WORD_COUNT; word++)
            if (row->children >> word & 1 && slice_equal(rows[word].name, xml_value(i, "name")))
                children |= UINT64_C(1) << word;
    }
    ck_assert_msg(children == row->children && count == __builtin_popcountll(children),
                  "words in %.*s", SLICE_ARG(row->name));
}

static void assert_schema(const char *file, const struct rule_word_row *rows)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct issue_list issues;
    struct xml_document document;
    size_t known = 0, types = 0;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(xml_parse(slice_of(file), text_of(file, arena), (struct xml_limits){0}, arena,
                               &document, &issues),
                     0);
    for (size_t word = 0; word < WORD_COUNT; word++) {
        if (rows[word].attributes == 0)
            continue;
        const struct xml_element *type = type_of(document.root, schema_name(&rows[word]));
        ck_assert_msg(type, "no %.*s", SLICE_ARG(rows[word].name));
        assert_attributes(type, &rows[word]);
        assert_children(type, &rows[word], rows);
        known++;
    }
    for (const struct xml_element *i = NULL; (i = xml_child(document.root, "complexType", i));)
        types++;
    ck_assert_uint_eq(types, known);
    arena_free(arena);
}

START_TEST(schemas_have_the_words_and_attributes_of_the_language)
{
    assert_schema("mapping.xsd", RULE_WORDS);
    assert_schema("send.xsd", RULE_SENDS);
}
END_TEST

/* --- README ------------------------------------------------------------------------------------*/

/* The attributes in backticks of the second cell of each row of that word in the part: "`to`; `from
 * when`". */
static uint64_t told_of(struct slice part, struct slice word, struct arena *arena)
{
    struct slice begin = arena_format(arena, "| `%.*s` |", SLICE_ARG(word));
    uint64_t told = 0;
    for (struct slice line; slice_split(&part, '\n', &line);) {
        if (!slice_starts_with(line, begin))
            continue;
        struct slice cell = slice_after(line, begin.len), quoted;
        cell = slice_part(cell, 0, slice_find_byte(cell, '|'));
        for (bool is_quoted = false; slice_split(&cell, '`', &quoted); is_quoted = !is_quoted)
            for (struct slice name; is_quoted && slice_split(&quoted, ' ', &name);) {
                enum rule_attribute attribute = attribute_of(name);
                ck_assert_msg(attribute < ATTRIBUTE_COUNT, "%.*s: %.*s", SLICE_ARG(word),
                              SLICE_ARG(name));
                told |= UINT64_C(1) << attribute;
            }
    }
    return told;
}

/* What any rule may carry is said once, and what stands in headings and in the words for a site's
 * changes is that of the rule. */
static void assert_told(struct slice part, const struct rule_word_row *rows, uint64_t words)
{
    struct arena *arena = arena_new(0);
    const uint64_t everywhere = UINT64_C(1) << ATTRIBUTE_ID | UINT64_C(1) << ATTRIBUTE_WHEN |
                                UINT64_C(1) << ATTRIBUTE_GUIDE | UINT64_C(1) << ATTRIBUTE_BECAUSE;
    for (size_t word = 0; word < WORD_COUNT; word++) {
        if (!(words >> word & 1))
            continue;
        uint64_t told = told_of(part, rows[word].name, arena) & ~everywhere;
        ck_assert_msg(told == (rows[word].attributes & ~everywhere), "%.*s: %llx",
                      SLICE_ARG(rows[word].name),
                      (unsigned long long)(told ^ (rows[word].attributes & ~everywhere)));
    }
    arena_free(arena);
}

#define W(symbol) (UINT64_C(1) << WORD_##symbol)

START_TEST(readme_has_the_words_and_attributes_of_the_language)
{
    struct arena *arena = arena_new(0);
    struct slice text = text_of("README.md", arena);
    size_t out = slice_find(text, SLICE("\n## What goes out\n"));
    size_t tests = slice_find(text, SLICE("\n## Tests\n"));
    ck_assert(out < tests && tests < text.len);
    assert_told(slice_part(text, 0, out), RULE_WORDS,
                W(EACH) | W(MAKE) | W(ALSO) | W(LINK) | W(MERGE) | W(SNAPSHOT) | W(SET) | W(ENTRY) |
                    W(REF) | W(USE) | W(FILL) | W(DROP) | W(CONDITION) | W(CHOICE) | W(ADD) |
                    W(TEST));
    assert_told(slice_part(text, out, tests - out), RULE_SENDS,
                W(SEND) | W(GET) | W(EACH) | W(SET) | W(ENTRY) | W(USE) | W(FIRST));
    assert_told(slice_after(text, tests), RULE_WORDS,
                W(TEST_MESSAGE) | W(TEST_SEGMENT) | W(TEST_VALUE) | W(TEST_JSON) | W(EXPECT) |
                    W(ABSENT) | W(EXPECT_COUNT) | W(ACK) | W(REFUSED));
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *schema = tcase_create("schema");
    tcase_add_test(schema, schemas_have_the_words_and_attributes_of_the_language);
    tcase_add_test(schema, readme_has_the_words_and_attributes_of_the_language);
    suite_add_tcase(suite, schema);
}

int main(void)
{
    return suite_main("schema", add);
}
