/* translation: messages of files through the mappings, without an instance.
 *
 * The same checks and the same rules as on a live feed, with what a file cannot say: the time is
 * given, ids are made with the public key. Or, for stored messages, with what the feed says. */
#ifndef CLI_TRANSLATION_H
#define CLI_TRANSLATION_H

#include "cli/input.h"
#include "cli/instance.h"
#include "cli/knowledge.h"
#include "mapping/to_fhir.h"

struct translation {
    struct knowledge knowledge;
    const struct mapping_program *program;
    const struct zone *zone;
    enum hl7v2_charset charset; /* of messages that do not say theirs */
    instant received;
    struct slice id_key; /* empty: the public one */
};

/* The options every command with a translation has; their rows are in command_table.c:
 * --site S: a site folder, or the name of one in the instance at hand or among the mappings;
 * --mappings DIR: instead of those of the program; --at T: the time of arrival; else now.
 * COMMAND_DONE or an exit code with issues. */
enum command_exit translation_init(struct translation *translation, struct command_call *call);

/* As a feed of an instance translates now. -1 with issues. */
int translation_of_feed(struct translation *translation, const struct instance *instance,
                        struct slice feed, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Translates one message. False, with issues in the input, where it cannot be. */
bool translation_run(const struct translation *translation, struct input_message *input, bool trace,
                     struct mapping_result *ret_result);

#endif
