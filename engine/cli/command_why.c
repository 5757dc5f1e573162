/* why: where the values of a resource came from, for a message in a file or a stored one.
 *
 *   painbridge why FILE                          every value of every resource
 *   painbridge why FILE Observation/7f3k...      of one resource; a type alone: the first of it
 *   painbridge why FILE Observation valueQuantity.value
 *   painbridge why --instance DIR Observation/7f3k... valueQuantity.value
 *
 * With an instance the message is the stored one that last wrote the value, translated again: a
 * pure function of its bytes, its time and the rules. Values are then masked unless --show-phi,
 * which is noted in the audit. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/translation.h"
#include "mapping/why.h"
#include "pipeline/inbox.h"

#include <stdio.h>
#include <stdlib.h>

struct question {
    struct command_call *call;
    struct translation translation;
    struct slice type, id; /* empty: any */
    struct slice path;     /* empty: all */
    bool masked;           /* no values */
    size_t answers;
};

static struct slice source_words(const struct mapping_why *why, struct arena *arena)
{
    static const char *const kinds[] = {[MAPPING_TRACE_FIELD] = "",
                                        [MAPPING_TRACE_LITERAL] = "literal of the rule",
                                        [MAPPING_TRACE_FACT] = "fact of the engine",
                                        [MAPPING_TRACE_KEY] = "key of the resource"};
    if (why->kind != MAPPING_TRACE_FIELD) {
        return slice_of(kinds[why->kind]);
    }
    struct issue_place place =
        issue_place_v2(why->segment, why->sequence, why->field, why->repetition, 0, 0);
    return arena_format(arena, "%.*s, bytes %u-%u", SLICE_ARG(issue_place_text(&place, arena)),
                        why->start, why->start + why->length - (why->length > 0 ? 1 : 0));
}

static struct json *why_json(const struct mapping_resource *resource, const struct mapping_why *why,
                             struct arena *arena)
{
    struct json *line = json_object(arena);
    json_add_string(
        line, SLICE("resource"),
        arena_format(arena, "%.*s/%.*s", SLICE_ARG(resource->type), SLICE_ARG(resource->id)),
        arena);
    json_add_string(line, SLICE("path"), why->path, arena);
    json_add_string(line, SLICE("value"), why->value, arena);
    json_add_string(line, SLICE("from"), source_words(why, arena), arena);
    json_add_string(line, SLICE("raw"), why->raw, arena);
    json_add_string(line, SLICE("rule"), why->rule.id, arena);
    json_add_string(line, SLICE("at"),
                    arena_format(arena, "%.*s:%u:%u", SLICE_ARG(why->rule.file), why->rule.line,
                                 why->rule.column),
                    arena);
    json_add_string(line, SLICE("guide"), why->rule.guide, arena);
    if (why->row.table.len > 0) {
        json_add_string(line, SLICE("table"),
                        arena_format(arena, "%.*s:%u", SLICE_ARG(why->row.file), why->row.line),
                        arena);
    }
    return line;
}

static void print_row(const char *name, struct slice words)
{
    if (words.len > 0) {
        printf("  %-6s %.*s\n", name, SLICE_ARG(words));
    }
}

static void print_why(const struct mapping_resource *resource, const struct mapping_why *why,
                      struct arena *arena)
{
    const struct mapping_rule_facts *rule = &why->rule;
    printf("%.*s   %.*s.%.*s\n", SLICE_ARG(why->value), SLICE_ARG(resource->type),
           SLICE_ARG(why->path));
    print_row("from", source_words(why, arena));
    print_row("rule", arena_format(arena, "%.*s, %.*s:%u:%u", SLICE_ARG(rule->id),
                                   SLICE_ARG(rule->file), rule->line, rule->column));
    if (rule->changed_file.len > 0) {
        print_row("",
                  arena_format(arena, "changed by %.*s:%u:%u (%.*s)", SLICE_ARG(rule->changed_file),
                               rule->changed_line, rule->changed_column, SLICE_ARG(rule->changed)));
    }
    if (why->row.table.len > 0) {
        print_row("table", arena_format(arena, "%.*s, %.*s:%u", SLICE_ARG(why->row.table),
                                        SLICE_ARG(why->row.file), why->row.line));
    }
    print_row("guide", rule->guide);
}

/* The id of a stored resource is that of the key that came first, which may be an alias by now. */
static bool is_asked(const struct question *question, const struct mapping_resource *resource)
{
    if (question->type.len > 0 && !slice_equal(question->type, resource->type)) {
        return false;
    }
    bool same = question->id.len == 0 || slice_equal(question->id, resource->id);
    for (size_t i = 0; i < resource->key_count && !same; i++) {
        struct slice id = {resource->keys[i].id.text, FHIR_ID_SIZE};
        same = slice_equal(question->id, id);
    }
    return same;
}

static bool answer(struct input_message *input, void *data)
{
    struct question *question = data;
    struct mapping_result result;
    if (!translation_run(&question->translation, input, /* trace= */ true, &result)) {
        return false;
    }
    for (size_t i = 0; i < result.resource_count; i++) {
        const struct mapping_resource *resource = &result.resources[i];
        struct mapping_why *list = NULL;
        if (!is_asked(question, resource)) {
            continue;
        }
        size_t count = mapping_why_list(&result, (uint32_t)i, question->path, input->arena, &list);
        for (size_t w = 0; w < count; w++) {
            if (question->masked) {
                list[w].value = list[w].raw = SLICE("***");
            }
            if (question->call->json) {
                command_print(why_json(resource, &list[w], input->arena));
                continue;
            }
            print_why(resource, &list[w], input->arena);
        }
        question->answers += count;
    }
    return true;
}

/* The operands from `first` on: RESOURCE [ELEMENT]. */
static void read_question(struct question *question, size_t first)
{
    const struct command_call *call = question->call;
    if (call->operand_count > first) {
        struct slice reference = slice_of(call->operands[first]);
        size_t slash = slice_find_byte(reference, '/');
        question->type = slice_part(reference, 0, slash);
        question->id = slice_after(reference, slash + 1);
    }
    if (call->operand_count > first + 1) {
        question->path = slice_of(call->operands[first + 1]);
    }
}

static enum command_exit settle(const struct question *question, enum command_exit exit_code)
{
    if (exit_code == COMMAND_DONE && question->answers == 0) {
        issue_report(&question->call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "no rule wrote that");
        return COMMAND_FOUND;
    }
    return exit_code;
}

static enum command_exit ask_file(struct question *question)
{
    struct command_call *call = question->call;
    enum command_exit exit_code = translation_init(&question->translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    read_question(question, 1);
    exit_code = input_each_message(call, 1, question->translation.charset, answer, question);
    return settle(question, exit_code);
}

/* --- stored messages -------------------------------------------------------------------------- */

static void say_message(const struct question *question,
                        const struct pipeline_inbox_message *message)
{
    struct arena *arena = question->call->arena;
    const struct pipeline_inbox_row *row = &message->row;
    bool running =
        slice_equal(message->revision, mapping_program_revision(question->translation.program));
    if (!question->call->json) {
        printf("message %.*s, feed %.*s, %.*s\n", SLICE_ARG(command_shown(row->control_id, arena)),
               SLICE_ARG(row->feed), SLICE_ARG(time_format(row->received, 0, arena)));
    }
    if (!running) {
        issue_report(&question->call->issues, ISSUE_MAPPING, ISSUE_WARNING, ISSUE_NOWHERE,
                     "the mappings have changed since; this is what they say now");
    }
}

/* True when this message wrote what is asked for. */
static bool ask_message(struct question *question, const struct instance *instance,
                        const struct pipeline_inbox_message *message)
{
    struct command_call *call = question->call;
    struct issue_list found;
    issue_list_init(&found, call->arena);
    if (translation_of_feed(&question->translation, instance, message->row.feed, &call->issues) !=
        0) {
        return false;
    }
    question->translation.received = message->row.received;
    struct input_message input = {.file = "stored message",
                                  .number = 1,
                                  .bytes = message->raw,
                                  .arena = call->arena,
                                  .issues = &found};
    struct hl7v2_message_options options = input_options(question->translation.charset);
    input.parsed =
        hl7v2_message_parse(message->raw, &options, call->arena, &input.message, &found) == 0;
    if (!input.parsed) {
        return false;
    }
    hl7v2_header_read(&input.message, &input.header);
    return answer(&input, question) && question->answers > 0;
}

static enum command_exit ask_inbox(struct question *question, const struct instance *instance,
                                   struct pipeline_inbox *inbox)
{
    struct command_call *call = question->call;
    struct pipeline_inbox_message *messages = NULL;
    size_t count = 0;
    if (pipeline_inbox_sources(inbox, question->type, question->id, call->arena, &messages, &count,
                               &call->issues) != 0) {
        return command_failed(call);
    }
    for (size_t i = 0; i < count; i++) {
        if (!question->masked &&
            pipeline_inbox_note_look(inbox, command_actor(call->arena), messages[i].row.id,
                                     time_now(), &call->issues) != 0) {
            return command_failed(call);
        }
        if (ask_message(question, instance, &messages[i])) {
            say_message(question, &messages[i]);
            return COMMAND_DONE;
        }
    }
    return issue_list_failed(&call->issues) ? command_failed(call) : settle(question, COMMAND_DONE);
}

static enum command_exit ask_instance(struct question *question, const char *directory)
{
    struct command_call *call = question->call;
    struct instance instance;
    struct store_settings settings;
    struct pipeline_inbox *inbox = NULL;
    read_question(question, 0);
    question->masked = !option_given(&call->options, "show-phi");
    if (instance_open(directory, &instance, &call->issues) != 0 ||
        database_settings(&instance, "door", SLICE("why"), &settings, &call->issues) != 0 ||
        pipeline_inbox_open(&settings, &inbox, &call->issues) != 0) {
        return command_failed(call);
    }
    enum command_exit exit_code = ask_inbox(question, &instance, inbox);
    pipeline_inbox_close(inbox);
    return exit_code;
}

enum command_exit command_why(struct command_call *call)
{
    struct question question = {.call = call};
    const char *given = option_value(&call->options, "instance");
    const char *chosen = getenv("PAINBRIDGE_DIR");
    const char *at_hand = chosen != NULL && chosen[0] != '\0' ? chosen : ".";
    if (given != NULL) {
        return ask_instance(&question, given);
    }
    if (!file_exists(call->operands[0]) && instance_is(at_hand)) {
        return ask_instance(&question, at_hand);
    }
    return ask_file(&question);
}
