/* send_value: what paths give, and what conditions say of it. */
#include <string.h>

#include "fhir/datetime.h"
#include "mapping/convert.h"
#include "mapping/send_run.h"

#define ALTERNATE_CODES "http://hl7.org/fhir/StructureDefinition/alternate-codes"
#define ORIGINAL_TEXT "http://hl7.org/fhir/StructureDefinition/originalText"

/* --- values ------------------------------------------------------------------------------------*/

void send_values_push(struct send_run *run, struct send_values *values,
                      const struct send_value *value)
{
    if (values->count == values->capacity) {
        size_t capacity = values->capacity ? 2 * values->capacity : 4;
        values->items =
            arena_grow(run->arena, values->items, values->capacity * sizeof(*values->items),
                       capacity * sizeof(*values->items));
        values->capacity = capacity;
    }
    values->items[values->count++] = *value;
}

struct send_value send_value_of_resource(const struct mapping_pool *pool, uint32_t number)
{
    return (struct send_value){.node = pool->items[number].body, .resource = number};
}

static struct slice text_of(const struct json *node)
{
    if (json_kind(node) == JSON_BOOLEAN)
        return json_is_true(node) ? SLICE("true") : SLICE("false");
    return json_text(node);
}

/* The member of an extension of this url beside a primitive. */
static const struct json *beside(const struct send_value *value, struct slice url,
                                 struct slice member)
{
    char name[64];
    if (!value->holder || value->name.len == 0 || value->name.len + 1 > sizeof name)
        return NULL;
    name[0] = '_';
    memcpy(name + 1, value->name.ptr, value->name.len);
    const struct json *own = json_get(value->holder, (struct slice){name, value->name.len + 1});
    const struct json *extension = json_first(json_get(own, SLICE("extension")));
    while (extension && !slice_equal(json_get_text(extension, SLICE("url")), url))
        extension = json_next(extension);
    return json_get(extension, member);
}

struct slice send_as_it_came(const struct send_value *value)
{
    const struct json *concept =
        beside(value, SLICE(ALTERNATE_CODES), SLICE("valueCodeableConcept"));
    struct slice code =
        json_get_text(json_first(json_get(concept, SLICE("coding"))), SLICE("code"));
    if (!code.len) /* of a table that has no such code there is no coding */
        code = json_get_text(concept, SLICE("text"));
    if (code.len || value->node)
        return code;
    return json_text(beside(value, SLICE(ORIGINAL_TEXT), SLICE("valueString")));
}

/* --- paths -------------------------------------------------------------------------------------*/

struct walk {
    struct send_run *run;
    const struct send_path *path;
    uint32_t resource;
    struct send_values *values;
};

static void walk_steps(const struct walk *walk, size_t step, const struct json *node,
                       const struct json *holder);

static bool is_step(const struct path_step *step, const struct json *item)
{
    return !step->is_extension || slice_equal(json_get_text(item, SLICE("url")), step->label);
}

static void walk_step_list(const struct walk *walk, size_t number, const struct json *list)
{
    const struct path_step *step = &walk->path->path.steps[number];
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        if (!is_step(step, item))
            continue;
        walk_steps(walk, number + 1, item, NULL);
        if (!step->is_new)
            return;
    }
}

static void push_found(const struct walk *walk, const struct json *node, const struct json *holder)
{
    struct send_value value = {.node = node,
                               .text = text_of(node),
                               .holder = holder,
                               .resource = walk->resource,
                               .path = walk->path->path.text};
    size_t count = walk->path->path.count;
    if (holder)
        value.name = walk->path->path.steps[count - 1].name;
    bool is_primitive = walk->path->path.is_primitive;
    bool is_there = is_primitive ? value.text.len > 0 : json_kind(node) == JSON_OBJECT;
    if (is_there || (is_primitive && send_as_it_came(&value).len))
        send_values_push(walk->run, walk->values, &value);
}

static void walk_steps(const struct walk *walk, size_t number, const struct json *node,
                       const struct json *holder)
{
    if (number == walk->path->path.count) {
        push_found(walk, node, holder);
        return;
    }
    const struct path_step *step = &walk->path->path.steps[number];
    const struct json *child = json_get(node, step->name);
    if (step->is_list)
        walk_step_list(walk, number, child);
    else if (child || number + 1 == walk->path->path.count)
        walk_steps(walk, number + 1, child, node);
}

/* FHIR's text of an instant in the receiver's zone. */
static struct slice instant_text(const struct send_run *run)
{
    const struct mapping_send_context *context = run->context;
    int offset = context->zone ? zone_offset_at(context->zone, context->now) : 0;
    struct fhir_datetime now = {.civil = time_to_civil(context->now, offset),
                                .precision = FHIR_PRECISION_SECOND,
                                .has_offset = true,
                                .offset_minutes = offset};
    return fhir_datetime_print(&now, run->arena);
}

static struct slice fact_text(const struct send_run *run, enum place_fact fact)
{
    const struct mapping_site *site = &run->sends->site;
    switch (fact) {
    case FACT_NOW:
        return instant_text(run);
    case FACT_SITE:
        return site->id;
    case FACT_ORGANIZATION:
        return site->organization;
    case FACT_TIME_ZONE:
        return site->time_zone;
    case FACT_MRN_SYSTEM:
    case FACT_RECEIVER_MRN_SYSTEM:
        return run->context->mrn_system.len ? run->context->mrn_system : site->mrn_system;
    default: /* of a message that came in: here there is none */
        return (struct slice){NULL, 0};
    }
}

static void values_from(struct send_run *run, const struct send_path *path,
                        const struct send_value *from, struct send_values *values)
{
    struct walk walk = {run, path, from->resource, values};
    if (path->path.count == 0)
        send_values_push(run, values, from);
    else if (from->node)
        walk_steps(&walk, 0, from->node, NULL);
}

void send_path_values(struct send_run *run, const struct send_value *here,
                      const struct send_path *path, struct send_values *ret_values)
{
    if (path->root == SEND_ROOT_FACT) {
        struct send_value fact = {
            .text = fact_text(run, path->fact), .resource = POOL_NONE, .kind = MAPPING_TRACE_FACT};
        if (fact.text.len)
            send_values_push(run, ret_values, &fact);
        return;
    }
    if (path->root == SEND_ROOT_HERE) {
        values_from(run, path, here, ret_values);
        return;
    }
    const struct send_values *names = &run->names[path->name];
    for (size_t i = 0; i < names->count && (i == 0 || path->all_of_name); i++)
        values_from(run, path, &names->items[i], ret_values);
}

/* --- sources -----------------------------------------------------------------------------------*/

static struct slice first_text(struct send_run *run, const struct send_value *here,
                               const struct send_path *path)
{
    struct send_values values = {0};
    send_path_values(run, here, path, &values);
    return values.count ? values.items[0].text : (struct slice){NULL, 0};
}

static struct slice without_blanks_at_end(struct slice text)
{
    while (text.len && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

/* A piece that is empty takes the blanks before it with it. */
static struct slice template_text(struct send_run *run, const struct send_value *here,
                                  const struct send_source *source)
{
    struct slice text = {NULL, 0};
    bool is_said = false;
    for (size_t i = 0; i < source->piece_count; i++) {
        const struct send_piece *piece = &source->pieces[i];
        struct slice more = piece->literal;
        if (!more.ptr) {
            more = first_text(run, here, &piece->path);
            is_said |= more.len > 0;
            text = more.len ? text : without_blanks_at_end(text);
        }
        text = arena_format(run->arena, "%.*s%.*s", SLICE_ARG(text), SLICE_ARG(more));
    }
    return is_said ? slice_trim(text) : (struct slice){NULL, 0};
}

static void keep_where(struct send_run *run, const struct condition *where,
                       struct send_values *values)
{
    size_t kept = 0;
    for (size_t i = 0; i < values->count && where; i++)
        if (send_holds(run, &values->items[i], where))
            values->items[kept++] = values->items[i];
    values->count = where ? kept : values->count;
}

static void keep_picked(enum send_pick pick, struct send_values *values)
{
    static const size_t INDEX[] = {
        [SEND_PICK_FIRST] = 0, [SEND_PICK_SECOND] = 1, [SEND_PICK_THIRD] = 2};
    if (pick == SEND_PICK_ALL || values->count == 0)
        return;
    if (pick == SEND_PICK_REST) {
        values->items++;
        values->count--;
        values->capacity--;
        return;
    }
    size_t index = pick == SEND_PICK_LAST ? values->count - 1 : INDEX[pick];
    bool is_there = index < values->count;
    if (is_there)
        values->items[0] = values->items[index];
    values->count = is_there;
}

static void take_paths(struct send_run *run, const struct send_value *here,
                       const struct send_source *source, struct send_values *values)
{
    for (size_t i = 0; i < source->path_count && values->count == 0; i++)
        send_path_values(run, here, &source->paths[i], values);
}

void send_source_values(struct send_run *run, const struct send_value *here,
                        const struct send_operation *operation, struct send_values *ret_values)
{
    const struct send_source *source = &operation->source;
    struct send_value one = {.resource = POOL_NONE, .kind = MAPPING_TRACE_LITERAL};
    if (source->kind == SEND_SOURCE_PATHS) {
        take_paths(run, here, source, ret_values);
        keep_where(run, operation->where, ret_values);
        keep_picked(operation->pick, ret_values);
        return;
    }
    bool is_literal = source->kind == SEND_SOURCE_VALUE;
    one.text = is_literal ? source->value : template_text(run, here, source);
    if (!is_literal) {
        one.kind = MAPPING_TRACE_FIELD;
        one.resource = here->resource;
    }
    if (one.text.len)
        send_values_push(run, ret_values, &one);
}

void send_resource_values(struct send_run *run, const struct send_value *here,
                          const struct send_operation *operation, struct send_values *ret_values)
{
    struct send_values found = {0};
    take_paths(run, here, &operation->source, &found);
    for (size_t i = 0; i < found.count; i++) {
        struct send_value value = found.items[i];
        if (operation->leads_to && value.node) {
            uint32_t number = pool_resolve(run->pool, value.node, value.resource);
            if (number == POOL_NONE ||
                !slice_equal(run->pool->items[number].type, operation->leads_to->name))
                continue;
            value = send_value_of_resource(run->pool, number);
        }
        send_values_push(run, ret_values, &value);
    }
    keep_where(run, operation->where, ret_values);
    keep_picked(operation->pick, ret_values);
}

/* --- conditions --------------------------------------------------------------------------------*/

static void operand_values(struct send_run *run, const struct send_value *here,
                           const struct operand *operand, struct send_values *values)
{
    if (operand->path) {
        send_path_values(run, here, operand->path, values);
        return;
    }
    struct send_value literal = {.text = operand->literal, .resource = POOL_NONE};
    send_values_push(run, values, &literal);
}

static bool among_literals(const struct condition *condition, struct slice text)
{
    for (size_t i = 0; i < condition->literal_count; i++)
        if (slice_equal(condition->literals[i], text))
            return true;
    return false;
}

static bool one_holds(struct send_run *run, const struct send_value *here,
                      const struct condition *condition, const struct send_value *value)
{
    if (condition->kind == CONDITION_VALUED)
        return true;
    if (condition->kind == CONDITION_IN)
        return among_literals(condition, value->text);
    if (condition->kind == CONDITION_IN_CODES)
        return code_set_has(condition->codes, send_code_of(value), (struct slice){NULL, 0});
    if (condition->kind == CONDITION_MATCHES)
        return condition_matches(value->text, condition->b->literal);
    struct send_values others = {0};
    operand_values(run, here, condition->b, &others);
    for (size_t i = 0; i < others.count && condition->kind == CONDITION_EQUAL; i++)
        if (slice_equal(others.items[i].text, value->text))
            return true;
    return false;
}

/* count(), length() and plain numbers, over or under a number. */
static bool limit_holds(struct send_run *run, const struct send_value *here,
                        const struct condition *condition, const struct send_values *values)
{
    struct slice number = values->count ? values->items[0].text : (struct slice){NULL, 0};
    struct send_values limits = {0};
    int order = 0;
    operand_values(run, here, condition->b, &limits);
    if (condition->a.kind == OPERAND_COUNT)
        number = arena_format(run->arena, "%zu", values->count);
    if (condition->a.kind == OPERAND_LENGTH)
        number = arena_format(run->arena, "%zu", number.len);
    if (limits.count == 0 || !decimal_compare(number, limits.items[0].text, &order))
        return false;
    return condition->kind == CONDITION_OVER ? order > 0 : order < 0;
}

static bool test_holds(struct send_run *run, const struct send_value *here,
                       const struct condition *condition)
{
    struct send_values values = {0};
    operand_values(run, here, &condition->a, &values);
    if (condition->kind == CONDITION_OVER || condition->kind == CONDITION_UNDER)
        return limit_holds(run, here, condition, &values);
    for (size_t i = 0; i < values.count; i++)
        if (one_holds(run, here, condition, &values.items[i]))
            return true;
    return false;
}

bool send_holds(struct send_run *run, const struct send_value *here,
                const struct condition *condition)
{
    if (!condition || condition->kind == CONDITION_TRUE)
        return true;
    if (condition->kind == CONDITION_FALSE)
        return false;
    if (condition->kind == CONDITION_NOT)
        return !send_holds(run, here, condition->left);
    if (condition->kind == CONDITION_AND)
        return send_holds(run, here, condition->left) && send_holds(run, here, condition->right);
    if (condition->kind == CONDITION_OR)
        return send_holds(run, here, condition->left) || send_holds(run, here, condition->right);
    return test_holds(run, here, condition);
}
