/* A confined process, one call of the kernel at a time: what ends it, what it is refused, what it
 * keeps. Each call is made in a child of its own. */
#include "cli/confinement.h"

#include "support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENDED 1000    /* SIGSYS */
#define NOT_HERE 1001 /* this kernel or container has no seccomp */
#define CHILD_FAILED 250
#define CHILD_NOT_CONFINED 251

/* 0, the errno of a call that failed, ENDED or NOT_HERE. */
static int outcome(enum confinement confinement, long (*call)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (confinement_enter(confinement) != 0)
            _exit(CHILD_NOT_CONFINED);
        errno = 0;
        if (call() >= 0)
            _exit(0);
        _exit(errno > 0 && errno < CHILD_FAILED ? errno : CHILD_FAILED);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? ENDED : -WTERMSIG(status);
    return WEXITSTATUS(status) == CHILD_NOT_CONFINED ? NOT_HERE : WEXITSTATUS(status);
}

static long start_program(void)
{
    char *const words[] = {(char *)(size_t) "true", NULL};
    return execv("/bin/true", words);
}

static long start_program_by_descriptor(void)
{
    char *const words[] = {(char *)(size_t) "true", NULL};
    return syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, NULL, 0);
}

static long make_process(void)
{
    return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
}

static long trace(void)
{
    return syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL);
}

static long read_memory(void)
{
    return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long mount_something(void)
{
    return syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL);
}

static long load_program_into_kernel(void)
{
    return syscall(SYS_bpf, 0, NULL, 0);
}

static long new_namespace(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long become_root(void)
{
    return syscall(SYS_setuid, 0);
}

static long load_module(void)
{
    return syscall(SYS_finit_module, -1, "", 0);
}

static long raw_socket(void)
{
    return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1);
}

static long packet_socket(void)
{
    return socket(AF_PACKET, SOCK_DGRAM, 0);
}

static long keys(void)
{
    return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long make_device(void)
{
    return syscall(SYS_mknodat, AT_FDCWD, "/tmp/painbridge-device", 0600, 0);
}

static long written_and_run(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? -1
               : 0;
}

static long made_to_run(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long signal_parent(void)
{
    return kill(getppid(), 0);
}

static long signal_thread_of_parent(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long change_owner(void)
{
    return fchownat(AT_FDCWD, "/tmp", (uid_t)-1, (gid_t)-1, 0);
}

static long make_link(void)
{
    return symlinkat("/etc/passwd", AT_FDCWD, "/tmp/painbridge-link");
}

static long raise_limit(void)
{
    const struct rlimit limit = {0, 0};
    return syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
}

static long be_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1);
}

static long ring(void)
{
    return syscall(425 /* io_uring_setup */, 1, NULL);
}

static long other_socket(void)
{
    return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static long stream_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static long read_file(void)
{
    int descriptor = openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
    char byte;
    return descriptor < 0 ? -1 : read(descriptor, &byte, 1);
}

static void *nothing(void *data)
{
    return data;
}

static long make_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 ? pthread_join(thread, NULL) : -1;
}

static const struct {
    const char *what;
    long (*call)(void);
    int worker, supervisor, sanitized;
} calls[] = {
    {"a program", start_program, ENDED, 0, ENDED},
    {"a program by descriptor", start_program_by_descriptor, ENDED, 0, ENDED},
    {"a process", make_process, ENOSYS, 0, 0},
    {"to be traced", trace, ENDED, ENDED, 0},
    {"another's memory", read_memory, ENDED, ENDED, ENDED},
    {"a mount", mount_something, ENDED, ENDED, ENDED},
    {"bpf", load_program_into_kernel, ENDED, ENDED, ENDED},
    {"a namespace", new_namespace, ENDED, ENDED, ENDED},
    {"another user", become_root, ENDED, ENDED, ENDED},
    {"a module", load_module, ENDED, ENDED, ENDED},
    {"a raw socket", raw_socket, ENDED, ENDED, ENDED},
    {"a packet socket", packet_socket, ENDED, ENDED, ENDED},
    {"the kernel's keys", keys, ENDED, ENDED, ENDED},
    {"a device", make_device, ENDED, ENDED, ENDED},
    {"memory written and run", written_and_run, ENOSYS, 0, 0},
    {"written memory made to run", made_to_run, ENOSYS, 0, 0},
    {"a signal to another", signal_parent, ENOSYS, 0, 0},
    {"a signal to another's thread", signal_thread_of_parent, ENOSYS, 0, 0},
    {"another owner", change_owner, ENOSYS, 0, 0},
    {"a link", make_link, ENOSYS, 0, 0},
    {"another limit", raise_limit, ENOSYS, 0, 0},
    {"to be dumpable again", be_dumpable, ENOSYS, 0, 0},
    {"a ring", ring, ENOSYS, EFAULT, EFAULT},
    {"a socket of another family", other_socket, ENOSYS, 0, 0},
    {"a stream", stream_socket, 0, 0, 0},
    {"a file", read_file, 0, 0, 0},
    {"a thread", make_thread, 0, 0, 0},
};

static void expect(enum confinement confinement, size_t i, int wanted)
{
    int came = outcome(confinement, calls[i].call);
    if (came == NOT_HERE) {
        printf("skipped: no seccomp here\n");
        return;
    }
    /* what is not denied is the machine's to decide: it may lack it, or root be needed */
    if (wanted == 0 && confinement != CONFINEMENT_WORKER) {
        ck_assert_msg(came != ENDED, "%s ended it", calls[i].what);
        return;
    }
    if (wanted == EFAULT) {
        ck_assert_int_ne(came, ENDED);
        return;
    }
    ck_assert_msg(came == wanted, "%s: %d, not %d", calls[i].what, came, wanted);
}

START_TEST(a_worker_gets_what_it_needs_and_nothing_beside)
{
    expect(CONFINEMENT_WORKER, (size_t)_i, calls[_i].worker);
}
END_TEST

START_TEST(the_supervisor_starts_programs_and_attacks_nobody)
{
    expect(CONFINEMENT_SUPERVISOR, (size_t)_i, calls[_i].supervisor);
}
END_TEST

START_TEST(a_worker_with_sanitizers_starts_no_program_either)
{
    expect(CONFINEMENT_SANITIZED_WORKER, (size_t)_i, calls[_i].sanitized);
}
END_TEST

/* core(5). Who is not dumpable cannot be asked by itself here: prctl is not on the list. */
START_TEST(no_process_of_the_engine_leaves_an_image_of_its_memory)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1, 1};
        confinement_limit();
        _exit(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *made = tcase_create("confinement");
    int count = (int)(sizeof calls / sizeof calls[0]);
    tcase_add_loop_test(made, a_worker_gets_what_it_needs_and_nothing_beside, 0, count);
    tcase_add_loop_test(made, the_supervisor_starts_programs_and_attacks_nobody, 0, count);
    tcase_add_loop_test(made, a_worker_with_sanitizers_starts_no_program_either, 0, count);
    tcase_add_test(made, no_process_of_the_engine_leaves_an_image_of_its_memory);
    suite_add_tcase(suite, made);
}

int main(void)
{
    return suite_main("confinement", add);
}
