/* concept_map: the tables of a folder, and each as a ConceptMap. */
#include "mapping/concept_map_internal.h"

#include "base/digest.h"
#include "base/encode.h"
#include "fhir/datetime.h"
#include "fhir/id.h"
#include "fhir/resource.h"

#define TABLE_URN "urn:painbridge:table:"
#define SITE_URN "urn:painbridge:site:"
#define SITE_TABLE ":table:"

/* --- the tables --------------------------------------------------------------------------------*/

/* RFC 3986 2.3: what stands in a URI as it is. */
static bool is_unreserved(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

static struct slice percent_encoded(struct slice text, struct arena *arena)
{
    char *out = arena_alloc(arena, 3 * text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned byte = (unsigned char)text.ptr[i];
        if (is_unreserved(text.ptr[i])) {
            out[len++] = text.ptr[i];
            continue;
        }
        out[len++] = '%';
        out[len++] = "0123456789ABCDEF"[byte >> 4];
        out[len++] = "0123456789ABCDEF"[byte & 15];
    }
    return (struct slice){out, len};
}

static struct slice url_of(struct slice site, struct slice title, struct arena *arena)
{
    struct slice table = percent_encoded(title, arena);
    if (site.len == 0)
        return arena_format(arena, TABLE_URN "%.*s", SLICE_ARG(table));
    return arena_format(arena, SITE_URN "%.*s" SITE_TABLE "%.*s",
                        SLICE_ARG(percent_encoded(site, arena)), SLICE_ARG(table));
}

static struct slice id_of(struct slice site, struct slice title, struct arena *arena)
{
    const struct slice parts[] = {site, title};
    struct slice id = title;
    if (site.len > 0)
        id = arena_format(arena, "%.*s.%.*s", SLICE_ARG(site), SLICE_ARG(title));
    if (fhir_id_is_valid(id))
        return id;
    struct fhir_id *derived = ARENA_NEW(arena, struct fhir_id);
    fhir_id_derive(FHIR_ID_PUBLIC_KEY, SLICE("ConceptMap"), SLICE("table"), parts, 2, arena,
                   derived);
    return fhir_id_slice(derived);
}

/* FHIR R4 cmd-0: [A-Z]([A-Za-z0-9_]){0,254} */
static struct slice name_of(struct slice title, struct arena *arena)
{
    char *name = arena_alloc(arena, title.len + 1);
    size_t len = 0;
    if (!is_unreserved(title.ptr[0]) || title.ptr[0] < 'A')
        name[len++] = 'T';
    for (size_t i = 0; i < title.len && len < 255; i++) {
        char byte = title.ptr[i];
        bool fits = is_unreserved(byte) && byte != '-' && byte != '.' && byte != '~';
        name[len++] = fits ? byte : '_';
    }
    if (name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 'a' + 'A');
    if (name[0] == '_')
        name[0] = 'T';
    return (struct slice){name, len};
}

static void add_tables(struct concept_map_tables *tables, const struct mapping_texts *texts,
                       struct slice site, struct arena *arena)
{
    static const struct slice CODES = SLICE_INIT("codes/"), CSV = SLICE_INIT(".csv");
    for (size_t i = 0; i < texts->count; i++) {
        const struct mapping_text *text = &texts->items[i];
        if (!slice_starts_with(text->name, CODES) || text->name.len <= CODES.len + CSV.len ||
            !slice_ends_with(text->name, CSV))
            continue;
        struct slice title =
            slice_part(text->name, CODES.len, text->name.len - CODES.len - CSV.len);
        tables->items[tables->count++] = (struct concept_map_table){
            .id = id_of(site, title, arena),
            .url = url_of(site, title, arena),
            .name = name_of(title, arena),
            .title = title,
            .site = site,
            .file = arena_format(arena, "%s/%.*s", texts->folder, SLICE_ARG(text->name)),
            .text = text->text,
            .has_base = site.len > 0 && concept_map_table(tables, SLICE(""), title)};
    }
}

void concept_map_tables(const struct mapping_texts *base, const struct mapping_texts *sites,
                        size_t site_count, struct arena *arena,
                        struct concept_map_tables *ret_tables)
{
    size_t most = base->count;
    for (size_t i = 0; i < site_count; i++)
        most += sites[i].count;
    *ret_tables = (struct concept_map_tables){
        .items = ARENA_ARRAY(arena, most + 1, struct concept_map_table)};
    add_tables(ret_tables, base, SLICE(""), arena);
    for (size_t i = 0; i < site_count; i++) {
        struct slice file = mapping_texts_site_name(sites[i].folder, arena); /* NAME.xml */
        add_tables(ret_tables, &sites[i], slice_part(file, 0, file.len - 4), arena);
    }
}

const struct concept_map_table *concept_map_table(const struct concept_map_tables *tables,
                                                  struct slice site, struct slice title)
{
    for (size_t i = 0; i < tables->count; i++)
        if (slice_equal(tables->items[i].site, site) && slice_equal(tables->items[i].title, title))
            return &tables->items[i];
    return NULL;
}

struct slice concept_map_title(const struct json *map)
{
    static const struct slice TABLE = SLICE_INIT(TABLE_URN), SITE = SLICE_INIT(SITE_URN);
    struct slice url = json_get_text(map, SLICE("url"));
    struct slice title = {NULL, 0};
    if (slice_starts_with(url, TABLE))
        title = slice_after(url, TABLE.len);
    else if (slice_starts_with(url, SITE))
        title = slice_after(url, slice_find(url, SLICE(SITE_TABLE)) + sizeof(SITE_TABLE) - 1);
    return slice_find_byte(title, '%') < title.len ? (struct slice){NULL, 0} : title;
}

/* --- one table as a resource -------------------------------------------------------------------*/

struct export
{
    const struct concept_map_tables *tables;
    const struct concept_map_table *table;
    struct concept_csv csv;
    const char **equivalences;
    struct arena *arena;
    struct json *map;
    struct json *elements; /* of the group at hand */
    struct slice system, target_system;
};

/* Nothing for what is empty. */
static void add_extension(struct json *owner, struct slice url, struct slice value,
                          struct arena *arena)
{
    if (!fhir_primitive_is_valid(FHIR_PRIMITIVE_STRING, value))
        return;
    struct json *list = json_get_or_add(owner, SLICE("extension"), JSON_ARRAY, arena);
    struct json *extension = json_append(list, json_object(arena));
    json_add_string(extension, SLICE("url"), url, arena);
    json_add_string(extension, SLICE("valueString"), value, arena);
}

static void add_text(struct json *owner, struct slice name, enum fhir_primitive type,
                     struct slice text, struct arena *arena)
{
    if (text.len == 0)
        return;
    if (fhir_primitive_is_valid(type, text)) {
        json_add_string(owner, name, text, arena);
        return;
    }
    struct json *companion = json_object(arena);
    add_extension(companion, CONCEPT_TEXT, text, arena);
    if (json_count(companion) > 0)
        json_add(owner, arena_format(arena, "_%.*s", SLICE_ARG(name)), companion);
}

static void begin_group(struct export *export)
{
    struct arena *arena = export->arena;
    struct json *groups = json_get_or_add(export->map, SLICE("group"), JSON_ARRAY, arena);
    struct json *group = json_append(groups, json_object(arena));
    if (export->system.len > 0) {
        add_extension(group, CONCEPT_SYSTEM, export->system, arena);
        struct slice uri =
            concept_system_uri(export->tables, export->table->site, export->system, arena);
        if (fhir_primitive_is_valid(FHIR_PRIMITIVE_URI, uri))
            json_add_string(group, SLICE("source"), uri, arena);
    }
    add_text(group, SLICE("target"), FHIR_PRIMITIVE_URI, export->target_system, arena);
    export->elements = json_add(group, SLICE("element"), json_array(arena));
    if (!export->table->has_base)
        return;
    struct json *unmapped = json_add(group, SLICE("unmapped"), json_object(arena));
    json_add_string(unmapped, SLICE("mode"), SLICE("other-map"), arena);
    json_add_string(unmapped, SLICE("url"), url_of(SLICE(""), export->table->title, arena), arena);
}

static void add_products(const struct export *export, size_t row, struct json *target)
{
    const struct csv_table *csv = &export->csv.csv;
    for (size_t i = 0; i < csv->column_count; i++) {
        struct slice cell = csv_cell(csv, row, i);
        if (concept_role_of(csv->columns[i]) != CONCEPT_PRODUCT || cell.len == 0)
            continue;
        struct json *list = json_get_or_add(target, SLICE("product"), JSON_ARRAY, export->arena);
        struct json *product = json_append(list, json_object(export->arena));
        json_add_string(product, SLICE("property"), csv->columns[i], export->arena);
        json_add_string(product, SLICE("value"), cell, export->arena);
    }
}

/* FHIR R4 concept-map-equivalence, but for those that say that there is no answer. */
static bool is_equivalence(struct slice word, struct slice why)
{
    static const struct slice WORDS[] = {
        SLICE_INIT("relatedto"), SLICE_INIT("equivalent"),  SLICE_INIT("equal"),
        SLICE_INIT("wider"),     SLICE_INIT("subsumes"),    SLICE_INIT("narrower"),
        SLICE_INIT("inexact"),   SLICE_INIT("specializes"),
    };
    /* FHIR R4 cmd-1: if the map is narrower or inexact, there SHALL be some comments */
    if (why.len == 0 &&
        (slice_equal(word, SLICE("narrower")) || slice_equal(word, SLICE("inexact"))))
        return false;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
        if (slice_equal(WORDS[i], word))
            return true;
    return false;
}

/* NULL where the row has no answer: it is in a set, and no more. */
static struct json *target_of(const struct export *export, size_t row)
{
    struct arena *arena = export->arena;
    const struct concept_csv *csv = &export->csv;
    struct json *target = json_object(arena);
    add_text(target, SLICE("code"), FHIR_PRIMITIVE_CODE,
             concept_csv_cell(csv, row, CONCEPT_TARGET_CODE), arena);
    add_text(target, SLICE("display"), FHIR_PRIMITIVE_STRING,
             concept_csv_cell(csv, row, CONCEPT_TARGET_DISPLAY), arena);
    struct json *products = json_object(arena);
    add_products(export, row, products);
    if (json_count(target) == 0 && json_count(products) == 0)
        return NULL;
    struct slice why = concept_csv_cell(csv, row, CONCEPT_WHY);
    struct slice said = concept_csv_cell(csv, row, CONCEPT_EQUIVALENCE);
    if (!is_equivalence(said, why))
        said = slice_of(export->equivalences[row]);
    json_add_string(target, SLICE("equivalence"), said, arena);
    add_text(target, SLICE("comment"), FHIR_PRIMITIVE_STRING, why, arena);
    struct json *product = json_remove(products, SLICE("product"));
    if (product)
        json_add(target, SLICE("product"), product);
    return target;
}

/* The columns that have no element: notes, and what stands in no target where there is none. */
static void add_notes(const struct export *export, size_t row, const struct json *target,
                      struct json *element)
{
    const struct csv_table *csv = &export->csv.csv;
    struct arena *arena = export->arena;
    add_extension(element, CONCEPT_COMMENT, export->csv.before[row], arena);
    for (size_t i = 0; i < csv->column_count; i++) {
        enum concept_role role = concept_role_of(csv->columns[i]);
        struct slice cell = csv_cell(csv, row, i);
        bool has_element = role < CONCEPT_NOTE && export->csv.of[role] == i;
        if (has_element && role == CONCEPT_EQUIVALENCE)
            has_element = target && slice_equal(json_get_text(target, SLICE("equivalence")), cell);
        if (has_element && role == CONCEPT_WHY)
            has_element = target != NULL;
        if (role == CONCEPT_PRODUCT || has_element)
            continue;
        add_extension(element,
                      arena_format(arena, CONCEPT_COLUMN "%.*s", SLICE_ARG(csv->columns[i])), cell,
                      arena);
    }
}

static void add_row(struct export *export, size_t row)
{
    struct arena *arena = export->arena;
    const struct concept_csv *csv = &export->csv;
    struct slice system = concept_csv_cell(csv, row, CONCEPT_CODE_SYSTEM);
    struct slice target_system = concept_csv_cell(csv, row, CONCEPT_TARGET_SYSTEM);
    if (!export->elements || !slice_equal(export->system, system) ||
        !slice_equal(export->target_system, target_system)) {
        export->system = system;
        export->target_system = target_system;
        begin_group(export);
    }
    struct json *element = json_append(export->elements, json_object(arena));
    struct json *target = target_of(export, row);
    add_notes(export, row, target, element);
    add_text(element, SLICE("code"), FHIR_PRIMITIVE_CODE, concept_csv_cell(csv, row, CONCEPT_CODE),
             arena);
    add_text(element, SLICE("display"), FHIR_PRIMITIVE_STRING,
             concept_csv_cell(csv, row, CONCEPT_CODE_DISPLAY), arena);
    if (target)
        json_append(json_add(element, SLICE("target"), json_array(arena)), target);
}

/* FHIR has no empty elements. */
static bool says_something(const struct concept_csv *csv, size_t row)
{
    bool says = fhir_primitive_is_valid(FHIR_PRIMITIVE_STRING, csv->before[row]);
    for (size_t i = 0; i < csv->csv.column_count; i++)
        says |= csv_cell(&csv->csv, row, i).len > 0;
    return says;
}

static struct slice columns_of(const struct csv_table *csv, struct arena *arena)
{
    struct slice text = csv->columns[0];
    for (size_t i = 1; i < csv->column_count; i++)
        text = arena_format(arena, "%.*s,%.*s", SLICE_ARG(text), SLICE_ARG(csv->columns[i]));
    return text;
}

/* The latest day on which somebody said something; days in this form sort as text. */
static struct slice date_of(const struct csv_table *csv)
{
    struct slice latest = {NULL, 0};
    size_t column = csv_column(csv, "when");
    for (size_t row = 0; row < csv->row_count; row++) {
        struct slice day = csv_cell(csv, row, column);
        if (fhir_primitive_is_valid(FHIR_PRIMITIVE_DATE, day) && slice_compare(day, latest) > 0)
            latest = day;
    }
    return latest;
}

static void add_head(struct export *export)
{
    struct arena *arena = export->arena;
    struct json *map = export->map;
    const struct concept_map_table *table = export->table;
    const struct csv_table *csv = &export->csv.csv;
    unsigned char sum[DIGEST_SHA256_SIZE];
    digest_sha256(table->text, sum);
    fhir_resource_set_id(map, table->id, arena);
    add_extension(map, CONCEPT_COLUMNS, columns_of(csv, arena), arena);
    add_extension(map, CONCEPT_COMMENT, export->csv.before[csv->row_count], arena);
    json_add_string(map, SLICE("url"), table->url, arena);
    json_add_string(map, SLICE("version"),
                    encode_hex((struct slice){(const char *)sum, sizeof(sum)}, arena), arena);
    json_add_string(map, SLICE("name"), table->name, arena);
    json_add_string(map, SLICE("title"), table->title, arena);
    json_add_string(map, SLICE("status"), SLICE("active"), arena);
    add_text(map, SLICE("date"), FHIR_PRIMITIVE_DATE_TIME, date_of(csv), arena);
    add_text(map, SLICE("description"), FHIR_PRIMITIVE_MARKDOWN, export->csv.head, arena);
}

int concept_map_of_table(const struct concept_map_tables *tables,
                         const struct concept_map_table *table, struct arena *arena,
                         struct json **ret_map, struct issue_list *issues)
{
    struct export export = {.tables = tables, .table = table, .arena = arena};
    if (concept_csv_read(table->file, table->text, arena, &export.csv, issues) != 0)
        return -1;
    const struct concept_csv *csv = &export.csv;
    size_t count = csv->csv.row_count;
    struct concept_pair *pairs = ARENA_ARRAY(arena, count + 1, struct concept_pair);
    for (size_t row = 0; row < count; row++)
        pairs[row] = (struct concept_pair){concept_csv_cell(csv, row, CONCEPT_CODE),
                                           concept_csv_cell(csv, row, CONCEPT_CODE_SYSTEM),
                                           concept_csv_cell(csv, row, CONCEPT_TARGET_CODE),
                                           concept_csv_cell(csv, row, CONCEPT_TARGET_SYSTEM)};
    export.equivalences = concept_equivalences(pairs, count, arena);
    export.map = fhir_resource_new(SLICE("ConceptMap"), arena);
    add_head(&export);
    for (size_t row = 0; row < count; row++)
        if (says_something(csv, row))
            add_row(&export, row);
    *ret_map = export.map;
    return 0;
}
