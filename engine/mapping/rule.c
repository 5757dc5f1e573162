/* rule: the tables of the language, and the tree of rules made by them. */
#include "mapping/rule.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/suggest.h"

#define RULE_ATTRIBUTE_NAME(symbol, text) SLICE_INIT(text),
const struct slice RULE_ATTRIBUTE_NAMES[ATTRIBUTE_COUNT] = {
    RULE_ATTRIBUTE_TABLE(RULE_ATTRIBUTE_NAME)};

#define A(symbol) (UINT64_C(1) << ATTRIBUTE_##symbol)
#define W(symbol) (UINT64_C(1) << WORD_##symbol)

#define ALWAYS (A(ID) | A(WHEN) | A(GUIDE) | A(BECAUSE))
#define SOURCES (A(FROM) | A(VALUE) | A(TEXT) | A(CODE) | A(UNIT))
#define SET_ATTRIBUTES                                                                             \
    (ALWAYS | SOURCES | A(TO) | A(IN) | A(AS) | A(MAP) | A(TABLE) | A(UNMAPPED) | A(INVALID) |     \
     A(MIN) | A(MAX) | A(REQUIRED) | A(JOIN) | A(KEEP) | A(PLUS) | A(MINUS) | A(UNITS_FROM) |      \
     A(UNITS))
#define REF_ATTRIBUTES                                                                             \
    (ALWAYS | A(TO) | A(IN) | A(MAKE) | A(FIND) | A(NAME) | A(FROM) | A(MAP) | A(KEY) | A(ALIAS))
#define MAKE_ATTRIBUTES                                                                            \
    (ALWAYS | A(NAME) | A(TYPE) | A(KEY) | A(FROM) | A(MAP) | A(ALIAS) | A(CLASH) | A(MERGE) |     \
     A(ACTION) | A(TABLE))
#define SEND_SET_ATTRIBUTES                                                                        \
    (ALWAYS | A(FROM) | A(VALUE) | A(TEXT) | A(TO) | A(AS) | A(MAP) | A(TABLE) | A(UNMAPPED) |     \
     A(REQUIRED) | A(JOIN) | A(KEEP) | A(TYPE) | A(PICK) | A(LIKE) | A(WHERE))
#define SEND_EACH_ATTRIBUTES                                                                       \
    (ALWAYS | A(OF) | A(TYPE) | A(NAME) | A(WHERE) | A(PICK) | A(GROUP) | A(SEGMENT) | A(NUMBER) | \
     A(SPLIT) | A(WIDTH) | A(AS))
#define SEND_WORDS (W(SET) | W(ENTRY) | W(USE) | W(FIRST) | W(GET) | W(EACH))
#define ELEMENT_WORDS (W(SET) | W(ENTRY) | W(REF) | W(USE) | W(FILL) | W(FIRST) | W(LINK) | W(DROP))

const struct rule_word_row RULE_WORDS[WORD_COUNT] = {
    [WORD_MESSAGE] = {SLICE_INIT("message"), A(STRUCTURE), A(STRUCTURE),
                      W(EACH) | W(MAKE) | W(LINK) | W(MERGE) | W(SNAPSHOT) | W(CONDITION) |
                          W(CHOICE) | W(DROP) | W(TEST)},
    [WORD_SEGMENT] = {SLICE_INIT("segment"), A(ID) | A(FROM) | A(TO) | A(GUIDE) | A(BECAUSE),
                      A(ID) | A(FROM) | A(TO), ELEMENT_WORDS | W(CONDITION) | W(CHOICE) | W(TEST)},
    [WORD_DATATYPE] = {SLICE_INIT("datatype"),
                       A(ID) | A(FROM) | A(TO) | A(GUIDE) | A(BECAUSE) | A(BOTH),
                       A(ID) | A(FROM) | A(TO), ELEMENT_WORDS | W(CONDITION) | W(CHOICE) | W(TEST)},
    [WORD_SITE] = {SLICE_INIT("site"),
                   A(ID) | A(VERSION) | A(TIME_ZONE) | A(CHARSET) | A(ORGANIZATION) | A(MRN_SYSTEM),
                   A(ID), W(CHOICE) | W(DROP) | W(CHANGE) | W(REPLACE) | W(ADD) | W(TEST)},
    [WORD_EACH] = {SLICE_INIT("each"), ALWAYS | A(GROUP), A(GROUP),
                   W(EACH) | W(MAKE) | W(LINK) | W(MERGE) | W(SNAPSHOT)},
    [WORD_MAKE] = {SLICE_INIT("make"), MAKE_ATTRIBUTES, A(NAME) | A(TYPE) | A(KEY),
                   W(ALSO) | ELEMENT_WORDS},
    [WORD_ALSO] = {SLICE_INIT("also"), ALWAYS | A(FROM) | A(MAP) | A(INTO), A(FROM) | A(MAP), 0},
    [WORD_LINK] = {SLICE_INIT("link"), ALWAYS | A(FROM) | A(PATH) | A(TO), A(PATH) | A(TO), 0},
    [WORD_MERGE] = {SLICE_INIT("merge"), ALWAYS | A(TYPE) | A(INTO) | A(FROM) | A(AS),
                    A(TYPE) | A(INTO) | A(FROM), 0},
    [WORD_SNAPSHOT] = {SLICE_INIT("snapshot"), ALWAYS | A(TYPE) | A(SCOPE), A(TYPE) | A(SCOPE),
                       W(SET)},
    [WORD_SET] = {SLICE_INIT("set"), SET_ATTRIBUTES, A(TO), 0},
    [WORD_ENTRY] = {SLICE_INIT("entry"),
                    ALWAYS | A(FROM) | A(TO) | A(IN) | A(AS) | A(MAP) | A(TABLE) | A(UNMAPPED),
                    A(TO), ELEMENT_WORDS},
    [WORD_REF] = {SLICE_INIT("ref"), REF_ATTRIBUTES, A(TO), ELEMENT_WORDS},
    [WORD_USE] = {SLICE_INIT("use"), ALWAYS | A(FROM) | A(TO) | A(IN) | A(MAP), A(MAP), 0},
    [WORD_FILL] = {SLICE_INIT("fill"), ALWAYS | A(FROM) | A(TABLE) | A(UNMAPPED) | A(IN),
                   A(FROM) | A(TABLE), 0},
    [WORD_FIRST] = {SLICE_INIT("first"), ALWAYS, 0, ELEMENT_WORDS},
    [WORD_DROP] = {SLICE_INIT("drop"), ALWAYS | A(FROM), A(BECAUSE), 0},
    [WORD_CONDITION] = {SLICE_INIT("condition"), A(ID) | A(IS) | A(GUIDE) | A(BECAUSE),
                        A(ID) | A(IS), 0},
    [WORD_CHOICE] = {SLICE_INIT("choice"), A(ID) | A(IS) | A(VALUES) | A(GUIDE) | A(BECAUSE),
                     A(ID) | A(IS) | A(BECAUSE), 0},
    [WORD_CHANGE] = {SLICE_INIT("change"),
                     SET_ATTRIBUTES | REF_ATTRIBUTES | MAKE_ATTRIBUTES | SEND_SET_ATTRIBUTES |
                         SEND_EACH_ATTRIBUTES,
                     A(ID), 0},
    [WORD_REPLACE] = {SLICE_INIT("replace"), SET_ATTRIBUTES | REF_ATTRIBUTES | SEND_SET_ATTRIBUTES,
                      A(ID), ELEMENT_WORDS},
    [WORD_ADD] = {SLICE_INIT("add"), A(MAP) | A(RULE) | A(TO) | A(BECAUSE), 0,
                  ELEMENT_WORDS | W(ALSO) | W(MAKE) | W(EACH)},
    [WORD_TEST] = {SLICE_INIT("test"), A(NAME) | A(MAP) | A(GUIDE) | A(BECAUSE), A(NAME),
                   W(TEST_MESSAGE) | W(TEST_SEGMENT) | W(TEST_VALUE) | W(TEST_JSON) | W(EXPECT) |
                       W(ABSENT) | W(EXPECT_COUNT) | W(ACK) | W(REFUSED)},
    [WORD_TEST_MESSAGE] = {SLICE_INIT("message"), A(FILE), 0, 0},
    [WORD_TEST_SEGMENT] = {SLICE_INIT("segment"), 0, 0, 0},
    [WORD_TEST_VALUE] = {SLICE_INIT("value"), 0, 0, 0},
    /* a site tests both ways, and its schema knows these of either */
    [WORD_EXPECT] = {SLICE_INIT("expect"),
                     A(IN) | A(WHERE) | A(PATH) | A(PLACE) | A(EQUALS) | A(BY), A(EQUALS), 0},
    [WORD_ABSENT] = {SLICE_INIT("absent"), A(IN) | A(WHERE) | A(PATH) | A(PLACE), 0, 0},
    [WORD_EXPECT_COUNT] = {SLICE_INIT("count"), A(IN) | A(WHERE) | A(PATH) | A(PLACE) | A(EQUALS),
                           A(EQUALS), 0},
    [WORD_TEST_JSON] = {SLICE_INIT("json"), A(FILE), 0, 0},
    [WORD_REFUSED] = {SLICE_INIT("refused"), A(PLACE), A(PLACE), 0},
    [WORD_ACK] = {SLICE_INIT("ack"), A(CODE) | A(SEVERITY), 0, 0},
    /* Their rows stand in RULE_SENDS. */
    [WORD_SEND] = {SLICE_INIT("send"), 0, 0, 0},
    [WORD_GET] = {SLICE_INIT("get"), 0, 0, 0},
};

const struct rule_word_row RULE_SENDS[WORD_COUNT] = {
    [WORD_SEND] = {SLICE_INIT("send"),
                   ALWAYS | A(STRUCTURE) | A(TYPE) | A(EVENT) | A(FROM) | A(ALONE),
                   A(ID) | A(STRUCTURE) | A(EVENT) | A(FROM),
                   SEND_WORDS | W(CONDITION) | W(CHOICE) | W(TEST)},
    [WORD_SEGMENT] = {SLICE_INIT("segment"), A(ID) | A(FROM) | A(TO) | A(BECAUSE),
                      A(ID) | A(FROM) | A(TO), SEND_WORDS | W(CONDITION) | W(CHOICE) | W(TEST)},
    [WORD_DATATYPE] = {SLICE_INIT("datatype"), A(ID) | A(FROM) | A(TO) | A(BECAUSE),
                       A(ID) | A(FROM) | A(TO),
                       W(SET) | W(ENTRY) | W(USE) | W(FIRST) | W(CONDITION) | W(CHOICE) | W(TEST)},
    [WORD_GET] = {SLICE_INIT("get"),
                  ALWAYS | A(NAME) | A(TYPE) | A(FROM) | A(PATH) | A(IN) | A(WHERE) | A(PICK),
                  A(NAME), 0},
    [WORD_EACH] = {SLICE_INIT("each"), SEND_EACH_ATTRIBUTES, 0, SEND_WORDS},
    [WORD_SET] = {SLICE_INIT("set"), SEND_SET_ATTRIBUTES, A(TO), 0},
    [WORD_ENTRY] = {SLICE_INIT("entry"),
                    ALWAYS | A(FROM) | A(TO) | A(AS) | A(MAP) | A(TYPE) | A(PICK) | A(WHERE),
                    A(FROM) | A(TO), W(SET) | W(ENTRY) | W(USE) | W(FIRST)},
    [WORD_USE] = {SLICE_INIT("use"), ALWAYS | A(FROM) | A(TO) | A(MAP), A(MAP), 0},
    [WORD_FIRST] = {SLICE_INIT("first"), ALWAYS, 0, SEND_WORDS},
    [WORD_CONDITION] = {SLICE_INIT("condition"), A(ID) | A(IS) | A(GUIDE) | A(BECAUSE),
                        A(ID) | A(IS), 0},
    [WORD_CHOICE] = {SLICE_INIT("choice"), A(ID) | A(IS) | A(VALUES) | A(GUIDE) | A(BECAUSE),
                     A(ID) | A(IS) | A(BECAUSE), 0},
    [WORD_TEST] = {SLICE_INIT("test"), A(NAME) | A(MAP) | A(GUIDE) | A(BECAUSE), A(NAME),
                   W(TEST_JSON) | W(EXPECT) | W(ABSENT) | W(EXPECT_COUNT) | W(REFUSED)},
    [WORD_TEST_JSON] = {SLICE_INIT("json"), A(FILE), 0, 0},
    [WORD_EXPECT] = {SLICE_INIT("expect"), A(PLACE) | A(EQUALS) | A(BY), A(PLACE) | A(EQUALS), 0},
    [WORD_ABSENT] = {SLICE_INIT("absent"), A(PLACE), 0, 0},
    [WORD_EXPECT_COUNT] = {SLICE_INIT("count"), A(PLACE) | A(EQUALS), A(EQUALS), 0},
    [WORD_REFUSED] = {SLICE_INIT("refused"), A(PLACE), A(PLACE), 0},
};

/* What a test is given may stand as text. */
static const uint64_t TEXT_WORDS = W(TEST_MESSAGE) | W(TEST_SEGMENT) | W(TEST_VALUE) | W(TEST_JSON);

bool rule_has(const struct rule *rule, enum rule_attribute attribute)
{
    return rule->given >> attribute & 1;
}

/* NULL where it is not given. */
static const struct rule_value *value_of(const struct rule *rule, enum rule_attribute attribute)
{
    if (!rule_has(rule, attribute))
        return NULL;
    uint64_t before = rule->given & ((UINT64_C(1) << attribute) - 1);
    return &rule->values[__builtin_popcountll(before)];
}

struct slice rule_text(const struct rule *rule, enum rule_attribute attribute)
{
    const struct rule_value *value = value_of(rule, attribute);
    return value ? value->attribute->value : (struct slice){NULL, 0};
}

struct rule_values rule_given(const struct rule *rule)
{
    struct rule_values values = {0};
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++)
        if (rule_has(rule, (enum rule_attribute)i))
            values.items[i] = *value_of(rule, (enum rule_attribute)i);
    return values;
}

void rule_give(struct rule *rule, const struct rule_values *values, struct arena *arena)
{
    _Static_assert(ATTRIBUTE_COUNT <= 64, "an attribute is a bit of rule.given");
    size_t count = 0;
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        count += values->items[i].attribute != NULL;
    struct rule_value *made = ARENA_ARRAY(arena, count, struct rule_value);
    rule->values = made;
    rule->given = 0;
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (!values->items[i].attribute)
            continue;
        *made++ = values->items[i];
        rule->given |= UINT64_C(1) << i;
    }
}

/* --- issues ------------------------------------------------------------------------------------*/

/* What an issue of a rule has beside its words. */
struct heading {
    enum issue_severity severity;
    struct issue_place place;
    const char *id;
    struct slice hint;
};

__attribute__((format(printf, 3, 0))) static void add_issue(struct issue_list *issues,
                                                            const struct heading *heading,
                                                            const char *format, va_list arguments)
{
    va_list measured;
    va_copy(measured, arguments);
    int length = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    if (length < 0)
        return;
    char *words = arena_alloc(issues->arena, (size_t)length + 1);
    vsnprintf(words, (size_t)length + 1, format, arguments);
    issue_add(issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                     .severity = heading->severity,
                                     .place = heading->place,
                                     .words = {words, (size_t)length},
                                     .hint = heading->hint,
                                     .rule = slice_of(heading->id)});
}

static struct issue_place value_place(const struct rule *rule, enum rule_attribute attribute,
                                      size_t offset, size_t length)
{
    const struct rule_value *value = value_of(rule, attribute);
    if (!value)
        return xml_place(&rule->file->document, rule->element);
    return xml_value_place(&value->file->document, value->attribute, offset,
                           length ? length : value->attribute->value.len);
}

void rule_value_error(struct issue_list *issues, const struct rule *rule,
                      enum rule_attribute attribute, size_t offset, size_t length, const char *id,
                      struct slice hint, const char *format, ...)
{
    struct heading heading = {ISSUE_ERROR, value_place(rule, attribute, offset, length), id, hint};
    va_list arguments;
    va_start(arguments, format);
    add_issue(issues, &heading, format, arguments);
    va_end(arguments);
}

void rule_value_warning(struct issue_list *issues, const struct rule *rule,
                        enum rule_attribute attribute, size_t offset, size_t length, const char *id,
                        struct slice hint, const char *format, ...)
{
    struct heading heading = {ISSUE_WARNING, value_place(rule, attribute, offset, length), id,
                              hint};
    va_list arguments;
    va_start(arguments, format);
    add_issue(issues, &heading, format, arguments);
    va_end(arguments);
}

void rule_error(struct issue_list *issues, const struct rule *rule, const char *id,
                struct slice hint, const char *format, ...)
{
    struct heading heading = {ISSUE_ERROR, xml_place(&rule->file->document, rule->element), id,
                              hint};
    va_list arguments;
    va_start(arguments, format);
    add_issue(issues, &heading, format, arguments);
    va_end(arguments);
}

struct slice rule_did_you_mean(struct arena *arena, struct slice wrong, const struct slice *names,
                               size_t count)
{
    size_t nearest = suggest_nearest(wrong, names, count);
    if (nearest >= count)
        return (struct slice){NULL, 0};
    return arena_format(arena, "did you mean '%.*s'?", SLICE_ARG(names[nearest]));
}

/* --- the tree ----------------------------------------------------------------------------------*/

struct reader {
    const struct mapping_file *file;
    const struct map *base; /* id to struct rule; NULL: of no site */
    struct arena *arena;
    struct issue_list *issues;
};

static struct slice list_of_words(struct arena *arena, uint64_t allowed, struct slice wrong)
{
    struct slice names[WORD_COUNT];
    size_t count = 0;
    for (size_t word = 0; word < WORD_COUNT; word++)
        if (allowed >> word & 1)
            names[count++] = RULE_WORDS[word].name;
    struct slice near = rule_did_you_mean(arena, wrong, names, count);
    if (near.len || count == 0)
        return near;
    struct slice list = arena_format(arena, "here may stand: %.*s", SLICE_ARG(names[0]));
    for (size_t i = 1; i < count; i++)
        list = arena_format(arena, "%.*s, %.*s", SLICE_ARG(list), SLICE_ARG(names[i]));
    return list;
}

static const struct rule_word_row *row_of(const struct rule *rule)
{
    return rule->is_send ? &RULE_SENDS[rule->word] : &RULE_WORDS[rule->word];
}

static enum rule_word word_among(struct slice name, uint64_t allowed)
{
    for (unsigned word = 0; word < WORD_COUNT; word++)
        if (allowed >> word & 1 && slice_equal(RULE_WORDS[word].name, name))
            return (enum rule_word)word;
    return WORD_COUNT;
}

static enum rule_attribute attribute_named(struct slice name)
{
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++)
        if (slice_equal(RULE_ATTRIBUTE_NAMES[i], name))
            return (enum rule_attribute)i;
    return ATTRIBUTE_COUNT;
}

bool rule_is_setting(enum rule_word word, struct slice name)
{
    return word == WORD_SITE &&
           (slice_equal(name, SLICE("language")) || slice_equal(name, SLICE("part2")) ||
            slice_equal(name, SLICE("known-as")));
}

static void report_attribute(struct reader *reader, const struct rule *rule,
                             const struct xml_attribute *attribute)
{
    const struct rule_word_row *row = row_of(rule);
    struct slice names[ATTRIBUTE_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (row->attributes >> i & 1)
            names[count++] = RULE_ATTRIBUTE_NAMES[i];
    struct issue_place place =
        issue_place_file(reader->file->name, attribute->line, attribute->column);
    place.length = (unsigned)attribute->name.len;
    issue_add(reader->issues,
              (struct issue){
                  .code = ISSUE_CONFIGURATION,
                  .severity = ISSUE_ERROR,
                  .place = place,
                  .words = arena_format(reader->issues->arena, "'%.*s' is no attribute of <%.*s>",
                                        SLICE_ARG(attribute->name), SLICE_ARG(row->name)),
                  .hint = rule_did_you_mean(reader->issues->arena, attribute->name, names, count),
                  .rule = SLICE("unknown-attribute")});
}

static void read_attributes(struct reader *reader, struct rule *rule)
{
    const struct rule_word_row *row = row_of(rule);
    struct rule_values values = {0};
    for (size_t i = 0; i < rule->element->attribute_count; i++) {
        const struct xml_attribute *attribute = &rule->element->attributes[i];
        enum rule_attribute number = attribute_named(attribute->name);
        if (rule_is_setting(rule->word, attribute->name))
            continue;
        if (number == ATTRIBUTE_COUNT || !(row->attributes >> number & 1)) {
            report_attribute(reader, rule, attribute);
            continue;
        }
        values.items[number] = (struct rule_value){attribute, reader->file};
    }
    rule_give(rule, &values, reader->arena);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (row->required >> i & 1 && !rule_has(rule, (enum rule_attribute)i))
            rule_error(reader->issues, rule, "missing-attribute",
                       arena_format(reader->issues->arena, "write %.*s=\"...\"",
                                    SLICE_ARG(RULE_ATTRIBUTE_NAMES[i])),
                       "<%.*s> needs the attribute '%.*s'", SLICE_ARG(row->name),
                       SLICE_ARG(RULE_ATTRIBUTE_NAMES[i]));
}

/* HL7 writes the names of segments and data types in capitals, FHIR those of its types with small
 * letters. */
static bool is_fhir_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 'a' && name.ptr[i] <= 'z')
            return true;
    return false;
}

/* What a test is given says which way it goes. */
static bool is_test_of_send(const struct rule *rule)
{
    return rule->word == WORD_TEST &&
           xml_child(rule->element, RULE_WORDS[WORD_TEST_JSON].name.ptr, NULL);
}

static bool replaces_send(const struct reader *reader, const struct rule *rule)
{
    const struct rule *base = reader->base ? map_get(reader->base, rule->id) : NULL;
    return rule->word == WORD_REPLACE && base && base->is_send;
}

/* What stands in these goes to v2, though they themselves stand in a site's file. */
static bool holds_sends(const struct reader *reader, const struct rule *rule)
{
    return (rule->word == WORD_ADD && rule_has(rule, ATTRIBUTE_TO)) || replaces_send(reader, rule);
}

static bool goes_to_v2(const struct reader *reader, const struct rule *rule)
{
    if (is_test_of_send(rule))
        return true;
    if (rule->parent)
        return rule->parent->is_send || holds_sends(reader, rule->parent);
    if (rule->word != WORD_SEGMENT && rule->word != WORD_DATATYPE)
        return rule->word == WORD_SEND;
    const struct xml_element *element = rule->element;
    for (size_t i = 0; i < element->attribute_count; i++)
        if (slice_equal(element->attributes[i].name, RULE_ATTRIBUTE_NAMES[ATTRIBUTE_FROM]))
            return is_fhir_name(element->attributes[i].value);
    return false;
}

static uint64_t words_inside(const struct reader *reader, const struct rule *rule)
{
    if (holds_sends(reader, rule))
        return SEND_WORDS;
    return row_of(rule)->children;
}

static struct rule *read_rule(struct reader *reader, const struct xml_element *element,
                              uint64_t allowed, struct rule *parent)
{
    struct rule *rule = ARENA_NEW(reader->arena, struct rule);
    rule->file = reader->file;
    rule->element = element;
    rule->parent = parent;
    rule->word = word_among(element->name, allowed);
    if (rule->word == WORD_COUNT) {
        struct slice inside = parent ? RULE_WORDS[parent->word].name : SLICE("the file");
        rule_error(reader->issues, rule, "unknown-word",
                   list_of_words(reader->issues->arena, allowed, element->name),
                   "<%.*s> may not stand in <%.*s>", SLICE_ARG(element->name), SLICE_ARG(inside));
        return NULL;
    }
    rule->is_send = goes_to_v2(reader, rule);
    read_attributes(reader, rule);
    rule->id = rule_text(rule, ATTRIBUTE_ID);
    rule->id_given = rule->id.len > 0;
    if (!(TEXT_WORDS >> rule->word & 1) && slice_trim(element->text).len)
        rule_error(reader->issues, rule, "stray-text",
                   SLICE("rules are attributes; there is no "
                         "text between the elements"),
                   "text stands inside <%.*s>", SLICE_ARG(element->name));
    uint64_t inside = words_inside(reader, rule);
    for (const struct xml_element *child = element->first_child; child; child = child->next) {
        struct rule *made = read_rule(reader, child, inside, rule);
        if (!made)
            continue;
        if (rule->last_child)
            rule->last_child->next = made;
        if (!rule->first_child)
            rule->first_child = made;
        rule->last_child = made;
    }
    return rule;
}

struct rule *rule_tree(const struct mapping_file *file, uint64_t roots, struct arena *arena,
                       struct issue_list *issues)
{
    return rule_tree_on(file, roots, NULL, arena, issues);
}

struct rule *rule_tree_on(const struct mapping_file *file, uint64_t roots, const struct map *base,
                          struct arena *arena, struct issue_list *issues)
{
    struct reader reader = {file, base, arena, issues};
    return read_rule(&reader, file->document.root, roots, NULL);
}
