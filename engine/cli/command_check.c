/* check: configuration, certificates, mappings and code tables, before the engine meets them.
 *
 * What is named is looked at: an instance directory, a folder of mappings, a site's folder, one
 * file. Nothing named: the mappings of the program, and the instance at hand where there is one. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/knowledge.h"
#include "net/certificate.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK_EXPIRY_WARNING (30 * TIME_DAY)

struct check {
    struct command_call *call;
    struct knowledge knowledge;
    const struct mapping_rules *base; /* of the program's mappings; NULL until needed */
};

/* --- certificates ----------------------------------------------------------------------------- */

static void check_certificate(struct check *check, const char *path)
{
    struct command_call *call = check->call;
    struct certificate certificate;
    if (certificate_read(path, call->arena, &certificate, &call->issues) != 0) {
        return;
    }
    instant left = certificate.not_after - time_now();
    if (left > CHECK_EXPIRY_WARNING) {
        return;
    }
    issue_report(&call->issues, ISSUE_EXPIRED, left > 0 ? ISSUE_WARNING : ISSUE_ERROR,
                 issue_place_file(slice_of(path), 0, 0), "the certificate %s on %.*s",
                 left > 0 ? "expires" : "has expired",
                 SLICE_ARG(time_format(certificate.not_after, 0, call->arena)));
}

static void check_certificates(struct check *check, const struct instance *instance)
{
    struct arena *arena = check->call->arena;
    check_certificate(check, instance_path(instance, instance->settings.ca, arena));
    check_certificate(check, instance_path(instance, instance->settings.certificate, arena));
    for (size_t i = 0; i < instance->feed_count; i++) {
        check_certificate(check, instance_path(instance, instance->feeds[i].certificate, arena));
    }
}

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

static void check_site_folder(struct check *check, const char *folder)
{
    const struct mapping_program *program = NULL;
    if (load_base(check) == 0) {
        (void)!mapping_program_load(check->base, folder, check->call->arena, &program,
                                    &check->call->issues);
    }
}

static void check_mappings_folder(struct check *check, const char *folder)
{
    const struct mapping_rules *rules = NULL;
    const struct mapping_program *program = NULL;
    struct command_call *call = check->call;
    if (mapping_rules_load(folder, check->knowledge.dictionary, check->knowledge.definitions,
                           call->arena, &rules, &call->issues) == 0) {
        (void)!mapping_program_load(rules, /* site_folder= */ NULL, call->arena, &program,
                                    &call->issues);
    }
}

static void check_instance(struct check *check, const char *directory)
{
    struct instance instance;
    struct rules rules;
    struct command_call *call = check->call;
    if (instance_open(directory, &instance, &call->issues) != 0) {
        return;
    }
    check_certificates(check, &instance);
    (void)!rules_load(&check->knowledge, &instance, call->arena, &rules, &call->issues);
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
        check_site_folder(check, path);
        return;
    }
    if (!file_exists(path)) {
        issue_report(&check->call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no '%s'", path);
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

enum command_exit command_check(struct command_call *call)
{
    struct check check = {.call = call};
    if (knowledge_load(NULL, call->arena, &check.knowledge, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    for (size_t i = 0; i < call->operand_count; i++) {
        check_named(&check, call->operands[i]);
    }
    if (call->operand_count == 0) {
        check_at_hand(&check);
    }
    if (issue_list_failed(&call->issues)) {
        return COMMAND_CONFIGURATION;
    }
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add(answer, SLICE("errors"), json_integer(call->arena, 0));
        json_add(answer, SLICE("warnings"), json_integer(call->arena, (int64_t)call->issues.count));
        command_print(answer);
        return COMMAND_DONE;
    }
    printf("no errors, %zu warnings\n", call->issues.count);
    return COMMAND_DONE;
}
