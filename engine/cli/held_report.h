/* held_report: what the commands say of messages that wait: what for, and what became of letting
 * them go on. A code as it was sent is shown, for the one who is to find its meaning; nothing else
 * of a message is. */
#ifndef CLI_HELD_REPORT_H
#define CLI_HELD_REPORT_H

#include "cli/release.h"
#include "fhir/json.h"

/* "table AdministrativeSex has no 'X9': rule pid.gender, PID[1]-8". */
struct slice held_cause_words(const struct pipeline_held_cause *cause, struct arena *arena);
/* Cause, kind, site, rule, place, table, code, system; what is empty is left out. */
struct json *held_cause_json(const struct pipeline_held_cause *cause, struct arena *arena);

void held_tally_print(const struct release_tally *tally, struct arena *arena);
struct json *held_tally_json(const struct release_tally *tally, struct arena *arena);

#endif
