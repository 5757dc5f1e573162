/* knowledge: what the program knows of the two standards: the files under `mappings/dictionary`,
 * `fhir/definitions` and `fhir/search`, read once and shared by everything in the process.
 *
 * These files come with the program and do not change while it runs; mappings and sites do, and are
 * read by rules_load (a revision). */
#ifndef CLI_KNOWLEDGE_H
#define CLI_KNOWLEDGE_H

#include "cli/instance.h"
#include "fhir/search_index.h"
#include "hl7v2/dictionary.h"
#include "mapping/program.h"
#include "mapping/texts.h"
#include "pipeline/match_table.h"

struct knowledge {
    const char *mappings; /* folder */
    const char *fhir;     /* folder */
    const struct fhir_definitions *definitions;
    const struct fhir_search_table *search;
    const struct hl7v2_dictionary *dictionary;
};

/* Reads all of it into the arena (about 5 MiB). `mappings` may be NULL: the folder that came with
 * the program. -1 with issues. */
int knowledge_load(const char *mappings, struct arena *arena, struct knowledge *ret_knowledge,
                   struct issue_list *issues) __attribute__((warn_unused_result));

/* The files of the mappings as they were read: the shipped ones, and those of each site of an
 * instance in its order. A site's own file is the text that the instance was read from. */
struct rules_texts {
    struct mapping_texts base;
    struct mapping_texts *sites;
};

/* Reads them into the arena. -1 with issues. */
int rules_texts_read(const struct knowledge *knowledge, const struct instance *instance,
                     struct arena *arena, struct rules_texts *ret_texts, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* One state of the mappings: a program for each site of an instance. */
struct rules {
    struct rules_texts texts;                /* what it was made of */
    const struct mapping_program **programs; /* one for each site of the instance, in its order */
    size_t program_count;
    const struct match_table *match; /* who is the same person */
};

/* Reads the shipped mappings and all sites of the instance: the texts into `scratch`, which may go
 * before the programs do, and these into `arena`. -1 with issues; every fault of every file is
 * reported. */
int rules_load(const struct knowledge *knowledge, const struct instance *instance,
               struct arena *scratch, struct arena *arena, struct rules *ret_rules,
               struct issue_list *issues) __attribute__((warn_unused_result));

#endif
