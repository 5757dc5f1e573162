/* account: users and rights, by POSIX calls. */
#include "cli/account.h"

#include "cli/process.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT_SERVICE_USER "painbridge"

static int failed(struct issue_list *issues, const char *what)
{
    issue_report(issues, ISSUE_FORBIDDEN, ISSUE_FATAL, ISSUE_NOWHERE, "could not %s: %s", what,
                 strerror(errno));
    return -1;
}

static int create_service_user(struct arena *arena, struct issue_list *issues)
{
    static const char *const words[] = {"useradd",
                                        "--system",
                                        "--user-group",
                                        "--home-dir",
                                        "/var/lib/" ACCOUNT_SERVICE_USER,
                                        "--no-create-home",
                                        "--shell",
                                        "/usr/sbin/nologin",
                                        ACCOUNT_SERVICE_USER,
                                        NULL};
    struct process_result result;
    if (process_run(&(struct process_order){.words = words}, arena, &result, issues) != 0) {
        return -1;
    }
    if (result.exit_code != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not create the system user '" ACCOUNT_SERVICE_USER
                     "': useradd ended with %d",
                     result.exit_code);
        return -1;
    }
    return 0;
}

int account_for_service(struct account *ret_account, struct issue_list *issues)
{
    if (geteuid() != 0) {
        *ret_account = (struct account){geteuid(), getegid()};
        return 0;
    }
    const struct passwd *entry = getpwnam(ACCOUNT_SERVICE_USER);
    if (entry == NULL) {
        if (create_service_user(issues->arena, issues) != 0) {
            return -1;
        }
        entry = getpwnam(ACCOUNT_SERVICE_USER);
    }
    if (entry == NULL || entry->pw_uid == 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no usable system user '" ACCOUNT_SERVICE_USER "'");
        return -1;
    }
    *ret_account = (struct account){entry->pw_uid, entry->pw_gid};
    return 0;
}

int account_of_path(const char *path, struct account *ret_account, struct issue_list *issues)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not look at '%s': %s", path, strerror(errno));
        return -1;
    }
    *ret_account = (struct account){status.st_uid, status.st_gid};
    return 0;
}

int account_drop(const struct account *account)
{
    if (getuid() == 0 && geteuid() != 0 && seteuid(0) != 0) {
        return -1;
    }
    if (geteuid() != 0 || account->user == 0) {
        return geteuid() == account->user ? 0 : -1;
    }
    if (setgroups(0, NULL) != 0 || setresgid(account->group, account->group, account->group) != 0 ||
        setresuid(account->user, account->user, account->user) != 0) {
        return -1;
    }
    return setuid(0) == 0 ? -1 : 0;
}

int account_assume(const struct account *account, struct issue_list *issues)
{
    if (geteuid() == account->user) {
        return 0;
    }
    if (geteuid() != 0) {
        issue_report(issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the instance belongs to another user");
        return -1;
    }
    if (setgroups(1, &account->group) != 0 || setegid(account->group) != 0 ||
        seteuid(account->user) != 0) {
        account_resume();
        return failed(issues, "take the rights of the instance's owner");
    }
    return 0;
}

int account_assume_owner(const char *path, struct issue_list *issues)
{
    struct account owner;
    if (geteuid() != 0) {
        return 0;
    }
    return account_of_path(path, &owner, issues) == 0 ? account_assume(&owner, issues) : -1;
}

void account_resume(void)
{
    if (getuid() != 0 || geteuid() == 0) {
        return;
    }
    gid_t group = 0;
    if (seteuid(0) != 0 || setegid(0) != 0 || setgroups(1, &group) != 0) {
        _exit(70); /* rights in an unknown state: nothing may go on */
    }
}
