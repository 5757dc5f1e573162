/* match_table: see the header. Each file is a row of READERS: its columns, and what one row of it
 * becomes. */
#include "pipeline/match_internal.h"

#include "base/csv.h"
#include "base/suggest.h"

#include <math.h>

#define FOLDER "identity/"
#define COLUMN_LIMIT (MATCH_FIELD_COUNT + 3)

static const struct slice FIELD_NAMES[] = {
#define FIELD_NAME(constant, name) SLICE_INIT(name),
    MATCH_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

static const struct slice LEVEL_NAMES[] = {
#define LEVEL_NAME(constant, name) SLICE_INIT(name),
    MATCH_LEVELS(LEVEL_NAME)
#undef LEVEL_NAME
};

static const struct slice SAYS_NAMES[] = {
#define SAYS_NAME(constant, name) SLICE_INIT(name),
    MATCH_SAYS(SAYS_NAME)
#undef SAYS_NAME
};

static const struct slice COUNTS_NAMES[] = {
    [MATCH_COUNTS_NOTHING] = SLICE_INIT("nothing"),
    [MATCH_COUNTS_PROOF] = SLICE_INIT("proof"),
    [MATCH_COUNTS_SSN] = SLICE_INIT("ssn"),
};

static const struct slice PLACEHOLDER_NAMES[] = {
    [MATCH_PLACEHOLDER_NAME] = SLICE_INIT("name"),
    [MATCH_PLACEHOLDER_GIVEN] = SLICE_INIT("given"),
    [MATCH_PLACEHOLDER_FAMILY] = SLICE_INIT("family"),
    [MATCH_PLACEHOLDER_BIRTH] = SLICE_INIT("birth"),
    [MATCH_PLACEHOLDER_SSN] = SLICE_INIT("ssn"),
    [MATCH_PLACEHOLDER_SSN4] = SLICE_INIT("ssn4"),
    [MATCH_PLACEHOLDER_PHONE] = SLICE_INIT("phone"),
    [MATCH_PLACEHOLDER_ADDRESS] = SLICE_INIT("address"),
    [MATCH_PLACEHOLDER_NUMBER] = SLICE_INIT("number"),
};

static const struct slice WORD_NAMES[] = {
    [MATCH_WORD_PARTICLE] = SLICE_INIT("particle"), [MATCH_WORD_SUFFIX] = SLICE_INIT("suffix"),
    [MATCH_WORD_TITLE] = SLICE_INIT("title"),       [MATCH_WORD_GIVEN] = SLICE_INIT("given"),
    [MATCH_WORD_STREET] = SLICE_INIT("street"),     [MATCH_WORD_UNIT] = SLICE_INIT("unit"),
};

static const struct slice NAME_KINDS[] = {
    [MATCH_NAME_FAMILY] = SLICE_INIT("family"), [MATCH_NAME_GIVEN] = SLICE_INIT("given")};

static const struct slice THRESHOLD_NAMES[] = {SLICE_INIT("link"), SLICE_INIT("review"),
                                               SLICE_INIT("block-cap"), SLICE_INIT("second")};
#define THRESHOLD_COUNT (sizeof(THRESHOLD_NAMES) / sizeof(THRESHOLD_NAMES[0]))

#define LEVEL(name) (1u << MATCH_LEVEL_##name)
#define SAID_OR_NOT (LEVEL(MISSING) | LEVEL(DIFFERENT) | LEVEL(EQUAL))

/* The levels a field comes to. */
static const uint32_t LEVELS_OF[MATCH_FIELD_COUNT] = {
    [MATCH_NUMBER] = SAID_OR_NOT,
    [MATCH_SSN] = SAID_OR_NOT | LEVEL(TYPO) | LEVEL(LAST),
    [MATCH_FAMILY] = SAID_OR_NOT | LEVEL(FULL) | LEVEL(COMMON) | LEVEL(PART) | LEVEL(FREQUENT) |
                     LEVEL(CROSSED) | LEVEL(TYPO) | LEVEL(NICKNAME) | LEVEL(SWAPPED),
    [MATCH_GIVEN] = SAID_OR_NOT | LEVEL(FULL) | LEVEL(COMMON) | LEVEL(PART) | LEVEL(FREQUENT) |
                    LEVEL(CROSSED) | LEVEL(TYPO) | LEVEL(NICKNAME) | LEVEL(INITIAL) | LEVEL(ORDER) |
                    LEVEL(SWAPPED),
    [MATCH_SUFFIX] = SAID_OR_NOT,
    [MATCH_BIRTH] = SAID_OR_NOT | LEVEL(COMMON) | LEVEL(TYPO) | LEVEL(SWAPPED) | LEVEL(YEAR) |
                    LEVEL(NEAR) | LEVEL(GENERATION),
    [MATCH_SEX] = SAID_OR_NOT,
    [MATCH_ADDRESS] = SAID_OR_NOT | LEVEL(PART) | LEVEL(TYPO) | LEVEL(PLACE) | LEVEL(REGION),
    [MATCH_PHONE] = SAID_OR_NOT | LEVEL(TYPO) | LEVEL(AREA) | LEVEL(LAST),
};

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    struct match_table *table;
    struct arena *arena;
    struct issue_list *issues;
    struct csv_table csv;
    size_t columns[COLUMN_LIMIT]; /* where each column of the file's row in READERS stands */
    struct map formal[MATCH_NAME_KIND_COUNT]; /* names that forms stand for, to their number */
    bool has_weight[MATCH_FIELD_COUNT][MATCH_LEVEL_COUNT];
    bool has_threshold[THRESHOLD_COUNT];
    int result;
};

static struct slice cell(const struct reader *reader, size_t row, size_t column)
{
    return slice_trim(csv_cell(&reader->csv, row, reader->columns[column]));
}

static void wrong(struct reader *reader, size_t row, size_t column, const char *words,
                  struct slice hint)
{
    reader->result = -1;
    issue_add(reader->issues,
              (struct issue){.code = ISSUE_CONFIGURATION,
                             .severity = ISSUE_ERROR,
                             .place = csv_place(&reader->csv, row, reader->columns[column]),
                             .words = slice_of(words),
                             .hint = hint});
}

/* Number of the word among the names; `count` where it is none of them, which is reported. */
static size_t find_name(struct reader *reader, size_t row, size_t column, struct slice word,
                        const struct slice *names, size_t count, const char *words)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(names[i], word))
            return i;
    size_t nearest = suggest_nearest(word, names, count);
    struct slice hint = {NULL, 0};
    if (nearest < count)
        hint = arena_format(reader->arena, "did you mean '%.*s'?", SLICE_ARG(names[nearest]));
    wrong(reader, row, column, words, hint);
    return count;
}

#define FIND(reader, row, column, names, words)                                                    \
    find_name(reader, row, column, cell(reader, row, column), names,                               \
              sizeof(names) / sizeof((names)[0]), words)

/* "12", "0.000004", "-3.5": no blanks, no exponent. */
static bool read_number(struct slice text, double *ret_number)
{
    double number = 0, unit = 1;
    bool is_negative = slice_starts_with(text, SLICE("-")), has_digit = false, has_point = false;
    for (size_t i = is_negative; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (byte < '0' || byte > '9')
            return false;
        has_digit = true;
        number = number * 10 + (byte - '0');
        unit *= has_point ? 10 : 1;
    }
    *ret_number = (is_negative ? -number : number) / unit;
    return has_digit && text.len < 20;
}

/* Folded; empty is reported. */
static struct slice folded_cell(struct reader *reader, size_t row, size_t column)
{
    struct slice folded = match_fold(cell(reader, row, column), reader->arena);
    if (folded.len == 0)
        wrong(reader, row, column, "has no letter or digit", (struct slice){NULL, 0});
    return folded;
}

/* --- one row of each file --------------------------------------------------------------------- */

static void read_weight(struct reader *reader, size_t row)
{
    size_t field = FIND(reader, row, 0, FIELD_NAMES, "is no field");
    size_t level = FIND(reader, row, 1, LEVEL_NAMES, "is no level");
    if (field == MATCH_FIELD_COUNT || level == MATCH_LEVEL_COUNT)
        return;
    if (level == MATCH_LEVEL_MISSING || !(LEVELS_OF[field] & 1u << level)) {
        wrong(reader, row, 1, "is no level of this field, or one that weighs nothing",
              (struct slice){NULL, 0});
        return;
    }
    double odds[2] = {0};
    for (size_t i = 0; i < 2; i++)
        if (!read_number(cell(reader, row, 2 + i), &odds[i]) || odds[i] <= 0 || odds[i] > 1) {
            wrong(reader, row, 2 + i, "is no frequency above 0 and up to 1",
                  (struct slice){NULL, 0});
            return;
        }
    if (reader->has_weight[field][level])
        wrong(reader, row, 0, "has a row for this level already", (struct slice){NULL, 0});
    reader->has_weight[field][level] = true;
    reader->table->weights[field][level] = log2(odds[0] / odds[1]);
}

/* "typo swapped", "not equal": a bit for each level; empty: all. 0 where it is not understood. */
static uint32_t read_levels(struct reader *reader, size_t row, size_t column,
                            enum match_field field)
{
    struct slice rest = cell(reader, row, column), word;
    uint32_t levels = 0;
    bool is_not = false;
    if (rest.len == 0)
        return LEVELS_OF[field];
    while (slice_split(&rest, ' ', &word)) {
        if (slice_equal(word, SLICE("not")) && levels == 0 && !is_not) {
            is_not = true;
            continue;
        }
        if (word.len == 0)
            continue;
        size_t level = find_name(reader, row, column, word, LEVEL_NAMES, MATCH_LEVEL_COUNT,
                                 "has a word that is no level");
        if (level == MATCH_LEVEL_COUNT)
            return 0;
        if (!(LEVELS_OF[field] & 1u << level))
            wrong(reader, row, column, "has a level that this field does not know",
                  (struct slice){NULL, 0});
        levels |= 1u << level;
    }
    return is_not ? LEVELS_OF[field] & ~levels : levels;
}

static void read_rule(struct reader *reader, size_t row)
{
    struct match_table *table = reader->table;
    struct match_rule *rule = &table->rules[table->rule_count];
    rule->name = cell(reader, row, 0);
    if (rule->name.len == 0)
        wrong(reader, row, 0, "a rule needs a name", (struct slice){NULL, 0});
    for (size_t field = 0; field < MATCH_FIELD_COUNT; field++)
        rule->fits[field] = read_levels(reader, row, 1 + field, (enum match_field)field);
    size_t says = FIND(reader, row, 1 + MATCH_FIELD_COUNT, SAYS_NAMES, "is nothing a rule says");
    rule->says = (enum match_says)says;
    table->rule_count++;
}

static void read_threshold(struct reader *reader, size_t row)
{
    struct match_table *table = reader->table;
    size_t threshold = FIND(reader, row, 0, THRESHOLD_NAMES, "is no threshold");
    double value = 0;
    if (threshold == THRESHOLD_COUNT)
        return;
    bool is_cap = threshold == 2;
    if (!read_number(cell(reader, row, 1), &value) || (is_cap && (value < 1 || value > 100000))) {
        wrong(reader, row, 1, is_cap ? "is no number from 1 to 100000" : "is no number",
              (struct slice){NULL, 0});
        return;
    }
    if (reader->has_threshold[threshold])
        wrong(reader, row, 0, "is there twice", (struct slice){NULL, 0});
    reader->has_threshold[threshold] = true;
    if (is_cap)
        table->block_cap = (int32_t)value;
    else
        *(double *[]){&table->link, &table->review, NULL, &table->second}[threshold] = value;
}

static void read_identifier(struct reader *reader, size_t row)
{
    struct match_table *table = reader->table;
    struct slice type = cell(reader, row, 0);
    size_t counts = FIND(reader, row, 1, COUNTS_NAMES, "is nothing a number counts as");
    enum match_counts *value = ARENA_NEW(reader->arena, enum match_counts);
    *value = (enum match_counts)counts;
    if (slice_equal(type, SLICE("*")))
        table->other_identifiers = *value;
    if (type.len == 0 || map_put(&table->identifiers, arena_copy(reader->arena, type), value))
        wrong(reader, row, 0, "is no type of a number, or is there twice", (struct slice){NULL, 0});
}

static void add_form(struct reader *reader, struct map *forms, struct slice word, uint32_t name)
{
    struct match_forms *of = map_get(forms, word);
    if (!of) {
        of = ARENA_NEW(reader->arena, struct match_forms);
        map_put(forms, word, of);
    }
    for (size_t i = 0; i < of->count; i++)
        if (of->names[i] == name)
            return;
    of->names = arena_grow(reader->arena, of->names, of->count * sizeof(uint32_t),
                           (of->count + 1) * sizeof(uint32_t));
    of->names[of->count++] = name;
}

static void read_nickname(struct reader *reader, size_t row)
{
    size_t kind = FIND(reader, row, 0, NAME_KINDS, "is no kind of a name");
    struct slice name = folded_cell(reader, row, 1), form = folded_cell(reader, row, 2);
    if (kind == MATCH_NAME_KIND_COUNT || name.len == 0 || form.len == 0)
        return;
    uint32_t *number = map_get(&reader->formal[kind], name);
    if (!number) {
        number = ARENA_NEW(reader->arena, uint32_t);
        *number = (uint32_t)reader->formal[kind].count;
        map_put(&reader->formal[kind], name, number);
    }
    add_form(reader, &reader->table->forms[kind], name, *number);
    add_form(reader, &reader->table->forms[kind], form, *number);
}

static const struct slice SHARE_NAMES[] = {SLICE_INIT("known"), SLICE_INIT("frequent")};

static void read_known(struct reader *reader, size_t row)
{
    struct match_table *table = reader->table;
    size_t kind = FIND(reader, row, 0, NAME_KINDS, "is no kind of a name");
    struct slice name = folded_cell(reader, row, 1);
    size_t share = FIND(reader, row, 2, SHARE_NAMES, "is nothing a name can be");
    bool *is_frequent = ARENA_NEW(reader->arena, bool);
    *is_frequent = share == 1;
    if (kind < MATCH_NAME_KIND_COUNT && name.len > 0)
        map_put(&table->names[kind], name, is_frequent);
}

static void read_word(struct reader *reader, size_t row)
{
    size_t kind = FIND(reader, row, 0, WORD_NAMES, "is no kind of a word");
    struct slice word = folded_cell(reader, row, 1);
    struct slice *value = ARENA_NEW(reader->arena, struct slice);
    *value = match_fold(cell(reader, row, 2), reader->arena);
    bool wants_value =
        kind == MATCH_WORD_SUFFIX || kind == MATCH_WORD_STREET || kind == MATCH_WORD_GIVEN;
    if (kind == MATCH_WORD_COUNT || word.len == 0)
        return;
    if (wants_value != (value->len > 0))
        wrong(reader, row, 2,
              wants_value ? "has to say what the word is written as"
                          : "a word that is left out has no value",
              (struct slice){NULL, 0});
    map_put(&reader->table->words[kind], word, value);
}

static void read_placeholder(struct reader *reader, size_t row)
{
    struct match_table *table = reader->table;
    size_t kind = FIND(reader, row, 0, PLACEHOLDER_NAMES, "is nothing a placeholder stands for");
    struct slice text = cell(reader, row, 1);
    if (kind == MATCH_PLACEHOLDER_COUNT)
        return;
    if (slice_equal(text, SLICE("#"))) {
        table->repeated_digit[kind] = true;
        return;
    }
    struct slice folded = folded_cell(reader, row, 1);
    if (kind >= MATCH_PLACEHOLDER_SSN && kind != MATCH_PLACEHOLDER_ADDRESS)
        folded = match_squeeze(folded, reader->arena);
    map_put(&table->placeholders[kind], kind == MATCH_PLACEHOLDER_BIRTH ? text : folded, table);
}

/* --- the files -------------------------------------------------------------------------------- */

static const struct {
    struct slice file;
    const char *columns[COLUMN_LIMIT];
    void (*read)(struct reader *reader, size_t row);
} READERS[] = {
#define RULE_COLUMN(constant, name) name,
    {SLICE_INIT("weights.csv"), {"field", "level", "m", "u"}, read_weight},
    {SLICE_INIT("rules.csv"), {"rule", MATCH_FIELDS(RULE_COLUMN) "says"}, read_rule},
    {SLICE_INIT("thresholds.csv"), {"name", "value"}, read_threshold},
    {SLICE_INIT("identifiers.csv"), {"type", "counts"}, read_identifier},
    {SLICE_INIT("nicknames.csv"), {"kind", "name", "form"}, read_nickname},
    {SLICE_INIT("names.csv"), {"kind", "name", "share"}, read_known},
    {SLICE_INIT("words.csv"), {"kind", "word", "value"}, read_word},
    {SLICE_INIT("placeholders.csv"), {"field", "value"}, read_placeholder},
#undef RULE_COLUMN
};
#define READER_COUNT (sizeof(READERS) / sizeof(READERS[0]))

static void report(struct reader *reader, struct slice file, unsigned line, const char *words,
                   struct slice name)
{
    reader->result = -1;
    issue_report(reader->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                 issue_place_file(file, line, line > 0), "%s '%.*s'", words, SLICE_ARG(name));
}

static bool find_columns(struct reader *reader, size_t number)
{
    bool found = true;
    for (size_t i = 0; i < COLUMN_LIMIT && READERS[number].columns[i]; i++) {
        const char *name = READERS[number].columns[i];
        reader->columns[i] = csv_column(&reader->csv, name);
        if (reader->columns[i] < reader->csv.column_count)
            continue;
        report(reader, reader->csv.file, reader->csv.head_line, "there is no column",
               slice_of(name));
        found = false;
    }
    return found;
}

static void read_file(struct reader *reader, const struct mapping_texts *texts, size_t number)
{
    struct slice name = arena_format(reader->arena, FOLDER "%.*s", SLICE_ARG(READERS[number].file));
    struct slice file = texts->folder
                            ? arena_format(reader->arena, "%s/%.*s", texts->folder, SLICE_ARG(name))
                            : name;
    const struct mapping_text *text = mapping_texts_get(texts, name);
    if (!text) {
        report(reader, file, 0, "could not find", name);
        return;
    }
    /* what is kept of it must not hang on the text, which may go before the table does */
    if (csv_parse(file, arena_copy(reader->arena, text->text), CSV_COMMA, reader->arena,
                  &reader->csv, reader->issues) != 0) {
        reader->result = -1;
        return;
    }
    if (!find_columns(reader, number))
        return;
    if (READERS[number].read == read_rule)
        reader->table->rules =
            ARENA_ARRAY(reader->arena, reader->csv.row_count + 1, struct match_rule);
    for (size_t row = 0; row < reader->csv.row_count; row++)
        READERS[number].read(reader, row);
}

/* What no row says would silently weigh nothing. */
static void check_whole(struct reader *reader)
{
    for (size_t field = 0; field < MATCH_FIELD_COUNT; field++)
        for (size_t level = MATCH_LEVEL_MISSING + 1; level < MATCH_LEVEL_COUNT; level++)
            if (LEVELS_OF[field] & 1u << level && !reader->has_weight[field][level])
                report(reader, SLICE(FOLDER "weights.csv"), 0, "there is no row for",
                       arena_format(reader->arena, "%.*s,%.*s", SLICE_ARG(FIELD_NAMES[field]),
                                    SLICE_ARG(LEVEL_NAMES[level])));
    for (size_t i = 0; i < THRESHOLD_COUNT; i++)
        if (!reader->has_threshold[i])
            report(reader, SLICE(FOLDER "thresholds.csv"), 0, "there is no row for",
                   THRESHOLD_NAMES[i]);
    if (reader->table->link > reader->table->second)
        report(reader, SLICE(FOLDER "thresholds.csv"), 0, "'link' is above", THRESHOLD_NAMES[3]);
    if (reader->table->review > reader->table->link)
        report(reader, SLICE(FOLDER "thresholds.csv"), 0, "'review' is above", THRESHOLD_NAMES[0]);
}

int pipeline_match_table_load(const struct mapping_texts *texts, struct arena *arena,
                              const struct match_table **ret_table, struct issue_list *issues)
{
    struct match_table *table = ARENA_NEW(arena, struct match_table);
    struct reader reader = {.table = table, .arena = arena, .issues = issues};
    map_init(&table->identifiers, arena);
    for (size_t i = 0; i < MATCH_NAME_KIND_COUNT; i++) {
        map_init(&table->forms[i], arena);
        map_init(&table->names[i], arena);
        map_init(&reader.formal[i], arena);
    }
    for (size_t i = 0; i < MATCH_PLACEHOLDER_COUNT; i++)
        map_init(&table->placeholders[i], arena);
    for (size_t i = 0; i < MATCH_WORD_COUNT; i++)
        map_init(&table->words[i], arena);
    for (size_t i = 0; i < READER_COUNT; i++)
        read_file(&reader, texts, i);
    if (reader.result == 0)
        check_whole(&reader);
    if (reader.result == 0)
        *ret_table = table;
    return reader.result;
}

/* --- asking ----------------------------------------------------------------------------------- */

bool match_is_placeholder(const struct match_table *table, enum match_placeholder kind,
                          struct slice text)
{
    const struct map *map = &table->placeholders[kind];
    if (text.len == 0 || map_get(map, text))
        return true;
    if (table->repeated_digit[kind]) {
        size_t same = 0;
        while (same < text.len && text.ptr[same] == text.ptr[0])
            same++;
        if (same == text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9')
            return true;
    }
    for (size_t at = slice_find_byte(text, ' '); at < text.len;
         at += 1 + slice_find_byte(slice_after(text, at + 1), ' '))
        if (map_get(map, slice_part(text, 0, at)))
            return true;
    return false;
}

const struct slice *match_word_value(const struct match_table *table, enum match_word_kind kind,
                                     struct slice word)
{
    return map_get(&table->words[kind], word);
}

int32_t pipeline_match_block_cap(const struct match_table *table)
{
    return table->block_cap;
}

const char *match_field_name(enum match_field field)
{
    return FIELD_NAMES[field].ptr;
}

const char *match_level_name(enum match_level level)
{
    return LEVEL_NAMES[level].ptr;
}
