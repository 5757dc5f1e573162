/* cluster: the private PostgreSQL of an instance.
 *
 * Made by `init` in DIR/database: data checksums, TLS with the instance's own CA, SCRAM passwords
 * in files, TCP on 127.0.0.1 only, no unix socket, nothing of a statement or of a row in its log.
 * An instance may use a PostgreSQL of somebody else instead (setting database/private="no"); then
 * none of this is called.
 *
 * Roles: `postgres` (superuser, for making the others), `painbridge_owner` (owns the database,
 * migrations only), and `painbridge_door`, `_judge`, `_courier`, `_reader`, which can log in and
 * get their rights from the migrations. */
#ifndef CLI_CLUSTER_H
#define CLI_CLUSTER_H

#include "cli/account.h"

struct cluster {
    const char *directory; /* instance directory, absolute */
    struct slice database; /* name of the database */
    struct account account;
    int64_t port;
};

enum cluster_state {
    CLUSTER_RUNNING,
    CLUSTER_STOPPED,
    CLUSTER_MISSING /* no cluster in the instance directory */
};

/* Roles that log in with DIR/secrets/ROLE.password (letters of base64url), without the prefix
 * "painbridge_"; NULL ends. */
extern const char *const cluster_roles[];

/* Makes the cluster, its configuration, the database and the roles without any network, and leaves
 * it stopped. Called with the account assumed; DIR/tls/database.pem, .key and the password files of
 * the roles and the superuser must be there. */
int cluster_create(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Starts it and waits until it takes connections; well where it runs already. */
int cluster_start(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Stops it and waits (mode "fast": open transactions are rolled back); well where it is stopped. */
int cluster_stop(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
    __attribute__((warn_unused_result));
int cluster_status(const struct cluster *cluster, struct arena *arena,
                   enum cluster_state *ret_state, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
