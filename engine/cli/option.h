/* option: the words of a command line, by a table.
 *
 * A command says in rows which options it knows; what the user typed is checked against them and
 * nothing else. `--name value`, `--name=value` and flags `--name`; options and operands may be
 * mixed; `--` ends the options; `-` alone is an operand (standard input). There are no bundled
 * single letters but `-h`. A wrong word is an issue with a suggestion, never a guess.
 *
 * All texts are those of argv and live as long as the process. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include "base/issue.h"

struct option_row {
    const char *name;     /* without the dashes */
    const char *argument; /* what stands in --help for its value; NULL for a flag */
    const char *help;     /* one line, lower case, no stop */
    bool repeats;         /* may be given more than once */
};

/* One option as it was given. */
struct option_given {
    const struct option_row *row;
    const char *value; /* NULL for a flag */
};

struct option_values {
    struct option_given *given; /* in the order of the command line */
    size_t given_count;
    char **operands;
    size_t operand_count;
};

/* Reads argv[0..count) (the words after the command's name). -1 with one issue for the first
 * unknown option, missing or unwanted value, or second use of an option that does not repeat. */
int option_parse(const struct option_row *rows, size_t row_count, char **words, size_t word_count,
                 struct arena *arena, struct option_values *ret_values, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Its value, or NULL where it was not given. `name` must be of a row with an
 * argument. */
const char *option_value(const struct option_values *values, const char *name);
/* True when the option was given, with a value or as a flag. */
bool option_given(const struct option_values *values, const char *name);
/* The value of use number `index` (from 0) of a repeating option, or NULL past the last. */
const char *option_value_at(const struct option_values *values, const char *name, size_t index);

#endif
