#include "fhir/search_path.h"

#include "fhir/reference.h"

#define STEP_LIMIT 16 /* the longest path of R4's search parameters has 6 */

enum step_kind {
    STEP_MEMBER, /* one of `properties` */
    STEP_TARGET, /* only references to `type_name` */
    STEP_EQUAL   /* only objects whose member `name` is `text` */
};

struct step {
    enum step_kind kind;
    const struct fhir_property **properties;
    size_t property_count;
    struct slice type_name;
    struct slice name, text;
};

struct term {
    struct step steps[STEP_LIMIT];
    size_t count;
    struct term *next;
};

struct fhir_search_path {
    struct term *first;
    bool is_existence;
};

struct compiler {
    const struct fhir_definitions *definitions;
    const struct fhir_type *base;
    struct arena *arena;
    const struct fhir_element *parent; /* where the next name is looked for; NULL: nowhere */
    struct term *term;
};

/* --- compiling
 * ------------------------------------------------------------------------------------- */

static struct step *add_step(struct compiler *compiler, enum step_kind kind)
{
    if (compiler->term->count == STEP_LIMIT)
        return NULL;
    struct step *step = &compiler->term->steps[compiler->term->count++];
    step->kind = kind;
    return step;
}

static bool compile_name(struct compiler *compiler, struct slice name)
{
    const struct fhir_property *property = fhir_definition_child(compiler->parent, name);
    const struct fhir_element *choice = fhir_definition_choice(compiler->parent, name);
    if (!property && !choice)
        return false;
    struct step *step = add_step(compiler, STEP_MEMBER);
    if (!step)
        return false;
    const size_t limit = choice ? choice->type_count : 1;
    step->properties = ARENA_ARRAY(compiler->arena, limit, const struct fhir_property *);
    if (property)
        step->properties[step->property_count++] = property;
    for (uint32_t i = 0; !property && i < compiler->parent->property_count; i++) {
        if (compiler->parent->properties[i].element == choice)
            step->properties[step->property_count++] = &compiler->parent->properties[i];
    }
    compiler->parent = property ? property->content : NULL;
    return true;
}

/* Keeps of the last name's types the one of that name. */
static bool compile_as(struct compiler *compiler, struct slice type_name)
{
    if (compiler->term->count == 0)
        return false;
    struct step *last = &compiler->term->steps[compiler->term->count - 1];
    for (size_t i = 0; last->kind == STEP_MEMBER && i < last->property_count; i++) {
        if (!slice_equal(last->properties[i]->type->name, type_name))
            continue;
        last->properties[0] = last->properties[i];
        last->property_count = 1;
        compiler->parent = last->properties[0]->content;
        return true;
    }
    return false;
}

/* "resolve() is Patient" or "system='phone'" */
static bool compile_where(struct compiler *compiler, struct slice condition)
{
    const struct slice resolve = SLICE("resolve() is ");
    if (slice_starts_with(condition, resolve)) {
        struct step *step = add_step(compiler, STEP_TARGET);
        if (step)
            step->type_name = slice_after(condition, resolve.len);
        return step != NULL;
    }
    const size_t equals = slice_find(condition, SLICE("='"));
    if (equals == condition.len || !slice_ends_with(condition, SLICE("'")))
        return false;
    const struct slice name = slice_part(condition, 0, equals);
    if (!fhir_definition_child(compiler->parent, name))
        return false;
    struct step *step = add_step(compiler, STEP_EQUAL);
    if (!step)
        return false;
    step->name = name;
    step->text = slice_part(condition, equals + 2, condition.len - equals - 3);
    return true;
}

/* The argument of "function(argument)", or false. */
static bool is_call(struct slice step, struct slice function, struct slice *ret_argument)
{
    if (!slice_starts_with(step, function) || !slice_ends_with(step, SLICE(")")))
        return false;
    *ret_argument = slice_part(step, function.len, step.len - function.len - 1);
    return true;
}

static bool compile_step(struct compiler *compiler, struct slice step)
{
    struct slice argument;
    if (is_call(step, SLICE("as("), &argument))
        return compile_as(compiler, argument);
    if (is_call(step, SLICE("where("), &argument))
        return compile_where(compiler, argument);
    return compile_name(compiler, step);
}

/* Cuts the first step off: up to the first dot outside brackets and quotes. */
static bool next_step(struct slice *rest, struct slice *ret_step)
{
    if (rest->len == 0)
        return false;
    int depth = 0;
    size_t at = 0;
    for (; at < rest->len && (depth > 0 || rest->ptr[at] != '.'); at++)
        depth += (rest->ptr[at] == '(') - (rest->ptr[at] == ')');
    *ret_step = slice_part(*rest, 0, at);
    *rest = slice_after(*rest, at + 1);
    return true;
}

static bool compile_steps(struct compiler *compiler, struct slice steps)
{
    for (struct slice step; next_step(&steps, &step);) {
        if (!compile_step(compiler, step))
            return false;
    }
    return true;
}

static bool compile_path(struct compiler *compiler, struct slice path)
{
    struct slice type;
    if (!next_step(&path, &type) || !fhir_type_is(compiler->base, type))
        return false;
    compiler->parent = fhir_definitions_type(compiler->definitions, type)->root;
    return compile_steps(compiler, path);
}

static bool compile_term(struct compiler *compiler, struct slice text)
{
    text = slice_trim(text);
    if (!slice_starts_with(text, SLICE("(")))
        return compile_path(compiler, text);
    const size_t end = slice_find_byte(text, ')');
    const struct slice inside = slice_part(text, 1, end - 1);
    const size_t as = slice_find(inside, SLICE(" as "));
    if (!compile_path(compiler, slice_part(inside, 0, as)))
        return false;
    if (as < inside.len && !compile_as(compiler, slice_after(inside, as + 4)))
        return false;
    return compile_steps(compiler, slice_after(text, end + 2));
}

const struct fhir_search_path *fhir_search_path_compile(const struct fhir_definitions *definitions,
                                                        const struct fhir_type *base,
                                                        struct slice expression,
                                                        struct arena *arena)
{
    struct fhir_search_path *path = ARENA_NEW(arena, struct fhir_search_path);
    struct compiler compiler = {.definitions = definitions, .base = base, .arena = arena};
    const size_t exists = slice_find(expression, SLICE(".exists() and "));
    if (exists < expression.len && slice_ends_with(expression, SLICE(" != false"))) {
        path->is_existence = true;
        expression = slice_part(expression, 0, exists);
    }
    struct term **link = &path->first;
    for (struct slice rest = expression, part; slice_split(&rest, '|', &part);) {
        compiler.term = ARENA_NEW(arena, struct term);
        if (!compile_term(&compiler, part) || compiler.term->count == 0)
            return NULL;
        *link = compiler.term;
        link = &compiler.term->next;
    }
    return path;
}

bool fhir_search_path_is_existence(const struct fhir_search_path *path)
{
    return path->is_existence;
}

/* --- walking
 * --------------------------------------------------------------------------------------- */

struct walker {
    const struct term *term;
    fhir_search_found *found;
    void *data;
};

/* FHIR R4 search.html#reference: `resolve() is` is answered by the reference's own text, or by
 * Reference.type where the text does not say. */
static bool refers_to(const struct json *reference, struct slice type_name)
{
    struct fhir_reference parsed;
    if (fhir_reference_parse(json_get_text(reference, SLICE("reference")), &parsed) &&
        parsed.type.len > 0)
        return slice_equal(parsed.type, type_name);
    return slice_equal(json_get_text(reference, SLICE("type")), type_name);
}

static int walk(const struct walker *walker, size_t index, const struct json *node,
                const struct fhir_type *type);

static int walk_member(const struct walker *walker, size_t index, const struct json *node)
{
    const struct step *step = &walker->term->steps[index];
    for (size_t i = 0; i < step->property_count; i++) {
        const struct json *member = json_get(node, step->properties[i]->name);
        if (!member)
            continue;
        const int result = walk(walker, index + 1, member, step->properties[i]->type);
        if (result)
            return result;
    }
    return 0;
}

static int walk(const struct walker *walker, size_t index, const struct json *node,
                const struct fhir_type *type)
{
    if (json_kind(node) == JSON_ARRAY) {
        int result = 0;
        for (const struct json *item = json_first(node); item && !result; item = json_next(item))
            result = walk(walker, index, item, type);
        return result;
    }
    if (index == walker->term->count)
        return json_kind(node) == JSON_NULL ? 0 : walker->found(node, type, walker->data);
    const struct step *step = &walker->term->steps[index];
    if (step->kind == STEP_MEMBER)
        return walk_member(walker, index, node);
    const bool passes = step->kind == STEP_TARGET
                            ? refers_to(node, step->type_name)
                            : slice_equal(json_get_text(node, step->name), step->text);
    return passes ? walk(walker, index + 1, node, type) : 0;
}

int fhir_search_path_walk(const struct fhir_search_path *path, const struct json *resource,
                          fhir_search_found *found, void *data)
{
    for (const struct term *term = path->first; term; term = term->next) {
        const struct walker walker = {term, found, data};
        const int result = walk(&walker, 0, resource, NULL);
        if (result)
            return result;
    }
    return 0;
}
