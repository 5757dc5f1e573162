/* clock: see the header.
 *
 *   AWAY ──store ready──▶ RESTING ──25 ms──▶ ASKING ──answered──▶ RESTING
 *    ▲                      │                  │
 *    └──────── link lost ───┴──────────────────┘ */
#include "pipeline/clock.h"

#include "pipeline/commit.h"
#include "pipeline/inbox.h"
#include "pipeline/link.h"

#include <stdlib.h>
#include <time.h>

#define CLOCK_PAUSE (TIME_SECOND / 40)

static const struct slice CLOCK_NAME = SLICE_INIT("test-clock");

struct pipeline_clock {
    struct pipeline_clock_options options;
    struct pipeline_link link;
    struct arena *arena; /* of the question under way */
    struct store_request *request;
    struct pipeline_clock_setting setting;
    bool known, asking;
    unsigned changes;
    instant next_look; /* time_monotonic */
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
    clock->asking =
        store_connection_submit(clock->link.connection, clock->request, answered, clock);
}

static void drive(void *data)
{
    struct pipeline_clock *clock = data;
    struct store_connection *connection = clock->link.connection;
    instant now = time_monotonic();
    store_connection_progress(connection, now);
    if (store_connection_state(connection) == STORE_READY && !clock->asking &&
        clock->next_look <= now) {
        ask(clock);
        store_connection_progress(connection, now);
    }
    bool resting = store_connection_state(connection) == STORE_READY && !clock->asking;
    pipeline_link_settle(&clock->link, resting ? clock->next_look : INT64_MAX);
}

struct pipeline_clock *pipeline_clock_new(const struct pipeline_clock_options *options)
{
    struct pipeline_clock *clock = calloc(1, sizeof *clock);
    if (!clock)
        abort();
    clock->options = *options;
    clock->arena = arena_new(0);
    pipeline_link_init(&clock->link, options->store, STORE_USE_READ, options->host, drive, clock);
    drive(clock);
    return clock;
}

void pipeline_clock_free(struct pipeline_clock *clock)
{
    if (!clock)
        return;
    pipeline_link_release(&clock->link);
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
