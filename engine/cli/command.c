/* command: finds the row, reads the options, prints help, runs, and says what went wrong. */
#include "cli/command.h"

#include "base/suggest.h"
#include "base/utf8.h"
#include "cli/instance.h"
#include "cli/report.h"
#include "store/migrate.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUMMARY_COLUMN 30

static const struct option_row common_options[] = {
    {"help", NULL, "what the command does, with examples", false},
    {"json", NULL, "the result as JSON on standard output", false},
};

#define COMMON_COUNT (sizeof(common_options) / sizeof(common_options[0]))

/* --- the table -------------------------------------------------------------------------------- */

const struct command *command_at(size_t index)
{
    for (size_t i = 0; command_groups[i] != NULL; i++) {
        const struct command_group *group = command_groups[i];
        if (index < group->count) {
            return &group->commands[index];
        }
        index -= group->count;
    }
    return NULL;
}

const struct command *command_find(struct slice name)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (slice_equal(slice_of(command->name), name)) {
            return command;
        }
    }
    return NULL;
}

/* True when a command's name is `word` and one more. */
static bool is_family(struct slice word)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        struct slice name = slice_of(command->name);
        if (!command->hidden && slice_starts_with(name, word) && name.len > word.len &&
            name.ptr[word.len] == ' ') {
            return true;
        }
    }
    return false;
}

/* The nearest name that a person may type, whole or its first word; empty where none is near. */
static struct slice nearest_name(struct slice wrong, struct arena *arena)
{
    size_t count = 0;
    while (command_at(count) != NULL) {
        count++;
    }
    struct slice *names = ARENA_ARRAY(arena, 2 * count, struct slice);
    for (size_t i = 0; i < count; i++) {
        struct slice name = slice_of(command_at(i)->hidden ? "" : command_at(i)->name);
        names[i] = name;
        names[count + i] = slice_part(name, 0, slice_find_byte(name, ' '));
    }
    size_t nearest = suggest_nearest(wrong, names, 2 * count);
    return nearest < 2 * count ? names[nearest] : (struct slice){0};
}

/* --- help ------------------------------------------------------------------------------------- */

static void print_row(const char *name, const char *operands, const char *summary)
{
    int width = printf("  %s %s", name, operands);
    printf("%*s%s\n", width < SUMMARY_COLUMN ? SUMMARY_COLUMN - width : 2, "", summary);
}

/* Every command, or those whose first word is `family`. */
static void print_overview(struct slice family)
{
    printf("usage: painbridge COMMAND [OPTION...] [OPERAND...]\n"
           "       painbridge COMMAND --help\n");
    for (size_t g = 0; command_groups[g] != NULL; g++) {
        const struct command_group *group = command_groups[g];
        bool titled = false;
        for (size_t i = 0; i < group->count; i++) {
            const struct command *command = &group->commands[i];
            if (command->hidden || !slice_starts_with(slice_of(command->name), family)) {
                continue;
            }
            if (!titled) {
                printf("\n%s\n", group->title);
                titled = true;
            }
            print_row(command->name, command->operands, command->summary);
        }
    }
    printf(
        "\nexit codes: 0 done, 1 looked and found problems, 2 wrong command line or a file of it "
        "that\n"
        "cannot be read, 3 configuration or mapping invalid, 4 database, network, TLS or standard\n"
        "output not usable, 5 refused\n");
}

static void print_option(const struct option_row *row)
{
    int width = printf("  --%s%s%s", row->name, row->argument != NULL ? " " : "",
                       row->argument != NULL ? row->argument : "");
    printf("%*s%s\n", width < SUMMARY_COLUMN ? SUMMARY_COLUMN - width : 2, "", row->help);
}

static void print_help(const struct command *command)
{
    printf("usage: painbridge %s [OPTION...] %s\n\n%s\n\n", command->name, command->operands,
           command->summary);
    printf("%s\noptions\n", command->help);
    for (size_t i = 0; i < command->option_count; i++) {
        print_option(&command->options[i]);
    }
    for (size_t i = 0; i < COMMON_COUNT; i++) {
        print_option(&common_options[i]);
    }
}

static enum command_exit print_version(bool json)
{
    if (json) {
        printf("{\"name\":\"painbridge\",\"version\":\"%s\",\"schema\":%d}\n", PAINBRIDGE_VERSION,
               store_schema_version());
        return COMMAND_DONE;
    }
    printf("painbridge %s, schema %d\n", PAINBRIDGE_VERSION, store_schema_version());
    return COMMAND_DONE;
}

struct slice command_shown(struct slice bytes, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    while (bytes.len > 0) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(bytes, &code_point);
        bool control = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
        if (length == 0 || control) {
            buffer_append_format(&text, "\\x%02x", (unsigned char)bytes.ptr[0]);
            bytes = slice_after(bytes, 1);
            continue;
        }
        buffer_append(&text, slice_part(bytes, 0, length));
        bytes = slice_after(bytes, length);
    }
    struct slice shown = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return shown;
}

struct slice command_actor(struct arena *arena)
{
    const struct passwd *entry = getpwuid(getuid());
    if (entry == NULL) {
        return arena_format(arena, "machine:%u", (unsigned)getuid());
    }
    return arena_format(arena, "machine:%s", entry->pw_name);
}

void command_print(const struct json *json)
{
    /* The Bundle of a message of 1 KB: what grows to it in steps is copied and wiped at each. */
    enum { USUAL_LINE = 16 * 1024 };
    struct buffer line;
    buffer_init(&line, 0);
    (void)buffer_reserve(&line, USUAL_LINE);
    json_print(json, &line);
    buffer_append_byte(&line, '\n');
    fwrite(line.data, 1, line.len, stdout);
    buffer_release(&line);
}

/* --- one run ---------------------------------------------------------------------------------- */

enum command_exit command_wrong(struct command_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct slice words = arena_format_list(call->arena, format, arguments);
    va_end(arguments);
    issue_add(&call->issues,
              (struct issue){
                  .code = ISSUE_NOT_SUPPORTED,
                  .severity = ISSUE_ERROR,
                  .words = words,
                  .hint = arena_format(call->arena, "painbridge %s --help", call->command->name)});
    return COMMAND_USAGE;
}

enum command_exit command_failed(const struct command_call *call)
{
    const struct issue *issue = issue_list_first_error(&call->issues);
    if (issue == NULL) {
        return COMMAND_FOUND;
    }
    /* What an issue means for the caller of the program; all others are faults of a file. */
    static const struct {
        enum issue_code code;
        enum command_exit exit;
    } exits[] = {
        {ISSUE_STORE_DOWN, COMMAND_UNREACHABLE},
        {ISSUE_APPLICATION, COMMAND_UNREACHABLE},
        {ISSUE_TIMEOUT, COMMAND_UNREACHABLE},
        {ISSUE_FORBIDDEN, COMMAND_REFUSED},
        {ISSUE_CONFLICT, COMMAND_REFUSED},
        {ISSUE_NOT_FOUND, COMMAND_FOUND},
        {ISSUE_HELD, COMMAND_FOUND},
        {ISSUE_NOT_SUPPORTED, COMMAND_USAGE},
        {ISSUE_BUSINESS_RULE, COMMAND_REFUSED},
    };
    for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
        if (exits[i].code == issue->code) {
            return exits[i].exit;
        }
    }
    return COMMAND_CONFIGURATION;
}

/* Takes the instance directory off the operands, where the command has one. */
static void find_directory(struct command_call *call)
{
    const char *first = call->operand_count > 0 ? call->operands[0] : NULL;
    enum command_place place = call->command->place;
    if (place == COMMAND_PLACE_NONE) {
        return;
    }
    bool taken = first != NULL && (place == COMMAND_PLACE_NEW || instance_is(first));
    if (taken) {
        call->directory = first;
        call->operands++;
        call->operand_count--;
        return;
    }
    const char *chosen = getenv("PAINBRIDGE_DIR");
    call->directory = chosen != NULL && chosen[0] != '\0' ? chosen : ".";
    if (place == COMMAND_PLACE_NEW) {
        call->directory = NULL;
    }
}

static enum command_exit check_operands(struct command_call *call)
{
    const struct command *command = call->command;
    if (command->place == COMMAND_PLACE_NEW && call->directory == NULL) {
        return command_wrong(call, "a folder is missing: %s", command->operands);
    }
    if (call->operand_count < command->least_operands) {
        return command_wrong(call, "an operand is missing: %s", command->operands);
    }
    if (call->operand_count > command->most_operands && command->place == COMMAND_PLACE_INSTANCE &&
        call->directory != call->options.operands[0]) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no painbridge.xml in '%s'", call->operands[0]);
        return COMMAND_CONFIGURATION;
    }
    if (call->operand_count > command->most_operands) {
        return command_wrong(call, "'%s' is one operand too many",
                             call->operands[command->most_operands]);
    }
    return COMMAND_DONE;
}

/* The rows of the command and those that all commands have. */
static int read_options(struct command_call *call, char **words, size_t count)
{
    const struct command *command = call->command;
    size_t row_count = command->option_count + COMMON_COUNT;
    struct option_row *rows = ARENA_ARRAY(call->arena, row_count, struct option_row);
    for (size_t i = 0; i < row_count; i++) {
        rows[i] = i < command->option_count ? command->options[i]
                                            : common_options[i - command->option_count];
    }
    if (option_parse(rows, row_count, words, count, call->arena, &call->options, &call->issues) !=
        0) {
        return -1;
    }
    call->json = option_given(&call->options, "json");
    call->operands = call->options.operands;
    call->operand_count = call->options.operand_count;
    return 0;
}

static enum command_exit run(struct command_call *call, char **words, size_t count)
{
    if (read_options(call, words, count) != 0) {
        return COMMAND_USAGE;
    }
    if (option_given(&call->options, "help")) {
        print_help(call->command);
        return COMMAND_DONE;
    }
    find_directory(call);
    enum command_exit exit_code = check_operands(call);
    return exit_code == COMMAND_DONE ? call->command->run(call) : exit_code;
}

static enum command_exit unknown_command(struct command_call *call, struct slice name)
{
    struct slice nearest = nearest_name(name, call->arena);
    issue_add(&call->issues,
              (struct issue){
                  .code = ISSUE_NOT_SUPPORTED,
                  .severity = ISSUE_ERROR,
                  .words = arena_format(call->arena, "unknown command '%.*s'", SLICE_ARG(name)),
                  .hint = nearest.len > 0
                              ? arena_format(call->arena, "did you mean 'painbridge %.*s'?",
                                             SLICE_ARG(nearest))
                              : SLICE("painbridge --help lists all commands")});
    return COMMAND_USAGE;
}

/* Words that stand where a command would. */
static bool is_word(const char *word, const char *name)
{
    return slice_equal(slice_of(word), slice_of(name));
}

static enum command_exit dispatch(struct command_call *call, char **words, size_t count);

/* "help map coverage" is "map coverage --help". */
static enum command_exit help_of(struct command_call *call, char **words, size_t count)
{
    char **asked = ARENA_ARRAY(call->arena, count + 1, char *);
    memcpy(asked, words, count * sizeof(*words));
    asked[count] = arena_string(call->arena, SLICE("--help"));
    return dispatch(call, asked, count + 1);
}

static enum command_exit dispatch(struct command_call *call, char **words, size_t count)
{
    if (count > 1 && is_word(words[0], "help")) {
        return help_of(call, words + 1, count - 1);
    }
    if (count == 0 || is_word(words[0], "--help") || is_word(words[0], "-h") ||
        is_word(words[0], "help")) {
        print_overview((struct slice){0});
        return count == 0 ? COMMAND_USAGE : COMMAND_DONE;
    }
    if (is_word(words[0], "--version")) {
        return print_version(count > 1 && is_word(words[1], "--json"));
    }
    struct slice name = slice_of(words[0]);
    bool family = is_family(name);
    if (family && (count == 1 || is_word(words[1], "--help"))) {
        print_overview(name);
        return count == 1 ? COMMAND_USAGE : COMMAND_DONE;
    }
    size_t used = family ? 2 : 1;
    if (family) {
        name = arena_format(call->arena, "%s %s", words[0], words[1]);
    }
    call->command = command_find(name);
    if (call->command == NULL) {
        return unknown_command(call, name);
    }
    return run(call, words + used, count - used);
}

/* A standard file that the caller closed is one that cannot be used: else the next file or
 * connection that is opened would be taken for it. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int made = fcntl(fd, F_GETFD) == -1
                       ? open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY)
                       : fd;
        if (made != fd) {
            abort(); /* without /dev/null there is nothing to say it on */
        }
    }
}

/* A result that was not written whole is none, whatever was printed in between. */
static enum command_exit end_output(struct command_call *call, enum command_exit exit_code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return exit_code;
    }
    issue_report(&call->issues, ISSUE_APPLICATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not write the whole result to standard output");
    return exit_code <= COMMAND_FOUND ? COMMAND_UNREACHABLE : exit_code;
}

int command_main(int argc, char **argv)
{
    keep_standard_files();
    struct command_call call = {.arena = arena_new((size_t)1 << 30)};
    issue_list_init(&call.issues, call.arena);
    enum command_exit exit_code = dispatch(&call, argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
    exit_code = end_output(&call, exit_code);
    struct buffer words;
    buffer_init(&words, 0);
    report_issues(&call.issues, report_colour(STDERR_FILENO), &words);
    fprintf(stderr, "%.*s", SLICE_ARG(buffer_slice(&words)));
    buffer_release(&words);
    arena_free(call.arena);
    return (int)exit_code;
}
