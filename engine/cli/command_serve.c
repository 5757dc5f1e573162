/* serve: the engine in the foreground; worker: one of its processes. */
#include "cli/commands.h"
#include "cli/supervisor.h"
#include "cli/worker.h"

#include <unistd.h>

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
