/* test: the tests that stand in mapping files, read, checked and run.
 *
 * They are for people and for a build: a running engine passes them over. What they may say is
 * written for their users in mappings/README.md; the paths in them are read by mapping/expect.
 *
 * A test of a segment or data type map runs that map alone: on the segments it is given, or on its
 * value, behind a MSH of 2026-01-02T03:04:05Z, which is also the time of receipt. A test of a
 * message file or a site runs the whole message. Tests of a site run with its differences.
 *
 * A test of what goes out is told by its <json>: resources, or the value of a data type. It runs
 * the map alone on the first of them, or all messages of its <send> that they call for, to bytes;
 * its expectations look at the places of those bytes. */
#ifndef MAPPING_TEST_H
#define MAPPING_TEST_H

#include "mapping/program.h"
#include "mapping/texts.h"

struct mapping_tests;

/* The tests of the base's files, or of a site's own file, in their order. `texts` are those that
 * `rules` (and the site) were made of; they and the arena must live as long as the tests. -1 with
 * issues (as mapping_rules_load) where a test says what it cannot mean. Files that tests name are
 * not read here. */
int mapping_tests_of_base(const struct mapping_rules *rules, const struct mapping_texts *texts,
                          struct arena *arena, const struct mapping_tests **ret_tests,
                          struct issue_list *issues) __attribute__((warn_unused_result));
int mapping_tests_of_site(const struct mapping_rules *rules, const struct mapping_texts *texts,
                          struct arena *arena, const struct mapping_tests **ret_tests,
                          struct issue_list *issues) __attribute__((warn_unused_result));

size_t mapping_tests_count(const struct mapping_tests *tests);
/* The ids of the base's segment and data type maps, and of its sends, that none of the tests is
 * for. */
size_t mapping_tests_missing(const struct mapping_tests *tests, struct arena *arena,
                             struct slice **ret_ids);

/* Where something that is there came from: one source of one value. */
struct mapping_test_source {
    struct slice target; /* "name[0].family", "PID[1]-5[1].1.1" */
    struct slice value;
    struct slice from; /* "PID[1]-5[1]", "Patient/7 name[0].family", "a literal" */
    struct mapping_rule_facts rule;
};

/* One expectation that did not hold. */
struct mapping_test_failure {
    unsigned line, column;             /* of the expectation, in the file of the test */
    struct slice expected;             /* "birthDate = '1980-02-29'" */
    struct slice actual;               /* "'1980-02-28'", "nothing" */
    struct mapping_test_source *trace; /* of what is there; none where nothing is */
    size_t trace_count;
};

struct mapping_test_outcome {
    struct slice name;
    struct slice file;
    unsigned line, column;
    struct mapping_test_failure *failures; /* none: passed */
    size_t failure_count;
    const struct issue_list *issues; /* what translating the message said */
};

/* Runs the tests of one file, or of all (`file` empty), and calls visit after each, in their order;
 * an outcome lives until visit returns. -1 with issues where the rules that the tests need cannot
 * be made, or a file cannot be read; a test that fails is no issue. */
typedef void mapping_test_visit(const struct mapping_test_outcome *outcome, void *data);
int mapping_tests_run(const struct mapping_tests *tests, struct slice file,
                      mapping_test_visit *visit, void *data, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The text of a test for a site's file: the message of the fixture, and as expectations the first
 * values that each rule makes of it today, for a person to check. `fixture` is the path that the
 * test names ("fixtures/a.hl7"), `bytes` what stands there. Indented by two blanks, ends with a
 * line end. -1 with issues where the message is refused. */
int mapping_test_text(const struct mapping_program *program, struct slice name,
                      struct slice fixture, struct slice bytes, struct arena *arena,
                      struct slice *ret_text, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
