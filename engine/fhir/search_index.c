/* search_index: the tables of parameters and of the patient compartment, and the walk that makes
 * the values. Expressions are search_path's, values search_value's. */
#include "fhir/search_index.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/map.h"
#include "base/suggest.h"
#include "fhir/reference.h"
#include "fhir/resource.h"
#include "fhir/search_path.h"
#include "fhir/search_value.h"

#define TABLE_LIMIT (16u << 20) /* bytes of one table */

/* A parameter that is switched on, with its program. */
struct entry {
    struct fhir_search_parameter parameter; /* first: a parameter that was given out is its entry */
    const struct fhir_search_path *path;    /* NULL: the value stands in the resource's own row */
};

/* What is known of one resource type. */
struct type_entry {
    const struct fhir_type *type;
    const struct fhir_search_parameter **parameters; /* in order of code, inherited ones included */
    size_t count;
    const struct fhir_search_path **compartment; /* subject and patient first */
    size_t compartment_count;
};

struct fhir_search_table {
    struct map types; /* name -> struct type_entry */
};

/* --- loading
 * ----------------------------------------------------------------------------------------- */

struct loader {
    const struct fhir_definitions *definitions;
    struct fhir_search_table *table;
    struct arena *arena;
    struct arena *scratch;
    struct issue_list *issues;
    struct csv_table published; /* search-parameters.tsv */
    struct map rows;            /* "base code" -> row number + 1, as a pointer into row_numbers */
    size_t *row_numbers;
    uint32_t count; /* parameters switched on */
};

static int read_table(struct loader *loader, const char *folder, const char *name,
                      const char *const *columns, struct csv_table *ret_table)
{
    const char *path = file_join(loader->arena, folder, slice_of(name));
    struct slice text;
    if (file_read(path, TABLE_LIMIT, loader->scratch, &text, loader->issues) ||
        csv_parse(slice_of(path), text, CSV_TAB, loader->scratch, ret_table, loader->issues))
        return -1;
    for (size_t i = 0; columns[i]; i++) {
        if (csv_column(ret_table, columns[i]) != i) {
            issue_report(loader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                         issue_place_file(ret_table->file, ret_table->head_line, 1),
                         "column '%s' is missing or in another place", columns[i]);
            return -1;
        }
    }
    return 0;
}

enum published_column { BASE, CODE, TYPE, EXPRESSION, TARGET };

static struct slice row_key(struct loader *loader, struct slice base, struct slice code)
{
    return arena_format(loader->scratch, "%.*s %.*s", SLICE_ARG(base), SLICE_ARG(code));
}

static int load_published(struct loader *loader, const char *folder)
{
    static const char *const columns[] = {"base", "code", "type", "expression", "target", NULL};
    if (read_table(loader, folder, "definitions/r4/search-parameters.tsv", columns,
                   &loader->published))
        return -1;
    map_init(&loader->rows, loader->scratch);
    loader->row_numbers = ARENA_ARRAY(loader->scratch, loader->published.row_count, size_t);
    for (size_t row = 0; row < loader->published.row_count; row++) {
        loader->row_numbers[row] = row;
        map_put(&loader->rows,
                row_key(loader, csv_cell(&loader->published, row, BASE),
                        csv_cell(&loader->published, row, CODE)),
                &loader->row_numbers[row]);
    }
    return 0;
}

static struct slice published_cell(const struct loader *loader, size_t row,
                                   enum published_column column)
{
    return csv_cell(&loader->published, row, column);
}

/* The same as it outlives the loading. */
static struct slice kept_cell(const struct loader *loader, size_t row, size_t column)
{
    return arena_copy(loader->arena, csv_cell(&loader->published, row, column));
}

static bool read_type(struct slice text, enum fhir_search_type *ret_type)
{
    static const struct slice names[FHIR_SEARCH_TYPE_COUNT] = {
        [FHIR_SEARCH_TOKEN] = SLICE_INIT("token"),
        [FHIR_SEARCH_REFERENCE] = SLICE_INIT("reference"),
        [FHIR_SEARCH_DATE] = SLICE_INIT("date"),
        [FHIR_SEARCH_STRING] = SLICE_INIT("string"),
        [FHIR_SEARCH_URI] = SLICE_INIT("uri"),
        [FHIR_SEARCH_NUMBER] = SLICE_INIT("number"),
        [FHIR_SEARCH_QUANTITY] = SLICE_INIT("quantity"),
    };
    for (unsigned i = 0; i < FHIR_SEARCH_TYPE_COUNT; i++) {
        if (slice_equal(text, names[i])) {
            *ret_type = (enum fhir_search_type)i;
            return true;
        }
    }
    return false;
}

static void read_targets(struct loader *loader, struct slice list,
                         struct fhir_search_parameter *parameter)
{
    if (list.len == 0)
        return;
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ',';
    struct slice *targets = ARENA_ARRAY(loader->arena, count, struct slice);
    count = 0;
    for (struct slice rest = list, target; slice_split(&rest, ',', &target);)
        targets[count++] = target;
    parameter->targets = targets;
    parameter->target_count = count;
}

/* The entry of a type, made where it is missing. */
static struct type_entry *type_entry(struct loader *loader, const struct fhir_type *type)
{
    struct type_entry *entry = map_get(&loader->table->types, type->name);
    if (!entry) {
        entry = ARENA_NEW(loader->arena, struct type_entry);
        entry->type = type;
        map_put(&loader->table->types, type->name, entry);
    }
    return entry;
}

/* Puts the parameter in its place among those of the type, which are in order of code. */
static void insert_parameter(struct loader *loader, struct type_entry *type,
                             const struct fhir_search_parameter *parameter)
{
    const size_t size = sizeof(type->parameters[0]);
    type->parameters =
        arena_grow(loader->arena, type->parameters, type->count * size, (type->count + 1) * size);
    size_t at = type->count++;
    for (; at > 0 && slice_compare(type->parameters[at - 1]->code, parameter->code) > 0; at--)
        type->parameters[at] = type->parameters[at - 1];
    type->parameters[at] = parameter;
}

static int fail(struct loader *loader, const struct csv_table *table, size_t row, size_t column,
                const char *words, struct slice hint)
{
    issue_add(loader->issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                             .severity = ISSUE_ERROR,
                                             .place = csv_place(table, row, column),
                                             .words = slice_of(words),
                                             .hint = hint});
    return -1;
}

/* "did you mean 'status'?" from the codes of that type; empty where nothing is near. */
static struct slice suggest_code(struct loader *loader, struct slice base, struct slice code)
{
    const size_t row_count = loader->published.row_count;
    struct slice *codes = ARENA_ARRAY(loader->scratch, row_count, struct slice);
    size_t count = 0;
    for (size_t row = 0; row < row_count; row++) {
        if (slice_equal(published_cell(loader, row, BASE), base))
            codes[count++] = published_cell(loader, row, CODE);
    }
    const size_t nearest = suggest_nearest(code, codes, count);
    if (nearest == count)
        return (struct slice){NULL, 0};
    return arena_format(loader->arena, "did you mean '%.*s'?", SLICE_ARG(codes[nearest]));
}

/* FHIR R4 search.html#all: _id and _lastUpdated are columns of every stored resource. */
static bool is_own_column(struct slice code)
{
    return slice_equal(code, SLICE("_id")) || slice_equal(code, SLICE("_lastUpdated"));
}

static int load_enabled_row(struct loader *loader, const struct csv_table *enabled, size_t row)
{
    const struct slice base = csv_cell(enabled, row, 0);
    const struct slice code = csv_cell(enabled, row, 1);
    const struct fhir_type *type = fhir_definitions_type(loader->definitions, base);
    if (!type || type->kind != FHIR_TYPE_RESOURCE)
        return fail(loader, enabled, row, 0, "type is not a FHIR R4 resource",
                    (struct slice){NULL, 0});
    const size_t *published = map_get(&loader->rows, row_key(loader, base, code));
    if (!published)
        return fail(loader, enabled, row, 1, "type has no search parameter of that code",
                    suggest_code(loader, base, code));

    struct entry *entry = ARENA_NEW(loader->arena, struct entry);
    entry->parameter = (struct fhir_search_parameter){
        .resource = type->name,
        .code = kept_cell(loader, *published, CODE),
        .expression = kept_cell(loader, *published, EXPRESSION),
        .url = kept_cell(loader, *published, csv_column(&loader->published, "url")),
        .number = loader->count++,
    };
    if (!read_type(published_cell(loader, *published, TYPE), &entry->parameter.type))
        return fail(loader, enabled, row, 1, "search parameters of that type are not supported",
                    (struct slice){NULL, 0});
    read_targets(loader, kept_cell(loader, *published, TARGET), &entry->parameter);
    if (!is_own_column(code)) {
        entry->path = fhir_search_path_compile(loader->definitions, type,
                                               entry->parameter.expression, loader->arena);
        if (!entry->path)
            return fail(loader, enabled, row, 1,
                        "expression of the search parameter cannot be read",
                        (struct slice){NULL, 0});
    }
    const size_t type_count = fhir_definitions_type_count(loader->definitions);
    for (size_t i = 0; i < type_count; i++) {
        const struct fhir_type *heir = fhir_definitions_type_at(loader->definitions, i);
        if (heir->kind == FHIR_TYPE_RESOURCE && !heir->abstract && fhir_type_is(heir, base))
            insert_parameter(loader, type_entry(loader, heir), &entry->parameter);
    }
    return 0;
}

static int load_enabled(struct loader *loader, const char *folder)
{
    static const char *const columns[] = {"type", "code", NULL};
    struct csv_table enabled;
    if (read_table(loader, folder, "search/enabled.tsv", columns, &enabled))
        return -1;
    int result = 0;
    for (size_t row = 0; row < enabled.row_count; row++)
        result |= load_enabled_row(loader, &enabled, row);
    return result;
}

/* --- the patient compartment
 * --------------------------------------------------------------------------- */

static bool comes_first(struct slice code)
{
    return slice_equal(code, SLICE("patient")) || slice_equal(code, SLICE("subject"));
}

/* Compiles the codes of the list for which comes_first is `wanted`. */
static int add_compartment_paths(struct loader *loader, const struct csv_table *table, size_t row,
                                 struct slice codes, bool wanted, struct type_entry *entry)
{
    for (struct slice rest = codes, code; slice_split(&rest, ',', &code);) {
        if (comes_first(code) != wanted)
            continue;
        const size_t *published = map_get(&loader->rows, row_key(loader, entry->type->name, code));
        const struct fhir_search_path *path =
            published
                ? fhir_search_path_compile(loader->definitions, entry->type,
                                           kept_cell(loader, *published, EXPRESSION), loader->arena)
                : NULL;
        if (!path)
            return fail(loader, table, row, 2, "parameter of the compartment cannot be read",
                        (struct slice){NULL, 0});
        entry->compartment[entry->compartment_count++] = path;
    }
    return 0;
}

static int load_compartment_row(struct loader *loader, const struct csv_table *table, size_t row)
{
    const struct fhir_type *type =
        fhir_definitions_resource(loader->definitions, csv_cell(table, row, 1));
    if (!slice_equal(csv_cell(table, row, 0), SLICE("Patient")) || !type)
        return 0;
    struct slice codes = csv_cell(table, row, 2);
    /* Task, Device and a few more are about a patient and yet not in R4's compartment. */
    if (codes.len == 0 && map_get(&loader->rows, row_key(loader, type->name, SLICE("patient"))))
        codes = SLICE("patient");
    if (codes.len == 0)
        return 0;
    size_t count = 1;
    for (size_t i = 0; i < codes.len; i++)
        count += codes.ptr[i] == ',';
    struct type_entry *entry = type_entry(loader, type);
    entry->compartment = ARENA_ARRAY(loader->arena, count, const struct fhir_search_path *);
    if (add_compartment_paths(loader, table, row, codes, true, entry) ||
        add_compartment_paths(loader, table, row, codes, false, entry))
        return -1;
    return 0;
}

static int load_compartment(struct loader *loader, const char *folder)
{
    static const char *const columns[] = {"compartment", "resource", "params", NULL};
    struct csv_table table;
    if (read_table(loader, folder, "definitions/r4/compartments.tsv", columns, &table))
        return -1;
    for (size_t row = 0; row < table.row_count; row++) {
        if (load_compartment_row(loader, &table, row))
            return -1;
    }
    return 0;
}

int fhir_search_load(const struct fhir_definitions *definitions, const char *folder,
                     struct arena *arena, const struct fhir_search_table **ret_table,
                     struct issue_list *issues)
{
    struct fhir_search_table *table = ARENA_NEW(arena, struct fhir_search_table);
    map_init(&table->types, arena);
    struct loader loader = {
        .definitions = definitions,
        .table = table,
        .arena = arena,
        .scratch = arena_new(0),
        .issues = issues,
    };
    const bool failed = load_published(&loader, folder) || load_enabled(&loader, folder) ||
                        load_compartment(&loader, folder);
    arena_free(loader.scratch);
    if (failed)
        return -1;
    *ret_table = table;
    return 0;
}

/* --- using
 * --------------------------------------------------------------------------------------------- */

const struct fhir_search_parameter *fhir_search_parameter(const struct fhir_search_table *table,
                                                          struct slice resource, struct slice code)
{
    const struct type_entry *entry = map_get(&table->types, resource);
    for (size_t i = 0; entry && i < entry->count; i++) {
        if (slice_equal(entry->parameters[i]->code, code))
            return entry->parameters[i];
    }
    return NULL;
}

size_t fhir_search_parameters(const struct fhir_search_table *table, struct slice resource,
                              const struct fhir_search_parameter *const **ret_parameters)
{
    const struct type_entry *entry = map_get(&table->types, resource);
    *ret_parameters = entry ? entry->parameters : NULL;
    return entry ? entry->count : 0;
}

struct extraction {
    struct fhir_search_values *values;
    const struct fhir_search_parameter *parameter;
};

static int add_found(const struct json *node, const struct fhir_type *type, void *data)
{
    const struct extraction *extraction = data;
    fhir_search_values_add(extraction->values, extraction->parameter, node, type);
    return 0;
}

static int is_there(const struct json *node, const struct fhir_type *type, void *data)
{
    (void)type, (void)data;
    return json_kind(node) != JSON_BOOLEAN || json_is_true(node);
}

void fhir_search_extract(const struct fhir_search_table *table, const struct json *resource,
                         int offset_minutes, struct arena *arena,
                         struct fhir_search_value **ret_values, size_t *ret_count)
{
    const struct type_entry *type = map_get(&table->types, fhir_resource_type(resource));
    struct fhir_search_values *values = fhir_search_values_new(offset_minutes, arena);
    for (size_t i = 0; type && i < type->count; i++) {
        const struct entry *entry = (const struct entry *)type->parameters[i];
        struct extraction extraction = {values, &entry->parameter};
        if (!entry->path)
            continue;
        if (fhir_search_path_is_existence(entry->path))
            fhir_search_values_add_boolean(
                values, &entry->parameter,
                fhir_search_path_walk(entry->path, resource, is_there, NULL) != 0);
        else
            fhir_search_path_walk(entry->path, resource, add_found, &extraction);
    }
    *ret_values = fhir_search_values_all(values, ret_count);
}

struct patient_search {
    struct json *text;
    struct json *reference;
};

static int find_patient(const struct json *node, const struct fhir_type *type, void *data)
{
    (void)type;
    struct patient_search *search = data;
    struct json *text = json_get(node, SLICE("reference"));
    struct fhir_reference reference;
    if (!fhir_reference_parse(json_text(text), &reference) ||
        !slice_equal(reference.type, SLICE("Patient")))
        return 0;
    search->text = text;
    search->reference = (struct json *)(uintptr_t)node;
    return 1;
}

struct json *fhir_search_patient(const struct fhir_search_table *table, const struct json *resource,
                                 struct json **ret_reference)
{
    const struct type_entry *type = map_get(&table->types, fhir_resource_type(resource));
    struct patient_search search = {NULL, NULL};
    if (!type || slice_equal(type->type->name, SLICE("Patient")))
        return NULL;
    for (size_t i = 0; i < type->compartment_count && !search.text; i++)
        fhir_search_path_walk(type->compartment[i], resource, find_patient, &search);
    if (search.text && ret_reference)
        *ret_reference = search.reference;
    return search.text;
}

bool fhir_search_is_personal(const struct fhir_search_table *table, struct slice resource)
{
    const struct type_entry *type = map_get(&table->types, resource);
    return type && type->compartment_count > 0;
}
