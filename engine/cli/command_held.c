/* held list, held release, held drop: the messages that wait for a mapping. Nothing of a patient is
 * shown. */
#include "base/utf8.h"
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

static void add_key(struct pipeline_held_choice *choice, int64_t *keys, int64_t key)
{
    for (size_t i = 0; i < choice->key_count; i++) {
        if (keys[i] == key) {
            return;
        }
    }
    keys[choice->key_count++] = key;
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
            add_key(ret_choice, keys, (int64_t)key);
            continue;
        }
        names[ret_choice->cause_count++] = text;
    }
    return COMMAND_DONE;
}

/* What the operands name. */
static enum command_exit choose(struct command_call *call, struct instance *ret_instance,
                                struct pipeline_held_choice *ret_choice)
{
    struct pipeline_inbox *inbox = NULL;
    enum command_exit exit_code = database_open_inbox(call, ret_instance, &inbox);
    if (exit_code == COMMAND_DONE) {
        exit_code = read_choice(call, inbox, ret_choice);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}

static enum command_exit tell(const struct command_call *call, const struct release_tally *tally)
{
    if (call->json) {
        command_print(held_tally_json(tally, call->arena));
    } else {
        held_tally_print(tally, call->arena);
    }
    return tally->waiting + tally->failed == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

enum command_exit command_held_release(struct command_call *call)
{
    struct instance instance;
    struct pipeline_held_choice choice;
    struct release_tally tally;
    enum command_exit exit_code = choose(call, &instance, &choice);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (release_run(&instance, &choice, option_given(&call->options, "as-text"),
                    command_actor(call->arena), &tally, &call->issues) != 0) {
        return command_failed(call);
    }
    return tell(call, &tally);
}

/* --- for good --------------------------------------------------------------------------------- */

/* What the note may hold. */
static bool is_text(struct slice text)
{
    return slice_trim(text).len > 0 && utf8_check(text) == text.len;
}

enum command_exit command_held_drop(struct command_call *call)
{
    struct instance instance;
    struct pipeline_held_choice choice;
    struct release_tally tally;
    const char *who = option_value(&call->options, "who");
    const struct slice actor = command_actor(call->arena);
    const struct pipeline_drop_note note = {who != NULL ? slice_of(who) : actor,
                                            slice_of(option_value(&call->options, "why"))};
    if (!is_text(note.why) || !is_text(note.who)) {
        return command_wrong(call, "say why, in UTF-8: --why WORDS [--who NAME]");
    }
    enum command_exit exit_code = choose(call, &instance, &choice);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (choice.cause_count > 0) {
        return command_wrong(call,
                             "'%.*s' is no key of a message: only messages that are named one "
                             "by one are let go for good",
                             SLICE_ARG(choice.causes[0]));
    }
    if (release_drop(&instance, &choice, &note, actor, &tally, &call->issues) != 0) {
        return command_failed(call);
    }
    return tell(call, &tally);
}
