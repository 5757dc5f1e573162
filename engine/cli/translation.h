/* translation: messages of files through the mappings, without an instance.
 *
 * The same checks and the same rules as on a live feed, with what a file cannot say: the time is
 * given, ids are made with the public key. Or, for stored messages, with what was in force when
 * they came. */
#ifndef CLI_TRANSLATION_H
#define CLI_TRANSLATION_H

#include "cli/input.h"
#include "cli/instance.h"
#include "cli/revision.h"
#include "mapping/to_fhir.h"

struct translation {
    struct knowledge knowledge;
    const struct mapping_rules *rules; /* that the program was made from */
    const struct mapping_program *program;
    struct mapping_shapes *shapes; /* of the program: what was learnt of the files before */
    const struct mapping_texts *site_texts; /* that the program was made from; NULL: no site */
    const struct zone *zone;
    struct hl7v2_message_options options; /* how messages are read */
    instant received;
    struct slice id_key;     /* empty: the public one */
    struct slice feed, site; /* of stored messages; empty: those of a file */
    struct slice mrn_system; /* the same */
    struct slice revision;   /* the same */
    struct slice default_charset;
    bool as_text; /* a message that waited, and went on as text */
};

/* The options every command with a translation has; their rows are in command_table.c:
 * --site S: a site folder, or the name of one in the instance at hand or among the mappings;
 * --mappings DIR: instead of those of the program; --at T: the time of arrival; else now.
 * COMMAND_DONE or an exit code with issues. */
enum command_exit translation_init(struct translation *translation, struct command_call *call);

/* Only the knowledge and the time of arrival, of --mappings and --at. */
enum command_exit translation_begin(struct translation *translation, struct command_call *call);
/* With these files, where knowledge and time are there already: the site's zone and charset.
 * `site_texts` may be NULL. All must live as long. -1 with issues. */
int translation_of_texts(struct translation *translation, const struct mapping_texts *base,
                         const struct mapping_texts *site_texts, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The texts of the site that the option names: *ret_texts is NULL where it was not given. -1 with
 * issues. `translation` has its knowledge. */
int translation_site_texts(const struct translation *translation, struct command_call *call,
                           const struct mapping_texts **ret_texts)
    __attribute__((warn_unused_result));

/* The folder of a site: as given, else in the instance at hand, else beside the mappings. NULL with
 * an issue where there is none. */
const char *translation_site_folder(const struct knowledge *knowledge, struct command_call *call,
                                    const char *site);
/* Whether a folder that a command names, and that is nothing else, is a site's; false with an issue
 * where it is not. */
bool translation_is_site(const char *folder, struct command_call *call);

/* As a feed translated under a revision: what it makes of a stored message is what was made of it
 * when it came, as long as the program is the same. `knowledge` must live as long. -1 with issues.
 */
int translation_of_revision(struct translation *translation, const struct knowledge *knowledge,
                            const struct instance *instance, const struct revision *revision,
                            struct issue_list *issues) __attribute__((warn_unused_result));

/* As a feed of an instance translates now, with the rules of these texts. `texts` and `knowledge`
 * must live as long. -1 with issues. */
int translation_of_feed(struct translation *translation, const struct knowledge *knowledge,
                        const struct instance *instance, const struct rules_texts *texts,
                        const struct instance_feed *feed, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The checks that come before the rules, and the context the rules run in. False, with issues in
 * the input, where the message cannot be translated. */
bool translation_prepare(const struct translation *translation, struct input_message *input,
                         struct mapping_context *ret_context);
/* Translates one message. False, with issues in the input, where it cannot be, or has to wait. */
bool translation_run(const struct translation *translation, struct input_message *input, bool trace,
                     struct mapping_result *ret_result);

#endif
