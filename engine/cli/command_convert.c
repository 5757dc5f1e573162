/* convert: HL7 v2 messages to FHIR, one transaction Bundle a line; with --to v2 the way back
 * (command_convert_v2.c). */
#include "cli/commands.h"
#include "cli/translation.h"

struct conversion {
    struct translation translation;
    bool trace;
};

static struct json *unread_json(const struct mapping_result *result, struct arena *arena)
{
    struct mapping_unread *list = NULL;
    size_t count = mapping_unread_list(result, arena, &list);
    struct json *answer = json_array(arena);
    for (size_t i = 0; i < count; i++) {
        struct issue_place place = issue_place_v2(list[i].segment, list[i].sequence, list[i].field,
                                                  list[i].repetition, 0, 0);
        json_append(answer, json_string(arena, issue_place_text(&place, arena)));
    }
    return answer;
}

static bool convert(struct input_message *input, void *data)
{
    const struct conversion *conversion = data;
    struct mapping_result result;
    if (!translation_run(&conversion->translation, input, conversion->trace, &result)) {
        input_print_outcome(input);
        return false;
    }
    struct json *bundle = mapping_bundle(&result, input->arena);
    if (!conversion->trace) {
        command_print(bundle);
        return true;
    }
    struct json *line = json_object(input->arena);
    json_add_string(line, SLICE("revision"), mapping_program_revision(result.program),
                    input->arena);
    json_add(line, SLICE("bundle"), bundle);
    json_add(line, SLICE("trace"), mapping_trace_json(&result, input->arena));
    if (result.act_count)
        json_add(line, SLICE("acts"), mapping_acts_json(&result, input->arena));
    json_add(line, SLICE("unread"), unread_json(&result, input->arena));
    command_print(line);
    return true;
}

enum command_exit command_convert(struct command_call *call)
{
    const char *to = option_value(&call->options, "to");
    if (to != NULL && slice_equal(slice_of(to), SLICE("v2"))) {
        return command_convert_to_v2(call);
    }
    if (to != NULL && !slice_equal(slice_of(to), SLICE("fhir"))) {
        return command_wrong(call, "'--to' is 'v2' or 'fhir'");
    }
    if (option_given(&call->options, "as")) {
        return command_wrong(call, "'--as' names a message: it stands with '--to v2'");
    }
    struct conversion conversion = {.trace = option_given(&call->options, "trace")};
    enum command_exit exit_code = translation_init(&conversion.translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    return input_each_message(call, call->operand_count,
                              conversion.translation.options.default_charset, convert, &conversion);
}
