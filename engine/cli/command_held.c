/* held list, held release: the messages that wait for a mapping. Nothing of a patient is shown. */
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/held_report.h"

#include <inttypes.h>
#include <stdio.h>

/* --- the list --------------------------------------------------------------------------------- */

static struct json *words_json(struct slice words, struct arena *arena)
{
    struct json *list = json_array(arena);
    for (struct slice word; slice_split(&words, ' ', &word);) {
        json_append(list, json_string(arena, word));
    }
    return list;
}

static struct json *group_json(const struct pipeline_held_cause *cause, struct arena *arena)
{
    struct json *line = held_cause_json(cause, arena);
    json_add(line, SLICE("feeds"), words_json(cause->feeds, arena));
    json_add(line, SLICE("count"), json_integer(arena, cause->count));
    json_add_string(line, SLICE("oldest"), time_format(cause->oldest, 0, arena), arena);
    json_add(line, SLICE("messages"), words_json(cause->examples, arena));
    return line;
}

static void print_group(const struct pipeline_held_cause *cause, struct arena *arena)
{
    printf("%-20.*s %6" PRId64 " since %.*s, feed %.*s\n", SLICE_ARG(cause->cause), cause->count,
           SLICE_ARG(time_format(cause->oldest, 0, arena)), SLICE_ARG(cause->feeds));
    printf("  %.*s\n", SLICE_ARG(held_cause_words(cause, arena)));
    printf("  message%s %.*s\n", cause->count > 1 ? "s" : "", SLICE_ARG(cause->examples));
}

enum command_exit command_held_list(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct pipeline_held_cause *causes = NULL;
    size_t count = 0;
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE &&
        pipeline_held_causes(inbox, call->arena, &causes, &count, &call->issues) != 0) {
        exit_code = command_failed(call);
    }
    for (size_t i = 0; i < count; i++) {
        if (call->json) {
            command_print(group_json(&causes[i], call->arena));
            continue;
        }
        print_group(&causes[i], call->arena);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}

/* --- the release ------------------------------------------------------------------------------ */

static bool is_cause(const struct pipeline_held_cause *causes, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(causes[i].cause, name) && !slice_equal(name, SLICE("behind"))) {
            return true;
        }
    }
    return false;
}

static int is_waiting(struct command_call *call, struct pipeline_inbox *inbox, int64_t key,
                      bool *ret_waits)
{
    struct pipeline_held_cause *causes = NULL;
    size_t count = 0;
    if (pipeline_held_causes_of(inbox, key, call->arena, &causes, &count, &call->issues) != 0) {
        return -1;
    }
    *ret_waits = count > 0;
    return 0;
}

/* The operands: keys are numbers, all else is a cause; somebody waits for each. */
static enum command_exit read_choice(struct command_call *call, struct pipeline_inbox *inbox,
                                     struct pipeline_held_choice *ret_choice)
{
    struct slice *names = ARENA_ARRAY(call->arena, call->operand_count + 1, struct slice);
    int64_t *keys = ARENA_ARRAY(call->arena, call->operand_count + 1, int64_t);
    struct pipeline_held_cause *causes = NULL;
    size_t count = 0;
    *ret_choice = (struct pipeline_held_choice){.causes = names, .keys = keys};
    if (pipeline_held_causes(inbox, call->arena, &causes, &count, &call->issues) != 0) {
        return command_failed(call);
    }
    for (size_t i = 0; i < call->operand_count; i++) {
        struct slice text = slice_of(call->operands[i]);
        uint64_t key;
        bool is_key = slice_to_uint64(text, INT64_MAX, &key);
        bool waits = !is_key && is_cause(causes, count, text);
        if (is_key && is_waiting(call, inbox, (int64_t)key, &waits) != 0) {
            return command_failed(call);
        }
        if (!waits) {
            issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                         "no message waits for '%s'; 'held list' names what they wait for",
                         call->operands[i]);
            return COMMAND_FOUND;
        }
        if (is_key) {
            keys[ret_choice->key_count++] = (int64_t)key;
            continue;
        }
        names[ret_choice->cause_count++] = text;
    }
    return COMMAND_DONE;
}

static enum command_exit release(struct command_call *call, const struct instance *instance,
                                 const struct pipeline_held_choice *choice)
{
    struct release_tally tally;
    if (release_run(instance, choice, option_given(&call->options, "as-text"),
                    command_actor(call->arena), &tally, &call->issues) != 0) {
        return command_failed(call);
    }
    if (call->json) {
        command_print(held_tally_json(&tally, call->arena));
    } else {
        held_tally_print(&tally, call->arena);
    }
    return tally.waiting + tally.failed == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

enum command_exit command_held_release(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct pipeline_held_choice choice;
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE) {
        exit_code = read_choice(call, inbox, &choice);
    }
    pipeline_inbox_close(inbox);
    return exit_code == COMMAND_DONE ? release(call, &instance, &choice) : exit_code;
}
