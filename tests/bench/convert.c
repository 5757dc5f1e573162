/* convert: what a translation costs, without files, network and database.
 *
 *   convert FOLDER [SECONDS]      FOLDER holds mappings/ and fhir/; SECONDS (2) for each case
 *
 * A translation is what a feed does with a message: it is indexed, its header read, mapped, and the
 * Bundle printed. The messages of a case differ in what they say and not in what is filled; but for
 * the first case, what was learnt of those before is at hand, as on a feed (mapping/shapes.h).
 * Prints a line for each case: translations a second of CPU time on one core, and the CPU time of
 * one; for the attachment the largest memory as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "fhir/definition.h"
#include "hl7v2/dictionary.h"
#include "hl7v2/header.h"
#include "mapping/shapes.h"
#include "mapping/to_fhir.h"

#define ATTACHMENT ((size_t)10 * 1024 * 1024)
#define FRAME_COUNT 64

struct bench {
    const struct mapping_program *program;
    struct arena *arena;
    struct mapping_shapes *shapes; /* NULL: nothing is learnt of the messages before */
    struct buffer printed;
    instant received;
};

/* User and system, in microseconds. */
static double cpu_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* The most that was resident so far, in KiB. */
static long memory_peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void insist(int outcome, const struct issue_list *issues, const char *what)
{
    if (outcome == 0)
        return;
    struct slice words = issues->count ? issues->items[0].words : SLICE("no reason given");
    fprintf(stderr, "%s: %.*s\n", what, SLICE_ARG(words));
    exit(EXIT_FAILURE);
}

/* --- messages ----------------------------------------------------------------------------------*/

/* An ORU^R01 as tests/bench/load.c sends it; five segments and so many results. Each number gives
 * another patient, other numbers, values and times, as the messages of a feed have them. */
static void write_results(struct buffer *out, unsigned number, unsigned results)
{
    static const char *const NAMES[] = {"ALMA^Q", "BERTRAM^L", "CHI", "DOLORES^M", "EUNICE^R"};
    unsigned day = number % 28 + 1, minute = number % 60;
    buffer_append_format(
        out,
        "MSH|^~\\&|APP0|MISSION|PAINBRIDGE|HUB|202603%02u09%02u00-0800||ORU^R01^ORU_R01|"
        "%u-0-1|P|2.5.1\r"
        "PID|1||M%u-1^^^MISSION^MR||TESTCASE%u^%s||19710405|F|||%u ELM "
        "ST^^OAKLAND^CA^94601||(415)555-0101\r"
        "PV1|1|O|CLINIC^^^MISSION||||%u^RIVERA^LUZ^^^^MD|||||||||||V%u-1\r",
        day, minute, 31415926 + number, number, number, NAMES[number % 5], number + 1,
        1234567893 + number % 7, number);
    buffer_append_format(out,
                         "ORC|RE|P%u-0-1^APP|F%u-0-1^LAB\r"
                         "OBR|1|P%u-0-1^APP|F%u-0-1^LAB|24323-8^Comprehensive metabolic "
                         "panel^LN|||202603%02u09%02u00-0800|||||||||%u^RIVERA^LUZ||||||"
                         "202603%02u09%02u00-0800|||F\r",
                         number, number, number, number, day, minute, 1234567893 + number % 7, day,
                         minute);
    for (unsigned i = 1; i <= results; i++)
        buffer_append_format(out,
                             "OBX|%u|NM|234%u-%u^Analyte %u of the "
                             "panel^LN||%u.%u|mmol/L|3.5-5.1|N|||F|||202603%02u09%02u00-0800\r",
                             i, i, i % 10, i, number % 9, i, day, minute);
}

/* An MDM^T02 whose one OBX holds so many bytes of base64. */
static void write_attachment(struct buffer *out, size_t size)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buffer_append(out, SLICE("MSH|^~\\&|DOC|MISSION|PAINBRIDGE|HUB|20260310093000-0800||"
                             "MDM^T02^MDM_T02|77|P|2.5.1\r"
                             "EVN|T02|20260310093000-0800\r"
                             "PID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r"
                             "PV1|1|O|CLINIC^^^MISSION\r"
                             "TXA|1|CN^Consultation note^L|AP|20260310093000-0800|"
                             "1234567893^RIVERA^LUZ||||||DOC1^DOC||||rep.pdf|AU\r"
                             "OBX|1|ED|11488-4^Consultation note^LN||^AP^PDF^Base64^"));
    char *at = buffer_reserve(out, size);
    for (size_t i = 0; at && i < size; i++)
        at[i] = LETTERS[(i * 2654435761u >> 7) & 63];
    buffer_commit(out, size);
    buffer_append(out, SLICE("||||||F\r"));
}

/* --- one translation ---------------------------------------------------------------------------*/

static void translate(struct bench *bench, struct slice frame, bool trace)
{
    static const struct hl7v2_message_options OPTIONS = {.default_charset = HL7V2_CHARSET_ASCII};
    const struct hl7v2_header_rules rules = {.message = &OPTIONS};
    const struct mapping_context context = {.received = bench->received,
                                            .site = SLICE("mission"),
                                            .mrn_system = SLICE("urn:painbridge:site:mission:mrn"),
                                            .source = SLICE("#1"),
                                            .trace = trace,
                                            .shapes = bench->shapes};
    struct issue_list issues;
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct mapping_result result;
    issue_list_init(&issues, bench->arena);
    insist(hl7v2_message_parse(frame, &OPTIONS, bench->arena, &message, &issues), &issues, "parse");
    hl7v2_header_read(&message, &header);
    insist(hl7v2_header_check(&message, &header, &rules, &issues), &issues, "header");
    insist(mapping_to_fhir(bench->program, &message, header.structure, &context, bench->arena,
                           &result, &issues),
           &issues, "map");
    json_print(mapping_bundle(&result, bench->arena), &bench->printed);
    buffer_reset(&bench->printed);
    arena_reset(bench->arena);
}

/* The messages in turn, as a feed has them. */
static void measure(struct bench *bench, const char *name, const struct buffer *frames, bool trace,
                    double seconds)
{
    for (unsigned i = 0; i < FRAME_COUNT; i++)
        translate(bench, buffer_slice(&frames[i]), trace);
    double began = cpu_now(), ended = began;
    unsigned long count = 0;
    for (; ended - began < seconds * 1e6; ended = cpu_now())
        for (unsigned i = 0; i < FRAME_COUNT; i++, count++)
            translate(bench, buffer_slice(&frames[i]), trace);
    double each = (ended - began) / (double)count;
    printf("translate %s, %zu bytes: %.0f/s on one core (%.1f us CPU)\n", name, frames[0].len,
           1e6 / each, each);
}

/* --- the cases ---------------------------------------------------------------------------------*/

static const struct mapping_program *load(const char *folder, struct arena *arena)
{
    struct issue_list issues;
    const struct hl7v2_dictionary *dictionary;
    const struct fhir_definitions *definitions;
    const struct mapping_rules *rules;
    const struct mapping_program *program;
    issue_list_init(&issues, arena);
    double began = cpu_now();
    insist(hl7v2_dictionary_load(file_join(arena, folder, SLICE("mappings/dictionary")), arena,
                                 &dictionary, &issues),
           &issues, "dictionary");
    insist(fhir_definitions_load(file_join(arena, folder, SLICE("fhir/definitions/r4")), arena,
                                 &definitions, &issues),
           &issues, "definitions");
    double known = cpu_now();
    insist(mapping_rules_load(file_join(arena, folder, SLICE("mappings")), dictionary, definitions,
                              arena, &rules, &issues),
           &issues, "mappings");
    insist(mapping_program_load(rules, NULL, arena, &program, &issues), &issues, "program");
    double ended = cpu_now();
    printf("load: all shipped mappings in %.0f ms CPU (dictionary and definitions before: %.0f)\n",
           (ended - known) / 1e3, (known - began) / 1e3);
    return program;
}

/* Once: that is how such a message comes. The memory counts the message itself. */
static void measure_attachment(struct bench *bench)
{
    struct buffer message;
    long before = memory_peak();
    buffer_init(&message, 2 * ATTACHMENT);
    (void)buffer_reserve(&message, ATTACHMENT + 1024);
    write_attachment(&message, ATTACHMENT);
    double began = cpu_now();
    translate(bench, buffer_slice(&message), false);
    double ended = cpu_now();
    printf("translate MDM with an attachment, %zu bytes: %.0f ms CPU, %.2f times its size in "
           "memory\n",
           message.len, (ended - began) / 1e3,
           (double)(memory_peak() - before) * 1024 / (double)message.len);
    buffer_release(&message);
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fputs("usage: convert FOLDER [SECONDS]\n", stderr);
        return 2;
    }
    double seconds = count > 2 ? strtod(arguments[2], NULL) : 2;
    struct arena *loaded = arena_new(0);
    struct bench bench = {
        .program = load(arguments[1], loaded), .arena = arena_new(0), .received = time_now()};
    struct buffer few[FRAME_COUNT], many[FRAME_COUNT];
    buffer_init(&bench.printed, 0);
    measure_attachment(&bench);
    for (unsigned i = 0; i < FRAME_COUNT; i++) {
        buffer_init(&few[i], 0);
        buffer_init(&many[i], 0);
        write_results(&few[i], i, 8);
        write_results(&many[i], i, 40);
    }
    measure(&bench, "ORU with 8 results, nothing learnt", few, false, seconds);
    bench.shapes = mapping_shapes_make(bench.program, loaded);
    measure(&bench, "ORU with 8 results", few, false, seconds);
    measure(&bench, "ORU with 8 results with its trace", few, true, seconds);
    measure(&bench, "ORU of 45 segments", many, false, seconds);
    printf("learnt of them: %zu KiB\n", mapping_shapes_used(bench.shapes) / 1024);
    for (unsigned i = 0; i < FRAME_COUNT; i++) {
        buffer_release(&few[i]);
        buffer_release(&many[i]);
    }
    buffer_release(&bench.printed);
    arena_free(bench.arena);
    arena_free(loaded);
    return 0;
}
