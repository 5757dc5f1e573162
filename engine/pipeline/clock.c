/* clock: see the header.
 *
 *   AWAY ──store ready──▶ RESTING ──25 ms──▶ ASKING ──answered──▶ RESTING
 *    ▲                      │                  │
 *    └──────── link lost ───┴──────────────────┘ */
#include "pipeline/clock.h"

#include "pipeline/commit.h"
#include "pipeline/inbox.h"
#include "store/connection.h"

#include <stdlib.h>
#include <time.h>

#define CLOCK_PAUSE (TIME_SECOND / 40)

static const struct slice CLOCK_NAME = SLICE_INIT("test-clock");

struct pipeline_clock {
    struct pipeline_clock_options options;
    struct store_connection *connection;
    struct arena *arena; /* of the question under way */
    struct store_request *request;
    struct pipeline_clock_setting setting;
    bool known, asking;
    unsigned changes;
    instant next_look; /* time_monotonic */
    int watched;       /* descriptor, or -1 */
};

/* --- the setting ------------------------------------------------------------------------------ */

/* "2027-01-04T15:00:00.000Z 2026-11-22T05:20:11.123Z": what was set, and when. Anything else is as
 * if it was never set. */
static struct pipeline_clock_setting setting_of(struct slice value)
{
    struct pipeline_clock_setting setting = {0};
    size_t blank = slice_find_byte(value, ' ');
    if (!time_parse(slice_part(value, 0, blank), 0, &setting.set) ||
        !time_parse(slice_after(value, blank + 1), 0, &setting.real))
        return (struct pipeline_clock_setting){0};
    return setting;
}

instant pipeline_clock_at(const struct pipeline_clock_setting *setting, instant real)
{
    return setting->set != 0 ? setting->set + (real - setting->real) : real;
}

int pipeline_clock_read(struct pipeline_inbox *inbox, struct pipeline_clock_setting *ret_setting,
                        struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct slice value;
    int result = pipeline_inbox_read_setting(inbox, CLOCK_NAME, arena, &value, issues);
    if (result == 0)
        *ret_setting = setting_of(value);
    arena_free(arena);
    return result;
}

int pipeline_clock_set(struct pipeline_inbox *inbox, instant set, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct slice value = arena_format(arena, "%.*s %.*s", SLICE_ARG(time_format(set, 0, arena)),
                                      SLICE_ARG(time_format(time_now(), 0, arena)));
    int result = pipeline_inbox_put_setting(inbox, CLOCK_NAME, value, issues);
    arena_free(arena);
    const struct timespec patience = {.tv_nsec = PIPELINE_CLOCK_PATIENCE * 1000};
    if (result == 0)
        nanosleep(&patience, NULL);
    return result;
}

/* --- of a running process --------------------------------------------------------------------- */

static void drive(void *data);

static void answered(void *data)
{
    struct pipeline_clock *clock = data;
    clock->asking = false;
    clock->next_look = time_monotonic() + CLOCK_PAUSE;
    if (store_request_failure(clock->request) != STORE_DONE)
        return; /* the clock goes on as it was set last */
    struct pipeline_clock_setting setting =
        setting_of(store_request_bytes(clock->request, 0, 0, 0));
    bool same = setting.set == clock->setting.set && setting.real == clock->setting.real;
    if (clock->known && same)
        return;
    clock->known = true;
    clock->setting = setting;
    clock->changes++;
    if (setting.set != 0)
        LOG_EVENT(clock->options.log, LOG_INFO, "clock-set",
                  LOG_TEXT("clock", time_format(pipeline_clock_now(clock), 0, clock->arena)));
}

static void ask(struct pipeline_clock *clock)
{
    arena_reset(clock->arena);
    const struct store_value values[] = {store_value_bytes(CLOCK_NAME)};
    clock->request = store_request_new(clock->arena);
    store_request_add(clock->request, STORE_SQL_READ_SETTING, values, 1);
    clock->asking = store_connection_submit(clock->connection, clock->request, answered, clock);
}

/* Tells the loop what this clock waits for. */
static void wait(struct pipeline_clock *clock)
{
    const struct pipeline_host *host = clock->options.host;
    int fd = store_connection_fd(clock->connection);
    /* While it links, libpq may close a socket and open another one with the same number. */
    bool linking = store_connection_state(clock->connection) == STORE_LINKING;
    if (clock->watched >= 0 && (fd != clock->watched || linking))
        host->unwatch(host->context, clock->watched);
    clock->watched = fd;
    if (fd >= 0)
        host->watch(host->context, fd, store_connection_wants_read(clock->connection),
                    store_connection_wants_write(clock->connection), drive, clock);
    instant wake = store_connection_wake(clock->connection);
    bool resting = store_connection_state(clock->connection) == STORE_READY && !clock->asking;
    if (resting && clock->next_look < wake)
        wake = clock->next_look;
    instant left = wake - time_monotonic();
    int64_t milliseconds = wake == INT64_MAX ? -1 : (left > 0 ? left / 1000 + 1 : 0);
    host->timer(host->context, milliseconds, drive, clock);
}

static void drive(void *data)
{
    struct pipeline_clock *clock = data;
    instant now = time_monotonic();
    store_connection_progress(clock->connection, now);
    if (store_connection_state(clock->connection) == STORE_READY && !clock->asking &&
        clock->next_look <= now) {
        ask(clock);
        store_connection_progress(clock->connection, now);
    }
    wait(clock);
}

struct pipeline_clock *pipeline_clock_new(const struct pipeline_clock_options *options)
{
    struct pipeline_clock *clock = calloc(1, sizeof *clock);
    if (!clock)
        abort();
    clock->options = *options;
    clock->connection = store_connection_new(options->store, STORE_USE_READ);
    clock->arena = arena_new(0);
    clock->watched = -1;
    drive(clock);
    return clock;
}

void pipeline_clock_free(struct pipeline_clock *clock)
{
    if (!clock)
        return;
    const struct pipeline_host *host = clock->options.host;
    if (clock->watched >= 0)
        host->unwatch(host->context, clock->watched);
    host->timer(host->context, -1, drive, clock);
    store_connection_free(clock->connection);
    arena_free(clock->arena);
    free(clock);
}

instant pipeline_clock_now(const struct pipeline_clock *clock)
{
    return clock ? pipeline_clock_at(&clock->setting, time_now()) : time_now();
}

bool pipeline_clock_is_known(const struct pipeline_clock *clock)
{
    return !clock || clock->known;
}

unsigned pipeline_clock_changes(const struct pipeline_clock *clock)
{
    return clock ? clock->changes : 0;
}
