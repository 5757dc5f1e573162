/* definitions: the definitions of this repository, for the suites of this room. */
#ifndef TESTS_FHIR_DEFINITIONS_H
#define TESTS_FHIR_DEFINITIONS_H

#include "fhir/definition.h"
#include "support/suite.h"

#define FHIR_FOLDER PAINBRIDGE_SOURCE_DIR "/fhir"
#define FHIR_TEST_FOLDER PAINBRIDGE_SOURCE_DIR "/tests/support/fhir" /* more search parameters */

static inline const struct fhir_definitions *need_definitions(struct arena *arena)
{
    const struct fhir_definitions *definitions = NULL;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(
        fhir_definitions_load(FHIR_FOLDER "/definitions/r4", arena, &definitions, &issues), 0);
    ck_assert_uint_eq(issues.count, 0);
    return definitions;
}

#endif
