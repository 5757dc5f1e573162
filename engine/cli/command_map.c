/* command_map: the commands of the family `map`, as rows: what an analyst asks of the mappings.
 * Each is done in a file of its own, command_map_*.c. */
#include "cli/commands.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const struct option_row coverage_options[] = {
    {"guide", NULL, "count the rows of HL7's V2-to-FHIR guide", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
};

static const struct command map_commands[] = {
    {"map coverage", "", "say how much the rules hold",
     "With --guide: the rows of HL7's V2-to-FHIR guide that map something, for each map and in\n"
     "all: taken by a rule, deliberately said otherwise, left out with a reason, not computable.\n"
     "The table is v2-to-fhir/COVERAGE.csv of the mappings; every rule that it names must be\n"
     "there. Exit code 1 where it is not as the rules are, or where more than 5 % are said to be\n"
     "not computable.\n"
     "\n"
     "Examples:\n"
     "  painbridge map coverage --guide\n"
     "    segments   PID[Patient]              29     27   1   1   0\n"
     "  painbridge map coverage --guide --json | jq .all\n",
     ROWS(coverage_options), COMMAND_PLACE_NONE, 0, 0, command_map_coverage, false},
};

const struct command_group command_map_group = {"the mappings", ROWS(map_commands)};
