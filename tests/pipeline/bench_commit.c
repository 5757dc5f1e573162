/* What commit alone can take in: a result of ten resources and some thirty index rows a message,
 * 1.4 KB raw, from so many feeds in lock-step (each sends its next message when the last one is
 * durable).
 *
 *   pipeline_bench_commit [SECONDS [FEEDS...]]       default: 5 seconds each of 1 and of 16 feeds
 */
#include "pipeline/commit.h"

#include "fhir/search_index.h"
#include "pipeline/items.h"
#include "store/migrate.h"
#include "support/database.h"
#include "support/host.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PERSONS 200
#define CONNECTIONS 2

struct load {
    struct pipeline_commit *commits[CONNECTIONS];
    int connections; /* of them in use */
    struct slice raw;
    int number;
    int finished;
    bool stop;
    bool over;
    int running;
};

static struct load load;

static void add_observation(struct test_item *test, int number, int line)
{
    char key[32];
    snprintf(key, sizeof(key), "o%d-%d", number, line);
    char body[700];
    snprintf(body, sizeof(body),
             "\"meta\":{\"source\":\"urn:painbridge:feed:north#%d\"},\"status\":\"final\","
             "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"%d-%d\","
             "\"display\":\"Glucose\"}],\"text\":\"Glucose\"},\"subject\":{\"reference\":"
             "\"Patient/x\"},\"effectiveDateTime\":\"2026-03-10T09:30:00-06:00\",\"valueQuantity\":"
             "{\"value\":7.%d,\"unit\":\"mmol/L\",\"system\":\"http://unitsofmeasure.org\","
             "\"code\":\"mmol/L\"},\"interpretation\":[{\"coding\":[{\"code\":\"N\"}]}]",
             number, 2000 + line, line, line);
    struct pipeline_write *write = test_of_patient(test_write(test, "Observation", key, body));
    struct pipeline_reference *subject = ARENA_NEW(test->arena, struct pipeline_reference);
    *subject =
        (struct pipeline_reference){.node = json_get(write->body, SLICE("subject")), .write = 0};
    write->references = subject;
    write->reference_count = 1;
}

static void next_message(int feed);

static void message_done(struct pipeline_item *item)
{
    struct test_item *test = item->owner;
    if (item->outcome != PIPELINE_COMMITTED) {
        fprintf(stderr, "not committed: %d\n", (int)item->outcome);
        exit(EXIT_FAILURE);
    }
    uint64_t feed = 0;
    slice_to_uint64(slice_after(item->site, strlen("site")), 99, &feed);
    load.finished++;
    test_item_free(test);
    if (!load.stop)
        next_message((int)feed);
    else if (--load.running == 0)
        load.over = true;
}

static void next_message(int feed)
{
    int number = load.number++;
    char control[16], record[16], site[16], body[300];
    snprintf(control, sizeof(control), "%d", number);
    snprintf(record, sizeof(record), "M%d", number % PERSONS);
    snprintf(site, sizeof(site), "site%d", feed);
    struct test_item *test = test_item_new(site, control, "", 1);
    test->item.raw = load.raw;
    test->item.done = message_done;
    memcpy(test->item.content_hash, &number, sizeof(number));
    snprintf(
        body, sizeof(body),
        "\"identifier\":[{\"system\":\"urn:site\",\"value\":\"%s\"}],\"name\":[{\"family\":"
        "\"Testcase\",\"given\":[\"Alma\"]}],\"gender\":\"female\",\"birthDate\":\"1970-01-01\"",
        record);
    test_patient(test, record, body);
    test_write(test, "Organization", "lab", "\"name\":\"Laboratory\"");
    test_write(test, "Practitioner", "doctor", "\"name\":[{\"family\":\"Provider\"}]");
    snprintf(body, sizeof(body),
             "\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":"
             "\"24323-8\"}]},\"effectiveDateTime\":\"2026-03-10T09:30:00-06:00\",\"identifier\":[{"
             "\"system\":\"urn:lab\",\"value\":\"%d\"}]",
             number);
    test_of_patient(test_write(test, "DiagnosticReport", control, body));
    for (int line = 0; line < 6; line++)
        add_observation(test, number, line);
    pipeline_commit_submit(load.commits[feed % load.connections], &test->item);
}

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* CPU seconds of the server's processes for our connections. */
static double server_seconds(void)
{
    char *pids = database_ask("select pid from pg_stat_activity where usename = 'painbridge_door'");
    double seconds = 0;
    for (struct slice rest = slice_of(pids), pid; slice_split(&rest, '\n', &pid);) {
        unsigned long user = 0, system = 0;
        char path[64];
        snprintf(path, sizeof(path), "/proc/%.*s/stat", SLICE_ARG(pid));
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                   &system) == 2)
            seconds += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
        fclose(file);
    }
    free(pids);
    return seconds;
}

static void measure(struct test_host *host, int feeds, int connections, int64_t seconds)
{
    load.connections = connections;
    load.finished = 0;
    load.stop = false;
    load.over = false;
    load.running = feeds;
    double cpu = cpu_seconds();
    double server = server_seconds();
    instant begun = time_monotonic();
    for (int feed = 0; feed < feeds; feed++)
        next_message(feed);
    bool never = false;
    test_host_run(host, &never, seconds * 1000);
    load.stop = true;
    int finished = load.finished;
    double took = (double)(time_monotonic() - begun) / 1e6;
    cpu = cpu_seconds() - cpu;
    test_host_run(host, &load.over, 10000);
    server = server_seconds() - server;
    printf("%2d feeds, %d connections: %5.0f messages/s durable; CPU a message: %.0f us here, "
           "%.0f us in the server\n",
           feeds, connections, finished / took, cpu * 1e6 / finished, server * 1e6 / finished);
    fflush(stdout);
}

int main(int count, char **words)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct fhir_definitions *definitions = NULL;
    const struct fhir_search_table *search = NULL;
    size_t migrations = 0;
    if (database_start() != 0)
        return EXIT_FAILURE;
    struct store_settings owner = database_settings("painbridge_owner");
    struct store_settings door = database_settings("painbridge_door");
    if (store_migrate(&owner, &migrations, &issues) != 0 ||
        fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena, &definitions,
                              &issues) != 0 ||
        fhir_search_load(definitions, PAINBRIDGE_SOURCE_DIR "/fhir", arena, &search, &issues) != 0)
        return EXIT_FAILURE;
    struct test_host host;
    test_host_init(&host);
    const struct pipeline_commit_options options = {.store = &door,
                                                    .definitions = definitions,
                                                    .search = search,
                                                    .host = &host.host,
                                                    .instance_name = SLICE("bench"),
                                                    .grace_milliseconds = 10000};
    for (int i = 0; i < CONNECTIONS; i++)
        load.commits[i] = pipeline_commit_new(&options);
    bool never = false;
    test_host_run(&host, &never, 1000); /* the link stands then */
    char raw[1400];
    memset(raw, 'x', sizeof(raw));
    load.raw = (struct slice){raw, sizeof(raw)};
    uint64_t seconds = 5;
    if (count > 1 && !slice_to_uint64(slice_of(words[1]), 3600, &seconds))
        return EXIT_FAILURE;
    measure(&host, 1, 1, (int64_t)seconds);
    measure(&host, 16, 1, (int64_t)seconds);
    measure(&host, 16, 2, (int64_t)seconds);
    char *rows =
        database_ask("select round(((select count(*) from index_token) +"
                     " (select count(*) from index_reference) + (select count(*) from index_date) +"
                     " (select count(*) from index_string) + (select count(*) from index_quantity))"
                     " / (select count(*) from inbox)::numeric, 1)");
    char *audit = database_ask(
        "select round(sum(pg_total_relation_size(inhrelid)) / (select count(*) from audit), 0)"
        " from pg_inherits where inhparent = 'audit'::regclass");
    printf("index rows a message: %s; bytes of audit a row, with its indexes: %s\n", rows, audit);
    free(rows);
    free(audit);
    for (int i = 0; i < CONNECTIONS; i++)
        pipeline_commit_free(load.commits[i]);
    arena_free(arena);
    return EXIT_SUCCESS;
}
