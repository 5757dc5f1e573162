/* door: the worker that serves clinics and clients.
 *
 *   starting ─listeners open─▶ serving ─TERM─▶ draining ─all answered, all written─▶ gone
 *                               │   ▲
 *                              HUP  │ taken between two messages, or refused with reasons
 *                               ▼   │
 *                             building (on a work thread)
 *
 * It joins the rooms: the loop of net, the committer and the reader of pipeline, and the two doors.
 * The knowledge of the standards is read once; mappings, feeds and certificates are a revision that
 * a reload replaces. */
#include "base/digest.h"
#include "base/encode.h"
#include "base/file.h"
#include "cli/door_held.h"
#include "cli/door_pauses.h"
#include "cli/door_revision.h"
#include "cli/host.h"
#include "cli/trust.h"
#include "cli/worker.h"
#include "net/fetch.h"
#include "net/jws.h"
#include "pipeline/clock.h"
#include "pipeline/once.h"
#include "rest/server.h"
#include "store/settings.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KNOWLEDGE_CEILING ((size_t)128 * 1024 * 1024)
#define SECRET_LIMIT 4096
#define NOTICE_LIMIT 65536
/* One client or feed has this part of a door's memory. */
#define SHARES 4
/* How long a request waits for a store that is away; a feed's messages have their own (rule 19). */
#define GRACE_MILLISECONDS 10000
/* How long "ready" waits for the store at the start. */
#define STORE_PATIENCE (10 * TIME_SECOND)

#define DOOR_HASH_SIZE 64
#define DOOR_HASH_SHOWN 16 /* in metrics, whose labels are short */

struct door {
    struct worker *worker;
    struct arena *arena; /* knowledge and secrets */
    struct knowledge knowledge;
    struct host *host;
    struct store_settings store;
    struct slice id_key;
    struct slice notice; /* of redisclosure; empty: none */
    const struct zone *zone;
    struct tls_context *mllp_tls, *https_tls;
    struct pipeline_clock *clock; /* NULL: the real time */
    struct budget *budget;
    struct pipeline_commit *commit;
    struct pipeline_inbound *inbound;
    struct pipeline_query *query;
    struct pipeline_once *once;
    struct jws_signer *signer; /* of our own issuer */
    struct trust_options trust;
    struct rest_server *rest;
    struct feed_listener *listener;
    struct door_pauses *pauses;
    struct door_held *held;
    struct net_timer *ready_timer, *drain_timer;
    instant ready_at_last; /* time_monotonic: the store is waited for no longer */
    bool rebuilding;       /* the work thread reads what is ours */
    bool listener_stopped, rest_stopped;
    char mapping[DOOR_HASH_SIZE]; /* hash of the mappings in force */
};

/* --- which mappings are in force -------------------------------------------------------------- */

static void measure_mapping(const struct door *door, int64_t in_force)
{
    struct slice hash = {door->mapping, DOOR_HASH_SHOWN};
    if (door->mapping[0] != '\0')
        pipeline_metrics_set(door->worker->metrics, PIPELINE_METRIC_MAPPING_REVISION, hash,
                             (struct slice){NULL, 0}, in_force);
}

/* Mappings, settings, feeds, clients, keys and certificates are in force together. */
static void note_activation(const struct door *door)
{
    struct arena *arena = arena_new(0);
    struct slice mapping = {door->mapping, DOOR_HASH_SIZE};
    struct pipeline_audit_row row = {.kind = SLICE("activate"),
                                     .role = SLICE(PIPELINE_AUDIT_ENGINE),
                                     .actor = slice_of(door->worker->name),
                                     .outcome = SLICE("success"),
                                     .entities =
                                         arena_format(arena, "mappings/%.*s", SLICE_ARG(mapping)),
                                     .detail = SLICE("version " PAINBRIDGE_VERSION)};
    pipeline_query_note(door->query, &row);
    arena_free(arena);
}

/* What was in force before is not any more: of all its series one is 1. */
static void report_revision(struct door *door, const struct door_revision *revision)
{
    measure_mapping(door, 0);
    if (revision->mapping.len == DOOR_HASH_SIZE)
        memcpy(door->mapping, revision->mapping.ptr, DOOR_HASH_SIZE);
    measure_mapping(door, 1);
    for (size_t i = 0; i < revision->expiry_count; i++)
        pipeline_metrics_set(door->worker->metrics, PIPELINE_METRIC_CERTIFICATE_EXPIRY,
                             revision->expiries[i].name, (struct slice){NULL, 0},
                             revision->expiries[i].when / TIME_SECOND);
}

static struct slice mapping_in_force(void *data)
{
    const struct door *door = data;
    return (struct slice){door->mapping, DOOR_HASH_SIZE};
}

/* --- start ------------------------------------------------------------------------------------ */

static int read_secret(struct door *door, const char *name, struct slice *ret_text,
                       struct issue_list *issues)
{
    char *path = instance_path(&door->worker->instance, slice_of(name), door->arena);
    struct slice text;
    if (file_read(path, SECRET_LIMIT, door->arena, &text, issues) != 0)
        return -1;
    *ret_text = slice_trim(text);
    return 0;
}

static int read_secrets(struct door *door, struct issue_list *issues)
{
    struct slice key;
    if (read_secret(door, "secrets/id.key", &key, issues) != 0 ||
        read_secret(door, "secrets/door.password", &door->store.password, issues) != 0)
        return -1;
    if (decode_hex(key, door->arena, &door->id_key) && door->id_key.len == DIGEST_SHA256_SIZE)
        return 0;
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "secrets/id.key must hold 64 hex digits");
    return -1;
}

/* The notice of redisclosure; an instance may have none. */
static int read_notice(struct door *door, struct issue_list *issues)
{
    const struct instance *instance = &door->worker->instance;
    char *path = instance_path(instance, instance->settings.notice, door->arena);
    struct slice text;
    if (access(path, F_OK) != 0)
        return 0;
    if (file_read(path, NOTICE_LIMIT, door->arena, &text, issues) != 0)
        return -1;
    door->notice = slice_trim(text);
    return 0;
}

static struct slice kept(const struct door *door, struct slice text)
{
    return arena_copy(door->arena, text);
}

static void open_store(struct door *door)
{
    const struct instance *instance = &door->worker->instance;
    const struct instance_settings *settings = &instance->settings;
    door->store.host = kept(door, settings->database_host);
    door->store.port = settings->database_port;
    door->store.database = kept(door, settings->database_name);
    door->store.user = SLICE("painbridge_door");
    door->store.ca_file = slice_of(instance_path(instance, settings->database_ca, door->arena));
    door->store.application = slice_of(door->worker->name);
    door->zone = zone_load(door->arena, kept(door, settings->time_zone));
}

static void open_pipeline(struct door *door)
{
    struct worker *worker = door->worker;
    struct slice name = kept(door, worker->instance.settings.name);
    if (worker->instance.settings.test_clock)
        door->clock = pipeline_clock_new(&(struct pipeline_clock_options){
            .store = &door->store, .host = host_pipeline(door->host), .log = worker->log});
    struct pipeline_commit_options commit = {
        .store = &door->store,
        .definitions = door->knowledge.definitions,
        .search = door->knowledge.search,
        .host = host_pipeline(door->host),
        .log = worker->log,
        .instance_name = name,
        .grace_milliseconds = GRACE_MILLISECONDS,
        .clock = door->clock,
    };
    door->commit = pipeline_commit_new(&commit);
    struct pipeline_inbound_options inbound = {
        .commit = door->commit,
        .definitions = door->knowledge.definitions,
        .search = door->knowledge.search,
        .dictionary = door->knowledge.dictionary,
        .metrics = worker->metrics,
        .log = worker->log,
        .id_key = door->id_key,
        .application = name,
        .zone = door->zone,
    };
    door->inbound = pipeline_inbound_new(&inbound);
    door->once = pipeline_once_new(&door->store, host_pipeline(door->host));
    door->query = pipeline_query_new(&(struct pipeline_query_options){
        .store = &door->store,
        .host = host_pipeline(door->host),
        .log = worker->log,
        .budget = door->budget,
        .clock = door->clock,
        .notice = door->notice,
        .searches = (unsigned)worker->instance.settings.searches,
        .searches_of_actor = (unsigned)worker->instance.settings.client_searches,
        .search_milliseconds = worker->instance.settings.search_seconds * 1000});
}

static void drain_check(void *data);

static void listener_stopped(void *data)
{
    struct door *door = data;
    door->listener_stopped = true;
    drain_check(door);
}

/* Takes the contexts and the feeds out of the revision, at the start. */
static int open_listener(struct door *door, struct door_revision *revision,
                         struct issue_list *issues)
{
    struct worker *worker = door->worker;
    struct feed_listener_options options = {
        .loop = worker->loop,
        .descriptor = worker->order.mllp,
        .tls = door->mllp_tls,
        .inbound = door->inbound,
        .clock = door->clock,
        .budget = door->budget,
        .metrics = worker->metrics,
        .log = worker->log,
        .notes = door->query,
        .stopped = listener_stopped,
        .data = door,
    };
    if (feed_listener_new(&options, &revision->feeds, &door->listener, issues) != 0)
        return -1;
    revision->feeds.arena = NULL;
    return 0;
}

static void rest_stopped(void *data)
{
    struct door *door = data;
    door->rest_stopped = true;
    drain_check(door);
}

/* Our own issuer's key, and the way to those of others. */
static int open_trust(struct door *door, struct issue_list *issues)
{
    const struct instance *instance = &door->worker->instance;
    struct slice authorities = instance->settings.authorities;
    char *path = instance_path(instance, SLICE("secrets/issuer.key"), door->arena);
    if (jws_signer_read(path, &door->signer, issues) != 0)
        return -1;
    path = authorities.len > 0 ? instance_path(instance, authorities, door->arena) : NULL;
    door->trust =
        (struct trust_options){.own_keys = jws_signer_public_keys(door->signer, door->arena),
                               .fetch = net_fetch_new(door->worker->loop, path),
                               .log = door->worker->log};
    return 0;
}

static int open_rest(struct door *door, struct issue_list *issues)
{
    struct worker *worker = door->worker;
    const struct instance_settings *settings = &worker->instance.settings;
    const struct rest_server_options options = {
        .loop = worker->loop,
        .descriptor = worker->order.https,
        .tls = door->https_tls,
        .server = {.max_connections = (unsigned)settings->https_connections,
                   .budget = door->budget},
        .commit = door->commit,
        .query = door->query,
        .once = door->once,
        .signer = door->signer,
        .clock = door->clock,
        .definitions = door->knowledge.definitions,
        .search = door->knowledge.search,
        .metrics = worker->metrics,
        .log = worker->log,
        .answer_bytes = settings->answer_bytes,
        .id_key = door->id_key,
        .base_url = kept(door, settings->base_url),
        .software = SLICE(PAINBRIDGE_VERSION),
        .instance_name = kept(door, settings->name),
        .started = time_now(),
        .revision = mapping_in_force,
        .stopped = rest_stopped,
        .data = door,
    };
    struct access_keeper *keeper = NULL;
    if (trust_keeper(&worker->instance, &door->trust, &keeper, issues) != 0)
        return -1;
    if (rest_server_new(&options, keeper, &door->rest, issues) == 0)
        return 0;
    access_keeper_free(keeper);
    return -1;
}

/* What can be wrong in files is read first: a door that cannot serve never opens a listener. */
static int door_open(struct door *door, struct issue_list *issues)
{
    struct door_revision *revision = NULL;
    if (knowledge_load(NULL, door->arena, &door->knowledge, issues) != 0 ||
        read_secrets(door, issues) != 0 || read_notice(door, issues) != 0 ||
        open_trust(door, issues) != 0 ||
        door_revision_build(&door->knowledge, &door->worker->instance, &revision, issues) != 0)
        return -1;
    size_t memory = (size_t)door->worker->instance.settings.memory_bytes;
    door->budget = budget_new(memory, memory / SHARES);
    open_store(door);
    open_pipeline(door);
    door->mllp_tls = revision->mllp;
    door->https_tls = revision->https;
    revision->mllp = revision->https = NULL;
    report_revision(door, revision);
    pipeline_query_use_tables(door->query, &revision->tables);
    note_activation(door);
    int result = open_listener(door, revision, issues);
    if (result == 0) {
        door->pauses = door_pauses_new(door->worker->loop, door->query, door->listener);
        door->held = door_held_new(&(struct door_held_options){.loop = door->worker->loop,
                                                               .query = door->query,
                                                               .metrics = door->worker->metrics,
                                                               .clock = door->clock});
    }
    if (result == 0)
        result = open_rest(door, issues);
    door_revision_free(revision);
    return result;
}

/* Who is told that we are ready may ask at once, so the store is waited for; but a store that is
 * away is no reason to stay silent for ever: /readyz says why, and messages have their grace. */
static void ready_check(void *data)
{
    struct door *door = data;
    struct slice reason;
    bool ready =
        pipeline_commit_ready(door->commit, &reason) && pipeline_clock_is_known(door->clock);
    if (!ready && time_monotonic() < door->ready_at_last)
        return;
    net_timer_stop(door->ready_timer);
    worker_ready(door->worker);
}

static int door_start(struct worker *worker, struct issue_list *issues)
{
    struct door *door = calloc(1, sizeof *door);
    if (!door)
        abort();
    worker->role = door;
    door->worker = worker;
    door->arena = arena_new(KNOWLEDGE_CEILING);
    door->host = host_new(worker->loop);
    door->ready_timer = net_timer_new(worker->loop, ready_check, door);
    door->drain_timer = net_timer_new(worker->loop, drain_check, door);
    if (door_open(door, issues) != 0)
        return -1;
    door->ready_at_last = time_monotonic() + STORE_PATIENCE;
    net_timer_start(door->ready_timer, TIME_SECOND / 100, TIME_SECOND / 100);
    return 0;
}

/* --- reload ----------------------------------------------------------------------------------- */

/* A revision being built; belongs to the work thread until `built`. */
struct rebuild {
    struct door *door;
    const struct instance *fresh;
    struct arena *arena;
    struct issue_list issues;
    struct door_revision *revision;
    struct access_keeper *keeper;
};

static void rebuild_work(void *data)
{
    struct rebuild *rebuild = data;
    if (door_revision_build(&rebuild->door->knowledge, rebuild->fresh, &rebuild->revision,
                            &rebuild->issues) == 0 &&
        trust_keeper(rebuild->fresh, &rebuild->door->trust, &rebuild->keeper, &rebuild->issues) ==
            0)
        return;
    door_revision_free(rebuild->revision);
    rebuild->revision = NULL;
}

static void take_revision(struct door *door, struct door_revision *revision)
{
    tls_context_replace(door->mllp_tls, revision->mllp);
    tls_context_replace(door->https_tls, revision->https);
    revision->mllp = revision->https = NULL;
    report_revision(door, revision);
    pipeline_query_use_tables(door->query, &revision->tables);
    note_activation(door);
    feed_listener_replace(door->listener, &revision->feeds);
    revision->feeds.arena = NULL;
}

static void rebuild_done(void *data)
{
    struct rebuild *rebuild = data;
    struct door_revision *revision = rebuild->revision;
    rebuild->door->rebuilding = false;
    if (revision) {
        take_revision(rebuild->door, revision);
        rest_server_replace(rebuild->door->rest, rebuild->keeper);
        rest_server_limit(rebuild->door->rest,
                          (unsigned)rebuild->fresh->settings.https_connections);
    }
    worker_reloaded(rebuild->door->worker, revision != NULL, &rebuild->issues);
    door_revision_free(revision);
    arena_free(rebuild->arena);
    malloc_trim(0); /* of the revision that went; about a millisecond */
}

static void door_reload(struct worker *worker, const struct instance *fresh)
{
    struct door *door = worker->role;
    struct arena *arena = arena_new(0);
    struct rebuild *rebuild = ARENA_NEW(arena, struct rebuild);
    *rebuild = (struct rebuild){.door = door, .fresh = fresh, .arena = arena};
    issue_list_init(&rebuild->issues, arena);
    door->rebuilding = true;
    net_loop_work(worker->loop, rebuild_work, rebuild_done, rebuild);
}

/* --- end -------------------------------------------------------------------------------------- */

/* Called at each step of draining; the timer covers what has no callback of its own. */
static void drain_check(void *data)
{
    struct door *door = data;
    if (!door->listener_stopped || !door->rest_stopped || door->rebuilding ||
        pipeline_commit_depth(door->commit) > 0)
        return;
    net_timer_stop(door->drain_timer);
    worker_drained(door->worker);
}

static void door_drain(struct worker *worker)
{
    struct door *door = worker->role;
    net_timer_stop(door->ready_timer);
    net_timer_start(door->drain_timer, TIME_SECOND / 50, TIME_SECOND / 50);
    feed_listener_stop(door->listener);
    rest_server_stop(door->rest);
}

static void door_release(struct worker *worker)
{
    struct door *door = worker->role;
    if (!door)
        return;
    /* what is still under way is given back first, while those who get it stand */
    pipeline_commit_free(door->commit);
    pipeline_query_free(door->query);
    pipeline_once_free(door->once);
    door_pauses_free(door->pauses);
    door_held_free(door->held);
    feed_listener_free(door->listener);
    rest_server_free(door->rest);
    net_fetch_free(door->trust.fetch);
    jws_signer_free(door->signer);
    pipeline_inbound_free(door->inbound);
    pipeline_clock_free(door->clock);
    net_timer_free(door->ready_timer);
    net_timer_free(door->drain_timer);
    host_free(door->host);
    budget_free(door->budget);
    tls_context_free(door->mllp_tls);
    tls_context_free(door->https_tls);
    arena_free(door->arena);
    free(door);
    worker->role = NULL;
}

const struct worker_role worker_role_door = {
    .name = "door",
    .start = door_start,
    .reload = door_reload,
    .drain = door_drain,
    .release = door_release,
};
