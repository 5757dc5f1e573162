/* link: see link_internal.h.
 *
 * The server's planner must not choose by statistics for the few statements that write: right after
 * an instance was made every table is empty, a plan that reads one from end to end looks cheapest
 * and would be kept while the table grows to millions of rows. So the writing connections know
 * index scans and nested loops only, and make one plan for each statement.
 *
 * Every statement sees what was committed when it began, whatever the server's default is: a row
 * that was waited for is read as it is then, and the end of a commit is asked for before its rows
 * are. */
#include "store/link_internal.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONNECT_MILLISECONDS 10000
#define DEFAULT_STATEMENT_MILLISECONDS 60000

static const char *const use_options[] = {
    [STORE_USE_BARE] = "",
    [STORE_USE_WRITE] = "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
                        "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off "
                        "-c idle_in_transaction_session_timeout=60000",
    [STORE_USE_READ] = "-c jit=off",
    [STORE_USE_VERIFY] = "-c jit=off -c work_mem=64MB",
};

/* store_settings.plans_once; what writes has it always. A plan that was made while tables were
 * small must be right when they have grown. */
static const char by_key_options[] =
    " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off"
    " -c enable_mergejoin=off";

#define PARAMETER_LIMIT 20

struct parameters {
    struct arena *arena;
    const char *names[PARAMETER_LIMIT + 1];
    const char *values[PARAMETER_LIMIT + 1];
    size_t count;
};

static void add(struct parameters *parameters, const char *name, struct slice value)
{
    parameters->names[parameters->count] = name;
    parameters->values[parameters->count++] = arena_string(parameters->arena, value);
}

static void describe(struct parameters *parameters, const struct store_settings *settings,
                     enum store_use use)
{
    struct arena *arena = parameters->arena;
    int64_t statement = settings->statement_milliseconds ? settings->statement_milliseconds
                                                         : DEFAULT_STATEMENT_MILLISECONDS;
    int64_t connect = settings->connect_milliseconds ? settings->connect_milliseconds
                                                     : DEFAULT_CONNECT_MILLISECONDS;
    add(parameters, "host", settings->host);
    add(parameters, "port", arena_format(arena, "%lld", (long long)settings->port));
    add(parameters, "dbname", settings->database);
    add(parameters, "user", settings->user);
    add(parameters, "password", settings->password);
    add(parameters, "sslmode", SLICE("verify-full"));
    add(parameters, "sslrootcert", settings->ca_file);
    /* Passwords are what we show. Left out, libpq would look for a certificate in the home folder
     * of whoever started us, and fail where that cannot be read; a path that cannot exist is well.
     */
    add(parameters, "sslcert", SLICE("/dev/null/none"));
    add(parameters, "ssl_min_protocol_version", SLICE("TLSv1.2"));
    add(parameters, "gssencmode", SLICE("disable"));
    add(parameters, "channel_binding", SLICE("prefer"));
    add(parameters, "client_encoding", SLICE("UTF8"));
    add(parameters, "application_name", settings->application);
    add(parameters, "connect_timeout",
        arena_format(arena, "%lld", (long long)((connect + 999) / 1000)));
    /* a peer that is gone without a word is noticed in ten seconds, not in two hours */
    add(parameters, "tcp_user_timeout", SLICE("10000"));
    add(parameters, "keepalives_idle", SLICE("10"));
    add(parameters, "keepalives_interval", SLICE("5"));
    add(parameters, "keepalives_count", SLICE("2"));
    add(parameters, "options",
        arena_format(arena,
                     "-c timezone=UTC -c default_transaction_isolation=read\\ committed"
                     " -c statement_timeout=%lld %s%s",
                     (long long)statement, use_options[use],
                     settings->plans_once ? by_key_options : ""));
}

/* Notices and warnings of the server may hold values of a record; libpq would print them. */
static void drop_notice(void *data, const PGresult *notice)
{
    (void)data;
    (void)notice;
}

static PGconn *silenced(PGconn *link)
{
    if (link)
        PQsetNoticeReceiver(link, drop_notice, NULL);
    return link;
}

PGconn *store_link_start(const struct store_settings *settings, enum store_use use)
{
    struct parameters parameters = {.arena = arena_new(0)};
    describe(&parameters, settings, use);
    PGconn *link = PQconnectStartParams(parameters.names, parameters.values, 0);
    arena_free(parameters.arena);
    return silenced(link);
}

PGconn *store_link_open(const struct store_settings *settings, enum store_use use)
{
    struct parameters parameters = {.arena = arena_new(0)};
    describe(&parameters, settings, use);
    PGconn *link = PQconnectdbParams(parameters.names, parameters.values, 0);
    arena_free(parameters.arena);
    return silenced(link);
}

struct slice store_link_words(const PGconn *link, struct arena *arena)
{
    struct slice words = slice_trim(slice_of(PQerrorMessage(link)));
    char *line = arena_string(arena, words);
    for (char *at = line; *at; at++) {
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    }
    return (struct slice){line, words.len};
}
