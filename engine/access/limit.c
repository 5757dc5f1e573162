/* limit: see limit.h. */
#include "access/limit.h"

/* --- the queries of scopes -------------------------------------------------------------------- */

static bool has_condition(const struct access_limit *limit, const struct access_condition *wanted)
{
    for (size_t i = 0; i < limit->count; i++)
        if (slice_equal(limit->conditions[i].name, wanted->name) &&
            slice_equal(limit->conditions[i].value, wanted->value))
            return true;
    return false;
}

/* Of the token parameters of the type only: the rest of FHIR's search has no twin here that could
 * say of one resource what the database says of many. */
static bool is_known(const struct fhir_search_table *table, struct slice type, struct slice name)
{
    const struct fhir_search_parameter *parameter = fhir_search_parameter(table, type, name);
    return parameter && parameter->type == FHIR_SEARCH_TOKEN && !slice_equal(name, SLICE("_id"));
}

/* Adds the conditions of a query. False where it has one that we cannot judge. */
static bool add_query(struct access_limit *limit, struct slice query, struct slice type,
                      const struct fhir_search_table *table, struct arena *arena)
{
    struct access_condition condition;
    while (query.len > 0 && http_form_next(&query, arena, &condition.name, &condition.value) == 1) {
        if (!is_known(table, type, condition.name) ||
            slice_find_byte(condition.value, '\\') < condition.value.len)
            return false;
        if (has_condition(limit, &condition))
            continue;
        limit->conditions =
            arena_grow(arena, limit->conditions, limit->count * sizeof(struct access_condition),
                       (limit->count + 1) * sizeof(struct access_condition));
        limit->conditions[limit->count++] = condition;
    }
    return query.len == 0;
}

/* True when all that `narrow` asks, and perhaps more, is asked by `limit`. */
static bool is_within(const struct access_limit *limit, const struct access_limit *wide)
{
    for (size_t i = 0; i < wide->count; i++)
        if (!has_condition(limit, &wide->conditions[i]))
            return false;
    return true;
}

/* What another one allows already adds nothing, and the other way about. */
static void add_limit(struct access_limits *limits, struct access_limit added, struct arena *arena)
{
    size_t kept = 0;
    for (size_t i = 0; i < limits->count; i++)
        if (is_within(&added, &limits->any[i]))
            return;
    for (size_t i = 0; i < limits->count; i++)
        if (!is_within(&limits->any[i], &added))
            limits->any[kept++] = limits->any[i];
    limits->any = arena_grow(arena, limits->any, kept * sizeof(struct access_limit),
                             (kept + 1) * sizeof(struct access_limit));
    limits->any[kept] = added;
    limits->count = kept + 1;
}

static bool covers(const struct access_grant *grant, enum access_whose whose, unsigned needed,
                   struct slice type)
{
    return grant->whose == whose && (grant->permissions & needed) == needed &&
           (slice_equal(grant->type, type) || slice_equal(grant->type, SLICE("*")));
}

/* Each pair of what was granted and what is allowed. */
static void find_limits(const struct access_principal *principal, enum access_whose whose,
                        unsigned needed, struct slice type, const struct fhir_search_table *table,
                        struct arena *arena, struct access_limits *limits)
{
    for (size_t i = 0; i < principal->granted.count; i++) {
        const struct access_grant *granted = &principal->granted.grants[i];
        for (size_t j = 0; j < principal->allowed.count; j++) {
            const struct access_grant *allowed = &principal->allowed.grants[j];
            struct access_limit limit = {0};
            if (covers(granted, whose, needed, type) && covers(allowed, whose, needed, type) &&
                add_query(&limit, granted->query, type, table, arena) &&
                add_query(&limit, allowed->query, type, table, arena) && limit.count > 0)
                add_limit(limits, limit, arena);
        }
    }
}

bool access_limits_find(const struct access_principal *principal,
                        enum access_interaction interaction, struct slice type,
                        const struct fhir_search_table *table, struct arena *arena,
                        struct access_limits *ret_limits)
{
    struct access_limits limits = {0};
    unsigned needed = access_needs(interaction);
    bool writes = (needed & ACCESS_MAY_WRITE) != 0;
    if (writes && principal->site.len == 0)
        return false;
    find_limits(principal, ACCESS_OF_ALL, needed, type, table, arena, &limits);
    if (principal->user.len > 0)
        find_limits(principal, ACCESS_OF_USER, needed, type, table, arena, &limits);
    if (limits.count == 0 && !writes && principal->patient.len > 0) {
        find_limits(principal, ACCESS_OF_PATIENT, needed, type, table, arena, &limits);
        limits.patient = principal->patient;
    }
    *ret_limits = limits;
    return limits.count > 0;
}

/* --- one resource ----------------------------------------------------------------------------- */

/* FHIR R4 search.html#token: code, system|code, |code (no system), system| (any code). */
static bool fits(struct slice wanted, const struct fhir_search_value *value)
{
    size_t bar = slice_find_byte(wanted, '|');
    struct slice code = slice_after(wanted, bar + 1);
    if (bar == wanted.len)
        return slice_equal(wanted, value->code);
    return slice_equal(slice_part(wanted, 0, bar), value->system) &&
           (code.len == 0 || slice_equal(code, value->code));
}

static bool holds(const struct access_condition *condition, const struct fhir_search_value *values,
                  size_t count)
{
    for (struct slice rest = condition->value, wanted; slice_split(&rest, ',', &wanted);)
        for (size_t i = 0; i < count; i++)
            if (wanted.len > 0 && slice_equal(values[i].parameter->code, condition->name) &&
                fits(wanted, &values[i]))
                return true;
    return false;
}

bool access_limits_hold(const struct access_limits *limits, const struct fhir_search_table *table,
                        const struct json *resource, struct arena *arena)
{
    struct fhir_search_value *values = NULL;
    size_t count = 0;
    fhir_search_extract(table, resource, 0, arena, &values, &count);
    for (size_t i = 0; i < limits->count; i++) {
        const struct access_limit *limit = &limits->any[i];
        size_t held = 0;
        while (held < limit->count && holds(&limit->conditions[held], values, count))
            held++;
        if (held == limit->count)
            return true;
    }
    return limits->count == 0;
}

/* --- many ------------------------------------------------------------------------------------- */

bool access_limits_to_search(const struct access_limits *limits, struct arena *arena,
                             struct access_limit *ret_parameters)
{
    if (limits->count == 1) {
        *ret_parameters = limits->any[0];
        return true;
    }
    struct access_condition *all = ARENA_NEW(arena, struct access_condition);
    for (size_t i = 0; i < limits->count; i++) {
        const struct access_limit *limit = &limits->any[i];
        if (limit->count != 1 || (i > 0 && !slice_equal(all->name, limit->conditions[0].name)))
            return false;
        all->name = limit->conditions[0].name;
        all->value = arena_format(arena, "%.*s%s%.*s", SLICE_ARG(all->value), i > 0 ? "," : "",
                                  SLICE_ARG(limit->conditions[0].value));
    }
    *ret_parameters = (struct access_limit){all, limits->count > 0};
    return true;
}
