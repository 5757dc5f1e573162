/* command_map: the commands of the family `map`, as rows: what an analyst asks of the mappings.
 * Each is done in a file of its own, command_map_*.c. */
#include "cli/commands.h"
#include "cli/traffic.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const struct option_row coverage_options[] = {
    {"guide", NULL, "count the rows of HL7's V2-to-FHIR guide", false},
    {"site", "S", "a site's folder or name: its mappings, zone and charset", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
    {"at", "T", "the time of arrival; else now", false},
    {"at-least", "SHARE", "exit code 1 where less arrives: 0.97", false},
    TRAFFIC_OPTIONS,
};

static const struct command map_commands[] = {
    {"map coverage", "[FILE...]", "say how much the rules hold, and what is lost",
     "Of messages, in files or stored: what becomes of each value, counted by field and "
     "component.\n"
     "\n"
     "  mapped       a rule wrote an element from it     suppressed   a drop says why it is not "
     "read\n"
     "  key          it says which resource is meant     not written  read, but it did not fit\n"
     "  condition    a rule hangs on it                  never read   no rule reads it\n"
     "  engine       the engine itself obeys it          refused      the message cannot be "
     "translated\n"
     "\n"
     "The first three arrive; what is not written and never read is lost, and listed with a "
     "place\n"
     "where one stands. Values are never shown. Stored messages go through the rules as they are "
     "in\n"
     "DIR now.\n"
     "\n"
     "With --guide: the rows of HL7's V2-to-FHIR guide that map something, for each map and in\n"
     "all: taken by a rule, deliberately said otherwise, left out with a reason, not computable.\n"
     "The table is v2-to-fhir/COVERAGE.csv of the mappings; every rule that it names must be\n"
     "there. Exit code 1 where it is not as the rules are, or where more than 5 % are said to be\n"
     "not computable.\n"
     "\n"
     "Examples:\n"
     "  painbridge map coverage oru.hl7 adt.hl7\n"
     "  painbridge map coverage --site mission --at-least 0.97 captured/*.hl7\n"
     "  painbridge map coverage --instance /srv/bridge --since 2026-11-20 --feed mission-oru\n"
     "  painbridge map coverage --json *.hl7 | jq '.fields[] | select(.never_read > 0)'\n"
     "  painbridge map coverage --guide --json | jq .all\n",
     ROWS(coverage_options), COMMAND_PLACE_NONE, 0, COMMAND_ANY_NUMBER, command_map_coverage,
     false},
};

const struct command_group command_map_group = {"the mappings", ROWS(map_commands)};
