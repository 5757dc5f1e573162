/* to_v2_send: which messages are called for, and one message from its focus to its bytes. */
#include "base/digest.h"
#include "base/encode.h"
#include "fhir/reference.h"
#include "hl7v2/charset.h"
#include "hl7v2/datetime.h"
#include "mapping/send_run.h"

#define CONTROL_ID_LENGTH 20 /* HL7 v2.5.1 2.14.9.10: MSH-10 is a ST of at most 20 */

/* --- calls -------------------------------------------------------------------------------------*/

static struct send_run run_of(const struct mapping_sends *sends, const struct mapping_pool *pool,
                              const struct mapping_send_context *context, struct arena *arena,
                              struct issue_list *issues)
{
    return (struct send_run){.sends = sends,
                             .pool = pool,
                             .context = context,
                             .arena = arena,
                             .issues = issues,
                             .names =
                                 ARENA_ARRAY(arena, sends->name_count + 1, struct send_values)};
}

static bool is_named(const struct send_program *program, const struct slice *structures,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(structures[i], program->facts.structure) ||
            slice_equal(structures[i], program->facts.id))
            return true;
    return false;
}

/* Whether the resource calls for the message by itself. */
static bool is_called(struct send_run *run, const struct send_program *program, uint32_t focus)
{
    struct send_frame frame = {.value = send_value_of_resource(run->pool, focus)};
    const struct send_operation *body = &run->sends->operations[program->body];
    send_run_list(run, &frame, program->body + 1, body->end, true);
    return send_holds(run, &frame.value, program->when);
}

struct calls {
    struct mapping_call *items;
    size_t count;
    struct arena *arena;
};

static void push_call(struct calls *calls, size_t send, size_t focus)
{
    calls->items = arena_grow(calls->arena, calls->items, calls->count * sizeof(*calls->items),
                              (calls->count + 1) * sizeof(*calls->items));
    calls->items[calls->count++] = (struct mapping_call){send, focus};
}

/* Calls of all sends that stand alone, or of all others. */
static void find_calls(struct send_run *run, bool alone, const struct slice *structures,
                       size_t structure_count, struct calls *calls)
{
    for (size_t send = 0; send < run->sends->send_count; send++) {
        const struct send_program *program = &run->sends->sends[send];
        if (structures ? !is_named(program, structures, structure_count) : program->alone != alone)
            continue;
        uint32_t i = pool_first(run->pool, program->from->name);
        for (; i != POOL_NONE && !arena_exceeded(run->arena); i = run->pool->items[i].next)
            if (run->pool->items[i].container == POOL_NONE &&
                (structures || is_called(run, program, i)))
                push_call(calls, send, i);
    }
}

size_t mapping_calls(const struct mapping_sends *sends, const struct mapping_pool *pool,
                     const struct mapping_send_context *context, const struct slice *structures,
                     size_t structure_count, struct arena *arena, struct mapping_call **ret_calls)
{
    struct issue_list unused;
    struct calls calls = {.arena = arena};
    issue_list_init(&unused, arena);
    struct send_run run = run_of(sends, pool, context, arena, &unused);
    find_calls(&run, false, structures, structure_count, &calls);
    if (calls.count == 0 && !structures)
        find_calls(&run, true, NULL, 0, &calls);
    *ret_calls = calls.items;
    return calls.count;
}

/* --- MSH ---------------------------------------------------------------------------------------*/

static struct slice charset_of(const struct send_run *run)
{
    if (run->context->charset.len)
        return run->context->charset;
    return run->sends->site.charset.len ? run->sends->site.charset : SLICE("UNICODE UTF-8");
}

static void put_header(struct send_run *run, struct sent_segment *header, unsigned field,
                       unsigned component, struct slice text)
{
    struct sent_entry entry = {.at = {field, 1, component, 1},
                               .text = text,
                               .origin = {.rule = MAPPING_NO_RULE,
                                          .row = MAPPING_NO_ROW,
                                          .kind = MAPPING_TRACE_FACT,
                                          .resource = POOL_NONE}};
    if (text.len && !sent_at(header, &entry.at))
        sent_write(&run->message, header, &entry);
}

/* HL7 v2.5.1 2.14.9; what a rule wrote stays. */
static struct sent_segment *write_header(struct send_run *run,
                                         const struct mapping_send_facts *facts)
{
    const struct mapping_send_context *context = run->context;
    struct sent_segment *header = sent_segment_get(
        &run->message, run->message.root,
        hl7v2_structure_find(run->message.structure, 0, SLICE("MSH")), HL7V2_ID("MSH"), false);
    struct slice charset = charset_of(run);
    put_header(run, header, 3, 1,
               context->application.len ? context->application : SLICE("painbridge"));
    put_header(run, header, 4, 1, context->facility);
    put_header(run, header, 5, 1, context->to_application);
    put_header(run, header, 6, 1, context->to_facility);
    put_header(run, header, 9, 1, facts->type);
    put_header(run, header, 9, 2, facts->event);
    put_header(run, header, 9, 3, facts->structure);
    put_header(run, header, 11, 1, context->processing.len ? context->processing : SLICE("P"));
    put_header(run, header, 12, 1, run->sends->site.version);
    if (!slice_equal(charset, SLICE("ASCII")))
        put_header(run, header, 18, 1, charset);
    return header;
}

/* --- bytes -------------------------------------------------------------------------------------*/

/* The segments in their order, for the builder and for the record. */
struct printing {
    struct send_run *run;
    struct hl7v2_builder *builder;
    struct mapping_sent *sent;
    size_t capacity;
};

static void build_segment(const struct sent_segment *segment, unsigned sequence, void *data)
{
    (void)sequence;
    struct printing *printing = data;
    sent_build(segment, printing->builder);
}

static int print(struct send_run *run, struct slice *ret_text, struct issue_list *issues)
{
    struct buffer bytes;
    struct printing printing = {
        .run = run,
        .builder = hl7v2_builder_new(run->arena, NULL, hl7v2_charset_of_setting(charset_of(run)))};
    struct sent_visitor visitor = {build_segment, &printing};
    sent_walk(&run->message, &visitor, issues);
    buffer_init(&bytes, 0);
    int result = hl7v2_builder_print(printing.builder, &bytes, issues);
    if (result == 0)
        *ret_text = arena_copy(run->arena, buffer_slice(&bytes));
    buffer_release(&bytes);
    return result == 0 && !issue_list_failed(issues) ? 0 : -1;
}

/* The same content has the same control id, so that a message sent again is known for what it is.
 */
static struct slice control_id_of(struct send_run *run)
{
    struct slice text = {NULL, 0};
    struct issue_list unused;
    unsigned char digest[DIGEST_SHA256_SIZE];
    issue_list_init(&unused, run->arena);
    if (run->context->control_id.len)
        return run->context->control_id;
    (void)!print(run, &text, &unused); /* what is wrong is said when it is printed as a whole */
    digest_sha256(text, digest);
    struct slice id =
        encode_base32((struct slice){(const char *)digest, sizeof(digest)}, run->arena);
    return slice_part(id, 0, CONTROL_ID_LENGTH);
}

/* --- the record --------------------------------------------------------------------------------*/

/* The path of a node below another; false where it is not there. */
static bool find_path(const struct json *at, const struct json *node, struct slice path,
                      struct arena *arena, struct slice *ret_path)
{
    if (at == node) {
        *ret_path = path;
        return true;
    }
    enum json_kind kind = json_kind(at);
    if (kind != JSON_ARRAY && kind != JSON_OBJECT)
        return false;
    size_t index = 0;
    for (const struct json *child = json_first(at); child; child = json_next(child)) {
        struct slice inside = kind == JSON_ARRAY
                                  ? arena_format(arena, "%.*s[%zu]", SLICE_ARG(path), index++)
                                  : arena_format(arena, "%.*s%s%.*s", SLICE_ARG(path),
                                                 path.len ? "." : "", SLICE_ARG(json_name(child)));
        if (find_path(child, node, inside, arena, ret_path))
            return true;
    }
    return false;
}

static void trace_segment(const struct sent_segment *segment, unsigned sequence, void *data)
{
    struct printing *printing = data;
    struct send_run *run = printing->run;
    for (size_t i = 0; i < segment->count; i++) {
        const struct sent_entry *entry = &segment->entries[i];
        const struct sent_origin *origin = &entry->origin;
        uint32_t id = segment->id;
        struct mapping_sent_trace trace = {
            .segment =
                arena_format(run->arena, "%c%c%c", (char)(id >> 16), (char)(id >> 8), (char)id),
            .sequence = sequence,
            .field = entry->at.field,
            .repetition = entry->at.repetition,
            .component = entry->at.component,
            .subcomponent = entry->at.subcomponent,
            .rule = origin->rule,
            .row = origin->row,
            .kind = origin->kind,
            .resource = mapping_pool_at(run->pool, origin->resource),
            .path = origin->path};
        if (trace.resource && origin->node)
            (void)!find_path(trace.resource, origin->node, (struct slice){NULL, 0}, run->arena,
                             &trace.path);
        printing->sent->trace[printing->sent->trace_count++] = trace;
    }
}

static void write_trace(struct send_run *run, struct mapping_sent *sent)
{
    struct issue_list unused;
    struct printing printing = {.run = run, .sent = sent};
    struct sent_visitor visitor = {trace_segment, &printing};
    issue_list_init(&unused, run->arena);
    sent->trace = ARENA_ARRAY(run->arena, run->message.written + 1, struct mapping_sent_trace);
    sent_walk(&run->message, &visitor, &unused);
}

static struct slice place_text(const struct mapping_sent_trace *trace, struct arena *arena)
{
    struct issue_place place =
        issue_place_v2(trace->segment, trace->sequence, trace->field, trace->repetition,
                       trace->component, trace->subcomponent);
    return issue_place_text(&place, arena);
}

static void add_rule(const struct mapping_sends *sends, const struct mapping_sent_trace *trace,
                     struct json *object, struct arena *arena)
{
    if (trace->rule == MAPPING_NO_RULE)
        return;
    struct mapping_rule_facts rule = mapping_sends_rule(sends, trace->rule);
    json_add_string(object, SLICE("rule"), rule.id, arena);
    json_add_string(object, SLICE("at"),
                    arena_format(arena, "%.*s:%u:%u", SLICE_ARG(rule.file), rule.line, rule.column),
                    arena);
    if (rule.guide.len)
        json_add_string(object, SLICE("guide"), rule.guide, arena);
}

struct json *mapping_sent_trace_json(const struct mapping_sends *sends,
                                     const struct mapping_sent *sent, struct arena *arena)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < sent->trace_count && !arena_exceeded(arena); i++) {
        const struct mapping_sent_trace *trace = &sent->trace[i];
        struct json *object = json_append(list, json_object(arena));
        json_add_string(object, SLICE("place"), place_text(trace, arena), arena);
        add_rule(sends, trace, object, arena);
        if (trace->resource)
            json_add_string(
                object, SLICE("resource"),
                fhir_reference_local(json_get_text(trace->resource, SLICE("resourceType")),
                                     json_get_text(trace->resource, SLICE("id")), arena),
                arena);
        if (trace->path.len)
            json_add_string(object, SLICE("from"), trace->path, arena);
        if (trace->row != MAPPING_NO_ROW)
            json_add_string(object, SLICE("table"), mapping_sends_row(sends, trace->row).table,
                            arena);
    }
    return list;
}

/* --- one message -------------------------------------------------------------------------------*/

/* The header, when all rules ran, and the bytes. */
static int finish(struct send_run *run, const struct mapping_send_facts *facts,
                  struct mapping_sent *ret_sent, struct issue_list *issues)
{
    const struct mapping_send_context *context = run->context;
    struct mapping_sent sent = {.facts = *facts};
    struct sent_segment *header = write_header(run, facts);
    /* a rule may have said another event of the same structure */
    sent.facts.event = sent_at(header, &(struct sent_position){.field = 9, .component = 2})->text;
    sent.control_id = control_id_of(run);
    put_header(run, header, 10, 1, sent.control_id);
    int offset = context->zone ? zone_offset_at(context->zone, context->now) : 0;
    put_header(run, header, 7, 1, hl7v2_datetime_format(context->now, offset, run->arena));
    if (print(run, &sent.text, issues) != 0)
        return -1;
    if (arena_exceeded(run->arena)) {
        issue_report(issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the message would be too large");
        return -1;
    }
    if (context->trace)
        write_trace(run, &sent);
    *ret_sent = sent;
    return 0;
}

int mapping_to_v2(const struct mapping_sends *sends, const struct mapping_pool *pool,
                  const struct mapping_call *call, const struct mapping_send_context *context,
                  struct arena *arena, struct mapping_sent *ret_sent, struct issue_list *issues)
{
    const struct send_program *program = &sends->sends[call->send];
    struct send_run run = run_of(sends, pool, context, arena, issues);
    sent_init(&run.message, sends->rules->dictionary, program->structure, sends->version, arena);
    struct send_frame frame = {.value = send_value_of_resource(pool, (uint32_t)call->focus),
                               .group = run.message.root};
    send_run_list(&run, &frame, program->body + 1, sends->operations[program->body].end, false);
    return finish(&run, &program->facts, ret_sent, issues);
}

int send_map_to_v2(const struct mapping_sends *sends, const struct mapping_pool *pool,
                   const struct send_alone *alone, const struct mapping_send_context *context,
                   struct arena *arena, struct mapping_sent *ret_sent, struct issue_list *issues)
{
    struct send_run run = run_of(sends, pool, context, arena, issues);
    struct mapping_send_facts facts = {.id = alone->map,
                                       .structure = alone->structure->name,
                                       .type = alone->structure->name,
                                       .event = alone->structure->name};
    sent_init(&run.message, sends->rules->dictionary, alone->structure, sends->version, arena);
    run.message.is_part = true;
    uint32_t body = (uint32_t)((uintptr_t)map_get(&sends->bodies, alone->map) - 1);
    struct send_frame frame = {.group = run.message.root, .at = {.field = alone->field}};
    frame.value = alone->value ? (struct send_value){.node = alone->value, .resource = POOL_NONE}
                               : send_value_of_resource(pool, alone->resource);
    frame.segment = sent_segment_get(&run.message, run.message.root, 2,
                                     alone->structure->nodes[2].segment, true);
    send_run_list(&run, &frame, body + 1, sends->operations[body].end, false);
    return finish(&run, &facts, ret_sent, issues);
}
