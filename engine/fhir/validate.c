/* validate: one walk along the resource and along the definitions at once.
 *
 *   resource -> its type's root element -> for each member the property of that name
 *   property -> primitive: JSON kind and syntax;  complex: its members;  Resource: a resource
 *
 * FHIR R4 json.html gives the JSON form: a list for what may repeat and never else, `_name` beside
 * a primitive for its id and extensions, null only to keep the two lists of a repeating primitive
 * in step, nothing empty. */
#include "fhir/validate.h"

#include "base/map.h"
#include "fhir/invariant.h"
#include "fhir/narrative.h"
#include "fhir/path.h"
#include "fhir/reference.h"
#include "fhir/resource.h"

#include <string.h>

/* Direct children of one element; ElementDefinition has the most in R4, with its 41. */
#define CHILDREN_LIMIT 128

struct validator {
    const struct fhir_definitions *definitions;
    const struct fhir_element *element_root; /* of Element: what a `_name` companion may hold */
    const struct json *root;                 /* the resource around us that is not contained */
    struct map contained;                    /* its contained resources by id */
    struct issue_list *issues;
    struct arena *arena;
    bool failed;
};

static void report_as(struct validator *validator, enum issue_code code,
                      enum issue_severity severity, const struct fhir_path *path, const char *words)
{
    validator->failed = validator->failed || severity >= ISSUE_ERROR;
    issue_report(validator->issues, code, severity, fhir_path_place(path, validator->arena), "%s",
                 words);
}

static void report(struct validator *validator, enum issue_code code, const struct fhir_path *path,
                   const char *words)
{
    report_as(validator, code, ISSUE_ERROR, path, words);
}

static void check_invariants(struct validator *validator, const struct fhir_element *element,
                             const struct json *node, const struct fhir_path *path)
{
    for (size_t i = 0; i < element->invariant_count; i++) {
        const struct fhir_invariant *invariant = &element->invariants[i];
        if (fhir_invariant_holds(invariant, node, validator->root, validator->arena))
            continue;
        validator->failed = validator->failed || invariant->severity >= ISSUE_ERROR;
        issue_report(validator->issues, ISSUE_INVARIANT, invariant->severity,
                     fhir_path_place(path, validator->arena), "%s (%s)", invariant->words,
                     invariant->key);
    }
}

/* --- codes and references ------------------------------------------------------------------------
 */

static bool concept_has_code(const struct fhir_value_set *codes, const struct json *concept)
{
    const struct json *list = json_get(concept, SLICE("coding"));
    for (const struct json *coding = json_first(list); coding; coding = json_next(coding)) {
        if (fhir_value_set_has(codes, json_get_text(coding, SLICE("system")),
                               json_get_text(coding, SLICE("code"))))
            return true;
    }
    return false;
}

/* FHIR R4 terminologies.html#required: one code of the value set must be there; an extension (data
 * absent reason) may stand in for all of it. */
static void check_binding(struct validator *validator, const struct fhir_property *property,
                          const struct json *value, const struct fhir_path *path)
{
    const struct fhir_value_set *codes = property->element->value_set;
    bool has_code = true;
    if (property->type->primitive != FHIR_PRIMITIVE_NONE)
        has_code = fhir_value_set_has(codes, (struct slice){NULL, 0}, json_text(value));
    else if (slice_equal(property->type->name, SLICE("Coding")))
        has_code = fhir_value_set_has(codes, json_get_text(value, SLICE("system")),
                                      json_get_text(value, SLICE("code")));
    else if (slice_equal(property->type->name, SLICE("CodeableConcept")))
        has_code = concept_has_code(codes, value);
    if (!has_code && !json_get(value, SLICE("extension")))
        report(validator, ISSUE_TABLE_VALUE, path, "code is not in the required value set");
}

static bool is_target(const struct fhir_element *element, const struct fhir_type *type)
{
    for (uint32_t i = 0; i < element->target_count; i++) {
        if (fhir_type_is(type, element->targets[i]->name))
            return true;
    }
    return element->target_count == 0;
}

static void check_reference(struct validator *validator, const struct fhir_property *property,
                            const struct json *value, const struct fhir_path *path)
{
    const struct json *text = json_get(value, SLICE("reference"));
    if (json_kind(text) != JSON_STRING || json_text(text).len == 0)
        return;
    const struct fhir_path inner = {.outer = path, .name = SLICE("reference")};
    struct fhir_reference reference;
    if (!fhir_reference_parse(json_text(text), &reference)) {
        report(validator, ISSUE_DATA_TYPE, &inner, "reference is not well formed");
        return;
    }
    struct slice name = reference.type;
    if (reference.kind == FHIR_REFERENCE_CONTAINED && reference.id.len > 0) {
        const struct json *contained = map_get(&validator->contained, reference.id);
        if (!contained)
            report(validator, ISSUE_INVARIANT, &inner,
                   "no contained resource has the id that is referred to (ref-1)");
        name = fhir_resource_type(contained);
    }
    if (name.len == 0)
        return;
    const struct fhir_type *type = fhir_definitions_resource(validator->definitions, name);
    if (!type && reference.kind == FHIR_REFERENCE_ABSOLUTE)
        return; /* a URL of something that is no FHIR server */
    if (!type)
        report(validator, ISSUE_STRUCTURE, &inner, "reference names a type that does not exist");
    else if (!is_target(property->element, type))
        report(validator, ISSUE_STRUCTURE, &inner,
               "reference is to a type that is not allowed here");
}

/* --- values
 * ---------------------------------------------------------------------------------------- */

static void check_members(struct validator *validator, const struct json *object,
                          const struct fhir_element *element, const struct fhir_path *path);
static void check_resource(struct validator *validator, const struct json *resource,
                           const struct fhir_path *path);

static void check_narrative(struct validator *validator, struct slice div,
                            const struct fhir_path *path)
{
    enum issue_severity severity;
    const char *fault = fhir_narrative_check(div, validator->arena, &severity);
    if (fault)
        report_as(validator, ISSUE_DATA_TYPE, severity, path, fault);
}

static void check_primitive(struct validator *validator, const struct fhir_property *property,
                            const struct json *value, const struct fhir_path *path)
{
    const enum fhir_primitive primitive = property->type->primitive;
    if (json_kind(value) != fhir_primitive_kind(primitive)) {
        report(validator, ISSUE_DATA_TYPE, path, "value has the wrong JSON kind for its type");
        return;
    }
    if (json_kind(value) == JSON_BOOLEAN)
        return;
    if (!fhir_primitive_is_valid(primitive, json_text(value))) {
        report(validator, ISSUE_DATA_TYPE, path, "value is not well formed for its type");
        return;
    }
    if (property->element->value_set)
        check_binding(validator, property, value, path);
    if (primitive == FHIR_PRIMITIVE_XHTML)
        check_narrative(validator, json_text(value), path);
}

static void check_item(struct validator *validator, const struct fhir_property *property,
                       const struct json *value, const struct fhir_path *path)
{
    if (property->type->kind == FHIR_TYPE_PRIMITIVE) {
        check_primitive(validator, property, value, path);
        return;
    }
    if (property->type->kind == FHIR_TYPE_RESOURCE) {
        check_resource(validator, value, path);
        return;
    }
    if (json_kind(value) != JSON_OBJECT) {
        report(validator, ISSUE_STRUCTURE, path, "an object was expected");
        return;
    }
    check_members(validator, value, property->content, path);
    if (property->element->value_set)
        check_binding(validator, property, value, path);
    if (slice_equal(property->type->name, SLICE("Reference")))
        check_reference(validator, property, value, path);
}

static void check_list(struct validator *validator, const struct fhir_property *property,
                       const struct json *list, const struct json *companion,
                       const struct fhir_path *path)
{
    if (json_kind(list) != JSON_ARRAY) {
        report(validator, ISSUE_STRUCTURE, path, "a list was expected");
        return;
    }
    struct fhir_path item = {.outer = path, .is_item = true};
    const struct json *beside = json_first(companion);
    const struct json *value = json_first(list);
    if (!value)
        report(validator, ISSUE_STRUCTURE, path, "list is empty");
    for (; value; value = json_next(value), beside = json_next(beside), item.index++) {
        /* FHIR R4 json.html#primitive: null holds the place of a value that has only extensions,
         * which stand at the same index of the companion list. */
        if (json_kind(value) != JSON_NULL || json_kind(beside) != JSON_OBJECT)
            check_item(validator, property, value, &item);
    }
    if (item.index > property->element->maximum)
        report(validator, ISSUE_CARDINALITY, path, "more repetitions than allowed");
}

static bool may_repeat(const struct fhir_element *element)
{
    return element->maximum > 1;
}

static void check_property(struct validator *validator, const struct fhir_property *property,
                           const struct json *value, const struct json *companion,
                           const struct fhir_path *path)
{
    if (property->element->maximum == 0) {
        report(validator, ISSUE_CARDINALITY, path, "element is not allowed here");
        return;
    }
    if (may_repeat(property->element)) {
        check_list(validator, property, value, companion, path);
        return;
    }
    if (json_kind(value) == JSON_ARRAY) {
        report(validator, ISSUE_STRUCTURE, path, "a single value was expected, not a list");
        return;
    }
    check_item(validator, property, value, path);
}

/* --- companions
 * ------------------------------------------------------------------------------------ */

static void check_companion_item(struct validator *validator, const struct json *companion,
                                 const struct json *value, const struct fhir_path *path)
{
    if (json_kind(companion) == JSON_OBJECT) {
        check_members(validator, companion, validator->element_root, path);
        return;
    }
    if (json_kind(companion) != JSON_NULL)
        report(validator, ISSUE_STRUCTURE, path, "an object was expected");
    else if (!value || json_kind(value) == JSON_NULL)
        report(validator, ISSUE_STRUCTURE, path, "there is neither a value nor an extension");
}

/* `_given` beside `given`: an object beside a single value, a list beside a list. */
static void check_companion(struct validator *validator, const struct fhir_property *property,
                            const struct json *companion, const struct json *value,
                            const struct fhir_path *path)
{
    if (!may_repeat(property->element)) {
        if (json_kind(companion) != JSON_OBJECT)
            report(validator, ISSUE_STRUCTURE, path, "an object was expected");
        else
            check_members(validator, companion, validator->element_root, path);
        return;
    }
    const struct json *item = json_first(companion);
    if (json_kind(companion) != JSON_ARRAY || !item) {
        report(validator, ISSUE_STRUCTURE, path, "a list was expected");
        return;
    }
    if (value && json_count(value) != json_count(companion))
        report(validator, ISSUE_STRUCTURE, path, "list is not as long as that of the values");
    struct fhir_path inner = {.outer = path, .is_item = true};
    const struct json *beside = json_first(value);
    for (; item; item = json_next(item), beside = json_next(beside), inner.index++)
        check_companion_item(validator, item, beside, &inner);
}

/* --- members
 * --------------------------------------------------------------------------------------- */

/* Which children of one element were met. */
struct presence {
    uint64_t bits[CHILDREN_LIMIT / 64];
    const struct fhir_property *properties[CHILDREN_LIMIT]; /* counts where the bit is set */
};

static bool is_present(const struct presence *presence, uint32_t order)
{
    return presence->bits[order / 64] >> (order % 64) & 1;
}

/* Remembers the property; false when its choice element was met with another type. */
static bool remember(struct presence *presence, const struct fhir_property *property)
{
    const uint32_t order = property->element->order;
    if (is_present(presence, order) && presence->properties[order] != property)
        return false;
    presence->bits[order / 64] |= UINT64_C(1) << (order % 64);
    presence->properties[order] = property;
    return true;
}

static void check_member(struct validator *validator, const struct json *object,
                         const struct json *member, const struct fhir_element *element,
                         struct presence *presence, const struct fhir_path *path)
{
    struct slice name = json_name(member);
    const bool is_companion = slice_starts_with(name, SLICE("_"));
    const struct fhir_path inner = {.outer = path, .name = name};
    if (is_companion)
        name = slice_after(name, 1);
    const struct fhir_property *property = fhir_definition_child(element, name);
    if (!property || (is_companion && property->type->kind != FHIR_TYPE_PRIMITIVE)) {
        report(validator, ISSUE_STRUCTURE, &inner, "element is not defined here");
        return;
    }
    if (!remember(presence, property))
        report(validator, ISSUE_STRUCTURE, &inner, "choice has values of two types");
    if (is_companion) {
        check_companion(validator, property, member, json_get(object, name), &inner);
        return;
    }
    const struct json *companion = NULL;
    if (property->type->kind == FHIR_TYPE_PRIMITIVE && may_repeat(property->element))
        companion = json_get(object, arena_format(validator->arena, "_%.*s", SLICE_ARG(name)));
    check_property(validator, property, member, companion, &inner);
}

static void check_missing(struct validator *validator, const struct fhir_element *element,
                          const struct presence *presence, const struct fhir_path *path)
{
    for (uint32_t i = 0; i < element->child_count; i++) {
        const struct fhir_element *child = element->children[i];
        if (child->minimum == 0 || is_present(presence, i))
            continue;
        const struct fhir_path inner = {.outer = path, .name = child->name};
        report(validator, ISSUE_REQUIRED_FIELD, &inner, "required element is missing");
    }
}

static void check_members(struct validator *validator, const struct json *object,
                          const struct fhir_element *element, const struct fhir_path *path)
{
    const bool is_resource = !element->parent && element->owner->kind == FHIR_TYPE_RESOURCE;
    struct presence presence;
    memset(presence.bits, 0, sizeof(presence.bits));
    bool has_content = false;
    for (const struct json *member = json_first(object); member; member = json_next(member)) {
        const struct slice name = json_name(member);
        if (is_resource && slice_equal(name, SLICE("resourceType")))
            continue;
        has_content = has_content || !slice_equal(name, SLICE("id"));
        check_member(validator, object, member, element, &presence, path);
    }
    /* FHIR R4 element.html ele-1: a value or children; an id alone is neither. */
    if (!has_content && !is_resource) {
        report(validator, ISSUE_STRUCTURE, path, "element has no content (ele-1)");
        return;
    }
    check_missing(validator, element, &presence, path);
    check_invariants(validator, element, object, path);
    if (element->parent)
        return;
    for (const struct fhir_type *base = element->owner->base; base; base = base->base)
        check_invariants(validator, base->root, object, path);
}

static void enter_root(struct validator *validator, const struct json *resource)
{
    validator->root = resource;
    map_init(&validator->contained, validator->arena);
    struct json *list = json_get(resource, SLICE("contained"));
    for (struct json *item = json_first(list); item; item = json_next(item))
        map_put(&validator->contained, fhir_resource_id(item), item);
}

static void check_resource(struct validator *validator, const struct json *resource,
                           const struct fhir_path *path)
{
    const struct json *type_name = json_get(resource, SLICE("resourceType"));
    if (json_kind(type_name) != JSON_STRING) {
        report(validator, ISSUE_STRUCTURE, path, "a resource with a resourceType was expected");
        return;
    }
    const struct fhir_type *type =
        fhir_definitions_resource(validator->definitions, json_text(type_name));
    if (!type) {
        report(validator, ISSUE_STRUCTURE, path, "resourceType is not a FHIR R4 resource");
        return;
    }
    /* A resource in a Bundle or Parameters stands for itself; a contained one does not. */
    const bool is_contained =
        path->outer && slice_equal(path->outer->name, SLICE("contained")) && path->is_item;
    if (is_contained) {
        check_members(validator, resource, type->root, path);
        return;
    }
    struct validator inner = *validator;
    enter_root(&inner, resource);
    check_members(&inner, resource, type->root, path);
    validator->failed = inner.failed;
}

int fhir_validate(const struct fhir_definitions *definitions, const struct json *resource,
                  struct issue_list *issues)
{
    struct validator validator = {
        .definitions = definitions,
        .element_root = fhir_definitions_type(definitions, SLICE("Element"))->root,
        .issues = issues,
        .arena = issues->arena,
    };
    const struct fhir_type *type =
        fhir_definitions_resource(definitions, fhir_resource_type(resource));
    const struct fhir_path top = {.name = type ? type->name : (struct slice){NULL, 0}};
    check_resource(&validator, resource, &top);
    return validator.failed ? -1 : 0;
}
