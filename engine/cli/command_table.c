/* command_table: every command of the program, as rows: what it is called, what it takes, what it
 * says of itself, and the function that does it. The help texts are the operator's manual. */
#include "cli/commands.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])
#define NO_OPTIONS NULL, 0

/* --- without an instance ---------------------------------------------------------------------- */

static const struct option_row convert_options[] = {
    {"site", "S", "a site's folder or name: its mappings, zone and charset", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
    {"at", "T", "the time of arrival; else now", false},
    {"trace", NULL, "with the record of why, and what no rule read", false},
    {"to", "v2|fhir", "what is made of the files; else fhir", false},
    {"as", "MESSAGE", "with --to v2: this message, such as MDM_T02; else what the files call for",
     true},
};

static const struct option_row why_options[] = {
    {"site", "S", "a site's folder or name: its mappings, zone and charset", false},
    {"mappings", "DIR", "instead of the shipped mappings", false},
    {"at", "T", "the time of arrival; else now", false},
    {"instance", "DIR", "look at the stored messages of this instance", false},
    {"show-phi", NULL, "show values of stored messages; noted in the audit", false},
    {"as", "MESSAGE", "of FHIR: of this message, such as MDM_T02; else of what it calls for", true},
};

static const struct option_row check_options[] = {
    {"mappings", "DIR", "files and sites stand on these, not on the shipped mappings", false},
};

static const struct option_row test_options[] = {
    {"mappings", "DIR", "sites stand on these, not on the shipped mappings", false},
    {"every-map", NULL, "a segment or data type map without a test is a failure too", false},
};

static const struct command pure_commands[] = {
    {"convert", "FILE...", "translate HL7 v2 messages to FHIR, or back",
     "Prints one transaction Bundle a line for each message. One that cannot be translated gives\n"
     "a line with an OperationOutcome, and exit code 1. The same checks and rules as on a feed.\n"
     "\n"
     "With --to v2 the files hold FHIR: Bundles or single resources, one a file or one a line. "
     "What\n"
     "they call for is printed as HL7 v2, segments ended by CR, one message after the other, each\n"
     "beginning with MSH; a message that cannot be made is told on stderr, and exit code 1. --site "
     "is\n"
     "who receives.\n"
     "\n"
     "Examples:\n"
     "  painbridge convert oru.hl7\n"
     "  painbridge convert --site mappings/example-site --at 2027-01-04T09:00:00-06:00 *.hl7\n"
     "  painbridge convert --trace oru.hl7 | jq .trace\n"
     "    {\"bundle\":{...},\"trace\":[{\"resource\":\"Patient/...\",\"path\":\"name[0].family\",\n"
     "     \"rule\":\"pid.name\",...}],\"unread\":[\"PID[1]-19[1]\"]}\n"
     "  painbridge convert oru.hl7 | painbridge convert --to v2 -\n"
     "  painbridge convert --to v2 --as MDM_T02 --site mappings/example-site document.json\n"
     "  painbridge convert --to v2 --trace bundle.json | jq .trace\n"
     "    {\"message\":\"MSH|...\",\"trace\":[{\"place\":\"PID[1]-5[1].1.1\",\"rule\":\n"
     "     \"to-xpn.family\",\"resource\":\"Patient/...\",\"from\":\"name[0].family\",...}]}\n",
     ROWS(convert_options), COMMAND_PLACE_NONE, 1, COMMAND_ANY_NUMBER, command_convert, false},
    {"why", "[MESSAGE] RESOURCE|FIELD [ELEMENT]",
     "say where a value came from, or what became of it",
     "Translates the messages of a file, or the stored one that wrote the resource, and names for\n"
     "each value the field, its bytes, the rule with file and line, and the row of HL7's guide.\n"
     "MESSAGE is a file, or with --instance the key of a stored message or its MSH-10.\n"
     "\n"
     "FIELD, such as PID-5 or OBX[2]-5.1, asks the other way: what each value of it became, or\n"
     "that it is suppressed and why, that only a key or a condition has it, that no rule reads "
     "it.\n"
     "\n"
     "Of a file of FHIR it says of FIELD, in the messages that are sent for it, the element that "
     "it\n"
     "was made of, and the rule.\n"
     "\n"
     "A stored message is translated again under the revision under which it came: the rules, "
     "code\n"
     "tables and settings that were in force then, kept in DIR/revisions. File and line are those\n"
     "of that revision; where it is not in force any more, \"kept\" says where its bytes are.\n"
     "\n"
     "Examples:\n"
     "  painbridge why --instance /srv/bridge Observation/7f3k... valueQuantity.value\n"
     "  painbridge why --instance /srv/bridge 65537 Patient birthDate\n"
     "  painbridge why oru.hl7 Observation valueQuantity.value\n"
     "    6.3   Observation.valueQuantity.value\n"
     "      from   OBX[1]-5[1], bytes 212-214\n"
     "      rule   obx.number, OBX-Observation.xml:14:5\n"
     "  painbridge why oru.hl7 PID-3.5\n"
     "    SS   PID[1]-3[2].5, bytes 143-144   suppressed\n"
     "      on purpose: social security numbers are not shared\n"
     "        drop   pid.identifier, sites/mission/mission.xml:4:3\n"
     "  painbridge why --site north bundle.json PID-5.1\n"
     "    Doe   PID[1]-5[1].1.1\n"
     "      from   Patient/7f3k... name[0].family\n"
     "      rule   to-xpn.family, HumanName-XPN.xml:2:3\n"
     "  painbridge why --json oru.hl7 Patient\n",
     ROWS(why_options), COMMAND_PLACE_NONE, 1, 3, command_why, false},
    {"check", "[DIR|FILE...]", "check configuration, mappings and certificates",
     "Looks at an instance directory, a folder of mappings, a site's folder, or one file. Says\n"
     "file, line and column of every mistake, and what to write instead; exit code 3. Nothing\n"
     "named: the instance at hand, else the shipped mappings.\n"
     "\n"
     "Examples:\n"
     "  painbridge check /srv/bridge\n"
     "  painbridge check mappings/example-site\n"
     "  painbridge check --json /srv/bridge\n"
     "    {\"errors\":0,\"warnings\":0}\n",
     ROWS(check_options), COMMAND_PLACE_NONE, 0, COMMAND_ANY_NUMBER, command_check, false},
    {"test", "[DIR|FILE...]", "run the tests in mapping files",
     "Looks at an instance's sites, a folder of mappings, a site's folder, or one file of these.\n"
     "Nothing named: the shipped mappings, and the sites of the instance at hand. A failed test "
     "is\n"
     "a line with what was expected and what is there, then the rules that wrote it; exit code 1.\n"
     "\n"
     "Examples:\n"
     "  painbridge test\n"
     "  painbridge test sites/north mappings/v2-to-fhir/segments/PID-Patient.xml\n"
     "    .../PID-Patient.xml:90:5: failed: the birth date is a date: expected\n"
     "    Patient.birthDate = '1980-02-29', actual '1980-02-28'\n"
     "        birthDate '1980-02-28' from PID[1]-7[1] by pid.birthdate, .../PID-Patient.xml:32:3\n"
     "    11 passed, 1 failed\n"
     "  painbridge test --json\n"
     "    {\"passed\":12,\"failed\":0,\"mapsWithoutTest\":[]}\n",
     ROWS(test_options), COMMAND_PLACE_NONE, 0, COMMAND_ANY_NUMBER, command_test, false},
    {"parse", "FILE...", "show HL7 v2 messages as JSON",
     "One line for each message: decoded to UTF-8, a field being a list of repetitions of\n"
     "components of subcomponents. Files may hold many messages, batches and MLLP frames; - is\n"
     "standard input.\n"
     "\n"
     "Examples:\n"
     "  painbridge parse message.hl7\n"
     "    {\"charset\":\"ASCII\",\"segments\":[{\"segment\":\"MSH\",\"sequence\":1,\n"
     "     \"fields\":{\"1\":[[[\"|\"]]],\"3\":[[[\"LAB\"]]]}}]}\n"
     "  painbridge parse - < messages.hl7 | jq '.segments[].segment'\n",
     NO_OPTIONS, COMMAND_PLACE_NONE, 1, COMMAND_ANY_NUMBER, command_parse, false},
    {"validate", "FILE...", "check FHIR JSON against the definitions of R4",
     "Prints one OperationOutcome line for each file, or for each line of JSON Lines; exit code\n"
     "1 where one has an error. Which file or line has findings is said on standard error.\n"
     "\n"
     "Examples:\n"
     "  painbridge validate patient.json\n"
     "  painbridge convert oru.hl7 | painbridge validate -\n",
     NO_OPTIONS, COMMAND_PLACE_NONE, 1, COMMAND_ANY_NUMBER, command_validate, false},
    {"spec", "PLACE", "look up a field of HL7 v2 or an element of FHIR",
     "The dictionary, offline.\n"
     "\n"
     "Examples:\n"
     "  painbridge spec PID-5\n"
     "  painbridge spec CX.4\n"
     "  painbridge spec ORU_R01\n"
     "  painbridge spec HL70001\n"
     "  painbridge spec Observation.value\n"
     "  painbridge spec --json PID-5\n"
     "    {\"place\":\"PID-5\",\"name\":\"Patient Name\",\"type\":\"XPN\",...,\"parts\":[...]}\n",
     NO_OPTIONS, COMMAND_PLACE_NONE, 1, 1, command_spec, false},
};

/* --- instance --------------------------------------------------------------------------------- */

static const struct option_row init_options[] = {
    {"port-base", "N", "ports N (MLLP), N+1 (HTTPS), N+2 (PostgreSQL); else 2575, 8443, 5433",
     false},
    {"test-clock", NULL, "the clock of the rules can be set, for tests", false},
};

static const struct command instance_commands[] = {
    {"init", "DIR", "make an instance: database, keys, certificates, settings",
     "Makes a private instance in DIR, which must be empty or not there: a PostgreSQL cluster\n"
     "over TLS, an authority of its own, keys, and a painbridge.xml that explains itself. The\n"
     "database is migrated and stopped. Run as root, all of it belongs to the system user\n"
     "painbridge, and a DIR that this user cannot reach becomes a link to /var/lib/painbridge.\n"
     "\n"
     "Examples:\n"
     "  painbridge init /srv/bridge\n"
     "  painbridge init var/demo --port-base 9000 --test-clock\n"
     "  painbridge init --json var/demo\n"
     "    {\"directory\":\"/srv/var/demo\",\"mllp\":2575,\"https\":8443,\"database\":5433}\n",
     ROWS(init_options), COMMAND_PLACE_NEW, 0, 0, command_init, false},
    {"db start", "DIR", "start the database and wait until it answers",
     "Starts the private PostgreSQL cluster of the instance. Well where it runs already.\n"
     "\n"
     "Examples:\n"
     "  painbridge db start /srv/bridge\n"
     "  painbridge db start --json /srv/bridge\n"
     "    {\"state\":\"running\",\"port\":5433}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_db_start, false},
    {"db stop", "DIR", "stop the database",
     "Stops the private PostgreSQL cluster of the instance; what was not committed is rolled\n"
     "back. Well where it is stopped already.\n"
     "\n"
     "Examples:\n"
     "  painbridge db stop /srv/bridge\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_db_stop, false},
    {"db status", "DIR", "say whether the database runs",
     "Exit code 0 when it runs, 1 when it is stopped or not there.\n"
     "\n"
     "Examples:\n"
     "  painbridge db status /srv/bridge\n"
     "  painbridge db status --json /srv/bridge\n"
     "    {\"state\":\"stopped\",\"port\":5433}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_db_status, false},
    {"db migrate", "DIR", "bring the schema up to this program's version",
     "Runs the migrations that the database has not seen, each in a transaction of its own. The\n"
     "only command with the rights of the database's owner.\n"
     "\n"
     "Examples:\n"
     "  painbridge db migrate /srv/bridge\n"
     "  painbridge db migrate --json /srv/bridge\n"
     "    {\"schema\":9,\"migrations_run\":0}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_db_migrate, false},
    {"db verify", "DIR", "read the whole record and say whether it is whole",
     "Every message that was answered has its row and its answer, every resource its place, its\n"
     "versions, its source and a body that is what was stored, every row of the search index its\n"
     "resource. Every revision that a message names is kept in DIR/revisions, each file with the\n"
     "bytes of its hash. Exit code 0 whole, 1 broken (the first broken rows by table and key), 4\n"
     "database not usable. The engine may run meanwhile.\n"
     "\n"
     "Examples:\n"
     "  painbridge db verify /srv/bridge\n"
     "  painbridge db verify --json /srv/bridge\n"
     "    "
     "{\"whole\":false,\"schema\":11,\"rows\":{\"message_key\":2,...},\"revisions\":1,\n"
     "     \"broken\":1,\"faults\":[\n"
     "     {\"table\":\"resource\",\"key\":\"Observation/7f3k\",\"fault\":\"has no place\"}]}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_db_verify, false},
};

/* --- looking ---------------------------------------------------------------------------------- */

static const struct option_row message_list_options[] = {
    {"feed", "NAME", "of this feed only", false},
    {"status", "STATUS", "accepted, rejected, quarantined, held or dropped", false},
    {"limit", "N", "at most so many; else 50", false},
};

static const struct option_row message_show_options[] = {
    {"raw", NULL, "the bytes as they were received; noted in the audit", false},
};

static const struct option_row held_release_options[] = {
    {"as-text", NULL, "with codes and values that do not fit as they were sent", false},
};

static const struct option_row held_drop_options[] = {
    {"why", "WORDS", "why; must be said", false},
    {"who", "NAME", "who says so; else the account of the machine", false},
};

static const struct option_row wait_idle_options[] = {
    {"timeout", "SECONDS", "how long to wait; else 60", false},
};

static const struct command look_commands[] = {
    {"message list", "DIR", "list the messages that came in, newest first",
     "Nothing of a patient is shown. The type 'fragment' is the beginning of a message whose end\n"
     "never came: it was neither processed nor answered.\n"
     "\n"
     "Examples:\n"
     "  painbridge message list /srv/bridge\n"
     "  painbridge message list /srv/bridge --feed mission-oru --status rejected --limit 10\n"
     "  painbridge message list --json /srv/bridge\n"
     "    {\"key\":\"65536\",\"received\":\"2027-01-04T15:00:00.000Z\",\"feed\":\"mission-oru\",\n"
     "     "
     "\"control_id\":\"7741\",\"type\":\"ORU^R01\",\"status\":\"accepted\",\"answer\":\"AA\"}\n",
     ROWS(message_list_options), COMMAND_PLACE_INSTANCE, 0, 0, command_message_list, false},
    {"message show", "DIR KEY", "show one message that came in",
     "KEY is the message's own key or its MSH-10, the newest if several have it.\n"
     "\n"
     "Examples:\n"
     "  painbridge message show /srv/bridge 65536\n"
     "  painbridge message show /srv/bridge 7741 --raw > message.hl7\n",
     ROWS(message_show_options), COMMAND_PLACE_INSTANCE, 1, 1, command_message_show, false},
    {"held list", "DIR", "list what messages wait for",
     "A rule that says 'hold' (mappings/README.md) lets its message wait: it is stored and was\n"
     "answered, later messages of that feed about the same patient wait behind it, and nothing of\n"
     "them is in the record. Messages that wait for the same are one cause, those with the most\n"
     "first; 'behind' are those that wait for nothing but an earlier one. Of a message only its\n"
     "key and an unknown code are shown.\n"
     "\n"
     "Examples:\n"
     "  painbridge held list /srv/bridge\n"
     "    unmapped-1f0c39a2b4      2 since 2026-11-22T09:00:00.000Z, feed mission-adt\n"
     "      table AdministrativeSex has no 'X9': rule pid.gender, PID[1]-8[1].1.1\n"
     "      messages 65536 65539\n"
     "  painbridge held list --json /srv/bridge\n"
     "    {\"cause\":\"unmapped-1f0c39a2b4\",\"kind\":\"unmapped\",\"site\":\"mission\",\n"
     "     \"rule\":\"pid.gender\",\"place\":\"PID[1]-8[1].1.1\",\"table\":\"AdministrativeSex\",\n"
     "     \"code\":\"X9\",\"feeds\":[\"mission-adt\"],\"count\":2,\"oldest\":\"...\",\n"
     "     \"messages\":[\"65536\",\"65539\"]}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_held_list, false},
    {"held release", "DIR [CAUSE|MESSAGE]...", "let messages that wait go on",
     "Translates them again, as the files of DIR say now, and applies them in their order; what\n"
     "still has to wait waits on. Without a cause or a message's key, all that wait are tried; "
     "the\n"
     "messages behind those that went on follow by themselves. The engine may run meanwhile, and\n"
     "whoever is interrupted may begin again.\n"
     "\n"
     "Exit code 0 when all that was named went on, 1 when something waits on (behind an earlier\n"
     "message that was not named, say) or nobody waits for what was named.\n"
     "\n"
     "Examples:\n"
     "  painbridge held release /srv/bridge\n"
     "  painbridge held release /srv/bridge unmapped-1f0c39a2b4 65541\n"
     "  painbridge held release /srv/bridge unmapped-1f0c39a2b4 --as-text\n"
     "  painbridge held release --json /srv/bridge\n"
     "    {\"released\":3,\"waiting\":0,\"failed\":1,\"faults\":[{\"message\":\"65540\",\n"
     "     \"feed\":\"mission-adt\",\"place\":\"PID[1]-3\",\"words\":\"...\"}]}\n",
     ROWS(held_release_options), COMMAND_PLACE_INSTANCE, 0, COMMAND_ANY_NUMBER,
     command_held_release, false},
    {"held drop", "DIR MESSAGE... --why WORDS", "let messages that wait go for good",
     "For one that nobody can or wants to map: it never has an effect. Its bytes and its answer\n"
     "stay, its status is 'dropped', 'message show' says who let it go, when and why, the audit\n"
     "which account did. If it comes again it is answered as the first time. The messages behind "
     "it\n"
     "go on in their order, unless they wait for something themselves. There is no way back.\n"
     "\n"
     "Exit code 0 when all that were named are gone and nobody stays behind them, 1 when somebody\n"
     "does or nobody waits with that key.\n"
     "\n"
     "Examples:\n"
     "  painbridge held drop /srv/bridge 65540 --who 'Ruth Abel' --why 'a test of their vendor'\n"
     "  painbridge held drop --json /srv/bridge 65540 65541 --why 'sent for another clinic'\n"
     "    {\"dropped\":2,\"released\":5,\"waiting\":0,\"failed\":0,\"faults\":[]}\n",
     ROWS(held_drop_options), COMMAND_PLACE_INSTANCE, 1, COMMAND_ANY_NUMBER, command_held_drop,
     false},
    {"queue wait-idle", "DIR", "wait until nothing is left to do now",
     "Exit code 0 when the judge and the outbox have nothing to do, 1 when not in time.\n"
     "\n"
     "Examples:\n"
     "  painbridge queue wait-idle /srv/bridge --timeout 10\n",
     ROWS(wait_idle_options), COMMAND_PLACE_INSTANCE, 0, 0, command_queue_wait_idle, false},
    {"clock show", "DIR", "show what time it is in the record",
     "The real time, unless the instance was made with --test-clock and its clock was set.\n"
     "\n"
     "Examples:\n"
     "  painbridge clock show /srv/bridge\n"
     "    2027-01-04T15:00:07.311Z\n"
     "  painbridge clock show --json /srv/bridge\n"
     "    {\"now\":\"2027-01-04T15:00:07.311Z\",\"test_clock\":true,\n"
     "     \"set\":\"2027-01-04T15:00:00.000Z\",\"set_at\":\"2026-11-22T05:20:11.123Z\"}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_clock_show, false},
    {"clock set", "DIR T", "set the clock of the record, for tests",
     "Only on an instance made with --test-clock. From T on the clock ticks; it may also be set\n"
     "back. Every process has it when the command returns, and it stays set over a restart.\n"
     "\n"
     "It is the time of all that the record says: when a message or a FHIR write was received,\n"
     "lastUpdated, dates that rules make, MSH-7 of answers, the order of events, the window of\n"
     "control ids, when the judge takes a person up and what queue wait-idle waits for. Always\n"
     "real are TLS and certificates, tokens, audit, log, metrics and every timeout.\n"
     "\n"
     "Examples:\n"
     "  painbridge clock set /srv/bridge 2027-01-04T09:00:00-06:00\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 1, 1, command_clock_set, false},
    {"doctor", "DIR", "look whether everything is in order",
     "Secrets, certificates, mappings, kept revisions (each file is what its name says), "
     "database,\n"
     "and whether messages wait ('held list'). Exit code 1 where something is not.\n"
     "\n"
     "Examples:\n"
     "  painbridge doctor /srv/bridge\n"
     "  painbridge doctor --json /srv/bridge\n"
     "    {\"secrets\":true,\"certificates\":true,\"mappings\":true,\"revisions\":true,\n"
     "     \"database\":true,\"held\":true}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_doctor, false},
};

/* --- partners --------------------------------------------------------------------------------- */

static const struct option_row site_add_options[] = {
    {"time-zone", "ZONE", "the clinic's time zone, such as America/Chicago", false},
    {"language", "en|es", "language of its people; else en", false},
    {"charset", "NAME", "charset of messages without MSH-18", false},
    {"version", "VERSION", "HL7 version its system speaks", false},
    {"organization", "NAME", "full name of the clinic", false},
    {"mrn-system", "URI", "system of its record numbers", false},
    {"part2", NULL, "its records are under 42 CFR Part 2", false},
    {"known-as", "IDENTIFIERS", "by which others name it: system|value, blank between", false},
};

static const struct option_row feed_add_options[] = {
    {"site", "SITE", "the clinic whose system sends", false},
    {"allow", "APP/FACILITY", "MSH-3 and MSH-4 it may send as", true},
    {"cert", "FILE.pem", "its certificate; else one is made", false},
    {"charset", "NAME", "charset of messages without MSH-18", false},
    {"time-zone", "ZONE", "zone of times without an offset; else the site's", false},
    {"set", "KEY=VALUE", "an option of the feed", true},
};

static const struct option_row feed_revoke_options[] = {
    {"former", NULL, "all but the newest: the sender has changed over", false},
    {"all", NULL, "the newest too: the feed can connect no more until it is renewed", false},
};

static const struct option_row client_add_options[] = {
    {"scope", "SCOPES", "what its tokens may allow at most, blank between", false},
    {"site", "SITE", "the clinic in whose name it writes", false},
    {"jwks", "FILE|URL", "its public keys; else a key is made", false},
    {"issuer", "URL", "who signs its calls of CDS services", false},
};

static const struct option_row issuer_add_options[] = {
    {"audience", "URL", "what its tokens for us say (aud)", false},
    {"jwks", "FILE|URL", "its public keys", false},
    {"introspection", "URL", "where it is asked about tokens it does not sign", false},
    {"introspection-client", "NAME", "who we are there", false},
    {"introspection-secret", "FILE", "our secret there; copied to DIR/secrets", false},
    {"scope", "SCOPES", "what its tokens may allow at most, blank between", false},
    {"site", "SITE", "the clinic in whose name its clients write", false},
    {"name", "NAME", "of its file and in the audit; else that of its host", false},
    {"client-claim", "CLAIM", "names the client; else client_id", false},
    {"user-claim", "CLAIM", "names the person signed in; else fhirUser", false},
    {"patient-claim", "CLAIM", "names the Patient by its id here; else none does", false},
};

static const struct option_row destination_add_options[] = {
    {"site", "SITE", "the clinic whose system receives", false},
    {"host", "HOST", "name or address of the receiver", false},
    {"port", "PORT", "its TCP port", false},
    {"ca", "FILE.pem", "authority that signed its certificate", false},
    {"cert", "FILE.pem", "certificate that we show", false},
    {"key", "FILE.key", "its private key", false},
    {"send", "STRUCTURES", "what is sent there, such as MDM_T02,REF_I12", false},
};

static const struct option_row token_options[] = {
    {"client", "NAME", "the client it is for", false},
    {"scope", "SCOPES", "what it allows, blank between", false},
    {"patient", "ID", "the patient it is bound to", false},
};

static const struct command partner_commands[] = {
    {"site add", "DIR NAME", "add a clinic",
     "Writes DIR/sites/NAME/NAME.xml. Mapping rules that differ for this clinic go there.\n"
     "\n"
     "Examples:\n"
     "  painbridge site add /srv/bridge mission --time-zone America/Los_Angeles\n"
     "  painbridge site add /srv/bridge harbor --time-zone America/Chicago --language es\n"
     "  painbridge site add --json /srv/bridge mission --time-zone America/Los_Angeles\n"
     "    {\"name\":\"mission\",\"file\":\"/srv/bridge/sites/mission/mission.xml\"}\n",
     ROWS(site_add_options), COMMAND_PLACE_INSTANCE, 1, 1, command_site_add, false},
    {"feed add", "DIR NAME", "add a system that sends HL7 v2",
     "Writes DIR/feeds/NAME.xml. Without --cert a certificate is made by the instance's own\n"
     "authority: DIR/tls/NAME.pem and NAME.key are then for the sender. Feeds may share one where\n"
     "MSH-3/MSH-4 tell them apart.\n"
     "\n"
     "--set takes receiving, processing_ids, ack_mode, typed_response, batch_ack_only_errors,\n"
     "accept_lf, content, max_message_bytes, frame_timeout, idle_timeout, max_connections,\n"
     "storage_grace, on_storage_failure and control_id_window; the file explains each. content "
     "says\n"
     "what becomes of fields that are not as the standard has them (required, data type, length,\n"
     "repetitions): ignore takes them in silence, warn with warnings in the answer, refuse says "
     "AE.\n"
     "\n"
     "Examples:\n"
     "  painbridge feed add /srv/bridge mission-oru --site mission --allow LAB/MISSION\n"
     "  painbridge feed add /srv/bridge mission-adt --site mission --allow EHR/MISSION \\\n"
     "      --set content=warn --set max_message_bytes=1048576\n"
     "  painbridge feed add /srv/bridge harbor-adt --site harbor --allow EHR/HARBOR \\\n"
     "      --cert harbor.pem --charset 8859/1 --set accept_lf=yes --set receiving=PB/HUB\n",
     ROWS(feed_add_options), COMMAND_PLACE_INSTANCE, 1, 1, command_feed_add, false},
    {"feed list", "DIR", "list the feeds",
     "Examples:\n"
     "  painbridge feed list /srv/bridge\n"
     "  painbridge feed list --json /srv/bridge\n"
     "    {\"name\":\"mission-oru\",\"site\":\"mission\",\"time_zone\":\"America/Los_Angeles\",\n"
     "     \"charset\":\"\",\"allow\":[\"LAB/MISSION\"],\"certificate\":\"...\",\n"
     "     \"fingerprint\":\"...\",\"expires\":\"...\",\"paused\":false}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_feed_list, false},
    {"feed show", "DIR NAME", "show one feed",
     "Examples:\n"
     "  painbridge feed show /srv/bridge mission-oru\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 1, 1, command_feed_show, false},
    {"feed renew", "DIR NAME", "make a feed's next certificate",
     "The instance's own authority makes a key and a certificate for two years. The new "
     "certificate\n"
     "is put before the former ones in the feed's file, its key in place of the former key: both "
     "are\n"
     "for the sender. The former certificates stay good until they expire or are revoked, so that\n"
     "the sender can change over when it suits; open connections stay. A running engine has the "
     "new\n"
     "one when the command returns.\n"
     "\n"
     "Examples:\n"
     "  painbridge feed renew /srv/bridge mission-oru\n"
     "  painbridge feed renew --json /srv/bridge mission-oru\n"
     "    {\"name\":\"mission-oru\",\"serial\":\"5f03...\",\"expires\":\"2028-11-21T09:00:00Z\"}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 1, 1, command_feed_renew, false},
    {"feed revoke", "DIR NAME", "take back certificates of a feed",
     "Writes them into the revocation list of the instance's own authority (tls/crl in\n"
     "painbridge.xml). A running engine has it when the command returns: open connections with "
     "such\n"
     "a certificate are closed, and no new ones are taken. It cannot be undone; 'feed renew' makes "
     "a\n"
     "new certificate.\n"
     "\n"
     "Examples:\n"
     "  painbridge feed revoke /srv/bridge mission-oru --former\n"
     "  painbridge feed revoke /srv/bridge mission-oru --all\n"
     "  painbridge feed revoke --json /srv/bridge mission-oru --all\n"
     "    {\"name\":\"mission-oru\",\"revoked\":[\"5f03...\"]}\n",
     ROWS(feed_revoke_options), COMMAND_PLACE_INSTANCE, 1, 1, command_feed_revoke, false},
    {"feed pause", "DIR NAME", "read nothing more from a feed",
     "The feed's connections stay, and within a second or two nothing more is read from them: TCP\n"
     "holds the sender back, and what was not acknowledged is still the sender's. The pause\n"
     "outlives a restart and is noted in the audit.\n"
     "\n"
     "Examples:\n"
     "  painbridge feed pause /srv/bridge mission-oru\n"
     "  painbridge feed pause --json /srv/bridge mission-oru\n"
     "    {\"name\":\"mission-oru\",\"paused\":true}\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 1, 1, command_feed_pause, false},
    {"feed resume", "DIR NAME", "read from a paused feed again",
     "Well where the feed is not paused.\n"
     "\n"
     "Examples:\n"
     "  painbridge feed resume /srv/bridge mission-oru\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 1, 1, command_feed_resume, false},
    {"client add", "DIR NAME", "add a system that may ask for tokens",
     "Writes DIR/clients/NAME.xml. Without --jwks a key is made: DIR/tls/NAME.key is then for\n"
     "the client, and DIR/clients/NAME.jwks.json its public half. A URL is fetched when the "
     "client\n"
     "comes, and again when it has a new key or the answer has grown old. RSA keys without "
     "\"alg\"\n"
     "are for RS384, those of P-384 for ES384.\n"
     "\n"
     "Examples:\n"
     "  painbridge client add /srv/bridge reports --scope \"system/*.rs\"\n"
     "  painbridge client add /srv/bridge harbor --site harbor --jwks keys.json \\\n"
     "      --scope \"system/Patient.rs system/Observation.cruds\"\n",
     ROWS(client_add_options), COMMAND_PLACE_INSTANCE, 1, 1, command_client_add, false},
    {"issuer add", "DIR URL", "take the tokens of an outside issuer",
     "Writes DIR/issuers/NAME.xml. Its tokens are signed with the keys of --jwks, or it is asked\n"
     "about each (--introspection, RFC 7662). They allow --scope at most, else system/*.rs of "
     "what\n"
     "they say; --audience is BASE/fhir where it is left out. Takes effect at a reload.\n"
     "\n"
     "Examples:\n"
     "  painbridge issuer add /srv/bridge https://ehr.mission.example/oauth --site mission \\\n"
     "      --jwks https://ehr.mission.example/oauth/keys --scope \"system/*.rs user/*.rs\"\n"
     "  painbridge issuer add /srv/bridge https://login.example --scope user/Patient.rs \\\n"
     "      --introspection https://login.example/introspect --introspection-client bridge \\\n"
     "      --introspection-secret login.secret\n",
     ROWS(issuer_add_options), COMMAND_PLACE_INSTANCE, 1, 1, command_issuer_add, false},
    {"destination add", "DIR NAME", "add a system that HL7 v2 is sent to",
     "Writes DIR/destinations/NAME.xml; the certificates are copied to DIR/tls.\n"
     "\n"
     "Examples:\n"
     "  painbridge destination add /srv/bridge mission-in --site mission \\\n"
     "      --host ehr.mission.example --port 2575 --ca mission-ca.pem --send MDM_T02\n",
     ROWS(destination_add_options), COMMAND_PLACE_INSTANCE, 1, 1, command_destination_add, false},
    {"token", "DIR", "make an access token for a client",
     "Prints a token of the instance's own issuer (ES256), for scripts and tests.\n"
     "\n"
     "Examples:\n"
     "  painbridge token /srv/bridge --client reports --scope system/Patient.rs\n"
     "  curl --cacert /srv/bridge/tls/ca.pem -H \"Authorization: Bearer $TOKEN\" \\\n"
     "      https://localhost:8443/fhir/Patient\n"
     "  painbridge token --json /srv/bridge --client reports --scope system/Patient.rs\n"
     "    {\"access_token\":\"...\",\"token_type\":\"Bearer\",\"expires_in\":3600,\n"
     "     \"scope\":\"system/Patient.rs\"}\n",
     ROWS(token_options), COMMAND_PLACE_INSTANCE, 0, 0, command_token, false},
};

/* --- processes -------------------------------------------------------------------------------- */

static const struct option_row worker_options[] = {
    {"control", "FD", "socket to the supervisor", false},
    {"metrics", "FD", "memory of the counters", false},
    {"mllp", "FD", "listening socket", false},
    {"https", "FD", "listening socket", false},
};

static const struct option_row send_options[] = {
    {"feed", "NAME", "the feed whose certificate is shown", false},
    {"host", "HOST", "where to send to; else localhost", false},
    {"timeout", "SECONDS", "how long to wait for an answer; else 30", false},
    {"as-is", NULL, "each file is one frame, its bytes as they are", false},
};

static const struct command process_commands[] = {
    {"serve", "DIR", "run the engine in the foreground",
     "Opens the doors of the instance and serves until TERM or INT, which finish what is under\n"
     "way; HUP reads certificates, mappings and settings again; KILL is always safe. One JSON\n"
     "line an event on standard error; {\"event\":\"ready\",...} when all doors are open.\n"
     "\n"
     "Examples:\n"
     "  painbridge serve /srv/bridge\n"
     "  painbridge serve /srv/bridge 2>>bridge.log &\n",
     NO_OPTIONS, COMMAND_PLACE_INSTANCE, 0, 0, command_serve, false},
    {"send", "DIR FILE...", "send HL7 v2 messages as a feed does",
     "Sends over MLLP and TLS with the certificate and key in DIR/tls, waits for each answer and\n"
     "shows it decoded. Exit code 1 where one was an error or a rejection.\n"
     "\n"
     "Examples:\n"
     "  painbridge send /srv/bridge --feed mission-oru oru.hl7\n"
     "    7741 AA\n"
     "  painbridge send --json /srv/bridge --feed mission-oru oru.hl7\n"
     "    {\"control_id\":\"7741\",\"answers\":[{\"code\":\"AE\",\"control_id\":\"7741\",\n"
     "     \"text\":\"...\",\"errors\":[{\"place\":\"PID[1]-7\",\"code\":102,\n"
     "     \"severity\":\"E\",\"message\":\"...\"}]}]}\n",
     ROWS(send_options), COMMAND_PLACE_INSTANCE, 1, COMMAND_ANY_NUMBER, command_send, false},
    {"worker", "ROLE NUMBER DIR", "one process of the engine; started by serve alone", "",
     ROWS(worker_options), COMMAND_PLACE_NONE, 3, 3, command_worker, true},
};

#define GROUP(name, title, rows) static const struct command_group name = {(title), ROWS(rows)}

GROUP(pure_group, "without an instance", pure_commands);
GROUP(instance_group, "an instance", instance_commands);
GROUP(partner_group, "who it works with", partner_commands);
GROUP(process_group, "running", process_commands);
GROUP(look_group, "looking", look_commands);

const struct command_group *const command_groups[] = {
    &pure_group, &command_map_group,    &instance_group,      &partner_group, &process_group,
    &look_group, &command_person_group, &command_audit_group, NULL,
};
