/* path: FHIR paths of rules, resolved by the definitions. */
#include "mapping/path.h"

/* What goes wrong, for the caller to report. */
struct path_fault {
    struct slice wrong;
    const char *id;
    struct slice words;
    struct slice hint;
};

struct resolver {
    const struct fhir_definitions *definitions;
    struct arena *arena;
    const struct fhir_element *at; /* children are looked for here */
    struct path *path;
    struct path_fault fault;
    bool in_extension;
};

/* One step as written: "identifier[placer]", "extension(url)". */
struct written_step {
    struct slice whole;
    struct slice name;
    struct slice label;
    bool has_brackets;
    struct slice url;
    bool is_extension;
};

#define EXTENSION_BASE "http://hl7.org/fhir/StructureDefinition/"

static bool fail(struct resolver *resolver, struct slice wrong, const char *id, struct slice words,
                 struct slice hint)
{
    resolver->fault = (struct path_fault){wrong, id, words, hint};
    return false;
}

/* Cuts one step off the front; brackets of all kinds may hold dots. */
static struct slice cut_step(struct slice *rest)
{
    size_t depth = 0, end = 0;
    while (end < rest->len && (depth || rest->ptr[end] != '.')) {
        char c = rest->ptr[end++];
        if (c == '(' || c == '[')
            depth++;
        if ((c == ')' || c == ']') && depth)
            depth--;
    }
    struct slice step = slice_part(*rest, 0, end);
    *rest = end < rest->len ? slice_after(*rest, end + 1) : (struct slice){NULL, 0};
    return step;
}

static bool read_step(struct resolver *resolver, struct slice text, struct written_step *ret_step)
{
    struct written_step step = {.whole = text, .name = text};
    size_t open = slice_find_byte(text, '[');
    if (open < text.len) {
        if (text.ptr[text.len - 1] != ']')
            return fail(resolver, text, "path-syntax", SLICE("a bracket is not closed"),
                        SLICE("write identifier[label] or identifier[]"));
        step.has_brackets = true;
        step.label = slice_part(text, open + 1, text.len - open - 2);
        step.name = slice_part(text, 0, open);
    }
    size_t paren = slice_find_byte(step.name, '(');
    if (paren < step.name.len) {
        if (step.name.ptr[step.name.len - 1] != ')' ||
            !slice_equal(slice_part(step.name, 0, paren), SLICE("extension")))
            return fail(resolver, text, "path-syntax",
                        SLICE("only extension(url) has round brackets"),
                        SLICE("an element of another resource is written by a rule with in=\"\""));
        step.is_extension = true;
        step.url = slice_part(step.name, paren + 1, step.name.len - paren - 2);
        step.name = SLICE("extension");
    }
    if (step.name.len == 0)
        return fail(resolver, text, "path-syntax", SLICE("a step of the path is empty"),
                    (struct slice){NULL, 0});
    *ret_step = step;
    return true;
}

static struct slice nearest_child(struct resolver *resolver, struct slice wrong)
{
    const struct fhir_element *at = resolver->at;
    struct slice *names = ARENA_ARRAY(resolver->arena, at->property_count + 1, struct slice);
    for (uint32_t i = 0; i < at->property_count; i++)
        names[i] = at->properties[i].name;
    const struct fhir_element *choice = fhir_definition_choice(at, wrong);
    for (uint32_t i = 0; choice && i < at->property_count; i++)
        if (at->properties[i].element == choice)
            return arena_format(resolver->arena,
                                "%.*s[x] is written by its real name, such as %.*s",
                                SLICE_ARG(wrong), SLICE_ARG(at->properties[i].name));
    return rule_did_you_mean(resolver->arena, wrong, names, at->property_count);
}

static struct slice extension_url(struct resolver *resolver, struct slice url)
{
    if (resolver->in_extension || slice_find_byte(url, ':') < url.len)
        return url;
    return arena_format(resolver->arena, EXTENSION_BASE "%.*s", SLICE_ARG(url));
}

static void push(struct path *path, struct arena *arena, struct path_step step)
{
    path->steps = arena_grow(arena, path->steps, path->count * sizeof(step),
                             (path->count + 1) * sizeof(step));
    path->steps[path->count++] = step;
}

static bool step_extension(struct resolver *resolver, const struct written_step *written)
{
    struct path *path = resolver->path;
    const struct fhir_type *extension =
        fhir_definitions_type(resolver->definitions, SLICE("Extension"));
    if (path->count && path->is_primitive) {
        struct path_step *last = &path->steps[path->count - 1];
        if (last->is_list)
            return fail(resolver, written->whole, "path-syntax",
                        SLICE("an entry of a list of primitives can have no extension here"),
                        (struct slice){NULL, 0});
        last->name = arena_format(resolver->arena, "_%.*s", SLICE_ARG(last->name));
    }
    push(path, resolver->arena,
         (struct path_step){.name = SLICE("extension"),
                            .label = extension_url(resolver, written->url),
                            .is_list = true,
                            .is_new = written->has_brackets && written->label.len == 0,
                            .is_extension = true});
    path->type = extension;
    path->content = extension->root;
    path->leaf = NULL;
    path->is_primitive = false;
    resolver->at = extension->root;
    resolver->in_extension = true;
    return true;
}

static void note_choice(struct resolver *resolver, const struct fhir_property *property)
{
    struct path *path = resolver->path;
    if (path->count != 1 || !property->element->is_choice)
        return;
    path->is_choice = true;
    path->choice_element = property->element->path.ptr;
    for (uint32_t i = 0; i < property->element->type_count; i++)
        if (slice_equal(property->element->types[i]->name, SLICE("string")))
            path->choice_takes_text = true;
    path->choice_text =
        arena_format(resolver->arena, "%.*sString", SLICE_ARG(property->element->name));
}

static bool step_member(struct resolver *resolver, const struct written_step *written)
{
    struct path *path = resolver->path;
    if (path->count && path->is_primitive)
        return fail(resolver, written->whole, "unknown-element",
                    arena_format(resolver->arena, "%.*s is a %.*s and has no elements",
                                 SLICE_ARG(path->steps[path->count - 1].name),
                                 SLICE_ARG(path->type->name)),
                    (struct slice){NULL, 0});
    const struct fhir_property *property = fhir_definition_child(resolver->at, written->name);
    if (!property)
        return fail(resolver, written->whole, "unknown-element",
                    arena_format(resolver->arena, "%.*s has no element '%.*s'",
                                 SLICE_ARG(resolver->at->path), SLICE_ARG(written->name)),
                    nearest_child(resolver, written->name));
    bool is_list = property->element->maximum > 1;
    if (written->has_brackets && !is_list)
        return fail(
            resolver, written->whole, "list-brackets",
            arena_format(resolver->arena, "%.*s is no list", SLICE_ARG(property->element->path)),
            arena_format(resolver->arena, "write %.*s", SLICE_ARG(written->name)));
    push(path, resolver->arena,
         (struct path_step){.name = property->name,
                            .label = written->label,
                            .is_list = is_list,
                            .is_new = written->has_brackets && written->label.len == 0,
                            .ends_period =
                                slice_equal(property->element->path, SLICE("Period.end"))});
    path->leaf = property;
    path->type = property->type;
    path->content = property->content;
    path->is_primitive = property->type->kind == FHIR_TYPE_PRIMITIVE;
    resolver->at = property->content;
    note_choice(resolver, property);
    return true;
}

static bool resolve(struct resolver *resolver, struct slice text)
{
    if (slice_equal(text, SLICE("$this")) || slice_equal(text, SLICE("this")))
        return true;
    for (struct slice rest = text; rest.ptr;) {
        struct written_step step;
        if (!read_step(resolver, cut_step(&rest), &step))
            return false;
        if (!(step.is_extension ? step_extension : step_member)(resolver, &step))
            return false;
    }
    return true;
}

int path_resolve(struct slice text, const struct fhir_element *parent,
                 const struct fhir_definitions *definitions, struct arena *arena,
                 struct path *ret_path, struct slice *ret_wrong, const char **ret_id,
                 struct slice *ret_words, struct slice *ret_hint)
{
    struct path path = {.text = text, .content = parent, .type = parent->owner};
    struct resolver resolver = {definitions, arena, parent, &path, {.id = NULL}, false};
    resolver.in_extension = slice_equal(parent->path, SLICE("Extension"));
    if (resolve(&resolver, text)) {
        *ret_path = path;
        return 0;
    }
    *ret_wrong = resolver.fault.wrong;
    *ret_id = resolver.fault.id;
    *ret_words = resolver.fault.words;
    *ret_hint = resolver.fault.hint;
    return -1;
}

int path_of_rule(const struct rule *rule, enum rule_attribute attribute,
                 const struct fhir_element *parent, const struct fhir_definitions *definitions,
                 struct arena *arena, struct path *ret_path, struct issue_list *issues)
{
    struct slice text = rule_text(rule, attribute), wrong, words, hint;
    const char *id;
    if (path_resolve(text, parent, definitions, arena, ret_path, &wrong, &id, &words, &hint) == 0)
        return 0;
    size_t offset = wrong.len ? (size_t)(wrong.ptr - text.ptr) : 0;
    rule_value_error(issues, rule, attribute, offset, wrong.len, id, hint, "%.*s",
                     SLICE_ARG(words));
    return -1;
}
