/* fuzz_base: the rules of tests/mapping/rules, read once for a fuzz target. */
#ifndef TESTS_MAPPING_FUZZ_BASE_H
#define TESTS_MAPPING_FUZZ_BASE_H

#include <stdlib.h>

#include "fhir/definition.h"
#include "hl7v2/dictionary.h"
#include "hl7v2/header.h"
#include "mapping/to_fhir.h"
#include "mapping/to_v2.h"

struct fuzz_base {
    const struct hl7v2_dictionary *dictionary;
    const struct mapping_rules *rules;
    const struct mapping_program *program;
};

static inline const struct fuzz_base *fuzz_base(void)
{
    static struct fuzz_base base;
    static struct arena *arena;
    const struct fhir_definitions *definitions;
    struct issue_list issues;
    if (base.program)
        return &base;
    arena = arena_new((size_t)1 << 28);
    issue_list_init(&issues, arena);
    if (hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", arena, &base.dictionary,
                              &issues) != 0 ||
        fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena, &definitions,
                              &issues) != 0 ||
        mapping_rules_load(PAINBRIDGE_SOURCE_DIR "/tests/mapping/rules", base.dictionary,
                           definitions, arena, &base.rules, &issues) != 0 ||
        mapping_program_load(base.rules, NULL, arena, &base.program, &issues) != 0)
        abort();
    return &base;
}

/* The files of those rules that write v2. */
static inline const struct mapping_sends *fuzz_sends(void)
{
    static const struct mapping_sends *sends;
    struct issue_list issues;
    if (sends)
        return sends;
    struct arena *arena = arena_new((size_t)1 << 28);
    issue_list_init(&issues, arena);
    if (mapping_sends_load(fuzz_base()->rules, NULL, arena, &sends, &issues) != 0)
        abort();
    return sends;
}

#endif
