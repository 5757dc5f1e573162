/* guess: what a file seems to be that is not what a command wants.
 *
 * The answer is a hint for the person who named the file: a constant without anything of the file
 * in it, empty where nothing can be said. It looks at the first bytes only and is never used to
 * decide how a file is read. */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

#include "base/issue.h"

/* Where HL7 v2 was wanted. */
struct slice guess_no_message(struct slice bytes);
/* Where FHIR JSON was wanted. */
struct slice guess_no_resource(struct slice bytes);
/* Gives the first error the hint, where it has none. */
void guess_add(struct issue_list *issues, struct slice hint);

#endif
