/* database: see database.h. The parent process starts and stops the cluster; the tests, which run
 * in processes of their own, only read where it is. */
#include "support/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/painbridge-database.XXXXXX";
static pid_t starter;

/* Runs the script and puts its NAME=VALUE lines into the environment. */
static int run_script(const char *action)
{
    char *command = NULL;
    if (asprintf(&command, "sh '%s/tests/support/database.sh' %s '%s/cluster'",
                 PAINBRIDGE_SOURCE_DIR, action, folder) < 0)
        return -1;
    FILE *lines = popen(command, "r");
    free(command);
    if (!lines)
        return -1;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, lines) > 0) {
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        *equals = '\0';
        equals[1 + strcspn(equals + 1, "\n")] = '\0';
        setenv(line, equals + 1, 1);
    }
    free(line);
    return pclose(lines) == 0 ? 0 : -1;
}

static void stop(void)
{
    if (getpid() != starter)
        return;
    run_script("stop");
    rmdir(folder);
}

int database_start(void)
{
    if (!mkdtemp(folder) || chmod(folder, 0711) != 0)
        return -1;
    starter = getpid();
    atexit(stop);
    return run_script("start");
}

int database_suite_main(const char *name, void (*add)(Suite *suite))
{
    if (database_start() != 0) {
        fprintf(stderr, "could not start a database\n");
        return EXIT_FAILURE;
    }
    return suite_main(name, add);
}

static struct slice text_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

struct store_settings database_settings(const char *role)
{
    const char *port = getenv("PGPORT");
    return (struct store_settings){
        .host = text_of("localhost"),
        .port = port ? (int)strtol(port, NULL, 10) : 0,
        .database = text_of("painbridge"),
        .user = text_of(role),
        .password = text_of(role),
        .ca_file = text_of(getenv("PGSSLROOTCERT")),
        .application = text_of("test"),
    };
}

char *database_ask(const char *sql)
{
    char *command = NULL;
    if (asprintf(&command,
                 "PGUSER=postgres PGPASSWORD=postgres psql -X -q -A -t -v ON_ERROR_STOP=1 <<'END'\n"
                 "%s\nEND",
                 sql) < 0)
        ck_abort_msg("no memory");
    FILE *output = popen(command, "r");
    free(command);
    if (!output)
        ck_abort_msg("no psql");
    char *answer = NULL;
    size_t size = 0;
    ssize_t len = getdelim(&answer, &size, '\0', output);
    if (pclose(output) != 0) { /* a test ends as failed by this, a program that is none too */
        fprintf(stderr, "psql failed\n");
        exit(EXIT_FAILURE);
    }
    if (len < 0) {
        free(answer);
        return strdup("");
    }
    while (len > 0 && answer[len - 1] == '\n')
        answer[--len] = '\0';
    return answer;
}

void database_kill(void)
{
    ck_assert_int_eq(run_script("kill"), 0);
}

void database_restart(void)
{
    ck_assert_int_eq(run_script("start"), 0);
}
