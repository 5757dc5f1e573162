/* why_sent: `why FILE.json PID-5`: which element a field of what goes out was made of.
 *
 * The file's Bundle or resource is sent as `convert --to v2` does; each part of the field in each
 * message is answered by the element it came from, the rule that wrote it, and the row of a code
 * table. */
#ifndef CLI_WHY_SENT_H
#define CLI_WHY_SENT_H

#include "cli/commands.h"

/* True when the first operand is a file of FHIR. */
bool why_sent_is(struct command_call *call);
enum command_exit why_sent(struct command_call *call);

#endif
