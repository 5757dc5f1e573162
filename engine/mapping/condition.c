/* condition: the parser. */
#include "mapping/condition.h"

#define DEPTH_LIMIT 32

struct parser {
    struct slice text;
    size_t at;
    unsigned depth;
    const struct rule *rule;
    enum rule_attribute attribute;
    const struct condition_names *names;
    struct arena *arena;
    struct issue_list *issues;
    bool failed;
};

static const struct condition *parse_or(struct parser *parser);

/* --- words -------------------------------------------------------------------------------------*/

static void skip_blanks(struct parser *parser)
{
    while (parser->at < parser->text.len &&
           (parser->text.ptr[parser->at] == ' ' || parser->text.ptr[parser->at] == '\n' ||
            parser->text.ptr[parser->at] == '\t'))
        parser->at++;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static struct slice peek_word(struct parser *parser)
{
    skip_blanks(parser);
    size_t end = parser->at;
    while (end < parser->text.len && is_word_byte(parser->text.ptr[end]))
        end++;
    return slice_part(parser->text, parser->at, end - parser->at);
}

static bool take_word(struct parser *parser, struct slice word)
{
    if (!slice_equal(peek_word(parser), word))
        return false;
    parser->at += word.len;
    return true;
}

static bool take_sign(struct parser *parser, struct slice sign)
{
    skip_blanks(parser);
    if (!slice_starts_with(slice_after(parser->text, parser->at), sign))
        return false;
    parser->at += sign.len;
    return true;
}

static const struct condition *fail(struct parser *parser, const char *id, struct slice hint,
                                    const char *words)
{
    if (parser->failed)
        return NULL;
    parser->failed = true;
    size_t length = peek_word(parser).len;
    rule_value_error(parser->issues, parser->rule, parser->attribute, parser->at,
                     length ? length : 1, id, hint, "%s", words);
    return NULL;
}

/* What the next word, which is none of the language, may have been meant for: one of the language,
 * a condition of the file, or a segment. */
static struct slice did_you_mean(struct parser *parser)
{
    static const struct slice WORDS[] = {
        SLICE_INIT("and"),   SLICE_INIT("or"),     SLICE_INIT("not"),     SLICE_INIT("in"),
        SLICE_INIT("codes"), SLICE_INIT("valued"), SLICE_INIT("deleted"), SLICE_INIT("matches"),
        SLICE_INIT("over"),  SLICE_INIT("under"),  SLICE_INIT("at"),      SLICE_INIT("least"),
        SLICE_INIT("most"),  SLICE_INIT("count"),  SLICE_INIT("length"),  SLICE_INIT("choice"),
    };
    enum { WORD_ROWS = sizeof(WORDS) / sizeof(WORDS[0]) };
    struct slice word = peek_word(parser);
    struct slice near = {NULL, 0};
    if (word.len && word.ptr[0] >= 'A' && word.ptr[0] <= 'Z')
        near = place_did_you_mean(slice_after(parser->text, parser->at), parser->names->scope,
                                  parser->rule, parser->issues->arena);
    const struct map *conditions = parser->names->conditions;
    size_t count = conditions ? conditions->count : 0;
    struct slice *names = ARENA_ARRAY(parser->arena, WORD_ROWS + count, struct slice);
    for (size_t i = 0; i < WORD_ROWS; i++) {
        if (slice_equal(WORDS[i], word))
            return (struct slice){NULL, 0};
        names[i] = WORDS[i];
    }
    for (size_t i = 0; i < count; i++)
        names[WORD_ROWS + i] = conditions->entries[i].key;
    return near.len ? near
                    : rule_did_you_mean(parser->issues->arena, word, names, WORD_ROWS + count);
}

static const struct condition *syntax(struct parser *parser, const char *expected)
{
    return fail(parser, "condition-syntax", did_you_mean(parser), expected);
}

static const struct condition *make(struct parser *parser, struct condition condition)
{
    struct condition *made = ARENA_NEW(parser->arena, struct condition);
    *made = condition;
    return made;
}

static const struct condition *constant(struct parser *parser, bool truth)
{
    return make(parser, (struct condition){.kind = truth ? CONDITION_TRUE : CONDITION_FALSE});
}

/* --- operands ----------------------------------------------------------------------------------*/

static bool parse_literal(struct parser *parser, struct slice *ret_literal)
{
    skip_blanks(parser);
    struct slice rest = slice_after(parser->text, parser->at);
    if (rest.len == 0 || rest.ptr[0] != '\'')
        return false;
    size_t length = slice_find_byte(slice_after(rest, 1), '\'');
    if (length + 1 >= rest.len)
        return false;
    *ret_literal = slice_part(rest, 1, length);
    parser->at += length + 2;
    return true;
}

static bool parse_number(struct parser *parser, struct slice *ret_number)
{
    struct slice word = peek_word(parser);
    size_t length = 0;
    struct slice rest = slice_after(parser->text, parser->at);
    while (length < rest.len && ((rest.ptr[length] >= '0' && rest.ptr[length] <= '9') ||
                                 (length && rest.ptr[length] == '.')))
        length++;
    if (length == 0 || length < word.len)
        return false;
    *ret_number = slice_part(rest, 0, length);
    parser->at += length;
    return true;
}

static bool parse_path(struct parser *parser, const void **ret_path)
{
    size_t length =
        parser->names->read_path(parser->names, parser->rule, parser->attribute, parser->at,
                                 slice_after(parser->text, parser->at), ret_path);
    parser->at += length;
    parser->failed |= length > 0 && !*ret_path;
    return length > 0;
}

static bool parse_place(struct parser *parser, struct operand *ret_operand)
{
    skip_blanks(parser);
    if (parser->names->read_path)
        return parse_path(parser, &ret_operand->path);
    struct place *ret_place = &ret_operand->place;
    size_t begin = parser->at;
    size_t length = place_parse_front(slice_after(parser->text, begin), ret_place);
    if (length == 0)
        return false;
    parser->at += length;
    if (!place_check(ret_place, parser->names->scope, parser->rule, parser->attribute, begin,
                     parser->issues))
        parser->failed = true;
    return true;
}

static bool parse_function(struct parser *parser, struct slice name, enum operand_kind kind,
                           struct operand *ret_operand)
{
    size_t begin = parser->at;
    struct operand operand = {.kind = kind};
    if (take_word(parser, name) && take_sign(parser, SLICE("(")) && parse_place(parser, &operand) &&
        take_sign(parser, SLICE(")"))) {
        *ret_operand = operand;
        return true;
    }
    parser->at = begin;
    return false;
}

static bool parse_operand(struct parser *parser, struct operand *ret_operand)
{
    struct operand operand = {.kind = OPERAND_LITERAL};
    if (parse_literal(parser, &operand.literal) || parse_number(parser, &operand.literal)) {
        *ret_operand = operand;
        return true;
    }
    if (parse_function(parser, SLICE("count"), OPERAND_COUNT, ret_operand) ||
        parse_function(parser, SLICE("length"), OPERAND_LENGTH, ret_operand))
        return true;
    operand.kind = OPERAND_PLACE;
    if (!parse_place(parser, &operand))
        return false;
    *ret_operand = operand;
    return true;
}

/* --- tests -------------------------------------------------------------------------------------*/

static const struct condition *parse_codes(struct parser *parser, struct condition condition)
{
    skip_blanks(parser);
    size_t begin = parser->at;
    struct slice name;
    if (!take_sign(parser, SLICE("(")) || !parse_literal(parser, &name) ||
        !take_sign(parser, SLICE(")")))
        return syntax(parser, "after 'codes' comes the name of a set, as in codes('set')");
    condition.kind = CONDITION_IN_CODES;
    condition.codes = code_tables_set(parser->names->tables, name);
    if (condition.codes)
        return make(parser, condition);
    parser->at = begin + 2;
    return fail(parser, "unknown-set",
                SLICE("a set is a table's name, or what stands in a column 'concept'"),
                "there is no code set of this name");
}

static const struct condition *parse_in(struct parser *parser, struct condition condition)
{
    if (take_word(parser, SLICE("codes")))
        return parse_codes(parser, condition);
    if (!take_sign(parser, SLICE("(")))
        return syntax(parser, "after 'in' comes a list, as in ('A', 'B'), or codes('set')");
    struct slice *literals = NULL;
    size_t count = 0;
    do {
        literals = arena_grow(parser->arena, literals, count * sizeof(*literals),
                              (count + 1) * sizeof(*literals));
        if (!parse_literal(parser, &literals[count]))
            return syntax(parser, "a list holds values in single quotes, as in ('A', 'B')");
        count++;
    } while (take_sign(parser, SLICE(",")));
    if (!take_sign(parser, SLICE(")")))
        return syntax(parser, "the list is not closed by ')'");
    condition.kind = CONDITION_IN;
    condition.literals = literals;
    condition.literal_count = count;
    return make(parser, condition);
}

static const struct condition *parse_limit(struct parser *parser, struct condition condition,
                                           bool negated)
{
    struct operand *limit = ARENA_NEW(parser->arena, struct operand);
    bool is_number = parse_number(parser, &limit->literal);
    limit->kind = is_number ? OPERAND_LITERAL : OPERAND_PLACE;
    condition.b = limit;
    if (!is_number && !parse_place(parser, limit))
        return syntax(parser, "here stands a number or a place");
    const struct condition *made = make(parser, condition);
    return negated ? condition_not(made, parser->arena) : made;
}

static const struct condition *parse_compare(struct parser *parser, struct condition condition,
                                             bool negated)
{
    struct operand *other = ARENA_NEW(parser->arena, struct operand);
    condition.kind = CONDITION_EQUAL;
    condition.b = other;
    if (!parse_operand(parser, other))
        return syntax(parser, "here stands a place or a value in single quotes");
    const struct condition *made = make(parser, condition);
    return negated ? condition_not(made, parser->arena) : made;
}

static const struct condition *parse_matches(struct parser *parser, struct condition condition)
{
    struct operand *pattern = ARENA_NEW(parser->arena, struct operand);
    condition.kind = CONDITION_MATCHES;
    condition.b = pattern;
    pattern->kind = OPERAND_LITERAL;
    if (!parse_literal(parser, &pattern->literal))
        return syntax(parser, "after 'matches' stands a pattern, as in 'Q*H'");
    return make(parser, condition);
}

static const struct condition *parse_not_test(struct parser *parser, struct condition condition)
{
    const struct condition *made = NULL;
    if (take_word(parser, SLICE("valued"))) {
        condition.kind = CONDITION_VALUED;
        made = make(parser, condition);
    } else if (take_word(parser, SLICE("in"))) {
        made = parse_in(parser, condition);
    } else {
        return syntax(parser, "here 'not' is followed by 'valued' or 'in'");
    }
    return made ? condition_not(made, parser->arena) : NULL;
}

static const struct condition *parse_at(struct parser *parser, struct condition condition)
{
    bool is_least = take_word(parser, SLICE("least"));
    if (!is_least && !take_word(parser, SLICE("most")))
        return syntax(parser, "'at' is followed by 'least' or 'most'");
    condition.kind = is_least ? CONDITION_UNDER : CONDITION_OVER;
    return parse_limit(parser, condition, true);
}

static const struct condition *parse_test(struct parser *parser, struct operand operand)
{
    struct condition condition = {.a = operand};
    if (take_sign(parser, SLICE("!=")))
        return parse_compare(parser, condition, true);
    if (take_sign(parser, SLICE("=")))
        return parse_compare(parser, condition, false);
    if (take_word(parser, SLICE("in")))
        return parse_in(parser, condition);
    if (take_word(parser, SLICE("not")))
        return parse_not_test(parser, condition);
    if (take_word(parser, SLICE("at")))
        return parse_at(parser, condition);
    if (take_word(parser, SLICE("matches")))
        return parse_matches(parser, condition);
    if (take_word(parser, SLICE("valued"))) {
        condition.kind = CONDITION_VALUED;
        return make(parser, condition);
    }
    if (take_word(parser, SLICE("deleted"))) {
        condition.kind = CONDITION_DELETED;
        return make(parser, condition);
    }
    condition.kind = CONDITION_OVER;
    if (take_word(parser, SLICE("over")))
        return parse_limit(parser, condition, false);
    condition.kind = CONDITION_UNDER;
    if (take_word(parser, SLICE("under")))
        return parse_limit(parser, condition, false);
    struct slice near = did_you_mean(parser);
    return fail(parser, "condition-syntax",
                near.len
                    ? near
                    : SLICE("=, !=, in, not in, valued, not valued, deleted, matches, over, under, "
                            "at least, at most"),
                "here stands a test");
}

/* --- names -------------------------------------------------------------------------------------*/

struct slice condition_choice(const struct condition_names *names, struct slice id)
{
    const struct rule *rule = names->answers ? map_get(names->answers, id) : NULL;
    if (!rule)
        rule = names->choices ? map_get(names->choices, id) : NULL;
    return rule ? rule_text(rule, ATTRIBUTE_IS) : (struct slice){NULL, 0};
}

static bool decide(const struct condition *test, struct slice value)
{
    if (test->kind == CONDITION_NOT)
        return !decide(test->left, value);
    if (test->kind == CONDITION_EQUAL)
        return slice_equal(test->b->literal, value);
    for (size_t i = 0; i < test->literal_count; i++)
        if (slice_equal(test->literals[i], value))
            return true;
    return false;
}

static const struct condition *parse_choice(struct parser *parser)
{
    struct slice id = peek_word(parser);
    struct slice value = condition_choice(parser->names, id);
    if (value.len == 0)
        return fail(
            parser, "unknown-choice",
            SLICE("a choice is declared by <choice id=\"...\" is=\"...\" because=\"...\"/>"),
            "there is no choice of this name");
    size_t begin = parser->at;
    parser->at += id.len;
    const struct condition *test =
        parse_test(parser, (struct operand){.kind = OPERAND_LITERAL, .literal = value});
    const struct condition_names *names = parser->names;
    if (!test || !names->number_decision)
        return test ? constant(parser, decide(test, value)) : NULL;
    struct slice text = slice_part(parser->text, begin, parser->at - begin);
    return make(parser,
                (struct condition){.kind = CONDITION_DECIDED,
                                   .decision = names->number_decision(names->decision_data, text)});
}

bool condition_decide(struct slice text, const struct condition_names *names, struct arena *scratch)
{
    struct condition_names choices = {.choices = names->choices, .answers = names->answers};
    struct parser parser = {.text = text, .names = &choices, .arena = scratch};
    return parse_choice(&parser)->kind == CONDITION_TRUE;
}

static const struct condition *parse_name(struct parser *parser)
{
    struct slice name = peek_word(parser);
    const struct rule *rule =
        name.len && parser->names->conditions ? map_get(parser->names->conditions, name) : NULL;
    struct slice near = rule ? (struct slice){NULL, 0} : did_you_mean(parser);
    if (!rule)
        return fail(parser, "condition-syntax",
                    near.len ? near : SLICE("a place is written as PID-3.4 or .3"),
                    "this is neither a place nor the name of a condition of this file");
    if (parser->depth > 8)
        return syntax(parser, "conditions name each other in a circle");
    parser->at += name.len;
    struct parser inner = *parser;
    inner.rule = rule;
    inner.attribute = ATTRIBUTE_IS;
    inner.text = rule_text(rule, ATTRIBUTE_IS);
    inner.at = 0;
    inner.depth = parser->depth + 4;
    const struct condition *condition = parse_or(&inner);
    skip_blanks(&inner);
    if (condition && inner.at < inner.text.len)
        condition = syntax(&inner, "the condition should end here");
    parser->failed |= inner.failed;
    return condition;
}

/* --- the tree ----------------------------------------------------------------------------------*/

static const struct condition *parse_one(struct parser *parser)
{
    if (take_sign(parser, SLICE("("))) {
        const struct condition *inside = parse_or(parser);
        if (inside && !take_sign(parser, SLICE(")")))
            return syntax(parser, "a bracket is not closed by ')'");
        return inside;
    }
    if (take_word(parser, SLICE("choice")))
        return parse_choice(parser);
    struct operand operand;
    if (parse_operand(parser, &operand))
        return parse_test(parser, operand);
    return parse_name(parser);
}

static const struct condition *parse_not(struct parser *parser)
{
    if (++parser->depth > DEPTH_LIMIT)
        return syntax(parser, "the condition is nested too deep");
    bool negated = take_word(parser, SLICE("not"));
    const struct condition *one = parse_one(parser);
    parser->depth--;
    return one && negated ? condition_not(one, parser->arena) : one;
}

static const struct condition *parse_and(struct parser *parser)
{
    const struct condition *left = parse_not(parser);
    while (left && take_word(parser, SLICE("and"))) {
        const struct condition *right = parse_not(parser);
        left = right ? condition_and(left, right, parser->arena) : NULL;
    }
    return left;
}

static const struct condition *parse_or(struct parser *parser)
{
    const struct condition *left = parse_and(parser);
    while (left && take_word(parser, SLICE("or"))) {
        const struct condition *right = parse_and(parser);
        left = right ? make(parser,
                            (struct condition){.kind = CONDITION_OR, .left = left, .right = right})
                     : NULL;
    }
    return left;
}

const struct condition *condition_parse(const struct rule *rule, enum rule_attribute attribute,
                                        const struct condition_names *names, struct arena *arena,
                                        struct issue_list *issues)
{
    struct parser parser = {.text = rule_text(rule, attribute),
                            .rule = rule,
                            .attribute = attribute,
                            .names = names,
                            .arena = arena,
                            .issues = issues};
    const struct condition *condition = parse_or(&parser);
    skip_blanks(&parser);
    if (condition && parser.at < parser.text.len)
        condition = syntax(&parser, "the condition should end here");
    return parser.failed ? NULL : condition;
}

const struct condition *condition_and(const struct condition *left, const struct condition *right,
                                      struct arena *arena)
{
    if (!left || !right)
        return left ? left : right;
    struct condition *made = ARENA_NEW(arena, struct condition);
    *made = (struct condition){.kind = CONDITION_AND, .left = left, .right = right};
    return made;
}

const struct condition *condition_not(const struct condition *one, struct arena *arena)
{
    struct condition *made = ARENA_NEW(arena, struct condition);
    *made = (struct condition){.kind = CONDITION_NOT, .left = one};
    return made;
}

/* Two indexes, and where the last star was: what stands behind it is tried from each byte on. */
bool condition_matches(struct slice text, struct slice pattern)
{
    size_t at = 0, star = SIZE_MAX, back = 0, next = 0;
    while (at < text.len) {
        bool is_end = next == pattern.len;
        if (!is_end && pattern.ptr[next] == '*') {
            star = next++;
            back = at;
        } else if (!is_end && (pattern.ptr[next] == '?' || pattern.ptr[next] == text.ptr[at])) {
            at++;
            next++;
        } else if (star != SIZE_MAX) {
            next = star + 1;
            at = ++back;
        } else {
            return false;
        }
    }
    while (next < pattern.len && pattern.ptr[next] == '*')
        next++;
    return next == pattern.len;
}
