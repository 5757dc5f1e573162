/* translate: ConceptMap/$translate. FHIR R4 conceptmap-operation-translate.html.
 *
 * One code table is asked, named by the path or by `url`: which answer it has for a code (or with
 * reverse=true, which codes have that answer). A site's table that does not know the code goes on
 * with the shipped one that its `unmapped` names. Codes with {n} stand for any number, as in rules.
 * What we cannot do is refused, not passed over. */
#include "rest/translate.h"

#include "fhir/resource.h"
#include "rest/look.h"

#define TABLES_ASKED 4 /* one after the other, by `unmapped` */

struct wanted_code {
    struct slice system, code;
};

struct translate {
    struct rest_call *call;
    struct slice url;
    struct slice target_system;
    bool reverse;
    struct wanted_code *codes; /* any of them */
    size_t code_count;
    struct pipeline_table_search search;
    struct pipeline_table_criterion criterion;
    unsigned asked;
};

static void take_table(struct pipeline_question *question);

/* --- the parameters ----------------------------------------------------------------------------
 */

static void add_code(struct translate *translate, struct slice system, struct slice code)
{
    struct arena *arena = translate->call->arena;
    size_t count = translate->code_count;
    translate->codes = arena_grow(arena, translate->codes, count * sizeof(struct wanted_code),
                                  (count + 1) * sizeof(struct wanted_code));
    translate->codes[translate->code_count++] = (struct wanted_code){system, code};
}

static void refuse(struct translate *translate, const char *words)
{
    issue_report(&translate->call->issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
}

/* What both ways of asking may say. */
struct asked {
    struct slice url, code, system, target_system, reverse;
};

static bool take_text(struct asked *asked, struct slice name, struct slice value)
{
    const struct {
        struct slice name;
        struct slice *to;
    } rows[] = {{SLICE("url"), &asked->url},
                {SLICE("code"), &asked->code},
                {SLICE("system"), &asked->system},
                {SLICE("targetsystem"), &asked->target_system},
                {SLICE("reverse"), &asked->reverse}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (slice_equal(rows[i].name, name)) {
            *rows[i].to = value;
            return true;
        }
    return false;
}

static void take_coding(struct translate *translate, const struct json *coding)
{
    add_code(translate, json_get_text(coding, SLICE("system")),
             json_get_text(coding, SLICE("code")));
}

/* One parameter of a Parameters resource. */
static bool take_part(struct translate *translate, struct asked *asked, const struct json *part)
{
    struct slice name = json_get_text(part, SLICE("name"));
    if (slice_equal(name, SLICE("coding"))) {
        take_coding(translate, json_get(part, SLICE("valueCoding")));
        return true;
    }
    if (slice_equal(name, SLICE("codeableConcept"))) {
        const struct json *concept = json_get(part, SLICE("valueCodeableConcept"));
        const struct json *coding = json_first(json_get(concept, SLICE("coding")));
        for (; coding; coding = json_next(coding))
            take_coding(translate, coding);
        return true;
    }
    for (const struct json *member = json_first(part); member; member = json_next(member)) {
        if (!slice_starts_with(json_name(member), SLICE("value")))
            continue;
        bool is_true = json_kind(member) == JSON_BOOLEAN && json_is_true(member);
        return take_text(asked, name, is_true ? SLICE("true") : json_text(member));
    }
    return false;
}

static void read_body(struct translate *translate, struct asked *asked)
{
    const struct json *resource = translate->call->resource;
    const struct json *part = json_first(json_get(resource, SLICE("parameter")));
    if (!slice_equal(json_get_text(resource, SLICE("resourceType")), SLICE("Parameters")))
        refuse(translate, "the body is no Parameters resource");
    for (; part; part = json_next(part))
        if (!take_part(translate, asked, part))
            refuse(translate, "a parameter that is not supported");
}

static void read_query(struct translate *translate, struct asked *asked)
{
    struct rest_call *call = translate->call;
    for (size_t i = 0; i < call->parameter_count; i++)
        if (!call->parameters[i].used &&
            !take_text(asked, call->parameters[i].name, call->parameters[i].value))
            refuse(translate, "a parameter that is not supported");
}

/* False where issues say why not. */
static bool read_question(struct translate *translate)
{
    struct asked asked = {{0}, {0}, {0}, {0}, {0}};
    read_query(translate, &asked);
    if (translate->call->resource)
        read_body(translate, &asked);
    if (asked.code.len > 0)
        add_code(translate, asked.system, asked.code);
    if (translate->code_count == 0)
        refuse(translate, "code, coding or codeableConcept says what is to be translated");
    if (translate->call->id.len == 0 && asked.url.len == 0)
        refuse(translate, "url says which table is asked");
    translate->url = asked.url;
    translate->target_system = asked.target_system;
    translate->reverse = slice_equal(asked.reverse, SLICE("true"));
    return !issue_list_failed(&translate->call->issues);
}

/* --- one code ----------------------------------------------------------------------------------
 */

static const struct slice NUMBER = SLICE_INIT("{n}");

static bool is_number(struct slice text)
{
    bool has_digit = false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (!is_digit && text.ptr[i] != '.')
            return false;
        has_digit |= is_digit;
    }
    return has_digit;
}

/* Whether the code is that of the row; *ret_number is what its {n} stands for. */
static bool is_code(struct slice row, struct slice code, struct slice *ret_number)
{
    size_t at = slice_find(row, NUMBER);
    *ret_number = (struct slice){0};
    if (at == row.len)
        return slice_equal(row, code);
    struct slice head = slice_part(row, 0, at), tail = slice_after(row, at + NUMBER.len);
    if (code.len <= head.len + tail.len || !slice_starts_with(code, head) ||
        !slice_ends_with(code, tail))
        return false;
    *ret_number = slice_part(code, head.len, code.len - head.len - tail.len);
    return is_number(*ret_number);
}

static struct slice with_number(struct slice text, struct slice number, struct arena *arena)
{
    size_t at = slice_find(text, NUMBER);
    if (at == text.len || number.len == 0)
        return text;
    struct slice tail = slice_after(text, at + NUMBER.len);
    return arena_format(arena, "%.*s%.*s%.*s", (int)at, text.ptr, SLICE_ARG(number),
                        SLICE_ARG(tail));
}

/* --- the answer --------------------------------------------------------------------------------
 */

static struct json *add_part(struct json *list, struct slice name, struct arena *arena)
{
    struct json *part = json_append(list, json_object(arena));
    json_add_string(part, SLICE("name"), name, arena);
    return part;
}

static void add_coding(struct json *part, struct slice system, struct slice code,
                       struct slice display, struct arena *arena)
{
    struct json *coding = json_add(part, SLICE("valueCoding"), json_object(arena));
    const struct slice members[][2] = {
        {SLICE("system"), system}, {SLICE("code"), code}, {SLICE("display"), display}};
    for (size_t i = 0; i < 3; i++)
        if (members[i][1].len > 0)
            json_add_string(coding, members[i][0], members[i][1], arena);
}

/* FHIR R4 conceptmap-operation-translate.html: read backwards, wider is narrower. */
static struct slice equivalence_of(const struct json *target, bool reverse)
{
    static const struct slice turned[][2] = {{SLICE_INIT("wider"), SLICE_INIT("narrower")},
                                             {SLICE_INIT("narrower"), SLICE_INIT("wider")},
                                             {SLICE_INIT("subsumes"), SLICE_INIT("specializes")},
                                             {SLICE_INIT("specializes"), SLICE_INIT("subsumes")}};
    struct slice said = json_get_text(target, SLICE("equivalence"));
    for (size_t i = 0; reverse && i < sizeof turned / sizeof turned[0]; i++)
        if (slice_equal(said, turned[i][0]))
            return turned[i][1];
    return said;
}

/* One pair of a table that fits. */
struct fit {
    const struct json *map, *group, *element, *target;
    struct slice number;
};

static void add_products(struct json *parts, const struct fit *fit, struct arena *arena)
{
    const struct json *product = json_first(json_get(fit->target, SLICE("product")));
    for (; product; product = json_next(product)) {
        struct json *list =
            json_add(add_part(parts, SLICE("product"), arena), SLICE("part"), json_array(arena));
        json_add_string(add_part(list, SLICE("element"), arena), SLICE("valueUri"),
                        json_get_text(product, SLICE("property")), arena);
        add_coding(add_part(list, SLICE("concept"), arena), json_get_text(product, SLICE("system")),
                   with_number(json_get_text(product, SLICE("value")), fit->number, arena),
                   json_get_text(product, SLICE("display")), arena);
    }
}

static void add_match(struct json *list, const struct fit *fit, bool reverse, struct arena *arena)
{
    const struct json *answer = reverse ? fit->element : fit->target;
    struct slice system = json_get_text(fit->group, reverse ? SLICE("source") : SLICE("target"));
    struct json *parts =
        json_add(add_part(list, SLICE("match"), arena), SLICE("part"), json_array(arena));
    json_add_string(add_part(parts, SLICE("equivalence"), arena), SLICE("valueCode"),
                    equivalence_of(fit->target, reverse), arena);
    if (json_get_text(answer, SLICE("code")).len > 0)
        add_coding(add_part(parts, SLICE("concept"), arena), system,
                   with_number(json_get_text(answer, SLICE("code")), fit->number, arena),
                   json_get_text(answer, SLICE("display")), arena);
    if (!reverse)
        add_products(parts, fit, arena);
    json_add_string(add_part(parts, SLICE("source"), arena), SLICE("valueUri"),
                    json_get_text(fit->map, SLICE("url")), arena);
}

/* A table that names no system of a group is asked whatever the system is. */
static bool is_system(struct slice of_group, struct slice asked)
{
    return of_group.len == 0 || asked.len == 0 || slice_equal(of_group, asked);
}

static bool fits(const struct translate *translate, struct fit *fit)
{
    struct slice source = json_get_text(fit->group, SLICE("source"));
    struct slice target = json_get_text(fit->group, SLICE("target"));
    const struct json *asked = translate->reverse ? fit->target : fit->element;
    struct slice from = translate->reverse ? target : source;
    struct slice to = translate->reverse ? source : target;
    if (!is_system(to, translate->target_system))
        return false;
    for (size_t i = 0; i < translate->code_count; i++)
        if (is_system(from, translate->codes[i].system) &&
            is_code(json_get_text(asked, SLICE("code")), translate->codes[i].code, &fit->number))
            return true;
    return false;
}

/* The matches of one table; of rows for one code the first is what rules take. */
static size_t add_matches(const struct translate *translate, const struct json *map,
                          struct json *list, struct slice *ret_other)
{
    struct arena *arena = translate->call->arena;
    struct fit fit = {.map = map};
    size_t count = 0;
    fit.group = json_first(json_get(map, SLICE("group")));
    for (; fit.group; fit.group = json_next(fit.group)) {
        const struct json *unmapped = json_get(fit.group, SLICE("unmapped"));
        if (json_get_text(unmapped, SLICE("url")).len > 0)
            *ret_other = json_get_text(unmapped, SLICE("url"));
        fit.element = json_first(json_get(fit.group, SLICE("element")));
        for (; fit.element; fit.element = json_next(fit.element)) {
            fit.target = json_first(json_get(fit.element, SLICE("target")));
            for (; fit.target; fit.target = json_next(fit.target)) {
                if ((count > 0 && !translate->reverse) || !fits(translate, &fit))
                    continue;
                add_match(list, &fit, translate->reverse, arena);
                count++;
            }
        }
    }
    return count;
}

static void end_with(struct translate *translate, struct json *parameters)
{
    struct rest_call *call = translate->call;
    struct buffer text;
    buffer_init(&text, 0);
    json_print(parameters, &text);
    call->body = arena_copy(call->arena, buffer_slice(&text));
    buffer_release(&text);
    rest_call_end(call, 200);
}

/* --- asking ------------------------------------------------------------------------------------
 */

static void ask(struct translate *translate, enum pipeline_table_field field, struct slice value)
{
    struct pipeline_question *question =
        rest_look_question(translate->call, PIPELINE_QUESTION_TABLES, take_table);
    if (!question)
        return;
    translate->asked++;
    translate->criterion = (struct pipeline_table_criterion){field, value};
    translate->search =
        (struct pipeline_table_search){.criteria = &translate->criterion, .count = 1};
    question->owner = translate;
    question->tables = &translate->search;
    question->limit = 1;
    rest_look_submit(translate->call, question);
}

static void answer(struct translate *translate, const struct json *map)
{
    struct arena *arena = translate->call->arena;
    struct json *parameters = fhir_resource_new(SLICE("Parameters"), arena);
    struct json *list = json_add(parameters, SLICE("parameter"), json_array(arena));
    struct json *result = add_part(list, SLICE("result"), arena);
    struct slice other = {0};
    size_t count = add_matches(translate, map, list, &other);
    if (count == 0 && other.len > 0 && !translate->reverse && translate->asked < TABLES_ASKED) {
        ask(translate, PIPELINE_TABLE_URL, other);
        return;
    }
    json_add(result, SLICE("valueBoolean"), json_boolean(arena, count > 0));
    if (count == 0)
        json_add_string(add_part(list, SLICE("message"), arena), SLICE("valueString"),
                        SLICE("the table does not know this code"), arena);
    end_with(translate, parameters);
}

static void take_table(struct pipeline_question *question)
{
    struct translate *translate = question->owner;
    struct rest_call *call = question->owner = translate->call;
    struct json *map = NULL;
    if (!rest_look_answered(question))
        return;
    if (question->count == 0) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such code table");
        return;
    }
    if (json_parse(question->found[0].body, call->arena, &map, &call->issues) != 0) {
        rest_call_end_failed(call);
        return;
    }
    answer(translate, map);
}

void rest_translate(struct rest_call *call)
{
    struct translate *translate = ARENA_NEW(call->arena, struct translate);
    translate->call = call;
    if (!read_question(translate)) {
        rest_call_end_failed(call);
        return;
    }
    if (call->id.len > 0)
        ask(translate, PIPELINE_TABLE_ID, call->id);
    else
        ask(translate, PIPELINE_TABLE_URL, translate->url);
}
