/* release: see the header. */
#include "cli/release.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/file.h"
#include "cli/database.h"
#include "cli/door_revision.h"
#include "cli/host.h"
#include "pipeline/clock.h"
#include "pipeline/inbound.h"
#include "store/settings.h"

#include <string.h>

#define KEY_LIMIT 4096
#define PATIENCE (10 * TIME_SECOND)
#define LOOK_INTERVAL (TIME_SECOND / 100)

struct releaser {
    const struct instance *instance;
    struct arena *arena;
    struct issue_list *issues;
    struct knowledge knowledge;
    struct door_revision *revision;
    struct slice id_key;
    struct store_settings store;
    struct net_loop *loop;
    struct host *host;
    struct pipeline_clock *clock; /* NULL: the real time */
    struct pipeline_commit *commit;
    struct pipeline_inbound *inbound;
    struct pipeline_inbox *inbox;
    size_t pending;  /* of those that go on together */
    bool is_running; /* the loop */
};

struct release_order {
    const struct pipeline_held_choice *choice;
    struct slice actor;
    bool as_text;
    const struct pipeline_drop_note *drop; /* NULL: the chosen go on, else they go for good */
    struct pipeline_act *act;              /* NULL: it is about messages */
};

/* --- opening ---------------------------------------------------------------------------------- */

static int read_id_key(struct releaser *releaser)
{
    struct slice text;
    char *path = instance_path(releaser->instance, SLICE("secrets/id.key"), releaser->arena);
    if (file_read(path, KEY_LIMIT, releaser->arena, &text, releaser->issues) != 0) {
        return -1;
    }
    if (decode_hex(slice_trim(text), releaser->arena, &releaser->id_key) &&
        releaser->id_key.len == DIGEST_SHA256_SIZE) {
        return 0;
    }
    issue_report(releaser->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "'%s' must hold 64 hex digits", path);
    return -1;
}

/* The revision is kept for those who ask later why, so it is written as the instance's owner. */
static int read_files(struct releaser *releaser)
{
    if (knowledge_load(NULL, releaser->arena, &releaser->knowledge, releaser->issues) != 0 ||
        read_id_key(releaser) != 0 || instance_assume(releaser->instance, releaser->issues) != 0) {
        return -1;
    }
    int result = door_revision_build(&releaser->knowledge, releaser->instance, &releaser->revision,
                                     releaser->issues);
    account_resume();
    return result;
}

static void open_pipeline(struct releaser *releaser)
{
    const struct instance_settings *settings = &releaser->instance->settings;
    releaser->loop = net_loop_new();
    releaser->host = host_new(releaser->loop);
    const struct pipeline_host *host = host_pipeline(releaser->host);
    if (settings->test_clock) {
        releaser->clock = pipeline_clock_new(
            &(struct pipeline_clock_options){.store = &releaser->store, .host = host});
    }
    releaser->commit = pipeline_commit_new(
        &(struct pipeline_commit_options){.store = &releaser->store,
                                          .definitions = releaser->knowledge.definitions,
                                          .search = releaser->knowledge.search,
                                          .host = host,
                                          .instance_name = settings->name,
                                          .grace_milliseconds = PATIENCE / 1000,
                                          .clock = releaser->clock});
    releaser->inbound = pipeline_inbound_new(
        &(struct pipeline_inbound_options){.commit = releaser->commit,
                                           .definitions = releaser->knowledge.definitions,
                                           .search = releaser->knowledge.search,
                                           .id_key = releaser->id_key,
                                           .application = settings->name});
}

static void close_all(struct releaser *releaser)
{
    pipeline_inbox_close(releaser->inbox);
    pipeline_commit_free(releaser->commit);
    pipeline_inbound_free(releaser->inbound);
    pipeline_clock_free(releaser->clock);
    host_free(releaser->host);
    net_loop_free(releaser->loop);
    door_revision_free(releaser->revision);
}

/* --- the clock -------------------------------------------------------------------------------- */

struct clock_wait {
    struct releaser *releaser;
    instant deadline;
};

static void look_at_clock(void *data)
{
    const struct clock_wait *wait = data;
    if (pipeline_clock_is_known(wait->releaser->clock) || time_monotonic() > wait->deadline) {
        net_loop_stop(wait->releaser->loop);
    }
}

/* What happened by a test clock is not stored under the real time. */
static int wait_for_clock(struct releaser *releaser)
{
    if (pipeline_clock_is_known(releaser->clock)) {
        return 0;
    }
    struct clock_wait wait = {releaser, time_monotonic() + PATIENCE};
    struct net_timer *timer = net_timer_new(releaser->loop, look_at_clock, &wait);
    net_timer_start(timer, LOOK_INTERVAL, LOOK_INTERVAL);
    net_loop_run(releaser->loop);
    net_timer_free(timer);
    if (pipeline_clock_is_known(releaser->clock)) {
        return 0;
    }
    issue_report(releaser->issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not read the test clock");
    return -1;
}

/* --- some messages ------------------------------------------------------------------------------
 */

static const struct pipeline_feed *feed_of(const struct releaser *releaser, struct slice name)
{
    const struct feed_set *feeds = &releaser->revision->feeds;
    for (size_t i = 0; i < feeds->count; i++) {
        if (slice_equal(feeds->entries[i].feed.name, name)) {
            return &feeds->entries[i].feed;
        }
    }
    return NULL;
}

static void one_ended(struct releaser *releaser)
{
    if (--releaser->pending == 0 && releaser->is_running) {
        net_loop_stop(releaser->loop);
    }
}

static void wait_for_all(struct releaser *releaser)
{
    releaser->is_running = true;
    while (releaser->pending > 0) {
        net_loop_run(releaser->loop);
    }
    releaser->is_running = false;
}

/* What became of one message. */
struct ended {
    int64_t key;
    struct slice feed;
    enum pipeline_outcome outcome;
    const struct issue_list *issues;
};

static void note_fault(struct release_tally *tally, const struct ended *ended, struct arena *arena)
{
    const struct issue *error = issue_list_first_error(ended->issues);
    tally->failed++;
    if (tally->fault_count == RELEASE_FAULT_LIMIT || error == NULL) {
        return;
    }
    struct issue kept = *error;
    kept.place.name = arena_copy(arena, kept.place.name);
    kept.words = arena_copy(arena, issue_words(error));
    kept.rule = arena_copy(arena, kept.rule);
    tally->faults[tally->fault_count++] =
        (struct release_fault){ended->key, arena_copy(arena, ended->feed), kept};
}

/* -1 where the store did not take it, for a reason that the next one would meet as well. */
static int count_outcome(struct releaser *releaser, const struct ended *ended, int64_t *well,
                         struct release_tally *tally)
{
    switch (ended->outcome) {
    case PIPELINE_COMMITTED:
        ++*well;
        return 0;
    case PIPELINE_HELD:
        tally->waiting++;
        return 0;
    case PIPELINE_DUPLICATE: /* somebody else let it go */
        return 0;
    case PIPELINE_FAILED:
    case PIPELINE_KEY_CLASH:
        note_fault(tally, ended, releaser->arena);
        return 0;
    case PIPELINE_UNAVAILABLE:
    case PIPELINE_UNKNOWN:
        break;
    }
    issue_report(releaser->issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                 "the database went away on the way; do it again to let the rest go on");
    return -1;
}

/* pipeline_release.done */
static void released(struct pipeline_release *release)
{
    one_ended(release->owner);
}

struct attempt {
    const struct pipeline_held_message *message;
    struct pipeline_release release;
};

static void begin_release(struct releaser *releaser, struct attempt *attempt)
{
    const struct pipeline_feed *feed = feed_of(releaser, attempt->message->feed);
    if (feed != NULL) {
        pipeline_inbound_release(releaser->inbound, feed, &attempt->release);
        return;
    }
    issue_report(&attempt->release.issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                 "there is no feed of this name any more");
    released(&attempt->release);
}

/* All at once, so that they share a commit; in their order. */
static int release_some(struct releaser *releaser, const struct release_order *order,
                        const struct pipeline_held_message *messages, size_t count,
                        struct release_tally *tally, struct arena *arena)
{
    struct attempt *attempts = ARENA_ARRAY(arena, count, struct attempt);
    releaser->pending = count;
    for (size_t i = 0; i < count; i++) {
        attempts[i].message = &messages[i];
        attempts[i].release = (struct pipeline_release){.message_key = (uint64_t)messages[i].key,
                                                        .raw = messages[i].raw,
                                                        .received = messages[i].received,
                                                        .actor = order->actor,
                                                        .as_text = order->as_text,
                                                        .done = released,
                                                        .owner = releaser,
                                                        .outcome = PIPELINE_FAILED};
        issue_list_init(&attempts[i].release.issues, arena);
        begin_release(releaser, &attempts[i]);
    }
    wait_for_all(releaser);
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        const struct ended ended = {messages[i].key, messages[i].feed, attempts[i].release.outcome,
                                    &attempts[i].release.issues};
        result = count_outcome(releaser, &ended, &tally->released, tally);
    }
    return result;
}

static int release_all(struct releaser *releaser, const struct release_order *order,
                       struct release_tally *tally)
{
    struct arena *arena = arena_new(0);
    int64_t position = 0;
    int result = 0;
    for (size_t count = 1; result == 0 && count > 0; arena_reset(arena)) {
        struct pipeline_held_message *messages = NULL;
        count = 0;
        result = pipeline_held_next(releaser->inbox, order->choice, position, arena, &messages,
                                    &count, releaser->issues);
        if (result == 0 && count > 0) {
            position = messages[count - 1].position;
            result = release_some(releaser, order, messages, count, tally, arena);
        }
    }
    arena_free(arena);
    return result;
}

/* --- for good --------------------------------------------------------------------------------- */

/* pipeline_drop.done */
static void dropped(struct pipeline_drop *drop)
{
    one_ended(drop->owner);
}

/* One that somebody else has let go meanwhile is passed over. */
static int drop_one(struct releaser *releaser, const struct release_order *order, int64_t key,
                    struct release_tally *tally)
{
    struct pipeline_held_cause *causes = NULL;
    size_t count = 0;
    if (pipeline_held_causes_of(releaser->inbox, key, releaser->arena, &causes, &count,
                                releaser->issues) != 0) {
        return -1;
    }
    if (count == 0) {
        return 0;
    }
    struct pipeline_drop drop = {.arena = releaser->arena,
                                 .message_key = (uint64_t)key,
                                 .received = causes[0].oldest,
                                 .actor = order->actor,
                                 .note = *order->drop,
                                 .done = dropped,
                                 .owner = releaser};
    releaser->pending = 1;
    pipeline_held_drop(releaser->commit, &drop);
    wait_for_all(releaser);
    const struct ended ended = {key, causes[0].feeds, drop.outcome, &drop.item.issues};
    return count_outcome(releaser, &ended, &tally->dropped, tally);
}

static int drop_all(struct releaser *releaser, const struct release_order *order,
                    struct release_tally *tally)
{
    int result = 0;
    for (size_t i = 0; i < order->choice->key_count && result == 0; i++) {
        result = drop_one(releaser, order, order->choice->keys[i], tally);
    }
    return result;
}

/* --- source records --------------------------------------------------------------------------- */

/* pipeline_item.done */
static void acted(struct pipeline_item *item)
{
    one_ended(item->owner);
}

static int act_once(struct releaser *releaser, const struct release_order *order)
{
    struct pipeline_item item = {.arena = releaser->arena,
                                 .owner = releaser,
                                 .source = order->actor,
                                 .actor = order->actor,
                                 .received = time_now(),
                                 .acts = order->act,
                                 .act_count = 1,
                                 .done = acted};
    issue_list_init(&item.issues, releaser->arena);
    releaser->pending = 1;
    pipeline_commit_submit(releaser->commit, &item);
    wait_for_all(releaser);
    if (item.outcome == PIPELINE_COMMITTED) {
        return 0;
    }
    const struct issue *error = issue_list_first_error(&item.issues);
    issue_report(releaser->issues, error ? error->code : ISSUE_STORE_DOWN, ISSUE_ERROR,
                 ISSUE_NOWHERE, "%s",
                 error ? arena_string(releaser->arena, issue_words(error))
                       : "the database went away on the way; do it again");
    return -1;
}

/* ---------------------------------------------------------------------------------------------- */

static int carry_out(const struct instance *instance, const struct release_order *order,
                     struct release_tally *ret_tally, struct issue_list *issues)
{
    struct releaser releaser = {.instance = instance, .arena = issues->arena, .issues = issues};
    memset(ret_tally, 0, sizeof(*ret_tally));
    if (database_settings(instance, "door", SLICE("command"), &releaser.store, issues) != 0 ||
        pipeline_inbox_open(&releaser.store, &releaser.inbox, issues) != 0) {
        return -1;
    }
    int result = read_files(&releaser);
    if (result == 0) {
        open_pipeline(&releaser);
        result = wait_for_clock(&releaser);
    }
    if (result == 0 && order->drop != NULL) {
        result = drop_all(&releaser, order, ret_tally);
    }
    if (result == 0 && order->act != NULL) {
        result = act_once(&releaser, order);
    } else if (result == 0) {
        result = release_all(&releaser, order, ret_tally);
    }
    close_all(&releaser);
    return result;
}

int release_run(const struct instance *instance, const struct pipeline_held_choice *choice,
                bool as_text, struct slice actor, struct release_tally *ret_tally,
                struct issue_list *issues)
{
    const struct release_order order = {choice, actor, as_text, NULL, NULL};
    return carry_out(instance, &order, ret_tally, issues);
}

int release_drop(const struct instance *instance, const struct pipeline_held_choice *choice,
                 const struct pipeline_drop_note *note, struct slice actor,
                 struct release_tally *ret_tally, struct issue_list *issues)
{
    const struct release_order order = {choice, actor, false, note, NULL};
    return carry_out(instance, &order, ret_tally, issues);
}

int release_act(const struct instance *instance, struct pipeline_act *act, struct slice actor,
                struct issue_list *issues)
{
    const struct release_order order = {NULL, actor, false, NULL, act};
    struct release_tally none;
    return carry_out(instance, &order, &none, issues);
}
