/* init: makes an instance: folders, keys, certificates, settings, database.
 *
 * All or nothing: where a step fails, what was made is taken away again. Everything below DIR is
 * made with the rights of the account that the instance will belong to. */
#include "base/buffer.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/file.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/process.h"
#include "net/revocation.h"
#include "store/migrate.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INIT_SECRET_BYTES 32
#define INIT_STATE_FOLDER "/var/lib/painbridge"
#define INIT_AUTHORITY_DAYS 3650
#define INIT_SERVER_DAYS 730
#define INIT_OPEN_FOLDERS 16

/* What is being made. */
struct new_instance {
    const char *wanted; /* as given */
    char *directory;    /* where it really is */
    struct account account;
    int64_t mllp_port, https_port, database_port;
    bool test_clock;
    struct arena *arena;
    struct issue_list *issues;
};

static int failed(const struct new_instance *made, const char *what, const char *path)
{
    issue_report(made->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not %s '%s': %s", what, path, strerror(errno));
    return -1;
}

/* --- where it goes ---------------------------------------------------------------------------- */

/* The folder and those above it that are missing. */
static int make_folders(const struct new_instance *made, const char *path, mode_t mode)
{
    char *part = arena_string(made->arena, slice_of(path));
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST) {
            return failed(made, "make the folder", part);
        }
        *slash = '/';
    }
    if (mkdir(path, mode) != 0 && errno != EEXIST) {
        return failed(made, "make the folder", path);
    }
    return 0;
}

static bool account_reaches(const struct new_instance *made, const char *path)
{
    const char *words[] = {"test", "-w", path, "-a", "-x", path, NULL};
    struct process_result result;
    return process_run(&(struct process_order){.words = words, .account = &made->account},
                       made->arena, &result, NULL) == 0 &&
           result.exit_code == 0;
}

/* A place that the service's user can reach, with a link from where the admin wants it. */
static int place_elsewhere(struct new_instance *made, const char *real)
{
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(slice_of(real), digest);
    struct slice mark = encode_hex((struct slice){(const char *)digest, 4}, made->arena);
    const char *name = strrchr(real, '/') + 1;
    char *place = file_join(made->arena, INIT_STATE_FOLDER,
                            arena_format(made->arena, "%s-%.*s", name, SLICE_ARG(mark)));
    if (file_is_folder(place)) {
        issue_report(made->issues, ISSUE_CONFLICT, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'%s' is there already, of an earlier instance", place);
        return -1;
    }
    if (make_folders(made, place, 0755) != 0) {
        return -1;
    }
    if (chown(place, made->account.user, made->account.group) != 0) {
        return failed(made, "give away", place);
    }
    if (rmdir(real) != 0 || symlink(place, real) != 0) {
        return failed(made, "link", real);
    }
    made->directory = place;
    return 0;
}

static int find_place(struct new_instance *made)
{
    struct slice *names = NULL;
    size_t count = 0;
    if (make_folders(made, made->wanted, 0755) != 0) {
        return -1;
    }
    if (file_list(made->wanted, "", made->arena, &names, &count, made->issues) != 0) {
        return -1;
    }
    if (count > 0) {
        issue_report(made->issues, ISSUE_CONFLICT, ISSUE_ERROR, ISSUE_NOWHERE, "'%s' is not empty",
                     made->wanted);
        return -1;
    }
    char *real = realpath(made->wanted, NULL);
    if (real == NULL) {
        return failed(made, "find", made->wanted);
    }
    made->directory = arena_string(made->arena, slice_of(real));
    free(real);
    if (geteuid() == 0 && chown(made->directory, made->account.user, made->account.group) != 0) {
        return failed(made, "give away", made->directory);
    }
    return account_reaches(made, made->directory) ? 0 : place_elsewhere(made, made->directory);
}

/* --- what stands in it ------------------------------------------------------------------------ */

static char *below(const struct new_instance *made, const char *name)
{
    return file_join(made->arena, made->directory, slice_of(name));
}

static int make_inner_folders(const struct new_instance *made)
{
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {
        {"tls", 0755},     {"secrets", 0700}, {"sites", 0755},        {"feeds", 0755},
        {"clients", 0755}, {"log", 0750},     {"destinations", 0755}, {"revisions", 0755},
    };
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(below(made, folders[i].name), folders[i].mode) != 0) {
            return failed(made, "make the folder", below(made, folders[i].name));
        }
    }
    return 0;
}

/* 32 random bytes as one line of text; `hex` for keys that a program decodes. */
static int make_secret(const struct new_instance *made, const char *name, bool hex)
{
    char bytes[INIT_SECRET_BYTES];
    digest_random(bytes, sizeof(bytes));
    struct slice raw = {bytes, sizeof(bytes)};
    struct slice text = hex ? encode_hex(raw, made->arena) : encode_base64url(raw, made->arena);
    text = arena_format(made->arena, "%.*s\n", SLICE_ARG(text));
    explicit_bzero(bytes, sizeof(bytes));
    return file_write(below(made, name), text, 0600, made->issues);
}

static int make_secrets(const struct new_instance *made)
{
    for (size_t i = 0; cluster_roles[i] != NULL; i++) {
        struct slice name = arena_format(made->arena, "secrets/%s.password", cluster_roles[i]);
        if (make_secret(made, arena_string(made->arena, name), false) != 0) {
            return -1;
        }
    }
    if (make_secret(made, "secrets/superuser.password", false) != 0 ||
        make_secret(made, "secrets/id.key", true) != 0) {
        return -1;
    }
    if (certificate_make_key(below(made, "secrets/issuer.key"), made->issues) != 0) {
        return -1;
    }
    return certificate_make_key(below(made, "secrets/audit.key"), made->issues);
}

static int make_certificates(const struct new_instance *made)
{
    struct certificate_files authority = {below(made, "tls/ca.pem"), below(made, "tls/ca.key")};
    instant begin = time_now() - TIME_DAY;
    if (certificate_make_authority(&authority, SLICE("painbridge private CA"), begin,
                                   begin + INIT_AUTHORITY_DAYS * TIME_DAY, made->issues) != 0) {
        return -1;
    }
    /* nobody fetches it: it holds as long as the authority does */
    if (revocation_write(&authority, below(made, "tls/crl.pem"), SLICE(""), begin,
                         begin + INIT_AUTHORITY_DAYS * TIME_DAY, made->issues) != 0) {
        return -1;
    }
    static const char *const servers[] = {"server", "database"};
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        struct slice certificate = arena_format(made->arena, "tls/%s.pem", servers[i]);
        struct slice key = arena_format(made->arena, "tls/%s.key", servers[i]);
        struct certificate_files files = {below(made, certificate.ptr), below(made, key.ptr)};
        struct certificate_subject subject = {.common_name = SLICE("localhost"),
                                              .names = certificate_local_names,
                                              .name_count = CERTIFICATE_LOCAL_NAME_COUNT,
                                              .use = CERTIFICATE_SERVER,
                                              .not_before = begin,
                                              .not_after = begin + INIT_SERVER_DAYS * TIME_DAY};
        if (certificate_make(&authority, &files, &subject, made->issues) != 0) {
            return -1;
        }
    }
    return 0;
}

static struct slice port_text(const struct new_instance *made, int64_t port)
{
    return arena_format(made->arena, "%" PRId64, port);
}

static int make_settings(const struct new_instance *made)
{
    const struct setting_value values[] = {
        {"mllp", "port", port_text(made, made->mllp_port)},
        {"https", "port", port_text(made, made->https_port)},
        {"database", "port", port_text(made, made->database_port)},
        {"tls", "crl", SLICE("tls/crl.pem")},
        {"engine", "test-clock", made->test_clock ? SLICE("yes") : SLICE("no")},
    };
    struct buffer text;
    buffer_init(&text, 0);
    settings_write(&instance_settings_table, values, sizeof(values) / sizeof(values[0]),
                   (struct slice){0}, &text);
    int result = file_write(below(made, "painbridge.xml"), buffer_slice(&text), 0644, made->issues);
    buffer_release(&text);
    return result;
}

static int migrate(const struct new_instance *made)
{
    struct instance instance;
    struct store_settings settings;
    size_t count;
    if (instance_open(made->directory, &instance, made->issues) != 0 ||
        database_settings(&instance, "owner", SLICE("init"), &settings, made->issues) != 0) {
        return -1;
    }
    return store_migrate(&settings, &count, made->issues);
}

static int make_database(const struct new_instance *made)
{
    struct cluster cluster = {.directory = made->directory,
                              .database = SLICE("painbridge"),
                              .account = made->account,
                              .port = made->database_port};
    if (cluster_create(&cluster, made->arena, made->issues) != 0 ||
        cluster_start(&cluster, made->arena, made->issues) != 0) {
        return -1;
    }
    int result = migrate(made);
    return cluster_stop(&cluster, made->arena, made->issues) == 0 ? result : -1;
}

static int make_all(const struct new_instance *made)
{
    static int (*const steps[])(const struct new_instance *made) = {
        make_inner_folders, make_secrets, make_certificates, make_settings, make_database,
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i](made) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- taking back ------------------------------------------------------------------------------ */

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    return walk->level > 0 ? remove(path) : 0;
}

/* Empties the folder that was empty before; with the account's rights, links not followed. */
static void take_back(const struct new_instance *made)
{
    nftw(made->directory, remove_entry, INIT_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* --- the command ------------------------------------------------------------------------------ */

static int read_ports(struct command_call *call, struct new_instance *made)
{
    const char *text = option_value(&call->options, "port-base");
    made->mllp_port = 2575;
    made->https_port = 8443;
    made->database_port = 5433;
    if (text == NULL) {
        return 0;
    }
    uint64_t base;
    if (!slice_to_uint64(slice_of(text), 65533, &base) || base == 0) {
        command_wrong(call, "'--port-base' must be a number from 1 to 65533");
        return -1;
    }
    made->mllp_port = (int64_t)base;
    made->https_port = (int64_t)base + 1;
    made->database_port = (int64_t)base + 2;
    return 0;
}

static void say_done(const struct command_call *call, const struct new_instance *made)
{
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add_string(answer, SLICE("directory"), slice_of(made->directory), call->arena);
        json_add(answer, SLICE("mllp"), json_integer(call->arena, made->mllp_port));
        json_add(answer, SLICE("https"), json_integer(call->arena, made->https_port));
        json_add(answer, SLICE("database"), json_integer(call->arena, made->database_port));
        command_print(answer);
        return;
    }
    printf("made the instance %s\n"
           "  MLLP/TLS port %" PRId64 ", HTTPS port %" PRId64 ", PostgreSQL port %" PRId64 "\n"
           "next: painbridge db start %s && painbridge serve %s\n",
           made->directory, made->mllp_port, made->https_port, made->database_port, made->wanted,
           made->wanted);
}

enum command_exit command_init(struct command_call *call)
{
    struct new_instance made = {.wanted = call->directory,
                                .test_clock = option_given(&call->options, "test-clock"),
                                .arena = call->arena,
                                .issues = &call->issues};
    if (read_ports(call, &made) != 0) {
        return COMMAND_USAGE;
    }
    if (account_for_service(&made.account, &call->issues) != 0 || find_place(&made) != 0 ||
        account_assume(&made.account, &call->issues) != 0) {
        return command_failed(call);
    }
    int result = make_all(&made);
    if (result != 0) {
        take_back(&made);
    }
    account_resume();
    if (result != 0) {
        return command_failed(call);
    }
    say_done(call, &made);
    return COMMAND_DONE;
}
