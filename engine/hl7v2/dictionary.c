/* The tables of mappings/dictionary in memory. Files and tables are read into a scratch arena; what
 * is kept is copied out of it, each text once and each array at its size, because every process has
 * a dictionary of its own for as long as it runs. Segments and data types are found by a hash of
 * their name, fields and components by their number; a structure is one array of nodes in the order
 * of the standard, so that grouping walks it without pointers. */
#include "hl7v2/dictionary.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/map.h"

#define FILE_LIMIT ((size_t)8 << 20)
#define NUMBER_LIMIT 1000000000
/* Groups inside groups; HL7 v2.5.1 has seven. */
#define DEPTH_LIMIT 16

/* A data type that a field has in some versions only. */
struct type_row {
    struct slice type;
    enum hl7v2_version from, to;
    struct type_row *next;
};

struct field_slot {
    struct hl7v2_field_definition definition; /* field 0: no such field */
    struct type_row *types;
};

struct segment_entry {
    struct field_slot *fields; /* [0] is field 1 */
    size_t count;
    unsigned last_required; /* 0: none */
};

struct type_entry {
    struct hl7v2_component_definition *components; /* [0] is component 1 */
    size_t count;
};

struct event_entry {
    struct slice structure;
};

struct hl7v2_dictionary {
    struct map segments;   /* name to segment_entry */
    struct map types;      /* name to type_entry */
    struct map structures; /* name to hl7v2_structure */
    struct map events;     /* "ADT^A04" to event_entry */
};

/* One table while it is read. */
struct reader {
    struct csv_table table;
    size_t row;
    struct hl7v2_dictionary *dictionary;
    struct arena *arena;   /* of the dictionary */
    struct arena *scratch; /* until all is read */
    struct map *texts;     /* each text that is kept, to itself; in scratch */
    struct issue_list *issues;
};

static struct slice cell(const struct reader *reader, const char *column)
{
    return csv_cell(&reader->table, reader->row, csv_column(&reader->table, column));
}

/* The text as it lives in the dictionary: once, however often it is said. */
static struct slice keep(const struct reader *reader, struct slice text)
{
    if (text.len == 0)
        return (struct slice){NULL, 0};
    char *kept = map_get(reader->texts, text);
    if (kept == NULL) {
        kept = arena_string(reader->arena, text);
        map_put(reader->texts, (struct slice){kept, text.len}, kept);
    }
    return (struct slice){kept, text.len};
}

static struct slice kept_cell(const struct reader *reader, const char *column)
{
    return keep(reader, cell(reader, column));
}

static int fail(const struct reader *reader, const char *column, const char *words)
{
    issue_report(reader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                 csv_place(&reader->table, reader->row, csv_column(&reader->table, column)), "%s",
                 words);
    return -1;
}

/* Digits; an empty cell is `empty`. */
static int number_cell(const struct reader *reader, const char *column, unsigned empty,
                       unsigned *ret_number)
{
    struct slice text = cell(reader, column);
    uint64_t number = empty;
    if (text.len > 0 && !slice_to_uint64(text, NUMBER_LIMIT, &number))
        return fail(reader, column, "a number is expected here");
    *ret_number = (unsigned)number;
    return 0;
}

/* A number from 1, which must be there. */
static int index_cell(const struct reader *reader, const char *column, unsigned *ret_number)
{
    unsigned number = 0;
    if (number_cell(reader, column, 0, &number) != 0)
        return -1;
    if (number == 0 || number > 9999)
        return fail(reader, column, "a number from 1 to 9999 is expected here");
    *ret_number = number;
    return 0;
}

/* "*" is no limit and becomes 0. */
static int limit_cell(const struct reader *reader, const char *column, unsigned *ret_number)
{
    if (slice_equal(cell(reader, column), SLICE("*"))) {
        *ret_number = 0;
        return 0;
    }
    return index_cell(reader, column, ret_number);
}

static int version_cell(const struct reader *reader, const char *column,
                        enum hl7v2_version *ret_version)
{
    struct slice text = cell(reader, column);
    enum hl7v2_version version = hl7v2_version_of(text);
    if (text.len > 0 && version == HL7V2_VERSION_UNKNOWN)
        return fail(reader, column, "a version of HL7 v2 is expected here, such as 2.5.1");
    *ret_version = version;
    return 0;
}

static int segment_cell(const struct reader *reader, const char *column, uint32_t *ret_id)
{
    struct slice text = cell(reader, column);
    if (text.len != 3)
        return fail(reader, column, "a segment id of three characters is expected here");
    *ret_id = HL7V2_ID(text.ptr);
    return 0;
}

/* --- fields ------------------------------------------------------------------------------------
 */

static struct field_slot *field_slot(const struct reader *reader, struct slice segment,
                                     unsigned field)
{
    struct segment_entry *entry = map_get(&reader->dictionary->segments, segment);
    if (entry == NULL) {
        entry = ARENA_NEW(reader->arena, struct segment_entry);
        map_put(&reader->dictionary->segments, keep(reader, segment), entry);
    }
    if (field > entry->count) {
        entry->fields =
            arena_grow(reader->scratch, entry->fields, entry->count * sizeof(struct field_slot),
                       field * sizeof(struct field_slot));
        entry->count = field;
    }
    return &entry->fields[field - 1];
}

static int read_field(struct reader *reader)
{
    struct hl7v2_field_definition definition = {
        .name = kept_cell(reader, "name"),
        .type = kept_cell(reader, "type"),
        .table = kept_cell(reader, "table"),
        .required = slice_equal(cell(reader, "required"), SLICE("R")),
    };
    if (segment_cell(reader, "segment", &definition.segment) != 0 ||
        index_cell(reader, "field", &definition.field) != 0 ||
        limit_cell(reader, "repeats", &definition.max_repeats) != 0 ||
        number_cell(reader, "length", 0, &definition.length) != 0 ||
        version_cell(reader, "from_version", &definition.from) != 0 ||
        version_cell(reader, "to_version", &definition.to) != 0)
        return -1;
    struct field_slot *slot = field_slot(reader, cell(reader, "segment"), definition.field);
    if (slot->definition.field != 0)
        return fail(reader, "field", "this field stands here twice");
    slot->definition = definition;
    struct segment_entry *entry = map_get(&reader->dictionary->segments, cell(reader, "segment"));
    if (definition.required && definition.field > entry->last_required)
        entry->last_required = definition.field;
    return 0;
}

static int read_type(struct reader *reader)
{
    uint32_t segment;
    unsigned field;
    struct type_row row = {.type = kept_cell(reader, "type")};
    if (segment_cell(reader, "segment", &segment) != 0 ||
        index_cell(reader, "field", &field) != 0 ||
        version_cell(reader, "from_version", &row.from) != 0 ||
        version_cell(reader, "to_version", &row.to) != 0)
        return -1;
    struct field_slot *slot = field_slot(reader, cell(reader, "segment"), field);
    struct type_row *kept = ARENA_NEW(reader->arena, struct type_row);
    *kept = row;
    kept->next = slot->types;
    slot->types = kept;
    return 0;
}

static int read_component(struct reader *reader)
{
    struct hl7v2_component_definition definition = {
        .type = kept_cell(reader, "type"),
        .name = kept_cell(reader, "name"),
        .type_of = kept_cell(reader, "type_of"),
        .table = kept_cell(reader, "table"),
        .required = slice_equal(cell(reader, "required"), SLICE("R")),
    };
    if (index_cell(reader, "component", &definition.component) != 0 ||
        version_cell(reader, "from_version", &definition.from) != 0)
        return -1;
    struct type_entry *entry = map_get(&reader->dictionary->types, definition.type);
    if (entry == NULL) {
        entry = ARENA_NEW(reader->arena, struct type_entry);
        map_put(&reader->dictionary->types, definition.type, entry);
    }
    if (definition.component > entry->count) {
        entry->components =
            arena_grow(reader->scratch, entry->components, entry->count * sizeof definition,
                       definition.component * sizeof definition);
        entry->count = definition.component;
    }
    entry->components[definition.component - 1] = definition;
    return 0;
}

static int read_event(struct reader *reader)
{
    struct slice message = cell(reader, "message"), event = cell(reader, "event");
    struct event_entry *entry = ARENA_NEW(reader->arena, struct event_entry);
    entry->structure = kept_cell(reader, "structure");
    struct slice key =
        arena_format(reader->arena, "%.*s^%.*s", SLICE_ARG(message), SLICE_ARG(event));
    map_put(&reader->dictionary->events, key, entry);
    return 0;
}

/* --- structures --------------------------------------------------------------------------------
 */

/* The groups that are open at a row, outermost first. */
struct open_group {
    struct slice path;
    uint32_t node;
    bool required_seen; /* something required stands in it already */
};

struct structure_reader {
    struct hl7v2_structure *structure;
    struct hl7v2_node *nodes;
    struct open_group open[DEPTH_LIMIT];
    size_t depth;
};

static void close_groups(struct structure_reader *structure, size_t depth)
{
    while (structure->depth > depth) {
        structure->depth--;
        uint32_t node = structure->open[structure->depth].node;
        structure->nodes[node].next = (uint32_t)structure->structure->node_count;
    }
}

/* Closes what the path is not inside of, and cuts the last name off it. */
static int enter_path(const struct reader *reader, struct structure_reader *structure,
                      struct slice path, struct slice *ret_name)
{
    size_t dot = path.len;
    while (dot > 0 && path.ptr[dot - 1] != '.')
        dot--;
    struct slice around = slice_part(path, 0, dot > 0 ? dot - 1 : 0);
    size_t depth = structure->depth;
    while (depth > 0 && !slice_equal(structure->open[depth - 1].path, around))
        depth--;
    if (depth == 0 || depth == DEPTH_LIMIT)
        return fail(reader, "path", "this path does not begin with a group that is open here");
    close_groups(structure, depth);
    *ret_name = keep(reader, slice_after(path, dot));
    return 0;
}

static int read_node(const struct reader *reader, struct structure_reader *structure)
{
    struct hl7v2_node node = {0};
    struct slice path = cell(reader, "path");
    bool is_group = cell(reader, "segment").len == 0;
    if (enter_path(reader, structure, path, &node.name) != 0 ||
        number_cell(reader, "min", 0, &node.min) != 0 ||
        limit_cell(reader, "max", &node.max) != 0 ||
        (!is_group && segment_cell(reader, "segment", &node.segment) != 0))
        return -1;
    struct open_group *around = &structure->open[structure->depth - 1];
    uint32_t index = (uint32_t)structure->structure->node_count++;
    node.parent = around->node;
    node.next = index + 1;
    node.may_begin = !around->required_seen;
    around->required_seen = around->required_seen || node.min > 0;
    structure->nodes[index] = node;
    if (is_group)
        structure->open[structure->depth++] = (struct open_group){path, index, false};
    return 0;
}

/* All rows of the structure that the row at hand begins. */
static int read_structure(struct reader *reader)
{
    struct slice name = cell(reader, "structure");
    if (map_get(&reader->dictionary->structures, name) != NULL)
        return fail(reader, "structure", "this structure stands here twice");
    size_t first = reader->row, end = first;
    while (
        end < reader->table.row_count &&
        slice_equal(csv_cell(&reader->table, end, csv_column(&reader->table, "structure")), name))
        end++;
    struct hl7v2_structure *made = ARENA_NEW(reader->arena, struct hl7v2_structure);
    struct structure_reader structure = {
        .structure = made,
        .nodes = ARENA_ARRAY(reader->arena, end - first + 1, struct hl7v2_node),
        .open = {{.path = name}},
        .depth = 1,
    };
    struct slice kept = keep(reader, name);
    *made = (struct hl7v2_structure){.name = kept, .nodes = structure.nodes, .node_count = 1};
    structure.nodes[0] = (struct hl7v2_node){.name = kept, .min = 1, .max = 1, .may_begin = true};
    for (; reader->row < end; reader->row++)
        if (read_node(reader, &structure) != 0)
            return -1;
    close_groups(&structure, 0);
    map_put(&reader->dictionary->structures, kept, made);
    reader->row = end - 1;
    return 0;
}

/* --- loading -----------------------------------------------------------------------------------
 */

struct table_kind {
    const char *file;
    size_t text; /* offsetof in struct hl7v2_dictionary_texts */
    const char *columns[10];
    int (*read_row)(struct reader *reader);
};

static const struct table_kind TABLES[] = {
    {"structures.csv",
     offsetof(struct hl7v2_dictionary_texts, structures),
     {"structure", "path", "segment", "min", "max"},
     read_structure},
    {"fields.csv",
     offsetof(struct hl7v2_dictionary_texts, fields),
     {"segment", "field", "name", "type", "required", "repeats", "length", "table", "from_version",
      "to_version"},
     read_field},
    {"components.csv",
     offsetof(struct hl7v2_dictionary_texts, components),
     {"type", "component", "name", "type_of", "table", "required", "from_version"},
     read_component},
    {"events.csv",
     offsetof(struct hl7v2_dictionary_texts, events),
     {"message", "event", "structure"},
     read_event},
    {"types.csv",
     offsetof(struct hl7v2_dictionary_texts, types),
     {"segment", "field", "type", "from_version", "to_version"},
     read_type},
};
#define TABLE_COUNT (sizeof TABLES / sizeof TABLES[0])

static int check_columns(const struct reader *reader, const struct table_kind *kind)
{
    for (size_t i = 0; i < 10 && kind->columns[i] != NULL; i++)
        if (csv_column(&reader->table, kind->columns[i]) == reader->table.column_count) {
            issue_report(reader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                         issue_place_file(reader->table.file, reader->table.head_line, 1),
                         "column '%s' is missing", kind->columns[i]);
            return -1;
        }
    return 0;
}

static int read_table(struct reader *reader, const struct table_kind *kind, struct slice file,
                      struct slice text)
{
    if (text.len == 0)
        return 0;
    if (csv_parse(file, text, CSV_COMMA, reader->scratch, &reader->table, reader->issues) != 0 ||
        check_columns(reader, kind) != 0)
        return -1;
    int result = 0;
    for (reader->row = 0; reader->row < reader->table.row_count; reader->row++)
        if (kind->read_row(reader) != 0)
            result = -1;
    return result;
}

/* What was read so far grew in the scratch arena. */
static void settle_arrays(const struct reader *reader)
{
    const struct map *segments = &reader->dictionary->segments, *types = &reader->dictionary->types;
    for (size_t i = 0; i < segments->count; i++) {
        struct segment_entry *entry = segments->entries[i].value;
        struct field_slot *fields = ARENA_ARRAY(reader->arena, entry->count, struct field_slot);
        for (size_t k = 0; k < entry->count; k++)
            fields[k] = entry->fields[k];
        entry->fields = fields;
    }
    for (size_t i = 0; i < types->count; i++) {
        struct type_entry *entry = types->entries[i].value;
        struct hl7v2_component_definition *components =
            ARENA_ARRAY(reader->arena, entry->count, struct hl7v2_component_definition);
        for (size_t k = 0; k < entry->count; k++)
            components[k] = entry->components[k];
        entry->components = components;
    }
}

static int read_all(const char *folder, const struct hl7v2_dictionary_texts *texts,
                    struct arena *arena, struct arena *scratch,
                    const struct hl7v2_dictionary **ret_dictionary, struct issue_list *issues)
{
    struct hl7v2_dictionary *dictionary = ARENA_NEW(arena, struct hl7v2_dictionary);
    struct map kept;
    struct reader reader = {.dictionary = dictionary,
                            .arena = arena,
                            .scratch = scratch,
                            .texts = &kept,
                            .issues = issues};
    map_init(&kept, scratch);
    map_init(&dictionary->segments, arena);
    map_init(&dictionary->types, arena);
    map_init(&dictionary->structures, arena);
    map_init(&dictionary->events, arena);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct slice *text =
            (const struct slice *)(const void *)((const char *)texts + TABLES[i].text);
        struct slice name = slice_of(TABLES[i].file);
        struct slice file = folder != NULL ? slice_of(file_join(arena, folder, name)) : name;
        if (read_table(&reader, &TABLES[i], file, *text) != 0)
            return -1;
    }
    settle_arrays(&reader);
    *ret_dictionary = dictionary;
    return 0;
}

int hl7v2_dictionary_parse(const struct hl7v2_dictionary_texts *texts, struct arena *arena,
                           const struct hl7v2_dictionary **ret_dictionary,
                           struct issue_list *issues)
{
    struct arena *scratch = arena_new(0);
    int result = read_all(/* folder= */ NULL, texts, arena, scratch, ret_dictionary, issues);
    arena_free(scratch);
    return result;
}

static int load_all(const char *folder, struct arena *arena, struct arena *scratch,
                    const struct hl7v2_dictionary **ret_dictionary, struct issue_list *issues)
{
    struct hl7v2_dictionary_texts texts = {0};
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct slice *text = (struct slice *)(void *)((char *)&texts + TABLES[i].text);
        char *path = file_join(scratch, folder, slice_of(TABLES[i].file));
        if (file_read(path, FILE_LIMIT, scratch, text, issues) != 0)
            return -1;
    }
    return read_all(folder, &texts, arena, scratch, ret_dictionary, issues);
}

int hl7v2_dictionary_load(const char *folder, struct arena *arena,
                          const struct hl7v2_dictionary **ret_dictionary, struct issue_list *issues)
{
    struct arena *scratch = arena_new(0);
    int result = load_all(folder, arena, scratch, ret_dictionary, issues);
    arena_free(scratch);
    return result;
}

/* --- looking up --------------------------------------------------------------------------------
 */

const struct hl7v2_structure *hl7v2_dictionary_structure(const struct hl7v2_dictionary *dictionary,
                                                         struct slice name)
{
    return map_get(&dictionary->structures, name);
}

struct slice hl7v2_dictionary_event_structure(const struct hl7v2_dictionary *dictionary,
                                              struct slice type, struct slice event)
{
    char key[8];
    if (type.len != 3 || event.len > 3)
        return (struct slice){0};
    size_t len = 0;
    for (size_t i = 0; i < type.len; i++)
        key[len++] = type.ptr[i];
    key[len++] = '^';
    for (size_t i = 0; i < event.len; i++)
        key[len++] = event.ptr[i];
    const struct event_entry *entry = map_get(&dictionary->events, (struct slice){key, len});
    return entry != NULL ? entry->structure : (struct slice){0};
}

static const struct segment_entry *segment_entry(const struct hl7v2_dictionary *dictionary,
                                                 uint32_t segment)
{
    const char id[] = {(char)(segment >> 16), (char)(segment >> 8), (char)segment};
    return map_get(&dictionary->segments, (struct slice){id, sizeof id});
}

static const struct field_slot *find_field(const struct hl7v2_dictionary *dictionary,
                                           uint32_t segment, unsigned field)
{
    const struct segment_entry *entry = segment_entry(dictionary, segment);
    if (entry == NULL || field == 0 || field > entry->count ||
        entry->fields[field - 1].definition.field == 0)
        return NULL;
    return &entry->fields[field - 1];
}

const struct hl7v2_field_definition *
hl7v2_dictionary_field(const struct hl7v2_dictionary *dictionary, uint32_t segment, unsigned field)
{
    const struct field_slot *slot = find_field(dictionary, segment, field);
    return slot != NULL ? &slot->definition : NULL;
}

unsigned hl7v2_dictionary_field_count(const struct hl7v2_dictionary *dictionary, uint32_t segment)
{
    const struct segment_entry *entry = segment_entry(dictionary, segment);
    return entry != NULL ? (unsigned)entry->count : 0;
}

unsigned hl7v2_dictionary_last_required(const struct hl7v2_dictionary *dictionary, uint32_t segment)
{
    const struct segment_entry *entry = segment_entry(dictionary, segment);
    return entry != NULL ? entry->last_required : 0;
}

const struct slice *hl7v2_dictionary_segments(const struct hl7v2_dictionary *dictionary,
                                              struct arena *arena, size_t *ret_count)
{
    struct slice *names = ARENA_ARRAY(arena, dictionary->segments.count + 1, struct slice);
    for (size_t i = 0; i < dictionary->segments.count; i++)
        names[i] = dictionary->segments.entries[i].key;
    *ret_count = dictionary->segments.count;
    return names;
}

/* HL7 v2.5.1 2.A and v2.9 2A: the data types without components, with those of earlier versions. */
static const struct slice PRIMITIVES[] = {
    SLICE_INIT("DT"), SLICE_INIT("DTM"), SLICE_INIT("FT"), SLICE_INIT("GTS"), SLICE_INIT("ID"),
    SLICE_INIT("IS"), SLICE_INIT("NM"),  SLICE_INIT("SI"), SLICE_INIT("SNM"), SLICE_INIT("ST"),
    SLICE_INIT("TM"), SLICE_INIT("TN"),  SLICE_INIT("TX"),
};
#define PRIMITIVE_COUNT (sizeof(PRIMITIVES) / sizeof(PRIMITIVES[0]))

const struct slice *hl7v2_dictionary_types(const struct hl7v2_dictionary *dictionary,
                                           struct arena *arena, size_t *ret_count)
{
    size_t count = dictionary->types.count;
    struct slice *names = ARENA_ARRAY(arena, count + PRIMITIVE_COUNT, struct slice);
    for (size_t i = 0; i < count; i++)
        names[i] = dictionary->types.entries[i].key;
    for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
        names[count + i] = PRIMITIVES[i];
    *ret_count = count + PRIMITIVE_COUNT;
    return names;
}

bool hl7v2_dictionary_has_type(const struct hl7v2_dictionary *dictionary, struct slice type)
{
    for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
        if (slice_equal(PRIMITIVES[i], type))
            return true;
    return map_get(&dictionary->types, type) != NULL;
}

static bool in_versions(enum hl7v2_version from, enum hl7v2_version to, enum hl7v2_version version)
{
    return version >= from && (to == HL7V2_VERSION_UNKNOWN || version <= to);
}

struct slice hl7v2_dictionary_field_type(const struct hl7v2_dictionary *dictionary,
                                         uint32_t segment, unsigned field,
                                         enum hl7v2_version version)
{
    const struct field_slot *slot = find_field(dictionary, segment, field);
    if (slot == NULL)
        return (struct slice){0};
    if (version != HL7V2_VERSION_UNKNOWN)
        for (const struct type_row *row = slot->types; row != NULL; row = row->next)
            if (in_versions(row->from, row->to, version))
                return row->type;
    return slot->definition.type;
}

bool hl7v2_field_in_version(const struct hl7v2_field_definition *field, enum hl7v2_version version)
{
    return version == HL7V2_VERSION_UNKNOWN || in_versions(field->from, field->to, version);
}

const struct hl7v2_component_definition *
hl7v2_dictionary_component(const struct hl7v2_dictionary *dictionary, struct slice type,
                           unsigned component)
{
    const struct type_entry *entry = map_get(&dictionary->types, type);
    if (entry == NULL || component == 0 || component > entry->count ||
        entry->components[component - 1].component == 0)
        return NULL;
    return &entry->components[component - 1];
}

unsigned hl7v2_dictionary_component_count(const struct hl7v2_dictionary *dictionary,
                                          struct slice type)
{
    const struct type_entry *entry = map_get(&dictionary->types, type);
    return entry != NULL ? (unsigned)entry->count : 0;
}

uint32_t hl7v2_structure_find(const struct hl7v2_structure *structure, uint32_t from,
                              struct slice path)
{
    struct slice name;
    uint32_t node = from;
    while (slice_split(&path, '.', &name)) {
        uint32_t child = node + 1, end = structure->nodes[node].next;
        while (child < end && !slice_equal(structure->nodes[child].name, name))
            child = structure->nodes[child].next;
        if (child >= end)
            return 0;
        node = child;
    }
    return node == from ? 0 : node;
}
