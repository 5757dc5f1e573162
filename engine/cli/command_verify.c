/* db verify: is the record whole, and is what its messages were translated by still kept? */
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/revision.h"
#include "pipeline/verify.h"
#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>

static void print_json(const struct pipeline_verify_report *report, struct arena *arena)
{
    struct json *answer = json_object(arena);
    json_add(answer, SLICE("whole"), json_boolean(arena, report->broken == 0));
    json_add(answer, SLICE("schema"), json_integer(arena, store_schema_version()));
    struct json *rows = json_add(answer, SLICE("rows"), json_object(arena));
    for (size_t i = 0; i < report->count_count; i++) {
        json_add(rows, report->counts[i].table, json_integer(arena, report->counts[i].rows));
    }
    json_add(answer, SLICE("revisions"), json_integer(arena, (int64_t)report->revision_count));
    json_add(answer, SLICE("broken"), json_integer(arena, report->broken));
    struct json *faults = json_add(answer, SLICE("faults"), json_array(arena));
    for (size_t i = 0; i < report->fault_count; i++) {
        const struct pipeline_verify_fault *fault = &report->faults[i];
        struct json *entry = json_append(faults, json_object(arena));
        json_add_string(entry, SLICE("table"), fault->table, arena);
        json_add_string(entry, SLICE("key"), fault->key, arena);
        json_add_string(entry, SLICE("fault"), fault->fault, arena);
    }
    command_print(answer);
}

static void print_words(const struct pipeline_verify_report *report)
{
    for (size_t i = 0; i < report->count_count; i++) {
        printf("%-24.*s %12" PRId64 "\n", SLICE_ARG(report->counts[i].table),
               report->counts[i].rows);
    }
    printf("%-24s %12zu\n", "revisions", report->revision_count);
    for (size_t i = 0; i < report->fault_count; i++) {
        const struct pipeline_verify_fault *fault = &report->faults[i];
        printf("broken: %.*s %.*s %.*s\n", SLICE_ARG(fault->table), SLICE_ARG(fault->key),
               SLICE_ARG(fault->fault));
    }
    if (report->broken > 0) {
        printf("the record is broken: %" PRId64 " faults\n", report->broken);
        return;
    }
    printf("the record is whole\n");
}

/* The files that the messages name are no part of the database, but of the record. What is missing
 * is said by file; the revision is one fault. */
static void check_revisions(struct command_call *call, const struct instance *instance,
                            struct pipeline_verify_report *report)
{
    struct arena *arena = call->arena;
    struct pipeline_verify_fault *faults = ARENA_ARRAY(
        arena, report->fault_count + report->revision_count, struct pipeline_verify_fault);
    for (size_t i = 0; i < report->fault_count; i++) {
        faults[i] = report->faults[i];
    }
    report->faults = faults;
    for (size_t i = 0; i < report->revision_count; i++) {
        const struct pipeline_verify_revision *revision = &report->revisions[i];
        if (revision_check(instance, revision->revision, &call->issues) == 0) {
            continue;
        }
        report->broken++;
        faults[report->fault_count++] = (struct pipeline_verify_fault){
            .table = SLICE("inbox"),
            .key = revision->revision,
            .fault = arena_format(
                arena,
                "is the revision of %" PRId64 " messages, the last of %.*s, and is not kept whole",
                revision->messages, SLICE_ARG(time_format(revision->last, 0, arena)))};
    }
}

enum command_exit command_db_verify(struct command_call *call)
{
    struct instance instance;
    struct store_settings settings;
    struct pipeline_verify_report report;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (database_settings(&instance, "reader", SLICE("verify"), &settings, &call->issues) != 0 ||
        pipeline_verify(&settings, call->arena, &report, &call->issues) != 0) {
        return command_failed(call);
    }
    check_revisions(call, &instance, &report);
    if (call->json) {
        print_json(&report, call->arena);
    }
    if (!call->json) {
        print_words(&report);
    }
    return report.broken == 0 ? COMMAND_DONE : COMMAND_FOUND;
}
