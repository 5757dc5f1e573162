/* test_internal: what a test is once it was read. Internal to the room. */
#ifndef MAPPING_TEST_INTERNAL_H
#define MAPPING_TEST_INTERNAL_H

#include "hl7v2/header.h"
#include "mapping/expect.h"
#include "mapping/library.h"
#include "mapping/test.h"

/* <expect>, <absent>, <count>, <ack>, told apart by the rule's word. */
struct test_expectation {
    const struct rule *rule;
    const struct expect_condition *where; /* NULL: any */
    struct expect_path path;
    struct test_expectation *next;
};

struct test {
    const struct rule *rule;
    const struct map_source *map; /* whose map runs alone; NULL: a whole message */
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
