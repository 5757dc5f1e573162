/* command: the table of everything the program can be told to do.
 *
 * Each command is a row of command_table.c, or of a table of its family (command_map.c): its name
 * (one or two words), operands, options, a summary, a help text with examples, and the function
 * that does it (commands.h). command.c finds the row, reads the options, prints help and turns
 * issues into words on stderr and an exit code.
 *
 * A command writes its result to stdout and reports what is wrong as issues in the call; it prints
 * no error by itself. With --json it writes JSON alone to stdout. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/option.h"
#include "fhir/json.h"

/* What the caller of the program learns; part of the stable outside. */
enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FOUND = 1,         /* looked and found problems */
    COMMAND_USAGE = 2,         /* wrong command line, or a file of it that cannot be read */
    COMMAND_CONFIGURATION = 3, /* configuration or mapping invalid */
    COMMAND_UNREACHABLE = 4,   /* database, network, TLS or standard output not usable */
    COMMAND_REFUSED = 5        /* would do harm, or is not allowed */
};

/* Where the instance directory comes from. */
enum command_place {
    COMMAND_PLACE_NONE,     /* a pure command */
    COMMAND_PLACE_INSTANCE, /* the first operand where it holds painbridge.xml, else PAINBRIDGE_DIR,
                               else the current folder */
    COMMAND_PLACE_NEW,      /* the first operand, always */
};

struct command;

/* One run of a command. */
struct command_call {
    const struct command *command;
    struct option_values options;
    const char *directory; /* instance directory as given, or NULL for a pure command */
    char **operands;       /* without the directory */
    size_t operand_count;
    bool json;
    struct arena *arena; /* lives until the program ends */
    struct issue_list issues;
};

struct command {
    const char *name;     /* "init", "db start" */
    const char *operands; /* as in --help: "DIR NAME" */
    const char *summary;  /* one line */
    const char *help;     /* paragraphs, then "Examples:"; lines end with \n */
    const struct option_row *options;
    size_t option_count;
    enum command_place place;
    size_t least_operands, most_operands; /* without DIR */
    enum command_exit (*run)(struct command_call *call);
    bool hidden; /* not listed: started by the program itself */
};

struct command_group {
    const char *title;
    const struct command *commands;
    size_t count;
};

#define COMMAND_ANY_NUMBER ((size_t)-1)

/* All groups in the order of --help (command_table.c); ends with NULL. */
extern const struct command_group *const command_groups[];

/* Runs the command that argv names; the exit code of the program. */
int command_main(int argc, char **argv);
/* The row of a name ("db start"), or NULL. */
const struct command *command_find(struct slice name);
/* Every row in the order of --help. `index` from 0; NULL past the last. */
const struct command *command_at(size_t index);
/* An issue about the command line itself; gives COMMAND_USAGE so that a command can return it. */
enum command_exit command_wrong(struct command_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Bytes of somebody else as text that can be shown: valid UTF-8 without control characters; what is
 * not becomes \\xNN. */
struct slice command_shown(struct slice bytes, struct arena *arena);
/* Who looks, for the audit: the account of the machine, "machine:root". */
struct slice command_actor(struct arena *arena);
/* Prints one JSON value as a line on standard output. */
void command_print(const struct json *json);
/* The exit code that follows from the first error among the issues; COMMAND_FOUND without one. */
enum command_exit command_failed(const struct command_call *call);

#endif
