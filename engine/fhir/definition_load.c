/* definition_load: three tables become one linked structure.
 *
 *   types.tsv           name kind abstract base
 *   elements.tsv        path min max types contentReference isSummary isModifier binding valueSet
 *   valueset-codes.tsv  valueSet system code display
 *
 * First every row becomes a struct, then the structs are linked: parents to children, content
 * references to their elements, names to types. Cells are slices of the files' texts, which stay in
 * the arena; the tables themselves, and a table of paths, live in a scratch arena. */
#include "fhir/definition_internal.h"

#include "base/csv.h"
#include "base/file.h"
#include "fhir/invariant.h"

#include <stdlib.h>

#define TABLE_LIMIT (16u << 20) /* bytes of one table */

struct loader {
    struct fhir_definitions *definitions;
    const char *folder;
    struct arena *arena;
    struct arena *scratch;
    struct issue_list *issues;
    struct map element_by_path; /* in scratch */
    struct csv_table elements;
    const struct fhir_element **content; /* by element number, or NULL; in scratch */
};

static int read_table(struct loader *loader, const char *name, struct csv_table *ret_table)
{
    const char *path = file_join(loader->arena, loader->folder, slice_of(name));
    struct slice text;
    if (file_read(path, TABLE_LIMIT, loader->arena, &text, loader->issues))
        return -1;
    return csv_parse(slice_of(path), text, CSV_TAB, loader->scratch, ret_table, loader->issues);
}

static int fail(struct loader *loader, const struct csv_table *table, size_t row, size_t column,
                const char *words)
{
    issue_report(loader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, csv_place(table, row, column),
                 "%s", words);
    return -1;
}

/* Cells by column names; a column that is missing is an issue. */
static int find_columns(struct loader *loader, const struct csv_table *table,
                        const char *const *names, size_t count, size_t *ret_columns)
{
    for (size_t i = 0; i < count; i++) {
        ret_columns[i] = csv_column(table, names[i]);
        if (ret_columns[i] == table->column_count) {
            issue_report(loader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                         issue_place_file(table->file, table->head_line, 1),
                         "column '%s' is missing", names[i]);
            return -1;
        }
    }
    return 0;
}

/* --- types ------------------------------------------------------------------------------------ */

static bool read_kind(struct slice text, enum fhir_type_kind *ret_kind)
{
    static const struct {
        struct slice text;
        enum fhir_type_kind kind;
    } kinds[] = {{SLICE_INIT("primitive-type"), FHIR_TYPE_PRIMITIVE},
                 {SLICE_INIT("complex-type"), FHIR_TYPE_COMPLEX},
                 {SLICE_INIT("resource"), FHIR_TYPE_RESOURCE}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (slice_equal(text, kinds[i].text)) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static int compare_types(const void *a, const void *b)
{
    return slice_compare(((const struct fhir_type *)a)->name, ((const struct fhir_type *)b)->name);
}

static int link_types(struct loader *loader, const struct csv_table *table, const size_t *columns)
{
    struct fhir_definitions *definitions = loader->definitions;
    for (size_t i = 0; i < definitions->type_count; i++) {
        definitions->types[i].number = (uint32_t)i;
        map_put(&definitions->type_by_name, definitions->types[i].name, &definitions->types[i]);
    }
    for (size_t row = 0; row < table->row_count; row++) {
        struct fhir_type *type =
            map_get(&definitions->type_by_name, csv_cell(table, row, columns[0]));
        const struct slice base = csv_cell(table, row, columns[3]);
        if (!type || base.len == 0)
            continue;
        type->base = map_get(&definitions->type_by_name, base);
        if (!type->base)
            return fail(loader, table, row, columns[3], "base type is not in the table");
    }
    return 0;
}

static int load_types(struct loader *loader)
{
    static const char *const names[] = {"name", "kind", "abstract", "base"};
    struct csv_table table;
    size_t columns[4];
    if (read_table(loader, "types.tsv", &table) || find_columns(loader, &table, names, 4, columns))
        return -1;

    struct fhir_definitions *definitions = loader->definitions;
    definitions->types = ARENA_ARRAY(loader->arena, table.row_count, struct fhir_type);
    for (size_t row = 0; row < table.row_count; row++) {
        struct fhir_type type = {.name = csv_cell(&table, row, columns[0])};
        /* A logical model (MetadataResource) describes other types; nothing is an instance. */
        if (!read_kind(csv_cell(&table, row, columns[1]), &type.kind))
            continue;
        type.abstract = slice_equal(csv_cell(&table, row, columns[2]), SLICE("1"));
        if (type.kind == FHIR_TYPE_PRIMITIVE) {
            type.primitive = fhir_primitive_of_name(type.name);
            if (type.primitive == FHIR_PRIMITIVE_NONE)
                return fail(loader, &table, row, columns[0], "primitive type is not known");
        }
        definitions->types[definitions->type_count++] = type;
    }
    qsort(definitions->types, definitions->type_count, sizeof(definitions->types[0]),
          compare_types);
    return link_types(loader, &table, columns);
}

/* --- value sets ------------------------------------------------------------------------------- */

static struct slice without_version(struct slice canonical)
{
    return slice_part(canonical, 0, slice_find_byte(canonical, '|'));
}

static int load_value_sets(struct loader *loader)
{
    static const char *const names[] = {"valueSet", "system", "code"};
    struct csv_table table;
    size_t columns[3];
    if (read_table(loader, "valueset-codes.tsv", &table) ||
        find_columns(loader, &table, names, 3, columns))
        return -1;

    struct map *by_url = &loader->definitions->value_set_by_url;
    for (size_t row = 0; row < table.row_count; row++) {
        const struct slice url = csv_cell(&table, row, columns[0]);
        struct fhir_value_set *value_set = map_get(by_url, url);
        if (!value_set) {
            value_set = ARENA_NEW(loader->arena, struct fhir_value_set);
            value_set->url = url;
            map_init(&value_set->by_code, loader->arena);
            map_put(by_url, url, value_set);
        }
        struct fhir_code *code = ARENA_NEW(loader->arena, struct fhir_code);
        code->system = csv_cell(&table, row, columns[1]);
        code->next = map_put(&value_set->by_code, csv_cell(&table, row, columns[2]), code);
    }
    return 0;
}

/* --- elements, first as single rows ------------------------------------------------------------
 */

enum element_column { PATH, MIN, MAX, TYPES, CONTENT, SUMMARY, MODIFIER, BINDING, VALUE_SET };

static struct slice element_cell(const struct loader *loader, size_t row,
                                 enum element_column column)
{
    return csv_cell(&loader->elements, row, column);
}

static enum fhir_binding read_binding(struct slice text)
{
    static const struct slice names[] = {
        [FHIR_BINDING_EXAMPLE] = SLICE_INIT("example"),
        [FHIR_BINDING_PREFERRED] = SLICE_INIT("preferred"),
        [FHIR_BINDING_EXTENSIBLE] = SLICE_INIT("extensible"),
        [FHIR_BINDING_REQUIRED] = SLICE_INIT("required"),
    };
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (slice_equal(text, names[i]))
            return (enum fhir_binding)i;
    }
    return FHIR_BINDING_NONE;
}

static int read_cardinality(struct loader *loader, size_t row, struct fhir_element *element)
{
    const struct slice maximum = element_cell(loader, row, MAX);
    uint64_t number = 0;
    if (!slice_to_uint64(element_cell(loader, row, MIN), 1000, &number))
        return fail(loader, &loader->elements, row, MIN, "min is not a number");
    element->minimum = (uint32_t)number;
    element->maximum = FHIR_MANY;
    if (slice_equal(maximum, SLICE("*")))
        return 0;
    if (!slice_to_uint64(maximum, 1000, &number))
        return fail(loader, &loader->elements, row, MAX, "max is neither a number nor *");
    element->maximum = (uint32_t)number;
    return 0;
}

static const struct fhir_type *element_type(const struct loader *loader,
                                            const struct fhir_element *element, struct slice name)
{
    /* FHIR R4 resource.html#id: a resource's id has the syntax of `id`; the published definition
     * gives System.String there, as it does for the ids of elements. */
    if (slice_equal(element->name, SLICE("id")) && element->parent && !element->parent->parent &&
        element->owner->kind == FHIR_TYPE_RESOURCE)
        name = SLICE("id");
    if (slice_equal(name, SLICE("String")))
        name = SLICE("string");
    return fhir_definitions_type(loader->definitions, name);
}

/* "Patient,Group": the targets of a Reference. */
static int read_targets(struct loader *loader, size_t row, struct slice list,
                        struct fhir_element *element)
{
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ',';
    const struct fhir_type **targets = ARENA_ARRAY(loader->arena, count, const struct fhir_type *);
    count = 0;
    for (struct slice rest = list, name; slice_split(&rest, ',', &name); count++) {
        targets[count] = fhir_definitions_type(loader->definitions, name);
        if (!targets[count])
            return fail(loader, &loader->elements, row, TYPES, "target type is not known");
        if (slice_equal(name, SLICE("Resource")))
            return 0; /* any: as if none were listed */
    }
    element->targets = targets;
    element->target_count = (uint32_t)count;
    return 0;
}

/* "string|Reference(Patient,Group)|canonical(ValueSet)" */
static int read_types(struct loader *loader, size_t row, struct fhir_element *element)
{
    const struct slice text = element_cell(loader, row, TYPES);
    if (text.len == 0)
        return 0;
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '|';
    const struct fhir_type **types = ARENA_ARRAY(loader->arena, count, const struct fhir_type *);
    count = 0;
    for (struct slice rest = text, part; slice_split(&rest, '|', &part); count++) {
        const size_t bracket = slice_find_byte(part, '(');
        const struct slice name = slice_part(part, 0, bracket);
        types[count] = element_type(loader, element, name);
        if (!types[count])
            return fail(loader, &loader->elements, row, TYPES, "type is not known");
        if (bracket < part.len && slice_equal(name, SLICE("Reference")) &&
            read_targets(loader, row, slice_part(part, bracket + 1, part.len - bracket - 2),
                         element))
            return -1;
    }
    element->types = types;
    element->type_count = (uint32_t)count;
    return 0;
}

/* Everything of the row but what points at other rows. Returns 1 for a row of a type that is not
 * there (logical models). */
static int read_element(struct loader *loader, size_t row, struct fhir_element *element)
{
    const struct slice path = element_cell(loader, row, PATH);
    size_t dot = path.len;
    while (dot > 0 && path.ptr[dot - 1] != '.')
        dot--;
    element->path = path;
    element->name = slice_after(path, dot);
    element->owner =
        fhir_definitions_type(loader->definitions, slice_part(path, 0, slice_find_byte(path, '.')));
    if (!element->owner)
        return 1;
    if (slice_ends_with(element->name, SLICE("[x]"))) {
        element->is_choice = true;
        element->name = slice_part(element->name, 0, element->name.len - 3);
    }
    if (dot > 0) {
        element->parent = map_get(&loader->element_by_path, slice_part(path, 0, dot - 1));
        if (!element->parent)
            return fail(loader, &loader->elements, row, PATH, "parent path has no row before it");
    }
    element->is_summary = slice_equal(element_cell(loader, row, SUMMARY), SLICE("1"));
    element->is_modifier = slice_equal(element_cell(loader, row, MODIFIER), SLICE("1"));
    element->binding = read_binding(element_cell(loader, row, BINDING));
    element->value_set_url = without_version(element_cell(loader, row, VALUE_SET));
    if (element->binding == FHIR_BINDING_REQUIRED)
        element->value_set =
            fhir_definitions_value_set(loader->definitions, element->value_set_url);
    element->invariants = fhir_invariants_of(path, &element->invariant_count);
    if (read_cardinality(loader, row, element) || read_types(loader, row, element))
        return -1;
    return 0;
}

/* --- elements, then linked ----------------------------------------------------------------------
 */

static void link_children(struct loader *loader)
{
    struct fhir_definitions *definitions = loader->definitions;
    const struct fhir_element ***slots =
        ARENA_ARRAY(loader->scratch, definitions->element_count, const struct fhir_element **);
    for (size_t i = 0; i < definitions->element_count; i++) {
        const struct fhir_element *parent = definitions->elements[i].parent;
        if (parent)
            definitions->elements[parent->number].child_count++;
    }
    for (size_t i = 0; i < definitions->element_count; i++) {
        struct fhir_element *element = &definitions->elements[i];
        slots[i] = ARENA_ARRAY(loader->arena, element->child_count, const struct fhir_element *);
        element->children = slots[i];
    }
    for (size_t i = 0; i < definitions->element_count; i++) {
        struct fhir_element *element = &definitions->elements[i];
        if (!element->parent) {
            definitions->types[element->owner->number].root = element;
            continue;
        }
        const struct fhir_element ***slot = &slots[element->parent->number];
        element->order = (uint32_t)(*slot - element->parent->children);
        *(*slot)++ = element;
    }
}

/* Remembers for each element what its contentReference names. */
static int link_content(struct loader *loader, const size_t *rows)
{
    const struct fhir_definitions *definitions = loader->definitions;
    loader->content =
        ARENA_ARRAY(loader->scratch, definitions->element_count, const struct fhir_element *);
    for (size_t i = 0; i < definitions->element_count; i++) {
        const struct slice path = element_cell(loader, rows[i], CONTENT);
        if (path.len == 0)
            continue;
        loader->content[i] = map_get(&loader->element_by_path, path);
        if (!loader->content[i])
            return fail(loader, &loader->elements, rows[i], CONTENT, "path is not in the table");
    }
    return 0;
}

static int compare_properties(const void *a, const void *b)
{
    return fhir_property_compare(((const struct fhir_property *)a)->name,
                                 ((const struct fhir_property *)b)->name);
}

/* FHIR R4 formats.html#choice: the type's name is put behind the element's, its first letter
 * raised: valueQuantity, valueString. */
static struct slice choice_name(struct loader *loader, struct slice name, struct slice type)
{
    const char first = type.ptr[0];
    return arena_format(loader->arena, "%.*s%c%.*s", SLICE_ARG(name),
                        first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first,
                        SLICE_ARG(slice_after(type, 1)));
}

static struct fhir_property property_of(struct loader *loader, const struct fhir_element *element,
                                        uint32_t index)
{
    struct fhir_property property = {.name = element->name, .element = element};
    const struct fhir_element *referenced = loader->content[element->number];
    if (referenced) {
        property.type = referenced->types[0];
        property.content = referenced;
        return property;
    }
    property.type = element->types[index];
    property.content = element->child_count > 0 ? element : property.type->root;
    if (element->is_choice)
        property.name = choice_name(loader, element->name, property.type->name);
    return property;
}

static int make_properties(struct loader *loader, struct fhir_element *parent)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < parent->child_count; i++)
        count += parent->children[i]->is_choice ? parent->children[i]->type_count : 1;
    struct fhir_property *properties = ARENA_ARRAY(loader->arena, count, struct fhir_property);
    count = 0;
    for (uint32_t i = 0; i < parent->child_count; i++) {
        const struct fhir_element *child = parent->children[i];
        if (child->type_count == 0 && !loader->content[child->number]) {
            issue_report(loader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                         issue_place_file(loader->elements.file, 0, 0),
                         "element '%.*s' has neither type nor content", SLICE_ARG(child->path));
            return -1;
        }
        const uint32_t names = child->is_choice ? child->type_count : 1;
        for (uint32_t j = 0; j < names; j++)
            properties[count++] = property_of(loader, child, j);
    }
    qsort(properties, count, sizeof(properties[0]), compare_properties);
    parent->properties = properties;
    parent->property_count = count;
    return 0;
}

static int load_elements(struct loader *loader)
{
    static const char *const names[] = {[PATH] = "path",
                                        [MIN] = "min",
                                        [MAX] = "max",
                                        [TYPES] = "types",
                                        [CONTENT] = "contentReference",
                                        [SUMMARY] = "isSummary",
                                        [MODIFIER] = "isModifier",
                                        [BINDING] = "binding",
                                        [VALUE_SET] = "valueSet"};
    size_t columns[VALUE_SET + 1];
    if (read_table(loader, "elements.tsv", &loader->elements) ||
        find_columns(loader, &loader->elements, names, VALUE_SET + 1, columns))
        return -1;
    for (size_t i = 0; i <= VALUE_SET; i++) {
        if (columns[i] != i)
            return fail(loader, &loader->elements, 0, 0, "columns are not in the order expected");
    }

    struct fhir_definitions *definitions = loader->definitions;
    const size_t row_count = loader->elements.row_count;
    definitions->elements = ARENA_ARRAY(loader->arena, row_count, struct fhir_element);
    size_t *rows = ARENA_ARRAY(loader->scratch, row_count, size_t);
    for (size_t row = 0; row < row_count; row++) {
        struct fhir_element element = {.number = (uint32_t)definitions->element_count};
        const int result = read_element(loader, row, &element);
        if (result < 0)
            return -1;
        if (result > 0)
            continue;
        rows[element.number] = row;
        definitions->elements[element.number] = element;
        map_put(&loader->element_by_path, element.path, &definitions->elements[element.number]);
        definitions->element_count++;
    }
    if (link_content(loader, rows))
        return -1;
    link_children(loader);
    for (size_t i = 0; i < definitions->element_count; i++) {
        if (make_properties(loader, &definitions->elements[i]))
            return -1;
    }
    return 0;
}

static int check_roots(struct loader *loader)
{
    for (size_t i = 0; i < loader->definitions->type_count; i++) {
        const struct fhir_type *type = &loader->definitions->types[i];
        if (!type->root) {
            issue_report(loader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                         issue_place_file(loader->elements.file, 0, 0),
                         "type '%.*s' has no elements", SLICE_ARG(type->name));
            return -1;
        }
    }
    return 0;
}

int fhir_definitions_load(const char *folder, struct arena *arena,
                          const struct fhir_definitions **ret_definitions,
                          struct issue_list *issues)
{
    struct fhir_definitions *definitions = ARENA_NEW(arena, struct fhir_definitions);
    map_init(&definitions->type_by_name, arena);
    map_init(&definitions->value_set_by_url, arena);
    struct loader loader = {
        .definitions = definitions,
        .folder = folder,
        .arena = arena,
        .scratch = arena_new(0),
        .issues = issues,
    };
    map_init(&loader.element_by_path, loader.scratch);
    const bool failed = load_types(&loader) || load_value_sets(&loader) || load_elements(&loader) ||
                        check_roots(&loader);
    arena_free(loader.scratch);
    if (failed)
        return -1;
    *ret_definitions = definitions;
    return 0;
}
