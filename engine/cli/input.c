/* input: see the header. */
#include "cli/input.h"

#include "base/file.h"
#include "cli/report.h"
#include "fhir/outcome.h"
#include "hl7v2/batch.h"

#include <stdio.h>
#include <unistd.h>

#define INPUT_FILE_LIMIT ((size_t)1 << 30)
#define INPUT_MESSAGE_CEILING ((size_t)256 << 20)

static void say_issues(const struct input_message *input)
{
    struct buffer out;
    if (input->issues->count == 0) {
        return;
    }
    struct slice subject =
        arena_format(input->arena, "%s: message %zu", input->file, input->number);
    buffer_init(&out, 0);
    for (size_t i = 0; i < input->issues->count; i++) {
        report_issue(&input->issues->items[i], subject.ptr, report_colour(STDERR_FILENO), &out);
    }
    fprintf(stderr, "%.*s", SLICE_ARG(buffer_slice(&out)));
    buffer_release(&out);
}

void input_print_outcome(const struct input_message *input)
{
    command_print(fhir_outcome_of_list(input->issues, input->arena));
}

struct hl7v2_message_options input_options(enum hl7v2_charset charset)
{
    return (struct hl7v2_message_options){
        .accept_lf = true, .accept_text_controls = true, .default_charset = charset};
}

/* One message: indexed, visited, its issues said. */
static bool visit_message(struct input_message *input, enum hl7v2_charset charset,
                          bool (*visit)(struct input_message *input, void *data), void *data)
{
    struct hl7v2_message_options options = input_options(charset);
    struct issue_list issues;
    issue_list_init(&issues, input->arena);
    input->issues = &issues;
    input->parsed =
        hl7v2_message_parse(input->bytes, &options, input->arena, &input->message, &issues) == 0;
    if (input->parsed) {
        hl7v2_header_read(&input->message, &input->header);
    }
    bool well = visit(input, data);
    fflush(stdout);
    say_issues(input);
    return well;
}

static enum command_exit visit_file(struct command_call *call, const char *file,
                                    enum hl7v2_charset charset,
                                    bool (*visit)(struct input_message *input, void *data),
                                    void *data)
{
    struct arena *arena = arena_new(INPUT_FILE_LIMIT);
    struct slice bytes;
    if (file_read(file, INPUT_FILE_LIMIT, arena, &bytes, &call->issues) != 0) {
        arena_free(arena);
        return command_failed(call);
    }
    struct slice *messages = NULL;
    size_t count = hl7v2_batch_split(bytes, arena, &messages);
    if (count == 0) { /* empty, or an envelope around nothing: that is to be said, too */
        messages = &bytes;
        count = 1;
    }
    struct arena *work = arena_new(INPUT_MESSAGE_CEILING);
    enum command_exit exit_code = COMMAND_DONE;
    for (size_t i = 0; i < count; i++) {
        struct input_message input = {
            .file = file, .number = i + 1, .bytes = messages[i], .arena = work};
        if (!visit_message(&input, charset, visit, data)) {
            exit_code = COMMAND_FOUND;
        }
        arena_reset(work);
    }
    arena_free(work);
    arena_free(arena);
    return exit_code;
}

enum command_exit input_each_message(struct command_call *call, size_t file_count,
                                     enum hl7v2_charset charset,
                                     bool (*visit)(struct input_message *input, void *data),
                                     void *data)
{
    enum command_exit exit_code = COMMAND_DONE;
    for (size_t i = 0; i < file_count; i++) {
        enum command_exit ended = visit_file(call, call->operands[i], charset, visit, data);
        exit_code = ended > exit_code ? ended : exit_code;
    }
    return exit_code;
}
