/* convert --to v2: FHIR Bundles and resources to the HL7 v2 messages they call for. */
#include "cli/commands.h"
#include "cli/sending.h"

#include <stdio.h>

static void print_message(const struct sending *sending, const struct mapping_sent *sent,
                          struct arena *arena, void *data)
{
    (void)data;
    if (!sending->context.trace) {
        fwrite(sent->text.ptr, 1, sent->text.len, stdout);
        return;
    }
    struct json *line = json_object(arena);
    json_add_string(line, SLICE("message"), sent->text, arena);
    json_add(line, SLICE("trace"), mapping_sent_trace_json(sending->sends, sent, arena));
    command_print(line);
}

enum command_exit command_convert_to_v2(struct command_call *call)
{
    struct sending sending;
    enum command_exit exit_code = sending_init(&sending, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    sending.context.trace = option_given(&call->options, "trace");
    for (size_t i = 0; i < call->operand_count; i++) {
        sending.file = call->operands[i];
        enum command_exit ended = sending_file(call, &sending, print_message, NULL);
        exit_code = ended > exit_code ? ended : exit_code;
    }
    return exit_code;
}
