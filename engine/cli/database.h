/* database: how a process of this program reaches the instance's PostgreSQL.
 *
 * A role's password stands in DIR/secrets/ROLE.password and nowhere else; it is read when a
 * connection is about to be made. */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "cli/commands.h"
#include "store/settings.h"

/* Fills the settings for one of the roles ("owner", "door", "judge", "courier", "reader"; see
 * cluster_roles). The texts live in the arena of the issues. `application` is how the server lists
 * us. -1 with an issue where the password cannot be read. */
int database_settings(const struct instance *instance, const char *role, struct slice application,
                      struct store_settings *ret_settings, struct issue_list *issues)
    __attribute__((warn_unused_result));

struct pipeline_inbox;

/* Opens instance and inbox of a call. COMMAND_DONE, or an exit code with issues in the call. */
enum command_exit database_open_inbox(struct command_call *call, struct instance *ret_instance,
                                      struct pipeline_inbox **ret_inbox);

#endif
