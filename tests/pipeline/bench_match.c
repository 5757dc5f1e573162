/* What it costs to find who a record is, in a real store.
 *
 *   pipeline_bench_match RECORDS COPIES [LOOKS]
 *
 * RECORDS are lines of tests/identity/people.mjs. Each is stored COPIES times as a person of its
 * own, with another birth date, phone, house and number in each copy: so that names are as frequent
 * among a million as they are in the set. Then LOOKS (5,000) of the records are asked for, one in a
 * request as a lone sender's would be: candidates from the store, over TLS, and the verdict on
 * each. Prints
 * how long (wall clock, and CPU time of this process and of its server process, which says more on
 * a machine that has other work), how many candidates, and how large the blocks are. */
#include "pipeline/match_store.h"

#include "store/connection.h"
#include "store/migrate.h"
#include "support/database.h"
#include "support/people.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PART 20000 /* records that are stored at once */

struct bench {
    struct arena *arena;
    const struct match_table *table;
    struct slice *lines;
    size_t line_count, copies;
    FILE *psql;
};

static void insist(bool well, const char *words)
{
    if (well)
        return;
    fprintf(stderr, "bench_match: %s\n", words);
    exit(EXIT_FAILURE);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- the records ------------------------------------------------------------------------------ */

/* Every digit from `from` on is another one in each copy. */
static struct slice turn_digits(struct slice text, size_t copy, size_t from, struct arena *arena)
{
    struct slice turned = arena_copy(arena, text);
    char *bytes = arena_string(arena, text);
    size_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (bytes[i] < '0' || bytes[i] > '9' || number++ < from)
            continue;
        bytes[i] = (char)('0' + ((size_t)(bytes[i] - '0') + copy * (3 + 2 * (number % 2))) % 10);
    }
    turned.ptr = bytes;
    return turned;
}

static void turn_list(struct json *list, struct slice member, size_t copy, size_t from,
                      struct arena *arena)
{
    for (struct json *each = json_first(list); each; each = json_next(each))
        json_set(each, member,
                 json_string(arena, turn_digits(json_get_text(each, member), copy, from, arena)));
}

static struct json *copy_of(const struct bench *bench, size_t line, size_t copy,
                            struct arena *arena)
{
    struct json *json = NULL;
    insist(json_parse(bench->lines[line], arena, &json, NULL) == 0, "a line is no JSON");
    struct json *patient = people_patient(json, arena);
    instant birth;
    if (copy == 0)
        return patient;
    if (time_parse(json_get_text(patient, SLICE("birthDate")), 0, &birth)) {
        birth += (instant)copy * 53 * TIME_DAY;
        json_set(patient, SLICE("birthDate"),
                 json_string(arena, slice_part(time_format(birth, 0, arena), 0, 10)));
    }
    turn_list(json_get(patient, SLICE("telecom")), SLICE("value"), copy, 3, arena);
    turn_list(json_get(patient, SLICE("identifier")), SLICE("value"), copy, 0, arena);
    struct json *line_list =
        json_get(json_at(json_get(patient, SLICE("address")), 0), SLICE("line"));
    struct json *first = json_at(line_list, 0);
    if (first)
        json_replace(line_list, first,
                     json_string(arena, turn_digits(json_text(first), copy, 0, arena)));
    return patient;
}

static const struct pipeline_demographics *demographics_of(const struct bench *bench, size_t line,
                                                           size_t copy, struct arena *arena)
{
    return pipeline_demographics_of(bench->table, copy_of(bench, line, copy, arena), arena);
}

/* --- the store -------------------------------------------------------------------------------- */

/* In COPY's text form a backslash stands for itself only when it is doubled. */
static void write_body(FILE *file, struct slice body)
{
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == '\\')
            fputc('\\', file);
        fputc(body.ptr[i], file);
    }
}

static void copy_persons(const struct bench *bench, size_t first, size_t count, size_t copy)
{
    fprintf(bench->psql, "copy seed from stdin;\n");
    struct arena *arena = arena_new(0);
    struct buffer body;
    buffer_init(&body, 0);
    for (size_t line = first; line < first + count; line++) {
        buffer_reset(&body);
        json_print(copy_of(bench, line, copy, arena), &body);
        fprintf(bench->psql, "%zu\t", copy * bench->line_count + line + 1);
        write_body(bench->psql, buffer_slice(&body));
        fputc('\n', bench->psql);
        arena_reset(arena);
    }
    fprintf(bench->psql, "\\.\n");
    buffer_release(&body);
    arena_free(arena);
}

static void copy_blocks(const struct bench *bench, size_t first, size_t count, size_t copy)
{
    fprintf(bench->psql, "copy match_block from stdin;\n");
    struct arena *arena = arena_new(0);
    for (size_t line = first; line < first + count; line++) {
        int64_t blocks[PIPELINE_BLOCK_LIMIT];
        size_t found = pipeline_match_blocks(demographics_of(bench, line, copy, arena), blocks);
        for (size_t i = 0; i < found; i++)
            fprintf(bench->psql, "%lld\t%zu\n", (long long)blocks[i],
                    copy * bench->line_count + line + 1);
        arena_reset(arena);
    }
    fprintf(bench->psql, "\\.\n");
    arena_free(arena);
}

/* The indexes are made when all rows are there. */
static const char BEGIN[] =
    "set synchronous_commit = off; create unlogged table seed (number bigint, body text);"
    "alter table match_block drop constraint match_block_pkey; drop index match_block_source;\n";
static const char END[] =
    "insert into person select number, 'p' || number, null, now() from seed;"
    "insert into source_record select number, 'bay', 'urn:bay', 'B' || number, number, number,"
    " 'p' || number, now() from seed;"
    "insert into resource (person_key, type, number, id, version, last_updated, deleted, merged,"
    " source_record_key, source_time, labels, label_site, content_hash, body)"
    " select number, 'Patient', number, 'p' || number, 1, now(), false, false, number, now(), 0, "
    "'', '',"
    " body from seed;"
    "alter table match_block add primary key (block, source_record_key);"
    "create index match_block_source on match_block (source_record_key);"
    "drop table seed; vacuum analyze person, source_record, resource, match_block;\n";

static void fill_store(struct bench *bench)
{
    struct store_settings owner = database_settings("painbridge_owner");
    size_t migrations = 0;
    insist(store_migrate(&owner, &migrations, NULL) == 0, "could not migrate");
    bench->psql = popen("PGUSER=postgres PGPASSWORD=postgres psql -X -q -v ON_ERROR_STOP=1", "w");
    insist(bench->psql != NULL, "no psql");
    fputs(BEGIN, bench->psql);
    for (size_t copy = 0; copy < bench->copies; copy++)
        for (size_t first = 0; first < bench->line_count; first += PART) {
            size_t count =
                bench->line_count - first < PART ? bench->line_count - first : (size_t)PART;
            copy_persons(bench, first, count, copy);
            copy_blocks(bench, first, count, copy);
        }
    for (const char *rest = END; *rest != '\0';) { /* vacuum wants a line of its own */
        size_t len = strcspn(rest, ";");
        fprintf(bench->psql, "%.*s;\n", (int)len, rest);
        rest += len + strspn(rest + len, ";\n");
    }
    insist(pclose(bench->psql) == 0, "psql failed");
}

/* --- looking ---------------------------------------------------------------------------------- */

struct look {
    double wall, here, server; /* seconds */
    size_t candidates;
};

/* Time on a processor of the server's process, in seconds (Linux: proc(5), schedstat). */
static double server_cpu(long process)
{
    char path[64];
    unsigned long long nanoseconds = 0;
    snprintf(path, sizeof(path), "/proc/%ld/schedstat", process);
    FILE *file = fopen(path, "r");
    insist(file && fscanf(file, "%llu", &nanoseconds) == 1, "could not read schedstat");
    fclose(file);
    return (double)nanoseconds / 1e9;
}

static struct look look_for(const struct bench *bench, struct store_connection *connection,
                            long process, size_t line, size_t copy, struct arena *arena)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    struct pipeline_candidate *candidates = NULL;
    struct pipeline_match_person *persons = NULL;
    size_t count = 0;
    const struct pipeline_demographics *record = demographics_of(bench, line, copy, arena);
    double server = server_cpu(process);
    double wall = seconds(CLOCK_MONOTONIC), here = seconds(CLOCK_PROCESS_CPUTIME_ID);
    struct store_request *request = store_request_new(arena);
    size_t statement = pipeline_match_ask(bench->table, &record, 1, request, arena);
    insist(store_connection_run(connection, request, &issues) == 0, "could not ask");
    insist(pipeline_match_candidates(bench->table, 0,
                                     (int64_t)(copy * bench->line_count + line + 1), request,
                                     statement, arena, &candidates, &count, &issues) == 0,
           "could not read a candidate");
    (void)pipeline_match_persons(bench->table, record, candidates, count, arena, &persons);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    here = seconds(CLOCK_PROCESS_CPUTIME_ID) - here;
    return (struct look){wall, here, server_cpu(process) - server, count};
}

static int by_number(const void *a, const void *b)
{
    const double *one = a, *two = b;
    return (*one > *two) - (*one < *two);
}

static void print_spread(const char *words, double *numbers, size_t count, double unit)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    qsort(numbers, count, sizeof(*numbers), by_number);
    printf("%s: mean %.2f, p50 %.2f, p99 %.2f, most %.2f\n", words, sum / (double)count * unit,
           numbers[count / 2] * unit, numbers[count * 99 / 100] * unit, numbers[count - 1] * unit);
}

static void look_for_all(const struct bench *bench, size_t looks)
{
    struct store_settings door = database_settings("painbridge_door");
    struct store_connection *connection = store_connection_new(&door, STORE_USE_WRITE);
    insist(store_connection_open(connection, 20000, NULL) == 0, "could not connect");
    char *answer = database_ask("select pid from pg_stat_activity"
                                " where usename = 'painbridge_door'");
    long process = strtol(answer, NULL, 10);
    free(answer);
    double *walls = ARENA_ARRAY(bench->arena, looks, double);
    double *works = ARENA_ARRAY(bench->arena, looks, double);
    double *candidates = ARENA_ARRAY(bench->arena, looks, double);
    struct arena *arena = arena_new(0);
    uint64_t at = 12345;
    for (size_t i = 0; i < looks; i++) {
        at = at * UINT64_C(6364136223846793005) + 1442695040888963407;
        struct look look =
            look_for(bench, connection, process, (size_t)(at >> 33) % bench->line_count,
                     (size_t)(at >> 20) % bench->copies, arena);
        walls[i] = look.wall;
        works[i] = look.here + look.server;
        candidates[i] = (double)look.candidates;
        arena_reset(arena);
    }
    print_spread("a match, wall clock, ms", walls, looks, 1e3);
    print_spread("a match, CPU time here and in the server, ms", works, looks, 1e3);
    print_spread("candidates", candidates, looks, 1);
    arena_free(arena);
    store_connection_free(connection);
}

static void print_answer(const char *words, const char *sql)
{
    char *answer = database_ask(sql);
    printf("%s: %s\n", words, answer);
    free(answer);
}

int main(int count, char **arguments)
{
    struct bench bench = {.arena = arena_new((size_t)4 << 30)};
    struct slice text;
    struct mapping_texts texts;
    insist(count == 3 || count == 4, "usage: pipeline_bench_match RECORDS COPIES [LOOKS]");
    bench.copies = (size_t)strtoul(arguments[2], NULL, 10);
    size_t looks = count == 4 ? (size_t)strtoul(arguments[3], NULL, 10) : 5000;
    insist(bench.copies > 0 && looks > 0, "COPIES and LOOKS are numbers from 1");
    insist(mapping_texts_of_base(PAINBRIDGE_SOURCE_DIR "/mappings", bench.arena, &texts, NULL) ==
                   0 &&
               pipeline_match_table_load(&texts, bench.arena, &bench.table, NULL) == 0,
           "could not load the tables");
    insist(file_read(arguments[1], (size_t)2 << 30, bench.arena, &text, NULL) == 0,
           "could not read the records");
    bench.lines = ARENA_ARRAY(bench.arena, text.len / 100 + 1, struct slice);
    for (struct slice rest = text, line; slice_split(&rest, '\n', &line);)
        if (line.len > 100)
            bench.lines[bench.line_count++] = line;
    insist(database_start() == 0, "could not start a database");
    double began = seconds(CLOCK_MONOTONIC);
    fill_store(&bench);
    printf("%zu records stored in %.0f s\n", bench.line_count * bench.copies,
           seconds(CLOCK_MONOTONIC) - began);
    look_for_all(&bench, looks);
    print_answer("blocks of a record", "select round(count(*)::numeric / count(distinct "
                                       "source_record_key), 1) from match_block");
    print_answer("size of the blocks with their indexes",
                 "select pg_size_pretty(pg_total_relation_size('match_block'))");
    print_answer("blocks that find nobody, and the largest",
                 "select count(*) filter (where n > 200) || ' of ' || count(*) || ', ' || max(n)"
                 " from (select count(*) as n from match_block group by block) as b");
    arena_free(bench.arena);
    return 0;
}
