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

static const struct option_row diff_options[] = {
    {"site", "S", "a site's folder or name, the same on both sides", false},
    {"mappings", "DIR", "instead of the shipped mappings, where a side is a site", false},
    {"at", "T", "the time of arrival; else now", false},
    {"fail-on", "WORDS", "exit code 1 on added,removed,changed,held,refused", false},
    {"show-phi", NULL, "show values; noted in the audit for stored messages", false},
    TRAFFIC_OPTIONS,
};

static const struct option_row capture_options[] = {
    {"as-test", "NAME", "what the test is called", false},
    {"site", "S", "whose file holds the test: a site's folder or name; else that of the feed",
     false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
    {"instance", "DIR", "the message is a stored one of this instance", false},
};

static const struct option_row explain_options[] = {
    {"site", "S", "a site's folder or name: its words about the rules", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
    {"at", "T", "the time of arrival; else now", false},
    {"show-phi", NULL, "show the parts of keys; noted in the audit for a stored message", false},
    TRAFFIC_INSTANCE,
};

static const struct option_row new_site_options[] = {
    {"from-samples", "FILE", "captured messages; more files may follow", true},
    {"to", "DIR", "where the folder is made; else here", false},
    {"time-zone", "ZONE", "the clinic's, such as America/Chicago; else a question is left", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
};

static const struct option_row resolve_options[] = {
    {"code", "TARGET", "what it means", false},
    {"system", "URI", "the system of TARGET; else that of the shipped table, where it has one",
     false},
    {"display", "TEXT", "its display; else that of the shipped table", false},
    {"why", "WORDS", "why it means that: for those who read the table later", false},
    {"who", "NAME", "who says so; else the account of the machine", false},
};

static const struct option_row export_options[] = {
    {"site", "S", "the tables of a site: its folder or name; else the shipped ones", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
};

static const struct option_row import_options[] = {
    {"who", "NAME", "who says so: the column 'who' of what is new or changed", false},
    {"why", "WORDS", "and why: the column 'why'", false},
    {"site", "S", "into the tables of a site: its folder or name; else the shipped ones", false},
    {"table", "NAME", "the table it is; else by the url of the ConceptMap", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
    {"at", "T", "the day for the column 'when'; else today", false},
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
     "DIR now. Exit code 1 where no message can be translated.\n"
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
    {"map diff", "OLD NEW [FILE...]", "say what a change of the mappings would change",
     "Translates the messages of files, or stored ones, on both sides and compares what they\n"
     "become: values added, removed, changed, counted by element, with examples; and messages\n"
     "that only one side takes. OLD and NEW are folders of mappings or sites' folders; with\n"
     "--instance also the hash of a kept revision (readyz and each message name theirs).\n"
     "\n"
     "What a side does not bring is the same on both: the shipped mappings, the site of --site or\n"
     "of the feed. With --fail-on it is a gate: exit code 1 where one of the words holds.\n"
     "\n"
     "Examples:\n"
     "  painbridge map diff mappings /tmp/new-mappings oru.hl7\n"
     "  painbridge map diff --instance /srv/bridge /srv/bridge/sites/mission /tmp/new/mission \\\n"
     "      --since 2026-11-20 --fail-on removed,held,refused\n"
     "    removed        12  Patient.telecom.value\n"
     "        message 65537, feed mission-adt: Patient/7f3k... telecom[0].value   *** -> nothing\n"
     "    412 messages: 400 the same, 12 differ\n"
     "  painbridge map diff --json mappings /tmp/new-mappings *.hl7 | jq '.elements[].element'\n",
     ROWS(diff_options), COMMAND_PLACE_NONE, 2, COMMAND_ANY_NUMBER, command_map_diff, false},
    {"map capture", "MESSAGE", "write a message, disguised, as a test",
     "MESSAGE is a file, or with --instance the key of a stored message or its MSH-10. Names,\n"
     "numbers of persons, addresses and phones keep their shape only, dates move by one number of\n"
     "days, free text goes; codes and what they are called, units, short numeric results, wards,\n"
     "assigners, sender and receiver stay: a name that was written as a code stays, too. The same\n"
     "name is the same in all messages of one run. The fixture goes to fixtures/ of the site, the\n"
     "test to the end of its own file, with what the rules make of the message today: look at "
     "each\n"
     "line of both before they leave the house.\n"
     "\n"
     "Examples:\n"
     "  painbridge map capture oru.hl7 --as-test \"our glucose arrives\" --site sites/north\n"
     "  painbridge map capture --instance /srv/bridge 65537 --as-test \"our glucose arrives\"\n"
     "    1 test in /srv/bridge/sites/north/north.xml; look at each line, then: painbridge test\n"
     "    /srv/bridge/sites/north\n"
     "  painbridge map capture --json oru.hl7 --as-test glucose --site sites/north\n"
     "    {\"file\":\"sites/north/north.xml\",\"tests\":1}\n",
     ROWS(capture_options), COMMAND_PLACE_NONE, 1, 1, command_map_capture, false},
    {"map explain", "RULE|MESSAGE", "say what a rule is by whom, or the way of a message",
     "RULE is the id of a rule, a map (PID-Patient) or a structure (ORU_R01): each way in which "
     "it\n"
     "runs, first those that the site says with change, replace and drop, then the base; each\n"
     "attribute with the file, line and column where it is written.\n"
     "\n"
     "MESSAGE is a file, or with --instance the key of a stored message or its MSH-10: which "
     "rules\n"
     "ran on which segment and into which resource, which conditions did not hold, and what was\n"
     "made by which key. With --json also the rules that found nothing to read. Stored messages\n"
     "go through the rules as they are in DIR now; why answers for those of then.\n"
     "\n"
     "Examples:\n"
     "  painbridge map explain obx.number --site mission\n"
     "  painbridge map explain oru.hl7\n"
     "  painbridge map explain --instance /srv/bridge 65537\n"
     "  painbridge map explain --json oru.hl7 | jq '.steps[] | select(.outcome == \"false\")'\n",
     ROWS(explain_options), COMMAND_PLACE_NONE, 1, 1, command_map_explain, false},
    {"map new-site", "NAME FILE...", "begin a site's folder from captured messages",
     "Writes NAME/NAME.xml and NAME/codes/: version and character set as the messages have them,\n"
     "and in comments what is to be decided, with how often it was seen: time zone, senders,\n"
     "separators, who assigns numbers, codes that no table knows by field, local code systems, Z\n"
     "segments, values that no rule reads. What is written passes check at once.\n"
     "\n"
     "Codes with what they are called, and names of systems, are written as they were sent; no\n"
     "other value is.\n"
     "\n"
     "Examples:\n"
     "  painbridge map new-site north --from-samples captured/*.hl7\n"
     "  painbridge map new-site north --to /srv/bridge/sites --time-zone America/Chicago \\\n"
     "      --from-samples day1.hl7 day2.hl7\n"
     "  painbridge map new-site --json north --from-samples day1.hl7\n"
     "    {\"folder\":\"./north\",\"messages\":12,\"messages_refused\":0}\n",
     ROWS(new_site_options), COMMAND_PLACE_NONE, 1, COMMAND_ANY_NUMBER, command_map_new_site,
     false},
    {"map resolve", "DIR CAUSE", "say what a code means that messages wait for",
     "Writes a row into the site's own table (codes/TABLE.csv beside the site's file, made where\n"
     "there is none) and a test of it into the site's file, has the engine read its files again\n"
     "where it runs, and lets the messages go on that waited for this, in their order. CAUSE is a\n"
     "name from 'held list'. What does not fit leaves all files as they were.\n"
     "\n"
     "Exit code 0 when all of them went on, 1 when some wait on (for something else, or behind an\n"
     "earlier message), 3 when the row cannot be, 5 when no row mends the cause.\n"
     "\n"
     "Examples:\n"
     "  painbridge map resolve /srv/bridge unmapped-1f0c39a2b4 --code other \\\n"
     "      --why \"the clinic's word for X\" --who analyst\n"
     "    /srv/bridge/sites/mission/codes/AdministrativeSex.csv: a row for 'X9'\n"
     "    /srv/bridge/sites/mission/mission.xml: a test of it\n"
     "    the engine has read its files again\n"
     "    12 went on, 0 wait on\n"
     "  painbridge map resolve --json /srv/bridge unmapped-1f0c39a2b4 --code other --why asked\n"
     "    {\"released\":12,\"waiting\":0,\"failed\":0,\"faults\":[],\"cause\":\"...\",\n"
     "     \"table\":\"...\",\"test\":true,\"reloaded\":true}\n",
     ROWS(resolve_options), COMMAND_PLACE_INSTANCE, 1, 1, command_map_resolve, false},
    {"map export", "[TABLE...]", "write code tables as FHIR ConceptMaps",
     "One line of JSON for each table; without TABLE all of them. Everything of the file is in "
     "it,\n"
     "so that 'map import' gives the same file again: mappings/README.md says what stands where.\n"
     "A running engine answers the same at /fhir/ConceptMap.\n"
     "\n"
     "Examples:\n"
     "  painbridge map export AdministrativeSex > sex.json\n"
     "  painbridge map export --site mission glucose\n"
     "  painbridge map export | jq -r .url\n",
     ROWS(export_options), COMMAND_PLACE_NONE, 0, COMMAND_ANY_NUMBER, command_map_export, false},
    {"map import", "FILE", "write FHIR ConceptMaps as code tables",
     "FILE has one ConceptMap, one on each line, or a Bundle of them. Each becomes the whole\n"
     "codes/TABLE.csv: rows that say what they said keep who, when and why, all others get those\n"
     "of the ConceptMap, else --who, today and --why; comments stay. What a table cannot say (two\n"
     "answers for a code, dependsOn, fixed answers for other codes) is refused with its place, "
     "and\n"
     "then no file is changed. A ConceptMap of others is named with --table.\n"
     "\n"
     "Examples:\n"
     "  painbridge map import sex.json --who ana --why \"as agreed with the front desk\"\n"
     "  painbridge map import loinc.json --site mission --table glucose --who ana --why \"new "
     "lab\"\n"
     "    /srv/bridge/sites/mission/codes/glucose.csv: written\n"
     "  painbridge map import --json sex.json --who ana --why \"typing error\"\n"
     "    {\"table\":\"AdministrativeSex\",\"file\":\"mappings/codes/AdministrativeSex.csv\",\n"
     "     \"changed\":true}\n",
     ROWS(import_options), COMMAND_PLACE_NONE, 1, 1, command_map_import, false},
};

const struct command_group command_map_group = {"the mappings", ROWS(map_commands)};
