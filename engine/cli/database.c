/* database: see the header. */
#include "cli/database.h"

#include "base/file.h"
#include "pipeline/inbox.h"

#define DATABASE_PASSWORD_LIMIT 1024

int database_settings(const struct instance *instance, const char *role, struct slice application,
                      struct store_settings *ret_settings, struct issue_list *issues)
{
    struct arena *arena = issues->arena;
    const struct instance_settings *settings = &instance->settings;
    struct slice file = arena_format(arena, "secrets/%s.password", role);
    struct slice password;
    if (file_read(instance_path(instance, file, arena), DATABASE_PASSWORD_LIMIT, arena, &password,
                  issues) != 0) {
        return -1;
    }
    *ret_settings = (struct store_settings){
        .host = settings->database_host,
        .port = settings->database_port,
        .database = settings->database_name,
        .user = arena_format(arena, "painbridge_%s", role),
        .password = slice_trim(password),
        .ca_file = slice_of(instance_path(instance, settings->database_ca, arena)),
        .application = application,
    };
    return 0;
}

enum command_exit database_open_inbox(struct command_call *call, struct instance *ret_instance,
                                      struct pipeline_inbox **ret_inbox)
{
    struct store_settings settings;
    enum command_exit exit_code = command_open(call, ret_instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (database_settings(ret_instance, "door", SLICE("command"), &settings, &call->issues) != 0 ||
        pipeline_inbox_open(&settings, ret_inbox, &call->issues) != 0) {
        return command_failed(call);
    }
    return COMMAND_DONE;
}
