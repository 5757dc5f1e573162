/* why: where the values of a resource came from, for a message in a file or a stored one.
 *
 *   painbridge why FILE                          every value of every resource
 *   painbridge why FILE Observation/7f3k...      of one resource; a type alone: the first of it
 *   painbridge why FILE Observation valueQuantity.value
 *   painbridge why FILE PID-5                    what became of a field: see cli/why_place.h
 *   painbridge why FILE.json PID-5               what a field that is sent was made of:
 *                                                see cli/why_sent.h
 *   painbridge why --instance DIR Observation/7f3k... valueQuantity.value
 *   painbridge why --instance DIR 7741 Observation valueQuantity.value
 *
 * With an instance the message is the stored one that is named, or the one that last wrote the
 * value, translated again: a pure function of its bytes, its time and the revision under which it
 * was stored, which was kept (cli/revision.h). Values are then masked unless --show-phi, which is
 * noted in the audit. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/translation.h"
#include "cli/why_place.h"
#include "cli/why_sent.h"
#include "mapping/why.h"
#include "pipeline/inbox.h"

#include <stdio.h>
#include <stdlib.h>

struct question {
    struct command_call *call;
    struct translation translation;
    struct slice type, id; /* empty: any */
    struct slice path;     /* empty: all */
    bool of_place;         /* a field of the message is asked, not a resource */
    struct why_place place;
    bool masked; /* no values */
    size_t answers;
    /* of stored messages; revision.hash is empty for a file */
    const struct instance *instance;
    struct knowledge knowledge;
    struct revision revision; /* of the message at hand */
    struct slice *in_force;   /* the revision of each feed as its files are now; NULL: not known */
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

/* Where the bytes stand that the file had then: "revisions/5f1c..." below the instance. */
static struct slice kept_place(const struct question *question, struct slice file,
                               struct arena *arena)
{
    const struct revision *revision = &question->revision;
    for (size_t part = 0; part < 2 && revision->hash.len > 0; part++) {
        const struct mapping_texts *texts = part == 0 ? &revision->base : &revision->site_texts;
        const struct slice *hashes = part == 0 ? revision->base_hashes : revision->site_hashes;
        for (size_t i = 0; i < texts->count; i++) {
            char *path = file_join(arena, texts->folder, texts->items[i].name);
            if (slice_equal(slice_of(path), file)) {
                return revision_place(hashes[i], arena);
            }
        }
    }
    return (struct slice){0};
}

/* True when what a stored message was made under is what its feed has today. */
static bool is_in_force(const struct question *question)
{
    const struct instance_feed *feed =
        instance_feed(question->instance, question->revision.feed.name);
    return feed != NULL && question->in_force != NULL &&
           slice_equal(question->in_force[feed - question->instance->feeds],
                       question->revision.hash);
}

static struct json *why_json(const struct question *question,
                             const struct mapping_resource *resource, const struct mapping_why *why,
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
    if (question->revision.hash.len > 0) {
        json_add_string(line, SLICE("revision"), question->revision.hash, arena);
        json_add_string(line, SLICE("kept"), kept_place(question, why->rule.file, arena), arena);
    }
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

static void print_why(const struct question *question, const struct mapping_resource *resource,
                      const struct mapping_why *why, struct arena *arena)
{
    const struct mapping_rule_facts *rule = &why->rule;
    printf("%.*s   %.*s.%.*s\n", SLICE_ARG(why->value), SLICE_ARG(resource->type),
           SLICE_ARG(why->path));
    print_row("from", source_words(why, arena));
    print_row("rule", arena_format(arena, "%.*s, %.*s:%u:%u", SLICE_ARG(rule->id),
                                   SLICE_ARG(rule->file), rule->line, rule->column));
    if (question->revision.hash.len > 0 && !is_in_force(question)) {
        print_row("kept", kept_place(question, rule->file, arena));
    }
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

static bool answer_place(struct question *question, struct input_message *input)
{
    struct command_call *call = question->call;
    const struct translation *translation = &question->translation;
    const struct mapping_leaf_reader *reader = NULL;
    size_t answers = 0;
    if (mapping_leaf_reader_new(translation->program, translation->site_texts, call->arena, &reader,
                                input->issues) != 0 ||
        !why_place_answer(translation, reader, input, &question->place, question->masked,
                          call->json, &answers)) {
        return false;
    }
    question->answers += answers;
    return true;
}

static bool answer(struct input_message *input, void *data)
{
    struct question *question = data;
    struct mapping_result result;
    if (question->of_place) {
        return answer_place(question, input);
    }
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
                command_print(why_json(question, resource, &list[w], input->arena));
                continue;
            }
            print_why(question, resource, &list[w], input->arena);
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
        question->of_place = why_place_parse(reference, &question->place);
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
        issue_add(
            &question->call->issues,
            (struct issue){.code = ISSUE_NOT_FOUND,
                           .severity = ISSUE_ERROR,
                           .words = question->of_place ? SLICE("the message has no value there")
                                                       : SLICE("no rule wrote that"),
                           .hint = SLICE("without ELEMENT all that was written is listed; an "
                                         "element is written as in FHIR: valueQuantity.value, a "
                                         "field as in HL7 v2: PID-5.1")});
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
    exit_code = input_each_message(call, 1, question->translation.options.default_charset, answer,
                                   question);
    return settle(question, exit_code);
}

/* --- stored messages -------------------------------------------------------------------------- */

/* The revisions of today, to say whether a message's is one of them; files that cannot be read are
 * no fault here. */
static void read_in_force(struct question *question)
{
    struct arena *arena = question->call->arena;
    struct issue_list passed_over;
    struct rules_texts texts;
    issue_list_init(&passed_over, arena);
    if (rules_texts_read(&question->knowledge, question->instance, arena, &texts, &passed_over) !=
            0 ||
        revision_of_feeds(question->instance, &texts, /* keep= */ false, arena, &question->in_force,
                          &passed_over) != 0) {
        question->in_force = NULL;
    }
}

/* What the message was made under. Most messages of a resource share theirs. */
static int take_revision(struct question *question, const struct pipeline_inbox_message *message)
{
    struct issue_list *issues = &question->call->issues;
    struct revision *revision = &question->revision;
    if (slice_equal(revision->hash, message->revision)) {
        return 0;
    }
    if (revision_open(question->instance, question->knowledge.mappings, message->revision, revision,
                      issues) != 0) {
        issue_report(issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "cannot say why: the revision %.*s, under which message %lld was stored, is "
                     "not whole in '%s/" REVISION_FOLDER "'",
                     SLICE_ARG(message->revision), (long long)message->row.id,
                     question->instance->directory);
        return -1;
    }
    if (!slice_equal(revision->program, SLICE("painbridge " PAINBRIDGE_VERSION))) {
        issue_report(issues, ISSUE_MAPPING, ISSUE_WARNING, ISSUE_NOWHERE,
                     "the message was translated by %.*s, this is painbridge " PAINBRIDGE_VERSION,
                     SLICE_ARG(revision->program));
    }
    return translation_of_revision(&question->translation, &question->knowledge, question->instance,
                                   revision, issues);
}

static void say_message(const struct question *question,
                        const struct pipeline_inbox_message *message)
{
    struct arena *arena = question->call->arena;
    const struct pipeline_inbox_row *row = &message->row;
    if (!question->call->json) {
        printf("message %.*s, feed %.*s, %.*s\n", SLICE_ARG(command_shown(row->control_id, arena)),
               SLICE_ARG(row->feed), SLICE_ARG(time_format(row->received, 0, arena)));
        printf("revision %.*s%s\n", SLICE_ARG(message->revision),
               is_in_force(question) ? "" : ", not in force any more");
    }
}

/* True when this message wrote what is asked for. */
static bool ask_message(struct question *question, const struct pipeline_inbox_message *message)
{
    struct command_call *call = question->call;
    struct issue_list found;
    issue_list_init(&found, call->arena);
    if (take_revision(question, message) != 0) {
        return false;
    }
    if (slice_equal(message->row.status, SLICE("held"))) {
        issue_report(&call->issues, ISSUE_HELD, ISSUE_ERROR, ISSUE_NOWHERE,
                     "message %lld waits, nothing of it is in the record; 'message show' says what "
                     "for",
                     (long long)message->row.id);
        return false;
    }
    if (slice_equal(message->row.status, SLICE("dropped"))) {
        issue_report(&call->issues, ISSUE_HELD, ISSUE_ERROR, ISSUE_NOWHERE,
                     "message %lld was let go for good, nothing of it is in the record; "
                     "'message show' says why",
                     (long long)message->row.id);
        return false;
    }
    question->translation.received = message->row.received;
    /* one that waited for a code and is accepted went on as text, or under rules that know it */
    question->translation.as_text = true;
    struct input_message input = {.file = "stored message",
                                  .number = 1,
                                  .bytes = message->raw,
                                  .arena = call->arena,
                                  .issues = &found};
    input.parsed = hl7v2_message_parse(message->raw, &question->translation.options, call->arena,
                                       &input.message, &found) == 0;
    if (!input.parsed) {
        return false;
    }
    hl7v2_header_read(&input.message, &input.header);
    return answer(&input, question) && question->answers > 0;
}

/* The messages that may have written what is asked for, the newest first. */
static int find_messages(struct question *question, struct pipeline_inbox *inbox,
                         struct pipeline_inbox_message **ret_messages, size_t *ret_count)
{
    struct command_call *call = question->call;
    struct slice first = slice_of(call->operands[0]);
    if (slice_find_byte(first, '/') < first.len) {
        read_question(question, 0);
        return pipeline_inbox_sources(inbox, question->type, question->id, call->arena,
                                      ret_messages, ret_count, &call->issues);
    }
    bool found = false;
    read_question(question, 1);
    *ret_messages = ARENA_NEW(call->arena, struct pipeline_inbox_message);
    if (pipeline_inbox_find(inbox, first, call->arena, *ret_messages, &found, &call->issues) != 0) {
        return -1;
    }
    if (!found) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no message '%s'", call->operands[0]);
    }
    *ret_count = found ? 1 : 0;
    return found ? 0 : -1;
}

static enum command_exit ask_inbox(struct question *question, struct pipeline_inbox *inbox)
{
    struct command_call *call = question->call;
    struct pipeline_inbox_message *messages = NULL;
    size_t count = 0;
    if (knowledge_load(NULL, call->arena, &question->knowledge, &call->issues) != 0 ||
        find_messages(question, inbox, &messages, &count) != 0) {
        return command_failed(call);
    }
    read_in_force(question);
    for (size_t i = 0; i < count; i++) {
        if (!question->masked &&
            pipeline_inbox_note_look(inbox, command_actor(call->arena), messages[i].row.id,
                                     time_now(), &call->issues) != 0) {
            return command_failed(call);
        }
        if (ask_message(question, &messages[i])) {
            say_message(question, &messages[i]);
            return COMMAND_DONE;
        }
        if (issue_list_failed(&call->issues)) {
            return command_failed(call);
        }
    }
    return settle(question, COMMAND_DONE);
}

static enum command_exit ask_instance(struct question *question, const char *directory)
{
    struct command_call *call = question->call;
    struct instance instance;
    struct store_settings settings;
    struct pipeline_inbox *inbox = NULL;
    question->masked = !option_given(&call->options, "show-phi");
    question->instance = &instance;
    if (instance_open(directory, &instance, &call->issues) != 0 ||
        database_settings(&instance, "door", SLICE("why"), &settings, &call->issues) != 0 ||
        pipeline_inbox_open(&settings, &inbox, &call->issues) != 0) {
        return command_failed(call);
    }
    enum command_exit exit_code = ask_inbox(question, inbox);
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
    if (why_sent_is(call)) {
        return why_sent(call);
    }
    if (!input_is_file(call->operands[0]) && instance_is(at_hand)) {
        return ask_instance(&question, at_hand);
    }
    return ask_file(&question);
}
