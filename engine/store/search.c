/* search: see search.h. A piece of SQL is a constant with words in braces; compose() puts columns
 * and parameters in their place. */
#include "store/search.h"

#include "store/request_internal.h"

#include <string.h>

#include "store/fragment_texts.inc"

/* A date that is not there sorts behind all that are. */
#define NO_DATE_ASCENDING "timestamptz '9999-12-31 23:59:59.999999+00'"
#define NO_DATE_DESCENDING "timestamptz '0001-01-01 00:00:00+00'"

/* Where the rows of a criterion are. Criteria on the resource's own row have no table. */
static const char *const match_tables[STORE_MATCH_COUNT] = {
    [STORE_MATCH_TOKEN] = "index_token",       [STORE_MATCH_REFERENCE] = "index_reference",
    [STORE_MATCH_DATE] = "index_date",         [STORE_MATCH_STRING] = "index_string",
    [STORE_MATCH_QUANTITY] = "index_quantity", [STORE_MATCH_OWN] = "index_reference",
};

/* FHIR R4 search.html#prefix: the range of a stored value against the range of the given one. */
static const char *const date_pieces[STORE_COMPARE_COUNT] = {
    [STORE_EQUAL] = "({lower} >= {from} and {upper} <= {to})",
    [STORE_NOT_EQUAL] = "({lower} < {from} or {upper} > {to})",
    [STORE_GREATER] = "{upper} > {to}",
    [STORE_LESS] = "{lower} < {from}",
    [STORE_GREATER_EQUAL] = "({upper} > {to} or {lower} >= {from})",
    [STORE_LESS_EQUAL] = "({lower} < {from} or {upper} <= {to})",
    [STORE_STARTS_AFTER] = "{lower} > {to}",
    [STORE_ENDS_BEFORE] = "{upper} < {from}",
    [STORE_OVERLAPS] = "({lower} <= {to} and {upper} >= {from})",
};

static const char *const string_pieces[STORE_COMPARE_COUNT] = {
    [STORE_EQUAL] = "i.value = {text}",
    [STORE_BEGINS] = "i.value ^@ {text}",
    [STORE_CONTAINS] = "strpos(i.value, {text}) > 0",
    [STORE_EXACT] = "(i.value = {text} and strpos(m.body, {quoted}) > 0)",
};

/* FHIR R4 search.html#number: 100 means 99.5 to 100.5, 100.00 means 99.995 to 100.005; the other
 * prefixes compare with the number itself. */
static const char *const quantity_pieces[STORE_COMPARE_COUNT] = {
    [STORE_EQUAL] = "abs(i.value - {number}) < 0.5 * power(10::numeric, -scale({number}))",
    [STORE_NOT_EQUAL] = "abs(i.value - {number}) >= 0.5 * power(10::numeric, -scale({number}))",
    [STORE_GREATER] = "i.value > {number}",
    [STORE_LESS] = "i.value < {number}",
    [STORE_GREATER_EQUAL] = "i.value >= {number}",
    [STORE_LESS_EQUAL] = "i.value <= {number}",
    [STORE_STARTS_AFTER] = "i.value > {number}",
    [STORE_ENDS_BEFORE] = "i.value < {number}",
    [STORE_OVERLAPS] = "abs(i.value - {number}) <= abs({number}) * 0.1",
};

static const char persons_piece[] =
    "m.person_key = any (array(select coalesce(n.replaced_by, n.person_key)"
    " from resource_place p join person n on n.person_key = p.person_key"
    " where p.type = 'Patient' and p.id = any ({ids})))";
static const char ids_piece[] =
    "(m.person_key = any (array(select p.person_key from resource_place p"
    " where p.type = {type} and p.id = any ({ids})))"
    " and m.number = any (array(select p.number from resource_place p"
    " where p.type = {type} and p.id = any ({ids}))))";
/* The Patient of a person who was replaced says no more than by whom. */
static const char replaced_piece[] = " and not exists (select from person n where n.person_key ="
                                     " m.person_key and n.replaced_by is not null)";
static const char index_piece[] = "exists (select 1 from {table} i where i.person_key ="
                                  " m.person_key and i.number = m.number and ";
/* The indexes of dates and tokens hold hashes (schema 0004). Whether the words are the same, too,
 * is asked in a way that the planner takes for a coin's toss: asked plainly, it would take it for
 * as rare once more as the hash. A token's parameter is asked for with each code. */
static const char *const parameter_pieces[STORE_MATCH_COUNT] = {
    [STORE_MATCH_REFERENCE] = "i.parameter = {parameter} and ",
    [STORE_MATCH_DATE] = "hashtext(i.parameter) = hashtext({parameter})"
                         " and case when i.parameter = {parameter} then true end and ",
    [STORE_MATCH_STRING] = "i.parameter = {parameter} and ",
    [STORE_MATCH_QUANTITY] = "i.parameter = {parameter} and ",
    [STORE_MATCH_OWN] = "i.parameter = {parameter} and ",
};
static const char token_code_piece[] =
    "hashtextextended(i.code, hashtext(i.parameter)) ="
    " hashtextextended({code}, hashtext({parameter}))"
    " and case when i.parameter = {parameter} and i.code = {code} then true end";
static const char own_index_piece[] =
    "(m.person_key, m.number) in (select i.person_key, i.number from {table} i"
    " where i.parameter = {parameter} and (";
/* What was said of a target when it was another person's stands in that one's record. */
static const char own_persons_piece[] =
    ") union all select x.person_key, x.number from resource x where x.type = {type}"
    " and x.person_key = any (array(select coalesce(n.replaced_by, n.person_key)"
    " from resource_place p cross join lateral (select p.person_key"
    " union all select f.person_key from former_place f where f.number = p.number) o"
    " join person n on n.person_key = o.person_key where ";
/* The size of a body is known without reading it, and a body that is left out is not read. */
static const char bound_piece[] =
    "select p.person_key, p.number, p.id, p.version, p.last_updated,"
    " case when coalesce(sum(octet_length(p.body)) over (order by p.key{descending},"
    " p.number{descending} rows between unbounded preceding and 1 preceding), 0) < {bytes}"
    " then p.body end, p.key, p.labels from (";
static const char bound_end_piece[] =
    ") p (person_key, number, id, version, last_updated, body, key, labels)"
    " order by 7{descending}, 2{descending}";
static const char date_key_piece[] =
    " cross join lateral (select coalesce(min(d.lower), {no_date}) as key from {dates} d"
    " where d.person_key = m.person_key and d.number = m.number and d.parameter = {sort}) k";

/* --- composing -------------------------------------------------------------------------------- */

struct composer {
    struct arena *arena;
    const struct store_search *search;
    bool shared; /* the branch at hand */
    const struct store_criterion *criterion;
    const struct store_alternative *alternative;
    char *text;
    size_t len, capacity;
    struct store_value *values;
    size_t count, value_capacity;
};

static void put(struct composer *composer, struct slice piece)
{
    if (composer->len + piece.len + 1 > composer->capacity) {
        size_t capacity = 2 * (composer->len + piece.len + 512);
        composer->text = arena_grow(composer->arena, composer->text, composer->capacity, capacity);
        composer->capacity = capacity;
    }
    memcpy(composer->text + composer->len, piece.ptr, piece.len);
    composer->len += piece.len;
    composer->text[composer->len] = '\0';
}

static void put_value(struct composer *composer, struct store_value value, const char *type)
{
    if (composer->count == composer->value_capacity) {
        size_t capacity = composer->value_capacity ? composer->value_capacity * 2 : 16;
        composer->values = arena_grow(composer->arena, composer->values,
                                      composer->value_capacity * sizeof *composer->values,
                                      capacity * sizeof *composer->values);
        composer->value_capacity = capacity;
    }
    composer->values[composer->count++] = value;
    put(composer, arena_format(composer->arena, "$%zu::%s", composer->count, type));
}

static void put_text(struct composer *composer, struct slice text)
{
    put_value(composer, store_value_bytes(text), "text");
}

static void put_instant(struct composer *composer, instant when)
{
    put_value(composer, store_value_instant(when, composer->arena), "timestamptz");
}

static void put_table(struct composer *composer, const char *table)
{
    put(composer, composer->shared ? SLICE("shared_") : SLICE(""));
    put(composer, slice_of(table));
}

static void put_type(struct composer *composer)
{
    put_text(composer, composer->search->type);
}

static void put_sort(struct composer *composer)
{
    put_text(composer, composer->search->sort);
}

static void put_dates(struct composer *composer)
{
    put_table(composer, "index_date");
}

static void put_no_date(struct composer *composer)
{
    put(composer,
        composer->search->descending ? SLICE(NO_DATE_DESCENDING) : SLICE(NO_DATE_ASCENDING));
}

static void put_descending(struct composer *composer)
{
    put(composer, composer->search->descending ? SLICE(" desc") : SLICE(""));
}

static void put_bytes(struct composer *composer)
{
    put_value(composer, store_value_int8(composer->search->bytes, composer->arena), "bigint");
}

static void put_criterion_table(struct composer *composer)
{
    put_table(composer, match_tables[composer->criterion->match]);
}

static void put_parameter(struct composer *composer)
{
    put_text(composer, composer->criterion->parameter);
}

static void put_ids(struct composer *composer)
{
    struct store_column ids;
    store_column_init(&ids, STORE_TEXT, composer->arena);
    for (size_t i = 0; i < composer->criterion->count; i++)
        store_column_add_bytes(&ids, composer->criterion->alternatives[i].id);
    put_value(composer, store_column_value(&ids), "text[]");
}

static void put_code(struct composer *composer)
{
    put_text(composer, composer->alternative->code);
}

static void put_system(struct composer *composer)
{
    put_text(composer, composer->alternative->system);
}

static void put_lower(struct composer *composer)
{
    put(composer,
        match_tables[composer->criterion->match] ? SLICE("i.lower") : SLICE("m.last_updated"));
}

static void put_upper(struct composer *composer)
{
    put(composer,
        match_tables[composer->criterion->match] ? SLICE("i.upper") : SLICE("m.last_updated"));
}

static void put_from(struct composer *composer)
{
    put_instant(composer, composer->alternative->lower);
}

static void put_to(struct composer *composer)
{
    put_instant(composer, composer->alternative->upper);
}

static void put_given_text(struct composer *composer)
{
    put_text(composer, composer->alternative->text);
}

static void put_number(struct composer *composer)
{
    put_text(composer, composer->alternative->text);
    put(composer, SLICE("::numeric"));
}

static void put_quoted(struct composer *composer)
{
    put_text(composer, composer->alternative->quoted);
}

static const struct {
    struct slice word;
    void (*put)(struct composer *composer);
} words[] = {
    {SLICE_INIT("type"), put_type},
    {SLICE_INIT("sort"), put_sort},
    {SLICE_INIT("dates"), put_dates},
    {SLICE_INIT("no_date"), put_no_date},
    {SLICE_INIT("descending"), put_descending},
    {SLICE_INIT("bytes"), put_bytes},
    {SLICE_INIT("table"), put_criterion_table},
    {SLICE_INIT("parameter"), put_parameter},
    {SLICE_INIT("ids"), put_ids},
    {SLICE_INIT("code"), put_code},
    {SLICE_INIT("system"), put_system},
    {SLICE_INIT("lower"), put_lower},
    {SLICE_INIT("upper"), put_upper},
    {SLICE_INIT("from"), put_from},
    {SLICE_INIT("to"), put_to},
    {SLICE_INIT("text"), put_given_text},
    {SLICE_INIT("number"), put_number},
    {SLICE_INIT("quoted"), put_quoted},
};

/* Appends a piece, its words replaced. */
static void compose(struct composer *composer, const char *piece)
{
    struct slice rest = slice_of(piece);
    for (struct slice plain; slice_split(&rest, '{', &plain);) {
        put(composer, plain);
        if (!rest.ptr)
            return;
        struct slice word;
        slice_split(&rest, '}', &word);
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (slice_equal(words[i].word, word))
                words[i].put(composer);
        }
    }
}

/* --- criteria --------------------------------------------------------------------------------- */

static void compose_token(struct composer *composer)
{
    const struct store_alternative *alternative = composer->alternative;
    compose(composer, alternative->has_code ? token_code_piece : "i.parameter = {parameter}");
    if (alternative->has_system)
        compose(composer, " and i.system = {system}");
}

static void compose_reference(struct composer *composer)
{
    put(composer, SLICE("i.target_id = "));
    put_text(composer, composer->alternative->id);
    if (composer->alternative->type.len == 0)
        return;
    put(composer, SLICE(" and i.target_type = "));
    put_text(composer, composer->alternative->type);
}

static void compose_quantity(struct composer *composer)
{
    compose(composer, quantity_pieces[composer->alternative->compare]);
    if (composer->alternative->has_code)
        compose(composer, " and i.code = {code}");
    if (composer->alternative->has_system)
        compose(composer, " and i.system = {system}");
}

static void compose_date(struct composer *composer)
{
    compose(composer, date_pieces[composer->alternative->compare]);
}

static void compose_string(struct composer *composer)
{
    compose(composer, string_pieces[composer->alternative->compare]);
}

static void (*const composers[STORE_MATCH_COUNT])(struct composer *composer) = {
    [STORE_MATCH_UPDATED] = compose_date,        [STORE_MATCH_TOKEN] = compose_token,
    [STORE_MATCH_REFERENCE] = compose_reference, [STORE_MATCH_DATE] = compose_date,
    [STORE_MATCH_STRING] = compose_string,       [STORE_MATCH_QUANTITY] = compose_quantity,
    [STORE_MATCH_OWN] = compose_reference,
};

static void compose_alternatives(struct composer *composer,
                                 void (*alternative)(struct composer *composer))
{
    const struct store_criterion *criterion = composer->criterion;
    for (size_t i = 0; i < criterion->count; i++) {
        composer->alternative = &criterion->alternatives[i];
        put(composer, i > 0 ? SLICE(" or (") : SLICE("("));
        alternative(composer);
        put(composer, SLICE(")"));
    }
}

static void compose_target_place(struct composer *composer)
{
    put(composer, SLICE("p.type = "));
    put_text(composer, composer->alternative->type);
    put(composer, SLICE(" and p.id = "));
    put_text(composer, composer->alternative->id);
}

static void compose_target_body(struct composer *composer)
{
    compose(composer, "strpos(x.body, {quoted}) > 0");
}

/* Both ways as one set of places, so that either is found by its index. */
static void compose_own(struct composer *composer)
{
    compose(composer, own_index_piece);
    compose_alternatives(composer, compose_reference);
    compose(composer, own_persons_piece);
    compose_alternatives(composer, compose_target_place);
    put(composer, SLICE(")) and ("));
    compose_alternatives(composer, compose_target_body);
    put(composer, SLICE("))"));
}

static bool is_of_patients(const struct composer *composer)
{
    return !composer->shared && slice_equal(composer->search->type, SLICE("Patient"));
}

static void compose_criterion(struct composer *composer, const struct store_criterion *criterion)
{
    composer->criterion = criterion;
    put(composer, criterion->negated ? SLICE(" and not ") : SLICE(" and "));
    if (criterion->match == STORE_MATCH_PERSON || criterion->match == STORE_MATCH_ID) {
        /* a person has one Patient, and the id of one who was replaced means the other one */
        bool by_id = criterion->match == STORE_MATCH_ID && !is_of_patients(composer);
        compose(composer, by_id ? ids_piece : persons_piece);
        return;
    }
    if (criterion->match == STORE_MATCH_OWN && !composer->shared) {
        compose_own(composer);
        return;
    }
    compose(composer, match_tables[criterion->match] ? index_piece : "(");
    if (parameter_pieces[criterion->match])
        compose(composer, parameter_pieces[criterion->match]);
    put(composer, SLICE("("));
    compose_alternatives(composer, composers[criterion->match]);
    put(composer, SLICE("))"));
}

/* --- the whole -------------------------------------------------------------------------------- */

static void compose_tables(struct composer *composer)
{
    put(composer, SLICE(" from "));
    put_table(composer, "resource");
    put(composer, SLICE(" m"));
}

static void compose_where(struct composer *composer)
{
    compose(composer, " where m.type = {type} and not m.deleted and ");
    put(composer, slice_of(composer->shared ? permit_shared_piece : permit_piece));
    if (is_of_patients(composer))
        compose(composer, replaced_piece);
    for (size_t i = 0; i < composer->search->criterion_count; i++)
        compose_criterion(composer, &composer->search->criteria[i]);
}

static void compose_order(struct composer *composer)
{
    compose(composer, " order by 7{descending}, 2{descending} limit ");
    put_value(composer, store_value_int8(composer->search->limit, composer->arena), "bigint");
}

static void compose_page(struct composer *composer)
{
    const struct store_search *search = composer->search;
    struct slice key = search->sort.len > 0 ? SLICE("k.key") : SLICE("m.last_updated");
    put(composer, SLICE("(select m.person_key, m.number, m.id, m.version, m.last_updated, "));
    put(composer, search->bytes > 0 ? SLICE("m.body, ") : SLICE("null::text, "));
    put(composer, key);
    put(composer, SLICE(", m.labels"));
    compose_tables(composer);
    if (search->sort.len > 0)
        compose(composer, date_key_piece);
    compose_where(composer);
    if (search->has_cursor) {
        put(composer, SLICE(" and ("));
        put(composer, key);
        put(composer, search->descending ? SLICE(", m.number) < (") : SLICE(", m.number) > ("));
        put_instant(composer, search->cursor_key);
        put(composer, SLICE(", "));
        put_value(composer, store_value_int8(search->cursor_number, composer->arena), "bigint");
        put(composer, SLICE(")"));
    }
    compose_order(composer);
    put(composer, SLICE(")"));
}

static void compose_number(struct composer *composer)
{
    put(composer, SLICE("(select count(*)"));
    compose_tables(composer);
    compose_where(composer);
    put(composer, SLICE(")"));
}

/* Each branch by `branch`, with `between` where there are two. */
static void compose_branches(struct composer *composer, void (*branch)(struct composer *),
                             struct slice between)
{
    if (composer->search->of_persons)
        branch(composer);
    if (composer->search->of_persons && composer->search->of_nobody)
        put(composer, between);
    composer->shared = true;
    if (composer->search->of_nobody)
        branch(composer);
}

void store_viewer_values(const struct store_viewer *viewer, struct arena *arena,
                         struct store_value *ret_values)
{
    struct store_column names;
    store_column_init(&names, STORE_TEXT, arena);
    for (size_t i = 0; i < viewer->name_count; i++)
        store_column_add_bytes(&names, viewer->names[i]);
    ret_values[0] = store_value_bytes(viewer->site.ptr ? viewer->site : SLICE(""));
    ret_values[1] = store_column_value(&names);
    ret_values[2] = store_value_boolean(viewer->sees_all, arena);
    ret_values[3] = store_value_int4((int32_t)viewer->purposes, arena);
    ret_values[4] = store_value_instant(viewer->moment, arena);
}

/* The viewer has the first numbers. */
static void begin_values(struct composer *composer)
{
    composer->value_capacity = 32;
    composer->values = ARENA_ARRAY(composer->arena, composer->value_capacity, struct store_value);
    store_viewer_values(&composer->search->viewer, composer->arena, composer->values);
    composer->count = STORE_VIEWER_VALUES;
}

size_t store_search_add(struct store_request *request, const struct store_search *search)
{
    struct composer composer = {.arena = request->arena, .search = search};
    begin_values(&composer);
    bool is_bound = search->bytes > 0 && search->bytes < INT64_MAX;
    if (is_bound)
        compose(&composer, bound_piece);
    compose_branches(&composer, compose_page, SLICE(" union all "));
    if (search->of_persons && search->of_nobody)
        compose_order(&composer);
    if (is_bound)
        compose(&composer, bound_end_piece);
    return store_request_add_text(request, composer.text, composer.values, composer.count);
}

size_t store_search_add_count(struct store_request *request, const struct store_search *search)
{
    struct composer composer = {.arena = request->arena, .search = search};
    begin_values(&composer);
    put(&composer, SLICE("select "));
    compose_branches(&composer, compose_number, SLICE(" + "));
    return store_request_add_text(request, composer.text, composer.values, composer.count);
}
