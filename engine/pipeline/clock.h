/* clock: what time it is in the record.
 *
 * An instance that was made for tests has a clock that can be set: T ticks on from the instant that
 * was set, lives in the database (instance_setting "test-clock"), and is the same for every process
 * of the engine. Every other instance has none, and everywhere here a clock of NULL is the real
 * time. What follows T and what never does:
 *
 *   T      when a message or a FHIR write was received, and all that is made from that: engine.now
 *          of the mapping rules, lastUpdated, MSH-7 of answers, the order of events, the window of
 *          control ids; marks of persons and when the judge takes them up; what `queue wait-idle`
 *          waits for; relative dates in searches
 *   real   TLS, certificates, tokens, audit, log, metrics, pauses of feeds, when the program was
 *          started, every timeout and back-off of a connection
 *
 * A clock of a running process reads the setting again every 25 ms, on a connection of its own; who
 * sets it waits PIPELINE_CLOCK_PATIENCE, so that all have it when the command returns. */
#ifndef PIPELINE_CLOCK_H
#define PIPELINE_CLOCK_H

#include "base/issue.h"
#include "base/log.h"
#include "base/time.h"

struct store_settings;
struct pipeline_host;
struct pipeline_inbox;
struct pipeline_clock;

#define PIPELINE_CLOCK_PATIENCE (TIME_SECOND / 4)

struct pipeline_clock_options {
    const struct store_settings *store; /* any role; must live as long */
    const struct pipeline_host *host;   /* the same */
    struct log *log;
};

/* A test clock; starts connecting at once. For an instance without one there is none to make. */
struct pipeline_clock *pipeline_clock_new(const struct pipeline_clock_options *options);
/* NULL is well. */
void pipeline_clock_free(struct pipeline_clock *clock);

/* T; the real time where the clock is NULL, was never set or is not known yet. */
instant pipeline_clock_now(const struct pipeline_clock *clock);
/* True once the setting was read: before that nothing should be taken in. NULL: true. */
bool pipeline_clock_is_known(const struct pipeline_clock *clock);
/* Grows each time another setting was read; 0 for NULL. */
unsigned pipeline_clock_changes(const struct pipeline_clock *clock);

/* --- for commands ----------------------------------------------------------------------------- */

/* How the clock was set; `set` is 0 where it never was. */
struct pipeline_clock_setting {
    instant set;  /* T at that moment */
    instant real; /* the moment, by the real clock */
};

/* T at a real instant. */
instant pipeline_clock_at(const struct pipeline_clock_setting *setting, instant real);
/* -1 with an issue where the database could not be asked. */
int pipeline_clock_read(struct pipeline_inbox *inbox, struct pipeline_clock_setting *ret_setting,
                        struct issue_list *issues) __attribute__((warn_unused_result));
/* Sets the clock to `set` and returns when every process has it. */
int pipeline_clock_set(struct pipeline_inbox *inbox, instant set, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
