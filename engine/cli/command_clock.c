/* clock show, clock set: what time it is in the record of an instance that was made for tests. */
#include "cli/commands.h"
#include "cli/database.h"
#include "pipeline/clock.h"
#include "pipeline/inbox.h"

#include <stdio.h>

static enum command_exit open_clock(struct command_call *call, struct instance *ret_instance,
                                    struct pipeline_inbox **ret_inbox)
{
    struct store_settings settings;
    if (database_settings(ret_instance, "door", SLICE("command"), &settings, &call->issues) != 0 ||
        pipeline_inbox_open(&settings, ret_inbox, &call->issues) != 0) {
        return command_failed(call);
    }
    return COMMAND_DONE;
}

/* `setting` is all zeros where the clock was never set, and where it cannot be. */
static void print_clock(const struct command_call *call, const struct instance *instance,
                        const struct pipeline_clock_setting *setting)
{
    struct arena *arena = call->arena;
    struct slice now = time_format(pipeline_clock_at(setting, time_now()), 0, arena);
    if (!call->json) {
        printf("%.*s%s\n", SLICE_ARG(now), setting->set != 0 ? "" : " (the real time)");
        return;
    }
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("now"), now, arena);
    json_add(answer, SLICE("test_clock"), json_boolean(arena, instance->settings.test_clock));
    if (setting->set != 0) {
        json_add_string(answer, SLICE("set"), time_format(setting->set, 0, arena), arena);
        json_add_string(answer, SLICE("set_at"), time_format(setting->real, 0, arena), arena);
    }
    command_print(answer);
}

enum command_exit command_clock_show(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct pipeline_clock_setting setting = {0};
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code == COMMAND_DONE && instance.settings.test_clock) {
        exit_code = open_clock(call, &instance, &inbox);
        if (exit_code == COMMAND_DONE && pipeline_clock_read(inbox, &setting, &call->issues) != 0) {
            exit_code = command_failed(call);
        }
        pipeline_inbox_close(inbox);
    }
    if (exit_code == COMMAND_DONE) {
        print_clock(call, &instance, &setting);
    }
    return exit_code;
}

enum command_exit command_clock_set(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    instant wanted;
    if (!time_parse(slice_of(call->operands[0]), 0, &wanted)) {
        return command_wrong(call, "a time looks like 2027-01-04T09:00:00-06:00");
    }
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (!instance.settings.test_clock) {
        issue_report(&call->issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "this instance was not made with --test-clock");
        return COMMAND_REFUSED;
    }
    exit_code = open_clock(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE && pipeline_clock_set(inbox, wanted, &call->issues) != 0) {
        exit_code = command_failed(call);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}
