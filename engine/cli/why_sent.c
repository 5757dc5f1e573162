/* why_sent: see why_sent.h. */
#include "cli/why_sent.h"

#include "cli/sending.h"
#include "cli/why_place.h"
#include "fhir/reference.h"
#include "hl7v2/text.h"

#include <stdio.h>

#define LOOK_LIMIT 64 /* bytes that show what a file is */

struct look {
    struct command_call *call;
    bool has_place;
    struct why_place place;
    size_t messages, answers;
};

static bool is_number(unsigned wanted, unsigned number)
{
    return wanted == 0 || wanted == number;
}

static bool is_asked(const struct look *look, const struct mapping_sent_trace *trace)
{
    const struct why_place *place = &look->place;
    return !look->has_place ||
           (slice_equal(place->segment, trace->segment) &&
            is_number(place->sequence, trace->sequence) && is_number(place->field, trace->field) &&
            is_number(place->repetition, trace->repetition) &&
            is_number(place->component, trace->component) &&
            is_number(place->subcomponent, trace->subcomponent));
}

/* What stands there, without its escapes. */
static struct slice value_of(const struct hl7v2_message *message,
                             const struct mapping_sent_trace *trace, struct arena *arena)
{
    struct issue_list unused;
    issue_list_init(&unused, arena);
    size_t segment = hl7v2_message_find(message, HL7V2_ID(trace->segment.ptr), trace->sequence);
    struct slice text = {0};
    if (segment == HL7V2_NO_SEGMENT) {
        return text;
    }
    struct slice raw = hl7v2_message_value(message, segment, trace->field, trace->repetition,
                                           trace->component, trace->subcomponent);
    (void)!hl7v2_text_decode(message, raw, arena, &text, &unused);
    return text;
}

static struct slice from_of(const struct mapping_sent_trace *trace, struct arena *arena)
{
    if (trace->resource != NULL) {
        return arena_format(
            arena, "%.*s %.*s",
            SLICE_ARG(fhir_reference_local(json_get_text(trace->resource, SLICE("resourceType")),
                                           json_get_text(trace->resource, SLICE("id")), arena)),
            SLICE_ARG(trace->path));
    }
    return trace->kind == MAPPING_TRACE_FACT ? SLICE("fact of the engine")
                                             : SLICE("literal of the rule");
}

/* One part of a message and where it came from. */
struct part {
    struct slice place, value, from;
    struct mapping_rule_facts rule; /* line 0: none, the engine's own fields of MSH */
    struct mapping_row_facts row;   /* table empty: none */
};

static struct part part_of(const struct sending *sending, const struct hl7v2_message *message,
                           const struct mapping_sent_trace *trace, struct arena *arena)
{
    struct issue_place place =
        issue_place_v2(trace->segment, trace->sequence, trace->field, trace->repetition,
                       trace->component, trace->subcomponent);
    struct part part = {.place = issue_place_text(&place, arena),
                        .value = value_of(message, trace, arena),
                        .from = from_of(trace, arena),
                        .rule = mapping_sends_rule(sending->sends, trace->rule)};
    if (trace->row != MAPPING_NO_ROW) {
        part.row = mapping_sends_row(sending->sends, trace->row);
    }
    return part;
}

static struct slice rule_place(const struct mapping_rule_facts *rule, struct arena *arena)
{
    return rule->line == 0
               ? SLICE("")
               : arena_format(arena, "%.*s:%u:%u", SLICE_ARG(rule->file), rule->line, rule->column);
}

static struct slice rule_words(const struct mapping_rule_facts *rule, struct arena *arena)
{
    return rule->line == 0 ? SLICE("")
                           : arena_format(arena, "%.*s, %.*s", SLICE_ARG(rule->id),
                                          SLICE_ARG(rule_place(rule, arena)));
}

static struct slice changed_words(const struct mapping_rule_facts *rule, struct arena *arena)
{
    return rule->changed_file.len == 0
               ? SLICE("")
               : arena_format(arena, "changed by %.*s:%u:%u (%.*s)", SLICE_ARG(rule->changed_file),
                              rule->changed_line, rule->changed_column, SLICE_ARG(rule->changed));
}

static struct slice row_words(const struct mapping_row_facts *row, struct arena *arena)
{
    return row->table.len == 0 ? SLICE("")
                               : arena_format(arena, "%.*s, %.*s:%u", SLICE_ARG(row->table),
                                              SLICE_ARG(row->file), row->line);
}

static void print_row(const char *name, struct slice words)
{
    if (words.len > 0) {
        printf("  %-6s %.*s\n", name, SLICE_ARG(words));
    }
}

static void print_part(const struct part *part, struct arena *arena)
{
    printf("%.*s   %.*s\n", SLICE_ARG(part->value), SLICE_ARG(part->place));
    print_row("from", part->from);
    print_row("rule", rule_words(&part->rule, arena));
    print_row("", changed_words(&part->rule, arena));
    print_row("table", row_words(&part->row, arena));
}

static void print_json(const struct part *part, const struct mapping_sent *sent,
                       struct arena *arena)
{
    struct json *line = json_object(arena);
    json_add_string(line, SLICE("message"), sent->control_id, arena);
    json_add_string(line, SLICE("place"), part->place, arena);
    json_add_string(line, SLICE("value"), part->value, arena);
    json_add_string(line, SLICE("from"), part->from, arena);
    json_add_string(line, SLICE("rule"), part->rule.id, arena);
    json_add_string(line, SLICE("at"), rule_place(&part->rule, arena), arena);
    json_add_string(line, SLICE("changed"), changed_words(&part->rule, arena), arena);
    json_add_string(line, SLICE("table"), row_words(&part->row, arena), arena);
    command_print(line);
}

static void print_head(const struct look *look, const struct mapping_sent *sent)
{
    if (!look->call->json) {
        printf("message %.*s^%.*s, %.*s\n", SLICE_ARG(sent->facts.type),
               SLICE_ARG(sent->facts.event), SLICE_ARG(sent->control_id));
    }
}

static void answer(const struct sending *sending, const struct mapping_sent *sent,
                   struct arena *arena, void *data)
{
    struct look *look = data;
    struct hl7v2_message message;
    struct issue_list unused;
    issue_list_init(&unused, arena);
    if (hl7v2_message_parse(sent->text, NULL, arena, &message, &unused) != 0) {
        return;
    }
    look->messages++;
    print_head(look, sent);
    for (size_t i = 0; i < sent->trace_count; i++) {
        if (!is_asked(look, &sent->trace[i])) {
            continue;
        }
        struct part part = part_of(sending, &message, &sent->trace[i], arena);
        look->answers++;
        if (look->call->json) {
            print_json(&part, sent, arena);
            continue;
        }
        print_part(&part, arena);
    }
}

bool why_sent_is(struct command_call *call)
{
    char front[LOOK_LIMIT];
    FILE *file = fopen(call->operands[0], "rb");
    if (file == NULL) {
        return false;
    }
    size_t length = fread(front, 1, sizeof(front), file);
    fclose(file);
    return sending_is_json((struct slice){front, length});
}

enum command_exit why_sent(struct command_call *call)
{
    struct sending sending;
    struct look look = {.call = call, .has_place = call->operand_count > 1};
    if (look.has_place && !why_place_parse(slice_of(call->operands[1]), &look.place)) {
        return command_wrong(call, "'%s' is no field: of what goes out a field is asked, as PID-5",
                             call->operands[1]);
    }
    enum command_exit exit_code = sending_init(&sending, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    sending.context.trace = true;
    sending.file = call->operands[0];
    exit_code = sending_file(call, &sending, answer, &look);
    if (look.messages > 0 && look.answers == 0) {
        issue_add(&call->issues,
                  (struct issue){.code = ISSUE_NOT_FOUND,
                                 .severity = ISSUE_ERROR,
                                 .words = SLICE("no rule wrote anything there"),
                                 .hint = SLICE("without FIELD all that is sent is listed")});
        exit_code = COMMAND_FOUND;
    }
    return exit_code;
}
