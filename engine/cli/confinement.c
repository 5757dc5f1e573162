/* confinement: see the header. The lists are tables; one call of the kernel is one row. */
#include "cli/confinement.h"

#include <asm/termbits.h>
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SOCKET_TYPE 0xf /* socket(2): the rest of the type are flags */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
const enum confinement confinement_of_supervisor = CONFINEMENT_SANITIZED_SUPERVISOR;
const enum confinement confinement_of_worker = CONFINEMENT_SANITIZED_WORKER;
#else
const enum confinement confinement_of_supervisor = CONFINEMENT_SUPERVISOR;
const enum confinement confinement_of_worker = CONFINEMENT_WORKER;
#endif

/* What ends the process; ptrace too, but in builds with sanitizers. */
static const char *const deadly[] = {
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "open_tree",
    "move_mount",
    "fsopen",
    "fspick",
    "mount_setattr",
    "unshare",
    "setns",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "add_key",
    "request_key",
    "keyctl",
    "open_by_handle_at",
    "fanotify_init",
    "iopl",
    "ioperm",
    "modify_ldt",
    "capset",
    "setuid",
    "setgid",
    "setresuid",
    "setresgid",
    "setreuid",
    "setregid",
    "setgroups",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "settimeofday",
    "clock_settime",
    "sethostname",
    "setdomainname",
    "syslog",
    "mknod",
    "mknodat",
};

/* The supervisor may. */
static const char *const deadly_to_workers[] = {"execve", "execveat", "vfork"};

/* What the loop, TLS, libpq, threads, the log and the files of an instance need. */
static const char *const allowed[] = {
    /* files */
    "read",
    "readv",
    "pread64",
    "preadv",
    "write",
    "writev",
    "pwrite64",
    "lseek",
    "open",
    "openat",
    "close",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents64",
    "getcwd",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "fchmod",
    "fsync",
    "fdatasync",
    "ftruncate",
    "flock",
    "fcntl",
    "fadvise64",
    "umask",
    "dup",
    "dup2",
    "dup3",
    "pipe2",
    /* sockets; `socket` itself is below */
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "socketpair",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    /* waiting */
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "nanosleep",
    "clock_nanosleep",
    "restart_syscall",
    /* memory; `mmap` and `mprotect` are below */
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "membarrier",
    /* threads and signals; `clone` and `tgkill` are below */
    "futex",
    "set_robust_list",
    "set_tid_address",
    "rseq",
    "sched_yield",
    "sched_getaffinity",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "exit",
    "exit_group",
    /* who and when */
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getrandom",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "times",
    "getrusage",
    "sysinfo",
    "uname",
};

/* A call that is let through, or deadly, with certain arguments only. */
struct condition {
    const char *name;
    bool deadly;
    unsigned count;
    struct scmp_arg_cmp arguments[2];
};

#define IS(argument, value)                                                                        \
    {                                                                                              \
        .arg = (argument), .op = SCMP_CMP_EQ, .datum_a = (value)                                   \
    }
#define HAS(argument, mask, value)                                                                 \
    {                                                                                              \
        .arg = (argument), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value)         \
    }

static const struct condition conditions[] = {
    {"socket", false, 2, {IS(0, AF_UNIX), HAS(1, SOCKET_TYPE, SOCK_STREAM)}},
    {"socket", false, 2, {IS(0, AF_UNIX), HAS(1, SOCKET_TYPE, SOCK_DGRAM)}},
    {"socket", false, 2, {IS(0, AF_INET), HAS(1, SOCKET_TYPE, SOCK_STREAM)}},
    {"socket", false, 2, {IS(0, AF_INET), HAS(1, SOCKET_TYPE, SOCK_DGRAM)}},
    {"socket", false, 2, {IS(0, AF_INET6), HAS(1, SOCKET_TYPE, SOCK_STREAM)}},
    {"socket", false, 2, {IS(0, AF_INET6), HAS(1, SOCKET_TYPE, SOCK_DGRAM)}},
    /* getaddrinfo asks for the machine's addresses; 0 is NETLINK_ROUTE */
    {"socket", false, 2, {IS(0, AF_NETLINK), IS(2, 0)}},
    /* written or run, never both */
    {"mmap", false, 1, {HAS(2, PROT_WRITE | PROT_EXEC, 0)}},
    {"mmap", false, 1, {HAS(2, PROT_WRITE | PROT_EXEC, PROT_WRITE)}},
    {"mmap", false, 1, {HAS(2, PROT_WRITE | PROT_EXEC, PROT_EXEC)}},
    {"mprotect", false, 1, {HAS(2, PROT_EXEC, 0)}},
    /* a thread, no process */
    {"clone", false, 1, {HAS(0, CLONE_THREAD, CLONE_THREAD)}},
    {"ioctl", false, 1, {IS(1, FIONBIO)}},
    {"ioctl", false, 1, {IS(1, FIONREAD)}},
    {"ioctl", false, 1, {IS(1, FIOCLEX)}},
    {"ioctl", false, 1, {IS(1, TCGETS)}},
    {"prctl", false, 1, {IS(0, PR_SET_NAME)}},
    {"prctl", false, 1, {IS(0, PR_GET_SECCOMP)}},
    /* limits are read, not set: the new ones are no pointer */
    {"prlimit64", false, 1, {IS(2, 0)}},
    {"socket", true, 1, {IS(0, AF_PACKET)}},
    {"socket", true, 2, {IS(0, AF_INET), HAS(1, SOCKET_TYPE, SOCK_RAW)}},
    {"socket", true, 2, {IS(0, AF_INET6), HAS(1, SOCKET_TYPE, SOCK_RAW)}},
    {"ioctl", true, 1, {IS(1, TIOCSTI)}},
};

/* --- making it -------------------------------------------------------------------------------- */

/* A call that this machine's kernel or processor never had is no gap in the filter. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,
                    const struct scmp_arg_cmp *arguments)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
        return 0;
    }
    return seccomp_rule_add_array(filter, action, number, count, arguments);
}

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names,
                     size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        result = add_rule(filter, action, names[i], 0, NULL);
    }
    return result;
}

static int add_conditions(scmp_filter_ctx filter, bool is_list)
{
    int result = 0;
    for (size_t i = 0; i < COUNT(conditions) && result == 0; i++) {
        const struct condition *condition = &conditions[i];
        if (condition->deadly || is_list) {
            result = add_rule(filter, condition->deadly ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW,
                              condition->name, condition->count, condition->arguments);
        }
    }
    return result;
}

/* abort() signals its own thread; nobody else's process is signalled. */
static int add_own_signals(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp own = IS(0, (scmp_datum_t)getpid());
    return add_rule(filter, SCMP_ACT_ALLOW, "tgkill", 1, &own);
}

static int add_deadly(scmp_filter_ctx filter, enum confinement confinement)
{
    bool traces = confinement == CONFINEMENT_SANITIZED_SUPERVISOR ||
                  confinement == CONFINEMENT_SANITIZED_WORKER;
    bool starts =
        confinement == CONFINEMENT_SUPERVISOR || confinement == CONFINEMENT_SANITIZED_SUPERVISOR;
    int result = add_names(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
    if (result == 0 && !traces) {
        result = add_rule(filter, SCMP_ACT_KILL_PROCESS, "ptrace", 0, NULL);
    }
    if (result == 0 && !starts) {
        result =
            add_names(filter, SCMP_ACT_KILL_PROCESS, deadly_to_workers, COUNT(deadly_to_workers));
    }
    return result;
}

static int fill(scmp_filter_ctx filter, enum confinement confinement)
{
    bool is_list = confinement == CONFINEMENT_WORKER;
    /* calls by the numbers of another word size */
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0) {
        result = add_deadly(filter, confinement);
    }
    if (result == 0) {
        result = add_conditions(filter, is_list);
    }
    if (result == 0 && is_list) {
        result = add_names(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
    }
    if (result == 0 && is_list) {
        result = add_own_signals(filter);
    }
    return result == 0 ? seccomp_load(filter) : result;
}

int confinement_enter(enum confinement confinement)
{
    bool is_list = confinement == CONFINEMENT_WORKER;
    scmp_filter_ctx filter =
        seccomp_init(is_list ? SCMP_ACT_ERRNO(ENOSYS) : (uint32_t)SCMP_ACT_ALLOW);
    if (filter == NULL) {
        errno = ENOMEM;
        return -1;
    }
    /* core(5): where the pattern is a program, a limit of 0 does not keep the image from it; and
     * who is not dumpable is not traced by another process of its user. The supervisor has nothing
     * in its memory, and its user must be able to see whose it is. */
    if (is_list) {
        prctl(PR_SET_DUMPABLE, 0);
    }
    int result = fill(filter, confinement);
    seccomp_release(filter);
    errno = -result;
    return result == 0 ? 0 : -1;
}

void confinement_limit(void)
{
    const struct rlimit none = {0, 0};
    struct rlimit descriptors;
    (void)!setrlimit(RLIMIT_CORE, &none);
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &descriptors);
    }
}

bool confinement_is_possible(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        _exit(confinement_enter(CONFINEMENT_WORKER) == 0 ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
