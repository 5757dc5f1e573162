/* validate: FHIR JSON against the definitions of R4, one OperationOutcome line for each file, or
 * for each line of a file of JSON Lines, as `convert` prints them. */
#include "cli/commands.h"
#include "cli/guess.h"
#include "cli/input.h"
#include "cli/knowledge.h"
#include "cli/report.h"
#include "fhir/outcome.h"
#include "fhir/validate.h"

#include <stdio.h>

#define VALIDATE_FILE_LIMIT ((size_t)256 << 20)
#define VALIDATE_CEILING ((size_t)2 << 30)

/* Which line of which file an outcome is about: the outcomes themselves have no room for it. */
static void name_findings(const char *file, size_t line, const struct issue_list *found)
{
    size_t errors = 0;
    for (size_t i = 0; i < found->count; i++) {
        errors += found->items[i].severity >= ISSUE_ERROR;
    }
    size_t warnings = found->count - errors;
    if (found->count > 0) {
        struct slice place =
            line > 0 ? arena_format(found->arena, "%s:%zu", file, line) : slice_of(file);
        fprintf(stderr, "%.*s: %zu error%s, %zu warning%s\n", SLICE_ARG(place), errors,
                report_plural(errors), warnings, report_plural(warnings));
    }
    if (found->count > 0 && found->items[0].hint.len > 0) {
        fprintf(stderr, "help: %.*s\n", SLICE_ARG(found->items[0].hint));
    }
}

static enum command_exit validate_text(const struct fhir_definitions *definitions, const char *file,
                                       size_t line, struct slice text, struct arena *arena)
{
    struct json *resource = NULL;
    struct issue_list found;
    issue_list_init(&found, arena);
    bool well = json_parse(text, arena, &resource, &found) == 0;
    if (!well) {
        guess_add(&found, guess_no_resource(text));
    }
    well = well && fhir_validate(definitions, resource, &found) == 0;
    name_findings(file, line, &found);
    command_print(fhir_outcome_of_list(&found, arena));
    return well ? COMMAND_DONE : COMMAND_FOUND;
}

/* JSON Lines: two lines or more, each an object from its first byte to its last. */
static bool is_lines(struct slice text)
{
    size_t count = 0;
    for (struct slice line; slice_split(&text, '\n', &line); count++) {
        line = slice_trim(line);
        if (line.len > 0 && (line.ptr[0] != '{' || line.ptr[line.len - 1] != '}')) {
            return false;
        }
        count -= line.len == 0;
    }
    return count > 1;
}

static enum command_exit validate_lines(const struct fhir_definitions *definitions,
                                        const char *file, struct slice text)
{
    enum command_exit exit_code = COMMAND_DONE;
    struct arena *arena = arena_new(VALIDATE_CEILING);
    size_t number = 0;
    for (struct slice line; slice_split(&text, '\n', &line); arena_reset(arena)) {
        number++;
        if (slice_trim(line).len == 0) {
            continue;
        }
        enum command_exit ended = validate_text(definitions, file, number, line, arena);
        exit_code = ended > exit_code ? ended : exit_code;
    }
    arena_free(arena);
    return exit_code;
}

/* COMMAND_DONE, COMMAND_FOUND, or the exit code of a file that could not be read. */
static enum command_exit validate_file(struct command_call *call,
                                       const struct fhir_definitions *definitions, const char *file,
                                       struct arena *arena)
{
    struct slice text;
    enum command_exit exit_code = input_read(call, file, VALIDATE_FILE_LIMIT, arena, &text);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    return is_lines(text) ? validate_lines(definitions, file, text)
                          : validate_text(definitions, file, 0, text, arena);
}

enum command_exit command_validate(struct command_call *call)
{
    struct knowledge knowledge;
    if (knowledge_load(NULL, call->arena, &knowledge, &call->issues) != 0) {
        return command_failed(call);
    }
    enum command_exit exit_code = COMMAND_DONE;
    struct arena *arena = arena_new(VALIDATE_CEILING);
    for (size_t i = 0; i < call->operand_count; i++) {
        enum command_exit ended =
            validate_file(call, knowledge.definitions, call->operands[i], arena);
        exit_code = ended > exit_code ? ended : exit_code;
        arena_reset(arena);
    }
    arena_free(arena);
    return exit_code;
}
