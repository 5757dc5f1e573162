/* cluster: PostgreSQL's own programs, called with the rights of the instance's owner. */
#include "cli/cluster.h"

#include "base/buffer.h"
#include "base/file.h"
#include "cli/process.h"
#include "store/migrate.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* 30 s until a server answers that is said to run. */
#define CLUSTER_SETTLE_TURNS 300
#define CLUSTER_SETTLE_MICROSECONDS 100000
#define CLUSTER_WAIT_SECONDS "60"
#define CLUSTER_PASSWORD_LIMIT 1024
/* pg_ctl status: 3 means stopped, 4 that there is no cluster (PostgreSQL 15 manual, pg_ctl). */
#define PG_CTL_NOT_RUNNING 3

const char *const cluster_roles[] = {"owner", "door", "judge", "courier", "reader", NULL};

/* Where Debian and others put the server's programs; pg_config knows best but is not always there.
 */
static const char *const binary_folders[] = {
    "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin",
    "/usr/lib/postgresql/bin",    "/usr/pgsql-15/bin",          "/usr/local/pgsql/bin",
};

/* fsync, full_page_writes and synchronous_commit stay at their default, on. Nothing of a statement,
 * its values or a row may reach the log: they hold patient data. */
static const char configuration[] = "\n"
                                    "# --- painbridge ---\n"
                                    "listen_addresses = '127.0.0.1'\n"
                                    "unix_socket_directories = ''\n"
                                    "max_connections = 100\n"
                                    "password_encryption = 'scram-sha-256'\n"
                                    "ssl = on\n"
                                    "ssl_cert_file = '../tls/database.pem'\n"
                                    "ssl_key_file = '../tls/database.key'\n"
                                    "ssl_ca_file = '../tls/ca.pem'\n"
                                    "ssl_min_protocol_version = 'TLSv1.2'\n"
                                    "shared_buffers = 256MB\n"
                                    "max_wal_size = 2GB\n"
                                    "wal_compression = 'lz4'\n"
                                    "default_toast_compression = 'lz4'\n"
                                    "jit = off\n"
                                    "timezone = 'UTC'\n"
                                    "log_timezone = 'UTC'\n"
                                    "log_line_prefix = '%m [%p] %q%u '\n"
                                    "log_statement = 'none'\n"
                                    "log_min_error_statement = 'panic'\n"
                                    "log_error_verbosity = 'terse'\n"
                                    "log_parameter_max_length = 0\n"
                                    "log_parameter_max_length_on_error = 0\n";

static const char host_rules[] =
    "# Made by painbridge init: TLS and SCRAM only, from this machine.\n"
    "hostssl all all 127.0.0.1/32 scram-sha-256\n"
    "hostssl all all ::1/128      scram-sha-256\n";

static char *database_folder(const struct cluster *cluster, struct arena *arena)
{
    return file_join(arena, cluster->directory, SLICE("database"));
}

/* The full name of one of PostgreSQL's programs, or NULL with an issue. */
static const char *find_program(const char *name, struct arena *arena, struct issue_list *issues)
{
    for (size_t i = 0; i < sizeof(binary_folders) / sizeof(binary_folders[0]); i++) {
        const char *path = file_join(arena, binary_folders[i], slice_of(name));
        if (file_exists(path)) {
            return path;
        }
    }
    struct process_result result;
    static const char *const words[] = {"pg_config", "--bindir", NULL};
    if (process_run(&(struct process_order){.words = words}, arena, &result, NULL) == 0 &&
        result.exit_code == 0) {
        const char *folder = arena_string(arena, slice_trim(result.output));
        const char *path = file_join(arena, folder, slice_of(name));
        if (file_exists(path)) {
            return path;
        }
    }
    issue_report(issues, ISSUE_STORE_DOWN, ISSUE_FATAL, ISSUE_NOWHERE,
                 "could not find PostgreSQL's program '%s'; install postgresql-15", name);
    return NULL;
}

/* Runs one of them; -1 with an issue that ends with the last line it said. */
static int run(const struct cluster *cluster, const char *const *words, struct slice input,
               struct arena *arena, struct issue_list *issues)
{
    struct process_order order = {.words = words, .input = input, .account = &cluster->account};
    struct process_result result;
    if (process_run(&order, arena, &result, issues) != 0) {
        return -1;
    }
    if (result.exit_code == 0) {
        return 0;
    }
    struct slice last = {0};
    for (struct slice rest = slice_trim(result.output), line; slice_split(&rest, '\n', &line);) {
        last = line;
    }
    issue_report(issues, ISSUE_STORE_DOWN, ISSUE_FATAL, ISSUE_NOWHERE, "%s ended with %d: %.*s",
                 words[0], result.exit_code, SLICE_ARG(last));
    return -1;
}

static int write_configuration(const struct cluster *cluster, struct arena *arena,
                               struct issue_list *issues)
{
    char *folder = database_folder(cluster, arena);
    char *main_file = file_join(arena, folder, SLICE("postgresql.conf"));
    char *host_file = file_join(arena, folder, SLICE("pg_hba.conf"));
    struct slice shipped;
    if (file_read(main_file, (size_t)1 << 20, arena, &shipped, issues) != 0) {
        return -1;
    }
    struct slice whole = arena_format(arena, "%.*s%s", SLICE_ARG(shipped), configuration);
    if (file_write(main_file, whole, 0600, issues) != 0) {
        return -1;
    }
    return file_write(host_file, slice_of(host_rules), 0600, issues);
}

/* Single-user mode runs SQL on a stopped cluster, with no password on any wire. With -j a statement
 * ends at a semicolon and an empty line. */
static int run_sql(const struct cluster *cluster, const char *database, struct slice sql,
                   struct arena *arena, struct issue_list *issues)
{
    const char *program = find_program("postgres", arena, issues);
    if (program == NULL) {
        return -1;
    }
    const char *words[] = {program,
                           "--single",
                           "-j",
                           "-D",
                           database_folder(cluster, arena),
                           "-c",
                           "exit_on_error=on",
                           "-c",
                           "log_min_messages=fatal",
                           database,
                           NULL};
    return run(cluster, words, sql, arena, issues);
}

/* The roles with their passwords and the database; each statement ends with an empty line. */
static int compose_roles(const struct cluster *cluster, struct buffer *sql, struct arena *arena,
                         struct issue_list *issues)
{
    buffer_append(sql, store_roles_sql());
    buffer_append(sql, SLICE("\n\n"));
    for (size_t i = 0; cluster_roles[i] != NULL; i++) {
        struct slice file = arena_format(arena, "secrets/%s.password", cluster_roles[i]);
        struct slice password;
        if (file_read(file_join(arena, cluster->directory, file), CLUSTER_PASSWORD_LIMIT, arena,
                      &password, issues) != 0) {
            return -1;
        }
        password = slice_trim(password);
        buffer_append_format(sql, "alter role painbridge_%s password '%.*s';\n\n", cluster_roles[i],
                             SLICE_ARG(password));
    }
    buffer_append_format(sql,
                         "create database %.*s owner painbridge_owner;\n\n"
                         "revoke all on database %.*s from public;\n\n",
                         SLICE_ARG(cluster->database), SLICE_ARG(cluster->database));
    for (size_t i = 0; cluster_roles[i] != NULL; i++) {
        buffer_append_format(sql, "grant connect on database %.*s to painbridge_%s;\n\n",
                             SLICE_ARG(cluster->database), cluster_roles[i]);
    }
    return 0;
}

static int create_roles(const struct cluster *cluster, struct arena *arena,
                        struct issue_list *issues)
{
    struct buffer sql;
    buffer_init(&sql, 0);
    int result = compose_roles(cluster, &sql, arena, issues);
    if (result == 0) {
        result = run_sql(cluster, "template1", buffer_slice(&sql), arena, issues);
    }
    buffer_release(&sql);
    return result;
}

int cluster_create(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
{
    const char *program = find_program("initdb", arena, issues);
    if (program == NULL) {
        return -1;
    }
    char *superuser = file_join(arena, cluster->directory, SLICE("secrets/superuser.password"));
    const char *words[] = {program,
                           "--username=postgres",
                           "--encoding=UTF8",
                           "--locale=C.UTF-8",
                           "--data-checksums",
                           "--auth=scram-sha-256",
                           arena_format(arena, "--pwfile=%s", superuser).ptr,
                           "-D",
                           database_folder(cluster, arena),
                           NULL};
    if (run(cluster, words, (struct slice){0}, arena, issues) != 0 ||
        write_configuration(cluster, arena, issues) != 0) {
        return -1;
    }
    return create_roles(cluster, arena, issues);
}

int cluster_status(const struct cluster *cluster, struct arena *arena,
                   enum cluster_state *ret_state, struct issue_list *issues)
{
    char *folder = database_folder(cluster, arena);
    if (!file_is_folder(folder)) {
        *ret_state = CLUSTER_MISSING;
        return 0;
    }
    const char *program = find_program("pg_ctl", arena, issues);
    if (program == NULL) {
        return -1;
    }
    const char *words[] = {program, "-D", folder, "status", NULL};
    struct process_order order = {.words = words, .account = &cluster->account};
    struct process_result result;
    if (process_run(&order, arena, &result, issues) != 0) {
        return -1;
    }
    if (result.exit_code != 0 && result.exit_code != PG_CTL_NOT_RUNNING) {
        issue_report(issues, ISSUE_STORE_DOWN, ISSUE_FATAL, ISSUE_NOWHERE,
                     "'%s' is not a database cluster that can be used", folder);
        return -1;
    }
    *ret_state = result.exit_code == 0 ? CLUSTER_RUNNING : CLUSTER_STOPPED;
    return 0;
}

/* True when it can go on; false with an issue where there is no cluster. */
static bool known_state(const struct cluster *cluster, struct arena *arena,
                        enum cluster_state *ret_state, struct issue_list *issues)
{
    if (cluster_status(cluster, arena, ret_state, issues) != 0) {
        return false;
    }
    if (*ret_state == CLUSTER_MISSING) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no database cluster in '%s'", cluster->directory);
        return false;
    }
    return true;
}

static bool answers(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
{
    const char *program = find_program("pg_isready", arena, issues);
    const char *port = arena_format(arena, "%" PRId64, cluster->port).ptr;
    const char *words[] = {program, "-q", "-h", "127.0.0.1", "-p", port, NULL};
    struct process_order order = {.words = words, .account = &cluster->account};
    struct process_result result;
    return program != NULL && process_run(&order, arena, &result, issues) == 0 &&
           result.exit_code == 0;
}

/* A server that was killed looks as if it ran until its parent has taken notice, and one that
 * starts or recovers does not answer yet: neither is running for who asks. */
static int settled_state(const struct cluster *cluster, struct arena *arena,
                         enum cluster_state *ret_state, struct issue_list *issues)
{
    for (int turn = 0; turn < CLUSTER_SETTLE_TURNS; turn++) {
        if (!known_state(cluster, arena, ret_state, issues)) {
            return -1;
        }
        if (*ret_state != CLUSTER_RUNNING || answers(cluster, arena, issues)) {
            return 0;
        }
        usleep(CLUSTER_SETTLE_MICROSECONDS);
    }
    issue_report(issues, ISSUE_STORE_DOWN, ISSUE_FATAL, ISSUE_NOWHERE,
                 "the database runs but does not answer on port %" PRId64, cluster->port);
    return -1;
}

/* pg_ctl would only say that it failed. */
static int check_port(const struct cluster *cluster, struct issue_list *issues)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)cluster->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool is_taken = bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
                    errno == EADDRINUSE; /* whatever else is wrong, PostgreSQL says */
    if (fd >= 0) {
        close(fd);
    }
    if (!is_taken) {
        return 0;
    }
    issue_add(issues,
              (struct issue){
                  .code = ISSUE_STORE_DOWN,
                  .severity = ISSUE_ERROR,
                  .words = arena_format(issues->arena, "port %" PRId64 " is in use", cluster->port),
                  .hint = SLICE("stop what uses it, or make the instance with "
                                "--port-base N")});
    return -1;
}

int cluster_start(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
{
    enum cluster_state state;
    if (settled_state(cluster, arena, &state, issues) != 0) {
        return -1;
    }
    if (state == CLUSTER_RUNNING) {
        return 0;
    }
    if (check_port(cluster, issues) != 0) {
        return -1;
    }
    const char *program = find_program("pg_ctl", arena, issues);
    const char *words[] = {program,
                           "-D",
                           database_folder(cluster, arena),
                           "-l",
                           file_join(arena, cluster->directory, SLICE("log/database.log")),
                           "-o",
                           arena_format(arena, "-p %" PRId64, cluster->port).ptr,
                           "-w",
                           "-t",
                           CLUSTER_WAIT_SECONDS,
                           "start",
                           NULL};
    if (run(cluster, words, (struct slice){0}, arena, issues) != 0) {
        issue_report(issues, ISSUE_STORE_DOWN, ISSUE_INFORMATION, ISSUE_NOWHERE,
                     "what PostgreSQL says stands in '%s/log/database.log'", cluster->directory);
        return -1;
    }
    return 0;
}

int cluster_stop(const struct cluster *cluster, struct arena *arena, struct issue_list *issues)
{
    enum cluster_state state;
    if (!known_state(cluster, arena, &state, issues)) {
        return -1;
    }
    if (state == CLUSTER_STOPPED) {
        return 0;
    }
    const char *program = find_program("pg_ctl", arena, issues);
    const char *words[] = {program,
                           "-D",
                           database_folder(cluster, arena),
                           "-m",
                           "fast",
                           "-w",
                           "-t",
                           CLUSTER_WAIT_SECONDS,
                           "stop",
                           NULL};
    return run(cluster, words, (struct slice){0}, arena, issues);
}
