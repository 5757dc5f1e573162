/* serve: the engine in the foreground; worker: one of its processes. */
#include "cli/commands.h"
#include "cli/inspection.h"
#include "cli/supervisor.h"
#include "cli/worker.h"

#include <unistd.h>

#define INSPECTION_CEILING ((size_t)512 * 1024 * 1024)

static void log_issues(struct log *log, const struct issue_list *issues)
{
    for (size_t i = 0; i < issues->count; i++) {
        const struct issue *issue = &issues->items[i];
        LOG_EVENT(log, issue->severity >= ISSUE_ERROR ? LOG_ERROR : LOG_WARNING, "check-issue",
                  LOG_TEXT("code", slice_of(issue_kind(issue->code)->name)),
                  LOG_TEXT("place", issue_place_text(&issue->place, issues->arena)),
                  LOG_TEXT("words", issue_words(issue)));
    }
}

/* Refuses what the workers would fail on. All that was read for it is forgotten again: the
 * supervisor is to be small. */
static int inspect(struct command_call *call, const struct instance *instance, struct log *log)
{
    struct knowledge knowledge;
    struct issue_list found;
    struct arena *arena = arena_new(INSPECTION_CEILING);
    issue_list_init(&found, arena);
    int result = knowledge_load(NULL, arena, &knowledge, &found);
    if (result == 0) {
        result = inspection_run(&knowledge, instance, time_now(), &found);
    }
    if (result == 0) {
        log_issues(log, &found);
    }
    if (result != 0) {
        issue_list_take(&call->issues, &found);
    }
    arena_free(arena);
    return result;
}

enum command_exit command_serve(struct command_call *call)
{
    struct instance instance;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    char *data_folder = NULL;
    if (instance_data_folder(call->arena, &data_folder, &call->issues) != 0) {
        return command_failed(call);
    }
    struct log *log =
        log_new(STDERR_FILENO, (enum log_level)instance.settings.log_level, /* process= */ NULL);
    struct supervisor_options options = {
        .instance = &instance, .data_folder = data_folder, .log = log};
    int ended = COMMAND_DONE;
    if (inspect(call, &instance, log) != 0) {
        log_free(log);
        return COMMAND_CONFIGURATION;
    }
    int result = supervisor_run(&options, &ended, &call->issues);
    log_free(log);
    return result == 0 ? (enum command_exit)ended : command_failed(call);
}

/* A descriptor that an option names, or -1. */
static int descriptor(const struct command_call *call, const char *option)
{
    uint64_t number;
    const char *text = option_value(&call->options, option);
    return text != NULL && slice_to_uint64(slice_of(text), 1 << 20, &number) ? (int)number : -1;
}

enum command_exit command_worker(struct command_call *call)
{
    struct worker_order order = {.role = call->operands[0],
                                 .number = call->operands[1],
                                 .directory = call->operands[2],
                                 .control = descriptor(call, "control"),
                                 .metrics = descriptor(call, "metrics"),
                                 .mllp = descriptor(call, "mllp"),
                                 .https = descriptor(call, "https")};
    return (enum command_exit)worker_run(&order, &call->issues);
}
