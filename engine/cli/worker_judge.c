/* judge: the process in which the rules run over the facts of marked persons, and in which the
 * audit is sealed: what comes from outside is read in others. */
#include "cli/audit_key.h"
#include "cli/database.h"
#include "cli/host.h"
#include "cli/worker.h"
#include "pipeline/audit_seal.h"
#include "pipeline/clock.h"
#include "pipeline/judge.h"

struct judge_role {
    struct store_settings store;
    struct arena *arena; /* of the settings' texts */
    struct host *host;
    struct pipeline_clock *clock; /* NULL: the real time */
    struct pipeline_judge *judge;
    struct audit_key key;
    struct pipeline_sealer *sealer;
};

static int start(struct worker *worker, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct judge_role *role = ARENA_NEW(arena, struct judge_role);
    struct issue_list found;
    role->arena = arena;
    worker->role = role;
    issue_list_init(&found, arena);
    if (database_settings(&worker->instance, "judge", slice_of(worker->name), &role->store,
                          &found) != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_FATAL, ISSUE_NOWHERE,
                     "could not read the judge's password");
        return -1;
    }
    if (audit_key_open(&worker->instance, true, arena, &role->key, &found) != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_FATAL, ISSUE_NOWHERE,
                     "could not read or make secrets/audit.key");
        return -1;
    }
    role->host = host_new(worker->loop);
    if (worker->instance.settings.test_clock) {
        role->clock = pipeline_clock_new(&(struct pipeline_clock_options){
            .store = &role->store, .host = host_pipeline(role->host), .log = worker->log});
    }
    role->judge =
        pipeline_judge_new(&(struct pipeline_judge_options){.store = &role->store,
                                                            .host = host_pipeline(role->host),
                                                            .log = worker->log,
                                                            .clock = role->clock});
    role->sealer =
        pipeline_sealer_new(&(struct pipeline_sealer_options){.store = &role->store,
                                                              .host = host_pipeline(role->host),
                                                              .log = worker->log,
                                                              .sign = audit_key_sign,
                                                              .sign_data = &role->key});
    worker_ready(worker);
    return 0;
}

static void finished(void *data)
{
    worker_drained(data);
}

static void drain(struct worker *worker)
{
    struct judge_role *role = worker->role;
    pipeline_sealer_finish(role->sealer, finished, worker);
}

static void release(struct worker *worker)
{
    struct judge_role *role = worker->role;
    if (role == NULL) {
        return;
    }
    pipeline_sealer_free(role->sealer);
    pipeline_judge_free(role->judge);
    pipeline_clock_free(role->clock);
    host_free(role->host);
    audit_key_release(&role->key);
    arena_free(role->arena);
}

const struct worker_role worker_role_judge = {
    .name = "judge", .start = start, .drain = drain, .release = release};
