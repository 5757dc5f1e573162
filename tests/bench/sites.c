/* sites: what the mappings of an instance keep in memory, and what it costs to load them.
 *
 *   sites FOLDER SITE...      FOLDER holds mappings/ and fhir/; SITE is a site's folder, each one
 * of the instance (the same may be said often)
 *
 * Loads them as a door does. Prints the bytes of dictionary and definitions, of the programs (what
 * stays for good), and the CPU time of the programs. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/file.h"
#include "fhir/definition.h"
#include "hl7v2/dictionary.h"
#include "mapping/program.h"
#include "mapping/texts.h"

#define CEILING ((size_t)1 << 30)

/* User and system, in milliseconds. */
static double cpu_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void insist(int outcome, const struct issue_list *issues)
{
    if (outcome == 0)
        return;
    struct slice words = issues->count ? issues->items[0].words : SLICE("no reason given");
    fprintf(stderr, "sites: %.*s\n", SLICE_ARG(words));
    exit(EXIT_FAILURE);
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fputs("usage: sites FOLDER SITE...\n", stderr);
        return 2;
    }
    const char *folder = arguments[1];
    size_t site_count = (size_t)count - 2;
    struct arena *knowledge = arena_new(CEILING), *kept = arena_new(CEILING);
    struct arena *scratch = arena_new(CEILING);
    struct issue_list issues;
    const struct hl7v2_dictionary *dictionary;
    const struct fhir_definitions *definitions;
    issue_list_init(&issues, scratch);
    insist(hl7v2_dictionary_load(file_join(scratch, folder, SLICE("mappings/dictionary")),
                                 knowledge, &dictionary, &issues),
           &issues);
    insist(fhir_definitions_load(file_join(scratch, folder, SLICE("fhir/definitions/r4")),
                                 knowledge, &definitions, &issues),
           &issues);
    printf("dictionary and definitions: %zu KiB\n", arena_used(knowledge) / 1024);

    double began = cpu_now();
    struct mapping_texts base, *sites = ARENA_ARRAY(scratch, site_count, struct mapping_texts);
    const struct mapping_program **programs =
        ARENA_ARRAY(scratch, site_count, const struct mapping_program *);
    insist(mapping_texts_of_base(file_join(scratch, folder, SLICE("mappings")), scratch, &base,
                                 &issues),
           &issues);
    for (size_t i = 0; i < site_count; i++)
        insist(mapping_texts_of_site(arguments[i + 2], scratch, &sites[i], &issues), &issues);
    insist(mapping_programs_make(&base, sites, site_count, dictionary, definitions, kept, programs,
                                 &issues),
           &issues);
    printf("programs of %zu sites: %zu KiB, %.0f ms CPU\n", site_count, arena_used(kept) / 1024,
           cpu_now() - began);
    arena_free(scratch);
    arena_free(kept);
    arena_free(knowledge);
    return 0;
}
