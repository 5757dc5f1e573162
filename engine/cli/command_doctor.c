/* doctor: is everything there that the engine needs, and is it in order? Each finding is an issue;
 * what is well is a line. */
#include "base/file.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/confinement.h"
#include "cli/database.h"
#include "cli/inspection.h"
#include "cli/revision.h"
#include "pipeline/held.h"
#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

struct examination {
    struct command_call *call;
    struct instance instance;
};

static void say(const struct examination *examination, const char *part, bool well)
{
    if (!examination->call->json) {
        printf("%-12s %s\n", part, well ? "well" : "see below");
    }
}

/* A key or password that others can read is no secret. */
static bool check_secret(struct examination *examination, const char *name)
{
    struct command_call *call = examination->call;
    struct stat status;
    char *path = instance_path(&examination->instance, slice_of(name), call->arena);
    if (stat(path, &status) != 0) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'%s' is not there or cannot be reached", path);
        return false;
    }
    if ((status.st_mode & 077) != 0 || status.st_uid != examination->instance.account.user) {
        issue_report(&call->issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'%s' must belong to the instance's owner alone (mode 0600)", path);
        return false;
    }
    return true;
}

static bool check_secrets(struct examination *examination)
{
    static const char *const names[] = {"secrets/id.key", "secrets/issuer.key", "tls/server.key"};
    bool well = true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        well = check_secret(examination, names[i]) && well;
    }
    for (size_t i = 0; cluster_roles[i] != NULL; i++) {
        struct slice name =
            arena_format(examination->call->arena, "secrets/%s.password", cluster_roles[i]);
        well = check_secret(examination, name.ptr) && well;
    }
    return well;
}

/* One that expires soon is not in order, though all can be read. */
static bool check_certificates(struct examination *examination)
{
    struct issue_list *issues = &examination->call->issues;
    size_t before = issues->count;
    return inspection_certificates(&examination->instance, time_now(), issues) == 0 &&
           issues->count == before;
}

static bool check_mappings(struct examination *examination)
{
    struct command_call *call = examination->call;
    struct knowledge knowledge;
    struct rules rules;
    return knowledge_load(NULL, call->arena, &knowledge, &call->issues) == 0 &&
           rules_load(&knowledge, &examination->instance, call->arena, call->arena, &rules,
                      &call->issues) == 0;
}

/* What was kept is what it was; whether all is there that messages name is asked by db verify. */
static bool check_revisions(struct examination *examination)
{
    return revision_check_all(&examination->instance, &examination->call->issues) == 0;
}

static bool check_database(struct examination *examination)
{
    struct command_call *call = examination->call;
    struct store_settings settings;
    int version = 0;
    if (database_settings(&examination->instance, "owner", SLICE("doctor"), &settings,
                          &call->issues) != 0 ||
        store_migrate_status(&settings, &version, &call->issues) != 0) {
        return false;
    }
    if (version != store_schema_version()) {
        issue_report(&call->issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the schema is at version %d, this program needs %d: run 'db migrate'",
                     version, store_schema_version());
        return false;
    }
    return true;
}

static bool check_clock(struct examination *examination)
{
    return inspection_clock(&examination->instance, &examination->call->issues);
}

/* The engine runs without it, and says so: some containers have none. */
static bool check_confinement(struct examination *examination)
{
    if (confinement_is_possible()) {
        return true;
    }
    issue_report(&examination->call->issues, ISSUE_CONFIGURATION, ISSUE_WARNING, ISSUE_NOWHERE,
                 "seccomp does not work here: nothing keeps a worker that was taken over from "
                 "starting programs");
    return false;
}

/* Somebody has to say what a code means, or the patients of these feeds are behind. */
static bool check_held(struct examination *examination)
{
    struct command_call *call = examination->call;
    struct store_settings settings;
    struct pipeline_inbox *inbox = NULL;
    struct pipeline_held_count *counts = NULL;
    size_t count = 0;
    bool asked = database_settings(&examination->instance, "door", SLICE("doctor"), &settings,
                                   &call->issues) == 0 &&
                 pipeline_inbox_open(&settings, &inbox, &call->issues) == 0 &&
                 pipeline_held_counts(inbox, call->arena, &counts, &count, &call->issues) == 0;
    pipeline_inbox_close(inbox);
    for (size_t i = 0; i < count; i++) {
        issue_report(&call->issues, ISSUE_HELD, ISSUE_WARNING, ISSUE_NOWHERE,
                     "messages of feed '%.*s' wait: %" PRId64 ", the first since %.*s; "
                     "'held list' says for what",
                     SLICE_ARG(counts[i].feed), counts[i].count,
                     SLICE_ARG(time_format(counts[i].oldest, 0, call->arena)));
    }
    return asked && count == 0;
}

enum command_exit command_doctor(struct command_call *call)
{
    static const struct {
        const char *name;
        bool (*check)(struct examination *examination);
    } parts[] = {{"clock", check_clock},
                 {"secrets", check_secrets},
                 {"certificates", check_certificates},
                 {"mappings", check_mappings},
                 {"revisions", check_revisions},
                 {"database", check_database},
                 {"confinement", check_confinement},
                 {"held", check_held}};
    struct examination examination = {.call = call};
    struct json *answer = json_object(call->arena);
    enum command_exit exit_code = command_open(call, &examination.instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    bool all_well = true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        bool well = parts[i].check(&examination);
        say(&examination, parts[i].name, well);
        json_add(answer, slice_of(parts[i].name), json_boolean(call->arena, well));
        all_well = all_well && well;
    }
    if (call->json) {
        command_print(answer);
    }
    return all_well ? COMMAND_DONE : COMMAND_FOUND;
}
