/* validate: FHIR JSON against the definitions of R4, one OperationOutcome line for each file. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/knowledge.h"
#include "fhir/outcome.h"
#include "fhir/validate.h"

#define VALIDATE_FILE_LIMIT ((size_t)256 << 20)
#define VALIDATE_CEILING ((size_t)2 << 30)

/* COMMAND_DONE, COMMAND_FOUND, or the exit code of a file that could not be read. */
static enum command_exit validate_file(struct command_call *call,
                                       const struct fhir_definitions *definitions, const char *file,
                                       struct arena *arena)
{
    struct slice text;
    struct json *resource = NULL;
    struct issue_list found;
    issue_list_init(&found, arena);
    if (file_read(file, VALIDATE_FILE_LIMIT, arena, &text, &call->issues) != 0) {
        return command_failed(call);
    }
    bool well = json_parse(text, arena, &resource, &found) == 0 &&
                fhir_validate(definitions, resource, &found) == 0;
    command_print(fhir_outcome_of_list(&found, arena));
    return well ? COMMAND_DONE : COMMAND_FOUND;
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
