/* account: whose rights the program uses.
 *
 * An instance belongs to one unprivileged user; its cluster and its engine run as that user. Who
 * starts the program as root gets the system user `painbridge` (made where it is missing). Root
 * never writes into a folder of that user with its own rights: what is written is written as the
 * user, so that a link laid there leads nowhere. */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include "base/issue.h"

#include <sys/types.h>

struct account {
    uid_t user;
    gid_t group;
};

/* The account a new instance gets: the caller's own, or for root the system user. -1 with an issue
 * where it could not be made. */
int account_for_service(struct account *ret_account, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The owner of a file or folder. -1 with an issue. */
int account_of_path(const char *path, struct account *ret_account, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Takes the account's rights for good; a no-op where they are ours already. -1 when the system says
 * no, or when the old rights could be had back. Calls only what is safe after fork. */
int account_drop(const struct account *account) __attribute__((warn_unused_result));
/* The same for files only and until account_resume(). -1 with an issue for a caller that is neither
 * the account nor root. */
int account_assume(const struct account *account, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* For root the rights of the owner of a file or folder, until account_resume(); anybody else keeps
 * the own ones. -1 with an issue. */
int account_assume_owner(const char *path, struct issue_list *issues)
    __attribute__((warn_unused_result));
void account_resume(void);

#endif
