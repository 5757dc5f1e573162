/* person list, person show, person link, person unlink: whose records are whose. A record number is
 * masked unless --show-phi, which is noted in the audit. */
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/release.h"
#include "pipeline/audit.h"
#include "pipeline/person.h"

#include <inttypes.h>
#include <stdio.h>

#define PAGE 1000
#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* --- what is there ---------------------------------------------------------------------------- */

static struct slice number_of(const struct command_call *call, const struct pipeline_record *record)
{
    return option_given(&call->options, "show-phi") ? record->value : SLICE("***");
}

static void print_record(const struct command_call *call, const struct pipeline_record *record)
{
    struct slice number = number_of(call, record);
    if (!call->json) {
        printf("%-12" PRId64 " Patient/%.*s  %.*s  %.*s %.*s\n", record->key,
               SLICE_ARG(record->patient), SLICE_ARG(record->site), SLICE_ARG(record->system),
               SLICE_ARG(number));
        return;
    }
    struct arena *arena = call->arena;
    struct json *line = json_object(arena);
    json_add(line, SLICE("record"), json_integer(arena, record->key));
    json_add_string(line, SLICE("patient"), record->patient, arena);
    json_add_string(line, SLICE("own_patient"), record->own_patient, arena);
    json_add_string(line, SLICE("site"), record->site, arena);
    json_add_string(line, SLICE("system"), record->system, arena);
    json_add_string(line, SLICE("number"), number, arena);
    command_print(line);
}

/* Before anything is shown. */
static int note_look(struct command_call *call, struct pipeline_inbox *inbox, struct slice name)
{
    if (!option_given(&call->options, "show-phi")) {
        return 0;
    }
    return pipeline_inbox_note(inbox,
                               &(struct pipeline_audit_row){.kind = SLICE("show"),
                                                            .role = SLICE(PIPELINE_AUDIT_ACCOUNT),
                                                            .actor = command_actor(call->arena),
                                                            .outcome = SLICE("success"),
                                                            .entities = SLICE("Patient"),
                                                            .detail = name},
                               &call->issues);
}

static int print_pages(struct command_call *call, struct pipeline_inbox *inbox, struct slice name,
                       size_t *ret_count)
{
    int64_t after = 0;
    for (size_t count = PAGE; count == PAGE;) {
        struct pipeline_record *records = NULL;
        if (pipeline_person_records(inbox, name, after, PAGE, call->arena, &records, &count,
                                    &call->issues) != 0) {
            return -1;
        }
        for (size_t i = 0; i < count; i++) {
            print_record(call, &records[i]);
            after = records[i].key;
        }
        *ret_count += count;
    }
    return 0;
}

static enum command_exit person_list(struct command_call *call)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct slice name = call->operand_count > 0 ? slice_of(call->operands[0]) : (struct slice){0};
    size_t count = 0;
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE &&
        (note_look(call, inbox, name) != 0 || print_pages(call, inbox, name, &count) != 0)) {
        exit_code = command_failed(call);
    }
    pipeline_inbox_close(inbox);
    if (exit_code == COMMAND_DONE && count == 0 && name.len > 0) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no Patient and no record of this name");
        return COMMAND_FOUND;
    }
    return exit_code;
}

/* --- what is to be ---------------------------------------------------------------------------- */

/* An operand is the key of a record, or the id of a Patient, which means its person. */
static enum command_exit read_party(struct command_call *call, struct pipeline_inbox *inbox,
                                    size_t operand, bool must_be_record,
                                    struct pipeline_party *ret_party)
{
    struct slice name = slice_of(call->operands[operand]);
    struct pipeline_record *records = NULL;
    size_t count = 0;
    if (pipeline_person_records(inbox, name, 0, PAGE, call->arena, &records, &count,
                                &call->issues) != 0) {
        return command_failed(call);
    }
    uint64_t key = 0;
    bool is_key = slice_to_uint64(name, INT64_MAX, &key);
    for (size_t i = 0; i < count && is_key; i++) {
        if (records[i].key == (int64_t)key) {
            *ret_party = (struct pipeline_party){
                .site = records[i].site, .system = records[i].system, .value = records[i].value};
            return COMMAND_DONE;
        }
    }
    if (count > 0 && !is_key && !must_be_record) {
        *ret_party = (struct pipeline_party){.patient = name};
        return COMMAND_DONE;
    }
    issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                 "there is no record '%s'; 'person list' names those there are",
                 call->operands[operand]);
    return COMMAND_FOUND;
}

static void tell(const struct command_call *call, const struct pipeline_act *act)
{
    if (!call->json) {
        printf("%s: Patient/%.*s answers for it\n", act->changed ? "done" : "it is so already",
               SLICE_ARG(act->patient));
        return;
    }
    struct json *line = json_object(call->arena);
    json_add(line, SLICE("changed"), json_boolean(call->arena, act->changed));
    json_add_string(line, SLICE("patient"), act->patient, call->arena);
    command_print(line);
}

static enum command_exit carry_out(struct command_call *call, struct pipeline_act *act)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    bool is_unlink = act->kind == PIPELINE_ACT_UNLINK;
    const char *why = option_value(&call->options, "why");
    act->why = why != NULL ? slice_of(why) : (struct slice){0};
    if (slice_trim(act->why).len == 0 || utf8_check(act->why) != act->why.len) {
        return command_wrong(call, "say why, in UTF-8: --why WORDS");
    }
    enum command_exit exit_code = database_open_inbox(call, &instance, &inbox);
    if (exit_code == COMMAND_DONE) {
        exit_code = read_party(call, inbox, 0, is_unlink, &act->from);
    }
    if (exit_code == COMMAND_DONE && !is_unlink) {
        exit_code = read_party(call, inbox, 1, false, &act->into);
    }
    pipeline_inbox_close(inbox);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (release_act(&instance, act, command_actor(call->arena), &call->issues) != 0) {
        return command_failed(call);
    }
    tell(call, act);
    return COMMAND_DONE;
}

static enum command_exit person_link(struct command_call *call)
{
    struct pipeline_act act = {.kind = PIPELINE_ACT_LINK};
    return carry_out(call, &act);
}

static enum command_exit person_unlink(struct command_call *call)
{
    struct pipeline_act act = {.kind = PIPELINE_ACT_UNLINK};
    return carry_out(call, &act);
}

/* --- the rows --------------------------------------------------------------------------------- */

static const struct option_row look_options[] = {
    {"show-phi", NULL, "show the record numbers; noted in the audit", false},
};

static const struct option_row act_options[] = {
    {"why", "WORDS", "why; must be said, and is kept", false},
};

static const struct command person_commands[] = {
    {"person list", "DIR", "the record of each site, and whose it is",
     "One line for each source record: its key, the Patient that answers for it, the site, and "
     "the\n"
     "number by which the site knows it, masked. Records of one person have the same Patient.\n"
     "\n"
     "Examples:\n"
     "  painbridge person list /srv/bridge\n"
     "  painbridge person list --json /srv/bridge\n"
     "    {\"record\":65540,\"patient\":\"4zt23z...\",\"own_patient\":\"ul3jwr...\",\"site\":\n"
     "     \"mission\",\"system\":\"urn:painbridge:site:mission:mrn\",\"number\":\"***\"}\n",
     ROWS(look_options), COMMAND_PLACE_INSTANCE, 0, 0, person_list, false},
    {"person show", "DIR PATIENT|RECORD", "the records of one person",
     "As 'person list', of the person whose Patient has this id (also of one who was replaced), "
     "or\n"
     "of whom the record is.\n"
     "\n"
     "Examples:\n"
     "  painbridge person show /srv/bridge 4zt23z...\n"
     "  painbridge person show --show-phi /srv/bridge 65540\n",
     ROWS(look_options), COMMAND_PLACE_INSTANCE, 1, 1, person_list, false},
    {"person link", "DIR A B", "two records, or Patients, are of one person",
     "All records of both persons come together; the Patient of the older person is shown, and "
     "the\n"
     "other id answers for it. The decision is kept with who made it and why, and no comparison\n"
     "overrules it. A and B are keys of records or ids of Patients.\n"
     "\n"
     "Examples:\n"
     "  painbridge person link /srv/bridge 65540 65588 --why 'same card, seen at the desk'\n"
     "  painbridge person link --json /srv/bridge 65540 4zt23z... --why 'same card'\n"
     "    {\"changed\":true,\"patient\":\"4zt23z...\"}\n",
     ROWS(act_options), COMMAND_PLACE_INSTANCE, 2, 2, person_link, false},
    {"person unlink", "DIR RECORD", "a record is of nobody else",
     "It goes back to the person it was before, or becomes one of its own, with all that was said\n"
     "under its number; the others stay together. The decision is kept as with 'person link'.\n"
     "\n"
     "Examples:\n"
     "  painbridge person unlink /srv/bridge 65588 --why 'her sister'\n"
     "  painbridge person unlink --json /srv/bridge 65588 --why 'her sister'\n"
     "    {\"changed\":true,\"patient\":\"ul3jwr...\"}\n",
     ROWS(act_options), COMMAND_PLACE_INSTANCE, 1, 1, person_unlink, false},
};

const struct command_group command_person_group = {"who is who", ROWS(person_commands)};
