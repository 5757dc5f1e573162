/* check: configuration, certificates, mappings and code tables, before the engine meets them.
 *
 * What is named is looked at: an instance directory, a folder of mappings, a site's folder, one
 * file. Nothing named: the mappings of the program, and the instance at hand where there is one. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/inspection.h"
#include "cli/report.h"
#include "cli/translation.h"
#include "mapping/test.h"
#include "net/revocation.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
    struct command_call *call;
    struct knowledge knowledge;
    const struct mapping_rules *base; /* of the program's mappings; NULL until needed */
};

/* --- mappings --------------------------------------------------------------------------------- */

/* The shipped rules or those that --mappings names, read once. */
static int load_base(struct check *check)
{
    struct command_call *call = check->call;
    const struct knowledge *knowledge = &check->knowledge;
    const char *chosen = option_value(&call->options, "mappings");
    if (check->base != NULL) {
        return 0;
    }
    return mapping_rules_load(chosen != NULL ? chosen : knowledge->mappings, knowledge->dictionary,
                              knowledge->definitions, call->arena, &check->base, &call->issues);
}

/* Who is the same person; rules of a folder that no instance is served with may leave it out. */
static void check_identity(struct check *check, const char *folder,
                           const struct mapping_texts *texts)
{
    struct command_call *call = check->call;
    const struct match_table *table = NULL;
    if (file_is_folder(file_join(call->arena, folder, SLICE("identity")))) {
        (void)!pipeline_match_table_load(texts, call->arena, &table, &call->issues);
    }
}

/* The tests in the files of the base, or of a site: what they say, not whether they pass. */
static void check_base_tests(struct check *check, const struct mapping_rules *rules,
                             const char *folder)
{
    struct command_call *call = check->call;
    struct mapping_texts texts;
    const struct mapping_tests *tests = NULL;
    if (mapping_texts_of_base(folder, call->arena, &texts, &call->issues) == 0) {
        (void)!mapping_tests_of_base(rules, &texts, call->arena, &tests, &call->issues);
        check_identity(check, folder, &texts);
    }
}

static void check_site_tests(struct check *check, const struct mapping_rules *rules,
                             const char *folder)
{
    struct command_call *call = check->call;
    struct mapping_texts texts;
    const struct mapping_tests *tests = NULL;
    if (mapping_texts_of_site(folder, call->arena, &texts, &call->issues) == 0) {
        (void)!mapping_tests_of_site(rules, &texts, call->arena, &tests, &call->issues);
        mapping_site_lint(rules, &texts, tests != NULL ? mapping_tests_count(tests) : 0,
                          call->arena, &call->issues);
    }
}

static void check_site(struct check *check, const struct mapping_rules *rules, const char *folder)
{
    struct command_call *call = check->call;
    const struct mapping_program *program = NULL;
    if (mapping_program_load(rules, folder, call->arena, &program, &call->issues) == 0) {
        check_site_tests(check, rules, folder);
    }
}

static void check_site_folder(struct check *check, const char *folder)
{
    if (load_base(check) == 0) {
        check_site(check, check->base, folder);
    }
}

/* The site that comes with the mappings as an example must be one that works. */
static void check_example(struct check *check, const struct mapping_rules *rules,
                          const char *mappings)
{
    const char *folder = file_join(check->call->arena, mappings, SLICE("example-site"));
    if (file_is_folder(folder)) {
        check_site(check, rules, folder);
    }
}

static void check_mappings_folder(struct check *check, const char *folder)
{
    const struct mapping_rules *rules = NULL;
    const struct mapping_program *program = NULL;
    struct command_call *call = check->call;
    if (mapping_rules_load(folder, check->knowledge.dictionary, check->knowledge.definitions,
                           call->arena, &rules, &call->issues) != 0) {
        return;
    }
    if (mapping_program_load(rules, /* site_folder= */ NULL, call->arena, &program,
                             &call->issues) == 0) {
        mapping_rules_lint(rules, call->arena, &call->issues);
        check_base_tests(check, rules, folder);
    }
    check_example(check, rules, folder);
}

/* When somebody has to fetch the next ones, which no warning says in good time where a list lives
 * for hours. */
static void say_ends(const struct check *check, const struct instance *instance)
{
    struct command_call *call = check->call;
    struct revocation_list *lists = NULL;
    size_t count = 0;
    if (call->json || instance->settings.crl.len == 0 ||
        revocation_read(instance_path(instance, instance->settings.crl, call->arena),
                        instance_path(instance, instance->settings.ca, call->arena), call->arena,
                        &lists, &count, &call->issues) != 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct slice until = lists[i].expires == INT64_MAX
                                 ? SLICE("the next one comes")
                                 : time_format(lists[i].expires, 0, call->arena);
        printf("the revocation list of '%.*s' holds %zu certificate%s, until %.*s\n",
               SLICE_ARG(lists[i].issuer_name), lists[i].count, report_plural(lists[i].count),
               SLICE_ARG(until));
    }
}

static void check_instance(struct check *check, const char *directory)
{
    struct instance instance;
    struct command_call *call = check->call;
    if (instance_open(directory, &instance, &call->issues) != 0 ||
        inspection_run(&check->knowledge, &instance, time_now(), &call->issues) != 0) {
        return;
    }
    say_ends(check, &instance);
    if (load_base(check) == 0) {
        for (size_t i = 0; i < instance.site_count; i++) {
            char *sites = instance_path(&instance, SLICE("sites"), call->arena);
            check_site_tests(check, check->base,
                             file_join(call->arena, sites, instance.sites[i].name));
        }
        check_example(check, check->base, check->knowledge.mappings);
    }
}

/* --- what is named ---------------------------------------------------------------------------- */

static bool holds(struct check *check, const char *folder, const char *name)
{
    return file_exists(file_join(check->call->arena, folder, slice_of(name)));
}

static void check_file(struct check *check, const char *path)
{
    if (load_base(check) == 0) {
        (void)!mapping_file_check(check->base, path, check->call->arena, &check->call->issues);
    }
}

static void check_named(struct check *check, const char *path)
{
    if (instance_is(path)) {
        check_instance(check, path);
        return;
    }
    if (file_is_folder(path) && holds(check, path, "v2-to-fhir")) {
        check_mappings_folder(check, path);
        return;
    }
    if (file_is_folder(path)) {
        if (translation_is_site(path, check->call)) {
            check_site_folder(check, path);
        }
        return;
    }
    check_file(check, path);
}

static void check_at_hand(struct check *check)
{
    const char *chosen = getenv("PAINBRIDGE_DIR");
    const char *directory = chosen != NULL && chosen[0] != '\0' ? chosen : ".";
    if (instance_is(directory)) {
        check_instance(check, directory);
        return;
    }
    check_mappings_folder(check, check->knowledge.mappings);
}

/* What is shown on standard error, counted. */
static void print_counts(const struct command_call *call)
{
    const struct issue_list *issues = &call->issues;
    int64_t errors = 0, warnings = 0;
    for (size_t i = 0; i < issues->count; i++) {
        errors += issues->items[i].severity >= ISSUE_ERROR;
        warnings += issues->items[i].severity == ISSUE_WARNING;
    }
    struct json *answer = json_object(call->arena);
    json_add(answer, SLICE("errors"), json_integer(call->arena, errors));
    json_add(answer, SLICE("warnings"), json_integer(call->arena, warnings));
    command_print(answer);
}

enum command_exit command_check(struct command_call *call)
{
    struct check check = {.call = call};
    if (knowledge_load(NULL, call->arena, &check.knowledge, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (input_missing(call)) {
        return COMMAND_USAGE;
    }
    for (size_t i = 0; i < call->operand_count; i++) {
        check_named(&check, call->operands[i]);
    }
    if (call->operand_count == 0) {
        check_at_hand(&check);
    }
    if (call->json) {
        print_counts(call);
    }
    if (issue_list_failed(&call->issues)) {
        return COMMAND_CONFIGURATION;
    }
    if (call->json) {
        return COMMAND_DONE;
    }
    printf("no errors, %zu warning%s\n", call->issues.count, report_plural(call->issues.count));
    return COMMAND_DONE;
}
