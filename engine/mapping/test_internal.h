/* test_internal: what a test is once it was read. Internal to the room. */
#ifndef MAPPING_TEST_INTERNAL_H
#define MAPPING_TEST_INTERNAL_H

#include "hl7v2/header.h"
#include "hl7v2/place.h"
#include "mapping/expect.h"
#include "mapping/library.h"
#include "mapping/test.h"
#include "mapping/to_v2.h"
#include "mapping/why.h"

/* <expect>, <absent>, <count>, <ack>, <refused>, told apart by the rule's word. */
struct test_expectation {
    const struct rule *rule;
    const struct expect_condition *where; /* NULL: any */
    struct expect_path path;
    struct hl7v2_place place; /* of a test that sends; segment 0: the messages themselves */
    struct test_expectation *next;
};

/* A map from FHIR to v2 that runs alone. */
struct test_send_map {
    struct slice id;
    uint32_t segment;                 /* HL7V2_ID that it writes, 0 for a data type map */
    struct slice type;                /* v2 data type that it writes, empty for a segment map */
    const struct fhir_type *resource; /* that it reads; NULL: an element */
};

struct test {
    const struct rule *rule;
    const struct map_source *map; /* whose map runs alone; NULL: a whole message */
    /* of a test that sends (rule->is_send): one of */
    const struct test_send_map *send_map;
    const struct send_file *send;
    struct test_expectation *expectations;
    struct test *next;
};

struct mapping_tests {
    struct arena *arena;
    const struct mapping_rules *rules;
    const struct mapping_texts *site; /* NULL: tests of the base */
    struct map names;                 /* of resources in rules: name to struct fhir_type; the type
                                         Resource where several are called so */
    struct map rule_ids;              /* of the site's own rules */
    struct test *first, *last;
    size_t count;
};

/* No tests yet. `site` may be NULL. */
void test_list_init(struct mapping_tests *tests, const struct mapping_rules *rules,
                    const struct mapping_texts *site, struct arena *arena);
/* Reads the tests of one file that has no other mistakes; `path` names it in issues. -1 with
 * issues. */
int test_read_file(struct mapping_tests *tests, struct slice path, struct slice text,
                   struct issue_list *issues) __attribute__((warn_unused_result));

/* --- test_read.c, for test_read_send.c ---------------------------------------------------------*/

struct test_reader {
    struct mapping_tests *tests;
    struct issue_list *issues;
};

/* "did you mean 'x'?" of the keys. */
struct slice test_nearest_key(const struct map *map, struct slice wrong, struct arena *arena);
void test_report_incomplete(struct test_reader *reader, const struct rule *rule, const char *words,
                            const char *hint);
void test_check_by(struct test_reader *reader, const struct rule *rule);
void test_check_count(struct test_reader *reader, const struct rule *rule);

/* --- test_read_send.c --------------------------------------------------------------------------*/

/* What a test that sends is for, and whether it has what it is given. */
void test_read_send(struct test_reader *reader, struct test *test);
void test_read_send_expectation(struct test_reader *reader, const struct test *test,
                                struct test_expectation *expectation);
/* The place that a data type map is written to in its tests. */
#define TEST_VALUE_SEGMENT "ZZT"
#define TEST_VALUE_FIELD 2

/* --- test_map.c: a map that runs alone ---------------------------------------------------------*/

/* The name under which the program has the message that runs a map alone, "test PID-Patient". */
struct slice test_structure_of(const struct map_source *map, struct arena *arena);
/* Adds to `rules` a message of that name for each map that has a test. -1 with issues. */
int test_add_structures(const struct mapping_tests *tests, struct mapping_rules *rules,
                        struct arena *arena, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The lines of a text without the blanks around them, each with a CR. */
struct slice test_lines(struct slice text, struct arena *arena);
/* The message of a test of a map: a header where the test gives none, its segments, its value. */
struct slice test_message_of_map(const struct test *test, struct arena *arena);

/* --- test_translate.c: a message as a test has it translated -----------------------------------*/

struct test_translation {
    struct issue_list issues;
    bool parsed;     /* message and header count */
    bool translated; /* result counts */
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct mapping_result result; /* points to message */
};

/* `map`: runs alone; NULL: the whole message, which must be one that a feed would take. `charset`
 * is that of a message that does not say its own. */
void test_translate(const struct mapping_program *program, const struct map_source *map,
                    struct slice bytes, struct slice charset, struct arena *arena,
                    struct test_translation *ret_translation);

/* --- test_run.c, test_run_send.c: one test
 * ------------------------------------------------------*/

struct test_run {
    const struct mapping_tests *tests;
    const struct mapping_program *program;
    const struct mapping_sends *sends; /* NULL: no test sends */
    const struct test *test;
    struct arena *arena; /* of one test */
    struct test_translation made;
    struct mapping_test_outcome outcome;
};

/* The time of all tests: 2026-01-02T03:04:05Z. */
#define TEST_TIME (INT64_C(1767323045) * TIME_SECOND)
#define TEST_LONGEST_VALUE 400 /* of a value that is shown */

/* The bytes of a file that `rule` names, relative to the file of its test. -1 with an issue. */
int test_fixture(const struct test_run *run, const struct rule *rule, struct slice *ret_bytes,
                 struct issue_list *issues) __attribute__((warn_unused_result));
/* Notes that an expectation did not hold; its trace is the caller's to add. */
struct mapping_test_failure *test_add_failure(struct test_run *run, const struct rule *rule,
                                              struct slice expected, struct slice actual);
/* Makes the messages of a test that sends, and judges them. -1 with issues where it cannot be run.
 */
int test_run_send(struct test_run *run, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* --- of maps again -----------------------------------------------------------------------------*/

/* What a map wrote: an object of a resource. */
struct test_subject {
    const struct json *node;
    uint32_t resource; /* of the result */
};
/* What the map that ran alone wrote: the resource, or the value of its type; returns how many. */
size_t test_subjects_of_map(const struct map_source *map, const struct mapping_result *result,
                            struct arena *arena, struct test_subject **ret_subjects);

#endif
