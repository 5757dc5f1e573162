/* input: the files that pure commands read, message by message.
 *
 * A file (or "-") may hold one message or many: MLLP frames, FHS/BHS envelopes, one MSH after
 * another; line ends CR, LF or CRLF. Each message gets an arena of its own, wiped after it. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/command.h"
#include "hl7v2/header.h"

/* One message of a file. */
struct input_message {
    const char *file; /* as given */
    size_t number;    /* in its file, from 1 */
    struct slice bytes;
    struct arena *arena;       /* until the visit returns */
    struct issue_list *issues; /* of this message; printed after the visit */
    bool parsed;               /* the two below count */
    struct hl7v2_message message;
    struct hl7v2_header header;
};

/* Calls visit for each message of the first `file_count` operands. `charset` is that of messages
 * that do not say theirs. What a message's issues say goes to stderr, with file and number.
 * COMMAND_DONE, COMMAND_FOUND where a visit returned false, or the exit code of a file that could
 * not be read. */
enum command_exit input_each_message(struct command_call *call, size_t file_count,
                                     enum hl7v2_charset charset,
                                     bool (*visit)(struct input_message *input, void *data),
                                     void *data);
/* Whether a command's word names a file: "-", or one that is there. */
bool input_is_file(const char *word);
/* Whether an operand names nothing that is there; then there is an issue that says so. */
bool input_missing(struct command_call *call);
/* Reads a file that the command line names. COMMAND_DONE, or COMMAND_USAGE with an issue where it
 * could not be read. */
enum command_exit input_read(struct command_call *call, const char *file, size_t limit,
                             struct arena *arena, struct slice *ret_bytes);
/* How messages are read: forgiving as to line ends and control characters in texts. */
struct hl7v2_message_options input_options(enum hl7v2_charset charset);
/* Prints the issues as one OperationOutcome line on standard output. */
void input_print_outcome(const struct input_message *input);

#endif
