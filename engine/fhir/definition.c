/* definition: the lookups. definition_load.c makes what is looked up here. */
#include "fhir/definition_internal.h"

#include <string.h>

const struct fhir_type *fhir_definitions_type(const struct fhir_definitions *definitions,
                                              struct slice name)
{
    return map_get(&definitions->type_by_name, name);
}

const struct fhir_type *fhir_definitions_resource(const struct fhir_definitions *definitions,
                                                  struct slice name)
{
    const struct fhir_type *type = fhir_definitions_type(definitions, name);
    return type && type->kind == FHIR_TYPE_RESOURCE && !type->abstract ? type : NULL;
}

size_t fhir_definitions_type_count(const struct fhir_definitions *definitions)
{
    return definitions->type_count;
}

const struct fhir_type *fhir_definitions_type_at(const struct fhir_definitions *definitions,
                                                 size_t index)
{
    return &definitions->types[index];
}

const struct fhir_value_set *fhir_definitions_value_set(const struct fhir_definitions *definitions,
                                                        struct slice url)
{
    return map_get(&definitions->value_set_by_url, url);
}

bool fhir_type_is(const struct fhir_type *type, struct slice ancestor)
{
    for (; type; type = type->base) {
        if (slice_equal(type->name, ancestor))
            return true;
    }
    return false;
}

int fhir_property_compare(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return memcmp(a.ptr, b.ptr, a.len);
}

const struct fhir_property *fhir_definition_child(const struct fhir_element *parent,
                                                  struct slice name)
{
    size_t low = 0, high = parent ? parent->property_count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = fhir_property_compare(name, parent->properties[middle].name);
        if (order == 0)
            return &parent->properties[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct fhir_element *fhir_definition_choice(const struct fhir_element *parent,
                                                  struct slice name)
{
    for (uint32_t i = 0; parent && i < parent->child_count; i++) {
        if (parent->children[i]->is_choice && slice_equal(parent->children[i]->name, name))
            return parent->children[i];
    }
    return NULL;
}

const struct fhir_property *fhir_definition_path(const struct fhir_type *type, struct slice path,
                                                 struct slice *ret_wrong,
                                                 const struct fhir_element **ret_parent)
{
    const struct fhir_element *parent = type->root;
    const struct fhir_property *property = NULL;
    for (struct slice rest = path, part; slice_split(&rest, '.', &part);) {
        property = fhir_definition_child(parent, part);
        if (!property) {
            if (ret_wrong)
                *ret_wrong = part;
            if (ret_parent)
                *ret_parent = parent;
            return NULL;
        }
        parent = property->content;
    }
    return property;
}

const struct slice *fhir_value_set_codes(const struct fhir_value_set *value_set,
                                         struct arena *arena, size_t *ret_count)
{
    size_t count = value_set->by_code.count;
    struct slice *codes = ARENA_ARRAY(arena, count + 1, struct slice);
    for (size_t i = 0; i < count; i++)
        codes[i] = value_set->by_code.entries[i].key;
    *ret_count = count;
    return codes;
}

bool fhir_value_set_has(const struct fhir_value_set *value_set, struct slice system,
                        struct slice code)
{
    const struct fhir_code *row = map_get(&value_set->by_code, code);
    for (; row; row = row->next) {
        if (system.len == 0 || slice_equal(row->system, system))
            return true;
    }
    return false;
}
