/* audit verify, audit export, audit disclosures: the record of who did what, for whoever has to
 * answer for it. */
#include "cli/audit_export.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "pipeline/audit_verify.h"
#include "pipeline/inbox.h"

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

static enum command_exit verify_file(struct command_call *call, const char *path,
                                     struct audit_key *key)
{
    int64_t count = 0;
    const char *why = NULL;
    int result = audit_export_verify(path, key, call->arena, &count, &why, &call->issues);
    if (result < 0) {
        return command_failed(call);
    }
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add(answer, SLICE("whole"), json_boolean(call->arena, result == 0));
        json_add(answer, SLICE("events"), json_integer(call->arena, count));
        if (result != 0) {
            json_add_string(answer, SLICE("words"), slice_of(why), call->arena);
        }
        command_print(answer);
    } else if (result == 0) {
        printf("%" PRId64 " events, as they were exported\n", count);
    } else {
        printf("broken: %s\n", why);
    }
    return result == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

static enum command_exit verify_store(struct command_call *call, const struct instance *instance,
                                      struct audit_key *key)
{
    struct store_settings settings;
    struct pipeline_audit_report report;
    if (database_settings(instance, "reader", SLICE("audit"), &settings, &call->issues) != 0 ||
        pipeline_audit_verify(&settings, audit_key_read, key, call->arena, &report,
                              &call->issues) != 0) {
        return command_failed(call);
    }
    if (call->json) {
        print_json(&report, call->arena);
    } else {
        print_words(&report, call->arena);
    }
    return report.broken == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

static enum command_exit audit_verify(struct command_call *call)
{
    struct instance instance;
    struct audit_key key;
    const char *file = option_value(&call->options, "file");
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (audit_key_open(&instance, false, call->arena, &key, &call->issues) != 0) {
        return command_failed(call);
    }
    exit_code = file != NULL ? verify_file(call, file, &key) : verify_store(call, &instance, &key);
    audit_key_release(&key);
    return exit_code;
}

/* --- what both lists share -------------------------------------------------------------------- */

/* An option that is a time; 0 where it was not given. */
static int read_time(struct command_call *call, const char *name, instant *ret_when)
{
    const char *text = option_value(&call->options, name);
    if (text == NULL || time_parse(slice_of(text), 0, ret_when)) {
        return 0;
    }
    command_wrong(call, "'--%s' must be a time such as 2027-01-04 or 2027-01-04T09:00:00-06:00",
                  name);
    return -1;
}

static int read_times(struct command_call *call, struct pipeline_audit_search *search)
{
    return read_time(call, "from", &search->from) == 0 ? read_time(call, "to", &search->before)
                                                       : -1;
}

/* Before anything is shown. */
static int note_look(struct command_call *call, struct pipeline_inbox *inbox, const char *kind,
                     struct slice patient)
{
    struct slice entities = patient;
    if (patient.len > 0) {
        entities = arena_format(call->arena, "Patient/%.*s", SLICE_ARG(patient));
    }
    return pipeline_inbox_note(inbox,
                               &(struct pipeline_audit_row){.kind = slice_of(kind),
                                                            .role = SLICE(PIPELINE_AUDIT_ACCOUNT),
                                                            .actor = command_actor(call->arena),
                                                            .outcome = SLICE("success"),
                                                            .entities = entities},
                               &call->issues);
}

/* --- export ----------------------------------------------------------------------------------- */

static enum command_exit export_to(struct command_call *call, const struct audit_export *export)
{
    size_t count = 0;
    if (audit_export_write(export, &count) != 0) {
        return command_failed(call);
    }
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add_string(answer, SLICE("file"), slice_of(export->path), call->arena);
        json_add(answer, SLICE("events"), json_integer(call->arena, (int64_t)count));
        command_print(answer);
        return COMMAND_DONE;
    }
    printf("%zu events in %s, signed in %s.manifest\n", count, export->path, export->path);
    return COMMAND_DONE;
}

static enum command_exit audit_export(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct audit_key key = {0};
    struct pipeline_audit_search search = {0};
    const char *patient = option_value(&call->options, "patient");
    const char *format = option_value(&call->options, "format");
    if (format != NULL && !slice_equal(slice_of(format), SLICE("ndjson"))) {
        return command_wrong(call, "'--format' can be ndjson only");
    }
    if (read_times(call, &search) != 0) {
        return COMMAND_USAGE;
    }
    search.patient = patient != NULL ? slice_of(patient) : (struct slice){0};
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    const struct pipeline_audit_origin origin = {instance.settings.name,
                                                 instance.settings.base_url};
    const struct audit_export export = {.path = call->operands[0],
                                        .inbox = inbox,
                                        .search = &search,
                                        .origin = &origin,
                                        .key = &key,
                                        .arena = call->arena,
                                        .issues = &call->issues};
    if (audit_key_open(&instance, false, call->arena, &key, &call->issues) != 0 ||
        note_look(call, inbox, "export", search.patient) != 0) {
        exit_code = command_failed(call);
    } else {
        exit_code = export_to(call, &export);
    }
    audit_key_release(&key);
    pipeline_inbox_close(inbox);
    return exit_code;
}

/* --- disclosures ------------------------------------------------------------------------------ */

/* 45 CFR 164.528 (a): the six years before the request. */
#define ACCOUNTED_YEARS 6

struct accounting {
    struct command_call *call;
    size_t count;
};

static void print_disclosure(const struct pipeline_audit_row *row, struct arena *arena)
{
    printf("%.*s  %.*s %.*s", SLICE_ARG(time_format(row->recorded, 0, arena)), SLICE_ARG(row->role),
           SLICE_ARG(row->actor));
    if (row->user.len > 0) {
        printf(", %.*s,", SLICE_ARG(row->user));
    }
    if (row->site.len > 0) {
        printf(" of %.*s", SLICE_ARG(row->site));
    }
    if (row->address.len > 0) {
        printf(" at %.*s", SLICE_ARG(row->address));
    }
    printf("  %.*s", SLICE_ARG(row->kind));
    if (row->entities.len > 0) {
        printf(" %.*s", SLICE_ARG(row->entities));
    }
    if (row->inbox_id > 0) {
        printf(" message %" PRId64, row->inbox_id);
    }
    if (row->purpose.len > 0) {
        printf("  for %.*s", SLICE_ARG(row->purpose));
    }
    printf("\n");
}

static void print_disclosure_json(const struct pipeline_audit_row *row, struct arena *arena)
{
    const struct {
        struct slice name, value;
    } texts[] = {
        {SLICE("role"), row->role},       {SLICE("who"), row->actor},
        {SLICE("site"), row->site},       {SLICE("address"), row->address},
        {SLICE("act"), row->kind},        {SLICE("what"), row->entities},
        {SLICE("purpose"), row->purpose}, {SLICE("user"), row->user},
    };
    struct json *line = json_object(arena);
    json_add_string(line, SLICE("event"), pipeline_audit_event_id(row, arena), arena);
    json_add_string(line, SLICE("when"), time_format(row->recorded, 0, arena), arena);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].value.len > 0) {
            json_add_string(line, texts[i].name, texts[i].value, arena);
        }
    }
    if (row->inbox_id > 0) {
        json_add_string(line, SLICE("message"), arena_format(arena, "%" PRId64, row->inbox_id),
                        arena);
    }
    command_print(line);
}

static int take_disclosure(void *data, const struct pipeline_audit_row *row, struct slice patient)
{
    struct accounting *accounting = data;
    struct arena *arena = arena_new(0);
    (void)patient;
    accounting->count++;
    if (accounting->call->json) {
        print_disclosure_json(row, arena);
    } else {
        print_disclosure(row, arena);
    }
    arena_free(arena);
    return 0;
}

static instant years_ago(int years)
{
    struct civil_time civil = time_to_civil(time_now(), 0);
    civil.year -= years;
    if (civil.month == 2 && civil.day == 29) {
        civil.day = 28;
    }
    return time_from_civil(&civil, 0);
}

static enum command_exit audit_disclosures(struct command_call *call)
{
    static const struct slice roles[] = {SLICE_INIT(PIPELINE_AUDIT_CLIENT),
                                         SLICE_INIT(PIPELINE_AUDIT_ACCOUNT)};
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct accounting accounting = {.call = call};
    struct pipeline_audit_search search = {.from = years_ago(ACCOUNTED_YEARS),
                                           .patient = slice_of(call->operands[0]),
                                           .kinds = pipeline_audit_disclosing,
                                           .kind_count = pipeline_audit_disclosing_count,
                                           .roles = roles,
                                           .role_count = sizeof(roles) / sizeof(roles[0]),
                                           .by_outcome = true,
                                           .went_well = true};
    if (read_times(call, &search) != 0) {
        return COMMAND_USAGE;
    }
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (note_look(call, inbox, "disclosures", search.patient) != 0 ||
        pipeline_audit_list(inbox, &search, take_disclosure, &accounting, &call->issues) != 0) {
        exit_code = command_failed(call);
    } else if (!call->json && accounting.count == 0) {
        printf("nothing of this patient was given to anybody\n");
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}

/* --- the rows --------------------------------------------------------------------------------- */

static const struct option_row verify_options[] = {
    {"file", "FILE", "judge an export, by FILE.manifest, instead of the database", false},
};

static const struct option_row export_options[] = {
    {"from", "T", "from this time on", false},
    {"to", "T", "before this time", false},
    {"patient", "ID", "of this patient's record only", false},
    {"format", "ndjson", "one AuditEvent a line, which is what there is", false},
};

static const struct option_row disclosures_options[] = {
    {"from", "T", "from this time on; else six years back", false},
    {"to", "T", "before this time", false},
};

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
     "  painbridge audit verify /srv/bridge --file january.ndjson\n"
     "  painbridge audit verify --json /srv/bridge\n"
     "    {\"whole\":false,\"chains\":3,\"rows\":812,\"seals\":9,\"unsealed\":4,\n"
     "     \"last_sealed\":\"2027-01-04T15:00:00.000Z\",\"broken\":1,\"findings\":[{\"chain\":2,\n"
     "     \"name\":\"door-1/commit\",\"place\":17,\"fault\":\"deleted\",\n"
     "     \"words\":\"nothing stands at this place\"}]}\n",
     ROWS(verify_options), COMMAND_PLACE_INSTANCE, 0, 0, audit_verify, false},
    {"audit export", "DIR FILE", "write the audit as FHIR AuditEvents",
     "FILE gets one AuditEvent a line, the newest first, and must not be there yet; FILE.manifest\n"
     "says, signed with DIR/secrets/audit.key, how many they are, their SHA-256, and the last "
     "seal:\n"
     "'audit verify --file' judges both. The export is noted in the audit.\n"
     "\n"
     "Examples:\n"
     "  painbridge audit export /srv/bridge january.ndjson --from 2027-01-01 --to 2027-02-01\n"
     "  painbridge audit export /srv/bridge anna.ndjson --patient 7f3k2m\n"
     "  painbridge audit export --json /srv/bridge all.ndjson\n"
     "    {\"file\":\"all.ndjson\",\"events\":812}\n",
     ROWS(export_options), COMMAND_PLACE_INSTANCE, 1, 1, audit_export, false},
    {"audit disclosures", "DIR PATIENT", "who got what of a patient's record, when and for what",
     "For a patient's accounting of disclosures (45 CFR 164.528, 42 CFR 2.25): each time a client "
     "or\n"
     "an account was given something of the record of the person whose Patient has this id, with\n"
     "all records that are linked to that person now; the newest first. What a clinic sent us is "
     "no\n"
     "disclosure. Which of them the law wants accounted for is for the privacy officer to say. "
     "The\n"
     "look is noted in the audit.\n"
     "\n"
     "Examples:\n"
     "  painbridge audit disclosures /srv/bridge 7f3k2m\n"
     "  painbridge audit disclosures --json /srv/bridge 7f3k2m --from 2026-01-01\n"
     "    {\"event\":\"17-4711\",\"when\":\"2027-01-04T15:00:00.000Z\",\"role\":\"client\",\n"
     "     "
     "\"who\":\"mission-ehr\",\"site\":\"mission\",\"address\":\"192.0.2.7\",\"act\":\"read\",\n"
     "     \"what\":\"Observation/o1/3\",\"purpose\":\"TREAT\"}\n",
     ROWS(disclosures_options), COMMAND_PLACE_INSTANCE, 1, 1, audit_disclosures, false},
};

const struct command_group command_audit_group = {"the audit", ROWS(audit_commands)};
