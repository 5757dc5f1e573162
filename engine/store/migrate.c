/* migrate: see migrate.h. */
#include "store/migrate.h"

#include "base/digest.h"
#include "store/link_internal.h"

#include <stdlib.h>
#include <string.h>

struct migration {
    int version;
    struct slice name;
    struct slice text;
};

static const struct migration migrations[] = {
#include "store/schema_texts.inc"
};

#include "store/roles_text.inc"

#define MIGRATION_COUNT (sizeof(migrations) / sizeof(migrations[0]))

int store_schema_version(void)
{
    return migrations[MIGRATION_COUNT - 1].version;
}

struct slice store_roles_sql(void)
{
    return roles_sql;
}

/* The server's first words about a failed migration. They may stand in an issue: a migration names
 * tables and columns, and there is no record in it. */
static void report(struct issue_list *issues, const char *what, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    issue_report(issues, ISSUE_APPLICATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not %s: SQLSTATE %s, %s", what, state ? state : "-", words ? words : "-");
}

static int run(PGconn *link, const char *sql, const char *what, struct issue_list *issues)
{
    PGresult *result = PQexec(link, sql);
    ExecStatusType status = PQresultStatus(result);
    bool well = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!well)
        report(issues, what, result);
    PQclear(result);
    return well ? 0 : -1;
}

static int open_link(const struct store_settings *settings, PGconn **ret_link,
                     struct issue_list *issues)
{
    PGconn *link = store_link_open(settings, STORE_USE_BARE);
    if (PQstatus(link) == CONNECTION_OK) {
        *ret_link = link;
        return 0;
    }
    struct arena *arena = arena_new(0);
    issue_report(issues, ISSUE_STORE_DOWN, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not open the database: %.*s", SLICE_ARG(store_link_words(link, arena)));
    arena_free(arena);
    PQfinish(link);
    return -1;
}

static void digest_of(const struct migration *migration, char ret_hex[2 * DIGEST_SHA256_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(migration->text, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        ret_hex[2 * i] = digits[digest[i] >> 4];
        ret_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    ret_hex[2 * sizeof(digest)] = '\0';
}

/* The migrations that were run are the first ones of ours, unchanged; *ret_version is the last. */
static int read_versions(PGconn *link, int *ret_version, struct issue_list *issues)
{
    PGresult *result =
        PQexec(link, "select to_regclass('public.schema_version') is not null as there");
    bool there = PQresultStatus(result) == PGRES_TUPLES_OK && *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    if (!there) {
        *ret_version = 0;
        return 0;
    }
    result = PQexec(link, "select version, encode(digest, 'hex') from schema_version order by 1");
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        report(issues, "read the schema's version", result);
        PQclear(result);
        return -1;
    }
    int failed = 0, version = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        version = (int)strtol(PQgetvalue(result, row, 0), NULL, 10);
        char hex[2 * DIGEST_SHA256_SIZE + 1] = "";
        if ((size_t)row < MIGRATION_COUNT)
            digest_of(&migrations[row], hex);
        if ((size_t)row < MIGRATION_COUNT && strcmp(hex, PQgetvalue(result, row, 1)) != 0) {
            issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                         "migration %.*s was changed after it was run",
                         SLICE_ARG(migrations[row].name));
            failed = -1;
        }
    }
    PQclear(result);
    if (failed == 0)
        *ret_version = version;
    return failed;
}

/* Runs one migration and notes it, in one transaction. */
static int run_migration(PGconn *link, const struct migration *migration, struct arena *arena,
                         struct issue_list *issues)
{
    char hex[2 * DIGEST_SHA256_SIZE + 1];
    digest_of(migration, hex);
    const char *what = arena_format(arena, "run migration %.*s", SLICE_ARG(migration->name)).ptr;
    const char *note = arena_format(arena,
                                    "insert into schema_version (version, name, digest)"
                                    " values (%d, '%.*s', decode('%s', 'hex'))",
                                    migration->version, SLICE_ARG(migration->name), hex)
                           .ptr;
    if (run(link, "begin", what, issues) != 0 ||
        run(link, migration->text.ptr, what, issues) != 0 || run(link, note, what, issues) != 0)
        return -1;
    return run(link, "commit", what, issues);
}

int store_migrate(const struct store_settings *settings, size_t *ret_count,
                  struct issue_list *issues)
{
    PGconn *link = NULL;
    if (open_link(settings, &link, issues) != 0)
        return -1;
    struct arena *arena = arena_new(0);
    int version = 0;
    int failed =
        run(link, "select pg_advisory_lock(hashtext('painbridge migrate'))", "migrate", issues);
    if (failed == 0)
        failed = read_versions(link, &version, issues);
    size_t count = 0;
    for (size_t i = 0; failed == 0 && i < MIGRATION_COUNT; i++) {
        if (migrations[i].version <= version)
            continue;
        failed = run_migration(link, &migrations[i], arena, issues);
        count++;
    }
    arena_free(arena);
    PQfinish(link); /* gives the lock back */
    if (failed == 0)
        *ret_count = count;
    return failed;
}

int store_migrate_status(const struct store_settings *settings, int *ret_version,
                         struct issue_list *issues)
{
    PGconn *link = NULL;
    if (open_link(settings, &link, issues) != 0)
        return -1;
    int failed = read_versions(link, ret_version, issues);
    PQfinish(link);
    return failed;
}
