/* instance: one installation as its directory holds it.
 *
 *   DIR/painbridge.xml            settings of the engine
 *   DIR/sites/NAME/NAME.xml       a clinic: time zone, language, mapping rules that differ
 *   DIR/feeds/NAME.xml            who may send HL7 v2, and how
 *   DIR/clients/NAME.xml          who may ask for access tokens
 *   DIR/issuers/NAME.xml          whose access tokens are taken beside our own
 *   DIR/destinations/NAME.xml     where HL7 v2 is sent to
 *   DIR/tls/                      CA, server and partner certificates with their keys
 *   DIR/secrets/                  id key, issuer key, database passwords; mode 0700
 *   DIR/database/                 the private PostgreSQL cluster, where there is one
 *   DIR/log/                      what PostgreSQL says
 *   DIR/revisions/                every state of these files that was in force (cli/revision.h)
 *
 * An instance is read whole, checked whole and never changed in memory: a reload reads a new one
 * and lets the old one go. Secrets are read only by who asks for them. */
#ifndef CLI_INSTANCE_H
#define CLI_INSTANCE_H

#include "cli/account.h"
#include "cli/settings.h"

enum instance_language { INSTANCE_ENGLISH, INSTANCE_SPANISH };

/* painbridge.xml */
struct instance_settings {
    struct slice name;      /* begins every control id we send */
    struct slice time_zone; /* IANA; for days where no clinic says otherwise */
    int language;           /* enum instance_language */
    bool test_clock;
    struct slice mllp_address, https_address;
    int64_t mllp_port, https_port;
    int64_t mllp_connections, https_connections;
    int64_t answer_bytes;              /* of the bodies in one answer */
    int64_t searches, client_searches; /* of one door, of one client in it, at the same time */
    int64_t search_seconds;
    struct slice base_url; /* without / at the end; never empty once read */
    bool database_private;
    struct slice database_host, database_name, database_ca;
    int64_t database_port;
    struct slice ca, certificate, key, crl; /* paths: see instance_path; crl may be empty */
    int64_t doors;                          /* worker processes */
    int64_t memory_bytes;                   /* of what is under way in one door */
    int64_t drain_seconds;
    int log_level;           /* enum log_level */
    struct slice notice;     /* file: what goes with records under 42 CFR Part 2 */
    int64_t token_seconds;   /* life of an access token made by the command */
    int64_t granted_seconds; /* and of one that a client got at the token endpoint */
    struct slice
        authorities; /* PEM of those who sign for key servers; empty: the system has them */
};

/* sites/NAME/NAME.xml, its root element only: the rules in it are the mapping's. */
struct instance_site {
    struct slice name;
    struct slice file; /* its path */
    struct slice text; /* what stands in it, rules and all */
    struct slice time_zone;
    int language; /* enum instance_language */
    struct slice charset;
    struct slice version;      /* HL7 version the site declares, may be empty */
    struct slice organization; /* name of the clinic for the sender's Organization, may be empty */
    struct slice mrn_system;   /* never empty once read: urn:painbridge:site:NAME:mrn by default */
    bool part2;                /* its records are under 42 CFR Part 2 */
    struct slice known_as;     /* identifiers of its Organization, "system|value", blank between */
};

/* "APP/FACILITY": MSH-3 and MSH-4, or MSH-5 and MSH-6. */
struct instance_party {
    struct slice application;
    struct slice facility;
};

enum instance_ack_mode { INSTANCE_ACK_AUTO, INSTANCE_ACK_ORIGINAL, INSTANCE_ACK_ENHANCED };
enum instance_content { INSTANCE_CONTENT_IGNORE, INSTANCE_CONTENT_WARN, INSTANCE_CONTENT_REFUSE };
enum instance_storage_failure { INSTANCE_STORAGE_CLOSE, INSTANCE_STORAGE_REJECT };

/* feeds/NAME.xml; numbers and words are those of the rules of the wire (MLLP, ACK). */
struct instance_feed {
    struct slice name;
    struct slice file;
    struct slice text; /* what stands in it */
    const struct instance_site *site;
    struct slice site_name;
    struct slice time_zone; /* of times without an offset; the site's where not said */
    struct slice charset;   /* where MSH-18 is empty; the site's where not said */
    struct slice certificate;
    struct instance_party *allowed; /* MSH-3/MSH-4; at least one */
    size_t allowed_count;
    struct slice receiving;     /* as written, or empty */
    struct instance_party ours; /* the same split at '/'; empty: any MSH-5/MSH-6 is taken */
    struct slice processing_ids;
    int ack_mode;           /* enum instance_ack_mode */
    int on_storage_failure; /* enum instance_storage_failure */
    int content;            /* enum instance_content */
    bool accept_lf, typed_response, batch_ack_only_errors;
    int64_t max_message_bytes, frame_timeout, idle_timeout, max_connections;
    int64_t storage_grace, control_id_window; /* seconds; days, 0 = for ever */
};

/* clients/NAME.xml */
struct instance_client {
    struct slice name;
    struct slice file;
    struct slice scope;  /* what it may ask for at most; blank between */
    struct slice site;   /* whose contribution its writes are; may be empty */
    struct slice jwks;   /* file below DIR, or https URL; may be empty */
    struct slice issuer; /* `iss` of its calls to CDS services; may be empty */
};

/* issuers/NAME.xml */
struct instance_issuer {
    struct slice name;
    struct slice file;
    struct slice issuer;   /* URL, `iss` */
    struct slice audience; /* `aud` */
    struct slice jwks;     /* as of a client; it or introspection must be there */
    struct slice introspection, introspection_client, introspection_secret; /* URL, name, file */
    struct slice scope; /* what its tokens may allow at most; blank between */
    struct slice site;
    struct slice client_claim, user_claim, patient_claim;
};

/* destinations/NAME.xml */
struct instance_destination {
    struct slice name;
    struct slice file;
    struct slice site;
    struct slice host;
    int64_t port;
    struct slice ca, certificate, key;
    struct slice send; /* message structures, comma between */
};

struct instance {
    const char *directory; /* absolute, links resolved */
    struct account account;
    struct instance_settings settings;
    struct instance_site *sites;
    size_t site_count;
    struct instance_feed *feeds;
    size_t feed_count;
    struct instance_client *clients;
    size_t client_count;
    struct instance_destination *destinations;
    size_t destination_count;
    struct instance_issuer *issuers;
    size_t issuer_count;
};

/* The settings of painbridge.xml. */
extern const struct setting_table instance_settings_table;

/* True when the folder holds a painbridge.xml. */
bool instance_is(const char *directory);
/* Reads and checks all files, into the arena of the issues. -1 with issues, all that are found. */
int instance_open(const char *directory, struct instance *ret_instance, struct issue_list *issues)
    __attribute__((warn_unused_result));

const struct instance_site *instance_site(const struct instance *instance, struct slice name);
const struct instance_feed *instance_feed(const struct instance *instance, struct slice name);
const struct instance_client *instance_client(const struct instance *instance, struct slice name);
const struct instance_destination *instance_destination(const struct instance *instance,
                                                        struct slice name);

/* The kinds of files beside painbridge.xml. */
enum instance_kind {
    INSTANCE_SITE,        /* sites/NAME/NAME.xml, struct instance_site */
    INSTANCE_FEED,        /* feeds/NAME.xml, struct instance_feed */
    INSTANCE_CLIENT,      /* clients/NAME.xml, struct instance_client */
    INSTANCE_DESTINATION, /* destinations/NAME.xml, struct instance_destination */
    INSTANCE_ISSUER       /* issuers/NAME.xml, struct instance_issuer */
};

/* The settings of such a file. */
const struct setting_table *instance_table(enum instance_kind kind);
/* Its path below DIR. */
struct slice instance_file(enum instance_kind kind, struct slice name, struct arena *arena);
/* Reads one file's text against its table, with what goes beyond rows: the name that must be the
 * file's, entries of lists, references to sites of the instance. *ret_record is the kind's struct,
 * its texts in the arena of the issues. The `add` commands check with it what they are about to
 * write. */
int instance_parse(enum instance_kind kind, struct slice file, struct slice text,
                   const struct instance *instance, void *ret_record, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* A path that stands in a file: absolute as it is, else below DIR. */
char *instance_path(const struct instance *instance, struct slice path, struct arena *arena);

/* Takes the rights of the instance's owner for files, until account_resume. */
int instance_assume(const struct instance *instance, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The folder that holds mappings/ and fhir/: PAINBRIDGE_DATA where set, else the nearest folder
 * above the program that has both (a source tree), else PREFIX/share/painbridge. -1 with an issue
 * that names where it looked. */
int instance_data_folder(struct arena *arena, char **ret_folder, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
