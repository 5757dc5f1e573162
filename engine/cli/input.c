/* input: see the header. */
#include "cli/input.h"

#include "base/file.h"
#include "cli/guess.h"
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

bool input_is_file(const char *word)
{
    return slice_equal(slice_of(word), SLICE("-")) || file_exists(word);
}

bool input_missing(struct command_call *call)
{
    size_t i = 0;
    while (i < call->operand_count && file_exists(call->operands[i])) {
        i++;
    }
    if (i < call->operand_count) {
        command_wrong(call, "there is no '%s'", call->operands[i]);
    }
    return i < call->operand_count;
}

enum command_exit input_read(struct command_call *call, const char *file, size_t limit,
                             struct arena *arena, struct slice *ret_bytes)
{
    return file_read(file, limit, arena, ret_bytes, &call->issues) == 0 ? COMMAND_DONE
                                                                        : COMMAND_USAGE;
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
    const struct issue *first = input->parsed ? NULL : issue_list_first_error(&issues);
    if (first != NULL && first->code == ISSUE_NOT_A_MESSAGE) {
        guess_add(&issues, guess_no_message(input->bytes));
    }
    bool well = visit(input, data);
    fflush(stdout);
    say_issues(input);
    return well;
}

/* Whether one of them is a message at all: bytes of another kind come apart at each VT and FS. */
static bool has_head(const struct slice *messages, size_t count)
{
    size_t i = 0;
    while (i < count && !slice_starts_with(messages[i], SLICE("MSH"))) {
        i++;
    }
    return i < count;
}

static enum command_exit visit_file(struct command_call *call, const char *file,
                                    enum hl7v2_charset charset,
                                    bool (*visit)(struct input_message *input, void *data),
                                    void *data)
{
    struct arena *arena = arena_new(INPUT_FILE_LIMIT);
    struct slice bytes;
    enum command_exit exit_code = input_read(call, file, INPUT_FILE_LIMIT, arena, &bytes);
    if (exit_code != COMMAND_DONE) {
        arena_free(arena);
        return exit_code;
    }
    struct slice *messages = NULL;
    size_t count = hl7v2_batch_split(bytes, arena, &messages);
    if (!has_head(messages, count)) { /* that is said of the file, once */
        messages = &bytes;
        count = 1;
    }
    struct arena *work = arena_new(INPUT_MESSAGE_CEILING);
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
