/* audit verify: the record of who did what, for whoever has to answer for it. */
#include "cli/audit_key.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "pipeline/audit_verify.h"

#include <inttypes.h>
#include <stdio.h>

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* --- verify ----------------------------------------------------------------------------------- */

static void add_finding(struct json *findings, const struct pipeline_audit_finding *finding,
                        struct arena *arena)
{
    struct json *entry = json_append(findings, json_object(arena));
    json_add(entry, finding->of_seal ? SLICE("seal") : SLICE("chain"),
             json_integer(arena, finding->chain));
    if (!finding->of_seal) {
        json_add_string(entry, SLICE("name"), finding->name, arena);
        json_add(entry, SLICE("place"), json_integer(arena, finding->verdict.place));
    }
    json_add_string(entry, SLICE("fault"),
                    slice_of(pipeline_audit_fault_name(finding->verdict.fault)), arena);
    json_add_string(entry, SLICE("words"), slice_of(finding->verdict.words), arena);
}

static void print_json(const struct pipeline_audit_report *report, struct arena *arena)
{
    struct json *answer = json_object(arena);
    json_add(answer, SLICE("whole"), json_boolean(arena, report->broken == 0));
    json_add(answer, SLICE("chains"), json_integer(arena, report->chains));
    json_add(answer, SLICE("rows"), json_integer(arena, report->rows));
    json_add(answer, SLICE("seals"), json_integer(arena, report->seals));
    json_add(answer, SLICE("unsealed"), json_integer(arena, report->unsealed));
    if (report->last_sealed > 0) {
        json_add_string(answer, SLICE("last_sealed"), time_format(report->last_sealed, 0, arena),
                        arena);
    }
    json_add(answer, SLICE("broken"), json_integer(arena, report->broken));
    struct json *findings = json_add(answer, SLICE("findings"), json_array(arena));
    for (size_t i = 0; i < report->finding_count; i++) {
        add_finding(findings, &report->findings[i], arena);
    }
    command_print(answer);
}

static void print_words(const struct pipeline_audit_report *report, struct arena *arena)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct pipeline_audit_finding *finding = &report->findings[i];
        const char *fault = pipeline_audit_fault_name(finding->verdict.fault);
        if (finding->of_seal) {
            printf("broken: seal %" PRId64 ", %s: %s\n", finding->chain, fault,
                   finding->verdict.words);
            continue;
        }
        printf("broken: chain %" PRId64 " (%.*s), row %" PRId64 ", %s: %s\n", finding->chain,
               SLICE_ARG(finding->name), finding->verdict.place, fault, finding->verdict.words);
    }
    printf("%" PRId64 " rows in %" PRId64 " chains, %" PRId64 " seals", report->rows,
           report->chains, report->seals);
    if (report->last_sealed > 0) {
        printf(", the last of %.*s, %" PRId64 " rows since",
               SLICE_ARG(time_format(report->last_sealed, 0, arena)), report->unsealed);
    }
    printf("\nthe audit is %s\n", report->broken == 0 ? "whole" : "broken");
}

static enum command_exit audit_verify(struct command_call *call)
{
    struct instance instance;
    struct store_settings settings;
    struct audit_key key;
    struct pipeline_audit_report report;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (database_settings(&instance, "reader", SLICE("audit"), &settings, &call->issues) != 0 ||
        audit_key_open(&instance, false, call->arena, &key, &call->issues) != 0) {
        return command_failed(call);
    }
    int result =
        pipeline_audit_verify(&settings, audit_key_read, &key, call->arena, &report, &call->issues);
    audit_key_release(&key);
    if (result != 0) {
        return command_failed(call);
    }
    if (call->json) {
        print_json(&report, call->arena);
    }
    if (!call->json) {
        print_words(&report, call->arena);
    }
    return report.broken == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

/* --- the rows --------------------------------------------------------------------------------- */

static const struct command audit_commands[] = {
    {"audit verify", "DIR", "is the record of who did what whole?",
     "Each row of the audit stands on the one before it in its chain, one chain for each "
     "connection\n"
     "that writes; every minute the ends of the chains are signed with DIR/secrets/audit.key. "
     "Reads\n"
     "all of it, while the engine goes on, and names the first bad row of each chain: changed,\n"
     "deleted, inserted, reordered, or where it was cut off. Exit code 1 where it is broken.\n"
     "\n"
     "Rows since the last seal are whole by their chain only. Seals are said in the log, each "
     "with\n"
     "its hash: keep the log elsewhere, and nobody can take the last ones away unseen.\n"
     "\n"
     "Examples:\n"
     "  painbridge audit verify /srv/bridge\n"
     "  painbridge audit verify --json /srv/bridge\n"
     "    {\"whole\":false,\"chains\":3,\"rows\":812,\"seals\":9,\"unsealed\":4,\n"
     "     \"last_sealed\":\"2027-01-04T15:00:00.000Z\",\"broken\":1,\"findings\":[{\"chain\":2,\n"
     "     \"name\":\"door-1/commit\",\"place\":17,\"fault\":\"deleted\",\n"
     "     \"words\":\"nothing stands at this place\"}]}\n",
     NULL, 0, COMMAND_PLACE_INSTANCE, 0, 0, audit_verify, false},
};

const struct command_group command_audit_group = {"the audit", ROWS(audit_commands)};
