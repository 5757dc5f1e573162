/* db: the database of an instance, for its owner. */
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>

enum command_exit command_open(struct command_call *call, struct instance *ret_instance)
{
    if (instance_open(call->directory, ret_instance, &call->issues) != 0) {
        return command_failed(call);
    }
    return COMMAND_DONE;
}

static enum command_exit open_cluster(struct command_call *call, struct cluster *ret_cluster)
{
    struct instance instance;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (!instance.settings.database_private) {
        issue_report(&call->issues, ISSUE_BUSINESS_RULE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the database of this instance is not its own (database/private is no)");
        return COMMAND_REFUSED;
    }
    *ret_cluster = (struct cluster){.directory = instance.directory,
                                    .database = instance.settings.database_name,
                                    .account = instance.account,
                                    .port = instance.settings.database_port};
    return COMMAND_DONE;
}

static void say_state(const struct command_call *call, const struct cluster *cluster,
                      const char *state)
{
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add_string(answer, SLICE("state"), slice_of(state), call->arena);
        json_add(answer, SLICE("port"), json_integer(call->arena, cluster->port));
        command_print(answer);
        return;
    }
    printf("the database is %s (port %" PRId64 ")\n", state, cluster->port);
}

enum command_exit command_db_start(struct command_call *call)
{
    struct cluster cluster;
    enum command_exit exit_code = open_cluster(call, &cluster);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (cluster_start(&cluster, call->arena, &call->issues) != 0) {
        return command_failed(call);
    }
    say_state(call, &cluster, "running");
    return COMMAND_DONE;
}

enum command_exit command_db_stop(struct command_call *call)
{
    struct cluster cluster;
    enum command_exit exit_code = open_cluster(call, &cluster);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (cluster_stop(&cluster, call->arena, &call->issues) != 0) {
        return command_failed(call);
    }
    say_state(call, &cluster, "stopped");
    return COMMAND_DONE;
}

enum command_exit command_db_status(struct command_call *call)
{
    static const char *const states[] = {[CLUSTER_RUNNING] = "running",
                                         [CLUSTER_STOPPED] = "stopped",
                                         [CLUSTER_MISSING] = "missing"};
    struct cluster cluster;
    enum cluster_state state;
    enum command_exit exit_code = open_cluster(call, &cluster);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (cluster_status(&cluster, call->arena, &state, &call->issues) != 0) {
        return command_failed(call);
    }
    say_state(call, &cluster, states[state]);
    return state == CLUSTER_RUNNING ? COMMAND_DONE : COMMAND_FOUND;
}

enum command_exit command_db_migrate(struct command_call *call)
{
    struct instance instance;
    struct store_settings settings;
    size_t count = 0;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (database_settings(&instance, "owner", SLICE("migrate"), &settings, &call->issues) != 0 ||
        store_migrate(&settings, &count, &call->issues) != 0) {
        return command_failed(call);
    }
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add(answer, SLICE("schema"), json_integer(call->arena, store_schema_version()));
        json_add(answer, SLICE("migrations_run"), json_integer(call->arena, (int64_t)count));
        command_print(answer);
        return COMMAND_DONE;
    }
    printf("the schema is at version %d; %zu migrations were run\n", store_schema_version(), count);
    return COMMAND_DONE;
}
