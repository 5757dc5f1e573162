/* option: reads a command line against rows.
 *
 *   word = "--" name [ "=" value ] / "--" / operand */
#include "cli/option.h"

#include "base/suggest.h"

struct option_reader {
    const struct option_row *rows;
    size_t row_count;
    char **words;
    size_t word_count;
    size_t next; /* word to be read */
    struct option_values values;
    struct arena *arena;
    struct issue_list *issues;
};

static const struct option_row *find_row(const struct option_reader *reader, struct slice name)
{
    for (size_t i = 0; i < reader->row_count; i++) {
        if (slice_equal(slice_of(reader->rows[i].name), name)) {
            return &reader->rows[i];
        }
    }
    return NULL;
}

static int wrong(struct option_reader *reader, struct slice words, struct slice hint)
{
    issue_add(reader->issues, (struct issue){.code = ISSUE_NOT_SUPPORTED,
                                             .severity = ISSUE_ERROR,
                                             .words = words,
                                             .hint = hint});
    return -1;
}

static int unknown(struct option_reader *reader, struct slice name)
{
    struct slice *names = ARENA_ARRAY(reader->arena, reader->row_count, struct slice);
    for (size_t i = 0; i < reader->row_count; i++) {
        names[i] = slice_of(reader->rows[i].name);
    }
    size_t nearest = suggest_nearest(name, names, reader->row_count);
    struct slice hint = {0};
    if (nearest < reader->row_count) {
        hint = arena_format(reader->arena, "did you mean '--%s'?", reader->rows[nearest].name);
    }
    return wrong(reader, arena_format(reader->arena, "unknown option '--%.*s'", SLICE_ARG(name)),
                 hint);
}

static bool was_given(const struct option_reader *reader, const struct option_row *row)
{
    for (size_t i = 0; i < reader->values.given_count; i++) {
        if (reader->values.given[i].row == row) {
            return true;
        }
    }
    return false;
}

/* Reads the option at the front: `word` is what follows "--". */
static int read_option(struct option_reader *reader, const char *word)
{
    struct slice rest = slice_of(word);
    size_t equals = slice_find_byte(rest, '=');
    struct slice name = slice_part(rest, 0, equals);
    const char *value = equals < rest.len ? word + equals + 1 : NULL;
    const struct option_row *row = find_row(reader, name);
    if (row == NULL) {
        return unknown(reader, name);
    }
    if (row->argument == NULL && value != NULL) {
        return wrong(reader, arena_format(reader->arena, "option '--%s' takes no value", row->name),
                     (struct slice){0});
    }
    if (row->argument != NULL && value == NULL) {
        if (reader->next == reader->word_count) {
            return wrong(reader,
                         arena_format(reader->arena, "option '--%s' needs a value: %s", row->name,
                                      row->argument),
                         (struct slice){0});
        }
        value = reader->words[reader->next++];
    }
    if (!row->repeats && was_given(reader, row)) {
        return wrong(reader, arena_format(reader->arena, "option '--%s' is given twice", row->name),
                     (struct slice){0});
    }
    reader->values.given[reader->values.given_count++] = (struct option_given){row, value};
    return 0;
}

int option_parse(const struct option_row *rows, size_t row_count, char **words, size_t word_count,
                 struct arena *arena, struct option_values *ret_values, struct issue_list *issues)
{
    struct option_reader reader = {.rows = rows,
                                   .row_count = row_count,
                                   .words = words,
                                   .word_count = word_count,
                                   .arena = arena,
                                   .issues = issues};
    reader.values.given = ARENA_ARRAY(arena, word_count, struct option_given);
    reader.values.operands = ARENA_ARRAY(arena, word_count + 1, char *);
    bool ended = false;
    while (reader.next < word_count) {
        char *word = words[reader.next++];
        bool dashed = word[0] == '-' && word[1] != '\0';
        if (ended || !dashed) {
            reader.values.operands[reader.values.operand_count++] = word;
            continue;
        }
        if (slice_equal(slice_of(word), SLICE("--"))) {
            ended = true;
            continue;
        }
        bool short_help = slice_equal(slice_of(word), SLICE("-h"));
        if (word[1] != '-' && !short_help) {
            return unknown(&reader, slice_of(word + 1));
        }
        if (read_option(&reader, short_help ? "help" : word + 2) != 0) {
            return -1;
        }
    }
    *ret_values = reader.values;
    return 0;
}

const char *option_value_at(const struct option_values *values, const char *name, size_t index)
{
    for (size_t i = 0; i < values->given_count; i++) {
        if (!slice_equal(slice_of(values->given[i].row->name), slice_of(name))) {
            continue;
        }
        if (index-- == 0) {
            return values->given[i].value;
        }
    }
    return NULL;
}

const char *option_value(const struct option_values *values, const char *name)
{
    return option_value_at(values, name, 0);
}

bool option_given(const struct option_values *values, const char *name)
{
    for (size_t i = 0; i < values->given_count; i++) {
        if (slice_equal(slice_of(values->given[i].row->name), slice_of(name))) {
            return true;
        }
    }
    return false;
}
