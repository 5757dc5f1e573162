/* message list, message show, queue wait-idle: what the database of a running instance knows.
 * Nothing of a patient is shown but by `message show --raw`, which is noted in the audit. */
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/held_report.h"
#include "hl7v2/ack.h"
#include "pipeline/clock.h"
#include "pipeline/inbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define MESSAGE_USUAL_LIMIT 50
#define MESSAGE_LARGEST_LIMIT 1000000
#define QUEUE_USUAL_PATIENCE 60
#define QUEUE_LONGEST_PATIENCE 86400
#define QUEUE_PAUSE 50000 /* microseconds */

/* A number that an option gives, or `usual`. */
static bool read_number(const struct command_call *call, const char *option, uint64_t usual,
                        uint64_t largest, uint64_t *ret_number)
{
    const char *text = option_value(&call->options, option);
    *ret_number = usual;
    return text == NULL || slice_to_uint64(slice_of(text), largest, ret_number);
}

/* --- messages --------------------------------------------------------------------------------- */

/* MSA-1 of the answer that was given. */
static struct slice answer_code(const struct pipeline_inbox_row *row, struct arena *arena)
{
    struct hl7v2_message message;
    struct hl7v2_ack ack;
    struct issue_list ignored;
    issue_list_init(&ignored, arena);
    if (hl7v2_message_parse(row->answer, NULL, arena, &message, &ignored) != 0 ||
        hl7v2_ack_parse(&message, arena, &ack, &ignored) != 0) {
        return (struct slice){0};
    }
    return hl7v2_ack_code_name(ack.code);
}

static struct json *row_json(const struct pipeline_inbox_row *row, struct arena *arena)
{
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("key"), arena_format(arena, "%" PRId64, row->id), arena);
    json_add_string(answer, SLICE("received"), time_format(row->received, 0, arena), arena);
    json_add_string(answer, SLICE("feed"), row->feed, arena);
    json_add_string(answer, SLICE("control_id"), command_shown(row->control_id, arena), arena);
    json_add_string(answer, SLICE("type"), command_shown(row->type, arena), arena);
    json_add_string(answer, SLICE("status"), row->status, arena);
    json_add_string(answer, SLICE("answer"), answer_code(row, arena), arena);
    return answer;
}

static void print_row(const struct pipeline_inbox_row *row, struct arena *arena)
{
    printf("%-12" PRId64 " %.*s %-20.*s %-10.*s %-11.*s %-2.*s %.*s\n", row->id,
           SLICE_ARG(time_format(row->received, 0, arena)), SLICE_ARG(row->feed),
           SLICE_ARG(command_shown(row->type, arena)), SLICE_ARG(row->status),
           SLICE_ARG(answer_code(row, arena)), SLICE_ARG(command_shown(row->control_id, arena)));
}

static enum command_exit list_messages(struct command_call *call, struct pipeline_inbox *inbox,
                                       uint64_t limit)
{
    struct pipeline_inbox_filter filter = {.feed = slice_of(option_value(&call->options, "feed")),
                                           .status =
                                               slice_of(option_value(&call->options, "status")),
                                           .limit = (int32_t)limit};
    struct pipeline_inbox_row *rows = NULL;
    size_t count = 0;
    if (pipeline_inbox_list(inbox, &filter, call->arena, &rows, &count, &call->issues) != 0) {
        return command_failed(call);
    }
    for (size_t i = 0; i < count; i++) {
        if (call->json) {
            command_print(row_json(&rows[i], call->arena));
            continue;
        }
        print_row(&rows[i], call->arena);
    }
    return COMMAND_DONE;
}

enum command_exit command_message_list(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    uint64_t limit;
    if (!read_number(call, "limit", MESSAGE_USUAL_LIMIT, MESSAGE_LARGEST_LIMIT, &limit)) {
        return command_wrong(call, "'--limit' must be a number up to %d", MESSAGE_LARGEST_LIMIT);
    }
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE) {
        exit_code = list_messages(call, inbox, limit);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}

/* What it waits for, where it does; or how it was let go for good. */
struct wait {
    struct pipeline_held_cause *causes;
    size_t count;
    struct json *drop; /* when, who, why; NULL: it was not */
};

static void print_text(const struct json *answer, const struct wait *wait, struct arena *arena)
{
    for (struct json *member = json_first(answer); member != NULL; member = json_next(member)) {
        if (json_kind(member) != JSON_ARRAY && json_kind(member) != JSON_OBJECT) {
            printf("%-12.*s %.*s\n", SLICE_ARG(json_name(member)), SLICE_ARG(json_text(member)));
        }
    }
    for (size_t i = 0; i < wait->count; i++) {
        printf("%-12s %.*s: %.*s\n", "waits_for", SLICE_ARG(wait->causes[i].cause),
               SLICE_ARG(held_cause_words(&wait->causes[i], arena)));
    }
    if (wait->drop != NULL) {
        printf("%-12s %.*s by %.*s: %.*s\n", "dropped",
               SLICE_ARG(json_get_text(wait->drop, SLICE("when"))),
               SLICE_ARG(json_get_text(wait->drop, SLICE("who"))),
               SLICE_ARG(json_get_text(wait->drop, SLICE("why"))));
    }
    struct json *segments = json_get(answer, SLICE("acknowledgement"));
    for (struct json *line = json_first(segments); line != NULL; line = json_next(line)) {
        printf("  %.*s\n", SLICE_ARG(json_text(line)));
    }
}

static void print_message(const struct command_call *call,
                          const struct pipeline_inbox_message *message, const struct wait *wait)
{
    struct arena *arena = call->arena;
    if (option_given(&call->options, "raw")) {
        fwrite(message->raw.ptr, 1, message->raw.len, stdout);
        return;
    }
    struct json *answer = row_json(&message->row, arena);
    json_add(answer, SLICE("bytes"), json_integer(arena, (int64_t)message->raw.len));
    json_add_string(answer, SLICE("revision"), message->revision, arena);
    struct json *segments = json_add(answer, SLICE("acknowledgement"), json_array(arena));
    for (struct slice rest = message->row.answer, line; slice_split(&rest, '\r', &line);) {
        if (line.len > 0) {
            json_append(segments, json_string(arena, command_shown(line, arena)));
        }
    }
    struct json *waits_for = json_array(arena);
    for (size_t i = 0; i < wait->count; i++) {
        json_append(waits_for, held_cause_json(&wait->causes[i], arena));
    }
    if (wait->count > 0) {
        json_add(answer, SLICE("waits_for"), waits_for);
    }
    if (wait->drop != NULL) {
        json_add(answer, SLICE("dropped"), wait->drop);
    }
    if (call->json) {
        command_print(answer);
        return;
    }
    print_text(answer, wait, arena);
}

/* Who let it go for good, when and why; a dropped one always has the note. */
static int read_drop(struct command_call *call, struct pipeline_inbox *inbox, int64_t key,
                     struct json **ret_drop)
{
    struct arena *arena = call->arena;
    struct pipeline_held_dropped dropped;
    bool found = false;
    if (pipeline_held_dropped(inbox, key, arena, &dropped, &found, &call->issues) != 0) {
        return -1;
    }
    if (found) {
        *ret_drop = json_object(arena);
        json_add_string(*ret_drop, SLICE("when"), time_format(dropped.when, 0, arena), arena);
        json_add_string(*ret_drop, SLICE("who"), command_shown(dropped.who, arena), arena);
        json_add_string(*ret_drop, SLICE("why"), command_shown(dropped.why, arena), arena);
    }
    return 0;
}

static enum command_exit show_message(struct command_call *call, struct pipeline_inbox *inbox)
{
    struct pipeline_inbox_message message;
    bool found = false;
    if (pipeline_inbox_find(inbox, slice_of(call->operands[0]), call->arena, &message, &found,
                            &call->issues) != 0) {
        return command_failed(call);
    }
    if (!found) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no message '%s'", call->operands[0]);
        return COMMAND_FOUND;
    }
    if (option_given(&call->options, "raw") &&
        pipeline_inbox_note_look(inbox, command_actor(call->arena), message.row.id, time_now(),
                                 &call->issues) != 0) {
        return command_failed(call);
    }
    struct wait wait = {0};
    if (slice_equal(message.row.status, SLICE("held")) &&
        pipeline_held_causes_of(inbox, message.row.id, call->arena, &wait.causes, &wait.count,
                                &call->issues) != 0) {
        return command_failed(call);
    }
    if (slice_equal(message.row.status, SLICE("dropped")) &&
        read_drop(call, inbox, message.row.id, &wait.drop) != 0) {
        return command_failed(call);
    }
    print_message(call, &message, &wait);
    return COMMAND_DONE;
}

enum command_exit command_message_show(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE) {
        exit_code = show_message(call, inbox);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}

/* --- queues ----------------------------------------------------------------------------------- */

/* `clock` is how the time of the record runs; all zeros is the real one. */
static enum command_exit wait_idle(struct command_call *call, struct pipeline_inbox *inbox,
                                   const struct pipeline_clock_setting *clock, instant patience)
{
    instant deadline = time_monotonic() + patience;
    struct pipeline_inbox_work work = {1, 0};
    for (;;) {
        instant now = pipeline_clock_at(clock, time_now());
        if (pipeline_inbox_work(inbox, now, &work, &call->issues) != 0) {
            return command_failed(call);
        }
        if (work.persons + work.sendings == 0) {
            return COMMAND_DONE;
        }
        if (time_monotonic() >= deadline) {
            issue_report(&call->issues, ISSUE_TIMEOUT, ISSUE_ERROR, ISSUE_NOWHERE,
                         "not idle in time: %" PRId64 " persons to be judged, %" PRId64 " sendings",
                         work.persons, work.sendings);
            return COMMAND_FOUND;
        }
        usleep(QUEUE_PAUSE);
    }
}

enum command_exit command_queue_wait_idle(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    uint64_t seconds;
    if (!read_number(call, "timeout", QUEUE_USUAL_PATIENCE, QUEUE_LONGEST_PATIENCE, &seconds)) {
        return command_wrong(call, "'--timeout' must be a number of seconds");
    }
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    struct pipeline_clock_setting clock = {0};
    if (exit_code == COMMAND_DONE && instance.settings.test_clock &&
        pipeline_clock_read(inbox, &clock, &call->issues) != 0) {
        exit_code = command_failed(call);
    }
    if (exit_code == COMMAND_DONE) {
        exit_code = wait_idle(call, inbox, &clock, (instant)seconds * TIME_SECOND);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}
