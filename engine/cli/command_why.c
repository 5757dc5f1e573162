/* why: where the values of a resource came from, for a message in a file.
 *
 *   painbridge why FILE                          every value of every resource
 *   painbridge why FILE Observation/7f3k...      of one resource; a type alone: the first of it
 *   painbridge why FILE Observation valueQuantity.value */
#include "cli/commands.h"
#include "cli/translation.h"
#include "mapping/why.h"

#include <stdio.h>

struct question {
    struct command_call *call;
    struct translation translation;
    struct slice type, id; /* empty: any */
    struct slice path;     /* empty: all */
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

static bool is_asked(const struct question *question, const struct mapping_resource *resource)
{
    return (question->type.len == 0 || slice_equal(question->type, resource->type)) &&
           (question->id.len == 0 || slice_equal(question->id, resource->id));
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

enum command_exit command_why(struct command_call *call)
{
    struct question question = {.call = call};
    enum command_exit exit_code = translation_init(&question.translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (call->operand_count > 1) {
        struct slice reference = slice_of(call->operands[1]);
        size_t slash = slice_find_byte(reference, '/');
        question.type = slice_part(reference, 0, slash);
        question.id = slice_after(reference, slash + 1);
    }
    if (call->operand_count > 2) {
        question.path = slice_of(call->operands[2]);
    }
    exit_code = input_each_message(call, 1, question.translation.charset, answer, &question);
    if (exit_code == COMMAND_DONE && question.answers == 0) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "no rule wrote that in this message");
        return COMMAND_FOUND;
    }
    return exit_code;
}
