/* concept_map_table: what a code table says, as export and import both see it. */
#include "mapping/concept_map_internal.h"

#include "mapping/table.h"

/* The columns that stand in an element of their own; two words for one thing are both known. */
static const struct {
    struct slice name;
    enum concept_role role;
} ROLES[] = {
    {SLICE_INIT("code"), CONCEPT_CODE},
    {SLICE_INIT("local_code"), CONCEPT_CODE},
    {SLICE_INIT("code_system"), CONCEPT_CODE_SYSTEM},
    {SLICE_INIT("local_system"), CONCEPT_CODE_SYSTEM},
    {SLICE_INIT("code_display"), CONCEPT_CODE_DISPLAY},
    {SLICE_INIT("local_display"), CONCEPT_CODE_DISPLAY},
    {SLICE_INIT("target_code"), CONCEPT_TARGET_CODE},
    {SLICE_INIT("target_system"), CONCEPT_TARGET_SYSTEM},
    {SLICE_INIT("target_display"), CONCEPT_TARGET_DISPLAY},
    {SLICE_INIT("equivalence"), CONCEPT_EQUIVALENCE},
    {SLICE_INIT("why"), CONCEPT_WHY},
};

enum concept_role concept_role_of(struct slice column)
{
    for (size_t i = 0; i < sizeof(ROLES) / sizeof(ROLES[0]); i++)
        if (slice_equal(ROLES[i].name, column))
            return ROLES[i].role;
    return code_table_is_path(column) ? CONCEPT_PRODUCT : CONCEPT_NOTE;
}

/* --- comments ----------------------------------------------------------------------------------*/

static void add_line(struct slice *text, struct slice line, struct arena *arena)
{
    line = slice_after(line, slice_starts_with(line, SLICE("# ")) ? 2 : 1);
    *text = text->ptr ? arena_format(arena, "%.*s\n%.*s", SLICE_ARG(*text), SLICE_ARG(line)) : line;
}

static struct slice *text_before(struct concept_csv *csv, unsigned line)
{
    size_t row = 0;
    if (line < csv->csv.head_line)
        return &csv->head;
    while (row < csv->csv.row_count && csv_place(&csv->csv, row, 0).line < line)
        row++;
    return &csv->before[row];
}

/* FHIR R4 datatypes#string: no control characters but tab and the ends of lines. */
static bool has_controls(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t')
            return true;
    return false;
}

/* A line is inside a quoted cell where the quotes before it are odd in number. */
static int read_comments(struct concept_csv *csv, struct slice text, struct arena *arena,
                         struct issue_list *issues)
{
    int result = 0;
    unsigned number = 0;
    bool quoted = false;
    for (struct slice rest = text, line; slice_split(&rest, '\n', &line);) {
        number++;
        if (!quoted && slice_starts_with(line, SLICE("#"))) {
            size_t end = slice_ends_with(line, SLICE("\r")) ? line.len - 1 : line.len;
            struct slice comment = slice_part(line, 0, end);
            if (has_controls(comment)) {
                issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                             issue_place_file(csv->csv.file, number, 1),
                             "a comment has control characters");
                result = -1;
            }
            add_line(text_before(csv, number), comment, arena);
            continue;
        }
        for (size_t i = 0; i < line.len; i++)
            quoted ^= line.ptr[i] == '"';
    }
    return result;
}

/* --- the table ---------------------------------------------------------------------------------*/

static int report_head(const struct csv_table *csv, const char *words, struct issue_list *issues)
{
    issue_add(issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                     .severity = ISSUE_ERROR,
                                     .place = issue_place_file(csv->file, csv->head_line, 1),
                                     .words = slice_of(words),
                                     .rule = SLICE("unknown-column")});
    return -1;
}

/* Names that can stand in a list, and as a URI. */
static bool has_plain_columns(const struct csv_table *csv)
{
    for (size_t i = 0; i < csv->column_count; i++) {
        struct slice name = csv->columns[i];
        if (!fhir_primitive_is_valid(FHIR_PRIMITIVE_URI, name) ||
            slice_find_byte(name, ',') < name.len)
            return false;
    }
    return true;
}

/* FHIR R4 datatypes#string: no control characters, and not blanks only. */
static int check_cells(const struct csv_table *csv, struct issue_list *issues)
{
    int result = 0;
    for (size_t i = 0; i < csv->row_count * csv->column_count; i++) {
        if (csv->cells[i].len == 0 || fhir_primitive_is_valid(FHIR_PRIMITIVE_STRING, csv->cells[i]))
            continue;
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                     issue_place_file(csv->file, csv->spots[i].line, csv->spots[i].column),
                     "a cell is blanks only, or has control characters");
        result = -1;
    }
    return result;
}

int concept_csv_read(struct slice file, struct slice text, struct arena *arena,
                     struct concept_csv *ret_csv, struct issue_list *issues)
{
    struct concept_csv csv = {0};
    if (csv_parse(file, text, CSV_COMMA, arena, &csv.csv, issues) != 0)
        return -1;
    size_t count = csv.csv.column_count;
    for (size_t role = 0; role < CONCEPT_SINGLE_COUNT; role++)
        csv.of[role] = count;
    for (size_t i = count; i > 0; i--) {
        enum concept_role role = concept_role_of(csv.csv.columns[i - 1]);
        if (role < CONCEPT_SINGLE_COUNT)
            csv.of[role] = i - 1;
    }
    if (csv.of[CONCEPT_CODE] == count)
        return report_head(&csv.csv, "the code table has no column 'code'", issues);
    if (!has_plain_columns(&csv.csv))
        return report_head(&csv.csv, "a column's name is empty or has a comma or blank", issues);
    if (check_cells(&csv.csv, issues) != 0)
        return -1;
    csv.before = ARENA_ARRAY(arena, csv.csv.row_count + 1, struct slice);
    size_t mark = slice_starts_with(text, SLICE("\xEF\xBB\xBF")) ? 3 : 0;
    if (read_comments(&csv, slice_after(text, mark), arena, issues) != 0)
        return -1;
    *ret_csv = csv;
    return 0;
}

struct slice concept_csv_cell(const struct concept_csv *csv, size_t row, enum concept_role role)
{
    return csv_cell(&csv->csv, row, csv->of[role]);
}

/* --- equivalence -------------------------------------------------------------------------------*/

struct slice concept_key(struct slice a, struct slice b, struct arena *arena)
{
    return arena_format(arena, "%zu:%.*s%.*s", a.len, SLICE_ARG(a), SLICE_ARG(b));
}

static size_t *counter(struct map *counts, struct slice key)
{
    size_t *count = map_get(counts, key);
    if (!count) {
        count = ARENA_NEW(counts->arena, size_t);
        map_put(counts, key, count);
    }
    return count;
}

const char **concept_equivalences(const struct concept_pair *pairs, size_t count,
                                  struct arena *arena)
{
    const char **words = ARENA_ARRAY(arena, count + 1, const char *);
    size_t **codes = ARENA_ARRAY(arena, count + 1, size_t *);
    size_t **answers = ARENA_ARRAY(arena, count + 1, size_t *);
    struct map by_code, by_answer;
    map_init(&by_code, arena);
    map_init(&by_answer, arena);
    for (size_t i = 0; i < count; i++) {
        const struct concept_pair *pair = &pairs[i];
        codes[i] = counter(&by_code, concept_key(pair->code, pair->system, arena));
        answers[i] = counter(&by_answer, concept_key(pair->target, pair->target_system, arena));
        ++*codes[i];
        ++*answers[i];
    }
    for (size_t i = 0; i < count; i++) {
        bool is_one = pairs[i].target.len > 0 && *codes[i] == 1 && *answers[i] == 1;
        words[i] = is_one ? "equivalent" : "relatedto";
    }
    return words;
}

/* --- code systems ------------------------------------------------------------------------------*/

/* A systems table read for a question; false where there is none that can be read. */
static bool read_systems(const struct concept_map_tables *tables, struct slice site,
                         struct arena *arena, struct concept_csv *ret_csv)
{
    const struct concept_map_table *table = concept_map_table(tables, site, SLICE("systems"));
    return table && concept_csv_read(table->file, table->text, arena, ret_csv, NULL) == 0;
}

/* The URN of what has no other name, as the rules of CWE make it for a site. */
static struct slice own_prefix(struct slice site, struct arena *arena)
{
    if (site.len == 0)
        return SLICE("urn:painbridge:code-system:");
    return arena_format(arena, "urn:painbridge:site:%.*s:code-system:", SLICE_ARG(site));
}

/* The answer of the table of a site for a name; empty: none. */
static struct slice uri_of(const struct concept_map_tables *tables, struct slice site,
                           struct slice system, struct arena *arena)
{
    struct concept_csv csv;
    size_t rows = read_systems(tables, site, arena, &csv) ? csv.csv.row_count : 0;
    for (size_t row = 0; row < rows; row++)
        if (slice_equal(concept_csv_cell(&csv, row, CONCEPT_CODE), system))
            return concept_csv_cell(&csv, row, CONCEPT_TARGET_CODE);
    return (struct slice){NULL, 0};
}

struct slice concept_system_uri(const struct concept_map_tables *tables, struct slice site,
                                struct slice system, struct arena *arena)
{
    struct slice uri = {NULL, 0};
    if (site.len > 0)
        uri = uri_of(tables, site, system, arena);
    if (uri.len == 0)
        uri = uri_of(tables, SLICE(""), system, arena);
    if (uri.len > 0)
        return uri;
    return arena_format(arena, "%.*s%.*s", SLICE_ARG(own_prefix(site, arena)), SLICE_ARG(system));
}

/* The name that serves both ways, else the first. */
static struct slice name_of(const struct concept_map_tables *tables, struct slice site,
                            struct slice uri, struct arena *arena)
{
    struct concept_csv csv;
    struct slice name = {NULL, 0};
    size_t rows = read_systems(tables, site, arena, &csv) ? csv.csv.row_count : 0;
    for (size_t row = 0; row < rows; row++) {
        if (!slice_equal(concept_csv_cell(&csv, row, CONCEPT_TARGET_CODE), uri))
            continue;
        bool both =
            slice_equal(csv_cell(&csv.csv, row, csv_column(&csv.csv, "both")), SLICE("yes"));
        if (both)
            return concept_csv_cell(&csv, row, CONCEPT_CODE);
        if (name.len == 0)
            name = concept_csv_cell(&csv, row, CONCEPT_CODE);
    }
    return name;
}

struct slice concept_system_name(const struct concept_map_tables *tables, struct slice site,
                                 struct slice uri, struct arena *arena)
{
    struct slice prefix = own_prefix(site, arena);
    struct slice name = {NULL, 0};
    if (slice_starts_with(uri, prefix))
        return slice_after(uri, prefix.len);
    if (site.len > 0)
        name = name_of(tables, site, uri, arena);
    return name.len > 0 ? name : name_of(tables, SLICE(""), uri, arena);
}
