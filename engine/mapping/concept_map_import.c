/* concept_map_import: a ConceptMap as a code table.
 *
 * The rows are gathered first, each with its cells by column, because a column may turn up in the
 * last row; then the notes are settled against the file as it is, and all is written at once. */
#include "mapping/concept_map_internal.h"

#include "mapping/table.h"

struct import_row {
    struct slice *cells; /* by column, as many as there were when it was read */
    size_t cell_count;
    struct slice comment;
};

struct import {
    const struct concept_map_import *order;
    struct arena *arena;
    struct issue_list *issues;
    bool has_present;
    struct concept_csv present;
    struct slice *columns; /* the first `given_count` in their order, then those that turned up */
    size_t column_count, given_count;
    bool is_usual; /* nobody said which columns: empty ones are not written */
    struct import_row *rows;
    size_t row_count, row_capacity;
    struct slice head, tail; /* comments */
};

/* --- what cannot be said -----------------------------------------------------------------------*/

static void refuse(struct import *import, struct slice path, const char *words, const char *hint)
{
    issue_add(import->issues, (struct issue){.code = ISSUE_NOT_SUPPORTED,
                                             .severity = ISSUE_ERROR,
                                             .place = issue_place_fhir(path),
                                             .words = slice_of(words),
                                             .hint = slice_of(hint)});
}

enum import_level { LEVEL_MAP, LEVEL_GROUP, LEVEL_ELEMENT, LEVEL_TARGET, LEVEL_PRODUCT };

/* What would be another translation if it were left out. */
static const struct {
    enum import_level level;
    struct slice name;
    const char *words;
} REFUSED[] = {
    {LEVEL_MAP, SLICE_INIT("modifierExtension"), "a table cannot say what this changes"},
    {LEVEL_MAP, SLICE_INIT("implicitRules"), "a table cannot say what this changes"},
    {LEVEL_GROUP, SLICE_INIT("modifierExtension"), "a table cannot say what this changes"},
    {LEVEL_GROUP, SLICE_INIT("sourceVersion"), "a table cannot say the version of a code system"},
    {LEVEL_GROUP, SLICE_INIT("targetVersion"), "a table cannot say the version of a code system"},
    {LEVEL_ELEMENT, SLICE_INIT("modifierExtension"), "a table cannot say what this changes"},
    {LEVEL_TARGET, SLICE_INIT("modifierExtension"), "a table cannot say what this changes"},
    {LEVEL_TARGET, SLICE_INIT("dependsOn"), "a table cannot say what an answer depends on"},
    {LEVEL_PRODUCT, SLICE_INIT("modifierExtension"), "a table cannot say what this changes"},
    {LEVEL_PRODUCT, SLICE_INIT("system"), "a column of a table has no code system"},
};

/* What a table says, or what we make again for each export. */
static const struct {
    enum import_level level;
    struct slice names[16];
} TAKEN[] = {
    {LEVEL_MAP,
     {SLICE_INIT("resourceType"), SLICE_INIT("id"), SLICE_INIT("meta"), SLICE_INIT("extension"),
      SLICE_INIT("url"), SLICE_INIT("version"), SLICE_INIT("name"), SLICE_INIT("title"),
      SLICE_INIT("status"), SLICE_INIT("date"), SLICE_INIT("description"), SLICE_INIT("group")}},
    {LEVEL_GROUP,
     {SLICE_INIT("extension"), SLICE_INIT("source"), SLICE_INIT("target"), SLICE_INIT("_target"),
      SLICE_INIT("element"), SLICE_INIT("unmapped")}},
    {LEVEL_ELEMENT,
     {SLICE_INIT("extension"), SLICE_INIT("code"), SLICE_INIT("_code"), SLICE_INIT("display"),
      SLICE_INIT("_display"), SLICE_INIT("target")}},
    {LEVEL_TARGET,
     {SLICE_INIT("code"), SLICE_INIT("_code"), SLICE_INIT("display"), SLICE_INIT("_display"),
      SLICE_INIT("equivalence"), SLICE_INIT("comment"), SLICE_INIT("_comment"),
      SLICE_INIT("product")}},
    {LEVEL_PRODUCT, {SLICE_INIT("property"), SLICE_INIT("value")}},
};

static const char *refusal(enum import_level level, struct slice name)
{
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++)
        if (REFUSED[i].level == level && slice_equal(REFUSED[i].name, name))
            return REFUSED[i].words;
    return NULL;
}

static bool is_taken(enum import_level level, struct slice name)
{
    for (size_t i = 0; i < 16; i++)
        if (slice_equal(TAKEN[level].names[i], name))
            return true;
    return false;
}

static void check_members(struct import *import, enum import_level level, const struct json *owner,
                          struct slice path)
{
    for (const struct json *member = json_first(owner); member; member = json_next(member)) {
        struct slice name = json_name(member);
        const char *words = refusal(level, name);
        if (is_taken(level, name))
            continue;
        struct slice place =
            arena_format(import->arena, "%.*s.%.*s", SLICE_ARG(path), SLICE_ARG(name));
        if (words)
            refuse(import, place, words, NULL);
        else
            issue_report(import->issues, ISSUE_NOT_SUPPORTED, ISSUE_WARNING,
                         issue_place_fhir(place), "a table has no place for this, it is left out");
    }
}

/* --- reading -----------------------------------------------------------------------------------*/

/* The value of our extension; empty where there is none. */
static struct slice extension_of(const struct json *owner, struct slice url)
{
    const struct json *list = json_get(owner, SLICE("extension"));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (slice_equal(json_get_text(item, SLICE("url")), url))
            return json_get_text(item, SLICE("valueString"));
    return (struct slice){NULL, 0};
}

/* A primitive, or the text that did not fit into it. */
static struct slice text_of(const struct import *import, const struct json *owner,
                            struct slice name)
{
    struct slice text = json_get_text(owner, name);
    if (text.len > 0)
        return text;
    struct slice companion = arena_format(import->arena, "_%.*s", SLICE_ARG(name));
    return extension_of(json_get(owner, companion), CONCEPT_TEXT);
}

static size_t column_named(const struct import *import, struct slice name)
{
    size_t column = 0;
    while (column < import->column_count && !slice_equal(import->columns[column], name))
        column++;
    return column;
}

static size_t add_column(struct import *import, struct slice name)
{
    size_t column = column_named(import, name), count = import->column_count;
    if (column < count)
        return column;
    import->columns = arena_grow(import->arena, import->columns, count * sizeof(name),
                                 (count + 1) * sizeof(name));
    import->columns[import->column_count++] = name;
    return column;
}

/* The column that has this role; it is made where there is none. */
static size_t column_of(struct import *import, enum concept_role role)
{
    static const struct slice NAMES[CONCEPT_SINGLE_COUNT] = {
        [CONCEPT_CODE] = SLICE_INIT("code"),
        [CONCEPT_CODE_SYSTEM] = SLICE_INIT("code_system"),
        [CONCEPT_CODE_DISPLAY] = SLICE_INIT("code_display"),
        [CONCEPT_TARGET_CODE] = SLICE_INIT("target_code"),
        [CONCEPT_TARGET_SYSTEM] = SLICE_INIT("target_system"),
        [CONCEPT_TARGET_DISPLAY] = SLICE_INIT("target_display"),
        [CONCEPT_EQUIVALENCE] = SLICE_INIT("equivalence"),
        [CONCEPT_WHY] = SLICE_INIT("why"),
    };
    for (size_t i = 0; i < import->column_count; i++)
        if (concept_role_of(import->columns[i]) == role)
            return i;
    return add_column(import, NAMES[role]);
}

static struct slice cell_at(const struct import_row *row, size_t column)
{
    return column < row->cell_count ? row->cells[column] : (struct slice){NULL, 0};
}

static void set_cell(struct import *import, struct import_row *row, size_t column,
                     struct slice cell)
{
    if (column >= row->cell_count) {
        row->cells = arena_grow(import->arena, row->cells, row->cell_count * sizeof(cell),
                                (column + 1) * sizeof(cell));
        row->cell_count = column + 1;
    }
    row->cells[column] = cell;
}

static void set_role(struct import *import, struct import_row *row, enum concept_role role,
                     struct slice cell)
{
    if (cell.len > 0)
        set_cell(import, row, column_of(import, role), cell);
}

static void read_columns(struct import *import, struct slice names)
{
    for (struct slice rest = names, name; slice_split(&rest, ',', &name);)
        if (name.len > 0)
            add_column(import, name);
}

/* As the ConceptMap says, else as the file is, else as a table usually is. */
static void choose_columns(struct import *import, const struct json *map)
{
    struct slice names = extension_of(map, CONCEPT_COLUMNS);
    const struct csv_table *present = &import->present.csv;
    read_columns(import, names);
    if (names.len == 0 && import->has_present) {
        for (size_t i = 0; i < present->column_count; i++)
            add_column(import, present->columns[i]);
    } else if (names.len == 0) {
        import->is_usual = true;
        read_columns(import, SLICE("code,code_system,code_display,concept,target_code,"
                                   "target_system,target_display,equivalence,who,when,why"));
    }
    import->given_count = import->column_count;
    column_of(import, CONCEPT_CODE);
}

/* --- rows --------------------------------------------------------------------------------------*/

static void read_products(struct import *import, const struct json *target, struct slice path,
                          struct import_row *row)
{
    size_t number = 0;
    const struct json *list = json_get(target, SLICE("product"));
    for (const struct json *item = json_first(list); item; item = json_next(item), number++) {
        struct slice place =
            arena_format(import->arena, "%.*s.product[%zu]", SLICE_ARG(path), number);
        struct slice property = json_get_text(item, SLICE("property"));
        check_members(import, LEVEL_PRODUCT, item, place);
        if (!code_table_is_path(property))
            refuse(import, place, "this word is another column of a table",
                   "a product's property is a FHIR path, such as repeat.period");
        else
            set_cell(import, row, add_column(import, property),
                     json_get_text(item, SLICE("value")));
    }
}

static bool is_no_match(struct slice equivalence)
{
    return slice_equal(equivalence, SLICE("unmatched")) ||
           slice_equal(equivalence, SLICE("disjoint"));
}

static void read_target(struct import *import, const struct json *element, struct slice path,
                        struct import_row *row)
{
    const struct json *targets = json_get(element, SLICE("target"));
    const struct json *target = json_first(targets);
    if (!target)
        return;
    if (json_next(target))
        refuse(import, arena_format(import->arena, "%.*s.target[1]", SLICE_ARG(path)),
               "a table has one answer for a code", "choose one, and leave the others out");
    path = arena_format(import->arena, "%.*s.target[0]", SLICE_ARG(path));
    check_members(import, LEVEL_TARGET, target, path);
    struct slice equivalence = json_get_text(target, SLICE("equivalence"));
    if (is_no_match(equivalence))
        refuse(import, arena_format(import->arena, "%.*s.equivalence", SLICE_ARG(path)),
               "a table cannot say that a code has no answer",
               "leave the code out: the rule says what becomes of codes that are not there");
    set_role(import, row, CONCEPT_TARGET_CODE, text_of(import, target, SLICE("code")));
    set_role(import, row, CONCEPT_TARGET_DISPLAY, text_of(import, target, SLICE("display")));
    set_role(import, row, CONCEPT_EQUIVALENCE, equivalence);
    set_role(import, row, CONCEPT_WHY, text_of(import, target, SLICE("comment")));
    read_products(import, target, path, row);
}

/* Columns that stand in no element of their own. */
static void read_notes(struct import *import, const struct json *element, struct slice path,
                       struct import_row *row)
{
    static const struct slice COLUMN = SLICE_INIT(CONCEPT_COLUMN);
    const struct json *list = json_get(element, SLICE("extension"));
    size_t number = 0;
    for (const struct json *item = json_first(list); item; item = json_next(item), number++) {
        struct slice url = json_get_text(item, SLICE("url"));
        struct slice value = json_get_text(item, SLICE("valueString"));
        struct slice column = slice_after(url, COLUMN.len);
        if (slice_equal(url, CONCEPT_COMMENT))
            row->comment = value;
        else if (slice_starts_with(url, COLUMN) && !code_table_is_path(column))
            set_cell(import, row, add_column(import, column), value);
        else
            issue_report(import->issues, ISSUE_NOT_SUPPORTED, ISSUE_WARNING,
                         issue_place_fhir(arena_format(import->arena, "%.*s.extension[%zu]",
                                                       SLICE_ARG(path), number)),
                         "a table has no place for this, it is left out");
    }
}

static struct import_row *new_row(struct import *import)
{
    if (import->row_count == import->row_capacity) {
        size_t old = import->row_capacity, more = old > 0 ? 2 * old : 64;
        import->rows = arena_grow(import->arena, import->rows, old * sizeof(*import->rows),
                                  more * sizeof(*import->rows));
        import->row_capacity = more;
    }
    return &import->rows[import->row_count++];
}

static struct slice source_of(struct import *import, const struct json *group, struct slice path)
{
    struct slice system = extension_of(group, CONCEPT_SYSTEM);
    struct slice source = json_get_text(group, SLICE("source"));
    if (system.len > 0 || source.len == 0)
        return system;
    system = concept_system_name(import->order->tables, import->order->site, source, import->arena);
    if (system.len == 0)
        refuse(
            import, arena_format(import->arena, "%.*s.source", SLICE_ARG(path)),
            "codes/systems.csv has no name for this code system",
            "add what messages call it: a row with the name as 'code', the URI as 'target_code'");
    return system;
}

/* Only what a table does by itself: a site's goes on to the shipped one. */
static void check_unmapped(struct import *import, const struct json *group, struct slice path)
{
    const struct json *unmapped = json_get(group, SLICE("unmapped"));
    struct slice title = import->order->title;
    const struct concept_map_table *base =
        concept_map_table(import->order->tables, SLICE(""), title);
    if (!unmapped || (import->order->site.len > 0 && base &&
                      slice_equal(json_get_text(unmapped, SLICE("url")), base->url)))
        return;
    refuse(import, arena_format(import->arena, "%.*s.unmapped", SLICE_ARG(path)),
           "a table cannot say what becomes of other codes",
           "the rule that uses the table says it: unmapped=\"keep\", drop, hold or refuse");
}

static void read_group(struct import *import, const struct json *group, struct slice path)
{
    check_members(import, LEVEL_GROUP, group, path);
    check_unmapped(import, group, path);
    struct slice system = source_of(import, group, path);
    struct slice target = text_of(import, group, SLICE("target"));
    size_t number = 0;
    const struct json *list = json_get(group, SLICE("element"));
    for (const struct json *item = json_first(list); item; item = json_next(item), number++) {
        struct slice place =
            arena_format(import->arena, "%.*s.element[%zu]", SLICE_ARG(path), number);
        struct import_row *row = new_row(import);
        check_members(import, LEVEL_ELEMENT, item, place);
        set_role(import, row, CONCEPT_CODE, text_of(import, item, SLICE("code")));
        set_role(import, row, CONCEPT_CODE_DISPLAY, text_of(import, item, SLICE("display")));
        set_role(import, row, CONCEPT_CODE_SYSTEM, system);
        set_role(import, row, CONCEPT_TARGET_SYSTEM, target);
        read_target(import, item, place, row);
        read_notes(import, item, place, row);
    }
}

/* What the table says without the word is not written. */
static void settle_equivalences(struct import *import)
{
    struct concept_pair *pairs =
        ARENA_ARRAY(import->arena, import->row_count + 1, struct concept_pair);
    size_t column = column_named(import, SLICE("equivalence"));
    size_t code = column_of(import, CONCEPT_CODE), system = column_of(import, CONCEPT_CODE_SYSTEM);
    size_t target = column_of(import, CONCEPT_TARGET_CODE);
    size_t target_system = column_of(import, CONCEPT_TARGET_SYSTEM);
    for (size_t i = 0; i < import->row_count; i++) {
        const struct import_row *row = &import->rows[i];
        pairs[i] = (struct concept_pair){cell_at(row, code), cell_at(row, system),
                                         cell_at(row, target), cell_at(row, target_system)};
    }
    const char **words = concept_equivalences(pairs, import->row_count, import->arena);
    for (size_t i = 0; i < import->row_count; i++)
        if (slice_equal(cell_at(&import->rows[i], column), slice_of(words[i])))
            set_cell(import, &import->rows[i], column, (struct slice){NULL, 0});
}

/* --- who, when, why ----------------------------------------------------------------------------*/

static const struct slice NOTE_NAMES[] = {SLICE_INIT("who"), SLICE_INIT("when"), SLICE_INIT("why")};
#define NOTE_COUNT (sizeof(NOTE_NAMES) / sizeof(NOTE_NAMES[0]))

static bool is_note(struct slice column)
{
    for (size_t i = 0; i < NOTE_COUNT; i++)
        if (slice_equal(column, NOTE_NAMES[i]))
            return true;
    return false;
}

static struct slice present_cell(const struct import *import, size_t row, struct slice column)
{
    const struct csv_table *csv = &import->present.csv;
    for (size_t i = 0; i < csv->column_count; i++)
        if (slice_equal(csv->columns[i], column))
            return csv_cell(csv, row, i);
    return (struct slice){NULL, 0};
}

/* Every column of both that is no note of who, when and why. */
static bool says_the_same(const struct import *import, const struct import_row *row, size_t present)
{
    const struct csv_table *csv = &import->present.csv;
    for (size_t i = 0; i < import->column_count; i++)
        if (!is_note(import->columns[i]) &&
            !slice_equal(cell_at(row, i), present_cell(import, present, import->columns[i])))
            return false;
    for (size_t i = 0; i < csv->column_count; i++)
        if (!is_note(csv->columns[i]) && csv_cell(csv, present, i).len > 0 &&
            column_named(import, csv->columns[i]) == import->column_count)
            return false;
    return true;
}

static bool has_old_notes(const struct import *import, const struct import_row *row, size_t present)
{
    for (size_t i = 0; i < NOTE_COUNT; i++)
        if (!slice_equal(cell_at(row, column_named(import, NOTE_NAMES[i])),
                         present_cell(import, present, NOTE_NAMES[i])))
            return false;
    return true;
}

/* The row of the present file with the same code; SIZE_MAX: there is none. */
static size_t present_row(const struct import *import, const struct map *present,
                          const struct import_row *row)
{
    size_t code = 0, system = 0;
    while (code < import->column_count && concept_role_of(import->columns[code]) != CONCEPT_CODE)
        code++;
    while (system < import->column_count &&
           concept_role_of(import->columns[system]) != CONCEPT_CODE_SYSTEM)
        system++;
    const size_t *found =
        map_get(present, concept_key(cell_at(row, code), cell_at(row, system), import->arena));
    return found ? *found : SIZE_MAX;
}

static void settle_notes(struct import *import, struct import_row *row, size_t present)
{
    const struct concept_map_notes *notes = &import->order->notes;
    const struct slice given[NOTE_COUNT] = {notes->who, notes->when, notes->why};
    bool is_old = present != SIZE_MAX && says_the_same(import, row, present);
    bool is_stale = present != SIZE_MAX && !is_old && has_old_notes(import, row, present);
    bool is_silent = true;
    for (size_t i = 0; i < NOTE_COUNT; i++)
        is_silent &= cell_at(row, column_named(import, NOTE_NAMES[i])).len == 0;
    if (is_old && !is_silent)
        return;
    for (size_t i = 0; i < NOTE_COUNT; i++) {
        size_t column = add_column(import, NOTE_NAMES[i]);
        /* a row that says who and when needs no reason; most of the shipped have none */
        if (is_old)
            set_cell(import, row, column, present_cell(import, present, NOTE_NAMES[i]));
        else if (is_stale || is_silent)
            set_cell(import, row, column, given[i]);
    }
}

static void settle_rows(struct import *import)
{
    struct map present;
    map_init(&present, import->arena);
    size_t count = import->has_present ? import->present.csv.row_count : 0;
    size_t *numbers = ARENA_ARRAY(import->arena, count + 1, size_t);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = i;
        struct slice key =
            concept_key(concept_csv_cell(&import->present, i, CONCEPT_CODE),
                        concept_csv_cell(&import->present, i, CONCEPT_CODE_SYSTEM), import->arena);
        if (!map_get(&present, key))
            map_put(&present, key, &numbers[i]);
    }
    for (size_t i = 0; i < import->row_count; i++) {
        struct import_row *row = &import->rows[i];
        size_t old = present_row(import, &present, row);
        settle_notes(import, row, old);
        if (old == SIZE_MAX)
            continue;
        if (row->comment.len == 0)
            row->comment = import->present.before[old];
        import->present.before[old] = (struct slice){NULL, 0};
    }
}

/* Comments of rows that went are kept at the end. */
static void settle_comments(struct import *import, const struct json *map)
{
    import->head = json_get_text(map, SLICE("description"));
    import->tail = extension_of(map, CONCEPT_COMMENT);
    if (!import->has_present)
        return;
    const struct concept_csv *present = &import->present;
    if (import->head.len == 0)
        import->head = present->head;
    for (size_t i = 0; i <= present->csv.row_count; i++) {
        struct slice text = present->before[i];
        if (text.len == 0 || slice_equal(text, import->tail))
            continue;
        const char *between = import->tail.len > 0 ? "\n" : "";
        import->tail = arena_format(import->arena, "%.*s%s%.*s", SLICE_ARG(import->tail), between,
                                    SLICE_ARG(text));
    }
}

/* --- writing -----------------------------------------------------------------------------------*/

static void write_comment(struct slice text, struct buffer *out)
{
    if (text.len == 0)
        return;
    for (struct slice rest = text, line; slice_split(&rest, '\n', &line);)
        buffer_append_format(out, "#%s%.*s\n", line.len > 0 ? " " : "", SLICE_ARG(line));
}

/* RFC 4180 2; a # at the front would make the line a comment. */
static void write_cell(struct slice cell, struct buffer *out)
{
    bool quoted = slice_starts_with(cell, SLICE("#"));
    for (size_t i = 0; i < cell.len; i++)
        quoted |=
            cell.ptr[i] == ',' || cell.ptr[i] == '"' || cell.ptr[i] == '\n' || cell.ptr[i] == '\r';
    if (!quoted) {
        buffer_append(out, cell);
        return;
    }
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"')
            buffer_append_byte(out, '"');
        buffer_append_byte(out, cell.ptr[i]);
    }
    buffer_append_byte(out, '"');
}

static bool is_empty(const struct import *import, size_t column)
{
    for (size_t i = 0; i < import->row_count; i++)
        if (cell_at(&import->rows[i], column).len > 0)
            return false;
    return true;
}

/* Which columns are written, in which order: those that turned up stand before who says so. A
 * column that was made and has nothing in it is not written. */
static size_t order_columns(struct import *import, size_t *order)
{
    size_t count = 0, who = column_named(import, SLICE("who"));
    size_t before = who < import->given_count ? who : import->given_count;
    size_t code = column_of(import, CONCEPT_CODE);
    for (size_t i = 0; i < before; i++)
        if (!import->is_usual || i == code || !is_empty(import, i))
            order[count++] = i;
    for (size_t i = import->given_count; i < import->column_count; i++)
        if (i == code || !is_empty(import, i))
            order[count++] = i;
    for (size_t i = before; i < import->given_count; i++)
        order[count++] = i;
    return count;
}

static void write_table(struct import *import, struct buffer *out)
{
    size_t *order = ARENA_ARRAY(import->arena, import->column_count + 1, size_t);
    size_t count = order_columns(import, order);
    write_comment(import->head, out);
    for (size_t i = 0; i < count; i++) {
        buffer_append(out, i > 0 ? SLICE(",") : SLICE(""));
        write_cell(import->columns[order[i]], out);
    }
    buffer_append_byte(out, '\n');
    for (size_t row = 0; row < import->row_count; row++) {
        write_comment(import->rows[row].comment, out);
        for (size_t i = 0; i < count; i++) {
            buffer_append(out, i > 0 ? SLICE(",") : SLICE(""));
            write_cell(cell_at(&import->rows[row], order[i]), out);
        }
        /* a line with nothing in it would be passed over */
        if (count == 1 && cell_at(&import->rows[row], order[0]).len == 0)
            buffer_append(out, SLICE("\"\""));
        buffer_append_byte(out, '\n');
    }
    write_comment(import->tail, out);
}

int concept_map_to_table(const struct json *map, const struct concept_map_import *order,
                         struct arena *arena, struct buffer *out, struct issue_list *issues)
{
    struct import import = {.order = order, .arena = arena, .issues = issues};
    import.has_present = order->present.len > 0;
    if (import.has_present && concept_csv_read(SLICE("the present table"), order->present, arena,
                                               &import.present, issues) != 0)
        return -1;
    check_members(&import, LEVEL_MAP, map, SLICE("ConceptMap"));
    choose_columns(&import, map);
    size_t number = 0;
    const struct json *groups = json_get(map, SLICE("group"));
    for (const struct json *group = json_first(groups); group; group = json_next(group), number++)
        read_group(&import, group, arena_format(arena, "ConceptMap.group[%zu]", number));
    if (issue_list_failed(issues))
        return -1;
    settle_equivalences(&import);
    settle_rows(&import);
    settle_comments(&import, map);
    write_table(&import, out);
    return 0;
}
