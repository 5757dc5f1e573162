/* migrate: brings the schema of a database up to what this program was built with.
 *
 * The migrations are the files schema/NNNN_name.sql, compiled in. Each is run in a transaction of
 * its own together with its row in schema_version; one that was run and whose text has changed
 * since is an error. Only forwards. These functions block and want the owner's rights. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/issue.h"
#include "store/settings.h"

/* The schema this program was built with: the number of its last migration. */
int store_schema_version(void);
/* The text of roles.sql, for whoever makes a cluster. */
struct slice store_roles_sql(void);

/* Runs what is missing. *ret_count: how many were run. Two at once: the later one waits. */
int store_migrate(const struct store_settings *settings, size_t *ret_count,
                  struct issue_list *issues) __attribute__((warn_unused_result));
/* The number of the last migration that was run; 0 for an empty database. */
int store_migrate_status(const struct store_settings *settings, int *ret_version,
                         struct issue_list *issues) __attribute__((warn_unused_result));

#endif
