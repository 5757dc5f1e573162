/* sending: FHIR of a file through the rules that write v2, for the commands that look at what goes
 * out. */
#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include "cli/translation.h"
#include "mapping/to_v2.h"

struct sending {
    struct translation translation;
    const struct mapping_sends *sends;
    struct mapping_send_context context;
    struct slice *structures; /* --as; NULL: what the resources call for */
    size_t structure_count;
    const char *file;
    size_t number; /* of the Bundle or resource in the file, from 1 */
};

/* The rules and the receiver that the options name: --site, --mappings, --at, --as. */
enum command_exit sending_init(struct sending *sending, struct command_call *call);

/* What a command does with one message; the arena lives until it returns. */
typedef void sending_visit(const struct sending *sending, const struct mapping_sent *sent,
                           struct arena *arena, void *data);
/* Makes the messages that the files's Bundles and resources call for: one JSON text, or one a line.
 * COMMAND_FOUND where one could not be made, or none was called for; what was found is said. */
enum command_exit sending_file(struct command_call *call, struct sending *sending,
                               sending_visit *visit, void *data);
/* Whether a text is FHIR to be sent, not a message: it begins with a brace. */
bool sending_is_json(struct slice text);

#endif
