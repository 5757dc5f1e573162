/* test: runs the tests that stand in mapping files.
 *
 *   painbridge test                       those of the shipped mappings, and of the sites at hand
 *   painbridge test /srv/bridge           of an instance's sites
 *   painbridge test DIR                   of a folder of mappings, or of a site
 *   painbridge test DIR/NAME.xml          of one file
 *
 * A failed test is one line with what was expected and what is there, then where that came from. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/knowledge.h"
#include "cli/translation.h"
#include "mapping/test.h"

#include <stdio.h>
#include <stdlib.h>

struct session {
    struct command_call *call;
    struct knowledge knowledge;
    const struct mapping_rules *base; /* of the program's mappings; NULL until needed */
    size_t passed, failed;
    struct slice *missing; /* maps without a test */
    size_t missing_count;
};

/* --- what is said of a test ------------------------------------------------------------------- */

static struct slice rule_place(const struct mapping_rule_facts *rule, struct arena *arena)
{
    return arena_format(arena, "%.*s:%u:%u", SLICE_ARG(rule->file), rule->line, rule->column);
}

static void print_failure(const struct mapping_test_outcome *outcome,
                          const struct mapping_test_failure *failure, struct arena *arena)
{
    printf("%.*s:%u:%u: failed: %.*s: expected %.*s, actual %.*s\n", SLICE_ARG(outcome->file),
           failure->line, failure->column, SLICE_ARG(outcome->name), SLICE_ARG(failure->expected),
           SLICE_ARG(failure->actual));
    for (size_t i = 0; i < failure->trace_count; i++) {
        const struct mapping_test_source *why = &failure->trace[i];
        printf("    %.*s '%.*s' from %.*s by %.*s, %.*s\n", SLICE_ARG(why->target),
               SLICE_ARG(why->value), SLICE_ARG(why->from), SLICE_ARG(why->rule.id),
               SLICE_ARG(rule_place(&why->rule, arena)));
    }
}

static void print_issues(const struct issue_list *issues, struct arena *arena)
{
    for (size_t i = 0; i < issues->count; i++) {
        const struct issue *issue = &issues->items[i];
        printf("    %s at %.*s: %.*s [%.*s]\n", issue_severity_name(issue->severity),
               SLICE_ARG(issue_place_text(&issue->place, arena)), SLICE_ARG(issue_words(issue)),
               SLICE_ARG(issue->rule));
    }
}

static struct json *trace_json(const struct mapping_test_failure *failure, struct arena *arena)
{
    struct json *trace = json_array(arena);
    for (size_t i = 0; i < failure->trace_count; i++) {
        const struct mapping_test_source *why = &failure->trace[i];
        struct json *line = json_append(trace, json_object(arena));
        json_add_string(line, SLICE("path"), why->target, arena);
        json_add_string(line, SLICE("value"), why->value, arena);
        json_add_string(line, SLICE("from"), why->from, arena);
        json_add_string(line, SLICE("rule"), why->rule.id, arena);
        json_add_string(line, SLICE("at"), rule_place(&why->rule, arena), arena);
    }
    return trace;
}

static void print_json(const struct mapping_test_outcome *outcome, struct arena *arena)
{
    struct json *line = json_object(arena);
    json_add_string(line, SLICE("test"), outcome->name, arena);
    json_add_string(line, SLICE("file"), outcome->file, arena);
    json_add(line, SLICE("line"), json_integer(arena, outcome->line));
    struct json *failures = json_add(line, SLICE("failures"), json_array(arena));
    for (size_t i = 0; i < outcome->failure_count; i++) {
        const struct mapping_test_failure *failure = &outcome->failures[i];
        struct json *item = json_append(failures, json_object(arena));
        json_add(item, SLICE("line"), json_integer(arena, failure->line));
        json_add_string(item, SLICE("expected"), failure->expected, arena);
        json_add_string(item, SLICE("actual"), failure->actual, arena);
        json_add(item, SLICE("trace"), trace_json(failure, arena));
    }
    command_print(line);
}

static void print_outcome(const struct mapping_test_outcome *outcome, bool is_json)
{
    struct arena *arena = arena_new(0);
    if (is_json) {
        print_json(outcome, arena);
    }
    for (size_t i = 0; i < outcome->failure_count && !is_json; i++) {
        print_failure(outcome, &outcome->failures[i], arena);
    }
    if (!is_json) {
        print_issues(outcome->issues, arena);
    }
    arena_free(arena);
}

static void note_outcome(const struct mapping_test_outcome *outcome, void *data)
{
    struct session *session = data;
    if (outcome->failure_count == 0) {
        session->passed++;
        return;
    }
    session->failed++;
    print_outcome(outcome, session->call->json);
}

/* --- what is run ------------------------------------------------------------------------------ */

/* The tests of a folder of mappings, or of one file of it (`file` empty: all). */
static const struct mapping_rules *test_base(struct session *session, const char *folder,
                                             struct slice file)
{
    struct command_call *call = session->call;
    struct mapping_texts texts;
    const struct mapping_rules *rules = NULL;
    const struct mapping_tests *tests = NULL;
    if (mapping_texts_of_base(folder, call->arena, &texts, &call->issues) != 0 ||
        mapping_rules_make(&texts, session->knowledge.dictionary, session->knowledge.definitions,
                           call->arena, &rules, &call->issues) != 0 ||
        mapping_tests_of_base(rules, &texts, call->arena, &tests, &call->issues) != 0 ||
        mapping_tests_run(tests, file, note_outcome, session, &call->issues) != 0) {
        return rules;
    }
    if (file.len == 0) {
        session->missing_count = mapping_tests_missing(tests, call->arena, &session->missing);
    }
    return rules;
}

static void test_site(struct session *session, const struct mapping_rules *rules,
                      const char *folder)
{
    struct command_call *call = session->call;
    struct mapping_texts texts;
    const struct mapping_tests *tests = NULL;
    if (rules == NULL || mapping_texts_of_site(folder, call->arena, &texts, &call->issues) != 0 ||
        mapping_tests_of_site(rules, &texts, call->arena, &tests, &call->issues) != 0) {
        return;
    }
    (void)!mapping_tests_run(tests, (struct slice){0}, note_outcome, session, &call->issues);
}

/* The shipped rules or those that --mappings names, on which sites stand. */
static const struct mapping_rules *base_of(struct session *session)
{
    struct command_call *call = session->call;
    const char *chosen = option_value(&call->options, "mappings");
    if (session->base == NULL) {
        (void)!mapping_rules_load(chosen != NULL ? chosen : session->knowledge.mappings,
                                  session->knowledge.dictionary, session->knowledge.definitions,
                                  call->arena, &session->base, &call->issues);
    }
    return session->base;
}

/* A folder of mappings and the example that comes with it. */
static void test_mappings(struct session *session, const char *folder)
{
    const struct mapping_rules *rules = test_base(session, folder, (struct slice){0});
    const char *example = file_join(session->call->arena, folder, SLICE("example-site"));
    if (rules != NULL && file_is_folder(example)) {
        test_site(session, rules, example);
    }
}

static void test_instance(struct session *session, const char *directory)
{
    struct command_call *call = session->call;
    struct instance instance;
    if (instance_open(directory, &instance, &call->issues) != 0) {
        return;
    }
    char *sites = file_join(call->arena, directory, SLICE("sites"));
    for (size_t i = 0; i < instance.site_count; i++) {
        test_site(session, base_of(session), file_join(call->arena, sites, instance.sites[i].name));
    }
}

/* The folder `levels` above a file. */
static const char *folder_above(const char *path, size_t levels, struct arena *arena)
{
    struct slice whole = slice_of(path);
    for (; levels > 0; levels--) {
        size_t end = whole.len;
        while (end > 0 && whole.ptr[end - 1] != '/') {
            end--;
        }
        whole = end > 0 ? slice_part(whole, 0, end - 1) : SLICE(".");
    }
    return arena_string(arena, whole);
}

/* A site's own file, or one of a folder of mappings, by a path that says so; false where it does
 * not. */
static bool test_path(struct session *session, const char *path)
{
    struct arena *arena = session->call->arena;
    const char *site = folder_above(path, 1, arena);
    const char *mappings = folder_above(path, 3, arena);
    char *own = file_join(arena, site, mapping_texts_site_name(site, arena));
    if (slice_equal(slice_of(own), slice_of(path))) {
        test_site(session, base_of(session), site);
        return true;
    }
    if (!file_is_folder(file_join(arena, mappings, SLICE("v2-to-fhir")))) {
        return false;
    }
    (void)test_base(session, mappings, slice_of(path));
    return true;
}

/* The path may be one from inside the folder. */
static void test_file(struct session *session, const char *path)
{
    struct command_call *call = session->call;
    char *whole = realpath(path, NULL);
    if (whole == NULL) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no '%s'", path);
        return;
    }
    const char *kept = arena_string(call->arena, slice_of(whole));
    free(whole);
    if (test_path(session, path) || test_path(session, kept)) {
        return;
    }
    issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                 issue_place_file(slice_of(path), 0, 0),
                 "is no site's own file (NAME/NAME.xml) and no file of a folder of mappings "
                 "(v2-to-fhir/segments/NAME.xml)");
}

static void test_named(struct session *session, const char *path)
{
    struct command_call *call = session->call;
    if (instance_is(path)) {
        test_instance(session, path);
        return;
    }
    if (file_is_folder(path) && file_exists(file_join(call->arena, path, SLICE("v2-to-fhir")))) {
        test_mappings(session, path);
        return;
    }
    if (file_is_folder(path)) {
        if (translation_is_site(path, call)) {
            test_site(session, base_of(session), path);
        }
        return;
    }
    test_file(session, path);
}

static void test_at_hand(struct session *session)
{
    const char *chosen = getenv("PAINBRIDGE_DIR");
    const char *directory = chosen != NULL && chosen[0] != '\0' ? chosen : ".";
    test_mappings(session, session->knowledge.mappings);
    if (instance_is(directory)) {
        test_instance(session, directory);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void print_counts_json(const struct session *session)
{
    struct arena *arena = session->call->arena;
    struct json *line = json_object(arena);
    json_add(line, SLICE("passed"), json_integer(arena, (int64_t)session->passed));
    json_add(line, SLICE("failed"), json_integer(arena, (int64_t)session->failed));
    struct json *missing = json_add(line, SLICE("mapsWithoutTest"), json_array(arena));
    for (size_t i = 0; i < session->missing_count; i++) {
        json_append(missing, json_string(arena, session->missing[i]));
    }
    command_print(line);
}

static void print_counts(const struct session *session)
{
    if (session->call->json) {
        print_counts_json(session);
        return;
    }
    for (size_t i = 0; i < session->missing_count; i++) {
        printf("%s%.*s%s", i > 0 ? ", " : "maps without a test: ", SLICE_ARG(session->missing[i]),
               i + 1 == session->missing_count ? "\n" : "");
    }
    printf("%zu passed, %zu failed\n", session->passed, session->failed);
}

enum command_exit command_test(struct command_call *call)
{
    struct session session = {.call = call};
    if (knowledge_load(NULL, call->arena, &session.knowledge, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (input_missing(call)) {
        return COMMAND_USAGE;
    }
    for (size_t i = 0; i < call->operand_count; i++) {
        test_named(&session, call->operands[i]);
    }
    if (call->operand_count == 0) {
        test_at_hand(&session);
    }
    if (issue_list_failed(&call->issues)) {
        return COMMAND_CONFIGURATION;
    }
    print_counts(&session);
    bool is_lacking = option_given(&call->options, "every-map") && session.missing_count > 0;
    return session.failed > 0 || is_lacking ? COMMAND_FOUND : COMMAND_DONE;
}
