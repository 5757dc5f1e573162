/* expect_parse: text to paths and conditions of tests; the grammar is in expect.h. */
#include "mapping/expect.h"

#include "base/suggest.h"

#define DEPTH_LIMIT 32 /* conditions inside conditions */
#define INDEX_LIMIT 1000000

#define MOST_TYPES 16 /* that a reference may be to and its target is still checked */

/* What the items at hand may be. */
struct type {
    const struct fhir_element *elements[MOST_TYPES]; /* whose children are named */
    size_t count;                                    /* 0: not known, any name is taken */
    const struct fhir_element
        *from; /* the element that they are items of, for resolve(); or NULL */
};

struct parser {
    struct slice text;
    size_t at;
    unsigned depth;
    struct arena *arena;
    struct expect_fault fault;
    bool failed;
};

static const struct expect_condition *parse_or(struct parser *parser, struct type type);

/* --- words -------------------------------------------------------------------------------------*/

static struct slice rest_of(const struct parser *parser)
{
    return slice_after(parser->text, parser->at);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

static void skip_blanks(struct parser *parser)
{
    while (parser->at < parser->text.len &&
           (parser->text.ptr[parser->at] == ' ' || parser->text.ptr[parser->at] == '\n' ||
            parser->text.ptr[parser->at] == '\t'))
        parser->at++;
}

static struct slice peek_name(struct parser *parser)
{
    skip_blanks(parser);
    struct slice rest = rest_of(parser);
    size_t length = 0;
    while (length < rest.len && is_name_byte(rest.ptr[length]))
        length++;
    return slice_part(rest, 0, length);
}

static bool take_sign(struct parser *parser, struct slice sign)
{
    skip_blanks(parser);
    if (!slice_starts_with(rest_of(parser), sign))
        return false;
    parser->at += sign.len;
    return true;
}

static bool take_name(struct parser *parser, struct slice name)
{
    if (!slice_equal(peek_name(parser), name))
        return false;
    parser->at += name.len;
    return true;
}

/* The first fault counts. `wrong` may be empty: what stands here. */
static bool fail(struct parser *parser, struct slice wrong, const char *id, struct slice words,
                 struct slice hint)
{
    if (parser->failed)
        return false;
    struct slice here = peek_name(parser);
    if (here.len == 0)
        here = slice_part(parser->text, parser->at, 1);
    parser->failed = true;
    parser->fault = (struct expect_fault){wrong.len ? wrong : here, id, words, hint};
    return false;
}

static bool syntax(struct parser *parser, const char *words)
{
    return fail(parser, (struct slice){NULL, 0}, "path-syntax", slice_of(words),
                (struct slice){NULL, 0});
}

/* 'text'; FHIRPath's escapes are not needed by codes and names, a quote cannot stand inside. */
static bool take_text(struct parser *parser, struct slice *ret_text)
{
    skip_blanks(parser);
    struct slice rest = rest_of(parser);
    if (rest.len == 0 || rest.ptr[0] != '\'')
        return false;
    size_t length = slice_find_byte(slice_after(rest, 1), '\'');
    if (length + 1 >= rest.len)
        return syntax(parser, "the quote is not closed");
    *ret_text = slice_part(rest, 1, length);
    parser->at += length + 2;
    return true;
}

/* --- steps -------------------------------------------------------------------------------------*/

enum argument { ARGUMENT_NONE, ARGUMENT_CONDITION, ARGUMENT_MAYBE_CONDITION, ARGUMENT_TEXT };

static const struct {
    struct slice name;
    enum expect_step_kind kind;
    enum argument argument;
} FUNCTIONS[] = {
    {SLICE_INIT("where"), EXPECT_WHERE, ARGUMENT_CONDITION},
    {SLICE_INIT("exists"), EXPECT_EXISTS, ARGUMENT_MAYBE_CONDITION},
    {SLICE_INIT("empty"), EXPECT_EMPTY, ARGUMENT_NONE},
    {SLICE_INIT("count"), EXPECT_COUNT, ARGUMENT_NONE},
    {SLICE_INIT("first"), EXPECT_FIRST, ARGUMENT_NONE},
    {SLICE_INIT("last"), EXPECT_LAST, ARGUMENT_NONE},
    {SLICE_INIT("resolve"), EXPECT_RESOLVE, ARGUMENT_NONE},
    {SLICE_INIT("extension"), EXPECT_EXTENSION, ARGUMENT_TEXT},
};
#define FUNCTION_COUNT (sizeof(FUNCTIONS) / sizeof(FUNCTIONS[0]))

static struct slice nearest_element(struct parser *parser, const struct type *type,
                                    struct slice wrong)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct fhir_element *element = type->elements[i];
        struct slice *names = ARENA_ARRAY(parser->arena, element->property_count + 1, struct slice);
        const struct fhir_element *choice = fhir_definition_choice(element, wrong);
        for (uint32_t j = 0; j < element->property_count; j++) {
            names[j] = element->properties[j].name;
            if (choice && element->properties[j].element == choice)
                return arena_format(parser->arena,
                                    "%.*s[x] is written by its real name, such as %.*s",
                                    SLICE_ARG(wrong), SLICE_ARG(names[j]));
        }
        size_t near = suggest_nearest(wrong, names, element->property_count);
        if (near < element->property_count)
            return arena_format(parser->arena, "did you mean '%.*s'?", SLICE_ARG(names[near]));
    }
    return (struct slice){NULL, 0};
}

/* An element more; more than can be held are any. */
static void may_be(struct type *type, const struct fhir_element *element, bool *is_any)
{
    if (*is_any || !element || type->count == MOST_TYPES) {
        *is_any = true;
        type->count = 0;
        return;
    }
    for (size_t i = 0; i < type->count; i++)
        if (type->elements[i] == element)
            return;
    type->elements[type->count++] = element;
}

/* The member of an element; NULL where there is none. The value of a primitive is the primitive. */
static const struct fhir_property *property_of(const struct fhir_element *element,
                                               struct slice name)
{
    bool is_primitive = element->owner->kind == FHIR_TYPE_PRIMITIVE;
    if (is_primitive && slice_equal(name, SLICE("value")))
        return NULL;
    return fhir_definition_child(element, name);
}

static bool parse_member(struct parser *parser, struct slice name, struct type *type,
                         struct expect_step *ret_step)
{
    struct type found = {.count = 0};
    bool is_any = false, is_known = false;
    *ret_step = (struct expect_step){.kind = EXPECT_MEMBER, .text = name};
    for (size_t i = 0; i < type->count; i++) {
        const struct fhir_property *property = property_of(type->elements[i], name);
        if (!property)
            continue;
        bool is_resource = property->type->kind == FHIR_TYPE_RESOURCE; /* contained: any */
        may_be(&found, is_resource ? NULL : property->content, &is_any);
        found.from = is_known ? NULL : property->element;
        is_known = true;
    }
    if (type->count && !is_known)
        return fail(parser, name, "unknown-element",
                    arena_format(parser->arena, "%.*s has no element '%.*s'",
                                 SLICE_ARG(type->elements[0]->path), SLICE_ARG(name)),
                    nearest_element(parser, type, name));
    *type = found;
    return true;
}

static bool parse_argument(struct parser *parser, enum argument argument, struct type type,
                           struct expect_step *step)
{
    skip_blanks(parser);
    bool is_empty = slice_starts_with(rest_of(parser), SLICE(")"));
    if (argument == ARGUMENT_TEXT && !take_text(parser, &step->text))
        return syntax(parser, "a url in quotes is expected: extension('http://...')");
    if (argument == ARGUMENT_CONDITION || (argument == ARGUMENT_MAYBE_CONDITION && !is_empty))
        step->condition = parse_or(parser, type);
    if (parser->failed || take_sign(parser, SLICE(")")))
        return !parser->failed;
    return syntax(parser, "a ')' is expected here");
}

/* What the references at hand may be to. */
static struct type type_of_targets(const struct type *type)
{
    struct type found = {.count = 0};
    bool is_any = false;
    for (uint32_t i = 0; type->from && i < type->from->target_count; i++)
        may_be(&found, type->from->targets[i]->root, &is_any);
    return found;
}

/* What the step gives. */
static struct type type_after(enum expect_step_kind kind, const struct type *type)
{
    static const bool IS_VALUE[EXPECT_STEP_KIND_COUNT] = {
        [EXPECT_EXISTS] = true, [EXPECT_EMPTY] = true, [EXPECT_COUNT] = true};
    struct type found = {.count = 0};
    bool is_any = false;
    if (kind == EXPECT_RESOLVE)
        return type_of_targets(type);
    if (kind != EXPECT_EXTENSION)
        return IS_VALUE[kind] ? found : *type;
    for (size_t i = 0; i < type->count; i++) {
        const struct fhir_property *property = property_of(type->elements[i], SLICE("extension"));
        may_be(&found, property ? property->content : NULL, &is_any);
    }
    return found;
}

static bool parse_function(struct parser *parser, struct slice name, struct type *type,
                           struct expect_step *ret_step)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (!slice_equal(name, FUNCTIONS[i].name))
            continue;
        *ret_step = (struct expect_step){.kind = FUNCTIONS[i].kind};
        if (!parse_argument(parser, FUNCTIONS[i].argument, *type, ret_step))
            return false;
        *type = type_after(ret_step->kind, type);
        return true;
    }
    struct slice names[FUNCTION_COUNT];
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        names[i] = FUNCTIONS[i].name;
    size_t near = suggest_nearest(name, names, FUNCTION_COUNT);
    struct slice hint = SLICE("there are: where, exists, empty, count, first, last, resolve, "
                              "extension");
    if (near < FUNCTION_COUNT)
        hint = arena_format(parser->arena, "did you mean '%.*s'?", SLICE_ARG(names[near]));
    return fail(parser, name, "path-syntax",
                arena_format(parser->arena, "there is no function '%.*s'", SLICE_ARG(name)), hint);
}

static bool parse_step(struct parser *parser, struct type *type, struct expect_step *ret_step)
{
    struct slice name = peek_name(parser);
    if (name.len == 0)
        return syntax(parser, "the name of an element is expected here");
    parser->at += name.len;
    if (slice_equal(name, SLICE("$this"))) {
        *ret_step = (struct expect_step){.kind = EXPECT_THIS};
        return true;
    }
    if (take_sign(parser, SLICE("(")))
        return parse_function(parser, name, type, ret_step);
    return parse_member(parser, name, type, ret_step);
}

static bool parse_index(struct parser *parser, struct expect_step *ret_step)
{
    struct slice digits = peek_name(parser);
    uint64_t index = 0;
    if (!slice_to_uint64(digits, INDEX_LIMIT, &index))
        return syntax(parser, "a number from 0 is expected here");
    parser->at += digits.len;
    if (!take_sign(parser, SLICE("]")))
        return syntax(parser, "a ']' is expected here");
    *ret_step = (struct expect_step){.kind = EXPECT_INDEX, .index = index};
    return true;
}

static void push(struct parser *parser, struct expect_path *path, struct expect_step step)
{
    path->steps = arena_grow(parser->arena, path->steps, path->count * sizeof(step),
                             (path->count + 1) * sizeof(step));
    path->steps[path->count++] = step;
}

/* "Patient" at the front of a path in a Patient. */
static bool take_type(struct parser *parser, struct type type)
{
    struct slice name = peek_name(parser);
    if (name.len == 0 || name.ptr[0] < 'A' || name.ptr[0] > 'Z')
        return false;
    if (type.count == 1 && !slice_equal(type.elements[0]->path, name))
        return fail(parser, name, "unknown-element",
                    arena_format(parser->arena, "this is a %.*s, no %.*s",
                                 SLICE_ARG(type.elements[0]->path), SLICE_ARG(name)),
                    (struct slice){NULL, 0});
    parser->at += name.len;
    return true;
}

static bool parse_path(struct parser *parser, struct type type, struct expect_path *path)
{
    if (take_type(parser, type) && !take_sign(parser, SLICE(".")))
        return true;
    do {
        struct expect_step step;
        if (parser->failed || arena_exceeded(parser->arena) || !parse_step(parser, &type, &step))
            return false;
        push(parser, path, step);
        while (take_sign(parser, SLICE("["))) {
            if (!parse_index(parser, &step))
                return false;
            push(parser, path, step);
        }
    } while (take_sign(parser, SLICE(".")));
    return true;
}

/* --- conditions --------------------------------------------------------------------------------*/

static const struct expect_condition *make(struct parser *parser, struct expect_condition condition)
{
    struct expect_condition *made = ARENA_NEW(parser->arena, struct expect_condition);
    *made = condition;
    return made;
}

static bool take_number(struct parser *parser, struct slice *ret_number)
{
    skip_blanks(parser);
    struct slice rest = rest_of(parser);
    size_t length = 0;
    while (length < rest.len && ((rest.ptr[length] >= '0' && rest.ptr[length] <= '9') ||
                                 rest.ptr[length] == '.' || rest.ptr[length] == '-'))
        length++;
    *ret_number = slice_part(rest, 0, length);
    if (!json_is_number(*ret_number))
        return false;
    parser->at += length;
    return true;
}

static bool parse_literal(struct parser *parser, struct expect_condition *condition)
{
    struct slice word = peek_name(parser);
    condition->literal_kind = JSON_STRING;
    if (take_text(parser, &condition->literal))
        return true;
    condition->literal_kind = JSON_BOOLEAN;
    condition->literal = word;
    if (take_name(parser, SLICE("true")) || take_name(parser, SLICE("false")))
        return true;
    condition->literal_kind = JSON_NUMBER;
    if (take_number(parser, &condition->literal))
        return true;
    return syntax(parser, "a 'text', a number, true or false is expected here");
}

static const struct expect_condition *parse_one(struct parser *parser, struct type type)
{
    struct expect_condition condition = {.kind = EXPECT_TRUE};
    if (parser->depth == DEPTH_LIMIT) {
        syntax(parser, "conditions are nested too deep");
        return NULL;
    }
    parser->depth++;
    if (take_sign(parser, SLICE("("))) {
        const struct expect_condition *inside = parse_or(parser, type);
        if (inside && !take_sign(parser, SLICE(")")))
            syntax(parser, "a ')' is expected here");
        parser->depth--;
        return inside;
    }
    if (!parse_path(parser, type, &condition.path))
        return NULL;
    if (take_sign(parser, SLICE("!=")))
        condition.kind = EXPECT_NOT_EQUAL;
    else if (take_sign(parser, SLICE("=")))
        condition.kind = EXPECT_EQUAL;
    if (condition.kind != EXPECT_TRUE && !parse_literal(parser, &condition))
        return NULL;
    parser->depth--;
    return make(parser, condition);
}

static const struct expect_condition *parse_and(struct parser *parser, struct type type)
{
    const struct expect_condition *left = parse_one(parser, type);
    while (!parser->failed && take_name(parser, SLICE("and"))) {
        const struct expect_condition *right = parse_one(parser, type);
        left = make(parser,
                    (struct expect_condition){.kind = EXPECT_AND, .left = left, .right = right});
    }
    return left;
}

static const struct expect_condition *parse_or(struct parser *parser, struct type type)
{
    const struct expect_condition *left = parse_and(parser, type);
    while (!parser->failed && take_name(parser, SLICE("or"))) {
        const struct expect_condition *right = parse_and(parser, type);
        left = make(parser,
                    (struct expect_condition){.kind = EXPECT_OR, .left = left, .right = right});
    }
    return left;
}

/* --- the whole ---------------------------------------------------------------------------------*/

/* Nothing may stand behind it. */
static int finish(struct parser *parser, struct expect_fault *ret_fault)
{
    skip_blanks(parser);
    if (!parser->failed && parser->at < parser->text.len)
        syntax(parser, "this is not expected here");
    if (!parser->failed && arena_exceeded(parser->arena))
        syntax(parser, "this is too long");
    if (parser->failed)
        *ret_fault = parser->fault;
    return parser->failed ? -1 : 0;
}

static struct type type_of(const struct fhir_element *element)
{
    return (struct type){.elements = {element}, .count = element != NULL};
}

int expect_path_parse(struct slice text, const struct fhir_element *element, struct arena *arena,
                      struct expect_path *ret_path, struct expect_fault *ret_fault)
{
    struct parser parser = {.text = text, .arena = arena};
    struct expect_path path = {.text = text};
    if (slice_trim(text).len)
        (void)!parse_path(&parser, type_of(element), &path);
    if (finish(&parser, ret_fault) != 0)
        return -1;
    *ret_path = path;
    return 0;
}

int expect_condition_parse(struct slice text, const struct fhir_element *element,
                           struct arena *arena, const struct expect_condition **ret_condition,
                           struct expect_fault *ret_fault)
{
    struct parser parser = {.text = text, .arena = arena};
    const struct expect_condition *condition = parse_or(&parser, type_of(element));
    if (finish(&parser, ret_fault) != 0)
        return -1;
    *ret_condition = condition;
    return 0;
}
