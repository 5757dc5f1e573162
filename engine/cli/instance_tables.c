/* instance: the settings of each file as rows. The texts here are the admin's manual: they stand as
 * comments in the files that `init` and the `add` commands write. */
#include "cli/instance_internal.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define MAX_PORT 65535
#define FIELD(member) offsetof(struct instance_settings, member)

static const struct setting engine_rows[] = {
    {"engine", "name", SETTING_NAME, 1, 8, NULL, "pb1", SETTING_AT_START, FIELD(name),
     "begins every control id (MSH-10) that this engine sends; two engines never share one"},
    {"engine", "time-zone", SETTING_ZONE, 1, 0, NULL, "UTC", SETTING_AT_RELOAD, FIELD(time_zone),
     "whose days count where no clinic says otherwise"},
    {"engine", "language", SETTING_CHOICE, 0, 0, "en es", "en", SETTING_AT_RELOAD, FIELD(language),
     "of texts for people where no clinic says otherwise"},
    {"engine", "doors", SETTING_NUMBER, 1, 64, NULL, "2", SETTING_AT_START, FIELD(doors),
     "worker processes that serve connections; about one for each core"},
    {"engine", "memory-bytes", SETTING_NUMBER, 64 << 20, INT64_C(1) << 40, NULL, "268435456",
     SETTING_AT_START, FIELD(memory_bytes),
     "that requests and messages under way may have in one door, one client or feed a quarter of "
     "it;"
     " who has that is not read from until there is room"},
    {"engine", "drain-seconds", SETTING_NUMBER, 1, 300, NULL, "10", SETTING_AT_START,
     FIELD(drain_seconds), "time for messages under way when the engine is told to stop"},
    {"engine", "log-level", SETTING_CHOICE, 0, 0, "debug info warning error", "info",
     SETTING_AT_RELOAD, FIELD(log_level), "the least important entry that is written"},
    {"engine", "test-clock", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_START, FIELD(test_clock),
     "only made by init: the clock of the rules can be set, for tests"},
    {"mllp", "address", SETTING_TEXT, 1, 255, NULL, "127.0.0.1", SETTING_AT_START,
     FIELD(mllp_address), "IP address to listen on for HL7 v2 over MLLP and TLS"},
    {"mllp", "port", SETTING_NUMBER, 1, MAX_PORT, NULL, "2575", SETTING_AT_START, FIELD(mllp_port),
     "TCP port of all feeds; the client certificate says which feed it is"},
    {"mllp", "max-connections", SETTING_NUMBER, 1, 100000, NULL, "1024", SETTING_AT_RELOAD,
     FIELD(mllp_connections), "open connections of one door at most"},
    {"https", "address", SETTING_TEXT, 1, 255, NULL, "127.0.0.1", SETTING_AT_START,
     FIELD(https_address), "IP address to listen on for FHIR over HTTPS"},
    {"https", "port", SETTING_NUMBER, 1, MAX_PORT, NULL, "8443", SETTING_AT_START,
     FIELD(https_port), "TCP port of FHIR, tokens, pages and metrics"},
    {"https", "max-connections", SETTING_NUMBER, 1, 100000, NULL, "1024", SETTING_AT_RELOAD,
     FIELD(https_connections), "open connections of one door at most"},
    {"https", "answer-bytes", SETTING_NUMBER, 65536, 32 << 20, NULL, "8388608", SETTING_AT_START,
     FIELD(answer_bytes), "of the resources in one answer; a page that has so many ends there"},
    {"https", "searches", SETTING_NUMBER, 1, 64, NULL, "3", SETTING_AT_START, FIELD(searches),
     "searches of one door at the same time, each a connection to the database"},
    {"https", "client-searches", SETTING_NUMBER, 1, 64, NULL, "2", SETTING_AT_START,
     FIELD(client_searches), "searches of one client in one door at the same time; others wait"},
    {"https", "search-seconds", SETTING_NUMBER, 1, 3600, NULL, "10", SETTING_AT_START,
     FIELD(search_seconds), "after which a search is ended and answered with 504"},
    {"https", "base-url", SETTING_TEXT, 0, 255, NULL, "", SETTING_AT_RELOAD, FIELD(base_url),
     "how clients reach this engine; empty: https://localhost:PORT"},
    {"tls", "ca", SETTING_TEXT, 1, 4095, NULL, "tls/ca.pem", SETTING_AT_RELOAD, FIELD(ca),
     "authority that signs the certificates of feeds"},
    {"tls", "certificate", SETTING_TEXT, 1, 4095, NULL, "tls/server.pem", SETTING_AT_RELOAD,
     FIELD(certificate), "certificate of this server"},
    {"tls", "key", SETTING_TEXT, 1, 4095, NULL, "tls/server.key", SETTING_AT_RELOAD, FIELD(key),
     "its private key"},
    {"tls", "crl", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_RELOAD, FIELD(crl),
     "revocation lists of that authority; a feed whose certificate stands in one cannot connect, "
     "and none can once the list has expired; empty: not asked"},
    {"database", "private", SETTING_FLAG, 0, 0, NULL, "yes", SETTING_AT_START,
     FIELD(database_private), "yes: the cluster in this folder, which the db commands care for"},
    {"database", "host", SETTING_TEXT, 1, 255, NULL, "localhost", SETTING_AT_START,
     FIELD(database_host), "name of the PostgreSQL server; its certificate must say the same"},
    {"database", "port", SETTING_NUMBER, 1, MAX_PORT, NULL, "5433", SETTING_AT_START,
     FIELD(database_port), "TCP port of PostgreSQL"},
    {"database", "name", SETTING_NAME, 1, 63, NULL, "painbridge", SETTING_AT_START,
     FIELD(database_name), "name of the database"},
    {"database", "ca", SETTING_TEXT, 1, 4095, NULL, "tls/ca.pem", SETTING_AT_START,
     FIELD(database_ca), "authority that signed the database's certificate"},
    {"privacy", "notice", SETTING_TEXT, 1, 4095, NULL, "privacy/part2-notice.txt", SETTING_AT_START,
     FIELD(notice),
     "file with the notice that goes with what is under 42 CFR Part 2 (2.32), as the site's "
     "counsel "
     "wrote it; without the file it is not disclosed"},
    {"tokens", "seconds", SETTING_NUMBER, 60, 3600, NULL, "3600", SETTING_AT_RELOAD,
     FIELD(token_seconds), "life of an access token that the command `token` makes"},
    {"tokens", "granted-seconds", SETTING_NUMBER, 60, 3600, NULL, "300", SETTING_AT_RELOAD,
     FIELD(granted_seconds), "life of an access token that a client gets at /oauth/token"},
    {"tokens", "authorities", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_START, FIELD(authorities),
     "who signs the certificates of servers that keys are fetched from; empty: the system's"},
};

const struct setting_table instance_settings_table = {
    .root = "painbridge",
    .help = "  Settings of this engine. Every setting is explained here; what is left out has the\n"
            "  value that stands behind \"left out\". Check with: painbridge check DIR\n",
    .rows = engine_rows,
    .row_count = COUNT(engine_rows),
};

#undef FIELD
#define FIELD(member) offsetof(struct instance_site, member)

static const struct setting site_rows[] = {
    {"", "id", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(name),
     "name of the clinic, the same as that of its folder"},
    {"", "time-zone", SETTING_ZONE, 1, 0, NULL, NULL, SETTING_AT_RELOAD, FIELD(time_zone),
     "of the clinic's days and of times that come without an offset"},
    {"", "language", SETTING_CHOICE, 0, 0, "en es", "en", SETTING_AT_RELOAD, FIELD(language),
     "of texts for the clinic's people"},
    {"", "charset", SETTING_TEXT, 0, 40, NULL, "", SETTING_AT_RELOAD, FIELD(charset),
     "of messages that do not say one in MSH-18; empty: ASCII"},
    {"", "version", SETTING_TEXT, 0, 8, NULL, "", SETTING_AT_RELOAD, FIELD(version),
     "HL7 version that the clinic's system speaks; rules for newer fields are refused"},
    {"", "organization", SETTING_TEXT, 0, 200, NULL, "", SETTING_AT_RELOAD, FIELD(organization),
     "full name of the clinic"},
    {"", "mrn-system", SETTING_TEXT, 0, 255, NULL, "", SETTING_AT_RELOAD, FIELD(mrn_system),
     "system of its record numbers; empty: urn:painbridge:site:NAME:mrn"},
    {"", "part2", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_RELOAD, FIELD(part2),
     "yes: its records are under 42 CFR Part 2 and travel only with consent"},
    {"", "known-as", SETTING_TEXT, 0, 2000, NULL, "", SETTING_AT_RELOAD, FIELD(known_as),
     "identifiers by which care teams, referrals and consents of others name the clinic, as "
     "system|value with a blank between"},
};

const struct setting_table instance_site_table = {
    .root = "site",
    .help = "  A clinic. Its mapping rules that differ from the shipped ones stand in here too.\n",
    .rows = site_rows,
    .row_count = COUNT(site_rows),
    .open = true,
};

#undef FIELD
#define FIELD(member) offsetof(struct instance_feed, member)

static const struct setting feed_rows[] = {
    {"", "name", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(name),
     "name of the feed, the same as that of its file"},
    {"", "site", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(site_name),
     "clinic whose system sends"},
    {"", "certificate", SETTING_TEXT, 1, 4095, NULL, NULL, SETTING_AT_RELOAD, FIELD(certificate),
     "the sender's certificate; a connection that shows it is this feed. Several, the newest "
     "first, "
     "while the sender changes over"},
    {"", "time-zone", SETTING_ZONE, 0, 0, NULL, "", SETTING_AT_RELOAD, FIELD(time_zone),
     "of times without an offset; empty: the site's"},
    {"", "charset", SETTING_TEXT, 0, 40, NULL, "", SETTING_AT_RELOAD, FIELD(charset),
     "of messages without MSH-18, such as 8859/1; empty: the site's"},
    {"options", "receiving", SETTING_TEXT, 0, 200, NULL, "", SETTING_AT_RELOAD, FIELD(receiving),
     "APP/FACILITY that MSH-5/MSH-6 must say; empty: not checked"},
    {"options", "processing_ids", SETTING_TEXT, 1, 10, NULL, "P", SETTING_AT_RELOAD,
     FIELD(processing_ids), "MSH-11 that is taken: letters of P, T and D"},
    {"options", "ack_mode", SETTING_CHOICE, 0, 0, "auto original enhanced", "auto",
     SETTING_AT_RELOAD, FIELD(ack_mode), "auto: as MSH-15 and MSH-16 ask"},
    {"options", "typed_response", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_RELOAD,
     FIELD(typed_response), "yes: answer REF^I12 by RRI^I12 and so on, not by a general ACK"},
    {"options", "batch_ack_only_errors", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_RELOAD,
     FIELD(batch_ack_only_errors), "yes: the answer to a batch holds only what was not accepted"},
    {"options", "accept_lf", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_RELOAD, FIELD(accept_lf),
     "yes: segments may also end with LF or CR LF"},
    {"options", "content", SETTING_CHOICE, 0, 0, "ignore warn refuse", "ignore", SETTING_AT_RELOAD,
     FIELD(content),
     "fields that are not as the standard has them (required, data type, length, repetitions): "
     "take "
     "in silence, take with warnings in the answer, refuse with AE"},
    {"options", "max_message_bytes", SETTING_NUMBER, 1024, 256 << 20, NULL, "16777216",
     SETTING_AT_RELOAD, FIELD(max_message_bytes), "size of one message at most"},
    {"options", "frame_timeout", SETTING_NUMBER, 1, 3600, NULL, "30", SETTING_AT_RELOAD,
     FIELD(frame_timeout), "seconds from the first to the last byte of a message"},
    {"options", "idle_timeout", SETTING_NUMBER, 1, 86400, NULL, "300", SETTING_AT_RELOAD,
     FIELD(idle_timeout), "seconds without a message after which the connection is closed"},
    {"options", "max_connections", SETTING_NUMBER, 1, 1000, NULL, "16", SETTING_AT_RELOAD,
     FIELD(max_connections), "open connections of this feed to one door at most"},
    {"options", "storage_grace", SETTING_NUMBER, 0, 600, NULL, "10", SETTING_AT_RELOAD,
     FIELD(storage_grace), "seconds a message waits for a database that is away"},
    {"options", "on_storage_failure", SETTING_CHOICE, 0, 0, "close ar", "close", SETTING_AT_RELOAD,
     FIELD(on_storage_failure), "after that: close without an answer, or answer AR"},
    {"options", "control_id_window", SETTING_NUMBER, 0, 3650, NULL, "0", SETTING_AT_RELOAD,
     FIELD(control_id_window), "days after which a control id counts as new; 0: never"},
};

static const struct setting_list feed_lists[] = {
    {"allow", "application facility", "MSH-3 and MSH-4 that this feed may send as; at least one"},
};

const struct setting_table instance_feed_table = {
    .root = "feed",
    .help = "  A feed: one clinic system that sends HL7 v2 messages.\n",
    .rows = feed_rows,
    .row_count = COUNT(feed_rows),
    .lists = feed_lists,
    .list_count = COUNT(feed_lists),
};

#undef FIELD
#define FIELD(member) offsetof(struct instance_client, member)

static const struct setting client_rows[] = {
    {"", "name", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(name),
     "name of the client (client_id), the same as that of its file"},
    {"", "scope", SETTING_TEXT, 1, 4000, NULL, NULL, SETTING_AT_RELOAD, FIELD(scope),
     "what its tokens may allow at most, such as system/Patient.rs, blank between"},
    {"", "site", SETTING_TEXT, 0, 40, NULL, "", SETTING_AT_RELOAD, FIELD(site),
     "clinic in whose name it writes; empty: it writes as itself"},
    {"", "jwks", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_RELOAD, FIELD(jwks),
     "its public keys, a file or an https URL; empty: tokens are made by hand only"},
    {"", "issuer", SETTING_TEXT, 0, 400, NULL, "", SETTING_AT_RELOAD, FIELD(issuer),
     "who signs its calls of CDS services (iss of its JWT); empty: it makes none"},
};

const struct setting_table instance_client_table = {
    .root = "client",
    .help = "  A client: one system that may ask for access tokens.\n",
    .rows = client_rows,
    .row_count = COUNT(client_rows),
};

#undef FIELD
#define FIELD(member) offsetof(struct instance_destination, member)

static const struct setting destination_rows[] = {
    {"", "name", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(name),
     "name of the destination, the same as that of its file"},
    {"", "site", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(site),
     "clinic whose system receives"},
    {"", "host", SETTING_TEXT, 1, 255, NULL, NULL, SETTING_AT_RELOAD, FIELD(host),
     "name or address of the receiver; its certificate must say the same"},
    {"", "port", SETTING_NUMBER, 1, MAX_PORT, NULL, NULL, SETTING_AT_RELOAD, FIELD(port),
     "its TCP port"},
    {"", "ca", SETTING_TEXT, 1, 4095, NULL, NULL, SETTING_AT_RELOAD, FIELD(ca),
     "authority that signed the receiver's certificate"},
    {"", "certificate", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_RELOAD, FIELD(certificate),
     "certificate that we show; empty: none"},
    {"", "key", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_RELOAD, FIELD(key),
     "the private key of that certificate"},
    {"", "send", SETTING_TEXT, 0, 400, NULL, "", SETTING_AT_RELOAD, FIELD(send),
     "message structures that are sent there, comma between"},
};

const struct setting_table instance_destination_table = {
    .root = "destination",
    .help = "  A destination: one clinic system that receives HL7 v2 messages.\n",
    .rows = destination_rows,
    .row_count = COUNT(destination_rows),
};

#undef FIELD
#define FIELD(member) offsetof(struct instance_issuer, member)

static const struct setting issuer_rows[] = {
    {"", "name", SETTING_NAME, 1, 40, NULL, NULL, SETTING_AT_RELOAD, FIELD(name),
     "name of the issuer, the same as that of its file; stands in the audit before the client's"},
    {"", "issuer", SETTING_TEXT, 9, 400, NULL, NULL, SETTING_AT_RELOAD, FIELD(issuer),
     "its URL, as its tokens say it (iss)"},
    {"", "audience", SETTING_TEXT, 1, 400, NULL, NULL, SETTING_AT_RELOAD, FIELD(audience),
     "what its tokens for us say (aud)"},
    {"", "jwks", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_RELOAD, FIELD(jwks),
     "its public keys, a file or an https URL; empty: it is asked about each token"},
    {"", "introspection", SETTING_TEXT, 0, 400, NULL, "", SETTING_AT_RELOAD, FIELD(introspection),
     "https URL where it is asked about tokens that it does not sign (RFC 7662)"},
    {"", "introspection-client", SETTING_TEXT, 0, 200, NULL, "", SETTING_AT_RELOAD,
     FIELD(introspection_client), "who we are there"},
    {"", "introspection-secret", SETTING_TEXT, 0, 4095, NULL, "", SETTING_AT_RELOAD,
     FIELD(introspection_secret), "file with our secret there, such as secrets/NAME.secret"},
    {"", "scope", SETTING_TEXT, 1, 4000, NULL, NULL, SETTING_AT_RELOAD, FIELD(scope),
     "what its tokens may allow at most, such as system/Patient.rs, blank between"},
    {"", "site", SETTING_TEXT, 0, 40, NULL, "", SETTING_AT_RELOAD, FIELD(site),
     "clinic in whose name its clients write; empty: they cannot write"},
    {"", "client-claim", SETTING_TEXT, 1, 100, NULL, "client_id", SETTING_AT_RELOAD,
     FIELD(client_claim), "claim that names the client; where it is not there, sub does"},
    {"", "user-claim", SETTING_TEXT, 1, 100, NULL, "fhirUser", SETTING_AT_RELOAD, FIELD(user_claim),
     "claim that names the person who is signed in"},
    {"", "patient-claim", SETTING_TEXT, 0, 100, NULL, "", SETTING_AT_RELOAD, FIELD(patient_claim),
     "claim that names the Patient by its id here; empty: patient/ scopes give nothing, because an "
     "id of another server names nobody here, or somebody else"},
};

const struct setting_table instance_issuer_table = {
    .root = "issuer",
    .help = "  An issuer: a server whose access tokens are taken here beside our own.\n",
    .rows = issuer_rows,
    .row_count = COUNT(issuer_rows),
};
